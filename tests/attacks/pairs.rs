//! Two devices that pair: an honest one, and a second implementation whose every value may be changed.

#[path = "../faults_pairing/game.rs"]
pub(crate) mod game;
#[path = "../faults_pairing/puppet.rs"]
pub(crate) mod puppet;

use game::{Honest, identities};
use quorate::pairing::Pairing;

/// Offsets in the stored form of an active pairing: leaves of the trees that are its own, the other's without the missing ones, which
/// are missing, the seed of zero shares, the digest.
const LEAVES: usize = 102;
const PUNCTURED: usize = LEAVES + 4096;
const DELTA: usize = PUNCTURED + 3072;
const ZERO: usize = DELTA + 16;

/// Leaf `y` of its own tree, in a stored form.
pub(crate) const fn leaf_at(tree: usize, y: usize) -> usize {
    LEAVES + 16 * (4 * tree + y)
}

/// What an active pairing holds.
pub(crate) struct Held(Vec<u8>);

impl Held {
    pub(crate) fn of(pairing: &Pairing) -> Self {
        let form = pairing.store().expose().clone();
        assert_eq!(form.len(), ZERO + 32 + 32);
        Self(form)
    }

    pub(crate) fn leaf(&self, tree: usize, y: usize) -> &[u8] {
        &self.0[leaf_at(tree, y)..][..16]
    }

    /// 256 leaves of its own, 192 of the other's.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = &[u8]> {
        self.0[LEAVES..DELTA].chunks(16)
    }

    /// Which leaf of the other's tree is missing.
    pub(crate) fn missing(&self, tree: usize) -> usize {
        usize::from(self.delta()[tree / 4] >> (2 * (tree % 4)) & 3)
    }

    pub(crate) fn delta(&self) -> &[u8] {
        &self.0[DELTA..ZERO]
    }

    pub(crate) fn zero(&self) -> &[u8] {
        &self.0[ZERO..ZERO + 32]
    }
}

/// The honest side, which is the lower device, and the malicious one, both before anything was received.
pub(crate) fn meet(seed: u64) -> (Honest, puppet::Puppet) {
    let [lo, hi] = identities();
    (Honest::new(lo, hi, game::SESSION, seed), puppet::Puppet::new(hi, lo, game::SESSION, seed + 1))
}
