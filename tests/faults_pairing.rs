//! A malicious device in a pairing: which check names it, that what cannot be told apart is not blamed, and that a run that failed
//! leaves nothing to the next.

#[path = "faults_pairing/fields.rs"]
mod fields;
#[path = "faults_pairing/game.rs"]
mod game;
#[path = "faults_pairing/guess.rs"]
mod guess;
#[path = "faults_pairing/honest.rs"]
mod honest;
#[path = "faults_pairing/puppet.rs"]
mod puppet;
#[path = "faults_pairing/replay.rs"]
mod replay;
