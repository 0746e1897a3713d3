//! Keys from outside: those that open a slot, those that a new slot is made for, and wrappers elsewhere.

use alloc::vec::Vec;
use core::fmt;

use super::crypto::{Key, random, random_key};
use super::error::{VaultError, WrapError};
use super::format::Container;
use super::kdf::{Kdf, Limits, is_passphrase};
use super::label::{hash_of, is_label};
use super::prf::{Prf, PrfError, SinglePrfSlot};
use super::slot::{Draft, EXTERNAL, HELD, PASSPHRASE, PRF, Slot, SlotKind};
use crate::secret::Secret;
use crate::wire::put_u16;
use rand_core::CryptoRng;

/// Something that protects keys elsewhere: a KMS, an HSM, the keystore of an operating system.
///
/// `ctx` is what the slot is bound to, and no secret: give it to the wrapper as its encryption context, so that its log says which container
/// a key was asked for, and so that a blob of one container does not open another.
pub trait KeyWrap {
    /// Wraps a key: a blob of at most 1,024 bytes.
    ///
    /// # Errors
    /// [`WrapError`] if there is none to be had.
    fn wrap(&mut self, key: &Secret<[u8; 32]>, ctx: &[u8; 32]) -> Result<Vec<u8>, WrapError>;

    /// Unwraps what [`KeyWrap::wrap`] gave for the same `ctx`.
    ///
    /// # Errors
    /// [`WrapError`].
    fn unwrap(&mut self, blob: &[u8], ctx: &[u8; 32]) -> Result<Secret<[u8; 32]>, WrapError>;
}

/// A key to open a container with. It names the one slot that it is tried on: trying a passphrase on all of them would cost as many
/// times Argon2 as the container says.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SlotKey<'a> {
    /// A passphrase, for the slot of this index.
    Passphrase {
        /// The slot's index.
        slot: usize,
        /// The passphrase, as bytes.
        passphrase: &'a Secret<Vec<u8>>,
    },
    /// A PRF output, for the slot of its credential.
    Prf(&'a Prf),
    /// The key that an external wrapper gave, for the slot with this label ([`Container::unwrap`]).
    External {
        /// The label.
        label: &'a str,
        /// The key.
        key: &'a Secret<[u8; 32]>,
    },
    /// A key that the application holds, by its label.
    Held {
        /// The label.
        label: &'a str,
        /// The key.
        key: &'a Secret<[u8; 32]>,
    },
}

impl SlotKey<'_> {
    /// [V8] The slot that it is for.
    pub(super) fn slot<'c, 'a>(&self, container: &'c Container<'a>) -> Result<&'c Slot<'a>, VaultError> {
        let mut slots = container.slots.iter();
        let found = match *self {
            // Whether it is for a passphrase shows when it is tried.
            Self::Passphrase { slot, .. } => slots.nth(slot),
            Self::Prf(prf) => slots.find(|slot| prf.is_for(&slot.kind)),
            Self::External { label: wanted, .. } => {
                slots.find(|slot| matches!(slot.kind, SlotKind::External { label, .. } if label == wanted))
            }
            Self::Held { label, .. } => {
                let wanted = hash_of(label);
                slots.find(|slot| matches!(slot.kind, SlotKind::Held { label_hash } if *label_hash == wanted))
            }
        };
        found.ok_or(VaultError::NoSuchSlot)
    }

    /// [V7] What the slot's keys are made from.
    pub(super) fn material(&self, slot: &Slot<'_>, limits: &Limits) -> Result<Key, VaultError> {
        match *self {
            Self::Passphrase { passphrase, .. } => {
                // [V8] the slot is of this type
                let SlotKind::Passphrase { kdf } = slot.kind else { return Err(VaultError::NoSuchSlot) };
                kdf.check(limits.max_memory_kib)?;
                if !is_passphrase(passphrase.expose()) {
                    return Err(VaultError::WrongKey);
                }
                kdf.run(passphrase.expose(), slot.salt)
            }
            Self::Prf(prf) => Ok(again(prf.output())),
            Self::External { key, .. } | Self::Held { key, .. } => Ok(again(key)),
        }
    }
}

fn again(key: &Key) -> Key {
    Secret::<[u8; 32]>::build(|out| out.copy_from_slice(key.expose()))
}

impl Container<'_> {
    /// Asks a wrapper at hand for the key of the external slot with this label. Across a network, read blob and context from
    /// [`Container::slots`] and [`Container::wrap_context`], and unwrap it there.
    ///
    /// # Errors
    /// [`VaultError::NoSuchSlot`], [`VaultError::Wrap`].
    pub fn unwrap(&self, label: &str, wrapper: &mut dyn KeyWrap) -> Result<Secret<[u8; 32]>, VaultError> {
        let (blob, ctx) = self.external(label).ok_or(VaultError::NoSuchSlot)?;
        Ok(wrapper.unwrap(blob, &ctx)?)
    }

    /// What a wrapper was told as `ctx` when it wrapped the key of the external slot with this label.
    #[must_use]
    pub fn wrap_context(&self, label: &str) -> Option<[u8; 32]> {
        self.external(label).map(|(_, ctx)| ctx)
    }

    fn external(&self, wanted: &str) -> Option<(&[u8], [u8; 32])> {
        self.slots.iter().find_map(|slot| match slot.kind {
            SlotKind::External { label, blob } if label == wanted => Some((blob, slot.context(self.fixed))),
            _ => None,
        })
    }
}

/// A slot to be made.
#[non_exhaustive]
pub enum SlotSpec<'a> {
    /// For a passphrase of 8 to 1,024 bytes.
    Passphrase {
        /// The passphrase, as bytes: if people type it on different systems, normalise it first.
        passphrase: &'a Secret<Vec<u8>>,
        /// What it shall cost.
        kdf: Kdf,
    },
    /// For the PRF output of a passkey, of which two evaluations agreed.
    Prf {
        /// Credential, input and output.
        prf: &'a Prf,
        /// Whether it may be the only way in.
        alone: SinglePrfSlot,
    },
    /// For a wrapper that is at hand, which wraps a new key.
    External {
        /// The label, printable ASCII of 1 to 64 bytes.
        label: &'a str,
        /// The wrapper.
        wrapper: &'a mut dyn KeyWrap,
    },
    /// For a wrapper across a network: a random key that it has wrapped already, under a context of the application's own.
    Wrapped {
        /// The label, printable ASCII of 1 to 64 bytes.
        label: &'a str,
        /// The key.
        key: &'a Secret<[u8; 32]>,
        /// The wrapped key, at most 1,024 bytes.
        blob: &'a [u8],
    },
    /// For a random key that the application holds in memory, mostly an [`AppSecret`](super::AppSecret) that it has opened once.
    Held {
        /// The label, printable ASCII of 1 to 64 bytes.
        label: &'a str,
        /// The key.
        key: &'a Secret<[u8; 32]>,
    },
}

impl fmt::Debug for SlotSpec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase { .. } => "Passphrase(..)",
            Self::Prf { .. } => "Prf(..)",
            Self::External { .. } => "External(..)",
            Self::Wrapped { .. } => "Wrapped(..)",
            Self::Held { .. } => "Held(..)",
        })
    }
}

impl SlotSpec<'_> {
    /// [V15] and F2, before anything is made.
    pub(super) fn check(&self) -> Result<(), VaultError> {
        let label_of = |label: &str| is_label(label.as_bytes()).then_some(()).ok_or(VaultError::BadSlots);
        match *self {
            Self::Passphrase { passphrase, kdf } => {
                // [V15] the passphrase's length, and its parameters
                if !is_passphrase(passphrase.expose()) {
                    return Err(VaultError::WeakPassphrase);
                }
                kdf.check(u32::MAX)
            }
            Self::Prf { prf, .. } => {
                // [F2] it was seen to be stable
                prf.is_stable().then_some(()).ok_or(VaultError::Prf(PrfError::Unstable))
            }
            Self::External { label, .. } | Self::Wrapped { label, .. } | Self::Held { label, .. } => {
                label_of(label)
            }
        }
    }

    pub(super) const fn accepts_single_prf(&self) -> bool {
        matches!(self, Self::Prf { alone: SinglePrfSlot::Accept, .. })
    }

    /// The slot's bytes.
    pub(super) fn make(
        self,
        fixed: &[u8],
        data_key: &Key,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, VaultError> {
        let salt = random(rng);
        let draft = |number, params| Draft::new(fixed, number, salt, params);
        let slot = match self {
            Self::Passphrase { passphrase, kdf } => {
                let mut params = Vec::new();
                kdf.write(&mut params);
                let ikm = kdf.run(passphrase.expose(), &salt)?;
                draft(PASSPHRASE, params).wrap(&ikm, &[], data_key)
            }
            Self::Prf { prf, .. } => draft(PRF, prf.params()).wrap(prf.output(), &[], data_key),
            Self::External { label, wrapper } => {
                let (draft, key) = (draft(EXTERNAL, var8(label)), random_key(rng));
                let blob = wrapper.wrap(&key, &draft.ctx)?;
                draft.wrap(&key, &var16(&blob).ok_or(VaultError::BadSlots)?, data_key)
            }
            Self::Wrapped { label, key, blob } => {
                let blob = var16(blob).ok_or(VaultError::BadSlots)?;
                draft(EXTERNAL, var8(label)).wrap(key, &blob, data_key)
            }
            Self::Held { label, key } => draft(HELD, hash_of(label).to_vec()).wrap(key, &[], data_key),
        };
        slot.ok_or(VaultError::BadSlots)
    }
}

/// Of a label, which has at most 64 bytes.
fn var8(label: &str) -> Vec<u8> {
    [&[label.len() as u8], label.as_bytes()].concat()
}

/// Of a blob, if its length fits. The limit is checked when the slots are read back.
fn var16(blob: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(2 + blob.len());
    put_u16(&mut out, u16::try_from(blob.len()).ok()?);
    out.extend_from_slice(blob);
    Some(out)
}
