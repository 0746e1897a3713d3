//! Plays a run at every party in one process, and notes what each round costs each party.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use quorate::envelope::{Unsigned, Verified};
use quorate::error::SetupError;
use quorate::evidence::Envelope;
use quorate::party::PartyId;
use quorate::session::{Pending, Session, State, Status, Traffic};
use quorate::sim::Cast;
use quorate::wire::Header;
use rand_chacha::ChaCha20Rng;

use super::Error;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// What comes after the last message: the result.
pub(crate) const END: u8 = u8::MAX;

/// What a party spends to make the messages of a round, and on those of the others.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    /// In `start`, `receive` and `advance`.
    pub(crate) compute: Duration,
    /// For its identity key: signatures under its own messages, verification of the others'.
    pub(crate) identity: Duration,
    /// The most heap that a step took beyond what was there before, in bytes.
    pub(crate) heap: usize,
    /// Bytes sent if every message to all is sent to each.
    pub(crate) sent: usize,
}

/// One party's run.
pub(crate) struct Played<O> {
    pub(crate) me: PartyId,
    pub(crate) role: &'static str,
    pub(crate) rounds: BTreeMap<u8, Cost>,
    pub(crate) traffic: Vec<Traffic>,
    pub(crate) output: O,
}

struct Seat<S: State> {
    role: &'static str,
    session: Session<S>,
    posted: usize,
    /// Time in `receive` that belongs to the next step.
    received: Duration,
    rounds: BTreeMap<u8, Cost>,
    output: Option<S::Output>,
}

/// A message on its way: sender, receiver or all, round, bytes.
struct Post(PartyId, Option<PartyId>, u8, Vec<u8>);

fn clock<T>(total: &mut Duration, f: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = f();
    *total += start.elapsed();
    value
}

/// Adds the time of `f` and the heap that it takes.
fn weigh<T>(cost: &mut Cost, f: impl FnOnce() -> T) -> T {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let value = clock(&mut cost.compute, f);
    cost.heap = cost.heap.max(HEAP.peak_usage().saturating_sub(before));
    value
}

/// Everybody's run of one protocol, on a perfect network in lock step.
pub(crate) fn play<S: State>(
    cast: &Cast,
    parties: &[(PartyId, &'static str)],
    mut start: impl FnMut(PartyId, &mut ChaCha20Rng) -> Result<Session<S>, SetupError>,
    rng: &mut ChaCha20Rng,
) -> Result<Vec<Played<S::Output>>, Error> {
    let mut seats = Vec::new();
    for (me, role) in parties {
        let mut cost = Cost::default();
        let session = weigh(&mut cost, || start(*me, rng))?;
        let rounds = BTreeMap::from([(1, cost)]);
        seats.push(Seat { role, session, posted: 0, received: Duration::ZERO, rounds, output: None });
    }
    while seats.iter().any(|seat| seat.output.is_none()) {
        let mut mail = Vec::new();
        for seat in &mut seats {
            seat.post(cast, parties.len() - 1, &mut mail)?;
        }
        if mail.is_empty() {
            return Err("the run stands still".into());
        }
        for seat in &mut seats {
            mail.iter().try_for_each(|post| seat.receive(cast, post))?;
            seat.work(cast, rng)?;
        }
        // What was made with a result, such as the last message of a repair's helper, is sent in the next turn.
    }
    let mut played = Vec::new();
    for mut seat in seats {
        seat.post(cast, parties.len() - 1, &mut Vec::new())?;
        played.push(Played {
            me: seat.session.terms().me,
            role: seat.role,
            rounds: seat.rounds,
            traffic: seat.session.traffic().to_vec(),
            output: seat.output.ok_or("no result")?,
        });
    }
    Ok(played)
}

impl<S: State> Seat<S> {
    fn me(&self) -> PartyId {
        self.session.terms().me
    }

    fn post(&mut self, cast: &Cast, others: usize, mail: &mut Vec<Post>) -> Result<(), Error> {
        let me = self.me();
        for out in self.session.outgoing(self.posted) {
            let round = Header::split(out.bytes).ok_or("a message has a header")?.0.round;
            let cost = self.rounds.entry(round).or_default();
            let bytes = if S::SIGNED {
                let key = cast.key(me).ok_or("no identity key")?;
                clock(&mut cost.identity, || -> Result<_, Error> {
                    let signature = key.sign(Unsigned::new(out.bytes)?.to_sign());
                    Ok(Envelope { bytes: out.bytes.to_vec(), signature }.to_bytes())
                })?
            } else {
                out.bytes.to_vec()
            };
            cost.sent += bytes.len() * if out.to.is_some() { 1 } else { others };
            mail.push(Post(me, out.to, round, bytes));
        }
        self.posted = self.session.sent();
        Ok(())
    }

    fn receive(&mut self, cast: &Cast, Post(from, to, round, bytes): &Post) -> Result<(), Error> {
        // Where everybody has the result already, nothing more is looked at.
        if *from == self.me() || to.is_some_and(|to| to != self.me()) || self.output.is_some() {
            return Ok(());
        }
        let session = &mut self.session;
        if S::SIGNED {
            let cost = self.rounds.entry(*round).or_default();
            let verified = clock(&mut cost.identity, || Verified::open(cast.roster(), bytes))?;
            clock(&mut self.received, || session.receive_signed(&verified))?;
        } else {
            clock(&mut self.received, || session.receive(*from, bytes))?;
        }
        Ok(())
    }

    /// As far as it goes.
    fn work(&mut self, cast: &Cast, rng: &mut ChaCha20Rng) -> Result<(), Error> {
        while self.output.is_none() {
            let (waiting, before) = (self.session.round(), self.session.sent());
            let mut cost = Cost { compute: std::mem::take(&mut self.received), ..Cost::default() };
            let status = weigh(&mut cost, || self.session.advance(rng))?;
            let made = self.session.outgoing(before).next().and_then(|out| Header::split(out.bytes));
            let made = made.map(|(header, _)| header.round);
            match status {
                Status::Advanced { round } => self.note(made.unwrap_or(round + 1), cost),
                Status::Keep => {
                    let key = cast.key(self.me()).ok_or("no identity key")?;
                    let input = self.session.pending().ok_or("there is one after Keep")?.to_sign();
                    let signature = clock(&mut cost.identity, || key.sign(&input));
                    clock(&mut cost.compute, || self.session.kept(&signature))?;
                    self.note(waiting + 1, cost);
                }
                Status::Done(output) => {
                    self.output = Some(output);
                    self.note(made.unwrap_or(END), cost);
                }
                _ => {
                    self.received = cost.compute;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, round: u8, cost: Cost) {
        let there = self.rounds.entry(round).or_default();
        there.compute += cost.compute;
        there.identity += cost.identity;
        there.heap = there.heap.max(cost.heap);
    }
}
