//! Signers around a table, whose every letter may be changed, and their pairings.

#[path = "../dealing/foe.rs"]
pub(crate) mod foe;
#[path = "../faults_ecdsa/game.rs"]
pub(crate) mod game;
#[path = "../dealing/hash.rs"]
pub(crate) mod hash;
#[path = "../faults_ecdsa/table.rs"]
pub(crate) mod table;
