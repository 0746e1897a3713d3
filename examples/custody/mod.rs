//! What the examples of custody share: the people who approve, the nodes that decide, each by its own policy, and their logs.

// Each example takes what it needs.
#![allow(dead_code)]

pub(crate) mod audit;
pub(crate) mod people;
#[path = "../safe/phone.rs"]
pub(crate) mod phone;

use std::collections::BTreeMap;

use base64ct::{Base64UrlUnpadded, Encoding};
use quorate::approval::approver::ApproverId;
use quorate::approval::audit::{Genesis, Log};
use quorate::approval::cap::MemoryCaps;
use quorate::approval::gate::{Approved, Denied, Gate, GateError, Stores};
use quorate::approval::policy::{Policy, Trace};
use quorate::approval::registry::{MemoryRegistry, Registry, Space};
use quorate::approval::request::{
    Action, Content, Decoder, DigestRule, Draft, Holder, KeyRef, LiveKey, SigningRequest,
};
use quorate::approval::totp::Totp;
use quorate::approval::webauthn::CredentialSet;
use quorate::gated::{GatedSession, Guarded};
use quorate::identity::Roster;
use quorate::party::PartyId;
use quorate::session::Status;
use quorate::wire::SessionId;

use super::devices::{Error, OsRng};
use people::{Answer, Office};

/// When the story begins. An application asks its clock.
pub(crate) const START: u64 = 1_800_000_000;

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// One holder of a share: what it decides by, and what it remembers.
pub(crate) struct Node {
    pub(crate) name: &'static str,
    pub(crate) policy: Policy,
    /// The hash of the roster: whose requests these are.
    cluster: [u8; 32],
    keys: [LiveKey; 1],
    decoder: Box<dyn Decoder>,
    credentials: CredentialSet,
    totp: BTreeMap<ApproverId, Totp>,
    // An application keeps these three in a database.
    registry: MemoryRegistry,
    caps: MemoryCaps,
    log: Log<Vec<Vec<u8>>>,
    genesis: Genesis,
}

impl Node {
    /// Compiles its policy: TOML, in which `{approvers}` stands for the hash of those who approve.
    pub(crate) fn new(
        (name, me): (&'static str, PartyId),
        (office, roster): (&Office, &Roster),
        policy: &str,
        key: LiveKey,
        decoder: impl Decoder + 'static,
        rng: &mut OsRng,
    ) -> Result<Self, Error> {
        let policy = policy.replace("{approvers}", &office.hash());
        let genesis = Genesis::new(*roster.hash(), me, None, rng);
        let totp = office.people.iter().map(|person| Ok((person.id, person.totp()?)));
        Ok(Self {
            name,
            policy: Policy::compile(&toml::from_str(&policy)?)?,
            cluster: *roster.hash(),
            keys: [key],
            decoder: Box::new(decoder),
            credentials: office.credentials.clone(),
            totp: totp.collect::<Result<_, Error>>()?,
            registry: MemoryRegistry::new(10_000, START),
            caps: MemoryCaps::new(10_000),
            log: Log::new(&genesis, Vec::new()),
            genesis,
        })
    }

    pub(crate) fn stores(&mut self) -> Stores<'_> {
        Stores { registry: &mut self.registry, caps: &mut self.caps, journal: &mut self.log }
    }

    /// Decides by its own gate, from the bytes that somebody sent, and says why.
    pub(crate) fn decide(
        &mut self,
        office: &Office,
        (request, answers): (&[u8], &[&Answer]),
        session: SessionId,
        now: u64,
    ) -> Result<Result<Approved<SigningRequest>, Box<Denied>>, Error> {
        let request = SigningRequest::from_bytes(request)?;
        let evidence: Vec<_> = answers.iter().map(|answer| answer.evidence()).collect();
        let holder = Holder { cluster: self.cluster, keys: &self.keys, decoder: Some(&*self.decoder) };
        let mut gate = Gate {
            policy: &self.policy,
            set: Some(&office.set),
            holder: &holder,
            passkeys: Some((&office.config, &self.credentials)),
            totp: &mut self.totp,
            stores: Stores { registry: &mut self.registry, caps: &mut self.caps, journal: &mut self.log },
        };
        let decided = gate.decide(request, &evidence, session, now);
        match &decided {
            Ok(approved) => {
                println!("  {}: yes, by rule {} {}", self.name, approved.rule(), why(approved.trace()));
                for update in approved.updates() {
                    self.credentials.apply(update)?;
                }
            }
            Err(denied) => {
                let (error, number) = (&denied.error, number(&denied.error));
                println!("  {}: no, {error} ({number}) {}", self.name, why(&denied.trace));
                for (place, error) in &denied.refused {
                    println!("  {}: evidence {place} does not count: {error}", self.name);
                }
            }
        }
        Ok(decided)
    }

    /// Gives back what it approved and what comes to nothing, because others refused.
    pub(crate) fn release(&mut self, approved: Approved<SigningRequest>, now: u64) -> Result<(), GateError> {
        approved.release(&mut self.stores(), now).map_err(|(error, _)| error)
    }

    /// What became of a request that this node has used.
    pub(crate) fn entry(
        &mut self,
        request: &SigningRequest,
    ) -> Result<Option<quorate::approval::registry::Entry>, Error> {
        Ok(self.registry.entry(Space::Request, request.hash())?)
    }
}

/// The trace's text form, in one line.
fn why(trace: &Trace) -> String {
    format!("[{}]", trace.to_string().trim_end().replace('\n', "; "))
}

/// The stable number of a refusal: the policy's where it is the policy that refuses.
pub(crate) fn number(error: &GateError) -> u16 {
    match error {
        GateError::Denied(decision) => decision.code(),
        error => error.code(),
    }
}

/// Fails unless it was refused, and for the reason with this number.
pub(crate) fn expect<T>(result: &Result<T, Box<Denied>>, wanted: u16) -> Result<(), Error> {
    match result {
        Err(denied) if number(&denied.error) == wanted => Ok(()),
        Err(denied) => Err(format!("refused, but with {}, not {wanted}", number(&denied.error)).into()),
        Ok(_) => Err(format!("it passed, though {wanted} was expected").into()),
    }
}

/// A request to sign, as whoever wants it signed writes it: it states what its own decoder reads. Alive for five minutes.
pub(crate) fn request(
    (roster, key): (&Roster, &LiveKey),
    decoder: &dyn Decoder,
    (rule, path, payload): (DigestRule, &[u32], Vec<u8>),
    now: u64,
) -> Result<Draft, Error> {
    let facts = decoder.facts(&Content { rule, payload: &payload, key, path, tweak: &[] })?;
    Ok(Draft {
        action: Action::Sign,
        rule,
        cluster: *roster.hash(),
        key: Some(KeyRef { scheme: key.scheme, id: key.id, epoch: key.epoch }),
        not_before: now,
        expires: now + 300,
        requester: None,
        path: path.to_vec(),
        tweak: Vec::new(),
        payload,
        facts,
    })
}

/// Carries the messages of sessions until everybody has the result, which is the same for all.
pub(crate) fn run<P: Guarded>(sessions: &mut [GatedSession<P>], rng: &mut OsRng) -> Result<P::Kept, Error>
where
    P::Kept: PartialEq,
{
    let (mut sent, mut results) = (vec![0; sessions.len()], Vec::new());
    while results.len() < sessions.len() {
        for session in sessions.iter_mut() {
            loop {
                match session.advance(rng)? {
                    Status::Advanced { .. } => {}
                    Status::Done(result) => results.push(result),
                    _ => break,
                }
            }
        }
        let mut mail = Vec::new();
        for (session, sent) in sessions.iter().zip(&mut sent) {
            let me = session.terms().me;
            mail.extend(session.outgoing(*sent).map(|message| (me, message.to, message.bytes.to_vec())));
            *sent = session.sent();
        }
        if mail.is_empty() && results.len() < sessions.len() {
            return Err("nothing moves".into());
        }
        for (from, to, bytes) in mail {
            for session in sessions.iter_mut() {
                let me = session.terms().me;
                if from != me && to.is_none_or(|to| to == me) {
                    session.receive(from, &bytes)?;
                }
            }
        }
    }
    let one = results.pop().ok_or("nobody takes part")?;
    if results.iter().all(|other| *other == one) { Ok(one) } else { Err("the results differ".into()) }
}
