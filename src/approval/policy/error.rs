//! Why a policy is none, and why one says no.

use alloc::string::String;

use crate::approval::approver::ApprovalError;
use crate::approval::cap::CapError;
use crate::approval::registry::RegistryError;
use crate::approval::request::RequestError;

/// Where in a policy. Everything is counted from 0, in the order of the file (lists in the order of their names).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Place {
    /// Its own members.
    Policy,
    /// A list.
    List(usize),
    /// A cap.
    Cap(usize),
    /// A rule.
    Rule(usize),
    /// The clause of a deny rule.
    Match(usize),
    /// A clause of an allow rule.
    Fact {
        /// The rule.
        rule: usize,
        /// The clause.
        clause: usize,
    },
    /// A tier of an allow rule.
    Tier {
        /// The rule.
        rule: usize,
        /// The tier.
        tier: usize,
    },
}

/// What is wrong there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Not version 1.
    #[error("unknown version")]
    Version,
    /// Not the canonical binary of a policy.
    #[error("not the canonical form")]
    Encoding,
    /// A name that is none: 1 to 64 letters, digits, `-` and `_`, a letter first.
    #[error("not a name")]
    Name,
    /// A name of something that is not there.
    #[error("unknown name")]
    Unknown,
    /// Something is there twice.
    #[error("there twice")]
    Duplicate,
    /// A list that is empty. What allows everything is left out; what allows nothing is a mistake.
    #[error("empty")]
    Empty,
    /// Too long, or too many.
    #[error("too long")]
    TooLong,
    /// Not 64 hexadecimal digits, not a decimal number below 2^256, or not in the range that has a meaning here.
    #[error("not a number that fits")]
    Number,
    /// A member that must be there is not.
    #[error("a member is missing")]
    Missing,
    /// A member that has no meaning here.
    #[error("a member has no meaning here")]
    Misplaced,
    /// Tiers are not ascending, or the last is not the only one without a bound.
    #[error("not ascending")]
    Order,
    /// Nothing bounds the amount.
    #[error("no upper bound")]
    Unbounded,
    /// Tiers add up amounts of one asset, and the clauses do not all name the same.
    #[error("the clauses do not name one asset")]
    Assets,
    /// More than one tier, and no cap on their asset: a large amount could be split into small ones.
    #[error("tiers without a cap")]
    Split,
    /// No approver is wanted, or more than the tier names.
    #[error("a quorum that cannot be")]
    Quorum,
    /// A factor that cannot count here.
    #[error("a factor that cannot count")]
    Factor,
}

/// Why there is no policy, or why it says no.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// P1: not a policy.
    #[error("at {place:?}: {fault}")]
    BadPolicy {
        /// Where.
        place: Place,
        /// What.
        fault: Fault,
    },
    /// P1: the revision is not the one after the policy in force.
    #[error("not the next revision")]
    NotNext,
    /// P2: the request itself.
    #[error("the request: {0}")]
    Request(#[from] RequestError),
    /// P3: nobody can approve, or these are not the policy's approvers.
    #[error("not the approvers of this policy, or none")]
    NoApprovers,
    /// A4, A6: the approvals.
    #[error("the approvals: {0}")]
    Approval(#[from] ApprovalError),
    /// P5: this rule denies.
    #[error("denied by rule {0}")]
    Denied(String),
    /// P6: no rule allows all that the payload does.
    #[error("no rule allows this")]
    NoRule,
    /// P7: more than the last tier of every rule that would allow it.
    #[error("over the limit")]
    OverLimit,
    /// P7, P9: the amounts add up to 2^256 or more.
    #[error("the amounts overflow")]
    Overflow,
    /// P8: the registry does not say when the request was first seen.
    #[error("the registry: {0}")]
    Registry(#[from] RegistryError),
    /// P9: this cap would be exceeded.
    #[error("cap {0} would be exceeded")]
    CapExceeded(String),
    /// P9: the caps refuse.
    #[error("the caps: {0}")]
    Caps(CapError),
}

impl PolicyError {
    pub(super) const fn bad(place: Place, fault: Fault) -> Self {
        Self::BadPolicy { place, fault }
    }

    /// A stable number: 5600 and the number of the step, or that of the approvals.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::BadPolicy { .. } | Self::NotNext => 5601,
            Self::Request(_) => 5602,
            Self::NoApprovers => 5603,
            Self::Approval(error) => error.code(),
            Self::Denied(_) => 5605,
            Self::NoRule => 5606,
            Self::OverLimit | Self::Overflow => 5607,
            Self::Registry(_) => 5608,
            Self::CapExceeded(_) | Self::Caps(_) => 5609,
        }
    }
}

impl From<CapError> for PolicyError {
    fn from(error: CapError) -> Self {
        match error {
            CapError::Exceeded(cap) => Self::CapExceeded(cap),
            error => Self::Caps(error),
        }
    }
}
