//! Proof of knowledge of a committed polynomial: one Schnorr proof for a random combination of all its coefficients.
//!
//! With `gamma = H2S("dkg-pok-comb"; e1, u16 i, A_i)` the prover shows that it knows the discrete logarithm of
//! `Y = sum gamma^k A_{i,k}`: `R = w*G`, `c = H2S("dkg-pok-chal"; e1, u16 i, A_i, R)`, `z = w + c * sum gamma^k a_{i,k}`,
//! verified by `z*G = R + c*Y`. Knowing the combination for a `gamma` that depends on all points is knowing every
//! coefficient (a polynomial of degree `t - 1` in `gamma` vanishes at no more than `t - 1` points). `e1` contains the run
//! and every party's commitment; the prover's id is in both challenges, so no proof serves twice.
//!
//! On edwards25519 the equation is checked up to points of small order: the points `A_{i,k}` come in unchecked, and what
//! is proved is knowledge modulo the small subgroup. Key generation checks that the sums it puts out have no such part.

use alloc::vec::Vec;

use ff::{Field, PrimeField};
use rand_core::CryptoRng;
use zeroize::Zeroize;

use crate::curve::{Curve, Unchecked, encode_point, random_scalar};
use crate::hash::{Tag, Transcript};
use crate::party::PartyId;
use crate::secret::published_in_place;

fn gamma<C: Curve>(e1: &[u8; 32], prover: PartyId, points: &[u8]) -> C::Scalar {
    Transcript::new(Tag::DkgPokComb).bytes(e1).party(prover).bytes(points).scalar::<C>()
}

fn challenge<C: Curve>(e1: &[u8; 32], prover: PartyId, points: &[u8], r: &[u8]) -> C::Scalar {
    Transcript::new(Tag::DkgPokChal).bytes(e1).party(prover).bytes(points).bytes(r).scalar::<C>()
}

/// `(R, z)` for the coefficients behind the encoded `points`.
pub(crate) fn prove<C: Curve>(
    e1: &[u8; 32],
    prover: PartyId,
    points: &[u8],
    coefficients: &[C::Scalar],
    rng: &mut dyn CryptoRng,
) -> (Vec<u8>, C::Scalar) {
    let gamma = gamma::<C>(e1, prover, points);
    let mut y = coefficients.iter().rev().fold(C::Scalar::ZERO, |sum, a| sum * gamma + a);
    let mut w = random_scalar::<C>(rng);
    // w is not zero, so R has an encoding.
    let r = encode_point::<C>(&C::mul_base(&w)).unwrap_or_default();
    let z = w + challenge::<C>(e1, prover, points, &r) * y;
    w.zeroize();
    y.zeroize();
    (r, z)
}

/// A proof with its statement, decoded.
pub(crate) struct Claim<'a, C: Curve> {
    pub(crate) prover: PartyId,
    /// The encoded points, as received.
    pub(crate) points_bytes: &'a [u8],
    pub(crate) points: Vec<Unchecked<C>>,
    pub(crate) r_bytes: &'a [u8],
    pub(crate) r: C::Point,
    pub(crate) z: C::Scalar,
}

impl<C: Curve> Claim<'_, C> {
    /// Adds `weight * (R + c*Y)` to the terms, and returns `weight * z`.
    fn weigh(
        &self,
        e1: &[u8; 32],
        weight: C::Scalar,
        terms: &mut Vec<(Unchecked<C>, C::Scalar)>,
    ) -> C::Scalar {
        let gamma = gamma::<C>(e1, self.prover, self.points_bytes);
        let c = challenge::<C>(e1, self.prover, self.points_bytes, self.r_bytes);
        terms.push((Unchecked::of(self.r), weight));
        let mut factor = weight * c;
        for point in &self.points {
            terms.push((*point, factor));
            factor *= gamma;
        }
        weight * self.z
    }

    /// Whether the proof holds, up to points of small order.
    pub(crate) fn verify(&self, e1: &[u8; 32]) -> bool {
        let mut terms = Vec::with_capacity(self.points.len() + 1);
        let z = self.weigh(e1, C::Scalar::ONE, &mut terms);
        Unchecked::msm_vartime(&terms).equals_up_to_small_order(&C::mul_base(&z))
    }
}

/// Whether all proofs hold: one multiscalar multiplication with random weights, wrong with probability about `1/q`. The
/// weights hash the proofs, with fresh randomness: neither a prover nor a weak generator alone decides them.
pub(crate) fn verify_all<C: Curve>(e1: &[u8; 32], claims: &[Claim<'_, C>], rng: &mut dyn CryptoRng) -> bool {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    // The proofs are there already, so the weights are nothing that anybody could use any more.
    published_in_place(&seed);
    let start = Transcript::new(Tag::DkgPokBatch).bytes(e1).bytes(&seed);
    let add = |batch: Transcript, claim: &Claim<'_, C>| {
        batch.party(claim.prover).bytes(claim.r_bytes).bytes(claim.z.to_repr().as_ref())
    };
    let batch = claims.iter().fold(start, add).finish();
    let mut terms = Vec::with_capacity(claims.iter().map(|c| c.points.len() + 1).sum());
    let mut z = C::Scalar::ZERO;
    for claim in claims {
        let weight = Transcript::new(Tag::DkgPokWeight).bytes(&batch).party(claim.prover).scalar::<C>();
        z += claim.weigh(e1, weight, &mut terms);
    }
    Unchecked::msm_vartime(&terms).equals_up_to_small_order(&C::mul_base(&z))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::curve::{Ed25519, read_point};

    const E1: [u8; 32] = [5; 32];

    /// Three provers, of polynomials of one to three coefficients.
    fn check<C: Curve>() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let proofs: Vec<_> = (1..=3u16)
            .map(|number| {
                let prover = PartyId::new(number).unwrap();
                let coefficients: Vec<_> = (0..number).map(|_| random_scalar::<C>(&mut rng)).collect();
                let points: Vec<_> = coefficients.iter().map(|a| C::mul_base(a)).collect();
                let bytes: Vec<u8> = points.iter().flat_map(|p| encode_point::<C>(p).unwrap()).collect();
                let (r, z) = prove::<C>(&E1, prover, &bytes, &coefficients, &mut rng);
                (prover, points, bytes, r, z)
            })
            .collect();
        let claims = || -> Vec<Claim<'_, C>> {
            let claims = proofs.iter().map(|(prover, points, bytes, r, z)| Claim {
                prover: *prover,
                points_bytes: bytes,
                points: points.iter().copied().map(Unchecked::of).collect(),
                r_bytes: r,
                r: read_point::<C>(r).unwrap(),
                z: *z,
            });
            claims.collect()
        };
        for count in 0..=3 {
            assert!(verify_all(&E1, &claims()[..count], &mut rng), "{count}");
        }
        for place in 0..3 {
            let mut one_wrong = claims();
            one_wrong[place].z += C::Scalar::ONE;
            for (k, claim) in one_wrong.iter().enumerate() {
                assert_eq!(claim.verify(&E1), k != place);
            }
            assert!(!verify_all(&E1, &one_wrong, &mut rng), "{place}");
        }
        // Errors that would cancel in a plain sum.
        let mut two_wrong = claims();
        two_wrong[0].z += C::Scalar::ONE;
        two_wrong[2].z -= C::Scalar::ONE;
        assert!(!verify_all(&E1, &two_wrong, &mut rng));
        assert!(!verify_all(&[6; 32], &claims(), &mut rng));
    }

    #[test]
    fn k2_4_all_proofs_hold_together_exactly_if_each_does() {
        check::<Ed25519>();
        #[cfg(feature = "secp256k1")]
        check::<crate::curve::Secp256k1>();
        #[cfg(feature = "p256")]
        check::<crate::curve::P256>();
    }
}
