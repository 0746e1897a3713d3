//! Keys, records and payloads to start from. The keys are whole here: what the quorum does is tested elsewhere.

use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer;
use quorate::approval::fact::Amount;
use quorate::approval::keyfmt::P256Key;
use quorate::approval::passkey::safe::SafeTx;
use quorate::approval::passkey::{Mode, Payload, Record, Transaction};

pub(crate) const RP: &str = "wallet.example";
pub(crate) const ORIGIN: &str = "https://app.wallet.example";
pub(crate) const SAFE: [u8; 20] = [0x5a; 20];
pub(crate) const CHALLENGE: [u8; 32] = [0xc4; 32];

pub(crate) fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

pub(crate) fn public() -> P256Key {
    P256Key::from_sec1(key().verifying_key().to_sec1_point(true).as_bytes()).unwrap()
}

pub(crate) fn raw_signature(message: &[u8]) -> [u8; 64] {
    let signature: p256::ecdsa::Signature = key().sign(message);
    signature.to_bytes().into()
}

pub(crate) fn web() -> Record {
    Record::new(public(), RP, ORIGIN, Mode::Web).unwrap()
}

pub(crate) fn safe() -> Record {
    Record::new(public(), RP, ORIGIN, Mode::Safe { chain_id: 1, safe: SAFE }).unwrap()
}

/// 5 wei to somebody.
pub(crate) fn payment() -> SafeTx {
    SafeTx { to: [0xb0; 20], value: Amount::from(5), nonce: Amount::from(9), ..SafeTx::default() }
}

pub(crate) fn login() -> Payload {
    Payload::web(&web(), &CHALLENGE, false)
}

pub(crate) fn transaction() -> Payload {
    Payload::safe(&safe(), payment()).unwrap()
}

/// The payload with another transaction, and the challenge that goes with it.
pub(crate) fn with(change: impl FnOnce(&mut Transaction)) -> Payload {
    let mut payload = transaction();
    let transaction = payload.transaction.as_mut().unwrap();
    change(transaction);
    payload.challenge = transaction.hash().to_vec();
    payload
}
