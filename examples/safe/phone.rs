//! A person's real passkey: the authenticator in their phone, as software. It approves; it holds no share.

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use quorate::approval::webauthn::{Assertion, Registration};
use sha2::{Digest, Sha256};

use super::base64url;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

pub(crate) struct Phone {
    key: SigningKey,
    pub(crate) id: [u8; 32],
    rp_id: String,
    origin: String,
}

/// What the browser hands over at registration.
pub(crate) struct Registered {
    pub(crate) client_data: Vec<u8>,
    pub(crate) attestation_object: Vec<u8>,
}

impl Registered {
    pub(crate) fn registration<'a>(&'a self, user_handle: &'a [u8]) -> Registration<'a> {
        let Self { client_data, attestation_object } = self;
        Registration { client_data, attestation_object, user_handle }
    }
}

/// What the browser hands over at each use.
pub(crate) struct Used {
    pub(crate) id: [u8; 32],
    pub(crate) client_data: Vec<u8>,
    pub(crate) authenticator_data: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Used {
    pub(crate) fn assertion(&self) -> Assertion<'_> {
        Assertion {
            credential_id: &self.id,
            client_data: &self.client_data,
            authenticator_data: &self.authenticator_data,
            signature: &self.signature,
            user_handle: None,
        }
    }
}

impl Phone {
    pub(crate) fn new(secret: &[u8; 32], rp_id: &str, origin: &str) -> Result<Self, p256::ecdsa::Error> {
        let key = SigningKey::from_slice(secret)?;
        let id = Sha256::digest(key.verifying_key().to_sec1_point(true)).into();
        Ok(Self { key, id, rp_id: rp_id.into(), origin: origin.into() })
    }

    fn authenticator_data(&self, flags: u8) -> Vec<u8> {
        [&Sha256::digest(&self.rp_id)[..], &[flags], &[0; 4]].concat()
    }

    fn client_data(&self, ceremony: &str, challenge: &[u8]) -> Vec<u8> {
        let (challenge, origin) = (base64url(challenge), &self.origin);
        format!(
            r#"{{"type":"{ceremony}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#
        )
        .into()
    }

    pub(crate) fn register(&self, challenge: &[u8]) -> Registered {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        let mut data = self.authenticator_data(PRESENT | VERIFIED | ATTESTED);
        data.extend_from_slice(&[&[0; 16][..], &[0, 32], &self.id].concat());
        data.extend_from_slice(
            &[b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", x, b"\x22\x58\x20", y].concat(),
        );
        let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58\xa4", &data[..]].concat();
        Registered { client_data: self.client_data("webauthn.create", challenge), attestation_object: object }
    }

    /// Signs a challenge, with the user's face, finger or PIN, or without.
    pub(crate) fn sign(&self, challenge: &[u8], verified: bool) -> Used {
        let authenticator_data = self.authenticator_data(if verified { PRESENT | VERIFIED } else { PRESENT });
        let client_data = self.client_data("webauthn.get", challenge);
        let message = [&authenticator_data[..], &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.key.sign(&message);
        let signature = signature.to_der().as_bytes().to_vec();
        Used { id: self.id, client_data, authenticator_data, signature }
    }
}
