//! JSON Web Keys, as WebCrypto and identity providers have them.

use alloc::format;
use alloc::string::String;

use base64ct::{Base64UrlUnpadded, Encoding as _};

use super::{KeyFormat, KeyFormatError, P256Key};
use crate::approval::json::{Limits, Object, Value};

/// Bytes of a text at most.
const MAX_LEN: usize = 4096;
const LIMITS: Limits = Limits { depth: 4, members: 32 };

impl P256Key {
    /// K5: Reads a JSON Web Key.
    ///
    /// # Errors
    /// [`KeyFormatError::PrivateKeyGiven`] if it has a member `d`, whatever else it is; [`KeyFormatError::Malformed`],
    /// [`KeyFormatError::NotOnCurve`].
    pub fn from_jwk(json: &[u8]) -> Result<Self, KeyFormatError> {
        const MALFORMED: KeyFormatError = KeyFormatError::Malformed(KeyFormat::Jwk);
        // [K5]
        if json.len() > MAX_LEN {
            return Err(MALFORMED);
        }
        let jwk = Object::read(json, LIMITS).map_err(|_| MALFORMED)?;
        if jwk.get("d").is_some() {
            return Err(KeyFormatError::PrivateKeyGiven);
        }
        let is = |name: &str, text: &str| matches!(jwk.get(name), Some(Value::String(own)) if own == text);
        let may_be = |name: &str, text: &str| jwk.get(name).is_none() || is(name, text);
        if !(is("kty", "EC") && is("crv", "P-256") && may_be("alg", "ES256") && may_be("use", "sig")) {
            return Err(MALFORMED);
        }
        let mut raw = [0; 64];
        let (x, y) = raw.split_at_mut(32);
        coordinate(&jwk, "x", x).ok_or(MALFORMED)?;
        coordinate(&jwk, "y", y).ok_or(MALFORMED)?;
        Self::from_raw64(&raw)
    }

    /// The JSON Web Key: the required members alone, in the order and form of RFC 7638, so that its SHA-256 is the key's
    /// thumbprint.
    #[must_use]
    pub fn to_jwk(&self) -> String {
        let [x, y] = self.coordinates().map(|c| Base64UrlUnpadded::encode_string(&c));
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
    }
}

/// 32 bytes into 32, so 43 characters. Canonical: base64ct refuses spare bits that are not zero.
fn coordinate(jwk: &Object, name: &str, out: &mut [u8]) -> Option<()> {
    let Some(Value::String(text)) = jwk.get(name) else { return None };
    let read = Base64UrlUnpadded::decode(text, out).ok()?;
    (read.len() == 32).then_some(())
}
