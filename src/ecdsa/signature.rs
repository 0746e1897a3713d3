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
/// Recovery ids are 0 to 3: bit 0 is the parity of y(R), bit 1 says that x(R) was at least q. Ids 2 and 3 have a probability of about
/// 2^-128, but nothing here takes them for impossible.
///
/// What signing returns verified when it was made. It has s at most (q-1)/2 always on secp256k1, and on P-256 where [`Signature::low_s`] is asked for.
///
/// `k256::ecdsa::{Signature, RecoveryId}` and `p256::ecdsa::{Signature, RecoveryId}` are had by `From`, one by one and as a pair;
/// the `VerifyingKey` of either by `From` a reference to a [`PublicKey`](crate::key::PublicKey), a [`Sharing`](crate::key::Sharing) or
/// a [`Derived`](crate::key::Derived) key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature<S: EcdsaScheme> {
    pair: S::Pair,
    recovery_id: u8,
}

impl<S: EcdsaScheme> Signature<S> {
    /// From what a nonce point gives and s; in low-s form if the scheme always is. `None` if s = 0. It is not verified here.
    pub(crate) fn from_parts(nonce: NonceImage<S::Curve>, s: &Scalar<S>) -> Option<Self> {
        let NonceImage { r, recovery_id } = nonce;
        let signature = Self { pair: S::pair(&r, s)?, recovery_id };
        Some(if S::LOW_S_ALWAYS { signature.low_s() } else { signature })
    }

    /// The signature with s at most (q-1)/2: itself or `(r, -s)`, which is one by the same key on the same message, with the nonce point
    /// -R, whose x is the same and whose y has the other parity.
    #[must_use]
    pub fn low_s(self) -> Self {
        let (r, s) = S::scalars(&self.pair);
        let flipped = is_high::<S::Curve>(&s).then(|| S::pair(&r, &-s)).flatten();
        flipped.map_or(self, |pair| Self { pair, recovery_id: self.recovery_id ^ 1 })
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
        write_der(&self.to_bytes())
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

    #[cfg(any(feature = "secp256k1", feature = "p256"))]
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

fn write_der(bytes: &[u8; 64]) -> Vec<u8> {
    let (r, s) = bytes.split_at(32);
    let mut body = Vec::with_capacity(70);
    write_integer(r, &mut body);
    write_integer(s, &mut body);
    let mut der = Vec::with_capacity(72);
    der.extend_from_slice(&[SEQUENCE, body.len() as u8]);
    der.extend_from_slice(&body);
    der
}

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

#[cfg(test)]
mod tests {
    use alloc::vec;

    use ff::PrimeField;
    use group::Group;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;
    use crate::curve::{encode_point, random_scalar, read_point};
    use crate::ecdsa::{Message, Prehashed};

    /// The curve's own crate, as a judge.
    trait Judge: EcdsaScheme {
        /// The least two x of points that are above q.
        const HIGH_X: [&'static str; 2];
        const Q: &'static str;
        const P_MINUS_ONE: &'static str;
        /// Whether the curve's crate takes the signature, and whether it recovers this key of it.
        fn judge(signature: Signature<Self>, key: &Point<Self>, digest: &[u8; 32]) -> [bool; 2];
    }

    macro_rules! judge {
        ($scheme:ident, $curve:ident, $q:literal, $p:literal, $x:expr) => {
            impl Judge for crate::curve::$scheme {
                const HIGH_X: [&'static str; 2] = $x;
                const Q: &'static str = $q;
                const P_MINUS_ONE: &'static str = $p;
                fn judge(signature: Signature<Self>, key: &Point<Self>, digest: &[u8; 32]) -> [bool; 2] {
                    use $curve::ecdsa::{VerifyingKey, signature::hazmat::PrehashVerifier};
                    let (theirs, id) = signature.into();
                    assert_eq!(theirs, signature.into());
                    assert_eq!(theirs.to_bytes()[..], signature.to_bytes());
                    assert_eq!($curve::ecdsa::RecoveryId::from(signature).to_byte(), signature.recovery_id());
                    let key = VerifyingKey::from_affine(key.to_affine()).unwrap();
                    let verifies = key.verify_prehash(digest, &theirs).is_ok();
                    [verifies, VerifyingKey::recover_from_prehash(digest, &theirs, id).ok() == Some(key)]
                }
            }
        };
    }

    #[cfg(feature = "secp256k1")]
    judge!(
        EcdsaSecp256k1,
        k256,
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e",
        [
            "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364143",
            "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364145"
        ]
    );
    #[cfg(feature = "p256")]
    judge!(
        EcdsaP256,
        p256,
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ffffffff00000001000000000000000000000000fffffffffffffffffffffffe",
        [
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632554",
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632555"
        ]
    );

    fn bytes(text: &str) -> [u8; 32] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    macro_rules! on_both {
        ($($name:ident => $test:ident;)*) => {$(
            #[test]
            fn $name() {
                #[cfg(feature = "secp256k1")]
                $test::<crate::curve::EcdsaSecp256k1>();
                #[cfg(feature = "p256")]
                $test::<crate::curve::EcdsaP256>();
            }
        )*};
    }

    on_both! {
        recovery_ids_of_coordinates => coordinates;
        ids_0_to_3_with_both_signs_of_s_verify_and_recover => constructed_points;
        signatures_by_a_plain_key_satisfy_the_other_library => plain_key;
        what_is_no_signature_is_refused => refused;
    }

    fn coordinates<S: Judge>() {
        let image = |x: &[u8; 32], odd| NonceImage::<S::Curve>::from_coordinates(x, odd);
        let id = |x: &[u8; 32], odd| image(x, odd).unwrap().recovery_id;
        let (mut one, q) = ([0; 32], bytes(S::Q));
        one[31] = 1;
        let mut below = q;
        below[31] -= 1;
        for x in [one, below] {
            assert_eq!([id(&x, false), id(&x, true)], [0, 1]);
            assert_eq!(image(&x, true).unwrap().r.to_repr().as_ref(), x);
        }
        let mut above = q;
        above[31] += 1;
        for x in [above, bytes(S::HIGH_X[0]), bytes(S::P_MINUS_ONE)] {
            assert_eq!([id(&x, false), id(&x, true)], [2, 3]);
        }
        assert_eq!(image(&above, true).unwrap().r, Scalar::<S>::ONE);
        assert_eq!([image(&q, false), image(&q, true), image(&[0; 32], true)], [None; 3]);
    }

    /// From R, s and h there is a key `(s R - h G) / r` for which this is a signature; so any R can be had.
    fn constructed_points<S: Judge>() {
        let digest = *Digest::from(Message::sha256(b"constructed")).as_bytes();
        let h = reduce::<S::Curve>(&digest);
        let low = [9u64, 11].map(|k| {
            let mut point = encode_point::<S::Curve>(&S::Curve::mul_base(&k.into())).unwrap();
            point.remove(0);
            point
        });
        let mut ids = vec![];
        for x in low.into_iter().chain(S::HIGH_X.map(|x| bytes(x).to_vec())) {
            for (tag, s) in [(2, 5u64), (3, 5), (2, 6), (3, 6)] {
                let nonce = read_point::<S::Curve>(&[&[tag], &x[..]].concat()).unwrap();
                let image = NonceImage::<S::Curve>::of(&nonce).unwrap();
                let id = image.recovery_id;
                assert_eq!(id & 1, tag & 1);
                for s in [Scalar::<S>::from(s), -Scalar::<S>::from(s)] {
                    let key = (nonce * s - S::Curve::mul_base(&h)) * image.r.invert().unwrap();
                    let was_high = is_high::<S::Curve>(&s);
                    for low_s in [false, true] {
                        let flips = was_high && (low_s || S::LOW_S_ALWAYS);
                        let signature = Signature::<S>::from_parts(image, &s).unwrap();
                        let signature = if low_s { signature.low_s() } else { signature };
                        assert_eq!(signature.recovery_id(), id ^ u8::from(flips));
                        assert_eq!(signature.is_low_s(), flips || !was_high);
                        assert!(signature.verify(&key, Prehashed::new(digest)));
                        let [verifies, recovers] = S::judge(signature, &key, &digest);
                        assert!(verifies && recovers, "{signature:?}");
                        let read = Signature::from_bytes(&signature.to_bytes(), &key, Prehashed::new(digest));
                        assert_eq!(read, Some(signature));
                        ids.push(signature.recovery_id());
                    }
                }
            }
        }
        for id in 0..=3 {
            assert!(ids.contains(&id));
        }
    }

    /// On secp256k1 there is a point whose x is q itself; its r is zero.
    #[cfg(feature = "secp256k1")]
    #[test]
    fn s2_7_a_nonce_point_with_r_zero_gives_no_signature() {
        use crate::curve::{EcdsaSecp256k1, Secp256k1};
        let nonce = read_point::<Secp256k1>(&[&[2], &bytes(EcdsaSecp256k1::Q)[..]].concat()).unwrap();
        assert!(NonceImage::<Secp256k1>::of(&nonce).is_none());
    }

    fn sign<S: EcdsaScheme>(secret: &Scalar<S>, digest: Digest, low_s: bool) -> Signature<S> {
        let mut rng = ChaCha20Rng::from_seed(*digest.as_bytes());
        let k = random_scalar::<S::Curve>(&mut rng);
        let nonce = S::Curve::mul_base(&k);
        let image = NonceImage::<S::Curve>::of(&nonce).unwrap();
        let s = (reduce::<S::Curve>(digest.as_bytes()) + image.r * secret) * k.invert().unwrap();
        let signature = Signature::from_parts(image, &s).unwrap();
        if low_s { signature.low_s() } else { signature }
    }

    fn plain_key<S: Judge>() {
        let mut highs = 0;
        for number in 1..=20u64 {
            let secret = Scalar::<S>::from(number);
            let key = S::Curve::mul_base(&secret);
            let message = number.to_be_bytes();
            let all = [
                Message::sha256(&message).into(),
                Message::sha256d(&message).into(),
                Message::keccak256(&message).into(),
                Message::digest::<sha2::Sha512>(&message).into(),
                Digest::from(Prehashed::new([255; 32])),
            ];
            for digest in all {
                let signature = sign::<S>(&secret, digest, number % 2 == 0);
                assert!(signature.verify(&key, digest));
                assert_eq!(S::judge(signature, &key, digest.as_bytes()), [true; 2]);
                assert_eq!(Signature::from_der(&signature.to_der(), &key, digest), Some(signature));
                let stored = signature.to_bytes_recoverable();
                assert_eq!(Signature::from_bytes_recoverable(&stored), Some(signature));
                assert!(signature.is_low_s() || !(S::LOW_S_ALWAYS || number % 2 == 0));
                highs += u8::from(!signature.is_low_s());
            }
        }
        // Of 50 signatures that nobody asked to be low, some are high.
        assert_eq!(highs > 0, !S::LOW_S_ALWAYS);
    }

    fn refused<S: Judge>() {
        let secret = Scalar::<S>::from(77);
        let (key, identity) = (S::Curve::mul_base(&secret), Point::<S>::identity());
        let message = Message::sha256(b"message");
        let signature = sign::<S>(&secret, message.into(), true);
        assert!(!signature.verify(&key, Message::sha256(b"another")));
        assert!(!signature.verify(&-key, message));
        assert!(!signature.verify(&identity, message));
        // Every other recovery id, and none above 3.
        let mut stored = signature.to_bytes_recoverable();
        for id in (0..=255).filter(|id| *id != signature.recovery_id()) {
            stored[64] = id;
            let read = Signature::<S>::from_bytes_recoverable(&stored);
            assert_eq!(read.is_some(), id <= 3);
            assert!(read.is_none_or(|read| !read.verify(&key, message)));
        }
        // r and s that are zero, q, or above it; and each bit.
        for at in [0, 32] {
            for bad in [[0; 32], bytes(S::Q), [255; 32]] {
                let mut bytes = signature.to_bytes();
                bytes[at..at + 32].copy_from_slice(&bad);
                assert!(Signature::<S>::from_bytes(&bytes, &key, message).is_none());
                let mut stored = signature.to_bytes_recoverable();
                stored[at..at + 32].copy_from_slice(&bad);
                assert!(Signature::<S>::from_bytes_recoverable(&stored).is_none());
            }
        }
        for bit in 0..512 {
            let mut bytes = signature.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Signature::<S>::from_bytes(&bytes, &key, message).is_none());
        }
        // For the identity as a key, anybody could make one: R = (h/s) G.
        let h = reduce::<S::Curve>(Digest::from(message).as_bytes());
        let image = NonceImage::of(&S::Curve::mul_base(&h)).unwrap();
        let forged = Signature::<S>::from_parts(image, &Scalar::<S>::ONE).unwrap();
        assert!(!forged.verify(&identity, message));
        assert!(Signature::<S>::from_parts(image, &Scalar::<S>::ZERO).is_none());
        assert!(NonceImage::<S::Curve>::of(&identity).is_none());
    }

    /// Whatever the reader takes, the writer writes: so there is one encoding.
    #[test]
    fn der_has_one_encoding_per_signature() {
        let field = |first: u8, zeros: usize| {
            let mut field = [0; 32];
            field[zeros..].fill(0x11);
            field[zeros.min(31)] = first;
            field
        };
        let mut taken = 0;
        let fields = [field(0x7f, 0), field(0x80, 0), field(0x80, 1), field(1, 31), field(0x80, 31)];
        for (r, s) in fields.iter().flat_map(|r| fields.iter().map(move |s| (r, s))) {
            let bytes: [u8; 64] = [*r, *s].concat().try_into().unwrap();
            let der = write_der(&bytes);
            assert_eq!(read_der(&der), Some(bytes));
            for at in 0..der.len() {
                assert_eq!(read_der(&der[..at]), None);
                for value in 0..=255 {
                    let mut changed = der.clone();
                    changed[at] = value;
                    if let Some(read) = read_der(&changed) {
                        assert_eq!(write_der(&read), changed);
                        taken += 1;
                    }
                }
                for extra in [0x00, 0x02, 0x80, 0xff] {
                    let mut longer = der.clone();
                    longer.insert(at, extra);
                    assert!(read_der(&longer).is_none_or(|read| write_der(&read) == longer));
                }
            }
            assert_eq!(read_der(&[&der[..], &[0]].concat()), None);
        }
        assert!(taken > 1000);
        assert_eq!(read_der(&write_der(&[0; 64])), None);
    }
}
