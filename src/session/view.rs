//! Equal views: whether all parties saw the same broadcasts.
//!
//! There is no broadcast channel; a message to all travels point to point and may differ from receiver to receiver. So the
//! messages of the next round carry a digest of everything that was sent to all, and a mismatch ends the run with
//! everybody else suspected: an equivocator may agree with each of us. Each protocol says why one round late is enough.

use alloc::vec::Vec;

use super::inbox::Inbox;
use crate::error::{Abort, Doubt, Verdict};
use crate::hash::{Tag, Transcript, sha256};
use crate::party::{Parties, PartyId};

/// SHA-256 of every body to all of a round, ascending by sender.
pub(crate) fn body_hashes(inbox: &Inbox, round: u8) -> Vec<(PartyId, [u8; 32])> {
    inbox.all(round).iter().map(|m| (m.from, sha256(&m.body))).collect()
}

/// `view_r = H("view"; sid, u8 r, u16 count, per sender ascending one item u16 id || SHA-256(body))`.
pub(crate) fn view(sid: &[u8; 32], round: u8, hashes: &[(PartyId, [u8; 32])]) -> [u8; 32] {
    let start = Transcript::new(Tag::View).bytes(sid).u8(round).u16(hashes.len() as u16);
    hashes.iter().fold(start, |t, (id, hash)| t.parts(&[&id.to_bytes(), hash])).finish()
}

/// The abort of a view mismatch: everybody but this device is suspected.
pub(crate) fn views_differ(round: u8, check: &'static str, parties: &Parties, me: PartyId) -> Abort {
    let who = parties.without(me);
    Abort { round, check, verdict: Verdict::Suspects { who, why: Doubt::ViewsDiffer }, others: Vec::new() }
}
