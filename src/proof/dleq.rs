//! Proof of equal discrete logarithms (Chaum-Pedersen): `log_G E = log_D K`, for complaints.
//!
//! A receiver `i` that complains about dealer `j` opens the one Diffie-Hellman value `K = e*D` that encrypts its share,
//! and proves that it did so with the one-time key `E = e*G` it had published: `c = H2S("dkg-dleq"; e1, u16 i, u16 j, E, D,
//! K, w*G, w*D)`, `z = w + c*e`; verified by recomputing `w*G = z*G - c*E` and `w*D = z*D - c*K`.

use alloc::vec::Vec;

use ff::Field;
use rand_core::CryptoRng;
use zeroize::Zeroize;

use crate::curve::{Curve, random_scalar};
use crate::hash::{Tag, Transcript};
use crate::party::PartyId;

/// Who proves what to whom; the encodings are those that travelled.
pub(crate) struct Statement<'a> {
    pub(crate) e1: &'a [u8; 32],
    pub(crate) complainant: PartyId,
    pub(crate) dealer: PartyId,
    /// `E`, the one-time key.
    pub(crate) key: &'a [u8],
    /// `D`, the dealer's point.
    pub(crate) point: &'a [u8],
    /// `K`, the opened value.
    pub(crate) opened: &'a [u8],
}

impl Statement<'_> {
    fn challenge<C: Curve>(&self, t1: &C::Point, t2: &C::Point) -> Option<C::Scalar> {
        let mut commitments = Vec::with_capacity(2 * C::POINT_LEN);
        C::encode_points(&[*t1, *t2], &mut commitments)?;
        let (t1, t2) = commitments.split_at_checked(C::POINT_LEN)?;
        let start = Transcript::new(Tag::DkgDleq).bytes(self.e1).party(self.complainant).party(self.dealer);
        Some(start.bytes(self.key).bytes(self.point).bytes(self.opened).bytes(t1).bytes(t2).scalar::<C>())
    }
}

/// `(c, z)` for the secret `e` behind `E`, with `opened = e*D` in the statement. `None` only if a commitment comes out as the
/// identity.
pub(crate) fn prove<C: Curve>(
    statement: &Statement<'_>,
    e: &C::Scalar,
    point: &C::Point,
    rng: &mut dyn CryptoRng,
) -> Option<(C::Scalar, C::Scalar)> {
    let mut w = random_scalar::<C>(rng);
    let c = statement.challenge::<C>(&C::mul_base(&w), &C::mul(point, &w))?;
    let z = w + c * e;
    w.zeroize();
    Some((c, z))
}

/// Whether the proof holds. A commitment that comes out as the identity is an invalid proof.
pub(crate) fn verify<C: Curve>(
    statement: &Statement<'_>,
    [key, point, opened]: [&C::Point; 3],
    c: &C::Scalar,
    z: &C::Scalar,
) -> bool {
    let minus_c = C::Scalar::ZERO - c;
    let t1 = C::mul_base_add_vartime(z, key, &minus_c);
    let t2 = C::msm_vartime(&[(*point, *z), (*opened, minus_c)]);
    statement.challenge::<C>(&t1, &t2).is_some_and(|expected| expected == *c)
}
