//! A passkey's key lives on: after a refresh behind the gate it is the same passkey, of other shares, and still signs nothing else.

use super::driver::{rng, seal};
use super::given::{ORIGIN, RP};
use super::safe::holders::{NOW, Office, Quorum, live, run};
use quorate::approval::gate::GateError;
use quorate::approval::passkey::{Mode, PasskeyError, Payload};
use quorate::approval::request::{Action, DigestRule, Draft};
use quorate::curve::EcdsaP256;
use quorate::gated::life::{refresh, refresh_payload};
use quorate::gated::{Gated, GatedSession, ecdsa, key_ref, passkey};
use quorate::key::epoch::Epochs;
use quorate::key::{KeyShare, Path};
use quorate::party::{Parties, Threshold};
use quorate::refresh::{Refresh, Run};
use quorate::session::Status;
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;

const RULES: &str = r#"[
    {"id": "login", "effect": "allow", "action": "sign",
     "facts": [{"fact": "call", "chain": "webauthn", "to": "wallet.example"}],
     "tiers": [{"approvers": 1, "factors": ["passkey_uv"]}]},
    {"id": "refresh", "effect": "allow", "action": "refresh",
     "tiers": [{"approvers": 1, "factors": ["passkey_uv"]}]}
]"#;

type Record = Gated<Epochs<EcdsaP256>>;

/// Carries the messages of a refresh until everybody has entered the new epoch.
fn drive(cast: &Cast, sessions: &mut [GatedSession<Refresh<EcdsaP256>>], records: &mut [Record]) {
    let (mut sent, mut done) = (vec![0; sessions.len()], 0);
    while done < sessions.len() {
        let mut mail = Vec::new();
        for (session, sent) in sessions.iter().zip(&mut sent) {
            mail.extend(session.outgoing(*sent).map(|message| seal(cast, message.bytes)));
            *sent = session.sent();
        }
        assert!(!mail.is_empty(), "nothing moves");
        for (session, record) in sessions.iter_mut().zip(&mut *records) {
            let me = session.terms().me;
            for mail in mail.iter().filter(|mail| mail.is_for(me)) {
                session.receive_signed(&mail.0).unwrap();
            }
            loop {
                match session.advance(&mut rng(me.get().into())).unwrap() {
                    Status::Advanced { .. } => {}
                    Status::Keep => {
                        let input = session.keep(record).unwrap();
                        session.kept(&cast.key(me).unwrap().sign(&input)).unwrap();
                    }
                    Status::Done(public) => {
                        assert_eq!(record.enter(public.certificate()).unwrap().erased.len(), 1);
                        done += 1;
                    }
                    _ => break,
                }
            }
        }
    }
}

#[test]
fn a_refreshed_passkey_is_the_same_and_nothing_else() {
    let rng = &mut rng(95);
    let cast = Cast::new(1..=2, rng).unwrap();
    let shares = cast.deal::<EcdsaP256>(Threshold::new(2, 2).unwrap(), rng).unwrap();
    let pairings = cast.deal_pairings(&Parties::from_numbers([1, 2]).unwrap(), rng).unwrap();
    let key = shares[0].public().clone();
    // each share is taken into a record of epochs by its stored form, with what it is for
    let mut quorum = Quorum::new(shares, pairings, (RP, ORIGIN), Mode::Web).unwrap();
    let office = Office::new(RULES).unwrap();
    let again = |form: &[u8]| Gated::<KeyShare<EcdsaP256>>::from_bytes(form).map(Gated::into_epochs).unwrap();
    let mut records: Vec<Record> =
        quorum.holders.iter().map(|holder| again(holder.share.to_bytes().expose())).collect();
    let credential = quorum.record().credential_id();

    let session = SessionId([1; 16]);
    let terms = Run::new(&key, 1, session).unwrap();
    let draft = Draft {
        action: Action::Refresh,
        rule: DigestRule::None,
        cluster: [0xc1; 32],
        key: Some(key_ref(&key)),
        not_before: NOW,
        expires: NOW + 300,
        requester: None,
        path: Vec::new(),
        tweak: Vec::new(),
        payload: refresh_payload(&terms),
        facts: Vec::new(),
    };
    let request = draft.finish(rng).unwrap();
    let approval = office.approve(&request, true);
    let mut sessions = Vec::new();
    for (holder, record) in quorum.holders.iter_mut().zip(&records) {
        let approved = holder.decide(&office, &request.to_bytes(), &approval, session).unwrap();
        sessions.push(refresh(record, &terms, approved, &mut MemoryLedger::default(), NOW, rng).unwrap());
    }
    drive(&cast, &mut sessions, &mut records);
    for (holder, record) in quorum.holders.iter_mut().zip(&records) {
        let public = record.public().unwrap();
        assert_eq!((public.epoch(), public.public_key()), (1, key.public_key()));
        assert_eq!(record.passkey().unwrap().credential_id(), credential);
        holder.key = live(public);
    }

    // it makes assertions, for requests of the new epoch
    let payload = Payload::web(quorum.record(), &[1; 32], true);
    let request = quorum.request(&payload, rng).unwrap();
    assert_eq!(request.key().unwrap().epoch, 1);
    let (approval, session) = (office.approve(&request, true), SessionId([2; 16]));
    let (mut opened, mut statement) = (Vec::new(), None);
    for (holder, record) in quorum.holders.iter_mut().zip(&records) {
        let approved = holder.decide(&office, &request.to_bytes(), &approval, session).unwrap();
        let signers = quorum.signers.clone();
        let (session, made) = passkey::sign(record, signers, &holder.pairings, approved, NOW, rng).unwrap();
        opened.push(session);
        statement = Some(made);
    }
    let signatures = run(&mut opened, rng);
    let assertion = statement.unwrap().finish(&signatures[0].to_bytes()).unwrap();
    assert_eq!(assertion.credential_id(), credential);
    // [X7] and nothing else
    let (record, holder) = (&records[0], &quorum.holders[0]);
    let (path, session) = (Path::default(), SessionId([3; 16]));
    let refused = ecdsa::presign(record, quorum.signers.clone(), &holder.pairings, (&path, 1), session, rng)
        .unwrap_err();
    assert_eq!(refused, GateError::Passkey(PasskeyError::RawRefused));
}
