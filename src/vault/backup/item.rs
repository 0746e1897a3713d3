//! What stands in a backup.
// A build without any scheme has no shares to tell of.
#![cfg_attr(
    not(any(feature = "ed25519", feature = "secp256k1", feature = "p256", feature = "ristretto255")),
    allow(unreachable_code)
)]

use alloc::vec::Vec;

use super::BackupError;
use crate::keyset::{AnyScheme, AnyShare, Bundle};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::vault::{AppSecret, Part, VaultError};
use crate::wire::{Reader, Stored, StoredKind, Subject, copy, put_u16, put_u32, put_u64};

/// Bytes of an item beside its content.
pub(super) const HEAD_LEN: usize = 1 + 1 + 2 + 32 + 4 + 8 + 4;

/// What an item says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What it is.
    pub kind: StoredKind,
    /// Which one.
    pub subject: Subject,
    /// Its epoch.
    pub epoch: u32,
    /// The rollback counter that it had when the backup was made.
    pub counter: u64,
}

impl Entry {
    /// [B2] What items are sorted by.
    pub(super) fn place(&self) -> (u8, [u8; 32], u8, u16) {
        let Subject { scheme, holder, key_id } = self.subject;
        (self.kind.number(), key_id, scheme, holder.map_or(0, PartyId::get))
    }
}

/// One thing in a backup, secret.
#[derive(Debug)]
pub struct Item {
    pub(super) entry: Entry,
    pub(super) content: Secret<Vec<u8>>,
}

impl Item {
    /// Takes a copy for a backup, with the rollback counter of the container that it is stored in.
    ///
    /// # Errors
    /// [`BackupError::NotBackupable`].
    pub fn new<T: Stored>(what: &T, counter: u64) -> Result<Self, BackupError> {
        // [B1] by its kind, when a backup is made
        if !T::KIND.is_backupable() {
            return Err(BackupError::NotBackupable(T::KIND.number()));
        }
        let (kind, subject, epoch) = (T::KIND, what.subject(), what.epoch());
        Ok(Self { entry: Entry { kind, subject, epoch, counter }, content: what.write() })
    }

    /// What it says of itself.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The thing itself.
    ///
    /// # Errors
    /// [`VaultError::WrongKind`]; [`VaultError::Corrupt`] if it is of another scheme.
    pub fn read<T: Stored>(self) -> Result<T, VaultError> {
        let Entry { kind, subject, epoch, .. } = self.entry;
        if kind != T::KIND {
            return Err(VaultError::WrongKind { found: kind.number(), wanted: T::KIND });
        }
        let read = T::read(self.content).filter(|read| (read.subject(), read.epoch()) == (subject, epoch));
        read.ok_or(VaultError::Corrupt(Part::Content))
    }

    pub(super) fn len(&self) -> usize {
        HEAD_LEN + self.content.expose().len()
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) -> Option<()> {
        let Entry { kind, subject, epoch, counter } = self.entry;
        out.extend_from_slice(&[kind.number(), subject.scheme]);
        put_u16(out, subject.holder.map_or(0, PartyId::get));
        out.extend_from_slice(&subject.key_id);
        put_u32(out, epoch);
        put_u64(out, counter);
        put_u32(out, u32::try_from(self.content.expose().len()).ok()?);
        out.extend_from_slice(self.content.expose());
        Some(())
    }

    /// One item: [B1] and [B2].
    pub(super) fn parse(r: &mut Reader<'_>) -> Result<Self, BackupError> {
        let malformed = BackupError::Malformed;
        let number = r.u8().ok_or(malformed.clone())?;
        // [B1] by its kind, when a backup is read, whoever made it
        let kind = StoredKind::from_number(number).filter(|kind| kind.is_backupable());
        let kind = kind.ok_or(BackupError::NotBackupable(number))?;
        Self::rest(kind, r).ok_or(malformed)
    }

    fn rest(kind: StoredKind, r: &mut Reader<'_>) -> Option<Self> {
        let scheme = r.u8()?;
        let holder = PartyId::from_wire(r.u16()?);
        let subject = Subject { scheme, holder, key_id: *r.array()? };
        let (epoch, counter) = (r.u32()?, r.u64()?);
        let len = usize::try_from(r.u32()?).ok()?;
        let content = copy(r.bytes(len)?);
        Some(Self { entry: Entry { kind, subject, epoch, counter }, content })
    }

    /// [B6] The keys in it, each with its epoch; `None` unless it decodes as what it says it is.
    pub(super) fn keys(&self) -> Option<Vec<(Subject, u32)>> {
        let Entry { kind, subject, epoch, .. } = self.entry;
        let (found, keys) = match kind {
            StoredKind::KeyShare => {
                let share = AnyScheme::from_id(subject.scheme)?.read_share(self.content.expose())?;
                let (subject, epoch) = of(&share);
                ((subject, epoch), alloc::vec![(subject, epoch)])
            }
            #[cfg(feature = "approval")]
            StoredKind::GatedShare => {
                let share =
                    crate::gated::share_of(AnyScheme::from_id(subject.scheme)?, self.content.expose())?;
                let (subject, epoch) = of(&share);
                ((subject, epoch), alloc::vec![(subject, epoch)])
            }
            StoredKind::Bundle => {
                let bundle = Bundle::read(copy(self.content.expose()))?;
                ((bundle.subject(), bundle.epoch()), bundle.shares().iter().map(of).collect())
            }
            StoredKind::AppSecret => {
                let secret = AppSecret::read(copy(self.content.expose()))?;
                ((secret.subject(), secret.epoch()), Vec::new())
            }
            _ => return None,
        };
        (found == (subject, epoch)).then_some(keys)
    }
}

fn of(share: &AnyShare) -> (Subject, u32) {
    let (scheme, holder, key_id) = (share.scheme().id(), Some(share.id()), *share.key_id());
    (Subject { scheme, holder, key_id }, share.epoch())
}
