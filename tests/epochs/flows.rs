//! Runs that end at some devices and not at others.

use quorate::curve::{Curve, EcdsaSecp256k1, Ed25519, Scheme, encode_point, read_scalar};
use quorate::dkg::{self, Dkg};
use quorate::frost::{Sign, Task};
use quorate::import::{self, Import};
use quorate::key::epoch::{EpochError, Epochs, Met};
use quorate::key::{Certificate, CertificateError};
use quorate::party::Threshold;
use quorate::secret::Secret;
use quorate::sim::{Letter, MemoryLedger};
use quorate::wire::SessionId;

use crate::stage::{E, End, Stage, all_entered, convicted, honest, id, only_to, set};

/// These sign together.
pub(crate) fn sign(stage: &mut Stage<E>, signers: &[u16]) {
    let task = Task::new(stage.public(signers[0]), set(signers), b"m", SessionId([77; 16])).unwrap();
    let start = |device: &u16| {
        Sign::start(stage.records[device].current().unwrap(), task.clone(), &mut stage.rng).unwrap()
    };
    let sessions: Vec<_> = signers.iter().map(start).collect();
    let reports = stage.cast.only(&set(signers)).unwrap().run(sessions, &mut stage.rng);
    let signatures: Vec<_> = reports.into_iter().map(|report| report.output()).collect();
    assert_eq!(signatures.len(), signers.len());
}

/// C20, pitfall 25: 3 certifies to 1 and to nobody else; 2 and 4 are where they were, and follow when they are handed the certificate.
fn lost<S: Scheme>() {
    let mut stage = Stage::<S>::new(2, 4, 4, 1);
    let before = stage.name(2);
    let ends = stage.refresh(1, &mut only_to(3, &[1]));
    assert!(matches!(ends[&1], End::Entered) && matches!((&ends[&2], &ends[&4]), (End::Waits, End::Waits)));
    assert_eq!((stage.public(1).epoch(), stage.name(2), stage.name(4)), (1, before, before));
    // 2 has lost its memory too, and hears from 1; 4 hears from 2.
    stage.crash(2);
    assert_eq!(stage.meet(2, 1), Met::HandOver(stage.certificate(1)));
    for (from, to) in [(1, 2), (2, 4)] {
        let Met::CaughtUp(receipt) = stage.meet(from, to) else { panic!("{to} is behind") };
        assert_eq!((receipt.entered, &receipt.erased[..]), (stage.name(1), &[before][..]));
        assert_eq!(stage.meet(from, to), Met::Same);
    }
    assert_eq!(stage.public(1), stage.public(4));
    let ends = stage.refresh(2, &mut honest);
    all_entered(&ends);
}

#[test]
fn t3_1_a_lost_certificate_is_handed_on() {
    lost::<E>();
    lost::<EcdsaSecp256k1>();
}

/// C13, C20: 3 gives 1 its signature, and 2 a wrong one; 2 convicts it, and keeps its pending share all the same.
#[test]
fn c20_what_is_pending_survives_a_verdict() {
    let mut stage = Stage::<E>::new(2, 3, 3, 2);
    let mut lie = |letter: &mut Letter| {
        if letter.header.from == id(3) && letter.header.round == 3 && letter.to == id(2) {
            letter.body[40] ^= 1;
        }
        true
    };
    let ends = stage.refresh(1, &mut lie);
    assert!(matches!(ends[&1], End::Entered));
    assert!(convicted(&ends[&2], 3), "{:?}", ends[&2]);
    assert_eq!(stage.of(2).pending().count(), 1);
    stage.crash(2);
    assert!(matches!(stage.meet(1, 2), Met::CaughtUp(_)));
    sign(&mut stage, &[1, 2]);
}

/// C12: 3 sends nothing in round 3. Nobody else enters, the old epoch signs, and another run with a higher number replaces the stalled one; when
/// the certificate of the first comes after all, nobody goes back.
#[test]
fn c12_a_stalled_run_is_replaced_and_does_not_come_back() {
    let mut stage = Stage::<E>::new(2, 3, 3, 3);
    let start = stage.name(1);
    let [stalled, replacing] = [1, 2].map(|epoch| stage.start(epoch));
    let ends = stage.play(stalled, &mut only_to(3, &[]));
    assert!(matches!((&ends[&1], &ends[&2]), (End::Waits, End::Waits)));
    sign(&mut stage, &[1, 2]);
    assert_eq!(stage.of(1).admits(1), Err(EpochError::Signed { epoch: 1, highest: 1 }));
    let (one, first) = (stage.name(3), stage.certificate(3));
    all_entered(&stage.play(replacing, &mut honest));
    for device in [1, 2] {
        assert_eq!(stage.get(device).enter(&first), Err(EpochError::Unknown));
        assert_eq!(stage.public(device).epoch(), 2);
        assert_eq!(stage.of(device).owed(), [start, one]);
    }
    sign(&mut stage, &[1, 3]);
}

/// Rule 6: two refreshes overlap, and both certificates are complete, at different devices first. The higher one wins everywhere.
#[test]
fn of_two_overlapping_refreshes_the_higher_wins() {
    let mut stage = Stage::<E>::new(2, 3, 3, 4);
    let start = stage.name(1);
    let [low, high] = [1, 2].map(|epoch| stage.start(epoch));
    // 1 alone sees the end of the first, 2 alone that of the second.
    let only = |to: u16| move |letter: &mut Letter| letter.header.round < 3 || letter.to == id(to);
    assert!(matches!(stage.play(low, &mut only(1))[&1], End::Entered));
    let (one, first) = (stage.name(1), stage.certificate(1));
    assert!(matches!(stage.play(high, &mut only(2))[&2], End::Entered));
    let two = stage.name(2);
    assert_eq!((stage.of(1).owed(), stage.of(2).owed()), (&[start][..], &[start, one][..]));
    // 3 enters the first, and then the second; 2 stays in the second.
    assert!(matches!(stage.get(3).meet(&first).unwrap(), Met::CaughtUp(receipt) if receipt.entered == one));
    assert_eq!(stage.of(3).pending().count(), 1);
    let Met::CaughtUp(receipt) = stage.meet(2, 3) else { panic!("3 is behind") };
    assert_eq!((receipt.entered, receipt.erased), (two, vec![one]));
    assert_eq!(stage.get(2).meet(&first).unwrap(), Met::HandOver(stage.certificate(2)));
    assert!(matches!(stage.meet(3, 1), Met::CaughtUp(_)));
    assert_eq!([1, 2, 3].map(|device| stage.name(device)), [two; 3]);
    sign(&mut stage, &[1, 3]);
}

/// Rule 3 and 5: a dealer that leaves keeps its share until the certificate is complete, and hands the certificate on afterwards; a member that
/// is dropped without dealing erases nothing; who joins has promised its share.
#[test]
fn leaving_joining_and_being_left_out() {
    let mut stage = Stage::<E>::new(2, 4, 5, 5);
    let before = stage.name(1);
    // 1 and 2 deal to 2, 3 and 5. 3 certifies to 5 only.
    let ends = stage.reshare(&[1, 2], &[2, 3, 5], 7, &mut only_to(3, &[5]));
    assert!(matches!((&ends[&5], &ends[&1], &ends[&2]), (End::Entered, End::Waits, End::Waits)));
    assert_eq!((stage.of(1).pending().count(), stage.of(1).current().unwrap().id()), (1, id(1)));
    let Met::CaughtUp(receipt) = stage.meet(5, 1) else { panic!("1 leaves") };
    assert_eq!(receipt.erased, [before]);
    stage.crash(1);
    assert!(stage.of(1).current().is_none());
    assert_eq!(stage.of(1).owed(), [before]);
    assert!(matches!(stage.meet(1, 2), Met::CaughtUp(_)));
    // 4 had no part in it.
    let certificate = stage.certificate(1);
    assert_eq!(stage.get(4).enter(&certificate), Err(EpochError::Unknown));
    assert_eq!((stage.name(4), stage.of(4).owed()), (before, &[][..]));
    assert_eq!(stage.of(5).owed(), []);
    sign(&mut stage, &[2, 5]);
    // What 1 signed for, it does not sign for again; a way back is above it.
    assert_eq!(stage.of(1).admits(7), Err(EpochError::Signed { epoch: 7, highest: 7 }));
    all_entered(&stage.reshare(&[2, 5], &[1, 2, 5], 8, &mut honest));
    assert_eq!(stage.of(1).current().unwrap().id(), id(1));
    sign(&mut stage, &[1, 5]);
}

#[test]
fn a_joiner_does_not_give_up_what_it_promised() {
    let mut stage = Stage::<E>::new(2, 3, 4, 6);
    let joining = Epochs::joining(stage.public(1), id(4));
    assert_eq!((joining.highest_signed(), joining.abandon().unwrap()), (Some(0), vec![]));
    stage.reshare(&[1, 2], &[1, 2, 3, 4], 1, &mut only_to(3, &[]));
    let joined = stage.records.remove(&4).unwrap();
    let (joined, error) = joined.abandon().unwrap_err();
    assert_eq!((error, joined.pending().count()), (EpochError::Promised(1), 1));
    let (_, error) = stage.records.remove(&1).unwrap().abandon().unwrap_err();
    assert_eq!(error, EpochError::Promised(0));
}

/// A key generation has no epoch before: its pending share waits like any other, or goes with the key.
#[test]
fn a_generated_key_waits_and_may_be_abandoned() {
    let mut stage = Stage::<E>::new(2, 2, 3, 7);
    let run = dkg::Run::new(Threshold::new(2, 3).unwrap(), stage.cast.roster().clone(), SessionId([9; 16]))
        .unwrap();
    let mut begin = |device: u16| {
        Dkg::<E>::start(&run, id(device), &mut MemoryLedger::default(), &mut stage.rng).unwrap()
    };
    let sessions: Vec<_> = [1, 2, 3].map(&mut begin).into();
    stage.records.clear();
    let ends = stage.play(sessions, &mut only_to(3, &[1]));
    assert!(matches!((&ends[&1], &ends[&2]), (End::Entered, End::Waits)));
    let waiting = stage.of(2).to_bytes();
    assert_eq!((stage.of(2).current().is_none(), stage.of(2).highest_signed()), (true, Some(0)));
    let again = Epochs::<E>::from_bytes(waiting.expose()).unwrap();
    assert_eq!(again.abandon().unwrap(), [stage.name(1)]);
    assert_eq!(stage.certificate(1).to_bytes().len(), 32 + 3 * 64);
    let Met::CaughtUp(receipt) = stage.meet(1, 2) else { panic!("2 waits") };
    assert_eq!(receipt.erased, []);
    sign(&mut stage, &[1, 2]);
}

/// An import: the dealer from outside signs the certificate, has nothing afterwards, and nothing to erase.
#[test]
fn an_importer_leaves_with_nothing() {
    let mut stage = Stage::<E>::new(2, 3, 4, 8);
    stage.records.clear();
    let mut secret = [0; 32];
    secret[0] = 7;
    let scalar = curve25519_point(&secret);
    let dealer = (id(4), stage.cast.roster().identity(id(4)).unwrap());
    let (threshold, roster) = (Threshold::new(2, 3).unwrap(), stage.roster(&[1, 2, 3]));
    let run = import::Run::<E>::whole(threshold, roster, &scalar, dealer, SessionId([3; 16])).unwrap();
    let mut ledger = MemoryLedger::default();
    let chain = Some(Secret::new([5; 32]));
    let mut sessions =
        vec![Import::deal(&run, id(4), &Secret::new(secret), chain, &mut ledger, &mut stage.rng).unwrap()];
    for device in [1, 2, 3] {
        let mut ledger = MemoryLedger::default();
        sessions.push(Import::receive(&run, id(device), &mut ledger, &mut stage.rng).unwrap());
    }
    let ends = stage.play(sessions, &mut only_to(2, &[1, 3]));
    assert!(matches!((&ends[&4], &ends[&1]), (End::Waits, End::Entered)));
    let Met::CaughtUp(receipt) = stage.meet(1, 4) else { panic!("4 waits") };
    assert_eq!(receipt.erased, []);
    stage.crash(4);
    assert!(stage.of(4).current().is_none() && stage.of(4).owed().is_empty());
    stage.records.remove(&4);
    all_entered(&stage.refresh(1, &mut honest));
    sign(&mut stage, &[1, 3]);
}

fn curve25519_point(secret: &[u8; 32]) -> Vec<u8> {
    let scalar = read_scalar::<Ed25519>(secret).unwrap();
    encode_point::<Ed25519>(&Ed25519::mul_base(&scalar)).unwrap()
}

/// [T3.1] One signature missing, wrong, or of another run: nothing changes.
#[test]
fn t3_1_an_incomplete_certificate_changes_nothing() {
    let mut stage = Stage::<E>::new(2, 4, 5, 9);
    let ends = stage.reshare(&[1, 2], &[2, 3, 5], 1, &mut only_to(3, &[5]));
    assert!(matches!(ends[&5], End::Entered));
    let good = stage.certificate(5).to_bytes();
    // 1, 2, 3 and 5, of whom 1 only deals.
    assert_eq!(good.len(), 32 + 4 * 64);
    let before = stage.of(2).to_bytes();
    for (place, who) in [1, 2, 3, 5].into_iter().enumerate() {
        let of = 32 + 64 * place..96 + 64 * place;
        let mut flipped = good.clone();
        flipped[of.start + 9] ^= 1;
        let mut without = good.clone();
        without.drain(of);
        for bytes in [flipped, without] {
            let certificate = Certificate::from_bytes(&bytes).unwrap();
            for device in [1, 2] {
                let refused = stage.get(device).enter(&certificate).unwrap_err();
                assert_eq!(stage.get(device).meet(&certificate), Err(refused.clone()));
                assert_eq!(refused, EpochError::Certificate(CertificateError::BadSignature(id(who))));
            }
        }
    }
    let more = Certificate::from_bytes(&[&good[..], &good[32..96]].concat()).unwrap();
    assert_eq!(stage.get(2).enter(&more), Err(EpochError::Certificate(CertificateError::Foreign)));
    let mut other = good.clone();
    other[3] ^= 1;
    let other = Certificate::from_bytes(&other).unwrap();
    assert_eq!(stage.get(2).enter(&other), Err(EpochError::Unknown));
    assert_eq!(stage.of(2).to_bytes().expose(), before.expose());
    assert!(stage.get(2).enter(&Certificate::from_bytes(&good).unwrap()).is_ok());
}
