//! The matrix by columns, in constant time.

use alloc::boxed::Box;

use zeroize::Zeroize;

use super::BASE;
use super::row::{COLUMNS, Row};
use crate::secret::Secret;

/// Column j of 128 rows: bit r is bit j of row r.
pub(crate) fn columns(rows: &[Row]) -> Secret<Box<[u128]>> {
    debug_assert_eq!(rows.len(), BASE);
    let mut out = Secret::new(alloc::vec![0; COLUMNS].into_boxed_slice());
    let mut square = [0u64; 64];
    for (half, rows) in (0..).zip(rows.chunks(64)) {
        for (word, columns) in out.expose_mut().chunks_mut(64).enumerate() {
            for (to, row) in square.iter_mut().zip(rows) {
                *to = row.words().get(word).copied().unwrap_or(0);
            }
            transpose(&mut square);
            for (column, bits) in columns.iter_mut().zip(square) {
                *column |= u128::from(bits) << (64 * half);
            }
        }
    }
    square.zeroize();
    out
}

/// A 64 by 64 bit matrix, in place: six rounds of swapping blocks across the diagonal.
fn transpose(square: &mut [u64; 64]) {
    let (mut width, mut mask) = (32, 0x0000_0000_ffff_ffff_u64);
    while width > 0 {
        for block in square.chunks_mut(2 * width) {
            let (upper, lower) = block.split_at_mut(width);
            for (a, b) in upper.iter_mut().zip(lower) {
                let swap = ((*a >> width) ^ *b) & mask;
                *a ^= swap << width;
                *b ^= swap;
            }
        }
        width /= 2;
        mask ^= mask << width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_lands_where_it_belongs() {
        let byte = |r: usize, i: usize| (r * 31 + i * 17 + (r * i) / 5) as u8;
        let rows: alloc::vec::Vec<_> =
            (0..BASE).map(|r| Row::from_bytes(&core::array::from_fn(|i| byte(r, i)))).collect();
        let columns = columns(&rows);
        for (j, column) in columns.expose().iter().enumerate() {
            for r in 0..BASE {
                assert_eq!((column >> r) as u8 & 1, (byte(r, j / 8) >> (j % 8)) & 1, "row {r}, column {j}");
            }
        }
    }
}
