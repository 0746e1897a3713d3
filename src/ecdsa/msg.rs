//! The messages: fields in the order of their tables, every length fixed. A batch sends the bodies of its items one after the other.

use alloc::vec::Vec;

use super::suite::EcdsaScheme;
use crate::curve::{Curve, Scheme, read_point, read_scalar};
use crate::ot::DEPTH;
use crate::ot::extension;
use crate::party::{Parties, PartyId};
use crate::session::{Expect, Plan, RoundPlan};
use crate::vole::{self, Multiplied};
use crate::wire::{Kind, Reader};

type Scalar<S> = <<S as Scheme>::Curve as Curve>::Scalar;
type Point<S> = <<S as Scheme>::Curve as Curve>::Point;

/// Round 1, to each: commitment 32, extension.
pub(super) const COMMIT_LEN: usize = 32 + extension::message_len::<DEPTH>();
/// Round 2, to each: R 33, salt 32, pk 33, Gamma^u 33, Gamma^v 33, psi 32, view 32, multiplication.
pub(super) const OPEN_LEN: usize = 4 * 33 + 3 * 32 + vole::MESSAGE_LEN;
/// Round 3, to all: view 32, w 32, u 32.
pub(super) const FRAGMENT_LEN: usize = 96;

/// Rounds 1 and 2, and 3 where the signature follows at once.
pub(super) fn plan(others: &Parties, items: usize, online: bool, pairs: Vec<(PartyId, [u8; 32])>) -> Plan {
    let expect = |kind, len: usize| Some(Expect::new(others.clone(), &[(kind, len * items)]));
    let mut rounds = alloc::vec![
        RoundPlan { round: 1, all: None, direct: expect(Kind::Direct, COMMIT_LEN) },
        RoundPlan { round: 2, all: None, direct: expect(Kind::Direct, OPEN_LEN) },
    ];
    if online {
        rounds.push(RoundPlan { round: 3, all: expect(Kind::All, FRAGMENT_LEN), direct: None });
    }
    Plan { rounds, pairs }
}

/// Round 1 of one item.
pub(super) struct Commit<'a> {
    pub(super) commitment: &'a [u8; 32],
    pub(super) extension: &'a [u8],
}

impl<'a> Commit<'a> {
    pub(super) fn read(body: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(body);
        Some(Self { commitment: r.array()?, extension: r.rest() })
    }
}

/// Round 2 of one item, split but not decoded.
pub(super) struct Opening<'a> {
    pub(super) nonce: &'a [u8],
    pub(super) salt: &'a [u8; 32],
    pub(super) key: &'a [u8],
    gamma: [&'a [u8]; 2],
    psi: &'a [u8],
    pub(super) view: &'a [u8; 32],
    product: &'a [u8],
}

impl<'a> Opening<'a> {
    pub(super) fn split(body: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(body);
        Some(Self {
            nonce: r.bytes(33)?,
            salt: r.array()?,
            key: r.bytes(33)?,
            gamma: [r.bytes(33)?, r.bytes(33)?],
            psi: r.bytes(32)?,
            view: r.array()?,
            product: r.rest(),
        })
    }

    /// [S2.2] every point canonical and not the identity, every scalar canonical.
    pub(super) fn decode<S: EcdsaScheme>(&self) -> Option<Opened<'a, S>> {
        let [u, v] = self.gamma;
        let mut r = Reader::new(self.product);
        let opened = Opened {
            nonce: read_point::<S::Curve>(self.nonce)?,
            key: read_point::<S::Curve>(self.key)?,
            gamma: [read_point::<S::Curve>(u)?, read_point::<S::Curve>(v)?],
            psi: read_scalar::<S::Curve>(self.psi)?,
            product: Multiplied::read(&mut r)?,
        };
        r.end()?;
        Some(opened)
    }
}

/// Round 2 of one item, decoded.
pub(super) struct Opened<'a, S: EcdsaScheme> {
    pub(super) nonce: Point<S>,
    pub(super) key: Point<S>,
    pub(super) gamma: [Point<S>; 2],
    pub(super) psi: Scalar<S>,
    pub(super) product: Multiplied<'a, S::Curve>,
}

/// Round 3 of one item, split but not decoded.
pub(super) struct Fragment<'a> {
    pub(super) view: &'a [u8; 32],
    w: &'a [u8],
    u: &'a [u8],
}

impl<'a> Fragment<'a> {
    pub(super) fn split(body: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(body);
        let fragment = Self { view: r.array()?, w: r.bytes(32)?, u: r.bytes(32)? };
        r.end()?;
        Some(fragment)
    }

    /// [S3.2] `w` and `u`, canonical.
    pub(super) fn decode<S: EcdsaScheme>(&self) -> Option<[Scalar<S>; 2]> {
        Some([read_scalar::<S::Curve>(self.w)?, read_scalar::<S::Curve>(self.u)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As decoders of their own, whatever has looked at the length before.
    #[test]
    #[cfg(feature = "secp256k1")]
    fn s2_2_s3_2_every_message_has_one_length() {
        use crate::curve::{EcdsaSecp256k1, Secp256k1, encode_point};

        let one = encode_point::<Secp256k1>(&Secp256k1::mul_base(&1u64.into())).unwrap();
        let (salt, zeros) = ([0; 32], [0; vole::MESSAGE_LEN + 1]);
        let whole = [&one[..], &salt, &one, &one, &one, &salt, &salt, &zeros].concat();
        assert_eq!(whole.len(), OPEN_LEN + 1);
        for len in [0, 33, OPEN_LEN - 1, OPEN_LEN, OPEN_LEN + 1] {
            let opened = Opening::split(&whole[..len]).and_then(|opening| opening.decode::<EcdsaSecp256k1>());
            assert_eq!(opened.is_some(), len == OPEN_LEN, "{len}");
        }
        for len in 0..FRAGMENT_LEN + 2 {
            assert_eq!(Fragment::split(&whole[..len]).is_some(), len == FRAGMENT_LEN, "{len}");
        }
    }

    /// What others can make a run hold is known before the first byte arrives.
    #[test]
    fn a_run_holds_44820_bytes_for_each_counterparty_and_signature() {
        for (others, items) in [(1, 1), (1, 256), (2, 1), (4, 3)] {
            let ids = Parties::from_numbers(1..=others).unwrap();
            let whole = plan(&ids, items, true, Vec::new()).capacity();
            assert_eq!(whole, 44_820 * usize::from(others) * items);
            let presign = plan(&ids, items, false, Vec::new()).capacity();
            assert_eq!(whole - presign, FRAGMENT_LEN * usize::from(others) * items);
        }
        assert_eq!((COMMIT_LEN, OPEN_LEN, FRAGMENT_LEN), (4464, 40_260, 96));
    }
}
