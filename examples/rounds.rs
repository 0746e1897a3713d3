//! What each round of each protocol costs one party: messages, bytes, time, memory. As a Markdown table on the screen and in a folder, as CSV and
//! as a plot (SVG).
//!
//! `cargo run --release --example rounds -- [--out DIR] [--repetitions R] [--quick]`
//!
//! Every party runs in this process, one after the other, on one thread; times are of one party, in a release build, and of nobody's network.
//! Bytes are those of [`quorate::session::Traffic`], the headers and the signatures of envelopes included. Where the protocol does not ask for
//! envelopes, there are none. Keys and pairings that a run starts from are dealt by one hand; only what is measured is real.

mod measure;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use measure::runs::{self, Plan};
use measure::sheet::Sheet;
use measure::{Error, plot};

const USAGE: &str = "usage: rounds [--out DIR] [--repetitions R] [--quick]

Runs every protocol at every party and writes what each round costs one party
to DIR/rounds.md, DIR/rounds.csv and DIR/rounds.svg (default target/rounds), and
the table to the screen. R (default 21) repetitions of each run; runs of many
parties are made once. --quick: few schemes, small groups, one repetition.";

pub(crate) struct Options {
    out: PathBuf,
    repetitions: Option<usize>,
    quick: bool,
}

impl Options {
    /// `None` if help is wanted.
    pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Option<Self>, Error> {
        let mut options = Self { out: "target/rounds".into(), repetitions: None, quick: false };
        let mut arguments = arguments.into_iter();
        while let Some(flag) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{flag} needs a value"));
            match flag.as_str() {
                "--out" => options.out = value()?.into(),
                "--repetitions" => {
                    let text = value()?;
                    let number = text.parse().ok().filter(|number| (1..=10_000).contains(number));
                    options.repetitions =
                        Some(number.ok_or(format!("--repetitions: {text} is not in 1..=10000"))?);
                }
                "--quick" => options.quick = true,
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown argument {flag}").into()),
            }
        }
        Ok(Some(options))
    }
}

fn main() -> ExitCode {
    let result = match Options::parse(std::env::args().skip(1)) {
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Ok(Some(options)) => run(&options).map(|sheet| {
            println!("{}", sheet.markdown());
            println!("written to {}: rounds.md, rounds.csv, rounds.svg", options.out.display());
        }),
        Err(error) => Err(format!("{error}\n\n{USAGE}").into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rounds: {error}");
            ExitCode::from(2)
        }
    }
}

/// Measures, and writes the three files.
pub(crate) fn run(options: &Options) -> Result<Sheet, Error> {
    let plan = if options.quick {
        Plan {
            sizes: vec![(2, 2), (2, 3)],
            repetitions: options.repetitions.unwrap_or(1),
            batch: 4,
            few: true,
        }
    } else {
        let sizes = vec![(2, 2), (2, 3), (3, 5), (5, 9), (7, 13), (67, 100)];
        Plan { sizes, repetitions: options.repetitions.unwrap_or(21), batch: 32, few: false }
    };
    // Before anything is measured.
    fs::create_dir_all(&options.out).map_err(|error| format!("{}: {error}", options.out.display()))?;
    let sheet = runs::all(&plan, &mut |what| eprintln!("rounds: {what}"))?;
    let write = |name: &str, text: &str| {
        let path = options.out.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    write("rounds.md", &sheet.markdown())?;
    write("rounds.csv", &sheet.csv())?;
    write("rounds.svg", &plot::svg(&sheet)?)?;
    Ok(sheet)
}
