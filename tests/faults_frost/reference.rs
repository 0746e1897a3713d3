//! RFC 9591's equations once more, written down from the text on curve25519-dalek alone: what a malicious signer computes
//! with, and what verdicts are held against.

use std::collections::{BTreeMap, BTreeSet};

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use sha2::{Digest, Sha256, Sha512};

/// Everybody's `D || E`, by number.
pub(crate) type List = BTreeMap<u16, [u8; 64]>;

/// A canonical encoding of a point other than the identity; of any order.
pub(crate) fn point(bytes: &[u8]) -> Option<EdwardsPoint> {
    let encoded = CompressedEdwardsY::from_slice(bytes).ok()?;
    let point = encoded.decompress()?;
    (point.compress() == encoded && point != EdwardsPoint::identity()).then_some(point)
}

pub(crate) fn scalar(bytes: &[u8]) -> Option<Scalar> {
    Scalar::from_canonical_bytes(bytes.try_into().ok()?).into()
}

fn small(point: EdwardsPoint) -> bool {
    point.mul_by_cofactor() == EdwardsPoint::identity()
}

/// `H("view"; sid, 1, count, per sender u16 id || SHA-256(body))`.
pub(crate) fn view(sid: &[u8; 32], list: &List) -> [u8; 32] {
    let item =
        |hash: Sha256, item: &[u8]| hash.chain_update((item.len() as u32).to_be_bytes()).chain_update(item);
    let hash = item(Sha256::new(), b"quorate/1/view");
    let hash = item(item(item(hash, sid), &[1]), &(list.len() as u16).to_be_bytes());
    let entry = |hash, (id, body): (&u16, &[u8; 64])| {
        item(hash, &[&id.to_be_bytes()[..], &Sha256::digest(body)].concat())
    };
    list.iter().fold(hash, entry).finalize().into()
}

/// One signing: the key, what is signed, and what everybody committed to.
pub(crate) struct Signing<'a> {
    pub(crate) public_key: [u8; 32],
    pub(crate) message: &'a [u8],
    pub(crate) list: &'a List,
}

/// What follows from it.
pub(crate) struct Derived {
    pub(crate) factors: BTreeMap<u16, Scalar>,
    pub(crate) commitment: EdwardsPoint,
    pub(crate) challenge: Scalar,
    pub(crate) lambdas: BTreeMap<u16, Scalar>,
}

const CONTEXT: &[u8] = b"FROST-ED25519-SHA512-v1";

fn hash(parts: &[&[u8]]) -> [u8; 64] {
    Sha512::digest(parts.concat()).into()
}

impl Signing<'_> {
    /// `None` if a commitment is no point at all.
    pub(crate) fn derive(&self) -> Option<Derived> {
        let number = |id: &u16| Scalar::from(*id);
        let encoded = |(id, body): (&u16, &[u8; 64])| [&number(id).to_bytes()[..], body].concat();
        let encoded: Vec<u8> = self.list.iter().flat_map(encoded).collect();
        let prefix = [
            &self.public_key[..],
            &hash(&[CONTEXT, b"msg", self.message]),
            &hash(&[CONTEXT, b"com", &encoded]),
        ];
        let prefix = prefix.concat();
        let factor = |id| hash(&[CONTEXT, b"rho", &prefix, &number(id).to_bytes()]);
        let factors: BTreeMap<_, _> =
            self.list.keys().map(|id| (*id, Scalar::from_bytes_mod_order_wide(&factor(id)))).collect();
        let mut commitment = EdwardsPoint::identity();
        for (id, body) in self.list {
            commitment += point(&body[..32])? + point(&body[32..])? * factors[id];
        }
        let challenge = hash(&[commitment.compress().as_bytes(), &self.public_key, self.message]);
        let lambda = |i: &u16| {
            let others = self.list.keys().filter(|m| *m != i);
            others.map(|m| number(m) * (number(m) - number(i)).invert()).product()
        };
        Some(Derived {
            challenge: Scalar::from_bytes_mod_order_wide(&challenge),
            lambdas: self.list.keys().map(|id| (*id, lambda(id))).collect(),
            factors,
            commitment,
        })
    }

    /// Those with a commitment that is not a point of prime order.
    pub(crate) fn bad_points(&self) -> BTreeSet<u16> {
        let good = |bytes: &[u8]| point(bytes).is_some_and(|p| p.is_torsion_free());
        let bad = self.list.iter().filter(|(_, body)| !good(&body[..32]) || !good(&body[32..]));
        bad.map(|(id, _)| *id).collect()
    }
}

impl Derived {
    /// `zG = R + cPK` for the sum of all shares.
    pub(crate) fn verifies(&self, public_key: &[u8; 32], z: Scalar) -> bool {
        let public_key = point(public_key).unwrap();
        EdwardsPoint::mul_base(&z) == self.commitment + public_key * self.challenge
    }

    /// `zG = D + rho E + c lambda S`, up to points of small order.
    pub(crate) fn share_holds(&self, id: u16, body: &[u8; 64], public_share: &[u8], z: Scalar) -> bool {
        let (d, e) = (point(&body[..32]).unwrap(), point(&body[32..]).unwrap());
        let key = point(public_share).unwrap() * (self.challenge * self.lambdas[&id]);
        small(EdwardsPoint::mul_base(&z) - (d + e * self.factors[&id] + key))
    }
}
