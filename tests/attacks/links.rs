//! Devices with channels between them.

#[path = "../channel/rogue.rs"]
mod rogue;
#[path = "../channel/stage.rs"]
pub(crate) mod stage;
