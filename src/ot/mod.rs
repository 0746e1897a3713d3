//! Oblivious transfer: base transfers, all-but-one transfers from them, and the extension that makes thousands from those.

pub(crate) mod base;
pub(crate) mod extension;
pub(crate) mod fold;
pub(crate) mod pprf;
pub(crate) mod row;
mod transpose;

use subtle::{Choice, ConditionallySelectable};

/// A 16-byte key of a tree or a transfer.
pub(crate) type Seed = [u8; 16];

/// Base transfers in each direction of a pairing, bits of Delta, rows of the extension's matrix.
pub(crate) const BASE: usize = 128;

/// Levels of an all-but-one tree.
pub(crate) const DEPTH: usize = 2;

/// One direction with given randomness, without the protocol: Bob's leaves, Alice's `Delta` and her permuted leaves.
#[cfg(any(test, feature = "sim"))]
pub(crate) fn deal<const K: usize>(
    rng: &mut dyn rand_core::CryptoRng,
) -> (alloc::vec::Vec<Seed>, [u8; 16], alloc::vec::Vec<Seed>) {
    let size = 1 << K;
    let mut leaves = alloc::vec![[0u8; 16]; BASE / K * size];
    leaves.iter_mut().for_each(|leaf| rng.fill_bytes(leaf));
    let mut delta = [0u8; 16];
    rng.fill_bytes(&mut delta);
    let missing = |block: usize| (u128::from_le_bytes(delta) >> (block * K)) as usize & (size - 1);
    let leaf = |at: usize| leaves.get(at ^ missing(at / size)).copied().unwrap_or_default();
    let punctured = (0..leaves.len()).map(|at| if at % size == 0 { [0; 16] } else { leaf(at) }).collect();
    (leaves, delta, punctured)
}

/// Adds `from` to `into` if `choice`: the one way in which a secret bit selects anything here.
fn xor_if(into: &mut [u8], from: &[u8], choice: Choice) {
    let mask = u8::conditional_select(&0, &0xff, choice);
    into.iter_mut().zip(from).for_each(|(a, b)| *a ^= b & mask);
}

/// Bit `at` of a secret string of choices, little-endian in bytes and bits; `at` is public.
const fn bit(choices: u128, at: usize) -> u8 {
    (choices >> (at % BASE)) as u8 & 1
}
