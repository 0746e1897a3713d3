//! Hash commitments: `C_i = H("dkg-commit"; sid, u16 i, A_i, cc_i, salt_i)`.
//!
//! Hiding by the 32-byte salt, binding by SHA-256. The committing party's id is inside, so a copied commitment opens for
//! nobody else; so is the run.

use crate::hash::{Tag, Transcript};
use crate::party::PartyId;

/// What a commitment of key generation hides until all are fixed.
pub(crate) struct Opening<'a> {
    /// The encoded points of the polynomial.
    pub(crate) points: &'a [u8],
    /// The chain code part; empty where the chain code is already fixed.
    pub(crate) chain: &'a [u8],
    pub(crate) salt: &'a [u8; 32],
}

impl Opening<'_> {
    pub(crate) fn commit(&self, sid: &[u8; 32], committer: PartyId) -> [u8; 32] {
        let start = Transcript::new(Tag::DkgCommit).bytes(sid).party(committer);
        start.bytes(self.points).bytes(self.chain).bytes(self.salt).finish()
    }
}
