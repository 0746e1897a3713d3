//! A strict reader of CBOR (RFC 8949), for what authenticators write.
//!
//! CTAP2 ("CTAP2 canonical CBOR encoding form", FIDO CTAP 2.1 section 8) lets authenticators write one encoding per value:
//! shortest integers and lengths, definite lengths, no tags, map keys ascending. This reader takes that and nothing else, but
//! for the order of keys where the writer is the browser ([`Order::Any`]). No two keys of a map are the same at any depth,
//! keys are integers or texts, and floats, `undefined` and other simple values are refused: nothing in WebAuthn needs them.

use alloc::vec::Vec;

/// Maps and arrays inside each other, the outermost counted. Bounds the stack.
pub const MAX_DEPTH: usize = 4;

/// In which order the keys of maps stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Ascending, as CTAP2 wants it: by the bytes of their encoding.
    Ctap2,
    /// In any; they are still all different.
    Any,
}

/// Why bytes are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CborFault {
    /// They end too early.
    #[error("the bytes end too early")]
    Truncated,
    /// A length is indefinite, or a head is reserved.
    #[error("an indefinite length or reserved head")]
    Indefinite,
    /// An integer or length is not in its shortest form.
    #[error("not the shortest form")]
    NotShortest,
    /// A tag, a float, or a simple value other than `false`, `true` and `null`.
    #[error("a tag, float or unknown simple value")]
    Type,
    /// A text is not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// Maps and arrays are nested too deep.
    #[error("nested too deep")]
    Depth,
    /// The key of a map is neither an integer nor a text.
    #[error("a key that is neither integer nor text")]
    Key,
    /// A map has two members of one key.
    #[error("two members of one key")]
    Duplicate,
    /// The keys of a map do not ascend.
    #[error("keys out of order")]
    Unsorted,
    /// Something follows.
    #[error("bytes after the end")]
    Trailing,
}

/// An item. Texts and byte strings stay where they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Item<'a> {
    /// A non-negative integer.
    Unsigned(u64),
    /// The integer `-1 - n`.
    Negative(u64),
    /// A byte string.
    Bytes(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// An array.
    Array(Vec<Item<'a>>),
    /// A map.
    Map(Map<'a>),
    /// `false` or `true`.
    Bool(bool),
    /// `null`.
    Null,
}

/// A map: members in the order of the bytes, no two of one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Map<'a>(Vec<(Item<'a>, Item<'a>)>);

impl<'a> Item<'a> {
    /// Reads bytes that are one item and nothing else. The caller bounds their number; memory is then bounded by it, at most
    /// about 120 bytes for each byte.
    ///
    /// # Errors
    /// [`CborFault`].
    pub fn read(bytes: &'a [u8], order: Order) -> Result<Self, CborFault> {
        match Self::read_first(bytes, order)? {
            (item, []) => Ok(item),
            _ => Err(CborFault::Trailing),
        }
    }

    /// Reads the item that the bytes start with, and gives what follows it.
    ///
    /// # Errors
    /// [`CborFault`].
    pub fn read_first(bytes: &'a [u8], order: Order) -> Result<(Self, &'a [u8]), CborFault> {
        let mut reader = Reader { rest: bytes, order };
        let item = reader.item(MAX_DEPTH)?;
        Ok((item, reader.rest))
    }

    /// The text.
    #[must_use]
    pub const fn as_text(&self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The byte string.
    #[must_use]
    pub const fn as_bytes(&self) -> Option<&'a [u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The map.
    #[must_use]
    pub const fn as_map(&self) -> Option<&Map<'a>> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// An integer.
    #[must_use]
    pub const fn int(value: i64) -> Self {
        if value < 0 { Self::Negative(!value as u64) } else { Self::Unsigned(value as u64) }
    }
}

impl<'a> Map<'a> {
    /// The member of this key.
    #[must_use]
    pub fn get(&self, key: &Item<'_>) -> Option<&Item<'a>> {
        self.0.iter().find(|(own, _)| own == key).map(|(_, value)| value)
    }

    /// How many members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members, in the order of the bytes.
    pub fn iter(&self) -> impl Iterator<Item = &(Item<'a>, Item<'a>)> {
        self.0.iter()
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    order: Order,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: u64) -> Result<&'a [u8], CborFault> {
        let len = usize::try_from(len).map_err(|_| CborFault::Truncated)?;
        let (head, rest) = self.rest.split_at_checked(len).ok_or(CborFault::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// The major type, and the argument where it is an integer or a length.
    fn head(&mut self) -> Result<(u8, u64), CborFault> {
        let (&first, rest) = self.rest.split_first().ok_or(CborFault::Truncated)?;
        let (major, info) = (first >> 5, first & 0x1f);
        // Simple values have no argument of more bytes here, and what looks like one may be a float.
        if major == 7 && info >= 24 {
            return Err(if info == 31 { CborFault::Indefinite } else { CborFault::Type });
        }
        self.rest = rest;
        let size = match info {
            0..24 => return Ok((major, u64::from(info))),
            24..28 => 1u64 << (info - 24),
            _ => return Err(CborFault::Indefinite),
        };
        let value = self.take(size)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let least = if size == 1 { 24 } else { 1 << (4 * size) };
        if value < least {
            return Err(CborFault::NotShortest);
        }
        Ok((major, value))
    }

    /// An item, with this many levels still allowed.
    fn item(&mut self, depth: usize) -> Result<Item<'a>, CborFault> {
        let (major, value) = self.head()?;
        Ok(match (major, value) {
            (0, _) => Item::Unsigned(value),
            (1, _) => Item::Negative(value),
            (2, _) => Item::Bytes(self.take(value)?),
            (3, _) => Item::Text(core::str::from_utf8(self.take(value)?).map_err(|_| CborFault::Utf8)?),
            (4, _) => {
                let depth = depth.checked_sub(1).ok_or(CborFault::Depth)?;
                // A count that is not true meets the end of the bytes; nothing is reserved for it.
                Item::Array((0..value).map(|_| self.item(depth)).collect::<Result<_, _>>()?)
            }
            (5, _) => Item::Map(self.map(value, depth)?),
            (7, 20) => Item::Bool(false),
            (7, 21) => Item::Bool(true),
            (7, 22) => Item::Null,
            _ => return Err(CborFault::Type),
        })
    }

    fn map(&mut self, count: u64, depth: usize) -> Result<Map<'a>, CborFault> {
        let depth = depth.checked_sub(1).ok_or(CborFault::Depth)?;
        let (mut members, mut keys) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let before = self.rest;
            let key = self.item(depth)?;
            if !matches!(key, Item::Unsigned(_) | Item::Negative(_) | Item::Text(_)) {
                return Err(CborFault::Key);
            }
            let length = before.len() - self.rest.len();
            let encoded = before.get(..length).ok_or(CborFault::Truncated)?;
            if self.order == Order::Ctap2 && keys.last().is_some_and(|last| *last > encoded) {
                return Err(CborFault::Unsorted);
            }
            keys.push(encoded);
            members.push((key, self.item(depth)?));
        }
        // One encoding per value: equal keys are equal bytes.
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(CborFault::Duplicate);
        }
        Ok(Map(members))
    }
}
