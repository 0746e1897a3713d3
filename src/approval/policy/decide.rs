//! The decision.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::error::PolicyError;
use super::matching::sum;
use super::parts::{Cap, Rule};
use super::quorum::{Need, missing};
use super::source::{Effect, Scope};
use super::trace::{Finding, Trace};
use super::{Contents, Policy};
use crate::approval::approver::{ApprovalError, Approvals, ApproverSet};
use crate::approval::cap::{CapUse, Caps};
use crate::approval::fact::FactKind;
use crate::approval::registry::RegistryError;
use crate::approval::request::{Holder, SigningRequest};

/// What a decision is about.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The request.
    pub request: &'a SigningRequest,
    /// What this holder holds it against.
    pub holder: &'a Holder<'a>,
    /// The approvers in force.
    pub set: Option<&'a ApproverSet>,
    /// Who has approved, asked, and rejected.
    pub approvals: &'a Approvals,
    /// The time in Unix seconds: the larger of the clock and the registry's high water.
    pub now: u64,
}

/// What a policy says, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judgement {
    /// What it says.
    pub decision: Decision,
    /// Why.
    pub trace: Trace,
}

/// What a policy says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Yes, if the caps have room.
    Allow(Allowed),
    /// No.
    Deny(PolicyError),
    /// Not with these approvals: this is what the least demanding rule lacks.
    NeedMore(Need),
    /// With these approvals, but not before this time, in Unix seconds.
    NotNow(u64),
}

impl Decision {
    /// A stable number; 0 for yes.
    #[must_use]
    pub const fn code(&self) -> u16 {
        match self {
            Self::Allow(_) => 0,
            Self::Deny(error) => error.code(),
            Self::NeedMore(_) | Self::NotNow(_) => 5608,
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow(allowed) => write!(f, "allowed by rule {}", allowed.rule),
            Self::Deny(error) => error.fmt(f),
            Self::NeedMore(need) => need.fmt(f),
            Self::NotNow(at) => write!(f, "not before {at}"),
        }
    }
}

/// On what terms a request is allowed. It opens nothing: that is the gate's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowed {
    rule: String,
    uses: Vec<CapUse>,
    min_signers: u16,
    max_attempts: u8,
}

impl Allowed {
    /// The rule that allows.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What it uses of the caps.
    #[must_use]
    pub fn uses(&self) -> &[CapUse] {
        &self.uses
    }

    /// How many holders must sign at least.
    #[must_use]
    pub const fn min_signers(&self) -> u16 {
        self.min_signers
    }

    /// How often the request may be tried.
    #[must_use]
    pub const fn max_attempts(&self) -> u8 {
        self.max_attempts
    }
}

impl Judgement {
    /// \[P9\] Reserves what the request uses of the caps, all of it or nothing. If they have no room the decision is no, whatever other rules
    /// would have said.
    pub fn reserve(&mut self, request: &SigningRequest, caps: &mut dyn Caps, now: u64) {
        let Decision::Allow(allowed) = &self.decision else { return };
        match caps.reserve(request.hash(), &allowed.uses, now) {
            Ok(()) => self.trace.note("P9", &allowed.rule, Finding::Holds),
            Err(error) => {
                self.trace.note("P9", &allowed.rule, Finding::Refused);
                self.decision = Decision::Deny(error.into());
            }
        }
    }
}

/// How far an allow rule came; the farthest that did not say yes gives the answer.
enum Standing {
    /// Something is wrong that no approval mends.
    Refused(PolicyError),
    NeedMore(Need),
    NotNow(u64),
    Ready,
}

impl Policy {
    /// P2 to P8 and P10: what this policy says. It depends on the question and on `first_seen` alone.
    ///
    /// `first_seen` gives the time at which this holder first had enough approvals for the request, and notes it the first time
    /// ([`crate::approval::registry::Registry::first_seen`]). It is asked only when a rule with a delay lacks nothing else, so that strangers
    /// cannot fill the registry.
    pub fn decide(
        &self,
        question: &Question<'_>,
        first_seen: &mut dyn FnMut() -> Result<u64, RegistryError>,
    ) -> Judgement {
        let mut trace = Trace::default();
        let decision = match self.preconditions(question, &mut trace) {
            Err(error) => Decision::Deny(error),
            Ok(set) => self.contents().choose(question, set, first_seen, &mut trace),
        };
        Judgement { decision, trace }
    }

    /// P2, P3, A4, P5.
    fn preconditions<'a>(
        &self,
        question: &Question<'a>,
        trace: &mut Trace,
    ) -> Result<&'a ApproverSet, PolicyError> {
        let contents = self.contents();
        let request = question.request;
        let mut refuse = |check, error| {
            trace.note(check, "", Finding::Refused);
            Err(error)
        };
        // [P2]
        if let Err(error) = request.check(question.holder, contents.max_lifetime_s.into(), question.now) {
            return refuse("P2", error.into());
        }
        // [P3]
        let theirs = |set: &&ApproverSet| *set.hash() == contents.approvers && set.counting().count() > 0;
        let Some(set) = question.set.filter(theirs) else {
            return refuse("P3", PolicyError::NoApprovers);
        };
        // [A4]
        if question.approvals.rejected.is_some() {
            return refuse("A4", ApprovalError::Rejected.into());
        }
        // [P5]
        for rule in contents.rules.iter().filter(|rule| rule.effect == Effect::Deny) {
            if contents.denies(rule, request) {
                trace.note("P5", &rule.id, Finding::Refused);
                return Err(PolicyError::Denied(rule.id.clone()));
            }
            trace.note("P5", &rule.id, Finding::NoMatch);
        }
        Ok(set)
    }
}

impl Contents {
    /// \[P10\] The first allow rule that needs nothing more; else what the least demanding lacks; else why none fits.
    fn choose(
        &self,
        question: &Question<'_>,
        set: &ApproverSet,
        first_seen: &mut dyn FnMut() -> Result<u64, RegistryError>,
        trace: &mut Trace,
    ) -> Decision {
        let mut wait: Option<u64> = None;
        let mut least: Option<Need> = None;
        let mut why = (0, PolicyError::NoRule);
        for rule in self.rules.iter().filter(|rule| rule.effect == Effect::Allow) {
            match self.stand(rule, question, set, first_seen, trace) {
                Standing::Ready => return self.allow(rule, question, trace),
                Standing::NotNow(at) => wait = Some(wait.map_or(at, |before| before.min(at))),
                Standing::NeedMore(need) => {
                    if least.as_ref().is_none_or(|before| need.size() < before.size()) {
                        least = Some(need);
                    }
                }
                Standing::Refused(error) => {
                    let far = how_far(&error);
                    if far > why.0 {
                        why = (far, error);
                    }
                }
            }
        }
        match (wait, least) {
            (Some(at), _) => Decision::NotNow(at),
            (None, Some(need)) => Decision::NeedMore(need),
            (None, None) => Decision::Deny(why.1),
        }
    }

    /// How one allow rule stands to the question.
    fn stand(
        &self,
        rule: &Rule,
        question: &Question<'_>,
        set: &ApproverSet,
        first_seen: &mut dyn FnMut() -> Result<u64, RegistryError>,
        trace: &mut Trace,
    ) -> Standing {
        let (request, approvals) = (question.request, question.approvals);
        let mut refuse = |check, finding, error| {
            trace.note(check, &rule.id, finding);
            Standing::Refused(error)
        };
        // [P6]
        if !Self::is_about(rule, request) || !self.allows(rule, request) {
            return refuse("P6", Finding::NoMatch, PolicyError::NoRule);
        }
        // [P7]
        let tier = match Self::tier(rule, request) {
            Ok(tier) => tier,
            Err(error) => return refuse("P7", Finding::Refused, error),
        };
        // [R4] of the rule
        let lifetime = request.expires().saturating_sub(request.not_before());
        if lifetime > rule.max_lifetime_s.into() {
            let error = crate::approval::request::RequestError::Lifetime;
            return refuse("R4", Finding::Refused, error.into());
        }
        // [A6]
        let named = |id| rule.requesters.as_ref().is_none_or(|ids| ids.binary_search(id).is_ok());
        if rule.wants_requester() && !approvals.requester.as_ref().is_some_and(named) {
            return refuse("A6", Finding::Refused, ApprovalError::RequesterUnproven.into());
        }
        // [P8]
        let high_risk = request.action().is_high_risk();
        if let Some(need) = missing(rule, tier, set, approvals, high_risk) {
            let check = if need.because.is_some() { "A6" } else { "P8" };
            trace.note(check, &rule.id, Finding::NeedMore);
            return Standing::NeedMore(need);
        }
        if rule.delay_s == 0 {
            return Standing::Ready;
        }
        match first_seen() {
            Ok(seen) => {
                let at = seen.saturating_add(rule.delay_s.into());
                if question.now >= at {
                    return Standing::Ready;
                }
                trace.note("P8", &rule.id, Finding::NotNow);
                Standing::NotNow(at)
            }
            Err(error) => refuse("P8", Finding::Refused, error.into()),
        }
    }

    /// The terms of a rule that fits, with what P9 will ask of the caps.
    fn allow(&self, rule: &Rule, question: &Question<'_>, trace: &mut Trace) -> Decision {
        let caps = rule.caps.iter().filter_map(|place| self.caps.get(*place));
        match caps.map(|cap| cap_use(cap, question.request)).collect() {
            Ok(uses) => {
                trace.note("P10", &rule.id, Finding::Holds);
                let (min_signers, max_attempts) = (rule.min_signers, rule.max_attempts);
                Decision::Allow(Allowed { rule: rule.id.clone(), uses, min_signers, max_attempts })
            }
            Err(error) => {
                trace.note("P9", &rule.id, Finding::Refused);
                Decision::Deny(error)
            }
        }
    }
}

/// What a request uses of a cap: all that it moves, grants, or spends on fees of the cap's asset.
fn cap_use(cap: &Cap, request: &SigningRequest) -> Result<CapUse, PolicyError> {
    let counts = |kind: FactKind| kind.is_value() || kind == FactKind::Fee;
    let amount = sum(request, |fact| counts(fact.kind) && fact.asset == cap.asset.as_bytes())?;
    let scope = match cap.scope {
        Scope::All => Vec::new(),
        Scope::Key => request.key().map_or(Vec::new(), |key| key.id.to_vec()),
        Scope::Requester => request.requester().map_or(Vec::new(), |id| id.0.to_vec()),
    };
    let (window_s, limit) = (cap.window_s.into(), cap.limit);
    Ok(CapUse { cap: cap.id.clone(), scope, amount, window_s, limit })
}

/// The order of the reasons for which a rule does not fit.
const fn how_far(error: &PolicyError) -> u8 {
    match error {
        PolicyError::OverLimit | PolicyError::Overflow => 1,
        PolicyError::Request(_) => 2,
        PolicyError::Approval(_) => 3,
        PolicyError::Registry(_) => 4,
        _ => 0,
    }
}
