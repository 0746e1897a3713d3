//! Holders with a policy, approvers who sign with keys, and their stores.

use std::collections::BTreeMap;

use quorate::approval::approver::{
    Approver, ApproverId, ApproverKey, ApproverKind, ApproverSet, Evidence, Status, Unsigned,
};
use quorate::approval::audit::{AuditError, Entry, Genesis, Journal, Log, Record};
use quorate::approval::cap::MemoryCaps;
use quorate::approval::fact::{Amount, Fact};
use quorate::approval::gate::{Approved, Denied, Gate, Stores};
use quorate::approval::policy::Policy;
use quorate::approval::registry::{Entry as Kept, MemoryRegistry, Registry, Space};
use quorate::approval::request::{
    Action, Content, DecodeError, Decoder, DigestRule, Draft, Holder, KeyRef, LiveKey, Purpose,
    SigningRequest,
};
use quorate::curve::Scheme;
use quorate::envelope::Unsigned as Letter;
use quorate::error::Abort;
use quorate::evidence::Envelope;
pub(crate) use quorate::gated::live_key as live;
use quorate::gated::{GatedSession, Guarded};
use quorate::identity::IdentityKey;
use quorate::key::PublicKey;
use quorate::party::{Parties, PartyId};
use quorate::secret::Secret;
use quorate::session::Status as State;
use quorate::sim::Cast;
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub(crate) const NOW: u64 = 1_800_000_000;
pub(crate) const CLUSTER: [u8; 32] = [5; 32];

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

pub(crate) fn id(n: u16) -> PartyId {
    PartyId::new(n).unwrap()
}

pub(crate) fn set(ids: &[u16]) -> Parties {
    Parties::from_numbers(ids.iter().copied()).unwrap()
}

pub(crate) fn session(n: u8) -> SessionId {
    SessionId([n; 16])
}

/// The last byte of a payload is an amount of coins; one that ends with 0 is read by nobody.
pub(crate) struct Coins;

impl Decoder for Coins {
    fn facts(&self, content: &Content<'_>) -> Result<Vec<Fact>, DecodeError> {
        match content.payload.last() {
            Some(0) | None => Err(DecodeError::NotMine),
            Some(amount) => Ok(vec![coins(*amount)]),
        }
    }
}

pub(crate) fn coins(amount: u8) -> Fact {
    Fact::transfer("", "coin", "0x01", Amount::from(u128::from(amount)))
}

/// Two operators who approve, and one who only asks.
pub(crate) fn operator(n: u8) -> IdentityKey {
    IdentityKey::from_seed(Secret::new([n; 32]))
}

pub(crate) fn approver(n: u8) -> ApproverId {
    ApproverId([n; 32])
}

pub(crate) fn approvers() -> ApproverSet {
    let one = |n| Approver {
        id: approver(n),
        kind: ApproverKind::Service,
        status: Status::Active,
        passkeys: vec![],
        keys: vec![ApproverKey::Ed25519(operator(n).public().0)],
    };
    ApproverSet::new(1, [one(1), one(2), one(3)]).unwrap()
}

/// What an operator says of a request.
pub(crate) fn says(n: u8, purpose: Purpose, request: &SigningRequest) -> Evidence<'static> {
    let unsigned = Unsigned::new(approver(n), purpose, request);
    let signature = operator(n).sign(unsigned.to_sign());
    unsigned.attach(&ApproverKey::Ed25519(operator(n).public().0), signature).unwrap()
}

/// The approval of operators 1 and 2.
pub(crate) fn yes(request: &SigningRequest) -> Vec<Evidence<'static>> {
    vec![says(1, Purpose::Approve, request), says(2, Purpose::Approve, request)]
}

/// Coins by one approver up to 100 and by two up to 200, 300 in an hour, and two sign; everything else by two; three sign what is raw.
pub(crate) fn policy() -> Policy {
    policy_by(1)
}

/// As [`policy`], but what is done to a key is done by at least `min` holders.
pub(crate) fn policy_by(min: u16) -> Policy {
    let hash: String = approvers().hash().iter().map(|byte| format!("{byte:02x}")).collect();
    let other = |action: &str| {
        let min = if action.contains('_') || action == "import" { 1 } else { min };
        format!(
            r#"{{ "id": "{0}", "effect": "allow", "action": "{1}", "min_signers": {min}, "tiers": [{{ "approvers": 2, "factors": ["key"] }}] }}"#,
            action.replace('_', "-"),
            action
        )
    };
    let others =
        ["refresh", "reshare", "repair", "export", "import", "policy_change", "backup_export"].map(other);
    let source = format!(
        r#"{{
            "version": 1, "revision": 1, "approvers": "{hash}",
            "cap": [{{ "id": "hour", "scope": "key", "asset": "coin", "window_s": 3600, "limit": "300" }}],
            "rule": [
                {{ "id": "coins", "effect": "allow", "action": "sign", "caps": ["hour"], "min_signers": 2,
                   "facts": [{{ "fact": "transfer", "asset": "coin", "to": "0x01" }}],
                   "tiers": [{{ "up_to": "100", "approvers": 1, "factors": ["key"] }},
                             {{ "up_to": "200", "approvers": 2, "factors": ["key"] }}] }},
                {{ "id": "raw", "effect": "allow", "action": "sign_raw", "min_signers": 3,
                   "facts": [{{ "fact": "opaque" }}], "tiers": [{{ "approvers": 2, "factors": ["key"] }}] }},
                {}
            ]
        }}"#,
        others.join(",")
    );
    Policy::compile(&serde_json::from_str(&source).unwrap()).unwrap()
}

/// A log in memory that can be told to fail.
pub(crate) struct Diary {
    pub(crate) log: Log<Vec<Vec<u8>>>,
    pub(crate) fails: bool,
}

impl Journal for Diary {
    fn note(&mut self, entry: Entry) -> Result<(), AuditError> {
        if self.fails { Err(AuditError::NotStored) } else { self.log.note(entry) }
    }
}

/// One holder: its keys as requests name them, and its stores.
pub(crate) struct Node {
    pub(crate) policy: Policy,
    pub(crate) set: Option<ApproverSet>,
    pub(crate) keys: Vec<LiveKey>,
    pub(crate) registry: MemoryRegistry,
    pub(crate) caps: MemoryCaps,
    pub(crate) diary: Diary,
}

impl Node {
    pub(crate) fn new(keys: Vec<LiveKey>) -> Self {
        let genesis = Genesis { cluster_id: [1; 32], party: id(1), log_id: [2; 32], continues: [0; 32] };
        Self {
            policy: policy(),
            set: Some(approvers()),
            keys,
            registry: MemoryRegistry::new(1000, NOW),
            caps: MemoryCaps::new(1000),
            diary: Diary { log: Log::new(&genesis, Vec::new()), fails: false },
        }
    }

    pub(crate) fn of<S: Scheme>(key: &PublicKey<S>) -> Self {
        Self::new(vec![live(key)])
    }

    pub(crate) fn stores(&mut self) -> Stores<'_> {
        Stores { registry: &mut self.registry, caps: &mut self.caps, journal: &mut self.diary }
    }

    pub(crate) fn decide(
        &mut self,
        request: &SigningRequest,
        evidence: &[Evidence<'_>],
        session: SessionId,
        now: u64,
    ) -> Result<Approved<SigningRequest>, Box<Denied>> {
        let holder = Holder { cluster: CLUSTER, keys: &self.keys, decoder: Some(&Coins) };
        let mut gate = Gate {
            policy: &self.policy,
            set: self.set.as_ref(),
            holder: &holder,
            passkeys: None,
            totp: &mut BTreeMap::new(),
            stores: Stores { registry: &mut self.registry, caps: &mut self.caps, journal: &mut self.diary },
        };
        gate.decide(request.clone(), evidence, session, now)
    }

    /// Approved by both operators.
    pub(crate) fn approve(
        &mut self,
        request: &SigningRequest,
        session: SessionId,
    ) -> Approved<SigningRequest> {
        self.decide(request, &yes(request), session, NOW).unwrap()
    }

    pub(crate) fn entry(&mut self, request: &SigningRequest) -> Option<Kept> {
        self.registry.entry(Space::Request, request.hash()).unwrap()
    }

    /// What is spent of the cap on this key, of 300.
    pub(crate) fn spent(&self, request: &SigningRequest) -> u128 {
        let spent = self.caps.spent("hour", &request.key().unwrap().id, 3600, NOW);
        u128::from_be_bytes(spent.0[16..].try_into().unwrap())
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.diary.log.sink().iter().map(|bytes| Record::from_bytes(bytes).unwrap()).collect()
    }
}

/// A draft for this key; the facts are what the payload says.
pub(crate) fn draft(action: Action, rule: DigestRule, key: Option<KeyRef>, payload: Vec<u8>) -> Draft {
    let facts = match payload.last() {
        Some(amount) if *amount > 0 && action == Action::Sign => vec![coins(*amount)],
        _ if matches!(action, Action::Sign | Action::SignRaw) => vec![Fact::opaque()],
        _ => vec![],
    };
    Draft {
        action,
        rule,
        cluster: CLUSTER,
        key,
        not_before: NOW,
        expires: NOW + 600,
        requester: None,
        path: vec![],
        tweak: vec![],
        payload,
        facts,
    }
}

/// As a request, with a nonce.
pub(crate) fn request(draft: Draft, nonce: u8) -> SigningRequest {
    draft.with_nonce([nonce; 32]).unwrap()
}

pub(crate) type Results<P> = BTreeMap<PartyId, Result<<P as Guarded>::Kept, Abort>>;

/// Changes a message in flight, or stops it by returning `false`.
pub(crate) type Tamper<'a> = dyn FnMut(PartyId, PartyId, &mut Vec<u8>) -> bool + 'a;

/// Runs sessions against each other until nothing moves. What is left of them is for the caller to close.
pub(crate) fn drive<P: Guarded>(
    cast: &Cast,
    sessions: &mut BTreeMap<PartyId, GatedSession<P>>,
    keep: &mut dyn FnMut(PartyId, &mut GatedSession<P>),
    tamper: &mut Tamper<'_>,
) -> Results<P> {
    let (mut results, mut sent, mut rng) = (BTreeMap::new(), BTreeMap::new(), rng(99));
    loop {
        let (mut mail, mut moved) = (Vec::new(), false);
        for (me, session) in sessions.iter_mut() {
            match session.advance(&mut rng) {
                Ok(State::Advanced { .. }) => moved = true,
                Ok(State::Keep) => {
                    keep(*me, session);
                    moved = true;
                }
                Ok(State::Done(kept)) => drop(results.insert(*me, Ok(kept))),
                Err(abort) => drop(results.insert(*me, Err(abort))),
                _ => {}
            }
            let from = sent.entry(*me).or_insert(0);
            mail.extend(session.outgoing(*from).map(|out| (*me, out.to, out.bytes.to_vec())));
            *from = session.sent();
        }
        if mail.is_empty() && !moved {
            return results;
        }
        for (from, to, bytes) in mail {
            for (me, session) in sessions.iter_mut() {
                if *me == from || to.is_some_and(|to| to != *me) {
                    continue;
                }
                let mut bytes = bytes.clone();
                if !tamper(from, *me, &mut bytes) {
                    continue;
                }
                if P::SIGNED {
                    let signature = cast.key(from).unwrap().sign(Letter::new(&bytes).unwrap().to_sign());
                    let verified = Envelope { bytes, signature }.verify(cast.roster()).unwrap();
                    session.receive_signed(&verified).ok();
                } else {
                    session.receive(from, &bytes).ok();
                }
            }
        }
    }
}

/// As [`drive`], where nothing is to be kept and nobody interferes.
pub(crate) fn run<P: Guarded>(
    cast: &Cast,
    sessions: &mut BTreeMap<PartyId, GatedSession<P>>,
) -> Vec<P::Kept> {
    let results = drive(cast, sessions, &mut |_, _| panic!("nothing to keep"), &mut |_, _, _| true);
    assert_eq!(results.len(), sessions.len());
    results.into_values().map(Result::unwrap).collect()
}
