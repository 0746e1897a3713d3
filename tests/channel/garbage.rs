//! A million changes to good bytes: none is taken, nothing panics, and the good bytes still are.

use proptest::prelude::{ProptestConfig, any, proptest};
use quorate::channel::Event;
use rand_core::Rng;

use crate::rogue::{self, Ephemeral};
use crate::stage::{C, I, Node, R, cluster, pair, rng, shake, talk};

/// Flips, cuts, grows, splices, or writes over a field.
fn mutate(good: &[u8], other: &[u8], noise: &mut impl Rng) -> Vec<u8> {
    loop {
        let mut bad = good.to_vec();
        for _ in 0..=noise.next_u32() % 3 {
            let at = noise.next_u32() as usize % bad.len().max(1);
            match noise.next_u32() % 8 {
                0 => bad.truncate(at),
                1 => bad.extend(std::iter::repeat_n(noise.next_u32() as u8, at % 70)),
                2 => {
                    let end = at.min(other.len());
                    let taken = bad.len().min(end);
                    bad.splice(..taken, other[..end].iter().copied());
                }
                3 if !bad.is_empty() => bad[at] = noise.next_u32() as u8,
                4 if !bad.is_empty() => {
                    let value = [0, 1, 0x7f, 0x80, 0xff][noise.next_u32() as usize % 5];
                    let end = bad.len().min(at + 1 + noise.next_u32() as usize % 8);
                    bad[at..end].fill(value);
                }
                _ if !bad.is_empty() => bad[at] ^= 1 << (noise.next_u32() % 8),
                _ => {}
            }
        }
        if bad != good && bad != other {
            return bad;
        }
    }
}

#[test]
fn changed_records_are_never_taken() {
    let (mut i, mut r) = pair();
    let mut noise = rng(77);
    for round in 0..850u32 {
        let [one, two] =
            [b"a", &b"something longer, so that there is more to change"[..]].map(|b| i.seal(R, b));
        for _ in 0..1000 {
            let bad = mutate(&one, &two, &mut noise);
            // A changed record may come out as a poke, which anybody may send; no record is in it.
            let taken = r.take(&bad);
            assert!(matches!(taken, Err(_) | Ok(Event::Poke(_))), "round {round}: {taken:?}");
        }
        assert_eq!(r.open(&one).unwrap(), b"a");
        r.open(&two).unwrap();
    }
    talk(&mut i, &mut r);
}

#[test]
fn changed_handshakes_are_never_taken() {
    let (mut i, mut r) = pair();
    let mut noise = rng(78);
    for round in 0..50 {
        let first = i.connect(R);
        let second = r.reply(&first);
        let another = r.reply(&rogue::first(I, R, cluster().hash(), Ephemeral([round; 32]).public()));
        for _ in 0..1000 {
            let bad = mutate(&second, &another, &mut noise);
            let taken = i.take(&bad);
            assert!(matches!(taken, Err(_) | Ok(Event::Poke(_))), "round {round}: {taken:?}");
        }
        let third = i.reply(&second);
        for _ in 0..1950 {
            let bad = mutate(&third, &second, &mut noise);
            // It may come out as a first message, which is not authenticated: nothing is signed for it here.
            let taken = r.take_unsigned(&bad);
            assert!(matches!(taken, Err(_) | Ok(Event::ToSign(_))), "round {round}: {taken:?}");
        }
        for _ in 0..50 {
            // So is every changed first message that keeps its head; it pushes none out that has been answered and completes none.
            let bad = mutate(&first, &third, &mut noise);
            let mut fresh = Node::new(R);
            let taken = fresh.take(&bad);
            assert!(matches!(taken, Err(_) | Ok(Event::Reply { .. })), "round {round}: {taken:?}");
            assert_eq!(fresh.peers.channel_id(crate::stage::id(I)), None);
        }
        r.established(&third);
        talk(&mut i, &mut r);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes from nowhere.
    #[test]
    fn no_bytes_from_nowhere_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400), step in 0u8..5) {
        let mut r = Node::new(R);
        let step = if step == 4 { 0x10 } else { step };
        let headed = [&rogue::head(step, if step == 0 { C } else { I }, R, cluster().hash())[..], &bytes].concat();
        for bytes in [&bytes, &headed] {
            let taken = r.take(bytes);
            let hint = matches!(taken, Ok(Event::Poke(_) | Event::Reply { .. }));
            assert!(taken.is_err() || hint && bytes == &headed, "{taken:?}");
        }
        let mut i = Node::new(I);
        shake(&mut i, &mut r);
    }
}
