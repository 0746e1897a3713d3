//! What a key behind the gate is for: anything that is approved, or the assertions of a passkey alone.

#[cfg(feature = "passkey")]
use alloc::boxed::Box;

#[cfg(feature = "ecdsa")]
use crate::approval::gate::GateError;
#[cfg(feature = "passkey")]
use crate::approval::passkey::{PasskeyError, Record};

/// What a key is for. It goes where the share goes: into records of epochs and stored forms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Uses {
    /// Of a passkey's key.
    #[cfg(feature = "passkey")]
    pub(super) record: Option<Box<Record>>,
}

impl Uses {
    /// What a policy allows.
    pub(super) const ANYTHING: Self = Self {
        #[cfg(feature = "passkey")]
        record: None,
    };

    /// Takes over what a share of the same key was for, where nothing is fixed yet.
    #[cfg_attr(not(feature = "passkey"), allow(clippy::unused_self, clippy::needless_pass_by_ref_mut))]
    pub(super) fn adopt(&mut self, other: &Self) {
        #[cfg(feature = "passkey")]
        if self.record.is_none() {
            self.record.clone_from(&other.record);
        }
        let _ = other;
    }

    /// Whether a key may have these uses: a passkey's record is of one key.
    #[cfg_attr(not(feature = "passkey"), allow(clippy::unused_self))]
    pub(super) fn fit(&self, key: &[u8]) -> bool {
        #[cfg(feature = "passkey")]
        if let Some(record) = &self.record {
            return record.key().to_sec1()[..] == *key;
        }
        let _ = key;
        true
    }

    /// X7 A passkey's key signs nothing but assertions: neither a message of a request, nor a presignature.
    #[cfg(feature = "ecdsa")]
    #[cfg_attr(not(feature = "passkey"), allow(clippy::unnecessary_wraps, clippy::unused_self))]
    pub(super) const fn messages(&self) -> Result<(), GateError> {
        #[cfg(feature = "passkey")]
        if self.record.is_some() {
            return Err(GateError::Passkey(PasskeyError::RawRefused));
        }
        Ok(())
    }
}
