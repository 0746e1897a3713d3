//! A million damaged requests, policies and sets: nothing panics, and what is read has one encoding.

use quorate::approval::approver::ApproverSet;
use quorate::approval::policy::Policy;
use quorate::approval::request::{Action, SigningRequest};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::json;

use crate::readers;
use crate::tools::{coins_out, draft, policy, set, sign};

/// A few random edits: bytes set, flipped, taken out, put in, copied from elsewhere.
fn damage(bytes: &mut Vec<u8>, rng: &mut ChaCha20Rng) {
    for _ in 0..=rng.next_u32() % 3 {
        let len = bytes.len().max(1);
        let place = rng.next_u32() as usize % len;
        let interesting = [0, 1, 2, 0x7f, 0x80, 0xff, rng.next_u32() as u8];
        let value = interesting[rng.next_u32() as usize % interesting.len()];
        match rng.next_u32() % 6 {
            0 if place < bytes.len() => bytes[place] = value,
            1 if place < bytes.len() => bytes[place] ^= 1 << (value % 8),
            2 if place < bytes.len() => drop(bytes.remove(place)),
            3 => bytes.insert(place.min(bytes.len()), value),
            4 => bytes.truncate(place),
            _ => {
                let from = rng.next_u32() as usize % len;
                let part: Vec<_> = bytes[from.min(bytes.len())..].iter().take(8).copied().collect();
                let end = bytes.len().min(place + part.len());
                if place <= end {
                    bytes.splice(place..end, part);
                }
            }
        }
    }
}

/// Damages `samples` so often, and gives how many were read.
fn bombard<T>(
    samples: &[Vec<u8>],
    times: usize,
    read: impl Fn(&[u8]) -> Option<T>,
    write: impl Fn(&T) -> Vec<u8>,
) -> usize {
    let mut rng = ChaCha20Rng::seed_from_u64(77);
    let mut fine = 0;
    for i in 0..times {
        let mut bytes = samples[i % samples.len()].clone();
        damage(&mut bytes, &mut rng);
        if let Some(value) = read(&bytes) {
            assert_eq!(write(&value), bytes);
            fine += 1;
        }
    }
    fine
}

#[test]
fn requests_survive_a_million_strings() {
    let samples = [
        sign("transfer coin 0x01 5\nfee gas 3\nallowance gold 0x77 900\ncall 0x01 0xd0e30db0").to_bytes(),
        sign("?").to_bytes(),
        draft(Action::ApproverChange, b"new").with_nonce([1; 32]).unwrap().to_bytes(),
        draft(Action::Refresh, b"").with_nonce([1; 32]).unwrap().to_bytes(),
    ];
    let fine = bombard(&samples, 1_000_000, |b| SigningRequest::from_bytes(b).ok(), SigningRequest::to_bytes);
    assert!((1000..1_000_000).contains(&fine), "{fine}");
}

#[test]
fn policies_survive_a_million_strings() {
    let deny = json!({ "id": "no", "effect": "deny", "match": { "fact": "allowance", "amount_over": "5" } });
    let export = json!({ "id": "export", "effect": "allow", "action": "export",
        "tiers": [{ "approvers": 2, "factors": ["passkey_uv", "key"] }] });
    let samples = [policy(json!([coins_out(), deny, export])).to_bytes(), policy(json!([])).to_bytes()];
    let fine = bombard(&samples, 1_000_000, |b| Policy::from_bytes(b).ok(), Policy::to_bytes);
    assert!((1000..1_000_000).contains(&fine), "{fine}");
}

#[test]
fn sets_survive_a_million_strings() {
    let samples = [set().to_bytes(), ApproverSet::new(1, []).unwrap().to_bytes()];
    let fine = bombard(&samples, 1_000_000, |b| ApproverSet::from_bytes(b).ok(), ApproverSet::to_bytes);
    assert!((1000..1_000_000).contains(&fine), "{fine}");
}

/// What the fuzzer calls, with what it starts from.
#[test]
fn the_readers_of_the_fuzzer_survive_100_000_strings() {
    bombard(
        &readers::samples(),
        100_000,
        |bytes| {
            readers::check(bytes);
            None::<()>
        },
        |()| vec![],
    );
}
