#![doc = include_str!("protocol.md")]

mod complaint;
mod judge;
pub(crate) mod msg;
mod round1;
mod round2;
mod round3;

pub use judge::judge;
pub use round1::Round1;
pub use round2::Round2;
pub use round3::Round3;

use alloc::vec::Vec;

use rand_core::CryptoRng;

use crate::curve::Scheme;
use crate::error::SetupError;
use crate::identity::Roster;
use crate::key::{KeyShare, PendingShare};
use crate::party::{PartyId, Threshold};
use crate::secret::Secret;
use crate::session::{
    Failure, Inbox, Outbox, Plan, Session, SpendOnce, State, Step, Stored, Suspend, Terms, binding,
};
use crate::wire::SessionId;

/// The protocol's number in headers.
pub const PROTOCOL: u8 = 2;

/// What all parties of a key generation agree on beforehand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    threshold: Threshold,
    roster: Roster,
    session: SessionId,
}

impl Run {
    /// A key generation of `threshold` among the members of `roster`. The session id is unique, and durable before the
    /// first message leaves.
    ///
    /// # Errors
    /// [`SetupError::RosterSize`] unless the roster has `n` members.
    pub fn new(threshold: Threshold, roster: Roster, session: SessionId) -> Result<Self, SetupError> {
        if roster.len() != usize::from(threshold.n()) {
            return Err(SetupError::RosterSize { roster: roster.len(), n: threshold.n() });
        }
        Ok(Self { threshold, roster, session })
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

    /// The run's id.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The terms at one party: the binding's items are `u32 epoch 0, base 0^32, ids of all dealers`.
    #[must_use]
    pub fn terms<S: Scheme>(&self, me: PartyId) -> Terms {
        let binding = binding::<S>(PROTOCOL, self.threshold, &self.roster)
            .u32(0)
            .bytes(&[0; 32])
            .bytes(&self.roster.parties().to_bytes())
            .finish();
        Terms { protocol: PROTOCOL, session: self.session, binding, me, roster: *self.roster.hash() }
    }
}

/// A key generation at one party, by its rounds.
#[derive(Debug)]
#[non_exhaustive]
pub enum Dkg<S: Scheme> {
    /// Committed; waiting for the others' commitments.
    Round1(Round1<S>),
    /// Revealed and dealt; waiting for the others' polynomials and shares.
    Round2(Round2<S>),
    /// Holding a verified share; waiting for the certificate.
    Round3(Round3<S>),
}

impl<S: Scheme> Dkg<S> {
    /// Starts a key generation at `me`. The witness records the session id durably before anything is made, whoever proposed
    /// it: a device that ran twice under one id would sign two messages for one slot, and convict itself. After a crash, go
    /// on from a snapshot ([`Session::resume`], same witness) or start a run with a new id.
    ///
    /// # Errors
    /// [`SetupError::SelfMissing`] if `me` is not in the roster, [`SetupError::SessionSpent`] if the witness knows the run.
    pub fn start(
        run: &Run,
        me: PartyId,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        let (terms, plan) = Self::setup(&(run.clone(), me))?;
        witness.spend(&terms.run_id(), 0).map_err(|_| SetupError::SessionSpent(me))?;
        let (round1, outbox) = Round1::start(run.clone(), &terms, rng);
        Ok(Session::new(terms, plan, Self::Round1(round1), outbox))
    }
}

impl<S: Scheme> State for Dkg<S> {
    type Output = KeyShare<S>;
    type Pending = PendingShare<S>;
    const SIGNED: bool = true;

    fn step(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
        match self {
            Self::Round1(round) => {
                let (next, outbox) = round.finish(inbox, rng)?;
                Ok(Step::Next(Self::Round2(next), outbox))
            }
            Self::Round2(round) => Ok(Step::Keep(Self::Round3(round.finish(inbox, rng)?))),
            Self::Round3(round) => Ok(Step::Done(round.finish(inbox)?, Outbox::default())),
        }
    }

    fn pending(&self) -> Option<&PendingShare<S>> {
        match self {
            Self::Round3(round) => Some(round.pending()),
            _ => None,
        }
    }

    fn kept(self, signature: &[u8; 64]) -> Result<(Self, Outbox), (Self, SetupError)> {
        match self {
            Self::Round3(round) => match round.certify(signature) {
                Ok(outbox) => Ok((Self::Round3(round), outbox)),
                Err(error) => Err((Self::Round3(round), error)),
            },
            other => Err((other, SetupError::NothingToKeep)),
        }
    }
}

impl<S: Scheme> Suspend for Dkg<S> {
    type Config = (Run, PartyId);

    fn setup((run, me): &Self::Config) -> Result<(Terms, Plan), SetupError> {
        if !run.roster.parties().contains(*me) {
            return Err(SetupError::SelfMissing(*me));
        }
        Ok((run.terms::<S>(*me), msg::plan::<S::Curve>(run, *me)))
    }

    fn save(&self) -> Secret<Vec<u8>> {
        match self {
            Self::Round1(round) => round.save(1),
            Self::Round2(round) => round.save(2),
            Self::Round3(round) => round.save(3),
        }
    }

    fn restore((run, _): &Self::Config, inbox: &Inbox, stored: Stored<'_>) -> Option<Self> {
        let Stored(mut r) = stored;
        match r.u8()? {
            1 => Round1::restore(run.clone(), inbox, r).map(Self::Round1),
            2 => Round2::restore(run.clone(), inbox, r).map(Self::Round2),
            3 => Round3::restore(run, inbox, r).map(Self::Round3),
            _ => None,
        }
    }
}
