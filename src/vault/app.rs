//! Secrets of the application's own.

use alloc::string::String;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::crypto::random_key;
use super::label::{hash_of, is_label};
use crate::secret::Secret;
use crate::wire::{Reader, Stored, StoredKind, Subject, sealed};

const VERSION: u8 = 1;

/// A secret by a label: the seed of an identity key, a key for the slots of other containers, a MAC key of quotes, a TOTP secret.
///
/// Stored as `version 1, length of the label 1, label, secret`.
#[derive(Debug)]
pub struct AppSecret {
    label: String,
    secret: Secret<Vec<u8>>,
}

impl AppSecret {
    /// Takes a secret; `None` unless the label is printable ASCII of 1 to 64 bytes, and the secret is not empty.
    #[must_use]
    pub fn new(label: &str, secret: Secret<Vec<u8>>) -> Option<Self> {
        let right = is_label(label.as_bytes()) && !secret.expose().is_empty();
        right.then(|| Self { label: label.into(), secret })
    }

    /// 32 random bytes; `None` for a label that is none.
    #[must_use]
    pub fn generate(label: &str, rng: &mut dyn CryptoRng) -> Option<Self> {
        Self::new(label, crate::wire::copy(random_key(rng).expose()))
    }

    /// Its label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The secret.
    #[must_use]
    pub const fn secret(&self) -> &Secret<Vec<u8>> {
        &self.secret
    }

    /// The secret, if it has 32 bytes: for a slot, or as the seed of an identity key.
    #[must_use]
    pub fn key(&self) -> Option<Secret<[u8; 32]>> {
        let bytes: &[u8; 32] = self.secret.expose().as_slice().try_into().ok()?;
        Some(Secret::<[u8; 32]>::build(|key| key.copy_from_slice(bytes)))
    }

    /// What it is named by in a container: SHA-256 of the label.
    #[must_use]
    pub fn subject_of(label: &str) -> Subject {
        Subject::named(hash_of(label))
    }
}

impl sealed::Sealed for AppSecret {}

impl Stored for AppSecret {
    const KIND: StoredKind = StoredKind::AppSecret;

    fn subject(&self) -> Subject {
        Self::subject_of(&self.label)
    }

    fn epoch(&self) -> u32 {
        0
    }

    fn write(&self) -> Secret<Vec<u8>> {
        let mut out = Secret::buffer(2 + self.label.len() + self.secret.expose().len());
        let bytes = out.expose_mut();
        // A label has at most 64 bytes.
        bytes.extend_from_slice(&[VERSION, self.label.len() as u8]);
        bytes.extend_from_slice(self.label.as_bytes());
        bytes.extend_from_slice(self.secret.expose());
        out
    }

    fn read(bytes: Secret<Vec<u8>>) -> Option<Self> {
        let mut r = Reader::new(bytes.expose());
        let right = r.u8()? == VERSION;
        let len = usize::from(r.u8()?);
        let label = core::str::from_utf8(r.bytes(len)?).ok()?;
        let read = Self::new(label, crate::wire::copy(r.rest()))?;
        right.then_some(read)
    }
}
