//! The rounds of a set as a session's state: those of every key, side by side.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::Run;
use super::bundle::Bundle;
use super::failures::Failures;
use super::part::{Held, Moved, Moving};
use super::pending::PendingSet;
use super::round3;
use crate::error::{Abort, Chance, SetupError};
use crate::party::PartyId;
use crate::secret::Secret;
use crate::session::{Failure, Inbox, Outbox, Plan, Session, SpendOnce, State, Step, Stored, Suspend, Terms};
use crate::wire::{Kind, put_u32};

/// The generation of a key set at one party.
#[derive(Debug)]
pub struct KeySet {
    run: Run,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Every key in this round, 1 or 2.
    Moving(u8, Vec<Box<dyn Moving>>),
    /// Every share is held; waiting for the certificate.
    Held(PendingSet),
}

impl KeySet {
    /// Starts the generation of a key set at `me`. The witness records the session id durably before anything is made, as for
    /// [`Dkg::start`](crate::dkg::Dkg::start).
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
        let (states, outboxes) = run.parts.iter().map(|part| part.begin(me, rng)).unzip();
        let state = Self { run: run.clone(), stage: Stage::Moving(1, states) };
        Ok(Session::new(terms, plan, state, Run::join(1, outboxes)))
    }
}

/// What a round made of all keys: as many as there are, all of one sort.
#[derive(Default)]
struct Moves {
    next: Vec<Box<dyn Moving>>,
    outboxes: Vec<Outbox>,
    held: Vec<Box<dyn Held>>,
}

/// Finishes a round at every key, and goes on only if all of them do.
fn step_all(
    run: &Run,
    round: u8,
    states: Vec<Box<dyn Moving>>,
    inbox: &Inbox,
    rng: &mut dyn CryptoRng,
) -> Result<Moves, Failure> {
    let (mut made, mut failures) = (Moves::default(), Failures::default());
    for (index, (state, part)) in states.into_iter().zip(&run.parts).enumerate() {
        match state.step(&run.inbox(index, part.as_ref(), inbox), rng) {
            Ok(Moved::Next(next, outbox)) => {
                made.next.push(next);
                made.outboxes.push(outbox);
            }
            Ok(Moved::Held(held)) => made.held.push(held),
            Err(failure) => failures.add(index, failure),
        }
    }
    failures.verdict(round, run, inbox)?;
    Ok(made)
}

impl State for KeySet {
    type Output = Bundle;
    type Pending = PendingSet;
    const SIGNED: bool = true;

    fn step(self, inbox: &Inbox, rng: &mut dyn CryptoRng) -> Result<Step<Self>, Failure> {
        let Self { run, stage } = self;
        let (round, states) = match stage {
            Stage::Moving(round, states) => (round, states),
            Stage::Held(pending) => {
                return Ok(Step::Done(round3::finish(&run, pending, inbox)?, Outbox::default()));
            }
        };
        let Moves { next, outboxes, held } = step_all(&run, round, states, inbox, rng)?;
        let keys = run.parts.len();
        if next.len() == keys {
            let outbox = Run::join(round + 1, outboxes);
            return Ok(Step::Next(Self { run, stage: Stage::Moving(round + 1, next) }, outbox));
        }
        if held.len() == keys {
            return Ok(Step::Keep(Self { run, stage: Stage::Held(PendingSet::new(inbox.terms().me, held)) }));
        }
        Err(Abort::no_fault(round, "K3.1", Chance::OwnFault).into())
    }

    fn pending(&self) -> Option<&PendingSet> {
        match &self.stage {
            Stage::Held(pending) => Some(pending),
            Stage::Moving(..) => None,
        }
    }

    fn kept(self, signature: &[u8; 64]) -> Result<(Self, Outbox), (Self, SetupError)> {
        let Stage::Held(pending) = &self.stage else { return Err((self, SetupError::NothingToKeep)) };
        if let Err(error) = pending.check_signer(signature) {
            return Err((self, error));
        }
        let mut body = pending.last_views().as_flattened().to_vec();
        body.extend_from_slice(signature);
        Ok((self, Outbox::to_all(3, Kind::All, body)))
    }
}

impl Suspend for KeySet {
    type Config = (Run, PartyId);

    fn setup((run, me): &Self::Config) -> Result<(Terms, Plan), SetupError> {
        if !run.roster.parties().contains(*me) {
            return Err(SetupError::SelfMissing(*me));
        }
        Ok((run.terms(*me), run.plan(*me)))
    }

    fn round(&self) -> u8 {
        match &self.stage {
            Stage::Moving(round, _) => *round,
            Stage::Held(_) => 3,
        }
    }

    /// round 1; in rounds 1 and 2 per key length 4 and what the key writes, in round 3 the pending set.
    fn save(&self) -> Secret<Vec<u8>> {
        let (round, forms) = match &self.stage {
            Stage::Moving(round, states) => (*round, states.iter().map(|state| state.save()).collect()),
            Stage::Held(pending) => (3, alloc::vec![pending.to_bytes()]),
        };
        let forms: Vec<Secret<Vec<u8>>> = forms;
        let mut out = Secret::buffer(1 + forms.iter().map(|form| 4 + form.expose().len()).sum::<usize>());
        out.expose_mut().push(round);
        for form in forms {
            put_u32(out.expose_mut(), form.expose().len() as u32);
            out.expose_mut().extend_from_slice(form.expose());
        }
        out
    }

    fn restore((run, me): &Self::Config, inbox: &Inbox, stored: Stored<'_>) -> Option<Self> {
        let Stored(mut r) = stored;
        let round = r.u8()?;
        let mut form = || {
            let len = r.u32()? as usize;
            r.bytes(len)
        };
        let stage = if round == 3 {
            let pending = PendingSet::from_bytes(form()?)?;
            (pending.set_terms()? == *inbox.terms()).then_some(Stage::Held(pending))?
        } else {
            let mut states = Vec::with_capacity(run.parts.len());
            for (index, part) in run.parts.iter().enumerate() {
                // A key says itself in which round it is.
                let stored = form()?;
                let state = part.restore(*me, &run.inbox(index, part.as_ref(), inbox), stored)?;
                states.push((stored.first() == Some(&round)).then_some(state)?);
            }
            Stage::Moving(round, states)
        };
        r.end()?;
        Some(Self { run: run.clone(), stage })
    }
}
