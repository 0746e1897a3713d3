//! Zero shares: numbers that pairs of parties know, one adding what the other subtracts.

use zeroize::Zeroizing;

use crate::curve::Curve;
use crate::hash::{Tag, Transcript};
use crate::party::PartyId;
use crate::secret::Secret;

/// Adds to `sum` this party's side of a pair: `+F` where the other's id is lower, `-F` where it is higher, with
/// `F_{a,b} = H2S("zero-share"; zero_{ab}, sid, view, u16 a, u16 b)` for `a < b`. Over all parties of a set that holds pairwise equal seeds and one view, the
/// sums are zero in total; with one seed unknown, each is uniform.
pub(crate) fn add<C: Curve>(
    sum: &mut C::Scalar,
    seed: &Secret<[u8; 32]>,
    sid: &[u8; 32],
    view: &[u8; 32],
    [me, other]: [PartyId; 2],
) {
    let (low, high) = if me < other { (me, other) } else { (other, me) };
    let share =
        Transcript::new(Tag::ZeroShare).bytes(seed.expose()).bytes(sid).bytes(view).party(low).party(high);
    let share = Zeroizing::new(share.scalar::<C>());
    if other < me {
        *sum += *share;
    } else {
        *sum -= *share;
    }
}

#[cfg(test)]
mod tests {
    use ff::Field;

    use super::*;
    use crate::curve::toy::Toy;

    #[test]
    fn the_shares_of_a_set_add_up_to_zero() {
        let ids: [PartyId; 4] = [9, 2, 700, 3].map(|n| PartyId::new(n).unwrap());
        let seed = |a: PartyId, b: PartyId| {
            let [a, b] = [a.min(b).to_bytes(), a.max(b).to_bytes()];
            Secret::new(crate::hash::sha256(&[a, b].concat()))
        };
        type Scalar = <Toy as Curve>::Scalar;
        let total = |view: fn(PartyId) -> [u8; 32]| {
            ids.iter().fold(Scalar::ZERO, |total, me| {
                let others = ids.iter().filter(|id| *id != me);
                others.fold(total, |mut sum, other| {
                    add::<Toy>(&mut sum, &seed(*me, *other), &[1; 32], &view(*me), [*me, *other]);
                    sum
                })
            })
        };
        assert_eq!(total(|_| [2; 32]), Scalar::ZERO);
        assert_ne!(total(|id| [id.get() as u8; 32]), Scalar::ZERO);
    }
}
