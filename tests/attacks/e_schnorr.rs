//! Section E of the list of known attacks: EdDSA, Schnorr, FROST.

use std::collections::BTreeSet;

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use quorate::curve::{
    EcdsaSecp256k1, FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1, FrostTaproot, Secp256k1,
};
use quorate::ecdsa::{self, Message};
use quorate::error::{Doubt, Fault, Rejected, ResumeError, SetupError, Verdict};
use quorate::frost::{
    self, AggregateError, PackageError, Sign, SignatureShare, SigningNonces, SigningPackage, Suite, Taproot,
    Task, aggregate, sign, taproot, zf,
};
use quorate::key::{KeyShare, Path, derive};
use quorate::party::{PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::{Finding, Session, Status};
use quorate::sim::{Cast, MemoryLedger, Report};
use quorate::wire::{Kind, SessionId};

use crate::c_dkg::with_reveal;
use crate::parties::{
    FOE, Generation, World, all_convict, all_suspect, body, id, is, rng, seal, set, verdicts,
};

type E = FrostEd25519;

const SESSION: SessionId = SessionId([1; 16]);

/// Everybody's session of one signing by all three.
fn signing<S: Suite>(
    world: &mut World<S>,
    change: &dyn Fn(Task<S>) -> Task<S>,
) -> (Task<S>, Vec<Session<Sign<S>>>) {
    let task = change(Task::new(world.share(1).public(), set(&[1, 2, 3]), b"message", SESSION).unwrap());
    let (shares, rng) = (&world.shares, &mut world.rng);
    let sessions = shares.iter().map(|share| Sign::start(share, task.clone(), rng).unwrap()).collect();
    (task, sessions)
}

/// A signing in which the attacker changes what it sends to all in one round.
fn signed<S: Suite>(
    world: &mut World<S>,
    round: u8,
    change: &dyn Fn(&mut Vec<u8>),
) -> Vec<Report<S::Signature>> {
    let (_, sessions) = signing(world, &|task| task);
    world.play(sessions, &mut |letter| {
        if is(letter, FOE, round, Kind::All) {
            change(&mut letter.body);
        }
        true
    })
}

/// The point with one of small order on top.
fn dressed(bytes: &mut [u8], torsion: usize) {
    let point = CompressedEdwardsY::from_slice(bytes).unwrap().decompress().unwrap();
    bytes.copy_from_slice(&(point + EIGHT_TORSION[torsion]).compress().0);
}

fn verifies_strictly(key: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.try_into().unwrap()).unwrap();
    key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
}

/// "Baby Sharks" (tss-lib's EdDSA, pull request 115, 2020): a point of small order on top of R, or of the key, makes some signatures fail at
/// some verifiers. Party 3 adds each of the eight to its D, its E, and every point of a key generation. Everybody must name it (F1.1, K1.1,
/// K2.3, K2.5). Where its part of E vanishes from R by itself, what its session has signed is for other commitments, and everybody must say
/// F2.1; what a signer gains that computes with what it sent is in `faults_frost/torsion.rs`: nothing.
#[test]
fn e1_baby_sharks_cofactor() {
    let mut world = World::<E>::new(3, 3, 61);
    let mut vanished = 0;
    for (k, torsion) in EIGHT_TORSION.iter().enumerate().skip(1) {
        let reports = signed(&mut world, 1, &|body| dressed(&mut body[..32], k));
        all_convict(&reports, "F1.1", Fault::Malformed);
        let reports = signed(&mut world, 1, &|body| body[..32].copy_from_slice(&torsion.compress().0));
        all_convict(&reports, "F1.1", Fault::Malformed);
        for _ in 0..8 {
            let reports = signed(&mut world, 1, &|body| dressed(&mut body[32..], k));
            if verdicts(&reports)[0].1.check == "F1.1" {
                all_convict(&reports, "F1.1", Fault::Malformed);
            } else {
                all_suspect(&reports, "F2.1", Doubt::ViewsDiffer);
                vanished += 1;
            }
        }
    }
    // k rho is 0 modulo 8 for one in eight, in four, in two.
    assert!((2..28).contains(&vanished), "{vanished}");

    let game = Generation::<E>::new(15);
    let (before, _) = game.fair(15);
    let own = body(&before, FOE, 2, Kind::All);
    for k in 1..8 {
        for at in [32, 64, 160] {
            let mut planned = own.to_vec();
            dressed(&mut planned[at..at + 32], k);
            all_convict(&with_reveal(&game, 15, &planned), "K2.3", Fault::Malformed);
        }
        for (round, kind, places, check) in
            [(1, Kind::All, &[64, 96][..], "K1.1"), (2, Kind::Direct, &[0], "K2.5")]
        {
            let (_, reports) = game.play(15, &mut |_, letter| {
                if is(letter, FOE, round, kind) {
                    places.iter().for_each(|at| dressed(&mut letter.body[*at..*at + 32], k));
                }
                true
            });
            all_convict(&reports, check, Fault::Malformed);
        }
    }
}

/// Honest parties blamed in decentralised FROST (taurus issue 124; CertiK, 2025): shares are judged against commitments that their owner did
/// not see. Party 3 shows 1 and 2 different commitments, and each the share that fits. Both must only suspect (F2.1); and when they exchange
/// what they were sent, exactly the equivocator must be convicted, by evidence that anybody can judge.
#[test]
fn e2_taurus_honest_parties_blamed() {
    let mut world = World::<E>::new(3, 3, 62);
    let (task, mut honest) = signing(&mut world, &|task| task);
    let mut faces = [honest.pop().unwrap(), signing(&mut world, &|task| task).1.pop().unwrap()];
    let roster = world.cast.roster().clone();
    let last = |session: &Session<Sign<E>>| {
        let message = session.outgoing(session.sent() - 1).next().unwrap().bytes.to_vec();
        seal(&world.cast, session.terms().me.get(), &message).verify(&roster).unwrap()
    };
    for _ in 0..2 {
        let sent = [last(&honest[0]), last(&honest[1])];
        for me in 0..2 {
            let (own, theirs) = (&sent[me], last(&faces[me]));
            honest[me].receive_signed(&sent[1 - me]).unwrap();
            honest[me].receive_signed(&theirs).unwrap();
            faces[me].receive_signed(own).unwrap();
            faces[me].receive_signed(&sent[1 - me]).unwrap();
        }
        for (face, session) in faces.iter_mut().zip(&mut honest) {
            if face.round() == 1 {
                assert!(matches!(face.advance(&mut rng(1)), Ok(Status::Advanced { .. })));
                assert!(matches!(session.advance(&mut rng(1)), Ok(Status::Advanced { .. })));
            }
        }
    }
    for session in &mut honest {
        let others = task.signers().without(session.terms().me);
        let abort = session.advance(&mut rng(2)).unwrap_err();
        assert_eq!(abort.check, "F2.1");
        assert_eq!(abort.verdict, Verdict::Suspects { who: others, why: Doubt::ViewsDiffer });
    }
    let shown: Vec<_> = honest[1].envelopes().map(|envelope| envelope.verify(&roster).unwrap()).collect();
    let mut convicted = 0;
    for envelope in shown.iter().filter(|envelope| envelope.header().from != id(1)) {
        if let Err(Rejected::Conflict { who, evidence }) = honest[0].receive_signed(envelope) {
            assert_eq!(who, id(FOE));
            assert_eq!(
                frost::judge(&task, &evidence.unwrap()),
                Finding::Guilty(id(FOE), Fault::Equivocation)
            );
            convicted += 1;
        }
    }
    assert!(convicted > 0);
}

/// Zero D or E (OtterSec's audit of WSTS, 2025): degenerate nonces. In every suite, in either place, everybody must say F1.1.
#[test]
fn e3_wsts_zero_commitments() {
    fn zero<S: Suite>(neutral: &[u8]) {
        let mut world = World::<S>::new(3, 3, 63);
        for at in [0, neutral.len()] {
            let place = at..at + neutral.len();
            let reports = signed(&mut world, 1, &|body| body[place.clone()].copy_from_slice(neutral));
            all_convict(&reports, "F1.1", Fault::Malformed);
        }
    }
    let mut neutral = [0; 32];
    neutral[0] = 1;
    zero::<E>(&neutral);
    zero::<FrostRistretto255>(&[0; 32]);
    zero::<FrostP256>(&[0; 33]);
    zero::<FrostSecp256k1>(&[0; 33]);
    zero::<FrostTaproot>(&[0; 33]);
}

fn schnorr_accepts(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = k256::schnorr::VerifyingKey::from_bytes(&(*key).into()).unwrap();
    k256::schnorr::Signature::from_bytes(signature).is_ok_and(|s| key.verify_raw(message, &s).is_ok())
}

/// Whether the internal key, and the output key before its sign is dropped, have odd y.
fn parities(key: &quorate::key::PublicKey<FrostTaproot>, path: &Path, tweak: &Taproot) -> (bool, bool) {
    (derive(key, path).unwrap().public_key()[0] == 3, taproot::output(key, path, tweak).unwrap().odd)
}

/// Stacks (stacks-core issue 3924, 2023): a key with odd y was answered by another generation, which failed. 200 generated Taproot keys,
/// with paths and tweaks: every one must sign at once, and k256's BIP-340 verifier accept, whatever the parities.
#[test]
fn e4_stacks_odd_y() {
    let mut seen = BTreeSet::new();
    for k in 0..200_u16 {
        let game = Generation::<FrostTaproot>::new(k as u8);
        let (_, shares) = game.fair(1000 + u64::from(k));
        let tweak = if k % 2 == 0 { Taproot::KeyPath } else { Taproot::ScriptRoot([k as u8; 32]) };
        let path = if k % 4 < 2 { Path::default() } else { Path::new([k.into()]).unwrap() };
        seen.insert(parities(shares[0].public(), &path, &tweak));
        let signers = set(&[1, 1 + [1, 2][usize::from(k % 2)]]);
        let task = Task::new(shares[0].public(), signers.clone(), &k.to_be_bytes(), SESSION).unwrap();
        let task = task.path(path).unwrap().taproot(tweak).unwrap();
        let sessions = (shares.iter().filter(|share| signers.contains(share.id())))
            .map(|share| Sign::start(share, task.clone(), &mut rng(k.into())).unwrap());
        let cast = game.cast.only(&signers).unwrap();
        for report in cast.run(sessions.collect::<Vec<_>>(), &mut rng(k.into())) {
            let signature = report.output().to_bytes();
            assert!(schnorr_accepts(&task.output_key(), &k.to_be_bytes(), &signature), "{k}");
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

/// ZF's `verify_signature_share` without the Taproot hook (fixed in frost 3.0.0, 2025): the negation is applied where shares are made and not
/// where they are judged. With every parity and tweak good shares must be accepted; party 3's share, one off or with the other sign, must
/// convict exactly party 3, at everybody (F2.2).
#[test]
fn e5_zf_share_verification_without_the_hook() {
    let mut seen = BTreeSet::new();
    for seed in 0..12 {
        let tweak = [Taproot::KeyPath, Taproot::ScriptRoot([7; 32]), Taproot::Untweaked][seed as usize % 3];
        let mut world = World::<FrostTaproot>::new(2, 3, 640 + seed);
        seen.insert(parities(world.share(1).public(), &Path::default(), &tweak));
        let (task, sessions) = signing(&mut world, &|task| task.taproot(tweak).unwrap());
        for report in world.play(sessions, &mut |_| true) {
            assert!(schnorr_accepts(&task.output_key(), b"message", &report.output().to_bytes()));
        }
        for negate in [false, true] {
            let (_, sessions) = signing(&mut world, &|task| task.taproot(tweak).unwrap());
            let reports = world.play(sessions, &mut |letter| {
                if is(letter, FOE, 2, Kind::All) {
                    let z = quorate::curve::read_scalar::<Secp256k1>(&letter.body[32..]).unwrap();
                    let z = if negate { -z } else { z + k256::Scalar::ONE };
                    letter.body[32..].copy_from_slice(&z.to_bytes());
                }
                true
            });
            all_convict(&reports, "F2.2", Fault::BadShare);
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

/// Serai's CLSAG (pull request 552, 2024): a loop in the verifier let bad shares through. In every suite what comes out must satisfy a
/// verifier that is not ours, on this message only; and a bad share must bring nothing out, and name its maker at everybody.
#[test]
fn e6_serai_verifier_of_its_own() {
    fn suite<S: Suite>(accepts: fn(&[u8], &[u8], &S::Signature) -> bool) {
        let mut world = World::<S>::new(2, 3, 65);
        let (task, sessions) = signing(&mut world, &|task| task);
        for report in world.play(sessions, &mut |_| true) {
            let signature = report.output();
            assert!(accepts(task.view().public_key(), b"message", &signature));
            assert!(!accepts(task.view().public_key(), b"massage", &signature));
        }
        // Not the highest bit of a scalar, in either order of bytes.
        let reports = signed(&mut world, 2, &|body| body[48] ^= 1);
        all_convict(&reports, "F2.2", Fault::BadShare);
    }
    macro_rules! zf {
        ($zf:ident) => {
            |key, message, signature| {
                let signature = $zf::Signature::deserialize(signature.as_bytes()).unwrap();
                $zf::VerifyingKey::deserialize(key).unwrap().verify(message, &signature).is_ok()
            }
        };
    }
    suite::<E>(|key, message, signature| verifies_strictly(key, message, &signature.to_bytes()));
    suite::<FrostTaproot>(|key, message, signature| {
        schnorr_accepts(key[1..].try_into().unwrap(), message, &signature.to_bytes())
    });
    suite::<FrostP256>(zf!(frost_p256));
    suite::<FrostSecp256k1>(zf!(frost_secp256k1));
    suite::<FrostRistretto255>(zf!(frost_ristretto255));
}

/// Identifiers that are zero, twice there, or encoded in another order of bytes (a requirement of RFC 9591). A package with an id twice or
/// the coordinator's must be refused, shares of other signers than the package's as well; and the id 258 must be ZF's 258 in suites of
/// either order.
#[test]
fn e7_identifiers() {
    let mut world = World::<E>::new(2, 3, 66);
    let key = world.share(1).public().commitment().clone();
    let nonces: Vec<_> =
        world.shares.iter().map(|s| SigningNonces::<E>::generate(s.into(), &mut world.rng)).collect();
    let of = |n: usize| nonces[n].commitments().clone();
    for list in [[(id(1), of(0)), (id(1), of(0))], [(id(1), of(0)), (PartyId::COORDINATOR, of(1))]] {
        assert_eq!(SigningPackage::<E>::new(&key, list, b"m").map(drop), Err(PackageError::Signers));
    }
    let package = SigningPackage::<E>::new(&key, [(id(1), of(0)), (id(2), of(1))], b"m").unwrap();
    let shares: Vec<_> = (nonces.into_iter().zip(&world.shares).take(2))
        .map(|(nonces, share)| (share.id(), sign(nonces, share.into(), &package).unwrap()))
        .collect();
    for wrong in [&shares[..1], &[shares[0], shares[0]], &[shares[0], (id(3), shares[1].1)]] {
        assert_eq!(aggregate(&package, wrong).map(drop), Err(AggregateError::Signers));
    }
    assert!(aggregate(&package, &shares).is_ok());

    fn package_of<S: Suite>() -> Vec<u8> {
        let cast = Cast::new([1, 258], &mut rng(67)).unwrap();
        let shares: Vec<KeyShare<S>> = cast.deal(Threshold::new(2, 2).unwrap(), &mut rng(68)).unwrap();
        zf::encode_key_package::<S>((&shares[1]).into()).unwrap().expose().clone()
    }
    let little = frost_ed25519::keys::KeyPackage::deserialize(&package_of::<E>()).unwrap();
    assert_eq!(*little.identifier(), frost_ed25519::Identifier::try_from(258).unwrap());
    let big = frost_p256::keys::KeyPackage::deserialize(&package_of::<FrostP256>()).unwrap();
    assert_eq!(*big.identifier(), frost_p256::Identifier::try_from(258).unwrap());
}

/// Adaptive corruption of FROST (Crites and Stewart, ePrint 2025/1001; note in BIP-445): no attack for small n, and no proof. There is nothing
/// to run; what there is to say must stand where a reader looks for it.
#[test]
fn e8_adaptive_security_is_said() {
    for text in [include_str!("../../src/frost/protocol.md"), include_str!("../../SECURITY.md")] {
        assert!(text.contains("ePrint 2025/1001") && text.contains("static corruption"));
    }
    assert_eq!(Threshold::new(2, 1025), Err(SetupError::Threshold { t: 2, n: 1025 }));
    assert!(Threshold::new(2, 1024).is_ok());
}

/// Nonces that are cloned or stored (a pitfall): two shares under one pair are the key share. A thief of the disk brings the stored nonces
/// back, before and after they signed: the device must say `Spent`. That they have no copy in memory is a matter of types.
#[test]
fn e9_nonces_brought_back() {
    let mut world = World::<E>::new(2, 3, 69);
    let mut ledger = MemoryLedger::default();
    let stored = SigningNonces::<E>::generate((&world.shares[0]).into(), &mut world.rng).store();
    let mut load = || SigningNonces::<E>::load(Secret::new(stored.expose().clone()), &mut ledger);
    let nonces = load().unwrap();
    assert_eq!(load().err(), Some(ResumeError::Spent));
    let peer = SigningNonces::generate((&world.shares[1]).into(), &mut world.rng);
    let list = [(id(1), nonces.commitments().clone()), (id(2), peer.commitments().clone())];
    let package = SigningPackage::<E>::new(world.share(1).public().commitment(), list, b"m").unwrap();
    assert!(sign(nonces, world.share(1).into(), &package).is_ok());
    assert_eq!(load().err(), Some(ResumeError::Spent));
}

/// Malleable signatures: high s in ECDSA (BIP-62, EIP-2), `z + q` in Schnorr. Whatever party 3 adds to its fragments, what comes out on
/// secp256k1 must have a low s; and a signature share or a signature with q added must not be read.
#[test]
fn e11_malleable_signatures() {
    let mut world = World::<EcdsaSecp256k1>::new(2, 3, 70);
    let signers = set(&[1, FOE]);
    let pairings = world.cast.deal_pairings(&signers, &mut world.rng).unwrap();
    let key = derive(world.share(1).public(), &Path::default()).unwrap();
    for k in 0..12 {
        let (message, session) = (Message::sha256(&[k]), SessionId([k; 16]));
        let task =
            ecdsa::Task::new(world.share(1).public(), signers.clone(), Path::default(), message, session);
        let task = task.unwrap();
        let sessions: Vec<_> = (world.shares.iter().filter(|share| signers.contains(share.id())))
            .map(|share| {
                ecdsa::Sign::start(share, task.clone(), &pairings[&share.id()], &mut world.rng).unwrap()
            })
            .collect();
        // Both of its fragments with the other sign, in every second run: then s is no other, or there is none.
        let reports = world.play(sessions, &mut |letter| {
            if k % 4 == 3 && is(letter, FOE, 3, Kind::All) {
                for at in [32, 64] {
                    let part = quorate::curve::read_scalar::<Secp256k1>(&letter.body[at..at + 32]).unwrap();
                    letter.body[at..at + 32].copy_from_slice(&(-part).to_bytes());
                }
            }
            true
        });
        if k % 4 == 3 {
            assert_eq!(verdicts(&reports)[0].1.check, "S3.4");
            continue;
        }
        for report in reports {
            let signature = report.output();
            assert!(signature.is_low_s() && signature.verify(key.point(), message));
            let theirs = k256::ecdsa::Signature::from_slice(&signature.to_bytes()).unwrap();
            assert_eq!(theirs.normalize_s(), theirs);
        }
    }
    let mut world = World::<E>::new(2, 3, 71);
    let (task, sessions) = signing(&mut world, &|task| task);
    let mut signature = world.play(sessions, &mut |_| true).remove(0).output().to_bytes();
    let (z, order) = (signature[32..].to_vec(), (-Scalar::ONE).to_bytes());
    // z + q, which fits into 32 bytes; q is one more than the greatest scalar.
    let mut carry = 1_u16;
    for (place, (a, b)) in signature[32..].iter_mut().zip(z.iter().zip(order)) {
        let sum = u16::from(*a) + u16::from(b) + carry;
        (*place, carry) = (sum as u8, sum >> 8);
    }
    assert!(SignatureShare::<E>::from_bytes(&z).is_some());
    assert!(SignatureShare::<E>::from_bytes(&signature[32..]).is_none());
    let key = ed25519_dalek::VerifyingKey::from_bytes(task.view().public_key().try_into().unwrap()).unwrap();
    assert!(key.verify_strict(b"message", &ed25519_dalek::Signature::from_bytes(&signature)).is_err());
}
