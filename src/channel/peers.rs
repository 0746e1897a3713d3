//! The one object that an application holds: this device among the members of its cluster.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use rand_core::CryptoRng;

use super::error::ChannelError;
use super::layout::{Head, Step};
use super::link::{Between, Link, Outcome};
use super::opened::{Content, Ends, Opened};
use super::record::{Limits, RECORD, RecordHeader};
use crate::cluster::{Cluster, ClusterError};
use crate::identity::{SigInput, Signer};
use crate::party::PartyId;

/// Something for the identity key to sign, wherever it is. Handed back with [`Peers::signed`]; if it is lost, the peer's message, repeated, brings it
/// again.
#[derive(PartialEq, Eq, Debug)]
#[must_use = "the handshake waits for the signature"]
pub struct SignJob {
    peer: PartyId,
    hs: [u8; 16],
    input: SigInput,
}

impl SignJob {
    /// Whose handshake it is.
    #[must_use]
    pub const fn peer(&self) -> PartyId {
        self.peer
    }

    /// What to sign.
    #[must_use]
    pub const fn to_sign(&self) -> &SigInput {
        &self.input
    }
}

/// What received bytes led to.
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "there may be something to send"]
pub enum Event {
    /// Bytes for the peer.
    Reply {
        /// To whom.
        peer: PartyId,
        /// What.
        bytes: Vec<u8>,
    },
    /// The identity key is asked for.
    ToSign(SignJob),
    /// There is a new channel.
    Established {
        /// With whom.
        peer: PartyId,
        /// At the initiator: the last handshake message, for the peer.
        reply: Option<Vec<u8>>,
    },
    /// A record.
    Received(Opened),
    /// The peer, or whoever says so, asks for a channel: a reason to [`Peers::connect`], as often as the application likes.
    Poke(PartyId),
    /// Received before.
    Duplicate,
}

/// Channels of one device to the members of its cluster.
pub struct Peers {
    me: PartyId,
    cluster: Cluster,
    limits: Limits,
    links: BTreeMap<PartyId, Link>,
}

impl Peers {
    /// Nobody is connected yet. Limits above [`Limits::default`] are lowered to it.
    ///
    /// # Errors
    /// [`ChannelError::SelfMissing`] unless `me` is a member.
    pub fn new(me: PartyId, cluster: Cluster, limits: Limits) -> Result<Self, ChannelError> {
        if !cluster.roster().parties().contains(me) {
            return Err(ChannelError::SelfMissing);
        }
        Ok(Self { me, cluster, limits: limits.capped(), links: BTreeMap::new() })
    }

    /// This device.
    #[must_use]
    pub const fn me(&self) -> PartyId {
        self.me
    }

    /// The cluster.
    #[must_use]
    pub const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Asks for a new channel: the bytes for the peer. From the lower id, the first message, the same one until the peer has answered it; from the
    /// higher, a poke.
    ///
    /// # Errors
    /// [`ChannelError::WrongPeer`] unless the peer is another member.
    pub fn connect(&mut self, peer: PartyId, rng: &mut dyn CryptoRng) -> Result<Vec<u8>, ChannelError> {
        let between = Between::new(self.me, peer, &self.cluster).ok_or(ChannelError::WrongPeer)?;
        if between.initiates() {
            return Ok(self.links.entry(peer).or_default().first(&between, rng));
        }
        let mut poke = Vec::new();
        between.head(Step::Poke).write(&mut poke);
        Ok(poke)
    }

    /// Takes bytes from the transport, which claims nothing about their sender.
    ///
    /// # Errors
    /// [`ChannelError`]; see its variants for the few that change something.
    pub fn receive(&mut self, bytes: &[u8], rng: &mut dyn CryptoRng) -> Result<Event, ChannelError> {
        self.take(None, bytes, rng)
    }

    /// Takes bytes from a transport that says who sent them, be it as it may.
    ///
    /// # Errors
    /// As [`Peers::receive`]; [`ChannelError::WrongPeer`] where the bytes name somebody else.
    pub fn receive_from(
        &mut self,
        claimed: PartyId,
        bytes: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Event, ChannelError> {
        self.take(Some(claimed), bytes, rng)
    }

    fn take(
        &mut self,
        claimed: Option<PartyId>,
        bytes: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Event, ChannelError> {
        if bytes.get(1) == Some(&RECORD) {
            return self.record(claimed, bytes).map(Event::Received);
        }
        // [H1] size, version, suite
        let head = Head::read(bytes)?;
        // [H2] one cluster, one revision
        if &head.cluster != self.cluster.hash() {
            return Err(ChannelError::OtherRoster);
        }
        // [H3] to this device, from another member, as the transport says
        let peer = PartyId::new(head.from).map_err(|_| ChannelError::WrongPeer)?;
        let between = Between::new(self.me, peer, &self.cluster).ok_or(ChannelError::WrongPeer)?;
        if head.to != self.me.get() || claimed.is_some_and(|claimed| claimed != peer) {
            return Err(ChannelError::WrongPeer);
        }
        // [H4] the lower id sends the first and the third message
        if matches!(head.step, Step::First | Step::Third) == between.initiates() {
            return Err(ChannelError::WrongRole);
        }
        if head.step == Step::Poke {
            return Ok(Event::Poke(peer));
        }
        let (fixed, link) = (ChannelError::Malformed, self.links.entry(peer).or_default());
        let outcome = match head.step {
            Step::First => link.on_first(&between, bytes.try_into().map_err(|_| fixed)?, rng)?,
            Step::Second => link.on_second(&between, bytes.try_into().map_err(|_| fixed)?)?,
            Step::Third | Step::Poke => link.on_third(&between, bytes)?,
        };
        Ok(event(peer, outcome))
    }

    /// The signature that a job asked for.
    ///
    /// # Errors
    /// [`ChannelError::WrongSigner`] if it is not this device's; [`ChannelError::UnknownHandshake`] if the handshake is gone.
    pub fn signed(&mut self, job: SignJob, signature: [u8; 64]) -> Result<Event, ChannelError> {
        let SignJob { peer, hs, input } = job;
        // [I5] a wrong key shows here, before anything is sent
        if !self.cluster.roster().verify(self.me, &input, &signature) {
            return Err(ChannelError::WrongSigner);
        }
        let link = self.links.get_mut(&peer).ok_or(ChannelError::UnknownHandshake)?;
        Ok(event(peer, link.signed(&hs, &input, &signature)?))
    }

    /// The short form for a key that signs at once: an event that asks for a signature becomes the one that follows it.
    ///
    /// # Errors
    /// As [`Peers::signed`]; [`ChannelError::NotSigned`].
    pub fn sign_with(&mut self, event: Event, signer: &mut dyn Signer) -> Result<Event, ChannelError> {
        let Event::ToSign(job) = event else { return Ok(event) };
        let signature = signer.sign(job.to_sign()).map_err(|_| ChannelError::NotSigned)?;
        self.signed(job, signature)
    }

    /// Seals a record for a peer.
    ///
    /// # Errors
    /// [`ChannelError::NotConnected`]; [`ChannelError::RekeyRequired`]; [`ChannelError::TooLong`]; [`ChannelError::ForeignMessage`] and
    /// [`ChannelError::Unsigned`] for a message that the peer would refuse.
    pub fn seal(
        &mut self,
        peer: PartyId,
        content: Content,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, ChannelError> {
        Ends { from: self.me, to: peer, cluster: &self.cluster }.may_seal(content, plaintext)?;
        let channel = self.links.get_mut(&peer).and_then(|link| link.current.as_mut());
        let channel = channel.ok_or(ChannelError::NotConnected)?;
        channel.seal([self.me, peer], content, plaintext, &self.limits)
    }

    fn record(&mut self, claimed: Option<PartyId>, bytes: &[u8]) -> Result<Opened, ChannelError> {
        let header = RecordHeader::read(bytes)?;
        // [T2] a channel of the sender's, to this device
        let peer = PartyId::new(header.from).map_err(|_| ChannelError::UnknownChannel)?;
        if claimed.is_some_and(|claimed| claimed != peer) {
            return Err(ChannelError::WrongPeer);
        }
        let link = self.links.get_mut(&peer).filter(|_| header.to == self.me.get());
        let link = link.ok_or(ChannelError::UnknownChannel)?;
        let opened = link.channel(&header)?.open(&header, bytes);
        // [T8] the guess that was one too many
        if opened.is_err() && link.drop_worn(&self.limits) {
            return Err(ChannelError::RekeyRequired);
        }
        let (content, plaintext) = opened?;
        link.confirm(&header.channel);
        Ends { from: peer, to: self.me, cluster: &self.cluster }.admit(content, plaintext)
    }

    /// The name of the channel that seals for a peer; `None` without one.
    #[must_use]
    pub fn channel_id(&self, peer: PartyId) -> Option<[u8; 16]> {
        self.current(peer).map(|channel| channel.id)
    }

    /// Whether half of a channel's limits is used, in either direction: time for a new one.
    #[must_use]
    pub fn wants_rekey(&self, peer: PartyId) -> bool {
        self.current(peer).is_some_and(|channel| channel.is_half_used(&self.limits))
    }

    fn current(&self, peer: PartyId) -> Option<&super::record::Channel> {
        self.links.get(&peer).and_then(|link| link.current.as_deref())
    }

    /// Erases all keys and handshakes with a peer.
    pub fn forget(&mut self, peer: PartyId) {
        self.links.remove(&peer);
    }

    /// Takes the next revision of the roster, and drops every channel and handshake: they were made under the old one.
    ///
    /// # Errors
    /// [`ClusterError::NotSuccessor`]; [`ClusterError::BadRoster`] if this device is no longer a member, which has no use for [`Peers`]. Nothing
    /// changes then.
    pub fn replace_cluster(&mut self, cluster: Cluster) -> Result<(), ClusterError> {
        cluster.succeeds(&self.cluster)?;
        if !cluster.roster().parties().contains(self.me) {
            return Err(ClusterError::BadRoster);
        }
        self.links.clear();
        self.cluster = cluster;
        Ok(())
    }
}

fn event(peer: PartyId, outcome: Outcome) -> Event {
    match outcome {
        Outcome::Reply(bytes) => Event::Reply { peer, bytes },
        Outcome::Sign { hs, input } => Event::ToSign(SignJob { peer, hs, input }),
        Outcome::Established(reply) => Event::Established { peer, reply },
        Outcome::Duplicate => Event::Duplicate,
    }
}

impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channels = self.links.iter().filter_map(|(peer, link)| Some((peer, link.current.as_ref()?)));
        let channels: BTreeMap<_, _> = channels.collect();
        f.debug_struct("Peers").field("me", &self.me).field("channels", &channels).finish_non_exhaustive()
    }
}
