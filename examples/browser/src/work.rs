//! The sessions of a holder, one at a time.

use std::collections::BTreeMap;

use quorate::curve::EcdsaSecp256k1;
use quorate::dkg::{Dkg, Run};
use quorate::ecdsa::{Sign, Signature};
use quorate::gated::GatedSession;
use quorate::key::epoch::Epochs;
use quorate::pairing::{Pair, Pairing};
use quorate::party::Threshold;
use quorate::session::{AlreadySpent, Session, SpendOnce, Status};
use quorate::wire::SessionId;

use crate::OsRng;
use crate::error::Error;
use crate::line::Line;

pub(crate) type Record = Epochs<EcdsaSecp256k1>;
type Signing = GatedSession<Sign<EcdsaSecp256k1>>;

/// The session ids that were used. A holder has one for good, on its disk.
#[derive(Default)]
pub(crate) struct Used(BTreeMap<[u8; 32], u32>);

impl SpendOnce for Used {
    fn spend(&mut self, id: &[u8; 32], generation: u32) -> Result<(), AlreadySpent> {
        match self.0.get(id) {
            Some(spent) if *spent >= generation => Err(AlreadySpent),
            _ => {
                self.0.insert(*id, generation);
                Ok(())
            }
        }
    }
}

/// What is being done. Boxed, since they differ much in size.
#[derive(Default)]
pub(crate) enum Work {
    #[default]
    None,
    /// With the record, once there is one, and how many messages were sent.
    Key(Box<Session<Dkg<EcdsaSecp256k1>>>, Option<Box<Record>>, usize),
    Pair(Box<Session<Pair>>, usize),
    Sign(Box<Signing>, usize),
}

/// What came of it.
pub(crate) enum Outcome {
    Key(Box<Record>),
    Pairing(Box<Pairing>),
    Signature(Box<Signing>, Box<Signature<EcdsaSecp256k1>>),
}

impl Work {
    pub(crate) fn key(
        line: &Line,
        session: SessionId,
        used: &mut Used,
        rng: &mut OsRng,
    ) -> Result<Self, Error> {
        let run = Run::new(Threshold::new(2, 2)?, line.cluster()?.roster().clone(), session)?;
        Ok(Self::Key(Box::new(Dkg::start(&run, line.me, used, rng)?), None, 0))
    }

    pub(crate) fn pairing(
        line: &Line,
        session: SessionId,
        used: &mut Used,
        rng: &mut OsRng,
    ) -> Result<Self, Error> {
        let [me, other] = line.identities()?;
        Ok(Self::Pair(Box::new(Pair::start(me, other, session, used, rng)?), 0))
    }

    pub(crate) fn signing(session: Signing) -> Self {
        Self::Sign(Box::new(session), 0)
    }

    pub(crate) const fn name(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Key(..) => Some("key"),
            Self::Pair(..) => Some("pairing"),
            Self::Sign(..) => Some("signature"),
        }
    }

    /// Gives the session what has come for it, does the rounds that can be done, and sends what they made. A session that fails is over.
    pub(crate) fn go_on(&mut self, line: &mut Line, rng: &mut OsRng) -> Result<Option<Outcome>, Error> {
        match std::mem::take(self) {
            Self::None => {}
            Self::Key(mut session, mut record, mut sent) => {
                line.hand_over(&mut *session)?;
                loop {
                    let status = session.advance(rng)?;
                    session.outgoing(sent).try_for_each(|message| line.post(&message))?;
                    sent = session.sent();
                    match status {
                        Status::Advanced { .. } => {}
                        Status::Keep => {
                            let pending = session.pending().ok_or("there is one after Keep")?;
                            let epochs = record.insert(Box::new(Epochs::generating(pending)));
                            let input = epochs.keep(pending)?;
                            // Here a holder writes `epochs.to_bytes()`, sealed, to its disk. First the disk, then the signature.
                            session.kept(&line.sign(&input))?;
                        }
                        Status::Done(share) => {
                            let mut epochs = record.ok_or("kept before")?;
                            let receipt = epochs.enter(share.public().certificate())?;
                            // Of the first epoch nothing is older; else keys and presignatures of what is erased go first.
                            epochs.settled(&receipt.erased);
                            return Ok(Some(Outcome::Key(epochs)));
                        }
                        _ => break,
                    }
                }
                *self = Self::Key(session, record, sent);
            }
            Self::Pair(mut session, mut sent) => {
                line.hand_over(&mut *session)?;
                loop {
                    let status = session.advance(rng)?;
                    session.outgoing(sent).try_for_each(|message| line.post(&message))?;
                    sent = session.sent();
                    match status {
                        Status::Advanced { .. } => {}
                        Status::Done(pairing) => return Ok(Some(Outcome::Pairing(Box::new(pairing)))),
                        _ => break,
                    }
                }
                *self = Self::Pair(session, sent);
            }
            Self::Sign(mut session, mut sent) => {
                line.hand_over(&mut *session)?;
                loop {
                    let status = session.advance(rng)?;
                    session.outgoing(sent).try_for_each(|message| line.post(&message))?;
                    sent = session.sent();
                    match status {
                        Status::Advanced { .. } => {}
                        Status::Done(signature) => {
                            return Ok(Some(Outcome::Signature(session, Box::new(signature))));
                        }
                        _ => break,
                    }
                }
                *self = Self::Sign(session, sent);
            }
        }
        Ok(None)
    }
}
