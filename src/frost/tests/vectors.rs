//! Published vectors, every value from the randomness to the signature.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;
use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use super::id;
use crate::curve::{Curve, Ed25519, FrostEd25519, encode_point, read_scalar};
use crate::frost::*;
use crate::secret::Secret;
use crate::sharing::{Commitment, Polynomial};

/// Randomness that was written down.
struct Given(Vec<u8>);

impl TryRng for Given {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("nonces ask for bytes")
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("nonces ask for bytes")
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&core::mem::replace(&mut self.0, rest));
        Ok(())
    }
}

impl TryCryptoRng for Given {}

/// One set of a file of vectors; what was used is gone.
struct Set(BTreeMap<&'static str, Vec<u8>>);

impl Set {
    fn read(file: &'static str, name: &str) -> Self {
        let lines =
            file.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")?.split_once(" = "));
        Self(lines.map(|(name, value)| (name, hex::decode(value).unwrap())).collect())
    }

    fn take(&mut self, name: &str) -> Vec<u8> {
        self.0.remove(name).unwrap_or_else(|| panic!("no line {name}"))
    }

    fn scalar<C: Curve>(&mut self, name: &str) -> C::Scalar {
        read_scalar::<C>(&self.take(name)).unwrap()
    }
}

/// What a suite's vectors are held against beside themselves.
trait Published: Suite {
    /// `H1` of a whole input, written once more.
    fn factor(input: &[u8]) -> <Self::Curve as Curve>::Scalar;
    /// A verifier that is not ours, or is written for others to use.
    fn check(public_key: &[u8], message: &[u8], signature: Self::Signature) -> Vec<u8>;
}

fn little_endian<C: Curve>(context: &str, input: &[u8]) -> C::Scalar {
    let hash = sha2::Sha512::digest([context.as_bytes(), b"rho", input].concat());
    C::scalar_from_wide(&hash.into())
}

impl Published for FrostEd25519 {
    fn factor(input: &[u8]) -> <Ed25519 as Curve>::Scalar {
        little_endian::<Ed25519>("FROST-ED25519-SHA512-v1", input)
    }

    fn check(public_key: &[u8], message: &[u8], signature: Ed25519Signature) -> Vec<u8> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&public_key.try_into().unwrap()).unwrap();
        key.verify_strict(message, &signature.into()).unwrap();
        signature.to_bytes().to_vec()
    }
}

/// A signature of RFC 9591 verifies, and stops doing so when anything changes.
#[cfg(any(feature = "secp256k1", feature = "p256", feature = "ristretto255"))]
fn rfc<S: Suite<Signature = SchnorrSignature<S>>>(
    public_key: &[u8],
    message: &[u8],
    signature: SchnorrSignature<S>,
) -> Vec<u8> {
    assert!(signature.verify(public_key, message));
    assert!(!signature.verify(public_key, &[message, b"\0"].concat()));
    let bytes = signature.as_bytes().to_vec();
    assert_eq!(SchnorrSignature::from_bytes(&bytes).as_ref(), Some(&signature));
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let changed = SchnorrSignature::<S>::from_bytes(&changed);
        assert!(!changed.is_some_and(|signature| signature.verify(public_key, message)));
    }
    assert!(!signature.verify(&public_key[1..], message) && !signature.verify(&[], message));
    for len in (0..bytes.len()).chain([bytes.len() + 1]) {
        let cut: Vec<u8> = bytes.iter().copied().chain([0]).take(len).collect();
        assert_eq!(SchnorrSignature::<S>::from_bytes(&cut), None);
    }
    bytes
}

/// `H1` by another implementation of `expand_message_xmd`.
#[cfg(any(feature = "secp256k1", feature = "p256"))]
fn big_endian<C: Curve>(context: &str, input: &[u8]) -> C::Scalar {
    let mut wide = [0; 64];
    let domain = [context, "rho"].concat();
    let dst = [domain.as_bytes(), &[domain.len() as u8]].concat();
    let b0 = Sha256::digest([&[0; 64], input, &[0, 48, 0], &dst].concat());
    let b1 = Sha256::digest([&b0[..], &[1], &dst].concat());
    let mixed: Vec<u8> = b0.iter().zip(&b1).map(|(a, b)| a ^ b).collect();
    let b2 = Sha256::digest([&mixed[..], &[2], &dst].concat());
    wide[16..48].copy_from_slice(&b1);
    wide[48..].copy_from_slice(&b2[..16]);
    C::scalar_from_wide(&wide)
}

macro_rules! published {
    ($feature:literal, $scheme:ident, $factor:ident, $context:literal, $check:expr) => {
        #[cfg(feature = $feature)]
        impl Published for crate::curve::$scheme {
            fn factor(input: &[u8]) -> <Self::Curve as Curve>::Scalar {
                $factor::<Self::Curve>($context, input)
            }

            fn check(public_key: &[u8], message: &[u8], signature: Self::Signature) -> Vec<u8> {
                $check(public_key, message, signature)
            }
        }
    };
}

published!("ristretto255", FrostRistretto255, little_endian, "FROST-RISTRETTO255-SHA512-v1", rfc);
published!("p256", FrostP256, big_endian, "FROST-P256-SHA256-v1", rfc);
published!("secp256k1", FrostSecp256k1, big_endian, "FROST-secp256k1-SHA256-v1", rfc);
published!(
    "secp256k1",
    FrostTaproot,
    big_endian,
    "FROST-secp256k1-SHA256-TR-v1",
    |key: &[u8], message, signature| {
        let bytes = Bip340Signature::to_bytes(signature);
        let signature = k256::schnorr::Signature::from_bytes(&bytes).unwrap();
        let key: [u8; 32] = key[1..].try_into().unwrap();
        let verifying = k256::schnorr::VerifyingKey::from_bytes(&key.into()).unwrap();
        verifying.verify_raw(message, &signature).unwrap();
        assert!(taproot::verify(&key, message, &bytes));
        bytes.to_vec()
    }
);

/// From the randomness to the signature, byte for byte.
fn follow<S: Published>(file: &'static str, name: &str, tweak: &S::Tweak) {
    let mut set = Set::read(file, name);
    let (signers, _) = (set.0["signers"].as_chunks::<2>().0.to_vec(), set.take("signers"));
    let signers: Vec<_> = signers.into_iter().map(|number| id(u16::from_be_bytes(number))).collect();
    let polynomial = [set.scalar::<S::Curve>("secret key"), set.scalar::<S::Curve>("coefficient")];
    let polynomial = Polynomial::<S::Curve>::of(Secret::new(polynomial.to_vec()));
    let commitment = Commitment::<S::Curve>::new(polynomial.commit()).unwrap();
    let (public_key, message) = (set.take("public key"), set.take("message"));
    assert_eq!(encode_point::<S::Curve>(&commitment.public_key()), Some(public_key.clone()));

    let mut secrets = BTreeMap::new();
    for member in 1..=300 {
        let line = format!("{member}: share");
        if set.0.contains_key(line.as_str()) {
            assert_eq!(set.scalar::<S::Curve>(&line), polynomial.at(id(member)), "{name}: {line}");
            secrets.insert(id(member), Secret::new(polynomial.at(id(member))));
        }
    }
    let share = |id| SigningShare::<S> {
        id,
        secret: &secrets[&id],
        commitment: &commitment,
        epoch_id: [0; 32],
        unchecked: None,
    };

    let (mut list, mut all) = (Vec::new(), Vec::new());
    for id in signers {
        let line = |text: &str| format!("{}: {text}", id.get());
        let random = [set.take(&line("hiding randomness")), set.take(&line("binding randomness"))].concat();
        let mut random = Given(random);
        let nonces = SigningNonces::generate(share(id), &mut random);
        assert!(random.0.is_empty(), "all of it was used");
        assert_eq!(*nonces.hiding.expose(), set.scalar::<S::Curve>(&line("hiding nonce")));
        assert_eq!(*nonces.binding.expose(), set.scalar::<S::Curve>(&line("binding nonce")));
        let points = [set.take(&line("hiding commitment")), set.take(&line("binding commitment"))].concat();
        assert_eq!(nonces.commitments().as_bytes(), points);
        list.push((id, nonces.commitments().clone()));
        all.push(nonces);
    }

    let view = KeyView::<S>::tweaked(&commitment, tweak).unwrap();
    let package = SigningPackage::<S>::new(&view, list, &message).unwrap();
    let signature = set.take("signature");
    let mut shares = Vec::new();
    for nonces in all {
        let id = nonces.owner;
        let line = |text: &str| format!("{}: {text}", id.get());
        // What was hashed is what the vector says: nothing else has this factor.
        let factor = set.scalar::<S::Curve>(&line("binding factor"));
        assert_eq!(S::factor(&set.take(&line("binding factor input"))), factor);
        assert_eq!(package.signer(id).unwrap().factor, factor);
        let own = sign(nonces, share(id), &package).unwrap();
        assert_eq!(own.to_bytes(), set.take(&line("signature share")));
        assert_eq!(SignatureShare::from_bytes(&own.to_bytes()), Some(own));
        shares.push((id, own));
    }
    let found = aggregate(&package, &shares).unwrap();
    let found = S::check(view.public_key(), &message, found);
    assert_eq!(found, signature);
    let r = package.group_commitment();
    assert!(found.starts_with(r) || found.starts_with(&r[1..]));
    assert!(set.0.is_empty(), "lines of {name} that nobody looked at: {:?}", set.0.keys());
}

const ED25519: &str = include_str!("../../../tests/vectors/frost_ed25519.txt");

#[test]
fn rfc_9591_appendix_e_1_byte_for_byte() {
    follow::<FrostEd25519>(ED25519, "E.1", &());
}

#[test]
fn the_vectors_of_zf_byte_for_byte() {
    follow::<FrostEd25519>(ED25519, "ZF", &());
    follow::<FrostEd25519>(ED25519, "ZF-big", &());
}

#[cfg(feature = "ristretto255")]
#[test]
fn rfc_9591_appendix_e_3_and_zf_byte_for_byte() {
    let file = include_str!("../../../tests/vectors/frost_ristretto255.txt");
    for name in ["E.3", "ZF", "ZF-big"] {
        follow::<crate::curve::FrostRistretto255>(file, name, &());
    }
}

#[cfg(feature = "p256")]
#[test]
fn rfc_9591_appendix_e_4_and_zf_byte_for_byte() {
    let file = include_str!("../../../tests/vectors/frost_p256.txt");
    for name in ["E.4", "ZF", "ZF-big"] {
        follow::<crate::curve::FrostP256>(file, name, &());
    }
}

#[cfg(feature = "secp256k1")]
#[test]
fn rfc_9591_appendix_e_5_and_zf_byte_for_byte() {
    let file = include_str!("../../../tests/vectors/frost_secp256k1.txt");
    for name in ["E.5", "ZF", "ZF-big"] {
        follow::<crate::curve::FrostSecp256k1>(file, name, &());
    }
}

#[cfg(feature = "secp256k1")]
#[test]
fn the_taproot_vectors_of_zf_byte_for_byte() {
    let file = include_str!("../../../tests/vectors/frost_taproot.txt");
    follow::<crate::curve::FrostTaproot>(file, "ZF", &Taproot::Untweaked);
}
