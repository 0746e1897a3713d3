//! Round 3 of a set: one signature of everybody for all keys, or a complaint about a share of one.
//!
//! Checks as in [`crate::dkg`], in its order: K3.2 certificate signatures and K3.3 complaints, of everybody who saw what we saw; then K3.1
//! equal views. A certificate's view is that of every key; a complaint's is that of the key it is about, and that decides whether the
//! complainant saw the reveal it is judged by.

use alloc::vec::Vec;

use super::Run;
use super::bundle::Bundle;
use super::cut::{Carried, lift};
use super::pending::PendingSet;
use crate::error::{Abort, Charges, Fault};
use crate::evidence::{Evidence, EvidenceKind};
use crate::identity::Pending;
use crate::key::Certificate;
use crate::party::PartyId;
use crate::session::{Inbox, Message, views_differ};
use crate::wire::Kind;

/// Views of all keys, and the signature.
pub(super) fn split_certify(body: &[u8]) -> Option<(&[[u8; 32]], &[u8; 64])> {
    let (views, signature) = body.split_last_chunk::<64>()?;
    let (views, rest) = views.as_chunks::<32>();
    rest.is_empty().then_some((views, signature))
}

/// Makes the shares the keys.
///
/// # Errors
/// [`Abort`] with check K3.1, K3.2 or K3.3. The shares stay pending: a complete certificate that arrives later makes them the keys.
pub(super) fn finish(run: &Run, pending: PendingSet, inbox: &Inbox) -> Result<Bundle, Abort> {
    let (own, input) = (pending.last_views(), pending.to_sign());
    let (mut charges, mut same) = (Charges::default(), true);
    let mut signatures = Vec::with_capacity(run.roster.len());
    for message in inbox.all(3) {
        if message.kind == Kind::Complaint {
            // [K3.3] the judge decides between complainant and dealer
            match decide(run, &pending, inbox, message) {
                Decision::Convicts(who, fault, evidence) => charges.add(who, "K3.3", fault, evidence),
                Decision::OtherView => same = false,
            }
            continue;
        }
        let certify = split_certify(&message.body).filter(|(views, _)| *views == own);
        let Some((_, signature)) = certify else {
            same = false;
            continue;
        };
        // [K3.2] the signature of j on the certificate of all keys
        if pending.signed_by(message.from, &input, signature) {
            signatures.push(*signature);
        } else {
            let evidence = certificate_evidence(inbox, message);
            charges.add(message.from, "K3.2", Fault::BadSignature, evidence);
        }
    }
    charges.verdict(3)?;
    // [K3.1] everybody saw the same round 2, of every key
    if !same {
        return Err(views_differ(3, "K3.1", run.roster.parties(), inbox.terms().me));
    }
    let certificate = Certificate::of_set(pending.certs(), signatures);
    Ok(pending.certified(&certificate))
}

enum Decision {
    Convicts(PartyId, Fault, Option<Evidence>),
    /// The complainant saw another round 2 of this key.
    OtherView,
}

/// A complaint about a share of one key, decided as that key's.
fn decide(run: &Run, pending: &PendingSet, inbox: &Inbox, message: &Message) -> Decision {
    let undecodable = || {
        let envelope = inbox.envelope(3, message);
        envelope.map(|envelope| Evidence::new(EvidenceKind::Undecodable, alloc::vec![envelope]))
    };
    // No key has this place, or its complaints another length.
    let Some((index, complaint)) = accused_key(run, message) else {
        return Decision::Convicts(message.from, Fault::Malformed, undecodable());
    };
    let (views, first) = (pending.last_views(), pending.first_view(index));
    let (Some(part), Some(e1)) = (run.parts.get(index), first) else { return Decision::OtherView };
    if complaint.body.first_chunk() != views.get(index) {
        return Decision::OtherView;
    }
    let inner = run.inbox(index, part.as_ref(), inbox);
    let carried = Carried::new(run, index, part.as_ref());
    let (who, fault, evidence) = part.decide(&inner, &carried, e1, &complaint);
    Decision::Convicts(who, fault, evidence.and_then(|evidence| lift(inbox, evidence)))
}

/// The place of the key that a complaint is about, and that key's complaint.
fn accused_key(run: &Run, message: &Message) -> Option<(usize, Message)> {
    let &Message { from, kind, signature, .. } = message;
    let index = usize::from(*message.body.first()?);
    let body = run.cut(index, 3, kind, &message.body)?.to_vec();
    Some((index, Message { from, kind, body, signature }))
}

fn certificate_evidence(inbox: &Inbox, message: &Message) -> Option<Evidence> {
    let reveals = inbox.all(2).into_iter().map(|m| (m.from, m.body.clone())).collect();
    let envelope = inbox.envelope(3, message)?;
    Some(Evidence::new(EvidenceKind::Certificate, alloc::vec![envelope]).attach(reveals))
}
