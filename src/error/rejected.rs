//! A message that is refused.

use alloc::boxed::Box;

use crate::evidence::Evidence;
use crate::party::PartyId;

/// One message refused. The session is untouched: log it and carry on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejected {
    /// Shorter than a header, or a header field has a value that no message of version 1 has.
    #[error("not a message of version 1")]
    Header,
    /// A message of another protocol.
    #[error("protocol {0} is not this session's")]
    Protocol(u8),
    /// Another session's id.
    #[error("another session's message")]
    Session,
    /// The session id is ours but the sender disagrees on what is being done: threshold, roster, key, epoch, path or message.
    #[error("{0} disagrees on the terms of this session")]
    SetupMismatch(PartyId),
    /// The transport's sender is not the header's.
    #[error("the transport says {transport}, the header {header}")]
    WrongSender {
        /// Whom the transport authenticated.
        transport: PartyId,
        /// Whom the header names.
        header: PartyId,
    },
    /// The sender has nothing to send in this round of this session.
    #[error("{0} sends nothing of this kind in this round")]
    Unexpected(PartyId),
    /// Addressed to somebody else.
    #[error("addressed to somebody else")]
    NotForMe,
    /// A round this protocol does not have, or a kind the round does not have.
    #[error("no round {round} with kind {kind} here")]
    Slot {
        /// Round in the header.
        round: u8,
        /// Kind in the header.
        kind: u8,
    },
    /// The body's length is not the one the slot has. Counts as a missing message.
    #[error("{found} bytes where {expected} are due")]
    Length {
        /// Bytes due.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// The round is over.
    #[error("round {0} is over")]
    PastRound(u8),
    /// A different message already fills the slot; the first one stays. With two signatures, this convicts the sender.
    #[error("a second, different message in the slot of {who}")]
    Conflict {
        /// The sender.
        who: PartyId,
        /// Both envelopes, where both are signed.
        evidence: Option<Box<Evidence>>,
    },
    /// The envelope was verified against another roster than the session's, so its signature says nothing here; or its sender is another there.
    #[error("an envelope or a sender of another roster")]
    Roster,
    /// This protocol runs on signed envelopes only.
    #[error("this protocol needs signed envelopes")]
    Unsigned,
}

impl Rejected {
    /// A stable number, 2000..=2999.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Header => 2001,
            Self::Protocol(_) => 2002,
            Self::Session => 2003,
            Self::SetupMismatch(_) => 2004,
            Self::WrongSender { .. } => 2005,
            Self::Unexpected(_) => 2006,
            Self::NotForMe => 2007,
            Self::Slot { .. } => 2008,
            Self::Length { .. } => 2009,
            Self::PastRound(_) => 2010,
            Self::Conflict { .. } => 2011,
            Self::Unsigned => 2012,
            Self::Roster => 2013,
        }
    }
}
