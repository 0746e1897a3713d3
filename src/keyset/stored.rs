//! Key sets, as what can be sealed.

use alloc::vec::Vec;

use super::{AnyShare, Bundle, PendingSet};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::wire::{Stored, StoredKind, Subject, sealed};

impl sealed::Sealed for Bundle {}
impl sealed::Sealed for PendingSet {}

/// There is a first key in every set.
fn of_set(holder: PartyId, first: Option<&[u8; 32]>) -> Subject {
    Subject { scheme: 0, holder: Some(holder), key_id: first.copied().unwrap_or_default() }
}

impl Stored for Bundle {
    const KIND: StoredKind = StoredKind::Bundle;

    fn subject(&self) -> Subject {
        of_set(self.id(), self.shares().first().map(AnyShare::key_id))
    }

    fn epoch(&self) -> u32 {
        self.shares().iter().map(AnyShare::epoch).min().unwrap_or(0)
    }

    fn write(&self) -> Secret<Vec<u8>> {
        self.to_bytes()
    }

    fn read(bytes: Secret<Vec<u8>>) -> Option<Self> {
        Self::from_bytes(bytes.expose())
    }
}

impl Stored for PendingSet {
    const KIND: StoredKind = StoredKind::PendingSet;

    fn subject(&self) -> Subject {
        of_set(self.id(), self.first_key_id())
    }

    fn epoch(&self) -> u32 {
        0
    }

    fn write(&self) -> Secret<Vec<u8>> {
        self.to_bytes()
    }

    fn read(bytes: Secret<Vec<u8>>) -> Option<Self> {
        Self::from_bytes(bytes.expose())
    }
}
