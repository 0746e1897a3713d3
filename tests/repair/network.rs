//! Messages in any order, twice, from elsewhere, from outside; runs broken off anywhere; strings that are no messages.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::error::Rejected;
use quorate::party::PartyId;
use quorate::refresh::{self, Refresh};
use quorate::repair::{Outcome, Repair};
use quorate::session::{Receipt, Session, Status};
use quorate::sim::MemoryLedger;
use quorate::wire::{Header, Kind, SessionId};

use crate::driver::{self, Script, permutations};
use crate::game::{Game, SECRET, id, marked, rng, stored};
use crate::tools::bombard_every_round;

impl<S: Scheme> driver::Outcome for Outcome<S> {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Rebuilt(rebuilt) => {
                let signed = rebuilt
                    .signed
                    .iter()
                    .flat_map(|(id, epoch)| id.to_bytes().into_iter().chain(epoch.to_be_bytes()));
                signed.chain(stored(&rebuilt.share)).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A run written down: 2, 5, 9 rebuild the share of 300.
fn script<S: Scheme>(seed: u64) -> Script<Repair<S>> {
    let game = Game::<S>::new(3, &[2, 5, 9, 300], seed);
    let cast = quorate::sim::Cast::new([2, 5, 9, 300], &mut rng(seed)).unwrap();
    let run = game.run(300, &[2, 5, 9], 1);
    let parties = cast.ids();
    Script::new(cast, &parties, move |me: PartyId| match me.get() {
        300 => Repair::rebuild(&run, me).unwrap(),
        number => Repair::help(&run, game.share(number), None, &mut rng(u64::from(number))).unwrap(),
    })
}

#[test]
fn every_order_and_every_duplicate_gives_the_same() {
    fn check<S: Scheme>() {
        let script = script::<S>(11);
        for me in script.cast.ids() {
            let inbound = script.inbound(me);
            assert_eq!(inbound.len(), if me == id(300) { 3 } else { 2 });
            permutations(inbound.len(), |order| {
                let mut player = script.play(me);
                for at in order {
                    assert_eq!(player.receive(&inbound[*at]), Ok(Receipt::Stored));
                    let look = player.look();
                    assert_eq!(player.receive(&inbound[*at]), Ok(Receipt::Duplicate));
                    let conflict = script.conflict(&inbound[*at]);
                    assert!(matches!(player.receive(&conflict), Err(Rejected::Conflict { .. })));
                    assert_eq!(player.look(), look);
                    player.advance(&script.cast);
                }
                assert_eq!(player.result, Some(Ok(script.result(me).to_vec())));
                assert_eq!(player.outbox(), script.outbound(me));
            });
        }
    }
    check::<FrostEd25519>();
    check::<EcdsaSecp256k1>();
    check::<EcdsaP256>();
}

#[test]
fn garbage_changes_nothing() {
    let script = script::<FrostEd25519>(12);
    for me in script.cast.ids() {
        bombard_every_round(&script, me, 3000, 300);
    }
}

/// The first `count` messages are delivered, then everybody forgets the run.
fn broken_off<S: Scheme>(game: &Game<S>, session: u8, count: usize) {
    let run = game.run(300, &[2, 9], session);
    let mut sessions = game.start(&run, session.into());
    let mut delivered = 0;
    for _ in 0..2 {
        let messages: Vec<_> = sessions.iter().flat_map(sent).collect();
        for (from, to, bytes) in messages {
            let receiver = sessions.iter_mut().find(|s| s.terms().me == to).unwrap();
            if delivered < count && receiver.receive(from, &bytes) == Ok(Receipt::Stored) {
                delivered += 1;
            }
        }
        for session in &mut sessions {
            let _ = session.advance(&mut rng(1)).unwrap();
        }
    }
    assert_eq!(delivered, count);
    assert_eq!(sessions.iter().filter(|s| s.is_over()).count(), [0, 1, 2, 2, 3][count]);
}

fn sent<S: Scheme>(session: &Session<Repair<S>>) -> Vec<(PartyId, PartyId, Vec<u8>)> {
    let me = session.terms().me;
    session.outgoing(0).map(|out| (me, out.to.unwrap(), out.bytes.to_vec())).collect()
}

#[test]
fn a_run_broken_off_after_any_message_is_started_again() {
    fn check<S: Scheme>() {
        let game = Game::<S>::new(2, &[2, 9, 300], 13);
        for count in 0..=4 {
            broken_off(&game, 1 + count as u8, count);
            let run = game.run(300, &[2, 9], 101 + count as u8);
            let ends = game.play(&run, 100 + count as u64, Default::default(), &mut |_| true);
            let rebuilt = crate::game::at_the_lost(&run, ends).unwrap().unwrap().rebuilt().unwrap();
            assert_eq!(stored(&rebuilt.share), marked(game.share(300)));
        }
    }
    check::<FrostEd25519>();
    check::<EcdsaP256>();
}

/// A helper that restarts under the same session id, when one of the others has its first message already: no share comes of it, and everybody
/// is suspected. Under a new id it does.
#[test]
fn a_helper_restarted_under_the_same_id_makes_suspects_of_all() {
    type S = FrostEd25519;
    let game = Game::<S>::new(3, &[2, 5, 9, 300], 18);
    let run = game.run(300, &[2, 5, 9], 1);
    let first = sent(&game.start(&run, 18)[0]);
    let ends = game.play(&run, 19, Default::default(), &mut |letter| {
        if let Some((.., bytes)) = first.iter().find(|(from, to, _)| {
            (*from, *to, id(5)) == (letter.header.from, letter.to, letter.to) && letter.header.round == 1
        }) {
            letter.body = bytes[56..].to_vec();
        }
        true
    });
    let abort = crate::game::at_the_lost(&run, ends).unwrap().unwrap_err();
    assert_eq!((abort.round, abort.check), (2, "L2.1"));
    let ends = game.play(&game.run(300, &[2, 5, 9], 2), 19, Default::default(), &mut |_| true);
    assert!(matches!(crate::game::at_the_lost(&run, ends), Some(Ok(Outcome::Rebuilt(_)))));
}

/// Everything of these runs, into a session of another that waits for messages of those senders.
#[test]
fn messages_of_another_run_are_refused_and_change_nothing() {
    type S = EcdsaSecp256k1;
    let game = Game::<S>::new(2, &[1, 2, 3, 4], 14);
    let record = |game: &Game<S>, lost, helpers: &[u16], session| {
        let run = game.run(lost, helpers, session);
        let mut all = Vec::new();
        game.play(&run, 14, Default::default(), &mut |letter| {
            all.push([letter.header.to_bytes(), letter.body.clone()].concat());
            true
        });
        assert_eq!(all.len(), 4);
        all
    };
    let mut rng = rng(14);
    let next = refresh::Run::new(game.shares[0].public(), 1, SessionId([2; 16])).unwrap();
    let sessions: Vec<_> = game
        .shares
        .iter()
        .map(|share| Refresh::start(&next, share, &mut MemoryLedger::default(), &mut rng).unwrap())
        .collect();
    let shares: Vec<_> = game.cast.run(sessions, &mut rng).into_iter().map(|r| r.output()).collect();
    let other_session = record(&game, 3, &[1, 2], 2);
    let other_lost = record(&game, 4, &[1, 2], 1);
    let other_helpers = record(&game, 3, &[1, 4], 1);
    let other_key = record(&Game::<S>::new(2, &[1, 2, 3, 4], 15), 3, &[1, 2], 1);
    let other_epoch = {
        let renewed =
            Game { cast: quorate::sim::Cast::new(1..=4, &mut crate::game::rng(14)).unwrap(), shares };
        record(&renewed, 3, &[1, 2], 1)
    };
    let run = game.run(3, &[1, 2], 1);
    for mut session in game.start(&run, 16) {
        let me = session.terms().me;
        for (messages, id_differs) in [
            (&other_session, true),
            (&other_lost, false),
            (&other_helpers, false),
            (&other_key, false),
            (&other_epoch, false),
        ] {
            let look = format!("{session:?}");
            for message in messages {
                let mut header = Header::split(message).unwrap().0;
                // to whomever it was sent there
                header.to = Some(me);
                let message = [header.to_bytes(), message[56..].to_vec()].concat();
                let expected =
                    if id_differs { Rejected::Session } else { Rejected::SetupMismatch(header.from) };
                assert_eq!(session.receive(header.from, &message), Err(expected));
            }
            assert_eq!(format!("{session:?}"), look);
        }
    }
}

/// Members that do not help, the receiver itself, the coordinator, and the party without a share; in every round and kind.
#[test]
fn messages_from_outside_have_no_slot() {
    type S = FrostEd25519;
    let game = Game::<S>::new(2, &[1, 2, 3, 4], 16);
    let run = game.run(3, &[1, 2], 1);
    for mut session in game.start(&run, 16) {
        let me = session.terms().me;
        let missing = session.missing();
        for from in [id(1), id(2), id(3), id(4), id(9), PartyId::COORDINATOR] {
            for (round, kind) in
                (0..4).flat_map(|round| [Kind::All, Kind::Direct, Kind::Complaint].map(|kind| (round, kind)))
            {
                let to = (kind == Kind::Direct).then_some(me);
                let helper = from != me && (from == id(1) || from == id(2));
                let own_round = if me == id(3) { 2 } else { 1 };
                let expected = if me == id(3) { 36 } else { 32 };
                let place = round == own_round && kind == Kind::Direct;
                let lengths = [0, 31, 32, 33, 35, 36, 37, 68];
                for len in lengths.into_iter().filter(|len| !(place && helper && *len == expected)) {
                    let mut message = session.terms().header(round, kind, from, to).to_bytes();
                    message.extend_from_slice(&vec![0; len]);
                    let answer = session.receive(from, &message);
                    if place && helper {
                        assert_eq!(answer, Err(Rejected::Length { expected, found: len }));
                    } else if place {
                        assert_eq!(answer, Err(Rejected::Unexpected(from)));
                    } else {
                        assert_eq!(answer, Err(Rejected::Slot { round, kind: kind as u8 }));
                    }
                }
            }
        }
        // nothing but the messages of the right length from helpers, which were left out, is missing
        assert!(session.missing() == missing && session.sent() < 2 && !session.is_over());
        // addressed to another
        let header = session.terms().header(1, Kind::Direct, id(1), Some(id(4)));
        assert_eq!(
            session.receive(id(1), &[header.to_bytes(), vec![0; 32]].concat()),
            Err(Rejected::NotForMe)
        );
    }
}

/// Whether any eight bytes in a row of `secret` stand in `shown`, as `Debug` writes byte strings.
fn shows(shown: &str, secret: &[u8]) -> bool {
    let shown = shown.replace(char::is_whitespace, "");
    secret.windows(8).any(|part| {
        let list = format!("{part:?}").replace(' ', "");
        shown.contains(list.trim_matches(['[', ']'])) || shown.contains(&hex::encode(part))
    })
}

#[test]
fn debug_shows_no_part_and_no_share() {
    type S = FrostEd25519;
    let game = Game::<S>::new(2, &[1, 2, 3], 17);
    let run = game.run(3, &[1, 2], 1);
    let mut sessions = game.start(&run, 17);
    let (mut shown, mut secrets) = (String::new(), Vec::new());
    secrets.extend(game.shares.iter().map(|share| stored(share)[SECRET].to_vec()));
    for _ in 0..3 {
        for (from, to, bytes) in sessions.iter().flat_map(sent).collect::<Vec<_>>() {
            secrets.push(bytes[56..88].to_vec());
            let receiver = sessions.iter_mut().find(|s| s.terms().me == to).unwrap();
            let _ = receiver.receive(from, &bytes);
        }
        shown += &format!("{sessions:?}{sessions:#?}");
        for session in &mut sessions {
            match session.advance(&mut rng(17)).unwrap() {
                Status::Done(outcome) => shown += &format!("{outcome:?}"),
                status => shown += &format!("{status:?}"),
            }
        }
    }
    assert!(shown.contains("Rebuilt") && secrets.len() > 7);
    assert!(shows("[1, 2, 3, 4, 5, 6, 7, 8, 9]", &[2, 3, 4, 5, 6, 7, 8, 9]));
    for secret in &secrets {
        assert!(!shows(&shown, secret));
    }
}

/// After a verdict without a culprit the parties exchange what they received; a repair may come in signed envelopes. Parts of the lost share are
/// not handed out then.
#[test]
fn private_messages_are_not_among_those_to_exchange() {
    let game = Game::<FrostEd25519>::new(2, &[2, 5, 9], 21);
    let run = game.run(9, &[2, 5], 1);
    let mut sessions = game.start(&run, 1);
    for round in [1, 2] {
        let mut mail = Vec::new();
        for session in &sessions {
            mail.extend(session.outgoing(0).map(|out| (session.terms().me, out.bytes.to_vec())));
        }
        let mut received = 0;
        for (from, mut message) in mail.into_iter().filter(|(_, message)| message[2] == round) {
            if (round, from) == (2, id(2)) {
                message[56] ^= 1; // a wrong part: L2.1 suspects both helpers
            }
            let unsigned = quorate::envelope::Unsigned::new(&message).unwrap();
            let signature = game.cast.key(from).unwrap().sign(unsigned.to_sign());
            let sealed = unsigned.attach(game.cast.roster(), signature).unwrap();
            let sealed = sealed.verify(game.cast.roster()).unwrap();
            let session = sessions.iter_mut().find(|s| Some(s.terms().me) == sealed.header().to).unwrap();
            assert_eq!(session.receive_signed(&sealed), Ok(Receipt::Stored));
            assert_eq!(session.envelopes().count(), 0);
            received += 1;
        }
        assert_eq!(received, 2);
        for session in &mut sessions {
            let end = session.advance(&mut rng(u64::from(round)));
            assert_eq!(end.is_err(), round == 2 && session.terms().me == id(9));
            assert_eq!(session.envelopes().count(), 0);
        }
    }
}
