//! P4, P8, P10 and A6: who must approve, when, and which of several rules answers.

use quorate::approval::approver::{ApprovalError, Approvals, ApproverId, ApproverSet, Evidence, Factor};
use quorate::approval::policy::{Decision, Finding, Need, Policy, PolicyError, Question};
use quorate::approval::registry::{MemoryRegistry, Registry as _, RegistryError, Space};
use quorate::approval::request::{Action, Draft, Holder, Purpose};
use serde_json::{Value, json};

use crate::tools::*;

/// Two approvals of the right kind, and the tier that asks for them.
fn export(tier: Value) -> Policy {
    one(json!({ "id": "export", "effect": "allow", "action": "export", "tiers": [tier] }))
}

#[test]
fn p4_high_risk_takes_two_whatever_the_rule_says() {
    let policy = export(json!({ "approvers": 1, "factors": ["passkey_uv", "key"] }));
    let (mut world, request) = (World::new(), request(Action::Export, b"whole key"));
    let strong = [Factor::PasskeyUv, Factor::Key];
    let mut ask = |evidence: &[Evidence<'_>]| world.decide(&policy, &request, evidence);
    assert_eq!(need(ask(&[])), wants(2, &strong, &[Factor::PasskeyUv]));
    assert_eq!(need(ask(&[yes(ALICE, &request)])), wants(1, &strong, &[]));
    assert_eq!(rule(&ask(&[yes(ALICE, &request), yes(BOB, &request)])), "export");
    let carol = || by_key(CAROL, Purpose::Approve, &request);
    assert_eq!(rule(&ask(&[yes(ALICE, &request), carol()])), "export");
    // Without user verification a passkey does not count.
    let weak = by_passkey_with(BOB, 0, Purpose::Approve, &request, UP);
    assert_eq!(need(ask(&[yes(ALICE, &request), weak])), wants(1, &strong, &[]));
    // Nor for a rule that wants more than two and would take it.
    let three = export(json!({ "approvers": 3, "factors": ["passkey_uv", "passkey", "key"] }));
    let weak = || by_passkey_with(BOB, 0, Purpose::Approve, &request, UP);
    let with = |bob| [yes(ALICE, &request), carol(), bob];
    assert_eq!(need(world.decide(&three, &request, &with(weak()))), wants(1, &strong, &[]));
    assert_eq!(rule(&world.decide(&three, &request, &with(yes(BOB, &request)))), "export");
    let mut ask = |evidence: &[Evidence<'_>]| world.decide(&policy, &request, evidence);
    // Two keys, but no human showed itself.
    let alice = by_key(ALICE, Purpose::Approve, &request);
    assert_eq!(need(ask(&[alice, carol()])), wants(0, &strong, &[Factor::PasskeyUv]));
}

#[test]
fn p4_counts_beyond_those_a_tier_names() {
    let policy = export(json!({ "approvers": 1, "of": [hex(CAROL.0)], "factors": ["key"] }));
    let (mut world, request) = (World::new(), request(Action::Export, b""));
    let carol = || by_key(CAROL, Purpose::Approve, &request);
    let decision = world.decide(&policy, &request, &[carol()]);
    assert_eq!(need(decision), wants(1, &[Factor::Key], &[Factor::PasskeyUv]));
    assert_eq!(rule(&world.decide(&policy, &request, &[carol(), yes(BOB, &request)])), "export");
    let others = world.decide(&policy, &request, &[yes(ALICE, &request), yes(BOB, &request)]);
    assert_eq!(need(others), wants(1, &[Factor::Key], &[]));
}

#[test]
fn p4_one_alone_is_enough_where_there_is_one() {
    let only = |people: Vec<_>| {
        let set = ApproverSet::new(1, people).unwrap();
        let rule = json!([{ "id": "export", "effect": "allow", "action": "export",
            "tiers": [{ "approvers": 1, "factors": ["passkey_uv", "key"] }] }]);
        let mut source = source(rule);
        source["approvers"] = json!(hex(*set.hash()));
        (World { set, ..World::new() }, compile(source).unwrap())
    };
    let request = request(Action::Export, b"");
    let service = people()[2].clone();
    let (mut world, policy) = only(vec![service]);
    // No human, so none is needed.
    assert_eq!(
        rule(&world.decide(&policy, &request, &[by_key(CAROL, Purpose::Approve, &request)])),
        "export"
    );
    let (mut world, policy) = only(vec![people()[0].clone(), people()[3].clone(), people()[4].clone()]);
    assert_eq!(rule(&world.decide(&policy, &request, &[yes(ALICE, &request)])), "export");
}

#[test]
fn p4_refresh_and_sign_are_not_of_high_risk() {
    let refresh = json!({ "id": "refresh", "effect": "allow", "action": "refresh",
        "tiers": [{ "approvers": 1, "factors": ["passkey"] }] });
    let (policy, mut world) = (policy(json!([refresh, coins_out()])), World::new());
    let refresh = request(Action::Refresh, b"");
    let weak = by_passkey_with(ALICE, 0, Purpose::Approve, &refresh, UP);
    assert_eq!(rule(&world.decide(&policy, &refresh, &[weak])), "refresh");
}

#[test]
fn p8_quorum_and_factors() {
    let mut rule_ = coins_out();
    rule_["tiers"] = json!([{ "up_to": "1000", "approvers": 2, "of": [hex(ALICE.0), hex(BOB.0), hex(CAROL.0)],
        "factors": ["passkey_uv", "key"], "step_up": ["totp"] }]);
    let (policy, mut world, request) = (one(rule_), World::new(), sign("transfer coin 0x01 5"));
    let mut ask = |evidence: &[Evidence<'_>]| world.decide(&policy, &request, evidence);
    let either = [Factor::PasskeyUv, Factor::Key];
    let carol = || by_key(CAROL, Purpose::Approve, &request);
    assert_eq!(need(ask(&[])), wants(2, &either, &[Factor::Totp]));
    assert_eq!(need(ask(&[yes(ALICE, &request)])), wants(1, &either, &[Factor::Totp]));
    assert_eq!(need(ask(&[yes(ALICE, &request), carol()])), wants(0, &either, &[Factor::Totp]));
    let weak = by_passkey_with(BOB, 0, Purpose::Approve, &request, UP);
    assert_eq!(need(ask(&[carol(), weak])), wants(1, &either, &[Factor::Totp]));
    let right = code(ALICE, totp_of(ALICE).code_at(NOW));
    assert_eq!(rule(&ask(&[yes(ALICE, &request), carol(), right])), "coins-out");
}

#[test]
fn p8_a_tier_may_name_who_counts() {
    let mut rule_ = coins_out();
    rule_["tiers"] = json!([{ "up_to": "1000", "approvers": 1, "of": [hex(BOB.0), hex(CAROL.0)], "factors": ["passkey_uv", "key"] }]);
    let (policy, mut world, request) = (one(rule_), World::new(), sign("transfer coin 0x01 5"));
    let mut ask = |evidence: Evidence<'_>| world.decide(&policy, &request, &[evidence]);
    assert_eq!(need(ask(yes(ALICE, &request))).approvers, 1);
    assert_eq!(need(ask(by_key(ALICE, Purpose::Approve, &request))).approvers, 1);
    assert_eq!(rule(&ask(yes(BOB, &request))), "coins-out");
    assert_eq!(rule(&ask(by_key(CAROL, Purpose::Approve, &request))), "coins-out");
}

#[test]
fn p8_only_those_of_the_set_count_however_they_came_into_the_list() {
    let (policy, world, request) = (one(coins_out()), World::new(), sign("transfer coin 0x01 5"));
    let holder = Holder { cluster: CLUSTER, keys: &world.keys, decoder: Some(&Lines) };
    let strong = factors(&[Factor::PasskeyUv]);
    for (id, counts) in [(ALICE, true), (DAVE, false), (ERIN, false), (ApproverId([9; 32]), false)] {
        let approvals = Approvals { counted: [(id, strong)].into(), ..Approvals::default() };
        let question = Question {
            request: &request,
            holder: &holder,
            set: Some(&world.set),
            approvals: &approvals,
            now: NOW,
        };
        let decision = policy.decide(&question, &mut || unreachable!()).decision;
        assert_eq!(matches!(decision, Decision::Allow(_)), counts, "{id:?}");
    }
}

#[test]
fn p8_one_approver_steps_up_by_all_of_the_factors() {
    let mut rule_ = coins_out();
    rule_["tiers"] = json!([{ "up_to": "1000", "approvers": 2, "factors": ["passkey_uv", "key"], "step_up": ["key", "totp"] }]);
    let (policy, mut world, request) = (one(rule_), World::new(), sign("transfer coin 0x01 5"));
    // Carol has a key, Bob a code: nobody has both.
    let split =
        [yes(BOB, &request), code(BOB, totp_of(BOB).code_at(NOW)), by_key(CAROL, Purpose::Approve, &request)];
    assert_eq!(need(world.decide(&policy, &request, &split)).also.iter().count(), 1);
    let both = [
        by_key(ALICE, Purpose::Approve, &request),
        code(ALICE, totp_of(ALICE).code_at(NOW)),
        yes(BOB, &request),
    ];
    assert_eq!(rule(&world.decide(&policy, &request, &both)), "coins-out");
}

#[test]
fn p8_the_delay_runs_from_when_the_quorum_was_first_here() {
    let mut rule_ = coins_out();
    rule_["delay_s"] = json!(60);
    let (policy, mut world) = (one(rule_), World::new());
    let request = sign("transfer coin 0x01 5");
    // Without a quorum nothing is noted, however long it takes.
    assert_eq!(need(world.decide(&policy, &request, &[])).approvers, 1);
    world.now += 100;
    let at = NOW + 100 + 60;
    let evidence = [yes(ALICE, &request)];
    assert_eq!(world.decide(&policy, &request, &evidence), Decision::NotNow(at));
    world.now += 59;
    assert_eq!(world.decide(&policy, &request, &evidence), Decision::NotNow(at));
    world.now += 1;
    assert_eq!(rule(&world.decide(&policy, &request, &evidence)), "coins-out");
    let seen = world.registry.first_seen(Space::Request, request.hash(), NOW + 400, request.expires());
    assert_eq!(seen, Ok(NOW + 100));
}

#[test]
fn p8_a_registry_that_does_not_answer_denies() {
    let mut rule_ = coins_out();
    rule_["delay_s"] = json!(60);
    let (policy, mut world, request) = (one(rule_), World::new(), sign("transfer coin 0x01 5"));
    world.registry = MemoryRegistry::new(0, NOW);
    let decision = world.decide(&policy, &request, &[yes(ALICE, &request)]);
    assert_eq!(denial(decision), PolicyError::Registry(RegistryError::Full));
}

#[test]
fn p10_the_first_rule_that_lacks_nothing_allows() {
    let named = |id: &str, approvers: u16, factors: Value| {
        let mut rule = coins_out();
        rule["id"] = json!(id);
        rule["caps"] = json!([]);
        rule["tiers"] = json!([{ "up_to": "1000", "approvers": approvers, "factors": factors }]);
        rule
    };
    let rules = json!([
        named("three", 3, json!(["passkey_uv", "key"])),
        named("two", 2, json!(["passkey_uv"])),
        named("one", 1, json!(["key"])),
        named("one-again", 1, json!(["key"])),
    ]);
    let (policy, mut world, request) = (policy(rules), World::new(), sign("transfer coin 0x01 5"));
    let mut ask = |evidence: &[Evidence<'_>]| world.decide(&policy, &request, evidence);
    // The least demanding is reported.
    assert_eq!(need(ask(&[])), wants(1, &[Factor::Key], &[]));
    assert_eq!(need(ask(&[yes(ALICE, &request)])), wants(1, &[Factor::PasskeyUv], &[]));
    let carol = || by_key(CAROL, Purpose::Approve, &request);
    assert_eq!(rule(&ask(&[carol()])), "one");
    assert_eq!(rule(&ask(&[yes(ALICE, &request), yes(BOB, &request)])), "two");
    assert_eq!(rule(&ask(&[yes(ALICE, &request), yes(BOB, &request), carol()])), "three");
}

#[test]
fn p10_waiting_is_less_than_asking() {
    let mut slow = coins_out();
    slow["id"] = json!("slow");
    slow["delay_s"] = json!(60);
    let mut strict = coins_out();
    strict["id"] = json!("strict");
    strict["tiers"] = json!([{ "up_to": "1000", "approvers": 2, "factors": ["passkey_uv"] }]);
    let (policy, mut world, request) =
        (policy(json!([strict, slow])), World::new(), sign("transfer coin 0x01 5"));
    let decision = world.decide(&policy, &request, &[yes(ALICE, &request)]);
    assert_eq!(decision, Decision::NotNow(NOW + 60));
    // Who brings more need not wait.
    assert_eq!(rule(&world.decide(&policy, &request, &[yes(ALICE, &request), yes(BOB, &request)])), "strict");
}

#[test]
fn a6_a_rule_may_want_a_requester_and_which() {
    let mut rule_ = coins_out();
    rule_["requesters"] = json!([hex(DAVE.0)]);
    let (policy, mut world) = (one(rule_), World::new());
    let request = sign("transfer coin 0x01 5");
    let unproven = PolicyError::Approval(ApprovalError::RequesterUnproven);
    assert_eq!(denial(world.decide(&policy, &request, &[yes(ALICE, &request)])), unproven);
    let proven = [yes(ALICE, &request), asked(DAVE, &request)];
    assert_eq!(rule(&world.decide(&policy, &request, &proven)), "coins-out");
    // Carol proves that it is she who asks, but she is none of the rule's requesters.
    let by_carol = Draft { requester: Some(CAROL), ..draft(Action::Sign, b"transfer coin 0x01 5") };
    let request = by_carol.with_nonce([9; 32]).unwrap();
    let evidence = [yes(ALICE, &request), asked(CAROL, &request)];
    assert_eq!(denial(world.decide(&policy, &request, &evidence)), unproven);
    // Nobody asks.
    let by_nobody = Draft { requester: None, ..draft(Action::Sign, b"transfer coin 0x01 5") };
    let request = by_nobody.with_nonce([9; 32]).unwrap();
    assert_eq!(denial(world.decide(&policy, &request, &[yes(ALICE, &request)])), unproven);
}

#[test]
fn a6_the_requesters_own_approval_is_left_out() {
    let mut rule_ = coins_out();
    rule_["separate_requester"] = json!(true);
    let (policy, mut world) = (one(rule_), World::new());
    let by_alice = Draft { requester: Some(ALICE), ..draft(Action::Sign, b"transfer coin 0x01 5") };
    let request = by_alice.with_nonce([9; 32]).unwrap();
    let own = [asked(ALICE, &request), yes(ALICE, &request)];
    let lacks = need(world.decide(&policy, &request, &own));
    assert_eq!((lacks.approvers, lacks.because), (1, Some(ApprovalError::SelfApproval)));
    let judgement = world.judge(&policy, &request, &own);
    let last = judgement.trace.steps().last().unwrap();
    assert_eq!((last.check, last.finding), ("A6", Finding::NeedMore));
    // Not saying that one asks does not help.
    let unproven = PolicyError::Approval(ApprovalError::RequesterUnproven);
    assert_eq!(denial(world.decide(&policy, &request, &[yes(ALICE, &request)])), unproven);
    let other = [asked(ALICE, &request), yes(ALICE, &request), yes(BOB, &request)];
    assert_eq!(rule(&world.decide(&policy, &request, &other)), "coins-out");
    // Without the condition she may.
    assert_eq!(rule(&world.decide(&one(coins_out()), &request, &own)), "coins-out");
}

#[test]
fn decisions_say_in_words_what_they_want() {
    let both = [Factor::PasskeyUv, Factor::Key];
    let own = Need { because: Some(ApprovalError::SelfApproval), ..wants(1, &[Factor::Key], &[]) };
    for (need, words) in [
        (wants(2, &both, &[]), "needs 2 more by passkey_uv or key"),
        (wants(1, &both, &both), "needs 1 more by passkey_uv or key, and one to add passkey_uv and key"),
        (wants(0, &both, &[Factor::Totp]), "needs one to add totp"),
        (own, "needs 1 more by key (the requester's own approval)"),
    ] {
        assert_eq!(Decision::NeedMore(need).to_string(), words);
    }
    assert_eq!(Decision::NotNow(7).to_string(), "not before 7");
    assert_eq!(Decision::Deny(PolicyError::OverLimit).to_string(), "over the limit");
    let (mut world, request) = (World::new(), request(Action::Sign, b"transfer coin 0x01 5"));
    let allowed = world.decide(&one(coins_out()), &request, &[yes(ALICE, &request)]);
    assert_eq!(allowed.to_string(), "allowed by rule coins-out");
}
