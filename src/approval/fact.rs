//! What a payload does, as facts that a policy can judge.

use core::fmt;

/// An amount of an asset's smallest unit: an unsigned 256-bit integer, big-endian, so that the order of the bytes is the order of the
/// numbers. There is no price, no conversion and no floating point.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(pub [u8; 32]);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self([0; 32]);
    /// 2^256 - 1.
    pub const MAX: Self = Self([0xff; 32]);

    /// The sum; `None` above 2^256 - 1.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let (mut sum, mut carry) = (*self, false);
        for (a, b) in sum.0.iter_mut().zip(&other.0).rev() {
            let (x, over) = a.overflowing_add(*b);
            let (y, more) = x.overflowing_add(u8::from(carry));
            (*a, carry) = (y, over || more);
        }
        (!carry).then_some(sum)
    }

    /// The difference; `None` below zero.
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        let (mut rest, mut borrow) = (*self, false);
        for (a, b) in rest.0.iter_mut().zip(&other.0).rev() {
            let (x, under) = a.overflowing_sub(*b);
            let (y, more) = x.overflowing_sub(u8::from(borrow));
            (*a, borrow) = (y, under || more);
        }
        (!borrow).then_some(rest)
    }
}

impl From<u128> for Amount {
    fn from(value: u128) -> Self {
        let mut amount = Self::ZERO;
        if let Some(low) = amount.0.last_chunk_mut::<16>() {
            *low = value.to_be_bytes();
        }
        amount
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Amount(0x")?;
        for byte in self.0.iter().skip_while(|byte| **byte == 0) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}
