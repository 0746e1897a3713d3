//! All-but-one transfers: trees of seeds of which one side knows every leaf and the other all but one.
//!
//! Source: the construction of L. Roy, *SoftSpokenOT: quieter OT extension from small-field silent VOLE in the Minicrypt model*, 2022,
//! section 6, with its consistency proof. Bob owns both keys of every base transfer, Alice those of her choice bits `c`. Block `i` is a tree
//! of depth `K` made of the transfers `i K .. i K + K`:
//!
//! - Bob: the two nodes of level 1 are the keys of transfer `i K`. Each node `y` of level `m` gives two:
//!   `H("pprf-node"; ot, u16 i, u8 m, u16 y, node)`. The corrections of level `m` are
//!   `t_c = key_c of transfer i K + m, plus the sum of all nodes 2y + c of level m + 1`.
//!   The proof: `s_y = H("pprf-leafchk"; ot, u16 i, u16 y, leaf y)`, their sum, and `H("pprf-digest"; ot, u16 i, s_0 || s_1 || ..)`.
//! - Alice: her choice bits are the path to the leaf she misses, complemented, most significant first. She expands what she knows, and
//!   gets the sibling of the missing node of each level from the correction of her choice. The number of the missing leaf is her `Delta_i`.
//!
//! Message, per block: `t_0, t_1` 16 bytes each for each of the levels 1 to `K - 1`, the sum 32, the digest 32.
//!
//! Every node is visited whichever is missing: secret numbers select through masks, never through an index or a branch.

use alloc::vec::Vec;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{BASE, Seed, bit, xor_if};
use crate::hash::{Tag, Transcript};
use crate::secret::{Secret, verdict};
use crate::wire::Reader;

/// Bytes of Bob's message for one block.
const fn block_len<const K: usize>() -> usize {
    32 * (K - 1) + 64
}

/// Bytes of Bob's message: 6,144 for depth 2, 5,120 for depth 4.
pub(crate) const fn message_len<const K: usize>() -> usize {
    BASE / K * block_len::<K>()
}

/// What Alice holds: the string of all `Delta_i`, and the leaves, permuted: slot `z` of block `i` is leaf `z ^ Delta_i`, and slot 0, the
/// missing one, is zero.
pub(crate) type Punctured = (Secret<[u8; 16]>, Secret<Vec<Seed>>);

/// Bob's side: all leaves, `2^K` per block, and the message.
pub(crate) fn expand<const K: usize>(ot: &[u8; 32], keys: &[[Seed; 2]]) -> (Secret<Vec<Seed>>, Vec<u8>) {
    let mut leaves = Secret::new(Vec::with_capacity((BASE / K) << K));
    let mut message = Vec::with_capacity(message_len::<K>());
    for (block, keys) in (0..).zip(keys.chunks_exact(K)) {
        let tree = Tree { ot, block };
        let last = tree.expand(keys, &mut message);
        let (values, sum) = tree.leaf_values(&last);
        message.extend_from_slice(sum.as_slice());
        message.extend_from_slice(&tree.digest(&values));
        leaves.expose_mut().extend_from_slice(&last);
    }
    (leaves, message)
}

/// Alice's side: `None` if the proof of any block does not hold, and then nothing of it may be used again. One verdict over all
/// blocks, in constant time: which block failed would say which leaves are missing.
pub(crate) fn puncture<const K: usize>(
    ot: &[u8; 32],
    choices: &[u8; 16],
    keys: &[Seed],
    message: &[u8],
) -> Option<Punctured> {
    if keys.len() != BASE || message.len() != message_len::<K>() {
        return None;
    }
    let choices = Zeroizing::new(u128::from_le_bytes(*choices));
    let mut delta = Zeroizing::new(0u128);
    let mut leaves = Secret::new(Vec::with_capacity((BASE / K) << K));
    let mut sound = Choice::from(1);
    let blocks = keys.chunks_exact(K).zip(message.chunks_exact(block_len::<K>()));
    for (block, (keys, received)) in (0u16..).zip(blocks) {
        let at = usize::from(block) * K;
        let tree = Tree { ot, block };
        let (mut last, missing, good) = tree.puncture(*choices >> at, keys, received)?;
        permute(&mut last, missing);
        *delta |= u128::from(missing) << at;
        leaves.expose_mut().extend_from_slice(&last);
        sound &= good;
    }
    // The peer hears the verdict, and everything is erased if it is bad: what that tells it is in the documentation of `pairing`.
    verdict(sound).then(|| (Secret::<[u8; 16]>::build(|bytes| *bytes = delta.to_le_bytes()), leaves))
}

type Level = Zeroizing<Vec<Seed>>;

struct Tree<'a> {
    ot: &'a [u8; 32],
    block: u16,
}

impl Tree<'_> {
    fn start(&self, tag: Tag) -> Transcript {
        Transcript::new(tag).bytes(self.ot).u16(self.block)
    }

    /// Level `m + 1` from level `m`.
    fn next(&self, m: u8, level: &[Seed]) -> Level {
        let mut next = Zeroizing::new(Vec::with_capacity(2 * level.len()));
        for (y, node) in (0..).zip(level) {
            let both = Zeroizing::new(self.start(Tag::PprfNode).u8(m).u16(y).bytes(node).finish());
            next.extend_from_slice(both.as_chunks().0);
        }
        next
    }

    /// All leaves, from both keys of every level. Appends the corrections.
    fn expand(&self, keys: &[[Seed; 2]], message: &mut Vec<u8>) -> Level {
        let mut keys = keys.iter();
        let mut level: Level = Zeroizing::new(keys.next().map(|pair| pair.to_vec()).unwrap_or_default());
        for (m, pair) in (1..).zip(keys) {
            let next = self.next(m, &level);
            let mut sums = Zeroizing::new(*pair);
            for children in next.as_chunks::<2>().0 {
                xor_if(sums.as_flattened_mut(), children.as_flattened(), Choice::from(1));
            }
            message.extend_from_slice(sums.as_flattened());
            level = next;
        }
        level
    }

    /// `s_0 || s_1 || ..` and their sum.
    fn leaf_values(&self, leaves: &[Seed]) -> (Zeroizing<Vec<[u8; 32]>>, Zeroizing<[u8; 32]>) {
        let mut values = Zeroizing::new(Vec::with_capacity(leaves.len()));
        let mut sum = Zeroizing::new([0; 32]);
        for (y, leaf) in (0..).zip(leaves) {
            let value = Zeroizing::new(self.start(Tag::PprfLeafchk).u16(y).bytes(leaf).finish());
            xor_if(sum.as_mut_slice(), value.as_slice(), Choice::from(1));
            values.push(*value);
        }
        (values, sum)
    }

    fn digest(&self, values: &[[u8; 32]]) -> [u8; 32] {
        self.start(Tag::PprfDigest).bytes(values.as_flattened()).finish()
    }

    /// All leaves but one, that one's number, and whether the proof holds. The missing leaf is zero.
    fn puncture(&self, bits: u128, keys: &[Seed], received: &[u8]) -> Option<(Level, u8, Choice)> {
        let (mut r, mut keys) = (Reader::new(received), keys.iter());
        let first = bit(bits, 0);
        let mut level: Level = Zeroizing::new(alloc::vec![[0; 16]; 2]);
        put(&mut level, keys.next()?, first);
        let mut missing = 1 - first;
        for (m, key) in (1u8..).zip(keys) {
            let c = bit(bits, m.into());
            let mut next = self.next(m, &level);
            // The missing node has no children that mean anything.
            for (y, children) in (0..).zip(next.as_chunks_mut::<2>().0) {
                clear_if(children.as_flattened_mut(), missing.ct_eq(&y));
            }
            let corrections = r.array::<32>()?.as_chunks::<16>().0;
            let mut sibling = Zeroizing::new(*key);
            for pair in core::iter::once(corrections).chain(next.chunks_exact(2)) {
                for (side, value) in (0u8..).zip(pair) {
                    xor_if(sibling.as_mut_slice(), value, side.ct_eq(&c));
                }
            }
            put(&mut next, &sibling, 2 * missing + c);
            missing = 2 * missing + 1 - c;
            level = next;
        }
        let good = self.proves(&level, missing, r.array()?, r.array()?);
        Some((level, missing, good))
    }

    /// [P3.1] The missing leaf's value is what the sum leaves over; with it, the digest must come out.
    fn proves(&self, leaves: &[Seed], missing: u8, sum: &[u8; 32], digest: &[u8; 32]) -> Choice {
        let (mut values, _) = self.leaf_values(leaves);
        let mut rest = Zeroizing::new(*sum);
        for (y, value) in (0u8..).zip(values.iter_mut()) {
            clear_if(value, missing.ct_eq(&y));
            xor_if(rest.as_mut_slice(), value, Choice::from(1));
        }
        for (y, value) in (0u8..).zip(values.iter_mut()) {
            xor_if(value, rest.as_slice(), missing.ct_eq(&y));
        }
        self.digest(&values).ct_eq(digest)
    }
}

/// Puts `value` into the slot of that number, which must be zero.
fn put(level: &mut [Seed], value: &Seed, place: u8) {
    for (slot, y) in level.iter_mut().zip(0u8..) {
        xor_if(slot, value, place.ct_eq(&y));
    }
}

fn clear_if(bytes: &mut [u8], choice: Choice) {
    let mask = <u8 as subtle::ConditionallySelectable>::conditional_select(&0xff, &0, choice);
    bytes.iter_mut().for_each(|byte| *byte &= mask);
}

/// Moves what is in slot `z ^ delta` to slot `z`, for all `z`: one stage of swaps per bit.
fn permute(leaves: &mut [Seed], delta: u8) {
    let stages = leaves.len().trailing_zeros() as usize;
    for stage in 0..stages {
        let swap = Choice::from(bit(delta.into(), stage));
        for group in leaves.chunks_exact_mut(2 << stage) {
            let (low, high) = group.split_at_mut(1 << stage);
            for (a, b) in low.iter_mut().zip(high) {
                let mut both = Zeroizing::new([0; 16]);
                xor_if(both.as_mut_slice(), a, swap);
                xor_if(both.as_mut_slice(), b, swap);
                xor_if(a, both.as_slice(), Choice::from(1));
                xor_if(b, both.as_slice(), Choice::from(1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn b(name: &str) -> [u8; 32] {
        Sha256::new().chain_update(b"vector-").chain_update(name).finalize().into()
    }

    fn seed(name: &str) -> Seed {
        *b(name).first_chunk().unwrap()
    }

    fn sha(bytes: &[u8]) -> alloc::string::String {
        hex::encode(Sha256::digest(bytes))
    }

    struct Both {
        choices: [u8; 16],
        chosen: Vec<Seed>,
        leaves: Vec<Seed>,
        message: Vec<u8>,
        punctured: Vec<Seed>,
        delta: [u8; 16],
    }

    /// Both sides with the inputs of the known answers.
    fn both<const K: usize>() -> Both {
        let pair = |e: usize| [0, 1].map(|c| seed(&alloc::format!("K{e}.{c}")));
        let keys: Vec<_> = (0..BASE).map(pair).collect();
        let choices = seed("choice");
        let chosen: Vec<_> =
            (0..BASE).map(|e| keys[e][usize::from(bit(u128::from_le_bytes(choices), e))]).collect();
        let (leaves, message) = expand::<K>(&b("ot"), &keys);
        let (delta, punctured) = puncture::<K>(&b("ot"), &choices, &chosen, &message).unwrap();
        let (leaves, punctured) = (leaves.expose().clone(), punctured.expose().clone());
        Both { choices, chosen, leaves, message, punctured, delta: *delta.expose() }
    }

    fn known<const K: usize>(answers: [&str; 4]) {
        let Both { leaves, message, punctured, delta, .. } = both::<K>();
        assert_eq!(message.len(), message_len::<K>());
        assert_eq!(leaves.len(), (BASE / K) << K);
        let found =
            [sha(&message), sha(leaves.as_flattened()), hex::encode(delta), sha(punctured.as_flattened())];
        assert_eq!(found, answers);
    }

    #[test]
    fn known_answers_of_depth_2() {
        known::<2>([
            "f193ebf80e8e0639012391e4139ed1ab9c6abd3cac55125725152589257ed264",
            "e90ea0d060eb482ecc9ba0196328497c779d30fb23b2a988b6ffe1b60c970b0e",
            "1c5bd883896dbf44969d610b9796d3d9",
            "c12302e587298a9f856313b69902ca289d51e55af91a43c254b0c0f36359703e",
        ]);
    }

    #[test]
    fn known_answers_of_depth_4() {
        known::<4>([
            "f2f1f6467167e6a70e99d6d9ad8eb73b0081dc130b0e47a0b55d41d421ce40b2",
            "4e5d9721f2e1cec5b87730f235ea993d432ca4874bdde1003d20592bc5c6217e",
            "435e722c2697ef116967940e6d697c76",
            "01c9f58234a0997245c952ff00dc6b2299d673dcf41b5954d0c343af3c369d34",
        ]);
    }

    /// What Alice must hold, computed with an index where the code has masks.
    fn holds<const K: usize>() {
        let Both { choices, leaves, punctured, delta, .. } = both::<K>();
        let (choices, delta) = (u128::from_le_bytes(choices), u128::from_le_bytes(delta));
        for i in 0..BASE / K {
            let path = (0..K).fold(0, |y, m| 2 * y + 1 - usize::from(bit(choices, i * K + m)));
            assert_eq!((delta >> (i * K)) as usize % (1 << K), path);
            for z in 1..1 << K {
                assert_eq!(punctured[(i << K) + z], leaves[(i << K) + (z ^ path)]);
            }
            assert_eq!(punctured[i << K], [0; 16]);
            assert!(!punctured.contains(&leaves[(i << K) + path]), "the missing leaf is nowhere");
        }
    }

    #[test]
    fn alice_holds_all_leaves_but_one_permuted() {
        holds::<2>();
        holds::<4>();
    }

    /// Every byte of the message: a proof that is wrong is always caught, a wrong correction if the choice bit uses it.
    fn wrong_bytes<const K: usize>() {
        let Both { choices, chosen, message, punctured, delta, .. } = both::<K>();
        let bits = u128::from_le_bytes(choices);
        // Steps that no layout shares, where there are many offsets.
        for at in (0..message.len()).step_by(K - 1) {
            let mut bad = message.clone();
            bad[at] ^= 1 << (at % 8);
            let (block, place) = (at / block_len::<K>(), at % block_len::<K>());
            // Level 1 + place / 32, correction of choice 0 or 1.
            let unused =
                place < 32 * (K - 1) && bit(bits, block * K + 1 + place / 32) != (place % 32 / 16) as u8;
            match puncture::<K>(&b("ot"), &choices, &chosen, &bad) {
                None => assert!(!unused, "byte {at}"),
                Some((d, p)) => {
                    assert!(unused, "byte {at}");
                    assert_eq!((d.expose(), p.expose()), (&delta, &punctured));
                }
            }
        }
    }

    #[test]
    fn p3_1_every_byte_of_every_tree_counts() {
        wrong_bytes::<2>();
        wrong_bytes::<4>();
    }

    #[test]
    fn p3_1_errors_in_several_trees_do_not_cancel() {
        let Both { choices, chosen, message, .. } = both::<2>();
        for (x, y) in [(0, 1), (0, 63), (31, 32)] {
            let mut bad = message.clone();
            for block in [x, y] {
                bad[block * block_len::<2>() + 32] ^= 1;
            }
            assert!(puncture::<2>(&b("ot"), &choices, &chosen, &bad).is_none());
        }
        // Trees in each other's places, a tree of the other direction, another length.
        let (first, second) = (0..block_len::<2>(), block_len::<2>()..2 * block_len::<2>());
        let swapped = [&message[second.clone()], &message[first], &message[second.end..]].concat();
        assert!(puncture::<2>(&b("ot"), &choices, &chosen, &swapped).is_none());
        assert!(puncture::<2>(&b("to"), &choices, &chosen, &message).is_none());
        for len in [0, message.len() - block_len::<2>(), message.len() - 1] {
            assert!(puncture::<2>(&b("ot"), &choices, &chosen, &message[..len]).is_none());
        }
    }

    #[test]
    fn p3_1_a_guess_passes_half_of_the_time() {
        // Bob guesses one choice bit: he spoils the correction of the other. Over all trees, about half of Alice's bits agree.
        let Both { choices, chosen, message, .. } = both::<2>();
        let passes = |block: usize| {
            let mut bad = message.clone();
            bad[block * block_len::<2>()] ^= 1;
            puncture::<2>(&b("ot"), &choices, &chosen, &bad).is_some()
        };
        let passed = (0..64).filter(|block| passes(*block)).count();
        let bits = u128::from_le_bytes(choices);
        assert_eq!(passed, (0..64).filter(|i| bit(bits, 2 * i + 1) == 1).count());
        assert!((16..=48).contains(&passed));
    }
}
