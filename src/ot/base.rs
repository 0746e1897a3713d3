//! Base transfers: a batch of 128 endemic oblivious transfers over ristretto255.
//!
//! Source: D. Masny, P. Rindal, *Endemic oblivious transfer*, 2019 (the programmable function), batched as in I. McQuoid, M. Rosulek,
//! L. Roy, *Batching base oblivious transfers*, 2021. For a sender with `S = y G` and a receiver with choice bits `c_e`, per instance `e`:
//!
//! - `HB(e, b, X) = H2G("bot-h2g"; ot, u16 e, u8 b, X)`; `Key(e, b, D) = H("bot-key"; ot, u16 e, u8 b, S, X_0, X_1, D)[..16]`.
//! - Receiver: random `beta`, `rho`; `X_{1-c} = rho G`, `X_c = beta G - HB(e, c, X_{1-c})`; its key is `Key(e, c, beta S)`.
//! - Sender: `Q_b = X_b + HB(e, b, X_{1-b})`; its keys are `Key(e, b, y Q_b)` for both `b`.
//!
//! `Q_c = beta G`, so `y Q_c = beta S`; the discrete logarithm of `Q_{1-c}` is known to nobody. Both `X` are uniform points whatever `c`
//! is. Instance, choice and both points are hashed into each key, so equal points in two instances give different keys. A corrupt party
//! may choose its own outputs; the extension on top allows that. No message is ever encrypted under these keys.
//!
//! The choice bit enters the hash, and the order of the two points, as data; both points take the same path.

use alloc::vec::Vec;

use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoBasepointTable};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use rand_core::CryptoRng;
use subtle::Choice;
use zeroize::{Zeroize, Zeroizing};

use super::{BASE, Seed, bit, xor_if};
use crate::hash::{Tag, Transcript, wide};
use crate::secret::Secret;

/// Bytes of the receiver's message: two points per instance.
pub(crate) const MESSAGE_LEN: usize = BASE * PAIR_LEN;

const PAIR_LEN: usize = 64;

/// Both keys of every instance.
pub(crate) type KeyPairs = Secret<Vec<[Seed; 2]>>;

/// What is wrong with a receiver's message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flaw {
    /// A field is not the canonical encoding of a point other than the identity.
    Point,
    /// Some `Q_b` is the identity.
    Degenerate,
}

/// A uniform scalar other than zero.
pub(crate) fn random_scalar(rng: &mut dyn CryptoRng) -> Secret<Scalar> {
    let mut wide = Zeroizing::new([0; 64]);
    loop {
        rng.fill_bytes(wide.as_mut_slice());
        let scalar = Secret::<Scalar>::build(|k| *k = Scalar::from_bytes_mod_order_wide(&wide));
        if scalar.expose() != &Scalar::ZERO {
            return scalar;
        }
    }
}

/// The canonical encoding of a point other than the identity.
pub(crate) fn read_point(bytes: &[u8; 32]) -> Option<RistrettoPoint> {
    CompressedRistretto(*bytes).decompress().filter(|p| !p.is_identity())
}

/// `k G`, encoded.
pub(crate) fn public(k: &Scalar) -> [u8; 32] {
    RistrettoPoint::mul_base(k).compress().to_bytes()
}

/// `k P`, encoded: a shared secret.
pub(crate) fn agree(k: &Scalar, point: &RistrettoPoint) -> Zeroizing<[u8; 32]> {
    let mut shared = point * k;
    let bytes = Zeroizing::new(shared.compress().to_bytes());
    shared.zeroize();
    bytes
}

/// One direction's batch: `ot` names the direction, `s` is the encoding of `S`.
struct Batch<'a> {
    ot: &'a [u8; 32],
    s: &'a [u8; 32],
}

impl Batch<'_> {
    fn hash_to_group(&self, e: u16, b: u8, x: &[u8; 32]) -> RistrettoPoint {
        RistrettoPoint::from_uniform_bytes(&wide(Tag::BotH2g, &[self.ot, &e.to_be_bytes(), &[b], x]))
    }

    fn key(&self, e: u16, b: u8, pair: &[u8; PAIR_LEN], shared: &[u8; 32]) -> Seed {
        let (x0, x1) = pair.split_at(PAIR_LEN / 2);
        let start = Transcript::new(Tag::BotKey).bytes(self.ot).u16(e).u8(b).bytes(self.s);
        let hash = Zeroizing::new(start.bytes(x0).bytes(x1).bytes(shared).finish());
        hash.first_chunk().copied().unwrap_or_default()
    }
}

/// The receiver's message to the owner of `S`, and its key of every instance. `s` must be the encoding of `point`.
pub(crate) fn receive(
    ot: &[u8; 32],
    s: &[u8; 32],
    point: &RistrettoPoint,
    choices: &[u8; 16],
    rng: &mut dyn CryptoRng,
) -> (Vec<u8>, Secret<Vec<Seed>>) {
    let batch = Batch { ot, s };
    let table = RistrettoBasepointTable::create(point);
    let choices = Zeroizing::new(u128::from_le_bytes(*choices));
    let mut message = Vec::with_capacity(MESSAGE_LEN);
    let mut keys = Secret::new(Vec::with_capacity(BASE));
    for e in 0..BASE as u16 {
        let c = bit(*choices, e.into());
        let (pair, key) = receive_one(&batch, &table, e, c, rng);
        message.extend_from_slice(&pair);
        keys.expose_mut().push(*key);
    }
    (message, keys)
}

/// `(X_0, X_1)` and the key of one instance with choice bit `c`.
fn receive_one(
    batch: &Batch<'_>,
    table: &RistrettoBasepointTable,
    e: u16,
    c: u8,
    rng: &mut dyn CryptoRng,
) -> ([u8; PAIR_LEN], Zeroizing<Seed>) {
    let (beta, rho) = (random_scalar(rng), random_scalar(rng));
    let other = Zeroizing::new(public(rho.expose()));
    let mut hashed = batch.hash_to_group(e, c, &other);
    let mut chosen_point = RistrettoPoint::mul_base(beta.expose()) - hashed;
    let chosen = Zeroizing::new(chosen_point.compress().to_bytes());
    hashed.zeroize();
    chosen_point.zeroize();

    let pair = in_order(Choice::from(c), &chosen, &other);
    let mut shared_point = table * beta.expose();
    let shared = Zeroizing::new(shared_point.compress().to_bytes());
    shared_point.zeroize();
    (pair, Zeroizing::new(batch.key(e, c, &pair, &shared)))
}

/// `X_c || X_{1-c}` put in order of indices.
fn in_order(c: Choice, chosen: &[u8; 32], other: &[u8; 32]) -> [u8; PAIR_LEN] {
    let mut pair = [0; PAIR_LEN];
    let (x0, x1) = pair.split_at_mut(PAIR_LEN / 2);
    for (place, is_chosen) in [(x0, !c), (x1, c)] {
        xor_if(place, chosen, is_chosen);
        xor_if(place, other, !is_chosen);
    }
    pair
}

/// Both keys of every instance for the owner of `y`, from the receiver's message.
///
/// All that is refused is refused for public reasons, so time says nothing about `y`.
pub(crate) fn send(ot: &[u8; 32], y: &Scalar, message: &[u8]) -> Result<KeyPairs, Flaw> {
    let s = public(y);
    let batch = Batch { ot, s: &s };
    let (pairs, rest) = message.as_chunks::<PAIR_LEN>();
    if pairs.len() != BASE || !rest.is_empty() {
        return Err(Flaw::Point);
    }
    let points = pairs.iter().map(read_pair).collect::<Option<Vec<_>>>().ok_or(Flaw::Point)?;
    let sums: Vec<_> = (0..).zip(pairs.iter().zip(&points)).map(|(e, p)| batch.sums(e, p)).collect();
    if sums.as_flattened().iter().any(IsIdentity::is_identity) {
        return Err(Flaw::Degenerate);
    }
    let mut keys = Secret::new(Vec::with_capacity(BASE));
    for (e, (pair, [q0, q1])) in (0..).zip(pairs.iter().zip(&sums)) {
        keys.expose_mut().push([batch.key(e, 0, pair, &agree(y, q0)), batch.key(e, 1, pair, &agree(y, q1))]);
    }
    Ok(keys)
}

fn read_pair(pair: &[u8; PAIR_LEN]) -> Option<[RistrettoPoint; 2]> {
    match pair.as_chunks::<32>() {
        ([x0, x1], []) => Some([read_point(x0)?, read_point(x1)?]),
        _ => None,
    }
}

impl Batch<'_> {
    /// `Q_0` and `Q_1`.
    fn sums(&self, e: u16, (pair, [p0, p1]): (&[u8; PAIR_LEN], &[RistrettoPoint; 2])) -> [RistrettoPoint; 2] {
        match pair.as_chunks::<32>() {
            ([x0, x1], []) => [p0 + self.hash_to_group(e, 0, x1), p1 + self.hash_to_group(e, 1, x0)],
            _ => [RistrettoPoint::default(); 2],
        }
    }
}
