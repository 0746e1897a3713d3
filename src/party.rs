//! Who takes part: party ids, sets of them, and the threshold.

use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU16;

use crate::error::SetupError;

/// The largest number of parties of one key.
pub const MAX_PARTIES: usize = 1024;

/// A party's number: its Shamir abscissa, and its name on the wire (`u16`, big-endian).
///
/// Never zero: the polynomial's value at zero is the secret. 65535 is kept for a FROST coordinator that
/// holds no share ([`PartyId::COORDINATOR`]) and cannot be a member of a roster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId(NonZeroU16);

impl PartyId {
    /// The coordinator without a share. Not an abscissa; [`PartyId::new`] refuses it.
    pub const COORDINATOR: Self = Self(NonZeroU16::MAX);

    /// A member's id, `1..=65534`.
    ///
    /// # Errors
    /// [`SetupError::PartyId`] names the refused value.
    pub const fn new(id: u16) -> Result<Self, SetupError> {
        match NonZeroU16::new(id) {
            Some(id) if id.get() != u16::MAX => Ok(Self(id)),
            _ => Err(SetupError::PartyId(id)),
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// The two bytes that stand for this id on the wire and in hashes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        self.get().to_be_bytes()
    }

    /// An id from the wire: any value but zero, the coordinator's included.
    pub(crate) const fn from_wire(id: u16) -> Option<Self> {
        match NonZeroU16::new(id) {
            Some(id) => Some(Self(id)),
            None => None,
        }
    }
}

impl TryFrom<u16> for PartyId {
    type Error = SetupError;
    fn try_from(id: u16) -> Result<Self, SetupError> {
        Self::new(id)
    }
}

impl fmt::Debug for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.get())
    }
}

impl fmt::Display for PartyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "party {}", self.get())
    }
}

/// A set of parties: ascending, each once, at most [`MAX_PARTIES`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Parties(Vec<PartyId>);

impl Parties {
    /// Collects ids in any order.
    ///
    /// # Errors
    /// [`SetupError::DuplicateParty`] names the id that stands twice; [`SetupError::TooManyParties`] the count.
    pub fn new(ids: impl IntoIterator<Item = PartyId>) -> Result<Self, SetupError> {
        let mut ids: Vec<PartyId> = ids.into_iter().take(MAX_PARTIES + 1).collect();
        if ids.len() > MAX_PARTIES {
            return Err(SetupError::TooManyParties { limit: MAX_PARTIES });
        }
        ids.sort_unstable();
        match ids.windows(2).find_map(|w| (w.first() == w.last()).then(|| w.first().copied())) {
            Some(Some(id)) => Err(SetupError::DuplicateParty(id)),
            _ => Ok(Self(ids)),
        }
    }

    /// From numbers, in any order.
    ///
    /// # Errors
    /// As [`Parties::new`], and [`SetupError::PartyId`] for 0 and 65535.
    pub fn from_numbers(ids: impl IntoIterator<Item = u16>) -> Result<Self, SetupError> {
        let ids: Result<Vec<PartyId>, SetupError> =
            ids.into_iter().take(MAX_PARTIES + 1).map(PartyId::new).collect();
        Self::new(ids?)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `id` is in the set.
    #[must_use]
    pub fn contains(&self, id: PartyId) -> bool {
        self.position(id).is_some()
    }

    /// The place of `id` in ascending order.
    #[must_use]
    pub fn position(&self, id: PartyId) -> Option<usize> {
        self.0.binary_search(&id).ok()
    }

    /// The ids, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = PartyId> + ExactSizeIterator + '_ {
        self.0.iter().copied()
    }

    /// The set without `id`.
    #[must_use]
    pub fn without(&self, id: PartyId) -> Self {
        Self(self.iter().filter(|x| *x != id).collect())
    }

    /// The members of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut ids: Vec<PartyId> = self.iter().chain(other.iter()).collect();
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }

    /// The members of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.iter().filter(|id| other.contains(*id)).collect())
    }

    /// The members that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.iter().filter(|id| !other.contains(*id)).collect())
    }

    /// Whether every member is also in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|id| other.contains(id))
    }

    /// The ids as they are hashed: two bytes each, ascending.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.iter().flat_map(PartyId::to_bytes).collect()
    }
}

impl fmt::Display for Parties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parties ")?;
        for (k, id) in self.iter().enumerate() {
            write!(f, "{}{}", if k == 0 { "" } else { ", " }, id.get())?;
        }
        Ok(())
    }
}

/// `t` of `n`: `t` signers are needed and enough. `2 <= t <= n <= 1024`.
///
/// `t` always counts the signers needed, never the traitors tolerated (those are `t - 1`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threshold {
    t: u16,
    n: u16,
}

impl Threshold {
    /// `t` of `n`.
    ///
    /// # Errors
    /// [`SetupError::Threshold`] names both numbers.
    pub const fn new(t: u16, n: u16) -> Result<Self, SetupError> {
        if t < 2 || t > n || n as usize > MAX_PARTIES {
            return Err(SetupError::Threshold { t, n });
        }
        Ok(Self { t, n })
    }

    /// Signers needed.
    #[must_use]
    pub const fn t(self) -> u16 {
        self.t
    }

    /// Shares there are.
    #[must_use]
    pub const fn n(self) -> u16 {
        self.n
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-of-{}", self.t, self.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_zero_and_the_coordinators_are_refused() {
        assert_eq!(PartyId::new(0), Err(SetupError::PartyId(0)));
        assert_eq!(PartyId::new(u16::MAX), Err(SetupError::PartyId(u16::MAX)));
        assert_eq!(PartyId::new(u16::MAX - 1).unwrap().get(), 65534);
        assert_eq!(PartyId::COORDINATOR.get(), 65535);
    }

    #[test]
    fn sets_are_sorted_and_every_duplicate_is_named() {
        let set = Parties::from_numbers([9, 1, 300]).unwrap();
        assert_eq!(set.to_bytes(), [0, 1, 0, 9, 1, 44]);
        for twice in [1, 2, 3] {
            for place in 0..=3 {
                let mut ids = alloc::vec![1, 2, 3];
                ids.insert(place, twice);
                let refused = Parties::from_numbers(ids).unwrap_err();
                assert_eq!(refused, SetupError::DuplicateParty(PartyId::new(twice).unwrap()));
            }
        }
        let all = || (1..=MAX_PARTIES as u16 + 1).map(|k| PartyId::new(k).unwrap());
        assert!(Parties::new(all().take(MAX_PARTIES)).is_ok());
        assert_eq!(Parties::new(all()), Err(SetupError::TooManyParties { limit: MAX_PARTIES }));
    }

    #[test]
    fn thresholds_are_checked_once() {
        for (t, n) in [(0, 3), (1, 3), (4, 3), (2, 1), (2, 1025), (0, 0)] {
            assert_eq!(Threshold::new(t, n), Err(SetupError::Threshold { t, n }));
        }
        for (t, n) in [(2, 2), (2, 3), (3, 3), (1024, 1024)] {
            assert!(Threshold::new(t, n).is_ok());
        }
    }
}
