//! Why a container is refused.

use super::prf::PrfError;
use crate::wire::StoredKind;

/// A part of a container.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Part {
    /// The wrapped key in the slot that was tried.
    Slot,
    /// The fixed header, against the key that the slot gave.
    Header,
    /// The slots as a whole: one was removed, added, changed or swapped.
    Slots,
    /// The ciphertext.
    Body,
    /// What came out: it is not what the header says.
    Content,
}

/// An external wrapper did not wrap or unwrap. What went wrong is the wrapper's to tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the external wrapper refused")]
pub struct WrapError;

/// A container that is not opened, or not made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Its length or layout is not a container's.
    #[error("malformed")]
    Malformed,
    /// What is to be sealed is longer than a container may hold.
    #[error("too large for a container")]
    TooLarge,
    /// It does not begin as a container does.
    #[error("not a container")]
    NotAContainer,
    /// Another version, or other ciphers.
    #[error("a container of an unknown version or suite")]
    UnsupportedVersion,
    /// It holds something else.
    #[error("a container of kind {found}, not {wanted:?}")]
    WrongKind {
        /// The number in the header.
        found: u8,
        /// What was asked for.
        wanted: StoredKind,
    },
    /// It is of another scheme, party or name.
    #[error("a container of something else of that kind")]
    WrongSubject,
    /// Argon2 parameters below the floor, above the ceiling, or above the caller's limit.
    #[error("Argon2 parameters out of range")]
    KdfOutOfRange,
    /// There is no memory for Argon2.
    #[error("no {kib} KiB of memory for Argon2")]
    NoMemory {
        /// What was asked for.
        kib: u32,
    },
    /// No slot takes this key.
    #[error("no slot for this key")]
    NoSuchSlot,
    /// The key is not the slot's; or the slot or the header was changed, which cannot be told apart.
    #[error("the wrong key")]
    WrongKey,
    /// Damaged, or changed.
    #[error("corrupt: {0:?}")]
    Corrupt(Part),
    /// Older than it may be; or, of a kind that must not go back, opened without saying how old that is.
    #[error("rollback: counter {found}, at least {least:?} is due")]
    Rollback {
        /// The counter in the container.
        found: u64,
        /// The least it may be; `None` if it had to be given and was not.
        least: Option<u64>,
    },
    /// Of another epoch than it may be.
    #[error("the wrong epoch: {found}")]
    WrongEpoch {
        /// The epoch in the container.
        found: u32,
    },
    /// None or more than eight slots, two for one key, or a label, blob or index that is none.
    #[error("these slots make no container")]
    BadSlots,
    /// A passphrase of less than 8 or more than 1,024 bytes.
    #[error("a passphrase has 8 to 1,024 bytes")]
    WeakPassphrase,
    /// An external wrapper refused.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// A PRF output or slot that will not do.
    #[error(transparent)]
    Prf(#[from] PrfError),
}

impl VaultError {
    /// A stable number: 5200 and the number of the check; 20 more for a second error of one check.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Malformed => 5201,
            Self::NotAContainer => 5202,
            Self::UnsupportedVersion => 5203,
            Self::WrongKind { .. } => 5204,
            Self::WrongSubject => 5205,
            Self::KdfOutOfRange => 5207,
            Self::NoSuchSlot => 5208,
            Self::WrongKey => 5209,
            Self::Corrupt(Part::Slot) => 5210,
            Self::Corrupt(Part::Header) => 5211,
            Self::Corrupt(Part::Body) => 5212,
            Self::Rollback { .. } => 5213,
            Self::Corrupt(Part::Content) => 5214,
            Self::BadSlots => 5215,
            Self::TooLarge => 5221,
            Self::NoMemory { .. } => 5227,
            Self::Wrap(_) => 5228,
            Self::Corrupt(Part::Slots) => 5231,
            Self::WrongEpoch { .. } => 5233,
            Self::WeakPassphrase => 5235,
            Self::Prf(error) => error.code(),
        }
    }
}
