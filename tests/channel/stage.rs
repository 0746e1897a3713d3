//! A cluster of three, 3, 7 and 9, whose identity keys everybody can compute, and the way bytes go between them.

use core::convert::Infallible;

use quorate::channel::{ChannelError, Content, Event, Limits, Opened, Peers};
use quorate::cluster::Cluster;
use quorate::identity::{IdentityKey, Roster};
use quorate::party::PartyId;
use quorate::secret::Secret;
use rand_chacha::ChaCha20Rng;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};

use super::rogue::{self, Ephemeral, Run, Traffic};

pub(crate) const I: u16 = 3;
pub(crate) const R: u16 = 7;
pub(crate) const C: u16 = 9;

pub(crate) fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

pub(crate) fn key(number: u16) -> IdentityKey {
    IdentityKey::from_seed(Secret::new([number as u8; 32]))
}

pub(crate) fn roster(ids: &[u16]) -> Roster {
    Roster::new(ids.iter().map(|n| (id(*n), key(*n).public()))).unwrap()
}

pub(crate) fn cluster_of(ids: &[u16], revision: u64) -> Cluster {
    Cluster::new(core::array::from_fn(|at| at as u8), revision, roster(ids)).unwrap()
}

pub(crate) fn cluster() -> Cluster {
    cluster_of(&[I, R, C], 5)
}

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// An rng that gives one byte for ever: the ephemeral secret is known.
pub(crate) struct Fixed(pub(crate) u8);

impl TryRng for Fixed {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes([self.0; 4]))
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes([self.0; 8]))
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

/// A device with its identity key.
pub(crate) struct Node {
    pub(crate) peers: Peers,
    key: IdentityKey,
    rng: ChaCha20Rng,
}

impl Node {
    pub(crate) fn new(me: u16) -> Self {
        Self::of(me, cluster(), Limits::default())
    }

    pub(crate) fn of(me: u16, cluster: Cluster, limits: Limits) -> Self {
        Self { peers: Peers::new(id(me), cluster, limits).unwrap(), key: key(me), rng: rng(me.into()) }
    }

    pub(crate) fn connect(&mut self, to: u16) -> Vec<u8> {
        self.peers.connect(id(to), &mut self.rng).unwrap()
    }

    /// Receives, and signs what is asked for.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Event, ChannelError> {
        let event = self.peers.receive(bytes, &mut self.rng)?;
        self.peers.sign_with(event, &mut self.key)
    }

    /// Receives, and leaves the signing to the caller.
    pub(crate) fn take_unsigned(&mut self, bytes: &[u8]) -> Result<Event, ChannelError> {
        self.peers.receive(bytes, &mut self.rng)
    }

    pub(crate) fn refuses(&mut self, bytes: &[u8], error: ChannelError) {
        match self.take(bytes) {
            Err(found) => assert_eq!(found, error),
            Ok(event) => panic!("taken, not {error:?}: {event:?}"),
        }
    }

    /// What there is to send after these bytes.
    pub(crate) fn reply(&mut self, bytes: &[u8]) -> Vec<u8> {
        match self.take(bytes).unwrap() {
            Event::Reply { bytes, .. } | Event::Established { reply: Some(bytes), .. } => bytes,
            event => panic!("nothing to send: {event:?}"),
        }
    }

    pub(crate) fn established(&mut self, bytes: &[u8]) {
        let event = self.take(bytes).unwrap();
        assert!(matches!(event, Event::Established { reply: None, .. }), "{event:?}");
    }

    pub(crate) fn seal(&mut self, to: u16, bytes: &[u8]) -> Vec<u8> {
        self.peers.seal(id(to), Content::Application, bytes).unwrap()
    }

    pub(crate) fn open(&mut self, record: &[u8]) -> Result<Vec<u8>, ChannelError> {
        match self.take(record)? {
            Event::Received(Opened::Application { bytes, .. }) => Ok(bytes.expose().clone()),
            event => panic!("not a record: {event:?}"),
        }
    }
}

/// The three messages of a handshake that both complete.
pub(crate) fn shake(initiator: &mut Node, responder: &mut Node) -> [Vec<u8>; 3] {
    let [low, high] = [&initiator, &responder].map(|node| node.peers.me().get());
    let first = initiator.connect(high);
    let second = responder.reply(&first);
    let third = initiator.reply(&second);
    responder.established(&third);
    assert_eq!(initiator.peers.channel_id(id(high)), responder.peers.channel_id(id(low)));
    [first, second, third]
}

/// 3 and 7 with a channel.
pub(crate) fn pair() -> (Node, Node) {
    let (mut i, mut r) = (Node::new(I), Node::new(R));
    shake(&mut i, &mut r);
    (i, r)
}

/// Both directions work.
pub(crate) fn talk(one: &mut Node, other: &mut Node) {
    let [a, b] = [&one, &other].map(|node| node.peers.me().get());
    let there = one.seal(b, b"there");
    assert_eq!(other.open(&there).unwrap(), b"there");
    let back = other.seal(a, b"back");
    assert_eq!(one.open(&back).unwrap(), b"back");
}

/// A real device 7, and 3 played by the test, which knows all keys.
pub(crate) fn rogue_initiator(r: &mut Node) -> Traffic {
    let own = Ephemeral([0x55; 32]);
    let first = rogue::first(I, r.peers.me().get(), r.peers.cluster().hash(), own.public());
    let second = r.reply(&first);
    let run = Run::initiate(&first, &second, own);
    let third = run.third(&second);
    r.established(&third);
    run.traffic(&second, &third)
}

/// A real device 3, and 7 played by the test.
pub(crate) fn rogue_responder(i: &mut Node) -> Traffic {
    let first = i.connect(R);
    let run = Run::respond(&first, Ephemeral([0x66; 32]));
    let second = run.second();
    let third = i.reply(&second);
    run.traffic(&second, &third)
}
