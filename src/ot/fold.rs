//! The universal hash of the extension's check: a row as a value of POLYVAL (RFC 8452, section 3).
//!
//! `fold(row) = POLYVAL(K; row_0, row_1, row_2, row_3) ^ row_mask`, where `row_m` are bytes 16m.. of the 52 column bytes (`row_3` is
//! four bytes and twelve zeros) and `row_mask` the last 16 bytes. Linear in the row; two rows with different columns have one fold for at most
//! four of 2^128 keys.

use polyval::universal_hash::UniversalHash;
use polyval::{Block, Polyval};

use super::Seed;
use super::row::{CHOICE_LEN, ROW_LEN, Row};

/// Folding under one key.
pub(crate) struct Fold(Polyval);

impl Fold {
    pub(crate) fn new(key: &Seed) -> Self {
        Self(Polyval::new(&(*key).into()))
    }

    pub(crate) fn row(&self, row: &Row) -> u128 {
        let bytes: [u8; ROW_LEN] = row.to_bytes();
        let (columns, mask) = bytes.split_at(CHOICE_LEN);
        let mut blocks = [Block::default(); 4];
        for (block, part) in blocks.iter_mut().zip(columns.chunks(16)) {
            block.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
        }
        let mut polyval = self.0.clone();
        polyval.update(&blocks);
        let folded = u128::from_le_bytes(polyval.finalize().into());
        folded ^ mask.first_chunk().map_or(0, |mask| u128::from_le_bytes(*mask))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8452, appendix A: POLYVAL of two blocks is the fold of a row that starts with two zero blocks.
    #[test]
    fn the_rfc_vector() {
        let x = |text: &str| hex::decode(text).unwrap();
        let fold = Fold::new(&x("25629347589242761d31f826ba4b757b").try_into().unwrap());
        let mut polyval = fold.0.clone();
        let block = |text: &str| Block::try_from(&x(text)[..]).unwrap();
        polyval
            .update(&[block("4f4f95668c83dfb6401762bb2d01a262"), block("d1a24ddd2721d006bbe45f20d3c9f362")]);
        assert_eq!(polyval.finalize().to_vec(), x("f7a3b47b846119fae5b7866cf5e5b77e"));
        let row = |bytes: &[u8]| {
            let mut row = [0; ROW_LEN];
            row[..bytes.len()].copy_from_slice(bytes);
            Row::from_bytes(&row)
        };
        // A row whose columns are zero folds to its mask; folds add up.
        let a = row(&[0x5a; ROW_LEN]);
        let mut b = row(&[0xc3; 17]);
        let sum = fold.row(&a) ^ fold.row(&b);
        b.add(&a);
        assert_eq!(fold.row(&b), sum);
        let mut mask = [0; ROW_LEN];
        mask[CHOICE_LEN..].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        assert_eq!(fold.row(&Row::from_bytes(&mask)), 0x100f_0e0d_0c0b_0a09_0807_0605_0403_0201);
    }
}
