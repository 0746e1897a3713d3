//! ECDSA with dealt pairings, presignatures on the disk, of which every version is at hand in a backup, and pairings that are stored when they
//! must be.
//!
//! | run | who | |
//! |---|---|---|
//! | 0, 1 | 1, 2 | the same presignature for two messages |
//! | 2 | 2, 3 | another one |
//! | 3, 4 | 1, 2; 2, 3 | signing in three rounds, through the same pairings |
//! | 5, 6 | 1, 2 | presigning, and the use of what it made |

use std::collections::{BTreeMap, BTreeSet};

use quorate::curve::EcdsaSecp256k1 as K;
use quorate::ecdsa::{Message, Online, Presign, PresignTask, Presignature, Sign, Task};
use quorate::error::ResumeError;
use quorate::key::{KeyShare, Path, derive};
use quorate::pairing::{Opening, Pairing, Pairings};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::secret::Secret;
use quorate::sim::Cast;
use quorate::wire::SessionId;

use super::live::{Live, Output, signing};
use super::world::{Device, Scene, World};
use crate::driver::{id, rng};
use crate::input::Input;

const SIGNERS: [[u16; 2]; 7] = [[1, 2], [1, 2], [2, 3], [1, 2], [2, 3], [1, 2], [1, 2]];
/// Which presignature a run spends.
const SPENDS: [Option<usize>; 7] = [Some(0), Some(0), Some(1), None, None, None, Some(2)];

pub(crate) struct Prepared {
    cast: Cast,
    shares: Vec<KeyShare<K>>,
    /// By device: its pairings, as they are stored.
    pairings: Vec<Vec<Vec<u8>>>,
    /// By device and number.
    presignatures: BTreeMap<(PartyId, usize), Vec<u8>>,
}

fn signers(run: usize) -> Parties {
    Parties::from_numbers(SIGNERS[run]).expect("ids")
}

fn session(run: usize) -> SessionId {
    SessionId([run as u8 + 1; 16])
}

fn path() -> Path {
    Path::new([44, 7]).expect("a path")
}

fn message(run: usize) -> Message {
    Message::sha256(&[run as u8])
}

fn open(form: &[u8]) -> Option<(Pairing, Vec<u8>)> {
    let opening = Opening::load(Secret::new(form.to_vec())).ok()?;
    let form = opening.to_store();
    Some((opening.stored(&form).ok()?, form.expose().clone()))
}

impl Prepared {
    pub(crate) fn new() -> Self {
        let cast = Cast::new(1..=3, &mut rng(1)).expect("a cast");
        let shares = cast.deal::<K>(Threshold::new(2, 3).expect("2-of-3"), &mut rng(2)).expect("shares");
        let everybody = Parties::from_numbers([1, 2, 3]).expect("ids");
        let sets = cast.deal_pairings(&everybody, &mut rng(3)).expect("pairings");
        let mut presignatures = BTreeMap::new();
        for (number, run) in [(0, 0), (1, 2)] {
            let set = signers(run);
            let made = session(100 + run);
            let task = PresignTask::new(shares[0].public(), set.clone(), &path(), 1, made).expect("a task");
            let start = |id: PartyId| {
                let share = &shares[usize::from(id.get()) - 1];
                Presign::start(share, task.clone(), &sets[&id], &mut rng(4)).expect("a session")
            };
            let reports = cast.run(set.iter().map(start), &mut rng(5));
            for report in reports {
                let (id, made) = (report.id, report.output().remove(0));
                presignatures.insert((id, number), made.store().expose().clone());
            }
        }
        let form = |pairing: &Pairing| pairing.store().expose().clone();
        let pairings = sets.values().map(|set| set.iter().map(form).collect()).collect();
        Self { cast, shares, pairings, presignatures }
    }

    fn share(&self, id: PartyId) -> &KeyShare<K> {
        &self.shares[usize::from(id.get()) - 1]
    }
}

#[derive(Default)]
struct Store {
    /// In memory.
    pairings: Pairings,
    /// On the disk.
    forms: Vec<Vec<u8>>,
}

impl Store {
    /// Comes up: every pairing is opened, and marked so on the disk.
    fn open(&mut self) {
        self.pairings = Pairings::new();
        for form in &mut self.forms {
            if let Some((pairing, opened)) = open(form) {
                *form = opened;
                drop(self.pairings.insert(pairing));
            }
        }
    }

    /// Stores what must be stored.
    fn tend(&mut self) {
        for pairing in self.pairings.must_save() {
            let form = pairing.store();
            let of = |held: &Vec<u8>| held.get(6..38) == Some(pairing.id());
            if let Some(held) = self.forms.iter_mut().find(|held| of(held)) {
                *held = form.expose().clone();
                pairing.saved(&form);
            }
        }
    }
}

struct Ecdsa<'a> {
    of: &'a Prepared,
    stores: BTreeMap<PartyId, Store>,
    /// Every version of every presignature, by device and number.
    versions: BTreeMap<(PartyId, usize), Vec<Vec<u8>>>,
    /// The highest version that came back.
    spent: BTreeMap<(PartyId, usize), usize>,
    /// What was said of a presignature, by device and number.
    said: BTreeMap<(PartyId, usize), BTreeSet<Vec<u8>>>,
    signatures: BTreeMap<usize, Vec<u8>>,
}

impl Ecdsa<'_> {
    /// Of a version of a presignature, if it comes back; and it does once.
    fn load(&mut self, device: &mut Device, number: usize, pick: u8) -> Option<Presignature<K>> {
        let place = (device.id, number);
        let versions = self.versions.get(&place)?;
        let version = usize::from(pick) % versions.len();
        let back = Presignature::load(&Secret::new(versions[version].clone()), &mut device.ledger);
        let fresh = self.spent.get(&place).is_none_or(|spent| version > *spent);
        assert_eq!(back.is_ok(), fresh, "version {version} came back twice, or not once");
        if fresh {
            self.spent.insert(place, version);
        }
        back.ok()
    }
}

impl Scene for Ecdsa<'_> {
    fn runs(&self) -> usize {
        SIGNERS.len()
    }

    fn cast(&self, _: usize) -> &Cast {
        &self.of.cast
    }

    fn takes_part(&self, run: usize, id: PartyId) -> bool {
        SIGNERS[run].contains(&id.get())
    }

    fn start(&mut self, device: &mut Device, run: usize, pick: u8) -> Option<Box<dyn Live>> {
        let (me, mut rng) = (device.id, device.rng());
        let share = self.of.share(me);
        if let Some(number) = SPENDS[run] {
            let presignature = self.load(device, number, pick)?;
            let pairings = &self.stores[&me].pairings;
            return Online::start(presignature, share, pairings, message(run), session(run))
                .ok()
                .map(signing);
        }
        let (key, pairings) = (share.public(), &self.stores[&me].pairings);
        if run == 5 {
            let task = PresignTask::new(key, signers(run), &path(), 1, session(run)).expect("a task");
            return Presign::start(share, task, pairings, &mut rng).ok().map(signing);
        }
        let task = Task::new(key, signers(run), path(), message(run), session(run)).expect("a task");
        Sign::start(share, task, pairings, &mut rng).ok().map(signing)
    }

    fn resume(&self, _: &mut Device, _: usize, _: Vec<u8>) -> Result<Box<dyn Live>, ResumeError> {
        unreachable!("a signing has no snapshots")
    }

    fn done(&mut self, device: &mut Device, run: usize, output: Output) {
        match output {
            Output::Ecdsa(signature) => {
                let key = derive(self.of.shares[0].public(), &path()).expect("a key");
                assert!(signature.verify(key.point(), message(run)), "run {run}: it does not verify");
                let bytes = signature.to_bytes_recoverable().to_vec();
                assert!(
                    *self.signatures.entry(run).or_insert_with(|| bytes.clone()) == bytes,
                    "two signatures"
                );
            }
            Output::Presignatures(list) => {
                for made in list {
                    self.versions.insert((device.id, 2), vec![made.store().expose().clone()]);
                }
            }
            _ => unreachable!("a signing"),
        }
    }

    fn leaves(&mut self, device: &Device, run: usize, message: &[u8]) {
        let Some(number) = SPENDS[run] else { return };
        let said = self.said.entry((device.id, number)).or_default();
        said.insert(message[quorate::wire::HEADER_LEN..].to_vec());
        assert!(said.len() == 1, "{}: two shares by one presignature", device.id);
    }

    fn tend(&mut self, device: &mut Device) {
        self.stores.get_mut(&device.id).expect("a store").tend();
    }

    fn crashed(&mut self, device: &mut Device) {
        let store = self.stores.get_mut(&device.id).expect("a store");
        let bans: Vec<_> =
            store.pairings.iter().filter(|one| one.ban().is_some()).map(|one| *one.id()).collect();
        store.open();
        let banned = |id: &[u8; 32]| store.pairings.iter().all(|one| one.id() != id || one.ban().is_some());
        assert!(bans.iter().all(banned), "a ban was forgotten");
    }

    /// Brings a presignature back and stores it again: another version.
    fn special(&mut self, devices: &mut [Device], input: &mut Input<'_>) {
        let (at, number, pick) = (input.below(devices.len()), input.below(3), input.byte());
        let device = &mut devices[at];
        if let Some(back) = self.load(device, number, pick) {
            let place = (device.id, number);
            self.versions.entry(place).or_default().push(back.store().expose().clone());
        }
    }
}

/// How many runs ended well somewhere.
pub(crate) fn play(prepared: &Prepared, corrupted: Option<PartyId>, input: &mut Input<'_>) -> usize {
    let ids = [1, 2, 3].map(id);
    let versions = prepared.presignatures.iter().map(|(place, form)| (*place, vec![form.clone()]));
    let mut scene = Ecdsa {
        of: prepared,
        stores: BTreeMap::new(),
        versions: versions.collect(),
        spent: BTreeMap::new(),
        said: BTreeMap::new(),
        signatures: BTreeMap::new(),
    };
    for (id, forms) in ids.iter().zip(&prepared.pairings) {
        let mut store = Store { forms: forms.clone(), ..Store::default() };
        store.open();
        scene.stores.insert(*id, store);
    }
    let mut world = World::new(scene, &ids, corrupted.filter(|id| id.get() < 4));
    while !input.is_empty() {
        world.step(input);
    }
    world.settle();
    world.judge();
    let cheater = world.corrupted.filter(|_| world.deviated);
    let cheater = cheater.map(|id| prepared.cast.key(id).expect("a member").public());
    for device in world.devices.iter().filter(|device| world.is_honest(device)) {
        for pairing in world.scene.stores[&device.id].pairings.iter().filter(|one| one.ban().is_some()) {
            assert!(Some(pairing.peer()) == cheater, "{} banned somebody honest", device.id);
        }
    }
    world.scene.signatures.len()
}
