//! P2 to P10, one by one.

use quorate::approval::approver::{ApprovalError, ApproverSet, Evidence, Factor, Factors};
use quorate::approval::cap::{CapError, CapUse, Caps};
use quorate::approval::fact::Amount;
use quorate::approval::policy::{Decision, Finding, Need, Policy, PolicyError, Question};
use quorate::approval::registry::{MemoryRegistry, RegistryError, Space};
use quorate::approval::request::{Action, Draft, Holder, Purpose, RequestError, SigningRequest};
use serde_json::{Value, json};

use crate::tools::*;

fn need(decision: Decision) -> Need {
    match decision {
        Decision::NeedMore(need) => need,
        other => panic!("{other:?}"),
    }
}

fn factors(list: &[Factor]) -> Factors {
    list.iter().copied().collect()
}

/// What is missing: how many, by one of these, and also these.
fn wants(approvers: u16, by: &[Factor], also: &[Factor]) -> Need {
    Need { approvers, factors: factors(by), also: factors(also), because: None }
}

fn one(rule: Value) -> Policy {
    policy(json!([rule]))
}

#[test]
fn numbers_of_errors() {
    let errors = [
        (PolicyError::NotNext, 5601),
        (PolicyError::Request(RequestError::Path), 5602),
        (PolicyError::NoApprovers, 5603),
        (PolicyError::Approval(ApprovalError::Rejected), 5554),
        (PolicyError::Denied("a".into()), 5605),
        (PolicyError::NoRule, 5606),
        (PolicyError::OverLimit, 5607),
        (PolicyError::Overflow, 5607),
        (PolicyError::Registry(RegistryError::Full), 5608),
        (PolicyError::CapExceeded("a".into()), 5609),
        (PolicyError::Caps(CapError::Full), 5609),
    ];
    for (error, code) in errors {
        assert_eq!(error.code(), code);
        assert_eq!(Decision::Deny(error).code(), code);
    }
    assert_eq!(Decision::NotNow(1).code(), 5608);
}

#[test]
fn p2_the_request_must_pass_its_own_checks() {
    let (policy, mut world) = (one(coins_out()), World::new());
    let mut denied = |draft: Draft| {
        let request = draft.with_nonce([9; 32]).unwrap();
        denial(world.decide(&policy, &request, &[yes(ALICE, &request)]))
    };
    let coins = || draft(Action::Sign, b"transfer coin 0x01 5");
    let (early, late) = (Draft { not_before: NOW + 1, ..coins() }, Draft { expires: NOW, ..coins() });
    assert_eq!(denied(early), RequestError::NotYet.into());
    assert_eq!(denied(late), RequestError::Expired.into());
    assert_eq!(denied(Draft { not_before: NOW - 500, ..coins() }), RequestError::Lifetime.into());
    assert_eq!(denied(Draft { cluster: [1; 32], ..coins() }), RequestError::OtherRoster.into());
    assert_eq!(denied(Draft { facts: vec![], ..coins() }), RequestError::FactsMismatch.into());
    let request = sign("transfer coin 0x01 5");
    assert_eq!(rule(&world.decide(&policy, &request, &[yes(ALICE, &request)])), "coins-out");
}

#[test]
fn p3_the_approvers_are_those_of_the_policy() {
    let (policy, mut world, request) = (one(coins_out()), World::new(), sign("transfer coin 0x01 5"));
    let holder_keys = world.keys.clone();
    let holder = Holder { cluster: CLUSTER, keys: &holder_keys, decoder: Some(&Lines) };
    let approvals = world.tally(&request, &[yes(ALICE, &request)]).approvals;
    let ask = |set: Option<&ApproverSet>, policy: &Policy| {
        let question = Question { request: &request, holder: &holder, set, approvals: &approvals, now: NOW };
        policy.decide(&question, &mut || unreachable!()).decision
    };
    assert_eq!(rule(&ask(Some(&set()), &policy)), "coins-out");
    assert_eq!(denial(ask(None, &policy)), PolicyError::NoApprovers);
    let swapped = ApproverSet::new(2, people()).unwrap();
    assert_eq!(denial(ask(Some(&swapped), &policy)), PolicyError::NoApprovers);
    // Nobody who could approve, though the policy names exactly this set.
    for nobody in [vec![], people().split_off(3)] {
        let set = ApproverSet::new(1, nobody).unwrap();
        let mut source = source(json!([coins_out()]));
        source["approvers"] = json!(hex(*set.hash()));
        assert_eq!(denial(ask(Some(&set), &compile(source).unwrap())), PolicyError::NoApprovers);
    }
}

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
fn p5_a_deny_rule_that_matches_any_fact_denies() {
    let no = json!({ "id": "no", "effect": "deny", "match": { "fact": "transfer", "to": "0x02", "amount_over": "7" } });
    // After the rule that allows: the order does not matter.
    let (policy, mut world) = (policy(json!([coins_out(), no])), World::new());
    let mut ask = |text: &str| {
        let request = sign(text);
        world.decide(&policy, &request, &[yes(ALICE, &request)])
    };
    assert_eq!(rule(&ask("transfer coin 0x01 8")), "coins-out");
    assert_eq!(rule(&ask("transfer coin 0x02 7")), "coins-out");
    assert_eq!(denial(ask("transfer coin 0x02 8")), PolicyError::Denied("no".into()));
    assert_eq!(denial(ask("transfer coin 0x01 1\ntransfer coin 0x02 8")), PolicyError::Denied("no".into()));
}

#[test]
fn p5_deny_rules_may_be_for_an_action_or_a_key() {
    let coins = coins_out();
    let denied = |deny: Value, request: &SigningRequest| {
        let policy = policy(json!([coins, deny]));
        World::new().decide(&policy, request, &[yes(ALICE, request)])
    };
    let frozen = |key: &str| json!({ "id": "frozen", "effect": "deny", "keys": [key] });
    let request = sign("transfer coin 0x01 8");
    assert_eq!(denial(denied(frozen(&hex(KEY)), &request)), PolicyError::Denied("frozen".into()));
    assert_eq!(rule(&denied(frozen(&hex([7; 32])), &request)), "coins-out");
    let action = |name: &str| json!({ "id": "never", "effect": "deny", "action": name });
    assert_eq!(denial(denied(action("sign"), &request)), PolicyError::Denied("never".into()));
    assert_eq!(rule(&denied(action("export"), &request)), "coins-out");
    // A rule of keys says nothing about actions without one.
    let roster = self::request(Action::RosterChange, b"");
    assert_eq!(denial(denied(frozen(&hex(KEY)), &roster)), PolicyError::NoRule);
}

#[test]
fn p6_every_fact_is_allowed_by_the_one_rule() {
    let (policy, mut world) = (one(coins_out()), World::new());
    let mut ask = |text: &str| {
        let request = sign(text);
        world.decide(&policy, &request, &[yes(ALICE, &request)])
    };
    assert_eq!(rule(&ask("transfer coin 0x01 8\nfee gas 10")), "coins-out");
    for text in [
        "transfer coin 0x03 8",
        "transfer other 0x01 8",
        "allowance coin 0x01 8",
        "transfer coin 0x01 8\nfee gas 11",
        "transfer coin 0x01 8\nfee gas 6\nfee gas 6",
        "transfer coin 0x01 8\nfee coin 1",
        "transfer coin 0x01 8\ncall 0x01 0xff",
        "?",
    ] {
        assert_eq!(denial(ask(text)), PolicyError::NoRule, "{text}");
    }
}

#[test]
fn p6_calls_chains_and_selectors_are_compared_whole() {
    let call = json!({ "id": "call", "effect": "allow", "action": "sign",
        "facts": [{ "fact": "call", "to": "0x01", "selector": "0xd0e30db0" }],
        "tiers": [{ "approvers": 1, "factors": ["passkey_uv"] }] });
    let (policy, mut world) = (one(call), World::new());
    let mut ask = |text: &str| {
        let request = sign(text);
        world.decide(&policy, &request, &[yes(ALICE, &request)])
    };
    assert_eq!(rule(&ask("call 0x01 0xd0e30db0")), "call");
    for text in
        ["call 0x01 0xd0e30db", "call 0x01 0xd0e30db00", "call 0x02 0xd0e30db0", "call 0x01 0xD0e30db0"]
    {
        assert_eq!(denial(ask(text)), PolicyError::NoRule, "{text}");
    }
    let mut other = coins_out();
    other["facts"][0]["chain"] = json!("eip155:1");
    let request = sign("transfer coin 0x01 8");
    assert_eq!(denial(world.decide(&one(other), &request, &[yes(ALICE, &request)])), PolicyError::NoRule);
}

#[test]
fn p6_what_cannot_be_read_is_signed_raw_or_not_at_all() {
    let raw = json!({ "id": "raw", "effect": "allow", "action": "sign_raw", "facts": [{ "fact": "opaque" }],
        "tiers": [{ "approvers": 2, "factors": ["passkey_uv"] }] });
    let (policy, mut world) = (policy(json!([raw, coins_out()])), World::new());
    let both = |request: &SigningRequest| [yes(ALICE, request), yes(BOB, request)];
    let (opaque, hidden) = (request(Action::SignRaw, b"?"), sign("?"));
    assert_eq!(rule(&world.decide(&policy, &opaque, &both(&opaque))), "raw");
    assert_eq!(denial(world.decide(&policy, &hidden, &both(&hidden))), PolicyError::NoRule);
    // What can be read is no opaque payload, under whatever action.
    let readable = request(Action::SignRaw, b"transfer coin 0x01 5");
    assert_eq!(denial(world.decide(&policy, &readable, &both(&readable))), PolicyError::NoRule);
}

#[test]
fn p7_the_sum_decides_the_tier() {
    let (policy, mut world) = (one(coins_out()), World::new());
    let mut ask = |text: &str, two: bool| {
        let request = sign(text);
        let evidence = [yes(ALICE, &request), yes(BOB, &request)];
        world.decide(&policy, &request, &evidence[..1 + usize::from(two)])
    };
    assert_eq!(rule(&ask("transfer coin 0x01 1000", false)), "coins-out");
    assert_eq!(need(ask("transfer coin 0x01 1001", false)), wants(1, &[Factor::PasskeyUv], &[]));
    assert_eq!(need(ask("transfer coin 0x01 501\ntransfer coin 0x02 500", false)).approvers, 1);
    assert_eq!(rule(&ask("transfer coin 0x01 2000", true)), "coins-out");
    assert_eq!(denial(ask("transfer coin 0x01 2001", true)), PolicyError::OverLimit);
    assert_eq!(denial(ask("transfer coin 0x01 1\ntransfer coin 0x02 2000", true)), PolicyError::OverLimit);
    let half = "57896044618658097711785492504343953926634992332820282019728792003956564819968";
    let twice = format!("transfer coin 0x01 {half}\ntransfer coin 0x02 {half}");
    assert_eq!(denial(ask(&twice, true)), PolicyError::Overflow);
}

#[test]
fn p7_allowances_count_like_transfers() {
    let mut rule_ = coins_out();
    rule_["facts"][0] = json!({ "fact": "allowance", "asset": COIN, "to": "payees", "up_to": "600" });
    rule_["facts"].as_array_mut().unwrap().push(json!({ "fact": "transfer", "asset": COIN, "to": "payees" }));
    let (policy, mut world) = (one(rule_), World::new());
    let mut ask = |text: &str| {
        let request = sign(text);
        world.decide(&policy, &request, &[yes(ALICE, &request)])
    };
    assert_eq!(rule(&ask("allowance coin 0x01 600\ntransfer coin 0x01 400")), "coins-out");
    assert_eq!(need(ask("allowance coin 0x01 600\ntransfer coin 0x01 401")).approvers, 1);
    assert_eq!(denial(ask("allowance coin 0x01 601")), PolicyError::NoRule);
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
    assert_eq!(world.registry.first_seen_of(&request), NOW + 100);
}

trait Seen {
    fn first_seen_of(&mut self, request: &SigningRequest) -> u64;
}

impl Seen for MemoryRegistry {
    fn first_seen_of(&mut self, request: &SigningRequest) -> u64 {
        use quorate::approval::registry::Registry as _;
        self.first_seen(Space::Request, request.hash(), NOW + 400, request.expires()).unwrap()
    }
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
fn p9_what_a_rule_moves_must_fit_its_caps() {
    let mut caps = source(json!([coins_out()]));
    caps["cap"] = json!([
        { "id": "day", "scope": "key", "asset": COIN, "window_s": 86400, "limit": "1500" },
        { "id": "gas-hour", "scope": "all", "asset": "gas", "window_s": 3600, "limit": "15" },
    ]);
    caps["rule"][0]["caps"] = json!(["day", "gas-hour"]);
    let (policy, mut world) = (compile(caps).unwrap(), World::new());
    let mut ask = |text: &str, nonce: u8| {
        let request = sign_again(text, nonce);
        world.decide(&policy, &request, &[yes(ALICE, &request)])
    };
    let text = "transfer coin 0x01 400\ntransfer coin 0x02 500\nfee gas 10";
    let Decision::Allow(allowed) = ask(text, 1) else { panic!() };
    let cap = |cap: &str, scope: &[u8], amount: u128, window_s, limit: u128| CapUse {
        cap: cap.into(),
        scope: scope.to_vec(),
        amount: Amount::from(amount),
        window_s,
        limit: Amount::from(limit),
    };
    assert_eq!(allowed.uses(), [cap("day", &KEY, 900, 86400, 1500), cap("gas-hour", &[], 10, 3600, 15)]);
    assert_eq!((allowed.min_signers(), allowed.max_attempts()), (1, 3));
    // The same again counts once; another is too much, and takes nothing of the other cap.
    assert_eq!(rule(&ask(text, 1)), "coins-out");
    assert_eq!(denial(ask("transfer coin 0x01 601\nfee gas 1", 2)), PolicyError::CapExceeded("day".into()));
    assert_eq!(
        denial(ask("transfer coin 0x01 1\nfee gas 6", 3)),
        PolicyError::CapExceeded("gas-hour".into())
    );
    assert_eq!(rule(&ask("transfer coin 0x01 600\nfee gas 5", 4)), "coins-out");
}

#[test]
fn p9_no_other_rule_is_tried_when_a_cap_is_full() {
    let mut second = coins_out();
    second["id"] = json!("uncapped");
    second["caps"] = json!([]);
    second["tiers"].as_array_mut().unwrap().pop();
    let (policy, mut world) = (policy(json!([coins_out(), second])), World::new());
    world.caps = quorate::approval::cap::MemoryCaps::new(0);
    let request = sign("transfer coin 0x01 5");
    let judgement = world.judge(&policy, &request, &[yes(ALICE, &request)]);
    assert_eq!(judgement.decision, Decision::Deny(PolicyError::Caps(CapError::Full)));
    let last = judgement.trace.steps().last().unwrap();
    assert_eq!((last.check, last.rule.as_str(), last.finding), ("P9", "coins-out", Finding::Refused));
}

#[test]
fn p9_a_cap_by_requester_counts_each_by_itself() {
    let mut source = source(json!([coins_out()]));
    source["cap"][0]["scope"] = json!("requester");
    source["rule"][0]["separate_requester"] = json!(true);
    let (policy, mut world) = (compile(source).unwrap(), World::new());
    let request = sign("transfer coin 0x01 5");
    let Decision::Allow(allowed) =
        world.decide(&policy, &request, &[asked(DAVE, &request), yes(ALICE, &request)])
    else {
        panic!()
    };
    assert_eq!(allowed.uses()[0].scope, DAVE.0);
}

#[test]
fn p9_amounts_of_a_cap_are_summed_with_care() {
    // Fees of one asset that go past 2^256 together with the transfer: the tier sees the transfer alone, the cap both.
    let most = Amount::MAX.to_string();
    let mut source = source(json!([coins_out()]));
    source["rule"][0]["facts"][1] = json!({ "fact": "fee", "asset": COIN, "up_to": most });
    let (policy, mut world) = (compile(source).unwrap(), World::new());
    let request = sign(&format!("transfer coin 0x01 1\nfee coin {most}"));
    assert_eq!(denial(world.decide(&policy, &request, &[yes(ALICE, &request)])), PolicyError::Overflow);
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
fn r4_a_rule_may_want_a_shorter_life() {
    let mut rule_ = coins_out();
    rule_["max_lifetime_s"] = json!(599);
    let (policy, mut world) = (one(rule_), World::new());
    let request = sign("transfer coin 0x01 5"); // 600 seconds
    let refused = denial(world.decide(&policy, &request, &[yes(ALICE, &request)]));
    assert_eq!(refused, RequestError::Lifetime.into());
    let shorter = Draft { expires: NOW + 499, ..draft(Action::Sign, b"transfer coin 0x01 5") };
    let request = shorter.with_nonce([9; 32]).unwrap();
    assert_eq!(rule(&world.decide(&policy, &request, &[yes(ALICE, &request)])), "coins-out");
}

#[test]
fn the_trace_says_why() {
    let no = json!({ "id": "no", "effect": "deny", "match": { "fact": "allowance" } });
    let mut other = coins_out();
    other["id"] = json!("others");
    other["facts"][0]["to"] = json!("0x09");
    let (policy, mut world, request) =
        (policy(json!([no, other, coins_out()])), World::new(), sign("transfer coin 0x01 5"));
    let judgement = world.judge(&policy, &request, &[]);
    assert_eq!(
        judgement.trace.to_string(),
        "P5 no: no match\nP6 others: no match\nP8 coins-out: needs more\n"
    );
    let bytes = b"\x00\x03\x02P5\x02no\x02\x02P6\x06others\x02\x02P8\x09coins-out\x03";
    assert_eq!(judgement.trace.to_bytes(), bytes);
    assert_ne!(judgement.trace.hash(), world.judge(&policy, &request, &[yes(ALICE, &request)]).trace.hash());
    let allowed = world.judge(&policy, &request, &[yes(ALICE, &request)]);
    assert!(allowed.trace.to_string().ends_with("P10 coins-out: holds\nP9 coins-out: holds\n"));
    assert!(world.caps.commit(request.hash()).is_ok());
}
