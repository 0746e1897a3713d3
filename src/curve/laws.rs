//! What every curve must do, checked on each of them and on the toy.

#![allow(clippy::eq_op)] // P - P is a law

use alloc::vec::Vec;
use core::convert::Infallible;

use ff::{Field, PrimeField};
use group::Group;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};

use super::{
    Curve, Unchecked, encode_point, random_scalar, read_point, read_scalar, small_mul_vartime, write_scalar,
};

/// What the laws must be told about a curve; bytes in hex.
pub(crate) struct Facts<C: Curve> {
    /// Encodings of G, 2G and 3G.
    pub(crate) multiples: [&'static str; 3],
    /// q in the scalar encoding.
    pub(crate) order: &'static str,
    /// Whether the first byte of a scalar is the highest.
    pub(crate) big_endian: bool,
    /// The integers 2^256 and 2^512 - 1 modulo q, in the scalar encoding.
    pub(crate) wide: [&'static str; 2],
    /// Bytes that are no point, not even an unchecked one.
    pub(crate) no_points: Vec<Vec<u8>>,
    /// All points of small order, the identity first.
    pub(crate) small_order: Vec<C::Point>,
}

/// Runs the whole battery.
pub(crate) fn laws<C: Curve>(facts: &Facts<C>) {
    group_laws::<C>();
    multiplication::<C>();
    multiscalar::<C>();
    encoding::<C>(facts);
    refusals::<C>(facts);
    scalars::<C>(facts);
    wide_reduction::<C>(facts);
    torsion::<C>(facts);
    unchecked_sums::<C>(facts);
    random_scalars::<C>();
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(7)
}

fn points<C: Curve>(count: usize) -> Vec<C::Point> {
    let mut rng = rng();
    (0..count).map(|_| C::mul_base(&random_scalar::<C>(&mut rng))).collect()
}

/// Zero, one, minus one, a small one and random ones.
fn samples<C: Curve>() -> Vec<C::Scalar> {
    let mut rng = rng();
    let mut all = Vec::from([C::Scalar::ZERO, C::Scalar::ONE, -C::Scalar::ONE, C::Scalar::from(5)]);
    all.extend((0..4).map(|_| random_scalar::<C>(&mut rng)));
    all
}

/// The integer in the scalar's encoding times P, by double-and-add: nothing here is known to the code under test.
fn naive<C: Curve>(p: &C::Point, mut integer: Vec<u8>) -> C::Point {
    if C::Scalar::ONE.to_repr().as_ref()[0] == 1 {
        integer.reverse();
    }
    let mut sum = C::Point::identity();
    for i in 0..8 * integer.len() {
        sum = sum.double();
        if (integer[i / 8] << (i % 8)) & 0x80 != 0 {
            sum += p;
        }
    }
    sum
}

fn bytes<C: Curve>(k: &C::Scalar) -> Vec<u8> {
    let mut out = Vec::new();
    write_scalar::<C>(k, &mut out);
    out
}

fn group_laws<C: Curve>() {
    let zero = C::Point::identity();
    let all = points::<C>(3);
    let (p, q, r) = (all[0], all[1], all[2]);
    assert_eq!((p + q) + r, p + (q + r));
    assert_eq!(p + q, q + p);
    assert_eq!((p + zero, p - p, -zero), (p, zero, zero));
    assert_eq!((p + p, p.double() + p), (p.double(), p + p.double()));
    assert!(bool::from(zero.is_identity()) && !bool::from(C::Point::generator().is_identity()));
    assert_ne!(C::Point::generator(), zero);
}

fn multiplication<C: Curve>() {
    let p = points::<C>(1)[0];
    for a in samples::<C>() {
        assert_eq!(C::mul_base(&a), C::Point::generator() * a);
        assert_eq!(C::mul(&p, &a), naive::<C>(&p, bytes::<C>(&a)));
        for b in samples::<C>() {
            assert_eq!(C::mul(&p, &(a + b)), C::mul(&p, &a) + C::mul(&p, &b));
            assert_eq!(C::mul(&p, &(a * b)), C::mul(&C::mul(&p, &a), &b));
            assert_eq!(C::mul_base_add_vartime(&a, &p, &b), C::mul_base(&a) + C::mul(&p, &b));
        }
    }
    for k in [0, 1, 2, 3, 13, 100, 255, 256, 0x8000, u16::MAX] {
        assert_eq!(small_mul_vartime::<C>(&p, k), C::mul(&p, &C::Scalar::from(u64::from(k))));
    }
}

/// Random terms, among them zeros, small and large scalars, the identity, and equal and opposite points.
pub(crate) fn terms<C: Curve>(count: usize) -> Vec<(C::Point, C::Scalar)> {
    let mut rng = rng();
    let points = points::<C>(count);
    let mut terms: Vec<_> = points.into_iter().map(|p| (p, random_scalar::<C>(&mut rng))).collect();
    for (i, k) in samples::<C>().into_iter().enumerate().take(count / 3) {
        terms[3 * i].1 = k;
    }
    if count > 4 {
        terms[4] = (-terms[2].0, terms[2].1);
        terms[1].0 = terms[3].0;
        terms[0].0 = C::Point::identity();
    }
    terms
}

fn multiscalar<C: Curve>() {
    for count in [0, 1, 2, 3, 8, 15, 16, 17, 18, 19, 33, 63, 64, 65, 127, 128, 129, 189, 190, 200] {
        let terms = terms::<C>(count);
        let sum: C::Point = terms.iter().map(|(p, k)| *p * k).sum();
        assert_eq!(C::msm_vartime(&terms), sum, "{count} terms");
        assert_eq!(C::mul_sum(&terms), sum, "{count} terms in constant time");
    }
}

fn encoding<C: Curve>(facts: &Facts<C>) {
    let g = C::Point::generator();
    for (p, known) in [g, g + g, g + g + g].iter().zip(facts.multiples) {
        assert_eq!(hex::encode(encode_point::<C>(p).unwrap()), known);
    }
    let mut points = points::<C>(20);
    points.push(points[0] + points[1]);
    let mut batch = Vec::from(*b"kept");
    assert_eq!(C::encode_points(&points, &mut batch), Some(()));
    let single: Vec<_> = points.iter().map(|p| encode_point::<C>(p).unwrap()).collect();
    assert_eq!(batch[4..], single.concat());
    for (p, encoded) in points.iter().zip(&single) {
        assert_eq!(encoded.len(), C::POINT_LEN);
        assert_eq!(read_point::<C>(encoded), Some(*p));
        assert_ne!(Some(encoded), encode_point::<C>(&-*p).as_ref());
    }
    let before = batch.clone();
    // One identity, and as many as there are points.
    for place in (0..points.len()).rev() {
        points[place] = C::Point::identity();
        assert_eq!(C::encode_points(&points, &mut batch), None, "{place}");
    }
    assert_eq!(encode_point::<C>(&(g - g)), None);
    assert_eq!(C::encode_points(&[], &mut batch), Some(()));
    assert_eq!(batch, before);
}

fn refusals<C: Curve>(facts: &Facts<C>) {
    let good = encode_point::<C>(&C::Point::generator()).unwrap();
    let mut bad = facts.no_points.clone();
    bad.extend([Vec::new(), [&good[..], &[0]].concat(), [&[0], &good[..]].concat()]);
    bad.push(good[1..].to_vec());
    bad.push(good[..C::POINT_LEN - 1].to_vec());
    for bytes in bad {
        assert_eq!(Unchecked::<C>::read(&bytes), None, "{}", hex::encode(&bytes));
        assert_eq!(read_point::<C>(&bytes), None, "{}", hex::encode(&bytes));
    }
}

/// An integer in scalar encoding plus a small number, without reduction.
fn plus(integer: &str, mut addend: u8, big_endian: bool) -> Vec<u8> {
    let mut bytes = hex::decode(integer).unwrap();
    let len = bytes.len();
    for i in 0..len {
        let byte = &mut bytes[if big_endian { len - 1 - i } else { i }];
        let carry;
        (*byte, carry) = byte.overflowing_add(addend);
        addend = u8::from(carry);
    }
    bytes
}

fn scalars<C: Curve>(facts: &Facts<C>) {
    for k in samples::<C>() {
        assert_eq!(bytes::<C>(&k).len(), C::SCALAR_LEN);
        assert_eq!(read_scalar::<C>(&bytes::<C>(&k)), Some(k));
        assert_eq!(k - k, C::Scalar::ZERO);
        assert_eq!(bool::from(k.is_zero()), bool::from(k.invert().is_none()));
        assert!(bool::from(k.is_zero()) || k * k.invert().unwrap() == C::Scalar::ONE);
    }
    assert_eq!(read_scalar::<C>(&[0; 32][..C::SCALAR_LEN]), Some(C::Scalar::ZERO));
    assert_eq!(bytes::<C>(&(-C::Scalar::ONE + C::Scalar::ONE)), [0; 32][..C::SCALAR_LEN]);
    assert_eq!(
        plus(&hex::encode(bytes::<C>(&-C::Scalar::ONE)), 1, facts.big_endian),
        plus(facts.order, 0, true)
    );
    for bad in [
        plus(facts.order, 0, facts.big_endian),
        plus(facts.order, 1, facts.big_endian),
        [0xff; 32][..C::SCALAR_LEN].to_vec(),
        [0; 33][..C::SCALAR_LEN + 1].to_vec(),
        [0; 32][..C::SCALAR_LEN - 1].to_vec(),
    ] {
        assert_eq!(read_scalar::<C>(&bad), None, "{}", hex::encode(&bad));
    }
}

fn wide_reduction<C: Curve>(facts: &Facts<C>) {
    let reduce = |mut integer: [u8; 64]| {
        // The integer is given with its highest byte first.
        let horner = integer.iter().fold(C::Scalar::ZERO, |sum, byte| {
            sum * C::Scalar::from(256) + C::Scalar::from(u64::from(*byte))
        });
        if !facts.big_endian {
            integer.reverse();
        }
        let scalar = C::scalar_from_wide(&integer);
        assert_eq!(scalar, horner);
        scalar
    };
    let mut power = [0; 64];
    power[31] = 1;
    assert_eq!(hex::encode(bytes::<C>(&reduce(power))), facts.wide[0]);
    assert_eq!(hex::encode(bytes::<C>(&reduce([0xff; 64]))), facts.wide[1]);
    let mut order = hex::decode(facts.order).unwrap();
    if !facts.big_endian {
        order.reverse();
    }
    for shift in 0..=64 - order.len() {
        let mut multiple = [0; 64];
        multiple[shift..shift + order.len()].copy_from_slice(&order);
        assert_eq!(reduce(multiple), C::Scalar::ZERO);
        if let Some(last) = multiple.last_mut().filter(|_| shift < 64 - order.len()) {
            *last = 9;
            assert_eq!(reduce(multiple), C::Scalar::from(9));
        }
    }
    let mut rng = rng();
    for _ in 0..100 {
        let mut random = [0; 64];
        rng.fill_bytes(&mut random);
        reduce(random);
        random[..33].fill(0xff);
        reduce(random);
    }
}

fn torsion<C: Curve>(facts: &Facts<C>) {
    let order = hex::decode(facts.order).unwrap();
    for (i, t) in facts.small_order.iter().enumerate() {
        let mut small = C::Point::identity();
        for k in 0..40 {
            assert_eq!(small_mul_vartime::<C>(t, k), small);
            small += t;
        }
        assert_eq!(
            (C::is_torsion_free(t), naive::<C>(t, order.clone()) == C::Point::identity()),
            (i == 0, i == 0)
        );
        assert!(Unchecked::<C>::of(*t).is_small_order());
        assert_eq!(Unchecked::<C>::of(*t).is_identity(), i == 0);
        if i > 0 {
            let encoded = encode_point::<C>(t).unwrap();
            assert_eq!(Unchecked::<C>::read(&encoded), Some(Unchecked::of(*t)));
            assert_eq!(read_point::<C>(&encoded), None);
        }
        for p in points::<C>(5) {
            let encoded = encode_point::<C>(&(p + t)).unwrap();
            let unchecked = Unchecked::<C>::read(&encoded).unwrap();
            assert_eq!(unchecked, Unchecked::of(p + t));
            assert_eq!(read_point::<C>(&encoded), Some(p).filter(|_| i == 0));
            assert_eq!(unchecked.check(), Some(p).filter(|_| i == 0));
            assert!(unchecked.equals_up_to_small_order(&p));
            assert!(!unchecked.equals_up_to_small_order(&(p + C::Point::generator())));
            assert!(!unchecked.equals_up_to_small_order(&C::Point::identity()));
            assert!(!unchecked.is_small_order() && !unchecked.is_identity());
        }
    }
    assert_eq!(Unchecked::<C>::identity().check(), Some(C::Point::identity()));
}

fn unchecked_sums<C: Curve>(facts: &Facts<C>) {
    let small = facts.small_order.iter().cycle();
    for count in [0, 1, 5, 70, 200] {
        let terms: Vec<_> =
            terms::<C>(count).iter().zip(small.clone()).map(|((p, k), t)| (*p + t, *k)).collect();
        let unchecked: Vec<_> = terms.iter().map(|(p, k)| (Unchecked::<C>::of(*p), *k)).collect();
        // As integers, so that components of small order add up, too.
        let sum = terms.iter().map(|(p, k)| naive::<C>(p, bytes::<C>(k))).sum();
        assert_eq!(Unchecked::msm_vartime(&unchecked), Unchecked::of(sum));
        let plain: C::Point = terms.iter().map(|(p, _)| p).sum();
        assert_eq!(unchecked.iter().map(|(p, _)| p).sum::<Unchecked<C>>(), Unchecked::of(plain));
        assert_eq!(unchecked.iter().map(|(p, _)| *p).sum::<Unchecked<C>>(), Unchecked::of(plain));
        for (u, (p, _)) in unchecked.iter().map(|(u, _)| u).zip(&terms) {
            assert_eq!(u.small_mul_vartime(77), Unchecked::of(small_mul_vartime::<C>(p, 77)));
        }
    }
    // T and -T vanish from a sum, and the sum checks.
    let p = C::Point::generator();
    for t in &facts.small_order {
        let mut sum = Unchecked::<C>::of(p + t);
        sum += Unchecked::of(p);
        sum += &Unchecked::of(-*t);
        assert_eq!(sum.check(), Some(p.double()));
    }
}

/// Yields zeros for a number of bytes, then ones.
struct Zeros(usize);

impl TryRng for Zeros {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!()
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for byte in out {
            *byte = u8::from(self.0 == 0);
            self.0 = self.0.saturating_sub(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Zeros {}

fn random_scalars<C: Curve>() {
    assert_eq!(random_scalar::<C>(&mut Zeros(128)), C::scalar_from_wide(&[1; 64]));
    let mut rng = rng();
    let mut wide = [0; 64];
    rng.clone().fill_bytes(&mut wide);
    assert_eq!(random_scalar::<C>(&mut rng), C::scalar_from_wide(&wide));
}
