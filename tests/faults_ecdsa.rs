//! Malicious signers in threshold ECDSA: who is named, by which check, who is banned by whom, and that nobody honest ever is.

/// Tests that run on both curves.
macro_rules! every_scheme {
    ($($name:ident)*) => {
        mod every_scheme {$(
            mod $name {
                #[test]
                fn secp256k1() {
                    super::super::$name::<quorate::curve::EcdsaSecp256k1>();
                }
                #[test]
                fn p256() {
                    super::super::$name::<quorate::curve::EcdsaP256>();
                }
            }
        )*}
    };
}

#[path = "faults_ecdsa/bans.rs"]
mod bans;
#[path = "faults_ecdsa/batches.rs"]
mod batches;
#[allow(dead_code)]
#[path = "dealing/foe.rs"]
mod foe;
#[path = "faults_ecdsa/freshness.rs"]
mod freshness;
#[path = "faults_ecdsa/game.rs"]
mod game;
#[allow(dead_code)]
#[path = "dealing/hash.rs"]
mod hash;
#[path = "faults_ecdsa/liars.rs"]
mod liars;
#[path = "faults_ecdsa/matrix.rs"]
mod matrix;
#[path = "faults_ecdsa/races.rs"]
mod races;
#[path = "faults_ecdsa/replay.rs"]
mod replay;
#[path = "faults_ecdsa/setup.rs"]
mod setup;
#[path = "faults_ecdsa/table.rs"]
mod table;
