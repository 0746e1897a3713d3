//! Who accepts what comes out: a relying party by its verifier, and a Safe by its contracts' checks.

use super::abi;
use super::approval::{Office, request};
use super::given::{ORIGIN, RP, key, login, public, raw_signature, safe, transaction, web, with};
use super::safe::{Revert, Safe, SignerContract};
use p256::ecdsa::VerifyingKey;
use quorate::approval::approver::ApproverId;
use quorate::approval::passkey::owners::{OwnerSignature, owner_blob};
use quorate::approval::passkey::{Assertion, Payload, Record, Statement, check, register};
use quorate::approval::webauthn::{
    self, Attestation, CredentialSet, Expected, Registration, Settings, WebauthnConfig, WebauthnError, enrol,
    verify,
};

const USER: ApproverId = ApproverId([0x75; 32]);

/// A relying party where the key is enrolled.
pub(crate) struct RelyingParty {
    config: WebauthnConfig,
    set: CredentialSet,
}

impl RelyingParty {
    pub(crate) fn with(record: &Record, require_uv: bool) -> Self {
        let mut settings = Settings::new(&[RP], &[ORIGIN]);
        settings.require_uv = require_uv;
        let (config, mut set) = (WebauthnConfig::new(settings).unwrap(), CredentialSet::new());
        let answer = register(record, &[0xcc; 32], true).unwrap();
        let registration = Registration {
            client_data: &answer.client_data_json,
            attestation_object: &answer.attestation_object,
            user_handle: b"user",
        };
        let new = enrol(&config, &[0xcc; 32], &registration, &set).unwrap();
        let parts = new.credential().parts();
        assert_eq!((&parts.id[..], parts.key), (&record.credential_id()[..], *record.key()));
        assert_eq!((parts.sign_count, parts.attestation), (0, Attestation::None));
        assert!(parts.backup_eligible && parts.backed_up);
        set.insert(USER, new.into_credential()).unwrap();
        Self { config, set }
    }

    /// Judges a login, and remembers it.
    pub(crate) fn login(&mut self, challenge: &[u8], assertion: &Assertion) -> Result<(), WebauthnError> {
        let (id, client_data, signature) =
            (assertion.credential_id(), assertion.client_data_json(), assertion.signature_der());
        let given = webauthn::Assertion {
            credential_id: &id,
            client_data: &client_data,
            authenticator_data: assertion.authenticator_data(),
            signature: &signature,
            user_handle: Some(b"user"),
        };
        let verified = verify(&self.config, &self.set, Expected { challenge, owner: None }, &given)?;
        self.set.apply(verified.update()).unwrap();
        Ok(())
    }
}

/// What is to be signed for this payload, approved by somebody with a verified passkey.
fn statement(record: &Record, payload: &Payload) -> Statement {
    let request = request(payload, 1);
    check(record, payload, request.hash(), Some(&Office::new().approves(&request))).unwrap()
}

fn sign(statement: Statement) -> Assertion {
    let signature = raw_signature(&statement.preimage());
    statement.finish(&signature).unwrap()
}

fn contract(owner: u8) -> SignerContract {
    let key = VerifyingKey::from_sec1_bytes(&public().to_sec1()).unwrap();
    SignerContract { address: [owner; 20], key }
}

fn signed_transaction() -> ([u8; 32], Assertion) {
    let payload = transaction();
    (payload.challenge.clone().try_into().unwrap(), sign(statement(&safe(), &payload)))
}

#[test]
fn a_relying_party_enrols_the_key_and_lets_it_in_again_and_again() {
    let mut rp = RelyingParty::with(&web(), true);
    for challenge in [&[1; 16][..], &[2; 32], &[3; 64]] {
        let assertion = sign(statement(&web(), &Payload::web(&web(), challenge, true)));
        assert_eq!(assertion.authenticator_data()[32], 0x1d);
        assert_eq!(rp.login(challenge, &assertion), Ok(()));
        assert_eq!(rp.login(&[9; 32], &assertion), Err(WebauthnError::WrongChallenge));
    }
}

#[test]
fn without_user_verification_the_relying_party_decides() {
    let payload = login();
    let assertion = sign(check(&web(), &payload, &[0; 32], None).unwrap());
    assert_eq!(RelyingParty::with(&web(), false).login(&payload.challenge, &assertion), Ok(()));
    let strict = RelyingParty::with(&web(), true).login(&payload.challenge, &assertion);
    assert_eq!(strict, Err(WebauthnError::UserNotVerified));
}

#[test]
fn another_relying_party_refuses_the_assertion() {
    let payload = login();
    let assertion = sign(check(&web(), &payload, &[0; 32], None).unwrap());
    let elsewhere =
        Record::new(public(), "app.wallet.example", ORIGIN, quorate::approval::passkey::Mode::Web).unwrap();
    let (id, client_data) = (assertion.credential_id(), assertion.client_data_json());
    assert_ne!(id, elsewhere.credential_id());
    let config = WebauthnConfig::new(Settings::new(&["app.wallet.example"], &[ORIGIN])).unwrap();
    let answer = register(&elsewhere, &[0xcc; 32], true).unwrap();
    let registration = Registration {
        client_data: &answer.client_data_json,
        attestation_object: &answer.attestation_object,
        user_handle: b"user",
    };
    let mut set = CredentialSet::new();
    set.insert(USER, enrol(&config, &[0xcc; 32], &registration, &set).unwrap().into_credential()).unwrap();
    let given = webauthn::Assertion {
        credential_id: &elsewhere.credential_id(),
        client_data: &client_data,
        authenticator_data: assertion.authenticator_data(),
        signature: &assertion.signature_der(),
        user_handle: None,
    };
    let expected = Expected { challenge: &payload.challenge, owner: Some(USER) };
    assert_eq!(verify(&config, &set, expected, &given).unwrap_err(), WebauthnError::RpId);
}

/// eth_abi.encode(["bytes", "string", "uint256", "uint256"], [authenticatorData, clientDataFields, r, s]), with the r and s that are in it.
const REFERENCE: &str = "0000000000000000000000000000000000000000000000000000000000000080\
    00000000000000000000000000000000000000000000000000000000000000e0\
    RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\
    SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS\
    0000000000000000000000000000000000000000000000000000000000000025\
    f34f7fb99d0c0e35e4dcd9e337700bbc66bbc64ead5e3f674968feac21034455\
    1d00000000000000000000000000000000000000000000000000000000000000\
    0000000000000000000000000000000000000000000000000000000000000039\
    226f726967696e223a2268747470733a2f2f6170702e77616c6c65742e657861\
    6d706c65222c2263726f73734f726967696e223a66616c736500000000000000";

#[test]
fn the_contract_signature_is_the_abi_encoding() {
    let (_, assertion) = signed_transaction();
    let encoded = assertion.contract_signature().unwrap();
    let (r, s) = (hex::encode(&assertion.signature()[..32]), hex::encode(&assertion.signature()[32..]));
    let reference = REFERENCE.replace(&"R".repeat(64), &r).replace(&"S".repeat(64), &s);
    assert_eq!(hex::encode(&encoded), reference);
    let abi::Values { authenticator_data, fields, r, s } = abi::decode(&encoded).unwrap();
    assert_eq!(authenticator_data, assertion.authenticator_data());
    assert_eq!([r, s].concat(), assertion.signature());
    assert_eq!(fields, r#""origin":"https://app.wallet.example","crossOrigin":false"#);
    assert_eq!(encoded.len(), 192 + 64 + 64);
}

#[test]
fn a_safe_takes_the_signature_for_this_transaction_alone() {
    let (hash, assertion) = signed_transaction();
    let signature = assertion.contract_signature().unwrap();
    assert!(contract(1).is_valid_signature(&hash, &signature));
    let other: [u8; 32] = with(|t| t.tx.to[0] ^= 1).challenge.try_into().unwrap();
    assert!(!contract(1).is_valid_signature(&other, &signature));
    let stranger = p256::ecdsa::SigningKey::from_slice(&[8; 32]).unwrap();
    assert_ne!(stranger, key());
    let elsewhere = SignerContract { address: [1; 20], key: *stranger.verifying_key() };
    assert!(!elsewhere.is_valid_signature(&hash, &signature));
}

#[test]
fn safe_blobs_have_exact_lengths() {
    let (hash, assertion) = signed_transaction();
    let signature = assertion.contract_signature().unwrap();
    // longer is refused, shorter is another signature
    assert!(!contract(1).is_valid_signature(&hash, &[&signature[..], &[0]].concat()));
    assert!(!contract(1).is_valid_signature(&hash, &signature[..signature.len() - 32]));
    let owner = |n: u8| OwnerSignature::Contract { owner: [n; 20], signature: signature.clone() };
    let safe = |threshold| Safe { owners: vec![contract(1), contract(2)], threshold };
    let one = owner_blob(&[owner(1)]).unwrap();
    assert_eq!(one.len(), 65 + 32 + signature.len());
    assert_eq!(safe(1).check_signatures(&hash, &one), Ok(()));
    assert_eq!(safe(1).check_signatures(&hash, &one[..one.len() - 1]), Err(Revert::ContractSignatureOutside));
    assert_eq!(safe(2).check_signatures(&hash, &one[..64]), Err(Revert::SignaturesTooShort));
    let two = owner_blob(&[owner(2), owner(1)]).unwrap();
    assert_eq!(two.len(), 2 * (65 + 32 + signature.len()));
    assert_eq!(safe(2).check_signatures(&hash, &two), Ok(()));
    assert_eq!(safe(2).check_signatures(&[0; 32], &two), Err(Revert::ContractSays));
    let stranger = owner_blob(&[owner(1), owner(3)]).unwrap();
    assert_eq!(safe(2).check_signatures(&hash, &stranger), Err(Revert::InvalidOwner));
    let swapped = [&two[65..130], &two[..65], &two[130..]].concat();
    assert_eq!(safe(2).check_signatures(&hash, &swapped), Err(Revert::InvalidOwner));
}

/// The contract would take it: that is why [X6] and [X3] must not.
#[test]
fn the_contract_looks_at_user_verification_and_at_nothing_else() {
    let (hash, _) = signed_transaction();
    let payload = Payload::web(&web(), &hash, false);
    let unverified = sign(check(&web(), &payload, &[0; 32], None).unwrap());
    let encode = |assertion: &Assertion, fields: &str| {
        // by the reader's layout, since a web key's assertion is not encoded
        let word = |n: usize| [&[0; 24][..], &(n as u64).to_be_bytes()].concat();
        let pad = |bytes: &[u8]| {
            let mut out = bytes.to_vec();
            out.resize(bytes.len().next_multiple_of(32), 0);
            out
        };
        let data = pad(assertion.authenticator_data());
        let parts = [word(128), word(160 + data.len()), assertion.signature().to_vec()];
        [parts.concat(), word(37), data, word(fields.len()), pad(fields.as_bytes())].concat()
    };
    let fields = r#""origin":"https://app.wallet.example","crossOrigin":false"#;
    assert!(!contract(1).is_valid_signature(&hash, &encode(&unverified, fields)));
    // a web request with the hash of a transaction as its challenge: what the mode in the record forbids ([X2])
    let disguised = sign(statement(&web(), &Payload::web(&web(), &hash, true)));
    assert!(contract(1).is_valid_signature(&hash, &encode(&disguised, fields)));
}
