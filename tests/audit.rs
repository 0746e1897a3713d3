//! The audit log: its layouts against vectors computed elsewhere, what is wrong with a log that was touched, exports, and what mutations make of
//! a record.

use quorate::approval::audit::{
    AuditError, Checkpoint, Decision, Entry, Event, Evidence, Genesis, Log, Outcome, Record, Sink, SinkError,
    export, flags, fork, verify,
};
use quorate::identity::{IdentityKey, PublicIdentity};
use quorate::party::PartyId;
use quorate::secret::Secret;
use quorate::session::Pending;
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

const START: u64 = 1_800_000_000;

fn genesis() -> Genesis {
    let party = PartyId::new(3).unwrap();
    Genesis { cluster_id: [0x11; 32], party, log_id: [0x22; 32], continues: [0; 32] }
}

fn node() -> IdentityKey {
    IdentityKey::from_seed(Secret::new([5; 32]))
}

fn decided() -> Entry {
    let passkey = Evidence {
        approver: [0x88; 32],
        credential: [0x99; 32],
        factor: 1,
        flags: flags::UP | flags::UV | flags::BE | flags::BS,
        counter: 7,
    };
    let totp = Evidence { approver: [0xaa; 32], credential: [0; 32], factor: 4, flags: 0, counter: 0 };
    Entry {
        request: [0x33; 32],
        session: SessionId([0x44; 16]),
        cluster: [0x55; 32],
        policy: [0x66; 32],
        trace: [0x77; 32],
        decision: Decision::Allow,
        rule: "usdc-out".into(),
        evidence: vec![passkey, totp],
        ..Entry::new(Event::Decided, START)
    }
}

fn signed() -> Entry {
    Entry {
        request: [0x33; 32],
        session: SessionId([0x44; 16]),
        cluster: [0x55; 32],
        outcome: Outcome::Signed,
        data: vec![0xbb; 32],
        ..Entry::new(Event::Signed, START + 9)
    }
}

/// A log of so many records, and the checkpoints after those that are asked for.
fn log(genesis: &Genesis, records: u64, checkpoints: &[u64]) -> (Vec<Vec<u8>>, Vec<Checkpoint>) {
    let (mut log, mut found) = (Log::new(genesis, Vec::new()), Vec::new());
    for n in 0..records {
        let entry = Entry { now: START + n, ..if n % 2 == 0 { decided() } else { signed() } };
        assert_eq!(log.append(entry), Ok(n));
        if checkpoints.contains(&n) {
            found.push(log.checkpoint(START + n).unwrap().sign_with(&mut node()).unwrap());
        }
    }
    (log.sink().clone(), found)
}

fn check(records: &[Vec<u8>], checkpoints: &[Checkpoint]) -> Result<u64, AuditError> {
    verify(&genesis(), records, checkpoints, &node().public()).map(|report| report.protected)
}

/// Everything here was computed by a program in another language from the layouts in the documentation.
#[test]
fn golden_records_chain_and_checkpoint() {
    assert_eq!(hex::encode(genesis().hash()), GENESIS);
    let mut log = Log::new(&genesis(), Vec::new());
    assert!(log.is_empty() && log.checkpoint(0).is_none());
    log.append(decided()).unwrap();
    log.append(signed()).unwrap();
    let [first, second] = &log.sink()[..] else { panic!("two records") };
    assert_eq!((hex::encode(first), hex::encode(second)), (FIRST.to_owned(), SECOND.to_owned()));
    assert_eq!(hex::encode(log.head()), HEAD);
    let pending = log.checkpoint(START + 10).unwrap();
    let checkpoint = pending.sign_with(&mut node()).unwrap();
    assert_eq!(hex::encode(checkpoint.to_bytes()), CHECKPOINT);
    assert_eq!(checkpoint.to_bytes().len(), Checkpoint::LEN);
    assert_eq!(Checkpoint::from_bytes(&checkpoint.to_bytes()), Some(checkpoint));
    assert_eq!((checkpoint.seq(), checkpoint.now(), checkpoint.log_id()), (1, START + 10, &[0x22; 32]));
    assert_eq!(check(log.sink(), &[checkpoint]), Ok(2));
    // A signature of somebody else's is not attached.
    let other = IdentityKey::from_seed(Secret::new([6; 32]));
    assert_eq!(pending.attach(&node().public(), other.sign(&pending.to_sign())), None);
    assert_eq!(
        Record::from_bytes(first).unwrap(),
        Record { seq: 0, prev: genesis().hash(), entry: decided() }
    );
}

#[test]
fn u1_a_record_removed_moved_or_edited_breaks_the_chain_there() {
    let (records, _) = log(&genesis(), 10, &[]);
    assert_eq!(check(&records, &[]), Ok(0));
    let without = |n: usize| [&records[..n], &records[n + 1..]].concat();
    for n in 0..9 {
        assert_eq!(check(&without(n), &[]), Err(AuditError::Broken(n as u64)), "removed");
        let mut moved = records.clone();
        moved.swap(n, n + 1);
        assert_eq!(check(&moved, &[]), Err(AuditError::Broken(n as u64)), "moved");
        let mut twice = records.clone();
        twice.insert(n, records[n].clone());
        assert_eq!(check(&twice, &[]), Err(AuditError::Broken(n as u64 + 1)), "repeated");
    }
    // Any bit: the record itself fails to decode, or does not fit the one before, or the next does not fit it.
    for bit in 0..records[4].len() * 8 {
        let mut edited = records.clone();
        edited[4][bit / 8] ^= 1 << (bit % 8);
        let found = check(&edited, &[]).unwrap_err();
        assert!(found == AuditError::Broken(4) || found == AuditError::Broken(5), "bit {bit}: {found}");
    }
}

/// By the node itself, which chains what it likes: every hash is right, and a number is left out.
#[test]
fn u1_a_number_that_is_left_out_breaks_the_chain() {
    let (records, _) = log(&genesis(), 2, &[]);
    let prev = Record::hash(&records[1]);
    let skips = Record { seq: 3, prev, entry: decided() }.to_bytes().unwrap();
    let forged = [&records[..], &[skips]].concat();
    assert_eq!(check(&forged, &[]), Err(AuditError::Broken(2)));
}

/// By whoever writes the log, so that every hash fits: what is numbered as if there were more before it.
#[test]
fn u1_numbers_go_up_by_one() {
    let (mut records, _) = log(&genesis(), 3, &[]);
    let last = Record::from_bytes(&records[2]).unwrap();
    for seq in [0, 1, 3, u64::MAX] {
        records[2] = Record { seq, ..last.clone() }.to_bytes().unwrap();
        assert_eq!(check(&records, &[]), Err(AuditError::Broken(2)), "{seq}");
    }
}

#[test]
fn u1_two_logs_cannot_be_spliced() {
    let other = Genesis { log_id: [0x23; 32], ..genesis() };
    let ((ours, _), (theirs, _)) = (log(&genesis(), 10, &[]), log(&other, 10, &[]));
    for n in 0..10 {
        let spliced = [&ours[..n], &theirs[n..]].concat();
        assert_eq!(check(&spliced, &[]), Err(AuditError::Broken(n as u64)));
    }
    // Cluster, party, name and what it continues are in the first hash.
    let variants = [
        Genesis { cluster_id: [1; 32], ..genesis() },
        Genesis { party: PartyId::new(4).unwrap(), ..genesis() },
        other,
        Genesis { continues: Record::hash(&theirs[9]), ..genesis() },
    ];
    for variant in variants {
        assert_eq!(
            verify(&variant, &ours, &[], &node().public()).unwrap_err(),
            AuditError::Broken(0),
            "{variant:?}"
        );
    }
}

#[test]
fn u2_time_that_goes_back_is_a_warning() {
    let mut log = Log::new(&genesis(), Vec::new());
    for now in [10, 20, 19, 19, 30, 5] {
        log.append(Entry::new(Event::Decided, now)).unwrap();
    }
    let report = verify(&genesis(), log.sink(), &[], &node().public()).unwrap();
    assert_eq!(report.warnings, [AuditError::TimeBackwards(2), AuditError::TimeBackwards(5)]);
    assert_eq!((report.records, report.protected, &report.head), (6, 0, log.head()));
}

#[test]
fn u3_a_checkpoint_of_another_log_signer_or_head_is_refused() {
    let (records, checkpoints) = log(&genesis(), 6, &[2, 4]);
    assert_eq!(check(&records, &checkpoints), Ok(5));
    assert_eq!(check(&records, &checkpoints[..1]), Ok(3));
    // Of another log of the same node, with the same content.
    let (_, foreign) = log(&Genesis { log_id: [0x23; 32], ..genesis() }, 6, &[2]);
    assert_eq!(check(&records, &foreign), Err(AuditError::BadCheckpoint(2)));
    // Of another log that had the same record at the same place, signed by the same node.
    let other = Genesis { log_id: [0x23; 32], ..genesis() };
    let twin = Log::resume(&other, &records[2], Vec::new()).unwrap();
    let twin = twin.checkpoint(START).unwrap().sign_with(&mut node()).unwrap();
    assert_eq!((twin.seq(), twin.head()), (2, checkpoints[0].head()));
    assert_eq!(check(&records, &[twin]), Err(AuditError::BadCheckpoint(2)));
    // Checkpoints of different records, or of different logs, are no fork.
    assert!(!fork(&checkpoints[0], &checkpoints[1], &node().public()));
    assert!(!fork(&checkpoints[0], &foreign[0], &node().public()));
    // Of another signer.
    let stranger = IdentityKey::from_seed(Secret::new([6; 32]));
    assert_eq!(
        verify(&genesis(), &records, &checkpoints, &stranger.public()).unwrap_err(),
        AuditError::BadCheckpoint(2)
    );
    // Every bit of it is signed.
    for bit in 0..Checkpoint::LEN * 8 {
        let mut bytes = checkpoints[0].to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let changed = Checkpoint::from_bytes(&bytes).unwrap();
        assert!(matches!(check(&records, &[changed]), Err(AuditError::BadCheckpoint(_))), "bit {bit}");
    }
}

/// Two checkpoints whose places in the log were swapped: seq and head of one with the signature of the other.
#[test]
fn u3_swapped_checkpoints_are_refused() {
    let (records, checkpoints) = log(&genesis(), 6, &[2, 4]);
    let [a, b] = [checkpoints[0].to_bytes(), checkpoints[1].to_bytes()];
    for cut in [32, 40, 72, 80] {
        let swapped = Checkpoint::from_bytes(&[&a[..cut], &b[cut..]].concat()).unwrap();
        let seq = swapped.seq();
        // Up to the time both are the same log's; `a[..32]` alone is common to both.
        let expected = if cut == 32 { Ok(5) } else { Err(AuditError::BadCheckpoint(seq)) };
        assert_eq!(check(&records, &[swapped]), expected, "{cut}");
    }
}

/// A log that was rewritten before its checkpoint, with a chain that is good in itself.
#[test]
fn u3_a_rewritten_log_does_not_have_the_head_of_the_checkpoint() {
    let (_, checkpoints) = log(&genesis(), 6, &[4]);
    let mut other = Log::new(&genesis(), Vec::new());
    for n in 0..6 {
        let decision = if n == 2 { Decision::Deny } else { Decision::Allow };
        other.append(Entry { now: START + n, decision, ..decided() }).unwrap();
    }
    assert_eq!(check(other.sink(), &[]), Ok(0));
    assert_eq!(check(other.sink(), &checkpoints), Err(AuditError::BadCheckpoint(4)));
    // Signed by the same node, the two are a fork, and each convicts the node of the other.
    let second = {
        let mut five = Log::new(&genesis(), Vec::new());
        for record in &other.sink()[..5] {
            five.append(Record::from_bytes(record).unwrap().entry).unwrap();
        }
        five.checkpoint(START).unwrap().sign_with(&mut node()).unwrap()
    };
    assert!(fork(&checkpoints[0], &second, &node().public()));
    assert!(!fork(&second, &second, &node().public()));
    assert!(!fork(&checkpoints[0], &second, &PublicIdentity([1; 32])));
    assert_eq!(check(other.sink(), &[second, checkpoints[0]]), Err(AuditError::Fork(4)));
}

#[test]
fn u4_a_cut_tail_is_found_up_to_the_newest_checkpoint() {
    let (records, checkpoints) = log(&genesis(), 10, &[3, 7]);
    for len in 0..10 {
        let expected = match len {
            8.. => Ok(8),
            _ => Err(AuditError::Truncated(7)),
        };
        assert_eq!(check(&records[..len], &checkpoints), expected, "{len}");
    }
    // Without the newest checkpoint nobody can tell.
    assert_eq!(check(&records[..4], &checkpoints[..1]), Ok(4));
}

#[test]
fn a_log_goes_on_where_it_stood_and_a_new_one_continues_it() {
    let (records, _) = log(&genesis(), 3, &[]);
    let mut again = Log::resume(&genesis(), &records[2], records.clone()).unwrap();
    assert_eq!((again.len(), again.append(decided())), (3, Ok(3)));
    assert_eq!(check(again.sink(), &[]), Ok(0));
    assert!(Log::resume(&genesis(), &records[2][1..], Vec::new()).is_none());
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let next = Genesis::new([0x11; 32], genesis().party, Some(*again.head()), &mut rng);
    let twin = Genesis::new([0x11; 32], genesis().party, Some(*again.head()), &mut rng);
    assert_ne!(next.log_id, twin.log_id);
    assert_eq!((next.continues, *Log::new(&next, Vec::new()).head()), (*again.head(), next.hash()));
}

struct Full(usize);

impl Sink for Full {
    fn write(&mut self, _: &[u8]) -> Result<(), SinkError> {
        self.0 = self.0.checked_sub(1).ok_or(SinkError)?;
        Ok(())
    }
}

#[test]
fn what_is_not_stored_leaves_the_log_as_it_was() {
    let mut log = Log::new(&genesis(), Full(1));
    log.append(decided()).unwrap();
    let head = *log.head();
    assert_eq!(log.append(decided()), Err(AuditError::NotStored));
    assert_eq!((log.len(), *log.head()), (1, head));
    let mut log = Log::new(&genesis(), Vec::new());
    let too_long = [
        Entry { rule: "r".repeat(256), ..decided() },
        Entry { data: vec![0; 65_536], ..decided() },
        Entry { evidence: vec![decided().evidence[0]; 256], ..decided() },
        Entry { evidence: vec![Evidence { factor: 5, ..decided().evidence[0] }], ..decided() },
        Entry { evidence: vec![Evidence { flags: 128, ..decided().evidence[0] }], ..decided() },
        Entry {
            evidence: vec![Evidence { flags: flags::REJECTS | flags::ASKS, ..decided().evidence[0] }],
            ..decided()
        },
    ];
    for entry in too_long {
        assert_eq!(log.append(entry), Err(AuditError::TooLong));
    }
    assert!(log.is_empty());
    let longest = Entry {
        rule: "r".repeat(255),
        data: vec![1; 65_535],
        evidence: vec![decided().evidence[0]; 255],
        ..decided()
    };
    log.append(longest.clone()).unwrap();
    assert!(!log.is_empty());
    assert_eq!(Record::from_bytes(&log.sink()[0]).unwrap().entry, longest);
}

/// A second reader: what JSON readers make of the lines is what is in the records, and `raw` is the record.
#[test]
fn an_export_says_what_the_records_say() {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let rule = "a \"quoted\" \\ rule\nof \u{1} and \u{e9}\u{1f600}".to_owned();
    let mut log = Log::new(&genesis(), Vec::new());
    log.append(Entry { rule: rule.clone(), ..decided() }).unwrap();
    log.append(signed()).unwrap();
    let text = export(log.sink()).unwrap();
    assert!(text.ends_with("}\n"));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    for (line, bytes) in lines.iter().zip(log.sink()) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let Record { seq, prev, entry } = Record::from_bytes(bytes).unwrap();
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        assert_eq!((text("seq"), text("now")), (seq.to_string(), entry.now.to_string()));
        assert_eq!((text("prev"), text("request")), (hex::encode(prev), hex::encode(entry.request)));
        assert_eq!(
            (text("session"), text("cluster")),
            (hex::encode(entry.session.0), hex::encode(entry.cluster))
        );
        assert_eq!((text("policy"), text("trace")), (hex::encode(entry.policy), hex::encode(entry.trace)));
        assert_eq!(
            (text("event"), text("decision")),
            (entry.event.name().into(), entry.decision.name().into())
        );
        assert_eq!((text("outcome"), text("data")), (entry.outcome.name().into(), hex::encode(&entry.data)));
        assert_eq!(text("rule"), entry.rule);
        let list = value["evidence"].as_array().unwrap();
        assert_eq!(list.len(), entry.evidence.len());
        for (item, of) in list.iter().zip(&entry.evidence) {
            assert_eq!(item["approver"], hex::encode(of.approver));
            assert_eq!(item["credential"], hex::encode(of.credential));
            let numbers = (item["factor"].as_u64(), item["flags"].as_u64(), item["counter"].as_u64());
            assert_eq!(numbers, (Some(of.factor.into()), Some(of.flags.into()), Some(of.counter.into())));
        }
        assert_eq!(Base64UrlUnpadded::decode_vec(&text("raw")).unwrap(), *bytes);
    }
    assert_eq!(export([hex::decode(SECOND).unwrap()]).unwrap(), format!("{LINE}\n"));
    assert_eq!(export([b"QAUD"]), None);
}

/// Two readings of one million changed records: what is accepted is written back to the same bytes, and nothing panics.
#[test]
fn a_million_mutations_of_a_record_have_one_encoding_each() {
    let (records, _) = log(&genesis(), 2, &[]);
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    let mut accepted = 0;
    for n in 0..1_000_000 {
        let mut bytes = records[n % 2].clone();
        for _ in 0..=rng.next_u32() % 3 {
            let (at, value) = (rng.next_u32() as usize % bytes.len(), rng.next_u32());
            match value >> 28 {
                0 => bytes.truncate(at.max(1)),
                1 => bytes.insert(at, value as u8),
                2 => drop((bytes.len() > 1).then(|| bytes.remove(at))),
                3..=8 => bytes[at] ^= 1 << (value % 8),
                _ => bytes[at] = [0, 1, 2, 0x7f, 0x80, 0xff, value as u8, 3][value as usize % 8],
            }
        }
        if let Some(record) = Record::from_bytes(&bytes) {
            assert_eq!(record.to_bytes().as_deref(), Some(&bytes[..]));
            accepted += 1;
        }
    }
    assert!((100_000..950_000).contains(&accepted), "{accepted}");
}

#[test]
fn every_truncation_and_extension_of_a_record_is_refused() {
    let (records, checkpoints) = log(&genesis(), 2, &[1]);
    for record in &records {
        assert!((0..record.len()).all(|len| Record::from_bytes(&record[..len]).is_none()));
        assert!(Record::from_bytes(&[&record[..], &[0]].concat()).is_none());
    }
    let checkpoint = checkpoints[0].to_bytes();
    assert!((0..Checkpoint::LEN).all(|len| Checkpoint::from_bytes(&checkpoint[..len]).is_none()));
    assert!(Checkpoint::from_bytes(&[&checkpoint[..], &[0]].concat()).is_none());
}

#[test]
fn errors_have_stable_numbers() {
    let codes = [
        (AuditError::Broken(0), 6001),
        (AuditError::TimeBackwards(0), 6002),
        (AuditError::BadCheckpoint(0), 6003),
        (AuditError::Fork(0), 6003),
        (AuditError::Truncated(0), 6004),
        (AuditError::TooLong, 6010),
        (AuditError::NotStored, 6011),
    ];
    for (error, code) in codes {
        assert_eq!(error.code(), code);
    }
}

const GENESIS: &str = "e3d8d2c719681ec6121a7c63e40477ce3d246570045a7b8ca94b8b7daf79de0a";
const FIRST: &str = "51415544010000000000000000e3d8d2c719681ec6121a7c63e40477ce3d246570045a7b8ca94b8b7daf79de0a000000\
     006b49d20001333333333333333333333333333333333333333333333333333333333333333344444444444444444444\
     444444444444555555555555555555555555555555555555555555555555555555555555555566666666666666666666\
     666666666666666666666666666666666666666666667777777777777777777777777777777777777777777777777777\
     7777777777770108757364632d6f75740288888888888888888888888888888888888888888888888888888888888888\
     889999999999999999999999999999999999999999999999999999999999999999010f00000007aaaaaaaaaaaaaaaaaa\
     aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00000000000000000000000000000000000000000000000000\
     00000000000000040000000000000000";
const SECOND: &str = "514155440100000000000000012be4018d8f85852249fba40030deec298ff17356caaed4a33d76744a8ed2ed5d000000\
     006b49d20903333333333333333333333333333333333333333333333333333333333333333344444444444444444444\
     444444444444555555555555555555555555555555555555555555555555555555555555555500000000000000000000\
     000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
     000000000000000000010020bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const HEAD: &str = "aadc88afd9e30cdfe7e46915588b701d5ef2220a12ff43112be6f9893f3c0710";
const CHECKPOINT: &str = "22222222222222222222222222222222222222222222222222222222222222220000000000000001aadc88afd9e30cdf\
     e7e46915588b701d5ef2220a12ff43112be6f9893f3c0710000000006b49d20a2eca83e96654c5b9669676629efd0d37\
     3bcca56bf0bcbf23c4ee75b0459d99300b1488753a611b061850886b2c551f4301b2fe74f832f07df3ae33f22b676300";
const LINE: &str = r#"{"seq":"1","prev":"2be4018d8f85852249fba40030deec298ff17356caaed4a33d76744a8ed2ed5d","now":"1800000009","event":"signed","request":"3333333333333333333333333333333333333333333333333333333333333333","session":"44444444444444444444444444444444","cluster":"5555555555555555555555555555555555555555555555555555555555555555","policy":"0000000000000000000000000000000000000000000000000000000000000000","trace":"0000000000000000000000000000000000000000000000000000000000000000","decision":"none","rule":"","evidence":[],"outcome":"signed","data":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","raw":"UUFVRAEAAAAAAAAAASvkAY2PhYUiSfukADDe7CmP8XNWyq7Uoz12dEqO0u1dAAAAAGtJ0gkDMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzNEREREREREREREREREREREVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAgu7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7s"}"#;
