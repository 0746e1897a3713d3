//! Secret polynomials.

use alloc::vec::Vec;

use ff::Field;
use rand_core::CryptoRng;

use super::x;
use crate::curve::{Curve, random_scalar};
use crate::party::{PartyId, Threshold};
use crate::secret::Secret;

/// `f(x) = a_0 + a_1 x + .. + a_{t-1} x^{t-1}` with secret coefficients.
#[derive(Debug)]
pub(crate) struct Polynomial<C: Curve>(Secret<Vec<C::Scalar>>);

impl<C: Curve> Polynomial<C> {
    /// `t` random coefficients, none of them zero.
    pub(crate) fn random(threshold: Threshold, rng: &mut dyn CryptoRng) -> Self {
        let mut a = Secret::new(Vec::with_capacity(threshold.t().into()));
        a.expose_mut().extend((0..threshold.t()).map(|_| random_scalar::<C>(rng)));
        Self(a)
    }

    /// This constant, and random coefficients, none of them zero.
    pub(crate) fn with_constant(constant: &C::Scalar, threshold: Threshold, rng: &mut dyn CryptoRng) -> Self {
        let mut a = Secret::new(Vec::with_capacity(threshold.t().into()));
        a.expose_mut().push(*constant);
        a.expose_mut().extend((1..threshold.t()).map(|_| random_scalar::<C>(rng)));
        Self(a)
    }

    /// Given coefficients, the constant first.
    pub(crate) const fn of(coefficients: Secret<Vec<C::Scalar>>) -> Self {
        Self(coefficients)
    }

    pub(crate) fn coefficients(&self) -> &[C::Scalar] {
        self.0.expose()
    }

    /// `f(id)`, by Horner's rule in constant time.
    pub(crate) fn at(&self, id: PartyId) -> C::Scalar {
        let x = x::<C>(id);
        self.coefficients().iter().rev().fold(C::Scalar::ZERO, |sum, a| sum * x + a)
    }

    /// `a_k * G` for every coefficient.
    #[cfg(any(test, feature = "sim"))]
    pub(crate) fn commit(&self) -> Vec<C::Point> {
        self.commit_from(0)
    }

    /// `a_k * G` for every coefficient from the given one on.
    pub(crate) fn commit_from(&self, first: usize) -> Vec<C::Point> {
        self.coefficients().iter().skip(first).map(C::mul_base).collect()
    }
}
