//! Caps in memory.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::{CapError, CapUse, Caps};
use crate::approval::fact::Amount;

type Hash = [u8; 32];

/// A cap and a scope.
type Name = (String, Vec<u8>);

/// A sum that has no upper limit: a cap whose window has grown may count more than an [`Amount`] holds.
#[derive(Debug, Default)]
struct Sum {
    low: Amount,
    /// Multiples of 2^256.
    high: u64,
}

impl Sum {
    fn add(&mut self, amount: &Amount) {
        let (low, over) = self.low.overflowing_add(amount);
        *self = Self { low, high: self.high.saturating_add(u64::from(over)) };
    }

    fn subtract(&mut self, amount: &Amount) {
        let (low, under) = self.low.overflowing_sub(amount);
        *self = Self { low, high: self.high.saturating_sub(u64::from(under)) };
    }

    /// `None` if no amount is as large.
    fn and(&self, amount: &Amount) -> Option<Amount> {
        self.low.checked_add(amount).filter(|_| self.high == 0)
    }
}

/// What is counted under one name.
#[derive(Debug, Default)]
struct Ledger {
    /// When, by which request, and how much.
    entries: BTreeMap<(u64, Hash), Amount>,
    /// Entries at this time or later are in `sum`.
    floor: u64,
    sum: Sum,
    /// The longest window asked for: entries are remembered so long.
    longest: u64,
}

impl Ledger {
    /// Moves the floor to where a window that ends now begins. An entry passes it about once.
    fn slide(&mut self, now: u64, window: u64) {
        let floor = first_of(now, window);
        let (low, high) = (self.floor.min(floor), self.floor.max(floor));
        for amount in self.entries.range((low, [0; 32])..(high, [0; 32])).map(|(_, amount)| amount) {
            if floor > self.floor { self.sum.subtract(amount) } else { self.sum.add(amount) }
        }
        self.floor = floor;
    }

    fn insert(&mut self, time: u64, rh: Hash, amount: Amount, window: u64) {
        self.longest = self.longest.max(window);
        if time >= self.floor {
            self.sum.add(&amount);
        }
        self.entries.insert((time, rh), amount);
    }

    fn remove(&mut self, time: u64, rh: Hash) {
        if let Some(amount) = self.entries.remove(&(time, rh))
            && time >= self.floor
        {
            self.sum.subtract(&amount);
        }
    }
}

/// The first second that counts in a window that ends now.
fn first_of(now: u64, window: u64) -> u64 {
    now.checked_sub(window).map_or(0, |end| end.saturating_add(1))
}

/// What one request has reserved.
#[derive(Debug)]
struct Held {
    /// With the windows.
    uses: Vec<(Name, Amount, u64)>,
    time: u64,
    /// When it is forgotten: the longest window of each of its caps has passed.
    until: u64,
    committed: bool,
}

/// [`Caps`] in memory: lost with the process, shared by nobody. Each `reserve` costs O(log n) for each use, with n requests remembered.
///
/// A window that a new policy makes longer counts what the old one still remembered, so for one new window's length it may count too
/// little.
#[derive(Debug)]
pub struct MemoryCaps {
    capacity: usize,
    now: u64,
    held: BTreeMap<Hash, Held>,
    ends: BTreeSet<(u64, Hash)>,
    ledgers: BTreeMap<Name, Ledger>,
}

impl MemoryCaps {
    /// Empty; it remembers at most `capacity` requests at once, and refuses more.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, now: 0, held: BTreeMap::new(), ends: BTreeSet::new(), ledgers: BTreeMap::new() }
    }

    /// What is spent of a cap in a window that ends now.
    #[must_use]
    pub fn spent(&self, cap: &str, scope: &[u8], window_s: u64, now: u64) -> Amount {
        let Some(ledger) = self.ledgers.get(&(String::from(cap), scope.to_vec())) else {
            return Amount::ZERO;
        };
        let range = ledger.entries.range((first_of(now.max(self.now), window_s), [0; 32])..);
        range.fold(Amount::ZERO, |sum, (_, amount)| sum.checked_add(amount).unwrap_or(Amount::MAX))
    }

    /// Forgets requests whose windows have all passed.
    fn forget(&mut self) {
        while let Some(end) = self.ends.first().copied().filter(|(until, _)| *until <= self.now) {
            self.ends.remove(&end);
            self.detach(&end.1);
        }
    }

    /// Takes a request out of all sums.
    fn detach(&mut self, rh: &Hash) -> Option<Held> {
        let held = self.held.remove(rh)?;
        self.ends.remove(&(held.until, *rh));
        for (name, ..) in &held.uses {
            if let Some(ledger) = self.ledgers.get_mut(name) {
                ledger.remove(held.time, *rh);
                if ledger.entries.is_empty() {
                    self.ledgers.remove(name);
                }
            }
        }
        Some(held)
    }

    /// Puts a request into all sums.
    fn attach(&mut self, rh: &Hash, held: Held) {
        for (name, amount, window) in &held.uses {
            let ledger = self.ledgers.entry(name.clone()).or_default();
            ledger.insert(held.time, *rh, *amount, *window);
        }
        self.ends.insert((held.until, *rh));
        self.held.insert(*rh, held);
    }

    /// Whether every use has room beside what is counted.
    fn fits(&mut self, uses: &[CapUse]) -> Result<(), CapError> {
        for item in uses {
            let name = (item.cap.clone(), item.scope.clone());
            let after = match self.ledgers.get_mut(&name) {
                Some(ledger) => {
                    ledger.slide(self.now, item.window_s);
                    ledger.sum.and(&item.amount)
                }
                None => Some(item.amount),
            };
            if after.is_none_or(|after| after > item.limit) {
                return Err(CapError::Exceeded(item.cap.clone()));
            }
        }
        Ok(())
    }
}

impl Caps for MemoryCaps {
    fn reserve(&mut self, rh: &[u8; 32], uses: &[CapUse], now: u64) -> Result<(), CapError> {
        let name = |u: &CapUse| (u.cap.clone(), u.scope.clone());
        let mut names = BTreeSet::new();
        if let Some(twice) = uses.iter().find(|u| !names.insert(name(u))) {
            return Err(CapError::Twice(twice.cap.clone()));
        }
        self.now = self.now.max(now);
        self.forget();
        if let Some(held) = self.held.get(rh)
            && !held
                .uses
                .iter()
                .map(|(name, amount, _)| (name.clone(), *amount))
                .eq(uses.iter().map(|u| (name(u), u.amount)))
        {
            return Err(CapError::Conflict);
        }
        let before = self.detach(rh);
        let fits = if before.is_none() && self.held.len() >= self.capacity {
            Err(CapError::Full)
        } else {
            self.fits(uses)
        };
        if let Err(error) = fits {
            if let Some(held) = before {
                self.attach(rh, held);
            }
            return Err(error);
        }
        let longest = |u: &CapUse| self.ledgers.get(&name(u)).map_or(0, |ledger| ledger.longest);
        let window = uses.iter().map(|u| u.window_s.max(longest(u))).max().unwrap_or(0);
        let held = Held {
            uses: uses.iter().map(|u| (name(u), u.amount, u.window_s)).collect(),
            time: self.now,
            until: self.now.saturating_add(window.max(1)),
            committed: before.is_some_and(|held| held.committed),
        };
        self.attach(rh, held);
        Ok(())
    }

    fn commit(&mut self, rh: &[u8; 32]) -> Result<(), CapError> {
        self.held.get_mut(rh).ok_or(CapError::NotReserved)?.committed = true;
        Ok(())
    }

    fn release(&mut self, rh: &[u8; 32]) -> Result<(), CapError> {
        if self.held.get(rh).ok_or(CapError::NotReserved)?.committed {
            return Err(CapError::Committed);
        }
        self.detach(rh);
        Ok(())
    }
}
