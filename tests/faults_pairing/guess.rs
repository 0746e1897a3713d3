//! A cheater guesses choice bits in round 3: it fails half of the time, and what it learns of a run is worthless in the next.

use std::collections::BTreeSet;

use crate::game::{End, P3_1, SESSION, play_with};
use crate::honest::Form;

/// A run in which correction `c` of a tree is spoilt.
fn guess(seed: u64, tree: usize, c: usize) -> (crate::game::Honest, crate::puppet::Puppet) {
    play_with(SESSION, seed, seed.is_multiple_of(2), &mut |round, puppet| {
        if round == 3 {
            puppet.sent[2][96 * tree + 16 * c + 3] ^= 0x10;
        }
    })
}

#[test]
fn p3_1_a_spoilt_correction_fails_half_of_the_time() {
    let (mut passed, runs) = (0, 60);
    for seed in 0..runs {
        let (tree, c) = (seed as usize % 64, seed as usize / 2 % 2);
        let (honest, puppet) = guess(500 + 2 * seed, tree, c);
        if honest.end() == End::Pairing {
            passed += 1;
            // The guess was right: level 1 goes to the side that was not spoilt, so the missing leaf is on the other.
            let form = Form::of(&honest);
            assert_eq!(form.delta(tree) % 2, c, "the low bit of Delta is the complement of the choice");
            for z in 1..4 {
                assert_eq!(form.slot(tree, z), puppet.leaves[tree][z ^ form.delta(tree)]);
            }
        } else {
            assert_eq!(honest.end(), P3_1);
        }
    }
    assert!((runs / 6..=runs - runs / 6).contains(&passed), "{passed} of {runs} passed");
}

#[test]
fn p3_1_right_and_wrong_guess_are_told_apart_by_the_same_check_only() {
    // The same run, each correction of a tree spoilt in turn: exactly one fails, and it fails as P3.1.
    for tree in [0, 20, 63] {
        let ends = [0, 1].map(|c| guess(900, tree, c).0.end());
        assert!(ends == [P3_1, End::Pairing] || ends == [End::Pairing, P3_1], "{ends:?}");
    }
}

#[test]
fn nothing_of_a_failed_run_is_used_again() {
    // A run fails; the two pair anew: other points, other choices, other trees, under the same and under another session id.
    let (mut bytes, mut values) = (0, BTreeSet::new());
    for (session, seed) in [([1; 16], 40), ([1; 16], 42), ([2; 16], 44), ([2; 16], 46)] {
        let (honest, _) = play_with(session, seed, true, &mut |round, puppet| {
            if round == 3 && seed % 4 == 0 {
                puppet.sent[2][40] ^= 1;
            }
        });
        assert_eq!(honest.end(), if seed % 4 == 0 { P3_1 } else { End::Pairing });
        for round in 1..=3 {
            for chunk in honest.body(round).chunks(16) {
                values.insert(chunk.to_vec());
                bytes += 16;
            }
        }
        if honest.end() == End::Pairing {
            let form = Form::of(&honest).0;
            for chunk in form[102..form.len() - 32].chunks(16) {
                values.insert(chunk.to_vec());
                bytes += 16;
            }
        }
    }
    assert_eq!(values.len() * 16, bytes, "every 16 bytes sent or kept are new");
}
