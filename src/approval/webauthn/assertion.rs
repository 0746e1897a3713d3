//! W1-W18: Assertions.

use alloc::vec::Vec;
use core::fmt;
use core::ops::RangeInclusive;

use sha2::{Digest as _, Sha256};

use super::authdata::{AuthData, Flags};
use super::clientdata::ClientData;
use super::config::{CounterRule, WebauthnConfig};
use super::credential::{Credential, RecordUpdate};
use super::error::{Field, WebauthnError};
use super::set::{CredentialSet, Entry};
use crate::approval::approver::ApproverId;
use crate::approval::keyfmt::EcdsaSignature;
use crate::hash::sha256;

pub(super) const CLIENT_DATA_LENS: RangeInclusive<usize> = 1..=4096;
pub(super) const CHALLENGE_LENS: RangeInclusive<usize> = 16..=64;
pub(super) const USER_HANDLE_LENS: RangeInclusive<usize> = 1..=64;

/// What the caller waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected<'a> {
    /// The challenge: 16 to 64 bytes, of which nobody could know before whom they were made for.
    pub challenge: &'a [u8],
    /// Whose assertion it must be; `None` if the user handle is to say.
    pub owner: Option<ApproverId>,
}

/// What the browser handed over, decoded from base64url and not yet believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Assertion<'a> {
    /// `rawId`.
    pub credential_id: &'a [u8],
    /// `clientDataJSON`, as received: its bytes are signed.
    pub client_data: &'a [u8],
    /// `authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// `signature`.
    pub signature: &'a [u8],
    /// `userHandle`.
    pub user_handle: Option<&'a [u8]>,
}

/// An assertion that passed every check. Only [`verify`] makes one, and there is no second copy of it.
///
/// ```compile_fail,E0599
/// fn twice(verified: &quorate::approval::webauthn::Verified) {
///     let _ = (*verified).clone();
/// }
/// ```
///
/// ```compile_fail,E0451
/// use quorate::approval::{approver::ApproverId, webauthn::Verified};
/// fn forge(approver: ApproverId, other: Verified) -> Verified {
///     Verified { approver, ..other }
/// }
/// ```
pub struct Verified {
    approver: ApproverId,
    challenge: Vec<u8>,
    flags: Flags,
    sign_count: u32,
    counter_signal: bool,
    update: RecordUpdate,
}

impl Verified {
    /// The id of the credential.
    #[must_use]
    pub fn credential_id(&self) -> &[u8] {
        &self.update.credential_id
    }

    /// Whose credential it is.
    #[must_use]
    pub const fn approver(&self) -> ApproverId {
        self.approver
    }

    /// The challenge that was signed.
    #[must_use]
    pub fn challenge(&self) -> &[u8] {
        &self.challenge
    }

    /// What the authenticator says of its user and of the key's backup.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// The signature counter of this assertion.
    #[must_use]
    pub const fn sign_count(&self) -> u32 {
        self.sign_count
    }

    /// Whether the counter did not rise: there may be a copy of the key. Only under [`CounterRule::Signal`].
    #[must_use]
    pub const fn counter_signal(&self) -> bool {
        self.counter_signal
    }

    /// What is to be stored once what this approves is accepted.
    #[must_use]
    pub const fn update(&self) -> &RecordUpdate {
        &self.update
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("approver", &self.approver)
            .field("flags", &self.flags)
            .finish_non_exhaustive()
    }
}

/// Verifies an assertion. Pure: it changes nothing, and a failure consumes nothing, so that a stranger cannot burn a challenge.
///
/// # Errors
/// [`WebauthnError`], that of the first check which fails in the order of [the table](super).
pub fn verify(
    config: &WebauthnConfig,
    credentials: &CredentialSet,
    expected: Expected<'_>,
    assertion: &Assertion<'_>,
) -> Result<Verified, WebauthnError> {
    sizes(&expected, assertion)?;
    let Entry { owner, credential, .. } = find(credentials, &expected, assertion)?;
    let record = credential.parts();
    // [W4]
    let client = ClientData::read(assertion.client_data).map_err(WebauthnError::ClientData)?;
    // [W5] [W6] [W7] [W8]
    client.check("webauthn.get", expected.challenge, config)?;
    // [W9]
    let data = AuthData::of_assertion(assertion.authenticator_data).map_err(WebauthnError::AuthData)?;
    // [W10] In the list, and the credential's own: one relying party may have several RP IDs.
    if config.rp_id(data.rp_id_hash) != Some(record.rp_id.as_str()) {
        return Err(WebauthnError::RpId);
    }
    // [W11] [W12] [W13]
    data.check_flags(config, || {
        // [W14]
        if data.flags.backup_eligible() == record.backup_eligible {
            Ok(())
        } else {
            Err(WebauthnError::BackupChanged)
        }
    })?;
    // [W16]
    let signature =
        EcdsaSignature::from_der(assertion.signature).map_err(|_| WebauthnError::SignatureEncoding)?;
    // [W17]
    let digest = signed_digest(assertion.authenticator_data, assertion.client_data);
    if !record.key.verify(&digest, &signature) {
        return Err(WebauthnError::BadSignature);
    }
    let counter_signal = counter(config, credential, data.sign_count, expected.challenge)?;
    Ok(Verified {
        approver: *owner,
        challenge: expected.challenge.to_vec(),
        flags: data.flags,
        sign_count: data.sign_count,
        counter_signal,
        update: RecordUpdate {
            credential_id: record.id.clone(),
            old_sign_count: record.sign_count,
            // The highest ever seen, so that a copy which is behind shows at each use.
            sign_count: record.sign_count.max(data.sign_count),
            backed_up: data.flags.backed_up(),
            uv_initialised: record.uv_initialised || data.flags.user_verified(),
            // An answer that was signalled is signalled again when it comes again, and no retry of the right key's is.
            last_challenge: if counter_signal { record.last_challenge } else { sha256(expected.challenge) },
        },
    })
}

fn sizes(expected: &Expected<'_>, assertion: &Assertion<'_>) -> Result<(), WebauthnError> {
    // [W1]
    in_bounds(Field::Challenge, expected.challenge, CHALLENGE_LENS)?;
    in_bounds(Field::ClientData, assertion.client_data, CLIENT_DATA_LENS)?;
    in_bounds(Field::AuthenticatorData, assertion.authenticator_data, 37..=1024)?;
    in_bounds(Field::Signature, assertion.signature, 8..=72)?;
    in_bounds(Field::CredentialId, assertion.credential_id, 1..=1023)?;
    assertion.user_handle.map_or(Ok(()), |handle| in_bounds(Field::UserHandle, handle, USER_HANDLE_LENS))
}

pub(super) fn in_bounds(
    field: Field,
    bytes: &[u8],
    lens: RangeInclusive<usize>,
) -> Result<(), WebauthnError> {
    if lens.contains(&bytes.len()) { Ok(()) } else { Err(WebauthnError::TooLarge(field)) }
}

fn find<'a>(
    credentials: &'a CredentialSet,
    expected: &Expected<'_>,
    assertion: &Assertion<'_>,
) -> Result<&'a Entry, WebauthnError> {
    // [W2] To a stranger, another approver's credential does not exist.
    let entry = credentials
        .get(assertion.credential_id)
        .filter(|entry| expected.owner.is_none_or(|owner| owner == entry.owner))
        .ok_or(WebauthnError::UnknownCredential)?;
    if !entry.active {
        return Err(WebauthnError::Inactive);
    }
    // [W3]
    match assertion.user_handle {
        Some(handle) if handle == entry.credential.parts().user_handle => Ok(entry),
        None if expected.owner.is_some() => Ok(entry),
        _ => Err(WebauthnError::UserHandle),
    }
}

/// `SHA-256(authenticatorData || SHA-256(clientDataJSON))`.
pub(super) fn signed_digest(authenticator_data: &[u8], client_data: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(authenticator_data).chain_update(sha256(client_data)).finalize().into()
}

/// Whether to signal that the counter did not rise. Two zeros mean that there is no counter. The same counter with the same
/// challenge is a retry, or one of a batch that was signed at once.
fn counter(
    config: &WebauthnConfig,
    credential: &Credential,
    new: u32,
    challenge: &[u8],
) -> Result<bool, WebauthnError> {
    // [W18]
    let stored = credential.parts().sign_count;
    let again = new == stored && (stored == 0 || credential.last_accepted(challenge));
    match config.counter {
        _ if new > stored || again => Ok(false),
        CounterRule::Strict => Err(WebauthnError::CounterRegressed),
        CounterRule::Signal => Ok(true),
        CounterRule::Ignore => Ok(false),
    }
}
