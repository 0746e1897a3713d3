//! The holders of a passkey's shares, each with its own policy, registry, caps and log, and the approvers they listen to.

use std::collections::BTreeMap;

use quorate::approval::approver::{
    Approver, ApproverId, ApproverKind, ApproverSet, Evidence, Passkey, Proof, Status,
};
use quorate::approval::audit::{Genesis, Log};
use quorate::approval::cap::MemoryCaps;
use quorate::approval::gate::{Approved, Denied, Gate, GateError, Stores};
use quorate::approval::keyfmt::P256Key;
use quorate::approval::passkey::{Assertion, Mode, PasskeyDecoder, Payload, Record, Statement};
use quorate::approval::policy::Policy;
use quorate::approval::registry::MemoryRegistry;
use quorate::approval::request::{
    Action, DigestRule, Draft, Holder as View, KeyRef, LiveKey, Purpose, SigningRequest,
};
use quorate::approval::webauthn::{CredentialSet, Settings, WebauthnConfig, enrol};
use quorate::curve::EcdsaP256;
use quorate::ecdsa::{Sign, Signature};
pub(crate) use quorate::gated::live_key as live;
use quorate::gated::{Gated, GatedSession, passkey};
use quorate::key::KeyShare;
use quorate::pairing::Pairings;
use quorate::party::{Parties, PartyId};
use quorate::session::Status as Step;
use quorate::wire::SessionId;
use rand_core::CryptoRng;

use super::phone::{Phone, Used};

type Error = Box<dyn std::error::Error>;

const APPROVALS: &str = "approvals.example";
pub(crate) const ALICE: ApproverId = ApproverId([0xa1; 32]);
const CLUSTER: [u8; 32] = [0xc1; 32];
pub(crate) const NOW: u64 = 1_800_000_000;

/// What every holder has the same of, from its own configuration: the approvers, their passkeys, and the policy.
pub(crate) struct Office {
    config: WebauthnConfig,
    credentials: CredentialSet,
    set: ApproverSet,
    policy: Policy,
    pub(crate) phone: Phone,
}

impl Office {
    /// Alice approves, with the passkey in her phone. `rules` is the policy's `rule`, as JSON.
    pub(crate) fn new(rules: &str) -> Result<Self, Error> {
        let origin = format!("https://{APPROVALS}");
        let phone = Phone::new(&[0x51; 32], APPROVALS, &origin)?;
        let config = WebauthnConfig::new({
            let mut settings = Settings::new(&[APPROVALS], &[&origin]);
            // what counts is for the policy to say
            settings.require_uv = false;
            settings
        })?;
        let mut credentials = CredentialSet::new();
        let registered = phone.register(&[0x11; 32]);
        let new = enrol(&config, &[0x11; 32], &registered.registration(b"alice"), &credentials)?;
        let credential = new.into_credential();
        let (id, key) = (&credential.parts().id, credential.parts().key.to_sec1());
        let passkeys = vec![Passkey::new(id, key, APPROVALS)];
        let (kind, status) = (ApproverKind::Human, Status::Active);
        let alice = Approver { id: ALICE, kind, status, passkeys, keys: Vec::new() };
        credentials.insert(ALICE, credential)?;
        let set = ApproverSet::new(1, [alice])?;
        let hash: String = set.hash().iter().map(|byte| format!("{byte:02x}")).collect();
        let source = format!(r#"{{"version": 1, "revision": 1, "approvers": "{hash}", "rule": {rules}}}"#);
        let policy = Policy::compile(&serde_json::from_str(&source)?)?;
        Ok(Self { config, credentials, set, policy, phone })
    }

    /// Her answer to the challenge of this request.
    pub(crate) fn approve(&self, request: &SigningRequest, user_verified: bool) -> Used {
        self.phone.sign(&request.challenge(Purpose::Approve), user_verified)
    }
}

/// One holder.
pub(crate) struct Holder {
    pub(crate) share: Gated<KeyShare<EcdsaP256>>,
    /// The key as it is now.
    pub(crate) key: LiveKey,
    pub(crate) pairings: Pairings,
    registry: MemoryRegistry,
    caps: MemoryCaps,
    log: Log<Vec<Vec<u8>>>,
}

/// A signing that a holder has opened, and what it signs.
pub(crate) type Opened = (GatedSession<Sign<EcdsaP256>>, Statement);

impl Holder {
    pub(crate) fn new(share: Gated<KeyShare<EcdsaP256>>, pairings: Pairings) -> Self {
        let party = share.id();
        let genesis = Genesis { cluster_id: [0xc0; 32], party, log_id: [1; 32], continues: [0; 32] };
        let (registry, caps) = (MemoryRegistry::new(1000, NOW), MemoryCaps::new(1000));
        let (key, log) = (live(share.public()), Log::new(&genesis, Vec::new()));
        Self { share, key, pairings, registry, caps, log }
    }

    pub(crate) fn stores(&mut self) -> Stores<'_> {
        Stores { registry: &mut self.registry, caps: &mut self.caps, journal: &mut self.log }
    }

    /// This holder's own decision, by its own gate, from the bytes that somebody sent.
    pub(crate) fn decide(
        &mut self,
        office: &Office,
        request: &[u8],
        approval: &Used,
        session: SessionId,
    ) -> Result<Approved<SigningRequest>, Box<Denied>> {
        let keys = [self.key.clone()];
        let request = SigningRequest::from_bytes(request).expect("a request");
        let evidence = Evidence {
            approver: ALICE,
            purpose: Purpose::Approve,
            batch: None,
            proof: Proof::Passkey(approval.assertion()),
        };
        Gate {
            policy: &office.policy,
            set: Some(&office.set),
            holder: &View { cluster: CLUSTER, keys: &keys, decoder: Some(&PasskeyDecoder) },
            passkeys: Some((&office.config, &office.credentials)),
            totp: &mut BTreeMap::new(),
            stores: self.stores(),
        }
        .decide(request, &[evidence], session, NOW)
    }

    /// Opens what it approved. What it refuses itself is given back.
    pub(crate) fn open(
        &mut self,
        signers: &Parties,
        approved: Approved<SigningRequest>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Opened, GateError> {
        passkey::sign(&self.share, signers.clone(), &self.pairings, approved, NOW, rng).map_err(|unopened| {
            for approved in unopened.approved {
                approved.release(&mut self.stores(), NOW).expect("released");
            }
            unopened.error
        })
    }
}

/// Those who sign.
pub(crate) struct Quorum {
    pub(crate) holders: Vec<Holder>,
    pub(crate) signers: Parties,
}

/// Why a quorum does not sign.
#[derive(Debug)]
pub(crate) enum No {
    /// The gate's decision.
    Denied(Box<Denied>),
    /// The holder's own checks.
    Refused(GateError),
}

impl Quorum {
    /// Puts shares behind the gate, as a passkey's.
    pub(crate) fn new(
        shares: Vec<KeyShare<EcdsaP256>>,
        mut pairings: BTreeMap<PartyId, Pairings>,
        (rp_id, origin): (&str, &str),
        mode: Mode,
    ) -> Result<Self, Error> {
        let mut holders = Vec::new();
        for share in shares {
            let Some(pairings) = pairings.remove(&share.id()) else { continue };
            // each holder writes its own record
            let key = P256Key::from_sec1(&share.public().public_key())?;
            let record = Record::new(key, rp_id, origin, mode)?;
            let share = Gated::new(share).into_passkey(record).map_err(|refused| refused.0)?;
            holders.push(Holder::new(share, pairings));
        }
        let signers = Parties::new(holders.iter().map(|holder| holder.share.id()))?;
        Ok(Self { holders, signers })
    }

    pub(crate) fn record(&self) -> &Record {
        self.holders[0].share.passkey().expect("a passkey's")
    }

    /// A request for this payload, as somebody writes it who wants it signed.
    pub(crate) fn request(
        &self,
        payload: &Payload,
        rng: &mut dyn CryptoRng,
    ) -> Result<SigningRequest, Error> {
        let LiveKey { scheme, id, epoch, .. } = self.holders[0].key;
        let draft = Draft {
            action: Action::Sign,
            rule: DigestRule::Webauthn,
            cluster: CLUSTER,
            key: Some(KeyRef { scheme, id, epoch }),
            not_before: NOW,
            expires: NOW + 300,
            requester: None,
            path: Vec::new(),
            tweak: Vec::new(),
            payload: payload.to_bytes()?,
            facts: payload.facts(),
        };
        Ok(draft.finish(rng)?)
    }

    /// Every holder decides and opens; if all do, they sign, each makes the assertion, and it is the same.
    pub(crate) fn sign(
        &mut self,
        office: &Office,
        request: &SigningRequest,
        approval: &Used,
        rng: &mut dyn CryptoRng,
    ) -> Result<Assertion, No> {
        let (bytes, mut session, mut opened) = (request.to_bytes(), [0; 16], Vec::new());
        rng.fill_bytes(&mut session);
        for holder in &mut self.holders {
            let approved = holder.decide(office, &bytes, approval, SessionId(session)).map_err(No::Denied)?;
            opened.push(holder.open(&self.signers, approved, rng).map_err(No::Refused)?);
        }
        let (mut sessions, statements): (Vec<_>, Vec<_>) = opened.into_iter().unzip();
        let signatures = run(&mut sessions, rng);
        for (session, holder) in sessions.iter_mut().zip(&mut self.holders) {
            session.close(&mut holder.stores(), NOW + 1).expect("closed");
        }
        let assertions = statements.into_iter().zip(signatures);
        let mut assertions = assertions
            .map(|(statement, signature)| statement.finish(&signature.to_bytes()).expect("verified"));
        let one = assertions.next().expect("a holder");
        assert!(assertions.all(|other| other == one));
        Ok(one)
    }
}

/// Carries the messages of a signing until everybody has the signature.
pub(crate) fn run(
    sessions: &mut [GatedSession<Sign<EcdsaP256>>],
    rng: &mut dyn CryptoRng,
) -> Vec<Signature<EcdsaP256>> {
    let (mut sent, mut signatures) = (vec![0; sessions.len()], vec![None; sessions.len()]);
    while signatures.iter().any(Option::is_none) {
        let mut mail = Vec::new();
        for (session, sent) in sessions.iter().zip(&mut sent) {
            let from = session.terms().me;
            mail.extend(session.outgoing(*sent).map(|message| (from, message.to, message.bytes.to_vec())));
            *sent = session.sent();
        }
        assert!(!mail.is_empty(), "nothing moves");
        for (session, place) in sessions.iter_mut().zip(&mut signatures) {
            let me = session.terms().me;
            for (from, to, bytes) in &mail {
                if *from != me && to.is_none_or(|to| to == me) {
                    session.receive(*from, bytes).expect("taken");
                }
            }
            while let Step::Advanced { .. } | Step::Done(_) = {
                let step = session.advance(rng).expect("honest");
                if let Step::Done(signature) = &step {
                    *place = Some(*signature);
                }
                step
            } {}
        }
    }
    signatures.into_iter().flatten().collect()
}
