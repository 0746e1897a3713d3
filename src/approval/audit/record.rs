//! Records: what stands in them, and their bytes.

use alloc::string::String;
use alloc::vec::Vec;

use crate::hash::{Tag, Transcript};
use crate::wire::{Reader, SessionId, put_u16, put_u32};

const MAGIC: [u8; 5] = *b"QAUD\x01";

/// Bytes of a record without rule, evidence and data.
const FIXED: usize = 204;

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_doc])* $variant = $number,)* }

        impl $name {
            const fn from_wire(number: u8) -> Option<Self> {
                Some(match number { $($number => Self::$variant,)* _ => return None })
            }

            /// Its name in an export.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

numbered! {
    /// What happened.
    Event {
        /// A policy was asked.
        Decided = 1 "decided",
        /// A session started.
        Started = 2 "started",
        /// A session ended with a result.
        Signed = 3 "signed",
        /// A session ended without one.
        Aborted = 4 "aborted",
        /// A reservation was given back.
        Released = 5 "released",
        /// Another policy is in force.
        PolicyChanged = 6 "policy-changed",
        /// Another set of approvers is in force.
        ApproversChanged = 7 "approvers-changed",
        /// Another roster is in force.
        RosterChanged = 8 "roster-changed",
        /// A key entered another epoch.
        EpochChanged = 9 "epoch-changed",
        /// A backup was made.
        BackupMade = 10 "backup-made",
        /// Something was restored from a backup.
        Restored = 11 "restored",
    }
}

numbered! {
    /// What a policy said.
    Decision {
        /// It was not asked.
        None = 0 "none",
        /// Yes.
        Allow = 1 "allow",
        /// No.
        Deny = 2 "deny",
        /// Not yet.
        NeedMore = 3 "need-more",
    }
}

numbered! {
    /// What came of it.
    Outcome {
        /// Nothing so far.
        None = 0 "none",
        /// A signature, or what else the request was for; the data is the hash of it.
        Signed = 1 "signed",
        /// An abort; the data is the check that failed.
        Aborted = 2 "aborted",
        /// The reservation was given back.
        Released = 3 "released",
        /// A payment was settled.
        Settled = 4 "settled",
    }
}

/// Bits of [`Evidence::flags`].
pub mod flags {
    /// The user was present.
    pub const UP: u8 = 1;
    /// The user was verified.
    pub const UV: u8 = 2;
    /// The credential may be backed up.
    pub const BE: u8 = 4;
    /// The credential is backed up.
    pub const BS: u8 = 8;
    /// The counter went back.
    pub const COUNTER: u8 = 16;
    /// It said no. Without this and [`ASKS`] it said yes.
    pub const REJECTS: u8 = 32;
    /// It said who asks, and approved nothing.
    pub const ASKS: u8 = 64;
    pub(super) const ALL: u8 = 127;
}

/// One piece of evidence that a decision counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// The approver.
    pub approver: [u8; 32],
    /// SHA-256 of the credential id, or of the key; zero for TOTP.
    pub credential: [u8; 32],
    /// 1 passkey with user verification, 2 passkey, 3 key, 4 TOTP.
    pub factor: u8,
    /// Bits of [`flags`].
    pub flags: u8,
    /// The credential's counter, if it has one.
    pub counter: u32,
}

/// The content of a record: all but its place in the chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// When, in Unix seconds; the node's claim.
    pub now: u64,
    /// What happened.
    pub event: Event,
    /// The request it is about.
    pub request: [u8; 32],
    /// The session it is about.
    pub session: SessionId,
    /// The cluster hash.
    pub cluster: [u8; 32],
    /// The hash of the policy that was asked, or is in force now.
    pub policy: [u8; 32],
    /// The hash of the decision's trace.
    pub trace: [u8; 32],
    /// What the policy said.
    pub decision: Decision,
    /// By which rule.
    pub rule: String,
    /// On what evidence.
    pub evidence: Vec<Evidence>,
    /// What came of it.
    pub outcome: Outcome,
    /// More about that.
    pub data: Vec<u8>,
}

impl Entry {
    /// An entry that says no more than that something happened.
    #[must_use]
    pub const fn new(event: Event, now: u64) -> Self {
        Self {
            now,
            event,
            request: [0; 32],
            session: SessionId([0; 16]),
            cluster: [0; 32],
            policy: [0; 32],
            trace: [0; 32],
            decision: Decision::None,
            rule: String::new(),
            evidence: Vec::new(),
            outcome: Outcome::None,
            data: Vec::new(),
        }
    }
}

/// A record: an entry in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Its number, from 0.
    pub seq: u64,
    /// The hash of the record before, or of the log's beginning.
    pub prev: [u8; 32],
    /// Its content.
    pub entry: Entry,
}

impl Record {
    /// The bytes; `None` if rule, evidence or data are longer than their length can say, or flags and factor are none.
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let Entry {
            now,
            event,
            request,
            session,
            cluster,
            policy,
            trace,
            decision,
            rule,
            evidence,
            outcome,
            data,
        } = &self.entry;
        let (rule_len, count) = (u8::try_from(rule.len()).ok()?, u8::try_from(evidence.len()).ok()?);
        let data_len = u16::try_from(data.len()).ok()?;
        let mut out = Vec::with_capacity(FIXED + rule.len() + 70 * evidence.len() + data.len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&self.seq.to_be_bytes());
        out.extend_from_slice(&self.prev);
        out.extend_from_slice(&now.to_be_bytes());
        out.push(*event as u8);
        out.extend_from_slice(request);
        out.extend_from_slice(&session.0);
        [cluster, policy, trace].into_iter().for_each(|hash| out.extend_from_slice(hash));
        out.extend_from_slice(&[*decision as u8, rule_len]);
        out.extend_from_slice(rule.as_bytes());
        out.push(count);
        for item in evidence {
            check(item)?;
            out.extend_from_slice(&item.approver);
            out.extend_from_slice(&item.credential);
            out.extend_from_slice(&[item.factor, item.flags]);
            put_u32(&mut out, item.counter);
        }
        out.push(*outcome as u8);
        put_u16(&mut out, data_len);
        out.extend_from_slice(data);
        Some(out)
    }

    /// Reads exactly what [`Record::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        if r.array()? != &MAGIC {
            return None;
        }
        let long = |r: &mut Reader<'_>| r.array().map(|b| u64::from_be_bytes(*b));
        let (seq, prev, now) = (long(&mut r)?, *r.array()?, long(&mut r)?);
        let event = Event::from_wire(r.u8()?)?;
        let (request, session) = (*r.array()?, SessionId(*r.array()?));
        let (cluster, policy, trace) = (*r.array()?, *r.array()?, *r.array()?);
        let decision = Decision::from_wire(r.u8()?)?;
        let len = usize::from(r.u8()?);
        let rule = core::str::from_utf8(r.bytes(len)?).ok()?.into();
        let count = usize::from(r.u8()?);
        let mut list = Reader::new(r.bytes(70 * count)?);
        let mut evidence = Vec::with_capacity(count);
        for _ in 0..count {
            let (approver, credential) = (*list.array()?, *list.array()?);
            let item = Evidence {
                approver,
                credential,
                factor: list.u8()?,
                flags: list.u8()?,
                counter: list.u32()?,
            };
            check(&item)?;
            evidence.push(item);
        }
        let outcome = Outcome::from_wire(r.u8()?)?;
        let len = usize::from(r.u16()?);
        let data = r.bytes(len)?.to_vec();
        r.end()?;
        let entry = Entry {
            now,
            event,
            request,
            session,
            cluster,
            policy,
            trace,
            decision,
            rule,
            evidence,
            outcome,
            data,
        };
        Some(Self { seq, prev, entry })
    }

    /// `H("audit/record"; record)`: the head of a log that ends with these bytes.
    #[must_use]
    pub fn hash(bytes: &[u8]) -> [u8; 32] {
        Transcript::new(Tag::AuditRecord).bytes(bytes).finish()
    }
}

/// A factor that there is, no flag that there is not, and one purpose.
fn check(item: &Evidence) -> Option<()> {
    let purposes = item.flags & (flags::REJECTS | flags::ASKS);
    let known = item.flags & !flags::ALL == 0 && purposes.count_ones() <= 1;
    ((1..=4).contains(&item.factor) && known).then_some(())
}
