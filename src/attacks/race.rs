//! A ban by another session late in a step: when the checks have passed, and before what they let go leaves.

use super::{Stage, id, rng};
use crate::curve::EcdsaSecp256k1;
use crate::ecdsa::{Presign, PresignTask, Sign};
use crate::error::{Abort, Fault};
use crate::key::Path;
use crate::session::{Session, State, Status};
use crate::wire::SessionId;

/// Parties 1 and 3 of one run, each with the other's messages of the first `rounds` rounds, and 1 not yet gone on from the last of them.
fn before<P: State>(mut sessions: [Session<P>; 2], rounds: usize) -> [Session<P>; 2] {
    for round in 0..rounds {
        let [one, three] = &mut sessions;
        three.receive(id(1), one.outgoing(round).next().unwrap().bytes).unwrap();
        one.receive(id(3), three.outgoing(round).next().unwrap().bytes).unwrap();
        drop(three.advance(&mut rng(33)).unwrap());
        if round + 1 < rounds {
            drop(one.advance(&mut rng(11)).unwrap());
        }
    }
    sessions
}

fn kept_back<P: State>(stage: &Stage<EcdsaSecp256k1>, mut session: Session<P>, round: u8) {
    let sent = session.sent();
    stage.link(1, 3).ban_after_the_next_pass();
    let Err(Abort { round: at, check, verdict, .. }) = session.advance(&mut rng(5)) else {
        panic!("round {round} let its message go")
    };
    assert_eq!((at, check, session.sent()), (round, "S1.1", sent));
    let crate::error::Verdict::Cheater { who, fault, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!((who, fault), (id(3), Fault::AlreadyBanned));
}

#[test]
fn s1_1_a_ban_after_the_checks_of_a_round_keeps_back_what_they_let_go() {
    for round in [1, 2] {
        let stage = Stage::<EcdsaSecp256k1>::new(2, 3, &[1, 3], u64::from(round));
        let start = |me: u16| {
            Sign::start(stage.share(me), stage.task(1), &stage.pairs[&id(me)], &mut rng(me.into())).unwrap()
        };
        let [undisturbed, _] = before([start(1), start(3)], round.into());
        let mut undisturbed = undisturbed;
        assert!(matches!(undisturbed.advance(&mut rng(5)), Ok(Status::Advanced { .. })));
        let [session, _] = before([start(1), start(3)], round.into());
        kept_back(&stage, session, round);
    }
}

#[test]
fn s1_1_a_ban_after_the_checks_of_round_2_keeps_back_a_presignature() {
    let stage = Stage::<EcdsaSecp256k1>::new(2, 3, &[1, 3], 3);
    let key = stage.shares[0].public();
    let task = PresignTask::new(key, stage.signers.clone(), &Path::default(), 1, SessionId([4; 16])).unwrap();
    let start = |me: u16| {
        Presign::start(stage.share(me), task.clone(), &stage.pairs[&id(me)], &mut rng(me.into())).unwrap()
    };
    let [session, _] = before([start(1), start(3)], 2);
    kept_back(&stage, session, 2);
}
