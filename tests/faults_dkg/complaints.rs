//! Bad dealers, lying complainants, and several of them at once: who is named by whom.

use ff::Field;
use quorate::curve::{Curve, FrostEd25519, encode_point, read_point, read_scalar};
use quorate::error::Fault;
use quorate::sim::Letter;
use quorate::wire::{Header, Kind};

use crate::foe::{Foe, Scalar};
use crate::game::{Game, is};
use crate::puppet::{Complaint, Lane, Puppet, at, base, id, public_share, scalar_bytes};
use crate::verdict::{Want, cheater, unproved};

every_scheme! {
    k3_3_step_4_bad_share_convicts_dealer
    k3_3_step_3_bad_opening_convicts_complainant_of_a_bad_dealer
    k3_3_step_2_undecodable_share_convicts_dealer_whatever_is_opened
    k3_3_step_3_undecodable_one_time_key_convicts_complainant
    k2_6_two_bad_dealers_are_both_named_and_the_lowest_complained_about
    k3_3_several_complaints_name_all
    k3_3_liar_and_forger_are_both_named
    k3_1_dealer_with_two_reveals_leaves_suspects_and_no_convicted_complainant
    k3_3_disagreeing_on_the_view_hides_nobody_from_a_complaint
    k2_2_dealer_with_two_polynomials_is_convicted_by_whom_it_cheats
    c16b_complaint_about_a_copied_point_opens_nothing_else
}

/// Adds to the masked share.
fn spoil<S: Foe>(letter: &mut Letter) {
    let len = S::Curve::POINT_LEN;
    let one = Scalar::<S>::from(1);
    let share = read_scalar::<S::Curve>(&letter.body[len..]).unwrap() + one;
    letter.body[len..].copy_from_slice(&scalar_bytes::<S>(&share));
}

type Change = dyn Fn(&mut Complaint);
type Deal = dyn Fn(&mut Letter);

/// Puppet 4 deals, puppet 5 complains about it, parties 1 to 3 judge.
fn judged<S: Foe>(label: &str, deal: &dyn Fn(&Game<S>, &mut Letter), complain: &Change, want: &Want) {
    let mut game = Game::<S>::new(3, 5, &[4, 5]);
    game.label = format!("{} {label}", S::NAME);
    game.play(&mut |game, letter| {
        if is(letter, 4, 2, Kind::Direct) && letter.to == id(5) {
            deal(game, letter);
        }
        if is(letter, 5, 3, Kind::All) {
            let mut complaint = game.complaint(5, 4);
            complain(&mut complaint);
            (letter.header.kind, letter.body) = (Kind::Complaint, complaint.body());
        }
        true
    });
    game.expect_all(want);
}

fn other_polynomial<S: Foe>(game: &Game<S>, letter: &mut Letter) {
    let puppet = &game.puppets[&letter.header.from];
    let mut f = puppet.f.clone();
    f[1] += Scalar::<S>::from(1);
    let (e1, key) = (game.view(puppet.me, 1).unwrap(), game.key(letter.to, puppet.me));
    letter.body = puppet.share(&e1, letter.to, key, at::<S>(&f, letter.to));
}

fn k3_3_step_4_bad_share_convicts_dealer<S: Foe>() {
    let guilty = cheater(3, "K3.3", 4, Fault::BadShare);
    judged::<S>("share + 1", &|_, letter| spoil::<S>(letter), &|_| {}, &guilty);
    judged::<S>("another polynomial", &other_polynomial::<S>, &|_| {}, &guilty);
    let generator = base::<S>(&Scalar::<S>::from(1));
    let g = |_: &Game<S>, letter: &mut Letter| letter.body[..generator.len()].copy_from_slice(&generator);
    judged::<S>("D = G", &g, &|_| {}, &guilty);
    judged::<S>("zero", &|_, letter| letter.body[S::Curve::POINT_LEN..].fill(0), &|_| {}, &guilty);
    judged::<S>("an honest share", &|_, _| {}, &|_| {}, &cheater(3, "K3.3", 5, Fault::FalseComplaint));
}

/// The dealer is bad, but who opens nothing proves nothing.
fn k3_3_step_3_bad_opening_convicts_complainant_of_a_bad_dealer<S: Foe>() {
    let changes: [(&str, &Change); 4] = [
        ("K = G", &|c| c.opened = base::<S>(&Scalar::<S>::from(1))),
        ("K undecodable", &|c| c.opened.fill(0)),
        ("c + 1", &|c| {
            let one = Scalar::<S>::from(1);
            c.c = scalar_bytes::<S>(&(read_scalar::<S::Curve>(&c.c).unwrap() + one));
        }),
        ("z too large", &|c| c.z.fill(0xff)),
    ];
    for (label, change) in changes {
        let guilty = cheater(3, "K3.3", 5, Fault::FalseComplaint);
        judged::<S>(label, &|_, letter| spoil::<S>(letter), change, &guilty);
    }
}

fn k3_3_step_2_undecodable_share_convicts_dealer_whatever_is_opened<S: Foe>() {
    let guilty = cheater(3, "K3.3", 4, Fault::Malformed);
    let garbage = |c: &mut Complaint| {
        [&mut c.opened, &mut c.c, &mut c.z].into_iter().for_each(|field| field.fill(0xff));
    };
    let len = S::Curve::POINT_LEN;
    let mut deals: Vec<(String, Box<Deal>)> = vec![
        ("c = ff".into(), Box::new(move |letter| letter.body[len..].fill(0xff))),
        ("D = ff".into(), Box::new(move |letter| letter.body[..len].fill(0xff))),
    ];
    for (name, bytes) in S::no_points(&base::<S>(&Scalar::<S>::from(5))) {
        deals.push((name, Box::new(move |letter| letter.body[..len].copy_from_slice(&bytes))));
    }
    for (name, deal) in deals {
        judged::<S>(&name, &|_, letter| deal(letter), &|_| {}, &guilty);
        judged::<S>(&format!("{name}, garbage opened"), &|_, letter| deal(letter), &garbage, &guilty);
    }
}

/// A one-time key that does not decode, made for an accomplice who does not mind.
fn k3_3_step_3_undecodable_one_time_key_convicts_complainant<S: Foe>() {
    let len = S::Curve::POINT_LEN;
    for (name, bytes) in S::no_points(&base::<S>(&Scalar::<S>::from(5))) {
        let mut game = Game::<S>::new(3, 5, &[4, 5]);
        game.label = format!("{} {name}", S::NAME);
        game.play(&mut |game, letter| {
            if is(letter, 5, 1, Kind::All) {
                // E_{5,4} is the last of 5's keys.
                letter.body[64 + 3 * len..].copy_from_slice(&bytes);
            }
            if is(letter, 5, 3, Kind::All) {
                (letter.header.kind, letter.body) = (Kind::Complaint, game.complaint(5, 4).body());
            }
            true
        });
        game.expect_all(&cheater(3, "K3.3", 5, Fault::FalseComplaint));
    }
}

fn k2_6_two_bad_dealers_are_both_named_and_the_lowest_complained_about<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[2, 4]);
    game.play(&mut |_, letter| {
        if letter.header.kind == Kind::Direct && letter.to == id(3) {
            // One does not decode, the other does not fit; which is which does not matter.
            if letter.header.from == id(4) { letter.body.fill(0xff) } else { spoil::<S>(letter) }
        }
        true
    });
    let both = vec![(4, Fault::Malformed)];
    game.expect(3, &Want::Cheater(2, "K2.6", 2, Fault::BadShare, false, both));
    game.complained(3, 2);
    for other in [1, 5] {
        game.expect(other, &cheater(3, "K3.3", 2, Fault::BadShare));
    }
}

fn k3_3_several_complaints_name_all<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[2, 4]);
    game.play(&mut |_, letter| {
        let victim = [(id(2), id(3)), (id(4), id(1))].contains(&(letter.header.from, letter.to));
        if letter.header.kind == Kind::Direct && victim {
            spoil::<S>(letter);
        }
        true
    });
    game.expect(1, &unproved(2, "K2.6", 4, Fault::BadShare));
    game.expect(3, &unproved(2, "K2.6", 2, Fault::BadShare));
    game.complained(1, 4);
    game.complained(3, 2);
    let both = vec![(4, Fault::BadShare)];
    game.expect(5, &Want::Cheater(3, "K3.3", 2, Fault::BadShare, true, both));
}

fn k3_3_liar_and_forger_are_both_named<S: Foe>() {
    // 2 complains about the honest 1, 4 signs something else; then 4 complains and 2 signs something else.
    for (liar, forger) in [(2, 4), (4, 2)] {
        let mut game = Game::<S>::new(3, 5, &[2, 4]);
        game.label = format!("{} {liar} lies", S::NAME);
        game.play(&mut |game, letter| {
            if is(letter, liar, 3, Kind::All) {
                (letter.header.kind, letter.body) = (Kind::Complaint, game.complaint(liar, 1).body());
            } else if is(letter, forger, 3, Kind::All) {
                letter.body[95] ^= 1;
            }
            true
        });
        for (me, proved) in [(1, false), (3, true), (5, true)] {
            let (lie, forgery) = (Fault::FalseComplaint, Fault::BadSignature);
            game.expect(
                me,
                &match liar {
                    2 => Want::Cheater(3, "K3.3", 2, lie, proved, vec![(4, forgery)]),
                    _ => Want::Cheater(3, "K3.2", 2, forgery, true, vec![(4, lie)]),
                },
            );
        }
    }
}

/// A dealer with a bad share for 1 shows it another proof than the others. Its complaint is then about a round 2 that the
/// others have not seen.
fn k3_1_dealer_with_two_reveals_leaves_suspects_and_no_convicted_complainant<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[4]);
    game.play(&mut |game, letter| {
        if is(letter, 4, 2, Kind::All) && letter.to == id(1) {
            letter.body = second_reveal(game, &game.puppets[&id(4)]);
        }
        if is(letter, 4, 2, Kind::Direct) && letter.to == id(1) {
            spoil::<S>(letter);
        }
        true
    });
    game.expect(1, &unproved(2, "K2.6", 4, Fault::BadShare));
    game.complained(1, 4);
    for other in [2, 3, 5] {
        game.expect(other, &Want::Suspects(3, "K3.1"));
    }
}

/// The same polynomial with another proof.
pub(crate) fn second_reveal<S: Foe>(game: &Game<S>, puppet: &Puppet<S>) -> Vec<u8> {
    let again = Puppet {
        w: puppet.w + Scalar::<S>::from(1),
        f: puppet.f.clone(),
        points: puppet.points.clone(),
        e: puppet.e.clone(),
        d: puppet.d.clone(),
        ..*puppet
    };
    again.reveal(&game.view(puppet.me, 1).unwrap())
}

/// Bad dealer 4 or its accomplice 2, or a liar's accomplice, disagrees on round 2 to end the run without a verdict.
fn k3_3_disagreeing_on_the_view_hides_nobody_from_a_complaint<S: Foe>() {
    for disagree in [&[2][..], &[4], &[2, 4]] {
        let mut game = Game::<S>::new(3, 5, &[2, 4]);
        game.label = format!("{} {disagree:?} disagree", S::NAME);
        game.play(&mut |_, letter| {
            if is(letter, 4, 2, Kind::Direct) && letter.to == id(1) {
                spoil::<S>(letter);
            }
            if letter.header.round == 3 && disagree.contains(&letter.header.from.get()) {
                letter.body[7] ^= 1;
            }
            true
        });
        game.expect(1, &unproved(2, "K2.6", 4, Fault::BadShare));
        game.expect(3, &cheater(3, "K3.3", 4, Fault::BadShare));
        game.expect(5, &cheater(3, "K3.3", 4, Fault::BadShare));
    }
    let mut game = Game::<S>::new(3, 5, &[2, 4]);
    game.play(&mut |game, letter| {
        if is(letter, 2, 3, Kind::All) {
            letter.body[7] ^= 1;
        } else if letter.header.round == 3 {
            (letter.header.kind, letter.body) = (Kind::Complaint, game.complaint(4, 1).body());
        }
        true
    });
    game.expect(3, &cheater(3, "K3.3", 4, Fault::FalseComplaint));
    game.expect(1, &unproved(3, "K3.3", 4, Fault::FalseComplaint));
}

fn k2_2_dealer_with_two_polynomials_is_convicted_by_whom_it_cheats<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[4]);
    game.play(&mut |game, letter| {
        if is(letter, 4, 2, Kind::All) && letter.to == id(1) {
            let mut other = Puppet::<S>::new(id(4), &game.ids, 3, &mut crate::game::rng(9));
            (other.cc, other.salt) = (game.puppets[&id(4)].cc, game.puppets[&id(4)].salt);
            letter.body = other.reveal(&game.view(id(4), 1).unwrap());
        }
        true
    });
    game.expect(1, &cheater(2, "K2.2", 4, Fault::BadOpening));
    for other in [2, 3, 5] {
        game.expect(other, &Want::Wait(vec![1]));
    }
}

/// Dealer 4 copies, or scales, the point of dealer 1's share to 3, hoping that the complaint's `K` opens that share.
fn c16b_complaint_about_a_copied_point_opens_nothing_else<S: Foe>() {
    let len = S::Curve::POINT_LEN;
    for factor in [1, 2, 7] {
        let factor = Scalar::<S>::from(factor);
        let mut game = Game::<S>::new(3, 5, &[4]);
        game.play(&mut |game, letter| {
            if is(letter, 4, 2, Kind::Direct) && letter.to == id(3) {
                let copied = read_point::<S::Curve>(&game.private(1, 3).body()[..len]).unwrap() * factor;
                letter.body[..len].copy_from_slice(&encode_point::<S::Curve>(&copied).unwrap());
            }
            true
        });
        game.expect(3, &unproved(2, "K2.6", 4, Fault::BadShare));
        game.expect(5, &cheater(3, "K3.3", 4, Fault::BadShare));
        let session = &game.seat(3).session;
        let (_, complaint) = Header::split(session.outgoing(0).last().unwrap().bytes).unwrap();
        let opened = read_point::<S::Curve>(&complaint[34..34 + len]).unwrap();
        // The value itself, unscaled, and the one that the copy would give with one key for all dealers.
        let unscaled = opened * factor.invert().unwrap();
        for shared in [opened, unscaled] {
            let shared = encode_point::<S::Curve>(&shared).unwrap();
            assert!(!opens(&game, 1, 3, &shared), "{}", S::NAME);
        }
        // What would open it: the test itself can tell.
        let puppet = &game.puppets[&id(4)];
        let point = read_point::<S::Curve>(&game.private(1, 4).body()[..len]).unwrap();
        let own = encode_point::<S::Curve>(&(point * puppet.e[&id(1)])).unwrap();
        assert!(opens(&game, 1, 4, &own));
    }
}

/// Whether the dealer's share decrypts with this Diffie-Hellman value to what its commitment says.
fn opens<S: Foe>(game: &Game<S>, dealer: u16, receiver: u16, shared: &[u8]) -> bool {
    let (share, len) = (game.private(dealer, receiver).body(), S::Curve::POINT_LEN);
    let (e1, key) = (game.view(id(receiver), 1).unwrap(), game.key(id(receiver), id(dealer)));
    let lane = Lane { e1: &e1, dealer: id(dealer), receiver: id(receiver), key };
    let pad = lane.pad::<S>(&share[..len], shared);
    let value = read_scalar::<S::Curve>(&share[len..]).unwrap() - pad;
    let reveal = game.body(2, id(dealer), id(receiver)).unwrap();
    public_share::<S>(&reveal[32..32 + 3 * len], id(receiver)) == S::Curve::mul_base(&value)
}

#[test]
fn k3_3_only_the_first_charge_against_a_party_counts() {
    // 4 cheats 1 and 5, and signs something else: 1's complaint comes first, 5's after the signature.
    for (victim, check, fault) in [(1, "K3.3", Fault::BadShare), (5, "K3.2", Fault::BadSignature)] {
        let mut game = Game::<FrostEd25519>::new(3, 5, &[4]);
        game.play(&mut |_, letter| {
            if letter.header.kind == Kind::Direct && letter.to == id(victim) {
                spoil::<FrostEd25519>(letter);
            } else if letter.header.round == 3 {
                letter.body[40] ^= 1;
            }
            true
        });
        for other in [2, 3] {
            game.expect(other, &cheater(3, check, 4, fault));
        }
    }
}

#[test]
fn k1_1_k2_4_k3_2_the_lowest_is_named_and_the_others_beside_it() {
    type E = FrostEd25519;
    let mut game = Game::<E>::new(3, 5, &[2, 4]);
    game.play(&mut |_, letter| {
        if letter.header.round == 1 {
            letter.body[64..].fill(0);
        }
        true
    });
    let both = vec![(4, Fault::Malformed)];
    game.expect_all(&Want::Cheater(1, "K1.1", 2, Fault::Malformed, true, both));

    let last = 128 + 32 * 4 - 32;
    for (low, high) in [(2, 4), (4, 2)] {
        let mut game = Game::<E>::new(3, 5, &[2, 4]);
        game.play(&mut |_, letter| {
            // A proof that does not hold, and an opening.
            if is(letter, low, 2, Kind::All) {
                letter.body[last] ^= 1;
            } else if is(letter, high, 2, Kind::All) {
                letter.body[last - 64] ^= 1;
            }
            true
        });
        let (proof, opening) = (Fault::BadProof, Fault::BadOpening);
        game.expect_all(&match low {
            2 => Want::Cheater(2, "K2.4", 2, proof, true, vec![(4, opening)]),
            _ => Want::Cheater(2, "K2.2", 2, opening, true, vec![(4, proof)]),
        });
    }

    let mut game = Game::<E>::new(3, 5, &[2, 4]);
    game.play(&mut |_, letter| {
        if letter.header.round == 3 {
            letter.body[32] ^= 1;
        }
        true
    });
    let both = vec![(4, Fault::BadSignature)];
    game.expect_all(&Want::Cheater(3, "K3.2", 2, Fault::BadSignature, true, both));
}
