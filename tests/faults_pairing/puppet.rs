//! A second implementation of a pairing, from the specification alone, whose every value a test may change. Variable time.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT as G;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256, Sha512};

pub(crate) type Bytes32 = [u8; 32];
pub(crate) type Seed = [u8; 16];

const TRANSFERS: usize = 128;

fn enc(tag: &str, items: &[&[u8]]) -> Vec<u8> {
    let tag = format!("quorate/1/{tag}");
    let items = std::iter::once(tag.as_bytes()).chain(items.iter().copied());
    items.flat_map(|x| [&(x.len() as u32).to_be_bytes()[..], x].concat()).collect()
}

pub(crate) fn h(tag: &str, items: &[&[u8]]) -> Bytes32 {
    Sha256::digest(enc(tag, items)).into()
}

fn xof64(tag: &str, items: &[&[u8]]) -> [u8; 64] {
    let block = |count: u32| h(tag, &[items, &[&count.to_be_bytes()[..]]].concat());
    [block(0), block(1)].concat().try_into().unwrap()
}

fn xor<const N: usize>(a: [u8; N], b: &[u8]) -> [u8; N] {
    std::array::from_fn(|k| a[k] ^ b[k])
}

pub(crate) fn encode(p: RistrettoPoint) -> Bytes32 {
    p.compress().to_bytes()
}

pub(crate) fn decode(bytes: &[u8]) -> Option<RistrettoPoint> {
    CompressedRistretto::from_slice(bytes).unwrap().decompress()
}

/// `HB(e, b, X)`.
pub(crate) fn hash_point(ot: &Bytes32, e: usize, b: usize, x: &[u8]) -> RistrettoPoint {
    let items = [&ot[..], &(e as u16).to_be_bytes(), &[b as u8], x];
    RistrettoPoint::from_uniform_bytes(&Sha512::digest(enc("bot-h2g", &items)).into())
}

fn key(ot: &Bytes32, e: usize, b: usize, s: &[u8], x: &[u8], shared: RistrettoPoint) -> Seed {
    let shared = encode(shared);
    let items = [&ot[..], &(e as u16).to_be_bytes(), &[b as u8], s, &x[..32], &x[32..], &shared];
    h("bot-key", &items)[..16].try_into().unwrap()
}

/// One device. A test changes fields, or what stands in `sent` before the next message is made of it.
pub(crate) struct Puppet {
    pub(crate) me: Bytes32,
    pub(crate) peer: Bytes32,
    pub(crate) sid: Bytes32,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) y: Scalar,
    pub(crate) e: Scalar,
    pub(crate) opening: [u8; 64],
    pub(crate) choices: Vec<usize>,
    pub(crate) keys: Vec<Seed>,
    pub(crate) leaves: Vec<[Seed; 4]>,
    pub(crate) zero: Bytes32,
    /// Bodies by round.
    pub(crate) sent: Vec<Vec<u8>>,
    pub(crate) got: Vec<Vec<u8>>,
}

fn scalar(rng: &mut ChaCha20Rng) -> Scalar {
    let mut wide = [0; 64];
    rng.fill_bytes(&mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}

impl Puppet {
    /// Ready with its first message.
    pub(crate) fn new(me: Bytes32, peer: Bytes32, session: [u8; 16], seed: u64) -> Self {
        let (lo, hi) = if me < peer { (me, peer) } else { (peer, me) };
        let binding = h("binding", &[&[1], &[0], &[2], &lo, &hi]);
        let sid = h("sid", &[&[1], &[1], &session, &binding]);
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let (y, e) = (scalar(&mut rng), scalar(&mut rng));
        let (mut nonce, mut opening) = ([0; 32], [0; 64]);
        rng.fill_bytes(&mut nonce);
        rng.fill_bytes(&mut opening);
        let commitment = h("pair-commit", &[&sid, &me, &opening[..32], &opening[32..]]);
        let first = [nonce, encode(G * y), encode(G * e), commitment].concat();
        let choices = (0..TRANSFERS).map(|_| rng.next_u32() as usize % 2).collect();
        let (keys, leaves, zero) = (Vec::new(), Vec::new(), [0; 32]);
        Self {
            me,
            peer,
            sid,
            rng,
            y,
            e,
            opening,
            choices,
            keys,
            leaves,
            zero,
            sent: vec![first],
            got: vec![],
        }
    }

    fn ordered<'a>(&self, mine: &'a [u8], theirs: &'a [u8]) -> [&'a [u8]; 2] {
        if self.me < self.peer { [mine, theirs] } else { [theirs, mine] }
    }

    pub(crate) fn setup(&self) -> Bytes32 {
        let [lo, hi] = self.ordered(&self.sent[0], &self.got[0]);
        h("pair-setup", &[&self.sid, lo, hi])
    }

    /// The direction in which this device sends base transfers, or the other.
    pub(crate) fn direction(&self, out: bool) -> Bytes32 {
        let (from, to) = if out { (self.me, self.peer) } else { (self.peer, self.me) };
        h("pair-ot", &[&self.setup(), &from, &to])
    }

    pub(crate) fn pad(&self, out: bool) -> [u8; 64] {
        let (from, to) = if out { (self.me, self.peer) } else { (self.peer, self.me) };
        let shared = encode(decode(&self.got[0][64..96]).unwrap() * self.e);
        xof64("pair-pad", &[&self.setup(), &from, &to, &shared])
    }

    /// Takes the peer's message of the round, and makes the next. After round 4 whether the peer confirmed.
    pub(crate) fn step(&mut self, body: &[u8]) -> bool {
        self.got.push(body.to_vec());
        let next = match self.got.len() {
            1 => self.choose(),
            2 => self.grow(),
            3 => h("pair-confirm", &[&self.id(), &self.zero, &self.me]).to_vec(),
            _ => return body == h("pair-confirm", &[&self.id(), &self.zero, &self.peer]),
        };
        self.sent.push(next);
        true
    }

    fn choose(&mut self) -> Vec<u8> {
        let (ot, s) = (self.direction(false), self.got[0][32..64].to_vec());
        let point = decode(&s).unwrap();
        let mut body = Vec::new();
        for e in 0..TRANSFERS {
            let (c, beta, rho) = (self.choices[e], scalar(&mut self.rng), scalar(&mut self.rng));
            let mut x = [[0; 32]; 2];
            x[1 - c] = encode(G * rho);
            x[c] = encode(G * beta - hash_point(&ot, e, c, &x[1 - c]));
            self.keys.push(key(&ot, e, c, &s, x.as_flattened(), point * beta));
            body.extend_from_slice(x.as_flattened());
        }
        body.extend(xor(self.opening, &self.pad(true)));
        body
    }

    fn grow(&mut self) -> Vec<u8> {
        let opening = xor(self.pad(false), &self.got[1][8192..]);
        let [lo, hi] = self.ordered(&self.opening[..32], &opening[..32]);
        self.zero = h("zero-seed", &[&self.setup(), lo, hi]);
        let (ot, s) = (self.direction(true), encode(G * self.y));
        let key_of = |e: usize, b: usize| {
            let x = &self.got[1][64 * e..][..64];
            let q = decode(&x[32 * b..][..32]).unwrap() + hash_point(&ot, e, b, &x[32 * (1 - b)..][..32]);
            key(&ot, e, b, &s, x, q * self.y)
        };
        let (mut body, mut all) = (Vec::new(), Vec::new());
        for i in 0..TRANSFERS / 2 {
            let block = (i as u16).to_be_bytes();
            let node =
                |y: usize| h("pprf-node", &[&ot, &block, &[1], &(y as u16).to_be_bytes(), &key_of(2 * i, y)]);
            let leaves: [Seed; 4] = [node(0), node(1)].concat().as_chunks().0.try_into().unwrap();
            for c in [0, 1] {
                body.extend(xor(xor(key_of(2 * i + 1, c), &leaves[c]), &leaves[2 + c]));
            }
            let value = |y: usize| h("pprf-leafchk", &[&ot, &block, &(y as u16).to_be_bytes(), &leaves[y]]);
            let values = [0, 1, 2, 3].map(value);
            body.extend(values.iter().fold([0; 32], |sum, v| xor(sum, v)));
            body.extend(h("pprf-digest", &[&ot, &block, values.as_flattened()]));
            all.push(leaves);
        }
        self.leaves = all;
        body
    }

    pub(crate) fn id(&self) -> Bytes32 {
        let [lo, hi] = self.ordered(&self.me, &self.peer);
        let mut items = vec![&self.sid[..], lo, hi];
        for round in 0..3 {
            items.extend(self.ordered(&self.sent[round], &self.got[round]));
        }
        h("pairing-id", &items)
    }

    /// As Alice: per tree the number of the missing leaf, and the others.
    pub(crate) fn punctured(&self) -> Vec<(usize, [Seed; 4])> {
        let (ot, mut trees) = (self.direction(false), Vec::new());
        for (i, body) in self.got[2].chunks(96).enumerate() {
            let [c0, c1] = [self.choices[2 * i], self.choices[2 * i + 1]];
            let (block, y) = ((i as u16).to_be_bytes(), [0, c0 as u8]);
            let known = h("pprf-node", &[&ot, &block, &[1], &y, &self.keys[2 * i]]);
            let mut leaves = [[0; 16]; 4];
            leaves[2 * c0].copy_from_slice(&known[..16]);
            leaves[2 * c0 + 1].copy_from_slice(&known[16..]);
            let sibling = xor(self.keys[2 * i + 1], &body[16 * c1..][..16]);
            leaves[2 * (1 - c0) + c1] = xor(sibling, &leaves[2 * c0 + c1]);
            trees.push((2 * (1 - c0) + 1 - c1, leaves));
        }
        trees
    }
}
