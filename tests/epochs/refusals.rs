//! What a record does not do.

use quorate::key::epoch::{EpochError, Epochs, MAX_STEP};
use quorate::key::{Certificate, KeyShare, PendingSeat, PendingShare};
use quorate::session::Status;

use crate::stage::{E, Stage, all_entered, honest, id, only_to, set};

/// What waits at a device after a refresh that did not end.
fn waiting(stage: &mut Stage<E>, epoch: u32, device: u16) -> PendingShare<E> {
    stage.refresh(epoch, &mut |letter| letter.header.round < 3);
    let form = stage.of(device).pending().last().unwrap().to_bytes();
    PendingShare::from_bytes(form.expose()).unwrap()
}

/// Pitfall 40: a number far ahead is refused, in a run and from a helper, until somebody confirms that one number.
#[test]
fn a_step_above_2_to_the_16_needs_a_confirmation() {
    let mut stage = Stage::<E>::new(2, 2, 2, 1);
    let (near, far) = (MAX_STEP, MAX_STEP + 1);
    assert_eq!(MAX_STEP, 65536);
    assert_eq!(stage.of(1).admits(near), Ok(()));
    let refused = Err(EpochError::FarAhead { epoch: far, highest: 0 });
    assert_eq!(stage.of(1).admits(far), refused);
    assert_eq!(stage.of(1).admits(u32::MAX), Err(EpochError::FarAhead { epoch: u32::MAX, highest: 0 }));
    assert_eq!(stage.get(1).raise_highest(far), refused);
    stage.get(1).confirm(far);
    assert_eq!(stage.of(1).admits(far), Ok(()));
    // That number alone, also after a crash.
    stage.store(1);
    stage.crash(1);
    assert_eq!(stage.of(1).admits(far), Ok(()));
    assert!(stage.of(1).admits(far + 1).is_err());
    // 2 has not confirmed it, and is asked again when it would sign.
    let mut unasked = Epochs::<E>::from_bytes(&stage.disks[&2]).unwrap();
    stage.get(2).confirm(far);
    let pending = waiting(&mut stage, far, 2);
    assert_eq!(unasked.keep(&pending).unwrap_err(), EpochError::FarAhead { epoch: far, highest: 0 });
    assert_eq!(unasked.pending().count(), 0);
    // From there on, steps count from there.
    assert_eq!(stage.of(1).admits(far + MAX_STEP), Ok(()));
    assert_eq!(
        stage.of(1).admits(far + MAX_STEP + 1),
        Err(EpochError::FarAhead { epoch: far + MAX_STEP + 1, highest: far })
    );
    // A confirmation that is overtaken is none any more, and the record reads back.
    stage.get(1).confirm(far);
    assert_eq!(stage.of(1).admits(far), Err(EpochError::Signed { epoch: far, highest: far }));
    stage.store(1);
    stage.crash(1);
    stage.get(1).confirm(u32::MAX);
    stage.get(1).raise_highest(u32::MAX).unwrap();
    stage.store(1);
    stage.crash(1);
    assert_eq!(stage.of(1).highest_signed(), Some(u32::MAX));
}

#[test]
fn a_confirmation_stands_while_lower_numbers_are_signed_for() {
    let mut stage = Stage::<E>::new(2, 2, 2, 3);
    let far = 1 << 20;
    stage.get(1).confirm(far);
    for highest in [5, MAX_STEP] {
        stage.get(1).raise_highest(highest).unwrap();
        assert_eq!(stage.of(1).admits(far), Ok(()), "{highest}");
        assert_eq!(stage.of(1).admits(far + 1), Err(EpochError::FarAhead { epoch: far + 1, highest }));
    }
    // A lower number is no confirmation, and takes none away.
    stage.get(1).confirm(MAX_STEP);
    assert_eq!(stage.of(1).admits(far), Ok(()));
    stage.get(1).raise_highest(far).unwrap();
    assert_eq!(stage.of(1).admits(far), Err(EpochError::Signed { epoch: far, highest: far }));
    stage.store(1);
    stage.crash(1);
    assert_eq!(stage.of(1).highest_signed(), Some(far));
}

#[test]
fn one_signature_a_number_and_numbers_rise() {
    let mut stage = Stage::<E>::new(2, 2, 2, 2);
    let mut other = Stage::<E>::new(2, 2, 2, 2);
    let mut empty = Epochs::<E>::from_bytes(&stage.disks[&1]).unwrap();
    let (five, four) = (waiting(&mut stage, 5, 1), waiting(&mut other, 4, 1));
    let input = empty.keep(&five).unwrap();
    let record = empty.to_bytes();
    // Again is no harm, and changes nothing; as a seat too.
    assert_eq!(empty.keep(&five), Ok(input));
    let seat = PendingSeat::from_bytes(five.to_bytes().expose()).unwrap();
    assert_eq!(empty.keep(&seat), Ok(input));
    assert_eq!(empty.to_bytes().expose(), record.expose());
    // Another one of that number, or a lower one, is refused.
    let mut third = Stage::<E>::new(2, 2, 2, 2);
    third.start(1);
    let another = waiting(&mut third, 5, 1);
    assert_ne!(another.sharing().cert(), five.sharing().cert());
    assert_eq!(empty.keep(&another), Err(EpochError::Signed { epoch: 5, highest: 5 }));
    assert_eq!(empty.keep(&four), Err(EpochError::Signed { epoch: 4, highest: 5 }));
    assert_eq!(empty.to_bytes().expose(), record.expose());
    // So it is for what a repaired device is told.
    let mut repaired = Epochs::<E>::from_bytes(&other.disks[&2]).unwrap();
    repaired.raise_highest(6).unwrap();
    repaired.raise_highest(3).unwrap();
    assert_eq!(repaired.highest_signed(), Some(6));
    assert_eq!(repaired.admits(6), Err(EpochError::Signed { epoch: 6, highest: 6 }));
    assert_eq!(repaired.admits(7), Ok(()));
}

#[test]
fn another_device_and_another_key_are_refused() {
    let mut stage = Stage::<E>::new(2, 2, 2, 3);
    let mut foreign = Stage::<E>::new(2, 2, 2, 4);
    let (mine, other) = (waiting(&mut stage, 1, 1), waiting(&mut foreign, 1, 2));
    let record = stage.of(2).to_bytes();
    assert_eq!(stage.get(2).keep(&mine).unwrap_err(), EpochError::WrongDevice(id(1)));
    assert_eq!(stage.get(2).keep(&other).unwrap_err(), EpochError::WrongKey);
    assert_eq!(stage.of(2).to_bytes().expose(), record.expose());
    let certificate = foreign.certificate(1);
    assert_eq!(stage.get(2).enter(&certificate), Err(EpochError::Unknown));
}

/// A burned key stays burned in every later epoch, and takes part in no further run.
#[test]
fn a_burned_key_stays_burned() {
    let mut stage = Stage::<E>::new(2, 3, 3, 5);
    stage.refresh(1, &mut only_to(3, &[1]));
    let certificate = stage.certificate(1);
    let kept = stage.of(2).pending().last().unwrap().to_bytes();
    stage.get(2).burn();
    assert!(stage.of(2).current().unwrap().is_burned());
    assert_eq!(stage.of(2).admits(2), Err(EpochError::Burned(id(2))));
    // What it signed for, it has signed for; others may need that it goes along.
    assert!(stage.get(2).keep(&PendingSeat::from_bytes(kept.expose()).unwrap()).is_ok());
    stage.store(2);
    stage.crash(2);
    assert!(stage.get(2).enter(&certificate).is_ok());
    assert!(stage.of(2).current().unwrap().is_burned());
    stage.store(2);
    stage.crash(2);
    assert_eq!(stage.of(2).admits(2), Err(EpochError::Burned(id(2))));
    let next = waiting(&mut Stage::<E>::new(2, 3, 3, 5), 2, 2);
    assert_eq!(stage.get(2).keep(&next), Err(EpochError::Burned(id(2))));
}

#[test]
fn refused_pairings_are_refused_in_later_epochs() {
    let mut stage = Stage::<E>::new(2, 2, 2, 6);
    stage.get(1).refuse_pairings([[7; 32]]).unwrap();
    all_entered(&stage.refresh(1, &mut honest));
    stage.get(1).refuse_pairings([[6; 32]]).unwrap();
    all_entered(&stage.refresh(2, &mut honest));
    assert_eq!(stage.of(1).current().unwrap().refused_pairings(), [[6; 32], [7; 32]]);
    assert_eq!(stage.of(2).current().unwrap().refused_pairings(), [[0; 32]; 0]);
    let mut joining = Epochs::<E>::joining(stage.public(1), id(9));
    assert_eq!(joining.refuse_pairings([[7; 32]]), Err(EpochError::NoShare(id(9))));
}

/// A pairing that a device refuses signs in no later epoch, whoever refreshed, and whatever was stored in between; a new one does.
#[test]
fn a_pairing_that_was_refused_signs_in_no_later_epoch() {
    use quorate::curve::EcdsaSecp256k1;
    use quorate::ecdsa::{Batch, Message, Presign, PresignTask, Sign, SignBatch, Task};
    use quorate::error::SetupError;
    use quorate::key::Path;
    use quorate::pairing::Pairings;
    use quorate::wire::SessionId;
    use rand_core::SeedableRng as _;
    type S = EcdsaSecp256k1;
    let mut stage = Stage::<S>::new(2, 3, 3, 11);
    let mut rng = stage.rng.clone();
    let mut deal = || stage.cast.deal_pairings(&set(&[1, 2, 3]), &mut rng).unwrap();
    let (old, new) = (deal(), deal());
    let peer = |device| stage.cast.roster().identity(id(device)).unwrap();
    let with_2 = *old[&id(1)].get(&peer(2)).unwrap().id();
    let start = |share: &KeyShare<S>, signers: &[u16], pairings: &Pairings| {
        let (key, root, message) = (share.public(), Path::default(), Message::sha256(b"m"));
        let (signers, session) = (set(signers), SessionId([1; 16]));
        let task = Task::new(key, signers.clone(), root.clone(), message, session).unwrap();
        let batch = Batch::new(key, signers.clone(), [(root.clone(), message)], session).unwrap();
        let ahead = PresignTask::new(key, signers, &root, 1, session).unwrap();
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let found = Sign::start(share, task, pairings, &mut rng).err();
        assert_eq!(SignBatch::start(share, batch, pairings, &mut rng).err(), found);
        assert_eq!(Presign::start(share, ahead, pairings, &mut rng).err(), found);
        found
    };
    stage.get(1).refuse_pairings([with_2]).unwrap();
    stage.store(1);
    for epoch in 1..4 {
        let [one, two] = [1, 2].map(|device| stage.of(device).current().unwrap());
        let outdated = Some(SetupError::PairingOutdated(id(2)));
        assert_eq!(start(one, &[1, 2], &old[&id(1)]), outdated, "{epoch}");
        assert_eq!(start(one, &[1, 2], &new[&id(1)]), None);
        assert_eq!(start(one, &[1, 3], &old[&id(1)]), None);
        assert_eq!(start(two, &[1, 2], &old[&id(2)]), None);
        all_entered(&stage.refresh(epoch, &mut honest));
        stage.crash(1);
    }
}

/// A run does not know what was said to the old share while it went on: who keeps no record takes it over by hand.
#[test]
fn a_bare_share_takes_over_what_the_old_one_was_told() {
    let mut stage = Stage::<E>::new(2, 2, 2, 13);
    let sessions = stage.start(1);
    let mut old = KeyShare::<E>::from_bytes(stage.of(1).current().unwrap().to_bytes().expose()).unwrap();
    old.refuse_pairings([[7; 32]]);
    old.burn();
    let reports = stage.cast.run(sessions, &mut stage.rng);
    let mut new = reports.into_iter().map(|report| report.output()).find(|new| new.id() == id(1)).unwrap();
    assert_eq!((new.is_burned(), new.refused_pairings().len()), (false, 0));
    new.refuse_pairings([[6; 32]]);
    new.inherit(&old);
    let new = KeyShare::<E>::from_bytes(new.to_bytes().expose()).unwrap();
    assert_eq!((new.is_burned(), new.refused_pairings()), (true, &[[6; 32], [7; 32]][..]));
    assert_eq!(new.public().epoch(), 1);
}

/// A device that left and comes back refuses what it refused: its old pairings are where they were.
#[test]
fn refused_pairings_are_refused_by_a_device_that_comes_back() {
    let mut stage = Stage::<E>::new(2, 3, 4, 9);
    stage.get(1).refuse_pairings([[7; 32], [6; 32]]).unwrap();
    all_entered(&stage.reshare(&[1, 2], &[2, 3, 4], 1, &mut honest));
    assert!(stage.of(1).current().is_none());
    stage.crash(1);
    all_entered(&stage.reshare(&[2, 3], &[1, 2, 4], 2, &mut honest));
    stage.crash(1);
    assert_eq!(stage.of(1).current().unwrap().refused_pairings(), [[6; 32], [7; 32]]);
    assert_eq!(stage.of(4).current().unwrap().refused_pairings(), [[0; 32]; 0]);
}

/// A proactive device of a large group refuses a thousand pairings at every refresh: a count of two bytes would be full after a year of weeks,
/// and the share would not come back from its disk.
#[test]
fn any_number_of_refused_pairings_comes_back_from_the_disk() {
    let mut stage = Stage::<E>::new(2, 2, 2, 10);
    let name = |number: u32| {
        let mut name = [0; 32];
        name[..4].copy_from_slice(&number.to_be_bytes());
        name
    };
    stage.get(1).refuse_pairings((0..0x1_0001).map(name)).unwrap();
    stage.store(1);
    stage.crash(1);
    assert_eq!(stage.of(1).current().unwrap().refused_pairings().len(), 0x1_0001);
}

/// Pitfall 39: the session gives out nothing of round 3 before the signature, and the record has the share before it gives what to sign.
#[test]
fn nothing_is_signed_that_is_not_in_the_record() {
    let mut stage = Stage::<E>::new(2, 2, 2, 7);
    let mut sessions = stage.start(1);
    let mut mail = Vec::new();
    for round in 0..3 {
        for session in &mut sessions {
            let status = session.advance(&mut stage.rng).unwrap();
            assert_eq!(matches!(status, Status::Keep), round == 2);
            mail.extend(session.outgoing(0).map(|out| out.bytes.to_vec()));
        }
        crate::stage::deliver_all(&stage.cast, &mut sessions, &mail);
    }
    let sent = sessions[0].sent();
    let pending = sessions[0].pending().unwrap();
    let mut record = Epochs::<E>::from_bytes(&stage.disks[&1]).unwrap();
    let input = record.keep(pending).unwrap();
    let read = Epochs::<E>::from_bytes(record.to_bytes().expose()).unwrap();
    assert_eq!(read.pending().next().unwrap().to_bytes().expose(), pending.to_bytes().expose());
    assert_eq!(sessions[0].sent(), sent);
    sessions[0].kept(&stage.cast.key(id(1)).unwrap().sign(&input)).unwrap();
    assert_eq!(sessions[0].sent(), sent + 1);
}

#[test]
fn certificates_of_nothing() {
    let mut stage = Stage::<E>::new(2, 2, 2, 8);
    let none = Certificate::from_bytes(&[0; 32]).unwrap();
    assert_eq!(stage.get(1).enter(&none), Err(EpochError::Unknown));
    let own = stage.certificate(1);
    assert_eq!(stage.get(1).enter(&own), Err(EpochError::Unknown));
    let mut joining = Epochs::<E>::joining(stage.public(1), id(9));
    assert_eq!(joining.meet(&own), Ok(quorate::key::epoch::Met::Nothing));
}

/// A device that joins signs for nothing up to the epoch that it joins from: an epoch of such a number is one that others have left, or a
/// stranger's.
#[test]
fn a_device_that_joins_signs_for_nothing_up_to_the_epoch_that_it_joins_from() {
    let mut stage = Stage::<E>::new(2, 2, 3, 14);
    all_entered(&stage.refresh(1, &mut honest));
    all_entered(&stage.refresh(2, &mut honest));
    let joining = Epochs::<E>::joining(stage.public(1), id(3));
    assert_eq!(joining.highest_signed(), Some(2));
    assert_eq!(joining.admits(1), Err(EpochError::Signed { epoch: 1, highest: 2 }));
    assert_eq!(joining.admits(2), Err(EpochError::Signed { epoch: 2, highest: 2 }));
    assert_eq!(joining.admits(3), Ok(()));
    // How far it goes in one step is counted from there too.
    let far = 2 + MAX_STEP;
    assert_eq!(joining.admits(far), Ok(()));
    assert_eq!(joining.admits(far + 1), Err(EpochError::FarAhead { epoch: far + 1, highest: 2 }));
}
