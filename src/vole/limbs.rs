//! Integers modulo q with few reductions: sums of products are accumulated at full width and reduced once.
//!
//! Values are four 64-bit limbs, the lowest first, below 2^256 but not always below q. Everything takes constant time. The curve crates have no such
//! accumulator; with it the inner products of the multiplication cost about half.

// Loops over arrays of a fixed length; no index comes from outside.
#![allow(clippy::indexing_slicing)]

use core::marker::PhantomData;

use ff::PrimeField;
use zeroize::Zeroize;

use super::VoleCurve;
#[cfg(test)]
use crate::curve::read_scalar;
use crate::secret::mask_of;

/// Four limbs, the lowest first.
pub(crate) type Limbs = [u64; 4];

/// From a hash's eight big-endian words.
#[cfg(feature = "secp256k1")]
#[inline]
pub(crate) fn from_words(words: &[u32; 8]) -> Limbs {
    core::array::from_fn(|i| u64::from(words[6 - 2 * i]) << 32 | u64::from(words[7 - 2 * i]))
}

/// From 32 big-endian bytes.
#[inline]
pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Limbs {
    let (words, _) = bytes.as_chunks::<8>();
    core::array::from_fn(|i| u64::from_be_bytes(words[3 - i]))
}

/// 32 big-endian bytes.
#[inline]
pub(crate) fn to_bytes(limbs: &Limbs) -> [u8; 32] {
    let mut out = [0; 32];
    for (i, word) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
        *word = limbs[3 - i].to_be_bytes();
    }
    out
}

/// The limbs of a scalar.
#[inline]
pub(crate) fn of<C: VoleCurve>(scalar: &C::Scalar) -> Limbs {
    let mut bytes = scalar.to_repr();
    let limbs = bytes.as_ref().first_chunk().map_or([0; 4], from_bytes);
    bytes.as_mut().zeroize();
    limbs
}

/// Adds `b` where `mask` is all ones; gives the carry.
#[inline]
fn add_masked(a: &mut Limbs, b: &Limbs, mask: u64) -> u64 {
    let mut carry = 0;
    for i in 0..4 {
        let sum = u128::from(a[i]) + u128::from(b[i] & mask) + u128::from(carry);
        a[i] = sum as u64;
        carry = (sum >> 64) as u64;
    }
    carry
}

/// `a - b` and the borrow.
#[inline]
const fn subtract(a: &Limbs, b: &Limbs) -> (Limbs, u64) {
    let (mut out, mut borrow, mut i) = ([0; 4], false, 0);
    while i < 4 {
        let (difference, first) = a[i].overflowing_sub(b[i]);
        let (difference, second) = difference.overflowing_sub(borrow as u64);
        (out[i], borrow) = (difference, first | second);
        i += 1;
    }
    (out, borrow as u64)
}

/// `2^256 - q`: what a carry counts.
pub(super) const fn gap(q: &Limbs) -> Limbs {
    subtract(&[0; 4], q).0
}

/// `2q - 2^256`: 2q without its highest bit.
pub(super) const fn twice(q: &Limbs) -> Limbs {
    subtract(q, &gap(q)).0
}

/// Whether the value is below q; of public values.
#[inline]
pub(crate) fn is_canonical<C: VoleCurve>(a: &Limbs) -> bool {
    subtract(a, &C::ORDER).1 != 0
}

/// `a + b` where `mask` is all ones, else `a`: modulo q, below 2^256. One of the two is below q.
#[inline]
pub(crate) fn sum_masked<C: VoleCurve>(a: &Limbs, b: &Limbs, mask: u64) -> Limbs {
    let mut sum = *a;
    let carry = add_masked(&mut sum, b, mask);
    add_masked(&mut sum, &C::GAP, mask_of(carry));
    sum
}

/// `a - b + c` modulo q, below q; `c` is below q, the others below 2^256.
#[inline]
pub(crate) fn mask<C: VoleCurve>(a: &Limbs, b: &Limbs, c: &Limbs) -> Limbs {
    // `a + c + 2q - b`, which is between zero and 2^258, since 2q is above 2^256.
    let mut sum = *a;
    let high = add_masked(&mut sum, c, u64::MAX) + add_masked(&mut sum, &C::TWICE, u64::MAX) + 1;
    let (mut out, borrow) = subtract(&sum, b);
    let high = high - borrow;
    // What stands above 2^256 counts `gap` each; so does the carry of that, which leaves next to nothing below it.
    let mut carry = 0;
    for (limb, gap) in out.iter_mut().zip(C::GAP) {
        let sum = u128::from(gap) * u128::from(high) + u128::from(*limb) + u128::from(carry);
        *limb = sum as u64;
        carry = (sum >> 64) as u64;
    }
    add_masked(&mut out, &C::GAP, mask_of(carry));
    // Below 2^256 to below q.
    let (reduced, borrow) = subtract(&out, &C::ORDER);
    select(&mut out, &reduced, !mask_of(borrow));
    out
}

#[inline]
fn select(a: &mut Limbs, b: &Limbs, mask: u64) {
    for i in 0..4 {
        a[i] ^= (a[i] ^ b[i]) & mask;
    }
}

/// A sum of products, at full width: up to 2^60 of them.
#[derive(Debug)]
pub(crate) struct Sum<C>([u64; 9], PhantomData<C>);

impl<C: VoleCurve> Sum<C> {
    pub(crate) const fn new() -> Self {
        Self([0; 9], PhantomData)
    }

    /// Starts from one value.
    #[inline]
    pub(crate) fn from(a: &Limbs) -> Self {
        let [a, b, c, d] = *a;
        Self([a, b, c, d, 0, 0, 0, 0, 0], PhantomData)
    }

    /// Adds `a` where `mask` is all ones.
    #[inline]
    pub(crate) fn add_masked(&mut self, a: &Limbs, mask: u64) {
        let mut carry = 0;
        for (limb, a) in self.0.iter_mut().zip(a.iter().map(|limb| limb & mask).chain([0; 5])) {
            let sum = u128::from(*limb) + u128::from(a) + u128::from(carry);
            *limb = sum as u64;
            carry = (sum >> 64) as u64;
        }
    }

    /// Adds `a * b`.
    #[inline]
    pub(crate) fn add_product(&mut self, a: &Limbs, b: &Limbs) {
        let mut product = [0u64; 8];
        for i in 0..4 {
            let mut carry = 0;
            for k in 0..4 {
                let sum =
                    u128::from(product[i + k]) + u128::from(a[i]) * u128::from(b[k]) + u128::from(carry);
                product[i + k] = sum as u64;
                carry = (sum >> 64) as u64;
            }
            product[i + 4] = carry;
        }
        let mut carry = 0;
        for (limb, product) in self.0.iter_mut().zip(product) {
            let sum = u128::from(*limb) + u128::from(product) + u128::from(carry);
            *limb = sum as u64;
            carry = (sum >> 64) as u64;
        }
        self.0[8] += carry;
    }

    /// The sum modulo q.
    #[inline]
    pub(crate) fn reduce(mut self) -> C::Scalar {
        // What stands above 512 bits counts `2^512 mod q` each; a second time for the carry of the first.
        for _ in 0..2 {
            let top = u128::from(self.0[8]);
            let mut carry = 0;
            for i in 0..8 {
                let add = if i < 4 { top * u128::from(C::WRAP[i]) } else { 0 };
                let sum = add + u128::from(self.0[i]) + u128::from(carry);
                self.0[i] = sum as u64;
                carry = (sum >> 64) as u64;
            }
            self.0[8] = carry;
        }
        let mut wide = [0; 64];
        for (i, word) in wide.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            *word = self.0[7 - i].to_be_bytes();
        }
        let scalar = C::scalar_from_wide(&wide);
        wide.zeroize();
        self.0.zeroize();
        scalar
    }
}

#[cfg(test)]
mod tests {
    use ff::Field;
    use rand_chacha::ChaCha20Rng;
    use rand_core::{Rng, SeedableRng};

    use super::*;

    /// The scalar of any 256-bit integer.
    fn scalar<C: VoleCurve>(limbs: &Limbs) -> C::Scalar {
        let mut wide = [0; 64];
        wide[32..].copy_from_slice(&to_bytes(limbs));
        C::scalar_from_wide(&wide)
    }

    fn laws<C: VoleCurve>() {
        let mut two_512 = C::Scalar::ONE;
        (0..512).for_each(|_| two_512 = two_512.double());
        assert_eq!(of::<C>(&two_512), C::WRAP);
        assert_eq!(of::<C>(&-C::Scalar::ONE), subtract(&C::ORDER, &[1, 0, 0, 0]).0);

        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let below = |n: u64| subtract(&C::ORDER, &[n, 0, 0, 0]).0;
        let mut values = alloc::vec![
            [0; 4],
            [1, 0, 0, 0],
            below(1),
            below(2),
            C::ORDER,
            [u64::MAX; 4],
            [0, 0, 0, u64::MAX]
        ];
        values.extend([C::GAP, C::TWICE, subtract(&C::GAP, &[1, 0, 0, 0]).0]);
        values.extend((0..20).map(|_| [0; 4].map(|_| rng.next_u64())));
        for a in &values {
            assert_eq!(is_canonical::<C>(a), read_scalar::<C>(&to_bytes(a)).is_some());
            assert_eq!(from_bytes(&to_bytes(a)), *a);
            assert_eq!(
                from_words(&core::array::from_fn(|i| (a[3 - i / 2] >> (32 * (1 - i % 2))) as u32)),
                *a
            );
            for b in &values {
                let (x, y) = (scalar::<C>(a), scalar::<C>(b));
                let mut sum = Sum::<C>::from(a);
                sum.add_product(a, b);
                sum.add_product(b, b);
                sum.add_masked(b, u64::MAX);
                sum.add_masked(b, 0);
                assert_eq!(sum.reduce(), x + x * y + y * y + y);
                for c in values.iter().filter(|c| is_canonical::<C>(c)) {
                    assert_eq!(mask::<C>(a, b, c), of::<C>(&(x - y + scalar::<C>(c))));
                    assert_eq!(scalar::<C>(&sum_masked::<C>(a, c, u64::MAX)), x + scalar::<C>(c));
                    assert_eq!(sum_masked::<C>(a, c, 0), *a);
                }
            }
        }
        // What no run comes near: the first turn of the reduction carries.
        let full = Sum::<C>([u64::MAX; 9], PhantomData).reduce();
        let two_576 = (0..64).fold(two_512, |x, _| x.double());
        assert_eq!(full, two_576 - C::Scalar::ONE);
        let mut most = Sum::<C>::new();
        (0..1000).for_each(|_| most.add_product(&[u64::MAX; 4], &[u64::MAX; 4]));
        let x = scalar::<C>(&[u64::MAX; 4]);
        assert_eq!(most.reduce(), x * x * C::Scalar::from(1000));
    }

    #[test]
    fn limbs_follow_the_scalars() {
        laws::<crate::curve::Secp256k1>();
        laws::<crate::curve::P256>();
    }
}
