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

/// The name and version of a package in `Cargo.lock`, and what it depends on.
struct Locked {
    name: String,
    version: String,
    needs: Vec<(String, Option<String>)>,
}

fn lock() -> Vec<Locked> {
    let text = include_str!("../Cargo.lock").parse::<toml::Table>().expect("a lock file");
    let text_of = |value: &toml::Value| value.as_str().expect("text").to_owned();
    let packages = text["package"].as_array().expect("packages");
    let packages = packages.iter().map(|package| {
        let needs = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        // `name`, or `name version` where there are several.
        let needs = needs.map(|need| match text_of(need).split_once(' ') {
            Some((name, version)) => (name.to_owned(), Some(version.to_owned())),
            None => (text_of(need), None),
        });
        Locked {
            name: text_of(&package["name"]),
            version: text_of(&package["version"]),
            needs: needs.collect(),
        }
    });
    packages.collect()
}

/// The places in the lock of a package and all that it depends on.
fn closure(lock: &[Locked], name: &str, version: Option<&str>) -> BTreeSet<usize> {
    let find = |name: &str, version: Option<&str>| {
        let fits = |package: &Locked| package.name == name && version.is_none_or(|v| package.version == v);
        lock.iter().position(fits).unwrap_or_else(|| panic!("{name} {version:?} is not in the lock"))
    };
    let (mut seen, mut open) = (BTreeSet::new(), vec![find(name, version)]);
    while let Some(place) = open.pop() {
        if seen.insert(place) {
            open.extend(lock[place].needs.iter().map(|(name, version)| find(name, version.as_deref())));
        }
    }
    seen
}

/// What all the machines' graphs together have in the way of cryptography, the tests' own dependencies included: one
/// version of each crate, but for what comes with the libraries that the tests compare ours with.
#[test]
fn the_peers_alone_bring_other_versions_of_cryptography() {
    const CRYPTOGRAPHY: [&str; 30] = [
        "aead",
        "aes",
        "aes-gcm",
        "argon2",
        "blake2",
        "blake3",
        "cipher",
        "crypto-bigint",
        "crypto-common",
        "curve25519-dalek",
        "digest",
        "ecdsa",
        "ed25519-dalek",
        "elliptic-curve",
        "ff",
        "ghash",
        "group",
        "hkdf",
        "hmac",
        "k256",
        "keccak",
        "p256",
        "polyval",
        "primeorder",
        "rand_core",
        "sha2",
        "sha3",
        "subtle",
        "x25519-dalek",
        "zeroize",
    ];
    let lock = lock();
    let us = lock.iter().find(|package| package.name == "quorate").expect("quorate");
    let peers = |name: &str| name.starts_with("frost-");
    let (ours, theirs): (Vec<_>, Vec<_>) =
        us.needs.iter().filter(|(name, _)| name != "quorate").partition(|(name, _)| !peers(name));
    assert_eq!(theirs.len(), 6);
    let mut versions = BTreeMap::<_, BTreeSet<_>>::new();
    for (name, version) in ours {
        for place in closure(&lock, name, version.as_deref()) {
            versions.entry(lock[place].name.as_str()).or_default().insert(lock[place].version.as_str());
        }
    }
    for name in CRYPTOGRAPHY {
        assert_eq!(versions.get(name).map(BTreeSet::len), Some(1), "{name}: {:?}", versions.get(name));
    }
    // It does see them: k256 of a peer is another.
    let peer = closure(&lock, "frost-secp256k1", None);
    assert!(
        peer.iter()
            .any(|place| lock[*place].name == "k256" && !versions["k256"].contains(&*lock[*place].version))
    );
}
