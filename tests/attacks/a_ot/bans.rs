//! Guessing what a pairing hides, one failed check at a time, and what ends it.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{EcdsaScheme, Sign};
use quorate::error::{Fault, Rejected, SetupError};
use quorate::pairing::{Ban, Opening, Pair, Pairing};
use quorate::secret::Secret;
use quorate::sim::{Letter, MemoryLedger, Report};
use quorate::wire::SessionId;

use super::super::common::pairs::{Held, leaf_at};
use super::super::common::signers::game::{Flow, Game, Pairs, altered};
use super::super::common::signers::table::{End, fair, id, rng};

const VICTIM: u16 = 1;
const VILLAIN: u16 = 3;

fn game<S: EcdsaScheme>() -> Game<S> {
    Game::new(2, 3, &[VICTIM, VILLAIN], 1)
}

/// The villain's pairing with the victim, with leaf `y` of one of its own trees another. All that it sends is consistent for whoever
/// misses that leaf, and for nobody else: it guesses two bits of the victim's Delta.
fn guess<S: EcdsaScheme>(game: &Game<S>, pairs: &mut Pairs, honest: &Pairing, tree: usize, y: usize) {
    let bent = altered(honest, |form| form[leaf_at(tree, y)] ^= 1);
    let (mine, peer) = (pairs.get_mut(&id(VILLAIN)).unwrap(), honest.peer());
    assert!(mine.remove(&peer).is_some() && mine.insert(bent).is_none());
    assert_eq!(game.pairing(pairs, VILLAIN, VICTIM).id(), honest.id());
}

fn start<S: EcdsaScheme>(game: &Game<S>, pairs: &Pairs, session: u8) -> Result<(), SetupError> {
    Sign::start(game.share(VICTIM), game.task(session), &pairs[&id(VICTIM)], &mut rng(1)).map(drop)
}

fn reopened(pairing: &Pairing) -> Pairing {
    let opening = Opening::load(Secret::new(pairing.store().expose().clone())).unwrap();
    let form = opening.to_store();
    opening.stored(&form).unwrap()
}

/// "Don't overextend your oblivious transfer extension" (Makriyannis and others, 2023), against implementations that went on after the
/// check of the extension had failed: each failure tells a block of Delta, and 128 bits of Delta are the key. Here the villain guesses a
/// block a session. A right guess passes, which no check can prevent. The first wrong one is `S1.2`, and bans it in one step: in the
/// session under way, in those that start later, after a restart; so all its guesses together are right with probability `4^-m`.
#[test]
fn a1_selective_abort_in_ot_extension() {
    let mut right = 0;
    for seed in 0..6 {
        right += guesses::<EcdsaSecp256k1>(seed) + guesses::<EcdsaP256>(50 + seed);
    }
    // Of 12 pairings, each guessed at until the first failure: 4 right guesses are expected.
    assert!((1..=14).contains(&right), "{right}");
}

/// How many guesses were right.
fn guesses<S: EcdsaScheme>(seed: u64) -> usize {
    let game = game::<S>();
    let mut pairs = game.deal(seed);
    let honest = altered(game.pairing(&pairs, VILLAIN, VICTIM), |_| {});
    let victim = Held::of(game.pairing(&pairs, VICTIM, VILLAIN));
    for tree in 0..64 {
        let (session, y) = (tree as u8, (tree + seed as usize) % 4);
        // Beside it, a session in which the villain behaves, under way before the guess.
        let mut beside = Sign::table(&game, &pairs, 100 + session, 1);
        assert!(beside.post(&mut fair) && beside.work());
        guess(&game, &mut pairs, &honest, tree, y);
        let mut table = Sign::table(&game, &pairs, session, 1);
        table.play(&mut fair);
        let end = table.end(VICTIM, &|signature| game.verifies(0, signature));
        if victim.missing(tree) == y {
            assert_eq!(end, End::Done, "a right guess is a good signature");
            assert_eq!(game.bans(&pairs, session), []);
            continue;
        }
        assert_eq!(end, End::Cheater(1, "S1.2", vec![(VILLAIN, Fault::OtExtension)]));
        let ban = Some(Ban { check: "S1.2", session: SessionId([session; 16]) });
        assert_eq!(game.pairing(&pairs, VICTIM, VILLAIN).ban(), ban);
        beside.play(&mut fair);
        let already = End::Cheater(2, "S1.1", vec![(VILLAIN, Fault::AlreadyBanned)]);
        assert_eq!(beside.end(VICTIM, &|_| false), already);
        refuses(&game, &mut pairs, ban);
        return tree;
    }
    panic!("64 guesses were right");
}

/// More guesses: the victim does not even start, whatever the session, also after its process ended, cleanly or not.
fn refuses<S: EcdsaScheme>(game: &Game<S>, pairs: &mut Pairs, ban: Option<Ban>) {
    let peer = game.cast.roster().identity(id(VILLAIN)).unwrap();
    for session in 200..204 {
        assert_eq!(start(game, pairs, session), Err(SetupError::Banned(id(VILLAIN))));
        let banned = game.pairing(pairs, VICTIM, VILLAIN);
        assert!(banned.store().expose().len() == 151, "the secrets are gone");
        let back = reopened(banned);
        assert_eq!(back.ban(), ban);
        let mine = pairs.get_mut(&id(VICTIM)).unwrap();
        drop(mine.remove(&peer));
        assert!(mine.insert(back).is_none());
    }
}

/// Silent Shard audit TOB1-12 (Trail of Bits, 2024): the failed check was an error without a party, and so a panic or an abort that banned
/// nobody. Here each check that depends on secrets fails in many ways, and each time the victim's own words are `Cheater`, who and for
/// what, and the ban is there; never a panic, `Suspects`, or silence.
#[test]
fn a2_every_failed_check_on_secrets_names_and_bans() {
    for_each_check::<EcdsaSecp256k1>();
    for_each_check::<EcdsaP256>();
}

fn for_each_check<S: EcdsaScheme>() {
    // The check, the round, the places in its message: rows and digest of the extension; n_A, a~ and mu; sums.
    let places: [(&str, u8, Fault, &[usize]); 3] = [
        ("S1.2", 1, Fault::OtExtension, &[32, 64, 131, 4348, 4416, 4431, 4432, 4463]),
        ("S2.4", 2, Fault::Vole, &[228, 291, 20_195, 40_195, 40_227, 40_228, 40_259]),
        ("S2.5", 2, Fault::Consistency, &[65, 98, 131]),
    ];
    let game = game::<S>();
    for (check, round, fault, places) in places {
        for at in places {
            let pairs = game.deal(90);
            let mut table = Sign::table(&game, &pairs, 1, 1);
            let lie = &mut |_: &[Letter], letter: &mut Letter| {
                if letter.header.from == id(VILLAIN) && letter.header.round == round {
                    letter.body[*at] ^= 1;
                }
                true
            };
            let played = catch_unwind(AssertUnwindSafe(|| table.play(lie)));
            assert!(played.is_ok(), "{check}: byte {at} is a panic");
            let end = table.end(VICTIM, &|_| false);
            assert_eq!(end, End::Cheater(round, check, vec![(VILLAIN, fault)]), "byte {at}");
            assert_eq!(game.bans(&pairs, 1), [(VICTIM, VILLAIN, check)], "byte {at}");
            assert_eq!(start(&game, &pairs, 2), Err(SetupError::Banned(id(VILLAIN))));
        }
    }
}

/// Silent Shard audit TOB1-5 (2024): both directions of a pair ran under one session id, so that a transcript of one counted in the
/// other. Here the villain answers with the victim's own messages. Its extension sent back is no extension of the other direction, its
/// multiplication sent back no multiplication.
#[test]
fn a4_directions_do_not_stand_for_each_other() {
    reflected::<EcdsaSecp256k1>();
    reflected::<EcdsaP256>();
}

fn reflected<S: EcdsaScheme>() {
    let game = game::<S>();
    for (round, from, check, fault) in [(1, 32, "S1.2", Fault::OtExtension), (2, 228, "S2.4", Fault::Vole)] {
        let pairs = game.deal(91);
        let mut table = Sign::table(&game, &pairs, 1, 1);
        table.play(&mut |seen, letter| {
            if letter.header.from == id(VILLAIN) && letter.header.round == round {
                let own = |l: &&Letter| l.header.from == id(VICTIM) && l.header.round == round;
                let own = seen.iter().find(own).unwrap();
                letter.body[from..].copy_from_slice(&own.body[from..]);
            }
            true
        });
        assert_eq!(table.end(VICTIM, &|_| false), End::Cheater(round, check, vec![(VILLAIN, fault)]));
    }
}

/// A check that is computed before the message it checks is there is void (a pitfall). Here the weights hash all of Alice's masked values:
/// a wrong byte in any of them, or in forty rows at once, is `S2.4` and a ban.
#[test]
fn a24_wrong_rows_of_the_multiplication_are_caught() {
    let game = game::<EcdsaSecp256k1>();
    let rows: Vec<Vec<usize>> =
        [0usize, 103, 207, 415].map(|row| vec![row]).into_iter().chain([(0..40).collect()]).collect();
    for rows in rows {
        for column in 0..3 {
            let pairs = game.deal(92);
            let mut table = Sign::table(&game, &pairs, 1, 1);
            table.play(&mut |_, letter| {
                if letter.header.from == id(VILLAIN) && letter.header.round == 2 {
                    rows.iter().for_each(|row| letter.body[260 + 96 * row + 32 * column + 31] ^= 1);
                }
                true
            });
            let end = End::Cheater(2, "S2.4", vec![(VILLAIN, Fault::Vole)]);
            // With weights from before, a row whose choice bit is zero would pass: every other one.
            let found = table.end(VICTIM, &|signature| game.verifies(0, signature));
            assert_eq!(found, end, "rows {rows:?}, column {column}");
            assert_eq!(game.bans(&pairs, 1), [(VICTIM, VILLAIN, "S2.4")]);
        }
    }
}

/// A "fast" renewal that moves all secrets by an offset both can compute leaves a cheater with what it has guessed (a pitfall). Here the
/// villain is banned for a wrong guess, and the two pair anew, by the protocol. The generators of both give the very same bytes again, which
/// makes Delta the same: even so no leaf of the new pairing is one of the old one, no two differ by what any other two differ by, and the old
/// one at the villain is nothing to the new one at the victim.
#[test]
fn a33_a_new_pairing_has_nothing_of_the_old_one() {
    let game = game::<EcdsaSecp256k1>();
    let identity = |number: u16| game.cast.roster().identity(id(number)).unwrap();
    let renew = |pairs: &mut Pairs, session: u8| {
        let start = |me: u16, peer: u16| {
            let (session, mut rng) = (SessionId([session; 16]), rng(95 + u64::from(me)));
            Pair::start(identity(me), identity(peer), session, &mut MemoryLedger::default(), &mut rng)
                .unwrap()
        };
        let sessions = [start(VICTIM, VILLAIN), start(VILLAIN, VICTIM)];
        for pairing in game.cast.run(sessions, &mut rng(99)).into_iter().map(Report::output) {
            let me = if pairing.me() == identity(VICTIM) { VICTIM } else { VILLAIN };
            assert!(pairs.get_mut(&id(me)).unwrap().insert(pairing).is_some());
        }
    };
    let sides = [(VICTIM, VILLAIN), (VILLAIN, VICTIM)];
    let held = |pairs: &Pairs| sides.map(|(of, with)| Held::of(game.pairing(pairs, of, with)));
    let mut pairs = game.deal(94);
    renew(&mut pairs, 1);
    let old = held(&pairs);
    let honest = altered(game.pairing(&pairs, VILLAIN, VICTIM), |_| {});
    guess(&game, &mut pairs, &honest, 0, (old[0].missing(0) + 1) % 4);
    let mut table = Sign::table(&game, &pairs, 1, 1);
    table.play(&mut fair);
    assert_eq!(game.bans(&pairs, 1), [(VICTIM, VILLAIN, "S1.2")]);
    assert_eq!(start(&game, &pairs, 2), Err(SetupError::Banned(id(VILLAIN))));

    renew(&mut pairs, 2);
    let new = held(&pairs);
    for (a, b) in old.iter().zip(&new) {
        assert_eq!(a.delta(), b.delta(), "the same bytes were drawn");
        let (mut values, mut offsets) = (BTreeSet::new(), BTreeSet::new());
        for (a, b) in a.leaves().zip(b.leaves()) {
            values.extend([a.to_vec(), b.to_vec()]);
            offsets.insert(a.iter().zip(b).map(|(a, b)| a ^ b).collect::<Vec<_>>());
        }
        assert_eq!((values.len(), offsets.len()), (2 * 448, 448));
        assert!(a.zero() != b.zero());
    }
    let mut table = Sign::table(&game, &pairs, 3, 1);
    table.play(&mut fair);
    assert_eq!(table.end(VICTIM, &|signature| game.verifies(0, signature)), End::Done);
    assert_eq!(game.bans(&pairs, 3), []);
    // The villain goes on with what it had.
    assert!(pairs.get_mut(&id(VILLAIN)).unwrap().insert(honest).is_some());
    let mut table = Sign::table(&game, &pairs, 4, 1);
    table.play(&mut fair);
    let refused = |(to, why): &(u16, Rejected)| *why == Rejected::SetupMismatch(id(4 - to));
    assert!(table.rejected.len() == 2 && table.rejected.iter().all(refused), "{:?}", table.rejected);
    assert_eq!(table.end(VICTIM, &|_| false), End::Waits(vec![VILLAIN]));
    assert_eq!(game.bans(&pairs, 4), []);
}

/// Bron audit TOB2-2 (Trail of Bits, 2026): one string of choices served all peers, so colluding peers could add up what each learned.
/// Here both peers of the victim put together what they have: its Deltas, trees and seeds, and what it sends in one run, differ by peer.
#[test]
fn a13_colluding_peers_have_nothing_in_common() {
    let game = Game::<EcdsaSecp256k1>::new(3, 3, &[1, 2, 3], 1);
    let pairs = game.cast.pair(&game.signers, &mut rng(97)).unwrap();
    let [a, b] = [2, 3].map(|peer| Held::of(game.pairing(&pairs, VICTIM, peer)));
    let leaves: BTreeSet<_> = a.leaves().chain(b.leaves()).collect();
    assert_eq!(leaves.len(), 2 * 448);
    assert!(a.delta() != b.delta() && a.zero() != b.zero());
    let mut table = Sign::table(&game, &pairs, 1, 1);
    table.play(&mut fair);
    let private = |round, from| -> Vec<_> {
        let of = |l: &&Letter| (l.header.from, l.header.round) == (id(VICTIM), round);
        table.wire.iter().filter(of).map(|letter| &letter.body[from..]).collect()
    };
    // psi hides the nonce by another factor for each; after the view, the multiplication.
    for (round, from, until) in [(1, 32, 4464), (2, 98, 196), (2, 228, 40_260)] {
        let sent = private(round, from);
        let blocks =
            |body: &[u8]| body[..until - from].chunks(16).map(<[u8]>::to_vec).collect::<BTreeSet<_>>();
        assert_eq!(sent.len(), 2);
        assert!(blocks(sent[0]).is_disjoint(&blocks(sent[1])), "round {round}");
    }
    assert_eq!(table.end(VICTIM, &|signature| game.verifies(0, signature)), End::Done);
}
