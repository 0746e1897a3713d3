//! Whole runs of a protocol. What leaves a device becomes public on the way; nothing else does.

use quorate::envelope::Unsigned;
use quorate::evidence::Envelope;
use quorate::session::{Pending as _, Session, State, Status};
use quorate::sim::Cast;
use quorate::wire::HEADER_LEN;

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

/// Runs sessions to their results, ascending by party, with secret randomness.
pub fn run<S: State>(
    cast: &Cast,
    sessions: Vec<Session<S>>,
    private: Private,
    rng: &mut Tainted,
) -> Vec<S::Output> {
    run_with(cast, sessions, private, &mut |session| session, rng)
}

/// The same, with something done to every session that is not over before each round.
pub fn run_with<S: State>(
    cast: &Cast,
    sessions: Vec<Session<S>>,
    private: Private,
    between: &mut dyn FnMut(Session<S>) -> Session<S>,
    rng: &mut Tainted,
) -> Vec<S::Output> {
    let mut parties: Vec<_> = sessions.into_iter().map(|session| (session, 0, None)).collect();
    while parties.iter().any(|(_, _, output)| output.is_none()) {
        let each = |(session, sent, output): (Session<S>, _, _)| {
            (if session.is_over() { session } else { between(session) }, sent, output)
        };
        parties = parties.into_iter().map(each).collect();
        let mut mail = Vec::new();
        for (session, sent, _) in &mut parties {
            for message in session.outgoing(*sent) {
                publish(message.bytes);
                mail.push((session.terms().me, message.to, message.bytes.to_vec()));
            }
            *sent = session.sent();
        }
        assert!(!mail.is_empty(), "nothing moves");
        for (session, _, output) in &mut parties {
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
            loop {
                match session.advance(rng).unwrap() {
                    Status::Advanced { .. } => {}
                    Status::Keep => {
                        let input = session.pending().unwrap().to_sign();
                        session.kept(&cast.key(me).unwrap().sign(&input)).unwrap();
                    }
                    Status::Done(result) => *output = Some(result),
                    _ => break,
                }
            }
        }
    }
    parties.sort_by_key(|(session, ..)| session.terms().me);
    parties.into_iter().map(|(_, _, output)| output.unwrap()).collect()
}
