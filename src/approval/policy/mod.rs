//! Policies: what is allowed, and who must approve it.
//!
//! Every holder of a share judges by its own copy, before it sends the first message of a protocol. A policy is written in any format that
//! serde reads ([`PolicySource`]), compiled ([`Policy::compile`]), and known by the hash of its canonical binary. What no rule allows is
//! denied.
//!
//! # Steps
//! In this order. The error of step n has the number 5600 + n ([`PolicyError::code`]).
//!
//! | id | step | outcome |
//! |---|---|---|
//! | P1 | compiling refuses what is ambiguous, unbounded, or can be got round; see below | `BadPolicy` |
//! | P2 | the request passes R1 to R7 | deny, `Request` |
//! | P3 | there are approvers, and they are those whose hash the policy names | deny, `NoApprovers` |
//! | A4 | nobody who counts has rejected it | deny, `Rejected` |
//! | P5 | no deny rule matches **any** fact | deny, `Denied` |
//! | P6 | an allow rule matches **all** facts, each by one clause of this same rule | else deny, `NoRule` |
//! | P7 | the sum of transfers and allowances is within a tier of the rule | else deny, `OverLimit`, `Overflow` |
//! | A6 | a rule that asks for a requester has one that proved itself; a separate one is not counted among the approvers | `RequesterUnproven`, `SelfApproval` |
//! | P4 | for an action of high risk, beyond what the rule asks: every approver counted has [`Factor::PasskeyUv`] or [`Factor::Key`], one has `PasskeyUv` if a human may approve at all, and there are two of them, or one if there is one | need more |
//! | P8 | the tier's quorum and factors; then the rule's delay since this holder first had the quorum | need more, not now |
//! | P10 | of several rules that fit, the first that lacks nothing; if all lack something, the least demanding is reported | allow |
//! | P9 | the caps of that rule have room for all it moves; no other rule is tried ([`Judgement::reserve`]) | else deny, `CapExceeded` |
//!
//! An allowance of 2^256 - 1 is never allowed. [`FactKind::Opaque`](super::fact::FactKind::Opaque) is allowed only with action SignRaw, by a
//! clause that says so.
//!
//! # What compiling refuses
//! - A rule with more than one tier and no cap on their asset: a large amount could be split into small ones.
//! - An amount without a bound: tiers for transfers and allowances all have `up_to`, allowances and fees have it in their clause as well. (A
//!   clause that allows an amount names its asset; a bound over different assets has no meaning.)
//! - Tiers over different assets: all transfer and allowance clauses of a rule name the same one. Two assets are two rules.
//! - Names that are not there or are there twice, empty lists, tiers out of order, a quorum of nobody, a member that has no meaning where it
//!   stands.
//!
//! A `to` that looks like a name (letters, digits, `-`, `_`, a letter first) is the name of a list, and must be one; a party that looks like a
//! name is put in a list.
//!
//! # Canonical binary
//! `version u16 | revision u64 | approvers 32 | max_lifetime u32 | lists | caps | rules`. Strings have a u16 of length, sequences a u16 count,
//! what may be absent is 0 or 1 and the value, amounts and ids are 32 bytes, defaults are written out. Lists are sorted by name, and their
//! entries, keys and ids too; caps, rules, clauses and tiers stand as in the file.
//! - list: name, entries; cap: `id | scope 1 | asset | window u32 | limit`.
//! - rule: `id | effect 1 | action? 1 | keys? | requesters? | separate 1 | delay u32 | max lifetime u32 | min signers u16 | max attempts 1 |
//!   names of caps | match? | clauses | tiers`.
//! - clause: `fact 1 | chain? | asset? | to (0, or 1 and a party, or 2 and the name of a list) | selector? | amount_over? | up_to?`.
//! - tier: `up_to? | approvers u16 | of? | factors | step_up`, factors one byte each.
//!
//! The hash is `TH("policy"; binary)`. A change takes effect only with the next revision ([`Policy::ensure_follows`]); the application keeps
//! the highest revision durably and loads no lower one.
//!
//! # Amounts and thresholds
//! A "threshold by value" is the quorum of approvers of a tier. It does not change how many holders can sign: that many holders who ignore their
//! policies sign what they like. Keys of their own for large amounts, or a reshare, change that.
//!
//! ```
//! use quorate::approval::approver::{Approvals, Approver, ApproverId, ApproverKey, ApproverKind, ApproverSet, Factor, Factors, Status};
//! use quorate::approval::fact::{Amount, Fact};
//! use quorate::approval::policy::{Decision, Policy, Question};
//! use quorate::approval::request::*;
//! # use quorate::{identity::IdentityKey, secret::Secret};
//!
//! // Who may approve, and what.
//! # let operator = IdentityKey::from_seed(Secret::new([7; 32])).public().0;
//! let alice = ApproverId([1; 32]);
//! let keys = vec![ApproverKey::Ed25519(operator)];
//! let approver = Approver { id: alice, kind: ApproverKind::Service, status: Status::Active, passkeys: vec![], keys };
//! let set = ApproverSet::new(1, [approver])?;
//! let hash: String = set.hash().iter().map(|byte| format!("{byte:02x}")).collect();
//! let source = format!(r#"{{
//!     "version": 1, "revision": 1, "approvers": "{hash}",
//!     "rule": [{{
//!         "id": "coins-out", "effect": "allow", "action": "sign",
//!         "facts": [{{ "fact": "transfer", "asset": "coin", "to": "0x01" }}],
//!         "tiers": [{{ "up_to": "1000", "approvers": 1, "factors": ["key"] }}]
//!     }}]
//! }}"#);
//! let policy = Policy::compile(&serde_json::from_str(&source)?)?;
//!
//! // What a payload does: here it is the amount, one byte.
//! struct Coins;
//! impl Decoder for Coins {
//!     fn facts(&self, content: &Content<'_>) -> Result<Vec<Fact>, DecodeError> {
//!         let [amount] = content.payload else { return Err(DecodeError::NotMine) };
//!         Ok(vec![Fact::transfer("", "coin", "0x01", Amount::from(u128::from(*amount)))])
//!     }
//! }
//!
//! let key = LiveKey { scheme: 3, id: [4; 32], epoch: 0, public: vec![], chain_code: [0; 32] };
//! let request = Draft {
//!     action: Action::Sign,
//!     rule: DigestRule::Message,
//!     cluster: [5; 32],
//!     key: Some(KeyRef { scheme: 3, id: [4; 32], epoch: 0 }),
//!     not_before: 1000,
//!     expires: 1600,
//!     requester: None,
//!     path: vec![],
//!     tweak: vec![],
//!     payload: vec![200],
//!     facts: vec![Fact::transfer("", "coin", "0x01", Amount::from(200))],
//! };
//! let request = request.with_nonce([9; 32])?;
//! let holder = Holder { cluster: [5; 32], keys: &[key], decoder: Some(&Coins) };
//!
//! let mut ask = |approvals: &Approvals| {
//!     let question = Question { request: &request, holder: &holder, set: Some(&set), approvals, now: 1100 };
//!     policy.decide(&question, &mut || unreachable!("no rule has a delay")).decision
//! };
//! assert!(matches!(ask(&Approvals::default()), Decision::NeedMore(need) if need.approvers == 1));
//! let counted = [(alice, Factors::NONE.with(Factor::Key))].into();
//! let approvals = Approvals { counted, ..Approvals::default() };
//! assert!(matches!(ask(&approvals), Decision::Allow(allowed) if allowed.rule() == "coins-out"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Factor::PasskeyUv`]: super::approver::Factor::PasskeyUv
//! [`Factor::Key`]: super::approver::Factor::Key

mod canonical;
mod change;
mod compile;
mod decide;
mod error;
mod matching;
mod parts;
mod quorum;
mod source;
mod trace;
mod validate;

pub use change::ApproverChange;
pub(in crate::approval) use change::new_set;
pub use decide::{Allowed, Decision, Judgement, Question};
pub use error::{Fault, Place, PolicyError};
pub use quorum::Need;
pub use source::{
    CapSource, ClauseSource, DEFAULT_LIFETIME_S, Effect, Lists, PolicySource, RuleSource, Scope, TierSource,
};
pub use trace::{Finding, Step, Trace};

use alloc::vec::Vec;

use crate::hash::{Tag, Transcript};

const VERSION: u16 = 1;

/// All that a policy says, with names resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Contents {
    revision: u64,
    approvers: [u8; 32],
    max_lifetime_s: u32,
    /// Ascending by name.
    lists: Vec<parts::List>,
    caps: Vec<parts::Cap>,
    rules: Vec<parts::Rule>,
}

/// A compiled policy. The module says what it must be.
#[derive(Clone, Debug)]
pub struct Policy {
    contents: Contents,
    hash: [u8; 32],
}

impl Policy {
    /// The only way to one: what is in it passed P1.
    fn new(contents: Contents) -> Result<Self, PolicyError> {
        contents.validate()?;
        let hash = Transcript::new(Tag::Policy).bytes(&canonical::write(&contents)).finish();
        Ok(Self { contents, hash })
    }

    const fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The canonical binary.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::write(&self.contents)
    }

    /// `TH("policy"; canonical binary)`.
    #[must_use]
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Which policy this is in the order of policies.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.contents.revision
    }

    /// The hash of the approvers that it knows.
    #[must_use]
    pub const fn approvers(&self) -> &[u8; 32] {
        &self.contents.approvers
    }

    /// The longest life of a request, in seconds.
    #[must_use]
    pub const fn max_lifetime_s(&self) -> u32 {
        self.contents.max_lifetime_s
    }

    /// Whether it may be put in force after `previous`: it has the next revision.
    ///
    /// # Errors
    /// [`PolicyError::NotNext`].
    pub fn ensure_follows(&self, previous: &Self) -> Result<(), PolicyError> {
        // [P1]
        if previous.revision().checked_add(1) == Some(self.revision()) {
            Ok(())
        } else {
            Err(PolicyError::NotNext)
        }
    }
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Policy {}
