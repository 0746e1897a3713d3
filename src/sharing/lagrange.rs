//! Lagrange coefficients, at zero and at a party's abscissa.

use alloc::vec::Vec;

use ff::{BatchInverter, Field};

use crate::curve::Curve;
use crate::party::{Parties, PartyId};

/// `lambda_i = prod_{m in set, m != i} m / (m - i)`: what `i`'s share counts when `set` interpolates at zero. One
/// inversion. `None` if `i` is not in the set.
#[must_use]
pub fn coefficient<C: Curve>(set: &Parties, i: PartyId) -> Option<C::Scalar> {
    at::<C>(set, i, 0)
}

/// `lambda_i(x) = prod_{m in set, m != i} (x - m) / (i - m)` at the abscissa `x` of a party: what `i`'s share counts when `set`
/// interpolates that party's. One inversion. `None` if `i` is not in the set.
#[must_use]
pub fn coefficient_at<C: Curve>(set: &Parties, i: PartyId, x: PartyId) -> Option<C::Scalar> {
    at::<C>(set, i, x.get())
}

fn at<C: Curve>(set: &Parties, i: PartyId, x: u16) -> Option<C::Scalar> {
    let (numerator, denominator) = set.contains(i).then(|| fraction::<C>(set, i, x))?;
    Some(numerator * denominator.invert().into_option()?)
}

/// All coefficients of a set, ascending by id. One inversion for all.
#[must_use]
pub fn coefficients<C: Curve>(set: &Parties) -> Vec<C::Scalar> {
    let (numerators, mut denominators): (Vec<_>, Vec<_>) =
        set.iter().map(|i| fraction::<C>(set, i, 0)).unzip();
    let mut scratch = denominators.clone();
    BatchInverter::invert_with_external_scratch(&mut denominators, &mut scratch);
    numerators.into_iter().zip(denominators).map(|(n, d)| n * d).collect()
}

/// Numerator `prod (m - x)` and denominator `prod (m - i)`; the latter is not zero, since ids are distinct and below q.
///
/// Ids are small, so several factors fit into one machine integer before a field multiplication is due.
fn fraction<C: Curve>(set: &Parties, i: PartyId, x: u16) -> (C::Scalar, C::Scalar) {
    const FACTORS: usize = 3;
    let others: Vec<i64> = set.iter().filter(|m| *m != i).map(|m| i64::from(m.get())).collect();
    let product = |from: i64| {
        let factors = others.chunks(FACTORS).map(|few| few.iter().map(|m| m - from).product());
        factors.fold(C::Scalar::ONE, |product, few: i64| {
            let size = product * C::Scalar::from(few.unsigned_abs());
            if few < 0 { -size } else { size }
        })
    };
    (product(x.into()), product(i.get().into()))
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
                // and so does the value at every party, in the set or not
                for x in all.clone().map(|x| PartyId::new(x).unwrap()) {
                    let sum = |acc, i| acc + f.at(i) * coefficient_at::<Toy>(&set, i, x).unwrap();
                    assert_eq!(set.iter().fold(<Toy as Curve>::Scalar::ZERO, sum), f.at(x));
                }
            }
        }
    }

    #[test]
    fn coefficients_at_a_party_give_the_value_of_any_polynomial_there() {
        fn check<C: Curve>() {
            let set = Parties::from_numbers([3, 1, 65534, 700, 12, 9]).unwrap();
            let f = Polynomial::<C>::of(Secret::new((5..11u64).map(C::Scalar::from).collect()));
            for x in [2, 3, 10, 701, 65533, 65534].map(|x| PartyId::new(x).unwrap()) {
                let term = |i| f.at(i) * coefficient_at::<C>(&set, i, x).unwrap();
                assert_eq!(set.iter().map(term).sum::<C::Scalar>(), f.at(x));
                assert_eq!(coefficient_at::<C>(&set, PartyId::new(2).unwrap(), x), None);
            }
        }
        #[cfg(feature = "ed25519")]
        check::<crate::curve::Ed25519>();
        #[cfg(feature = "secp256k1")]
        check::<crate::curve::Secp256k1>();
        #[cfg(feature = "p256")]
        check::<crate::curve::P256>();
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
