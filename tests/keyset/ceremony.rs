//! What a set is: every key as if made alone, the rounds of one, and no agreement on another list.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, FrostRistretto255, FrostTaproot, Scheme};
use quorate::dkg::{self, Dkg};
use quorate::ecdsa::{self, EcdsaScheme, Message};
use quorate::error::{Rejected, SetupError};
use quorate::frost::{self, Suite};
use quorate::key::{KeyShare, MAX_KEYS, Made, Path, PublicKey};
use quorate::keyset::{AnyScheme, Bundle, KeySet, PROTOCOL, Run, SetScheme};
use quorate::party::{Parties, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::sim::{Cast, Faults, Letter, MemoryLedger};
use quorate::vault::Stored;
use quorate::wire::{Kind, SessionId};
use rand_chacha::ChaCha20Rng;

use crate::driver::{id, rng, seal};
use crate::stage::{E, K, LIST, Of, P, Stage, is};

const T: AnyScheme = AnyScheme::FrostTaproot;
const R: AnyScheme = AnyScheme::FrostRistretto255;

/// The shares of one key of all parties.
fn shares<S: SetScheme>(bundles: &[Bundle], nth: usize) -> Vec<KeyShare<S>> {
    let copy = |bundle: &Bundle| KeyShare::from_bytes(bundle.get::<S>(nth)?.to_bytes().expose());
    bundles.iter().map(|bundle| copy(bundle).unwrap()).collect()
}

fn signers<S: Scheme>(shares: &[KeyShare<S>]) -> Parties {
    let t = usize::from(shares[0].public().threshold().t());
    Parties::new(shares.iter().rev().take(t).map(KeyShare::id)).unwrap()
}

fn sign_frost<S: Suite>(cast: &Cast, shares: &[KeyShare<S>], rng: &mut ChaCha20Rng) {
    let set = signers(shares);
    let task = frost::Task::new(shares[0].public(), set.clone(), b"m", SessionId([1; 16])).unwrap();
    let signing = shares.iter().filter(|share| set.contains(share.id()));
    let start = |share| frost::Sign::start(share, task.clone(), rng).unwrap();
    let sessions: Vec<_> = signing.map(start).collect();
    for report in cast.run(sessions, rng) {
        let _ = report.output();
    }
}

fn sign_ed25519(cast: &Cast, shares: &[KeyShare<FrostEd25519>], rng: &mut ChaCha20Rng) {
    let set = signers(shares);
    let task = frost::Task::new(shares[0].public(), set.clone(), b"m", SessionId([1; 16])).unwrap();
    let signing = shares.iter().filter(|share| set.contains(share.id()));
    let start = |share| frost::Sign::start(share, task.clone(), rng).unwrap();
    let sessions: Vec<_> = signing.map(start).collect();
    let key: [u8; 32] = shares[0].public().public_key().try_into().unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
    for report in cast.run(sessions, rng) {
        let signature = ed25519_dalek::Signature::from_bytes(&report.output().to_bytes());
        key.verify_strict(b"m", &signature).unwrap();
    }
}

fn sign_ecdsa<S: EcdsaScheme>(cast: &Cast, shares: &[KeyShare<S>], rng: &mut ChaCha20Rng) {
    let set = signers(shares);
    let pairings = cast.deal_pairings(&set, rng).unwrap();
    let message = Message::sha256(b"m");
    let task =
        ecdsa::Task::new(shares[0].public(), set.clone(), Path::default(), message, SessionId([1; 16]))
            .unwrap();
    let signing = shares.iter().filter(|share| set.contains(share.id()));
    let start =
        |share: &KeyShare<S>| ecdsa::Sign::start(share, task.clone(), &pairings[&share.id()], rng).unwrap();
    let sessions: Vec<_> = signing.map(start).collect();
    for report in cast.run(sessions, rng) {
        let _ = report.output();
    }
}

fn refreshed<S: Scheme>(cast: &Cast, shares: &[KeyShare<S>], rng: &mut ChaCha20Rng) -> Vec<KeyShare<S>> {
    let epoch = shares[0].public().epoch() + 1;
    let run = refresh::Run::new(shares[0].public(), epoch, SessionId([2; 16])).unwrap();
    let mut start = |share| Refresh::start(&run, share, &mut MemoryLedger::default(), rng).unwrap();
    let sessions: Vec<_> = shares.iter().map(&mut start).collect();
    let reports = cast.run_with(sessions, Faults::storm(), &mut |_| true, rng);
    reports.into_iter().map(|report| report.output()).collect()
}

/// A key of the set is a key: alone verifiable, alone stored, it signs, is refreshed, and signs again.
fn a_key_like_any_other<S: SetScheme>(
    cast: &Cast,
    bundles: &mut [Bundle],
    nth: usize,
    sign: impl Fn(&Cast, &[KeyShare<S>], &mut ChaCha20Rng),
) {
    let mut rng = rng(3);
    let old = shares::<S>(bundles, nth);
    for share in &old {
        assert_eq!(share.public(), old[0].public());
        assert_eq!(share.public().origin().made(), Made::GeneratedInSet);
        let read = PublicKey::<S>::from_bytes(&share.public().to_bytes()).unwrap();
        assert_eq!(&read, share.public());
        assert!(!share.must_refresh());
    }
    sign(cast, &old, &mut rng);
    let next = refreshed(cast, &old, &mut rng);
    sign(cast, &next, &mut rng);
    for ((bundle, new), old) in bundles.iter_mut().zip(next).zip(old) {
        assert_eq!(new.public().public_key(), old.public().public_key());
        let (bytes, stale) = (new.to_bytes(), old.to_bytes());
        let back = bundle.replace(new).unwrap();
        assert_eq!(back.to_bytes().expose(), stale.expose());
        assert_eq!(bundle.get::<S>(nth).unwrap().to_bytes().expose(), bytes.expose());
        let same = KeyShare::<S>::from_bytes(bytes.expose()).unwrap();
        assert_eq!(bundle.replace(same).unwrap_err().to_bytes().expose(), bytes.expose());
        // not back to the epoch before, and not another party's
        assert_eq!(bundle.replace(back).unwrap_err().to_bytes().expose(), stale.expose());
    }
}

/// A run that started before the share was burned still ends with a good one; in the bundle the key stays burned.
#[test]
fn what_holds_of_the_key_holds_of_the_share_that_replaces_another() {
    let stage = Stage::usual();
    let game = stage.fair();
    let mut bundle = Bundle::from_bytes(game.bundle(1).to_bytes().expose()).unwrap();
    let bundles: Vec<_> =
        (1..=3).map(|party| Bundle::from_bytes(game.bundle(party).to_bytes().expose()).unwrap()).collect();
    let first = refreshed(&stage.cast, &shares::<FrostEd25519>(&bundles, 0), &mut rng(4));
    let second = refreshed(&stage.cast, &first, &mut rng(5)).swap_remove(0);
    let mut first = first.into_iter().next().unwrap();
    first.burn();
    first.refuse_pairings([[7; 32]]);
    bundle.replace(first).unwrap();
    assert!(!second.is_burned() && second.refused_pairings().is_empty());
    bundle.replace(second).unwrap();
    let share = bundle.get::<FrostEd25519>(0).unwrap();
    assert_eq!((share.public().epoch(), share.is_burned()), (2, true));
    assert_eq!(bundle.epoch(), 0, "the earliest of its keys");
    assert_eq!(share.refused_pairings(), [[7; 32]]);
    // Another party's share of the same key and a later epoch takes nobody's place.
    let mut of_two = Bundle::from_bytes(game.bundle(2).to_bytes().expose()).unwrap();
    let later = refreshed(&stage.cast, &shares::<FrostEd25519>(&bundles, 0), &mut rng(6)).swap_remove(0);
    assert_eq!(of_two.replace(later).unwrap_err().id(), id(1));
}

fn whole_life(t: u16, n: u16, schemes: &[AnyScheme], seed: u64) {
    let stage = Stage::new(t, n, schemes, seed);
    let cast = &stage.cast;
    let reports = cast.run_with(stage.sessions(), Faults::storm(), &mut |_| true, &mut rng(seed));
    for report in &reports {
        let rounds: Vec<_> = report.traffic.iter().map(|traffic| traffic.round).collect();
        assert_eq!(rounds, [1, 2, 3]);
        assert_eq!(report.times.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
    }
    let mut bundles: Vec<_> = reports.into_iter().map(|report| report.output()).collect();
    let mut keys = Vec::new();
    for bundle in &bundles {
        let list: Vec<_> = bundle.shares().iter().map(|share| share.scheme()).collect();
        assert_eq!(list, schemes);
        keys.push(bundle.shares().iter().map(|share| share.public_key()).collect::<Vec<_>>());
    }
    keys.dedup();
    let [keys] = &mut keys[..] else { panic!("the parties have different keys") };
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), schemes.len(), "no two keys are the same");
    let count = |scheme| schemes.iter().filter(|s| **s == scheme).count();
    (0..count(K)).for_each(|nth| a_key_like_any_other::<EcdsaSecp256k1>(cast, &mut bundles, nth, sign_ecdsa));
    (0..count(P)).for_each(|nth| a_key_like_any_other::<EcdsaP256>(cast, &mut bundles, nth, sign_ecdsa));
    (0..count(E)).for_each(|nth| a_key_like_any_other::<FrostEd25519>(cast, &mut bundles, nth, sign_ed25519));
    (0..count(T)).for_each(|nth| a_key_like_any_other::<FrostTaproot>(cast, &mut bundles, nth, sign_frost));
    (0..count(R))
        .for_each(|nth| a_key_like_any_other::<FrostRistretto255>(cast, &mut bundles, nth, sign_frost));
    for bundle in &bundles {
        assert_eq!(bundle.epoch(), 1);
        let again = Bundle::from_bytes(bundle.to_bytes().expose()).unwrap();
        assert_eq!(again.to_bytes().expose(), bundle.to_bytes().expose());
        assert!(again.get::<EcdsaSecp256k1>(count(K)).is_none());
        assert_eq!(again.into_shares().len(), schemes.len());
    }
}

#[test]
fn every_key_of_a_set_signs_and_is_refreshed() {
    whole_life(2, 3, &[K, E, P], 1);
    whole_life(2, 3, &LIST, 2);
    whole_life(2, 2, &[E, E], 3);
    whole_life(3, 4, &[P, E], 4);
    whole_life(3, 5, &[E, K, K, E], 5);
    whole_life(2, 3, &[K], 6);
    // the set of a wallet, and whatever else there is
    whole_life(2, 3, &[K, E, T, P], 7);
    whole_life(2, 2, &[T, R, T], 8);
}

#[test]
fn shares_come_out_by_their_types() {
    let stage = Stage::usual();
    let game = stage.fair();
    let bundle = Bundle::from_bytes(game.bundle(1).to_bytes().expose()).unwrap();
    let [first, second, ..] = bundle.shares() else { panic!("four shares") };
    assert!(first.of::<EcdsaSecp256k1>().is_some() && first.of::<FrostEd25519>().is_none());
    assert_eq!((second.scheme().name(), second.scheme().id()), (FrostEd25519::NAME, FrostEd25519::ID));
    let mut shares = bundle.into_shares().into_iter();
    let first: KeyShare<EcdsaSecp256k1> = shares.next().unwrap().into_share().unwrap();
    assert_eq!(first.id(), id(1));
    let second = shares.next().unwrap().into_share::<EcdsaP256>().unwrap_err();
    assert!(second.into_share::<FrostEd25519>().is_ok());
    assert_eq!(AnyScheme::ALL.iter().map(|scheme| scheme.id()).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
}

/// Body lengths by round and kind, each once, with how many letters had it.
fn lengths(letters: &[Letter]) -> Vec<((u8, u8), usize, usize)> {
    let mut all: Vec<((u8, u8), usize, usize)> = Vec::new();
    for letter in letters {
        let slot = (letter.header.round, letter.header.kind as u8);
        match all.iter_mut().find(|(s, len, _)| *s == slot && *len == letter.body.len()) {
            Some((_, _, count)) => *count += 1,
            None => all.push((slot, letter.body.len(), 1)),
        }
    }
    all.sort_unstable();
    all
}

/// Everything that travels in one key generation alone.
fn alone<S: Scheme>(stage: &Stage) -> Vec<Letter> {
    let run =
        dkg::Run::<S>::new(stage.run.threshold(), stage.cast.roster().clone(), SessionId([9; 16])).unwrap();
    let mut rng = rng(9);
    let start = |me| Dkg::start(&run, me, &mut MemoryLedger::default(), &mut rng).unwrap();
    let sessions: Vec<_> = stage.cast.ids().into_iter().map(start).collect();
    let mut letters = Vec::new();
    let mut see = |letter: &mut Letter| {
        letters.push(letter.clone());
        true
    };
    stage.cast.run_with(sessions, Faults::default(), &mut see, &mut crate::driver::rng(10));
    letters
}

#[test]
fn messages_are_as_many_as_of_one_key_and_as_long_as_of_all() {
    for (t, n) in [(2, 2), (2, 3), (3, 5)] {
        let stage = Stage::new(t, n, &LIST, 8);
        let set = lengths(&stage.fair().letters);
        let keys = [
            lengths(&alone::<EcdsaSecp256k1>(&stage)),
            lengths(&alone::<FrostEd25519>(&stage)),
            lengths(&alone::<EcdsaP256>(&stage)),
            lengths(&alone::<EcdsaSecp256k1>(&stage)),
        ];
        assert_eq!(set.len(), 4);
        for (at, (slot, len, count)) in set.into_iter().enumerate() {
            let sum: usize = keys.iter().map(|key| key[at].1).sum();
            // one certificate signature instead of one for each key
            let saved = if slot == (3, 0) { 3 * 64 } else { 0 };
            assert_eq!(len, sum - saved, "{t}-of-{n} {slot:?}");
            assert!(keys.iter().all(|key| (key[at].0, key[at].2) == (slot, count)));
            println!("{t}-of-{n} round {} kind {}: {len} bytes", slot.0, slot.1);
        }
        for (index, scheme) in LIST.into_iter().enumerate() {
            let pieces = [Of::Commit, Of::Reveal, Of::Share].map(|of| stage.piece_len(index, of));
            assert_eq!(pieces.map(|len| len > 32), [true; 3], "{scheme:?}");
        }
    }
}

#[test]
fn another_list_is_a_mismatch_at_once() {
    let stage = Stage::new(2, 3, &[K, E, P], 11);
    let (threshold, roster, session) =
        (stage.run.threshold(), stage.cast.roster().clone(), stage.run.session());
    let lists: [&[AnyScheme]; 7] =
        [&[K, P, E], &[E, K, P], &[K, E], &[K, E, P, P], &[K, K, P], &[K], &[P, E, K]];
    for list in lists {
        let other = Run::new(threshold, roster.clone(), session, list.iter().copied()).unwrap();
        assert_ne!(other, stage.run);
        assert_ne!(other.terms(id(1)).binding, stage.run.terms(id(1)).binding);
        let mut mine = stage.session(1);
        let mut ledger = MemoryLedger::default();
        let mut theirs = KeySet::start(&other, id(2), &mut ledger, &mut rng(12)).unwrap();
        for (at, from, to) in [
            (&mut theirs, 1, &mut stage.session(1)),
            (&mut mine, 2, &mut {
                KeySet::start(&other, id(2), &mut MemoryLedger::default(), &mut rng(12)).unwrap()
            }),
        ] {
            let sealed = seal(&stage.cast, to.outgoing(0).next().unwrap().bytes);
            assert_eq!(at.receive_signed(&sealed.0), Err(Rejected::SetupMismatch(id(from))));
        }
    }
    // another threshold, too; and a key generation of one key is another protocol
    let other = Run::new(Threshold::new(3, 3).unwrap(), roster.clone(), session, [K, E, P]).unwrap();
    let theirs = KeySet::start(&other, id(2), &mut MemoryLedger::default(), &mut rng(12)).unwrap();
    let sealed = seal(&stage.cast, theirs.outgoing(0).next().unwrap().bytes);
    assert_eq!(stage.session(1).receive_signed(&sealed.0), Err(Rejected::SetupMismatch(id(2))));
    let single = dkg::Run::<EcdsaSecp256k1>::new(threshold, roster, session).unwrap();
    let theirs = Dkg::start(&single, id(2), &mut MemoryLedger::default(), &mut rng(12)).unwrap();
    let sealed = seal(&stage.cast, theirs.outgoing(0).next().unwrap().bytes);
    assert_eq!(stage.session(1).receive_signed(&sealed.0), Err(Rejected::Protocol(2)));
    assert_eq!(PROTOCOL, 13);
}

#[test]
fn what_cannot_start_says_why() {
    let stage = Stage::usual();
    let (threshold, roster, session) =
        (stage.run.threshold(), stage.cast.roster().clone(), stage.run.session());
    let list = |count| std::iter::repeat_n(E, count);
    let size = |found| Some(SetupError::SetSize { found, limit: MAX_KEYS });
    let run = |count| Run::new(threshold, roster.clone(), session, list(count));
    assert_eq!(run(0).err(), size(0));
    assert_eq!(run(MAX_KEYS + 1).err(), size(MAX_KEYS + 1));
    assert_eq!(run(1_000_000).err(), size(MAX_KEYS + 1));
    assert!(run(MAX_KEYS).is_ok());
    assert_eq!(size(0).unwrap().code(), 1038);
    let wrong = Run::new(Threshold::new(2, 4).unwrap(), roster.clone(), session, LIST);
    assert_eq!(wrong.err(), Some(SetupError::RosterSize { roster: 3, n: 4 }));
    let mut ledger = MemoryLedger::default();
    let mut start = |me| KeySet::start(&stage.run, id(me), &mut ledger, &mut rng(1)).err();
    assert_eq!(start(4), Some(SetupError::SelfMissing(id(4))));
    assert_eq!(start(1), None);
    assert_eq!(start(1), Some(SetupError::SessionSpent(id(1))));
}

#[test]
fn a_large_set_is_made_in_three_rounds_too() {
    let stage = Stage::new(2, 2, &[E; MAX_KEYS], 13);
    let game = stage.fair();
    assert_eq!(game.bundle(1).shares().len(), MAX_KEYS);
    assert!(game.letters.iter().all(|letter| (1..=3).contains(&letter.header.round)));
    assert!(!game.letters.iter().any(|letter| letter.header.kind == Kind::Complaint));
    assert!(game.letters.iter().any(|letter| is(letter, Of::Share)));
}
