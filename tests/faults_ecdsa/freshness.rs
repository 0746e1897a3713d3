//! One session id twice, a generator that is stuck, a machine that was forked: nothing repeats that must not.

use std::collections::BTreeSet;
use std::convert::Infallible;

use quorate::ecdsa::{EcdsaScheme, Presign, Sign, SignBatch};
use quorate::sim::Letter;
use rand_core::{TryCryptoRng, TryRng};

use crate::game::{Flow, Game, Pairs};
use crate::hash::h;
use crate::table::{fair, id};

every_scheme! {
    a27_one_session_id_twice_shares_nothing
    b1_a_stuck_generator_repeats_nothing_under_another_session_id
    b11_rounds_have_streams_of_their_own
}

/// Every sixteen bytes in a row.
fn blocks<'a>(letters: impl IntoIterator<Item = &'a Letter>) -> BTreeSet<&'a [u8]> {
    letters.into_iter().flat_map(|letter| letter.body.windows(16)).collect()
}

fn shares_nothing(one: &[Letter], other: &[Letter]) {
    let seen = blocks(one);
    for letter in other {
        let repeated = letter.body.windows(16).position(|block| seen.contains(block));
        assert_eq!(repeated, None, "{:?}", letter.header);
    }
}

fn recorded<S: EcdsaScheme, F: Flow<S>>(
    game: &Game<S>,
    pairs: &Pairs,
    session: u8,
    seed: u64,
) -> Vec<Letter> {
    let mut table = F::table(game, pairs, session, seed);
    table.play(&mut fair);
    assert!(table.seats.values().all(|seat| matches!(seat.outcome, Some(Ok(_)))));
    table.wire
}

/// Nonces, choices, rows, masked values, zero shares, fragments.
fn a27_one_session_id_twice_shares_nothing<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let pairs = game.deal(70);
    let twice = |seed| recorded::<S, Sign<S>>(&game, &pairs, 1, seed);
    shares_nothing(&twice(1), &twice(2));
    let twice = |seed| recorded::<S, Presign<S>>(&game, &pairs, 1, seed);
    shares_nothing(&twice(1), &twice(2));
    // The items of a batch among themselves.
    let batch = recorded::<S, SignBatch<S>>(&game, &pairs, 1, 1);
    let half = |letter: &Letter, second: bool| {
        let (one, other) = letter.body.split_at(letter.body.len() / 2);
        Letter { body: if second { other } else { one }.to_vec(), ..letter.clone() }
    };
    let items = [false, true].map(|item| batch.iter().map(|letter| half(letter, item)).collect::<Vec<_>>());
    shares_nothing(&items[0], &items[1]);
}

/// The same byte for ever.
struct Stuck;

impl TryRng for Stuck {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0x0505_0505)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0x0505_0505_0505_0505)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.fill(5);
        Ok(())
    }
}

impl TryCryptoRng for Stuck {}

/// A signing by signers whose generators are all stuck.
fn stuck<S: EcdsaScheme>(game: &Game<S>, pairs: &Pairs, session: u8) -> Vec<Letter> {
    let start = |me: u16| Sign::start(game.share(me), game.task(session), &pairs[&id(me)], &mut Stuck);
    let mut table = game.seats(session, 1, |me, _| start(me));
    while {
        let posted = table.post(&mut fair);
        let advanced = table.seats.values_mut().map(|seat| seat.session.advance(&mut Stuck).is_ok());
        assert!(advanced.collect::<Vec<_>>().iter().all(|fine| *fine));
        posted
    } {}
    assert_eq!(table.wire.iter().filter(|letter| letter.header.round == 3).count(), 6);
    table.wire
}

fn b1_a_stuck_generator_repeats_nothing_under_another_session_id<S: EcdsaScheme>() {
    let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
    let pairs = game.deal(71);
    let [one, other] = [1, 2].map(|session| stuck(&game, &pairs, session));
    shares_nothing(&one, &other);
    // Nor do two signers share anything but the views, or a signer's two rounds, or what it sends to two.
    let of = |from: u16, round: u8| {
        one.iter().filter(move |l| (l.header.from, l.header.round) == (id(from), round)).cloned()
    };
    let private = |letter: Letter| {
        let mut body = letter.body.clone();
        if letter.header.round == 2 {
            body.drain(196..228);
        }
        Letter { body, ..letter }
    };
    let all = |from| -> Vec<_> { of(from, 1).chain(of(from, 2)).map(private).collect() };
    for (a, b) in [(1, 3), (1, 4), (3, 4)] {
        shares_nothing(&all(a), &all(b));
    }
    for from in game.numbers() {
        shares_nothing(&of(from, 1).collect::<Vec<_>>(), &of(from, 2).collect::<Vec<_>>());
        // com; R, salt and pk
        for (round, common) in [(1, 32), (2, 98)] {
            let tail = |letter: Letter| {
                let mut letter = private(letter);
                letter.body.drain(..common);
                letter
            };
            let letters: Vec<_> = of(from, round).map(tail).collect();
            shares_nothing(&letters[..1], &letters[1..]);
        }
    }
}

/// The nonce of the multiplication is public and the first thing that round 2 draws; the signature's nonce is secret and the first thing
/// that round 1 draws. With one stream for both it would be the other's upper half.
fn b11_rounds_have_streams_of_their_own<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let pairs = game.deal(72);
    let wire = {
        let start = |me: u16| Sign::start(game.share(me), game.task(1), &pairs[&id(me)], &mut Stuck);
        let mut table = game.seats(1, 1, |me, _| start(me));
        for _ in 0..2 {
            table.post(&mut fair);
            table.seats.values_mut().for_each(|seat| drop(seat.session.advance(&mut Stuck)));
        }
        table.wire
    };
    for me in [1, 3] {
        let share = game.share(me).to_bytes();
        let sid = game.task(1).terms(id(me)).sid();
        let stream = |round: u8, count: u32| {
            // version 1, kind 1, id 2, secret
            h("session-rng", &[&[5; 32], &share.expose()[5..37], &sid, &[round], &count.to_be_bytes()])
        };
        let second = wire.iter().find(|l| (l.header.from, l.header.round) == (id(me), 2)).unwrap();
        let drawn = &second.body[228..260];
        assert_eq!(drawn, stream(2, 0));
        for count in 0..64 {
            assert_ne!(drawn, stream(1, count));
            assert_ne!(drawn, stream(3, count));
        }
    }
}
