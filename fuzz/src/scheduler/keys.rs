//! Key generation, refresh and reshare with records of epochs, among three devices or four of which at most one cheats.
//!
//! | run | with a new key | with a dealt key of 1, 2 and 3 |
//! |---|---|---|
//! | 0 | key generation among 1, 2, 3 | refresh to epoch 1 |
//! | 1 | refresh of it to epoch 1 | refresh of the same epoch to epoch 2 |
//! | 2 | refresh of it to epoch 2 | reshare to epoch 3: 1 and 2 deal to 2, 3 and 4 |
//! | 3 | refresh of epoch 1 to epoch 4 | refresh of epoch 1 to epoch 4 |

use std::collections::BTreeMap;

use quorate::dkg::{self, Dkg};
use quorate::error::ResumeError;
use quorate::key::epoch::{EpochError, Epochs, Met};
use quorate::key::{Certificate, KeyShare, PublicKey};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::session::{Session, Snapshot};
use quorate::sim::Cast;
use quorate::wire::SessionId;

use super::live::{Live, Output, dealing};
use super::world::{Device, Scene, World};
use super::{sign_together, verifies};
use crate::driver::{E, id, rng};
use crate::input::Input;

const T: u16 = 2;

/// What does not change between inputs.
pub(crate) struct Prepared {
    all: Cast,
    members: Cast,
    shares: Vec<Vec<u8>>,
    public: PublicKey<E>,
    generation: dkg::Run<E>,
    reshare: reshare::Run<E>,
}

fn session(run: usize) -> SessionId {
    SessionId([run as u8 + 1; 16])
}

impl Prepared {
    pub(crate) fn new() -> Self {
        let all = Cast::new(1..=4, &mut rng(1)).expect("a cast");
        let only = |ids: [u16; 3]| all.only(&Parties::from_numbers(ids).expect("ids")).expect("of the cast");
        let members = only([1, 2, 3]);
        let threshold = Threshold::new(T, 3).expect("2-of-3");
        let shares = members.deal::<E>(threshold, &mut rng(2)).expect("shares");
        let public = shares[0].public().clone();
        let generation = dkg::Run::new(threshold, members.roster().clone(), session(0)).expect("a run");
        let dealers = Parties::from_numbers([1, 2]).expect("ids");
        let roster = only([2, 3, 4]).roster().clone();
        let reshare = reshare::Run::new(&public, dealers, roster, 3, session(2)).expect("a run");
        let shares = shares.iter().map(|share| share.to_bytes().expose().clone()).collect();
        Self { all, members, shares, public, generation, reshare }
    }
}

pub(crate) struct Keys<'a> {
    of: &'a Prepared,
    /// Whether the key is made here.
    generates: bool,
    cheater: Option<PartyId>,
    /// Refreshes, once the key that they start from is there.
    refreshes: BTreeMap<usize, refresh::Run<E>>,
    /// What honest devices got, public side, by run.
    results: BTreeMap<usize, Vec<Vec<u8>>>,
    public_key: Option<Vec<u8>>,
}

impl<'a> Keys<'a> {
    fn new(of: &'a Prepared, generates: bool, cheater: Option<PartyId>) -> Self {
        let (refreshes, results) = (BTreeMap::new(), BTreeMap::new());
        let mut keys = Self { of, generates, cheater, refreshes, results, public_key: None };
        if !generates {
            keys.public_key = Some(of.public.public_key());
            keys.add_refresh(0, &of.public, 1);
            keys.add_refresh(1, &of.public, 2);
        }
        keys
    }

    fn add_refresh(&mut self, run: usize, key: &PublicKey<E>, epoch: u32) {
        let made = refresh::Run::new(key, epoch, session(run)).expect("a run");
        self.refreshes.entry(run).or_insert(made);
    }

    fn reshares(&self, run: usize) -> bool {
        run == 2 && !self.generates
    }
}

/// Stores what a certificate did, and destroys what it erased.
fn settle(device: &mut Device, erased: &[quorate::key::epoch::EpochName]) {
    if device.crashes() {
        return;
    }
    device.store();
    if device.crashes() {
        return;
    }
    if let Some(epochs) = &mut device.epochs {
        epochs.settled(erased);
    }
    device.store();
}

fn enter(device: &mut Device, certificate: &Certificate) {
    let Some(epochs) = &mut device.epochs else { return };
    match epochs.enter(certificate) {
        Ok(receipt) => settle(device, &receipt.erased),
        // A higher one was entered in the meantime, or this one, by another device's word.
        Err(error) => assert_eq!(error, EpochError::Unknown),
    }
}

/// Gives `b` the certificate of `a`, and the other way round what is handed over.
fn meet(devices: &mut [Device], a: usize, b: usize) {
    let Some(theirs) = devices[a].epochs.as_ref().and_then(Epochs::certificate).cloned() else { return };
    let device = &mut devices[b];
    let Some(epochs) = &mut device.epochs else { return };
    match epochs.meet(&theirs).expect("a complete certificate") {
        Met::CaughtUp(receipt) => settle(device, &receipt.erased),
        Met::HandOver(certificate) => enter(&mut devices[a], &certificate),
        Met::Same | Met::Nothing => {}
    }
}

impl Scene for Keys<'_> {
    fn runs(&self) -> usize {
        4
    }

    fn cast(&self, run: usize) -> &Cast {
        if self.reshares(run) { &self.of.all } else { &self.of.members }
    }

    fn takes_part(&self, run: usize, id: PartyId) -> bool {
        self.reshares(run) || id.get() < 4
    }

    fn start(&mut self, device: &mut Device, run: usize, _: u8) -> Option<Box<dyn Live>> {
        let (me, mut rng) = (device.id, device.rng());
        if self.generates && run == 0 {
            let started = Dkg::<E>::start(&self.of.generation, me, &mut device.ledger, &mut rng);
            return started.ok().map(dealing);
        }
        let epochs = device.epochs.as_ref()?;
        if self.reshares(run) {
            epochs.admits(3).ok()?;
            let run = &self.of.reshare;
            let started = if run.dealers().contains(me) {
                Reshare::deal(run, epochs.current()?, &mut device.ledger, &mut rng)
            } else {
                Reshare::receive(run, me, &mut device.ledger, &mut rng)
            };
            return started.ok().map(dealing);
        }
        let made = self.refreshes.get(&run)?;
        epochs.admits([1, if self.generates { 1 } else { 2 }, 2, 4][run]).ok()?;
        Refresh::start(made, epochs.current()?, &mut device.ledger, &mut rng).ok().map(dealing)
    }

    fn resume(&self, device: &mut Device, run: usize, bytes: Vec<u8>) -> Result<Box<dyn Live>, ResumeError> {
        let (snapshot, ledger) = (Snapshot::from_bytes(Secret::new(bytes)), &mut device.ledger);
        if self.generates && run == 0 {
            let config = (self.of.generation.clone(), device.id);
            return Session::<Dkg<E>>::resume(&config, snapshot, ledger).map(dealing);
        }
        if self.reshares(run) {
            let config = (self.of.reshare.clone(), device.id);
            return Session::<Reshare<E>>::resume(&config, snapshot, ledger).map(dealing);
        }
        let config = (self.refreshes[&run].clone(), device.id);
        Session::<Refresh<E>>::resume(&config, snapshot, ledger).map(dealing)
    }

    fn done(&mut self, device: &mut Device, run: usize, output: Output) {
        let Output::Seat(seat) = output else { unreachable!("a run that makes shares") };
        let public = seat.public();
        if self.cheater != Some(device.id) {
            self.results.entry(run).or_default().push(public.to_bytes());
            let key = self.public_key.get_or_insert_with(|| public.public_key());
            assert!(*key == public.public_key(), "another key");
        }
        if run == 0 && self.generates {
            self.add_refresh(1, public, 1);
            self.add_refresh(2, public, 2);
        }
        if public.epoch() == 1 {
            self.add_refresh(3, public, 4);
        }
        enter(device, public.certificate());
    }

    fn leaves(&mut self, _: &Device, _: usize, _: &[u8]) {}

    fn tend(&mut self, _: &mut Device) {}

    fn crashed(&mut self, _: &mut Device) {}

    fn special(&mut self, devices: &mut [Device], input: &mut Input<'_>) {
        let (a, b) = (input.below(devices.len()), input.below(devices.len()));
        meet(devices, a, b);
    }
}

/// How many runs ended well somewhere.
pub(crate) fn play(
    prepared: &Prepared,
    generates: bool,
    corrupted: Option<PartyId>,
    input: &mut Input<'_>,
) -> usize {
    let ids = [1, 2, 3, 4].map(id);
    let ids = if generates { &ids[..3] } else { &ids };
    let corrupted = corrupted.filter(|id| id.get() < 4);
    let mut world = World::new(Keys::new(prepared, generates, corrupted), ids, corrupted);
    if !generates {
        for device in &mut world.devices {
            let record = match prepared.shares.get(usize::from(device.id.get()) - 1) {
                Some(share) => Epochs::new(KeyShare::from_bytes(share).expect("a share")),
                None => Epochs::joining(&prepared.public, device.id),
            };
            device.epochs = Some(record);
            device.store();
        }
    }
    while !input.is_empty() {
        world.step(input);
    }
    world.settle();
    world.judge();
    finish(world)
}

fn finish(mut world: World<Keys<'_>>) -> usize {
    for (run, results) in &world.scene.results {
        assert!(results.iter().all(|result| *result == results[0]), "run {run}: two results");
    }
    let cheater = world.corrupted;
    world.devices.retain(|device| cheater != Some(device.id));
    let count = world.devices.len();
    for (a, b) in (0..2 * count).flat_map(|a| (0..count).map(move |b| (a % count, b))) {
        meet(&mut world.devices, a, b);
    }
    let records: Vec<&Epochs<E>> = world.devices.iter().filter_map(|device| device.epochs.as_ref()).collect();
    for device in &world.devices {
        let memory = device.epochs.as_ref().map(|epochs| epochs.to_bytes().expose().clone());
        assert!(memory == device.disk, "{}: the disk has another record", device.id);
    }
    // In one epoch, as members: enough to sign.
    let mut epochs: BTreeMap<[u8; 32], Vec<&KeyShare<E>>> = BTreeMap::new();
    for share in records.iter().filter_map(|record| record.current()) {
        epochs.entry(share.public().epoch_id()).or_default().push(share);
    }
    let together = epochs.values().find(|shares| shares.len() >= usize::from(T));
    // A new key that nobody has entered is nobody's yet.
    let Some(key) = &world.scene.public_key else { return 0 };
    if records.iter().all(|record| record.public().is_none()) {
        return 0;
    }
    let shares = together.expect("enough of one epoch, to sign");
    let signature = sign_together(&world.scene.of.all, &shares[..usize::from(T)]);
    assert!(verifies(key, super::LAST, &signature), "a signature by another key");
    // Whoever is in an epoch, every honest member of it has its share, or is in a higher one.
    for public in records.iter().filter_map(|record| record.public()) {
        for record in records.iter().filter(|record| public.roster().parties().contains(record.me())) {
            let there = record.public().is_some_and(|theirs| theirs.epoch() >= public.epoch());
            assert!(there, "{} is not in epoch {}", record.me(), public.epoch());
        }
    }
    // A run that stalled can be replaced.
    let next = records.iter().filter_map(|record| record.highest_signed()).max().unwrap_or_default() + 1;
    assert!(
        shares.iter().all(|share| records.iter().any(|r| r.me() == share.id() && r.admits(next).is_ok()))
    );
    world.scene.results.len()
}
