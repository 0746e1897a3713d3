//! Shamir sharing over a curve's scalars: polynomials, Lagrange coefficients, and Feldman's commitments to them.
//!
//! A party's abscissa is its id. `t` points determine a polynomial of degree `t - 1`; its value at zero is the secret.

mod feldman;
mod interpolate;
mod lagrange;
mod polynomial;

pub use feldman::Commitment;
pub(crate) use feldman::evaluate_unchecked;
pub use lagrange::{coefficient, coefficient_at, coefficients};
pub(crate) use polynomial::Polynomial;

use crate::curve::Curve;
use crate::party::PartyId;

/// The abscissa of a party.
pub(crate) fn x<C: Curve>(id: PartyId) -> C::Scalar {
    C::Scalar::from(u64::from(id.get()))
}
