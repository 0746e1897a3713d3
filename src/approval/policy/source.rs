//! A policy as people write it.
//!
//! Any format that serde reads will do: the same members give the same compiled policy, and the same hash. Unknown members are refused, and
//! so is a list of names that is given twice.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::approval::approver::Factor;
use crate::approval::fact::FactKind;
use crate::approval::request::Action;

/// The longest life of a request where a policy does not say, in seconds.
pub const DEFAULT_LIFETIME_S: u32 = 900;

/// A whole policy.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySource {
    /// 1.
    pub version: u16,
    /// Which policy this is in the order of policies.
    pub revision: u64,
    /// The hash of the set of approvers, 64 hexadecimal digits.
    pub approvers: String,
    /// The longest life of a request, in seconds; [`DEFAULT_LIFETIME_S`] if absent.
    pub max_lifetime_s: Option<u32>,
    /// Named lists of parties.
    #[serde(default)]
    pub lists: Lists,
    /// Velocity caps.
    #[serde(default)]
    pub cap: Vec<CapSource>,
    /// Rules; their order counts where several allow.
    #[serde(default)]
    pub rule: Vec<RuleSource>,
}

/// Lists with their names, as they stand in the file. A map of serde's would keep the last of two with one name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lists(pub Vec<(String, Vec<String>)>);

impl<'de> Deserialize<'de> for Lists {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Lists;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("lists of parties by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lists, A::Error> {
                let mut lists = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    lists.push(entry);
                }
                Ok(Lists(lists))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// How much of an asset may be spent in any stretch of time.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapSource {
    /// Its name.
    pub id: String,
    /// Whose spending is added up.
    pub scope: Scope,
    /// The asset.
    pub asset: String,
    /// The length of the sliding window in seconds, at least 1.
    pub window_s: u32,
    /// The most in any window, decimal.
    pub limit: String,
}

/// Whose spending a cap adds up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[repr(u8)]
pub enum Scope {
    /// Each key's by itself.
    Key = 1,
    /// All keys' together.
    All = 2,
    /// Each requester's by itself; for rules that want the requester proven.
    Requester = 3,
}

/// What a rule does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Effect {
    /// It allows what all of its conditions hold for.
    Allow = 1,
    /// It denies what it matches, whatever else allows it.
    Deny = 2,
}

/// A rule. A deny rule has `action`, `keys` and `match` only.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSource {
    /// Its name.
    pub id: String,
    /// What it does.
    pub effect: Effect,
    /// For which action; a deny rule without one is for all.
    pub action: Option<Action>,
    /// For which keys, ids of 64 hexadecimal digits; all if absent.
    pub keys: Option<Vec<String>>,
    /// Which requesters must have proved that they ask; ids of approvers.
    pub requesters: Option<Vec<String>>,
    /// Whether the requester must have proved that it asks, and is not counted among those who approve.
    #[serde(default)]
    pub separate_requester: bool,
    /// Seconds that must pass since this holder first saw the request with enough approvals.
    #[serde(default)]
    pub delay_s: u32,
    /// The longest life of a request, in seconds; the policy's if absent.
    pub max_lifetime_s: Option<u32>,
    /// How many holders sign, deal, help or refresh at least; 1 if absent, and for actions that are about no key. It cannot change the
    /// threshold of a key.
    pub min_signers: Option<u16>,
    /// How often the request may be tried; 3 if absent.
    pub max_attempts: Option<u8>,
    /// Names of the caps that count it.
    #[serde(default)]
    pub caps: Vec<String>,
    /// Deny: which facts; all if absent.
    #[serde(rename = "match")]
    pub matches: Option<ClauseSource>,
    /// Allow: one of these clauses must hold for each fact.
    #[serde(default)]
    pub facts: Vec<ClauseSource>,
    /// Allow: who must approve, by the amount.
    #[serde(default)]
    pub tiers: Vec<TierSource>,
}

/// A condition on a fact: all members that are there must hold.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseSource {
    /// Its kind.
    pub fact: FactKind,
    /// Its chain.
    pub chain: Option<String>,
    /// Its asset.
    pub asset: Option<String>,
    /// Its party: the name of a list, or the party itself. What looks like a name must be one of a list.
    pub to: Option<String>,
    /// The selector of a call.
    pub selector: Option<String>,
    /// Deny: more than this, decimal.
    pub amount_over: Option<String>,
    /// Allow: no more than this, decimal. The fees that one clause allows are added up.
    pub up_to: Option<String>,
}

/// Who must approve an amount.
#[derive(Clone, PartialEq, Eq, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TierSource {
    /// Up to this sum of transfers and allowances, decimal.
    pub up_to: Option<String>,
    /// How many approvers.
    pub approvers: u16,
    /// Of these, ids of approvers; of all if absent.
    pub of: Option<Vec<String>>,
    /// Each of them by one of these factors.
    pub factors: Vec<Factor>,
    /// And one of them by all of these as well.
    pub step_up: Option<Vec<Factor>>,
}
