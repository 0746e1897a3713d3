//! Quotes: golden vectors, every check with its error, single use, and what mutations make of tokens and headers.

#[path = "quote/fuzz.rs"]
mod fuzz;
#[path = "quote/golden.rs"]
mod golden;
#[path = "quote/once.rs"]
mod once;
#[path = "quote/world.rs"]
mod world;

use quorate::approval::fact::Amount;
use quorate::approval::quote::{
    Address, Authorization, Field, MacKey, MacKeys, Offer, Payment, QuoteError, Served, Shop,
};
use quorate::approval::registry::RegistryError;
use quorate::secret::Secret;
use world::{
    Constant, NOW, Wallet, address, domain, header, header_v1, key, keys, offer, served, shop, signed,
};

#[test]
fn golden_token_nonce_digest_and_signed_header() {
    let mine = Offer { payer: Address(hex::decode(golden::PAYER).unwrap().try_into().unwrap()), ..offer() };
    let shop = shop();
    let (quote, token) = shop.keys.quote(mine.clone(), NOW, 300, &mut Constant(0xab)).unwrap();
    assert_eq!(token, golden::TOKEN);
    assert_eq!(hex::encode(quote.nonce()), golden::NONCE);
    assert_eq!(shop.keys.read(&token, NOW).unwrap(), quote);
    assert_eq!((quote.offer(), quote.id()), (&mine, &[0xab; 32]));
    assert_eq!((quote.issued(), quote.expires()), (NOW, NOW + 300));
    let payment = Payment::from_header(golden::HEADER.as_bytes()).unwrap();
    assert_eq!(payment.token(), Some(golden::TOKEN));
    assert_eq!(hex::encode(domain().separator()), golden::SEPARATOR);
    assert_eq!(hex::encode(domain().digest(payment.authorization())), golden::DIGEST);
    shop.verify(golden::TOKEN, &payment, &served(), NOW).unwrap();
    // The wallet of these tests signs what that program signed, with another nonce of its own.
    assert_eq!(Wallet::default().address(), mine.payer);
}

/// The type hashes of EIP-712 and EIP-3009 are those of their texts: the golden digest was computed from the texts.
#[test]
fn the_domain_is_that_of_the_configuration() {
    let separators: Vec<_> = [
        domain(),
        quorate::approval::quote::TokenDomain { chain_id: 8453, ..domain() },
        quorate::approval::quote::TokenDomain { contract: address(9), ..domain() },
        quorate::approval::quote::TokenDomain { name: "USD Coin".into(), ..domain() },
        quorate::approval::quote::TokenDomain { version: "1".into(), ..domain() },
    ]
    .iter()
    .map(quorate::approval::quote::TokenDomain::separator)
    .collect();
    for (n, one) in separators.iter().enumerate() {
        assert!(!separators[n + 1..].contains(one));
    }
}

#[test]
fn q1_weak_and_equal_keys_are_refused() {
    let make = |bytes: &[u8]| MacKey::new([1; 16], Secret::new(bytes.to_vec()));
    let good: Vec<u8> = (0..32).collect();
    for weak in [&[][..], &good[..31], &[0; 32], &[7; 64]] {
        assert_eq!(make(weak).unwrap_err(), QuoteError::WeakKey);
    }
    assert!(make(&good).is_ok());
    // One byte that differs is enough, wherever it stands.
    for at in [0, 31] {
        let mut one = [7; 32];
        one[at] = 8;
        assert!(make(&one).is_ok(), "byte {at}");
    }
    let same = MacKeys::new(key(1), Some((key(1), NOW)));
    assert_eq!(same.unwrap_err(), QuoteError::WeakKey);
    assert!(MacKeys::new(key(1), Some((key(2), NOW))).is_ok());
}

#[test]
fn q2_what_is_no_payment_is_malformed() {
    use base64ct::{Base64, Encoding};
    let good = String::from_utf8(Base64::decode_vec(golden::HEADER).unwrap()).unwrap();
    let read = |json: &str| Payment::from_header(Base64::encode_string(json.as_bytes()).as_bytes());
    assert!(read(&good).is_ok());
    let value = r#""value":"10000""#;
    let edits = [
        (value, r#""value":10000"#),
        (value, r#""value":"1e4""#),
        (value, r#""value":"10000.0""#),
        (value, r#""value":"+10000""#),
        (value, r#""value":"-1""#),
        (value, r#""value":"010000""#),
        (value, r#""value":"0x2710""#),
        (value, r#""value":" 10000""#),
        (value, r#""value":"""#),
        (
            value,
            r#""value":"115792089237316195423570985008687907853269984665640564039457584007913129639936""#,
        ),
        (value, r#""value":"10000","value":"10000""#),
        (value, r#""value":"10000","v\u0061lue":"1""#),
        (value, r#""valu":"10000""#),
        (r#""validAfter":"1799999990""#, r#""validAfter":"18446744073709551616""#),
        (r#""validAfter":"1799999990""#, r#""validAfter":1799999990"#),
        (r#""x402Version":2"#, r#""x402Version":3"#),
        (r#""x402Version":2"#, r#""x402Version":2.0"#),
        (r#""x402Version":2"#, r#""x402Version":"2""#),
        (r#""scheme":"exact","#, ""),
        (r#""from":"0x"#, r#""from":"0X"#),
        (r#""from":"0xf2"#, r#""from":"0xf"#),
        (r#""from":"0xf2"#, r#""from":"0xfg"#),
        (r#""nonce":"0x1b"#, r#""nonce":"0x"#),
        (r#""signature":"0x93"#, r#""signature":"0x"#),
        (r#""token":""#, r#""token":7,"other":""#),
        (r#""extra":{"name""#, r#""extra":{"a":[[[[[[[0]]]]]]],"name""#),
        ("}}}}", "}}}}x"),
        ("}}}}", "}}}"),
    ];
    for (from, to) in edits {
        assert!(good.contains(from), "{from}");
        assert_eq!(read(&good.replacen(from, to, 1)).unwrap_err(), QuoteError::Malformed, "{to}");
    }
    // The largest amount there is, a member nobody knows, and a payment without its token are well formed.
    let most = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    assert!(read(&good.replacen("\"value\":\"10000\"", &format!(r#""value":"{most}""#), 1)).is_ok());
    assert!(read(&good.replacen(value, &format!(r#"{value},"memo":{{"a":1.5}}"#), 1)).is_ok());
    let bare = read(&good.replacen("\"quote\":", "\"other\":", 1)).unwrap();
    assert_eq!(bare.token(), None);
    // Base64 has one form, and a header 8 KiB.
    for header in
        ["", "%", &golden::HEADER[1..], &golden::HEADER.replace('=', ""), &format!("{}\n", golden::HEADER)]
    {
        assert_eq!(Payment::from_header(header.as_bytes()).unwrap_err(), QuoteError::Malformed);
    }
    let padded =
        |len: usize| Base64::encode_string(format!("{good}{}", " ".repeat(len - good.len())).as_bytes());
    assert!(Payment::from_header(padded(6144).as_bytes()).is_ok());
    assert_eq!(Payment::from_header(padded(6147).as_bytes()).unwrap_err(), QuoteError::Malformed);
    assert_eq!(QuoteError::Malformed.status(), 400);
}

#[test]
fn q3_a_token_that_does_not_decode_or_of_an_unknown_or_retired_key_is_refused() {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let bytes = Base64UrlUnpadded::decode_vec(golden::TOKEN).unwrap();
    let read = |keys: &MacKeys, bytes: &[u8], now| keys.read(&Base64UrlUnpadded::encode_string(bytes), now);
    for len in 0..bytes.len() {
        assert!(read(&keys(), &bytes[..len], NOW).is_err());
    }
    assert_eq!(read(&keys(), &[&bytes[..], &[0]].concat(), NOW).unwrap_err(), QuoteError::Malformed);
    for wrong in [golden::TOKEN.replace('-', "+"), format!("{}=", golden::TOKEN), "A".repeat(2800)] {
        assert_eq!(keys().read(&wrong, NOW).unwrap_err(), QuoteError::Malformed);
    }
    // The version and the scheme are looked at before the key: after the magic a length and the version, then id and name in frames of 20
    // and 36 bytes, a length and the scheme.
    for (at, was) in [(8, 1), (9 + 20 + 36 + 4, b'e'), (9 + 20 + 36 + 8, b't')] {
        assert_eq!(bytes[at], was);
        let mut other = bytes.clone();
        other[at] += 1;
        assert_eq!(read(&keys(), &other, NOW).unwrap_err(), QuoteError::Malformed, "{at}");
    }
    // The key is retired at its time and not before.
    let rotated = MacKeys::new(key(2), Some((key(1), NOW + 60))).unwrap();
    assert!(rotated.read(golden::TOKEN, NOW + 59).is_ok());
    assert_eq!(rotated.read(golden::TOKEN, NOW + 60).unwrap_err(), QuoteError::UnknownKey);
    let unknown = MacKeys::new(key(2), None).unwrap();
    assert_eq!(unknown.read(golden::TOKEN, NOW).unwrap_err(), QuoteError::UnknownKey);
    // What cannot be quoted is not.
    let long = Offer { resource: vec![b'/'; 1025], ..offer() };
    let lower = Offer { method: "get".into(), ..offer() };
    let none = Offer { network: String::new(), ..offer() };
    for bad in [long, lower, none] {
        assert_eq!(keys().quote(bad, NOW, 300, &mut Constant(1)).unwrap_err(), QuoteError::Malformed);
    }
    let longest =
        Offer { resource: vec![b'/'; 1024], network: "n".repeat(64), method: "M".repeat(16), ..offer() };
    let (quote, token) = keys().quote(longest, NOW, 300, &mut Constant(1)).unwrap();
    assert_eq!(keys().read(&token, NOW).unwrap(), quote);
    assert_eq!(Base64UrlUnpadded::decode_vec(&token).unwrap().len(), 1390);
}

/// Every byte of the token is covered: a change is another form, another key, or a wrong MAC.
#[test]
fn q4_every_byte_of_a_token_is_under_the_mac() {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let bytes = Base64UrlUnpadded::decode_vec(golden::TOKEN).unwrap();
    let mut macs = 0;
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let token = Base64UrlUnpadded::encode_string(&changed);
        match keys().read(&token, NOW).unwrap_err() {
            QuoteError::BadMac => macs += 1,
            QuoteError::Malformed | QuoteError::UnknownKey => {}
            other => panic!("{other} at {at}"),
        }
    }
    assert!(macs > 200, "{macs}");
    // Another secret under the same id.
    let other = MacKey::new([1; 16], Secret::new((1..33).collect())).unwrap();
    let other = MacKeys::new(other, None).unwrap();
    assert_eq!(other.read(golden::TOKEN, NOW).unwrap_err(), QuoteError::BadMac);
}

/// A byte moved over the boundary of two fields: the frames differ, so the MAC does.
#[test]
fn q4_a_shifted_field_boundary_is_refused() {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let quote = |method: &str, resource: &str| {
        let offer = Offer { method: method.into(), resource: resource.into(), ..offer() };
        keys().quote(offer, NOW, 300, &mut Constant(0xab)).unwrap()
    };
    let ((one, a), (other, b)) = (quote("POST", "/x"), quote("POS", "T/x"));
    assert_ne!(one.nonce(), other.nonce());
    let (a, b) = (Base64UrlUnpadded::decode_vec(&a).unwrap(), Base64UrlUnpadded::decode_vec(&b).unwrap());
    let mixed = [&b[..b.len() - 32], &a[a.len() - 32..]].concat();
    let token = Base64UrlUnpadded::encode_string(&mixed);
    assert_eq!(keys().read(&token, NOW).unwrap_err(), QuoteError::BadMac);
}

#[test]
fn q5_a_quote_counts_in_its_time_and_no_longer_than_the_shop_allows() {
    let shop = shop();
    let verify = |lifetime, now| {
        let (quote, token) = shop.keys.quote(offer(), NOW, lifetime, &mut Constant(1)).unwrap();
        let payment = Wallet::default().pay(&quote, |a| a.valid_before = NOW + 129);
        shop.verify(&token, &payment, &served(), now).map(drop)
    };
    assert_eq!(verify(300, NOW - 1), Err(QuoteError::Expired));
    assert_eq!(verify(300, NOW), Ok(()));
    assert_eq!(verify(100, NOW + 99), Ok(()));
    assert_eq!(verify(100, NOW + 100), Err(QuoteError::Expired));
    assert_eq!(verify(301, NOW), Err(QuoteError::Expired));
}

#[test]
fn q6_another_method_resource_or_body_is_another_request() {
    let (shop, (token, payment)) = (shop(), signed());
    let good = served();
    for other in [
        Served { method: "GET", ..good },
        Served { method: "post", ..good },
        Served { resource: b"/report?id=8", ..good },
        Served { resource: b"/report?id=7&", ..good },
        Served { body: b"", ..good },
        Served { body: b"{\"deep\":false}", ..good },
    ] {
        assert_eq!(shop.verify(&token, &payment, &other, NOW).unwrap_err(), QuoteError::OtherRequest);
    }
    assert!(shop.verify(&token, &payment, &good, NOW).is_ok());
}

/// Each field swapped alone, with everything else good, and signed by the payer.
#[test]
fn q7_each_field_of_the_payment_is_the_quotes() {
    let shop = shop();
    let (quote, token) = shop.keys.quote(offer(), NOW, 300, &mut Constant(1)).unwrap();
    let wallet = Wallet::default();
    let refused = |payment: &Payment| match shop.verify(&token, payment, &served(), NOW).unwrap_err() {
        QuoteError::FieldMismatch(field) => field,
        other => panic!("{other}"),
    };
    // What is signed.
    assert_eq!(refused(&wallet.pay(&quote, |a| a.to = address(9))), Field::PayTo);
    assert_eq!(refused(&wallet.pay(&quote, |a| a.value = 9999.into())), Field::Amount);
    assert_eq!(refused(&wallet.pay(&quote, |a| a.value = 10_001.into())), Field::Amount);
    assert_eq!(refused(&Wallet(12).pay(&quote, |_| {})), Field::Payer);
    // What version 2 says was accepted.
    let payment = wallet.authorize(&quote, |_| {});
    let edits = [
        (r#""scheme":"exact""#, r#""scheme":"upto""#, Field::Scheme),
        (r#""network":"eip155:84532""#, r#""network":"eip155:8453""#, Field::Network),
        (r#""network":"eip155:84532""#, r#""network":"base-sepolia""#, Field::Network),
        (r#""amount":"10000""#, r#""amount":"1""#, Field::Amount),
        (r#""asset":"0x03"#, r#""asset":"0x04"#, Field::Asset),
        (r#""payTo":"0x33"#, r#""payTo":"0x34"#, Field::PayTo),
    ];
    for (from, to, field) in edits {
        let json = header(&payment, Some(&token));
        assert!(json.contains(from), "{from}");
        assert_eq!(refused(&world::read(&json.replacen(from, to, 1))), field, "{to}");
    }
    // A quote for an asset or a network that this shop is not for.
    for (other, field) in [
        (Offer { asset: address(8), ..offer() }, Field::Asset),
        (Offer { network: "eip155:1".into(), ..offer() }, Field::Network),
    ] {
        let (quote, token) = shop.keys.quote(other, NOW, 300, &mut Constant(1)).unwrap();
        let payment = wallet.pay(&quote, |_| {});
        let found = shop.verify(&token, &payment, &served(), NOW).unwrap_err();
        assert_eq!(found, QuoteError::FieldMismatch(field));
    }
}

/// Version 1 has its own names for networks, taken only where they are configured.
#[test]
fn q7_version_1_pays_by_the_configured_name_of_the_network() {
    let mut shop = shop();
    let (quote, token) = shop.keys.quote(offer(), NOW, 300, &mut Constant(1)).unwrap();
    let payment = Wallet::default().authorize(&quote, |_| {});
    let v1 = world::read(&header_v1(&payment, "base-sepolia", &token));
    assert_eq!(v1.token(), Some(&*token));
    assert!(shop.verify(&token, &v1, &served(), NOW).is_ok());
    let canonical = world::read(&header_v1(&payment, "eip155:84532", &token));
    assert!(shop.verify(&token, &canonical, &served(), NOW).is_ok());
    let network = QuoteError::FieldMismatch(Field::Network);
    let other = world::read(&header_v1(&payment, "base", &token));
    assert_eq!(shop.verify(&token, &other, &served(), NOW).unwrap_err(), network);
    shop.domain.alias = None;
    assert_eq!(shop.verify(&token, &v1, &served(), NOW).unwrap_err(), network);
}

#[test]
fn q8_the_nonce_of_another_quote_is_refused() {
    let shop = shop();
    let (one, _) = shop.keys.quote(offer(), NOW, 300, &mut Constant(1)).unwrap();
    let (_, token) = shop.keys.quote(offer(), NOW, 300, &mut Constant(2)).unwrap();
    let payment = Wallet::default().pay(&one, |_| {});
    assert_eq!(shop.verify(&token, &payment, &served(), NOW).unwrap_err(), QuoteError::WrongNonce);
    // Every field of a quote is in its nonce.
    let variants = [
        Offer { method: "PUT".into(), ..offer() },
        Offer { resource: b"/other".to_vec(), ..offer() },
        Offer { body: [1; 32], ..offer() },
        Offer { network: "eip155:1".into(), ..offer() },
        Offer { asset: address(1), ..offer() },
        Offer { pay_to: address(1), ..offer() },
        Offer { payer: address(1), ..offer() },
        Offer { amount: Amount::from(1), ..offer() },
    ];
    let nonce =
        |offer, now, lifetime| keys().quote(offer, now, lifetime, &mut Constant(1)).unwrap().0.nonce();
    for variant in variants {
        assert_ne!(nonce(variant, NOW, 300), one.nonce());
    }
    assert_ne!(nonce(offer(), NOW, 299), one.nonce());
    assert_ne!(nonce(offer(), NOW + 1, 299), one.nonce());
    let other_key = MacKeys::new(key(2), None).unwrap().quote(offer(), NOW, 300, &mut Constant(1)).unwrap();
    assert_ne!(other_key.0.nonce(), one.nonce());
}

#[test]
fn q9_the_authorization_can_be_settled_in_time_and_not_for_ever() {
    let shop = shop();
    let (quote, token) = shop.keys.quote(offer(), NOW, 300, &mut Constant(1)).unwrap();
    let verify = |change: &dyn Fn(&mut Authorization), now| {
        let payment = Wallet::default().pay(&quote, change);
        shop.verify(&token, &payment, &served(), now).map(drop)
    };
    let (window, margin) = (Err(QuoteError::Window), shop.margin_s);
    assert_eq!(verify(&|a| a.valid_after = NOW, NOW), window.clone());
    assert_eq!(verify(&|a| a.valid_after = NOW - 1, NOW), Ok(()));
    assert_eq!(verify(&|a| a.valid_before = NOW + margin - 1, NOW), window.clone());
    assert_eq!(verify(&|a| a.valid_before = NOW + margin, NOW), Ok(()));
    assert_eq!(verify(&|a| a.valid_before = NOW + margin, NOW + 1), window.clone());
    assert_eq!(verify(&|a| a.valid_before = NOW + 300 + margin, NOW), Ok(()));
    assert_eq!(verify(&|a| a.valid_before = NOW + 300 + margin + 1, NOW), window.clone());
    assert_eq!(verify(&|a| a.valid_before = u64::MAX, NOW), window);
}

#[test]
fn q10_only_the_payers_signature_over_the_recomputed_digest_counts() {
    let mut shop = shop();
    let (quote, token) = shop.keys.quote(offer(), NOW, 300, &mut Constant(1)).unwrap();
    let wallet = Wallet::default();
    let authorized = wallet.authorize(&quote, |_| {});
    let with = |change: &dyn Fn(&mut [u8; 65])| {
        let mut authorized = authorized;
        change(&mut authorized.1);
        world::read(&header(&authorized, Some(&token)))
    };
    let refused = |shop: &Shop, payment: &Payment| {
        assert_eq!(shop.verify(&token, payment, &served(), NOW).unwrap_err(), QuoteError::BadSignature);
    };
    assert!(shop.verify(&token, &with(&|_| {}), &served(), NOW).is_ok());
    for at in [0, 31, 32, 63] {
        refused(&shop, &with(&|s| s[at] ^= 1));
    }
    // v is 27 or 28, and the right one of them.
    refused(&shop, &with(&|s| s[64] ^= 7));
    for v in [0, 1, 26, 29, 30, 255] {
        refused(&shop, &with(&|s| s[64] = v));
    }
    refused(&shop, &with(&|s| s[..32].fill(0)));
    refused(&shop, &with(&|s| s[32..64].fill(0)));
    refused(&shop, &with(&|s| s[..32].fill(0xff)));
    // The other s of the same signature, with the other v.
    refused(
        &shop,
        &with(&|s| {
            let rs = k256::ecdsa::Signature::from_slice(&s[..64]).unwrap();
            let high = k256::ecdsa::Signature::from_scalars(rs.r(), -rs.s()).unwrap();
            s[..64].copy_from_slice(&high.to_bytes());
            s[64] = 55 - s[64];
        }),
    );
    // Signed for another contract, or under another domain.
    shop.domain.chain_id = 1;
    refused(&shop, &with(&|_| {}));
    shop.domain.chain_id = 84532;
    shop.domain.version = "1".into();
    refused(&shop, &with(&|_| {}));
}

#[test]
fn errors_have_stable_numbers() {
    let codes = [
        (QuoteError::WeakKey, 5801, 503),
        (QuoteError::Malformed, 5802, 400),
        (QuoteError::UnknownKey, 5803, 402),
        (QuoteError::BadMac, 5804, 402),
        (QuoteError::Expired, 5805, 402),
        (QuoteError::OtherRequest, 5806, 402),
        (QuoteError::FieldMismatch(Field::Payer), 5807, 402),
        (QuoteError::WrongNonce, 5808, 402),
        (QuoteError::Window, 5809, 402),
        (QuoteError::BadSignature, 5810, 402),
        (QuoteError::Taken, 5811, 409),
        (QuoteError::Conflict, 5811, 409),
        (QuoteError::Settled([0; 32]), 5811, 409),
        (QuoteError::Registry(RegistryError::Full), 5811, 503),
        (QuoteError::NotSettled, 5812, 402),
    ];
    for (error, code, status) in codes {
        assert_eq!((error.code(), error.status()), (code, status), "{error}");
    }
}
