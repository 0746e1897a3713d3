//! A request against what one holder has.

use alloc::vec;
use alloc::vec::Vec;

use super::{DigestRule, RequestError, SigningRequest};
use crate::approval::fact::Fact;

/// A key that this holder has a share of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveKey {
    /// The scheme's number ([`crate::curve::Scheme::ID`]).
    pub scheme: u8,
    /// The key's id.
    pub id: [u8; 32],
    /// The current epoch.
    pub epoch: u32,
    /// The public key, encoded as its curve does.
    pub public: Vec<u8>,
    /// The chain code.
    pub chain_code: [u8; 32],
}

/// What a decoder gets to see: the payload and the key, and not what the request says about them.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// How the payload becomes what is signed.
    pub rule: DigestRule,
    /// What is signed.
    pub payload: &'a [u8],
    /// The key.
    pub key: &'a LiveKey,
    /// The path from the key to the signing key.
    pub path: &'a [u32],
    /// The Taproot tweak, encoded.
    pub tweak: &'a [u8],
}

/// Why a decoder gives no facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not of a format that it reads: the payload is opaque to this holder.
    #[error("of another format")]
    NotMine,
    /// Of its format, but not as the format wants it, or with an effect that it has no fact for.
    #[error("malformed, or with an effect that has no name here")]
    Malformed,
}

/// Reads payloads. Each holder has its own, and all must agree; it is code that decides about money.
///
/// What it must do: read one encoding of a thing and refuse every other; name **every** effect that the payload can have, in an order that
/// the payload determines; answer [`DecodeError::Malformed`] rather than leave one out; be a function of its input alone.
pub trait Decoder {
    /// All that the payload does.
    ///
    /// # Errors
    /// [`DecodeError`].
    fn facts(&self, content: &Content<'_>) -> Result<Vec<Fact>, DecodeError>;
}

/// What a holder holds a request against.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    /// The hash of the cluster and its revision.
    pub cluster: [u8; 32],
    /// The keys that it has current shares of.
    pub keys: &'a [LiveKey],
    /// What reads payloads here.
    pub decoder: Option<&'a dyn Decoder>,
}

impl core::fmt::Debug for Holder<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Holder").field("cluster", &self.cluster).field("keys", &self.keys).finish()
    }
}

impl SigningRequest {
    /// R4 to R7. `max_lifetime` is the policy's, in seconds; `now` in Unix seconds is the larger of the clock and the registry's high water.
    ///
    /// # Errors
    /// The first check that fails, in the order of their numbers.
    pub fn check(&self, holder: &Holder<'_>, max_lifetime: u64, now: u64) -> Result<(), RequestError> {
        // [R4]
        let lifetime = self.expires().checked_sub(self.not_before()).ok_or(RequestError::Lifetime)?;
        if lifetime == 0 || lifetime > max_lifetime {
            return Err(RequestError::Lifetime);
        }
        self.check_time(now)?;
        // [R6]
        if *self.cluster() != holder.cluster {
            return Err(RequestError::OtherRoster);
        }
        let Some(named) = self.key() else { return Ok(()) };
        let key = holder.keys.iter().find(|key| key.id == named.id && key.scheme == named.scheme);
        let key = key.ok_or(RequestError::UnknownKey)?;
        if key.epoch != named.epoch {
            return Err(RequestError::WrongEpoch(key.epoch));
        }
        // [R7]
        if self.action().signs() && self.decoded(holder, key)? != self.facts() {
            return Err(RequestError::FactsMismatch);
        }
        Ok(())
    }

    /// R5 alone, for a second look before something is done.
    ///
    /// # Errors
    /// [`RequestError::NotYet`], [`RequestError::Expired`].
    pub fn check_time(&self, now: u64) -> Result<(), RequestError> {
        // [R5]
        if now < self.not_before() {
            return Err(RequestError::NotYet);
        }
        if now >= self.expires() {
            return Err(RequestError::Expired);
        }
        Ok(())
    }

    /// What this holder reads in the payload. A hash says nothing; a payload without any effect does not exist.
    fn decoded(&self, holder: &Holder<'_>, key: &LiveKey) -> Result<Vec<Fact>, RequestError> {
        let opaque = || vec![Fact::opaque()];
        let (Some(decoder), false) = (holder.decoder, self.rule() == DigestRule::Prehashed) else {
            return Ok(opaque());
        };
        let content = Content {
            rule: self.rule(),
            payload: self.payload(),
            key,
            path: self.path(),
            tweak: self.tweak(),
        };
        match decoder.facts(&content) {
            Ok(facts) if !facts.is_empty() => Ok(facts),
            Ok(_) => Ok(opaque()),
            Err(DecodeError::NotMine) => Ok(opaque()),
            Err(DecodeError::Malformed) => Err(RequestError::FactsMismatch),
        }
    }
}
