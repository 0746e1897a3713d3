//! Every set of signers, random runs, storms.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::Message;
use quorate::key::Path;
use quorate::party::Parties;
use quorate::sim::Faults;
use rand_core::Rng as _;

use super::game::{Judged, Wallet, digest, path, subsets};

/// Every set of t of 1 to n.
fn every_quorum<S: Judged>(t: u16, n: u16) -> usize {
    let mut wallet = Wallet::<S>::deal(t, 1..=n, u64::from(t) << 8 | u64::from(n));
    let quorums = subsets(n, t.into());
    for signers in &quorums {
        let (path, digest) = (path(&mut wallet.rng), digest(&mut wallet.rng));
        wallet.sign(signers, &path, digest, Faults::default());
    }
    wallet.nobody_is_banned();
    quorums.len()
}

#[test]
fn every_quorum_signs_on_secp256k1() {
    let mut runs = 0;
    for (t, n) in [(2, 2), (2, 3), (3, 3), (2, 4), (3, 4), (4, 4), (2, 5), (3, 5), (4, 5), (5, 5)] {
        runs += every_quorum::<EcdsaSecp256k1>(t, n);
    }
    for (t, n) in [(2, 6), (3, 6), (4, 6), (5, 6), (2, 7), (3, 7), (4, 7), (5, 7)] {
        runs += every_quorum::<EcdsaSecp256k1>(t, n);
    }
    assert_eq!(runs, 1 + 4 + 11 + 26 + 56 + 112);
}

#[test]
fn every_quorum_signs_on_p256() {
    let sizes = [(2, 2), (2, 3), (3, 3), (2, 4), (3, 4), (4, 4), (3, 5)];
    let runs: usize = sizes.into_iter().map(|(t, n)| every_quorum::<EcdsaP256>(t, n)).sum();
    assert_eq!(runs, 1 + 4 + 11 + 10);
}

#[test]
fn ids_of_any_size_sign() {
    fn check<S: Judged>() {
        let mut wallet = Wallet::<S>::deal(3, [65534, 2, 300, 4097], 5);
        for ids in [[2, 300, 65534], [300, 4097, 65534]] {
            let signers = Parties::from_numbers(ids).unwrap();
            wallet.sign(&signers, &Path::default(), Message::sha256(b"m"), Faults::default());
        }
    }
    check::<EcdsaSecp256k1>();
    check::<EcdsaP256>();
}

/// 200 runs of random pairs of three, with random paths and digests.
fn many<S: Judged>() {
    let mut wallet = Wallet::<S>::deal(2, 1..=3, 200);
    let quorums = subsets(3, 2);
    let (mut parities, mut high) = ([0; 2], 0);
    for _ in 0..200 {
        let signers = &quorums[wallet.rng.next_u32() as usize % 3];
        let (path, digest) = (path(&mut wallet.rng), digest(&mut wallet.rng));
        let signature = wallet.sign(signers, &path, digest, Faults::default());
        parities[usize::from(signature.recovery_id())] += 1;
        high += usize::from(!signature.is_low_s());
    }
    wallet.nobody_is_banned();
    // more than seven standard deviations
    assert!(parities.iter().all(|count| *count > 50), "{parities:?}");
    assert!(if S::LOW_S_ALWAYS { high == 0 } else { (51..150).contains(&high) }, "{high}");
}

#[test]
fn two_hundred_random_runs_on_secp256k1() {
    many::<EcdsaSecp256k1>();
}

#[test]
fn two_hundred_random_runs_on_p256() {
    many::<EcdsaP256>();
}

#[test]
fn signing_survives_storms() {
    fn check<S: Judged>(sizes: &[(u16, u16)], runs: usize) {
        for (t, n) in sizes {
            let mut wallet = Wallet::<S>::deal(*t, 1..=*n, 7);
            let quorums = subsets(*n, (*t).into());
            for signers in quorums.iter().cycle().take(runs) {
                let (path, digest) = (path(&mut wallet.rng), digest(&mut wallet.rng));
                wallet.sign(signers, &path, digest, Faults::storm());
            }
            wallet.nobody_is_banned();
        }
    }
    check::<EcdsaSecp256k1>(&[(2, 2), (2, 3), (3, 4), (5, 7)], 6);
    check::<EcdsaP256>(&[(2, 3), (3, 3)], 3);
}
