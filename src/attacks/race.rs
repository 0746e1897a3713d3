//! A ban by another thread, late in a step: when everything is computed, and before it leaves.

use std::thread;
use std::time::{Duration, Instant};

use super::{Stage, id, rng};
use crate::curve::EcdsaSecp256k1;
use crate::ecdsa::{Batch, Message, SignBatch};
use crate::error::Fault;
use crate::key::Path;
use crate::session::{Session, Status};
use crate::wire::SessionId;

const ITEMS: u8 = 32;

/// A batch at party 1, with round 1 of party 3 there.
fn session(stage: &Stage<EcdsaSecp256k1>) -> Session<SignBatch<EcdsaSecp256k1>> {
    let orders = (0..ITEMS).map(|item| (Path::default(), Message::sha256(&[item])));
    let key = stage.shares[0].public();
    let batch = Batch::new(key, stage.signers.clone(), orders, SessionId([1; 16])).unwrap();
    let start =
        |me| SignBatch::start(stage.share(me), batch.clone(), &stage.pairs[&id(me)], &mut rng(me.into()));
    let (mut mine, theirs) = (start(1).unwrap(), start(3).unwrap());
    mine.receive(id(3), theirs.outgoing(0).next().unwrap().bytes).unwrap();
    mine
}

/// A step with a ban after `delay`: whether the ban fell inside the step, and whether its message left nevertheless.
fn trial(stage: &Stage<EcdsaSecp256k1>, delay: Duration) -> (bool, bool) {
    let (mut session, link) = (session(stage), stage.link(1, 3));
    thread::scope(|scope| {
        let banning = scope.spawn(move || {
            thread::sleep(delay);
            link.settle(false, "S1.2", SessionId([2; 16]));
            Instant::now()
        });
        let outcome = session.advance(&mut rng(5));
        let (end, banned) = (Instant::now(), banning.join().unwrap());
        match outcome {
            Ok(Status::Advanced { round: 1 }) => (banned < end, true),
            Ok(other) => panic!("{other:?}"),
            Err(abort) => {
                assert_eq!((abort.round, abort.check, session.sent()), (1, "S1.1", 1));
                assert_eq!(abort.cheaters().next(), Some((id(3), Fault::AlreadyBanned)));
                (true, false)
            }
        }
    })
}

/// The multiplications, most of the step, come after the last check of round 1 has taken effect. A ban in their time keeps back what they
/// made; only one between the last look and the end of the step, a few microseconds, comes too late for it.
#[test]
fn s1_1_a_ban_late_in_a_step_keeps_its_message_back() {
    let stage = |seed| Stage::<EcdsaSecp256k1>::new(2, 3, &[1, 3], seed);
    let mut undisturbed = session(&stage(0));
    let start = Instant::now();
    undisturbed.advance(&mut rng(5)).unwrap();
    let length = start.elapsed();
    let (mut inside, mut left) = (0, 0);
    for seed in 1..=60 {
        // From six to nine tenths of the step.
        let delay = length * (60 + (seed as u32 * 7) % 30) / 100;
        let (hit, released) = trial(&stage(seed), delay);
        inside += u32::from(hit);
        left += u32::from(hit && released);
        if inside == 16 {
            break;
        }
    }
    assert!(inside >= 8, "{inside} bans fell into a step");
    assert!(left <= inside / 4, "{left} of {inside} messages left after a ban");
}
