//! What a device has after a run that not everybody leaves with a share: a member's share, or the knowledge that it has none.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::certificate::{Certificate, CertificateError, PublicKey};
use super::share::{KeyShare, PendingShare};
use super::sharing::Sharing;
use crate::curve::Scheme;
use crate::identity::{Pending, SigInput};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::wire::{Reader, put_u16};

/// What waits for the certificate of an epoch at one device.
#[derive(Debug)]
pub enum PendingSeat<S: Scheme> {
    /// A share.
    Member(PendingShare<S>),
    /// Nothing: a dealer that is no member. Its own share of the epoch before goes when the certificate is complete.
    Leaver(Leaver<S>),
}

/// A dealer that is no member of the epoch it dealt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaver<S: Scheme> {
    id: PartyId,
    sharing: Sharing<S>,
}

/// What a device has of an epoch that is certified.
#[derive(Debug)]
pub enum Seat<S: Scheme> {
    /// A share.
    Member(KeyShare<S>),
    /// None: this device dealt, and is not among the members. It erases its share of the epoch before.
    Left(PublicKey<S>),
}

impl<S: Scheme> Seat<S> {
    /// The public side.
    #[must_use]
    pub const fn public(&self) -> &PublicKey<S> {
        match self {
            Self::Member(share) => share.public(),
            Self::Left(public) => public,
        }
    }

    /// The share, if there is one.
    #[must_use]
    pub fn member(self) -> Option<KeyShare<S>> {
        match self {
            Self::Member(share) => Some(share),
            Self::Left(_) => None,
        }
    }
}

impl<S: Scheme> From<PendingShare<S>> for PendingSeat<S> {
    fn from(share: PendingShare<S>) -> Self {
        Self::Member(share)
    }
}

impl<S: Scheme> PendingSeat<S> {
    pub(crate) const fn leaver(id: PartyId, sharing: Sharing<S>) -> Self {
        Self::Leaver(Leaver { id, sharing })
    }

    /// Whose it is.
    #[must_use]
    pub const fn id(&self) -> PartyId {
        match self {
            Self::Member(share) => share.id(),
            Self::Leaver(leaver) => leaver.id,
        }
    }

    /// What is public of the epoch.
    #[must_use]
    pub const fn sharing(&self) -> &Sharing<S> {
        match self {
            Self::Member(share) => share.sharing(),
            Self::Leaver(leaver) => &leaver.sharing,
        }
    }

    /// The pending share, if there is one.
    #[must_use]
    pub const fn member(&self) -> Option<&PendingShare<S>> {
        match self {
            Self::Member(share) => Some(share),
            Self::Leaver(_) => None,
        }
    }

    /// The stored form, secret: that of [`PendingShare::to_bytes`], or `version 1, l, id 2, sharing`.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        match self {
            Self::Member(share) => share.to_bytes(),
            Self::Leaver(leaver) => {
                let mut out = Secret::buffer(4 + leaver.sharing.stored_len());
                let bytes = out.expose_mut();
                bytes.extend_from_slice(&[super::certificate::VERSION, b'l']);
                put_u16(bytes, leaver.id.get());
                leaver.sharing.write(bytes);
                out
            }
        }
    }

    /// Reads what [`PendingSeat::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let Some(rest) = bytes.strip_prefix(&[super::certificate::VERSION, b'l']) else {
            return PendingShare::from_bytes(bytes).map(Self::Member);
        };
        let mut r = Reader::new(rest);
        let id = PartyId::new(r.u16()?).ok()?;
        let sharing = Sharing::read(&mut r)?;
        r.end()?;
        let dealt = sharing.origin().dealers().contains(id) && !sharing.roster().parties().contains(id);
        dealt.then_some(Self::leaver(id, sharing))
    }

    /// [T3.1] Enters the epoch, with a complete certificate from anyone.
    ///
    /// # Errors
    /// The pending seat comes back with the reason.
    pub fn complete(self, certificate: Certificate) -> Result<Seat<S>, (Box<Self>, CertificateError)> {
        match certificate.verify(self.sharing()) {
            Ok(()) => Ok(self.certified(certificate)),
            Err(error) => Err((Box::new(self), error)),
        }
    }

    /// With signatures that were verified one by one.
    pub(crate) fn certified(self, certificate: Certificate) -> Seat<S> {
        match self {
            Self::Member(share) => Seat::Member(share.certified(certificate)),
            Self::Leaver(leaver) => Seat::Left(PublicKey::verified(leaver.sharing, certificate)),
        }
    }
}

impl<S: Scheme> Pending for PendingSeat<S> {
    fn to_sign(&self) -> SigInput {
        self.sharing().to_sign()
    }
}
