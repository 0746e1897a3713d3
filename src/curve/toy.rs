//! A curve one can count on one's fingers, for tests: all 13 scalars and all 13 points can be tried.
//!
//! The group is Z_53^*, of order 52 = 4 * 13, written additively: "addition" multiplies modulo 53. The points of
//! order 13 are the subgroup that 16 generates; 1, 52, 23 and 30 are the elements of small order (cofactor 4), so
//! that every mistake about small-order components that edwards25519 allows can be made here, too. One byte encodes
//! a scalar (0..13) or a point (2..53: the identity 1 has no encoding).

#![cfg_attr(not(test), allow(dead_code, clippy::unwrap_used))]

use alloc::vec::Vec;
use core::iter::{Product, Sum};
use core::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use ff::{Field, PrimeField};
use group::Group;
use rand_core::TryRng;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, CtOption};
use zeroize::DefaultIsZeroes;

use super::{Curve, Scheme, sealed};

/// The curve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Toy;

/// A scheme over it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ToyScheme;

/// An integer modulo 13, below 13.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct ToyScalar(u8);

/// An integer modulo 53, 1..53.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ToyPoint(u8);

impl sealed::Sealed for Toy {}
impl sealed::Sealed for ToyScheme {}

impl Scheme for ToyScheme {
    type Curve = Toy;
    const ID: u8 = 200;
    const NAME: &'static str = "toy";
}

impl Curve for Toy {
    const NAME: &'static str = "Z_53^*";
    const SCALAR_LEN: usize = 1;
    const POINT_LEN: usize = 1;

    type Scalar = ToyScalar;
    type Point = ToyPoint;

    fn mul_base(k: &ToyScalar) -> ToyPoint {
        ToyPoint::generator() * k
    }

    fn msm_vartime(terms: &[(ToyPoint, ToyScalar)]) -> ToyPoint {
        terms.iter().map(|(p, k)| *p * k).sum()
    }

    fn mul_base_add_vartime(a: &ToyScalar, p: &ToyPoint, b: &ToyScalar) -> ToyPoint {
        ToyPoint::generator() * a + *p * b
    }

    fn encode_points(points: &[ToyPoint], out: &mut Vec<u8>) -> Option<()> {
        if points.contains(&ToyPoint::identity()) {
            return None;
        }
        out.extend(points.iter().map(|p| p.0));
        Some(())
    }

    fn decode(bytes: &[u8]) -> Option<ToyPoint> {
        match bytes {
            [byte @ 2..53] => Some(ToyPoint(*byte)),
            _ => None,
        }
    }

    fn is_torsion_free(p: &ToyPoint) -> bool {
        p.times(13) == ToyPoint::identity()
    }

    fn clear_cofactor(p: &ToyPoint) -> ToyPoint {
        p.times(4)
    }

    fn scalar_from_wide(bytes: &[u8; 64]) -> ToyScalar {
        let value = bytes.iter().fold(0, |value, byte| (value * 256 + u32::from(*byte)) % 13);
        ToyScalar::from(u64::from(value))
    }
}

impl ToyPoint {
    /// The elements of order 1, 2, 4 and 4.
    pub(crate) const SMALL_ORDER: [Self; 4] = [Self(1), Self(52), Self(23), Self(30)];

    fn times(self, k: u8) -> Self {
        (0..k).map(|_| self).sum()
    }
}

impl Group for ToyPoint {
    type Scalar = ToyScalar;

    fn try_random<R: TryRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        let k = ToyScalar::from(1 + u64::from(rng.try_next_u32()? % 12));
        Ok(Self::generator() * k)
    }

    fn identity() -> Self {
        Self(1)
    }

    fn generator() -> Self {
        Self(16)
    }

    fn is_identity(&self) -> Choice {
        self.ct_eq(&Self::identity())
    }

    fn double(&self) -> Self {
        *self + self
    }
}

impl Default for ToyPoint {
    fn default() -> Self {
        Self::identity()
    }
}

impl Field for ToyScalar {
    const ZERO: Self = Self(0);
    const ONE: Self = Self(1);

    fn try_random<R: TryRng + ?Sized>(rng: &mut R) -> Result<Self, R::Error> {
        rng.try_next_u64().map(Self::from)
    }

    fn square(&self) -> Self {
        *self * self
    }

    fn double(&self) -> Self {
        *self + self
    }

    fn invert(&self) -> CtOption<Self> {
        CtOption::new(self.pow([11]), !self.is_zero())
    }

    fn sqrt_ratio(num: &Self, div: &Self) -> (Choice, Self) {
        let ratio = *num * div.pow([11]);
        let root = |square: Self| (0..13).map(Self).find(|r| r.square() == square);
        match root(ratio) {
            Some(r) => (Choice::from(u8::from(*num == Self::ZERO || *div != Self::ZERO)), r),
            None => (Choice::from(0), root(ratio * Self::ROOT_OF_UNITY).unwrap_or(Self::ZERO)),
        }
    }
}

impl PrimeField for ToyScalar {
    type Repr = [u8; 1];

    const MODULUS: &'static str = "13";
    const NUM_BITS: u32 = 4;
    const CAPACITY: u32 = 3;
    const TWO_INV: Self = Self(7);
    const MULTIPLICATIVE_GENERATOR: Self = Self(2);
    const S: u32 = 2;
    const ROOT_OF_UNITY: Self = Self(8);
    const ROOT_OF_UNITY_INV: Self = Self(5);
    const DELTA: Self = Self(3);

    fn from_repr([byte]: [u8; 1]) -> CtOption<Self> {
        CtOption::new(Self(byte % 13), Choice::from(u8::from(byte < 13)))
    }

    fn to_repr(&self) -> [u8; 1] {
        [self.0]
    }

    fn is_odd(&self) -> Choice {
        Choice::from(self.0 & 1)
    }
}

impl From<u64> for ToyScalar {
    fn from(value: u64) -> Self {
        Self((value % 13) as u8)
    }
}

/// An operator from one formula: by value, by reference, and assigning.
macro_rules! operator {
    ($type:ident, $rhs:ident, $trait:ident $fn:ident, $assign:ident $assign_fn:ident, $formula:expr) => {
        impl $trait<&$rhs> for $type {
            type Output = Self;
            fn $fn(self, other: &$rhs) -> Self {
                let formula: fn(Self, $rhs) -> Self = $formula;
                formula(self, *other)
            }
        }
        impl $trait<$rhs> for $type {
            type Output = Self;
            fn $fn(self, other: $rhs) -> Self {
                $trait::$fn(self, &other)
            }
        }
        impl $assign<&$rhs> for $type {
            fn $assign_fn(&mut self, other: &$rhs) {
                *self = $trait::$fn(*self, other);
            }
        }
        impl $assign<$rhs> for $type {
            fn $assign_fn(&mut self, other: $rhs) {
                *self = $trait::$fn(*self, &other);
            }
        }
    };
}

operator!(ToyScalar, ToyScalar, Add add, AddAssign add_assign, |a, b| Self((a.0 + b.0) % 13));
operator!(ToyScalar, ToyScalar, Sub sub, SubAssign sub_assign, |a, b| Self((a.0 + 13 - b.0) % 13));
operator!(ToyScalar, ToyScalar, Mul mul, MulAssign mul_assign, |a, b| Self(a.0 * b.0 % 13));
operator!(ToyPoint, ToyPoint, Add add, AddAssign add_assign, |p, q| {
    Self((u16::from(p.0) * u16::from(q.0) % 53) as u8)
});
operator!(ToyPoint, ToyPoint, Sub sub, SubAssign sub_assign, |p, q| p + -q);
operator!(ToyPoint, ToyScalar, Mul mul, MulAssign mul_assign, |p, k| p.times(k.0));

/// What scalars and points have in common.
macro_rules! common {
    ($type:ident) => {
        impl ConstantTimeEq for $type {
            fn ct_eq(&self, other: &Self) -> Choice {
                self.0.ct_eq(&other.0)
            }
        }
        impl ConditionallySelectable for $type {
            fn conditional_select(a: &Self, b: &Self, choice: Choice) -> Self {
                Self(u8::conditional_select(&a.0, &b.0, choice))
            }
        }
        impl<'a> Sum<&'a $type> for $type {
            fn sum<I: Iterator<Item = &'a Self>>(items: I) -> Self {
                items.copied().sum()
            }
        }
        impl DefaultIsZeroes for $type {}
    };
}

common!(ToyScalar);
common!(ToyPoint);

impl Neg for ToyScalar {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl Neg for ToyPoint {
    type Output = Self;
    fn neg(self) -> Self {
        self.times(51)
    }
}

impl Sum for ToyScalar {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, |a, b| a + b)
    }
}

impl Sum for ToyPoint {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::identity(), |a, b| a + b)
    }
}

impl Product for ToyScalar {
    fn product<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ONE, |a, b| a * b)
    }
}

impl<'a> Product<&'a ToyScalar> for ToyScalar {
    fn product<I: Iterator<Item = &'a Self>>(items: I) -> Self {
        items.copied().product()
    }
}

#[cfg(test)]
mod tests {
    use super::super::laws::{Facts, laws};
    use super::super::{Unchecked, read_point, read_scalar};
    use super::*;

    #[test]
    fn toy_obeys_the_laws() {
        laws(&Facts::<Toy> {
            multiples: ["10", "2c", "0f"],
            order: "0d",
            big_endian: true,
            wide: ["03", "08"],
            no_points: [0, 1, 53, 54, 255].map(|byte| Vec::from([byte])).to_vec(),
            small_order: ToyPoint::SMALL_ORDER.to_vec(),
        });
    }

    #[test]
    fn every_byte_is_accounted_for() {
        let count = |accepts: fn(&[u8]) -> bool| (0..=255).filter(|byte: &u8| accepts(&[*byte])).count();
        assert_eq!(count(|b| Unchecked::<Toy>::read(b).is_some()), 51);
        assert_eq!(count(|b| read_point::<Toy>(b).is_some()), 12);
        assert_eq!(count(|b| read_scalar::<Toy>(b).is_some()), 13);
    }

    #[test]
    fn field_constants_and_roots() {
        type F = ToyScalar;
        assert_eq!(F::TWO_INV.double(), F::ONE);
        assert_eq!(F::ROOT_OF_UNITY, F::MULTIPLICATIVE_GENERATOR.pow([3]));
        assert_eq!(F::ROOT_OF_UNITY * F::ROOT_OF_UNITY_INV, F::ONE);
        assert_eq!(F::DELTA, F::MULTIPLICATIVE_GENERATOR.pow([4]));
        let squares = (0..13).filter(|n| bool::from(F::from(*n).sqrt().is_some())).collect::<Vec<_>>();
        assert_eq!(squares, [0, 1, 3, 4, 9, 10, 12]);
    }
}
