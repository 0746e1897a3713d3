//! One node: an identity, channels to the others, and sessions, over an inbox on the bus.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use quorate::channel::{Content, Event, Limits, Opened, Peers};
use quorate::cluster::Cluster;
use quorate::envelope::Unsigned;
use quorate::identity::{IdentityKey, Roster, SigInput};
use quorate::party::PartyId;
use quorate::session::{Session, State, Status};
use quorate::wire::{Header, SessionId, protocol};

use crate::bus::Bus;
use crate::{Failure, Result, devices};

/// How long a node waits before it sends again what may have been lost.
const AGAIN: Duration = Duration::from_millis(400);
/// Messages of sessions that others have begun earlier.
const MAX_EARLY: usize = 256;

/// What a node has heard.
enum News {
    /// A message for a session.
    Message(Box<Opened>),
    /// Somebody is connected, or done.
    Other,
    /// Nothing, for as long as it was willing to wait.
    Silence,
}

pub(crate) struct Node {
    pub(crate) me: PartyId,
    key: IdentityKey,
    peers: Peers,
    bus: Bus,
    /// With whom there has been a handshake since [`Node::expect`].
    fresh: BTreeSet<PartyId>,
    early: Vec<Opened>,
    /// Who has said that it is done with which session.
    done: BTreeSet<(PartyId, [u8; 16])>,
    pub(crate) rng: devices::OsRng,
}

impl Node {
    pub(crate) async fn start(me: PartyId, key: IdentityKey, cluster: Cluster) -> Result<Self> {
        let bus = Bus::connect(Some(me)).await?;
        let peers = Peers::new(me, cluster, Limits::default())?;
        let (fresh, early, done) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
        Ok(Self { me, key, peers, bus, fresh, early, done, rng: devices::os_rng() })
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        self.peers.cluster()
    }

    /// A peer is gone: its keys go too.
    pub(crate) fn forget(&mut self, peer: PartyId) {
        self.peers.forget(peer);
        self.fresh.remove(&peer);
    }

    /// Shakes hands with these, unless that has happened since they were last forgotten.
    pub(crate) async fn connect(&mut self, with: &[PartyId]) -> Result<()> {
        let others: Vec<_> = with.iter().copied().filter(|peer| *peer != self.me).collect();
        let deadline = Instant::now() + Duration::from_secs(20);
        while others.iter().any(|peer| !self.fresh.contains(peer)) {
            for peer in others.iter().filter(|peer| !self.fresh.contains(peer)) {
                let hello = self.peers.connect(*peer, &mut self.rng)?;
                self.bus.send(*peer, hello).await?;
            }
            let until = Instant::now() + AGAIN;
            while Instant::now() < until && others.iter().any(|peer| !self.fresh.contains(peer)) {
                self.listen(until).await?;
            }
            if Instant::now() > deadline {
                return Err("nobody answers".into());
            }
        }
        // The peers may lack the last message of a handshake still: answer once more what they repeat.
        let until = Instant::now() + AGAIN;
        while Instant::now() < until {
            self.listen(until).await?;
        }
        Ok(())
    }

    /// Answers one message, and keeps what is for later.
    async fn listen(&mut self, until: Instant) -> Result<()> {
        if let News::Message(opened) = self.next(until).await? {
            self.keep_for_later(*opened);
        }
        Ok(())
    }

    fn keep_for_later(&mut self, opened: Opened) {
        if self.early.len() < MAX_EARLY {
            self.early.push(opened);
        }
    }

    /// What comes next. Handshakes are dealt with on the way; bytes that are refused change nothing.
    async fn next(&mut self, until: Instant) -> Result<News> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(message) = tokio::time::timeout(left, self.bus.inbox.next()).await else {
                return Ok(News::Silence);
            };
            let bytes = message.ok_or("the bus is gone")?.payload;
            let Ok(event) = self.peers.receive(&bytes, &mut self.rng) else { continue };
            match self.peers.sign_with(event, &mut self.key)? {
                Event::Reply { peer, bytes } => self.bus.send(peer, bytes).await?,
                Event::Established { peer, reply } => {
                    self.fresh.insert(peer);
                    if let Some(bytes) = reply {
                        self.bus.send(peer, bytes).await?;
                    }
                    return Ok(News::Other);
                }
                Event::Poke(peer) => {
                    let hello = self.peers.connect(peer, &mut self.rng)?;
                    self.bus.send(peer, hello).await?;
                }
                Event::Received(Opened::Application { peer, bytes }) => {
                    let session = bytes.expose().strip_prefix(b"done").and_then(|id| id.try_into().ok());
                    self.done.extend(session.map(|session| (peer, session)));
                    return Ok(News::Other);
                }
                Event::Received(opened) => return Ok(News::Message(Box::new(opened))),
                _ => {}
            }
        }
    }

    /// Plays a session to its end, and stays until all others are done too. `keep` stores what is pending, and says what to sign for it.
    pub(crate) async fn play<S: State>(
        &mut self,
        mut session: Session<S>,
        with: &[PartyId],
        roster: &Roster,
        mut keep: impl FnMut(&S::Pending) -> Result<SigInput>,
        patience: Duration,
    ) -> Result<S::Output> {
        let others: Vec<_> = with.iter().copied().filter(|peer| *peer != self.me).collect();
        let SessionId(name) = session.terms().session;
        let (mut sent, mut told, mut output) = (0, false, None);
        let deadline = Instant::now() + patience;
        for opened in std::mem::take(&mut self.early) {
            self.give(opened, &mut session, roster);
        }
        loop {
            while output.is_none() {
                match session.advance(&mut self.rng)? {
                    Status::Advanced { .. } => {}
                    Status::Keep => {
                        let input = keep(session.pending().ok_or("there is one after Keep")?)?;
                        session.kept(&self.key.sign(&input))?;
                    }
                    Status::Done(result) => output = Some(result),
                    _ => break,
                }
            }
            self.post(&session, sent, &others).await?;
            sent = session.sent();
            if output.is_some() && !told {
                told = true;
                for peer in &others {
                    let record =
                        self.peers.seal(*peer, Content::Application, &[b"done", &name[..]].concat())?;
                    self.bus.send(*peer, record).await?;
                }
            }
            let all_done = others.iter().all(|peer| self.done.contains(&(*peer, name)));
            if let Some(output) = output.take_if(|_| all_done) {
                return Ok(output);
            }
            if Instant::now() > deadline {
                return output.ok_or_else(|| Failure::from(format!("waits for {:?}", session.missing())));
            }
            match self.next(Instant::now() + AGAIN).await? {
                News::Message(opened) => self.give(*opened, &mut session, roster),
                News::Other => {}
                // All of it once more.
                News::Silence => (sent, told) = (0, false),
            }
        }
    }

    fn give<S: State>(&mut self, opened: Opened, session: &mut Session<S>, roster: &Roster) {
        if opened.header().is_some_and(|header| header.session == session.terms().session) {
            // What is refused came twice, or too late.
            let _ = opened.deliver(session, roster);
        } else {
            self.keep_for_later(opened);
        }
    }

    /// Seals what the session has made from number `after` on, and puts it on the bus.
    async fn post<S: State>(&mut self, session: &Session<S>, after: usize, others: &[PartyId]) -> Result<()> {
        for message in session.outgoing(after) {
            let (header, _) = Header::split(message.bytes).ok_or("a message has a header")?;
            let content = Content::of(&header);
            let bytes = match content {
                Content::Envelope => Unsigned::new(message.bytes)?.sign_with(&mut self.key)?.to_bytes(),
                _ => message.bytes.to_vec(),
            };
            // In a pairing there is one other, by another number.
            let to = message.to.filter(|_| header.protocol != protocol::PAIRING);
            for peer in others.iter().filter(|peer| to.is_none_or(|to| to == **peer)) {
                let record = self.peers.seal(*peer, content, &bytes)?;
                self.bus.send(*peer, record).await?;
            }
        }
        Ok(())
    }
}
