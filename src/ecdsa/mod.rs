#![doc = include_str!("protocol.md")]

mod job;
mod message;
mod msg;
mod online;
mod presign;
mod presignature;
mod round1;
mod round2;
mod round3;
mod sign;
mod signature;
mod stored;
mod suite;
mod team;

pub use crate::vole::VoleCurve;
pub use job::{Batch, MAX_BATCH, PresignTask, Task};
pub use message::{Digest, Hash, Message, Prehashed};
pub use online::Online;
pub use presign::Presign;
pub use presignature::Presignature;
pub use round1::Round1;
pub use round2::Round2;
pub use round3::Round3;
pub use sign::{Sign, SignBatch};
pub use signature::Signature;
pub use stored::StoredPresignature;
pub use suite::EcdsaScheme;

use crate::wire::protocol;

/// The protocol's number in headers: signing in three rounds, one message or a batch.
pub const SIGN: u8 = protocol::ECDSA_SIGN;
/// Making presignatures.
pub const PRESIGN: u8 = protocol::ECDSA_PRESIGN;
/// Spending a presignature.
pub const ONLINE: u8 = protocol::ECDSA_ONLINE;
