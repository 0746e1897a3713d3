//! Sessions around a table: every message passes through a function that may change it, and every end is looked at.

use std::collections::BTreeMap;

use quorate::error::{Abort, Chance, Doubt, Fault, Rejected, Verdict};
use quorate::party::PartyId;
use quorate::session::{Receipt, Session, State, Status};
use quorate::sim::Letter;
use quorate::wire::Header;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub(crate) fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// How a party ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// With what was to be made, and it is right.
    Done,
    /// Waiting for these.
    Waits(Vec<u16>),
    /// With a conviction of these: round, the check of the lowest, everyone's fault.
    Cheater(u8, &'static str, Vec<(u16, Fault)>),
    /// Round, check, reason, suspects.
    Suspects(u8, &'static str, Doubt, Vec<u16>),
    /// Nobody's fault.
    Chance(u8, &'static str, Chance),
}

impl End {
    pub(crate) fn of(abort: &Abort) -> Self {
        let (round, check) = (abort.round, abort.check);
        match &abort.verdict {
            Verdict::Cheater { evidence, .. } => {
                assert!(evidence.is_none() && abort.others.iter().all(|other| other.evidence.is_none()));
                Self::Cheater(round, check, abort.cheaters().map(|(who, fault)| (who.get(), fault)).collect())
            }
            Verdict::Suspects { who, why } => {
                assert!(abort.others.is_empty());
                Self::Suspects(round, check, *why, who.iter().map(PartyId::get).collect())
            }
            Verdict::NoFault { why } => Self::Chance(round, check, *why),
            other => panic!("{other}"),
        }
    }
}

/// One party.
pub(crate) struct Seat<P: State> {
    pub(crate) session: Session<P>,
    pub(crate) rng: ChaCha20Rng,
    posted: usize,
    pub(crate) outcome: Option<Result<P::Output, Abort>>,
}

/// Everybody. A message travels when all have worked.
pub(crate) struct Table<P: State> {
    pub(crate) seats: BTreeMap<u16, Seat<P>>,
    /// Every message as its sender made it, once for each receiver.
    pub(crate) wire: Vec<Letter>,
    pub(crate) rejected: Vec<(u16, Rejected)>,
}

/// Sees everything sent so far, this round's messages of all included; changes a letter, or holds it back by `false`.
pub(crate) type Tamper<'a> = dyn FnMut(&[Letter], &mut Letter) -> bool + 'a;

impl<P: State> Table<P> {
    pub(crate) fn new(sessions: impl IntoIterator<Item = (Session<P>, ChaCha20Rng)>) -> Self {
        let seat = |(session, rng): (Session<P>, _)| {
            (session.terms().me.get(), Seat { session, rng, posted: 0, outcome: None })
        };
        let seats = sessions.into_iter().map(seat).collect();
        Self { seats, wire: Vec::new(), rejected: Vec::new() }
    }

    /// Delivers what is new.
    pub(crate) fn post(&mut self, tamper: &mut Tamper<'_>) -> bool {
        let all: Vec<u16> = self.seats.keys().copied().collect();
        let first = self.wire.len();
        for (me, seat) in &mut self.seats {
            for message in seat.session.outgoing(seat.posted) {
                let (header, body) = Header::split(message.bytes).unwrap();
                let to = all.iter().filter(|to| *to != me).map(|to| id(*to));
                let to: Vec<_> = message.to.map_or_else(|| to.collect(), |to| vec![to]);
                self.wire.extend(to.into_iter().map(|to| Letter { to, header, body: body.to_vec() }));
            }
            seat.posted = seat.session.sent();
        }
        for at in first..self.wire.len() {
            let mut letter = self.wire[at].clone();
            if tamper(&self.wire, &mut letter) {
                self.deliver(&letter);
            }
        }
        first < self.wire.len()
    }

    pub(crate) fn deliver(&mut self, letter: &Letter) {
        let to = letter.to.get();
        let Some(seat) = self.seats.get_mut(&to) else { return };
        let message = [&letter.header.to_bytes()[..], &letter.body].concat();
        match seat.session.receive(letter.header.from, &message) {
            Ok(Receipt::Stored) => {}
            Ok(other) => panic!("{other:?}"),
            Err(rejected) => self.rejected.push((to, rejected)),
        }
    }

    /// At most one round of work of one party.
    pub(crate) fn advance(&mut self, number: u16) -> bool {
        let seat = self.seats.get_mut(&number).unwrap();
        match seat.session.advance(&mut seat.rng) {
            Ok(Status::Advanced { .. }) => return true,
            Ok(Status::Done(output)) => seat.outcome = Some(Ok(output)),
            Ok(Status::Waiting | Status::Over) => return false,
            Ok(_) => panic!("nothing to keep in signing"),
            Err(abort) => {
                let sent = seat.session.sent();
                assert!(seat.session.is_over() && seat.session.missing().is_empty());
                assert_eq!(sent, seat.posted, "nothing leaves after a failure");
                seat.outcome = Some(Err(abort));
            }
        }
        true
    }

    pub(crate) fn work(&mut self) -> bool {
        let all: Vec<u16> = self.seats.keys().copied().collect();
        all.into_iter().fold(false, |moved, number| self.advance(number) | moved)
    }

    /// Until nothing moves.
    pub(crate) fn play(&mut self, tamper: &mut Tamper<'_>) {
        while self.post(tamper) | self.work() {}
    }

    /// How one party stands; results must pass `good`.
    pub(crate) fn end(&self, number: u16, good: &dyn Fn(&P::Output) -> bool) -> End {
        let seat = &self.seats[&number];
        match &seat.outcome {
            Some(Ok(output)) => {
                assert!(good(output), "{number} has a wrong result");
                End::Done
            }
            Some(Err(abort)) => End::of(abort),
            None => End::Waits(seat.session.missing().into_iter().map(PartyId::get).collect()),
        }
    }

    pub(crate) fn is_over(&self, number: u16) -> bool {
        self.seats[&number].session.is_over()
    }

    /// The results, which must be there, by party.
    pub(crate) fn outputs(self) -> BTreeMap<u16, P::Output> {
        let output =
            |(number, seat): (u16, Seat<P>)| (number, seat.outcome.expect("an end").expect("a result"));
        self.seats.into_iter().map(output).collect()
    }
}

/// Changes nothing.
pub(crate) fn fair(_: &[Letter], _: &mut Letter) -> bool {
    true
}
