//! Channels, containers, passkeys, policies.

use gungraun::{library_benchmark, library_benchmark_group};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use quorate::approval::approver::{
    Approvals, Approver, ApproverId, ApproverKey, ApproverKind, ApproverSet, Factor, Factors, Status,
};
use quorate::approval::fact::{Amount, Fact};
use quorate::approval::keyfmt::P256Key;
use quorate::approval::policy::{Decision, Policy, Question};
use quorate::approval::request::{
    Action, Content as Payload, DecodeError, Decoder, DigestRule, Draft, Holder, KeyRef, LiveKey,
    SigningRequest,
};
use quorate::approval::webauthn::{
    Assertion, Attestation, Credential, CredentialSet, Expected, Parts, Settings, WebauthnConfig, verify,
};
use quorate::channel::{Content, Event, Limits, Peers};
use quorate::cluster::Cluster;
use quorate::curve::FrostEd25519;
use quorate::identity::{IdentityKey, Roster};
use quorate::key::KeyShare;
use quorate::party::{PartyId, Threshold};
use quorate::secret::Secret;
use quorate::sim::Cast;
use quorate::vault::{self, EpochRule, Expect, Rollback, SlotKey, SlotSpec, Stored, open, seal};
use rand_chacha::ChaCha20Rng;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::play::{id, rng};

struct Node {
    peers: Peers,
    key: IdentityKey,
    rng: ChaCha20Rng,
}

impl Node {
    fn take(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let event = self.peers.receive(bytes, &mut self.rng).unwrap();
        match self.peers.sign_with(event, &mut self.key).unwrap() {
            Event::Reply { bytes, .. } => Some(bytes),
            Event::Established { reply, .. } => reply,
            event => panic!("{event:?}"),
        }
    }
}

fn channel() -> ([Node; 2], PartyId, Vec<u8>) {
    let ids = [1, 2].map(id);
    let keys = ids.map(|id| IdentityKey::generate(&mut rng(id.get().into())));
    let roster = Roster::new(ids.into_iter().zip(&keys).map(|(id, key)| (id, key.public()))).unwrap();
    let cluster = Cluster::new([7; 32], 0, roster).unwrap();
    let mut ids = ids.into_iter();
    let mut nodes = keys.map(|key| {
        let me = ids.next().unwrap();
        let peers = Peers::new(me, cluster.clone(), Limits::default()).unwrap();
        Node { peers, key, rng: rng(u64::from(me.get())) }
    });
    let [one, two] = &mut nodes;
    let first = one.peers.connect(two.peers.me(), &mut one.rng).unwrap();
    let second = two.take(&first).unwrap();
    let third = one.take(&second).unwrap();
    assert!(two.take(&third).is_none());
    let to = two.peers.me();
    (nodes, to, vec![7; 1024])
}

#[library_benchmark]
#[bench::of_1_kib(channel())]
fn channel_seal((mut nodes, to, content): ([Node; 2], PartyId, Vec<u8>)) -> (Vec<u8>, [Node; 2]) {
    (nodes[0].peers.seal(to, Content::Application, &content).unwrap(), nodes)
}

fn sealed() -> (Node, Vec<u8>) {
    let (nodes, to, content) = channel();
    let [mut one, two] = nodes;
    (two, one.peers.seal(to, Content::Application, &content).unwrap())
}

#[library_benchmark]
#[bench::of_1_kib(sealed())]
fn channel_open((mut node, record): (Node, Vec<u8>)) -> (Event, Node) {
    (node.peers.receive(&record, &mut node.rng).unwrap(), node)
}

fn container() -> (Vec<u8>, Secret<[u8; 32]>, Expect) {
    let cast = Cast::new(1..=3, &mut rng(1)).unwrap();
    let shares = cast.deal::<FrostEd25519>(Threshold::new(2, 3).unwrap(), &mut rng(2)).unwrap();
    let key = Secret::new([7; 32]);
    let bytes = seal(&shares[0], 1, vec![SlotSpec::Held { label: "daily", key: &key }], &mut rng(3)).unwrap();
    let expect =
        Expect { subject: shares[0].subject(), epoch: EpochRule::Any, rollback: Rollback::AtLeast(1) };
    (bytes, key, expect)
}

// A key share, with a key in memory.
#[library_benchmark]
#[bench::share(container())]
fn vault_open((bytes, key, expect): (Vec<u8>, Secret<[u8; 32]>, Expect)) -> KeyShare<FrostEd25519> {
    let by = SlotKey::Held { label: "daily", key: &key };
    open(&bytes, &by, &expect, &vault::Limits::default()).unwrap()
}

const OWNER: ApproverId = ApproverId([1; 32]);

/// A passkey among a hundred, and what it says.
struct Passkey {
    config: WebauthnConfig,
    set: CredentialSet,
    id: Vec<u8>,
    client: String,
    auth: Vec<u8>,
    signature: Vec<u8>,
}

fn passkey() -> Passkey {
    let config =
        WebauthnConfig::new(Settings::new(&["example.org"], &["https://wallet.example.org"])).unwrap();
    let mut set = CredentialSet::new();
    let mut keys = Vec::new();
    for n in 1..=100u8 {
        let key = SigningKey::from_slice(&[n; 32]).unwrap();
        let parts = Parts {
            id: vec![n; 32],
            key: P256Key::from_sec1(key.verifying_key().to_sec1_point(true).as_bytes()).unwrap(),
            rp_id: "example.org".into(),
            user_handle: vec![1; 32],
            backup_eligible: true,
            backed_up: true,
            uv_initialised: true,
            sign_count: 0,
            aaguid: [0; 16],
            attestation: Attestation::None,
            last_challenge: [0; 32],
        };
        set.insert(OWNER, Credential::from_parts(parts).unwrap()).unwrap();
        keys.push(key);
    }
    let client = format!(
        r#"{{"type":"webauthn.get","challenge":"{}","origin":"https://wallet.example.org","crossOrigin":false}}"#,
        "A".repeat(43)
    );
    let auth = [&Sha256::digest("example.org")[..], &[0x1d], &[0; 4]].concat();
    let digest = Sha256::new().chain_update(&auth).chain_update(Sha256::digest(&client)).finalize();
    let signature: Signature = keys[49].sign_prehash(&digest).unwrap();
    let signature = signature.to_der().as_bytes().to_vec();
    Passkey { config, set, id: vec![50; 32], client, auth, signature }
}

#[library_benchmark]
#[bench::of_100(passkey())]
fn webauthn_verify(passkey: Passkey) -> Passkey {
    let assertion = Assertion {
        credential_id: &passkey.id,
        client_data: passkey.client.as_bytes(),
        authenticator_data: &passkey.auth,
        signature: &passkey.signature,
        user_handle: Some(&[1; 32]),
    };
    let expected = Expected { challenge: &[0; 32], owner: Some(OWNER) };
    assert!(verify(&passkey.config, &passkey.set, expected, &assertion).is_ok());
    passkey
}

const NOW: u64 = 1_700_000_000;
const KEY: [u8; 32] = [4; 32];

struct Coins;

impl Decoder for Coins {
    fn facts(&self, _: &Payload<'_>) -> Result<Vec<Fact>, DecodeError> {
        Ok(vec![Fact::transfer("", "coin", "0x99", Amount::from(5)), Fact::fee("", "gas", Amount::from(1))])
    }
}

/// A policy of a hundred rules of which the last fits, and a request.
fn policy() -> (ApproverSet, Policy, SigningRequest) {
    let operator = IdentityKey::from_seed(Secret::new([7; 32]));
    let keys = vec![ApproverKey::Ed25519(operator.public().0)];
    let (kind, status) = (ApproverKind::Service, Status::Active);
    let set = ApproverSet::new(1, [Approver { id: OWNER, kind, status, passkeys: vec![], keys }]).unwrap();
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
    let policy = Policy::compile(&serde_json::from_value(source).unwrap()).unwrap();
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
        facts: Coins.facts_of_any(),
    };
    (set, policy, draft.with_nonce([1; 32]).unwrap())
}

impl Coins {
    fn facts_of_any(&self) -> Vec<Fact> {
        vec![Fact::transfer("", "coin", "0x99", Amount::from(5)), Fact::fee("", "gas", Amount::from(1))]
    }
}

#[library_benchmark]
#[bench::of_100_rules(policy())]
fn policy_decide(
    (set, policy, request): (ApproverSet, Policy, SigningRequest),
) -> (ApproverSet, Policy, SigningRequest) {
    let keys = [LiveKey { scheme: 3, id: KEY, epoch: 0, public: vec![], chain_code: [0; 32] }];
    let holder = Holder { cluster: [5; 32], keys: &keys, decoder: Some(&Coins) };
    let counted = [(OWNER, Factors::NONE.with(Factor::Key))].into();
    let approvals = Approvals { counted, ..Approvals::default() };
    let question =
        Question { request: &request, holder: &holder, set: Some(&set), approvals: &approvals, now: NOW };
    let judgement = policy.decide(&question, &mut || Ok(NOW));
    assert!(matches!(judgement.decision, Decision::Allow(_)));
    drop(judgement);
    (set, policy, request)
}

library_benchmark_group!(
    name = wings_group,
    benchmarks = [channel_seal, channel_open, vault_open, webauthn_verify, policy_decide]
);
