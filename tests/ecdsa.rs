//! Threshold ECDSA end to end: every signature is one by the judgement of the curve's own crate.
#[path = "ecdsa/batches.rs"]
mod batches;
#[path = "ecdsa/debug.rs"]
mod debug;
#[path = "ecdsa/game.rs"]
mod game;
#[path = "ecdsa/one_pairing.rs"]
mod one_pairing;
#[path = "ecdsa/presignatures.rs"]
mod presignatures;
#[path = "ecdsa/quorums.rs"]
mod quorums;
