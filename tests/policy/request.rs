//! R1 to R7, batches, and what is signed.

use quorate::approval::approver::ApproverId;
use quorate::approval::fact::{Amount, Fact, FactKind};
use quorate::approval::request::{
    Action, Batch, DigestRule, Draft, Holder, KeyRef, LiveKey, MAX_FACTS, MAX_PATH, MAX_PAYLOAD, Purpose,
    RequestError, SigningRequest, ToSign, login_challenge,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use sha2::Sha256;
use sha3::{Digest as _, Keccak256};

use crate::tools::{CLUSTER, EPOCH, KEY, Lines, NOW, draft, request, sha256, sign, sign_again};

const ACTIONS: [Action; 11] = [
    Action::Sign,
    Action::Refresh,
    Action::Reshare,
    Action::Repair,
    Action::Export,
    Action::Import,
    Action::PolicyChange,
    Action::ApproverChange,
    Action::RosterChange,
    Action::BackupExport,
    Action::SignRaw,
];
const RULES: [DigestRule; 8] = [
    DigestRule::None,
    DigestRule::Message,
    DigestRule::Sha256,
    DigestRule::DoubleSha256,
    DigestRule::Keccak256,
    DigestRule::TapSighash,
    DigestRule::Webauthn,
    DigestRule::Prehashed,
];

fn made(draft: Draft) -> Result<(), RequestError> {
    let result = draft.with_nonce([9; 32]);
    if let Ok(request) = &result {
        assert_eq!(SigningRequest::from_bytes(&request.to_bytes()).as_ref(), Ok(request));
    }
    result.map(drop)
}

/// The request's bytes with a change, read back.
fn read(change: impl FnOnce(&mut Vec<u8>)) -> Result<(), RequestError> {
    let mut bytes = sign("transfer coin 0x01 5").to_bytes();
    change(&mut bytes);
    SigningRequest::from_bytes(&bytes).map(drop)
}

#[test]
fn numbers_of_errors() {
    let errors = [
        (RequestError::Malformed, 5501),
        (RequestError::Path, 5502),
        (RequestError::Nonce, 5503),
        (RequestError::Lifetime, 5504),
        (RequestError::NotYet, 5505),
        (RequestError::Expired, 5505),
        (RequestError::OtherRoster, 5506),
        (RequestError::UnknownKey, 5506),
        (RequestError::WrongEpoch(1), 5506),
        (RequestError::FactsMismatch, 5507),
        (RequestError::Batch, 5508),
    ];
    for (error, code) in errors {
        assert_eq!(error.code(), code);
    }
}

#[test]
fn r1_what_does_not_begin_as_a_request_is_none() {
    assert_eq!(read(|_| ()), Ok(()));
    for (place, value) in [(0, b'q'), (3, b'R'), (4, 0), (4, 2), (5, 0), (5, 12), (6, 0), (6, 8), (7, 8)] {
        assert_eq!(read(|b| b[place] = value), Err(RequestError::Malformed), "{place}: {value}");
    }
}

#[test]
fn r1_every_length_is_exact() {
    let whole = sign("transfer coin 0x01 5\nfee gas 3").to_bytes();
    for len in 0..whole.len() {
        assert_eq!(SigningRequest::from_bytes(&whole[..len]), Err(RequestError::Malformed), "{len}");
    }
    assert_eq!(read(|b| b.push(0)), Err(RequestError::Malformed));
    let long = vec![0; SigningRequest::MAX_LEN + 1];
    assert_eq!(SigningRequest::from_bytes(&long), Err(RequestError::Malformed));
}

#[test]
fn r1_nothing_is_longer_than_it_may_be() {
    let big = |len| Draft { payload: vec![b'?'; len], ..draft(Action::Sign, b"?") };
    assert_eq!(made(big(MAX_PAYLOAD)), Ok(()));
    assert_eq!(made(big(MAX_PAYLOAD + 1)), Err(RequestError::Malformed));
    let many = |count| Draft { facts: vec![Fact::opaque(); count], ..draft(Action::Sign, b"?") };
    assert_eq!(made(many(MAX_FACTS)), Ok(()));
    assert_eq!(made(many(MAX_FACTS + 1)), Err(RequestError::Malformed));
    // A length of 4 GiB that is announced takes no memory.
    assert_eq!(read(|b| b[158..162].fill(0xff)), Err(RequestError::Malformed));
    let nobody = Draft { requester: Some(ApproverId([0; 32])), ..draft(Action::Sign, b"?") };
    assert_eq!(made(nobody), Err(RequestError::Malformed));
}

#[test]
fn r1_a_fact_has_one_form() {
    let one = Amount::from(1);
    let coin = |kind| Fact { kind, ..Fact::transfer("chain", "coin", "to", one) };
    let wrong = [
        Fact { amount: one, ..Fact::opaque() },
        Fact { chain: b"x".to_vec(), ..Fact::opaque() },
        Fact { asset: b"x".to_vec(), ..Fact::opaque() },
        Fact { party: b"x".to_vec(), ..Fact::opaque() },
        coin(FactKind::Call),
        coin(FactKind::Fee),
        Fact::fee("chain", "", one),
        Fact::transfer("chain", "", "to", one),
        Fact::allowance("chain", "", "to", one),
        Fact::transfer("c".repeat(65), "coin", "to", one),
        Fact::transfer("chain", "c".repeat(97), "to", one),
        Fact::transfer("chain", "coin", "t".repeat(129), one),
    ];
    let with = |fact: &Fact| Draft { facts: vec![fact.clone()], ..draft(Action::Sign, b"?") };
    for fact in wrong {
        assert_eq!(made(with(&fact)), Err(RequestError::Malformed), "{fact:?}");
    }
    let right = [
        Fact::opaque(),
        Fact::call("chain", "to", "selector"),
        Fact::fee("chain", "coin", one),
        Fact::transfer("c".repeat(64), "c".repeat(96), "t".repeat(128), one),
        Fact::allowance("", "coin", "", Amount::MAX),
    ];
    for fact in right {
        assert_eq!(made(with(&fact)), Ok(()), "{fact:?}");
        // The same, damaged on the wire: the kind is the first byte of the fact.
        let mut bytes = with(&fact).with_nonce([9; 32]).unwrap().to_bytes();
        let place = bytes.len() - (36 + fact.chain.len() + fact.asset.len() + fact.party.len());
        for kind in [0, 6] {
            bytes[place] = kind;
            assert_eq!(SigningRequest::from_bytes(&bytes), Err(RequestError::Malformed));
        }
    }
}

#[test]
fn r1_the_rule_fits_the_scheme_and_the_action() {
    let schemes_of = |rule| match rule {
        DigestRule::None => vec![1u8, 2, 3, 4, 5, 6, 7],
        DigestRule::Message => vec![3, 5, 6, 7],
        DigestRule::Sha256 | DigestRule::DoubleSha256 | DigestRule::Keccak256 => vec![1, 2],
        DigestRule::TapSighash => vec![4],
        DigestRule::Webauthn => vec![2],
        _ => vec![1, 2, 3, 4, 5, 6, 7],
    };
    let rules_of = |action| match action {
        Action::Sign => 1..=6,
        Action::SignRaw => 1..=7,
        _ => 0..=0,
    };
    for (action, rule) in ACTIONS.iter().flat_map(|action| RULES.iter().map(|rule| (*action, *rule))) {
        for scheme in 0..=8u8 {
            let key = (scheme > 0).then_some(KeyRef { scheme, id: KEY, epoch: 0 });
            let facts = if action.signs() { vec![Fact::opaque()] } else { vec![] };
            let draft = Draft { action, rule, key, payload: vec![0; 32], facts, ..draft(Action::Sign, b"?") };
            let about_key = matches!(action as u8, 1..=5 | 11);
            let raw_webauthn = (action, rule) == (Action::SignRaw, DigestRule::Webauthn);
            let fits =
                rules_of(action).contains(&(rule as u8)) && !raw_webauthn && about_key == key.is_some();
            let fits = fits && (!about_key || schemes_of(rule).contains(&scheme));
            let expected = match (fits, about_key, key) {
                (true, _, _) => Ok(()),
                (false, false, Some(_)) => Err(RequestError::UnknownKey),
                _ => Err(RequestError::Malformed),
            };
            assert_eq!(made(draft), expected, "{action:?} {rule:?} {scheme}");
        }
    }
}

#[test]
fn r1_the_payload_fits_the_rule() {
    let of = |action, rule, scheme, payload: &[u8]| {
        let key = Some(KeyRef { scheme, id: KEY, epoch: 0 });
        made(Draft { action, rule, key, ..draft(Action::Sign, payload) })
    };
    let hash = |payload: &[u8]| of(Action::SignRaw, DigestRule::Prehashed, 1, payload);
    assert_eq!(hash(&[0; 32]), Ok(()));
    assert_eq!(hash(&[0; 31]), Err(RequestError::Malformed));
    assert_eq!(hash(&[0; 33]), Err(RequestError::Malformed));
    let tap = |payload: &[u8]| of(Action::Sign, DigestRule::TapSighash, 4, payload);
    assert_eq!(tap(b"\0rest"), Ok(()));
    assert_eq!(tap(b"\x01rest"), Err(RequestError::Malformed));
    assert_eq!(tap(b""), Err(RequestError::Malformed));
}

#[test]
fn r2_paths_and_tweaks_fit_the_key() {
    let with = |scheme, rule, path: &[u32], tweak: &[u8]| {
        let key = Some(KeyRef { scheme, id: KEY, epoch: 0 });
        made(Draft { rule, key, path: path.to_vec(), tweak: tweak.to_vec(), ..draft(Action::Sign, b"\0?") })
    };
    let ecdsa = |path: &[u32]| with(1, DigestRule::Sha256, path, &[]);
    assert_eq!(ecdsa(&[0, (1 << 31) - 1]), Ok(()));
    assert_eq!(ecdsa(&[1 << 31]), Err(RequestError::Path));
    assert_eq!(ecdsa(&[0; MAX_PATH]), Ok(()));
    assert_eq!(ecdsa(&[0; MAX_PATH + 1]), Err(RequestError::Path));
    assert_eq!(read(|b| b[156] = MAX_PATH as u8 + 1), Err(RequestError::Malformed));
    for (scheme, derives) in [(3, false), (5, true), (6, false), (7, true)] {
        let expected = if derives { Ok(()) } else { Err(RequestError::Path) };
        assert_eq!(with(scheme, DigestRule::Message, &[1], &[]), expected, "{scheme}");
        assert_eq!(with(scheme, DigestRule::Message, &[], &[]), Ok(()));
    }
    assert_eq!(with(2, DigestRule::Webauthn, &[1], &[]), Err(RequestError::Path));
    assert_eq!(with(2, DigestRule::Sha256, &[1], &[]), Ok(()));

    let root = [&[2][..], &[7; 32]].concat();
    for tweak in [&[][..], &[1], &root] {
        assert_eq!(with(4, DigestRule::TapSighash, &[1], tweak), Ok(()));
        let other = if tweak.is_empty() { Ok(()) } else { Err(RequestError::Path) };
        assert_eq!(with(1, DigestRule::Sha256, &[], tweak), other);
    }
    for tweak in [&[0][..], &[3], &[1, 0], &root[..32], &[&root[..], &[0]].concat()] {
        assert_eq!(with(4, DigestRule::TapSighash, &[], tweak), Err(RequestError::Path), "{tweak:?}");
    }
    // Where nothing is signed nothing is derived.
    let refresh = |path: &[u32], tweak: &[u8]| {
        let key = Some(KeyRef { scheme: 4, id: KEY, epoch: 0 });
        made(Draft { key, path: path.to_vec(), tweak: tweak.to_vec(), ..draft(Action::Refresh, b"") })
    };
    assert_eq!(refresh(&[], &[]), Ok(()));
    assert_eq!(refresh(&[1], &[]), Err(RequestError::Path));
    assert_eq!(refresh(&[], &[1]), Err(RequestError::Path));
}

#[test]
fn r3_the_nonce_is_not_zero() {
    assert_eq!(draft(Action::Sign, b"?").with_nonce([0; 32]).map(drop), Err(RequestError::Nonce));
    assert_eq!(read(|b| b[76..108].fill(0)), Err(RequestError::Nonce));
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (a, b) = (draft(Action::Sign, b"?").finish(&mut rng), draft(Action::Sign, b"?").finish(&mut rng));
    assert_ne!(a.unwrap().hash(), b.unwrap().hash());
}

fn holder(keys: &[LiveKey]) -> Holder<'_> {
    Holder { cluster: CLUSTER, keys, decoder: Some(&Lines) }
}

fn live() -> [LiveKey; 1] {
    [LiveKey { scheme: 1, id: KEY, epoch: EPOCH, public: vec![2; 33], chain_code: [0; 32] }]
}

fn check(draft: Draft, now: u64) -> Result<(), RequestError> {
    draft.with_nonce([9; 32]).unwrap().check(&holder(&live()), 900, now)
}

fn coins() -> Draft {
    draft(Action::Sign, b"transfer coin 0x01 5")
}

#[test]
fn r4_the_lifetime_is_not_empty_and_not_too_long() {
    let of = |not_before, expires| check(Draft { not_before, expires, ..coins() }, NOW);
    assert_eq!(of(NOW, NOW + 900), Ok(()));
    assert_eq!(of(NOW, NOW + 901), Err(RequestError::Lifetime));
    assert_eq!(of(NOW, NOW), Err(RequestError::Lifetime));
    assert_eq!(of(NOW + 1, NOW), Err(RequestError::Lifetime));
    assert_eq!(of(0, u64::MAX), Err(RequestError::Lifetime));
}

#[test]
fn r5_it_is_neither_too_early_nor_too_late() {
    let of = |now| check(Draft { not_before: 1000, expires: 1500, ..coins() }, now);
    assert_eq!(of(999), Err(RequestError::NotYet));
    assert_eq!(of(1000), Ok(()));
    assert_eq!(of(1499), Ok(()));
    assert_eq!(of(1500), Err(RequestError::Expired));
}

#[test]
fn r6_it_is_for_a_live_key_of_this_cluster() {
    assert_eq!(check(coins(), NOW), Ok(()));
    let key = |scheme, id, epoch| check(Draft { key: Some(KeyRef { scheme, id, epoch }), ..coins() }, NOW);
    assert_eq!(check(Draft { cluster: [0; 32], ..coins() }, NOW), Err(RequestError::OtherRoster));
    assert_eq!(key(1, [0x4d; 32], EPOCH), Err(RequestError::UnknownKey));
    assert_eq!(key(2, KEY, EPOCH), Err(RequestError::UnknownKey));
    assert_eq!(key(1, KEY, EPOCH - 1), Err(RequestError::WrongEpoch(EPOCH)));
    assert_eq!(key(1, KEY, EPOCH + 1), Err(RequestError::WrongEpoch(EPOCH)));
    // About no key: none may be named, and none is needed.
    assert_eq!(check(draft(Action::RosterChange, b"new"), NOW), Ok(()));
    let named = Some(KeyRef { scheme: 0, id: KEY, epoch: 0 });
    assert_eq!(
        made(Draft { key: named, ..draft(Action::RosterChange, b"new") }),
        Err(RequestError::UnknownKey)
    );
    let mut bytes = request(Action::RosterChange, b"new").to_bytes();
    bytes[75] = 1; // the epoch
    assert_eq!(SigningRequest::from_bytes(&bytes), Err(RequestError::UnknownKey));
}

#[test]
fn r7_the_facts_are_what_the_holder_reads() {
    let coin = |n| Fact::transfer("", "coin", "0x01", Amount::from(n));
    let stated = |facts: Vec<Fact>| check(Draft { facts, ..coins() }, NOW);
    assert_eq!(stated(vec![coin(5)]), Ok(()));
    for facts in [vec![], vec![coin(4)], vec![coin(5), coin(5)], vec![Fact::opaque()]] {
        assert_eq!(stated(facts), Err(RequestError::FactsMismatch));
    }
    // In the decoder's order.
    let two = |facts: Vec<Fact>| {
        check(Draft { facts, ..draft(Action::Sign, b"transfer coin 0x01 1\ntransfer coin 0x01 2") }, NOW)
    };
    assert_eq!(two(vec![coin(1), coin(2)]), Ok(()));
    assert_eq!(two(vec![coin(2), coin(1)]), Err(RequestError::FactsMismatch));
    // Not of the decoder's format, malformed, or without any effect.
    for (payload, opaque) in [(&b"?"[..], true), (b"\xff", true), (b"", true), (b"transfer", false)] {
        let result = check(Draft { facts: vec![Fact::opaque()], ..draft(Action::Sign, payload) }, NOW);
        assert_eq!(result, if opaque { Ok(()) } else { Err(RequestError::FactsMismatch) }, "{payload:?}");
    }
    // No decoder.
    let blind = Holder { decoder: None, ..holder(&[]) };
    let (keys, request) = (live(), coins().with_nonce([9; 32]).unwrap());
    let blind = Holder { keys: &keys, ..blind };
    assert_eq!(request.check(&blind, 900, NOW), Err(RequestError::FactsMismatch));
    let opaque = Draft { facts: vec![Fact::opaque()], ..coins() }.with_nonce([9; 32]).unwrap();
    assert_eq!(opaque.check(&blind, 900, NOW), Ok(()));
    // A hash says nothing, though its bytes may look like something.
    let hash = Draft { action: Action::SignRaw, rule: DigestRule::Prehashed, ..draft(Action::Sign, b"") };
    let looks_like = b"transfer coin 0x01 9999999999999";
    let hash = |facts| check(Draft { payload: looks_like.to_vec(), facts, ..hash.clone() }, NOW);
    assert_eq!(hash(facts_of_hash()), Err(RequestError::FactsMismatch));
    assert_eq!(hash(vec![Fact::opaque()]), Ok(()));
    // Nothing signed, no facts.
    let refresh = Draft { facts: vec![Fact::opaque()], ..draft(Action::Refresh, b"") };
    assert_eq!(made(refresh), Err(RequestError::FactsMismatch));
}

fn facts_of_hash() -> Vec<Fact> {
    vec![Fact::transfer("", "coin", "0x01", Amount::from(9_999_999_999_999))]
}

#[test]
fn a_batch_is_of_one_to_256_signings_each_once() {
    let many: Vec<_> =
        (1..=255u8).map(|n| sign_again("?", n)).chain([sign("fee gas 1"), sign("?!")]).collect();
    assert_eq!(Batch::new(&many[..256]).unwrap().hashes().len(), 256);
    assert_eq!(Batch::new(&many), Err(RequestError::Batch));
    assert_eq!(Batch::new([]), Err(RequestError::Batch));
    assert_eq!(Batch::new([&many[0], &many[0]]), Err(RequestError::Batch));
    for action in ACTIONS.into_iter().filter(|action| *action != Action::Sign) {
        let hidden = request(action, b"?");
        assert_eq!(Batch::new([&many[0], &hidden]), Err(RequestError::Batch), "{action:?}");
    }
    let two = Batch::new([&many[1], &many[0]]).unwrap();
    assert_eq!(Batch::new([&many[0], &many[1]]), Ok(two.clone()));
    let reversed = two.hashes().iter().rev().copied().collect();
    assert_eq!(Batch::from_hashes(reversed), Err(RequestError::Batch));
    assert!(two.lists(many[0].hash()) && !two.lists(many[2].hash()));
    // A batch of one is not the request.
    let one = Batch::new([&many[0]]).unwrap();
    assert_ne!(one.challenge(Purpose::Approve), many[0].challenge(Purpose::Approve));
}

#[test]
fn challenges_of_different_purposes_and_logins_differ() {
    let request = sign("?");
    let all = [
        request.challenge(Purpose::Approve),
        request.challenge(Purpose::Reject),
        request.challenge(Purpose::Request),
        login_challenge("example.org", request.hash()),
        login_challenge("example.or", request.hash()),
    ];
    for (i, a) in all.iter().enumerate() {
        assert!(all[..i].iter().all(|b| a != b));
    }
}

#[test]
fn what_is_signed_comes_from_the_payload() {
    // Leading zeros are bytes like others.
    let payload = [&[0, 0][..], &[7; 30]].concat();
    let of = |action, rule, scheme| {
        let key = Some(KeyRef { scheme, id: KEY, epoch: 0 });
        let draft = Draft { action, rule, key, ..draft(Action::Sign, &payload) };
        Draft { facts: vec![Fact::opaque()], ..draft }.with_nonce([9; 32]).unwrap()
    };
    let digest = |rule, scheme| of(Action::Sign, rule, scheme).to_sign().unwrap().digest();
    assert_eq!(digest(DigestRule::Sha256, 1), Some(sha256(&payload)));
    assert_eq!(digest(DigestRule::DoubleSha256, 1), Some(sha256(&sha256(&payload))));
    assert_eq!(digest(DigestRule::Keccak256, 2), Some(Keccak256::digest(&payload).into()));
    let tag = sha256(b"TapSighash");
    let tapped = Sha256::digest([&tag[..], &tag, &payload].concat()).into();
    assert_eq!(digest(DigestRule::TapSighash, 4), Some(tapped));
    assert_eq!(digest(DigestRule::Message, 3), None);
    let message = of(Action::Sign, DigestRule::Message, 3);
    assert_eq!(message.to_sign(), Some(ToSign::Message(&payload)));
    let passkey = of(Action::Sign, DigestRule::Webauthn, 2);
    assert_eq!(passkey.to_sign(), Some(ToSign::Webauthn(&payload)));
    let raw = of(Action::SignRaw, DigestRule::Prehashed, 1);
    assert_eq!(raw.to_sign(), Some(ToSign::Prehashed(payload.clone().try_into().unwrap())));
    assert_eq!(request(Action::Export, b"").to_sign(), None);
}

#[test]
fn amounts_are_exact_to_the_last_unit() {
    let most = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    assert_eq!(most.parse(), Ok(Amount::MAX));
    assert_eq!(Amount::MAX.to_string(), most);
    let over = "115792089237316195423570985008687907853269984665640564039457584007913129639936";
    for wrong in [over, "", "00", "01", "-1", "+1", " 1", "1.0", "1e3", "0x1", "1_000", "٣"] {
        assert!(wrong.parse::<Amount>().is_err(), "{wrong}");
    }
    let one = Amount::from(1);
    assert_eq!(Amount::MAX.checked_add(&one), None);
    assert_eq!(Amount::ZERO.checked_sub(&one), None);
    assert_eq!(Amount::MAX.checked_sub(&one).unwrap().checked_add(&one), Some(Amount::MAX));
    assert_eq!(
        Amount::from(u128::MAX).checked_mul(3).unwrap().to_string(),
        "1020847100762815390390123822295304634365"
    );
    assert_eq!(Amount::MAX.checked_mul(2), None);
    assert_eq!(Amount::MAX.checked_mul(1), Some(Amount::MAX));
    for n in [0u128, 9, 10, 255, 256, 999, u128::from(u64::MAX), u128::MAX] {
        assert_eq!(Amount::from(n).to_string(), n.to_string());
        assert_eq!(n.to_string().parse(), Ok(Amount::from(n)));
    }
    assert!(Amount::from(255) < Amount::from(256));
}
