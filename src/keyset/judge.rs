//! The judge of a set: cuts out of the signed messages what belongs to each key, and asks that key's judge.

use super::Run;
use super::cut::Carried;
use super::round3::split_certify;
use crate::error::Fault;
use crate::evidence::{Evidence, EvidenceKind};
use crate::key::certificate_input;
use crate::party::PartyId;
use crate::session::{Finding, Guilty, admit, equivocation};
use crate::wire::Kind;

/// Judges evidence from a run: anybody with the run's terms reaches the verdict, without a secret.
#[must_use]
pub fn judge(run: &Run, evidence: &Evidence) -> Finding {
    let terms = run.terms(PartyId::COORDINATOR);
    match evidence.kind {
        EvidenceKind::Equivocation => equivocation(evidence, &run.roster, &terms).into(),
        EvidenceKind::Certificate => run.judge_certificate(evidence).into(),
        EvidenceKind::Undecodable => match run.judge_place(evidence) {
            None => run.judge_keys(evidence),
            guilty => guilty.into(),
        },
        _ => run.judge_keys(evidence),
    }
}

impl Run {
    /// The first key at which the evidence shows a fault. What was signed holds a piece of every key, so a fault at any of them is one.
    fn judge_keys(&self, evidence: &Evidence) -> Finding {
        let mut findings = self
            .parts
            .iter()
            .enumerate()
            .map(|(index, part)| part.judge(&Carried::new(self, index, part.as_ref()), evidence));
        findings.find(|finding| *finding != Finding::Inconclusive).unwrap_or(Finding::Inconclusive)
    }

    /// A complaint that a session accepts and that is about no key of the set, or has the length of another key's.
    fn judge_place(&self, evidence: &Evidence) -> Guilty {
        let [envelope] = evidence.messages.as_slice() else { return None };
        let verified = admit(envelope, &self.roster, &self.terms(PartyId::COORDINATOR))?;
        let (header, body) = (verified.header(), verified.body());
        let shape = (Kind::Complaint, body.len());
        let due = header.round == 3 && header.kind == Kind::Complaint && header.to.is_none();
        let accepted = due && self.complaint_shapes().any(|allowed| allowed == shape);
        let index = usize::from(*body.first()?);
        let placed = self.cut(index, 3, Kind::Complaint, body).is_some();
        (accepted && !placed).then_some((header.from, Fault::Malformed))
    }

    /// A signature that is not the one on the certificate of all keys, by somebody who saw these reveals of all keys.
    fn judge_certificate(&self, evidence: &Evidence) -> Guilty {
        let ([certify], [reveals]) = (evidence.messages.as_slice(), evidence.attachments.as_slice()) else {
            return None;
        };
        let verified = admit(certify, &self.roster, &self.terms(PartyId::COORDINATOR))?;
        let header = verified.header();
        if (header.round, header.kind, header.to) != (3, Kind::All, None) {
            return None;
        }
        let (views, signature) = split_certify(verified.body())?;
        if views.len() != self.parts.len() {
            return None;
        }
        let mut certs = alloc::vec::Vec::with_capacity(self.parts.len());
        for (index, (part, view)) in self.parts.iter().zip(views).enumerate() {
            let [e2, cert] = part.certified(&self.cut_reveals(index, reveals)?, header.from)?;
            if e2 != *view {
                return None;
            }
            certs.push(cert);
        }
        let right = self.roster.verify(header.from, &certificate_input(&certs), signature);
        (!right).then_some((header.from, Fault::BadSignature))
    }
}
