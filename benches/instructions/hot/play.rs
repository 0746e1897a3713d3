//! One party of a run, the first, with everything that it will be sent.

use quorate::envelope::{Unsigned, Verified};
use quorate::evidence::Envelope;
use quorate::party::{Parties, PartyId};
use quorate::session::{Pending as _, Session, State, Status};
use quorate::sim::Cast;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

pub fn set(ids: &[u16]) -> Parties {
    Parties::from_numbers(ids.iter().copied()).unwrap()
}

/// A message, verified where its protocol signs.
enum Mail {
    Plain(PartyId, Vec<u8>),
    Signed(Box<Verified>),
}

/// Starts a session.
pub type Start<S> = Box<dyn FnOnce(&mut ChaCha20Rng) -> Session<S>>;

/// A party before, or in the middle of, its run.
pub struct Play<S: State> {
    cast: Cast,
    start: Option<Start<S>>,
    rng: ChaCha20Rng,
    /// By round.
    mail: Vec<Vec<Mail>>,
    session: Option<Session<S>>,
}

impl<S: State> Play<S> {
    /// Runs all parties once, and writes down what the first is sent. A party has the same randomness every time.
    /// `prepare` gets ready what the start itself shall not count.
    pub fn new(cast: Cast, ids: &[PartyId], prepare: impl Fn(PartyId) -> Start<S>) -> Self {
        let me = ids[0];
        let mut players: Vec<_> = ids
            .iter()
            .map(|id| {
                let mut rng = rng(u64::from(id.get()));
                (prepare(*id)(&mut rng), rng, 0, false)
            })
            .collect();
        let mut mail = Vec::new();
        while players.iter().any(|(_, _, _, done)| !done) {
            let mut letters = Vec::new();
            for (session, _, sent, _) in &mut players {
                let from = session.terms().me;
                letters.extend(session.outgoing(*sent).map(|m| (from, m.to, m.bytes.to_vec())));
                *sent = session.sent();
            }
            for (session, rng, _, done) in &mut players {
                let who = session.terms().me;
                let mut bag = Vec::new();
                for (from, _, bytes) in
                    letters.iter().filter(|(from, to, _)| *from != who && to.is_none_or(|to| to == who))
                {
                    bag.push(letter::<S>(&cast, *from, bytes));
                }
                deliver(session, &bag);
                *done |= advance(&cast, session, rng).is_some();
                if who == me {
                    mail.push(bag);
                }
            }
        }
        Self { cast, start: Some(prepare(me)), rng: rng(u64::from(me.get())), mail, session: None }
    }

    /// Begins, and goes on until it has done so many rounds.
    pub fn after(mut self, rounds: usize) -> Self {
        self.begin();
        for _ in 0..rounds {
            assert!(self.round().is_none());
        }
        self
    }

    pub fn begin(&mut self) {
        let start = self.start.take().unwrap();
        self.session = Some(start(&mut self.rng));
    }

    /// One round: takes its messages and works.
    pub fn round(&mut self) -> Option<S::Output> {
        let bag = self.mail.remove(0);
        let session = self.session.as_mut().unwrap();
        deliver(session, &bag);
        advance(&self.cast, session, &mut self.rng)
    }

    /// From the start to the result.
    pub fn run(mut self) -> (S::Output, Self) {
        self.begin();
        loop {
            if let Some(output) = self.round() {
                return (output, self);
            }
        }
    }
}

fn letter<S: State>(cast: &Cast, from: PartyId, bytes: &[u8]) -> Mail {
    if !S::SIGNED {
        return Mail::Plain(from, bytes.to_vec());
    }
    let signature = cast.key(from).unwrap().sign(Unsigned::new(bytes).unwrap().to_sign());
    Mail::Signed(Box::new(Envelope { bytes: bytes.to_vec(), signature }.verify(cast.roster()).unwrap()))
}

fn deliver<S: State>(session: &mut Session<S>, bag: &[Mail]) {
    for mail in bag {
        match mail {
            Mail::Plain(from, bytes) => session.receive(*from, bytes).unwrap(),
            Mail::Signed(envelope) => session.receive_signed(envelope).unwrap(),
        };
    }
}

fn advance<S: State>(cast: &Cast, session: &mut Session<S>, rng: &mut ChaCha20Rng) -> Option<S::Output> {
    loop {
        match session.advance(rng).unwrap() {
            Status::Advanced { .. } => {}
            Status::Keep => {
                let input = session.pending().unwrap().to_sign();
                session.kept(&cast.key(session.terms().me).unwrap().sign(&input)).unwrap();
            }
            Status::Done(output) => return Some(output),
            _ => return None,
        }
    }
}
