//! A quorum from two epochs: refused by everybody, before anything secret is used.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{EcdsaScheme, Message, Sign as EcdsaSign, Task as EcdsaTask};
use quorate::error::{Rejected, SetupError};
use quorate::frost::{Sign, Task};
use quorate::key::Path;
use quorate::party::PartyId;
use quorate::session::{Session, State, Status};
use quorate::wire::SessionId;

use crate::stage::{E, Stage, id, only_to, post, set};

const SESSION: SessionId = SessionId([5; 16]);

/// 1 is in the new epoch, 2 and 3 in the old: no two of different epochs take a message from each other, and nobody gets beyond round 1.
fn nobody_moves<P: State>(
    stage_cast: &quorate::sim::Cast,
    sessions: &mut [Session<P>],
    rng: &mut dyn rand_core::CryptoRng,
) {
    let me = |session: &Session<P>| session.terms().me;
    let mail: Vec<(PartyId, Option<PartyId>, Vec<u8>)> = sessions
        .iter()
        .flat_map(|s| s.outgoing(0).map(|out| (s.terms().me, out.to, out.bytes.to_vec())).collect::<Vec<_>>())
        .collect();
    let mut refused = 0;
    for (from, to, message) in &mail {
        for session in
            sessions.iter_mut().filter(|s| s.terms().me != *from && to.is_none_or(|to| to == s.terms().me))
        {
            let got = post(stage_cast, session, *from, message);
            if *from == id(1) || me(session) == id(1) {
                assert_eq!(got, Err(Rejected::SetupMismatch(*from)));
                refused += 1;
            } else {
                assert!(got.is_ok());
            }
        }
    }
    assert_eq!(refused, 4);
    for session in sessions {
        assert!(matches!(session.advance(rng), Ok(Status::Waiting)));
        let missing = if me(session) == id(1) { vec![id(2), id(3)] } else { vec![id(1)] };
        assert_eq!(session.missing(), missing);
    }
}

#[test]
fn a_mixed_quorum_does_not_sign_frost() {
    let mut stage = Stage::<E>::new(3, 3, 3, 1);
    stage.refresh(1, &mut only_to(3, &[1]));
    // 3 entered as well; its disk is from before.
    let old = Stage::<E>::new(3, 3, 3, 1).records.remove(&3).unwrap();
    stage.records.insert(3, old);
    let task = |of: u16| Task::new(stage.public(of), set(&[1, 2, 3]), b"m", SESSION).unwrap();
    let mut rng = stage.rng.clone();
    let mut start =
        |device: u16| Sign::start(stage.of(device).current().unwrap(), task(device), &mut rng).unwrap();
    let mut sessions = [start(1), start(2), start(3)];
    // By the other's task a share is refused before that.
    let wrong = Sign::start(stage.of(2).current().unwrap(), task(1), &mut stage.rng.clone());
    assert!(wrong.is_err());
    nobody_moves(&stage.cast, &mut sessions, &mut stage.rng.clone());
}

fn ecdsa<S: EcdsaScheme>() {
    let mut stage = Stage::<S>::new(3, 3, 3, 2);
    stage.refresh(1, &mut only_to(3, &[1]));
    let old = Stage::<S>::new(3, 3, 3, 2).records.remove(&3).unwrap();
    stage.records.insert(3, old);
    let pairings = stage.cast.deal_pairings(&set(&[1, 2, 3]), &mut stage.rng).unwrap();
    let task = |of: u16| {
        EcdsaTask::new(stage.public(of), set(&[1, 2, 3]), Path::default(), Message::sha256(b"m"), SESSION)
            .unwrap()
    };
    let mut rng = stage.rng.clone();
    let mut start = |device: u16| {
        let share = stage.of(device).current().unwrap();
        EcdsaSign::start(share, task(device), &pairings[&id(device)], &mut rng).unwrap()
    };
    let mut sessions = [start(1), start(2), start(3)];
    let wrong =
        EcdsaSign::start(stage.of(2).current().unwrap(), task(1), &pairings[&id(2)], &mut stage.rng.clone());
    assert_eq!(wrong.err(), Some(SetupError::WrongEpoch { who: id(2), share: 0, key: 1 }));
    nobody_moves(&stage.cast, &mut sessions, &mut stage.rng.clone());
    assert!(pairings.values().flat_map(|set| set.iter()).all(|pairing| pairing.ban().is_none()));
}

#[test]
fn a_mixed_quorum_does_not_sign_ecdsa_and_nobody_is_banned() {
    ecdsa::<EcdsaSecp256k1>();
    ecdsa::<EcdsaP256>();
}
