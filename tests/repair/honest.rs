//! What comes back is what was there.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::frost::{Sign, Task};
use quorate::key::KeyShare;
use quorate::key::epoch::Epochs;
use quorate::party::Parties;
use quorate::refresh::{self, Refresh};
use quorate::repair::{Outcome, PROTOCOL, Repair};
use quorate::sim::{Faults, MemoryLedger};
use quorate::wire::{HEADER_LEN, Header, Kind, SessionId};
use sha2::{Digest, Sha256};

use crate::game::{Game, at_the_lost, id, marked, rng, set, stored};

/// Every member, by every set of helpers.
fn all<S: Scheme>(t: usize, ids: &[u16], faults: Faults) {
    let game = Game::<S>::new(t as u16, ids, 3);
    let mut runs = 0u8;
    for lost in ids {
        for subset in 0..1u32 << ids.len() {
            let chosen = ids.iter().enumerate().filter(|(at, _)| subset >> at & 1 == 1);
            let helpers: Vec<u16> = chosen.map(|(_, id)| *id).collect();
            if helpers.len() != t || helpers.contains(lost) {
                continue;
            }
            runs += 1;
            let run = game.run(*lost, &helpers, runs);
            let ends = game.play(&run, runs.into(), faults, &mut |_| true);
            let rebuilt = at_the_lost(&run, ends).unwrap().unwrap().rebuilt().unwrap();
            assert_eq!(stored(&rebuilt.share), marked(game.share(*lost)));
            assert_eq!(rebuilt.share.public(), game.shares[0].public());
            assert!(rebuilt.share.must_refresh() && !rebuilt.share.is_burned());
            assert_eq!(rebuilt.highest_signed(), 0);
            assert_eq!(rebuilt.signed, helpers.iter().map(|j| (id(*j), 0)).collect::<Vec<_>>());
        }
    }
    let choices = |n: usize| (0..1u32 << n).filter(|set| set.count_ones() == t as u32).count();
    assert_eq!(usize::from(runs), ids.len() * choices(ids.len() - 1));
}

#[test]
fn every_share_is_rebuilt_by_every_set_of_helpers_on_every_curve() {
    fn check<S: Scheme>() {
        all::<S>(2, &[1, 2, 3], Faults::storm());
        all::<S>(3, &[1, 2, 7, 300, 65534], Faults::default());
    }
    check::<FrostEd25519>();
    check::<EcdsaSecp256k1>();
    check::<EcdsaP256>();
}

#[test]
fn larger_groups_and_a_bad_network() {
    let ids: Vec<u16> = (1..=40).map(|k| k * 31).collect();
    let game = Game::<FrostEd25519>::new(25, &ids, 4);
    let run = game.run(ids[3], &ids[10..35], 1);
    let ends = game.play(&run, 4, Faults::storm(), &mut |_| true);
    let rebuilt = at_the_lost(&run, ends).unwrap().unwrap().rebuilt().unwrap();
    assert_eq!(stored(&rebuilt.share), marked(game.share(ids[3])));
}

/// `u32 length || bytes` of each.
fn hash<'a>(tag: &'a str, items: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for item in [tag.as_bytes()].into_iter().chain(items) {
        hash.update((item.len() as u32).to_be_bytes());
        hash.update(item);
    }
    hash.finalize().into()
}

#[test]
fn the_binding_is_the_documented_hash() {
    let game = Game::<EcdsaP256>::new(2, &[1, 7, 300], 5);
    let run = game.run(7, &[1, 300], 1);
    let key = game.shares[0].public();
    let items: [&[u8]; 10] = [
        &[5],
        &[2],
        &[0, 2],
        &[0, 3],
        game.cast.roster().hash(),
        key.key_id(),
        &[0; 4],
        &key.epoch_id(),
        &[0, 7],
        &[0, 1, 1, 44],
    ];
    let terms = run.terms(id(1));
    assert_eq!((terms.protocol, terms.me, PROTOCOL), (5, id(1), 5));
    assert_eq!(terms.binding, hash("quorate/1/binding", items));
    assert_eq!((run.key(), run.lost(), run.helpers()), (key, id(7), &set(&[1, 300])));
}

#[test]
fn messages_have_the_documented_sizes() {
    fn check<S: Scheme>(t: u16) {
        let ids: Vec<u16> = (1..=t + 1).collect();
        let game = Game::<S>::new(t, &ids, 6);
        let run = game.run(1, &ids[1..], 1);
        let mut messages = Vec::new();
        let ends = game.play(&run, 6, Faults::default(), &mut |letter| {
            assert_eq!((letter.header.kind, letter.header.to), (Kind::Direct, Some(letter.to)));
            messages.push((letter.header.from, letter.header.round, letter.body.len()));
            true
        });
        assert!(matches!(at_the_lost(&run, ends), Some(Ok(Outcome::Rebuilt(_)))));
        for j in run.helpers().iter() {
            let of = |round| {
                let bodies = messages.iter().filter(|m| (m.0, m.1) == (j, round)).map(|m| m.2);
                bodies.collect::<Vec<_>>()
            };
            assert_eq!(of(1), vec![32; usize::from(t) - 1]);
            assert_eq!(of(2), [36]);
            let sent: usize = messages.iter().filter(|m| m.0 == j).map(|m| m.2 + HEADER_LEN).sum();
            assert_eq!(sent, (usize::from(t) - 1) * 88 + 92);
        }
        assert!(messages.iter().all(|m| m.0 != id(1)));
    }
    for t in [2, 3, 5] {
        check::<FrostEd25519>(t);
        check::<EcdsaSecp256k1>(t);
        check::<EcdsaP256>(t);
    }
}

/// The rebuilt share, stored and read, goes through a refresh with the others; then it signs.
#[test]
fn a_rebuilt_share_is_refreshed_and_signs() {
    type S = FrostEd25519;
    let game = Game::<S>::new(2, &[1, 2, 3], 7);
    let run = game.run(3, &[1, 2], 1);
    let ends = game.play(&run, 7, Faults::default(), &mut |_| true);
    let rebuilt = at_the_lost(&run, ends).unwrap().unwrap().rebuilt().unwrap();
    let share = KeyShare::<S>::from_bytes(rebuilt.share.to_bytes().expose()).unwrap();
    assert!(share.must_refresh());
    let mut rng = rng(8);
    let next = refresh::Run::new(share.public(), rebuilt.highest_signed() + 1, SessionId([2; 16])).unwrap();
    let sessions: Vec<_> = [game.share(1), game.share(2), &share]
        .map(|share| Refresh::start(&next, share, &mut MemoryLedger::default(), &mut rng).unwrap())
        .into();
    let next: Vec<_> = game.cast.run(sessions, &mut rng).into_iter().map(|r| r.output()).collect();
    assert!(!next[2].must_refresh());
    assert_eq!(next[2].public().public_key(), share.public().public_key());
    let signers: Parties = set(&[1, 3]);
    let task = Task::new(next[0].public(), signers, b"again", SessionId([3; 16])).unwrap();
    let sessions = [&next[0], &next[2]].map(|s| Sign::start(s, task.clone(), &mut rng).unwrap());
    for report in game.cast.run(sessions, &mut rng) {
        let signature: [u8; 64] = report.output().into();
        let key = ed25519_dalek::VerifyingKey::from_bytes(
            share.public().public_key().as_slice().try_into().unwrap(),
        );
        let signature = ed25519_dalek::Signature::from_bytes(&signature);
        assert!(key.unwrap().verify_strict(b"again", &signature).is_ok());
    }
}

/// From the helpers' records of epochs into the rebuilt device's; a liar makes it ask, and no more.
#[test]
fn numbers_go_from_record_to_record() {
    type S = FrostEd25519;
    let game = Game::<S>::new(2, &[1, 2, 3], 10);
    let run = game.run(3, &[1, 2], 1);
    for (far, refused) in [(7, false), (u32::MAX, true)] {
        let mut records: Vec<_> = [1, 2].map(|i| Epochs::new(copy(game.share(i)))).into();
        records[1].confirm(far);
        records[1].raise_highest(far).unwrap();
        let mut sessions = vec![Repair::rebuild(&run, id(3)).unwrap()];
        for record in &records {
            let (share, signed) = (record.current().unwrap(), record.highest_signed());
            sessions.push(Repair::help(&run, share, signed, &mut rng(10)).unwrap());
        }
        let ends = game.cast.run(sessions, &mut rng(10)).into_iter();
        let rebuilt = ends.filter_map(|report| report.output().rebuilt()).next().unwrap();
        assert_eq!(rebuilt.signed, [(id(1), 0), (id(2), far)]);
        let highest = rebuilt.highest_signed();
        let mut record = Epochs::new(rebuilt.share);
        assert_eq!(record.raise_highest(highest).is_err(), refused);
        assert_eq!(record.highest_signed(), Some(if refused { 0 } else { far }));
        assert!(record.admits(8).is_ok());
        assert_eq!(record.admits(7).is_ok(), refused);
    }
}

fn copy<S: Scheme>(share: &KeyShare<S>) -> KeyShare<S> {
    KeyShare::from_bytes(share.to_bytes().expose()).unwrap()
}

/// The helper says the highest epoch that it signed for, and never less than its share's.
#[test]
fn helpers_report_what_they_signed_for() {
    type S = EcdsaSecp256k1;
    let game = Game::<S>::new(2, &[1, 2, 3], 9);
    let mut rng = rng(9);
    let next = refresh::Run::new(game.shares[0].public(), 5, SessionId([2; 16])).unwrap();
    let sessions: Vec<_> = game
        .shares
        .iter()
        .map(|share| Refresh::start(&next, share, &mut MemoryLedger::default(), &mut rng).unwrap())
        .collect();
    let shares: Vec<_> = game.cast.run(sessions, &mut rng).into_iter().map(|r| r.output()).collect();
    let game = Game { cast: game.cast, shares };
    let run = game.run(2, &[1, 3], 1);
    for (signed, said) in [([None, None], [5, 5]), ([Some(9), Some(0)], [9, 5]), ([Some(6), Some(7)], [6, 7])]
    {
        let sessions = [
            Repair::help(&run, game.share(1), signed[0], &mut rng).unwrap(),
            Repair::help(&run, game.share(3), signed[1], &mut rng).unwrap(),
            Repair::rebuild(&run, id(2)).unwrap(),
        ];
        let mut rebuilt = game.cast.run(sessions, &mut rng).into_iter().filter_map(|r| r.output().rebuilt());
        let rebuilt = rebuilt.next().unwrap();
        assert_eq!(rebuilt.signed, [(id(1), said[0]), (id(3), said[1])]);
        assert_eq!(rebuilt.highest_signed(), said[0].max(said[1]));
        assert_eq!(stored(&rebuilt.share), marked(game.share(2)));
    }
    // whatever they say, the rebuilt share is of its own epoch
    let ends = game.play(&run, 9, Faults::default(), &mut |letter| {
        if letter.header.round == 2 {
            letter.body[32..].copy_from_slice(&[0, 0, 0, 1]);
        }
        true
    });
    let rebuilt = at_the_lost(&run, ends).unwrap().unwrap().rebuilt().unwrap();
    assert_eq!((&rebuilt.signed[..], rebuilt.highest_signed()), (&[(id(1), 1), (id(3), 1)][..], 5));
    let session = Repair::help(&run, game.share(1), None, &mut rng).unwrap();
    let header = Header::split(session.outgoing(0).next().unwrap().bytes);
    assert_eq!(header.unwrap().0.binding, run.terms(id(1)).binding);
}
