//! Payloads of requests that change the policy or the approvers.

use alloc::vec::Vec;

use super::{Policy, PolicyError};
use crate::approval::approver::{ApprovalError, ApproverSet};
use crate::wire::{Reader, put_u32};

impl Policy {
    /// Reads the payload of a request of action PolicyChange: the canonical binary of the next revision, for the same approvers.
    ///
    /// # Errors
    /// [`PolicyError::BadPolicy`], [`PolicyError::NotNext`], [`PolicyError::NoApprovers`].
    pub fn successor(&self, payload: &[u8]) -> Result<Self, PolicyError> {
        let next = Self::from_bytes(payload)?;
        next.ensure_follows(self)?;
        if next.approvers() == self.approvers() { Ok(next) } else { Err(PolicyError::NoApprovers) }
    }
}

/// What a request of action ApproverChange carries: another set, and the policy that names it. They are put in force together.
///
/// In bytes: `u32 length | set | policy`. A request of action PolicyChange carries the canonical binary of the policy alone
/// ([`Policy::successor`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApproverChange {
    /// The new approvers.
    pub set: ApproverSet,
    /// The new policy.
    pub policy: Policy,
}

impl ApproverChange {
    /// The payload.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (set, policy) = (self.set.to_bytes(), self.policy.to_bytes());
        let mut out = Vec::with_capacity(4 + set.len() + policy.len());
        put_u32(&mut out, set.len() as u32);
        out.extend_from_slice(&set);
        out.extend_from_slice(&policy);
        out
    }

    /// Reads a payload, and checks that it follows on what is in force: the next revision of both, and a policy that names the set.
    ///
    /// # Errors
    /// [`ApprovalError::BadSet`], [`PolicyError::BadPolicy`], [`PolicyError::NotNext`], [`PolicyError::NoApprovers`].
    pub fn from_bytes(bytes: &[u8], policy: &Policy, set: &ApproverSet) -> Result<Self, PolicyError> {
        let (new, rest) = split(bytes).ok_or(ApprovalError::BadSet)?;
        let change = Self { set: ApproverSet::from_bytes(new)?, policy: Policy::from_bytes(rest)? };
        change.policy.ensure_follows(policy)?;
        if set.revision().checked_add(1) != Some(change.set.revision()) {
            return Err(PolicyError::NotNext);
        }
        if change.policy.approvers() != change.set.hash() {
            return Err(PolicyError::NoApprovers);
        }
        Ok(change)
    }
}

/// The set that a payload brings, whatever the policy is.
pub(in crate::approval) fn new_set(payload: &[u8]) -> Option<ApproverSet> {
    ApproverSet::from_bytes(split(payload)?.0).ok()
}

fn split(payload: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut r = Reader::new(payload);
    let len = usize::try_from(r.u32()?).ok()?;
    Some((r.bytes(len)?, r.rest()))
}
