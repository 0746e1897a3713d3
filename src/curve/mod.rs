//! Prime-order groups: one small trait over `group` and `ff`, and the only place where points and scalars are
//! read from bytes.
//!
//! Ordinary arithmetic is written with the operators that [`group::Group`] and [`ff::PrimeField`] give. What those
//! traits leave slow or unsafe is here: fixed-base and multiscalar multiplication, batch encoding, strict decoding,
//! wide reduction. Functions that end in `_vartime` leak their inputs through time: they are for public data only.
//!
//! | | secp256k1 | P-256 | edwards25519 | ristretto255 |
//! |---|---|---|---|---|
//! | point, bytes | 33 (SEC 1, compressed) | 33 (SEC 1, compressed) | 32 (RFC 8032) | 32 (RFC 9496) |
//! | scalar, bytes | 32, big-endian | 32, big-endian | 32, little-endian | 32, little-endian |
//! | order q | just under 2^256 | just under 2^256 | just over 2^252 | just over 2^252 |
//! | cofactor | 1 | 1 | 8 | 1 |
//!
//! **Invariant.** A value of type [`Curve::Point`] lies in the subgroup of prime order q. It is kept by
//! [`read_point`], and by no other function turning bytes into a point. Where checking the order of every point
//! would cost too much, points are read as [`Unchecked`], which never mixes with checked ones.
//!
//! The identity is a point like any other in computations, but it has no encoding: it is neither written nor read.

#[cfg(feature = "ed25519")]
mod ed25519;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
pub(crate) mod laws;
#[cfg(feature = "p256")]
mod p256;
#[cfg(any(feature = "secp256k1", feature = "p256", test, fuzzing))]
mod pippenger;
#[cfg(feature = "ristretto255")]
mod ristretto255;
mod scheme;
#[cfg(feature = "secp256k1")]
mod secp256k1;
// Never in a product.
#[cfg(any(test, fuzzing))]
pub(crate) mod toy;
mod unchecked;

use alloc::vec::Vec;
use core::fmt::Debug;

use crate::secret::verdict;
use ff::{Field, PrimeField};
use group::Group;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

#[cfg(feature = "ed25519")]
pub use self::ed25519::Ed25519;
#[cfg(feature = "p256")]
pub use self::p256::P256;
#[cfg(feature = "ristretto255")]
pub use self::ristretto255::Ristretto255;
#[cfg(feature = "ed25519")]
pub use self::scheme::FrostEd25519;
#[cfg(feature = "ristretto255")]
pub use self::scheme::FrostRistretto255;
pub use self::scheme::Scheme;
#[cfg(feature = "p256")]
pub use self::scheme::{EcdsaP256, FrostP256};
#[cfg(feature = "secp256k1")]
pub use self::scheme::{EcdsaSecp256k1, FrostSecp256k1, FrostTaproot};
#[cfg(feature = "secp256k1")]
pub use self::secp256k1::Secp256k1;
pub use self::unchecked::Unchecked;

mod sealed {
    /// Closes [`Curve`](super::Curve) and [`Scheme`](super::Scheme): only this crate implements them.
    pub trait Sealed {}
}

/// A group of prime order q, written additively, with generator G.
///
/// Sealed: the protocols rely on every promise below, so only the curves of this crate implement it.
pub trait Curve: sealed::Sealed + Copy + Eq + Debug + Send + Sync + 'static {
    /// The curve's usual name.
    const NAME: &'static str;
    /// Bytes of an encoded scalar.
    const SCALAR_LEN: usize;
    /// Bytes of an encoded point.
    const POINT_LEN: usize;

    /// Integers modulo q. Equality and arithmetic take constant time.
    type Scalar: PrimeField + Zeroize;
    /// Elements of the subgroup of order q. Equality and arithmetic take constant time.
    type Point: Group<Scalar = Self::Scalar> + ConstantTimeEq + Zeroize;

    /// k*G in constant time, from a table where the features allow one.
    #[must_use]
    fn mul_base(k: &Self::Scalar) -> Self::Point;

    /// k*P in constant time.
    #[must_use]
    fn mul(p: &Self::Point, k: &Self::Scalar) -> Self::Point {
        *p * k
    }

    /// The sum of k_i*P_i over all terms, zero terms giving the identity; in constant time.
    #[must_use]
    fn mul_sum(terms: &[(Self::Point, Self::Scalar)]) -> Self::Point {
        terms.iter().fold(Self::Point::identity(), |sum, (p, k)| sum + Self::mul(p, k))
    }

    /// The sum of k_i*P_i over all terms, zero terms giving the identity; variable time.
    #[must_use]
    fn msm_vartime(terms: &[(Self::Point, Self::Scalar)]) -> Self::Point;

    /// a*G + b*P in variable time.
    #[must_use]
    fn mul_base_add_vartime(a: &Self::Scalar, p: &Self::Point, b: &Self::Scalar) -> Self::Point;

    /// Appends the encodings of all points, `POINT_LEN` bytes each, at the price of one field inversion (on ristretto255 of one for each).
    ///
    /// `None`, with `out` unchanged, if any point is the identity.
    #[must_use]
    fn encode_points(points: &[Self::Point], out: &mut Vec<u8>) -> Option<()>;

    /// A canonical encoding of a point on the curve other than the identity; the order is not checked.
    ///
    /// The result may break the invariant of [`Curve::Point`]. Only [`read_point`] and [`Unchecked`] call this.
    #[doc(hidden)]
    fn decode(bytes: &[u8]) -> Option<Self::Point>;

    /// Whether q*P is the identity. Always true where the curve itself has order q. Variable time.
    #[doc(hidden)]
    fn is_torsion_free(p: &Self::Point) -> bool;

    /// h*P for the cofactor h, which kills every component of small order.
    #[doc(hidden)]
    fn clear_cofactor(p: &Self::Point) -> Self::Point;

    /// The integer that the bytes spell, modulo q: big-endian on secp256k1 and P-256 (SEC 1), little-endian on
    /// edwards25519 (RFC 8032) and ristretto255. From uniform bytes the result is uniform up to 2^-256 (2^-259 on the last two).
    #[must_use]
    fn scalar_from_wide(bytes: &[u8; 64]) -> Self::Scalar;
}

/// Reads a point: exactly `POINT_LEN` bytes, canonical, on the curve, of order q. The identity is refused.
#[must_use]
pub fn read_point<C: Curve>(bytes: &[u8]) -> Option<C::Point> {
    C::decode(bytes).filter(C::is_torsion_free)
}

/// The `POINT_LEN` bytes of a point; `None` for the identity. Many points: [`Curve::encode_points`].
#[must_use]
pub fn encode_point<C: Curve>(p: &C::Point) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(C::POINT_LEN);
    C::encode_points(core::slice::from_ref(p), &mut out)?;
    Some(out)
}

/// Reads a scalar: exactly `SCALAR_LEN` bytes spelling an integer below q. Zero is accepted.
///
/// Constant time but for whether the bytes are canonical.
#[must_use]
pub fn read_scalar<C: Curve>(bytes: &[u8]) -> Option<C::Scalar> {
    let mut repr = <C::Scalar as PrimeField>::Repr::default();
    if bytes.len() != repr.as_ref().len() {
        return None;
    }
    repr.as_mut().copy_from_slice(bytes);
    let scalar = C::Scalar::from_repr(repr);
    repr.as_mut().zeroize();
    // Whether it is canonical shows anyway, in what becomes of it.
    let canonical = verdict(scalar.is_some());
    canonical.then(|| scalar.unwrap_or(C::Scalar::ZERO))
}

/// Appends the `SCALAR_LEN` bytes of a scalar.
///
/// A secret scalar's buffer must have room beforehand: growing a `Vec` leaves a copy of its content behind.
pub fn write_scalar<C: Curve>(k: &C::Scalar, out: &mut Vec<u8>) {
    let mut repr = k.to_repr();
    out.extend_from_slice(repr.as_ref());
    repr.as_mut().zeroize();
}

/// A uniform scalar other than zero, from 64 random bytes reduced modulo q.
#[must_use]
pub fn random_scalar<C: Curve>(rng: &mut dyn CryptoRng) -> C::Scalar {
    let mut wide = Zeroizing::new([0u8; 64]);
    loop {
        rng.fill_bytes(wide.as_mut_slice());
        let scalar = C::scalar_from_wide(&wide);
        // A second turn says of the first that it gave zero, which is not used.
        if !verdict(scalar.is_zero()) {
            return scalar;
        }
    }
}

#[cfg(any(feature = "secp256k1", feature = "p256"))]
type Term<C> = (<C as Curve>::Point, <C as Curve>::Scalar);

/// A sum of products by a curve's functions for few terms at a time, which work on the stack: those for any number leave the digits of
/// secret scalars behind on the heap.
#[cfg(any(feature = "secp256k1", feature = "p256"))]
fn in_arrays<C: Curve>(
    terms: &[Term<C>],
    sixteen: fn(&[Term<C>; 16]) -> C::Point,
    two: fn(&[Term<C>; 2]) -> C::Point,
) -> C::Point {
    let (many, rest) = terms.as_chunks();
    let (few, rest) = rest.as_chunks();
    let sum = many.iter().map(sixteen).chain(few.iter().map(two)).sum();
    rest.iter().fold(sum, |sum: C::Point, (p, k)| sum + C::mul(p, k))
}

/// k*P by double-and-add for a small public k, such as a party's number: at most 15 doublings and 15 additions.
#[must_use]
pub fn small_mul_vartime<C: Curve>(p: &C::Point, k: u16) -> C::Point {
    let mut sum = C::Point::identity();
    for bit in (0..u16::BITS - k.leading_zeros()).rev() {
        sum = sum.double();
        if (k >> bit) & 1 == 1 {
            sum += p;
        }
    }
    sum
}
