//! Threshold cryptography as sans-IO state machines.
#![no_std]
#![cfg_attr(not(test), warn(clippy::missing_panics_doc))]
extern crate alloc;
#[cfg(feature = "sim")]
extern crate std;

pub mod curve;
pub mod dkg;
pub mod envelope;
pub mod error;
pub mod evidence;
#[cfg(feature = "frost")]
pub mod frost;
mod hash;
pub mod identity;
pub mod key;
pub mod party;
mod proof;
pub mod secret;
pub mod session;
pub mod sharing;
pub mod wire;
#[cfg(feature = "sim")]
pub mod sim;
