//! Sessions over channels, on a network that loses, repeats and reorders.

use std::collections::BTreeMap;

use quorate::channel::{Content, Event, Opened};
use quorate::curve::FrostEd25519;
use quorate::dkg::{Dkg, Run};
use quorate::envelope::Unsigned;
use quorate::error::Rejected;
use quorate::frost::{Coordinator, Cosigner, Sign, SigningNonces, Task};
use quorate::identity::{Pending, Roster};
use quorate::key::KeyShare;
use quorate::pairing::Pair;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::{Session, State, Status};
use quorate::sim::MemoryLedger;
use quorate::wire::{Header, SessionId, protocol};
use rand_core::Rng;

use crate::stage::{C, I, Node, R, id, key, rng, roster, shake};

const SESSION: SessionId = SessionId([4; 16]);

struct Seat<S: State> {
    node: Node,
    session: Session<S>,
    output: Option<S::Output>,
}

/// Devices with channels between every two, and a session at each.
struct Table<S: State> {
    seats: BTreeMap<u16, Seat<S>>,
    roster: Roster,
    noise: rand_chacha::ChaCha20Rng,
    /// Who runs a session as party 65535.
    coordinator: Option<u16>,
    refused: Vec<Rejected>,
}

impl<S: State> Table<S> {
    fn new(sessions: impl IntoIterator<Item = (u16, Session<S>)>, roster: &Roster, seed: u64) -> Self {
        let mut seats = BTreeMap::new();
        for (me, session) in sessions {
            let mut node = Node::new(me);
            for seat in seats.values_mut() {
                let Seat { node: lower, .. } = seat;
                shake(lower, &mut node);
            }
            seats.insert(me, Seat { node, session, output: None });
        }
        let (noise, roster) = (rng(seed), roster.clone());
        Self { seats, roster, noise, coordinator: None, refused: Vec::new() }
    }

    /// Everything that a session has made so far, sealed anew.
    fn mail(&mut self, from: u16) -> Vec<(u16, Vec<u8>)> {
        let others: Vec<u16> = self.seats.keys().copied().filter(|other| *other != from).collect();
        let Seat { node, session, .. } = self.seats.get_mut(&from).unwrap();
        let mut mail = Vec::new();
        for out in session.outgoing(0) {
            let (header, _) = Header::split(out.bytes).unwrap();
            let content = Content::of(&header);
            let bytes = match content {
                Content::Envelope => {
                    let unsigned = Unsigned::new(out.bytes).unwrap();
                    let signature = key(from).sign(unsigned.to_sign());
                    unsigned.attach(&roster(&[I, R, C]), signature).unwrap().to_bytes()
                }
                _ => out.bytes.to_vec(),
            };
            let to = out.to.filter(|_| header.protocol != protocol::PAIRING);
            let to =
                to.map(|to| if to == PartyId::COORDINATOR { self.coordinator.unwrap() } else { to.get() });
            for peer in others.iter().filter(|peer| to.is_none_or(|to| to == **peer)) {
                mail.push((*peer, node.peers.seal(id(*peer), content, &bytes).unwrap()));
            }
        }
        mail
    }

    fn work(&mut self, me: u16) {
        let seat = self.seats.get_mut(&me).unwrap();
        loop {
            match seat.session.advance(&mut self.noise).unwrap() {
                Status::Done(output) => seat.output = Some(output),
                Status::Keep => {
                    let input = seat.session.pending().unwrap().to_sign();
                    seat.session.kept(&key(me).sign(&input)).unwrap();
                }
                Status::Advanced { .. } => {}
                _ => return,
            }
        }
    }

    fn give(&mut self, to: u16, record: &[u8]) {
        let Seat { node, session, .. } = self.seats.get_mut(&to).unwrap();
        let Ok(Event::Received(opened)) = node.take(record) else { return };
        let claim = opened.header().is_some_and(|header| header.from == PartyId::COORDINATOR);
        let delivered = match &opened {
            Opened::Message { peer, bytes, .. } if claim && Some(peer.get()) == self.coordinator => {
                session.receive(PartyId::COORDINATOR, bytes.expose())
            }
            _ => opened.deliver(session, &self.roster).unwrap(),
        };
        self.refused.extend(delivered.err());
    }

    /// Loses a fifth, repeats a fifth, and shuffles all.
    fn run(mut self) -> BTreeMap<u16, S::Output> {
        let ids: Vec<u16> = self.seats.keys().copied().collect();
        for _ in 0..100 {
            let mut mail: Vec<_> = ids.iter().flat_map(|from| self.mail(*from)).collect();
            while !mail.is_empty() {
                let at = self.noise.next_u32() as usize % mail.len();
                let (to, record) = mail.swap_remove(at);
                let chance = self.noise.next_u32() % 5;
                for _ in 0..[0, 2, 1, 1, 1][chance as usize] {
                    self.give(to, &record);
                }
                self.work(to);
            }
            ids.iter().for_each(|me| self.work(*me));
            if self.seats.values().all(|seat| seat.output.is_some()) {
                let late = |refused: &Rejected| matches!(refused, Rejected::PastRound(_));
                assert!(self.refused.iter().all(late), "{:?}", self.refused);
                return self.seats.into_iter().map(|(me, seat)| (me, seat.output.unwrap())).collect();
            }
        }
        panic!("stands still");
    }
}

#[test]
fn a_pairing_runs_over_a_channel() {
    let [a, b] = [I, R].map(|n| key(n).public());
    let start = |me, peer, seed| {
        Pair::start(me, peer, SESSION, &mut MemoryLedger::default(), &mut rng(seed)).unwrap()
    };
    let sessions = [(I, start(a, b, 1)), (R, start(b, a, 2))];
    // Inside, they are 1 and 2 by their keys, and not 3 and 7.
    let inner: Vec<u16> = sessions.iter().map(|(_, session)| session.terms().me.get()).collect();
    assert_eq!(inner, if a.0 < b.0 { [1, 2] } else { [2, 1] });
    let pairings = Table::new(sessions, &roster(&[I, R]), 3).run();
    assert_eq!(pairings[&I].id(), pairings[&R].id());
}

fn generate(ids: &[u16], t: u16, seed: u64) -> BTreeMap<u16, KeyShare<FrostEd25519>> {
    let members = roster(ids);
    let run = Run::new(Threshold::new(t, ids.len() as u16).unwrap(), members.clone(), SESSION).unwrap();
    let start =
        |me: u16| Dkg::start(&run, id(me), &mut MemoryLedger::default(), &mut rng(seed + u64::from(me)));
    Table::new(ids.iter().map(|me| (*me, start(*me).unwrap())), &members, seed).run()
}

#[test]
fn a_key_generation_runs_over_channels() {
    let shares = generate(&[I, R, C], 2, 10);
    let key = shares[&I].public().public_key();
    assert!(shares.values().all(|share| share.public().public_key() == key));
}

/// Two of the cluster's three: the run has a roster of its own, and its envelopes count under it.
#[test]
fn a_run_among_some_of_the_cluster_has_a_roster_of_its_own() {
    let shares = generate(&[I, C], 2, 20);
    let task = task(&shares[&I], &[I, C]);
    let start = |me: u16| Sign::start(&shares[&me], task.clone(), &mut rng(me.into())).unwrap();
    let signatures = Table::new([I, C].map(|me| (me, start(me))), &roster(&[I, C]), 21).run();
    assert_eq!(signatures[&I].to_bytes(), signatures[&C].to_bytes());
    verify(&shares[&I], &signatures[&I].to_bytes());
}

fn task<S: quorate::frost::Suite>(share: &KeyShare<S>, signers: &[u16]) -> Task<S> {
    let signers = Parties::from_numbers(signers.iter().copied()).unwrap();
    Task::new(share.public(), signers, b"over a channel", SESSION).unwrap()
}

fn verify(share: &KeyShare<FrostEd25519>, signature: &[u8; 64]) {
    let key: [u8; 32] = share.public().public_key().try_into().unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
    key.verify_strict(b"over a channel", &ed25519_dalek::Signature::from_bytes(signature)).unwrap();
}

/// A coordinator without a share has no identity in the run: its list comes unsigned, from the peer that the signers know it to be.
#[test]
fn a_coordinator_without_a_share_works_over_channels() {
    let shares = generate(&[I, R], 2, 30);
    let task = task(&shares[&I], &[I, R]);
    let nonces = [I, R].map(|me| SigningNonces::generate((&shares[&me]).into(), &mut rng(me.into())));
    let commitments = [I, R].into_iter().zip(&nonces).map(|(me, n)| (id(me), n.commitments().clone()));
    let coordinator = Coordinator::start(task.clone(), PartyId::COORDINATOR, commitments).unwrap();
    let cosigner =
        |me: u16, nonces| Cosigner::start(&shares[&me], task.clone(), PartyId::COORDINATOR, nonces).unwrap();
    let [one, two] = nonces;
    let mut all = [(I, cosigner(I, one)), (R, cosigner(R, two))];
    let mut nodes: BTreeMap<u16, Node> = [I, R, C].into_iter().map(|me| (me, Node::new(me))).collect();
    let mut c = nodes.remove(&C).unwrap();
    let mut coordinator = coordinator;
    nodes.values_mut().for_each(|node| drop(shake(node, &mut c)));
    let list: Vec<_> = coordinator.outgoing(0).map(|out| (out.to.unwrap(), out.bytes.to_vec())).collect();
    for (to, bytes) in list {
        let header = Header::split(&bytes).unwrap().0;
        assert_eq!(Content::of(&header), Content::Message);
        let record = c.peers.seal(to, Content::Message, &bytes).unwrap();
        let node = nodes.get_mut(&to.get()).unwrap();
        let Ok(Event::Received(opened)) = node.take(&record) else { panic!("a record") };
        let (_, session) = all.iter_mut().find(|(me, _)| *me == to.get()).unwrap();
        // Not unless somebody says who the coordinator is.
        let refused = opened.deliver(session, &roster(&[I, R])).unwrap();
        let (transport, header) = (id(C), PartyId::COORDINATOR);
        assert_eq!(refused, Err(Rejected::WrongSender { transport, header }));
        let Opened::Message { bytes, .. } = &opened else { panic!("{opened:?}") };
        session.receive(PartyId::COORDINATOR, bytes.expose()).unwrap();
    }
    for (me, session) in &mut all {
        session.advance(&mut rng(1)).unwrap();
        let out = session.outgoing(0).next().unwrap();
        assert_eq!(out.to, Some(PartyId::COORDINATOR));
        let envelope = Unsigned::new(out.bytes).unwrap().sign_with(&mut key(*me)).unwrap();
        let node = nodes.get_mut(me).unwrap();
        let record = node.peers.seal(id(C), Content::Envelope, &envelope.to_bytes()).unwrap();
        let Ok(Event::Received(opened)) = c.take(&record) else { panic!("a record") };
        opened.deliver(&mut coordinator, &roster(&[I, R])).unwrap().unwrap();
    }
    let Status::Done(signature) = coordinator.advance(&mut rng(2)).unwrap() else { panic!("a signature") };
    verify(&shares[&I], &signature.to_bytes());
}

/// A session that waits for messages.
pub(crate) fn frost_signer() -> Session<Sign<FrostEd25519>> {
    let cast = quorate::sim::Cast::new([R, 4], &mut rng(1)).unwrap();
    let shares = cast.deal::<FrostEd25519>(Threshold::new(2, 2).unwrap(), &mut rng(2)).unwrap();
    let share = shares.iter().find(|share| share.id() == id(R)).unwrap();
    Sign::start(share, task(share, &[R, 4]), &mut rng(3)).unwrap()
}

/// The application's bytes are no session's.
#[test]
fn application_bytes_are_the_applications() {
    let bytes = Secret::new(b"mine".to_vec());
    let opened = Opened::Application { peer: id(I), bytes };
    assert!(opened.deliver(&mut frost_signer(), &roster(&[I, R])).is_none());
    assert_eq!((opened.peer(), opened.header()), (id(I), None));
}
