//! Sums of products by every function that the library has for them, against each other and against what they must be.
//!
//! The first byte picks the curve, the rest are terms: a byte for the point, a byte for the scalar, and what these want. Every point is a
//! known multiple of the generator, so that the sum is known by its logarithm; up to 24 terms are added up naively as well.

use quorate::curve::{Curve, Ed25519, P256, Ristretto255, Secp256k1, random_scalar, small_mul_vartime};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::input::Input;

/// Terms of one input.
const MOST: usize = 300;
/// As many are added up naively.
const NAIVE: usize = 24;
/// Random points to choose from.
const STOCK: usize = 16;

/// A point by its logarithm.
struct Known<C: Curve> {
    point: C::Point,
    log: C::Scalar,
}

impl<C: Curve> Clone for Known<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Curve> Copy for Known<C> {}

impl<C: Curve> Known<C> {
    fn new(log: C::Scalar) -> Self {
        Self { point: C::mul_base(&log), log }
    }
}

pub(crate) struct Table<C: Curve>(Vec<Known<C>>);

impl<C: Curve> Table<C> {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        Self((0..STOCK).map(|_| Known::new(random_scalar::<C>(&mut rng))).collect())
    }

    fn check(&self, data: &[u8]) {
        let terms = self.terms(&mut Input::new(data));
        let log: C::Scalar = terms.iter().map(|(known, k)| known.log * k).sum();
        let want = C::mul_base(&log);
        let pairs: Vec<_> = terms.iter().map(|(known, k)| (known.point, *k)).collect();
        let same = |got: C::Point, how: &str| {
            assert!(got == want, "{}: {how} of {} terms is wrong", C::NAME, pairs.len());
        };
        same(C::msm_vartime(&pairs), "msm_vartime");
        same(bucket_method::<C>(&pairs), "the bucket method");
        if pairs.len() <= NAIVE {
            same(C::mul_sum(&pairs), "mul_sum");
            same(pairs.iter().map(|(p, k)| *p * k).sum(), "the naive sum");
        }
        if let [(_, a), (p, b), ..] = &pairs[..] {
            let want = C::mul_base(a) + *p * b;
            assert!(C::mul_base_add_vartime(a, p, b) == want, "{}: a*G + b*P is wrong", C::NAME);
        }
        if let Some((p, _)) = pairs.first() {
            let k = data.len() as u16;
            let want = *p * C::Scalar::from(u64::from(k));
            assert!(small_mul_vartime::<C>(p, k) == want, "{}: {k}*P is wrong", C::NAME);
        }
    }

    fn terms(&self, input: &mut Input<'_>) -> Vec<(Known<C>, C::Scalar)> {
        let mut terms: Vec<(Known<C>, C::Scalar)> = Vec::new();
        while !input.is_empty() && terms.len() < MOST {
            let pick = input.byte();
            if pick & 7 == 7 {
                // the last terms again, some of them
                let (from, count) = (input.below(terms.len().max(1)), input.below(MOST));
                for k in 0..count.min(MOST - terms.len()) {
                    if let Some(term) = terms.get(from + k % 8) {
                        let (known, scalar) = *term;
                        terms.push((known, scalar + C::Scalar::from(k as u64)));
                    }
                }
                continue;
            }
            let known = self.point(pick, &terms, input);
            let scalar = scalar::<C>(&terms, input);
            terms.push((known, scalar));
        }
        terms
    }

    fn point(&self, pick: u8, terms: &[(Known<C>, C::Scalar)], input: &mut Input<'_>) -> Known<C> {
        let before = |input: &mut Input<'_>| terms.get(input.below(terms.len().max(1))).map(|term| term.0);
        let stock = self.0[usize::from(pick >> 3) % STOCK];
        let small = Known::new(C::Scalar::from(u64::from(pick >> 3)));
        match pick & 7 {
            0 => small, // of 0 it is the identity
            1 => Known { point: -small.point, log: -small.log },
            2 => before(input).unwrap_or(small),
            3 => before(input).map_or(small, |known| Known { point: -known.point, log: -known.log }),
            4 => before(input)
                .map_or(stock, |a| Known { point: a.point + stock.point, log: a.log + stock.log }),
            _ => stock,
        }
    }
}

fn scalar<C: Curve>(terms: &[(Known<C>, C::Scalar)], input: &mut Input<'_>) -> C::Scalar {
    let pick = input.byte();
    let high = C::Scalar::from(u64::from(pick >> 3));
    let power = |bit: usize| (0..bit).fold(C::Scalar::from(1), |k, _| k + k);
    match pick & 7 {
        0 => high,
        1 => -high,
        2 => power(usize::from(input.byte())) - high,
        3 => high - power(usize::from(input.byte())),
        4 => (0..pick >> 3).map(|_| power(usize::from(input.byte()))).sum(),
        5 => terms.get(input.below(terms.len().max(1))).map_or(high, |term| high - term.1),
        // one byte over and over, which makes one digit over and over
        6 => C::scalar_from_wide(&wide::<C>(&[input.byte(); 31])),
        _ => C::scalar_from_wide(&wide::<C>(input.take(32))),
    }
}

/// At the low end, be the curve's numbers little-endian or big-endian.
fn wide<C: Curve>(bytes: &[u8]) -> [u8; 64] {
    let (mut wide, mut one) = ([0; 64], [0; 64]);
    one[0] = 1;
    let little_endian = C::scalar_from_wide(&one) == C::Scalar::from(1);
    let at = if little_endian { 0 } else { 64 - bytes.len() };
    wide[at..at + bytes.len()].copy_from_slice(bytes);
    wide
}

#[cfg(fuzzing)]
fn bucket_method<C: Curve>(terms: &[(C::Point, C::Scalar)]) -> C::Point {
    quorate::curve::fuzzing::pippenger::<C>(terms)
}

/// Without `--cfg fuzzing` it is reached for many terms only.
#[cfg(not(fuzzing))]
fn bucket_method<C: Curve>(terms: &[(C::Point, C::Scalar)]) -> C::Point {
    C::msm_vartime(terms)
}

/// Thirteen points: here every pair of bytes is a term.
#[cfg(fuzzing)]
fn toy(data: &[u8]) {
    let terms: Vec<_> = data.chunks_exact(2).take(MOST).map(|pair| (pair[0] % 13, pair[1] % 13)).collect();
    let want = terms.iter().map(|(log, k)| u32::from(*log) * u32::from(*k)).sum::<u32>() % 13;
    assert_eq!(quorate::curve::fuzzing::pippenger_on_the_toy(&terms).map(u32::from), Some(want));
}

#[cfg(not(fuzzing))]
fn toy(_: &[u8]) {}

thread_local! {
    static SECP256K1: Table<Secp256k1> = Table::new();
    static P_256: Table<P256> = Table::new();
    static ED25519: Table<Ed25519> = Table::new();
    static RISTRETTO255: Table<Ristretto255> = Table::new();
}

pub(crate) fn check(data: &[u8]) {
    let Some((pick, data)) = data.split_first() else { return };
    match pick % 5 {
        0 => SECP256K1.with(|table| table.check(data)),
        1 => P_256.with(|table| table.check(data)),
        2 => ED25519.with(|table| table.check(data)),
        3 => RISTRETTO255.with(|table| table.check(data)),
        _ => toy(data),
    }
}

/// On every curve: edges, lengths around the change from one method to another, sums that cancel.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let many = |count: u8| vec![5, 9, 13, 2, 200, 21, 6, 0xab, 7, 0, count, 7, 1, 60];
    let edges: Vec<u8> = [0, 8, 1, 9].iter().flat_map(|p| [[*p, 0], [*p, 8], [*p, 9]].concat()).collect();
    let cancels = vec![5, 9, 3, 0, 9];
    let sparse: Vec<u8> =
        (0..8).flat_map(|k| [5 | k << 3, 4 | 3 << 3, k, 128 + k, 255 - k, 8, 2, k]).collect();
    let repeated: Vec<u8> =
        [13, 7].iter().copied().chain(1..=32).chain([2, 0, 6, 0xff, 2, 0, 6, 0x80]).collect();
    let shapes = [
        ("edges", edges),
        ("cancels", cancels),
        ("sparse", sparse),
        ("repeated", repeated),
        ("many-40", many(40)),
        ("many-130", many(130)),
        ("many-255", many(255)),
    ];
    let on = |pick: u8| shapes.iter().map(move |(name, shape)| (pick, name, shape));
    (0..5)
        .flat_map(on)
        .map(|(pick, name, shape)| (format!("{pick}-{name}"), [&[pick][..], shape].concat()))
        .collect()
}
