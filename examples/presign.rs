//! Signing in one round: two of three devices make presignatures while nobody waits, store them, and spend one on each
//! Ethereum payment. Then what protects them: a stored one comes back once, and none outlives a ban or a new pairing.
//!
//! `cargo run --release --example presign`

mod chains;
mod devices;

use std::collections::BTreeMap;
use std::process::ExitCode;

use chains::ethereum;
use devices::{Error, OsRng, Ran, Wallet, ms};
use quorate::curve::EcdsaSecp256k1;
use quorate::ecdsa::{self, Message, Online, Presign, PresignTask, Presignature, Signature};
use quorate::error::{ResumeError, SetupError};
use quorate::key::Path;
use quorate::party::{PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::Session;
use quorate::sim::{Faults, Letter, MemoryLedger};
use quorate::wire::Kind;

const COUNT: usize = 4;

fn main() -> ExitCode {
    devices::exit("presign", run())
}

/// What a device has on its disk. The bytes are sealed; the ledger is never restored from a backup.
#[derive(Default)]
struct Disk {
    presignatures: Vec<Secret<Vec<u8>>>,
    ledger: MemoryLedger,
}

impl Disk {
    /// A device erases the stored one then. Here it stays, as it does in a backup.
    fn load(&mut self, at: usize) -> Result<Presignature<EcdsaSecp256k1>, ResumeError> {
        Presignature::load(&self.presignatures[at], &mut self.ledger)
    }
}

type Disks = BTreeMap<PartyId, Disk>;

pub(crate) fn run() -> Result<(), Error> {
    let mut rng = devices::os_rng();
    let mut wallet = Wallet::new(Threshold::new(2, 3)?, &mut rng)?;
    let address = ethereum::address(&wallet.key().into());
    println!("a 2-of-3 key with the address {}; its devices are paired", ethereum::checksummed(&address));

    println!("\n== {COUNT} presignatures, made before there is a message");
    let presigned = presign(&wallet, &mut rng)?;
    let each = presigned.computed / COUNT as u32;
    print!("{}", presigned.table);
    println!("party 1 computed {}, {} for each", ms(presigned.computed), ms(each));
    let mut disks = store(presigned);
    for (id, disk) in &disks {
        let bytes: Vec<usize> = disk.presignatures.iter().map(|stored| stored.expose().len()).collect();
        println!("{id} stores {bytes:?} bytes");
    }

    let to = [0x42; 20];
    for nonce in 0..2 {
        let fees = [1_500_000_000, 32_000_000_000];
        let payment = ethereum::Transaction::payment(1, nonce, fees, &to, 10u128.pow(18) / 4);
        println!("\n== {}, in one round", payment.describe());
        let bytes = payment.to_bytes();
        let online = online(&wallet, &mut disks, nonce as usize, Message::keccak256(&bytes), &mut rng)?;
        print!("{}", online.table);
        println!("party 1 computed {}", ms(online.computed));
        for (id, signature) in online.outputs {
            let raw = payment.signed(&signature.to_bytes_recoverable())?;
            if ethereum::sender(&raw)? != address {
                return Err(format!("{id}: the transaction's sender is not the key's address").into());
            }
            println!("{id}: raw transaction {}, by the key's address", hex::encode(raw));
        }
    }

    println!("\n== what does not work");
    refused(&mut wallet, &mut disks, &mut rng)
}

fn presign(wallet: &Wallet, rng: &mut OsRng) -> Result<Ran<Vec<Presignature<EcdsaSecp256k1>>>, Error> {
    let session = devices::session_id(rng);
    let task = PresignTask::new(wallet.key(), wallet.signers.clone(), &Path::default(), COUNT, session)?;
    wallet.run(|share, pairings, rng| Presign::start(share, task.clone(), pairings, rng), rng)
}

fn store(presigned: Ran<Vec<Presignature<EcdsaSecp256k1>>>) -> Disks {
    let disk = |presignatures: Vec<Presignature<_>>| Disk {
        presignatures: presignatures.into_iter().map(Presignature::store).collect(),
        ledger: MemoryLedger::default(),
    };
    presigned.outputs.into_iter().map(|(id, presignatures)| (id, disk(presignatures))).collect()
}

/// Every signer takes the presignature with this number, on the same message.
fn online(
    wallet: &Wallet,
    disks: &mut Disks,
    at: usize,
    message: Message,
    rng: &mut OsRng,
) -> Result<Ran<Signature<EcdsaSecp256k1>>, Error> {
    let session = devices::session_id(rng);
    let mut loaded = BTreeMap::new();
    for share in &wallet.shares {
        let disk = disks.get_mut(&share.id()).ok_or("no disk")?;
        loaded.insert(share.id(), (share, disk.load(at)?));
    }
    let start = |(id, (share, presignature)), _: &mut OsRng| {
        Online::start(presignature, share, &wallet.pairings[&id], message, session)
    };
    devices::run(&wallet.cast, loaded, start, rng)
}

/// Each of these is an error of the library. If one of them were not, so is this example.
fn refused(wallet: &mut Wallet, disks: &mut Disks, rng: &mut OsRng) -> Result<(), Error> {
    let [one, other] = [wallet.shares[0].id(), wallet.shares[1].id()];
    let message = Message::keccak256(b"one more");
    let disk = disks.get_mut(&one).ok_or("no disk")?;

    let again = disk.load(0).err();
    println!("{one} loads the first one again: {}", expect(again, ResumeError::Spent)?);

    cheat(wallet, other, rng)?;
    let start = |presignature, wallet: &Wallet, rng: &mut OsRng| {
        let session = devices::session_id(rng);
        Online::start(presignature, &wallet.shares[0], &wallet.pairings[&one], message, session).err()
    };
    let error = start(disk.load(2)?, wallet, rng);
    println!("{one} takes the third one: {}", expect(error, SetupError::Banned(other))?);

    wallet.pairings = devices::pair(&wallet.cast, &wallet.signers, rng)?.sets;
    let error = start(disk.load(3)?, wallet, rng);
    println!(
        "they pair anew, {one} takes the fourth one: {}",
        expect(error, SetupError::PairingRenewed(other))?
    );
    Ok(())
}

pub(crate) fn expect<E: PartialEq + std::fmt::Display>(found: Option<E>, expected: E) -> Result<E, Error> {
    found
        .filter(|error| *error == expected)
        .ok_or_else(|| format!("this should have failed: {expected}").into())
}

/// In another session with the same pairing, a cheat flips one bit of what it sends. Whoever notices bans it in all sessions.
fn cheat(wallet: &Wallet, cheat: PartyId, rng: &mut OsRng) -> Result<(), Error> {
    let (message, session) = (Message::sha256(b"something else"), devices::session_id(rng));
    let task = ecdsa::Task::new(wallet.key(), wallet.signers.clone(), Path::default(), message, session)?;
    let start = |share: &quorate::key::KeyShare<_>| {
        ecdsa::Sign::start(share, task.clone(), &wallet.pairings[&share.id()], rng)
    };
    let sessions: Vec<Session<_>> = wallet.shares.iter().map(start).collect::<Result<_, _>>()?;
    let mut flip = |letter: &mut Letter| {
        // The last byte is of the digest that binds the multiplication.
        if (letter.header.from, letter.header.round, letter.header.kind) == (cheat, 2, Kind::Direct)
            && let Some(last) = letter.body.last_mut()
        {
            *last ^= 1;
        }
        true
    };
    for report in wallet.cast.run_with(sessions, Faults::default(), &mut flip, rng) {
        if let Some(Err(abort)) = report.outcome {
            println!("{} aborts another session: {abort}", report.id);
        }
    }
    Ok(())
}
