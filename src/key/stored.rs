//! Shares and records of epochs, as what can be sealed.

use alloc::vec::Vec;

use super::epoch::Epochs;
use super::{KeyShare, PendingSeat, PendingShare};
use crate::curve::Scheme;
use crate::secret::Secret;
use crate::wire::{Stored, StoredKind, Subject, sealed};

impl<S: Scheme> sealed::Sealed for KeyShare<S> {}
impl<S: Scheme> sealed::Sealed for PendingShare<S> {}
impl<S: Scheme> sealed::Sealed for PendingSeat<S> {}
impl<S: Scheme> sealed::Sealed for Epochs<S> {}

impl<S: Scheme> Stored for KeyShare<S> {
    const KIND: StoredKind = StoredKind::KeyShare;

    fn subject(&self) -> Subject {
        Subject { scheme: S::ID, holder: Some(self.id()), key_id: *self.public().key_id() }
    }

    fn epoch(&self) -> u32 {
        self.public().epoch()
    }

    fn write(&self) -> Secret<Vec<u8>> {
        self.to_bytes()
    }

    fn read(bytes: Secret<Vec<u8>>) -> Option<Self> {
        Self::from_bytes(bytes.expose())
    }
}

impl<S: Scheme> Stored for PendingShare<S> {
    const KIND: StoredKind = StoredKind::PendingShare;

    fn subject(&self) -> Subject {
        Subject { scheme: S::ID, holder: Some(self.id()), key_id: *self.sharing().key_id() }
    }

    fn epoch(&self) -> u32 {
        self.sharing().epoch()
    }

    fn write(&self) -> Secret<Vec<u8>> {
        self.to_bytes()
    }

    fn read(bytes: Secret<Vec<u8>>) -> Option<Self> {
        Self::from_bytes(bytes.expose())
    }
}

/// A member's is the same as its pending share's.
impl<S: Scheme> Stored for PendingSeat<S> {
    const KIND: StoredKind = StoredKind::PendingShare;

    fn subject(&self) -> Subject {
        Subject { scheme: S::ID, holder: Some(self.id()), key_id: *self.sharing().key_id() }
    }

    fn epoch(&self) -> u32 {
        self.sharing().epoch()
    }

    fn write(&self) -> Secret<Vec<u8>> {
        self.to_bytes()
    }

    fn read(bytes: Secret<Vec<u8>>) -> Option<Self> {
        Self::from_bytes(bytes.expose())
    }
}

impl<S: Scheme> Stored for Epochs<S> {
    const KIND: StoredKind = StoredKind::Epochs;

    fn subject(&self) -> Subject {
        Subject { scheme: S::ID, holder: Some(self.me()), key_id: *self.key_id() }
    }

    fn epoch(&self) -> u32 {
        self.public().map_or(0, |public| public.epoch())
    }

    fn write(&self) -> Secret<Vec<u8>> {
        self.to_bytes()
    }

    fn read(bytes: Secret<Vec<u8>>) -> Option<Self> {
        Self::from_bytes(bytes.expose())
    }
}
