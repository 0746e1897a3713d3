//! A policy as it is judged by: names resolved, numbers read, defaults filled in.

use alloc::string::String;
use alloc::vec::Vec;

use super::source::{Effect, Scope};
use crate::approval::approver::{ApproverId, Factors};
use crate::approval::fact::{Amount, FactKind};
use crate::approval::request::Action;

/// A named list of parties, ascending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct List {
    pub(super) name: String,
    pub(super) entries: Vec<String>,
}

impl List {
    pub(super) fn has(&self, party: &[u8]) -> bool {
        self.entries.binary_search_by(|entry| entry.as_bytes().cmp(party)).is_ok()
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Cap {
    pub(super) id: String,
    pub(super) scope: Scope,
    pub(super) asset: String,
    pub(super) window_s: u32,
    pub(super) limit: Amount,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) effect: Effect,
    pub(super) action: Option<Action>,
    /// Ascending.
    pub(super) keys: Option<Vec<[u8; 32]>>,
    /// Ascending.
    pub(super) requesters: Option<Vec<ApproverId>>,
    pub(super) separate_requester: bool,
    pub(super) delay_s: u32,
    pub(super) max_lifetime_s: u32,
    pub(super) min_signers: u16,
    pub(super) max_attempts: u8,
    /// Places in the policy's caps.
    pub(super) caps: Vec<usize>,
    pub(super) matches: Option<Clause>,
    pub(super) facts: Vec<Clause>,
    pub(super) tiers: Vec<Tier>,
}

impl Rule {
    /// Whether it fits only a requester that proved itself.
    pub(super) const fn wants_requester(&self) -> bool {
        self.separate_requester || self.requesters.is_some()
    }
}

/// A party, or the place of a list of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum To {
    Party(String),
    List(usize),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Clause {
    pub(super) fact: FactKind,
    pub(super) chain: Option<String>,
    pub(super) asset: Option<String>,
    pub(super) to: Option<To>,
    pub(super) selector: Option<String>,
    pub(super) amount_over: Option<Amount>,
    pub(super) up_to: Option<Amount>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Tier {
    pub(super) up_to: Option<Amount>,
    pub(super) approvers: u16,
    /// Ascending.
    pub(super) of: Option<Vec<ApproverId>>,
    pub(super) factors: Factors,
    pub(super) step_up: Factors,
}
