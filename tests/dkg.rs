//! Key generation end to end.
use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::key::KeyShare;
use quorate::party::Threshold;
use quorate::sim::{Cast, Faults};
use quorate::wire::SessionId;
use rand_core::SeedableRng;

fn run<S: Scheme>(t: u16, n: u16, faults: Faults) -> Vec<KeyShare<S>> {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(7);
    let cast = Cast::new(1..=n, &mut rng).unwrap();
    let run = Run::new(Threshold::new(t, n).unwrap(), cast.roster().clone(), SessionId([1; 16])).unwrap();
    let sessions: Vec<_> = cast
        .ids()
        .into_iter()
        .map(|id| Dkg::<S>::start(&run, id, &mut quorate::sim::MemoryLedger::default(), &mut rng).unwrap())
        .collect();
    let reports = cast.run_with(sessions, faults, &mut |_| true, &mut rng);
    println!("{}", reports[0].table());
    reports.into_iter().map(|r| r.output()).collect()
}

#[test]
fn all_schemes_on_a_perfect_network_and_in_a_storm() {
    fn both<S: Scheme>() {
        for faults in [Faults::default(), Faults::storm()] {
            for (t, n) in [(2, 2), (2, 3), (3, 3), (3, 5)] {
                let shares = run::<S>(t, n, faults);
                assert!(shares.windows(2).all(|w| w[0].public() == w[1].public()));
                for share in &shares {
                    let bytes = share.to_bytes();
                    assert_eq!(bytes.expose().len(), KeyShare::<S>::stored_len(t.into(), n.into()));
                    assert!(KeyShare::<S>::from_bytes(bytes.expose()).is_some());
                }
            }
        }
    }
    both::<FrostEd25519>();
    both::<EcdsaSecp256k1>();
    both::<EcdsaP256>();
}
