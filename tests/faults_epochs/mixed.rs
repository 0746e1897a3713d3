//! Two epochs at once: shares, nonces and presignatures of one sign nothing in the other.

use quorate::curve::{EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::ecdsa::{self, Message, Online, Presign, PresignTask};
use quorate::error::{Rejected, SetupError};
use quorate::frost::{self, SigningNonces, SigningPackage};
use quorate::key::{KeyShare, Path, PublicKey};
use quorate::session::{Session, State};
use quorate::sim::{Cast, Report};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;

use crate::flow;
use crate::game::rng;
use crate::puppet::id;
use crate::stage::{set, threshold};

const SESSION: SessionId = SessionId([4; 16]);

type Shares<S> = Vec<KeyShare<S>>;

/// A key of 2 of 3, and what it is after a refresh, and after a reshare among the same.
fn epochs<S: Scheme>() -> (Cast, Shares<S>, [Shares<S>; 2], ChaCha20Rng) {
    let mut rng = rng(91);
    let cast = Cast::new(1..=3, &mut rng).unwrap();
    let old = cast.deal::<S>(threshold(2, 3), &mut rng).unwrap();
    let refreshed = flow::refresh(&cast, &old, 1, &mut rng);
    let reshared = flow::reshare(&cast, &old, (&[1, 2], &[1, 2, 3], 2), 1, &mut rng);
    (cast, old, [refreshed, reshared], rng)
}

/// Both refuse what the other sends, and nothing comes of it.
fn mismatch<P: State>(cast: &Cast, sessions: [Session<P>; 2], rng: &mut ChaCha20Rng) {
    let reports: Vec<Report<P::Output>> = cast.run(sessions, rng);
    for (report, other) in reports.iter().zip([2, 1]) {
        assert!(report.outcome.is_none());
        assert_eq!(report.rejected, [Rejected::SetupMismatch(id(other))]);
    }
}

#[test]
fn presignatures_of_an_old_epoch_sign_nothing_in_a_new_one() {
    type S = EcdsaSecp256k1;
    let (cast, old, news, mut rng) = epochs::<S>();
    let sets = cast.deal_pairings(&set(&[1, 2]), &mut rng).unwrap();
    let task = PresignTask::new(old[0].public(), set(&[1, 2]), &Path::default(), 3, SESSION).unwrap();
    let mut start =
        |share: &KeyShare<S>| Presign::start(share, task.clone(), &sets[&share.id()], &mut rng).unwrap();
    let sessions = [start(&old[0]), start(&old[1])];
    let mut made: Vec<_> = cast.run(sessions, &mut rng).into_iter().map(Report::output).collect();
    for new in &news {
        let presignature = made[0].pop().unwrap();
        let refused = Online::start(presignature, &new[0], &sets[&id(1)], Message::sha256(b"m"), SESSION);
        assert_eq!(refused.err(), Some(SetupError::WrongPresignature));
    }
    // In its own epoch it signs.
    let left: Vec<_> = made.into_iter().map(|mut made| made.swap_remove(0)).collect();
    let [one, other] = <[_; 2]>::try_from(left).unwrap();
    let start = |presignature, me: u16| {
        let share = &old[usize::from(me) - 1];
        Online::start(presignature, share, &sets[&id(me)], Message::sha256(b"m"), SESSION).unwrap()
    };
    let sessions = [start(one, 1), start(other, 2)];
    assert!(cast.run(sessions, &mut rng).into_iter().all(|report| report.outcome.unwrap().is_ok()));
}

#[test]
fn f6_ecdsa_shares_of_two_epochs_do_not_sign_together() {
    type S = EcdsaSecp256k1;
    let (cast, old, news, mut rng) = epochs::<S>();
    let sets = cast.deal_pairings(&set(&[1, 2]), &mut rng).unwrap();
    for new in &news {
        let task = |key: &PublicKey<S>| {
            ecdsa::Task::new(key, set(&[1, 2]), Path::default(), Message::sha256(b"m"), SESSION).unwrap()
        };
        let mut start =
            |share: &KeyShare<S>, key| ecdsa::Sign::start(share, task(key), &sets[&share.id()], &mut rng);
        let wrong = |share, key| Some(SetupError::WrongEpoch { who: id(1), share, key });
        assert_eq!(start(&old[0], new[0].public()).err(), wrong(0, 1));
        assert_eq!(start(&new[0], old[0].public()).err(), wrong(1, 0));
        let sessions = [start(&old[0], old[0].public()).unwrap(), start(&new[1], new[0].public()).unwrap()];
        mismatch(&cast, sessions, &mut rng);
        let task = PresignTask::new(new[0].public(), set(&[1, 2]), &Path::default(), 1, SESSION).unwrap();
        let refused = Presign::start(&old[0], task, &sets[&id(1)], &mut rng);
        assert_eq!(refused.err(), wrong(0, 1));
    }
    // Nor do those of two new epochs under one number.
    let [one, other] = &news;
    assert_eq!(one[0].public().epoch(), other[0].public().epoch());
    let start = |share: &KeyShare<S>, rng: &mut ChaCha20Rng| {
        let task =
            ecdsa::Task::new(share.public(), set(&[1, 2]), Path::default(), Message::sha256(b"m"), SESSION);
        ecdsa::Sign::start(share, task.unwrap(), &sets[&share.id()], rng).unwrap()
    };
    let sessions = [start(&one[0], &mut rng), start(&other[1], &mut rng)];
    mismatch(&cast, sessions, &mut rng);
}

#[test]
fn f6_frost_shares_and_nonces_of_two_epochs_do_not_sign_together() {
    type E = FrostEd25519;
    let (cast, old, news, mut rng) = epochs::<E>();
    for new in &news {
        let task = |key: &PublicKey<E>| frost::Task::new(key, set(&[1, 2]), b"m", SESSION).unwrap();
        let nonces = |share: &KeyShare<E>, rng: &mut ChaCha20Rng| SigningNonces::generate(share.into(), rng);
        let wrong = Some(SetupError::WrongNonce(id(1)));
        // A share with a task of the other epoch.
        let refused = frost::Sign::start(&old[0], task(new[0].public()), &mut rng);
        assert_eq!(refused.err(), wrong);
        let refused = frost::Sign::start(&new[0], task(old[0].public()), &mut rng);
        assert_eq!(refused.err(), wrong);
        // Nonces of the old epoch with everything else of the new one.
        let made = nonces(&old[0], &mut rng);
        assert_eq!(frost::Sign::start_with(&new[0], task(new[0].public()), made).err(), wrong);
        let made = nonces(&old[0], &mut rng);
        let list =
            [(id(1), made.commitments().clone()), (id(2), nonces(&new[1], &mut rng).commitments().clone())];
        let package = SigningPackage::<E>::new(new[0].public().commitment(), list, b"m").unwrap();
        assert_eq!(frost::sign(made, (&new[0]).into(), &package).err(), wrong);
        // Each in its own epoch.
        let mut start =
            |share: &KeyShare<E>| frost::Sign::start(share, task(share.public()), &mut rng).unwrap();
        let sessions = [start(&old[0]), start(&new[1])];
        mismatch(&cast, sessions, &mut rng);
    }
}
