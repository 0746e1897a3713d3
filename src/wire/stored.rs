//! What can be sealed and stored: one trait, so that the protocols' types need not know the vault.

use alloc::vec::Vec;

use crate::party::PartyId;
use crate::secret::Secret;

pub(crate) mod sealed {
    /// Closes [`Stored`](super::Stored): a live pairing, presignature or session has no stored form but by being taken down to one.
    pub trait Sealed {}
}

/// What a stored form is of. The numbers are for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum StoredKind {
    /// A share with its certificate.
    KeyShare = 1,
    /// A pairing, active or banned.
    Pairing = 2,
    /// What makes one signature: a presignature of ECDSA, or nonces of FROST; the scheme says which.
    Presignature = 3,
    /// A suspended session.
    Snapshot = 4,
    /// A backup of others.
    Backup = 5,
    /// A secret of the application's, by a label.
    AppSecret = 6,
    /// A share that waits for its certificate.
    PendingShare = 7,
    /// The shares of a key set.
    Bundle = 8,
    /// A device's record of a key's epochs.
    Epochs = 9,
    /// The shares of a key set that wait for its certificate.
    PendingSet = 10,
    /// A share behind the gate.
    GatedShare = 11,
    /// A device's record of a key's epochs, behind the gate.
    GatedEpochs = 12,
    /// A presignature behind the gate.
    GatedPresignature = 13,
}

impl StoredKind {
    const ALL: [Self; 13] = [
        Self::KeyShare,
        Self::Pairing,
        Self::Presignature,
        Self::Snapshot,
        Self::Backup,
        Self::AppSecret,
        Self::PendingShare,
        Self::Bundle,
        Self::Epochs,
        Self::PendingSet,
        Self::GatedShare,
        Self::GatedEpochs,
        Self::GatedPresignature,
    ];

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind of a number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Whether a copy from another day may come back: shares with a certificate, alone or of a set, and secrets of the application's.
    ///
    /// Not so a pairing, which would forget a ban; what makes one signature, and a snapshot, whose second use is the second use of a nonce;
    /// the record of epochs, which would forget what the device signed for since, and could split the key: its current share may, and
    /// a new record is made of it; and what waits for a certificate, which is no key yet.
    #[must_use]
    pub const fn is_backupable(self) -> bool {
        matches!(self, Self::KeyShare | Self::AppSecret | Self::Bundle | Self::GatedShare)
    }

    /// Whether an older form in place of a newer one breaks a promise that the device has made, so that none is opened without the least
    /// counter that it may have: a pairing's bans and openings, and the epochs that a device signed for.
    #[must_use]
    pub const fn must_not_go_back(self) -> bool {
        matches!(self, Self::Pairing | Self::Epochs | Self::GatedEpochs)
    }
}

/// Which thing of its kind a stored form is of.
///
/// | kind | scheme | holder | name |
/// |---|---|---|---|
/// | share, pending or not; record of epochs | its scheme | its party | key id |
/// | pairing | 0 | none | pairing id |
/// | presignature | its scheme | its signer | key id |
/// | nonces of FROST | its scheme | its signer | epoch id |
/// | snapshot | 0 | its party | binding |
/// | backup | 0 | none | id of the chain |
/// | share, record or presignature behind the gate | as without it | as without it | as without it |
/// | secret of the application's | 0 | none | SHA-256 of the label |
/// | key set, pending or not | 0 | its party | id of the first key |
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Subject {
    /// The scheme's number; 0 where there is none, or several.
    pub scheme: u8,
    /// Whose it is.
    pub holder: Option<PartyId>,
    /// Its name.
    pub key_id: [u8; 32],
}

impl Subject {
    /// Of something that is of no scheme and no party.
    #[must_use]
    pub const fn named(key_id: [u8; 32]) -> Self {
        Self { scheme: 0, holder: None, key_id }
    }
}

/// Something with a stored form that can be sealed.
///
/// For pairings, presignatures, nonces and sessions only what they are taken down to implements it, so that sealing by reference leaves no
/// live one beside the sealed one. Only this crate implements it.
pub trait Stored: sealed::Sealed + Sized {
    /// What it is.
    const KIND: StoredKind;

    /// Which one.
    fn subject(&self) -> Subject;

    /// The number of the epoch that it is of, of a record the one entered last, of a set the lowest of its shares'; 0 where there is none
    /// to tell.
    fn epoch(&self) -> u32;

    /// The stored form.
    fn write(&self) -> Secret<Vec<u8>>;

    /// Reads what [`Stored::write`] wrote; `None` for anything else.
    fn read(bytes: Secret<Vec<u8>>) -> Option<Self>;
}

/// [`Stored`] of a type whose form is what its `to_bytes` writes and its `from_bytes` reads, by how it tells subject and epoch.
macro_rules! stored_as_bytes {
    ($type:ty, $kind:ident, |$this:ident| $subject:expr, $epoch:expr) => {
        impl<S: Scheme> sealed::Sealed for $type {}

        impl<S: Scheme> Stored for $type {
            const KIND: StoredKind = StoredKind::$kind;

            fn subject(&self) -> Subject {
                let $this = self;
                $subject
            }

            fn epoch(&self) -> u32 {
                let $this = self;
                $epoch
            }

            fn write(&self) -> Secret<Vec<u8>> {
                self.to_bytes()
            }

            fn read(bytes: Secret<Vec<u8>>) -> Option<Self> {
                Self::from_bytes(bytes.expose())
            }
        }
    };
}
pub(crate) use stored_as_bytes;

/// A copy that will not reallocate.
pub(crate) fn copy(bytes: &[u8]) -> Secret<Vec<u8>> {
    let mut out = Secret::buffer(bytes.len());
    out.expose_mut().extend_from_slice(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_ever() {
        for (number, kind) in (1..).zip(StoredKind::ALL) {
            assert_eq!((kind.number(), StoredKind::from_number(number)), (number, Some(kind)));
        }
        assert_eq!([0, 14, 255].map(StoredKind::from_number), [None; 3]);
    }
}
