//! What a holder decides by, and its share behind the gate.

use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use quorate::approval::approver::{
    Approver, ApproverId, ApproverKind, ApproverSet, Evidence, Passkey, Proof, Status,
};
use quorate::approval::audit::{Genesis, Log};
use quorate::approval::cap::MemoryCaps;
use quorate::approval::decode::Evm;
use quorate::approval::gate::{Denied, Gate, GateError, Stores};
use quorate::approval::policy::Policy;
use quorate::approval::registry::MemoryRegistry;
use quorate::approval::request::{
    Action, Content, Decoder, DigestRule, Draft, Holder, KeyRef, LiveKey, Purpose, SigningRequest,
};
use quorate::approval::webauthn::{Assertion, CredentialSet, Registration, Settings, WebauthnConfig, enrol};
use quorate::cluster::Cluster;
use quorate::curve::EcdsaSecp256k1;
use quorate::ecdsa::{Sign, Signature};
use quorate::gated::{self, Gated, GatedSession};
use quorate::key::PublicKey;
use quorate::pairing::Pairings;
use quorate::party::{Parties, PartyId};
use quorate::wire::SessionId;

use crate::error::{Error, Result};
use crate::ethereum::Transaction;
use crate::work::Record;
use crate::{OsRng, PATH};

/// Who approves: the owner, with one passkey.
const OWNER: ApproverId = ApproverId([1; 32]);

pub(crate) struct Office {
    share: Gated<Record>,
    public: PublicKey<EcdsaSecp256k1>,
    cluster: [u8; 32],
    keys: [LiveKey; 1],
    decoder: Evm,
    policy: Policy,
    set: ApproverSet,
    config: WebauthnConfig,
    credentials: CredentialSet,
    registry: MemoryRegistry,
    caps: MemoryCaps,
    log: Log<Vec<Vec<u8>>>,
    /// What is being signed, and what was.
    transaction: Option<Transaction>,
    pub(crate) signed: Option<Vec<u8>>,
}

/// How the owner registered a passkey.
pub(crate) struct Registered<'a> {
    pub(crate) origin: &'a str,
    pub(crate) rp_id: &'a str,
    pub(crate) challenge: &'a [u8],
    pub(crate) registration: Registration<'a>,
}

/// An assertion of a passkey, as the page hands it over.
pub(crate) struct Answer {
    id: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl Answer {
    pub(crate) fn read(json: &str) -> Result<Vec<Self>> {
        let list: Vec<BTreeMap<String, String>> = serde_json::from_str(json)?;
        list.iter()
            .map(|map| {
                let field = |name: &str| -> Result<Vec<u8>> {
                    let text =
                        map.get(name).ok_or_else(|| Error::from(format!("an assertion without {name}")))?;
                    Base64UrlUnpadded::decode_vec(text).map_err(|_| "not base64url".into())
                };
                let [id, client_data] = [field("id")?, field("clientData")?];
                let [authenticator_data, signature] = [field("authenticatorData")?, field("signature")?];
                Ok(Self { id, client_data, authenticator_data, signature })
            })
            .collect()
    }

    fn evidence(&self) -> Evidence<'_> {
        let assertion = Assertion {
            credential_id: &self.id,
            client_data: &self.client_data,
            authenticator_data: &self.authenticator_data,
            signature: &self.signature,
            user_handle: None,
        };
        Evidence { approver: OWNER, purpose: Purpose::Approve, batch: None, proof: Proof::Passkey(assertion) }
    }
}

impl Office {
    pub(crate) fn open(
        (cluster, me): (&Cluster, PartyId),
        record: Record,
        policy: &str,
        registered: &Registered<'_>,
        now: u64,
        rng: &mut OsRng,
    ) -> Result<Self> {
        let Registered { origin, rp_id, challenge, registration } = registered;
        let mut settings = Settings::new(&[rp_id], &[origin]);
        settings.http_localhost = true;
        let config = WebauthnConfig::new(settings)?;
        let mut credentials = CredentialSet::new();
        let credential = enrol(&config, challenge, registration, &credentials)?.into_credential();
        let passkey = Passkey::new(&credential.parts().id, credential.parts().key.to_sec1(), *rp_id);
        let (kind, status) = (ApproverKind::Human, Status::Active);
        let owner = Approver { id: OWNER, kind, status, passkeys: vec![passkey], keys: Vec::new() };
        credentials.insert(OWNER, credential)?;
        let set = ApproverSet::new(1, vec![owner])?;

        let policy = policy.replace("{approvers}", &hex::encode(set.hash()));
        let public = record.current().ok_or("no share")?.public().clone();
        let genesis = Genesis::new(*cluster.hash(), me, None, rng);
        Ok(Self {
            share: Gated::new(record),
            keys: [gated::live_key(&public)],
            public,
            cluster: *cluster.hash(),
            decoder: Evm::new([(1, 60)]),
            policy: Policy::compile(&serde_json::from_str(&policy)?)?,
            set,
            config,
            credentials,
            registry: MemoryRegistry::new(1000, now),
            caps: MemoryCaps::new(1000),
            log: Log::new(&genesis, Vec::new()),
            transaction: None,
            signed: None,
        })
    }

    pub(crate) const fn public(&self) -> &PublicKey<EcdsaSecp256k1> {
        &self.public
    }

    /// A request to sign a transaction: it states what this holder's decoder reads in it.
    pub(crate) fn draft(&self, payload: Vec<u8>, now: u64) -> Result<Draft> {
        let ([key], rule) = (&self.keys, DigestRule::Keccak256);
        let content = Content { rule, payload: &payload, key, path: &PATH, tweak: &[] };
        let facts = self.decoder.facts(&content)?;
        Ok(Draft {
            action: Action::Sign,
            rule,
            cluster: self.cluster,
            key: Some(KeyRef { scheme: key.scheme, id: key.id, epoch: key.epoch }),
            not_before: now,
            expires: now + 300,
            requester: None,
            path: PATH.to_vec(),
            tweak: Vec::new(),
            payload,
            facts,
        })
    }

    /// Decides, and if it says yes opens a session.
    pub(crate) fn sign(
        &mut self,
        request: &[u8],
        answers: &[Answer],
        session: SessionId,
        (signers, pairings): (Parties, &Pairings),
        now: u64,
        rng: &mut OsRng,
    ) -> Result<GatedSession<Sign<EcdsaSecp256k1>>> {
        let request = SigningRequest::from_bytes(request)?;
        let transaction = Transaction::parse(request.payload())?;
        let evidence: Vec<_> = answers.iter().map(Answer::evidence).collect();
        let holder = Holder { cluster: self.cluster, keys: &self.keys, decoder: Some(&self.decoder) };
        let mut gate = Gate {
            policy: &self.policy,
            set: Some(&self.set),
            holder: &holder,
            passkeys: Some((&self.config, &self.credentials)),
            totp: &mut BTreeMap::new(),
            stores: Stores { registry: &mut self.registry, caps: &mut self.caps, journal: &mut self.log },
        };
        let approved = gate.decide(request, &evidence, session, now).map_err(|denied| refusal(&denied))?;
        for update in approved.updates() {
            self.credentials.apply(update)?;
        }
        let opened = gated::ecdsa::sign(&self.share, signers, pairings, approved, now, rng);
        self.transaction = Some(transaction);
        opened.map_err(|unopened| Error::from(unopened.to_string()))
    }

    /// The session is over: registry and caps are settled by what it knows.
    pub(crate) fn close(&mut self, session: &mut GatedSession<Sign<EcdsaSecp256k1>>, now: u64) -> Result<()> {
        let (registry, caps, journal) = (&mut self.registry, &mut self.caps, &mut self.log);
        Ok(session.close(&mut Stores { registry, caps, journal }, now)?)
    }

    /// Signed: puts the transaction together, and reads the signer out of it as a node of the chain does.
    pub(crate) fn settle(&mut self, signature: &Signature<EcdsaSecp256k1>, account: &str) -> Result<()> {
        let transaction = self.transaction.take().ok_or("nothing is being signed")?;
        let raw = transaction.signed(&signature.to_bytes_recoverable())?;
        if crate::ethereum::checksummed(&crate::ethereum::sender(&raw)?) != account {
            return Err("signed by somebody else".into());
        }
        self.signed = Some(raw);
        Ok(())
    }
}

/// The policy's number where it is the policy that refuses.
fn refusal(denied: &Denied) -> Error {
    let number = match &denied.error {
        GateError::Denied(decision) => decision.code(),
        error => error.code(),
    };
    Error::from(format!("{} ({number})", denied.error))
}
