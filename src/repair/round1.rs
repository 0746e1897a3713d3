//! Round 1: every helper splits its term of the lost share among all helpers, and adds up what it gets.
//!
//! Checks at the end of the round: L1.1.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::Run;
use super::round2::EPOCH_LEN;
use crate::curve::{Curve, Scheme, read_scalar, write_scalar};
use crate::error::{Abort, Charges, Fault, SetupError};
use crate::hedge::SessionRng;
use crate::key::KeyShare;
use crate::party::PartyId;
use crate::secret::Secret;
use crate::session::{Inbox, Outbox};
use crate::sharing::coefficient_at;
use crate::wire::{HEADER_LEN, put_u32};

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// A helper, which has sent parts of its share's term; waiting for the other helpers' parts.
#[derive(Debug)]
pub struct Round1<S: Scheme> {
    lost: PartyId,
    /// `delta_{i,i}`: the part that stays.
    own: Secret<Scalar<S>>,
    signed: u32,
}

impl<S: Scheme> Round1<S> {
    /// Splits `lambda_i s_i`.
    pub(super) fn start(
        run: &Run<S>,
        share: &KeyShare<S>,
        signed: u32,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, Outbox), SetupError> {
        let (me, lost) = (share.id(), run.lost);
        let lambda = coefficient_at::<S::Curve>(&run.helpers, me, lost).ok_or(SetupError::SelfMissing(me))?;
        let term = Secret::new(lambda * share.secret().expose());
        let others = run.helpers.without(me);
        let mut rng = SessionRng::new::<S::Curve>(rng, share.secret(), &run.terms(me).sid(), 1);
        let (own, parts) = split::<S::Curve>(term, others.len(), &mut rng);
        let direct = others.iter().zip(&parts).map(|(to, part)| (to, body::<S>(part, 0))).collect();
        Ok((Self { lost, own, signed }, Outbox { round: 1, all: None, direct }))
    }

    /// Adds up the parts, for the party that lost its share.
    ///
    /// # Errors
    /// [`Abort`] with check L1.1.
    pub fn finish(self, inbox: &Inbox) -> Result<Outbox, Abort> {
        let Self { lost, own: mut sum, signed } = self;
        let mut charges = Charges::default();
        for message in inbox.direct(1) {
            // [L1.1] delta_{j,i} is canonical
            match read_scalar::<S::Curve>(&message.body).map(Secret::new) {
                Some(part) => *sum.expose_mut() += part.expose(),
                None => charges.add(message.from, "L1.1", Fault::Malformed, None),
            }
        }
        charges.verdict(1)?;
        let mut body = body::<S>(&sum, EPOCH_LEN);
        put_u32(&mut body, signed);
        Ok(Outbox { round: 2, all: None, direct: alloc::vec![(lost, body)] })
    }
}

/// A scalar as a message's body, with room for the header and `more` bytes: what grows later leaves a copy behind.
fn body<S: Scheme>(scalar: &Secret<Scalar<S>>, more: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(HEADER_LEN + S::Curve::SCALAR_LEN + more);
    write_scalar::<S::Curve>(scalar.expose(), &mut body);
    body
}

/// `value` as a sum of random parts: what is left of it, which does not leave the device, and `count` others, which are uniform whatever the
/// value is.
fn split<C: Curve>(
    mut value: Secret<C::Scalar>,
    count: usize,
    rng: &mut dyn CryptoRng,
) -> (Secret<C::Scalar>, Vec<Secret<C::Scalar>>) {
    let mut parts = Vec::with_capacity(count);
    for _ in 0..count {
        let mut wide = Zeroizing::new([0u8; 64]);
        rng.fill_bytes(wide.as_mut_slice());
        let part = Secret::new(C::scalar_from_wide(&wide));
        *value.expose_mut() -= part.expose();
        parts.push(part);
    }
    (value, parts)
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeMap;

    use ff::{Field, PrimeField};
    use rand_chacha::ChaCha20Rng;
    use rand_core::{SeedableRng, TryCryptoRng, TryRng};

    use super::*;
    use crate::curve::toy::Toy;

    type T = <Toy as Curve>::Scalar;

    /// The parts drawn are the digits of a number to the base 13.
    struct Digits(usize);

    impl TryRng for Digits {
        type Error = core::convert::Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
            unreachable!("parts are bytes")
        }
        fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
            unreachable!("parts are bytes")
        }
        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
            out.fill(0);
            // whichever end counts
            let digit = (self.0 % 13) as u8;
            (out[0], out[out.len() - 1]) = (digit, digit);
            self.0 /= 13;
            Ok(())
        }
    }

    impl TryCryptoRng for Digits {}

    /// What helpers `0 .. corrupt` and the party that lost its share see of the others: parts to the corrupt ones, and the others' sums of
    /// each other's parts.
    fn view(terms: &[T], corrupt: usize, randomness: usize) -> Vec<u8> {
        let (t, mut rng) = (terms.len(), Digits(randomness));
        let mut seen = Vec::new();
        let mut sums = alloc::vec![T::ZERO; t];
        for (i, term) in terms.iter().enumerate().skip(corrupt) {
            let (own, parts) = split::<Toy>(Secret::new(*term), t - 1, &mut rng);
            sums[i] += own.expose();
            for (j, part) in (0..t).filter(|j| *j != i).zip(&parts) {
                sums[j] += part.expose();
                if j < corrupt {
                    seen.push(part.expose().to_repr().as_ref()[0]);
                }
            }
        }
        seen.extend(sums.iter().skip(corrupt).map(|sum| sum.to_repr().as_ref()[0]));
        seen
    }

    /// The toy group's scalars: every random choice of every honest helper.
    #[test]
    fn what_is_seen_depends_on_nothing_but_the_rebuilt_share() {
        let terms = |list: &[u64]| list.iter().map(|k| T::from(*k)).collect::<Vec<_>>();
        let views = |list: &[u64], corrupt: usize| {
            let (t, honest) = (list.len(), list.len() - corrupt);
            let mut counts = BTreeMap::<_, usize>::new();
            for randomness in 0..13usize.pow((honest * (t - 1)) as u32) {
                *counts.entry(view(&terms(list), corrupt, randomness)).or_default() += 1;
            }
            counts
        };
        // two honest helpers with the same sum of terms: none corrupt of two, one of three
        for corrupt in [0, 1] {
            let with = |a: u64, b: u64| [&[5][..corrupt], &[a, b]].concat();
            let expected = views(&with(0, 9), corrupt);
            assert_eq!(expected.len(), 13usize.pow(1 + 2 * corrupt as u32), "all that add up");
            assert!(
                expected.values().all(|count| *count == expected[&view(&terms(&with(0, 9)), corrupt, 0)])
            );
            for (a, b) in [(9, 0), (4, 5), (12, 10)] {
                assert!(views(&with(a, b), corrupt) == expected);
            }
            assert!(views(&with(0, 8), corrupt) != expected);
        }
    }

    #[test]
    fn parts_add_up_and_are_never_the_same() {
        fn check<C: Curve>() {
            let mut rng = ChaCha20Rng::seed_from_u64(1);
            let term = C::Scalar::from(77);
            let mut seen = Vec::new();
            for count in 1..20 {
                let (own, parts) = split::<C>(Secret::new(term), count, &mut rng);
                assert_eq!(parts.len(), count);
                assert_eq!(parts.iter().fold(*own.expose(), |sum, part| sum + part.expose()), term);
                seen.extend(parts.iter().chain([&own]).map(|part| *part.expose()));
            }
            let len = seen.len();
            seen.sort_unstable_by_key(|k| k.to_repr().as_ref().to_vec());
            seen.dedup();
            assert_eq!(seen.len(), len);
        }
        #[cfg(feature = "ed25519")]
        check::<crate::curve::Ed25519>();
        #[cfg(feature = "secp256k1")]
        check::<crate::curve::Secp256k1>();
        #[cfg(feature = "p256")]
        check::<crate::curve::P256>();
    }
}
