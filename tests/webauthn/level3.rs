//! The test vectors of Web Authentication Level 3, section 16.

use std::collections::BTreeMap;

use quorate::approval::webauthn::{
    Assertion, Attestation, Credential, CredentialSet, CrossOrigin, EnrolError, Expected, Registration,
    Settings, Verified, WebauthnConfig, WebauthnError, enrol, verify,
};

use crate::scene::{HANDLE, ORIGIN, OWNER, RP};

pub(crate) const VECTORS: &str = include_str!("../vectors/webauthn_level3.txt");

pub(crate) struct Vector {
    pub(crate) name: &'static str,
    fields: BTreeMap<&'static str, Vec<u8>>,
}

impl Vector {
    pub(crate) fn get(&self, field: &str) -> &[u8] {
        &self.fields[field]
    }

    pub(crate) fn enrol(&self, settings: &Settings) -> Result<Credential, EnrolError> {
        let registration = Registration {
            client_data: self.get("create.clientDataJSON"),
            attestation_object: self.get("create.attestationObject"),
            user_handle: HANDLE,
        };
        let config = WebauthnConfig::new(settings.clone()).unwrap();
        let new = enrol(&config, self.get("create.challenge"), &registration, &CredentialSet::new())?;
        let credential = new.into_credential();
        assert_eq!(credential.parts().id, self.get("credential_id"));
        assert_eq!(Credential::from_bytes(&credential.to_bytes()).as_ref(), Some(&credential));
        Ok(credential)
    }

    pub(crate) fn verify(
        &self,
        settings: &Settings,
        credential: Credential,
    ) -> Result<Verified, WebauthnError> {
        let mut set = CredentialSet::new();
        set.insert(OWNER, credential).unwrap();
        let assertion = Assertion {
            credential_id: self.get("credential_id"),
            client_data: self.get("get.clientDataJSON"),
            authenticator_data: self.get("get.authenticatorData"),
            signature: self.get("get.signature"),
            user_handle: None,
        };
        let config = WebauthnConfig::new(settings.clone()).unwrap();
        let expected = Expected { challenge: self.get("get.challenge"), owner: Some(OWNER) };
        verify(&config, &set, expected, &assertion)
    }
}

pub(crate) fn vectors() -> Vec<Vector> {
    let mut out: Vec<Vector> = Vec::new();
    for line in VECTORS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once(" = ") {
            Some((field, value)) => {
                out.last_mut().unwrap().fields.insert(field, hex::decode(value).unwrap());
            }
            None => out.push(Vector { name: line.trim_matches(['[', ']']), fields: BTreeMap::new() }),
        }
    }
    out
}

pub(crate) fn vector(name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.name == name).unwrap()
}

/// Everything allowed that some vector needs.
pub(crate) fn lenient() -> Settings {
    let mut settings = Settings::new(&[RP], &[ORIGIN]);
    settings.require_uv = false;
    settings.cross_origin = CrossOrigin::Allow;
    settings.top_origins = vec!["https://example.com".into()];
    settings.accept_unverified = true;
    settings
}

#[test]
fn every_vector_is_accepted_where_what_it_has_is_allowed() {
    let names: Vec<_> = vectors().iter().map(|vector| vector.name).collect();
    assert_eq!(
        names,
        [
            "none.ES256",
            "packed-self.ES256",
            "none.ES256.crossOrigin",
            "none.ES256.topOrigin",
            "none.ES256.long-credential-id",
            "packed.ES256"
        ]
    );
    for vector in vectors() {
        let credential = vector.enrol(&lenient()).unwrap();
        let parts = credential.parts().clone();
        let attestation = match vector.name {
            "packed-self.ES256" => Attestation::SelfSigned,
            "packed.ES256" => Attestation::Unverified,
            _ => Attestation::None,
        };
        assert_eq!(parts.attestation, attestation, "{}", vector.name);
        let verified = vector.verify(&lenient(), credential).unwrap();
        assert_eq!(
            (verified.credential_id(), verified.challenge()),
            (vector.get("credential_id"), vector.get("get.challenge"))
        );
        // No vector has a counter.
        assert_eq!((verified.sign_count(), verified.counter_signal(), parts.sign_count), (0, false, 0));
        assert_eq!(verified.flags().backup_eligible(), parts.backup_eligible);
    }
    assert_eq!(vector("none.ES256.long-credential-id").get("credential_id").len(), 1023);
}

/// Which vectors have a verified user, in the registration and in the assertion.
#[test]
fn w12_unverified_users_are_refused_by_default() {
    let mut settings = lenient();
    settings.require_uv = true;
    for vector in vectors() {
        let (create, get) = match vector.name {
            "none.ES256" => (false, false),
            "packed-self.ES256" => (true, false),
            "none.ES256.topOrigin" | "none.ES256.long-credential-id" => (false, true),
            _ => (true, true),
        };
        let unverified = WebauthnError::UserNotVerified;
        let enrolled = vector.enrol(&settings).map(|credential| credential.parts().uv_initialised);
        assert_eq!(
            enrolled,
            if create { Ok(true) } else { Err(EnrolError::Webauthn(unverified.clone())) },
            "{}",
            vector.name
        );
        let credential = vector.enrol(&lenient()).unwrap();
        assert_eq!(credential.parts().uv_initialised, create);
        let verified = vector.verify(&settings, credential).map(|verified| verified.flags().user_verified());
        assert_eq!(verified, if get { Ok(true) } else { Err(unverified) }, "{}", vector.name);
    }
}

#[test]
fn w8_frames_are_refused_by_default() {
    let mut deny = lenient();
    deny.cross_origin = CrossOrigin::Deny;
    let mut no_top = lenient();
    no_top.top_origins = vec!["https://example.net".into()];
    for vector in vectors() {
        let framed = vector.name.contains("crossOrigin") || vector.name.contains("topOrigin");
        let credential = vector.enrol(&lenient()).unwrap();
        let wanted = if framed { Err(WebauthnError::CrossOrigin) } else { Ok(()) };
        assert_eq!(vector.verify(&deny, credential.clone()).map(|_| ()), wanted, "{}", vector.name);
        assert_eq!(vector.enrol(&deny).map(|_| ()), wanted.map_err(EnrolError::Webauthn));
        let wanted = if vector.name.contains("topOrigin") { Err(WebauthnError::TopOrigin) } else { Ok(()) };
        assert_eq!(vector.verify(&no_top, credential).map(|_| ()), wanted, "{}", vector.name);
        assert_eq!(vector.enrol(&no_top).map(|_| ()), wanted.map_err(EnrolError::Webauthn));
    }
}

#[test]
fn n7_a_certificate_chain_is_refused_by_default() {
    let mut settings = lenient();
    settings.accept_unverified = false;
    for vector in vectors() {
        let wanted =
            if vector.name == "packed.ES256" { Err(EnrolError::UnsupportedAttestation) } else { Ok(()) };
        assert_eq!(vector.enrol(&settings).map(|_| ()), wanted, "{}", vector.name);
    }
}

/// none.ES256 has a high s.
#[test]
fn k8_a_published_signature_has_a_high_s() {
    use quorate::approval::keyfmt::EcdsaSignature;
    let vector = vector("none.ES256");
    let signature = EcdsaSignature::from_der(vector.get("get.signature")).unwrap();
    assert_ne!(signature, signature.normalize_s());
}
