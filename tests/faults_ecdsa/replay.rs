//! Messages of other runs at every point of a run, runs under other terms, restarts, bad networks: refused or waited for, never
//! blamed, and nobody is ever banned.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{EcdsaScheme, Message, Online, Prehashed, Presign, Sign, SignBatch, Task};
use quorate::error::{Doubt, Rejected};
use quorate::party::Parties;
use quorate::session::{Session, State};
use quorate::sim::{Faults, Letter};
use quorate::wire::{Header, Kind, SessionId};

use crate::game::{Flow, Game, Pairs, message, path};
use crate::table::{End, Table, fair, id, rng};

every_scheme! {
    a5b_messages_of_other_runs_are_refused_everywhere
    a5b_every_header_field_counts
    f10_two_pairings_of_two_devices_are_a_mismatch
    b5_other_messages_paths_keys_and_signers_are_a_mismatch
    s2_1_a_restart_under_the_same_session_id_leaves_suspects
    a7_a_storm_ends_in_signatures
}

/// Everything sent in a run.
fn recorded<T: EcdsaScheme, F: Flow<T>>(game: &Game<T>, pairs: &Pairs, session: u8) -> Vec<Letter> {
    let mut table = F::table(game, pairs, session, 3);
    table.play(&mut fair);
    table.wire
}

/// Plays a run, and at every point hands everything that was recorded elsewhere to everybody, whomever it was for.
fn replay<S: EcdsaScheme, F: Flow<S>>(
    game: &Game<S>,
    pairs: &Pairs,
    elsewhere: &[Letter],
    want: &dyn Fn(&Letter, u16) -> Rejected,
) {
    let mut table = F::table(game, pairs, 1, 1);
    let mut points = 0;
    loop {
        for (me, seat) in &mut table.seats {
            let before = state(&seat.session);
            for letter in elsewhere {
                let bytes = [&letter.header.to_bytes()[..], &letter.body].concat();
                assert_eq!(seat.session.receive(letter.header.from, &bytes), Err(want(letter, *me)));
            }
            assert_eq!(state(&seat.session), before);
        }
        points += 1;
        if !(table.post(&mut fair) | table.work()) {
            break;
        }
    }
    assert!(points >= 2 && table.rejected.is_empty());
    for me in game.numbers() {
        assert_eq!(table.end(me, &|output| F::good(game, output)), End::Done);
    }
}

/// What of a session can be seen.
fn state<P: State>(session: &Session<P>) -> String {
    format!(
        "{:?} {:?} {:?}",
        session.missing(),
        session.traffic(),
        (session.sent(), session.round(), session.notices())
    )
}

fn mismatch(letter: &Letter, me: u16) -> Rejected {
    if letter.header.to.is_some_and(|to| to != id(me)) {
        return Rejected::NotForMe;
    }
    Rejected::SetupMismatch(letter.header.from)
}

fn a5b_messages_of_other_runs_are_refused_everywhere<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let other_key = Game::<S>::new(2, 3, &[1, 3], 2);
    let pairs = game.deal(30);
    let new_pairs = game.deal(31);
    let session: &dyn Fn(&Letter, u16) -> Rejected = &|_, _| Rejected::Session;
    let protocol: &dyn Fn(&Letter, u16) -> Rejected = &|letter, _| Rejected::Protocol(letter.header.protocol);
    replay::<S, Sign<S>>(&game, &pairs, &recorded::<S, Sign<S>>(&game, &pairs, 2), session);
    replay::<S, Sign<S>>(&game, &pairs, &recorded::<S, Sign<S>>(&other_key, &pairs, 1), &mismatch);
    replay::<S, Sign<S>>(&game, &pairs, &recorded::<S, SignBatch<S>>(&game, &pairs, 1), &mismatch);
    replay::<S, Sign<S>>(&game, &pairs, &recorded::<S, Presign<S>>(&game, &pairs, 1), protocol);
    replay::<S, Sign<S>>(&game, &pairs, &recorded::<S, Online<S>>(&game, &pairs, 1), protocol);
    replay::<S, Presign<S>>(&game, &pairs, &recorded::<S, Sign<S>>(&game, &pairs, 1), protocol);
    replay::<S, Presign<S>>(&game, &pairs, &recorded::<S, Presign<S>>(&game, &pairs, 2), session);
    replay::<S, Online<S>>(&game, &pairs, &recorded::<S, Online<S>>(&game, &pairs, 2), session);
    // Another presignature under the same session id.
    replay::<S, Online<S>>(&game, &pairs, &recorded::<S, Online<S>>(&game, &new_pairs, 1), &mismatch);
    // The other curve, with the same identities and pairings.
    let other = |wire: Vec<Letter>| replay::<S, Sign<S>>(&game, &pairs, &wire, &mismatch);
    if S::NAME == <EcdsaP256 as quorate::curve::Scheme>::NAME {
        let theirs = Game::<EcdsaSecp256k1>::new(2, 3, &[1, 3], 1);
        other(recorded::<_, Sign<_>>(&theirs, &pairs, 1));
    } else {
        let theirs = Game::<EcdsaP256>::new(2, 3, &[1, 3], 1);
        other(recorded::<_, Sign<_>>(&theirs, &pairs, 1));
    }
    // Another pairing of the same two: what is private does not fit, what is for all does.
    let private: Vec<_> = recorded::<S, Sign<S>>(&game, &new_pairs, 1);
    let private: Vec<_> = private.into_iter().filter(|letter| letter.header.kind == Kind::Direct).collect();
    assert_eq!(private.len(), 4);
    replay::<S, Sign<S>>(&game, &pairs, &private, &mismatch);
    for session in [1, 2] {
        assert_eq!(game.bans(&pairs, session), []);
    }
}

/// Each field changed, in messages of each round; the other direction's messages too.
fn a5b_every_header_field_counts<S: EcdsaScheme>() {
    let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
    let pairs = game.deal(32);
    let wire = recorded::<S, Sign<S>>(&game, &pairs, 1);
    let mut table = Sign::table(&game, &pairs, 1, 1);
    let session = &mut table.seats.get_mut(&1).unwrap().session;
    let before = state(session);
    let mut refused = 0;
    for letter in wire.iter().filter(|letter| letter.to == id(1)) {
        let good = letter.header;
        let (round, kind) = (good.round, good.kind as u8);
        let binding = |at: usize| {
            let mut binding = good.binding;
            binding[at] ^= 1;
            binding
        };
        let from = good.from;
        let mut cases = vec![
            (Header { protocol: 7, ..good }, Rejected::Protocol(7)),
            (Header { protocol: 8, ..good }, Rejected::Protocol(8)),
            (Header { session: SessionId([9; 16]), ..good }, Rejected::Session),
            (Header { binding: binding(0), ..good }, Rejected::SetupMismatch(from)),
            (Header { binding: binding(31), ..good }, Rejected::SetupMismatch(from)),
            (Header { round: 0, ..good }, Rejected::Slot { round: 0, kind }),
            (Header { round: 4, ..good }, Rejected::Slot { round: 4, kind }),
            (Header { to: Some(id(4)), ..good }, Rejected::NotForMe),
        ];
        if good.kind == Kind::Direct {
            // In public, under the public binding and under the pair's.
            let all = Header { to: None, ..good };
            let binding = wire.iter().find(|l| l.header.kind == Kind::All).unwrap().header.binding;
            cases.push((all, Rejected::SetupMismatch(from)));
            cases.push((Header { binding, ..all }, Rejected::Slot { round, kind }));
            cases.push((Header { binding, ..good }, Rejected::SetupMismatch(from)));
            cases.push((Header { round: 3, ..good }, Rejected::Slot { round: 3, kind }));
        }
        for (header, error) in cases {
            let bytes = [&header.to_bytes()[..], &letter.body].concat();
            assert_eq!(session.receive(header.from, &bytes), Err(error), "{header:?}");
            refused += 1;
        }
        // As somebody else's, and as if by somebody else: the other signer's pair has another binding, a member is no signer.
        let bytes = [&good.to_bytes()[..], &letter.body].concat();
        let wrong = Rejected::WrongSender { transport: id(5), header: from };
        assert_eq!(session.receive(id(5), &bytes), Err(wrong));
        let other = id(7 - from.get());
        for (who, error) in [(other, Rejected::SetupMismatch(other)), (id(5), Rejected::Unexpected(id(5)))] {
            if good.kind == Kind::Direct || who == id(5) {
                let bytes = [&Header { from: who, ..good }.to_bytes()[..], &letter.body].concat();
                let found = session.receive(who, &bytes).unwrap_err();
                assert!(found == error || found == Rejected::SetupMismatch(who), "{found:?}");
            }
        }
    }
    // The own messages come back, as they are and turned round.
    for letter in wire.iter().filter(|letter| letter.header.from == id(1)) {
        let turned = Header { from: letter.to, to: letter.header.to.map(|_| id(1)), ..letter.header };
        let bytes = [&letter.header.to_bytes()[..], &letter.body].concat();
        assert!(session.receive(id(1), &bytes).is_err());
        assert_eq!((turned.round, state(session)), (letter.header.round, before.clone()));
    }
    assert_eq!((refused, state(session)), (4 * 12 + 2 * 8, before));
    assert_eq!(game.bans(&pairs, 1), []);
}

/// Two tables of which one has another idea of the run: they refuse each other's messages, and wait.
fn disagree<P: State>(mut here: Table<P>, there: Table<P>, label: &str) {
    // Party 1 of one table, party 3 of the other.
    here.seats.retain(|me, _| *me != 3);
    here.seats.extend(there.seats.into_iter().filter(|(me, _)| *me == 3));
    here.play(&mut fair);
    for me in [1, 3] {
        assert_eq!(here.end(me, &|_| false), End::Waits(vec![4 - me]), "{label}");
        assert!(here.rejected.contains(&(me, Rejected::SetupMismatch(id(4 - me)))), "{label}");
    }
    assert_eq!(here.rejected.len(), 2, "{label}");
}

fn f10_two_pairings_of_two_devices_are_a_mismatch<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let (old, new) = (game.deal(33), game.deal(34));
    disagree(Sign::table(&game, &old, 1, 1), Sign::table(&game, &new, 1, 1), "signing");
    disagree(SignBatch::table(&game, &old, 1, 1), SignBatch::table(&game, &new, 1, 1), "a batch");
    disagree(Presign::table(&game, &old, 1, 1), Presign::table(&game, &new, 1, 1), "presigning");
    for pairs in [&old, &new] {
        assert_eq!(game.bans(pairs, 1), []);
    }
}

fn b5_other_messages_paths_keys_and_signers_are_a_mismatch<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let other = Game::<S>::new(2, 3, &[1, 3], 2);
    let pairs = game.deal(35);
    let start = |game: &Game<S>, task: Result<Task<S>, _>| {
        let task: Task<S> = task.unwrap();
        game.seats(1, 1, |me, rng| Sign::start(game.share(me), task.clone(), &pairs[&id(me)], rng))
    };
    let session = SessionId([1; 16]);
    let key = game.shares[0].public();
    let set = || game.signers.clone();
    let here = || start(&game, Task::new(key, set(), path("m/1"), message(0), session));
    let raw = Prehashed::new(*quorate::ecdsa::Digest::from(message(0)).as_bytes());
    let there = [
        ("message", start(&game, Task::new(key, set(), path("m/1"), message(1), session))),
        ("hash", start(&game, Task::new(key, set(), path("m/1"), Message::keccak256(&[0]), session))),
        ("the same digest, handed over", start(&game, Task::new(key, set(), path("m/1"), raw, session))),
        ("path", start(&game, Task::new(key, set(), path("m/2"), message(0), session))),
        ("no path", start(&game, Task::new(key, set(), path("m"), message(0), session))),
        ("key", start(&other, Task::new(other.shares[0].public(), set(), path("m/1"), message(0), session))),
    ];
    for (label, there) in there {
        disagree(here(), there, label);
    }
    // Signers: party 3 thinks that 2 signs with it.
    let signers = Parties::from_numbers([2, 3]).unwrap();
    let task = Task::new(key, signers, path("m/1"), message(0), session).unwrap();
    let alone = Sign::start(game.share(3), task, &pairs[&id(3)], &mut rng(1)).unwrap();
    let mut table = here();
    table.seats.remove(&3);
    let first = alone.outgoing(0).next().unwrap();
    let (header, _) = Header::split(first.bytes).unwrap();
    let turned = [&Header { to: Some(id(1)), ..header }.to_bytes()[..], &first.bytes[56..]].concat();
    let found = table.seats.get_mut(&1).unwrap().session.receive(id(3), &turned);
    assert_eq!(found, Err(Rejected::SetupMismatch(id(3))));
    // Two messages for one presignature.
    let presignatures = || game.presign(&pairs, 7);
    let online = |message| {
        Table::new(presignatures().into_iter().map(|(me, presignature)| {
            let started = Online::start(presignature, game.share(me), &pairs[&id(me)], message, session);
            (started.unwrap(), rng(1))
        }))
    };
    disagree(online(message(0)), online(message(1)), "a split presignature");
    assert_eq!(game.bans(&pairs, 1), []);
}

/// Party 3 crashes after a round and starts anew under the same id with fresh randomness. Messages of its first life are there.
fn s2_1_a_restart_under_the_same_session_id_leaves_suspects<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    for rounds in [1, 2] {
        let pairs = game.deal(36);
        let mut table = Sign::table(&game, &pairs, 1, 1);
        if rounds == 2 {
            table.post(&mut fair);
            table.work();
        }
        table.post(&mut fair);
        assert!(table.advance(1));
        let fresh = Sign::table(&game, &pairs, 1, 2).seats.remove(&3).unwrap();
        table.seats.insert(3, fresh);
        // Everything is sent again, as after a reconnection.
        let kept: Vec<_> = table.wire.iter().filter(|letter| letter.to == id(3)).cloned().collect();
        kept.iter().for_each(|letter| table.deliver(letter));
        table.play(&mut fair);
        let suspects = |who| End::Suspects(2, "S2.1", Doubt::ViewsDiffer, vec![who]);
        assert_eq!(table.end(3, &|_| false), suspects(1), "{rounds}");
        // One that has opened its fragments waits for the other's.
        let one = if rounds == 1 { suspects(3) } else { End::Waits(vec![3]) };
        assert_eq!(table.end(1, &|_| false), one, "{rounds}");
        assert_eq!(game.bans(&pairs, 1), []);
    }
}

/// Loss, repetition, disorder and flipped bits.
fn a7_a_storm_ends_in_signatures<S: EcdsaScheme>() {
    fn storm<S: EcdsaScheme, F: Flow<S>>(t: u16, n: u16, signers: &[u16], seeds: u64) {
        let game = Game::<S>::new(t, n, signers, 1);
        let pairs = game.deal(37);
        for seed in 0..seeds {
            let table = F::table(&game, &pairs, seed as u8, 1);
            let sessions: Vec<_> = table.seats.into_values().map(|seat| seat.session).collect();
            let reports = game.cast.run_with(sessions, Faults::storm(), &mut |_| true, &mut rng(1000 + seed));
            for report in reports {
                assert!(F::good(&game, &report.output()));
            }
            assert_eq!(game.bans(&pairs, 0), []);
        }
    }
    storm::<S, Sign<S>>(3, 5, &[1, 3, 4], 8);
    storm::<S, SignBatch<S>>(2, 3, &[2, 3], 4);
    storm::<S, Presign<S>>(2, 3, &[1, 2], 4);
    storm::<S, Online<S>>(3, 5, &[2, 3, 5], 4);
}
