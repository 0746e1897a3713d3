//! Multiscalar multiplication by buckets, in variable time.

use alloc::vec;
use alloc::vec::Vec;

use ff::{Field, PrimeField};
use group::Group;

use super::Curve;

/// The sum of k_i*P_i over all terms, by Pippenger's bucket method with signed digits.
///
/// Every scalar is written in base 2^w with digits in -2^(w-1)..=2^(w-1). From the highest window down: the points
/// are added into the bucket of their digit's absolute value, the buckets are summed weighted by their number, and
/// the windows are put together by w doublings each. Source: Bernstein, Doumen, Lange, Oosterwijk, "Faster batch
/// forgery identification" (ePrint 2012/549), section 4.
pub(super) fn msm_vartime<C: Curve>(terms: &[(C::Point, C::Scalar)]) -> C::Point {
    let bits = <C::Scalar as PrimeField>::NUM_BITS as usize;
    let w = width(terms.len(), bits);
    let len = C::SCALAR_LEN + 1;
    let mut scalars = Vec::with_capacity(terms.len() * len);
    terms.iter().for_each(|(_, k)| push_doubled::<C>(k, &mut scalars));

    let mut total = C::Point::identity();
    // None is the empty sum: what is added to it costs no addition.
    let mut buckets: Vec<Option<C::Point>> = vec![None; 1 << (w - 1)];
    for window in (0..windows(bits, w)).rev() {
        for ((p, _), k) in terms.iter().zip(scalars.chunks_exact(len)) {
            let digit = digit(k, w, window);
            let bucket = (digit.unsigned_abs() as usize).checked_sub(1).and_then(|i| buckets.get_mut(i));
            if let Some(bucket) = bucket {
                add(bucket, if digit < 0 { -*p } else { *p });
            }
        }
        // B_1 + 2*B_2 + 3*B_3 + .. = (.. + B_3 + B_2 + B_1) + (.. + B_3 + B_2) + (.. + B_3) + ..
        let (mut tail, mut weighted) = (None, None);
        for bucket in buckets.iter_mut().rev() {
            bucket.take().into_iter().for_each(|sum| add(&mut tail, sum));
            tail.into_iter().for_each(|sum| add(&mut weighted, sum));
        }
        for _ in 0..w {
            total = total.double();
        }
        weighted.into_iter().for_each(|sum| total += sum);
    }
    total
}

fn add<P: Group>(sum: &mut Option<P>, p: P) {
    *sum = Some(sum.map_or(p, |sum| sum + p));
}

/// How many digits of w bits a scalar has: one bit more than its own, so that the last digit is not negative.
fn windows(bits: usize, w: usize) -> usize {
    (bits + 1).div_ceil(w)
}

/// The w with the fewest additions: in every window one for each term and one for each of 2^(w-1) buckets.
fn width(terms: usize, bits: usize) -> usize {
    (2..=15).min_by_key(|w| windows(bits, *w).saturating_mul(terms.saturating_add(1 << (w - 1)))).unwrap_or(2)
}

/// 2k, little-endian, `SCALAR_LEN` + 1 bytes.
fn push_doubled<C: Curve>(k: &C::Scalar, out: &mut Vec<u8>) {
    let repr = k.to_repr();
    let mut carry = 0;
    let mut push = |byte: &u8| {
        out.push((byte << 1) | carry);
        carry = byte >> 7;
    };
    if is_big_endian::<C>() {
        repr.as_ref().iter().rev().for_each(&mut push)
    } else {
        repr.as_ref().iter().for_each(&mut push)
    }
    push(&0);
}

/// Whether scalars are encoded with the highest byte first.
fn is_big_endian<C: Curve>() -> bool {
    C::Scalar::ONE.to_repr().as_ref().last() == Some(&1)
}

/// The i-th digit of w bits of k, signed (Booth): bits w*i..w*(i+1), the highest counted negative, plus the bit below.
fn digit(doubled: &[u8], w: usize, i: usize) -> i32 {
    let low = w * i;
    let word =
        (0..4).rev().fold(0, |word, j| (word << 8) | doubled.get(low / 8 + j).map_or(0, |b| i32::from(*b)));
    let bits = (word >> (low % 8)) & ((1 << (w + 1)) - 1);
    ((bits + 1) >> 1) - (bits >> w << w)
}

#[cfg(test)]
mod tests {
    use super::super::laws::terms;
    use super::super::toy::{Toy, ToyPoint, ToyScalar};
    use super::*;

    fn sum<C: Curve>(terms: &[(C::Point, C::Scalar)]) -> C::Point {
        terms.iter().map(|(p, k)| *p * k).sum()
    }

    #[test]
    fn all_pairs_of_the_toy() {
        let all: Vec<_> = (0..13).map(ToyScalar::from).collect();
        for p in &all {
            for (k, l) in all.iter().flat_map(|k| all.iter().map(move |l| (*k, *l))) {
                let terms = [(ToyPoint::generator() * p, k), (ToyPoint::generator(), l)];
                assert_eq!(msm_vartime::<Toy>(&terms), sum::<Toy>(&terms));
            }
        }
    }

    /// From one term to thousands: every width from 2 to 9 bits.
    fn many<C: Curve>() {
        for count in [0, 1, 2, 7, 30, 100, 300, 1000, 2500] {
            let terms = terms::<C>(count);
            assert_eq!(msm_vartime::<C>(&terms), sum::<C>(&terms), "{} {count}", C::NAME);
        }
    }

    #[test]
    fn agrees_with_the_naive_sum() {
        many::<Toy>();
        #[cfg(feature = "ed25519")]
        many::<super::super::Ed25519>();
        #[cfg(feature = "secp256k1")]
        many::<super::super::Secp256k1>();
        #[cfg(feature = "p256")]
        many::<super::super::P256>();
    }

    #[test]
    fn digits_spell_the_scalar() {
        for (value, w) in [0, 1, 2, 0x80, 0xff, 0x5555, 0xaaaa, 0xfffe, 0xffff_ffff, 0xdead_beef_0bad_cafe]
            .iter()
            .flat_map(|value: &u64| (2..=15).map(move |w| (*value, w)))
        {
            let doubled = (u128::from(value) * 2).to_le_bytes();
            let spelled = (0..windows(64, w)).rev().fold(0, |sum, i| {
                let digit = digit(doubled.get(..9).unwrap(), w, i);
                assert!(digit.unsigned_abs() <= 1 << (w - 1));
                (sum << w) + i128::from(digit)
            });
            assert_eq!(spelled, i128::from(value), "{value:x} {w}");
        }
    }

    #[test]
    fn wider_windows_for_more_terms() {
        let widths: Vec<_> = [1, 64, 128, 1000, 7000, 1 << 40].iter().map(|n| width(*n, 256)).collect();
        assert!(widths.is_sorted() && widths.iter().all(|w| (2..=15).contains(w)), "{widths:?}");
    }
}
