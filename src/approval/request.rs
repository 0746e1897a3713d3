//! Signing requests: what somebody wants done with a key, in one string of bytes that everybody hashes.
//!
//! A request is written by whoever wants something, and believed by nobody: each holder reads it, decodes its payload, judges the facts by
//! its own policy, and computes what it signs from the payload. Approvals are given for the hash of all of it.
//!
//! # Bytes
//! `"QREQ" | version 1 | action 1 | scheme 1 | digest rule 1 | cluster hash 32 | key id 32 | epoch u32 | nonce 32 | not before u64 |
//! expires u64 | requester id 32 (0 = none)`, 156 bytes, then
//! `path: count u8 (<= 10), u32 each (< 2^31) | tweak: var8 | payload: u32 length (<= 256 KiB), bytes | facts: count u16 (<= 64), each` as in
//! [`super::fact`]. Integers are big-endian, `var8(x)` is one byte of length and then x. Nothing may follow. Key id, scheme and epoch are
//! zero for the actions that are about no key ([`Action::has_key`]). The tweak is empty except with Taproot (scheme 4): empty there means
//! that the derived key is the output key, `01` that the output commits to no script, `02 || root 32` that it commits to this root.
//!
//! # Hashes
//! With `TH(tag; items) = SHA-256(LP("quorate/1/" || tag) || LP(item) || ..)` and `LP(x) = u32(len x) || x`:
//! - `rh = TH("req"; bytes)`;
//! - a batch of 1 to 256 requests of action Sign: `bh = TH("batch"; u16 count, rh_1 || .. || rh_m)`, ascending and distinct ([`Batch`]);
//! - what an approver signs or a passkey is challenged with: `TH("challenge"; u8 purpose, rh or bh)` ([`Purpose`]);
//! - a login: `TH("login"; rp id, nonce 32)` ([`login_challenge`]), which no approval equals.
//!
//! # Checks
//! The error of check n has the number 5500 + n ([`RequestError::code`]).
//!
//! | id | check | error |
//! |---|---|---|
//! | R1 | size, magic, version, known action; the digest rule fits scheme, action and payload; exact length | `Malformed` |
//! | R2 | path indices below 2^31; path empty for schemes 3 and 6, for rule 6 and where nothing is signed; the tweak fits the scheme | `Path` |
//! | R3 | the nonce is not zero | `Nonce` |
//! | R4 | not before < expires, and no longer than the policy allows | `Lifetime` |
//! | R5 | not before <= now < expires | `NotYet`, `Expired` |
//! | R6 | the cluster hash is ours; key, scheme and epoch are a live key of ours, or all zero where there is none | `OtherRoster`, `UnknownKey`, `WrongEpoch` |
//! | R7 | the facts are what the decoder says, item for item; without a decoder exactly one `Opaque`; none where nothing is signed | `FactsMismatch` |
//!
//! R1 to R3 hold for every [`SigningRequest`], read or built. [`SigningRequest::check`] tries R4 to R7. `now` there is the larger of the clock
//! and the registry's high water, so that a clock that goes back revives nothing.

mod action;
mod batch;
mod codec;
mod content;
mod holder;

pub use action::{Action, DigestRule};
pub use batch::{Batch, Purpose, login_challenge};
pub use content::ToSign;
pub use holder::{Content, DecodeError, Decoder, Holder, LiveKey};

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::approver::ApproverId;
use super::fact::Fact;
use crate::hash::{Tag, Transcript};

/// The most bytes of a payload.
pub const MAX_PAYLOAD: usize = 256 * 1024;
/// The most facts of a request.
pub const MAX_FACTS: usize = 64;
/// The most indices of a path.
pub const MAX_PATH: usize = 10;

/// Why a request is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// R1: not a request of version 1, or its parts do not go together.
    #[error("not a request of version 1")]
    Malformed,
    /// R2: a path or a tweak that this key or action cannot have.
    #[error("the path or the tweak does not fit")]
    Path,
    /// R3: the nonce is zero.
    #[error("the nonce is zero")]
    Nonce,
    /// R4: it expires before it begins, or lives too long.
    #[error("the lifetime is empty or too long")]
    Lifetime,
    /// R5: too early.
    #[error("not valid yet")]
    NotYet,
    /// R5: too late.
    #[error("expired")]
    Expired,
    /// R6: of another cluster, or of another revision of ours.
    #[error("for another cluster or another revision of it")]
    OtherRoster,
    /// R6: a key that this holder does not have, has under another scheme, or that this action does not name.
    #[error("for a key that is not here")]
    UnknownKey,
    /// R6: of another epoch of the key; this is ours.
    #[error("for another epoch than {0}")]
    WrongEpoch(u32),
    /// R7: the payload does something else than the request says.
    #[error("the facts are not those of the payload")]
    FactsMismatch,
    /// A batch is empty, too long, or has a request twice or one that is not [`Action::Sign`].
    #[error("these requests make no batch")]
    Batch,
}

impl RequestError {
    /// A stable number: 5500 and the number of the check.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Malformed => 5501,
            Self::Path => 5502,
            Self::Nonce => 5503,
            Self::Lifetime => 5504,
            Self::NotYet | Self::Expired => 5505,
            Self::OtherRoster | Self::UnknownKey | Self::WrongEpoch(_) => 5506,
            Self::FactsMismatch => 5507,
            Self::Batch => 5508,
        }
    }
}

/// Which key, and of which epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyRef {
    /// The scheme's number ([`crate::curve::Scheme::ID`]).
    pub scheme: u8,
    /// The key's id.
    pub id: [u8; 32],
    /// The epoch.
    pub epoch: u32,
}

/// The parts of a request. [`Draft::finish`] makes it one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// What is asked for.
    pub action: Action,
    /// How the payload becomes what is signed.
    pub rule: DigestRule,
    /// The hash of the cluster and its revision.
    pub cluster: [u8; 32],
    /// Which key; `None` for the actions that are about none.
    pub key: Option<KeyRef>,
    /// From when on, in Unix seconds.
    pub not_before: u64,
    /// Until before when.
    pub expires: u64,
    /// Who says that it asks. A claim, until this approver proves it ([`Purpose::Request`]).
    pub requester: Option<ApproverId>,
    /// The path from the key to the signing key.
    pub path: Vec<u32>,
    /// The Taproot tweak, encoded.
    pub tweak: Vec<u8>,
    /// What is signed, or the canonical bytes of a change.
    pub payload: Vec<u8>,
    /// What the payload does.
    pub facts: Vec<Fact>,
}

impl Draft {
    /// Makes it a request with a fresh nonce.
    ///
    /// # Errors
    /// [`RequestError::Malformed`], [`RequestError::Path`], [`RequestError::UnknownKey`], [`RequestError::FactsMismatch`].
    pub fn finish(self, rng: &mut dyn CryptoRng) -> Result<SigningRequest, RequestError> {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        self.with_nonce(nonce)
    }

    /// Makes it a request with a nonce that the caller answers for: 32 bytes that no other request has.
    ///
    /// # Errors
    /// As [`Draft::finish`], and [`RequestError::Nonce`].
    pub fn with_nonce(self, nonce: [u8; 32]) -> Result<SigningRequest, RequestError> {
        self.validate()?;
        // [R3]
        if nonce == [0; 32] {
            return Err(RequestError::Nonce);
        }
        let bytes = codec::write(&self, &nonce);
        let hash = Transcript::new(Tag::Req).bytes(&bytes).finish();
        Ok(SigningRequest { draft: self, nonce, hash })
    }

    /// R1, R2, and what of R6 and R7 needs no key.
    fn validate(&self) -> Result<(), RequestError> {
        let scheme = self.key.map_or(0, |key| key.scheme);
        // [R6]
        if self.key.is_some() && !self.action.has_key() {
            return Err(RequestError::UnknownKey);
        }
        // [R1]
        let fits = self.rule.fits(self.action, scheme, &self.payload)
            && self.payload.len() <= MAX_PAYLOAD
            && self.requester != Some(ApproverId([0; 32]))
            && self.facts.len() <= MAX_FACTS
            && self.facts.iter().all(Fact::is_well_formed);
        if !fits {
            return Err(RequestError::Malformed);
        }
        // [R2]
        let derives = self.action.signs() && !matches!(scheme, 3 | 6) && self.rule != DigestRule::Webauthn;
        let path = self.path.len() <= MAX_PATH
            && self.path.iter().all(|index| *index < 1 << 31)
            && (derives || self.path.is_empty());
        let tweak = match self.tweak.split_first() {
            None => true,
            Some(_) if scheme != 4 || !self.action.signs() => false,
            Some((kind, root)) => matches!((kind, root.len()), (1, 0) | (2, 32)),
        };
        if !path || !tweak {
            return Err(RequestError::Path);
        }
        // [R7]
        if !self.action.signs() && !self.facts.is_empty() {
            return Err(RequestError::FactsMismatch);
        }
        Ok(())
    }
}

/// A request whose parts go together (R1 to R3). Whether it may be granted is another matter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SigningRequest {
    draft: Draft,
    nonce: [u8; 32],
    hash: [u8; 32],
}

impl SigningRequest {
    /// The most bytes of a request.
    pub const MAX_LEN: usize =
        156 + 1 + 4 * MAX_PATH + 1 + 33 + 4 + MAX_PAYLOAD + 2 + MAX_FACTS * Fact::MAX_LEN;

    /// Reads a request.
    ///
    /// # Errors
    /// R1 to R3, and what of R6 and R7 needs no key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RequestError> {
        // [R1] every part has its bound, and nothing is left over, so nothing is longer than `MAX_LEN`
        let (draft, nonce) = codec::read(bytes).ok_or(RequestError::Malformed)?;
        draft.with_nonce(nonce)
    }

    /// The one encoding.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::write(&self.draft, &self.nonce)
    }

    /// `rh`: the name of this request.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// What whoever approves, rejects or proves to have asked for this request signs.
    #[must_use]
    pub fn challenge(&self, purpose: Purpose) -> [u8; 32] {
        purpose.challenge(&self.hash)
    }

    /// What is asked for.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.draft.action
    }

    /// How the payload becomes what is signed.
    #[must_use]
    pub const fn rule(&self) -> DigestRule {
        self.draft.rule
    }

    /// The hash of the cluster that it is for.
    #[must_use]
    pub const fn cluster(&self) -> &[u8; 32] {
        &self.draft.cluster
    }

    /// The key that it is for.
    #[must_use]
    pub const fn key(&self) -> Option<&KeyRef> {
        self.draft.key.as_ref()
    }

    /// Its nonce.
    #[must_use]
    pub const fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }

    /// From when on, in Unix seconds.
    #[must_use]
    pub const fn not_before(&self) -> u64 {
        self.draft.not_before
    }

    /// Until before when.
    #[must_use]
    pub const fn expires(&self) -> u64 {
        self.draft.expires
    }

    /// Who is said to ask.
    #[must_use]
    pub const fn requester(&self) -> Option<&ApproverId> {
        self.draft.requester.as_ref()
    }

    /// The path from the key to the signing key.
    #[must_use]
    pub fn path(&self) -> &[u32] {
        &self.draft.path
    }

    /// The Taproot tweak, encoded.
    #[must_use]
    pub fn tweak(&self) -> &[u8] {
        &self.draft.tweak
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.draft.payload
    }

    /// What the payload is said to do.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.draft.facts
    }
}
