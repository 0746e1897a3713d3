//! Stub.

#![allow(dead_code)]

mod message;
mod signature;
mod suite;

pub use message::{Digest, Hash, Message, Prehashed};
pub use signature::Signature;
pub use suite::EcdsaScheme;
