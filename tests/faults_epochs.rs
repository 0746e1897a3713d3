//! Malicious parties, mistakes and interruptions in refresh, reshare and import: who is named, by which check, with what
//! evidence, by whom, and that what was there before is still there afterwards.

/// Tests about every dealing from something, under several schemes.
macro_rules! every_dealing {
    ($($name:ident)*) => {
        mod every_dealing {$(
            #[test]
            fn $name() {
                fn all<S: crate::foe::Foe>() {
                    super::$name::<S, _>(crate::stage::refresh);
                    super::$name::<S, _>(crate::stage::reshare);
                    super::$name::<S, _>(crate::stage::import);
                    super::$name::<S, _>(crate::stage::import_shares);
                }
                all::<quorate::curve::FrostEd25519>();
                all::<quorate::curve::EcdsaSecp256k1>();
            }
        )*}
    };
}

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

mod driver;

#[path = "dealing/facts.rs"]
mod facts;
#[allow(dead_code)]
#[path = "dealing/foe.rs"]
mod foe;
#[allow(dead_code)]
#[path = "dealing/game.rs"]
mod game;
#[path = "dealing/hash.rs"]
mod hash;
#[allow(dead_code)]
#[path = "dealing/puppet.rs"]
mod puppet;
#[allow(dead_code)]
#[path = "dealing/verdict.rs"]
mod verdict;

#[path = "faults_epochs/checks.rs"]
mod checks;
#[path = "faults_epochs/constants.rs"]
mod constants;
#[path = "faults_epochs/equivocation.rs"]
mod equivocation;
#[path = "faults_epochs/flow.rs"]
mod flow;
#[path = "faults_epochs/framed.rs"]
mod framed;
#[path = "faults_epochs/imports.rs"]
mod imports;
#[path = "faults_epochs/interrupted.rs"]
mod interrupted;
#[path = "faults_epochs/lifecycle.rs"]
mod lifecycle;
#[path = "faults_epochs/mixed.rs"]
mod mixed;
#[path = "faults_epochs/removed.rs"]
mod removed;
#[path = "faults_epochs/roles.rs"]
mod roles;
#[path = "faults_epochs/setup.rs"]
mod setup;
#[path = "faults_epochs/sizes.rs"]
mod sizes;
#[path = "faults_epochs/stage.rs"]
mod stage;
#[path = "faults_epochs/storage.rs"]
mod storage;
