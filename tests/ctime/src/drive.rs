//! Whole runs of a protocol. What leaves a device becomes public on the way; nothing else does.

use quorate::envelope::Unsigned;
use quorate::error::Abort;
use quorate::evidence::Envelope;
use quorate::party::PartyId;
use quorate::session::{Pending as _, Session, State, Status};
use quorate::sim::Cast;
use quorate::wire::{HEADER_LEN, Header};

use crate::table::publish;
use crate::tainted::Tainted;
use crate::valgrind::hide;

/// What becomes of private messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Private {
    /// The receiver may know them: what is inside is masked.
    Shown,
    /// Their bodies are secrets of the receiver too.
    Secret,
}

/// What may be done to a run on the way.
pub trait Hand<S: State> {
    /// To a session that is not over, before each round.
    fn between(&mut self, session: Session<S>) -> Session<S> {
        session
    }

    /// To a message, before its sender signs it.
    fn letter(&mut self, _from: PartyId, _to: Option<PartyId>, _bytes: &mut Vec<u8>) {}
}

/// None.
pub struct Nobody;

impl<S: State> Hand<S> for Nobody {}

/// Changes a bit of a private message.
pub struct Spoilt {
    /// Whose.
    pub from: PartyId,
    /// To whom.
    pub to: PartyId,
    /// Of which round.
    pub round: u8,
    /// Which byte of the body.
    pub at: usize,
}

impl<S: State> Hand<S> for Spoilt {
    fn letter(&mut self, from: PartyId, to: Option<PartyId>, bytes: &mut Vec<u8>) {
        let round = Header::split(bytes).unwrap().0.round;
        if (from, to, round) == (self.from, Some(self.to), self.round) {
            bytes[HEADER_LEN + self.at] ^= 1;
        }
    }
}

/// Runs sessions to their results, ascending by party, with secret randomness.
pub fn run<S: State>(
    cast: &Cast,
    sessions: Vec<Session<S>>,
    private: Private,
    rng: &mut Tainted,
) -> Vec<S::Output> {
    let number = sessions.len();
    let ends = run_with(cast, sessions, private, &mut Nobody, rng);
    assert_eq!(ends.len(), number);
    ends.into_iter().map(Result::unwrap).collect()
}

/// The same, with a hand in it, to results or verdicts. Who waits for somebody who has given up is left out.
pub fn run_with<S: State>(
    cast: &Cast,
    sessions: Vec<Session<S>>,
    private: Private,
    hand: &mut dyn Hand<S>,
    rng: &mut Tainted,
) -> Vec<Result<S::Output, Abort>> {
    let mut parties: Vec<_> = sessions.into_iter().map(|session| (session, 0, None)).collect();
    while parties.iter().any(|(_, _, end)| end.is_none()) {
        let each = |(session, sent, end): (Session<S>, _, _)| {
            (if session.is_over() { session } else { hand.between(session) }, sent, end)
        };
        parties = parties.into_iter().map(each).collect();
        let mut mail = Vec::new();
        for (session, sent, _) in &mut parties {
            for message in session.outgoing(*sent) {
                publish(message.bytes);
                let (from, mut bytes) = (session.terms().me, message.bytes.to_vec());
                hand.letter(from, message.to, &mut bytes);
                mail.push((from, message.to, bytes));
            }
            *sent = session.sent();
        }
        if mail.is_empty() {
            assert!(parties.iter().any(|(_, _, end)| matches!(end, Some(Err(_)))), "nothing moves");
            break;
        }
        for (session, _, end) in parties.iter_mut().filter(|(_, _, end)| end.is_none()) {
            let me = session.terms().me;
            for (from, to, bytes) in
                mail.iter().filter(|(from, to, _)| *from != me && to.is_none_or(|to| to == me))
            {
                let mut bytes = bytes.clone();
                if S::SIGNED {
                    let key = cast.key(*from).unwrap();
                    let signature = key.sign(Unsigned::new(&bytes).unwrap().to_sign());
                    let envelope = Envelope { bytes, signature }.verify(cast.roster()).unwrap();
                    session.receive_signed(&envelope).unwrap();
                    continue;
                }
                if to.is_some() && private == Private::Secret {
                    hide(&mut bytes[HEADER_LEN..]);
                }
                session.receive(*from, &bytes).unwrap();
            }
            *end = advance(cast, session, rng);
        }
    }
    parties.sort_by_key(|(session, ..)| session.terms().me);
    parties.into_iter().filter_map(|(_, _, end)| end).collect()
}

fn advance<S: State>(
    cast: &Cast,
    session: &mut Session<S>,
    rng: &mut Tainted,
) -> Option<Result<S::Output, Abort>> {
    loop {
        match session.advance(rng) {
            Ok(Status::Advanced { .. }) => {}
            Ok(Status::Keep) => {
                let input = session.pending().unwrap().to_sign();
                session.kept(&cast.key(session.terms().me).unwrap().sign(&input)).unwrap();
            }
            Ok(Status::Done(output)) => return Some(Ok(output)),
            Ok(_) => return None,
            Err(abort) => return Some(Err(abort)),
        }
    }
}
