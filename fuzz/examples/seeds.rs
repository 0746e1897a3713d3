//! Writes the seed corpora under `fuzz/seeds`: `cargo +nightly run --manifest-path fuzz/Cargo.toml --example seeds`.

#[path = "../fuzz_targets/channels/mod.rs"]
#[allow(dead_code)]
mod channels;
#[path = "../fuzz_targets/decoders/mod.rs"]
mod decoders;
#[path = "../fuzz_targets/passkeys/mod.rs"]
mod passkeys;
#[path = "../../tests/policy/readers.rs"]
mod readers;
#[path = "../fuzz_targets/steer/mod.rs"]
#[allow(dead_code)]
mod steer;

use std::fs;
use std::path::Path;

use quorate::party::PartyId;
use steer::driver::{E, Protocol, Script, dkg, ecdsa, frost, id, life};
use steer::{ADVANCE, BODY, FLIP, HONEST, PAUSE, RAW, SIGNED};

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a file");
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

/// Programs for `steer`: the honest run in several ways, and one with a cheater.
fn programs<S: Protocol>(target: &str, script: &Script<S>, me: PartyId) {
    picked(target, script, me, &[]);
}

/// The same, behind the byte that picks the script, and with that byte in the name.
fn picked<S: Protocol>(target: &str, script: &Script<S>, me: PartyId, pick: &[u8]) {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let number = pick.iter().map(|pick| format!("{pick}-")).collect::<String>();
        write(target, &format!("{number}{name}"), bytes);
    };
    let inbound = script.inbound(me);
    let numbers = 0..inbound.len() as u8;
    let header = |signed: u8| [pick, &[signed]].concat();
    let in_order: Vec<u8> = numbers.clone().flat_map(|k| [HONEST, k, ADVANCE]).collect();
    let reversed: Vec<u8> = numbers.clone().rev().flat_map(|k| [HONEST, k, HONEST, k, PAUSE]).collect();
    for signed in [0, 1] {
        write(target, &format!("in-order-{signed}"), &[header(signed), in_order.clone()].concat());
    }
    write(target, "reversed-and-paused", &[header(1), reversed].concat());
    // the messages of a signing are too long to be kept in here
    if inbound.iter().map(|mail| mail.message().len()).sum::<usize>() < 20_000 {
        let bodies = inbound
            .iter()
            .zip(numbers)
            .flat_map(|(mail, k)| [&[BODY, k][..], mail.0.body(), &[ADVANCE]].concat());
        write(target, "bodies", &header(1).into_iter().chain(bodies).collect::<Vec<_>>());
        let signed =
            inbound.iter().flat_map(|mail| [&[SIGNED][..], &string(mail.message()), &[ADVANCE]].concat());
        write(target, "signed-strings", &header(1).into_iter().chain(signed).collect::<Vec<_>>());
        let raw = inbound.iter().flat_map(|mail| {
            let from = script.cast.ids().iter().position(|id| *id == mail.from()).expect("a member") as u8;
            [&[RAW, from][..], &string(mail.message()), &[ADVANCE]].concat()
        });
        write(target, "raw-strings", &header(0).into_iter().chain(raw).collect::<Vec<_>>());
    }
    for (k, mail) in inbound.iter().enumerate() {
        let [.., high, low] = (mail.0.body().len() - 1).to_be_bytes();
        let flip = [FLIP, k as u8, high, low, 1];
        write(target, &format!("cheater-{k}"), &[&header(1)[..], &flip, &in_order].concat());
    }
}

/// What a member of a cluster receives: all that is honest, with a bit turned each before it, and as mere strings.
fn channel_programs() {
    let stage = channels::Stage::new();
    let numbers = 0..stage.honest.len() as u8;
    let in_order: Vec<u8> = numbers.clone().flat_map(|k| [1, k]).collect();
    let turned: Vec<u8> = numbers.flat_map(|k| [2, k, 0, 50, 1, 1, k, 3]).collect();
    let strings: Vec<u8> =
        stage.honest.iter().flat_map(|bytes| [&[0][..], &string(bytes)].concat()).collect();
    for (name, program) in [("in-order", in_order), ("turned", turned), ("strings", strings)] {
        stage.play(&program);
        write("receive_channel", name, &program);
    }
}

fn main() {
    programs("receive_dkg", &dkg::<E>(2, &[1, 2, 3], 1).0, id(2));
    picked("receive_life", &life::refresh::<E>(2, &[1, 2, 3], 1).0, id(2), &[0]);
    picked("receive_life", &life::reshare::<E>(1).0, id(2), &[1]);
    picked("receive_life", &life::import::<E>(1).0, id(2), &[2]);
    programs("receive_frost", &frost(2, &[1, 2, 3], &[1, 2, 3], b"fuzzed", 1).0, id(2));
    programs("receive_pairing", &ecdsa::pairing(1), id(1));
    let all = ecdsa::Scripts::new();
    picked("receive_ecdsa", &all.sign, id(2), &[0]);
    picked("receive_ecdsa", &all.p256, id(2), &[1]);
    picked("receive_ecdsa", &all.batch, id(2), &[2]);
    picked("receive_ecdsa", &all.presign, id(2), &[3]);
    picked("receive_ecdsa", &all.online, id(2), &[4]);
    for (pick, sample) in readers::samples().iter().enumerate() {
        write("policy", &format!("{pick:02}"), sample);
    }
    let table = passkeys::Table::new();
    for (pick, seed) in table.seeds().iter().enumerate() {
        table.check(seed);
        write("passkey", &format!("{pick:02}"), seed);
    }
    channel_programs();
    for (pick, decoder) in decoders::all().iter().enumerate() {
        for (k, seed) in decoder.seeds.iter().enumerate() {
            assert!((decoder.decode)(seed).as_ref() == Some(seed), "{}", decoder.name);
            let name = format!("{pick:02}-{}-{k}", decoder.name.replace(' ', "-"));
            write("decode", &name, &[&[pick as u8][..], seed].concat());
        }
    }
}
