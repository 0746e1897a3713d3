//! Lies that fit together, several lies at once, several liars: which check speaks, and who is banned.

use quorate::curve::{read_scalar, write_scalar};
use quorate::ecdsa::{EcdsaScheme, Online, Presign, Sign, SignBatch};
use quorate::error::{Doubt, Fault, Rejected};
use quorate::sim::Letter;

use crate::game::{Ban, Flow, Game, altered};
use crate::hash::h;
use crate::table::{End, Table, fair, id};

const SESSION: u8 = 1;

/// One lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Lie {
    Extension,
    View1,
    Encoding,
    Opening,
    Product,
    Points,
    View2,
    Fragment,
}

use Lie::{Encoding, Extension, Fragment, Opening, Points, Product, View1, View2};

impl Lie {
    const fn round(self) -> u8 {
        match self {
            Extension => 1,
            View2 | Fragment => 3,
            _ => 2,
        }
    }

    fn tell(self, body: &mut [u8]) {
        match self {
            Extension => body[4416] ^= 1,
            View1 => body[227] ^= 1,
            // psi, at least q
            Encoding => body[164..196].fill(0xff),
            Opening => body[33] ^= 1,
            Product => body[228] ^= 1,
            // Gamma^v negated
            Points => body[131] ^= 1,
            View2 => body[0] ^= 1,
            Fragment => body[32..64].fill(0xff),
        }
    }
}

/// Who tells whom what.
type Lies<'a> = &'a [(u16, u16, Lie)];

fn ends<S: EcdsaScheme, F: Flow<S>>(game: &Game<S>, table: &Table<F>, of: &[u16]) -> Vec<(u16, End)> {
    of.iter().map(|number| (*number, table.end(*number, &|output| F::good(game, output)))).collect()
}

fn play<S: EcdsaScheme>(game: &Game<S>, honest: &[u16], lies: Lies<'_>) -> (Vec<(u16, End)>, Vec<Ban>) {
    let pairs = game.deal(10);
    let mut table = Sign::table(game, &pairs, SESSION, 1);
    table.play(&mut |_, letter| {
        for (from, to, lie) in lies {
            if (letter.header.from, letter.to, letter.header.round) == (id(*from), id(*to), lie.round()) {
                lie.tell(&mut letter.body);
            }
        }
        true
    });
    (ends(game, &table, honest), game.bans(&pairs, SESSION))
}

every_scheme! {
    s2_1_to_s2_5_the_first_check_speaks
    s1_2_to_s3_2_two_liars_are_named_together
    s2_4_and_s2_5_ban_whom_they_name_where_they_name_them
    s2_3_a_commitment_to_nothing_convicts
    s2_3_a_copied_commitment_convicts
    s2_1_two_commitments_leave_suspects
    s2_6_a_wrong_share_leaves_suspects_and_no_ban
    s3_3_fragments_that_add_up_to_zero_leave_suspects
    rejected_lengths_count_as_nothing
}

fn s2_1_to_s2_5_the_first_check_speaks<S: EcdsaScheme>() {
    let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
    let all = [View1, Encoding, Opening, Product, Points];
    let ends = [
        End::Suspects(2, "S2.1", Doubt::ViewsDiffer, vec![1, 4]),
        End::Cheater(2, "S2.2", vec![(1, Fault::Malformed)]),
        End::Cheater(2, "S2.3", vec![(1, Fault::BadOpening)]),
        End::Cheater(2, "S2.4", vec![(1, Fault::Vole)]),
        End::Cheater(2, "S2.5", vec![(1, Fault::Consistency)]),
    ];
    for (first, end) in ends.into_iter().enumerate() {
        for second in first..all.len() {
            let lies: Vec<_> =
                all[first..].iter().take(1).chain(&all[second..]).map(|lie| (1, 3, *lie)).collect();
            // A lie told twice would be the truth.
            let lies = if second == first { &lies[1..] } else { &lies };
            let (found, bans) = play(&game, &[3, 4], lies);
            assert_eq!(found, [(3, end.clone()), (4, End::Waits(vec![3]))], "{lies:?}");
            let banned = if first < 3 { vec![] } else { vec![(3, 1, ["S2.4", "S2.5"][first - 3])] };
            assert_eq!(bans, banned, "{lies:?}");
        }
    }
}

/// What a liar alone is convicted of, and whether that bans.
const fn charge(lie: Lie) -> Option<(u8, &'static str, Fault, bool)> {
    Some(match lie {
        Extension => (1, "S1.2", Fault::OtExtension, true),
        Encoding => (2, "S2.2", Fault::Malformed, false),
        Opening => (2, "S2.3", Fault::BadOpening, false),
        Product => (2, "S2.4", Fault::Vole, true),
        Points => (2, "S2.5", Fault::Consistency, true),
        Fragment => (3, "S3.2", Fault::Malformed, false),
        View1 | View2 => return None,
    })
}

/// Everything that must be looked at before a lie is: the stages of a run.
const fn stage(lie: Lie) -> u8 {
    match lie {
        Extension => 0,
        View1 => 1,
        Encoding | Opening => 2,
        Product | Points => 3,
        View2 => 4,
        Fragment => 5,
    }
}

/// Of two liars who tell different lies, both are named if both are found by the same look; else the one whose lie is looked at first,
/// and the other is not even banned.
fn s1_2_to_s3_2_two_liars_are_named_together<S: EcdsaScheme>() {
    let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
    let all = [Extension, View1, Encoding, Opening, Product, Points, View2, Fragment];
    for (one, other) in all.iter().flat_map(|one| all.iter().map(move |other| (*one, *other))) {
        let (found, bans) = play(&game, &[3], &[(1, 3, one), (4, 3, other)]);
        let first = stage(one).min(stage(other));
        let liars = [(1, one), (4, other)].into_iter().filter(|(_, lie)| stage(*lie) == first);
        let charges: Option<Vec<_>> = liars.map(|(who, lie)| Some((who, charge(lie)?))).collect();
        let (end, banned) = match charges {
            None => {
                let (round, check) = if first == 1 { (2, "S2.1") } else { (3, "S3.1") };
                (End::Suspects(round, check, Doubt::ViewsDiffer, vec![1, 4]), vec![])
            }
            Some(charges) => {
                let (_, (round, check, ..)) = charges[0];
                let named = charges.iter().map(|(who, (_, _, fault, _))| (*who, *fault)).collect();
                let banned = charges.iter().filter(|(_, (.., bans))| *bans);
                let banned: Vec<Ban> = banned.map(|(who, (_, check, ..))| (3, *who, *check)).collect();
                (End::Cheater(round, check, named), banned)
            }
        };
        assert_eq!((found, bans), (vec![(3, end)], banned), "{one:?}, {other:?}");
    }
}

/// Four signers, two of them liars, each to another honest one.
fn s2_4_and_s2_5_ban_whom_they_name_where_they_name_them<S: EcdsaScheme>() {
    let game = Game::<S>::new(4, 5, &[1, 2, 3, 5], 1);
    let vole = |who| End::Cheater(2, "S2.4", vec![(who, Fault::Vole)]);
    let gamma = |who| End::Cheater(2, "S2.5", vec![(who, Fault::Consistency)]);
    let (found, bans) = play(&game, &[1, 3], &[(2, 1, Product), (5, 3, Points)]);
    assert_eq!(found, [(1, vole(2)), (3, gamma(5))]);
    assert_eq!(bans, [(1, 2, "S2.4"), (3, 5, "S2.5")]);
    let (found, bans) =
        play(&game, &[1, 3], &[(2, 1, Points), (5, 1, Product), (2, 3, Encoding), (5, 3, Product)]);
    let both = End::Cheater(2, "S2.5", vec![(2, Fault::Consistency), (5, Fault::Vole)]);
    assert_eq!(found, [(1, both), (3, End::Cheater(2, "S2.2", vec![(2, Fault::Malformed)]))]);
    assert_eq!(bans, [(1, 2, "S2.5"), (1, 5, "S2.4")]);
    let (found, bans) = play(&game, &[1, 3], &[(2, 1, Extension), (5, 3, Extension), (5, 1, Extension)]);
    let both = End::Cheater(1, "S1.2", vec![(2, Fault::OtExtension), (5, Fault::OtExtension)]);
    assert_eq!(found, [(1, both), (3, End::Cheater(1, "S1.2", vec![(5, Fault::OtExtension)]))]);
    assert_eq!(bans, [(1, 2, "S1.2"), (1, 5, "S1.2"), (3, 5, "S1.2")]);
}

/// Part of a letter on the wire.
fn part(wire: &[Letter], round: u8, from: u16, len: usize) -> Vec<u8> {
    let letter = wire.iter().find(|l| (l.header.round, l.header.from) == (round, id(from))).unwrap();
    letter.body[..len].to_vec()
}

/// `V1` where `villain` has committed to `lie`.
fn view1(sid: &[u8; 32], signers: &[u16], wire: &[Letter], villain: u16, lie: &[u8]) -> [u8; 32] {
    let com = |from| if from == villain { lie.to_vec() } else { part(wire, 1, from, 32) };
    let items: Vec<_> = signers.iter().map(|from| [&from.to_be_bytes()[..], &com(*from)].concat()).collect();
    let items: Vec<_> = [&sid[..]].into_iter().chain(items.iter().map(|item| &item[..])).collect();
    h("sign-view1", &items)
}

/// The villain commits to `lie` towards each, opens by `open`, and shows the view that its receiver has.
fn commits<S: EcdsaScheme>(
    game: &Game<S>,
    villain: u16,
    lie: impl Fn(&[Letter], u16) -> Vec<u8>,
    open: impl Fn(&[Letter], &mut Letter),
) -> (Vec<(u16, End)>, Vec<Ban>) {
    let (pairs, signers) = (game.deal(11), game.numbers());
    let mut table = Sign::table(game, &pairs, SESSION, 1);
    let sid = game.task(SESSION).terms(id(villain)).sid();
    table.play(&mut |wire, letter| {
        if letter.header.from == id(villain) {
            let lie = lie(wire, letter.to.get());
            match letter.header.round {
                1 => letter.body[..32].copy_from_slice(&lie),
                2 => {
                    letter.body[196..228].copy_from_slice(&view1(&sid, &signers, wire, villain, &lie));
                    open(wire, letter);
                }
                _ => {}
            }
        }
        true
    });
    (ends(game, &table, &game.others(&[villain])), game.bans(&pairs, SESSION))
}

fn bad_opening(honest: &[u16], villain: u16) -> (Vec<(u16, End)>, Vec<Ban>) {
    let end = End::Cheater(2, "S2.3", vec![(villain, Fault::BadOpening)]);
    (honest.iter().map(|number| (*number, end.clone())).collect(), vec![])
}

fn s2_3_a_commitment_to_nothing_convicts<S: EcdsaScheme>() {
    for (t, n, signers) in [(2, 3, &[1, 3][..]), (3, 5, &[1, 3, 4])] {
        let game = Game::<S>::new(t, n, signers, 1);
        for villain in game.numbers() {
            for lie in [[0; 32], [7; 32]] {
                let found = commits(&game, villain, |_, _| lie.to_vec(), |_, _| {});
                assert_eq!(found, bad_opening(&game.others(&[villain]), villain));
            }
            // The truth, for comparison: the view that this test computes is the protocol's.
            let (found, bans) = commits(&game, villain, |wire, _| part(wire, 1, villain, 32), |_, _| {});
            assert!(found.iter().all(|(_, end)| *end == End::Done) && bans.is_empty());
        }
    }
}

/// With the other's opening as well: the commitment names who made it.
fn s2_3_a_copied_commitment_convicts<S: EcdsaScheme>() {
    let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
    for (villain, model) in [(3, 1), (3, 4), (1, 3), (4, 1)] {
        let copy = |wire: &[Letter], _| part(wire, 1, model, 32);
        let open = |wire: &[Letter], letter: &mut Letter| {
            letter.body[..65].copy_from_slice(&part(wire, 2, model, 65));
        };
        let found = commits(&game, villain, copy, open);
        assert_eq!(found, bad_opening(&game.others(&[villain]), villain));
    }
}

/// Each honest signer is shown a view of its own; they show each other theirs.
fn s2_1_two_commitments_leave_suspects<S: EcdsaScheme>() {
    let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
    for villain in game.numbers() {
        let honest = game.others(&[villain]);
        let lie = |wire: &[Letter], to: u16| {
            if to == honest[0] { part(wire, 1, villain, 32) } else { vec![to as u8; 32] }
        };
        let (found, bans) = commits(&game, villain, lie, |_, _| {});
        let end = |me: &u16| (*me, End::Suspects(2, "S2.1", Doubt::ViewsDiffer, game.others(&[*me])));
        assert_eq!(found, honest.iter().map(end).collect::<Vec<_>>());
        assert_eq!(bans, []);
    }
}

/// A signer whose share is off by a constant and which multiplies and opens accordingly: its seed of zero shares with one other signer
/// is not the other's.
fn s2_6_a_wrong_share_leaves_suspects_and_no_ban<S: EcdsaScheme>() {
    fn flow<S: EcdsaScheme, F: Flow<S>>(t: u16, n: u16, signers: &[u16]) {
        let game = Game::<S>::new(t, n, signers, 1);
        for villain in game.numbers() {
            let mut pairs = game.deal(12);
            let friend = game.others(&[villain])[0];
            let wrong = altered(game.pairing(&pairs, villain, friend), |form| *form.last_mut().unwrap() ^= 1);
            let mine = pairs.get_mut(&id(villain)).unwrap();
            // No copy takes the place of a pairing that is in use.
            mine.remove(&wrong.peer()).unwrap();
            assert!(mine.insert(wrong).is_none());
            let mut table = F::table(&game, &pairs, SESSION, 1);
            table.play(&mut fair);
            let everybody = game.numbers();
            for (me, end) in ends(&game, &table, &everybody) {
                assert_eq!(end, End::Suspects(2, "S2.6", Doubt::KeySum, game.others(&[me])));
            }
            assert_eq!(game.bans(&pairs, SESSION), []);
            // Nothing is lost: the true pairings still sign.
            assert_eq!(game.pairing(&pairs, friend, villain).ban(), None);
        }
    }
    flow::<S, Sign<S>>(2, 3, &[2, 3]);
    flow::<S, Sign<S>>(3, 5, &[1, 3, 4]);
    flow::<S, SignBatch<S>>(2, 3, &[1, 2]);
    flow::<S, Presign<S>>(3, 5, &[2, 4, 5]);
}

/// The villain speaks last: its fragment makes `sum u` zero, or `sum w`.
fn s3_3_fragments_that_add_up_to_zero_leave_suspects<S: EcdsaScheme>() {
    fn flow<S: EcdsaScheme, F: Flow<S>>() {
        let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
        for (villain, at) in [(1, 32), (4, 64)] {
            let pairs = game.deal(13);
            let mut table = F::table(&game, &pairs, SESSION, 1);
            let scalar = |letter: &Letter| read_scalar::<S::Curve>(&letter.body[at..at + 32]).unwrap();
            table.play(&mut |wire, letter| {
                if (letter.header.from, letter.header.round) == (id(villain), F::FRAGMENTS) {
                    let others = wire.iter().filter(|other| {
                        other.header.round == F::FRAGMENTS && other.header.from != id(villain)
                    });
                    // Each speaks to two.
                    let sum = others.filter(|other| other.to == id(villain)).map(scalar);
                    let mut bytes = Vec::new();
                    write_scalar::<S::Curve>(&-sum.reduce(|a, b| a + b).unwrap(), &mut bytes);
                    letter.body[at..at + 32].copy_from_slice(&bytes);
                }
                true
            });
            for (me, end) in ends(&game, &table, &game.others(&[villain])) {
                let others = game.others(&[me]);
                assert_eq!(end, End::Suspects(F::FRAGMENTS, "S3.3", Doubt::Signature, others));
            }
            assert_eq!(game.bans(&pairs, SESSION), []);
        }
    }
    flow::<S, Sign<S>>();
    flow::<S, Online<S>>();
}

/// A body of another length is no message; the right one after it is.
fn rejected_lengths_count_as_nothing<S: EcdsaScheme>() {
    fn flow<S: EcdsaScheme, F: Flow<S>>() {
        let game = Game::<S>::new(2, 3, &[1, 3], 1);
        let pairs = game.deal(14);
        let mut table = F::table(&game, &pairs, SESSION, 1);
        let mut rounds = 0;
        loop {
            let at = table.wire.len();
            let moved = table.post(&mut |_, letter| letter.header.from != id(3));
            let held: Vec<_> = table.wire[at..].iter().filter(|l| l.header.from == id(3)).cloned().collect();
            for letter in held {
                let due = letter.body.len();
                for len in [0, 1, due - 1, due + 1, 2 * due, due / 2] {
                    let mut wrong = letter.clone();
                    wrong.body.resize(len, 0);
                    table.deliver(&wrong);
                    let error = Rejected::Length { expected: due, found: len };
                    assert_eq!(table.rejected.pop(), Some((1, error)));
                }
                assert_eq!(table.end(1, &|_| false), End::Waits(vec![3]));
                table.deliver(&letter);
                rounds += 1;
            }
            if !(moved | table.work()) {
                break;
            }
        }
        let found: Vec<_> = ends(&game, &table, &[1, 3]).into_iter().map(|(_, end)| end).collect();
        assert_eq!(found, [End::Done, End::Done]);
        assert!(rounds >= 1 && table.rejected.is_empty() && game.bans(&pairs, SESSION).is_empty());
    }
    flow::<S, Sign<S>>();
    flow::<S, SignBatch<S>>();
    flow::<S, Presign<S>>();
    flow::<S, Online<S>>();
}
