//! What the fuzzers reach of this module, in a build with `--cfg fuzzing` and in no other: a feature could be switched on by any
//! crate of a build, and the toy is no group to be found in one.

use alloc::vec::Vec;

use super::toy::{Toy, ToyPoint, ToyScalar};
use super::{Curve, pippenger};
use group::Group;

/// The bucket method, for any number of terms and on every curve; a curve's own `msm_vartime` may call another for few.
#[must_use]
pub fn pippenger<C: Curve>(terms: &[(C::Point, C::Scalar)]) -> C::Point {
    pippenger::msm_vartime::<C>(terms)
}

/// The same on the toy group of 13 points: each term a point by its logarithm, and a scalar. The sum's logarithm.
#[must_use]
pub fn pippenger_on_the_toy(terms: &[(u8, u8)]) -> Option<u8> {
    let point = |log: u8| ToyPoint::generator() * ToyScalar::from(u64::from(log));
    let terms: Vec<_> = terms.iter().map(|(log, k)| (point(*log), ToyScalar::from(u64::from(*k)))).collect();
    let sum = pippenger::msm_vartime::<Toy>(&terms);
    (0..13).find(|log| point(*log) == sum)
}
