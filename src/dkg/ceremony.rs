//! The rounds of a dealing as a session's state, whatever it is for.

use alloc::vec::Vec;

use ff::Field as _;
use rand_core::CryptoRng;

use super::carriage::Own;
use super::judge::judge_deal;
use super::{Deal, Round1, Round2, Round3, Stake, msg};
use crate::curve::Scheme;
use crate::error::{Abort, Chance, SetupError};
use crate::evidence::Evidence;
use crate::identity::Pending;
use crate::key::{PendingSeat, Seat};
use crate::party::PartyId;
use crate::secret::{Secret, verdict};
use crate::session::{
    Failure, Finding, Inbox, Outbox, Plan, Session, SpendOnce, State, Step, Stored, Suspend, Terms,
};

/// What a dealing is for: key generation, refresh, reshare or import.
pub trait Occasion: Clone {
    /// The key's scheme.
    type Scheme: Scheme;
    /// What a device has at the end.
    type Output;
    /// What it stores before its signature leaves.
    type Pending: Pending;

    /// The dealing.
    fn deal(&self) -> &Deal<Self::Scheme>;

    /// What waits, as this occasion has it; `None` for a seat that it does not have.
    fn pending(seat: &PendingSeat<Self::Scheme>) -> Option<&Self::Pending>;

    /// The end, as this occasion has it; `None` for a seat that it does not have.
    fn output(seat: Seat<Self::Scheme>) -> Option<Self::Output>;
}

/// What a run is for: it derefs to its [`Deal`], and ends with a [`KeyShare`](crate::key::KeyShare), or with a [`Seat`] where not everybody
/// has a share at the end.
macro_rules! occasion {
    ($deal:tt => KeyShare) => {
        $crate::dkg::occasion!($deal, KeyShare, PendingShare, PendingSeat::member, Seat::member);
    };
    ($deal:tt => Seat) => {
        $crate::dkg::occasion!($deal, Seat, PendingSeat, Some, Some);
    };
    ($deal:tt, $output:ident, $pending:ident, $of_pending:expr, $of_seat:expr) => {
        /// What there is to ask of a run: threshold, members, dealers, terms.
        impl<S: Scheme> core::ops::Deref for Run<S> {
            type Target = Deal<S>;
            fn deref(&self) -> &Deal<S> {
                &self.$deal
            }
        }

        impl<S: Scheme> $crate::dkg::Occasion for Run<S> {
            type Scheme = S;
            type Output = $output<S>;
            type Pending = $pending<S>;

            fn deal(&self) -> &Deal<S> {
                &self.$deal
            }

            fn pending(seat: &PendingSeat<S>) -> Option<&$pending<S>> {
                $of_pending(seat)
            }

            fn output(seat: Seat<S>) -> Option<$output<S>> {
                $of_seat(seat)
            }
        }
    };
}
pub(crate) use occasion;

/// Judges evidence from a run: anybody with the terms reaches the verdict, without a secret.
#[must_use]
pub fn judge<O: Occasion>(run: &O, evidence: &Evidence) -> Finding {
    judge_deal(run.deal(), &Own::new(run.deal()), evidence)
}

/// A dealing at one party, by its rounds.
#[derive(Debug)]
#[non_exhaustive]
pub enum Ceremony<O: Occasion> {
    /// Committed; waiting for the others' commitments.
    Round1(Round1<O::Scheme>),
    /// Revealed and dealt; waiting for the dealers' polynomials and shares.
    Round2(Round2<O::Scheme>),
    /// Holding a verified share; waiting for the certificate.
    Round3(Round3<O::Scheme>),
}

impl<O: Occasion> Ceremony<O> {
    pub(crate) fn begin(
        run: &O,
        me: PartyId,
        stake: Stake<O::Scheme>,
        witness: &mut dyn SpendOnce,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        let (terms, plan) = Self::setup(&(run.clone(), me))?;
        // A constant of zero has no encoding to reveal, and is refused, which shows.
        if let Stake::Constant(constant, _) = &stake
            && verdict(constant.expose().is_zero())
        {
            return Err(SetupError::WrongSecret(me));
        }
        witness.spend(&terms.run_id(), 0).map_err(|_| SetupError::SessionSpent(me))?;
        let (round1, outbox) = Round1::start(run.deal().clone(), &terms, stake, rng);
        Ok(Session::new(terms, plan, Self::Round1(round1), outbox))
    }
}

impl<O: Occasion> State for Ceremony<O> {
    type Output = O::Output;
    type Pending = O::Pending;
    const SIGNED: bool = true;

    fn step(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
        match self {
            Self::Round1(round) => {
                let (next, outbox) = round.finish(inbox, rng)?;
                Ok(Step::Next(Self::Round2(next), outbox))
            }
            Self::Round2(round) => Ok(Step::Keep(Self::Round3(round.finish(inbox, rng)?))),
            Self::Round3(round) => match O::output(round.finish(inbox)?) {
                Some(output) => Ok(Step::Done(output, Outbox::default())),
                None => Err(Abort::no_fault(3, "K3.1", Chance::OwnFault).into()),
            },
        }
    }

    fn pending(&self) -> Option<&O::Pending> {
        match self {
            Self::Round3(round) => O::pending(round.pending()),
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

impl<O: Occasion> Suspend for Ceremony<O> {
    type Config = (O, PartyId);

    fn setup((run, me): &Self::Config) -> Result<(Terms, Plan), SetupError> {
        let deal = run.deal();
        if !deal.cast().parties().contains(*me) {
            return Err(SetupError::SelfMissing(*me));
        }
        Ok((deal.terms(*me), msg::plan(deal, *me)))
    }

    fn round(&self) -> u8 {
        match self {
            Self::Round1(_) => 1,
            Self::Round2(_) => 2,
            Self::Round3(_) => 3,
        }
    }

    fn save(&self) -> Secret<Vec<u8>> {
        match self {
            Self::Round1(round) => round.save(1),
            Self::Round2(round) => round.save(2),
            Self::Round3(round) => round.save(3),
        }
    }

    fn restore((run, _): &Self::Config, inbox: &Inbox, stored: Stored<'_>) -> Option<Self> {
        let (Stored(mut r), deal) = (stored, run.deal().clone());
        match r.u8()? {
            1 => Round1::restore(deal, inbox, r).map(Self::Round1),
            2 => Round2::restore(deal, inbox, r).map(Self::Round2),
            3 => Round3::restore(deal, inbox, r).map(Self::Round3),
            _ => None,
        }
    }
}
