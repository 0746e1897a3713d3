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
use quorate::key::{KeyShare, Path, PublicKey};
use quorate::party::{Parties, Threshold};
use quorate::refresh::{Refresh, Run};
use quorate::session::Status;
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;

const RULES: &str = r#"[
    {"id": "login", "effect": "allow", "action": "sign",
     "facts": [{"fact": "call", "chain": "webauthn", "to": "wallet.example"}],
     "tiers": [{"approvers": 1, "factors": ["passkey_uv"]}]},
    {"id": "refresh", "effect": "allow", "action": "refresh",
     "tiers": [{"approvers": 1, "factors": ["passkey_uv"]}]}
]"#;

type Record = Gated<Epochs<EcdsaP256>>;

/// Carries the messages of a refresh until everybody has entered the new epoch, and `erased` as many before it.
fn drive(
    cast: &Cast,
    sessions: &mut [GatedSession<Refresh<EcdsaP256>>],
    records: &mut [Record],
    erased: usize,
) {
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
                        assert_eq!(record.enter(public.certificate()).unwrap().erased.len(), erased);
                        done += 1;
                    }
                    _ => break,
                }
            }
        }
    }
}

/// A passkey's key whose refresh every holder has opened, with the records that it was opened from.
struct Opened {
    cast: Cast,
    office: Office,
    quorum: Quorum,
    key: PublicKey<EcdsaP256>,
    records: Vec<Record>,
    sessions: Vec<GatedSession<Refresh<EcdsaP256>>>,
}

fn opened(rng: &mut ChaCha20Rng) -> Opened {
    let cast = Cast::new(1..=2, rng).unwrap();
    let shares = cast.deal::<EcdsaP256>(Threshold::new(2, 2).unwrap(), rng).unwrap();
    let pairings = cast.deal_pairings(&Parties::from_numbers([1, 2]).unwrap(), rng).unwrap();
    let key = shares[0].public().clone();
    // each share is taken into a record of epochs by its stored form, with what it is for
    let mut quorum = Quorum::new(shares, pairings, (RP, ORIGIN), Mode::Web).unwrap();
    let office = Office::new(RULES).unwrap();
    let again = |form: &[u8]| Gated::<KeyShare<EcdsaP256>>::from_bytes(form).map(Gated::into_epochs).unwrap();
    let records: Vec<Record> =
        quorum.holders.iter().map(|holder| again(holder.share.to_bytes().expose())).collect();

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
    Opened { cast, office, quorum, key, records, sessions }
}

#[test]
fn a_refreshed_passkey_is_the_same_and_nothing_else() {
    let rng = &mut rng(95);
    let Opened { cast, office, mut quorum, key, mut records, mut sessions } = opened(rng);
    let credential = quorum.record().credential_id();
    drive(&cast, &mut sessions, &mut records, 1);
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

/// [X7] A record of epochs that knows nothing of the passkey learns it from the run: no new share of the key is for more than the old.
#[test]
fn x7_a_refreshed_share_is_a_passkeys_in_whatever_record_it_waits() {
    let rng = &mut rng(96);
    let Opened { cast, quorum, key, mut sessions, .. } = opened(rng);
    let mut fresh: Vec<Record> = cast.ids().into_iter().map(|me| Gated::joining(&key, me)).collect();
    assert!(fresh[0].passkey().is_none());
    drive(&cast, &mut sessions, &mut fresh, 0);
    for record in &fresh {
        assert_eq!(record.passkey(), Some(quorum.record()));
    }
    let (path, session, holder) = (Path::default(), SessionId([3; 16]), &quorum.holders[0]);
    let refused =
        ecdsa::presign(&fresh[0], quorum.signers.clone(), &holder.pairings, (&path, 1), session, rng);
    assert_eq!(refused.unwrap_err(), GateError::Passkey(PasskeyError::RawRefused));
}

/// A record of epochs without a share takes any passkey's record; with the share it makes no assertion for another key.
#[test]
fn g4_the_record_is_of_the_key_that_came() {
    let rng = &mut rng(97);
    let Opened { cast, office, mut quorum, key, mut sessions, .. } = opened(rng);
    let fresh = |me| Gated::joining(&key, me).into_passkey(super::given::web()).unwrap();
    let mut records: Vec<Record> = cast.ids().into_iter().map(fresh).collect();
    drive(&cast, &mut sessions, &mut records, 0);
    quorum.holders[0].key = live(records[0].public().unwrap());
    let payload = Payload::web(quorum.record(), &[1; 32], true);
    let request = quorum.request(&payload, rng).unwrap();
    let (approval, session, signers) =
        (office.approve(&request, true), SessionId([2; 16]), quorum.signers.clone());
    let holder = &mut quorum.holders[0];
    let approved = holder.decide(&office, &request.to_bytes(), &approval, session).unwrap();
    let refused = passkey::sign(&records[0], signers, &holder.pairings, approved, NOW, rng).unwrap_err();
    assert_eq!(refused.error, GateError::Passkey(PasskeyError::WrongKey));
}
