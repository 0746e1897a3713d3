//! Who runs together: a roster with a name and a revision.
//!
//! Stored and sent as `"QRST" 4 | version 1 = 1 | cluster id 32 | revision u64 | count u16 | count * { party u16 | key 32 }`, ascending by party,
//! keys Ed25519: 47 bytes and 34 a member. Its hash is `H("cluster"; cluster id, revision u64, roster hash)` with the hash of
//! [`Roster::hash`]; channels, requests and audit logs are bound to it.
//!
//! | id | check | error |
//! |---|---|---|
//! | I3 | version, 2 to 1024 members, parties strictly ascending, none 0 or 65535, keys valid and distinct, exact length | [`ClusterError::BadRoster`] |
//! | I6 | a successor has the same id and the next revision | [`ClusterError::NotSuccessor`] |

use alloc::vec::Vec;

use crate::hash::{Tag, Transcript};
use crate::identity::{PublicIdentity, Roster};
use crate::party::{MAX_PARTIES, PartyId};
use crate::wire::{Reader, put_u16};

const MAGIC: &[u8; 4] = b"QRST";
const VERSION: u8 = 1;

/// A cluster that is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// Not the layout, or not a roster of 2 to 1024 members.
    #[error("not the roster of a cluster")]
    BadRoster,
    /// Another cluster's, or not the next revision.
    #[error("not the next revision of this cluster")]
    NotSuccessor,
}

impl ClusterError {
    /// A stable number.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::BadRoster => 5003,
            Self::NotSuccessor => 5006,
        }
    }
}

/// The members of a cluster at one time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
    id: [u8; 32],
    revision: u64,
    roster: Roster,
    hash: [u8; 32],
}

impl Cluster {
    /// A cluster of these members. The id is the cluster's for good: random, or the hash of what founded it.
    ///
    /// # Errors
    /// [`ClusterError::BadRoster`] for fewer than two members.
    pub fn new(id: [u8; 32], revision: u64, roster: Roster) -> Result<Self, ClusterError> {
        // [I3] nobody is a cluster alone; the rest is what a roster is
        if roster.len() < 2 {
            return Err(ClusterError::BadRoster);
        }
        let revised = Transcript::new(Tag::Cluster).bytes(&id).bytes(&revision.to_be_bytes());
        let hash = revised.bytes(roster.hash()).finish();
        Ok(Self { id, revision, roster, hash })
    }

    /// The cluster's id.
    #[must_use]
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// The revision of its roster.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The members.
    #[must_use]
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }

    /// `H("cluster"; cluster id, revision u64, roster hash)`.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Whether this is what comes after `prev`. Who may make it so is the application's to decide.
    ///
    /// # Errors
    /// [`ClusterError::NotSuccessor`].
    pub fn succeeds(&self, prev: &Self) -> Result<(), ClusterError> {
        // [I6] same cluster, next revision
        let next = prev.revision.checked_add(1);
        if self.id != prev.id || next != Some(self.revision) {
            return Err(ClusterError::NotSuccessor);
        }
        Ok(())
    }

    /// The layout above.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(47 + 34 * self.roster.len());
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&self.revision.to_be_bytes());
        put_u16(&mut out, self.roster.len() as u16);
        for (party, key) in self.roster.iter() {
            put_u16(&mut out, party.get());
            out.extend_from_slice(&key.0);
        }
        out
    }

    /// Reads what [`Cluster::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`ClusterError::BadRoster`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ClusterError> {
        // [I3] one encoding a roster
        let (id, revision, members) = read(bytes).ok_or(ClusterError::BadRoster)?;
        let roster = Roster::new(members).map_err(|_| ClusterError::BadRoster)?;
        Self::new(id, revision, roster)
    }
}

type Read = ([u8; 32], u64, Vec<(PartyId, PublicIdentity)>);

fn read(bytes: &[u8]) -> Option<Read> {
    let mut r = Reader::new(bytes);
    let known = r.array()? == MAGIC && r.u8()? == VERSION;
    let (id, revision, count) = (*r.array()?, u64::from_be_bytes(*r.array()?), usize::from(r.u16()?));
    if !known || count > MAX_PARTIES {
        return None;
    }
    let mut members = Vec::new();
    for _ in 0..count {
        members.push((PartyId::new(r.u16()?).ok()?, PublicIdentity(*r.array()?)));
    }
    r.end()?;
    // A roster would sort them.
    members.is_sorted_by(|(a, _), (b, _)| a < b).then_some((id, revision, members))
}
