//! ECDSA signatures in DER.

use alloc::vec::Vec;

use p256::ecdsa::Signature;

use super::KeyFormatError;

/// The most bytes of the DER form of a signature; the fewest are 8.
const MAX_LEN: usize = 72;

/// An ECDSA signature on P-256, `1 <= r, s < n`. Both values of `s` that verify are valid here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EcdsaSignature(Signature);

impl EcdsaSignature {
    /// K8: Reads `SEQUENCE { INTEGER r, INTEGER s }`, 8 to 72 bytes.
    ///
    /// The bytes are first read as leniently as short lengths allow, then written anew and compared. So there is one place
    /// that knows what DER is, and it accepts exactly what it writes.
    ///
    /// # Errors
    /// [`KeyFormatError::SignatureEncoding`].
    pub fn from_der(bytes: &[u8]) -> Result<Self, KeyFormatError> {
        let signature = lenient(bytes).ok_or(KeyFormatError::SignatureEncoding)?;
        // [K8]
        if signature.to_der() == bytes { Ok(signature) } else { Err(KeyFormatError::SignatureEncoding) }
    }

    /// The DER form.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let raw = self.to_bytes();
        let (r, s) = raw.split_at(32);
        let mut out = Vec::with_capacity(MAX_LEN);
        out.extend_from_slice(&[0x30, 0]);
        put_integer(&mut out, r);
        put_integer(&mut out, s);
        let length = out.len() - 2;
        if let Some(place) = out.get_mut(1) {
            *place = length as u8;
        }
        out
    }

    /// From `r || s`, 32 bytes each.
    ///
    /// # Errors
    /// [`KeyFormatError::SignatureEncoding`] if one is zero or not below n.
    pub fn from_bytes(bytes: &[u8; 64]) -> Result<Self, KeyFormatError> {
        Signature::from_slice(bytes).map(Self).map_err(|_| KeyFormatError::SignatureEncoding)
    }

    /// `r || s`, 32 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 64] {
        self.0.to_bytes().into()
    }

    /// The signature with the lower of the two values of `s`, for verifiers that want one signature per message and key.
    #[must_use]
    pub fn normalize_s(&self) -> Self {
        Self(self.0.normalize_s())
    }

    pub(super) const fn inner(&self) -> &Signature {
        &self.0
    }
}

/// A sequence of two integers, with whatever zeros before and bytes behind.
fn lenient(bytes: &[u8]) -> Option<EcdsaSignature> {
    let [0x30, _, rest @ ..] = bytes else { return None };
    let mut raw = [0; 64];
    let (r, s) = raw.split_at_mut(32);
    let rest = integer(rest, r)?;
    integer(rest, s)?;
    EcdsaSignature::from_bytes(&raw).ok()
}

/// Reads an integer into its place, and gives what follows it.
fn integer<'a>(bytes: &'a [u8], place: &mut [u8]) -> Option<&'a [u8]> {
    let [0x02, length, rest @ ..] = bytes else { return None };
    let (value, rest) = rest.split_at_checked(usize::from(*length))?;
    let zeros = value.iter().take_while(|byte| **byte == 0).count();
    let value = value.get(zeros..)?;
    let start = place.len().checked_sub(value.len())?;
    place.get_mut(start..)?.copy_from_slice(value);
    Some(rest)
}

/// The shortest form; a zero before a first bit that would be a sign.
fn put_integer(out: &mut Vec<u8>, value: &[u8]) {
    let zeros = value.iter().take_while(|byte| **byte == 0).count();
    let value = value.get(zeros..).unwrap_or_default();
    let sign = value.first().is_some_and(|byte| byte & 0x80 != 0);
    out.extend_from_slice(&[0x02, value.len() as u8 + u8::from(sign)]);
    if sign {
        out.push(0);
    }
    out.extend_from_slice(value);
}
