//! Whatever messages can be given to.

use super::{Receipt, Session, State, Terms};
use crate::envelope::Verified;
use crate::error::Rejected;
use crate::party::PartyId;

/// A session, or what stands around one: what a transport has to know to deliver a message.
pub trait Recipient {
    /// As [`Session::terms`].
    fn terms(&self) -> &Terms;

    /// As [`Session::receive`].
    ///
    /// # Errors
    /// [`Rejected`]; nothing has changed.
    fn receive(&mut self, from: PartyId, message: &[u8]) -> Result<Receipt, Rejected>;

    /// As [`Session::receive_signed`].
    ///
    /// # Errors
    /// [`Rejected`]; nothing has changed.
    fn receive_signed(&mut self, envelope: &Verified) -> Result<Receipt, Rejected>;
}

impl<S: State> Recipient for Session<S> {
    fn terms(&self) -> &Terms {
        Session::terms(self)
    }

    fn receive(&mut self, from: PartyId, message: &[u8]) -> Result<Receipt, Rejected> {
        Session::receive(self, from, message)
    }

    fn receive_signed(&mut self, envelope: &Verified) -> Result<Receipt, Rejected> {
        Session::receive_signed(self, envelope)
    }
}
