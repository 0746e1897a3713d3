//! What chains want signed, and what they want back; what keys look like as addresses. Bytes in, bytes out; no network, no keys.

// Each example takes what it needs.
#![allow(dead_code)]

pub(crate) mod bitcoin;
pub(crate) mod cosmos;
pub(crate) mod ethereum;
pub(crate) mod solana;
pub(crate) mod tron;
