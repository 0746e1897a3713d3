//! What only this module sees: every intermediate value of RFC 9591's vectors, what binding factors depend on, Taproot's signs, and the
//! events of negligible probability, in a group of 13 elements where they are common.

#[cfg(feature = "secp256k1")]
mod taproot;
mod vectors;

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use ff::Field;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

use super::*;
use crate::curve::toy::{Toy, ToyPoint, ToyScalar, ToyScheme};
use crate::curve::{Curve, FrostEd25519, encode_point, read_scalar, write_scalar};
use crate::envelope::Unsigned;
use crate::error::{Abort, Chance, Fault, Verdict};
use crate::evidence::{Envelope, Evidence, EvidenceKind};
use crate::identity::{IdentityKey, Roster};
use crate::key::{Certificate, Draft, KeyShare, Origin, PendingShare};
use crate::party::{Parties, PartyId, Threshold};
use crate::secret::Secret;
use crate::session::{Finding, Session, State};
use crate::sharing::{Commitment, Polynomial};
use crate::wire::{Kind, SessionId};

fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// B7: a binding factor that did not depend on one of these would let signatures of parallel sessions be combined.
fn binding_factors_change<S: Suite>() {
    let len = S::Curve::POINT_LEN;
    let mut rng = rng(1);
    let mut key = || {
        let polynomial = Polynomial::<S::Curve>::random(Threshold::new(2, 4).unwrap(), &mut rng);
        Commitment::<S::Curve>::new(polynomial.commit()).unwrap()
    };
    let keys = [key(), key()];
    let secret = Secret::new(<S::Curve as Curve>::Scalar::ONE);
    let mut commitments = |number| {
        let share = SigningShare::<S> {
            id: id(number),
            secret: &secret,
            commitment: &keys[0],
            epoch_id: [0; 32],
            unchecked: None,
        };
        (id(number), SigningNonces::generate(share, &mut rng).commitments().clone())
    };
    let base = [commitments(1), commitments(2), commitments(3)];
    let others = [commitments(1), commitments(2), commitments(3), commitments(4)];
    let factors = |key: &Commitment<S::Curve>, list: &[(PartyId, NonceCommitments)], message: &[u8]| {
        let package = SigningPackage::<S>::new(key, list.iter().cloned(), message).unwrap();
        let ids: Vec<_> = package.signers().iter().collect();
        ids.into_iter().zip(package.factors()).collect::<BTreeMap<_, _>>()
    };
    let half = |from: &NonceCommitments, half: usize, into: &NonceCommitments| {
        let mut bytes = into.as_bytes().to_vec();
        bytes[len * half..][..len].copy_from_slice(&from.as_bytes()[len * half..][..len]);
        NonceCommitments::from_bytes::<S>(&bytes).unwrap()
    };
    let mut variants = BTreeMap::new();
    variants.insert("base".to_string(), factors(&keys[0], &base, b"m"));
    variants.insert("key".to_string(), factors(&keys[1], &base, b"m"));
    variants.insert("message".to_string(), factors(&keys[0], &base, b"n"));
    variants.insert("longer message".to_string(), factors(&keys[0], &base, b"m\0"));
    variants.insert("smaller set".to_string(), factors(&keys[0], &base[..2], b"m"));
    variants.insert("other set".to_string(), factors(&keys[0], &[&base[..2], &others[3..]].concat(), b"m"));
    let mut larger = base.to_vec();
    larger.push(others[3].clone());
    variants.insert("larger set".to_string(), factors(&keys[0], &larger, b"m"));
    for place in 0..3 {
        for (part, name) in ["hiding", "binding"].iter().enumerate() {
            let mut list = base.clone();
            list[place].1 = half(&others[place].1, part, &base[place].1);
            variants.insert(format!("{name} of {place}"), factors(&keys[0], &list, b"m"));
        }
    }
    // The same commitments, but another's.
    let mut swapped = base.clone();
    swapped[0].1 = base[1].1.clone();
    swapped[1].1 = base[0].1.clone();
    variants.insert("swapped".to_string(), factors(&keys[0], &swapped, b"m"));

    let mut seen: Vec<(PartyId, _, String)> = Vec::new();
    for (name, factors) in variants {
        for (id, factor) in factors {
            let twin = seen.iter().find(|(_, other, _)| *other == factor);
            assert!(twin.is_none(), "{name}: {id} has a factor of {twin:?}");
            seen.push((id, factor, name.clone()));
        }
    }
    assert!(seen.len() > 40);
    // The order in which they came changes nothing.
    let mut reversed = base.to_vec();
    reversed.reverse();
    assert_eq!(factors(&keys[0], &reversed, b"m"), factors(&keys[0], &base, b"m"));
}

#[test]
fn binding_factors_change_with_set_message_key_and_every_commitment() {
    binding_factors_change::<FrostEd25519>();
    #[cfg(feature = "secp256k1")]
    binding_factors_change::<crate::curve::FrostTaproot>();
    #[cfg(feature = "p256")]
    binding_factors_change::<crate::curve::FrostP256>();
    #[cfg(feature = "ristretto255")]
    binding_factors_change::<crate::curve::FrostRistretto255>();
    #[cfg(feature = "secp256k1")]
    binding_factors_change::<crate::curve::FrostSecp256k1>();
}

impl Suite for ToyScheme {
    const CONTEXT: &'static [u8] = b"toy";

    type Signature = Vec<u8>;
    type Binding = Sha256;
    type Tweak = ();

    fn binding(public_key: &[u8], message: &[u8], commitments: &[u8]) -> Sha256 {
        Sha256::new().chain_update(public_key).chain_update(message).chain_update(commitments)
    }

    fn binding_factor(binding: &Sha256, id: PartyId) -> ToyScalar {
        toy_scalar(binding.clone().chain_update(id.to_bytes()))
    }

    fn challenge(commitment: &[u8], public_key: &[u8], message: &[u8]) -> ToyScalar {
        toy_scalar(Sha256::new().chain_update(commitment).chain_update(public_key).chain_update(message))
    }

    fn nonce(random: &[u8; 32], _: &ToyScalar) -> ToyScalar {
        toy_scalar(Sha256::new().chain_update(random))
    }

    fn signature(commitment: &[u8], z: &ToyScalar) -> Option<Vec<u8>> {
        let mut bytes = commitment.to_vec();
        write_scalar::<Toy>(z, &mut bytes);
        Some(bytes)
    }
}

fn toy_scalar(hash: Sha256) -> ToyScalar {
    ToyScalar::from(u64::from(hash.finalize()[0]))
}

/// A 2-of-3 key over the toy group, with a real certificate.
fn toy_key(rng: &mut ChaCha20Rng) -> Vec<KeyShare<ToyScheme>> {
    let threshold = Threshold::new(2, 3).unwrap();
    let keys: Vec<_> = (1..=3).map(|number| (id(number), IdentityKey::generate(rng))).collect();
    let polynomial = Polynomial::<Toy>::random(threshold, rng);
    let roster = Roster::new(keys.iter().map(|(id, key)| (*id, key.public()))).unwrap();
    let draft = Draft {
        origin: Origin::generated(&roster, SessionId([0; 16])),
        views: [[0; 32]; 2],
        threshold,
        roster,
        commitment: Commitment::new(polynomial.commit()).unwrap(),
        chain_code: [0; 32],
        key_id: None,
    };
    let sharing = draft.sharing::<ToyScheme>();
    let signatures = keys.iter().map(|(_, key)| key.sign(&sharing.to_sign())).collect();
    let certificate = Certificate::of(*sharing.cert(), signatures);
    let share = |(id, _): &(PartyId, _)| {
        PendingShare::new(*id, Secret::new(polynomial.at(*id)), sharing.clone())
            .certified(certificate.clone())
    };
    keys.iter().map(share).collect()
}

/// What a package has to be, from the definitions.
enum Expected {
    Sound,
    Malformed(Parties),
    /// `R` is the identity.
    NoCommitment,
    /// `c` is zero.
    NoChallenge,
}

fn expected(key: &Commitment<Toy>, list: &[(PartyId, [u8; 2])], message: &[u8]) -> Expected {
    let points = |bytes: &[u8; 2]| bytes.map(|byte| Toy::decode(&[byte]).unwrap());
    let encoded: Vec<u8> = list.iter().flat_map(|(id, [d, e])| [(id.get() % 13) as u8, *d, *e]).collect();
    let public_key = encode_point::<Toy>(&key.public_key()).unwrap();
    let prefix = ToyScheme::binding(&public_key, message, &encoded);
    let term = |(id, bytes): &(PartyId, [u8; 2])| {
        let [d, e] = points(bytes);
        d + e * ToyScheme::binding_factor(&prefix, *id)
    };
    let r: ToyPoint = list.iter().map(term).sum();
    if !Toy::is_torsion_free(&r) {
        let bad = list.iter().filter(|(_, bytes)| points(bytes).iter().any(|p| !Toy::is_torsion_free(p)));
        return Expected::Malformed(Parties::new(bad.map(|(id, _)| *id)).unwrap());
    }
    let Some(encoded) = encode_point::<Toy>(&r) else { return Expected::NoCommitment };
    if ToyScheme::challenge(&encoded, &public_key, message) == ToyScalar::ZERO {
        return Expected::NoChallenge;
    }
    Expected::Sound
}

fn toy_commitments(bytes: [u8; 2]) -> NonceCommitments {
    NonceCommitments::from_bytes::<ToyScheme>(&bytes).unwrap()
}

/// Every pair of bytes that decode to points, of small order or not.
fn pairs() -> impl Iterator<Item = [u8; 2]> {
    (2..53).flat_map(|d| (2..53).map(move |e| [d, e]))
}

/// Every pair of points of a cheater beside honest ones: the package is as the definitions say.
#[test]
fn f1_1_every_point_of_the_toy_group_gets_the_verdict_of_the_definitions() {
    let (mut rng, mut counts) = (rng(2), [0; 3]);
    let shares = toy_key(&mut rng);
    let key = shares[0].public().commitment();
    let honest = SigningNonces::generate((&shares[0]).into(), &mut rng).commitments().as_bytes().to_vec();
    let honest: [u8; 2] = honest.try_into().unwrap();
    for message in [[1], [2], [3], [4], [5], [6]] {
        for pair in pairs() {
            let list = [(id(1), honest), (id(3), pair)];
            let given = list.map(|(id, bytes)| (id, toy_commitments(bytes)));
            let found = SigningPackage::<ToyScheme>::new(key, given, &message).map(drop);
            let (right, kind) = match expected(key, &list, &message) {
                Expected::Sound => (Ok(()), 0),
                Expected::Malformed(who) => {
                    assert_eq!(who, Parties::from_numbers([3]).unwrap());
                    (Err(PackageError::Malformed(who)), 1)
                }
                Expected::NoCommitment | Expected::NoChallenge => (Err(PackageError::Degenerate), 2),
            };
            assert_eq!(found, right);
            counts[kind] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 100), "{counts:?}");
}

/// Gives a session one message of `from`.
fn deliver<S: State>(session: &mut Session<S>, from: PartyId, kind: Kind, body: &[u8]) {
    let terms = *session.terms();
    let to = (kind == Kind::Direct).then_some(terms.me);
    let mut message = terms.header(1, kind, from, to).to_bytes();
    message.extend_from_slice(body);
    session.receive(from, &message).unwrap();
}

/// Whoever speaks last finds commitments that cancel everybody's, and others that make the challenge zero. That is nobody's
/// fault that could be told from chance.
#[test]
fn f1_3_a_degenerate_commitment_or_challenge_is_nobodys_fault() {
    let mut rng = rng(3);
    let shares = toy_key(&mut rng);
    let key = shares[0].public().commitment();
    let signers = Parties::from_numbers([1, 3]).unwrap();
    let degenerate = Abort {
        round: 1,
        check: "F1.3",
        verdict: Verdict::NoFault { why: Chance::Degenerate },
        others: Vec::new(),
    };
    let mut counts = [0; 2];
    for (message, [d, e]) in [[1], [2], [3], [4]].iter().flat_map(|m| pairs().map(move |pair| (m, pair))) {
        let task = Task::new(shares[0].public(), signers.clone(), message, SessionId([7; 16])).unwrap();
        let nonces: [_; 2] = core::array::from_fn(|_| SigningNonces::generate((&shares[0]).into(), &mut rng));
        let [own, listed] =
            nonces.each_ref().map(|n| <[u8; 2]>::try_from(n.commitments().as_bytes()).unwrap());
        let [leaderless, with_coordinator] = nonces;
        let kind = |own| match expected(key, &[(id(1), own), (id(3), [d, e])], message) {
            Expected::NoCommitment => Some(0),
            Expected::NoChallenge => Some(1),
            _ => None,
        };
        if let Some(kind) = kind(own) {
            let mut session = Sign::start_with(&shares[0], task.clone(), leaderless).unwrap();
            deliver(&mut session, id(3), Kind::All, &[d, e]);
            assert_eq!(session.advance(&mut rng).unwrap_err(), degenerate);
            counts[kind] += 1;
        }
        if let Some(kind) = kind(listed) {
            let hub = PartyId::COORDINATOR;
            let mut session = Cosigner::start(&shares[0], task, hub, with_coordinator).unwrap();
            deliver(&mut session, hub, Kind::Direct, &[listed[0], listed[1], d, e]);
            assert_eq!(session.advance(&mut rng).unwrap_err(), degenerate);
            counts[kind] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
}

/// Of a coordinator that is a member, whose list is signed: a list that does not decode convicts it, one whose points cancel does not. It did not
/// make the points.
#[test]
fn f1_3_a_degenerate_list_does_not_convict_the_coordinator() {
    let shares = toy_key(&mut rng(3));
    // The second identity that `toy_key` drew.
    let mut again = rng(3);
    let [_, identity] = [(); 2].map(|()| IdentityKey::generate(&mut again));
    let signers = Parties::from_numbers([1, 3]).unwrap();
    let own: [u8; 2] = SigningNonces::generate((&shares[0]).into(), &mut rng(4))
        .commitments()
        .as_bytes()
        .try_into()
        .unwrap();
    let mut counts = [0; 2];
    for (message, [d, e]) in [[1], [2], [3], [4]].iter().flat_map(|m| pairs().map(move |pair| (m, pair))) {
        let task = Task::new(shares[0].public(), signers.clone(), message, SessionId([7; 16])).unwrap();
        let mut bytes = task.terms(id(2)).header(1, Kind::Direct, id(2), Some(id(1))).to_bytes().to_vec();
        bytes.extend([own[0], own[1], d, e]);
        let signature = identity.sign(Unsigned::new(&bytes).unwrap().to_sign());
        let list = Envelope { bytes, signature };
        let found = judge(&task, &Evidence::new(EvidenceKind::Undecodable, [list].to_vec()));
        match expected(shares[0].public().commitment(), &[(id(1), own), (id(3), [d, e])], message) {
            Expected::NoCommitment | Expected::NoChallenge => {
                assert_eq!(found, Finding::Inconclusive);
                counts[0] += 1;
            }
            Expected::Malformed(_) => {
                assert_eq!(found, Finding::Guilty(id(2), Fault::Malformed));
                counts[1] += 1;
            }
            Expected::Sound => assert_eq!(found, Finding::Inconclusive),
        }
    }
    assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
}

/// Every triple of shares of a 3-signer signature: accepted if and only if the sum is right, and otherwise exactly those
/// that are wrong are named.
#[test]
fn f2_2_every_share_of_the_toy_group_is_told_right_from_wrong() {
    let mut rng = rng(4);
    let shares = toy_key(&mut rng);
    let key = shares[0].public().commitment();
    let (package, right) = loop {
        let nonces: Vec<_> = shares.iter().map(|s| SigningNonces::generate(s.into(), &mut rng)).collect();
        let list = nonces.iter().map(|n| (n.owner, n.commitments().clone()));
        let Ok(package) = SigningPackage::<ToyScheme>::new(key, list, b"m") else { continue };
        let sign =
            |(n, s): (SigningNonces<ToyScheme>, &KeyShare<ToyScheme>)| sign(n, s.into(), &package).unwrap().0;
        let right: Vec<_> = nonces.into_iter().zip(&shares).map(sign).collect();
        break (package, right);
    };
    let all = || (0..13).map(ToyScalar::from);
    for (a, b, c) in all().flat_map(|a| all().flat_map(move |b| all().map(move |c| (a, b, c)))) {
        let given: Vec<_> = (1..=3).map(id).zip([a, b, c].map(SignatureShare::<ToyScheme>)).collect();
        let wrong = given.iter().zip(&right).filter(|((_, z), right)| z.0 != **right).map(|((id, _), _)| *id);
        let wrong = Parties::new(wrong).unwrap();
        match aggregate(&package, &given) {
            Ok(signature) => {
                assert_eq!(a + b + c, right.iter().copied().sum());
                assert_eq!(read_scalar::<Toy>(&signature[1..]), Some(a + b + c));
            }
            Err(error) => {
                assert_ne!(a + b + c, right.iter().copied().sum());
                assert_eq!(error, AggregateError::BadShares(wrong));
            }
        }
    }
    // Not one share from each signer.
    let z = |number, z| (id(number), SignatureShare::<ToyScheme>(z));
    for list in
        [&[][..], &[z(1, right[0]), z(2, right[1])], &[z(1, right[0]), z(1, right[1]), z(3, right[2])]]
    {
        assert_eq!(aggregate(&package, list), Err(AggregateError::Signers));
    }
    // Every share fits, and the sum does not.
    let given: Vec<_> = (1..=3).zip(&right).map(|(number, right)| z(number, *right)).collect();
    assert!(aggregate(&package, &given).is_ok());
    assert_eq!(aggregate(&package.with_another_sum(), &given), Err(AggregateError::OwnFault));
}

#[test]
fn f1_1_the_identity_and_what_is_no_point_are_malformed_in_the_toy_group() {
    let mut rng = rng(5);
    let shares = toy_key(&mut rng);
    let honest = SigningNonces::generate((&shares[0]).into(), &mut rng).commitments().clone();
    for bytes in [[1, 16], [16, 1], [0, 16], [16, 53], [1, 1]] {
        let list = [(id(1), honest.clone()), (id(2), toy_commitments(bytes))];
        let found = SigningPackage::<ToyScheme>::new(shares[0].public().commitment(), list, b"m");
        assert_eq!(found.unwrap_err(), PackageError::Malformed(Parties::from_numbers([2]).unwrap()));
    }
}
