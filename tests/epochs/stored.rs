//! Records on disk: restarts at every point, and bytes that nobody wrote.

use quorate::curve::{EcdsaP256, Scheme};
use quorate::key::epoch::{EpochName, Epochs, Met};
use quorate::refresh::Refresh;
use quorate::session::{Session, Status};
use rand_core::Rng as _;
use sha2::{Digest as _, Sha256};

use crate::flows::sign;
use crate::stage::{E, End, Stage, all_entered, deliver_all, honest, id, only_to};

/// A refresh that wants its shares kept at all three devices; 2 and 3 have kept and signed.
fn before_keeping(stage: &mut Stage<E>) -> Vec<Session<Refresh<E>>> {
    let mut sessions = stage.start(1);
    for _ in 0..3 {
        sessions.iter_mut().for_each(|session| drop(session.advance(&mut stage.rng).unwrap()));
        deliver_from(stage, &mut sessions, 0);
    }
    for (device, session) in (2..).zip(&mut sessions[1..]) {
        let input = stage.get(device).keep(session.pending().unwrap()).unwrap();
        stage.store(device);
        session.kept(&stage.cast.key(id(device)).unwrap().sign(&input)).unwrap();
    }
    sessions
}

fn deliver_from(stage: &Stage<E>, sessions: &mut [Session<Refresh<E>>], after: usize) {
    let mail = sessions.iter().flat_map(|s| s.outgoing(after).map(|out| out.bytes.to_vec()));
    deliver_all(&stage.cast, sessions, &mail.collect::<Vec<_>>());
}

/// Device 1 keeps and signs, and crashes at some of the points on the way.
fn keep(stage: &mut Stage<E>, session: &mut Session<Refresh<E>>, point: usize) {
    if point == 0 {
        stage.crash(1);
    }
    let mut input = stage.get(1).keep(session.pending().unwrap()).unwrap();
    if point == 1 {
        // Not stored: nothing is known of it, and the session that came back wants it kept again.
        stage.crash(1);
        assert_eq!(stage.of(1).pending().count(), 0);
        input = stage.get(1).keep(session.pending().unwrap()).unwrap();
    }
    stage.store(1);
    if point == 2 {
        // Stored and not signed: the same again.
        stage.crash(1);
        assert_eq!(stage.get(1).keep(session.pending().unwrap()), Ok(input));
    }
    session.kept(&stage.cast.key(id(1)).unwrap().sign(&input)).unwrap();
    if point == 3 {
        stage.crash(1);
    }
}

/// It enters, and crashes at others.
fn enter(stage: &mut Stage<E>, session: &mut Session<Refresh<E>>, point: usize, before: EpochName) {
    if point == 4 {
        // The session is gone for good: another device has the certificate.
        stage.crash(1);
        assert!(matches!(stage.meet(2, 1), Met::CaughtUp(_)));
    } else {
        let Ok(Status::Done(share)) = session.advance(&mut stage.rng) else { panic!() };
        let receipt = stage.get(1).enter(share.public().certificate()).unwrap();
        if point == 5 {
            // Entered and not stored: it is pending again, and entered again to the same end.
            stage.crash(1);
            assert_eq!(stage.name(1), before);
            assert_eq!(stage.get(1).enter(share.public().certificate()), Ok(receipt));
        }
    }
    stage.store(1);
    if point == 6 {
        stage.crash(1);
    }
    assert_eq!((stage.public(1).epoch(), stage.of(1).owed()), (1, &[before][..]));
    stage.get(1).settled(&[before]);
    if point == 7 {
        // Settled and not stored: the application destroys again what is gone.
        stage.crash(1);
        assert_eq!(stage.of(1).owed(), [before]);
        stage.get(1).settled(&[before]);
    }
    stage.store(1);
}

/// A crash of device 1 at any point from keeping to settling; whatever the point, it comes to the new epoch, and signs.
#[test]
fn a_restart_at_every_point_around_the_certificate() {
    for point in 0..=8 {
        let mut stage = Stage::<E>::new(2, 3, 3, 1);
        let before = stage.name(1);
        let mut sessions = before_keeping(&mut stage);
        keep(&mut stage, &mut sessions[0], point);
        deliver_from(&stage, &mut sessions, 2);
        for (device, session) in (2..).zip(&mut sessions[1..]) {
            let Ok(Status::Done(share)) = session.advance(&mut stage.rng) else { panic!() };
            let receipt = stage.get(device).enter(share.public().certificate()).unwrap();
            assert_eq!(receipt.erased, [before]);
            stage.store(device);
        }
        enter(&mut stage, &mut sessions[0], point, before);
        stage.crash(1);
        assert_eq!(stage.of(1).owed(), []);
        sign(&mut stage, &[1, 3]);
        all_entered(&stage.refresh(2, &mut honest));
    }
}

/// Every kind of record: with pending shares and something owed, a leaver before and after, a joiner, a confirmed number, burned.
fn records<S: Scheme>() -> Vec<Vec<u8>> {
    let mut stage = Stage::<S>::new(2, 4, 5, 2);
    all_entered(&stage.refresh(1, &mut honest));
    stage.refresh(3, &mut only_to(3, &[]));
    let ends = stage.reshare(&[1, 2], &[2, 3, 5], 4, &mut only_to(3, &[5]));
    assert!(matches!(ends[&5], End::Entered));
    let mut records: Vec<_> = stage.disks.values().cloned().collect();
    stage.meet(5, 1);
    records.push(stage.disks[&1].clone());
    stage.get(2).confirm(1 << 20);
    stage.get(2).burn();
    stage.store(2);
    records.push(stage.disks[&2].clone());
    let joining = Epochs::joining(stage.public(1), id(9));
    records.push(joining.to_bytes().expose().clone());
    records
}

fn closed(mut content: Vec<u8>) -> Vec<u8> {
    let digest = Sha256::digest(&content);
    content.extend_from_slice(&digest);
    content
}

fn read<S: Scheme>(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(Epochs::<S>::from_bytes(bytes)?.to_bytes().expose().clone())
}

fn garbage<S: Scheme>(flips: usize) {
    let records = records::<S>();
    let mut rng = Stage::<S>::new(2, 2, 2, 3).rng;
    for bytes in &records {
        assert_eq!(read::<S>(bytes).as_ref(), Some(bytes));
        let content = &bytes[..bytes.len() - 32];
        // A disk that flips a bit, or loses the end, is noticed.
        for len in 0..bytes.len() {
            assert!(Epochs::<S>::from_bytes(&bytes[..len]).is_none());
        }
        for _ in 0..flips {
            let mut wrong = bytes.clone();
            let bit = rng.next_u64() as usize % (8 * wrong.len());
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(Epochs::<S>::from_bytes(&wrong).is_none());
            // Whoever can close it again gets no panic, and one form for each record.
            let mut forged = content.to_vec();
            for _ in 0..=rng.next_u32() % 3 {
                let bit = rng.next_u64() as usize % (8 * forged.len().min(80));
                forged[bit / 8] ^= 1 << (bit % 8);
            }
            let forged = closed(forged);
            assert!(read::<S>(&forged).is_none_or(|again| again == forged));
        }
        for len in (0..content.len()).step_by(7) {
            assert!(Epochs::<S>::from_bytes(&closed(content[..len].to_vec())).is_none());
        }
        assert!(Epochs::<S>::from_bytes(&closed([content, &[0]].concat())).is_none());
    }
}

#[test]
fn records_have_one_form_and_nothing_else_is_one() {
    garbage::<E>(300);
    garbage::<EcdsaP256>(30);
}

/// Forms whose parts are each valid, and which no device can have come to.
#[test]
fn records_that_cannot_have_come_about() {
    let records = records::<E>();
    let content = |record: usize| records[record][..records[record].len() - 32].to_vec();
    let change = |record: usize, at: usize, to: &[u8]| {
        let mut bytes = content(record);
        assert_ne!(&bytes[at..at + to.len()], to);
        bytes[at..at + to.len()].copy_from_slice(to);
        Epochs::<E>::from_bytes(&closed(bytes)).is_some()
    };
    // version, kind, flags; id 2, key id 32; the highest number at 37, no confirmed one at 42; then the share.
    assert!(!change(0, 0, &[2]) && !change(0, 1, b"k") && !change(0, 2, &[1]) && !change(0, 2, &[2]));
    assert!(!change(0, 3, &[0, 2]) && !change(0, 5, &[0; 32]));
    // Device 1 is in epoch 1, and signed for 3 and 4: it is not below that, and nothing up to it is confirmed.
    assert_eq!(content(0)[37..43], [1, 0, 0, 0, 4, 0]);
    assert!(!change(0, 38, &[0, 0, 0, 3]) && !change(0, 37, &[2]));
    assert!(change(0, 38, &[0, 0, 0, 5]));
    let confirmed = |number: u8| {
        let mut bytes = content(0);
        bytes.splice(42..43, [1, 0, 0, 0, number]);
        Epochs::<E>::from_bytes(&closed(bytes)).is_some()
    };
    assert_eq!([3, 4, 5].map(confirmed), [false, false, true]);
    // What is owed, at the end: one epoch, number 0.
    let end = content(0).len();
    assert_eq!(content(0)[end - 40..end - 32], [0, 0, 0, 1, 0, 0, 0, 0]);
    assert!(!change(0, end - 36, &[0, 0, 0, 1]) && !change(0, end - 37, &[2]));
    // One epoch a number is entered, so one a number is owed.
    assert!(change(0, end - 32, &[7; 32]));
    let twice = [&content(0)[..end - 37], &[2, 0, 0, 0, 0], &[7; 32][..], &[0; 4], &[8; 32]].concat();
    assert!(Epochs::<E>::from_bytes(&closed(twice)).is_none());
    // Device 1 left, with the public key; then come the pairings that its last share refused.
    let refused = |ids: &[u8]| {
        let (kind, mut bytes) = (43, content(5));
        assert_eq!(bytes[kind], 2);
        let len: [u8; 4] = bytes[kind + 1..kind + 5].try_into().unwrap();
        let count = kind + 5 + u32::from_be_bytes(len) as usize;
        assert_eq!(bytes[count..count + 4], [0; 4]);
        bytes[count + 3] = ids.len() as u8;
        bytes.splice(count + 4..count + 4, ids.iter().flat_map(|id| [*id; 32]));
        Epochs::<E>::from_bytes(&closed(bytes)).is_some()
    };
    assert!(refused(&[]) && refused(&[7]) && refused(&[7, 8]));
    assert!(!refused(&[8, 7]) && !refused(&[7, 7]));
    // Who left dealt, and is no member: device 1, not 2, which is in the roster, nor 4, which did not deal.
    assert!(Epochs::<E>::from_bytes(&records[5]).unwrap().current().is_none());
    assert!(!change(5, 3, &[0, 2]) && !change(5, 3, &[0, 4]));
    // Device 5 has one share, and nothing waits: it is its own.
    let five = Epochs::<E>::from_bytes(&records[4]).unwrap();
    assert_eq!((five.current().unwrap().id(), five.pending().count()), (id(5), 0));
    assert!(!change(4, 3, &[0, 2]));
    // Two pending ones in the other order, or one twice, or those of another device.
    let form = |device: usize, epoch: usize| {
        let record = Epochs::<E>::from_bytes(&records[device]).unwrap();
        let form = record.pending().nth(epoch).unwrap().to_bytes();
        [&(form.expose().len() as u32).to_be_bytes()[..], form.expose()].concat()
    };
    let (three, four) = (form(0, 0), form(0, 1));
    let start = end - 40 - three.len() - four.len();
    let with = |pending: [&[u8]; 2]| {
        let bytes = [&content(0)[..start], &pending.concat(), &content(0)[end - 40..]].concat();
        Epochs::<E>::from_bytes(&closed(bytes)).is_some()
    };
    assert!(with([&three, &four]));
    assert!(!with([&four, &three]) && !with([&three, &three]) && !with([&four, &four]));
    assert!(!with([&form(1, 0), &four]) && !with([&three, &form(1, 1)]));
}

/// Who joins has signed for nothing up to the epoch it joins from, and knows the key: both are in its record, until it has a share.
#[test]
fn a_joiners_record_names_the_key() {
    let mut stage = Stage::<E>::new(2, 3, 4, 12);
    let base = stage.public(1).clone();
    let form = Epochs::joining(&base, id(4)).to_bytes().expose().clone();
    let read = |content: &[u8]| Epochs::<E>::from_bytes(&closed(content.to_vec()));
    let content = form[..form.len() - 32].to_vec();
    assert_eq!(content[37..44], [1, 0, 0, 0, 0, 0, 3]);
    assert_eq!(content[44..108], [&base.public_key()[..], base.chain_code()].concat());
    assert_eq!(content[108..], [0; 8]);
    assert!(read(&content).is_some());
    let mut no_floor = content.clone();
    no_floor.splice(37..42, [0]);
    assert!(read(&no_floor).is_none());
    let mut no_point = content.clone();
    no_point[44..76].fill(0xff);
    assert!(read(&no_point).is_none());
    // With a share the record names no other key beside it.
    all_entered(&stage.reshare(&[1, 2], &[1, 2, 4], 1, &mut honest));
    assert_eq!(stage.disks[&4][43], 1);
    stage.crash(4);
    sign(&mut stage, &[2, 4]);
}

#[test]
fn a_receipt_says_what_is_gone() {
    let mut stage = Stage::<E>::new(2, 3, 3, 4);
    let start = stage.name(1);
    let [low, high] = [1, 2].map(|epoch| stage.start(epoch));
    stage.play(low, &mut |letter| letter.header.round < 3);
    let pending = EpochName { number: 1, id: stage.of(1).pending().next().unwrap().sharing().epoch_id() };
    let shares: Vec<_> =
        [stage.of(1).current().unwrap().to_bytes(), stage.of(1).pending().next().unwrap().to_bytes()]
            .map(|form| form.expose()[5..37].to_vec())
            .into();
    let held = |record: &[u8]| shares.iter().filter(|s| record.windows(32).any(|w| w == &s[..])).count();
    assert_eq!(held(&stage.disks[&1]), 2);
    stage.play(high, &mut |letter| letter.header.round < 3 || letter.to == id(2));
    let Met::CaughtUp(receipt) = stage.meet(2, 1) else { panic!("1 is behind") };
    assert_eq!((receipt.entered.number, &receipt.erased[..]), (2, &[start, pending][..]));
    assert_eq!(held(&stage.disks[&1]), 0);
    let bytes = receipt.to_bytes();
    assert_eq!((bytes.len(), bytes[0], &bytes[1..5]), (1 + 3 * 36, 1, &[0, 0, 0, 2][..]));
    assert_eq!((&bytes[37..41], &bytes[41..73]), (&[0; 4][..], &start.id[..]));
}
