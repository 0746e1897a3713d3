//! What the library is built from, on the machine that runs the tests: one version of each crate, no crate and no
//! licence that `deny.toml` does not allow. `cargo deny check bans licenses sources` says the same for every platform.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

const POLICY: &str = include_str!("../deny.toml");

/// Name, version and licence of each crate in the library's graph, the tests' own dependencies left out.
fn graph() -> BTreeSet<(String, String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--all-features", "--edges=normal,build", "--prefix=none"])
        .args([
            "--no-dedupe",
            "--format={p}|{l}",
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .expect("cargo tree");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines()
        .filter_map(|line| {
            let (package, licence) = line.split_once('|')?;
            let (name, rest) = package.split_once(" v")?;
            let version = rest.split(' ').next()?;
            Some((name.to_owned(), version.to_owned(), licence.trim().to_owned()))
        })
        .collect()
}

/// The quoted first words of the lines of a list in `deny.toml`.
fn policy(list: &str) -> BTreeSet<&'static str> {
    let opening = format!("{list} = [");
    let lines = POLICY.lines().skip_while(|line| *line != opening).skip(1).take_while(|line| *line != "]");
    lines.filter(|line| !line.trim().starts_with('#')).filter_map(|line| line.split('"').nth(1)).collect()
}

/// Whether a licence expression can be met by the allowed ones: `(MIT OR Apache-2.0) AND Unicode-3.0`.
fn permits(allowed: &BTreeSet<&str>, expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    let answer = any(allowed, &mut rest);
    answer && rest.is_empty()
}

fn any(allowed: &BTreeSet<&str>, rest: &mut &[&str]) -> bool {
    let mut answer = all(allowed, rest);
    while let Some(("OR", after)) = rest.split_first().map(|(word, after)| (*word, after)) {
        *rest = after;
        answer |= all(allowed, rest);
    }
    answer
}

fn all(allowed: &BTreeSet<&str>, rest: &mut &[&str]) -> bool {
    let mut answer = one(allowed, rest);
    while let Some(("AND", after)) = rest.split_first().map(|(word, after)| (*word, after)) {
        *rest = after;
        answer &= one(allowed, rest);
    }
    answer
}

fn one(allowed: &BTreeSet<&str>, rest: &mut &[&str]) -> bool {
    let Some((word, after)) = rest.split_first() else { return false };
    *rest = after;
    if *word != "(" {
        return allowed.contains(word);
    }
    let answer = any(allowed, rest);
    match rest.split_first() {
        Some((&")", after)) => *rest = after,
        _ => return false,
    }
    answer
}

#[test]
fn one_version_of_each_crate() {
    let mut versions = BTreeMap::<_, Vec<_>>::new();
    for (name, version, _) in graph() {
        versions.entry(name).or_default().push(version);
    }
    for crates in
        ["curve25519-dalek", "sha2", "subtle", "zeroize", "rand_core", "group", "ff", "crypto-bigint"]
    {
        assert!(versions.contains_key(crates), "{crates} is not in the graph: was the right thing read?");
    }
    // A parser for derive macros, of which nothing is in the library.
    versions.remove("syn");
    versions.retain(|_, versions| versions.len() > 1);
    assert!(versions.is_empty(), "more than one version: {versions:?}");
}

#[test]
fn no_banned_crate() {
    let banned = policy("deny");
    assert!(banned.contains("num-bigint") && banned.contains("ring") && banned.contains("getrandom"));
    for (name, version, _) in graph() {
        assert!(!banned.contains(name.as_str()), "{name} {version} is banned by deny.toml");
    }
}

#[test]
fn no_other_licence_than_the_permissive_ones() {
    let allowed = policy("allow");
    for (name, version, licence) in graph() {
        assert!(permits(&allowed, &licence), "{name} {version}: licence `{licence}`");
    }
    for good in ["MIT", "MIT/Apache-2.0", "MIT OR LGPL-2.1-or-later", "(MIT OR GPL-3.0-only) AND Unicode-3.0"]
    {
        assert!(permits(&allowed, good), "{good}");
    }
    for bad in
        ["", "GPL-3.0-only", "MIT AND LGPL-2.1-or-later", "(MIT OR Apache-2.0) AND MPL-2.0", "MIT Apache-2.0"]
    {
        assert!(!permits(&allowed, bad), "{bad}");
    }
}
