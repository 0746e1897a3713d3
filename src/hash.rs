//! Every hash of the crate: one framing, one table of tags.
//!
//! `LP(x) = u32(len x) || x`, and `enc(tag; x_1, .., x_m) = LP("quorate/1/" || tag) || LP(x_1) || .. || LP(x_m)`, which is
//! injective in the tag and the list. Then
//!
//! - `H(tag; ..) = SHA-256(enc(tag; ..))`, 32 bytes;
//! - `XOF(tag; ..; n)` = the first `n` bytes of `H(tag; .., u32(0)) || H(tag; .., u32(1)) || ..`;
//! - `H2S(tag; ..) = int(XOF(tag; ..; 64)) mod q`, big-endian on the Weierstrass curves and little-endian on edwards25519.
//!   Sixty-four bytes, so that the bias is below 2^-250 on every curve; a 32-byte reduction would leave 2^-32 on P-256.
//!
//! Where a hash is computed thousands of times per signature there is a fixed framing instead:
//!
//! - `F(tag, K, data) = SHA-256(P || data)` for a 32-byte `K` and at most 55 bytes of data, where `P` is one block: `"quorate/1/" || tag`
//!   padded with zeros to 32 bytes, then `K`. The state after `P` is kept ([`Keyed`]), so that each `F` costs one compression. `P` starts
//!   with `q`, the framing above with a zero byte, so the two never meet; `K` is always an `H` of everything long.
//!
//! Inside a protocol every hash that parties compare starts from the session's `sid` ([`crate::session::Terms::sid`]), or from a digest that
//! contains it. A tag is used with one function and one list of fields.

use alloc::vec::Vec;

#[cfg(feature = "ecdsa")]
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;
#[cfg(feature = "ecdsa")]
use zeroize::ZeroizeOnDrop;

use crate::curve::Curve;
use crate::party::PartyId;
use crate::secret::verdict;

macro_rules! tags {
    ($($name:ident = $text:literal, $place:literal;)*) => {
        /// The domain tags, each with its place.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[cfg_attr(
            not(all(
                feature = "frost", feature = "ecdsa", feature = "secp256k1",
                feature = "channel", feature = "vault", feature = "approval", feature = "passkey", feature = "quote"
            )),
            allow(dead_code)
        )]
        pub(crate) enum Tag { $(#[doc = $place] $name,)* }
        impl Tag {
            const fn text(self) -> &'static str {
                match self { $(Self::$name => concat!("quorate/1/", $text),)* }
            }
            /// The tag as the first item of everything hashed: its length in 4 bytes, and its text.
            #[cfg(any(feature = "channel", feature = "vault", feature = "quote"))]
            pub(crate) fn framed(self) -> Vec<u8> {
                let text = self.text().as_bytes();
                [&(text.len() as u32).to_be_bytes(), text].concat()
            }

            #[cfg(test)]
            const ALL: &[(Self, &'static str)] = &[$((Self::$name, $text),)*];
        }
    };
}

tags! {
    Roster = "roster", "hash of a roster: count, then per member id and identity key";
    Binding = "binding", "terms of a run: protocol, scheme, t, n, roster hash, items of the protocol";
    Sid = "sid", "what every hash of a run starts from: version, protocol, session id, binding";
    View = "view", "digest of a round's messages to all";
    Snapshot = "snapshot", "name of a run at one party, for its start and its snapshots: sid, party";
    SigEnvelope = "sig-envelope", "signed envelope: header, body";
    SigCert = "sig-cert", "signed key certificate";
    SigSetCert = "sig-set-cert", "signed certificate of a key set: the digests of all its keys, in order";
    DkgCommit = "dkg-commit", "key generation round 1: commitment to the polynomial and the chain code part";
    DkgPokComb = "dkg-pok-comb", "combination of coefficients that is proved known";
    DkgPokChal = "dkg-pok-chal", "challenge of that proof";
    DkgPokBatch = "dkg-pok-batch", "batch of proofs: e1, 32 random bytes, then id, R, z of each";
    DkgPokWeight = "dkg-pok-weight", "weight of one proof in a batch: digest of the batch, id";
    DkgPad = "dkg-pad", "one-time pad of an encrypted share";
    DkgDleq = "dkg-dleq", "challenge of a complaint's proof of equal discrete logarithms";
    FrostSearch = "frost-search", "batch of signature shares: R, then id, commitments and share of each";
    FrostWeight = "frost-weight", "weight of one signature share in a batch: digest of the batch, id";
    ChainCode = "chain-code", "chain code from all parties' parts";
    Cert = "cert", "key certificate";
    KeyId = "key-id", "name of a key";
    EpochId = "epoch-id", "name of one sharing of a key";
    OwnDerive = "own-derive", "one step of our own derivation: u8 scheme, chain code, public key, index, attempt";
    PairSetup = "pair-setup", "what every later hash of a pairing starts from: sid, both first messages";
    PairOt = "pair-ot", "one direction of a pairing's base transfers: pair-setup, sender's and receiver's identity";
    PairCommit = "pair-commit", "commitment to a part of the zero-sharing seed: sid, identity, part, salt";
    PairPad = "pair-pad", "pad of that part's opening: pair-setup, sender's and receiver's identity, shared point";
    ZeroSeed = "zero-seed", "zero-sharing seed of a pairing: pair-setup, both parts";
    BotH2g = "bot-h2g", "base transfer, hash to the group: direction, instance, choice, the other point";
    BotKey = "bot-key", "base transfer, key: direction, instance, choice, S, both points, shared point";
    PprfNode = "pprf-node", "all-but-one tree: direction, block, level, node, its key";
    PprfLeafchk = "pprf-leafchk", "all-but-one proof, one leaf: direction, block, leaf, its key";
    PprfDigest = "pprf-digest", "all-but-one proof, one block: direction, block, all leaf values";
    PairingId = "pairing-id", "name of a pairing: sid, both identities, all messages";
    PairConfirm = "pair-confirm", "confirmation of a pairing: its id, zero-sharing seed, identity";
    PairBinding = "pair-binding", "binding of a private signing message: binding, pairing id";
    PairSid = "pair-sid", "one use of one direction of a pairing: sid, pairing id, Alice, Bob";
    SsLeafKey = "ss-leaf-key", "extension, key of the rows: use, Bob's nonce";
    SsFoldKey = "ss-fold-key", "extension, key of the fold: use, Bob's nonce, u";
    SsT = "ss-T", "extension, digest of the folds: use, Bob's nonce, 128 folds";
    SsPadKey = "ss-pad-key", "extension, key of the pads: use, Alice's nonce, Bob's nonce";
    SsLeafRow = "ss-leaf-row", "fixed framing, one block of a row: block, leaf, counter, leaf key";
    SsPadOut = "ss-pad-out", "fixed framing, one block of a pad: column, counter, zero, column of the matrix";
    Gadget = "gadget", "gadget vector of the multiplication: curve, its length, index";
    RvThetaSeed = "rv-theta-seed", "multiplication, digest of Alice's message: use, both nonces, message";
    RvThetaI = "rv-theta-i", "multiplication, weight of a column in the check: that digest, index";
    RvMu = "rv-mu", "multiplication, the check: use, both nonces, 416 scalars";
    SignCommit = "sign-commit", "commitment to a nonce point: sid, party, point, salt";
    SignView1 = "sign-view1", "view of all commitments: sid, per party id and commitment";
    SignView2 = "sign-view2", "view of all openings: sid, per party id, nonce point, key point";
    ZeroShare = "zero-share", "zero share of a pair: seed, sid, view, both ids";
    SignItem = "sign-item", "one message of a batch, in place of the sid: sid, index";
    SignWeight = "sign-weight", "weight of one signature of a batch when all are verified: random bytes, every body of the round, index";
    PresigSpend = "presig-spend", "name by which a device spends a stored presignature: its id, party";
    Cluster = "cluster", "hash of a cluster: its id, revision, roster hash";
    ChHs = "ch/hs", "handshake: its name, from the first message";
    ChT1 = "ch/t1", "handshake transcript to the responder's signature";
    ChT2 = "ch/t2", "handshake transcript to the responder's confirmation";
    ChT3 = "ch/t3", "handshake transcript to the initiator's signature";
    ChT4 = "ch/t4", "handshake transcript to the initiator's confirmation";
    ChT5 = "ch/t5", "handshake transcript, whole";
    ChResp = "ch/resp", "signed by the responder: t1";
    ChInit = "ch/init", "signed by the initiator: t3";
    ChConfirm = "ch/confirm", "HKDF: confirmation keys";
    ChTraffic = "ch/traffic", "HKDF: traffic keys";
    ChId = "ch/id", "name of a channel: t5";
    VaultKek = "vault/kek", "HKDF: key that wraps a container's data key";
    VaultCtx = "vault/ctx", "what a slot is bound to: fixed header, type, salt, params";
    VaultCommit = "vault/commit", "HKDF: commitment to the data key";
    VaultSlotCommit = "vault/slot-commit", "HKDF: commitment to a slot's key";
    VaultBody = "vault/body", "HKDF: key of the body";
    VaultSlots = "vault/slots", "HKDF: key of the MAC over the slots";
    VaultChain = "vault/chain", "hash of a backup: fixed header, ciphertext";
    PrfDerive = "prf/derive", "HKDF: key derived from a passkey's PRF output";
    Req = "req", "hash of a signing request";
    Challenge = "challenge", "WebAuthn challenge: purpose, hash of the request or batch";
    Batch = "batch", "hash of a batch: count, hashes of its requests";
    Login = "login", "login challenge: rp id, nonce";
    ApproveSig = "approve/sig", "signed by an approver's key: challenge";
    Policy = "policy", "hash of a compiled policy";
    Approvers = "approvers", "hash of a set of approvers: revision, count, entries";
    Trace = "trace", "hash of a decision's trace";
    QuoteMac = "quote/mac", "MAC of a quote: its fields";
    QuoteNonce = "quote/nonce", "payment nonce of a quote: its fields";
    PayNonce = "pay/nonce", "name of a payment nonce: network, asset, from, nonce";
    PayBody = "pay/body", "hash of a payment";
    Outcome = "outcome", "what a request ended with: signature, or a word";
    ReshareOnce = "reshare-once", "name of the one reshare of an epoch: key id, epoch";
    TotpUsed = "totp/used", "name of a used TOTP step: approver, step";
    AuditGenesis = "audit/genesis", "start of an audit log: cluster id, party, log id, head of the log it continues";
    AuditRecord = "audit/record", "hash of an audit record";
    AuditCheck = "audit/check", "signed checkpoint of an audit log: log id, seq, head, now";
    DpkCred = "dpk/cred", "credential id of a distributed passkey: public key, rp id";
    SessionRng = "session-rng", "random bytes of a round of signing or repair: fresh bytes, share, sid, round";
}

/// `H`, `XOF` and `H2S` over a tagged, length-framed list.
#[derive(Clone)]
pub(crate) struct Transcript(Sha256);

impl Transcript {
    pub(crate) fn new(tag: Tag) -> Self {
        Self(Sha256::new()).bytes(tag.text().as_bytes())
    }

    /// One item.
    pub(crate) fn bytes(self, item: &[u8]) -> Self {
        self.parts(&[item])
    }

    /// One item that stands in several places.
    pub(crate) fn parts(mut self, parts: &[&[u8]]) -> Self {
        let len: usize = parts.iter().map(|p| p.len()).sum();
        self.0.update((len as u32).to_be_bytes());
        for part in parts {
            self.0.update(part);
        }
        self
    }

    /// Starts one item of `len` bytes, which [`Transcript::feed`] brings.
    #[cfg(feature = "ecdsa")]
    pub(crate) fn begin(mut self, len: usize) -> Self {
        self.0.update((len as u32).to_be_bytes());
        self
    }

    /// Some bytes of the item begun.
    #[cfg(feature = "ecdsa")]
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(crate) fn u8(self, item: u8) -> Self {
        self.bytes(&[item])
    }

    pub(crate) fn u16(self, item: u16) -> Self {
        self.bytes(&item.to_be_bytes())
    }

    pub(crate) fn u32(self, item: u32) -> Self {
        self.bytes(&item.to_be_bytes())
    }

    pub(crate) fn party(self, id: PartyId) -> Self {
        self.u16(id.get())
    }

    /// `H`.
    pub(crate) fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    /// `XOF`, filling `out`.
    pub(crate) fn fill(self, out: &mut [u8]) {
        for (count, chunk) in (0u32..).zip(out.chunks_mut(32)) {
            let mut block = self.clone().u32(count).finish();
            chunk.copy_from_slice(block.get(..chunk.len()).unwrap_or(&[]));
            block.zeroize();
        }
    }

    /// `H2S`.
    pub(crate) fn scalar<C: Curve>(self) -> C::Scalar {
        let mut wide = [0u8; 64];
        self.fill(&mut wide);
        let scalar = C::scalar_from_wide(&wide);
        wide.zeroize();
        scalar
    }
}

/// `F` under one tag and key: SHA-256's state after the block `P`.
#[cfg(feature = "ecdsa")]
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Keyed([u32; 8]);

#[cfg(feature = "ecdsa")]
impl Keyed {
    /// The initial state of SHA-256 (FIPS 180-4, section 5.3.3).
    const INITIAL: [u32; 8] = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];

    pub(crate) fn new(tag: Tag, key: &[u8; 32]) -> Self {
        let mut block = [0; 64];
        let (name, rest) = block.split_at_mut(32);
        name.iter_mut().zip(tag.text().bytes()).for_each(|(to, from)| *to = from);
        rest.copy_from_slice(key);
        let mut state = Self::INITIAL;
        compress256(&mut state, &[block]);
        Self(state)
    }

    /// `F` of each of `B` inputs of `N <= 55` bytes, as SHA-256's eight big-endian words. Data, padding and the length of both blocks
    /// fill the second block. All are laid out before the first is compressed: that lets the processor overlap them.
    #[inline]
    pub(crate) fn words<const N: usize, const B: usize>(&self, data: &[[u8; N]; B]) -> [[u32; 8]; B] {
        const { assert!(N <= 55, "two compressions") };
        let mut blocks = [[0; 64]; B];
        for (block, data) in blocks.iter_mut().zip(data) {
            if let Some(start) = block.first_chunk_mut::<N>() {
                *start = *data;
            }
            if let Some(end) = block.get_mut(N) {
                *end = 0x80;
            }
            if let Some(length) = block.last_chunk_mut::<8>() {
                *length = ((64 + N as u64) * 8).to_be_bytes();
            }
        }
        let mut states = [self.0; B];
        for (state, block) in states.iter_mut().zip(&blocks) {
            compress256(state, core::slice::from_ref(block));
        }
        states
    }
}

/// `SHA-512(enc(tag; ..))`, 64 bytes: what `H2G`, hashing to ristretto255, maps to the group (RFC 9496 section 4.3.4).
#[cfg(feature = "ecdsa")]
pub(crate) fn wide(tag: Tag, items: &[&[u8]]) -> [u8; 64] {
    let mut hash = sha2::Sha512::new();
    for item in core::iter::once(&tag.text().as_bytes()).chain(items) {
        hash.update((item.len() as u32).to_be_bytes());
        hash.update(item);
    }
    hash.finalize().into()
}

/// Bytes that [`close`] appends.
pub(crate) const DIGEST_LEN: usize = 32;

/// Ends a stored form with its own SHA-256. Against malice only the seal helps; this is against a bad disk.
pub(crate) fn close(form: &mut Vec<u8>) {
    let digest = sha256(form);
    form.extend_from_slice(&digest);
}

/// The content of a form that [`close`] ended; `None` if a bit is wrong.
pub(crate) fn closed(form: &[u8]) -> Option<&[u8]> {
    let (content, digest) = form.split_last_chunk::<DIGEST_LEN>()?;
    // A form that is not whole is refused, which shows; how much of its digest is right does not.
    let whole = verdict(sha256(content).ct_eq(digest));
    whole.then_some(content)
}

/// SHA-256 of one byte string, unframed: body hashes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_distinct_and_prefix_free() {
        for (i, (_, a)) in Tag::ALL.iter().enumerate() {
            for (j, (_, b)) in Tag::ALL.iter().enumerate() {
                assert!(i == j || !b.starts_with(a), "{a} is a prefix of {b}");
            }
        }
    }

    #[test]
    fn framing_is_injective_at_the_seams() {
        let h =
            |items: &[&[u8]]| items.iter().fold(Transcript::new(Tag::Sid), |t, item| t.bytes(item)).finish();
        assert_ne!(h(&[b"ab", b"c"]), h(&[b"a", b"bc"]));
        assert_ne!(h(&[b"abc"]), h(&[b"abc", b""]));
        assert_eq!(h(&[b"abc"]), Transcript::new(Tag::Sid).parts(&[b"a", b"bc"]).finish());
    }

    /// Computed by another program from the framing above.
    #[test]
    fn no_item_and_an_empty_item_are_told_apart() {
        let hex = |hash: [u8; 32]| {
            hash.iter().map(|byte| alloc::format!("{byte:02x}")).collect::<Vec<_>>().concat()
        };
        let none = "9e6cf0a0113b4ab939547ef7e26a48d48a6764cd44ee29ae3d2f97e3a955d017";
        let one = "e957e6b7afb7d623d37cd061c8c2ad150a94ef5d56f399e5e6b79275462b1ede";
        assert_eq!(hex(Transcript::new(Tag::Req).finish()), none);
        assert_eq!(hex(Transcript::new(Tag::Req).bytes(&[]).finish()), one);
    }

    #[cfg(feature = "ecdsa")]
    #[test]
    fn the_fixed_framing_is_sha256_of_the_padded_tag_the_key_and_the_data() {
        fn check<const N: usize>() {
            let (key, data) = ([7; 32], [9; N]);
            let mut input = b"quorate/1/ss-pad-out".to_vec();
            input.resize(32, 0);
            input.extend_from_slice(&key);
            input.extend_from_slice(&data);
            let [_, words] = Keyed::new(Tag::SsPadOut, &key).words(&[[0; N], data]);
            assert_eq!(words.map(u32::to_be_bytes).as_flattened(), sha256(&input));
        }
        check::<0>();
        check::<20>();
        check::<21>();
        check::<55>();
    }

    #[test]
    fn xof_is_a_prefix_of_its_longer_self() {
        let (mut a, mut b) = ([0u8; 40], [0u8; 64]);
        Transcript::new(Tag::DkgPad).fill(&mut a);
        Transcript::new(Tag::DkgPad).fill(&mut b);
        assert_eq!(a[..], b[..40]);
        assert_eq!(b[32..], Transcript::new(Tag::DkgPad).u32(1).finish());
    }
}
