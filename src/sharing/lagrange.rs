//! Lagrange coefficients at zero.

use alloc::vec::Vec;

use ff::{BatchInverter, Field};

use crate::curve::Curve;
use crate::party::{Parties, PartyId};

/// `lambda_i = prod_{m in set, m != i} m / (m - i)`: what `i`'s share counts when `set` interpolates at zero. One
/// inversion. `None` if `i` is not in the set.
#[must_use]
pub fn coefficient<C: Curve>(set: &Parties, i: PartyId) -> Option<C::Scalar> {
    let (numerator, denominator) = set.contains(i).then(|| fraction::<C>(set, i))?;
    Some(numerator * denominator.invert().into_option()?)
}

/// All coefficients of a set, ascending by id. One inversion for all.
#[must_use]
pub fn coefficients<C: Curve>(set: &Parties) -> Vec<C::Scalar> {
    let (numerators, mut denominators): (Vec<_>, Vec<_>) = set.iter().map(|i| fraction::<C>(set, i)).unzip();
    let mut scratch = denominators.clone();
    BatchInverter::invert_with_external_scratch(&mut denominators, &mut scratch);
    numerators.into_iter().zip(denominators).map(|(n, d)| n * d).collect()
}

/// Numerator and denominator; the latter is not zero, since ids are distinct and below q.
///
/// Ids are small, so several factors fit into one machine integer before a field multiplication is due.
fn fraction<C: Curve>(set: &Parties, i: PartyId) -> (C::Scalar, C::Scalar) {
    const FACTORS: usize = 3;
    let others: Vec<i64> = set.iter().filter(|m| *m != i).map(|m| i64::from(m.get())).collect();
    let own = i64::from(i.get());
    let mut product = (C::Scalar::ONE, C::Scalar::ONE);
    for few in others.chunks(FACTORS) {
        let numerator: i64 = few.iter().product();
        let denominator: i64 = few.iter().map(|m| m - own).product();
        product.0 *= C::Scalar::from(numerator.unsigned_abs());
        product.1 *= C::Scalar::from(denominator.unsigned_abs());
        if denominator < 0 {
            product.1 = -product.1;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::toy::Toy;
    use crate::secret::Secret;
    use crate::sharing::Polynomial;

    /// Every polynomial of degree 2 over the field of 13 elements, every set of three ids: the secret comes back.
    #[test]
    fn every_quorum_of_every_polynomial_of_the_toy_group_finds_the_secret() {
        let all = 1..=12u16;
        for code in 0..13 * 13 * 13u64 {
            let a: Vec<_> =
                [code % 13, code / 13 % 13, code / 169].map(<Toy as Curve>::Scalar::from).to_vec();
            let secret = a[0];
            let f = Polynomial::<Toy>::of(Secret::new(a));
            for (p, q, r) in
                all.clone().flat_map(|p| (1..p).flat_map(move |q| (1..q).map(move |r| (p, q, r))))
            {
                let set = Parties::from_numbers([p, q, r]).unwrap();
                let sum = |acc, (id, l)| acc + f.at(id) * l;
                let found = set.iter().zip(coefficients::<Toy>(&set)).fold(<Toy as Curve>::Scalar::ZERO, sum);
                assert_eq!(found, secret);
            }
        }
    }

    #[test]
    fn one_coefficient_is_the_one_of_the_list() {
        let set = Parties::from_numbers([3, 1, 65534, 700, 12, 9]).unwrap();
        fn check<C: Curve>(set: &Parties) {
            for (id, l) in set.iter().zip(coefficients::<C>(set)) {
                assert_eq!(coefficient::<C>(set, id), Some(l));
            }
            assert_eq!(coefficient::<C>(set, PartyId::new(2).unwrap()), None);
        }
        #[cfg(feature = "ed25519")]
        check::<crate::curve::Ed25519>(&set);
        #[cfg(feature = "secp256k1")]
        check::<crate::curve::Secp256k1>(&set);
        #[cfg(feature = "p256")]
        check::<crate::curve::P256>(&set);
    }
}
