//! Caps: how much may be spent in any stretch of time.
//!
//! A cap has an id and a window; what is counted under it is an amount for each request, by the request's hash. Of a cap and a scope (the
//! key, say) **spent** is the sum of what was reserved or committed at a time later than `now - window`: a sliding window, so that no
//! stretch of that length ever holds more than the limit.
//!
//! # Rules (P9)
//! The errors have the number 5609 ([`CapError::code`]).
//! - `reserve` takes all uses of a request or none: if one cap would be exceeded, no other is touched.
//! - A request that is reserved with the same uses succeeds again and counts once, and its window starts anew, since it is now that it may
//!   be signed. With other uses it is refused.
//! - A reservation is spent until it is released. It is never freed by a time-out: what became of it is unknown, and a signature may exist.
//!   It leaves the sum when its window has passed, as what was committed does.
//! - A committed one cannot be released.
//!
//! # What they count
//! Caps count, on each holder, what that holder took part in. With limit L, n holders, c of them compromised, and threshold t, at most
//! L (n - c) / (t - c) can be signed (two of three: 1.5 L, and 2 L with one compromised), because different holders may be asked for different
//! payments. A strict total needs one store for all holders, or limits that are set accordingly.
//!
//! # What a database must guarantee
//! As [`super::registry`] says, and `reserve` is one transaction that no other of the same cap and scope runs beside (a row per cap and scope,
//! locked in ascending order, does it).

mod memory;

pub use memory::MemoryCaps;

use alloc::string::String;
use alloc::vec::Vec;

use super::fact::Amount;

/// One use of one cap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CapUse {
    /// The cap's id in the policy.
    pub cap: String,
    /// Whose spending is counted: the key's id, for a cap by key. Compared as bytes.
    pub scope: Vec<u8>,
    /// How much.
    pub amount: Amount,
    /// The length of the window in seconds.
    pub window_s: u64,
    /// The most that may be spent in a window.
    pub limit: Amount,
}

/// Why a cap refuses.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CapError {
    /// More than the limit of this cap would be spent.
    #[error("cap {0} would be exceeded")]
    Exceeded(String),
    /// One list names this cap twice for one scope.
    #[error("cap {0} is named twice")]
    Twice(String),
    /// The request is reserved with other uses.
    #[error("the request has other uses")]
    Conflict,
    /// Nothing is reserved for the request.
    #[error("nothing is reserved")]
    NotReserved,
    /// The request is committed.
    #[error("committed already")]
    Committed,
    /// The store does not answer.
    #[error("the caps cannot be reached")]
    Unavailable,
    /// There is no room.
    #[error("the caps are full")]
    Full,
}

impl CapError {
    /// A stable number: that of rule P9.
    #[must_use]
    pub const fn code(&self) -> u16 {
        5609
    }
}

/// A durable record of what was spent. The rules are the module's. `now` is what [`super::registry::Registry::clock`] gave.
pub trait Caps {
    /// Reserves every use for the request `rh`, or none.
    ///
    /// # Errors
    /// [`CapError`]; nothing has changed then.
    fn reserve(&mut self, rh: &[u8; 32], uses: &[CapUse], now: u64) -> Result<(), CapError>;

    /// What was reserved for `rh` is spent. Again is no error.
    ///
    /// # Errors
    /// [`CapError::NotReserved`], [`CapError::Unavailable`].
    fn commit(&mut self, rh: &[u8; 32]) -> Result<(), CapError>;

    /// What was reserved for `rh` was not spent, and never will be: only for a request of which no signature can exist.
    ///
    /// # Errors
    /// [`CapError::NotReserved`], [`CapError::Committed`], [`CapError::Unavailable`].
    fn release(&mut self, rh: &[u8; 32]) -> Result<(), CapError>;
}
