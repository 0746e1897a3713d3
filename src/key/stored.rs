//! Shares and records of epochs, as what can be sealed.

use alloc::vec::Vec;

use super::epoch::Epochs;
use super::{KeyShare, PendingSeat, PendingShare};
use crate::curve::Scheme;
use crate::party::PartyId;
use crate::secret::Secret;
use crate::wire::{Stored, StoredKind, Subject, sealed, stored_as_bytes};

fn subject<S: Scheme>(holder: PartyId, key_id: &[u8; 32]) -> Subject {
    Subject { scheme: S::ID, holder: Some(holder), key_id: *key_id }
}

stored_as_bytes!(
    KeyShare<S>,
    KeyShare,
    |it| subject::<S>(it.id(), it.public().key_id()),
    it.public().epoch()
);
stored_as_bytes!(
    PendingShare<S>,
    PendingShare,
    |it| subject::<S>(it.id(), it.sharing().key_id()),
    it.sharing().epoch()
);
// A member's is the same as its pending share's.
stored_as_bytes!(
    PendingSeat<S>,
    PendingShare,
    |it| subject::<S>(it.id(), it.sharing().key_id()),
    it.sharing().epoch()
);
stored_as_bytes!(
    Epochs<S>,
    Epochs,
    |it| subject::<S>(it.me(), it.key_id()),
    it.public().map_or(0, |public| public.epoch())
);
