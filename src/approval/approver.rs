//! Approvers: who they are, what they give for or against a request, and what counts.
//!
//! An approver is a person or a program with up to 16 passkeys and 8 keys. It is counted once, however much evidence it gives; the factors of
//! its evidence unite. Evidence says yes, no, or "it is I who ask" ([`Purpose`]), about one request or about a batch of them, by a passkey's
//! answer to the challenge, or by a key's signature over `SigIn("approve/sig"; challenge)`. A one-time code may add a factor to that.
//!
//! A set of approvers ([`ApproverSet`]) has a revision and a hash; a policy names the set by its hash, so the two change together. Counters
//! and flags of passkeys are not in it: use changes no set.
//!
//! # The set in bytes
//! `"QAPS" | version 1 | revision u64 | count u16 (<= 1024) | entries`, ascending by id, each `id 32 | kind 1 | status 1 | u8 count (<= 16) x {
//! SHA-256(credential id) 32 | key 33 | var8 RP ID } | u8 count (<= 8) x { alg 1 | key }`, passkeys and keys ascending. The hash is
//! `TH("approvers"; u64 revision, u16 count, entries)`.
//!
//! # Checks
//! The error of check n has the number 5550 + n ([`ApprovalError::code`]).
//!
//! | id | check | error |
//! |---|---|---|
//! | A1 | ids are unique; every credential id and every public key belongs to one approver only | `BadSet` |
//! | A2 | the approver is known and active; a [`ApproverKind::Requester`] only says that it asks | `UnknownApprover` |
//! | A3 | a passkey passes every check of [`super::webauthn`], and is listed for this approver; a key is listed for it, and its signature verifies strictly | `Webauthn`, `BadSignature` |
//! | A4 | the challenge is that of this request and purpose, or of a batch that lists it, and then it is of action Sign; one rejection denies, but not of whom an ApproverChange removes or suspends | `OtherRequest`, `Rejected`, `OwnRemoval` |
//! | A5 | an approver counts once | by construction |
//! | A6 | who asks is who proved it, and may be wanted to be another than who approves | `RequesterUnproven`, `SelfApproval` |
//! | A7 | a one-time code makes no approval, is looked at only after other evidence of its approver has verified, and never for an action of high risk | `WeakFactor`, or an error of [`super::totp`] |
//!
//! Their keys:
//!
//! | id | check | error |
//! |---|---|---|
//! | I1, I2 | an Ed25519 key as in [`crate::identity`]; a P-256 key is a compressed point of the curve | `BadSet` |
//!
//! Evidence that is refused does not count and harms nothing: the count goes on with the rest ([`Tally::refused`]), so that a stranger's garbage
//! stops nobody's request. A rejection that verifies is final; the gate uses the request up.
//!
//! [`Purpose`]: super::request::Purpose

mod evidence;
mod factor;
mod key;
mod set;
mod tally;

pub use evidence::{Evidence, Proof, Unsigned};
pub use factor::{Factor, Factors};
pub use key::ApproverKey;
pub use set::{Approver, ApproverKind, ApproverSet, Passkey, Status};
pub use tally::{Approvals, Polling, Tally};

use super::totp::TotpError;
use super::webauthn::WebauthnError;

/// The name of an approver.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ApproverId(pub [u8; 32]);

/// Why approvers, or what they gave, are refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// A1: not a set of approvers.
    #[error("not a set of approvers")]
    BadSet,
    /// A2: nobody of this id may say this.
    #[error("no such approver, or not an active one")]
    UnknownApprover,
    /// A3: the passkey's answer.
    #[error("the passkey: {0}")]
    Webauthn(#[from] WebauthnError),
    /// A3: not a signature of one of the approver's keys for this request and purpose.
    #[error("the signature does not verify")]
    BadSignature,
    /// A4: evidence about other requests.
    #[error("about other requests")]
    OtherRequest,
    /// A4: an approver said no.
    #[error("rejected")]
    Rejected,
    /// A4: nobody vetoes his own removal.
    #[error("a rejection by whom the change removes")]
    OwnRemoval,
    /// A6: who asks did not prove it.
    #[error("the requester is not proven")]
    RequesterUnproven,
    /// A6: the requester's own approval does not count.
    #[error("the requester's own approval")]
    SelfApproval,
    /// A7: a one-time code where none counts.
    #[error("a one-time code does not count here")]
    WeakFactor,
    /// A7: the code is refused.
    #[error("the one-time code: {0}")]
    Totp(#[from] TotpError),
}

impl ApprovalError {
    /// A stable number: 5550 and the number of the check, or the code's own.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::BadSet => 5551,
            Self::UnknownApprover => 5552,
            Self::Webauthn(_) | Self::BadSignature => 5553,
            Self::OtherRequest | Self::Rejected | Self::OwnRemoval => 5554,
            Self::RequesterUnproven | Self::SelfApproval => 5556,
            Self::WeakFactor => 5557,
            Self::Totp(error) => error.code(),
        }
    }
}
