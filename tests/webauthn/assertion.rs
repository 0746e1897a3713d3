//! W1-W18, each by an assertion that fails it alone.

use quorate::approval::approver::ApproverId;
use quorate::approval::cbor::CborFault;
use quorate::approval::json::JsonFault;
use quorate::approval::webauthn::{
    AuthDataFault, BackupRule, ClientDataFault, CounterRule, CrossOrigin, Field, Member, StaleUpdate,
    WebauthnError,
};

use crate::scene::*;

#[test]
fn an_assertion_that_passes_says_what_was_signed() {
    let mut scene = Scene::new();
    scene.parts.backup_eligible = true;
    scene.parts.uv_initialised = false;
    scene.auth = auth_data(RP, UP | UV | BE | BS, 9);
    let verified = scene.run().unwrap();
    assert_eq!(verified.approver(), OWNER);
    assert_eq!(verified.credential_id(), scene.id);
    assert_eq!(verified.challenge(), CHALLENGE);
    assert_eq!((verified.sign_count(), verified.counter_signal()), (9, false));
    let flags = verified.flags();
    assert!(flags.user_present() && flags.user_verified() && flags.backup_eligible() && flags.backed_up());
    let update = verified.update();
    assert_eq!((update.credential_id(), update.old_sign_count(), update.sign_count()), (&scene.id[..], 7, 9));

    assert!(update.backed_up() && update.uv_initialised());
    assert_eq!(*update.last_challenge(), sha256(&CHALLENGE));

    // The update is stored by compare-and-set on the old counter, once.
    let mut set = scene.set();
    set.apply(update).unwrap();
    let record = set.get(&scene.id).unwrap().credential.parts();
    assert_eq!((record.sign_count, record.backed_up, record.uv_initialised), (9, true, true));
    assert_eq!(record.last_challenge, sha256(&CHALLENGE));
    assert_eq!(set.apply(update), Err(StaleUpdate));
    let mut other = set.clone();
    assert!(other.set_active(&scene.id, false));
    assert_eq!(set.iter().count(), 1);
    let mut stranger = parts(b"another id", &Key::new(3));
    stranger.sign_count = 7;
    let mut stranger = quorate::approval::webauthn::Credential::from_parts(stranger).unwrap();
    assert_eq!(stranger.apply(update), Err(StaleUpdate));
}

/// Gives a field a value of this many bytes.
type Set<'a> = &'a dyn Fn(&mut Scene, usize);

#[test]
fn w1_sizes_out_of_bounds_are_refused() {
    let with = |change: &dyn Fn(&mut Scene)| {
        let mut scene = Scene::new();
        change(&mut scene);
        scene.run().map(|_| ()).unwrap_err()
    };
    let cases: [(Field, Set<'_>, usize, usize); 6] = [
        (Field::Challenge, &|s, n| s.challenge = vec![1; n], 16, 64),
        (Field::ClientData, &|s, n| s.client = vec![b' '; n], 1, 4096),
        (Field::AuthenticatorData, &|s, n| s.auth = vec![0; n], 37, 1024),
        (Field::Signature, &|s, n| s.signature = Some(vec![0; n]), 8, 72),
        (Field::CredentialId, &|s, n| s.id = vec![0; n], 1, 1023),
        (Field::UserHandle, &|s, n| s.handle = Some(vec![0; n]), 1, 64),
    ];
    for (field, set, least, most) in cases {
        for out in [least - 1, most + 1] {
            assert_eq!(with(&|scene| set(scene, out)), WebauthnError::TooLarge(field), "{field:?} {out}");
        }
        for within in [least, most] {
            assert_ne!(
                with(&|scene| set(scene, within)),
                WebauthnError::TooLarge(field),
                "{field:?} {within}"
            );
        }
    }
    assert_eq!(WebauthnError::TooLarge(Field::Challenge).code(), 5401);
}

#[test]
fn w2_the_credential_is_in_the_set_of_the_expected_owner_and_active() {
    let mut scene = Scene::new();
    scene.id = b"another credential".to_vec();
    assert_eq!(scene.refusal(), WebauthnError::UnknownCredential);
    let mut scene = Scene::new();
    scene.owner = Some(ApproverId([2; 32]));
    assert_eq!(scene.refusal(), WebauthnError::UnknownCredential);
    let mut scene = Scene::new();
    scene.active = false;
    assert_eq!(scene.refusal(), WebauthnError::Inactive);
    scene.owner = Some(ApproverId([2; 32]));
    assert_eq!(scene.refusal(), WebauthnError::UnknownCredential);
    assert_eq!((WebauthnError::UnknownCredential.code(), WebauthnError::Inactive.code()), (5402, 5402));
}

#[test]
fn w3_a_user_handle_is_the_records_and_needed_where_no_owner_is_known() {
    let mut scene = Scene::new();
    scene.handle = Some(b"handle of user 2".to_vec());
    assert_eq!(scene.refusal(), WebauthnError::UserHandle);
    scene.handle = None;
    scene.run().unwrap();
    scene.owner = None;
    assert_eq!(scene.refusal(), WebauthnError::UserHandle);
    scene.handle = Some(HANDLE.to_vec());
    assert_eq!(scene.run().unwrap().approver(), OWNER);
    // A record without a handle, of a U2F key, takes none.
    scene.parts.user_handle.clear();
    assert_eq!(scene.refusal(), WebauthnError::UserHandle);
    assert_eq!(WebauthnError::UserHandle.code(), 5403);
}

#[test]
fn w4_client_data_are_strict_json_with_members_of_their_kinds() {
    let right = client_data("webauthn.get", &CHALLENGE, ORIGIN);
    let fault = |text: String| match Scene::new().client(text.clone()).run() {
        Err(WebauthnError::ClientData(fault)) => fault,
        other => panic!("{text}: {other:?}"),
    };
    let json = |text: String| match fault(text) {
        ClientDataFault::Json(fault) => fault,
        other => panic!("{other}"),
    };
    assert_eq!(json(right.replace('{', "[").replace('}', "]")), JsonFault::Syntax);
    assert_eq!(json(format!("{right}{right}")), JsonFault::Trailing);
    for (name, member) in
        [("type", Member::Type), ("challenge", Member::Challenge), ("origin", Member::Origin)]
    {
        let renamed = right.replace(&format!("\"{name}\""), "\"other\"");
        assert_eq!(fault(renamed), ClientDataFault::Missing(member));
        let kind = format!(r#"{{"{name}":null,{}"#, &right[1..].replace(&format!("\"{name}\""), "\"other\""));
        assert_eq!(fault(kind), ClientDataFault::Kind(member));
    }
    for value in ["\"false\"", "0", "null", "[false]"] {
        let kind = right.replace("false", value);
        assert_eq!(fault(kind), ClientDataFault::Kind(Member::CrossOrigin), "{value}");
    }
    for value in ["null", "false", "1", "[\"https://example.org\"]"] {
        let kind = right.replace('}', &format!(r#","topOrigin":{value}}}"#));
        assert_eq!(fault(kind), ClientDataFault::Kind(Member::TopOrigin), "{value}");
    }
    // Absent crossOrigin is false; unknown members, any order and white space are fine.
    Scene::new().client(right.replace(r#","crossOrigin":false"#, "")).run().unwrap();
    Scene::new().client(right.replace('}', r#","later":{"a":[1,2.5e3,null]} } "#)).run().unwrap();
    assert_eq!(WebauthnError::ClientData(ClientDataFault::Missing(Member::Type)).code(), 5404);
}

#[test]
fn w5_the_type_is_that_of_an_assertion() {
    for kind in ["webauthn.create", "webauthn.Get", "webauthn.get ", "payment.get", ""] {
        let scene = Scene::new().client(client_data(kind, &CHALLENGE, ORIGIN));
        assert_eq!(scene.refusal(), WebauthnError::WrongType, "{kind}");
    }
    assert_eq!(WebauthnError::WrongType.code(), 5405);
}

#[test]
fn w6_the_challenge_is_the_expected_one_in_its_only_text() {
    let mut other = CHALLENGE;
    other[31] ^= 1;
    assert_eq!(
        Scene::new().client(client_data("webauthn.get", &other, ORIGIN)).refusal(),
        WebauthnError::WrongChallenge
    );
    let text = base64url(&CHALLENGE);
    let right = client_data("webauthn.get", &CHALLENGE, ORIGIN);
    // 32 bytes end in a character with two spare bits.
    let last = text.chars().last().unwrap();
    let spare = char::from(last as u8 + 1);
    let texts = [
        format!("{text}="),
        format!("{}{spare}", &text[..42]),
        text[..42].to_owned(),
        format!("{text}A"),
        text.to_lowercase(),
        String::new(),
    ];
    for wrong in texts {
        let scene = Scene::new().client(right.replace(&text, &wrong));
        assert_eq!(scene.refusal(), WebauthnError::WrongChallenge, "{wrong}");
    }
    for length in [16, 17, 18, 64] {
        let mut scene = Scene::new();
        scene.challenge = (0..length).map(|n| 255 - n).collect();
        scene.client = client_data("webauthn.get", &scene.challenge, ORIGIN).into_bytes();
        assert_eq!(scene.run().unwrap().challenge(), scene.challenge);
    }
    assert_eq!(WebauthnError::WrongChallenge.code(), 5406);
}

#[test]
fn w7_an_origin_that_is_not_in_the_list_is_refused() {
    for origin in [
        "https://example.org.evil.net",
        "https://example.or",
        "https://evil.example.org",
        "https://Example.org",
        "http://example.org",
        "https://example.org:443",
        "https://example.org/",
        "https://example.org:8443",
        " https://example.org",
        "null",
        "",
    ] {
        let scene = Scene::new().client(client_data("webauthn.get", &CHALLENGE, origin));
        assert_eq!(scene.refusal(), WebauthnError::OriginNotAllowed, "{origin}");
    }
    for origin in ["https://related.net", "android:apk-key-hash:abc", "https://example.org"] {
        let mut scene = Scene::new().client(client_data("webauthn.get", &CHALLENGE, origin));
        scene.settings.related_origins = vec!["https://related.net".into()];
        scene.settings.native_origins = vec!["android:apk-key-hash:abc".into()];
        scene.run().unwrap();
    }
    assert_eq!(WebauthnError::OriginNotAllowed.code(), 5407);
}

#[test]
fn w8_frames_of_other_origins_are_refused_unless_allowed() {
    let framed = |cross: &str, top: &str, rule, tops: &[&str]| {
        let text = client_data("webauthn.get", &CHALLENGE, ORIGIN).replace(r#""crossOrigin":false}"#, cross);
        let mut scene = Scene::new().client(format!("{text}{top}}}"));
        scene.settings.cross_origin = rule;
        scene.settings.top_origins = tops.iter().copied().map(String::from).collect();
        scene.run().map(|_| ())
    };
    let (yes, no, absent) = (r#""crossOrigin":true"#, r#""crossOrigin":false"#, r#""x":0"#);
    let top = r#","topOrigin":"https://portal.example""#;
    let list = ["https://portal.example"];
    let (allow, deny) = (CrossOrigin::Allow, CrossOrigin::Deny);
    assert_eq!(framed(no, "", deny, &[]), Ok(()));
    assert_eq!(framed(yes, "", deny, &list), Err(WebauthnError::CrossOrigin));
    assert_eq!(framed(yes, top, deny, &list), Err(WebauthnError::CrossOrigin));
    assert_eq!(framed(no, top, deny, &list), Err(WebauthnError::CrossOrigin));
    assert_eq!(framed(yes, "", allow, &list), Ok(()));
    assert_eq!(framed(yes, top, allow, &list), Ok(()));
    assert_eq!(framed(yes, top, allow, &["https://portal.example:8443"]), Err(WebauthnError::TopOrigin));
    assert_eq!(framed(no, top, allow, &list), Err(WebauthnError::TopOrigin));
    assert_eq!(framed(absent, top, allow, &list), Err(WebauthnError::TopOrigin));
    assert_eq!((WebauthnError::CrossOrigin.code(), WebauthnError::TopOrigin.code()), (5408, 5408));
}

#[test]
fn w9_authenticator_data_have_what_their_flags_announce_and_no_more() {
    let fault = |auth: Vec<u8>| {
        let mut scene = Scene::new();
        scene.auth = auth;
        match scene.run() {
            Err(WebauthnError::AuthData(fault)) => Some(fault),
            Ok(_) => None,
            Err(other) => panic!("{other}"),
        }
    };
    let with = |flags, rest: &[u8]| fault([&auth_data(RP, UP | UV | flags, 8)[..], rest].concat());
    assert_eq!(with(0, &[]), None);
    assert_eq!(with(AT, &[]), Some(AuthDataFault::Attested));
    assert_eq!(with(0, &[0xa0]), Some(AuthDataFault::Trailing));
    assert_eq!(with(ED, &[]), Some(AuthDataFault::Cbor(CborFault::Truncated)));
    assert_eq!(with(ED, &[0xa0]), None);
    assert_eq!(with(ED, b"\xa1\x6bcredProtect\x02"), None);
    assert_eq!(with(ED, &[0xa0, 0xa0]), Some(AuthDataFault::Trailing));
    assert_eq!(with(ED, &[0x80]), Some(AuthDataFault::ExtensionsKind));
    assert_eq!(with(ED, &[0xbf, 0xff]), Some(AuthDataFault::Cbor(CborFault::Indefinite)));
    assert_eq!(with(ED, b"\xa2\x61b\x01\x61a\x01"), Some(AuthDataFault::Cbor(CborFault::Unsorted)));
    // Bits 1 and 5 are for later versions.
    assert_eq!(with(0x22, &[]), None);
    assert_eq!(WebauthnError::AuthData(AuthDataFault::Trailing).code(), 5409);
}

#[test]
fn w10_the_rp_id_is_in_the_list_and_the_credentials_own() {
    let mut scene = Scene::new();
    scene.auth = auth_data("evil.org", UP | UV, 8);
    assert_eq!(scene.refusal(), WebauthnError::RpId);
    // In the list, but not the credential's.
    scene.auth = auth_data("example.net", UP | UV, 8);
    scene.settings.rp_ids.push("example.net".into());
    assert_eq!(scene.refusal(), WebauthnError::RpId);
    scene.parts.rp_id = "example.net".into();
    scene.run().unwrap();
    // The credential's, but no longer in the list.
    scene.settings.rp_ids.pop();
    assert_eq!(scene.refusal(), WebauthnError::RpId);
    assert_eq!(WebauthnError::RpId.code(), 5410);
}

fn flagged(flags: u8, eligible: bool) -> Scene {
    let mut scene = Scene::new();
    scene.auth = auth_data(RP, flags, 8);
    scene.parts.backup_eligible = eligible;
    scene
}

#[test]
fn w11_the_user_must_be_present() {
    let mut scene = flagged(UV, false);
    assert_eq!(scene.refusal(), WebauthnError::UserNotPresent);
    scene.settings.require_uv = false;
    assert_eq!(scene.refusal(), WebauthnError::UserNotPresent);
    assert_eq!(WebauthnError::UserNotPresent.code(), 5411);
}

#[test]
fn w12_the_user_must_be_verified_where_that_is_asked() {
    let mut scene = flagged(UP, false);
    assert_eq!(scene.refusal(), WebauthnError::UserNotVerified);
    scene.settings.require_uv = false;
    assert!(!scene.run().unwrap().flags().user_verified());
    assert_eq!(WebauthnError::UserNotVerified.code(), 5412);
}

#[test]
fn w13_backed_up_needs_eligible() {
    for eligible in [false, true] {
        assert_eq!(flagged(UP | UV | BS, eligible).refusal(), WebauthnError::BackupFlags);
    }
    assert_eq!(WebauthnError::BackupFlags.code(), 5413);
}

#[test]
fn w14_eligibility_for_backup_never_changes() {
    assert_eq!(flagged(UP | UV | BE, false).refusal(), WebauthnError::BackupChanged);
    assert_eq!(flagged(UP | UV, true).refusal(), WebauthnError::BackupChanged);
    flagged(UP | UV | BE, true).run().unwrap();
    assert_eq!(WebauthnError::BackupChanged.code(), 5414);
}

#[test]
fn w15_backup_may_be_forbidden() {
    use BackupRule::{Any, ForbidBackedUp, ForbidEligible};
    let cases = [
        (Any, 0, true),
        (Any, BE, true),
        (Any, BE | BS, true),
        (ForbidEligible, 0, true),
        (ForbidEligible, BE, false),
        (ForbidEligible, BE | BS, false),
        (ForbidBackedUp, 0, true),
        (ForbidBackedUp, BE, true),
        (ForbidBackedUp, BE | BS, false),
    ];
    for (rule, flags, allowed) in cases {
        let mut scene = flagged(UP | UV | flags, flags & BE != 0);
        scene.settings.backup = rule;
        let result = scene.run().map(|_| ());
        let wanted = if allowed { Ok(()) } else { Err(WebauthnError::BackupForbidden) };
        assert_eq!(result, wanted, "{rule:?} {flags:02x}");
    }
    assert_eq!(WebauthnError::BackupForbidden.code(), 5415);
}

#[test]
fn w16_a_signature_is_strict_der() {
    let mut scene = Scene::new();
    let mut der = scene.signature();
    der[0] = 0x31;
    scene.signature = Some(der);
    assert_eq!(scene.refusal(), WebauthnError::SignatureEncoding);
    let raw = scene.key.sign(&scene.auth, &scene.client).to_bytes().to_vec();
    scene.signature = Some(raw);
    assert_eq!(scene.refusal(), WebauthnError::SignatureEncoding);
    assert_eq!(WebauthnError::SignatureEncoding.code(), 5416);
}

#[test]
fn w17_the_signature_verifies_over_the_bytes_as_received() {
    let mut scene = Scene::new();
    scene.signature = Some(Key::new(8).sign(&scene.auth, &scene.client).to_der().as_bytes().to_vec());
    assert_eq!(scene.refusal(), WebauthnError::BadSignature);
    let mut scene = Scene::new();
    scene.signature = Some(scene.signature());
    scene.auth[36] ^= 1;
    assert_eq!(scene.refusal(), WebauthnError::BadSignature);
    // The same JSON in other bytes.
    let mut scene = Scene::new();
    scene.signature = Some(scene.signature());
    scene.client.push(b' ');
    assert_eq!(scene.refusal(), WebauthnError::BadSignature);
    assert_eq!(WebauthnError::BadSignature.code(), 5417);
}

fn counted(rule: CounterRule, stored: u32, new: u32, last: Option<&[u8]>) -> Result<bool, WebauthnError> {
    let mut scene = Scene::new();
    scene.settings.counter = rule;
    scene.parts.sign_count = stored;
    scene.parts.last_challenge = last.map_or([0; 32], sha256);
    scene.auth = auth_data(RP, UP | UV, new);
    scene.run().map(|verified| {
        assert_eq!(verified.update().sign_count(), stored.max(new));
        verified.counter_signal()
    })
}

#[test]
fn w18_the_counter_rises_or_stands_still_for_the_same_challenge() {
    use CounterRule::{Ignore, Signal, Strict};
    let regressed = Err(WebauthnError::CounterRegressed);
    for (stored, new, last, fine) in [
        (0, 0, None, true),
        (7, 8, None, true),
        (0, 1, None, true),
        (7, u32::MAX, None, true),
        (7, 7, None, false),
        (7, 6, None, false),
        (7, 0, None, false),
        (7, 7, Some(&CHALLENGE[..]), true),
        (7, 7, Some(b"another challenge"), false),
        (7, 6, Some(&CHALLENGE[..]), false),
    ] {
        let case = (stored, new, last);
        assert_eq!(
            counted(Strict, stored, new, last),
            if fine { Ok(false) } else { regressed.clone() },
            "{case:?}"
        );
        assert_eq!(counted(Signal, stored, new, last), Ok(!fine), "{case:?}");
        assert_eq!(counted(Ignore, stored, new, last), Ok(false), "{case:?}");
    }
    assert_eq!(WebauthnError::CounterRegressed.code(), 5418);
}

#[test]
fn w18_a_wrong_signature_says_nothing_of_the_counter() {
    let mut scene = Scene::new();
    scene.auth = auth_data(RP, UP | UV, 3);
    scene.signature = Some(Scene::new().signature());
    assert_eq!(scene.refusal(), WebauthnError::BadSignature);
}

/// Each scene fails its check and all later ones.
#[test]
fn checks_come_in_the_order_of_the_table() {
    let mut scene = Scene::new();
    scene.settings.backup = BackupRule::ForbidEligible;
    scene.auth = auth_data("evil.org", BS | AT, 1);
    scene.signature = Some(vec![0; 73]);
    scene.client = b"{".to_vec();
    scene.id = b"unknown".to_vec();
    scene.handle = Some(b"another".to_vec());
    assert_eq!(scene.refusal(), WebauthnError::TooLarge(Field::Signature));
    scene.signature = Some(vec![0; 72]);
    assert_eq!(scene.refusal(), WebauthnError::UnknownCredential);
    scene.id = scene.parts.id.clone();
    assert_eq!(scene.refusal(), WebauthnError::UserHandle);
    scene.handle = None;
    assert_eq!(scene.refusal(), WebauthnError::ClientData(ClientDataFault::Json(JsonFault::Syntax)));
    let framed = |kind, challenge: &[u8], origin| {
        client_data(kind, challenge, origin).replace("false", "true").into_bytes()
    };
    scene.client = framed("webauthn.create", &[0; 32], "https://evil.org");
    assert_eq!(scene.refusal(), WebauthnError::WrongType);
    scene.client = framed("webauthn.get", &[0; 32], "https://evil.org");
    assert_eq!(scene.refusal(), WebauthnError::WrongChallenge);
    scene.client = framed("webauthn.get", &CHALLENGE, "https://evil.org");
    assert_eq!(scene.refusal(), WebauthnError::OriginNotAllowed);
    scene.client = framed("webauthn.get", &CHALLENGE, ORIGIN);
    assert_eq!(scene.refusal(), WebauthnError::CrossOrigin);
    scene.settings.cross_origin = CrossOrigin::Allow;
    assert_eq!(scene.refusal(), WebauthnError::AuthData(AuthDataFault::Attested));
    scene.auth = auth_data("evil.org", BS, 1);
    assert_eq!(scene.refusal(), WebauthnError::RpId);
    scene.auth = auth_data(RP, BS, 1);
    assert_eq!(scene.refusal(), WebauthnError::UserNotPresent);
    scene.auth = auth_data(RP, UP | BS, 1);
    assert_eq!(scene.refusal(), WebauthnError::UserNotVerified);
    scene.auth = auth_data(RP, UP | UV | BS, 1);
    assert_eq!(scene.refusal(), WebauthnError::BackupFlags);
    scene.auth = auth_data(RP, UP | UV | BE | BS, 1);
    assert_eq!(scene.refusal(), WebauthnError::BackupChanged);
    scene.parts.backup_eligible = true;
    assert_eq!(scene.refusal(), WebauthnError::BackupForbidden);
    scene.settings.backup = BackupRule::Any;
    assert_eq!(scene.refusal(), WebauthnError::SignatureEncoding);
    scene.signature = Some(Scene::new().signature());
    assert_eq!(scene.refusal(), WebauthnError::BadSignature);
    scene.signature = None;
    assert_eq!(scene.refusal(), WebauthnError::CounterRegressed);
}
