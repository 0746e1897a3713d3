//! One step of a derivation: the rules, and which scheme has which.

use alloc::vec::Vec;

use ff::Field;
use group::Group;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use crate::curve::{Curve, Scheme, encode_point, read_scalar};
use crate::hash::{Tag, Transcript};

/// How the children of a scheme's keys are made, from `(K, c)` and an index i below 2^31.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Derivation {
    /// BIP-32: `I = HMAC-SHA512(c, K || u32 i)`, in halves `I_L` and `I_R`; `step = I_L`, `c' = I_R`. Where `I_L >= q`, or the child is the
    /// identity, there is no such child.
    Bip32,
    /// SLIP-10: as BIP-32, but where it has no child, it hashes again: `I = HMAC-SHA512(c, 01 || I_R || u32 i)`.
    Slip10,
    /// This crate's own, and **no standard**: `w || c' = XOF("own-derive"; u8 scheme, c, K, u32 i, u32 a; 96)` with `w` of 64 bytes and `c'` of
    /// 32; `step = int(w) mod q`, little-endian on edwards25519. `a` is 0, and one more where the step is zero or the child the identity.
    /// With `LP(x) = u32(len x) || x`, `XOF(tag; x_1, .., x_m; n)` is the first n bytes of `H_0 || H_1 || ..`, where
    /// `H_j = SHA-256(LP("quorate/1/" || tag) || LP(x_1) || .. || LP(x_m) || LP(u32 j))`; integers are big-endian.
    ///
    /// Read this before you use it on Ed25519:
    ///
    /// - It is neither SLIP-10, which on that curve has hardened children only, nor BIP32-Ed25519. **No other wallet can find these keys**:
    ///   record that they were made by this crate, and the path.
    /// - As with BIP-32, parent and children are one security domain: the parent's public key and chain code together with the secret of
    ///   one child give the parent's secret, and so every child's.
    /// - A child's secret is a scalar modulo q. It is not clamped and comes from no 32-byte seed (RFC 8032, section 5.1.5), so it cannot be
    ///   imported where seeds are.
    /// - A child's public key is an ordinary Ed25519 key, of order q, and its signatures are ordinary: no verifier sees a difference.
    Own,
    /// No children: the empty path only.
    None,
}

/// A scheme with a rule for children. Sealed, like [`Scheme`].
pub trait Derive: Scheme {
    /// The rule.
    const DERIVATION: Derivation;
}

#[cfg(feature = "secp256k1")]
impl Derive for crate::curve::EcdsaSecp256k1 {
    const DERIVATION: Derivation = Derivation::Bip32;
}

#[cfg(feature = "secp256k1")]
impl Derive for crate::curve::FrostTaproot {
    const DERIVATION: Derivation = Derivation::Bip32;
}

#[cfg(feature = "secp256k1")]
impl Derive for crate::curve::FrostSecp256k1 {
    const DERIVATION: Derivation = Derivation::Bip32;
}

#[cfg(feature = "p256")]
impl Derive for crate::curve::EcdsaP256 {
    const DERIVATION: Derivation = Derivation::Slip10;
}

#[cfg(feature = "p256")]
impl Derive for crate::curve::FrostP256 {
    const DERIVATION: Derivation = Derivation::Slip10;
}

#[cfg(feature = "ed25519")]
impl Derive for crate::curve::FrostEd25519 {
    const DERIVATION: Derivation = Derivation::Own;
}

#[cfg(feature = "ristretto255")]
impl Derive for crate::curve::FrostRistretto255 {
    const DERIVATION: Derivation = Derivation::None;
}

/// The public side of a derived key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Derived<C: Curve> {
    tweak: C::Scalar,
    point: C::Point,
    chain_code: [u8; 32],
}

impl<C: Curve> Derived<C> {
    /// What its secret has more than the key's.
    #[must_use]
    pub const fn tweak(&self) -> &C::Scalar {
        &self.tweak
    }

    /// Its public key: the key's and `tweak * G`. Never the identity.
    #[must_use]
    pub const fn point(&self) -> &C::Point {
        &self.point
    }

    /// Its public key, encoded.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        encode_point::<C>(&self.point).unwrap_or_default()
    }

    /// Its chain code, for an extended public key.
    #[must_use]
    pub const fn chain_code(&self) -> &[u8; 32] {
        &self.chain_code
    }

    /// A key that nothing was added to yet.
    pub(super) const fn root(point: C::Point, chain_code: [u8; 32]) -> Self {
        Self { tweak: C::Scalar::ZERO, point, chain_code }
    }

    pub(super) fn child<S: Derive<Curve = C>>(&self, index: u32) -> Option<Self> {
        match S::DERIVATION {
            Derivation::Bip32 => self.bip32(index, hmac),
            Derivation::Slip10 => self.slip10(index, hmac),
            Derivation::Own => self.own(index, own_hash::<S>),
            Derivation::None => None,
        }
    }

    /// Hashes of chain code and data make the halves of `I`.
    pub(super) fn bip32(&self, index: u32, hash: impl Fn(&[u8; 32], &[u8]) -> [[u8; 32]; 2]) -> Option<Self> {
        let [left, right] = hash(&self.chain_code, &self.data(index)?);
        self.step(read_scalar::<C>(&left)?, right)
    }

    /// The same hashes. Each turn ends it but with probability 2^-32, on P-256.
    fn slip10(&self, index: u32, hash: impl Fn(&[u8; 32], &[u8]) -> [[u8; 32]; 2]) -> Option<Self> {
        let mut data = self.data(index)?;
        loop {
            let [left, right] = hash(&self.chain_code, &data);
            if let Some(child) = read_scalar::<C>(&left).and_then(|step| self.step(step, right)) {
                return Some(child);
            }
            data.clear();
            data.push(1);
            data.extend_from_slice(&right);
            data.extend_from_slice(&index.to_be_bytes());
        }
    }

    /// Hashes of chain code, key, index and attempt make the step and the next chain code.
    fn own(&self, index: u32, hash: impl Fn(&[u8; 32], &[u8], u32, u32) -> Wide) -> Option<Self> {
        let key = encode_point::<C>(&self.point)?;
        (0..=u32::MAX).find_map(|attempt| {
            let (wide, chain_code) = hash(&self.chain_code, &key, index, attempt);
            let step = C::scalar_from_wide(&wide);
            if bool::from(step.is_zero()) { None } else { self.step(step, chain_code) }
        })
    }

    /// What BIP-32 hashes first: `K || u32 i`.
    fn data(&self, index: u32) -> Option<Vec<u8>> {
        let mut data = encode_point::<C>(&self.point)?;
        data.extend_from_slice(&index.to_be_bytes());
        Some(data)
    }

    /// The child, unless it is the identity.
    fn step(&self, step: C::Scalar, chain_code: [u8; 32]) -> Option<Self> {
        let point = C::mul_base(&step) + self.point;
        (!bool::from(point.is_identity())).then(|| Self { tweak: self.tweak + step, point, chain_code })
    }
}

/// `w` and `c'`.
type Wide = ([u8; 64], [u8; 32]);

fn own_hash<S: Scheme>(chain_code: &[u8; 32], key: &[u8], index: u32, attempt: u32) -> Wide {
    let mut hash = [0; 96];
    let transcript = Transcript::new(Tag::OwnDerive).u8(S::ID).bytes(chain_code).bytes(key);
    transcript.u32(index).u32(attempt).fill(&mut hash);
    let (mut wide, mut next) = ([0; 64], [0; 32]);
    wide.iter_mut().chain(&mut next).zip(hash).for_each(|(to, from)| *to = from);
    (wide, next)
}

/// `I_L` and `I_R`.
pub(super) fn hmac(chain_code: &[u8; 32], data: &[u8]) -> [[u8; 32]; 2] {
    // HMAC fills a short key with zeros to the block of its hash (RFC 2104).
    let mut key = [0; 128];
    key.iter_mut().zip(chain_code).for_each(|(to, from)| *to = *from);
    let hash: [u8; 64] = Hmac::<Sha512>::new(&key.into()).chain_update(data).finalize().into_bytes().into();
    let mut halves = [[0; 32]; 2];
    halves.iter_mut().flatten().zip(hash).for_each(|(to, from)| *to = from);
    halves
}

#[cfg(test)]
#[cfg(any(feature = "secp256k1", feature = "p256", feature = "ed25519"))]
mod tests {
    use core::cell::RefCell;

    use ff::PrimeField;

    use super::*;
    #[cfg(feature = "ed25519")]
    use crate::curve::Ed25519;

    type Scalar<C> = <C as Curve>::Scalar;

    fn hex32(text: &str) -> [u8; 32] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    /// `(5 G, aa..)`.
    fn root<C: Curve>() -> Derived<C> {
        Derived::root(C::mul_base(&5u64.into()), [0xaa; 32])
    }

    /// What a rule made of the index 7 and hashes whose first has this left half, and what it hashed.
    #[cfg(any(feature = "secp256k1", feature = "p256"))]
    fn with_first_hash<C: Curve>(
        rule: fn(&Derived<C>, u32, &Hmac7<'_>) -> Option<Derived<C>>,
        left: [u8; 32],
    ) -> (Option<Derived<C>>, Vec<Vec<u8>>) {
        let asked = RefCell::new(Vec::new());
        let hash = |chain_code: &[u8; 32], data: &[u8]| {
            assert_eq!(chain_code, &[0xaa; 32]);
            asked.borrow_mut().push(data.to_vec());
            if asked.borrow().len() == 1 { [left, [0xcc; 32]] } else { [[1; 32], [0xdd; 32]] }
        };
        let child = rule(&root(), 7, &hash);
        (child, asked.into_inner())
    }

    #[cfg(any(feature = "secp256k1", feature = "p256"))]
    type Hmac7<'a> = dyn Fn(&[u8; 32], &[u8]) -> [[u8; 32]; 2] + 'a;

    /// q itself, which is `MODULUS`; all ones, above it; -5, which leads to the identity.
    #[cfg(any(feature = "secp256k1", feature = "p256"))]
    fn invalid_halves<C: Curve>() -> [[u8; 32]; 3] {
        let minus: [u8; 32] = (-C::Scalar::from(5)).to_repr().as_ref().try_into().unwrap();
        [hex32(C::Scalar::MODULUS.trim_start_matches("0x")), [0xff; 32], minus]
    }

    #[cfg(any(feature = "secp256k1", feature = "p256"))]
    fn zero_is_a_scalar_like_any_other<C: Curve>(
        rule: fn(&Derived<C>, u32, &Hmac7<'_>) -> Option<Derived<C>>,
    ) {
        let (child, asked) = with_first_hash::<C>(rule, [0; 32]);
        let child = child.unwrap();
        assert_eq!((asked.len(), child.point, child.chain_code), (1, root::<C>().point, [0xcc; 32]));
        let parent = encode_point::<C>(&root::<C>().point).unwrap();
        assert_eq!(asked[0], [&parent[..], &[0, 0, 0, 7]].concat());
    }

    #[cfg(feature = "secp256k1")]
    #[test]
    fn bip_32_has_no_child_where_the_hash_is_no_scalar_or_leads_to_the_identity() {
        use crate::curve::Secp256k1;
        let rule = |root: &Derived<Secp256k1>, index, hash: &Hmac7<'_>| root.bip32(index, hash);
        for left in invalid_halves::<Secp256k1>() {
            let (child, asked) = with_first_hash(rule, left);
            assert_eq!((child, asked.len()), (None, 1));
        }
        zero_is_a_scalar_like_any_other(rule);
    }

    #[cfg(feature = "p256")]
    #[test]
    fn slip_10_hashes_again_where_the_hash_is_no_scalar_or_leads_to_the_identity() {
        use crate::curve::P256;
        let rule = |root: &Derived<P256>, index, hash: &Hmac7<'_>| root.slip10(index, hash);
        for left in invalid_halves::<P256>() {
            let (child, asked) = with_first_hash(rule, left);
            assert_eq!(asked[1..], [[&[1][..], &[0xcc; 32], &[0, 0, 0, 7]].concat()]);
            let child = child.unwrap();
            let step = read_scalar::<P256>(&[1; 32]).unwrap();
            assert_eq!((child.tweak, child.chain_code), (step, [0xdd; 32]));
            assert_eq!(child.point, P256::mul_base(&(step + Scalar::<P256>::from(5u64))));
        }
        zero_is_a_scalar_like_any_other(rule);
    }

    /// An integer below q as a wide one, little-endian, with q added `times` times.
    #[cfg(feature = "ed25519")]
    fn wide(scalar: Scalar<Ed25519>, times: u8) -> [u8; 64] {
        let mut q = hex32(Scalar::<Ed25519>::MODULUS.trim_start_matches("0x"));
        q.reverse();
        let (mut out, mut carry) = ([0; 64], 0);
        for (at, to) in out.iter_mut().enumerate() {
            let digit = |bytes: &[u8]| bytes.get(at).copied().map_or(0, u16::from);
            carry += digit(&scalar.to_repr()) + digit(&q) * u16::from(times);
            *to = carry as u8;
            carry >>= 8;
        }
        out
    }

    #[cfg(feature = "ed25519")]
    #[test]
    fn our_own_rule_tries_again_where_the_step_is_zero_or_leads_to_the_identity() {
        let parent = encode_point::<Ed25519>(&root::<Ed25519>().point).unwrap();
        let (zero, minus) = (Scalar::<Ed25519>::ZERO, -Scalar::<Ed25519>::from(5u64));
        for first in [wide(zero, 0), wide(zero, 1), wide(zero, 200), wide(minus, 0), wide(minus, 9)] {
            let asked = RefCell::new(Vec::new());
            let hash = |chain_code: &[u8; 32], key: &[u8], index, attempt| {
                assert_eq!((chain_code, key), (&[0xaa; 32], &parent[..]));
                asked.borrow_mut().push((index, attempt));
                if attempt < 2 { (first, [0xcc; 32]) } else { (wide(3u64.into(), 77), [0xdd; 32]) }
            };
            let child = root::<Ed25519>().own(7, hash).unwrap();
            assert_eq!(asked.into_inner(), [(7, 0), (7, 1), (7, 2)]);
            assert_eq!((child.tweak, child.chain_code), (3u64.into(), [0xdd; 32]));
            assert_eq!(child.point, Ed25519::mul_base(&8u64.into()));
        }
        // All 64 bytes count, and an integer above q is as good as any.
        let high = root::<Ed25519>().own(7, |_, _, _, _| ([0xff; 64], [0; 32])).unwrap();
        assert_eq!(high.tweak, Ed25519::scalar_from_wide(&[0xff; 64]));
        assert_ne!(
            high.tweak,
            Ed25519::scalar_from_wide(&core::array::from_fn(|at| if at < 32 { 0xff } else { 0 }))
        );
    }
}
