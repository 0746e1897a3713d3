//! The stored form of a record.

use alloc::vec::Vec;

use super::book::{Book, Entry};
use super::record::{Epochs, Joins, Rules};
use super::tell::EpochName;
use crate::curve::{Curve, Scheme, read_point};
use crate::hash::{DIGEST_LEN, close, closed};
use crate::key::certificate::VERSION;
use crate::key::{KeyShare, PendingSeat, PublicKey, Seat, Sharing};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::wire::{Reader, put_u16, put_u32};

/// What the epoch entered last is to this device.
const MEMBER: u8 = 1;
const LEFT: u8 = 2;
/// None yet, of a key that is known.
const JOINS: u8 = 3;

/// What is fixed, and the most that the options take.
const HEAD: usize = 3 + 2 + 32 + 2 * 5 + 5 + 4 + 4 + 4;

impl<S: Scheme> Epochs<S> {
    /// The stored form, secret. Seal it before it touches a disk, and let no restored backup take the place of
    /// a newer one: a device that forgets what it signed for can split the key.
    ///
    /// | field | bytes |
    /// |---|---|
    /// | version, `e`, flags (1: burned) | 1 each |
    /// | id, key id | 2, 32 |
    /// | highest number, confirmed number | each 1 (0 or 1) and, if 1, 4 |
    /// | epoch entered last: 0 none, 1 a share, 2 left, 3 none yet | 1; then, of 1 and 2, length 4 and the share's or the public key's form |
    /// | of 3: public key, chain code of the key that is joined | as the curve has them: 32 or 33; 32 |
    /// | of 2: pairings that the last share refused, ascending: count, then of each its id | 4, then 32 |
    /// | pending: count, then of each its length and form | 4, then 4 and the form |
    /// | erased and not settled: count, then of each number and id | 4, then 36 |
    /// | SHA-256 of all that | 32 |
    #[must_use]
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let current = self.book.current.as_ref().map(|entry| match &entry.held {
            Seat::Member(share) => (MEMBER, share.to_bytes()),
            Seat::Left(public) => (LEFT, Secret::new(public.to_bytes())),
        });
        let pending: Vec<_> = self.pending().map(PendingSeat::to_bytes).collect();
        let forms: usize =
            current.iter().map(|(_, form)| form).chain(&pending).map(|f| 4 + f.expose().len()).sum();
        let joins = self.joins.as_ref().map_or(0, |key| key.public_key.len() + 32);
        let lists = 32 * self.refused.len() + 36 * self.owed.len();
        let mut out = Secret::buffer(HEAD + forms + joins + lists + DIGEST_LEN);
        let bytes = out.expose_mut();
        bytes.extend_from_slice(&[VERSION, b'e', u8::from(self.burned)]);
        put_u16(bytes, self.me.get());
        bytes.extend_from_slice(&self.key_id);
        put_number(bytes, self.book.floor);
        put_number(bytes, self.book.confirmed);
        match &current {
            Some((kind, form)) => {
                bytes.push(*kind);
                put_form(bytes, form);
                if *kind == LEFT {
                    put_u32(bytes, self.refused.len() as u32);
                    bytes.extend_from_slice(self.refused.as_flattened());
                }
            }
            None => match &self.joins {
                Some(Joins { public_key, chain_code }) => {
                    bytes.push(JOINS);
                    bytes.extend_from_slice(public_key);
                    bytes.extend_from_slice(chain_code);
                }
                None => bytes.push(0),
            },
        }
        put_u32(bytes, pending.len() as u32);
        pending.iter().for_each(|form| put_form(bytes, form));
        put_u32(bytes, self.owed.len() as u32);
        self.owed.iter().for_each(|name| name.write(bytes));
        close(bytes);
        out
    }

    /// Reads what [`Epochs::to_bytes`] wrote; `None` unless every share in it fits its commitment, the certificate is complete, and all of it can
    /// have come about by the rules.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(closed(bytes)?);
        if (r.u8()?, r.u8()?) != (VERSION, b'e') {
            return None;
        }
        let burned = flag(&mut r)?;
        let me = PartyId::new(r.u16()?).ok()?;
        let key_id = *r.array()?;
        let (floor, confirmed) = (number(&mut r)?, number(&mut r)?);
        let mut joins = None;
        let current = match r.u8()? {
            0 => None,
            JOINS => {
                let public_key = r.bytes(S::Curve::POINT_LEN)?.to_vec();
                read_point::<S::Curve>(&public_key)?;
                joins = Some(Joins { public_key, chain_code: *r.array()? });
                None
            }
            MEMBER => Some(Seat::Member(KeyShare::from_bytes(form(&mut r)?)?)),
            LEFT => Some(Seat::Left(PublicKey::from_bytes(form(&mut r)?)?)),
            _ => return None,
        };
        let mut refused = Vec::new();
        if matches!(current, Some(Seat::Left(_))) {
            for _ in 0..r.u32()? {
                refused.push(*r.array()?);
            }
        }
        let mut book: Rules<S> = Book { current: None, pending: Vec::new(), floor, confirmed };
        book.current = current.map(|held| entry(held, |seat| seat.public()));
        for _ in 0..r.u32()? {
            let held = PendingSeat::from_bytes(form(&mut r)?)?;
            book.pending.push(entry(held, PendingSeat::sharing));
        }
        let mut owed = Vec::new();
        for _ in 0..r.u32()? {
            owed.push(EpochName { number: r.u32()?, id: *r.array()? });
        }
        r.end()?;
        let epochs = Self { me, key_id, burned, book, owed, refused, joins };
        epochs.is_sound().then_some(epochs)
    }

    fn is_sound(&self) -> bool {
        let mine = |sharing: &Sharing<S>| self.is_of_key(sharing);
        let right_key =
            self.public().is_none_or(|public| mine(public)) && self.pending().all(|p| mine(p.sharing()));
        let left = |public: &PublicKey<S>| !public.roster().parties().contains(self.me);
        let right_seat = match (self.current(), self.public()) {
            (Some(share), _) => share.id() == self.me && share.is_burned() == self.burned,
            (None, Some(public)) => left(public) && public.origin().dealers().contains(self.me),
            (None, None) => true,
        };
        let entered = self.public().map(|public| public.epoch());
        let erased = self.owed.is_sorted_by(|a, b| a.number < b.number);
        let erased = erased && self.owed.last().is_none_or(|last| Some(last.number) < entered);
        let waiting = self.pending().all(|pending| pending.id() == self.me);
        let refused = self.refused.is_sorted_by(|a, b| a < b);
        // A device that joins signs for nothing up to the epoch that it joins from.
        let joins = self.joins.is_none() || self.book.floor.is_some();
        right_key && joins && right_seat && waiting && erased && refused && self.book.is_sound()
    }
}

fn entry<S: Scheme, T>(held: T, sharing: impl Fn(&T) -> &Sharing<S>) -> Entry<[u8; 32], T> {
    let (epoch, name) = (sharing(&held).epoch(), *sharing(&held).cert());
    Entry { epoch, name, held }
}

fn put_number(out: &mut Vec<u8>, number: Option<u32>) {
    out.push(u8::from(number.is_some()));
    if let Some(number) = number {
        put_u32(out, number);
    }
}

fn put_form(out: &mut Vec<u8>, form: &Secret<Vec<u8>>) {
    put_u32(out, form.expose().len() as u32);
    out.extend_from_slice(form.expose());
}

fn flag(r: &mut Reader<'_>) -> Option<bool> {
    match r.u8()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn number(r: &mut Reader<'_>) -> Option<Option<u32>> {
    if flag(r)? { Some(Some(r.u32()?)) } else { Some(None) }
}

fn form<'a>(r: &mut Reader<'a>) -> Option<&'a [u8]> {
    let len = r.u32()?;
    r.bytes(usize::try_from(len).ok()?)
}
