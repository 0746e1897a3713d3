//! The only home of secrets.
//!
//! A [`Secret`] lives on the heap, so that moving it leaves no copy behind, and is wiped when dropped. It has no
//! `Clone`, no `Copy`, no comparison, and its `Debug` prints a name. Types that hold one may therefore derive
//! `Debug` safely. This file, and the explicit `zeroize` calls on temporaries, answer "what is wiped?".
//!
//! What is computed from secrets is a secret, until the source says `published`, `published_in_place` or `verdict` of it, and why. These three do
//! nothing but for the checker of constant time, and answer "what may a branch depend on?".

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use subtle::Choice;
use zeroize::Zeroize;

pub(crate) use declassify::{published, published_in_place};

/// All ones if `bit` is 1, zero if it is 0. The compiler must not know that it is one of the two: it would turn what is selected by the
/// mask back into a jump.
#[cfg(feature = "ecdsa")]
#[inline]
pub(crate) fn mask_of(bit: u64) -> u64 {
    core::hint::black_box(bit).wrapping_neg()
}

/// Where a value stops being a secret, for the checker of constant time (`tests/ctime`). It builds the crate with `--cfg quorate_ctime` and all
/// features, marks as undefined what is random or stored, and fails where a branch or an address depends on it. Nothing happens in any other build.
mod declassify {
    #[cfg(quorate_ctime)]
    static TOLD: spin::Once<fn(*const u8, usize)> = spin::Once::new();

    /// Sets who is told of what is published: address and length.
    #[cfg(quorate_ctime)]
    pub fn tell(told: fn(*const u8, usize)) {
        TOLD.call_once(|| told);
    }

    /// The value, public from here on.
    #[inline(always)]
    pub(crate) fn published<T: Copy>(value: T) -> T {
        #[cfg(quorate_ctime)]
        {
            // It leaves the registers, and comes back as the checker made it.
            let mut value = core::hint::black_box(value);
            let place = core::ptr::from_mut(&mut value);
            if let Some(told) = TOLD.get() {
                told(place.cast(), size_of::<T>());
            }
            core::hint::black_box(place);
            return value;
        }
        #[cfg(not(quorate_ctime))]
        value
    }

    /// The bytes of the value where it stands, public from here on.
    #[inline(always)]
    pub(crate) fn published_in_place<T: ?Sized>(_value: &T) {
        #[cfg(quorate_ctime)]
        if let Some(told) = TOLD.get() {
            let place = core::hint::black_box(core::ptr::from_ref(_value));
            told(place.cast(), size_of_val(_value));
        }
    }
}
#[cfg(quorate_ctime)]
#[doc(hidden)]
pub use declassify::tell;

/// What a check on secrets came to, public from here on.
#[inline(always)]
pub(crate) fn verdict(passed: Choice) -> bool {
    published(passed.unwrap_u8()) == 1
}

/// A value that must not leak: boxed, wiped on drop, shown to nobody.
///
/// ```compile_fail,E0599
/// let a = quorate::secret::Secret::new([7u8; 32]);
/// let b = a.clone();
/// ```
pub struct Secret<T: Zeroize>(Box<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value. A copy that the caller still holds is the caller's to wipe.
    pub fn new(value: T) -> Self {
        Self(Box::new(value))
    }

    /// Lends the value. Every use of a secret passes here.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Lends the value to be changed in place.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Zeroize + Default> Secret<T> {
    /// Fills a value in place, so that it is never elsewhere.
    pub fn build(fill: impl FnOnce(&mut T)) -> Self {
        let mut value = Self::new(T::default());
        fill(value.expose_mut());
        value
    }
}

impl Secret<Vec<u8>> {
    /// An empty buffer that will not reallocate, and so leave copies, up to `capacity` bytes.
    pub(crate) fn buffer(capacity: usize) -> Self {
        Self::new(Vec::with_capacity(capacity))
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU8, Ordering};

    #[test]
    fn debug_shows_nothing_and_drop_wipes() {
        static SEEN: AtomicU8 = AtomicU8::new(1);
        struct Spy(u8);
        impl Zeroize for Spy {
            fn zeroize(&mut self) {
                self.0.zeroize();
                SEEN.store(self.0, Ordering::SeqCst);
            }
        }
        let secret = Secret::new(Spy(42));
        assert_eq!(secret.expose().0, 42);
        assert_eq!(alloc::format!("{secret:?}"), "Secret(..)");
        drop(secret);
        assert_eq!(SEEN.load(Ordering::SeqCst), 0);
    }
}
