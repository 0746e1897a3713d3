//! A signature, in every form that wallets want it.

use alloc::vec::Vec;
use core::fmt;

use ff::Field;

use super::message::Digest;
use super::suite::{EcdsaScheme, NonceImage, is_high, reduce};
use crate::curve::{Curve, Scheme, read_scalar, write_scalar};

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;
type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

/// An ECDSA signature (SEC 1, section 4.1): `r` and `s` in 1..q, and the recovery id that tells the nonce point R from the others
/// with the same r.
///
/// Recovery ids are 0 to 3: bit 0 is the parity of y(R), bit 1 says that x(R) was at least q. Ids 2 and 3 have probability 2^-128 on
/// secp256k1 and 2^-32 on P-256.
///
/// What signing returns verified when it was made. It has s at most (q-1)/2 always on secp256k1, and on P-256 where that was asked for.
///
/// `k256::ecdsa::{Signature, RecoveryId}` and `p256::ecdsa::{Signature, RecoveryId}` are had by `From`, one by one and as a pair;
/// the `VerifyingKey` of either by `From` a [`PublicKey`](crate::key::PublicKey) or a [`Sharing`](crate::key::Sharing).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature<S: EcdsaScheme> {
    pair: S::Pair,
    recovery_id: u8,
}

impl<S: EcdsaScheme> Signature<S> {
    /// Of nonce point R and s; in low-s form if asked for or if the scheme always is. `None` if R is the identity, r = 0 or s = 0.
    pub(crate) fn from_parts(nonce: &Point<S>, s: &Scalar<S>, low_s: bool) -> Option<Self> {
        Self::of(NonceImage::of(nonce)?, s, low_s)
    }

    fn of(nonce: NonceImage<S::Curve>, s: &Scalar<S>, low_s: bool) -> Option<Self> {
        let NonceImage { r, recovery_id } = nonce;
        let signature = Self { pair: S::pair(&r, s)?, recovery_id };
        if low_s || S::LOW_S_ALWAYS { signature.normalized() } else { Some(signature) }
    }

    /// `(r, -s)` is a signature by the same key on the same message, with the nonce point -R: x stays, y changes its parity.
    fn normalized(self) -> Option<Self> {
        let (r, s) = S::scalars(&self.pair);
        if !is_high::<S::Curve>(&s) {
            return Some(self);
        }
        Some(Self { pair: S::pair(&r, &-s)?, recovery_id: self.recovery_id ^ 1 })
    }

    /// Reads `r || s`, big-endian, 32 bytes each, if it verifies by this key on this message; the recovery id is computed. Either
    /// sign of s is taken ([`Signature::is_low_s`] tells), as SEC 1 has it. Variable time.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 64], key: &Point<S>, signed: impl Into<Digest>) -> Option<Self> {
        let pair = read_pair::<S>(bytes)?;
        let NonceImage { recovery_id, .. } = nonce_of::<S>(&pair, key, &signed.into())?;
        Some(Self { pair, recovery_id })
    }

    /// As [`Signature::from_bytes`], from DER: `SEQUENCE { r INTEGER, s INTEGER }` in its one encoding, 8 to 72 bytes.
    #[must_use]
    pub fn from_der(der: &[u8], key: &Point<S>, signed: impl Into<Digest>) -> Option<Self> {
        Self::from_bytes(&read_der(der)?, key, signed)
    }

    /// Reads what [`Signature::to_bytes_recoverable`] wrote: r and s in 1..q, the id at most 3. Nothing else is checked:
    /// [`Signature::verify`] does that.
    #[must_use]
    pub fn from_bytes_recoverable(bytes: &[u8; 65]) -> Option<Self> {
        let (recovery_id, bytes) = bytes.split_last()?;
        let pair = read_pair::<S>(bytes.try_into().ok()?)?;
        (*recovery_id <= 3).then_some(Self { pair, recovery_id: *recovery_id })
    }

    /// [S3.4] Whether this is a signature by the key on the message, and the recovery id the right one. Either sign of s passes;
    /// the identity as a key does not. Variable time.
    #[must_use]
    pub fn verify(&self, key: &Point<S>, signed: impl Into<Digest>) -> bool {
        nonce_of::<S>(&self.pair, key, &signed.into()).is_some_and(|at| at.recovery_id == self.recovery_id)
    }

    /// `r || s`, 32 bytes each, big-endian (IEEE P1363, JOSE, WebCrypto).
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 64] {
        let (r, s) = S::scalars(&self.pair);
        let mut bytes = Vec::with_capacity(64);
        write_scalar::<S::Curve>(&r, &mut bytes);
        write_scalar::<S::Curve>(&s, &mut bytes);
        // Scalars of these curves have 32 bytes.
        bytes.try_into().unwrap_or([0; 64])
    }

    /// `r || s || recovery id`, the id as it is, 0 to 3: what is added to it (27, or 35 and twice the chain id) is the chain's affair.
    #[must_use]
    pub fn to_bytes_recoverable(&self) -> [u8; 65] {
        let mut bytes = [self.recovery_id; 65];
        bytes.iter_mut().zip(self.to_bytes()).for_each(|(to, from)| *to = from);
        bytes
    }

    /// DER: `SEQUENCE { r INTEGER, s INTEGER }`, 8 to 72 bytes (RFC 3279, section 2.2.3).
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let bytes = self.to_bytes();
        let (r, s) = bytes.split_at(32);
        let mut body = Vec::with_capacity(70);
        write_integer(r, &mut body);
        write_integer(s, &mut body);
        let mut der = Vec::with_capacity(72);
        der.extend_from_slice(&[SEQUENCE, body.len() as u8]);
        der.extend_from_slice(&body);
        der
    }

    /// Which of the nonce points with this r it was: 0 to 3.
    #[must_use]
    pub const fn recovery_id(&self) -> u8 {
        self.recovery_id
    }

    /// Whether s is at most (q-1)/2.
    #[must_use]
    pub fn is_low_s(&self) -> bool {
        let (_, s) = S::scalars(&self.pair);
        !is_high::<S::Curve>(&s)
    }

    pub(crate) const fn pair(&self) -> &S::Pair {
        &self.pair
    }
}

fn read_pair<S: EcdsaScheme>(bytes: &[u8; 64]) -> Option<S::Pair> {
    let (r, s) = bytes.split_at(32);
    S::pair(&read_scalar::<S::Curve>(r)?, &read_scalar::<S::Curve>(s)?)
}

/// Verification (SEC 1, section 4.1.4): the nonce point `R = (h/s) G + (r/s) Q`, if `x(R) mod q` is r. Variable time.
fn nonce_of<S: EcdsaScheme>(pair: &S::Pair, key: &Point<S>, signed: &Digest) -> Option<NonceImage<S::Curve>> {
    use group::Group;

    if bool::from(key.is_identity()) {
        return None;
    }
    let (r, s) = S::scalars(pair);
    let w = s.invert().into_option()?;
    let h = reduce::<S::Curve>(signed.as_bytes());
    let nonce = S::Curve::mul_base_add_vartime(&(h * w), key, &(r * w));
    NonceImage::of(&nonce).filter(|at| at.r == r)
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// A positive integer of 32 bytes without its leading zeros, but with one where it would look negative.
fn write_integer(bytes: &[u8], out: &mut Vec<u8>) {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let significant = bytes.get(zeros..).unwrap_or_default();
    let sign = significant.first().is_none_or(|first| first & 0x80 != 0);
    out.extend_from_slice(&[INTEGER, significant.len() as u8 + u8::from(sign)]);
    out.extend(sign.then_some(0));
    out.extend_from_slice(significant);
}

/// `r || s` of a DER signature whose integers fit 32 bytes. Anything but the one encoding is refused.
fn read_der(der: &[u8]) -> Option<[u8; 64]> {
    let (body, rest) = read_value(SEQUENCE, der)?;
    let (r, more) = read_value(INTEGER, body)?;
    let (s, end) = read_value(INTEGER, more)?;
    if !(rest.is_empty() && end.is_empty()) {
        return None;
    }
    let mut bytes = [0; 64];
    for (field, integer) in bytes.chunks_exact_mut(32).zip([r, s]) {
        let integer = match integer {
            // A leading zero is there for the sign, or for nothing.
            [0, rest @ ..] => Some(rest).filter(|rest| rest.first().is_some_and(|next| next & 0x80 != 0))?,
            [first, ..] => Some(integer).filter(|_| first & 0x80 == 0)?,
            [] => return None,
        };
        let start = field.len().checked_sub(integer.len())?;
        field.get_mut(start..)?.copy_from_slice(integer);
    }
    Some(bytes)
}

/// The value with this tag at the start, and what follows. A signature is so short that every length has one byte.
fn read_value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let [found, len, rest @ ..] = der else { return None };
    (*found == tag && *len < 0x80).then(|| rest.split_at_checked(usize::from(*len)))?
}

impl<S: EcdsaScheme> fmt::Debug for Signature<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes_recoverable().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<S: EcdsaScheme> From<Signature<S>> for [u8; 64] {
    fn from(signature: Signature<S>) -> Self {
        signature.to_bytes()
    }
}

#[cfg(feature = "serde")]
impl<S: EcdsaScheme> serde::Serialize for Signature<S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.to_bytes_recoverable().as_slice().serialize(serializer)
    }
}
