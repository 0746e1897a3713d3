//! Messages of other runs, other senders and no senders, at every point of a run: refused, and nothing changes.

use quorate::curve::FrostEd25519;
use quorate::dkg::{Dkg, Run};
use quorate::envelope::{EnvelopeError, Verified};
use quorate::error::Rejected;
use quorate::evidence::Envelope;
use quorate::identity::{IdentityKey, Roster};
use quorate::party::PartyId;
use quorate::secret::Secret;
use quorate::session::{Pending, Receipt, Session, Status};
use quorate::wire::{Header, Kind, SessionId};

use crate::foe::Foe;
use crate::game::{Game, begin, rng, seal, sign};
use crate::puppet::id;

/// Every envelope of a game, once each.
fn recorded<S: Foe>(game: &Game<S>) -> Vec<Envelope> {
    let mut all: Vec<Envelope> = Vec::new();
    for post in &game.post {
        if !all.contains(post.sealed.envelope()) {
            all.push(post.sealed.envelope().clone());
        }
    }
    all
}

/// Drives party 1 of `run` through its messages, and at every point gives it everything that was recorded elsewhere.
/// `mail` is what it gets of its own run.
fn replay<S: Foe>(
    run: &Run<S>,
    mail: &[Envelope],
    elsewhere: &[Envelope],
    want: &dyn Fn(&Header) -> Rejected,
) {
    let me = id(1);
    let mut session = begin::<S>(run, me);
    let mut points = 0;
    let mut check = |session: &mut Session<Dkg<S>>| {
        let before = format!("{session:?}");
        for envelope in elsewhere {
            let Ok(sealed) = envelope.clone().verify(run.roster()) else { continue };
            let error = want(sealed.header());
            assert_eq!(session.receive_signed(&sealed), Err(error.clone()), "{:?}", sealed.header());
            // On the other path, as whoever sent it.
            let unsigned = session.receive(sealed.header().from, &envelope.bytes);
            assert_eq!(unsigned, Err(error), "{:?}", sealed.header());
        }
        assert_eq!(format!("{session:?}"), before);
        points += 1;
    };
    check(&mut session);
    for envelope in mail {
        let sealed = envelope.clone().verify(run.roster()).unwrap();
        if sealed.header().from == me || sealed.header().to.is_some_and(|to| to != me) {
            continue;
        }
        assert_eq!(session.receive_signed(&sealed), Ok(Receipt::Stored));
        check(&mut session);
        loop {
            let step = u64::from(me.get()) << 8 | u64::from(session.round());
            match session.advance(&mut rng(step)).unwrap() {
                Status::Advanced { .. } => check(&mut session),
                Status::Keep => {
                    check(&mut session);
                    let signature = sign(me, session.pending().unwrap().to_sign().as_bytes());
                    session.kept(&signature).unwrap();
                    check(&mut session);
                }
                Status::Done(_) => check(&mut session),
                _ => break,
            }
        }
    }
    assert!(session.is_over());
    assert!(points > 10, "{points}");
}

fn played<S: Foe>(t: u16, session: u8) -> Game<S> {
    let mut game = Game::<S>::with(t, 3, &[], session);
    game.play_fair();
    game
}

every_scheme! {
    a5b_messages_of_another_session_are_refused_everywhere
    e2_a5b_messages_of_other_terms_are_refused_everywhere
}

fn a5b_messages_of_another_session_are_refused_everywhere<S: Foe>() {
    let (here, elsewhere) = (played::<S>(2, 1), played::<S>(2, 2));
    replay::<S>(&here.run, &recorded(&here), &recorded(&elsewhere), &|_| Rejected::Session);
}

fn disagrees(header: &Header) -> Rejected {
    match header.to {
        Some(to) if to != id(1) => Rejected::NotForMe,
        _ => Rejected::SetupMismatch(header.from),
    }
}

/// The same session id for another threshold, for another scheme, and for a roster with one member more.
fn e2_a5b_messages_of_other_terms_are_refused_everywhere<S: Foe>() {
    let here = played::<S>(2, 1);
    let mail = recorded(&here);
    replay::<S>(&here.run, &mail, &recorded(&played::<S>(3, 1)), &disagrees);
    replay::<S>(&here.run, &mail, &recorded(&played::<S::Other>(2, 1)), &disagrees);
    let mut larger = Game::<S>::with(2, 4, &[], 1);
    larger.play_fair();
    let known: Vec<_> = recorded(&larger).into_iter().filter(|e| e.bytes[4..6] != [0, 4]).collect();
    replay::<S>(&here.run, &mail, &known, &disagrees);
}

/// A session of party 1 that has started, and a message to all by party 3 in the same round.
fn stage<S: Foe>() -> (Game<S>, Verified) {
    let mut game = Game::<S>::new(2, 3, &[3]);
    let letter = game.letters(id(3), 1).remove(0);
    let sealed = seal(&letter.header, &letter.body).verify(game.run.roster()).unwrap();
    game.work();
    (game, sealed)
}

#[test]
fn c10_nobody_speaks_for_another() {
    let (mut game, sealed) = stage::<FrostEd25519>();
    let session = &mut game.seats.get_mut(&id(1)).unwrap().session;
    let before = format!("{session:?}");
    let message = sealed.envelope().bytes.clone();
    for transport in [id(2), id(1), id(4), PartyId::COORDINATOR] {
        let error = Rejected::WrongSender { transport, header: id(3) };
        assert_eq!(session.receive(transport, &message), Err(error));
    }
    // The right sender, but no signature.
    assert_eq!(session.receive(id(3), &message), Err(Rejected::Unsigned));
    // Its own message comes back.
    let own = session.outgoing(0).next().unwrap().bytes.to_vec();
    let (header, body) = Header::split(&own).unwrap();
    let reflected = seal(&header, body).verify(game.run.roster()).unwrap();
    assert_eq!(session.receive_signed(&reflected), Err(Rejected::Unexpected(id(1))));
    assert_eq!(format!("{session:?}"), before);
    assert_eq!(session.receive_signed(&sealed), Ok(Receipt::Stored));
}

#[test]
fn c11_strangers_are_not_heard() {
    let (mut game, sealed) = stage::<FrostEd25519>();
    let message = &sealed.envelope().bytes;
    let roster = game.run.roster().clone();
    // Not a member; a member's name with another's key; any changed byte.
    let stranger = seal(&Header { from: id(4), ..*sealed.header() }, sealed.body());
    assert_eq!(stranger.verify(&roster), Err(EnvelopeError::UnknownSender));
    let by_two = seal(&Header { from: id(2), ..*sealed.header() }, sealed.body()).signature;
    let forged = Envelope { bytes: message.clone(), signature: by_two };
    assert_eq!(forged.verify(&roster), Err(EnvelopeError::BadSignature));
    // An envelope that holds in a roster of the attacker's making says nothing in this one.
    let mallory = IdentityKey::from_seed(Secret::new([66; 32]));
    let members = roster.iter().map(|(id, key)| (id, if id.get() == 3 { mallory.public() } else { key }));
    let theirs = Roster::new(members).unwrap();
    let signed = quorate::envelope::Unsigned::new(message).unwrap();
    let signature = mallory.sign(signed.to_sign());
    let fooled = Envelope { bytes: message.clone(), signature }.verify(&theirs).unwrap();
    let session = &mut game.seats.get_mut(&id(1)).unwrap().session;
    let before = format!("{session:?}");
    assert_eq!(session.receive_signed(&fooled), Err(Rejected::Roster));
    assert_eq!(format!("{session:?}"), before);
}

/// Each header field, changed and signed by the sender.
#[test]
fn a5_every_header_field_counts() {
    let (mut game, sealed) = stage::<FrostEd25519>();
    let (roster, good) = (game.run.roster().clone(), *sealed.header());
    let session = &mut game.seats.get_mut(&id(1)).unwrap().session;
    let before = format!("{session:?}");
    let mut binding = good.binding;
    binding[31] ^= 1;
    let slot = |round: u8, kind: Kind| Rejected::Slot { round, kind: kind as u8 };
    let length = Rejected::Length { expected: 0, found: sealed.body().len() };
    for (header, error) in [
        (Header { protocol: 9, ..good }, Rejected::Protocol(9)),
        (Header { session: SessionId([9; 16]), ..good }, Rejected::Session),
        (Header { binding, ..good }, Rejected::SetupMismatch(id(3))),
        (Header { to: Some(id(2)), ..good }, Rejected::NotForMe),
        (Header { to: Some(id(1)), ..good }, slot(1, Kind::All)),
        (Header { round: 0, ..good }, slot(0, Kind::All)),
        (Header { round: 4, ..good }, slot(4, Kind::All)),
        (Header { kind: Kind::Direct, to: Some(id(1)), ..good }, slot(1, Kind::Direct)),
        (Header { kind: Kind::Direct, ..good }, slot(1, Kind::Direct)),
        (Header { kind: Kind::Complaint, ..good }, slot(1, Kind::Complaint)),
        (Header { kind: Kind::Complaint, round: 2, ..good }, slot(2, Kind::Complaint)),
        (Header { kind: Kind::Notice, ..good }, slot(1, Kind::Notice)),
        (Header { kind: Kind::Notice, round: 0, ..good }, length),
    ] {
        let sealed = seal(&header, sealed.body()).verify(&roster).unwrap();
        assert_eq!(session.receive_signed(&sealed), Err(error), "{header:?}");
    }
    assert_eq!(format!("{session:?}"), before);
    // The version is in front of everything.
    for version in [0, 2, 0xff] {
        let mut bytes = sealed.envelope().to_bytes();
        bytes[0] = version;
        assert_eq!(Verified::open(&roster, &bytes), Err(EnvelopeError::Malformed));
    }
}

/// A notice that somebody has given up blames nobody and changes nothing.
#[test]
fn f3_a_notice_ends_nothing() {
    let mut game = Game::<FrostEd25519>::new(2, 3, &[3]);
    for round in 1..=3 {
        let header = Header { round: 0, kind: Kind::Notice, ..game.header(0, Kind::Notice, id(3), None) };
        let notice = seal(&header, &[]).verify(game.run.roster()).unwrap();
        let seat = game.seats.get_mut(&id(1)).unwrap();
        let receipt = if round == 1 { Receipt::Notice } else { Receipt::Duplicate };
        assert_eq!(seat.session.receive_signed(&notice), Ok(receipt));
        assert_eq!(seat.session.notices(), [id(3)]);
        game.speak();
        game.puppets_speak(round, &mut |_, _| true);
        game.work();
    }
    game.expect_all(&crate::verdict::Want::Key);
}
