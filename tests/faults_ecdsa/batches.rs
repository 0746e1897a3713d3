//! Checks that look at a batch as a whole: errors that cancel, and errors in any of the items.

use ff::{Field, PrimeField};
use quorate::curve::{Curve, Scheme, encode_point, read_point, read_scalar, write_scalar};
use quorate::ecdsa::{Batch, Digest, EcdsaScheme, SignBatch};
use quorate::error::{Doubt, Fault};
use quorate::key::derive;
use quorate::sim::Letter;
use quorate::wire::SessionId;
use rand_core::Rng;

use crate::game::{Game, Pairs, message, path};
use crate::table::{End, Table, fair, id};

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;
type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

const PATHS: [&str; 3] = ["m/1/2", "m", "m/7"];
const OPEN: usize = 40_260;
const FRAGMENT: usize = 96;

fn batch<S: EcdsaScheme>(game: &Game<S>, pairs: &Pairs) -> Table<SignBatch<S>> {
    game.seats(1, 1, |me, rng| {
        let orders = PATHS.iter().enumerate().map(|(item, text)| (path(text), message(item)));
        let key = game.shares[0].public();
        let batch = Batch::new(key, game.signers.clone(), orders, SessionId([1; 16]))?;
        SignBatch::start(game.share(me), batch, &pairs[&id(me)], rng)
    })
}

every_scheme! {
    s1_2_to_s3_4_a_lie_in_any_item_is_found
    s2_5_errors_that_cancel_are_found
    s3_4_errors_that_cancel_are_found
}

fn s1_2_to_s3_4_a_lie_in_any_item_is_found<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let cheater = |round, check, fault| End::Cheater(round, check, vec![(3, fault)]);
    let suspects = |round, check, why| End::Suspects(round, check, why, vec![3]);
    for item in 0..PATHS.len() {
        for (round, len, at, end, bans) in [
            (1, 4464, 4416, cheater(1, "S1.2", Fault::OtExtension), true),
            (1, 4464, 0, suspects(2, "S2.1", Doubt::ViewsDiffer), false),
            (2, OPEN, 196, suspects(2, "S2.1", Doubt::ViewsDiffer), false),
            // A point with another tag, and with the other sign.
            (2, OPEN, 65, cheater(2, "S2.2", Fault::Malformed), false),
            (2, OPEN, 33, cheater(2, "S2.3", Fault::BadOpening), false),
            (2, OPEN, 228, cheater(2, "S2.4", Fault::Vole), true),
            (2, OPEN, 131, cheater(2, "S2.5", Fault::Consistency), true),
            (3, FRAGMENT, 0, suspects(3, "S3.1", Doubt::ViewsDiffer), false),
            (3, FRAGMENT, 63, suspects(3, "S3.4", Doubt::Signature), false),
        ] {
            let pairs = game.deal(80);
            let mut table = batch(&game, &pairs);
            table.play(&mut |_, letter| {
                if (letter.header.from, letter.header.round) == (id(3), round) {
                    letter.body[item * len + at] ^= if at == 65 { 4 } else { 1 };
                }
                true
            });
            assert_eq!(table.end(1, &|_| false), end, "item {item}");
            let banned = match end {
                End::Cheater(_, check, _) if bans => vec![(1, 3, check)],
                _ => vec![],
            };
            assert_eq!(game.bans(&pairs, 1), banned);
        }
    }
}

/// `point + D` for each of these places in the bodies of round 2.
fn moved<S: EcdsaScheme>(letter: &mut Letter, at: usize, by: Point<S>) {
    let field = &mut letter.body[at..at + 33];
    let point = read_point::<S::Curve>(field).unwrap() + by;
    field.copy_from_slice(&encode_point::<S::Curve>(&point).unwrap());
}

/// The sum of all errors is zero; with weights it is not. `Gamma^u` stands at 98, `Gamma^v` at 131 of an item.
fn s2_5_errors_that_cancel_are_found<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let [one, two] = [1, 2].map(|k| S::Curve::mul_base(&Scalar::<S>::from(k)));
    for errors in [
        &[(98, one), (OPEN + 98, -one)][..],
        &[(98, one), (131, -one)],
        &[(131, one), (2 * OPEN + 131, -one)],
        &[(OPEN + 98, two), (OPEN + 131, -one), (2 * OPEN + 98, -one)],
    ] {
        let pairs = game.deal(81);
        let mut table = batch(&game, &pairs);
        table.play(&mut |_, letter| {
            if (letter.header.from, letter.header.round) == (id(3), 2) {
                errors.iter().for_each(|(at, by)| moved::<S>(letter, *at, *by));
            }
            true
        });
        let end = End::Cheater(2, "S2.5", vec![(3, Fault::Consistency)]);
        assert_eq!(table.end(1, &|_| false), end);
        assert_eq!(game.bans(&pairs, 1), [(1, 3, "S2.5")]);
    }
}

fn reduced<S: EcdsaScheme>(bytes: &[u8]) -> Scalar<S> {
    let mut wide = [0; 64];
    wide[32..].copy_from_slice(bytes);
    S::Curve::scalar_from_wide(&wide)
}

/// `e` with `sum e_i (h_i + r_i epsilon_i) = sum e_i r_i = 0`: what can be added to the inverses of three s, so that three wrong
/// signatures verify in sum. From the openings of round 2, where R stands first.
fn errors<S: EcdsaScheme>(game: &Game<S>, wire: &[Letter]) -> [Scalar<S>; 3] {
    let row = |item: usize| {
        let part = |letter: &Letter| read_point::<S::Curve>(&letter.body[item * OPEN..][..33]).unwrap();
        let openings = wire.iter().filter(|letter| letter.header.round == 2).map(part);
        let nonce = openings.reduce(|sum, part| sum + part).unwrap();
        let r = reduced::<S>(&encode_point::<S::Curve>(&nonce).unwrap()[1..]);
        let tweak = *derive(game.shares[0].public(), &path(PATHS[item])).unwrap().tweak();
        (reduced::<S>(Digest::from(message(item)).as_bytes()) + r * tweak, r)
    };
    let [(a0, b0), (a1, b1), (a2, b2)] = [0, 1, 2].map(row);
    let e = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0];
    let sums = [e[0] * a0 + e[1] * a1 + e[2] * a2, e[0] * b0 + e[1] * b1 + e[2] * b2];
    assert_eq!(sums, [Scalar::<S>::ZERO; 2]);
    assert!(e.iter().all(|e| !bool::from(e.is_zero())));
    e
}

/// The villain speaks last, and makes of every `1/s` another by its error.
fn spoil<S: EcdsaScheme>(errors: [Scalar<S>; 3], wire: &[Letter], letter: &mut Letter) {
    let of = |from| wire.iter().find(|l| (l.header.from, l.header.round) == (id(from), 3)).unwrap();
    for (item, e) in errors.into_iter().enumerate() {
        let scalar =
            |from, at| read_scalar::<S::Curve>(&of(from).body[item * FRAGMENT + at..][..32]).unwrap();
        let (w, u) = (scalar(1, 32) + scalar(3, 32), scalar(1, 64) + scalar(3, 64));
        // u / w' = u / w + e
        let wanted = u * (u * w.invert().unwrap() + e).invert().unwrap();
        let mut bytes = Vec::new();
        write_scalar::<S::Curve>(&(wanted - scalar(1, 32)), &mut bytes);
        letter.body[item * FRAGMENT + 32..][..32].copy_from_slice(&bytes);
    }
}

/// Errors that cancel with weights of 1, and with those that the generator of the deceived would give next, which the villain knows: it
/// is not by the generator alone that weights are drawn.
fn s3_4_errors_that_cancel_are_found<S: EcdsaScheme>() {
    let (zero, one) = (Scalar::<S>::ZERO, Scalar::<S>::ONE);
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    for lie in 0..3 {
        let pairs = game.deal(82);
        let mut table = batch(&game, &pairs);
        for _ in 0..2 {
            table.post(&mut fair);
            table.work();
        }
        let mut foreseen = table.seats[&1].rng.clone();
        let mut draw = || {
            let mut bytes = [0; 16];
            foreseen.fill_bytes(&mut bytes);
            Scalar::<S>::from_u128(u128::from_le_bytes(bytes))
        };
        let weights = if lie == 2 { [one, draw(), draw()] } else { [one; 3] };
        table.play(&mut |wire, letter| {
            if (letter.header.from, letter.header.round) == (id(3), 3) {
                let mut errors = errors(&game, wire);
                for (e, weight) in errors.iter_mut().zip(weights) {
                    *e *= if lie > 0 { weight.invert().unwrap() } else { zero };
                }
                spoil::<S>(errors, wire, letter);
            }
            true
        });
        let good = |signatures: &Vec<_>| signatures.len() == 3;
        let end = End::Suspects(3, "S3.4", Doubt::Signature, vec![3]);
        assert_eq!(table.end(1, &good), if lie > 0 { end } else { End::Done });
        assert_eq!(game.bans(&pairs, 1), []);
    }
}
