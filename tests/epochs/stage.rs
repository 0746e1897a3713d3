//! Devices with a disk and a record each, and runs among them.

use std::collections::BTreeMap;

use quorate::curve::{FrostEd25519, Scheme};
use quorate::dkg::{Ceremony, Occasion};
use quorate::envelope::Unsigned;
use quorate::error::{Abort, Rejected, Verdict};
use quorate::evidence::Envelope;
use quorate::identity::Roster;
use quorate::key::epoch::{EpochName, Epochs, Met, Waiting};
use quorate::key::{Certificate, KeyShare, PublicKey, Seat};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::reshare::{self, Reshare};
use quorate::session::{Receipt, Session, State, Status};
use quorate::sim::{Cast, Letter, MemoryLedger};
use quorate::wire::{Header, SessionId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub(crate) type E = FrostEd25519;

pub(crate) fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

pub(crate) fn set(ids: &[u16]) -> Parties {
    Parties::from_numbers(ids.iter().copied()).unwrap()
}

/// What a run gives: a share, or a seat.
pub(crate) trait Public<S: Scheme> {
    fn public(&self) -> &PublicKey<S>;
}

impl<S: Scheme> Public<S> for KeyShare<S> {
    fn public(&self) -> &PublicKey<S> {
        self.public()
    }
}

impl<S: Scheme> Public<S> for Seat<S> {
    fn public(&self) -> &PublicKey<S> {
        self.public()
    }
}

/// How far a run got at a device.
#[derive(Debug)]
pub(crate) enum End {
    Entered,
    Waits,
    Abort(Abort),
}

/// Devices, by number: each a record in memory and one on disk.
pub(crate) struct Stage<S: Scheme> {
    pub(crate) cast: Cast,
    pub(crate) records: BTreeMap<u16, Epochs<S>>,
    pub(crate) disks: BTreeMap<u16, Vec<u8>>,
    pub(crate) rng: ChaCha20Rng,
    runs: u8,
}

impl<S: Scheme> Stage<S> {
    /// A key of `t` among 1 to `n`, and identities up to `all`.
    pub(crate) fn new(t: u16, n: u16, all: u16, seed: u64) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let cast = Cast::new(1..=all, &mut rng).unwrap();
        let members = cast.only(&Parties::from_numbers(1..=n).unwrap()).unwrap();
        let shares = members.deal::<S>(Threshold::new(t, n).unwrap(), &mut rng).unwrap();
        let records = shares.into_iter().map(|share| (share.id().get(), Epochs::new(share))).collect();
        let mut stage = Self { cast, records, disks: BTreeMap::new(), rng, runs: 0 };
        (1..=n).for_each(|device| stage.store(device));
        stage
    }

    pub(crate) fn of(&self, device: u16) -> &Epochs<S> {
        &self.records[&device]
    }

    pub(crate) fn get(&mut self, device: u16) -> &mut Epochs<S> {
        self.records.get_mut(&device).unwrap()
    }

    pub(crate) fn public(&self, device: u16) -> &PublicKey<S> {
        self.of(device).public().unwrap()
    }

    pub(crate) fn certificate(&self, device: u16) -> Certificate {
        self.of(device).certificate().unwrap().clone()
    }

    pub(crate) fn name(&self, device: u16) -> EpochName {
        EpochName { number: self.public(device).epoch(), id: self.public(device).epoch_id() }
    }

    pub(crate) fn roster(&self, ids: &[u16]) -> Roster {
        self.cast.only(&set(ids)).unwrap().roster().clone()
    }

    pub(crate) fn store(&mut self, device: u16) {
        self.disks.insert(device, self.records[&device].to_bytes().expose().clone());
    }

    /// Memory is gone; the disk is read.
    pub(crate) fn crash(&mut self, device: u16) {
        self.records.insert(device, Epochs::from_bytes(&self.disks[&device]).unwrap());
    }

    pub(crate) fn session(&mut self) -> SessionId {
        self.runs += 1;
        SessionId([self.runs; 16])
    }

    /// One device gives another its certificate, and takes what comes back.
    pub(crate) fn meet(&mut self, from: u16, to: u16) -> Met {
        let certificate = self.certificate(from);
        let met = self.get(to).meet(&certificate).unwrap();
        self.store(to);
        met
    }

    /// A refresh of all members from the epoch that the first of them is in, started and not played.
    pub(crate) fn start(&mut self, epoch: u32) -> Vec<Session<Refresh<S>>> {
        let session = self.session();
        let first = self.records.values().find_map(Epochs::current).unwrap();
        let run = refresh::Run::new(first.public(), epoch, session).unwrap();
        let mut sessions = Vec::new();
        for device in run.roster().parties().iter().map(PartyId::get) {
            let epochs = &self.records[&device];
            epochs.admits(epoch).unwrap();
            let share = epochs.current().unwrap();
            sessions.push(Refresh::start(&run, share, &mut MemoryLedger::default(), &mut self.rng).unwrap());
        }
        sessions
    }

    /// The same, played.
    pub(crate) fn refresh(&mut self, epoch: u32, tamper: &mut Tamper<'_>) -> BTreeMap<u16, End> {
        let sessions = self.start(epoch);
        self.play(sessions, tamper)
    }

    /// A reshare; devices that have no record join.
    pub(crate) fn reshare(
        &mut self,
        dealers: &[u16],
        members: &[u16],
        epoch: u32,
        tamper: &mut Tamper<'_>,
    ) -> BTreeMap<u16, End> {
        let base = self.public(dealers[0]).clone();
        let run =
            reshare::Run::new(&base, set(dealers), self.roster(members), epoch, self.session()).unwrap();
        let mut sessions = Vec::new();
        for device in run.cast().parties().iter() {
            let record = self.records.entry(device.get()).or_insert_with(|| Epochs::joining(&base, device));
            record.admits(epoch).unwrap();
            let (mut ledger, rng) = (MemoryLedger::default(), &mut self.rng);
            sessions.push(if run.dealers().contains(device) {
                Reshare::deal(&run, record.current().unwrap(), &mut ledger, rng).unwrap()
            } else {
                Reshare::receive(&run, device, &mut ledger, rng).unwrap()
            });
            self.store(device.get());
        }
        self.play(sessions, tamper)
    }

    /// Plays sessions until nothing moves, with their devices' records.
    pub(crate) fn play<O>(
        &mut self,
        sessions: Vec<Session<Ceremony<O>>>,
        tamper: &mut Tamper<'_>,
    ) -> BTreeMap<u16, End>
    where
        O: Occasion<Scheme = S, Output: Public<S>>,
        for<'a> Waiting<'a, S>: From<&'a O::Pending>,
    {
        let mut ends: BTreeMap<u16, End> =
            sessions.iter().map(|s| (s.terms().me.get(), End::Waits)).collect();
        let part = self.cast.only(&Parties::from_numbers(ends.keys().copied()).unwrap()).unwrap();
        let mut sessions: Vec<_> = sessions.into_iter().map(|session| (session, 0)).collect();
        loop {
            let mut mail = Vec::new();
            for (session, sent) in &mut sessions {
                if let Some(end) = self.work(session) {
                    ends.insert(session.terms().me.get(), end);
                }
                mail.extend(session.outgoing(*sent).map(|out| (out.to, out.bytes.to_vec())));
                *sent = session.sent();
            }
            if mail.is_empty() {
                return ends;
            }
            for (to, message) in mail {
                for (session, _) in &mut sessions {
                    deliver(&part, session, to, &message, tamper);
                }
            }
        }
    }

    /// Takes one session as far as it goes. Whatever it says, the record says too.
    fn work<O>(&mut self, session: &mut Session<Ceremony<O>>) -> Option<End>
    where
        O: Occasion<Scheme = S, Output: Public<S>>,
        for<'a> Waiting<'a, S>: From<&'a O::Pending>,
    {
        let device = session.terms().me.get();
        loop {
            match session.advance(&mut self.rng) {
                Ok(Status::Keep) => {
                    let pending = session.pending().unwrap();
                    let epochs = self.records.entry(device).or_insert_with(|| Epochs::generating(pending));
                    let input = epochs.keep(pending).unwrap();
                    self.store(device);
                    session.kept(&self.cast.key(id(device)).unwrap().sign(&input)).unwrap();
                }
                Ok(Status::Done(output)) => {
                    let receipt = self.get(device).enter(output.public().certificate()).unwrap();
                    assert_eq!(receipt.entered, self.name(device));
                    self.store(device);
                    return Some(End::Entered);
                }
                Ok(Status::Advanced { .. }) => {}
                Ok(_) => return None,
                Err(abort) => return Some(End::Abort(abort)),
            }
        }
    }
}

fn deliver<O: Occasion>(
    part: &Cast,
    session: &mut Session<Ceremony<O>>,
    to: Option<PartyId>,
    message: &[u8],
    tamper: &mut Tamper<'_>,
) {
    let (me, (header, body)) = (session.terms().me, Header::split(message).unwrap());
    if header.from == me || to.is_some_and(|to| to != me) {
        return;
    }
    let mut letter = Letter { to: me, header, body: body.to_vec() };
    if !tamper(&mut letter) {
        return;
    }
    let bytes = [&letter.header.to_bytes()[..], &letter.body].concat();
    let got = post(part, session, header.from, &bytes);
    assert!(got.is_ok() || session.is_over(), "{got:?}");
}

/// Every message to everybody it is for, as often as it is called.
pub(crate) fn deliver_all<S: State>(cast: &Cast, sessions: &mut [Session<S>], mail: &[Vec<u8>]) {
    for message in mail {
        let header = Header::split(message).unwrap().0;
        for session in sessions.iter_mut().filter(|session| session.terms().me != header.from) {
            drop(post(cast, session, header.from, message));
        }
    }
}

/// One message to one session, in an envelope where the protocol has them.
pub(crate) fn post<S: State>(
    cast: &Cast,
    session: &mut Session<S>,
    from: PartyId,
    message: &[u8],
) -> Result<Receipt, Rejected> {
    if !S::SIGNED {
        return session.receive(from, message);
    }
    let signature = cast.key(from).unwrap().sign(Unsigned::new(message).unwrap().to_sign());
    let envelope = Envelope { bytes: message.to_vec(), signature };
    session.receive_signed(&envelope.verify(cast.roster()).unwrap())
}

pub(crate) type Tamper<'a> = dyn FnMut(&mut Letter) -> bool + 'a;

/// Nobody does anything wrong.
pub(crate) fn honest(_: &mut Letter) -> bool {
    true
}

/// In round 3, `from` gives its signature to these alone.
pub(crate) fn only_to(from: u16, favoured: &[u16]) -> impl FnMut(&mut Letter) -> bool + use<'_> {
    move |letter| {
        letter.header.from != id(from) || letter.header.round < 3 || favoured.contains(&letter.to.get())
    }
}

pub(crate) fn all_entered(ends: &BTreeMap<u16, End>) {
    assert!(ends.values().all(|end| matches!(end, End::Entered)), "{ends:?}");
}

pub(crate) fn convicted(end: &End, number: u16) -> bool {
    matches!(end, End::Abort(Abort { verdict: Verdict::Cheater { who, .. }, .. }) if *who == id(number))
}
