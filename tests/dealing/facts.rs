//! A dealing as the tests know it: who deals to whom from what, and so the digests that everything is bound to.

use std::marker::PhantomData;

use quorate::curve::Curve;
use quorate::dkg::{self, Occasion};
use quorate::key::{KeyShare, PublicKey, Seat};
use quorate::key::{PendingSeat, PendingShare};
use quorate::party::PartyId;
use quorate::session::Pending;
use quorate::wire::SessionId;

use crate::foe::Foe;
use crate::game::identity;
use crate::hash::h;

/// A dealing that a game can be about.
pub(crate) trait Affair<S: Foe>:
    Occasion<Scheme = S, Output: Ended<S>, Pending: Kept> + std::fmt::Debug + 'static
{
}

impl<S: Foe, O: Occasion<Scheme = S, Output: Ended<S>, Pending: Kept> + std::fmt::Debug + 'static> Affair<S>
    for O
{
}

/// The end of a run.
pub(crate) trait Ended<S: Foe>: std::fmt::Debug {
    fn public(&self) -> &PublicKey<S>;

    /// The share, if this party has one now.
    fn share(&self) -> Option<&KeyShare<S>>;
}

impl<S: Foe> Ended<S> for KeyShare<S> {
    fn public(&self) -> &PublicKey<S> {
        self.public()
    }

    fn share(&self) -> Option<&KeyShare<S>> {
        Some(self)
    }
}

impl<S: Foe> Ended<S> for Seat<S> {
    fn public(&self) -> &PublicKey<S> {
        self.public()
    }

    fn share(&self) -> Option<&KeyShare<S>> {
        match self {
            Seat::Member(share) => Some(share),
            Seat::Left(_) => None,
        }
    }
}

/// What a party stores before its last message leaves.
pub(crate) trait Kept: Pending {
    fn stored(&self) -> Vec<u8>;
}

impl<S: Foe> Kept for PendingShare<S> {
    fn stored(&self) -> Vec<u8> {
        self.to_bytes().expose().clone()
    }
}

impl<S: Foe> Kept for PendingSeat<S> {
    fn stored(&self) -> Vec<u8> {
        self.to_bytes().expose().clone()
    }
}

/// A dealing, beforehand.
#[derive(Clone, Debug)]
pub(crate) struct Facts<S: Foe> {
    pub(crate) protocol: u8,
    pub(crate) session: SessionId,
    /// Afterwards.
    pub(crate) t: u16,
    /// Afterwards, ascending.
    pub(crate) members: Vec<PartyId>,
    /// Ascending.
    pub(crate) dealers: Vec<PartyId>,
    pub(crate) epoch: u32,
    /// Of the epoch before.
    pub(crate) base: [u8; 32],
    /// What the binding has beside that.
    pub(crate) source: Vec<Vec<u8>>,
    /// The polynomial before, encoded; nothing where there is none.
    pub(crate) before: Vec<u8>,
    /// The chain code where it is known.
    pub(crate) chain: Option<[u8; 32]>,
    /// Whether constants are zero, and so not sent.
    pub(crate) zero: bool,
    /// Whether dealers send a part of a chain code.
    pub(crate) parts: bool,
    pub(crate) scheme: PhantomData<S>,
}

/// What one party does in a dealing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Role {
    pub(crate) deals: bool,
    pub(crate) receives: bool,
    /// Points not sent.
    pub(crate) skips: usize,
    pub(crate) parts: bool,
}

impl<S: Foe> Facts<S> {
    /// A key generation.
    pub(crate) fn generation(run: &dkg::Run<S>) -> Self {
        let members: Vec<_> = run.roster().parties().iter().collect();
        Self {
            protocol: 2,
            session: run.session(),
            t: run.threshold().t(),
            dealers: members.clone(),
            members,
            epoch: 0,
            base: [0; 32],
            source: Vec::new(),
            before: Vec::new(),
            chain: None,
            zero: false,
            parts: true,
            scheme: PhantomData,
        }
    }

    /// Everybody who takes part, ascending.
    pub(crate) fn cast(&self) -> Vec<PartyId> {
        let mut all = [&self.members[..], &self.dealers].concat();
        all.sort_unstable();
        all.dedup();
        all
    }

    pub(crate) fn role(&self, me: PartyId) -> Role {
        let (deals, receives) = (self.dealers.contains(&me), self.members.contains(&me));
        Role { deals, receives, skips: usize::from(self.zero), parts: self.parts }
    }

    /// Points in a reveal.
    pub(crate) fn points(&self) -> usize {
        usize::from(self.t) - usize::from(self.zero)
    }

    /// Where the points of a reveal end, and what follows them begins.
    pub(crate) fn after_points(&self) -> usize {
        32 + self.points() * S::Curve::POINT_LEN
    }

    /// Where the one-time key for a dealer stands in round 1 of a receiver.
    pub(crate) fn key_at(&self, receiver: PartyId, dealer: PartyId) -> usize {
        let head = if self.dealers.contains(&receiver) { 64 } else { 32 };
        let others = self.dealers.iter().filter(|id| **id != receiver);
        head + S::Curve::POINT_LEN * { others }.position(|id| *id == dealer).unwrap()
    }

    pub(crate) fn roster_hash(&self) -> [u8; 32] {
        let key = |id: &PartyId| identity(*id).verifying_key().to_bytes();
        let entries: Vec<_> = self.members.iter().map(|id| [&id.to_bytes()[..], &key(id)].concat()).collect();
        let count = (entries.len() as u16).to_be_bytes();
        let mut items: Vec<&[u8]> = vec![&count];
        items.extend(entries.iter().map(Vec::as_slice));
        h("roster", &items)
    }

    pub(crate) fn binding(&self) -> [u8; 32] {
        let (t, n) = (self.t.to_be_bytes(), (self.members.len() as u16).to_be_bytes());
        let dealers: Vec<u8> = self.dealers.iter().copied().flat_map(PartyId::to_bytes).collect();
        let (roster, epoch) = (self.roster_hash(), self.epoch.to_be_bytes());
        let head: [&[u8]; 8] = [&[self.protocol], &[S::ID], &t, &n, &roster, &epoch, &self.base, &dealers];
        let key = |id: &PartyId| identity(*id).verifying_key().to_bytes();
        let dealt_by: Vec<u8> = self.dealers.iter().flat_map(key).collect();
        let dealt_by = (self.protocol == 4).then_some(dealt_by.as_slice());
        let source = self.source.iter().map(Vec::as_slice);
        h("binding", &head.into_iter().chain(dealt_by).chain(source).collect::<Vec<_>>())
    }

    pub(crate) fn sid(&self, binding: &[u8; 32]) -> [u8; 32] {
        h("sid", &[&[1], &[self.protocol], &self.session.0, binding])
    }
}
