//! The end of the run: nothing leaves before the share is kept, and what is withheld can be handed over later by anyone.

use quorate::dkg::{Dkg, judge};
use quorate::error::{Fault, SetupError};
use quorate::evidence::{Evidence, EvidenceKind};
use quorate::key::{Certificate, CertificateError, PendingShare};
use quorate::party::PartyId;
use quorate::session::{Finding, Pending, Receipt, Session, Status};
use quorate::wire::{Header, Kind};

use crate::foe::Foe;
use crate::game::{Game, is, rng, seal, sign};
use crate::hash::{h, sha256};
use crate::puppet::id;
use crate::verdict::Want;

every_scheme! {
    t3_1_share_stays_pending_until_a_certificate_is_handed_over
    t3_1_certificate_that_is_forged_or_foreign_gives_the_share_back
    nothing_is_certified_before_the_share_is_kept
    withheld_messages_leave_waiting_parties_and_nobody_convicted
    k3_2_reveals_that_are_not_everybodys_convict_nobody
    k3_2_dealer_is_judged_by_the_view_that_it_dealt_under
}

/// A signature is judged by what everybody revealed. By less, or by one reveal twice, it is by nothing that a session would have certified.
fn k3_2_reveals_that_are_not_everybodys_convict_nobody<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[4]);
    game.play_fair();
    let all: Vec<_> = (1..=5).map(|n| (id(n), game.body(2, id(n), id(1)).unwrap().to_vec())).collect();
    let judged = |reveals: &[(PartyId, Vec<u8>)]| {
        let entry = |(from, body): &(PartyId, Vec<u8>)| [&from.to_bytes()[..], &sha256(body)].concat();
        let entries: Vec<_> = reveals.iter().map(entry).collect();
        let count = (entries.len() as u16).to_be_bytes();
        let mut items: Vec<&[u8]> = vec![&game.sid, &[2], &count];
        items.extend(entries.iter().map(Vec::as_slice));
        let body = [&h("view", &items)[..], &[0; 64]].concat();
        let messages = vec![seal(&game.header(3, Kind::All, id(4), None), &body)];
        let attachments = vec![reveals.to_vec()];
        judge(&game.run, &Evidence { kind: EvidenceKind::Certificate, messages, attachments })
    };
    assert_eq!(judged(&all), Finding::Guilty(id(4), Fault::BadSignature));
    for place in 0..5 {
        let mut less = all.clone();
        less.remove(place);
        assert_eq!(judged(&less), Finding::Inconclusive, "{place}");
        let mut twice = all.clone();
        twice.insert(place, all[place].clone());
        assert_eq!(judged(&twice), Finding::Inconclusive, "{place}");
    }
    let turned: Vec<_> = all.iter().rev().cloned().collect();
    assert_eq!(judged(&turned), Finding::Inconclusive);
}

/// Party 1 says that it saw another round 1. Party 4 certifies what follows from the one that it saw itself, and this is no lie.
fn k3_2_dealer_is_judged_by_the_view_that_it_dealt_under<S: Foe>() {
    let mut game = Game::<S>::new(3, 5, &[1, 4]);
    game.play(&mut |_, letter| {
        if is(letter, 1, 2, Kind::All) {
            letter.body[0] ^= 1;
        }
        true
    });
    let (judged, own) = (id(4), game.certificate(id(4)).unwrap());
    let reveals: Vec<_> = game.ids.iter().map(|n| (*n, game.body(2, *n, judged).unwrap().to_vec())).collect();
    let finding = |body: &[u8]| {
        let messages = vec![seal(&game.header(3, Kind::All, judged, None), body)];
        judge(
            &game.run,
            &Evidence { kind: EvidenceKind::Certificate, messages, attachments: vec![reveals.clone()] },
        )
    };
    assert_eq!(finding(&own), Finding::Inconclusive);
    let mut other = own;
    other[40] ^= 1;
    assert_eq!(finding(&other), Finding::Guilty(judged, Fault::BadSignature));
}

/// Party 4 certifies to 1 and to nobody else.
fn withheld<S: Foe>(session: u8) -> Game<S> {
    let mut game = Game::<S>::with(3, 5, &[4], session);
    game.play(&mut |_, letter| letter.header.round < 3 || letter.to == id(1));
    game.expect(1, &Want::Key);
    for other in [2, 3, 5] {
        game.expect(other, &Want::Wait(vec![4]));
    }
    game
}

fn certificate<S: Foe>(game: &Game<S>) -> Certificate {
    match &game.seat(1).outcome {
        Some(Ok(share)) => share.public().certificate().clone(),
        other => panic!("{other:?}"),
    }
}

fn pending<S: Foe>(game: &Game<S>, number: u16) -> PendingShare<S> {
    PendingShare::from_bytes(game.seat(number).pending.as_ref().unwrap()).unwrap()
}

fn t3_1_share_stays_pending_until_a_certificate_is_handed_over<S: Foe>() {
    let game = withheld::<S>(1);
    let handed = certificate(&game).to_bytes();
    let Some(Ok(share)) = &game.seat(1).outcome else { panic!("no key") };
    for number in [2, 3, 5] {
        let completed = pending(&game, number).complete(Certificate::from_bytes(&handed).unwrap()).unwrap();
        assert_eq!(completed.public(), share.public());
        assert_eq!(completed.id(), id(number));
    }
}

fn t3_1_certificate_that_is_forged_or_foreign_gives_the_share_back<S: Foe>() {
    let game = withheld::<S>(1);
    let good = certificate(&game).to_bytes();
    let elsewhere = certificate(&withheld::<S>(2)).to_bytes();
    let of = |place: usize| 32 + 64 * place..96 + 64 * place;
    let change = |f: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        f(&mut bytes);
        bytes
    };
    let bad = |place: u16| CertificateError::BadSignature(id(place + 1));
    let mut cases = vec![
        ("another session's", elsewhere.clone(), CertificateError::Foreign),
        ("another cert", change(&|b| b[0] ^= 1), CertificateError::Foreign),
        ("another's signatures", [&good[..32], &elsewhere[32..]].concat(), bad(0)),
        ("one too few", change(&|b| b.truncate(32 + 64 * 4)), bad(4)),
        ("none", change(&|b| b.truncate(32)), bad(0)),
        ("one too many", change(&|b| b.extend_from_within(of(4))), CertificateError::Foreign),
        ("all twice", change(&|b| b.extend_from_within(32..)), CertificateError::Foreign),
    ];
    for place in 0..5u16 {
        let signature = of(place.into());
        let another = of((usize::from(place) + 1) % 5);
        cases.push(("bit of R", change(&|b| b[signature.start] ^= 1), bad(place)));
        cases.push(("bit of s", change(&|b| b[signature.end - 32] ^= 1), bad(place)));
        cases.push(("zero", change(&|b| b[signature.clone()].fill(0)), bad(place)));
        cases.push(("another's", change(&|b| b.copy_within(another.clone(), signature.start)), bad(place)));
        // The right signer, who signed the bare digest, or another message of this run.
        let digest: [u8; 32] = good[..32].try_into().unwrap();
        for input in [digest, h("sig-envelope", &[&digest]), h("cert", &[&digest])] {
            let forged = sign(id(place + 1), &input);
            cases.push((
                "signed otherwise",
                change(&|b| b[signature.clone()].copy_from_slice(&forged)),
                bad(place),
            ));
        }
    }
    let stored = game.seat(2).pending.clone().unwrap();
    let mut share = pending(&game, 2);
    for (name, bytes, error) in cases {
        let (back, found) = share.complete(Certificate::from_bytes(&bytes).unwrap()).unwrap_err();
        assert_eq!(found, error, "{name}");
        assert_eq!(back.to_bytes().expose(), &stored, "{name}");
        share = *back;
    }
    assert!(share.complete(Certificate::from_bytes(&good).unwrap()).is_ok());
}

/// Which rounds the outbox has messages of.
fn rounds<S: Foe>(session: &Session<Dkg<S>>) -> Vec<u8> {
    session.outgoing(0).map(|out| Header::split(out.bytes).unwrap().0.round).collect()
}

fn nothing_is_certified_before_the_share_is_kept<S: Foe>() {
    let mut game = Game::<S>::new(2, 3, &[3]);
    for round in 1..=2 {
        game.speak();
        game.puppets_speak(round, &mut |_, _| true);
        if round == 1 {
            game.work();
        }
    }
    let foreign = {
        let mut other = Game::<S>::with(2, 3, &[3], 2);
        other.play_fair();
        other.body(3, id(1), id(3)).unwrap()[32..].try_into().unwrap()
    };
    let session = &mut game.seats.get_mut(&id(1)).unwrap().session;
    assert_eq!(session.kept(&foreign), Err(SetupError::NothingToKeep));
    for _ in 0..2 {
        assert!(matches!(session.advance(&mut rng(1)), Ok(Status::Keep)));
        assert_eq!(rounds(session), [1, 2, 2, 2]);
    }
    let input = *session.pending().unwrap().to_sign().as_bytes();
    let envelope = session.outgoing(0).next().unwrap().bytes;
    let wrong = [
        [0; 64],
        [0xff; 64],
        foreign,
        sign(id(2), &input),
        sign(id(1), session.pending().unwrap().sharing().cert()),
        sign(id(1), &h("sig-envelope", &[&envelope[..56], &envelope[56..]])),
    ];
    let (before, stored) = (format!("{session:?}"), session.pending().unwrap().to_bytes());
    for signature in wrong {
        assert_eq!(session.kept(&signature), Err(SetupError::WrongSigner(id(1))));
        assert_eq!(format!("{session:?}"), before);
        assert_eq!(session.pending().unwrap().to_bytes().expose(), stored.expose());
        assert_eq!(rounds(session), [1, 2, 2, 2]);
        assert!(matches!(session.advance(&mut rng(1)), Ok(Status::Keep)));
    }
    // Not even when everybody else has certified.
    let mut others = Game::<S>::new(2, 3, &[3]);
    others.play_fair();
    for from in [2, 3] {
        assert_eq!(session.receive_signed(others.envelope(3, from, 1)), Ok(Receipt::Stored));
        assert!(matches!(session.advance(&mut rng(1)), Ok(Status::Keep)));
        assert_eq!(rounds(session), [1, 2, 2, 2]);
    }
    session.kept(&sign(id(1), &input)).unwrap();
    assert_eq!(rounds(session), [1, 2, 2, 2, 3]);
    assert_eq!(session.kept(&sign(id(1), &input)), Err(SetupError::NothingToKeep));
    let Ok(Status::Done(share)) = session.advance(&mut rng(1)) else { panic!("no key") };
    assert!(share.public().certificate().verify(share.public()).is_ok());
    assert_eq!(rounds(session), [1, 2, 2, 2, 3]);
}

fn withheld_messages_leave_waiting_parties_and_nobody_convicted<S: Foe>() {
    for (round, kind) in [(1, Kind::All), (2, Kind::All), (2, Kind::Direct)] {
        let mut game = Game::<S>::new(3, 5, &[4]);
        game.label = format!("{} round {round} {kind:?}", S::NAME);
        game.play(&mut |_, letter| !is(letter, 4, round, kind) || letter.to != id(2));
        game.expect(2, &Want::Wait(vec![4]));
        for other in [1, 3, 5] {
            game.expect(other, &Want::Wait(vec![2]));
        }
    }
    // Nobody complains about silence: the complaint needs the share.
    let mut game = Game::<S>::new(3, 5, &[4]);
    game.play(&mut |_, letter| letter.header.kind != Kind::Direct);
    game.expect_all(&Want::Wait(vec![4]));
}

#[test]
fn k3_2_evidence_is_about_the_certificate_of_this_run() {
    type E = quorate::curve::FrostEd25519;
    let mut game = Game::<E>::new(3, 5, &[4]);
    game.play(&mut |game, letter| {
        if letter.header.round == 3 {
            // A real signature by the right key, on something else.
            let signature = sign(id(4), &h("sig-cert", &[&game.sid]));
            letter.body[32..].copy_from_slice(&signature);
        }
        true
    });
    game.expect_all(&crate::verdict::cheater(3, "K3.2", 4, quorate::error::Fault::BadSignature));
    assert_eq!(game.evidence(1).kind, EvidenceKind::Certificate);
}
