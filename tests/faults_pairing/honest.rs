//! The puppet behaves: two implementations come to the same.

use crate::game::{End, play, play_with};

/// The fields of an active pairing's stored form.
pub(crate) struct Form(pub(crate) Vec<u8>);

impl Form {
    pub(crate) fn of(honest: &crate::game::Honest) -> Self {
        Self(honest.pairing().store().expose().clone())
    }

    pub(crate) fn leaf(&self, tree: usize, y: usize) -> &[u8] {
        &self.0[102 + 16 * (4 * tree + y)..][..16]
    }

    /// Slot 1 to 3.
    pub(crate) fn slot(&self, tree: usize, z: usize) -> &[u8] {
        &self.0[102 + 4096 + 16 * (3 * tree + z - 1)..][..16]
    }

    pub(crate) fn delta(&self, tree: usize) -> usize {
        usize::from(self.delta_bytes()[tree / 4] >> (2 * (tree % 4)) & 3)
    }

    pub(crate) fn delta_bytes(&self) -> &[u8] {
        &self.0[102 + 4096 + 3072..][..16]
    }

    pub(crate) fn zero(&self) -> &[u8] {
        &self.0[102 + 4096 + 3072 + 16..][..32]
    }
}

#[test]
fn a_second_implementation_comes_to_the_same() {
    for low in [true, false] {
        for seed in 0..3 {
            let (honest, puppet) = play_with([seed as u8; 16], 1000 + seed, low, &mut |_, _| {});
            assert_eq!(honest.end(), End::Pairing);
            let last = honest.body(4);
            assert_eq!(puppet.sent.iter().map(Vec::len).collect::<Vec<_>>(), [128, 8256, 6144, 32]);
            assert_eq!((1..=4).map(|r| honest.body(r).len()).collect::<Vec<_>>(), [128, 8256, 6144, 32]);
            assert_eq!(honest.pairing().id(), &puppet.id());
            assert_eq!(last, puppet.got[3]);
            let form = Form::of(&honest);
            assert_eq!(form.zero(), puppet.zero);
            // Both directions: what one has of the other's trees.
            for (tree, (missing, leaves)) in puppet.punctured().iter().enumerate() {
                for y in (0..4).filter(|y| y != missing) {
                    assert_eq!(form.leaf(tree, y), leaves[y]);
                }
            }
            for (tree, leaves) in puppet.leaves.iter().enumerate() {
                for z in 1..4 {
                    assert_eq!(form.slot(tree, z), leaves[z ^ form.delta(tree)]);
                }
            }
        }
    }
}

#[test]
fn the_puppet_would_notice_a_wrong_confirmation() {
    let (_, mut puppet) = play(true, &mut |_, _| {});
    let mut last = puppet.got.pop().unwrap();
    last[0] ^= 1;
    assert!(!puppet.step(&last));
}
