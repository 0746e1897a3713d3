//! What a device says of its epochs: refusals, and what it erased.

use alloc::vec::Vec;

use crate::curve::Scheme;
use crate::key::{Certificate, CertificateError, Sharing};
use crate::party::PartyId;
use crate::wire::put_u32;

/// What a device does not do with its epochs. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EpochError {
    /// It is of another key.
    #[error("an epoch of another key")]
    WrongKey,
    /// It is another device's.
    #[error("a share of {0}, which is another device")]
    WrongDevice(PartyId),
    /// The device has signed for another epoch of this number, or for one of a higher number.
    #[error("epoch {epoch} is not above {highest}, the highest signed for")]
    Signed {
        /// The number refused.
        epoch: u32,
        /// The highest number that the device signed for, or holds.
        highest: u32,
    },
    /// The number is more than 2^16 above the highest one, and the application has not confirmed it.
    #[error("epoch {epoch} is too far above {highest} to be entered unasked")]
    FarAhead {
        /// The number refused.
        epoch: u32,
        /// The highest number that the device signed for, or holds.
        highest: u32,
    },
    /// No pending epoch waits for this certificate.
    #[error("a certificate that nothing here waits for")]
    Unknown,
    /// The certificate is incomplete.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The key is burned.
    #[error("the key of {0}'s share is burned")]
    Burned(PartyId),
    /// There is no share.
    #[error("{0} holds no share")]
    NoShare(PartyId),
    /// A pending epoch with a predecessor is not given up: others may have erased theirs because of it.
    #[error("epoch {0} is pending: others may rely on it")]
    Promised(u32),
    /// What would be stored does not read back: this device computes wrongly.
    #[error("the pending share does not read back from its stored form")]
    Unreadable,
}

impl EpochError {
    /// A stable number.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::WrongKey => 5111,
            Self::WrongDevice(_) => 5112,
            Self::Signed { .. } => 5113,
            Self::FarAhead { .. } => 5114,
            Self::Unknown => 5115,
            Self::Burned(_) => 5116,
            Self::NoShare(_) => 5117,
            Self::Promised(_) => 5118,
            Self::Unreadable => 5119,
            Self::Certificate(error) => error.code(),
        }
    }
}

/// An epoch by its number and its name ([`Sharing::epoch_id`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct EpochName {
    /// Its number.
    pub number: u32,
    /// Its id.
    pub id: [u8; 32],
}

impl EpochName {
    pub(super) fn of<S: Scheme>(sharing: &Sharing<S>) -> Self {
        Self { number: sharing.epoch(), id: sharing.epoch_id() }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        put_u32(out, self.number);
        out.extend_from_slice(&self.id);
    }
}

/// What entering an epoch did. The shares of the epochs listed are wiped from memory; what the library cannot reach is the application's to
/// destroy, after the new record is durable: the old record, the keys that wrapped it, and the presignatures of these epochs.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "wrapping keys and presignatures of the epochs listed are to be destroyed"]
pub struct Receipt {
    /// The epoch entered.
    pub entered: EpochName,
    /// Every epoch whose share is gone, ascending: the one that was current, and pending ones below the one entered.
    pub erased: Vec<EpochName>,
}

impl Receipt {
    /// `version 1`, then number 4 and id 32 of the epoch entered, and the same of each epoch erased.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = alloc::vec![crate::key::certificate::VERSION];
        core::iter::once(&self.entered).chain(&self.erased).for_each(|name| name.write(&mut out));
        out
    }
}

/// What came of a certificate from a device whose epoch may be another ([`super::Epochs::meet`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Met {
    /// Both are in the same epoch.
    Same,
    /// This device was behind; now it is where the other is.
    CaughtUp(Receipt),
    /// Nothing here waits for that certificate. Either the other device is behind, and this one's certificate helps it; or it is in an
    /// epoch that this device has no part in.
    HandOver(Certificate),
    /// Nothing here waits for that certificate, and there is none to hand over.
    Nothing,
}
