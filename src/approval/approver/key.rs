//! Keys with which an approver signs.

use alloc::vec::Vec;

use ed25519_dalek::Signature;

use crate::approval::keyfmt::{EcdsaSignature, P256Key};
use crate::hash::sha256;
use crate::identity::{PublicIdentity, SigInput};
use crate::wire::Reader;

/// The public half of an approver's key: of an operator, a service, or a KMS.
///
/// In bytes `alg 1 (1 | 2) || key`. A signature is 64 bytes, and there is one for a key and an input: RFC 8032, verified strictly; or `r || s`
/// with `s <= n/2`, ECDSA with SHA-256. A KMS that answers in DER, or with a high s, is put right by whoever calls it
/// ([`EcdsaSignature::normalize_s`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ApproverKey {
    /// Ed25519, 32 bytes (RFC 8032).
    Ed25519([u8; 32]),
    /// P-256, 33 bytes, SEC 1 compressed.
    P256([u8; 33]),
}

impl ApproverKey {
    /// Whether the key is one: canonical, on its curve, of prime order.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        match self {
            // [I1]
            Self::Ed25519(key) => PublicIdentity(*key).key().is_some(),
            // [I2]
            Self::P256(key) => P256Key::from_sec1(key).is_ok(),
        }
    }

    /// Whether `signature` is this key's on `input`.
    #[must_use]
    pub fn verify(&self, input: &SigInput, signature: &[u8; 64]) -> bool {
        match self {
            // [I4]
            Self::Ed25519(key) => PublicIdentity(*key).key().is_some_and(|key| {
                key.verify_strict(input.as_bytes(), &Signature::from_bytes(signature)).is_ok()
            }),
            Self::P256(key) => verify_p256(key, input, signature).unwrap_or(false),
        }
    }

    /// `alg 1 || key`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (alg, key): (u8, &[u8]) = match self {
            Self::Ed25519(key) => (1, key),
            Self::P256(key) => (2, key),
        };
        [&[alg], key].concat()
    }

    /// SHA-256 of [`ApproverKey::to_bytes`]: its name in the audit log.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(&self.to_bytes())
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Option<Self> {
        match r.u8()? {
            1 => Some(Self::Ed25519(*r.array()?)),
            2 => Some(Self::P256(*r.array()?)),
            _ => None,
        }
    }
}

fn verify_p256(key: &[u8; 33], input: &SigInput, signature: &[u8; 64]) -> Option<bool> {
    let key = P256Key::from_sec1(key).ok()?;
    // [I4] r and s in [1, n - 1] by the reader, s low by comparison.
    let given = EcdsaSignature::from_bytes(signature).ok()?;
    let low = given.normalize_s().to_bytes() == *signature;
    Some(low && key.verify(&sha256(input.as_bytes()), &given))
}
