//! How a decision came about.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::hash::{Tag, Transcript};
use crate::wire::put_u16;

/// What a step found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum Finding {
    /// It holds.
    Holds = 0,
    /// It does not, and that is the end of this rule or of the decision.
    Refused = 1,
    /// The rule is about something else.
    NoMatch = 2,
    /// More approvals are needed.
    NeedMore = 3,
    /// It is too early.
    NotNow = 4,
}

impl Finding {
    const fn text(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Refused => "refused",
            Self::NoMatch => "no match",
            Self::NeedMore => "needs more",
            Self::NotNow => "not now",
        }
    }
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The id of the check.
    pub check: &'static str,
    /// The rule that it was about; empty if none.
    pub rule: String,
    /// What it found.
    pub finding: Finding,
}

/// The steps of a decision, for the audit log and for people. As text, one step a line.
///
/// In bytes: `u16 count x { var8 check | var8 rule | finding 1 }`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace(Vec<Step>);

impl Trace {
    pub(super) fn note(&mut self, check: &'static str, rule: &str, finding: Finding) {
        self.0.push(Step { check, rule: rule.into(), finding });
    }

    /// The steps, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The encoding. A policy has at most 1024 rules, each with one step or two, so the count fits.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_u16(&mut out, self.0.len() as u16);
        for step in &self.0 {
            for text in [step.check, &step.rule] {
                out.push(text.len() as u8);
                out.extend_from_slice(text.as_bytes());
            }
            out.push(step.finding as u8);
        }
        out
    }

    /// `TH("trace"; bytes)`.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Transcript::new(Tag::Trace).bytes(&self.to_bytes()).finish()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.0 {
            f.write_str(step.check)?;
            if !step.rule.is_empty() {
                write!(f, " {}", step.rule)?;
            }
            writeln!(f, ": {}", step.finding.text())?;
        }
        Ok(())
    }
}
