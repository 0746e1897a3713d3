//! Every field of every message, replaced by everything that it should not be: the verdicts of all parties, on every curve.

use ff::Field;
use quorate::curve::{Curve, EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme, read_scalar, write_scalar};
use quorate::error::{Abort, Doubt, Fault, Verdict};
use quorate::repair::{Outcome, Run};
use quorate::sim::{Faults, Letter};

use crate::game::{Ends, Game, at_the_lost, id, marked, order, set, stored};

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

const IDS: [u16; 5] = [2, 3, 7, 300, 65534];
const HELPERS: [u16; 3] = [3, 300, 65534];
const LOST: u16 = 7;

/// A message of the run: round, sender, receiver.
type Slot = (u8, u16, u16);

fn slots(round: u8) -> Vec<Slot> {
    let pair = |i: u16| HELPERS.iter().filter(move |j| **j != i).map(move |j| (1, i, *j));
    match round {
        1 => HELPERS.iter().flat_map(|i| pair(*i)).collect(),
        _ => HELPERS.iter().map(|j| (2, *j, LOST)).collect(),
    }
}

fn slot(letter: &Letter) -> Slot {
    (letter.header.round, letter.header.from.get(), letter.to.get())
}

fn scalar<S: Scheme>(body: &[u8]) -> Scalar<S> {
    read_scalar::<S::Curve>(&body[..32]).unwrap()
}

fn encode<S: Scheme>(scalar: Scalar<S>) -> [u8; 32] {
    let mut bytes = Vec::new();
    write_scalar::<S::Curve>(&scalar, &mut bytes);
    bytes.try_into().unwrap()
}

/// What no honest party sends as a scalar.
fn malformed<S: Scheme>() -> Vec<[u8; 32]> {
    let (q, mut next, mut high) = (order::<S>(), order::<S>(), order::<S>());
    let little = S::Curve::POINT_LEN == 32;
    next[if little { 0 } else { 31 }] += 1;
    high[if little { 31 } else { 0 }] |= 0xe0;
    vec![q, next, high, [0xff; 32]]
}

/// The run with some messages changed.
fn changed<S: Scheme>(game: &Game<S>, run: &Run<S>, change: &mut dyn FnMut(Slot, &mut Vec<u8>)) -> Ends<S> {
    game.play(run, 1, Faults::default(), &mut |letter| {
        change(slot(letter), &mut letter.body);
        true
    })
}

/// The messages of an honest run.
fn honest<S: Scheme>(game: &Game<S>, run: &Run<S>, seed: u64) -> Vec<(Slot, Vec<u8>)> {
    let mut all = Vec::new();
    let ends = game.play(run, seed, Faults::default(), &mut |letter| {
        all.push((slot(letter), letter.body.clone()));
        true
    });
    assert!(matches!(at_the_lost(run, ends), Some(Ok(Outcome::Rebuilt(_)))));
    assert_eq!(all.len(), 6 + 3);
    all
}

fn l2_1(abort: &Abort) {
    let verdict = Verdict::Suspects { who: set(&HELPERS), why: Doubt::ShareSum };
    assert_eq!((abort.round, abort.check, &abort.others[..]), (2, "L2.1", &[][..]));
    assert_eq!(abort.verdict, verdict);
    assert_eq!(abort.code(), 3106);
}

/// A conviction by this check of these, without evidence.
fn malformed_by(abort: &Abort, check: &str, who: &[u16]) {
    assert_eq!((abort.round, abort.check), (check.as_bytes()[1] - b'0', check));
    let found: Vec<_> = abort.cheaters().map(|(who, fault)| (who.get(), fault)).collect();
    assert_eq!(found, who.iter().map(|i| (*i, Fault::Malformed)).collect::<Vec<_>>());
    assert!(matches!(abort.verdict, Verdict::Cheater { evidence: None, .. }));
    assert!(abort.others.iter().all(|other| other.evidence.is_none()));
}

/// A part that no scalar stands in: its receiver convicts and sends nothing, all others help, and who waits goes on waiting.
fn l1_1<S: Scheme>() {
    let game = Game::<S>::new(3, &IDS, 1);
    let run = game.run(LOST, &HELPERS, 1);
    for (place, bad) in slots(1).into_iter().enumerate() {
        let values = malformed::<S>();
        let value = values[place % values.len()];
        let ends = changed(&game, &run, &mut |at, body| {
            if at == bad {
                body.copy_from_slice(&value);
            }
        });
        for (number, end) in ends {
            match end {
                Some(Err(abort)) if number == bad.2 => malformed_by(&abort, "L1.1", &[bad.1]),
                Some(Ok(Outcome::Helped)) => assert!(number != bad.2 && number != LOST),
                None => assert_eq!(number, LOST),
                end => panic!("{number}: {end:?}"),
            }
        }
    }
    // all of them at once: each is named by each other
    let ends = changed(&game, &run, &mut |at, body| {
        if at.0 == 1 {
            body.copy_from_slice(&order::<S>());
        }
    });
    for (number, end) in ends.into_iter().filter(|(number, _)| *number != LOST) {
        let others: Vec<_> = HELPERS.into_iter().filter(|j| *j != number).collect();
        malformed_by(&end.unwrap().unwrap_err(), "L1.1", &others);
    }
}

#[test]
fn l1_1_a_part_that_is_no_scalar_convicts_its_helper() {
    l1_1::<FrostEd25519>();
    l1_1::<EcdsaSecp256k1>();
    l1_1::<EcdsaP256>();
}

fn l2_0<S: Scheme>() {
    let game = Game::<S>::new(3, &IDS, 1);
    let run = game.run(LOST, &HELPERS, 1);
    let play = |who: &[u16], value: [u8; 32]| {
        let ends = changed(&game, &run, &mut |(round, from, _), body| {
            if round == 2 && who.contains(&from) {
                body[..32].copy_from_slice(&value);
            }
        });
        malformed_by(&at_the_lost(&run, ends).unwrap().unwrap_err(), "L2.0", who);
    };
    for value in malformed::<S>() {
        for j in HELPERS {
            play(&[j], value);
        }
    }
    play(&[3, 65534], [0xff; 32]);
    play(&HELPERS, order::<S>());
}

#[test]
fn l2_0_a_sum_that_is_no_scalar_convicts_its_helper() {
    l2_0::<FrostEd25519>();
    l2_0::<EcdsaSecp256k1>();
    l2_0::<EcdsaP256>();
}

/// Any scalar but the right one, in any one place: all helpers are suspected, and there is no share.
fn l2_1_everywhere<S: Scheme>() {
    let game = Game::<S>::new(3, &IDS, 1);
    let run = game.run(LOST, &HELPERS, 1);
    let (messages, elsewhere) = (honest(&game, &run, 1), honest(&game, &game.run(LOST, &HELPERS, 2), 2));
    for (bad, body) in &messages {
        let right = scalar::<S>(body);
        let of = |list: &[(Slot, Vec<u8>)], wanted: &dyn Fn(&Slot) -> bool| {
            let found = list.iter().find(|(at, _)| wanted(at));
            found.map(|(_, body)| scalar::<S>(body)).unwrap()
        };
        let values = [
            Scalar::<S>::ZERO,
            Scalar::<S>::ONE,
            -right,
            right + Scalar::<S>::ONE,
            right.double(),
            // another session's, another helper's, the other round's
            of(&elsewhere, &|at| at == bad),
            of(&messages, &|at| at.0 == bad.0 && at.1 != bad.1),
            of(&messages, &|at| at.0 != bad.0),
        ];
        for value in values {
            let ends = changed(&game, &run, &mut |at, body| {
                if at == *bad {
                    body[..32].copy_from_slice(&encode::<S>(value));
                }
            });
            l2_1(&at_the_lost(&run, ends).unwrap().unwrap_err());
        }
    }
}

#[test]
fn l2_1_a_wrong_scalar_anywhere_leaves_suspects_and_no_share() {
    l2_1_everywhere::<FrostEd25519>();
    l2_1_everywhere::<EcdsaSecp256k1>();
    l2_1_everywhere::<EcdsaP256>();
}

/// A helper whose share is not the certified one: its parts are as good as any, and its sum is off by its own term's error.
#[test]
fn l2_1_a_helper_with_another_share_is_noticed() {
    type S = FrostEd25519;
    let game = Game::<S>::new(3, &IDS, 1);
    let run = game.run(LOST, &HELPERS, 1);
    for liar in HELPERS {
        let ends = changed(&game, &run, &mut |(round, from, _), body| {
            if (round, from) == (2, liar) {
                let off = scalar::<S>(body) + Scalar::<S>::from(1u64 << 40);
                body[..32].copy_from_slice(&encode::<S>(off));
                body[32..].copy_from_slice(&[0, 0, 0, 9]);
            }
        });
        l2_1(&at_the_lost(&run, ends).unwrap().unwrap_err());
    }
}

/// What is compared is the share, and errors that add up to nothing change nothing.
#[test]
fn errors_that_cancel_leave_the_right_share() {
    type S = EcdsaSecp256k1;
    let game = Game::<S>::new(3, &IDS, 1);
    let run = game.run(LOST, &HELPERS, 1);
    let error = Scalar::<S>::from(77u64);
    let ends = changed(&game, &run, &mut |(round, from, to), body| {
        let value = match (round, from, to) {
            (1, 3, 300) => scalar::<S>(body) + error,
            (2, 65534, _) => scalar::<S>(body) - error,
            _ => return,
        };
        body[..32].copy_from_slice(&encode::<S>(value));
    });
    let rebuilt = at_the_lost(&run, ends).unwrap().unwrap().rebuilt().unwrap();
    assert_eq!(stored(&rebuilt.share), marked(game.share(LOST)));
}

/// The number is what its helper says, whatever that is; it changes nothing else.
#[test]
fn epochs_are_what_each_helper_says_and_at_least_the_current_one() {
    type S = FrostEd25519;
    let game = Game::<S>::new(3, &IDS, 1);
    let run = game.run(LOST, &HELPERS, 1);
    for (number, highest) in [(0, 0), (1, 1), (1 << 16, 1 << 16), (u32::MAX, u32::MAX)] {
        for liar in HELPERS {
            let ends = changed(&game, &run, &mut |(round, from, _), body| {
                if (round, from) == (2, liar) {
                    body[32..].copy_from_slice(&u32::to_be_bytes(number));
                }
            });
            let rebuilt = at_the_lost(&run, ends).unwrap().unwrap().rebuilt().unwrap();
            let said = HELPERS.map(|j| (id(j), if j == liar { number } else { 0 }));
            assert_eq!(rebuilt.signed, said);
            assert_eq!(rebuilt.highest_signed(), highest);
            assert_eq!(stored(&rebuilt.share), marked(game.share(LOST)));
        }
    }
}
