//! RLP, strictly: one encoding for each value (Ethereum yellow paper, appendix B).

use crate::approval::fact::Amount;
use crate::wire::Reader;

/// An item: a string, or a list whose content is not read yet.
pub(super) enum Item<'a> {
    Bytes(&'a [u8]),
    List(&'a [u8]),
}

/// The next item. Lengths are in their shortest form, and a byte below 0x80 stands for itself alone.
pub(super) fn item<'a>(r: &mut Reader<'a>) -> Option<Item<'a>> {
    let mut start = r.clone();
    let first = r.u8()?;
    match first {
        0..=0x7f => start.bytes(1).map(Item::Bytes),
        0x80..=0xb7 => {
            let bytes = r.bytes(usize::from(first - 0x80))?;
            let itself = matches!(bytes, [0..=0x7f]);
            (!itself).then_some(Item::Bytes(bytes))
        }
        0xb8..=0xbf => long(r, first - 0xb7).map(Item::Bytes),
        0xc0..=0xf7 => r.bytes(usize::from(first - 0xc0)).map(Item::List),
        0xf8..=0xff => long(r, first - 0xf7).map(Item::List),
    }
}

/// A length of its own, in as few bytes as it takes, and above 55.
fn long<'a>(r: &mut Reader<'a>, width: u8) -> Option<&'a [u8]> {
    let digits = r.bytes(usize::from(width))?;
    if digits.first() == Some(&0) || digits.len() > 4 {
        return None;
    }
    let len = digits.iter().fold(0usize, |len, digit| (len << 8) | usize::from(*digit));
    if len > 55 { r.bytes(len) } else { None }
}

pub(super) fn bytes<'a>(r: &mut Reader<'a>) -> Option<&'a [u8]> {
    match item(r)? {
        Item::Bytes(bytes) => Some(bytes),
        Item::List(_) => None,
    }
}

pub(super) fn list<'a>(r: &mut Reader<'a>) -> Option<&'a [u8]> {
    match item(r)? {
        Item::List(content) => Some(content),
        Item::Bytes(_) => None,
    }
}

/// A number below 2^256, without leading zeros.
pub(super) fn amount(r: &mut Reader<'_>) -> Option<Amount> {
    let digits = bytes(r)?;
    if digits.first() == Some(&0) {
        return None;
    }
    let mut amount = [0; 32];
    let place = amount.len().checked_sub(digits.len())?;
    amount.get_mut(place..)?.copy_from_slice(digits);
    Some(Amount(amount))
}

/// A number below 2^64, without leading zeros.
pub(super) fn number(r: &mut Reader<'_>) -> Option<u64> {
    let amount = amount(r)?;
    let (high, low) = amount.0.split_last_chunk::<8>()?;
    high.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(*low))
}
