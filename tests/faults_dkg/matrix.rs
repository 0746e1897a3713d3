//! The fault matrix: every field of every message, wrong in every way.

use std::ops::Range;

use quorate::curve::{Curve, FrostEd25519};
use quorate::error::Fault;
use quorate::sim::Letter;
use quorate::wire::Kind;

use crate::foe::{Foe, Named, Scalar, Sort, Wrong, wrong};
use crate::game::Game;
use crate::puppet::base;
use crate::verdict::{Want, cheater, unproved};

/// A field of a message.
#[derive(Clone)]
struct Field {
    name: &'static str,
    round: u8,
    kind: Kind,
    at: Range<usize>,
    sort: Sort,
}

/// Two runs without faults: where right and foreign values come from.
struct Fair<S: Foe> {
    here: Game<S>,
    elsewhere: Game<S>,
    villain: u16,
    /// The honest, ascending.
    honest: [u16; 2],
}

impl<S: Foe> Fair<S> {
    fn new() -> Self {
        let villain = S::VILLAIN;
        let (mut here, mut elsewhere) =
            (Game::<S>::new(2, 3, &[villain]), Game::<S>::with(2, 3, &[villain], 2));
        for game in [&mut here, &mut elsewhere] {
            game.play_fair();
            game.expect_all(&Want::Key);
        }
        let mut honest = (1..=3).filter(|n| *n != villain);
        let honest = [honest.next().unwrap(), honest.next().unwrap()];
        Self { here, elsewhere, villain, honest }
    }

    fn value(game: &Game<S>, field: &Field, from: u16, to: u16) -> Vec<u8> {
        let sealed = if field.kind == Kind::Direct {
            game.private(from, to)
        } else {
            game.envelope(field.round, from, to)
        };
        sealed.body()[field.at.clone()].to_vec()
    }

    /// Every wrong value of a field in the villain's message to `to`.
    fn wrong(&self, field: &Field, to: u16) -> Vec<Wrong> {
        let good = Self::value(&self.here, field, self.villain, to);
        let other = self.honest.into_iter().find(|n| *n != to).unwrap();
        let mut foreign: Vec<Named> = vec![
            ("another party's".into(), Self::value(&self.here, field, other, to)),
            ("another session's".into(), Self::value(&self.elsewhere, field, self.villain, to)),
        ];
        if field.name.starts_with('e') {
            // Views are the same at all parties: another party has no other.
            assert_eq!(foreign.remove(0).1, good);
        }
        wrong::<S>(field.sort, &good, &foreign)
    }

    /// Plays with the villain's field replaced in what goes to each of `to`.
    fn play(&self, field: &Field, value: &Wrong, to: &[u16]) -> Game<S> {
        let mut game = Game::<S>::new(2, 3, &[self.villain]);
        game.label = format!("{} {} {}", S::NAME, field.name, value.name);
        game.play(&mut |_, letter: &mut Letter| {
            let header = letter.header;
            if (header.round, header.kind) == (field.round, field.kind) && to.contains(&letter.to.get()) {
                letter.body[field.at.clone()].copy_from_slice(&value.bytes);
            }
            true
        });
        game
    }

    /// Every wrong value of a field, sent to both; both must end as `want` says.
    fn both(&self, field: &Field, want: impl Fn(&Wrong) -> Want) {
        for value in self.wrong(field, self.honest[0]) {
            self.play(field, &value, &self.honest).expect_all(&want(&value));
        }
    }
}

const fn field(name: &'static str, round: u8, kind: Kind, at: Range<usize>, sort: Sort) -> Field {
    Field { name, round, kind, at, sort }
}

every_scheme! {
    r1_any_nonce_is_no_fault
    k1_1_undecodable_one_time_key_convicts_its_maker
    k2_1_foreign_view_of_round_1_leaves_suspects
    k2_2_commitment_that_does_not_open_convicts
    k2_3_undecodable_fields_convict
    k2_4_bad_proof_of_knowledge_convicts
    k2_5_undecodable_share_convicts_dealer
    k2_6_bad_share_convicts_dealer
    k3_1_foreign_view_of_round_2_leaves_suspects
    k3_2_bad_certificate_signature_convicts
}

fn r1_any_nonce_is_no_fault<S: Foe>() {
    let fair = Fair::<S>::new();
    fair.both(&field("nu", 1, Kind::All, 0..32, Sort::Bytes), |_| Want::Key);
}

fn k1_1_undecodable_one_time_key_convicts_its_maker<S: Foe>() {
    let (fair, len) = (Fair::<S>::new(), S::Curve::POINT_LEN);
    for (place, victim) in fair.honest.into_iter().enumerate() {
        let at = 64 + place * len;
        let field = field("E", 1, Kind::All, at..at + len, Sort::Point);
        let spared = fair.honest[1 - place];
        for value in fair.wrong(&field, victim) {
            let game = fair.play(&field, &value, &fair.honest);
            if value.decodes {
                // The villain locked itself out of its share; that is nobody's business.
                game.expect_all(&Want::Key);
            } else {
                game.expect(victim, &cheater(1, "K1.1", fair.villain, Fault::Malformed));
                game.expect(spared, &Want::Wait(vec![victim]));
            }
        }
    }
}

fn k2_1_foreign_view_of_round_1_leaves_suspects<S: Foe>() {
    let fair = Fair::<S>::new();
    let e1 = field("e1", 2, Kind::All, 0..32, Sort::Bytes);
    fair.both(&e1, |_| Want::Suspects(2, "K2.1"));
}

fn k2_2_commitment_that_does_not_open_convicts<S: Foe>() {
    let (fair, len) = (Fair::<S>::new(), S::Curve::POINT_LEN);
    let cc = 32 + 2 * len;
    for field in [
        field("C", 1, Kind::All, 32..64, Sort::Bytes),
        field("A_0", 2, Kind::All, 32..32 + len, Sort::Point),
        field("A_1", 2, Kind::All, 32 + len..cc, Sort::Point),
        field("cc", 2, Kind::All, cc..cc + 32, Sort::Bytes),
        field("salt", 2, Kind::All, cc + 32..cc + 64, Sort::Bytes),
    ] {
        fair.both(&field, |_| cheater(2, "K2.2", fair.villain, Fault::BadOpening));
    }
}

/// `R`, `z`, and points that the commitment opens to: values that decode, or values that do not.
fn reveal_with_bad_claims<S: Foe>(decodes: bool, want: impl Fn(u16) -> Want) {
    let (fair, len) = (Fair::<S>::new(), S::Curve::POINT_LEN);
    let r = 96 + 2 * len;
    for field in [
        field("R", 2, Kind::All, r..r + len, Sort::Point),
        field("z", 2, Kind::All, r + len..r + len + 32, Sort::Scalar),
    ] {
        for value in fair.wrong(&field, fair.honest[0]).iter().filter(|v| v.decodes == decodes) {
            fair.play(&field, value, &fair.honest).expect_all(&want(fair.villain));
        }
    }
    for k in 0..2 {
        let at = 32 + k * len;
        let field = field("A", 2, Kind::All, at..at + len, Sort::Point);
        for value in fair.wrong(&field, fair.honest[0]).iter().filter(|v| v.decodes == decodes) {
            let mut game = Game::<S>::new(2, 3, &[fair.villain]);
            game.label = format!("{} committed A_{k} {}", S::NAME, value.name);
            game.puppet(fair.villain).publish(k, &value.bytes);
            game.play_fair();
            game.expect_all(&want(fair.villain));
        }
    }
}

fn k2_3_undecodable_fields_convict<S: Foe>() {
    let want = |villain| cheater(2, "K2.3", villain, Fault::Malformed);
    reveal_with_bad_claims::<S>(false, want);
    // Where the coefficient is zero, proof and shares are right for the identity, which is what the bytes might be taken for.
    let (fair, good) = (Fair::<S>::new(), base::<S>(&Scalar::<S>::from(5)));
    for value in wrong::<S>(Sort::Point, &good, &[]).iter().filter(|v| !v.decodes) {
        for k in 0..2 {
            let mut game = Game::<S>::new(2, 3, &[fair.villain]);
            game.label = format!("{} zero coefficient {k} as {}", S::NAME, value.name);
            let puppet = game.puppet(fair.villain);
            let mut f = puppet.f.clone();
            f[k] = Scalar::<S>::from(0);
            puppet.deal(f);
            puppet.publish(k, &value.bytes);
            game.play_fair();
            game.expect_all(&want(fair.villain));
        }
    }
}

fn k2_4_bad_proof_of_knowledge_convicts<S: Foe>() {
    reveal_with_bad_claims::<S>(true, |villain| cheater(2, "K2.4", villain, Fault::BadProof));
}

fn shares<S: Foe>(decodes: bool, check: &'static str, fault: Fault) {
    let (fair, len) = (Fair::<S>::new(), S::Curve::POINT_LEN);
    for field in [
        field("D", 2, Kind::Direct, 0..len, Sort::Point),
        field("c", 2, Kind::Direct, len..len + 32, Sort::Scalar),
    ] {
        for (place, victim) in fair.honest.into_iter().enumerate() {
            for value in fair.wrong(&field, victim).iter().filter(|v| v.decodes == decodes) {
                let game = fair.play(&field, value, &[victim]);
                // What does not decode is its own evidence; what does not fit takes the complaint to show.
                let local = if decodes { unproved } else { cheater };
                game.expect(victim, &local(2, check, fair.villain, fault));
                game.expect(fair.honest[1 - place], &cheater(3, "K3.3", fair.villain, fault));
                game.complained(victim, fair.villain);
            }
        }
    }
}

fn k2_5_undecodable_share_convicts_dealer<S: Foe>() {
    shares::<S>(false, "K2.5", Fault::Malformed);
}

fn k2_6_bad_share_convicts_dealer<S: Foe>() {
    shares::<S>(true, "K2.6", Fault::BadShare);
}

fn k3_1_foreign_view_of_round_2_leaves_suspects<S: Foe>() {
    let fair = Fair::<S>::new();
    fair.both(&field("e2", 3, Kind::All, 0..32, Sort::Bytes), |_| Want::Suspects(3, "K3.1"));
}

fn k3_2_bad_certificate_signature_convicts<S: Foe>() {
    let fair = Fair::<S>::new();
    let signature = field("signature", 3, Kind::All, 32..96, Sort::Bytes);
    fair.both(&signature, |_| cheater(3, "K3.2", fair.villain, Fault::BadSignature));
    // The same signature with s + q, which a lenient verifier takes.
    let good = Fair::value(&fair.here, &signature, fair.villain, fair.honest[0]);
    let s = wrong::<FrostEd25519>(Sort::Scalar, &good[32..], &[]);
    let s = s.into_iter().find(|s| s.name == "itself + q").unwrap();
    let mut signatures = vec![Wrong { bytes: [&good[..32], &s.bytes].concat(), ..s }];
    // Small-order nonces with s = 0: right for a lenient verifier and a small-order key.
    for t in FrostEd25519::torsion() {
        let bytes = [t.compress().0, [0; 32]].concat();
        signatures.push(Wrong { name: "small order".into(), bytes, decodes: true });
    }
    for value in signatures {
        let game = fair.play(&signature, &value, &fair.honest);
        game.expect_all(&cheater(3, "K3.2", fair.villain, Fault::BadSignature));
    }
}
