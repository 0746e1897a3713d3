//! Malicious parties in key generation: who is named, by which check, with what evidence, and that nobody honest ever is.

/// Tests that run under every scheme.
macro_rules! every_scheme {
    ($($name:ident)*) => {
        mod every_scheme {$(
            #[test]
            fn $name() {
                super::$name::<quorate::curve::FrostEd25519>();
                super::$name::<quorate::curve::EcdsaSecp256k1>();
                super::$name::<quorate::curve::EcdsaP256>();
            }
        )*}
    };
}

#[path = "faults_dkg/certificate.rs"]
mod certificate;
#[path = "faults_dkg/complaint_fields.rs"]
mod complaint_fields;
#[path = "faults_dkg/complaints.rs"]
mod complaints;
#[path = "faults_dkg/equivocation.rs"]
mod equivocation;
#[allow(dead_code)]
#[path = "dealing/facts.rs"]
mod facts;
#[path = "dealing/foe.rs"]
mod foe;
#[path = "faults_dkg/framing.rs"]
mod framing;
#[path = "dealing/game.rs"]
mod game;
#[path = "dealing/hash.rs"]
mod hash;
#[path = "faults_dkg/leaks.rs"]
mod leaks;
#[path = "faults_dkg/matrix.rs"]
mod matrix;
#[path = "faults_dkg/optimistic.rs"]
mod optimistic;
#[allow(dead_code)]
#[path = "dealing/puppet.rs"]
mod puppet;
#[path = "faults_dkg/replay.rs"]
mod replay;
#[path = "faults_dkg/rogue.rs"]
mod rogue;
#[path = "dealing/verdict.rs"]
mod verdict;
