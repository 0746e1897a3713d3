//! What a device has of a set: a share of every key, and one form to back them all up.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::schemes::{AnyScheme, AnyShare, SetScheme};
use crate::key::{KeyShare, MAX_KEYS};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::wire::{Reader, put_u32};

const VERSION: u8 = 1;

/// One device's shares of the keys of a set, in the order of the run. Each is a [`KeyShare`] like any other: it signs, is refreshed and
/// reshared alone. Put the share of a later epoch back with [`Bundle::replace`], and the bundle stays the one thing to store and to back
/// up.
///
/// It has no `Clone`: a second copy is made by storing it, on purpose.
#[derive(Debug)]
pub struct Bundle {
    id: PartyId,
    shares: Vec<AnyShare>,
}

impl Bundle {
    pub(super) const fn new(id: PartyId, shares: Vec<AnyShare>) -> Self {
        Self { id, shares }
    }

    /// Whose shares they are.
    #[must_use]
    pub const fn id(&self) -> PartyId {
        self.id
    }

    /// The shares, in the order of the run.
    #[must_use]
    pub fn shares(&self) -> &[AnyShare] {
        &self.shares
    }

    /// The share of the `nth` key of scheme `S`, from 0: of a set of two secp256k1 keys and one Ed25519 key, `get::<EcdsaSecp256k1>(1)` is
    /// the second of the two and `get::<FrostEd25519>(0)` the third of all.
    #[must_use]
    pub fn get<S: SetScheme>(&self, nth: usize) -> Option<&KeyShare<S>> {
        self.shares.iter().filter_map(AnyShare::of).nth(nth)
    }

    /// The shares themselves, in the order of the run.
    #[must_use]
    pub fn into_shares(self) -> Vec<AnyShare> {
        self.shares
    }

    /// Puts a share of a later epoch in the place of the one of the same key, which it gives back: erase it. Pairings that the old share
    /// refuses are refused by the new one too, and a burned key stays burned. Store the bundle.
    ///
    /// # Errors
    /// The share comes back unless the bundle has one of the same key ([`Sharing::is_of`](crate::key::Sharing::is_of)) and party, of an earlier
    /// epoch.
    pub fn replace<S: SetScheme>(&mut self, mut share: KeyShare<S>) -> Result<KeyShare<S>, Box<KeyShare<S>>> {
        let later = |old: &KeyShare<S>| {
            old.id() == share.id()
                && share.public().is_of(old.public())
                && old.public().epoch() < share.public().epoch()
        };
        let place = self.shares.iter_mut().filter_map(S::of_mut).find(|old| later(old));
        match place {
            Some(place) => {
                share.inherit(place);
                Ok(core::mem::replace(place, share))
            }
            None => Err(Box::new(share)),
        }
    }

    /// The stored form, secret: version 1, `b`, count 1, then per key scheme 1, length 4, and the form of [`KeyShare::to_bytes`]. Seal it
    /// before it touches a disk. A device that loses everything else comes back with this.
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let forms: Vec<_> = self.shares.iter().map(|share| (share.scheme(), share.to_bytes())).collect();
        write_each([VERSION, b'b'], &forms)
    }

    /// Reads what [`Bundle::to_bytes`] wrote; `None` unless every share is valid, all are one party's, and no two of one key.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let shares: Vec<AnyShare> = read_each([VERSION, b'b'], bytes, AnyScheme::read_share)?;
        let id = shares.first()?.id();
        let other =
            |at: usize, share: &AnyShare| shares.iter().skip(at + 1).all(|s| s.key_id() != share.key_id());
        let good = shares.iter().enumerate().all(|(at, share)| share.id() == id && other(at, share));
        good.then_some(Self { id, shares })
    }
}

/// The head 2, count 1, then per key scheme 1, length 4, form.
pub(super) fn write_each(head: [u8; 2], forms: &[(AnyScheme, Secret<Vec<u8>>)]) -> Secret<Vec<u8>> {
    let mut out = Secret::buffer(3 + forms.iter().map(|(_, form)| 5 + form.expose().len()).sum::<usize>());
    let bytes = out.expose_mut();
    bytes.extend_from_slice(&head);
    bytes.push(forms.len() as u8);
    for (scheme, form) in forms {
        bytes.push(scheme.id());
        put_u32(bytes, form.expose().len() as u32);
        bytes.extend_from_slice(form.expose());
    }
    out
}

/// Reads what [`write_each`] wrote, at least one and at most [`MAX_KEYS`].
pub(super) fn read_each<T>(
    head: [u8; 2],
    bytes: &[u8],
    read: impl Fn(AnyScheme, &[u8]) -> Option<T>,
) -> Option<Vec<T>> {
    let mut r = Reader::new(bytes);
    let (right, count) = (*r.array::<2>()? == head, usize::from(r.u8()?));
    if !right || !(1..=MAX_KEYS).contains(&count) {
        return None;
    }
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let scheme = AnyScheme::from_id(r.u8()?)?;
        let len = r.u32()? as usize;
        all.push(read(scheme, r.bytes(len)?)?);
    }
    r.end()?;
    Some(all)
}
