//! Feldman's commitments: a polynomial in the exponent.

use alloc::vec::Vec;

use ff::Field;
use group::Group;

use super::x;
use crate::curve::{Curve, Unchecked, read_point, small_mul_vartime};
use crate::party::PartyId;

/// `V_k = a_k * G`: what is public of a shared secret. `V_0` is the public key, `V(i)` the public share of `i`.
///
/// At least two points, and `V_0` is not the identity. The others may be, with negligible probability; such a commitment has no
/// encoding and never leaves key generation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commitment<C: Curve> {
    points: Vec<C::Point>,
}

impl<C: Curve> Commitment<C> {
    /// `None` if a point is the identity or there are fewer than two.
    #[must_use]
    pub fn new(points: Vec<C::Point>) -> Option<Self> {
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
        C::mul_base(share) == self.at(id)
    }

    /// The polynomial in the exponent through the points `(id, V(id))`; `None` if two ids are equal or it is not sound.
    #[must_use]
    pub fn interpolate(shares: &[(PartyId, C::Point)]) -> Option<Self> {
        let mut bases = Vec::with_capacity(shares.len());
        for (i, _) in shares {
            bases.push(basis::<C>(shares.iter().map(|(m, _)| *m).filter(|m| m != i), *i, shares.len())?);
        }
        let point = |k: usize| {
            let terms = shares.iter().zip(&bases).map(|((_, p), b)| Some((*p, *b.get(k)?)));
            Some(C::msm_vartime(&terms.collect::<Option<Vec<_>>>()?))
        };
        Self::new((0..shares.len()).map(point).collect::<Option<Vec<_>>>()?)
    }
}

/// Coefficients of `prod_{m in others} (x - m) / (i - m)`, `None` unless there are exactly `len - 1` others.
fn basis<C: Curve>(others: impl Iterator<Item = PartyId>, i: PartyId, len: usize) -> Option<Vec<C::Scalar>> {
    let mut poly = Vec::with_capacity(len);
    poly.push(C::Scalar::ONE);
    let mut denominator = C::Scalar::ONE;
    for m in others {
        let m = x::<C>(m);
        denominator *= x::<C>(i) - m;
        // poly := poly * (x - m), from the top down
        let low = poly.iter().map(|a| -*a * m).chain([C::Scalar::ZERO]);
        let high = [C::Scalar::ZERO].into_iter().chain(poly.iter().copied());
        poly = low.zip(high).map(|(a, b)| a + b).collect();
    }
    let scale = denominator.invert().into_option()?;
    (poly.len() == len).then(|| poly.into_iter().map(|a| a * scale).collect())
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
    use super::*;
    use crate::curve::toy::Toy;
    use crate::party::Parties;
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

    #[test]
    fn interpolation_in_the_exponent_gives_the_polynomial_back() {
        let scalars = |a: [u64; 3]| a.map(<Toy as Curve>::Scalar::from).to_vec();
        let f = Polynomial::<Toy>::of(Secret::new(scalars([5, 1, 12])));
        let v = Commitment::<Toy>::new(f.commit()).unwrap();
        for ids in [[1, 2, 3], [12, 7, 1], [4, 9, 11]] {
            let set = Parties::from_numbers(ids).unwrap();
            let shares: Vec<_> = set.iter().map(|id| (id, v.at(id))).collect();
            assert_eq!(Commitment::interpolate(&shares), Some(v.clone()));
        }
        let one = PartyId::new(1).unwrap();
        assert_eq!(Commitment::<Toy>::interpolate(&[(one, v.at(one)), (one, v.at(one))]), None);
    }
}
