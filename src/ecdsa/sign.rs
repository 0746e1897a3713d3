//! Signing in three rounds: one message, or many.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use rand_core::CryptoRng;

use super::job::{Batch, Job, Order, Task};
use super::msg;
use super::round1::Round1;
use super::round2::Round2;
use super::round3::{Asked, Round3};
use super::signature::Signature;
use super::suite::EcdsaScheme;
use super::team::Team;
use crate::error::{Abort, Chance, SetupError};
use crate::hash::{Tag, Transcript};
use crate::key::KeyShare;
use crate::pairing::Pairings;
use crate::party::PartyId;
use crate::session::{Failure, Inbox, Outbox, Plan, Session, State, Step, Terms};

/// Signing at one signer, by its rounds.
#[derive(Debug)]
pub(super) enum Rounds<S: EcdsaScheme> {
    /// Committed to nonces; waiting for the others' commitments.
    Round1(Round1<S>),
    /// Opened and multiplied; waiting for the others' openings.
    Round2(Round2<S>),
    /// Sent the own fragments; waiting for the others'.
    Round3(Round3<S>),
}

/// The next round, or the signatures.
type Progress<S> = ControlFlow<Vec<Signature<S>>, (Rounds<S>, Outbox)>;

impl<S: EcdsaScheme> Rounds<S> {
    fn step(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Progress<S>, Failure> {
        match self {
            Self::Round1(round) => {
                let (next, outbox) = round.finish(inbox, rng)?;
                Ok(ControlFlow::Continue((Self::Round2(next), outbox)))
            }
            Self::Round2(round) => {
                let (next, outbox) = fragments(round, inbox, rng)?;
                Ok(ControlFlow::Continue((Self::Round3(next), outbox)))
            }
            Self::Round3(round) => Ok(ControlFlow::Break(round.finish(inbox, rng)?)),
        }
    }
}

/// Finishes round 2 and starts round 3, for the digests that the signers agreed on beforehand.
fn fragments<S: EcdsaScheme>(
    round: Round2<S>,
    inbox: &Inbox,
    rng: &mut dyn CryptoRng,
) -> Result<(Round3<S>, Outbox), Abort> {
    let (team, presigned) = round.finish(inbox, rng)?;
    let asked = |(presigned, (_, order)): (_, &([u8; 32], Order<S>))| {
        Some(Asked { presigned, tweak: order.tweak, digest: order.digest? })
    };
    let asked: Option<Vec<_>> = presigned.into_iter().zip(&team.items).map(asked).collect();
    let asked = asked.ok_or(Abort::no_fault(2, "S0.4", Chance::OwnFault))?;
    Ok(Round3::start(3, team.signers, team.key.commitment().public_key(), asked))
}

/// What starting a run makes.
pub(super) type Started<S> = (Terms, Plan, Round1<S>, Outbox);

/// Rounds 1 and 2 of a job, and round 3 if `online`.
pub(super) fn start<S: EcdsaScheme>(
    job: Job<S>,
    online: bool,
    share: &KeyShare<S>,
    pairings: &Pairings,
    rng: &mut dyn CryptoRng,
) -> Result<Started<S>, SetupError> {
    let (team, terms) = Team::new(job, share, pairings)?;
    let binding = |id: &PartyId, pairing: &[u8; 32]| {
        (*id, Transcript::new(Tag::PairBinding).bytes(&terms.binding).bytes(pairing).finish())
    };
    let pairs = team.links.iter().map(|(id, link)| binding(id, link.id())).collect();
    let plan = msg::plan(&team.signers.without(team.me), team.items.len(), online, pairs);
    let (round1, outbox) = Round1::start(team, rng)?;
    Ok((terms, plan, round1, outbox))
}

macro_rules! signing {
    ($(#[$doc:meta])* $name:ident, $task:ident, $output:ty, $finish:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name<S: EcdsaScheme>(Rounds<S>);

        impl<S: EcdsaScheme> $name<S> {
            /// Starts signing. The pairings are those of this device; every other signer must be among them.
            ///
            /// # Errors
            /// [S0.1] [`SetupError::SelfMissing`]; [S0.2] [`SetupError::WrongKey`], [`SetupError::WrongEpoch`], [L2.2]
            /// [`SetupError::Burned`], [`SetupError::RefreshFirst`]; [S0.3] [`SetupError::NoPairing`], [`SetupError::ForeignPairing`],
            /// [`SetupError::Banned`], [`SetupError::PairingOutdated`].
            pub fn start(
                share: &KeyShare<S>,
                task: $task<S>,
                pairings: &Pairings,
                rng: &mut dyn CryptoRng,
            ) -> Result<Session<Self>, SetupError> {
                let (terms, plan, round1, outbox) = start(task.0, true, share, pairings, rng)?;
                Ok(Session::new(terms, plan, Self(Rounds::Round1(round1)), outbox))
            }
        }

        impl<S: EcdsaScheme> State for $name<S> {
            type Output = $output;
            type Pending = core::convert::Infallible;
            const SIGNED: bool = false;

            fn step(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
                match self.0.step(inbox, rng)? {
                    ControlFlow::Continue((next, outbox)) => Ok(Step::Next(Self(next), outbox)),
                    ControlFlow::Break(signatures) => Ok(Step::Done($finish(signatures)?, Outbox::default())),
                }
            }
        }
    };
}

signing! {
    /// Signing one message.
    ///
    /// It cannot be suspended: restart it instead, with a new session id.
    Sign, Task, Signature<S>, |signatures: Vec<_>| {
        signatures.into_iter().next().ok_or(Abort::no_fault(3, "S3.4", Chance::OwnFault))
    }
}

signing! {
    /// Signing many messages in the same three rounds, one message per round and peer.
    ///
    /// Every signature of the batch is a run of its own in lock step: it has a sid of its own, and fresh nonces, choices and pads. They share the
    /// verdict, the generator, and the sums in which S2.5 and S3.4 are checked for all at once.
    SignBatch, Batch, Vec<Signature<S>>, Ok::<_, Abort>
}
