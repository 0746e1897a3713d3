//! Pairing two devices: both come to the same, whatever the network does; pairings have nothing in common; a run can be suspended
//! anywhere.

use std::collections::BTreeSet;

use quorate::error::{ResumeError, SetupError};
use quorate::identity::{IdentityKey, PublicIdentity};
use quorate::pairing::{Opening, Pair, Pairing, Run, STORED_LEN};
use quorate::secret::Secret;
use quorate::session::{Receipt, Session, Snapshot, Status};
use quorate::sim::{Cast, Faults, MemoryLedger, Report};
use quorate::wire::{HEADER_LEN, SessionId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn identity(n: u8) -> PublicIdentity {
    IdentityKey::from_seed(Secret::new([n; 32])).public()
}

fn start(me: PublicIdentity, peer: PublicIdentity, session: u8, seed: u64) -> Session<Pair> {
    let mut ledger = MemoryLedger::default();
    Pair::start(me, peer, SessionId([session; 16]), &mut ledger, &mut rng(seed)).unwrap()
}

fn run(a: u8, b: u8, session: u8, seed: u64, faults: Faults) -> Vec<Report<Pairing>> {
    let (a, b) = (identity(a), identity(b));
    let cast = Cast::new([1, 2], &mut rng(seed)).unwrap();
    let sessions = [start(a, b, session, seed + 1), start(b, a, session, seed + 2)];
    cast.run_with(sessions, faults, &mut |_| true, &mut rng(seed + 3))
}

fn pair(a: u8, b: u8, session: u8, seed: u64) -> [Pairing; 2] {
    let outputs: Vec<_> =
        run(a, b, session, seed, Faults::default()).into_iter().map(Report::output).collect();
    outputs.try_into().unwrap()
}

/// The parts of an active pairing's stored form: leaves, punctured leaves, Delta, seed of zero shares.
fn parts(pairing: &Pairing) -> [Vec<u8>; 4] {
    let form = pairing.store().expose().clone();
    assert_eq!(form.len(), STORED_LEN);
    let cut = |at: usize, len: usize| form[at..at + len].to_vec();
    [cut(102, 4096), cut(4198, 3072), cut(7270, 16), cut(7286, 32)]
}

fn delta(delta: &[u8], tree: usize) -> usize {
    usize::from(delta[tree / 4] >> (2 * (tree % 4)) & 3)
}

fn fit(a: &Pairing, b: &Pairing) {
    assert_eq!((a.id(), a.me(), a.peer()), (b.id(), b.peer(), b.me()));
    assert!(a.must_save() && b.must_save() && a.ban().is_none() && b.ban().is_none());
    let (a, b) = (parts(a), parts(b));
    assert_eq!(a[3], b[3], "one seed of zero shares");
    for ([leaves, ..], [_, punctured, missing, _]) in [(&a, &b), (&b, &a)] {
        for tree in 0..64 {
            for z in 1..4 {
                let leaf = 4 * tree + (z ^ delta(missing, tree));
                assert_eq!(punctured[16 * (3 * tree + z - 1)..][..16], leaves[16 * leaf..][..16]);
            }
            let lost = 4 * tree + delta(missing, tree);
            let lost = &leaves[16 * lost..][..16];
            assert!(punctured.chunks(16).all(|leaf| leaf != lost), "the missing leaf is nowhere");
        }
    }
}

#[test]
fn both_sides_come_to_the_same() {
    for (seed, faults) in [(1, Faults::default()), (2, Faults::storm()), (3, Faults::storm())] {
        let reports = run(1, 2, 7, seed * 100, faults);
        let [a, b]: [Report<Pairing>; 2] = reports.try_into().unwrap();
        let bytes: Vec<_> = a.traffic.iter().map(|t| t.bytes_out - HEADER_LEN).collect();
        assert_eq!(bytes, [128, 8256, 6144, 32]);
        fit(&a.output(), &b.output());
    }
}

#[test]
fn the_lower_identity_is_party_one() {
    let reports = run(1, 2, 7, 10, Faults::default());
    assert_eq!(reports.iter().map(|r| r.id.get()).collect::<Vec<_>>(), [1, 2]);
    let [a, b]: [Pairing; 2] =
        reports.into_iter().map(Report::output).collect::<Vec<_>>().try_into().unwrap();
    assert!(a.me().0 < b.me().0);
}

#[test]
fn pairings_have_nothing_in_common() {
    // Both directions of pairings of one device with several, and of the same two devices again, under one session id and another.
    let (mut deltas, mut values, mut count) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (k, (peer, session)) in [(2, 7), (3, 7), (4, 7), (2, 7), (2, 8)].into_iter().enumerate() {
        let [a, b] = pair(1, peer, session, 1000 * (k as u64 + 1));
        fit(&a, &b);
        values.insert(a.id()[..16].to_vec());
        values.insert(parts(&a)[3][..16].to_vec());
        count += 2;
        for side in [&a, &b] {
            let [leaves, _, delta, _] = parts(side);
            values.extend(leaves.chunks(16).map(<[u8]>::to_vec));
            deltas.insert(delta);
            count += 256;
        }
    }
    assert_eq!(deltas.len(), 10, "every Delta is new");
    assert_eq!(values.len(), count, "every leaf, seed and id is new");
    for a in &deltas {
        for b in deltas.iter().filter(|b| *b != a) {
            let equal: u32 = a.iter().zip(b).map(|(a, b)| (!(a ^ b)).count_ones()).sum();
            assert!((20..=108).contains(&equal), "{equal} of 128 bits agree");
        }
    }
}

#[test]
fn who_cannot_pair() {
    let (a, b) = (identity(1), identity(2));
    let session = SessionId([7; 16]);
    assert_eq!(Run::new(a, a, session), Err(SetupError::SameIdentity));
    let bad = PublicIdentity([0; 32]);
    for (me, peer) in [(bad, a), (a, bad)] {
        assert!(matches!(Run::new(me, peer, session), Err(SetupError::BadIdentity(_))));
    }
    // One witness, one session id: one run, whoever proposes it.
    let mut ledger = MemoryLedger::default();
    let first = Pair::start(a, b, session, &mut ledger, &mut rng(1)).unwrap();
    let again = Pair::start(a, b, session, &mut ledger, &mut rng(2));
    assert_eq!(again.err(), Some(SetupError::SessionSpent(first.terms().me)));
    assert!(Pair::start(a, b, SessionId([8; 16]), &mut ledger, &mut rng(3)).is_ok());
    assert!(Pair::start(a, identity(3), session, &mut ledger, &mut rng(4)).is_ok());
}

/// The first device of a run, with everything that it will receive.
struct Script {
    config: Run,
    inbound: Vec<Vec<u8>>,
    outbound: Vec<Vec<u8>>,
    form: Vec<u8>,
}

const SEED: u64 = 5;

fn play() -> Session<Pair> {
    start(identity(1), identity(2), 7, SEED)
}

fn step(session: &mut Session<Pair>) -> Option<Pairing> {
    match session.advance(&mut rng(SEED << 8 | u64::from(session.round()))).unwrap() {
        Status::Done(pairing) => Some(pairing),
        Status::Advanced { .. } => None,
        other => panic!("{other:?}"),
    }
}

fn script() -> Script {
    let config = Run::new(identity(1), identity(2), SessionId([7; 16])).unwrap();
    let (mut one, mut two) = (play(), start(identity(2), identity(1), 7, 6));
    let mut script = Script { config, inbound: Vec::new(), outbound: Vec::new(), form: Vec::new() };
    for round in 0..4 {
        let theirs = two.outgoing(round).next().unwrap().bytes.to_vec();
        let ours = one.outgoing(round).next().unwrap().bytes.to_vec();
        one.receive(config.peer_id(), &theirs).unwrap();
        two.receive(config.my_id(), &ours).unwrap();
        two.advance(&mut rng(round as u64)).unwrap();
        if let Some(pairing) = step(&mut one) {
            script.form = pairing.store().expose().clone();
        }
        script.inbound.push(theirs);
        script.outbound.push(ours);
    }
    script
}

fn snapshot(bytes: &[u8]) -> Snapshot {
    Snapshot::from_bytes(Secret::new(bytes.to_vec()))
}

fn bytes_of(session: Session<Pair>) -> Vec<u8> {
    session.suspend().unwrap().expose().to_vec()
}

#[test]
fn a_run_suspended_anywhere_goes_on_with_the_same_bytes() {
    let script = script();
    // at one point among receive and advance of each round, and (the last) at every point
    for pause in 0..=8 {
        let (mut session, mut ledger, mut done) = (play(), MemoryLedger::default(), None);
        for event in 0..8 {
            if pause == event || pause == 8 {
                let sent: Vec<_> = session.outgoing(0).map(|m| m.bytes.to_vec()).collect();
                let bytes = bytes_of(session);
                session = Session::resume(&script.config, snapshot(&bytes), &mut ledger).unwrap();
                assert!(session.outgoing(0).map(|m| m.bytes).eq(sent.iter().map(Vec::as_slice)));
                let twice = Session::<Pair>::resume(&script.config, snapshot(&bytes), &mut ledger);
                assert_eq!(twice.err(), Some(ResumeError::Spent));
            }
            if event % 2 == 0 {
                let receipt = session.receive(script.config.peer_id(), &script.inbound[event / 2]);
                assert_eq!(receipt, Ok(Receipt::Stored));
            } else {
                done = step(&mut session);
            }
        }
        assert!(session.outgoing(0).map(|m| m.bytes).eq(script.outbound.iter().map(Vec::as_slice)));
        assert_eq!(done.unwrap().store().expose(), &script.form);
        assert!(session.suspend().is_none(), "an ended session has nothing to suspend");
    }
}

#[test]
fn a_snapshot_is_of_its_own_run_and_whole() {
    let script = script();
    let mut session = play();
    let mut snapshots = vec![];
    for message in &script.inbound[..3] {
        let bytes = bytes_of(session);
        session = Session::resume(&script.config, snapshot(&bytes), &mut MemoryLedger::default()).unwrap();
        snapshots.push(bytes);
        session.receive(script.config.peer_id(), message).unwrap();
        step(&mut session);
    }
    snapshots.push(bytes_of(session));
    let other = |me: u8, peer: u8, session: u8| {
        Run::new(identity(me), identity(peer), SessionId([session; 16])).unwrap()
    };
    for bytes in &snapshots {
        for config in [other(2, 1, 7), other(1, 3, 7), other(1, 2, 8)] {
            let resumed = Session::<Pair>::resume(&config, snapshot(bytes), &mut MemoryLedger::default());
            assert_eq!(resumed.err(), Some(ResumeError::Foreign));
        }
        for at in (0..bytes.len()).step_by(211) {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            for bad in [&bad[..], &bytes[..at]] {
                let mut ledger = MemoryLedger::default();
                let resumed = Session::<Pair>::resume(&script.config, snapshot(bad), &mut ledger);
                assert_eq!(resumed.err(), Some(ResumeError::Malformed), "byte {at}");
            }
        }
    }
}

#[test]
fn a_stored_pairing_opens_and_closes() {
    let [a, b] = pair(1, 2, 7, 77);
    let form = a.store();
    a.saved(&form);
    assert!(!a.must_save());
    let closed = a.close().unwrap();
    let opening = Opening::load(closed).unwrap();
    let open = opening.to_store();
    let form = opening.to_store();
    let a = opening.stored(&form).unwrap();
    assert_eq!((form.expose(), a.must_save()), (open.expose(), false));
    assert_eq!((a.id(), &parts(&a)[3]), (b.id(), &parts(&b)[3]));
    // A snapshot is no pairing, and a pairing no snapshot.
    let bytes = bytes_of(play());
    assert_eq!(Opening::load(Secret::new(bytes)).err(), Some(ResumeError::Malformed));
    let config = script().config;
    let resumed = Session::<Pair>::resume(&config, Snapshot::from_bytes(open), &mut MemoryLedger::default());
    assert_eq!(resumed.err(), Some(ResumeError::Foreign));
}
