//! Why a backup is refused.

use crate::vault::VaultError;

/// A backup that is not made, or not restored.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A copy of this kind, by its number, must not come back from another day.
    #[error("kind {0} does not go into backups")]
    NotBackupable(u8),
    /// Not the layout of a backup, or not its order; at creation none or more than 1,024 items, or two of one thing.
    #[error("malformed")]
    Malformed,
    /// The container is refused.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// It does not follow the backup before it.
    #[error("not the next backup of its chain")]
    BrokenChain,
    /// Older than the application knows that there are.
    #[error("rollback: backup {found}, at least {least} is due")]
    Rollback {
        /// Its number.
        found: u64,
        /// The least that it may be.
        least: u64,
    },
    /// This item does not decode as what it says it is, or is of a scheme that this build has not.
    #[error("item {0} does not decode")]
    BadItem(usize),
    /// This item is of an earlier epoch than the key is in.
    #[error("item {index} is of epoch {found}, the key is in epoch {live}")]
    StaleEpoch {
        /// Which.
        index: usize,
        /// The item's epoch.
        found: u32,
        /// The key's.
        live: u32,
    },
}

impl BackupError {
    /// A stable number: 5250 and the number of the check; of a container that is refused, its own.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::NotBackupable(_) => 5251,
            Self::Malformed => 5252,
            Self::Vault(error) => error.code(),
            Self::BrokenChain => 5254,
            Self::Rollback { .. } => 5255,
            Self::BadItem(_) => 5256,
            Self::StaleEpoch { .. } => 5257,
        }
    }
}
