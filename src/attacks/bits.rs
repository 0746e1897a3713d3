//! Bit by bit: what must be uniform is, and has the width that it should have.

use alloc::vec::Vec;

use rand_core::Rng;

use super::bob::said;
use super::rng;
use crate::curve::{P256, Secp256k1, write_scalar};
use crate::ot::extension::choose;
use crate::ot::row::{CHOICE_LEN, COLUMNS, ROW_LEN, SIGMA};
use crate::ot::{DEPTH, deal};
use crate::vole::VoleCurve;
use crate::vole::known::pad;

/// The computational part of a scalar, and twice the statistical one; with the mask of the check, a row.
const _: () = assert!(COLUMNS == 256 + 2 * 80 && CHOICE_LEN == 52 && SIGMA == 128 && ROW_LEN == 52 + 16);

/// Counts, for each bit, how often it is one, and how often it equals the one after it and the one a byte on.
struct Coins {
    tosses: i64,
    counts: Vec<[i64; 3]>,
}

impl Coins {
    fn new(bytes: usize) -> Self {
        Self { tosses: 0, counts: alloc::vec![[0; 3]; 8 * bytes] }
    }

    fn toss(&mut self, bytes: &[u8]) {
        self.tosses += 1;
        let bits = 8 * bytes.len();
        let bit = |at: usize| bytes[at % bits / 8] >> (at % 8) & 1;
        for (at, [ones, next, later]) in self.counts.iter_mut().enumerate() {
            *ones += i64::from(bit(at));
            *next += i64::from(bit(at) == bit(at + 1));
            *later += i64::from(bit(at) == bit(at + 8));
        }
    }

    /// Within six standard deviations of half.
    fn are_fair(&self, what: &str) {
        for (at, counts) in self.counts.iter().enumerate() {
            for count in counts {
                let off = 2 * count - self.tosses;
                assert!(off * off < 36 * self.tosses, "{what}, bit {at}: {counts:?} of {}", self.tosses);
            }
        }
    }
}

fn pads<C: VoleCurve>() {
    let (mut coins, mut rng) = (Coins::new(32), rng(2));
    for _ in 0..4 {
        let z = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
        for j in 0..COLUMNS as u16 {
            for number in pad::<C>([&[1; 32], &[2; 32], &[3; 32]], j, z) {
                let mut bytes = Vec::new();
                write_scalar::<C>(&number, &mut bytes);
                coins.toss(&bytes);
            }
        }
    }
    coins.are_fair(C::NAME);
}

/// FKOS15 in MP-SPDZ (2020) filled blocks with a bit where a byte was due, so its masks could be guessed. Bob's choices and the mask of his
/// check are taken out of his messages, as the other side would; the pads that mask Alice's inputs are what both compute.
#[test]
fn f2_choices_masks_and_pads_are_fair_coins() {
    let (leaves, _, _) = deal::<DEPTH>(&mut rng(1));
    let (psid, mut coins, mut sent) = ([4; 32], Coins::new(ROW_LEN), Coins::new(ROW_LEN));
    for seed in 0..1500 {
        let mut message = Vec::new();
        let chosen = choose::<DEPTH>(&psid, &leaves, &mut rng(seed), &mut message);
        let x = said(&psid, &leaves, &message);
        assert_eq!(&x[..CHOICE_LEN], chosen.choices.expose());
        coins.toss(&x);
        sent.toss(&message[32..][..ROW_LEN]);
    }
    coins.are_fair("choices and mask");
    sent.are_fair("a row");
    pads::<Secp256k1>();
    pads::<P256>();
}
