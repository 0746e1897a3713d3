//! Making keys.

use quorate::curve::{
    EcdsaP256, EcdsaSecp256k1, FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1, FrostTaproot,
    Scheme,
};
use quorate::dkg::{Dkg, Run};
use quorate::key::KeyShare;
use quorate::party::Threshold;
use quorate::sim::{Cast, MemoryLedger};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::{id, session};
use crate::drive::{Private, run};
use crate::table::Table;
use crate::tainted::Tainted;

/// Where the secret stands in a stored share.
pub const SECRET: std::ops::Range<usize> = 5..37;

/// The secret of a share, as it is stored.
pub fn secret<S: Scheme>(share: &KeyShare<S>) -> Vec<u8> {
    share.to_bytes().expose()[SECRET].to_vec()
}

/// Parties whose identities are no secrets, so that envelopes cost nothing.
pub fn cast(ids: &[u16]) -> Cast {
    Cast::new(ids.iter().copied(), &mut ChaCha20Rng::seed_from_u64(1)).unwrap()
}

/// A 2-of-3 key, made by all three.
pub fn made<S: Scheme>(cast: &Cast, rng: &mut Tainted) -> Vec<KeyShare<S>> {
    let terms = Run::<S>::new(Threshold::new(2, 3).unwrap(), cast.roster().clone(), session(1)).unwrap();
    let start = |number| Dkg::start(&terms, id(number), &mut MemoryLedger::default(), rng).unwrap();
    let sessions = [1, 2, 3].map(start).into();
    run(cast, sessions, Private::Shown, rng)
}

fn dkg<S: Scheme>(table: &mut Table) {
    table.clean(&format!("key generation, 2 of 3, {}", S::NAME), || {
        let shares = made::<S>(&cast(&[1, 2, 3]), &mut Tainted::new(2));
        shares.iter().flat_map(secret).collect()
    });
    table.clean(&format!("share stored and read, {}", S::NAME), || {
        let share = &made::<S>(&cast(&[1, 2, 3]), &mut Tainted::new(2))[0];
        secret(&KeyShare::<S>::from_bytes(share.to_bytes().expose()).unwrap())
    });
}

pub fn all(table: &mut Table) {
    dkg::<FrostEd25519>(table);
    dkg::<FrostRistretto255>(table);
    dkg::<EcdsaSecp256k1>(table);
    dkg::<EcdsaP256>(table);
    dkg::<FrostTaproot>(table);
    dkg::<FrostSecp256k1>(table);
    dkg::<FrostP256>(table);
}
