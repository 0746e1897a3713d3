//! The messages of a run: one slot for each that is due, and nothing else.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use super::state::{Expect, Plan};
use super::terms::Terms;
use crate::evidence::Envelope;
use crate::hash::sha256;
use crate::party::PartyId;
use crate::wire::{Header, Kind};

/// A message that arrived in time, with the length its slot has. A private one's body may be part of a secret: it is wiped when
/// dropped, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The authenticated sender.
    pub from: PartyId,
    /// Which of the round's messages.
    pub kind: Kind,
    /// The body, as received.
    pub body: Vec<u8>,
    /// The envelope's signature, where it came in one.
    pub signature: Option<[u8; 64]>,
}

impl Drop for Message {
    fn drop(&mut self) {
        if self.kind == Kind::Direct {
            self.body.zeroize();
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Message");
        out.field("from", &self.from).field("kind", &self.kind);
        let (private, public) = (Private(&self.body), &self.body);
        if self.kind == Kind::Direct {
            out.field("body", &private)
        } else {
            out.field("body", public)
        };
        out.field("signature", &self.signature).finish()
    }
}

/// What `Debug` shows of a private body: its length, and enough of its hash to tell two of them apart.
pub(super) struct Private<'a>(pub(super) &'a [u8]);

impl fmt::Debug for Private<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = sha256(self.0);
        write!(f, "Private({} bytes, {:08x})", self.0.len(), u32::from_be_bytes([a, b, c, d]))
    }
}

#[derive(Debug, Default)]
pub(super) struct Slots {
    pub(super) expect: Option<Expect>,
    pub(super) filled: Vec<Option<Message>>,
}

impl Slots {
    fn new(expect: Option<Expect>) -> Self {
        let count = expect.as_ref().map_or(0, |e| e.from().len());
        Self { expect, filled: (0..count).map(|_| None).collect() }
    }

    fn get(&self, from: PartyId) -> Option<&Message> {
        let at = self.expect.as_ref()?.from().position(from)?;
        self.filled.get(at)?.as_ref()
    }

    pub(super) fn present(&self) -> impl Iterator<Item = &Message> {
        self.filled.iter().flatten()
    }

    fn missing(&self) -> impl Iterator<Item = PartyId> + '_ {
        let from = self.expect.iter().flat_map(|e| e.from().iter());
        from.zip(&self.filled).filter(|(_, m)| m.is_none()).map(|(id, _)| id)
    }
}

#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) number: u8,
    pub(super) all: Slots,
    pub(super) direct: Slots,
    /// What this device sent to all.
    pub(super) own: Option<Message>,
}

/// All messages of a run up to the round being finished. A protocol step receives it only when that round is complete:
/// every expected message is there, from a member, of the exact length.
#[derive(Debug)]
pub struct Inbox {
    terms: Terms,
    /// Bindings of private messages, by the other party, where they differ from the common one.
    pairs: Vec<(PartyId, [u8; 32])>,
    pub(super) rounds: Vec<Round>,
}

impl Inbox {
    pub(super) fn new(terms: Terms, plan: Plan) -> Self {
        let rounds = plan.rounds.into_iter().map(|r| Round {
            number: r.round,
            all: Slots::new(r.all),
            direct: Slots::new(r.direct),
            own: None,
        });
        Self { terms, pairs: plan.pairs, rounds: rounds.collect() }
    }

    /// The header that a message of this run between these two must have.
    pub(super) fn header(&self, round: u8, kind: Kind, from: PartyId, to: Option<PartyId>) -> Header {
        let header = self.terms.header(round, kind, from, to);
        let other = to.map(|to| if to == self.terms.me { from } else { to });
        let pair = other.and_then(|other| self.pairs.iter().find(|(id, _)| *id == other));
        Header { binding: pair.map_or(header.binding, |(_, binding)| *binding), ..header }
    }

    /// The run.
    #[must_use]
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The others' messages to all of a round, ascending.
    pub fn others(&self, round: u8) -> impl Iterator<Item = &Message> {
        self.round(round).into_iter().flat_map(|r| r.all.present())
    }

    /// Everybody's messages to all of a round, this device's included, ascending.
    #[must_use]
    pub fn all(&self, round: u8) -> Vec<&Message> {
        let own = self.round(round).and_then(|r| r.own.as_ref());
        let mut all: Vec<&Message> = self.others(round).chain(own).collect();
        all.sort_unstable_by_key(|m| m.from);
        all
    }

    /// The private messages of a round to this device, ascending by sender.
    pub fn direct(&self, round: u8) -> impl Iterator<Item = &Message> {
        self.round(round).into_iter().flat_map(|r| r.direct.present())
    }

    /// One party's message to all; this device's own included.
    #[must_use]
    pub fn from(&self, round: u8, id: PartyId) -> Option<&Message> {
        let r = self.round(round)?;
        if id == self.terms.me { r.own.as_ref() } else { r.all.get(id) }
    }

    /// One party's private message to this device.
    #[must_use]
    pub fn direct_from(&self, round: u8, id: PartyId) -> Option<&Message> {
        self.round(round)?.direct.get(id)
    }

    /// A received message as a complete envelope, where it was signed.
    #[must_use]
    pub fn envelope(&self, round: u8, message: &Message) -> Option<Envelope> {
        let to = (message.kind == Kind::Direct).then_some(self.terms.me);
        let mut bytes = self.header(round, message.kind, message.from, to).to_bytes();
        bytes.extend_from_slice(&message.body);
        Some(Envelope { bytes, signature: message.signature? })
    }

    /// What a part of this run received, as if the part were a run of its own under `terms`: of every message the piece that `cut` finds
    /// for the part, with the signature of the whole. What has no such piece is left out. `plan` has the senders that this run has.
    pub(crate) fn part(
        &self,
        terms: Terms,
        plan: Plan,
        cut: &dyn Fn(u8, &Message) -> Option<Vec<u8>>,
    ) -> Self {
        let mut part = Self::new(terms, plan);
        for round in &mut part.rounds {
            let Some(whole) = self.round(round.number) else { continue };
            let piece = |message: &Message| {
                let &Message { from, kind, signature, .. } = message;
                Some(Message { from, kind, body: cut(whole.number, message)?, signature })
            };
            round.own = whole.own.as_ref().and_then(piece);
            for (to, slots) in [(&mut round.all, &whole.all), (&mut round.direct, &whole.direct)] {
                let pieces = slots.filled.iter().map(|slot| slot.as_ref().and_then(piece));
                to.filled.iter_mut().zip(pieces).for_each(|(to, piece)| *to = piece);
            }
        }
        part
    }

    pub(super) fn clear(&mut self) {
        for round in &mut self.rounds {
            round.own = None;
            round.all.filled.iter_mut().chain(&mut round.direct.filled).for_each(|slot| *slot = None);
        }
    }

    pub(super) fn complete(&self, at: usize) -> bool {
        self.rounds.get(at).is_some_and(|r| r.all.missing().chain(r.direct.missing()).next().is_none())
    }

    pub(super) fn missing(&self, at: usize) -> Vec<PartyId> {
        let Some(r) = self.rounds.get(at) else { return Vec::new() };
        let mut ids: Vec<_> = r.all.missing().chain(r.direct.missing()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    pub(super) fn sent(&mut self, round: u8, kind: Kind, body: &[u8]) {
        let me = self.terms.me;
        if let Some(r) = self.rounds.iter_mut().find(|r| r.number == round) {
            r.own = Some(Message { from: me, kind, body: body.to_vec(), signature: None });
        }
    }

    fn round(&self, round: u8) -> Option<&Round> {
        self.rounds.iter().find(|r| r.number == round)
    }
}
