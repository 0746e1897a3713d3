//! A relay that does its worst, between honest devices with channels.

use std::collections::BTreeMap;

use quorate::channel::{Content, Event};
use quorate::curve::EcdsaSecp256k1;
use quorate::dkg::{Dkg, Run};
use quorate::ecdsa::{Message, Sign, Task};
use quorate::envelope::Unsigned;
use quorate::error::Rejected;
use quorate::identity::Roster;
use quorate::key::{KeyShare, Path};
use quorate::pairing::{Pair, Pairing, Pairings};
use quorate::party::{Parties, Threshold};
use quorate::session::{Pending, Session, State, Status};
use quorate::sim::MemoryLedger;
use quorate::wire::{Header, SessionId, protocol};
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use super::super::common::links::stage::{I, Node, R, id, key, rng, roster, shake};

/// Two devices, their channel, and everything that ever passed between them.
struct Relay {
    nodes: BTreeMap<u16, Node>,
    recorded: Vec<(u16, Vec<u8>)>,
    noise: ChaCha20Rng,
    /// Records that did not open, and messages that their session refused.
    refused: [usize; 2],
}

impl Relay {
    fn new(seed: u64) -> Self {
        let (mut i, mut r) = (Node::new(I), Node::new(R));
        shake(&mut i, &mut r);
        let nodes = BTreeMap::from([(I, i), (R, r)]);
        Self { nodes, recorded: Vec::new(), noise: rng(seed), refused: [0; 2] }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.noise.next_u64() as usize % limit
    }

    /// What `from` has to say, sealed once more.
    fn seal<P: State>(&mut self, from: u16, session: &Session<P>) -> Vec<(u16, Vec<u8>)> {
        let (to, node) = (I + R - from, self.nodes.get_mut(&from).unwrap());
        let mut records = Vec::new();
        for out in session.outgoing(0) {
            let (header, _) = Header::split(out.bytes).unwrap();
            let content = Content::of(&header);
            let bytes = if content == Content::Envelope {
                let unsigned = Unsigned::new(out.bytes).unwrap();
                let signature = key(from).sign(unsigned.to_sign());
                unsigned.attach(&roster(&[I, R]), signature).unwrap().to_bytes()
            } else {
                out.bytes.to_vec()
            };
            if out.to.is_none_or(|peer| peer == id(to) || header.protocol == protocol::PAIRING) {
                records.push((to, node.peers.seal(id(to), content, &bytes).unwrap()));
            }
        }
        records
    }

    /// Whatever it does to a record: lose it, repeat it, turn it round, spoil it, cut it, or leave it; or an old one comes too.
    fn spoil(&mut self, to: u16, record: &[u8]) -> Vec<(u16, Vec<u8>)> {
        let mut bent = record.to_vec();
        let bit = self.below(8 * bent.len());
        bent[bit / 8] ^= 1 << (bit % 8);
        let at = self.below(self.recorded.len());
        let old = self.recorded[at].clone();
        match self.below(8) {
            0 => vec![],
            1 => vec![(to, record.to_vec()); 2],
            2 => vec![(I + R - to, record.to_vec())],
            3 => vec![(to, bent)],
            4 => vec![(to, record[..self.below(record.len())].to_vec())],
            5 => vec![old, (to, record.to_vec())],
            6 => vec![(to, [record, &[0]].concat()), (I + R - to, old.1)],
            _ => vec![(to, record.to_vec())],
        }
    }

    /// Until both have a result.
    fn run<P: State>(
        &mut self,
        mut sessions: BTreeMap<u16, Session<P>>,
        members: &Roster,
    ) -> BTreeMap<u16, P::Output> {
        let mut outputs = BTreeMap::new();
        for _ in 0..200 {
            let mut mail: Vec<_> =
                sessions.iter().flat_map(|(from, session)| self.seal(*from, session)).collect();
            self.recorded.extend(mail.iter().cloned());
            while !mail.is_empty() {
                let (to, record) = mail.swap_remove(self.below(mail.len()));
                for (to, record) in self.spoil(to, &record) {
                    self.give(&mut sessions, to, &record, members);
                }
                for (me, session) in &mut sessions {
                    work(session, *me, &mut self.noise)
                        .into_iter()
                        .for_each(|output| drop(outputs.insert(*me, output)));
                }
            }
            if outputs.len() == 2 {
                return outputs;
            }
        }
        panic!("stands still");
    }

    fn give<P: State>(
        &mut self,
        sessions: &mut BTreeMap<u16, Session<P>>,
        to: u16,
        record: &[u8],
        members: &Roster,
    ) {
        let session = sessions.get_mut(&to).unwrap();
        let Ok(Event::Received(opened)) = self.nodes.get_mut(&to).unwrap().take(record) else {
            self.refused[0] += 1;
            return;
        };
        // What opens was sent by the peer, in this run or before.
        if let Err(why) = opened.deliver(session, members).unwrap() {
            use Rejected::{PastRound, Protocol, Roster, Session};
            assert!(matches!(why, PastRound(_) | Session | Protocol(_) | Roster), "{why}");
            self.refused[1] += 1;
        }
    }
}

/// No verdict, whatever came.
fn work<P: State>(session: &mut Session<P>, me: u16, noise: &mut ChaCha20Rng) -> Option<P::Output> {
    loop {
        match session.advance(noise).expect("honest devices blame nobody") {
            Status::Done(output) => return Some(output),
            Status::Keep => {
                let input = session.pending().unwrap().to_sign();
                session.kept(&key(me).sign(&input)).unwrap();
            }
            Status::Advanced { .. } => {}
            _ => return None,
        }
    }
}

/// Silent Shard audit TOB1-8, TOB1-9 and TOB1-14 (Trail of Bits, 2024): honest parties banned each other, or stopped for good, for what the
/// network did. Here a relay loses, repeats, reorders, reflects, flips, cuts and replays records between two devices that make a key,
/// pair, and sign: all of it ends as if nothing had been, no verdict names anybody, and nobody is banned, ever.
#[test]
fn a7_a_fuzzing_relay_gets_nobody_banned() {
    let members = roster(&[I, R]);
    let mut refused = [0; 2];
    for seed in 0..3 {
        let mut relay = Relay::new(seed);
        let session = |number: u8| SessionId([16 * seed as u8 + number; 16]);
        let run =
            Run::<EcdsaSecp256k1>::new(Threshold::new(2, 2).unwrap(), members.clone(), session(0)).unwrap();
        let start = |me: u16| {
            Dkg::start(&run, id(me), &mut MemoryLedger::default(), &mut rng(seed << 8 | u64::from(me)))
        };
        let shares: BTreeMap<u16, KeyShare<EcdsaSecp256k1>> =
            relay.run([I, R].map(|me| (me, start(me).unwrap())).into(), &members);
        let start = |me: u16| {
            let [own, peer] = [me, I + R - me].map(|n| key(n).public());
            Pair::start(
                own,
                peer,
                session(1),
                &mut MemoryLedger::default(),
                &mut rng(seed << 9 | u64::from(me)),
            )
            .unwrap()
        };
        let made = relay.run([I, R].map(|me| (me, start(me))).into(), &members);
        let sets: BTreeMap<u16, Pairings> =
            made.into_iter().map(|(me, pairing)| (me, set(pairing))).collect();
        for number in 2..6 {
            let (signers, message) = (Parties::from_numbers([I, R]).unwrap(), Message::sha256(&[number]));
            let task =
                Task::new(shares[&I].public(), signers, Path::default(), message, session(number)).unwrap();
            let start = |me: u16| {
                Sign::start(&shares[&me], task.clone(), &sets[&me], &mut rng(seed << 10 | u64::from(me)))
            };
            let signatures = relay.run([I, R].map(|me| (me, start(me).unwrap())).into(), &members);
            assert_eq!(signatures[&I].to_bytes(), signatures[&R].to_bytes());
        }
        assert!(sets.values().flat_map(Pairings::iter).all(|pairing| pairing.ban().is_none()));
        (0..2).for_each(|k| refused[k] += relay.refused[k]);
    }
    assert!(refused[0] > 50 && refused[1] > 5, "{refused:?}: the relay did little");
}

fn set(pairing: Pairing) -> Pairings {
    let mut set = Pairings::new();
    assert!(set.insert(pairing).is_none());
    set
}
