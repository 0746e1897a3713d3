//! What old shares are worth: fewer than `t` of them nothing, whatever comes to them from a later epoch; `t` of them the key, also after a
//! reshare to a higher threshold, which takes nothing from shares that survive.

use quorate::curve::Curve;
use quorate::key::KeyShare;
use quorate::sharing::coefficient;
use quorate::sim::Cast;

use crate::flow;
use crate::foe::{Foe, Scalar};
use crate::game::rng;
use crate::puppet::id;
use crate::stage::{secret_of, set, threshold};

every_scheme! {
    too_few_old_shares_are_useless_with_new_ones_and_t_old_ones_are_the_key
}

/// Whether these values at these ids are shares of the key.
fn is_key<S: Foe>(shares: &[(u16, Scalar<S>)], public_key: &[u8]) -> bool {
    let ids: Vec<u16> = shares.iter().map(|(n, _)| *n).collect();
    let lambda = |n: u16| coefficient::<S::Curve>(&set(&ids), id(n)).unwrap();
    let sum = shares.iter().fold(Scalar::<S>::from(0), |sum, (n, share)| sum + lambda(*n) * share);
    quorate::curve::encode_point::<S::Curve>(&S::Curve::mul_base(&sum)).is_some_and(|p| p == public_key)
}

fn values<S: Foe>(shares: &[KeyShare<S>]) -> Vec<(u16, Scalar<S>)> {
    shares.iter().map(|share| (share.id().get(), secret_of(share))).collect()
}

fn subsets<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let pick =
        |bits: u32| items.iter().enumerate().filter(move |(k, _)| bits >> k & 1 == 1).map(|(_, x)| x.clone());
    (0..1 << items.len()).map(|bits| pick(bits).collect()).collect()
}

/// Counts the mixtures of fewer than `t` old shares and fewer than `t'` new ones, all of them useless.
fn useless_mixtures<S: Foe>(old: &[KeyShare<S>], new: &[KeyShare<S>]) -> usize {
    let key = old[0].public().public_key();
    assert_eq!(new[0].public().public_key(), key);
    let t = |shares: &[KeyShare<S>]| usize::from(shares[0].public().threshold().t());
    let (t, u) = (t(old), t(new));
    let mut tried = 0;
    for some in subsets(&values(old)) {
        for more in subsets(&values(new)) {
            let distinct = !some.iter().any(|(n, _)| more.iter().any(|(m, _)| m == n));
            if !distinct || some.is_empty() && more.is_empty() {
                continue;
            }
            if some.len() < t && more.len() < u {
                // However many they are together.
                let all = [&some[..], &more].concat();
                assert!(!is_key::<S>(&all, &key), "{some:?} {more:?}");
                tried += 1;
            }
        }
        // Documented, and so tested: what survives of the old epoch is the key.
        assert_eq!(some.len() >= t, !some.is_empty() && is_key::<S>(&some, &key));
    }
    for more in subsets(&values(new)) {
        assert_eq!(more.len() >= u, !more.is_empty() && is_key::<S>(&more, &key));
    }
    tried
}

fn too_few_old_shares_are_useless_with_new_ones_and_t_old_ones_are_the_key<S: Foe>() {
    let mut rng = rng(81);
    let cast = Cast::new(1..=7, &mut rng).unwrap();
    let first = cast.only(&set(&[1, 2, 3, 4])).unwrap();
    let old = first.deal::<S>(threshold(3, 4), &mut rng).unwrap();
    // Down to 2 of 3, up to 4 of 5, and the same again.
    for (members, t) in [(&[3, 6, 7][..], 2), (&[2, 3, 5, 6, 7], 4), (&[1, 2, 3, 4], 3)] {
        let new = flow::reshare(&cast, &old, (&[1, 3, 4], members, t), 1, &mut rng);
        assert!(useless_mixtures(&old, &new) > 20);
    }
    let new = flow::refresh(&cast, &old, 1, &mut rng);
    assert!(useless_mixtures(&old, &new) > 20);
    // Even of three epochs.
    let newer = flow::refresh(&cast, &new, 2, &mut rng);
    let key = old[0].public().public_key();
    let mixed = [&values(&old)[..1], &values(&new)[1..2], &values(&newer)[2..3]].concat();
    assert!(!is_key::<S>(&mixed, &key));
}
