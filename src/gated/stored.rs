//! Stored forms of what is gated.

#[cfg(feature = "passkey")]
use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Gated, Uses};
#[cfg(feature = "passkey")]
use crate::approval::passkey::Record;
use crate::curve::Scheme;
#[cfg(feature = "ecdsa")]
use crate::ecdsa::{EcdsaScheme, Presignature};
#[cfg(feature = "ecdsa")]
use crate::error::ResumeError;
use crate::key::KeyShare;
use crate::key::epoch::Epochs;
#[cfg(feature = "vault")]
use crate::keyset::{AnyScheme, AnyShare};
use crate::secret::Secret;
#[cfg(feature = "ecdsa")]
use crate::session::SpendOnce;
#[cfg(feature = "passkey")]
use crate::wire::{Reader, put_u16};

const MAGIC: &[u8; 5] = b"QGAT\x01";
const SHARE: u8 = 1;
const EPOCHS: u8 = 2;
#[cfg(feature = "ecdsa")]
const PRESIGNATURE: u8 = 3;
/// Added to the kind of what is a passkey's.
#[cfg(feature = "passkey")]
const PASSKEY: u8 = 0x10;

fn wrap(kind: u8, uses: &Uses, form: &Secret<Vec<u8>>) -> Secret<Vec<u8>> {
    let (mark, record) = written(uses);
    let mut out = Secret::buffer(MAGIC.len() + 1 + record.len() + form.expose().len());
    out.expose_mut().extend_from_slice(MAGIC);
    out.expose_mut().push(kind | mark);
    out.expose_mut().extend_from_slice(&record);
    out.expose_mut().extend_from_slice(form.expose());
    out
}

#[cfg(feature = "passkey")]
fn written(uses: &Uses) -> (u8, Vec<u8>) {
    let Some(record) = &uses.record else { return (0, Vec::new()) };
    let (mut out, record) = (Vec::new(), record.to_bytes());
    // A record has less than 1000 bytes.
    put_u16(&mut out, record.len() as u16);
    out.extend_from_slice(&record);
    (PASSKEY, out)
}

#[cfg(not(feature = "passkey"))]
const fn written(_: &Uses) -> (u8, Vec<u8>) {
    (0, Vec::new())
}

fn unwrap(kind: u8, bytes: &[u8]) -> Option<(&[u8], Uses)> {
    let rest = bytes.strip_prefix(MAGIC)?;
    #[cfg(feature = "passkey")]
    if let Some(rest) = rest.strip_prefix(&[kind | PASSKEY]) {
        let mut r = Reader::new(rest);
        let length = r.u16()?;
        let record = Record::from_bytes(r.bytes(length.into())?).ok()?;
        return Some((r.rest(), Uses { record: Some(Box::new(record)) }));
    }
    rest.strip_prefix(&[kind]).map(|form| (form, Uses::ANYTHING))
}

/// What was stored, with what it is for; `key` gives its public key, if it has one already.
fn read<T>(
    kind: u8,
    bytes: &[u8],
    form: impl FnOnce(&[u8]) -> Option<T>,
    key: impl FnOnce(&T) -> Option<Vec<u8>>,
) -> Option<Gated<T>> {
    let (bytes, uses) = unwrap(kind, bytes)?;
    let thing = form(bytes)?;
    let fits = key(&thing).is_none_or(|key| uses.fit(&key));
    fits.then_some(Gated(thing, uses))
}

/// The form of a gated share's own, for whoever knows schemes by their numbers; `None` unless the share is what its passkey's record is of.
#[cfg(feature = "vault")]
pub(crate) fn share_of(scheme: AnyScheme, bytes: &[u8]) -> Option<AnyShare> {
    let (form, uses) = unwrap(SHARE, bytes)?;
    scheme.read_share(form).filter(|share| uses.fit(&share.public_key()))
}

/// The form of a gated presignature's own.
#[cfg(feature = "ecdsa")]
pub(super) fn presignature(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(MAGIC)?.strip_prefix(&[PRESIGNATURE])
}

impl<S: Scheme> Gated<KeyShare<S>> {
    /// The stored form, secret.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        wrap(SHARE, &self.1, &self.0.to_bytes())
    }

    /// Reads what [`Gated::to_bytes`] wrote; `None` for anything else, a share that was not gated too.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        read(SHARE, bytes, KeyShare::from_bytes, |share| Some(share.public().public_key()))
    }
}

impl<S: Scheme> Gated<Epochs<S>> {
    /// The stored form, secret.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        wrap(EPOCHS, &self.1, &self.0.to_bytes())
    }

    /// Reads what [`Gated::to_bytes`] wrote; `None` for anything else, a record that was not gated too.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        read(EPOCHS, bytes, Epochs::from_bytes, |epochs| Some(epochs.public()?.public_key()))
    }
}

#[cfg(feature = "ecdsa")]
impl<S: EcdsaScheme> Gated<Presignature<S>> {
    /// As [`Presignature::store`].
    #[must_use]
    pub fn store(self) -> Secret<Vec<u8>> {
        wrap(PRESIGNATURE, &Uses::ANYTHING, &self.0.store())
    }

    /// As [`Presignature::load`].
    ///
    /// # Errors
    /// [`ResumeError::Malformed`], also for a presignature that was not gated; [`ResumeError::Foreign`]; [`ResumeError::Spent`].
    pub fn load(bytes: &Secret<Vec<u8>>, witness: &mut dyn SpendOnce) -> Result<Self, ResumeError> {
        let form = presignature(bytes.expose()).ok_or(ResumeError::Malformed)?;
        let mut copy = Secret::buffer(form.len());
        copy.expose_mut().extend_from_slice(form);
        Presignature::load(&copy, witness).map(Self::new)
    }
}
