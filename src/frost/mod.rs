#![doc = include_str!("protocol.md")]

mod coordinator;
#[cfg(feature = "ed25519")]
mod ed25519;
mod judge;
mod leaderless;
mod nonce;
mod package;
mod rounds;
mod search;
mod share;
mod suite;
mod task;
#[cfg(test)]
mod tests;
#[cfg(feature = "ed25519")]
pub mod zf;

pub use coordinator::{Coordinator, Cosigner};
#[cfg(feature = "ed25519")]
pub use ed25519::Ed25519Signature;
pub use judge::judge;
pub use leaderless::{Round1, Round2, Sign};
pub use nonce::{NonceCommitments, SigningNonces};
pub use package::{PackageError, SigningPackage};
pub use rounds::{AggregateError, SignatureShare, aggregate, sign};
pub use share::SigningShare;
pub use suite::Suite;
pub use task::Task;

/// The protocol's number in headers.
pub const PROTOCOL: u8 = 9;
