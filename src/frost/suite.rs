//! Suites: the hashes of RFC 9591 for one curve, and the signature that comes out.

use alloc::vec::Vec;
use core::fmt;

use super::view::KeyView;
use crate::curve::{Curve, Scheme, write_scalar};
use crate::error::SetupError;
use crate::party::PartyId;
use crate::sharing::x;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// What RFC 9591 section 6 fixes for one suite; and, with defaults that do nothing, where Taproot is another (`taproot.rs`).
pub trait Suite: Scheme {
    /// The context string.
    const CONTEXT: &'static [u8];

    /// A signature, as the scheme's standard has it.
    type Signature: Clone + Eq + fmt::Debug;
    /// `H1` with everything absorbed that all signers share; cloned for each signer.
    type Binding: Clone;
    /// What a key commits to beside itself: [`Taproot`](super::Taproot), or nothing.
    type Tweak: Clone + Default + Eq + fmt::Debug;

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

    /// Brings a key into the form in which it signs, after its derivation.
    ///
    /// # Errors
    /// [`SetupError::Malformed`] if there is no such key.
    fn form(key: KeyView<Self>, _: &Self::Tweak) -> Result<KeyView<Self>, SetupError> {
        Ok(key)
    }

    /// The tweak as an item of the binding, in suites that have one.
    fn tweak_item(_: &Self::Tweak) -> Option<Vec<u8>> {
        None
    }

    /// Brings `R`, encoded, into the form in which it stands in a signature, and says whether that is `-R`.
    fn normalize(_: &mut [u8]) -> bool {
        false
    }
}

/// `ser(i)`: the id as a scalar of the suite.
pub(super) fn serialized_id<S: Scheme>(id: PartyId) -> Vec<u8> {
    let mut out = Vec::with_capacity(S::Curve::SCALAR_LEN);
    write_scalar::<S::Curve>(&x::<S::Curve>(id), &mut out);
    out
}

/// `R || z`.
pub(super) fn concatenated<S: Scheme>(commitment: &[u8], z: &Scalar<S>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(S::Curve::POINT_LEN + S::Curve::SCALAR_LEN);
    bytes.extend_from_slice(commitment);
    write_scalar::<S::Curve>(z, &mut bytes);
    bytes
}

/// Bytes in hex.
#[cfg(any(feature = "secp256k1", feature = "p256", feature = "ed25519", feature = "ristretto255"))]
pub(super) fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
