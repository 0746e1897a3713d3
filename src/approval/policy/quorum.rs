//! P4 and P8: who has approved, and who must.

use core::fmt;

use super::parts::{Rule, Tier};
use crate::approval::approver::{
    ApprovalError, Approvals, Approver, ApproverId, ApproverKind, ApproverSet, Factor, Factors,
};

/// What is missing for a rule to allow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Need {
    /// How many more approvers.
    pub approvers: u16,
    /// By one of these factors each.
    pub factors: Factors,
    /// One of those who approve must also have all of these.
    pub also: Factors,
    /// [`ApprovalError::SelfApproval`] if an approval was left out because it is the requester's own.
    pub because: Option<ApprovalError>,
}

impl Need {
    const fn is_nothing(&self) -> bool {
        self.approvers == 0 && self.also.is_empty()
    }

    /// How much it is, for the least demanding rule.
    pub(super) fn size(&self) -> (u16, usize) {
        (self.approvers, self.also.iter().count())
    }
}

/// "needs 1 more by passkey_uv or key, and one to add totp".
impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("needs")?;
        if self.approvers > 0 {
            write!(f, " {} more by", self.approvers)?;
            list(f, self.factors, " or ")?;
        }
        if !self.also.is_empty() {
            f.write_str(if self.approvers > 0 { ", and one to add" } else { " one to add" })?;
            list(f, self.also, " and ")?;
        }
        self.because.as_ref().map_or(Ok(()), |because| write!(f, " ({because})"))
    }
}

fn list(f: &mut fmt::Formatter<'_>, factors: Factors, between: &str) -> fmt::Result {
    for (place, factor) in factors.iter().enumerate() {
        f.write_str(if place == 0 { " " } else { between })?;
        f.write_str(factor.name())?;
    }
    Ok(())
}

/// What is missing for a tier of a rule; `None` if nothing is.
pub(super) fn missing(
    rule: &Rule,
    tier: &Tier,
    set: &ApproverSet,
    approvals: &Approvals,
    high_risk: bool,
) -> Option<Need> {
    // [A6]
    let own = approvals.requester.filter(|_| rule.separate_requester);
    let because = own.filter(|id| approvals.counted.contains_key(id)).map(|_| ApprovalError::SelfApproval);
    let counts = |id: &ApproverId| Some(*id) != own && set.get(id).is_some_and(Approver::counts);
    let others = || approvals.counted.iter().filter(|(id, _)| counts(id));
    // [P4]
    let least = if high_risk { set.counting().count().min(2) } else { 0 };
    let strong = others().filter(|(_, has)| has.meets(Factors::STRONG)).count();
    let human = high_risk && set.counting().any(|approver| approver.kind == ApproverKind::Human);
    let verified = !human || others().any(|(_, has)| has.has(Factor::PasskeyUv));
    // [P8]
    let factors = if high_risk { tier.factors.both(Factors::STRONG) } else { tier.factors };
    let named = |id: &ApproverId| tier.of.as_ref().is_none_or(|of| of.binary_search(id).is_ok());
    let fitting = || others().filter(|(id, has)| named(id) && has.meets(factors));
    let short = usize::from(tier.approvers).saturating_sub(fitting().count());
    let short = short.max(least.saturating_sub(strong));
    let lacking = fitting().map(|(_, has)| tier.step_up.without(*has));
    let mut also = lacking.min_by_key(|lacks| lacks.iter().count()).unwrap_or(tier.step_up);
    if !verified {
        also = also.with(Factor::PasskeyUv);
    }
    let need = Need { approvers: short as u16, factors, also, because };
    (!need.is_nothing()).then_some(need)
}
