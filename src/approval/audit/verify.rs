//! Verifying a log.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::AuditError;
use super::log::{Checkpoint, Genesis};
use super::record::Record;
use crate::identity::PublicIdentity;

/// What a log that verifies says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// How many records it has.
    pub records: u64,
    /// How many of them, from the first on, a checkpoint protects.
    pub protected: u64,
    /// The hash of the last record.
    pub head: [u8; 32],
    /// \[U2\] Records whose time is before that of the one before: [`AuditError::TimeBackwards`] for each.
    pub warnings: Vec<AuditError>,
}

/// Checks U1 to U4 of a whole log, against every checkpoint that anybody has of it. One pass, a record at a time.
///
/// # Errors
/// The first that does not hold; of checkpoints that do not fit each other, before any record is read.
pub fn verify<R: AsRef<[u8]>>(
    genesis: &Genesis,
    records: impl IntoIterator<Item = R>,
    checkpoints: &[Checkpoint],
    identity: &PublicIdentity,
) -> Result<Report, AuditError> {
    let mut heads: BTreeMap<u64, &[u8; 32]> = BTreeMap::new();
    for checkpoint in checkpoints {
        let seq = checkpoint.seq();
        // [U3] of this log, and signed
        if checkpoint.log_id() != &genesis.log_id || !checkpoint.verify(identity) {
            return Err(AuditError::BadCheckpoint(seq));
        }
        // [U3] no two that differ
        if heads.insert(seq, checkpoint.head()).is_some_and(|other| other != checkpoint.head()) {
            return Err(AuditError::Fork(seq));
        }
    }
    let mut report = Report { records: 0, protected: 0, head: genesis.hash(), warnings: Vec::new() };
    let mut time = 0;
    for bytes in records {
        let (bytes, seq) = (bytes.as_ref(), report.records);
        // [U1] what follows the record before, and nothing else
        let record = Record::from_bytes(bytes).filter(|r| r.seq == seq && r.prev == report.head);
        let record = record.ok_or(AuditError::Broken(seq))?;
        // [U2] a claim, so a warning
        if record.entry.now < time {
            report.warnings.push(AuditError::TimeBackwards(seq));
        }
        time = record.entry.now;
        report.head = Record::hash(bytes);
        report.records = seq + 1;
        if let Some(head) = heads.get(&seq) {
            // [U3] the head there
            if **head != report.head {
                return Err(AuditError::BadCheckpoint(seq));
            }
            report.protected = report.records;
        }
    }
    // [U4] as far as the newest checkpoint
    match heads.last_key_value() {
        Some((newest, _)) if *newest >= report.records => Err(AuditError::Truncated(*newest)),
        _ => Ok(report),
    }
}

/// Whether these two prove that the node kept two logs under one name: both are signed, of one record, with different heads.
#[must_use]
pub fn fork(a: &Checkpoint, b: &Checkpoint, identity: &PublicIdentity) -> bool {
    let of = |c: &Checkpoint| (*c.log_id(), c.seq());
    of(a) == of(b) && a.head() != b.head() && a.verify(identity) && b.verify(identity)
}
