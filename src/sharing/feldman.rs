//! Feldman's commitments: a polynomial in the exponent.

use alloc::vec::Vec;

use group::Group;
use subtle::ConstantTimeEq;

use crate::curve::{Curve, Unchecked, read_point, small_mul_vartime};
use crate::party::PartyId;
use crate::secret::verdict;

/// `V_k = a_k * G`: what is public of a shared secret. `V_0` is the public key, `V(i)` the public share of `i`.
///
/// At least two points, and `V_0` is not the identity. The others may be, with negligible probability; such a commitment has no
/// encoding and never leaves key generation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commitment<C: Curve> {
    points: Vec<C::Point>,
}

impl<C: Curve> Commitment<C> {
    /// From points of prime order; `None` if one is the identity or there are fewer than two.
    pub(crate) fn new(points: Vec<C::Point>) -> Option<Self> {
        let sound = points.len() >= 2 && !points.iter().any(|p| bool::from(p.is_identity()));
        sound.then_some(Self { points })
    }

    /// Reads `t` points, `t * POINT_LEN` bytes, each canonical and of prime order.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let chunks = bytes.chunks_exact(C::POINT_LEN);
        let whole = chunks.remainder().is_empty();
        let points: Option<Vec<_>> = chunks.map(read_point::<C>).collect();
        points.filter(|_| whole).and_then(Self::new)
    }

    /// Appends the `t` encoded points.
    pub fn write(&self, out: &mut Vec<u8>) {
        // No point is the identity, so this always writes.
        let _ = C::encode_points(&self.points, out);
    }

    /// `t`: how many shares determine the secret.
    #[must_use]
    pub fn t(&self) -> usize {
        self.points.len()
    }

    /// `V_0`.
    #[must_use]
    pub fn public_key(&self) -> C::Point {
        self.points.first().copied().unwrap_or_else(C::Point::identity)
    }

    /// The points `V_0 ..= V_{t-1}`.
    #[must_use]
    pub fn points(&self) -> &[C::Point] {
        &self.points
    }

    /// `V(id) = sum id^k V_k`, the public share of `id`; variable time.
    #[must_use]
    pub fn at(&self, id: PartyId) -> C::Point {
        self.points
            .iter()
            .rev()
            .fold(C::Point::identity(), |sum, v| small_mul_vartime::<C>(&sum, id.get()) + v)
    }

    /// Whether `share * G == V(id)`.
    #[must_use]
    pub fn verify(&self, id: PartyId, share: &C::Scalar) -> bool {
        // A share that is wrong is refused, or complained about.
        verdict(C::mul_base(share).ct_eq(&self.at(id)))
    }
}

/// `sum id^k A_k` of points whose order is not checked; variable time.
pub(crate) fn evaluate_unchecked<C: Curve>(points: &[Unchecked<C>], id: PartyId) -> Unchecked<C> {
    points.iter().rev().fold(Unchecked::identity(), |sum, a| {
        let mut next = sum.small_mul_vartime(id.get());
        next += a;
        next
    })
}

#[cfg(test)]
mod tests {
    use ff::Field;

    use super::*;
    use crate::curve::toy::Toy;
    use crate::secret::Secret;
    use crate::sharing::Polynomial;

    /// Every polynomial of degree 1 over the field of 13 elements, every id, every claimed share.
    #[test]
    fn exactly_the_right_share_verifies_in_the_toy_group() {
        let scalars = || (0..13u64).map(<Toy as Curve>::Scalar::from);
        for (a, b) in scalars().flat_map(|a| scalars().map(move |b| (a, b))) {
            let f = Polynomial::<Toy>::of(Secret::new(alloc::vec![a, b]));
            let Some(v) = Commitment::<Toy>::new(f.commit()) else {
                assert!(bool::from(a.is_zero() | b.is_zero()));
                continue;
            };
            let mut bytes = Vec::new();
            v.write(&mut bytes);
            assert_eq!(Commitment::read(&bytes), Some(v.clone()));
            for id in (1..=12).map(|i| PartyId::new(i).unwrap()) {
                for s in scalars() {
                    assert_eq!(v.verify(id, &s), s == f.at(id));
                }
            }
        }
    }
}
