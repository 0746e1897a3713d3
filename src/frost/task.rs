//! What is signed, by whom, under which key.

use alloc::vec::Vec;

use super::suite::Suite;
use crate::error::SetupError;
use crate::hash::sha256;
use crate::key::PublicKey;
use crate::party::{Parties, PartyId};
use crate::session::{Terms, binding};
use crate::wire::SessionId;

use super::PROTOCOL;

/// One message to be signed by a set of signers: what all of them, and the coordinator, agree on beforehand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task<S: Suite> {
    key: PublicKey<S>,
    signers: Parties,
    message: Vec<u8>,
    session: SessionId,
}

impl<S: Suite> Task<S> {
    /// `message` is signed as it is, of any length; nothing hashes it first. The session id is unique per run.
    ///
    /// # Errors
    /// [F0.1] [`SetupError::NotInRoster`] names a signer that is no member, [`SetupError::TooFewSigners`] counts them.
    pub fn new(
        key: &PublicKey<S>,
        signers: Parties,
        message: &[u8],
        session: SessionId,
    ) -> Result<Self, SetupError> {
        if let Some(stranger) = signers.iter().find(|id| !key.roster().parties().contains(*id)) {
            return Err(SetupError::NotInRoster(stranger));
        }
        let t = key.threshold().t();
        if signers.len() < usize::from(t) {
            return Err(SetupError::TooFewSigners { signers: signers.len(), t });
        }
        Ok(Self { key: key.clone(), signers, message: message.to_vec(), session })
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey<S> {
        &self.key
    }

    /// The signers, ascending.
    #[must_use]
    pub const fn signers(&self) -> &Parties {
        &self.signers
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The terms at one party: the binding's items are `key id, u32 epoch, epoch id, signers, public key, path (empty),
    /// SHA-256(message)`; threshold and roster are the key's.
    #[must_use]
    pub fn terms(&self, me: PartyId) -> Terms {
        let binding = binding::<S>(PROTOCOL, self.key.threshold(), self.key.roster())
            .bytes(self.key.key_id())
            .u32(self.key.epoch())
            .bytes(&self.key.epoch_id())
            .bytes(&self.signers.to_bytes())
            .bytes(&self.key.public_key())
            .bytes(&[])
            .bytes(&sha256(&self.message))
            .finish();
        Terms { protocol: PROTOCOL, session: self.session, binding, me, roster: *self.key.roster().hash() }
    }
}
