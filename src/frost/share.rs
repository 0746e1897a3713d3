//! What a signer brings: its id, its secret, and the key's public commitment.

use crate::curve::{Curve, Scheme};
use crate::error::SetupError;
use crate::key::KeyShare;
use crate::party::PartyId;
use crate::sharing::Commitment;

/// A borrowed signing share: of a [`KeyShare`], or of one that was made elsewhere (`frost::zf`).
#[derive(Clone, Copy, Debug)]
pub struct SigningShare<'a, S: Scheme> {
    pub(super) id: PartyId,
    pub(super) secret: &'a crate::secret::Secret<<S::Curve as Curve>::Scalar>,
    pub(super) commitment: &'a Commitment<S::Curve>,
    /// What nonces made for this share are bound to: the sharing it belongs to.
    pub(super) epoch_id: [u8; 32],
    /// Of one of our own, which may not be allowed to sign.
    pub(super) own: Option<&'a KeyShare<S>>,
}

impl<S: Scheme> SigningShare<'_, S> {
    /// [L2.2] A share that was rebuilt or imported goes through a refresh first; a burned one signs nothing.
    pub(super) fn check_standing(&self) -> Result<(), SetupError> {
        self.own.map_or(Ok(()), |share| share.check_standing(false))
    }

    /// Whose share it is.
    #[must_use]
    pub const fn id(&self) -> PartyId {
        self.id
    }

    /// The key's Feldman commitment.
    #[must_use]
    pub const fn commitment(&self) -> &Commitment<S::Curve> {
        self.commitment
    }
}

impl<'a, S: Scheme> From<&'a KeyShare<S>> for SigningShare<'a, S> {
    fn from(share: &'a KeyShare<S>) -> Self {
        Self {
            id: share.id(),
            secret: share.secret(),
            commitment: share.public().commitment(),
            epoch_id: share.public().epoch_id(),
            own: Some(share),
        }
    }
}
