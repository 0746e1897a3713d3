//! A party in the attacker's hands: the protocol written a second time, with every secret at hand.

use std::collections::BTreeMap;

use ff::Field;
use group::Group;
use quorate::curve::{Curve, encode_point, random_scalar, read_point, write_scalar};
use quorate::party::PartyId;
use rand_core::CryptoRng;

use crate::facts::{Facts, Role};
use crate::foe::{Foe, Point, Scalar};
use crate::hash::{h, h2s};

pub(crate) fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

pub(crate) fn scalar_bytes<S: Foe>(k: &Scalar<S>) -> Vec<u8> {
    let mut out = Vec::new();
    write_scalar::<S::Curve>(k, &mut out);
    out
}

pub(crate) fn base<S: Foe>(k: &Scalar<S>) -> Vec<u8> {
    encode_point::<S::Curve>(&S::Curve::mul_base(k)).unwrap()
}

/// The value of a polynomial.
pub(crate) fn at<S: Foe>(f: &[Scalar<S>], x: PartyId) -> Scalar<S> {
    let x = Scalar::<S>::from(u64::from(x.get()));
    f.iter().rev().fold(Scalar::<S>::ZERO, |sum, a| sum * x + a)
}

/// The value of a polynomial in the exponent, from its encoded points.
pub(crate) fn public_share<S: Foe>(points: &[u8], x: PartyId) -> Point<S> {
    let x = Scalar::<S>::from(u64::from(x.get()));
    let points = points.chunks(S::Curve::POINT_LEN).map(|bytes| read_point::<S::Curve>(bytes).unwrap());
    points.rev().fold(Point::<S>::identity(), |sum, point| sum * x + point)
}

/// Whose share goes to whom, in which run.
#[derive(Clone, Copy)]
pub(crate) struct Lane<'a> {
    pub(crate) e1: &'a [u8; 32],
    pub(crate) dealer: PartyId,
    pub(crate) receiver: PartyId,
    /// `E_{receiver, dealer}`.
    pub(crate) key: &'a [u8],
}

impl Lane<'_> {
    pub(crate) fn pad<S: Foe>(&self, point: &[u8], shared: &[u8]) -> Scalar<S> {
        let (dealer, receiver) = (self.dealer.to_bytes(), self.receiver.to_bytes());
        h2s::<S::Curve>("dkg-pad", &[self.e1, &dealer, &receiver, self.key, point, shared])
    }

    /// `(c, z)` proving that `opened` is `e` times `point`; it is right only if that is so.
    pub(crate) fn prove<S: Foe>(&self, e: &Scalar<S>, point: &[u8], opened: &[u8]) -> [Scalar<S>; 2] {
        self.prove_with::<S>(Scalar::<S>::from(77), e, point, opened)
    }

    /// With a nonce of the prover's choice.
    pub(crate) fn prove_with<S: Foe>(
        &self,
        w: Scalar<S>,
        e: &Scalar<S>,
        point: &[u8],
        opened: &[u8],
    ) -> [Scalar<S>; 2] {
        let d = read_point::<S::Curve>(point).unwrap();
        let (t1, t2) = (base::<S>(&w), encode_point::<S::Curve>(&(d * w)).unwrap());
        let (dealer, receiver) = (self.dealer.to_bytes(), self.receiver.to_bytes());
        let items = [&self.e1[..], &receiver, &dealer, self.key, point, opened, &t1, &t2];
        let c = h2s::<S::Curve>("dkg-dleq", &items);
        [c, w + c * e]
    }
}

/// A malicious party's secrets. What is dealt (`f`) and what is published (`points`) may differ.
pub(crate) struct Puppet<S: Foe> {
    pub(crate) me: PartyId,
    pub(crate) nu: [u8; 32],
    pub(crate) f: Vec<Scalar<S>>,
    /// `A`, encoded: what is committed to, and revealed.
    pub(crate) points: Vec<u8>,
    pub(crate) cc: [u8; 32],
    pub(crate) salt: [u8; 32],
    /// One-time secrets by dealer.
    pub(crate) e: BTreeMap<PartyId, Scalar<S>>,
    /// Ephemeral secrets by receiver.
    pub(crate) d: BTreeMap<PartyId, Scalar<S>>,
    /// The proof's nonce.
    pub(crate) w: Scalar<S>,
    pub(crate) role: Role,
}

impl<S: Foe> Puppet<S> {
    /// A party in a key generation, with a polynomial of its own.
    pub(crate) fn new(me: PartyId, ids: &[PartyId], t: u16, rng: &mut dyn CryptoRng) -> Self {
        let role = Role { deals: true, receives: true, skips: 0, parts: true };
        Self::between(me, role, [ids, ids], t, rng)
    }

    /// A party in any dealing; a dealer's constant is to be set.
    pub(crate) fn of(facts: &Facts<S>, me: PartyId, rng: &mut dyn CryptoRng) -> Self {
        Self::between(me, facts.role(me), [&facts.dealers, &facts.members], facts.t, rng)
    }

    fn between(
        me: PartyId,
        role: Role,
        [dealers, receivers]: [&[PartyId]; 2],
        t: u16,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let mut bytes = || {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        let (nu, cc, salt) = (bytes(), bytes(), bytes());
        let mut each = |ids: &[PartyId]| {
            let others = ids.iter().filter(|id| **id != me);
            others.map(|id| (*id, random_scalar::<S::Curve>(rng))).collect()
        };
        let (e, d) = (each(dealers), each(receivers));
        let mut f: Vec<_> = (0..t).map(|_| random_scalar::<S::Curve>(rng)).collect();
        f[..role.skips].fill(Scalar::<S>::ZERO);
        let w = random_scalar::<S::Curve>(rng);
        let mut puppet = Self { me, nu, f: Vec::new(), points: Vec::new(), cc, salt, e, d, w, role };
        puppet.deal(f);
        puppet
    }

    /// Another polynomial, with its commitment. A zero coefficient leaves zero bytes.
    pub(crate) fn deal(&mut self, f: Vec<Scalar<S>>) {
        let encode = |a| encode_point::<S::Curve>(&S::Curve::mul_base(a));
        let zero = || vec![0; S::Curve::POINT_LEN];
        self.points = f[self.role.skips..].iter().flat_map(|a| encode(a).unwrap_or_else(zero)).collect();
        self.f = f;
    }

    /// Another constant, or rather its sum with this.
    pub(crate) fn add_constant(&mut self, by: Scalar<S>) {
        let mut f = self.f.clone();
        f[0] += by;
        self.deal(f);
    }

    /// Replaces `A_k`.
    pub(crate) fn publish(&mut self, k: usize, point: &[u8]) {
        self.points[k * S::Curve::POINT_LEN..][..point.len()].copy_from_slice(point);
    }

    /// Adds a point to `A_k`.
    pub(crate) fn shift(&mut self, k: usize, by: &Point<S>) {
        let sum = S::Curve::mul_base(&self.f[k]) + by;
        self.publish(k, &encode_point::<S::Curve>(&sum).unwrap());
    }

    /// `cc`, where dealers have one.
    fn part(&self) -> &[u8] {
        if self.role.parts { &self.cc } else { &[] }
    }

    pub(crate) fn commitment(&self, sid: &[u8; 32]) -> [u8; 32] {
        h("dkg-commit", &[sid, &self.me.to_bytes(), &self.points, self.part(), &self.salt])
    }

    /// Round 1.
    pub(crate) fn commit(&self, sid: &[u8; 32]) -> Vec<u8> {
        let mut body = self.nu.to_vec();
        if self.role.deals {
            body.extend(self.commitment(sid));
        }
        if self.role.receives {
            self.e.values().for_each(|e| body.extend(base::<S>(e)));
        }
        body
    }

    /// `(R, z)` for `f` and the published points.
    pub(crate) fn proof(&self, e1: &[u8; 32]) -> Vec<u8> {
        let (me, r) = (self.me.to_bytes(), base::<S>(&self.w));
        let gamma = h2s::<S::Curve>("dkg-pok-comb", &[e1, &me, &self.points]);
        let c = h2s::<S::Curve>("dkg-pok-chal", &[e1, &me, &self.points, &r]);
        let f = &self.f[self.role.skips..];
        let y = f.iter().rev().fold(Scalar::<S>::ZERO, |sum, a| sum * gamma + a);
        [r, scalar_bytes::<S>(&(self.w + c * y))].concat()
    }

    /// Round 2, to all.
    pub(crate) fn reveal(&self, e1: &[u8; 32]) -> Vec<u8> {
        [&e1[..], &self.points, self.part(), &self.salt, &self.proof(e1)].concat()
    }

    /// Round 2, private: `value` for the receiver, who made `key` for us.
    pub(crate) fn share(&self, e1: &[u8; 32], receiver: PartyId, key: &[u8], value: Scalar<S>) -> Vec<u8> {
        let d = self.d[&receiver];
        let point = base::<S>(&d);
        // A key that does not decode is another puppet's, who gets anything.
        let shared = read_point::<S::Curve>(key).and_then(|key| encode_point::<S::Curve>(&(key * d)));
        let lane = Lane { e1, dealer: self.me, receiver, key };
        let pad = lane.pad::<S>(&point, &shared.unwrap_or_default());
        [point, scalar_bytes::<S>(&(value + pad))].concat()
    }
}

/// A complaint by its fields.
#[derive(Clone)]
pub(crate) struct Complaint {
    pub(crate) e2: Vec<u8>,
    pub(crate) accused: [u8; 2],
    pub(crate) opened: Vec<u8>,
    pub(crate) c: Vec<u8>,
    pub(crate) z: Vec<u8>,
    pub(crate) envelope: Vec<u8>,
}

impl Complaint {
    pub(crate) fn open_as<S: Foe>(&mut self, opened: Vec<u8>, [c, z]: [Scalar<S>; 2]) {
        (self.opened, self.c, self.z) = (opened, scalar_bytes::<S>(&c), scalar_bytes::<S>(&z));
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        [&self.e2[..], &self.accused, &self.opened, &self.c, &self.z, &self.envelope].concat()
    }
}
