//! Two devices, paired once.

mod live;

pub use live::{Ban, Pairing};
#[allow(unused_imports)]
pub(crate) use live::{Link, Secrets, Settled};

/// The protocol's number in headers.
pub const PROTOCOL: u8 = 1;
