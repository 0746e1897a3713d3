//! edwards25519 (RFC 7748, RFC 8032), on curve25519-dalek.

use alloc::vec::Vec;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use group::Group;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{Curve, sealed};
use crate::secret::verdict;

/// edwards25519: the subgroup of order q = 2^252 + 27742317777372353535851937790883648493 of a curve with cofactor 8.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ed25519;

impl sealed::Sealed for Ed25519 {}

impl Curve for Ed25519 {
    const NAME: &'static str = "edwards25519";
    const SCALAR_LEN: usize = 32;
    const POINT_LEN: usize = 32;

    type Scalar = Scalar;
    type Point = EdwardsPoint;

    // The `group` crate's `mul_by_generator` would not use the table.
    fn mul_base(k: &Scalar) -> EdwardsPoint {
        EdwardsPoint::mul_base(k)
    }

    fn msm_vartime(terms: &[(EdwardsPoint, Scalar)]) -> EdwardsPoint {
        let scalars = terms.iter().map(|term| &term.1);
        let points = terms.iter().map(|term| &term.0);
        EdwardsPoint::vartime_multiscalar_mul(scalars, points)
    }

    fn mul_base_add_vartime(a: &Scalar, p: &EdwardsPoint, b: &Scalar) -> EdwardsPoint {
        EdwardsPoint::vartime_double_scalar_mul_basepoint(b, p, a)
    }

    fn encode_points(points: &[EdwardsPoint], out: &mut Vec<u8>) -> Option<()> {
        // The points may be secret: what was allocated on the way is wiped.
        let encoded = Zeroizing::new(EdwardsPoint::compress_batch_alloc(points));
        let identities = encoded.iter().fold(Choice::from(0), |any, e| any | is_one(e.as_bytes()));
        // That one is the identity shows anyway: nothing is encoded. Which one does not.
        if verdict(identities) {
            return None;
        }
        out.extend(encoded.iter().flat_map(|e| e.as_bytes()));
        Some(())
    }

    fn decode(bytes: &[u8]) -> Option<EdwardsPoint> {
        let bytes: [u8; 32] = bytes.try_into().ok()?;
        if is_canonical(&bytes) { CompressedEdwardsY(bytes).decompress() } else { None }
    }

    // (q-1)*P + P in variable time; q itself is no scalar.
    fn is_torsion_free(p: &EdwardsPoint) -> bool {
        let last = -Scalar::ONE;
        let sum = EdwardsPoint::vartime_double_scalar_mul_basepoint(&last, p, &Scalar::ZERO) + p;
        sum.is_identity().into()
    }

    fn clear_cofactor(p: &EdwardsPoint) -> EdwardsPoint {
        p.mul_by_cofactor()
    }

    fn scalar_from_wide(bytes: &[u8; 64]) -> Scalar {
        Scalar::from_bytes_mod_order_wide(bytes)
    }
}

/// Whether the bytes are the encoding of (0, 1), the identity.
/// Constant time: the bytes may be secret.
fn is_one(bytes: &[u8; 32]) -> Choice {
    let mut one = [0; 32];
    one[0] = 1;
    bytes.ct_eq(&one)
}

/// Whether re-encoding what `decompress` makes of these bytes would give the same bytes, and not the identity.
///
/// The low 255 bits are y, the top bit is the sign of x. `decompress` reduces y modulo p = 2^255 - 19 and takes
/// either sign for x = 0. So y must be below p (RFC 8032, 5.1.3, step 1), and where x = 0, which is y = 1 (the
/// identity) or y = p - 1, the sign must be clear (step 4).
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    let (negative, high) = (high >> 7 == 1, high & 0x7f);
    if high == 0x7f && middle.iter().all(|b| *b == 0xff) {
        // y = p - 0xed + low
        return *low < 0xec || (*low == 0xec && !negative);
    }
    !(high == 0 && middle.iter().all(|b| *b == 0) && *low == 1)
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::constants::EIGHT_TORSION;

    use super::super::laws::{Facts, laws};
    use super::*;

    /// y with the given lowest byte, middle bytes and highest byte.
    fn y(low: u8, middle: u8, high: u8) -> [u8; 32] {
        let mut bytes = [middle; 32];
        (bytes[0], bytes[31]) = (low, high);
        bytes
    }

    #[test]
    fn edwards25519_obeys_the_laws() {
        let mut no_points = [
            y(1, 0, 0),          // the identity
            y(1, 0, 0x80),       // the identity with a negative zero
            y(0xec, 0xff, 0xff), // the point of order 2 with a negative zero
            y(2, 0, 0),          // no point has y = 2
            y(2, 0, 0x80),
        ]
        .map(Vec::from)
        .to_vec();
        // y = p, p + 1, .., p + 18 with either sign.
        no_points
            .extend((0xed..=0xff).flat_map(|low| [y(low, 0xff, 0x7f), y(low, 0xff, 0xff)]).map(Vec::from));
        laws(&Facts::<Ed25519> {
            multiples: [
                "5866666666666666666666666666666666666666666666666666666666666666",
                "c9a3f86aae465f0e56513864510f3997561fa2c9e85ea21dc2292309f3cd6022",
                "d4b4f5784868c3020403246717ec169ff79e26608ea126a1ab69ee77d1b16712",
            ],
            order: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
            big_endian: false,
            wide: [
                "1d95988d7431ecd670cf7d73f45befc6feffffffffffffffffffffffffffff0f",
                "000f9c44e31106a447938568a71b0ed065bef517d273ecce3d9a307c1b419903",
            ],
            no_points,
            small_order: EIGHT_TORSION.to_vec(),
        });
    }

    /// The direct test against its definition: decompress, compress, compare.
    #[test]
    fn canonical_means_that_reencoding_gives_the_same_bytes() {
        let ends = (0..=255).flat_map(|low| [0, 0x7f, 0x80, 0xff].map(|high| (low, high)));
        let (mut taken, mut refused) = (0, 0);
        for (low, high) in ends {
            for bytes in [0, 0x10, 0xff].map(|middle| y(low, middle, high)) {
                let Some(p) = CompressedEdwardsY(bytes).decompress() else {
                    assert_eq!(Ed25519::decode(&bytes), None);
                    continue;
                };
                let canonical = p.compress().to_bytes() == bytes && !bool::from(p.is_identity());
                assert_eq!(Ed25519::decode(&bytes).is_some(), canonical, "{bytes:02x?}");
                *(if canonical { &mut taken } else { &mut refused }) += 1;
            }
        }
        assert!(taken > 500 && refused > 20, "{taken} {refused}");
    }
}
