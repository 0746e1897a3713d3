//! The pad hash: (column j, 16 secret bytes) to 3 blocks of 32 bytes for secp256k1, 5 for P-256, under one key per use.

use std::hint::black_box;

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use criterion::Criterion;

use crate::sha::{Compress, Hasher};
use crate::table::Table;
use crate::{Block, COLUMNS};

pub(crate) const NAMES: [&str; 4] = ["SHA-256", "SHA-256 block API", "BLAKE3", "AES-128 tweaked"];

/// Name of the pads of one signature and counterparty: 416 at Bob, twice 416 at Alice.
pub(crate) fn both(pad: &str, blocks: usize) -> String {
    format!("pads of {blocks} blocks, {pad}: 416 + 832")
}

pub(crate) trait Pad {
    fn new(key: &[u8; 32]) -> Self;
    fn pad<const N: usize>(&self, j: u16, z: &Block, out: &mut [[u8; 32]; N]);
}

fn label(j: u16, c: u8, z: &Block) -> [u8; 20] {
    let mut data = [0; 20];
    data[..2].copy_from_slice(&j.to_be_bytes());
    data[2] = c;
    data[4..].copy_from_slice(z);
    data
}

impl Pad for Hasher {
    fn new(key: &[u8; 32]) -> Self {
        Self::new("ss-pad-out", key)
    }

    fn pad<const N: usize>(&self, j: u16, z: &Block, out: &mut [[u8; 32]; N]) {
        for (c, block) in (0..).zip(out) {
            *block = self.hash(&label(j, c, z));
        }
    }
}

impl Pad for Compress {
    fn new(key: &[u8; 32]) -> Self {
        Self::new("ss-pad-out", key)
    }

    fn pad<const N: usize>(&self, j: u16, z: &Block, out: &mut [[u8; 32]; N]) {
        *out = self.hash(&label(j, 0, z), 2);
    }
}

pub(crate) struct Blake(blake3::Hasher);

impl Pad for Blake {
    fn new(key: &[u8; 32]) -> Self {
        Self(blake3::Hasher::new_keyed(key))
    }

    fn pad<const N: usize>(&self, j: u16, z: &Block, out: &mut [[u8; 32]; N]) {
        self.0.clone().update(&label(j, 0, z)).finalize_xof().fill(out.as_flattened_mut());
    }
}

/// pi(pi(z) ^ tweak) ^ pi(z) with pi fixed for the use, the tweak holding column and counter.
pub(crate) struct Tweaked(Aes128);

impl Pad for Tweaked {
    fn new(key: &[u8; 32]) -> Self {
        Self(Aes128::new_from_slice(&key[..16]).unwrap())
    }

    fn pad<const N: usize>(&self, j: u16, z: &Block, out: &mut [[u8; 32]; N]) {
        let mut inner = Array::from(*z);
        self.0.encrypt_block(&mut inner);
        let inner = u128::from_le_bytes(inner.into());
        let tweak = |c: usize| inner ^ (u128::from(j) << 8 | c as u128);
        let mut pairs: [[Array<u8, _>; 2]; N] =
            std::array::from_fn(|c| [2 * c, 2 * c + 1].map(|c| Array::from(tweak(c).to_le_bytes())));
        self.0.encrypt_blocks(pairs.as_flattened_mut());
        for (to, from) in out.as_flattened_mut().chunks_exact_mut(16).zip(pairs.as_flattened()) {
            let word = u128::from_le_bytes((*from).into()) ^ inner;
            to.copy_from_slice(&word.to_le_bytes());
        }
    }
}

fn bench_sized<P: Pad, const N: usize>(name: &str, c: &mut Criterion, table: &mut Table) {
    let pad = P::new(&crate::random());
    let z = crate::random();
    let mut out = [[0; 32]; N];
    table.bench(c, format!("pad of {N} blocks, {name}"), || {
        pad.pad(black_box(3), black_box(&z), &mut out);
        out
    });
    table.bench(c, both(name, N), || {
        for j in 0..3 * COLUMNS as u16 {
            pad.pad(j, black_box(&z), black_box(&mut out));
        }
        out
    });
}

fn bench_one<P: Pad>(name: &str, c: &mut Criterion, table: &mut Table) {
    bench_sized::<P, 3>(name, c, table);
    bench_sized::<P, 5>(name, c, table);
}

fn agree() {
    let (key, z) = (crate::random(), crate::random());
    let (mut a, mut b) = ([[0; 32]; 5], [[0; 32]; 5]);
    <Hasher as Pad>::new(&key).pad(300, &z, &mut a);
    <Compress as Pad>::new(&key).pad(300, &z, &mut b);
    assert_eq!(a, b, "both ways to call SHA-256 are the same function");
}

pub(crate) fn bench(c: &mut Criterion, table: &mut Table) {
    agree();
    let [sha, block, blake, aes] = NAMES;
    bench_one::<Hasher>(sha, c, table);
    bench_one::<Compress>(block, c, table);
    bench_one::<Blake>(blake, c, table);
    bench_one::<Tweaked>(aes, c, table);
}
