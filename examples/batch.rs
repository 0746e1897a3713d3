//! A wallet sweeps its coins: 32 Bitcoin inputs, each with a key of its own derived from one threshold key, signed by two of
//! three devices in one batch of three rounds. Beside it, what 32 runs of one signature each cost: a batch saves
//! rounds and messages, not work.
//!
//! `cargo run --release --example batch`

mod chains;
pub(crate) mod devices;

use std::process::ExitCode;
use std::time::Duration;

use chains::bitcoin::{self, Input, KeyHash, Output, Transaction};
use devices::{Error, OsRng, Wallet, ms};
use k256::ecdsa::VerifyingKey;
use quorate::curve::EcdsaSecp256k1;
use quorate::ecdsa::{Batch, Message, Sign, SignBatch, Signature, Task};
use quorate::key::{Path, derive};
use quorate::party::Threshold;

const COINS: u32 = 32;
/// Satoshi, each.
const AMOUNT: u64 = 250_000;
const FEE: u64 = 22_000;

fn main() -> ExitCode {
    devices::exit("batch", run())
}

/// An output that waits to be spent, and what spends it.
pub(crate) struct Coin {
    path: Path,
    key: VerifyingKey,
    /// The key, compressed.
    public: Vec<u8>,
    key_hash: KeyHash,
    input: Input,
}

impl Coin {
    /// The receiving address with this index. Deriving takes the public key alone: no device is asked.
    pub(crate) fn new(wallet: &Wallet, index: u32) -> Result<Self, Error> {
        let path: Path = format!("m/0/{index}").parse()?;
        let derived = derive(wallet.key(), &path)?;
        let public = derived.public_key();
        let mut outpoint = [0; 36];
        outpoint[..32].copy_from_slice(&bitcoin::sha256d(&public));
        let input = Input { outpoint, script: Vec::new(), sequence: 0xffff_fffd };
        let key_hash = bitcoin::hash160(&public);
        Ok(Self { path, key: VerifyingKey::from(&derived), public, key_hash, input })
    }
}

/// A signature to be made, and the digest as Bitcoin has it.
pub(crate) struct Order {
    path: Path,
    message: Message,
    digest: [u8; 32],
}

/// Signatures, and what they cost one party.
pub(crate) struct Signed {
    pub(crate) signatures: Vec<Signature<EcdsaSecp256k1>>,
    computed: Duration,
    sent: usize,
}

pub(crate) fn run() -> Result<(), Error> {
    let mut rng = devices::os_rng();
    let wallet = Wallet::new(Threshold::new(2, 3)?, &mut rng)?;
    let coins = (0..COINS).map(|index| Coin::new(&wallet, index)).collect::<Result<Vec<_>, _>>()?;
    let transaction = sweep(&coins);
    let orders = orders(&coins, &transaction)?;
    println!("{COINS} inputs of {AMOUNT} satoshi, to be spent by a 2-of-3 key's descendants:");
    for coin in coins.iter().take(2).chain(coins.last()) {
        println!("{:>7}  {}", coin.path.to_string(), bitcoin::address(&coin.key_hash));
    }

    println!("\n== one batch");
    let batch = in_a_batch(&wallet, &orders, &mut rng)?;
    let witnesses = witnesses(&coins, &orders, &batch)?;
    let raw = transaction.signed(&witnesses)?;
    println!("transaction {} in {} bytes, every input verified by k256", transaction.id(), raw.len());

    println!("\n== the same, one by one");
    let single = one_by_one(&wallet, &orders, &mut rng)?;
    self::witnesses(&coins, &orders, &single)?;
    println!("{COINS} runs, every signature verified by k256");

    println!("\n{:>20} | {:>12} | {:>12}", "party 1, a signature", "one batch", "one by one");
    let time = |signed: &Signed| ms(signed.computed / COINS);
    println!("{:>20} | {:>12} | {:>12}", "computing", time(&batch), time(&single));
    let bytes = |signed: &Signed| signed.sent / COINS as usize;
    println!("{:>20} | {:>12} | {:>12}", "bytes out", bytes(&batch), bytes(&single));
    println!("{:>20} | {:>12} | {:>12}", "rounds in all", 3, 3 * COINS);
    Ok(())
}

/// All of it to a fresh address of somebody's.
pub(crate) fn sweep(coins: &[Coin]) -> Transaction {
    let output = Output {
        amount: AMOUNT * u64::from(COINS) - FEE,
        script: bitcoin::p2wpkh(&bitcoin::hash160(b"somebody")),
    };
    let inputs = coins.iter().map(|coin| coin.input.clone()).collect();
    Transaction { version: 2, inputs, outputs: vec![output], lock_time: 0 }
}

pub(crate) fn orders(coins: &[Coin], transaction: &Transaction) -> Result<Vec<Order>, Error> {
    let order = |(at, coin): (usize, &Coin)| {
        let bytes = transaction.to_sign(at, &coin.key_hash, AMOUNT)?;
        let (message, digest) = (Message::sha256d(&bytes), bitcoin::sha256d(&bytes));
        Ok(Order { path: coin.path.clone(), message, digest })
    };
    coins.iter().enumerate().map(order).collect()
}

pub(crate) fn in_a_batch(wallet: &Wallet, orders: &[Order], rng: &mut OsRng) -> Result<Signed, Error> {
    let messages = orders.iter().map(|order| (order.path.clone(), order.message));
    let batch = Batch::new(wallet.key(), wallet.signers.clone(), messages, devices::session_id(rng))?;
    let ran =
        wallet.run(|share, pairings, rng| SignBatch::start(share, batch.clone(), pairings, rng), rng)?;
    print!("{}", ran.table);
    let (computed, sent) = (ran.computed, ran.sent);
    Ok(Signed { signatures: ran.agreed()?, computed, sent })
}

fn one_by_one(wallet: &Wallet, orders: &[Order], rng: &mut OsRng) -> Result<Signed, Error> {
    let mut all = Signed { signatures: Vec::new(), computed: Duration::ZERO, sent: 0 };
    for Order { path, message, .. } in orders {
        let session = devices::session_id(rng);
        let task = Task::new(wallet.key(), wallet.signers.clone(), path.clone(), *message, session)?;
        let ran = wallet.run(|share, pairings, rng| Sign::start(share, task.clone(), pairings, rng), rng)?;
        all.computed += ran.computed;
        all.sent += ran.sent;
        all.signatures.push(ran.agreed()?);
    }
    Ok(all)
}

/// The witness of every input, verified: each by its own key, on its own digest.
pub(crate) fn witnesses(
    coins: &[Coin],
    orders: &[Order],
    signed: &Signed,
) -> Result<Vec<Vec<Vec<u8>>>, Error> {
    if signed.signatures.len() != coins.len() {
        return Err("not one signature for each input".into());
    }
    let mut witnesses = Vec::new();
    for ((coin, order), signature) in coins.iter().zip(orders).zip(&signed.signatures) {
        devices::verify(&coin.key, &order.digest, *signature)?;
        witnesses.push(bitcoin::witness(&signature.to_der(), &coin.public));
    }
    Ok(witnesses)
}
