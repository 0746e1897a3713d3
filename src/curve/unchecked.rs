//! Points whose order has not been checked.

use alloc::vec::Vec;
use core::iter::Sum;
use core::ops::{AddAssign, Neg};

use group::Group;

use super::{Curve, small_mul_vartime};

/// A point of the curve whose order has not been checked.
///
/// On curves of prime order it is as good as a point. On edwards25519 it is P + T with P of order q (or the
/// identity) and T one of the eight points of small order; P is what the rest of the crate cares about, T is what a
/// cheater may have slipped in. Checking costs far more than decoding, so sums over many such points are formed
/// first, and one [`check`](Self::check) of the result decides.
///
/// It can be added up, multiplied by public scalars in variable time, compared up to T, and checked. It does not
/// convert into a [`Curve::Point`] otherwise. All operations take variable time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unchecked<C: Curve>(C::Point);

impl<C: Curve> Unchecked<C> {
    /// Reads `POINT_LEN` bytes: canonical, on the curve, not the identity. The order is not checked; on
    /// edwards25519 this takes about an eighth of the time of [`read_point`](super::read_point).
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        C::decode(bytes).map(Self)
    }

    /// A checked point, to be summed or compared with unchecked ones.
    #[must_use]
    pub fn of(point: C::Point) -> Self {
        Self(point)
    }

    /// The empty sum.
    #[must_use]
    pub fn identity() -> Self {
        Self(C::Point::identity())
    }

    /// Whether this is exactly the identity: P and T both vanish.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.0.is_identity().into()
    }

    /// Whether P vanishes, whatever T is.
    #[must_use]
    pub fn is_small_order(&self) -> bool {
        C::clear_cofactor(&self.0).is_identity().into()
    }

    /// Whether P is the given point, whatever T is.
    #[must_use]
    pub fn equals_up_to_small_order(&self, point: &C::Point) -> bool {
        Self(self.0 - point).is_small_order()
    }

    /// The point, if T vanishes. The identity passes: see [`is_identity`](Self::is_identity).
    #[must_use]
    pub fn check(self) -> Option<C::Point> {
        Some(self.0).filter(C::is_torsion_free)
    }

    /// The sum of k_i*P_i over all terms; of T_i, each k_i counts as an integer in 0..q.
    #[must_use]
    pub fn msm_vartime(terms: &[(Self, C::Scalar)]) -> Self {
        // The copy costs under a percent of the multiplication.
        let terms: Vec<_> = terms.iter().map(|(p, k)| (p.0, *k)).collect();
        Self(C::msm_vartime(&terms))
    }

    /// k times this, for a small public k such as a party's number.
    #[must_use]
    pub fn small_mul_vartime(&self, k: u16) -> Self {
        Self(small_mul_vartime::<C>(&self.0, k))
    }
}

impl<C: Curve> AddAssign for Unchecked<C> {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl<C: Curve> AddAssign<&Self> for Unchecked<C> {
    fn add_assign(&mut self, other: &Self) {
        self.0 += &other.0;
    }
}

impl<C: Curve> Neg for Unchecked<C> {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl<C: Curve> Sum for Unchecked<C> {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        Self(points.map(|p| p.0).sum())
    }
}

impl<'a, C: Curve> Sum<&'a Self> for Unchecked<C> {
    fn sum<I: Iterator<Item = &'a Self>>(points: I) -> Self {
        Self(points.map(|p| p.0).sum())
    }
}
