//! What cannot start, and presignatures: of something else, spent, restored; and why they take no raw digest.

use std::collections::BTreeMap;

use ff::Field;
use quorate::curve::{Curve, encode_point, random_scalar, write_scalar};
use quorate::ecdsa::{
    Batch, EcdsaScheme, MAX_BATCH, Message, Online, Prehashed, Presign, PresignTask, Presignature, Sign,
    SignBatch, Signature, Task,
};
use quorate::error::{ResumeError, SetupError};
use quorate::pairing::Pairings;
use quorate::party::Parties;
use quorate::secret::Secret;
use quorate::session::SpendOnce;
use quorate::sim::MemoryLedger;
use quorate::wire::SessionId;

use crate::game::{Game, Pairs, message, path};
use crate::table::{End, fair, id, rng};

const SESSION: SessionId = SessionId([1; 16]);

every_scheme! {
    s0_1_exactly_t_signers_all_of_them_members
    s0_1_self_missing
    s0_2_a_share_of_another_key_or_sharing
    s0_3_no_pairing_or_anothers
    s0_4_a_digest_of_zero
    batches_have_1_to_256_messages
    s0_5_a_presignature_of_something_else
    b4_a_presignature_is_spent_once
    b4_damaged_presignatures_are_refused
    b5_two_messages_under_one_presignature_are_the_key
    b3_a_raw_digest_after_the_nonce_point_is_a_forgery
}

/// Every kind of task.
fn tasks<S: EcdsaScheme>(game: &Game<S>, signers: &[u16]) -> [Result<(), SetupError>; 3] {
    let key = game.shares[0].public();
    let set = || Parties::from_numbers(signers.iter().copied()).unwrap();
    [
        Task::new(key, set(), path("m"), message(0), SESSION).map(drop),
        Batch::new(key, set(), [(path("m"), message(0)), (path("m/1"), message(1))], SESSION).map(drop),
        PresignTask::new(key, set(), &path("m"), 1, SESSION).map(drop),
    ]
}

/// Every way to start with a task.
fn starts<S: EcdsaScheme>(
    game: &Game<S>,
    with: &Game<S>,
    me: u16,
    pairs: &Pairs,
) -> [Result<(), SetupError>; 3] {
    let (key, signers) = (game.shares[0].public(), || game.signers.clone());
    let (share, pairings) = (with.share(me), &pairs[&id(me)]);
    let batch = Batch::new(key, signers(), [(path("m"), message(0))], SESSION).unwrap();
    let presign = PresignTask::new(key, signers(), &path("m"), 2, SESSION).unwrap();
    [
        Sign::start(share, game.task(1), pairings, &mut rng(1)).map(drop),
        SignBatch::start(share, batch, pairings, &mut rng(1)).map(drop),
        Presign::start(share, presign, pairings, &mut rng(1)).map(drop),
    ]
}

fn all_are<const N: usize>(found: [Result<(), SetupError>; N], want: &Result<(), SetupError>) {
    assert!(found.iter().all(|result| result == want), "{found:?}, not {want:?}");
}

fn s0_1_exactly_t_signers_all_of_them_members<S: EcdsaScheme>() {
    let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
    for wrong in [&[][..], &[1], &[1, 3], &[1, 2, 3, 4], &[1, 2, 3, 4, 5]] {
        all_are(tasks(&game, wrong), &Err(SetupError::SignerCount { signers: wrong.len(), t: 3 }));
    }
    for stranger in [6, 77, 65534] {
        all_are(tasks(&game, &[1, 3, stranger]), &Err(SetupError::NotInRoster(id(stranger))));
    }
    for right in [[1, 2, 3], [3, 4, 5], [1, 3, 5]] {
        all_are(tasks(&game, &right), &Ok(()));
    }
}

fn s0_1_self_missing<S: EcdsaScheme>() {
    let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
    let pairs = game.deal(50);
    let nobody = (1..=5).map(|me| (id(me), Pairings::new())).collect();
    for me in [2, 5] {
        for pairs in [&pairs, &nobody] {
            all_are(starts(&game, &game, me, pairs), &Err(SetupError::SelfMissing(id(me))));
        }
    }
    for me in game.numbers() {
        all_are(starts(&game, &game, me, &pairs), &Ok(()));
    }
}

/// Same members, same threshold.
fn s0_2_a_share_of_another_key_or_sharing<S: EcdsaScheme>() {
    let (game, other) = (Game::<S>::new(2, 3, &[1, 3], 1), Game::<S>::new(2, 3, &[1, 3], 2));
    let pairs = game.deal(51);
    for me in [1, 3] {
        all_are(starts(&game, &other, me, &pairs), &Err(SetupError::WrongKey(id(me))));
        all_are(starts(&other, &game, me, &pairs), &Err(SetupError::WrongKey(id(me))));
    }
}

fn s0_3_no_pairing_or_anothers<S: EcdsaScheme>() {
    let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
    let mut pairs = game.deal(52);
    let identity = |number| game.cast.roster().identity(id(number)).unwrap();
    // A pairing that somebody else made with the same device.
    let foreign = pairs.get_mut(&id(2)).unwrap().remove(&identity(4)).unwrap();
    let mine = pairs.get_mut(&id(1)).unwrap().insert(foreign).unwrap();
    all_are(starts(&game, &game, 1, &pairs), &Err(SetupError::ForeignPairing(id(4))));
    drop(pairs.get_mut(&id(1)).unwrap().insert(mine));
    all_are(starts(&game, &game, 1, &pairs), &Ok(()));
    // None; only those with signers are needed.
    pairs.get_mut(&id(1)).unwrap().remove(&identity(2)).unwrap();
    pairs.get_mut(&id(1)).unwrap().remove(&identity(5)).unwrap();
    all_are(starts(&game, &game, 1, &pairs), &Ok(()));
    pairs.get_mut(&id(1)).unwrap().remove(&identity(3)).unwrap();
    all_are(starts(&game, &game, 1, &pairs), &Err(SetupError::NoPairing(id(3))));
    all_are(starts(&game, &game, 3, &pairs), &Ok(()));
}

fn s0_4_a_digest_of_zero<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let (key, signers) = (game.shares[0].public(), || game.signers.clone());
    let raw = |last| {
        let mut digest = [0; 32];
        digest[31] = last;
        Prehashed::new(digest)
    };
    let task = |digest| Task::new(key, signers(), path("m"), digest, SESSION).map(drop);
    assert_eq!(task(raw(0)), Err(SetupError::ZeroDigest));
    assert_eq!(task(raw(1)), Ok(()));
    for zero_at in 0..3 {
        let orders = (0..3u8).map(|at| (path("m"), raw(u8::from(at != zero_at))));
        assert_eq!(Batch::new(key, signers(), orders, SESSION).map(drop), Err(SetupError::ZeroDigest));
    }
}

fn batches_have_1_to_256_messages<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let (key, signers) = (game.shares[0].public(), || game.signers.clone());
    assert_eq!(MAX_BATCH, 256);
    for (count, found) in [(0, Some(0)), (1, None), (256, None), (257, Some(257)), (10_000, Some(257))] {
        let want = found.map_or(Ok(()), |found| Err(SetupError::BatchSize { found, limit: 256 }));
        let orders = (0..count).map(|item| (path("m"), message(item)));
        assert_eq!(Batch::new(key, signers(), orders, SESSION).map(drop), want, "{count}");
        assert_eq!(PresignTask::new(key, signers(), &path("m"), count, SESSION).map(drop), want, "{count}");
    }
}

fn online<S: EcdsaScheme>(
    game: &Game<S>,
    presignature: Presignature<S>,
    pairs: &Pairs,
    me: u16,
) -> Result<(), SetupError> {
    Online::start(presignature, game.share(me), &pairs[&id(me)], message(0), SESSION).map(drop)
}

fn s0_5_a_presignature_of_something_else<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let pairs = game.deal(53);
    let mut made = game.presign(&pairs, 1);
    // Another key of the same members.
    let other = Game::<S>::new(2, 3, &[1, 3], 2);
    assert_eq!(online(&other, made.remove(&1).unwrap(), &pairs, 1), Err(SetupError::WrongPresignature));
    // A device that is not the one that made it, a signer or not.
    assert_eq!(online(&game, made.remove(&3).unwrap(), &pairs, 2), Err(SetupError::WrongPresignature));
    let mut made = game.presign(&pairs, 2);
    assert_eq!(online(&game, made.remove(&3).unwrap(), &pairs, 1), Err(SetupError::WrongPresignature));
    // A device with another's pairings: between others, or none with the other signer.
    for (of, error) in [(2, SetupError::ForeignPairing(id(1))), (1, SetupError::NoPairing(id(1)))] {
        let mine = game.presign(&pairs, 2).remove(&3).unwrap();
        let found = Online::start(mine, game.share(3), &pairs[&id(of)], message(0), SESSION).map(drop);
        assert_eq!(found, Err(error));
    }
    let mut made = game.presign(&pairs, 2);
    // Another signer set's presignature: the two do not fit, by the binding.
    let theirs = Game::<S>::new(2, 3, &[1, 2], 1).presign(&pairs, 3).remove(&2).unwrap();
    assert_eq!(theirs.signers().to_bytes(), [0, 1, 0, 2]);
    assert_eq!((theirs.key_id(), theirs.path()), (made[&1].key_id(), made[&1].path()));
    let mut table = game.online(BTreeMap::from([(1, made.remove(&1).unwrap()), (2, theirs)]), &pairs, 4);
    table.play(&mut fair);
    let mismatch = |from| quorate::error::Rejected::SetupMismatch(id(from));
    assert_eq!(table.rejected, [(2, mismatch(1)), (1, mismatch(2))]);
    assert_eq!(table.end(1, &|_| false), End::Waits(vec![3]));
    assert_eq!(game.bans(&pairs, 4), []);
}

/// Stored and brought back, it signs; a second time it does not, from whatever copy.
fn b4_a_presignature_is_spent_once<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let pairs = game.deal(54);
    let mut made = game.presign(&pairs, 1);
    assert_eq!(made[&1].id(), made[&3].id());
    let (backup, mut witness) = (made.remove(&1).unwrap().store(), MemoryLedger::default());
    let copy = || Secret::new(backup.expose().clone());
    let load = |witness: &mut MemoryLedger| Presignature::<S>::load(&copy(), witness);
    let mine = load(&mut witness).unwrap();
    for _ in 0..3 {
        assert_eq!(load(&mut witness).err(), Some(ResumeError::Spent));
    }
    // Stored again, unused: the newer form works once, the older never again.
    let newer = mine.store();
    assert_eq!(load(&mut witness).err(), Some(ResumeError::Spent));
    let mine = Presignature::<S>::load(&newer, &mut witness).unwrap();
    assert_eq!(Presignature::<S>::load(&newer, &mut witness).err(), Some(ResumeError::Spent));
    assert_eq!(load(&mut witness).err(), Some(ResumeError::Spent));
    let mut table = game.online(BTreeMap::from([(1, mine), (3, made.remove(&3).unwrap())]), &pairs, 2);
    table.play(&mut fair);
    assert!([1, 3].iter().all(|me| table.end(*me, &|s| game.verifies(0, s)) == End::Done));
    // Spent by a call that fails as well: the witness knows, whatever became of it.
    let mut again = game.presign(&pairs, 3);
    let form = again.remove(&1).unwrap().store();
    let loaded = Presignature::<S>::load(&form, &mut witness).unwrap();
    let other = Game::<S>::new(2, 3, &[1, 3], 2);
    assert_eq!(online(&other, loaded, &pairs, 1), Err(SetupError::WrongPresignature));
    assert_eq!(Presignature::<S>::load(&form, &mut witness).err(), Some(ResumeError::Spent));
    // The witness has it before the caller has.
    struct Full;
    impl SpendOnce for Full {
        fn spend(&mut self, _: &[u8; 32], _: u32) -> Result<(), quorate::session::AlreadySpent> {
            Err(quorate::session::AlreadySpent)
        }
    }
    let form = again.remove(&3).unwrap().store();
    assert_eq!(Presignature::<S>::load(&form, &mut Full).err(), Some(ResumeError::Spent));
}

fn b4_damaged_presignatures_are_refused<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let form = game.presign(&game.deal(55), 1).remove(&3).unwrap().store();
    let load = |bytes: Vec<u8>| Presignature::<S>::load(&Secret::new(bytes), &mut MemoryLedger::default());
    assert_eq!(form.expose().len(), 338 + 4 * 2);
    for at in 0..form.expose().len() {
        let mut bytes = form.expose().clone();
        bytes[at] ^= 1;
        assert_eq!(load(bytes.clone()).err(), Some(ResumeError::Malformed), "{at}");
        assert_eq!(load(form.expose()[..at].to_vec()).err(), Some(ResumeError::Malformed));
    }
    assert_eq!(load([&form.expose()[..], &[0]].concat()).err(), Some(ResumeError::Malformed));
    assert!(load(form.expose().clone()).is_ok());
}

type Scalar<S> = <<S as quorate::curve::Scheme>::Curve as Curve>::Scalar;
type Point<S> = <<S as quorate::curve::Scheme>::Curve as Curve>::Point;

fn reduced<S: EcdsaScheme>(bytes: &[u8]) -> Scalar<S> {
    let mut wide = [0; 64];
    wide[32..].copy_from_slice(bytes);
    S::Curve::scalar_from_wide(&wide)
}

/// `x(R) mod q`.
fn x<S: EcdsaScheme>(point: &Point<S>) -> Scalar<S> {
    reduced::<S>(&encode_point::<S::Curve>(point).unwrap()[1..])
}

fn bytes<S: EcdsaScheme>(scalars: &[Scalar<S>]) -> Vec<u8> {
    let mut out = Vec::new();
    scalars.iter().for_each(|scalar| write_scalar::<S::Curve>(scalar, &mut out));
    out
}

/// Why a presignature is spent by value, and why its binding names the message: `s h' - s' h` and two signatures with one nonce.
fn b5_two_messages_under_one_presignature_are_the_key<S: EcdsaScheme>() {
    let mut rng = rng(60);
    let (key, k) = (random_scalar::<S::Curve>(&mut rng), random_scalar::<S::Curve>(&mut rng));
    let r = x::<S>(&S::Curve::mul_base(&k));
    let h = [message(0), message(1)].map(|m| reduced::<S>(quorate::ecdsa::Digest::from(m).as_bytes()));
    let s = h.map(|h| (h + r * key) * k.invert().unwrap());
    let nonce = (h[0] - h[1]) * (s[0] - s[1]).invert().unwrap();
    assert_eq!((nonce, (s[0] * nonce - h[0]) * r.invert().unwrap()), (k, key));
}

/// Groth and Shoup: who knows R and then chooses the digest gets a signature on another digest of its choice, by one query. So a
/// presignature takes a message only; that it takes nothing else is a matter of types (the documentation of `Online` and `Message` has
/// the programs that do not compile). Where the digest is fixed beforehand, it is part of the terms.
fn b3_a_raw_digest_after_the_nonce_point_is_a_forgery<S: EcdsaScheme>() {
    let mut rng = rng(61);
    let (key, k) = (random_scalar::<S::Curve>(&mut rng), random_scalar::<S::Curve>(&mut rng));
    let (public, nonce) = (S::Curve::mul_base(&key), S::Curve::mul_base(&k));
    // The attacker's: a target, and a nonce point related to R.
    let target = Message::sha256(b"all to the attacker");
    let wanted = reduced::<S>(quorate::ecdsa::Digest::from(target).as_bytes());
    let a = random_scalar::<S::Curve>(&mut rng);
    let (r, forged_r) = (x::<S>(&nonce), x::<S>(&S::Curve::mul(&nonce, &a)));
    let query = wanted * r * forged_r.invert().unwrap();
    // The oracle signs the query, as a presignature for raw digests would.
    let s = (query + r * key) * k.invert().unwrap();
    let asked = Prehashed::new(bytes::<S>(&[query]).try_into().unwrap());
    let answer: [u8; 64] = bytes::<S>(&[r, s]).try_into().unwrap();
    assert!(Signature::<S>::from_bytes(&answer, &public, asked).is_some());
    // The forgery.
    let forged_s = s * forged_r * (r * a).invert().unwrap();
    let forgery: [u8; 64] = bytes::<S>(&[forged_r, forged_s]).try_into().unwrap();
    assert!(Signature::<S>::from_bytes(&forgery, &public, target).is_some());
    assert!(forged_s != s && forged_r != r && !bool::from(forged_s.is_zero()));
}
