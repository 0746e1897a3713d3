//! N1-N8, each by a registration that fails it alone.

use quorate::approval::approver::ApproverId;
use quorate::approval::cbor::CborFault;
use quorate::approval::json::JsonFault;
use quorate::approval::keyfmt::{CoseAlgorithms, KeyFormat, KeyFormatError};
use quorate::approval::webauthn::{
    Attestation, AttestationFault, AuthDataFault, BackupRule, ClientDataFault, Credential, EnrolError, Field,
    WebauthnError,
};

use crate::scene::*;

#[test]
fn a_registration_that_passes_gives_the_record() {
    for (format, attestation) in [("none", Attestation::None), ("packed", Attestation::SelfSigned)] {
        let mut enrolment = Enrolment::new(format);
        enrolment.auth = attested(UP | UV | AT | BE | BS, NEW_ID, &enrolment.key.public().to_cose());
        let new = enrolment.run().unwrap();
        assert_eq!(new.credential(), &new.clone().into_credential());
        let record = new.into_credential();
        let record = record.parts();
        assert_eq!(record.id, NEW_ID);
        assert_eq!(record.key, enrolment.key.public());
        assert_eq!((record.rp_id.as_str(), &record.user_handle[..]), (RP, HANDLE));
        assert!(record.backup_eligible && record.backed_up && record.uv_initialised);
        assert_eq!((record.sign_count, record.aaguid), (5, [0xaa; 16]));
        assert_eq!((record.attestation, record.last_challenge), (attestation, [0; 32]));
    }
}

#[test]
fn n1_the_client_data_pass_the_checks_of_assertions() {
    let with = |change: &dyn Fn(&mut Enrolment)| {
        let mut enrolment = Enrolment::new("none");
        change(&mut enrolment);
        match enrolment.refusal() {
            EnrolError::Webauthn(error) => error,
            other => panic!("{other}"),
        }
    };
    let too_large = WebauthnError::TooLarge;
    assert_eq!(with(&|e| e.challenge = vec![0; 15]), too_large(Field::Challenge));
    assert_eq!(with(&|e| e.challenge = vec![0; 65]), too_large(Field::Challenge));
    assert_eq!(with(&|e| e.client = vec![]), too_large(Field::ClientData));
    assert_eq!(with(&|e| e.client = vec![b' '; 4097]), too_large(Field::ClientData));
    assert_eq!(with(&|e| e.object = Some(vec![])), too_large(Field::AttestationObject));
    assert_eq!(with(&|e| e.object = Some(vec![0; 16385])), too_large(Field::AttestationObject));
    assert_eq!(with(&|e| e.handle = vec![]), too_large(Field::UserHandle));
    assert_eq!(with(&|e| e.handle = vec![0; 65]), too_large(Field::UserHandle));
    let syntax = WebauthnError::ClientData(ClientDataFault::Json(JsonFault::Syntax));
    assert_eq!(with(&|e| e.client = b"{".to_vec()), syntax);
    let client = |kind, challenge: &[u8], origin| {
        let text = client_data(kind, challenge, origin);
        with(&move |e: &mut Enrolment| e.client = text.clone().into_bytes())
    };
    assert_eq!(client("webauthn.get", &CHALLENGE, ORIGIN), WebauthnError::WrongType);
    assert_eq!(client("webauthn.create", &[0; 32], ORIGIN), WebauthnError::WrongChallenge);
    assert_eq!(client("webauthn.create", &CHALLENGE, "https://evil.org"), WebauthnError::OriginNotAllowed);
    let framed = client_data("webauthn.create", &CHALLENGE, ORIGIN).replace("false", "true");
    assert_eq!(with(&|e| e.client = framed.clone().into_bytes()), WebauthnError::CrossOrigin);
    assert_eq!(EnrolError::Webauthn(WebauthnError::CrossOrigin).code(), 5408);
}

#[test]
fn n2_the_object_is_a_map_of_three_members() {
    let fault = |object: Vec<u8>| {
        let mut enrolment = Enrolment::new("none");
        enrolment.object = Some(object);
        match enrolment.run() {
            Err(EnrolError::Attestation(fault)) => Some(fault),
            Ok(_) => None,
            Err(other) => panic!("{other}"),
        }
    };
    let right = Enrolment::new("none");
    let (object, auth) = (right.object(), cbor_bytes(&right.auth));
    assert_eq!(fault(object.clone()), None);
    // The order of members is the browser's.
    assert_eq!(fault([b"\xa3\x68authData", &auth[..], b"\x63fmt\x64none\x67attStmt\xa0"].concat()), None);
    let members = Some(AttestationFault::Members);
    assert_eq!(fault([b"\xa2\x63fmt\x64none\x68authData", &auth[..]].concat()), members);
    assert_eq!(
        fault([b"\xa4\x63fmt\x64none\x67attStmt\xa0\x68authData", &auth[..], b"\x61x\x00"].concat()),
        members
    );
    assert_eq!(fault([b"\xa3\x63fmu\x64none\x67attStmt\xa0\x68authData", &auth[..]].concat()), members);
    assert_eq!(fault([b"\xa3\x63fmt\x44none\x67attStmt\xa0\x68authData", &auth[..]].concat()), members);
    assert_eq!(fault([b"\xa3\x63fmt\x64none\x67attStmt\x80\x68authData", &auth[..]].concat()), members);
    assert_eq!(fault(b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x61x".to_vec()), members);
    assert_eq!(fault(vec![0x80]), members);
    let cbor = |fault| Some(AttestationFault::Cbor(fault));
    assert_eq!(fault([&object[..], &[0]].concat()), cbor(CborFault::Trailing));
    assert_eq!(fault(object[..object.len() - 1].to_vec()), cbor(CborFault::Truncated));
    assert_eq!(
        fault([b"\xa3\x63fmt\x64none\x63fmt\x64none\x68authData", &auth[..]].concat()),
        cbor(CborFault::Duplicate)
    );
    assert_eq!(EnrolError::Attestation(AttestationFault::Members).code(), 5452);
    assert_eq!(EnrolError::Attestation(AttestationFault::Cbor(CborFault::Type)).code(), 5452);
}

#[test]
fn n3_the_credential_is_whole_and_its_key_for_es256() {
    let fault = |auth: Vec<u8>, settings: &dyn Fn(&mut Enrolment)| {
        let mut enrolment = Enrolment::new("none");
        enrolment.auth = auth;
        settings(&mut enrolment);
        match enrolment.run() {
            Err(EnrolError::AuthData(fault)) => Some(fault),
            Ok(_) => None,
            Err(other) => panic!("{other}"),
        }
    };
    let of = |auth| fault(auth, &|_| ());
    let cose = Key::new(9).public().to_cose();
    let flags = UP | UV | AT;
    let right = attested(flags, NEW_ID, &cose);
    assert_eq!(of(right.clone()), None);
    assert_eq!(of(attested(UP | UV, NEW_ID, &cose)), Some(AuthDataFault::NotAttested));
    for length in [0, 36, 37, 52, 54, 60] {
        assert_eq!(of(right[..length].to_vec()), Some(AuthDataFault::Truncated), "{length}");
    }
    assert_eq!(of(right[..100].to_vec()), Some(AuthDataFault::Cbor(CborFault::Truncated)));
    for (length, wanted) in [
        (15, Some(AuthDataFault::CredentialIdLength(15))),
        (16, None),
        (1023, None),
        (1024, Some(AuthDataFault::CredentialIdLength(1024))),
        (0, Some(AuthDataFault::CredentialIdLength(0))),
    ] {
        assert_eq!(of(attested(flags, &vec![1; length], &cose),), wanted, "{length}");
    }
    // EdDSA, RSA, another curve, and the other number of the same algorithm.
    let not = |cose: &[u8]| of(attested(flags, NEW_ID, cose));
    let eddsa = [&b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"[..], &[1; 32]].concat();
    let rsa = b"\xa4\x01\x03\x03\x39\x01\x00\x20\x41\x01\x21\x43\x01\x00\x01".to_vec();
    let mut esp256 = cose;
    esp256[4] = 0x28;
    for other in [&eddsa[..], &rsa, &esp256] {
        assert_eq!(not(other), Some(AuthDataFault::Key(KeyFormatError::NotEs256)));
    }
    let option = |e: &mut Enrolment| e.settings.algorithms = CoseAlgorithms::Es256OrEsp256;
    assert_eq!(fault(attested(flags, NEW_ID, &esp256), &option), None);
    let mut off = cose;
    off[76] ^= 1;
    assert_eq!(not(&off), Some(AuthDataFault::Key(KeyFormatError::NotOnCurve)));
    let sign_bit = [&cose[..42], b"\x22\xf5"].concat();
    assert_eq!(not(&sign_bit), Some(AuthDataFault::Key(KeyFormatError::Malformed(KeyFormat::Cose))));
    // Extensions, announced or not.
    let ext = [&cose[..], b"\xa1\x6bcredProtect\x02"].concat();
    assert_eq!(of(attested(flags | ED, NEW_ID, &ext)), None);
    assert_eq!(of(attested(flags, NEW_ID, &ext)), Some(AuthDataFault::Trailing));
    assert_eq!(of(attested(flags | ED, NEW_ID, &cose)), Some(AuthDataFault::Cbor(CborFault::Truncated)));
    assert_eq!(of(attested(flags | ED, NEW_ID, &[&ext[..], &[0]].concat())), Some(AuthDataFault::Trailing));
    assert_eq!(EnrolError::AuthData(AuthDataFault::Trailing).code(), 5453);
}

#[test]
fn n4_rp_id_and_flags_pass_the_checks_of_assertions() {
    let with = |rp: &str, flags: u8, backup| {
        let mut enrolment = Enrolment::new("none");
        enrolment.auth = attested(flags | AT, NEW_ID, &enrolment.key.public().to_cose());
        enrolment.auth[..32].copy_from_slice(&sha256(rp.as_bytes()));
        enrolment.settings.backup = backup;
        match enrolment.refusal() {
            EnrolError::Webauthn(error) => error,
            other => panic!("{other}"),
        }
    };
    assert_eq!(with("evil.org", UP | UV, BackupRule::Any), WebauthnError::RpId);
    assert_eq!(with(RP, UV, BackupRule::Any), WebauthnError::UserNotPresent);
    assert_eq!(with(RP, UP, BackupRule::Any), WebauthnError::UserNotVerified);
    assert_eq!(with(RP, UP | UV | BS, BackupRule::Any), WebauthnError::BackupFlags);
    assert_eq!(with(RP, UP | UV | BE, BackupRule::ForbidEligible), WebauthnError::BackupForbidden);
    assert_eq!(with(RP, UP | UV | BE | BS, BackupRule::ForbidBackedUp), WebauthnError::BackupForbidden);
    // The record takes the RP ID that the authenticator named.
    let mut enrolment = Enrolment::new("none");
    enrolment.settings.rp_ids.insert(0, "example.net".into());
    assert_eq!(enrolment.run().unwrap().credential().parts().rp_id, RP);
}

#[test]
fn n5_format_none_has_an_empty_statement() {
    let mut enrolment = Enrolment::new("none");
    enrolment.statement = Some(self_statement(0x26, &[1; 70]));
    assert_eq!(enrolment.refusal(), EnrolError::Attestation(AttestationFault::NotEmpty));
    enrolment.settings.accept_unverified = true;
    assert_eq!(enrolment.refusal(), EnrolError::Attestation(AttestationFault::NotEmpty));
    assert_eq!(EnrolError::Attestation(AttestationFault::NotEmpty).code(), 5455);
}

#[test]
fn n6_a_self_attestation_verifies_with_the_credentials_key() {
    let with = |statement: Vec<u8>| {
        let mut enrolment = Enrolment::new("packed");
        enrolment.settings.accept_unverified = true;
        enrolment.statement = Some(statement);
        match enrolment.refusal() {
            EnrolError::Attestation(fault) => fault,
            other => panic!("{other}"),
        }
    };
    let right = Enrolment::new("packed");
    let signature = right.key.sign(&right.auth, &right.client).to_der().as_bytes().to_vec();
    let other = Key::new(10).sign(&right.auth, &right.client).to_der().as_bytes().to_vec();
    assert_eq!(with(self_statement(0x26, &other)), AttestationFault::Signature);
    assert_eq!(with(self_statement(0x26, &signature[..60])), AttestationFault::Signature);
    assert_eq!(with(self_statement(0x27, &signature)), AttestationFault::Statement);
    assert_eq!(with(self_statement(0x28, &signature)), AttestationFault::Statement);
    assert_eq!(with(vec![0xa0]), AttestationFault::Statement);
    assert_eq!(with(b"\xa1\x63alg\x26".to_vec()), AttestationFault::Statement);
    assert_eq!(with(b"\xa2\x63alg\x26\x63sig\x61x".to_vec()), AttestationFault::Statement);
    // A key by the other number is attested by that number.
    let mut enrolment = Enrolment::new("packed");
    enrolment.settings.algorithms = CoseAlgorithms::Es256OrEsp256;
    let mut esp256 = enrolment.key.public().to_cose();
    esp256[4] = 0x28;
    enrolment.auth = attested(UP | UV | AT, NEW_ID, &esp256);
    let own = enrolment.key.sign(&enrolment.auth, &enrolment.client).to_der().as_bytes().to_vec();
    enrolment.statement = Some(self_statement(0x28, &own));
    enrolment.run().unwrap();
    enrolment.statement = Some(self_statement(0x26, &own));
    assert_eq!(enrolment.refusal(), EnrolError::Attestation(AttestationFault::Statement));
    let more = [&b"\xa3"[..], &self_statement(0x26, &signature)[1..], b"\x61x\x00"].concat();
    assert_eq!(with(more), AttestationFault::Statement);
    let code = EnrolError::Attestation(AttestationFault::Signature).code();
    assert_eq!((code, EnrolError::Attestation(AttestationFault::Statement).code()), (5456, 5456));
}

#[test]
fn n7_other_attestations_are_refused_or_taken_as_none() {
    let statement = [&b"\xa3"[..], &self_statement(0x26, &[1; 70])[1..], b"\x63x5c\x81\x41\x00"].concat();
    let ecdaa = [&b"\xa3"[..], &self_statement(0x26, &[1; 70])[1..], b"\x6aecdaaKeyId\x41\x00"].concat();
    for (format, statement) in [
        ("packed", statement.clone()),
        ("packed", ecdaa),
        ("fido-u2f", statement),
        ("apple", vec![0xa0]),
        ("NONE", vec![0xa0]),
        ("", vec![0xa0]),
    ] {
        let mut enrolment = Enrolment::new(format);
        enrolment.statement = Some(statement);
        assert_eq!(enrolment.refusal(), EnrolError::UnsupportedAttestation, "{format}");
        enrolment.settings.accept_unverified = true;
        assert_eq!(enrolment.run().unwrap().credential().parts().attestation, Attestation::Unverified);
    }
    assert_eq!(EnrolError::UnsupportedAttestation.code(), 5457);
}

#[test]
fn n8_id_and_key_are_new_in_the_whole_set() {
    let add = |id: &[u8], key: &Key, active: bool| {
        let mut enrolment = Enrolment::new("none");
        let record = Credential::from_parts(parts(id, key)).unwrap();
        enrolment.set.insert(ApproverId([9; 32]), record.clone()).unwrap();
        assert_eq!(enrolment.set.insert(ApproverId([8; 32]), record), Err(EnrolError::DuplicateCredential));
        enrolment.set.set_active(id, active);
        enrolment.run().map(|_| ())
    };
    for active in [true, false] {
        assert_eq!(add(NEW_ID, &Key::new(1), active), Err(EnrolError::DuplicateCredential));
        assert_eq!(add(b"some other id", &Key::new(9), active), Err(EnrolError::DuplicateCredential));
        assert_eq!(add(b"some other id", &Key::new(1), active), Ok(()));
    }
    assert_eq!(EnrolError::DuplicateCredential.code(), 5458);
}

/// Each enrolment fails its check and all later ones.
#[test]
fn checks_come_in_the_order_of_the_table() {
    let mut e = Enrolment::new("none");
    let key = e.key.public().to_cose();
    e.set.insert(OWNER, Credential::from_parts(parts(NEW_ID, &e.key)).unwrap()).unwrap();
    e.client = client_data("webauthn.get", &CHALLENGE, ORIGIN).into_bytes();
    e.object = Some(vec![0xa0]);
    assert_eq!(e.refusal(), EnrolError::Webauthn(WebauthnError::WrongType));
    e.client = client_data("webauthn.create", &CHALLENGE, ORIGIN).into_bytes();
    assert_eq!(e.refusal(), EnrolError::Attestation(AttestationFault::Members));
    e.object = None;
    e.statement = Some(b"\xa1\x61x\x00".to_vec());
    e.auth = attested(0, NEW_ID, &key);
    assert_eq!(e.refusal(), EnrolError::AuthData(AuthDataFault::NotAttested));
    e.auth = attested(AT, NEW_ID, &key);
    assert_eq!(e.refusal(), EnrolError::Webauthn(WebauthnError::UserNotPresent));
    e.auth = attested(UP | UV | AT, NEW_ID, &key);
    assert_eq!(e.refusal(), EnrolError::Attestation(AttestationFault::NotEmpty));
    e.statement = None;
    assert_eq!(e.refusal(), EnrolError::DuplicateCredential);
}
