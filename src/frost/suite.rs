//! Suites: the hashes of RFC 9591 for one curve, and the signature that comes out.

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha512};

#[cfg(feature = "ed25519")]
use crate::curve::{Ed25519, FrostEd25519};
use crate::curve::{Curve, Scheme, write_scalar};
use crate::party::PartyId;
use crate::sharing::x;
use zeroize::Zeroize;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// What RFC 9591 section 6 fixes for one suite.
pub trait Suite: Scheme {
    /// A signature, as the scheme's standard has it.
    type Signature: Clone + Eq + fmt::Debug;
    /// `H1` with everything absorbed that all signers share; cloned for each signer.
    type Binding: Clone;

    /// `H1` after `enc(PK) || H4(msg) || H5(B)`, the prefix of every binding factor (section 4.4).
    fn binding(public_key: &[u8], message: &[u8], commitments: &[u8]) -> Self::Binding;

    /// `rho_i = H1(prefix || ser(i))`.
    fn binding_factor(binding: &Self::Binding, id: PartyId) -> Scalar<Self>;

    /// `c = H2(enc(R) || enc(PK) || msg)` (section 4.6).
    fn challenge(commitment: &[u8], public_key: &[u8], message: &[u8]) -> Scalar<Self>;

    /// `H3(random || ser(secret))` (section 4.1).
    fn nonce(random: &[u8; 32], secret: &Scalar<Self>) -> Scalar<Self>;

    /// Puts `R` and `z` together. `R` has `POINT_LEN` bytes.
    fn signature(commitment: &[u8], z: &Scalar<Self>) -> Option<Self::Signature>;
}

/// An Ed25519 signature (RFC 8032): `R` 32, `z` 32. It verified when it was made.
#[cfg(feature = "ed25519")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ed25519Signature([u8; 64]);

#[cfg(feature = "ed25519")]
impl Ed25519Signature {
    /// The 64 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 64] {
        self.0
    }
}

#[cfg(feature = "ed25519")]
impl fmt::Debug for Ed25519Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(feature = "ed25519")]
impl From<Ed25519Signature> for ed25519_dalek::Signature {
    fn from(signature: Ed25519Signature) -> Self {
        Self::from_bytes(&signature.0)
    }
}

#[cfg(feature = "ed25519")]
impl From<Ed25519Signature> for [u8; 64] {
    fn from(signature: Ed25519Signature) -> Self {
        signature.0
    }
}

#[cfg(all(feature = "ed25519", feature = "serde"))]
impl serde::Serialize for Ed25519Signature {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.0.as_slice().serialize(serializer)
    }
}

#[cfg(feature = "ed25519")]
const CONTEXT: &[u8] = b"FROST-ED25519-SHA512-v1";

#[cfg(feature = "ed25519")]
fn ed25519_hash(label: &[u8]) -> Sha512 {
    Sha512::new().chain_update(CONTEXT).chain_update(label)
}

#[cfg(feature = "ed25519")]
fn ed25519_scalar(hash: Sha512) -> Scalar<FrostEd25519> {
    Ed25519::scalar_from_wide(&hash.finalize().into())
}

/// RFC 9591 section 6.1. `H2` has no context string, so that signatures are RFC 8032's.
#[cfg(feature = "ed25519")]
impl Suite for FrostEd25519 {
    type Signature = Ed25519Signature;
    type Binding = Sha512;

    fn binding(public_key: &[u8], message: &[u8], commitments: &[u8]) -> Sha512 {
        let message = ed25519_hash(b"msg").chain_update(message).finalize();
        let commitments = ed25519_hash(b"com").chain_update(commitments).finalize();
        ed25519_hash(b"rho").chain_update(public_key).chain_update(message).chain_update(commitments)
    }

    fn binding_factor(binding: &Sha512, id: PartyId) -> Scalar<Self> {
        ed25519_scalar(binding.clone().chain_update(serialized_id::<Self>(id)))
    }

    fn challenge(commitment: &[u8], public_key: &[u8], message: &[u8]) -> Scalar<Self> {
        ed25519_scalar(Sha512::new().chain_update(commitment).chain_update(public_key).chain_update(message))
    }

    fn nonce(random: &[u8; 32], secret: &Scalar<Self>) -> Scalar<Self> {
        let mut secret = secret.to_bytes();
        let nonce = ed25519_scalar(ed25519_hash(b"nonce").chain_update(random).chain_update(secret));
        secret.zeroize();
        nonce
    }

    fn signature(commitment: &[u8], z: &Scalar<Self>) -> Option<Ed25519Signature> {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(commitment);
        write_scalar::<Ed25519>(z, &mut bytes);
        bytes.try_into().ok().map(Ed25519Signature)
    }
}

/// `ser(i)`: the id as a scalar of the suite.
pub(super) fn serialized_id<S: Scheme>(id: PartyId) -> Vec<u8> {
    let mut out = Vec::with_capacity(S::Curve::SCALAR_LEN);
    write_scalar::<S::Curve>(&x::<S::Curve>(id), &mut out);
    out
}
