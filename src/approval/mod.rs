//! Who may sign what: signing requests, approvals, policies, the registry of what was used, the audit log, and the gate.

pub mod approver;
pub mod audit;
pub mod cap;
pub mod cbor;
pub mod decode;
pub mod fact;
pub mod gate;
pub mod json;
pub mod keyfmt;
#[cfg(feature = "passkey")]
pub mod passkey;
pub mod policy;
#[cfg(feature = "quote")]
pub mod quote;
pub mod registry;
pub mod request;
pub mod totp;
pub mod webauthn;
