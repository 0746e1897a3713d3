//! Every FROST scheme from key generation to a signature that others verify: with every path and tweak that it has, in both flows,
//! and against signers that cheat.
#![allow(clippy::type_complexity)]
#[path = "frost_suites/faults.rs"]
mod faults;
#[path = "frost_suites/suites.rs"]
mod suites;
#[path = "frost_suites/terms.rs"]
mod terms;

use quorate::curve::{Curve, FrostP256, FrostRistretto255, FrostSecp256k1};
use quorate::dkg::{Dkg, Run};
use quorate::frost::{Coordinator, Cosigner, SchnorrSignature, Sign, SigningNonces, Suite, Task};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::Status;
use quorate::sim::{Cast, Faults, MemoryLedger};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::suites::Tested;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

fn task<S: Tested>(share: &KeyShare<S>, signers: &[u16], message: &[u8]) -> Task<S> {
    let signers = Parties::from_numbers(signers.iter().copied()).unwrap();
    Task::new(share.public(), signers, message, SessionId([7; 16])).unwrap()
}

fn generated<S: Tested>(t: u16, n: u16, rng: &mut ChaCha20Rng) -> (Cast, Vec<KeyShare<S>>) {
    let cast = Cast::new(1..=n, rng).unwrap();
    let run = Run::new(Threshold::new(t, n).unwrap(), cast.roster().clone(), SessionId([1; 16])).unwrap();
    let start = |me| Dkg::<S>::start(&run, me, &mut MemoryLedger::default(), &mut *rng).unwrap();
    let sessions: Vec<_> = cast.ids().into_iter().map(start).collect();
    let shares = cast.run(sessions, rng).into_iter().map(|report| report.output()).collect();
    (cast, shares)
}

/// Key generation, then a signature of every quorum for every view of the key.
fn from_key_generation_to_signatures<S: Tested>() {
    let mut rng = rng(1);
    let (cast, shares) = generated::<S>(2, 3, &mut rng);
    let mut keys = Vec::new();
    for view in S::views() {
        let seen = view(task(&shares[0], &[1, 2], b""));
        keys.push(seen.view().public_key().to_vec());
        for signers in [&[1, 2][..], &[1, 3], &[2, 3], &[1, 2, 3]] {
            let message = [b"signed by ", format!("{signers:?}").as_bytes()].concat();
            let task = view(task(&shares[0], signers, &message));
            let chosen = shares.iter().filter(|share| task.signers().contains(share.id()));
            let sessions: Vec<_> =
                chosen.map(|share| Sign::start(share, task.clone(), &mut rng).unwrap()).collect();
            for report in cast.run_with(sessions, Faults::storm(), &mut |_| true, &mut rng) {
                let signature = report.output();
                assert!(S::accepts(task.view().public_key(), &message, &signature));
                assert!(!S::accepts(task.view().public_key(), b"another", &signature));
            }
        }
    }
    // Every view is another key.
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count);
}

/// A coordinator without a share, with nonces made before anybody knew what is signed.
fn with_a_coordinator<S: Tested>() {
    let mut rng = rng(2);
    let (_, shares) = generated::<S>(2, 3, &mut rng);
    for view in S::views() {
        let (mut commitments, mut nonces) = (Vec::new(), Vec::new());
        for share in [&shares[0], &shares[2]] {
            nonces.push(SigningNonces::generate(share.into(), &mut rng));
            commitments.push((share.id(), nonces.last().unwrap().commitments().clone()));
        }
        let task = view(task(&shares[0], &[1, 3], b"star"));
        let mut hub = Coordinator::start(task.clone(), PartyId::COORDINATOR, commitments).unwrap();
        for (share, nonces) in [&shares[0], &shares[2]].into_iter().zip(nonces) {
            let mut cosigner = Cosigner::start(share, task.clone(), PartyId::COORDINATOR, nonces).unwrap();
            let list = hub.outgoing(0).find(|m| m.to == Some(share.id())).unwrap().bytes.to_vec();
            cosigner.receive(PartyId::COORDINATOR, &list).unwrap();
            assert!(matches!(cosigner.advance(&mut rng), Ok(Status::Done(()))));
            hub.receive(share.id(), cosigner.outgoing(0).next().unwrap().bytes).unwrap();
        }
        let Ok(Status::Done(signature)) = hub.advance(&mut rng) else { panic!("no signature") };
        assert!(S::accepts(task.view().public_key(), b"star", &signature));
    }
}

/// A stored share is of one scheme, also where schemes have the same curve.
#[test]
fn a_stored_share_of_one_scheme_is_none_of_another_on_the_same_curve() {
    use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostTaproot};
    let mut rng = rng(3);
    let cast = Cast::new(1..=2, &mut rng).unwrap();
    let threshold = Threshold::new(2, 2).unwrap();
    let taproot = cast.deal::<FrostTaproot>(threshold, &mut rng).unwrap()[0].to_bytes();
    assert!(KeyShare::<FrostTaproot>::from_bytes(taproot.expose()).is_some());
    assert!(KeyShare::<FrostSecp256k1>::from_bytes(taproot.expose()).is_none());
    assert!(KeyShare::<EcdsaSecp256k1>::from_bytes(taproot.expose()).is_none());
    let p256 = cast.deal::<FrostP256>(threshold, &mut rng).unwrap()[0].to_bytes();
    assert!(KeyShare::<FrostP256>::from_bytes(p256.expose()).is_some());
    assert!(KeyShare::<EcdsaP256>::from_bytes(p256.expose()).is_none());
}

/// A signature as bytes has one form: a point that may be sent, then a number below the order, and nothing else.
#[test]
fn a_signature_is_read_only_if_both_halves_are_canonical() {
    fn check<S: Tested + Suite<Signature = SchnorrSignature<S>>>() {
        let point = |bytes: &[u8]| S::Curve::POINT_LEN == bytes.len();
        let mut r = Vec::new();
        S::Curve::encode_points(&[S::Curve::mul_base(&1.into())], &mut r).unwrap();
        let read = |r: &[u8], z: &[u8]| SchnorrSignature::<S>::from_bytes(&[r, z].concat());
        for (byte, right) in [(0, true), (1, true), (0xff, false)] {
            assert_eq!(read(&r, &[byte; 32]).is_some(), right, "{} {byte}", S::NAME);
        }
        assert_eq!(read(&r, &[1; 32]).unwrap().as_bytes(), [&r[..], &[1; 32]].concat());
        for wrong in S::no_points() {
            assert!(point(&wrong) && read(&wrong, &[1; 32]).is_none(), "{} {wrong:x?}", S::NAME);
        }
        for len in [0, 31, 33] {
            assert!(read(&r, &vec![0; len]).is_none(), "{} {len}", S::NAME);
        }
    }
    check::<FrostP256>();
    check::<FrostSecp256k1>();
    check::<FrostRistretto255>();
}

macro_rules! for_every_suite {
    ($($test:ident),*) => {$(
        mod $test {
            #[test]
            fn ed25519() {
                super::$test::<quorate::curve::FrostEd25519>();
            }
            #[test]
            fn taproot() {
                super::$test::<quorate::curve::FrostTaproot>();
            }
            #[test]
            fn p256() {
                super::$test::<quorate::curve::FrostP256>();
            }
            #[test]
            fn ristretto255() {
                super::$test::<quorate::curve::FrostRistretto255>();
            }
            #[test]
            fn secp256k1() {
                super::$test::<quorate::curve::FrostSecp256k1>();
            }
        }
    )*};
}
pub(crate) use for_every_suite;

for_every_suite!(from_key_generation_to_signatures, with_a_coordinator);
