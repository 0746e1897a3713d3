//! The credentials of all approvers.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::credential::{Credential, RecordUpdate, StaleUpdate};
use super::error::EnrolError;
use crate::approval::approver::ApproverId;
use crate::approval::keyfmt::P256Key;

/// A credential in a set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Whose it is.
    pub owner: ApproverId,
    /// Whether it may be used.
    pub active: bool,
    /// Its record.
    pub credential: Credential,
}

/// Credentials with their owners: no id and no key twice, also not of two owners.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CredentialSet(BTreeMap<Vec<u8>, Entry>);

impl CredentialSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds a credential, active.
    ///
    /// # Errors
    /// [`EnrolError::DuplicateCredential`] if its id or key is in the set, active or not.
    pub fn insert(&mut self, owner: ApproverId, credential: Credential) -> Result<(), EnrolError> {
        let parts = credential.parts();
        if self.has(&parts.id, &parts.key) {
            return Err(EnrolError::DuplicateCredential);
        }
        self.0.insert(parts.id.clone(), Entry { owner, active: true, credential });
        Ok(())
    }

    /// Whether a credential of this id or of this key is in the set.
    #[must_use]
    pub fn has(&self, id: &[u8], key: &P256Key) -> bool {
        self.0.contains_key(id) || self.0.values().any(|entry| entry.credential.parts().key == *key)
    }

    /// Lets a credential be used, or no longer. `false` if there is none of this id.
    pub fn set_active(&mut self, id: &[u8], active: bool) -> bool {
        match self.0.get_mut(id) {
            Some(entry) => {
                entry.active = active;
                true
            }
            None => false,
        }
    }

    /// The credential of this id.
    #[must_use]
    pub fn get(&self, id: &[u8]) -> Option<&Entry> {
        self.0.get(id)
    }

    /// Writes what an accepted assertion changed.
    ///
    /// # Errors
    /// As [`Credential::apply`].
    pub fn apply(&mut self, update: &RecordUpdate) -> Result<(), StaleUpdate> {
        self.0.get_mut(update.credential_id()).ok_or(StaleUpdate)?.credential.apply(update)
    }

    /// All credentials, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.values()
    }
}
