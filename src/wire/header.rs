//! The header of every message.

use alloc::vec::Vec;

use super::{Reader, put_u16};
use crate::party::PartyId;

/// The only version there is. A change of any parameter or layout is a new one.
pub const VERSION: u8 = 1;

/// Bytes of a header.
pub const HEADER_LEN: usize = 56;

/// The caller's name for one run: unique per run and per key, agreed by all parties, never used again.
///
/// In protocols on signed envelopes it must be durable before the first message leaves: a device that runs twice under one
/// id signs two bodies for one slot, and so convicts itself of equivocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SessionId(pub [u8; 16]);

/// Which of a round's messages this is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// The same bytes to everybody.
    All = 0,
    /// A private message.
    Direct = 1,
    /// A complaint, in the slot of a round's message to all.
    Complaint = 2,
    /// The sender has given up. Recorded; changes nothing and blames nobody.
    Notice = 255,
}

impl Kind {
    pub(crate) const fn from_wire(kind: u8) -> Option<Self> {
        Some(match kind {
            0 => Self::All,
            1 => Self::Direct,
            2 => Self::Complaint,
            255 => Self::Notice,
            _ => return None,
        })
    }
}

/// What every message starts with, 56 bytes:
/// version 1, protocol 1, round 1, kind 1, from 2, to 2 (0 = all), session id 16, binding 32.
///
/// `binding` hashes everything the parties must agree on; see [`crate::session::Terms`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Which protocol, by its number.
    pub protocol: u8,
    /// Which round the message belongs to, from 1; 0 in a notice.
    pub round: u8,
    /// Which of the round's messages.
    pub kind: Kind,
    /// The sender.
    pub from: PartyId,
    /// The receiver of a private message.
    pub to: Option<PartyId>,
    /// The run.
    pub session: SessionId,
    /// The terms of the run.
    pub binding: [u8; 32],
}

impl Header {
    /// The 56 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_LEN);
        self.write(&mut out);
        out
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[VERSION, self.protocol, self.round, self.kind as u8]);
        put_u16(out, self.from.get());
        put_u16(out, self.to.map_or(0, PartyId::get));
        out.extend_from_slice(&self.session.0);
        out.extend_from_slice(&self.binding);
    }

    /// Splits a message into header and body; `None` if it has no header of this version.
    #[must_use]
    pub fn split(message: &[u8]) -> Option<(Self, &[u8])> {
        let mut r = Reader::new(message);
        if r.u8()? != VERSION {
            return None;
        }
        let header = Self {
            protocol: r.u8()?,
            round: r.u8()?,
            kind: Kind::from_wire(r.u8()?)?,
            from: PartyId::from_wire(r.u16()?)?,
            to: PartyId::from_wire(r.u16()?),
            session: SessionId(*r.array()?),
            binding: *r.array()?,
        };
        Some((header, r.rest()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_the_documented_one() {
        let header = Header {
            protocol: 6,
            round: 2,
            kind: Kind::Direct,
            from: PartyId::new(1).unwrap(),
            to: Some(PartyId::new(3).unwrap()),
            session: SessionId([0xaa; 16]),
            binding: [0xbb; 32],
        };
        let bytes = header.to_bytes();
        assert_eq!(bytes.len(), HEADER_LEN);
        assert_eq!(&bytes[..8], &[1, 6, 2, 1, 0, 1, 0, 3]);
        assert_eq!(Header::split(&bytes), Some((header, &[][..])));
        for (at, value) in [(0, 0), (0, 2), (3, 3), (3, 254)] {
            let mut bad = bytes.clone();
            bad[at] = value;
            assert_eq!(Header::split(&bad), None);
        }
        let mut nobody = bytes.clone();
        nobody[5] = 0;
        assert_eq!(Header::split(&nobody), None);
        for cut in 0..HEADER_LEN {
            assert_eq!(Header::split(&bytes[..cut]), None);
        }
    }
}
