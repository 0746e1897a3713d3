//! Keys with which an approver signs.

use alloc::vec::Vec;

use ed25519_dalek::Signature as EdSignature;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};

use crate::hash::sha256;
use crate::identity::{PublicIdentity, SigInput};
use crate::wire::Reader;

/// The public half of an approver's key: of an operator, a service, or a KMS.
///
/// In bytes `alg 1 (1 | 2) || key`. A signature is 64 bytes, and there is one for a key and an input: RFC 8032, verified strictly; or `r || s`
/// with `s <= n/2`, ECDSA with SHA-256. A KMS that answers in DER, or with a high s, is put right by whoever calls it.
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
            Self::P256(key) => p256_key(key).is_some(),
        }
    }

    /// Whether `signature` is this key's on `input`.
    #[must_use]
    pub fn verify(&self, input: &SigInput, signature: &[u8; 64]) -> bool {
        match self {
            // [I4]
            Self::Ed25519(key) => PublicIdentity(*key).key().is_some_and(|key| {
                key.verify_strict(input.as_bytes(), &EdSignature::from_bytes(signature)).is_ok()
            }),
            Self::P256(key) => verify_p256(key, input, signature).is_some(),
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

    /// A valid key, or nothing.
    pub(crate) fn read(r: &mut Reader<'_>) -> Option<Self> {
        let key = match r.u8()? {
            1 => Self::Ed25519(*r.array()?),
            2 => Self::P256(*r.array()?),
            _ => return None,
        };
        key.is_valid().then_some(key)
    }
}

/// A compressed point of P-256. The prefix is looked at before the curve's decoder, which takes other forms too.
pub(super) fn p256_key(key: &[u8; 33]) -> Option<VerifyingKey> {
    // [I2]
    let (2 | 3, _) = key.split_first()? else { return None };
    VerifyingKey::from_sec1_bytes(key).ok()
}

fn verify_p256(key: &[u8; 33], input: &SigInput, signature: &[u8; 64]) -> Option<()> {
    let key = p256_key(key)?;
    // [I4] r and s in [1, n - 1] by the decoder, s low by comparison.
    let signature = Signature::from_slice(signature).ok()?;
    if signature.normalize_s() != signature {
        return None;
    }
    key.verify(input.as_bytes(), &signature).ok()
}
