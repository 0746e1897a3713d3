//! A pairing, and what is signed with it: both parties' bytes, from given randomness.

use alloc::format;
use alloc::vec::Vec;

use sha2::{Digest, Sha256, Sha512};

use super::keys::identity;
use super::{Answers, Draws, b, bytes, id};
use crate::curve::Curve;
use crate::ecdsa::{
    Batch, EcdsaScheme, Message, Online, Prehashed, Presign, PresignTask, Presignature, Sign, SignBatch,
    Signature, Task,
};
use crate::key::{KeyShare, Path, derive};
use crate::pairing::{Pair, Pairings, STORED_LEN};
use crate::party::{Parties, PartyId};
use crate::session::{Session, State, Status};
use crate::sim::MemoryLedger;
use crate::wire::{HEADER_LEN, Header, SessionId};

/// The two parties.
const PAIR: [u16; 2] = [1, 9];

/// Brings two sessions to their ends, and checks every body under `{label} message {round} of {party}`, and every header.
fn exchange<S: State<Output: core::fmt::Debug>>(
    answers: &mut Answers,
    label: &str,
    mut sessions: [Session<S>; 2],
    mut draws: [Draws; 2],
    private: [u8; 32],
) -> [S::Output; 2] {
    let ids: [PartyId; 2] = sessions.each_ref().map(|session| session.terms().me);
    let binding = sessions[0].terms().binding;
    let (mut sent, mut ends) = ([0; 2], [None, None]);
    while ends.iter().any(Option::is_none) {
        let mut mail = Vec::new();
        for (at, session) in sessions.iter().enumerate() {
            mail.extend(session.outgoing(sent[at]).map(|message| (at, message.bytes.to_vec())));
            sent[at] = session.sent();
        }
        assert_eq!(mail.len(), 2, "one message a round");
        for (from, message) in &mail {
            let (header, body) = Header::split(message).unwrap();
            let name = format!("{label} message {} of {}", header.round, PAIR[*from]);
            answers.check(&name, &Sha256::digest(body));
            assert_eq!(header.binding, if header.to.is_some() { private } else { binding });
            assert_eq!(message.len(), HEADER_LEN + body.len());
            sessions[1 - from].receive(ids[*from], message).unwrap();
        }
        for ((session, draws), end) in sessions.iter_mut().zip(&mut draws).zip(&mut ends) {
            match session.advance(draws).unwrap() {
                Status::Done(output) => *end = Some(output),
                Status::Advanced { .. } => {}
                status => panic!("{status:?}"),
            }
        }
    }
    ends.map(Option::unwrap)
}

/// The pairings of 1 and of 9.
pub(super) fn pairing(answers: &mut Answers) -> [Pairings; 2] {
    let mut draws = PAIR.map(Draws::new);
    let mut start = |at: usize| {
        let [me, peer] = [at, 1 - at].map(|at| identity(PAIR[at]).public());
        let session = SessionId(b("pairing"));
        Pair::start(me, peer, session, &mut MemoryLedger::default(), &mut draws[at]).unwrap()
    };
    let sessions = [start(0), start(1)];
    let terms = *sessions[0].terms();
    answers.check("pairing sid", &terms.sid());
    let pairings = exchange(answers, "pairing", sessions, draws, terms.binding);
    answers.check("pairing id", pairings[0].id());
    assert_eq!(pairings[0].id(), pairings[1].id());
    let secrets = pairings.each_ref().map(|pairing| pairing.link().secrets().unwrap());
    answers.check("pairing zero seed", secrets[0].zero.expose());
    assert_eq!(secrets[0].zero.expose(), secrets[1].zero.expose());
    for ((number, pairing), secrets) in PAIR.iter().zip(&pairings).zip(&secrets) {
        answers.check(&format!("pairing Delta of {number}"), secrets.delta.expose());
        let leaves = Sha256::digest(secrets.leaves.expose().as_flattened());
        answers.check(&format!("pairing leaves of {number}"), &leaves);
        let stored = pairing.store();
        assert_eq!(stored.expose().len(), STORED_LEN);
        answers.check(&format!("pairing stored by {number}"), &Sha256::digest(stored.expose()));
    }
    pairings.map(|pairing| {
        let mut set = Pairings::new();
        drop(set.insert(pairing));
        set
    })
}

fn path(indices: &[u32]) -> Path {
    Path::new(indices.iter().copied()).unwrap()
}

/// What both signers of a run start from.
struct Signers<'a, S: EcdsaScheme> {
    shares: [&'a KeyShare<S>; 2],
    pairings: &'a [Pairings; 2],
    set: Parties,
}

/// One message, a batch of two, a presignature and its use.
pub(super) fn signing<S: EcdsaScheme>(
    answers: &mut Answers,
    shares: &[KeyShare<S>; 3],
    pairings: &[Pairings; 2],
) {
    let [one, _, nine] = shares;
    let set = Parties::from_numbers(PAIR).unwrap();
    let signers = Signers { shares: [one, nine], pairings, set };
    signers.sign(answers);
    signers.batch(answers);
    let presignatures = signers.presign(answers);
    signers.online(answers, presignatures);
}

impl<S: EcdsaScheme> Signers<'_, S> {
    fn name(what: &str) -> alloc::string::String {
        format!("{} {what}", S::Curve::NAME)
    }

    /// Starts both sessions, checks their terms, and runs them.
    fn run<T: State<Output: core::fmt::Debug>>(
        &self,
        answers: &mut Answers,
        what: &str,
        start: impl Fn(&KeyShare<S>, &Pairings, &mut Draws) -> Session<T>,
    ) -> [T::Output; 2] {
        let mut draws = PAIR.map(Draws::new);
        let sessions = [0, 1].map(|at| start(self.shares[at], &self.pairings[at], &mut draws[at]));
        let terms = *sessions[0].terms();
        answers.check(&Self::name(&format!("{what} binding")), &terms.binding);
        answers.check(&Self::name(&format!("{what} sid")), &terms.sid());
        let header = Header::split(sessions[0].outgoing(0).next().unwrap().bytes).unwrap().0;
        if header.to.is_some() {
            answers.check(&Self::name(&format!("{what} pair binding")), &header.binding);
        }
        exchange(answers, &Self::name(what), sessions, draws, header.binding)
    }

    /// Both signers have it, it verifies, and it is the known one.
    fn check(
        &self,
        answers: &mut Answers,
        what: &str,
        both: [&Signature<S>; 2],
        at: &[u32],
        signed: impl Into<crate::ecdsa::Digest>,
    ) {
        assert_eq!(both[0].to_bytes_recoverable(), both[1].to_bytes_recoverable());
        let key = derive(self.shares[0].public(), &path(at)).unwrap();
        assert!(both[0].verify(key.point(), signed));
        answers.check(&Self::name(what), &both[0].to_bytes_recoverable());
    }

    fn sign(&self, answers: &mut Answers) {
        let (key, message) = (self.shares[0].public(), Message::sha256(&bytes("message", 50)));
        let session = SessionId(b("signing"));
        let task = Task::new(key, self.set.clone(), path(&[44, 7]), message, session).unwrap();
        let [one, nine] = self.run(answers, "sign", |share, pairings, draws| {
            Sign::start(share, task.clone(), pairings, draws).unwrap()
        });
        self.check(answers, "sign signature", [&one, &nine], &[44, 7], message);
    }

    fn batch(&self, answers: &mut Answers) {
        let message = Message::sha256d(&bytes("message", 50)).into();
        let items = [(path(&[]), message), (path(&[1]), Prehashed::new(b("digest")).into())];
        let [first, second]: [crate::ecdsa::Digest; 2] = items.each_ref().map(|(_, digest)| *digest);
        let key = self.shares[0].public();
        let batch = Batch::new(key, self.set.clone(), items, SessionId(b("batch"))).unwrap();
        let [one, nine] = self.run(answers, "batch", |share, pairings, draws| {
            SignBatch::start(share, batch.clone(), pairings, draws).unwrap()
        });
        assert_eq!((one.len(), nine.len()), (2, 2));
        self.check(answers, "batch signature 0", [&one[0], &nine[0]], &[], first);
        self.check(answers, "batch signature 1", [&one[1], &nine[1]], &[1], second);
    }

    fn presign(&self, answers: &mut Answers) -> [Presignature<S>; 2] {
        let (key, session) = (self.shares[0].public(), SessionId(b("presign")));
        let task = PresignTask::new(key, self.set.clone(), &path(&[2]), 1, session).unwrap();
        let made = self.run(answers, "presign", |share, pairings, draws| {
            Presign::start(share, task.clone(), pairings, draws).unwrap()
        });
        let made = made.map(|mut list| {
            assert_eq!(list.len(), 1);
            list.remove(0)
        });
        answers.check(&Self::name("presignature id"), made[0].id());
        assert_eq!(made[0].id(), made[1].id());
        let mut at = 0;
        made.map(|presignature| {
            let stored = presignature.store();
            let what = format!("presignature stored by {}", PAIR[at]);
            answers.check(&Self::name(&what), &Sha256::digest(stored.expose()));
            at += 1;
            Presignature::load(&stored, &mut MemoryLedger::default()).unwrap()
        })
    }

    fn online(&self, answers: &mut Answers, presignatures: [Presignature<S>; 2]) {
        let message = Message::digest::<Sha512>(&bytes("message", 50));
        let session = SessionId(b("online"));
        let given = core::cell::RefCell::new(presignatures.map(Some));
        let [one, nine] = self.run(answers, "online", |share, pairings, _| {
            let place = usize::from(share.id() != id(1));
            let presignature = given.borrow_mut()[place].take().unwrap();
            Online::start(presignature, share, pairings, message, session).unwrap()
        });
        self.check(answers, "online signature", [&one, &nine], &[2], message);
    }
}
