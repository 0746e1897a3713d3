//! The canonical binary: what is hashed, and what a change carries.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::{Fault, Place, PolicyError};
use super::parts::{Cap, Clause, List, Rule, Tier, To};
use super::source::{Effect, Scope};
use super::validate::{MAX_ENTRIES, MAX_ITEMS};
use super::{Contents, Policy, VERSION};
use crate::approval::approver::{ApproverId, Factor, Factors};
use crate::approval::fact::{Amount, FactKind};
use crate::approval::request::Action;
use crate::wire::{Reader, put_u16, put_u32};

/// Appends to the binary.
struct Writer<'a> {
    out: Vec<u8>,
    contents: &'a Contents,
}

impl Writer<'_> {
    fn text(&mut self, text: &str) {
        put_u16(&mut self.out, text.len() as u16);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        put_u16(&mut self.out, items.len() as u16);
        items.iter().for_each(|item| each(self, item));
    }

    fn option<T>(&mut self, value: Option<&T>, each: impl FnOnce(&mut Self, &T)) {
        self.out.push(value.is_some().into());
        if let Some(value) = value {
            each(self, value);
        }
    }

    fn id(&mut self, id: &[u8; 32]) {
        self.out.extend_from_slice(id);
    }

    fn rule(&mut self, rule: &Rule) {
        self.text(&rule.id);
        self.out.push(rule.effect as u8);
        self.option(rule.action.as_ref(), |w, action| w.out.push(*action as u8));
        self.option(rule.keys.as_ref(), |w, keys| w.list(keys, Self::id));
        self.option(rule.requesters.as_ref(), |w, ids| w.list(ids, |w, id| w.id(&id.0)));
        self.out.push(rule.separate_requester.into());
        put_u32(&mut self.out, rule.delay_s);
        put_u32(&mut self.out, rule.max_lifetime_s);
        put_u16(&mut self.out, rule.min_signers);
        self.out.push(rule.max_attempts);
        self.list(&rule.caps, |w, place| {
            let contents = w.contents;
            w.text(contents.caps.get(*place).map_or("", |cap| &cap.id));
        });
        self.option(rule.matches.as_ref(), Self::clause);
        self.list(&rule.facts, Self::clause);
        self.list(&rule.tiers, Self::tier);
    }

    fn clause(&mut self, clause: &Clause) {
        self.out.push(clause.fact as u8);
        self.option(clause.chain.as_ref(), |w, text| w.text(text));
        self.option(clause.asset.as_ref(), |w, text| w.text(text));
        match &clause.to {
            None => self.out.push(0),
            Some(To::Party(party)) => {
                self.out.push(1);
                self.text(party);
            }
            Some(To::List(place)) => {
                self.out.push(2);
                let contents = self.contents;
                self.text(contents.lists.get(*place).map_or("", |list| &list.name));
            }
        }
        self.option(clause.selector.as_ref(), |w, text| w.text(text));
        self.option(clause.amount_over.as_ref(), |w, amount| w.id(&amount.0));
        self.option(clause.up_to.as_ref(), |w, amount| w.id(&amount.0));
    }

    fn tier(&mut self, tier: &Tier) {
        self.option(tier.up_to.as_ref(), |w, amount| w.id(&amount.0));
        put_u16(&mut self.out, tier.approvers);
        self.option(tier.of.as_ref(), |w, ids| w.list(ids, |w, id| w.id(&id.0)));
        for factors in [tier.factors, tier.step_up] {
            let numbers: Vec<_> = factors.iter().map(|factor| factor as u8).collect();
            self.list(&numbers, |w, number| w.out.push(*number));
        }
    }
}

/// The binary of valid contents.
pub(super) fn write(contents: &Contents) -> Vec<u8> {
    let mut w = Writer { out: Vec::new(), contents };
    put_u16(&mut w.out, VERSION);
    w.out.extend_from_slice(&contents.revision.to_be_bytes());
    w.id(&contents.approvers);
    put_u32(&mut w.out, contents.max_lifetime_s);
    w.list(&contents.lists, |w, list| {
        w.text(&list.name);
        w.list(&list.entries, |w, entry| w.text(entry));
    });
    w.list(&contents.caps, |w, cap| {
        w.text(&cap.id);
        w.out.push(cap.scope as u8);
        w.text(&cap.asset);
        put_u32(&mut w.out, cap.window_s);
        w.id(&cap.limit.0);
    });
    w.list(&contents.rules, Writer::rule);
    w.out
}

/// Reads the binary back.
struct Parser<'a, 'b> {
    r: &'b mut Reader<'a>,
    contents: &'b Contents,
}

fn text(r: &mut Reader<'_>) -> Option<String> {
    let len = r.u16()?;
    core::str::from_utf8(r.bytes(len.into())?).ok().map(Into::into)
}

fn flag(r: &mut Reader<'_>) -> Option<bool> {
    match r.u8()? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// `None` is a malformed input, `Some(None)` an absent value.
#[allow(clippy::option_option)]
fn option<'a, T>(r: &mut Reader<'a>, each: impl FnOnce(&mut Reader<'a>) -> Option<T>) -> Option<Option<T>> {
    if flag(r)? { each(r).map(Some) } else { Some(None) }
}

/// Grows with what is read, never with what is announced.
fn list<'a, T>(
    r: &mut Reader<'a>,
    most: usize,
    mut each: impl FnMut(&mut Reader<'a>) -> Option<T>,
) -> Option<Vec<T>> {
    let count = usize::from(r.u16()?);
    if count > most {
        return None;
    }
    let mut items = Vec::new();
    for _ in 0..count {
        items.push(each(r)?);
    }
    Some(items)
}

fn amount(r: &mut Reader<'_>) -> Option<Amount> {
    r.array().copied().map(Amount)
}

fn ids(r: &mut Reader<'_>) -> Option<Vec<ApproverId>> {
    list(r, MAX_ENTRIES, |r| r.array().copied().map(ApproverId))
}

fn effect(r: &mut Reader<'_>) -> Option<Effect> {
    let number = r.u8()?;
    [Effect::Allow, Effect::Deny].into_iter().find(|effect| *effect as u8 == number)
}

fn scope(r: &mut Reader<'_>) -> Option<Scope> {
    let number = r.u8()?;
    [Scope::Key, Scope::All, Scope::Requester].into_iter().find(|scope| *scope as u8 == number)
}

/// Ascending numbers.
fn factors(r: &mut Reader<'_>) -> Option<Factors> {
    let list = list(r, 4, |r| Factor::from_wire(r.u8()?))?;
    list.is_sorted_by(|a, b| a < b).then(|| list.into_iter().collect())
}

impl Parser<'_, '_> {
    fn rule(&mut self) -> Option<Rule> {
        let contents = self.contents;
        let id = text(self.r)?;
        let effect = effect(self.r)?;
        let action = option(self.r, |r| Action::from_wire(r.u8()?))?;
        let keys = option(self.r, |r| list(r, MAX_ENTRIES, |r| r.array().copied()))?;
        let requesters = option(self.r, ids)?;
        let separate_requester = flag(self.r)?;
        let (delay_s, max_lifetime_s) = (self.r.u32()?, self.r.u32()?);
        let (min_signers, max_attempts) = (self.r.u16()?, self.r.u8()?);
        let caps = list(self.r, MAX_ITEMS, |r| {
            let id = text(r)?;
            contents.caps.iter().position(|cap| cap.id == id)
        })?;
        let matches = option(self.r, |r| Parser { r, contents }.clause())?;
        let facts = list(self.r, MAX_ITEMS, |r| Parser { r, contents }.clause())?;
        let tiers = list(self.r, MAX_ITEMS, tier)?;
        Some(Rule {
            id,
            effect,
            action,
            keys,
            requesters,
            separate_requester,
            delay_s,
            max_lifetime_s,
            min_signers,
            max_attempts,
            caps,
            matches,
            facts,
            tiers,
        })
    }

    fn clause(&mut self) -> Option<Clause> {
        let fact = FactKind::from_wire(self.r.u8()?)?;
        let (chain, asset) = (option(self.r, text)?, option(self.r, text)?);
        let to = match self.r.u8()? {
            0 => None,
            1 => Some(To::Party(text(self.r)?)),
            2 => {
                let name = text(self.r)?;
                Some(To::List(self.contents.lists.iter().position(|list| list.name == name)?))
            }
            _ => return None,
        };
        let selector = option(self.r, text)?;
        let (amount_over, up_to) = (option(self.r, amount)?, option(self.r, amount)?);
        Some(Clause { fact, chain, asset, to, selector, amount_over, up_to })
    }
}

fn tier(r: &mut Reader<'_>) -> Option<Tier> {
    let up_to = option(r, amount)?;
    let approvers = r.u16()?;
    let of = option(r, ids)?;
    Some(Tier { up_to, approvers, of, factors: factors(r)?, step_up: factors(r)? })
}

fn read(bytes: &[u8]) -> Option<Contents> {
    let r = &mut Reader::new(bytes);
    if r.u16()? != VERSION {
        return None;
    }
    let revision = u64::from_be_bytes(*r.array()?);
    let (approvers, max_lifetime_s) = (*r.array()?, r.u32()?);
    let lists = list(r, MAX_ITEMS, |r| {
        let name = text(r)?;
        Some(List { name, entries: list(r, MAX_ENTRIES, text)? })
    })?;
    let caps = list(r, MAX_ITEMS, |r| {
        let (id, scope, asset) = (text(r)?, scope(r)?, text(r)?);
        Some(Cap { id, scope, asset, window_s: r.u32()?, limit: amount(r)? })
    })?;
    let named = Contents { revision, approvers, max_lifetime_s, lists, caps, rules: Vec::new() };
    let rules = list(r, MAX_ITEMS, |r| Parser { r, contents: &named }.rule())?;
    r.clone().end()?;
    let ascending = named.lists.is_sorted_by(|a, b| a.name < b.name);
    ascending.then_some(Contents { rules, ..named })
}

impl Policy {
    /// Reads the canonical binary, and checks it as [`Policy::compile`] checks what it compiles.
    ///
    /// # Errors
    /// [`PolicyError::BadPolicy`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PolicyError> {
        let contents = read(bytes).ok_or(PolicyError::bad(Place::Policy, Fault::Encoding))?;
        Self::new(contents)
    }
}
