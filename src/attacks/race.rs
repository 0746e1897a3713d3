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

/// A step with a ban after `delay`: whether its message was kept back though the ban fell into the last part of the step.
fn kept_back_late(stage: &Stage<EcdsaSecp256k1>, delay: Duration) -> bool {
    let (mut session, link) = (session(stage), stage.link(1, 3));
    thread::scope(|scope| {
        let start = Instant::now();
        let banning = scope.spawn(move || {
            thread::sleep(delay);
            let now = Instant::now();
            link.settle(false, "S1.2", SessionId([2; 16]));
            now
        });
        let outcome = session.advance(&mut rng(5));
        let length = start.elapsed();
        let banned = banning.join().unwrap() - start;
        match outcome {
            // The ban came after the last look.
            Ok(Status::Advanced { round: 1 }) => false,
            Ok(other) => panic!("{other:?}"),
            Err(abort) => {
                assert_eq!((abort.round, abort.check, session.sent()), (1, "S1.1", 1));
                assert_eq!(abort.cheaters().next(), Some((id(3), Fault::AlreadyBanned)));
                banned * 2 > length
            }
        }
    })
}

/// The multiplications, most of the step, come after the checks of round 1 have taken effect. A ban in their time must keep back what
/// they made. When a ban falls is the scheduler's affair, so this waits for three that fell there: without the last look there is none.
#[test]
fn s1_1_a_ban_late_in_a_step_keeps_its_message_back() {
    let stage = |seed| Stage::<EcdsaSecp256k1>::new(2, 3, &[1, 3], seed);
    let length = (0..3).map(|_| {
        let mut undisturbed = session(&stage(0));
        let start = Instant::now();
        undisturbed.advance(&mut rng(5)).unwrap();
        start.elapsed()
    });
    let length = length.min().unwrap();
    let delays = (1..=200).map(|seed| (seed, length * (55 + (seed as u32 * 7) % 60) / 100));
    let late = delays.filter(|(seed, delay)| kept_back_late(&stage(*seed), *delay)).take(3);
    assert_eq!(late.count(), 3);
}
