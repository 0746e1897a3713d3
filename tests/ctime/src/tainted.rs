//! A generator whose every byte is a secret.

use std::convert::Infallible;

use rand_chacha::ChaCha20Rng;
use rand_core::utils::next_word_via_fill;
use rand_core::{Rng as _, SeedableRng as _, TryCryptoRng, TryRng};

use crate::valgrind::hide;

/// ChaCha20 from a fixed seed; what it gives is undefined to valgrind.
pub struct Tainted(ChaCha20Rng);

impl Tainted {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }
}

impl TryRng for Tainted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(out);
        hide(out);
        Ok(())
    }
}

impl TryCryptoRng for Tainted {}
