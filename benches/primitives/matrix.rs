//! What stands between rows and pads, whichever the hashes: sums of rows, their folds, the hash of u, the transposed matrix.

use std::hint::black_box;

use criterion::Criterion;
use polyval::Polyval;
use polyval::universal_hash::UniversalHash;
use sha2::{Digest, Sha256};

use crate::rows::DEPTHS;
use crate::table::Table;
use crate::{Block, COLUMNS, ROW, ROWS, Row};

/// Name of the whole, per signature and counterparty.
pub(crate) fn both(k: usize) -> String {
    format!("matrix k={k}: XOR + fold + transpose + u, both roles")
}

fn xor(to: &mut Row, from: &Row) {
    for (a, b) in to.iter_mut().zip(from) {
        *a ^= b;
    }
}

/// The k rows of one block from its 2^k leaves; the sum of all leaves ends in place 0.
fn butterfly(leaves: &mut [Row], out: &mut [Row]) {
    let mut len = leaves.len();
    for row in out {
        *row = leaves[1];
        for m in (3..len).step_by(2) {
            let odd = leaves[m];
            xor(row, &odd);
        }
        len /= 2;
        for m in 0..len {
            let odd = leaves[2 * m + 1];
            leaves[m] = leaves[2 * m];
            xor(&mut leaves[m], &odd);
        }
    }
}

/// Four blocks of the row under POLYVAL, plus the mask.
fn fold(key: &Polyval, row: &Row) -> Block {
    let mut blocks = [polyval::Block::default(); 4];
    for (to, from) in blocks.iter_mut().zip(row[..52].chunks(16)) {
        to[..from.len()].copy_from_slice(from);
    }
    let mut state = key.clone();
    state.update(&blocks);
    let mut out: Block = state.finalize().into();
    for (a, b) in out.iter_mut().zip(&row[52..]) {
        *a ^= b;
    }
    out
}

/// 128 words of 128 bits, transposed in place by halves.
fn transpose_square(m: &mut [u128; 128]) {
    let mut mask = u128::MAX >> 64;
    let mut width = 64;
    while width > 0 {
        for top in (0..128).filter(|i| i & width == 0) {
            let swap = (m[top] >> width ^ m[top + width]) & mask;
            m[top] ^= swap << width;
            m[top + width] ^= swap;
        }
        width /= 2;
        mask ^= mask << width;
    }
}

/// Columns of the first 416 bits of 128 rows.
fn transpose(rows: &[Row], columns: &mut [Block]) {
    for (at, out) in columns.chunks_mut(128).enumerate() {
        let mut square = [0; 128];
        for (word, row) in square.iter_mut().zip(rows) {
            let part = &row[16 * at..(16 * at + 16).min(52)];
            let mut bytes = [0; 16];
            bytes[..part.len()].copy_from_slice(part);
            *word = u128::from_le_bytes(bytes);
        }
        transpose_square(&mut square);
        for (to, from) in out.iter_mut().zip(&square) {
            *to = from.to_le_bytes();
        }
    }
}

fn check_transpose(rows: &[Row]) {
    let mut columns = [[0; 16]; COLUMNS];
    transpose(rows, &mut columns);
    let bit = |bytes: &[u8], j: usize| bytes[j / 8] >> (j % 8) & 1;
    for (j, column) in columns.iter().enumerate() {
        assert!((0..ROWS).all(|i| bit(column, i) == bit(&rows[i], j)), "column {j}");
    }
}

/// Everything of both roles but the rows and the pads.
fn whole(k: usize, key: &Polyval, leaves: &[Row], columns: &mut [Block]) -> [Block; 2] {
    let mut rows = [[0; ROW]; ROWS];
    let mut slots = vec![[0; ROW]; 1 << k];
    let mut digests = [[0; 16]; 2];
    for digest in &mut digests {
        let mut u = Sha256::new();
        let mut t = Sha256::new();
        for block in rows.chunks_mut(k) {
            slots.copy_from_slice(&leaves[..1 << k]);
            butterfly(&mut slots, block);
            u.update(slots[0]);
        }
        for row in &rows {
            t.update(fold(key, row));
        }
        t.update(fold(key, &slots[0]));
        t.update(u.finalize());
        digest.copy_from_slice(&t.finalize()[..16]);
        transpose(&rows, columns);
    }
    digests
}

pub(crate) fn bench(c: &mut Criterion, table: &mut Table) {
    let key = Polyval::new(&crate::random::<16>().into());
    let bytes = crate::random::<{ ROW * ROWS }>();
    let rows: Vec<Row> = bytes.chunks_exact(ROW).map(|r| r.try_into().unwrap()).collect();
    let mut columns = [[0; 16]; COLUMNS];
    check_transpose(&rows);

    table.bench(c, "POLYVAL, one row (4 blocks)", || fold(black_box(&key), black_box(&rows[5])));
    for k in DEPTHS {
        let mut out = [[0; ROW]; 4];
        let mut slots = rows[..1 << k].to_vec();
        table.bench(c, format!("row sums of one block, k={k}"), || {
            butterfly(black_box(&mut slots), &mut out[..k]);
            out
        });
    }
    table.bench(c, "transpose 128 x 416", || {
        transpose(black_box(&rows), &mut columns);
        columns[415]
    });
    for k in DEPTHS {
        table.bench(c, both(k), || whole(k, &key, black_box(&rows), &mut columns));
    }
}
