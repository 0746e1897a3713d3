//! A million mutations of a token and of a header each: nothing panics, nothing that was changed pays.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use quorate::approval::quote::{Payment, QuoteError};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use super::golden::{HEADER, TOKEN};
use super::world::{NOW, keys};

fn mutate(bytes: &mut Vec<u8>, rng: &mut ChaCha20Rng) {
    for _ in 0..=rng.next_u32() % 3 {
        let (at, value) = (rng.next_u32() as usize % bytes.len().max(1), rng.next_u32());
        match value >> 28 {
            0 => bytes.truncate(at),
            1 => bytes.insert(at.min(bytes.len()), value as u8),
            2 if !bytes.is_empty() => drop(bytes.remove(at)),
            3 if !bytes.is_empty() => {
                let piece = bytes[at..(at + value as usize % 16).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            _ if !bytes.is_empty() => bytes[at] ^= 1 << (value % 8),
            _ => {}
        }
    }
}

#[test]
fn a_million_mutations_of_a_token_are_refused() {
    let (keys, mut rng) = (keys(), ChaCha20Rng::seed_from_u64(1));
    let bytes = Base64UrlUnpadded::decode_vec(TOKEN).unwrap();
    let mut macs = 0;
    for n in 0..1_000_000 {
        let token = if n % 4 == 0 {
            let mut text = TOKEN.as_bytes().to_vec();
            mutate(&mut text, &mut rng);
            String::from_utf8_lossy(&text).into_owned()
        } else {
            let mut bytes = bytes.clone();
            mutate(&mut bytes, &mut rng);
            Base64UrlUnpadded::encode_string(&bytes)
        };
        match keys.read(&token, NOW) {
            Err(QuoteError::BadMac) => macs += 1,
            Err(error) => assert!(matches!(error, QuoteError::Malformed | QuoteError::UnknownKey)),
            Ok(_) => assert_eq!(token, TOKEN),
        }
    }
    assert!(macs > 100_000, "{macs}");
}

#[test]
fn a_million_mutations_of_a_header_are_read_as_json_readers_read_them_or_refused() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    // Without the token, which is most of it and only text.
    let json = String::from_utf8(Base64::decode_vec(HEADER).unwrap()).unwrap().replace(TOKEN, "t");
    let good = Payment::from_header(Base64::encode_string(json.as_bytes()).as_bytes()).unwrap();
    let (mut accepted, mut same) = (0, 0);
    for n in 0..1_000_000 {
        let mut bytes = json.as_bytes().to_vec();
        mutate(&mut bytes, &mut rng);
        let mut header = Base64::encode_string(&bytes).into_bytes();
        if n % 16 == 0 {
            header = HEADER.as_bytes().to_vec();
            mutate(&mut header, &mut rng);
        }
        let Ok(payment) = Payment::from_header(&header) else { continue };
        accepted += 1;
        same += u32::from(payment == good);
        if n % 64 == 1 {
            // What is accepted, another reader reads with the same value.
            let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            let theirs = &value["payload"]["authorization"];
            let ours = payment.authorization();
            assert_eq!(theirs["validBefore"].as_str().unwrap(), ours.valid_before.to_string());
            let from = theirs["from"].as_str().unwrap().to_lowercase();
            assert_eq!(from, format!("{:?}", ours.from));
        }
    }
    assert!(accepted > 50_000 && same > 10_000, "{accepted} accepted, {same} the same");
}
