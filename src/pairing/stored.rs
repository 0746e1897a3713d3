//! A pairing's stored form, as what can be sealed.

use alloc::vec::Vec;

use super::store::id_of;
use crate::secret::Secret;
use crate::wire::{Stored, StoredKind, Subject, copy, sealed};

/// What [`Pairing::store`](super::Pairing::store), [`Pairing::close`](super::Pairing::close) and
/// [`Opening::to_store`](super::Opening::to_store) give, with the id of the pairing. The bytes are checked when they are loaded
/// ([`Opening`](super::Opening)).
#[derive(Debug)]
pub struct StoredPairing {
    id: [u8; 32],
    form: Secret<Vec<u8>>,
}

impl StoredPairing {
    /// Takes a form; `None` unless it has the head of one, and no bit is wrong.
    #[must_use]
    pub fn new(form: Secret<Vec<u8>>) -> Option<Self> {
        Some(Self { id: id_of(form.expose())?, form })
    }

    /// The id of the pairing.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// The form: once it is durable, for [`Pairing::saved`](super::Pairing::saved) and [`Opening::stored`](super::Opening::stored).
    #[must_use]
    pub const fn form(&self) -> &Secret<Vec<u8>> {
        &self.form
    }

    /// The form, for [`Opening::load`](super::Opening::load).
    #[must_use]
    pub fn into_form(self) -> Secret<Vec<u8>> {
        self.form
    }
}

impl sealed::Sealed for StoredPairing {}

impl Stored for StoredPairing {
    const KIND: StoredKind = StoredKind::Pairing;

    fn subject(&self) -> Subject {
        Subject::named(self.id)
    }

    fn epoch(&self) -> u32 {
        0
    }

    fn write(&self) -> Secret<Vec<u8>> {
        copy(self.form.expose())
    }

    fn read(bytes: Secret<Vec<u8>>) -> Option<Self> {
        Self::new(bytes)
    }
}
