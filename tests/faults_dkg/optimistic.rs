//! What is checked together instead of one by one: the verdict is that of looking at each.

use ff::Field;
use group::Group;
use quorate::curve::{Curve, FrostEd25519, encode_point, read_scalar};
use quorate::error::Fault;
use quorate::frost::{Sign, Task};
use quorate::key::KeyShare;
use quorate::party::Parties;
use quorate::session::Status;
use quorate::wire::{Kind, SessionId};

use crate::foe::{Foe, Point, Scalar};
use crate::game::{Game, rng};
use crate::puppet::{base, id, scalar_bytes};
use crate::verdict::{Want, cheater};

type E = FrostEd25519;

every_scheme! {
    k2_6_share_errors_that_cancel_are_another_polynomial
    k2_6_exactly_the_dealers_of_errors_that_do_not_cancel_are_named
}

/// Adds to the masked share that puppet `from` sends to `to`.
fn errors<S: Foe>(game: &mut Game<S>, error: impl Fn(u16, u16) -> Scalar<S>) {
    game.play(&mut |_, letter| {
        if letter.header.kind == Kind::Direct {
            let part = &mut letter.body[S::Curve::POINT_LEN..];
            let error = error(letter.header.from.get(), letter.to.get());
            part.copy_from_slice(&scalar_bytes::<S>(&(read_scalar::<S::Curve>(part).unwrap() + error)));
        }
        true
    });
}

fn share_of<S: Foe>(game: &Game<S>, number: u16) -> &KeyShare<S> {
    match &game.seat(number).outcome {
        Some(Ok(share)) => share,
        other => panic!("{}: {other:?}", game.label),
    }
}

/// The stored secret, times `G`, is the public share.
fn consistent<S: Foe>(share: &KeyShare<S>) {
    let stored = share.to_bytes();
    let secret = read_scalar::<S::Curve>(&stored.expose()[5..37]).unwrap();
    assert_eq!(Some(base::<S>(&secret)), share.public().public_share(share.id()));
}

fn k2_6_share_errors_that_cancel_are_another_polynomial<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[2, 4]);
    errors(&mut game, |from, to| {
        let error = Scalar::<S>::from(u64::from(to) * 1000 + 7);
        if from == 2 { error } else { -error }
    });
    game.expect_all(&Want::Key);
    [1, 3, 5].into_iter().for_each(|number| consistent(share_of(&game, number)));
}

fn k2_6_exactly_the_dealers_of_errors_that_do_not_cancel_are_named<S: Foe>() {
    let errors_of = [Scalar::<S>::ZERO, Scalar::<S>::ONE, -Scalar::<S>::ONE, Scalar::<S>::from(5)];
    for a in errors_of {
        for b in errors_of {
            let mut game = Game::<S>::new(3, 4, &[2, 3]);
            game.label = format!("{} {a:?} {b:?}", S::NAME);
            errors(&mut game, |from, to| match (from, to) {
                (2, 1) => a,
                (3, 1) => b,
                _ => Scalar::<S>::ZERO,
            });
            if (a + b).is_zero().into() {
                game.expect_all(&Want::Key);
                consistent(share_of(&game, 1));
                continue;
            }
            let mut bad = [(2, a), (3, b)].into_iter().filter(|(_, e)| !bool::from(e.is_zero()));
            let lowest = bad.next().unwrap().0;
            let others = bad.map(|(number, _)| (number, Fault::BadShare)).collect();
            game.expect(1, &Want::Cheater(2, "K2.6", lowest, Fault::BadShare, false, others));
            game.complained(1, lowest);
            game.expect(4, &cheater(3, "K3.3", lowest, Fault::BadShare));
        }
    }
}

#[test]
fn k2_6_a_key_from_cancelling_errors_signs() {
    let mut game = Game::<E>::new(3, 5, &[2, 4]);
    errors(&mut game, |from, to| {
        let error = Scalar::<E>::from(u64::from(to) + 3);
        if from == 2 { error } else { -error }
    });
    signs(&game, [1, 3, 5]);
}

/// These parties sign, and the signature is plain Ed25519.
fn signs(game: &Game<E>, numbers: [u16; 3]) {
    let shares = numbers.map(|number| share_of(game, number));
    let signers = Parties::from_numbers(numbers).unwrap();
    let task = Task::new(shares[0].public(), signers, b"fine", SessionId([8; 16])).unwrap();
    let mut rng = rng(8);
    let mut sessions = shares.map(|share| Sign::start(share, task.clone(), &mut rng).unwrap());
    let mut signatures = Vec::new();
    for _ in 0..3 {
        let sent: Vec<_> = sessions
            .iter()
            .flat_map(|s| s.outgoing(0).map(|out| (s.terms().me, out.bytes.to_vec())).collect::<Vec<_>>())
            .collect();
        for session in &mut sessions {
            let me = session.terms().me;
            for (from, bytes) in sent.iter().filter(|(from, _)| *from != me) {
                // Earlier rounds come again; the session knows.
                let _ = session.receive(*from, bytes);
            }
            if let Status::Done(signature) = session.advance(&mut rng).unwrap() {
                signatures.push(signature.to_bytes());
            }
        }
    }
    let key: [u8; 32] = shares[0].public().public_key().try_into().unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
    assert_eq!(signatures.len(), 3);
    for signature in signatures {
        let signature = ed25519_dalek::Signature::from_bytes(&signature);
        key.verify_strict(b"fine", &signature).unwrap();
    }
}

/// All eight, the identity first.
fn small_order() -> Vec<Point<E>> {
    [Point::<E>::identity()].into_iter().chain(E::torsion()).collect()
}

#[test]
fn k2_3_small_order_points_that_cancel_leave_no_trace() {
    let mut fair = Game::<E>::new(3, 5, &[2, 4]);
    fair.play_fair();
    let key = share_of(&fair, 1).public().public_key();
    for k in 0..3 {
        for t in E::torsion() {
            let mut game = Game::<E>::new(3, 5, &[2, 4]);
            game.puppet(2).shift(k, &t);
            game.puppet(4).shift(k, &-t);
            game.play_fair();
            game.expect_all(&Want::Key);
            // The same key as without: nothing of it stays.
            assert_eq!(share_of(&game, 3).public().public_key(), key);
            for point in share_of(&game, 3).public().commitment().points() {
                assert!(point.is_torsion_free());
            }
            for number in [1, 3, 5] {
                consistent(share_of(&game, number));
            }
        }
    }
}

#[test]
fn k2_3_small_order_points_alone_that_cancel_are_zero_coefficients() {
    for t in E::torsion() {
        let mut game = Game::<E>::new(3, 5, &[2, 4]);
        for (number, t) in [(2, t), (4, -t)] {
            let mut f = game.puppets[&id(number)].f.clone();
            f[1] = Scalar::<E>::ZERO;
            let puppet = game.puppet(number);
            puppet.deal(f);
            puppet.publish(1, &encode_point::<<E as quorate::curve::Scheme>::Curve>(&t).unwrap());
        }
        game.play_fair();
        game.expect_all(&Want::Key);
        signs(&game, [1, 3, 5]);
    }
}

#[test]
fn k2_3_exactly_the_senders_of_small_order_points_that_do_not_cancel_are_named() {
    let mut cancelled = 0;
    for (i, a) in small_order().into_iter().enumerate() {
        for (j, b) in small_order().into_iter().enumerate() {
            for k in [0, 2] {
                let mut game = Game::<E>::new(3, 4, &[2, 3]);
                game.label = format!("small order {i} and {j} in A_{k}");
                game.puppet(2).shift(k, &a);
                game.puppet(3).shift(k, &b);
                game.play_fair();
                if bool::from((a + b).is_identity()) {
                    game.expect_all(&Want::Key);
                    cancelled += 1;
                    continue;
                }
                game.expect_all(&named(&[(2, a), (3, b)]));
            }
        }
    }
    assert_eq!(cancelled, 16);
}

/// The conviction of everybody whose point is not the identity.
fn named(sent: &[(u16, Point<E>)]) -> Want {
    let mut bad = sent.iter().filter(|(_, t)| !bool::from(t.is_identity()));
    let lowest = bad.next().unwrap().0;
    let others = bad.map(|(number, _)| (*number, Fault::Malformed)).collect();
    Want::Cheater(2, "K2.3", lowest, Fault::Malformed, true, others)
}

#[test]
fn k2_3_small_order_points_in_different_coefficients_do_not_cancel() {
    for t in E::torsion() {
        let mut game = Game::<E>::new(3, 4, &[2, 3]);
        game.puppet(2).shift(0, &t);
        game.puppet(3).shift(1, &-t);
        game.play_fair();
        game.expect_all(&named(&[(2, t), (3, -t)]));
    }
}

#[test]
fn k2_3_small_order_points_that_cancel_are_named_when_anything_else_fails() {
    let t = E::torsion()[2];
    let slip = |game: &mut Game<E>| {
        game.puppet(4).shift(1, &t);
        game.puppet(5).shift(1, &-t);
    };

    // Somebody else does not open.
    let mut game = Game::<E>::new(4, 5, &[2, 4, 5]);
    slip(&mut game);
    game.puppet(2).salt = [1; 32];
    game.play(&mut |_, letter| {
        if letter.header.from == id(2) && letter.header.round == 1 {
            letter.body[32] ^= 1;
        }
        true
    });
    let others = vec![(4, Fault::Malformed), (5, Fault::Malformed)];
    game.expect_all(&Want::Cheater(2, "K2.2", 2, Fault::BadOpening, true, others));

    // One of the two has a bad proof: what comes first in the order of checks is what it is named for.
    let mut game = Game::<E>::new(3, 5, &[4, 5]);
    slip(&mut game);
    game.play(&mut |_, letter| {
        if letter.header.from == id(4) && letter.header.round == 2 && letter.header.kind == Kind::All {
            let first_of_z = letter.body.len() - 32;
            letter.body[first_of_z] ^= 1;
        }
        true
    });
    game.expect_all(&named(&[(4, t), (5, -t)]));
}

/// Small-order points that cancel, and a bad share beside them. Where the victim's id kills the small-order point (2 the one
/// of order 2) the share of its dealer fits but for it: a judge that does not look at the order would convict the victim.
#[test]
fn k3_3_step_4_small_order_points_that_cancel_convict_no_complainant() {
    for t in E::torsion() {
        for victim in [1, 2] {
            let mut game = Game::<E>::new(3, 5, &[4, 5]);
            game.label = format!("{t:?} and a bad share for {victim}");
            game.puppet(4).shift(1, &t);
            game.puppet(5).shift(1, &-t);
            errors(&mut game, |from, to| match (from, to) {
                (5, to) if to == victim => Scalar::<E>::ONE,
                _ => Scalar::<E>::ZERO,
            });
            game.expect(victim, &named(&[(4, t), (5, -t)]));
            game.complained(victim, 4);
            for other in [3 - victim, 3] {
                game.expect(other, &cheater(3, "K3.3", 4, Fault::BadShare));
            }
        }
    }
}
