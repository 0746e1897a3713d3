//! One key of a set, whatever its scheme: a key generation like any other, driven under the set's messages.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::schemes::{AnyScheme, AnyShare, SetScheme};
use crate::dkg::{Carriage, Ceremony, Dkg, Lens, Run};
use crate::error::{Abort, Chance, Fault};
use crate::evidence::Evidence;
use crate::identity::SigInput;
use crate::key::{Certificate, CertificateError, PendingSeat, PendingShare, Place};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::session::{Failure, Finding, Inbox, Message, Outbox, Plan, State, Step, Stored, Suspend, Terms};
use crate::wire::Reader;

/// What all parties know of a key beforehand.
pub(super) trait Part: fmt::Debug + Send + Sync {
    fn again(&self) -> Box<dyn Part>;
    fn lens(&self) -> Lens;
    fn terms(&self, me: PartyId) -> Terms;
    fn plan(&self, me: PartyId) -> Plan;
    fn begin(&self, me: PartyId, rng: &mut dyn CryptoRng) -> (Box<dyn Moving>, Outbox);
    fn restore(&self, me: PartyId, inbox: &Inbox, stored: &[u8]) -> Option<Box<dyn Moving>>;
    fn decide(
        &self,
        inbox: &Inbox,
        carriage: &dyn Carriage,
        e1: &[u8; 32],
        complaint: &Message,
    ) -> (PartyId, Fault, Option<Evidence>);
    fn judge(&self, carriage: &dyn Carriage, evidence: &Evidence) -> Finding;
    /// What these reveals are certified by: their view, and the digest.
    fn certified(&self, reveals: &[(PartyId, Vec<u8>)], judged: PartyId) -> Option<[[u8; 32]; 2]>;
}

impl<S: SetScheme> Part for Run<S> {
    fn again(&self) -> Box<dyn Part> {
        Box::new(self.clone())
    }

    fn lens(&self) -> Lens {
        self.lens()
    }

    fn terms(&self, me: PartyId) -> Terms {
        (**self).terms(me)
    }

    fn plan(&self, me: PartyId) -> Plan {
        self.plan(me)
    }

    fn begin(&self, me: PartyId, rng: &mut dyn CryptoRng) -> (Box<dyn Moving>, Outbox) {
        let (state, outbox) = self.begin(me, rng);
        (Box::new(state), outbox)
    }

    fn restore(&self, me: PartyId, inbox: &Inbox, stored: &[u8]) -> Option<Box<dyn Moving>> {
        let stored = Stored(Reader::new(stored));
        match <Dkg<S> as Suspend>::restore(&(self.clone(), me), inbox, stored)? {
            // A key that is held waits with all others.
            Ceremony::Round3(_) => None,
            state => Some(Box::new(state)),
        }
    }

    fn decide(
        &self,
        inbox: &Inbox,
        carriage: &dyn Carriage,
        e1: &[u8; 32],
        complaint: &Message,
    ) -> (PartyId, Fault, Option<Evidence>) {
        self.decide(inbox, carriage, e1, complaint)
    }

    fn judge(&self, carriage: &dyn Carriage, evidence: &Evidence) -> Finding {
        self.judge(carriage, evidence)
    }

    fn certified(&self, reveals: &[(PartyId, Vec<u8>)], judged: PartyId) -> Option<[[u8; 32]; 2]> {
        let sharing = self.certified(reveals, judged)?;
        let [_, e2] = sharing.views;
        Some([e2, *sharing.cert()])
    }
}

/// A key in rounds 1 and 2.
pub(super) trait Moving: fmt::Debug + Send {
    fn step(self: Box<Self>, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Moved, Failure>;
    fn save(&self) -> Secret<Vec<u8>>;
}

/// What a round makes of a key.
pub(super) enum Moved {
    /// Another round.
    Next(Box<dyn Moving>, Outbox),
    /// A share, without its certificate.
    Held(Box<dyn Held>),
}

impl<S: SetScheme> Moving for Dkg<S> {
    fn step(self: Box<Self>, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Moved, Failure> {
        let own_fault = || Abort::no_fault(3, "K3.1", Chance::OwnFault).into();
        match State::step(*self, inbox, rng)? {
            Step::Next(next, outbox) => Ok(Moved::Next(Box::new(next), outbox)),
            Step::Keep(Ceremony::Round3(round)) => match round.into_pending() {
                PendingSeat::Member(share) => Ok(Moved::Held(Box::new(share))),
                PendingSeat::Leaver(_) => Err(own_fault()),
            },
            Step::Keep(_) | Step::Done(..) => Err(own_fault()),
        }
    }

    fn save(&self) -> Secret<Vec<u8>> {
        Suspend::save(self)
    }
}

/// A share that waits for the certificate of the set.
pub(super) trait Held: fmt::Debug + Send {
    fn scheme(&self) -> AnyScheme;
    fn id(&self) -> PartyId;
    fn key_id(&self) -> &[u8; 32];
    fn cert(&self) -> &[u8; 32];
    fn views(&self) -> &[[u8; 32]; 2];
    fn place(&self) -> Option<&Place>;
    /// The run of the set that it is of.
    fn set_terms(&self) -> Option<Terms>;
    /// Whether the signature is `who`'s, a member's.
    fn signed_by(&self, who: PartyId, input: &SigInput, signature: &[u8; 64]) -> bool;
    fn to_bytes(&self) -> Secret<Vec<u8>>;
    fn check(&self, certificate: &Certificate) -> Result<(), CertificateError>;
    /// With a certificate whose signatures were verified.
    fn certified(self: Box<Self>, certificate: Certificate) -> AnyShare;
}

impl<S: SetScheme> Held for PendingShare<S> {
    fn scheme(&self) -> AnyScheme {
        S::SCHEME
    }

    fn id(&self) -> PartyId {
        self.id()
    }

    fn key_id(&self) -> &[u8; 32] {
        self.sharing().key_id()
    }

    fn cert(&self) -> &[u8; 32] {
        self.sharing().cert()
    }

    fn views(&self) -> &[[u8; 32]; 2] {
        &self.sharing().views
    }

    fn place(&self) -> Option<&Place> {
        self.sharing().origin().place()
    }

    fn set_terms(&self) -> Option<Terms> {
        self.sharing().origin().set_terms(self.sharing().threshold(), self.id())
    }

    fn signed_by(&self, who: PartyId, input: &SigInput, signature: &[u8; 64]) -> bool {
        self.sharing().origin().cast().verify(who, input, signature)
    }

    fn to_bytes(&self) -> Secret<Vec<u8>> {
        self.to_bytes()
    }

    fn check(&self, certificate: &Certificate) -> Result<(), CertificateError> {
        certificate.verify(self.sharing())
    }

    fn certified(self: Box<Self>, certificate: Certificate) -> AnyShare {
        S::any(PendingShare::certified(*self, certificate))
    }
}
