//! P4 and P8: who has approved, and who must.

use super::parts::{Rule, Tier};
use crate::approval::approver::{
    ApprovalError, Approvals, ApproverId, ApproverKind, ApproverSet, Counted, Factor, Factors,
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
    let left_out = |counted: &Counted| Some(counted.approver) == own;
    let others = || approvals.counted.iter().filter(|counted| !left_out(counted));
    // [P4]
    let usable = |counted: &&Counted| !high_risk || has_one(counted, Factors::STRONG);
    let least = if high_risk { set.counting().count().min(2) } else { 0 };
    let strong = others().filter(usable).count();
    let human = high_risk && set.counting().any(|approver| approver.kind == ApproverKind::Human);
    let verified = !human || others().any(|counted| counted.factors.has(Factor::PasskeyUv));
    // [P8]
    let accepted = if high_risk { tier.factors.both(Factors::STRONG) } else { tier.factors };
    let named = |id: &ApproverId| tier.of.as_ref().is_none_or(|of| of.binary_search(id).is_ok());
    let fits = |counted: &&Counted| named(&counted.approver) && has_one(counted, accepted);
    let wanted = usize::from(tier.approvers);
    let found = others().filter(fits).count();
    let short = wanted.saturating_sub(found).max(least.saturating_sub(strong));

    let best = others().filter(fits).map(|counted| tier.step_up.without(counted.factors));
    let mut also = best.min_by_key(|lacking| lacking.iter().count()).unwrap_or(tier.step_up);
    if !verified {
        also = also.with(Factor::PasskeyUv);
    }
    let because = approvals.counted.iter().any(left_out).then_some(ApprovalError::SelfApproval);
    let need = Need { approvers: short as u16, factors: accepted, also, because };
    (!need.is_nothing()).then_some(need)
}

fn has_one(counted: &Counted, factors: Factors) -> bool {
    !counted.factors.both(factors).is_empty()
}
