//! The main job: parties that exchange nothing but bytes make an Ed25519 key and an ECDSA key, neither of which ever exists in one
//! place, and sign what Solana, Ethereum and Bitcoin want signed.
//!
//! `cargo run --release --example quickstart -- [--threshold T] [--parties N] [--file PATH] [--only ed25519|ecdsa]`

mod chains;
mod devices;

use std::process::ExitCode;

use chains::{bitcoin, ethereum};
use devices::{Error, OsRng, Wallet};
use k256::ecdsa::VerifyingKey;
use quorate::curve::{EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::ecdsa::{self, Message, Signature};
use quorate::frost::{self, Task};
use quorate::key::{KeyShare, Path};
use quorate::party::Threshold;
use quorate::sim::Cast;
use sha2::{Digest, Sha256};

/// A Solana transfer of 1.5 SOL: header 4, accounts (payer, receiver, system program) 3 * 32, recent blockhash 32, one
/// instruction. The payer is left blank; the new key becomes the payer.
const SOLANA_TRANSFER: &[u8] = include_bytes!("data/solana-transfer.bin");
const PAYER: std::ops::Range<usize> = 4..36;

const ETHEREUM_PAYMENT: &[u8] = include_bytes!("data/ethereum-eip1559.bin");

const USAGE: &str = "usage: quickstart [--threshold T] [--parties N] [--file PATH] [--only ed25519|ecdsa]

Among N parties (default 3), any T of which (default 2) can sign, makes
- an Ed25519 key, and signs a Solana transfer with it (FROST),
- a secp256k1 key, and signs an Ethereum and a Bitcoin payment with it (ECDSA).
With --file, both keys sign the bytes of that file instead, ECDSA their SHA-256.
With --only, one of the two is left out: every two ECDSA signers exchange 90 kB a
signature, so that more than 20 of them take a while in one process.";

pub(crate) struct Options {
    threshold: Threshold,
    file: Option<String>,
    ed25519: bool,
    ecdsa: bool,
}

impl Options {
    /// `None` if help is wanted.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Option<Self>, Error> {
        let (mut t, mut n, mut file, mut only) = (2u16, 3u16, None, None);
        let mut arguments = arguments.into_iter();
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{flag} needs a value"));
            let number =
                |text: String| text.parse().map_err(|_| format!("{flag}: {text} is not a number of parties"));
            match flag.as_str() {
                "--threshold" => t = number(value()?)?,
                "--parties" => n = number(value()?)?,
                "--file" => file = Some(value()?),
                "--only" => only = Some(value()?),
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown argument {flag}").into()),
            }
        }
        let (ed25519, ecdsa) = match only.as_deref() {
            None => (true, true),
            Some("ed25519") => (true, false),
            Some("ecdsa") => (false, true),
            Some(other) => return Err(format!("--only: {other} is neither ed25519 nor ecdsa").into()),
        };
        Ok(Some(Self { threshold: Threshold::new(t, n)?, file, ed25519, ecdsa }))
    }
}

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)) {
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(Some(options)) => devices::exit("quickstart", run(&options)),
        Err(error) => devices::exit("quickstart", Err(format!("{error}\n\n{USAGE}").into())),
    }
}

pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let read = |path: &String| std::fs::read(path).map_err(|error| format!("{path}: {error}"));
    let file = options.file.as_ref().map(read).transpose()?;
    let file = file.as_deref().zip(options.file.as_deref());
    let mut rng = devices::os_rng();
    // Everybody has an identity key, and knows the others'.
    let cast = Cast::new(1..=options.threshold.n(), &mut rng)?;
    println!(
        "{} devices in one process. Each table is one party's; a message to all counts once.",
        cast.ids().len()
    );
    if options.ed25519 {
        ed25519(&cast, options.threshold, file, &mut rng)?;
    }
    if options.ecdsa {
        ecdsa(cast, options.threshold, file, &mut rng)?;
    }
    Ok(())
}

/// The bytes of a file, and its name.
type File<'a> = Option<(&'a [u8], &'a str)>;

fn title(text: &str) {
    println!("\n== {text}");
}

/// Makes a key and shows it.
fn make_key<S: Scheme>(
    cast: &Cast,
    threshold: Threshold,
    rng: &mut OsRng,
) -> Result<Vec<KeyShare<S>>, Error> {
    let ran = devices::make_key(cast, threshold, rng)?;
    print!("{}", ran.table);
    let shares: Vec<KeyShare<S>> = ran.into_outputs();
    for share in &shares {
        let (key, stored) = (hex::encode(share.public().public_key()), share.to_bytes().expose().len());
        println!("{}: key {key}, share of {stored} bytes", share.id());
    }
    Ok(shares)
}

fn ed25519(cast: &Cast, threshold: Threshold, file: File<'_>, rng: &mut OsRng) -> Result<(), Error> {
    title(&format!("Ed25519: key generation, {threshold}, FROST(Ed25519, SHA-512)"));
    let shares = make_key::<FrostEd25519>(cast, threshold, rng)?;
    let public = shares[0].public();
    let key: [u8; 32] = public.public_key().try_into().map_err(|_| "not an Ed25519 key")?;
    let verifier = ed25519_dalek::VerifyingKey::from_bytes(&key)?;

    let (message, what) = file.map_or_else(
        || {
            let mut transfer = SOLANA_TRANSFER.to_vec();
            transfer[PAYER].copy_from_slice(&key);
            (transfer, "a Solana transfer of 1.5 SOL paid by the new key")
        },
        |(bytes, name)| (bytes.to_vec(), name),
    );
    title(&format!("Ed25519: signing {what}, {} bytes", message.len()));
    let task = Task::new(public, devices::first(&shares)?, &message, devices::session_id(rng))?;
    let quorum = &shares[..threshold.t().into()];
    let sign = |share, rng: &mut OsRng| frost::Sign::start(share, task.clone(), rng);
    let ran = devices::run(cast, quorum, sign, rng)?;
    print!("{}", ran.table);
    for (id, signature) in ran.outputs {
        verifier
            .verify_strict(&message, &signature.into())
            .map_err(|_| format!("{id}: ed25519-dalek refuses the signature"))?;
        println!("{id}: signature {}, verified by ed25519-dalek", hex::encode(signature.to_bytes()));
    }
    Ok(())
}

fn ecdsa(cast: Cast, threshold: Threshold, file: File<'_>, rng: &mut OsRng) -> Result<(), Error> {
    title(&format!("ECDSA: key generation, {threshold}, secp256k1"));
    let shares = make_key::<EcdsaSecp256k1>(&cast, threshold, rng)?;
    let signers = devices::first(&shares)?;

    // Any two that ever sign together must have paired. Of many devices we pair those that will sign here.
    let few = cast.ids().len() <= devices::MANY;
    let paired = if few { cast.roster().parties().clone() } else { signers.clone() };
    title(&format!("ECDSA: pairing every two of {} devices, once for all their keys", paired.len()));
    let pairings = devices::pair(&cast, &paired, rng)?;
    print!("{}", pairings.table);
    for (id, bytes) in &pairings.stored {
        println!("{id}: paired with {} devices, {bytes} bytes stored", paired.len() - 1);
    }

    let wallet = Wallet::of(cast, shares, signers, pairings.sets);
    if let Some((bytes, name)) = file {
        title(&format!("ECDSA: signing SHA-256 of {name}, {} bytes", bytes.len()));
        let digest = Sha256::digest(bytes).into();
        let signature = sign(&wallet, Message::sha256(bytes), &digest, rng)?;
        println!("signature {}, DER, verified by k256", hex::encode(signature.to_der()));
        return Ok(());
    }
    pay_by_ethereum(&wallet, rng)?;
    pay_by_bitcoin(&wallet, rng)
}

/// Signs with the key itself, in three rounds, and shows what they cost.
fn sign(
    wallet: &Wallet,
    message: Message,
    digest: &[u8; 32],
    rng: &mut OsRng,
) -> Result<Signature<EcdsaSecp256k1>, Error> {
    let (key, signers) = (wallet.key(), wallet.signers.clone());
    let task = ecdsa::Task::new(key, signers, Path::default(), message, devices::session_id(rng))?;
    let ran =
        wallet.run(|share, pairings, rng| ecdsa::Sign::start(share, task.clone(), pairings, rng), rng)?;
    print!("{}", ran.table);
    let signature = ran.agreed()?;
    devices::verify(&VerifyingKey::from(key), digest, signature)?;
    Ok(signature)
}

fn pay_by_ethereum(wallet: &Wallet, rng: &mut OsRng) -> Result<(), Error> {
    let transaction = ethereum::Transaction::parse(ETHEREUM_PAYMENT)?;
    let bytes = transaction.to_bytes();
    title(&format!("ECDSA: signing an Ethereum payment, {}", transaction.describe()));
    let signature = sign(wallet, Message::keccak256(&bytes), &ethereum::keccak256(&bytes), rng)?;
    let raw = transaction.signed(&signature.to_bytes_recoverable())?;
    println!("raw transaction {}", hex::encode(&raw));
    let (sender, own) = (ethereum::sender(&raw)?, ethereum::address(&wallet.key().into()));
    if sender != own {
        return Err("the transaction's sender is not the key's address".into());
    }
    println!("its sender, recovered from it, is the key's address {}", ethereum::checksummed(&sender));
    Ok(())
}

fn pay_by_bitcoin(wallet: &Wallet, rng: &mut OsRng) -> Result<(), Error> {
    let key = wallet.key().public_key();
    let (transaction, key_hash) = (bitcoin::bundled(&key), bitcoin::hash160(&key));
    title(&format!(
        "ECDSA: signing a Bitcoin payment of 0.0125 BTC from {} (P2WPKH, BIP-143)",
        bitcoin::address(&key_hash)
    ));
    let bytes = transaction.to_sign(0, &key_hash, bitcoin::BUNDLED_AMOUNT)?;
    let signature = sign(wallet, Message::sha256d(&bytes), &bitcoin::sha256d(&bytes), rng)?;
    let witness = bitcoin::witness(&signature.to_der(), &key);
    let raw = transaction.signed(std::slice::from_ref(&witness))?;
    println!("witness {}, verified by k256", witness.iter().map(hex::encode).collect::<Vec<_>>().join(" "));
    println!("transaction {} in {} bytes", transaction.id(), raw.len());
    Ok(())
}
