//! Oblivious transfer: base transfers, all-but-one transfers from them, and the extension that makes thousands from those.

pub(crate) mod base;
pub(crate) mod pprf;

/// A 16-byte key of a tree or a transfer.
pub(crate) type Seed = [u8; 16];

/// Base transfers in each direction of a pairing, bits of Delta, rows of the extension's matrix.
pub(crate) const BASE: usize = 128;

/// Levels of an all-but-one tree.
pub(crate) const DEPTH: usize = 2;

/// All-but-one trees: blocks of `DEPTH` rows.
#[cfg(test)]
pub(crate) const fn blocks<const K: usize>() -> usize {
    BASE / K
}
