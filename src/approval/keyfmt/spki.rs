//! `SubjectPublicKeyInfo`, as certificates and WebCrypto have it.

use super::{KeyFormat, KeyFormatError, P256Key};

/// The DER of everything before the point's coordinates: a sequence of the algorithm (`id-ecPublicKey`, `prime256v1`) and a
/// bit string of 65 bytes that starts with `04`.
pub(super) const PREFIX: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

impl P256Key {
    /// K2: Reads a `SubjectPublicKeyInfo`, 91 bytes.
    ///
    /// # Errors
    /// [`KeyFormatError::Malformed`], [`KeyFormatError::NotOnCurve`].
    pub fn from_spki_der(bytes: &[u8]) -> Result<Self, KeyFormatError> {
        // [K2]
        match bytes.strip_prefix(&PREFIX) {
            Some(raw) if raw.len() == 64 => Self::from_raw64(raw),
            _ => Err(KeyFormatError::Malformed(KeyFormat::SpkiDer)),
        }
    }

    /// The `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn to_spki_der(&self) -> [u8; 91] {
        let mut out = [0; 91];
        out[..27].copy_from_slice(&PREFIX);
        out[27..].copy_from_slice(&self.to_raw64());
        out
    }
}
