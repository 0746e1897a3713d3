//! The rules alone: numbers and names of epochs, without a secret and without a signature.
//!
//! What an epoch holds at this device is a type parameter, so that the same rules serve shares here and an exhaustive search in the tests.

use alloc::vec::Vec;
use core::mem;

use super::EpochError;

/// The largest step that a device takes without being told to.
pub const MAX_STEP: u32 = 1 << 16;

/// An epoch as one device has it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Entry<N, T> {
    pub(super) epoch: u32,
    /// What its certificate certifies: two epochs of one number have different names.
    pub(super) name: N,
    pub(super) held: T,
}

/// What goes when an epoch is entered.
#[derive(Debug)]
pub(super) struct Replaced<N, P, C> {
    /// The epoch that was current.
    pub(super) before: Option<Entry<N, C>>,
    /// Pending epochs below the one entered.
    pub(super) lower: Vec<Entry<N, P>>,
}

/// One device's epochs of one key. `P` is what it has of one that waits for its certificate, `C` of one that has it.
///
/// Always: pending numbers ascend strictly, above the current one, and none of all these is above `floor`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Book<N, P, C> {
    pub(super) current: Option<Entry<N, C>>,
    pub(super) pending: Vec<Entry<N, P>>,
    /// The highest number signed for or held; nothing was, if there is none.
    pub(super) floor: Option<u32>,
    /// A number that the application confirmed, whatever the step.
    pub(super) confirmed: Option<u32>,
}

impl<N: PartialEq, P, C> Book<N, P, C> {
    pub(super) const fn new(current: Option<Entry<N, C>>, floor: Option<u32>) -> Self {
        Self { current, pending: Vec::new(), floor, confirmed: None }
    }

    /// What always holds, of a book that was read.
    pub(super) fn is_sound(&self) -> bool {
        let numbers = self.current.iter().map(|e| e.epoch).chain(self.pending.iter().map(|e| e.epoch));
        let highest = self.pending.last().map(|e| e.epoch).or(self.current.as_ref().map(|e| e.epoch));
        let open = self.confirmed.is_none_or(|number| self.floor < Some(number));
        numbers.is_sorted_by(|a, b| a < b) && highest <= self.floor && open
    }

    /// Whether this very epoch is current or pending.
    pub(super) fn knows(&self, name: &N) -> bool {
        self.current.as_ref().is_some_and(|e| e.name == *name) || self.pending.iter().any(|e| e.name == *name)
    }

    /// Whether an epoch of this number may be signed for: above everything signed, and not out of reach.
    pub(super) fn admits(&self, epoch: u32) -> Result<(), EpochError> {
        match self.floor {
            Some(highest) if epoch <= highest => Err(EpochError::Signed { epoch, highest }),
            _ => self.reaches(epoch),
        }
    }

    fn reaches(&self, epoch: u32) -> Result<(), EpochError> {
        let highest = self.floor.unwrap_or(0);
        if epoch.saturating_sub(highest) > MAX_STEP && self.confirmed != Some(epoch) {
            return Err(EpochError::FarAhead { epoch, highest });
        }
        Ok(())
    }

    pub(super) fn confirm(&mut self, epoch: u32) {
        if self.floor < Some(epoch) {
            self.confirmed = Some(epoch);
        }
    }

    /// Nothing up to this number is signed for any more.
    pub(super) fn raise(&mut self, epoch: u32) -> Result<(), EpochError> {
        self.reaches(epoch)?;
        self.lift(epoch);
        Ok(())
    }

    fn lift(&mut self, epoch: u32) {
        self.floor = self.floor.max(Some(epoch));
        self.confirmed = self.confirmed.filter(|number| self.floor < Some(*number));
    }

    /// Takes in what waits for its certificate, and is not known yet.
    pub(super) fn keep(&mut self, entry: Entry<N, P>) -> Result<(), EpochError> {
        self.admits(entry.epoch)?;
        self.lift(entry.epoch);
        self.pending.push(entry);
        Ok(())
    }

    /// What waits for the certificate of this epoch.
    pub(super) fn waiting(&self, name: &N) -> Option<&P> {
        self.pending.iter().find(|e| e.name == *name).map(|e| &e.held)
    }

    /// Enters an epoch whose certificate is complete; `None` if it is not pending. Everything lower goes, everything higher stays.
    pub(super) fn enter(&mut self, name: &N, certify: impl FnOnce(P) -> C) -> Option<Replaced<N, P, C>> {
        let at = self.pending.iter().position(|e| e.name == *name)?;
        let newer = self.pending.split_off(at + 1);
        let Entry { epoch, name, held } = self.pending.pop()?;
        let lower = mem::replace(&mut self.pending, newer);
        let before = self.current.replace(Entry { epoch, name, held: certify(held) });
        Some(Replaced { before, lower })
    }
}
