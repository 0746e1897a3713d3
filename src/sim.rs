//! An in-memory network for tests, benches and examples: delivers in any order, duplicates, drops, delays, corrupts, and
//! counts. Whatever was dropped or corrupted is sent again later, as a real transport would.
//!
//! A [`Tamper`] function plays a malicious party: it sees every message before the sender's identity key signs it, once
//! for each receiver, and may change it or hold it back.

#[cfg(feature = "approval")]
pub mod contract;

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::string::String;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::vec::Vec;

use rand_core::CryptoRng;

use crate::curve::Scheme;
use crate::envelope::{Unsigned, Verified};
use crate::error::{Abort, Rejected, SetupError};
use crate::identity::{IdentityKey, PublicIdentity, Roster};
use crate::key::{Certificate, Draft, KeyShare, Origin, PendingShare, chain_code};
#[cfg(feature = "ecdsa")]
use crate::pairing::{Pair, Pairing, Pairings};
use crate::party::{Parties, PartyId, Threshold};
use crate::secret::Secret;
use crate::session::{AlreadySpent, Pending, Session, SpendOnce, State, Status, Traffic};
use crate::sharing::{Commitment, Polynomial};
use crate::wire::{Header, SessionId};

/// Chances in percent that a delivery goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Deliver in random order.
    pub reorder: bool,
    /// Deliver twice.
    pub duplicate: u8,
    /// Lose it; it is sent again when the network is quiet.
    pub drop: u8,
    /// Flip a bit; the intact message is sent again when the network is quiet.
    pub corrupt: u8,
}

impl Faults {
    /// Everything that a network can do wrong, often.
    #[must_use]
    pub const fn storm() -> Self {
        Self { reorder: true, duplicate: 20, drop: 20, corrupt: 20 }
    }
}

/// A message about to be signed and sent to one receiver.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The receiver.
    pub to: PartyId,
    /// The header; `header.from` is whose identity key signs.
    pub header: Header,
    /// The body.
    pub body: Vec<u8>,
}

/// Changes a letter, or holds it back by returning `false`.
pub type Tamper<'a> = dyn FnMut(&mut Letter) -> bool + 'a;

struct Packet {
    from: PartyId,
    to: PartyId,
    bytes: Arc<[u8]>,
}

struct Node<S: State> {
    id: PartyId,
    session: Session<S>,
    sent: usize,
    outcome: Option<Result<S::Output, Abort>>,
    rejected: Vec<Rejected>,
    times: BTreeMap<u8, Duration>,
}

/// What became of one party.
#[derive(Debug)]
pub struct Report<O> {
    /// The party.
    pub id: PartyId,
    /// Its result or verdict; `None` if it still waits.
    pub outcome: Option<Result<O, Abort>>,
    /// Messages that its session refused.
    pub rejected: Vec<Rejected>,
    /// Bytes and messages by round.
    pub traffic: Vec<Traffic>,
    /// Time in `advance` by round.
    pub times: BTreeMap<u8, Duration>,
}

impl<O> Report<O> {
    /// The result, which must be there.
    ///
    /// # Panics
    /// If there is a verdict, or nothing yet.
    #[must_use]
    #[allow(clippy::panic)]
    pub fn output(self) -> O {
        match self.outcome {
            Some(Ok(output)) => output,
            Some(Err(abort)) => panic!("{} aborted: {abort}", self.id),
            None => panic!("{} still waits", self.id),
        }
    }

    /// The traffic table: a line a round.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out =
            String::from("round | messages out | bytes out | messages in | bytes in | time in advance\n");
        for t in &self.traffic {
            let time = self.times.get(&t.round).copied().unwrap_or_default();
            let _ = writeln!(
                out,
                "{:>5} | {:>12} | {:>9} | {:>11} | {:>8} | {:>12.3} ms",
                t.round,
                t.messages_out,
                t.bytes_out,
                t.messages_in,
                t.bytes_in,
                time.as_secs_f64() * 1e3
            );
        }
        out
    }
}

/// Parties with identities, in one process.
#[derive(Debug)]
pub struct Cast {
    keys: BTreeMap<PartyId, Arc<IdentityKey>>,
    roster: Roster,
}

impl Cast {
    /// Parties with these ids and new identities.
    ///
    /// # Errors
    /// As [`Roster::new`].
    pub fn new(ids: impl IntoIterator<Item = u16>, rng: &mut dyn CryptoRng) -> Result<Self, SetupError> {
        let mut keys = BTreeMap::new();
        for id in ids {
            keys.insert(PartyId::new(id)?, Arc::new(IdentityKey::generate(rng)));
        }
        Self::of(keys)
    }

    fn of(keys: BTreeMap<PartyId, Arc<IdentityKey>>) -> Result<Self, SetupError> {
        let members: Vec<(PartyId, PublicIdentity)> =
            keys.iter().map(|(id, key)| (*id, key.public())).collect();
        Ok(Self { keys, roster: Roster::new(members)? })
    }

    /// Some of them, with the identities that they have: for runs in which not all take part.
    ///
    /// # Errors
    /// [`SetupError::NotInRoster`] for a party that is not of the cast.
    pub fn only(&self, parties: &Parties) -> Result<Self, SetupError> {
        if let Some(stranger) = parties.iter().find(|id| !self.keys.contains_key(id)) {
            return Err(SetupError::NotInRoster(stranger));
        }
        let kept = self.keys.iter().filter(|(id, _)| parties.contains(**id));
        Self::of(kept.map(|(id, key)| (*id, key.clone())).collect())
    }

    /// Who they are.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The ids, ascending.
    #[must_use]
    pub fn ids(&self) -> Vec<PartyId> {
        self.keys.keys().copied().collect()
    }

    /// One party's identity key.
    #[must_use]
    pub fn key(&self, id: PartyId) -> Option<&IdentityKey> {
        self.keys.get(&id).map(Arc::as_ref)
    }

    /// A key dealt by one hand, with a real certificate: for tests and benches of large groups, where key generation among
    /// all parties in one process takes minutes. It never was a threshold key.
    ///
    /// # Errors
    /// [`SetupError::RosterSize`] unless the cast has `n` parties.
    pub fn deal<S: Scheme>(
        &self,
        threshold: Threshold,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<KeyShare<S>>, SetupError> {
        if self.keys.len() != usize::from(threshold.n()) {
            return Err(SetupError::RosterSize { roster: self.keys.len(), n: threshold.n() });
        }
        let polynomial = Polynomial::<S::Curve>::random(threshold, rng);
        let draft = Draft {
            origin: Origin::generated(&self.roster, SessionId([0; 16])),
            views: [[0; 32]; 2],
            threshold,
            roster: self.roster.clone(),
            commitment: Commitment::new(polynomial.commit()).ok_or(SetupError::Malformed("polynomial"))?,
            chain_code: chain_code(&[0; 32], []),
            key_id: None,
        };
        let sharing = draft.sharing::<S>();
        let signatures = self.keys.values().map(|key| key.sign(&sharing.to_sign())).collect();
        let certificate = Certificate::of(*sharing.cert(), signatures);
        let share = |id: &PartyId| {
            let secret = Secret::new(polynomial.at(*id));
            PendingShare::new(*id, secret, sharing.clone()).certified(certificate.clone())
        };
        Ok(self.keys.keys().map(share).collect())
    }

    /// Pairs every two of these parties by the real protocol, and gives each its set. About 15 ms a device and pair.
    ///
    /// # Errors
    /// [`SetupError::NotInRoster`] for a party that is not of the cast.
    ///
    /// # Panics
    /// If the protocol fails.
    #[cfg(feature = "ecdsa")]
    pub fn pair(
        &self,
        parties: &Parties,
        rng: &mut dyn CryptoRng,
    ) -> Result<BTreeMap<PartyId, Pairings>, SetupError> {
        self.pair_by(parties, &mut |[a, b]| {
            let mut session = [0; 16];
            rng.fill_bytes(&mut session);
            let mut start =
                |me, peer| Pair::start(me, peer, SessionId(session), &mut MemoryLedger::default(), rng);
            let sessions = [start(a, b)?, start(b, a)?];
            let mut pairings = self.run(sessions, rng).into_iter().map(Report::output);
            let (Some(one), Some(other)) = (pairings.next(), pairings.next()) else {
                return Err(SetupError::Malformed("pairing"));
            };
            Ok(if one.me() == a { (one, other) } else { (other, one) })
        })
    }

    /// As [`Cast::pair`], dealt by one hand without the protocol: for tests and benches of what stands above it.
    ///
    /// # Errors
    /// As [`Cast::pair`].
    #[cfg(feature = "ecdsa")]
    pub fn deal_pairings(
        &self,
        parties: &Parties,
        rng: &mut dyn CryptoRng,
    ) -> Result<BTreeMap<PartyId, Pairings>, SetupError> {
        self.pair_by(parties, &mut |[a, b]| Ok(Pairing::deal(a, b, rng)))
    }

    #[cfg(feature = "ecdsa")]
    fn pair_by(
        &self,
        parties: &Parties,
        pair: &mut dyn FnMut([PublicIdentity; 2]) -> Result<(Pairing, Pairing), SetupError>,
    ) -> Result<BTreeMap<PartyId, Pairings>, SetupError> {
        let mut sets: BTreeMap<_, _> = parties.iter().map(|id| (id, Pairings::default())).collect();
        for (at, i) in parties.iter().enumerate() {
            for j in parties.iter().take(at) {
                let identity = |id| self.roster.identity(id).ok_or(SetupError::NotInRoster(id));
                let (one, other) = pair([identity(i)?, identity(j)?])?;
                for (id, pairing) in [(i, one), (j, other)] {
                    // Every two meet once, so there is none to replace.
                    drop(sets.entry(id).or_default().insert(pairing));
                }
            }
        }
        Ok(sets)
    }

    /// Runs sessions to the end on a perfect network.
    pub fn run<S: State>(
        &self,
        sessions: impl IntoIterator<Item = Session<S>>,
        rng: &mut dyn CryptoRng,
    ) -> Vec<Report<S::Output>> {
        self.run_with(sessions, Faults::default(), &mut |_| true, rng)
    }

    /// Runs sessions until nothing moves: on a network with `faults`, past a `tamper` function. Ascending by party.
    pub fn run_with<S: State>(
        &self,
        sessions: impl IntoIterator<Item = Session<S>>,
        faults: Faults,
        tamper: &mut Tamper<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Vec<Report<S::Output>> {
        let nodes = sessions.into_iter().map(|session| {
            let id = session.terms().me;
            (id, Node { id, session, sent: 0, outcome: None, rejected: Vec::new(), times: BTreeMap::new() })
        });
        let mut network =
            Network { cast: self, nodes: nodes.collect(), faults, queue: VecDeque::new(), lost: Vec::new() };
        network.run(tamper, rng);
        network.nodes.into_values().map(Node::report).collect()
    }
}

struct Network<'a, S: State> {
    cast: &'a Cast,
    nodes: BTreeMap<PartyId, Node<S>>,
    faults: Faults,
    queue: VecDeque<Packet>,
    lost: Vec<Packet>,
}

impl<S: State> Network<'_, S> {
    fn run(&mut self, tamper: &mut Tamper<'_>, rng: &mut dyn CryptoRng) {
        loop {
            let ids: Vec<PartyId> = self.nodes.keys().copied().collect();
            let mut moved = false;
            for id in ids {
                moved |= self.work(id, rng);
                self.post(id, tamper);
            }
            while let Some(packet) = self.next(rng) {
                self.deliver(packet, rng);
                moved = true;
            }
            self.queue.extend(self.lost.drain(..));
            if !moved && self.queue.is_empty() {
                return;
            }
        }
    }

    /// Advances one party as far as it goes.
    fn work(&mut self, id: PartyId, rng: &mut dyn CryptoRng) -> bool {
        let Some(node) = self.nodes.get_mut(&id) else { return false };
        let mut moved = false;
        loop {
            let round = node.session.round();
            let start = Instant::now();
            let status = node.session.advance(rng);
            let spent = start.elapsed();
            *node.times.entry(round).or_default() += spent;
            match status {
                Ok(Status::Advanced { .. }) => {}
                Ok(Status::Keep) => {
                    let input = node.session.pending().map(Pending::to_sign);
                    let signature = input.and_then(|input| Some(self.cast.key(id)?.sign(&input)));
                    if signature.is_none_or(|s| node.session.kept(&s).is_err()) {
                        return moved;
                    }
                }
                Ok(Status::Done(output)) => {
                    node.outcome = Some(Ok(output));
                    return true;
                }
                Err(abort) => {
                    node.outcome = Some(Err(abort));
                    return true;
                }
                Ok(_) => return moved,
            }
            moved = true;
        }
    }

    /// Puts one party's new messages into the queue.
    fn post(&mut self, from: PartyId, tamper: &mut Tamper<'_>) {
        let Some(node) = self.nodes.get_mut(&from) else { return };
        let mut letters: Vec<(Option<PartyId>, Vec<u8>)> =
            node.session.outgoing(node.sent).map(|out| (out.to, out.bytes.to_vec())).collect();
        node.sent = node.session.sent();
        for (to, message) in letters.drain(..) {
            let mut sealed: Option<(Vec<u8>, Arc<[u8]>)> = None;
            let receivers: Vec<PartyId> = match to {
                Some(to) => std::vec![to],
                None => self.nodes.keys().copied().filter(|id| *id != from).collect(),
            };
            for to in receivers {
                let Some((header, body)) = Header::split(&message) else { continue };
                let mut letter = Letter { to, header, body: body.to_vec() };
                if !tamper(&mut letter) {
                    continue;
                }
                let mut plain = letter.header.to_bytes();
                plain.extend_from_slice(&letter.body);
                let bytes = match &sealed {
                    Some((same, bytes)) if *same == plain => bytes.clone(),
                    _ => self.seal(&letter, &plain),
                };
                sealed = Some((plain, bytes.clone()));
                self.queue.push_back(Packet { from, to: letter.to, bytes });
            }
        }
    }

    fn seal(&self, letter: &Letter, plain: &[u8]) -> Arc<[u8]> {
        let key = self.cast.key(letter.header.from).filter(|_| S::SIGNED);
        let envelope = key.and_then(|key| {
            let unsigned = Unsigned::new(plain).ok()?;
            let signature = key.sign(unsigned.to_sign());
            Some(crate::evidence::Envelope { bytes: plain.to_vec(), signature }.to_bytes())
        });
        envelope.map_or_else(|| plain.into(), Into::into)
    }

    fn next(&mut self, rng: &mut dyn CryptoRng) -> Option<Packet> {
        let at = if self.faults.reorder && !self.queue.is_empty() {
            (rng.next_u64() % self.queue.len() as u64) as usize
        } else {
            0
        };
        self.queue.swap_remove_front(at)
    }

    fn deliver(&mut self, packet: Packet, rng: &mut dyn CryptoRng) {
        let mut chance = |percent: u8| percent > 0 && rng.next_u32() % 100 < u32::from(percent);
        let (drop, corrupt, twice) =
            (chance(self.faults.drop), chance(self.faults.corrupt), chance(self.faults.duplicate));
        if drop {
            self.lost.push(packet);
            return;
        }
        if corrupt {
            let mut bytes = packet.bytes.to_vec();
            let bit = rng.next_u64() as usize % (bytes.len() * 8);
            if let Some(byte) = bytes.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
            // Unsigned protocols rely on the transport to notice; so it does here.
            if S::SIGNED {
                self.receive(&Packet { from: packet.from, to: packet.to, bytes: bytes.into() });
            }
            self.lost.push(packet);
            return;
        }
        self.receive(&packet);
        if twice {
            self.receive(&packet);
        }
    }

    fn receive(&mut self, packet: &Packet) {
        let roster = &self.cast.roster;
        let Some(node) = self.nodes.get_mut(&packet.to) else { return };
        let result = if S::SIGNED {
            // An envelope that does not verify is discarded silently.
            let Ok(verified) = Verified::open(roster, &packet.bytes) else { return };
            node.session.receive_signed(&verified)
        } else {
            node.session.receive(packet.from, &packet.bytes)
        };
        if let Err(rejected) = result {
            node.rejected.push(rejected);
        }
    }
}

impl<S: State> Node<S> {
    fn report(self) -> Report<S::Output> {
        Report {
            id: self.id,
            outcome: self.outcome,
            rejected: self.rejected,
            traffic: self.session.traffic().to_vec(),
            times: self.times,
        }
    }
}

/// A [`SpendOnce`] that lives as long as the process: for tests and examples only.
#[derive(Debug, Default)]
pub struct MemoryLedger(BTreeMap<[u8; 32], u32>);

impl SpendOnce for MemoryLedger {
    fn spend(&mut self, id: &[u8; 32], generation: u32) -> Result<(), AlreadySpent> {
        if self.0.get(id).is_some_and(|spent| *spent >= generation) {
            return Err(AlreadySpent);
        }
        self.0.insert(*id, generation);
        Ok(())
    }
}
