//! Attacks on the public key and on who knows what: rogue keys, copied commitments, replayed proofs, raised thresholds.

use ff::Field;
use group::Group;
use quorate::curve::{Curve, encode_point, random_scalar, read_point};
use quorate::error::{Fault, Rejected};
use quorate::sim::Letter;
use quorate::wire::Kind;

use crate::foe::{Foe, Point, Scalar};
use crate::game::{Game, is, rng, seal, start_seed};
use crate::hash::h2s;
use crate::puppet::{at, base, id, scalar_bytes};
use crate::verdict::{Want, cheater, unproved};

every_scheme! {
    k2_2_rogue_key_after_the_others_are_known_does_not_open
    k2_4_rogue_key_from_foresight_has_no_proof
    k2_4_proof_of_knowledge_of_another_party_does_not_serve_again
    k2_4_proof_of_knowledge_of_another_session_does_not_serve_again
    k2_2_copied_commitment_opens_for_nobody_else
    k2_7_public_value_that_vanishes_is_nobodys_fault
    a10_share_of_zero_is_legal
    c3_vectors_of_another_length_are_not_messages
    k2_6_shares_of_a_higher_degree_convict_dealer
}

/// Who attacks, last of three.
const ROGUE: u16 = 3;

/// What each honest party publishes as its constant, in a game that has not begun.
fn foreseen<S: Foe>() -> Vec<Point<S>> {
    let mut game = Game::<S>::new(2, 3, &[ROGUE]);
    game.play_fair();
    constants(&game)
}

fn constants<S: Foe>(game: &Game<S>) -> Vec<Point<S>> {
    let reveals = [1, 2].map(|from| game.body(2, id(from), id(ROGUE)).unwrap());
    reveals.iter().map(|body| read_point::<S::Curve>(&body[32..32 + S::Curve::POINT_LEN]).unwrap()).collect()
}

/// `A_0` that would make `target * G` the public key.
fn rogue_point<S: Foe>(others: &[Point<S>], target: &Scalar<S>) -> Vec<u8> {
    let rogue = others.iter().fold(S::Curve::mul_base(target), |sum, point| sum - point);
    encode_point::<S::Curve>(&rogue).unwrap()
}

fn k2_2_rogue_key_after_the_others_are_known_does_not_open<S: Foe>() {
    let mut game = Game::<S>::new(2, 3, &[ROGUE]);
    game.play(&mut |game, letter| {
        if is(letter, ROGUE, 2, Kind::All) {
            let point = rogue_point::<S>(&constants(game), &Scalar::<S>::from(5));
            letter.body[32..32 + point.len()].copy_from_slice(&point);
        }
        true
    });
    game.expect_all(&cheater(2, "K2.2", ROGUE, Fault::BadOpening));
}

/// The attacker knows what the others will publish, so its commitment opens; the logarithm it does not know.
fn k2_4_rogue_key_from_foresight_has_no_proof<S: Foe>() {
    let (others, len) = (foreseen::<S>(), S::Curve::POINT_LEN);
    for forge in [false, true] {
        let mut game = Game::<S>::new(2, 3, &[ROGUE]);
        game.puppet(ROGUE).publish(0, &rogue_point::<S>(&others, &Scalar::<S>::from(5)));
        game.play(&mut |game, letter| {
            if forge && is(letter, ROGUE, 2, Kind::All) {
                // R = z*G - c*Y for the challenge of another R: right for any verifier that does not hash R.
                let puppet = &game.puppets[&id(ROGUE)];
                let (e1, me) = (game.view(puppet.me, 1).unwrap(), puppet.me.to_bytes());
                let gamma = h2s::<S::Curve>("dkg-pok-comb", &[&e1, &me, &puppet.points]);
                let c = h2s::<S::Curve>("dkg-pok-chal", &[&e1, &me, &puppet.points, &base::<S>(&puppet.w)]);
                let points = puppet.points.chunks(len).map(|b| read_point::<S::Curve>(b).unwrap()).rev();
                let y = points.fold(Point::<S>::identity(), |sum, a| sum * gamma + a);
                let z = Scalar::<S>::from(9);
                let r = encode_point::<S::Curve>(&(S::Curve::mul_base(&z) - y * c)).unwrap();
                letter.body[96 + 2 * len..].copy_from_slice(&[r, scalar_bytes::<S>(&z)].concat());
            }
            true
        });
        assert_eq!(constants(&game), others);
        game.expect_all(&cheater(2, "K2.4", ROGUE, Fault::BadProof));
    }
}

/// Everything of party 1's reveal, committed to in the attacker's own name.
fn k2_4_proof_of_knowledge_of_another_party_does_not_serve_again<S: Foe>() {
    let len = S::Curve::POINT_LEN;
    let mut before = Game::<S>::new(2, 3, &[ROGUE]);
    before.play_fair();
    let copied = before.body(2, id(1), id(ROGUE)).unwrap()[32..32 + 2 * len].to_vec();
    let mut game = Game::<S>::new(2, 3, &[ROGUE]);
    game.puppet(ROGUE).points.clone_from(&copied);
    game.play(&mut |game, letter| {
        if is(letter, ROGUE, 2, Kind::All) {
            let proof = &game.body(2, id(1), id(ROGUE)).unwrap()[96 + 2 * len..];
            letter.body[96 + 2 * len..].copy_from_slice(proof);
        }
        true
    });
    game.expect_all(&cheater(2, "K2.4", ROGUE, Fault::BadProof));
}

fn k2_4_proof_of_knowledge_of_another_session_does_not_serve_again<S: Foe>() {
    let proof_at = 96 + 2 * S::Curve::POINT_LEN;
    let mut before = Game::<S>::with(2, 3, &[ROGUE], 2);
    before.play_fair();
    before.expect_all(&Want::Key);
    let old = before.puppet(ROGUE);
    let (f, cc, salt) = (old.f.clone(), old.cc, old.salt);
    let proof = before.body(2, id(ROGUE), id(1)).unwrap()[proof_at..].to_vec();
    for replay in [false, true] {
        let mut game = Game::<S>::new(2, 3, &[ROGUE]);
        let puppet = game.puppet(ROGUE);
        puppet.deal(f.clone());
        (puppet.cc, puppet.salt) = (cc, salt);
        game.play(&mut |_, letter| {
            if replay && is(letter, ROGUE, 2, Kind::All) {
                letter.body[proof_at..].copy_from_slice(&proof);
            }
            true
        });
        // The same polynomial with a new proof is a bad idea, but nobody's fault.
        game.expect_all(&match replay {
            true => cheater(2, "K2.4", ROGUE, Fault::BadProof),
            false => Want::Key,
        });
    }
}

fn k2_2_copied_commitment_opens_for_nobody_else<S: Foe>() {
    let mut game = Game::<S>::new(2, 3, &[ROGUE]);
    game.play(&mut |game, letter| {
        if is(letter, ROGUE, 1, Kind::All) {
            letter.body[32..64].copy_from_slice(&game.body(1, id(1), id(ROGUE)).unwrap()[32..64]);
        }
        if is(letter, ROGUE, 2, Kind::All) {
            letter.body = game.body(2, id(1), id(ROGUE)).unwrap().to_vec();
        }
        true
    });
    game.expect_all(&cheater(2, "K2.2", ROGUE, Fault::BadOpening));
}

/// Only somebody who knows the honest parties' randomness can do this, as the test does.
fn k2_7_public_value_that_vanishes_is_nobodys_fault<S: Foe>() {
    for k in 0..2 {
        let mut game = Game::<S>::new(2, 3, &[ROGUE]);
        let mut f = game.puppets[&id(ROGUE)].f.clone();
        let honest = [1, 2].map(|number| {
            let mut rng = rng(start_seed(id(number), 1));
            [(); 2].map(|()| random_scalar::<S::Curve>(&mut rng))
        });
        f[k] = -(honest[0][k] + honest[1][k]);
        game.puppet(ROGUE).deal(f);
        game.play_fair();
        let revealed = game.body(2, id(1), id(ROGUE)).unwrap();
        assert_eq!(revealed[32..32 + S::Curve::POINT_LEN], base::<S>(&honest[0][0])[..]);
        game.expect_all(&Want::Degenerate(2, "K2.7"));
    }
}

fn a10_share_of_zero_is_legal<S: Foe>() {
    for zero_at in 1..=2 {
        let mut game = Game::<S>::new(2, 3, &[ROGUE]);
        let slope = Scalar::<S>::from(11);
        game.puppet(ROGUE).deal(vec![-(slope * Scalar::<S>::from(zero_at)), slope]);
        let puppet = &game.puppets[&id(ROGUE)];
        assert!(bool::from(at::<S>(&puppet.f, id(zero_at as u16)).is_zero()));
        game.play_fair();
        game.expect_all(&Want::Key);
    }
}

/// Longer, shorter, empty, double: refused, nothing changes, and the run waits for the right one.
fn c3_vectors_of_another_length_are_not_messages<S: Foe>() {
    let len = S::Curve::POINT_LEN;
    for (round, kind) in
        [(1, Kind::All), (2, Kind::All), (2, Kind::Direct), (3, Kind::All), (3, Kind::Complaint)]
    {
        let mut game = Game::<S>::new(2, 3, &[ROGUE]);
        game.label = format!("{} round {round} {kind:?}", S::NAME);
        for at in 1..=3 {
            game.speak();
            if at == round {
                let slot = if kind == Kind::Complaint { Kind::All } else { kind };
                let letters = game.letters(id(ROGUE), round);
                let mut letter =
                    letters.into_iter().find(|l| l.to == id(1) && l.header.kind == slot).unwrap();
                if kind == Kind::Complaint {
                    (letter.header.kind, letter.body) = (kind, game.complaint(ROGUE, 1).body());
                }
                wrong_lengths(&mut game, &letter, len);
                // Everybody but the receiver goes on; it waits.
                game.puppets_speak(at, &mut |_, letter| {
                    letter.to != id(1) || (letter.header.kind == Kind::Direct) != (kind == Kind::Direct)
                });
                game.work();
                game.expect(1, &Want::Wait(vec![ROGUE]));
                if kind != Kind::Complaint {
                    game.send(&letter);
                }
            } else {
                game.puppets_speak(at, &mut |_, _| true);
            }
            game.work();
        }
        let ending = if kind == Kind::Complaint { Want::Wait(vec![ROGUE]) } else { Want::Key };
        game.expect(1, &ending);
        game.expect(2, &Want::Key);
    }
}

fn wrong_lengths<S: Foe>(game: &mut Game<S>, letter: &Letter, point: usize) {
    let body = &letter.body;
    let insert = |at: usize| [&body[..at], &body[at - 1..at - 1 + point.min(32)], &body[at..]].concat();
    let mut bodies = vec![Vec::new(), body[1..].to_vec(), [&body[..], &[0]].concat(), body.repeat(2)];
    // One point more or fewer, in the middle of the message, where a vector would have it.
    bodies.extend([
        insert(32),
        body[..body.len() - point].to_vec(),
        [&body[..32], &body[32 + point..]].concat(),
    ]);
    bodies.push([&body[..], &body[body.len() - point..]].concat());
    for wrong in bodies {
        assert_ne!(wrong.len(), body.len());
        let sealed = seal(&letter.header, &wrong).verify(game.run.roster()).unwrap();
        let session = &mut game.seats.get_mut(&letter.to).unwrap().session;
        let before = format!("{session:?}");
        let found = wrong.len();
        assert_eq!(session.receive_signed(&sealed), Err(Rejected::Length { expected: body.len(), found }));
        assert_eq!(format!("{session:?}"), before);
    }
}

/// Shares of a polynomial with one coefficient more than was published: each receiver sees it.
fn k2_6_shares_of_a_higher_degree_convict_dealer<S: Foe>() {
    let mut game = Game::<S>::new(2, 3, &[ROGUE]);
    game.play(&mut |game, letter| {
        if is(letter, ROGUE, 2, Kind::Direct) {
            let puppet = &game.puppets[&id(ROGUE)];
            let f = [&puppet.f[..], &[Scalar::<S>::ONE]].concat();
            let (e1, key) = (game.view(puppet.me, 1).unwrap(), game.key(letter.to, puppet.me));
            letter.body = puppet.share(&e1, letter.to, key, at::<S>(&f, letter.to));
        }
        true
    });
    game.expect_all(&unproved(2, "K2.6", ROGUE, Fault::BadShare));
    game.complained(1, ROGUE);
    game.complained(2, ROGUE);
}
