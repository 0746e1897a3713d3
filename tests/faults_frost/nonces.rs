//! Nonces: never twice; and what many signings at once, random bytes, and other types of signatures do.

use std::collections::BTreeSet;

use quorate::curve::FrostTaproot;
use quorate::error::{ResumeError, SetupError};
use quorate::evidence::Evidence;
use quorate::frost::{
    self, Cosigner, Ed25519Signature, NonceCommitments, Sign, SignatureShare, SigningNonces, Suite, Taproot,
    Task, zf,
};
use quorate::key::{KeyShare, Path};
use quorate::party::{Parties, PartyId};
use quorate::secret::Secret;
use quorate::session::{AlreadySpent, Finding, SpendOnce, Status};
use quorate::sim::MemoryLedger;
use quorate::wire::{HEADER_LEN, Kind, SessionId};
use rand_core::Rng;
use sha2::{Digest, Sha256};

use crate::game::{E, Game, Puppet, id, rng, task};
use crate::reference::{List, point, view};

const SIGNERS: [u16; 3] = [1, 2, 3];

fn game() -> Game {
    Game::new(2, 3, &SIGNERS, 81)
}

/// B1, B8, B11: weak randomness repeated at another share gives other nonces, and no two draws are alike.
#[test]
fn the_same_randomness_at_another_share_gives_other_nonces() {
    let game = game();
    let others = game.cast.deal::<E>(game.task.key().threshold(), &mut rng(82)).unwrap();
    let mut seen = BTreeSet::new();
    for share in game.shares.iter().chain(&others) {
        let mut rng = rng(83);
        for _ in 0..4 {
            let nonces = SigningNonces::generate(share.into(), &mut rng);
            let bytes = nonces.commitments().as_bytes().to_vec();
            assert_eq!(nonces.commitments().id(), <[u8; 32]>::from(Sha256::digest(&bytes)));
            for half in bytes.chunks(32) {
                assert!(seen.insert(half.to_vec()), "twice");
            }
        }
    }
    assert_eq!(seen.len(), 2 * 4 * 6);
}

/// A generator that starts again for every run, as on a machine restored from an image: the nonces of no two runs are alike, whatever it is
/// that differs; of the same run they are the same.
#[test]
fn a_generator_that_starts_again_gives_each_run_other_nonces() {
    fn check<S: Suite>(share: &KeyShare<S>, more: &[&dyn Fn(Task<S>) -> Task<S>]) {
        let task = |signers: &[u16], message: &[u8], session: u8| {
            let signers = Parties::new(signers.iter().map(|signer| id(*signer))).unwrap();
            Task::new(share.public(), signers, message, SessionId([session; 16])).unwrap()
        };
        let one = || task(&[1, 2], b"one", 1);
        let mut runs =
            vec![one(), task(&[1, 2], b"one", 2), task(&[1, 2], b"two", 1), task(&[1, 3], b"one", 1)];
        runs.extend(more.iter().map(|change| change(one())));
        let number = runs.len();
        let commitments = |task: Task<S>| {
            let session = Sign::start(share, task, &mut rng(84)).unwrap();
            session.outgoing(0).map(|out| out.bytes[HEADER_LEN..].to_vec()).collect::<Vec<_>>().concat()
        };
        let mut seen = BTreeSet::new();
        for run in runs {
            let made = commitments(run);
            seen.extend(made.chunks(made.len() / 2).map(<[u8]>::to_vec));
        }
        assert_eq!(seen.len(), 2 * number);
        assert_eq!(commitments(one()), commitments(one()), "the generator does start again");
    }
    let game = game();
    check(game.share(1), &[]);
    let shares = game.cast.deal::<FrostTaproot>(game.task.key().threshold(), &mut rng(82)).unwrap();
    let path = |task: Task<FrostTaproot>, step| task.path(Path::new([step]).unwrap()).unwrap();
    check(
        &shares[0],
        &[
            &|task| path(task, 0),
            &|task| path(task, 1),
            &|task| task.taproot(Taproot::Untweaked).unwrap(),
            &|task| task.taproot(Taproot::ScriptRoot([1; 32])).unwrap(),
            &|task| task.taproot(Taproot::ScriptRoot([2; 32])).unwrap(),
        ],
    );
}

/// Counts how often it is asked.
struct Asked(MemoryLedger, usize);

impl SpendOnce for Asked {
    fn spend(&mut self, id: &[u8; 32], generation: u32) -> Result<(), AlreadySpent> {
        self.1 += 1;
        self.0.spend(id, generation)
    }
}

#[test]
fn stored_nonces_come_back_once() {
    let game = game();
    let mut ledger = Asked(MemoryLedger::default(), 0);
    let share = game.share(1);
    let nonces = SigningNonces::<E>::generate(share.into(), &mut rng(1));
    let commitments = nonces.commitments().clone();
    let stored = nonces.store();
    assert_eq!(stored.expose().len(), 100);
    let copy = || Secret::new(stored.expose().clone());
    let back = SigningNonces::<E>::load(copy(), &mut ledger).unwrap();
    assert_eq!(*back.commitments(), commitments);
    for _ in 0..2 {
        assert_eq!(SigningNonces::<E>::load(copy(), &mut ledger).map(drop), Err(ResumeError::Spent));
    }
    assert_eq!(ledger.1, 3);
    // They are the ones that were stored: what they sign verifies.
    let puppets = [2, 3].map(|number| Puppet::new(&game, number, 2));
    let mut list: List = puppets.iter().map(|p| (p.id, p.commitments())).collect();
    list.insert(1, commitments.as_bytes().try_into().unwrap());
    let body: Vec<u8> = list.values().flatten().copied().collect();
    let mut session = Cosigner::start(share, game.task.clone(), PartyId::COORDINATOR, back).unwrap();
    game.deliver(&mut session, false, PartyId::COORDINATOR, (1, Kind::Direct), &body).unwrap();
    assert!(matches!(session.advance(&mut rng(3)), Ok(Status::Done(()))));
    // Going to the store and back any number of times changes nothing, with a new witness each time.
    let mut bytes = copy();
    for _ in 0..3 {
        let again = SigningNonces::<E>::load(bytes, &mut MemoryLedger::default()).unwrap();
        assert_eq!(*again.commitments(), commitments);
        bytes = again.store();
        assert_eq!(bytes.expose(), stored.expose());
    }
}

#[test]
fn what_is_no_store_of_nonces_is_malformed_and_spends_nothing() {
    let game = game();
    let stored = SigningNonces::<E>::generate(game.share(1).into(), &mut rng(1)).store();
    let mut ledger = Asked(MemoryLedger::default(), 0);
    let mut refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = stored.expose().clone();
        change(&mut bytes);
        let found = SigningNonces::<E>::load(Secret::new(bytes), &mut ledger);
        assert_eq!(found.map(drop), Err(ResumeError::Malformed));
    };
    for len in 0..100 {
        refused(&|b| b.truncate(len));
    }
    refused(&|b| b.push(0));
    for (at, value) in [(0, 0), (0, 2), (1, 0), (1, 1), (1, 2), (1, 4)] {
        refused(&|b| b[at] = value);
    }
    for owner in [0u16, 65535] {
        refused(&|b| b[2..4].copy_from_slice(&owner.to_be_bytes()));
    }
    for at in [36, 68] {
        refused(&|b| b[at..at + 32].fill(0xff));
        refused(&|b| b[at + 31] |= 0x20);
        // A nonce that is zero has no commitment.
        refused(&|b| b[at..at + 32].fill(0));
    }
    assert_eq!(ledger.1, 0);
    // Bytes of another owner or epoch are nonces, but nobody's here.
    for at in [3, 4, 35] {
        let mut bytes = stored.expose().clone();
        bytes[at] ^= 2;
        let nonces = SigningNonces::<E>::load(Secret::new(bytes), &mut MemoryLedger::default()).unwrap();
        let refused = Sign::start_with(game.share(1), game.task.clone(), nonces).map(drop);
        assert_eq!(refused, Err(SetupError::WrongNonce(id(1))));
    }
}

/// Nonces are gone with the session that they moved into, whatever became of it.
#[test]
fn a_failed_signing_gives_nothing_back() {
    let game = game();
    let mut session = Sign::start(game.share(1), game.task.clone(), &mut rng(1)).unwrap();
    for number in [2, 3] {
        game.deliver(&mut session, false, id(number), (1, Kind::All), &[0xff; 64]).unwrap();
    }
    assert_eq!(session.advance(&mut rng(2)).unwrap_err().check, "F1.1");
    assert!(session.is_over() && session.sent() == 1);
    assert!(matches!(session.advance(&mut rng(3)), Ok(Status::Over)));
    let refused = game.deliver(&mut session, false, id(2), (1, Kind::All), &[1; 64]);
    assert!(refused.is_err());
    assert_eq!(session.sent(), 1, "only the commitments ever left");
}

/// B6: five hundred signings of different messages at once, with a signer that waits for all commitments before it chooses
/// its own. Every group commitment is another, and every signature is of its own message only.
#[test]
fn five_hundred_signings_at_once() {
    let game = game();
    let messages: Vec<Vec<u8>> = (0..512u16).map(|n| n.to_be_bytes().to_vec()).collect();
    let mut rng = rng(84);
    let mut sessions = Vec::new();
    for (n, message) in messages.iter().enumerate() {
        let task = task(&game.shares, &[1, 2], message, n as u8);
        sessions.push((Sign::start(game.share(1), task.clone(), &mut rng).unwrap(), task));
    }
    // Its commitments are the sum of all that it saw, and then the same pair in every session.
    let mut puppet = Puppet::new(&game, 2, 85);
    let own: Vec<[u8; 64]> =
        sessions.iter().map(|(s, _)| s.outgoing(0).next().unwrap().bytes[56..].try_into().unwrap()).collect();
    let seed = own.iter().fold(Sha256::new(), |hash, body| hash.chain_update(body)).finalize();
    puppet.d += curve25519_dalek::scalar::Scalar::from_bytes_mod_order(seed.into());
    let (mut commitments, mut signatures) = (BTreeSet::new(), Vec::new());
    for ((session, task), own) in sessions.iter_mut().zip(&own) {
        let there = Game { cast: cast(), shares: Vec::new(), task: task.clone() };
        let list: List = [(1, *own), (2, puppet.commitments())].into();
        there.deliver(session, false, id(2), (1, Kind::All), &list[&2]).unwrap();
        assert!(matches!(session.advance(&mut rng), Ok(Status::Advanced { round: 1 })));
        let z = puppet.share(&there.signing(&list)).to_bytes();
        let body = [view(&there.terms().sid(), &list), z].concat();
        there.deliver(session, false, id(2), (2, Kind::All), &body).unwrap();
        let Ok(Status::Done(signature)) = session.advance(&mut rng) else { panic!("no signature") };
        assert!(there.verifies(signature.to_bytes()));
        assert!(commitments.insert(signature.to_bytes()[..32].to_vec()), "R twice");
        signatures.push(signature.to_bytes());
    }
    let key = ed25519_dalek::VerifyingKey::from_bytes(&game.public_key()).unwrap();
    for (message, signature) in messages.iter().skip(1).zip(&signatures) {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        assert!(key.verify_strict(message, &signature).is_err());
    }
    let honest: BTreeSet<_> = own.iter().flat_map(|body| body.chunks(32)).collect();
    assert_eq!(honest.len(), 1024, "every session has nonces of its own");
}

fn cast() -> quorate::sim::Cast {
    quorate::sim::Cast::new(1..=3, &mut rng(81)).unwrap()
}

#[test]
fn a_signature_is_64_bytes_in_every_type() {
    let game = game();
    let sessions: Vec<_> = [1, 2, 3]
        .map(|number| Sign::start(game.share(number), game.task.clone(), &mut rng(number.into())).unwrap())
        .into();
    let signatures: Vec<Ed25519Signature> =
        game.cast.run(sessions, &mut rng(9)).into_iter().map(|report| report.output()).collect();
    let signature = signatures[0];
    assert!(signatures.iter().all(|other| *other == signature));
    let bytes: [u8; 64] = signature.into();
    assert_eq!(bytes, signature.to_bytes());
    let standard: ed25519_dalek::Signature = signature.into();
    assert_eq!(standard.to_bytes(), bytes);
    assert_eq!(frost_ed25519::Signature::deserialize(&bytes).unwrap().serialize().unwrap(), bytes);
    assert_eq!(format!("{signature:?}"), hex::encode(bytes));
    assert_eq!(serde_json::to_value(signature).unwrap(), serde_json::json!(bytes.to_vec()));
    // Cofactorless (strict), cofactored (ZF), and by the standard's equation.
    assert!(game.verifies(bytes) && point(&bytes[..32]).unwrap().is_torsion_free());
    let key = frost_ed25519::VerifyingKey::deserialize(&game.public_key()).unwrap();
    let theirs = frost_ed25519::Signature::deserialize(&bytes).unwrap();
    key.verify(game.task.message(), &theirs).unwrap();
}

/// A hundred thousand byte strings, random ones and changed ones, into every decoder of this module: no panic, and what
/// is taken has one encoding.
#[test]
fn random_bytes_do_nothing() {
    let game = game();
    let mut rng = rng(86);
    let public = game.shares[0].public();
    let key = zf::encode_key_package::<E>(game.share(1).into()).unwrap().expose().clone();
    let all = zf::encode_public_key_package::<E>(public.commitment(), public.roster().parties()).unwrap();
    let nonces = SigningNonces::<E>::generate(game.share(1).into(), &mut rng);
    let commitments = zf::encode_commitments::<E>(nonces.commitments()).unwrap();
    let messages = vec![game.envelope(1, None, 1, &[0xff; 64])];
    let kind = quorate::evidence::EvidenceKind::Undecodable;
    let evidence = Evidence { kind, messages, attachments: vec![vec![(id(1), vec![7; 64])]] }.to_bytes();
    let good = [key.clone(), all.clone(), commitments, evidence, vec![1; 32]];
    let mut taken = [0usize; 6];
    for turn in 0..100_000 {
        let mut bytes = good[turn % good.len()].clone();
        if turn % 3 == 0 {
            bytes.truncate(5 * (rng.next_u32() as usize % 2));
            let len = rng.next_u32() as usize % 300;
            let start = bytes.len();
            bytes.resize(start + len, 0);
            rng.fill_bytes(&mut bytes[start..]);
        } else {
            for _ in 0..1 + rng.next_u32() % 3 {
                let at = rng.next_u32() as usize % bytes.len();
                match rng.next_u32() % 4 {
                    0 => bytes[at] = rng.next_u32() as u8,
                    1 => bytes[at] ^= 1 << (rng.next_u32() % 8),
                    2 => drop(bytes.splice(at..at, [0xff])),
                    _ => bytes.truncate(at.max(1)),
                }
            }
        }
        let mut took = |which: usize, again: Option<Vec<u8>>| {
            if let Some(again) = again {
                assert_eq!(again, bytes);
                taken[which] += 1;
            }
        };
        let own = zf::Share::<E>::decode(&bytes, &all).ok();
        took(0, own.map(|share| zf::encode_key_package::<E>((&share).into()).unwrap().expose().clone()));
        let group = bytes.starts_with(&key[..5]).then(|| zf::Share::<E>::decode(&key, &bytes).ok()).flatten();
        let group = group.map(|share| {
            let mut again = zf::encode_public_key_package::<E>(share.commitment(), share.members()).unwrap();
            // Before 3.0, ZF did not write the last two bytes.
            again.truncate(bytes.len());
            again
        });
        took(1, group);
        took(2, zf::decode_commitments::<E>(&bytes).ok().map(|c| zf::encode_commitments::<E>(&c).unwrap()));
        took(3, NonceCommitments::from_bytes::<E>(&bytes).map(|c| c.as_bytes().to_vec()));
        took(4, SignatureShare::<E>::from_bytes(&bytes).map(|z| z.to_bytes()));
        let evidence = Evidence::from_bytes(&bytes);
        took(5, evidence.as_ref().map(Evidence::to_bytes));
        if let Some(evidence) = evidence {
            let found = frost::judge(&game.task, &evidence);
            assert!(
                found == Finding::Inconclusive
                    || evidence.messages[0] == game.envelope(1, None, 1, &[0xff; 64])
            );
        }
        drop(SigningNonces::<E>::load(Secret::new(bytes), &mut MemoryLedger::default()));
    }
    // A change may leave the bytes as they were.
    assert!(taken.iter().all(|count| *count > 0), "{taken:?}");
}
