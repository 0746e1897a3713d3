//! Attacks on requests, approvals and policies, each by the name that it has among those who try it.

use quorate::approval::approver::{
    ApprovalError, Approver, ApproverId, ApproverSet, Evidence, Factor, Proof, Unsigned,
};
use quorate::approval::cap::Caps as _;
use quorate::approval::fact::Amount;
use quorate::approval::policy::{Decision, PolicyError};
use quorate::approval::registry::{Registry as _, RegistryError};
use quorate::approval::request::{
    Action, Batch, DigestRule, Draft, KeyRef, Purpose, RequestError, SigningRequest, login_challenge,
};
use quorate::approval::totp::TotpError;
use quorate::approval::webauthn::WebauthnError;
use serde_json::json;

use crate::tools::*;

fn world() -> (World, quorate::approval::policy::Policy) {
    (World::new(), policy(json!([coins_out()])))
}

#[test]
fn a_clock_that_goes_back_revives_nothing() {
    let (mut world, policy) = world();
    let request = sign("transfer coin 0x01 5");
    let evidence = [yes(ALICE, &request)];
    world.now = NOW + 500; // just expired
    assert_eq!(denial(world.decide(&policy, &request, &evidence)), RequestError::Expired.into());
    world.now = NOW;
    assert_eq!(denial(world.decide(&policy, &request, &evidence)), RequestError::Expired.into());
    // Nor does one that jumps ahead make anything valid.
    assert!(matches!(world.registry.clock(NOW + 100 * 86400), Err(RegistryError::ClockJump { .. })));
}

#[test]
fn approvals_do_not_carry_over_to_anything_that_differs() {
    let (mut world, policy) = world();
    let coins = || draft(Action::Sign, b"transfer coin 0x01 5");
    let approved = sign("transfer coin 0x01 5");
    let evidence = [yes(ALICE, &approved), by_key(CAROL, Purpose::Approve, &approved)];
    assert_eq!(rule(&world.decide(&policy, &approved, &evidence)), "coins-out");
    let key = |scheme, id, epoch| Some(KeyRef { scheme, id, epoch });
    let others = [
        Draft { path: vec![1], ..coins() },
        Draft { key: key(1, KEY, EPOCH + 1), ..coins() },
        Draft { key: key(1, [1; 32], EPOCH), ..coins() },
        Draft { key: key(2, KEY, EPOCH), ..coins() },
        Draft { cluster: [2; 32], ..coins() },
        Draft { rule: DigestRule::Keccak256, ..coins() },
        Draft { expires: NOW + 499, ..coins() },
        Draft { not_before: NOW - 99, ..coins() },
        Draft { requester: Some(ALICE), ..coins() },
        Draft { requester: None, ..coins() },
        draft(Action::Sign, b"transfer coin 0x02 5"),
        draft(Action::SignRaw, b"transfer coin 0x01 5"),
    ];
    let other_nonce = coins().with_nonce([8; 32]);
    for request in others.into_iter().map(|d| d.with_nonce([9; 32])).chain([other_nonce]) {
        let tally = world.tally(&request.unwrap(), &evidence);
        assert!(tally.approvals.counted.is_empty());
        let wrong = ApprovalError::Webauthn(WebauthnError::WrongChallenge);
        assert_eq!(tally.refused, [(0, wrong), (1, ApprovalError::BadSignature)]);
    }
}

#[test]
fn one_approver_through_two_credentials_is_one() {
    let (mut world, policy) = world();
    let request = sign("transfer coin 0x01 1500"); // takes two
    let twice = [yes(ALICE, &request), by_passkey_with(ALICE, 1, Purpose::Approve, &request, UP_UV)];
    let Decision::NeedMore(need) = world.decide(&policy, &request, &twice) else { panic!() };
    assert_eq!(need.approvers, 1);
}

#[test]
fn a_login_is_no_approval() {
    let (mut world, request) = (World::new(), sign("transfer coin 0x01 5"));
    // The worst case: the site took the request's hash, or its challenge, as the nonce of a login.
    for nonce in [*request.hash(), request.challenge(Purpose::Approve)] {
        let challenge = login_challenge("example.org", &nonce);
        let proof = Proof::Passkey(answer(ALICE, 0, &challenge, UP_UV));
        let login = Evidence { approver: ALICE, purpose: Purpose::Approve, batch: None, proof };
        let tally = world.tally(&request, &[login]);
        assert_eq!(tally.refused, [(0, ApprovalError::Webauthn(WebauthnError::WrongChallenge))]);
    }
}

#[test]
fn an_export_hidden_in_a_batch_is_not_approved() {
    let (mut world, _) = world();
    let (harmless, export) = (sign("transfer coin 0x01 5"), request(Action::Export, b""));
    assert_eq!(Batch::new([&harmless, &export]), Err(RequestError::Batch));
    // Whoever makes the list does not ask this crate.
    let mut hashes = vec![*harmless.hash(), *export.hash()];
    hashes.sort_unstable();
    let batch = Batch::from_hashes(hashes).unwrap();
    for who in [ALICE, BOB] {
        let tally = world.tally(&export, &[yes_to_batch(who, &batch)]);
        assert_eq!(tally.refused, [(0, ApprovalError::OtherRequest)]);
    }
    // Also not as a batch of one, by a key.
    let unsigned =
        Unsigned::batch(CAROL, Purpose::Approve, Batch::from_hashes(vec![*export.hash()]).unwrap());
    let signature = operator(CAROL).sign(unsigned.to_sign());
    let evidence = unsigned.attach(&key_of(CAROL), signature).unwrap();
    assert_eq!(world.tally(&export, &[evidence]).refused, [(0, ApprovalError::OtherRequest)]);
}

#[test]
fn each_request_of_a_batch_is_judged_by_itself() {
    let (mut world, policy) = world();
    let many: Vec<_> = (1..=8).map(|n| sign_again("transfer coin 0x01 1000", n)).collect();
    let batch = Batch::new(&many).unwrap();
    let decide = |request: &SigningRequest| world.decide(&policy, request, &[yes_to_batch(ALICE, &batch)]);
    let decisions: Vec<_> = many.iter().map(decide).collect();
    assert!(decisions[..5].iter().all(|decision| rule(decision) == "coins-out"));
    for over in &decisions[5..] {
        assert_eq!(denial(over.clone()), PolicyError::CapExceeded("day".into()));
    }
}

#[test]
fn facts_are_not_stitched_together_from_two_rules() {
    let rule_for = |id: &str, asset: &str| {
        json!({ "id": id, "effect": "allow", "action": "sign",
            "facts": [{ "fact": "transfer", "asset": asset, "to": "payees" }],
            "tiers": [{ "up_to": "1000", "approvers": 1, "factors": ["passkey_uv"] }] })
    };
    let (policy, mut world) = (policy(json!([rule_for("a", "coin"), rule_for("b", "gold")])), World::new());
    let mut ask = |text: &str| {
        let request = sign(text);
        world.decide(&policy, &request, &[yes(ALICE, &request)])
    };
    assert_eq!(rule(&ask("transfer coin 0x01 5")), "a");
    assert_eq!(rule(&ask("transfer gold 0x01 5")), "b");
    assert_eq!(denial(ask("transfer coin 0x01 5\ntransfer gold 0x01 5")), PolicyError::NoRule);
}

#[test]
fn no_allowance_is_without_an_end() {
    let most = Amount::MAX.to_string();
    let almost = Amount::MAX.checked_sub(&Amount::from(1)).unwrap().to_string();
    let rule_ = json!({ "id": "all", "effect": "allow", "action": "sign",
        "facts": [{ "fact": "allowance", "asset": COIN, "up_to": most }],
        "tiers": [{ "up_to": most, "approvers": 1, "factors": ["passkey_uv"] }] });
    let (policy, mut world) = (policy(json!([rule_])), World::new());
    let mut ask = |amount: &str| {
        let request = sign(&format!("allowance coin 0x01 {amount}"));
        world.decide(&policy, &request, &[yes(ALICE, &request)])
    };
    assert_eq!(denial(ask(&most)), PolicyError::NoRule);
    assert_eq!(rule(&ask(&almost)), "all");
}

#[test]
fn an_opaque_payload_is_no_signature_away_from_approval() {
    let (mut world, policy) = world();
    let request = sign("?");
    let all = [yes(ALICE, &request), yes(BOB, &request), by_key(CAROL, Purpose::Approve, &request)];
    assert_eq!(denial(world.decide(&policy, &request, &all)), PolicyError::NoRule);
}

#[test]
fn two_requests_race_under_one_cap() {
    let (mut world, policy) = world();
    let both = |r: &SigningRequest| [yes(ALICE, r), yes(BOB, r)];
    let (a, b, c) = (
        sign_again("transfer coin 0x01 2000", 1),
        sign_again("transfer coin 0x01 2000", 2),
        sign_again("transfer coin 0x01 2000", 3),
    );
    assert_eq!(rule(&world.decide(&policy, &a, &both(&a))), "coins-out");
    assert_eq!(rule(&world.decide(&policy, &b, &both(&b))), "coins-out");
    let full = PolicyError::CapExceeded("day".into());
    assert_eq!(denial(world.decide(&policy, &c, &both(&c))), full);
    // Neither waiting nor a crash between reserving and committing frees what was reserved.
    world.now += 300;
    assert_eq!(denial(world.decide(&policy, &c, &both(&c))), full);
    // A release does, once, and only for what was released.
    world.caps.release(a.hash()).unwrap();
    assert_eq!(rule(&world.decide(&policy, &c, &both(&c))), "coins-out");
    assert_eq!(denial(world.decide(&policy, &a, &both(&a))), full);
}

#[test]
fn deciding_twice_counts_once() {
    let (mut world, policy) = world();
    let request = sign("transfer coin 0x01 2000");
    let both = [yes(ALICE, &request), yes(BOB, &request)];
    for _ in 0..10 {
        assert_eq!(rule(&world.decide(&policy, &request, &both)), "coins-out");
    }
    assert_eq!(world.caps.spent("day", &KEY, 86400, NOW), Amount::from(2000));
}

#[test]
fn a_forged_requester_is_nobody() {
    let mut rule_ = coins_out();
    rule_["requesters"] = json!([hex(DAVE.0), hex(CAROL.0)]);
    let (policy, mut world) = (policy(json!([rule_])), World::new());
    let request = sign("transfer coin 0x01 5"); // says that Dave asks
    let unproven = PolicyError::Approval(ApprovalError::RequesterUnproven);
    let forged = Evidence { approver: DAVE, ..asked(CAROL, &request) };
    for evidence in
        [vec![], vec![asked(CAROL, &request)], vec![forged], vec![by_key(DAVE, Purpose::Approve, &request)]]
    {
        let evidence = [vec![yes(ALICE, &request)], evidence].concat();
        assert_eq!(denial(world.decide(&policy, &request, &evidence)), unproven);
    }
}

#[test]
fn a_code_is_not_used_for_two_requests() {
    let (mut world, a, b) = (World::new(), sign_again("fee gas 1", 1), sign_again("fee gas 1", 2));
    let right = code(ALICE, totp_of(ALICE).code_at(NOW));
    let mut refused =
        |request: &SigningRequest| world.tally(request, &[yes(ALICE, request), right.clone()]).refused;
    assert_eq!(refused(&a), []);
    assert_eq!(refused(&a), [], "a retry");
    assert_eq!(refused(&b), [(1, ApprovalError::Totp(TotpError::Reused))]);
    // The requests of one batch share it.
    let (mut world, batch) = (World::new(), Batch::new([&a, &b]).unwrap());
    for request in [&a, &b] {
        let tally = world.tally(request, &[yes_to_batch(ALICE, &batch), right.clone()]);
        assert_eq!(tally.refused, []);
        assert!(tally.approvals.counted[&ALICE].has(Factor::Totp));
    }
}

#[test]
fn guessing_codes_is_throttled_and_only_for_who_is_guessed() {
    let (mut world, request) = (World::new(), sign("fee gas 1"));
    let mut refused = |who: ApproverId, digits: [u8; 6]| {
        world.tally(&request, &[yes(who, &request), code(who, digits)]).refused
    };
    for _ in 0..5 {
        assert_eq!(refused(ALICE, *b"000000"), [(1, ApprovalError::Totp(TotpError::WrongCode))]);
    }
    let right = totp_of(ALICE).code_at(NOW);
    assert_eq!(refused(ALICE, right), [(1, ApprovalError::Totp(TotpError::Throttled))]);
    assert_eq!(refused(BOB, totp_of(BOB).code_at(NOW)), []);
}

#[test]
fn a_swapped_or_empty_set_denies() {
    let (mut world, policy) = world();
    let request = sign("transfer coin 0x01 5");
    // Mallory in place of Alice, under the same name.
    let mallory = Approver { passkeys: vec![passkey_of(ERIN, 0)], keys: vec![], ..people()[0].clone() };
    let swapped =
        ApproverSet::new(1, [mallory].into_iter().chain(people().into_iter().skip(1).take(3))).unwrap();
    for set in [swapped, ApproverSet::new(1, []).unwrap()] {
        world.set = set;
        let decision = world.decide(&policy, &request, &[yes(ALICE, &request), yes(BOB, &request)]);
        assert_eq!(denial(decision), PolicyError::NoApprovers);
    }
}

#[test]
fn a_strangers_garbage_stops_nobody() {
    let (mut world, policy) = world();
    let request = sign("transfer coin 0x01 5");
    let stranger = ApproverId([0xee; 32]);
    let evidence = [
        by_key(stranger, Purpose::Reject, &request),
        Evidence { approver: CAROL, ..by_key(stranger, Purpose::Reject, &request) },
        code(ALICE, *b"000000"),
        yes(ALICE, &request),
        by_key(ERIN, Purpose::Reject, &request),
        yes_to_batch(BOB, &Batch::new([&sign_again("?", 3)]).unwrap()),
    ];
    // The code is looked at, since Alice's passkey verified, and counts as one failure of hers.
    assert_eq!(world.tally(&request, &evidence).refused.len(), 5);
    assert_eq!(rule(&world.decide(&policy, &request, &evidence)), "coins-out");
}

#[test]
fn leading_zeros_of_a_message_are_signed() {
    let key = Some(KeyRef { scheme: 3, id: KEY, epoch: EPOCH });
    let make = |payload: &[u8]| {
        let draft = Draft { key, rule: DigestRule::Message, ..draft(Action::Sign, payload) };
        Draft { facts: draft.facts.clone(), ..draft }.with_nonce([9; 32]).unwrap()
    };
    let (short, long) = (make(&[0xff, 7]), make(&[0, 0xff, 7]));
    assert_ne!(short.hash(), long.hash());
    assert_eq!(long.payload(), [0, 0xff, 7]);
    assert_eq!(SigningRequest::from_bytes(&long.to_bytes()).unwrap().to_sign(), long.to_sign());
}
