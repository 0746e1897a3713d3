//! SoftSpokenOT (Roy, CRYPTO 2022, ePrint 2022/192): 416 correlated transfers from the trees of a pairing, in one message.
//!
//! Bob holds every leaf of every tree, Alice all but the `Delta_i`-th of tree i. Bob chooses bits `beta`; afterwards he holds a column
//! `t_j` and Alice `q_j = t_j ^ beta_j * Delta` for each of 416 j. The equations, the message and the check stand in the module
//! documentation of [`crate::ecdsa`]. No index and no branch depends on `Delta` or `beta`: Alice keeps her leaves permuted, so
//! that slot z of a tree holds leaf `z ^ Delta_i` and the missing one is always slot 0, a row of zeros.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::fold::Fold;
use super::row::{CHOICE_LEN, ROW_LEN, Row};
use super::transpose::columns;
use super::{BASE, Seed};
use crate::hash::{Keyed, Tag, Transcript};
use crate::secret::{Secret, mask_of};
use crate::wire::Reader;

/// Bytes of Bob's message: nonce 32, one row of 68 a tree, x~ 16, digest of the folds 32.
pub(crate) const fn message_len<const K: usize>() -> usize {
    32 + BASE / K * ROW_LEN + 16 + 32
}

/// Leaves of a tree of the greatest depth.
const MOST_LEAVES: usize = 16;

/// Bob after his message.
#[derive(Debug)]
pub(crate) struct Chosen {
    /// `n_B`.
    pub(crate) nonce: [u8; 32],
    /// `beta`, one bit a column.
    pub(crate) choices: Secret<[u8; CHOICE_LEN]>,
    /// `t_j`.
    pub(crate) columns: Secret<Box<[u128]>>,
}

/// Bob: fresh choices under use `psid`; appends the message.
pub(crate) fn choose<const K: usize>(
    psid: &[u8; 32],
    leaves: &[Seed],
    rng: &mut dyn CryptoRng,
    out: &mut Vec<u8>,
) -> Chosen {
    let mut nonce = [0; 32];
    rng.fill_bytes(&mut nonce);
    let mut x = Zeroizing::new([0; ROW_LEN]);
    rng.fill_bytes(x.as_mut_slice());
    let mut choices = Secret::new([0; CHOICE_LEN]);
    choices.expose_mut().iter_mut().zip(x.iter()).for_each(|(to, from)| *to = *from);
    let x = Zeroizing::new(Row::from_bytes(&x));

    out.extend_from_slice(&nonce);
    let start = out.len();
    let key = leaf_key(psid, &nonce);
    let mut rows = rows();
    let mut sums = Zeroizing::new([Row::default(); MOST_LEAVES]);
    for ((i, tree), rows) in (0u16..).zip(leaves.chunks_exact(1 << K)).zip(rows.chunks_mut(K)) {
        for (y, (row, leaf)) in (0u16..).zip(sums.iter_mut().zip(tree)) {
            *row = Row::expand(&key, [i.to_be_bytes(), y.to_be_bytes()], leaf);
        }
        let mut u = butterfly(&mut sums, rows);
        u.add(&x);
        out.extend_from_slice(&u.to_bytes());
    }
    let fold = fold(psid, &nonce, out.get(start..).unwrap_or(&[]));
    out.extend_from_slice(&fold.row(&x).to_le_bytes());
    out.extend_from_slice(&digest(psid, &nonce, rows.iter().map(|row| fold.row(row))));
    Chosen { nonce, choices, columns: columns(&rows) }
}

/// Alice after Bob's message. Only after the check has passed may she use it.
#[derive(Debug)]
pub(crate) struct Extended {
    /// `n_B`.
    pub(crate) nonce: [u8; 32],
    /// `q_j`.
    pub(crate) columns: Secret<Box<[u128]>>,
}

/// Alice: `q_j` and whether Bob's message is consistent [S1.2], in constant time. `None` if the message has not the length that is
/// due, which the driver excludes.
pub(crate) fn extend<const K: usize>(
    psid: &[u8; 32],
    punctured: &[Seed],
    delta: &[u8; 16],
    message: &[u8],
) -> Option<(Extended, Choice)> {
    let mut r = Reader::new(message);
    let nonce = *r.array::<32>()?;
    let u = r.bytes(BASE / K * ROW_LEN)?;
    let folded_x = u128::from_le_bytes(*r.array()?);
    let claimed: &[u8; 32] = r.array()?;
    r.end()?;

    let bits = Zeroizing::new(u128::from_le_bytes(*delta));
    let bit = |row: usize| (*bits >> row) as u64 & 1;
    let key = leaf_key(psid, &nonce);
    let mut rows = rows();
    let mut sums = Zeroizing::new([Row::default(); MOST_LEAVES]);
    let trees = punctured.chunks_exact(1 << K).zip(u.as_chunks::<ROW_LEN>().0);
    for ((i, (tree, u)), rows) in (0u16..).zip(trees).zip(rows.chunks_mut(K)) {
        let first = usize::from(i) * K;
        let missing = (*bits >> first) as u16 & ((1 << K) - 1);
        let mut slots = (0u16..).zip(sums.iter_mut().zip(tree));
        if let Some((_, (row, _))) = slots.next() {
            *row = Row::default();
        }
        for (z, (row, leaf)) in slots {
            *row = Row::expand(&key, [i.to_be_bytes(), (z ^ missing).to_be_bytes()], leaf);
        }
        butterfly(&mut sums, rows);
        let u = Row::from_bytes(u);
        for (r, row) in (first..).zip(rows) {
            row.add_masked(&u, mask_of(bit(r)));
        }
    }
    let fold = fold(psid, &nonce, u);
    let folds = rows.iter().enumerate().map(|(r, row)| {
        let mask = u128::from(mask_of(bit(r)));
        fold.row(row) ^ (folded_x & (mask | mask << 64))
    });
    let passed = digest(psid, &nonce, folds).ct_eq(claimed);
    Some((Extended { nonce, columns: columns(&rows) }, passed))
}

fn rows() -> Zeroizing<Box<[Row]>> {
    Zeroizing::new(alloc::vec![Row::default(); BASE].into_boxed_slice())
}

/// From the `2^k` rows of a tree: for each of k bits the sum of the rows whose number has it; gives the sum of all rows.
fn butterfly(sums: &mut [Row; MOST_LEAVES], out: &mut [Row]) -> Row {
    let mut live = 1usize << out.len();
    for odd in out {
        *odd = Row::default();
        live /= 2;
        for at in 0..live {
            if let Some([a, b]) = sums.as_chunks::<2>().0.get(at) {
                odd.add(b);
                let mut both = *a;
                both.add(b);
                if let Some(to) = sums.get_mut(at) {
                    *to = both;
                }
            }
        }
    }
    let [total, ..] = *sums;
    total
}

fn leaf_key(psid: &[u8; 32], nonce: &[u8; 32]) -> Keyed {
    Keyed::new(Tag::SsLeafRow, &Transcript::new(Tag::SsLeafKey).bytes(psid).bytes(nonce).finish())
}

fn fold(psid: &[u8; 32], nonce: &[u8; 32], u: &[u8]) -> Fold {
    let key = Transcript::new(Tag::SsFoldKey).bytes(psid).bytes(nonce).bytes(u).finish();
    Fold::new(key.first_chunk().unwrap_or(&[0; 16]))
}

/// `h_T`: 128 folds as 16 bytes each, hashed. They are as secret as `Delta`.
fn digest(psid: &[u8; 32], nonce: &[u8; 32], folds: impl Iterator<Item = u128>) -> [u8; 32] {
    let mut list = Zeroizing::new([0u8; 16 * BASE]);
    list.as_chunks_mut::<16>().0.iter_mut().zip(folds).for_each(|(to, fold)| *to = fold.to_le_bytes());
    Transcript::new(Tag::SsT).bytes(psid).bytes(nonce).bytes(list.as_slice()).finish()
}
