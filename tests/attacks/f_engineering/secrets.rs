//! What logs would show.

use std::collections::BTreeSet;
use std::fmt::Debug;

use quorate::curve::{EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::ecdsa::{EcdsaScheme, Presign, Presignature, Sign};
use quorate::frost::SigningNonces;
use quorate::identity::IdentityKey;
use quorate::key::KeyShare;
use quorate::pairing::Opening;
use quorate::party::Threshold;
use quorate::secret::Secret;
use quorate::session::{Session, Status};
use quorate::sim::MemoryLedger;
use quorate::wire::SessionId;

use super::super::common::signers::game::{Flow, Game, Pairs};
use super::super::common::signers::table::fair;
use super::super::common::{Visit, every_protocol};
use crate::driver::{Protocol, Script, id, key, rng};

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

/// Derived `Debug` put shares and nonces into logs and panic messages (a class of findings). Here everything that a device holds is shown,
/// plainly and prettily, at every point of key generation, pairing, signing and presigning, with its errors: no eight bytes in a row of
/// any share, leaf, Delta, seed, nonce or identity key are in it. (That what holds them cannot be cloned or compared does not compile.)
#[test]
fn f7_debug_shows_no_byte_of_a_secret() {
    let mut log = Log::default();
    identities(&mut log);
    key_generation::<FrostEd25519>(&mut log);
    key_generation::<EcdsaSecp256k1>(&mut log);
    nonces(&mut log);
    signing::<EcdsaSecp256k1>(&mut log);
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

/// Both at every point, with everything that they were started with.
fn walk<S: EcdsaScheme, F: Flow<S> + Debug>(
    log: &mut Log,
    game: &Game<S>,
    pairs: &Pairs,
    session: u8,
) -> Vec<F::Output>
where
    F::Output: Debug,
{
    let mut table = F::table(game, pairs, session, 1);
    loop {
        for seat in table.seats.values() {
            log.show(&seat.session);
        }
        if !(table.post(&mut fair) | table.work()) {
            break;
        }
    }
    table.outputs().into_values().collect()
}

fn signing<S: EcdsaScheme>(log: &mut Log)
where
    Sign<S>: Debug,
{
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let pairs = game.cast.pair(&game.signers, &mut rng(5)).unwrap();
    for set in pairs.values() {
        log.show(set);
        for pairing in set.iter() {
            let form = pairing.store();
            let secret = &form.expose()[102..form.expose().len() - 32];
            secret.chunks_exact(16).for_each(|part| log.secret(part));
            log.show(pairing);
            log.show(&form);
            log.show(&Opening::load(pairing.store()).unwrap());
            log.show(&pairing.ban());
        }
    }
    game.numbers().iter().for_each(|number| log.secret(&secret_of(game.share(*number))));
    walk::<S, Sign<S>>(log, &game, &pairs, 1);
    for list in walk::<S, Presign<S>>(log, &game, &pairs, 2) {
        log.show(&list);
        let stored: Vec<_> = list.into_iter().map(Presignature::store).collect();
        for form in &stored {
            let end = form.expose().len() - 32;
            (0..3).for_each(|k| log.secret(&form.expose()[end - 96..end][32 * k..32 * (k + 1)]));
        }
    }
}

/// At no point does a session's `Debug` show the body of a private message, sent or received, which may be a part of a secret. (In signing, a
/// private message has public parts too, the views and the nonces of a use, so its sessions are not looked at here, but above.)
#[test]
fn f7_debug_of_every_session_shows_no_private_message() {
    struct Sessions;
    impl Visit for Sessions {
        fn protocol<P: Protocol>(&mut self, name: &str, make: &dyn Fn(u64) -> Script<P>) {
            let script = make(21);
            let mut player = script.play(id(2));
            let mut shown = format!("{:?}", player.session);
            let inbound = script.inbound(id(2));
            for mail in &inbound {
                player.receive(mail).unwrap();
                shown += &format!("{:?}", player.session);
                while let Some(Status::Advanced { .. }) = player.step() {
                    shown += &format!("{:?}", player.session);
                }
                if player.session.pending().is_some() {
                    player.keep(&script.cast);
                }
                player.advance(&script.cast);
            }
            if ["ECDSA", "batch", "presigning"].contains(&name) {
                return;
            }
            let mut log = Log { shown, secrets: Vec::new() };
            for mail in script.mail.iter().filter(|mail| mail.header().to.is_some()) {
                mail.0.body().chunks_exact(16).for_each(|part| log.secret(part));
            }
            // FROST and presignatures send nothing in private.
            assert_eq!(log.secrets.is_empty(), ["FROST", "presignature"].contains(&name), "{name}");
            log.scan();
        }
    }
    every_protocol(&mut Sessions);
}
