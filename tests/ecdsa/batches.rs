//! Many signatures in one run.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{Batch, Digest, SignBatch, Signature};
use quorate::key::Path;
use quorate::party::Parties;
use quorate::sim::Faults;

use super::game::{Judged, Wallet, check, digest, path};

fn batch<S: Judged>(wallet: &mut Wallet<S>, ids: &[u16], count: usize, faults: Faults) -> Vec<Signature<S>> {
    let items: Vec<(Path, Digest)> =
        (0..count).map(|_| (path(&mut wallet.rng), digest(&mut wallet.rng))).collect();
    let signers = Parties::from_numbers(ids.iter().copied()).unwrap();
    let session = wallet.session();
    let batch = Batch::new(wallet.key(), signers.clone(), items.clone(), session).unwrap();
    let sessions = wallet.start(&signers, |share, pairings, rng| {
        SignBatch::start(share, batch.clone(), pairings, rng).unwrap()
    });
    let outputs = wallet.run(sessions, faults);
    assert!(outputs.windows(2).all(|pair| pair[0] == pair[1]));
    let signatures = outputs.into_iter().next().unwrap();
    assert_eq!(signatures.len(), count);
    for ((path, digest), signature) in items.iter().zip(&signatures) {
        check(wallet.key(), path, *digest, signature);
    }
    signatures
}

#[test]
fn batches_of_mixed_paths_and_digests() {
    fn both<S: Judged>(largest: usize) {
        let mut wallet = Wallet::<S>::deal(2, 1..=3, 32);
        let mut all = Vec::new();
        for (count, ids) in [(1, [1, 2]), (2, [1, 3]), (largest, [2, 3])] {
            all.extend(batch(&mut wallet, &ids, count, Faults::default()));
        }
        // no nonce is used twice
        let mut nonces: Vec<_> = all.iter().map(|signature| signature.to_bytes()[..32].to_vec()).collect();
        nonces.sort_unstable();
        nonces.dedup();
        assert_eq!(nonces.len(), 3 + largest);
        wallet.nobody_is_banned();
    }
    both::<EcdsaSecp256k1>(32);
    both::<EcdsaP256>(32);
}

#[test]
fn batches_among_three_in_a_storm() {
    let mut wallet = Wallet::<EcdsaSecp256k1>::deal(3, 1..=4, 33);
    batch(&mut wallet, &[1, 2, 4], 5, Faults::storm());
    batch(&mut wallet, &[2, 3, 4], 2, Faults::storm());
    wallet.nobody_is_banned();
}

/// A batch of one and one signature are different runs: each refuses the other's messages.
#[test]
fn a_batch_of_one_is_not_a_signature() {
    use quorate::ecdsa::{Sign, Task};
    use quorate::error::Rejected;
    let mut wallet = Wallet::<EcdsaSecp256k1>::deal(2, 1..=2, 34);
    let (signers, session) = (Parties::from_numbers([1, 2]).unwrap(), wallet.session());
    let (path, digest) = (path(&mut wallet.rng), digest(&mut wallet.rng));
    let task = Task::new(wallet.key(), signers.clone(), path.clone(), digest, session).unwrap();
    let batch = Batch::new(wallet.key(), signers.clone(), [(path, digest)], session).unwrap();
    let one = wallet.start(&signers, |s, pairings, rng| Sign::start(s, task.clone(), pairings, rng).unwrap());
    let mut list = wallet.start(&signers, |share, pairings, rng| {
        SignBatch::start(share, batch.clone(), pairings, rng).unwrap()
    });
    let from = wallet.shares[0].id();
    let message = one[0].outgoing(0).next().unwrap().bytes.to_vec();
    assert_eq!(list[1].receive(from, &message), Err(Rejected::SetupMismatch(from)));
}
