//! 256-bit amounts.

use core::fmt;
use core::str::FromStr;

/// An amount of an asset's smallest unit: an unsigned 256-bit integer, big-endian, so that the order of the bytes is the order of the
/// numbers. There is no price, no conversion and no floating point.
///
/// As text it is decimal, with no sign, no leading zero and no separator:
///
/// ```
/// use quorate::approval::fact::Amount;
/// let a: Amount = "20000000000".parse()?;
/// assert_eq!(a, Amount::from(20_000_000_000u128));
/// assert_eq!(a.to_string(), "20000000000");
/// assert!("007".parse::<Amount>().is_err());
/// # Ok::<(), quorate::approval::fact::AmountError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(pub [u8; 32]);

/// Not a decimal number below 2^256 in its one spelling.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a decimal number below 2^256")]
pub struct AmountError;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self([0; 32]);
    /// 2^256 - 1.
    pub const MAX: Self = Self([0xff; 32]);

    /// Digits of 2^256 - 1.
    const MAX_DIGITS: usize = 78;

    /// The sum; `None` above 2^256 - 1.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let (sum, over) = self.overflowing_add(other);
        (!over).then_some(sum)
    }

    /// The sum modulo 2^256, and whether it is another.
    pub(crate) fn overflowing_add(&self, other: &Self) -> (Self, bool) {
        let (mut sum, mut carry) = (*self, false);
        for (a, b) in sum.0.iter_mut().zip(&other.0).rev() {
            let (x, over) = a.overflowing_add(*b);
            let (y, more) = x.overflowing_add(u8::from(carry));
            (*a, carry) = (y, over || more);
        }
        (sum, carry)
    }

    /// The difference; `None` below zero.
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        let (rest, under) = self.overflowing_sub(other);
        (!under).then_some(rest)
    }

    /// The difference modulo 2^256, and whether it is another.
    pub(crate) fn overflowing_sub(&self, other: &Self) -> (Self, bool) {
        let (mut rest, mut borrow) = (*self, false);
        for (a, b) in rest.0.iter_mut().zip(&other.0).rev() {
            let (x, under) = a.overflowing_sub(*b);
            let (y, more) = x.overflowing_sub(u8::from(borrow));
            (*a, borrow) = (y, under || more);
        }
        (rest, borrow)
    }

    /// The product with a small number; `None` above 2^256 - 1.
    #[must_use]
    pub fn checked_mul(&self, factor: u64) -> Option<Self> {
        let (mut product, mut carry) = (*self, 0u128);
        for byte in product.0.iter_mut().rev() {
            let wide = u128::from(*byte) * u128::from(factor) + carry;
            (*byte, carry) = (wide as u8, wide >> 8);
        }
        (carry == 0).then_some(product)
    }

    /// Divides by ten in place, and gives the remainder.
    fn next_digit(&mut self) -> u8 {
        self.0.iter_mut().fold(0, |rest, byte| {
            let wide = (u16::from(rest) << 8) | u16::from(*byte);
            *byte = (wide / 10) as u8;
            (wide % 10) as u8
        })
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

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let digits = text.as_bytes();
        let canonical = digits == b"0" || digits.first().is_some_and(|first| *first != b'0');
        if !canonical || digits.len() > Self::MAX_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
            return Err(AmountError);
        }
        let next = |sum: Self, digit: &u8| {
            sum.checked_mul(10)?.checked_add(&Self::from(u128::from(digit.wrapping_sub(b'0'))))
        };
        digits.iter().try_fold(Self::ZERO, next).ok_or(AmountError)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut rest, mut digits, mut len) = (*self, [0u8; Self::MAX_DIGITS], 0);
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + rest.next_digit();
            len += 1;
            if rest == Self::ZERO {
                break;
            }
        }
        let text = digits.get(Self::MAX_DIGITS - len..).unwrap_or(&[]);
        f.write_str(core::str::from_utf8(text).unwrap_or(""))
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Amount({self})")
    }
}
