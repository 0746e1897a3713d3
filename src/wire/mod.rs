//! Fixed layouts: the reader that only moves forward, the writers, the message header, and what can be stored.
//!
//! Integers are big-endian. Vectors have the length that the protocol fixes; no protocol message carries a length, and no
//! allocation follows one. A body that does not have exactly its layout's length never reaches a protocol.

mod header;
pub mod protocol;
mod reader;
mod stored;

pub use header::{HEADER_LEN, Header, Kind, SessionId, VERSION};
pub(crate) use reader::Reader;
pub use stored::{Stored, StoredKind, Subject};
#[allow(unused_imports)] // by features
pub(crate) use stored::{copy, sealed, stored_as_bytes};

use alloc::vec::Vec;

pub(crate) fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

#[allow(dead_code)] // by features
pub(crate) fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_be_bytes());
}

pub(crate) fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}
