//! What holders, shops and auditors read: the audit log, quotes and payments, passkeys of a quorum.

use quorate::approval::audit::{Entry, Event, Genesis, Log, Record};
use quorate::approval::fact::Amount;
use quorate::approval::keyfmt::P256Key;
use quorate::approval::passkey::safe::SafeTx;
use quorate::approval::passkey::{self, Mode, Payload};
use quorate::approval::quote::{MacKey, MacKeys, Payment};
use quorate::identity::IdentityKey;
use quorate::secret::Secret;

use super::{Decoder, decoder};
use crate::driver::id;

#[path = "../../../tests/quote/golden.rs"]
#[allow(dead_code)]
mod golden;

pub(super) fn add(list: &mut Vec<Decoder>) {
    audit(list);
    quotes(list);
    passkeys(list);
}

fn audit(list: &mut Vec<Decoder>) {
    let genesis = Genesis { cluster_id: [1; 32], party: id(1), log_id: [2; 32], continues: [0; 32] };
    let mut log = Log::new(&genesis, Vec::new());
    for event in [Event::Decided, Event::Signed] {
        log.append(Entry { rule: "rule".into(), data: vec![3; 32], ..Entry::new(event, 7) })
            .expect("a record");
    }
    let mut key = IdentityKey::from_seed(Secret::new([4; 32]));
    let checkpoint = log.checkpoint(8).expect("a head").sign_with(&mut key).expect("a signature");
    list.push(decoder("audit record", log.sink().clone(), |bytes| Record::from_bytes(bytes)?.to_bytes()));
    list.push(decoder("audit checkpoint", vec![checkpoint.to_bytes().to_vec()], |bytes| {
        Some(quorate::approval::audit::Checkpoint::from_bytes(bytes)?.to_bytes().to_vec())
    }));
}

/// Of tokens nothing but the seed is read; of headers, what is read is read twice alike.
fn quotes(list: &mut Vec<Decoder>) {
    let key = MacKey::new([1; 16], Secret::new((0..32).collect())).expect("a key");
    let keys = MacKeys::new(key, None).expect("keys");
    list.push(decoder("quote", vec![golden::TOKEN.as_bytes().to_vec()], move |bytes| {
        keys.read(std::str::from_utf8(bytes).ok()?, 1_800_000_000).ok()?;
        Some(golden::TOKEN.as_bytes().to_vec())
    }));
    list.push(decoder("payment", vec![golden::HEADER.as_bytes().to_vec()], |bytes| {
        let payment = Payment::from_header(bytes).ok()?;
        assert_eq!(Payment::from_header(bytes).as_ref(), Ok(&payment));
        Some(bytes.to_vec())
    }));
}

fn passkeys(list: &mut Vec<Decoder>) {
    // The base point of P-256.
    let key: [u8; 33] = [
        0x03, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
        0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
    ];
    let record = |mode| {
        let key = P256Key::from_sec1(&key).expect("a key");
        passkey::Record::new(key, "wallet.example", "https://app.wallet.example", mode).expect("a record")
    };
    let (web, safe) = (record(Mode::Web), record(Mode::Safe { chain_id: 1, safe: [5; 20] }));
    let tx = SafeTx { to: [6; 20], value: Amount::from(7), ..SafeTx::default() };
    let payloads = [Payload::web(&web, &[8; 32], true), Payload::safe(&safe, tx).expect("a payload")];
    let payloads = payloads.iter().map(|payload| payload.to_bytes().expect("short enough")).collect();
    list.push(decoder("passkey record", vec![web.to_bytes(), safe.to_bytes()], |bytes| {
        Some(passkey::Record::from_bytes(bytes).ok()?.to_bytes())
    }));
    list.push(decoder("passkey payload", payloads, |bytes| Payload::from_bytes(bytes).ok()?.to_bytes().ok()));
}
