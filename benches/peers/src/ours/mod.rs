//! This library. Every protocol is a [`Session`], so one driver plays them all.

mod ecdsa;
mod frost;
mod keys;
mod life;

use getrandom::SysRng;
use quorate::envelope::{Unsigned, Verified};
use quorate::identity::Pending;
use quorate::party::PartyId;
use quorate::session::{Session, State, Status};
use quorate::sim::Cast;
use quorate::wire::SessionId;
use rand_core::{Rng, UnwrapErr};

use crate::meter::Cost;

pub use ecdsa::{ecdsa, ecdsa_more, ecdsa_p256};
pub use frost::{frost, taproot};
pub use keys::{key_generation_ecdsa, key_generation_frost, pairing};
pub use life::{key_sets, refresh_ecdsa, refresh_frost, reshare};

const WHO: &str = "quorate";

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn session_id() -> SessionId {
    let mut id = [0; 16];
    rng().fill_bytes(&mut id);
    SessionId(id)
}

/// A protocol among some parties of a cast.
trait Protocol {
    type State: State;

    /// Who takes part, ascending; party 1 is measured.
    fn parties(&self) -> Vec<PartyId>;

    /// Starts the run with this id at one party.
    fn start(&self, me: PartyId, id: SessionId) -> Session<Self::State>;
}

/// Whether messages go in signed envelopes that count.
#[derive(Clone, Copy, PartialEq)]
enum Envelopes {
    /// Made and opened by the transport, which does not count.
    Apart,
    /// Signed by the sender, verified by the receiver, 64 bytes more.
    Counted,
}

/// One party's messages of one step: receiver, bytes.
type Outgoing = Vec<(Option<PartyId>, Vec<u8>)>;

/// What every party got, in their order.
type Outputs<P> = Vec<<<P as Protocol>::State as State>::Output>;

/// Runs a protocol once among all its parties: the first one's cost, and everybody's result.
fn play<P: Protocol>(cast: &Cast, protocol: &P, envelopes: Envelopes) -> (Cost, Outputs<P>) {
    let (mut cost, ids, id) = (Cost::default(), protocol.parties(), session_id());
    let mut sessions: Vec<_> = ids.iter().map(|me| cost.work(me.get(), || protocol.start(*me, id))).collect();
    let mut sent = vec![0; ids.len()];
    let mut outputs: Vec<_> = ids.iter().map(|_| None).collect();
    while outputs.iter().any(Option::is_none) {
        let mut post = Vec::new();
        for (session, sent) in sessions.iter().zip(&mut sent) {
            let me = session.terms().me;
            // The bytes are there already; the copy is the simulated network's.
            cost.work(me.get(), || session.outgoing(*sent).count());
            let out: Outgoing = session.outgoing(*sent).map(|out| (out.to, out.bytes.to_vec())).collect();
            *sent = session.sent();
            for (to, bytes) in out {
                let receivers = if to.is_some() { 1 } else { ids.len() - 1 };
                cost.send(me.get(), bytes.len(), receivers);
                post.push((me, to, bytes));
            }
        }
        assert!(!post.is_empty(), "the run stands still");
        if P::State::SIGNED {
            deliver_signed(&mut cost, cast, &post, &mut sessions, envelopes);
        } else {
            deliver(&mut cost, &post, &mut sessions);
        }
        for (session, output) in sessions.iter_mut().zip(&mut outputs) {
            if output.is_none() {
                *output = advance(&mut cost, cast, session);
            }
        }
    }
    (cost, outputs.into_iter().flatten().collect())
}

type Message = (PartyId, Option<PartyId>, Vec<u8>);

fn deliver<S: State>(cost: &mut Cost, post: &[Message], sessions: &mut [Session<S>]) {
    for session in sessions {
        let me = session.terms().me;
        for (from, _, bytes) in
            post.iter().filter(|(from, to, _)| *from != me && to.is_none_or(|to| to == me))
        {
            cost.work(me.get(), || session.receive(*from, bytes).unwrap());
        }
    }
}

fn deliver_signed<S: State>(
    cost: &mut Cost,
    cast: &Cast,
    post: &[Message],
    sessions: &mut [Session<S>],
    envelopes: Envelopes,
) {
    let transport = &mut Cost::default();
    for (from, to, bytes) in post {
        let counted = if envelopes == Envelopes::Counted { &mut *cost } else { &mut *transport };
        let sealed = counted.work(from.get(), || {
            let unsigned = Unsigned::new(bytes).unwrap();
            let signature = cast.key(*from).unwrap().sign(unsigned.to_sign());
            unsigned.attach(cast.roster(), signature).unwrap().to_bytes()
        });
        let receivers = if to.is_some() { 1 } else { sessions.len() - 1 };
        counted.send(from.get(), sealed.len() - bytes.len(), receivers);
        for session in sessions.iter_mut() {
            let me = session.terms().me;
            if *from == me || to.is_some_and(|to| to != me) {
                continue;
            }
            let counted = if envelopes == Envelopes::Counted { &mut *cost } else { &mut *transport };
            let opened = counted.work(me.get(), || Verified::open(cast.roster(), &sealed).unwrap());
            cost.work(me.get(), || session.receive_signed(&opened).unwrap());
        }
    }
}

/// Advances one party as far as it goes; its result, if it has one now.
fn advance<S: State>(cost: &mut Cost, cast: &Cast, session: &mut Session<S>) -> Option<S::Output> {
    let me = session.terms().me;
    loop {
        match cost.work(me.get(), || session.advance(&mut rng())).unwrap() {
            Status::Advanced { .. } => {}
            Status::Keep => {
                let key = cast.key(me).unwrap();
                cost.work(me.get(), || {
                    let input = session.pending().unwrap().to_sign();
                    session.kept(&key.sign(&input)).unwrap();
                });
            }
            Status::Done(output) => return Some(output),
            _ => return None,
        }
    }
}
