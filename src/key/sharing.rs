//! What is public of a key.

use alloc::vec::Vec;

use super::certificate::certificate_input;
#[cfg(test)]
use super::origin::Base;
use super::origin::{Made, Origin, epoch_id};
use crate::curve::{Curve, Scheme, encode_point};
use crate::hash::{Tag, Transcript};
use crate::identity::{PublicIdentity, Roster, SigInput};
use crate::party::{PartyId, Threshold};
use crate::session::Terms;
use crate::sharing::Commitment;
use crate::wire::{Reader, put_u16};

/// Everything public about one sharing of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sharing<S: Scheme> {
    pub(crate) origin: Origin,
    pub(crate) views: [[u8; 32]; 2],
    pub(crate) threshold: Threshold,
    pub(crate) roster: Roster,
    pub(crate) commitment: Commitment<S::Curve>,
    pub(crate) chain_code: [u8; 32],
    key_id: [u8; 32],
    /// The digest of all the above; of the key id too, but in the epoch that it is made from.
    cert: [u8; 32],
}

/// What a run knows when it makes a sharing.
pub(crate) struct Draft<C: Curve> {
    pub(crate) origin: Origin,
    pub(crate) views: [[u8; 32]; 2],
    pub(crate) threshold: Threshold,
    pub(crate) roster: Roster,
    pub(crate) commitment: Commitment<C>,
    pub(crate) chain_code: [u8; 32],
    /// The key's name, but in its first epoch, which gives it.
    pub(crate) key_id: Option<[u8; 32]>,
}

impl<C: Curve> Draft<C> {
    pub(crate) fn sharing<S: Scheme<Curve = C>>(self) -> Sharing<S> {
        let mut sharing = Sharing {
            origin: self.origin,
            views: self.views,
            threshold: self.threshold,
            roster: self.roster,
            commitment: self.commitment,
            chain_code: self.chain_code,
            key_id: self.key_id.unwrap_or_default(),
            cert: [0; 32],
        };
        sharing.cert = sharing.digest();
        if self.key_id.is_none() {
            sharing.key_id = Sharing::<S>::first_key_id(&sharing.cert);
        }
        sharing
    }
}

/// `H("chain-code"; e1, cc_1, .., cc_n)` from everybody's part, ascending by id.
pub(crate) fn chain_code<'a>(e1: &[u8; 32], parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let start = Transcript::new(Tag::ChainCode).bytes(e1);
    parts.into_iter().fold(start, |t, part| t.bytes(part)).finish()
}

impl<S: Scheme> Sharing<S> {
    /// As if this polynomial had been shared anew: for tests of what must not mix epochs.
    #[cfg(test)]
    pub(crate) fn next_epoch(&self) -> Self {
        let base = Some(Base { epoch: self.epoch(), cert: self.cert });
        let epoch = self.epoch() + 1;
        let origin = Origin { made: Made::Refreshed, epoch, base, place: None, ..self.origin.clone() };
        let mut next = Self { origin, ..self.clone() };
        next.cert = next.digest();
        next
    }

    /// The name of the key: the same in every epoch.
    #[must_use]
    pub const fn key_id(&self) -> &[u8; 32] {
        &self.key_id
    }

    /// Which sharing of the key this is; 0 is the one of key generation.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.origin.epoch
    }

    /// Whether it is a sharing of the same key: public key, chain code and name never change. The name alone is what a later epoch says of
    /// itself: outsiders who certify each other may say any.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        (self.key_id, self.chain_code) == (other.key_id, other.chain_code)
            && self.commitment.public_key() == other.commitment.public_key()
    }

    /// The run that made it.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The terms of that run, as `me` has them.
    #[must_use]
    pub fn terms(&self, me: PartyId) -> Terms {
        self.origin.terms::<S>(self.threshold, &self.roster, &self.key_id, me)
    }

    /// Whether one party knew all its shares when they were made: an imported key, before its first refresh.
    #[must_use]
    pub fn was_whole(&self) -> bool {
        self.origin.made == Made::Imported && self.origin.dealers.len() == 1
    }

    /// The name of this sharing of the key.
    #[must_use]
    pub fn epoch_id(&self) -> [u8; 32] {
        epoch_id(&self.key_id, self.epoch(), &self.cert)
    }

    /// How many of how many.
    #[must_use]
    pub const fn threshold(&self) -> Threshold {
        self.threshold
    }

    /// The members.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The Feldman commitment: public key and public shares.
    #[must_use]
    pub const fn commitment(&self) -> &Commitment<S::Curve> {
        &self.commitment
    }

    /// The public key, encoded.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        // A commitment's constant is never the identity.
        encode_point::<S::Curve>(&self.commitment.public_key()).unwrap_or_default()
    }

    /// The public share `V(id)` of a member, encoded; `None` for anybody else.
    #[must_use]
    pub fn public_share(&self, id: PartyId) -> Option<Vec<u8>> {
        self.roster.parties().contains(id).then(|| encode_point::<S::Curve>(&self.commitment.at(id)))?
    }

    /// The BIP-32 chain code that the parties made together.
    #[must_use]
    pub const fn chain_code(&self) -> &[u8; 32] {
        &self.chain_code
    }

    /// `cert`: what the certificate certifies.
    #[must_use]
    pub const fn cert(&self) -> &[u8; 32] {
        &self.cert
    }

    fn digest(&self) -> [u8; 32] {
        let [e1, e2] = &self.views;
        let mut points = Vec::new();
        self.commitment.write(&mut points);
        Transcript::new(Tag::Cert)
            .bytes(&self.terms(PartyId::COORDINATOR).sid())
            .u32(self.epoch())
            .bytes(&self.origin.base_id(&self.key_id))
            .bytes(e1)
            .bytes(e2)
            .u8(S::ID)
            .u16(self.threshold.t())
            .bytes(self.roster.hash())
            .bytes(&points)
            .bytes(&self.chain_code)
            .finish()
    }

    /// What every member's identity key signs, where the key is made alone. Of a set all keys are signed for at once
    /// ([`crate::keyset::PendingSet`]).
    #[must_use]
    pub fn to_sign(&self) -> SigInput {
        certificate_input(core::slice::from_ref(&self.cert))
    }

    /// `key_id` of a first epoch with this certificate digest.
    fn first_key_id(cert: &[u8; 32]) -> [u8; 32] {
        Transcript::new(Tag::KeyId).u8(S::ID).bytes(cert).finish()
    }

    /// Bytes of the stored form.
    pub(crate) fn stored_len(&self) -> usize {
        let points = self.commitment.t() * S::Curve::POINT_LEN;
        5 + self.roster.len() * 34 + self.origin.stored_len() + 4 * 32 + points
    }

    /// scheme 1, t 2, n 2, n * (id 2, identity 32), the origin, key_id 32, e1 32, e2 32, chain 32, V t * L.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(S::ID);
        put_u16(out, self.threshold.t());
        put_u16(out, self.threshold.n());
        for (id, key) in self.roster.iter() {
            put_u16(out, id.get());
            out.extend_from_slice(&key.0);
        }
        self.origin.write(out);
        let [e1, e2] = &self.views;
        for field in [&self.key_id, e1, e2, &self.chain_code] {
            out.extend_from_slice(field);
        }
        self.commitment.write(out);
    }

    /// Reads what [`Sharing::write`] wrote; `None` unless every field is valid. A first epoch's key id is the digest's; a later one's
    /// is bound by the base's id, and so by every signature.
    pub(crate) fn read(r: &mut Reader<'_>) -> Option<Self> {
        if r.u8()? != S::ID {
            return None;
        }
        let threshold = Threshold::new(r.u16()?, r.u16()?).ok()?;
        let mut members = Vec::with_capacity(threshold.n().into());
        for _ in 0..threshold.n() {
            members.push((PartyId::new(r.u16()?).ok()?, PublicIdentity(*r.array()?)));
        }
        let ascending = members.is_sorted_by_key(|(id, _)| *id);
        let roster = Roster::new(members).ok()?;
        let origin = Origin::read(r, &roster)?;
        if origin.place().is_some_and(|place| place.scheme() != Some(S::ID)) {
            return None;
        }
        let mut field = || r.array::<32>().copied();
        let (key_id, e1, e2, chain_code) = (field()?, field()?, field()?, field()?);
        let commitment = Commitment::read(r.bytes(usize::from(threshold.t()) * S::Curve::POINT_LEN)?)?;
        let views = [e1, e2];
        let mut sharing =
            Self { origin, views, threshold, roster, commitment, chain_code, key_id, cert: [0; 32] };
        sharing.cert = sharing.digest();
        let named = sharing.origin.base.is_some() || key_id == Self::first_key_id(&sharing.cert);
        (ascending && named).then_some(sharing)
    }
}
