//! The gate: the only way from a request to permission to carry it out.
//!
//! [`Gate::decide`] holds the evidence against the approvers, the request against this holder and its policy, uses the request up in the
//! registry and its amounts in the caps, writes all of it down, and gives an [`Approved`] request. That is a thing of its own: it is made
//! nowhere else, has no copy and no stored form, and is spent by opening what it is for ([`crate::gated`]). Every holder has its own gate, and
//! asks nobody else's.
//!
//! # Checks
//! The error of check n has the number 5700 + n ([`GateError::code`]).
//!
//! | id | check | error |
//! |---|---|---|
//! | G1 | the policy allows ([`super::policy`]), on evidence that counts ([`super::approver`]) | `Denied` |
//! | G2 | the request is reserved in the registry, under its own hash, for this session and until it expires; then its amounts are reserved in the caps, under the same hash. If the caps refuse, the registry's reservation is given back. A crash between the two can only count too much | `AlreadyUsed`, `Registry` |
//! | G3 | what is opened is what was asked for: action, key, scheme and epoch | `WrongAction`, `WrongKey` |
//! | G4 | path, tweak and message come from the request; nothing that opens takes them from anywhere else. A payload that describes something must describe what is opened | `WrongContent` |
//! | G5 | it is not too late; the session is the one that G2 reserved for; as many take part as the rule wants | `Expired`, `WrongSetup` |
//!
//! That all holders mean the same is the protocol's own check: its binding covers key, epoch, signers, path, tweak and message, so holders that
//! approved different things fail as [`Rejected::SetupMismatch`](crate::error::Rejected::SetupMismatch) at the first message.
//!
//! # Rejections
//! A rejection by an active approver uses the request up: its outcome is `TH("outcome"; "rejected")`. While a session for the request runs it
//! cannot be used up; the rejection is then noted under a name of its own, the challenge that was signed, and counts whenever the request
//! comes again, whether or not the evidence comes with it. A request that expires later than in two of the policy's longest lives cannot pass
//! yet; its rejection denies and is not kept, or one approver could fill the registry with names that are never forgotten.
//!
//! # Afterwards
//! A result commits registry and caps, with outcome `TH("outcome"; result)`. Without one the registry's reservation is released, and the same
//! evidence may be decided again until the request expires, as often as the rule says: a second run signs the same under the same key, and
//! nothing else. Only where a passkey with a counter has answered something else since, it must answer again
//! ([`CounterRule::Strict`](super::webauthn::CounterRule::Strict)). The caps are released only if this holder's part of the signature has not left; once it has, a peer may have the whole. The
//! session says which, not the application. What crashes in between stays reserved for good, and its amounts stay counted until their window
//! has passed: a new request is needed.
//!
//! One reshare is allowed of an epoch of a key: two could put the key into the hands of two rosters. So a request to reshare also reserves
//! `TH("reshare-once"; key id, epoch)` for itself and for ever. If it cannot be completed, the way on is a refresh, to another epoch.
//!
//! # The caller's duty
//! The session id is new for every decision (requests that are signed in one batch share one), and agreed by the signers. The time that it
//! opens with is what [`Registry::clock`] gives, as the gate's is.
//!
//! ```compile_fail,E0599
//! use quorate::approval::{gate::Approved, request::SigningRequest};
//! fn twice(approved: &Approved<SigningRequest>) -> Approved<SigningRequest> {
//!     (*approved).clone()
//! }
//! ```
//!
//! ```compile_fail,E0451
//! use quorate::approval::{gate::Approved, request::SigningRequest};
//! fn forge(request: SigningRequest, other: Approved<SigningRequest>) -> Approved<SigningRequest> {
//!     Approved { request, ..other }
//! }
//! ```
//!
//! ```compile_fail,E0277
//! use quorate::approval::{gate::Approved, request::SigningRequest};
//! fn store<T: serde::Serialize>(_: &T) {}
//! fn keep(approved: &Approved<SigningRequest>) {
//!     store(approved);
//! }
//! ```
//!
//! ```compile_fail,E0382
//! use quorate::approval::{gate::{Approved, Stores}, request::{Action, SigningRequest}};
//! fn twice(approved: Approved<SigningRequest>, stores: &mut Stores<'_>) {
//!     let _ = approved.enact(Action::PolicyChange, b"", stores, 0);
//!     let _ = approved.enact(Action::PolicyChange, b"", stores, 0);
//! }
//! ```

mod approved;
mod decide;
mod ticket;

pub use approved::Approved;
pub use decide::{Denied, Gate};
pub(crate) use ticket::{Closing, Ticket, outcome};

use super::audit::{AuditError, Journal};
use super::cap::{CapError, Caps};
use super::policy;
use super::registry::{Registry, RegistryError};
use crate::error::SetupError;

/// Where the gate keeps what must outlast it. One lock over the three is enough, and none is needed where each keeps its own contract.
pub struct Stores<'a> {
    /// What was used.
    pub registry: &'a mut dyn Registry,
    /// What was spent.
    pub caps: &'a mut dyn Caps,
    /// What happened.
    pub journal: &'a mut dyn Journal,
}

/// Why something does not pass, or what is opened is not opened.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// G1: the policy says no, or not yet.
    #[error("the policy: {0}")]
    Denied(policy::Decision),
    /// G2: the request was used, or is in use.
    #[error("the request was used: {0}")]
    AlreadyUsed(RegistryError),
    /// G2: the registry does not answer, or does not believe the clock.
    #[error("the registry: {0}")]
    Registry(RegistryError),
    /// G3: approved for another action.
    #[error("approved for another action")]
    WrongAction,
    /// G3: approved for another key, scheme or epoch.
    #[error("approved for another key")]
    WrongKey,
    /// G4: the payload describes something else than what is opened, or is not signed in this way.
    #[error("approved for something else")]
    WrongContent,
    /// G5: too late to start.
    #[error("expired")]
    Expired,
    /// G5: fewer signers than the rule wants, or requests of different sessions in one batch.
    #[error("not the setup that was approved")]
    WrongSetup,
    /// X1 to X7: a holder's own checks of what a passkey is to sign.
    #[cfg(feature = "passkey")]
    #[error("the passkey: {0}")]
    Passkey(#[from] super::passkey::PasskeyError),
    /// The protocol does not start.
    #[error("the protocol: {0}")]
    Setup(#[from] SetupError),
    /// The decision, or what came of it, was not written down.
    #[error("the journal: {0}")]
    NotNoted(#[from] AuditError),
    /// The caps do not take what came of it.
    #[error("the caps: {0}")]
    Caps(#[from] CapError),
    /// The session has not ended.
    #[error("the session runs")]
    Running,
}

impl GateError {
    /// A stable number: 5700 and the number of the check; that of the setup, the journal or the caps; 5720 for a session that has not ended.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Denied(_) => 5701,
            Self::AlreadyUsed(_) | Self::Registry(_) => 5702,
            Self::WrongAction | Self::WrongKey => 5703,
            Self::WrongContent => 5704,
            Self::Expired | Self::WrongSetup => 5705,
            #[cfg(feature = "passkey")]
            Self::Passkey(error) => error.code(),
            Self::Setup(error) => error.code(),
            Self::NotNoted(error) => error.code(),
            Self::Caps(error) => error.code(),
            Self::Running => 5720,
        }
    }
}
