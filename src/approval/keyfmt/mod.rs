//! P-256 public keys and ECDSA signatures, in the formats in which the world hands them over.
//!
//! The caller names the format; nothing is guessed. Each format is read in one form alone, so that a key has one encoding in
//! each, and what is written is what would be read. Sizes are in bytes.
//!
//! | id | format | what is read | error |
//! |---|---|---|---|
//! | K1 | [`cose`](P256Key::from_cose) | 77: the map `{1: 2, 3: -7, -1: 1, -2: x, -3: y}` in CTAP2 order (RFC 9053 section 7.1.1), `y` as bytes; -9 (ESP256, RFC 9864) in place of -7 only where asked for | [`NotEs256`](KeyFormatError::NotEs256), [`Malformed`](KeyFormatError::Malformed) |
//! | K2 | [`spki_der`](P256Key::from_spki_der) | 91: `id-ecPublicKey` with the named curve (RFC 5480), uncompressed point; explicit parameters are refused | `Malformed` |
//! | K3 | [`sec1`](P256Key::from_sec1) | 65 with `04`, or 33 with `02` or `03` (SEC 1 section 2.3.4), told by length and first byte before the curve is asked; compact `05`, hybrid `06` and `07` and the point at infinity are refused | `Malformed` |
//! | K4 | [`raw64`](P256Key::from_raw64) | 64: x, y | `Malformed` |
//! | K5 | [`jwk`](P256Key::from_jwk) | strict JSON of at most 4096 (RFC 7517, 7518 section 6.2): `kty` EC, `crv` P-256, `x` and `y` of 43 characters of canonical base64url; `alg` absent or ES256, `use` absent or sig. A member `d` is a private key and refused by name; others are ignored | `Malformed`, [`PrivateKeyGiven`](KeyFormatError::PrivateKeyGiven) |
//! | K6 | all | coordinates below p, on the curve, not the point at infinity | [`NotOnCurve`](KeyFormatError::NotOnCurve) |
//! | K7 | [`detect`](KeyFormat::detect) | for migrations: the format by length and first bytes; 64 bytes never tell | [`Ambiguous`](KeyFormatError::Ambiguous) |
//! | K8 | [`EcdsaSignature`] | DER (RFC 3279 section 2.2.3) of 8 to 72 which encodes back to the same bytes; 1 <= r, s < n. A high `s` is valid in WebAuthn | [`SignatureEncoding`](KeyFormatError::SignatureEncoding) |

mod cose;
mod der;
mod detect;
mod jwk;
mod sec1;
mod spki;

pub use cose::CoseAlgorithms;
pub use der::EcdsaSignature;

use core::fmt;

use p256::ecdsa::VerifyingKey;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

/// A format of a P-256 public key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum KeyFormat {
    /// `COSE_Key`, CBOR.
    Cose,
    /// `SubjectPublicKeyInfo`, DER.
    SpkiDer,
    /// A point, compressed or not.
    Sec1,
    /// The two coordinates.
    Raw64,
    /// A JSON Web Key.
    Jwk,
}

/// A key or signature that is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFormatError {
    /// K1: A `COSE_Key` of another algorithm, type or curve.
    #[error("the key is not for ES256")]
    NotEs256,
    /// K1-K5: Not the one form that is read.
    #[error("not a P-256 key in the form {0:?}")]
    Malformed(KeyFormat),
    /// K5: The key is a private key. Somebody let it out of its place.
    #[error("a private key, where a public key belongs")]
    PrivateKeyGiven,
    /// K6: There is no such point.
    #[error("not a point of the curve P-256")]
    NotOnCurve,
    /// K7: No format, or more than one, could be meant.
    #[error("the format of the key cannot be told")]
    Ambiguous,
    /// K8: Not the DER form of a signature on P-256.
    #[error("not the DER form of a P-256 signature")]
    SignatureEncoding,
}

impl KeyFormatError {
    /// A stable number: 5300, and the check's.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::NotEs256 | Self::Malformed(KeyFormat::Cose) => 5301,
            Self::Malformed(KeyFormat::SpkiDer) => 5302,
            Self::Malformed(KeyFormat::Sec1) => 5303,
            Self::Malformed(KeyFormat::Raw64) => 5304,
            Self::Malformed(KeyFormat::Jwk) | Self::PrivateKeyGiven => 5305,
            Self::NotOnCurve => 5306,
            Self::Ambiguous => 5307,
            Self::SignatureEncoding => 5308,
        }
    }
}

/// A P-256 public key: a point of the curve other than the one at infinity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct P256Key(VerifyingKey);

impl P256Key {
    /// The point that these bytes of a checked form name.
    fn point(sec1: &[u8]) -> Result<Self, KeyFormatError> {
        // [K6]
        VerifyingKey::from_sec1_bytes(sec1).map(Self).map_err(|_| KeyFormatError::NotOnCurve)
    }

    /// Whether `signature` is this key's on a message with this SHA-256 digest.
    #[must_use]
    pub fn verify(&self, digest: &[u8; 32], signature: &EcdsaSignature) -> bool {
        self.0.verify_prehash(digest, signature.inner()).is_ok()
    }
}

impl fmt::Debug for P256Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("P256Key(")?;
        for byte in self.to_sec1() {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}
