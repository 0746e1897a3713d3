//! P2, P3, P5 to P7, P9, and the trace.

use quorate::approval::approver::{ApprovalError, ApproverSet, Evidence, Factor, Proof};
use quorate::approval::audit::{Genesis, Log};
use quorate::approval::cap::{CapError, CapUse, Caps};
use quorate::approval::fact::Amount;
use quorate::approval::gate::{Gate, Stores};
use quorate::approval::policy::{Decision, Finding, Policy, PolicyError, Question};
use quorate::approval::registry::{MemoryRegistry, RegistryError};
use quorate::approval::request::{Action, Draft, Holder, Purpose, RequestError, SigningRequest};
use quorate::party::PartyId;
use quorate::wire::SessionId;
use serde_json::{Value, json};

use crate::tools::*;

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

/// What the gate passes on of passkeys: whether one has verified its user, and what is to be stored of those that counted.
#[test]
fn a3_a_decision_comes_with_what_to_store_of_passkeys() {
    let policy = one(json!({ "id": "by-passkey", "effect": "allow", "action": "sign",
        "facts": [{ "fact": "transfer", "asset": COIN, "to": "payees" }],
        "tiers": [{ "up_to": "1000", "approvers": 1, "factors": ["passkey"] }] }));
    for (n, flags) in [(1, UP), (2, UP_UV)] {
        let (mut world, request) = (World::new(), sign_again("transfer coin 0x01 5", n));
        let given = answer_counted(ALICE, 0, &request.challenge(Purpose::Approve), flags, 6);
        let proof = Proof::Passkey(given);
        let evidence = [Evidence { approver: ALICE, purpose: Purpose::Approve, batch: None, proof }];
        let holder = Holder { cluster: CLUSTER, keys: &world.keys, decoder: Some(&Lines) };
        let party = PartyId::new(1).unwrap();
        let genesis = Genesis { cluster_id: CLUSTER, party, log_id: [2; 32], continues: [0; 32] };
        let mut log = Log::new(&genesis, Vec::new());
        let mut gate = Gate {
            policy: &policy,
            set: Some(&world.set),
            holder: &holder,
            passkeys: Some((&world.config, &world.credentials)),
            totp: &mut world.totp,
            stores: Stores { registry: &mut world.registry, caps: &mut world.caps, journal: &mut log },
        };
        let approved = gate.decide(request, &evidence, SessionId([n; 16]), NOW).unwrap();
        assert_eq!(approved.user_verified(), flags == UP_UV);
        let [update] = approved.updates() else { panic!("{:?}", approved.updates()) };
        assert_eq!((update.old_sign_count(), update.sign_count()), (0, 6));
        world.credentials.apply(update).unwrap();
    }
}

/// A rule that fits up to its requester says more than one that is about something else, in whatever order they stand.
#[test]
fn p10_of_several_reasons_that_of_the_rule_that_came_farthest_is_told() {
    let rule = |id: &str, change: fn(&mut Value)| {
        let mut rule = json!({ "id": id, "effect": "allow", "action": "sign",
            "facts": [{ "fact": "transfer", "asset": COIN, "to": "payees" }],
            "tiers": [{ "up_to": "1000", "approvers": 1, "factors": ["passkey_uv"] }] });
        change(&mut rule);
        rule
    };
    let rules = [
        (rule("other", |r| r["facts"][0]["to"] = json!("0x99")), PolicyError::NoRule),
        (rule("small", |r| r["tiers"][0]["up_to"] = json!("4")), PolicyError::OverLimit),
        (rule("short", |r| r["max_lifetime_s"] = json!(599)), RequestError::Lifetime.into()),
        (rule("asked", |r| r["separate_requester"] = json!(true)), ApprovalError::RequesterUnproven.into()),
        (rule("later", |r| r["delay_s"] = json!(60)), RegistryError::Full.into()),
    ];
    let request = sign("transfer coin 0x01 5");
    for (far, (late, error)) in rules.iter().enumerate() {
        for (early, _) in &rules[..far] {
            for both in [[early, late], [late, early]] {
                let mut world = World::new();
                world.registry = MemoryRegistry::new(0, NOW);
                let decision = world.decide(&policy(json!(both)), &request, &[yes(ALICE, &request)]);
                assert_eq!(denial(decision), *error, "{both:?}");
            }
        }
    }
}
