//! The audit log: a chain of records that cannot be changed in the middle, signed at its end.
//!
//! The log of a node proves which credentials approved which request, what the policy said, and what came of it. It holds no secret and no
//! payload, only hashes. It does not prove on which device somebody approved, and its times are what the node claims.
//!
//! # Record
//! ```text
//! "QAUD" 4 | version 1 = 1 | seq 8 | prev 32 | now 8 | event 1 | request hash 32 | session id 16 | cluster hash 32 | policy hash 32
//! | trace hash 32 | decision 1 | rule: u8 length, UTF-8
//! | count 1, and for each { approver 32 | SHA-256 of the credential id or key 32 | factor 1 | flags 1 | counter 4 }
//! | outcome 1 | data: u16 length, bytes
//! ```
//! 204 bytes, and 70 for each evidence. What does not apply is zero or empty: an event without a request has a request hash of zeros. The
//! numbers are those of [`Event`], [`Decision`] and [`Outcome`]; factors are 1 passkey with user verification, 2 passkey, 3 key, 4 TOTP; flags
//! are the bits 0 UP, 1 UV, 2 BE, 3 BS, 4 counter signal, 5 it rejects, 6 it asks, of which not both are set, and 7 is zero; what neither rejects
//! nor asks approves. There is one encoding of each record.
//!
//! # Chain
//! `prev` of record 0 is `H("audit/genesis"; cluster id, party, log id, head of the log that this one continues)`, the last 32 zero bytes if it
//! continues none; `prev` of record k + 1 is `H("audit/record"; record k)`, which is also the **head** of the log at k.
//!
//! A checkpoint is `log id 32 | seq 8 | head 32 | now 8 | signature 64`, signed by the node's identity over
//! `H("audit/check"; log id, seq, head, now)`. What follows the newest checkpoint is protected by nothing: whoever owns the file may cut it off. So
//! checkpoint every decision and give the checkpoints away: to the other holders, or to whoever will ask.
//!
//! # Checks of [`verify`]
//! The errors have the number 6000 + n ([`AuditError::code`]).
//!
//! | id | check | error |
//! |---|---|---|
//! | U1 | every record decodes, `seq` counts from 0 by 1, `prev` is the hash of the record before: nothing was removed, moved or edited inside | `Broken` |
//! | U2 | `now` does not go back; a warning in the [`Report`], since it is the node's claim | `TimeBackwards` |
//! | U3 | every checkpoint is of this log, signed by the identity, and has the head of its `seq`; two signed ones that differ prove a fork ([`fork`]) | `BadCheckpoint`, `Fork` |
//! | U4 | the chain reaches the newest checkpoint: the tail was not cut | `Truncated` |

mod export;
mod log;
mod record;
mod verify;

pub use export::{Line, export};
pub use log::{Checkpoint, Genesis, Journal, Log, PendingCheckpoint, Sink, SinkError};
pub use record::{Decision, Entry, Event, Evidence, Outcome, Record, flags};
pub use verify::{Report, fork, verify};

/// What is wrong with a log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// U1: this record is not what follows the one before.
    #[error("the chain is broken at record {0}")]
    Broken(u64),
    /// U2: this record claims an earlier time than the one before. A warning.
    #[error("the time of record {0} is before that of the one before")]
    TimeBackwards(u64),
    /// U3: a checkpoint of this record is not of this log, not signed by the identity, or has another head.
    #[error("the checkpoint at record {0} does not fit")]
    BadCheckpoint(u64),
    /// U3: two signed checkpoints of this record have different heads.
    #[error("there are two logs: they differ at record {0}")]
    Fork(u64),
    /// U4: the log ends before this record, of which there is a checkpoint.
    #[error("the log ends before record {0}")]
    Truncated(u64),
    /// A rule, a list or data is longer than its length says.
    #[error("the entry does not fit a record")]
    TooLong,
    /// The record could not be stored. Whatever it was to record must not happen.
    #[error("the record was not stored")]
    NotStored,
}

impl AuditError {
    /// A stable number: 6000 and the number of the check; 6010 and 6011 for what can go wrong in writing.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Broken(_) => 6001,
            Self::TimeBackwards(_) => 6002,
            Self::BadCheckpoint(_) | Self::Fork(_) => 6003,
            Self::Truncated(_) => 6004,
            Self::TooLong => 6010,
            Self::NotStored => 6011,
        }
    }
}
