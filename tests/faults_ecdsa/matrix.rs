//! Every field of every message, replaced by everything that could stand in it, towards one honest signer or all of them: how every
//! honest signer ends, and who bans whom.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Range;

use quorate::ecdsa::{EcdsaScheme, Online, Presign, Sign, SignBatch};
use quorate::error::{Doubt, Fault, Rejected};
use quorate::sim::Letter;

use crate::foe::{Foe, Named, Sort, Wrong, wrong};
use crate::game::{Ban, Flow, Game, NONE};
use crate::table::{End, fair};

/// Bytes of an item in the message of a round: commit, open, fragment.
const LENGTHS: [usize; 3] = [4464, 40_260, 96];
const SESSION: u8 = 1;
const PAIRINGS: u64 = 500;

/// A part of a message: round, 1 to 3, and place in an item.
#[derive(Clone, Debug)]
struct Field {
    name: &'static str,
    round: u8,
    at: Range<usize>,
    sort: Sort,
    /// Too large for anything but values from elsewhere.
    whole: bool,
}

const fn field(name: &'static str, round: u8, at: Range<usize>, sort: Sort) -> Field {
    Field { name, round, at, sort, whole: false }
}

const fn whole(name: &'static str, round: u8, at: Range<usize>) -> Field {
    Field { name, round, at, sort: Sort::Bytes, whole: true }
}

const COMMITMENT: Field = field("com", 1, 0..32, Sort::Bytes);
const EXTENSION: [Field; 6] = [
    field("n_B", 1, 32..64, Sort::Bytes),
    field("u", 1, 64..4416, Sort::Bytes),
    field("u_63", 1, 4348..4416, Sort::Bytes),
    field("x~", 1, 4416..4432, Sort::Bytes),
    field("h_T", 1, 4432..4464, Sort::Bytes),
    whole("extension", 1, 32..4464),
];
const NONCE: Field = field("R", 2, 0..33, Sort::Point);
const SALT: Field = field("salt", 2, 33..65, Sort::Bytes);
const POINTS: [Field; 3] = [
    field("pk", 2, 65..98, Sort::Point),
    field("Gamma^u", 2, 98..131, Sort::Point),
    field("Gamma^v", 2, 131..164, Sort::Point),
];
const PSI: Field = field("psi", 2, 164..196, Sort::Scalar);
const VIEW1: Field = field("V1", 2, 196..228, Sort::Bytes);
/// The first and the last row, and one of each column.
const SCALARS: [Field; 4] = [
    field("a~_0,1", 2, 260..292, Sort::Scalar),
    field("a~_207,2", 2, 20_164..20_196, Sort::Scalar),
    field("a~_415,3", 2, 40_164..40_196, Sort::Scalar),
    field("eta", 2, 40_196..40_228, Sort::Scalar),
];
const PRODUCT: [Field; 4] = [
    field("n_A", 2, 228..260, Sort::Bytes),
    field("mu", 2, 40_228..40_260, Sort::Bytes),
    whole("a~", 2, 260..40_196),
    whole("multiplication", 2, 228..40_260),
];
const VIEW2: Field = field("V2", 3, 0..32, Sort::Bytes);
const FRAGMENTS: [Field; 2] = [field("w", 3, 32..64, Sort::Scalar), field("u", 3, 64..96, Sort::Scalar)];

/// What becomes of whoever was lied to.
#[derive(Clone, Copy)]
enum Want {
    Cheater(&'static str, Fault),
    Suspects(&'static str, Doubt),
}

/// What becomes of an honest signer to whom the truth was told.
#[derive(Clone, Copy, PartialEq)]
enum Bystander {
    /// The same as of the others.
    Same,
    /// It never hears of the others again: without their next message it waits, in the last round it has its result.
    Alone,
}

/// An honest run, against which a dishonest one is made.
struct Fair<S: EcdsaScheme, F: Flow<S>> {
    game: Game<S>,
    villain: u16,
    wire: Vec<Letter>,
    elsewhere: Vec<(&'static str, Vec<Letter>)>,
    flow: PhantomData<F>,
}

fn run<S: EcdsaScheme, F: Flow<S>>(game: &Game<S>, pairings: u64, session: u8) -> Vec<Letter> {
    let mut table = F::table(game, &game.deal(pairings), session, 1);
    table.play(&mut fair);
    for number in game.numbers() {
        assert_eq!(table.end(number, &|output| F::good(game, output)), End::Done);
    }
    table.wire
}

fn body(wire: &[Letter], round: u8, from: u16, to: u16) -> Option<&[u8]> {
    let is_it = |letter: &&Letter| {
        (letter.header.round, letter.header.from.get(), letter.to.get()) == (round, from, to)
    };
    wire.iter().find(is_it).map(|letter| &letter.body[..])
}

impl<S: EcdsaScheme + Foe, F: Flow<S>> Fair<S, F> {
    fn new(t: u16, n: u16, signers: &[u16]) -> Self {
        let game = Game::<S>::new(t, n, signers, 1);
        let elsewhere = vec![
            ("another session", run::<S, F>(&game, PAIRINGS, SESSION + 1)),
            ("another pairing", run::<S, F>(&game, PAIRINGS + 1, SESSION)),
            ("another key", run::<S, F>(&Game::new(t, n, signers, 2), PAIRINGS, SESSION)),
        ];
        let wire = run::<S, F>(&game, PAIRINGS, SESSION);
        Self { game, villain: S::VILLAIN, wire, elsewhere, flow: PhantomData }
    }

    /// The round of the run in which a field travels.
    fn round(field: &Field) -> u8 {
        if field.round == 3 { F::FRAGMENTS } else { field.round }
    }

    fn place(field: &Field, item: usize) -> Range<usize> {
        let start = item * LENGTHS[usize::from(field.round) - 1];
        field.at.start + start..field.at.end + start
    }

    fn wrong(&self, field: &Field, item: usize, victim: u16) -> Vec<Wrong> {
        let (round, place) = (Self::round(field), Self::place(field, item));
        let value = |wire: &[Letter], from, to| Some(body(wire, round, from, to)?[place.clone()].to_vec());
        let good = value(&self.wire, self.villain, victim).unwrap();
        let mut foreign: Vec<Named> = Vec::new();
        let mut add = |name: &str, bytes: Option<Vec<u8>>| {
            let new = |bytes: &Vec<u8>| *bytes != good && foreign.iter().all(|(_, there)| there != bytes);
            foreign.extend(bytes.filter(new).map(|bytes| (name.to_owned(), bytes)));
        };
        for (name, wire) in &self.elsewhere {
            add(name, value(wire, self.villain, victim));
        }
        add("the other direction", value(&self.wire, victim, self.villain));
        for third in self.game.others(&[self.villain, victim]) {
            add("to another", value(&self.wire, self.villain, third));
            add("by another", value(&self.wire, third, victim));
        }
        if F::ITEMS > 1 {
            let next = Self::place(field, (item + 1) % F::ITEMS);
            add("another item", body(&self.wire, round, self.villain, victim).map(|all| all[next].to_vec()));
        }
        if field.whole {
            let value = |(name, bytes)| Wrong { name, bytes, decodes: true };
            return foreign.into_iter().map(value).collect();
        }
        wrong::<S>(field.sort, &good, &foreign)
    }

    /// Tells each victim another value.
    fn play(&self, field: &Field, item: usize, lies: &BTreeMap<u16, Vec<u8>>) -> (Vec<(u16, End)>, Vec<Ban>) {
        let (game, pairs) = (&self.game, self.game.deal(PAIRINGS));
        let mut table = F::table(game, &pairs, SESSION, 1);
        let mut told = 0;
        table.play(&mut |_, letter| {
            let (from, to) = (letter.header.from.get(), letter.to.get());
            if let Some(lie) = lies.get(&to)
                && (from, letter.header.round) == (self.villain, Self::round(field))
            {
                assert_eq!(Some(&letter.body[..]), body(&self.wire, letter.header.round, from, to));
                letter.body[Self::place(field, item)].copy_from_slice(lie);
                told += 1;
            }
            true
        });
        assert_eq!(told, lies.len());
        let late = |(to, why): &(u16, Rejected)| matches!(why, Rejected::PastRound(_)) && table.is_over(*to);
        assert!(table.rejected.iter().all(late), "{:?}", table.rejected);
        let ends = game.others(&[self.villain]).into_iter();
        let end = |number| (number, table.end(number, &|output| F::good(game, output)));
        (ends.map(end).collect(), game.bans(&pairs, SESSION))
    }

    fn end_of_victim(&self, me: u16, round: u8, want: Want) -> End {
        match want {
            Want::Cheater(check, fault) => End::Cheater(round, check, vec![(self.villain, fault)]),
            Want::Suspects(check, why) => End::Suspects(round, check, why, self.game.others(&[me])),
        }
    }

    fn expect(&self, field: &Field, item: usize, lies: &BTreeMap<u16, Wrong>, want: Want, stand: Bystander) {
        let what: Vec<_> = lies.iter().map(|(to, lie)| (to, &lie.name)).collect();
        let label = format!("{}, {}: {} of item {item} as {what:?}", S::NAME, self.villain, field.name);
        let bytes = lies.iter().map(|(to, lie)| (*to, lie.bytes.clone())).collect();
        let (ends, bans) = self.play(field, item, &bytes);
        let round = match want {
            Want::Suspects("S3.4", _) => F::FRAGMENTS,
            Want::Suspects("S2.1", _) => 2,
            _ => Self::round(field),
        };
        let victims: Vec<u16> = lies.keys().copied().collect();
        for (me, end) in ends {
            let wanted = if victims.contains(&me) || stand == Bystander::Same {
                self.end_of_victim(me, round, want)
            } else if round == F::FRAGMENTS || (F::FRAGMENTS == NONE && round == 2) {
                End::Done
            } else {
                End::Waits(victims.clone())
            };
            assert_eq!(end, wanted, "{me}, {label}");
        }
        let wanted: Vec<Ban> = match want {
            Want::Cheater(check @ ("S1.2" | "S2.4" | "S2.5"), _) => {
                victims.iter().map(|victim| (*victim, self.villain, check)).collect()
            }
            _ => Vec::new(),
        };
        assert_eq!(bans, wanted, "{label}");
    }

    /// Every wrong value of a field that decodes or does not, told to each honest signer alone and to all.
    fn all(&self, field: &Field, item: usize, decodes: bool, want: Want, stand: Bystander) -> usize {
        let honest = self.game.others(&[self.villain]);
        let lies = |victim: &u16| {
            let values = self.wrong(field, item, *victim).into_iter().filter(|lie| lie.decodes == decodes);
            (*victim, values.collect::<Vec<_>>())
        };
        let lies: BTreeMap<u16, Vec<Wrong>> = honest.iter().map(lies).collect();
        let mut played = 0;
        for (victim, values) in &lies {
            for value in values {
                self.expect(field, item, &BTreeMap::from([(*victim, value.clone())]), want, stand);
                played += 1;
            }
        }
        if honest.len() > 1 {
            for value in &lies[&honest[0]] {
                let same =
                    |values: &Vec<Wrong>| values.iter().find(|other| other.name == value.name).cloned();
                let told: BTreeMap<_, _> =
                    lies.iter().filter_map(|(victim, values)| Some((*victim, same(values)?))).collect();
                self.expect(field, item, &told, want, stand);
            }
        }
        played
    }
}

/// Two of three, three of five, the last item of a batch, presigning, spending.
fn everywhere<S: EcdsaScheme + Foe>(fields: &[Field], decodes: bool, want: Want, stand: Bystander) {
    fn run<S: EcdsaScheme + Foe, F: Flow<S>>(
        (t, n, signers): (u16, u16, &[u16]),
        fields: &[Field],
        mut play: impl FnMut(&Fair<S, F>, &Field) -> usize,
    ) {
        let fair = Fair::<S, F>::new(t, n, signers);
        for field in fields {
            let played = play(&fair, field);
            assert!(played >= if field.whole { 4 } else { 2 }, "{}: {played}", field.name);
        }
    }
    let (two, three) = ((2, 3, &[1, 3][..]), (3, 5, &[1, 3, 4][..]));
    if fields[0].round == 3 {
        run::<S, Online<S>>(two, fields, |fair, field| fair.all(field, 0, decodes, want, stand));
    } else if !matches!(want, Want::Suspects("S3.4", _)) {
        run::<S, Presign<S>>(two, fields, |fair, field| fair.all(field, 0, decodes, want, stand));
    }
    run::<S, Sign<S>>(three, fields, |fair, field| fair.all(field, 0, decodes, want, stand));
    let last = <SignBatch<S> as Flow<S>>::ITEMS - 1;
    run::<S, SignBatch<S>>(two, fields, |fair, field| fair.all(field, last, decodes, want, stand));
}

every_scheme! {
    s1_2_changed_extension_convicts_and_bans
    s2_1_changed_commitment_leaves_suspects
    s2_1_foreign_view_of_commitments_leaves_suspects
    s2_2_undecodable_field_convicts
    s2_3_another_opening_convicts
    s2_4_changed_multiplication_convicts_and_bans
    s2_5_changed_point_convicts_and_bans
    s3_1_foreign_view_of_openings_leaves_suspects
    s3_2_undecodable_fragment_convicts
    s3_4_changed_fragment_leaves_suspects
    s3_4_changed_psi_leaves_suspects
}

fn s1_2_changed_extension_convicts_and_bans<S: EcdsaScheme + Foe>() {
    everywhere::<S>(&EXTENSION, true, Want::Cheater("S1.2", Fault::OtExtension), Bystander::Alone);
}

fn s2_1_changed_commitment_leaves_suspects<S: EcdsaScheme + Foe>() {
    everywhere::<S>(&[COMMITMENT], true, Want::Suspects("S2.1", Doubt::ViewsDiffer), Bystander::Same);
}

fn s2_1_foreign_view_of_commitments_leaves_suspects<S: EcdsaScheme + Foe>() {
    everywhere::<S>(&[VIEW1], true, Want::Suspects("S2.1", Doubt::ViewsDiffer), Bystander::Alone);
}

fn s2_2_undecodable_field_convicts<S: EcdsaScheme + Foe>() {
    let fields = [&[NONCE, PSI][..], &POINTS, &SCALARS].concat();
    everywhere::<S>(&fields, false, Want::Cheater("S2.2", Fault::Malformed), Bystander::Alone);
}

fn s2_3_another_opening_convicts<S: EcdsaScheme + Foe>() {
    everywhere::<S>(&[NONCE, SALT], true, Want::Cheater("S2.3", Fault::BadOpening), Bystander::Alone);
}

fn s2_4_changed_multiplication_convicts_and_bans<S: EcdsaScheme + Foe>() {
    let fields = [&PRODUCT[..], &SCALARS].concat();
    everywhere::<S>(&fields, true, Want::Cheater("S2.4", Fault::Vole), Bystander::Alone);
}

fn s2_5_changed_point_convicts_and_bans<S: EcdsaScheme + Foe>() {
    everywhere::<S>(&POINTS, true, Want::Cheater("S2.5", Fault::Consistency), Bystander::Alone);
}

fn s3_1_foreign_view_of_openings_leaves_suspects<S: EcdsaScheme + Foe>() {
    everywhere::<S>(&[VIEW2], true, Want::Suspects("S3.1", Doubt::ViewsDiffer), Bystander::Alone);
}

fn s3_2_undecodable_fragment_convicts<S: EcdsaScheme + Foe>() {
    everywhere::<S>(&FRAGMENTS, false, Want::Cheater("S3.2", Fault::Malformed), Bystander::Alone);
}

fn s3_4_changed_fragment_leaves_suspects<S: EcdsaScheme + Foe>() {
    everywhere::<S>(&FRAGMENTS, true, Want::Suspects("S3.4", Doubt::Signature), Bystander::Alone);
}

/// It goes into the fragments of whoever it was told to, and so into everybody's sum.
fn s3_4_changed_psi_leaves_suspects<S: EcdsaScheme + Foe>() {
    everywhere::<S>(&[PSI], true, Want::Suspects("S3.4", Doubt::Signature), Bystander::Same);
}
