//! The stored form of nonces, as what can be sealed.

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::nonce::names_of;
use super::suite::Suite;
use crate::secret::Secret;
use crate::wire::{Stored, StoredKind, Subject, copy, sealed};

/// What [`SigningNonces::store`](super::SigningNonces::store) gives, with signer and epoch. The bytes are checked when they are loaded
/// ([`SigningNonces::load`](super::SigningNonces::load)).
#[derive(Debug)]
pub struct StoredNonces<S: Suite> {
    subject: Subject,
    form: Secret<Vec<u8>>,
    scheme: PhantomData<S>,
}

impl<S: Suite> StoredNonces<S> {
    /// Takes a form; `None` unless it has head and length of one of this scheme.
    #[must_use]
    pub fn new(form: Secret<Vec<u8>>) -> Option<Self> {
        let (owner, epoch_id) = names_of::<S>(form.expose())?;
        let subject = Subject { scheme: S::ID, holder: Some(owner), key_id: epoch_id };
        Some(Self { subject, form, scheme: PhantomData })
    }

    /// The form.
    #[must_use]
    pub fn into_form(self) -> Secret<Vec<u8>> {
        self.form
    }
}

impl<S: Suite> sealed::Sealed for StoredNonces<S> {}

impl<S: Suite> Stored for StoredNonces<S> {
    const KIND: StoredKind = StoredKind::Presignature;

    fn subject(&self) -> Subject {
        self.subject
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
