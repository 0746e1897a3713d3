//! Everybody who failed a check of a round.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::abort::{Abort, Conviction, Verdict};
use super::fault::Fault;
use crate::evidence::Evidence;
use crate::party::PartyId;

/// Charges against the senders of one round, gathered before any verdict, so that every peer is looked at.
#[derive(Default)]
pub(crate) struct Charges(Vec<Charge>);

struct Charge {
    who: PartyId,
    check: &'static str,
    fault: Fault,
    evidence: Option<Evidence>,
}

impl Charges {
    /// Only the first charge against a party counts.
    pub(crate) fn add(
        &mut self,
        who: PartyId,
        check: &'static str,
        fault: Fault,
        evidence: Option<Evidence>,
    ) {
        if !self.against(who) {
            self.0.push(Charge { who, check, fault, evidence });
        }
    }

    pub(crate) fn against(&self, who: PartyId) -> bool {
        self.0.iter().any(|c| c.who == who)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// An abort that names the lowest, and the others beside it, if there is any charge.
    pub(crate) fn verdict(mut self, round: u8) -> Result<(), Abort> {
        self.0.sort_by_key(|c| c.who);
        let mut charges = self.0.into_iter();
        let Some(Charge { who, check, fault, evidence }) = charges.next() else { return Ok(()) };
        let verdict = Verdict::Cheater { who, fault, evidence: evidence.map(Box::new) };
        let others = charges.map(|Charge { who, fault, evidence, .. }| {
            let evidence = evidence.map(Box::new);
            Conviction { who, fault, evidence }
        });
        Err(Abort { round, check, verdict, others: others.collect() })
    }
}
