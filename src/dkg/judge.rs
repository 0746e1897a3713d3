//! The judge: anybody with the terms of the run and the evidence reaches the verdict, without a secret.

use alloc::vec::Vec;

use super::Deal;
use super::carriage::{Carriage, Opened, Own};
use super::complaint::pad;
use super::msg::{CERTIFY_LEN, Commit, Complaint, Reveal, Share, signature_of, view_of};
use super::round2::{constant_holds, read_claim};
use crate::curve::{Curve, Scheme, Unchecked, read_point, read_scalar};
use crate::error::Fault;
use crate::evidence::{Envelope, Evidence, EvidenceKind};
use crate::hash::sha256;
use crate::key::Sharing;
use crate::party::PartyId;
use crate::proof::commit::Opening;
use crate::proof::dleq;
use crate::session::{Finding, Guilty, Terms, equivocation, view};
use crate::wire::Kind;

pub(super) fn judge_deal<S: Scheme>(deal: &Deal<S>, carriage: &dyn Carriage, evidence: &Evidence) -> Finding {
    let court = Court::new(deal, carriage);
    let finding = match evidence.kind {
        EvidenceKind::Equivocation => equivocation(evidence, deal.cast(), &court.terms),
        EvidenceKind::Undecodable => court.undecodable(evidence),
        EvidenceKind::Opening => court.opening(evidence),
        EvidenceKind::Complaint => court.complaint(evidence),
        EvidenceKind::Certificate => court.certificate(evidence),
        EvidenceKind::SignatureShare => None,
    };
    finding.into()
}

/// What everybody with these reveals must certify, as far as `judged` must know.
pub(super) fn certified_by<S: Scheme>(
    deal: &Deal<S>,
    reveals: &[(PartyId, Vec<u8>)],
    judged: PartyId,
) -> Option<Sharing<S>> {
    Court::new(deal, &Own::new(deal)).certified(reveals, judged)
}

struct Court<'a, S: Scheme> {
    deal: &'a Deal<S>,
    carriage: &'a dyn Carriage,
    terms: Terms,
}

impl<'a, S: Scheme> Court<'a, S> {
    fn new(deal: &'a Deal<S>, carriage: &'a dyn Carriage) -> Self {
        Self { deal, carriage, terms: deal.terms(PartyId::COORDINATOR) }
    }
}

impl<S: Scheme> Court<'_, S> {
    /// The message, in its slot.
    fn admit_as(&self, envelope: &Envelope, round: u8, kind: Kind) -> Option<Opened> {
        let verified = self.carriage.open(envelope)?;
        let header = verified.header();
        let addressed = header.to.is_some() == (kind == Kind::Direct);
        (header.round == round && header.kind == kind && addressed).then_some(verified)
    }

    /// A body of another length, or of who does not send one, never reaches a session, so nobody is convicted by one.
    fn commit<'a>(&self, verified: &'a Opened) -> Option<Commit<'a>> {
        Commit::parse(self.deal, verified.header().from, verified.body())
    }

    fn reveal<'a>(&self, verified: &'a Opened) -> Option<Reveal<'a>> {
        let dealt = self.deal.deals(verified.header().from);
        dealt.then(|| Reveal::parse(self.deal, verified.body()))?
    }

    fn undecodable(&self, evidence: &Evidence) -> Guilty {
        let [envelope] = evidence.messages.as_slice() else { return None };
        let verified = self.carriage.open(envelope)?;
        let (from, kind) = (verified.header().from, verified.header().kind);
        if verified.header().to.is_some() != (kind == Kind::Direct) {
            return None;
        }
        let bad = match (verified.header().round, kind) {
            (1, Kind::All) => {
                let commit = self.commit(&verified)?;
                commit.keys::<S::Curve>().any(|key| read_point::<S::Curve>(key).is_none())
            }
            (2, Kind::All) => {
                let reveal = self.reveal(&verified)?;
                read_claim::<S::Curve>(from, &reveal).is_none()
                    || strict_points::<S::Curve>(reveal.points).is_none()
            }
            (2, Kind::Direct) if self.deal.deals(from) => {
                let share = Share::parse::<S::Curve>(verified.body())?;
                read_point::<S::Curve>(share.point).is_none()
                    || read_scalar::<S::Curve>(share.masked).is_none()
            }
            (3, Kind::Complaint) if self.deal.receives(from) => {
                let complaint = self.parse(&verified)?;
                let dealer = PartyId::new(complaint.accused).ok();
                let named = dealer.filter(|j| *j != from && self.deal.deals(*j));
                named.is_none_or(|dealer| {
                    quoted_share(self.carriage, &self.terms, dealer, from, &complaint).is_none()
                })
            }
            _ => false,
        };
        bad.then_some((from, Fault::Malformed))
    }

    fn parse<'a>(&self, complaint: &'a Opened) -> Option<Complaint<'a>> {
        Complaint::parse::<S::Curve>(complaint.body(), self.carriage.share_envelope_len())
    }

    fn opening(&self, evidence: &Evidence) -> Guilty {
        let [commit, reveal] = evidence.messages.as_slice() else { return None };
        let (commit, reveal) = (self.admit_as(commit, 1, Kind::All)?, self.admit_as(reveal, 2, Kind::All)?);
        let from = reveal.header().from;
        let view = self.reveal(&reveal)?;
        let commitment = self.commit(&commit)?.commitment?;
        if commit.header().from != from {
            return None;
        }
        let opening = Opening { points: view.points, chain: view.chain, salt: view.salt };
        if commitment != &opening.commit(&self.terms.sid(), from) {
            return Some((from, Fault::BadOpening));
        }
        let claim = read_claim::<S::Curve>(from, &view)?;
        if !constant_holds(self.deal, &claim) {
            return Some((from, Fault::BadConstant));
        }
        (!claim.verify(view.e1)).then_some((from, Fault::BadProof))
    }

    fn complaint(&self, evidence: &Evidence) -> Guilty {
        let [complaint, reveal, share, commit] = evidence.messages.as_slice() else { return None };
        let [commit_hashes, reveal_hashes] = evidence.attachments.as_slice() else { return None };
        let complaint = self.admit_as(complaint, 3, Kind::Complaint)?;
        let (reveal, commit) = (self.admit_as(reveal, 2, Kind::All)?, self.admit_as(commit, 1, Kind::All)?);
        let (complainant, dealer) = (complaint.header().from, reveal.header().from);
        let quoted = self.parse(&complaint)?;
        let view_reveal = self.reveal(&reveal)?;
        let sound = commit.header().from == complainant
            && quoted.accused == dealer.get()
            && share.to_bytes() == quoted.envelope
            // the complainant's one-time keys are those the dealer saw, and the reveal is the one the complainant saw
            && self.view(1, commit_hashes, complainant, commit.body())? == *view_reveal.e1
            && self.view(2, reveal_hashes, dealer, reveal.body())? == *quoted.e2;
        if !sound {
            return None;
        }
        let case = Case {
            deal: self.deal,
            carriage: self.carriage,
            terms: &self.terms,
            e1: view_reveal.e1,
            dealer,
            complainant,
            complaint: &quoted,
        };
        match case.decide(&view_reveal, &self.commit(&commit)?) {
            Outcome::Dealer(fault) => Some((dealer, fault)),
            Outcome::Complainant => Some((complainant, Fault::FalseComplaint)),
            Outcome::Inconclusive => None,
        }
    }

    fn certificate(&self, evidence: &Evidence) -> Guilty {
        let ([certify], [reveals]) = (evidence.messages.as_slice(), evidence.attachments.as_slice()) else {
            return None;
        };
        let certify = self.admit_as(certify, 3, Kind::All)?;
        if certify.body().len() != CERTIFY_LEN {
            return None;
        }
        let from = certify.header().from;
        let sharing = self.certified(reveals, from)?;
        let [_, e2] = &sharing.views;
        if view_of(certify.body())? != e2 {
            return None;
        }
        let signature = signature_of(certify.body())?;
        (!self.deal.cast().verify(from, &sharing.to_sign(), signature)).then_some((from, Fault::BadSignature))
    }

    /// What everybody with these reveals must certify. The view `e1` is the one that the judged party signed as a dealer; who did not
    /// deal certifies the dealers' common one.
    fn certified(&self, reveals: &[(PartyId, Vec<u8>)], judged: PartyId) -> Option<Sharing<S>> {
        let hashes: Vec<_> = reveals.iter().map(|(id, body)| (*id, sha256(body))).collect();
        let e2 = self.view_of_all(2, &hashes)?;
        let mut sums = alloc::vec![Unchecked::<S::Curve>::identity(); self.deal.points()];
        let mut views = Vec::with_capacity(reveals.len());
        let mut parts = Vec::with_capacity(reveals.len());
        for (id, body) in reveals {
            let reveal = Reveal::parse(self.deal, body)?;
            for (sum, point) in sums.iter_mut().zip(reveal.points.chunks(S::Curve::POINT_LEN)) {
                *sum += Unchecked::read(point)?;
            }
            views.push((*id, *reveal.e1));
            parts.push(reveal.chain);
        }
        let signed = views.iter().find(|(id, _)| *id == judged).or(views.first());
        let e1 = signed.map(|(_, e1)| *e1)?;
        let one = self.deal.deals(judged) || views.iter().all(|(_, view)| *view == e1);
        let points = sums.into_iter().map(Unchecked::check).collect::<Option<Vec<_>>>()?;
        let commitment = self.deal.commitment(points).ok()?;
        one.then(|| self.deal.sharing([e1, e2], commitment, parts))
    }

    /// The view that has these hashes, if `body` is the one of `member` in it.
    fn view(
        &self,
        round: u8,
        hashes: &[(PartyId, Vec<u8>)],
        member: PartyId,
        body: &[u8],
    ) -> Option<[u8; 32]> {
        let hashes: Option<Vec<_>> =
            hashes.iter().map(|(id, h)| Some((*id, h.as_slice().try_into().ok()?))).collect();
        let hashes: Vec<(PartyId, [u8; 32])> = hashes?;
        let there = hashes.iter().any(|(id, hash)| *id == member && *hash == sha256(body));
        there.then(|| self.view_of_all(round, &hashes))?
    }

    /// The view with exactly one hash from everybody who sends in the round, ascending.
    fn view_of_all(&self, round: u8, hashes: &[(PartyId, [u8; 32])]) -> Option<[u8; 32]> {
        let senders = if round == 1 { self.deal.cast().parties() } else { self.deal.dealers() };
        let complete = hashes.iter().map(|(id, _)| *id).eq(senders.iter());
        complete.then(|| view(&self.terms.sid(), round, hashes))
    }
}

/// Points that are canonical, of prime order, and not the identity.
pub(super) fn strict_points<C: Curve>(bytes: &[u8]) -> Option<Vec<Unchecked<C>>> {
    bytes.chunks(C::POINT_LEN).map(|b| read_point::<C>(b).map(Unchecked::of)).collect()
}

/// The share that a complaint quotes, if it is `dealer`'s to `complainant`, signed, in this run.
fn quoted_share(
    carriage: &dyn Carriage,
    terms: &Terms,
    dealer: PartyId,
    complainant: PartyId,
    complaint: &Complaint<'_>,
) -> Option<Opened> {
    let verified = carriage.open(&Envelope::from_bytes(complaint.envelope)?)?;
    let expected = terms.header(2, Kind::Direct, dealer, Some(complainant));
    (verified.header() == &expected).then_some(verified)
}

/// One complaint, with everything it is decided by.
pub(super) struct Case<'a, S: Scheme> {
    pub(super) deal: &'a Deal<S>,
    pub(super) carriage: &'a dyn Carriage,
    pub(super) terms: &'a Terms,
    pub(super) e1: &'a [u8; 32],
    pub(super) dealer: PartyId,
    pub(super) complainant: PartyId,
    pub(super) complaint: &'a Complaint<'a>,
}

/// Who lied.
pub(super) enum Outcome {
    Dealer(Fault),
    Complainant,
    Inconclusive,
}

impl<S: Scheme> Case<'_, S> {
    pub(super) fn decide(&self, reveal: &Reveal<'_>, commit: &Commit<'_>) -> Outcome {
        // (1) the quoted share is signed by the dealer, to the complainant, in this run
        let Some(quoted) =
            quoted_share(self.carriage, self.terms, self.dealer, self.complainant, self.complaint)
        else {
            return Outcome::Inconclusive;
        };
        let Some(share) = Share::parse::<S::Curve>(quoted.body()) else { return Outcome::Inconclusive };
        let Some(key_bytes) = commit.key_for(self.deal, self.complainant, self.dealer) else {
            return Outcome::Inconclusive;
        };
        // (2) D or c does not decode: the dealer's fault
        let decoded = (read_point::<S::Curve>(share.point), read_scalar::<S::Curve>(share.masked));
        let (Some(point), Some(masked)) = decoded else { return Outcome::Dealer(Fault::Malformed) };
        // (3) K does not decode, or the proof does not hold: the complainant's fault
        let Some(opened) = self.opened(key_bytes, share.point, &point) else {
            return Outcome::Complainant;
        };
        // (4) the share itself
        let pad = pad::<S::Curve>(self.e1, self.dealer, self.complainant, key_bytes, share.point, opened);
        let claimed = Unchecked::of(S::Curve::mul_base(&(masked - pad)));
        let points = strict_points::<S::Curve>(reveal.points);
        if points.is_some_and(|points| self.deal.evaluate(&points, self.complainant) == claimed) {
            Outcome::Complainant
        } else {
            Outcome::Dealer(Fault::BadShare)
        }
    }

    /// `K`, encoded, if it is `e*D` for the `e` behind the complainant's one-time key.
    fn opened(
        &self,
        key_bytes: &[u8],
        point_bytes: &[u8],
        point: &<S::Curve as Curve>::Point,
    ) -> Option<&[u8]> {
        let complaint = self.complaint;
        let key = read_point::<S::Curve>(key_bytes)?;
        let opened = read_point::<S::Curve>(complaint.opened)?;
        let (c, z) = (read_scalar::<S::Curve>(complaint.c)?, read_scalar::<S::Curve>(complaint.z)?);
        let statement = dleq::Statement {
            e1: self.e1,
            complainant: self.complainant,
            dealer: self.dealer,
            key: key_bytes,
            point: point_bytes,
            opened: complaint.opened,
        };
        dleq::verify::<S::Curve>(&statement, [&key, point, &opened], &c, &z).then_some(complaint.opened)
    }
}
