//! What is gated, as what can be sealed: kinds of their own, so that what was gated is opened as gated.

use alloc::vec::Vec;
#[cfg(feature = "ecdsa")]
use core::marker::PhantomData;

use super::Gated;
#[cfg(feature = "ecdsa")]
use super::stored::presignature;
use crate::curve::Scheme;
#[cfg(feature = "ecdsa")]
use crate::ecdsa::{self, EcdsaScheme};
use crate::key::KeyShare;
use crate::key::epoch::Epochs;
use crate::secret::Secret;
#[cfg(feature = "ecdsa")]
use crate::wire::copy;
use crate::wire::{Stored, StoredKind, Subject, sealed, stored_as_bytes};

stored_as_bytes!(Gated<KeyShare<S>>, GatedShare, |it| it.0.subject(), Stored::epoch(&it.0));
stored_as_bytes!(Gated<Epochs<S>>, GatedEpochs, |it| it.0.subject(), Stored::epoch(&it.0));

/// What [`Gated::store`] gives of a presignature, with signer and key. The bytes are checked when they are loaded ([`Gated::load`]).
#[cfg(feature = "ecdsa")]
#[derive(Debug)]
pub struct StoredPresignature<S: EcdsaScheme> {
    subject: Subject,
    form: Secret<Vec<u8>>,
    scheme: PhantomData<S>,
}

#[cfg(feature = "ecdsa")]
impl<S: EcdsaScheme> StoredPresignature<S> {
    /// Takes a form; `None` unless it is a gated one, with the head of one of this scheme, and no bit is wrong.
    #[must_use]
    pub fn new(form: Secret<Vec<u8>>) -> Option<Self> {
        let inner = ecdsa::StoredPresignature::<S>::new(copy(presignature(form.expose())?))?;
        Some(Self { subject: inner.subject(), form, scheme: PhantomData })
    }

    /// The form.
    #[must_use]
    pub fn into_form(self) -> Secret<Vec<u8>> {
        self.form
    }
}

#[cfg(feature = "ecdsa")]
impl<S: EcdsaScheme> sealed::Sealed for StoredPresignature<S> {}

#[cfg(feature = "ecdsa")]
impl<S: EcdsaScheme> Stored for StoredPresignature<S> {
    const KIND: StoredKind = StoredKind::GatedPresignature;

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
