//! What counts of the evidence that was given.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::evidence::{Evidence, Proof, sig_input};
use super::{
    ApprovalError, Approver, ApproverId, ApproverKey, ApproverKind, ApproverSet, Factor, Factors, Passkey,
    Status,
};
use crate::approval::audit;
use crate::approval::policy::new_set;
use crate::approval::registry::Registry;
use crate::approval::request::{Action, Purpose, SigningRequest};
use crate::approval::totp::Totp;
use crate::approval::webauthn::{
    Assertion, CredentialSet, Expected, RecordUpdate, WebauthnConfig, WebauthnError, verify,
};
use crate::hash::sha256;

/// Who has approved, asked, and rejected: what a policy judges by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Approvals {
    /// \[A5\] Who approved, each once, with the factors of all that it gave.
    pub counted: BTreeMap<ApproverId, Factors>,
    /// The requester, if it proved that it asks.
    pub requester: Option<ApproverId>,
    /// Somebody who rejected.
    pub rejected: Option<ApproverId>,
}

/// The result of going through the evidence for one request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// What the policy judges by.
    pub approvals: Approvals,
    /// What verified, for the audit log.
    pub evidence: Vec<audit::Evidence>,
    /// What did not, by its place in the list, with the reason.
    pub refused: Vec<(usize, ApprovalError)>,
    /// What to store of the passkeys once the gate has accepted.
    pub updates: Vec<RecordUpdate>,
    /// Under which challenge each approval was given.
    challenges: BTreeMap<ApproverId, [u8; 32]>,
}

impl Tally {
    /// Of one passkey that answered several times, the answer with the highest counter is what its record becomes.
    fn keep(&mut self, update: RecordUpdate) {
        let mut before = self.updates.iter_mut();
        match before.find(|before| before.credential_id() == update.credential_id()) {
            Some(before) if before.sign_count() < update.sign_count() => *before = update,
            Some(_) => {}
            None => self.updates.push(update),
        }
    }
}

/// What evidence is held against.
pub struct Polling<'a> {
    /// The approvers in force.
    pub set: &'a ApproverSet,
    /// How passkeys are judged, and their records; `None` where there are none.
    pub passkeys: Option<(&'a WebauthnConfig, &'a CredentialSet)>,
    /// The one-time secrets, where there are any.
    pub totp: &'a mut BTreeMap<ApproverId, Totp>,
    /// Where used codes and failures are noted. Nothing else is.
    pub registry: &'a mut dyn Registry,
    /// The time in Unix seconds.
    pub now: u64,
}

/// A proof that verified.
struct Proven {
    factors: Factors,
    record: audit::Evidence,
    update: Option<RecordUpdate>,
}

impl Polling<'_> {
    /// Goes through the evidence for a request: codes last, since they need what else their approver gave.
    pub fn tally(&mut self, request: &SigningRequest, evidence: &[Evidence<'_>]) -> Tally {
        let mut tally = Tally::default();
        for (place, item) in evidence.iter().enumerate() {
            if matches!(item.proof, Proof::Totp(_)) {
                continue;
            }
            if let Err(error) = self.take(request, item, &mut tally) {
                tally.refused.push((place, error));
            }
        }
        for (place, item) in evidence.iter().enumerate() {
            let Proof::Totp(code) = &item.proof else { continue };
            if let Err(error) = self.step_up(request, item, code, &mut tally) {
                tally.refused.push((place, error));
            }
        }
        tally.refused.sort_by_key(|(place, _)| *place);
        tally
    }

    /// A2 to A4 and A6 for one piece.
    fn take(
        &self,
        request: &SigningRequest,
        item: &Evidence<'_>,
        tally: &mut Tally,
    ) -> Result<(), ApprovalError> {
        let approver = self.approver(item)?;
        let challenge = challenge_for(request, item)?;
        let proven = self.prove(approver, &challenge, &item.proof)?;
        match item.purpose {
            Purpose::Approve => {
                let factors = tally.approvals.counted.entry(approver.id).or_default();
                *factors = factors.union(proven.factors);
                tally.challenges.entry(approver.id).or_insert(challenge);
            }
            // [A4]
            Purpose::Reject if removes(request, &approver.id) => return Err(ApprovalError::OwnRemoval),
            Purpose::Reject => tally.approvals.rejected = Some(approver.id),
            // [A6]
            Purpose::Request if request.requester() != Some(&approver.id) => {
                return Err(ApprovalError::RequesterUnproven);
            }
            Purpose::Request => tally.approvals.requester = Some(approver.id),
        }
        let mut record = proven.record;
        record.flags |= match item.purpose {
            Purpose::Approve => 0,
            Purpose::Reject => audit::flags::REJECTS,
            Purpose::Request => audit::flags::ASKS,
        };
        tally.evidence.push(record);
        if let Some(update) = proven.update {
            tally.keep(update);
        }
        Ok(())
    }

    /// \[A2\] The approver, if it may say this.
    fn approver(&self, item: &Evidence<'_>) -> Result<&Approver, ApprovalError> {
        let approver = self.set.get(&item.approver).ok_or(ApprovalError::UnknownApprover)?;
        let may = approver.kind != ApproverKind::Requester || item.purpose == Purpose::Request;
        if approver.status == Status::Active && may {
            Ok(approver)
        } else {
            Err(ApprovalError::UnknownApprover)
        }
    }

    /// \[A3\]
    fn prove(
        &self,
        approver: &Approver,
        challenge: &[u8; 32],
        proof: &Proof<'_>,
    ) -> Result<Proven, ApprovalError> {
        match proof {
            Proof::Passkey(assertion) => self.passkey(approver, challenge, assertion),
            Proof::Key { key, signature } => by_key(approver, challenge, key, signature),
            Proof::Totp(_) => Err(ApprovalError::WeakFactor),
        }
    }

    fn passkey(
        &self,
        approver: &Approver,
        challenge: &[u8; 32],
        assertion: &Assertion<'_>,
    ) -> Result<Proven, ApprovalError> {
        let unknown = WebauthnError::UnknownCredential;
        let (config, records) = self.passkeys.ok_or(unknown.clone())?;
        // The record must be of a passkey that the set lists: the set is what the policy vouches for.
        let record = records.get(assertion.credential_id).ok_or(unknown.clone())?.credential.parts();
        let listed = Passkey::new(&record.id, record.key.to_sec1(), record.rp_id.as_str());
        if !approver.passkeys.contains(&listed) {
            return Err(unknown.into());
        }
        let expected = Expected { challenge, owner: Some(approver.id) };
        let verified = verify(config, records, expected, assertion)?;
        let flags = verified.flags();
        let factor = if flags.user_verified() { Factor::PasskeyUv } else { Factor::Passkey };
        let bits = [
            (flags.user_present(), audit::flags::UP),
            (flags.user_verified(), audit::flags::UV),
            (flags.backup_eligible(), audit::flags::BE),
            (flags.backed_up(), audit::flags::BS),
            (verified.counter_signal(), audit::flags::COUNTER),
        ];
        let record = audit::Evidence {
            approver: approver.id.0,
            credential: sha256(verified.credential_id()),
            factor: factor as u8,
            flags: bits.iter().filter(|(set, _)| *set).fold(0, |all, (_, bit)| all | bit),
            counter: verified.sign_count(),
        };
        let factors = Factors::NONE.with(Factor::Passkey).with(factor);
        Ok(Proven { factors, record, update: Some(verified.update().clone()) })
    }

    /// \[A7\]
    fn step_up(
        &mut self,
        request: &SigningRequest,
        item: &Evidence<'_>,
        code: &[u8; 6],
        tally: &mut Tally,
    ) -> Result<(), ApprovalError> {
        let approver = self.approver(item)?.id;
        if request.action().is_high_risk() || item.purpose != Purpose::Approve {
            return Err(ApprovalError::WeakFactor);
        }
        let challenge = tally.challenges.get(&approver).ok_or(ApprovalError::WeakFactor)?;
        let totp = self.totp.get_mut(&approver).ok_or(ApprovalError::UnknownApprover)?;
        totp.accept(&approver, code, challenge, self.registry, self.now)?;
        let factors = tally.approvals.counted.entry(approver).or_default();
        *factors = factors.with(Factor::Totp);
        let (credential, factor) = ([0; 32], Factor::Totp as u8);
        tally.evidence.push(audit::Evidence {
            approver: approver.0,
            credential,
            factor,
            flags: 0,
            counter: 0,
        });
        Ok(())
    }
}

fn by_key(
    approver: &Approver,
    challenge: &[u8; 32],
    key: &ApproverKey,
    signature: &[u8; 64],
) -> Result<Proven, ApprovalError> {
    if !approver.keys.contains(key) || !key.verify(&sig_input(challenge), signature) {
        return Err(ApprovalError::BadSignature);
    }
    let (approver, factor) = (approver.id.0, Factor::Key as u8);
    let record = audit::Evidence { approver, credential: key.hash(), factor, flags: 0, counter: 0 };
    Ok(Proven { factors: Factors::NONE.with(Factor::Key), record, update: None })
}

/// \[A4\] The challenge that the evidence must be about. A batch speaks of requests of action Sign alone: what else is in the list its reader
/// did not see as such.
fn challenge_for(request: &SigningRequest, item: &Evidence<'_>) -> Result<[u8; 32], ApprovalError> {
    match &item.batch {
        None => Ok(request.challenge(item.purpose)),
        Some(batch) if request.action() == Action::Sign && batch.lists(request.hash()) => {
            Ok(batch.challenge(item.purpose))
        }
        Some(_) => Err(ApprovalError::OtherRequest),
    }
}

/// Whether the request is to change the approvers to a set in which this one does not count.
fn removes(request: &SigningRequest, id: &ApproverId) -> bool {
    let new = || new_set(request.payload());
    request.action() == Action::ApproverChange
        && new().is_some_and(|set| !set.get(id).is_some_and(Approver::counts))
}
