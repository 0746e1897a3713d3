//! Repair of a lost share: that it comes back as it was, and what becomes of everything that is not as it should be.
mod driver;
#[allow(dead_code)]
#[path = "garbage/tools.rs"]
mod tools;

#[path = "repair/fields.rs"]
mod fields;
#[path = "repair/game.rs"]
mod game;
#[path = "repair/hedged.rs"]
mod hedged;
#[path = "repair/honest.rs"]
mod honest;
#[path = "repair/network.rs"]
mod network;
#[path = "repair/setup.rs"]
mod setup;
#[path = "repair/standing.rs"]
mod standing;
