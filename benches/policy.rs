//! Deciding: a policy of 100 rules, the last of which fits, with 100,000 requests in the window of its cap; and what stands before it, one
//! passkey's and one key's approval.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use quorate::approval::approver::{
    Approvals, Approver, ApproverId, ApproverKey, ApproverKind, ApproverSet, Evidence, Factor, Factors,
    Polling, Status, Unsigned,
};
use quorate::approval::cap::{CapUse, Caps, MemoryCaps};
use quorate::approval::fact::{Amount, Fact};
use quorate::approval::policy::{Decision, Policy, Question};
use quorate::approval::registry::MemoryRegistry;
use quorate::approval::request::{
    Action, Content, DecodeError, Decoder, DigestRule, Draft, Holder, KeyRef, LiveKey, Purpose,
    SigningRequest,
};
use quorate::identity::IdentityKey;
use quorate::secret::Secret;
use serde_json::json;

const NOW: u64 = 1_700_000_000;
const ENTRIES: u64 = 100_000;
const KEY: [u8; 32] = [4; 32];
const OPERATOR: ApproverId = ApproverId([1; 32]);

struct Coins;

impl Decoder for Coins {
    fn facts(&self, _: &Content<'_>) -> Result<Vec<Fact>, DecodeError> {
        Ok(vec![Fact::transfer("", "coin", "0x99", Amount::from(5)), Fact::fee("", "gas", Amount::from(1))])
    }
}

fn operator() -> IdentityKey {
    IdentityKey::from_seed(Secret::new([7; 32]))
}

fn set() -> ApproverSet {
    let keys = vec![ApproverKey::Ed25519(operator().public().0)];
    let (kind, status) = (ApproverKind::Service, Status::Active);
    ApproverSet::new(1, [Approver { id: OPERATOR, kind, status, passkeys: vec![], keys }]).expect("a set")
}

/// 50 deny rules, and 50 allow rules of which the last fits.
fn policy(set: &ApproverSet) -> Policy {
    let deny = |i: u32| json!({ "id": format!("d{i}"), "effect": "deny", "match": { "fact": "transfer", "to": format!("0x{i:04}") } });
    let allow = |i: u32| {
        let to = if i == 49 { "0x99".to_owned() } else { format!("0x{i:04}") };
        json!({ "id": format!("a{i}"), "effect": "allow", "action": "sign", "caps": ["day"],
            "facts": [{ "fact": "transfer", "asset": "coin", "to": to }, { "fact": "fee", "asset": "gas", "up_to": "9" }],
            "tiers": [{ "up_to": "1000", "approvers": 1, "factors": ["key"] }] })
    };
    let rules: Vec<_> = (0..50).map(deny).chain((0..50).map(allow)).collect();
    let source = json!({ "version": 1, "revision": 1, "approvers": hex::encode(set.hash()), "rule": rules,
        "cap": [{ "id": "day", "scope": "key", "asset": "coin", "window_s": 86400, "limit": "1000000000" }] });
    Policy::compile(&serde_json::from_value(source).expect("a source")).expect("a policy")
}

fn request(nonce: u64) -> SigningRequest {
    let mut bytes = [1; 32];
    bytes[..8].copy_from_slice(&nonce.to_be_bytes());
    let draft = Draft {
        action: Action::Sign,
        rule: DigestRule::Message,
        cluster: [5; 32],
        key: Some(KeyRef { scheme: 3, id: KEY, epoch: 0 }),
        not_before: NOW - 100,
        expires: NOW + 500,
        requester: None,
        path: vec![],
        tweak: vec![],
        payload: vec![0; 200],
        facts: vec![
            Fact::transfer("", "coin", "0x99", Amount::from(5)),
            Fact::fee("", "gas", Amount::from(1)),
        ],
    };
    draft.with_nonce(bytes).expect("a request")
}

/// Caps in which 100,000 requests of the last day are remembered.
fn caps() -> MemoryCaps {
    let mut caps = MemoryCaps::new(2 * ENTRIES as usize + 10_000_000);
    for i in 0..ENTRIES {
        let uses = [CapUse {
            cap: "day".into(),
            scope: KEY.to_vec(),
            amount: Amount::from(5),
            window_s: 86400,
            limit: Amount::from(1_000_000_000),
        }];
        let mut rh = [0; 32];
        rh[..8].copy_from_slice(&i.to_be_bytes());
        caps.reserve(&rh, &uses, NOW - 80_000 + i * 80_000 / ENTRIES).expect("room");
    }
    caps
}

fn decisions(c: &mut Criterion) {
    let (set, keys) =
        (set(), [LiveKey { scheme: 3, id: KEY, epoch: 0, public: vec![], chain_code: [0; 32] }]);
    let (policy, mut caps) = (policy(&set), caps());
    let holder = Holder { cluster: [5; 32], keys: &keys, decoder: Some(&Coins) };
    let counted = [(OPERATOR, Factors::NONE.with(Factor::Key))].into();
    let approvals = Approvals { counted, ..Approvals::default() };
    let mut nonce = ENTRIES;
    c.bench_function("decide/100 rules, 100000 in the window", |b| {
        let next = || {
            nonce += 1;
            request(nonce)
        };
        b.iter_batched(
            next,
            |request| {
                let question = Question {
                    request: &request,
                    holder: &holder,
                    set: Some(&set),
                    approvals: &approvals,
                    now: NOW,
                };
                let mut judgement = policy.decide(&question, &mut || Ok(NOW));
                judgement.reserve(&request, &mut caps, NOW);
                assert!(matches!(judgement.decision, Decision::Allow(_)), "{:?}", judgement.decision);
                black_box(judgement.trace.hash())
            },
            BatchSize::SmallInput,
        );
    });
    let request = request(1);
    c.bench_function("decide/without caps and the trace's hash", |b| {
        let question =
            Question { request: &request, holder: &holder, set: Some(&set), approvals: &approvals, now: NOW };
        b.iter(|| policy.decide(black_box(&question), &mut || Ok(NOW)));
    });
    c.bench_function("tally/one key", |b| {
        let unsigned = Unsigned::new(OPERATOR, Purpose::Approve, &request);
        let signature = operator().sign(unsigned.to_sign());
        let key = ApproverKey::Ed25519(operator().public().0);
        let evidence: Evidence<'_> = unsigned.attach(&key, signature).expect("evidence");
        let mut registry = MemoryRegistry::new(10, NOW);
        let mut totp = BTreeMap::new();
        b.iter(|| {
            let mut polling =
                Polling { set: &set, passkeys: None, totp: &mut totp, registry: &mut registry, now: NOW };
            polling.tally(&request, std::slice::from_ref(&evidence))
        });
    });
    let bytes = request.to_bytes();
    c.bench_function("read/request", |b| b.iter(|| SigningRequest::from_bytes(black_box(&bytes))));
}

criterion_group!(benches, decisions);
criterion_main!(benches);
