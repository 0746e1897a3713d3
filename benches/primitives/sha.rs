//! SHA-256 with the state after one key block kept: one compression per 32 bytes.

use std::hint::black_box;

use criterion::Criterion;
use sha2::block_api::compress256;
use sha2::{Digest, Sha256, Sha512};

use crate::table::Table;

const H256: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

fn key_block(tag: &str, key: &[u8; 32]) -> [u8; 64] {
    let mut block = [0; 64];
    for (to, from) in block.iter_mut().zip(b"quorate/1/".iter().chain(tag.as_bytes())) {
        *to = *from;
    }
    block[32..].copy_from_slice(key);
    block
}

/// Through the hasher: clone, update, finalize.
pub(crate) struct Hasher(Sha256);

impl Hasher {
    pub(crate) fn new(tag: &str, key: &[u8; 32]) -> Self {
        Self(Sha256::new().chain_update(key_block(tag, key)))
    }

    pub(crate) fn hash(&self, data: &[u8]) -> [u8; 32] {
        self.0.clone().chain_update(data).finalize().into()
    }
}

/// Through the compression function: the second blocks are laid out by hand, without buffer and counters.
///
/// All blocks of an input are laid out before the first is compressed: a compression that reads 16 bytes just written in
/// smaller pieces waits for the stores.
pub(crate) struct Compress([u32; 8]);

impl Compress {
    pub(crate) fn new(tag: &str, key: &[u8; 32]) -> Self {
        let mut state = H256;
        compress256(&mut state, &[key_block(tag, key)]);
        Self(state)
    }

    /// `N` hashes of `data`, where the byte at `at` counts up from its value.
    pub(crate) fn hash<const N: usize>(&self, data: &[u8], at: usize) -> [[u8; 32]; N] {
        let mut first = [0; 64];
        first[..data.len()].copy_from_slice(data);
        first[data.len()] = 0x80;
        first[56..].copy_from_slice(&(8 * (64 + data.len() as u64)).to_be_bytes());
        let mut blocks = [first; N];
        for (c, block) in (0..).zip(&mut blocks) {
            block[at] += c;
        }
        blocks.map(|block| {
            let mut state = self.0;
            compress256(&mut state, core::slice::from_ref(&block));
            let mut out = [0; 32];
            for (to, word) in out.chunks_exact_mut(4).zip(state) {
                to.copy_from_slice(&word.to_be_bytes());
            }
            out
        })
    }
}

pub(crate) fn bench(c: &mut Criterion, table: &mut Table) {
    let key = crate::random();
    let data: [u8; 21] = crate::random();
    let hasher = Hasher::new("ss-leaf-row", &key);
    let compress = Compress::new("ss-leaf-row", &key);
    assert_eq!([hasher.hash(&data)], compress.hash::<1>(&data, 4), "both are the same function");

    table.bench(c, "SHA-256, kept state, 21 B, hasher", || hasher.hash(black_box(&data)));
    table.bench(c, "SHA-256, kept state, 21 B, block API", || compress.hash::<1>(black_box(&data), 4));
    let long = vec![7; 39_936];
    table.bench(c, "SHA-256 of 39,936 B", || Sha256::digest(black_box(&long)));
    table.bench(c, "SHA-512 of 64 B", || Sha512::digest(black_box(&long[..64])));
    table.bench(c, "BLAKE3 of 39,936 B", || blake3::hash(black_box(&long)));
}
