//! Trees, extension, multiplication, and the hashes around them.

use alloc::format;
use alloc::vec::Vec;

use curve25519_dalek::{RistrettoPoint, Scalar};
use sha2::{Digest, Sha256};

use super::{Answers, Given, b, bytes, id};
use crate::curve::{Curve, P256, Secp256k1, encode_point, write_scalar};
use crate::hash::{Keyed, Tag, Transcript, wide};
use crate::ot::extension::{self, Chosen, Extended, choose, extend};
use crate::ot::fold::Fold;
use crate::ot::row::{COLUMNS, Row};
use crate::ot::{BASE, DEPTH, Seed, pprf};
use crate::secret::Secret;
use crate::vole::{self, Receiver, VoleCurve, known, multiply};
use crate::zero;

pub(super) fn check(answers: &mut Answers) {
    hashes(answers);
    zero_shares::<Secp256k1>(answers);
    zero_shares::<P256>(answers);
    let trees = trees::<DEPTH>(answers);
    let at = extension::<DEPTH>(answers, &trees);
    pads::<DEPTH>(answers, at);
    multiplication::<Secp256k1>(answers, &trees);
    multiplication::<P256>(answers, &trees);
    let trees = self::trees::<4>(answers);
    let at = extension::<4>(answers, &trees);
    pads::<4>(answers, at);
}

fn hashes(answers: &mut Answers) {
    let mut xof = [0; 64];
    Transcript::new(Tag::PairPad).bytes(&b::<32>("a")).fill(&mut xof);
    answers.check("XOF(pair-pad; b(a); 64)", &xof);
    let point = RistrettoPoint::mul_base(&Scalar::from(3u8)).compress();
    let hash = wide(Tag::BotH2g, &[&b::<32>("ot"), &[0, 5], &[1], point.as_bytes()]);
    let hash = RistrettoPoint::from_uniform_bytes(&hash).compress();
    answers.check("H2G(bot-h2g; b(ot), 5, 1, 3G)", hash.as_bytes());
    let [words] = Keyed::new(Tag::SsPadOut, &b("K")).words(&[b::<20>("data")]);
    answers.check("F(ss-pad-out, b(K), b(data, 20))", words.map(u32::to_be_bytes).as_flattened());

    let (binding, sid, pairing) = (answers.get("binding of bytes"), sid(answers), b::<32>("pid"));
    let found = Transcript::new(Tag::PairBinding).bytes(&binding).bytes(&pairing).finish();
    answers.check("pair binding of bytes", &found);
    let found = Transcript::new(Tag::PairSid).bytes(&sid).bytes(&pairing).u16(1).u16(3).finish();
    answers.check("pair sid of bytes", &found);
    let five = encode_point::<Secp256k1>(&Secp256k1::mul_base(&5u64.into())).unwrap();
    let found = Transcript::new(Tag::SignCommit).bytes(&sid).u16(1).bytes(&five).bytes(&b::<32>("salt"));
    answers.check("sign-commit", &found.finish());
}

fn sid(answers: &Answers) -> [u8; 32] {
    answers.get("sid of bytes").try_into().unwrap()
}

fn psid(answers: &Answers) -> [u8; 32] {
    answers.get("pair sid of bytes").try_into().unwrap()
}

/// The higher id adds what the lower one takes away.
fn zero_shares<C: Curve>(answers: &mut Answers) {
    let (seed, sid, view) = (Secret::new(b("zero")), sid(answers), b("V1"));
    let [mut low, mut high] = [C::Scalar::from(0); 2];
    zero::add::<C>(&mut low, &seed, &sid, &view, [id(1), id(3)]);
    zero::add::<C>(&mut high, &seed, &sid, &view, [id(3), id(1)]);
    assert_eq!(low + high, C::Scalar::from(0));
    answers.check_scalar::<C>(&format!("{} zero share", C::NAME), &high);
}

/// One direction of a pairing.
struct Trees {
    leaves: Secret<Vec<Seed>>,
    delta: Secret<[u8; 16]>,
    punctured: Secret<Vec<Seed>>,
}

fn trees<const K: usize>(answers: &mut Answers) -> Trees {
    let name = |what: &str| format!("depth {K} {what}");
    let keys: Vec<[Seed; 2]> = (0..BASE).map(|e| [0, 1].map(|c| b(&format!("K{e}.{c}")))).collect();
    let choices = b::<16>("choice");
    let chosen: Vec<_> = (0..BASE).map(|e| keys[e][usize::from(choices[e / 8] >> (e % 8) & 1)]).collect();
    let (leaves, message) = pprf::expand::<K>(&b("ot"), &keys);
    let (delta, punctured) = pprf::puncture::<K>(&b("ot"), &choices, &chosen, &message).unwrap();
    answers.check(&name("trees"), &Sha256::digest(&message));
    answers.check(&name("leaves"), &Sha256::digest(leaves.expose().as_flattened()));
    answers.check(&name("Delta"), delta.expose());
    answers.check(&name("permuted leaves"), &Sha256::digest(punctured.expose().as_flattened()));
    Trees { leaves, delta, punctured }
}

/// Bob's nonce, choices and mask.
fn bob() -> Given {
    Given::new([bytes("nB", 32), [bytes("beta", 52), bytes("tau", 16)].concat()])
}

/// Both sides; `t_415`.
fn extension<const K: usize>(answers: &mut Answers, trees: &Trees) -> u128 {
    let name = |what: &str| format!("depth {K} {what}");
    let (psid, nonce) = (psid(answers), b::<32>("nB"));
    let key = Transcript::new(Tag::SsLeafKey).bytes(&psid).bytes(&nonce).finish();
    let row = Row::expand(&Keyed::new(Tag::SsLeafRow, &key), [[0, 0], [0, 1]], &trees.leaves.expose()[1]);
    answers.check(&name("row"), &row.to_bytes());

    let mut message = Vec::new();
    let Chosen { columns: t, .. } = choose::<K>(&psid, trees.leaves.expose(), &mut bob(), &mut message);
    assert_eq!(message.len(), extension::message_len::<K>());
    let (first, rest) = message.split_at(32);
    let (rest, digest) = rest.split_at(rest.len() - 32);
    let (u, folded) = rest.split_at(rest.len() - 16);
    assert_eq!(first, nonce);
    answers.check(&name("u"), &Sha256::digest(u));
    let key = Transcript::new(Tag::SsFoldKey).bytes(&psid).bytes(&nonce).bytes(u).finish();
    let key: Seed = *key.first_chunk().unwrap();
    answers.check(&name("fold key"), &key);
    let folded_row = Fold::new(&key).row(&Row::from_bytes(&b("row")));
    answers.check(&name("fold of b(row, 68)"), &folded_row.to_le_bytes());
    answers.check(&name("folded choices"), folded);
    answers.check(&name("digest of folds"), digest);

    let q = alice::<K>(&psid, trees, &message).columns;
    for at in [0, COLUMNS - 1] {
        answers.check(&name(&format!("q_{at}")), &q.expose()[at].to_le_bytes());
        answers.check(&name(&format!("t_{at}")), &t.expose()[at].to_le_bytes());
    }
    t.expose()[COLUMNS - 1]
}

fn alice<const K: usize>(psid: &[u8; 32], trees: &Trees, message: &[u8]) -> Extended {
    let (punctured, delta) = (trees.punctured.expose(), trees.delta.expose());
    let (extended, passed) = extend::<K>(psid, punctured, delta, message).unwrap();
    assert!(bool::from(passed));
    extended
}

fn list<C: Curve>(scalars: &[C::Scalar]) -> Vec<u8> {
    let mut bytes = Vec::new();
    scalars.iter().for_each(|scalar| write_scalar::<C>(scalar, &mut bytes));
    bytes
}

fn pads<const K: usize>(answers: &mut Answers, t: u128) {
    fn check<C: VoleCurve, const K: usize>(answers: &mut Answers, t: u128) {
        let pad = known::pad::<C>([&psid(answers), &b("nA"), &b("nB")], COLUMNS as u16 - 1, t);
        answers.check(&format!("{} depth {K} pad", C::NAME), &list::<C>(&pad));
    }
    check::<Secp256k1, K>(answers, t);
    check::<P256, K>(answers, t);
}

fn multiplication<C: VoleCurve>(answers: &mut Answers, trees: &Trees) {
    let name = |what: &str| format!("{} {what}", C::NAME);
    let gadget = known::gadget::<C>();
    assert_eq!(gadget.len(), COLUMNS);
    answers.check_scalar::<C>(&name("g_0"), &gadget[0]);
    answers.check_scalar::<C>(&name("g_415"), &gadget[COLUMNS - 1]);
    let scalar = |name: &str| C::scalar_from_wide(&b(name));
    let (psid, alices, bobs) = (psid(answers), b("nA"), b("nB"));
    let numbers = (0..COLUMNS).flat_map(|j| (0..3).map(move |w| format!("at{j}.{w}")));
    let masked: Vec<_> = numbers.map(|name| scalar(&name)).collect();
    let weights = known::weights::<C>([&psid, &alices, &bobs], &list::<C>(&masked));
    answers.check(&name("weights"), &list::<C>(&weights));

    let mut message = Vec::new();
    let bob = Receiver::<C>::start(&psid, trees.leaves.expose(), &mut bob(), &mut message);
    let extended = alice::<DEPTH>(&psid, trees, &message);
    let (inputs, mut message) = ([scalar("a1"), scalar("a2")], Vec::new());
    let mut given = Given::new([bytes("nA", 32), bytes("ahat", 64)]);
    let [first, second] = &inputs;
    let delta = trees.delta.expose();
    let c = multiply::<C>(&psid, &extended, delta, [first, second], &mut given, &mut message);
    let d = known::finish(&bob, &psid, &message);
    answers.check_scalar::<C>(&name("product b"), bob.factor().expose());
    answers.check(&name("product c"), &list::<C>(c.expose()));
    answers.check(&name("product d"), &list::<C>(d.expose()));
    for at in [0, 1] {
        assert_eq!(c.expose()[at] + d.expose()[at], inputs[at] * bob.factor().expose());
    }
    assert_eq!(message.len(), vole::MESSAGE_LEN);
    answers.check(&name("product eta"), &message[message.len() - 64..message.len() - 32]);
    answers.check(&name("product mu"), &message[message.len() - 32..]);
    answers.check(&name("product message"), &Sha256::digest(&message));
}

/// Numbers of `len` bytes that a string spells, one after the other, modulo q.
fn reduced<C: Curve>(string: &[u8], len: usize, count: usize) -> Vec<C::Scalar> {
    let number = |part: &[u8]| {
        let mut wide = [0; 64];
        wide[64 - len..].copy_from_slice(part);
        C::scalar_from_wide(&wide)
    };
    string.chunks_exact(len).take(count).map(number).collect()
}

/// A reduction of 32 bytes is biased by 2^-32 on P-256; only the pads of secp256k1 may have it, and only the pads of P-256 have 48.
#[test]
fn reductions_of_32_48_and_64_bytes_are_told_apart() {
    fn pad<C: VoleCurve>(right: usize) {
        let (psid, alices, bobs, z) = (b("psid"), b("nA"), b("nB"), b::<16>("z"));
        let key = Transcript::new(Tag::SsPadKey).bytes(&psid).bytes(&alices).bytes(&bobs).finish();
        let key = Keyed::new(Tag::SsPadOut, &key);
        let block = |count: u8| {
            let mut data = [0; 20];
            data[..4].copy_from_slice(&[1, 2, count, 0]);
            data[4..].copy_from_slice(&z);
            let [words] = key.words(&[data]);
            words.map(u32::to_be_bytes)
        };
        let string: Vec<u8> = (0..6).flat_map(|count| block(count).as_flattened().to_vec()).collect();
        let found = known::pad::<C>([&psid, &alices, &bobs], 0x0102, u128::from_le_bytes(z));
        for len in [32, 48, 64] {
            assert_eq!(reduced::<C>(&string, len, 3) == found, len == right, "{} bytes on {}", len, C::NAME);
        }
    }
    pad::<Secp256k1>(32);
    pad::<P256>(48);
    fn scalar<C: Curve>() {
        let start = Transcript::new(Tag::DkgPad).bytes(&b::<32>("a"));
        let mut string = [0; 64];
        start.clone().fill(&mut string);
        let found = start.scalar::<C>();
        for len in [32, 48, 64] {
            assert_eq!(reduced::<C>(&string, len, 1) == [found], len == 64, "{} bytes on {}", len, C::NAME);
        }
    }
    scalar::<Secp256k1>();
    scalar::<P256>();
}
