//! P5 to P7: rules against facts and amounts.

use super::Contents;
use super::error::PolicyError;
use super::parts::{Clause, Rule, Tier, To};
use crate::approval::fact::{Amount, Fact, FactKind};
use crate::approval::request::SigningRequest;

impl Contents {
    /// Whether the rule is about requests of this action and key.
    pub(super) fn is_about(rule: &Rule, request: &SigningRequest) -> bool {
        let key = request.key().map(|key| &key.id);
        rule.action.is_none_or(|action| action == request.action())
            && rule.keys.as_ref().is_none_or(|keys| key.is_some_and(|key| keys.binary_search(key).is_ok()))
    }

    /// [P5] Whether a deny rule denies.
    pub(super) fn denies(&self, rule: &Rule, request: &SigningRequest) -> bool {
        let matched = |clause: &Clause| request.facts().iter().any(|fact| self.holds(clause, fact));
        Self::is_about(rule, request) && rule.matches.as_ref().is_none_or(matched)
    }

    /// [P6] Whether each fact is allowed by a clause of this one rule. A fact goes to the first clause that holds for it; the fees that go to
    /// one clause are bounded together. [R7] has seen to it that what is signed has a fact, so that "each" is not of none.
    pub(super) fn allows(&self, rule: &Rule, request: &SigningRequest) -> bool {
        let mut fees = alloc::vec![Amount::ZERO; rule.facts.len()];
        request.facts().iter().all(|fact| {
            let mut clauses = rule.facts.iter().zip(&mut fees);
            let found = clauses.find(|(clause, _)| self.holds(clause, fact));
            let Some((clause, fee)) = found else { return false };
            // An allowance without an end is never allowed, whatever the bound.
            if fact.kind == FactKind::Allowance && fact.amount == Amount::MAX {
                return false;
            }
            if fact.kind != FactKind::Fee {
                return true;
            }
            let sum = fee.checked_add(&fact.amount);
            *fee = sum.unwrap_or(Amount::MAX);
            sum.is_some_and(|sum| clause.up_to.is_none_or(|most| sum <= most))
        })
    }

    fn holds(&self, clause: &Clause, fact: &Fact) -> bool {
        let same = |text: &Option<_>, bytes: &[u8]| {
            text.as_ref().is_none_or(|text: &alloc::string::String| text.as_bytes() == bytes)
        };
        let party = clause.to.as_ref().is_none_or(|to| match to {
            To::Party(party) => party.as_bytes() == fact.party,
            To::List(place) => self.lists.get(*place).is_some_and(|list| list.has(&fact.party)),
        });
        clause.fact == fact.kind
            && same(&clause.chain, &fact.chain)
            && same(&clause.asset, &fact.asset)
            && same(&clause.selector, &fact.asset)
            && party
            && clause.amount_over.is_none_or(|least| fact.amount > least)
            && clause.up_to.is_none_or(|most| fact.amount <= most)
    }

    /// [P7] The tier for the sum of transfers and allowances. All are of one asset, because the clauses of the rule are.
    pub(super) fn tier<'a>(rule: &'a Rule, request: &SigningRequest) -> Result<&'a Tier, PolicyError> {
        let sum = sum(request, |fact| fact.kind.is_value())?;
        let tier = rule.tiers.iter().find(|tier| tier.up_to.is_none_or(|most| sum <= most));
        tier.ok_or(PolicyError::OverLimit)
    }
}

/// The checked sum of the amounts of some facts.
pub(super) fn sum(request: &SigningRequest, counts: impl Fn(&Fact) -> bool) -> Result<Amount, PolicyError> {
    let mut amounts = request.facts().iter().filter(|fact| counts(fact)).map(|fact| &fact.amount);
    amounts.try_fold(Amount::ZERO, |sum, amount| sum.checked_add(amount)).ok_or(PolicyError::Overflow)
}
