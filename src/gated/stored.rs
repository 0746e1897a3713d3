//! Stored forms of what is gated.

use alloc::vec::Vec;

use super::Gated;
use crate::curve::Scheme;
#[cfg(feature = "ecdsa")]
use crate::ecdsa::{EcdsaScheme, Presignature};
#[cfg(feature = "ecdsa")]
use crate::error::ResumeError;
use crate::key::KeyShare;
use crate::key::epoch::Epochs;
use crate::secret::Secret;
#[cfg(feature = "ecdsa")]
use crate::session::SpendOnce;

const MAGIC: &[u8; 5] = b"QGAT\x01";
const SHARE: u8 = 1;
const EPOCHS: u8 = 2;
#[cfg(feature = "ecdsa")]
const PRESIGNATURE: u8 = 3;

fn wrap(kind: u8, form: &Secret<Vec<u8>>) -> Secret<Vec<u8>> {
    let mut out = Secret::buffer(MAGIC.len() + 1 + form.expose().len());
    out.expose_mut().extend_from_slice(MAGIC);
    out.expose_mut().push(kind);
    out.expose_mut().extend_from_slice(form.expose());
    out
}

fn unwrap(kind: u8, bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(MAGIC)?.strip_prefix(&[kind])
}

impl<S: Scheme> Gated<KeyShare<S>> {
    /// The stored form, secret.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        wrap(SHARE, &self.0.to_bytes())
    }

    /// Reads what [`Gated::to_bytes`] wrote; `None` for anything else, a share that was not gated too.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        KeyShare::from_bytes(unwrap(SHARE, bytes)?).map(Self)
    }
}

impl<S: Scheme> Gated<Epochs<S>> {
    /// The stored form, secret.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        wrap(EPOCHS, &self.0.to_bytes())
    }

    /// Reads what [`Gated::to_bytes`] wrote; `None` for anything else, a record that was not gated too.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Epochs::from_bytes(unwrap(EPOCHS, bytes)?).map(Self)
    }
}

#[cfg(feature = "ecdsa")]
impl<S: EcdsaScheme> Gated<Presignature<S>> {
    /// As [`Presignature::store`].
    #[must_use]
    pub fn store(self) -> Secret<Vec<u8>> {
        wrap(PRESIGNATURE, &self.0.store())
    }

    /// As [`Presignature::load`].
    ///
    /// # Errors
    /// [`ResumeError::Malformed`], also for a presignature that was not gated; [`ResumeError::Foreign`]; [`ResumeError::Spent`].
    pub fn load(bytes: &Secret<Vec<u8>>, witness: &mut dyn SpendOnce) -> Result<Self, ResumeError> {
        let form = unwrap(PRESIGNATURE, bytes.expose()).ok_or(ResumeError::Malformed)?;
        let mut copy = Secret::buffer(form.len());
        copy.expose_mut().extend_from_slice(form);
        Presignature::load(&copy, witness).map(Self)
    }
}
