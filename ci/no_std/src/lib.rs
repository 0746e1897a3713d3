//! Proof that `quorate` and all that it links need no std.
//!
//! This static library brings its own panic handler. std has one too, and two in one program are error E0152: so
//! `cargo check` fails here as soon as any linked crate links std.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::error::SetupError;
use quorate::frost::{Sign, Task};
use quorate::key::KeyShare;
use quorate::party::PartyId;
use quorate::session::SpendOnce;
use rand_core::CryptoRng;

/// Never called: what is named here is linked.
pub fn key_generations(
    run: &Run,
    me: PartyId,
    witness: &mut dyn SpendOnce,
    rng: &mut dyn CryptoRng,
) -> Result<(), SetupError> {
    fn start<S: Scheme>(
        run: &Run,
        me: PartyId,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), SetupError> {
        Dkg::<S>::start(run, me, witness, rng).map(drop)
    }
    start::<FrostEd25519>(run, me, witness, rng)?;
    start::<EcdsaSecp256k1>(run, me, witness, rng)?;
    start::<EcdsaP256>(run, me, witness, rng)
}

/// Never called: what is named here is linked.
pub fn signing(
    share: &KeyShare<FrostEd25519>,
    task: Task<FrostEd25519>,
    rng: &mut dyn CryptoRng,
) -> Result<(), SetupError> {
    Sign::start(share, task, rng).map(drop)
}

struct NoMemory;

// SAFETY: null is the answer of an allocator that has no memory left, and nothing is ever given back.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static MEMORY: NoMemory = NoMemory;

#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
