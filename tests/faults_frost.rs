//! Malicious parties in FROST signing: who is named, by which check, with what evidence, and that nobody honest ever is.
#![allow(clippy::type_complexity)]
#[path = "faults_frost/coordinator.rs"]
mod coordinator;
#[path = "faults_frost/evidence.rs"]
mod evidence;
#[path = "faults_frost/game.rs"]
mod game;
#[path = "faults_frost/leaderless.rs"]
mod leaderless;
#[path = "faults_frost/nonces.rs"]
mod nonces;
#[path = "faults_frost/reference.rs"]
mod reference;
#[path = "faults_frost/setup.rs"]
mod setup;
#[path = "faults_frost/torsion.rs"]
mod torsion;
#[path = "faults_frost/values.rs"]
mod values;
