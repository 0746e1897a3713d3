//! How the messages of a dealing travel: in envelopes of their own, or as pieces of a key set's.

use alloc::vec::Vec;

use super::{Deal, msg};
use crate::curve::Scheme;
use crate::evidence::Envelope;
use crate::party::PartyId;
use crate::session::{Terms, admit};
use crate::wire::Header;

/// A message whose envelope's signature holds, under the terms of the dealing.
pub(crate) struct Opened {
    header: Header,
    body: Vec<u8>,
}

impl Opened {
    pub(crate) const fn new(header: Header, body: Vec<u8>) -> Self {
        Self { header, body }
    }

    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }
}

/// How the messages of a dealing travel.
pub(crate) trait Carriage {
    /// The dealing's message in an envelope; `None` unless the envelope is of the run and its signature holds.
    fn open(&self, envelope: &Envelope) -> Option<Opened>;

    /// Bytes of the envelope that a private share comes in.
    fn share_envelope_len(&self) -> usize;
}

/// In envelopes of their own.
pub(super) struct Own<'a, S: Scheme> {
    deal: &'a Deal<S>,
    terms: Terms,
}

impl<'a, S: Scheme> Own<'a, S> {
    pub(super) fn new(deal: &'a Deal<S>) -> Self {
        Self { deal, terms: deal.terms(PartyId::COORDINATOR) }
    }
}

impl<S: Scheme> Carriage for Own<'_, S> {
    fn open(&self, envelope: &Envelope) -> Option<Opened> {
        let verified = admit(envelope, self.deal.cast(), &self.terms)?;
        Some(Opened::new(*verified.header(), verified.body().to_vec()))
    }

    fn share_envelope_len(&self) -> usize {
        msg::envelope_len::<S::Curve>()
    }
}
