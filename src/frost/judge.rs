//! The judge: anybody with the key's certificate, the task and the evidence reaches the verdict, without a secret.

use super::nonce::NonceCommitments;
use super::package::{PackageError, SigningPackage};
use super::rounds::SignatureShare;
use super::search::share_holds;
use super::suite::Suite;
use super::task::Task;
use crate::curve::{Curve, read_point};
use crate::error::Fault;
use crate::evidence::{Evidence, EvidenceKind};
use crate::hash::sha256;
use crate::party::PartyId;
use crate::session::{Finding, Guilty, Terms, admit, equivocation, view};
use crate::wire::Kind;

/// Judges evidence from a signing of this task. The key's certificate was verified when it was read.
///
/// A share is judged only against the commitments that its owner signed the view of: otherwise an equivocator would make honest
/// shares look bad.
#[must_use]
pub fn judge<S: Suite>(task: &Task<S>, evidence: &Evidence) -> Finding {
    let terms = task.terms(PartyId::COORDINATOR);
    match evidence.kind {
        EvidenceKind::Equivocation => equivocation(evidence, task.key().roster(), &terms),
        EvidenceKind::Undecodable => undecodable(task, &terms, evidence),
        EvidenceKind::SignatureShare => signature_share(task, &terms, evidence),
        _ => None,
    }
    .into()
}

fn undecodable<S: Suite>(task: &Task<S>, terms: &Terms, evidence: &Evidence) -> Guilty {
    let [envelope] = evidence.messages.as_slice() else { return None };
    let verified = admit(envelope, task.key().roster(), terms)?;
    let (header, body) = (verified.header(), verified.body());
    let len = 2 * S::Curve::POINT_LEN;
    // No session takes commitments or a share from anybody else.
    let signer = task.signers().contains(header.from);
    let bad = match (header.round, header.kind) {
        (1, Kind::All) => {
            signer
                && body.len() == len
                && body.chunks(S::Curve::POINT_LEN).any(|p| read_point::<S::Curve>(p).is_none())
        }
        // Whom the signers chose as their coordinator the task does not say; nobody honest signs such a list, chosen or not.
        // The points are not the coordinator's own: small-order parts that cancel are not its fault.
        (1, Kind::Direct) => {
            let list =
                task.signers().iter().zip(body.chunks(len).filter_map(NonceCommitments::from_bytes::<S>));
            let package = SigningPackage::<S>::new(task.view(), list, task.message());
            body.len() == len * task.signers().len() && matches!(package, Err(PackageError::Malformed(_)))
        }
        (2, _) => {
            signer
                && body.len() == 32 + S::Curve::SCALAR_LEN
                && SignatureShare::<S>::from_bytes(body.get(32..)?).is_none()
        }
        _ => false,
    };
    bad.then_some((header.from, Fault::Malformed))
}

fn signature_share<S: Suite>(task: &Task<S>, terms: &Terms, evidence: &Evidence) -> Guilty {
    let ([envelope], [commitments]) = (evidence.messages.as_slice(), evidence.attachments.as_slice()) else {
        return None;
    };
    let verified = admit(envelope, task.key().roster(), terms)?;
    let header = verified.header();
    let signed_view = match (header.round, header.kind) {
        (2, Kind::All) => {
            let hashes: alloc::vec::Vec<_> =
                commitments.iter().map(|(id, body)| (*id, sha256(body))).collect();
            view(&terms.sid(), 1, &hashes)
        }
        (2, Kind::Direct) => {
            let list: alloc::vec::Vec<u8> = commitments.iter().flat_map(|(_, body)| body).copied().collect();
            sha256(&list)
        }
        _ => return None,
    };
    let complete = commitments.iter().map(|(id, _)| *id).eq(task.signers().iter());
    let (seen, share) = verified.body().split_at_checked(32)?;
    if !complete || seen != signed_view || !task.signers().contains(header.from) {
        return None;
    }
    let list = commitments.iter().map(|(id, body)| Some((*id, NonceCommitments::from_bytes::<S>(body)?)));
    let list = list.collect::<Option<alloc::vec::Vec<_>>>()?;
    let package = SigningPackage::<S>::new(task.view(), list, task.message()).ok()?;
    let share = SignatureShare::<S>::from_bytes(share)?;
    (!share_holds(&package, header.from, &share.0)).then_some((header.from, Fault::BadShare))
}
