//! Sets of approvers.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::key::ApproverKey;
use super::{ApprovalError, ApproverId};
use crate::hash::{Tag, Transcript, sha256};
use crate::wire::{Reader, put_u16};

const MAGIC: &[u8; 4] = b"QAPS";
const VERSION: u8 = 1;

/// What an approver is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum ApproverKind {
    /// A person.
    Human = 1,
    /// A program: a risk engine, a second system.
    Service = 2,
    /// Only ever proves that it asked, and approves and rejects nothing.
    Requester = 3,
}

/// Whether an approver counts at present.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum Status {
    /// Yes.
    Active = 1,
    /// No, but the name is kept.
    Suspended = 2,
}

/// What of a passkey is fixed: neither counters nor flags, so that use changes no set.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Passkey {
    /// SHA-256 of the credential id.
    pub id_hash: [u8; 32],
    /// The public key, P-256, SEC 1 compressed.
    pub key: [u8; 33],
    /// The RP ID that it was made for, 1 to 255 bytes.
    pub rp_id: String,
}

impl Passkey {
    /// From a credential's id, key and RP ID.
    pub fn new(credential_id: &[u8], key: [u8; 33], rp_id: impl Into<String>) -> Self {
        Self { id_hash: sha256(credential_id), key, rp_id: rp_id.into() }
    }
}

/// Somebody whose word counts: one person or program, with all that it has to prove itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approver {
    /// The name, not zero.
    pub id: ApproverId,
    /// What it is.
    pub kind: ApproverKind,
    /// Whether it counts at present.
    pub status: Status,
    /// At most 16 passkeys.
    pub passkeys: Vec<Passkey>,
    /// At most 8 keys.
    pub keys: Vec<ApproverKey>,
}

impl Approver {
    /// The most passkeys of one approver.
    pub const MAX_PASSKEYS: usize = 16;
    /// The most keys of one approver.
    pub const MAX_KEYS: usize = 8;

    /// Whether it may approve and reject at present.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.status == Status::Active && self.kind != ApproverKind::Requester
    }

    fn is_well_formed(&self) -> bool {
        self.id.0 != [0; 32]
            && self.passkeys.len() <= Self::MAX_PASSKEYS
            && self.keys.len() <= Self::MAX_KEYS
            && self.passkeys.iter().all(|p| {
                (1..=255).contains(&p.rp_id.len())
                    && p.rp_id.is_ascii()
                    && ApproverKey::P256(p.key).is_valid()
            })
            && self.keys.iter().all(ApproverKey::is_valid)
    }

    /// `id 32 | kind 1 | status 1 | u8 count x { SHA-256(credential id) 32 | key 33 | var8 rp id } | u8 count x key`, passkeys and keys ascending.
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.0);
        out.extend_from_slice(&[self.kind as u8, self.status as u8, self.passkeys.len() as u8]);
        for passkey in &self.passkeys {
            out.extend_from_slice(&passkey.id_hash);
            out.extend_from_slice(&passkey.key);
            out.push(passkey.rp_id.len() as u8);
            out.extend_from_slice(passkey.rp_id.as_bytes());
        }
        out.push(self.keys.len() as u8);
        for key in &self.keys {
            out.extend_from_slice(&key.to_bytes());
        }
    }

    fn read(r: &mut Reader<'_>) -> Option<Self> {
        let id = ApproverId(*r.array()?);
        let kind = [ApproverKind::Human, ApproverKind::Service, ApproverKind::Requester];
        let number = r.u8()?;
        let kind = kind.into_iter().find(|kind| *kind as u8 == number)?;
        let number = r.u8()?;
        let status = [Status::Active, Status::Suspended].into_iter().find(|s| *s as u8 == number)?;
        let mut passkeys = Vec::new();
        for _ in 0..at_most(r.u8()?, Self::MAX_PASSKEYS)? {
            let (id_hash, key, len) = (*r.array()?, *r.array()?, r.u8()?);
            let rp_id = core::str::from_utf8(r.bytes(len.into())?).ok()?;
            passkeys.push(Passkey { id_hash, key, rp_id: rp_id.into() });
        }
        let mut keys = Vec::new();
        for _ in 0..at_most(r.u8()?, Self::MAX_KEYS)? {
            keys.push(ApproverKey::read(r)?);
        }
        let ascending = passkeys.is_sorted_by(|a, b| a < b) && keys.is_sorted_by(|a, b| a < b);
        ascending.then_some(Self { id, kind, status, passkeys, keys })
    }
}

fn at_most(count: u8, most: usize) -> Option<u8> {
    (usize::from(count) <= most).then_some(count)
}

/// Who may approve, with a revision. Two sets are equal if their hashes are.
#[derive(Clone, Debug)]
pub struct ApproverSet {
    revision: u64,
    approvers: Vec<Approver>,
    hash: [u8; 32],
}

impl ApproverSet {
    /// The most approvers.
    pub const MAX_LEN: usize = 1024;

    /// Collects approvers in any order.
    ///
    /// # Errors
    /// [`ApprovalError::BadSet`]: too many, an id twice or zero, a passkey or key that is none, or that is there twice in the whole set.
    pub fn new(revision: u64, approvers: impl IntoIterator<Item = Approver>) -> Result<Self, ApprovalError> {
        let mut approvers: Vec<_> = approvers.into_iter().take(Self::MAX_LEN + 1).collect();
        approvers.sort_unstable_by_key(|approver| approver.id);
        for approver in &mut approvers {
            approver.passkeys.sort_unstable();
            approver.keys.sort_unstable();
        }
        // [A1]
        let ids_unique = approvers.is_sorted_by(|a, b| a.id < b.id);
        let fits = approvers.len() <= Self::MAX_LEN && approvers.iter().all(Approver::is_well_formed);
        if !ids_unique || !fits || !nothing_twice(&approvers) {
            return Err(ApprovalError::BadSet);
        }
        let mut entries = Vec::new();
        approvers.iter().for_each(|approver| approver.write(&mut entries));
        let hash = Transcript::new(Tag::Approvers).bytes(&revision.to_be_bytes());
        let hash = hash.u16(approvers.len() as u16).bytes(&entries).finish();
        Ok(Self { revision, approvers, hash })
    }

    /// Reads what [`ApproverSet::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`ApprovalError::BadSet`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ApprovalError> {
        Self::read(bytes).ok_or(ApprovalError::BadSet)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        if r.array()? != MAGIC || r.u8()? != VERSION {
            return None;
        }
        let (revision, count) = (u64::from_be_bytes(*r.array()?), usize::from(r.u16()?));
        if count > Self::MAX_LEN {
            return None;
        }
        let mut approvers = Vec::new();
        for _ in 0..count {
            approvers.push(Approver::read(&mut r)?);
        }
        r.end()?;
        let ascending = approvers.is_sorted_by(|a, b| a.id < b.id);
        if ascending { Self::new(revision, approvers).ok() } else { None }
    }

    /// `"QAPS" | version 1 | revision u64 | count u16 | entries`, with entries as they are hashed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = [&MAGIC[..], &[VERSION], &self.revision.to_be_bytes()].concat();
        put_u16(&mut out, self.approvers.len() as u16);
        self.approvers.iter().for_each(|approver| approver.write(&mut out));
        out
    }

    /// `TH("approvers"; u64 revision, u16 count, entries)`.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Which set this is in the order of sets.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// All of them, ascending by id.
    #[must_use]
    pub fn approvers(&self) -> &[Approver] {
        &self.approvers
    }

    /// The one with this id, active or not.
    #[must_use]
    pub fn get(&self, id: &ApproverId) -> Option<&Approver> {
        let place = self.approvers.binary_search_by_key(id, |approver| approver.id).ok()?;
        self.approvers.get(place)
    }

    /// Those that may approve at present.
    pub fn counting(&self) -> impl Iterator<Item = &Approver> {
        self.approvers.iter().filter(|approver| approver.counts())
    }
}

impl PartialEq for ApproverSet {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for ApproverSet {}

/// Every credential id and every public key stands once in the whole set. A P-256 key is the same key as a passkey's.
fn nothing_twice(approvers: &[Approver]) -> bool {
    let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
    approvers.iter().all(|approver| {
        approver.passkeys.iter().all(|p| ids.insert(p.id_hash) && keys.insert(ApproverKey::P256(p.key)))
            && approver.keys.iter().all(|key| keys.insert(*key))
    })
}
