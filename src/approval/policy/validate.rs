//! P1: what a policy must be, however it was read.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::Contents;
use super::error::{Fault, Place, PolicyError};
use super::parts::{Clause, Rule, Tier, To};
use super::source::{Effect, Scope};
use crate::approval::approver::{Factor, Factors};
use crate::approval::fact::{Fact, FactKind};
use crate::approval::request::Action;

/// The most lists, caps, rules, clauses or tiers.
pub(super) const MAX_ITEMS: usize = 1024;
/// The most entries of a list, and of a list of ids.
pub(super) const MAX_ENTRIES: usize = 65_535;
/// The longest life of a request that a policy can allow: 30 days.
const MAX_LIFETIME_S: u32 = 30 * 24 * 3600;
/// The longest name of a list, cap or rule.
const MAX_NAME: usize = 64;

/// 1 to 64 ASCII letters, digits, `-` and `_`, a letter first.
pub(super) fn is_name(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic());
    first && text.len() <= MAX_NAME && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

fn all_distinct<'a>(names: impl Iterator<Item = &'a String>) -> Option<usize> {
    let mut seen = BTreeSet::new();
    names.enumerate().find(|(_, name)| !seen.insert(*name)).map(|(i, _)| i)
}

fn ensure(holds: bool, fault: Fault) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(fault) }
}

/// A list of ids or parties that is there: neither empty nor too long, ascending and so distinct.
fn ensure_list<T: Ord>(list: &[T], most: usize) -> Result<(), Fault> {
    ensure(!list.is_empty(), Fault::Empty)?;
    ensure(list.len() <= most, Fault::TooLong)?;
    ensure(list.is_sorted_by(|a, b| a < b), Fault::Duplicate)
}

fn ensure_text(text: Option<&String>, most: usize) -> Result<(), Fault> {
    let Some(text) = text else { return Ok(()) };
    ensure(!text.is_empty(), Fault::Empty)?;
    ensure(text.len() <= most, Fault::TooLong)
}

impl Contents {
    /// [P1]
    pub(super) fn validate(&self) -> Result<(), PolicyError> {
        let at = |place: Place| move |fault| PolicyError::bad(place, fault);
        let few = |len: usize| ensure(len <= MAX_ITEMS, Fault::TooLong).map_err(at(Place::Policy));
        few(self.lists.len())?;
        few(self.caps.len())?;
        few(self.rules.len())?;
        let lifetime = (1..=MAX_LIFETIME_S).contains(&self.max_lifetime_s);
        ensure(lifetime, Fault::Number).map_err(at(Place::Policy))?;
        for (i, list) in self.lists.iter().enumerate() {
            let place = at(Place::List(i));
            ensure(is_name(&list.name), Fault::Name).map_err(place)?;
            ensure_list(&list.entries, MAX_ENTRIES).map_err(place)?;
            let texts = list.entries.iter().try_for_each(|e| ensure_text(Some(e), Fact::MAX_PARTY));
            texts.map_err(place)?;
        }
        for (i, cap) in self.caps.iter().enumerate() {
            let place = at(Place::Cap(i));
            ensure(is_name(&cap.id), Fault::Name).map_err(place)?;
            ensure_text(Some(&cap.asset), Fact::MAX_ASSET).map_err(place)?;
            ensure(cap.window_s > 0, Fault::Number).map_err(place)?;
        }
        for (i, rule) in self.rules.iter().enumerate() {
            self.validate_rule(i, rule)?;
        }
        let twice = |names, place: fn(usize) -> Place| match names {
            Some(i) => Err(PolicyError::bad(place(i), Fault::Duplicate)),
            None => Ok(()),
        };
        twice(all_distinct(self.lists.iter().map(|list| &list.name)), Place::List)?;
        twice(all_distinct(self.caps.iter().map(|cap| &cap.id)), Place::Cap)?;
        twice(all_distinct(self.rules.iter().map(|rule| &rule.id)), Place::Rule)
    }

    fn validate_rule(&self, i: usize, rule: &Rule) -> Result<(), PolicyError> {
        let here = |fault| PolicyError::bad(Place::Rule(i), fault);
        ensure(is_name(&rule.id), Fault::Name).map_err(here)?;
        if let Some(keys) = &rule.keys {
            ensure_list(keys, MAX_ENTRIES).map_err(here)?;
            // Without a key such a rule would never speak.
            ensure(rule.action.is_none_or(Action::has_key), Fault::Misplaced).map_err(here)?;
        }
        match rule.effect {
            Effect::Deny => self.validate_deny(i, rule),
            Effect::Allow => self.validate_allow(i, rule),
        }
    }

    fn validate_deny(&self, i: usize, rule: &Rule) -> Result<(), PolicyError> {
        let here = |fault| PolicyError::bad(Place::Rule(i), fault);
        let plain = rule.requesters.is_none()
            && !rule.separate_requester
            && rule.delay_s == 0
            && rule.caps.is_empty()
            && rule.facts.is_empty()
            && rule.tiers.is_empty();
        ensure(plain, Fault::Misplaced).map_err(here)?;
        ensure(rule.max_lifetime_s == self.max_lifetime_s, Fault::Misplaced).map_err(here)?;
        ensure((rule.min_signers, rule.max_attempts) == (1, 3), Fault::Misplaced).map_err(here)?;
        match &rule.matches {
            Some(clause) => {
                let there = |fault| PolicyError::bad(Place::Match(i), fault);
                ensure(rule.action.is_none_or(Action::signs), Fault::Misplaced).map_err(here)?;
                self.validate_clause(clause).map_err(there)?;
                ensure(clause.up_to.is_none(), Fault::Misplaced).map_err(there)
            }
            // What would deny everything is no rule but a mistake.
            None => ensure(rule.action.is_some() || rule.keys.is_some(), Fault::Missing).map_err(here),
        }
    }

    fn validate_allow(&self, i: usize, rule: &Rule) -> Result<(), PolicyError> {
        let here = |fault| PolicyError::bad(Place::Rule(i), fault);
        let action = rule.action.ok_or(here(Fault::Missing))?;
        ensure(rule.matches.is_none(), Fault::Misplaced).map_err(here)?;
        if let Some(requesters) = &rule.requesters {
            ensure_list(requesters, MAX_ENTRIES).map_err(here)?;
        }
        let lifetime = (1..=self.max_lifetime_s).contains(&rule.max_lifetime_s);
        ensure(lifetime && rule.min_signers > 0 && rule.max_attempts > 0, Fault::Number).map_err(here)?;
        ensure(rule.facts.len() <= MAX_ITEMS && rule.tiers.len() <= MAX_ITEMS, Fault::TooLong)
            .map_err(here)?;
        if action.signs() {
            ensure(!rule.facts.is_empty(), Fault::Missing).map_err(here)?;
        } else {
            ensure(rule.facts.is_empty() && rule.caps.is_empty(), Fault::Misplaced).map_err(here)?;
        }
        // What no holders run together has no number of them.
        ensure(rule.min_signers == 1 || action.has_key(), Fault::Misplaced).map_err(here)?;
        self.validate_caps(rule).map_err(here)?;
        for (clause, fact) in rule.facts.iter().enumerate() {
            let there = |fault| PolicyError::bad(Place::Fact { rule: i, clause }, fault);
            self.validate_clause(fact).and_then(|()| validate_allowed(fact, action)).map_err(there)?;
        }
        ensure(!rule.tiers.is_empty(), Fault::Missing).map_err(here)?;
        for (tier, level) in rule.tiers.iter().enumerate() {
            let there = |fault| PolicyError::bad(Place::Tier { rule: i, tier }, fault);
            validate_tier(level, action).map_err(there)?;
        }
        self.validate_bounds(rule).map_err(here)
    }

    fn validate_caps(&self, rule: &Rule) -> Result<(), Fault> {
        let mut seen = BTreeSet::new();
        for place in &rule.caps {
            ensure(seen.insert(place), Fault::Duplicate)?;
            let cap = self.caps.get(*place).ok_or(Fault::Unknown)?;
            ensure(cap.scope != Scope::Requester || rule.wants_requester(), Fault::Misplaced)?;
        }
        Ok(())
    }

    /// What holds for any clause: texts within their bounds, and no member that the kind has no meaning for.
    fn validate_clause(&self, clause: &Clause) -> Result<(), Fault> {
        ensure_text(clause.chain.as_ref(), Fact::MAX_CHAIN)?;
        ensure_text(clause.asset.as_ref(), Fact::MAX_ASSET)?;
        ensure_text(clause.selector.as_ref(), Fact::MAX_ASSET)?;
        match &clause.to {
            Some(To::Party(party)) => ensure_text(Some(party), Fact::MAX_PARTY)?,
            Some(To::List(place)) => ensure(*place < self.lists.len(), Fault::Unknown)?,
            None => {}
        }
        let amounts = clause.amount_over.is_some() || clause.up_to.is_some();
        let (chain, asset) = (clause.chain.is_some(), clause.asset.is_some());
        let (to, selector) = (clause.to.is_some(), clause.selector.is_some());
        let fits = match clause.fact {
            FactKind::Transfer | FactKind::Allowance => !selector,
            FactKind::Fee => !selector && !to,
            FactKind::Call => !asset && !amounts,
            FactKind::Opaque => !chain && !asset && !to && !selector && !amounts,
        };
        ensure(fits, Fault::Misplaced)
    }

    /// Amounts are bounded, and cannot be split past the tiers.
    fn validate_bounds(&self, rule: &Rule) -> Result<(), Fault> {
        let value: Vec<_> = rule.facts.iter().filter(|clause| clause.fact.is_value()).collect();
        let Some(first) = value.first() else {
            let [only] = rule.tiers.as_slice() else { return Err(Fault::Order) };
            return ensure(only.up_to.is_none(), Fault::Misplaced);
        };
        ensure(rule.tiers.iter().all(|tier| tier.up_to.is_some()), Fault::Unbounded)?;
        ensure(rule.tiers.is_sorted_by(|a, b| a.up_to < b.up_to), Fault::Order)?;
        ensure(value.iter().all(|clause| clause.asset == first.asset), Fault::Assets)?;
        let mut caps = rule.caps.iter().filter_map(|place| self.caps.get(*place));
        let capped = caps.any(|cap| Some(&cap.asset) == first.asset.as_ref());
        ensure(rule.tiers.len() == 1 || capped, Fault::Split)
    }
}

/// What holds for a clause that allows: an amount of something named, with a bound where no tier gives one.
fn validate_allowed(clause: &Clause, action: Action) -> Result<(), Fault> {
    ensure(clause.amount_over.is_none(), Fault::Misplaced)?;
    match clause.fact {
        FactKind::Transfer => ensure(clause.asset.is_some(), Fault::Missing),
        FactKind::Allowance | FactKind::Fee => {
            ensure(clause.asset.is_some(), Fault::Missing)?;
            ensure(clause.up_to.is_some(), Fault::Unbounded)
        }
        FactKind::Call => Ok(()),
        FactKind::Opaque => ensure(action == Action::SignRaw, Fault::Misplaced),
    }
}

fn validate_tier(tier: &Tier, action: Action) -> Result<(), Fault> {
    ensure(tier.approvers > 0, Fault::Quorum)?;
    if let Some(of) = &tier.of {
        ensure_list(of, MAX_ENTRIES)?;
        ensure(usize::from(tier.approvers) <= of.len(), Fault::Quorum)?;
    }
    ensure(!tier.factors.is_empty(), Fault::Empty)?;
    let (weak, all) = (tier.factors.has(Factor::Totp) || tier.step_up.has(Factor::Totp), tier.factors);
    // For such an action a code never counts, and neither does a passkey without user verification.
    let strong = !weak && !all.both(Factors::STRONG).is_empty();
    ensure(!action.is_high_risk() || strong, Fault::Factor)
}
