//! `quorate-api FILE`: a crate's public items, one a line, from rustdoc's JSON.
//!
//! Impls of auto traits (`Send`) and blanket impls (`Into`) are left out. The traits of core that a type implements stand in one line
//! per type, without their methods: what is derived is a part of the promise, and a `Clone` too many is a mistake that the
//! list is to show. The crate's own name and the paths of the prelude are cut off.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::ExitCode;

/// Paths that every reader knows by their last part.
const PRELUDE: &[&str] = &[
    "quorate::",
    "core::clone::",
    "core::cmp::",
    "core::convert::",
    "core::default::",
    "core::error::",
    "core::fmt::",
    "core::hash::",
    "core::iter::traits::",
    "core::marker::",
    "core::option::",
    "core::result::",
    "alloc::boxed::",
    "alloc::string::",
    "alloc::vec::",
];

/// Traits whose impls are told in one line, with the methods that follow from them.
const TOLD: &[(&str, &[&str])] = &[
    ("Clone", &["clone"]),
    ("Copy", &[]),
    ("Debug", &["fmt"]),
    ("Default", &["default"]),
    ("Display", &["fmt"]),
    ("Eq", &[]),
    ("Error", &["source"]),
    ("Hash", &["hash"]),
    ("Ord", &["cmp"]),
    ("PartialEq", &["eq"]),
    ("PartialOrd", &["partial_cmp"]),
    ("StructuralPartialEq", &[]),
];

/// The type and the trait of an `impl TRAIT for TYPE` that is told in one line.
fn told(line: &str) -> Option<(&str, &'static str, &'static [&'static str])> {
    let (head, of) = line.strip_prefix("impl")?.split_once(" for ")?;
    let name = head.rsplit(' ').next()?;
    TOLD.iter().find(|(told, _)| *told == name).map(|(told, methods)| (of, *told, *methods))
}

fn list(file: &str) -> Result<BTreeSet<String>, Box<dyn std::error::Error>> {
    let builder = public_api::Builder::from_rustdoc_json(file);
    let api = builder.omit_auto_trait_impls(true).omit_blanket_impls(true).sorted(true).build()?;
    let mut lines = BTreeSet::new();
    let mut types = BTreeMap::<String, BTreeSet<&str>>::new();
    // An impl's items follow it.
    let mut skipped: (String, &[&str]) = (String::new(), &[]);
    for item in api.items() {
        let line = PRELUDE.iter().fold(item.to_string(), |line, path| line.replace(path, ""));
        if let Some((of, name, methods)) = told(&line) {
            let plain = of.split('<').next().unwrap_or(of);
            skipped = (plain.to_owned(), methods);
            types.entry(of.to_owned()).or_default().insert(name);
            continue;
        }
        let path = line.strip_prefix("pub fn ").and_then(|line| line.split('(').next()).unwrap_or_default();
        let method = path.rsplit("::").next().unwrap_or_default().split('<').next().unwrap_or_default();
        if !(path.starts_with(&skipped.0) && skipped.1.contains(&method)) {
            lines.insert(line);
        }
    }
    for (of, mut names) in types {
        names.remove("StructuralPartialEq");
        if !names.is_empty() {
            let names: Vec<_> = names.into_iter().collect();
            lines.insert(format!("impl for {of}: {}", names.join(" ")));
        }
    }
    Ok(lines)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: quorate-api RUSTDOC.json");
        return ExitCode::from(2);
    };
    let mut out = std::io::stdout().lock();
    let printed = list(&file)
        .and_then(|lines| lines.iter().try_for_each(|line| writeln!(out, "{line}")).map_err(Into::into));
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}
