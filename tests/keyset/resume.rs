//! Suspended anywhere, a run goes on with the same bytes; shares whose certificate was withheld become keys when it is handed over.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519};
use quorate::error::{ResumeError, SetupError};
use quorate::key::{Certificate, CertificateError};
use quorate::keyset::{Bundle, KeySet, PendingSet, Run};
use quorate::party::PartyId;
use quorate::secret::Secret;
use quorate::session::{Pending, Receipt, Session, Snapshot, Status};
use quorate::sim::MemoryLedger;

use crate::driver::{Mail, Player, id, rng};
use crate::stage::{E, K, LIST, Stage};

fn bytes_of(player: Player<KeySet>) -> Vec<u8> {
    player.session.suspend().unwrap().expose().to_vec()
}

fn resume(
    config: &(Run, PartyId),
    bytes: &[u8],
    ledger: &mut MemoryLedger,
) -> Result<Player<KeySet>, ResumeError> {
    Session::resume(config, Snapshot::from_bytes(Secret::new(bytes.to_vec())), ledger).map(Player::of)
}

#[derive(Clone, Copy)]
enum Event<'a> {
    Mail(&'a Mail),
    Step,
    Keep,
}

/// Everything that happens to one of three.
fn life(inbound: &[Mail]) -> Vec<Event<'_>> {
    let mail = |range: std::ops::Range<usize>| inbound[range].iter().map(Event::Mail);
    let mut events: Vec<_> = mail(0..2).chain([Event::Step]).chain(mail(2..6)).chain([Event::Step]).collect();
    events.extend(mail(6..7).chain([Event::Step, Event::Keep]).chain(mail(7..8)).chain([Event::Step]));
    events
}

#[test]
fn a_run_suspended_anywhere_goes_on_with_the_same_bytes() {
    let (script, run) = Stage::usual().script();
    for me in [id(1), id(3)] {
        let (config, inbound) = ((run.clone(), me), script.inbound(me));
        let events = life(&inbound);
        for pause in 0..=events.len() {
            let (mut player, mut ledger) = (script.play(me), MemoryLedger::default());
            for (k, event) in events.iter().enumerate() {
                if pause == k || pause == events.len() {
                    let outbox = player.outbox();
                    player = resume(&config, &bytes_of(player), &mut ledger).unwrap();
                    assert!(player.outbox() == outbox);
                }
                match event {
                    Event::Mail(mail) => assert_eq!(player.receive(mail), Ok(Receipt::Stored)),
                    Event::Step => assert!(player.step().is_some()),
                    Event::Keep => player.keep(&script.cast),
                }
            }
            assert!(player.outbox() == script.outbound(me));
            assert!(player.result.unwrap().unwrap() == script.result(me));
        }
    }
}

#[test]
fn a_snapshot_of_another_set_is_foreign_and_a_damaged_one_malformed() {
    let (script, run) = Stage::new(2, 3, &[K, E], 16).script();
    let bytes = bytes_of(script.play(id(1)));
    let mut ledger = MemoryLedger::default();
    let turned = Run::new(run.threshold(), run.roster().clone(), run.session(), [E, K]).unwrap();
    let longer = Run::new(run.threshold(), run.roster().clone(), run.session(), [K, E, E]).unwrap();
    for config in [(turned, id(1)), (longer, id(1)), (run.clone(), id(2)), (run.clone(), id(9))] {
        assert_eq!(resume(&config, &bytes, &mut ledger).err(), Some(ResumeError::Foreign));
    }
    let config = (run, id(1));
    for cut in (0..bytes.len()).step_by(7) {
        assert_eq!(resume(&config, &bytes[..cut], &mut ledger).err(), Some(ResumeError::Malformed));
    }
    assert!(resume(&config, &bytes, &mut ledger).is_ok());
    assert_eq!(resume(&config, &bytes, &mut ledger).err(), Some(ResumeError::Spent));
}

/// The keys of a set are in the round that the set is in.
#[test]
fn a_snapshot_whose_keys_are_in_another_round_is_malformed() {
    let (script, run) = Stage::new(2, 3, &[K, E], 21).script();
    let mut bytes = bytes_of(script.play(id(1)));
    // round 1, then per key its length and what it wrote: round 1, opening 64, two coefficients and two one-time keys
    let head = [1, 0, 0, 0, 1 + 64 + 4 * 32, 1];
    let at = bytes.windows(head.len()).rposition(|window| window == head).unwrap();
    bytes[at] = 2;
    bytes.truncate(bytes.len() - 32);
    let digest = crate::hash::sha256(&bytes);
    bytes.extend(digest);
    let found = resume(&(run, id(1)), &bytes, &mut MemoryLedger::default());
    assert_eq!(found.err(), Some(ResumeError::Malformed));
}

/// As for a key made alone: the round waited for and whether shares wait to be kept are those of the state.
#[test]
fn a_snapshot_that_contradicts_its_state_is_malformed() {
    let (script, run) = Stage::new(2, 3, &[K, E], 22).script();
    let (config, mut ledger) = ((run, id(2)), MemoryLedger::default());
    let inbound = script.inbound(id(2));
    let (mut player, mut kept) = (script.play(id(2)), 0);
    for event in life(&inbound) {
        let bytes = bytes_of(player);
        // version 1, protocol 1, session 16, binding 32, party 2, generation 4; round 1, keeping 1
        let (at, keeping) = (bytes[56], bytes[57]);
        kept += usize::from(keeping);
        for (round, keeps) in (0..4).flat_map(|round| [(round, 0), (round, 1)]) {
            let mut other = bytes[..bytes.len() - 32].to_vec();
            (other[56], other[57]) = (round, keeps);
            let digest = crate::hash::sha256(&other);
            other.extend(digest);
            let found = resume(&config, &other, &mut MemoryLedger::default()).err();
            let right = (round, keeps) == (at, keeping);
            assert_eq!(
                found,
                (!right).then_some(ResumeError::Malformed),
                "{round}, {keeps} for {at}, {keeping}"
            );
        }
        // Nor has any state a byte too few or too many.
        let content = &bytes[..bytes.len() - 32];
        for mut other in [content[..content.len() - 1].to_vec(), [content, &[0]].concat()] {
            let digest = crate::hash::sha256(&other);
            other.extend(digest);
            let found = resume(&config, &other, &mut MemoryLedger::default()).err();
            assert_eq!(found, Some(ResumeError::Malformed), "round {at}");
        }
        player = resume(&config, &bytes, &mut ledger).unwrap();
        match event {
            Event::Mail(mail) => assert_eq!(player.receive(mail), Ok(Receipt::Stored)),
            Event::Step => assert!(player.step().is_some()),
            Event::Keep => player.keep(&script.cast),
        }
    }
    assert_eq!(kept, 3);
}

/// What waits in a snapshot is of the run that is resumed, and of the device: the snapshot's own terms say nothing about it.
#[test]
fn a_snapshot_with_the_shares_of_another_run_or_device_is_malformed() {
    let waiting = |seed: u64, me: u16| {
        let (script, run) = Stage::new(2, 3, &[K, E], seed).script();
        let mut player = script.play(id(me));
        script.inbound(id(me)).iter().for_each(|mail| assert_eq!(player.receive(mail), Ok(Receipt::Stored)));
        while !matches!(player.step(), Some(Status::Keep)) {}
        let form = player.session.pending().unwrap().to_bytes().expose().clone();
        ((run, id(me)), bytes_of(player), form)
    };
    let (config, bytes, own) = waiting(23, 2);
    let tail = own.len() + 32;
    assert!(bytes[bytes.len() - tail..].starts_with(&own));
    let with = |form: &[u8]| {
        // round 1, length 4, the pending set
        let mut other = bytes[..bytes.len() - tail - 4].to_vec();
        other.extend((form.len() as u32).to_be_bytes());
        other.extend(form);
        let digest = crate::hash::sha256(&other);
        other.extend(digest);
        resume(&config, &other, &mut MemoryLedger::default()).err()
    };
    assert_eq!(with(&own), None);
    // another session, with other identities; another device of this one
    for (seed, me) in [(24, 2), (23, 1), (23, 3)] {
        let (_, _, form) = waiting(seed, me);
        assert!(PendingSet::from_bytes(&form).is_some());
        assert_eq!(with(&form), Some(ResumeError::Malformed), "{seed} {me}");
    }
}

/// One bit of the state wrong behind a right digest: refused, or a run that fails, never a panic and never another key.
#[test]
fn a_forged_snapshot_never_panics() {
    use rand_core::Rng as _;
    let (script, run) = Stage::new(2, 3, &[K, E], 17).script();
    let (me, mut draws) = (id(2), rng(17));
    let (config, inbound) = ((run, me), script.inbound(me));
    let (mut player, mut ledger) = (script.play(me), MemoryLedger::default());
    for event in life(&inbound) {
        let bytes = bytes_of(player);
        player = resume(&config, &bytes, &mut ledger).unwrap();
        match event {
            Event::Mail(mail) => assert_eq!(player.receive(mail), Ok(Receipt::Stored)),
            Event::Step => assert!(player.step().is_some()),
            Event::Keep => player.keep(&script.cast),
        }
        let len = bytes.len() - 32;
        for _ in 0..60 {
            let mut bad = bytes[..len].to_vec();
            let bit = len * 4 + draws.next_u64() as usize % (len * 4);
            bad[bit / 8] ^= 1 << (bit % 8);
            let digest = crate::hash::sha256(&bad);
            bad.extend(digest);
            let Ok(mut forged) = resume(&config, &bad, &mut MemoryLedger::default()) else { continue };
            inbound.iter().for_each(|mail| drop(forged.receive(mail)));
            while let Some(Status::Advanced { .. }) = forged.step() {}
        }
    }
}

/// Party 3 certifies to 1 alone: the certificate of any key of 1 completes all of 2.
#[test]
fn t3_1_shares_become_keys_when_the_certificate_is_handed_over() {
    let stage = Stage::usual();
    let (script, run) = Stage::usual().script();
    let inbound = script.inbound(id(2));
    let mut player = script.play(id(2));
    for event in &life(&inbound)[..10] {
        match event {
            Event::Mail(mail) => assert_eq!(player.receive(mail), Ok(Receipt::Stored)),
            Event::Step => assert!(player.step().is_some()),
            Event::Keep => {}
        }
    }
    assert!(matches!(player.step(), Some(Status::Keep)));
    // nothing leaves before the shares are kept, and signed for by this device
    let before = player.outbox();
    assert_eq!(before.len(), 4);
    let pending = player.session.pending().unwrap();
    let stored = pending.to_bytes();
    assert_eq!((pending.id(), pending.schemes().collect::<Vec<_>>()), (id(2), LIST.to_vec()));
    let wrong = script.cast.key(id(1)).unwrap().sign(&pending.to_sign());
    assert_eq!(player.session.kept(&wrong), Err(SetupError::WrongSigner(id(2))));
    assert_eq!(player.outbox(), before);
    player.keep(&script.cast);
    assert_eq!(player.outbox().len(), 5);
    assert_eq!(run, stage.run);

    let keys = script.results.iter().find(|(party, _)| *party == id(2)).unwrap().1.clone();
    for share in Bundle::from_bytes(script.result(id(1))).unwrap().shares() {
        let certificate = match share.scheme() {
            E => share.of::<FrostEd25519>().unwrap().public().certificate(),
            K => share.of::<EcdsaSecp256k1>().unwrap().public().certificate(),
            _ => share.of::<EcdsaP256>().unwrap().public().certificate(),
        };
        let handed = Certificate::from_bytes(&certificate.to_bytes()).unwrap();
        let bundle = PendingSet::from_bytes(stored.expose()).unwrap().complete(handed).unwrap();
        assert!(bundle.to_bytes().expose() == &keys);
    }
    // another run's, and forged ones, give the shares back
    let mine = Bundle::from_bytes(script.result(id(1))).unwrap();
    let good = mine.get::<FrostEd25519>(0).unwrap().public().certificate().to_bytes();
    let other = Stage::new(2, 3, &LIST, 18);
    let elsewhere = other.fair();
    let foreign = elsewhere.bundle(1).get::<FrostEd25519>(0).unwrap();
    let mut bit = good.clone();
    *bit.last_mut().unwrap() ^= 1;
    let mut short = good.clone();
    short.truncate(good.len() - 64);
    let mut longer = good.clone();
    longer.extend_from_within(good.len() - 64..);
    let mut last = good.clone();
    last[1 + 32 * (LIST.len() - 1)] ^= 1;
    let mut another = good.clone();
    another[1] ^= 1;
    let mut single = good[33..65].to_vec();
    single.extend_from_slice(&good[1 + 32 * LIST.len()..]);
    for (bytes, error) in [
        (another, CertificateError::Foreign),
        (last, CertificateError::Foreign),
        (single, CertificateError::Foreign),
        (foreign.public().certificate().to_bytes(), CertificateError::Foreign),
        (bit, CertificateError::BadSignature(id(3))),
        (short, CertificateError::BadSignature(id(3))),
        (longer, CertificateError::Foreign),
    ] {
        let pending = PendingSet::from_bytes(stored.expose()).unwrap();
        let (back, found) = pending.complete(Certificate::from_bytes(&bytes).unwrap()).unwrap_err();
        assert_eq!(found, error);
        assert!(back.to_bytes().expose() == stored.expose());
    }
}
