//! W9-W15: What the authenticator says: for whom, with which user, with which key.

use super::config::{BackupRule, WebauthnConfig};
use super::error::{AuthDataFault, WebauthnError};
use crate::approval::cbor::{Item, Order};
use crate::approval::keyfmt::P256Key;
use crate::wire::Reader;

/// Bytes of a credential id in a registration. The standard wants 16 bytes at least, 100 bits of them random.
const ID_LENS: core::ops::RangeInclusive<u16> = 16..=1023;

/// The flags of authenticator data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flags(u8);

impl Flags {
    /// UP: somebody touched the authenticator.
    #[must_use]
    pub const fn user_present(self) -> bool {
        self.0 & 0x01 != 0
    }

    /// UV: the authenticator verified its user, by a PIN or biometrics; which, and whom, it does not say.
    #[must_use]
    pub const fn user_verified(self) -> bool {
        self.0 & 0x04 != 0
    }

    /// BE: the key may be backed up.
    #[must_use]
    pub const fn backup_eligible(self) -> bool {
        self.0 & 0x08 != 0
    }

    /// BS: the key is backed up now.
    #[must_use]
    pub const fn backed_up(self) -> bool {
        self.0 & 0x10 != 0
    }

    const fn attested(self) -> bool {
        self.0 & 0x40 != 0
    }

    const fn extended(self) -> bool {
        self.0 & 0x80 != 0
    }
}

/// Authenticator data: RP ID hash 32, flags 1, counter 4, and what the flags announce.
#[derive(Clone, Copy, Debug)]
pub(super) struct AuthData<'a> {
    pub(super) rp_id_hash: &'a [u8; 32],
    pub(super) flags: Flags,
    pub(super) sign_count: u32,
}

/// A new credential: aaguid 16, length 2, id, `COSE_Key`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attested<'a> {
    pub(super) aaguid: &'a [u8; 16],
    pub(super) id: &'a [u8],
    pub(super) key: P256Key,
    /// The number that the key calls its algorithm by.
    pub(super) algorithm: i64,
}

impl<'a> AuthData<'a> {
    /// Reads those of an assertion: no credential, and after the counter nothing but announced extensions.
    pub(super) fn of_assertion(bytes: &'a [u8]) -> Result<Self, AuthDataFault> {
        // [W9]
        let (data, rest) = Self::head(bytes)?;
        if data.flags.attested() {
            return Err(AuthDataFault::Attested);
        }
        extensions(data.flags, rest)?;
        Ok(data)
    }

    /// Reads those of a registration.
    pub(super) fn of_registration(
        bytes: &'a [u8],
        config: &WebauthnConfig,
    ) -> Result<(Self, Attested<'a>), AuthDataFault> {
        // [N3]
        let (data, rest) = Self::head(bytes)?;
        if !data.flags.attested() {
            return Err(AuthDataFault::NotAttested);
        }
        let mut reader = Reader::new(rest);
        let aaguid = reader.array().ok_or(AuthDataFault::Truncated)?;
        let length = reader.u16().ok_or(AuthDataFault::Truncated)?;
        if !ID_LENS.contains(&length) {
            return Err(AuthDataFault::CredentialIdLength(length));
        }
        let id = reader.bytes(usize::from(length)).ok_or(AuthDataFault::Truncated)?;
        let from_key = reader.rest();
        let (_, rest) = Item::read_first(from_key, Order::Ctap2).map_err(AuthDataFault::Cbor)?;
        let cose = from_key.get(..from_key.len() - rest.len()).ok_or(AuthDataFault::Truncated)?;
        let (key, algorithm) =
            P256Key::from_cose_named(cose, config.algorithms).map_err(AuthDataFault::Key)?;
        extensions(data.flags, rest)?;
        Ok((data, Attested { aaguid, id, key, algorithm }))
    }

    fn head(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), AuthDataFault> {
        let mut reader = Reader::new(bytes);
        let mut read = || Some((reader.array()?, reader.u8()?, reader.u32()?));
        let (rp_id_hash, flags, sign_count) = read().ok_or(AuthDataFault::Truncated)?;
        Ok((Self { rp_id_hash, flags: Flags(flags), sign_count }, reader.rest()))
    }

    /// Checks the flags by themselves; `before_rule` stands where W14 does, which knows the record.
    pub(super) fn check_flags(
        &self,
        config: &WebauthnConfig,
        before_rule: impl FnOnce() -> Result<(), WebauthnError>,
    ) -> Result<(), WebauthnError> {
        let flags = self.flags;
        // [W11]
        if !flags.user_present() {
            return Err(WebauthnError::UserNotPresent);
        }
        // [W12]
        if config.require_uv && !flags.user_verified() {
            return Err(WebauthnError::UserNotVerified);
        }
        // [W13]
        if flags.backed_up() && !flags.backup_eligible() {
            return Err(WebauthnError::BackupFlags);
        }
        before_rule()?;
        // [W15]
        let forbidden = match config.backup {
            BackupRule::Any => false,
            BackupRule::ForbidEligible => flags.backup_eligible(),
            BackupRule::ForbidBackedUp => flags.backed_up(),
        };
        if forbidden { Err(WebauthnError::BackupForbidden) } else { Ok(()) }
    }
}

/// The extensions, if they are announced: one canonical map, which nobody here asks for. Nothing may follow.
fn extensions(flags: Flags, bytes: &[u8]) -> Result<(), AuthDataFault> {
    let rest = if flags.extended() {
        let (item, rest) = Item::read_first(bytes, Order::Ctap2).map_err(AuthDataFault::Cbor)?;
        item.as_map().ok_or(AuthDataFault::ExtensionsKind)?;
        rest
    } else {
        bytes
    };
    if rest.is_empty() { Ok(()) } else { Err(AuthDataFault::Trailing) }
}
