//! A presignature's stored form, as what can be sealed.

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::presignature::names_of;
use super::suite::EcdsaScheme;
use crate::secret::Secret;
use crate::wire::{Stored, StoredKind, Subject, copy, sealed};

/// What [`Presignature::store`](super::Presignature::store) gives, with signer and key. The bytes are checked when they are loaded
/// ([`Presignature::load`](super::Presignature::load)).
#[derive(Debug)]
pub struct StoredPresignature<S: EcdsaScheme> {
    subject: Subject,
    form: Secret<Vec<u8>>,
    scheme: PhantomData<S>,
}

impl<S: EcdsaScheme> StoredPresignature<S> {
    /// Takes a form; `None` unless it has the head of one of this scheme, and no bit is wrong.
    #[must_use]
    pub fn new(form: Secret<Vec<u8>>) -> Option<Self> {
        let (me, key_id) = names_of::<S>(form.expose())?;
        let subject = Subject { scheme: S::ID, holder: Some(me), key_id };
        Some(Self { subject, form, scheme: PhantomData })
    }

    /// The form.
    #[must_use]
    pub fn into_form(self) -> Secret<Vec<u8>> {
        self.form
    }
}

impl<S: EcdsaScheme> sealed::Sealed for StoredPresignature<S> {}

/// The epoch is in it by its id, which [`Presignature::load`](super::Presignature::load) gives back.
impl<S: EcdsaScheme> Stored for StoredPresignature<S> {
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
