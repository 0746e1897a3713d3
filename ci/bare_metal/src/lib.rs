//! One device of a 2-of-3 key on a microcontroller, without an operating system.
//!
//! A program on the host (`record`) plays all parties with known seeds and writes down a script for each scene: what the device has stored, what
//! the others send it, and a hash of everything that it sends and of its result. The firmware plays the device again from its script, with the same
//! seed: it must send the same bytes, to the last one, and come to the same result. Its heap holds one party and nothing else.
#![cfg_attr(not(feature = "record"), no_std)]

extern crate alloc;

#[cfg(target_arch = "arm")]
#[path = "arm.rs"]
pub mod board;
#[cfg(target_arch = "riscv32")]
#[path = "riscv.rs"]
pub mod board;
#[cfg(target_os = "none")]
pub mod firmware;
#[cfg(target_os = "none")]
pub mod heap;
pub mod party;
pub mod scene;
pub mod script;
