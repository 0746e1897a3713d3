//! Channels: CPU time of each side of a handshake, and of sealing and opening a record of 1 KiB, in one thread:
//! `cargo bench --bench channel`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use quorate::channel::{Content, Event, Limits, Peers};
use quorate::cluster::Cluster;
use quorate::identity::{IdentityKey, Roster};
use quorate::party::PartyId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

struct Node {
    peers: Peers,
    key: IdentityKey,
    rng: ChaCha20Rng,
    /// Time in the library.
    time: Duration,
}

impl Node {
    fn connect(&mut self, peer: PartyId) -> Vec<u8> {
        let clock = Instant::now();
        let message = self.peers.connect(peer, &mut self.rng).unwrap();
        self.time += clock.elapsed();
        message
    }

    fn take(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let clock = Instant::now();
        let event = self.peers.receive(bytes, &mut self.rng).unwrap();
        let event = self.peers.sign_with(event, &mut self.key).unwrap();
        self.time += clock.elapsed();
        match event {
            Event::Reply { bytes, .. } => Some(bytes),
            Event::Established { reply, .. } => reply,
            event => panic!("{event:?}"),
        }
    }
}

fn nodes() -> [Node; 2] {
    let mut rng = ChaCha20Rng::seed_from_u64(2026);
    let ids = [1, 2].map(|n| PartyId::new(n).unwrap());
    let keys = ids.map(|_| IdentityKey::generate(&mut rng));
    let roster = Roster::new(ids.into_iter().zip(&keys).map(|(id, key)| (id, key.public()))).unwrap();
    let cluster = Cluster::new([7; 32], 0, roster).unwrap();
    let mut seed = 0;
    let mut ids = ids.into_iter();
    keys.map(|key| {
        seed += 1;
        let peers = Peers::new(ids.next().unwrap(), cluster.clone(), Limits::default()).unwrap();
        Node { peers, key, rng: ChaCha20Rng::seed_from_u64(seed), time: Duration::ZERO }
    })
}

fn shake([one, two]: &mut [Node; 2]) {
    let first = one.connect(two.peers.me());
    let second = two.take(&first).unwrap();
    let third = one.take(&second).unwrap();
    assert!(two.take(&third).is_none());
}

fn handshake(c: &mut Criterion) {
    for (at, name) in [(0, "handshake, initiator"), (1, "handshake, responder")] {
        c.bench_function(name, |bench| {
            let mut nodes = nodes();
            bench.iter_custom(|runs| {
                nodes[at].time = Duration::ZERO;
                (0..runs).for_each(|_| shake(&mut nodes));
                nodes[at].time
            });
        });
    }
}

fn records(c: &mut Criterion) {
    let content = [7; 1024];
    let mut pair = nodes();
    shake(&mut pair);
    let to = pair[1].peers.me();
    let mut sealed = 0;
    c.bench_function("seal 1 KiB", |bench| {
        bench.iter_custom(|runs| {
            let mut time = Duration::ZERO;
            let mut left = runs;
            while left > 0 {
                // A channel seals 2^24 records, and not one more.
                let now = left.min(1 << 22);
                if sealed + now >= 1 << 24 {
                    shake(&mut pair);
                    sealed = 0;
                }
                let one = &mut pair[0];
                let clock = Instant::now();
                for _ in 0..now {
                    black_box(one.peers.seal(to, Content::Application, black_box(&content)).unwrap());
                }
                time += clock.elapsed();
                (sealed, left) = (sealed + now, left - now);
            }
            time
        });
    });
    c.bench_function("open 1 KiB", |bench| {
        bench.iter_custom(|runs| {
            let mut time = Duration::ZERO;
            let mut left = runs;
            while left > 0 {
                // Sealed beforehand.
                let now = left.min(4096);
                if sealed + now >= 1 << 24 {
                    shake(&mut pair);
                    sealed = 0;
                }
                let [one, two] = &mut pair;
                let records: Vec<_> =
                    (0..now).map(|_| one.peers.seal(to, Content::Application, &content).unwrap()).collect();
                let clock = Instant::now();
                for record in &records {
                    let _ = black_box(two.peers.receive(record, &mut two.rng).unwrap());
                }
                time += clock.elapsed();
                (sealed, left) = (sealed + now, left - now);
            }
            time
        });
    });
}

criterion_group! { name = benches; config = Criterion::default().sample_size(20); targets = handshake, records }
criterion_main!(benches);
