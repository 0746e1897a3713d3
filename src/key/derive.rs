//! Temporary.
use super::Sharing;
use crate::curve::{Curve, Scheme};
use crate::error::SetupError;
use alloc::vec::Vec;
use ff::Field;
/// Path.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Path(Vec<u32>);
impl Path {
    /// Bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|i| i.to_be_bytes()).collect()
    }
}
/// Scheme.
pub trait Derive: Scheme {}
#[cfg(feature = "secp256k1")]
impl Derive for crate::curve::EcdsaSecp256k1 {}
#[cfg(feature = "p256")]
impl Derive for crate::curve::EcdsaP256 {}
/// Derived.
pub struct Derived<C: Curve> {
    pub(crate) tweak: C::Scalar,
    pub(crate) point: C::Point,
}
/// Derive.
pub(crate) fn derive<S: Derive>(sharing: &Sharing<S>, _: &Path) -> Result<Derived<S::Curve>, SetupError> {
    Ok(Derived { tweak: <S::Curve as Curve>::Scalar::ZERO, point: sharing.commitment().public_key() })
}
impl Path {
    /// Read.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.chunks(4).map(|c| u32::from_be_bytes(c.try_into().unwrap())).collect()))
    }
}
