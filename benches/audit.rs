//! The audit log: appending a record of a decision, and verifying a million of them with a thousand checkpoints.

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use quorate::approval::audit::{
    Checkpoint, Decision, Entry, Event, Evidence, Genesis, Log, Sink, SinkError, verify,
};
use quorate::identity::IdentityKey;
use quorate::party::PartyId;
use quorate::secret::Secret;

struct Nowhere;

impl Sink for Nowhere {
    fn write(&mut self, record: &[u8]) -> Result<(), SinkError> {
        black_box(record);
        Ok(())
    }
}

fn entry(now: u64) -> Entry {
    let evidence = Evidence { approver: [1; 32], credential: [2; 32], factor: 1, flags: 3, counter: 9 };
    let (decision, rule) = (Decision::Allow, "usdc-out".into());
    Entry { decision, rule, evidence: vec![evidence; 2], ..Entry::new(Event::Decided, now) }
}

fn genesis() -> Genesis {
    let party = PartyId::new(1).expect("an id");
    Genesis { cluster_id: [1; 32], party, log_id: [2; 32], continues: [0; 32] }
}

fn audit(c: &mut Criterion) {
    let mut log = Log::new(&genesis(), Nowhere);
    c.bench_function("audit/append", |b| b.iter(|| log.append(entry(1)).expect("it is stored nowhere")));

    const RECORDS: u64 = 1_000_000;
    let mut node = IdentityKey::from_seed(Secret::new([5; 32]));
    let mut log = Log::new(&genesis(), Vec::with_capacity(RECORDS as usize));
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    for now in 0..RECORDS {
        log.append(entry(now)).expect("room");
        if now % 1000 == 999 {
            checkpoints
                .push(log.checkpoint(now).expect("a record").sign_with(&mut node).expect("a signature"));
        }
    }
    let bytes: usize = log.sink().iter().map(Vec::len).sum();
    let start = Instant::now();
    let report = verify(&genesis(), log.sink(), &checkpoints, &node.public()).expect("a good log");
    println!(
        "audit/verify: {} records, {bytes} bytes, {} checkpoints: {:?}",
        report.records,
        checkpoints.len(),
        start.elapsed()
    );
}

criterion_group!(benches, audit);
criterion_main!(benches);
