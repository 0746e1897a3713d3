//! What a curve adds: its gadget vector, and how a pad is read as scalars.

// Without a curve nobody asks for either.
#![cfg_attr(not(any(feature = "secp256k1", feature = "p256")), allow(dead_code))]

use alloc::vec::Vec;

#[cfg(any(feature = "secp256k1", feature = "p256"))]
use spin::Once;
#[cfg(feature = "p256")]
use zeroize::Zeroize;

use super::limbs::{self, Limbs};
use crate::curve::Curve;
use crate::hash::{Keyed, Tag, Transcript};
use crate::ot::row::COLUMNS;

/// A curve that the multiplication runs over. Implemented for secp256k1 and P-256.
pub trait VoleCurve: Curve {
    /// q.
    #[doc(hidden)]
    const ORDER: [u64; 4];

    /// `2^256 - q`.
    #[doc(hidden)]
    const GAP: [u64; 4] = limbs::gap(&Self::ORDER);

    /// `2q - 2^256`.
    #[doc(hidden)]
    const TWICE: [u64; 4] = limbs::twice(&Self::ORDER);

    /// `2^512 mod q`.
    #[doc(hidden)]
    const WRAP: [u64; 4];

    /// The three numbers modulo q that the pad of column `j` at `z` spells.
    #[doc(hidden)]
    fn pad(key: &Pads, j: u16, z: u128) -> [Limbs; 3];

    /// `g_j = H2S("gadget"; curve, u16 416, u16 j)`, public, made at first use.
    #[doc(hidden)]
    fn gadget() -> &'static [Limbs];
}

/// Pads under one key: `out_c(j, z) = F("ss-pad-out", K_pad, u16 j || u8 c || u8 0 || z)`.
#[doc(hidden)]
pub struct Pads(pub(super) Keyed);

impl Pads {
    #[inline]
    fn blocks<const B: usize>(&self, j: u16, z: u128) -> [[u32; 8]; B] {
        let [high, low] = j.to_be_bytes();
        let mut data = [[0; 20]; B];
        for (count, data) in (0..).zip(&mut data) {
            if let Some(start) = data.first_chunk_mut() {
                *start = [high, low, count, 0];
            }
            if let Some(end) = data.last_chunk_mut() {
                *end = z.to_le_bytes();
            }
        }
        self.0.words(&data)
    }
}

fn table<C: VoleCurve>() -> Vec<Limbs> {
    let start = Transcript::new(Tag::Gadget).bytes(C::NAME.as_bytes()).u16(COLUMNS as u16);
    (0..COLUMNS as u16).map(|j| limbs::of::<C>(&start.clone().u16(j).scalar::<C>())).collect()
}

#[cfg(feature = "secp256k1")]
impl VoleCurve for crate::curve::Secp256k1 {
    const ORDER: Limbs = [0xbfd2_5e8c_d036_4141, 0xbaae_dce6_af48_a03b, 0xffff_ffff_ffff_fffe, u64::MAX];
    const WRAP: Limbs =
        [0x896c_f214_67d7_d140, 0x7414_96c2_0e7c_f878, 0xe697_f5e4_5bcd_07c6, 0x9d67_1cd5_81c6_9bc5];

    /// Three blocks, each an integer. A 32-byte reduction is sound on this curve only, where q is within 2^129 of 2^256: the
    /// distance from uniform is below 2^-127 a number.
    #[inline]
    fn pad(key: &Pads, j: u16, z: u128) -> [Limbs; 3] {
        key.blocks::<3>(j, z).map(|block| limbs::from_words(&block))
    }

    fn gadget() -> &'static [Limbs] {
        static TABLE: Once<Vec<Limbs>> = Once::new();
        TABLE.call_once(table::<Self>)
    }
}

#[cfg(feature = "p256")]
impl VoleCurve for crate::curve::P256 {
    const ORDER: Limbs = [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, u64::MAX, 0xffff_ffff_0000_0000];
    const WRAP: Limbs =
        [0x8324_4c95_be79_eea2, 0x4699_799c_49bd_6fa6, 0x2845_b239_2b6b_ec59, 0x66e1_2d94_f3d9_5620];

    /// Five blocks, of which 48 bytes make a number: 32 would be biased by 2^-32.
    fn pad(key: &Pads, j: u16, z: u128) -> [Limbs; 3] {
        let mut words = key.blocks::<5>(j, z);
        let mut numbers = [[0; 4]; 3];
        for (number, part) in numbers.iter_mut().zip(words.as_flattened().as_chunks::<12>().0) {
            let mut wide = [0; 64];
            let to = wide.as_chunks_mut::<4>().0.iter_mut().skip(4);
            to.zip(part).for_each(|(to, word)| *to = word.to_be_bytes());
            *number = limbs::of::<Self>(&Self::scalar_from_wide(&wide));
            wide.zeroize();
        }
        words.zeroize();
        numbers
    }

    fn gadget() -> &'static [Limbs] {
        static TABLE: Once<Vec<Limbs>> = Once::new();
        TABLE.call_once(table::<Self>)
    }
}
