//! A wallet outlives its devices: a 2-of-3 ECDSA key loses a device, moves to 3-of-5, is refreshed, gets a lost share back, and pays from a
//! derived address. It signs at each step, and the public key never changes.
//!
//! `cargo run --release --example lifecycle`

mod chains;
mod devices;

use std::collections::BTreeMap;
use std::process::ExitCode;

use chains::ethereum;
use devices::life::Devices;
use devices::{Error, OsRng, session_id};
use k256::ecdsa::VerifyingKey;
use quorate::curve::EcdsaSecp256k1;
use quorate::dkg::{Dkg, Run};
use quorate::ecdsa::{Message, Sign, Task};
use quorate::error::SetupError;
use quorate::key::epoch::Epochs;
use quorate::key::{KeyShare, Path, PublicKey, Seat, derive};
use quorate::pairing::{Pair, Pairings};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::repair::{self, Repair};
use quorate::reshare::{self, Reshare};
use quorate::sim::{Cast, MemoryLedger};

type S = EcdsaSecp256k1;

fn main() -> ExitCode {
    devices::exit("lifecycle", live())
}

fn id(number: u16) -> Result<PartyId, SetupError> {
    PartyId::new(number)
}

fn set(numbers: &[u16]) -> Result<Parties, SetupError> {
    Parties::from_numbers(numbers.iter().copied())
}

struct Wallet {
    devices: Devices<S>,
    pairings: BTreeMap<PartyId, Pairings>,
    key: Vec<u8>,
}

pub(crate) fn live() -> Result<(), Error> {
    let mut rng = devices::os_rng();
    let cast = Cast::new(1..=6, &mut rng)?;
    let pairings = cast.ids().into_iter().map(|id| (id, Pairings::new())).collect();
    let mut wallet = Wallet { devices: Devices::new(cast), pairings, key: Vec::new() };

    step("a key, 2-of-3, by devices 1, 2 and 3");
    wallet.generate(&mut rng)?;
    wallet.sign(&[1, 3], "m", &mut rng)?;
    wallet.show()?;

    step("device 3 is lost: 1 and 2 deal to 1, 2, 4, 5 and 6, from now on 3-of-5");
    wallet.reshare(&mut rng)?;
    wallet.sign(&[2, 4, 6], "m", &mut rng)?;
    wallet.show()?;

    step("refresh: new shares, and new pairings, so that what was stolen before is worth nothing");
    wallet.refresh(2, &mut rng)?;
    wallet.renew_pairings(&[1, 4, 5], &mut rng)?;
    wallet.sign(&[1, 4, 5], "m", &mut rng)?;
    wallet.show()?;

    step("device 5 lost its disk: 1, 2 and 4 give it its share back, and all refresh before it signs");
    wallet.repair(&mut rng)?;
    wallet.refresh(3, &mut rng)?;
    wallet.sign(&[4, 5, 6], "m", &mut rng)?;
    wallet.show()?;

    step("an Ethereum account of the same key");
    wallet.sign(&[1, 2, 6], "m/44/60/0/0/7", &mut rng)
}

fn step(title: &str) {
    println!("\n== {title}");
}

impl Wallet {
    fn public(&self, member: u16) -> Result<PublicKey<S>, Error> {
        Ok(self.devices.share(id(member)?)?.public().clone())
    }

    fn generate(&mut self, rng: &mut OsRng) -> Result<(), Error> {
        let members = self.devices.cast.only(&set(&[1, 2, 3])?)?;
        let run = Run::<S>::new(Threshold::new(2, 3)?, members.roster().clone(), session_id(rng))?;
        let mut sessions = Vec::new();
        for me in members.ids() {
            sessions.push(Dkg::start(&run, me, &mut MemoryLedger::default(), rng)?);
        }
        self.devices.play(sessions, certificate, rng)?;
        self.key = self.public(1)?.public_key();
        Ok(())
    }

    fn reshare(&mut self, rng: &mut OsRng) -> Result<(), Error> {
        let (old, dealers) = (self.public(1)?, set(&[1, 2])?);
        let members = self.devices.cast.only(&set(&[1, 2, 4, 5, 6])?)?;
        let (threshold, roster) = (Threshold::new(3, 5)?, members.roster().clone());
        let run = reshare::Run::with_threshold(&old, dealers, threshold, roster, 1, session_id(rng))?;
        let (mut sessions, spent) = (Vec::new(), MemoryLedger::default);
        for me in members.ids() {
            sessions.push(if run.dealers().contains(me) {
                Reshare::deal(&run, self.devices.share(me)?, &mut spent(), rng)?
            } else {
                // A device that joins has the old public key from anybody, and knows by it which wallet it joins.
                let device = self.devices.all.get_mut(&me).ok_or("no such device")?;
                device.epochs = Some(Epochs::joining(&old, me));
                Reshare::receive(&run, me, &mut spent(), rng)?
            });
            println!("{me} pairs with {} members before it signs with them", run.pairings_to_make(me).len());
        }
        self.devices.play(sessions, |seat: &Seat<S>| seat.public().certificate(), rng)
    }

    fn refresh(&mut self, epoch: u32, rng: &mut OsRng) -> Result<(), Error> {
        let run = refresh::Run::new(&self.public(1)?, epoch, session_id(rng))?;
        let mut sessions = Vec::new();
        for me in run.roster().parties().iter() {
            let share = self.devices.share(me)?;
            sessions.push(Refresh::start(&run, share, &mut MemoryLedger::default(), rng)?);
        }
        self.devices.play(sessions, certificate, rng)
    }

    /// The shares of the new epoch refuse all pairings there were; these devices pair anew.
    fn renew_pairings(&mut self, members: &[u16], rng: &mut OsRng) -> Result<(), Error> {
        for (me, device) in &mut self.devices.all {
            let ids: Vec<_> = self.pairings[me].iter().map(|pairing| *pairing.id()).collect();
            if let Some(epochs) = &mut device.epochs {
                epochs.refuse_pairings(ids)?;
            }
            device.store();
        }
        for i in set(members)?.iter() {
            for j in set(members)?.iter().filter(|j| *j < i) {
                self.pair(i, j, rng)?;
            }
        }
        Ok(())
    }

    fn repair(&mut self, rng: &mut OsRng) -> Result<(), Error> {
        let (lost, helpers) = (id(5)?, set(&[1, 2, 4])?);
        let device = self.devices.all.get_mut(&lost).ok_or("no such device")?;
        (device.epochs, device.disk) = (None, Vec::new());
        let public = self.public(1)?;
        let run = repair::Run::new(&public, lost, helpers.clone(), session_id(rng))?;
        let mut sessions = vec![Repair::rebuild(&run, lost)?];
        for helper in helpers.iter() {
            let epochs = self.devices.all[&helper].epochs.as_ref().ok_or("no record")?;
            let share = epochs.current().ok_or("no share")?;
            sessions.push(Repair::help(&run, share, epochs.highest_signed(), rng)?);
        }
        for report in self.devices.cast.run(sessions, rng) {
            if let Some(rebuilt) = report.output().rebuilt() {
                let highest = rebuilt.highest_signed();
                println!(
                    "{lost} has its share again: it must refresh first: {}",
                    rebuilt.share.must_refresh()
                );
                let mut epochs = Epochs::new(rebuilt.share);
                epochs.raise_highest(highest)?;
                self.devices.all.get_mut(&lost).ok_or("no such device")?.epochs = Some(epochs);
            }
        }
        let mut set = Pairings::new(); // the pairings went with the disk
        std::mem::swap(self.pairings.get_mut(&lost).ok_or("no such device")?, &mut set);
        let refused = self.task(&[4, 5, 6], "m", rng).and_then(|task| {
            let share = self.devices.share(lost)?;
            Ok(Sign::start(share, task, &self.pairings[&lost], rng).err())
        })?;
        println!("{lost} asked to sign before that: {}", refused.ok_or("it signed")?);
        Ok(())
    }

    fn pair(&mut self, i: PartyId, j: PartyId, rng: &mut OsRng) -> Result<(), Error> {
        let identity = |id| self.devices.cast.roster().identity(id).ok_or(SetupError::NotInRoster(id));
        let (a, b, session) = (identity(i)?, identity(j)?, session_id(rng));
        let start =
            |(me, peer), rng: &mut OsRng| Pair::start(me, peer, session, &mut MemoryLedger::default(), rng);
        let ran = devices::run(&self.devices.cast, [(a, b), (b, a)], start, rng)?;
        for pairing in ran.into_outputs() {
            let owner = if pairing.me() == a { i } else { j };
            drop(self.pairings.get_mut(&owner).ok_or("no such device")?.insert(pairing));
        }
        Ok(())
    }

    /// Whether `i` has a pairing with `j` that its share takes.
    fn have_paired(&self, i: PartyId, j: PartyId) -> Result<bool, Error> {
        let peer = self.devices.cast.roster().identity(j).ok_or("no identity")?;
        let refused = self.devices.share(i)?.refused_pairings();
        Ok(self.pairings[&i].get(&peer).is_some_and(|pairing| !refused.contains(pairing.id())))
    }

    fn task(&self, signers: &[u16], path: &str, rng: &mut OsRng) -> Result<Task<S>, Error> {
        let (key, path) = (self.public(signers[0])?, path.parse::<Path>()?);
        Ok(Task::new(&key, set(signers)?, path, message(), session_id(rng))?)
    }

    /// Pairs whom it takes, signs, and asks `k256`.
    fn sign(&mut self, signers: &[u16], path: &str, rng: &mut OsRng) -> Result<(), Error> {
        let (task, parties) = (self.task(signers, path, rng)?, set(signers)?);
        let mut made = 0;
        for i in parties.iter() {
            for j in parties.iter().filter(|j| *j < i) {
                if !self.have_paired(i, j)? || !self.have_paired(j, i)? {
                    self.pair(i, j, rng)?;
                    made += 1;
                }
            }
        }
        let start = |me, rng: &mut OsRng| {
            let share = self.devices.share(me).map_err(|_| SetupError::SelfMissing(me))?;
            Sign::start(share, task.clone(), &self.pairings[&me], rng)
        };
        let signature = devices::run(&self.devices.cast, parties.iter(), start, rng)?.agreed()?;
        let key = self.public(signers[0])?;
        let derived = VerifyingKey::from(&derive(&key, &path.parse()?)?);
        devices::verify(&derived, &ethereum::keccak256(TEXT), signature)?;
        if key.public_key() != self.key {
            return Err("the public key has changed".into());
        }
        let account = ethereum::checksummed(&ethereum::address(&derived));
        println!("{parties} signed with {path}, {made} new pairings; verified by k256; account {account}");
        Ok(())
    }

    /// What each device holds.
    fn show(&self) -> Result<(), Error> {
        println!("device | epoch | share | record | pairings | epochs erased");
        for (me, device) in &self.devices.all {
            let Some(share) = device.epochs.as_ref().and_then(Epochs::current) else { continue };
            let (key, len) = (share.public(), share.to_bytes().expose().len());
            println!(
                "{:>6} | {:>5} | {:>3} B, {} | {:>4} B | {:>8} | {:?}",
                me.get(),
                key.epoch(),
                len,
                key.threshold(),
                device.disk.len(),
                self.pairings[me].iter().count(),
                device.erased
            );
        }
        Ok(())
    }
}

const TEXT: &[u8] = b"a wallet outlives its devices";

fn message() -> Message {
    Message::keccak256(TEXT)
}

fn certificate(share: &KeyShare<S>) -> &quorate::key::Certificate {
    share.public().certificate()
}
