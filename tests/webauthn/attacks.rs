//! Attacks, named by what the attacker tries.

use p256::ecdsa::Signature;
use quorate::approval::approver::ApproverId;
use quorate::approval::cbor::CborFault;
use quorate::approval::json::JsonFault;
use quorate::approval::webauthn::{
    AuthDataFault, ClientDataFault, CounterRule, Credential, Settings, StaleUpdate, WebauthnError,
};

use crate::scene::*;

fn json(text: impl Into<Vec<u8>>) -> JsonFault {
    match Scene::new().client(text).refusal() {
        WebauthnError::ClientData(ClientDataFault::Json(fault)) => fault,
        other => panic!("{other}"),
    }
}

/// The evil site asks the user's passkey for a signature over the challenge of the real one.
#[test]
fn w7_a_page_of_another_site_gets_nothing() {
    for origin in [
        "https://example.org.evil.com",
        "https://evil-example.org",
        "https://EXAMPLE.ORG",
        "https://example.org@evil.com",
    ] {
        let scene = Scene::new().client(client_data("webauthn.get", &CHALLENGE, origin));
        assert_eq!(scene.refusal(), WebauthnError::OriginNotAllowed);
    }
    // The same name by an escape is the same name.
    let text = client_data("webauthn.get", &CHALLENGE, r"https:\/\/\u0065xample.org");
    Scene::new().client(text).run().unwrap();
}

/// One reader takes the first member, another the last.
#[test]
fn w4_two_challenges_in_one_text() {
    let right = client_data("webauthn.get", &CHALLENGE, ORIGIN);
    let other = base64url(&[9; 32]);
    for name in ["challenge", r"ch\u0061llenge", "type", "origin", r"\u006frigin"] {
        for text in [
            right.replacen('{', &format!(r#"{{"{name}":"{other}","#), 1),
            right.replace('}', &format!(r#","{name}":"{other}"}}"#)),
        ] {
            assert_eq!(json(text), JsonFault::Duplicate);
        }
    }
    // Also where nobody looks.
    assert_eq!(json(right.replace('}', r#","x":[{"a":1,"a":2}]}"#)), JsonFault::Duplicate);
}

#[test]
fn w4_marks_nesting_and_trailing_bytes() {
    let right = client_data("webauthn.get", &CHALLENGE, ORIGIN);
    let mark = "\u{feff}";
    Scene::new().client(format!("{mark}{right}")).run().unwrap();
    assert_eq!(json(format!("{mark}{mark}{right}")), JsonFault::Syntax);
    assert_eq!(json(format!(" {mark}{right}")), JsonFault::Syntax);
    assert_eq!(json(mark), JsonFault::Syntax);
    let nested =
        |depth: usize| right.replace('}', &format!(r#","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)));
    Scene::new().client(nested(3)).run().unwrap();
    assert_eq!(json(nested(4)), JsonFault::Depth);
    assert_eq!(json(format!("{}{}", right.replace('}', r#","x":"#), "[".repeat(3000))), JsonFault::Depth);
    for trailing in ["{}", "\0", ",", "x"] {
        assert_eq!(json(format!("{right}{trailing}")), JsonFault::Trailing);
    }
    let mut broken = right.clone().into_bytes();
    broken[12] = 0xff;
    assert_eq!(json(broken), JsonFault::Utf8);
    assert_eq!(json(right.replace("example", r"\ud800")), JsonFault::Surrogate);
    let many: Vec<_> = (0..29).map(|n| format!(r#","m{n}":0"#)).collect();
    assert_eq!(json(right.replace('}', &format!("{}}}", many.concat()))), JsonFault::Members);
}

/// A challenge made for a login is another challenge; the tags of the hashes that make them differ, and here only bytes count.
#[test]
fn w6_an_answer_to_another_challenge_approves_nothing() {
    let login = sha256(b"login");
    let mut scene = Scene::new().client(client_data("webauthn.get", &login, ORIGIN));
    assert_eq!(scene.refusal(), WebauthnError::WrongChallenge);
    scene.challenge = login.to_vec();
    scene.run().unwrap();
    // Sent again for the next challenge.
    scene.challenge = sha256(b"next").to_vec();
    assert_eq!(scene.refusal(), WebauthnError::WrongChallenge);
}

/// A registration's authenticator data, signed in an assertion.
#[test]
fn w9_a_credential_in_an_assertion() {
    let mut scene = Scene::new();
    scene.auth = attested(UP | UV | AT, NEW_ID, &Key::new(9).public().to_cose());
    assert_eq!(scene.refusal(), WebauthnError::AuthData(AuthDataFault::Attested));
    scene.auth[32] &= !AT;
    assert_eq!(scene.refusal(), WebauthnError::AuthData(AuthDataFault::Trailing));
    // As if it were extensions.
    scene.auth[32] |= ED;
    assert!(matches!(scene.refusal(), WebauthnError::AuthData(_)));
    scene.auth = [&auth_data(RP, UP | UV | ED, 8)[..], b"\xa1\x61a\x01\xa1\x61b\x01"].concat();
    assert_eq!(scene.refusal(), WebauthnError::AuthData(AuthDataFault::Trailing));
    scene.auth = [&auth_data(RP, UP | UV | ED, 8)[..], b"\xa1\x61a\xa1\x61b\xa1\x61c\xa1\x61d\xa0"].concat();
    assert_eq!(scene.refusal(), WebauthnError::AuthData(AuthDataFault::Cbor(CborFault::Depth)));
}

/// A signature that verifies, in every other encoding.
#[test]
fn w16_other_encodings_of_the_right_signature() {
    let scene = Scene::new();
    let right = scene.key.sign(&scene.auth, &scene.client);
    let [r, s] = [right.split_bytes().0, right.split_bytes().1].map(|half| half.to_vec());
    let positive = |value: &[u8]| if value[0] & 0x80 == 0 { value.to_vec() } else { [&[0], value].concat() };
    let build = |r: &[u8], s: &[u8]| {
        let integer = |value: &[u8]| [&[2, value.len() as u8], value].concat();
        let body = [integer(r), integer(s)].concat();
        [&[0x30, body.len() as u8], &body[..]].concat()
    };
    let (r, s) = (positive(&r), positive(&s));
    let der = build(&r, &s);
    assert_eq!(der, right.to_der().as_bytes());
    let refused = |signature: Vec<u8>| {
        let mut scene = Scene::new();
        scene.signature = Some(signature);
        assert_eq!(scene.refusal(), WebauthnError::SignatureEncoding);
    };
    refused(build(&[&[0], &r[..]].concat(), &s));
    refused(build(&r, &[&[0], &s[..]].concat()));
    refused([&[0x30, 0x81], &der[1..]].concat());
    refused([&der[..], &[0]].concat());
    refused(build(&r, &[0]));
    let n = hex::decode("00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    refused(build(&n, &s));
    refused(build(&r, &n));
    // Negative: the sign bit without its zero.
    refused(build(&n[1..], &s));
}

#[test]
fn w17_both_values_of_s_are_the_same_approval() {
    let mut scene = Scene::new();
    let (r, s) = scene.key.sign(&scene.auth, &scene.client).split_scalars();
    for s in [s, -s] {
        scene.signature = Some(Signature::from_scalars(r, s).unwrap().to_der().as_bytes().to_vec());
        scene.run().unwrap();
    }
}

/// UP, UV and BE are signed: clearing or setting one after the fact breaks the signature.
#[test]
fn w17_flags_cannot_be_changed_afterwards() {
    let mut scene = Scene::new();
    scene.settings.require_uv = false;
    scene.auth = auth_data(RP, UP, 8);
    scene.signature = Some(scene.signature());
    scene.run().unwrap();
    scene.auth[32] |= UV;
    assert_eq!(scene.refusal(), WebauthnError::BadSignature);
    scene.auth[32] = UP | BE;
    assert_eq!(scene.refusal(), WebauthnError::BackupChanged);
}

/// A copy of the key, made when the counter stood at 7, is used after the original reached 9.
#[test]
fn w18_a_copied_authenticator_shows() {
    let mut scene = Scene::new();
    scene.settings.counter = CounterRule::Signal;
    let mut set = scene.set();
    scene.auth = auth_data(RP, UP | UV, 9);
    let verified = scene.run_in(&set).unwrap();
    set.apply(verified.update()).unwrap();
    scene.auth = auth_data(RP, UP | UV, 8);
    scene.challenge = vec![1; 32];
    scene.client = client_data("webauthn.get", &scene.challenge, ORIGIN).into_bytes();
    let verified = scene.run_in(&set).unwrap();
    assert!(verified.counter_signal());
    set.apply(verified.update()).unwrap();
    // And again: the copy never catches up by being used.
    scene.challenge = vec![2; 32];
    scene.client = client_data("webauthn.get", &scene.challenge, ORIGIN).into_bytes();
    assert!(scene.run_in(&set).unwrap().counter_signal());
    scene.settings.counter = CounterRule::Strict;
    assert_eq!(scene.run_in(&set).unwrap_err(), WebauthnError::CounterRegressed);
}

/// Two holders verify the same assertion, and one retries after an abort: the counter stands still, the challenge is the same.
#[test]
fn w18_a_retry_of_the_same_challenge_passes() {
    let scene = Scene::new();
    let mut set = scene.set();
    set.apply(scene.run_in(&set).unwrap().update()).unwrap();
    let again = scene.run_in(&set).unwrap();
    assert!(!again.counter_signal());
    set.apply(again.update()).unwrap();
    scene.run_in(&set).unwrap();
}

/// Alice answers twice, and the second is accepted first: nobody can tell the first from a copy that is behind.
#[test]
fn w18_an_answer_that_waited_behind_a_later_one_is_refused() {
    let answer = |challenge: [u8; 32], count| {
        let mut scene = Scene::new().client(client_data("webauthn.get", &challenge, ORIGIN));
        scene.challenge = challenge.to_vec();
        scene.auth = auth_data(RP, UP | UV, count);
        scene
    };
    let (first, second) = (answer([1; 32], 8), answer([2; 32], 9));
    let mut set = first.set();
    set.apply(second.run_in(&set).unwrap().update()).unwrap();
    assert_eq!(first.run_in(&set).unwrap_err(), WebauthnError::CounterRegressed);
    second.run_in(&set).unwrap();
    // Both for one request, which is decided again: what was verified then is refused now.
    let set = first.set();
    let updates = [&first, &second].map(|scene| scene.run_in(&set).unwrap().update().clone());
    let mut set = set;
    set.apply(&updates[1]).unwrap();
    assert_eq!(set.apply(&updates[0]), Err(StaleUpdate));
    assert_eq!(first.run_in(&set).unwrap_err(), WebauthnError::CounterRegressed);
}

/// A copy says the counter that is stored. It shows each time, and the right key's retry is not taken for it.
#[test]
fn w18_what_was_signalled_is_signalled_again() {
    let mut right = Scene::new();
    right.settings.counter = CounterRule::Signal;
    let mut set = right.set();
    set.apply(right.run_in(&set).unwrap().update()).unwrap();
    let mut copy = Scene::new().client(client_data("webauthn.get", &[1; 32], ORIGIN));
    copy.settings.counter = CounterRule::Signal;
    copy.challenge = vec![1; 32];
    for _ in 0..2 {
        let verified = copy.run_in(&set).unwrap();
        assert!(verified.counter_signal());
        set.apply(verified.update()).unwrap();
        assert!(!right.run_in(&set).unwrap().counter_signal());
    }
}

/// Bob's passkey for Alice's approval.
#[test]
fn w2_w3_another_approvers_credential() {
    let bob = ApproverId([2; 32]);
    let mut scene = Scene::new();
    let mut set = scene.set();
    let key = Key::new(8);
    let mut record = parts(b"the credential of Bob", &key);
    record.user_handle = b"handle of Bob".to_vec();
    set.insert(bob, Credential::from_parts(record).unwrap()).unwrap();
    scene.id = b"the credential of Bob".to_vec();
    scene.key = key;
    scene.handle = None;
    assert_eq!(scene.run_in(&set).unwrap_err(), WebauthnError::UnknownCredential);
    scene.owner = Some(bob);
    assert_eq!(scene.run_in(&set).unwrap().approver(), bob);
    // With Alice's handle, where nobody is expected.
    scene.owner = None;
    scene.handle = Some(HANDLE.to_vec());
    assert_eq!(scene.run_in(&set).unwrap_err(), WebauthnError::UserHandle);
    scene.handle = Some(b"handle of Bob".to_vec());
    assert_eq!(scene.run_in(&set).unwrap().approver(), bob);
    // Alice's id with Bob's signature.
    scene.id = b"a credential's id".to_vec();
    scene.handle = Some(HANDLE.to_vec());
    assert_eq!(scene.run_in(&set).unwrap_err(), WebauthnError::BadSignature);
}

/// A passkey of one product of the company, for the other, whose pages are in the list too.
#[test]
fn w10_a_credential_of_another_rp_id() {
    let mut scene = Scene::new();
    scene.settings = Settings::new(&[RP, "shop.example"], &[ORIGIN, "https://shop.example"]);
    scene.client = client_data("webauthn.get", &CHALLENGE, "https://shop.example").into_bytes();
    scene.auth = auth_data("shop.example", UP | UV, 8);
    assert_eq!(scene.refusal(), WebauthnError::RpId);
}
