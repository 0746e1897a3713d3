//! The strict readers beside the usual ones: ours may refuse more, and never read another value.

use ciborium::Value as Cbor;
use p256::ecdsa::Signature;
use quorate::approval::cbor::{Item, Order};
use quorate::approval::json::{Limits, Object, Value};
use quorate::approval::keyfmt::EcdsaSignature;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::Value as Json;

use crate::mutations::mutate;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn below(rng: &mut ChaCha20Rng, n: usize) -> usize {
    rng.next_u32() as usize % n
}

/// Whether our value is theirs. They hold numbers as binary floats, so a number is compared by what they make of its text.
fn same_json(ours: &Value, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::String(a), Json::String(b)) => a == b,
        (Value::Number(text), Json::Number(number)) => {
            serde_json::from_str::<serde_json::Number>(text).is_ok_and(|own| own == *number)
        }
        (Value::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Value::Object(a), Json::Object(b)) => {
            a.iter().count() == b.len()
                && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same_json(a, b)))
        }
        _ => false,
    }
}

/// Reads a text with both. Whether ours took it.
pub(crate) fn json_agrees(text: &[u8]) -> bool {
    let Ok(object) = Object::read(text, Limits { depth: 4, members: 32 }) else { return false };
    match serde_json::from_slice::<Json>(text) {
        Ok(theirs) => {
            assert!(same_json(&Value::Object(object), &theirs), "{}", String::from_utf8_lossy(text))
        }
        // They refuse a number that is no finite float; to us it is a text, whose value nobody asks for.
        Err(error) => assert!(error.to_string().starts_with("number out of range"), "{error}: {text:?}"),
    }
    true
}

fn same_cbor(ours: &Item<'_>, theirs: &Cbor) -> bool {
    match (ours, theirs) {
        (Item::Unsigned(a), Cbor::Integer(b)) => i128::from(*a) == i128::from(*b),
        (Item::Negative(a), Cbor::Integer(b)) => -1 - i128::from(*a) == i128::from(*b),
        (Item::Bytes(a), Cbor::Bytes(b)) => a == b,
        (Item::Text(a), Cbor::Text(b)) => a == b,
        (Item::Bool(a), Cbor::Bool(b)) => a == b,
        (Item::Null, Cbor::Null) => true,
        (Item::Array(a), Cbor::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_cbor(a, b))
        }
        (Item::Map(a), Cbor::Map(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|((ka, va), (kb, vb))| same_cbor(ka, kb) && same_cbor(va, vb))
        }
        _ => false,
    }
}

/// Reads bytes with both, in both orders. Whether ours took them.
pub(crate) fn cbor_agrees(bytes: &[u8]) -> bool {
    let Ok(item) = Item::read(bytes, Order::Any) else {
        assert!(Item::read(bytes, Order::Ctap2).is_err());
        return false;
    };
    let theirs: Cbor = ciborium::from_reader(bytes).unwrap_or_else(|error| panic!("{error}: {bytes:02x?}"));
    assert!(same_cbor(&item, &theirs), "{bytes:02x?}");
    // One encoding per value, but for the order of keys.
    let mut again = Vec::new();
    ciborium::into_writer(&theirs, &mut again).unwrap();
    assert_eq!(again, bytes);
    if let Ok(sorted) = Item::read(bytes, Order::Ctap2) {
        assert_eq!(sorted, item);
    }
    true
}

/// Reads bytes with both. Whether ours took them.
pub(crate) fn der_agrees(bytes: &[u8]) -> bool {
    let theirs = Signature::from_der(bytes).ok();
    match EcdsaSignature::from_der(bytes) {
        Ok(ours) => {
            assert_eq!(Some(ours.to_bytes()), theirs.map(|s| s.to_bytes().into()), "{bytes:02x?}");
            assert_eq!(ours.to_der(), bytes);
            true
        }
        Err(_) => {
            assert_eq!(theirs, None, "ours refuses more: {bytes:02x?}");
            false
        }
    }
}

/// A text that is JSON more often than not.
fn json_text(rng: &mut ChaCha20Rng, depth: usize) -> String {
    let space = [" ", "", "", "\n", ""][below(rng, 5)];
    let text = match below(rng, if depth == 0 { 6 } else { 9 }) {
        0 => ["null", "true", "false", "nul"][below(rng, 4)].to_owned(),
        1 | 2 => [
            "0",
            "-1",
            "1.5",
            "1e3",
            "01",
            "-",
            "18446744073709551616",
            "1e400",
            "0.1E-2",
            "9007199254740993",
        ][below(rng, 10)]
        .to_owned(),
        3..6 => json_string(rng),
        6 => {
            let items: Vec<_> = (0..below(rng, 4)).map(|_| json_text(rng, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
        _ => json_object(rng, depth - 1),
    };
    format!("{space}{text}{space}")
}

fn json_string(rng: &mut ChaCha20Rng) -> String {
    const PARTS: [&str; 16] = [
        "a",
        "b",
        "é",
        "😀",
        r"\n",
        r#"\""#,
        r"\\",
        r"\u0061",
        r"\u00e9",
        r"\ud83d\ude00",
        r"\ud83d",
        r"\x",
        "\u{7f}",
        "\t",
        r"\/",
        r"\u0000",
    ];
    let parts: Vec<_> = (0..below(rng, 4)).map(|_| PARTS[below(rng, 16)]).collect();
    format!("\"{}\"", parts.concat())
}

fn json_object(rng: &mut ChaCha20Rng, depth: usize) -> String {
    let members: Vec<_> =
        (0..below(rng, 5)).map(|_| format!("{}:{}", json_string(rng), json_text(rng, depth))).collect();
    format!("{{{}}}", members.join([",", ",", ", ", ",,"][below(rng, 4)]))
}

#[test]
fn json_means_what_serde_json_reads() {
    let mut rng = rng(1);
    let (mut taken, mut of) = (0, 0);
    for _ in 0..60_000 {
        let text = json_object(&mut rng, 3).into_bytes();
        taken += u32::from(json_agrees(&text));
        json_agrees(&mutate(&text, &mut rng));
        of += 1;
    }
    assert!(taken > of / 10 && taken < of * 9 / 10, "{taken} of {of}");
}

fn head(rng: &mut ChaCha20Rng, major: u8, value: u64) -> Vec<u8> {
    // Now and then longer than it must be.
    let longer = below(rng, 40) == 0;
    let bytes = value.to_be_bytes();
    match value {
        0..24 if !longer => vec![major << 5 | value as u8],
        0..256 if !longer || value < 24 => vec![major << 5 | 24, value as u8],
        0..65536 => [&[major << 5 | 25], &bytes[6..]].concat(),
        _ if value < 1 << 32 => [&[major << 5 | 26], &bytes[4..]].concat(),
        _ => [&[major << 5 | 27], &bytes[..]].concat(),
    }
}

/// Bytes that are CBOR more often than not.
fn cbor_bytes(rng: &mut ChaCha20Rng, depth: usize) -> Vec<u8> {
    let number = |rng: &mut ChaCha20Rng| rng.next_u64() >> below(rng, 64);
    match below(rng, if depth == 0 { 6 } else { 9 }) {
        major @ (0 | 1) => {
            let value = number(rng);
            head(rng, major as u8, value)
        }
        2 => {
            let bytes: Vec<_> = (0..below(rng, 30)).map(|_| rng.next_u32() as u8).collect();
            [head(rng, 2, bytes.len() as u64), bytes].concat()
        }
        3 | 4 => {
            let text = ["", "a", "fmt", "é", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "\u{0}"][below(rng, 6)];
            [head(rng, 3, text.len() as u64), text.as_bytes().to_vec()].concat()
        }
        5 => [&[0xf4][..], &[0xf5], &[0xf6], &[0xf7], &[0xf9, 0x3c, 0], &[0xc0, 0], &[0x9f, 0xff]]
            [below(rng, 7)]
        .to_vec(),
        6 => {
            let items: Vec<_> = (0..below(rng, 4)).map(|_| cbor_bytes(rng, depth - 1)).collect();
            [head(rng, 4, items.len() as u64), items.concat()].concat()
        }
        _ => {
            let mut members: Vec<_> = (0..below(rng, 4))
                .map(|_| {
                    let key = [cbor_bytes(rng, 0), vec![below(rng, 8) as u8]][below(rng, 2)].clone();
                    [key, cbor_bytes(rng, depth - 1)].concat()
                })
                .collect();
            if below(rng, 4) > 0 {
                members.sort();
            }
            [head(rng, 5, members.len() as u64), members.concat()].concat()
        }
    }
}

#[test]
fn cbor_means_what_ciborium_reads() {
    let mut rng = rng(2);
    let (mut taken, mut of) = (0, 0);
    for _ in 0..100_000 {
        let bytes = cbor_bytes(&mut rng, 3);
        taken += u32::from(cbor_agrees(&bytes));
        cbor_agrees(&mutate(&bytes, &mut rng));
        of += 1;
    }
    assert!(taken > of / 10 && taken < of * 9 / 10, "{taken} of {of}");
}

/// Here ours refuses exactly what p256 refuses.
#[test]
fn der_is_what_p256_reads() {
    let mut rng = rng(3);
    let (mut taken, mut of) = (0, 0);
    for _ in 0..100_000 {
        let mut halves = [[0; 32]; 2];
        for half in &mut halves {
            rng.fill_bytes(half);
            let zeros = below(&mut rng, 40).saturating_sub(8);
            half[..zeros].fill(0);
        }
        let Ok(signature) = EcdsaSignature::from_bytes(halves.concat()[..].try_into().unwrap()) else {
            continue;
        };
        let der = signature.to_der();
        assert!(der_agrees(&der));
        taken += u32::from(der_agrees(&mutate(&der, &mut rng)));
        of += 1;
    }
    assert!(taken > of / 10 && taken < of * 9 / 10, "{taken} of {of}");
}
