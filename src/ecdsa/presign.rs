//! Making presignatures: rounds 1 and 2 of signing, without a message.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::job::PresignTask;
use super::presignature::Presignature;
use super::round1::Round1;
use super::round2::Round2;
use super::sign::start;
use super::suite::EcdsaScheme;
use crate::error::SetupError;
use crate::key::KeyShare;
use crate::pairing::Pairings;
use crate::session::{Failure, Inbox, Outbox, Session, State, Step};

/// Presigning at one signer, by its rounds.
#[derive(Debug)]
#[non_exhaustive]
pub enum Presign<S: EcdsaScheme> {
    /// Committed to nonces; waiting for the others' commitments.
    Round1(Round1<S>),
    /// Opened and multiplied; waiting for the others' openings.
    Round2(Round2<S>),
}

impl<S: EcdsaScheme> Presign<S> {
    /// Starts presigning. The pairings are those of this device; every other signer must be among them.
    ///
    /// # Errors
    /// As [`Sign::start`](super::Sign::start).
    pub fn start(
        share: &KeyShare<S>,
        task: PresignTask<S>,
        pairings: &Pairings,
        rng: &mut dyn CryptoRng,
    ) -> Result<Session<Self>, SetupError> {
        let (terms, plan, round1, outbox) = start(task.0, false, share, pairings, rng)?;
        Ok(Session::new(terms, plan, Self::Round1(round1), outbox))
    }
}

impl<S: EcdsaScheme> State for Presign<S> {
    type Output = Vec<Presignature<S>>;
    type Pending = core::convert::Infallible;
    const SIGNED: bool = false;

    fn step(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
        match self {
            Self::Round1(round) => {
                let (next, outbox) = round.finish(inbox, rng)?;
                Ok(Step::Next(Self::Round2(next), outbox))
            }
            Self::Round2(round) => {
                let (team, presigned) = round.finish(inbox, rng)?;
                let make =
                    |(presigned, item): (_, &([u8; 32], _))| Presignature::new(&team, &item.1, presigned);
                Ok(Step::Done(presigned.into_iter().zip(&team.items).map(make).collect(), Outbox::default()))
            }
        }
    }
}
