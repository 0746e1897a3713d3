//! [V7] Argon2 on a system without the memory for it: an error, and the program goes on. A test of its own, since it replaces the allocator.

use std::alloc::{GlobalAlloc, Layout, System};

use quorate::secret::Secret;
use quorate::vault::{
    AppSecret, EpochRule, Expect, Kdf, Limits, Rollback, SlotKey, SlotSpec, Stored, VaultError, open, seal,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Has no block of 32 MiB or more.
struct Small;

// SAFETY: the system's allocator, and null, which says that there is no memory.
unsafe impl GlobalAlloc for Small {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= 32 << 20 { std::ptr::null_mut() } else { unsafe { System.alloc(layout) } }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static MEMORY: Small = Small;

#[test]
fn v7_memory_that_is_not_there_is_an_error() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (passphrase, secret) = (Secret::new(b"correct horse".to_vec()), Secret::new(vec![1; 32]));
    let secret = AppSecret::new("x", secret).unwrap();
    let mut seal_at = |memory_kib| {
        let kdf = Kdf { memory_kib, passes: 2, lanes: 1 };
        seal(&secret, 1, vec![SlotSpec::Passphrase { passphrase: &passphrase, kdf }], &mut rng)
    };
    assert_eq!(seal_at(1 << 15), Err(VaultError::NoMemory { kib: 1 << 15 }));
    assert_eq!(seal_at(1 << 21), Err(VaultError::NoMemory { kib: 1 << 21 }));
    // A container that was made where there was more.
    let mut bytes = seal_at(19_456).unwrap();
    let memory = 116 + 4 + 32 + 4;
    assert_eq!(bytes[memory..memory + 4], 19_456u32.to_be_bytes());
    let open_it = |bytes: &[u8]| {
        let key = SlotKey::Passphrase { slot: 0, passphrase: &passphrase };
        let (epoch, rollback) = (EpochRule::Any, Rollback::NotChecked);
        let expect = Expect { subject: secret.subject(), epoch, rollback };
        open::<AppSecret>(bytes, &key, &expect, &Limits::default()).map(drop)
    };
    assert_eq!(open_it(&bytes), Ok(()));
    bytes[memory..memory + 4].copy_from_slice(&65_536u32.to_be_bytes());
    assert_eq!(open_it(&bytes), Err(VaultError::NoMemory { kib: 65_536 }));
}
