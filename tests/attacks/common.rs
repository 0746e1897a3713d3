//! What several sections need: a run of every protocol, written down; two that pair; signers around a table; the source.

#[allow(dead_code)]
pub(crate) mod links;
#[allow(dead_code)]
pub(crate) mod pairs;
#[allow(dead_code)]
pub(crate) mod signers;

use std::fs;
use std::path::{Path, PathBuf};

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, Scheme};
use quorate::error::Rejected;
use quorate::keyset::{self, AnyScheme, Bundle, KeySet};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::repair::{self, Repair};
use quorate::session::Receipt;
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::{Header, SessionId};

use crate::driver::{self, E, Outcome, Player, Protocol, Script, dkg, ecdsa, frost, id, life, rng, seal};

/// Looks at a protocol; `make` writes down a run of it, of which 2 takes part. Runs of two seeds have two session ids.
pub(crate) trait Visit {
    fn protocol<P: Protocol>(&mut self, name: &str, make: &dyn Fn(u64) -> Script<P>);
}

/// All of them, and every kind of signing on both curves.
pub(crate) fn every_protocol(visit: &mut impl Visit) {
    visit.protocol("key generation", &|seed| dkg::<E>(2, &[1, 2, 3], seed).0);
    visit.protocol("key generation on secp256k1", &|seed| dkg::<EcdsaSecp256k1>(2, &[1, 2, 3], seed).0);
    visit.protocol("key set", &key_set);
    visit.protocol("refresh", &|seed| life::refresh::<E>(2, &[1, 2, 3], seed).0);
    visit.protocol("reshare", &|seed| life::reshare::<E>(seed).0);
    visit.protocol("import", &|seed| life::import::<EcdsaP256>(seed).0);
    visit.protocol("repair", &repair);
    visit.protocol("FROST", &|seed| frost(2, &[1, 2, 3], &[1, 2, 3], b"x", seed).0);
    visit.protocol("pairing", &ecdsa::pairing);
    visit.protocol("ECDSA", &|seed| ecdsa::sign::<EcdsaSecp256k1>(3, &[1, 2, 3], &[1, 2, 3], seed));
    visit.protocol("batch", &|seed| ecdsa::batch::<EcdsaP256>(2, &[1, 2], &[1, 2], 2, seed));
    visit.protocol("presigning", &|seed| ecdsa::presign::<EcdsaP256>(2, &[1, 2, 3], &[2, 3], 1, seed));
    visit.protocol("presignature", &|seed| ecdsa::online::<EcdsaSecp256k1>(2, &[1, 2], &[1, 2], seed));
}

impl Outcome for Bundle {
    fn bytes(&self) -> Vec<u8> {
        self.to_bytes().expose().clone()
    }
}

/// Only whoever lost its share has something.
impl<S: Scheme> Outcome for repair::Outcome<S> {
    fn bytes(&self) -> Vec<u8> {
        format!("{self:?}").into_bytes()
    }
}

fn key_set(seed: u64) -> Script<KeySet> {
    let cast = Cast::new(1..=3, &mut rng(seed)).unwrap();
    let (threshold, session) = (Threshold::new(2, 3).unwrap(), SessionId([seed as u8; 16]));
    let schemes = [AnyScheme::EcdsaSecp256k1, AnyScheme::FrostEd25519];
    let run = keyset::Run::new(threshold, cast.roster().clone(), session, schemes).unwrap();
    let parties = cast.ids();
    Script::new(cast, &parties, move |me| {
        let mut rng = rng(seed << 16 | u64::from(me.get()));
        KeySet::start(&run, me, &mut MemoryLedger::default(), &mut rng).unwrap()
    })
}

/// 1 and 2 rebuild the share of 3.
fn repair(seed: u64) -> Script<Repair<E>> {
    let (cast, shares) = driver::key(2, &[1, 2, 3], seed);
    let helpers = Parties::from_numbers([1, 2]).unwrap();
    let run = repair::Run::new(shares[0].public(), id(3), helpers, SessionId([seed as u8; 16])).unwrap();
    let parties = cast.ids();
    Script::new(cast, &parties, move |me| {
        let Some(share) = shares.iter().find(|share| share.id() == me && me != id(3)) else {
            return Repair::rebuild(&run, me).unwrap();
        };
        Repair::help(&run, share, None, &mut rng(seed << 16 | u64::from(me.get()))).unwrap()
    })
}

/// Gives a player bytes that whoever their header names signs, where messages are signed, and sends.
pub(crate) fn deliver<P: Protocol>(
    script: &Script<P>,
    player: &mut Player<P>,
    header: &Header,
    body: &[u8],
) -> Result<Receipt, Rejected> {
    let bytes = [&header.to_bytes()[..], body].concat();
    if player.signed {
        return player.session.receive_signed(&seal(&script.cast, &bytes).0);
    }
    player.session.receive(header.from, &bytes)
}

/// Plays a party to the end on what it gets; `meddle` sees it before each message.
pub(crate) fn play_through<P: Protocol>(
    name: &str,
    script: &Script<P>,
    me: PartyId,
    mut meddle: impl FnMut(&mut Player<P>, &driver::Mail),
) {
    let mut player = script.play(me);
    for mail in script.inbound(me) {
        meddle(&mut player, &mail);
        if !player.session.is_over() {
            assert_eq!(player.receive(&mail), Ok(Receipt::Stored), "{name}");
        }
        player.advance(&script.cast);
    }
    assert!(player.result.unwrap().unwrap() == script.result(me), "{name}: another result");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the repository.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust file below a directory of the repository, by its path from the root.
pub(crate) fn files(under: &str) -> Vec<String> {
    fn walk(dir: PathBuf, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(root().join(under), &mut found);
    found.sort();
    found.iter().map(|path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned()).collect()
}

/// What is built into the library: without tests, comments, and what only tests use.
pub(crate) fn library() -> Vec<(String, String)> {
    const TESTS: [&str; 7] = [
        "src/attacks",
        "src/known_answers",
        "src/curve/toy",
        "src/curve/laws",
        "src/vole/known",
        "/tests",
        "/model/",
    ];
    let built = files("src").into_iter().filter(|path| TESTS.iter().all(|part| !path.contains(part)));
    let code = |path: String| {
        let all = text(&path);
        let code = all.split("\nmod tests {").next().unwrap();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        (path, code.collect::<Vec<_>>().join("\n"))
    };
    built.map(code).collect()
}
