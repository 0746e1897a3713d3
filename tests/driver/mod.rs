//! A run written down: every party can be played again from the start, byte for byte, and every message that it will ever
//! get is at hand, to be delivered in any order, twice, changed, or too late.
#![allow(dead_code)]

pub(crate) mod ecdsa;
pub(crate) mod life;

use quorate::curve::{FrostEd25519, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::envelope::{Unsigned, Verified};
use quorate::error::{Abort, Rejected};
use quorate::evidence::Envelope;
use quorate::frost::{Ed25519Signature, Sign, Task};
use quorate::key::{KeyShare, Seat};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Pending, Receipt, Session, State, Status};
use quorate::sim::Cast;
use quorate::wire::{HEADER_LEN, Header, SessionId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub(crate) type E = FrostEd25519;

pub(crate) fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A result as bytes, to be compared.
pub(crate) trait Outcome {
    fn bytes(&self) -> Vec<u8>;
}

impl<S: Scheme> Outcome for KeyShare<S> {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes().expose().clone()
    }
}

impl<S: Scheme> Outcome for Seat<S> {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Member(share) => share.bytes(),
            Self::Left(public) => public.to_bytes(),
        }
    }
}

impl Outcome for Ed25519Signature {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes().to_vec()
    }
}

/// A protocol whose runs can be compared.
pub(crate) trait Protocol: State<Output: Outcome> + std::fmt::Debug {}

impl<S: State<Output: Outcome> + std::fmt::Debug> Protocol for S {}

/// A message on its way, signed by its sender's identity key.
#[derive(Clone, Debug)]
pub(crate) struct Mail(pub(crate) Verified);

impl Mail {
    pub(crate) fn header(&self) -> &Header {
        self.0.header()
    }

    pub(crate) fn from(&self) -> PartyId {
        self.header().from
    }

    /// Header and body.
    pub(crate) fn message(&self) -> &[u8] {
        &self.0.envelope().bytes
    }

    pub(crate) fn is_for(&self, me: PartyId) -> bool {
        self.from() != me && self.header().to.is_none_or(|to| to == me)
    }
}

/// A run of which every byte is known beforehand.
pub(crate) struct Script<S: State> {
    pub(crate) cast: Cast,
    start: Box<dyn Fn(PartyId) -> Session<S>>,
    /// Everything that is sent, in order of rounds.
    pub(crate) mail: Vec<Mail>,
    /// Party and result.
    pub(crate) results: Vec<(PartyId, Vec<u8>)>,
    /// Whom the party that is played has banned.
    pub(crate) banned: Box<dyn Fn() -> Vec<PartyId>>,
}

impl<S: Protocol> Script<S> {
    /// Writes down a run of `parties` on a perfect network.
    pub(crate) fn new(
        cast: Cast,
        parties: &[PartyId],
        start: impl Fn(PartyId) -> Session<S> + 'static,
    ) -> Self {
        let (start, banned) = (Box::new(start), Box::new(Vec::new));
        let mut script = Self { cast, start, mail: Vec::new(), results: Vec::new(), banned };
        let mut players: Vec<_> = parties.iter().map(|me| Player::of((script.start)(*me))).collect();
        let mut sent = vec![0; players.len()];
        while players.iter().any(|p| p.result.is_none()) {
            let before = script.mail.len();
            for (player, sent) in players.iter().zip(&mut sent) {
                for message in player.session.outgoing(*sent) {
                    script.mail.push(seal(&script.cast, message.bytes));
                }
                *sent = player.session.sent();
            }
            assert!(before < script.mail.len(), "nothing moves");
            for player in &mut players {
                let me = player.me();
                for mail in script.mail[before..].iter().filter(|m| m.is_for(me)) {
                    assert_eq!(player.receive(mail), Ok(Receipt::Stored));
                }
                player.advance(&script.cast);
            }
        }
        script.results = players.into_iter().map(|p| (p.me(), p.result.unwrap().unwrap())).collect();
        script
    }

    /// A party that has not received anything yet.
    pub(crate) fn play(&self, me: PartyId) -> Player<S> {
        Player::of((self.start)(me))
    }

    /// Everything that a party will ever get, in order.
    pub(crate) fn inbound(&self, me: PartyId) -> Vec<Mail> {
        self.mail.iter().filter(|m| m.is_for(me)).cloned().collect()
    }

    /// Everything that a party sends, in order.
    pub(crate) fn outbound(&self, me: PartyId) -> Vec<Vec<u8>> {
        self.mail.iter().filter(|m| m.from() == me).map(|m| m.message().to_vec()).collect()
    }

    pub(crate) fn result(&self, me: PartyId) -> &[u8] {
        &self.results.iter().find(|(id, _)| *id == me).unwrap().1
    }

    /// The same message with another body, signed by its sender.
    pub(crate) fn forge(&self, mail: &Mail, change: impl FnOnce(&mut Vec<u8>)) -> Mail {
        let mut body = mail.0.body().to_vec();
        change(&mut body);
        seal(&self.cast, &[&mail.message()[..HEADER_LEN], &body].concat())
    }

    /// The same slot, with one bit of the body flipped.
    pub(crate) fn conflict(&self, mail: &Mail) -> Mail {
        self.forge(mail, |body| *body.last_mut().unwrap() ^= 1)
    }
}

/// A message in an envelope of the sender that its header names.
pub(crate) fn seal(cast: &Cast, message: &[u8]) -> Mail {
    let from = Header::split(message).unwrap().0.from;
    let unsigned = Unsigned::new(message).unwrap();
    let signature = cast.key(from).unwrap().sign(unsigned.to_sign());
    Mail(Envelope { bytes: message.to_vec(), signature }.verify(cast.roster()).unwrap())
}

/// One party of a script.
pub(crate) struct Player<S: State> {
    pub(crate) session: Session<S>,
    /// Whether messages come with signatures.
    pub(crate) signed: bool,
    pub(crate) result: Option<Result<Vec<u8>, Abort>>,
    /// Whether the pending value was signed for.
    pub(crate) kept: bool,
}

impl<S: Protocol> Player<S> {
    pub(crate) fn of(session: Session<S>) -> Self {
        Self { session, signed: S::SIGNED, result: None, kept: false }
    }

    pub(crate) fn me(&self) -> PartyId {
        self.session.terms().me
    }

    pub(crate) fn receive(&mut self, mail: &Mail) -> Result<Receipt, Rejected> {
        if self.signed {
            self.session.receive_signed(&mail.0)
        } else {
            self.session.receive(mail.from(), mail.message())
        }
    }

    /// One step, with the randomness that the script has for it.
    pub(crate) fn step(&mut self) -> Option<Status<()>> {
        let seed = u64::from(self.me().get()) << 8 | u64::from(self.session.round());
        match self.session.advance(&mut rng(seed)) {
            Ok(Status::Done(output)) => {
                self.result = Some(Ok(output.bytes()));
                Some(Status::Done(()))
            }
            Err(abort) => {
                self.result = Some(Err(abort));
                None
            }
            Ok(Status::Waiting) => Some(Status::Waiting),
            Ok(Status::Advanced { round }) => Some(Status::Advanced { round }),
            Ok(Status::Keep) => Some(Status::Keep),
            Ok(_) => Some(Status::Over),
        }
    }

    /// As far as it goes, keeping what is to be kept.
    pub(crate) fn advance(&mut self, cast: &Cast) {
        loop {
            match self.step() {
                Some(Status::Advanced { .. }) => {}
                Some(Status::Keep) => self.keep(cast),
                _ => return,
            }
        }
    }

    pub(crate) fn keep(&mut self, cast: &Cast) {
        let input = self.session.pending().unwrap().to_sign();
        self.session.kept(&cast.key(self.me()).unwrap().sign(&input)).unwrap();
        self.kept = true;
    }

    pub(crate) fn outbox(&self) -> Vec<Vec<u8>> {
        self.session.outgoing(0).map(|m| m.bytes.to_vec()).collect()
    }

    /// Everything that can be seen of the session: slots, outbox, traffic, round.
    pub(crate) fn look(&self) -> String {
        format!("{:?} {:?} {:?}", self.session, self.session.missing(), self.outbox())
    }
}

/// A key generation of `t` among these parties.
pub(crate) fn dkg<S: Scheme>(t: u16, ids: &[u16], seed: u64) -> (Script<Dkg<S>>, Run<S>) {
    let cast = Cast::new(ids.iter().copied(), &mut rng(seed)).unwrap();
    let threshold = Threshold::new(t, ids.len() as u16).unwrap();
    let run = Run::new(threshold, cast.roster().clone(), SessionId([seed as u8; 16])).unwrap();
    let parties = cast.ids();
    let again = run.clone();
    let start = move |me: PartyId| {
        Dkg::<S>::start(
            &again,
            me,
            &mut quorate::sim::MemoryLedger::default(),
            &mut rng(seed << 16 | u64::from(me.get())),
        )
        .unwrap()
    };
    (Script::new(cast, &parties, start), run)
}

/// A key, dealt, and a signing by some of its holders.
pub(crate) fn frost(
    t: u16,
    ids: &[u16],
    signers: &[u16],
    message: &[u8],
    seed: u64,
) -> (Script<Sign<E>>, Task<E>) {
    let (cast, shares) = key(t, ids, seed);
    let signers = Parties::from_numbers(signers.iter().copied()).unwrap();
    let task = Task::new(shares[0].public(), signers.clone(), message, SessionId([seed as u8; 16])).unwrap();
    let again = task.clone();
    let start = move |me: PartyId| {
        let share = shares.iter().find(|s| s.id() == me).unwrap();
        Sign::start(share, again.clone(), &mut rng(seed << 16 | u64::from(me.get()))).unwrap()
    };
    let signers: Vec<_> = signers.iter().collect();
    (Script::new(cast, &signers, start), task)
}

/// Parties with identities, and a key among them.
pub(crate) fn key(t: u16, ids: &[u16], seed: u64) -> (Cast, Vec<KeyShare<E>>) {
    let cast = Cast::new(ids.iter().copied(), &mut rng(seed)).unwrap();
    let threshold = Threshold::new(t, ids.len() as u16).unwrap();
    let shares = cast.deal::<E>(threshold, &mut rng(seed + 1)).unwrap();
    (cast, shares)
}

/// All orders of `0..n` (Heap's algorithm).
pub(crate) fn permutations(n: usize, mut visit: impl FnMut(&[usize])) {
    let (mut order, mut count) = ((0..n).collect::<Vec<_>>(), vec![0; n]);
    visit(&order);
    let mut i = 0;
    while i < n {
        if count[i] < i {
            order.swap(if i % 2 == 0 { 0 } else { count[i] }, i);
            visit(&order);
            count[i] += 1;
            i = 0;
        } else {
            count[i] = 0;
            i += 1;
        }
    }
}

/// A random order.
pub(crate) fn shuffle<T>(items: &mut [T], rng: &mut ChaCha20Rng) {
    use rand_core::Rng as _;
    for i in (1..items.len()).rev() {
        items.swap(i, (rng.next_u64() % (i as u64 + 1)) as usize);
    }
}
