//! What the parties of a run must agree on.

use crate::curve::Scheme;
use crate::hash::{Tag, Transcript};
#[cfg(any(feature = "channel", feature = "ecdsa"))]
use crate::identity::PublicIdentity;
use crate::identity::Roster;
use crate::party::{PartyId, Threshold};
#[cfg(any(feature = "channel", feature = "ecdsa"))]
use crate::wire::protocol;
use crate::wire::{Header, Kind, SessionId, VERSION};

/// A run: which protocol, which session, and the digest of everything agreed beforehand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// The protocol's number in the header.
    pub protocol: u8,
    /// The run's id.
    pub session: SessionId,
    /// `H("binding"; protocol, scheme, t, n, roster hash, items of the protocol)`.
    pub binding: [u8; 32],
    /// This device.
    pub me: PartyId,
    /// The hash of the roster whose members take part.
    pub roster: [u8; 32],
}

impl Terms {
    /// `sid = H("sid"; u8 version, u8 protocol, session id, binding)`: every hash of the run starts from it.
    #[must_use]
    pub fn sid(&self) -> [u8; 32] {
        Transcript::new(Tag::Sid)
            .u8(VERSION)
            .u8(self.protocol)
            .bytes(&self.session.0)
            .bytes(&self.binding)
            .finish()
    }

    /// `H("snapshot"; sid, me)`: by which a [`SpendOnce`](super::SpendOnce) knows this run at this device. Generation 0 is its
    /// start, later ones its snapshots.
    #[must_use]
    pub fn run_id(&self) -> [u8; 32] {
        Transcript::new(Tag::Snapshot).bytes(&self.sid()).party(self.me).finish()
    }

    /// The header of one of this run's messages.
    #[must_use]
    pub const fn header(&self, round: u8, kind: Kind, from: PartyId, to: Option<PartyId>) -> Header {
        Header {
            protocol: self.protocol,
            round,
            kind,
            from,
            to,
            session: self.session,
            binding: self.binding,
        }
    }
}

/// The common start of every binding; the protocol adds its items and finishes.
pub(crate) fn binding<S: Scheme>(protocol: u8, threshold: Threshold, roster: &Roster) -> Transcript {
    binding_of(protocol, S::ID, threshold, roster)
}

/// As [`binding`], with the scheme's number; 0 is none, where a run is about keys of several.
pub(crate) fn binding_of(protocol: u8, scheme: u8, threshold: Threshold, roster: &Roster) -> Transcript {
    Transcript::new(Tag::Binding)
        .u8(protocol)
        .u8(scheme)
        .u16(threshold.t())
        .u16(threshold.n())
        .bytes(roster.hash())
}

/// The binding of a pairing: `H("binding"; u8 1, u8 0, u8 depth, lower identity, higher identity)`, in whichever order they are given.
#[cfg(any(feature = "channel", feature = "ecdsa"))]
pub(crate) fn pairing_binding(one: &PublicIdentity, other: &PublicIdentity) -> [u8; 32] {
    let [low, high] = if one.0 < other.0 { [one, other] } else { [other, one] };
    let start = Transcript::new(Tag::Binding).u8(protocol::PAIRING).u8(0).u8(protocol::PAIRING_DEPTH);
    start.bytes(&low.0).bytes(&high.0).finish()
}
