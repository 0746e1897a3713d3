//! The strict readers of JSON and CBOR by themselves.

use quorate::approval::cbor::{CborFault, Item, Order};
use quorate::approval::json::{JsonFault, Limits, Object, Value};

const LIMITS: Limits = Limits { depth: 4, members: 32 };

fn json(text: &[u8]) -> Result<Object, JsonFault> {
    Object::read(text, LIMITS)
}

fn value(text: &str) -> Result<Value, JsonFault> {
    json(format!(r#"{{"v":{text}}}"#).as_bytes()).map(|object| object.get("v").unwrap().clone())
}

#[test]
fn json_reads_every_kind_of_value() {
    let string = |text: &str| Ok(Value::String(text.into()));
    assert_eq!(value("null"), Ok(Value::Null));
    assert_eq!(value("true"), Ok(Value::Bool(true)));
    assert_eq!(value("false"), Ok(Value::Bool(false)));
    assert_eq!(value(r#""""#), string(""));
    assert_eq!(
        value(r#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00é😀""#),
        string("\"\\/\u{8}\u{c}\n\r\tAé😀é😀")
    );
    assert_eq!(value(r#""\u0000\uD83D\uDE00""#), string("\0😀"));
    for number in ["0", "-0", "7", "-12", "0.5", "1e5", "1E+5", "-1.25e-7", "123456789012345678901234567890"]
    {
        assert_eq!(value(number), Ok(Value::Number(number.into())));
    }
    assert_eq!(value("[ ]"), Ok(Value::Array(vec![])));
    assert_eq!(value("[1 , null]"), Ok(Value::Array(vec![Value::Number("1".into()), Value::Null])));
    let object = json(b"\t{ \"a\" : 1 ,\n\"b\":{} }\r\n").unwrap();
    let names: Vec<_> = object.iter().map(|(name, _)| name).collect();
    assert_eq!((names, object.get("c")), (vec!["a", "b"], None));
    assert_eq!(json(b"{}").unwrap().iter().count(), 0);
}

#[test]
fn json_refuses_what_is_not_json() {
    for bad in [
        "",
        "nul",
        "nulll",
        "True",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x1",
        "1_0",
        "NaN",
        "Infinity",
        "-Infinity",
        "'a'",
        "\"a",
        "\"\t\"",
        "\"\u{1f}\"",
        r#""\x41""#,
        r#""\u12""#,
        r#""\u12g4""#,
        r#""\u+123""#,
        r#""\"#,
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1",
        "{,}",
        r#"{"a":1,}"#,
        r#"{"a"}"#,
        r#"{a:1}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"a"=1}"#,
        "/**/1",
        "1//",
        "\u{a0}1",
        "\u{feff}1",
    ] {
        assert_eq!(value(bad), Err(JsonFault::Syntax), "{bad}");
    }
    for bad in ["", " ", "[]", "null", "\"a\"", "\u{feff}{}", "\u{c}{}"] {
        assert_eq!(json(bad.as_bytes()), Err(JsonFault::Syntax), "{bad}");
    }
    for bad in ["{}{}", "{},", "{} x", "{}\0", "{}\u{a0}"] {
        assert_eq!(json(bad.as_bytes()), Err(JsonFault::Trailing), "{bad}");
    }
    for bad in [
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800\ud800""#,
        r#""\ud800x""#,
        r#""\ud800\n""#,
        r#""\udc00\ud800""#,
    ] {
        assert_eq!(value(bad), Err(JsonFault::Surrogate), "{bad}");
    }
    for bad in [&b"{\"a\":\"\xff\"}"[..], b"{\"a\":\"\xed\xa0\x80\"}", b"{\"a\":\"\xc0\xaf\"}", b"\xff"] {
        assert_eq!(json(bad), Err(JsonFault::Utf8));
    }
}

#[test]
fn json_refuses_a_name_twice_at_any_depth() {
    for bad in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"x":{"a":1,"a":2}}"#,
        r#"{"x":[{"b":1,"a":1,"a":2}]}"#,
        r#"{"\ud83d\ude00":1,"😀":2}"#,
        r#"{"":1,"":2}"#,
    ] {
        assert_eq!(json(bad.as_bytes()), Err(JsonFault::Duplicate), "{bad}");
    }
    json(r#"{"a":{"a":{"a":1}},"A":2,"b":"a"}"#.as_bytes()).unwrap();
}

#[test]
fn json_has_limits_that_the_caller_names() {
    assert!(json(br#"{"a":{"b":{"c":{}}}}"#).is_ok());
    assert!(json(br#"{"a":[[[0]]]}"#).is_ok());
    for bad in
        [r#"{"a":{"b":{"c":{"d":{}}}}}"#, r#"{"a":[[[[]]]]}"#, &format!(r#"{{"a":{}"#, "[".repeat(4000))]
    {
        assert_eq!(json(bad.as_bytes()), Err(JsonFault::Depth));
    }
    assert!(Object::read(br#"{"a":[[[[]]]]}"#, Limits { depth: 5, members: 1 }).is_ok());
    assert_eq!(Object::read(b"{}", Limits { depth: 0, members: 1 }), Err(JsonFault::Depth));
    let members = |n: usize| {
        let list: Vec<_> = (0..n).map(|k| format!("\"{k}\":0")).collect();
        json(format!("{{\"x\":{{{}}}}}", list.join(",")).as_bytes()).map(|_| ())
    };
    assert_eq!((members(32), members(33)), (Ok(()), Err(JsonFault::Members)));
}

fn cbor(bytes: &[u8]) -> Result<Item<'_>, CborFault> {
    Item::read(bytes, Order::Ctap2)
}

#[test]
fn cbor_reads_every_kind_of_item() {
    for (bytes, item) in [
        (&b"\x00"[..], Item::Unsigned(0)),
        (b"\x00", Item::int(0)),
        (b"\x17", Item::int(23)),
        (b"\x18\x18", Item::int(24)),
        (b"\x18\xff", Item::int(255)),
        (b"\x19\x01\x00", Item::int(256)),
        (b"\x1a\x00\x01\x00\x00", Item::int(65536)),
        (b"\x1b\x00\x00\x00\x01\x00\x00\x00\x00", Item::int(1 << 32)),
        (b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", Item::Unsigned(u64::MAX)),
        (b"\x20", Item::int(-1)),
        (b"\x26", Item::int(-7)),
        (b"\x39\x01\x00", Item::int(-257)),
        (b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", Item::Negative(u64::MAX)),
        (b"\x40", Item::Bytes(b"")),
        (b"\x43abc", Item::Bytes(b"abc")),
        (b"\x62\xc3\xa9", Item::Text("é")),
        (b"\xf4", Item::Bool(false)),
        (b"\xf5", Item::Bool(true)),
        (b"\xf6", Item::Null),
        (b"\x80", Item::Array(vec![])),
        (b"\x82\x01\x20", Item::Array(vec![Item::int(1), Item::int(-1)])),
    ] {
        assert_eq!(cbor(bytes), Ok(item));
    }
    let item = cbor(b"\xa3\x01\x02\x20\x41\x00\x61a\xf6").unwrap();
    let map = item.as_map().unwrap();
    assert_eq!((map.len(), map.is_empty(), map.get(&Item::int(-1))), (3, false, Some(&Item::Bytes(b"\0"))));
    assert_eq!((map.get(&Item::Text("a")), map.get(&Item::int(2))), (Some(&Item::Null), None));
    assert_eq!(Item::read_first(b"\x01\x02", Order::Any), Ok((Item::int(1), &b"\x02"[..])));
    assert_eq!(
        (Item::int(i64::MIN), Item::int(i64::MAX)),
        (Item::Negative(i64::MAX as u64), Item::Unsigned(i64::MAX as u64))
    );
}

#[test]
fn cbor_refuses_all_but_one_encoding() {
    use CborFault::*;
    for (bytes, fault) in [
        (&b""[..], Truncated),
        (b"\x18", Truncated),
        (b"\x43ab", Truncated),
        (b"\x82\x01", Truncated),
        (b"\xa1\x01", Truncated),
        (b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", Truncated),
        (b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", Truncated),
        (b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff", Truncated),
        (b"\x9a\x00\x98\x96\x80", Truncated),
        (b"\x18\x17", NotShortest),
        (b"\x19\x00\xff", NotShortest),
        (b"\x1a\x00\x00\xff\xff", NotShortest),
        (b"\x1b\x00\x00\x00\x00\xff\xff\xff\xff", NotShortest),
        (b"\x38\x00", NotShortest),
        (b"\x58\x01a", NotShortest),
        (b"\x78\x01a", NotShortest),
        (b"\x98\x00", NotShortest),
        (b"\xb8\x00", NotShortest),
        (b"\x5f\x41a\xff", Indefinite),
        (b"\x7f\xff", Indefinite),
        (b"\x9f\xff", Indefinite),
        (b"\xbf\xff", Indefinite),
        (b"\xff", Indefinite),
        (b"\x1c", Indefinite),
        (b"\x1f", Indefinite),
        (b"\xc0\x00", Type),
        (b"\xd8\x18\x00", Type),
        (b"\xf7", Type),
        (b"\xe0", Type),
        (b"\xf8\x20", Type),
        (b"\xf9\x3c\x00", Type),
        (b"\xfa\x00\x00\x00\x00", Type),
        (b"\xfb\x00\x00\x00\x00\x00\x00\x00\x00", Type),
        (b"\x61\xff", Utf8),
        (b"\x00\x00", Trailing),
        (b"\x81\x81\x81\x81\x80", Depth),
        (b"\xa1\x00\xa1\x00\xa1\x00\xa1\x00\xa0", Depth),
        (b"\xa1\x41a\x00", Key),
        (b"\xa1\xf5\x00", Key),
        (b"\xa1\x80\x00", Key),
        (b"\xa1\xf6\x00", Key),
        (b"\xa2\x01\x00\x01\x00", Duplicate),
        (b"\xa2\x61a\x00\x61a\x01", Duplicate),
        (b"\xa2\x02\x00\x01\x00", Unsorted),
        (b"\xa2\x20\x00\x01\x00", Unsorted),
        (b"\xa2\x62aa\x00\x61b\x00", Unsorted),
        (b"\xa2\x61a\x00\x01\x00", Unsorted),
        (b"\xa1\x00\xa2\x02\x00\x01\x00", Unsorted),
        (b"\x81\xa2\x61a\x00\x61a\x01", Duplicate),
    ] {
        assert_eq!(cbor(bytes), Err(fault), "{}", hex::encode(bytes));
    }
    assert!(cbor(b"\x81\x81\x81\x80").is_ok() && cbor(b"\xa1\x00\xa1\x00\xa1\x00\xa0").is_ok());
}

#[test]
fn cbor_in_any_order_still_has_no_key_twice() {
    let any = |bytes| Item::read(bytes, Order::Any).map(|_| ());
    assert_eq!(any(b"\xa3\x61b\x00\x20\x00\x61a\x00"), Ok(()));
    assert_eq!(any(b"\xa3\x61b\x00\x61a\x00\x61b\x00"), Err(CborFault::Duplicate));
    assert_eq!(any(b"\xa1\x00\xa3\x05\x00\x01\x00\x05\x00"), Err(CborFault::Duplicate));
}
