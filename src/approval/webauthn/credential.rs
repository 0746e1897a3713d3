//! The record of a credential, as it is stored.

use alloc::string::String;
use alloc::vec::Vec;

use super::config::is_host;
use crate::approval::keyfmt::P256Key;
use crate::hash::sha256;
use crate::wire::{Reader, put_u16, put_u32};

const MAGIC: &[u8; 4] = b"QCRD";
const VERSION: u8 = 1;
/// Bits of the flags byte.
const ELIGIBLE: u8 = 1;
const BACKED_UP: u8 = 2;
const VERIFIED: u8 = 4;

/// What a registration proved about the authenticator: nothing, in all three cases. Which one it was is kept for audits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Attestation {
    /// There was none.
    None = 0,
    /// The credential's own key signed it.
    SelfSigned = 1,
    /// There was one, and nobody verified it.
    Unverified = 2,
}

/// What is known of a credential. The application may fill it in for credentials that were registered elsewhere; new ones come from
/// [`enrol`](super::enrol).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts {
    /// The credential's id: 1 to 1023 bytes.
    pub id: Vec<u8>,
    /// Its key.
    pub key: P256Key,
    /// The RP ID it is for: a host name in lower case.
    pub rp_id: String,
    /// The user handle it was made with: up to 64 bytes, none for U2F keys.
    pub user_handle: Vec<u8>,
    /// BE, which never changes.
    pub backup_eligible: bool,
    /// BS, when it was last used.
    pub backed_up: bool,
    /// Whether it ever verified its user.
    pub uv_initialised: bool,
    /// The signature counter, when it was last used.
    pub sign_count: u32,
    /// What the authenticator calls its model. A claim.
    pub aaguid: [u8; 16],
    /// What the registration proved.
    pub attestation: Attestation,
    /// The SHA-256 of the challenge that was last accepted; zero if none was.
    pub last_challenge: [u8; 32],
}

/// The record of a credential.
///
/// Stored form: `"QCRD"`, version 1, `u16 length || id`, key 33 (compressed), `u8 length || RP ID`, `u8 length || user handle`,
/// flags 1 (BE, BS, `uv_initialised` from the lowest bit), counter 4, aaguid 16, attestation 1, last challenge 32.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credential(Parts);

impl Credential {
    /// A record of these parts; `None` unless each is what [`Parts`] says, and BS comes with BE.
    #[must_use]
    pub fn from_parts(parts: Parts) -> Option<Self> {
        let lengths = (1..=1023).contains(&parts.id.len()) && parts.user_handle.len() <= 64;
        let backup = parts.backup_eligible || !parts.backed_up;
        (lengths && backup && is_host(&parts.rp_id)).then_some(Self(parts))
    }

    /// What is known of it.
    #[must_use]
    pub const fn parts(&self) -> &Parts {
        &self.0
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Parts { id, rp_id, user_handle, .. } = &self.0;
        let mut out = Vec::with_capacity(96 + id.len() + rp_id.len() + user_handle.len());
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        // `from_parts` bounded the three lengths.
        put_u16(&mut out, id.len() as u16);
        out.extend_from_slice(id);
        out.extend_from_slice(&self.0.key.to_sec1());
        for short in [rp_id.as_bytes(), user_handle] {
            out.push(short.len() as u8);
            out.extend_from_slice(short);
        }
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        out.push(
            flag(self.0.backup_eligible, ELIGIBLE)
                | flag(self.0.backed_up, BACKED_UP)
                | flag(self.0.uv_initialised, VERIFIED),
        );
        put_u32(&mut out, self.0.sign_count);
        out.extend_from_slice(&self.0.aaguid);
        out.push(self.0.attestation as u8);
        out.extend_from_slice(&self.0.last_challenge);
        out
    }

    /// Reads what [`Credential::to_bytes`] wrote, and nothing else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        if r.array()? != MAGIC || r.u8()? != VERSION {
            return None;
        }
        let length = r.u16()?;
        let id = r.bytes(usize::from(length))?.to_vec();
        let key = P256Key::from_sec1(r.array::<33>()?).ok()?;
        let length = r.u8()?;
        let rp_id = core::str::from_utf8(r.bytes(usize::from(length))?).ok()?.into();
        let length = r.u8()?;
        let user_handle = r.bytes(usize::from(length))?.to_vec();
        let flags = r.u8()?;
        if flags & !(ELIGIBLE | BACKED_UP | VERIFIED) != 0 {
            return None;
        }
        let parts = Parts {
            id,
            key,
            rp_id,
            user_handle,
            backup_eligible: flags & ELIGIBLE != 0,
            backed_up: flags & BACKED_UP != 0,
            uv_initialised: flags & VERIFIED != 0,
            sign_count: r.u32()?,
            aaguid: *r.array()?,
            attestation: Attestation::from_number(r.u8()?)?,
            last_challenge: *r.array()?,
        };
        r.end()?;
        Self::from_parts(parts)
    }

    /// Writes what an accepted assertion changed, if the record still has the counter that the assertion was verified against.
    ///
    /// # Errors
    /// [`StaleUpdate`], and nothing is changed.
    pub fn apply(&mut self, update: &RecordUpdate) -> Result<(), StaleUpdate> {
        let own = self.0.id == update.credential_id && self.0.sign_count == update.old_sign_count;
        // Where there is no counter, an update may outlive its record. No record has BS without BE.
        if !own || update.backed_up && !self.0.backup_eligible {
            return Err(StaleUpdate);
        }
        self.0.sign_count = update.sign_count;
        self.0.backed_up = update.backed_up;
        // And the older of two may come last: what was seen once stays seen.
        self.0.uv_initialised |= update.uv_initialised;
        self.0.last_challenge = update.last_challenge;
        Ok(())
    }

    /// Whether this is the challenge that was last accepted.
    pub(super) fn last_accepted(&self, challenge: &[u8]) -> bool {
        self.0.last_challenge != [0; 32] && self.0.last_challenge == sha256(challenge)
    }
}

impl Attestation {
    fn from_number(number: u8) -> Option<Self> {
        [Self::None, Self::SelfSigned, Self::Unverified].into_iter().find(|kind| *kind as u8 == number)
    }
}

/// What an assertion changes in its credential's record. To be stored once the request that it approves has been accepted, with
/// compare-and-set on the old counter, and not before: an assertion by itself changes nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordUpdate {
    pub(super) credential_id: Vec<u8>,
    pub(super) old_sign_count: u32,
    pub(super) sign_count: u32,
    pub(super) backed_up: bool,
    pub(super) uv_initialised: bool,
    pub(super) last_challenge: [u8; 32],
}

impl RecordUpdate {
    /// Whose record it is for.
    #[must_use]
    pub fn credential_id(&self) -> &[u8] {
        &self.credential_id
    }

    /// The counter that the record must still have.
    #[must_use]
    pub const fn old_sign_count(&self) -> u32 {
        self.old_sign_count
    }

    /// The counter that it gets.
    #[must_use]
    pub const fn sign_count(&self) -> u32 {
        self.sign_count
    }

    /// BS that it gets.
    #[must_use]
    pub const fn backed_up(&self) -> bool {
        self.backed_up
    }

    /// Whether it has ever verified its user, this time included.
    #[must_use]
    pub const fn uv_initialised(&self) -> bool {
        self.uv_initialised
    }

    /// The SHA-256 of the challenge that was accepted; the one before, if the counter did not rise for this one.
    #[must_use]
    pub const fn last_challenge(&self) -> &[u8; 32] {
        &self.last_challenge
    }
}

/// The record has changed since the assertion was verified, or is another's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the credential's record has changed")]
pub struct StaleUpdate;
