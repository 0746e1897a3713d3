//! An authenticator and a browser of our own, which sign whatever a test wants, so that each refusal has one reason.

use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use quorate::approval::approver::ApproverId;
use quorate::approval::keyfmt::P256Key;
use quorate::approval::webauthn::{
    Assertion, Attestation, Credential, CredentialSet, EnrolError, Expected, NewCredential, Parts,
    Registration, Settings, Verified, WebauthnConfig, WebauthnError, enrol, verify,
};
use sha2::{Digest as _, Sha256};

pub(crate) const RP: &str = "example.org";
pub(crate) const ORIGIN: &str = "https://example.org";
pub(crate) const CHALLENGE: [u8; 32] = [0x5a; 32];
pub(crate) const OWNER: ApproverId = ApproverId([1; 32]);
pub(crate) const HANDLE: &[u8] = b"handle of user 1";

pub(crate) const UP: u8 = 0x01;
pub(crate) const UV: u8 = 0x04;
pub(crate) const BE: u8 = 0x08;
pub(crate) const BS: u8 = 0x10;
pub(crate) const AT: u8 = 0x40;
pub(crate) const ED: u8 = 0x80;

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// base64url without padding, by hand: the tests do not take the library's word for it.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    out
}

pub(crate) struct Key(SigningKey);

impl Key {
    pub(crate) fn new(n: u8) -> Self {
        Self(SigningKey::from_slice(&[n; 32]).unwrap())
    }

    pub(crate) fn public(&self) -> P256Key {
        P256Key::from_sec1(self.0.verifying_key().to_sec1_point(true).as_bytes()).unwrap()
    }

    pub(crate) fn sign(&self, authenticator_data: &[u8], client_data: &[u8]) -> Signature {
        let digest = sha256(&[authenticator_data, &sha256(client_data)].concat());
        self.0.sign_prehash(&digest).unwrap()
    }
}

pub(crate) fn client_data(kind: &str, challenge: &[u8], origin: &str) -> String {
    let challenge = base64url(challenge);
    format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#)
}

pub(crate) fn auth_data(rp: &str, flags: u8, count: u32) -> Vec<u8> {
    [&sha256(rp.as_bytes())[..], &[flags], &count.to_be_bytes()].concat()
}

/// An assertion to be made, the relying party that it is made for, and its record of the credential.
pub(crate) struct Scene {
    pub(crate) settings: Settings,
    pub(crate) parts: Parts,
    pub(crate) active: bool,
    pub(crate) key: Key,
    pub(crate) challenge: Vec<u8>,
    pub(crate) owner: Option<ApproverId>,
    pub(crate) id: Vec<u8>,
    pub(crate) client: Vec<u8>,
    pub(crate) auth: Vec<u8>,
    /// In place of the right one.
    pub(crate) signature: Option<Vec<u8>>,
    pub(crate) handle: Option<Vec<u8>>,
}

impl Scene {
    /// One that is accepted under the strictest rules.
    pub(crate) fn new() -> Self {
        let key = Key::new(7);
        Self {
            settings: Settings::new(&[RP], &[ORIGIN]),
            parts: parts(b"a credential's id", &key),
            active: true,
            key,
            challenge: CHALLENGE.to_vec(),
            owner: Some(OWNER),
            id: b"a credential's id".to_vec(),
            client: client_data("webauthn.get", &CHALLENGE, ORIGIN).into_bytes(),
            auth: auth_data(RP, UP | UV, 8),
            signature: None,
            handle: Some(HANDLE.to_vec()),
        }
    }

    pub(crate) fn set(&self) -> CredentialSet {
        let mut set = CredentialSet::new();
        set.insert(OWNER, Credential::from_parts(self.parts.clone()).unwrap()).unwrap();
        assert!(set.set_active(&self.parts.id, self.active));
        set
    }

    pub(crate) fn signature(&self) -> Vec<u8> {
        match &self.signature {
            Some(given) => given.clone(),
            None => self.key.sign(&self.auth, &self.client).to_der().as_bytes().to_vec(),
        }
    }

    pub(crate) fn run(&self) -> Result<Verified, WebauthnError> {
        self.run_in(&self.set())
    }

    pub(crate) fn run_in(&self, set: &CredentialSet) -> Result<Verified, WebauthnError> {
        let config = WebauthnConfig::new(self.settings.clone())?;
        let assertion = Assertion {
            credential_id: &self.id,
            client_data: &self.client,
            authenticator_data: &self.auth,
            signature: &self.signature(),
            user_handle: self.handle.as_deref(),
        };
        let before = set.clone();
        let result =
            verify(&config, set, Expected { challenge: &self.challenge, owner: self.owner }, &assertion);
        assert_eq!(*set, before);
        result
    }

    /// The refusal. The scene without the change is accepted, which each test that asks for this relies on.
    pub(crate) fn refusal(&self) -> WebauthnError {
        Self::new().run().unwrap();
        self.run().unwrap_err()
    }

    pub(crate) fn client(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.client = text.into();
        self
    }
}

pub(crate) fn parts(id: &[u8], key: &Key) -> Parts {
    Parts {
        id: id.to_vec(),
        key: key.public(),
        rp_id: RP.to_owned(),
        user_handle: HANDLE.to_vec(),
        backup_eligible: false,
        backed_up: false,
        uv_initialised: true,
        sign_count: 7,
        aaguid: [3; 16],
        attestation: Attestation::None,
        last_challenge: [0; 32],
    }
}

/// A registration to be made.
pub(crate) struct Enrolment {
    pub(crate) settings: Settings,
    pub(crate) set: CredentialSet,
    pub(crate) challenge: Vec<u8>,
    pub(crate) client: Vec<u8>,
    pub(crate) auth: Vec<u8>,
    pub(crate) format: &'static str,
    /// In CBOR; that of the format where there is none.
    pub(crate) statement: Option<Vec<u8>>,
    /// In place of the one made of the parts above.
    pub(crate) object: Option<Vec<u8>>,
    pub(crate) handle: Vec<u8>,
    pub(crate) key: Key,
}

pub(crate) const NEW_ID: &[u8] = b"a new credential's id";

impl Enrolment {
    pub(crate) fn new(format: &'static str) -> Self {
        let key = Key::new(9);
        Self {
            settings: Settings::new(&[RP], &[ORIGIN]),
            set: CredentialSet::new(),
            challenge: CHALLENGE.to_vec(),
            client: client_data("webauthn.create", &CHALLENGE, ORIGIN).into_bytes(),
            auth: attested(UP | UV | AT, NEW_ID, &key.public().to_cose()),
            format,
            statement: None,
            object: None,
            handle: HANDLE.to_vec(),
            key,
        }
    }

    pub(crate) fn object(&self) -> Vec<u8> {
        if let Some(object) = &self.object {
            return object.clone();
        }
        let statement = self.statement.clone().unwrap_or_else(|| match self.format {
            "packed" => self_statement(0x26, self.key.sign(&self.auth, &self.client).to_der().as_bytes()),
            _ => vec![0xa0],
        });
        attestation_object(self.format, &statement, &self.auth)
    }

    pub(crate) fn run(&self) -> Result<NewCredential, EnrolError> {
        let config = WebauthnConfig::new(self.settings.clone()).unwrap();
        let registration = Registration {
            client_data: &self.client,
            attestation_object: &self.object(),
            user_handle: &self.handle,
        };
        enrol(&config, &self.challenge, &registration, &self.set)
    }

    pub(crate) fn refusal(&self) -> EnrolError {
        Self::new(if self.format == "packed" { "packed" } else { "none" }).run().unwrap();
        self.run().unwrap_err()
    }
}

/// Authenticator data with a credential.
pub(crate) fn attested(flags: u8, id: &[u8], cose: &[u8]) -> Vec<u8> {
    let length = (id.len() as u16).to_be_bytes();
    [&auth_data(RP, flags, 5)[..], &[0xaa; 16], &length, id, cose].concat()
}

/// `{"alg": .., "sig": ..}`, with the algorithm's byte.
pub(crate) fn self_statement(algorithm: u8, signature: &[u8]) -> Vec<u8> {
    [&b"\xa2\x63alg"[..], &[algorithm], b"\x63sig", &cbor_bytes(signature)].concat()
}

pub(crate) fn attestation_object(format: &str, statement: &[u8], auth: &[u8]) -> Vec<u8> {
    let format = [&[0x60 + format.len() as u8], format.as_bytes()].concat();
    [b"\xa3\x63fmt", &format[..], b"\x67attStmt", statement, b"\x68authData", &cbor_bytes(auth)].concat()
}

pub(crate) fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len();
    let head = match length {
        0..24 => vec![0x40 + length as u8],
        24..256 => vec![0x58, length as u8],
        _ => vec![0x59, (length >> 8) as u8, length as u8],
    };
    [head, bytes.to_vec()].concat()
}
