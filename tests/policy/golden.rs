//! Bytes and hashes of every layout, computed by another program from the module's text.

use quorate::approval::approver::{
    Approver, ApproverId, ApproverKey, ApproverKind, ApproverSet, Passkey, Status, Unsigned,
};
use quorate::approval::fact::{Amount, Fact};
use quorate::approval::policy::{Policy, PolicySource};
use quorate::approval::request::{
    Action, Batch, DigestRule, Draft, KeyRef, Purpose, SigningRequest, ToSign, login_challenge,
};

const REQUEST: &str = concat!(
    "5152455101010104c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c14c4c4c4c4c4c4c4c",
    "4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c00000007000102030405060708090a0b0c0d0e0f10111213",
    "1415161718191a1b1c1d1e1f000000006553f100000000006553f358d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4",
    "d4d4d4d4d4d4d4d4d4d4d4d402000000007fffffff00000000030201c0000201086569703135353a3115656970313535",
    "3a312f65726332303a307861306238063078353239300000000000000000000000000000000000000000000000000000",
    "0000000f424004086569703135353a31126569703135353a312f736c697034343a363000000000000000000000000000",
    "00000000000000000000000000470de4df820000",
);
const RH: &str = "2047affaab3dcb5f90e408d344f70023046caf4df203edd5129a7c20b11e0658";
const CHALLENGES: [&str; 3] = [
    "a65b418ed9a1bad5427e9e68d69f7c910594f0c6e78a22ca64274164b718600a",
    "dadf606cf24112f9c16912b27cba20c9321e83165746cbd3df65ec3fd85ce4e6",
    "e1dd0a972fc4de062b44c49d7b7b6bfaf46cd6068b79ec3be85a8fce446fb6c3",
];
const SIG_INPUT: &str = "451dfb126ac805f6ee2137a32212850219fd6682e45a92165233d184b6eeb689";
const TAPROOT: &str = concat!(
    "5152455101010405c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c14c4c4c4c4c4c4c4c",
    "4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c000000001111111111111111111111111111111111111111",
    "111111111111111111111111000000000000000100000000000000020000000000000000000000000000000000000000",
    "000000000000000000000000002102aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00",
    "000004006162630001050000000000000000000000000000000000000000000000000000000000000000000000",
);
const TAPROOT_RH: &str = "642bb78c156b16046eb8a06885db7e96e6d7513c17e24c0b1cd7bafaef6bc374";
const SIGHASH: &str = "793b80d00f38b56d41275904831dc7db81b869a5c450bc8f14942ea38f991fc2";
const CHANGE_RH: &str = "5ee7572c83caa60cf26003440f7df0a5c6db738c394b18d593d4a7a41415c051";
const BATCH: &str = "0fcfc8b30cbf4752ff3cc340ceac63f152f26d49035082c00645c42769958772";
const BATCH_CHALLENGE: &str = "d529dd6ba739a8ea97be8412451dd361f6b9156a69fa5e316dee29af02d36ac9";
const LOGIN: &str = "343ba8bd8a3ccf5d4cf737060de22454b7161172c9f222f94d4c90d9ad516a79";
/// The generator of P-256, and the public key of RFC 8032, section 7.1, test 1.
const P256: &str = "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const ED25519: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const SET: &str = concat!(
    "514150530100000000000000050002010101010101010101010101010101010101010101010101010101010101010101",
    "0101b2cd1ca059d750fd268cc1cd93cbadab84f0363ae34b8c9822930d247104daf8036b17d1f2e12c4247f8bce6e563",
    "a440f277037d812deb33a0f4a13945d898c2960b6578616d706c652e636f6d0002020202020202020202020202020202",
    "020202020202020202020202020202020202000101d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a",
    "68f707511a",
);
const SET_HASH: &str = "5461d42c1a4fa531f7daaa261ab5e05421f99faba355a55967e912401442ab4e";
const POLICY: &str = concat!(
    "000100000000000000075461d42c1a4fa531f7daaa261ab5e05421f99faba355a55967e912401442ab4e000003840002",
    "00036f7073000100043078303100067061796565730002000630783532393000043078393900010008757364632d6461",
    "790100156569703135353a312f65726332303a3078613062380001518000000000000000000000000000000000000000",
    "00000000000000000ba43b74000005000c6e6f2d756e6c696d6974656402000000000000000000000384000103000001",
    "020000000001000000000000000000000000000000000000000000000000000000003b9aca0000000000000008757364",
    "632d6f75740101010100014c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c0001000000",
    "3c0000025800020200010008757364632d64617900000301000100156569703135353a312f65726332303a3078613062",
    "38020006706179656573000000010100086569703135353a310100156569703135353a312f65726332303a3078613062",
    "380100043078373700000004000100126569703135353a312f736c697034343a36300000000100000000000000000000",
    "000000000000000000000000000000470de4df8200000002010000000000000000000000000000000000000000000000",
    "00000000003b9aca0000010000010100000100000000000000000000000000000000000000000000000000000004a817",
    "c80000020100020101010101010101010101010101010101010101010101010101010101010101020202020202020202",
    "020202020202020202020202020202020202020202020200020103000104000463616c6c010101000000000000000000",
    "038400010300000000010300000001000a307864306533306462300000000100000100000101000000066578706f7274",
    "01010500000000000000000003840001030000000000000100000200000201030000000372617701010b000000000000",
    "00000003840001030000000001050000000000000001000002000001010000",
);
const POLICY_HASH: &str = "bfae555c517eca60662b3cc90f4dd69c181e81edb7b873393563da121b132c6b";

const TOML: &str = r#"
version = 1
revision = 7
approvers = "5461D42c1a4fa531f7daaa261ab5e05421f99faba355a55967e912401442ab4e"
lists = { payees = ["0x99", "0x5290"], ops = ["0x01"] }
cap = [{ id = "usdc-day", scope = "key", asset = "eip155:1/erc20:0xa0b8", window_s = 86400, limit = "50000000000" }]
rule = [
  { id = "no-unlimited", effect = "deny", match = { fact = "allowance", amount_over = "1000000000" } },
  { id = "usdc-out", effect = "allow", action = "sign", keys = ["4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c"], separate_requester = true, delay_s = 60, max_lifetime_s = 600, min_signers = 2, max_attempts = 2, caps = ["usdc-day"], facts = [{ fact = "transfer", asset = "eip155:1/erc20:0xa0b8", to = "payees" }, { fact = "transfer", chain = "eip155:1", asset = "eip155:1/erc20:0xa0b8", to = "0x77" }, { fact = "fee", asset = "eip155:1/slip44:60", up_to = "20000000000000000" }], tiers = [{ up_to = "1000000000", approvers = 1, factors = ["passkey_uv"] }, { up_to = "20000000000", approvers = 2, of = ["0202020202020202020202020202020202020202020202020202020202020202", "0101010101010101010101010101010101010101010101010101010101010101"], factors = ["key", "passkey_uv"], step_up = ["totp"] }] },
  { id = "call", effect = "allow", action = "sign", facts = [{ fact = "call", selector = "0xd0e30db0" }], tiers = [{ approvers = 1, factors = ["passkey_uv"] }] },
  { id = "export", effect = "allow", action = "export", tiers = [{ approvers = 2, factors = ["passkey_uv", "key"] }] },
  { id = "raw", effect = "allow", action = "sign_raw", facts = [{ fact = "opaque" }], tiers = [{ approvers = 2, factors = ["passkey_uv"] }] },
]
"#;

fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn request() -> SigningRequest {
    let draft = Draft {
        action: Action::Sign,
        rule: DigestRule::Keccak256,
        cluster: [0xc1; 32],
        key: Some(KeyRef { scheme: 1, id: [0x4c; 32], epoch: 7 }),
        not_before: 1_700_000_000,
        expires: 1_700_000_600,
        requester: Some(ApproverId([0xd4; 32])),
        path: vec![0, 0x7fff_ffff],
        tweak: vec![],
        payload: vec![2, 1, 0xc0],
        facts: vec![
            Fact::transfer("eip155:1", "eip155:1/erc20:0xa0b8", "0x5290", Amount::from(1_000_000)),
            Fact::fee("eip155:1", "eip155:1/slip44:60", Amount::from(20_000_000_000_000_000)),
        ],
    };
    draft.with_nonce(core::array::from_fn(|i| i as u8)).unwrap()
}

fn taproot() -> SigningRequest {
    let draft = Draft {
        action: Action::Sign,
        rule: DigestRule::TapSighash,
        cluster: [0xc1; 32],
        key: Some(KeyRef { scheme: 4, id: [0x4c; 32], epoch: 0 }),
        not_before: 1,
        expires: 2,
        requester: None,
        path: vec![],
        tweak: [&[2][..], &[0xaa; 32]].concat(),
        payload: b"\0abc".to_vec(),
        facts: vec![Fact::opaque()],
    };
    draft.with_nonce([0x11; 32]).unwrap()
}

#[test]
fn requests() {
    let request = request();
    assert_eq!(hex::encode(request.to_bytes()), REQUEST);
    assert_eq!(hex::encode(request.hash()), RH);
    assert_eq!(SigningRequest::from_bytes(&hex::decode(REQUEST).unwrap()), Ok(request.clone()));
    for (purpose, expected) in
        [Purpose::Approve, Purpose::Reject, Purpose::Request].into_iter().zip(CHALLENGES)
    {
        assert_eq!(hex::encode(request.challenge(purpose)), expected);
    }
    let unsigned = Unsigned::new(ApproverId([1; 32]), Purpose::Approve, &request);
    assert_eq!(hex::encode(unsigned.to_sign().as_bytes()), SIG_INPUT);

    let taproot = taproot();
    assert_eq!(hex::encode(taproot.to_bytes()), TAPROOT);
    assert_eq!(hex::encode(taproot.hash()), TAPROOT_RH);
    assert_eq!(SigningRequest::from_bytes(&hex::decode(TAPROOT).unwrap()), Ok(taproot.clone()));
    assert_eq!(taproot.to_sign(), Some(ToSign::TapSighash(bytes(SIGHASH))));

    let change = Draft {
        action: Action::PolicyChange,
        rule: DigestRule::None,
        cluster: [0xc1; 32],
        key: None,
        not_before: 1,
        expires: 2,
        requester: None,
        path: vec![],
        tweak: vec![],
        payload: b"hi".to_vec(),
        facts: vec![],
    };
    let change = change.with_nonce([0x12; 32]).unwrap();
    assert_eq!(hex::encode(change.hash()), CHANGE_RH);
    assert_eq!(SigningRequest::from_bytes(&change.to_bytes()), Ok(change));
}

#[test]
fn batches_and_logins() {
    let batch = Batch::new([&taproot(), &request()]).unwrap();
    assert_eq!(hex::encode(batch.hash()), BATCH);
    assert_eq!(hex::encode(batch.challenge(Purpose::Approve)), BATCH_CHALLENGE);
    assert_eq!(Batch::from_hashes(vec![bytes(RH), bytes(TAPROOT_RH)]), Ok(batch));
    assert_eq!(hex::encode(login_challenge("example.com", &[7; 32])), LOGIN);
}

#[test]
fn sets_of_approvers() {
    let human = Approver {
        id: ApproverId([1; 32]),
        kind: ApproverKind::Human,
        status: Status::Active,
        passkeys: vec![Passkey::new(b"credential one", bytes(P256), "example.com")],
        keys: vec![],
    };
    let service = Approver {
        id: ApproverId([2; 32]),
        kind: ApproverKind::Service,
        status: Status::Suspended,
        passkeys: vec![],
        keys: vec![ApproverKey::Ed25519(bytes(ED25519))],
    };
    let set = ApproverSet::new(5, [service, human]).unwrap();
    assert_eq!(hex::encode(set.to_bytes()), SET);
    assert_eq!(hex::encode(set.hash()), SET_HASH);
    assert_eq!(ApproverSet::from_bytes(&hex::decode(SET).unwrap()), Ok(set));
}

#[test]
fn policies_from_toml_and_json_and_binary_are_one() {
    let from_toml: PolicySource = toml::from_str(TOML).unwrap();
    let json = serde_json::to_string(&toml::from_str::<toml::Value>(TOML).unwrap()).unwrap();
    let from_json: PolicySource = serde_json::from_str(&json).unwrap();
    let policy = Policy::compile(&from_toml).unwrap();
    assert_eq!(hex::encode(policy.to_bytes()), POLICY);
    assert_eq!(hex::encode(policy.hash()), POLICY_HASH);
    assert_eq!(Policy::compile(&from_json), Ok(policy.clone()));
    assert_eq!(Policy::from_bytes(&hex::decode(POLICY).unwrap()), Ok(policy.clone()));
    assert_eq!((policy.revision(), policy.max_lifetime_s()), (7, 900));
    assert_eq!(hex::encode(policy.approvers()), SET_HASH);
}
