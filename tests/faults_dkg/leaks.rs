//! No secret shows: not on the wire, not in `Debug`, at no point of a run, whatever its end.

use quorate::curve::{Curve, random_scalar, read_scalar};
use quorate::key::KeyShare;
use quorate::wire::Kind;

use crate::foe::{Foe, Scalar};
use crate::game::{Game, begin, rng, start_seed};
use crate::puppet::{at, base, id, scalar_bytes};

every_scheme! {
    c9_no_secret_on_the_wire_or_in_debug_of_a_run_that_succeeds
    c9_no_secret_on_the_wire_or_in_debug_of_a_run_that_fails
}

/// Everything that is said, and shown, with blanks removed.
#[derive(Default)]
struct Heard {
    wire: Vec<u8>,
    shown: String,
}

impl Heard {
    fn show(&mut self, value: &dyn std::fmt::Debug) {
        for text in [format!("{value:?}"), format!("{value:#?}")] {
            self.shown.extend(text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase));
            self.shown.push('\n');
        }
    }

    /// Whether the bytes, or their mirror image, occur anywhere, raw or printed.
    fn has(&self, bytes: &[u8]) -> bool {
        let mirrored: Vec<u8> = bytes.iter().rev().copied().collect();
        [bytes, &mirrored].into_iter().any(|bytes| {
            let list = format!("{bytes:?}").replace(' ', "");
            let list = list.trim_matches(['[', ']']);
            let printed = [hex::encode(bytes), list.to_owned()];
            let said = |needle: &[u8]| self.wire.windows(needle.len()).any(|window| window == needle);
            said(bytes) || printed.iter().any(|text| self.shown.contains(text) || said(text.as_bytes()))
        })
    }
}

/// What an honest party samples first: its coefficients, and its one-time secrets after the 64 bytes that are opened later.
fn sampled<S: Foe>(number: u16) -> Vec<Scalar<S>> {
    let mut rng = rng(start_seed(id(number), 1));
    let mut scalars: Vec<_> = (0..2).map(|_| random_scalar::<S::Curve>(&mut rng)).collect();
    rand_core::Rng::fill_bytes(&mut rng, &mut [0; 64]);
    scalars.extend((0..2).map(|_| random_scalar::<S::Curve>(&mut rng)));
    scalars
}

/// The coefficients, one-time secrets and dealt shares of both honest parties, checked against what they publish.
fn secrets<S: Foe>(game: &Game<S>) -> Vec<Vec<u8>> {
    let len = S::Curve::POINT_LEN;
    let mut secrets = Vec::new();
    for number in [1, 2] {
        let scalars = sampled::<S>(number);
        let reveal = game.body(2, id(number), id(3)).unwrap();
        let commit = game.body(1, id(number), id(3)).unwrap();
        let public: Vec<u8> = scalars.iter().flat_map(base::<S>).collect();
        assert_eq!(public, [&reveal[32..32 + 2 * len], &commit[64..64 + 2 * len]].concat());
        secrets.extend(scalars.iter().map(scalar_bytes::<S>));
        secrets.extend((1..=3).map(|to| scalar_bytes::<S>(&at::<S>(&scalars[..2], id(to)))));
    }
    secrets
}

/// Plays with everything shown after every round.
fn listen<S: Foe>(cheat: bool) -> (Game<S>, Heard) {
    let (mut game, mut heard) = (Game::<S>::new(2, 3, &[3]), Heard::default());
    for round in 1..=3 {
        game.speak();
        game.puppets_speak(round, &mut |_, letter| {
            if cheat && letter.header.kind == Kind::Direct && letter.to == id(1) {
                letter.body[S::Curve::POINT_LEN..].fill(0);
            }
            true
        });
        game.seats.values().for_each(|seat| heard.show(&seat.session));
        game.work();
        for seat in game.seats.values() {
            heard.show(&seat.session);
            heard.show(&seat.session.pending());
            heard.show(&seat.outcome);
        }
    }
    game.speak();
    for post in &game.post {
        heard.wire.extend(post.sealed.envelope().to_bytes());
    }
    (game, heard)
}

/// The search itself finds what is there.
fn finds<S: Foe>(game: &Game<S>, heard: &Heard) {
    let commit = game.body(1, id(1), id(2)).unwrap();
    assert!(heard.has(&commit[..32]) && heard.has(&commit[32..64]));
    let mut shown = Heard::default();
    shown.show(&Scalar::<S>::from(0x0102_0304_0506_0708));
    shown.show(&[7u8; 32].to_vec());
    assert!(shown.has(&[7; 32]));
    assert!(shown.has(&scalar_bytes::<S>(&Scalar::<S>::from(0x0102_0304_0506_0708))), "{}", shown.shown);
}

fn c9_no_secret_on_the_wire_or_in_debug_of_a_run_that_succeeds<S: Foe>() {
    let (game, mut heard) = listen::<S>(false);
    let mut secrets = secrets(&game);
    let before = begin::<S>(&game.run, id(1));
    heard.show(&before);
    let snapshot = before.suspend().unwrap();
    heard.show(&snapshot);
    assert!(snapshot.expose().windows(32).any(|w| w == secrets[0]));
    for number in [1, 2] {
        let Some(Ok(share)) = &game.seat(number).outcome else { panic!("no key") };
        heard.show(share);
        let stored = share.to_bytes();
        heard.show(&stored);
        heard.show(&KeyShare::<S>::from_bytes(stored.expose()));
        let secret = stored.expose()[5..37].to_vec();
        let public = read_scalar::<S::Curve>(&secret).map(|s| base::<S>(&s));
        assert_eq!(public, share.public().public_share(id(number)));
        assert_eq!(game.seat(number).pending.as_ref().unwrap()[5..37], secret);
        secrets.push(secret);
    }
    finds(&game, &heard);
    // Two coefficients, two one-time secrets and three dealt shares each; two shares of the key.
    assert_eq!(secrets.len(), 2 * 7 + 2);
    for secret in secrets {
        assert!(!heard.has(&secret), "{}", S::NAME);
    }
}

/// Party 1 complains: what it opens is this one share, and not even that as it is.
fn c9_no_secret_on_the_wire_or_in_debug_of_a_run_that_fails<S: Foe>() {
    let (game, heard) = listen::<S>(true);
    game.complained(1, 3);
    finds(&game, &heard);
    for secret in secrets(&game) {
        assert!(!heard.has(&secret), "{}", S::NAME);
    }
    let dealt = at::<S>(&game.puppets[&id(3)].f, id(1));
    assert!(!heard.has(&scalar_bytes::<S>(&dealt)), "{}", S::NAME);
}
