//! Fixed layouts: the reader that only moves forward, the writers, and the message header.
//!
//! Integers are big-endian. Vectors have the length that the protocol fixes; no protocol message carries a length, and no
//! allocation follows one. A body that does not have exactly its layout's length never reaches a protocol.

mod header;
pub mod protocol;
mod reader;

pub use header::{HEADER_LEN, Header, Kind, SessionId, VERSION};
pub(crate) use reader::Reader;

use alloc::vec::Vec;

pub(crate) fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub(crate) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}
