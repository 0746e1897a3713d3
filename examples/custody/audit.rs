//! The nodes' logs: shown, verified against a checkpoint, and tampered with.

use quorate::approval::audit::{AuditError, Checkpoint, Decision, Outcome, Record, verify};
use quorate::identity::{IdentityKey, Pending};

use super::{Error, Node, hex};

impl Node {
    /// One line a record.
    pub(crate) fn show_log(&self) -> Result<(), Error> {
        println!("seq | event    | request  | decision  | rule     | factors | outcome");
        for bytes in self.log.sink() {
            let Record { seq, entry, .. } = Record::from_bytes(bytes).ok_or("no record")?;
            let factors: Vec<_> = entry.evidence.iter().map(|item| item.factor.to_string()).collect();
            let outcome = match entry.outcome {
                Outcome::Signed => format!("signed {}..", hex(&entry.data[..8])),
                other => other.name().into(),
            };
            let (event, decision, request) =
                (entry.event.name(), entry.decision.name(), hex(&entry.request[..4]));
            let (rule, factors) = (entry.rule, factors.join(","));
            println!(
                "{seq:>3} | {event:<8} | {request} | {decision:<9} | {rule:<8} | {factors:<7} | {outcome}"
            );
        }
        Ok(())
    }

    /// Signs where the log stands, with the node's identity key, and has it checked by somebody who knows the node's public identity.
    pub(crate) fn checkpoint(&self, key: &IdentityKey, now: u64) -> Result<Checkpoint, Error> {
        let pending = self.log.checkpoint(now).ok_or("an empty log")?;
        let signature = key.sign(&pending.to_sign());
        let checkpoint = pending.attach(&key.public(), signature).ok_or("signed by somebody else")?;
        let report = verify(&self.genesis, self.log.sink(), &[checkpoint], &key.public())?;
        if report.protected != report.records || !report.warnings.is_empty() {
            return Err("not all of the log is protected".into());
        }
        let (records, head) = (report.records, hex(&report.head[..8]));
        println!("log of {}: {records} records, head {head}.., verified against its checkpoint", self.name);
        Ok(checkpoint)
    }

    /// What the owner of the file might do to it, against the checkpoint that was given away: turn a no into a yes; do that and chain the
    /// records anew; cut off the end.
    pub(crate) fn tamper(&self, key: &IdentityKey, checkpoint: Checkpoint) -> Result<(), Error> {
        let records = self.log.sink();
        let read = |bytes: &Vec<u8>| Record::from_bytes(bytes).ok_or("no record");
        let mut edited = records.clone();
        let (mut place, mut found) = (0, false);
        for (at, bytes) in records.iter().enumerate() {
            let mut record = read(bytes)?;
            if record.entry.decision == Decision::Deny && !found {
                record.entry.decision = Decision::Allow;
                edited[at] = record.to_bytes().ok_or("too long")?;
                (place, found) = (at, true);
            }
        }
        let (mut chained, mut head) = (Vec::new(), self.genesis.hash());
        for bytes in &edited {
            let record = Record { prev: head, ..read(bytes)? }.to_bytes().ok_or("too long")?;
            head = Record::hash(&record);
            chained.push(record);
        }
        let last = records.len() as u64 - 1;
        let cases = [
            ("a no became a yes", &edited[..], AuditError::Broken(place as u64 + 1)),
            ("and the chain was made anew", &chained, AuditError::BadCheckpoint(last)),
            ("the end was cut off", &records[..records.len() - 1], AuditError::Truncated(last)),
        ];
        for (what, records, wanted) in cases {
            match verify(&self.genesis, records, &[checkpoint], &key.public()) {
                Err(error) if found && error == wanted => println!("log of {}, {what}: {error}", self.name),
                other => return Err(format!("{what}: {other:?}, not {wanted:?}").into()),
            }
        }
        Ok(())
    }
}
