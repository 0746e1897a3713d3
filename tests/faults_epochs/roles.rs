//! Who only deals does not complain, who only receives does not deal: the driver refuses it, and the judge does not convict of it.

use quorate::curve::{Curve, encode_point, random_scalar, read_point, read_scalar};
use quorate::dkg::judge;
use quorate::error::{Fault, Rejected};
use quorate::evidence::{Envelope, Evidence, EvidenceKind};
use quorate::party::PartyId;
use quorate::session::Finding;
use quorate::sim::Letter;
use quorate::wire::{Header, Kind};

use crate::checks::{numbers, roles};
use crate::facts::Affair;
use crate::foe::{Foe, Scalar};
use crate::game::{Game, is, rng, seal, start_seed};
use crate::hash::{h, sha256};
use crate::puppet::{Lane, id, public_share};
use crate::stage::{self, Make, Past};
use crate::verdict::{Want, cheater, unproved};

every_dealing! {
    complaint_of_who_receives_nothing_has_no_slot
    deals_of_who_is_no_dealer_are_unexpected
    shares_for_who_receives_nothing_have_no_slot
    round_1_has_the_length_of_its_role
    judge_convicts_nobody_of_what_its_role_does_not_send
    judge_does_not_take_views_that_dealers_do_not_share
    c16b_complaint_about_a_copied_point_opens_nothing_else
}

every_scheme! {
    k2_7_refresh_to_a_point_that_vanishes_is_nobodys_fault
}

/// Those who only deal, and those who only receive.
fn pure<S: Foe, O: Affair<S>>(make: Make<S, O>) -> [Vec<u16>; 2] {
    let [_, dealers, receivers] = roles(make);
    let only = |a: &[u16], b: &[u16]| a.iter().copied().filter(|n| !b.contains(n)).collect();
    [only(&dealers, &receivers), only(&receivers, &dealers)]
}

fn complaint_len<S: Foe>() -> usize {
    250 + 2 * S::Curve::POINT_LEN
}

fn complaint_of_who_receives_nothing_has_no_slot<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    for villain in pure(make)[0].clone() {
        let mut game = make(&[villain]);
        game.play(&mut |game, letter| {
            if letter.header.round == 3 {
                letter.header.kind = Kind::Complaint;
                letter.body =
                    [&game.view(id(villain), 2).unwrap()[..], &vec![0; complaint_len::<S>() - 32]].concat();
            }
            true
        });
        refused_everywhere(&mut game, &Rejected::Slot { round: 3, kind: Kind::Complaint as u8 });
        game.expect_all(&Want::Wait(vec![villain]));
    }
}

/// Everybody refused just this, once.
fn refused_everywhere<S: Foe, O: Affair<S>>(game: &mut Game<S, O>, by: &Rejected) {
    for seat in game.seats.values_mut() {
        assert_eq!(seat.rejected, std::slice::from_ref(by), "{}", game.label);
        seat.rejected.clear();
    }
}

/// Plays fair but for more letters in round 2.
fn play_with_more<S: Foe, O: Affair<S>>(game: &mut Game<S, O>, more: &dyn Fn(&Game<S, O>) -> Vec<Letter>) {
    for round in 1..=3 {
        game.speak();
        game.puppets_speak(round, &mut |_, _| true);
        if round == 2 {
            more(game).iter().for_each(|letter| game.send(letter));
        }
        game.work();
    }
}

fn deals_of_who_is_no_dealer_are_unexpected<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [_, dealers, receivers] = roles(make);
    for villain in pure(make)[1].clone() {
        for kind in [Kind::All, Kind::Direct] {
            let mut game = make(&[villain]);
            let to: Vec<u16> = receivers.iter().copied().filter(|r| *r != villain).collect();
            play_with_more(&mut game, &|game| {
                // As good as the first dealer's.
                let letter = |n: &u16| {
                    let dealer = if dealers[0] == *n { dealers[1] } else { dealers[0] };
                    let (body, private) = match kind {
                        Kind::All => (game.body(2, id(dealer), id(*n)).unwrap().to_vec(), None),
                        _ => (game.private(dealer, *n).body().to_vec(), Some(id(*n))),
                    };
                    Letter { to: id(*n), header: game.header(2, kind, id(villain), private), body }
                };
                to.iter().map(letter).collect()
            });
            for n in to {
                let seat = game.seats.get_mut(&id(n)).unwrap();
                assert_eq!(seat.rejected, [Rejected::Unexpected(id(villain))], "{}", game.label);
                seat.rejected.clear();
            }
            game.expect_all(&Want::Key);
        }
    }
}

fn shares_for_who_receives_nothing_have_no_slot<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [_, dealers, receivers] = roles(make);
    for to in pure(make)[0].clone() {
        for villain in dealers.iter().copied().filter(|d| *d != to) {
            let mut game = make(&[villain]);
            play_with_more(&mut game, &|game| {
                let other = receivers.iter().copied().find(|r| *r != villain).unwrap();
                let body = game.private(villain, other).body().to_vec();
                vec![Letter {
                    to: id(to),
                    header: game.header(2, Kind::Direct, id(villain), Some(id(to))),
                    body,
                }]
            });
            let seat = game.seats.get_mut(&id(to)).unwrap();
            assert_eq!(seat.rejected, [Rejected::Slot { round: 2, kind: 1 }], "{}", game.label);
            seat.rejected.clear();
            game.expect_all(&Want::Key);
        }
    }
}

type Change<'a> = dyn Fn(&mut Vec<u8>) + 'a;

fn round_1_has_the_length_of_its_role<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let point = S::Curve::POINT_LEN;
    for villain in roles(make)[0].clone() {
        let lengths: [&Change<'_>; 6] = [
            &|body| body.extend(vec![2; point]),
            &|body| body.truncate(body.len().saturating_sub(point)),
            &|body| body.extend([7; 32]),
            &|body| body.truncate(body.len() - 32),
            &|body| body.push(0),
            &|body| body.clear(),
        ];
        for change in lengths {
            let mut game = make(&[villain]);
            let mut wrong = (0, 0);
            game.play(&mut |_, letter| {
                if letter.header.round == 1 {
                    wrong.0 = letter.body.len();
                    change(&mut letter.body);
                    wrong.1 = letter.body.len();
                }
                letter.header.round == 1
            });
            refused_everywhere(&mut game, &Rejected::Length { expected: wrong.0, found: wrong.1 });
            game.expect_all(&Want::Wait(vec![villain]));
        }
    }
}

fn shows<S: Foe, O: Affair<S>>(game: &Game<S, O>, kind: EvidenceKind, messages: Vec<Envelope>) -> Finding {
    judge(&game.run, &Evidence { kind, messages, attachments: Vec::new() })
}

/// Of a length and kind that a session would take from another, signed by who does not send it.
fn judge_convicts_nobody_of_what_its_role_does_not_send<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [dealers, receivers] = pure(make);
    let mut game = make(&[]);
    game.play_fair();
    let facts = &game.facts;
    let sealed = |from: u16, round, kind, to: Option<PartyId>, body: &[u8]| {
        seal(&Header { ..game.header(round, kind, id(from), to) }, body)
    };
    let undecodable = |envelope| shows(&game, EvidenceKind::Undecodable, vec![envelope]);
    let (dealer, member) = (facts.dealers[0], facts.members[0]);
    let reveal = vec![0xff; game.body(2, dealer, dealer).unwrap().len()];
    let share = vec![0xff; S::Curve::POINT_LEN + 32];
    let other = |n: u16| facts.members.iter().copied().find(|m| *m != id(n)).unwrap();
    // The same from a dealer does convict.
    let guilty = Finding::Guilty(dealer, Fault::Malformed);
    assert_eq!(undecodable(sealed(dealer.get(), 2, Kind::All, None, &reveal)), guilty);
    let private = sealed(dealer.get(), 2, Kind::Direct, Some(other(dealer.get())), &share);
    assert_eq!(undecodable(private), guilty);
    let complaint = vec![0xff; complaint_len::<S>()];
    let convicted = undecodable(sealed(member.get(), 3, Kind::Complaint, None, &complaint));
    assert_eq!(convicted, Finding::Guilty(member, Fault::Malformed));
    for n in receivers {
        let nothing = Finding::Inconclusive;
        assert_eq!(undecodable(sealed(n, 2, Kind::All, None, &reveal)), nothing, "{}", game.label);
        let private = sealed(n, 2, Kind::Direct, Some(other(n)), &share);
        assert_eq!(undecodable(private), nothing, "{}", game.label);
        // Nor of an opening: it commits to nothing.
        let commit = game.body(1, id(n), id(n)).unwrap();
        let messages = vec![sealed(n, 1, Kind::All, None, commit), sealed(n, 2, Kind::All, None, &reveal)];
        assert_eq!(shows(&game, EvidenceKind::Opening, messages), nothing, "{}", game.label);
        // Round 1 as of a dealer, with a key that does not decode where such a one has keys.
        let long = [commit, &[0xff; 32]].concat();
        assert_eq!(undecodable(sealed(n, 1, Kind::All, None, &long)), nothing, "{}", game.label);
    }
    for n in dealers {
        let nothing = Finding::Inconclusive;
        assert_eq!(undecodable(sealed(n, 3, Kind::Complaint, None, &complaint)), nothing, "{}", game.label);
        let commit = game.body(1, id(n), id(n)).unwrap();
        let long = [commit, &vec![0xff; S::Curve::POINT_LEN]].concat();
        assert_eq!(undecodable(sealed(n, 1, Kind::All, None, &long)), nothing, "{}", game.label);
    }
}

/// Who did not deal certifies the view of round 1 that all dealers share. Where they share none, nobody knows what it was to sign.
fn judge_does_not_take_views_that_dealers_do_not_share<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let mut game = make(&[]);
    game.play_fair();
    for n in pure(make)[1].clone() {
        let mut reveals: Vec<_> =
            game.facts.dealers.iter().map(|d| (*d, game.body(2, *d, *d).unwrap().to_vec())).collect();
        for shared in [true, false] {
            let last = reveals.len() - 1;
            if !shared && last > 0 {
                reveals[last].1[0] ^= 1;
            }
            let entries = reveals.iter().map(|(d, body)| [&d.to_bytes()[..], &sha256(body)].concat());
            let entries: Vec<_> = entries.collect();
            let count = (entries.len() as u16).to_be_bytes();
            let mut items: Vec<&[u8]> = vec![&game.sid, &[2], &count];
            items.extend(entries.iter().map(Vec::as_slice));
            let body = [&h("view", &items)[..], &[0; 64]].concat();
            let evidence = Evidence {
                kind: EvidenceKind::Certificate,
                messages: vec![seal(&game.header(3, Kind::All, id(n), None), &body)],
                attachments: vec![reveals.clone()],
            };
            let guilty = shared || last == 0;
            let wanted =
                if guilty { Finding::Guilty(id(n), Fault::BadSignature) } else { Finding::Inconclusive };
            assert_eq!(judge(&game.run, &evidence), wanted, "{}", game.label);
        }
    }
}

/// A dealer copies, or scales, the point of an honest dealer's share, hoping that the complaint's `K` opens that share, which
/// in a reshare is a value of a polynomial through a long-term secret.
fn c16b_complaint_about_a_copied_point_opens_nothing_else<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [cast, dealers, receivers] = roles(make);
    let len = S::Curve::POINT_LEN;
    // Puppets speak last, so the villain has seen the share it copies from.
    for (villain, honest) in dealers.iter().flat_map(|v| dealers.iter().map(move |d| (*v, *d))) {
        let victim = receivers.iter().copied().find(|r| ![villain, honest].contains(r)).unwrap();
        for factor in [1, 2, 7].map(Scalar::<S>::from) {
            if villain == honest {
                continue;
            }
            let mut game = make(&[villain]);
            game.play(&mut |game, letter| {
                if is(letter, villain, 2, Kind::Direct) && letter.to == id(victim) {
                    let body = game.private(honest, victim).body();
                    let copied = read_point::<S::Curve>(&body[..len]).unwrap() * factor;
                    letter.body[..len].copy_from_slice(&encode_point::<S::Curve>(&copied).unwrap());
                }
                true
            });
            game.expect(victim, &unproved(2, "K2.6", villain, Fault::BadShare));
            game.complained(victim, villain);
            for me in cast.iter().copied().filter(|n| ![villain, victim].contains(n)) {
                game.expect(me, &cheater(3, "K3.3", villain, Fault::BadShare));
            }
            let session = &game.seat(victim).session;
            let (_, complaint) = Header::split(session.outgoing(0).last().unwrap().bytes).unwrap();
            let opened = read_point::<S::Curve>(&complaint[34..34 + len]).unwrap();
            let unscaled = opened * ff::Field::invert(&factor).unwrap();
            for shared in [opened, unscaled] {
                let shared = encode_point::<S::Curve>(&shared).unwrap();
                assert!(!opens(&game, honest, victim, &shared), "{}", game.label);
            }
            // What would open it: the test itself can tell, of what the villain receives.
            if receivers.contains(&villain) {
                let point = read_point::<S::Curve>(&game.private(honest, villain).body()[..len]).unwrap();
                let e = &game.puppets[&id(villain)].e[&id(honest)];
                assert!(opens(&game, honest, villain, &encode_point::<S::Curve>(&(point * e)).unwrap()));
            }
        }
    }
}

/// Whether the dealer's share decrypts with this Diffie-Hellman value to what its commitment says.
fn opens<S: Foe, O: Affair<S>>(game: &Game<S, O>, dealer: u16, receiver: u16, shared: &[u8]) -> bool {
    let (share, len) = (game.private(dealer, receiver).body(), S::Curve::POINT_LEN);
    let (e1, key) = (game.view(id(receiver), 1).unwrap(), game.key(id(receiver), id(dealer)));
    let lane = Lane { e1: &e1, dealer: id(dealer), receiver: id(receiver), key };
    let value = read_scalar::<S::Curve>(&share[len..]).unwrap() - lane.pad::<S>(&share[..len], shared);
    let reveal = game.body(2, id(dealer), id(receiver)).unwrap();
    let says = public_share::<S>(&reveal[32..game.facts.after_points()], id(receiver));
    let says = if game.facts.zero { says * Scalar::<S>::from(u64::from(receiver)) } else { says };
    says == S::Curve::mul_base(&value)
}

/// The last coefficient of the polynomial before, through the shares of 1, 2 and 3.
fn leading<S: Foe>(past: &Past<S>) -> Scalar<S> {
    let two = ff::Field::invert(&Scalar::<S>::from(2)).unwrap();
    (past.secret(1) + past.secret(3)) * two - past.secret(2)
}

fn k2_7_refresh_to_a_point_that_vanishes_is_nobodys_fault<S: Foe>() {
    let mut game = stage::refresh::<S>(&[2, 3, 4, 5]);
    let mut random = rng(start_seed(id(1), 33));
    let honest = [(); 2].map(|()| random_scalar::<S::Curve>(&mut random));
    let rest = [3, 4, 5].map(|n| game.puppets[&id(n)].f[2]);
    let mut f = game.puppets[&id(2)].f.clone();
    f[2] = -(leading(Past::<S>::new()) + honest[1] + rest[0] + rest[1] + rest[2]);
    game.puppet(2).deal(f);
    game.play_fair();
    game.expect_all(&Want::Degenerate(2, "K2.7"));
    assert_eq!(numbers(&game.ids), [1, 2, 3, 4, 5]);
    // One off, and it is a key like any other.
    let mut game = stage::refresh::<S>(&[2, 3, 4, 5]);
    game.play_fair();
    game.expect_all(&Want::Key);
}
