//! The run that made a sharing: who dealt, from what, and so the terms that everything in it was bound to.

use alloc::vec::Vec;

use super::place::Place;
use crate::curve::Scheme;
use crate::error::SetupError;
use crate::hash::{Tag, Transcript};
use crate::identity::{PublicIdentity, Roster};
use crate::party::{MAX_PARTIES, Parties, PartyId, Threshold};
use crate::session::{Terms, binding, binding_of};
use crate::wire::{Reader, SessionId, protocol, put_u16, put_u32};

/// What kind of run made a sharing; the number is the protocol's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum Made {
    /// Key generation: nobody ever knew the secret.
    Generated = protocol::KEY_GENERATION,
    /// Refresh: the members of the epoch before dealt shares of zero.
    Refreshed = protocol::REFRESH,
    /// Resharing: members of the epoch before dealt their shares to this one's.
    Reshared = protocol::RESHARE,
    /// Import: whoever had the secret, or shares of it, elsewhere dealt it.
    Imported = protocol::IMPORT,
    /// Key generation, of several keys at once ([`crate::keyset`]): nobody ever knew the secret.
    GeneratedInSet = protocol::KEY_SET,
}

impl Made {
    fn from_wire(number: u8) -> Option<Self> {
        [Self::Generated, Self::Refreshed, Self::Reshared, Self::Imported, Self::GeneratedInSet]
            .into_iter()
            .find(|made| *made as u8 == number)
    }

    /// Whether the run started from an epoch of the key.
    const fn has_base(self) -> bool {
        matches!(self, Self::Refreshed | Self::Reshared)
    }

    /// Whether the members dealt, all of them, and nobody else.
    const fn is_closed(self) -> bool {
        matches!(self, Self::Generated | Self::Refreshed | Self::GeneratedInSet)
    }
}

/// An earlier epoch, by its number and the digest that was certified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Base {
    pub(crate) epoch: u32,
    pub(crate) cert: [u8; 32],
}

/// The run that made a sharing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    pub(crate) made: Made,
    pub(crate) session: SessionId,
    pub(crate) epoch: u32,
    /// Where [`Made::has_base`].
    pub(crate) base: Option<Base>,
    pub(crate) dealers: Parties,
    /// Members and dealers: everybody who takes part, and signs the certificate.
    pub(crate) cast: Roster,
    /// What is imported, where something is.
    pub(crate) source: Option<Source>,
    /// Of [`Made::GeneratedInSet`]: which of the keys.
    pub(crate) place: Option<Place>,
}

/// What an import starts from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Source {
    /// Encoded points: the public key alone if one dealer has the secret, the commitment to the shares if several have shares.
    pub(crate) points: Vec<u8>,
    /// The chain code, where shares come with one. A single dealer brings its own.
    pub(crate) chain_code: Option<[u8; 32]>,
}

impl Source {
    fn read(r: &mut Reader<'_>) -> Option<Self> {
        let len = r.u16()?;
        let points = r.bytes(len.into())?.to_vec();
        let chain_code = match r.u8()? {
            0 => None,
            32 => Some(*r.array()?),
            _ => return None,
        };
        Some(Self { points, chain_code })
    }

    fn chain_bytes(&self) -> &[u8] {
        self.chain_code.as_ref().map_or(&[], |code| code)
    }
}

impl Origin {
    /// A key generation among the members.
    pub(crate) fn generated(roster: &Roster, session: SessionId) -> Self {
        let (dealers, cast) = (roster.parties().clone(), roster.clone());
        let (base, source, place) = (None, None, None);
        Self { made: Made::Generated, session, epoch: 0, base, dealers, cast, source, place }
    }

    /// A key generation among the members, as one key of a set.
    pub(crate) fn in_set(roster: &Roster, session: SessionId, place: Place) -> Self {
        Self { made: Made::GeneratedInSet, place: Some(place), ..Self::generated(roster, session) }
    }

    /// What made it.
    #[must_use]
    pub const fn made(&self) -> Made {
        self.made
    }

    /// The number of the epoch that it made.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The run's session id.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// Who dealt, ascending.
    #[must_use]
    pub const fn dealers(&self) -> &Parties {
        &self.dealers
    }

    /// Who took part, and signs the certificate: the members, and dealers that are none.
    #[must_use]
    pub const fn cast(&self) -> &Roster {
        &self.cast
    }

    /// Which key of a set it made, if it made one.
    #[must_use]
    pub const fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// `epoch_id` of the epoch that the run started from; zeros where there is none.
    pub(crate) fn base_id(&self, key_id: &[u8; 32]) -> [u8; 32] {
        self.base.map_or([0; 32], |base| epoch_id(key_id, base.epoch, &base.cert))
    }

    /// The dealers with their identities, ascending.
    fn dealt_by(&self) -> impl Iterator<Item = (PartyId, PublicIdentity)> + '_ {
        self.cast.iter().filter(|(id, _)| self.dealers.contains(*id))
    }

    /// The run's terms. The binding's items are `u32 epoch, base epoch_id, ids of the dealers`; for a reshare then the dealers' identity keys,
    /// so that a certificate alone says who must have signed it; for an import what is imported and the dealers' identity keys, and where shares are imported their chain code or nothing (a single dealer's: only if there is one); for a
    /// key of a set the schemes of all its keys and `u8 place`. Threshold and roster are those of the new sharing.
    pub(crate) fn terms<S: Scheme>(
        &self,
        threshold: Threshold,
        roster: &Roster,
        key_id: &[u8; 32],
        me: PartyId,
    ) -> Terms {
        let protocol = self.made as u8;
        let mut items = binding::<S>(protocol, threshold, roster)
            .u32(self.epoch)
            .bytes(&self.base_id(key_id))
            .bytes(&self.dealers.to_bytes());
        let keys = || self.dealt_by().flat_map(|(_, key)| key.0).collect::<Vec<u8>>();
        if self.made == Made::Reshared {
            items = items.bytes(&keys());
        }
        if let Some(source) = &self.source {
            items = items.bytes(&source.points).bytes(&keys());
            if self.dealers.len() > 1 || source.chain_code.is_some() {
                items = items.bytes(source.chain_bytes());
            }
        }
        if let Some(place) = &self.place {
            items = items.bytes(place.schemes()).u8(place.index() as u8);
        }
        let (session, roster) = (self.session, *self.cast.hash());
        Terms { protocol, session, binding: items.finish(), me, roster }
    }

    /// The terms of the set that the key was made in, under which its messages travelled: the binding is `H("binding"; 13, scheme 0, t, n,
    /// roster hash, schemes of all keys)`.
    pub(crate) fn set_terms(&self, threshold: Threshold, me: PartyId) -> Option<Terms> {
        let protocol = Made::GeneratedInSet as u8;
        let items = binding_of(protocol, 0, threshold, &self.cast).bytes(self.place.as_ref()?.schemes());
        let (session, roster) = (self.session, *self.cast.hash());
        Some(Terms { protocol, session, binding: items.finish(), me, roster })
    }

    pub(crate) fn stored_len(&self) -> usize {
        let base = if self.base.is_some() { 36 } else { 0 };
        let dealers = if self.made.is_closed() { 0 } else { 2 + 34 * self.dealers.len() };
        let source = self.source.as_ref().map_or(0, |s| 3 + s.points.len() + s.chain_bytes().len());
        let place = self.place().map_or(0, Place::stored_len);
        1 + 4 + 16 + base + dealers + source + place
    }

    /// made 1, epoch 4, session 16; base epoch 4 and cert 32 where there is one; where dealers and members are not the same by nature,
    /// count 2 and per dealer id 2, identity 32; of an import a length 2 and the points, a length 1 (32 or 0) and
    /// the chain code; of a key of a set its place 1, count 1 and a byte per scheme.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(self.made as u8);
        put_u32(out, self.epoch);
        out.extend_from_slice(&self.session.0);
        if let Some(base) = &self.base {
            put_u32(out, base.epoch);
            out.extend_from_slice(&base.cert);
        }
        if !self.made.is_closed() {
            put_u16(out, self.dealers.len() as u16);
            for (id, key) in self.dealt_by() {
                put_u16(out, id.get());
                out.extend_from_slice(&key.0);
            }
        }
        if let Some(source) = &self.source {
            put_u16(out, source.points.len() as u16);
            out.extend_from_slice(&source.points);
            out.push(source.chain_bytes().len() as u8);
            out.extend_from_slice(source.chain_bytes());
        }
        if let Some(place) = &self.place {
            place.write(out);
        }
    }

    /// Reads what [`Origin::write`] wrote; `None` unless it can have made a sharing among these members.
    pub(crate) fn read(r: &mut Reader<'_>, roster: &Roster) -> Option<Self> {
        let made = Made::from_wire(r.u8()?)?;
        let (epoch, session) = (r.u32()?, SessionId(*r.array()?));
        let base = if made.has_base() { Some(Base { epoch: r.u32()?, cert: *r.array()? }) } else { None };
        let (dealers, cast) = if made.is_closed() {
            (roster.parties().clone(), roster.clone())
        } else {
            let dealers = read_members(r)?;
            let cast = together(roster, &dealers).ok()?;
            (Parties::new(dealers.into_iter().map(|(id, _)| id)).ok()?, cast)
        };
        let source = if made == Made::Imported { Some(Source::read(r)?) } else { None };
        let place = if made == Made::GeneratedInSet { Some(Place::read(r)?) } else { None };
        let later = base.map_or(epoch == 0, |base| epoch > base.epoch);
        later.then_some(Self { made, session, epoch, base, dealers, cast, source, place })
    }
}

/// `epoch_id = H("epoch-id"; key_id, u32 epoch, cert)`.
pub(crate) fn epoch_id(key_id: &[u8; 32], epoch: u32, cert: &[u8; 32]) -> [u8; 32] {
    Transcript::new(Tag::EpochId).bytes(key_id).u32(epoch).bytes(cert).finish()
}

/// count 2, then ascending per member id 2, identity 32. At least one.
fn read_members(r: &mut Reader<'_>) -> Option<Vec<(PartyId, PublicIdentity)>> {
    let count = usize::from(r.u16()?);
    if !(1..=MAX_PARTIES).contains(&count) {
        return None;
    }
    let mut members = Vec::with_capacity(count);
    for _ in 0..count {
        members.push((PartyId::new(r.u16()?).ok()?, PublicIdentity(*r.array()?)));
    }
    members.is_sorted_by(|(a, _), (b, _)| a < b).then_some(members)
}

/// The members with others, all under the ids that they have.
///
/// # Errors
/// [`SetupError::IdTaken`] if one id stands for two identities, [`SetupError::DuplicateIdentity`] if one identity stands under two ids.
pub(crate) fn together(roster: &Roster, others: &[(PartyId, PublicIdentity)]) -> Result<Roster, SetupError> {
    let known = |id| roster.identity(id);
    if let Some((id, _)) = others.iter().find(|(id, key)| known(*id).is_some_and(|there| there != *key)) {
        return Err(SetupError::IdTaken(*id));
    }
    let new: Vec<_> = others.iter().copied().filter(|(id, _)| known(*id).is_none()).collect();
    if new.is_empty() { Ok(roster.clone()) } else { Roster::new(roster.iter().chain(new)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody dealt, at most as many as there may be, each once and in one order.
    #[test]
    fn dealers_are_counted_and_ascend() {
        let read = |count: u16, ids: &[u16]| {
            let mut bytes = Vec::new();
            put_u16(&mut bytes, count);
            for id in ids {
                put_u16(&mut bytes, *id);
                bytes.extend_from_slice(&[7; 32]);
            }
            let mut r = Reader::new(&bytes);
            let members = read_members(&mut r)?;
            r.end()?;
            Some(members.len())
        };
        let all: Vec<u16> = (1..=MAX_PARTIES as u16 + 1).collect();
        for (count, right) in
            [(0, false), (1, true), (2, true), (MAX_PARTIES, true), (MAX_PARTIES + 1, false)]
        {
            assert_eq!(read(count as u16, &all[..count]), right.then_some(count), "{count}");
        }
        assert_eq!([read(1, &[1, 2]), read(3, &[1, 2])], [None; 2]);
        for ids in [[1, 1], [2, 1], [0, 1], [1, u16::MAX]] {
            assert_eq!(read(2, &ids), None, "{ids:?}");
        }
    }
}
