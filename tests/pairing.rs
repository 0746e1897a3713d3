//! Pairing two devices: both come to the same, whatever the network does, and nobody else does.

use quorate::pairing::{Pair, Pairing};
use quorate::session::Session;
use quorate::sim::{Cast, Faults, MemoryLedger};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn start(cast: &Cast, seed: u64) -> Vec<Session<Pair>> {
    let identities: Vec<_> = cast.ids().iter().map(|id| cast.key(*id).unwrap().public()).collect();
    let session = SessionId([seed as u8; 16]);
    let start = |me: usize| {
        let (mut ledger, mut rng) = (MemoryLedger::default(), rng(seed << 8 | me as u64));
        Pair::start(identities[me], identities[1 - me], session, &mut ledger, &mut rng).unwrap()
    };
    vec![start(0), start(1)]
}

fn pair(seed: u64, faults: Faults) -> [Pairing; 2] {
    let cast = Cast::new([1, 2], &mut rng(seed)).unwrap();
    let sessions = start(&cast, seed);
    let reports = cast.run_with(sessions, faults, &mut |_| true, &mut rng(seed + 1000));
    let pairings: Vec<_> = reports.into_iter().map(|r| r.output()).collect();
    pairings.try_into().unwrap()
}

#[test]
fn two_devices_pair() {
    for (seed, faults) in [(1, Faults::default()), (2, Faults::storm()), (3, Faults::storm())] {
        let [a, b] = pair(seed, faults);
        assert_eq!(a.id(), b.id());
        assert_eq!((a.me(), a.peer()), (b.peer(), b.me()));
        assert!(a.me().0 < b.me().0, "party 1 is the device with the lower identity key");
    }
}
