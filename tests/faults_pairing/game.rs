//! One honest device against a puppet.

use quorate::error::{Abort, Doubt, Fault, Rejected, Verdict};
use quorate::identity::{IdentityKey, PublicIdentity};
use quorate::pairing::{Pair, Pairing};
use quorate::party::PartyId;
use quorate::secret::Secret;
use quorate::session::{Receipt, Session, Status};
use quorate::sim::MemoryLedger;
use quorate::wire::{Kind, SessionId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::puppet::{Bytes32, Puppet};

pub(crate) const SESSION: [u8; 16] = [42; 16];

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Two identities, the lower first.
pub(crate) fn identities() -> [Bytes32; 2] {
    let mut ids = [1, 2].map(|k| IdentityKey::from_seed(Secret::new([k; 32])).public().0);
    ids.sort_unstable();
    ids
}

/// The honest device's side.
pub(crate) struct Honest {
    pub(crate) session: Session<Pair>,
    rng: ChaCha20Rng,
    pub(crate) outcome: Option<Result<Pairing, Abort>>,
}

impl Honest {
    pub(crate) fn new(me: Bytes32, peer: Bytes32, session: [u8; 16], seed: u64) -> Self {
        let mut rng = rng(seed);
        let mut ledger = MemoryLedger::default();
        let (me, peer) = (PublicIdentity(me), PublicIdentity(peer));
        let session = Pair::start(me, peer, SessionId(session), &mut ledger, &mut rng).unwrap();
        Self { session, rng, outcome: None }
    }

    pub(crate) fn peer(&self) -> PartyId {
        PartyId::new(3 - self.session.terms().me.get()).unwrap()
    }

    /// A message of this run from the peer.
    pub(crate) fn message(&self, round: u8, body: &[u8]) -> Vec<u8> {
        let terms = self.session.terms();
        let header = terms.header(round, Kind::Direct, self.peer(), Some(terms.me));
        [&header.to_bytes()[..], body].concat()
    }

    pub(crate) fn receive(&mut self, round: u8, body: &[u8]) -> Result<Receipt, Rejected> {
        let message = self.message(round, body);
        self.session.receive(self.peer(), &message)
    }

    /// The body sent in a round.
    pub(crate) fn body(&self, round: usize) -> Vec<u8> {
        self.session.outgoing(round - 1).next().unwrap().bytes[56..].to_vec()
    }

    /// One round of work.
    pub(crate) fn advance(&mut self) {
        match self.session.advance(&mut self.rng) {
            Ok(Status::Done(pairing)) => self.outcome = Some(Ok(pairing)),
            Ok(Status::Advanced { .. }) => {}
            Ok(other) => panic!("{other:?}"),
            Err(abort) => self.outcome = Some(Err(abort)),
        }
    }

    pub(crate) fn pairing(&self) -> &Pairing {
        self.outcome.as_ref().expect("an end").as_ref().expect("a pairing")
    }
}

/// What becomes of the honest device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Pairing,
    Cheater(u8, &'static str, Fault),
    Suspect(u8, &'static str, Doubt),
}

pub(crate) const P1_1: End = End::Cheater(1, "P1.1", Fault::Malformed);
pub(crate) const P2_1: End = End::Cheater(2, "P2.1", Fault::Malformed);
pub(crate) const P2_2: End = End::Cheater(2, "P2.2", Fault::Malformed);
pub(crate) const P2_3: End = End::Suspect(2, "P2.3", Doubt::Opening);
pub(crate) const P3_1: End = End::Cheater(3, "P3.1", Fault::BadProof);
pub(crate) const P4_1: End = End::Suspect(4, "P4.1", Doubt::Confirmation);

impl Honest {
    pub(crate) fn end(&self) -> End {
        match self.outcome.as_ref().expect("an end") {
            Ok(_) => End::Pairing,
            Err(abort) => self.end_of(abort),
        }
    }

    /// The verdict, which names the peer and nobody else, and after which there is nothing left to do.
    fn end_of(&self, abort: &Abort) -> End {
        assert!(self.session.is_over() && abort.others.is_empty());
        assert_eq!(self.session.sent(), usize::from(abort.round), "nothing is sent after a failure");
        match &abort.verdict {
            Verdict::Cheater { who, fault, evidence: None } => {
                assert_eq!(*who, self.peer());
                End::Cheater(abort.round, abort.check, *fault)
            }
            Verdict::Suspects { who, why } => {
                assert_eq!(who.iter().collect::<Vec<_>>(), [self.peer()]);
                End::Suspect(abort.round, abort.check, *why)
            }
            other => panic!("{other}"),
        }
    }
}

/// A run: `change` sees each message of the puppet before it leaves; what it makes of it is what the puppet goes on with.
pub(crate) fn play(honest_is_low: bool, change: &mut dyn FnMut(u8, &mut Puppet)) -> (Honest, Puppet) {
    play_with(SESSION, 7, honest_is_low, change)
}

pub(crate) fn play_with(
    session: [u8; 16],
    seed: u64,
    honest_is_low: bool,
    change: &mut dyn FnMut(u8, &mut Puppet),
) -> (Honest, Puppet) {
    let [lo, hi] = identities();
    let (me, peer) = if honest_is_low { (lo, hi) } else { (hi, lo) };
    let mut honest = Honest::new(me, peer, session, seed);
    let mut puppet = Puppet::new(peer, me, session, seed + 1);
    for round in 1..=4 {
        change(round, &mut puppet);
        let body = puppet.sent[usize::from(round) - 1].clone();
        assert_eq!(honest.receive(round, &body), Ok(Receipt::Stored));
        let theirs = honest.body(round.into());
        honest.advance();
        if honest.outcome.is_some() && round < 4 {
            break;
        }
        // A puppet with a nonsense point of its own cannot go on; it never has to.
        assert!(puppet.step(&theirs) || round == 4);
    }
    (honest, puppet)
}
