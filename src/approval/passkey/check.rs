//! What each holder checks before it signs, and what it then signs. Pure: nothing is stored and nothing is asked.

use alloc::string::String;
use alloc::vec::Vec;

use super::client::{self, AUTHENTICATOR_DATA_LEN, Ceremony, PRESENT, UV, VERIFIED};
use super::error::PasskeyError;
use super::payload::Payload;
use super::record::{Mode, Record};
use crate::approval::request::{Purpose, SigningRequest};
use crate::approval::webauthn::Verified;
use crate::hash::sha256;

/// That this holder has verified an approval with a passkey and user verification, and for which request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UserEvidence {
    request: [u8; 32],
}

impl UserEvidence {
    /// Of a verified assertion that approves this request; `None` if it is over another challenge, or the user was not verified.
    #[must_use]
    pub fn of(request: &SigningRequest, verified: &Verified) -> Option<Self> {
        let approves = verified.challenge() == request.challenge(Purpose::Approve);
        (approves && verified.flags().user_verified()).then(|| Self::over(*request.hash()))
    }

    pub(crate) const fn over(request: [u8; 32]) -> Self {
        Self { request }
    }
}

/// An assertion that lacks its signature. Made from the holder's own record, and from the payload only what was compared or recomputed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    pub(super) record: Record,
    pub(super) authenticator_data: [u8; AUTHENTICATOR_DATA_LEN],
    /// Client data up to and with the comma after the challenge.
    pub(super) head: String,
    /// What follows, without the closing brace.
    pub(super) fields: String,
}

impl Statement {
    /// The authenticator data.
    #[must_use]
    pub const fn authenticator_data(&self) -> &[u8; AUTHENTICATOR_DATA_LEN] {
        &self.authenticator_data
    }

    /// `clientDataJSON`.
    #[must_use]
    pub fn client_data_json(&self) -> Vec<u8> {
        [self.head.as_bytes(), self.fields.as_bytes(), b"}"].concat()
    }

    /// `authenticatorData || SHA-256(clientDataJSON)`, 69 bytes: the message that is signed with ECDSA and SHA-256.
    #[must_use]
    pub fn preimage(&self) -> Vec<u8> {
        client::preimage(&self.authenticator_data, &self.client_data_json())
    }

    /// SHA-256 of [`Statement::preimage`].
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&self.preimage())
    }
}

/// X1 to X6 for the request with hash `request`: what this holder signs for it.
///
/// # Errors
/// [`PasskeyError`], of the first check that fails, in the order of their numbers.
pub fn check(
    record: &Record,
    payload: &Payload,
    request: &[u8; 32],
    evidence: Option<&UserEvidence>,
) -> Result<Statement, PasskeyError> {
    // [X1] the RP ID is the record's
    if payload.rp_id != record.rp_id() {
        return Err(PasskeyError::WrongRp);
    }
    // [X2] so is the origin, whole; that it goes with the RP ID was checked when the record was made or read
    if payload.origin != record.origin() {
        return Err(PasskeyError::WrongOrigin);
    }
    // [X2] and the mode: a login whose challenge is the hash of a transaction would be one
    if payload.mode() != record.mode().number() {
        return Err(PasskeyError::WrongMode);
    }
    // [X3] sizes and flags; a transaction always has user verification
    let (challenges, flags): (_, &[u8]) = match record.mode() {
        Mode::Web => (16..=64, &[PRESENT, VERIFIED]),
        Mode::Safe { .. } => (32..=32, &[VERIFIED]),
    };
    if !challenges.contains(&payload.challenge.len()) {
        return Err(PasskeyError::Challenge);
    }
    if !flags.contains(&payload.flags) {
        return Err(PasskeyError::Flags);
    }
    if let (Mode::Safe { chain_id, safe }, Some(transaction)) = (record.mode(), &payload.transaction) {
        // [X4] this Safe on this chain, and the challenge is the hash of the fields
        let mine = (transaction.chain_id, transaction.safe) == (chain_id, safe);
        if !mine || payload.challenge != transaction.hash() {
            return Err(PasskeyError::WrongSafeTx);
        }
        // [X5] no delegate call
        if transaction.tx.operation != 0 {
            return Err(PasskeyError::DelegateCall);
        }
    }
    // [X6] the flag says what this holder has seen, for this request
    if payload.flags & UV != 0 && evidence.is_none_or(|seen| seen.request != *request) {
        return Err(PasskeyError::NoUserEvidence);
    }
    let (head, fields) = client::client_data(Ceremony::Get, &payload.challenge, record.origin());
    let authenticator_data = client::authenticator_data(record.rp_id(), payload.flags);
    Ok(Statement { record: record.clone(), authenticator_data, head, fields })
}
