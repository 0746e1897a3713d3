//! Device 2 of a cluster of three, and a program of what it receives:
//!
//! - 0, u16 length, bytes: these bytes
//! - 1, k: the k-th honest message
//! - 2, k, u16 place, bits: the k-th honest message with these bits of one byte turned
//! - 3: it asks 3 for a channel once more
//!
//! Whatever comes, nothing panics, only honest bytes make a channel or a record, no record comes twice, and in the end 1 makes a new channel
//! with it all the same.

use std::collections::BTreeSet;

use quorate::channel::{Content, Event, Limits, Peers};
use quorate::cluster::Cluster;
use quorate::envelope::Unsigned;
use quorate::identity::{IdentityKey, Roster};
use quorate::party::PartyId;
use quorate::secret::Secret;
use quorate::wire::{Header, Kind, SessionId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

fn id(number: u16) -> PartyId {
    PartyId::new(number).expect("an id")
}

fn key(number: u16) -> IdentityKey {
    IdentityKey::from_seed(Secret::new([number as u8; 32]))
}

/// The same every time.
struct Node {
    peers: Peers,
    key: IdentityKey,
    rng: ChaCha20Rng,
}

impl Node {
    fn new(me: u16) -> Self {
        let roster = Roster::new([1, 2, 3].map(|n| (id(n), key(n).public()))).expect("a roster");
        let cluster = Cluster::new([7; 32], 1, roster).expect("a cluster");
        let peers = Peers::new(id(me), cluster, Limits::default()).expect("a member");
        Self { peers, key: key(me), rng: ChaCha20Rng::seed_from_u64(me.into()) }
    }

    fn take(&mut self, bytes: &[u8]) -> Option<Event> {
        let event = self.peers.receive(bytes, &mut self.rng).ok()?;
        self.peers.sign_with(event, &mut self.key).ok()
    }

    fn reply(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self.take(bytes)? {
            Event::Reply { bytes, .. } => Some(bytes),
            Event::Established { reply, .. } => reply,
            _ => None,
        }
    }

    fn connect(&mut self, peer: u16) -> Vec<u8> {
        self.peers.connect(id(peer), &mut self.rng).expect("a member")
    }
}

/// What is honest, in the order in which it could come.
pub(crate) struct Stage {
    pub(crate) honest: Vec<Vec<u8>>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self { honest: set().2 }
    }

    pub(crate) fn play(&self, mut program: &[u8]) {
        let (mut one, mut device, honest) = set();
        assert!(honest == self.honest, "the same every time");
        let mut received = BTreeSet::new();
        while let Some(bytes) = self.next(&mut program, &mut device) {
            let event = device.take(&bytes);
            if matches!(event, Some(Event::Established { .. } | Event::Received(_))) {
                assert!(self.honest.contains(&bytes), "taken: {event:?}");
            }
            if matches!(event, Some(Event::Received(_))) {
                assert!(received.insert(bytes), "received twice");
            }
        }
        let second = device.reply(&one.connect(2)).expect("an answer");
        let third = one.reply(&second).expect("the last message");
        assert!(matches!(device.take(&third), Some(Event::Established { .. })));
        let record = one.peers.seal(id(2), Content::Application, b"last").expect("a record");
        assert!(matches!(device.take(&record), Some(Event::Received(_))));
    }

    fn next(&self, program: &mut &[u8], device: &mut Node) -> Option<Vec<u8>> {
        let mut read = |len: usize| {
            let (head, tail) = program.split_at_checked(len)?;
            *program = tail;
            Some(head)
        };
        let number = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
        match read(1)?[0] {
            0 => {
                let len = number(read(2)?);
                read(len).map(<[u8]>::to_vec)
            }
            1 => self.honest.get(usize::from(read(1)?[0])).cloned(),
            2 => {
                let mut bytes = self.honest.get(usize::from(read(1)?[0]))?.clone();
                let at = number(read(2)?) % bytes.len();
                bytes[at] ^= read(1)?[0];
                Some(bytes)
            }
            3 => {
                device.connect(3);
                Some(Vec::new())
            }
            _ => None,
        }
    }
}

/// The first device, the one that is tried, and the honest messages that it has not received.
fn set() -> (Node, Node, Vec<Vec<u8>>) {
    let (mut one, mut device, mut three) = (Node::new(1), Node::new(2), Node::new(3));
    let second = device.reply(&one.connect(2)).expect("an answer");
    let third = one.reply(&second).expect("the last message");
    drop(device.take(&third).expect("a channel"));
    let header = |protocol, round, kind, to| Header {
        protocol,
        round,
        kind,
        from: id(1),
        to,
        session: SessionId([1; 16]),
        binding: [2; 32],
    };
    let message = header(6, 1, Kind::Direct, Some(id(2))).to_bytes();
    let signed = Unsigned::new(&header(2, 1, Kind::All, None).to_bytes()).expect("a message");
    let signed = signed.sign_with(&mut key(1)).expect("a signature").to_bytes();
    // A second handshake; the first records are sealed before its channel takes the old one's place.
    let second = device.reply(&one.connect(2)).expect("an answer");
    let contents =
        [(Content::Message, &message[..]), (Content::Envelope, &signed), (Content::Application, b"old")];
    let mut seal = |(content, bytes)| one.peers.seal(id(2), content, bytes).expect("a record");
    let mut honest: Vec<_> = contents.into_iter().map(&mut seal).collect();
    honest.push(one.reply(&second).expect("the last message"));
    honest.push(one.peers.seal(id(2), Content::Application, b"new").expect("a record"));
    honest.push(three.reply(&device.connect(3)).expect("an answer"));
    (one, device, honest)
}
