//! What a holder reads before it signs: requests, policies, sets of approvers, changes, payloads. The first byte picks a reader, the rest is
//! its input. What is read has one encoding.

use quorate::approval::approver::{
    Approver, ApproverId, ApproverKey, ApproverKind, ApproverSet, Factor, Passkey, Status,
};
use quorate::approval::decode::Evm;
use quorate::approval::fact::{Amount, Fact, FactKind};
use quorate::approval::policy::{
    ApproverChange, ClauseSource, Effect, Lists, Policy, PolicySource, RuleSource, TierSource,
};
use quorate::approval::request::{
    Action, Content, Decoder, DigestRule, Draft, KeyRef, LiveKey, SigningRequest,
};

pub(crate) fn check(data: &[u8]) {
    let Some((pick, bytes)) = data.split_first() else { return };
    let again = match pick {
        0 => SigningRequest::from_bytes(bytes).ok().map(|request| request.to_bytes()),
        1 => Policy::from_bytes(bytes).ok().map(|policy| policy.to_bytes()),
        2 => ApproverSet::from_bytes(bytes).ok().map(|set| set.to_bytes()),
        3 => ApproverChange::from_bytes(bytes, &policy(1), &set(1)).ok().map(|change| change.to_bytes()),
        4 => {
            let key = LiveKey { scheme: 1, id: [1; 32], epoch: 0, public: vec![], chain_code: [0; 32] };
            let content =
                Content { rule: DigestRule::Keccak256, payload: bytes, key: &key, path: &[], tweak: &[] };
            if let Ok(facts) = Evm::new([(1, 60)]).facts(&content) {
                assert_eq!(facts.len(), 2);
                // Its facts make a request.
                request(bytes.to_vec(), facts);
            }
            None
        }
        5 => {
            if let Some(amount) = std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<Amount>().ok())
            {
                assert_eq!(amount.to_string().as_bytes(), bytes);
            }
            None
        }
        _ => None,
    };
    assert!(again.is_none_or(|again| again == bytes), "two encodings");
}

fn request(payload: Vec<u8>, facts: Vec<Fact>) -> SigningRequest {
    let draft = Draft {
        action: Action::Sign,
        rule: DigestRule::Keccak256,
        cluster: [1; 32],
        key: Some(KeyRef { scheme: 1, id: [2; 32], epoch: 0 }),
        not_before: 1,
        expires: 2,
        requester: Some(ApproverId([3; 32])),
        path: vec![1, 2],
        tweak: vec![],
        payload,
        facts,
    };
    draft.with_nonce([4; 32]).unwrap()
}

fn set(revision: u64) -> ApproverSet {
    // The generator of P-256, and the public key of RFC 8032, section 7.1, test 1.
    let point = *b"\x03\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96";
    let ed25519 = *b"\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a";
    let approver = Approver {
        id: ApproverId([1; 32]),
        kind: ApproverKind::Human,
        status: Status::Active,
        passkeys: vec![Passkey::new(b"credential", point, "example.org")],
        keys: vec![ApproverKey::Ed25519(ed25519)],
    };
    ApproverSet::new(revision, [approver]).unwrap()
}

fn policy(revision: u64) -> Policy {
    let clause = ClauseSource {
        fact: FactKind::Transfer,
        chain: None,
        asset: Some("coin".into()),
        to: Some("payees".into()),
        selector: None,
        amount_over: None,
        up_to: None,
    };
    let factors = vec![Factor::Key];
    let tier = TierSource { up_to: Some("1000".into()), approvers: 1, of: None, factors, step_up: None };
    let rule = RuleSource {
        id: "out".into(),
        effect: Effect::Allow,
        action: Some(Action::Sign),
        keys: None,
        requesters: None,
        separate_requester: true,
        delay_s: 1,
        max_lifetime_s: None,
        min_signers: None,
        max_attempts: None,
        caps: vec![],
        matches: None,
        facts: vec![clause],
        tiers: vec![tier],
    };
    let hash = set(revision).hash().iter().map(|byte| format!("{byte:02x}")).collect();
    let source = PolicySource {
        version: 1,
        revision,
        approvers: hash,
        max_lifetime_s: None,
        lists: Lists(vec![("payees".into(), vec!["0x01".into()])]),
        cap: vec![],
        rule: vec![rule],
    };
    Policy::compile(&source).unwrap()
}

/// An input that each reader takes.
#[allow(dead_code)]
pub(crate) fn samples() -> Vec<Vec<u8>> {
    let transfer = {
        let head = b"\x02\xf0\x01\x80\x84\x3b\x9a\xca\x00\x85\x06\xfc\x23\xac\x00\x82\x52\x08\x94";
        [&head[..], &[0x52; 20], b"\x88\x0d\xe0\xb6\xb3\xa7\x64\x00\x00\x80\xc0"].concat()
    };
    let facts = vec![Fact::transfer("chain", "coin", "0x01", Amount::from(5)), Fact::opaque()];
    let change = ApproverChange { set: set(2), policy: policy(2) };
    let inputs = [
        request(b"payload".to_vec(), facts).to_bytes(),
        policy(1).to_bytes(),
        set(1).to_bytes(),
        change.to_bytes(),
        transfer,
        Amount::MAX.to_string().into_bytes(),
    ];
    let picked = inputs.into_iter().zip(0u8..).map(|(input, pick)| [vec![pick], input].concat());
    picked.inspect(|input| check(input)).collect()
}
