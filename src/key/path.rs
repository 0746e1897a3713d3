//! The way from a key to a key derived from it.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use crate::error::SetupError;

const HARDENED: u32 = 1 << 31;

/// The way from a key to one of its descendants: at most 255 indices below 2^31. The empty path is the key itself.
///
/// As text, `m/0/7`; `m` is the empty path.
///
/// ```
/// use quorate::key::Path;
/// let path: Path = "m/0/7".parse()?;
/// assert_eq!(path, Path::new([0, 7])?);
/// assert_eq!(path.to_string(), "m/0/7");
/// assert!("m/44'/0".parse::<Path>().is_err()); // hardened
/// # Ok::<(), quorate::error::SetupError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Path(Vec<u32>);

impl Path {
    /// What an extended key of BIP-32 can count to.
    const MAX_DEPTH: usize = 255;

    /// From indices.
    ///
    /// # Errors
    /// [`SetupError::Underivable`] names a hardened index, [`SetupError::Malformed`] says that there are more than 255.
    pub fn new(indices: impl IntoIterator<Item = u32>) -> Result<Self, SetupError> {
        let mut path = Vec::new();
        for index in indices {
            if index >= HARDENED {
                return Err(SetupError::Underivable(index));
            }
            if path.len() == Self::MAX_DEPTH {
                return Err(SetupError::Malformed("path"));
            }
            path.push(index);
        }
        Ok(Self(path))
    }

    /// The indices.
    #[must_use]
    pub fn indices(&self) -> &[u32] {
        &self.0
    }

    /// The indices, big-endian, 4 bytes each.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|index| index.to_be_bytes()).collect()
    }

    /// Reads what [`Path::to_bytes`] wrote; `None` for anything else.
    #[cfg(feature = "ecdsa")]
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (indices, rest) = bytes.as_chunks();
        let indices = indices.iter().map(|index| u32::from_be_bytes(*index));
        if rest.is_empty() { Self::new(indices).ok() } else { None }
    }
}

impl FromStr for Path {
    type Err = SetupError;

    fn from_str(text: &str) -> Result<Self, SetupError> {
        let mut parts = text.split('/');
        if parts.next() != Some("m") {
            return Err(SetupError::Malformed("path"));
        }
        parts.map(index).collect::<Result<Vec<u32>, _>>().and_then(Self::new)
    }
}

/// One index, in decimal, without leading zeros. Of a hardened one we say what is wrong with it.
fn index(text: &str) -> Result<u32, SetupError> {
    let digits = text.strip_suffix(['\'', 'h', 'H']).unwrap_or(text);
    let number = digits.parse::<u32>().ok().filter(|number| plain(*number, digits));
    match number {
        Some(number) if digits == text => Ok(number),
        Some(number) if number < HARDENED => Err(SetupError::Underivable(number | HARDENED)),
        _ => Err(SetupError::Malformed("path")),
    }
}

/// Whether the digits are the number's only spelling.
fn plain(number: u32, digits: &str) -> bool {
    let mut spelled = String::new();
    fmt::Write::write_fmt(&mut spelled, format_args!("{number}")).is_ok() && spelled == digits
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        self.0.iter().try_for_each(|index| write!(f, "/{index}"))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn paths_have_one_spelling() {
        for (text, indices) in [("m", &[][..]), ("m/0/7", &[0, 7]), ("m/2147483647", &[HARDENED - 1])] {
            let path: Path = text.parse().unwrap();
            assert_eq!((path.indices(), path.to_string().as_str()), (indices, text));
            assert_eq!(path, Path::new(indices.iter().copied()).unwrap());
        }
        assert_eq!(Path::new([1, 0x0102_0304]).unwrap().to_bytes(), [0, 0, 0, 1, 1, 2, 3, 4]);
        for (text, index) in [
            ("m/0'", HARDENED),
            ("m/44h/0", HARDENED + 44),
            ("m/1/2147483647H", u32::MAX),
            ("m/2147483648", HARDENED),
            ("m/0/4294967295", u32::MAX),
        ] {
            assert_eq!(text.parse::<Path>(), Err(SetupError::Underivable(index)), "{text}");
        }
        for text in [
            "",
            "/",
            "0",
            "0/1",
            "M/0",
            "m/",
            "m//1",
            "m/1/",
            "m/01",
            "m/+1",
            "m/-1",
            "m/ 1",
            "m/1 ",
            "m/a",
            "m/0x1",
            "m/4294967296",
            "m/'",
            "m/2147483648'",
            "m/0''",
            "mm/0",
            "m0",
        ] {
            assert_eq!(text.parse::<Path>(), Err(SetupError::Malformed("path")), "{text}");
        }
        assert!(Path::new([0; 255]).is_ok());
        assert_eq!(Path::new([0; 256]), Err(SetupError::Malformed("path")));
    }
}
