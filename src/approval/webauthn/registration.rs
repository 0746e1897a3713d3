//! N1-N8: Registrations.

use super::assertion::{CHALLENGE_LENS, CLIENT_DATA_LENS, USER_HANDLE_LENS, in_bounds, signed_digest};
use super::authdata::{Attested, AuthData};
use super::clientdata::ClientData;
use super::config::WebauthnConfig;
use super::credential::{Attestation, Credential, Parts};
use super::error::{AttestationFault, EnrolError, Field, WebauthnError};
use super::set::CredentialSet;
use crate::approval::cbor::{Item, Map, Order};
use crate::approval::keyfmt::EcdsaSignature;

const MAX_OBJECT: usize = 16 * 1024;

/// What the browser handed over, decoded from base64url and not yet believed; and what it was asked with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registration<'a> {
    /// `clientDataJSON`, as received.
    pub client_data: &'a [u8],
    /// `attestationObject`.
    pub attestation_object: &'a [u8],
    /// The `user.id` that the browser was given: 1 to 64 bytes. Authenticators give it back as the user handle.
    pub user_handle: &'a [u8],
}

/// A credential that passed every check of a registration. Only [`enrol`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewCredential(Credential);

impl NewCredential {
    /// The record to be stored, once whoever must has approved that it is added.
    #[must_use]
    pub fn into_credential(self) -> Credential {
        self.0
    }

    /// The record.
    #[must_use]
    pub const fn credential(&self) -> &Credential {
        &self.0
    }
}

/// Verifies a registration. Pure: it changes nothing, and adds nothing to the set.
///
/// # Errors
/// [`EnrolError`], that of the first check which fails in the order of [the table](super).
pub fn enrol(
    config: &WebauthnConfig,
    challenge: &[u8],
    registration: &Registration<'_>,
    credentials: &CredentialSet,
) -> Result<NewCredential, EnrolError> {
    // [N1]
    in_bounds(Field::Challenge, challenge, CHALLENGE_LENS)?;
    in_bounds(Field::ClientData, registration.client_data, CLIENT_DATA_LENS)?;
    in_bounds(Field::AttestationObject, registration.attestation_object, 1..=MAX_OBJECT)?;
    in_bounds(Field::UserHandle, registration.user_handle, USER_HANDLE_LENS)?;
    let client = ClientData::read(registration.client_data).map_err(WebauthnError::ClientData)?;
    client.check("webauthn.create", challenge, config)?;
    let object = Object::read(registration.attestation_object).map_err(EnrolError::Attestation)?;
    // [N3]
    let (data, new) = AuthData::of_registration(object.auth_data, config).map_err(EnrolError::AuthData)?;
    // [N4] The record takes the RP ID that the hash is of.
    let rp_id = config.rp_id(data.rp_id_hash).ok_or(WebauthnError::RpId)?;
    data.check_flags(config, || Ok(()))?;
    let digest = signed_digest(object.auth_data, registration.client_data);
    let attestation = object.judge(config, &new, &digest)?;
    // [N8]
    if credentials.has(new.id, &new.key) {
        return Err(EnrolError::DuplicateCredential);
    }
    let parts = Parts {
        id: new.id.to_vec(),
        key: new.key,
        rp_id: rp_id.into(),
        user_handle: registration.user_handle.to_vec(),
        backup_eligible: data.flags.backup_eligible(),
        backed_up: data.flags.backed_up(),
        uv_initialised: data.flags.user_verified(),
        sign_count: data.sign_count,
        aaguid: *new.aaguid,
        attestation,
        last_challenge: [0; 32],
    };
    // The checks above imply those of a record.
    Credential::from_parts(parts).map(NewCredential).ok_or(EnrolError::Webauthn(WebauthnError::RpId))
}

/// The attestation object, taken apart.
struct Object<'a> {
    format: &'a str,
    statement: Map<'a>,
    auth_data: &'a [u8],
}

impl<'a> Object<'a> {
    /// The browser writes it, with its members in any order.
    fn read(bytes: &'a [u8]) -> Result<Self, AttestationFault> {
        // [N2]
        let item = Item::read(bytes, Order::Any).map_err(AttestationFault::Cbor)?;
        let map = item.as_map().filter(|map| map.len() == 3).ok_or(AttestationFault::Members)?;
        let get = |name| map.get(&Item::Text(name));
        let read = || {
            Some(Self {
                format: get("fmt")?.as_text()?,
                statement: get("attStmt")?.as_map()?.clone(),
                auth_data: get("authData")?.as_bytes()?,
            })
        };
        read().ok_or(AttestationFault::Members)
    }

    /// What the statement proves.
    fn judge(
        &self,
        config: &WebauthnConfig,
        new: &Attested<'_>,
        digest: &[u8; 32],
    ) -> Result<Attestation, EnrolError> {
        let has = |name| self.statement.get(&Item::Text(name)).is_some();
        match self.format {
            // [N5]
            "none" if self.statement.is_empty() => Ok(Attestation::None),
            "none" => Err(EnrolError::Attestation(AttestationFault::NotEmpty)),
            // [N6] ECDAA was a form of Level 1.
            "packed" if !has("x5c") && !has("ecdaaKeyId") => {
                self.judge_self(new, digest).map_err(EnrolError::Attestation)
            }
            // [N7]
            _ if config.accept_unverified => Ok(Attestation::Unverified),
            _ => Err(EnrolError::UnsupportedAttestation),
        }
    }

    fn judge_self(&self, new: &Attested<'_>, digest: &[u8; 32]) -> Result<Attestation, AttestationFault> {
        let get = |name| self.statement.get(&Item::Text(name));
        let signature = get("sig").and_then(Item::as_bytes).ok_or(AttestationFault::Statement)?;
        if self.statement.len() != 2 || get("alg") != Some(&Item::int(new.algorithm)) {
            return Err(AttestationFault::Statement);
        }
        let signature = EcdsaSignature::from_der(signature).map_err(|_| AttestationFault::Signature)?;
        if new.key.verify(digest, &signature) {
            Ok(Attestation::SelfSigned)
        } else {
            Err(AttestationFault::Signature)
        }
    }
}
