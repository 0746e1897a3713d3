//! `COSE_Key`, as authenticators write it.

use super::{KeyFormat, KeyFormatError, P256Key};
use crate::approval::cbor::{Item, Order};

/// ECDSA with SHA-256; on P-256, in WebAuthn.
const ES256: i64 = -7;
/// ECDSA with SHA-256 on P-256, fully specified (RFC 9864).
const ESP256: i64 = -9;

/// Bytes of the form that is read.
const LEN: usize = 77;
/// `{1: 2, 3: alg, -1: 1, -2: x, -3: y}`, where the fifth byte is the algorithm's.
const HEAD: [u8; 10] = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
const BETWEEN: [u8; 3] = [0x22, 0x58, 0x20];

/// By which numbers a `COSE_Key` may call its algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum CoseAlgorithms {
    /// ES256 (-7) alone.
    #[default]
    Es256,
    /// Also ESP256 (-9), the newer number of the same algorithm.
    Es256OrEsp256,
}

impl P256Key {
    /// K1: Reads a `COSE_Key`, 77 bytes.
    ///
    /// # Errors
    /// [`KeyFormatError::NotEs256`] if it is a key, but of another kind; [`KeyFormatError::Malformed`],
    /// [`KeyFormatError::NotOnCurve`].
    pub fn from_cose(bytes: &[u8], algorithms: CoseAlgorithms) -> Result<Self, KeyFormatError> {
        Self::from_cose_named(bytes, algorithms).map(|(key, _)| key)
    }

    /// With the number that the key calls its algorithm by.
    pub(crate) fn from_cose_named(
        bytes: &[u8],
        algorithms: CoseAlgorithms,
    ) -> Result<(Self, i64), KeyFormatError> {
        // [K1]
        let (raw, algorithm) = match split(bytes) {
            Some((raw, ES256)) => (raw, ES256),
            Some((raw, ESP256)) if algorithms == CoseAlgorithms::Es256OrEsp256 => (raw, ESP256),
            _ => return Err(reason(bytes)),
        };
        Ok((Self::from_raw64(&raw)?, algorithm))
    }

    /// The `COSE_Key`, for ES256.
    #[must_use]
    pub fn to_cose(&self) -> [u8; LEN] {
        let [x, y] = self.coordinates();
        let mut out = [0; LEN];
        out[..10].copy_from_slice(&HEAD);
        out[10..42].copy_from_slice(&x);
        out[42..45].copy_from_slice(&BETWEEN);
        out[45..].copy_from_slice(&y);
        out
    }
}

/// The coordinates and the algorithm, if these are the bytes of the one form.
fn split(bytes: &[u8]) -> Option<([u8; 64], i64)> {
    let bytes: &[u8; LEN] = bytes.try_into().ok()?;
    let mut head = HEAD;
    // One byte of CBOR holds the integers from -24 to -1.
    head[4] = bytes[4];
    if bytes[..10] != head || bytes[42..45] != BETWEEN || !(0x20..0x38).contains(&bytes[4]) {
        return None;
    }
    let mut raw = [0; 64];
    raw[..32].copy_from_slice(&bytes[10..42]);
    raw[32..].copy_from_slice(&bytes[45..]);
    Some((raw, 0x1f - i64::from(bytes[4])))
}

/// Whether these bytes are a key of another kind, or none.
fn reason(bytes: &[u8]) -> KeyFormatError {
    let malformed = KeyFormatError::Malformed(KeyFormat::Cose);
    let Ok(item) = Item::read(bytes, Order::Ctap2) else { return malformed };
    let Some(map) = item.as_map() else { return malformed };
    let get = |label| map.get(&Item::int(label));
    match (get(1), get(3), get(-1)) {
        (Some(kty), Some(alg), Some(curve)) => {
            let ours = [kty, alg, curve] == [&Item::int(2), &Item::int(ES256), &Item::int(1)];
            if ours { malformed } else { KeyFormatError::NotEs256 }
        }
        // Nor has every kind something under the label of the curve.
        (Some(Item::Unsigned(_)), Some(_), None) => KeyFormatError::NotEs256,
        _ => malformed,
    }
}
