//! Sessions beside each other, sessions that disagree, and sessions that get nonsense.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{EcdsaScheme, Message, Sign, Task};
use quorate::error::{Fault, Rejected, Verdict};
use quorate::pairing::Pairings;
use quorate::sim::Letter;
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, TryCryptoRng, TryRng};

use super::super::common::signers::game::{Flow, Game, Pairs, path};
use super::super::common::signers::table::{End, Table, fair};
use super::super::common::{Visit, deliver, every_protocol};
use crate::driver::{Player, Protocol, Script, id, rng};

/// A session whose next step at party 1 will find the check of the extension wrong.
fn lied_to<S: EcdsaScheme>(game: &Game<S>, pairs: &Pairs, session: u8, at: usize) -> Table<Sign<S>> {
    let mut table = Sign::table(game, pairs, session, 1);
    assert!(table.post(&mut |_: &[Letter], letter: &mut Letter| {
        if (letter.header.from, letter.to) == (id(3), id(1)) {
            letter.body[at] ^= 1;
        }
        true
    }));
    table
}

/// MP-SPDZ and others (ePrint 2025/789): threads checked on their own, with one secret between them, and what one had found out served in
/// the others before the run ended. Here sessions of two keys on two curves share a pairing. The first failure stops the other at its next
/// round, which has a right message in hand and does not look at it. In 40 races of two failures at once exactly one is a check, and the
/// other is told that it is over: no two verdicts, no second bit.
#[test]
fn f1_one_failure_stops_every_session_of_the_pairing() {
    let game = Game::<EcdsaSecp256k1>::new(2, 3, &[1, 3], 1);
    let other = Game::<EcdsaP256>::new(2, 3, &[1, 3], 2);
    let already = |round| End::Cheater(round, "S1.1", vec![(3, Fault::AlreadyBanned)]);
    for steps in 0..2 {
        let pairs = game.deal(40);
        let mut beside = Sign::table(&other, &pairs, 2, 1);
        for _ in 0..steps {
            assert!(beside.post(&mut fair) && beside.work());
        }
        assert!(beside.post(&mut fair));
        let mut failing = lied_to(&game, &pairs, 1, 4432);
        assert!(failing.advance(1));
        assert_eq!(failing.end(1, &|_| false), End::Cheater(1, "S1.2", vec![(3, Fault::OtExtension)]));
        assert!(beside.advance(1));
        assert_eq!(beside.end(1, &|_| false), already(steps + 1));
        assert_eq!(game.bans(&pairs, 1), [(1, 3, "S1.2")]);
    }
    let mut first = 0;
    for seed in 0..40 {
        let pairs = game.deal(41 + seed);
        let (mut a, mut b) = (lied_to(&game, &pairs, 1, 4432), lied_to(&other, &pairs, 2, 4416));
        thread::scope(|scope| {
            scope.spawn(|| assert!(a.advance(1)));
            scope.spawn(|| assert!(b.advance(1)));
        });
        let ends = [a.end(1, &|_| false), b.end(1, &|_| false)];
        let check = End::Cheater(1, "S1.2", vec![(3, Fault::OtExtension)]);
        let session = if ends[0] == check { 1 } else { 2 };
        assert!(ends == [check.clone(), already(1)] || ends == [already(1), check], "{ends:?}");
        assert_eq!(game.bans(&pairs, session), [(1, 3, "S1.2")]);
        first += usize::from(session == 1);
    }
    println!("{first} of 40 races went to the first");
}

/// Counts what is drawn of it.
struct Counting(ChaCha20Rng, usize);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.1 += 1;
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.1 += 1;
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.1 += 1;
        self.0.fill_bytes(out);
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

/// Parties that disagree found out after they had worked with secrets, or not at all (a pitfall). Here every message of a run under other
/// terms, then of another run, is refused as it comes in; after each the session is asked to go on, and it draws no randomness, makes
/// no message, and is where it was. The first right messages make it go on, which does draw.
#[test]
fn f3_terms_are_compared_before_any_secret_is_touched() {
    let game = Game::<EcdsaSecp256k1>::new(2, 3, &[1, 3], 1);
    let pairs = game.deal(42);
    let key = game.shares[0].public();
    let start = |session: u8, message: &[u8], text: &str| {
        let (signers, message) = (game.signers.clone(), Message::sha256(message));
        let task = Task::new(key, signers, path(text), message, SessionId([session; 16])).unwrap();
        game.seats(session, 1, |me, rng| Sign::start(game.share(me), task.clone(), &pairs[&id(me)], rng))
    };
    let mut table = start(1, b"m", "m/1");
    let mut counting = Counting(rng(1), 0);
    for (session, message, text) in [(1, b"n", "m/1"), (1, b"m", "m/2"), (2, b"m", "m/1")] {
        let mut there = start(session, message, text);
        there.play(&mut fair);
        let mine = &mut table.seats.get_mut(&1).unwrap().session;
        let before = format!("{mine:?}");
        for letter in there.wire.iter().filter(|letter| letter.to == id(1)) {
            let bytes = [&letter.header.to_bytes()[..], &letter.body].concat();
            let why = if session == 1 { Rejected::SetupMismatch(id(3)) } else { Rejected::Session };
            assert_eq!(mine.receive(id(3), &bytes), Err(why));
            assert!(matches!(mine.advance(&mut counting), Ok(quorate::session::Status::Waiting)));
        }
        assert_eq!((counting.1, mine.round(), mine.sent(), format!("{mine:?}")), (0, 1, mine.sent(), before));
    }
    table.post(&mut fair);
    let mine = &mut table.seats.get_mut(&1).unwrap().session;
    assert!(mine.advance(&mut counting).is_ok() && counting.1 > 0);
    assert_eq!(game.bans(&pairs, 1), []);
}

/// Peers' bytes reached an `unwrap` or an index, and the panic was a denial of service, or lost a ban (two audits, 2024 and 2026). Here each
/// message of each protocol comes bent in many ways, raw and signed by its sender, and with one bent body that is taken the run goes
/// on to its end, all under `catch_unwind`: no panic, and a conviction is of whoever sent it and of nobody else.
#[test]
fn f5_nothing_that_arrives_is_a_panic() {
    #[derive(Default)]
    struct Bent {
        strings: usize,
        ends: [usize; 3],
    }
    impl Visit for Bent {
        fn protocol<P: Protocol>(&mut self, name: &str, make: &dyn Fn(u64) -> Script<P>) {
            let (script, mut noise) = (make(21), rng(5));
            let inbound = script.inbound(id(2));
            for at in 0..inbound.len() {
                let mut player = script.play(id(2));
                for mail in &inbound[..at] {
                    player.receive(mail).unwrap();
                    player.advance(&script.cast);
                }
                for _ in 0..40 {
                    let bytes = bend(inbound[at].message(), &mut noise);
                    let take =
                        AssertUnwindSafe(|| player.session.receive(inbound[at].from(), &bytes).is_ok());
                    assert!(catch_unwind(take).is_ok(), "{name}: {}", hex::encode(bytes));
                    self.strings += 1;
                    if player.session.missing().is_empty() {
                        break;
                    }
                }
                let good = inbound[at].0.body();
                for body in [spoilt(good), (0..6).map(|_| bend(good, &mut noise)).collect()].concat() {
                    self.play(name, &script, at, body);
                }
            }
        }
    }
    impl Bent {
        /// A run in which message `at` has another body, made to have the right length.
        fn play<P: Protocol>(&mut self, name: &str, script: &Script<P>, at: usize, mut body: Vec<u8>) {
            let inbound = script.inbound(id(2));
            let (mut player, villain) = (script.play(id(2)), inbound[at].from());
            body.resize(inbound[at].0.body().len(), 0);
            if body == inbound[at].0.body() {
                return;
            }
            let run = || {
                for (k, mail) in inbound.iter().enumerate() {
                    if player.session.is_over() {
                        break;
                    }
                    let body = if k == at { &body } else { mail.0.body() };
                    deliver(script, &mut player, mail.header(), body).unwrap();
                    player.advance(&script.cast);
                }
            };
            assert!(catch_unwind(AssertUnwindSafe(run)).is_ok(), "{name}: {}", hex::encode(&body));
            self.ends[ended(name, &player, villain)] += 1;
        }
    }
    let mut bent = Bent::default();
    every_protocol(&mut bent);
    println!("{} strings, {:?} convictions, suspicions, others", bent.strings, bent.ends);
    assert!(
        bent.strings > 1000 && bent.ends[0] > 100 && bent.ends[1] > 20,
        "{} {:?}",
        bent.strings,
        bent.ends
    );
}

/// 0 for a conviction, 1 for suspects.
fn ended<P: Protocol>(name: &str, player: &Player<P>, villain: quorate::party::PartyId) -> usize {
    let Some(Err(abort)) = &player.result else { return 2 };
    match &abort.verdict {
        Verdict::Cheater { who, .. } => {
            assert!(*who == villain && abort.others.is_empty(), "{name}: {abort}");
            0
        }
        Verdict::Suspects { who, .. } => {
            assert!(who.contains(villain) && !who.contains(player.me()), "{name}: {abort}");
            1
        }
        _ => 2,
    }
}

/// All ones, which are no scalar and no point, where fields start in some message, counted from its start and from its end.
fn spoilt(good: &[u8]) -> Vec<Vec<u8>> {
    let starts = [0, 32, 33, 64, 65, 96, 98, 128, 131, 164, 196, 228].into_iter();
    let ends = [32, 64, 96, 128].into_iter().filter_map(|back| good.len().checked_sub(back));
    let fill = |at: usize| {
        let mut bytes = good.to_vec();
        bytes.iter_mut().skip(at).take(32).for_each(|byte| *byte = 0xff);
        bytes
    };
    starts.filter(|at| *at < good.len()).chain(ends).map(fill).collect()
}

/// Flipped, filled, cut, longer, or nothing like it.
fn bend(good: &[u8], noise: &mut ChaCha20Rng) -> Vec<u8> {
    let mut bytes = good.to_vec();
    let mut below = |limit: usize| noise.next_u64() as usize % limit;
    match below(6) {
        0 => bytes.truncate(below(good.len())),
        1 => bytes.extend_from_slice(&good[below(good.len())..]),
        2 => {
            let (at, fill) = (below(good.len()), [0, 0xff, 0x80][below(3)]);
            bytes.iter_mut().skip(at).take(33).for_each(|byte| *byte = fill);
        }
        3 => bytes.iter_mut().for_each(|byte| *byte = below(256) as u8),
        4 => bytes.rotate_left(below(good.len())),
        _ => {
            let bit = below(8 * good.len());
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
    bytes
}

/// Two honest devices with different pairings failed each other's checks, and banned each other (a pitfall). Here one of two has paired anew,
/// or come back from a backup; the other has not. Every private message is refused before a check sees it, both wait, neither is banned;
/// with the same pairing on both sides they sign.
#[test]
fn f10_two_pairings_of_two_devices_are_a_mismatch() {
    let game = Game::<EcdsaP256>::new(3, 3, &[1, 2, 3], 1);
    let (mut pairs, mut new) = (game.deal(43), game.deal(44));
    let swap = |pairs: &mut Pairs, new: &mut Pairs, of: u16, with: u16| {
        let peer = game.cast.roster().identity(id(with)).unwrap();
        let pairing = new.get_mut(&id(of)).unwrap().remove(&peer).unwrap();
        assert!(pairs.get_mut(&id(of)).unwrap().insert(pairing).is_some());
    };
    swap(&mut pairs, &mut new, 1, 3);
    let mut table = Sign::table(&game, &pairs, 1, 1);
    table.play(&mut fair);
    let mut refused = table.rejected.clone();
    refused.sort_by_key(|(to, _)| *to);
    assert_eq!(refused, [(1, Rejected::SetupMismatch(id(3))), (3, Rejected::SetupMismatch(id(1)))]);
    assert_eq!(table.end(1, &|_| false), End::Waits(vec![3]));
    assert_eq!(table.end(3, &|_| false), End::Waits(vec![1]));
    assert!(matches!(table.end(2, &|_| false), End::Waits(_)));
    assert_eq!(game.bans(&pairs, 1), []);
    swap(&mut pairs, &mut new, 3, 1);
    let mut table = Sign::table(&game, &pairs, 2, 1);
    table.play(&mut fair);
    for me in [1, 2, 3] {
        assert_eq!(table.end(me, &|signature| game.verifies(0, signature)), End::Done);
    }
    assert!(pairs.values().flat_map(Pairings::iter).all(|pairing| pairing.ban().is_none()));
}
