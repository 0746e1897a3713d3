//! Things to seal, and keys to seal them with.

use quorate::key::KeyShare;
use quorate::secret::Secret;
use quorate::vault::prf::{Prf, SinglePrfSlot};
use quorate::vault::{
    AppSecret, EpochRule, Expect, Kdf, KeyWrap, Limits, Rollback, SlotKey, SlotSpec, Stored, Subject,
    VaultError, WrapError, open, seal,
};

use crate::driver::{E, key, rng};

pub(crate) const LABEL: &str = "daily work";
pub(crate) const FLOOR: Kdf = Kdf { memory_kib: 19_456, passes: 2, lanes: 1 };
pub(crate) const INPUT: [u8; 32] = [0x22; 32];

pub(crate) fn secret(bytes: &[u8]) -> Secret<Vec<u8>> {
    Secret::new(bytes.to_vec())
}

pub(crate) fn a_key(byte: u8) -> Secret<[u8; 32]> {
    Secret::new([byte; 32])
}

/// A PRF output that was seen twice.
pub(crate) fn a_prf(credential: &[u8]) -> Prf {
    let output = secret(&(100..132).collect::<Vec<u8>>());
    Prf::enrolled("example.org", credential, INPUT, [&output, &output]).unwrap()
}

pub(crate) fn share(seed: u64) -> KeyShare<E> {
    key(2, &[1, 2, 3], seed).1.remove(0)
}

pub(crate) fn app_secret() -> AppSecret {
    AppSecret::new("quote MAC key", secret(&[0xa5; 32])).unwrap()
}

pub(crate) fn held(key: &Secret<[u8; 32]>) -> SlotSpec<'_> {
    SlotSpec::Held { label: LABEL, key }
}

pub(crate) fn by_held(key: &Secret<[u8; 32]>) -> SlotKey<'_> {
    SlotKey::Held { label: LABEL, key }
}

pub(crate) fn alone(prf: &Prf) -> SlotSpec<'_> {
    SlotSpec::Prf { prf, alone: SinglePrfSlot::Accept }
}

/// A container with one slot for the key of 0x44 bytes.
pub(crate) fn sealed(what: &impl Stored, counter: u64) -> Vec<u8> {
    seal(what, counter, vec![held(&a_key(0x44))], &mut rng(9)).unwrap()
}

pub(crate) fn expect(subject: Subject, least: u64) -> Expect {
    Expect { subject, epoch: EpochRule::Any, rollback: Rollback::AtLeast(least) }
}

/// Opens with the key of 0x44 bytes, whatever its counter.
pub(crate) fn opened<T: Stored>(bytes: &[u8], subject: Subject) -> Result<T, VaultError> {
    open(bytes, &by_held(&a_key(0x44)), &expect(subject, 0), &Limits::default())
}

/// Opens as a share.
pub(crate) fn as_share(bytes: &[u8], like: &KeyShare<E>) -> Result<KeyShare<E>, VaultError> {
    opened(bytes, like.subject())
}

pub(crate) fn error<T>(result: Result<T, VaultError>) -> VaultError {
    match result {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

/// The same share, as far as its stored form tells.
pub(crate) fn same(a: &impl Stored, b: &impl Stored) -> bool {
    a.write().expose() == b.write().expose()
}

/// A wrapper that remembers what it wrapped under which context; it refuses when it is told to.
#[derive(Default)]
pub(crate) struct Kms {
    pub(crate) wrapped: Vec<(Vec<u8>, [u8; 32], [u8; 32])>,
    pub(crate) refuses: bool,
    pub(crate) blob_len: usize,
}

impl KeyWrap for Kms {
    fn wrap(&mut self, key: &Secret<[u8; 32]>, ctx: &[u8; 32]) -> Result<Vec<u8>, WrapError> {
        if self.refuses {
            return Err(WrapError);
        }
        let mut blob = vec![self.wrapped.len() as u8];
        blob.resize(blob.len().max(self.blob_len), 0);
        self.wrapped.push((blob.clone(), *ctx, *key.expose()));
        Ok(blob)
    }

    fn unwrap(&mut self, blob: &[u8], ctx: &[u8; 32]) -> Result<Secret<[u8; 32]>, WrapError> {
        let found = self.wrapped.iter().find(|(b, c, _)| (b.as_slice(), c) == (blob, ctx));
        found.filter(|_| !self.refuses).map(|(_, _, key)| Secret::new(*key)).ok_or(WrapError)
    }
}
