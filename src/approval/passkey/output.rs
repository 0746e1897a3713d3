//! What a relying party or a Safe gets: the assertion with its signature, and the registration before it.

use alloc::vec::Vec;

use super::check::Statement;
use super::client::{self, AT, AUTHENTICATOR_DATA_LEN, Ceremony, PRESENT, VERIFIED};
use super::error::PasskeyError;
use super::owners;
use super::record::{Mode, Record};
use crate::approval::keyfmt::EcdsaSignature;

/// An assertion, verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assertion {
    statement: Statement,
    signature: EcdsaSignature,
}

impl Statement {
    /// The assertion with the quorum's signature `r || s`; of s and -s the smaller is taken, since some verifiers want it.
    ///
    /// # Errors
    /// [`PasskeyError::BadSignature`] unless it is by the record's key on this statement.
    pub fn finish(self, signature: &[u8; 64]) -> Result<Assertion, PasskeyError> {
        let signature = EcdsaSignature::from_bytes(signature).map_err(|_| PasskeyError::BadSignature)?;
        if !self.record.key().verify(&self.digest(), &signature) {
            return Err(PasskeyError::BadSignature);
        }
        Ok(Assertion { statement: self, signature: signature.normalize_s() })
    }
}

impl Assertion {
    /// The credential's id, 32 bytes.
    #[must_use]
    pub fn credential_id(&self) -> [u8; 32] {
        self.statement.record.credential_id()
    }

    /// The authenticator data.
    #[must_use]
    pub const fn authenticator_data(&self) -> &[u8; AUTHENTICATOR_DATA_LEN] {
        self.statement.authenticator_data()
    }

    /// `clientDataJSON`.
    #[must_use]
    pub fn client_data_json(&self) -> Vec<u8> {
        self.statement.client_data_json()
    }

    /// The signature for WebAuthn: DER, 8 to 72 bytes, low s.
    #[must_use]
    pub fn signature_der(&self) -> Vec<u8> {
        self.signature.to_der()
    }

    /// The signature as `r || s`, low s.
    #[must_use]
    pub fn signature(&self) -> [u8; 64] {
        self.signature.to_bytes()
    }

    /// The signature for the signer contract of a Safe ([`owners`] has its layout); [`owners::owner_blob`] puts it beside the other owners'.
    ///
    /// # Errors
    /// [`PasskeyError::WrongMode`] for a web key.
    pub fn contract_signature(&self) -> Result<Vec<u8>, PasskeyError> {
        let Mode::Safe { .. } = self.statement.record.mode() else { return Err(PasskeyError::WrongMode) };
        Ok(owners::contract_signature(
            &self.statement.authenticator_data,
            &self.statement.fields,
            &self.signature(),
        ))
    }
}

/// What enrols the key at a relying party. It needs no signature and so no quorum: format `none` proves nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registration {
    /// The credential's id, 32 bytes.
    pub credential_id: [u8; 32],
    /// `clientDataJSON` of type `webauthn.create`.
    pub client_data_json: Vec<u8>,
    /// `{fmt: "none", attStmt: {}, authData}`, in CBOR: 194 bytes.
    pub attestation_object: Vec<u8>,
}

/// The answer to a relying party's challenge for a new credential. `user_verified` is the presenter's word: nobody signs it.
///
/// # Errors
/// [`PasskeyError::Challenge`] unless the challenge has 16 to 64 bytes.
pub fn register(
    record: &Record,
    challenge: &[u8],
    user_verified: bool,
) -> Result<Registration, PasskeyError> {
    // [X3] of another ceremony
    if !(16..=64).contains(&challenge.len()) {
        return Err(PasskeyError::Challenge);
    }
    let credential_id = record.credential_id();
    let flags = AT | if user_verified { VERIFIED } else { PRESENT };
    // aaguid 16, all zero: no model of authenticator; id length 2
    let mut data = client::authenticator_data(record.rp_id(), flags).to_vec();
    data.extend_from_slice(&[0; 16]);
    data.extend_from_slice(&[0, 32]);
    data.extend_from_slice(&credential_id);
    data.extend_from_slice(&record.key().to_cose());
    // A map of three; "fmt", "attStmt", "authData" in the order of CTAP2; a byte string of 164.
    let attestation_object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58\xa4", &data[..]].concat();
    let (head, fields) = client::client_data(Ceremony::Create, challenge, record.origin());
    let client_data_json = [head.as_bytes(), fields.as_bytes(), b"}"].concat();
    Ok(Registration { credential_id, client_data_json, attestation_object })
}
