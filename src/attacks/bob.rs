//! Bob lies about some trees of the extension: selective failure, and how far it goes.

use alloc::vec::Vec;

use polyval::Polyval;
use polyval::universal_hash::UniversalHash;
use rand_core::Rng;

use super::{Stage, id, rng};
use crate::curve::{EcdsaP256, EcdsaSecp256k1};
use crate::ecdsa::{EcdsaScheme, Sign};
use crate::error::{Abort, Fault, SetupError, Verdict};
use crate::hash::{Keyed, Tag, Transcript};
use crate::ot::extension::{extend, message_len};
use crate::ot::row::{CHOICE_LEN, ROW_LEN, Row};
use crate::ot::{BASE, DEPTH, Seed, deal};
use crate::pairing::Pairings;
use crate::session::{Session, Status};
use crate::sim::Faults;

const TREES: usize = BASE / DEPTH;

/// Bob's side of one use.
struct Bob<'a> {
    psid: [u8; 32],
    leaves: &'a [Seed],
    nonce: [u8; 32],
    x: Row,
}

/// In `tree`, x' is another by `difference`, and the list of folds is right if `Delta` is `guess` there.
struct Lie {
    tree: usize,
    difference: Row,
    guess: u8,
}

/// The sums by bits of a tree's leaves, and the sum of all, for every tree.
fn sums(psid: &[u8; 32], nonce: &[u8; 32], leaves: &[Seed]) -> Vec<([Row; DEPTH], Row)> {
    let key = Transcript::new(Tag::SsLeafKey).bytes(psid).bytes(nonce).finish();
    let key = Keyed::new(Tag::SsLeafRow, &key);
    let tree = |(i, leaves): (u16, &[Seed])| {
        let (mut bits, mut total) = ([Row::default(); DEPTH], Row::default());
        for (y, leaf) in (0u16..).zip(leaves) {
            let row = Row::expand(&key, [i.to_be_bytes(), y.to_be_bytes()], leaf);
            total.add(&row);
            for (b, sum) in bits.iter_mut().enumerate() {
                sum.add_masked(&row, u64::from(y >> b & 1).wrapping_neg());
            }
        }
        (bits, total)
    };
    (0..).zip(leaves.chunks(1 << DEPTH)).map(tree).collect()
}

/// RFC 8452 over the columns, with the mask on top.
fn fold(key: &[u8; 32], row: &Row) -> u128 {
    let bytes = row.to_bytes();
    let mut blocks = [[0; 16]; 4];
    blocks.as_flattened_mut()[..CHOICE_LEN].copy_from_slice(&bytes[..CHOICE_LEN]);
    let mut polyval = Polyval::new(&<[u8; 16]>::try_from(&key[..16]).unwrap().into());
    polyval.update(&blocks.map(Into::into));
    let mask = u128::from_le_bytes(bytes[CHOICE_LEN..].try_into().unwrap());
    u128::from_le_bytes(polyval.finalize().into()) ^ mask
}

/// What Bob's message says that his choices and their mask are: what a simulator takes out of it. By the first tree.
pub(super) fn said(psid: &[u8; 32], leaves: &[Seed], message: &[u8]) -> [u8; ROW_LEN] {
    let nonce = message[..32].try_into().unwrap();
    let (_, mut x) = sums(psid, &nonce, &leaves[..1 << DEPTH])[0];
    x.add(&Row::from_bytes(message[32..][..ROW_LEN].try_into().unwrap()));
    x.to_bytes()
}

/// The choices alone.
pub(super) fn choices(psid: &[u8; 32], leaves: &[Seed], message: &[u8]) -> [u8; CHOICE_LEN] {
    *said(psid, leaves, message).first_chunk().unwrap()
}

impl<'a> Bob<'a> {
    fn new(psid: [u8; 32], leaves: &'a [Seed], rng: &mut dyn rand_core::CryptoRng) -> Self {
        let (mut nonce, mut x) = ([0; 32], [0; ROW_LEN]);
        rng.fill_bytes(&mut nonce);
        rng.fill_bytes(&mut x);
        Self { psid, leaves, nonce, x: Row::from_bytes(&x) }
    }

    /// The message with these lies, with `x~` changed by `offset`; without lies it is an honest one. An offset makes every tree a lie,
    /// for which `guess` is all of `Delta`.
    fn message(&self, lies: &[Lie], offset: u128, guess: u128) -> Vec<u8> {
        let sums = sums(&self.psid, &self.nonce, self.leaves);
        let lie = |tree| lies.iter().find(|lie| lie.tree == tree);
        let mut u = Vec::new();
        for (tree, (_, total)) in sums.iter().enumerate() {
            let mut row = *total;
            row.add(&self.x);
            lie(tree).into_iter().for_each(|lie| row.add(&lie.difference));
            u.extend_from_slice(&row.to_bytes());
        }
        let start = |tag| Transcript::new(tag).bytes(&self.psid).bytes(&self.nonce);
        let key = start(Tag::SsFoldKey).bytes(&u).finish();
        let mut list = Vec::new();
        for (tree, (bits, _)) in sums.iter().enumerate() {
            for (b, row) in bits.iter().enumerate() {
                let mut value = fold(&key, row);
                if let Some(lie) = lie(tree).filter(|lie| lie.guess >> b & 1 == 1) {
                    value ^= fold(&key, &lie.difference);
                }
                if guess >> (tree * DEPTH + b) & 1 == 1 {
                    value ^= offset;
                }
                list.extend_from_slice(&value.to_le_bytes());
            }
        }
        let folded = fold(&key, &self.x) ^ offset;
        let digest = start(Tag::SsT).bytes(&list).finish();
        [&self.nonce[..], &u, &folded.to_le_bytes(), &digest].concat()
    }
}

/// A row that is not zero: in the columns, or in the mask only.
fn difference(rng: &mut dyn rand_core::CryptoRng, mask_only: bool) -> Row {
    let mut bytes = [0; ROW_LEN];
    rng.fill_bytes(&mut bytes[if mask_only { CHOICE_LEN } else { 0 }..]);
    Row::from_bytes(&bytes)
}

fn missing(delta: &[u8; 16], tree: usize) -> u8 {
    (u128::from_le_bytes(*delta) >> (tree * DEPTH)) as u8 & 3
}

/// Pass or not, over many pairings; `lies` are made with the guesses drawn.
fn passes(tries: u64, trees: &[usize]) -> usize {
    let mut count = 0;
    for seed in 0..tries {
        let mut rng = rng(seed);
        let (leaves, delta, punctured) = deal::<DEPTH>(&mut rng);
        let bob = Bob::new([5; 32], &leaves, &mut rng);
        let mut lie = |tree: &usize| {
            let difference = difference(&mut rng, seed % 2 == 0);
            Lie { tree: *tree, difference, guess: rng.next_u32() as u8 & 3 }
        };
        let lies: Vec<_> = trees.iter().map(&mut lie).collect();
        let right = lies.iter().all(|lie| lie.guess == missing(&delta, lie.tree));
        let message = bob.message(&lies, 0, 0);
        assert_eq!(message.len(), message_len::<DEPTH>());
        let (_, passed) = extend::<DEPTH>(&bob.psid, &punctured, &delta, &message).unwrap();
        assert_eq!(bool::from(passed), right, "exactly the right guess passes");
        count += usize::from(right);
    }
    count
}

/// Ten thousand pairings: a guess of one block passes one time in four, of two blocks one time in sixteen, and never but where it is right.
#[test]
fn s1_2_a_guess_of_one_block_passes_one_time_in_four() {
    assert_eq!(passes(20, &[]), 20, "the truth passes");
    for tree in [0, 17, TREES - 1] {
        // 625 are expected, with a deviation of 21.7.
        let count = passes(2500, &[tree]);
        assert!((515..735).contains(&count), "{count}");
    }
    // 156 of 2500, with a deviation of 12.1.
    let count = passes(2500, &[0, 40]);
    assert!((95..217).contains(&count), "{count}");
}

/// With `x~` off, only all of `Delta` would do.
#[test]
fn s1_2_a_wrong_fold_passes_with_all_of_delta_only() {
    let mut rng = rng(3);
    for _ in 0..20 {
        let (leaves, delta, punctured) = deal::<DEPTH>(&mut rng);
        let bob = Bob::new([6; 32], &leaves, &mut rng);
        let (offset, delta_bits) = (u128::from(rng.next_u64()) << 9 | 1, u128::from_le_bytes(delta));
        let passed = |guess| {
            let message = bob.message(&[], offset, guess);
            bool::from(extend::<DEPTH>(&bob.psid, &punctured, &delta, &message).unwrap().1)
        };
        assert!(passed(delta_bits));
        assert!((0..128).step_by(9).all(|bit| !passed(delta_bits ^ 1 << bit)));
    }
}

/// Party 3 is Bob to party 1, and tries a guess of the first tree of the pairing in a signing. Whether party 1 said so.
fn attack<S: EcdsaScheme>(stage: &Stage<S>, session: u8, guess: u8, seed: u64) -> Option<Abort> {
    let task = stage.task(session);
    let psid = stage.psid(&task.terms(id(1)).sid(), 1, 3);
    let secrets = stage.link(3, 1).secrets().unwrap();
    let mut rng = rng(seed);
    let bob = Bob::new(psid, secrets.leaves.expose(), &mut rng);
    let lie = Lie { tree: 0, difference: difference(&mut rng, true), guess };
    let message = bob.message(&[lie], 0, 0);
    // The attacker's session knows nothing of the lie, and bans for it: on a copy.
    let theirs = stage.copy(3, 1);
    let start = |me, pairings| Sign::start(stage.share(me), task.clone(), pairings, &mut super::rng(7));
    let sessions = [start(1, &stage.pairs[&id(1)]), start(3, &theirs)];
    let reports = stage.cast.run_with(
        sessions.map(Result::unwrap),
        Faults::default(),
        &mut |letter| {
            if (letter.header.from, letter.header.round) == (id(3), 1) {
                letter.body[32..].copy_from_slice(&message);
            }
            true
        },
        &mut rng,
    );
    match reports.into_iter().next().unwrap().outcome {
        Some(Err(abort)) if abort.check == "S1.2" => Some(abort),
        None => None,
        other => panic!("{other:?}"),
    }
}

/// The loop that would take `Delta` bit by bit ends with the first failure: in the process, beside it, and after a restart.
fn block_guesses<S: EcdsaScheme>() {
    let (mut banned, mut right) = (0, 0);
    for seed in 0..12 {
        let stage = Stage::<S>::new(2, 3, &[1, 3], seed);
        let delta = *stage.link(1, 3).secrets().unwrap().delta.expose();
        // A second session of the pair is on its way, in which the attacker will be right.
        let mut beside = beside(&stage, missing(&delta, 0));
        for (session, guess) in (0u8..4).zip(0..) {
            let verdict = attack(&stage, session, guess, seed);
            if guess == missing(&delta, 0) {
                assert!(verdict.is_none() && stage.bans().is_empty());
                right += 1;
                continue;
            }
            let abort = verdict.expect("a wrong guess is caught");
            let fault = Fault::OtExtension;
            assert_eq!(abort.verdict, Verdict::Cheater { who: id(3), fault, evidence: None });
            assert_eq!(stage.bans(), [(1, 3, "S1.2")]);
            banned += 1;
            break;
        }
        if stage.bans().is_empty() {
            continue;
        }
        let refused = |pairings: &Pairings| {
            let started = Sign::start(stage.share(1), stage.task(9), pairings, &mut rng(8)).map(drop);
            assert_eq!(started, Err(SetupError::Banned(id(3))));
        };
        refused(&stage.pairs[&id(1)]);
        let abort = beside.advance(&mut rng(1)).map(|status| assert!(matches!(status, Status::Waiting)));
        let abort = abort.expect_err("no result after the ban");
        assert_eq!((abort.round, abort.check), (1, "S1.1"));
        // After a restart, from what was stored.
        for _ in 0..3 {
            refused(&stage.copy(1, 3));
        }
    }
    assert_eq!(banned, 12, "nobody gets through a block");
    assert!((1..24).contains(&right), "{right}");
}

/// Party 1 with a message of party 3 that makes a guess, not looked at yet.
fn beside<S: EcdsaScheme>(stage: &Stage<S>, guess: u8) -> Session<Sign<S>> {
    let task = stage.task(100);
    let psid = stage.psid(&task.terms(id(1)).sid(), 1, 3);
    let secrets = stage.link(3, 1).secrets().unwrap();
    let mut rng = rng(77);
    let bob = Bob::new(psid, secrets.leaves.expose(), &mut rng);
    let lie = Lie { tree: 0, difference: difference(&mut rng, true), guess };
    let forged = bob.message(&[lie], 0, 0);
    let mut start = |me| Sign::start(stage.share(me), task.clone(), &stage.pairs[&id(me)], &mut rng);
    let (mut mine, theirs) = (start(1).unwrap(), start(3).unwrap());
    let mut message = theirs.outgoing(0).next().unwrap().bytes.to_vec();
    message[56 + 32..].copy_from_slice(&forged);
    mine.receive(id(3), &message).unwrap();
    mine
}

#[test]
fn a1_block_guesses_end_with_the_first_failure() {
    block_guesses::<EcdsaSecp256k1>();
    block_guesses::<EcdsaP256>();
}
