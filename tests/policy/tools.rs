//! A holder with approvers, passkeys and keys of every kind, a decoder of one line for each fact, and policies in JSON.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use quorate::approval::approver::{
    Approver, ApproverId, ApproverKey, ApproverKind, ApproverSet, Evidence, Factor, Factors, Passkey,
    Polling, Proof, Status, Tally, Unsigned,
};
use quorate::approval::cap::MemoryCaps;
use quorate::approval::fact::{Amount, Fact};
use quorate::approval::keyfmt::P256Key;
use quorate::approval::policy::{Decision, Judgement, Need, Policy, PolicyError, Question};
use quorate::approval::registry::{MemoryRegistry, Registry, Space};
use quorate::approval::request::{
    Action, Batch, Content, DecodeError, Decoder, DigestRule, Draft, Holder, KeyRef, LiveKey, Purpose,
    SigningRequest,
};
use quorate::approval::totp::Totp;
use quorate::approval::webauthn::{
    Assertion, Attestation, Credential, CredentialSet, Parts, Settings, WebauthnConfig,
};
use quorate::identity::IdentityKey;
use quorate::secret::Secret;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(crate) const NOW: u64 = 1_700_000_100;
pub(crate) const CLUSTER: [u8; 32] = [0xc1; 32];
pub(crate) const KEY: [u8; 32] = [0x4c; 32];
pub(crate) const EPOCH: u32 = 7;
pub(crate) const COIN: &str = "coin";

/// Humans with passkeys; Alice has two of them, and a key.
pub(crate) const ALICE: ApproverId = ApproverId([1; 32]);
pub(crate) const BOB: ApproverId = ApproverId([2; 32]);
/// A service with a key.
pub(crate) const CAROL: ApproverId = ApproverId([3; 32]);
/// Only asks.
pub(crate) const DAVE: ApproverId = ApproverId([4; 32]);
/// Suspended.
pub(crate) const ERIN: ApproverId = ApproverId([5; 32]);

pub(crate) const UP: u8 = 1;
pub(crate) const UP_UV: u8 = 5;
pub(crate) const RP: &str = "example.org";

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn hex(id: [u8; 32]) -> String {
    hex::encode(id)
}

pub(crate) fn operator(id: ApproverId) -> IdentityKey {
    IdentityKey::from_seed(Secret::new([id.0[0] | 0x40; 32]))
}

pub(crate) fn key_of(id: ApproverId) -> ApproverKey {
    ApproverKey::Ed25519(operator(id).public().0)
}

/// The `n`th passkey of an approver.
fn authenticator(id: ApproverId, n: u8) -> (Vec<u8>, SigningKey) {
    let seed = [id.0[0] * 16 + n; 32];
    (format!("credential {n} of {}", id.0[0]).into_bytes(), SigningKey::from_slice(&seed).unwrap())
}

fn public(key: &SigningKey) -> P256Key {
    P256Key::from_sec1(key.verifying_key().to_sec1_point(true).as_bytes()).unwrap()
}

pub(crate) fn passkey_of(id: ApproverId, n: u8) -> Passkey {
    let (credential, key) = authenticator(id, n);
    Passkey::new(&credential, public(&key).to_sec1(), RP)
}

pub(crate) fn approver(id: ApproverId, kind: ApproverKind, passkeys: u8, has_key: bool) -> Approver {
    let passkeys = (0..passkeys).map(|n| passkey_of(id, n)).collect();
    let keys = if has_key { vec![key_of(id)] } else { vec![] };
    Approver { id, kind, status: Status::Active, passkeys, keys }
}

pub(crate) fn people() -> Vec<Approver> {
    let erin = approver(ERIN, ApproverKind::Human, 1, true);
    vec![
        approver(ALICE, ApproverKind::Human, 2, true),
        approver(BOB, ApproverKind::Human, 1, false),
        approver(CAROL, ApproverKind::Service, 0, true),
        approver(DAVE, ApproverKind::Requester, 0, true),
        Approver { status: Status::Suspended, ..erin },
    ]
}

pub(crate) fn set() -> ApproverSet {
    static SET: LazyLock<ApproverSet> = LazyLock::new(|| ApproverSet::new(1, people()).unwrap());
    SET.clone()
}

/// A policy of these rules, for [`set`].
pub(crate) fn source(rules: Value) -> Value {
    json!({
        "version": 1, "revision": 1, "approvers": hex(*set().hash()),
        "lists": { "payees": ["0x01", "0x02"] },
        "cap": [{ "id": "day", "scope": "key", "asset": COIN, "window_s": 86400, "limit": "5000" }],
        "rule": rules,
    })
}

pub(crate) fn compile(source: Value) -> Result<Policy, PolicyError> {
    Policy::compile(&serde_json::from_value(source).unwrap())
}

pub(crate) fn policy(rules: Value) -> Policy {
    compile(source(rules)).unwrap()
}

/// Coins to payees: up to 1000 with one passkey, up to 2000 with two, 5000 a day; 10 of fees.
pub(crate) fn coins_out() -> Value {
    json!({
        "id": "coins-out", "effect": "allow", "action": "sign", "caps": ["day"],
        "facts": [
            { "fact": "transfer", "asset": COIN, "to": "payees" },
            { "fact": "fee", "asset": "gas", "up_to": "10" },
        ],
        "tiers": [
            { "up_to": "1000", "approvers": 1, "factors": ["passkey_uv"] },
            { "up_to": "2000", "approvers": 2, "factors": ["passkey_uv"] },
        ],
    })
}

/// Payloads of lines: `transfer asset party amount`, `allowance asset spender amount`, `call target selector`, `fee asset amount`.
pub(crate) struct Lines;

pub(crate) fn facts_of(text: &str) -> Option<Vec<Fact>> {
    let amount = |text: &str| text.parse::<Amount>().ok();
    let line = |line: &str| match line.split(' ').collect::<Vec<_>>()[..] {
        ["transfer", asset, to, much] => Some(Fact::transfer("", asset, to, amount(much)?)),
        ["allowance", asset, to, much] => Some(Fact::allowance("", asset, to, amount(much)?)),
        ["call", target, selector] => Some(Fact::call("", target, selector)),
        ["fee", asset, much] => Some(Fact::fee("", asset, amount(much)?)),
        _ => None,
    };
    text.lines().map(line).collect()
}

impl Decoder for Lines {
    fn facts(&self, content: &Content<'_>) -> Result<Vec<Fact>, DecodeError> {
        let text = std::str::from_utf8(content.payload).map_err(|_| DecodeError::NotMine)?;
        if text.starts_with('?') {
            return Err(DecodeError::NotMine);
        }
        facts_of(text).ok_or(DecodeError::Malformed)
    }
}

pub(crate) fn draft(action: Action, payload: &[u8]) -> Draft {
    let facts = std::str::from_utf8(payload).ok().and_then(facts_of).unwrap_or_else(|| vec![Fact::opaque()]);
    Draft {
        action,
        rule: if action.signs() { DigestRule::Sha256 } else { DigestRule::None },
        cluster: CLUSTER,
        key: action.has_key().then_some(KeyRef { scheme: 1, id: KEY, epoch: EPOCH }),
        not_before: NOW - 100,
        expires: NOW + 500,
        requester: Some(DAVE),
        path: vec![],
        tweak: vec![],
        payload: payload.to_vec(),
        facts: if action.signs() { facts } else { vec![] },
    }
}

pub(crate) fn request(action: Action, payload: &[u8]) -> SigningRequest {
    draft(action, payload).with_nonce([9; 32]).unwrap()
}

pub(crate) fn sign(text: &str) -> SigningRequest {
    request(Action::Sign, text.as_bytes())
}

/// A second one of the same content.
pub(crate) fn sign_again(text: &str, nonce: u8) -> SigningRequest {
    draft(Action::Sign, text.as_bytes()).with_nonce([nonce; 32]).unwrap()
}

/// A signature of an approver's operator key.
pub(crate) fn by_key(id: ApproverId, purpose: Purpose, request: &SigningRequest) -> Evidence<'static> {
    let unsigned = Unsigned::new(id, purpose, request);
    let signature = operator(id).sign(unsigned.to_sign());
    unsigned.attach(&key_of(id), signature).unwrap()
}

pub(crate) fn asked(id: ApproverId, request: &SigningRequest) -> Evidence<'static> {
    by_key(id, Purpose::Request, request)
}

/// base64url without padding, by hand: the tests do not take the library's word for it.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    out
}

/// The answer of an approver's passkey to a challenge.
pub(crate) fn answer(id: ApproverId, n: u8, challenge: &[u8; 32], flags: u8) -> Assertion<'static> {
    answer_counted(id, n, challenge, flags, 0)
}

pub(crate) fn answer_counted(
    id: ApproverId,
    n: u8,
    challenge: &[u8; 32],
    flags: u8,
    count: u32,
) -> Assertion<'static> {
    let (credential, key) = authenticator(id, n);
    let challenge = base64url(challenge);
    let client = format!(
        r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://{RP}","crossOrigin":false}}"#
    );
    let auth = [&sha256(RP.as_bytes())[..], &[flags], &count.to_be_bytes()].concat();
    let signature: Signature =
        key.sign_prehash(&sha256(&[&auth[..], &sha256(client.as_bytes())].concat())).unwrap();
    let leak = |bytes: Vec<u8>| -> &'static [u8] { Box::leak(bytes.into_boxed_slice()) };
    Assertion {
        credential_id: leak(credential),
        client_data: leak(client.into_bytes()),
        authenticator_data: leak(auth),
        signature: leak(signature.to_der().as_bytes().to_vec()),
        user_handle: None,
    }
}

pub(crate) fn by_passkey_with(
    id: ApproverId,
    n: u8,
    purpose: Purpose,
    request: &SigningRequest,
    flags: u8,
) -> Evidence<'static> {
    let proof = Proof::Passkey(answer(id, n, &request.challenge(purpose), flags));
    Evidence { approver: id, purpose, batch: None, proof }
}

/// Yes, by the first passkey, with user verification.
pub(crate) fn yes(id: ApproverId, request: &SigningRequest) -> Evidence<'static> {
    by_passkey_with(id, 0, Purpose::Approve, request, UP_UV)
}

pub(crate) fn yes_to_batch(id: ApproverId, batch: &Batch) -> Evidence<'static> {
    let proof = Proof::Passkey(answer(id, 0, &batch.challenge(Purpose::Approve), UP_UV));
    Evidence { approver: id, purpose: Purpose::Approve, batch: Some(batch.clone()), proof }
}

pub(crate) fn code(id: ApproverId, code: [u8; 6]) -> Evidence<'static> {
    Evidence { approver: id, purpose: Purpose::Approve, batch: None, proof: Proof::Totp(code) }
}

pub(crate) fn totp_of(id: ApproverId) -> Totp {
    Totp::new(Secret::new(vec![id.0[0]; 20]), 0).unwrap()
}

/// A holder.
pub(crate) struct World {
    pub(crate) set: ApproverSet,
    pub(crate) config: WebauthnConfig,
    pub(crate) credentials: CredentialSet,
    pub(crate) totp: BTreeMap<ApproverId, Totp>,
    pub(crate) registry: MemoryRegistry,
    pub(crate) caps: MemoryCaps,
    pub(crate) keys: Vec<LiveKey>,
    pub(crate) now: u64,
}

impl World {
    /// With user verification wanted of every passkey, or not.
    pub(crate) fn with_uv(require_uv: bool) -> Self {
        let mut settings = Settings::new(&[RP], &["https://example.org"]);
        settings.require_uv = require_uv;
        let mut credentials = CredentialSet::new();
        for (id, n) in [(ALICE, 0), (ALICE, 1), (BOB, 0), (ERIN, 0)] {
            let (credential, key) = authenticator(id, n);
            credentials.insert(id, record(credential, &key)).unwrap();
        }
        Self {
            set: set(),
            config: WebauthnConfig::new(settings).unwrap(),
            credentials,
            totp: [(ALICE, totp_of(ALICE)), (BOB, totp_of(BOB))].into(),
            registry: MemoryRegistry::new(1000, NOW - 1000),
            caps: MemoryCaps::new(1000),
            keys: vec![LiveKey { scheme: 1, id: KEY, epoch: EPOCH, public: vec![], chain_code: [0; 32] }],
            now: NOW,
        }
    }

    pub(crate) fn new() -> Self {
        Self::with_uv(false)
    }

    pub(crate) fn tally(&mut self, request: &SigningRequest, evidence: &[Evidence<'_>]) -> Tally {
        let mut polling = Polling {
            set: &self.set,
            passkeys: Some((&self.config, &self.credentials)),
            totp: &mut self.totp,
            registry: &mut self.registry,
            now: self.now,
        };
        polling.tally(request, evidence)
    }

    /// All that stands before the gate's own checks.
    pub(crate) fn judge(
        &mut self,
        policy: &Policy,
        request: &SigningRequest,
        evidence: &[Evidence<'_>],
    ) -> Judgement {
        let now = self.registry.clock(self.now).unwrap();
        let tally = self.tally(request, evidence);
        let holder = Holder { cluster: CLUSTER, keys: &self.keys, decoder: Some(&Lines) };
        let question =
            Question { request, holder: &holder, set: Some(&self.set), approvals: &tally.approvals, now };
        let registry = &mut self.registry;
        let mut first_seen = || registry.first_seen(Space::Request, request.hash(), now, request.expires());
        let mut judgement = policy.decide(&question, &mut first_seen);
        judgement.reserve(request, &mut self.caps, now);
        judgement
    }

    pub(crate) fn decide(
        &mut self,
        policy: &Policy,
        request: &SigningRequest,
        evidence: &[Evidence<'_>],
    ) -> Decision {
        self.judge(policy, request, evidence).decision
    }
}

fn record(id: Vec<u8>, key: &SigningKey) -> Credential {
    let parts = Parts {
        id,
        key: public(key),
        rp_id: RP.into(),
        user_handle: vec![],
        backup_eligible: false,
        backed_up: false,
        uv_initialised: true,
        sign_count: 0,
        aaguid: [0; 16],
        attestation: Attestation::None,
        last_challenge: [0; 32],
    };
    Credential::from_parts(parts).unwrap()
}

/// The rule that allowed.
pub(crate) fn rule(decision: &Decision) -> &str {
    match decision {
        Decision::Allow(allowed) => allowed.rule(),
        other => panic!("not allowed: {other:?}"),
    }
}

pub(crate) fn denial(decision: Decision) -> PolicyError {
    match decision {
        Decision::Deny(error) => error,
        other => panic!("not denied: {other:?}"),
    }
}

pub(crate) fn need(decision: Decision) -> Need {
    match decision {
        Decision::NeedMore(need) => need,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn factors(list: &[Factor]) -> Factors {
    list.iter().copied().collect()
}

/// What is missing: how many, by one of these, and also these.
pub(crate) fn wants(approvers: u16, by: &[Factor], also: &[Factor]) -> Need {
    Need { approvers, factors: factors(by), also: factors(also), because: None }
}

pub(crate) fn one(rule: Value) -> Policy {
    policy(json!([rule]))
}
