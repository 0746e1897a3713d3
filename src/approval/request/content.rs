//! From the payload to what is signed.

use sha2::{Digest as _, Sha256};
use sha3::Keccak256;

use super::{DigestRule, SigningRequest};

/// What a holder signs for a request: always made from the payload by the holder.
///
/// The first three carry what is to be hashed and not the hash, because a presignature must not be spent on a digest that somebody else
/// computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ToSign<'a> {
    /// ECDSA over the SHA-256 of these bytes.
    Sha256(&'a [u8]),
    /// ECDSA over the SHA-256 of the SHA-256 of these bytes.
    DoubleSha256(&'a [u8]),
    /// ECDSA over the Keccak-256 of these bytes.
    Keccak256(&'a [u8]),
    /// FROST over these bytes.
    Message(&'a [u8]),
    /// FROST (BIP-340) over this hash, which is BIP-341's of the payload.
    TapSighash([u8; 32]),
    /// ECDSA over an assertion that is to be built from this description.
    Webauthn(&'a [u8]),
    /// These 32 bytes as they are, for [`super::Action::SignRaw`]: with ECDSA in three rounds only, with FROST as the message.
    Prehashed([u8; 32]),
}

impl ToSign<'_> {
    /// The 32 bytes that are signed, where the payload alone determines them.
    #[must_use]
    pub fn digest(&self) -> Option<[u8; 32]> {
        match self {
            Self::Sha256(bytes) => Some(Sha256::digest(bytes).into()),
            Self::DoubleSha256(bytes) => Some(Sha256::digest(Sha256::digest(bytes)).into()),
            Self::Keccak256(bytes) => Some(Keccak256::digest(bytes).into()),
            Self::TapSighash(digest) | Self::Prehashed(digest) => Some(*digest),
            Self::Message(_) | Self::Webauthn(_) => None,
        }
    }
}

/// `SHA-256(T || T || payload)` with `T = SHA-256("TapSighash")` (BIP-340, "tagged hashes"; BIP-341, "common signature message").
fn tap_sighash(payload: &[u8]) -> [u8; 32] {
    let tag = Sha256::digest(b"TapSighash");
    Sha256::new().chain_update(tag).chain_update(tag).chain_update(payload).finalize().into()
}

impl SigningRequest {
    /// What is signed; `None` where nothing is.
    #[must_use]
    pub fn to_sign(&self) -> Option<ToSign<'_>> {
        let payload = self.payload();
        match self.rule() {
            DigestRule::None => None,
            DigestRule::Message => Some(ToSign::Message(payload)),
            DigestRule::Sha256 => Some(ToSign::Sha256(payload)),
            DigestRule::DoubleSha256 => Some(ToSign::DoubleSha256(payload)),
            DigestRule::Keccak256 => Some(ToSign::Keccak256(payload)),
            DigestRule::TapSighash => Some(ToSign::TapSighash(tap_sighash(payload))),
            DigestRule::Webauthn => Some(ToSign::Webauthn(payload)),
            DigestRule::Prehashed => payload.try_into().ok().map(ToSign::Prehashed),
        }
    }
}
