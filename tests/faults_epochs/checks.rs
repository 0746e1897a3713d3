//! The checks of every dealing, with the parties in their roles: who only deals judges what it did not receive, and who only
//! receives is heard by who only deals.

use quorate::curve::{Curve, read_scalar};
use quorate::error::Fault;
use quorate::key::{Certificate, CertificateError, PendingSeat};
use quorate::party::PartyId;
use quorate::sim::Letter;
use quorate::wire::Kind;

use crate::facts::{Affair, Ended};
use crate::foe::{Foe, Scalar};
use crate::game::{Game, is, seal};
use crate::puppet::{base, id, scalar_bytes};
use crate::stage::Make;
use crate::verdict::{Want, brittle, cheater, unproved};

every_dealing! {
    k1_1_bad_one_time_key_is_blamed_by_the_dealer_it_is_for
    k1_1_bad_one_time_keys_are_blamed_by_every_dealer
    k2_1_foreign_view_of_round_1_leaves_suspects
    k2_2_commitment_that_does_not_open_convicts
    k2_3_undecodable_fields_convict
    k2_4_bad_proof_of_knowledge_convicts
    k2_5_undecodable_share_is_judged_by_everybody
    k2_6_bad_share_is_judged_by_everybody
    k3_1_foreign_view_of_round_2_leaves_suspects
    k3_2_bad_certificate_signature_convicts_whoever_signs_it
    k3_2_missing_certificate_signature_leaves_everybody_pending
    k3_3_false_complaint_convicts_its_maker
    k3_3_complaint_about_who_is_no_dealer_convicts_its_maker
    k3_3_complaint_about_a_share_that_nobody_deals_convicts_its_maker
}

pub(crate) fn numbers(ids: &[PartyId]) -> Vec<u16> {
    ids.iter().map(|id| id.get()).collect()
}

/// Everybody, dealers, receivers.
pub(crate) fn roles<S: Foe, O: Affair<S>>(make: Make<S, O>) -> [Vec<u16>; 3] {
    let facts = make(&[]).facts;
    [numbers(&facts.cast()), numbers(&facts.dealers), numbers(&facts.members)]
}

/// A game in which one party does something to its letters.
pub(crate) fn play<S: Foe, O: Affair<S>>(
    make: Make<S, O>,
    villain: u16,
    change: &dyn Fn(&Game<S, O>, &mut Letter),
) -> Game<S, O> {
    let mut game = make(&[villain]);
    game.label = format!("{} {villain}", game.label);
    game.play(&mut |game, letter| {
        change(game, letter);
        true
    });
    game
}

/// An encoding of no point.
pub(crate) fn no_point<S: Foe>() -> Vec<u8> {
    S::no_points(&base::<S>(&Scalar::<S>::from(5))).swap_remove(0).1
}

fn k1_1_bad_one_time_key_is_blamed_by_the_dealer_it_is_for<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [_, dealers, receivers] = roles(make);
    for villain in receivers {
        for victim in dealers.iter().copied().filter(|d| *d != villain) {
            let game = play(make, villain, &|game, letter| {
                if letter.header.round == 1 {
                    let at = game.facts.key_at(id(villain), id(victim));
                    let bad = no_point::<S>();
                    letter.body[at..at + bad.len()].copy_from_slice(&bad);
                }
            });
            for me in numbers(&game.ids).into_iter().filter(|me| *me != villain) {
                let blamed = cheater(1, "K1.1", villain, Fault::Malformed);
                game.expect(me, &if me == victim { blamed } else { Want::Wait(vec![victim]) });
            }
            brittle(&game.run, &game.evidence(victim));
        }
    }
}

fn k1_1_bad_one_time_keys_are_blamed_by_every_dealer<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [_, dealers, receivers] = roles(make);
    for villain in receivers {
        let game = play(make, villain, &|game, letter| {
            if letter.header.round == 1 {
                let head = if game.facts.dealers.contains(&id(villain)) { 64 } else { 32 };
                letter.body[head..]
                    .chunks_mut(S::Curve::POINT_LEN)
                    .for_each(|e| e.copy_from_slice(&no_point::<S>()));
            }
        });
        let honest: Vec<u16> = dealers.iter().copied().filter(|d| *d != villain).collect();
        for me in numbers(&game.ids).into_iter().filter(|me| *me != villain) {
            let blamed = cheater(1, "K1.1", villain, Fault::Malformed);
            game.expect(me, &if honest.contains(&me) { blamed } else { Want::Wait(honest.clone()) });
        }
    }
}

type Spoil<'a, S, O> = dyn Fn(&Game<S, O>, &mut Vec<u8>) + 'a;

/// Every dealer in turn spoils its message to all in round 2.
fn reveals<S: Foe, O: Affair<S>>(make: Make<S, O>, want: &dyn Fn(u16) -> Want, spoil: &Spoil<S, O>) {
    let [_, dealers, _] = roles(make);
    for villain in dealers {
        let game = play(make, villain, &|game, letter| {
            if is(letter, villain, 2, Kind::All) {
                spoil(game, &mut letter.body);
            }
        });
        game.expect_all(&want(villain));
    }
}

fn k2_1_foreign_view_of_round_1_leaves_suspects<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    reveals(make, &|_| Want::Suspects(2, "K2.1"), &|_, body| body[5] ^= 1);
}

fn k2_2_commitment_that_does_not_open_convicts<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let want = |villain| cheater(2, "K2.2", villain, Fault::BadOpening);
    // The salt, and the part of a chain code or again the salt.
    reveals(make, &want, &|game, body| {
        let end = game.facts.after_points();
        body[end] ^= 1;
    });
    reveals(make, &want, &|game, body| {
        let salt = game.facts.after_points() + if game.facts.parts { 32 } else { 0 };
        body[salt + 31] ^= 0x80;
    });
    let generator = base::<S>(&Scalar::<S>::from(1));
    reveals(make, &want, &|_, body| body[32..32 + generator.len()].copy_from_slice(&generator));
}

fn k2_3_undecodable_fields_convict<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let want = |villain| cheater(2, "K2.3", villain, Fault::Malformed);
    let len = S::Curve::POINT_LEN;
    reveals(make, &want, &|_, body| body.last_chunk_mut::<32>().unwrap().fill(0xff));
    reveals(make, &want, &|_, body| {
        let at = body.len() - 32 - len;
        body[at..at + len].copy_from_slice(&no_point::<S>());
    });
    // Points that the commitment opens to: the first and the last.
    let [_, dealers, _] = roles(make);
    for villain in dealers {
        let last = make(&[]).facts.points() - 1;
        for k in [0, last] {
            let mut game = make(&[villain]);
            game.puppet(villain).publish(k, &no_point::<S>());
            game.play_fair();
            game.expect_all(&want(villain));
        }
    }
}

fn k2_4_bad_proof_of_knowledge_convicts<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let want = |villain| cheater(2, "K2.4", villain, Fault::BadProof);
    let generator = base::<S>(&Scalar::<S>::from(1));
    reveals(make, &want, &|_, body| {
        let at = body.len() - 32 - generator.len();
        body[at..at + generator.len()].copy_from_slice(&generator);
    });
    // A last point that was committed to without its logarithm.
    let [_, dealers, _] = roles(make);
    for villain in dealers {
        let mut game = make(&[villain]);
        let last = game.facts.points() - 1;
        game.puppet(villain).publish(last, &generator);
        game.play_fair();
        // The only point of a polynomial may be a constant: which is wrong first.
        game.expect_all(&want(villain));
    }
}

/// Every dealer in turn spoils its share to every receiver in turn.
fn shares<S: Foe, O: Affair<S>>(
    make: Make<S, O>,
    check: &'static str,
    fault: Fault,
    spoil: &dyn Fn(&mut Vec<u8>),
) {
    let [cast, dealers, receivers] = roles(make);
    for villain in dealers {
        for victim in receivers.iter().copied().filter(|r| *r != villain) {
            let game = play(make, villain, &|_, letter| {
                if is(letter, villain, 2, Kind::Direct) && letter.to == id(victim) {
                    spoil(&mut letter.body);
                }
            });
            // What does not decode is its own evidence; what does not fit takes the complaint to show.
            let local = if fault == Fault::BadShare { unproved } else { cheater };
            game.expect(victim, &local(2, check, villain, fault));
            game.complained(victim, villain);
            for me in cast.iter().copied().filter(|me| ![villain, victim].contains(me)) {
                game.expect(me, &cheater(3, "K3.3", villain, fault));
            }
            let judge = cast.iter().copied().find(|me| ![villain, victim].contains(me)).unwrap();
            if victim == receivers[0] {
                brittle(&game.run, &game.evidence(judge));
            }
        }
    }
}

fn k2_5_undecodable_share_is_judged_by_everybody<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let len = S::Curve::POINT_LEN;
    shares(make, "K2.5", Fault::Malformed, &|body| body[..len].copy_from_slice(&no_point::<S>()));
    shares(make, "K2.5", Fault::Malformed, &|body| body[len..].fill(0xff));
}

fn k2_6_bad_share_is_judged_by_everybody<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let len = S::Curve::POINT_LEN;
    shares(make, "K2.6", Fault::BadShare, &|body| {
        let value = read_scalar::<S::Curve>(&body[len..]).unwrap() + Scalar::<S>::from(1);
        body[len..].copy_from_slice(&scalar_bytes::<S>(&value));
    });
}

fn k3_1_foreign_view_of_round_2_leaves_suspects<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    for villain in roles(make)[0].clone() {
        let game = play(make, villain, &|_, letter| {
            if letter.header.round == 3 {
                letter.body[0] ^= 1;
            }
        });
        game.expect_all(&Want::Suspects(3, "K3.1"));
    }
}

fn k3_2_bad_certificate_signature_convicts_whoever_signs_it<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [cast, ..] = roles(make);
    for villain in cast {
        let game = play(make, villain, &|_, letter| {
            if letter.header.round == 3 {
                letter.body[64] ^= 1;
            }
        });
        game.expect_all(&cheater(3, "K3.2", villain, Fault::BadSignature));
        let honest = game.seats.keys().next().unwrap().get();
        brittle(&game.run, &game.evidence(honest));
    }
}

/// One does not certify, to all but one: the others have its signature later, from that one, and not without it.
fn k3_2_missing_certificate_signature_leaves_everybody_pending<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [cast, ..] = roles(make);
    for villain in cast.iter().copied() {
        let mut silent = make(&[villain]);
        silent.play(&mut |_, letter| letter.header.round < 3);
        silent.expect_all(&Want::Wait(vec![villain]));

        let lucky = cast.iter().copied().find(|n| *n != villain).unwrap();
        let mut game = make(&[villain]);
        game.play(&mut |_, letter| letter.header.round < 3 || letter.to == id(lucky));
        game.expect(lucky, &Want::Key);
        let Some(Ok(ended)) = &game.seat(lucky).outcome else { panic!("no key") };
        let handed = ended.public().certificate().to_bytes();
        let place = cast.iter().position(|n| *n == villain).unwrap();
        let mut without = handed.clone();
        without.drain(32 + 64 * place..96 + 64 * place);
        for me in cast.iter().copied().filter(|n| ![villain, lucky].contains(n)) {
            game.expect(me, &Want::Wait(vec![villain]));
            let pending = PendingSeat::<S>::from_bytes(game.seat(me).pending.as_ref().unwrap()).unwrap();
            let short = Certificate::from_bytes(&without).unwrap();
            let (pending, error) = pending.complete(short).unwrap_err();
            assert_eq!(error, CertificateError::BadSignature(id(villain)), "{}", game.label);
            let seat = pending.complete(Certificate::from_bytes(&handed).unwrap()).unwrap();
            assert_eq!(seat.public(), ended.public(), "{}", game.label);
            assert_eq!(seat.member().is_some(), game.facts.members.contains(&id(me)), "{}", game.label);
        }
    }
}

fn k3_3_false_complaint_convicts_its_maker<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [cast, dealers, receivers] = roles(make);
    for villain in receivers {
        for accused in dealers.iter().copied().filter(|d| *d != villain) {
            let game = play(make, villain, &|game, letter| {
                if letter.header.round == 3 {
                    letter.header.kind = Kind::Complaint;
                    letter.body = game.complaint(villain, accused).body();
                }
            });
            for me in cast.iter().copied().filter(|me| *me != villain) {
                // An accused dealer has no signature on its own reveal.
                let verdict = if me == accused { unproved } else { cheater };
                game.expect(me, &verdict(3, "K3.3", villain, Fault::FalseComplaint));
            }
        }
    }
}

fn k3_3_complaint_about_who_is_no_dealer_convicts_its_maker<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [cast, dealers, receivers] = roles(make);
    for villain in receivers {
        let real = dealers.iter().copied().find(|d| *d != villain).unwrap();
        let no_dealers = cast.iter().copied().filter(|n| !dealers.contains(n));
        for accused in no_dealers.chain([villain, 0, 77, u16::MAX]) {
            let game = play(make, villain, &|game, letter| {
                if letter.header.round == 3 {
                    let mut complaint = game.complaint(villain, real);
                    complaint.accused = accused.to_be_bytes();
                    (letter.header.kind, letter.body) = (Kind::Complaint, complaint.body());
                }
            });
            game.expect_all(&cheater(3, "K3.3", villain, Fault::Malformed));
        }
    }
}

/// The quoted share is signed as it must be, by an accomplice that does not deal, or by the complainant to itself.
fn k3_3_complaint_about_a_share_that_nobody_deals_convicts_its_maker<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [cast, dealers, receivers] = roles(make);
    for villain in receivers {
        let real = dealers.iter().copied().find(|d| *d != villain).unwrap();
        let no_dealers = cast.iter().copied().filter(|n| !dealers.contains(n));
        for accused in no_dealers.chain([villain]) {
            let mut game = make(&[villain, accused]);
            game.play(&mut |game, letter| {
                if is(letter, villain, 3, Kind::All) {
                    let mut complaint = game.complaint(villain, real);
                    complaint.accused = accused.to_be_bytes();
                    let header = game.header(2, Kind::Direct, id(accused), Some(id(villain)));
                    complaint.envelope = seal(&header, game.private(real, villain).body()).to_bytes();
                    (letter.header.kind, letter.body) = (Kind::Complaint, complaint.body());
                }
                true
            });
            game.expect_all(&cheater(3, "K3.3", villain, Fault::Malformed));
        }
    }
}
