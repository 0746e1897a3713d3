//! MAC keys.

use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::error::QuoteError;
use crate::hash::Tag;
use crate::secret::{Secret, verdict};

/// A MAC key with its id. There is no default and no test key.
#[derive(Debug)]
pub struct MacKey {
    id: [u8; 16],
    key: Secret<Vec<u8>>,
}

impl MacKey {
    /// Takes a key of at least 32 bytes from a generator.
    ///
    /// # Errors
    /// \[Q1\] [`QuoteError::WeakKey`].
    pub fn new(id: [u8; 16], key: Secret<Vec<u8>>) -> Result<Self, QuoteError> {
        let bytes = key.expose();
        // [Q1]
        let first = bytes.first().copied().unwrap_or(0);
        let differences = bytes.iter().fold(0, |all, byte| all | (byte ^ first));
        // A key of equal bytes is refused, which shows; how many bytes are equal does not.
        if bytes.len() < 32 || verdict(differences.ct_eq(&0)) {
            return Err(QuoteError::WeakKey);
        }
        Ok(Self { id, key })
    }

    /// `HMAC(K, frame("quorate/1/quote/mac") || frames)`.
    fn mac(&self, frames: &[u8]) -> [u8; 32] {
        // HMAC takes a key of any length.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.key.expose()) else { return [0; 32] };
        mac.chain_update(Tag::QuoteMac.framed()).chain_update(frames).finalize().into_bytes().into()
    }
}

/// The key that quotes are made with, and the one before, which is still taken for a while.
#[derive(Debug)]
pub struct MacKeys {
    current: MacKey,
    previous: Option<(MacKey, u64)>,
}

impl MacKeys {
    /// `previous` comes with the time, in Unix seconds, until which its quotes are taken: no later than the longest life of a quote after the
    /// change.
    ///
    /// # Errors
    /// \[Q1\] [`QuoteError::WeakKey`] if the two have one id.
    pub fn new(current: MacKey, previous: Option<(MacKey, u64)>) -> Result<Self, QuoteError> {
        // [Q1]
        if previous.as_ref().is_some_and(|(key, _)| key.id == current.id) {
            return Err(QuoteError::WeakKey);
        }
        Ok(Self { current, previous })
    }

    /// The id of the key that quotes are made with.
    #[must_use]
    pub const fn id(&self) -> &[u8; 16] {
        &self.current.id
    }

    pub(super) fn make(&self, frames: &[u8]) -> [u8; 32] {
        self.current.mac(frames)
    }

    /// \[Q3\], \[Q4\]
    pub(super) fn check(
        &self,
        id: &[u8; 16],
        frames: &[u8],
        mac: &[u8; 32],
        now: u64,
    ) -> Result<(), QuoteError> {
        let previous = self.previous.as_ref().filter(|(_, accept_until)| now < *accept_until);
        let mut keys = core::iter::once(&self.current).chain(previous.map(|(key, _)| key));
        // [Q3] known, and not retired
        let key = keys.find(|key| key.id == *id).ok_or(QuoteError::UnknownKey)?;
        // [Q4]
        // The quote is refused if not, which shows.
        if verdict(key.mac(frames).ct_eq(mac)) { Ok(()) } else { Err(QuoteError::BadMac) }
    }
}
