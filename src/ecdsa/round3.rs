//! The last round: fragments of the signature, which add up to it.
//!
//! Source: DKLs23, Protocol 3.6, steps 9 and 10. It is round 3 of signing, and the only round of spending a presignature. Checks: S3.1 to S3.4.

#![allow(non_snake_case)]

use alloc::vec::Vec;

use ff::{BatchInverter, Field, PrimeField};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::message::Digest;
use super::msg::{FRAGMENT_LEN, Fragment};
use super::round2::Presigned;
use super::signature::Signature;
use super::suite::{EcdsaScheme, NonceImage, reduce};
use crate::curve::{Curve, Scheme, write_scalar};
use crate::error::{Abort, Charges, Doubt, Fault, Verdict};
use crate::hash::{Tag, Transcript};
use crate::party::{Parties, PartyId};
use crate::secret::{published, published_in_place, verdict};
use crate::session::{Inbox, Outbox, views_differ};
use crate::wire::Kind;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;
type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

/// One signature after this party's fragment.
#[derive(Debug)]
struct Item<S: EcdsaScheme> {
    view: [u8; 32],
    R: Point<S>,
    image: NonceImage<S::Curve>,
    /// What the key of this signature has on top of the common one.
    tweak: Scalar<S>,
    h: Scalar<S>,
    /// `w_i`, `u_i`: sent, so public.
    own: [Scalar<S>; 2],
}

/// What is left to say of a signature when everything else is there.
pub(super) struct Asked<S: EcdsaScheme> {
    pub(super) presigned: Presigned<S>,
    pub(super) tweak: Scalar<S>,
    pub(super) digest: Digest,
}

/// Sent the own fragments; waiting for the others'.
#[derive(Debug)]
pub struct Round3<S: EcdsaScheme> {
    round: u8,
    signers: Parties,
    key: Point<S>,
    items: Vec<Item<S>>,
}

impl<S: EcdsaScheme> Round3<S> {
    /// `w_i = h phi_i + r_x v_i`. This is where the nonces are consumed: each `presigned` is moved in, with its digest.
    pub(super) fn start(
        round: u8,
        signers: Parties,
        key: Point<S>,
        asked: impl IntoIterator<Item = Asked<S>>,
    ) -> (Self, Outbox) {
        let (mut items, mut body) = (Vec::new(), Vec::new());
        for Asked { presigned: Presigned { id, R, image, fragments }, tweak, digest } in asked {
            let h = reduce::<S::Curve>(digest.as_bytes());
            let [phi, u, v] = fragments.expose();
            let w = h * phi + image.r * v;
            body.extend_from_slice(&id);
            write_scalar::<S::Curve>(&w, &mut body);
            write_scalar::<S::Curve>(u, &mut body);
            // Sent to all: fragments of the signature, which say nothing singly.
            items.push(Item { view: id, R, image, tweak, h, own: published([w, *u]) });
        }
        (Self { round, signers, key, items }, Outbox::to_all(round, Kind::All, body))
    }

    /// Adds the fragments up, and verifies every signature before any is returned.
    ///
    /// # Errors
    /// [`Abort`] with check S3.1 to S3.4: nobody can be named for a wrong fragment without revealing secrets.
    pub fn finish(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Vec<Signature<S>>, Abort> {
        let (round, me) = (self.round, inbox.terms().me);
        let mut fragments = Vec::with_capacity(self.signers.len());
        for message in inbox.others(round) {
            let list: Option<Vec<_>> = message.body.chunks_exact(FRAGMENT_LEN).map(Fragment::split).collect();
            fragments.push((message.from, list.unwrap_or_default()));
        }
        // [S3.1] everybody saw the same openings
        let same =
            |list: &Vec<Fragment<'_>>| list.iter().zip(&self.items).all(|(f, own)| *f.view == own.view);
        if !fragments.iter().all(|(_, list)| same(list)) {
            return Err(views_differ(round, "S3.1", &self.signers, me));
        }
        // [S3.2] their scalars are canonical
        let decoded = decode::<S>(round, &fragments)?;
        let sum = |(at, item): (usize, &Item<S>)| {
            let others = decoded.iter().filter_map(|list| list.get(at));
            others.fold(item.own, |[w, u], [other_w, other_u]| [w + other_w, u + other_u])
        };
        let sums: Vec<_> = self.items.iter().enumerate().map(sum).collect();
        let doubt = |check| {
            let verdict = Verdict::Suspects { who: self.signers.without(me), why: Doubt::Signature };
            Abort { round, check, verdict, others: Vec::new() }
        };
        // [S3.3] s = w / u exists and is not zero
        let mut inverses: Vec<_> = sums.iter().map(|[w, u]| *w * u).collect();
        if inverses.iter().any(|product| product.is_zero().into()) {
            return Err(doubt("S3.3"));
        }
        let mut scratch = inverses.clone();
        BatchInverter::invert_with_external_scratch(&mut inverses, &mut scratch);
        // [S3.4] every signature verifies
        let ratios = sums.iter().zip(&inverses).map(|([_, u], inverse)| *u * u * inverse);
        if !self.verify(ratios, weights(inbox, round, rng)) {
            return Err(doubt("S3.4"));
        }
        let parts = self.items.iter().zip(&sums).zip(&inverses);
        let signature = |(image, s): (_, Scalar<S>)| Signature::from_parts(image, &s);
        let signatures: Option<_> =
            parts.map(|((item, [w, _]), inverse)| (item.image, *w * w * inverse)).map(signature).collect();
        signatures.ok_or_else(|| doubt("S3.3"))
    }

    /// `(h/s) G + (r/s) pk' = R` for every signature, given `1/s` of each: the sum of all with weights of 128 bits that nobody could foresee, the
    /// first of them 1. One signature is verified as it is; if one of many does not verify, their sum does with probability `2^-128`.
    fn verify(&self, inverses: impl Iterator<Item = Scalar<S>>, seed: Transcript) -> bool {
        let (mut base, mut key) = (Scalar::<S>::ZERO, Scalar::<S>::ZERO);
        let mut nonces = Vec::with_capacity(self.items.len());
        for ((index, item), inverse) in (0u32..).zip(&self.items).zip(inverses) {
            let weight = if index == 0 { Scalar::<S>::ONE } else { weight::<S>(&seed, index) };
            let share = weight * inverse;
            key += share * item.image.r;
            base += share * (item.h + item.image.r * item.tweak);
            nonces.push((item.R, weight));
        }
        let nonces = match nonces.as_slice() {
            [(R, _)] => *R,
            many => S::Curve::msm_vartime(many),
        };
        // The points are those of the signature, but for the coordinates in which they were added up.
        verdict(S::Curve::mul_base_add_vartime(&base, &self.key, &key).ct_eq(&nonces))
    }
}

/// `H("sign-weight"; 32 random bytes, every body of the round, u32 index)`: even where the generator repeats itself, a weight depends on
/// everything that it weighs.
fn weights(inbox: &Inbox, round: u8, rng: &mut dyn CryptoRng) -> Transcript {
    let mut fresh = [0; 32];
    rng.fill_bytes(&mut fresh);
    // What it weighs is there already.
    published_in_place(&fresh);
    let seed = Transcript::new(Tag::SignWeight).bytes(&fresh);
    inbox.all(round).into_iter().fold(seed, |seed, message| seed.bytes(&message.body))
}

fn weight<S: EcdsaScheme>(seed: &Transcript, index: u32) -> Scalar<S> {
    let digest = seed.clone().u32(index).finish();
    Scalar::<S>::from_u128(digest.first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes)))
}

/// 128 random bits.
pub(super) fn random_weight<S: EcdsaScheme>(rng: &mut dyn CryptoRng) -> Scalar<S> {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    // What it weighs is there already.
    published_in_place(&bytes);
    Scalar::<S>::from_u128(u128::from_le_bytes(bytes))
}

fn decode<S: EcdsaScheme>(
    round: u8,
    fragments: &[(PartyId, Vec<Fragment<'_>>)],
) -> Result<Vec<Vec<[Scalar<S>; 2]>>, Abort> {
    let mut charges = Charges::default();
    let mut decoded = Vec::with_capacity(fragments.len());
    for (id, list) in fragments {
        match list.iter().map(Fragment::decode::<S>).collect() {
            Some(list) => decoded.push(list),
            None => charges.add(*id, "S3.2", Fault::Malformed, None),
        }
    }
    charges.verdict(round)?;
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use group::Group;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::curve::{EcdsaP256, EcdsaSecp256k1, random_scalar};

    /// Three signatures under keys with different tweaks; nonce points that are wrong by multiples of one point.
    fn verifies<S: EcdsaScheme>(errors: [i64; 3], rng: &mut ChaCha20Rng) -> bool {
        let secret = random_scalar::<S::Curve>(rng);
        let (mut items, mut inverses) = (Vec::new(), Vec::new());
        for (number, error) in (1u64..).zip(errors) {
            let (k, h) = (random_scalar::<S::Curve>(rng), random_scalar::<S::Curve>(rng));
            let (R, tweak) = (S::Curve::mul_base(&k), Scalar::<S>::from(number));
            let image = NonceImage::of(&R).unwrap();
            let s: Scalar<S> = k.invert().unwrap() * (h + image.r * (secret + tweak));
            inverses.push(s.invert().unwrap());
            let wrong = Point::<S>::generator() * Scalar::<S>::from(error.unsigned_abs());
            let R = if error < 0 { R - wrong } else { R + wrong };
            items.push(Item { view: [0; 32], R, image, tweak, h, own: [Scalar::<S>::ZERO; 2] });
        }
        let signers = Parties::from_numbers([1, 2]).unwrap();
        let round = Round3::<S> { round: 3, signers, key: S::Curve::mul_base(&secret), items };
        round.verify(inverses.into_iter(), Transcript::new(Tag::SignWeight).bytes(&[7; 32]))
    }

    #[test]
    fn s3_4_errors_do_not_cancel_between_the_signatures_of_a_batch() {
        fn both<S: EcdsaScheme>() {
            let mut rng = ChaCha20Rng::seed_from_u64(4);
            assert!(verifies::<S>([0; 3], &mut rng));
            for errors in [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, -1, 0], [0, 2, -2], [-1, 0, 1], [1, 1, -2]] {
                assert!(!verifies::<S>(errors, &mut rng), "{errors:?}");
            }
        }
        both::<EcdsaSecp256k1>();
        both::<EcdsaP256>();
    }
}
