//! A commitment from public shares: for keys that come with those instead of a polynomial.

use alloc::vec::Vec;

use ff::Field;

use super::{Commitment, x};
use crate::curve::Curve;
use crate::party::PartyId;

impl<C: Curve> Commitment<C> {
    /// The polynomial in the exponent through the points `(id, V(id))`; `None` if two ids are equal or it is not sound.
    pub(crate) fn interpolate(shares: &[(PartyId, C::Point)]) -> Option<Self> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::toy::Toy;
    use crate::party::Parties;
    use crate::secret::Secret;
    use crate::sharing::Polynomial;

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
