//! Round 2: check what the others opened and multiplied; add up.
//!
//! Source: DKLs23, Protocol 3.6, steps 7 and 8. Checks: S1.1, S2.1 to S2.7. Output: `R` and this party's fragments `phi_i, u_i, v_i`. Deviations:
//! the two consistency checks are merged with a random weight; a wrong sum of keys bans nobody, since its outcome is known to all.

#![allow(non_snake_case)]

use alloc::vec::Vec;

use ff::Field;
use rand_core::CryptoRng;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use super::msg::{self, OPEN_LEN, Opening};
use super::round1::commit;
use super::round3::random_weight;
use super::suite::{EcdsaScheme, NonceImage};
use super::team::Team;
use crate::curve::{Curve, Scheme};
use crate::error::{Abort, Chance, Charges, Doubt, Fault, Verdict};
use crate::hash::{Tag, Transcript};
use crate::hedge::SessionRng;
use crate::party::PartyId;
use crate::secret::{Secret, verdict};
use crate::session::{Inbox, views_differ};
use crate::vole::Receiver;

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;
type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

/// One party's share of two products: `c^u, c^v` or `d^u, d^v`.
pub(super) type Products<S> = Secret<[Scalar<S>; 2]>;

/// One signature after this party's opening.
#[derive(Debug)]
pub(super) struct Opened<S: EcdsaScheme> {
    /// `r_i`, `phi_i`, `sk_i`.
    pub(super) nonce: Secret<Scalar<S>>,
    pub(super) mask: Secret<Scalar<S>>,
    pub(super) share: Secret<Scalar<S>>,
    /// `R_i`, `pk_i`.
    pub(super) R: Point<S>,
    pub(super) K: Point<S>,
    /// Both encoded, as sent.
    pub(super) encoded: [Vec<u8>; 2],
    /// As Alice: `c^u, c^v` with each other signer.
    pub(super) c: Vec<Products<S>>,
    /// As Bob.
    pub(super) receivers: Vec<Receiver<S::Curve>>,
    /// `V1`, and the others' commitments that went into it.
    pub(super) view: [u8; 32],
    pub(super) commitments: Vec<[u8; 32]>,
}

/// A signature but for the message: the nonce point, and one party's fragments.
#[derive(Debug)]
pub(super) struct Presigned<S: EcdsaScheme> {
    /// `V2`: names the nonce point and everybody's part in it.
    pub(super) id: [u8; 32],
    pub(super) R: Point<S>,
    pub(super) image: NonceImage<S::Curve>,
    /// `phi_i`, `u_i`, `v_i`.
    pub(super) fragments: Secret<[Scalar<S>; 3]>,
}

/// Opened and multiplied; waiting for the others' openings.
#[derive(Debug)]
pub struct Round2<S: EcdsaScheme> {
    pub(super) team: Team<S>,
    opened: Vec<Opened<S>>,
}

/// The openings of every peer, by item.
type Openings<'a> = Vec<Vec<Opening<'a>>>;
type Decoded<'a, S> = Vec<Vec<msg::Opened<'a, S>>>;

impl<S: EcdsaScheme> Round2<S> {
    pub(super) const fn new(team: Team<S>, opened: Vec<Opened<S>>) -> Self {
        Self { team, opened }
    }

    /// Checks every peer, and adds up.
    ///
    /// # Errors
    /// [`Abort`] with check S1.1 or S2.1 to S2.7. A failed S2.4 or S2.5 bans.
    pub(super) fn finish(
        self,
        inbox: &Inbox,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Team<S>, Vec<Presigned<S>>), Abort> {
        let Self { team, opened } = self;
        // [S1.1] nobody was banned meanwhile
        drop(team.secrets(2)?);
        let mut rng = SessionRng::new::<S::Curve>(rng, &team.share, &team.sid, 3);
        let own_fault = Abort::no_fault(2, "S2.2", Chance::OwnFault);
        let openings = split(&team, inbox).ok_or(own_fault)?;
        // [S2.1] everybody saw the same commitments
        let same = |list: &Vec<Opening<'_>>| list.iter().zip(&opened).all(|(o, own)| *o.view == own.view);
        if !openings.iter().all(same) {
            return Err(views_differ(2, "S2.1", &team.signers, team.me));
        }
        let decoded = decode(&team, &opened, &openings)?;
        let d = multiplied(&team, &opened, &decoded, &mut rng)?;

        let mut nonces = Vec::with_capacity(opened.len());
        for (at, ((_, order), own)) in team.items.iter().zip(&opened).enumerate() {
            let others = || decoded.iter().filter_map(|list| list.get(at));
            // [S2.6] the key shares add up to the key
            let sum = others().fold(own.K, |sum, other| sum + other.key);
            // All signers can add up what all have sent.
            if !verdict(sum.ct_eq(&order.key)) {
                let why = Doubt::KeySum;
                let verdict = Verdict::Suspects { who: team.signers.without(team.me), why };
                return Err(Abort { round: 2, check: "S2.6", verdict, others: Vec::new() });
            }
            nonces.push(others().fold(own.R, |sum, other| sum + other.nonce));
        }
        // [S2.7] no nonce point is the identity, no x is zero modulo q
        let images = NonceImage::of_all(&nonces).ok_or(Abort::no_fault(2, "S2.7", Chance::Degenerate))?;

        let mut presigned = Vec::with_capacity(opened.len());
        let items = team.items.iter().zip(&opened).zip(nonces.into_iter().zip(images));
        for (at, (((sid, _), own), (R, image))) in items.enumerate() {
            let [nonce, key] = &own.encoded;
            let theirs = team.links.iter().zip(&openings);
            let theirs = theirs.filter_map(|((id, _), list)| list.get(at).map(|o| (*id, o.nonce, o.key)));
            let id = openings_view(sid, theirs.chain([(team.me, &nonce[..], &key[..])]).collect());
            let psi = decoded.iter().filter_map(|list| list.get(at)).map(|other| &other.psi);
            let d: Vec<_> = d.iter().filter_map(|list| list.get(at)).collect();
            presigned.push(Presigned { id, R, image, fragments: own.fragments(psi, &d) });
        }
        // [S1.1] and nobody until this leaves
        team.release(2)?;
        Ok((team, presigned))
    }
}

/// The items of every peer's message.
fn split<'a, S: EcdsaScheme>(team: &Team<S>, inbox: &'a Inbox) -> Option<Openings<'a>> {
    let of = |id: PartyId| {
        let body = &inbox.direct_from(2, id)?.body;
        body.chunks_exact(OPEN_LEN).map(Opening::split).collect()
    };
    team.links.iter().map(|(id, _)| of(*id)).collect()
}

/// [S2.2], [S2.3] of every peer, before anything that depends on a secret.
fn decode<'a, S: EcdsaScheme>(
    team: &Team<S>,
    own: &[Opened<S>],
    openings: &Openings<'a>,
) -> Result<Decoded<'a, S>, Abort> {
    let mut charges = Charges::default();
    let mut decoded = Vec::with_capacity(openings.len());
    for (place, ((id, _), list)) in team.links.iter().zip(openings).enumerate() {
        let mut of = Vec::with_capacity(list.len());
        for (((sid, _), own), opening) in team.items.iter().zip(own).zip(list) {
            // [S2.2] points and scalars are canonical
            match opening.decode::<S>() {
                Some(opened) => of.push(opened),
                None => charges.add(*id, "S2.2", Fault::Malformed, None),
            }
            // [S2.3] the commitment opens
            if own.commitments.get(place) != Some(&commit(sid, *id, opening.nonce, opening.salt)) {
                charges.add(*id, "S2.3", Fault::BadOpening, None);
            }
        }
        decoded.push(of);
    }
    charges.verdict(2)?;
    Ok(decoded)
}

/// [S2.4], [S2.5] of every peer: `d^u, d^v` with each, by item. All are computed before the first takes effect.
fn multiplied<S: EcdsaScheme>(
    team: &Team<S>,
    own: &[Opened<S>],
    decoded: &Decoded<'_, S>,
    rng: &mut SessionRng,
) -> Result<Vec<Vec<Products<S>>>, Abort> {
    let (mut all, mut results) = (Vec::new(), Vec::new());
    for (place, ((id, link), list)) in team.links.iter().zip(decoded).enumerate() {
        let (mut products, mut inputs) = (Choice::from(1), Inputs::<S>::of(list.len()));
        let mut shares = Vec::with_capacity(list.len());
        for (((sid, _), own), opened) in team.items.iter().zip(own).zip(list) {
            let Some(receiver) = own.receivers.get(place) else { continue };
            let psid = Team::<S>::psid(sid, link, *id, team.me);
            // [S2.4] the multiplication is consistent
            let (passed, d) = receiver.finish(&psid, &opened.product);
            products &= passed;
            let [gamma_u, gamma_v] = opened.gamma;
            let points = [(opened.nonce, gamma_u), (opened.key, gamma_v)];
            inputs.add(receiver.factor(), points, &d, rng);
            shares.push(d);
        }
        // [S2.5] and its inputs are the opened ones
        let consistent = inputs.match_points();
        results.push(alloc::vec![(products, "S2.4", Fault::Vole), (consistent, "S2.5", Fault::Consistency)]);
        all.push(shares);
    }
    team.settle(2, &results)?;
    Ok(all)
}

/// Whether `chi R_j - Gamma^u_j = d^u G` and `chi pk_j - Gamma^v_j = d^v G` hold in every item of one peer: one equation, the sum of all of
/// these with random weights of 128 bits, drawn after the points were fixed. If one of them does not hold, it does with probability
/// `2^-128`.
struct Inputs<S: EcdsaScheme> {
    secret: Vec<(Point<S>, Scalar<S>)>,
    public: Vec<(Point<S>, Scalar<S>)>,
    sum: Scalar<S>,
}

impl<S: EcdsaScheme> Inputs<S> {
    /// Of so many items: room for all, since a list that grows leaves copies behind.
    fn of(items: usize) -> Self {
        let (secret, public) = (Vec::with_capacity(2 * items), Vec::with_capacity(2 * items));
        Self { secret, public, sum: Scalar::<S>::ZERO }
    }

    /// One item: `chi`; `R_j` and `pk_j`, each with its `Gamma`; `d^u, d^v`.
    fn add(
        &mut self,
        factor: &Secret<Scalar<S>>,
        points: [(Point<S>, Point<S>); 2],
        d: &Products<S>,
        rng: &mut dyn CryptoRng,
    ) {
        for ((point, gamma), d) in points.into_iter().zip(d.expose()) {
            // The first of a sum needs no weight.
            let weight = if self.public.is_empty() { Scalar::<S>::ONE } else { random_weight::<S>(rng) };
            self.secret.push((point, weight * factor.expose()));
            self.public.push((gamma, weight));
            self.sum += weight * d;
        }
    }

    fn match_points(&self) -> Choice {
        let products = S::Curve::mul_sum(&self.secret) - S::Curve::msm_vartime(&self.public);
        products.ct_eq(&S::Curve::mul_base(&self.sum))
    }
}

impl<S: EcdsaScheme> Drop for Inputs<S> {
    fn drop(&mut self) {
        self.secret.iter_mut().for_each(|(_, scalar)| scalar.zeroize());
        self.sum.zeroize();
    }
}

/// `V2 = H("sign-view2"; sid, per id ascending one item u16 id || R_id || pk_id)`.
fn openings_view(sid: &[u8; 32], mut all: Vec<(PartyId, &[u8], &[u8])>) -> [u8; 32] {
    all.sort_unstable_by_key(|(id, ..)| *id);
    let start = Transcript::new(Tag::SignView2).bytes(sid);
    all.into_iter().fold(start, |t, (id, nonce, key)| t.parts(&[&id.to_bytes(), nonce, key])).finish()
}

impl<S: EcdsaScheme> Opened<S> {
    /// `Phi_i = phi_i + sum psi_{j,i}`, `u_i = r_i Phi_i + sum (c^u + d^u)`, `v_i = sk_i Phi_i + sum (c^v + d^v)`.
    fn fragments<'a>(
        &self,
        psi: impl Iterator<Item = &'a Scalar<S>>,
        d: &[&Products<S>],
    ) -> Secret<[Scalar<S>; 3]>
    where
        Scalar<S>: 'a,
    {
        let mask = self.mask.expose();
        let sum = Zeroizing::new(psi.fold(*mask, |sum, psi| sum + psi));
        let add = |start: Scalar<S>, at: fn(&[Scalar<S>; 2]) -> &Scalar<S>| {
            let c = self.c.iter().map(|c| at(c.expose()));
            c.chain(d.iter().map(|d| at(d.expose()))).fold(start, |sum, part| sum + part)
        };
        let u = add(*sum * self.nonce.expose(), |[u, _]| u);
        let v = add(*sum * self.share.expose(), |[_, v]| v);
        Secret::new([*mask, u, v])
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::curve::{EcdsaP256, EcdsaSecp256k1, random_scalar};

    /// Whether two items pass with these errors in their four Gammas.
    fn passes<S: EcdsaScheme>(errors: [Scalar<S>; 4], rng: &mut ChaCha20Rng) -> bool {
        let mut inputs = Inputs::<S>::of(2);
        for errors in errors.as_chunks::<2>().0 {
            let chi = Secret::new(random_scalar::<S::Curve>(rng));
            let d = Secret::new([0; 2].map(|_| random_scalar::<S::Curve>(rng)));
            let point = |d: &Scalar<S>, error: &Scalar<S>, rng: &mut ChaCha20Rng| {
                let log = random_scalar::<S::Curve>(rng);
                (S::Curve::mul_base(&log), S::Curve::mul_base(&(log * chi.expose() - d + error)))
            };
            let [u, v] = d.expose();
            let points = [point(u, &errors[0], rng), point(v, &errors[1], rng)];
            inputs.add(&chi, points, &d, rng);
        }
        inputs.match_points().into()
    }

    /// A lie in any of the equations, and lies that would cancel in a sum without weights.
    #[test]
    fn s2_5_errors_do_not_cancel_between_inputs_or_items() {
        fn both<S: EcdsaScheme>() {
            let mut rng = ChaCha20Rng::seed_from_u64(3);
            let (zero, x) = (Scalar::<S>::ZERO, random_scalar::<S::Curve>(&mut rng));
            assert!(passes::<S>([zero; 4], &mut rng));
            for at in 0..4 {
                let mut errors = [zero; 4];
                errors[at] = x;
                assert!(!passes::<S>(errors, &mut rng));
                for other in (0..4).filter(|other| *other != at) {
                    let mut errors = errors;
                    errors[other] = -x;
                    assert!(!passes::<S>(errors, &mut rng));
                }
            }
        }
        both::<EcdsaSecp256k1>();
        both::<EcdsaP256>();
    }
}
