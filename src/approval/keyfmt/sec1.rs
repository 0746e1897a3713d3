//! Points by themselves: SEC 1, and the two coordinates.

use super::{KeyFormat, KeyFormatError, P256Key};

impl P256Key {
    /// K3: Reads a point, 33 bytes compressed or 65 not.
    ///
    /// # Errors
    /// [`KeyFormatError::Malformed`], [`KeyFormatError::NotOnCurve`].
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, KeyFormatError> {
        // [K3]
        match (bytes.len(), bytes.first()) {
            (33, Some(0x02 | 0x03)) | (65, Some(0x04)) => Self::point(bytes),
            _ => Err(KeyFormatError::Malformed(KeyFormat::Sec1)),
        }
    }

    /// The compressed point.
    #[must_use]
    pub fn to_sec1(&self) -> [u8; 33] {
        let [x, y] = self.coordinates();
        let mut out = [0; 33];
        out[0] = 0x02 | (y[31] & 1);
        out[1..].copy_from_slice(&x);
        out
    }

    /// The uncompressed point.
    #[must_use]
    pub fn to_sec1_uncompressed(&self) -> [u8; 65] {
        let mut out = [0x04; 65];
        out[1..].copy_from_slice(&self.to_raw64());
        out
    }

    /// K4: Reads the coordinates x and y, 32 bytes each.
    ///
    /// # Errors
    /// [`KeyFormatError::Malformed`], [`KeyFormatError::NotOnCurve`].
    pub fn from_raw64(bytes: &[u8]) -> Result<Self, KeyFormatError> {
        // [K4]
        let coordinates: &[u8; 64] =
            bytes.try_into().map_err(|_| KeyFormatError::Malformed(KeyFormat::Raw64))?;
        let mut point = [0x04; 65];
        point[1..].copy_from_slice(coordinates);
        Self::point(&point)
    }

    /// The coordinates x and y, 32 bytes each.
    #[must_use]
    pub fn to_raw64(&self) -> [u8; 64] {
        let mut out = [0; 64];
        let point = self.0.to_sec1_point(false);
        for (to, from) in out.iter_mut().zip(point.as_bytes().iter().skip(1)) {
            *to = *from;
        }
        out
    }

    /// x and y.
    pub(super) fn coordinates(&self) -> [[u8; 32]; 2] {
        let (mut x, mut y) = ([0; 32], [0; 32]);
        let raw = self.to_raw64();
        x.copy_from_slice(&raw[..32]);
        y.copy_from_slice(&raw[32..]);
        [x, y]
    }
}
