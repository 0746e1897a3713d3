//! What convinces somebody who was not there: signed messages, and the public data they are judged with.
//!
//! This is the data only. It is judged by the protocol it comes from (`dkg::judge`, `frost::judge`), without secrets,
//! against the terms of the run; [`Evidence::to_bytes`] carries it to whoever judges.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use crate::party::PartyId;
use crate::wire::{Header, Kind, Reader, put_u16, put_u32};

/// A complete envelope: header 56 bytes, body, and the sender's Ed25519 signature.
///
/// A private message may be part of a secret: it is wiped when dropped, and `Debug` shows its length alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Header and body.
    pub bytes: Vec<u8>,
    /// The signature over both.
    pub signature: [u8; 64],
}

impl Drop for Envelope {
    fn drop(&mut self) {
        if is_private(&self.bytes) {
            self.bytes.zeroize();
        }
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Envelope");
        show(&mut out, &self.bytes).field("signature", &self.signature).finish()
    }
}

/// Whether a message, header and body, is to one party alone.
pub(crate) fn is_private(message: &[u8]) -> bool {
    Header::split(message).is_some_and(|(header, _)| header.kind == Kind::Direct)
}

/// A message's bytes, or of a private one its length.
pub(crate) fn show<'a, 'b, 'c>(
    out: &'c mut fmt::DebugStruct<'a, 'b>,
    message: &[u8],
) -> &'c mut fmt::DebugStruct<'a, 'b> {
    if is_private(message) { out.field("len", &message.len()) } else { out.field("bytes", &message) }
}

/// What the messages of an [`Evidence`] are, and so how they are judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum EvidenceKind {
    /// (a) Two envelopes of one slot with different bodies.
    Equivocation = 1,
    /// (b) One envelope with an undecodable field.
    Undecodable = 2,
    /// (c) The envelopes of the committing and of the opening round: bad opening or proof.
    Opening = 3,
    /// (d) A complaint, and what it is judged with: the complaint, the dealer's reveal, the dealer's private message, the
    /// complainant's first message; attached are the body hashes of rounds 1 and 2.
    Complaint = 4,
    /// (e) A FROST signature share; attached are the commitments its owner saw.
    SignatureShare = 5,
    /// (f) A certificate signature; attached are the reveals it certifies.
    Certificate = 6,
}

impl EvidenceKind {
    fn from_wire(kind: u8) -> Option<Self> {
        Some(match kind {
            1 => Self::Equivocation,
            2 => Self::Undecodable,
            3 => Self::Opening,
            4 => Self::Complaint,
            5 => Self::SignatureShare,
            6 => Self::Certificate,
            _ => return None,
        })
    }
}

/// Messages that convict, ready for a third party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// How to judge.
    pub kind: EvidenceKind,
    /// The envelopes, in the order given at [`EvidenceKind`].
    pub messages: Vec<Envelope>,
    /// Per attachment, one entry a party, ascending: body hashes or bodies.
    pub attachments: Vec<Vec<(PartyId, Vec<u8>)>>,
}

const VERSION: u8 = 1;

impl Evidence {
    pub(crate) fn new(kind: EvidenceKind, messages: Vec<Envelope>) -> Self {
        Self { kind, messages, attachments: Vec::new() }
    }

    pub(crate) fn attach(mut self, entries: Vec<(PartyId, Vec<u8>)>) -> Self {
        self.attachments.push(entries);
        self
    }

    /// A transport form: version, kind, then counted and length-prefixed items.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out =
            alloc::vec![VERSION, self.kind as u8, self.messages.len() as u8, self.attachments.len() as u8];
        for message in &self.messages {
            put_u32(&mut out, message.bytes.len() as u32);
            out.extend_from_slice(&message.bytes);
            out.extend_from_slice(&message.signature);
        }
        for entries in &self.attachments {
            put_u16(&mut out, entries.len() as u16);
            for (party, bytes) in entries {
                put_u16(&mut out, party.get());
                put_u32(&mut out, bytes.len() as u32);
                out.extend_from_slice(bytes);
            }
        }
        out
    }

    /// Reads what [`Evidence::to_bytes`] wrote; `None` for anything else. Allocates no more than `bytes` holds.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        if r.u8()? != VERSION {
            return None;
        }
        let kind = EvidenceKind::from_wire(r.u8()?)?;
        let (messages, attachments) = (r.u8()?, r.u8()?);
        let mut evidence = Self::new(kind, Vec::new());
        for _ in 0..messages {
            let len = r.u32()? as usize;
            let bytes = r.bytes(len)?.to_vec();
            evidence.messages.push(Envelope { bytes, signature: *r.array()? });
        }
        for _ in 0..attachments {
            let mut entries = Vec::new();
            for _ in 0..r.u16()? {
                let party = PartyId::from_wire(r.u16()?)?;
                let len = r.u32()? as usize;
                entries.push((party, r.bytes(len)?.to_vec()));
            }
            evidence.attachments.push(entries);
        }
        r.end()?;
        Some(evidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_survives_transport_and_nothing_else_decodes() {
        let message = Envelope { bytes: alloc::vec![1, 2, 3], signature: [9; 64] };
        let one = PartyId::new(1).unwrap();
        let evidence = Evidence::new(EvidenceKind::Complaint, alloc::vec![message.clone(), message])
            .attach(alloc::vec![(one, alloc::vec![5; 32])])
            .attach(Vec::new());
        let bytes = evidence.to_bytes();
        assert_eq!(Evidence::from_bytes(&bytes), Some(evidence));
        for cut in 0..bytes.len() {
            assert_eq!(Evidence::from_bytes(&bytes[..cut]), None);
        }
        let mut longer = bytes;
        longer.push(0);
        assert_eq!(Evidence::from_bytes(&longer), None);
    }
}
