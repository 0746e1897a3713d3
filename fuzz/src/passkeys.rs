//! Everything that reads what a browser or an authenticator wrote. The first byte picks a reader, the rest is its input.
//!
//! What has one encoding is written out again. The last two readers are whole: of the published example they take nothing but what
//! was signed.

use std::collections::BTreeMap;

use quorate::approval::approver::ApproverId;
use quorate::approval::cbor::{Item, Order};
use quorate::approval::json::{Limits, Object};
use quorate::approval::keyfmt::{CoseAlgorithms, EcdsaSignature, P256Key};
use quorate::approval::webauthn::{
    Assertion, Credential, CredentialSet, EnrolError, Expected, NewCredential, Registration, Settings,
    WebauthnConfig, enrol, verify,
};

const VECTORS: &str = include_str!("../../tests/vectors/webauthn_level3.txt");
const OWNER: ApproverId = ApproverId([1; 32]);

pub(crate) struct Table {
    config: WebauthnConfig,
    fields: BTreeMap<&'static str, Vec<u8>>,
    set: CredentialSet,
}

impl Table {
    /// The example packed-self.ES256, enrolled.
    pub(crate) fn new() -> Self {
        let section =
            VECTORS.split("\n\n").find(|section| section.starts_with("[packed-self.ES256]")).unwrap();
        let fields =
            section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, hex)| (name, bytes(hex)));
        let mut settings = Settings::new(&["example.org"], &["https://example.org"]);
        settings.require_uv = false;
        let config = WebauthnConfig::new(settings).unwrap();
        let mut table = Self { config, fields: fields.collect(), set: CredentialSet::new() };
        let new = table.enrol(table.field("create.clientDataJSON"), table.field("create.attestationObject"));
        table.set.insert(OWNER, new.unwrap().into_credential()).unwrap();
        table
    }

    fn field(&self, name: &str) -> &[u8] {
        &self.fields[name]
    }

    fn credential(&self) -> &Credential {
        &self.set.iter().next().unwrap().credential
    }

    fn enrol(&self, client_data: &[u8], attestation_object: &[u8]) -> Result<NewCredential, EnrolError> {
        let registration = Registration { client_data, attestation_object, user_handle: &[1] };
        enrol(&self.config, self.field("create.challenge"), &registration, &CredentialSet::new())
    }

    pub(crate) fn check(&self, data: &[u8]) {
        let Some((pick, bytes)) = data.split_first() else { return };
        let key = |read: Result<P256Key, _>, write: &dyn Fn(P256Key) -> Vec<u8>| read.ok().map(write);
        let again = match pick {
            0 => {
                let _ = Object::read(bytes, Limits { depth: 4, members: 32 });
                None
            }
            1 => {
                let any = Item::read(bytes, Order::Any);
                if let Ok(sorted) = Item::read(bytes, Order::Ctap2) {
                    assert_eq!(any, Ok(sorted));
                }
                None
            }
            2 => EcdsaSignature::from_der(bytes).ok().map(|signature| signature.to_der()),
            3 => key(P256Key::from_cose(bytes, CoseAlgorithms::Es256), &|key| key.to_cose().to_vec()),
            4 => key(P256Key::from_spki_der(bytes), &|key| key.to_spki_der().to_vec()),
            5 => key(P256Key::from_sec1(bytes), &|key| match bytes.len() {
                33 => key.to_sec1().to_vec(),
                _ => key.to_sec1_uncompressed().to_vec(),
            }),
            6 => key(P256Key::from_raw64(bytes), &|key| key.to_raw64().to_vec()),
            7 => {
                if let Ok(key) = P256Key::from_jwk(bytes) {
                    assert_eq!(P256Key::from_jwk(key.to_jwk().as_bytes()), Ok(key));
                }
                None
            }
            8 => Credential::from_bytes(bytes).map(|record| record.to_bytes()),
            9 => {
                self.assertion(bytes);
                None
            }
            _ => {
                self.registration(bytes);
                None
            }
        };
        assert!(again.is_none_or(|again| again == bytes), "{pick}: two encodings");
    }

    /// Client data, authenticator data and a signature, each after its length.
    fn assertion(&self, bytes: &[u8]) {
        let Some([client_data, authenticator_data, signature]) = pieces(bytes) else { return };
        let assertion = Assertion {
            credential_id: self.field("credential_id"),
            client_data,
            authenticator_data,
            signature,
            user_handle: None,
        };
        let expected = Expected { challenge: self.field("get.challenge"), owner: Some(OWNER) };
        let right = self.parts("get", ["clientDataJSON", "authenticatorData", "signature"]);
        let taken = verify(&self.config, &self.set, expected, &assertion).is_ok();
        assert_eq!(taken, [client_data, authenticator_data, signature] == right);
    }

    /// Client data and an attestation object, each after its length.
    fn registration(&self, bytes: &[u8]) {
        let Some([client_data, object]) = pieces(bytes) else { return };
        let right = self.parts("create", ["clientDataJSON", "attestationObject"]);
        assert_eq!(self.enrol(client_data, object).is_ok(), [client_data, object] == right);
    }

    fn parts<const N: usize>(&self, ceremony: &str, names: [&str; N]) -> [&[u8]; N] {
        names.map(|name| self.field(&format!("{ceremony}.{name}")))
    }

    /// An input that each reader takes.
    pub(crate) fn seeds(&self) -> Vec<Vec<u8>> {
        let key = self.credential().parts().key;
        let joined = |parts: &[&[u8]]| -> Vec<u8> {
            parts.iter().flat_map(|part| [&(part.len() as u16).to_be_bytes()[..], part].concat()).collect()
        };
        [
            self.field("create.clientDataJSON").to_vec(),
            self.field("create.attestationObject").to_vec(),
            self.field("get.signature").to_vec(),
            key.to_cose().to_vec(),
            key.to_spki_der().to_vec(),
            key.to_sec1().to_vec(),
            key.to_raw64().to_vec(),
            key.to_jwk().into_bytes(),
            self.credential().to_bytes(),
            joined(&self.parts("get", ["clientDataJSON", "authenticatorData", "signature"])),
            joined(&self.parts("create", ["clientDataJSON", "attestationObject"])),
        ]
        .into_iter()
        .zip(0..)
        .map(|(seed, pick)| [vec![pick], seed].concat())
        .collect()
    }
}

fn pieces<const N: usize>(mut bytes: &[u8]) -> Option<[&[u8]; N]> {
    let mut out = [&[][..]; N];
    for piece in &mut out {
        let (length, rest) = bytes.split_first_chunk()?;
        (*piece, bytes) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    }
    bytes.is_empty().then_some(out)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
