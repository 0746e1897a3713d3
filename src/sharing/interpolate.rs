//! A commitment from public shares: for keys that come with those instead of a polynomial.

use alloc::vec::Vec;

use ff::Field;

use super::{Commitment, x};
use crate::curve::Curve;
use crate::party::PartyId;

/// One share on the way: its point, its abscissa, `1 / prod (id - m)` over the others, and a coefficient of
/// `prod (x - m)` over the others.
struct Share<C: Curve> {
    point: C::Point,
    x: C::Scalar,
    weight: C::Scalar,
    coefficient: C::Scalar,
}

impl<C: Curve> Commitment<C> {
    /// The polynomial in the exponent through the points `(id, V(id))`; `None` if two ids are equal or it is not sound.
    ///
    /// `V_k = sum_i weight_i * coefficient_{i,k} * V(i)`. The coefficients come from the highest down, by dividing the product
    /// over all ids by `x - id`: as many field operations as there are pairs of shares, and no table of them.
    #[must_use]
    pub fn interpolate(shares: &[(PartyId, C::Point)]) -> Option<Self> {
        let (zero, one) = (C::Scalar::ZERO, C::Scalar::ONE);
        // prod (x - id), the highest coefficient first
        let mut product = alloc::vec![one];
        for (id, _) in shares {
            let lower: Vec<_> = product.iter().map(|c| *c * x::<C>(*id)).collect();
            product.push(zero);
            product.iter_mut().skip(1).zip(lower).for_each(|(c, lower)| *c -= lower);
        }
        product.pop();
        let mut list = Vec::with_capacity(shares.len());
        for (id, point) in shares {
            let x = x::<C>(*id);
            let (_, value) = product.iter().fold((zero, zero), |(coefficient, value), c| {
                let coefficient = coefficient * x + c;
                (coefficient, value * x + coefficient)
            });
            let weight = value.invert().into_option()?;
            list.push(Share::<C> { point: *point, x, weight, coefficient: zero });
        }
        let mut points = Vec::with_capacity(shares.len());
        for c in &product {
            let terms = list.iter_mut().map(|share| {
                share.coefficient = share.coefficient * share.x + c;
                (share.point, share.coefficient * share.weight)
            });
            points.push(C::msm_vartime(&terms.collect::<Vec<_>>()));
        }
        points.reverse();
        Self::new(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::toy::Toy;
    use crate::secret::Secret;
    use crate::sharing::Polynomial;

    #[test]
    fn interpolation_in_the_exponent_gives_the_polynomial_back() {
        let scalars = |a: [u64; 3]| a.map(<Toy as Curve>::Scalar::from).to_vec();
        let f = Polynomial::<Toy>::of(Secret::new(scalars([5, 1, 12])));
        let v = Commitment::<Toy>::new(f.commit()).unwrap();
        let share = |number| PartyId::new(number).map(|id| (id, v.at(id))).unwrap();
        for ids in [[1, 2, 3, 5], [12, 7, 1, 4], [4, 9, 11, 3]] {
            let shares = ids.map(share);
            assert_eq!(Commitment::interpolate(&shares[..3]), Some(v.clone()));
            // Through more shares than it needs, its highest coefficient is the identity: not sound.
            assert_eq!(Commitment::<Toy>::interpolate(&shares), None);
            assert_eq!(Commitment::<Toy>::interpolate(&shares[..1]), None);
        }
        assert_eq!(Commitment::<Toy>::interpolate(&[share(1), share(1)]), None);
    }
}
