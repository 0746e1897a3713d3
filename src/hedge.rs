//! Random bytes of one round, hedged: from the caller's generator and from what nobody else knows, a share.
//!
//! The stream is `XOF("session-rng"; 32 random bytes, s_i, sid, u8 round; ..)`. If the generator repeats itself, after a fork or a restored
//! machine, another run or another round still gets other bytes.

use core::convert::Infallible;

use rand_core::utils::next_word_via_fill;
use rand_core::{CryptoRng, TryCryptoRng, TryRng};
use zeroize::{Zeroize, Zeroizing};

use crate::curve::{Curve, write_scalar};
use crate::hash::{Tag, Transcript};
use crate::secret::Secret;

/// The stream of one round of a run.
pub(crate) struct SessionRng {
    start: Transcript,
    count: u32,
    block: Zeroizing<[u8; 32]>,
    used: usize,
}

impl SessionRng {
    pub(crate) fn new<C: Curve>(
        rng: &mut dyn CryptoRng,
        share: &Secret<C::Scalar>,
        sid: &[u8; 32],
        round: u8,
    ) -> Self {
        let mut fresh = Zeroizing::new([0; 32]);
        rng.fill_bytes(fresh.as_mut_slice());
        let mut secret = Secret::buffer(C::SCALAR_LEN);
        write_scalar::<C>(share.expose(), secret.expose_mut());
        let start = Transcript::new(Tag::SessionRng).bytes(fresh.as_slice()).bytes(secret.expose());
        Self { start: start.bytes(sid).u8(round), count: 0, block: Zeroizing::new([0; 32]), used: 32 }
    }
}

impl TryRng for SessionRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for to in out {
            if self.used == self.block.len() {
                let mut block = self.start.clone().u32(self.count).finish();
                *self.block = block;
                block.zeroize();
                self.count = self.count.wrapping_add(1);
                self.used = 0;
            }
            *to = self.block.get(self.used).copied().unwrap_or(0);
            self.used += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for SessionRng {}
