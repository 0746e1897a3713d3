//! Random vector oblivious multiplication (DKLs23, Protocol 5.2, with two inputs and one check column).
//!
//! Alice has `a_1, a_2` and gets `c_1, c_2`; Bob gets a random `b` and `d_1, d_2`, with `c_i + d_i = a_i * b`. It is run over the 416
//! correlated transfers of [`crate::ot`]; equations, check and deviations stand in the module documentation of [`crate::ecdsa`].
//!
//! | paper | here |
//! |---|---|
//! | beta, alpha^0, alpha^1, gamma | `choices`, `kept`, `other`, `pad` |
//! | a~ | `masked` |
//! | theta, eta, mu | `weights`, `eta`, `mu` |
//! | a^ | `check` |

mod curve;
#[cfg(test)]
pub(crate) mod known;
mod limbs;
mod receiver;
mod sender;

pub use curve::VoleCurve;
pub(crate) use receiver::{Multiplied, Receiver};
pub(crate) use sender::multiply;

use crate::curve::Curve;
use crate::hash::{Keyed, Tag, Transcript};
use crate::ot::row::COLUMNS;

/// Bytes of Alice's message: nonce 32, three scalars of 32 a column, eta 32, digest 32.
pub(crate) const MESSAGE_LEN: usize = 32 + MASKED_LEN + 32 + 32;

/// Bytes of its masked part, `a~`.
pub(crate) const MASKED_LEN: usize = COLUMNS * 3 * 32;

/// Which use of which pairing, and both parties' nonces.
#[derive(Clone, Copy)]
struct Context<'a> {
    psid: &'a [u8; 32],
    alice: &'a [u8; 32],
    bob: &'a [u8; 32],
}

impl Context<'_> {
    fn transcript(&self, tag: Tag) -> Transcript {
        Transcript::new(tag).bytes(self.psid).bytes(self.alice).bytes(self.bob)
    }

    /// `K_pad`, ready for use.
    fn pad_key(&self) -> Keyed {
        Keyed::new(Tag::SsPadOut, &self.transcript(Tag::SsPadKey).finish())
    }

    /// `theta_1, theta_2`: they depend on every byte of Alice's masked values. Fixed earlier, they would make the check void against her.
    fn weights<C: Curve>(&self, masked: &[u8]) -> [C::Scalar; 2] {
        let seed = self.transcript(Tag::RvThetaSeed).bytes(masked).finish();
        [1, 2].map(|i| Transcript::new(Tag::RvThetaI).bytes(&seed).u8(i).scalar::<C>())
    }

    /// `mu`: the digest of one scalar a column, which are fed to it.
    fn digest<C: Curve>(&self) -> Transcript {
        self.transcript(Tag::RvMu).begin(COLUMNS * C::SCALAR_LEN)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;
    use subtle::Choice;

    use super::*;
    use crate::ot::DEPTH;
    use crate::ot::extension::{Extended, extend};
    use crate::secret::Secret;
    use crate::wire::Reader;

    struct Run<C: VoleCurve> {
        bob: Receiver<C>,
        extended: Extended,
        delta: [u8; 16],
        inputs: [C::Scalar; 2],
    }

    const PSID: [u8; 32] = [3; 32];

    fn run<C: VoleCurve>(rng: &mut ChaCha20Rng) -> Run<C> {
        let (leaves, delta, punctured) = crate::ot::deal::<DEPTH>(rng);
        let mut message = Vec::new();
        let bob = Receiver::<C>::start(&PSID, &leaves, rng, &mut message);
        let (extended, passed) = extend::<DEPTH>(&PSID, &punctured, &delta, &message).unwrap();
        assert!(bool::from(passed));
        // One length, also where no driver is in front.
        for wrong in [&[&message[..], &[0]].concat()[..], &message[..message.len() - 1]] {
            assert!(extend::<DEPTH>(&PSID, &punctured, &delta, wrong).is_none());
        }
        let inputs = [0; 2].map(|_| crate::curve::random_scalar::<C>(rng));
        Run { bob, extended, delta, inputs }
    }

    fn finish<C: VoleCurve>(run: &Run<C>, message: &[u8]) -> (Choice, Secret<[C::Scalar; 2]>) {
        let mut r = Reader::new(message);
        let message = Multiplied::<C>::read(&mut r).unwrap();
        r.end().unwrap();
        run.bob.finish(&PSID, &message)
    }

    fn products<C: VoleCurve>() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        for _ in 0..4 {
            let run = run::<C>(&mut rng);
            let [x, y] = &run.inputs;
            let mut message = Vec::new();
            let c = multiply::<C>(&PSID, &run.extended, &run.delta, [x, y], &mut rng, &mut message);
            assert_eq!(message.len(), MESSAGE_LEN);
            let (passed, d) = finish(&run, &message);
            assert!(bool::from(passed));
            let b = run.bob.factor().expose();
            assert_eq!(c.expose()[0] + d.expose()[0], *x * b);
            assert_eq!(c.expose()[1] + d.expose()[1], *y * b);
        }
    }

    #[test]
    fn shares_add_up_to_the_product_on_both_curves() {
        products::<crate::curve::Secp256k1>();
        products::<crate::curve::P256>();
    }
}
