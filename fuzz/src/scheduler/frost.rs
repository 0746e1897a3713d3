//! FROST with nonces made ahead and kept on the disk, of which a backup is always at hand.
//!
//! | run | who | |
//! |---|---|---|
//! | 0, 1, 2 | 1, 2, 3; 1, 2; 2, 3 | leaderless, with whichever of its three nonces a device takes |
//! | 3, 4 | 1, 2 and a coordinator | the same nonces for two messages |

use std::collections::{BTreeMap, BTreeSet};

use quorate::error::ResumeError;
use quorate::frost::{Coordinator, Cosigner, NonceCommitments, Sign, SigningNonces, Task};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId};
use quorate::secret::Secret;
use quorate::sim::Cast;
use quorate::wire::{Header, SessionId};

use super::live::{Live, Output, signing};
use super::verifies;
use super::world::{Device, Scene, World};
use crate::driver::{self, E, id, rng};
use crate::input::Input;

/// Nonces of a device.
const NONCES: usize = 3;
/// The ones that the coordinator has the commitments of.
const PUBLISHED: usize = 2;
const SIGNERS: [&[u16]; 5] = [&[1, 2, 3], &[1, 2], &[2, 3], &[1, 2], &[1, 2]];

pub(crate) struct Prepared {
    cast: Cast,
    shares: Vec<KeyShare<E>>,
    /// By device.
    nonces: Vec<Vec<(NonceCommitments, Vec<u8>)>>,
    tasks: Vec<Task<E>>,
}

impl Prepared {
    pub(crate) fn new() -> Self {
        let (cast, shares) = driver::key(2, &[1, 2, 3], 1);
        let made = |share: &KeyShare<E>, k: usize| {
            let nonces =
                SigningNonces::generate(share.into(), &mut rng(100 * u64::from(share.id().get()) + k as u64));
            (nonces.commitments().clone(), nonces.store().expose().clone())
        };
        let nonces = shares.iter().map(|share| (0..NONCES).map(|k| made(share, k)).collect()).collect();
        let task = |(run, signers): (usize, &&[u16])| {
            let signers = Parties::from_numbers(signers.iter().copied()).expect("ids");
            Task::new(shares[0].public(), signers, &[run as u8], SessionId([run as u8; 16])).expect("a task")
        };
        let tasks = SIGNERS.iter().enumerate().map(task).collect();
        Self { cast, shares, nonces, tasks }
    }
}

struct Frost<'a> {
    of: &'a Prepared,
    /// Device and number of the nonces that came back.
    loaded: BTreeSet<(PartyId, usize)>,
    /// Which nonces a device has in a run.
    used: BTreeMap<(PartyId, usize), usize>,
    /// Shares of signatures by device and nonces.
    shares: BTreeMap<(PartyId, usize), BTreeSet<Vec<u8>>>,
    signatures: BTreeMap<usize, [u8; 64]>,
}

impl Scene for Frost<'_> {
    fn runs(&self) -> usize {
        SIGNERS.len()
    }

    fn cast(&self, _: usize) -> &Cast {
        &self.of.cast
    }

    fn takes_part(&self, run: usize, id: PartyId) -> bool {
        SIGNERS[run].contains(&id.get()) || (run > 2 && id == PartyId::COORDINATOR)
    }

    fn start(&mut self, device: &mut Device, run: usize, pick: u8) -> Option<Box<dyn Live>> {
        let (me, task) = (device.id, self.of.tasks[run].clone());
        let of = |id: PartyId| usize::from(id.get()) - 1;
        if me == PartyId::COORDINATOR {
            let commitments =
                task.signers().iter().map(|id| (id, self.of.nonces[of(id)][PUBLISHED].0.clone()));
            let commitments: Vec<_> = commitments.collect();
            return Coordinator::start(task, me, commitments).ok().map(signing);
        }
        let number = if run > 2 { PUBLISHED } else { usize::from(pick) % NONCES };
        let stored = Secret::new(self.of.nonces[of(me)][number].1.clone());
        let back = SigningNonces::load(stored, &mut device.ledger);
        assert_eq!(back.is_ok(), self.loaded.insert((me, number)), "nonces came back twice, or not once");
        let nonces = back.ok()?;
        self.used.insert((me, run), number);
        let share = &self.of.shares[of(me)];
        if run > 2 {
            Cosigner::start(share, task, PartyId::COORDINATOR, nonces).ok().map(signing)
        } else {
            Sign::start_with(share, task, nonces).ok().map(signing)
        }
    }

    fn resume(&self, _: &mut Device, _: usize, _: Vec<u8>) -> Result<Box<dyn Live>, ResumeError> {
        unreachable!("a signing has no snapshots")
    }

    fn done(&mut self, _: &mut Device, run: usize, output: Output) {
        let Output::Ed25519(signature) = output else { return };
        let (key, signature) = (self.of.shares[0].public().public_key(), signature.to_bytes());
        assert!(verifies(&key, &[run as u8], &signature), "run {run}: a signature that does not verify");
        assert!(*self.signatures.entry(run).or_insert(signature) == signature, "run {run}: two signatures");
    }

    fn leaves(&mut self, device: &Device, run: usize, message: &[u8]) {
        let (header, body) = Header::split(message).expect("a message");
        let Some(number) = self.used.get(&(device.id, run)).filter(|_| header.round == 2) else { return };
        let shares = self.shares.entry((device.id, *number)).or_default();
        shares.insert(body.to_vec());
        assert!(shares.len() == 1, "{}: two shares by one nonce", device.id);
    }

    fn tend(&mut self, _: &mut Device) {}

    fn crashed(&mut self, _: &mut Device) {}

    fn special(&mut self, _: &mut [Device], _: &mut Input<'_>) {}
}

/// How many runs ended well somewhere.
pub(crate) fn play(prepared: &Prepared, corrupted: Option<PartyId>, input: &mut Input<'_>) -> usize {
    let scene = Frost {
        of: prepared,
        loaded: BTreeSet::new(),
        used: BTreeMap::new(),
        shares: BTreeMap::new(),
        signatures: BTreeMap::new(),
    };
    // In the place of the fourth.
    let corrupted = corrupted.map(|who| if who.get() == 4 { PartyId::COORDINATOR } else { who });
    let mut world = World::new(scene, &[id(1), id(2), id(3), PartyId::COORDINATOR], corrupted);
    while !input.is_empty() {
        world.step(input);
    }
    world.settle();
    world.judge();
    world.scene.signatures.len()
}
