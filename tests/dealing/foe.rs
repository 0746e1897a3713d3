//! What a malicious party may write into a field: encodings of nothing, encodings of something else.

use curve25519_dalek::constants::EIGHT_TORSION;
use ff::Field;
use group::Group;
use quorate::curve::{
    Curve, EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme, encode_point, read_point, read_scalar,
};

pub(crate) type Point<S> = <<S as Scheme>::Curve as Curve>::Point;
pub(crate) type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// A value with a name.
pub(crate) type Named = (String, Vec<u8>);

/// A scheme with the values that hurt it.
pub(crate) trait Foe: Scheme {
    /// A scheme that this one's evidence means nothing to.
    type Other: Foe;
    /// Who is malicious among three.
    const VILLAIN: u16;
    /// The order `q`, big-endian.
    const ORDER: &'static str;

    /// The points of small order but the identity.
    fn torsion() -> Vec<Point<Self>> {
        Vec::new()
    }

    /// Encodings that no point has.
    fn no_points(good: &[u8]) -> Vec<Named>;

    /// The bytes of an integer given big-endian.
    fn scalar_bytes(big_endian: Vec<u8>) -> Vec<u8> {
        big_endian
    }
}

fn named(name: &str, bytes: Vec<u8>) -> Named {
    (name.into(), bytes)
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// `big_endian + k`, which must not overflow.
fn plus(big_endian: &[u8], k: &[u8]) -> Vec<u8> {
    let (mut sum, mut carry) = (big_endian.to_vec(), 0);
    let padded = std::iter::repeat_n(&0, sum.len() - k.len()).chain(k).collect::<Vec<_>>();
    for (s, k) in sum.iter_mut().zip(padded).rev() {
        carry += u16::from(*s) + u16::from(*k);
        *s = carry as u8;
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    sum
}

/// SEC 1 encodings that no point of a curve over the field of order `p` has.
fn no_sec1_points(good: &[u8], p: &str) -> Vec<Named> {
    let p = unhex(p);
    let tagged = |tag: u8, x: &[u8]| [&[tag], x].concat();
    let mut bad: Vec<_> =
        [0, 1, 4, 5, 6, 7].map(|tag| named(&format!("tag {tag}"), tagged(tag, &good[1..]))).into();
    for k in 0..4 {
        bad.push(named(&format!("x = p + {k}"), tagged(2 + k % 2, &plus(&p, &[k]))));
    }
    bad
}

impl Foe for EcdsaSecp256k1 {
    type Other = EcdsaP256;
    const VILLAIN: u16 = 3;
    const ORDER: &'static str = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

    fn no_points(good: &[u8]) -> Vec<Named> {
        no_sec1_points(good, "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f")
    }
}

impl Foe for EcdsaP256 {
    type Other = FrostEd25519;
    const VILLAIN: u16 = 1;
    const ORDER: &'static str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

    fn no_points(good: &[u8]) -> Vec<Named> {
        no_sec1_points(good, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
    }
}

impl Foe for FrostEd25519 {
    type Other = EcdsaSecp256k1;
    const VILLAIN: u16 = 2;
    const ORDER: &'static str = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";

    fn torsion() -> Vec<Point<Self>> {
        let all = EIGHT_TORSION.into_iter();
        let small: Vec<_> = all.filter(|t| !bool::from(t.is_identity())).collect();
        assert_eq!(small.len(), 7);
        small
    }

    fn no_points(good: &[u8]) -> Vec<Named> {
        let good = curve25519_dalek::edwards::CompressedEdwardsY(good.try_into().unwrap());
        let good = good.decompress().unwrap();
        let y = |low: u8, middle: u8, high: u8| {
            let mut bytes = vec![middle; 32];
            (bytes[0], bytes[31]) = (low, high);
            bytes
        };
        let mut bad = vec![
            named("the identity", y(1, 0, 0)),
            named("the identity, x = -0", y(1, 0, 0x80)),
            named("order 2, x = -0", y(0xec, 0xff, 0xff)),
            named("y = 2, not on the curve", y(2, 0, 0)),
        ];
        for low in [0xed, 0xee, 0xf0, 0xff] {
            for high in [0x7f, 0xff] {
                bad.push(named(&format!("y = p + {}, {high:x}", low - 0xed), y(low, 0xff, high)));
            }
        }
        for (k, t) in Self::torsion().into_iter().enumerate() {
            bad.push(named(&format!("small order {k}"), t.compress().0.to_vec()));
            bad.push(named(&format!("plus small order {k}"), (good + t).compress().0.to_vec()));
        }
        bad
    }

    fn scalar_bytes(big_endian: Vec<u8>) -> Vec<u8> {
        big_endian.into_iter().rev().collect()
    }
}

/// What a field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sort {
    Bytes,
    Point,
    Scalar,
}

/// A value that is not the right one.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether it decodes, to something else.
    pub(crate) decodes: bool,
}

fn flipped(good: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = good.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

/// Every wrong value for a field that holds `good`; `foreign` are values from elsewhere that decode.
pub(crate) fn wrong<S: Foe>(sort: Sort, good: &[u8], foreign: &[Named]) -> Vec<Wrong> {
    let bits = 0..good.len() * 8;
    let fill = |byte| vec![byte; good.len()];
    let (mut bad, mut other) = (Vec::new(), foreign.to_vec());
    match sort {
        Sort::Bytes => {
            other.extend([0, bits.end - 1].map(|bit| named(&format!("bit {bit}"), flipped(good, bit))));
            other.extend([named("zero", fill(0)), named("ff", fill(0xff))]);
        }
        Sort::Point => {
            let decodes = |bytes: &[u8]| read_point::<S::Curve>(bytes).is_some();
            let flip = |wanted| bits.clone().rev().map(|b| flipped(good, b)).find(|b| decodes(b) == wanted);
            bad.extend([named("zero", fill(0)), named("ff", fill(0xff))]);
            bad.push(named("bit flip, no point", flip(false).unwrap()));
            bad.extend(S::no_points(good));
            let encode = |p| encode_point::<S::Curve>(&p).unwrap();
            let point = read_point::<S::Curve>(good).unwrap();
            other.push(named("bit flip, another point", flip(true).unwrap()));
            other.push(named("negated", encode(-point)));
            other.push(named("G", encode(Point::<S>::generator())));
            other.push(named("doubled", encode(point.double())));
        }
        Sort::Scalar => {
            let q = unhex(S::ORDER);
            bad.push(named("ff", fill(0xff)));
            for k in [0, 1, 5] {
                bad.push(named(&format!("q + {k}"), S::scalar_bytes(plus(&q, &[k]))));
            }
            if q[0] < 0x80 {
                bad.push(named("itself + q", S::scalar_bytes(plus(&q, &S::scalar_bytes(good.to_vec())))));
            }
            let low = if S::scalar_bytes(vec![0, 1])[0] == 1 { 0 } else { bits.end - 8 };
            other.push(named("bit flip", flipped(good, low)));
            other.push(named("zero", fill(0)));
            let scalar = read_scalar::<S::Curve>(good).unwrap();
            let mut minus = Vec::new();
            quorate::curve::write_scalar::<S::Curve>(&(Scalar::<S>::ZERO - scalar), &mut minus);
            other.push(named("negated", minus));
        }
    }
    let value = |decodes| move |(name, bytes)| Wrong { name, bytes, decodes };
    let all: Vec<_> = bad.into_iter().map(value(false)).chain(other.into_iter().map(value(true))).collect();
    for wrong in &all {
        assert_eq!(wrong.bytes.len(), good.len(), "{}", wrong.name);
        assert_ne!(wrong.bytes, good, "{}", wrong.name);
    }
    all
}
