//! Decoders of payloads that come with the crate.
//!
//! A decoder is code that decides about money, so each is small, reads one encoding of a thing, and refuses what it has no name for.

mod evm;
mod rlp;

pub use evm::Evm;
