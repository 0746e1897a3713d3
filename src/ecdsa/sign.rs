//! Signing in three rounds: one message, or many.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use rand_core::CryptoRng;

use super::job::{Batch, Job, Task};
use super::msg;
use super::round1::Round1;
use super::round2::Round2;
use super::round3::Round3;
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
            Self::Round3(round) => Ok(ControlFlow::Break(round.finish(inbox)?)),
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
    let orders = team.items.iter().map(|(_, order)| (order.key, order.digest));
    let items: Option<Vec<_>> =
        presigned.into_iter().zip(orders).map(|(p, (key, d))| Some((p, key, d?))).collect();
    let items = items.ok_or(Abort::no_fault(2, "S0.4", Chance::OwnFault))?;
    Ok(Round3::start(3, team.signers, items))
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
            /// [S0.1] [`SetupError::SelfMissing`]; [S0.2] [`SetupError::WrongKey`], [`SetupError::WrongEpoch`]; [S0.3]
            /// [`SetupError::NoPairing`], [`SetupError::ForeignPairing`], [`SetupError::Banned`].
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
    /// Every signature of the batch is a run of its own in lock step: it has a sid of its own, and fresh nonces, choices and pads. Nothing is shared
    /// between them but the headers and the inversions, so the argument for one signature is the argument for all.
    SignBatch, Batch, Vec<Signature<S>>, Ok::<_, Abort>
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::curve::{EcdsaP256, EcdsaSecp256k1};
    use crate::ecdsa::Message;
    use crate::key::Path;
    use crate::party::{Parties, Threshold};
    use crate::session::Status;
    use crate::sim::Cast;
    use crate::wire::SessionId;

    fn time<S: EcdsaScheme>(t: u16, n: u16, runs: u32) {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let cast = Cast::new(1..=n, &mut rng).unwrap();
        let shares = cast.deal::<S>(Threshold::new(t, n).unwrap(), &mut rng).unwrap();
        let sets: Vec<_> =
            cast.deal_pairings(cast.roster().parties(), &mut rng).unwrap().into_values().collect();
        let signers = Parties::from_numbers(1..=t).unwrap();
        let mut total = [Duration::ZERO; 8];
        for run in 0..runs {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&run.to_be_bytes());
            let task = Task::new(
                shares[0].public(),
                signers.clone(),
                Path::default(),
                Message::sha256(b"m"),
                SessionId(id),
            )
            .unwrap();
            let mut times = [Duration::ZERO; 8];
            let mut at = 0;
            let mut sessions = Vec::new();
            for i in 0..usize::from(t) {
                let s = Instant::now();
                sessions.push(Sign::start(&shares[i], task.clone(), &sets[i], &mut rng).unwrap());
                if i == 0 {
                    times[at] = s.elapsed();
                }
            }
            at += 1;
            let mut sent = alloc::vec![0; usize::from(t)];
            let mut done = None;
            while done.is_none() {
                let mut mail = Vec::new();
                for (i, session) in sessions.iter().enumerate() {
                    for m in session.outgoing(sent[i]) {
                        mail.push((i, m.to, m.bytes.to_vec()));
                    }
                    sent[i] = session.sent();
                }
                for (from, to, bytes) in mail {
                    for j in 0..usize::from(t) {
                        if j != from && to.is_none_or(|to| usize::from(to.get()) == j + 1) {
                            let s = Instant::now();
                            sessions[j].receive(shares[from].id(), &bytes).unwrap();
                            if j == 0 {
                                times[6] += s.elapsed();
                            }
                        }
                    }
                }
                for (i, session) in sessions.iter_mut().enumerate() {
                    let s = Instant::now();
                    let status = session.advance(&mut rng).unwrap();
                    if i == 0 {
                        times[at] = s.elapsed();
                        if let Status::Done(sig) = status {
                            done = Some(sig);
                        }
                    }
                }
                at += 1;
            }
            let sum = |t: &[Duration; 8]| t.iter().sum::<Duration>();
            if run == 0 || sum(&times) < sum(&total) {
                total = times;
            }
            if run == 0 {
                std::println!(
                    "sent {} bytes",
                    sessions[0].traffic().iter().map(|t| t.bytes_out).sum::<usize>()
                );
            }
        }
        let us = |d: Duration| d.as_secs_f64() * 1e6;
        std::println!(
            "{} {t}-of-{n}: start {:.0} r1 {:.0} r2 {:.0} r3 {:.0} receive {:.0} = {:.0} us",
            S::NAME,
            us(total[0]),
            us(total[1]),
            us(total[2]),
            us(total[3]),
            us(total[6]),
            us(total.iter().sum())
        );
    }

    #[test]
    #[ignore]
    fn time_all() {
        time::<EcdsaSecp256k1>(2, 3, 200);
        time::<EcdsaSecp256k1>(3, 5, 100);
        time::<EcdsaSecp256k1>(5, 9, 50);
        time::<EcdsaP256>(2, 3, 100);
    }
}
