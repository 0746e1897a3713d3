//! A registry in memory.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::{Claim, Entry, FAIL_WINDOW_S, JUMP_S, Owner, RETENTION_S, Registry, RegistryError, Space};

type Key = (Space, [u8; 32]);

#[derive(Debug)]
struct Slot {
    entry: Entry,
    bind: [u8; 32],
    expires: u64,
}

/// What is forgotten by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Note {
    Entry(Key),
    Seen(Key),
    Failures(Key),
}

/// [`Registry`] in memory: lost with the process, shared by nobody. For tests, for a device that signs only while it runs and whose requests
/// die with it, and as the model of what a database must do.
#[derive(Debug)]
pub struct MemoryRegistry {
    capacity: usize,
    high_water: u64,
    slots: BTreeMap<Key, Slot>,
    seen: BTreeMap<Key, u64>,
    failures: BTreeMap<Key, Vec<u64>>,
    /// From when on each may be forgotten.
    ends: BTreeSet<(u64, Note)>,
}

/// Failures remembered of one id.
const MOST_FAILURES: usize = 16;

impl MemoryRegistry {
    /// Empty, at a time that the application vouches for. It remembers at most `capacity` entries, first sights and ids that failed, together,
    /// and refuses more.
    #[must_use]
    pub const fn new(capacity: usize, now: u64) -> Self {
        Self {
            capacity,
            high_water: now,
            slots: BTreeMap::new(),
            seen: BTreeMap::new(),
            failures: BTreeMap::new(),
            ends: BTreeSet::new(),
        }
    }

    /// Room for one more, made by forgetting where that is due.
    fn room(&mut self) -> Result<(), RegistryError> {
        if self.ends.len() >= self.capacity {
            self.forget();
        }
        // [S8]
        if self.ends.len() >= self.capacity { Err(RegistryError::Full) } else { Ok(()) }
    }

    fn forget(&mut self) -> usize {
        let before = self.ends.len();
        // [S6]
        while let Some((end, note)) = self.ends.first().copied().filter(|(end, _)| *end <= self.high_water) {
            self.ends.remove(&(end, note));
            match note {
                Note::Entry(key) => drop(self.slots.remove(&key)),
                Note::Seen(key) => drop(self.seen.remove(&key)),
                Note::Failures(key) => drop(self.failures.remove(&key)),
            }
        }
        before - self.ends.len()
    }

    /// [S1], [S2], [S3]: the attempt that this claim would be.
    fn attempt(&self, claim: &Claim) -> Result<u8, RegistryError> {
        let slot = self.slots.get(&(claim.space, claim.id));
        let before = match slot {
            // [S2]
            Some(slot) if slot.bind != claim.bind => return Err(RegistryError::Conflict),
            Some(Slot { entry: Entry::Committed { outcome }, .. }) => {
                return Err(RegistryError::Done(*outcome)); // [S3]
            }
            Some(Slot { entry: Entry::Reserved { .. }, .. }) => return Err(RegistryError::Taken), // [S1]
            Some(Slot { entry: Entry::Released { attempts }, .. }) => *attempts,
            None => 0,
        };
        // [S1]
        if self.high_water >= claim.expires {
            return Err(RegistryError::Expired);
        }
        // [S1]
        if before >= claim.max_attempts {
            return Err(RegistryError::Exhausted);
        }
        before.checked_add(1).ok_or(RegistryError::Exhausted)
    }

    fn put(&mut self, claim: &Claim, entry: Entry) -> Result<(), RegistryError> {
        let key = (claim.space, claim.id);
        let expires = match self.slots.get(&key) {
            Some(slot) => slot.expires.max(claim.expires),
            None => {
                self.room()?;
                claim.expires
            }
        };
        if let Some(old) = self.slots.insert(key, Slot { entry, bind: claim.bind, expires }) {
            self.ends.remove(&(end_of(old.expires), Note::Entry(key)));
        }
        self.ends.insert((end_of(expires), Note::Entry(key)));
        Ok(())
    }

    /// The attempts of an owner's reservation.
    fn owned(&mut self, key: Key, owner: &Owner) -> Result<(&mut Slot, u8), RegistryError> {
        let slot = self.slots.get_mut(&key).ok_or(RegistryError::WrongState)?;
        match slot.entry {
            Entry::Reserved { owner: theirs, attempts } if theirs == *owner => Ok((slot, attempts)),
            Entry::Reserved { .. } => Err(RegistryError::NotOwner), // [S4]
            _ => Err(RegistryError::WrongState),                    // [S5]
        }
    }
}

/// From when on a thing that expires may be forgotten.
fn end_of(expires: u64) -> u64 {
    expires.saturating_add(RETENTION_S)
}

fn recent(times: &[u64], now: u64) -> usize {
    times.iter().filter(|time| now.saturating_sub(**time) < FAIL_WINDOW_S).count()
}

impl Registry for MemoryRegistry {
    fn clock(&mut self, now: u64) -> Result<u64, RegistryError> {
        // [S7]
        if now.saturating_sub(self.high_water) > JUMP_S {
            return Err(RegistryError::ClockJump { high_water: self.high_water, now });
        }
        self.high_water = self.high_water.max(now);
        Ok(self.high_water)
    }

    fn confirm_clock(&mut self, now: u64) -> Result<(), RegistryError> {
        self.high_water = self.high_water.max(now);
        Ok(())
    }

    fn reserve(&mut self, claim: &Claim, now: u64) -> Result<u8, RegistryError> {
        self.clock(now)?;
        let attempts = self.attempt(claim)?;
        self.put(claim, Entry::Reserved { owner: claim.owner, attempts })?;
        Ok(attempts)
    }

    fn commit(
        &mut self,
        space: Space,
        id: &[u8; 32],
        owner: &Owner,
        outcome: &[u8; 32],
    ) -> Result<(), RegistryError> {
        let (slot, _) = self.owned((space, *id), owner)?;
        slot.entry = Entry::Committed { outcome: *outcome };
        Ok(())
    }

    fn release(&mut self, space: Space, id: &[u8; 32], owner: &Owner) -> Result<(), RegistryError> {
        let (slot, attempts) = self.owned((space, *id), owner)?;
        slot.entry = Entry::Released { attempts };
        Ok(())
    }

    fn consume(&mut self, claim: &Claim, outcome: &[u8; 32], now: u64) -> Result<(), RegistryError> {
        self.clock(now)?;
        self.attempt(claim)?;
        self.put(claim, Entry::Committed { outcome: *outcome })
    }

    fn entry(&mut self, space: Space, id: &[u8; 32]) -> Result<Option<Entry>, RegistryError> {
        Ok(self.slots.get(&(space, *id)).map(|slot| slot.entry))
    }

    fn first_seen(
        &mut self,
        space: Space,
        id: &[u8; 32],
        now: u64,
        expires: u64,
    ) -> Result<u64, RegistryError> {
        let (key, now) = ((space, *id), self.clock(now)?);
        if let Some(seen) = self.seen.get(&key) {
            return Ok(*seen);
        }
        self.room()?;
        self.ends.insert((end_of(expires), Note::Seen(key)));
        self.seen.insert(key, now);
        Ok(now)
    }

    fn fail(&mut self, space: Space, id: &[u8; 32], now: u64) -> Result<u8, RegistryError> {
        let (key, now) = ((space, *id), self.clock(now)?);
        if !self.failures.contains_key(&key) {
            self.room()?;
        }
        let times = self.failures.entry(key).or_default();
        if let Some(last) = times.last() {
            self.ends.remove(&(last.saturating_add(FAIL_WINDOW_S), Note::Failures(key)));
        }
        if times.len() == MOST_FAILURES {
            times.remove(0);
        }
        times.push(now);
        let count = recent(times, now);
        self.ends.insert((now.saturating_add(FAIL_WINDOW_S), Note::Failures(key)));
        Ok(count as u8)
    }

    fn failures(&mut self, space: Space, id: &[u8; 32], now: u64) -> Result<u8, RegistryError> {
        let now = self.clock(now)?;
        Ok(self.failures.get(&(space, *id)).map_or(0, |times| recent(times, now)) as u8)
    }

    fn purge(&mut self, now: u64) -> Result<usize, RegistryError> {
        self.clock(now)?;
        Ok(self.forget())
    }
}
