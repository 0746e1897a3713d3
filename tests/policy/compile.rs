//! P1: what compiling refuses, each with its place.

use quorate::approval::approver::{ApprovalError, ApproverSet};
use quorate::approval::policy::{ApproverChange, Fault, Place, Policy, PolicyError, PolicySource};
use quorate::approval::request::Action;
use serde_json::{Value, json};

use crate::tools::{COIN, coins_out, compile, hex, people, policy, set, source};

fn fault(source: Value) -> (Place, Fault) {
    match compile(source) {
        Err(PolicyError::BadPolicy { place, fault }) => (place, fault),
        other => panic!("{other:?}"),
    }
}

/// The fault of a policy with one rule, [`coins_out`] with a change.
fn rule_fault(change: impl FnOnce(&mut Value)) -> (Place, Fault) {
    let mut rule = coins_out();
    policy(json!([rule.clone()]));
    change(&mut rule);
    fault(source(json!([rule])))
}

fn policy_fault(change: impl FnOnce(&mut Value)) -> (Place, Fault) {
    let mut source = source(json!([coins_out()]));
    change(&mut source);
    fault(source)
}

const RULE: Place = Place::Rule(0);

fn clause(clause: usize) -> Place {
    Place::Fact { rule: 0, clause }
}

fn tier(tier: usize) -> Place {
    Place::Tier { rule: 0, tier }
}

#[test]
fn p1_unknown_members_and_doubled_lists_are_refused() {
    let read = |text: &str| serde_json::from_str::<PolicySource>(text);
    let head = format!(r#""version": 1, "revision": 1, "approvers": "{}""#, hex(*set().hash()));
    assert!(read(&format!("{{{head}}}")).is_ok());
    for wrong in [
        format!(r#"{{{head}, "rules": []}}"#),
        format!(r#"{{{head}, "version": 1}}"#),
        format!(r#"{{{head}, "rule": [{{"id": "a", "effect": "allow", "hours_utc": {{}}}}]}}"#),
        format!(r#"{{{head}, "rule": [{{"id": "a", "effect": "perhaps"}}]}}"#),
        format!(r#"{{{head}, "rule": [{{"id": "a", "effect": "allow", "action": "steal"}}]}}"#),
        format!(
            r#"{{{head}, "rule": [{{"id": "a", "effect": "deny", "match": {{"fact": "transfer", "over": "1"}}}}]}}"#
        ),
        format!(
            r#"{{{head}, "rule": [{{"id": "a", "effect": "allow", "tiers": [{{"approvers": -1, "factors": []}}]}}]}}"#
        ),
        format!(
            r#"{{{head}, "cap": [{{"id": "a", "scope": "key", "asset": "a", "window_s": 1, "limit": 5}}]}}"#
        ),
        r#"{"version": 1, "revision": 1}"#.to_owned(),
    ] {
        assert!(read(&wrong).is_err(), "{wrong}");
    }
    // serde's own maps would keep the last of two lists.
    let twice = read(&format!(r#"{{{head}, "lists": {{"a": ["0x1"], "a": ["0x2"]}}}}"#)).unwrap();
    let duplicate = PolicyError::BadPolicy { place: Place::List(1), fault: Fault::Duplicate };
    assert_eq!(Policy::compile(&twice), Err(duplicate.clone()));
    assert_eq!(duplicate.code(), 5601);
}

/// A policy that is written from a request's action is about that action.
#[test]
fn every_action_is_read_by_its_name() {
    let keyed = [Action::Refresh, Action::Reshare, Action::Repair, Action::Export];
    let others = [Action::Import, Action::PolicyChange, Action::ApproverChange];
    let last = [Action::RosterChange, Action::BackupExport, Action::SignRaw, Action::Sign];
    for action in [&keyed[..], &others, &last].concat() {
        assert_eq!(serde_json::from_value::<Action>(json!(action.name())).unwrap(), action);
    }
}

#[test]
fn p1_the_head_must_make_sense() {
    assert_eq!(policy_fault(|p| p["version"] = json!(2)), (Place::Policy, Fault::Version));
    for hash in ["", "00", &"0".repeat(63), &"g".repeat(64), &"0".repeat(66)] {
        assert_eq!(policy_fault(|p| p["approvers"] = json!(hash)), (Place::Policy, Fault::Number));
    }
    assert_eq!(policy_fault(|p| p["max_lifetime_s"] = json!(0)), (Place::Policy, Fault::Number));
    assert_eq!(policy_fault(|p| p["max_lifetime_s"] = json!(30 * 86400 + 1)), (Place::Policy, Fault::Number));
}

#[test]
fn p1_lists_and_caps_must_make_sense() {
    assert_eq!(policy_fault(|p| p["lists"]["empty"] = json!([])), (Place::List(0), Fault::Empty));
    assert_eq!(policy_fault(|p| p["lists"]["empty"] = json!([""])), (Place::List(0), Fault::Empty));
    assert_eq!(
        policy_fault(|p| p["lists"]["twice"] = json!(["0x1", "0x1"])),
        (Place::List(1), Fault::Duplicate)
    );
    let long = "0".repeat(129);
    assert_eq!(policy_fault(|p| p["lists"]["long"] = json!([long])), (Place::List(0), Fault::TooLong));
    for name in ["", "0x1", "a b", "é", &"a".repeat(65)] {
        assert_eq!(policy_fault(|p| p["lists"][name] = json!(["0x1"])).1, Fault::Name, "{name}");
    }
    let cap = |member: &str, value: Value| policy_fault(|p| p["cap"][0][member] = value);
    let unused = policy_fault(|p| (p["rule"], p["cap"][0]["id"]) = (json!([]), json!("0")));
    assert_eq!(unused, (Place::Cap(0), Fault::Name));
    assert_eq!(cap("asset", json!("")), (Place::Cap(0), Fault::Empty));
    assert_eq!(cap("window_s", json!(0)), (Place::Cap(0), Fault::Number));
    assert_eq!(cap("limit", json!("05")), (Place::Cap(0), Fault::Number));
    let again = policy_fault(|p| {
        let cap = p["cap"][0].clone();
        p["cap"].as_array_mut().unwrap().push(cap);
    });
    assert_eq!(again, (Place::Cap(1), Fault::Duplicate));
    let many: Vec<_> = (0..1025)
        .map(|i| json!({ "id": format!("c{i}"), "scope": "all", "asset": COIN, "window_s": 1, "limit": "1" }))
        .collect();
    let many = policy_fault(|p| (p["rule"], p["cap"]) = (json!([]), json!(many)));
    assert_eq!(many, (Place::Policy, Fault::TooLong));
}

#[test]
fn p1_names_are_known_and_there_once() {
    let two = fault(source(json!([coins_out(), coins_out()])));
    assert_eq!(two, (Place::Rule(1), Fault::Duplicate));
    assert_eq!(rule_fault(|r| r["id"] = json!("no name")), (RULE, Fault::Name));
    assert_eq!(rule_fault(|r| r["caps"] = json!(["month"])), (RULE, Fault::Unknown));
    assert_eq!(rule_fault(|r| r["caps"] = json!(["day", "day"])), (RULE, Fault::Duplicate));
    assert_eq!(rule_fault(|r| r["facts"][0]["to"] = json!("payes")), (clause(0), Fault::Unknown));
    assert_eq!(rule_fault(|r| r["facts"][0]["to"] = json!("")), (clause(0), Fault::Empty));
    let deny = json!({ "id": "d", "effect": "deny", "match": { "fact": "transfer", "to": "blocked" } });
    assert_eq!(fault(source(json!([deny]))), (Place::Match(0), Fault::Unknown));
}

#[test]
fn p1_empty_and_doubled_lists_of_ids_are_refused() {
    let one = "4c".repeat(32);
    for member in ["keys", "requesters"] {
        assert_eq!(rule_fault(|r| r[member] = json!([])), (RULE, Fault::Empty));
        assert_eq!(rule_fault(|r| r[member] = json!([one, one.to_uppercase()])), (RULE, Fault::Duplicate));
        assert_eq!(rule_fault(|r| r[member] = json!(["4c"])), (RULE, Fault::Number));
    }
    assert_eq!(rule_fault(|r| r["tiers"][0]["of"] = json!([])), (tier(0), Fault::Empty));
    assert_eq!(rule_fault(|r| r["tiers"][0]["of"] = json!([one, one])), (tier(0), Fault::Duplicate));
    assert_eq!(rule_fault(|r| r["tiers"][1]["of"] = json!([one])), (tier(1), Fault::Quorum));
    assert_eq!(rule_fault(|r| r["tiers"][0]["factors"] = json!([])), (tier(0), Fault::Empty));
    assert_eq!(rule_fault(|r| r["tiers"][0]["step_up"] = json!([])), (tier(0), Fault::Empty));
    assert_eq!(rule_fault(|r| r["tiers"][0]["factors"] = json!(["key", "key"])), (tier(0), Fault::Duplicate));
    assert_eq!(rule_fault(|r| r["tiers"][0]["approvers"] = json!(0)), (tier(0), Fault::Quorum));
}

#[test]
fn p1_tiers_without_a_cap_could_be_split() {
    assert_eq!(rule_fault(|r| r["caps"] = json!([])), (RULE, Fault::Split));
    // A cap on something else is none.
    let other = policy_fault(|p| p["cap"][0]["asset"] = json!("other"));
    assert_eq!(other, (RULE, Fault::Split));
    // One tier needs none.
    let mut rule = coins_out();
    rule["caps"] = json!([]);
    rule["tiers"].as_array_mut().unwrap().pop();
    policy(json!([rule]));
}

#[test]
fn p1_amounts_are_bounded() {
    let open = |r: &mut Value| drop(r["tiers"][1].as_object_mut().unwrap().remove("up_to"));
    assert_eq!(rule_fault(open), (RULE, Fault::Unbounded));
    assert_eq!(
        rule_fault(|r| r["tiers"] = json!([{ "approvers": 1, "factors": ["key"] }])),
        (RULE, Fault::Unbounded)
    );
    assert_eq!(rule_fault(|r| r["tiers"] = json!([])), (RULE, Fault::Missing));
    let fee = |r: &mut Value| drop(r["facts"][1].as_object_mut().unwrap().remove("up_to"));
    assert_eq!(rule_fault(fee), (clause(1), Fault::Unbounded));
    let allowance = json!({ "fact": "allowance", "asset": COIN });
    assert_eq!(rule_fault(|r| r["facts"][0] = allowance), (clause(0), Fault::Unbounded));
    assert_eq!(rule_fault(|r| r["facts"][1]["up_to"] = json!("1e3")), (clause(1), Fault::Number));
    for second in ["1000", "999"] {
        assert_eq!(rule_fault(|r| r["tiers"][1]["up_to"] = json!(second)), (RULE, Fault::Order));
    }
}

#[test]
fn p1_tiers_add_up_one_asset() {
    let other = json!({ "fact": "transfer", "asset": "other", "to": "payees" });
    let add = |r: &mut Value| r["facts"].as_array_mut().unwrap().push(other);
    assert_eq!(rule_fault(add), (RULE, Fault::Assets));
    let unnamed = |r: &mut Value| drop(r["facts"][0].as_object_mut().unwrap().remove("asset"));
    assert_eq!(rule_fault(unnamed), (clause(0), Fault::Missing));
    let unnamed = |r: &mut Value| drop(r["facts"][1].as_object_mut().unwrap().remove("asset"));
    assert_eq!(rule_fault(unnamed), (clause(1), Fault::Missing));
}

#[test]
fn p1_members_stand_where_they_mean_something() {
    let misplaced = |fact: Value| {
        let mut rule = coins_out();
        rule["facts"].as_array_mut().unwrap().push(fact);
        assert_eq!(fault(source(json!([rule]))).0, clause(2));
        fault(source(json!([rule]))).1
    };
    for fact in [
        json!({ "fact": "transfer", "asset": COIN, "amount_over": "5" }),
        json!({ "fact": "transfer", "asset": COIN, "selector": "0x" }),
        json!({ "fact": "fee", "asset": "gas", "up_to": "1", "to": "payees" }),
        json!({ "fact": "call", "asset": COIN }),
        json!({ "fact": "call", "up_to": "1" }),
        json!({ "fact": "opaque" }),
    ] {
        assert_eq!(misplaced(fact.clone()), Fault::Misplaced, "{fact}");
    }
    let raw = |fact: Value| {
        json!({ "id": "raw", "effect": "allow", "action": "sign_raw", "facts": [fact],
            "tiers": [{ "approvers": 2, "factors": ["passkey_uv"] }] })
    };
    policy(json!([raw(json!({ "fact": "opaque" }))]));
    for member in ["chain", "asset", "to", "selector"] {
        let mut fact = json!({ "fact": "opaque" });
        fact[member] = json!("0x");
        assert_eq!(fault(source(json!([raw(fact)]))), (clause(0), Fault::Misplaced), "{member}");
    }
    assert_eq!(rule_fault(|r| r["match"] = json!({ "fact": "transfer" })), (RULE, Fault::Misplaced));
    assert_eq!(rule_fault(|r| drop(r.as_object_mut().unwrap().remove("action"))), (RULE, Fault::Missing));
    assert_eq!(rule_fault(|r| r["facts"] = json!([])), (RULE, Fault::Missing));
    assert_eq!(rule_fault(|r| r["max_lifetime_s"] = json!(901)), (RULE, Fault::Number));
    for member in ["max_lifetime_s", "min_signers", "max_attempts"] {
        assert_eq!(rule_fault(|r| r[member] = json!(0)), (RULE, Fault::Number), "{member}");
    }
    // A rule about calls has one tier, and nothing to measure it by.
    let calls = |tiers: Value| json!({ "id": "c", "effect": "allow", "action": "sign", "facts": [{ "fact": "call" }], "tiers": tiers });
    let plain = json!({ "approvers": 1, "factors": ["key"] });
    policy(json!([calls(json!([plain]))]));
    assert_eq!(fault(source(json!([calls(json!([plain, plain]))]))), (RULE, Fault::Order));
    let bounded = json!([{ "up_to": "5", "approvers": 1, "factors": ["key"] }]);
    assert_eq!(fault(source(json!([calls(bounded)]))), (RULE, Fault::Misplaced));
}

#[test]
fn p1_a_cap_by_requester_wants_one_that_is_proven() {
    let with = |separate: bool| {
        let mut source = source(json!([coins_out()]));
        source["cap"][0]["scope"] = json!("requester");
        source["rule"][0]["separate_requester"] = json!(separate);
        compile(source)
    };
    assert!(with(true).is_ok());
    let misplaced = PolicyError::BadPolicy { place: RULE, fault: Fault::Misplaced };
    assert_eq!(with(false), Err(misplaced));
}

#[test]
fn p1_rules_without_facts_have_none() {
    let export = |change: fn(&mut Value)| {
        let mut rule = json!({ "id": "e", "effect": "allow", "action": "export",
            "tiers": [{ "approvers": 2, "factors": ["passkey_uv", "key"] }] });
        policy(json!([rule.clone()]));
        change(&mut rule);
        fault(source(json!([rule])))
    };
    assert_eq!(export(|r| r["facts"] = json!([{ "fact": "call" }])), (RULE, Fault::Misplaced));
    assert_eq!(export(|r| r["caps"] = json!(["day"])), (RULE, Fault::Misplaced));
    assert_eq!(export(|r| r["tiers"][0]["up_to"] = json!("5")), (RULE, Fault::Misplaced));
    let import = json!({ "id": "i", "effect": "allow", "action": "import", "keys": ["4c".repeat(32)],
        "tiers": [{ "approvers": 2, "factors": ["key"] }] });
    assert_eq!(fault(source(json!([import]))), (RULE, Fault::Misplaced));
    // Nor a number of holders, where none run anything.
    for action in ["import", "policy_change", "approver_change", "roster_change", "backup_export"] {
        let rule = |min: u16| {
            json!({ "id": "r", "effect": "allow", "action": action, "min_signers": min,
                "tiers": [{ "approvers": 2, "factors": ["key"] }] })
        };
        policy(json!([rule(1)]));
        assert_eq!(fault(source(json!([rule(2)]))), (RULE, Fault::Misplaced));
    }
}

#[test]
fn p1_no_rule_of_high_risk_wants_a_weak_factor() {
    let export = |tier: Value| {
        let rule = json!({ "id": "e", "effect": "allow", "action": "export", "tiers": [tier] });
        compile(source(json!([rule]))).map(drop)
    };
    let weak = Err(PolicyError::BadPolicy { place: tier(0), fault: Fault::Factor });
    assert_eq!(export(json!({ "approvers": 1, "factors": ["passkey", "key"] })), Ok(()));
    assert_eq!(export(json!({ "approvers": 1, "factors": ["passkey"] })), weak);
    assert_eq!(export(json!({ "approvers": 1, "factors": ["key", "totp"] })), weak);
    assert_eq!(export(json!({ "approvers": 1, "factors": ["key"], "step_up": ["totp"] })), weak);
}

#[test]
fn p1_deny_rules_only_match() {
    let deny = |change: fn(&mut Value)| {
        let mut rule =
            json!({ "id": "d", "effect": "deny", "match": { "fact": "transfer", "to": "payees" } });
        policy(json!([rule.clone()]));
        change(&mut rule);
        fault(source(json!([rule])))
    };
    let misplaced = (RULE, Fault::Misplaced);
    assert_eq!(deny(|r| r["requesters"] = json!(["4c".repeat(32)])), misplaced);
    assert_eq!(deny(|r| r["separate_requester"] = json!(true)), misplaced);
    assert_eq!(deny(|r| r["delay_s"] = json!(1)), misplaced);
    assert_eq!(deny(|r| r["max_lifetime_s"] = json!(5)), misplaced);
    assert_eq!(deny(|r| r["min_signers"] = json!(2)), misplaced);
    assert_eq!(deny(|r| r["max_attempts"] = json!(2)), misplaced);
    assert_eq!(deny(|r| r["caps"] = json!(["day"])), misplaced);
    assert_eq!(deny(|r| r["facts"] = json!([{ "fact": "call" }])), misplaced);
    assert_eq!(deny(|r| r["tiers"] = json!([{ "approvers": 1, "factors": ["key"] }])), misplaced);
    assert_eq!(deny(|r| r["action"] = json!("export")), misplaced);
    assert_eq!(deny(|r| r["match"]["up_to"] = json!("1")), (Place::Match(0), Fault::Misplaced));
    assert_eq!(deny(|r| drop(r.as_object_mut().unwrap().remove("match"))), (RULE, Fault::Missing));
}

#[test]
fn p1_a_change_is_the_next_revision_of_both() {
    let now = policy(json!([]));
    let with = |revision: u64, set: &ApproverSet| {
        let mut source = source(json!([]));
        source["revision"] = json!(revision);
        source["approvers"] = json!(hex(*set.hash()));
        compile(source).unwrap()
    };
    let (old, new) = (set(), ApproverSet::new(2, people().into_iter().skip(1)).unwrap());
    for (revision, next) in [(0, false), (1, false), (2, true), (3, false)] {
        let expected = if next { Ok(()) } else { Err(PolicyError::NotNext) };
        assert_eq!(with(revision, &old).ensure_follows(&now), expected, "{revision}");
        let change = ApproverChange { set: new.clone(), policy: with(revision, &new) };
        let read = ApproverChange::from_bytes(&change.to_bytes(), &now, &old);
        assert_eq!(read, expected.map(|()| change));
    }
    assert_eq!(now.successor(&with(2, &old).to_bytes()), Ok(with(2, &old)));
    assert_ne!(with(2, &old), with(3, &old));
    assert_eq!(now.successor(&with(3, &old).to_bytes()), Err(PolicyError::NotNext));
    assert_eq!(now.successor(&with(2, &new).to_bytes()), Err(PolicyError::NoApprovers), "without the set");
    let read = |set: &ApproverSet, policy: Policy| {
        let bytes = ApproverChange { set: set.clone(), policy }.to_bytes();
        ApproverChange::from_bytes(&bytes, &now, &old).map(drop)
    };
    assert_eq!(read(&new, with(2, &old)), Err(PolicyError::NoApprovers));
    let same = ApproverSet::new(1, people()).unwrap();
    assert_eq!(read(&same, with(2, &same)), Err(PolicyError::NotNext));
    for bytes in [&[][..], &[0, 0, 0, 1], &[0xff; 40]] {
        let read = ApproverChange::from_bytes(bytes, &now, &old).map(drop);
        assert_eq!(read, Err(ApprovalError::BadSet.into()));
    }
}

#[test]
fn p1_the_binary_is_checked_like_the_source() {
    let good = policy(json!([coins_out()]));
    let bytes = good.to_bytes();
    let encoding = PolicyError::BadPolicy { place: Place::Policy, fault: Fault::Encoding };
    for len in 0..bytes.len() {
        assert_eq!(Policy::from_bytes(&bytes[..len]), Err(encoding.clone()), "{len}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(Policy::from_bytes(&longer), Err(encoding.clone()));
    // Two approvers of the second tier become none: the last tier ends with approvers, of, one factor, no step-up.
    let mut none = bytes.clone();
    let place = bytes.len() - (2 + 3 + 1 + 1);
    assert_eq!(none[place], 2);
    none[place] = 0;
    assert_eq!(
        Policy::from_bytes(&none),
        Err(PolicyError::BadPolicy { place: tier(1), fault: Fault::Quorum })
    );
    // Two lists, and two factors, the other way round.
    let mut two = source(json!([coins_out()]));
    two["lists"] = json!({ "a": ["0x01"], "payees": ["0x02"] });
    two["rule"][0]["tiers"][1]["factors"] = json!(["passkey_uv", "key"]);
    let bytes = compile(two).unwrap().to_bytes();
    let swap = |right: &[u8], wrong: &[u8]| {
        let places: Vec<_> = (0..bytes.len()).filter(|place| bytes[*place..].starts_with(right)).collect();
        let [place] = places[..] else { panic!("{places:?}") };
        let mut other = bytes.clone();
        other[place..place + right.len()].copy_from_slice(wrong);
        Policy::from_bytes(&other)
    };
    let (a, payees) = (b"\0\x01a\0\x01\0\x040x01", b"\0\x06payees\0\x01\0\x040x02");
    let lists = swap(&[&a[..], payees].concat(), &[&payees[..], a].concat());
    assert_eq!(lists, Err(encoding.clone()));
    assert_eq!(swap(&[0, 2, 1, 3], &[0, 2, 3, 1]), Err(encoding));
}
