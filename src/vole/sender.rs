//! Alice: two inputs, one message.

use alloc::vec::Vec;

use ff::PrimeField;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::curve::{Pads, VoleCurve};
use super::limbs::{self, Sum};
use super::{Context, MASKED_LEN};
use crate::curve::{random_scalar, write_scalar};
use crate::ot::extension::Extended;
use crate::ot::row::COLUMNS;
use crate::secret::Secret;

/// Multiplies `inputs` under the transfers of one use, after its check has passed; appends the message and gives `c_1, c_2`.
///
/// - `c_i = -sum_j g_j alpha^0_{j,i}`, `a~_{j,i} = alpha^0_{j,i} - alpha^1_{j,i} + a_i` for i = 1, 2, and in the third column a random `a^`;
/// - `eta = a^ + theta_1 a_1 + theta_2 a_2`, `mu_j = alpha^0_{j,3} + theta_1 alpha^0_{j,1} + theta_2 alpha^0_{j,2}`.
pub(crate) fn multiply<C: VoleCurve>(
    psid: &[u8; 32],
    extended: &Extended,
    delta: &[u8; 16],
    inputs: [&C::Scalar; 2],
    rng: &mut dyn CryptoRng,
    out: &mut Vec<u8>,
) -> Secret<[C::Scalar; 2]> {
    let mut nonce = [0; 32];
    rng.fill_bytes(&mut nonce);
    let check = Zeroizing::new(random_scalar::<C>(rng));
    let context = Context { psid, alice: &nonce, bob: &extended.nonce };
    out.extend_from_slice(&nonce);

    let pads = Pads(context.pad_key());
    let delta = Zeroizing::new(u128::from_le_bytes(*delta));
    let [a, b] = inputs;
    let addends = Zeroizing::new([a, b, &*check].map(limbs::of::<C>));
    let mut kept = Zeroizing::new(alloc::vec![[[0; 4]; 3]; COLUMNS].into_boxed_slice());
    let mut other = Zeroizing::new([[0; 4]; 3]);
    let mut sums = [Sum::<C>::new(), Sum::new()];
    let start = out.len();
    for ((j, (q, g)), alpha) in
        (0..).zip(extended.columns.expose().iter().zip(C::gadget())).zip(kept.iter_mut())
    {
        *alpha = C::pad(&pads, j, *q);
        *other = C::pad(&pads, j, *q ^ *delta);
        for ((alpha, other), addend) in alpha.iter().zip(other.iter()).zip(addends.iter()) {
            out.extend_from_slice(&limbs::to_bytes(&limbs::mask::<C>(alpha, other, addend)));
        }
        sums.iter_mut().zip(alpha).for_each(|(sum, alpha)| sum.add_product(g, alpha));
    }
    let masked = out.get(start..start + MASKED_LEN).unwrap_or(&[]);
    let [first, second] = context.weights::<C>(masked);
    write_scalar::<C>(&(*check + first * a + second * b), out);
    let [first, second] = [first, second].map(|weight| limbs::of::<C>(&weight));
    let mut digest = context.digest::<C>();
    for [x, y, z] in kept.iter() {
        let mut mu = Sum::<C>::from(z);
        mu.add_product(&first, x);
        mu.add_product(&second, y);
        digest.feed(mu.reduce().to_repr().as_ref());
    }
    out.extend_from_slice(&digest.finish());
    Secret::new(sums.map(|sum| -sum.reduce()))
}
