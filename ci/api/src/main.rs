//! `quorate-api FILE`: one line per public item of a crate, from rustdoc's JSON.
//!
//! Impls of auto traits (`Send`) and blanket impls (`Into`) are left out; derived impls are kept, since a `Clone` too many
//! is a mistake that this list is to show.

use std::io::Write as _;
use std::process::ExitCode;

fn print(file: &str) -> Result<(), Box<dyn std::error::Error>> {
    let api = public_api::Builder::from_rustdoc_json(file)
        .omit_auto_trait_impls(true)
        .omit_blanket_impls(true)
        .sorted(true)
        .build()?;
    // Items that are shown without their modules, for the reader to find them.
    if let Some(id) = api.missing_item_ids().next() {
        return Err(format!("rustdoc's item {id} is not in its own file").into());
    }
    let mut out = std::io::stdout().lock();
    for item in api.items() {
        writeln!(out, "{item}")?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: quorate-api RUSTDOC.json");
        return ExitCode::from(2);
    };
    match print(&file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}
