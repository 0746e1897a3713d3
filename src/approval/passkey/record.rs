//! What a holder keeps beside its share: for whom the key signs, and nothing else.
//!
//! `"QDPK" | version 1 | mode 1 (1 web, 2 Safe) | public key 33 | var8 rp id | var16 origin`, and for mode 2 `chain id 32 | Safe 20`: 45 to
//! 736 bytes. Numbers are big-endian, `var8` and `var16` stand for a length of one or two bytes and that many bytes.
//!
//! Every holder makes its record from its own configuration after the key generation, since the key's Safe has an address only when the key
//! is known; after that it never changes. A holder whose record differs from the others' refuses what they sign.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::PasskeyError;
use super::payload::{put_var8, put_var16, var8, var16};
use crate::approval::keyfmt::P256Key;
use crate::approval::webauthn::{ConfigFault, Settings, WebauthnConfig, WebauthnError};
use crate::hash::{Tag, Transcript};
use crate::wire::Reader;

const MAGIC: [u8; 5] = *b"QDPK\x01";

/// The most bytes of an RP ID: it stands as the party in a fact.
pub const MAX_RP_ID: usize = 128;
/// The most bytes of an origin: W0 takes none that is longer. It has no control characters, so client data stay far below 4096 bytes.
pub const MAX_ORIGIN: usize = 512;

/// What the key signs. A Safe's key never signs web logins, and the other way round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Logins at a relying party.
    Web,
    /// Transactions of one Safe.
    Safe {
        /// EIP-155 chain id, not zero.
        chain_id: u64,
        /// The Safe's address, not zero.
        safe: [u8; 20],
    },
}

impl Mode {
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Web => 1,
            Self::Safe { .. } => 2,
        }
    }
}

/// The record of a distributed passkey.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    key: P256Key,
    rp_id: String,
    origin: String,
    mode: Mode,
}

impl Record {
    /// The record of the key with this public key.
    ///
    /// # Errors
    /// [`PasskeyError::WrongRp`] unless the RP ID is a lower-case host name of at most [`MAX_RP_ID`] bytes; [`PasskeyError::WrongOrigin`] unless the origin is an https origin at or below the RP ID or a native app's,
    /// of at most [`MAX_ORIGIN`] bytes; [`PasskeyError::WrongSafeTx`] if chain id or Safe are zero.
    pub fn new(key: P256Key, rp_id: &str, origin: &str, mode: Mode) -> Result<Self, PasskeyError> {
        if rp_id.len() > MAX_RP_ID {
            return Err(PasskeyError::WrongRp);
        }
        // [X2] the origin goes with the RP ID: once, here, and then it is compared
        fit(rp_id, origin)?;
        if let Mode::Safe { chain_id, safe } = mode
            && (chain_id == 0 || safe == [0; 20])
        {
            return Err(PasskeyError::WrongSafeTx);
        }
        Ok(Self { key, rp_id: rp_id.to_string(), origin: origin.to_string(), mode })
    }

    /// The public key.
    #[must_use]
    pub const fn key(&self) -> &P256Key {
        &self.key
    }

    /// The relying party's id.
    #[must_use]
    pub fn rp_id(&self) -> &str {
        &self.rp_id
    }

    /// The one origin that client data name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the key signs.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The credential id: `H("dpk/cred"; public key 33, rp id)`.
    #[must_use]
    pub fn credential_id(&self) -> [u8; 32] {
        Transcript::new(Tag::DpkCred).bytes(&self.key.to_sec1()).bytes(self.rp_id.as_bytes()).finish()
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(MAGIC.len() + 89 + self.rp_id.len() + self.origin.len());
        out.extend_from_slice(&MAGIC);
        out.push(self.mode.number());
        out.extend_from_slice(&self.key.to_sec1());
        // Both fit: `new` has seen to it.
        put_var8(&mut out, self.rp_id.as_bytes());
        put_var16(&mut out, self.origin.as_bytes());
        if let Mode::Safe { chain_id, safe } = self.mode {
            out.extend_from_slice(&[0; 24]);
            out.extend_from_slice(&chain_id.to_be_bytes());
            out.extend_from_slice(&safe);
        }
        out
    }

    /// Reads what [`Record::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`PasskeyError::Malformed`], and what [`Record::new`] refuses.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PasskeyError> {
        let (key, rp_id, origin, mode) = Self::read(bytes).ok_or(PasskeyError::Malformed)?;
        Self::new(key, rp_id, origin, mode)
    }

    fn read(bytes: &[u8]) -> Option<(P256Key, &str, &str, Mode)> {
        let mut r = Reader::new(bytes);
        if *r.array()? != MAGIC {
            return None;
        }
        let mode = r.u8()?;
        let key = P256Key::from_sec1(r.array::<33>()?).ok()?;
        let rp_id = core::str::from_utf8(var8(&mut r)?).ok()?;
        let origin = core::str::from_utf8(var16(&mut r)?).ok()?;
        let mode = match mode {
            1 => Mode::Web,
            2 => Mode::Safe { chain_id: chain_id(&mut r)?, safe: *r.array()? },
            _ => return None,
        };
        r.end()?;
        Some((key, rp_id, origin, mode))
    }
}

/// A chain id of 32 bytes that fits eight. None that is in use is longer, and longer ones do not fit the text form of a chain.
pub(super) fn chain_id(r: &mut Reader<'_>) -> Option<u64> {
    if *r.array()? != [0; 24] {
        return None;
    }
    r.array().map(|id| u64::from_be_bytes(*id))
}

/// W0 for one RP ID and one origin: of a page, whose host name bounds it, or of a native app, of at most [`MAX_ORIGIN`] bytes.
fn fit(rp_id: &str, origin: &str) -> Result<(), PasskeyError> {
    let is_page = ["http:", "https:"].iter().any(|scheme| origin.starts_with(scheme));
    let pages = if is_page { core::slice::from_ref(&origin) } else { &[] };
    let mut settings = Settings::new(&[rp_id], pages);
    if !is_page {
        settings.native_origins.push(origin.to_string());
    }
    let fault = match WebauthnConfig::new(settings) {
        Ok(_) => return Ok(()),
        Err(WebauthnError::BadConfig(ConfigFault::RpId)) => PasskeyError::WrongRp,
        _ => PasskeyError::WrongOrigin,
    };
    Err(fault)
}
