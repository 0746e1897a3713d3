//! Who may sign what: signing requests, approvals, policies, the registry of what was used, the audit log, and the gate.
//!
//! Every holder of a share decides for itself, on its own copy of everything, before its first protocol message: a quorum that asks one
//! server signs what that server likes.
//!
//! ```text
//! payload --decode--> facts --\
//!                              request --hash--> challenge --> passkeys, keys, codes
//!                                 |                                   |
//!                              policy <---------- tally <-------------/
//!                                 |
//!             registry, caps <-- gate --> audit log
//!                                 |
//!                              Approved --> crate::gated --> a session
//! ```
//!
//! 1. A [`request::SigningRequest`] says all that is to be signed, by which key, and what it does: [`fact::Fact`]s, which each holder reads out of
//!    the payload itself ([`request::Decoder`], [`decode`]). Its hash is what approvers answer.
//! 2. Approvers ([`approver`]) answer with a passkey ([`webauthn`]), or an identity key; a code ([`totp`]) adds a factor to an answer.
//! 3. A [`policy`] that denies what it does not name says how many must have answered, and by what, by the amounts; [`cap`] bounds what a
//!    window of time may see.
//! 4. The [`gate`] puts it together, reserves the request in the [`registry`] and the amounts in the caps, notes the decision in the
//!    [`audit`] log, and gives an [`gate::Approved`] request, which opens one session of a gated share ([`crate::gated`]).
//!
//! Beside them: [`keyfmt`], public keys as the world writes them; [`json`] and [`cbor`], readers that refuse what two readers could read in two ways;
//! with their features `passkey`, a key of the quorum's own as a passkey, and `quote`, prices and payments.
//!
//! Each module is the specification of what it does. Its checks have ids, which stand in the code and in the names of the tests that fail without
//! them; errors carry the number of the check in their `code`.

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
