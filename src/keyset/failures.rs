//! Several keys' failures of one round as one verdict.

use alloc::vec::Vec;

use super::Run;
use super::cut::lift_abort;
use crate::error::{Charges, Verdict};
use crate::session::{Failure, Inbox};

/// What failed in a round, by the place of the key.
#[derive(Default)]
pub(super) struct Failures(Vec<(usize, Failure)>);

impl Failures {
    pub(super) fn add(&mut self, index: usize, failure: Failure) {
        self.0.push((index, failure));
    }

    /// One failure of all, if there is any. Every key was looked at. Whoever is convicted at any of them is named, once: for the first thing
    /// that others can be shown, else for the first. A conviction goes before a doubt, and a doubt before a chance: each key's verdict stands
    /// by itself. Of several complaints the first key's is made.
    pub(super) fn verdict(self, round: u8, run: &Run, inbox: &Inbox) -> Result<(), Failure> {
        let (mut charges, mut unproved) = (Vec::new(), Vec::new());
        let (mut doubts, mut chances, mut words) = (None, None, None);
        for (index, Failure { mut abort, last_words }) in self.0 {
            words = words.or_else(|| run.quote(index, inbox, last_words.as_deref()?));
            lift_abort(inbox, &mut abort);
            let check = abort.check;
            let others = core::mem::take(&mut abort.others);
            match abort.verdict {
                Verdict::Suspects { .. } => doubts = doubts.or(Some(abort)),
                Verdict::NoFault { .. } => chances = chances.or(Some(abort)),
                Verdict::Cheater { who, fault, evidence } => {
                    let others = others.into_iter().map(|other| (other.who, other.fault, other.evidence));
                    for (who, fault, evidence) in core::iter::once((who, fault, evidence)).chain(others) {
                        let list = if evidence.is_some() { &mut charges } else { &mut unproved };
                        list.push((who, check, fault, evidence));
                    }
                }
            }
        }
        let mut all = Charges::default();
        for (who, check, fault, evidence) in charges.into_iter().chain(unproved) {
            all.add(who, check, fault, evidence.map(|evidence| *evidence));
        }
        let abort = all.verdict(round).err().or(doubts).or(chances);
        let last_words = words.map(Into::into);
        abort.map_or(Ok(()), |abort| Err(Failure { abort, last_words }))
    }
}
