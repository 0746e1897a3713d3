//! Points of small order in commitments: whatever two cheaters add to theirs, either it vanishes from the group commitment
//! and changes nothing, or exactly those who added something are convicted, by everybody.

use std::collections::BTreeMap;

use curve25519_dalek::scalar::Scalar;
use quorate::error::Fault;
use quorate::frost::{
    AggregateError, NonceCommitments, PackageError, SignatureShare, SigningPackage, aggregate,
};
use quorate::party::Parties;

use crate::game::{E, Foe, Game, Puppet, encode, hold, id, leaderless};
use crate::reference::{List, Signing};
use crate::values::torsion;

/// The `a`-th point of small order on D, the `b`-th on E.
fn dressed(puppet: &Puppet, [a, b]: [usize; 2]) -> [u8; 64] {
    let [d, e] = puppet.points();
    encode([d + torsion(a), e + torsion(b)])
}

/// The points of small order are the multiples of one of them, so what is left in R is a sum modulo eight.
fn rest(signing: &Signing<'_>, parts: &[(u16, [usize; 2])]) -> usize {
    let factors = signing.derive().unwrap().factors;
    let one = |(number, [a, b]): &(u16, [usize; 2])| a + b * usize::from(factors[number].to_bytes()[0] % 8);
    parts.iter().map(one).sum::<usize>() % 8
}

#[test]
fn f1_1_every_combination_of_small_order_parts_of_two_cheaters() {
    for k in 0..8 {
        assert_eq!(torsion(1) * Scalar::from(k as u64), torsion(k), "in the order of multiples");
    }
    let game = Game::new(2, 4, &[1, 2, 4], 31);
    let key = game.task.key().commitment();
    let [first, second, honest] = [1, 2, 4].map(|number| Puppet::new(&game, number, 32));
    let (mut vanished, mut convicted) = (0, 0);
    for code in 0..8usize.pow(4) {
        let digit = |place: u32| code / 8usize.pow(place) % 8;
        let parts = [(1, [digit(0), digit(1)]), (2, [digit(2), digit(3)])];
        let list: List =
            [(1, dressed(&first, parts[0].1)), (2, dressed(&second, parts[1].1)), (4, honest.commitments())]
                .into();
        let signing = game.signing(&list);
        let given = list.iter().map(|(n, body)| (id(*n), NonceCommitments::from_bytes::<E>(body).unwrap()));
        let found = SigningPackage::<E>::new(key, given, game.task.message());
        if rest(&signing, &parts) != 0 {
            let cheaters = parts.iter().filter(|(_, part)| *part != [0, 0]).map(|(number, _)| *number);
            let cheaters = Parties::from_numbers(cheaters).unwrap();
            assert_eq!(found.map(drop), Err(PackageError::Malformed(cheaters)));
            convicted += 1;
            continue;
        }
        let package = found.unwrap();
        let share =
            |p: &Puppet| (id(p.id), SignatureShare::from_bytes(p.share(&signing).as_bytes()).unwrap());
        let signature = aggregate(&package, &[&first, &second, &honest].map(share)).unwrap();
        assert!(game.verifies(signature.to_bytes()));
        vanished += 1;
    }
    assert!((400..650).contains(&vanished) && vanished + convicted == 4096, "{vanished} {convicted}");
}

/// Two cheaters with small-order parts, and perhaps a third with a bad share.
struct Dressed {
    parts: BTreeMap<u16, [usize; 2]>,
    bad: Option<u16>,
}

impl Foe for Dressed {
    fn first(&self, puppet: &Puppet, _: u16) -> [u8; 64] {
        dressed(puppet, self.parts.get(&puppet.id).copied().unwrap_or_default())
    }

    fn second(&self, puppet: &Puppet, _: u16, signing: &Signing<'_>, view: [u8; 32]) -> Vec<u8> {
        let off = if self.bad == Some(puppet.id) { Scalar::ONE } else { Scalar::ZERO };
        [view, (puppet.share(signing) + off).to_bytes()].concat()
    }
}

fn game() -> Game {
    Game::new(3, 6, &[1, 2, 3, 5, 6], 33)
}

#[test]
fn f1_1_all_honest_signers_reach_one_verdict_on_small_order_parts() {
    let game = game();
    let puppets = [1, 5].map(|number| Puppet::new(&game, number, 34));
    let mut checks = BTreeMap::<_, usize>::new();
    for (a, b) in (0..8).flat_map(|a| (0..8).map(move |b| (a, b))) {
        for other in [[0, 0], [8 - a.max(1), 0], [a, b], [3, 5]] {
            let foe = Dressed { parts: [(1, [a, b]), (5, other)].into(), bad: None };
            let signed = (a + b) % 2 == 0;
            let seen = leaderless(&game, signed, &puppets, &foe);
            let found: Vec<_> = seen.iter().map(|party| hold(&game, party, signed)).collect();
            assert_eq!(found, [found[0]; 3]);
            *checks.entry(found[0]).or_default() += 1;
        }
    }
    assert!(checks[""] > 20 && checks["F1.1"] > 100 && checks.len() == 2, "{checks:?}");
}

/// Parts that cancel change nothing: the signature is there, and if somebody else spoils it, that one is convicted alone.
#[test]
fn small_order_parts_that_cancel_change_nothing() {
    let game = game();
    let puppets = [1, 3, 5].map(|number| Puppet::new(&game, number, 35));
    for k in 1..8 {
        for signed in [false, true] {
            let parts: BTreeMap<_, _> = [(1, [k, 0]), (5, [8 - k, 0])].into();
            for party in leaderless(&game, signed, &puppets, &Dressed { parts: parts.clone(), bad: None }) {
                assert!(game.verifies(party.outcome.unwrap().unwrap()));
            }
            for bad in [1, 3, 5] {
                let foe = Dressed { parts: parts.clone(), bad: Some(bad) };
                for party in leaderless(&game, signed, &puppets, &foe) {
                    let abort = party.outcome.unwrap().unwrap_err();
                    game.convicts(&abort, "F2.2", Fault::BadShare, &[bad], signed);
                }
            }
        }
    }
}

/// A large group is searched by halves: errors that cancel within one do not hide, and small-order parts are no errors.
#[test]
fn f2_2_a_search_by_halves_misses_nothing_that_cancels() {
    let signers: Vec<u16> = (1..=18).collect();
    let game = Game::new(9, 20, &signers, 36);
    let key = game.task.key().commitment();
    let puppets: Vec<_> = signers.iter().map(|number| Puppet::new(&game, *number, 37)).collect();
    let mut list: List = puppets.iter().map(|p| (p.id, p.commitments())).collect();
    list.insert(5, dressed(&puppets[4], [3, 0]));
    list.insert(14, dressed(&puppets[13], [5, 0]));
    let signing = game.signing(&list);
    let given = list.iter().map(|(n, body)| (id(*n), NonceCommitments::from_bytes::<E>(body).unwrap()));
    let package = SigningPackage::<E>::new(key, given, game.task.message()).unwrap();
    let right: Vec<_> = puppets.iter().map(|p| (p.id, p.share(&signing))).collect();
    let try_with = |off: &[(u16, i8)]| {
        let share = |(number, z): &(u16, Scalar)| {
            let by = off.iter().find(|(n, _)| n == number).map_or(0, |(_, by)| *by);
            let size = Scalar::from(by.unsigned_abs());
            let z = if by < 0 { z - size } else { z + size };
            (id(*number), SignatureShare::from_bytes(z.as_bytes()).unwrap())
        };
        aggregate(&package, &right.iter().map(share).collect::<Vec<_>>())
    };
    for off in [&[][..], &[(3, 1), (4, -1)], &[(1, 2), (9, -1), (18, -1)]] {
        assert!(game.verifies(try_with(off).unwrap().to_bytes()));
    }
    for off in [&[(7, 1)][..], &[(3, 1), (4, -1), (7, 1)], &[(1, 1), (2, -1), (17, 1), (18, -1), (5, 1)]] {
        let bad = Parties::from_numbers(off.iter().map(|(number, _)| *number)).unwrap();
        assert_eq!(try_with(off).map(drop), Err(AggregateError::BadShares(bad)));
    }
}

/// A commitment that is nothing but a small-order part: with an E of order two, half of all signings make it vanish, and
/// its owner signs with the hiding nonce alone. Nobody else is the worse for it.
#[test]
fn a_binding_commitment_of_small_order_harms_nobody() {
    struct Bare;
    impl Foe for Bare {
        fn first(&self, puppet: &Puppet, _: u16) -> [u8; 64] {
            encode([puppet.points()[0], torsion(4)])
        }
        fn second(&self, puppet: &Puppet, _: u16, signing: &Signing<'_>, view: [u8; 32]) -> Vec<u8> {
            let bare = Puppet { e: Scalar::ZERO, ..puppet.clone() };
            [view, bare.share(signing).to_bytes()].concat()
        }
    }
    let game = game();
    let mut checks = BTreeMap::<_, usize>::new();
    for seed in 0..32 {
        let seen = leaderless(&game, true, &[Puppet::new(&game, 2, seed)], &Bare);
        let found: Vec<_> = seen.iter().map(|party| hold(&game, party, true)).collect();
        assert_eq!(found, [found[0]; 4]);
        *checks.entry(found[0]).or_default() += 1;
    }
    assert!(checks[""] > 4 && checks["F1.1"] > 4, "{checks:?}");
}
