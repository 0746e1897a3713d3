//! What a repeated nonce would show, and that a fresh one shows nothing.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};

use super::bob::choices;
use super::rng;
use crate::curve::{P256, Secp256k1, random_scalar, read_scalar};
use crate::hash::{Keyed, Tag, Transcript};
use crate::ot::extension::{choose, extend};
use crate::ot::row::{CHOICE_LEN, COLUMNS, ROW_LEN, Row};
use crate::ot::{DEPTH, Seed, deal};
use crate::vole::{Receiver, VoleCurve, multiply};

const PSID: [u8; 32] = [9; 32];

/// Gives `first`, and then bytes of a generator.
struct Rigged(Vec<u8>, rand_chacha::ChaCha20Rng);

impl TryRng for Rigged {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.1.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.1.try_next_u64()
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        if self.0.is_empty() {
            return self.1.try_fill_bytes(out);
        }
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for Rigged {}

/// The rows that Bob sends.
fn rows(message: &[u8]) -> Vec<&[u8]> {
    message[32..message.len() - 48].chunks(ROW_LEN).collect()
}

fn xor(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b).collect()
}

/// Two uses with one `psid` and one `n_B`: every row shows the sum of both choices. With `n_B` fresh, no row does, and no two show the same.
#[test]
fn a27_a_repeated_nonce_of_bob_would_show_his_choices() {
    let (leaves, _, _) = deal::<DEPTH>(&mut rng(1));
    let message = |nonce: &[u8], seed| {
        let mut message = Vec::new();
        choose::<DEPTH>(&PSID, &leaves, &mut Rigged(nonce.to_vec(), rng(seed)), &mut message);
        message
    };
    let sum_of_choices =
        |one: &[u8], other: &[u8]| xor(&choices(&PSID, &leaves, one), &choices(&PSID, &leaves, other));
    let (one, other) = (message(&[1; 32], 2), message(&[1; 32], 3));
    let sum = sum_of_choices(&one, &other);
    assert_ne!(sum, [0; CHOICE_LEN]);
    let shown = |one: &[u8], other: &[u8]| -> Vec<_> {
        rows(one).iter().zip(rows(other)).map(|(a, b)| xor(a, b)[..CHOICE_LEN].to_vec()).collect()
    };
    assert!(shown(&one, &other).iter().all(|row| *row == sum));

    let fresh = message(&[], 3);
    let sum = sum_of_choices(&one, &fresh);
    let shown = shown(&one, &fresh);
    assert!(shown.iter().all(|row| *row != sum));
    assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), shown.len());
    let blocks = |message: &[u8]| message.chunks(16).map(<[u8]>::to_vec).collect::<BTreeSet<_>>();
    assert!(blocks(&one).is_disjoint(&blocks(&fresh)));
}

/// A session id that were added to the leaves would cancel against leaves that differ by as much. What names a use is hashed with `n_B` to a
/// key, under which a leaf is expanded: no difference of uses and leaves gives a row twice, or a sum of rows.
#[test]
fn a17_no_difference_of_session_ids_cancels_in_the_leaves() {
    let (psid, nonce, leaf): ([u8; 32], [u8; 32], Seed) = ([0x35; 32], [7; 32], [0x5a; 16]);
    let row = |psid: &[u8; 32], nonce: &[u8; 32], leaf: &Seed| {
        let key = Transcript::new(Tag::SsLeafKey).bytes(psid).bytes(nonce).finish();
        Row::expand(&Keyed::new(Tag::SsLeafRow, &key), [[0, 1], [0, 2]], leaf).to_bytes()
    };
    let (mut rows, mut sums) = (BTreeSet::from([row(&psid, &nonce, &leaf)]), BTreeSet::new());
    for bit in 0..128 {
        let (mut other, mut there, mut moved) = (psid, nonce, leaf);
        let flip = |bytes: &mut [u8]| bytes[bit / 8] ^= 1 << (bit % 8);
        [&mut other[..], &mut there, &mut moved].into_iter().for_each(flip);
        let four = [
            row(&other, &nonce, &leaf),
            row(&psid, &nonce, &moved),
            row(&other, &nonce, &moved),
            row(&psid, &there, &moved),
        ];
        sums.insert(four.iter().fold(row(&psid, &nonce, &leaf).to_vec(), |sum, row| xor(&sum, row)));
        rows.extend(four);
    }
    assert_eq!((rows.len(), sums.len()), (1 + 4 * 128, 128));
}

/// Two uses with the same columns and one `n_A`: every row shows the difference of the inputs. With `n_A` fresh, none does.
fn repeated_nonce_of_alice<C: VoleCurve>() {
    let (leaves, delta, punctured) = deal::<DEPTH>(&mut rng(4));
    let mut start = Vec::new();
    Receiver::<C>::start(&PSID, &leaves, &mut rng(5), &mut start);
    let (extended, _) = extend::<DEPTH>(&PSID, &punctured, &delta, &start).unwrap();
    let inputs = [6, 7].map(|seed| [0, 1].map(|k| random_scalar::<C>(&mut rng(10 * seed + k))));
    let message = |of: usize, nonce: &[u8], seed| {
        let (mut message, [a, b]) = (Vec::new(), &inputs[of]);
        let mut rng = Rigged(nonce.to_vec(), rng(seed));
        multiply::<C>(&PSID, &extended, &delta, [a, b], &mut rng, &mut message);
        message
    };
    let differences = |one: &[u8], other: &[u8], column: usize| -> Vec<C::Scalar> {
        let scalars = |message: &[u8]| -> Vec<_> {
            let rows = message[32..][..COLUMNS * 96].chunks(96);
            rows.map(|row| read_scalar::<C>(&row[32 * column..][..32]).unwrap()).collect()
        };
        scalars(one).into_iter().zip(scalars(other)).map(|(a, b)| a - b).collect()
    };
    let one = message(0, &[1; 32], 8);
    let (same, fresh) = (message(1, &[1; 32], 9), message(1, &[], 9));
    let [mine, others] = inputs;
    for (column, (a, b)) in mine.iter().zip(others).enumerate() {
        let leak = *a - b;
        assert!(differences(&one, &same, column).iter().all(|difference| *difference == leak));
        let hidden = differences(&one, &fresh, column);
        assert!(hidden.iter().all(|difference| *difference != leak));
        assert!(hidden.iter().skip(1).all(|difference| *difference != hidden[0]));
    }
}

#[test]
fn a27_a_repeated_nonce_of_alice_would_show_her_inputs() {
    repeated_nonce_of_alice::<Secp256k1>();
    repeated_nonce_of_alice::<P256>();
}
