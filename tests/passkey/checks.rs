//! [X1] to [X6], each by its own error; the checks are made in the order of their numbers, so that what comes later is right in each.

use super::approval::{Office, request};
use super::given::{CHALLENGE, ORIGIN, RP, SAFE, login, payment, public, safe, transaction, web, with};
use quorate::approval::fact::Amount;
use quorate::approval::passkey::{Mode, PasskeyError, Payload, Record, UserEvidence, check};
use quorate::approval::request::Purpose;

const REQUEST: [u8; 32] = [1; 32];

/// What the checks say where nobody has seen the user.
fn refusal(record: &Record, payload: &Payload) -> PasskeyError {
    check(record, payload, &REQUEST, None).unwrap_err()
}

fn changed(payload: Payload, change: impl FnOnce(&mut Payload)) -> Payload {
    let mut payload = payload;
    change(&mut payload);
    payload
}

#[test]
fn a_login_without_user_verification_passes() {
    let statement = check(&web(), &login(), &REQUEST, None).unwrap();
    assert_eq!(statement.authenticator_data()[32], 0x19);
    let json = r#"{"type":"webauthn.get","challenge":"xMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMQ","origin":"https://app.wallet.example","crossOrigin":false}"#;
    assert_eq!(statement.client_data_json(), json.as_bytes());
}

#[test]
fn x1_another_rp_id_is_refused() {
    for rp_id in ["", "wallet.example.", "Wallet.example", "app.wallet.example", "evil.example"] {
        let payload = changed(login(), |p| p.rp_id = rp_id.into());
        assert_eq!(refusal(&web(), &payload), PasskeyError::WrongRp, "{rp_id}");
        let payload = changed(transaction(), |p| p.rp_id = rp_id.into());
        assert_eq!(refusal(&safe(), &payload), PasskeyError::WrongRp, "{rp_id}");
    }
}

#[test]
fn x2_another_origin_is_refused() {
    for origin in [
        "",
        "https://app.wallet.example/",
        "https://APP.wallet.example",
        "https://wallet.example",
        "http://app.wallet.example",
    ] {
        let payload = changed(login(), |p| p.origin = origin.into());
        assert_eq!(refusal(&web(), &payload), PasskeyError::WrongOrigin, "{origin}");
        let payload = changed(transaction(), |p| p.origin = origin.into());
        assert_eq!(refusal(&safe(), &payload), PasskeyError::WrongOrigin, "{origin}");
    }
}

#[test]
fn x2_a_record_has_an_origin_of_its_rp_id() {
    let record = |rp_id: &str, origin: &str| Record::new(public(), rp_id, origin, Mode::Web);
    for origin in [
        "https://wallet.example.evil.example",
        "https://evilwallet.example",
        "https://example",
        "http://wallet.example",
        "https://wallet.example/path",
        "https://wallet.example@evil.example",
        "",
    ] {
        assert_eq!(record(RP, origin).unwrap_err(), PasskeyError::WrongOrigin, "{origin}");
    }
    let long = format!("{}a.example", "abc.".repeat(30));
    assert_eq!(long.len(), 129);
    Record::new(public(), &long[4..], &format!("https://{long}"), Mode::Web).unwrap();
    for rp_id in ["", "Wallet.example", "wallet.example/", "w\u{e4}llet.example", &long] {
        let result = Record::new(public(), rp_id, &format!("https://{rp_id}"), Mode::Web);
        assert_eq!(result.unwrap_err(), PasskeyError::WrongRp, "{rp_id}");
    }
    let native = |length: usize| record(RP, &"n".repeat(length)).map(|_| ());
    assert_eq!((native(512), native(513)), (Ok(()), Err(PasskeyError::WrongOrigin)));
    for origin in
        ["https://wallet.example", "android:apk-key-hash:abc", ORIGIN, "https://wallet.example:8443"]
    {
        record(RP, origin).unwrap();
    }
}

#[test]
fn x2_the_hash_of_a_transaction_is_no_login_for_a_safes_key() {
    let hash = transaction().challenge;
    let disguised = Payload::web(&safe(), &hash, true);
    assert_eq!(refusal(&safe(), &disguised), PasskeyError::WrongMode);
    // and a login's key signs no transaction
    assert_eq!(refusal(&web(), &transaction()), PasskeyError::WrongMode);
    assert_eq!(Payload::safe(&web(), payment()).unwrap_err(), PasskeyError::WrongMode);
}

#[test]
fn x3_challenges_have_16_to_64_bytes() {
    for (length, fits) in [(0, false), (15, false), (16, true), (64, true), (65, false), (255, false)] {
        let payload = changed(login(), |p| p.challenge = vec![1; length]);
        let result = check(&web(), &payload, &REQUEST, None).map(|_| ());
        assert_eq!(result, if fits { Ok(()) } else { Err(PasskeyError::Challenge) }, "{length}");
    }
    for length in [16, 31, 33, 64] {
        let payload = changed(transaction(), |p| p.challenge.resize(length, 0));
        assert_eq!(refusal(&safe(), &payload), PasskeyError::Challenge, "{length}");
    }
}

#[test]
fn x3_flags_are_two_and_a_safes_one() {
    for flags in 0..=255 {
        let web = refusal_of(check(&web(), &changed(login(), |p| p.flags = flags), &REQUEST, None));
        let safe = refusal_of(check(&safe(), &changed(transaction(), |p| p.flags = flags), &REQUEST, None));
        let (of_web, of_safe) = match flags {
            0x19 => (None, Some(PasskeyError::Flags)),
            0x1d => (Some(PasskeyError::NoUserEvidence), Some(PasskeyError::NoUserEvidence)),
            _ => (Some(PasskeyError::Flags), Some(PasskeyError::Flags)),
        };
        assert_eq!((web, safe), (of_web, of_safe), "{flags:02x}");
    }
}

fn refusal_of<T>(result: Result<T, PasskeyError>) -> Option<PasskeyError> {
    result.err()
}

#[test]
fn x4_the_challenge_of_another_transaction_is_refused() {
    let mine = transaction();
    for (what, other) in [
        ("to", with(|t| t.tx.to[19] ^= 1)),
        ("value", with(|t| t.tx.value = Amount::from(6))),
        ("data", with(|t| t.tx.data = vec![0])),
        ("safe tx gas", with(|t| t.tx.safe_tx_gas = Amount::from(1))),
        ("base gas", with(|t| t.tx.base_gas = Amount::from(1))),
        ("gas price", with(|t| t.tx.gas_price = Amount::from(1))),
        ("gas token", with(|t| t.tx.gas_token[0] = 1)),
        ("refund receiver", with(|t| t.tx.refund_receiver[0] = 1)),
        ("nonce", with(|t| t.tx.nonce = Amount::from(10))),
        ("operation", with(|t| t.tx.operation = 1)),
    ] {
        // what is shown is one thing, what is signed another: both ways
        let shown = changed(mine.clone(), |p| p.challenge.clone_from(&other.challenge));
        assert_eq!(refusal(&safe(), &shown), PasskeyError::WrongSafeTx, "{what}");
        let shown = changed(other, |p| p.challenge.clone_from(&mine.challenge));
        assert_eq!(refusal(&safe(), &shown), PasskeyError::WrongSafeTx, "{what}");
    }
    // a raw digest in the place of the hash
    let raw = changed(mine, |p| p.challenge = CHALLENGE.to_vec());
    assert_eq!(refusal(&safe(), &raw), PasskeyError::WrongSafeTx);
}

#[test]
fn x4_another_safe_or_chain_is_refused() {
    for payload in [with(|t| t.safe[0] ^= 1), with(|t| t.chain_id = 10), with(|t| t.chain_id = 0)] {
        assert_eq!(refusal(&safe(), &payload), PasskeyError::WrongSafeTx);
    }
    let record = |chain_id, safe| Record::new(public(), RP, ORIGIN, Mode::Safe { chain_id, safe });
    assert_eq!(record(0, SAFE).unwrap_err(), PasskeyError::WrongSafeTx);
    assert_eq!(record(1, [0; 20]).unwrap_err(), PasskeyError::WrongSafeTx);
}

#[test]
fn x5_a_delegate_call_is_refused() {
    for operation in [1, 2, 255] {
        let payload = with(|t| t.tx.operation = operation);
        assert_eq!(refusal(&safe(), &payload), PasskeyError::DelegateCall);
    }
}

#[test]
fn x6_user_verification_is_never_claimed_unseen() {
    assert_eq!(refusal(&safe(), &transaction()), PasskeyError::NoUserEvidence);
    let payload = Payload::web(&web(), &CHALLENGE, true);
    assert_eq!(refusal(&web(), &payload), PasskeyError::NoUserEvidence);
}

#[test]
fn x6_the_approval_is_for_this_request_with_the_user_verified() {
    let (office, payload) = (Office::new(), transaction());
    let (mine, other) = (request(&payload, 1), request(&payload, 2));
    let evidence = office.approves(&mine);
    check(&safe(), &payload, mine.hash(), Some(&evidence)).unwrap();
    // the same transaction in another request was not approved
    let refused = check(&safe(), &payload, other.hash(), Some(&evidence)).unwrap_err();
    assert_eq!(refused, PasskeyError::NoUserEvidence);
    // no face, no finger, no PIN; another word than yes; another request
    assert_eq!(office.says(Purpose::Approve, &mine, false), None);
    assert_eq!(office.says(Purpose::Reject, &mine, true), None);
    assert_eq!(office.says(Purpose::Request, &mine, true), None);
    assert_eq!(UserEvidence::of(&mine, &office.signed(&other.challenge(Purpose::Approve), true)), None);
}

#[test]
fn codes_are_those_of_the_checks() {
    let codes = [
        (PasskeyError::WrongRp, 6101),
        (PasskeyError::WrongOrigin, 6102),
        (PasskeyError::WrongMode, 6102),
        (PasskeyError::Challenge, 6103),
        (PasskeyError::Flags, 6103),
        (PasskeyError::WrongSafeTx, 6104),
        (PasskeyError::DelegateCall, 6105),
        (PasskeyError::NoUserEvidence, 6106),
        (PasskeyError::RawRefused, 6107),
        (PasskeyError::Malformed, 6150),
        (PasskeyError::WrongKey, 6151),
        (PasskeyError::BadSignature, 6152),
        (PasskeyError::Owners, 6153),
        (PasskeyError::OtherRecord, 6154),
    ];
    for (error, code) in codes {
        assert_eq!(error.code(), code);
        assert!(!error.to_string().is_empty());
    }
}
