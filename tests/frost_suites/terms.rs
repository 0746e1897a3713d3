//! What signers have to agree on: every item of the binding, written down once more from the specification.

use quorate::curve::{FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1, FrostTaproot};
use quorate::error::{Rejected, SetupError};
use quorate::frost::taproot::{output, output_key};
use quorate::frost::{Coordinator, KeyView, Sign, SigningNonces, Suite, Taproot, Task};
use quorate::key::{KeyShare, Path, derive};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::sim::Cast;
use quorate::wire::SessionId;
use sha2::{Digest, Sha256};

use crate::suites::Tested;
use crate::{for_every_suite, id, rng, task};

fn dealt<S: Suite>(seed: u64) -> Vec<KeyShare<S>> {
    let mut rng = rng(seed);
    let cast = Cast::new(1..=3, &mut rng).unwrap();
    cast.deal::<S>(Threshold::new(2, 3).unwrap(), &mut rng).unwrap()
}

/// `H("binding"; 9, scheme, t, n, roster hash, key id, u32 epoch, epoch id, signers, pk', path, [tweak,] SHA-256(message))`.
fn binding<S: Suite>(share: &KeyShare<S>, derived: &[u8], path: &[u8], tweak: Option<&[u8]>) -> [u8; 32] {
    let key = share.public();
    let message = Sha256::digest(b"m");
    let epoch = key.epoch().to_be_bytes();
    let mut items: Vec<&[u8]> = vec![b"quorate/1/binding", &[9]];
    let scheme = [S::ID];
    let epoch_id = key.epoch_id();
    items.extend([&scheme[..], &[0, 2], &[0, 3], key.roster().hash(), key.key_id(), &epoch, &epoch_id]);
    items.extend([&[0, 1, 0, 3][..], derived, path]);
    items.extend(tweak);
    items.push(&message);
    let framed = items.into_iter().flat_map(|item| [&(item.len() as u32).to_be_bytes()[..], item].concat());
    Sha256::digest(framed.collect::<Vec<u8>>()).into()
}

fn is<S: Suite>(task: &Task<S>, expected: [u8; 32]) {
    assert_eq!(task.terms(id(1)).binding, expected);
}

#[test]
fn the_binding_has_exactly_these_items() {
    fn plain<S: Tested>() {
        let shares = dealt::<S>(20);
        let key = shares[0].public().public_key();
        is(&task(&shares[0], &[1, 3], b"m"), binding(&shares[0], &key, &[], None));
    }
    plain::<FrostEd25519>();
    plain::<FrostRistretto255>();
    plain::<FrostP256>();
    plain::<FrostSecp256k1>();

    let path: Path = "m/1/258".parse().unwrap();
    let bytes = [0, 0, 0, 1, 0, 0, 1, 2];
    let shares = dealt::<FrostSecp256k1>(21);
    let derived = derive(shares[0].public(), &path).unwrap().public_key();
    let seen = task(&shares[0], &[1, 3], b"m").path(path.clone()).unwrap();
    is(&seen, binding(&shares[0], &derived, &bytes, None));
    assert_eq!(seen.view().public_key(), derived);

    let shares = dealt::<FrostTaproot>(22);
    let key = shares[0].public().public_key();
    let derived = derive(shares[0].public(), &path).unwrap().public_key();
    let root = Taproot::ScriptRoot([9; 32]);
    let item = [&[2][..], &[9; 32]].concat();
    let new = || task(&shares[0], &[1, 3], b"m");
    is(&new(), binding(&shares[0], &key, &[], Some(&[1])));
    is(&new().taproot(Taproot::KeyPath).unwrap(), binding(&shares[0], &key, &[], Some(&[1])));
    is(&new().taproot(Taproot::Untweaked).unwrap(), binding(&shares[0], &key, &[], Some(&[])));
    is(&new().taproot(root).unwrap(), binding(&shares[0], &key, &[], Some(&item)));
    let both = new().path(path).unwrap().taproot(root).unwrap();
    is(&both, binding(&shares[0], &derived, &bytes, Some(&item)));
}

/// Whoever has another path or another tweak in mind is told so at once, and nobody is blamed.
fn another_view_is_a_setup_mismatch<S: Tested>() {
    let shares = dealt::<S>(23);
    let views: Vec<_> = S::views().into_iter().map(|see| see(task(&shares[0], &[1, 3], b"m"))).collect();
    for (k, mine) in views.iter().enumerate() {
        for (l, other) in views.iter().enumerate() {
            let mut session = Sign::start(&shares[0], mine.clone(), &mut rng(1)).unwrap();
            let peer = Sign::start(&shares[2], other.clone(), &mut rng(2)).unwrap();
            let found = session.receive(id(3), peer.outgoing(0).next().unwrap().bytes);
            assert_eq!(found.is_ok(), k == l);
            assert!(k == l || found == Err(Rejected::SetupMismatch(id(3))));
        }
    }
}

for_every_suite!(another_view_is_a_setup_mismatch);

#[test]
fn an_output_is_that_of_the_task() {
    let shares = dealt::<FrostTaproot>(24);
    let key = shares[0].public();
    for path in ["m", "m/0", "m/5/2147483647"].map(|text| text.parse::<Path>().unwrap()) {
        for tweak in [Taproot::KeyPath, Taproot::ScriptRoot([1; 32]), Taproot::Untweaked] {
            let task = task(&shares[0], &[1, 3], b"m").path(path.clone()).unwrap().taproot(tweak).unwrap();
            let found = output(key, &path, &tweak).unwrap();
            assert_eq!((found.key, output_key(key, &path, &tweak)), (task.output_key(), Ok(found.key)));
            assert_eq!(KeyView::derived(key, &path, &tweak).as_ref(), Ok(task.view()));
            let internal = derive(key, &path).unwrap().public_key();
            assert_eq!(found.internal_key, internal[1..]);
            assert_eq!(found.key == found.internal_key, tweak == Taproot::Untweaked);
            assert!(!found.odd || tweak != Taproot::Untweaked);
        }
    }
}

#[test]
fn f0_1_holds_for_every_suite() {
    let shares = dealt::<FrostTaproot>(25);
    let make = |ids: &[u16]| {
        let signers = Parties::from_numbers(ids.iter().copied()).unwrap();
        Task::new(shares[0].public(), signers, b"m", SessionId([1; 16])).map(drop)
    };
    assert_eq!(make(&[2]), Err(SetupError::TooFewSigners { signers: 1, t: 2 }));
    assert_eq!(make(&[2, 4]), Err(SetupError::NotInRoster(id(4))));
    assert_eq!(make(&[2, 3]), Ok(()));
}

/// Bodies: commitments 2L, a share 64, a coordinator's list 2L for each signer.
fn messages_have_the_documented_sizes<S: Tested>() {
    let shares = dealt::<S>(26);
    let task = task(&shares[0], &[1, 2, 3], b"m");
    let len = 2 * <S::Curve as quorate::curve::Curve>::POINT_LEN;
    let size = |bytes: &[u8]| bytes.len() - 56;
    let nonces = shares.iter().map(|share| SigningNonces::generate(share.into(), &mut rng(1)));
    let nonces: Vec<_> = nonces.collect();
    let given: Vec<_> = shares.iter().zip(&nonces).map(|(s, n)| (s.id(), n.commitments().clone())).collect();
    let hub = Coordinator::start(task.clone(), PartyId::COORDINATOR, given).unwrap();
    assert!(hub.outgoing(0).all(|list| size(list.bytes) == 3 * len));

    let start = |(share, nonces)| Sign::start_with(share, task.clone(), nonces).unwrap();
    let mut sessions: Vec<_> = shares.iter().zip(nonces).map(start).collect();
    let first: Vec<_> = sessions.iter().map(|s| s.outgoing(0).next().unwrap().bytes.to_vec()).collect();
    for (from, bytes) in (1..).zip(&first).skip(1) {
        assert_eq!(size(bytes), len);
        sessions[0].receive(id(from), bytes).unwrap();
    }
    sessions[0].advance(&mut rng(1)).unwrap();
    assert_eq!(size(sessions[0].outgoing(1).next().unwrap().bytes), 64);
}

for_every_suite!(messages_have_the_documented_sizes);
