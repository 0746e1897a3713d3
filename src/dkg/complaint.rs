//! Encrypted shares, and what happens when one is bad.
//!
//! A share travels as `c = f_j(i) + H2S("dkg-pad"; e1, u16 j, u16 i, E, D, d*E) mod q`: a pad, not an authenticated
//! cipher, so that decryption is a function of the point and no second key opens it to something else. A receiver that
//! opens `K = e*D` with a proof lets everybody recompute the share: the dealer's or the complainant's lie shows.

use alloc::vec::Vec;

use ff::Field;
use rand_core::CryptoRng;

use super::Deal;
use super::carriage::Carriage;
use super::judge::{Case, Outcome};
use super::msg::{Commit, Complaint, Reveal};
use crate::curve::{Curve, Scheme, encode_point, read_point, write_scalar};
use crate::error::Fault;
use crate::evidence::{Envelope, Evidence, EvidenceKind};
use crate::hash::{Tag, Transcript};
use crate::party::PartyId;
use crate::proof::dleq;
use crate::session::{Inbox, Message, Outbox, body_hashes, view};
use crate::wire::Kind;

/// The pad of the share that `dealer` sends to `receiver`.
pub(super) fn pad<C: Curve>(
    e1: &[u8; 32],
    dealer: PartyId,
    receiver: PartyId,
    key: &[u8],
    point: &[u8],
    shared: &[u8],
) -> C::Scalar {
    let start = Transcript::new(Tag::DkgPad).bytes(e1).party(dealer).party(receiver);
    start.bytes(key).bytes(point).bytes(shared).scalar::<C>()
}

/// The complaint about `dealer`'s share to us, opened with the one-time secret `e`. Where the share does not even decode, there
/// is nothing to open: `K = G`, `c = z = 0`, and the judge decides by the share's own bytes.
pub(super) fn complain<S: Scheme>(
    inbox: &Inbox,
    deal: &Deal<S>,
    e1: &[u8; 32],
    dealer: PartyId,
    e: &<S::Curve as Curve>::Scalar,
    rng: &mut dyn CryptoRng,
) -> Option<Outbox> {
    let terms = inbox.terms();
    let message = inbox.direct_from(2, dealer)?;
    let envelope = inbox.envelope(2, message)?;
    let point_bytes = message.body.get(..S::Curve::POINT_LEN)?;
    let own = inbox.from(1, terms.me).and_then(|m| Commit::parse(deal, terms.me, &m.body))?;
    let key = own.key_for(deal, terms.me, dealer)?;
    let (opened, c, z) = match read_point::<S::Curve>(point_bytes) {
        Some(point) => {
            let opened = encode_point::<S::Curve>(&S::Curve::mul(&point, e))?;
            let complainant = terms.me;
            let statement =
                dleq::Statement { e1, complainant, dealer, key, point: point_bytes, opened: &opened };
            let (c, z) = dleq::prove::<S::Curve>(&statement, e, &point, rng)?;
            (opened, c, z)
        }
        None => {
            let (one, zero) = (<S::Curve as Curve>::Scalar::ONE, <S::Curve as Curve>::Scalar::ZERO);
            (encode_point::<S::Curve>(&S::Curve::mul_base(&one))?, zero, zero)
        }
    };
    let mut body: Vec<u8> = view(&terms.sid(), 2, &body_hashes(inbox, 2)).to_vec();
    body.extend_from_slice(&dealer.to_bytes());
    body.extend_from_slice(&opened);
    write_scalar::<S::Curve>(&c, &mut body);
    write_scalar::<S::Curve>(&z, &mut body);
    body.extend_from_slice(&envelope.bytes);
    body.extend_from_slice(&envelope.signature);
    Some(Outbox::to_all(3, Kind::Complaint, body))
}

/// The judge's decision about a complaint received in the run, with the evidence that convinces others.
///
/// The messages of the run were verified when they arrived; what the complaint quotes is verified here. Inside the run a
/// complaint that decides nothing is the complainant's fault.
pub(super) fn decide_in_run<S: Scheme>(
    inbox: &Inbox,
    deal: &Deal<S>,
    carriage: &dyn Carriage,
    e1: &[u8; 32],
    message: &Message,
) -> (PartyId, Fault, Option<Evidence>) {
    let complainant = message.from;
    let malformed = (complainant, Fault::Malformed, undecodable(inbox, message));
    let parsed = Complaint::parse::<S::Curve>(&message.body, carriage.share_envelope_len());
    let Some(complaint) = parsed else { return malformed };
    let Some(dealer) = PartyId::new(complaint.accused).ok().filter(|j| *j != complainant) else {
        return malformed;
    };
    let (Some(reveal), Some(commit)) = (inbox.from(2, dealer), inbox.from(1, complainant)) else {
        return malformed;
    };
    let case = Case { deal, carriage, terms: inbox.terms(), e1, dealer, complainant, complaint: &complaint };
    let parsed = (Reveal::parse(deal, &reveal.body), Commit::parse(deal, complainant, &commit.body));
    let (Some(reveal_view), Some(commit_view)) = parsed else { return malformed };
    let (who, fault) = match case.decide(&reveal_view, &commit_view) {
        Outcome::Dealer(fault) => (dealer, fault),
        Outcome::Complainant => (complainant, Fault::FalseComplaint),
        Outcome::Inconclusive => return malformed,
    };
    (who, fault, evidence(inbox, message, reveal, commit, &complaint))
}

fn undecodable(inbox: &Inbox, message: &Message) -> Option<Evidence> {
    Some(Evidence::new(EvidenceKind::Undecodable, alloc::vec![inbox.envelope(3, message)?]))
}

fn evidence(
    inbox: &Inbox,
    complaint: &Message,
    reveal: &Message,
    commit: &Message,
    quoted: &Complaint<'_>,
) -> Option<Evidence> {
    let share = Envelope::from_bytes(quoted.envelope)?;
    let messages = alloc::vec![
        inbox.envelope(3, complaint)?,
        inbox.envelope(2, reveal)?,
        share,
        inbox.envelope(1, commit)?,
    ];
    let hashes = |round| body_hashes(inbox, round).into_iter().map(|(id, h)| (id, h.to_vec())).collect();
    Some(Evidence::new(EvidenceKind::Complaint, messages).attach(hashes(1)).attach(hashes(2)))
}
