#![doc = include_str!("protocol.md")]

mod live;
mod msg;
mod round1;
mod round2;
mod round3;
mod round4;
mod set;
mod store;
mod stored;

pub use live::{Ban, Pairing};
#[allow(unused_imports)]
pub(crate) use live::{Check, Link, Secrets, Settled};
pub use round1::Round1;
pub use round2::Round2;
pub use round3::Round3;
pub use round4::Round4;
pub use set::Pairings;
pub use store::{MAX_OPENS, Opening, STORED_LEN};
pub use stored::StoredPairing;

use alloc::vec::Vec;
use core::convert::Infallible;

use curve25519_dalek::Scalar;
use rand_core::CryptoRng;

use crate::error::SetupError;
use crate::identity::{PublicIdentity, Roster};
use crate::ot::{BASE, DEPTH, Seed};
use crate::party::PartyId;
use crate::secret::{Secret, verdict};
use crate::session::{
    Failure, Inbox, Outbox, Plan, Session, SpendOnce, State, Step, Stored, Suspend, Terms, pairing_binding,
};
use crate::wire::{Reader, SessionId, protocol};

/// The protocol's number in headers.
pub const PROTOCOL: u8 = protocol::PAIRING;

/// Leaves of one direction: `2^DEPTH` of each of `BASE / DEPTH` trees.
pub(crate) const LEAVES: usize = (BASE / DEPTH) << DEPTH;

/// The binding says it.
const _: () = assert!(DEPTH == protocol::PAIRING_DEPTH as usize);

/// What the two devices of a pairing agree on beforehand, as one of them sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    me: PublicIdentity,
    peer: PublicIdentity,
    session: SessionId,
    my_id: PartyId,
    peer_id: PartyId,
    roster: [u8; 32],
}

impl Run {
    /// A pairing of this device with `peer`. In headers the device with the lower identity key is party 1, the other party 2.
    ///
    /// # Errors
    /// [`SetupError::SameIdentity`]; [`SetupError::BadIdentity`] unless both are canonical Ed25519 keys of prime order.
    pub fn new(me: PublicIdentity, peer: PublicIdentity, session: SessionId) -> Result<Self, SetupError> {
        if me == peer {
            return Err(SetupError::SameIdentity);
        }
        let (low, high) = (PartyId::new(1)?, PartyId::new(2)?);
        let (my_id, peer_id) = if me.0 < peer.0 { (low, high) } else { (high, low) };
        let roster = *Roster::new([(my_id, me), (peer_id, peer)])?.hash();
        Ok(Self { me, peer, session, my_id, peer_id, roster })
    }

    /// This device's id in headers.
    #[must_use]
    pub const fn my_id(&self) -> PartyId {
        self.my_id
    }

    /// The other device's id in headers.
    #[must_use]
    pub const fn peer_id(&self) -> PartyId {
        self.peer_id
    }

    /// The terms: the binding is `H("binding"; u8 1, u8 0, u8 depth, lower identity, higher identity)`.
    #[must_use]
    pub fn terms(&self) -> Terms {
        let binding = pairing_binding(&self.me, &self.peer);
        Terms { protocol: PROTOCOL, session: self.session, binding, me: self.my_id, roster: self.roster }
    }

    /// The lower device's value, then the higher's.
    fn ordered<'a>(&self, mine: &'a [u8], theirs: &'a [u8]) -> [&'a [u8]; 2] {
        if self.my_id < self.peer_id { [mine, theirs] } else { [theirs, mine] }
    }
}

/// A pairing in the making at one device, by its rounds.
#[derive(Debug)]
#[non_exhaustive]
pub enum Pair {
    /// Committed; waiting for the peer's points.
    Round1(Round1),
    /// Chosen; waiting for the peer's choices.
    Round2(Round2),
    /// Owner of trees; waiting for the peer's.
    Round3(Round3),
    /// Confirmed; waiting for the peer's confirmation.
    Round4(Round4),
}

impl Pair {
    /// Starts pairing `me`, this device, with `peer`. The witness records the session id durably before anything is made: after a crash,
    /// go on from a snapshot ([`Session::resume`], same witness), or pair under a new session id.
    ///
    /// # Errors
    /// As [`Run::new`]; [`SetupError::SessionSpent`] if the witness knows the run.
    pub fn start(
        me: PublicIdentity,
        peer: PublicIdentity,
        session: SessionId,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        let run = Run::new(me, peer, session)?;
        let (terms, plan) = Self::setup(&run)?;
        witness.spend(&terms.run_id(), 0).map_err(|_| SetupError::SessionSpent(run.my_id))?;
        let (round1, outbox) = Round1::start(run, &terms, rng);
        Ok(Session::new(terms, plan, Self::Round1(round1), outbox))
    }
}

impl State for Pair {
    type Output = Pairing;
    type Pending = Infallible;
    const SIGNED: bool = false;

    fn step(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
        Ok(match self {
            Self::Round1(round) => {
                let (next, outbox) = round.finish(inbox, rng)?;
                Step::Next(Self::Round2(next), outbox)
            }
            Self::Round2(round) => {
                let (next, outbox) = round.finish(inbox)?;
                Step::Next(Self::Round3(next), outbox)
            }
            Self::Round3(round) => {
                let (next, outbox) = round.finish(inbox)?;
                Step::Next(Self::Round4(next), outbox)
            }
            Self::Round4(round) => Step::Done(round.finish(inbox)?, Outbox::default()),
        })
    }
}

impl Suspend for Pair {
    type Config = Run;

    fn setup(run: &Run) -> Result<(Terms, Plan), SetupError> {
        Ok((run.terms(), msg::plan(run)))
    }

    fn round(&self) -> u8 {
        match self {
            Self::Round1(_) => 1,
            Self::Round2(_) => 2,
            Self::Round3(_) => 3,
            Self::Round4(_) => 4,
        }
    }

    fn save(&self) -> Secret<Vec<u8>> {
        match self {
            Self::Round1(round) => round.save(1),
            Self::Round2(round) => round.save(2),
            Self::Round3(round) => round.save(3),
            Self::Round4(round) => round.save(4),
        }
    }

    fn restore(run: &Run, _: &Inbox, stored: Stored<'_>) -> Option<Self> {
        let Stored(mut r) = stored;
        match r.u8()? {
            1 => Round1::restore(*run, r).map(Self::Round1),
            2 => Round2::restore(*run, r).map(Self::Round2),
            3 => Round3::restore(*run, r).map(Self::Round3),
            4 => Round4::restore(*run, r).map(Self::Round4),
            _ => None,
        }
    }
}

fn read_scalar(r: &mut Reader<'_>) -> Option<Secret<Scalar>> {
    let scalar = Scalar::from_canonical_bytes(*r.array()?);
    // Whether it is canonical shows anyway, in what becomes of it.
    verdict(scalar.is_some()).then(|| Secret::new(scalar.unwrap_or(Scalar::ZERO)))
}

/// The private bodies that this device has sent, of which a run keeps all.
fn read_sent(r: &mut Reader<'_>, len: usize) -> Option<Secret<Vec<u8>>> {
    let mut sent = Secret::buffer(msg::SENT_LEN);
    sent.expose_mut().extend_from_slice(r.bytes(len)?);
    Some(sent)
}

fn write_seeds(seeds: &[Seed], out: &mut Vec<u8>) {
    out.extend_from_slice(seeds.as_flattened());
}

fn read_seeds(r: &mut Reader<'_>, count: usize) -> Option<Secret<Vec<Seed>>> {
    let mut seeds = Secret::new(Vec::with_capacity(count));
    seeds.expose_mut().extend_from_slice(r.bytes(count * 16)?.as_chunks().0);
    Some(seeds)
}

#[cfg(test)]
mod tests;
