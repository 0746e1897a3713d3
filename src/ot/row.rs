//! Rows of the extension's matrix: 416 bits of columns and 128 of mask, 68 bytes.

use zeroize::{DefaultIsZeroes, Zeroize};

use super::Seed;
use crate::hash::Keyed;

/// Columns of the matrix: transfers that one extension makes, `kappa + 2*lambda_s = 256 + 2*80`.
pub(crate) const COLUMNS: usize = 416;

/// Bytes of the columns of a row.
pub(crate) const CHOICE_LEN: usize = COLUMNS / 8;

/// Bits of the consistency check's field. The check is made non-interactive by hashing, so it is a computational parameter: 40 or 80
/// would let a cheater grind it offline.
pub(crate) const SIGMA: usize = 128;
const _: () = assert!(SIGMA == 128, "the check is computational");

/// Bytes of a row.
pub(crate) const ROW_LEN: usize = CHOICE_LEN + SIGMA / 8;

const WORDS: usize = ROW_LEN.div_ceil(8);

/// A row as little-endian words; the bytes after the 68th are zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Row([u64; WORDS]);

impl DefaultIsZeroes for Row {}

impl Row {
    /// The row that a leaf spells: `F("ss-leaf-row", K_leaf, u16 i || u16 y || u8 c || leaf)` for c = 0, 1, 2, the first 68 bytes.
    ///
    /// `label` is `u16 i || u16 y`; it may be secret.
    pub(crate) fn expand(key: &Keyed, label: [[u8; 2]; 2], leaf: &Seed) -> Self {
        let [[i0, i1], [y0, y1]] = label;
        let mut data = [0, 1, 2].map(|count| {
            let mut data = [0; 21];
            if let Some(start) = data.first_chunk_mut() {
                *start = [i0, i1, y0, y1, count];
            }
            if let Some(end) = data.last_chunk_mut() {
                *end = *leaf;
            }
            data
        });
        let mut row = Self::default();
        let blocks = key.words(&data);
        let words = blocks.as_flattened().as_chunks::<2>().0;
        for (word, [low, high]) in row.0.iter_mut().zip(words) {
            *word = u64::from(high.swap_bytes()) << 32 | u64::from(low.swap_bytes());
        }
        if let Some(last) = row.0.last_mut() {
            *last &= u64::MAX >> (64 * WORDS - 8 * ROW_LEN);
        }
        data.zeroize();
        row
    }

    /// 68 bytes.
    pub(crate) fn from_bytes(bytes: &[u8; ROW_LEN]) -> Self {
        let mut row = Self::default();
        let (whole, rest) = bytes.as_chunks::<8>();
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        row.0
            .iter_mut()
            .zip(whole.iter().chain([&last]))
            .for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        row
    }

    /// The 68 bytes.
    pub(crate) fn to_bytes(self) -> [u8; ROW_LEN] {
        let mut out = [0; ROW_LEN];
        out.chunks_mut(8).zip(self.0).for_each(|(to, word)| {
            to.iter_mut().zip(word.to_le_bytes()).for_each(|(to, from)| *to = from);
        });
        out
    }

    /// Little-endian words.
    pub(crate) const fn words(&self) -> &[u64; WORDS] {
        &self.0
    }

    /// `self ^= other`.
    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a ^= b);
    }

    /// `self ^= other` where `mask` is all ones, nothing where it is zero.
    pub(crate) fn add_masked(&mut self, other: &Self, mask: u64) {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a ^= b & mask);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Tag;

    /// What stands behind the 68th byte is in no row.
    #[test]
    fn a_row_from_a_leaf_is_its_bytes() {
        let key = Keyed::new(Tag::SsLeafRow, &[3; 32]);
        for leaf in 0..8 {
            let row = Row::expand(&key, [[0, 1], [0, 2]], &[leaf; 16]);
            assert_eq!(Row::from_bytes(&row.to_bytes()), row);
        }
    }

    #[test]
    fn bytes_come_back() {
        let bytes: [u8; ROW_LEN] = core::array::from_fn(|i| i as u8 + 1);
        let mut row = Row::from_bytes(&bytes);
        assert_eq!(row.to_bytes(), bytes);
        assert_eq!(row.words()[8], u64::from_le_bytes([65, 66, 67, 68, 0, 0, 0, 0]));
        row.add(&Row::from_bytes(&bytes));
        assert_eq!(row, Row::default());
        row.add_masked(&Row::from_bytes(&bytes), 0);
        assert_eq!(row, Row::default());
        row.add_masked(&Row::from_bytes(&bytes), u64::MAX);
        assert_eq!(row.to_bytes(), bytes);
    }
}
