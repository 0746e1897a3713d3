//! Which format a stored key is in, for those who no longer know.

use super::{KeyFormat, KeyFormatError};

impl KeyFormat {
    /// K7: The only format that bytes of this length and beginning can be of. For the migration of old data, once; what is
    /// read every day should be stored with its format.
    ///
    /// # Errors
    /// [`KeyFormatError::Ambiguous`] if that is none, and for 64 bytes, which may be coordinates, a signature or hex.
    pub fn detect(bytes: &[u8]) -> Result<Self, KeyFormatError> {
        // [K7]
        match (bytes.len(), bytes) {
            (64, _) => Err(KeyFormatError::Ambiguous),
            (91, [0x30, 0x59, ..]) => Ok(Self::SpkiDer),
            (77, [0xa5, 0x01, 0x02, 0x03, ..]) => Ok(Self::Cose),
            (65, [0x04, ..]) | (33, [0x02 | 0x03, ..]) => Ok(Self::Sec1),
            (_, [b'{', ..]) => Ok(Self::Jwk),
            _ => Err(KeyFormatError::Ambiguous),
        }
    }
}
