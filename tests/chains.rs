//! The encodings that the examples use, against what their standards publish.

#[path = "../examples/chains/mod.rs"]
mod chains;

use chains::bitcoin::{self, Input, Output};
use chains::ethereum::{self, Item};
use chains::solana::Transfer;
use k256::ecdsa::SigningKey;
use quorate::curve::{EcdsaSecp256k1, Secp256k1, read_point};
use quorate::ecdsa::{Digest, Message, Signature};

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap()
}

fn signing_key(text: &str) -> SigningKey {
    SigningKey::from_slice(&hex(text)).unwrap()
}

fn sec1(key: &SigningKey) -> Vec<u8> {
    key.verifying_key().to_sec1_point(true).as_bytes().to_vec()
}

/// The account of the development chains of Hyperledger Besu.
const BESU: (&str, &str) = (
    "8f2a55949038a9610f50fb23b5883af3b4ecb3c3bb792cbcefbd1542c692be63",
    "0xFE3B557E8Fb62b89F4916B721be55cEb828dBd73",
);

/// Besu's transactions of type 2 on chain 7822, each in a string of RLP: nonce, value, gas, priority fee, fee.
const TRANSACTIONS: [([u64; 5], &str); 3] = [
    (
        [819, 43_203_529, 35552, 75853, 121_212],
        "b87302f870821e8e8203338301284d8301d97c828ae094000000000000000000000000000000000000aaaa8402933bc980c080a0d067f2167008c59219652f91cbf8788dbca5f771f6e91e2b7657e85b78b472e0a01d305af9fe81fdba43f0dfcd400ed24dcace0a7e30d4e85701dcaaf484cd079e",
    ),
    (
        [353, 61_901_619, 32593, 38850, 136_295],
        "b87202f86f821e8e8201618297c283021467827f5194000000000000000000000000000000000000aaaa8403b08b3380c001a004205678f13fc1d7b10feea6513dfa76e24418b6e08097d95c6f93a3b64e536da01d45ad61bfece43862de2cce7d2575a8c1d08c26c87f3cb5f26d7b0be54a91b2",
    ),
    (
        [709, 6_478_043, 28335, 86252, 94636],
        "b87202f86f821e8e8202c5830150ec830171ac826eaf94000000000000000000000000000000000000aaaa8362d8db80c001a09880d133cd636f8c8dce32e2c43494b9f2dc000eee8dc61931e09f866ed04b46a00e44d5c503c7f08b36c8b062c32a963f3dd20a71e95e3d903bfbe7f4da47cd47",
    ),
];

/// Type 2, its fields, and as many more of them as there are.
fn type_2(fields: Vec<Item>) -> Vec<u8> {
    [&[2], &Item::List(fields).encode()[..]].concat()
}

fn fields_of(bytes: &[u8]) -> Vec<Item> {
    match Item::decode(&bytes[1..]).unwrap() {
        Item::List(fields) => fields,
        Item::Bytes(_) => panic!("not a list"),
    }
}

#[test]
fn eip_1559_transactions_are_those_that_besu_signed() {
    let key = signing_key(BESU.0);
    for ([nonce, value, gas, tip, fee], published) in TRANSACTIONS {
        let Item::Bytes(raw) = Item::decode(&hex(published)).unwrap() else { panic!("not a string") };
        assert_eq!(Item::Bytes(raw.clone()).encode(), hex(published));
        let number = |n: u64| Item::integer(&n.to_be_bytes());
        let to = hex("000000000000000000000000000000000000aaaa");
        let numbers = [7822, nonce, tip, fee, gas].map(number).to_vec();
        let rest = [Item::Bytes(to), number(value), Item::Bytes(vec![]), Item::List(vec![])];
        let unsigned = type_2([numbers, rest.to_vec()].concat());
        let transaction = ethereum::Transaction::parse(&unsigned).unwrap();
        assert_eq!(transaction.to_bytes(), unsigned);
        // Besu's signatures are deterministic (RFC 6979), so a plain key makes the same.
        let digest = Digest::from(Message::keccak256(&unsigned));
        let (signature, id) = key.sign_prehash_recoverable(digest.as_bytes());
        let mut recoverable = [id.to_byte(); 65];
        recoverable[..64].copy_from_slice(&signature.to_bytes());
        assert_eq!(transaction.signed(&recoverable).unwrap(), raw);
        // Ours reads it, and the chain finds the sender.
        let ours = Signature::<EcdsaSecp256k1>::from_bytes_recoverable(&recoverable).unwrap();
        assert!(ours.verify(&read_point::<Secp256k1>(&sec1(&key)).unwrap(), Message::keccak256(&unsigned)));
        assert_eq!(ethereum::checksummed(&ethereum::sender(&raw).unwrap()), BESU.1);
    }
    assert_eq!(ethereum::checksummed(&ethereum::address(key.verifying_key())), BESU.1);
}

/// The one that ethereumjs tests with, access list and data included: bytes and signing hash.
#[test]
fn eip_1559_signing_hash_is_the_one_of_ethereumjs() {
    let unsigned = hex(concat!(
        "02f85904808080809401010101010101010101010101010101010101018083010200f838f794010101010101010101010101010101",
        "0101010101e1a00101010101010101010101010101010101010101010101010101010101010101"
    ));
    let transaction = ethereum::Transaction::parse(&unsigned).unwrap();
    assert_eq!(transaction.to_bytes(), unsigned);
    let hash = hex("fa81814f7dd57bad435657a05eabdba2815f41e3f15ddd6139027e7db56b0dea");
    assert_eq!(ethereum::keccak256(&unsigned)[..], hash);
    assert_eq!(Digest::from(Message::keccak256(&unsigned)).as_bytes()[..], hash);
    // And one that is signed, on chain 4, with its id.
    let raw = hex(concat!(
        "02f86e048203338301284d8301d97c828ae094000000000000000000000000000000000000aaaa8402933bc980c080a00f924cb684",
        "12c8f1cfd74d9b581c71eeaf94fff6abdde3e5b02ca6b2931dcf47a07dd1c50027c3e31f8b565e25ce68a5072110f61fce5eee81b1",
        "95dd51273c2f83"
    ));
    let id = hex("2e564c87eb4b40e7f469b2eec5aa5d18b0b46a24e8bf0919439cfb0e8fcae446");
    assert_eq!(ethereum::keccak256(&raw)[..], id);
    assert_eq!(ethereum::checksummed(&ethereum::sender(&raw).unwrap()), BESU.1);
}

#[test]
fn the_bundled_payment_is_one() {
    let bytes = include_bytes!("../examples/data/ethereum-eip1559.bin");
    let transaction = ethereum::Transaction::parse(bytes).unwrap();
    let to = hex("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed").try_into().unwrap();
    let fees = [1_500_000_000, 32_000_000_000];
    let payment = ethereum::Transaction::payment(1, 0, fees, &to, 1_500_000_000_000_000_000);
    assert_eq!(transaction, payment);
    assert_eq!(transaction.to_bytes(), bytes);
    let text = "1.5 ETH to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed on chain 1, nonce 0";
    assert_eq!(transaction.describe(), text);
    assert!(ethereum::Transaction::payment(1, 0, fees, &to, 0).describe().starts_with("0.0 ETH"));
}

#[test]
fn signatures_that_the_chain_does_not_take_are_refused() {
    let key = signing_key(BESU.0);
    let bytes = include_bytes!("../examples/data/ethereum-eip1559.bin");
    let transaction = ethereum::Transaction::parse(bytes).unwrap();
    let (signature, id) = key.sign_prehash_recoverable(&ethereum::keccak256(bytes));
    let mut recoverable = [id.to_byte(); 65];
    recoverable[..64].copy_from_slice(&signature.to_bytes());
    let sender = |bytes: &[u8; 65]| ethereum::sender(&transaction.signed(bytes).unwrap());
    let own = ethereum::address(key.verifying_key());
    assert_eq!(sender(&recoverable), Ok(own));
    let mut other = recoverable;
    other[64] ^= 1;
    assert!(sender(&other) != Ok(own));
    for id in [2, 3] {
        other[64] = id;
        assert!(transaction.signed(&other).is_err());
    }
    // The same with -s and the other parity: it recovers, but it is not low.
    let high = k256::ecdsa::Signature::from_scalars(*signature.r(), -*signature.s()).unwrap();
    let mut malleated = recoverable;
    malleated[..64].copy_from_slice(&high.to_bytes());
    malleated[64] ^= 1;
    assert_eq!(sender(&malleated), Err("s is above half the order (EIP-2)"));
}

/// The examples of the specification of RLP, and what is not RLP.
#[test]
fn rlp_has_one_encoding() {
    let text = |text: &str| Item::Bytes(text.as_bytes().to_vec());
    let list = Item::List;
    let long = "Lorem ipsum dolor sit amet, consectetur adipisicing elit";
    let three = list(vec![
        list(vec![]),
        list(vec![list(vec![])]),
        list(vec![list(vec![]), list(vec![list(vec![])])]),
    ]);
    let published = [
        (text("dog"), hex("83646f67")),
        (list(vec![text("cat"), text("dog")]), hex("c88363617483646f67")),
        (text(""), hex("80")),
        (list(vec![]), hex("c0")),
        (Item::integer(&[0, 0]), hex("80")),
        (Item::Bytes(vec![0]), hex("00")),
        (Item::integer(&[15]), hex("0f")),
        (Item::integer(&[4, 0]), hex("820400")),
        (three, hex("c7c0c1c0c3c0c1c0")),
        (text(long), [&hex("b838")[..], long.as_bytes()].concat()),
    ];
    for (item, bytes) in published {
        assert_eq!((item.encode(), Item::decode(&bytes)), (bytes, Ok(item)));
    }
    let no = [
        "",
        "8100",
        "817f",
        "83646f",
        "8000",
        "b800",
        "b837",
        "b90038",
        "b8",
        "c1",
        "c0c0",
        "c20f",
        "c183",
        "f800",
        "bfffffffffffffffff",
        "ffffffffffffffffff",
        "f90001c0",
    ];
    for text in no {
        assert!(Item::decode(&hex(text)).is_err(), "{text}");
    }
    let padded = [&hex("b837")[..], &[0x61; 55]].concat();
    assert_eq!(Item::decode(&padded), Err("a length out of range or written long"));
    assert_eq!(Item::decode(&hex("c8c7c6c5c4c3c2c1c0")), Err("lists too deep"));
    assert!(Item::decode(&hex("c7c6c5c4c3c2c1c0")).is_ok());
}

#[test]
fn what_is_no_unsigned_transaction_is_refused() {
    let good = include_bytes!("../examples/data/ethereum-eip1559.bin");
    let fields = fields_of(good);
    let parses = |fields: Vec<Item>| ethereum::Transaction::parse(&type_2(fields)).is_ok();
    assert!(parses(fields.clone()));
    for at in 0..9 {
        let with = |item: Item| {
            let mut fields = fields.clone();
            fields[at] = item;
            parses(fields)
        };
        // A list where there is bytes, and the other way round.
        assert!(!with(if at == 8 { Item::Bytes(vec![]) } else { Item::List(vec![]) }), "{at}");
        if at < 7 {
            assert!(!with(Item::Bytes(vec![0, 1])), "{at}: leading zero, or no address");
            assert!(!with(Item::Bytes(vec![1; 21])), "{at}: too long");
        }
        let mut fewer = fields.clone();
        fewer.remove(at);
        assert!(!parses(fewer));
    }
    assert!(!parses([fields.clone(), vec![Item::Bytes(vec![])]].concat()));
    assert!(ethereum::Transaction::parse(&[&[1], &good[1..]].concat()).is_err());
    assert!(ethereum::Transaction::parse(&[&good[..], &[0]].concat()).is_err());
    assert!(ethereum::Transaction::parse(&[]).is_err());
}

/// EIP-55's own test cases.
#[test]
fn eip_55_checksums() {
    for text in [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ] {
        assert_eq!(ethereum::checksummed(&hex(text).try_into().unwrap()), text);
    }
}

/// A published spend of a P2WPKH program.
struct Spend {
    unsigned: &'static str,
    /// What the published transaction has in `scriptSig` when it is signed, by input.
    scripts: &'static [&'static str],
    input: usize,
    amount: u64,
    secret: &'static str,
    public: &'static str,
    key_hash: &'static str,
    preimage: &'static str,
    sighash: &'static str,
    der: &'static str,
    signed: &'static str,
}

/// BIP-143, "Native P2WPKH" and "P2SH-P2WPKH".
const BIP_143: [Spend; 2] = [
    Spend {
        unsigned: "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac11000000",
        scripts: &[
            "4830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01",
            "",
        ],
        input: 1,
        amount: 600_000_000,
        secret: "619c335025c7f4012e556c2a58b2506e30b8511b53ade95ea316fd8c3286feb9",
        public: "025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee6357",
        key_hash: "1d0f172a0ecb48aee1be1f2687d2963ae33f71a1",
        preimage: "0100000096b827c8483d4e9b96712b6713a7b68d6e8003a781feba36c31143470b4efd3752b0a642eea2fb7ae638c36f6252b6750293dbe574a806984b8e4d8548339a3bef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a010000001976a9141d0f172a0ecb48aee1be1f2687d2963ae33f71a188ac0046c32300000000ffffffff863ef3e1a92afbfdb97f31ad0fc7683ee943e9abcf2501590ff8f6551f47e5e51100000001000000",
        sighash: "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670",
        der: "304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee",
        signed: "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000",
    },
    Spend {
        unsigned: "0100000001db6b1b20aa0fd7b23880be2ecbd4a98130974cf4748fb66092ac4d3ceb1a54770100000000feffffff02b8b4eb0b000000001976a914a457b684d7f0d539a46a45bbc043f35b59d0d96388ac0008af2f000000001976a914fd270b1ee6abcaea97fea7ad0402e8bd8ad6d77c88ac92040000",
        scripts: &["16001479091972186c449eb1ded22b78e40d009bdf0089"],
        input: 0,
        amount: 1_000_000_000,
        secret: "eb696a065ef48a2192da5b28b694f87544b30fae8327c4510137a922f32c6dcf",
        public: "03ad1d8e89212f0b92c74d23bb710c00662ad1470198ac48c43f7d6f93a2a26873",
        key_hash: "79091972186c449eb1ded22b78e40d009bdf0089",
        preimage: "01000000b0287b4a252ac05af83d2dcef00ba313af78a3e9c329afa216eb3aa2a7b4613a18606b350cd8bf565266bc352f0caddcf01e8fa789dd8a15386327cf8cabe198db6b1b20aa0fd7b23880be2ecbd4a98130974cf4748fb66092ac4d3ceb1a5477010000001976a91479091972186c449eb1ded22b78e40d009bdf008988ac00ca9a3b00000000feffffffde984f44532e2173ca0d64314fcefe6d30da6f8cf27bafa706da61df8a226c839204000001000000",
        sighash: "64f3b0f4dd2bb3aa1ce8566d220cc74dda9df97d8490cc81d89d735c92e59fb6",
        der: "3044022047ac8e878352d3ebbde1c94ce3a10d057c24175747116f8288e5d794d12d482f0220217f36a485cae903c713331d877c1f64677e3622ad4010726870540656fe9dcb",
        signed: "01000000000101db6b1b20aa0fd7b23880be2ecbd4a98130974cf4748fb66092ac4d3ceb1a5477010000001716001479091972186c449eb1ded22b78e40d009bdf0089feffffff02b8b4eb0b000000001976a914a457b684d7f0d539a46a45bbc043f35b59d0d96388ac0008af2f000000001976a914fd270b1ee6abcaea97fea7ad0402e8bd8ad6d77c88ac02473044022047ac8e878352d3ebbde1c94ce3a10d057c24175747116f8288e5d794d12d482f0220217f36a485cae903c713331d877c1f64677e3622ad4010726870540656fe9dcb012103ad1d8e89212f0b92c74d23bb710c00662ad1470198ac48c43f7d6f93a2a2687392040000",
    },
];

#[test]
fn bip_143_preimages_signatures_and_transactions() {
    for spend in &BIP_143 {
        let mut transaction = bitcoin::Transaction::parse(&hex(spend.unsigned)).unwrap();
        assert_eq!(transaction.to_bytes(), hex(spend.unsigned));
        let public = hex(spend.public);
        assert_eq!(sec1(&signing_key(spend.secret)), public);
        let key_hash = bitcoin::hash160(&public);
        assert_eq!(key_hash[..], hex(spend.key_hash));
        let preimage = transaction.to_sign(spend.input, &key_hash, spend.amount).unwrap();
        assert_eq!(hex::encode(&preimage), spend.preimage);
        let message = Message::sha256d(&preimage);
        assert_eq!(Digest::from(message).as_bytes()[..], hex(spend.sighash));
        // The published signature is one, for ours, and comes out of ours as it went in.
        let point = read_point::<Secp256k1>(&public).unwrap();
        let signature = Signature::<EcdsaSecp256k1>::from_der(&hex(spend.der), &point, message).unwrap();
        assert!(signature.is_low_s());
        for (input, script) in transaction.inputs.iter_mut().zip(spend.scripts) {
            input.script = hex(script);
        }
        let mut witnesses = vec![vec![]; spend.scripts.len()];
        witnesses[spend.input] = bitcoin::witness(&signature.to_der(), &public);
        assert_eq!(hex::encode(transaction.signed(&witnesses).unwrap()), spend.signed);
        assert!(transaction.signed(&witnesses[1..]).is_err());
        assert!(transaction.to_sign(spend.scripts.len(), &key_hash, 1).is_err());
        assert!(bitcoin::Transaction::parse(&hex(spend.signed)).is_err());
    }
}

/// BIP-173, and the id of the first transaction between two people (block 170).
#[test]
fn bip_173_address_and_transaction_ids() {
    let public = hex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    let key_hash = bitcoin::hash160(&public);
    assert_eq!(bitcoin::p2wpkh(&key_hash), hex("0014751e76e8199196d454941c45d1b3a323f1433bd6"));
    assert_eq!(bitcoin::address(&key_hash), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
    let first = hex(concat!(
        "0100000001c997a5e56e104102fa209c6a852dd90660a20b2d9c352423edce25857fcd3704000000004847304402204e45e16932b8",
        "af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4acdd12909d831cc56cbbac46220822",
        "21a8768d1d0901ffffffff0200ca9a3b00000000434104ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302fa284",
        "14e7aab37397f554a7df5f142c21c1b7303b8a0626f1baded5c72a704f7e6cd84cac00286bee0000000043410411db93e1dcdb8a016b",
        "49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643f656b412",
        "a3ac00000000"
    ));
    let transaction = bitcoin::Transaction::parse(&first).unwrap();
    assert_eq!(transaction.id(), "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16");
}

#[test]
fn the_bundled_spend_pays_and_gives_change() {
    let bytes = include_bytes!("../examples/data/bitcoin-p2wpkh.bin");
    let transaction = bitcoin::Transaction::parse(bytes).unwrap();
    assert_eq!(transaction.to_bytes(), bytes);
    let [Input { script, .. }] = &transaction.inputs[..] else { panic!("one input") };
    assert!(script.is_empty());
    let [pays, change] = &transaction.outputs[..] else { panic!("two outputs") };
    let key_hash = hex("751e76e8199196d454941c45d1b3a323f1433bd6").try_into().unwrap();
    assert_eq!(*pays, Output { amount: 1_250_000, script: bitcoin::p2wpkh(&key_hash) });
    assert_eq!(change.script, bitcoin::p2wpkh(&[0; 20]));
    let fee = bitcoin::BUNDLED_AMOUNT - pays.amount - change.amount;
    assert_eq!(fee, 1410);
    // Its change goes to the new key, and so does what it spends.
    let key = signing_key(BIP_143[0].secret);
    let spend = bitcoin::bundled(&sec1(&key));
    assert_eq!(spend.outputs[1].script, bitcoin::p2wpkh(&bitcoin::hash160(&sec1(&key))));
    assert_eq!((&spend.inputs, &spend.outputs[0]), (&transaction.inputs, pays));
}

/// Truncated, prolonged, and with sizes that are not the shortest.
#[test]
fn what_is_no_transaction_is_refused() {
    let good = include_bytes!("../examples/data/bitcoin-p2wpkh.bin");
    for at in 0..good.len() {
        assert!(bitcoin::Transaction::parse(&good[..at]).is_err(), "{at}");
    }
    assert!(bitcoin::Transaction::parse(&[&good[..], &[0]].concat()).is_err());
    for size in ["fd0100", "fe01000000", "ff0100000000000000"] {
        let long = [&good[..4], &hex(size), &good[5..]].concat();
        assert!(bitcoin::Transaction::parse(&long).is_err(), "{size}");
    }
    let mut big = bitcoin::Transaction::parse(good).unwrap();
    for length in [0xfc, 0xfd, 0xffff, 0x1_0000] {
        big.outputs[0].script = vec![0x6a; length];
        assert_eq!(bitcoin::Transaction::parse(&big.to_bytes()), Ok(big.clone()));
    }
}

/// The transfer that `quickstart` signs, which was not written by this code; only its payer is added. Changed anywhere but in what differs from
/// transfer to transfer, it is none.
#[test]
fn a_transfer_of_solana_has_one_encoding() {
    let mut bytes = include_bytes!("../examples/data/solana-transfer.bin").to_vec();
    assert_eq!(Transfer::parse(&bytes), None); // the system program pays nobody
    bytes[4..36].fill(7);
    let transfer = Transfer::parse(&bytes).unwrap();
    assert_eq!((transfer.lamports, transfer.from), (1_500_000_000, [7; 32]));
    assert_eq!(transfer.to_bytes(), bytes);
    for length in 0..bytes.len() {
        assert_eq!(Transfer::parse(&bytes[..length]), None);
    }
    assert_eq!(Transfer::parse(&[&bytes[..], &[0]].concat()), None);
    let free = [4..68, 100..132, 142..150];
    for at in (0..bytes.len()).filter(|at| !free.iter().any(|range| range.contains(at))) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_eq!(Transfer::parse(&changed), None, "{at}");
    }
    assert_eq!(Transfer { from: transfer.to, ..transfer.clone() }.to_bytes().len(), 150);
    assert_eq!(Transfer::parse(&Transfer { from: transfer.to, ..transfer }.to_bytes()), None);
}
