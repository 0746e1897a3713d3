//! The decision, and all that is kept of it.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::ticket::{Ticket, outcome};
use super::{Approved, GateError, Stores};
use crate::approval::approver::{ApprovalError, ApproverId, ApproverSet, Evidence, Factor, Polling, Tally};
use crate::approval::audit::{self, AuditError, Entry, Event};
use crate::approval::policy::{Allowed, Decision, Judgement, Policy, Question, Trace};
use crate::approval::registry::{self, Claim, RegistryError, Space};
use crate::approval::request::{Action, Holder, Purpose, SigningRequest};
use crate::approval::totp::Totp;
use crate::approval::webauthn::{CredentialSet, WebauthnConfig};
use crate::hash::{Tag, Transcript};
use crate::wire::SessionId;

/// What a holder decides by.
pub struct Gate<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// The approvers in force.
    pub set: Option<&'a ApproverSet>,
    /// What requests are held against.
    pub holder: &'a Holder<'a>,
    /// How passkeys are judged, and their records.
    pub passkeys: Option<(&'a WebauthnConfig, &'a CredentialSet)>,
    /// The one-time secrets. After a decision the application stores the last steps.
    pub totp: &'a mut BTreeMap<ApproverId, Totp>,
    /// What must outlast the decision.
    pub stores: Stores<'a>,
}

/// A request that did not pass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Denied {
    /// Why.
    pub error: GateError,
    /// How the policy came to what it said; without steps if it was not asked.
    pub trace: Trace,
    /// The evidence that did not count, by its place in the list, with the reason.
    pub refused: Vec<(usize, ApprovalError)>,
    /// If the denial could not be written down, why not.
    pub unnoted: Option<AuditError>,
}

impl Gate<'_> {
    /// Decides. On yes the request is reserved for `session`, its amounts are reserved in the caps, and the decision is written down.
    ///
    /// # Errors
    /// [`Denied`]; nothing is reserved then. What it says beside the error is for the operator, and not for whoever asked.
    pub fn decide(
        &mut self,
        request: SigningRequest,
        evidence: &[Evidence<'_>],
        session: SessionId,
        now: u64,
    ) -> Result<Approved<SigningRequest>, Box<Denied>> {
        let mut case = Case { tally: Tally::default(), trace: Trace::default(), rule: String::new() };
        let result = self.judge(&request, evidence, session, now, &mut case);
        let now = self.stores.registry.clock(now).unwrap_or(now);
        let noted =
            self.stores.journal.note(self.entry(&request, session, now, &case, result.as_ref().err()));
        let allowed = match (result, noted) {
            (Ok(allowed), Ok(())) => allowed,
            (Ok(_), Err(error)) => {
                self.undo(&request, session);
                return Err(case.denied(error.into(), None));
            }
            (Err(error), noted) => return Err(case.denied(error, noted.err())),
        };
        let ticket = Ticket {
            request: *request.hash(),
            session,
            cluster: *request.cluster(),
            policy: *self.policy.hash(),
            capped: !allowed.uses().is_empty(),
            once: reshare_name(&request),
        };
        let verified = |factors: &crate::approval::approver::Factors| factors.has(Factor::PasskeyUv);
        Ok(Approved {
            user_verified: case.tally.approvals.counted.values().any(verified),
            request,
            ticket,
            rule: case.rule,
            trace: case.trace,
            min_signers: allowed.min_signers(),
            updates: case.tally.updates,
            given_back: false,
        })
    }

    fn judge(
        &mut self,
        request: &SigningRequest,
        evidence: &[Evidence<'_>],
        session: SessionId,
        now: u64,
        case: &mut Case,
    ) -> Result<Allowed, GateError> {
        let now = self.stores.registry.clock(now).map_err(GateError::Registry)?;
        if let Some(set) = self.set {
            let (totp, registry) = (&mut *self.totp, &mut *self.stores.registry);
            let mut polling = Polling { set, passkeys: self.passkeys, totp, registry, now };
            case.tally = polling.tally(request, evidence);
        }
        self.rejections(request, session, now, &mut case.tally)?;
        let approvals = &case.tally.approvals;
        let question = Question { request, holder: self.holder, set: self.set, approvals, now };
        let registry = &mut *self.stores.registry;
        let mut first_seen = || registry.first_seen(Space::Request, request.hash(), now, request.expires());
        let mut judgement = self.policy.decide(&question, &mut first_seen);
        let result = self.reserve(request, session, now, &mut judgement);
        case.trace = judgement.trace;
        if let Ok(allowed) = &result {
            case.rule = allowed.rule().to_string();
        }
        result
    }

    /// [A4] A rejection uses the request up, or, while a session has it, waits under its own name.
    fn rejections(
        &mut self,
        request: &SigningRequest,
        session: SessionId,
        now: u64,
        tally: &mut Tally,
    ) -> Result<(), GateError> {
        let (space, registry) = (Space::Request, &mut *self.stores.registry);
        let veto = request.challenge(Purpose::Reject);
        let before = registry.entry(space, &veto).map_err(GateError::Registry)?;
        if let Some(registry::Entry::Committed { outcome }) = before {
            tally.approvals.rejected = Some(ApproverId(outcome));
            return Ok(());
        }
        // A set that the policy does not name has no say.
        let counts = self.set.is_some_and(|set| set.hash() == self.policy.approvers());
        let Some(who) = tally.approvals.rejected.filter(|_| counts) else { return Ok(()) };
        // What cannot pass for so long is not kept: an approver could fill the registry for ever, and veto by that his own removal.
        let lifetime = u64::from(self.policy.max_lifetime_s());
        if request.expires() > now.saturating_add(2 * lifetime) {
            return Ok(());
        }
        let (bind, owner, expires) = (*request.hash(), session.0, request.expires());
        let claim = Claim { space, id: bind, bind, owner, expires, max_attempts: u8::MAX };
        match registry.consume(&claim, &outcome(b"rejected"), now) {
            Err(RegistryError::Taken) => {
                let claim = Claim { id: veto, ..claim };
                registry.consume(&claim, &who.0, now).map_err(GateError::Registry)
            }
            // Used up before, or too late for everybody.
            Ok(()) | Err(RegistryError::Done(_) | RegistryError::Expired) => Ok(()),
            Err(error) => Err(GateError::Registry(error)),
        }
    }

    /// [G1], [G2], [P9]
    fn reserve(
        &mut self,
        request: &SigningRequest,
        session: SessionId,
        now: u64,
        judgement: &mut Judgement,
    ) -> Result<Allowed, GateError> {
        let max_attempts = match &judgement.decision {
            Decision::Allow(allowed) => allowed.max_attempts(),
            other => return Err(GateError::Denied(other.clone())), // [G1]
        };
        let (space, bind, owner) = (Space::Request, *request.hash(), session.0);
        let claim = Claim { space, id: bind, bind, owner, expires: request.expires(), max_attempts };
        // [G2] the registry first
        self.stores.registry.reserve(&claim, now).map_err(used)?;
        if let Some(id) = reshare_name(request) {
            // Its attempts are the request's, which alone has its `bind`, and are never more.
            let claim = Claim { id, expires: u64::MAX, ..claim };
            if let Err(error) = self.stores.registry.reserve(&claim, now) {
                self.release(&claim.bind, session);
                return Err(used(error));
            }
        }
        // [P9] then the caps
        judgement.reserve(request, self.stores.caps, now);
        match &judgement.decision {
            Decision::Allow(allowed) => Ok(allowed.clone()),
            other => {
                let error = GateError::Denied(other.clone());
                self.undo_names(request, session);
                Err(error)
            }
        }
    }

    /// What was reserved for a decision that could not be written down. A store that does not answer keeps it, which only counts too much, and
    /// so do the caps what an earlier attempt has spent.
    fn undo(&mut self, request: &SigningRequest, session: SessionId) {
        self.stores.caps.release(request.hash()).ok();
        self.undo_names(request, session);
    }

    fn undo_names(&mut self, request: &SigningRequest, session: SessionId) {
        if let Some(id) = reshare_name(request) {
            self.release(&id, session);
        }
        self.release(request.hash(), session);
    }

    fn release(&mut self, id: &[u8; 32], session: SessionId) {
        self.stores.registry.release(Space::Request, id, &session.0).ok();
    }

    fn entry(
        &self,
        request: &SigningRequest,
        session: SessionId,
        now: u64,
        case: &Case,
        error: Option<&GateError>,
    ) -> Entry {
        let decision = match error {
            None => audit::Decision::Allow,
            Some(GateError::Denied(Decision::NeedMore(_) | Decision::NotNow(_))) => audit::Decision::NeedMore,
            Some(_) => audit::Decision::Deny,
        };
        let mut evidence: Vec<audit::Evidence> = Vec::new();
        for item in &case.tally.evidence {
            if !evidence.contains(item) {
                evidence.push(*item);
            }
        }
        Entry {
            request: *request.hash(),
            session,
            cluster: *request.cluster(),
            policy: *self.policy.hash(),
            trace: case.trace.hash(),
            decision,
            rule: case.rule.clone(),
            evidence,
            ..Entry::new(Event::Decided, now)
        }
    }
}

/// What is known of a request when it passes or does not.
struct Case {
    tally: Tally,
    trace: Trace,
    rule: String,
}

impl core::fmt::Display for Denied {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.error.fmt(f)
    }
}

impl core::error::Error for Denied {}

impl Case {
    fn denied(self, error: GateError, unnoted: Option<AuditError>) -> Box<Denied> {
        Box::new(Denied { error, trace: self.trace, refused: self.tally.refused, unnoted })
    }
}

/// [G2] What the registry's refusal says of the request.
fn used(error: RegistryError) -> GateError {
    match error {
        RegistryError::ClockJump { .. } | RegistryError::Unavailable | RegistryError::Full => {
            GateError::Registry(error)
        }
        error => GateError::AlreadyUsed(error),
    }
}

/// The name that a reshare reserves beside its own: that of the epoch it starts from.
fn reshare_name(request: &SigningRequest) -> Option<[u8; 32]> {
    let key = request.key().filter(|_| request.action() == Action::Reshare)?;
    Some(Transcript::new(Tag::ReshareOnce).bytes(&key.id).u32(key.epoch).finish())
}
