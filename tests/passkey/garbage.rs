//! A million changed payloads and records into the readers: nothing panics, and what is read has one encoding.

use super::driver::rng;
use super::given::{login, safe, transaction, web, with};
use quorate::approval::passkey::{Payload, Record};
use rand_chacha::rand_core::Rng;

/// One to three changes of a byte, a length, an end.
fn mutate(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    for _ in 0..=rng.next_u32() % 3 {
        let at = rng.next_u32() as usize % (bytes.len() + 1);
        match (rng.next_u32() % 6, bytes.get_mut(at)) {
            (0, Some(byte)) => *byte = rng.next_u32() as u8,
            (1, Some(byte)) => *byte ^= 1 << (rng.next_u32() % 8),
            (2, Some(byte)) => *byte = byte.wrapping_add(1),
            (3, _) => bytes.truncate(at),
            (4, _) => bytes.insert(at, rng.next_u32() as u8),
            (_, Some(_)) => drop(bytes.remove(at)),
            (_, None) => bytes.push(0),
        }
    }
}

/// How many of these were read.
fn bombard(seeds: &[Vec<u8>], times: usize, again: impl Fn(&[u8]) -> Option<Vec<u8>>) -> usize {
    let rng = &mut rng(71);
    let read = |k: usize| {
        let mut bytes = seeds[k % seeds.len()].clone();
        mutate(&mut bytes, rng);
        let written = again(&bytes)?;
        assert_eq!(written, bytes);
        Some(())
    };
    (0..times).filter_map(read).count()
}

#[test]
fn a_million_payloads_and_records() {
    let long = with(|t| t.tx.data = vec![0xa9; 300]);
    let payloads = [login(), transaction(), long].map(|p| p.to_bytes().unwrap());
    let read = bombard(&payloads, 700_000, |bytes| {
        let payload = Payload::from_bytes(bytes).ok()?;
        assert!((1..=3).contains(&payload.facts().len()));
        Some(payload.to_bytes().unwrap())
    });
    assert!((50_000..650_000).contains(&read), "{read} payloads were read");
    let read = bombard(&[web(), safe()].map(|r| r.to_bytes()), 300_000, |bytes| {
        Some(Record::from_bytes(bytes).ok()?.to_bytes())
    });
    assert!((1000..250_000).contains(&read), "{read} records were read");
}
