//! Backups: a chain of containers, each of everything that may come back.
//!
//! A backup is a container of kind 5 with slots of its own. Its name in the header is the id of its chain, its epoch and its counter are its
//! number in the chain, from 0. What is sealed:
//!
//! | field | bytes |
//! |---|---|
//! | `QRTB`, version 1 | 4, 1 |
//! | when it was made, Unix seconds, as its maker said | 8 |
//! | hash of the backup before it; zeros in number 0 | 32 |
//! | count of items, 1 to 1,024 | 2 |
//! | per item: kind, scheme, holder | 1, 1, 2 |
//! | key id or other name, epoch, counter | 32, 4, 8 |
//! | length of the content, content | 4, .. |
//!
//! Items ascend by (kind, name, scheme, holder). The hash of a backup is `H("vault/chain"; F, ciphertext with tag)`: not its slots, so that
//! [`rewrap`](super::rewrap) breaks no chain.
//!
//! # What goes in
//! Shares with their certificate, alone ([`KeyShare`](crate::key::KeyShare)) or of a set ([`Bundle`](crate::keyset::Bundle)), and secrets of
//! the application's ([`AppSecret`](super::AppSecret)). Everything else is refused by its kind when a backup is made, and again when it is read:
//! a restored pairing would bring back the time before a ban, so pair anew; one restored presignature, nonce or snapshot is a second use of a
//! nonce; a restored record of epochs would forget what the device signed for since, and could split the key.
//!
//! The slots of a backup are for another day than those of the device: a passphrase on paper, a KMS. Do not copy the slot of the
//! device's passkey; a lost device must not be needed.
//!
//! # Checks
//! | id | check | error |
//! |---|---|---|
//! | B1 | kinds 1, 6, 8 and 11 only, at creation and at restore | [`NotBackupable`](BackupError::NotBackupable) |
//! | B2 | layout; items ascend, none twice | [`Malformed`](BackupError::Malformed) |
//! | B3 | V1 to V12 of the container | [`Vault`](BackupError::Vault) |
//! | B4 | number and hash follow the backup before it, where that is given | [`BrokenChain`](BackupError::BrokenChain) |
//! | B5 | the number is no less than the least that the application knows | [`Rollback`](BackupError::Rollback) |
//! | B6 | every item decodes as its type, and is what its head says | [`BadItem`](BackupError::BadItem) |
//! | B7 | no share is of an earlier epoch than its key, where the application knows that | [`StaleEpoch`](BackupError::StaleEpoch) |
//!
//! # After a restore
//! - Pair with every device anew.
//! - Refresh the key: the backup may have been read by others.
//! - Make a new record of epochs from the share ([`Epochs::new`](crate::key::epoch::Epochs::new)), and before it signs any certificate
//!   raise it to the highest number that the other devices report for this one
//!   ([`Epochs::raise_highest`](crate::key::epoch::Epochs::raise_highest)). The backup does not know what was signed since.
//! - Burn again what was burned since, and refuse again the pairings that were refused since: the backup knows of neither.
//! - Older backups are deleted only after [`verify`] of the newer.

mod error;
mod item;
mod plan;

pub use error::BackupError;
pub use item::{Entry, Item};
pub use plan::{Known, RestorePlan, Stale, Verified, plan, verify};

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::crypto::random;
use super::error::VaultError;
use super::format::{Container, max_len};
use super::keys::SlotSpec;
use super::seal::{Title, seal_form};
use crate::hash::{Tag, Transcript};
use crate::secret::Secret;
use crate::wire::{StoredKind, Subject, put_u16, put_u64};

const MAGIC: &[u8; 4] = b"QRTB";
const VERSION: u8 = 1;
const MAX_ITEMS: usize = 1024;
const HEAD_LEN: usize = 4 + 1 + 8 + 32 + 2;

/// A backup's place in its chain: what the next one points to. No secret; keep the last one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// The id of the chain.
    pub chain: [u8; 32],
    /// Its number, from 0.
    pub sequence: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

impl Link {
    /// Of a backup that is at hand, by what can be read without a key: [`verify`] says whether it is true.
    ///
    /// # Errors
    /// As [`Container::read`]; [`VaultError::WrongKind`].
    pub fn of(bytes: &[u8]) -> Result<Self, VaultError> {
        let container = Container::read(bytes)?;
        match container.head.kind {
            StoredKind::Backup => Ok(Self::of_container(&container)),
            kind => Err(VaultError::WrongKind { found: kind.number(), wanted: StoredKind::Backup }),
        }
    }

    fn of_container(container: &Container<'_>) -> Self {
        let start = Transcript::new(Tag::VaultChain).bytes(container.fixed);
        let hash = start.parts(&[container.ciphertext, container.tag]).finish();
        Self { chain: container.head.subject.key_id, sequence: container.head.epoch, hash }
    }
}

/// Makes a backup of these items: the next one after `previous`, or the first of a new chain.
///
/// [`verify`] it before an older one is deleted.
///
/// # Errors
/// [`BackupError::Malformed`] for none or more than 1,024 items, or two of one thing; [`BackupError::BrokenChain`] if there is no number left;
/// [`BackupError::Vault`] as [`seal`](super::seal).
pub fn create(
    items: &[Item],
    made_at: u64,
    previous: Option<&Link>,
    slots: Vec<SlotSpec<'_>>,
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>, BackupError> {
    let mut sorted: Vec<&Item> = items.iter().collect();
    sorted.sort_unstable_by_key(|item| item.entry.place());
    // [B2] none twice
    let ascend = sorted.is_sorted_by(|a, b| a.entry.place() < b.entry.place());
    if !ascend || !(1..=MAX_ITEMS).contains(&sorted.len()) {
        return Err(BackupError::Malformed);
    }
    let (chain, sequence, hash) = match previous {
        Some(link) => {
            let next = link.sequence.checked_add(1).ok_or(BackupError::BrokenChain)?;
            (link.chain, next, link.hash)
        }
        None => (random(rng), 0, [0; 32]),
    };
    // Before it is copied, and before anybody is asked for a slot.
    let length = HEAD_LEN + sorted.iter().map(|item| item.len()).sum::<usize>();
    if length > max_len(StoredKind::Backup.number()) {
        return Err(VaultError::TooLarge.into());
    }
    let mut form = Secret::buffer(length);
    let out = form.expose_mut();
    out.extend_from_slice(MAGIC);
    out.push(VERSION);
    put_u64(out, made_at);
    out.extend_from_slice(&hash);
    put_u16(out, sorted.len() as u16);
    sorted.iter().try_for_each(|item| item.write(out)).ok_or(VaultError::TooLarge)?;
    let subject = Subject::named(chain);
    let title = Title { kind: StoredKind::Backup, subject, epoch: sequence, counter: sequence };
    Ok(seal_form(&title, form, slots, rng)?)
}
