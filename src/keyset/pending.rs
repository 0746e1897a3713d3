//! The shares of a set before their certificate.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::bundle::{Bundle, read_each, write_each};
use super::part::Held;
use super::schemes::AnyScheme;
use crate::error::SetupError;
use crate::identity::{Pending, SigInput};
use crate::key::{Certificate, CertificateError, certificate_input};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::session::Terms;

const VERSION: u8 = 1;

/// One device's shares of all keys of a set, whose common certificate is not complete yet. They must be durable before this device's
/// signature leaves, and are kept until the complete certificate arrives, from this run or handed over later by anyone; only the
/// application's decision to abandon the set discards them.
#[derive(Debug)]
pub struct PendingSet {
    id: PartyId,
    held: Vec<Box<dyn Held>>,
}

impl PendingSet {
    pub(super) const fn new(id: PartyId, held: Vec<Box<dyn Held>>) -> Self {
        Self { id, held }
    }

    /// Whose shares they are.
    #[must_use]
    pub const fn id(&self) -> PartyId {
        self.id
    }

    /// The keys' schemes, in order.
    pub fn schemes(&self) -> impl Iterator<Item = AnyScheme> + '_ {
        self.held.iter().map(|held| held.scheme())
    }

    /// What the certificate certifies: the digests of all keys, in order.
    #[must_use]
    pub fn certs(&self) -> Vec<[u8; 32]> {
        self.held.iter().map(|held| *held.cert()).collect()
    }

    /// The first key's.
    pub(super) fn first_key_id(&self) -> Option<&[u8; 32]> {
        self.held.first().map(|held| held.key_id())
    }

    /// `e2` of every key.
    pub(super) fn last_views(&self) -> Vec<[u8; 32]> {
        self.held
            .iter()
            .map(|held| {
                let [_, e2] = held.views();
                *e2
            })
            .collect()
    }

    /// `e1` of a key.
    pub(super) fn first_view(&self, index: usize) -> Option<&[u8; 32]> {
        self.held.get(index).map(|held| {
            let [e1, _] = held.views();
            e1
        })
    }

    /// The run that they are of.
    pub(super) fn set_terms(&self) -> Option<Terms> {
        self.held.first()?.set_terms()
    }

    /// Whether the signature on the certificate is `who`'s.
    pub(super) fn signed_by(&self, who: PartyId, input: &SigInput, signature: &[u8; 64]) -> bool {
        self.held.first().is_some_and(|held| held.signed_by(who, input, signature))
    }

    /// Whether `signature` is this device's.
    pub(super) fn check_signer(&self, signature: &[u8; 64]) -> Result<(), SetupError> {
        let right = self.signed_by(self.id, &self.to_sign(), signature);
        right.then_some(()).ok_or(SetupError::WrongSigner(self.id))
    }

    /// The stored form, secret: version 1, `s`, count 1, then per key scheme 1, length 4, and the form of
    /// [`PendingShare::to_bytes`](crate::key::PendingShare::to_bytes).
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let forms: Vec<_> = self.held.iter().map(|held| (held.scheme(), held.to_bytes())).collect();
        write_each([VERSION, b's'], &forms)
    }

    /// Reads what [`PendingSet::to_bytes`] wrote; `None` unless they are the shares of one device of all keys of one run, in their order.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let held = read_each([VERSION, b's'], bytes, AnyScheme::read_held)?;
        let set = Self { id: held.first()?.id(), held };
        let (run, count) = (set.set_terms()?, set.held.len());
        let fits = |(index, held): (usize, &dyn Held)| {
            let placed = held.place().is_some_and(|p| p.index() == index && p.schemes().len() == count);
            placed && held.set_terms() == Some(run)
        };
        set.held.iter().map(AsRef::as_ref).enumerate().all(fits).then_some(set)
    }

    /// [T3.1] Makes them the keys, with a complete certificate from anyone: every key of the set has it
    /// ([`PublicKey::certificate`](crate::key::PublicKey::certificate)).
    ///
    /// # Errors
    /// The shares come back with the reason.
    pub fn complete(self, certificate: Certificate) -> Result<Bundle, (Box<Self>, CertificateError)> {
        let result = match self.held.first() {
            Some(held) if certificate.certs() == self.certs() => held.check(&certificate),
            _ => Err(CertificateError::Foreign),
        };
        match result {
            Ok(()) => Ok(self.certified(&certificate)),
            Err(error) => Err((Box::new(self), error)),
        }
    }

    /// With signatures that were verified one by one.
    pub(super) fn certified(self, certificate: &Certificate) -> Bundle {
        Bundle::new(self.id, self.held.into_iter().map(|held| held.certified(certificate.clone())).collect())
    }
}

impl Pending for PendingSet {
    fn to_sign(&self) -> SigInput {
        certificate_input(&self.certs())
    }
}
