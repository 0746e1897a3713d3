//! Pairings and runs of ECDSA, written down. Every play pairs anew, from the same randomness: a ban ends with the play.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{
    Batch, EcdsaScheme, Message, Online, Presign, PresignTask, Presignature, Sign, SignBatch, Signature, Task,
};
use quorate::envelope::Verified;
use quorate::error::Fault;
use quorate::evidence::Evidence;
use quorate::identity::Roster;
use quorate::key::{KeyShare, Path};
use quorate::pairing::{Pair, Pairing, Pairings};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::{Finding, Session};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;

use super::{Outcome, Protocol, Script, id, rng};

impl<S: EcdsaScheme> Outcome for Signature<S> {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes_recoverable().to_vec()
    }
}

impl<S: EcdsaScheme> Outcome for Vec<Signature<S>> {
    fn bytes(&self) -> Vec<u8> {
        self.iter().flat_map(Outcome::bytes).collect()
    }
}

/// What can be seen of them; their ids name everybody's part in them.
impl<S: EcdsaScheme> Outcome for Vec<Presignature<S>> {
    fn bytes(&self) -> Vec<u8> {
        let seen = |one: &Presignature<S>| [*one.id(), *one.key_id(), *one.epoch_id()].concat();
        self.iter().flat_map(seen).collect()
    }
}

impl Outcome for Pairing {
    fn bytes(&self) -> Vec<u8> {
        self.store().expose().clone()
    }
}

/// A pairing of two devices; 1 is the one with the lower identity key.
pub(crate) fn pairing(seed: u64) -> Script<Pair> {
    let ordered = |seed: &u64| {
        let cast = Cast::new([1, 2], &mut rng(*seed)).unwrap();
        cast.key(id(1)).unwrap().public().0 < cast.key(id(2)).unwrap().public().0
    };
    let seed = (0..).map(|k| seed + 1000 * k).find(ordered).unwrap();
    let cast = Cast::new([1, 2], &mut rng(seed)).unwrap();
    let identities = [1, 2].map(|n| (id(n), cast.key(id(n)).unwrap().public()));
    let start = move |me: PartyId| {
        let [(_, own), (_, peer)] = if me == id(1) { identities } else { [identities[1], identities[0]] };
        let mut rng = rng(seed << 16 | u64::from(me.get()));
        let session = SessionId([seed as u8; 16]);
        Pair::start(own, peer, session, &mut MemoryLedger::default(), &mut rng).unwrap()
    };
    Script::new(cast, &[id(1), id(2)], start)
}

/// A key, dealt, and those who sign with it.
pub(crate) struct Group<S: EcdsaScheme> {
    cast: Cast,
    pub(crate) shares: Vec<KeyShare<S>>,
    pub(crate) signers: Parties,
    pub(crate) session: SessionId,
    seed: u64,
}

impl<S: EcdsaScheme> Group<S> {
    pub(crate) fn new(t: u16, ids: &[u16], signers: &[u16], seed: u64) -> Self {
        let cast = Cast::new(ids.iter().copied(), &mut rng(seed)).unwrap();
        let threshold = Threshold::new(t, ids.len() as u16).unwrap();
        let shares = cast.deal::<S>(threshold, &mut rng(seed + 1)).unwrap();
        let signers = Parties::from_numbers(signers.iter().copied()).unwrap();
        Self { cast, shares, signers, session: SessionId([seed as u8; 16]), seed }
    }

    /// The same pairings, every time new.
    pub(crate) fn pairings(&self) -> BTreeMap<PartyId, Pairings> {
        self.cast.deal_pairings(&self.signers, &mut rng(self.seed + 2)).unwrap()
    }

    pub(crate) fn script<P: Protocol>(
        self,
        start: impl Fn(&Self, PartyId, &KeyShare<S>, &Pairings) -> Session<P> + 'static,
    ) -> Script<P> {
        let cast = Cast::new(self.cast.ids().iter().map(|id| id.get()), &mut rng(self.seed)).unwrap();
        let signers: Vec<_> = self.signers.iter().collect();
        let roster = cast.roster().clone();
        let in_use = Rc::new(RefCell::new(Pairings::default()));
        let last = in_use.clone();
        let mut script = Script::new(cast, &signers, move |me| {
            let share = self.shares.iter().find(|share| share.id() == me).unwrap();
            let pairings = self.pairings().remove(&me).unwrap();
            let session = start(&self, me, share, &pairings);
            *in_use.borrow_mut() = pairings;
            session
        });
        script.banned = Box::new(move || {
            let pairings = last.borrow();
            let of = |key| roster.iter().find(|(_, identity)| *identity == key).map(|(id, _)| id);
            pairings.iter().filter(|one| one.ban().is_some()).filter_map(|one| of(one.peer())).collect()
        });
        script
    }

    fn rng(&self, me: PartyId) -> rand_chacha::ChaCha20Rng {
        rng(self.seed << 16 | u64::from(me.get()))
    }
}

fn path(index: u32) -> Path {
    Path::new([44, index]).unwrap()
}

pub(crate) fn sign<S: EcdsaScheme>(t: u16, ids: &[u16], signers: &[u16], seed: u64) -> Script<Sign<S>> {
    let group = Group::<S>::new(t, ids, signers, seed);
    let (key, set) = (group.shares[0].public(), group.signers.clone());
    let task = Task::new(key, set, path(7), Message::sha256(b"one"), group.session).unwrap();
    group.script(move |group, me, share, pairings| {
        Sign::start(share, task.clone(), pairings, &mut group.rng(me)).unwrap()
    })
}

pub(crate) fn batch<S: EcdsaScheme>(
    t: u16,
    ids: &[u16],
    signers: &[u16],
    count: u32,
    seed: u64,
) -> Script<SignBatch<S>> {
    let group = Group::<S>::new(t, ids, signers, seed);
    let items = (0..count).map(|k| (path(k), Message::sha256(&k.to_be_bytes())));
    let (key, set) = (group.shares[0].public(), group.signers.clone());
    let batch = Batch::new(key, set, items, group.session).unwrap();
    group.script(move |group, me, share, pairings| {
        SignBatch::start(share, batch.clone(), pairings, &mut group.rng(me)).unwrap()
    })
}

pub(crate) fn presign<S: EcdsaScheme>(
    t: u16,
    ids: &[u16],
    signers: &[u16],
    count: usize,
    seed: u64,
) -> Script<Presign<S>> {
    let group = Group::<S>::new(t, ids, signers, seed);
    let (key, set) = (group.shares[0].public(), group.signers.clone());
    let task = PresignTask::new(key, set, &path(3), count, group.session).unwrap();
    group.script(move |group, me, share, pairings| {
        Presign::start(share, task.clone(), pairings, &mut group.rng(me)).unwrap()
    })
}

/// The presignatures that a script makes, stored.
pub(crate) fn presignatures<S: EcdsaScheme>(
    script: &Script<Presign<S>>,
) -> BTreeMap<PartyId, Vec<quorate::secret::Secret<Vec<u8>>>> {
    let mut made = BTreeMap::new();
    for (me, _) in &script.results {
        let mut session = script.play(*me).session;
        for mail in script.inbound(*me) {
            session.receive(mail.from(), mail.message()).unwrap();
        }
        loop {
            let seed = u64::from(me.get()) << 8 | u64::from(session.round());
            match session.advance(&mut rng(seed)).unwrap() {
                quorate::session::Status::Done(list) => {
                    made.insert(*me, list.into_iter().map(Presignature::store).collect());
                    break;
                }
                quorate::session::Status::Advanced { .. } => {}
                status => panic!("{status:?}"),
            }
        }
    }
    made
}

pub(crate) fn online<S: EcdsaScheme>(t: u16, ids: &[u16], signers: &[u16], seed: u64) -> Script<Online<S>> {
    let made = presignatures(&presign::<S>(t, ids, signers, 1, seed));
    let group = Group::<S>::new(t, ids, signers, seed);
    group.script(move |group, me, share, pairings| {
        let presignature = Presignature::load(&made[&me][0], &mut MemoryLedger::default()).unwrap();
        let message = Message::keccak256(b"later");
        Online::start(presignature, share, pairings, message, group.session).unwrap()
    })
}

/// One run of every kind, of which 2 takes part.
pub(crate) struct Scripts {
    pub(crate) sign: Script<Sign<EcdsaSecp256k1>>,
    pub(crate) p256: Script<Sign<EcdsaP256>>,
    pub(crate) batch: Script<SignBatch<EcdsaP256>>,
    pub(crate) presign: Script<Presign<EcdsaSecp256k1>>,
    pub(crate) online: Script<Online<EcdsaSecp256k1>>,
}

impl Scripts {
    pub(crate) fn new() -> Self {
        Self {
            sign: sign(3, &[1, 2, 3], &[1, 2, 3], 1),
            p256: sign(2, &[1, 2], &[1, 2], 2),
            batch: batch(2, &[1, 2], &[1, 2], 2, 3),
            presign: presign(2, &[1, 2, 3], &[2, 3], 1, 4),
            online: online(3, &[1, 2, 3], &[1, 2, 3], 5),
        }
    }
}

/// These protocols have no evidence but two signed messages in one slot, which anybody can judge.
pub(crate) fn judge(roster: &Roster, evidence: &Evidence) -> Finding {
    let [one, other] = evidence.messages.as_slice() else { return Finding::Inconclusive };
    let open =
        |envelope: &quorate::evidence::Envelope| -> Option<Verified> { envelope.clone().verify(roster).ok() };
    match (open(one), open(other)) {
        (Some(a), Some(b)) if a.header() == b.header() && a.body() != b.body() => {
            Finding::Guilty(a.header().from, Fault::Equivocation)
        }
        _ => Finding::Inconclusive,
    }
}
