//! Every field of a malicious signer's messages in the leaderless flow, replaced by everything that stands in [`values`];
//! the verdicts of all honest signers, with and without envelopes.

use std::collections::BTreeMap;

use curve25519_dalek::scalar::Scalar;
use quorate::error::Fault;

use crate::game::{Foe, Game, Puppet, Seen, hold, leaderless};
use crate::reference::{Signing, view};
use crate::values::{digests, mixed, never_points, never_scalars, points, scalars};

const SIGNERS: [u16; 4] = [1, 3, 4, 6];

fn game() -> Game {
    Game::new(3, 6, &SIGNERS, 1)
}

/// Replaces one field.
struct Replace<'a> {
    game: &'a Game,
    /// D is (1, 0), E (1, 32), the view (2, 0), z (2, 32).
    field: (u8, usize),
    value: [u8; 32],
    /// Whether round 2 stands by what was sent in round 1, or by the nonces that there really are.
    stands_by: bool,
}

impl Foe for Replace<'_> {
    fn first(&self, puppet: &Puppet, _: u16) -> [u8; 64] {
        let mut body = puppet.commitments();
        if let (1, at) = self.field {
            body[at..at + 32].copy_from_slice(&self.value);
        }
        body
    }

    fn second(&self, puppet: &Puppet, _: u16, signing: &Signing<'_>, seen: [u8; 32]) -> Vec<u8> {
        let mut really = signing.list.clone();
        really.insert(puppet.id, puppet.commitments());
        let (view, z) = if self.stands_by {
            (seen, puppet.share(signing))
        } else {
            (view(&self.game.terms().sid(), &really), puppet.share(&self.game.signing(&really)))
        };
        let mut body = [view, z.to_bytes()].concat();
        if let (2, at) = self.field {
            body[at..at + 32].copy_from_slice(&self.value);
        }
        body
    }
}

/// Plays one replacement; every honest party's verdict is that of the equations, and all agree on the check.
fn play(
    game: &Game,
    cheater: u16,
    field: (u8, usize),
    value: [u8; 32],
    stands_by: bool,
    signed: bool,
) -> &'static str {
    let puppet = Puppet::new(game, cheater, 5);
    let foe = Replace { game, field, value, stands_by };
    agreed(game, &leaderless(game, signed, &[puppet], &foe), signed)
}

fn agreed(game: &Game, seen: &[Seen], signed: bool) -> &'static str {
    let checks: Vec<_> = seen.iter().map(|party| hold(game, party, signed)).collect();
    assert!(checks.iter().all(|check| *check == checks[0]), "{checks:?}");
    checks[0]
}

const D: (u8, usize) = (1, 0);
const E: (u8, usize) = (1, 32);
const VIEW: (u8, usize) = (2, 0);
const Z: (u8, usize) = (2, 32);

#[test]
fn f1_1_what_is_no_point_of_prime_order_convicts_its_signer() {
    let game = game();
    let [d, e] = Puppet::new(&game, 3, 5).points();
    for signed in [false, true] {
        for value in never_points().into_iter().chain(mixed(d)) {
            assert_eq!(play(&game, 3, D, value, signed, signed), "F1.1", "{value:02x?}");
        }
        // Whether a small-order part of E survives the multiplication with rho is chance; no point at all is not.
        let mut checks = BTreeMap::<_, usize>::new();
        for value in never_points().into_iter().chain(mixed(e)) {
            let check = play(&game, 3, E, value, true, signed);
            let decodes = crate::reference::point(&value).is_some();
            assert!(check == "F1.1" || decodes, "{value:02x?}");
            *checks.entry(check).or_default() += 1;
        }
        assert!(checks["F1.1"] > checks.values().sum::<usize>() / 2, "{checks:?}");
    }
}

/// One sends no point at all, another a point of small order: both are named, and who is lower stands first.
#[test]
fn f1_1_names_all_kinds_of_bad_points_at_once() {
    struct Two;
    impl Foe for Two {
        fn first(&self, puppet: &Puppet, _: u16) -> [u8; 64] {
            let [d, e] = puppet.points().map(|p| p.compress().0);
            let bad = if puppet.id == 3 { mixed(puppet.points()[0])[0] } else { [0xff; 32] };
            (if puppet.id == 3 { [bad, e] } else { [d, bad] }).concat().try_into().unwrap()
        }
        fn second(&self, _: &Puppet, _: u16, _: &Signing<'_>, _: [u8; 32]) -> Vec<u8> {
            unreachable!("round 1 ends it")
        }
    }
    let game = game();
    for signed in [false, true] {
        let puppets = [3, 4].map(|number| Puppet::new(&game, number, 5));
        for party in leaderless(&game, signed, &puppets, &Two) {
            let abort = party.outcome.unwrap().unwrap_err();
            game.convicts(&abort, "F1.1", Fault::Malformed, &[3, 4], signed);
        }
    }
}

#[test]
fn every_value_of_a_commitment_gets_the_verdict_of_the_equations() {
    let game = game();
    for cheater in [1, 6] {
        let own = Puppet::new(&game, cheater, 5).points();
        let other_signer = Puppet::new(&game, 4, 6).points();
        let other_session = Puppet::new(&game, cheater, 7).points();
        for (place, field) in [D, E].into_iter().enumerate() {
            let others = [other_signer[place], other_session[place], own[1 - place]];
            for (turn, value) in points(own[place], &others).into_iter().enumerate() {
                let (stands_by, signed) = (turn % 2 == 0, turn % 4 < 2);
                let check = play(&game, cheater, field, value, stands_by, signed);
                // Whoever does not stand by what it sent cannot have the others' view.
                assert!(["F1.1", if stands_by { "F2.2" } else { "F2.1" }, ""].contains(&check), "{check}");
            }
        }
    }
}

#[test]
fn f2_1_another_view_makes_suspects_of_all_others() {
    let game = game();
    let mut list: crate::reference::List =
        SIGNERS.iter().map(|number| (*number, Puppet::new(&game, *number, 8).commitments())).collect();
    let elsewhere = view(&game.terms().sid(), &list);
    list.remove(&1);
    let shorter = view(&game.terms().sid(), &list);
    for signed in [false, true] {
        for value in digests(elsewhere, &[elsewhere, shorter]) {
            assert_eq!(play(&game, 4, VIEW, value, true, signed), "F2.1");
        }
        // Valid commitments that are not those of the view.
        for value in Puppet::new(&game, 4, 9).points() {
            assert_eq!(play(&game, 4, D, value.compress().0, false, signed), "F2.1");
        }
    }
}

#[test]
fn f2_2_bad_share_convicts_signer() {
    let game = game();
    let puppet = Puppet::new(&game, 6, 5);
    for signed in [false, true] {
        for value in [Scalar::ZERO, Scalar::ONE, puppet.secret, puppet.d, -Scalar::ONE] {
            assert_eq!(play(&game, 6, Z, value.to_bytes(), true, signed), "F2.2");
        }
        // Nonces other than those that were committed to.
        for (place, field) in [D, E].into_iter().enumerate() {
            let other = Puppet::new(&game, 6, 9).points()[place];
            assert_eq!(play(&game, 6, field, other.compress().0, true, signed), "F2.2");
        }
    }
}

#[test]
fn f2_3_a_share_that_is_no_scalar_convicts_its_signer() {
    let game = game();
    for signed in [false, true] {
        for value in never_scalars(Puppet::new(&game, 1, 5).d) {
            assert_eq!(play(&game, 1, Z, value, true, signed), "F2.3");
        }
    }
}

#[test]
fn every_value_of_a_share_gets_the_verdict_of_the_equations() {
    let game = game();
    let (own, other) = (Puppet::new(&game, 3, 5), Puppet::new(&game, 4, 5));
    for (turn, value) in scalars(own.d, &[other.d, own.e]).into_iter().enumerate() {
        let check = play(&game, 3, Z, value, true, turn % 2 == 0);
        assert!(["F2.2", "F2.3"].contains(&check), "{check}");
    }
}

/// Cheaters that send shares of their own choice.
struct Shares(BTreeMap<u16, fn(Scalar) -> [u8; 32]>);

impl Foe for Shares {
    fn first(&self, puppet: &Puppet, _: u16) -> [u8; 64] {
        puppet.commitments()
    }

    fn second(&self, puppet: &Puppet, _: u16, signing: &Signing<'_>, view: [u8; 32]) -> Vec<u8> {
        [view, self.0[&puppet.id](puppet.share(signing))].concat()
    }
}

fn shares(game: &Game, signed: bool, of: &[(u16, fn(Scalar) -> [u8; 32])]) -> Vec<Seen> {
    let puppets: Vec<_> = of.iter().map(|(number, _)| Puppet::new(game, *number, 5)).collect();
    leaderless(game, signed, &puppets, &Shares(of.iter().copied().collect()))
}

#[test]
fn f2_2_names_every_bad_share_the_lowest_first() {
    let game = game();
    let (bad, good): (fn(Scalar) -> _, fn(Scalar) -> _) =
        (|z| (z + Scalar::ONE).to_bytes(), |z: Scalar| z.to_bytes());
    for signed in [false, true] {
        for party in shares(&game, signed, &[(6, bad), (1, good), (3, bad)]) {
            let abort = party.outcome.unwrap().unwrap_err();
            game.convicts(&abort, "F2.2", Fault::BadShare, &[3, 6], signed);
        }
        // A share that does not decode ends the round before others are looked at.
        for party in shares(&game, signed, &[(4, |_| [0xff; 32]), (1, bad), (6, |_| [0xff; 32])]) {
            let abort = party.outcome.unwrap().unwrap_err();
            game.convicts(&abort, "F2.3", Fault::Malformed, &[4, 6], signed);
        }
    }
}

/// The signature is what counts. Errors that cancel leave it valid; any other sum is never given away as a signature.
#[test]
fn f2_4_only_a_sum_that_verifies_is_a_signature() {
    let game = game();
    let (more, less): (fn(Scalar) -> _, fn(Scalar) -> _) =
        (|z| (z + Scalar::ONE).to_bytes(), |z| (z - Scalar::ONE).to_bytes());
    for signed in [false, true] {
        for party in shares(&game, signed, &[(3, more), (6, less)]) {
            assert!(game.verifies(party.outcome.unwrap().unwrap()));
        }
        for party in shares(&game, signed, &[(3, more), (6, more)]) {
            assert_eq!(party.outcome.unwrap().unwrap_err().check, "F2.2");
        }
    }
}

#[test]
fn nobody_is_blamed_if_nobody_cheats() {
    let game = game();
    for signed in [false, true] {
        let same: fn(Scalar) -> _ = |z| z.to_bytes();
        assert_eq!(agreed(&game, &shares(&game, signed, &[(4, same)]), signed), "");
        assert_eq!(agreed(&game, &shares(&game, signed, &[]), signed), "");
    }
}
