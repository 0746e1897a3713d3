//! What a record holds, and what may be in it.

use alloc::vec::Vec;

use super::error::ChannelError;
use crate::cluster::Cluster;
use crate::envelope::{MAX_ENVELOPE_LEN, Verified, is_for};
use crate::error::Rejected;
use crate::identity::{PublicIdentity, Roster};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::session::{Receipt, Recipient, pairing_binding};
use crate::wire::{Header, protocol};

/// The kind of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Content {
    /// A message of a protocol that does not sign: header and body.
    Message = 1,
    /// A signed envelope.
    Envelope = 2,
    /// The application's own bytes.
    Application = 3,
}

impl Content {
    pub(super) const fn from_wire(kind: u8) -> Option<Self> {
        Some(match kind {
            1 => Self::Message,
            2 => Self::Envelope,
            3 => Self::Application,
            _ => return None,
        })
    }

    /// What a message of a session travels as.
    #[must_use]
    pub fn of(header: &Header) -> Self {
        if header.must_be_signed() { Self::Envelope } else { Self::Message }
    }
}

/// What a peer has sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum Opened {
    /// For a session of this device and the peer: [`Opened::deliver`].
    ///
    /// The header's `from` is the peer, or in a pairing, which is then one of these two identities, the peer's number there. It names the peer in
    /// the cluster; a session whose roster has another identity by that number is not the peer's to speak in. From
    /// [`PartyId::COORDINATOR`], the peer claims to be a FROST coordinator without a share: only a session whose coordinator it is takes that,
    /// by [`Session::receive`](crate::session::Session::receive).
    Message {
        /// Who sealed it.
        peer: PartyId,
        /// Its identity, in the cluster's roster.
        identity: PublicIdentity,
        /// Its header; the session id says which session it is for.
        header: Header,
        /// Header and body.
        bytes: Secret<Vec<u8>>,
    },
    /// For [`Session::receive_signed`](crate::session::Session::receive_signed), as seen from the session's roster ([`Verified::under`]).
    Envelope {
        /// Who sealed it: the signer, or who forwards it.
        peer: PartyId,
        /// Verified under the cluster's roster.
        envelope: Verified,
    },
    /// The application's.
    Application {
        /// Who sealed it.
        peer: PartyId,
        /// As sealed.
        bytes: Secret<Vec<u8>>,
    },
}

impl Opened {
    /// Gives it to a session, whose parties are of `roster`; in a pairing, which has a roster of its own, that is not looked at. `None` if it is
    /// the application's. Which session it is for, its header's session id says. What a peer sends as a FROST coordinator without a share is
    /// refused here: only the caller knows whether it is the one.
    ///
    /// # Errors
    /// Inside, as [`Recipient::receive`] and [`Recipient::receive_signed`]; [`Rejected::Roster`] if `roster` is not the session's, or has another
    /// identity for the sender than the cluster has.
    pub fn deliver(
        &self,
        session: &mut impl Recipient,
        roster: &Roster,
    ) -> Option<Result<Receipt, Rejected>> {
        match self {
            Self::Message { header, bytes, .. } if header.protocol == protocol::PAIRING => {
                // Its binding is that of the two, and no other pairing has it.
                Some(session.receive(header.from, bytes.expose()))
            }
            Self::Message { peer, identity, header, bytes } => {
                // [T6] the session's party of that number is this peer. A coordinator without a share is no party.
                let party =
                    roster.hash() == &session.terms().roster && roster.identity(*peer) == Some(*identity);
                if header.from == *peer && !party {
                    return Some(Err(Rejected::Roster));
                }
                Some(session.receive(*peer, bytes.expose()))
            }
            Self::Envelope { envelope, .. } => Some(match envelope.under(roster) {
                Some(envelope) => session.receive_signed(&envelope),
                None => Err(Rejected::Roster),
            }),
            Self::Application { .. } => None,
        }
    }

    /// Who sealed it.
    #[must_use]
    pub const fn peer(&self) -> PartyId {
        match self {
            Self::Message { peer, .. } | Self::Envelope { peer, .. } | Self::Application { peer, .. } => {
                *peer
            }
        }
    }

    /// The header of a session's message; `None` if it is the application's.
    #[must_use]
    pub fn header(&self) -> Option<&Header> {
        match self {
            Self::Message { header, .. } => Some(header),
            Self::Envelope { envelope, .. } => Some(envelope.header()),
            Self::Application { .. } => None,
        }
    }
}

/// Who seals, who opens, and their cluster.
pub(super) struct Ends<'a> {
    pub(super) from: PartyId,
    pub(super) to: PartyId,
    pub(super) cluster: &'a Cluster,
}

impl Ends<'_> {
    /// Whether `from` may seal this. It keeps a mistake from leaving; the receiver looks again.
    pub(super) fn may_seal(&self, content: Content, plaintext: &[u8]) -> Result<(), ChannelError> {
        match content {
            Content::Message => self.message(plaintext).map(drop),
            Content::Envelope if plaintext.len() > MAX_ENVELOPE_LEN => Err(ChannelError::TooLong),
            Content::Envelope | Content::Application => Ok(()),
        }
    }

    /// [T6] what `to` takes from `from`.
    pub(super) fn admit(&self, content: Content, plaintext: Secret<Vec<u8>>) -> Result<Opened, ChannelError> {
        let peer = self.from;
        Ok(match content {
            Content::Message => {
                let header = self.message(plaintext.expose())?;
                let [identity, _] = self.identities().ok_or(ChannelError::ForeignMessage)?;
                Opened::Message { peer, identity, header, bytes: plaintext }
            }
            Content::Envelope => {
                let envelope = Verified::open_for(self.cluster.roster(), self.to, plaintext.expose())?;
                Opened::Envelope { peer, envelope }
            }
            Content::Application => Opened::Application { peer, bytes: plaintext },
        })
    }

    fn message(&self, plaintext: &[u8]) -> Result<Header, ChannelError> {
        let (header, _) = Header::split(plaintext).ok_or(ChannelError::ForeignMessage)?;
        let right = if header.protocol == protocol::PAIRING {
            self.is_of_the_pair(&header)
        } else {
            let claimed = header.from == PartyId::COORDINATOR && header.protocol == protocol::FROST;
            (header.from == self.from || claimed) && is_for(&header, self.to)
        };
        if !right || !header.is_known() {
            return Err(ChannelError::ForeignMessage);
        }
        // No downgrade to what its sender could deny.
        if header.must_be_signed() { Err(ChannelError::Unsigned) } else { Ok(header) }
    }

    /// Whether a pairing's message is of the pairing of these two: the numbers are theirs, 1 is the lower identity key, and so is the binding. Numbers
    /// alone would be those of many pairs: a third member could speak in a pairing of two others.
    fn is_of_the_pair(&self, header: &Header) -> bool {
        let Some([from, to]) = self.identities() else { return false };
        let numbers = if from.0 < to.0 { (1, 2) } else { (2, 1) };
        (header.from.get(), header.to.map_or(0, PartyId::get)) == numbers
            && header.binding == pairing_binding(&from, &to)
    }

    fn identities(&self) -> Option<[PublicIdentity; 2]> {
        let key = |id| self.cluster.roster().identity(id);
        Some([key(self.from)?, key(self.to)?])
    }
}
