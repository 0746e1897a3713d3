//! Inputs that every target takes all the way in. Each is tried as it is made.

use quorate::party::PartyId;

use crate::driver::{E, Protocol, Script, dkg, ecdsa, frost, id, life};
use crate::steer::{ADVANCE, BODY, EDGE, Ended, FLIP, HEADER, HONEST, PAUSE, RAW, SIGNED, SPLICE, SPOOF};
use crate::{channels, decoders, multiscalar, passkeys, readers, receive, scheduler, stored};

/// One input.
pub struct Seed {
    /// The target.
    pub target: &'static str,
    /// The file's name.
    pub name: String,
    /// The input.
    pub bytes: Vec<u8>,
}

/// All of them.
///
/// # Panics
/// If one is not taken.
#[must_use]
pub fn all() -> Vec<Seed> {
    let mut seeds = Vec::new();
    let mut list = |target: &'static str, some: Vec<(String, Vec<u8>)>| {
        seeds.extend(some.into_iter().map(|(name, bytes)| Seed { target, name, bytes }));
    };
    let none: &[u8] = &[];
    list("receive_dkg", programs(receive::play_dkg, &dkg::<E>(2, &[1, 2, 3], 1).0, id(2), none));
    list("receive_life", programs(receive::play_life, &life::refresh::<E>(2, &[1, 2, 3], 1).0, id(2), &[0]));
    list("receive_life", programs(receive::play_life, &life::reshare::<E>(1).0, id(2), &[1]));
    list("receive_life", programs(receive::play_life, &life::import::<E>(1).0, id(2), &[2]));
    let (script, _) = frost(2, &[1, 2, 3], &[1, 2, 3], b"fuzzed", 1);
    list("receive_frost", programs(receive::play_frost, &script, id(2), none));
    list("receive_pairing", programs(receive::play_pairing, &ecdsa::pairing(1), id(1), none));
    let all = ecdsa::Scripts::new();
    list("receive_ecdsa", programs(receive::play_ecdsa, &all.sign, id(2), &[0]));
    list("receive_ecdsa", programs(receive::play_ecdsa, &all.p256, id(2), &[1]));
    list("receive_ecdsa", programs(receive::play_ecdsa, &all.batch, id(2), &[2]));
    list("receive_ecdsa", programs(receive::play_ecdsa, &all.presign, id(2), &[3]));
    list("receive_ecdsa", programs(receive::play_ecdsa, &all.online, id(2), &[4]));
    let numbered = |seeds: Vec<Vec<u8>>| {
        seeds.into_iter().enumerate().map(|(at, seed)| (format!("{at:02}"), seed)).collect::<Vec<_>>()
    };
    list("policy", numbered(readers::samples()));
    list("passkey", numbered(passkeys::Table::new().seeds()));
    list("receive_channel", channel_programs());
    list("multiscalar", multiscalar::seeds());
    list("scheduler", scheduler::seeds());
    list("stored", stored::seeds());
    list("decode", decoder_seeds());
    for Seed { target, bytes, .. } in &seeds {
        let (_, run) = crate::TARGETS.iter().find(|(name, _)| name == target).expect("a target");
        run(bytes);
    }
    seeds
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

/// Programs for `steer`, behind the bytes that pick the script, which stand in the names too: the honest run in several ways, and with a cheater.
fn programs<S: Protocol>(
    play: impl Fn(&[u8]) -> Ended,
    script: &Script<S>,
    me: PartyId,
    pick: &[u8],
) -> Vec<(String, Vec<u8>)> {
    let number: String = pick.iter().map(|pick| format!("{pick}-")).collect();
    let mut list = Vec::new();
    let mut add = |name: &str, signed: u8, program: &[u8], ends: &[Ended]| {
        let bytes = [pick, &[signed], program].concat();
        let ended = play(&bytes);
        assert!(ends.contains(&ended), "{number}{name}: {ended:?}");
        list.push((format!("{number}{name}"), bytes));
    };
    let inbound = script.inbound(me);
    let numbers = 0..inbound.len() as u8;
    let well = &[Ended::Result];
    let in_order: Vec<u8> = numbers.clone().flat_map(|k| [HONEST, k, ADVANCE]).collect();
    add("in-order-0", 0, &in_order, well);
    add("in-order-1", 1, &in_order, well);
    let reversed: Vec<u8> = numbers.clone().rev().flat_map(|k| [HONEST, k, HONEST, k, PAUSE]).collect();
    add("reversed-and-paused", 1, &reversed, well);
    // the messages of a signing are too long to be kept in here
    if inbound.iter().map(|mail| mail.message().len()).sum::<usize>() < 20_000 {
        let bodies: Vec<u8> = inbound
            .iter()
            .zip(numbers.clone())
            .flat_map(|(mail, k)| [&[BODY, k][..], mail.0.body(), &[ADVANCE]].concat())
            .collect();
        add("bodies", 1, &bodies, well);
        let strings =
            inbound.iter().flat_map(|mail| [&[SIGNED][..], &string(mail.message()), &[ADVANCE]].concat());
        add("signed-strings", 1, &strings.collect::<Vec<_>>(), well);
        let raw = inbound.iter().flat_map(|mail| {
            let from = script.cast.ids().iter().position(|id| *id == mail.from()).expect("a member") as u8;
            [&[RAW, from][..], &string(mail.message()), &[ADVANCE]].concat()
        });
        add("raw-strings", 0, &raw.collect::<Vec<_>>(), well);
    }
    // refused, all of it
    let strangers: Vec<u8> = numbers.flat_map(|k| [SPOOF, k, 0, HEADER, k, 40, 1, HEADER, k, 0, 1]).collect();
    add("strangers", 1, &[&strangers[..], &in_order].concat(), well);
    for (k, mail) in inbound.iter().enumerate() {
        let [.., high, low] = (mail.0.body().len() - 1).to_be_bytes();
        let either = &[Ended::Result, Ended::Verdict];
        add(&format!("cheater-{k}"), 1, &[&[FLIP, k as u8, high, low, 1], &in_order[..]].concat(), either);
        let (high, edge) = ((k / 11) as u8, (k % 11) as u8);
        add(&format!("edge-{k}"), 1, &[&[EDGE, k as u8, high, 0, edge], &in_order[..]].concat(), either);
        let splice = [SPLICE, k as u8, k as u8 + 1, 0, 0, 0, 0, 0];
        add(&format!("splice-{k}"), 1, &[&splice, &in_order[..]].concat(), either);
    }
    list
}

/// What a member of a cluster receives: all that is honest, with a bit turned each before it, and as mere strings.
fn channel_programs() -> Vec<(String, Vec<u8>)> {
    let stage = channels::Stage::new();
    let numbers = 0..stage.honest.len() as u8;
    let in_order: Vec<u8> = numbers.clone().flat_map(|k| [1, k]).collect();
    let turned: Vec<u8> = numbers.flat_map(|k| [2, k, 0, 50, 1, 1, k, 3]).collect();
    let strings: Vec<u8> =
        stage.honest.iter().flat_map(|bytes| [&[0][..], &string(bytes)].concat()).collect();
    [("in-order", in_order), ("turned", turned), ("strings", strings)]
        .map(|(name, program)| (name.to_owned(), program))
        .into()
}

fn decoder_seeds() -> Vec<(String, Vec<u8>)> {
    let mut list = Vec::new();
    for (pick, decoder) in decoders::all().iter().enumerate() {
        for (k, seed) in decoder.seeds.iter().enumerate() {
            assert!((decoder.decode)(seed).as_ref() == Some(seed), "{}", decoder.name);
            let name = format!("{pick:02}-{}-{k}", decoder.name.replace(' ', "-"));
            list.push((name, [&[pick as u8][..], seed].concat()));
        }
    }
    list
}
