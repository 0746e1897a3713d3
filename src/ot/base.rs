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
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

use super::{BASE, Seed, bit, xor_if};
use crate::hash::{Tag, Transcript, wide};
use crate::secret::{Secret, verdict};

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
        // A second turn says of the first that it gave zero, which is not used.
        if !verdict(scalar.expose().ct_eq(&Scalar::ZERO)) {
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
    // One instance after the other: the points of all would take 80 kB.
    let mut keys = Secret::new(Vec::with_capacity(BASE));
    let mut degenerate = false;
    for (e, pair) in (0..).zip(pairs) {
        let points = read_pair(pair).ok_or(Flaw::Point)?;
        let sums = batch.sums(e, (pair, &points));
        degenerate |= sums.iter().any(IsIdentity::is_identity);
        let [q0, q1] = &sums;
        keys.expose_mut().push([batch.key(e, 0, pair, &agree(y, q0)), batch.key(e, 1, pair, &agree(y, q1))]);
    }
    if degenerate {
        return Err(Flaw::Degenerate);
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

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
    use rand_chacha::ChaCha20Rng;
    use rand_core::{Rng, SeedableRng};
    use sha2::{Digest, Sha256};

    const OT: [u8; 32] = [5; 32];

    struct Transfer {
        y: Secret<Scalar>,
        s: [u8; 32],
        choices: [u8; 16],
        message: Vec<u8>,
        chosen: Vec<Seed>,
    }

    fn transfer(seed: u64) -> Transfer {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let y = random_scalar(&mut rng);
        let s = public(y.expose());
        let mut choices = [0; 16];
        rng.fill_bytes(&mut choices);
        let (message, chosen) = receive(&OT, &s, &read_point(&s).unwrap(), &choices, &mut rng);
        Transfer { y, s, choices, message, chosen: chosen.expose().clone() }
    }

    impl Transfer {
        fn choice(&self, e: usize) -> usize {
            usize::from(self.choices[e / 8] >> (e % 8) & 1)
        }

        fn pairs(&self) -> Vec<[Seed; 2]> {
            send(&OT, self.y.expose(), &self.message).unwrap().expose().clone()
        }

        fn point(&self, e: usize, b: usize) -> [u8; 32] {
            self.message[64 * e + 32 * b..][..32].try_into().unwrap()
        }
    }

    #[test]
    fn known_answer_of_the_hash_to_the_group() {
        let ot: [u8; 32] = Sha256::digest(b"vector-ot").into();
        let x = (G * Scalar::from(3u8)).compress().to_bytes();
        let hashed = Batch { ot: &ot, s: &[0; 32] }.hash_to_group(5, 1, &x).compress();
        assert_eq!(
            hex::encode(hashed.as_bytes()),
            "72321c45b9aba22a039276ef3ee17a2962e54d1463ce8e91681e32a15b2d8377"
        );
    }

    #[test]
    fn the_receiver_knows_the_key_of_its_choice_and_no_other() {
        let transfer = transfer(1);
        assert_eq!(transfer.message.len(), MESSAGE_LEN);
        let pairs = transfer.pairs();
        for (e, pair) in pairs.iter().enumerate() {
            assert_eq!(pair[transfer.choice(e)], transfer.chosen[e]);
            assert_ne!(pair[1 - transfer.choice(e)], transfer.chosen[e]);
        }
        let mut all: Vec<_> = pairs.as_flattened().to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 2 * BASE, "all keys differ");
    }

    #[test]
    fn the_known_answer_of_a_key() {
        // A key by hand, from the framing alone: what a second implementation would compute.
        let transfer = transfer(2);
        let (e, b) = (77u16, 1u8);
        let mut data = Vec::new();
        for item in [&b"quorate/1/bot-key"[..], &OT, &e.to_be_bytes(), &[b], &transfer.s] {
            data.extend_from_slice(&(item.len() as u32).to_be_bytes());
            data.extend_from_slice(item);
        }
        let points = [0, 1].map(|b| transfer.point(e.into(), b));
        let batch = Batch { ot: &OT, s: &transfer.s };
        let q = read_point(&points[1]).unwrap() + batch.hash_to_group(e, b, &points[0]);
        for item in [points[0], points[1], (q * transfer.y.expose()).compress().to_bytes()] {
            data.extend_from_slice(&32u32.to_be_bytes());
            data.extend_from_slice(&item);
        }
        assert_eq!(transfer.pairs()[usize::from(e)][1], Sha256::digest(data)[..16]);
    }

    #[test]
    fn both_points_of_a_transfer_look_alike() {
        // Over 100,096 transfers: both decode, never equal; no bit of either tells the choice.
        let mut ones = [[[0i32; 256]; 2]; 2];
        let mut count = [0i32; 2];
        for seed in 0..782 {
            let transfer = transfer(100 + seed);
            for e in 0..BASE {
                let c = transfer.choice(e);
                count[c] += 1;
                assert_ne!(transfer.point(e, 0), transfer.point(e, 1));
                for b in [0, 1] {
                    let point = transfer.point(e, b);
                    assert!(read_point(&point).is_some());
                    for (at, ones) in ones[c][b].iter_mut().enumerate() {
                        *ones += i32::from(point[at / 8] >> (at % 8) & 1);
                    }
                }
            }
        }
        // An encoding is even and below 2^255; the other bits are fair coins, six standard deviations apart at most.
        for (c, ones) in ones.iter().enumerate() {
            for ones in ones {
                assert_eq!((ones[0], ones[255]), (0, 0));
                for bit in &ones[1..255] {
                    let off = 2 * bit - count[c];
                    assert!(off * off < 36 * count[c], "{bit} of {}", count[c]);
                }
            }
        }
    }

    #[test]
    fn equal_points_in_two_instances_give_different_keys() {
        let transfer = transfer(3);
        let mut message = transfer.message.clone();
        message.copy_within(0..64, 64);
        let pairs = send(&OT, transfer.y.expose(), &message).unwrap();
        for b in [0, 1] {
            assert_ne!(pairs.expose()[0][b], pairs.expose()[1][b]);
        }
        // Nor do equal points within one instance.
        message.copy_within(0..32, 32);
        let [k0, k1] = send(&OT, transfer.y.expose(), &message).unwrap().expose()[0];
        assert_ne!(k0, k1);
    }

    #[test]
    fn keys_depend_on_the_direction() {
        let transfer = transfer(4);
        let there = transfer.pairs();
        let back = send(&[6; 32], transfer.y.expose(), &transfer.message).unwrap();
        for (e, pair) in back.expose().iter().enumerate() {
            assert!(pair.iter().all(|key| !there[e].contains(key)));
        }
    }

    #[test]
    fn nobody_computes_a_key_from_what_was_sent() {
        // Every public point, and sums and differences of two, in place of the Diffie-Hellman value; XOR of encodings; nothing.
        let transfer = transfer(5);
        let batch = Batch { ot: &OT, s: &transfer.s };
        let s = read_point(&transfer.s).unwrap();
        for (e, keys) in transfer.pairs().iter().enumerate().take(16) {
            let x = [0, 1].map(|b| transfer.point(e, b));
            let p = x.map(|x| read_point(&x).unwrap());
            let [q0, q1] = batch.sums(e as u16, (&transfer.message[64 * e..][..64].try_into().unwrap(), &p));
            let h = [q0 - p[0], q1 - p[1]];
            let known = [G, s, p[0], p[1], q0, q1, h[0], h[1]];
            let mut guesses: Vec<[u8; 32]> = alloc::vec![[0; 32], [0xff; 32]];
            for a in known {
                let a_bytes = a.compress().to_bytes();
                guesses.push(a_bytes);
                for b in known {
                    let b_bytes = b.compress().to_bytes();
                    guesses.extend([(a + b).compress().to_bytes(), (a - b).compress().to_bytes()]);
                    guesses.push(core::array::from_fn(|k| a_bytes[k] ^ b_bytes[k]));
                }
            }
            let pair = transfer.message[64 * e..][..64].try_into().unwrap();
            for guess in &guesses {
                for b in [0, 1] {
                    assert!(!keys.contains(&batch.key(e as u16, b, pair, guess)));
                }
            }
        }
    }

    #[test]
    fn a_receiver_that_knows_the_logarithm_of_the_hash_would_know_both_keys() {
        // The attack that hashing onto the group rules out, and that it is the hash alone which does: with HB = h G and h known,
        // both Q have known logarithms; with the real HB the same computation gives no second key.
        let transfer = transfer(6);
        let batch = Batch { ot: &OT, s: &transfer.s };
        let s = read_point(&transfer.s).unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let (rho, h) = (random_scalar(&mut rng), random_scalar(&mut rng));
        let q_if_known = RistrettoPoint::mul_base(rho.expose()) + RistrettoPoint::mul_base(h.expose());
        let shared = s * (rho.expose() + h.expose());
        assert_eq!(q_if_known * transfer.y.expose(), shared);

        let mut message = transfer.message.clone();
        message[..32].copy_from_slice(&public(rho.expose()));
        let pair = message[..64].try_into().unwrap();
        let real = send(&OT, transfer.y.expose(), &message).unwrap().expose()[0];
        for guess in [shared, s * rho.expose(), s * h.expose()] {
            assert!(!real.contains(&batch.key(0, 0, pair, guess.compress().as_bytes())));
        }
    }

    #[test]
    fn p2_1_every_point_is_checked() {
        let transfer = transfer(8);
        for place in 0..2 * BASE {
            let good: [u8; 32] = transfer.message[32 * place..][..32].try_into().unwrap();
            let mut negative = good;
            negative[0] |= 1;
            let mut high = good;
            high[31] |= 0x80;
            let all = [[0; 32], [0xff; 32], negative, high];
            for (k, bad) in all.iter().enumerate().filter(|(k, _)| place < 4 || place % 4 == *k) {
                let mut message = transfer.message.clone();
                message[32 * place..][..32].copy_from_slice(bad);
                let flaw = send(&OT, transfer.y.expose(), &message).err();
                assert_eq!(flaw, Some(Flaw::Point), "{place}, value {k}");
            }
        }
    }

    #[test]
    fn p2_2_a_sum_that_is_the_identity_is_refused() {
        let transfer = transfer(9);
        let batch = Batch { ot: &OT, s: &transfer.s };
        for (e, b) in [(0, 0), (0, 1), (9, 0), (63, 0), (127, 1)] {
            let mut message = transfer.message.clone();
            let cancels = -batch.hash_to_group(e, b as u8, &transfer.point(e.into(), 1 - b));
            message[64 * usize::from(e) + 32 * b..][..32].copy_from_slice(cancels.compress().as_bytes());
            assert_eq!(send(&OT, transfer.y.expose(), &message).err(), Some(Flaw::Degenerate));
            // With a point that is none in the last instance as well, it is that: P2.1 comes before P2.2.
            if e < 127 {
                message[MESSAGE_LEN - 32..].fill(0xff);
                assert_eq!(send(&OT, transfer.y.expose(), &message).err(), Some(Flaw::Point));
            }
        }
    }

    #[test]
    fn a_message_of_another_length_is_refused() {
        let transfer = transfer(10);
        for len in [0, 64, MESSAGE_LEN - 64, MESSAGE_LEN - 1] {
            assert!(send(&OT, transfer.y.expose(), &transfer.message[..len]).is_err());
        }
        for more in [1, 64] {
            let long = [&transfer.message[..], &[0; 64][..more]].concat();
            assert_eq!(send(&OT, transfer.y.expose(), &long).err(), Some(Flaw::Point), "{more}");
        }
    }
}
