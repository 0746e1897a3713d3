//! The leaf generator: (block i, leaf y, 16 secret bytes) to a row of 68 bytes, under one key per use.

use std::hint::black_box;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use criterion::Criterion;

use crate::sha::{Compress, Hasher};
use crate::table::Table;
use crate::{Block, ROW, ROWS, Row};

pub(crate) const DEPTHS: [usize; 2] = [2, 4];
pub(crate) const NAMES: [&str; 4] = ["SHA-256", "SHA-256 block API", "AES-128-CTR", "BLAKE3"];

/// Name of the rows of one signature and counterparty: Bob's N*2^k and Alice's N*(2^k - 1).
pub(crate) fn both(k: usize, prg: &str) -> String {
    let (blocks, leaves) = (ROWS / k, 1 << k);
    format!("rows k={k}, {prg}: {} + {}", blocks * leaves, blocks * (leaves - 1))
}

pub(crate) trait Prg {
    fn new(key: &[u8; 32]) -> Self;
    fn row(&self, i: u16, y: u16, leaf: &Block, out: &mut Row);
}

fn label(i: u16, y: u16, c: u8, leaf: &Block) -> [u8; 21] {
    let mut data = [0; 21];
    data[..2].copy_from_slice(&i.to_be_bytes());
    data[2..4].copy_from_slice(&y.to_be_bytes());
    data[4] = c;
    data[5..].copy_from_slice(leaf);
    data
}

impl Prg for Hasher {
    fn new(key: &[u8; 32]) -> Self {
        Self::new("ss-leaf-row", key)
    }

    fn row(&self, i: u16, y: u16, leaf: &Block, out: &mut Row) {
        for (c, chunk) in (0..).zip(out.chunks_mut(32)) {
            chunk.copy_from_slice(&self.hash(&label(i, y, c, leaf))[..chunk.len()]);
        }
    }
}

impl Prg for Compress {
    fn new(key: &[u8; 32]) -> Self {
        Self::new("ss-leaf-row", key)
    }

    fn row(&self, i: u16, y: u16, leaf: &Block, out: &mut Row) {
        let blocks = self.hash::<3>(&label(i, y, 0, leaf), 4);
        out.copy_from_slice(&blocks.as_flattened()[..ROW]);
    }
}

pub(crate) struct Ctr(Compress);

impl Prg for Ctr {
    fn new(key: &[u8; 32]) -> Self {
        Self(Compress::new("ss-leaf-row", key))
    }

    fn row(&self, i: u16, y: u16, leaf: &Block, out: &mut Row) {
        let [key] = self.0.hash(&label(i, y, 255, leaf), 4);
        let key: Block = key[..16].try_into().unwrap();
        let mut stream: [_; 5] = std::array::from_fn(|c| Array::from((c as u128).to_be_bytes()));
        Aes128::new(&key.into()).encrypt_blocks(&mut stream);
        for (chunk, block) in out.chunks_mut(16).zip(&stream) {
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

pub(crate) struct Blake(blake3::Hasher);

impl Prg for Blake {
    fn new(key: &[u8; 32]) -> Self {
        Self(blake3::Hasher::new_keyed(key))
    }

    fn row(&self, i: u16, y: u16, leaf: &Block, out: &mut Row) {
        self.0.clone().update(&label(i, y, 0, leaf)).finalize_xof().fill(out);
    }
}

/// Bob's rows of all blocks, then Alice's, who lacks one leaf of each.
fn rows<P: Prg>(prg: &P, k: usize, leaf: &Block, out: &mut Row) {
    for first in [0, 1] {
        for i in 0..(ROWS / k) as u16 {
            for y in first..1 << k {
                prg.row(i, y, leaf, out);
            }
        }
    }
}

fn bench_one<P: Prg>(name: &str, c: &mut Criterion, table: &mut Table) {
    let prg = P::new(&crate::random());
    let leaf = crate::random();
    let mut out = [0; ROW];
    table.bench(c, format!("row, {name}"), || {
        prg.row(black_box(3), 1, black_box(&leaf), &mut out);
        out
    });
    for k in DEPTHS {
        table.bench(c, both(k, name), || {
            rows(&prg, k, black_box(&leaf), &mut out);
            out
        });
    }
}

fn agree() {
    let (key, leaf) = (crate::random(), crate::random());
    let (mut a, mut b) = ([0; ROW], [0; ROW]);
    <Hasher as Prg>::new(&key).row(300, 7, &leaf, &mut a);
    <Compress as Prg>::new(&key).row(300, 7, &leaf, &mut b);
    assert_eq!(a, b, "both ways to call SHA-256 are the same function");
}

pub(crate) fn bench(c: &mut Criterion, table: &mut Table) {
    agree();
    let [sha, block, ctr, blake] = NAMES;
    bench_one::<Hasher>(sha, c, table);
    bench_one::<Compress>(block, c, table);
    bench_one::<Ctr>(ctr, c, table);
    bench_one::<Blake>(blake, c, table);
}
