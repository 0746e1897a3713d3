//! Every line of `tests/vectors/known_answers.txt` against the code that computes it: hashes, messages and stored forms,
//! byte for byte. The file says how the inputs are made.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::vec::Vec;
use core::convert::Infallible;

use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

use crate::curve::{
    Curve, EcdsaP256, EcdsaSecp256k1, Ed25519, FrostEd25519, P256, Secp256k1, encode_point, write_scalar,
};
use crate::hash::{Tag, Transcript};
use crate::party::PartyId;
use crate::proof::commit::Opening;
use crate::session::{Terms, view};
use crate::wire::{Header, Kind, SessionId};

mod ecdsa;
mod keys;
mod transfers;

const FILE: &str = include_str!("../../tests/vectors/known_answers.txt");

/// The lines of the file: name, value, and whether it was checked.
struct Answers(BTreeMap<&'static str, (Vec<u8>, bool)>);

impl Answers {
    fn read() -> Self {
        let lines = FILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut answers = BTreeMap::new();
        for (name, value) in lines.map(|line| line.split_once(" = ").unwrap()) {
            let line = (hex::decode(value).unwrap(), false);
            assert!(answers.insert(name, line).is_none(), "{name} stands twice");
        }
        Self(answers)
    }

    fn get(&self, name: &str) -> Vec<u8> {
        self.0.get(name).unwrap_or_else(|| panic!("no line {name}")).0.clone()
    }

    fn check(&mut self, name: &str, found: &[u8]) {
        let (known, checked) = self.0.get_mut(name).unwrap_or_else(|| panic!("no line {name}"));
        assert_eq!(hex::encode(found), hex::encode(known), "{name}");
        assert!(!core::mem::replace(checked, true), "{name} is checked twice");
    }

    fn check_scalar<C: Curve>(&mut self, name: &str, found: &C::Scalar) {
        let mut bytes = Vec::new();
        write_scalar::<C>(found, &mut bytes);
        self.check(name, &bytes);
    }
}

fn bytes(name: &str, len: usize) -> Vec<u8> {
    let block = |i: u8| {
        let start = Sha256::new().chain_update(b"vector-").chain_update(name);
        if i == 0 { start.finalize() } else { start.chain_update([i]).finalize() }
    };
    (0..).flat_map(block).take(len).collect()
}

fn b<const N: usize>(name: &str) -> [u8; N] {
    bytes(name, N).try_into().unwrap()
}

/// The random bytes of one party: the n-th request, from 0, gets `b(draw-i-n, length)`; without a count, every request
/// `b(draw-i-last, length)`.
struct Draws(u16, Option<usize>);

impl Draws {
    fn new(number: u16) -> Self {
        Self(number, Some(0))
    }
}

impl TryRng for Draws {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("protocols ask for bytes")
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("protocols ask for bytes")
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let name = self.1.map_or_else(|| format!("draw-{}-last", self.0), |n| format!("draw-{}-{n}", self.0));
        out.copy_from_slice(&bytes(&name, out.len()));
        self.1 = self.1.map(|n| n + 1);
        Ok(())
    }
}

impl TryCryptoRng for Draws {}

/// Random bytes given beforehand, of the lengths that are asked for.
struct Given(VecDeque<Vec<u8>>);

impl Given {
    fn new(list: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self(list.into_iter().collect())
    }
}

impl TryRng for Given {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("protocols ask for bytes")
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("protocols ask for bytes")
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.0.pop_front().expect("bytes for every request"));
        Ok(())
    }
}

impl TryCryptoRng for Given {}

fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

/// `2G || 3G`.
fn two_points<C: Curve>() -> Vec<u8> {
    [2, 3].iter().flat_map(|k| encode_point::<C>(&C::mul_base(&C::Scalar::from(*k))).unwrap()).collect()
}

#[test]
fn every_line_of_the_file_is_what_we_compute() {
    let mut answers = Answers::read();
    hashes(&mut answers);
    certificate(&mut answers);
    answers.check("roster", keys::roster().hash());
    let secp256k1 = keys::key_generation::<EcdsaSecp256k1>(&mut answers);
    let p256 = keys::key_generation::<EcdsaP256>(&mut answers);
    let ed25519 = keys::key_generation::<FrostEd25519>(&mut answers);
    keys::signing(&mut answers, &ed25519);
    commitments::<Secp256k1>(&mut answers);
    commitments::<P256>(&mut answers);
    commitments::<Ed25519>(&mut answers);
    transfers::check(&mut answers);
    let pairings = ecdsa::pairing(&mut answers);
    ecdsa::signing(&mut answers, &secp256k1, &pairings);
    ecdsa::signing(&mut answers, &p256, &pairings);
    let unchecked: Vec<_> =
        answers.0.iter().filter(|(_, (_, checked))| !checked).map(|(name, _)| name).collect();
    assert!(unchecked.is_empty(), "not checked: {unchecked:?}");
}

fn hashes(answers: &mut Answers) {
    let h = Transcript::new(Tag::Sid).bytes(&b::<32>("a")).bytes(&b::<32>("c")).finish();
    answers.check("H(sid; b(a), b(c))", &h);
    fn scalar<C: Curve>(answers: &mut Answers) {
        let found = Transcript::new(Tag::DkgPad).bytes(&b::<32>("a")).scalar::<C>();
        answers.check_scalar::<C>(&format!("H2S(dkg-pad; b(a)) on {}", C::NAME), &found);
    }
    scalar::<Secp256k1>(answers);
    scalar::<P256>(answers);
    scalar::<Ed25519>(answers);

    let roster = Transcript::new(Tag::Roster).u16(2);
    let roster = roster.parts(&[&[0, 1], &b::<32>("id1")]).parts(&[&[0, 3], &b::<32>("id3")]).finish();
    answers.check("roster of bytes", &roster);
    let nine = encode_point::<Secp256k1>(&Secp256k1::mul_base(&9u64.into())).unwrap();
    let start = Transcript::new(Tag::Binding).u8(6).u8(1).u16(2).u16(2).bytes(&roster);
    let items = start.bytes(&b::<32>("key")).u32(7).bytes(&b::<32>("epoch")).bytes(&[0, 1, 0, 3]);
    let binding = items.bytes(&nine).u32(44).u8(1).bytes(&b::<32>("digest")).finish();
    answers.check("binding of bytes", &binding);
    let terms = Terms { protocol: 6, session: SessionId(b("session")), binding, me: id(1), roster: [0; 32] };
    answers.check("sid of bytes", &terms.sid());

    let known = answers.get("header");
    let binding = *known.last_chunk().unwrap();
    let header = Terms { binding, ..terms }.header(2, Kind::Direct, id(1), Some(id(3)));
    assert_eq!(Header::split(&known), Some((header, &[][..])));
    answers.check("header", &header.to_bytes());

    let hashes = [(1, "x"), (3, "y")].map(|(i, name)| (id(i), Sha256::digest(bytes(name, 40)).into()));
    answers.check("view of bytes", &view(&terms.sid(), 1, &hashes));
    let points = two_points::<Secp256k1>();
    let opening = Opening { points: &points, chain: &b::<32>("cc"), salt: &b("salt") };
    answers.check("dkg-commit", &opening.commit(&terms.sid(), id(1)));
}

fn certificate(answers: &mut Answers) {
    let (sid, roster) = (answers.get("sid of bytes"), answers.get("roster of bytes"));
    let start = Transcript::new(Tag::Cert).bytes(&sid).u32(0).bytes(&[0; 32]).bytes(&b::<32>("e1"));
    let cert = start.bytes(&b::<32>("e2")).u8(1).u16(2).bytes(&roster).bytes(&two_points::<Secp256k1>());
    let cert = cert.bytes(&b::<32>("chain")).finish();
    answers.check("cert", &cert);
    let key_id = Transcript::new(Tag::KeyId).u8(1).bytes(&cert).finish();
    answers.check("key id", &key_id);
    answers.check("epoch id", &Transcript::new(Tag::EpochId).bytes(&key_id).u32(0).bytes(&cert).finish());
    answers.check("sig-cert digest", &Transcript::new(Tag::SigCert).bytes(&cert).finish());
}

fn commitments<C: Curve>(answers: &mut Answers) {
    let points = two_points::<C>();
    let opening = Opening { points: &points, chain: &b::<32>("cc"), salt: &b("salt") };
    answers.check(&format!("{} dkg-commit", C::NAME), &opening.commit(&b("sid"), id(1)));
}
