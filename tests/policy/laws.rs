//! What holds for every policy, request and approval: found by random search.

use std::collections::BTreeMap;

use proptest::prelude::*;
use quorate::approval::approver::{Approvals, ApproverId, Factor, Factors};
use quorate::approval::cap::MemoryCaps;
use quorate::approval::fact::Amount;
use quorate::approval::policy::{Decision, Policy, Question};
use quorate::approval::request::{Action, Holder, LiveKey, SigningRequest};
use serde_json::{Value, json};

use crate::tools::*;

fn factor() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("passkey_uv"), Just("passkey"), Just("key")]
}

fn party() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("payees"), Just("0x01"), Just("0x03")]
}

fn tier(up_to: Option<u32>) -> impl Strategy<Value = Value> {
    (1..4u16, factor(), any::<bool>()).prop_map(move |(approvers, factor, step_up)| {
        let factors = if factor == "key" { json!(["key"]) } else { json!([factor, "key"]) };
        let mut tier = json!({ "approvers": approvers, "factors": factors });
        if let Some(most) = up_to {
            tier["up_to"] = json!(most.to_string());
        }
        if step_up {
            tier["step_up"] = json!(["passkey"]);
        }
        tier
    })
}

fn coins_rule() -> impl Strategy<Value = Value> {
    let tiers = (1..1000u32, 1..1000u32).prop_flat_map(|(a, more)| (tier(Some(a)), tier(Some(a + more))));
    (party(), 0..20u32, tiers, any::<bool>()).prop_map(|(to, fee, (a, b), separate)| {
        json!({ "effect": "allow", "action": "sign", "caps": ["day"], "separate_requester": separate,
            "facts": [{ "fact": "transfer", "asset": COIN, "to": to },
                { "fact": "fee", "asset": "gas", "up_to": fee.to_string() }],
            "tiers": [a, b] })
    })
}

fn export_rule() -> impl Strategy<Value = Value> {
    tier(None).prop_filter_map("no weak factor alone", |tier| {
        let rule = json!({ "effect": "allow", "action": "export", "tiers": [tier] });
        tier["factors"].as_array()?.contains(&json!("key")).then_some(rule)
    })
}

fn deny_rule() -> impl Strategy<Value = Value> {
    prop_oneof![
        (party(), 0..1500u32).prop_map(|(to, over)| json!({ "effect": "deny",
            "match": { "fact": "transfer", "to": to, "amount_over": over.to_string() } })),
        (0..20u32).prop_map(
            |over| json!({ "effect": "deny", "match": { "fact": "fee", "amount_over": over.to_string() } })
        ),
        Just(json!({ "effect": "deny", "action": "export" })),
        Just(json!({ "effect": "deny", "keys": [hex(KEY)] })),
    ]
}

fn rules() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(prop_oneof![4 => coins_rule(), 2 => export_rule(), 1 => deny_rule()], 0..5)
}

fn compiled(mut rules: Vec<Value>) -> Policy {
    for (i, rule) in rules.iter_mut().enumerate() {
        rule["id"] = json!(format!("r{i}"));
    }
    policy(Value::Array(rules))
}

fn any_request() -> impl Strategy<Value = SigningRequest> {
    let line = (prop_oneof![Just("0x01"), Just("0x02"), Just("0x03")], 0..1200u32)
        .prop_map(|(to, amount)| format!("transfer coin {to} {amount}"));
    let signing =
        (prop::collection::vec(line, 1..4), prop::option::of(0..25u32)).prop_map(|(mut lines, fee)| {
            lines.extend(fee.map(|fee| format!("fee gas {fee}")));
            sign(&lines.join("\n"))
        });
    prop_oneof![4 => signing, 1 => Just(request(Action::Export, b"")), 1 => Just(sign("?"))]
}

fn approvals() -> impl Strategy<Value = Approvals> {
    approvals_of(0..5)
}

fn approvals_of(many: std::ops::Range<usize>) -> impl Strategy<Value = Approvals> {
    let factors = prop::collection::vec(
        prop_oneof![Just(Factor::PasskeyUv), Just(Factor::Passkey), Just(Factor::Key), Just(Factor::Totp)],
        1..4,
    );
    let ids =
        prop_oneof![Just(ALICE), Just(BOB), Just(CAROL), Just(DAVE), Just(ERIN), Just(ApproverId([9; 32]))];
    let counted = prop::collection::btree_map(
        ids,
        factors.prop_map(|list| list.into_iter().collect::<Factors>()),
        many,
    );
    let requester = prop_oneof![Just(None), Just(Some(DAVE)), Just(Some(ALICE))];
    (counted, requester).prop_map(|(counted, requester)| Approvals { counted, requester, rejected: None })
}

fn keys() -> [LiveKey; 1] {
    [LiveKey { scheme: 1, id: KEY, epoch: EPOCH, public: vec![], chain_code: [0; 32] }]
}

fn decide(policy: &Policy, request: &SigningRequest, approvals: &Approvals) -> Decision {
    let (keys, set) = (keys(), set());
    let holder = Holder { cluster: CLUSTER, keys: &keys, decoder: Some(&Lines) };
    let question = Question { request, holder: &holder, set: Some(&set), approvals, now: NOW };
    policy.decide(&question, &mut || Ok(NOW)).decision
}

fn allows(policy: &Policy, request: &SigningRequest, approvals: &Approvals) -> bool {
    matches!(decide(policy, request, approvals), Decision::Allow(_))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn a_deny_rule_never_allows_more(
        rules in rules(), deny in deny_rule(), place in any::<prop::sample::Index>(),
        request in any_request(), approvals in approvals(),
    ) {
        let before = compiled(rules.clone());
        let mut more = rules;
        more.insert(place.index(more.len() + 1), deny);
        let after = compiled(more);
        prop_assert!(allows(&before, &request, &approvals) || !allows(&after, &request, &approvals));
    }

    #[test]
    fn an_allow_rule_never_allows_less(
        rules in rules(), rule in coins_rule(), request in any_request(), approvals in approvals(),
    ) {
        let before = compiled(rules.clone());
        let after = compiled([rules, vec![rule]].concat());
        prop_assert!(!allows(&before, &request, &approvals) || allows(&after, &request, &approvals));
    }

    #[test]
    fn taking_approvals_away_never_allows_more(
        rules in rules(), request in any_request(), approvals in approvals_of(1..5), who in any::<prop::sample::Index>(),
        factor in prop::option::of(prop_oneof![Just(Factor::PasskeyUv), Just(Factor::Key), Just(Factor::Totp)]),
    ) {
        let policy = compiled(rules);
        let mut fewer = approvals.clone();
        // Of nobody nothing can be taken. No assumption: one case in five is such, more than may be rejected.
        let Some(id) = approvals.counted.keys().nth(who.index(approvals.counted.len().max(1))).copied() else {
            return Ok(());
        };
        match factor {
            None => drop(fewer.counted.remove(&id)),
            Some(factor) => {
                let factors = fewer.counted.get_mut(&id).unwrap();
                *factors = factors.without(Factors::NONE.with(factor));
            }
        }
        prop_assert!(allows(&policy, &request, &approvals) || !allows(&policy, &request, &fewer));
    }

    #[test]
    fn a_rejection_never_allows(rules in rules(), request in any_request(), approvals in approvals()) {
        let rejected = Approvals { rejected: Some(BOB), ..approvals };
        prop_assert!(!allows(&compiled(rules), &request, &rejected));
    }

    #[test]
    fn what_needs_more_is_allowed_with_more(rules in rules(), request in any_request(), approvals in approvals()) {
        // Everybody with everything: whatever was reported as missing is there.
        let policy = compiled(rules);
        let all = [Factor::PasskeyUv, Factor::Passkey, Factor::Key, Factor::Totp].into_iter().collect::<Factors>();
        let counted: BTreeMap<_, _> = [ALICE, BOB, CAROL].map(|id| (id, all)).into();
        if let Decision::NeedMore(need) = decide(&policy, &request, &approvals) {
            prop_assert!(need.approvers > 0 || !need.also.is_empty());
            let enough = Approvals { counted, requester: approvals.requester, rejected: None };
            // Unless the rule wants more than there are, or the requester is one of them.
            let short = match decide(&policy, &request, &enough) {
                Decision::NeedMore(need) => need.approvers > 0 || need.because.is_some(),
                _ => false,
            };
            prop_assert!(short || allows(&policy, &request, &enough));
        }
    }

    #[test]
    fn nobody_unknown_suspended_or_only_asking_is_counted(rules in rules(), request in any_request()) {
        let all = [Factor::PasskeyUv, Factor::Passkey, Factor::Key, Factor::Totp].into_iter().collect::<Factors>();
        let counted: BTreeMap<_, _> = [DAVE, ERIN, ApproverId([9; 32])].map(|id| (id, all)).into();
        let approvals = Approvals { counted, requester: Some(DAVE), rejected: None };
        prop_assert!(!allows(&compiled(rules), &request, &approvals));
    }

    #[test]
    fn the_binary_is_the_policy(rules in rules()) {
        let policy = compiled(rules);
        prop_assert_eq!(Policy::from_bytes(&policy.to_bytes()), Ok(policy));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn splitting_never_beats_a_cap(
        parts in prop::collection::vec((1..2000u64, 0..40_000u64), 1..60), window in 1..90_000u32, limit in 1..5000u64,
    ) {
        let mut source = source(json!([coins_out()]));
        source["cap"][0]["limit"] = json!(limit.to_string());
        source["cap"][0]["window_s"] = json!(window);
        let policy = compile(source).unwrap();
        let all = Factors::NONE.with(Factor::PasskeyUv);
        let approvals = Approvals { counted: [(ALICE, all), (BOB, all)].into(), ..Approvals::default() };
        let (keys, set) = (keys(), set());
        let holder = Holder { cluster: CLUSTER, keys: &keys, decoder: Some(&Lines) };
        let (mut caps, mut now, mut signed) = (MemoryCaps::new(1000), NOW, Vec::new());
        for (i, (amount, wait)) in parts.into_iter().enumerate() {
            now += wait;
            let mut draft = draft(Action::Sign, format!("transfer coin 0x01 {amount}").as_bytes());
            (draft.not_before, draft.expires) = (now, now + 10);
            let request = draft.with_nonce([i as u8 + 1; 32]).unwrap();
            let question = Question { request: &request, holder: &holder, set: Some(&set), approvals: &approvals, now };
            let mut judgement = policy.decide(&question, &mut || Ok(now));
            judgement.reserve(&request, &mut caps, now);
            if matches!(judgement.decision, Decision::Allow(_)) {
                signed.push((now, amount));
            }
        }
        // By brute force: no window holds more than the limit.
        for (end, _) in &signed {
            let in_window = |at: &u64| *at <= *end && at + u64::from(window) > *end;
            let sum: u64 = signed.iter().filter(|(at, _)| in_window(at)).map(|(_, amount)| amount).sum();
            prop_assert!(sum <= limit);
        }
    }

    #[test]
    fn amounts_add_and_print_like_numbers(a in any::<[u8; 32]>(), b in any::<[u8; 32]>(), n in any::<u64>()) {
        let (a, b) = (Amount(a), Amount(b));
        prop_assert_eq!(a.to_string().parse(), Ok(a));
        if let Some(sum) = a.checked_add(&b) {
            prop_assert_eq!(sum.checked_sub(&b), Some(a));
            prop_assert!(sum >= a);
        } else {
            prop_assert!(Amount::MAX.checked_sub(&a).unwrap() < b);
        }
        let small = Amount::from(u128::from(n));
        prop_assert_eq!(small.checked_mul(n), Some(Amount::from(u128::from(n) * u128::from(n))));
    }
}
