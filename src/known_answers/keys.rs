//! Keys, and signatures by FROST.

use alloc::format;
use alloc::vec::Vec;

use ff::Field;
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use super::{Answers, Draws, b, bytes, id};
use crate::curve::{Curve, Ed25519, FrostEd25519, Scheme, encode_point, read_scalar, write_scalar};
use crate::dkg::{Dkg, Run};
use crate::envelope::{Unsigned, Verified};
use crate::error::Abort;
use crate::evidence::Envelope;
use crate::frost::{Coordinator, Cosigner, Sign, SigningNonces, Task};
use crate::hash::{Tag, Transcript};
use crate::hedge::SessionRng;
use crate::identity::{IdentityKey, Roster};
use crate::key::KeyShare;
use crate::party::{Parties, PartyId, Threshold};
use crate::secret::Secret;
use crate::session::{Pending, Session, Status};
use crate::wire::{HEADER_LEN, Header, SessionId};

pub(super) const IDS: [u16; 3] = [1, 3, 9];

pub(super) fn identity(number: u16) -> IdentityKey {
    IdentityKey::from_seed(Secret::new(b(&format!("identity-{number}"))))
}

pub(super) fn roster() -> Roster {
    Roster::new(IDS.map(|i| (id(i), identity(i).public()))).unwrap()
}

/// One party of a key generation.
struct Party<S: Scheme> {
    draws: Draws,
    session: Session<Dkg<S>>,
    outcome: Option<Result<KeyShare<S>, Abort>>,
}

impl<S: Scheme> Party<S> {
    fn start(run: &Run<S>, number: u16) -> Self {
        let mut draws = Draws::new(number);
        Self {
            session: Dkg::start(run, id(number), &mut crate::sim::MemoryLedger::default(), &mut draws)
                .unwrap(),
            draws,
            outcome: None,
        }
    }

    /// As far as it goes.
    fn advance(&mut self) {
        loop {
            match self.session.advance(&mut self.draws) {
                Ok(Status::Advanced { .. }) => {}
                Ok(Status::Keep) => {
                    let input = self.session.pending().unwrap().to_sign();
                    self.session.kept(&identity(self.draws.0).sign(&input)).unwrap();
                }
                Ok(Status::Done(share)) => self.outcome = Some(Ok(share)),
                Err(abort) => self.outcome = Some(Err(abort)),
                Ok(Status::Waiting | Status::Over) => return,
            }
        }
    }

    fn body(&self, at: usize) -> &[u8] {
        &self.session.outgoing(at).next().unwrap().bytes[HEADER_LEN..]
    }
}

fn seal(message: &[u8]) -> Envelope {
    let from = Header::split(message).unwrap().0.from;
    let unsigned = Unsigned::new(message).unwrap();
    let signature = identity(from.get()).sign(unsigned.to_sign());
    unsigned.attach(&roster(), signature).unwrap()
}

/// Runs everybody until nothing moves; `change` sees every message before it is signed.
fn run_all<S: Scheme>(change: impl Fn(&mut Vec<u8>)) -> [Party<S>; 3] {
    let threshold = Threshold::new(2, 3).unwrap();
    let run = Run::new(threshold, roster(), SessionId(b("session"))).unwrap();
    let mut parties = IDS.map(|i| Party::<S>::start(&run, i));
    let mut sent = [0; 3];
    for round in 1..=3 {
        let mut envelopes = Vec::new();
        for (party, sent) in parties.iter().zip(&mut sent) {
            for message in party.session.outgoing(*sent) {
                let mut message = message.bytes.to_vec();
                change(&mut message);
                envelopes.push(seal(&message).verify(&roster()).unwrap());
            }
            *sent = party.session.sent();
        }
        for party in &mut parties {
            let me = party.session.terms().me;
            let mine = |e: &&Verified| e.header().from != me && e.header().to.is_none_or(|to| to == me);
            for envelope in envelopes.iter().filter(mine) {
                let late = party.outcome.is_some();
                assert!(late || party.session.receive_signed(envelope).is_ok());
            }
            // how much randomness the checks of round 2 take decides nothing
            if round == 2 {
                party.draws.1 = None;
            }
            party.advance();
        }
    }
    parties
}

pub(super) fn key_generation<S: Scheme>(answers: &mut Answers) -> [KeyShare<S>; 3] {
    let parties = run_all::<S>(|_| ());
    let name = |what: &str| format!("{} {what}", S::Curve::NAME);
    let terms = *parties[0].session.terms();
    answers.check(&name("binding"), &terms.binding);
    answers.check(&name("sid"), &terms.sid());
    // outbox: commit, reveal, two shares, certify
    let one = &parties[0];
    let (e1, e2) = (one.body(1)[..32].to_vec(), one.body(4)[..32].to_vec());
    answers.check(&name("e1"), &e1);
    answers.check(&name("e2"), &e2);
    proofs::<S>(answers, one, &parties[1], &e1);
    for (what, at) in [("commit of 1", 0), ("reveal of 1", 1), ("share 1 to 3", 2), ("certify of 1", 4)] {
        answers.check(&name(what), one.body(at));
    }
    let commit = one.session.outgoing(0).next().unwrap().bytes;
    answers.check(&name("envelope of the commit of 1"), &seal(commit).signature);
    for (what, places) in [("commits", 0..1), ("reveals", 1..2), ("shares", 2..4), ("certifies", 4..5)] {
        let bodies = parties.iter().flat_map(|p| places.clone().flat_map(|at| p.body(at).to_vec()));
        answers.check(&name(&format!("all {what}")), &Sha256::digest(bodies.collect::<Vec<u8>>()));
    }
    let shares = parties.map(|party| party.outcome.unwrap().unwrap());
    key::<S>(answers, &shares);
    complaint::<S>(answers);
    shares
}

/// The scalars behind the proof of knowledge and the pad; that the messages have them in is checked with the messages.
fn proofs<S: Scheme>(answers: &mut Answers, one: &Party<S>, three: &Party<S>, e1: &[u8]) {
    let name = |what: &str| format!("{} {what}", S::Curve::NAME);
    let len = S::Curve::POINT_LEN;
    let (points, r) = (&one.body(1)[32..32 + 2 * len], &one.body(1)[96 + 2 * len..96 + 3 * len]);
    let gamma = Transcript::new(Tag::DkgPokComb).bytes(e1).u16(1).bytes(points).scalar::<S::Curve>();
    answers.check_scalar::<S::Curve>(&name("gamma of 1"), &gamma);
    let challenge = Transcript::new(Tag::DkgPokChal).bytes(e1).u16(1).bytes(points).bytes(r);
    answers.check_scalar::<S::Curve>(&name("challenge of 1"), &challenge.scalar::<S::Curve>());
    // E_{3,1} is the first one-time key of 3; 1 multiplies it with its first d, its eighth draw
    let (key, point) = (&three.body(0)[64..64 + len], &one.body(2)[..len]);
    let d = S::Curve::scalar_from_wide(&b("draw-1-7"));
    let shared = encode_point::<S::Curve>(&(crate::curve::read_point::<S::Curve>(key).unwrap() * d)).unwrap();
    let pad = Transcript::new(Tag::DkgPad).bytes(e1).u16(1).u16(3).bytes(key).bytes(point).bytes(&shared);
    answers.check_scalar::<S::Curve>(&name("pad 1 to 3"), &pad.scalar::<S::Curve>());
}

fn key<S: Scheme>(answers: &mut Answers, shares: &[KeyShare<S>; 3]) {
    let name = |what: &str| format!("{} {what}", S::Curve::NAME);
    let public = shares[0].public();
    answers.check(&name("chain code"), public.chain_code());
    answers.check(&name("cert"), public.cert());
    answers.check(&name("key id"), public.key_id());
    answers.check(&name("epoch id"), &public.epoch_id());
    answers.check(&name("sig-cert digest"), public.to_sign().as_bytes());
    answers.check(&name("public key"), &public.public_key());
    answers.check(&name("public share of 9"), &public.public_share(id(9)).unwrap());
    for share in shares {
        let what = format!("secret share of {}", share.id().get());
        answers.check_scalar::<S::Curve>(&name(&what), share.secret().expose());
    }
    let stored = answers.get(&name("stored key share of 3"));
    let read = KeyShare::<S>::from_bytes(&stored).unwrap();
    assert_eq!(read.public(), shares[1].public());
    answers.check(&name("stored key share of 3"), shares[1].to_bytes().expose());
}

fn complaint<S: Scheme>(answers: &mut Answers) {
    let name = |what: &str| format!("{} {what}", S::Curve::NAME);
    let parties = run_all::<S>(|message| {
        let header = Header::split(message).unwrap().0;
        if (header.from, header.to) == (id(1), Some(id(3))) {
            let at = message.len() - S::Curve::SCALAR_LEN;
            let masked = read_scalar::<S::Curve>(&message[at..]).unwrap();
            message.truncate(at);
            write_scalar::<S::Curve>(&(masked + <S::Curve as Curve>::Scalar::ONE), message);
        }
    });
    let [_, three, _] = &parties;
    assert!(matches!(&three.outcome, Some(Err(abort)) if abort.check == "K2.6"));
    let body = three.body(4);
    let at = 34 + S::Curve::POINT_LEN;
    answers.check(&name("dleq challenge of 3 about 1"), &body[at..at + S::Curve::SCALAR_LEN]);
    answers.check(&name("complaint of 3 about 1"), body);
}

pub(super) fn signing(answers: &mut Answers, shares: &[KeyShare<FrostEd25519>; 3]) {
    let signers = Parties::from_numbers([1, 9]).unwrap();
    let message = bytes("message", 50);
    let task = Task::new(shares[0].public(), signers, &message, SessionId(b("signing"))).unwrap();
    let terms = task.terms(id(1));
    answers.check("frost binding", &terms.binding);
    answers.check("frost sid", &terms.sid());

    let [one, _, nine] = shares;
    // The file's nonces are drawn as they are; those of [`Sign::start`] are hedged by the run.
    let draw = |s: &KeyShare<FrostEd25519>, rng: &mut dyn CryptoRng| SigningNonces::generate(s.into(), rng);
    let mut sessions = [one, nine].map(|s| {
        let nonces = draw(s, &mut Draws::new(s.id().get()));
        Sign::start_with(s, task.clone(), nonces).unwrap()
    });
    let mut draws = Draws::new(1);
    let mut hedged = SessionRng::new::<Ed25519>(&mut draws, one.secret(), &terms.sid(), 1);
    let started = Sign::start(one, task.clone(), &mut Draws::new(1)).unwrap();
    let commit = &started.outgoing(0).next().unwrap().bytes[HEADER_LEN..];
    assert_eq!(commit, draw(one, &mut hedged).commitments().as_bytes());
    let mut signatures = Vec::new();
    for at in 0..2 {
        let messages = sessions.each_ref().map(|s| s.outgoing(at).next().unwrap().bytes.to_vec());
        let [a, b] = &mut sessions;
        a.receive(id(9), &messages[1]).unwrap();
        b.receive(id(1), &messages[0]).unwrap();
        for (session, message) in sessions.iter_mut().zip(&messages) {
            let name = format!("frost {} of {}", ["commit", "share"][at], session.terms().me.get());
            answers.check(&name, &message[HEADER_LEN..]);
            if let Status::Done(signature) = session.advance(&mut Draws::new(0)).unwrap() {
                signatures.push(signature);
            }
        }
    }
    answers.check("frost view", &answers.get("frost share of 9")[..32]);
    star(answers, [one, nine], &task);
    assert_eq!(signatures[0], signatures[1]);
    answers.check("frost signature", &signatures[0].to_bytes());
}

fn star(answers: &mut Answers, shares: [&KeyShare<FrostEd25519>; 2], task: &Task<FrostEd25519>) {
    let made = shares.map(|s| SigningNonces::generate(s.into(), &mut Draws::new(s.id().get())));
    let [first, second] = made.each_ref().map(|nonces| nonces.commitments().clone());
    let commitments = [(id(1), first), (id(9), second)];
    answers.check("frost nonce id of 1", &commitments[0].1.id());
    let hub = Coordinator::start(task.clone(), PartyId::COORDINATOR, commitments).unwrap();
    let [_, nonces] = made;
    let mut nine = Cosigner::start(shares[1], task.clone(), PartyId::COORDINATOR, nonces).unwrap();
    let list = hub.outgoing(1).next().unwrap();
    assert_eq!(list.to, Some(id(9)));
    nine.receive(PartyId::COORDINATOR, list.bytes).unwrap();
    nine.advance(&mut Draws::new(0)).unwrap();
    answers.check("frost star share of 9", &nine.outgoing(0).next().unwrap().bytes[HEADER_LEN..]);
}
