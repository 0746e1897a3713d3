//! Whose signature share is bad: the search after an aggregate did not verify.
//!
//! One share is checked by `z_i*G == D_i + rho_i*E_i + c*lambda_i*S_i` [F2.2], up to points of small order: such parts do
//! nothing once `R` is checked. Public shares `S_i` of a large key are expensive, so a large group is searched by halves: a
//! half is clean if a random linear combination of its equations holds, in which the public shares fold into one
//! multiscalar product over the key's commitment. The weights hash everything that they weigh.

use alloc::vec::Vec;

use ff::Field;

use super::package::{Signer, SigningPackage};
use super::rounds::SignatureShare;
use super::suite::Suite;
use crate::curve::{Curve, Scheme, Unchecked};
use crate::hash::{Tag, Transcript};
use crate::party::PartyId;
use crate::sharing::{Commitment, coefficients, x};

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;

/// Below this, each share is checked by itself.
const BY_HALVES_FROM: usize = 16;

/// [F2.2] Whether one share fits what its signer committed to.
pub(super) fn share_holds<S: Suite>(package: &SigningPackage<S>, id: PartyId, z: &Scalar<S>) -> bool {
    let (Some(signer), Some(lambda)) = (package.signer(id), package.lambda(id)) else { return false };
    let mut right = signer.hiding;
    right += Unchecked::msm_vartime(&[
        (signer.binding, signer.factor),
        (Unchecked::of(package.key().at(id)), lambda * package.challenge()),
    ]);
    right.equals_up_to_small_order(&S::Curve::mul_base(z))
}

/// Everybody whose share is bad, ascending. `shares` are exactly one from each signer.
pub(super) fn bad_shares<S: Suite>(
    package: &SigningPackage<S>,
    shares: &[(PartyId, SignatureShare<S>)],
) -> Vec<PartyId> {
    let mut sorted: Vec<_> = shares.iter().collect();
    sorted.sort_by_key(|(id, _)| *id);
    let mut bad = Vec::new();
    if sorted.len() < BY_HALVES_FROM {
        sorted.retain(|(id, share)| !share_holds(package, *id, &share.0));
        bad.extend(sorted.iter().map(|(id, _)| *id));
        return bad;
    }
    let digest = digest(package, &sorted);
    let mut items = Vec::with_capacity(sorted.len());
    for ((id, share), lambda) in sorted.into_iter().zip(coefficients::<S::Curve>(package.signers())) {
        let Some(signer) = package.signer(*id) else { continue };
        let weight = Transcript::new(Tag::FrostWeight).bytes(&digest).party(*id).scalar::<S::Curve>();
        items.push(Item {
            signer,
            z: share.0,
            weight,
            weighted_lambda: weight * lambda * package.challenge(),
        });
    }
    search(package.key(), &items, &mut bad);
    bad
}

fn digest<S: Suite>(package: &SigningPackage<S>, shares: &[&(PartyId, SignatureShare<S>)]) -> [u8; 32] {
    let start = Transcript::new(Tag::FrostSearch).bytes(package.group_commitment());
    let each = shares.iter().fold(start, |transcript, (id, share)| {
        let commitments = package.signer(*id).map_or(&[][..], |signer| signer.bytes.as_bytes());
        transcript.party(*id).bytes(commitments).bytes(&share.to_bytes())
    });
    each.finish()
}

/// One signer's equation, weighted.
struct Item<'a, C: Curve> {
    signer: &'a Signer<C>,
    z: C::Scalar,
    weight: C::Scalar,
    /// `weight * c * lambda_i`.
    weighted_lambda: C::Scalar,
}

fn search<C: Curve>(key: &Commitment<C>, items: &[Item<'_, C>], bad: &mut Vec<PartyId>) {
    if holds(key, items) {
        return;
    }
    match items {
        [] => {}
        [one] => bad.push(one.signer.id),
        _ => {
            let (left, right) = items.split_at(items.len() / 2);
            search(key, left, bad);
            search(key, right, bad);
        }
    }
}

/// Whether the weighted equations of `items` add up.
fn holds<C: Curve>(key: &Commitment<C>, items: &[Item<'_, C>]) -> bool {
    let mut z = C::Scalar::ZERO;
    let mut terms = Vec::with_capacity(2 * items.len() + key.t());
    // per signer weighted_lambda_i * i^k, for the k of the V_k at hand
    let mut powers = Vec::with_capacity(items.len());
    for item in items {
        z += item.weight * item.z;
        terms.push((item.signer.hiding, item.weight));
        terms.push((item.signer.binding, item.weight * item.signer.factor));
        powers.push((item.weighted_lambda, x::<C>(item.signer.id)));
    }
    for v in key.points() {
        let sum = powers.iter().fold(C::Scalar::ZERO, |sum, (power, _)| sum + power);
        terms.push((Unchecked::of(*v), sum));
        powers.iter_mut().for_each(|(power, x)| *power *= *x);
    }
    Unchecked::msm_vartime(&terms).equals_up_to_small_order(&C::mul_base(&z))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::curve::FrostEd25519;
    use crate::frost::SigningNonces;
    use crate::party::Threshold;
    use crate::sim::Cast;

    /// Cheaters that knew their weights before they chose their shares could make their errors cancel, in the halves and in the whole.
    #[test]
    fn f2_2_weights_depend_on_every_share_and_every_commitment() {
        type E = FrostEd25519;
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let cast = Cast::new([1, 2], &mut rng).unwrap();
        let shares = cast.deal::<E>(Threshold::new(2, 2).unwrap(), &mut rng).unwrap();
        let mut package = || {
            let list = shares.iter().map(|share| {
                (share.id(), SigningNonces::<E>::generate(share.into(), &mut rng).commitments().clone())
            });
            SigningPackage::<E>::new(shares[0].public().commitment(), list.collect::<Vec<_>>(), b"m").unwrap()
        };
        let weights = |package: &SigningPackage<E>, numbers: [u64; 2]| {
            let list = [0, 1].map(|at: usize| (shares[at].id(), SignatureShare::<E>(numbers[at].into())));
            digest(package, &list.iter().collect::<Vec<_>>())
        };
        let (one, other) = (package(), package());
        let all = [
            weights(&one, [1, 2]),
            weights(&one, [2, 1]),
            weights(&one, [1, 3]),
            weights(&one, [3, 2]),
            weights(&other, [1, 2]),
        ];
        for (at, digest) in all.iter().enumerate() {
            assert!(!all[..at].contains(digest), "{at}");
        }
        assert_eq!(weights(&one, [1, 2]), all[0]);
    }
}
