//! A round that failed, and what is known about why.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::fault::{Chance, Doubt, Fault};
use crate::evidence::Evidence;
use crate::party::{Parties, PartyId};

/// A round failed and the session is over.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("round {round}, check {check}: {verdict}")]
#[must_use = "an abort says who cheated; look at the verdict"]
pub struct Abort {
    /// The round whose messages failed.
    pub round: u8,
    /// The check that failed, by its id in the protocol's documentation, such as `K2.4`.
    pub check: &'static str,
    /// Who, or that it cannot be known.
    pub verdict: Verdict,
    /// Further parties convicted by the same look at the round, ascending; the verdict names the lowest.
    pub others: Vec<Conviction>,
}

/// A further cheater, as certain as the one in the verdict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conviction {
    /// The cheater.
    pub who: PartyId,
    /// What it did.
    pub fault: Fault,
    /// What convinces a third party, as in the verdict.
    pub evidence: Option<Box<Evidence>>,
}

impl Abort {
    pub(crate) const fn no_fault(round: u8, check: &'static str, why: Chance) -> Self {
        Self { round, check, verdict: Verdict::NoFault { why }, others: Vec::new() }
    }

    /// A stable number, 3000..=3999; the same for every party convicted of one fault.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match &self.verdict {
            Verdict::Cheater { fault, .. } => 3000 + fault.code(),
            Verdict::Suspects { why, .. } => 3100 + *why as u16,
            Verdict::NoFault { why } => 3200 + *why as u16,
        }
    }

    /// Everyone convicted, ascending. Empty unless the verdict is [`Verdict::Cheater`].
    pub fn cheaters(&self) -> impl Iterator<Item = (PartyId, Fault)> + '_ {
        let first = match &self.verdict {
            Verdict::Cheater { who, fault, .. } => Some((*who, *fault)),
            _ => None,
        };
        first.into_iter().chain(self.others.iter().map(|c| (c.who, c.fault)))
    }
}

/// What is known about an abort's cause.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Verdict {
    /// Certain, given a transport that authenticates senders.
    #[error("{who} cheated: {fault}")]
    Cheater {
        /// The lowest cheater.
        who: PartyId,
        /// What it did.
        fault: Fault,
        /// What convinces a third party, where the fault allows it and the messages were signed.
        evidence: Option<Box<Evidence>>,
    },
    /// One of these, or the network; not decidable from here.
    #[error("one of {who}, or the network: {why}")]
    Suspects {
        /// Who may have done it.
        who: Parties,
        /// What was seen.
        why: Doubt,
    },
    /// An event of negligible probability, or a fault of this device. Run again.
    #[error("nobody's fault: {why}")]
    NoFault {
        /// What was seen.
        why: Chance,
    },
}
