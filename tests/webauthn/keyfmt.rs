//! K1-K8: keys and signatures in every format, and what is none.

use p256::ecdsa::Signature;
use quorate::approval::keyfmt::{CoseAlgorithms, EcdsaSignature, KeyFormat, KeyFormatError, P256Key};

use crate::scene::{Key, base64url, sha256};

const COSE: CoseAlgorithms = CoseAlgorithms::Es256;
/// The order of the curve.
const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
/// The prime of the field.
const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

fn key() -> P256Key {
    Key::new(5).public()
}

fn malformed(format: KeyFormat) -> Result<P256Key, KeyFormatError> {
    Err(KeyFormatError::Malformed(format))
}

/// The example of RFC 7517 section A.1, and its coordinates in hex.
const RFC_JWK: &str = r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"}"#;
const RFC_X: &str = "30a0424cd21c2944838a2d75c92b37e76ea20d9f00893a3b4eee8a3c0aafec3e";
const RFC_Y: &str = "e04b65e92456d9888b52b379bdfbd51ee869ef1f0fc65b6659695b6cce081723";

#[test]
fn every_format_gives_the_same_key_back() {
    for n in 1..40 {
        let key = Key::new(n).public();
        assert_eq!(P256Key::from_cose(&key.to_cose(), COSE), Ok(key));
        assert_eq!(P256Key::from_spki_der(&key.to_spki_der()), Ok(key));
        assert_eq!(P256Key::from_sec1(&key.to_sec1()), Ok(key));
        assert_eq!(P256Key::from_sec1(&key.to_sec1_uncompressed()), Ok(key));
        assert_eq!(P256Key::from_raw64(&key.to_raw64()), Ok(key));
        assert_eq!(P256Key::from_jwk(key.to_jwk().as_bytes()), Ok(key));
        for (bytes, format) in [
            (&key.to_cose()[..], KeyFormat::Cose),
            (&key.to_spki_der(), KeyFormat::SpkiDer),
            (&key.to_sec1(), KeyFormat::Sec1),
            (&key.to_sec1_uncompressed(), KeyFormat::Sec1),
            (key.to_jwk().as_bytes(), KeyFormat::Jwk),
        ] {
            assert_eq!(KeyFormat::detect(bytes), Ok(format));
        }
    }
    let key = P256Key::from_jwk(RFC_JWK.replace("enc", "sig").as_bytes()).unwrap();
    assert_eq!(hex::encode(key.to_raw64()), [RFC_X, RFC_Y].concat());
    assert_eq!(format!("{key:?}"), format!("P256Key(03{RFC_X})"));
}

#[test]
fn k1_a_cose_key_has_exactly_five_members() {
    let right = key().to_cose();
    let with = |bytes: &[u8]| P256Key::from_cose(bytes, COSE);
    let cose = || malformed(KeyFormat::Cose);
    for place in [0, 1, 2, 3, 5, 6, 7, 8, 9, 42, 43, 44] {
        let mut bytes = right;
        bytes[place] ^= 0x40;
        assert!(with(&bytes).is_err(), "{place}");
    }
    assert_eq!(with(&right[..76]), cose());
    assert_eq!(with(&[&right[..], &[0]].concat()), cose());
    assert_eq!(with(&[]), cose());
    // A boolean y, an additional member (kid), an indefinite map, members in another order.
    assert_eq!(with(&[&right[..42], b"\x22\xf5"].concat()), cose());
    let body = &right[1..];
    assert_eq!(with(&[b"\xa6", &body[..2], b"\x02\x41\x01", &body[2..]].concat()), cose());
    assert_eq!(with(&[b"\xbf", body, b"\xff"].concat()), cose());
    assert_eq!(with(&[b"\xa5", &body[2..4], &body[..2], &body[4..]].concat()), cose());
    // No y, which is short for nothing.
    assert_eq!(with(&[b"\xa4", &body[..41]].concat()), cose());
    // Other algorithms, type and curve.
    for (place, byte) in [(4, 0x27), (4, 0x28), (4, 0x38), (2, 0x01), (6, 0x02)] {
        let mut bytes = right;
        bytes[place] = byte;
        let wanted = if byte == 0x38 { cose() } else { Err(KeyFormatError::NotEs256) };
        assert_eq!(with(&bytes), wanted, "{place} {byte:02x}");
    }
    let rsa = b"\xa4\x01\x03\x03\x39\x01\x00\x20\x41\x01\x21\x43\x01\x00\x01";
    assert_eq!(with(rsa), Err(KeyFormatError::NotEs256));
    // A kind of which nothing stands where our curve does.
    assert_eq!(with(b"\xa3\x01\x07\x03\x38\x2f\x22\x41\x01"), Err(KeyFormatError::NotEs256));
    assert_eq!(with(b"\xa0"), cose());
    assert_eq!(with(b"\x80"), cose());
    // ESP256, only where asked for, and only that.
    let mut esp256 = right;
    esp256[4] = 0x28;
    assert_eq!(P256Key::from_cose(&esp256, CoseAlgorithms::Es256OrEsp256), Ok(key()));
    assert_eq!(P256Key::from_cose(&right, CoseAlgorithms::Es256OrEsp256), Ok(key()));
    esp256[4] = 0x29;
    assert_eq!(P256Key::from_cose(&esp256, CoseAlgorithms::Es256OrEsp256), Err(KeyFormatError::NotEs256));
    assert_eq!(
        (KeyFormatError::NotEs256.code(), KeyFormatError::Malformed(KeyFormat::Cose).code()),
        (5301, 5301)
    );
}

#[test]
fn k2_an_spki_is_91_bytes_with_the_named_curve() {
    let right = key().to_spki_der();
    let spki = || malformed(KeyFormat::SpkiDer);
    for place in 0..27 {
        for bit in 0..8 {
            let mut bytes = right;
            bytes[place] ^= 1 << bit;
            assert_eq!(P256Key::from_spki_der(&bytes), spki(), "{place} {bit}");
        }
    }
    assert_eq!(P256Key::from_spki_der(&right[..90]), spki());
    assert_eq!(P256Key::from_spki_der(&[&right[..], &[0]].concat()), spki());
    // A compressed point.
    let compressed = hex::decode("3039301306072a8648ce3d020106082a8648ce3d030107032200").unwrap();
    assert_eq!(P256Key::from_spki_der(&[&compressed[..], &key().to_sec1()].concat()), spki());
    // secp256k1.
    let other = hex::decode("3056301006072a8648ce3d020106052b8104000a03420004").unwrap();
    assert_eq!(P256Key::from_spki_der(&[&other[..], &key().to_raw64()].concat()), spki());
    assert_eq!(KeyFormatError::Malformed(KeyFormat::SpkiDer).code(), 5302);
}

#[test]
fn k3_a_point_is_uncompressed_or_compressed_and_nothing_else() {
    let (long, short) = (key().to_sec1_uncompressed(), key().to_sec1());
    let sec1 = || malformed(KeyFormat::Sec1);
    for first in 0..=255u8 {
        let (mut long, mut short) = (long, short);
        (long[0], short[0]) = (first, first);
        let long = P256Key::from_sec1(&long);
        assert_eq!(long, if first == 4 { Ok(key()) } else { sec1() }, "{first:02x}");
        let short = P256Key::from_sec1(&short);
        assert_eq!(short.is_ok(), first == 2 || first == 3, "{first:02x}");
        if short.is_err() {
            assert_eq!(short, sec1());
        }
    }
    // Compact, as p256 would read it; infinity; other lengths.
    for bytes in [&[0][..], &[5; 33], &[0; 33], &[0; 65], &long[..64], &short[..32], &[2; 65], &[4; 33], &[]]
    {
        assert_eq!(P256Key::from_sec1(bytes), sec1());
    }
    assert_eq!(KeyFormatError::Malformed(KeyFormat::Sec1).code(), 5303);
}

#[test]
fn k4_raw_coordinates_are_64_bytes() {
    let right = key().to_raw64();
    for bytes in [&right[..63], &[&right[..], &[0]].concat(), &[], &key().to_sec1_uncompressed()] {
        assert_eq!(P256Key::from_raw64(bytes), malformed(KeyFormat::Raw64));
    }
    assert_eq!(KeyFormatError::Malformed(KeyFormat::Raw64).code(), 5304);
}

#[test]
fn k5_a_jwk_is_public_and_for_es256() {
    let right = key().to_jwk();
    let with = |from: &str, to: &str| {
        assert!(right.contains(from));
        P256Key::from_jwk(right.replacen(from, to, 1).as_bytes())
    };
    let jwk = || malformed(KeyFormat::Jwk);
    let [x, y] = [&key().to_raw64()[..32], &key().to_raw64()[32..]].map(base64url);
    assert_eq!(right, format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
    for (from, to) in [
        ("P-256", "P-384"),
        ("P-256", "secp256k1"),
        ("EC", "OKP"),
        ("\"EC\"", "[\"EC\"]"),
        ("\"kty\"", "\"Kty\""),
        ("\"crv\"", "\"c\""),
        ("\"x\"", "\"z\""),
        ("\"y\"", "\"z\""),
        ("\"crv\":", "\"alg\":\"ES384\",\"crv\":"),
        ("\"crv\":", "\"use\":\"enc\",\"crv\":"),
        ("\"crv\":", "\"use\":null,\"crv\":"),
        ("\"crv\":", "\"kty\":\"EC\",\"crv\":"),
        ("}", "} x"),
        ("{", "[{"),
    ] {
        assert_eq!(with(from, to), jwk(), "{from} {to}");
    }
    for fine in
        ["\"alg\":\"ES256\",", "\"use\":\"sig\",", "\"kid\":\"1\",\"ext\":true,\"key_ops\":[\"verify\"],"]
    {
        assert_eq!(with("\"crv\":", &format!("{fine}\"crv\":")), Ok(key()));
    }
    // As deep and as many as in client data, and no more.
    let nested = |depth: usize| format!("\"n\":{}{},\"crv\":", "[".repeat(depth), "]".repeat(depth));
    let more = |n: usize| (0..n).map(|k| format!("\"m{k}\":0,")).collect::<String>() + "\"crv\":";
    for (fine, bad) in [(nested(3), nested(4)), (more(28), more(29))] {
        assert_eq!((with("\"crv\":", &fine), with("\"crv\":", &bad)), (Ok(key()), jwk()));
    }
    // Lengths, alphabet, padding, spare bits, decoded forms.
    let spare = format!("{}{}", &x[..42], char::from(x.as_bytes()[42] + 1));
    let standard = x.replace('-', "+").replace('_', "/") + "=";
    for other in [&x[..42], &format!("{x}A"), &format!("{x}="), &spare, &standard, "", &"AA".repeat(32)] {
        assert_eq!(with(&x, other), jwk(), "{other}");
    }
    let padded = |len: usize| with("}", &format!("{}}}", " ".repeat(len - right.len())));
    assert_eq!((padded(4096), padded(4097)), (Ok(key()), jwk()));
    // A private key is refused by name, before anything else about it.
    for private in ["\"d\":\"AAAA\"", "\"d\":null", "\"\\u0064\":1"] {
        assert_eq!(with("\"crv\":\"P-256\"", private), Err(KeyFormatError::PrivateKeyGiven));
    }
    let codes =
        [KeyFormatError::Malformed(KeyFormat::Jwk), KeyFormatError::PrivateKeyGiven].map(|e| e.code());
    assert_eq!(codes, [5305, 5305]);
}

/// The coordinates `x + p`, `y` of a point whose x is below 2^256 - p.
fn wrapped() -> [u8; 64] {
    let p = hex::decode(P).unwrap();
    let found = (0..=255u8).find_map(|small| {
        let mut short = [0; 33];
        (short[0], short[32]) = (2, small);
        P256Key::from_sec1(&short).ok()
    });
    let mut raw = found.unwrap().to_raw64();
    let mut carry = 0;
    for (byte, add) in raw[..32].iter_mut().zip(&p).rev() {
        let sum = u16::from(*byte) + u16::from(*add) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert_eq!(carry, 0);
    raw
}

#[test]
fn k6_every_format_refuses_what_is_no_point() {
    let mut off = key().to_raw64();
    off[63] ^= 1;
    let y = hex::decode([RFC_X, P].concat()).unwrap();
    for raw in [off, [0; 64], [0xff; 64], wrapped(), y.try_into().unwrap()] {
        let (x, y) = raw.split_at(32);
        let cose = [&key().to_cose()[..10], x, b"\x22\x58\x20", y].concat();
        let spki = [&key().to_spki_der()[..27], &raw].concat();
        let jwk = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, base64url(x), base64url(y));
        let results = [
            P256Key::from_cose(&cose, COSE),
            P256Key::from_spki_der(&spki),
            P256Key::from_sec1(&[&[4], &raw[..]].concat()),
            P256Key::from_raw64(&raw),
            P256Key::from_jwk(jwk.as_bytes()),
        ];
        assert_eq!(results, [const { Err(KeyFormatError::NotOnCurve) }; 5]);
    }
    // Compressed: half of all x are of no point, and none is above p.
    let none = (0..=255u8).find_map(|n| {
        let mut short = [n; 33];
        short[0] = 2;
        P256Key::from_sec1(&short).err()
    });
    assert_eq!(none, Some(KeyFormatError::NotOnCurve));
    assert_eq!(P256Key::from_sec1(&[&[2], &wrapped()[..32]].concat()), Err(KeyFormatError::NotOnCurve));
    assert_eq!(KeyFormatError::NotOnCurve.code(), 5306);
}

#[test]
fn k7_what_could_be_two_formats_is_none() {
    let ambiguous = Err(KeyFormatError::Ambiguous);
    assert_eq!(KeyFormat::detect(&key().to_raw64()), ambiguous);
    assert_eq!(KeyFormat::detect(&[b"{"[0]; 64]), ambiguous);
    for bytes in
        [&[][..], &[0x30, 0x59], &[4; 64], &[4; 66], &[5; 33], &[6; 65], &[0xa5; 77], b" {}", &[0x30; 91]]
    {
        assert_eq!(KeyFormat::detect(bytes), ambiguous, "{bytes:02x?}");
    }
    assert_eq!(KeyFormatError::Ambiguous.code(), 5307);
}

fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |value: &[u8]| [&[2, value.len() as u8], value].concat();
    let body = [integer(r), integer(s)].concat();
    [&[0x30, body.len() as u8], &body[..]].concat()
}

fn refused(bytes: &[u8]) {
    let result = EcdsaSignature::from_der(bytes);
    assert_eq!(result, Err(KeyFormatError::SignatureEncoding), "{}", hex::encode(bytes));
}

#[test]
fn k8_der_has_one_form() {
    let n = hex::decode(N).unwrap();
    let most = |last: u8| [&n[..31], &[last]].concat();
    let positive = |value: &[u8]| [&[0], value].concat();
    // The least, the most, and a first bit that is set.
    let least = der(&[1], &[1]);
    let highest = der(&positive(&most(0x50)), &positive(&most(0x50)));
    assert_eq!((least.len(), highest.len()), (8, 72));
    for right in [&least, &highest, &der(&[0, 0x80], &[0x7f]), &der(&[1; 32], &[2; 31])] {
        let signature = EcdsaSignature::from_der(right).unwrap();
        assert_eq!(signature.to_der(), *right);
        assert_eq!(EcdsaSignature::from_bytes(&signature.to_bytes()), Ok(signature));
    }
    // Zero and n, in r and in s.
    for bad in [&[0][..], &positive(&most(0x51)), &positive(&[0xff; 32]), &positive(&[1; 33])] {
        refused(&der(bad, &[1]));
        refused(&der(&[1], bad));
    }
    // A leading zero that is not needed, and negative numbers.
    for bad in [&[0, 1][..], &[0x80], &[0xff; 32], &most(0x50), &[], &[0, 0, 0x80]] {
        refused(&der(bad, &[1, 1]));
        refused(&der(&[1, 1], bad));
    }
    // Lengths in the long form, indefinite, wrong; trailing bytes inside and outside; other tags.
    refused(b"\x30\x81\x06\x02\x01\x01\x02\x01\x01");
    refused(b"\x30\x07\x02\x81\x01\x01\x02\x01\x01");
    refused(b"\x30\x80\x02\x01\x01\x02\x01\x01\x00\x00");
    refused(b"\x30\x06\x02\x01\x01\x02\x01\x01\x00");
    refused(b"\x30\x08\x02\x01\x01\x02\x01\x01\x05\x00");
    refused(b"\x30\x07\x02\x01\x01\x02\x01\x01\x00");
    refused(b"\x30\x05\x02\x01\x01\x02\x01\x01");
    refused(b"\x30\x07\x02\x01\x01\x02\x01\x01");
    refused(b"\x30\x06\x02\x02\x01\x02\x01\x01");
    refused(b"\x31\x06\x02\x01\x01\x02\x01\x01");
    refused(b"\x30\x06\x03\x01\x01\x02\x01\x01");
    refused(b"\x30\x06\x02\x01\x01\x04\x01\x01");
    refused(b"\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01");
    refused(&[]);
    refused(&least[..7]);
    refused(&[&highest[..], &[0]].concat());
    assert_eq!(KeyFormatError::SignatureEncoding.code(), 5308);
}

#[test]
fn k8_a_high_s_is_valid_and_lowered_on_request() {
    let key = Key::new(5);
    for n in 0..32u8 {
        let digest = sha256(&[&[n][..], &sha256(b"c")].concat());
        let one = key.sign(&[n], b"c");
        let (r, s) = one.split_scalars();
        let two = Signature::from_scalars(r, -s).unwrap();
        let (low, high) = if one.normalize_s() == one { (one, two) } else { (two, one) };
        let [low, high] = [low, high].map(|s| EcdsaSignature::from_der(s.to_der().as_bytes()).unwrap());
        assert!(key.public().verify(&digest, &low) && key.public().verify(&digest, &high));
        assert_eq!((high.normalize_s(), low.normalize_s()), (low, low));
        assert_ne!(low, high);
    }
}
