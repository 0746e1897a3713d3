//! secp256k1 (SEC 2, section 2.4.1), on k256.

use alloc::vec::Vec;

use ff::FromUniformBytes;
use k256::elliptic_curve::BatchNormalize;
use k256::elliptic_curve::ops::{LinearCombination, MulByGeneratorVartime};
use k256::elliptic_curve::point::{AffineCoordinates, DecompressPoint};
use k256::elliptic_curve::subtle::{Choice, ConstantTimeEq};
use k256::{AffinePoint, ProjectivePoint, Scalar};
use zeroize::Zeroizing;

use super::{Curve, in_arrays, pippenger, sealed};
use crate::secret::verdict;

/// secp256k1: prime order q = 2^256 - 432420386565659656852420866394968145599, cofactor 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Secp256k1;

impl sealed::Sealed for Secp256k1 {}

/// From how many terms on buckets beat k256's own interleaved wNAF: measured on x86-64,
/// 780 us for 64 terms either way, 7.0 ms against 13 ms for 1000.
const PIPPENGER_FROM: usize = 64;

impl Curve for Secp256k1 {
    const NAME: &'static str = "secp256k1";
    const SCALAR_LEN: usize = 32;
    const POINT_LEN: usize = 33;

    type Scalar = Scalar;
    type Point = ProjectivePoint;

    fn mul_base(k: &Scalar) -> ProjectivePoint {
        ProjectivePoint::mul_by_generator(k)
    }

    fn mul_sum(terms: &[(ProjectivePoint, Scalar)]) -> ProjectivePoint {
        in_arrays::<Self>(terms, ProjectivePoint::lincomb, ProjectivePoint::lincomb)
    }

    fn msm_vartime(terms: &[(ProjectivePoint, Scalar)]) -> ProjectivePoint {
        if terms.len() < PIPPENGER_FROM {
            ProjectivePoint::lincomb_vartime(terms)
        } else {
            pippenger::msm_vartime::<Self>(terms)
        }
    }

    fn mul_base_add_vartime(a: &Scalar, p: &ProjectivePoint, b: &Scalar) -> ProjectivePoint {
        ProjectivePoint::mul_by_generator_and_mul_add_vartime(a, b, p)
    }

    fn encode_points(points: &[ProjectivePoint], out: &mut Vec<u8>) -> Option<()> {
        // The points may be secret: what was allocated on the way is wiped.
        let affine: Zeroizing<Vec<AffinePoint>> = Zeroizing::new(ProjectivePoint::batch_normalize(points));
        let identities = affine.iter().fold(Choice::from(0), |any, p| any | p.ct_eq(&AffinePoint::IDENTITY));
        // That one is the identity shows anyway: nothing is encoded. Which one does not.
        if verdict(identities) {
            return None;
        }
        for p in affine.iter() {
            out.push(2 | p.y_is_odd().unwrap_u8());
            out.extend_from_slice(&p.x());
        }
        Some(())
    }

    // Not `GroupEncoding::from_bytes`: it takes 33 zero bytes for the identity, and the compact form.
    fn decode(bytes: &[u8]) -> Option<ProjectivePoint> {
        let (tag, x) = bytes.split_first()?;
        let x: [u8; 32] = x.try_into().ok()?;
        let odd = match tag {
            2 => Choice::from(0),
            3 => Choice::from(1),
            _ => return None,
        };
        AffinePoint::decompress(&x.into(), odd).into_option().map(ProjectivePoint::from)
    }

    fn is_torsion_free(_: &ProjectivePoint) -> bool {
        true
    }

    fn clear_cofactor(p: &ProjectivePoint) -> ProjectivePoint {
        *p
    }

    fn scalar_from_wide(bytes: &[u8; 64]) -> Scalar {
        Scalar::from_uniform_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::laws::{Facts, laws};
    use super::*;

    #[test]
    fn secp256k1_obeys_the_laws() {
        let x = |text: &str| hex::decode(text).unwrap();
        laws(&Facts::<Secp256k1> {
            multiples: [
                "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
                "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
                "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
            ],
            order: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
            big_endian: true,
            wide: [
                "000000000000000000000000000000014551231950b75fc4402da1732fc9bebf",
                "9d671cd581c69bc5e697f5e45bcd07c6741496c20e7cf878896cf21467d7d13f",
            ],
            no_points: [
                // The identity: as SEC 1 has it, and as the `group` crate has it.
                x("00"),
                x(&"00".repeat(33)),
                // x = 5 is on no point.
                x(&["02", &"00".repeat(31), "05"].concat()),
                x(&["03", &"00".repeat(31), "05"].concat()),
                // x = p + 1, where x = 1 is on two points.
                x("02fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30"),
                x("03fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30"),
                x(&["02", &"ff".repeat(32)].concat()),
                // G with the tags of SEC 1 that are not compressed points, and with others.
                x("0079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
                x("0179be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
                x("0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
                x("0579be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
                x("0679be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
                x("0779be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
                x("8279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
                // G, uncompressed.
                x(concat!(
                    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
                    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
                )),
            ]
            .to_vec(),
            small_order: [ProjectivePoint::IDENTITY].to_vec(),
        });
    }
}
