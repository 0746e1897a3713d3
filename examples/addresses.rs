//! One wallet, many addresses: three devices make keys for ECDSA, for Taproot and for Ed25519, and derive a key for each address. What is
//! derived needs no device: a watching wallet finds the same addresses from the extended public key.
//!
//! `cargo run --release --example addresses -- [--seed TEXT] [--count N]`

mod chains;
mod devices;

use std::process::ExitCode;

use chains::{bitcoin, cosmos, ethereum, solana, tron};
use devices::Error;
use k256::ecdsa::VerifyingKey;
use quorate::curve::{EcdsaSecp256k1, FrostEd25519, FrostTaproot, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::frost::taproot::{self, Taproot};
use quorate::key::{KeyShare, Network, Path, PublicKey, Xpub, derive};
use quorate::party::Threshold;
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng};
use sha2::{Digest, Sha256};

const USAGE: &str = "usage: addresses [--seed TEXT] [--count N]

Makes keys for ECDSA, Taproot and Ed25519, 2-of-3, and prints N addresses
(default 2) for each of some chains, each of a key of its own. With --seed, all randomness
comes from that text: the same keys each time, and no secret at all.";

pub(crate) struct Options {
    seed: Option<String>,
    count: u32,
}

impl Options {
    /// `None` if help is wanted.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Option<Self>, Error> {
        let (mut seed, mut count) = (None, 2);
        let mut arguments = arguments.into_iter();
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{flag} needs a value"));
            match flag.as_str() {
                "--seed" => seed = Some(value()?),
                "--count" => {
                    let text = value()?;
                    let number = text.parse().ok().filter(|number| (1..=1000).contains(number));
                    count = number.ok_or(format!("--count: {text} is not in 1..=1000"))?;
                }
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown argument {flag}").into()),
            }
        }
        Ok(Some(Self { seed, count }))
    }
}

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)) {
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Ok(Some(options)) => devices::exit("addresses", run(&options).map(|text| print!("{text}"))),
        Err(error) => devices::exit("addresses", Err(format!("{error}\n\n{USAGE}").into())),
    }
}

/// What is printed.
pub(crate) fn run(options: &Options) -> Result<String, Error> {
    let mut os = devices::os_rng();
    let mut fixed = options.seed.as_ref().map(|seed| ChaCha20Rng::from_seed(Sha256::digest(seed).into()));
    let rng: &mut dyn CryptoRng = match &mut fixed {
        Some(rng) => rng,
        None => &mut os,
    };
    let cast = Cast::new(1..=3, rng)?;
    let (ecdsa, ed25519) = (make_key::<EcdsaSecp256k1>(&cast, rng)?, make_key::<FrostEd25519>(&cast, rng)?);
    let bitcoin = make_key::<FrostTaproot>(&cast, rng)?;
    let xpub = Xpub::new(&ecdsa, Network::Main).to_string();
    let mut out = String::new();
    for (name, key) in [
        ("ECDSA", hex::encode(ecdsa.public_key())),
        ("", xpub.clone()),
        ("Taproot", hex::encode(bitcoin.public_key())),
        ("", Xpub::new(&bitcoin, Network::Main).to_string()),
        ("Ed25519", hex::encode(ed25519.public_key())),
    ] {
        out += &format!("{name:7} {key}\n");
    }
    out += "\n";
    for (chain, account, encode) in &SECP256K1 {
        for index in 0..options.count {
            let path = path(account, index)?;
            let key = compressed(&derive(&ecdsa, &path)?.public_key())?;
            // Somebody else has nothing but the text.
            let watched = compressed(&xpub.parse::<Xpub>()?.derive(&path)?.public_key())?;
            if watched != key {
                return Err("the watching wallet sees another key".into());
            }
            out += &row(chain, &path, &encode(&key)?);
        }
    }
    for index in 0..options.count {
        let path = path("m/0/1", index)?;
        // By default nobody can have hidden a script in the output (BIP-341, BIP-86).
        let output = taproot::output_key(&bitcoin, &path, &Taproot::KeyPath)?;
        out += &row("Bitcoin, P2TR", &path, &bitcoin::taproot_address(&output));
    }
    for index in 0..options.count {
        let path = path("m/501/0", index)?;
        let key = derive(&ed25519, &path)?.public_key();
        let key = key.try_into().map_err(|_| "not an Ed25519 key")?;
        out += &row("Solana", &path, &solana::address(&key));
    }
    out += "\nSolana: by the derivation of this library, which no other wallet knows.\n";
    Ok(out)
}

/// The chains that take secp256k1 keys: name, account (the numbers of SLIP-44, none hardened), and how a compressed key becomes an address.
type Chain = (&'static str, &'static str, fn(&[u8; 33]) -> Result<String, Error>);
const SECP256K1: [Chain; 4] = [
    ("Bitcoin, P2WPKH", "m/0/0", |key| Ok(bitcoin::address(&bitcoin::hash160(key)))),
    ("Ethereum", "m/60/0", |key| Ok(ethereum::checksummed(&account(key)?))),
    ("Cosmos", "m/118/0", |key| Ok(cosmos::address(key))),
    ("Tron", "m/195/0", |key| Ok(tron::address(&account(key)?))),
];

/// The 20 bytes that Ethereum and Tron know a key by.
fn account(key: &[u8; 33]) -> Result<ethereum::Address, Error> {
    Ok(ethereum::address(&VerifyingKey::from_sec1_bytes(key)?))
}

fn compressed(key: &[u8]) -> Result<[u8; 33], Error> {
    Ok(key.try_into().map_err(|_| "not a compressed key")?)
}

fn path(account: &str, index: u32) -> Result<Path, Error> {
    Ok(format!("{account}/{index}").parse()?)
}

fn row(chain: &str, path: &Path, address: &str) -> String {
    format!("{chain:16} {:12} {address}\n", path.to_string())
}

/// The real key generation among all of the cast.
fn make_key<S: Scheme>(cast: &Cast, rng: &mut dyn CryptoRng) -> Result<PublicKey<S>, Error> {
    let mut session = [0; 16];
    rng.fill_bytes(&mut session);
    let terms = Run::new(Threshold::new(2, 3)?, cast.roster().clone(), SessionId(session))?;
    let mut sessions = Vec::new();
    for me in cast.ids() {
        sessions.push(Dkg::start(&terms, me, &mut MemoryLedger::default(), rng)?);
    }
    let mut shares: Vec<KeyShare<S>> = Vec::new();
    for report in cast.run(sessions, rng) {
        shares.push(report.outcome.ok_or("key generation did not end")??);
    }
    let public = shares.first().ok_or("nobody takes part")?.public().clone();
    if shares.iter().all(|share| *share.public() == public) {
        Ok(public)
    } else {
        Err("the keys differ".into())
    }
}
