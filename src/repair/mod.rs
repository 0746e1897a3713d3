#![doc = include_str!("protocol.md")]

mod round1;
mod round2;

pub use round1::Round1;
pub use round2::{Rebuilt, Round2};

use alloc::boxed::Box;
use core::convert::Infallible;

use rand_core::CryptoRng;

use crate::curve::{Curve, Scheme};
use crate::error::SetupError;
use crate::key::{KeyShare, PublicKey};
use crate::party::{Parties, PartyId};
use crate::session::{Expect, Failure, Inbox, Outbox, Plan, RoundPlan, Session, State, Step, Terms, binding};
use crate::wire::{Kind, SessionId, protocol};

/// The protocol's number in headers.
pub const PROTOCOL: u8 = protocol::REPAIR;

/// What the helpers and the party without its share agree on beforehand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run<S: Scheme> {
    key: PublicKey<S>,
    lost: PartyId,
    helpers: Parties,
    session: SessionId,
}

impl<S: Scheme> Run<S> {
    /// The repair of `lost`'s share of `key` by `helpers`, exactly `t` other members. The key is of the current epoch; who lost its share gets
    /// it, with its certificate, from anybody, and compares the public key with the one it means. The session id is unique per run.
    ///
    /// # Errors
    /// [L0.1] [`SetupError::NotInRoster`] names who is no member, [`SetupError::DealerCount`] counts the helpers,
    /// [`SetupError::DuplicateParty`] says that `lost` would help itself.
    pub fn new(
        key: &PublicKey<S>,
        lost: PartyId,
        helpers: Parties,
        session: SessionId,
    ) -> Result<Self, SetupError> {
        // [L0.1] m and H in the roster, t helpers, m not one of them
        let members = key.roster().parties();
        if let Some(stranger) = helpers.iter().chain([lost]).find(|id| !members.contains(*id)) {
            return Err(SetupError::NotInRoster(stranger));
        }
        let (count, t) = (helpers.len(), key.threshold().t());
        if count != usize::from(t) {
            return Err(SetupError::DealerCount { dealers: count, t });
        }
        if helpers.contains(lost) {
            return Err(SetupError::DuplicateParty(lost));
        }
        Ok(Self { key: key.clone(), lost, helpers, session })
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey<S> {
        &self.key
    }

    /// Whose share is rebuilt.
    #[must_use]
    pub const fn lost(&self) -> PartyId {
        self.lost
    }

    /// Who helps, ascending.
    #[must_use]
    pub const fn helpers(&self) -> &Parties {
        &self.helpers
    }

    /// The terms at one party: the binding's items are `key id, u32 epoch, epoch id, u16 m, helpers`; threshold and roster are the key's.
    #[must_use]
    pub fn terms(&self, me: PartyId) -> Terms {
        let binding = binding::<S>(PROTOCOL, self.key.threshold(), self.key.roster())
            .bytes(self.key.key_id())
            .u32(self.key.epoch())
            .bytes(&self.key.epoch_id())
            .u16(self.lost.get())
            .bytes(&self.helpers.to_bytes())
            .finish();
        Terms { protocol: PROTOCOL, session: self.session, binding, me, roster: *self.key.roster().hash() }
    }

    /// One private message from each of these.
    fn plan(round: u8, from: Parties, len: usize) -> Plan {
        let direct = Some(Expect::new(from, &[(Kind::Direct, len)]));
        Plan::from(alloc::vec![RoundPlan { round, all: None, direct }])
    }
}

/// How a repair ends.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome<S: Scheme> {
    /// At a helper: its part is in the outbox. Whether the share came out right only the other party knows.
    Helped,
    /// At the party that lost its share.
    Rebuilt(Box<Rebuilt<S>>),
}

impl<S: Scheme> Outcome<S> {
    /// The share, at the party that lost it.
    #[must_use]
    pub fn rebuilt(self) -> Option<Rebuilt<S>> {
        match self {
            Self::Helped => None,
            Self::Rebuilt(rebuilt) => Some(*rebuilt),
        }
    }
}

/// A repair at one party.
#[derive(Debug)]
#[non_exhaustive]
pub enum Repair<S: Scheme> {
    /// A helper, which has sent parts of its share's term; waiting for the other helpers' parts.
    Round1(Round1<S>),
    /// The party that lost its share, waiting for sums of parts.
    Round2(Round2<S>),
}

impl<S: Scheme> Repair<S> {
    /// Starts helping. `signed` is the highest epoch of the key for which this device ever signed a certificate
    /// ([`Epochs::highest_signed`](crate::key::epoch::Epochs::highest_signed)); `None` where it keeps no record, for its share's.
    ///
    /// # Errors
    /// [L0.1] [`SetupError::WrongKey`], [`SetupError::WrongEpoch`] unless the share is of the run's epoch; [`SetupError::SelfMissing`] if its
    /// owner is no helper. [L2.2] [`SetupError::Burned`]; [`SetupError::RefreshFirst`] for a share that was rebuilt or imported itself.
    pub fn help(
        run: &Run<S>,
        share: &KeyShare<S>,
        signed: Option<u32>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        let (me, of) = (share.id(), share.public());
        // [L2.2] what was rebuilt is refreshed or reshared before it is used; a burned share is used for nothing
        share.check_standing(false)?;
        // [L0.1] the current epoch
        if of.key_id() != run.key.key_id() {
            return Err(SetupError::WrongKey(me));
        }
        if of.epoch_id() != run.key.epoch_id() {
            return Err(SetupError::WrongEpoch { who: me, share: of.epoch(), key: run.key.epoch() });
        }
        let signed = signed.unwrap_or_default().max(of.epoch());
        let (round, outbox) = Round1::start(run, share, signed, rng)?;
        let plan = Run::<S>::plan(1, run.helpers.without(me), S::Curve::SCALAR_LEN);
        Ok(Session::new(run.terms(me), plan, Self::Round1(round), outbox))
    }

    /// Starts at the party that lost its share. It sends nothing.
    ///
    /// # Errors
    /// [`SetupError::SelfMissing`] unless it is the run's.
    pub fn rebuild(run: &Run<S>, me: PartyId) -> Result<Session<Self>, SetupError> {
        if me != run.lost {
            return Err(SetupError::SelfMissing(me));
        }
        let plan = Run::<S>::plan(2, run.helpers.clone(), S::Curve::SCALAR_LEN + round2::EPOCH_LEN);
        Ok(Session::new(run.terms(me), plan, Self::Round2(Round2::new(run)), Outbox::default()))
    }
}

impl<S: Scheme> State for Repair<S> {
    type Output = Outcome<S>;
    type Pending = Infallible;
    const SIGNED: bool = false;

    fn step(self, inbox: &Inbox, _: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
        Ok(match self {
            Self::Round1(round) => Step::Done(Outcome::Helped, round.finish(inbox)?),
            Self::Round2(round) => {
                Step::Done(Outcome::Rebuilt(Box::new(round.finish(inbox)?)), Outbox::default())
            }
        })
    }
}
