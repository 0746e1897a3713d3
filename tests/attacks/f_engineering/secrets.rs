//! What logs would show.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::ecdsa::{EcdsaScheme, Presign, Presignature, Sign, SignBatch};
use quorate::frost::SigningNonces;
use quorate::identity::IdentityKey;
use quorate::key::KeyShare;
use quorate::pairing::Opening;
use quorate::party::{PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::{Session, State, Status};
use quorate::sim::{Letter, MemoryLedger};
use quorate::wire::SessionId;

use super::super::common::signers::game::{Flow, Game, Pairs};
use super::super::common::signers::table::{Table, Tamper, fair};
use super::super::common::{Visit, every_protocol};
use crate::driver::ecdsa::Group;
use crate::driver::{Mail, Protocol, Script, id, key, rng};

type K = EcdsaSecp256k1;

/// Everything that was shown, and everything that must not have been.
#[derive(Default)]
struct Log {
    shown: String,
    secrets: Vec<Vec<u8>>,
}

impl Log {
    fn show(&mut self, value: &impl Debug) {
        self.shown += &format!("{value:?} {value:#?}\n");
    }

    fn secret(&mut self, bytes: &[u8]) {
        assert!(bytes.len() >= 16 && bytes.iter().any(|byte| *byte != bytes[0]), "no secret");
        self.secrets.push(bytes.to_vec());
    }

    /// No eight bytes in a row of any secret, in either order: as a list, in hexadecimal, as numbers of 64 or 128 bits.
    fn scan(&self) {
        let shown = self.shown.replace(char::is_whitespace, "").to_lowercase();
        let words = || shown.split(|c: char| !c.is_ascii_alphanumeric());
        let numbers: BTreeSet<u128> =
            words().filter_map(|word| word.parse().ok()).filter(|n| *n > 1 << 40).collect();
        let lists: BTreeSet<[u8; 8]> = lists(&shown);
        let is_hex = |word: &[u8]| word.iter().all(u8::is_ascii_hexdigit);
        let hexes: BTreeSet<&[u8]> =
            words().flat_map(|word| word.as_bytes().windows(16)).filter(|w| is_hex(w)).collect();
        for secret in &self.secrets {
            let reversed: Vec<u8> = secret.iter().rev().copied().collect();
            for bytes in [secret, &reversed] {
                for part in bytes.windows(8) {
                    let part: [u8; 8] = part.try_into().unwrap();
                    assert!(!lists.contains(&part), "a list of secret bytes");
                    assert!(!hexes.contains(hex::encode(part).as_bytes()), "secret bytes in hexadecimal");
                    assert!(!numbers.contains(&u64::from_be_bytes(part).into()), "a secret number");
                }
                for part in bytes.windows(16) {
                    assert!(
                        !numbers.contains(&u128::from_be_bytes(part.try_into().unwrap())),
                        "a secret number"
                    );
                }
            }
        }
    }
}

/// Eight numbers below 256 in a row, with commas between them, wherever they stand.
fn lists(shown: &str) -> BTreeSet<[u8; 8]> {
    let mut found = BTreeSet::new();
    for run in shown.split(|c: char| !c.is_ascii_digit() && c != ',') {
        let numbers: Vec<Option<u8>> = run.split(',').map(|number| number.parse().ok()).collect();
        for window in numbers.windows(8) {
            let bytes: Option<Vec<u8>> = window.iter().copied().collect();
            found.extend(bytes.map(|bytes| <[u8; 8]>::try_from(bytes).unwrap()));
        }
    }
    found
}

/// The secret of a stored share: version 1, kind 1, id 2, standing 1 before it.
fn secret_of<S: Scheme>(share: &KeyShare<S>) -> Vec<u8> {
    share.to_bytes().expose()[5..37].to_vec()
}

/// Derived `Debug` put shares and nonces into logs and panic messages (a class of findings). Here everything that a device holds before and
/// after key generation, and at every point of every kind of ECDSA signing, with its failures, is shown, plainly and prettily: no eight
/// bytes in a row of any share, leaf, Delta, seed, nonce, fragment or identity key are in it. (That what holds them cannot be cloned or
/// compared does not compile.)
#[test]
fn f7_debug_shows_no_byte_of_a_secret() {
    let mut log = Log::default();
    identities(&mut log);
    key_generation::<FrostEd25519>(&mut log);
    key_generation::<K>(&mut log);
    nonces(&mut log);
    signing(&mut log);
    assert!(
        log.secrets.len() > 900 && log.shown.len() > 10_000,
        "{} in {}",
        log.secrets.len(),
        log.shown.len()
    );
    log.scan();
}

#[test]
fn f7_the_scan_finds_what_is_there() {
    let secret: Vec<u8> = (1..=32).map(|k| k * 7).collect();
    let reversed: Vec<u8> = secret.iter().rev().copied().collect();
    let number = u64::from_be_bytes(secret[8..16].try_into().unwrap());
    let large = u128::from_be_bytes(reversed[8..24].try_into().unwrap());
    for leak in [
        format!("Share {{ secret: {secret:#?} }}"),
        hex::encode_upper(&secret[4..12]),
        format!("{reversed:?}"),
        format!("limbs: [1, {number}]"),
        format!("x={large};"),
    ] {
        let log = Log { shown: leak.clone(), secrets: vec![secret.clone()] };
        assert!(std::panic::catch_unwind(|| log.scan()).is_err(), "{leak}");
    }
    Log { shown: format!("{:?} {:?}", [1; 40], "Secret<..>"), secrets: vec![secret] }.scan();
}

fn identities(log: &mut Log) {
    let seed: [u8; 32] = core::array::from_fn(|k| 3 * k as u8 + 100);
    log.secret(&seed);
    log.show(&Secret::new(seed));
    log.show(&IdentityKey::from_seed(Secret::new(seed)));
    log.show(&Secret::new(seed.to_vec()));
}

fn key_generation<S: Scheme>(log: &mut Log) {
    let cast = quorate::sim::Cast::new(1..=3, &mut rng(1)).unwrap();
    let run =
        Run::<S>::new(Threshold::new(2, 3).unwrap(), cast.roster().clone(), SessionId([1; 16])).unwrap();
    let start = |me| Dkg::start(&run, me, &mut MemoryLedger::default(), &mut rng(7)).unwrap();
    let sessions: Vec<Session<Dkg<S>>> = cast.ids().into_iter().map(start).collect();
    log.show(&sessions);
    let snapshot = start(id(1)).suspend().unwrap();
    log.show(&snapshot);
    for report in cast.run(sessions, &mut rng(2)) {
        let share = report.output();
        log.secret(&secret_of(&share));
        log.show(&share);
        log.show(&share.to_bytes());
    }
}

fn nonces(log: &mut Log) {
    let (_, shares) = key(2, &[1, 2, 3], 3);
    for share in &shares {
        let nonces = SigningNonces::generate(share.into(), &mut rng(4));
        log.show(&nonces);
        let stored = nonces.store();
        // version 1, scheme 1, owner 2, epoch id 32
        log.secret(&stored.expose()[36..68]);
        log.secret(&stored.expose()[68..100]);
        log.secret(&secret_of(share));
        log.show(share);
    }
}

/// All at every point, and what they end with, if that is a failure.
fn watch<P: State + Debug>(log: &mut Log, mut table: Table<P>, tamper: &mut Tamper<'_>) -> Table<P> {
    loop {
        for seat in table.seats.values() {
            log.show(&seat.session);
        }
        if !(table.post(tamper) | table.work()) {
            break;
        }
    }
    for abort in table.seats.values().filter_map(|seat| seat.outcome.as_ref()?.as_ref().err()) {
        log.show(abort);
        log.shown += &abort.to_string();
    }
    table
}

/// What a device signs with, its secrets known.
fn tools(log: &mut Log, pairs: &Pairs) {
    for set in pairs.values() {
        log.show(set);
        for pairing in set.iter() {
            let form = pairing.store();
            let secret = &form.expose()[102..form.expose().len() - 32];
            secret.chunks_exact(16).for_each(|part| log.secret(part));
            log.show(pairing);
            log.show(&form);
            log.show(&Opening::load(pairing.store()).unwrap());
        }
    }
}

/// Of the fragments `phi`, `u` and `v` in a stored presignature, these.
fn fragments(log: &mut Log, form: &Secret<Vec<u8>>, which: &[usize]) {
    let end = form.expose().len() - 32;
    which.iter().for_each(|k| log.secret(&form.expose()[end - 96..end][32 * k..32 * (k + 1)]));
}

fn signing(log: &mut Log) {
    let game = Game::<K>::new(2, 3, &[1, 3], 1);
    let pairs = game.cast.pair(&game.signers, &mut rng(5)).unwrap();
    tools(log, &pairs);
    game.numbers().iter().for_each(|number| log.secret(&secret_of(game.share(*number))));
    watch(log, Sign::table(&game, &pairs, 1, 1), &mut fair).outputs();
    watch(log, SignBatch::table(&game, &pairs, 2, 1), &mut fair).outputs();
    for list in watch(log, Presign::table(&game, &pairs, 3, 1), &mut fair).outputs().into_values() {
        log.show(&list);
        list.into_iter().for_each(|one| fragments(log, &one.store(), &[0, 1, 2]));
    }
    // Whoever signs with one says its `u`.
    let made = game.presign(&pairs, 6).into_iter().map(|(number, one)| {
        let form = one.store();
        fragments(log, &form, &[0, 2]);
        (number, Presignature::load(&form, &mut MemoryLedger::default()).unwrap())
    });
    let made: BTreeMap<_, _> = made.collect();
    watch(log, game.online(made, &pairs, 4), &mut fair).outputs();
    // Each check that names somebody, and one that cannot.
    for (round, at) in [(1, 64), (2, 65), (2, 228), (3, 63)] {
        let pairs = game.deal(6);
        tools(log, &pairs);
        let lie = &mut |_: &[Letter], letter: &mut Letter| {
            if (letter.header.from, letter.header.round) == (id(3), round) {
                letter.body[at] ^= 1;
            }
            true
        };
        let table = watch(log, Sign::table(&game, &pairs, 5, 1), lie);
        assert!(table.seats[&1].outcome.as_ref().is_some_and(Result::is_err), "round {round}");
        for pairing in pairs.values().flat_map(|set| set.iter()) {
            log.show(pairing);
            log.show(&pairing.ban());
        }
    }
}

/// The shares behind a run of [`every_protocol`], as far as they are known from outside.
fn shares(name: &str, results: &[(PartyId, Vec<u8>)], seed: u64) -> Vec<Vec<u8>> {
    fn of<S: EcdsaScheme>(t: u16, ids: &[u16], seed: u64) -> Vec<Vec<u8>> {
        Group::<S>::new(t, ids, ids, seed).shares.iter().map(secret_of).collect()
    }
    match name {
        // What the run makes is a stored share, but for the dealer of an import.
        "key generation" | "key generation on secp256k1" | "refresh" | "import" => {
            results.iter().filter(|(me, _)| *me != id(9)).map(|(_, share)| share[5..37].to_vec()).collect()
        }
        "FROST" => key(2, &[1, 2, 3], seed).1.iter().map(secret_of).collect(),
        "ECDSA" => of::<K>(3, &[1, 2, 3], seed),
        "batch" => of::<EcdsaP256>(2, &[1, 2], seed),
        "presigning" => of::<EcdsaP256>(2, &[1, 2, 3], seed),
        "presignature" => of::<K>(2, &[1, 2], seed),
        _ => Vec::new(),
    }
}

/// At no point of any protocol, nor when it fails at any message, do a session's `Debug`, or the verdict, show a share, or the body of a private
/// message, sent or received, which may be a part of a secret, unless it is complained of. (In signing, a private message has public parts too, the views and the
/// nonces of a use, so there the shares alone are looked for.)
#[test]
fn f7_debug_of_every_session_shows_no_private_message() {
    #[derive(Default)]
    struct Sessions {
        aborts: usize,
    }
    impl Visit for Sessions {
        fn protocol<P: Protocol>(&mut self, name: &str, make: &dyn Fn(u64) -> Script<P>) {
            let script = make(21);
            let inbound = script.inbound(id(2));
            // To its end, and then with one message after the other spoilt.
            for bad in std::iter::once(inbound.len()).chain(0..inbound.len()) {
                let (mut log, mut player) = (Log::default(), script.play(id(2)));
                log.shown += &format!("{:?}", player.session);
                for (k, mail) in inbound.iter().enumerate() {
                    let mail = if k == bad { script.conflict(mail) } else { mail.clone() };
                    player.receive(&mail).unwrap();
                    loop {
                        log.shown += &format!("{:?}", player.session);
                        match player.step() {
                            Some(Status::Advanced { .. }) => {}
                            Some(Status::Keep) => player.keep(&script.cast),
                            _ => break,
                        }
                    }
                    log.shown += &format!("{:?}", player.session);
                    if player.session.is_over() {
                        break;
                    }
                }
                if let Some(Err(abort)) = &player.result {
                    log.shown += &format!("{abort:?} {abort:#?} {abort}");
                    self.aborts += 1;
                }
                shares(name, &script.results, 21).iter().for_each(|share| log.secret(share));
                // Whoever complains of a private message publishes it.
                let public = inbound.get(bad).map(Mail::message);
                let private = |mail: &&Mail| mail.header().to.is_some() && Some(mail.message()) != public;
                if !["ECDSA", "batch", "presigning"].contains(&name) {
                    for mail in script.mail.iter().filter(private) {
                        mail.0.body().chunks_exact(16).for_each(|part| log.secret(part));
                    }
                }
                assert!(!log.secrets.is_empty(), "{name}: nothing is looked for");
                log.scan();
            }
        }
    }
    let mut sessions = Sessions::default();
    every_protocol(&mut sessions);
    assert!(sessions.aborts > 30, "{}", sessions.aborts);
}
