//! The bytes that a device's run is repeated from: `32 digest`, then lists of byte strings: what is stored, and what arrives in each turn.
//! A list is `u32 count`, a string `u32 length` and its bytes, all big-endian.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

/// Everything that a device says, hashed: its messages in order, then its result.
#[derive(Default)]
pub struct Said {
    hash: Sha256,
    pub bytes: usize,
}

impl Said {
    pub fn add(&mut self, bytes: &[u8]) {
        self.hash.update((bytes.len() as u32).to_be_bytes());
        self.hash.update(bytes);
        self.bytes += bytes.len();
    }

    pub fn finish(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}

/// A script in flash, read from its start.
pub struct Script<'a> {
    pub said: &'a [u8; 32],
    rest: &'a [u8],
}

impl<'a> Script<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let (said, rest) = bytes.split_first_chunk().expect("a digest");
        Self { said, rest }
    }

    pub fn list(&mut self) -> Vec<&'a [u8]> {
        (0..self.number()).map(|_| self.string()).collect()
    }

    fn string(&mut self) -> &'a [u8] {
        let length = self.number();
        let (string, rest) = self.rest.split_at(length);
        self.rest = rest;
        string
    }

    fn number(&mut self) -> usize {
        let (number, rest) = self.rest.split_first_chunk().expect("a number");
        self.rest = rest;
        u32::from_be_bytes(*number) as usize
    }

    pub const fn is_over(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Writes a script.
pub fn write(said: &[u8; 32], lists: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let mut out = said.to_vec();
    for list in lists {
        out.extend_from_slice(&(list.len() as u32).to_be_bytes());
        for string in list {
            out.extend_from_slice(&(string.len() as u32).to_be_bytes());
            out.extend_from_slice(string);
        }
    }
    out
}
