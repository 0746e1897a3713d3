//! Sealing and opening: `cargo bench --bench vault`.
//!
//! A key share and a pairing with a key in memory, which is what a device does all day; a passphrase at the default cost and at the floor, which
//! is what it does once.

use criterion::{Criterion, criterion_group, criterion_main};
use quorate::curve::FrostEd25519;
use quorate::key::KeyShare;
use quorate::pairing::StoredPairing;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::secret::Secret;
use quorate::sim::Cast;
use quorate::vault::{
    AppSecret, EpochRule, Expect, Kdf, Limits, Rollback, SlotKey, SlotSpec, Stored, open, seal,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

fn expect(what: &impl Stored) -> Expect {
    Expect { subject: what.subject(), epoch: EpochRule::Any, rollback: Rollback::AtLeast(1) }
}

/// Seals and opens with a key in memory.
fn held<T: Stored>(c: &mut Criterion, name: &str, what: &T, rng: &mut ChaCha20Rng) {
    let key = Secret::new([7; 32]);
    let mut make = || seal(what, 1, vec![SlotSpec::Held { label: "daily work", key: &key }], rng).unwrap();
    let bytes = make();
    c.bench_function(&format!("seal {name} ({} bytes)", bytes.len()), |bench| bench.iter(&mut make));
    let (by_key, expect) = (SlotKey::Held { label: "daily work", key: &key }, expect(what));
    c.bench_function(&format!("open {name}"), |bench| {
        bench.iter(|| open::<T>(&bytes, &by_key, &expect, &Limits::default()).unwrap());
    });
}

fn vault(c: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(2026);
    let cast = Cast::new([1, 2, 3], &mut rng).unwrap();
    let share: KeyShare<FrostEd25519> = cast.deal(Threshold::new(2, 3).unwrap(), &mut rng).unwrap().remove(0);
    held(c, "a share", &share, &mut rng);
    let parties = Parties::from_numbers([1, 2]).unwrap();
    let mut sets = cast.deal_pairings(&parties, &mut rng).unwrap();
    let pairings = sets.remove(&PartyId::new(1).unwrap()).unwrap();
    let pairing = StoredPairing::new(pairings.iter().next().unwrap().store()).unwrap();
    held(c, "a pairing", &pairing, &mut rng);
    let secret = AppSecret::generate("x", &mut rng).unwrap();
    held(c, "32 bytes", &secret, &mut rng);

    let passphrase = Secret::new(b"correct horse battery staple".to_vec());
    let floor = Kdf { memory_kib: 19_456, passes: 2, lanes: 1 };
    for (name, kdf) in [("64 MiB, 3 passes, 4 lanes", Kdf::default()), ("19 MiB, 2 passes, 1 lane", floor)] {
        let spec = SlotSpec::Passphrase { passphrase: &passphrase, kdf };
        let bytes = seal(&secret, 1, vec![spec], &mut rng).unwrap();
        let (key, expect) = (SlotKey::Passphrase { slot: 0, passphrase: &passphrase }, expect(&secret));
        c.bench_function(&format!("open with a passphrase, {name}"), |bench| {
            bench.iter(|| open::<AppSecret>(&bytes, &key, &expect, &Limits::default()).unwrap());
        });
    }
}

criterion_group! { name = benches; config = Criterion::default().sample_size(10); targets = vault }
criterion_main!(benches);
