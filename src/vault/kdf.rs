//! Passphrases: Argon2id (RFC 9106) within bounds that hold before any memory is taken.

use alloc::vec::Vec;

use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::crypto::Key;
use super::error::VaultError;
use crate::secret::Secret;
use crate::wire::{Reader, put_u16, put_u32};

/// The version of Argon2 in a slot.
const VERSION: u8 = 0x13;
/// Bytes of parameters in a slot.
pub(super) const KDF_LEN: usize = 12;
const KIB: core::ops::RangeInclusive<u32> = 19_456..=1 << 21;
const PASSES: core::ops::RangeInclusive<u32> = 2..=16;
const LANES: core::ops::RangeInclusive<u16> = 1..=8;
/// The most of memory times passes.
const WORK: u64 = 1 << 22;

/// What opening may cost at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Memory for Argon2, in KiB: a container that asks for more is refused, whoever made it. 2^18, which is 256 MiB, by default. Keep it below what
    /// there is: memory that the allocator refuses is an error, but a system that promises more than it has ends the program instead.
    pub max_memory_kib: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_memory_kib: 1 << 18 }
    }
}

/// Parameters of Argon2id.
///
/// By default the second choice that RFC 9106 (section 4) recommends: 64 MiB, 3 passes, 4 lanes. The floor is 19 MiB, 2 passes, 1 lane,
/// the least that the OWASP Password Storage Cheat Sheet recommends; the ceiling is 2 GiB, 16 passes, 8 lanes, and 4 GiB of memory times passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kdf {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes. They are filled one after the other, so more of them make it no faster here.
    pub lanes: u16,
}

impl Default for Kdf {
    fn default() -> Self {
        Self { memory_kib: 1 << 16, passes: 3, lanes: 4 }
    }
}

impl Kdf {
    /// [V7] Within floor, ceiling and the caller's limit.
    pub(super) fn check(&self, limit_kib: u32) -> Result<(), VaultError> {
        let work = u64::from(self.memory_kib) * u64::from(self.passes);
        let fits = KIB.contains(&self.memory_kib)
            && self.memory_kib <= limit_kib
            && PASSES.contains(&self.passes)
            && LANES.contains(&self.lanes)
            && work <= WORK;
        fits.then_some(()).ok_or(VaultError::KdfOutOfRange)
    }

    /// Version 1, zero 1, lanes 2, KiB 4, passes 4.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[VERSION, 0]);
        put_u16(out, self.lanes);
        put_u32(out, self.memory_kib);
        put_u32(out, self.passes);
    }

    pub(super) fn read(r: &mut Reader<'_>) -> Option<Self> {
        let fixed = (r.u8()?, r.u8()?) == (VERSION, 0);
        let (lanes, memory_kib, passes) = (r.u16()?, r.u32()?, r.u32()?);
        fixed.then_some(Self { memory_kib, passes, lanes })
    }

    /// Argon2id(passphrase, salt), 32 bytes, for parameters that were checked.
    pub(super) fn run(&self, passphrase: &[u8], salt: &[u8; 32]) -> Result<Key, VaultError> {
        let out_of_range = |_| VaultError::KdfOutOfRange;
        let params = Params::new(self.memory_kib, self.passes, u32::from(self.lanes), Some(32));
        let params = params.map_err(out_of_range)?;
        let count = params.block_count();
        let mut memory = Secret::new(Vec::<Block>::new());
        // [V7] what the allocator refuses is an error, and no abort
        memory
            .expose_mut()
            .try_reserve_exact(count)
            .map_err(|_| VaultError::NoMemory { kib: self.memory_kib })?;
        memory.expose_mut().resize(count, Block::new());
        let mut out = Secret::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(passphrase, salt, out.expose_mut(), memory.expose_mut())
            .map_err(out_of_range)?;
        Ok(out)
    }
}

/// What a passphrase may be, as it is given: normalising it is the application's.
pub(super) fn is_passphrase(bytes: &[u8]) -> bool {
    (8..=1024).contains(&bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the reference implementation, by argon2-cffi 25.1: the least that a slot may ask for.
    #[test]
    fn argon2id_of_the_reference_implementation() {
        let kdf = Kdf { memory_kib: 19_456, passes: 2, lanes: 1 };
        let key = kdf.run(b"correct horse", &[7; 32]).unwrap();
        assert_eq!(hex::encode(key.expose()), ARGON2ID);
    }

    const ARGON2ID: &str = "dfceb9fef461168193da7570953b192e399577a55b057abb50e42a4a454d6ba0";

    #[test]
    fn the_bounds() {
        let floor = Kdf { memory_kib: 19_456, passes: 2, lanes: 1 };
        let fits = |kdf: Kdf| kdf.check(u32::MAX).is_ok();
        assert!(fits(floor) && fits(Kdf::default()));
        assert!(!fits(Kdf { memory_kib: 19_455, ..floor }));
        assert!(!fits(Kdf { passes: 1, ..floor }) && !fits(Kdf { lanes: 0, ..floor }));
        assert!(fits(Kdf { lanes: 8, ..floor }) && !fits(Kdf { lanes: 9, ..floor }));
        assert!(fits(Kdf { passes: 16, ..floor }) && !fits(Kdf { passes: 17, ..floor }));
        assert!(fits(Kdf { memory_kib: 1 << 21, ..floor }));
        assert!(!fits(Kdf { memory_kib: (1 << 21) + 1, ..floor }));
        assert!(!fits(Kdf { memory_kib: 1 << 21, passes: 3, ..floor }));
        assert!(!fits(Kdf { memory_kib: u32::MAX, passes: u32::MAX, lanes: u16::MAX }));
        let limit = Limits::default().max_memory_kib;
        assert!(Kdf { memory_kib: limit, ..floor }.check(limit).is_ok());
        let above = Kdf { memory_kib: limit + 1, ..floor };
        assert_eq!(above.check(limit), Err(VaultError::KdfOutOfRange));
    }
}
