//! Alice lies in some rows of the multiplication.

use alloc::vec::Vec;

use ff::Field;
use rand_core::Rng;

use super::bob::choices;
use super::rng;
use crate::curve::{Curve, P256, Secp256k1, random_scalar, write_scalar};
use crate::hash::{Tag, Transcript};
use crate::ot::extension::{Extended, extend};
use crate::ot::row::{CHOICE_LEN, COLUMNS};
use crate::ot::{DEPTH, deal};
use crate::vole::known::{pad, weights};
use crate::vole::{Multiplied, Receiver, VoleCurve};
use crate::wire::Reader;

const PSID: [u8; 32] = [8; 32];

/// One use, up to Alice's message; Bob's choices are known to the test.
struct Use<C: VoleCurve> {
    bob: Receiver<C>,
    choices: [u8; CHOICE_LEN],
    extended: Extended,
    delta: u128,
}

impl<C: VoleCurve> Use<C> {
    fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let (leaves, delta, punctured) = deal::<DEPTH>(&mut rng);
        let mut message = Vec::new();
        let bob = Receiver::start(&PSID, &leaves, &mut rng, &mut message);
        let choices = choices(&PSID, &leaves, &message);
        let (extended, passed) = extend::<DEPTH>(&PSID, &punctured, &delta, &message).unwrap();
        assert!(bool::from(passed));
        Self { bob, choices, extended, delta: u128::from_le_bytes(delta) }
    }

    fn choice(&self, row: usize) -> bool {
        self.choices[row / 8] >> (row % 8) & 1 == 1
    }

    /// Alice's message, with another first input in the rows of `lies`, for each of which she guesses Bob's choice.
    fn message(&self, lies: &[(usize, bool)], rng: &mut dyn rand_core::CryptoRng) -> Vec<u8> {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let [x, y, check, lie] = [0; 4].map(|_| random_scalar::<C>(rng));
        let of = [&PSID, &nonce, &self.extended.nonce];
        let pads: Vec<_> = (0..)
            .zip(self.extended.columns.expose())
            .map(|(j, q)| (pad::<C>(of, j, *q), pad::<C>(of, j, q ^ self.delta)))
            .collect();
        let mut masked = Vec::new();
        for (row, (alpha, other)) in pads.iter().enumerate() {
            let lie = if lies.iter().any(|(at, _)| *at == row) { lie } else { C::Scalar::ZERO };
            for ((alpha, other), input) in alpha.iter().zip(other).zip([x + lie, y, check]) {
                write_scalar::<C>(&(*alpha - other + input), &mut masked);
            }
        }
        let [first, second] = weights::<C>(of, &masked);
        let mut list = Vec::new();
        for (row, ([a, b, c], _)) in pads.iter().enumerate() {
            let mu = *c + first * a + second * b;
            let chosen = lies.iter().any(|(at, guess)| *at == row && *guess);
            write_scalar::<C>(&(mu + if chosen { first * lie } else { C::Scalar::ZERO }), &mut list);
        }
        let [psid, alice, bob] = of;
        let mu = Transcript::new(Tag::RvMu).bytes(psid).bytes(alice).bytes(bob).bytes(&list).finish();
        let mut message = [&nonce[..], &masked].concat();
        write_scalar::<C>(&(check + first * x + second * y), &mut message);
        message.extend_from_slice(&mu);
        message
    }

    fn passes(&self, message: &[u8]) -> bool {
        let message = Multiplied::<C>::read(&mut Reader::new(message)).unwrap();
        self.bob.finish(&PSID, &message).0.into()
    }
}

/// A row goes through exactly if Bob's choice is as guessed: it passes half of the time, and then Alice knows one bit.
fn one_row<C: VoleCurve>() {
    let mut rng = rng(1);
    for guess in [false, true] {
        let mut passed = 0;
        for seed in 0..4 {
            let run = Use::<C>::new(seed);
            assert!(run.passes(&run.message(&[], &mut rng)), "the truth passes");
            for row in (seed as usize..COLUMNS).step_by(8) {
                let passes = run.passes(&run.message(&[(row, guess)], &mut rng));
                assert_eq!(passes, run.choice(row) == guess, "row {row}");
                passed += usize::from(passes);
            }
        }
        // Of 208, with a deviation of 7.2.
        assert!((70..138).contains(&passed), "{passed}");
    }
}

#[test]
fn s2_4_one_wrong_row_passes_exactly_if_the_choice_was_guessed() {
    one_row::<Secp256k1>();
    one_row::<P256>();
}

fn forty_rows<C: VoleCurve>() {
    let mut rng = rng(2);
    for seed in 0..8 {
        let run = Use::<C>::new(100 + seed);
        for _ in 0..5 {
            let mut rows: Vec<_> = (0..COLUMNS).collect();
            let lies: Vec<_> = (0..40)
                .map(|_| (rows.swap_remove(rng.next_u32() as usize % rows.len()), rng.next_u32() % 2 == 1))
                .collect();
            assert!(!run.passes(&run.message(&lies, &mut rng)));
            // Who knew all forty choices would get through; all but one are not enough.
            let mut known: Vec<_> = lies.iter().map(|(row, _)| (*row, run.choice(*row))).collect();
            assert!(run.passes(&run.message(&known, &mut rng)));
            known[7].1 ^= true;
            assert!(!run.passes(&run.message(&known, &mut rng)));
        }
    }
}

#[test]
fn s2_4_forty_wrong_rows_are_always_caught() {
    forty_rows::<Secp256k1>();
    forty_rows::<P256>();
}

/// The weights of the check are made of every byte of `a~`, of the use and of both nonces.
#[test]
fn a24_every_byte_of_the_masked_values_counts_in_the_weights() {
    let mut masked: Vec<u8> = (0..COLUMNS * 96).map(|at| (at * 31 + at / 256) as u8).collect();
    let of = [[1; 32], [2; 32], [3; 32]];
    let theta = |of: &[[u8; 32]; 3], masked: &[u8]| {
        let [psid, alice, bob] = of;
        weights::<Secp256k1>([psid, alice, bob], masked)
    };
    let good = theta(&of, &masked);
    assert_ne!(good[0], good[1]);
    let differs = |other: [_; 2]| good.iter().zip(other).all(|(good, other)| *good != other);
    for at in (0..masked.len()).step_by(5) {
        masked[at] ^= 1 << (at % 8);
        assert!(differs(theta(&of, &masked)), "byte {at}");
        masked[at] ^= 1 << (at % 8);
    }
    assert_eq!(theta(&of, &masked), good);
    for part in 0..3 {
        let mut other = of;
        other[part][31] ^= 1;
        assert!(differs(theta(&other, &masked)));
    }
}

/// If two columns come out equal, which Bob can force by equal choices and equal rows of leaves, their pads have nothing in common.
fn equal_columns<C: VoleCurve>() {
    let (psid, alice, bob, changed) = ([1; 32], [2; 32], [3; 32], [4; 32]);
    let mut seen = Vec::new();
    for of in
        [[&psid, &alice, &bob], [&changed, &alice, &bob], [&psid, &changed, &bob], [&psid, &alice, &changed]]
    {
        for j in 0..COLUMNS as u16 {
            for number in pad::<C>(of, j, 7) {
                let mut bytes = Vec::new();
                write_scalar::<C>(&number, &mut bytes);
                seen.push(bytes);
            }
        }
    }
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((seen.len(), count), (count, 4 * 3 * COLUMNS));
    // Two zeros of a column differ as well.
    assert_ne!(pad::<C>([&psid, &alice, &bob], 0, 7), pad::<C>([&psid, &alice, &bob], 0, 8));
}

#[test]
fn a16_equal_columns_have_different_pads() {
    equal_columns::<Secp256k1>();
    equal_columns::<P256>();
}

const _: () = assert!(Secp256k1::SCALAR_LEN == 32 && P256::SCALAR_LEN == 32);
