//! A threshold P-256 key as a passkey and as an owner of a Safe.

mod check;
pub mod client;
mod error;
mod facts;
mod output;
pub mod owners;
mod payload;
mod record;
pub mod safe;

pub use check::{Statement, UserEvidence, check};
pub use error::PasskeyError;
pub use facts::PasskeyDecoder;
pub use output::{Assertion, Registration, register};
pub use payload::{MAX_DATA, Payload, Transaction};
pub use record::{MAX_ORIGIN, MAX_RP_ID, Mode, Record};
