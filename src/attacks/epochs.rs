//! Two epochs of one key: what belongs to one is refused in the other.

use alloc::vec::Vec;

use super::{Stage, id, rng};
use crate::curve::{EcdsaP256, EcdsaSecp256k1};
use crate::ecdsa::{EcdsaScheme, Message, Online, Presign, PresignTask, Sign, Task};
use crate::error::{Rejected, SetupError};
use crate::key::{Certificate, KeyShare, Path, PendingShare};
use crate::secret::Secret;
use crate::session::{Session, State, Status};
use crate::wire::SessionId;

const SESSION: SessionId = SessionId([1; 16]);

/// The shares of the next epoch, with a certificate that all members signed.
fn next<S: EcdsaScheme>(stage: &Stage<S>) -> Vec<KeyShare<S>> {
    let sharing = stage.shares[0].public().next_epoch();
    let sign = |id| stage.cast.key(id).unwrap().sign(&sharing.to_sign());
    let signatures: Vec<_> = stage.cast.ids().into_iter().map(sign).collect();
    let renew = |share: &KeyShare<S>| {
        let secret = Secret::new(*share.secret().expose());
        let certificate = Certificate::of(*sharing.cert(), signatures.clone());
        PendingShare::new(share.id(), secret, sharing.clone()).complete(certificate).unwrap()
    };
    stage.shares.iter().map(renew).collect()
}

fn task<S: EcdsaScheme>(stage: &Stage<S>, of: &KeyShare<S>) -> Task<S> {
    let message = Message::sha256(b"m");
    Task::new(of.public(), stage.signers.clone(), Path::default(), message, SESSION).unwrap()
}

fn setup<S: EcdsaScheme>() {
    let stage = Stage::<S>::new(2, 3, &[1, 3], 1);
    let renewed = next(&stage);
    assert_eq!(renewed[0].public().key_id(), stage.shares[0].public().key_id());
    for (share, key, epochs) in
        [(&stage.shares[0], &renewed[0], (0, 1)), (&renewed[0], &stage.shares[0], (1, 0))]
    {
        let error = SetupError::WrongEpoch { who: id(1), share: epochs.0, key: epochs.1 };
        let pairings = &stage.pairs[&id(1)];
        let started = Sign::start(share, task(&stage, key), pairings, &mut rng(1));
        assert_eq!(started.err(), Some(error.clone()));
        let ahead =
            PresignTask::new(key.public(), stage.signers.clone(), &Path::default(), 1, SESSION).unwrap();
        assert_eq!(Presign::start(share, ahead, pairings, &mut rng(1)).err(), Some(error));
        assert!(Sign::start(key, task(&stage, key), pairings, &mut rng(1)).is_ok());
    }
}

#[test]
fn s0_2_a_share_of_another_epoch_is_refused_by_name_and_number() {
    setup::<EcdsaSecp256k1>();
    setup::<EcdsaP256>();
}

/// Runs two parties until one of them has a result.
fn finish<P: State>(sessions: &mut [Session<P>; 2]) -> [P::Output; 2] {
    let mut outputs = [None, None];
    while outputs.iter().any(Option::is_none) {
        for (at, output) in outputs.iter_mut().enumerate() {
            let (from, to) = (sessions[at].terms().me, 1 - at);
            let messages: Vec<_> = sessions[at].outgoing(0).map(|out| out.bytes.to_vec()).collect();
            messages.iter().for_each(|message| drop(sessions[to].receive(from, message)));
            if let Status::Done(result) = sessions[at].advance(&mut rng(at as u64)).unwrap() {
                *output = Some(result);
            }
        }
    }
    outputs.map(Option::unwrap)
}

/// Every message of a run in one epoch, into a run of the other under the same session id, at every stage of it.
fn replays<S: EcdsaScheme>() {
    let stage = Stage::<S>::new(2, 3, &[1, 3], 2);
    let renewed = next(&stage);
    let run = |shares: &[KeyShare<S>]| {
        [1u16, 3].map(|me| {
            let share = &shares[usize::from(me) - 1];
            Sign::start(share, task(&stage, share), &stage.pairs[&id(me)], &mut rng(me.into())).unwrap()
        })
    };
    let mut old = run(&stage.shares);
    finish(&mut old);
    let [_, three] = &old;
    let recorded: Vec<_> = three.outgoing(0).map(|out| out.bytes.to_vec()).collect();
    assert_eq!(recorded.len(), 3);
    let [mut one, mut other] = run(&renewed);
    for round in 0..3 {
        for message in &recorded {
            assert_eq!(one.receive(id(3), message), Err(Rejected::SetupMismatch(id(3))));
            assert_eq!(one.missing(), [id(3)]);
        }
        other.receive(id(1), one.outgoing(round).next().unwrap().bytes).unwrap();
        one.receive(id(3), other.outgoing(round).next().unwrap().bytes).unwrap();
        assert!(other.advance(&mut rng(7)).is_ok());
        let status = one.advance(&mut rng(8)).unwrap();
        assert_eq!(matches!(status, Status::Done(_)), round == 2);
    }
    assert!(stage.bans().is_empty());
}

#[test]
fn messages_of_another_epoch_are_refused_and_nobody_is_banned() {
    replays::<EcdsaSecp256k1>();
    replays::<EcdsaP256>();
}

#[test]
fn a_presignature_ends_with_its_epoch() {
    type S = EcdsaSecp256k1;
    let stage = Stage::<S>::new(2, 3, &[1, 3], 3);
    let renewed = next(&stage);
    let old = stage.shares[0].public();
    let ahead = PresignTask::new(old, stage.signers.clone(), &Path::default(), 1, SESSION).unwrap();
    let mut sessions = [1u16, 3].map(|me| {
        Presign::start(stage.share(me), ahead.clone(), &stage.pairs[&id(me)], &mut rng(me.into())).unwrap()
    });
    let [mine, theirs] = finish(&mut sessions).map(|mut made| made.remove(0));
    let (message, pairings) = (Message::sha256(b"m"), &stage.pairs[&id(1)]);
    let refused = Online::start(mine, &renewed[0], pairings, message, SESSION);
    assert_eq!(refused.err(), Some(SetupError::WrongPresignature));
    assert!(Online::start(theirs, stage.share(3), &stage.pairs[&id(3)], message, SESSION).is_ok());
}

/// [S0.4] No message with a digest of zero is known, so this one says so itself.
#[test]
fn s0_4_a_presignature_does_not_sign_a_digest_of_zero() {
    type S = EcdsaSecp256k1;
    let stage = Stage::<S>::new(2, 3, &[1, 3], 4);
    let key = stage.shares[0].public();
    let ahead = PresignTask::new(key, stage.signers.clone(), &Path::default(), 1, SESSION).unwrap();
    let mut sessions = [1u16, 3].map(|me| {
        Presign::start(stage.share(me), ahead.clone(), &stage.pairs[&id(me)], &mut rng(me.into())).unwrap()
    });
    let [mine, _] = finish(&mut sessions).map(|mut made| made.remove(0));
    let refused = Online::start(mine, stage.share(1), &stage.pairs[&id(1)], Message::of_zero(), SESSION);
    assert_eq!(refused.err(), Some(SetupError::ZeroDigest));
}
