//! A million changed containers: nothing panics, and nothing that was changed is taken.

use std::time::Instant;

use quorate::key::KeyShare;
use quorate::vault::backup::{self, Item, Known};
use quorate::vault::{Container, Limits, SlotSpec, Stored, open, seal};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng as _;

use crate::driver::{E, rng};
use crate::fixture::{a_key, app_secret, by_held, expect, held, sealed, share};

fn below(rng: &mut ChaCha20Rng, limit: usize) -> usize {
    rng.next_u32() as usize % limit
}

/// Where a change may do harm rather than be refused at once: behind names and magic.
fn place(rng: &mut ChaCha20Rng, len: usize) -> usize {
    match rng.next_u32() % 4 {
        0 => below(rng, len),
        1 => 112 + below(rng, (len - 112).min(8)),
        _ => 48 + below(rng, len - 48),
    }
}

/// One to three changes of one sort.
fn mutate(good: &[u8], other: &[u8], rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=rng.next_u32() % 3 {
        if bytes.len() < 168 {
            break;
        }
        let at = place(rng, bytes.len());
        match rng.next_u32() % 16 {
            0..=6 => bytes[at] ^= 1 << (rng.next_u32() % 8),
            7..=9 => bytes[at] = rng.next_u32() as u8,
            10 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][below(rng, 5)],
            11 => bytes.truncate(at),
            12 => bytes.insert(at, rng.next_u32() as u8),
            13 => drop(bytes.remove(at)),
            14 => {
                let end = (at + below(rng, 64)).min(bytes.len()).min(other.len());
                if let (Some(to), Some(from)) = (bytes.get_mut(at..end), other.get(at..end)) {
                    to.copy_from_slice(from);
                }
            }
            _ => {
                let end = (at + below(rng, 64)).min(bytes.len());
                bytes[at..end].fill(rng.next_u32() as u8);
            }
        }
    }
    bytes
}

#[test]
fn a_million_changed_containers() {
    let (clock, mut rng) = (Instant::now(), rng(2026));
    let (key, second) = (a_key(0x44), a_key(0x55));
    let share = share(1);
    let subject = share.subject();
    let spare = SlotSpec::Wrapped { label: "kms key 1", key: &second, blob: b"blob" };
    let good = seal(&share, 1, vec![held(&key), spare], &mut rng).unwrap();
    let other = sealed(&share, 1);
    let (expect, limits, by_key) = (expect(subject, 0), Limits::default(), by_held(&key));
    assert!(open::<KeyShare<E>>(&good, &by_key, &expect, &limits).is_ok());
    let (mut parsed, mut tried) = (0, 0);
    for _ in 0..700_000 {
        let bytes = mutate(&good, &other, &mut rng);
        if bytes == good {
            continue;
        }
        tried += 1;
        let result = open::<KeyShare<E>>(&bytes, &by_key, &expect, &limits);
        assert!(result.is_err(), "{}", hex::encode(bytes));
        parsed += u32::from(Container::read(&bytes).is_ok());
    }
    // The changes are not so wild that all are refused at once.
    assert!(tried > 650_000 && parsed > tried / 4, "{tried}, {parsed}");

    let items = [Item::new(&app_secret(), 1).unwrap(), Item::new(&share, 1).unwrap()];
    let good = backup::create(&items, 1, None, vec![held(&key)], &mut rng).unwrap();
    let other = backup::create(&items[..1], 1, None, vec![held(&key)], &mut rng).unwrap();
    assert!(backup::verify(&good, &by_key, &Known::NOTHING, &limits).is_ok());
    for _ in 0..200_000 {
        let bytes = mutate(&good, &other, &mut rng);
        if bytes != good {
            assert!(backup::verify(&bytes, &by_key, &Known::NOTHING, &limits).is_err());
        }
    }
    // Bytes of no container, behind a header that is one's.
    for _ in 0..150_000 {
        let mut bytes = vec![0; 168 + below(&mut rng, 400)];
        rng.fill_bytes(&mut bytes);
        bytes[..48].copy_from_slice(&good[..48]);
        bytes[48..52].fill(0);
        bytes[112..116].copy_from_slice(&[1 + rng.next_u32() as u8 % 2, 0, 0, 148]);
        bytes[116..120].copy_from_slice(&[1 + rng.next_u32() as u8 % 4, 0, 0, 144]);
        let _ = Container::read(&bytes).map(|container| container.slots().len());
        assert!(backup::verify(&bytes, &by_key, &Known::NOTHING, &limits).is_err());
    }
    println!("{} s", clock.elapsed().as_secs_f64());
}

/// What is inside is behind a seal; a program of ours may still have written it wrongly.
#[test]
fn twenty_thousand_changed_backups_under_a_good_seal() {
    use crate::other::Other;
    let mut rng = rng(2027);
    let share = share(1);
    let items = [Item::new(&app_secret(), 1).unwrap(), Item::new(&share, 1).unwrap()];
    let key = a_key(0x44);
    let verified = backup::create(&items, 1, None, vec![held(&key)], &mut rng).unwrap();
    assert!(backup::verify(&verified, &by_held(&key), &Known::NOTHING, &Limits::default()).is_ok());
    // The same plaintext by the second writer.
    let mut plain = b"QRTB\x01".to_vec();
    plain.extend([0; 8 + 32]);
    plain.extend([0, 2]);
    for item in [(1, share.subject(), share.write()), (6, app_secret().subject(), app_secret().write())] {
        let (kind, subject, form) = item;
        plain.extend([kind, subject.scheme]);
        plain.extend(subject.holder.map_or(0, |id| id.get()).to_be_bytes());
        plain.extend(subject.key_id);
        plain.extend([0; 12]);
        plain.extend((form.expose().len() as u32).to_be_bytes());
        plain.extend(form.expose());
    }
    let base = Other { kind: 5, name: [0x66; 32], counter: 0, ..Other::app_secret() };
    let verify = |plain: &[u8]| {
        let bytes = Other { plain: plain.to_vec(), ..base.clone() }.write();
        backup::verify(&bytes, &by_held(&key), &Known::NOTHING, &Limits::default())
    };
    let whole = verify(&plain).unwrap();
    let mut taken = 0;
    for _ in 0..20_000 {
        let mut bad = plain.clone();
        let at = below(&mut rng, bad.len());
        match rng.next_u32() % 4 {
            0 => bad.truncate(at),
            1 => bad.insert(at, rng.next_u32() as u8),
            _ => bad[at] ^= 1 << (rng.next_u32() % 8),
        }
        if let Ok(verified) = verify(&bad) {
            // Only what is not covered by anything inside: the time, the counters, and the secret itself.
            taken += 1;
            assert_eq!(verified.items.len(), 2);
            for (found, wanted) in verified.items.iter().zip(&whole.items) {
                assert_eq!(
                    (found.kind, found.subject, found.epoch),
                    (wanted.kind, wanted.subject, wanted.epoch)
                );
            }
        }
    }
    assert!(taken > 0);
}
