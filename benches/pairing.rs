//! One device's CPU time for a whole pairing, all four rounds, in one thread: `cargo bench --features sim --bench pairing`.
//!
//! Everything the device computes counts, and nothing that its peer does.

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use quorate::identity::IdentityKey;
use quorate::pairing::{Pair, Pairing};
use quorate::session::{Session, Status};
use quorate::sim::MemoryLedger;
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

struct Device {
    session: Session<Pair>,
    sent: usize,
    rng: ChaCha20Rng,
    time: Duration,
    pairing: Option<Pairing>,
}

impl Device {
    fn start(me: &IdentityKey, peer: &IdentityKey, seed: u64) -> Self {
        let (mut rng, mut ledger) = (ChaCha20Rng::seed_from_u64(seed), MemoryLedger::default());
        let clock = Instant::now();
        let session =
            Pair::start(me.public(), peer.public(), SessionId([7; 16]), &mut ledger, &mut rng).unwrap();
        Self { session, sent: 0, rng, time: clock.elapsed(), pairing: None }
    }

    fn post(&mut self) -> Vec<Vec<u8>> {
        let mail = self.session.outgoing(self.sent).map(|m| m.bytes.to_vec()).collect();
        self.sent = self.session.sent();
        mail
    }

    fn work(&mut self, from: quorate::party::PartyId, mail: &[Vec<u8>]) {
        let clock = Instant::now();
        for message in mail {
            self.session.receive(from, message).unwrap();
        }
        if let Status::Done(pairing) = self.session.advance(&mut self.rng).unwrap() {
            self.pairing = Some(pairing);
        }
        self.time += clock.elapsed();
    }
}

/// The time of the first of two devices.
fn pair(a: &IdentityKey, b: &IdentityKey) -> Duration {
    let (mut one, mut two) = (Device::start(a, b, 1), Device::start(b, a, 2));
    while one.pairing.is_none() || two.pairing.is_none() {
        let (from_one, from_two) = (one.post(), two.post());
        one.work(two.session.terms().me, &from_two);
        two.work(one.session.terms().me, &from_one);
    }
    one.time
}

fn pairing(c: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(2026);
    let (a, b) = (IdentityKey::generate(&mut rng), IdentityKey::generate(&mut rng));
    c.bench_function("pairing, one device", |bench| {
        bench.iter_custom(|runs| (0..runs).map(|_| pair(&a, &b)).sum());
    });
}

criterion_group! { name = benches; config = Criterion::default().sample_size(20); targets = pairing }
criterion_main!(benches);
