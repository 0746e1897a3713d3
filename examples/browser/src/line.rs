//! The line to the other holder: a channel over whatever carries bytes, here `postMessage`.

use std::collections::VecDeque;

use quorate::channel::{Content, Event, Limits, Opened, Peers};
use quorate::cluster::Cluster;
use quorate::envelope::Unsigned;
use quorate::identity::{IdentityKey, PublicIdentity, Roster, SigInput};
use quorate::party::{Parties, PartyId};
use quorate::session::{Outgoing, Recipient};
use quorate::wire::Header;

use crate::OsRng;
use crate::error::Result;

/// Messages of a session that the other holder has begun first.
const MAX_EARLY: usize = 64;

pub(crate) struct Line {
    pub(crate) me: PartyId,
    key: IdentityKey,
    peers: Option<Peers>,
    out: Vec<Vec<u8>>,
    early: VecDeque<Opened>,
}

impl Line {
    pub(crate) fn new(me: PartyId, rng: &mut OsRng) -> Self {
        let key = IdentityKey::generate(rng);
        Self { me, key, peers: None, out: Vec::new(), early: VecDeque::new() }
    }

    pub(crate) fn identity(&self) -> Vec<u8> {
        self.key.public().0.to_vec()
    }

    fn other(&self) -> Result<PartyId> {
        Ok(PartyId::new(3 - self.me.get())?)
    }

    /// The two, by their numbers.
    pub(crate) fn both(&self) -> Result<Parties> {
        Ok(Parties::from_numbers([1, 2])?)
    }

    pub(crate) fn meet(&mut self, other: &[u8]) -> Result<()> {
        let other = PublicIdentity(other.try_into().map_err(|_| "32 bytes are an identity")?);
        let roster = Roster::new([(self.me, self.key.public()), (self.other()?, other)])?;
        let cluster = Cluster::new([2; 32], 0, roster)?;
        self.peers = Some(Peers::new(self.me, cluster, Limits::default())?);
        Ok(())
    }

    pub(crate) fn cluster(&self) -> Result<&Cluster> {
        Ok(self.peers.as_ref().ok_or("the other is not known yet")?.cluster())
    }

    /// This holder's identity and the other's.
    pub(crate) fn identities(&self) -> Result<[PublicIdentity; 2]> {
        let roster = self.cluster()?.roster();
        let other = roster.identity(self.other()?).ok_or("the other is a member")?;
        Ok([self.key.public(), other])
    }

    pub(crate) fn connect(&mut self, rng: &mut OsRng) -> Result<()> {
        let other = self.other()?;
        let peers = self.peers.as_mut().ok_or("the other is not known yet")?;
        self.out.push(peers.connect(other, rng)?);
        Ok(())
    }

    /// Whether there is a channel.
    pub(crate) fn is_connected(&self) -> bool {
        let other = self.other().ok();
        self.peers.as_ref().zip(other).is_some_and(|(peers, other)| peers.channel_id(other).is_some())
    }

    pub(crate) fn outgoing(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.out)
    }

    pub(crate) fn sign(&self, input: &SigInput) -> [u8; 64] {
        self.key.sign(input)
    }

    fn seal(&mut self, content: Content, bytes: &[u8]) -> Result<()> {
        let other = self.other()?;
        let peers = self.peers.as_mut().ok_or("the other is not known yet")?;
        self.out.push(peers.seal(other, content, bytes)?);
        Ok(())
    }

    pub(crate) fn tell(&mut self, text: &str) -> Result<()> {
        self.seal(Content::Application, text.as_bytes())
    }

    /// Sends a session's message: signed, if its protocol signs.
    pub(crate) fn post(&mut self, message: &Outgoing<'_>) -> Result<()> {
        let (header, _) = Header::split(message.bytes).ok_or("a message has a header")?;
        match Content::of(&header) {
            Content::Envelope => {
                let envelope = Unsigned::new(message.bytes)?.sign_with(&mut self.key)?;
                self.seal(Content::Envelope, &envelope.to_bytes())
            }
            content => self.seal(content, message.bytes),
        }
    }

    /// Takes bytes. Handshakes are answered; what is for a session waits until [`Line::hand_over`].
    pub(crate) fn receive(&mut self, bytes: &[u8], rng: &mut OsRng) -> Result<Option<String>> {
        let peers = self.peers.as_mut().ok_or("the other is not known yet")?;
        let event = peers.receive(bytes, rng)?;
        match peers.sign_with(event, &mut self.key)? {
            Event::Reply { bytes, .. } => self.out.push(bytes),
            Event::Established { reply, .. } => self.out.extend(reply),
            Event::Poke(_) => self.connect(rng)?,
            Event::Received(Opened::Application { bytes, .. }) => {
                return Ok(Some(String::from_utf8(bytes.expose().clone())?));
            }
            Event::Received(opened) if self.early.len() < MAX_EARLY => self.early.push_back(opened),
            _ => {}
        }
        Ok(None)
    }

    /// Gives the session what is for it. What it refuses is dropped, and changes nothing.
    pub(crate) fn hand_over(&mut self, session: &mut impl Recipient) -> Result<()> {
        let roster = self.cluster()?.roster().clone();
        let name = session.terms().session;
        let (mine, others) = std::mem::take(&mut self.early)
            .into_iter()
            .partition::<Vec<_>, _>(|opened| opened.header().is_some_and(|header| header.session == name));
        self.early = others.into();
        for opened in mine {
            drop(opened.deliver(session, &roster));
        }
        Ok(())
    }
}
