//! A key as it signs: derived, tweaked, of even y.
//!
//! Public derivation and Taproot are the same kind of map on a shared key: for public `sign = +-1` and `delta`,
//!
//! ```text
//! s_i' = sign * s_i + delta        V_k' = sign * V_k        V_0' = sign * V_0 + delta * G
//! ```
//!
//! Then `s_i' * G = V'(i)`, since `delta` is a constant term; and any quorum's shares interpolate to `sign * s + delta`, since Lagrange
//! coefficients sum to one. So the map is computed once from what is public, each signer applies it to its share, and everything that
//! is checked against the commitment (shares, aggregate, evidence) is checked against `V'`.

use alloc::vec::Vec;

use ff::Field;

use super::suite::Suite;
use crate::curve::{Curve, Scheme, encode_point};
use crate::error::SetupError;
use crate::key::{Derive, Path, Sharing, derive};
use crate::secret::Secret;
use crate::sharing::Commitment;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// A shared key in the form in which it signs.
///
/// From a key's commitment alone (`try_into`, as [`SigningPackage::new`](super::SigningPackage::new) does) it is the key itself, of a Taproot key its
/// output key without script paths.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyView<S: Scheme> {
    /// `V`.
    base: Commitment<S::Curve>,
    /// `V'`, where it is another.
    mapped: Option<Commitment<S::Curve>>,
    negated: bool,
    delta: Scalar<S>,
    /// `enc(V_0')`.
    public_key: Vec<u8>,
}

impl<S: Scheme> KeyView<S> {
    /// The key with a public number added to it.
    pub(super) fn shifted(base: &Commitment<S::Curve>, delta: &Scalar<S>) -> Result<Self, SetupError> {
        let public_key = encode(base)?;
        let view =
            Self { base: base.clone(), mapped: None, negated: false, delta: Scalar::<S>::ZERO, public_key };
        if delta.is_zero().into() { Ok(view) } else { view.plus(delta) }
    }

    /// `s + delta`; the error, of negligible probability, is that this is zero.
    pub(super) fn plus(self, delta: &Scalar<S>) -> Result<Self, SetupError> {
        let mut points = self.commitment().points().to_vec();
        if let Some(first) = points.first_mut() {
            *first += S::Curve::mul_base(delta);
        }
        let delta = self.delta + delta;
        self.with(points, delta)
    }

    /// `-s`.
    #[cfg(any(feature = "secp256k1", test))]
    pub(super) fn minus(mut self) -> Result<Self, SetupError> {
        self.negated = !self.negated;
        let (points, delta) = (self.commitment().points().iter().map(|p| -*p).collect(), -self.delta);
        self.with(points, delta)
    }

    fn with(self, points: Vec<<S::Curve as Curve>::Point>, delta: Scalar<S>) -> Result<Self, SetupError> {
        let mapped = Commitment::new(points).ok_or(ZERO)?;
        let public_key = encode(&mapped)?;
        Ok(Self { mapped: Some(mapped), delta, public_key, ..self })
    }

    /// `s_i'` of `s_i`.
    pub(super) fn share(&self, secret: &Secret<Scalar<S>>) -> Secret<Scalar<S>> {
        let secret = secret.expose();
        Secret::new(self.delta + if self.negated { -*secret } else { *secret })
    }

    /// The key's own commitment, which the shares fit.
    pub(super) const fn base(&self) -> &Commitment<S::Curve> {
        &self.base
    }

    /// The commitment of the key that signs.
    #[must_use]
    pub fn commitment(&self) -> &Commitment<S::Curve> {
        self.mapped.as_ref().unwrap_or(&self.base)
    }

    /// The key that signs, encoded: `POINT_LEN` bytes, of a Taproot key `02` and the output key.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }
}

impl<S: Suite> KeyView<S> {
    /// The key at the end of a path (BIP-32, SLIP-10), then tweaked (BIP-341): the order that wallets use.
    ///
    /// # Errors
    /// [`SetupError::Underivable`]; [`SetupError::Malformed`] if there is no such key, which happens with negligible probability.
    pub fn derived(key: &Sharing<S>, path: &Path, tweak: &S::Tweak) -> Result<Self, SetupError>
    where
        S: Derive,
    {
        S::form(Self::shifted(key.commitment(), derive(key, path)?.tweak())?, tweak)
    }

    /// A key of which there is only the commitment: one that was made elsewhere (`frost::zf`).
    ///
    /// # Errors
    /// [`SetupError::Malformed`] if there is no such key, which happens with negligible probability.
    pub fn tweaked(commitment: &Commitment<S::Curve>, tweak: &S::Tweak) -> Result<Self, SetupError> {
        S::form(Self::shifted(commitment, &Scalar::<S>::ZERO)?, tweak)
    }
}

impl<S: Suite> TryFrom<&Commitment<S::Curve>> for KeyView<S> {
    type Error = SetupError;

    fn try_from(commitment: &Commitment<S::Curve>) -> Result<Self, SetupError> {
        Self::tweaked(commitment, &S::Tweak::default())
    }
}

impl<S: Scheme> From<&Self> for KeyView<S> {
    fn from(view: &Self) -> Self {
        view.clone()
    }
}

const ZERO: SetupError = SetupError::Malformed("tweak: it leads to no key");

fn encode<C: Curve>(commitment: &Commitment<C>) -> Result<Vec<u8>, SetupError> {
    encode_point::<C>(&commitment.public_key()).ok_or(ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curve::toy::{Toy, ToyScalar, ToyScheme};
    use crate::party::PartyId;
    use crate::sharing::Polynomial;

    /// Every key over the field of 13 elements, every map of the shape `+-(+-s + a) + b`: shares fit the commitment, which is that
    /// of the polynomial with the mapped constant.
    #[test]
    fn mapped_shares_fit_the_mapped_commitment_in_the_toy_group() {
        let all = || (0..13u64).map(ToyScalar::from);
        let mut refused = 0;
        for (s, slope, a, b) in all()
            .flat_map(|s| all().flat_map(move |k| all().flat_map(move |a| all().map(move |b| (s, k, a, b)))))
        {
            let f = Polynomial::<Toy>::of(Secret::new(alloc::vec![s, slope]));
            let Some(v) = Commitment::<Toy>::new(f.commit()) else { continue };
            let steps =
                KeyView::<ToyScheme>::shifted(&v, &a).and_then(KeyView::minus).and_then(|w| w.plus(&b));
            let (constant, slope) = (b - (s + a), -slope);
            let Ok(view) = steps else {
                assert!(bool::from((s + a).is_zero() | constant.is_zero()));
                refused += 1;
                continue;
            };
            let mapped = Polynomial::<Toy>::of(Secret::new(alloc::vec![constant, slope]));
            assert_eq!(*view.commitment(), Commitment::new(mapped.commit()).unwrap());
            assert_eq!((view.base(), view.public_key()), (&v, &*encode(view.commitment()).unwrap()));
            for id in (1..=12).map(|i| PartyId::new(i).unwrap()) {
                let share = view.share(&Secret::new(f.at(id)));
                assert_eq!(*share.expose(), mapped.at(id));
                assert!(view.commitment().verify(id, share.expose()));
            }
        }
        assert!(refused > 100, "{refused}");
    }
}
