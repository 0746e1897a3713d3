//! What a dealer may not choose: the constant of its polynomial.

use quorate::curve::{Curve, FrostEd25519};
use quorate::error::{Fault, Rejected};
use quorate::evidence::EvidenceKind;
use quorate::sim::Letter;
use quorate::wire::Kind;

use crate::facts::Affair;
use crate::foe::{Foe, Scalar};
use crate::game::{Game, is};
use crate::puppet::base;
use crate::stage::{self, Make, OLD};
use crate::verdict::{Want, brittle, cheater};

every_dealing! {
    honest_puppets_change_nothing
}

every_scheme! {
    e2_1_constant_that_is_not_the_weighted_share_convicts_its_dealer_alone
    e2_1_dealers_whose_errors_cancel_are_all_convicted
    e2_1_share_without_its_weight_convicts
    i2_1_secret_of_another_key_convicts_its_dealer
    i2_1_dealers_of_shares_whose_errors_cancel_are_all_convicted
    refresh_has_no_place_for_a_constant
    refresh_errors_of_sum_zero_leave_a_correct_key
}

/// The second implementation is the protocol: every party in turn, and all but one, can be a puppet.
fn honest_puppets_change_nothing<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let cast: Vec<u16> = make(&[]).ids.iter().map(|id| id.get()).collect();
    for lone in &cast {
        let others: Vec<u16> = cast.iter().copied().filter(|n| n != lone).collect();
        for villains in [vec![*lone], others] {
            let mut game = make(&villains);
            game.play_fair();
            game.expect_all(&Want::Key);
        }
    }
}

/// Plays with a puppet whose constant is changed by this.
fn shifted<S: Foe, O: Affair<S>>(make: Make<S, O>, by: &[(u16, Scalar<S>)]) -> Game<S, O> {
    let villains: Vec<u16> = by.iter().map(|(n, _)| *n).collect();
    let mut game = make(&villains);
    for (n, by) in by {
        game.puppet(*n).add_constant(*by);
    }
    game.play_fair();
    game
}

/// Exactly these are convicted, lowest first, by evidence that is judged and brittle.
fn all_convicted<S: Foe, O: Affair<S>>(game: &Game<S, O>, check: &'static str, who: &[u16]) {
    let others: Vec<_> = who[1..].iter().map(|n| (*n, Fault::BadConstant)).collect();
    game.expect_all(&Want::Cheater(2, check, who[0], Fault::BadConstant, true, others));
    let honest = game.seats.keys().next().unwrap().get();
    let evidence = game.evidence(honest);
    assert_eq!(evidence.kind, EvidenceKind::Opening);
    brittle(&game.run, &evidence);
}

fn e2_1_constant_that_is_not_the_weighted_share_convicts_its_dealer_alone<S: Foe>() {
    for dealer in OLD {
        let game = shifted(stage::reshare::<S>, &[(dealer, Scalar::<S>::from(1))]);
        all_convicted(&game, "E2.1", &[dealer]);
    }
}

/// The sum of the constants is right, so that the key would stay: A32.
fn e2_1_dealers_whose_errors_cancel_are_all_convicted<S: Foe>() {
    let by = Scalar::<S>::from(9);
    for [a, b] in [[1, 3], [1, 4], [3, 4]] {
        let game = shifted(stage::reshare::<S>, &[(a, by), (b, -by)]);
        all_convicted(&game, "E2.1", &[a, b]);
    }
    let game = shifted(stage::reshare::<S>, &[(1, by), (3, by), (4, -by - by)]);
    all_convicted(&game, "E2.1", &OLD);
}

fn e2_1_share_without_its_weight_convicts<S: Foe>() {
    let past = stage::Past::<S>::new();
    for dealer in OLD {
        let mut game = stage::reshare::<S>(&[dealer]);
        let (own, puppet) = (past.secret(dealer), game.puppet(dealer));
        // The bare share, the weighted one's negative, another's share. 4 has the weight 1 among 1, 3 and 4.
        let weight = puppet.f[0];
        assert_eq!(own == weight, dealer == 4);
        let wrong = [own - weight, -weight - weight, past.secret(2) - weight];
        for by in wrong.into_iter().filter(|by| *by != Scalar::<S>::from(0)) {
            let game = shifted(stage::reshare::<S>, &[(dealer, by)]);
            all_convicted(&game, "E2.1", &[dealer]);
        }
    }
}

fn i2_1_secret_of_another_key_convicts_its_dealer<S: Foe>() {
    let secret = stage::secret::<S>();
    for by in [Scalar::<S>::from(1), -secret - secret] {
        all_convicted(&shifted(stage::import::<S>, &[(9, by)]), "I2.1", &[9]);
    }
    for dealer in [2, 8, 9] {
        let game = shifted(stage::import_shares::<S>, &[(dealer, Scalar::<S>::from(1))]);
        all_convicted(&game, "I2.1", &[dealer]);
    }
}

fn i2_1_dealers_of_shares_whose_errors_cancel_are_all_convicted<S: Foe>() {
    let by = Scalar::<S>::from(9);
    for [a, b] in [[2, 8], [2, 9], [8, 9]] {
        all_convicted(&shifted(stage::import_shares::<S>, &[(a, by), (b, -by)]), "I2.1", &[a, b]);
    }
}

/// `t` points where `t - 1` are due are a wrong length, whatever they are; so are fewer.
fn refresh_has_no_place_for_a_constant<S: Foe>() {
    let len = S::Curve::POINT_LEN;
    for extra in [base::<S>(&Scalar::<S>::from(3)), vec![0; len]] {
        let mut game = stage::refresh::<S>(&[4]);
        game.play(&mut |_, letter| {
            if is(letter, 4, 2, Kind::All) {
                letter.body.splice(32..32, extra.iter().copied());
            }
            true
        });
        for seat in game.seats.values_mut() {
            let found = 96 + 4 * len;
            assert_eq!(seat.rejected, [Rejected::Length { expected: found - len, found }]);
            seat.rejected.clear();
        }
        game.expect_all(&Want::Wait(vec![4]));
    }
}

/// A constant that is dealt and not revealed: the shares do not fit the points, which begin at `k = 1`.
#[test]
fn k2_6_r2_1_constant_dealt_in_a_refresh_convicts_dealer() {
    type S = FrostEd25519;
    let mut game = stage::refresh::<S>(&[4]);
    game.puppet(4).f[0] += Scalar::<S>::from(1u64);
    game.play_fair();
    // Everybody complains about the same dealer.
    for me in [1, 2, 3, 5] {
        game.expect(me, &crate::verdict::unproved(2, "K2.6", 4, Fault::BadShare));
        game.complained(me, 4);
    }
}

/// Errors that add up to nothing at every receiver are another honest run.
fn refresh_errors_of_sum_zero_leave_a_correct_key<S: Foe>() {
    let mut game = stage::refresh::<S>(&[2, 4]);
    game.play(&mut |game, letter: &mut Letter| {
        let by = match letter.header.from.get() {
            2 => Scalar::<S>::from(6),
            _ => -Scalar::<S>::from(6),
        };
        if letter.header.kind == Kind::Direct {
            let puppet = &game.puppets[&letter.header.from];
            let (e1, key) = (game.view(puppet.me, 1).unwrap(), game.key(letter.to, puppet.me));
            letter.body =
                puppet.share(&e1, letter.to, key, crate::puppet::at::<S>(&puppet.f, letter.to) + by);
        }
        true
    });
    game.expect_all(&Want::Key);
}

/// A point of small order in a constant, alone and against another's.
#[test]
fn k2_3_constant_with_a_small_order_part() {
    type S = FrostEd25519;
    for t in S::torsion() {
        let mut game = stage::reshare::<S>(&[4]);
        game.puppet(4).shift(0, &t);
        game.play_fair();
        game.expect_all(&cheater(2, "K2.3", 4, Fault::Malformed));

        let mut game = stage::import::<S>(&[9]);
        game.puppet(9).shift(0, &t);
        game.play_fair();
        game.expect_all(&cheater(2, "K2.3", 9, Fault::Malformed));
    }
}

/// Another constant, and a point of small order beside it: the points come first, as for everybody else.
#[test]
fn k2_3_small_order_part_beside_another_constant() {
    type S = FrostEd25519;
    for t in S::torsion() {
        let mut game = stage::reshare::<S>(&[4]);
        game.puppet(4).add_constant(Scalar::<S>::ONE);
        game.puppet(4).shift(1, &t);
        game.play_fair();
        game.expect_all(&cheater(2, "K2.3", 4, Fault::Malformed));
    }
}
