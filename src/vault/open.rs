//! Opening containers.

use alloc::vec::Vec;

use super::crypto::{Expander, decrypt, mac, same};
use super::error::{Part, VaultError};
use super::format::{Container, Wanted};
use super::kdf::Limits;
use super::keys::SlotKey;
use super::seal::Unlocked;
use crate::hash::Tag;
use crate::secret::Secret;
use crate::wire::{Stored, StoredKind, Subject, copy};

/// Which epochs will do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EpochRule {
    /// Whichever.
    Any,
    /// This one.
    Exactly(u32),
    /// This one or a later one.
    AtLeast(u32),
}

impl EpochRule {
    const fn admits(self, epoch: u32) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(wanted) => epoch == wanted,
            Self::AtLeast(least) => epoch >= least,
        }
    }
}

/// How old a container may be. The least counter comes from where a thief of the disk cannot turn it back: a TPM, a server, another device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rollback {
    /// This counter or a higher one.
    AtLeast(u64),
    /// There is nothing to compare it with. Refused for pairings and records of epochs.
    NotChecked,
}

/// What a container must be of, beside its kind, which the type says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expect {
    /// Scheme, holder and name.
    pub subject: Subject,
    /// The epoch.
    pub epoch: EpochRule,
    /// The counter.
    pub rollback: Rollback,
}

/// Opens a container.
///
/// What a type still asks for afterwards it asks for: a pairing its opening, a presignature and a snapshot their witness.
///
/// # Errors
/// [`VaultError`], for the first check of the [module](super)'s table that fails. Nothing of the content comes out.
pub fn open<T: Stored>(
    bytes: &[u8],
    key: &SlotKey<'_>,
    expect: &Expect,
    limits: &Limits,
) -> Result<T, VaultError> {
    let wanted = Wanted { kind: T::KIND, subject: Some(expect.subject) };
    let container = Container::expect(bytes, Some(wanted))?;
    let body = unlock(&container, key, limits)?.body(&container)?;
    let head = &container.head;
    // [V13] only now, when what it says of itself is true
    check_counter(T::KIND, head.counter, expect.rollback)?;
    let epoch = u32::try_from(head.epoch).map_err(|_| VaultError::Malformed)?;
    if !expect.epoch.admits(epoch) {
        return Err(VaultError::WrongEpoch { found: epoch });
    }
    // [V14] it decodes, and is what the header says
    let opened = T::read(body).filter(|opened| (opened.subject(), opened.epoch()) == (head.subject, epoch));
    opened.ok_or(VaultError::Corrupt(Part::Content))
}

fn check_counter(kind: StoredKind, found: u64, rule: Rollback) -> Result<(), VaultError> {
    let least = match rule {
        Rollback::AtLeast(least) if found >= least => return Ok(()),
        Rollback::NotChecked if !kind.must_not_go_back() => return Ok(()),
        Rollback::AtLeast(least) => Some(least),
        Rollback::NotChecked => None,
    };
    Err(VaultError::Rollback { found, least })
}

/// [V7] to [V11]: finds the slot, takes the data key out of it, and checks header and slots.
pub(super) fn unlock(
    container: &Container<'_>,
    key: &SlotKey<'_>,
    limits: &Limits,
) -> Result<Unlocked, VaultError> {
    let slot = key.slot(container)?;
    let ikm = key.material(slot, limits)?;
    let data_key = slot.unwrap(container.fixed, &ikm)?;
    let keys = Expander::new(&container.head.object, data_key.expose());
    // [V11] the commitment to the data key
    if !same(keys.key(Tag::VaultCommit, &[]).expose(), &container.head.dk_commit) {
        return Err(VaultError::Corrupt(Part::Header));
    }
    // [V11] the MAC over all slots
    let slots_mac = mac(&keys.key(Tag::VaultSlots, &[]), &[container.above]);
    if !same(&slots_mac, container.slots_mac) {
        return Err(VaultError::Corrupt(Part::Slots));
    }
    Ok(Unlocked { data_key, keys })
}

impl Unlocked {
    /// [V12] The plaintext.
    pub(super) fn body(&self, container: &Container<'_>) -> Result<Secret<Vec<u8>>, VaultError> {
        let mut body = copy(container.ciphertext);
        let key = self.keys.key(Tag::VaultBody, &[]);
        // [V12] the tag of the body
        if !decrypt(&key, &container.associated(), body.expose_mut(), container.tag) {
            return Err(VaultError::Corrupt(Part::Body));
        }
        Ok(body)
    }
}
