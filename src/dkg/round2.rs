//! Round 2: everybody's polynomial is public, every share has arrived; verify, and hold a pending share.
//!
//! Checks at the end of the round, in this order: K2.1 equal views of round 1; K2.2 commitments open; K2.3 fields are
//! canonical; E2.1 and I2.1 constants; K2.4 proofs of knowledge; K2.7, E2.2 the public key; K2.5 and K2.6 the shares. What is optimistic about them, and
//! why the verdict is that of eager checks, is in the module's documentation.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::complaint::{self, pad};
use super::judge::strict_points;
use super::msg::{Commit, Reveal, Share};
use super::round1::read_scalars;
use super::{Deal, Round3};
use crate::curve::{Curve, Scheme, Unchecked, encode_point, read_point, read_scalar, write_scalar};
use crate::error::{Abort, Chance, Charges, Fault};
use crate::evidence::{Evidence, EvidenceKind};
use crate::key::{PendingSeat, PendingShare};
use crate::party::PartyId;
use crate::proof::commit::Opening;
use crate::proof::dlog::{self, Claim};
use crate::secret::{Secret, published};
use crate::session::{Failure, Inbox, Message, body_hashes, view, views_differ};
use crate::wire::Reader;

/// Points decoded at a time: bounds the memory that a large run needs beyond its messages.
const POINTS_AT_ONCE: usize = 8192;

/// Revealed and dealt; waiting for the others' polynomials and shares.
#[derive(Debug)]
pub struct Round2<S: Scheme> {
    deal: Deal<S>,
    e1: [u8; 32],
    /// `f_i(i)` of a dealer, and the share held before, in a refresh.
    own: Secret<<S::Curve as Curve>::Scalar>,
    /// `e_{i,j}` per other dealer `j`, ascending; of a receiver.
    keys: Secret<Vec<<S::Curve as Curve>::Scalar>>,
}

/// A sub-share that arrived: the dealer, and the value unless it does not decode.
type SubShare<S> = (PartyId, Option<Secret<<<S as Scheme>::Curve as Curve>::Scalar>>);

impl<S: Scheme> Round2<S> {
    pub(super) const fn new(
        deal: Deal<S>,
        e1: [u8; 32],
        own: Secret<<S::Curve as Curve>::Scalar>,
        keys: Secret<Vec<<S::Curve as Curve>::Scalar>>,
    ) -> Self {
        Self { deal, e1, own, keys }
    }

    /// Verifies everything and makes the share, if this device is to have one. If a share is bad, the failure's last words are the
    /// complaint.
    ///
    /// # Errors
    /// [`Failure`] with check K2.1 to K2.7, E2.1, I2.1, E2.2 or R2.1.
    pub fn finish(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Round3<S>, Failure> {
        let terms = inbox.terms();
        let parties = self.deal.cast().parties();
        // [K2.1] everybody saw the same round 1, before anything else of round 2
        if !self.reveals(inbox).all(|(_, reveal)| reveal.e1 == &self.e1) {
            return Err(views_differ(2, "K2.1", parties, terms.me).into());
        }
        let sums = self.polynomials(inbox, rng)?;
        // [K2.7], [E2.2] no point is the identity, and the public key is the one there was
        let commitment = self.deal.commitment(sums);
        let commitment = commitment.map_err(|(check, why)| Abort::no_fault(2, check, why))?;
        let mut share = None;
        if self.deal.receives(terms.me) {
            let sub_shares = self.sub_shares(inbox);
            // [K2.6] first the sum: s_i * G == sum_k i^k V_k; in a refresh, with the share held before, [R2.1]
            share = self.sum(&sub_shares).filter(|share| commitment.verify(terms.me, share.expose()));
            if share.is_none() {
                return Err(self.complain(inbox, &sub_shares, rng));
            }
        }
        let e2 = view(&terms.sid(), 2, &body_hashes(inbox, 2));
        let reveals = self.all_reveals(inbox);
        let parts = reveals.iter().map(|(_, reveal)| reveal.chain);
        let sharing = self.deal.sharing([self.e1, e2], commitment, parts);
        let pending = match share {
            Some(share) => PendingShare::new(terms.me, share, sharing).into(),
            None => PendingSeat::leaver(terms.me, sharing),
        };
        Ok(Round3::new(pending, self.deal))
    }

    fn parse<'a>(&self, message: &'a Message) -> Option<(&'a Message, Reveal<'a>)> {
        Some((message, Reveal::parse(&self.deal, &message.body)?))
    }

    /// The other dealers' reveals. Their lengths were checked on receipt, so none is missing.
    fn reveals<'a>(&self, inbox: &'a Inbox) -> impl Iterator<Item = (&'a Message, Reveal<'a>)> {
        inbox.others(2).filter_map(|m| self.parse(m))
    }

    fn all_reveals<'a>(&self, inbox: &'a Inbox) -> Vec<(&'a Message, Reveal<'a>)> {
        inbox.all(2).into_iter().filter_map(|m| self.parse(m)).collect()
    }

    /// Checks every dealer's polynomial and returns the sums over all dealers.
    fn polynomials(
        &self,
        inbox: &Inbox,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<<S::Curve as Curve>::Point>, Abort> {
        let (me, t) = (inbox.terms().me, self.deal.points());
        let mut charges = Charges::default();
        let mut sums = alloc::vec![Unchecked::<S::Curve>::identity(); t];
        let all = self.all_reveals(inbox);
        for dealers in all.chunks((POINTS_AT_ONCE / t.max(1)).max(1)) {
            let mut claims: Vec<Claim<'_, S::Curve>> = Vec::with_capacity(dealers.len());
            for (message, reveal) in dealers {
                match self.claim(inbox, message, reveal) {
                    Ok(claim) => claims.push(claim),
                    Err((check, fault)) => {
                        charges.add(message.from, check, fault, reveal_evidence(inbox, message, fault));
                    }
                }
            }
            for claim in &claims {
                sums.iter_mut().zip(&claim.points).for_each(|(sum, point)| *sum += point);
            }
            claims.retain(|claim| claim.prover != me);
            // [K2.4] proofs of knowledge: all at once, singly if that fails
            if !dlog::verify_all(&self.e1, &claims, rng) {
                for claim in claims.iter().filter(|claim| !claim.verify(&self.e1)) {
                    let (check, fault) = match strict_points::<S::Curve>(claim.points_bytes) {
                        Some(_) => ("K2.4", Fault::BadProof),
                        None => ("K2.3", Fault::Malformed),
                    };
                    let evidence = inbox.from(2, claim.prover).and_then(|m| reveal_evidence(inbox, m, fault));
                    charges.add(claim.prover, check, fault, evidence);
                }
            }
        }
        // [K2.3] order: what enters the output is checked, and only if it fails, or somebody cheated otherwise, each point
        let checked: Option<Vec<_>> = sums.into_iter().map(Unchecked::check).collect();
        match checked.filter(|_| charges.is_empty()) {
            Some(points) => Ok(points),
            None => {
                self.charge_orders(inbox, &mut charges);
                charges.verdict(2)?;
                Err(Abort::no_fault(2, "K2.3", Chance::OwnFault))
            }
        }
    }

    /// [K2.2], [K2.3] and [E2.1] of one dealer, but for the order of the points `A`.
    fn claim<'a>(
        &self,
        inbox: &Inbox,
        message: &'a Message,
        reveal: &Reveal<'a>,
    ) -> Result<Claim<'a, S::Curve>, (&'static str, Fault)> {
        let dealer = message.from;
        let commit = inbox.from(1, dealer).and_then(|m| Commit::parse(&self.deal, dealer, &m.body));
        // [K2.2] C_j opens with A_j, cc_j, salt_j
        let opening = Opening { points: reveal.points, chain: reveal.chain, salt: reveal.salt };
        let commitment = commit.and_then(|commit| commit.commitment);
        if commitment.is_none_or(|c| c != &opening.commit(&inbox.terms().sid(), dealer)) {
            return Err(("K2.2", Fault::BadOpening));
        }
        // [K2.3] A_{j,k}, R canonical, not the identity; z < q
        let claim = read_claim(dealer, reveal).ok_or(("K2.3", Fault::Malformed))?;
        // [E2.1] A_{j,0} is the dealer's weighted public share; [I2.1] the public key that is imported
        if !constant_holds(&self.deal, &claim) {
            return Err(match strict_points::<S::Curve>(reveal.points) {
                Some(_) => (self.deal.constant_check(), Fault::BadConstant),
                None => ("K2.3", Fault::Malformed),
            });
        }
        Ok(claim)
    }

    fn charge_orders(&self, inbox: &Inbox, charges: &mut Charges) {
        for (message, reveal) in self.reveals(inbox) {
            if !charges.against(message.from) && strict_points::<S::Curve>(reveal.points).is_none() {
                let evidence = reveal_evidence(inbox, message, Fault::Malformed);
                charges.add(message.from, "K2.3", Fault::Malformed, evidence);
            }
        }
    }

    /// Decrypts every sub-share: `f_j(i) = c_ji - H2S("dkg-pad"; e1, j, i, E, D, e*D)`.
    fn sub_shares(&self, inbox: &Inbox) -> Vec<SubShare<S>> {
        let me = inbox.terms().me;
        let own = inbox.from(1, me).and_then(|m| Commit::parse(&self.deal, me, &m.body));
        let open = |message: &Message, e: &<S::Curve as Curve>::Scalar| {
            let share = Share::parse::<S::Curve>(&message.body)?;
            // [K2.5] D canonical, of prime order, not the identity; c < q
            let point = read_point::<S::Curve>(share.point)?;
            let masked = read_scalar::<S::Curve>(share.masked)?;
            let key = own.as_ref()?.key_for(&self.deal, me, message.from)?;
            let shared = Secret::new(encode_point::<S::Curve>(&S::Curve::mul(&point, e))?);
            let pad = pad::<S::Curve>(&self.e1, message.from, me, key, share.point, shared.expose());
            Some(Secret::new(masked - pad))
        };
        inbox.direct(2).zip(self.keys.expose()).map(|(m, e)| (m.from, open(m, e))).collect()
    }

    /// `s_i`, unless a sub-share is missing.
    fn sum(&self, sub_shares: &[SubShare<S>]) -> Option<Secret<<S::Curve as Curve>::Scalar>> {
        let mut sum = Secret::new(*self.own.expose());
        for (_, share) in sub_shares {
            *sum.expose_mut() += share.as_ref()?.expose();
        }
        Some(sum)
    }

    /// Finds every dealer whose share is bad, and complains about the lowest.
    fn complain(&self, inbox: &Inbox, sub_shares: &[SubShare<S>], rng: &mut dyn CryptoRng) -> Failure {
        let me = inbox.terms().me;
        let mut charges = Charges::default();
        // [K2.3] torsion that cancelled in the sums is not overlooked once something fails
        self.charge_orders(inbox, &mut charges);
        let mut first = None;
        for (place, (dealer, share)) in sub_shares.iter().enumerate() {
            let (check, fault) = match share {
                None => ("K2.5", Fault::Malformed),
                Some(share) if self.fits(inbox, *dealer, share.expose(), me) => continue,
                Some(_) => ("K2.6", Fault::BadShare),
            };
            first.get_or_insert((*dealer, place));
            let share = inbox.direct_from(2, *dealer).filter(|_| fault == Fault::Malformed);
            let envelope = share.and_then(|message| inbox.envelope(2, message));
            let evidence = envelope.map(|e| Evidence::new(EvidenceKind::Undecodable, alloc::vec![e]));
            charges.add(*dealer, check, fault, evidence);
        }
        let key = first.and_then(|(dealer, place)| Some((dealer, self.keys.expose().get(place)?)));
        let last_words =
            key.and_then(|(dealer, e)| complaint::complain(inbox, &self.deal, &self.e1, dealer, e, rng));
        match charges.verdict(2) {
            Err(abort) => Failure { abort, last_words: last_words.map(Box::new) },
            Ok(()) => Abort::no_fault(2, "K2.6", Chance::OwnFault).into(),
        }
    }

    /// `f_j(i) * G == sum_k i^k A_{j,k}`, with every `A_{j,k}` of prime order, as the judge will check it.
    fn fits(&self, inbox: &Inbox, dealer: PartyId, share: &<S::Curve as Curve>::Scalar, me: PartyId) -> bool {
        let reveal = inbox.from(2, dealer).and_then(|m| self.parse(m));
        let points = reveal.and_then(|(_, reveal)| strict_points::<S::Curve>(reveal.points));
        let expected = Unchecked::of(S::Curve::mul_base(share));
        // The complaint says whose does not.
        points.is_some_and(|points| published(self.deal.evaluate(&points, me) == expected))
    }

    pub(super) fn save(&self, tag: u8) -> Secret<Vec<u8>> {
        let mut out = Secret::buffer(1 + (1 + self.keys.expose().len()) * S::Curve::SCALAR_LEN);
        out.expose_mut().push(tag);
        for k in core::iter::once(self.own.expose()).chain(self.keys.expose()) {
            write_scalar::<S::Curve>(k, out.expose_mut());
        }
        out
    }

    pub(super) fn restore(deal: Deal<S>, inbox: &Inbox, mut r: Reader<'_>) -> Option<Self> {
        let own = Secret::new(read_scalar::<S::Curve>(r.bytes(S::Curve::SCALAR_LEN)?)?);
        let me = inbox.terms().me;
        let count = if deal.receives(me) { deal.dealers().without(me).len() } else { 0 };
        let keys = read_scalars::<S::Curve>(&mut r, count)?;
        r.end()?;
        let e1 = view(&inbox.terms().sid(), 1, &body_hashes(inbox, 1));
        Some(Self { deal, e1, own, keys })
    }
}

/// Whether the constant is what the dealing says it must be, up to points of small order.
pub(super) fn constant_holds<S: Scheme>(deal: &Deal<S>, claim: &Claim<'_, S::Curve>) -> bool {
    let expected = deal.constant(claim.prover);
    expected.is_none_or(|c| claim.points.first().is_some_and(|a| a.equals_up_to_small_order(&c)))
}

/// Decodes a reveal for its proof; the points `A` may still have a small-order component, `R` may not.
pub(super) fn read_claim<'a, C: Curve>(prover: PartyId, reveal: &Reveal<'a>) -> Option<Claim<'a, C>> {
    let points = reveal.points.chunks(C::POINT_LEN).map(Unchecked::read).collect::<Option<Vec<_>>>()?;
    let (r, z) = (read_point::<C>(reveal.r)?, read_scalar::<C>(reveal.z)?);
    Some(Claim { prover, points_bytes: reveal.points, points, r_bytes: reveal.r, r, z })
}

/// The envelopes that convict a dealer of what its reveal shows.
fn reveal_evidence(inbox: &Inbox, reveal: &Message, fault: Fault) -> Option<Evidence> {
    let reveal_envelope = inbox.envelope(2, reveal)?;
    if fault == Fault::Malformed {
        return Some(Evidence::new(EvidenceKind::Undecodable, alloc::vec![reveal_envelope]));
    }
    let commit = inbox.envelope(1, inbox.from(1, reveal.from)?)?;
    Some(Evidence::new(EvidenceKind::Opening, alloc::vec![commit, reveal_envelope]))
}
