//! Signatures as RFC 9591 encodes them, `R || z`, and their verification (appendix B).

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use ff::Field;

use super::suite::{Suite, concatenated, hex};
use crate::curve::{Curve, Scheme, read_point, read_scalar};

/// A Schnorr signature of RFC 9591: `R` `POINT_LEN`, `z` `SCALAR_LEN`; 65 bytes on P-256 and secp256k1, 64 on ristretto255.
#[derive(Clone, PartialEq, Eq)]
pub struct SchnorrSignature<S> {
    bytes: Vec<u8>,
    scheme: PhantomData<S>,
}

impl<S: Scheme> SchnorrSignature<S> {
    pub(super) fn new(commitment: &[u8], z: &<S::Curve as Curve>::Scalar) -> Option<Self> {
        let bytes = concatenated::<S>(commitment, z);
        let whole = bytes.len() == S::Curve::POINT_LEN + S::Curve::SCALAR_LEN;
        whole.then_some(Self { bytes, scheme: PhantomData })
    }

    /// Bytes as received; `None` unless both halves are canonical and `R` is not the identity. It says nothing about validity.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (commitment, z) = bytes.split_at_checked(S::Curve::POINT_LEN)?;
        read_point::<S::Curve>(commitment)?;
        Self::new(commitment, &read_scalar::<S::Curve>(z)?)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl<S: Suite<Signature = Self>> SchnorrSignature<S> {
    /// Whether `z*G == R + c*PK`. `false` also for a public key that is not canonical.
    #[must_use]
    pub fn verify(&self, public_key: &[u8], message: &[u8]) -> bool {
        let equation = || {
            let (commitment, z) = self.bytes.split_at_checked(S::Curve::POINT_LEN)?;
            let key = read_point::<S::Curve>(public_key)?;
            let minus_c = <S::Curve as Curve>::Scalar::ZERO - S::challenge(commitment, public_key, message);
            let z = read_scalar::<S::Curve>(z)?;
            let found = S::Curve::mul_base_add_vartime(&z, &key, &minus_c);
            Some(found == read_point::<S::Curve>(commitment)?)
        };
        equation().unwrap_or(false)
    }
}

impl<S> fmt::Debug for SchnorrSignature<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.bytes, f)
    }
}

#[cfg(feature = "serde")]
impl<S> serde::Serialize for SchnorrSignature<S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.bytes.serialize(serializer)
    }
}
