//! What a protocol is to the driver: a plan of messages, and states that move.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::inbox::{Inbox, Private};
use super::terms::Terms;
use crate::error::{Abort, SetupError};
use crate::identity::Pending;
use crate::party::{Parties, PartyId};
use crate::secret::Secret;
use crate::wire::{Kind, Reader};

/// Kinds that may stand in a slot, with their exact body lengths in bytes. A kind stands here once for each length that it may have.
pub type Shapes = Vec<(Kind, usize)>;

/// Messages of one sort that are due in a round: from whom, and for each sender which kinds of which lengths.
#[derive(Clone, Debug)]
pub struct Expect {
    from: Parties,
    /// Senders that send the same.
    groups: Vec<(Parties, Shapes)>,
}

impl Expect {
    /// The same from everybody.
    #[must_use]
    pub fn new(from: Parties, shapes: &[(Kind, usize)]) -> Self {
        Self { groups: alloc::vec![(from.clone(), shapes.to_vec())], from }
    }

    /// From some this and from others that. A sender that stands in two groups sends what the first says.
    #[must_use]
    pub fn groups(groups: Vec<(Parties, Shapes)>) -> Self {
        let from = groups.iter().fold(Parties::default(), |all, (some, _)| all.union(some));
        Self { from, groups }
    }

    /// The senders.
    #[must_use]
    pub const fn from(&self) -> &Parties {
        &self.from
    }

    /// What a sender may send.
    #[must_use]
    pub fn shapes(&self, sender: PartyId) -> &[(Kind, usize)] {
        let group = self.groups.iter().find(|(from, _)| from.contains(sender));
        group.map_or(&[], |(_, shapes)| shapes)
    }

    /// Bytes of all bodies together.
    fn capacity(&self) -> usize {
        let largest = |shapes: &Shapes| shapes.iter().map(|s| s.1).max().unwrap_or(0);
        self.groups.iter().map(|(from, shapes)| from.len() * largest(shapes)).sum()
    }
}

/// What one round waits for.
#[derive(Clone, Debug)]
pub struct RoundPlan {
    /// The round's number in the header.
    pub round: u8,
    /// Messages to all.
    pub all: Option<Expect>,
    /// Private messages to this device.
    pub direct: Option<Expect>,
}

/// Everything a run will ever receive. It bounds the session's memory before the first byte arrives.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Ascending by number.
    pub rounds: Vec<RoundPlan>,
    /// Bindings of private messages by the other party, where two parties agree on more than all do: on their pairing.
    pub pairs: Vec<(PartyId, [u8; 32])>,
}

impl From<Vec<RoundPlan>> for Plan {
    fn from(rounds: Vec<RoundPlan>) -> Self {
        Self { rounds, pairs: Vec::new() }
    }
}

impl Plan {
    /// Bytes of all bodies that the run can hold at once.
    #[must_use]
    pub fn capacity(&self) -> usize {
        let sort = |e: &Option<Expect>| e.as_ref().map_or(0, Expect::capacity);
        self.rounds.iter().map(|r| sort(&r.all) + sort(&r.direct)).sum()
    }
}

/// What a step sends, all of one round.
#[derive(Clone, Default)]
pub struct Outbox {
    /// The round's number in the header.
    pub round: u8,
    /// The message to all.
    pub all: Option<(Kind, Vec<u8>)>,
    /// The private messages.
    pub direct: Vec<(PartyId, Vec<u8>)>,
}

impl Outbox {
    /// One message to all.
    #[must_use]
    pub const fn to_all(round: u8, kind: Kind, body: Vec<u8>) -> Self {
        Self { round, all: Some((kind, body)), direct: Vec::new() }
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direct: Vec<_> = self.direct.iter().map(|(to, body)| (to, Private(body))).collect();
        let mut out = f.debug_struct("Outbox");
        out.field("round", &self.round).field("all", &self.all).field("direct", &direct).finish()
    }
}

/// How a completed round ends.
#[derive(Debug)]
pub enum Step<S: State> {
    /// Another round.
    Next(S, Outbox),
    /// The application must store [`State::pending`] and sign before anything more leaves.
    Keep(S),
    /// The end.
    Done(S::Output, Outbox),
}

/// A round that failed, with what must still be told the others: a complaint.
#[derive(Debug)]
pub struct Failure {
    /// Why.
    pub abort: Abort,
    /// Last words, if there are any.
    pub last_words: Option<Box<Outbox>>,
}

impl From<Abort> for Failure {
    fn from(abort: Abort) -> Self {
        Self { abort, last_words: None }
    }
}

/// A protocol at one party: an enum of its rounds, each moved into the next.
pub trait State: Sized {
    /// What the run is for.
    type Output;
    /// What the application stores before the last message leaves; [`core::convert::Infallible`] where there is no such thing.
    type Pending: Pending;
    /// Whether every message must come in a signed envelope.
    const SIGNED: bool;

    /// Finishes the round whose messages are complete.
    ///
    /// # Errors
    /// [`Failure`]: the run is over.
    fn step(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Step<Self>, Failure>;

    /// What waits to be kept, after [`Step::Keep`].
    fn pending(&self) -> Option<&Self::Pending> {
        None
    }

    /// The application has stored the pending value and signed for it.
    ///
    /// # Errors
    /// The state comes back with the reason; nothing is lost.
    fn kept(self, _signature: &[u8; 64]) -> Result<(Self, Outbox), (Self, SetupError)> {
        Err((self, SetupError::NothingToKeep))
    }
}

/// A protocol long enough to be suspended. What it writes is secret.
pub trait Suspend: State {
    /// What the run was started with, given again on resuming.
    type Config;

    /// The run and its messages, as [`State`] was started.
    ///
    /// # Errors
    /// As starting the run.
    fn setup(config: &Self::Config) -> Result<(Terms, Plan), SetupError>;

    /// The number of the round whose messages it waits for.
    fn round(&self) -> u8;

    /// The state's secrets.
    fn save(&self) -> Secret<Vec<u8>>;

    /// Reads what [`Suspend::save`] wrote, with the messages that were there; `None` for anything else.
    fn restore(config: &Self::Config, inbox: &Inbox, stored: Stored<'_>) -> Option<Self>;
}

/// A state's bytes in a snapshot.
pub struct Stored<'a>(pub(crate) Reader<'a>);
