//! Different messages to different receivers, all of them signed, by every role: nobody ends with a key that others cannot
//! have, nobody honest is convicted, and whoever sees both versions convicts their sender.

use quorate::envelope::Verified;
use quorate::error::{Fault, Rejected, Verdict};
use quorate::evidence::EvidenceKind;
use quorate::key::PendingSeat;
use quorate::wire::Kind;

use crate::checks::roles;
use crate::facts::{Affair, Ended};
use crate::foe::{Foe, Scalar};
use crate::game::{Game, is, sign};
use crate::hash::h;
use crate::puppet::{Puppet, id};
use crate::stage::Make;
use crate::verdict::Want;

every_dealing! {
    k2_1_two_versions_of_round_1_leave_nobody_with_a_key
    k3_1_two_reveals_leave_suspects
    k3_1_view_that_one_party_does_not_share_ends_only_its_run
    k3_3_certificate_to_some_and_complaint_to_others
}

/// Nobody has a key, and nobody but the villain is named.
fn no_output<S: Foe, O: Affair<S>>(game: &Game<S, O>, villain: u16) {
    for (me, seat) in &game.seats {
        assert_eq!(seat.rejected, [], "{}: {me}", game.label);
        match &seat.outcome {
            None => {}
            Some(Err(abort)) => match &abort.verdict {
                Verdict::Suspects { who, .. } => assert!(who.contains(id(villain)), "{}: {me}", game.label),
                Verdict::Cheater { who, .. } => assert_eq!(*who, id(villain), "{}: {me}", game.label),
                Verdict::NoFault { .. } => panic!("{}: {me}: {abort}", game.label),
                _ => panic!("{}: {me}", game.label),
            },
            Some(Ok(_)) => panic!("{}: {me} has a key", game.label),
        }
    }
}

/// The honest exchange what they have received: somebody convicts the villain, and nobody anybody else.
fn exchange<S: Foe, O: Affair<S>>(game: &mut Game<S, O>, villain: u16) {
    let roster = game.roster().clone();
    let kept = game.seats.values().flat_map(|seat| seat.session.envelopes());
    let all: Vec<Verified> =
        kept.map(|e| e.verify(&roster).unwrap()).filter(|s| s.header().to.is_none()).collect();
    let mut convictions = Vec::new();
    for (me, seat) in &mut game.seats {
        for sealed in all.iter().filter(|sealed| sealed.header().from != *me) {
            if let Err(Rejected::Conflict { who, evidence }) = seat.session.receive_signed(sealed) {
                assert_eq!(who, id(villain), "{}", game.label);
                convictions.push(evidence.unwrap());
            }
        }
    }
    assert!(!convictions.is_empty(), "{}", game.label);
    // All show the same two messages, in one order or the other.
    for evidence in convictions.into_iter().take(2) {
        assert_eq!(evidence.kind, EvidenceKind::Equivocation);
        game.convicts(&evidence, id(villain), Fault::Equivocation, &game.label);
    }
}

/// Everybody in turn, with a second version for everybody else in turn.
fn k2_1_two_versions_of_round_1_leave_nobody_with_a_key<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [cast, ..] = roles(make);
    for (villain, victim) in cast.iter().flat_map(|v| cast.iter().map(move |o| (*v, *o))) {
        if villain == victim {
            continue;
        }
        let mut game = make(&[villain]);
        game.label = format!("{} {villain} to {victim}", game.label);
        game.play(&mut |_, letter| {
            if letter.header.round == 1 && letter.to == id(victim) {
                letter.body[0] ^= 1;
            }
            true
        });
        no_output(&game, villain);
        exchange(&mut game, villain);
    }
}

/// The same polynomial with another proof.
fn second_reveal<S: Foe, O: Affair<S>>(game: &Game<S, O>, puppet: &Puppet<S>) -> Vec<u8> {
    let (f, points) = (puppet.f.clone(), puppet.points.clone());
    let w = puppet.w + Scalar::<S>::from(1);
    let again = Puppet { w, f, points, e: puppet.e.clone(), d: puppet.d.clone(), ..*puppet };
    again.reveal(&game.view(puppet.me, 1).unwrap())
}

/// And certificates to each receiver's taste.
fn k3_1_two_reveals_leave_suspects<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [cast, dealers, _] = roles(make);
    for (villain, victim) in dealers.iter().flat_map(|v| cast.iter().map(move |o| (*v, *o))) {
        if villain == victim {
            continue;
        }
        let mut game = make(&[villain]);
        game.label = format!("{} {villain} to {victim}", game.label);
        game.play(&mut |game, letter| {
            if is(letter, villain, 2, Kind::All) && letter.to == id(victim) {
                letter.body = second_reveal(game, &game.puppets[&id(villain)]);
            }
            if letter.header.round == 3 {
                let signature = sign(id(villain), &h("sig-cert", &[&game.cert(letter.to).unwrap()]));
                letter.body = [&game.view(letter.to, 2).unwrap()[..], &signature].concat();
            }
            true
        });
        game.expect_all(&Want::Suspects(3, "K3.1"));
        exchange(&mut game, villain);
    }
}

/// What one has pending becomes final with what another has.
fn complete<S: Foe, O: Affair<S>>(game: &Game<S, O>, lacks: u16) {
    let pending = PendingSeat::<S>::from_bytes(game.seat(lacks).pending.as_ref().unwrap()).unwrap();
    let ended = game.seats.values().find_map(|seat| seat.outcome.as_ref()?.as_ref().ok()).unwrap();
    let seat = pending.complete(ended.public().certificate().clone()).unwrap();
    assert_eq!(seat.public(), ended.public(), "{}", game.label);
}

fn k3_1_view_that_one_party_does_not_share_ends_only_its_run<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [cast, ..] = roles(make);
    for (villain, victim) in cast.iter().flat_map(|v| cast.iter().map(move |o| (*v, *o))) {
        if villain == victim {
            continue;
        }
        let mut game = make(&[villain]);
        game.play(&mut |_, letter| {
            if letter.header.round == 3 && letter.to == id(victim) {
                letter.body[0] ^= 1;
            }
            true
        });
        for me in cast.iter().copied().filter(|n| *n != villain) {
            game.expect(me, &if me == victim { Want::Suspects(3, "K3.1") } else { Want::Key });
        }
        complete(&game, victim);
    }
}

/// Some have the new epoch, the others have what it takes to enter it.
fn k3_3_certificate_to_some_and_complaint_to_others<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let [cast, dealers, receivers] = roles(make);
    for villain in receivers {
        let accused = dealers.iter().copied().find(|d| *d != villain).unwrap();
        let lucky = cast.iter().copied().find(|n| *n != villain).unwrap();
        let mut game = make(&[villain]);
        game.play(&mut |game, letter| {
            if letter.header.round == 3 && letter.to != id(lucky) {
                (letter.header.kind, letter.body) =
                    (Kind::Complaint, game.complaint(villain, accused).body());
            }
            true
        });
        for me in cast.iter().copied().filter(|n| *n != villain) {
            if me == lucky {
                game.expect(me, &Want::Key);
                continue;
            }
            let proved = me != accused;
            let lie = Fault::FalseComplaint;
            game.expect(me, &Want::Cheater(3, "K3.3", villain, lie, proved, Vec::new()));
            complete(&game, me);
        }
        exchange_pair(&mut game, villain, lucky);
    }
}

/// The certificate is a second version to those who got the complaint.
fn exchange_pair<S: Foe, O: Affair<S>>(game: &mut Game<S, O>, villain: u16, lucky: u16) {
    let certificate = game.envelope(3, villain, lucky).clone();
    let other = game.seats.keys().copied().find(|me| *me != id(lucky)).unwrap();
    let session = &mut game.seats.get_mut(&other).unwrap().session;
    let Err(Rejected::Conflict { who, evidence }) = session.receive_signed(&certificate) else {
        panic!("{}: no conflict", game.label)
    };
    game.convicts(&evidence.unwrap(), who, Fault::Equivocation, &game.label);
}
