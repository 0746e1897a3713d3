//! From the source to the parts.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::{Fault, Place, PolicyError};
use super::parts::{Cap, Clause, List, Rule, Tier, To};
use super::source::{CapSource, ClauseSource, DEFAULT_LIFETIME_S, PolicySource, RuleSource, TierSource};
use super::validate::is_name;
use super::{Contents, Policy};
use crate::approval::approver::{ApproverId, Factor, Factors};
use crate::approval::fact::Amount;

/// How often a request may be tried where a rule does not say.
const DEFAULT_ATTEMPTS: u8 = 3;

impl Policy {
    /// P1: compiles a policy.
    ///
    /// # Errors
    /// [`PolicyError::BadPolicy`] says where and what.
    pub fn compile(source: &PolicySource) -> Result<Self, PolicyError> {
        let bad = |fault| PolicyError::bad(Place::Policy, fault);
        // [P1]
        if source.version != super::VERSION {
            return Err(bad(Fault::Version));
        }
        let max_lifetime_s = source.max_lifetime_s.unwrap_or(DEFAULT_LIFETIME_S);
        let mut contents = Contents {
            revision: source.revision,
            approvers: hex(&source.approvers).map_err(bad)?,
            max_lifetime_s,
            lists: Vec::new(),
            caps: Vec::new(),
            rules: Vec::new(),
        };
        for (name, entries) in &source.lists.0 {
            contents.lists.push(List { name: name.clone(), entries: sorted(entries.clone()) });
        }
        contents.lists.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        for (i, cap) in source.cap.iter().enumerate() {
            contents.caps.push(read_cap(cap).map_err(|fault| PolicyError::bad(Place::Cap(i), fault))?);
        }
        for (i, rule) in source.rule.iter().enumerate() {
            let rule = Names { contents: &contents, rule: i }.read(rule)?;
            contents.rules.push(rule);
        }
        Self::new(contents)
    }
}

fn read_cap(source: &CapSource) -> Result<Cap, Fault> {
    Ok(Cap {
        id: source.id.clone(),
        scope: source.scope,
        asset: source.asset.clone(),
        window_s: source.window_s,
        limit: amount(&source.limit)?,
    })
}

/// What the names of a rule are looked up in.
struct Names<'a> {
    contents: &'a Contents,
    rule: usize,
}

impl Names<'_> {
    fn read(&self, source: &RuleSource) -> Result<Rule, PolicyError> {
        let rule = self.rule;
        let here = |fault| PolicyError::bad(Place::Rule(rule), fault);
        let matches = source.matches.as_ref().map(|clause| self.clause(clause));
        let matches = matches.transpose().map_err(|fault| PolicyError::bad(Place::Match(rule), fault))?;
        let mut facts = Vec::new();
        for (clause, fact) in source.facts.iter().enumerate() {
            let place = Place::Fact { rule, clause };
            facts.push(self.clause(fact).map_err(|fault| PolicyError::bad(place, fault))?);
        }
        let mut tiers = Vec::new();
        for (tier, level) in source.tiers.iter().enumerate() {
            let place = Place::Tier { rule, tier };
            tiers.push(read_tier(level).map_err(|fault| PolicyError::bad(place, fault))?);
        }
        let cap = |id: &String| {
            let place = self.contents.caps.iter().position(|cap| cap.id == *id);
            place.ok_or(Fault::Unknown)
        };
        Ok(Rule {
            id: source.id.clone(),
            effect: source.effect,
            action: source.action,
            keys: hexes(source.keys.as_ref()).map_err(here)?,
            requesters: ids(source.requesters.as_ref()).map_err(here)?,
            separate_requester: source.separate_requester,
            delay_s: source.delay_s,
            max_lifetime_s: source.max_lifetime_s.unwrap_or(self.contents.max_lifetime_s),
            min_signers: source.min_signers.unwrap_or(1),
            max_attempts: source.max_attempts.unwrap_or(DEFAULT_ATTEMPTS),
            caps: source.caps.iter().map(cap).collect::<Result<_, _>>().map_err(here)?,
            matches,
            facts,
            tiers,
        })
    }

    fn clause(&self, source: &ClauseSource) -> Result<Clause, Fault> {
        let read = |text: &Option<String>| text.as_deref().map(amount).transpose();
        Ok(Clause {
            fact: source.fact,
            chain: source.chain.clone(),
            asset: source.asset.clone(),
            to: source.to.as_ref().map(|to| self.to(to)).transpose()?,
            selector: source.selector.clone(),
            amount_over: read(&source.amount_over)?,
            up_to: read(&source.up_to)?,
        })
    }

    /// What looks like the name of a list must be one: a misspelt list would else be a party that nobody is, and a deny rule that denies
    /// nothing.
    fn to(&self, to: &str) -> Result<To, Fault> {
        match self.contents.lists.iter().position(|list| list.name == to) {
            Some(list) => Ok(To::List(list)),
            None if is_name(to) => Err(Fault::Unknown),
            None => Ok(To::Party(to.into())),
        }
    }
}

fn read_tier(source: &TierSource) -> Result<Tier, Fault> {
    let step_up = source.step_up.as_deref().map(factors).transpose()?;
    Ok(Tier {
        up_to: source.up_to.as_deref().map(amount).transpose()?,
        approvers: source.approvers,
        of: ids(source.of.as_ref())?,
        factors: factors(&source.factors)?,
        step_up: step_up.unwrap_or(Factors::NONE),
    })
}

fn factors(list: &[Factor]) -> Result<Factors, Fault> {
    if list.is_empty() {
        return Err(Fault::Empty);
    }
    let mut set = Factors::NONE;
    for factor in list {
        if set.has(*factor) {
            return Err(Fault::Duplicate);
        }
        set = set.with(*factor);
    }
    Ok(set)
}

fn amount(text: &str) -> Result<Amount, Fault> {
    text.parse().map_err(|_| Fault::Number)
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort_unstable();
    list
}

fn hexes(list: Option<&Vec<String>>) -> Result<Option<Vec<[u8; 32]>>, Fault> {
    let list = list.map(|list| list.iter().map(|text| hex(text)).collect::<Result<Vec<_>, _>>());
    Ok(list.transpose()?.map(sorted))
}

fn ids(list: Option<&Vec<String>>) -> Result<Option<Vec<ApproverId>>, Fault> {
    Ok(hexes(list)?.map(|list| list.into_iter().map(ApproverId).collect()))
}

/// 64 digits, of either case: bytes are compared, not text.
fn hex(text: &str) -> Result<[u8; 32], Fault> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(Fault::Number) };
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() {
        return Err(Fault::Number);
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Ok(bytes)
}

fn digit(character: u8) -> Result<u8, Fault> {
    char::from(character).to_digit(16).map(|digit| digit as u8).ok_or(Fault::Number)
}
