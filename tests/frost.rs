//! FROST end to end: leaderless and with a coordinator.
use quorate::curve::FrostEd25519;
use quorate::dkg::{Dkg, Run};
use quorate::frost::{
    AggregateError, Coordinator, Cosigner, Sign, SignatureShare, SigningNonces, SigningPackage, Task,
    aggregate, sign,
};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::Status;
use quorate::sim::{Cast, Faults};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

type E = FrostEd25519;

fn keys(t: u16, n: u16, rng: &mut ChaCha20Rng) -> (Cast, Vec<KeyShare<E>>) {
    let cast = Cast::new(1..=n, rng).unwrap();
    let run = Run::new(Threshold::new(t, n).unwrap(), cast.roster().clone(), SessionId([1; 16])).unwrap();
    let sessions: Vec<_> = cast
        .ids()
        .into_iter()
        .map(|id| Dkg::<E>::start(&run, id, &mut quorate::sim::MemoryLedger::default(), rng).unwrap())
        .collect();
    let shares = cast.run(sessions, rng).into_iter().map(|r| r.output()).collect();
    (cast, shares)
}

fn verifies(share: &KeyShare<E>, message: &[u8], signature: ed25519_dalek::Signature) -> bool {
    let key: [u8; 32] = share.public().public_key().try_into().unwrap();
    ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap().verify_strict(message, &signature).is_ok()
}

#[test]
fn every_quorum_signs_messages_of_any_length() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let (cast, shares) = keys(2, 3, &mut rng);
    let messages: [&[u8]; 5] = [b"", b"x", b"\0\0\0lead", b"quorate", &vec![0xa5; 1 << 20]];
    for (k, message) in messages.into_iter().enumerate() {
        for ids in [&[1, 2][..], &[1, 3], &[2, 3], &[1, 2, 3]] {
            let signers = Parties::from_numbers(ids.iter().copied()).unwrap();
            let task =
                Task::new(shares[0].public(), signers.clone(), message, SessionId([k as u8; 16])).unwrap();
            let chosen = shares.iter().filter(|s| signers.contains(s.id()));
            let sessions: Vec<_> = chosen.map(|s| Sign::start(s, task.clone(), &mut rng).unwrap()).collect();
            let reports = cast.run_with(sessions, Faults::storm(), &mut |_| true, &mut rng);
            assert_eq!(reports.len(), ids.len());
            for report in reports {
                assert!(verifies(&shares[0], message, report.output().into()));
            }
        }
    }
}

#[test]
fn a_coordinator_without_a_share_collects_a_signature() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let (_, shares) = keys(3, 5, &mut rng);
    let signers = Parties::from_numbers([1, 2, 4, 5]).unwrap();
    let task = Task::new(shares[0].public(), signers.clone(), b"star", SessionId([9; 16])).unwrap();
    let (mut commitments, mut cosigners) = (Vec::new(), Vec::new());
    for share in shares.iter().filter(|s| signers.contains(s.id())) {
        let nonces = SigningNonces::generate(share.into(), &mut rng);
        commitments.push((share.id(), nonces.commitments().clone()));
        cosigners.push(Cosigner::start(share, task.clone(), PartyId::COORDINATOR, nonces).unwrap());
    }
    let mut hub = Coordinator::start(task, PartyId::COORDINATOR, commitments).unwrap();
    for cosigner in &mut cosigners {
        let me = cosigner.terms().me;
        let list = hub.outgoing(0).find(|m| m.to == Some(me)).unwrap().bytes.to_vec();
        cosigner.receive(PartyId::COORDINATOR, &list).unwrap();
        assert!(matches!(cosigner.advance(&mut rng), Ok(Status::Done(()))));
        hub.receive(me, cosigner.outgoing(0).next().unwrap().bytes).unwrap();
    }
    let Ok(Status::Done(signature)) = hub.advance(&mut rng) else { panic!("no signature") };
    assert!(verifies(&shares[0], b"star", signature.into()));
}

/// Small groups check share by share, large ones by halves: both name exactly the cheaters.
#[test]
fn f2_2_every_bad_share_of_a_group_of_any_size_is_found() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    for (t, n, bad) in [(3, 5, &[2u16, 5][..]), (12, 15, &[1]), (20, 33, &[1, 2, 17, 32, 33]), (17, 17, &[9])]
    {
        let cast = Cast::new(1..=n, &mut rng).unwrap();
        let shares = cast.deal::<E>(Threshold::new(t, n).unwrap(), &mut rng).unwrap();
        let key = shares[0].public().commitment();
        let nonces: Vec<_> = shares.iter().map(|s| SigningNonces::generate(s.into(), &mut rng)).collect();
        let list = shares.iter().zip(&nonces).map(|(s, n)| (s.id(), n.commitments().clone()));
        let package = SigningPackage::<E>::new(key, list, b"m").unwrap();
        let sign_all = shares.iter().zip(nonces).map(|(s, n)| (s.id(), sign(n, s.into(), &package).unwrap()));
        let mut signed: Vec<_> = sign_all.collect();
        assert!(aggregate(&package, &signed).is_ok());
        for (place, id) in bad.iter().enumerate() {
            let at = usize::from(*id) - 1;
            let mut bytes = signed[at].1.to_bytes();
            bytes[place] ^= 1; // at different places, so that no two cancel
            signed[at].1 = SignatureShare::from_bytes(&bytes).unwrap();
        }
        signed.reverse();
        let expected = Parties::from_numbers(bad.iter().copied()).unwrap();
        assert_eq!(aggregate(&package, &signed), Err(AggregateError::BadShares(expected)));
    }
}
