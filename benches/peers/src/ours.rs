//! This library. Every protocol is a [`Session`], so one driver plays them all.

use std::marker::PhantomData;

use getrandom::SysRng;
use quorate::curve::{EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::envelope::{Unsigned, Verified};
use quorate::frost::{self, Task};
use quorate::identity::Pending;
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Session, State, Status};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;
use rand_core::{Rng, UnwrapErr};

use crate::meter::Cost;
use crate::row::Row;

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

/// Runs a protocol once among all its parties.
fn play<P: Protocol>(cast: &Cast, protocol: &P, envelopes: Envelopes) -> Cost {
    let (mut cost, ids, id) = (Cost::default(), protocol.parties(), session_id());
    let mut sessions: Vec<_> = ids.iter().map(|me| cost.work(me.get(), || protocol.start(*me, id))).collect();
    let mut sent = vec![0; ids.len()];
    let mut open = ids.len();
    while open > 0 {
        let mut post = Vec::new();
        for (session, sent) in sessions.iter().zip(&mut sent) {
            let me = session.terms().me;
            let out: Outgoing = cost
                .work(me.get(), || session.outgoing(*sent).map(|out| (out.to, out.bytes.to_vec())).collect());
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
        for session in &mut sessions {
            open -= usize::from(advance(&mut cost, cast, session));
        }
    }
    cost
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

/// Advances one party as far as it goes; whether it has its result now.
fn advance<S: State>(cost: &mut Cost, cast: &Cast, session: &mut Session<S>) -> bool {
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
            Status::Done(_) => return true,
            _ => return false,
        }
    }
}

/// Key generation for one scheme.
struct Generation<S> {
    cast: Cast,
    threshold: Threshold,
    scheme: PhantomData<S>,
}

impl<S: Scheme> Generation<S> {
    fn new(t: u16, n: u16) -> Self {
        let cast = Cast::new(1..=n, &mut rng()).unwrap();
        Self { cast, threshold: Threshold::new(t, n).unwrap(), scheme: PhantomData }
    }
}

impl<S: Scheme> Protocol for Generation<S> {
    type State = Dkg<S>;

    fn parties(&self) -> Vec<PartyId> {
        self.cast.ids()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<Dkg<S>> {
        let run = Run::new(self.threshold, self.cast.roster().clone(), id).unwrap();
        Dkg::start(&run, me, &mut MemoryLedger::default(), &mut rng()).unwrap()
    }
}

fn key_generation<S: Scheme + 'static>(what: String, t: u16, n: u16, envelopes: Envelopes) -> Row {
    Row::new(what, WHO, move || {
        let generation = Generation::<S>::new(t, n);
        move || play(&generation.cast, &generation, envelopes)
    })
}

pub fn key_generation_ecdsa(t: u16, n: u16) -> Row {
    key_generation::<EcdsaSecp256k1>(format!("secp256k1, key generation {t}-of-{n}"), t, n, Envelopes::Apart)
}

pub fn key_generation_frost(t: u16, n: u16) -> [Row; 2] {
    let what = format!("FROST, key generation {t}-of-{n}");
    let signed = format!("{what}, with signed envelopes");
    [
        key_generation::<FrostEd25519>(what, t, n, Envelopes::Apart),
        key_generation::<FrostEd25519>(signed, t, n, Envelopes::Counted),
    ]
}

/// FROST on Ed25519 among the first t of n.
struct Frost {
    cast: Cast,
    shares: Vec<KeyShare<FrostEd25519>>,
}

impl Frost {
    fn new(t: u16, n: u16) -> Self {
        let cast = Cast::new(1..=n, &mut rng()).unwrap();
        let mut shares = cast.deal(Threshold::new(t, n).unwrap(), &mut rng()).unwrap();
        shares.truncate(t.into());
        Self { cast, shares }
    }
}

impl Protocol for Frost {
    type State = frost::Sign<FrostEd25519>;

    fn parties(&self) -> Vec<PartyId> {
        self.shares.iter().map(KeyShare::id).collect()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<Self::State> {
        let share = self.shares.iter().find(|share| share.id() == me).unwrap();
        let signers = Parties::new(self.parties()).unwrap();
        let task = Task::new(share.public(), signers, b"a message of thirty-two bytes...", id).unwrap();
        frost::Sign::start(share, task, &mut rng()).unwrap()
    }
}

pub fn frost(t: u16, n: u16) -> Row {
    Row::new(format!("FROST, sign {t}-of-{n}"), WHO, move || {
        let frost = Frost::new(t, n);
        move || play(&frost.cast, &frost, Envelopes::Apart)
    })
}
