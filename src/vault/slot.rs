//! Slots: each wraps the data key for one key from outside.

use alloc::vec::Vec;
use core::fmt;

use super::crypto::{Expander, Key, TAG_LEN, decrypt, encrypt, same};
use super::error::VaultError;
use super::format::FIXED_LEN;
use super::kdf::{KDF_LEN, Kdf};
use super::label::is_label;
use crate::hash::{Tag, Transcript};
use crate::secret::Secret;
use crate::wire::{Reader, put_u16};

pub(super) const PASSPHRASE: u8 = 1;
pub(super) const PRF: u8 = 2;
pub(super) const EXTERNAL: u8 = 3;
pub(super) const HELD: u8 = 4;

/// Bytes of a wrapped data key.
const WRAPPED_LEN: usize = 32 + TAG_LEN;
/// The longest blob of an external wrapper.
const MAX_BLOB: usize = 1024;

/// What a slot needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SlotKind<'a> {
    /// A passphrase.
    Passphrase {
        /// What it costs.
        kdf: Kdf,
    },
    /// The PRF output of a passkey.
    Prf {
        /// SHA-256 of the RP id.
        rp_id_hash: &'a [u8; 32],
        /// SHA-256 of the credential id.
        credential_hash: &'a [u8; 32],
        /// The input to evaluate the PRF at.
        input: &'a [u8; 32],
    },
    /// The key that an external wrapper protects.
    External {
        /// Which wrapper, or which of its keys: the application's to read.
        label: &'a str,
        /// The wrapped key.
        blob: &'a [u8],
    },
    /// A key that the application holds in memory.
    Held {
        /// SHA-256 of its label.
        label_hash: &'a [u8; 32],
    },
}

/// A slot of a container.
#[derive(Clone)]
pub struct Slot<'a> {
    pub(super) kind: SlotKind<'a>,
    number: u8,
    pub(super) salt: &'a [u8; 32],
    /// The parameters that the slot is bound to.
    params: &'a [u8],
    commit: &'a [u8; 32],
    wrapped: &'a [u8; WRAPPED_LEN],
    /// All its bytes.
    pub(super) bytes: &'a [u8],
}

impl<'a> Slot<'a> {
    /// What it needs.
    #[must_use]
    pub const fn kind(&self) -> SlotKind<'a> {
        self.kind
    }

    /// Type 1, zero 1, length of the rest 2, salt 32, parameters, commitment 32, wrapped key 48.
    pub(super) fn read(r: &mut Reader<'a>) -> Option<Self> {
        let whole = r.clone().rest();
        let (number, zero, len) = (r.u8()?, r.u8()?, usize::from(r.u16()?));
        let bytes = whole.get(..4 + len)?;
        let mut rest = Reader::new(r.bytes(len)?);
        let salt = rest.array()?;
        let params = rest.clone().rest();
        let (kind, bound) = match number {
            PASSPHRASE => (SlotKind::Passphrase { kdf: Kdf::read(&mut rest)? }, KDF_LEN),
            PRF => {
                let (rp_id_hash, credential_hash, input) = (rest.array()?, rest.array()?, rest.array()?);
                (SlotKind::Prf { rp_id_hash, credential_hash, input }, 96)
            }
            EXTERNAL => {
                let len = usize::from(rest.u8()?);
                let label = core::str::from_utf8(rest.bytes(len)?).ok()?;
                let length = usize::from(rest.u16()?);
                if !is_label(label.as_bytes()) || length > MAX_BLOB {
                    return None;
                }
                (SlotKind::External { label, blob: rest.bytes(length)? }, 1 + len)
            }
            HELD => (SlotKind::Held { label_hash: rest.array()? }, 32),
            _ => return None,
        };
        let params = params.get(..bound)?;
        let (commit, wrapped) = (rest.array()?, rest.array()?);
        rest.end()?;
        (zero == 0).then_some(Self { kind, number, salt, params, commit, wrapped, bytes })
    }

    /// As [`Slot::read`], and nothing behind it.
    pub(super) fn alone(bytes: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let slot = Self::read(&mut r)?;
        r.end()?;
        Some(slot)
    }

    /// `H("vault/ctx"; F, type, salt, parameters)`: what the slot is bound to, and what an external wrapper is told.
    #[must_use]
    pub(super) fn context(&self, fixed: &[u8; FIXED_LEN]) -> [u8; 32] {
        context(fixed, self.number, self.salt, self.params)
    }

    /// [V9] and [V10]: the data key, by what this slot's key is made from.
    pub(super) fn unwrap(&self, fixed: &[u8; FIXED_LEN], ikm: &Key) -> Result<Key, VaultError> {
        let ctx = self.context(fixed);
        let keys = Expander::new(self.salt, ikm.expose());
        // [V9] the commitment, in constant time
        if !same(keys.key(Tag::VaultSlotCommit, &ctx).expose(), self.commit) {
            return Err(VaultError::WrongKey);
        }
        let Some((wrapped, tag)) = self.wrapped.split_last_chunk::<TAG_LEN>() else {
            return Err(VaultError::Malformed);
        };
        let mut key = Secret::<[u8; 32]>::build(|key| key.copy_from_slice(wrapped));
        // [V10] the tag of the wrapped key
        if !decrypt(&keys.key(Tag::VaultKek, &ctx), &ctx, key.expose_mut(), tag) {
            return Err(VaultError::Corrupt(super::Part::Slot));
        }
        Ok(key)
    }

    /// Whether `ikm` is what this slot was made with.
    pub(super) fn commits_to(&self, fixed: &[u8; FIXED_LEN], ikm: &Key) -> bool {
        let keys = Expander::new(self.salt, ikm.expose());
        same(keys.key(Tag::VaultSlotCommit, &self.context(fixed)).expose(), self.commit)
    }
}

impl fmt::Debug for Slot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

pub(super) fn context(fixed: &[u8], number: u8, salt: &[u8; 32], params: &[u8]) -> [u8; 32] {
    Transcript::new(Tag::VaultCtx).bytes(fixed).u8(number).bytes(salt).bytes(params).finish()
}

/// A slot that is being made: type, salt, and the parameters that it is bound to.
pub(super) struct Draft {
    pub(super) number: u8,
    pub(super) salt: [u8; 32],
    pub(super) params: Vec<u8>,
    pub(super) ctx: [u8; 32],
}

impl Draft {
    pub(super) fn new(fixed: &[u8], number: u8, salt: [u8; 32], params: Vec<u8>) -> Self {
        let ctx = context(fixed, number, &salt, &params);
        Self { number, salt, params, ctx }
    }

    /// The slot's bytes, if their length fits. What it is not bound to, a blob, stands behind the parameters.
    pub(super) fn wrap(&self, ikm: &Key, unbound: &[u8], data_key: &Key) -> Option<Vec<u8>> {
        let keys = Expander::new(&self.salt, ikm.expose());
        let mut wrapped = Secret::<[u8; 32]>::build(|out| out.copy_from_slice(data_key.expose()));
        let tag = encrypt(&keys.key(Tag::VaultKek, &self.ctx), &self.ctx, wrapped.expose_mut())?;
        let length = 32 + self.params.len() + unbound.len() + 32 + WRAPPED_LEN;
        let mut out = alloc::vec![self.number, 0];
        put_u16(&mut out, u16::try_from(length).ok()?);
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.params);
        out.extend_from_slice(unbound);
        out.extend_from_slice(keys.key(Tag::VaultSlotCommit, &self.ctx).expose());
        out.extend_from_slice(wrapped.expose());
        out.extend_from_slice(&tag);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a decoder of its own, whatever has looked at the length before.
    #[test]
    fn a_slot_alone_has_nothing_behind_it() {
        let whole = [&[HELD, 0, 0, 32 + 32 + 32 + 48][..], &[0; 144 + 1]].concat();
        for len in 0..=whole.len() {
            assert_eq!(Slot::alone(&whole[..len]).is_some(), len == 148, "{len}");
        }
    }
}
