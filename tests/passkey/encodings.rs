//! What is hashed, signed and handed out, against other implementations: constants from eth-account 0.14 (Python), the `p256`
//! crate, and by hand.

use super::given::{CHALLENGE, SAFE, key, login, public, raw_signature, safe, transaction, web};
use quorate::approval::fact::Amount;
use quorate::approval::passkey::owners::{OwnerSignature, owner_blob};
use quorate::approval::passkey::safe::{DOMAIN_TYPE_HASH, SAFE_TX_TYPE_HASH, SafeTx, domain_hash};
use quorate::approval::passkey::{
    MAX_DATA, Mode, PasskeyError, Payload, Record, Transaction, check, register,
};
use sha2::{Digest as _, Sha256};
use sha3::Keccak256;

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

#[test]
fn type_hashes_are_those_of_the_type_strings() {
    let domain = "EIP712Domain(uint256 chainId,address verifyingContract)";
    let tx = "SafeTx(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,uint256 nonce)";
    assert_eq!(DOMAIN_TYPE_HASH[..], Keccak256::digest(domain)[..]);
    assert_eq!(SAFE_TX_TYPE_HASH[..], Keccak256::digest(tx)[..]);
}

/// eth_account.messages.encode_typed_data(full_message = {"EIP712Domain", "SafeTx"}), header, body, and keccak over 19 01 and both.
#[test]
fn safe_hashes_are_those_of_eth_account() {
    let empty = Transaction { chain_id: 1, safe: [0x11; 20], tx: SafeTx::default() };
    assert_eq!(
        domain_hash(1, &empty.safe),
        bytes("f0dcfe86ad4a409690a57dbaae9b1e14c5ea1750a48271a0a3a6037a8100624d")
    );
    assert_eq!(
        empty.tx.struct_hash(),
        bytes("0dbbb7b51e261ff463b48851dfe9c0350bbf798b406605d374ec8c22ab65ae43")
    );
    assert_eq!(empty.hash(), bytes("a88d57e3c9ca8feb0257d8686d85f3831877efc86620c7f7b987e4a295288eea"));

    let mut value = Amount::from(7);
    value.0[31 - 25] = 1; // 2^200 + 7
    let mut gas = Amount::from(1);
    gas.0[0] = 0x80; // 2^255 + 1
    let ether = Amount::from(1_000_000_000_000_000_000);
    let tx = SafeTx {
        to: [0xa1; 20],
        value,
        data: [&[0xa9, 0x05, 0x9c, 0xbb][..], &[0; 12], &[0xb2; 20], &ether.0].concat(),
        operation: 1,
        safe_tx_gas: gas,
        base_gas: Amount::from(2),
        gas_price: Amount::from(3),
        gas_token: [0xc3; 20],
        refund_receiver: [0xd4; 20],
        nonce: Amount::MAX,
    };
    let full = Transaction { chain_id: 11_155_111, safe: [0xe5; 20], tx };
    assert_eq!(
        domain_hash(11_155_111, &full.safe),
        bytes("b793dda0bde29d1ffc547f7675e4849803fba6396536663f66d8e885a0087da5")
    );
    assert_eq!(
        full.tx.struct_hash(),
        bytes("7cb311c9050a435100004369a52029c22b86525bac7766ff1ff74bff8fb09fed")
    );
    assert_eq!(full.hash(), bytes("80b334feb69d71c0b091da23049a1a59f71cea1bf649238fa293c8248f46692f"));
}

#[test]
fn payloads_and_records_have_the_layout_that_is_written_down() {
    let payload = login();
    let written =
        [&b"\x01\x0ewallet.example\x00\x1ahttps://app.wallet.example\x20"[..], &CHALLENGE, &[0x19]].concat();
    assert_eq!(payload.to_bytes().unwrap(), written);
    assert_eq!(Payload::from_bytes(&written).unwrap(), payload);

    let mut payload = transaction();
    payload.transaction.as_mut().unwrap().tx = SafeTx {
        to: [1; 20],
        value: Amount([2; 32]),
        data: vec![3; 5],
        operation: 1,
        safe_tx_gas: Amount([4; 32]),
        base_gas: Amount([5; 32]),
        gas_price: Amount([6; 32]),
        gas_token: [7; 20],
        refund_receiver: [8; 20],
        nonce: Amount([9; 32]),
    };
    let written = [
        &b"\x02\x0ewallet.example\x00\x1ahttps://app.wallet.example\x20"[..],
        &payload.challenge,
        &[0x1d],
        &Amount::from(1).0,
        &SAFE,
        &[1; 20],
        &[2; 32],
        &[0, 0, 0, 5],
        &[3; 5],
        &[1],
        &[4; 32],
        &[5; 32],
        &[6; 32],
        &[7; 20],
        &[8; 20],
        &[9; 32],
    ]
    .concat();
    assert_eq!(payload.to_bytes().unwrap(), written);
    assert_eq!(Payload::from_bytes(&written).unwrap(), payload);

    let record = [
        &b"QDPK\x01\x02"[..],
        &public().to_sec1(),
        b"\x0ewallet.example\x00\x1ahttps://app.wallet.example",
        &Amount::from(1).0,
        &SAFE,
    ];
    assert_eq!(safe().to_bytes(), record.concat());
    assert_eq!(Record::from_bytes(&record.concat()).unwrap(), safe());
    let record =
        [&b"QDPK\x01\x01"[..], &public().to_sec1(), b"\x0ewallet.example\x00\x1ahttps://app.wallet.example"];
    assert_eq!(web().to_bytes(), record.concat());
    assert_eq!(Record::from_bytes(&record.concat()).unwrap(), web());
}

#[test]
fn lengths_over_their_caps_are_neither_written_nor_read() {
    let fits = |change: &dyn Fn(&mut Payload)| {
        let mut payload = transaction();
        change(&mut payload);
        payload.to_bytes().map(|bytes| assert_eq!(Payload::from_bytes(&bytes).as_ref(), Ok(&payload)))
    };
    let data =
        |length: usize| move |p: &mut Payload| p.transaction.as_mut().unwrap().tx.data = vec![1; length];
    assert_eq!(fits(&|p| p.origin = "o".repeat(512)), Ok(()));
    assert_eq!(fits(&|p| p.origin = "o".repeat(513)), Err(PasskeyError::Malformed));
    assert_eq!(fits(&|p| p.rp_id = "o".repeat(255)), Ok(()));
    assert_eq!(fits(&|p| p.rp_id = "o".repeat(256)), Err(PasskeyError::Malformed));
    assert_eq!(fits(&|p| p.challenge = vec![0; 256]), Err(PasskeyError::Malformed));
    assert_eq!(fits(&data(MAX_DATA)), Ok(()));
    assert_eq!(fits(&data(MAX_DATA + 1)), Err(PasskeyError::Malformed));
    // written by hand, with all the bytes that the length says
    let long = [&b"\x01\x01r\x02\x01"[..], &[b'o'; 513], &[1, 0, 0x19]].concat();
    assert_eq!(Payload::from_bytes(&long), Err(PasskeyError::Malformed));
    let mut full = transaction();
    full.transaction.as_mut().unwrap().tx.data = vec![1; MAX_DATA];
    let mut long = full.to_bytes().unwrap();
    let data = long.len() - (32 * 4 + 20 * 2 + 1) - MAX_DATA;
    long[data - 4..data].copy_from_slice(&(MAX_DATA as u32 + 1).to_be_bytes());
    long.insert(data, 1);
    assert_eq!(Payload::from_bytes(&long), Err(PasskeyError::Malformed));
    // a reader that believed these would take more than is there, or more than it may
    let good = transaction().to_bytes().unwrap();
    let data_length = good.len() - (32 * 4 + 20 * 2 + 1) - 4;
    for (at, byte) in [
        (0, 0),
        (0, 3),
        (0, 1),
        (1, 255),
        (16, 255),
        (16, 3),
        (data_length, 255),
        (data_length + 1, 255),
        (data_length + 3, 1),
    ] {
        let mut bytes = good.clone();
        bytes[at] = byte;
        assert_eq!(Payload::from_bytes(&bytes), Err(PasskeyError::Malformed), "{at} {byte}");
    }
    let mut operation = good.clone();
    operation[data_length + 4] = 2;
    assert_eq!(Payload::from_bytes(&operation), Err(PasskeyError::Malformed));
    let long = [&good[..], &[0]].concat();
    assert_eq!(Payload::from_bytes(&long), Err(PasskeyError::Malformed));
    for length in 0..good.len() {
        assert_eq!(Payload::from_bytes(&good[..length]), Err(PasskeyError::Malformed));
    }
}

#[test]
fn the_credential_id_depends_on_key_and_rp_id() {
    // H("dpk/cred"; key 33, rp id), framed by hand
    let frame = |part: &[u8]| [&(part.len() as u32).to_be_bytes()[..], part].concat();
    let input = [frame(b"quorate/1/dpk/cred"), frame(&public().to_sec1()), frame(b"wallet.example")].concat();
    assert_eq!(web().credential_id()[..], Sha256::digest(&input)[..]);
    assert_eq!(web().credential_id(), safe().credential_id());
    let other = Record::new(public(), "app.wallet.example", "https://app.wallet.example", Mode::Web).unwrap();
    assert_ne!(other.credential_id(), web().credential_id());
}

#[test]
fn what_is_signed_is_what_webauthn_says() {
    let statement = check(&web(), &login(), &[0; 32], None).unwrap();
    let authenticator_data = [&Sha256::digest("wallet.example")[..], &[0x19, 0, 0, 0, 0]].concat();
    assert_eq!(statement.authenticator_data()[..], authenticator_data);
    let preimage = [&authenticator_data[..], &Sha256::digest(statement.client_data_json())].concat();
    assert_eq!(
        (statement.preimage(), &statement.digest()[..]),
        (preimage.clone(), &Sha256::digest(preimage)[..])
    );
    let json: serde_json::Value = serde_json::from_slice(&statement.client_data_json()).unwrap();
    assert_eq!(json["origin"], "https://app.wallet.example");
    assert_eq!(json["challenge"], super::safe::base64url(&CHALLENGE));
    assert_eq!(json["crossOrigin"], false);
}

#[test]
fn only_the_keys_own_signature_finishes_a_statement_and_s_is_low() {
    let statement = check(&web(), &login(), &[0; 32], None).unwrap();
    let signature = raw_signature(&statement.preimage());
    let mut high = p256::ecdsa::Signature::from_slice(&signature).unwrap();
    high = p256::ecdsa::Signature::from_scalars(high.r().to_bytes(), (-*high.s()).to_bytes()).unwrap();
    let [one, other] = [signature, high.to_bytes().into()].map(|s| statement.clone().finish(&s).unwrap());
    assert_eq!(one, other);
    let low = p256::ecdsa::Signature::from_slice(&one.signature()).unwrap();
    assert_eq!(low.normalize_s(), low);
    assert_eq!(p256::ecdsa::Signature::from_der(&one.signature_der()).unwrap(), low);

    let foreign = raw_signature(b"something else");
    assert_eq!(statement.clone().finish(&foreign), Err(PasskeyError::BadSignature));
    assert_eq!(statement.clone().finish(&[0; 64]), Err(PasskeyError::BadSignature));
    assert_eq!(statement.finish(&[0xff; 64]), Err(PasskeyError::BadSignature));
}

#[test]
fn a_web_keys_assertion_is_no_contract_signature() {
    let statement = check(&web(), &login(), &[0; 32], None).unwrap();
    let signature = raw_signature(&statement.preimage());
    assert_eq!(statement.finish(&signature).unwrap().contract_signature(), Err(PasskeyError::WrongMode));
}

#[test]
fn the_attestation_object_is_the_one_map_that_cbor_says() {
    let registration = register(&web(), &CHALLENGE, true).unwrap();
    assert_eq!(registration.credential_id, web().credential_id());
    assert_eq!(registration.attestation_object.len(), 194);
    let value: ciborium::Value = ciborium::from_reader(&registration.attestation_object[..]).unwrap();
    let text = |text: &str| ciborium::Value::Text(text.into());
    let map = value.into_map().unwrap();
    assert_eq!(map[0], (text("fmt"), text("none")));
    assert_eq!(map[1], (text("attStmt"), ciborium::Value::Map(vec![])));
    let (name, data) = &map[2];
    let data = data.as_bytes().unwrap();
    assert_eq!((map.len(), name, data.len()), (3, &text("authData"), 37 + 16 + 2 + 32 + 77));
    assert_eq!(data[32], 0x5d);
    assert_eq!(data[37..53], [0; 16]);
    assert_eq!(data[53..87], [&[0, 32][..], &web().credential_id()].concat());
    let cose: ciborium::Value = ciborium::from_reader(&data[87..]).unwrap();
    let point = key().verifying_key().to_sec1_point(false);
    let members =
        [(1, 2), (3, -7), (-1, 1)].map(|(k, v)| (ciborium::Value::from(k), ciborium::Value::from(v)));
    let coordinate = |label: i32, bytes: &[u8]| (ciborium::Value::from(label), ciborium::Value::from(bytes));
    let [x, y] = [coordinate(-2, point.x().unwrap()), coordinate(-3, point.y().unwrap())];
    assert_eq!(cose.into_map().unwrap(), [&members[..], &[x, y]].concat());
    let json: serde_json::Value = serde_json::from_slice(&registration.client_data_json).unwrap();
    assert_eq!(json["type"], "webauthn.create");
    for (length, fits) in [(15, false), (16, true), (64, true), (65, false)] {
        let result = register(&web(), &vec![1; length], false).map(|_| ());
        assert_eq!(result, if fits { Ok(()) } else { Err(PasskeyError::Challenge) });
    }
    let unverified = register(&web(), &CHALLENGE, false).unwrap();
    assert_eq!(unverified.attestation_object[30 + 32], 0x59);
}

#[test]
fn owners_stand_ascending_with_their_offsets() {
    let contract = |owner: u8, length: usize| OwnerSignature::Contract {
        owner: [owner; 20],
        signature: vec![owner; length],
    };
    let mut of_key = [9; 65];
    of_key[64] = 27;
    let fixed = OwnerSignature::Static { owner: [2; 20], signature: of_key };
    let blob = owner_blob(&[contract(3, 7), fixed.clone(), contract(1, 64)]).unwrap();
    // by hand: three static parts of 65, then what the first points to, then what the third does
    let mut expected = [&[0; 12][..], &[1; 20], &Amount::from(195).0, &[0]].concat();
    expected.extend_from_slice(&of_key);
    expected.extend_from_slice(&[&[0; 12][..], &[3; 20], &Amount::from(195 + 32 + 64).0, &[0]].concat());
    expected.extend_from_slice(&[&Amount::from(64).0[..], &[1; 64], &Amount::from(7).0, &[3; 7]].concat());
    assert_eq!(blob, expected);
    assert_eq!(owner_blob(&[]).unwrap(), Vec::<u8>::new());
}

#[test]
fn an_owner_stands_once_and_a_key_is_no_contract() {
    let contract = |owner: u8| OwnerSignature::Contract { owner: [owner; 20], signature: vec![1] };
    let fixed = |owner: u8, v: u8| {
        let mut signature = [1; 65];
        signature[64] = v;
        OwnerSignature::Static { owner: [owner; 20], signature }
    };
    assert_eq!(owner_blob(&[contract(1), contract(2), contract(1)]), Err(PasskeyError::Owners));
    assert_eq!(owner_blob(&[contract(1), fixed(1, 27)]), Err(PasskeyError::Owners));
    assert_eq!(owner_blob(&[contract(1), fixed(2, 0)]), Err(PasskeyError::Owners));
    assert!(owner_blob(&[contract(1), fixed(2, 1), fixed(3, 31)]).is_ok());
}
