//! Where a key stands among those that were made together.

use alloc::vec::Vec;

use crate::wire::Reader;

/// The most keys that a set may have.
pub const MAX_KEYS: usize = 16;

/// Which key of a set ([`crate::keyset`]) a key is: the schemes of all keys, in order, and its own place among them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    schemes: Vec<u8>,
    index: u8,
}

impl Place {
    /// `None` unless there are 1 to [`MAX_KEYS`] keys and `index` is among them.
    pub(crate) fn new(schemes: Vec<u8>, index: usize) -> Option<Self> {
        let one_of_them = index < schemes.len() && schemes.len() <= MAX_KEYS;
        Some(Self { schemes, index: u8::try_from(index).ok()? }).filter(|_| one_of_them)
    }

    /// The numbers of the schemes of all keys of the set, in order.
    #[must_use]
    pub fn schemes(&self) -> &[u8] {
        &self.schemes
    }

    /// The place of this key, from 0.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index as usize
    }

    /// The number of this key's scheme.
    pub(crate) fn scheme(&self) -> Option<u8> {
        self.schemes.get(self.index()).copied()
    }

    pub(crate) const fn stored_len(&self) -> usize {
        2 + self.schemes.len()
    }

    /// index 1, count 1, one byte a scheme.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.index, self.schemes.len() as u8]);
        out.extend_from_slice(&self.schemes);
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Option<Self> {
        let (index, count) = (r.u8()?, r.u8()?);
        Self::new(r.bytes(count.into())?.to_vec(), index.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_one_of_1_to_16() {
        for count in 0..=MAX_KEYS + 1 {
            for index in 0..=MAX_KEYS + 1 {
                let right = index < count && count <= MAX_KEYS;
                assert_eq!(Place::new(alloc::vec![1; count], index).is_some(), right, "{index} of {count}");
                let form = [&[index as u8, count as u8][..], &alloc::vec![1; count]].concat();
                assert_eq!(Place::read(&mut Reader::new(&form)).is_some(), right, "{index} of {count}");
            }
        }
        assert!(Place::new(alloc::vec![1; 2], 256).is_none());
    }
}
