//! Challenges, and several requests under one.

use alloc::vec::Vec;

use super::{Action, RequestError, SigningRequest};
use crate::hash::{Tag, Transcript};

/// What a piece of evidence says about a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum Purpose {
    /// Yes.
    Approve = 1,
    /// No, and for good.
    Reject = 2,
    /// It is I who ask.
    Request = 3,
}

impl Purpose {
    /// `TH("challenge"; u8 purpose, hash)`, of the hash of a request or batch.
    #[must_use]
    pub fn challenge(self, hash: &[u8; 32]) -> [u8; 32] {
        Transcript::new(Tag::Challenge).u8(self as u8).bytes(hash).finish()
    }
}

/// The challenge of a login: `TH("login"; rp id, nonce)`. The nonce is fresh, 32 bytes, and used once. It is no challenge of a request.
#[must_use]
pub fn login_challenge(rp_id: &str, nonce: &[u8; 32]) -> [u8; 32] {
    Transcript::new(Tag::Login).bytes(rp_id.as_bytes()).bytes(nonce).finish()
}

/// Requests that one piece of evidence speaks of: their hashes, 1 to 256, ascending and distinct.
///
/// All are of action Sign, so that nothing of high risk hides in a list. Whoever knows only the hashes cannot tell, so evidence over a batch
/// is taken for a request of action Sign alone ([`super::super::approver`]); each request is still decided by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    hashes: Vec<[u8; 32]>,
    hash: [u8; 32],
}

impl Batch {
    /// The most requests of a batch.
    pub const MAX_LEN: usize = 256;

    /// Collects requests in any order.
    ///
    /// # Errors
    /// [`RequestError::Batch`] if there are none, more than [`Batch::MAX_LEN`], one twice, or one of another action than Sign.
    pub fn new<'a>(requests: impl IntoIterator<Item = &'a SigningRequest>) -> Result<Self, RequestError> {
        let mut hashes = Vec::new();
        for request in requests {
            if request.action() != Action::Sign || hashes.len() == Self::MAX_LEN {
                return Err(RequestError::Batch);
            }
            hashes.push(*request.hash());
        }
        hashes.sort_unstable();
        Self::from_hashes(hashes)
    }

    /// From the list that came with the evidence.
    ///
    /// # Errors
    /// [`RequestError::Batch`] unless there are 1 to 256, ascending and distinct.
    pub fn from_hashes(hashes: Vec<[u8; 32]>) -> Result<Self, RequestError> {
        let ascending = hashes.is_sorted_by(|a, b| a < b);
        if hashes.is_empty() || hashes.len() > Self::MAX_LEN || !ascending {
            return Err(RequestError::Batch);
        }
        let count = hashes.len() as u16;
        let hash = Transcript::new(Tag::Batch).u16(count).bytes(hashes.as_flattened()).finish();
        Ok(Self { hashes, hash })
    }

    /// `bh`: the name of this batch.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// The hashes of its requests, ascending.
    #[must_use]
    pub fn hashes(&self) -> &[[u8; 32]] {
        &self.hashes
    }

    /// Whether the request with this hash is in it.
    #[must_use]
    pub fn lists(&self, rh: &[u8; 32]) -> bool {
        self.hashes.binary_search(rh).is_ok()
    }

    /// What is signed for all of them.
    #[must_use]
    pub fn challenge(&self, purpose: Purpose) -> [u8; 32] {
        purpose.challenge(&self.hash)
    }
}
