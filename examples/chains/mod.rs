//! What two chains want signed, and what they want back. Bytes in, bytes out; no network, no keys.

// Each example takes what it needs.
#![allow(dead_code)]

pub(crate) mod bitcoin;
pub(crate) mod ethereum;
