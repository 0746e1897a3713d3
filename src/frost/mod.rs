#![doc = include_str!("protocol.md")]

mod coordinator;
#[cfg(feature = "ed25519")]
mod ed25519;
mod judge;
mod leaderless;
mod nonce;
mod package;
#[cfg(feature = "ristretto255")]
mod ristretto255;
mod rounds;
#[cfg(any(feature = "secp256k1", feature = "p256", feature = "ristretto255"))]
mod schnorr;
mod search;
#[cfg(any(feature = "ed25519", feature = "ristretto255"))]
mod sha512;
mod share;
mod stored;
mod suite;
#[cfg(feature = "secp256k1")]
pub mod taproot;
mod task;
#[cfg(test)]
mod tests;
mod view;
#[cfg(any(feature = "secp256k1", feature = "p256"))]
mod xmd;
pub mod zf;

pub use coordinator::{Coordinator, Cosigner};
#[cfg(feature = "ed25519")]
pub use ed25519::Ed25519Signature;
pub use judge::judge;
pub use leaderless::{Round1, Round2, Sign};
pub use nonce::{NonceCommitments, SigningNonces};
pub use package::{PackageError, SigningPackage};
pub use rounds::{AggregateError, SignatureShare, aggregate, sign};
#[cfg(any(feature = "secp256k1", feature = "p256", feature = "ristretto255"))]
pub use schnorr::SchnorrSignature;
pub use share::SigningShare;
pub use stored::StoredNonces;
pub use suite::Suite;
#[cfg(feature = "secp256k1")]
pub use taproot::{Bip340Signature, Taproot};
pub use task::Task;
pub use view::KeyView;

use crate::wire::protocol;

/// The protocol's number in headers.
pub const PROTOCOL: u8 = protocol::FROST;
