//! What the known answers look at.

use alloc::vec::Vec;

use super::curve::{Pads, VoleCurve};
use super::limbs::{Limbs, Sum};
use super::{Context, Receiver};
use crate::secret::Secret;

/// A use, Alice's nonce, Bob's nonce.
pub(crate) type Use<'a> = [&'a [u8; 32]; 3];

fn context<'a>([psid, alice, bob]: Use<'a>) -> Context<'a> {
    Context { psid, alice, bob }
}

fn scalar<C: VoleCurve>(limbs: &Limbs) -> C::Scalar {
    Sum::<C>::from(limbs).reduce()
}

/// The three numbers of a pad.
pub(crate) fn pad<C: VoleCurve>(of: Use<'_>, j: u16, z: u128) -> [C::Scalar; 3] {
    C::pad(&Pads(context(of).pad_key()), j, z).each_ref().map(scalar::<C>)
}

/// `g_j`.
pub(crate) fn gadget<C: VoleCurve>() -> Vec<C::Scalar> {
    C::gadget().iter().map(scalar::<C>).collect()
}

/// `theta_1, theta_2`.
pub(crate) fn weights<C: VoleCurve>(of: Use<'_>, masked: &[u8]) -> [C::Scalar; 2] {
    context(of).weights::<C>(masked)
}

/// Bob's share of the products, after the check of Alice's message has passed.
pub(crate) fn finish<C: VoleCurve>(
    receiver: &Receiver<C>,
    psid: &[u8; 32],
    message: &[u8],
) -> Secret<[C::Scalar; 2]> {
    let mut r = crate::wire::Reader::new(message);
    let message = super::Multiplied::<C>::read(&mut r).unwrap();
    r.end().unwrap();
    let (passed, d) = receiver.finish(psid, &message);
    assert!(bool::from(passed));
    d
}
