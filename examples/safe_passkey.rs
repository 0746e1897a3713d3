//! A passkey that no device has: 2-of-3 holders share a P-256 key. One such key is enrolled at a relying party and logs in; another is the owner
//! of a Safe and pays. Both are verified as the world verifies them, and the holders refuse what is not as it says.
//!
//! `cargo run --release --example safe_passkey`

mod devices;
pub(crate) mod safe;

use std::process::ExitCode;

use devices::{Error, OsRng};
use p256::ecdsa::VerifyingKey;
use quorate::approval::approver::ApproverId;
use quorate::approval::fact::{Amount, Fact};
use quorate::approval::gate::GateError;
use quorate::approval::passkey::owners::{OwnerSignature, owner_blob};
use quorate::approval::passkey::safe::SafeTx;
use quorate::approval::passkey::{Assertion, Mode, PasskeyError, Payload, register};
use quorate::approval::policy::{Decision, PolicyError};
use quorate::approval::webauthn::{
    self, CredentialSet, Expected, Registration, Settings, WebauthnConfig, enrol, verify,
};
use quorate::curve::EcdsaP256;
use quorate::key::KeyShare;
use quorate::party::Threshold;
use quorate::sim::Cast;
use rand_core::Rng;
use safe::holders::{No, Office, Quorum};
use safe::{Safe, SignerContract};

const RP_ID: &str = "bank.example";
const ORIGIN: &str = "https://app.bank.example";
/// A Safe on the chain Sepolia, and the contract that is its owner in the name of the key. Both have addresses before they are deployed.
const CHAIN: u64 = 11_155_111;
const SAFE: [u8; 20] = [0x5a; 20];
const SIGNER: [u8; 20] = [0x51; 20];
const PAYEE: [u8; 20] = [0xb0; 20];

/// What every holder's policy allows: logins here, and up to one coin at a time to one address, each with an approval by Alice's passkey.
const RULES: &str = r#"[
    {"id": "login", "effect": "allow", "action": "sign",
     "facts": [{"fact": "call", "chain": "webauthn", "to": "bank.example"}],
     "tiers": [{"approvers": 1, "factors": ["passkey_uv"]}]},
    {"id": "pay", "effect": "allow", "action": "sign",
     "facts": [{"fact": "transfer", "asset": "eip155:11155111/slip44:60",
                "to": "0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0"}],
     "tiers": [{"up_to": "1000000000000000000", "approvers": 1, "factors": ["passkey_uv"]}]}
]"#;

fn main() -> ExitCode {
    devices::exit("safe_passkey", run())
}

pub(crate) fn run() -> Result<(), Error> {
    let rng = &mut devices::os_rng();
    let office = Office::new(RULES)?;
    title("two P-256 keys, each 2-of-3; a device has a share, and nobody has a key");
    let mut web = quorum(Mode::Web, rng)?;
    let mut owner = quorum(Mode::Safe { chain_id: CHAIN, safe: SAFE }, rng)?;
    for (name, quorum) in [("logs in", &web), ("owns a Safe", &owner)] {
        println!("{name:>12}: key {}", hex(&quorum.record().key().to_sec1()));
        println!("{:>12}  credential {}", "", hex(&quorum.record().credential_id()));
    }

    title("the first is enrolled at a relying party, which logs it in");
    let mut rp = RelyingParty::enrol(&web, rng)?;
    for _ in 0..2 {
        let challenge = rp.challenge(rng);
        let payload = Payload::web(web.record(), &challenge, true);
        let assertion = ask(&mut web, &office, &payload, rng)?;
        println!("client data     {}", String::from_utf8(assertion.client_data_json())?);
        println!("authenticator   {}", hex(assertion.authenticator_data()));
        println!("signature, DER  {}", hex(&assertion.signature_der()));
        rp.login(&challenge, &assertion)?;
        println!("the relying party's verifier lets it in");
    }

    title("the second owns a Safe, which pays");
    let payment = SafeTx { to: PAYEE, value: Amount::from(250_000_000_000_000_000), ..SafeTx::default() };
    let payload = Payload::safe(owner.record(), payment.clone())?;
    for fact in payload.facts() {
        println!("{}", show(&fact));
    }
    let assertion = ask(&mut owner, &office, &payload, rng)?;
    let signature = assertion.contract_signature()?;
    let blob = owner_blob(&[OwnerSignature::Contract { owner: SIGNER, signature: signature.clone() }])?;
    println!("SafeTx hash {}", hex(&payload.challenge));
    println!("the signer contract gets {} bytes, the Safe {}", signature.len(), blob.len());
    accepted(&owner, &payload, &blob)?;
    println!("the contracts' checks take it, for this transaction and for no other");

    title("what the holders refuse, though Alice approved it");
    let mut phished = Payload::web(web.record(), &[7; 32], true);
    phished.origin = "https://app.bank.example.evil.example".into();
    refused(
        "a login from another origin",
        ask_for(&mut web, &office, &phished, rng),
        &PasskeyError::WrongOrigin,
    )?;
    let mut elsewhere = payload.clone();
    let transaction = elsewhere.transaction.as_mut().ok_or("a transaction")?;
    transaction.safe = [0xee; 20];
    elsewhere.challenge = transaction.hash().to_vec();
    refused(
        "a payment of another Safe",
        ask_for(&mut owner, &office, &elsewhere, rng),
        &PasskeyError::WrongSafeTx,
    )?;
    let mut other = payload.clone();
    other.challenge = vec![7; 32];
    refused(
        "the hash of another transaction",
        ask_for(&mut owner, &office, &other, rng),
        &PasskeyError::WrongSafeTx,
    )?;
    let disguised = Payload::web(owner.record(), &payload.challenge, true);
    refused(
        "that hash as a login's challenge",
        ask_for(&mut owner, &office, &disguised, rng),
        &PasskeyError::WrongMode,
    )?;
    let delegate = Payload::safe(owner.record(), SafeTx { operation: 1, ..payment })?;
    denied("a delegate call", ask_for(&mut owner, &office, &delegate, rng))?;
    Ok(())
}

fn title(text: &str) {
    println!("\n== {text}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn show(fact: &Fact) -> String {
    let text = String::from_utf8_lossy;
    format!("{:?} of {} {} to {}", fact.kind, fact.amount, text(&fact.asset), text(&fact.party))
}

/// A key by key generation, whose first two devices have paired and sign.
fn quorum(mode: Mode, rng: &mut OsRng) -> Result<Quorum, Error> {
    let threshold = Threshold::new(2, 3)?;
    let cast = Cast::new(1..=threshold.n(), rng)?;
    let shares: Vec<KeyShare<EcdsaP256>> = devices::make_key(&cast, threshold, rng)?.into_outputs();
    let pairings = devices::pair(&cast, &devices::first(&shares)?, rng)?.sets;
    Quorum::new(shares, pairings, (RP_ID, ORIGIN), mode)
}

/// Somebody writes a request; Alice looks at it and approves with her phone; each holder judges for itself, and they sign.
pub(crate) fn ask_for(
    quorum: &mut Quorum,
    office: &Office,
    payload: &Payload,
    rng: &mut OsRng,
) -> Result<Assertion, No> {
    let request = quorum.request(payload, rng).expect("a payload that can be asked for");
    let approval = office.approve(&request, true);
    quorum.sign(office, &request, &approval, rng)
}

fn ask(quorum: &mut Quorum, office: &Office, payload: &Payload, rng: &mut OsRng) -> Result<Assertion, Error> {
    ask_for(quorum, office, payload, rng).map_err(|no| format!("not signed: {no:?}").into())
}

/// That a holder refused, for this reason.
pub(crate) fn refused(what: &str, result: Result<Assertion, No>, why: &PasskeyError) -> Result<(), Error> {
    match result {
        Err(No::Refused(GateError::Passkey(error))) if error == *why => {
            println!("{what}: {error} ({})", error.code());
            Ok(())
        }
        other => Err(format!("{what}: {other:?}").into()),
    }
}

/// That a holder's policy has no rule for it.
pub(crate) fn denied(what: &str, result: Result<Assertion, No>) -> Result<(), Error> {
    match result {
        Err(No::Denied(denied)) if denied.error == GateError::Denied(Decision::Deny(PolicyError::NoRule)) => {
            println!("{what}: {} ({})", PolicyError::NoRule, PolicyError::NoRule.code());
            Ok(())
        }
        other => Err(format!("{what}: {other:?}").into()),
    }
}

/// Somebody else's service, with a verifier and a record of its users' credentials.
struct RelyingParty {
    config: WebauthnConfig,
    credentials: CredentialSet,
}

impl RelyingParty {
    const USER: ApproverId = ApproverId([0x75; 32]);

    fn enrol(quorum: &Quorum, rng: &mut OsRng) -> Result<Self, Error> {
        let config = WebauthnConfig::new(Settings::new(&[RP_ID], &[ORIGIN]))?;
        let mut rp = Self { config, credentials: CredentialSet::new() };
        let challenge = rp.challenge(rng);
        let answer = register(quorum.record(), &challenge, true)?;
        let registration = Registration {
            client_data: &answer.client_data_json,
            attestation_object: &answer.attestation_object,
            user_handle: b"user",
        };
        let credential = enrol(&rp.config, &challenge, &registration, &rp.credentials)?.into_credential();
        println!(
            "enrolled: attestation {:?}, {} bytes",
            credential.parts().attestation,
            answer.attestation_object.len()
        );
        rp.credentials.insert(Self::USER, credential)?;
        Ok(rp)
    }

    fn challenge(&self, rng: &mut OsRng) -> [u8; 32] {
        let mut challenge = [0; 32];
        rng.fill_bytes(&mut challenge);
        challenge
    }

    fn login(&mut self, challenge: &[u8], assertion: &Assertion) -> Result<(), Error> {
        let given = webauthn::Assertion {
            credential_id: &assertion.credential_id(),
            client_data: &assertion.client_data_json(),
            authenticator_data: assertion.authenticator_data(),
            signature: &assertion.signature_der(),
            user_handle: Some(b"user"),
        };
        let verified = verify(&self.config, &self.credentials, Expected { challenge, owner: None }, &given)?;
        Ok(self.credentials.apply(verified.update())?)
    }
}

/// What the chain says: yes to this transaction, no to the same with another nonce.
pub(crate) fn accepted(quorum: &Quorum, payload: &Payload, blob: &[u8]) -> Result<(), Error> {
    let key = VerifyingKey::from_sec1_bytes(&quorum.record().key().to_sec1())?;
    let safe = Safe { owners: vec![SignerContract { address: SIGNER, key }], threshold: 1 };
    let mut other = payload.transaction.clone().ok_or("a transaction")?;
    safe.check_signatures(&other.hash(), blob).map_err(|revert| format!("{revert:?}"))?;
    other.tx.nonce = Amount::from(1);
    match safe.check_signatures(&other.hash(), blob) {
        Ok(()) => Err("taken for another transaction".into()),
        Err(_) => Ok(()),
    }
}
