//! Round 3: everybody certifies, or somebody complains.
//!
//! Checks at the end of the round: K3.2 certificate signatures and K3.3 complaints, by the judge, of everybody who saw the
//! same round 2; then K3.1 equal views of round 2, in certificates and complaints alike. In this order: a cheater could
//! otherwise hide from a complaint by disagreeing on the view. A complaint with another view is not judged: against
//! another reveal than the one the complainant saw, an honest complainant would look like a liar.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Deal;
use super::carriage::Own;
use super::complaint::decide_in_run;
use super::msg::{signature_of, view_of};
use crate::curve::Scheme;
use crate::error::{Abort, Charges, Fault, SetupError};
use crate::evidence::{Evidence, EvidenceKind};
use crate::key::{Certificate, PendingSeat, Seat};
use crate::secret::Secret;
use crate::session::{Inbox, Message, Outbox, views_differ};
use crate::wire::{Kind, Reader};

/// Holding a verified share, or a dealer's knowledge that all is well; waiting for the certificate.
#[derive(Debug)]
pub struct Round3<S: Scheme> {
    pending: Box<PendingSeat<S>>,
    deal: Deal<S>,
}

impl<S: Scheme> Round3<S> {
    pub(super) fn new(pending: PendingSeat<S>, deal: Deal<S>) -> Self {
        Self { pending: Box::new(pending), deal }
    }

    /// What must be durable before the certificate signature leaves.
    #[must_use]
    pub fn pending(&self) -> &PendingSeat<S> {
        &self.pending
    }

    /// The same, taken.
    pub(crate) fn into_pending(self) -> PendingSeat<S> {
        *self.pending
    }

    /// The message that says this device holds its share, with the identity key's signature.
    ///
    /// # Errors
    /// [`SetupError::WrongSigner`] if the roster's key of this device does not verify it.
    pub fn certify(&self, signature: &[u8; 64]) -> Result<Outbox, SetupError> {
        let sharing = self.pending.sharing();
        if !sharing.origin().cast().verify(self.pending.id(), &sharing.to_sign(), signature) {
            return Err(SetupError::WrongSigner(self.pending.id()));
        }
        let [_, e2] = &sharing.views;
        let body = e2.iter().chain(signature).copied().collect();
        Ok(Outbox::to_all(3, Kind::All, body))
    }

    /// Makes the share the key, or what there is of it.
    ///
    /// # Errors
    /// [`Abort`] with check K3.1, K3.2 or K3.3. The share stays pending: a complete certificate that arrives later makes it
    /// the key.
    pub fn finish(self, inbox: &Inbox) -> Result<Seat<S>, Abort> {
        let sharing = self.pending.sharing();
        let [e1, e2] = &sharing.views;

        let input = sharing.to_sign();
        let mut charges = Charges::default();
        let cast = sharing.origin().cast();
        let mut signatures = Vec::with_capacity(cast.len());
        let mut same = true;
        for message in inbox.all(3) {
            if view_of(&message.body) != Some(e2) {
                same = false;
                continue;
            }
            if message.kind == Kind::Complaint {
                // [K3.3] the judge decides between complainant and dealer
                let (who, fault, evidence) =
                    decide_in_run(inbox, &self.deal, &Own::new(&self.deal), e1, message);
                charges.add(who, "K3.3", fault, evidence);
                continue;
            }
            match signature_of(&message.body).filter(|s| cast.verify(message.from, &input, s)) {
                Some(signature) => signatures.push(*signature),
                // [K3.2] the signature of j on the certificate
                None => charges.add(
                    message.from,
                    "K3.2",
                    Fault::BadSignature,
                    certificate_evidence(inbox, message),
                ),
            }
        }
        charges.verdict(3)?;
        // [K3.1] everybody saw the same round 2
        if !same {
            return Err(views_differ(3, "K3.1", cast.parties(), inbox.terms().me));
        }
        let certificate = Certificate::of(*sharing.cert(), signatures);
        Ok(self.pending.certified(certificate))
    }

    pub(super) fn save(&self, tag: u8) -> Secret<Vec<u8>> {
        let pending = self.pending.to_bytes();
        let mut out = Secret::buffer(1 + pending.expose().len());
        out.expose_mut().push(tag);
        out.expose_mut().extend_from_slice(pending.expose());
        out
    }

    pub(super) fn restore(deal: Deal<S>, inbox: &Inbox, r: Reader<'_>) -> Option<Self> {
        let pending = PendingSeat::<S>::from_bytes(r.rest())?;
        let (terms, sharing) = (inbox.terms(), pending.sharing());
        // Terms name the members, so it is a member's exactly if this device is one.
        let same = pending.id() == terms.me && sharing.terms(terms.me) == *terms;
        same.then(|| Self::new(pending, deal))
    }
}

fn certificate_evidence(inbox: &Inbox, message: &Message) -> Option<Evidence> {
    let reveals = inbox.all(2).into_iter().map(|m| (m.from, m.body.clone())).collect();
    let envelope = inbox.envelope(3, message)?;
    Some(Evidence::new(EvidenceKind::Certificate, alloc::vec![envelope]).attach(reveals))
}
