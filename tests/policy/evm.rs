//! The decoder of plain EIP-1559 payments, against a writer of our own and by hand.

use quorate::approval::decode::Evm;
use quorate::approval::fact::{Amount, Fact};
use quorate::approval::request::{Content, DecodeError, Decoder, DigestRule, LiveKey};

const TO: [u8; 20] = [0x52; 20];
const TOKEN: [u8; 20] = [0xa0; 20];

/// RLP of a string.
fn string(bytes: &[u8]) -> Vec<u8> {
    if let [0..=0x7f] = bytes { bytes.to_vec() } else { headed(0x80, bytes) }
}

fn headed(base: u8, content: &[u8]) -> Vec<u8> {
    let len = content.len();
    let head = if len <= 55 {
        vec![base + len as u8]
    } else {
        let digits: Vec<_> = len.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
        [&[base + 55 + digits.len() as u8], &digits[..]].concat()
    };
    [head, content.to_vec()].concat()
}

fn number(n: u128) -> Vec<u8> {
    string(&n.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect::<Vec<_>>())
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    headed(0xc0, &items.concat())
}

/// The nine items: chain, nonce, tip, price, gas, to, value, data, access list.
fn items(to: &[u8], value: u128, data: &[u8]) -> Vec<Vec<u8>> {
    vec![
        number(1),
        number(0),
        number(1_000_000_000),
        number(30_000_000_000),
        number(60_000),
        string(to),
        number(value),
        string(data),
        list(&[]),
    ]
}

fn payload(items: &[Vec<u8>]) -> Vec<u8> {
    [vec![2], list(items)].concat()
}

fn decode_as(rule: DigestRule, payload: &[u8]) -> Result<Vec<Fact>, DecodeError> {
    let key = LiveKey { scheme: 1, id: [0; 32], epoch: 0, public: vec![], chain_code: [0; 32] };
    let content = Content { rule, payload, key: &key, path: &[], tweak: &[] };
    Evm::new([(1, 60), (137, 966)]).facts(&content)
}

fn decode(payload: &[u8]) -> Result<Vec<Fact>, DecodeError> {
    decode_as(DigestRule::Keccak256, payload)
}

fn call(selector: [u8; 4], party: &[u8; 20], amount: Amount) -> Vec<u8> {
    [&selector[..], &[0; 12], party, &amount.0].concat()
}

fn fee() -> Fact {
    Fact::fee("eip155:1", "eip155:1/slip44:60", Amount::from(1_800_000_000_000_000))
}

fn address(byte: &str) -> String {
    format!("0x{}", byte.repeat(20))
}

#[test]
fn a_transfer_of_coin() {
    let facts = decode(&payload(&items(&TO, 10u128.pow(18), &[])));
    let coin = "eip155:1/slip44:60";
    let transfer = Fact::transfer("eip155:1", coin, address("52"), Amount::from(10u128.pow(18)));
    assert_eq!(facts, Ok(vec![transfer, fee()]));
    let polygon = [vec![string(&[137])], items(&TO, 0, &[])[1..].to_vec()].concat();
    let facts = decode(&payload(&polygon)).unwrap();
    assert_eq!(facts[0].asset, b"eip155:137/slip44:966");
}

#[test]
fn a_transfer_and_an_allowance_of_a_token() {
    let token = format!("eip155:1/erc20:{}", address("a0"));
    let amount = Amount::from(5_000_000);
    let transfer = call([0xa9, 0x05, 0x9c, 0xbb], &TO, amount);
    let expected = Fact::transfer("eip155:1", token.as_str(), address("52"), amount);
    assert_eq!(decode(&payload(&items(&TOKEN, 0, &transfer))), Ok(vec![expected, fee()]));
    let approve = call([0x09, 0x5e, 0xa7, 0xb3], &TO, Amount::MAX);
    let expected = Fact::allowance("eip155:1", token, address("52"), Amount::MAX);
    assert_eq!(decode(&payload(&items(&TOKEN, 0, &approve))), Ok(vec![expected, fee()]));
}

/// The unsigned transaction of a transfer of one ether, byte by byte: `02 || rlp([1, 0, 1e9, 3e10, 21000, 0x52.., 1e18, "", []])`.
#[test]
fn bytes_by_hand() {
    let bytes = hex::decode(concat!(
        "02",
        "f0",
        "01",
        "80",
        "843b9aca00",
        "8506fc23ac00",
        "825208",
        "94",
        "5252525252525252525252525252525252525252",
        "880de0b6b3a7640000",
        "80",
        "c0"
    ))
    .unwrap();
    let facts = decode(&bytes).unwrap();
    assert_eq!(facts[0].amount, Amount::from(10u128.pow(18)));
    assert_eq!(facts[1].amount, Amount::from(21_000 * 30_000_000_000));
}

#[test]
fn what_is_no_such_transaction_is_not_its_own() {
    let good = payload(&items(&TO, 5, &[]));
    for rule in [DigestRule::Sha256, DigestRule::DoubleSha256, DigestRule::Message] {
        assert_eq!(decode_as(rule, &good), Err(DecodeError::NotMine));
    }
    for first in [0u8, 1, 3, 4, 0x19, 0xc0, 0xf8] {
        let other = [&[first], &good[1..]].concat();
        assert_eq!(decode(&other), Err(DecodeError::NotMine), "{first}");
    }
    assert_eq!(decode(&[]), Err(DecodeError::NotMine));
}

#[test]
fn everything_else_is_malformed() {
    let transfer = call([0xa9, 0x05, 0x9c, 0xbb], &TO, Amount::from(5));
    let with = |place: usize, item: Vec<u8>| {
        let mut items = items(&TOKEN, 0, &transfer);
        items[place] = item;
        payload(&items)
    };
    assert!(decode(&with(1, number(7))).is_ok());
    let mut padded = transfer.clone();
    padded[4] = 1;
    let wrong = [
        with(0, number(5)),                               // a chain that it was not told of
        with(0, string(&[0, 1])),                         // a leading zero
        with(0, vec![0x81, 1]),                           // one byte, the long way
        with(0, vec![0]),                                 // zero as a byte
        with(1, string(&[1; 9])),                         // above 2^64
        with(2, number(30_000_000_001)),                  // a tip above the price
        with(3, string(&[0xff; 32])),                     // a fee above 2^256
        with(3, string(&[1; 33])),                        // above 2^256
        with(5, string(&[])),                             // creates a contract
        with(5, string(&[1; 19])),                        // no address
        with(5, string(&[1; 21])),                        // no address
        with(6, number(1)),                               // value to a token's function
        with(7, string(&transfer[..67])),                 // short
        with(7, string(&[&transfer[..], &[0]].concat())), // long
        with(7, string(&padded)),                         // an address of 21 bytes
        with(7, string(&call([0x23, 0xb8, 0x72, 0xdd], &TO, Amount::ZERO))), // another function
        with(7, string(&[1])),                            // no call
        with(7, list(&[])),                               // a list for a string
        with(8, string(&[])),                             // a string for a list
        with(8, list(&[string(&TO)])),                    // an access list
        payload(&items(&TO, 5, &[])[..8]),                // eight items
        payload(&[items(&TO, 5, &[]), vec![number(1)]].concat()), // ten
        [payload(&items(&TO, 5, &[])), vec![0]].concat(), // a trailing byte
        vec![2],
        vec![2, 0x80],
        vec![2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    for (i, bytes) in wrong.iter().enumerate() {
        assert_eq!(decode(bytes), Err(DecodeError::Malformed), "{i}");
    }
    let whole = payload(&items(&TOKEN, 0, &transfer));
    for len in 1..whole.len() {
        assert_eq!(decode(&whole[..len]), Err(DecodeError::Malformed), "{len}");
    }
    // The list's length in the long form though the short one would do, and with a leading zero.
    let short = list(&items(&TO, 5, &[]));
    assert!(short[0] <= 0xf7);
    let long = [&[2, 0xf8, short.len() as u8 - 1], &short[1..]].concat();
    assert_eq!(decode(&long), Err(DecodeError::Malformed));
    let zero = [&[2, 0xf9, 0], &whole[2..]].concat();
    assert_eq!((whole[1], decode(&zero)), (0xf8, Err(DecodeError::Malformed)));
    // 55 bytes are the most of the short form, and 56 the least of the long one.
    let [most, least] = [1u128 << 112, 1 << 120].map(|value| payload(&items(&TO, value, &[])));
    assert_eq!((&most[1..2], &least[1..3]), (&[0xf7][..], &[0xf8, 56][..]));
    assert!(decode(&most).is_ok() && decode(&least).is_ok());
    let long = [&[2, 0xf8, 55], &most[2..]].concat();
    assert_eq!(decode(&long), Err(DecodeError::Malformed));
    // Every byte of a length counts.
    let more = [&[2, 0xf9, 1], &least[2..]].concat();
    assert_eq!(decode(&more), Err(DecodeError::Malformed));
}

#[test]
fn every_bit_counts() {
    let whole = payload(&items(&TOKEN, 0, &call([0xa9, 0x05, 0x9c, 0xbb], &TO, Amount::from(5))));
    let facts = decode(&whole).unwrap();
    // The nonce and the tip have no fact: a bit of them gives the same facts, any other bit others or none.
    let silent: Vec<_> = (0..whole.len() * 8)
        .filter(|bit| {
            let mut other = whole.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            decode(&other).is_ok_and(|other| other == facts)
        })
        .map(|bit| bit / 8)
        .collect();
    assert!(silent.iter().all(|byte| (4..10).contains(byte)), "{silent:?}");
}
