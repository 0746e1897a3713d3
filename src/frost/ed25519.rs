//! FROST(Ed25519, SHA-512): RFC 9591 section 6.1.

use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha512};
use zeroize::Zeroize;

use super::suite::{Suite, serialized_id};
use crate::curve::{Curve, Ed25519, FrostEd25519, Scheme, write_scalar};
use crate::party::PartyId;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// An Ed25519 signature (RFC 8032): `R` 32, `z` 32. It verified when it was made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ed25519Signature([u8; 64]);

impl Ed25519Signature {
    /// The 64 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 64] {
        self.0
    }
}

impl fmt::Debug for Ed25519Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl From<Ed25519Signature> for ed25519_dalek::Signature {
    fn from(signature: Ed25519Signature) -> Self {
        Self::from_bytes(&signature.0)
    }
}

impl From<Ed25519Signature> for [u8; 64] {
    fn from(signature: Ed25519Signature) -> Self {
        signature.0
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Ed25519Signature {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.0.as_slice().serialize(serializer)
    }
}

const CONTEXT: &[u8] = b"FROST-ED25519-SHA512-v1";

fn ed25519_hash(label: &[u8]) -> Sha512 {
    Sha512::new().chain_update(CONTEXT).chain_update(label)
}

fn ed25519_scalar(hash: Sha512) -> Scalar<FrostEd25519> {
    let mut wide = hash.finalize().into();
    let scalar = Ed25519::scalar_from_wide(&wide);
    wide.zeroize();
    scalar
}

/// RFC 9591 section 6.1. `H2` has no context string, so that signatures are RFC 8032's.
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
