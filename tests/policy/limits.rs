//! P1: how much of everything a policy may have, on both sides of every limit, in the source and in the binary.

use quorate::approval::policy::{Fault, Place, Policy, PolicyError};
use serde_json::{Map, Value, json};

use crate::tools::{COIN, coins_out, compile, source};

/// The most lists, caps, rules, facts and tiers, and the most entries of a list.
const ITEMS: usize = 1024;
const ENTRIES: usize = 65_535;

fn bad(place: Place, fault: Fault) -> PolicyError {
    PolicyError::BadPolicy { place, fault }
}

/// So many of one thing are fine, and one more is too many.
fn limit(most: usize, place: Place, with: impl Fn(usize) -> Value) {
    assert_eq!(compile(with(most)).map(drop), Ok(()), "{place:?}");
    assert_eq!(compile(with(most + 1)).map(drop), Err(bad(place, Fault::TooLong)), "{place:?}");
}

/// A source of nothing but what is added.
fn empty() -> Value {
    let mut bare = source(json!([]));
    (bare["lists"], bare["cap"]) = (json!({}), json!([]));
    bare
}

/// A source of one rule, [`coins_out`] with a change.
fn coins(change: impl FnOnce(&mut Value)) -> Value {
    let mut rule = coins_out();
    change(&mut rule);
    source(json!([rule]))
}

fn lists(n: usize) -> Value {
    let mut bare = empty();
    let entry = |i: usize| (format!("n{i:04}"), json!(["0x01"]));
    bare["lists"] = Value::Object((0..n).map(entry).collect::<Map<_, _>>());
    bare
}

fn caps(n: usize) -> Value {
    let mut bare = empty();
    let cap = |i: usize| json!({ "id": format!("n{i:04}"), "scope": "all", "asset": COIN, "window_s": 1, "limit": "1" });
    bare["cap"] = (0..n).map(cap).collect();
    bare
}

fn rules(n: usize) -> Value {
    let mut bare = empty();
    let rule = |i: usize| json!({ "id": format!("n{i:04}"), "effect": "deny", "action": "export" });
    bare["rule"] = (0..n).map(rule).collect();
    bare
}

fn facts(n: usize) -> Value {
    coins(|rule| {
        let fee = json!({ "fact": "fee", "asset": "gas", "up_to": "10" });
        rule["facts"] = vec![fee; n].into();
        rule["tiers"] = json!([{ "approvers": 1, "factors": ["key"] }]);
    })
}

fn tiers(n: usize) -> Value {
    let tier = |i: usize| json!({ "up_to": i.to_string(), "approvers": 1, "factors": ["key"] });
    coins(|rule| rule["tiers"] = (0..n).map(tier).collect())
}

#[test]
fn p1_no_more_lists_caps_rules_facts_or_tiers_than_there_may_be() {
    limit(ITEMS, Place::Policy, lists);
    limit(ITEMS, Place::Policy, caps);
    limit(ITEMS, Place::Policy, rules);
    limit(ITEMS, Place::Rule(0), facts);
    limit(ITEMS, Place::Rule(0), tiers);
}

/// Their counts have 16 bits: one more would be none.
#[test]
fn p1_no_more_entries_than_a_list_may_have() {
    let ids = |n: usize| (0..n).map(|i| format!("{i:064x}")).collect::<Value>();
    limit(ENTRIES, Place::List(0), |n| {
        let mut bare = empty();
        bare["lists"]["all"] = (0..n).map(|i| format!("0x{i:05}")).collect();
        bare
    });
    limit(ENTRIES, Place::Rule(0), |n| coins(|rule| rule["keys"] = ids(n)));
    limit(ENTRIES, Place::Rule(0), |n| coins(|rule| rule["requesters"] = ids(n)));
    limit(ENTRIES, Place::Tier { rule: 0, tier: 0 }, |n| coins(|rule| rule["tiers"][0]["of"] = ids(n)));
}

/// A clause's texts are as long as a fact's can be: a longer one would match nothing, and so would an empty one of a deny rule.
#[test]
fn p1_texts_of_a_clause_fit_a_fact() {
    for (member, fact, most) in
        [("chain", "call", 64), ("asset", "transfer", 96), ("to", "transfer", 128), ("selector", "call", 96)]
    {
        let deny = |text: String| {
            let mut rule = json!({ "id": "no", "effect": "deny", "match": { "fact": fact } });
            rule["match"][member] = json!(text);
            source(json!([rule]))
        };
        limit(most, Place::Match(0), |len| deny("0".repeat(len)));
        let none = compile(deny(String::new())).map(drop);
        assert_eq!(none, Err(bad(Place::Match(0), Fault::Empty)), "{member}");
    }
    // What has no meaning for the kind matches nothing either.
    let deny = |clause: Value| compile(source(json!([{ "id": "no", "effect": "deny", "match": clause }])));
    for clause in [
        json!({ "fact": "transfer", "selector": "0x" }),
        json!({ "fact": "fee", "to": "payees" }),
        json!({ "fact": "call", "amount_over": "5" }),
        json!({ "fact": "opaque", "chain": "0x" }),
    ] {
        assert_eq!(deny(clause).map(drop), Err(bad(Place::Match(0), Fault::Misplaced)));
    }
}

/// The binary of `with(ITEMS)`, and the same with one item more: the last one again, after a change.
fn one_more(with: fn(usize) -> Value, change: fn(&mut [u8])) -> [Vec<u8>; 2] {
    let [most, less] = [ITEMS, ITEMS - 1].map(|n| compile(with(n)).unwrap().to_bytes());
    let size = most.len() - less.len();
    // All items have one size, and the first difference is the count.
    let count = most.iter().zip(&less).position(|(a, b)| a != b).unwrap();
    let end = count + 2 + ITEMS * size;
    let mut item = most[end - size..end].to_vec();
    change(&mut item);
    let more = (ITEMS as u16 + 1).to_be_bytes();
    let more = [&most[..count], &more, &most[count + 2..end], &item, &most[end..]].concat();
    [most, more]
}

#[test]
fn p1_the_binary_has_no_more_either() {
    // Another name than the last, and a larger one.
    let renamed = |item: &mut [u8]| {
        assert_eq!(&item[..7], b"\0\x05n1023");
        item[6] = b'9';
    };
    for [most, more] in [
        one_more(lists, renamed),
        one_more(caps, renamed),
        one_more(rules, renamed),
        one_more(facts, |_| {}),
        one_more(tiers, |tier| tier[1] = 1),
    ] {
        assert_eq!(Policy::from_bytes(&most).unwrap().to_bytes(), most);
        assert_eq!(Policy::from_bytes(&more).map(drop), Err(bad(Place::Policy, Fault::Encoding)));
    }
}

#[test]
fn p1_the_binary_has_no_list_twice_and_no_tier_without_factors() {
    let bytes = compile(lists(2)).unwrap().to_bytes();
    let place = bytes.windows(5).position(|window| window == b"n0001").unwrap();
    let mut twice = bytes;
    twice[place + 4] = b'0';
    assert_eq!(Policy::from_bytes(&twice).map(drop), Err(bad(Place::Policy, Fault::Encoding)));
    // The last tier ends with a list of one factor, and one of no step-up.
    let bytes = compile(coins(|_| {})).unwrap().to_bytes();
    let (before, end) = bytes.split_at(bytes.len() - 5);
    assert_eq!(end, [0, 1, 1, 0, 0]);
    let none = Policy::from_bytes(&[before, &[0; 4]].concat()).map(drop);
    assert_eq!(none, Err(bad(Place::Tier { rule: 0, tier: 1 }, Fault::Empty)));
}
