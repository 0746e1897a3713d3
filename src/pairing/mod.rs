//! Two devices, paired once.

mod live;

pub use live::{Ban, Pairing};
pub(crate) use live::{Link, Secrets, Settled};

use crate::identity::PublicIdentity;
use alloc::vec::Vec;

/// The protocol's number in headers.
pub const PROTOCOL: u8 = 1;

/// Set.
#[derive(Debug, Default)]
pub struct Pairings(Vec<Pairing>);
impl Pairings {
    /// Get.
    pub fn get(&self, peer: &PublicIdentity) -> Option<&Pairing> {
        self.0.iter().find(|p| p.peer() == *peer)
    }
    /// Insert.
    pub fn insert(&mut self, pairing: Pairing) -> Option<Pairing> {
        self.0.push(pairing);
        None
    }
}
