//! What a real browser made (`tests/browser/generate.mjs`), judged by us and by `@simplewebauthn/server` (`tests/browser/second.mjs`).
//!
//! One set of samples is kept beside the scripts. `QUORATE_BROWSER_SAMPLES` names a directory with fresh ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use quorate::approval::keyfmt::KeyFormatError;
use quorate::approval::webauthn::{
    Assertion, AuthDataFault, BackupRule, CredentialSet, CrossOrigin, EnrolError, Expected, Field,
    Registration, Settings, WebauthnConfig, WebauthnError, enrol, verify,
};
use serde_json::Value;

use crate::scene::OWNER;

/// What we say to a registration and to each assertion, by label; `None` is yes.
type Verdicts = (Option<EnrolError>, Vec<(String, Option<WebauthnError>)>);

fn directory() -> PathBuf {
    match std::env::var_os("QUORATE_BROWSER_SAMPLES") {
        Some(fresh) => fresh.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/samples"),
    }
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn cases() -> Vec<Value> {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/cases.json");
    read(&cases).as_array().unwrap().clone()
}

fn bytes(value: &Value) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut out, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for c in value.as_str().unwrap().bytes() {
        let digit = ALPHABET.iter().position(|own| *own == c).unwrap();
        (bits, held) = (bits << 6 | digit as u32, held + 6);
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    out
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The rules of a case, for the pages of a sample.
fn settings(case: &Value, sample: &Value) -> Settings {
    let origin = |name: String| match sample["origins"].get(&name) {
        Some(origin) => origin.as_str().unwrap().to_owned(),
        None => name,
    };
    let mut settings = Settings::new(&[sample["rpId"].as_str().unwrap()], &[]);
    if let Some(ids) = case.get("rpIds") {
        settings.rp_ids = strings(ids);
    }
    let origins = case.get("origins").map_or(vec!["page".to_owned()], strings);
    settings.origins = origins.into_iter().map(origin).collect();
    settings.http_localhost = true;
    settings.require_uv = case.get("requireUv").is_none_or(|value| value == true);
    settings.accept_unverified = case.get("acceptUnverified").is_some_and(|value| value == true);
    settings.backup = match case.get("backup").map(|rule| rule.as_str().unwrap()) {
        None => BackupRule::Any,
        Some("forbid-eligible") => BackupRule::ForbidEligible,
        Some("forbid-backed-up") => BackupRule::ForbidBackedUp,
        Some(other) => panic!("{other}"),
    };
    if case.get("crossOrigin").is_some_and(|value| value == true) {
        settings.cross_origin = CrossOrigin::Allow;
        settings.top_origins = strings(&case["topOrigins"]).into_iter().map(origin).collect();
    }
    settings
}

fn registration(
    sample: &Value,
    settings: Settings,
) -> Result<quorate::approval::webauthn::NewCredential, EnrolError> {
    let made = &sample["registration"];
    let registration = Registration {
        client_data: &bytes(&made["clientDataJSON"]),
        attestation_object: &bytes(&made["attestationObject"]),
        user_handle: &bytes(&sample["userHandle"]),
    };
    let config = WebauthnConfig::new(settings).unwrap();
    let new = enrol(&config, &bytes(&made["challenge"]), &registration, &CredentialSet::new())?;
    assert_eq!(new.credential().parts().id, bytes(&made["id"]));
    Ok(new)
}

fn judge(case: &Value, sample: &Value) -> Verdicts {
    let own = settings(case, sample);
    let said = registration(sample, own.clone()).err();
    // The record is there already, from when the rules were as lenient as they can be.
    let mut lenient = settings(&serde_json::json!({ "requireUv": false, "acceptUnverified": true }), sample);
    lenient.cross_origin = CrossOrigin::Allow;
    let Ok(new) = registration(sample, lenient) else { return (said, Vec::new()) };
    let mut set = CredentialSet::new();
    set.insert(OWNER, new.into_credential()).unwrap();
    let config = WebauthnConfig::new(own).unwrap();
    let owner = case.get("ownerUnknown").is_none().then_some(OWNER);
    let mut assertions = Vec::new();
    for made in sample["assertions"].as_array().unwrap() {
        let handle = made["userHandle"].as_str().map(|_| bytes(&made["userHandle"]));
        let result = verify(
            &config,
            &set,
            Expected { challenge: &bytes(&made["challenge"]), owner },
            &Assertion {
                credential_id: &bytes(&made["id"]),
                client_data: &bytes(&made["clientDataJSON"]),
                authenticator_data: &bytes(&made["authenticatorData"]),
                signature: &bytes(&made["signature"]),
                user_handle: handle.as_deref(),
            },
        );
        if let Ok(verified) = &result {
            set.apply(verified.update()).unwrap();
        }
        assertions.push((made["label"].as_str().unwrap().to_owned(), result.err()));
    }
    (said, assertions)
}

/// What each case must give.
fn expected(case: &str) -> Verdicts {
    use WebauthnError::*;
    let all = |registration: Option<EnrolError>, assertions: &[(&str, Option<WebauthnError>)]| {
        (registration, assertions.iter().map(|(label, error)| ((*label).to_owned(), error.clone())).collect())
    };
    let both =
        |error: WebauthnError| all(Some(EnrolError::Webauthn(error.clone())), &[("first", Some(error))]);
    let unsupported = Some(EnrolError::UnsupportedAttestation);
    match case {
        "counter" => all(None, &[("first", None), ("second", None), ("third", None)]),
        "no-uv" => {
            let no = || Some(UserNotVerified);
            all(no().map(EnrolError::Webauthn), &[("first", no()), ("second", no())])
        }
        "no-uv, allowed" => all(None, &[("first", None), ("second", None)]),
        "uv-lost" => all(None, &[("verified", None), ("unverified", Some(UserNotVerified))]),
        "uv-lost, allowed" => all(None, &[("verified", None), ("unverified", None)]),
        "discoverable" | "discoverable, owner unknown" => {
            all(None, &[("with id", None), ("without id", None)])
        }
        "counter, owner unknown" => {
            let no = || Some(UserHandle);
            all(None, &[("first", no()), ("second", no()), ("third", no())])
        }
        "backup" => {
            all(None, &[("backed up", None), ("no longer", None), ("not eligible", Some(BackupChanged))])
        }
        "backup, not of eligible keys" => all(
            Some(EnrolError::Webauthn(BackupForbidden)),
            &[
                ("backed up", Some(BackupForbidden)),
                ("no longer", Some(BackupForbidden)),
                ("not eligible", Some(BackupChanged)),
            ],
        ),
        "backup, not of backed up keys" => all(
            Some(EnrolError::Webauthn(BackupForbidden)),
            &[
                ("backed up", Some(BackupForbidden)),
                ("no longer", None),
                ("not eligible", Some(BackupChanged)),
            ],
        ),
        "frame" => all(None, &[("at the top", None), ("in a frame", Some(CrossOrigin))]),
        "frame, allowed" => all(None, &[("at the top", None), ("in a frame", None)]),
        "frame, allowed in another page" => {
            all(None, &[("at the top", None), ("in a frame", Some(TopOrigin))])
        }
        "other-rp, under another id"
        | "parent-rp, under the page's own id"
        | "own-rp, under the parent's id" => both(RpId),
        "other-port, not listed" => both(OriginNotAllowed),
        "other-rp" | "parent-rp" | "own-rp" | "other-port" | "direct, unverified" | "prf" | "extensions" => {
            all(None, &[("first", None)])
        }
        "direct" => all(unsupported, &[("first", None)]),
        "u2f" => all(unsupported, &[("first", None), ("second", None)]),
        "u2f, unverified" => all(None, &[("first", None), ("second", None)]),
        "eddsa" => all(Some(EnrolError::AuthData(AuthDataFault::Key(KeyFormatError::NotEs256))), &[]),
        "challenges" => all(
            None,
            &[
                ("of 8 bytes", Some(TooLarge(Field::Challenge))),
                ("of 16 bytes", None),
                ("of 64 bytes", None),
                ("of 256 bytes", Some(TooLarge(Field::Challenge))),
                ("the same", None),
                ("the same again", None),
            ],
        ),
        other => panic!("no expectation for {other}"),
    }
}

#[test]
fn every_sample_is_accepted_or_refused_for_its_reason() {
    let mut samples: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases() {
        let name = case["case"].as_str().unwrap();
        let sample = case["sample"].as_str().unwrap();
        *samples.entry(format!("{sample}.json")).or_default() += 1;
        let verdicts = judge(&case, &read(&directory().join(format!("{sample}.json"))));
        assert_eq!(verdicts, expected(name), "{name}");
    }
    // No sample lies there unused.
    let files: BTreeMap<_, _> = fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "verdicts.json")
        .map(|name| (name.clone(), samples.get(&name).copied().unwrap_or_default()))
        .collect();
    assert_eq!(files, samples);
}

/// Where the second opinion differs, and why. It never refuses what we accept.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    // It does not look at the user handle, and leaves the question of whose credential it is to the caller (W3).
    (
        "counter, owner unknown",
        "first",
        "it takes an assertion without a user handle from nobody in particular",
    ),
    ("counter, owner unknown", "second", "the same"),
    ("counter, owner unknown", "third", "the same"),
    // It keeps BE and BS in no record, so eligibility that changes passes (W14).
    ("backup", "not eligible", "it does not compare the eligibility for backup with the record's"),
    ("backup, not of eligible keys", "not eligible", "the same"),
    ("backup, not of backed up keys", "not eligible", "the same"),
    // It has no rule against credentials that are backed up (W15): the caller reads the flags.
    ("backup, not of eligible keys", "registration", "it has no rule on backup"),
    ("backup, not of eligible keys", "backed up", "the same"),
    ("backup, not of eligible keys", "no longer", "the same"),
    ("backup, not of backed up keys", "registration", "the same"),
    ("backup, not of backed up keys", "backed up", "the same"),
    // It verifies certificate chains of attestations, without trust in any root unless it is given some. We refuse what we do not
    // verify (N7).
    ("direct", "registration", "it verifies a packed attestation by the certificate inside"),
    ("u2f", "registration", "it verifies a fido-u2f attestation by the certificate inside"),
    // It takes challenges of any length (W1).
    ("challenges", "of 8 bytes", "8 bytes can be guessed"),
    ("challenges", "of 256 bytes", "no challenge of this crate is longer than 64 bytes"),
];

#[test]
fn the_second_opinion_differs_only_where_we_say_why() {
    let theirs = read(&directory().join("verdicts.json"));
    let mut found = Vec::new();
    let mut compared = 0;
    for case in cases() {
        let name = case["case"].as_str().unwrap();
        let (registration, assertions) = expected(name);
        let said = |verdict: &Value| match verdict.as_str().unwrap() {
            "accepted" => true,
            reason => {
                assert!(!reason.is_empty());
                false
            }
        };
        let mut compare = |label: &str, ours: bool, theirs: bool| {
            assert!(theirs || !ours, "{name}, {label}: we accept what it refuses");
            compared += 1;
            if ours != theirs {
                found.push((name.to_owned(), label.to_owned()));
            }
        };
        compare("registration", registration.is_none(), said(&theirs[name]["registration"]));
        assert_eq!(theirs[name]["assertions"].as_object().unwrap().len(), assertions.len());
        for (label, ours) in assertions {
            compare(&label, ours.is_none(), said(&theirs[name]["assertions"][&label]));
        }
    }
    found.sort();
    let mut wanted: Vec<_> =
        DIFFERENCES.iter().map(|(case, label, _)| ((*case).to_owned(), (*label).to_owned())).collect();
    wanted.sort();
    assert_eq!(found, wanted);
    assert_eq!(theirs.as_object().unwrap().len(), cases().len());
    assert!(compared > 75, "{compared}");
}
