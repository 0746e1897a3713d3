//! Channels: every check, every attack we know of, and sessions that run over them.

// Shared by several test files, each of which takes what it needs.
#![allow(dead_code)]

#[path = "channel/attacks.rs"]
mod attacks;
#[path = "channel/envelopes.rs"]
mod envelopes;
#[path = "channel/garbage.rs"]
mod garbage;
#[path = "channel/golden.rs"]
mod golden;
#[path = "channel/handshake.rs"]
mod handshake;
#[path = "channel/order.rs"]
mod order;
#[path = "channel/others.rs"]
mod others;
#[path = "channel/records.rs"]
mod records;
#[path = "channel/rogue.rs"]
mod rogue;
#[path = "channel/roster.rs"]
mod roster;
#[path = "channel/sessions.rs"]
mod sessions;
#[path = "channel/stage.rs"]
mod stage;
