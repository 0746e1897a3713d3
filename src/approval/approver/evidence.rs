//! Evidence: what an approver gives for or against a request.

use super::key::ApproverKey;
use super::{ApprovalError, ApproverId};
use crate::approval::request::{Batch, Purpose, SigningRequest};
use crate::approval::webauthn::Assertion;
use crate::hash::{Tag, Transcript};
use crate::identity::SigInput;

/// What an approver gives for or against a request, or for several in one.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// Who gives it.
    pub approver: ApproverId,
    /// What it says.
    pub purpose: Purpose,
    /// The requests that it speaks of, if more than one.
    pub batch: Option<Batch>,
    /// By what.
    pub proof: Proof<'a>,
}

/// By what an approver proves itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Proof<'a> {
    /// The answer of a passkey to the challenge.
    Passkey(Assertion<'a>),
    /// A signature over `TH("approve/sig"; challenge)`.
    Key {
        /// By this key.
        key: ApproverKey,
        /// 64 bytes.
        signature: [u8; 64],
    },
    /// A one-time code, six digits. It speaks of no request, and adds a factor to what the approver gave beside it.
    Totp([u8; 6]),
}

/// `TH("approve/sig"; challenge)`: what an approver's key signs.
pub(super) fn sig_input(challenge: &[u8; 32]) -> SigInput {
    SigInput::new(Transcript::new(Tag::ApproveSig).bytes(challenge))
}

/// Evidence waiting for the signature of an approver's key, so that a key across a network can give it.
#[derive(Clone, Debug)]
pub struct Unsigned {
    approver: ApproverId,
    purpose: Purpose,
    batch: Option<Batch>,
    input: SigInput,
}

impl Unsigned {
    /// About one request.
    #[must_use]
    pub fn new(approver: ApproverId, purpose: Purpose, request: &SigningRequest) -> Self {
        let input = sig_input(&request.challenge(purpose));
        Self { approver, purpose, batch: None, input }
    }

    /// About several.
    #[must_use]
    pub fn batch(approver: ApproverId, purpose: Purpose, batch: Batch) -> Self {
        let input = sig_input(&batch.challenge(purpose));
        Self { approver, purpose, batch: Some(batch), input }
    }

    /// What the key signs: with Ed25519 as a raw message, with P-256 as the message of ECDSA with SHA-256.
    #[must_use]
    pub const fn to_sign(&self) -> &SigInput {
        &self.input
    }

    /// Adds the signature, and checks it, so that a wrong key shows before anything is sent.
    ///
    /// # Errors
    /// [`ApprovalError::BadSignature`].
    pub fn attach(self, key: &ApproverKey, signature: [u8; 64]) -> Result<Evidence<'static>, ApprovalError> {
        if !key.verify(&self.input, &signature) {
            return Err(ApprovalError::BadSignature);
        }
        let proof = Proof::Key { key: *key, signature };
        Ok(Evidence { approver: self.approver, purpose: self.purpose, batch: self.batch, proof })
    }
}
