//! Leaving and coming back: a run that is suspended anywhere goes on with the same bytes, a snapshot works once, for its own
//! run, and a crash around the certificate never leaves a released confirmation without a stored share.
mod driver;

use std::collections::BTreeSet;

use driver::{E, Mail, Player, Script, dkg, id, rng};
use quorate::curve::EcdsaSecp256k1;
use quorate::dkg::{Dkg, Run};
use quorate::error::{ResumeError, SetupError};
use quorate::key::{Certificate, KeyShare, PendingShare};
use quorate::party::{PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::{AlreadySpent, Pending, Receipt, Session, Snapshot, SpendOnce, Status};
use quorate::sim::MemoryLedger;
use quorate::wire::{Header, SessionId};

type Config = (Run<E>, PartyId);

/// A witness that must not be asked.
struct Nobody;

impl SpendOnce for Nobody {
    fn spend(&mut self, _: &[u8; 32], _: u32) -> Result<(), AlreadySpent> {
        panic!("the witness was asked about a snapshot that is refused anyway")
    }
}

fn bytes_of(player: Player<Dkg<E>>) -> Vec<u8> {
    player.session.suspend().unwrap().expose().to_vec()
}

fn snapshot(bytes: &[u8]) -> Snapshot {
    Snapshot::from_bytes(Secret::new(bytes.to_vec()))
}

fn resume(config: &Config, bytes: &[u8], witness: &mut dyn SpendOnce) -> Result<Player<Dkg<E>>, ResumeError> {
    Session::resume(config, snapshot(bytes), witness).map(Player::of)
}

/// One thing that happens to a party.
#[derive(Clone, Copy, Debug)]
enum Event<'a> {
    Mail(&'a Mail),
    /// One call of `advance`.
    Step,
    /// The pending share is stored and signed for.
    Keep,
}

impl Event<'_> {
    fn happen(self, player: &mut Player<Dkg<E>>, script: &Script<Dkg<E>>) {
        match self {
            Event::Mail(mail) => assert_eq!(player.receive(mail), Ok(Receipt::Stored)),
            Event::Step => assert!(player.step().is_some()),
            Event::Keep => player.keep(&script.cast),
        }
    }
}

/// The life of one party among three: its messages in order, and `advance` whenever that does something.
fn life(inbound: &[Mail]) -> Vec<Event<'_>> {
    let mail = |range: std::ops::Range<usize>| inbound[range].iter().map(Event::Mail);
    let mut events: Vec<_> = mail(0..2).chain([Event::Step]).chain(mail(2..6)).chain([Event::Step]).collect();
    // round 3 may arrive before the share is kept
    events.extend(mail(6..7).chain([Event::Step, Event::Keep]).chain(mail(7..8)).chain([Event::Step]));
    events
}

#[test]
fn a_run_suspended_anywhere_goes_on_with_the_same_bytes() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 21);
    for me in script.cast.ids() {
        let (config, inbound) = ((run.clone(), me), script.inbound(me));
        let events = life(&inbound);
        // at one point, and (the last one) at every point
        for pause in 0..=events.len() {
            let (mut player, mut ledger) = (script.play(me), MemoryLedger::default());
            for (k, event) in events.iter().enumerate() {
                if pause == k || pause == events.len() {
                    let outbox = player.outbox();
                    let bytes = bytes_of(player);
                    player = resume(&config, &bytes, &mut ledger).unwrap();
                    assert!(player.outbox() == outbox);
                    let again = bytes_of(resume(&config, &bytes, &mut MemoryLedger::default()).unwrap());
                    assert!(without_generation(&again) == without_generation(&bytes));
                }
                event.happen(&mut player, &script);
            }
            assert!(player.outbox() == script.outbound(me));
            assert!(player.result.unwrap().unwrap() == script.result(me));
            assert!(player.session.suspend().is_none(), "an ended session has nothing to suspend");
        }
    }
}

/// version 1, protocol 1, session 16, binding 32, party 2, generation 4, .., digest 32.
fn without_generation(bytes: &[u8]) -> [&[u8]; 2] {
    [&bytes[..52], &bytes[56..bytes.len() - 32]]
}

#[test]
fn a_snapshot_is_spent_once_and_spends_every_older_one() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 22);
    let (me, mut ledger) = (id(1), MemoryLedger::default());
    let (config, inbound) = ((run, me), script.inbound(me));
    let first = bytes_of(script.play(me));
    let mut player = resume(&config, &first, &mut ledger).unwrap();
    assert_eq!(resume(&config, &first, &mut ledger).err(), Some(ResumeError::Spent));
    assert_eq!(player.receive(&inbound[0]), Ok(Receipt::Stored));
    // the second generation is stored and never used; the third comes back
    let second = bytes_of(player);
    let mut copy = MemoryLedger::default();
    let third = bytes_of(resume(&config, &second, &mut copy).unwrap());
    let player = resume(&config, &third, &mut ledger).unwrap();
    for old in [&first, &second, &third] {
        assert_eq!(resume(&config, old, &mut ledger).err(), Some(ResumeError::Spent));
    }
    let fourth = bytes_of(player);
    assert!(resume(&config, &fourth, &mut ledger).is_ok());
    // another party's snapshot has another name
    let other = (config.0.clone(), id(2));
    assert!(resume(&other, &bytes_of(script.play(id(2))), &mut ledger).is_ok());
}

#[test]
fn a_session_id_is_spent_by_its_start() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 30);
    let mut ledger = MemoryLedger::default();
    let mut start = |run: &Run<E>, me| {
        Dkg::<E>::start(run, id(me), &mut ledger, &mut rng(30)).map(|s| s.suspend().unwrap())
    };
    let first = start(&run, 1).unwrap();
    assert_eq!(start(&run, 1).err(), Some(SetupError::SessionSpent(id(1))));
    assert!(start(&run, 2).is_ok());
    let other = Run::new(run.threshold(), script.cast.roster().clone(), SessionId([31; 16])).unwrap();
    assert!(start(&other, 1).is_ok());
    // its own snapshot comes back, and after that it cannot start again either
    let config = (run, id(1));
    assert!(Session::<Dkg<E>>::resume(&config, first, &mut ledger).is_ok());
    let again = Dkg::<E>::start(&config.0, id(1), &mut ledger, &mut rng(30));
    assert_eq!(again.err(), Some(SetupError::SessionSpent(id(1))));
}

#[test]
fn a_witness_that_cannot_record_lets_nothing_through() {
    struct Broken;
    impl SpendOnce for Broken {
        fn spend(&mut self, _: &[u8; 32], _: u32) -> Result<(), AlreadySpent> {
            Err(AlreadySpent)
        }
    }
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 23);
    let bytes = bytes_of(script.play(id(1)));
    assert_eq!(resume(&(run, id(1)), &bytes, &mut Broken).err(), Some(ResumeError::Spent));
}

#[test]
fn a_snapshot_under_other_terms_is_foreign_and_stays_unspent() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 24);
    let (other, other_run) = dkg::<E>(2, &[1, 2, 3], 25);
    let bytes = bytes_of(script.play(id(1)));
    let (threshold, roster) = (run.threshold(), run.roster().clone());
    let with = |threshold, roster, session| (Run::new(threshold, roster, session).unwrap(), id(1));
    let foreign = [
        (run.clone(), id(2)),
        (run.clone(), id(4)),
        with(threshold, roster.clone(), SessionId([99; 16])),
        with(threshold, other.cast.roster().clone(), run.session()),
        with(Threshold::new(3, 3).unwrap(), roster, run.session()),
        (other_run, id(1)),
    ];
    for config in &foreign {
        assert_eq!(resume(config, &bytes, &mut Nobody).err(), Some(ResumeError::Foreign));
    }
    let other = Run::new(run.threshold(), run.roster().clone(), run.session()).unwrap();
    let scheme = Session::<Dkg<EcdsaSecp256k1>>::resume(&(other, id(1)), snapshot(&bytes), &mut Nobody);
    assert_eq!(scheme.err(), Some(ResumeError::Foreign));
    assert!(resume(&(run, id(1)), &bytes, &mut MemoryLedger::default()).is_ok());
}

/// Snapshots of one party at every point of its life.
fn snapshots(script: &Script<Dkg<E>>, config: &Config) -> Vec<Vec<u8>> {
    let inbound = script.inbound(config.1);
    let (mut player, mut ledger) = (script.play(config.1), MemoryLedger::default());
    let mut all = Vec::new();
    for event in life(&inbound) {
        let bytes = bytes_of(player);
        player = resume(config, &bytes, &mut ledger).unwrap();
        event.happen(&mut player, script);
        all.push(bytes);
    }
    all
}

#[test]
fn a_damaged_snapshot_is_refused_before_the_witness_is_asked() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 26);
    let config = (run, id(2));
    let all = snapshots(&script, &config);
    assert_eq!(all.len(), 13);
    for bytes in all {
        let refused =
            |bytes: &[u8]| resume(&config, bytes, &mut Nobody).err() == Some(ResumeError::Malformed);
        assert!((0..bytes.len()).all(|cut| refused(&bytes[..cut])));
        assert!(refused(&[&bytes[..], &[0]].concat()));
        let mut bad = bytes.clone();
        for bit in 0..bytes.len() * 8 {
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(refused(&bad), "bit {bit}");
            bad[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(bad == bytes);
    }
}

/// Somebody who can change a snapshot gets past its digest; what then decodes may be a run gone wrong, never a panic.
#[test]
fn a_forged_snapshot_never_panics() {
    use rand_core::Rng as _;
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 27);
    let config = (run, id(2));
    let (inbound, mut rng) = (script.inbound(id(2)), rng(27));
    let (mut refused, mut ended) = (0, 0);
    for bytes in snapshots(&script, &config) {
        let len = bytes.len() - 32;
        // every bit of the fixed part (terms, generation, round, flags, traffic), and some of the rest
        let bits = (0..62 * 8).chain((0..400).map(|_| rng.next_u64() as usize % (len * 8)));
        for bit in bits {
            let mut bad = bytes[..len].to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            bad.extend_from_slice(&sha256(&bad));
            let Ok(mut player) = resume(&config, &bad, &mut MemoryLedger::default()) else {
                refused += 1;
                continue;
            };
            for mail in &inbound {
                let _ = player.receive(mail);
                for _ in 0..4 {
                    match (player.step(), player.session.pending().is_some()) {
                        (Some(Status::Keep), true) => player.keep(&script.cast),
                        (Some(Status::Keep), false) => panic!("bit {bit}: claims to keep and has nothing"),
                        _ => {}
                    }
                }
            }
            ended += usize::from(player.session.is_over());
            let _ = player.session.suspend();
        }
    }
    println!("{refused} refused, {ended} ran to an end");
    assert!(refused > 1000);
}

/// A forged snapshot can say that any number of bytes went by: on 32 bits one message more would be too many.
#[test]
fn counts_of_traffic_stop_at_their_limit() {
    // behind terms 1 + 1 + 16 + 32 + 2, generation 4, round, flag, count of rounds and the first round's number
    const COUNTS: std::ops::Range<usize> = 60..76;
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 29);
    let config = (run, id(2));
    let [_, after_one, ..] = &snapshots(&script, &config)[..] else { panic!("snapshots") };
    let mut forged = after_one[..after_one.len() - 32].to_vec();
    forged[COUNTS].fill(0xff);
    forged.extend_from_slice(&sha256(&forged));
    let mut player = resume(&config, &forged, &mut MemoryLedger::default()).unwrap();
    let first = player.session.traffic()[0];
    assert_eq!([first.messages_in, first.bytes_out], [u32::MAX as usize; 2]);
    assert_eq!(player.receive(&script.inbound(id(2))[1]), Ok(Receipt::Stored));
    assert!(player.session.traffic()[0].bytes_in >= u32::MAX as usize);
    let again = bytes_of(player);
    assert_eq!(again[COUNTS], [0xff; 16]);
}

/// The snapshot with other bytes in the place of some that stand in it once, closed anew.
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let content = &bytes[..bytes.len() - 32];
    let places: Vec<_> =
        (0..=content.len() - old.len()).filter(|at| content[*at..].starts_with(old)).collect();
    let [at] = places[..] else { panic!("{} places", places.len()) };
    let mut other = [&content[..at], new, &content[at + old.len()..]].concat();
    other.extend_from_slice(&sha256(&other));
    other
}

/// A message in a snapshot has a kind and a length that the session would have taken.
#[test]
fn a_snapshot_with_a_message_that_no_slot_has_is_malformed() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 33);
    let config = (run, id(2));
    let inbound = script.inbound(id(2));
    let last = snapshots(&script, &config).pop().unwrap();
    for mail in &inbound[..7] {
        let (header, body) = Header::split(mail.message()).unwrap();
        // present and signed 1, kind 1, length 4, body
        let form =
            |kind: u8, body: &[u8]| [&[2, kind], &(body.len() as u32).to_be_bytes()[..], body].concat();
        let found = |kind: u8, body: &[u8]| {
            let old = form(header.kind as u8, mail.0.body());
            let other = replaced(&last, &old, &form(kind, body));
            resume(&config, &other, &mut MemoryLedger::default()).err()
        };
        let kind = header.kind as u8;
        assert_eq!(found(kind, body), None);
        for wrong in [0, 1, 2, 255].into_iter().filter(|wrong| *wrong != kind) {
            assert_eq!(found(wrong, body), Some(ResumeError::Malformed), "kind {wrong} for {header:?}");
        }
        let longer = [body, &[0]].concat();
        for wrong in [&body[..body.len() - 1], &longer, &[]] {
            assert_eq!(found(kind, wrong), Some(ResumeError::Malformed), "{} bytes, {header:?}", wrong.len());
        }
    }
}

/// What waits in a snapshot is of the run that is resumed, and of the device.
#[test]
fn a_snapshot_with_the_share_of_another_run_or_device_is_malformed() {
    let waiting = |seed: u64, me: u16| {
        let (script, run) = dkg::<E>(2, &[1, 2, 3], seed);
        let mut player = script.play(id(me));
        script.inbound(id(me)).iter().for_each(|mail| assert_eq!(player.receive(mail), Ok(Receipt::Stored)));
        while !matches!(player.step(), Some(Status::Keep)) {}
        let form = player.session.pending().unwrap().to_bytes().expose().clone();
        ((run, id(me)), bytes_of(player), form)
    };
    let (config, bytes, own) = waiting(34, 2);
    let with =
        |form: &[u8]| resume(&config, &replaced(&bytes, &own, form), &mut MemoryLedger::default()).err();
    assert_eq!(with(&own), None);
    // another session, with other identities; another device of this one
    for (seed, me) in [(35, 2), (34, 1), (34, 3)] {
        let (_, _, form) = waiting(seed, me);
        assert!(PendingShare::<E>::from_bytes(&form).is_some());
        assert_eq!(with(&form), Some(ResumeError::Malformed), "{seed} {me}");
    }
}

/// The round waited for, and whether a share waits to be kept, are written beside the state: another word than the state's is refused. A session
/// that believed it would finish a round without its messages, or end without having signed.
#[test]
fn a_snapshot_that_contradicts_its_state_is_malformed() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 32);
    let config = (run, id(2));
    let mut kept = 0;
    for bytes in snapshots(&script, &config) {
        // version 1, protocol 1, session 16, binding 32, party 2, generation 4; round 1, keeping 1
        let (at, keeping) = (bytes[56], bytes[57]);
        assert!(at < 3 && keeping < 2);
        kept += usize::from(keeping);
        for (round, keeps) in (0..4).flat_map(|round| [(round, 0), (round, 1), (round, 2)]) {
            let mut other = bytes[..bytes.len() - 32].to_vec();
            (other[56], other[57]) = (round, keeps);
            other.extend_from_slice(&sha256(&other));
            let found = resume(&config, &other, &mut MemoryLedger::default()).err();
            let right = (round, keeps) == (at, keeping);
            assert_eq!(
                found,
                (!right).then_some(ResumeError::Malformed),
                "{round}, {keeps} for {at}, {keeping}"
            );
        }
    }
    assert_eq!(kept, 3);
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

#[test]
fn the_confirmation_waits_until_the_share_is_kept() {
    let (script, _) = dkg::<E>(2, &[1, 2, 3], 28);
    let me = id(3);
    let mut player = script.play(me);
    assert_eq!(player.session.kept(&[0; 64]), Err(SetupError::NothingToKeep));
    for mail in script.inbound(me) {
        assert_eq!(player.receive(&mail), Ok(Receipt::Stored));
    }
    while let Some(Status::Advanced { .. }) = player.step() {}
    // everything is there, and nothing moves
    let before = player.look();
    let input = player.session.pending().unwrap().to_sign();
    for _ in 0..3 {
        assert!(matches!(player.step(), Some(Status::Keep)));
        for wrong in [[0; 64], script.cast.key(id(1)).unwrap().sign(&input)] {
            assert_eq!(player.session.kept(&wrong), Err(SetupError::WrongSigner(me)));
        }
        assert!(player.look() == before && !released(&player.outbox()));
    }
    player.keep(&script.cast);
    assert!(released(&player.outbox()) && player.session.pending().is_none());
    assert_eq!(
        player.session.kept(&script.cast.key(me).unwrap().sign(&input)),
        Err(SetupError::NothingToKeep)
    );
    player.advance(&script.cast);
    assert_eq!(player.session.kept(&[0; 64]), Err(SetupError::NothingToKeep));
    assert!(player.result.unwrap().unwrap() == script.result(me));
}

/// Whether the confirmation of round 3 is among these messages.
fn released(messages: &[Vec<u8>]) -> bool {
    messages.iter().any(|m| Header::split(m).unwrap().0.round == 3)
}

/// What survives a crash, and what the network has seen.
#[derive(Default)]
struct Device {
    ledger: MemoryLedger,
    snapshot: Vec<u8>,
    pending: Option<Vec<u8>>,
    sent: BTreeSet<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Crash {
    /// The snapshot is stored, and not resumed.
    Stored,
    /// It is resumed, and nothing has happened since.
    Resumed,
    /// Something has happened, and its messages were sent.
    Sent,
}

impl Device {
    /// Lives on from a session, storing a snapshot before each event, until the crash; the result if it gets that far.
    fn live(
        &mut self,
        script: &Script<Dkg<E>>,
        config: &Config,
        mut player: Player<Dkg<E>>,
        events: &[Event<'_>],
        crash: Option<(usize, Crash)>,
    ) -> Option<Vec<u8>> {
        for (k, event) in events.iter().enumerate() {
            self.snapshot = bytes_of(player);
            let now = |point| crash == Some((k, point));
            if now(Crash::Stored) {
                return None;
            }
            player = resume(config, &self.snapshot, &mut self.ledger).unwrap();
            if now(Crash::Resumed) {
                return None;
            }
            if let Event::Keep = event {
                self.pending = player.session.pending().map(|p| p.to_bytes().expose().clone());
            }
            event.happen(&mut player, script);
            self.sent.extend(player.outbox());
            assert!(
                !released(&player.outbox()) || self.pending.is_some(),
                "confirmed without a stored share"
            );
            if now(Crash::Sent) {
                return None;
            }
        }
        player.result.map(Result::unwrap)
    }
}

#[test]
fn no_crash_leaves_a_confirmation_without_a_share() {
    let (script, run) = dkg::<E>(2, &[1, 2, 3], 29);
    let me = id(2);
    let (config, inbound) = ((run, me), script.inbound(me));
    let events = life(&inbound);
    let certificate = KeyShare::<E>::from_bytes(script.result(me)).unwrap().public().certificate().to_bytes();
    for k in 0..events.len() {
        for point in [Crash::Stored, Crash::Resumed, Crash::Sent] {
            let mut device = Device::default();
            if let Some(result) = device.live(&script, &config, script.play(me), &events, Some((k, point))) {
                assert!(result == script.result(me));
            }
            match resume(&config, &device.snapshot.clone(), &mut device.ledger) {
                // the crash was before anything else happened: the run goes on with the same bytes
                Ok(player) => {
                    assert!(point == Crash::Stored);
                    let result = device.live(&script, &config, player, &events[k..], None).unwrap();
                    assert!(result == script.result(me));
                }
                // the run is lost, and so cannot say anything else under its id; the share is not
                Err(error) => assert_eq!((error, point == Crash::Stored), (ResumeError::Spent, false)),
            }
            // never two messages for one slot, in this life and the next
            let slots: BTreeSet<_> = device.sent.iter().map(|m| m[..8].to_vec()).collect();
            assert_eq!(slots.len(), device.sent.len());
            // whoever completes the certificate completes the share
            if released(&device.sent.into_iter().collect::<Vec<_>>()) {
                let pending = PendingShare::<E>::from_bytes(&device.pending.unwrap()).unwrap();
                let share = pending.complete(Certificate::from_bytes(&certificate).unwrap()).unwrap();
                assert!(share.to_bytes().expose() == script.result(me));
            }
        }
    }
}
