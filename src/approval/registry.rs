//! The single-use registry: what may happen once has a name here, and a name is used once.
//!
//! A request, a quote, a payment nonce, a TOTP step and a login challenge are each an entry, `(space, id)`, of 32 bytes chosen so that
//! nobody can find a second meaning for it: a hash, mostly. An entry is absent, then **reserved** by an owner, then **committed** with an
//! outcome for ever, or **released** for another attempt:
//!
//! ```text
//! absent --reserve--> Reserved { owner, attempts } --commit--> Committed { outcome }
//!                         ^                |
//!                         +--- reserve --- Released { attempts } <--release--
//! ```
//!
//! # Rules
//! Each has an error with the number 5900 + n ([`RegistryError::code`]).
//!
//! | id | rule | error |
//! |---|---|---|
//! | S1 | `reserve` succeeds only if the entry is absent, or released with attempts left, and `now < expires` | `Taken`, `Expired`, `Exhausted` |
//! | S2 | an entry under another `bind` than the one it was first used with is a conflict, whatever its state | `Conflict` |
//! | S3 | a committed entry answers with its outcome, so that a duplicate gets the answer of the first | `Done` |
//! | S4 | `commit` and `release` are the owner's alone | `NotOwner` |
//! | S5 | `commit` and `release` only from reserved; `consume` is reserve and commit in one step, and leaves nothing half done | `WrongState` |
//! | S6 | an entry is forgotten only when `now` is beyond its `expires` by the retention (seven days); a reserved one never turns free by time, so an owner that died keeps it | |
//! | S7 | the largest `now` that was accepted stands in for a smaller one; a `now` more than 24 hours beyond it changes nothing and is refused, until the application confirms it | `ClockJump` |
//! | S8 | a registry that cannot be reached, or has no room, refuses | `Unavailable`, `Full` |
//!
//! Rules S1 to S3 are tried in the order S2, S3, S1: a conflict is told before anything else about the entry.
//!
//! # What a database must guarantee
//! [`MemoryRegistry`] forgets when the process ends; an application that signs for money keeps its registry in a database. Then:
//! - `(space, id)` is unique, enforced by the database and not by a query before the insert;
//! - each transition is one compare-and-set statement on the state and the owner (`UPDATE .. WHERE state = 'reserved' AND owner = ..`,
//!   and a look at the count of rows), never a read and then a write;
//! - a method returns only when its effect is durable;
//! - all processes see one order of transitions: no read replica answers, and no cache stands in front;
//! - a restore from a backup is fenced: the application raises a generation that every statement checks, so that a process of before the
//!   restore cannot write, and everything issued before the restore is denied, because what was used after the backup was made is forgotten;
//! - every error of the database is [`RegistryError::Unavailable`], and the caller denies.
//!
//! `sim::contract` (feature `sim`) is a list of tests that any implementation must pass.

mod memory;

pub use memory::MemoryRegistry;

/// Seconds that an entry is remembered after it has expired.
pub const RETENTION_S: u64 = 7 * 24 * 3600;

/// Seconds by which the clock may run ahead between two uses without the application's word.
pub const JUMP_S: u64 = 24 * 3600;

/// Seconds in which failures are counted ([`Registry::fail`]).
pub const FAIL_WINDOW_S: u64 = 900;

/// What an id names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum Space {
    /// A signing request, by its hash.
    Request = 1,
    /// A quote, by its id.
    Quote = 2,
    /// The nonce of a payment authorization.
    PayNonce = 3,
    /// A step of an approver's TOTP; for failures, the approver.
    Totp = 4,
    /// A login challenge.
    Login = 5,
}

/// Who reserved: 16 bytes that no other attempt has, such as a session id.
pub type Owner = [u8; 16];

/// What is asked for with [`Registry::reserve`] and [`Registry::consume`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Claim {
    /// What `id` names.
    pub space: Space,
    /// The name.
    pub id: [u8; 32],
    /// What the name stands for: the same name with another meaning is a conflict.
    pub bind: [u8; 32],
    /// Who may commit or release.
    pub owner: Owner,
    /// From when on, in Unix seconds, the name cannot be reserved.
    pub expires: u64,
    /// How often the name can be reserved in all, the first time included.
    pub max_attempts: u8,
}

/// Where an entry stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// Somebody is at it, or was when the power failed.
    Reserved {
        /// Who.
        owner: Owner,
        /// Which attempt, from 1.
        attempts: u8,
    },
    /// Used.
    Committed {
        /// What came of it.
        outcome: [u8; 32],
    },
    /// Given back.
    Released {
        /// How many attempts there were.
        attempts: u8,
    },
}

/// Why the registry refuses. Whoever asked must refuse too.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// S1: reserved, and neither committed nor released.
    #[error("reserved already")]
    Taken,
    /// S1: too late to reserve.
    #[error("expired")]
    Expired,
    /// S1: released, but no attempt is left.
    #[error("no attempt is left")]
    Exhausted,
    /// S2: the name was used with another meaning.
    #[error("the name was used for something else")]
    Conflict,
    /// S3: used, with this outcome.
    #[error("used already")]
    Done([u8; 32]),
    /// S4: somebody else's reservation.
    #[error("reserved by somebody else")]
    NotOwner,
    /// S5: not reserved.
    #[error("not reserved")]
    WrongState,
    /// S7: the clock is this far, in Unix seconds, but the registry last saw a time more than 24 hours before.
    #[error("the clock jumped from {high_water} to {now}")]
    ClockJump {
        /// The largest time seen.
        high_water: u64,
        /// The time given.
        now: u64,
    },
    /// S8: the store does not answer.
    #[error("the registry cannot be reached")]
    Unavailable,
    /// S8: there is no room.
    #[error("the registry is full")]
    Full,
}

impl RegistryError {
    /// A stable number: 5900 and the number of the rule.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Taken | Self::Expired | Self::Exhausted => 5901,
            Self::Conflict => 5902,
            Self::Done(_) => 5903,
            Self::NotOwner => 5904,
            Self::WrongState => 5905,
            Self::ClockJump { .. } => 5907,
            Self::Unavailable | Self::Full => 5908,
        }
    }
}

/// A durable record of what was used. The rules are the module's.
///
/// Every method that takes `now` (Unix seconds) first does what [`Registry::clock`] does, and works with the time that it gives.
pub trait Registry {
    /// S7: takes note of `now`, and gives the time that counts: the largest ever accepted.
    ///
    /// # Errors
    /// [`RegistryError::ClockJump`]: nothing has changed. [`RegistryError::Unavailable`].
    fn clock(&mut self, now: u64) -> Result<u64, RegistryError>;

    /// The application vouches for a time that [`Registry::clock`] refused. A smaller one than the high water changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::Unavailable`].
    fn confirm_clock(&mut self, now: u64) -> Result<(), RegistryError>;

    /// S1 to S3: reserves, and gives the number of this attempt, from 1.
    ///
    /// # Errors
    /// As the rules say; nothing has changed then.
    fn reserve(&mut self, claim: &Claim, now: u64) -> Result<u8, RegistryError>;

    /// S4, S5: a reservation ends with an outcome.
    ///
    /// # Errors
    /// [`RegistryError::NotOwner`], [`RegistryError::WrongState`] (also if there is no such entry), [`RegistryError::Unavailable`].
    fn commit(
        &mut self,
        space: Space,
        id: &[u8; 32],
        owner: &Owner,
        outcome: &[u8; 32],
    ) -> Result<(), RegistryError>;

    /// S4, S5: a reservation ends without one, and the name may be reserved again.
    ///
    /// # Errors
    /// As [`Registry::commit`].
    fn release(&mut self, space: Space, id: &[u8; 32], owner: &Owner) -> Result<(), RegistryError>;

    /// S5: reserves and commits in one step.
    ///
    /// # Errors
    /// As [`Registry::reserve`].
    fn consume(&mut self, claim: &Claim, outcome: &[u8; 32], now: u64) -> Result<(), RegistryError>;

    /// Where an entry stands; `None` if it is absent, which is also what became of one that was purged.
    ///
    /// # Errors
    /// [`RegistryError::Unavailable`].
    fn entry(&mut self, space: Space, id: &[u8; 32]) -> Result<Option<Entry>, RegistryError>;

    /// When this registry first heard of `id`: `now` the first time, and the same time ever after, until the note is purged as an entry
    /// that expires at `expires`. It does not reserve anything.
    ///
    /// # Errors
    /// [`RegistryError::Full`], [`RegistryError::ClockJump`], [`RegistryError::Unavailable`].
    fn first_seen(
        &mut self,
        space: Space,
        id: &[u8; 32],
        now: u64,
        expires: u64,
    ) -> Result<u64, RegistryError>;

    /// Notes a failure of `id`, and counts those of the last [`FAIL_WINDOW_S`] seconds, this one included. From 16 on it need not count.
    ///
    /// # Errors
    /// As [`Registry::first_seen`].
    fn fail(&mut self, space: Space, id: &[u8; 32], now: u64) -> Result<u8, RegistryError>;

    /// Counts the failures of the last [`FAIL_WINDOW_S`] seconds, and notes none. It is for asking before a guess is looked at; two guesses at
    /// once may both see the count of before.
    ///
    /// # Errors
    /// As [`Registry::first_seen`].
    fn failures(&mut self, space: Space, id: &[u8; 32], now: u64) -> Result<u8, RegistryError>;

    /// S6: forgets what has expired [`RETENTION_S`] ago, and says how many entries that were.
    ///
    /// # Errors
    /// [`RegistryError::ClockJump`], [`RegistryError::Unavailable`].
    fn purge(&mut self, now: u64) -> Result<usize, RegistryError>;
}
