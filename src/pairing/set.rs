//! The pairings of a device.

use alloc::collections::BTreeMap;

use super::Pairing;
use crate::identity::PublicIdentity;

/// One live pairing per peer.
///
/// A banned pairing stays in here, and refuses, until another is inserted in its place or it is removed.
#[derive(Debug, Default)]
pub struct Pairings(BTreeMap<[u8; 32], Pairing>);

impl Pairings {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Takes a new pairing into use, in place of the one with the same peer, which is returned. This is the only way in which a ban
    /// is lifted: decide it, do not do it because signing failed. Keep the record of the old ban. Another copy of the pairing that is in
    /// here, loaded from storage, does not take its place, and is itself returned: a ban that is not stored yet would be lost.
    ///
    /// Sessions that run on the old pairing go on with it, and a ban there is the old one's.
    #[must_use = "what is returned may carry a ban that is not stored yet"]
    pub fn insert(&mut self, pairing: Pairing) -> Option<Pairing> {
        let peer = pairing.peer().0;
        if self.0.get(&peer).is_some_and(|held| held.id() == pairing.id()) {
            return Some(pairing);
        }
        self.0.insert(peer, pairing)
    }

    /// The pairing with a peer.
    #[must_use]
    pub fn get(&self, peer: &PublicIdentity) -> Option<&Pairing> {
        self.0.get(&peer.0)
    }

    /// Takes the pairing with a peer out of use; sessions that run on it go on.
    #[must_use = "what is returned may carry a ban that is not stored yet"]
    pub fn remove(&mut self, peer: &PublicIdentity) -> Option<Pairing> {
        self.0.remove(&peer.0)
    }

    /// All of them, by the peers' identity keys.
    pub fn iter(&self) -> impl Iterator<Item = &Pairing> {
        self.0.values()
    }

    /// Those that must be stored now ([`Pairing::must_save`]).
    pub fn must_save(&self) -> impl Iterator<Item = &Pairing> {
        self.iter().filter(|pairing| pairing.must_save())
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// To close them one by one.
impl IntoIterator for Pairings {
    type Item = Pairing;
    type IntoIter = alloc::collections::btree_map::IntoValues<[u8; 32], Pairing>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_values()
    }
}
