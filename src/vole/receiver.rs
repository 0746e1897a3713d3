//! Bob: a random factor, and the check of Alice's message.

use alloc::vec::Vec;

use ff::PrimeField;
use rand_core::CryptoRng;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::curve::{Pads, VoleCurve};
use super::limbs::{self, Sum};
use super::{Context, MASKED_LEN};
use crate::curve::{Curve, read_scalar};
use crate::ot::extension::{Chosen, choose};
use crate::ot::row::CHOICE_LEN;
use crate::ot::{DEPTH, Seed};
use crate::secret::{Secret, mask_of};
use crate::wire::Reader;

/// Bob between his message and Alice's.
#[derive(Debug)]
pub(crate) struct Receiver<C: Curve> {
    chosen: Chosen,
    /// `b = sum_j beta_j g_j`.
    factor: Secret<C::Scalar>,
}

/// Alice's message: every scalar is canonical.
pub(crate) struct Multiplied<'a, C: Curve> {
    nonce: &'a [u8; 32],
    masked: &'a [u8],
    eta: C::Scalar,
    mu: &'a [u8; 32],
}

impl<'a, C: VoleCurve> Multiplied<'a, C> {
    /// Reads [`super::MESSAGE_LEN`] bytes; `None` unless every scalar is canonical.
    pub(crate) fn read(r: &mut Reader<'a>) -> Option<Self> {
        let nonce = r.array()?;
        let masked = r.bytes(MASKED_LEN)?;
        let canonical = |bytes| limbs::is_canonical::<C>(&limbs::from_bytes(bytes));
        let eta = read_scalar::<C>(r.bytes(32)?)?;
        let mu = r.array()?;
        masked.as_chunks().0.iter().all(canonical).then_some(Self { nonce, masked, eta, mu })
    }
}

impl<C: VoleCurve> Receiver<C> {
    /// Chooses under use `psid`, and appends Bob's message of the extension.
    pub(crate) fn start(
        psid: &[u8; 32],
        leaves: &[Seed],
        rng: &mut dyn CryptoRng,
        out: &mut Vec<u8>,
    ) -> Self {
        let chosen = choose::<DEPTH>(psid, leaves, rng, out);
        let mut factor = Sum::<C>::new();
        for (j, g) in C::gadget().iter().enumerate() {
            factor.add_masked(g, choice(&chosen.choices, j));
        }
        let factor = Secret::new(factor.reduce());
        Self { chosen, factor }
    }

    /// `b`.
    pub(crate) const fn factor(&self) -> &Secret<C::Scalar> {
        &self.factor
    }

    /// Whether Alice's message is consistent [S2.4], and `d_1, d_2`, which must not be used if it is not. In constant time.
    ///
    /// `d'_{j,i} = gamma_{j,i} + beta_j a~_{j,i}`, `mu'_j = d'_{j,3} + theta_1 d'_{j,1} + theta_2 d'_{j,2} - beta_j eta`,
    /// `d_i = sum_j g_j d'_{j,i}`.
    pub(crate) fn finish(
        &self,
        psid: &[u8; 32],
        from: &Multiplied<'_, C>,
    ) -> (Choice, Secret<[C::Scalar; 2]>) {
        let context = Context { psid, alice: from.nonce, bob: &self.chosen.nonce };
        let pads = Pads(context.pad_key());
        let [first, second] = context.weights::<C>(from.masked);
        let [first, second] = [first, second].map(|weight| limbs::of::<C>(&weight));
        let eta = limbs::of::<C>(&-from.eta);
        let mut sums = [Sum::<C>::new(), Sum::new()];
        let mut digest = context.digest::<C>();
        let mut row = Zeroizing::new([[0; 4]; 3]);
        let masked = from.masked.as_chunks::<32>().0.as_chunks::<3>().0;
        let columns = self.chosen.columns.expose().iter().zip(masked).zip(C::gadget());
        for (j, ((t, masked), g)) in (0u16..).zip(columns) {
            let chosen = choice(&self.chosen.choices, j.into());
            *row = C::pad(&pads, j, *t);
            for (d, masked) in row.iter_mut().zip(masked) {
                *d = limbs::sum_masked::<C>(d, &limbs::from_bytes(masked), chosen);
            }
            sums.iter_mut().zip(row.iter()).for_each(|(sum, d)| sum.add_product(g, d));
            let [x, y, z] = &*row;
            let mut mu = Sum::<C>::from(z);
            mu.add_product(&first, x);
            mu.add_product(&second, y);
            mu.add_masked(&eta, chosen);
            digest.feed(mu.reduce().to_repr().as_ref());
        }
        (digest.finish().ct_eq(from.mu), Secret::new(sums.map(Sum::reduce)))
    }
}

/// All ones if choice `j` is one, else zero. `j` is public.
fn choice(choices: &Secret<[u8; CHOICE_LEN]>, j: usize) -> u64 {
    let byte = choices.expose().get(j / 8).copied().unwrap_or(0);
    mask_of(u64::from(byte >> (j % 8) & 1))
}
