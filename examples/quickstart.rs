//! The main job: parties that exchange nothing but bytes make an Ed25519 key that never exists in one place, and sign a
//! real message with it.
//!
//! `cargo run --release --example quickstart -- [--threshold T] [--parties N] [--file PATH]`

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Instant;

use ed25519_dalek::VerifyingKey;
use quorate::curve::FrostEd25519;
use quorate::dkg::{Dkg, Run};
use quorate::frost::{Sign, Task};
use quorate::key::KeyShare;
use quorate::party::{Parties, Threshold};
use quorate::session::{Session, State};
use quorate::sim::{Cast, Faults, Report};
use quorate::wire::SessionId;
use rand_core::{Rng, UnwrapErr};

type OsRng = UnwrapErr<getrandom::SysRng>;

/// A Solana transfer of 1.5 SOL: header 4, accounts (payer, receiver, system program) 3 * 32, recent blockhash 32, one
/// instruction. The payer is left blank; the new key becomes the payer.
const SOLANA_TRANSFER: &[u8] = include_bytes!("data/solana-transfer.bin");
const PAYER: std::ops::Range<usize> = 4..36;

const USAGE: &str = "usage: quickstart [--threshold T] [--parties N] [--file PATH]

Makes an Ed25519 key among N parties (default 3), any T of which (default 2) can sign,
and signs a bundled Solana transfer, or the bytes of the file at PATH.";

struct Options {
    threshold: Threshold,
    file: Option<String>,
}

fn options() -> Result<Option<Options>, String> {
    let (mut t, mut n, mut file) = (2u16, 3u16, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{flag} needs a value"));
        let number =
            |text: String| text.parse().map_err(|_| format!("{flag}: {text} is not a number of parties"));
        match flag.as_str() {
            "--threshold" => t = number(value()?)?,
            "--parties" => n = number(value()?)?,
            "--file" => file = Some(value()?),
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("unknown argument {flag}")),
        }
    }
    let threshold = Threshold::new(t, n).map_err(|error| error.to_string())?;
    Ok(Some(Options { threshold, file }))
}

fn main() -> ExitCode {
    match options() {
        Ok(None) => println!("{USAGE}"),
        Ok(Some(options)) => {
            if let Err(message) = run(&options) {
                eprintln!("quickstart: {message}");
                return ExitCode::from(2);
            }
        }
        Err(message) => {
            eprintln!("quickstart: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn run(options: &Options) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let read = |path: &String| std::fs::read(path).map_err(|error| format!("{path}: {error}"));
    let given = options.file.as_ref().map(read).transpose()?;
    let mut rng: OsRng = UnwrapErr(getrandom::SysRng);
    let threshold = options.threshold;

    // 1. Everybody has an identity key, and knows the others'.
    let cast = Cast::new(1..=threshold.n(), &mut rng).map_err(|e| text(&e))?;

    // 2. Key generation.
    println!("key generation, {threshold}, FROST(Ed25519, SHA-512)");
    let terms = Run::new(threshold, cast.roster().clone(), session(&mut rng)).map_err(|e| text(&e))?;
    let sessions: Result<Vec<_>, _> = cast
        .ids()
        .into_iter()
        .map(|id| {
            Dkg::<FrostEd25519>::start(&terms, id, &mut quorate::sim::MemoryLedger::default(), &mut rng)
        })
        .collect();
    let mut reports = watch(&cast, sessions.map_err(|e| text(&e))?, &mut rng);
    print!("{}", reports.first().map(Report::table).unwrap_or_default());
    let mut shares = Vec::new();
    for report in reports.drain(..) {
        shares.push(result(report)?);
    }
    let key: [u8; 32] = shares[0].public().public_key().try_into().map_err(|_| "not an Ed25519 key")?;
    let verifier = VerifyingKey::from_bytes(&key).map_err(|e| text(&e))?;
    for share in &shares {
        let stored = share.to_bytes().expose().len();
        println!("{}: key {}, share of {stored} bytes", share.id(), hex(&key));
    }

    // 3. The first T of them sign.
    let message = given.unwrap_or_else(|| {
        let mut transfer = SOLANA_TRANSFER.to_vec();
        transfer[PAYER].copy_from_slice(&key);
        transfer
    });
    let what = options.file.as_deref().unwrap_or("a Solana transfer of 1.5 SOL paid by the new key");
    println!("\nsigning {what}, {} bytes", message.len());
    let quorum = &shares[..threshold.t().into()];
    let signers = Parties::new(quorum.iter().map(KeyShare::id)).map_err(|e| text(&e))?;
    let task = Task::new(shares[0].public(), signers, &message, session(&mut rng)).map_err(|e| text(&e))?;
    let sessions: Result<Vec<_>, _> =
        quorum.iter().map(|share| Sign::start(share, task.clone(), &mut rng)).collect();
    let mut reports = watch(&cast, sessions.map_err(|e| text(&e))?, &mut rng);
    print!("{}", reports.first().map(Report::table).unwrap_or_default());
    for report in reports.drain(..) {
        let id = report.id;
        let signature = result(report)?;
        verifier
            .verify_strict(&message, &signature.into())
            .map_err(|_| format!("{id}: ed25519-dalek refuses the signature"))?;
        println!("{id}: signature {}, verified by ed25519-dalek", hex(&signature.to_bytes()));
    }
    Ok(())
}

fn session(rng: &mut OsRng) -> SessionId {
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    SessionId(id)
}

/// Runs the sessions over the in-memory network, and shows on a terminal who has sent what.
fn watch<S: State>(cast: &Cast, sessions: Vec<Session<S>>, rng: &mut OsRng) -> Vec<Report<S::Output>> {
    let (n, start, terminal) = (sessions.len(), Instant::now(), std::io::stderr().is_terminal());
    let mut seen = (0, 0, None);
    let mut progress = |letter: &mut quorate::sim::Letter| {
        let header = letter.header;
        if seen.0 != header.round {
            seen = (header.round, 0, None);
        }
        if seen.2 != Some(header.from) {
            seen = (header.round, seen.1 + 1, Some(header.from));
            if terminal && n > 10 {
                eprint!("\rround {}: {} of {n} parties have sent", seen.0, seen.1);
                let _ = std::io::stderr().flush();
            } else if n > 10 && seen.1 == n {
                eprintln!(
                    "round {}: all {n} parties have sent, {:.1} s",
                    seen.0,
                    start.elapsed().as_secs_f64()
                );
            }
        }
        true
    };
    let reports = cast.run_with(sessions, Faults::default(), &mut progress, rng);
    if terminal && n > 10 {
        eprintln!("\rdone in {:.1} s{:40}", start.elapsed().as_secs_f64(), "");
    }
    reports
}

fn result<O>(report: Report<O>) -> Result<O, String> {
    match report.outcome {
        Some(Ok(output)) => Ok(output),
        Some(Err(abort)) => Err(format!("{}: {abort}", report.id)),
        None => Err(format!("{} still waits for messages", report.id)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
