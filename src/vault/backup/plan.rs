//! Reading backups: checking one without releasing anything, and restoring one.

use alloc::vec::Vec;

use super::item::{Entry, Item};
use super::{BackupError, Link, MAGIC, MAX_ITEMS, VERSION};
use crate::vault::format::{Container, Wanted};
use crate::vault::open::unlock;
use crate::vault::{Limits, SlotKey};
use crate::wire::{Reader, StoredKind, Subject};

/// What the application knows of a backup beforehand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    /// The chain that it is of.
    pub chain: Option<[u8; 32]>,
    /// The backup right before it.
    pub previous: Option<Link>,
    /// The highest number that the application has seen.
    pub least: Option<u64>,
}

impl Known {
    /// Nothing: on a device that starts from a backup, and from nothing else.
    pub const NOTHING: Self = Self { chain: None, previous: None, least: None };

    /// The backup right before it.
    #[must_use]
    pub const fn after(previous: Link) -> Self {
        Self { chain: Some(previous.chain), previous: Some(previous), least: None }
    }
}

/// A backup that holds in all its parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Its place in the chain.
    pub link: Link,
    /// When it was made, as its maker said.
    pub made_at: u64,
    /// What is in it.
    pub items: Vec<Entry>,
}

/// Opens and decodes all of a backup, and releases nothing. Only then may an older one be deleted.
///
/// # Errors
/// [`BackupError`], for the first check that fails.
pub fn verify(
    bytes: &[u8],
    key: &SlotKey<'_>,
    known: &Known,
    limits: &Limits,
) -> Result<Verified, BackupError> {
    let Read { link, made_at, items, .. } = Read::all(bytes, key, known, limits)?;
    Ok(Verified { link, made_at, items: items.iter().map(|item| item.entry).collect() })
}

/// An item that is older than its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stale {
    /// The key.
    pub key: Subject,
    /// The item's epoch of it.
    pub found: u32,
    /// The key's.
    pub live: u32,
}

/// What a backup would restore.
#[derive(Debug)]
#[must_use = "nothing is restored yet"]
pub struct RestorePlan {
    link: Link,
    made_at: u64,
    items: Vec<(Item, Option<Stale>)>,
}

/// Opens and decodes all of a backup, and says what a restore would bring. `live` tells the epoch that a key is in, where the application
/// knows one, from its own records or from the other devices.
///
/// # Errors
/// As [`verify`].
pub fn plan(
    bytes: &[u8],
    key: &SlotKey<'_>,
    known: &Known,
    limits: &Limits,
    live: &dyn Fn(&Subject) -> Option<u32>,
) -> Result<RestorePlan, BackupError> {
    let Read { link, made_at, items, keys } = Read::all(bytes, key, known, limits)?;
    // [B7] no share is older than its key
    let stale = |(key, found): &(Subject, u32)| {
        let live = live(key).filter(|live| live > found)?;
        Some(Stale { key: *key, found: *found, live })
    };
    let items = items.into_iter().zip(keys).map(|(item, keys)| (item, keys.iter().find_map(stale))).collect();
    Ok(RestorePlan { link, made_at, items })
}

impl RestorePlan {
    /// The backup's place in its chain.
    #[must_use]
    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// When it was made, as its maker said.
    #[must_use]
    pub const fn made_at(&self) -> u64 {
        self.made_at
    }

    /// What is in it, in order, and what of that is stale.
    pub fn items(&self) -> impl Iterator<Item = (&Entry, Option<&Stale>)> {
        self.items.iter().map(|(item, stale)| (&item.entry, stale.as_ref()))
    }

    /// Releases a stale item nevertheless; whether it was one. A share of an old epoch signs with nobody who has left that epoch, and with
    /// `t - 1` more of its kind it is the key: there must be a reason.
    pub fn accept_stale(&mut self, index: usize) -> bool {
        self.items.get_mut(index).is_some_and(|(_, stale)| stale.take().is_some())
    }

    /// The items, in order; in place of one that is stale, [`BackupError::StaleEpoch`].
    pub fn restore(self) -> Vec<Result<Item, BackupError>> {
        let released = |(index, (item, stale)): (usize, (Item, Option<Stale>))| match stale {
            // [B7] reported, and not released
            Some(Stale { found, live, .. }) => Err(BackupError::StaleEpoch { index, found, live }),
            None => Ok(item),
        };
        self.items.into_iter().enumerate().map(released).collect()
    }
}

/// All of a backup, checked.
struct Read {
    link: Link,
    made_at: u64,
    items: Vec<Item>,
    /// Of each item.
    keys: Vec<Vec<(Subject, u32)>>,
}

impl Read {
    fn all(bytes: &[u8], key: &SlotKey<'_>, known: &Known, limits: &Limits) -> Result<Self, BackupError> {
        // [B3] everything that holds of a container
        let wanted = Wanted { kind: StoredKind::Backup, subject: known.chain.map(Subject::named) };
        let container = Container::expect(bytes, Some(wanted))?;
        let body = unlock(&container, key, limits)?.body(&container)?;
        let link = Link::of_container(&container);
        let own = Subject::named(link.chain) == container.head.subject
            && container.head.counter == container.head.epoch;
        let (made_at, previous, items) = parse(body.expose())?;
        // [B2] one encoding: nothing comes before number 0
        if !own || (link.sequence == 0 && previous != [0; 32]) {
            return Err(BackupError::Malformed);
        }
        // [B4] it follows the one before it
        if let Some(before) = known.previous {
            let next = Some(link.sequence) == before.sequence.checked_add(1);
            if !next || link.chain != before.chain || previous != before.hash {
                return Err(BackupError::BrokenChain);
            }
        }
        // [B5] and it is no older than known
        if let Some(least) = known.least.filter(|least| link.sequence < *least) {
            return Err(BackupError::Rollback { found: link.sequence, least });
        }
        // [B6] every item decodes as its type
        let keys = items.iter().enumerate().map(|(at, item)| item.keys().ok_or(BackupError::BadItem(at)));
        let keys = keys.collect::<Result<_, _>>()?;
        Ok(Self { link, made_at, items, keys })
    }
}

fn parse(body: &[u8]) -> Result<(u64, [u8; 32], Vec<Item>), BackupError> {
    let malformed = BackupError::Malformed;
    let mut r = Reader::new(body);
    let mut head = || {
        let right = r.array()? == MAGIC && r.u8()? == VERSION;
        let head = (r.u64()?, *r.array()?, usize::from(r.u16()?));
        right.then_some(head)
    };
    let (made_at, previous, count) = head().ok_or(malformed.clone())?;
    if !(1..=MAX_ITEMS).contains(&count) {
        return Err(malformed);
    }
    let mut items = Vec::with_capacity(count);
    for _ in 0..count {
        items.push(Item::parse(&mut r)?);
    }
    r.end().ok_or(malformed.clone())?;
    // [B2] sorted, and nothing twice
    if !items.is_sorted_by(|a, b| a.entry.place() < b.entry.place()) {
        return Err(malformed);
    }
    Ok((made_at, previous, items))
}
