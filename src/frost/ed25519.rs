//! FROST(Ed25519, SHA-512): RFC 9591 section 6.1.

use core::fmt;

use sha2::{Digest, Sha512};

use super::sha512;
use super::suite::{Suite, concatenated, hex};
use crate::curve::{Curve, FrostEd25519, Scheme};
use crate::party::PartyId;

type Scalar = <<FrostEd25519 as Scheme>::Curve as Curve>::Scalar;

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
        hex(&self.0, f)
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

/// RFC 9591 section 6.1. `H2` has no context string, so that signatures are RFC 8032's.
impl Suite for FrostEd25519 {
    const CONTEXT: &'static [u8] = b"FROST-ED25519-SHA512-v1";

    type Signature = Ed25519Signature;
    type Binding = Sha512;
    type Tweak = ();

    fn binding(public_key: &[u8], message: &[u8], commitments: &[u8]) -> Sha512 {
        sha512::binding::<Self>(public_key, message, commitments)
    }

    fn binding_factor(binding: &Sha512, id: PartyId) -> Scalar {
        sha512::binding_factor::<Self>(binding, id)
    }

    fn challenge(commitment: &[u8], public_key: &[u8], message: &[u8]) -> Scalar {
        let hash = Sha512::new().chain_update(commitment).chain_update(public_key).chain_update(message);
        sha512::scalar::<Self>(hash)
    }

    fn nonce(random: &[u8; 32], secret: &Scalar) -> Scalar {
        sha512::nonce::<Self>(random, secret)
    }

    fn signature(commitment: &[u8], z: &Scalar) -> Option<Ed25519Signature> {
        concatenated::<Self>(commitment, z).try_into().ok().map(Ed25519Signature)
    }
}
