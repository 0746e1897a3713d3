//! What a module has from its host, and the one device that lives in it.

use core::cell::RefCell;
use core::convert::Infallible;

use rand_core::utils::next_word_via_fill;
use rand_core::{TryCryptoRng, TryRng};

use crate::device::Device;

#[cfg(target_family = "wasm")]
#[global_allocator]
static MEMORY: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[cfg(target_family = "wasm")]
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

struct Only(RefCell<Device>);

// SAFETY: a module without threads.
unsafe impl Sync for Only {}

static DEVICE: Only = Only(RefCell::new(Device::new()));

pub(crate) fn with_device<T>(f: impl FnOnce(&mut Device) -> T) -> T {
    f(&mut DEVICE.0.borrow_mut())
}

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn random(to: *mut u8, length: usize);
}

/// The host's randomness.
pub(crate) struct HostRng;

impl TryRng for HostRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        next_word_via_fill(self)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        next_word_via_fill(self)
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        // SAFETY: the host writes the bytes of this slice and no others.
        unsafe { random(to.as_mut_ptr(), to.len()) };
        Ok(())
    }
}

impl TryCryptoRng for HostRng {}
