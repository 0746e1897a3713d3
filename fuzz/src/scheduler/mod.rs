//! Whole clusters: the input is a program of what a relay does with every message, of crashes and restores, of sessions that begin and
//! overlap, and of what at most one device, which is t-1, says instead of what it should.
//!
//! The first byte picks the scene, the second the device that may cheat. After the program the relay is reliable. Then, whatever happened:
//!
//! - all honest devices that are done have the same result, and it verifies;
//! - no nonce and no presignature has made two shares;
//! - nobody honest was convicted, suspected alone or banned, and nobody at all where the faults were the network's;
//! - nobody waits, unless somebody cheated, lost its session in a crash, or was kept out by its record of epochs;
//! - enough honest devices can sign, with the key that there was before.

mod ecdsa;
mod frost;
mod keys;
mod live;
mod world;

use quorate::curve::{Curve, Ed25519, read_point, read_scalar};
use quorate::frost::{Sign, Task};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId};
use quorate::sim::Cast;
use quorate::wire::SessionId;
use sha2::{Digest as _, Sha512};

use crate::driver::{E, rng};
use crate::input::Input;

/// What is signed when everything is over.
const LAST: &[u8] = b"still the same key";

thread_local! {
    static KEYS: keys::Prepared = keys::Prepared::new();
    static FROST: frost::Prepared = frost::Prepared::new();
    static ECDSA: ecdsa::Prepared = ecdsa::Prepared::new();
}

/// How many runs ended well somewhere.
pub(crate) fn play(data: &[u8]) -> usize {
    let mut input = Input::new(data);
    let (scene, cheats) = (input.byte(), input.byte());
    // Nobody, 1, 2, 3, or who else there is.
    let corrupted = PartyId::new(u16::from(cheats % 5)).ok();
    match scene % 4 {
        0 => KEYS.with(|prepared| keys::play(prepared, true, corrupted, &mut input)),
        1 => KEYS.with(|prepared| keys::play(prepared, false, corrupted, &mut input)),
        2 => FROST.with(|prepared| frost::play(prepared, corrupted, &mut input)),
        _ => ECDSA.with(|prepared| ecdsa::play(prepared, corrupted, &mut input)),
    }
}

/// A signature by these shares, on a perfect network.
fn sign_together(cast: &Cast, shares: &[&KeyShare<E>]) -> [u8; 64] {
    let signers = Parties::new(shares.iter().map(|share| share.id())).expect("ids");
    let task = Task::new(shares[0].public(), signers, LAST, SessionId([99; 16])).expect("a task");
    let start = |share: &&KeyShare<E>| {
        Sign::start(share, task.clone(), &mut rng(u64::from(share.id().get()))).expect("a session")
    };
    let signatures = cast.run(shares.iter().map(start), &mut rng(1)).into_iter();
    let mut signatures = signatures.map(|report| report.output().to_bytes());
    let first = signatures.next().expect("a signer");
    assert!(signatures.all(|other| other == first), "two signatures");
    first
}

/// RFC 8032, section 5.1.7, without what signs here: [8] is not needed for points of prime order.
fn verifies(key: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    let (nonce, z) = signature.split_at(32);
    let (Some(a), Some(r), Some(z)) =
        (read_point::<Ed25519>(key), read_point::<Ed25519>(nonce), read_scalar::<Ed25519>(z))
    else {
        return false;
    };
    let digest = Sha512::new().chain_update(nonce).chain_update(key).chain_update(message).finalize();
    Ed25519::mul_base(&z) == r + a * Ed25519::scalar_from_wide(&digest.into())
}

/// Runs that end well, and what can befall them.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let start = |runs: &[u8], devices: u8| -> Vec<u8> {
        runs.iter().flat_map(|run| (0..devices).flat_map(move |device| [0, device, *run, 0])).collect()
    };
    let flush: &[u8] = &[3, 255];
    let scenes = [
        ("generate", 0, 3u8, &[0u8, 1][..]),
        ("change", 1, 4, &[0, 2]),
        ("frost", 2, 4, &[0, 3]),
        ("ecdsa", 3, 3, &[0, 2]),
    ];
    let mut list = Vec::new();
    for (name, scene, devices, runs) in scenes {
        for (turn, run) in runs.iter().enumerate() {
            let mut begin = start(&[*run], devices);
            if scene == 0 && *run > 0 {
                // of the key that is made first
                begin = [&start(&[0], devices), flush, &begin].concat();
            }
            let mut add = |what: &str, cheats: u8, program: &[&[u8]], well: bool| {
                let bytes = [&[scene, cheats], &begin[..], &program.concat()].concat();
                assert!(play(&bytes) > 0 || !well, "{name}-{run}-{what}");
                list.push((format!("{name}-{run}-{what}"), bytes));
            };
            let later = start(&runs[turn + 1..], devices);
            add("in-order", 0, &[flush, &later, flush], true);
            add("lossy", 0, &[&[4, 0, 1, 3, 5, 0, 1, 6, 0, 2, 1, 4, 2, 1, 1, 5, 0, 3], flush], true);
            add("crash", 0, &[&[3, 4, 7, 0, 1, 0, 12, 0, 1], flush], false);
            add("fuse", 0, &[&[8, 1, 4, 3, 40, 12, 0, 1], flush], false);
            add(
                "asleep",
                0,
                &[&[3, 3, 9, 0, *run, 7, 0, 1, 0, 10, 0, 0], flush, &[9, 1, *run, 10, 0, 0]],
                scene < 2,
            );
            add(
                "cheater",
                1,
                &[&[3, 2, 11, 0, 0, 0, 0, 0, 9, 1, 3, 2, 11, 0, 1, 1, 0, 0, 0, 2], flush],
                false,
            );
            add("silent", 2, &[&[11, 0, 0, 3], flush], false);
        }
    }
    // Runs that spend the same, and the heavy ones.
    let all_frost = start(&[3, 4, 0, 1, 2], 4);
    list.push(("frost-twice".into(), [&[2, 0][..], &all_frost, flush].concat()));
    let twice = start(&[0, 1], 3);
    let stored = [12, 0, 0, 0, 12, 0, 0, 1, 12, 0, 0, 0];
    list.push(("ecdsa-twice".into(), [&[3, 0][..], &stored, &twice, flush].concat()));
    list.push(("ecdsa-sign".into(), [&[3, 0][..], &start(&[3, 4], 3), flush].concat()));
    list.push((
        "ecdsa-presign".into(),
        [&[3, 0][..], &start(&[5], 3), flush, &start(&[6], 3), flush].concat(),
    ));
    let cheat = [3, 2, 11, 0, 1, 0, 0, 40, 1, 11, 0, 0, 1, 0, 0, 0, 1];
    list.push(("ecdsa-cheat".into(), [&[3, 1][..], &start(&[3], 3), &cheat, flush].concat()));
    list
}
