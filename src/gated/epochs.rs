//! A record of a key's epochs behind the gate.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Gated;
use super::session::{GatedSession, Guarded};
use crate::curve::Scheme;
use crate::dkg::{Ceremony, Occasion};
use crate::error::SetupError;
use crate::identity::SigInput;
use crate::key::epoch::{EpochError, EpochName, Epochs, Met, Receipt, Waiting};
use crate::key::{Certificate, PublicKey};
use crate::party::PartyId;

/// What [`Epochs`] does, but lending no share.
impl<S: Scheme> Gated<Epochs<S>> {
    /// As [`Epochs::joining`].
    #[must_use]
    pub fn joining(base: &PublicKey<S>, me: PartyId) -> Self {
        Self::new(Epochs::joining(base, me))
    }

    /// Whose record it is.
    #[must_use]
    pub const fn me(&self) -> PartyId {
        self.0.me()
    }

    /// The key.
    #[must_use]
    pub const fn key_id(&self) -> &[u8; 32] {
        self.0.key_id()
    }

    /// As [`Epochs::public`].
    #[must_use]
    pub fn public(&self) -> Option<&PublicKey<S>> {
        self.0.public()
    }

    /// As [`Epochs::certificate`].
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.0.certificate()
    }

    /// As [`Epochs::highest_signed`].
    #[must_use]
    pub const fn highest_signed(&self) -> Option<u32> {
        self.0.highest_signed()
    }

    /// As [`Epochs::admits`].
    ///
    /// # Errors
    /// [`EpochError`].
    pub fn admits(&self, epoch: u32) -> Result<(), EpochError> {
        self.0.admits(epoch)
    }

    /// As [`Epochs::confirm`].
    pub fn confirm(&mut self, epoch: u32) {
        self.0.confirm(epoch);
    }

    /// As [`Epochs::raise_highest`].
    ///
    /// # Errors
    /// [`EpochError`].
    pub fn raise_highest(&mut self, epoch: u32) -> Result<(), EpochError> {
        self.0.raise_highest(epoch)
    }

    /// As [`Epochs::enter`].
    ///
    /// # Errors
    /// [`EpochError`].
    pub fn enter(&mut self, certificate: &Certificate) -> Result<Receipt, EpochError> {
        self.0.enter(certificate)
    }

    /// As [`Epochs::meet`].
    ///
    /// # Errors
    /// [`EpochError`].
    pub fn meet(&mut self, theirs: &Certificate) -> Result<Met, EpochError> {
        self.0.meet(theirs)
    }

    /// As [`Epochs::owed`].
    #[must_use]
    pub fn owed(&self) -> &[EpochName] {
        self.0.owed()
    }

    /// As [`Epochs::settled`].
    pub fn settled(&mut self, epochs: &[EpochName]) {
        self.0.settled(epochs);
    }

    /// As [`Epochs::burn`].
    pub fn burn(&mut self) {
        self.0.burn();
    }

    /// As [`Epochs::refuse_pairings`].
    ///
    /// # Errors
    /// [`EpochError::NoShare`].
    pub fn refuse_pairings(&mut self, ids: impl IntoIterator<Item = [u8; 32]>) -> Result<(), EpochError> {
        self.0.refuse_pairings(ids)
    }

    /// As [`Epochs::abandon`].
    ///
    /// # Errors
    /// The record, with the reason.
    pub fn abandon(self) -> Result<Vec<EpochName>, (Box<Self>, EpochError)> {
        let uses = self.1;
        self.0.abandon().map_err(|(record, error)| (Box::new(Self(*record, uses)), error))
    }
}

impl<S: Scheme, O> GatedSession<Ceremony<O>>
where
    O: Occasion<Scheme = S>,
    Ceremony<O>: Guarded + crate::session::State<Pending = O::Pending>,
    for<'a> Waiting<'a, S>: From<&'a O::Pending>,
{
    /// After [`Status::Keep`](crate::session::Status::Keep): what waits goes into the record, which is then to be stored, before
    /// [`GatedSession::kept`] gets this device's signature over what this gives. No share is lent on the way.
    ///
    /// # Errors
    /// As [`Epochs::keep`]; [`EpochError::NoShare`] if nothing waits.
    pub fn keep(&self, epochs: &mut Gated<Epochs<S>>) -> Result<SigInput, EpochError> {
        let pending = self.inner().pending().ok_or(EpochError::NoShare(epochs.me()))?;
        let input = epochs.0.keep(pending)?;
        // What the share was for, the new one is for, in whatever record it waits.
        epochs.1.adopt(self.uses());
        Ok(input)
    }

    /// As [`Session::kept`](crate::session::Session::kept).
    ///
    /// # Errors
    /// [`SetupError::WrongSigner`], [`SetupError::NothingToKeep`].
    pub fn kept(&mut self, signature: &[u8; 64]) -> Result<(), SetupError> {
        self.inner_mut().kept(signature)
    }
}
