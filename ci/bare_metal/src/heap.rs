//! The device's heap: a first-fit list of free blocks, and how much of it was ever in use.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

use linked_list_allocator::Heap as List;

/// What was in use at most.
#[derive(Clone, Copy)]
pub struct Peak {
    /// Bytes asked for and not yet given back.
    pub live: usize,
    /// From the heap's start to the end of the highest block: gaps included.
    pub reach: usize,
}

struct Inner {
    list: List,
    live: usize,
    peak: Peak,
}

/// A heap of N bytes.
pub struct Heap<const N: usize> {
    memory: UnsafeCell<MaybeUninit<[u64; N]>>,
    inner: UnsafeCell<Inner>,
}

// SAFETY: one core, no interrupt handlers: nothing is ever called while an allocation runs.
unsafe impl<const N: usize> Sync for Heap<N> {}

impl<const N: usize> Heap<N> {
    pub const fn new() -> Self {
        let inner = Inner { list: List::empty(), live: 0, peak: Peak { live: 0, reach: 0 } };
        Self { memory: UnsafeCell::new(MaybeUninit::uninit()), inner: UnsafeCell::new(inner) }
    }

    pub const fn size(&self) -> usize {
        size_of::<[u64; N]>()
    }

    /// Before the first allocation, once.
    pub fn init(&self) {
        // SAFETY: the memory is this heap's alone, lives for ever, and nothing else runs.
        unsafe { (*self.inner.get()).list.init(self.memory.get().cast(), self.size()) }
    }

    pub fn peak(&self) -> Peak {
        // SAFETY: nothing else runs.
        unsafe { (*self.inner.get()).peak }
    }
}

impl<const N: usize> Default for Heap<N> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: blocks come from the list, which keeps them apart; the counts around it touch no block.
unsafe impl<const N: usize> GlobalAlloc for Heap<N> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: nothing else runs.
        let inner = unsafe { &mut *self.inner.get() };
        let Ok(block) = inner.list.allocate_first_fit(layout) else { return ptr::null_mut() };
        inner.live += layout.size();
        let reach = block.as_ptr() as usize + layout.size() - self.memory.get() as usize;
        inner.peak.live = inner.peak.live.max(inner.live);
        inner.peak.reach = inner.peak.reach.max(reach);
        block.as_ptr()
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(block) = NonNull::new(block) else { return };
        // SAFETY: nothing else runs; the block is one of the list's, of this layout.
        unsafe {
            let inner = &mut *self.inner.get();
            inner.live -= layout.size();
            inner.list.deallocate(block, layout);
        }
    }
}
