//! Devices, what lies on their disks, and a relay that does what the program says.

use std::collections::BTreeSet;
use std::rc::Rc;

use quorate::error::{Abort, Chance, ResumeError, Verdict};
use quorate::key::epoch::Epochs;
use quorate::party::PartyId;
use quorate::session::Receipt;
use quorate::sim::{Cast, MemoryLedger};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::live::{Live, Output, Packet, Work};
use crate::driver::{E, seal};
use crate::input::Input;
use crate::steer;

/// Where a session of a device stands.
pub(crate) enum Place {
    Idle,
    /// In memory, with the count of messages that were posted.
    Live(Box<dyn Live>, usize),
    /// On the disk.
    Asleep,
    /// It was in memory when the device crashed.
    Lost,
    /// It has a share that the record of epochs does not admit, or no longer.
    KeptOut,
    Done,
    Aborted,
}

pub(crate) struct Device {
    pub(crate) id: PartyId,
    places: Vec<Place>,
    /// Every snapshot that was ever made, as a backup has them; of which run; and whether it was resumed.
    snapshots: Vec<(usize, Vec<u8>, bool)>,
    /// Durable.
    pub(crate) ledger: MemoryLedger,
    /// In memory.
    pub(crate) epochs: Option<Epochs<E>>,
    /// The record on the disk.
    pub(crate) disk: Option<Vec<u8>>,
    /// It crashes so many steps from here.
    fuse: Option<u8>,
    steps: u64,
    pub(crate) verdicts: Vec<Abort>,
}

impl Device {
    pub(crate) fn rng(&mut self) -> ChaCha20Rng {
        self.steps += 1;
        ChaCha20Rng::seed_from_u64(u64::from(self.id.get()) << 32 | self.steps)
    }

    /// The place between two steps of which the second relies on the first. Whether the device crashed there.
    pub(crate) fn crashes(&mut self) -> bool {
        match self.fuse {
            Some(0) => {
                self.crash();
                true
            }
            Some(left) => {
                self.fuse = Some(left - 1);
                false
            }
            None => false,
        }
    }

    fn crash(&mut self) {
        self.fuse = None;
        for place in &mut self.places {
            if matches!(place, Place::Live(..)) {
                *place = Place::Lost;
            }
        }
        self.epochs = self.disk.as_ref().map(|disk| Epochs::from_bytes(disk).expect("its own record"));
    }

    pub(crate) fn store(&mut self) {
        self.disk = self.epochs.as_ref().map(|epochs| epochs.to_bytes().expose().clone());
    }
}

/// What the devices do with each other, and what must come of it.
pub(crate) trait Scene {
    /// How many runs there can be.
    fn runs(&self) -> usize;
    /// Whose identities count in a run, who are those that take part.
    fn cast(&self, run: usize) -> &Cast;
    fn takes_part(&self, run: usize, id: PartyId) -> bool;
    /// `None` if the device has no part in it, or may not.
    fn start(&mut self, device: &mut Device, run: usize, pick: u8) -> Option<Box<dyn Live>>;
    fn resume(
        &self,
        device: &mut Device,
        run: usize,
        snapshot: Vec<u8>,
    ) -> Result<Box<dyn Live>, ResumeError>;
    fn done(&mut self, device: &mut Device, run: usize, output: Output);
    /// A message that is about to leave.
    fn leaves(&mut self, device: &Device, run: usize, message: &[u8]);
    /// Something of its own, after every step of a session too.
    fn tend(&mut self, device: &mut Device);
    fn crashed(&mut self, device: &mut Device);
    /// What only this scene can do.
    fn special(&mut self, devices: &mut [Device], input: &mut Input<'_>);
}

pub(crate) struct World<S: Scene> {
    pub(crate) scene: S,
    pub(crate) devices: Vec<Device>,
    packets: Vec<Packet>,
    /// Not delivered yet.
    queue: Vec<usize>,
    begun: BTreeSet<usize>,
    pub(crate) corrupted: Option<PartyId>,
    /// It did something else than the protocol says.
    pub(crate) deviated: bool,
}

impl<S: Scene> World<S> {
    pub(crate) fn new(scene: S, ids: &[PartyId], corrupted: Option<PartyId>) -> Self {
        let device = |id: &PartyId| Device {
            id: *id,
            places: (0..scene.runs()).map(|_| Place::Idle).collect(),
            snapshots: Vec::new(),
            ledger: MemoryLedger::default(),
            epochs: None,
            disk: None,
            fuse: None,
            steps: 0,
            verdicts: Vec::new(),
        };
        let devices = ids.iter().map(device).collect();
        Self {
            scene,
            devices,
            packets: Vec::new(),
            queue: Vec::new(),
            begun: BTreeSet::new(),
            corrupted,
            deviated: false,
        }
    }

    pub(crate) fn is_honest(&self, device: &Device) -> bool {
        self.corrupted != Some(device.id)
    }

    /// One operation of the program.
    pub(crate) fn step(&mut self, input: &mut Input<'_>) {
        let operation = input.byte();
        match operation % 13 {
            0 => self.start(input.byte(), input.byte(), input.byte()),
            1 | 2 => self.deliver_next(input.byte()),
            3 => self.flush(usize::from(input.byte())),
            4 => self.drop_next(input.byte()),
            5 => {
                if let Some(packet) = self.any_packet(input) {
                    self.deliver(&packet);
                }
            }
            6 => {
                // to somebody else
                if let Some(mut packet) = self.any_packet(input) {
                    packet.to = self.devices[input.below(self.devices.len())].id;
                    self.deliver(&packet);
                }
            }
            7 => {
                let at = input.below(self.devices.len());
                self.devices[at].crash();
                self.scene.crashed(&mut self.devices[at]);
            }
            8 => {
                let at = input.below(self.devices.len());
                self.devices[at].fuse = Some(input.byte() % 8);
            }
            9 => self.sleep(input.byte(), input.byte()),
            10 => self.restore(input),
            11 => self.cheat(input),
            _ => self.scene.special(&mut self.devices, input),
        }
    }

    fn any_packet(&self, input: &mut Input<'_>) -> Option<Packet> {
        let at = input.word();
        let packet = self.packets.get(at % self.packets.len().max(1))?;
        (!packet.withheld).then(|| packet.clone())
    }

    fn start(&mut self, device: u8, run: u8, pick: u8) {
        let (at, run) = (usize::from(device) % self.devices.len(), usize::from(run) % self.scene.runs());
        let device = &mut self.devices[at];
        if !matches!(device.places[run], Place::Idle) || !self.scene.takes_part(run, device.id) {
            return;
        }
        let Some(session) = self.scene.start(device, run, pick) else { return };
        self.begun.insert(run);
        device.places[run] = Place::Live(session, 0);
        self.post(at, run);
        self.work(at, run);
    }

    fn deliver_next(&mut self, number: u8) {
        if !self.queue.is_empty() {
            let k = self.queue.remove(usize::from(number) % self.queue.len());
            let packet = self.packets[k].clone();
            self.deliver(&packet);
        }
    }

    fn flush(&mut self, count: usize) {
        for _ in 0..count {
            self.deliver_next(0);
        }
    }

    /// It comes again in the end.
    fn drop_next(&mut self, number: u8) {
        if !self.queue.is_empty() {
            self.queue.remove(usize::from(number) % self.queue.len());
        }
    }

    fn deliver(&mut self, packet: &Packet) {
        let Some(at) = self.devices.iter().position(|device| device.id == packet.to) else { return };
        if packet.withheld {
            return;
        }
        self.wake(at, packet.run);
        let Place::Live(session, _) = &mut self.devices[at].places[packet.run] else { return };
        let before = session.glance();
        let answer = session.take(packet);
        if answer == Ok(Receipt::Stored) {
            self.work(at, packet.run);
        } else {
            assert!(session.glance() == before, "{answer:?}");
        }
    }

    /// Messages that a session made: to everybody who takes part, or to one.
    fn post(&mut self, at: usize, run: usize) {
        let device = &mut self.devices[at];
        let Place::Live(session, posted) = &mut device.places[run] else { return };
        let (from, new, signed) = (device.id, session.outgoing(*posted), session.is_signed());
        *posted += new.len();
        let others: Vec<_> = self.devices.iter().map(|device| device.id).collect();
        for (to, bytes) in new {
            self.scene.leaves(&self.devices[at], run, &bytes);
            let cast = self.scene.cast(run);
            let mail = signed.then(|| Rc::new(seal(cast, &bytes)));
            let bytes: Rc<[u8]> = bytes.into();
            let all = others.iter().copied().filter(|id| *id != from && self.scene.takes_part(run, *id));
            let receivers: Vec<_> = to.map_or_else(|| all.collect(), |to| vec![to]);
            for to in receivers {
                self.queue.push(self.packets.len());
                let (bytes, mail) = (bytes.clone(), mail.clone());
                self.packets.push(Packet { run, from, to, bytes, mail, withheld: false });
            }
        }
    }

    /// As far as it goes.
    fn work(&mut self, at: usize, run: usize) {
        loop {
            let device = &mut self.devices[at];
            let mut rng = device.rng();
            let Place::Live(session, _) = &mut device.places[run] else { return };
            match session.work(&mut rng) {
                Work::Waiting => return,
                Work::Moved => {}
                Work::Keep => {
                    if !self.keep(at, run) {
                        return;
                    }
                }
                Work::Done(output) => {
                    self.post(at, run);
                    let device = &mut self.devices[at];
                    device.places[run] = Place::Done;
                    self.scene.done(device, run, output);
                    self.scene.tend(&mut self.devices[at]);
                    return;
                }
                Work::Aborted(abort) => {
                    self.post(at, run);
                    let device = &mut self.devices[at];
                    device.places[run] = Place::Aborted;
                    device.verdicts.push(abort);
                    self.scene.tend(&mut self.devices[at]);
                    return;
                }
            }
            self.scene.tend(&mut self.devices[at]);
            if self.devices[at].crashes() {
                return self.scene.crashed(&mut self.devices[at]);
            }
            self.post(at, run);
        }
    }

    /// First the disk, then the signature. Whether it goes on.
    fn keep(&mut self, at: usize, run: usize) -> bool {
        let device = &mut self.devices[at];
        let Place::Live(session, _) = &device.places[run] else { return false };
        // What a record refuses is not signed for: another run came in between.
        let Ok(input) = session.keep(&mut device.epochs) else {
            device.places[run] = Place::KeptOut;
            return false;
        };
        if device.crashes() {
            self.scene.crashed(device);
            return false;
        }
        device.store();
        if device.crashes() {
            self.scene.crashed(device);
            return false;
        }
        let key = self.scene.cast(run).key(device.id).expect("a member");
        let signature = key.sign(&input);
        if let Place::Live(session, _) = &mut device.places[run] {
            session.kept(&signature);
        }
        true
    }

    fn sleep(&mut self, device: u8, run: u8) {
        let (at, run) = (usize::from(device) % self.devices.len(), usize::from(run) % self.scene.runs());
        let device = &mut self.devices[at];
        if !matches!(&device.places[run], Place::Live(session, _) if session.can_sleep()) {
            return;
        }
        let Place::Live(session, _) = std::mem::replace(&mut device.places[run], Place::Asleep) else {
            return;
        };
        let snapshot = session.suspend().expect("a live session");
        device.snapshots.push((run, snapshot, false));
    }

    /// From its last snapshot, which was never resumed.
    fn wake(&mut self, at: usize, run: usize) {
        let device = &mut self.devices[at];
        if !matches!(device.places[run], Place::Asleep) {
            return;
        }
        let last = device.snapshots.iter_mut().rev().find(|(of, ..)| *of == run).expect("a snapshot");
        last.2 = true;
        let snapshot = last.1.clone();
        let session = self.scene.resume(device, run, snapshot).expect("a snapshot that was never resumed");
        let posted = session.outgoing(0).len();
        device.places[run] = Place::Live(session, posted);
        // A session that waited for the disk goes on by itself.
        self.work(at, run);
    }

    /// A snapshot that was resumed, or one older than that, does not come back.
    fn restore(&mut self, input: &mut Input<'_>) {
        let at = input.below(self.devices.len());
        let device = &mut self.devices[at];
        let number = input.below(device.snapshots.len().max(1));
        let Some((run, snapshot, _)) = device.snapshots.get(number).cloned() else { return };
        let later = device.snapshots[number..].iter().any(|(of, _, resumed)| *of == run && *resumed);
        if later {
            let back = self.scene.resume(device, run, snapshot);
            assert_eq!(back.err(), Some(ResumeError::Spent));
        }
    }

    /// Something that the corrupted device says in the place of one of its messages, or never.
    fn cheat(&mut self, input: &mut Input<'_>) {
        let Some(cheater) = self.corrupted else { return };
        let own: Vec<_> = (0..self.packets.len()).filter(|k| self.packets[*k].from == cheater).collect();
        let (number, how) = (input.word(), input.byte());
        let Some(k) = own.get(number % own.len().max(1)) else { return };
        self.deviated = true;
        if how & 3 == 3 {
            self.packets[*k].withheld = true;
            return;
        }
        let other = self.packets[own[input.below(own.len())]].bytes.clone();
        let mut packet = self.packets[*k].clone();
        let mut bytes = packet.bytes.to_vec();
        let operation = [steer::FLIP, steer::EDGE, steer::SPLICE][usize::from(how & 3)];
        steer::change(
            operation,
            &mut bytes[quorate::wire::HEADER_LEN..],
            &other[quorate::wire::HEADER_LEN..],
            input,
        );
        let cast = self.scene.cast(packet.run);
        packet.mail = packet.mail.map(|_| Rc::new(seal(cast, &bytes)));
        packet.bytes = bytes.into();
        self.deliver(&packet);
    }

    /// The relay is reliable from here on, and whoever has a part in a run that has begun takes it.
    pub(crate) fn settle(&mut self) {
        for device in &mut self.devices {
            device.fuse = None;
        }
        for run in self.begun.clone() {
            for at in 0..self.devices.len() {
                for pick in 0..8 {
                    self.start(at as u8, run as u8, pick);
                }
                self.wake(at, run);
            }
        }
        let mut next = 0;
        while let Some(packet) = self.packets.get(next).cloned() {
            self.deliver(&packet);
            next += 1;
        }
    }

    /// Nobody honest is blamed, and nobody waits for nobody.
    pub(crate) fn judge(&self) {
        for device in self.devices.iter().filter(|device| self.is_honest(device)) {
            device.verdicts.iter().for_each(|abort| self.is_just(abort));
        }
        for run in &self.begun {
            let part = || self.devices.iter().filter(|device| self.scene.takes_part(*run, device.id));
            let fails = |device: &Device| {
                matches!(device.places[*run], Place::Idle | Place::Lost | Place::KeptOut | Place::Aborted)
            };
            let excused = part().any(fails) || self.deviated;
            for device in part() {
                let done = matches!(device.places[*run], Place::Done);
                assert!(done || excused, "run {run}: {} is stuck", device.id);
            }
        }
    }

    fn is_just(&self, abort: &Abort) {
        let cheater = self.corrupted.filter(|_| self.deviated);
        match &abort.verdict {
            Verdict::Cheater { .. } => {
                assert!(abort.cheaters().all(|(who, _)| Some(who) == cheater), "{abort}");
            }
            Verdict::Suspects { who, .. } => {
                assert!(cheater.is_some_and(|cheater| who.contains(cheater)), "{abort}");
            }
            Verdict::NoFault { why } => assert!(*why != Chance::OwnFault && cheater.is_some(), "{abort}"),
            _ => {}
        }
    }
}
