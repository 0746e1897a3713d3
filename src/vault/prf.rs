//! The PRF output of a passkey (WebAuthn Level 3, extension `prf`): as the key of a slot, and to derive keys from.
//!
//! The authenticator's output is HMAC with SHA-256 over `SHA-256("WebAuthn PRF" || 0 || input)`, which the browser computes
//! ([`hmac_secret_salt`]). It is the PRF that unlocks, and no assertion: an assertion proves something to whoever asked, it decrypts nothing.
//!
//! # Warnings
//! - One PRF output from which the keys of all chains are derived is one point of failure. Prefer it as the key of a slot of a container with
//!   a key share in it.
//! - The output changes with the credential, with the RP id, and between evaluations with and without user verification. Losing the passkey
//!   or the domain is losing the keys.
//! - An account on Ethereum whose key is derived so keeps its full power after it has delegated to code (EIP-7702).
//! - The code of the page sees the output.
//!
//! # Derived keys
//! ```text
//! HKDF(salt = SHA-256(rp id), ikm = output, info, 64)
//! info = frame("quorate/1/prf/derive") || frame(app) || frame(purpose) || frame(chain) || frame(u32 account) || frame(u16 version) || u8 ctr
//! ```
//! with `frame(x) = u32(len x) || x`. A scalar is those 64 bytes modulo the order, so that the bias is below 2^-250; of 32 bytes it would be
//! seen, and they can exceed the order. A label, once used, is never used for anything else, and never changed.
//!
//! # Checks
//! | id | check | error |
//! |---|---|---|
//! | F1 | an output has 32 bytes, not all of them the same | [`BadOutput`](PrfError::BadOutput) |
//! | F2 | of a new slot two evaluations of one input agree | [`Unstable`](PrfError::Unstable) |
//! | F3 | the PRF of one credential is not the only way in, unless the caller says so ([`SinglePrfSlot`]) | [`NoSecondSlot`](PrfError::NoSecondSlot) |
//! | F4 | the fields of a label are printable ASCII of 1 to 64 bytes, its version is not 0 | [`BadLabel`](PrfError::BadLabel) |

use alloc::vec::Vec;

use super::crypto::{Expander, Key, same};
use super::error::VaultError;
use super::format::Container;
use super::label::is_label;
use super::slot::SlotKind;
use crate::curve::Curve;
use crate::hash::{Tag, sha256};
use crate::secret::{Secret, verdict};
use ff::Field;

/// A PRF output or label that will not do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrfError {
    /// It has not 32 bytes, or all of them are the same.
    #[error("not the output of a PRF")]
    BadOutput,
    /// Two evaluations of one input do not agree, or there was only one. There are faulty authenticators.
    #[error("the PRF was not seen to give the same twice")]
    Unstable,
    /// The PRF of one credential would be the only way in.
    #[error("a PRF slot alone: losing the passkey would lose what is sealed")]
    NoSecondSlot,
    /// A field of the label is not printable ASCII of 1 to 64 bytes, or its version is 0.
    #[error("a label that is none")]
    BadLabel,
}

impl PrfError {
    /// A stable number: 5280 and the number of the check.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::BadOutput => 5281,
            Self::Unstable => 5282,
            Self::NoSecondSlot => 5283,
            Self::BadLabel => 5284,
        }
    }
}

/// Whether one credential's PRF may be the only way into a container.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SinglePrfSlot {
    /// There must be another slot, of another type or credential.
    Refuse,
    /// What is sealed may be lost with the passkey.
    Accept,
}

/// What the authenticator makes of an input: `SHA-256("WebAuthn PRF" || 0 || input)` is the salt that a browser gives to the extension
/// `hmac-secret` of CTAP 2. Only who talks to an authenticator without a browser needs it.
#[must_use]
pub fn hmac_secret_salt(input: &[u8]) -> [u8; 32] {
    sha256(&[b"WebAuthn PRF\0", input].concat())
}

/// The PRF output of a credential for one input.
#[derive(Debug)]
pub struct Prf {
    rp_id_hash: [u8; 32],
    credential_hash: [u8; 32],
    input: [u8; 32],
    output: Key,
    stable: bool,
}

impl Prf {
    /// From one evaluation, to open a container: the input is in its slot ([`SlotKind::Prf`]).
    ///
    /// # Errors
    /// [`PrfError::BadOutput`].
    pub fn evaluated(
        rp_id: &str,
        credential_id: &[u8],
        input: [u8; 32],
        output: &Secret<Vec<u8>>,
    ) -> Result<Self, PrfError> {
        let output = read(output)?;
        let (rp_id_hash, credential_hash) = (sha256(rp_id.as_bytes()), sha256(credential_id));
        Ok(Self { rp_id_hash, credential_hash, input, output, stable: false })
    }

    /// From two evaluations of one random input, for a new slot.
    ///
    /// # Errors
    /// [`PrfError::BadOutput`], [`PrfError::Unstable`].
    pub fn enrolled(
        rp_id: &str,
        credential_id: &[u8],
        input: [u8; 32],
        outputs: [&Secret<Vec<u8>>; 2],
    ) -> Result<Self, PrfError> {
        let [first, second] = outputs;
        let second = read(second)?;
        let mut prf = Self::evaluated(rp_id, credential_id, input, first)?;
        // [F2] two evaluations of one input agree
        if !same(prf.output.expose(), second.expose()) {
            return Err(PrfError::Unstable);
        }
        prf.stable = true;
        Ok(prf)
    }

    /// Whether a container was sealed for this output. If so it was seen twice, and may stand in a new slot, when the container is sealed anew.
    ///
    /// # Errors
    /// As [`Container::read`]; [`VaultError::NoSuchSlot`], [`VaultError::WrongKey`].
    pub fn confirm(&mut self, container: &[u8]) -> Result<(), VaultError> {
        let container = Container::read(container)?;
        let mut slots = container.slots.iter();
        let slot = slots.find(|slot| self.is_for(&slot.kind)).ok_or(VaultError::NoSuchSlot)?;
        if !slot.commits_to(container.fixed, &self.output) {
            return Err(VaultError::WrongKey);
        }
        self.stable = true;
        Ok(())
    }

    /// Of which credential a slot is, and of which RP: [V8].
    pub(super) fn is_for(&self, slot: &SlotKind<'_>) -> bool {
        matches!(slot, SlotKind::Prf { rp_id_hash, credential_hash, .. }
            if **rp_id_hash == self.rp_id_hash && **credential_hash == self.credential_hash)
    }

    pub(super) const fn output(&self) -> &Key {
        &self.output
    }

    pub(super) const fn is_stable(&self) -> bool {
        self.stable
    }

    pub(super) fn params(&self) -> Vec<u8> {
        [self.rp_id_hash, self.credential_hash, self.input].concat()
    }

    /// The output, to derive keys from.
    #[must_use]
    pub const fn secret(&self) -> &Secret<[u8; 32]> {
        &self.output
    }
}

/// [F1] 32 bytes, not all the same.
fn read(output: &Secret<Vec<u8>>) -> Result<Key, PrfError> {
    let bytes: &[u8; 32] = output.expose().as_slice().try_into().map_err(|_| PrfError::BadOutput)?;
    if same(&[bytes[0]; 32], bytes) {
        return Err(PrfError::BadOutput);
    }
    Ok(Secret::<[u8; 32]>::build(|out| out.copy_from_slice(bytes)))
}

/// What a derived key is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label<'a> {
    /// The application.
    pub app: &'a str,
    /// What it does with the key.
    pub purpose: &'a str,
    /// The chain, or whatever tells keys of one purpose apart.
    pub chain: &'a str,
    /// Number of the account.
    pub account: u32,
    /// From 1.
    pub version: u16,
}

/// 64 bytes for a label; `ctr` is 0 but where a key comes out that is none.
///
/// # Errors
/// [`PrfError::BadLabel`].
pub fn derive(
    prf: &Secret<[u8; 32]>,
    rp_id: &str,
    label: &Label<'_>,
    ctr: u8,
) -> Result<Secret<[u8; 64]>, PrfError> {
    // [F4] the label is valid
    let fields = [label.app, label.purpose, label.chain];
    if !fields.iter().all(|field| is_label(field.as_bytes())) || label.version == 0 {
        return Err(PrfError::BadLabel);
    }
    let mut info = Tag::PrfDerive.framed();
    let (account, version) = (label.account.to_be_bytes(), label.version.to_be_bytes());
    let [app, purpose, chain] = fields.map(str::as_bytes);
    for field in [app, purpose, chain, &account, &version] {
        info.extend_from_slice(&(field.len() as u32).to_be_bytes());
        info.extend_from_slice(field);
    }
    info.push(ctr);
    Ok(Expander::new(&sha256(rp_id.as_bytes()), prf.expose()).bytes(&[&info]))
}

/// A secret scalar of a curve for a label: of the 64 bytes for the first `ctr` from 0 that gives none but zero.
///
/// # Errors
/// [`PrfError::BadLabel`].
pub fn scalar<C: Curve>(
    prf: &Secret<[u8; 32]>,
    rp_id: &str,
    label: &Label<'_>,
) -> Result<Secret<C::Scalar>, PrfError> {
    let mut ctr = 0;
    loop {
        let scalar = Secret::new(C::scalar_from_wide(derive(prf, rp_id, label, ctr)?.expose()));
        // Zero, which never happens, is no key.
        if !verdict(scalar.expose().is_zero()) || ctr == u8::MAX {
            return Ok(scalar);
        }
        ctr += 1;
    }
}

/// An Ed25519 seed (RFC 8032) for a label: the first 32 of the 64 bytes, for `ctr` 0.
///
/// # Errors
/// [`PrfError::BadLabel`].
pub fn ed25519_seed(
    prf: &Secret<[u8; 32]>,
    rp_id: &str,
    label: &Label<'_>,
) -> Result<Secret<[u8; 32]>, PrfError> {
    let wide = derive(prf, rp_id, label, 0)?;
    Ok(Secret::<[u8; 32]>::build(|seed| {
        seed.iter_mut().zip(wide.expose()).for_each(|(to, from)| *to = *from)
    }))
}
