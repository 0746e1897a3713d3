//! What the example `rounds` is made of.

pub(crate) mod meter;
pub(crate) mod plot;
pub(crate) mod runs;
pub(crate) mod sheet;

pub(crate) type Error = Box<dyn std::error::Error>;
