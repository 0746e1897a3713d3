//! ristretto255 (RFC 9496), on curve25519-dalek.

use alloc::vec::Vec;

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{Curve, sealed};
use crate::secret::verdict;

/// ristretto255: edwards25519 modulo its points of small order, a group of prime order
/// q = 2^252 + 27742317777372353535851937790883648493 with one encoding for each element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ristretto255;

impl sealed::Sealed for Ristretto255 {}

impl Curve for Ristretto255 {
    const NAME: &'static str = "ristretto255";
    const SCALAR_LEN: usize = 32;
    const POINT_LEN: usize = 32;

    type Scalar = Scalar;
    type Point = RistrettoPoint;

    // The `group` crate's `mul_by_generator` would not use the table.
    fn mul_base(k: &Scalar) -> RistrettoPoint {
        RistrettoPoint::mul_base(k)
    }

    fn msm_vartime(terms: &[(RistrettoPoint, Scalar)]) -> RistrettoPoint {
        let scalars = terms.iter().map(|term| &term.1);
        let points = terms.iter().map(|term| &term.0);
        RistrettoPoint::vartime_multiscalar_mul(scalars, points)
    }

    fn mul_base_add_vartime(a: &Scalar, p: &RistrettoPoint, b: &Scalar) -> RistrettoPoint {
        RistrettoPoint::vartime_double_scalar_mul_basepoint(b, p, a)
    }

    // Encoding takes an inverse square root, which cannot be shared among points: one for each.
    fn encode_points(points: &[RistrettoPoint], out: &mut Vec<u8>) -> Option<()> {
        // The points may be secret: what was allocated on the way is wiped.
        let encode = |p: &RistrettoPoint| p.compress().to_bytes();
        let encoded: Zeroizing<Vec<[u8; 32]>> = Zeroizing::new(points.iter().map(encode).collect());
        // The identity is 32 zero bytes.
        let identities = encoded.iter().fold(Choice::from(0), |any, e| any | e.ct_eq(&[0; 32]));
        // That one is it shows anyway: nothing is encoded. Which one does not.
        if verdict(identities) {
            return None;
        }
        out.extend(encoded.iter().flatten());
        Some(())
    }

    // `decompress` takes no second encoding of an element (RFC 9496, section 4.3.1).
    fn decode(bytes: &[u8]) -> Option<RistrettoPoint> {
        let bytes: [u8; 32] = bytes.try_into().ok()?;
        if bytes == [0; 32] { None } else { CompressedRistretto(bytes).decompress() }
    }

    fn is_torsion_free(_: &RistrettoPoint) -> bool {
        true
    }

    fn clear_cofactor(p: &RistrettoPoint) -> RistrettoPoint {
        *p
    }

    fn scalar_from_wide(bytes: &[u8; 64]) -> Scalar {
        Scalar::from_bytes_mod_order_wide(bytes)
    }
}

#[cfg(test)]
mod tests {
    use group::Group;

    use super::super::laws::{Facts, laws};
    use super::*;

    /// RFC 9496, appendix A.3: no encodings.
    const BAD: [&str; 29] = [
        // Field elements that are not canonical.
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        // Negative field elements.
        "0100000000000000000000000000000000000000000000000000000000000000",
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
        "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
        "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
        "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
        "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
        "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
        // No square root.
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
        "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
        "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
        "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
        "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
        "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
        "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
        "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
        // A negative x*y.
        "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
        "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
        "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
        "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
        "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
        "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
        "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
        "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
        // s = -1, which makes y zero.
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    #[test]
    fn ristretto255_obeys_the_laws() {
        let mut no_points: Vec<_> = BAD.iter().map(|text| hex::decode(text).unwrap()).collect();
        no_points.push([0; 32].to_vec());
        laws(&Facts::<Ristretto255> {
            multiples: [
                "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
                "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
                "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
            ],
            order: "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
            big_endian: false,
            wide: [
                "1d95988d7431ecd670cf7d73f45befc6feffffffffffffffffffffffffffff0f",
                "000f9c44e31106a447938568a71b0ed065bef517d273ecce3d9a307c1b419903",
            ],
            no_points,
            small_order: [RistrettoPoint::identity()].to_vec(),
        });
    }
}
