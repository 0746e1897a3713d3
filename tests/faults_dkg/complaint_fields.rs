//! Complaints about an honest dealer, with every field wrong in every way: the complainant is convicted, the dealer never.

use quorate::curve::{Curve, Ed25519, FrostEd25519, encode_point, read_point};
use quorate::error::Fault;
use quorate::wire::{HEADER_LEN, Kind};

use crate::foe::{Foe, Named, Scalar, Sort, wrong};
use crate::game::{Game, seal};
use crate::puppet::{Complaint, Lane, id};
use crate::verdict::{Want, cheater, unproved};

/// Party 3 complains about party 1, whose share is right.
const LIAR: u16 = 3;
const ACCUSED: u16 = 1;
const BYSTANDER: u16 = 2;

/// The liar's complaint after `change`.
fn complain<S: Foe>(label: &str, change: &dyn Fn(&Game<S>, &mut Complaint)) -> Game<S> {
    let mut game = Game::<S>::new(2, 3, &[LIAR]);
    game.label = format!("{} complaint, {label}", S::NAME);
    game.play(&mut |game, letter| {
        if letter.header.round == 3 {
            let mut complaint = game.complaint(LIAR, ACCUSED);
            change(game, &mut complaint);
            (letter.header.kind, letter.body) = (Kind::Complaint, complaint.body());
        }
        true
    });
    game
}

/// The judge compares with what the accused dealt. The accused itself has no signature of its own reveal to show.
fn false_complaint<S: Foe>(label: &str, change: &dyn Fn(&Game<S>, &mut Complaint)) {
    let game = complain(label, change);
    game.expect(ACCUSED, &unproved(3, "K3.3", LIAR, Fault::FalseComplaint));
    game.expect(BYSTANDER, &cheater(3, "K3.3", LIAR, Fault::FalseComplaint));
}

/// Whatever is quoted is not a share of this dealer to the complainant.
fn malformed<S: Foe>(label: &str, change: &dyn Fn(&Game<S>, &mut Complaint)) {
    complain(label, change).expect_all(&cheater(3, "K3.3", LIAR, Fault::Malformed));
}

/// Replaces a field by each of its wrong values, and says what must come of it.
fn each<S: Foe>(
    name: &str,
    sort: Sort,
    field: impl Fn(&mut Complaint) -> &mut Vec<u8>,
    play: impl Fn(&str, &dyn Fn(&Game<S>, &mut Complaint)),
) {
    let (mut here, mut elsewhere) = (Game::<S>::new(2, 3, &[LIAR]), Game::<S>::with(2, 3, &[LIAR], 2));
    here.play_fair();
    elsewhere.play_fair();
    let value = |game: &Game<S>, about| std::mem::take(field(&mut game.complaint(LIAR, about)));
    let good = value(&here, ACCUSED);
    let mut foreign: Vec<Named> = vec![("another session's".into(), value(&elsewhere, ACCUSED))];
    if name != "e2" {
        foreign.push(("another dealer's".into(), value(&here, BYSTANDER)));
    }
    for wrong in wrong::<S>(sort, &good, &foreign) {
        play(&format!("{name} {}", wrong.name), &|_, c| field(c).clone_from(&wrong.bytes));
    }
}

every_scheme! {
    k3_3_complaint_about_an_honest_dealer_convicts_its_maker
    k3_1_complaint_with_a_foreign_view_leaves_suspects
    k3_3_complaint_that_accuses_itself_or_a_stranger_convicts_its_maker
    k3_3_complaint_that_opens_something_else_convicts_its_maker
    k3_3_complaint_that_quotes_anything_else_convicts_its_maker
}

/// Opened and proved honestly.
fn k3_3_complaint_about_an_honest_dealer_convicts_its_maker<S: Foe>() {
    false_complaint::<S>("all true", &|_, _| {});
}

fn k3_1_complaint_with_a_foreign_view_leaves_suspects<S: Foe>() {
    each::<S>(
        "e2",
        Sort::Bytes,
        |c| &mut c.e2,
        |label, change| {
            complain(label, change).expect_all(&Want::Suspects(3, "K3.1"));
        },
    );
}

fn k3_3_complaint_that_accuses_itself_or_a_stranger_convicts_its_maker<S: Foe>() {
    // Party 2 is a dealer too, but the quoted share is not its.
    for accused in [LIAR, 0, 4, BYSTANDER, u16::MAX, ACCUSED << 8] {
        malformed::<S>(&format!("accused {accused}"), &|_, c| c.accused = accused.to_be_bytes());
    }
}

fn k3_3_complaint_that_opens_something_else_convicts_its_maker<S: Foe>() {
    each::<S>("K", Sort::Point, |c| &mut c.opened, false_complaint);
    each::<S>("c", Sort::Scalar, |c| &mut c.c, false_complaint);
    each::<S>("z", Sort::Scalar, |c| &mut c.z, false_complaint);
    false_complaint::<S>("as if nothing decoded", &|_, c| {
        c.opened = crate::puppet::base::<S>(&1.into());
        (c.c, c.z) = (vec![0; 32], vec![0; 32]);
    });
    // A proof of something true about the wrong points, made with the right key.
    false_complaint::<S>("K of another ephemeral", &|game, c| {
        let point = &game.private(BYSTANDER, LIAR).body()[..S::Curve::POINT_LEN];
        let e = &game.puppets[&id(LIAR)].e[&id(ACCUSED)];
        let (opened, proof) = game.open_with(LIAR, ACCUSED, e, point);
        c.open_as::<S>(opened, proof);
    });
    // The one-time secret for another dealer, with a proof for that one.
    false_complaint::<S>("another one-time key", &|game, c| {
        let point = &game.private(ACCUSED, LIAR).body()[..S::Curve::POINT_LEN];
        let e = &game.puppets[&id(LIAR)].e[&id(BYSTANDER)];
        let (opened, proof) = game.open_with(LIAR, BYSTANDER, e, point);
        c.open_as::<S>(opened, proof);
    });
}

fn k3_3_complaint_that_quotes_anything_else_convicts_its_maker<S: Foe>() {
    let len = HEADER_LEN + S::Curve::POINT_LEN + 32;
    // Every field of the header, D, c and the signature, changed.
    for at in [0, 1, 2, 3, 4, 5, 6, 7, 8, 23, 24, 55, 56, len - 33, len - 32, len - 1, len, len + 63] {
        malformed::<S>(&format!("quoted byte {at}"), &|_, c| c.envelope[at] ^= 1);
    }
    for (name, part) in [("header", 0..HEADER_LEN), ("body", HEADER_LEN..len), ("signature", len..len + 64)] {
        for byte in [0, 0xff] {
            malformed::<S>(&format!("quoted {name} {byte:x}"), &|_, c| c.envelope[part.clone()].fill(byte));
        }
    }
    malformed::<S>("quoted signature with s + q", &|_, c| {
        let high = wrong::<FrostEd25519>(Sort::Scalar, &c.envelope[len + 32..], &[]);
        let high = high.into_iter().find(|s| s.name == "itself + q").unwrap();
        c.envelope[len + 32..].copy_from_slice(&high.bytes);
    });
    let mut elsewhere = Game::<S>::with(2, 3, &[LIAR], 2);
    elsewhere.play_fair();
    for (name, from, to) in [
        ("to somebody else", ACCUSED, BYSTANDER),
        ("by somebody else", BYSTANDER, LIAR),
        ("by itself", LIAR, ACCUSED),
    ] {
        malformed::<S>(&format!("quotes a share {name}"), &|game, c| {
            c.envelope = game.private(from, to).envelope().to_bytes();
        });
    }
    malformed::<S>("quotes a share of another session", &|_, c| {
        c.envelope = elsewhere.private(ACCUSED, LIAR).envelope().to_bytes();
    });
    // The quote in the liar's own hand: the accused's name with the liar's signature, and the liar's name.
    let body = vec![1; S::Curve::POINT_LEN + 32];
    for from in [ACCUSED, LIAR] {
        malformed::<S>(&format!("forges a share by {from}"), &|game, c| {
            let header = game.header(2, Kind::Direct, id(from), Some(id(LIAR)));
            let by_liar = game.header(2, Kind::Direct, id(LIAR), Some(id(LIAR)));
            let signature = seal(&by_liar, &body).signature;
            c.envelope = [&header.to_bytes()[..], &body, &signature].concat();
        });
    }
}

/// `K` with a small-order point added, and a proof ground until its challenge does not see it. If that were let through,
/// the pad would be another and the honest dealer convicted.
#[test]
fn k3_3_step_3_opened_point_of_another_order_convicts_its_maker() {
    type E = FrostEd25519;
    for (k, t) in E::torsion().into_iter().enumerate() {
        false_complaint::<E>(&format!("K plus small order {k}"), &|game, c| {
            let (me, dealer) = (id(LIAR), id(ACCUSED));
            let (e1, key) = (game.view(me, 1).unwrap(), game.key(me, dealer));
            let lane = Lane { e1: &e1, dealer, receiver: me, key };
            let point = &game.private(ACCUSED, LIAR).body()[..32];
            let d = read_point::<Ed25519>(point).unwrap();
            let e = game.puppets[&me].e[&dealer];
            let opened = d * e + t;
            let bytes = encode_point::<Ed25519>(&opened).unwrap();
            let fitting = (1..1000u64).find_map(|w| {
                let w = Scalar::<E>::from(w);
                let proof = lane.prove_with::<E>(w, &e, point, &bytes);
                let second = Ed25519::msm_vartime(&[(d, proof[1]), (opened, -proof[0])]);
                (second == d * w).then_some(proof)
            });
            c.open_as::<E>(bytes, fitting.expect("a challenge that vanishes on the small order"));
        });
    }
}
