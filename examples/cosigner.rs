//! A co-signer for Ethereum: the key is shared by a phone's wallet and a server, 2-of-2, and the server signs only what its policy allows and
//! its owner approved with a passkey. Neither can sign alone, and neither asks the other what is allowed.
//!
//! `cargo run --release --example cosigner`

mod chains;
mod custody;
mod devices;

use std::process::ExitCode;

use chains::ethereum::{self, Transaction};
use custody::people::{Answer, Office};
use custody::{Node, START, expect, hex, run};
use devices::{Error, OsRng, session_id};
use k256::ecdsa::VerifyingKey;
use quorate::approval::decode::Evm;
use quorate::approval::fact::FactKind;
use quorate::approval::gate::{Denied, GateError};
use quorate::approval::registry::{Entry, RegistryError};
use quorate::approval::request::{DigestRule, Draft, LiveKey, SigningRequest};
use quorate::curve::EcdsaSecp256k1;
use quorate::gated::{self, Gated, live_key};
use quorate::key::{KeyShare, Path, derive};
use quorate::pairing::Pairings;
use quorate::party::Threshold;
use quorate::sim::Cast;

/// What the server allows: to listed payees, up to 0.5 ETH by a passkey, up to 2 ETH by a passkey and a code, 3 ETH a day.
const SERVER: &str = r#"
version = 1
revision = 1
approvers = "{approvers}"

[lists]
payees = ["0x1111111111111111111111111111111111111111", "0x2222222222222222222222222222222222222222"]

[[cap]]
id = "day"
scope = "key"
asset = "eip155:1/slip44:60"
window_s = 86400
limit = "3000000000000000000"

[[rule]]
id = "payments"
effect = "allow"
action = "sign"
caps = ["day"]
min_signers = 2
facts = [
    { fact = "transfer", chain = "eip155:1", asset = "eip155:1/slip44:60", to = "payees" },
    { fact = "fee", chain = "eip155:1", asset = "eip155:1/slip44:60", up_to = "5000000000000000" },
]
tiers = [
    { up_to = "500000000000000000", approvers = 1, factors = ["passkey_uv"] },
    { up_to = "2000000000000000000", approvers = 1, factors = ["passkey_uv"], step_up = ["totp"] },
]
"#;

/// What the phone's wallet allows: what its owner approved, up to 10 ETH, to anybody.
const DEVICE: &str = r#"
version = 1
revision = 1
approvers = "{approvers}"

[[rule]]
id = "mine"
effect = "allow"
action = "sign"
min_signers = 2
facts = [
    { fact = "transfer", chain = "eip155:1", asset = "eip155:1/slip44:60" },
    { fact = "fee", chain = "eip155:1", asset = "eip155:1/slip44:60", up_to = "5000000000000000" },
]
tiers = [{ up_to = "10000000000000000000", approvers = 1, factors = ["passkey_uv"] }]
"#;

/// `m/44/60/0/0/0`, without the hardened steps that a shared key cannot take.
const PATH: [u32; 5] = [44, 60, 0, 0, 0];
pub(crate) const PAYEE: ethereum::Address = [0x11; 20];
const STRANGER: ethereum::Address = [0x66; 20];
/// 0.001 ETH.
const FINNEY: u128 = 1_000_000_000_000_000;

fn main() -> ExitCode {
    devices::exit("cosigner", live())
}

/// The two holders of the key, each with its share behind its own gate.
pub(crate) struct Duo {
    pub(crate) office: Office,
    cast: Cast,
    key: LiveKey,
    account: ethereum::Address,
    holders: Vec<(Node, Gated<KeyShare<EcdsaSecp256k1>>, Pairings)>,
    now: u64,
}

/// What came of a request: the raw transaction, or each holder's no.
type Paid = Result<Vec<u8>, Vec<Box<Denied>>>;

pub(crate) fn live() -> Result<(), Error> {
    let rng = &mut devices::os_rng();
    let mut duo = Duo::new(rng)?;
    println!("account {}, 2-of-2: a device and a server", ethereum::checksummed(&duo.account));
    let alice = |duo: &Duo, request| duo.office.people[0].approves(request);

    step("0.3 ETH to a listed payee, approved with a passkey");
    let small = duo.request(0, PAYEE, 300 * FINNEY, rng)?;
    let approval = alice(&duo, &small);
    duo.signed(&small, &[&approval], rng)?;

    step("the same request with the same approval once more");
    duo.replayed(&small, &approval, rng)?;

    step("1.2 ETH: the server wants a code as well; then it gets one");
    let large = duo.request(1, PAYEE, 1200 * FINNEY, rng)?;
    let approval = alice(&duo, &large);
    duo.refused(&large, &[&approval], 5608, rng)?;
    let code = duo.office.people[0].code(duo.now)?;
    duo.signed(&large, &[&approval, &code], rng)?;

    step("2.5 ETH: more than the server's last tier, whoever approves");
    let huge = duo.request(2, PAYEE, 2500 * FINNEY, rng)?;
    let (approval, code) = (alice(&duo, &huge), duo.office.people[0].code(duo.now)?);
    duo.refused(&huge, &[&approval, &code], 5607, rng)?;

    step("0.1 ETH to a stranger");
    let strange = duo.request(2, STRANGER, 100 * FINNEY, rng)?;
    let approval = alice(&duo, &strange);
    duo.refused(&strange, &[&approval], 5606, rng)?;

    step(
        "a request that says 0.1 ETH to the payee, and pays the stranger 0.4 ETH: Alice approves what it says",
    );
    let honest = duo.draft(2, PAYEE, 100 * FINNEY)?;
    let lie = Draft { facts: honest.facts, ..duo.draft(2, STRANGER, 400 * FINNEY)? }.finish(rng)?;
    let approval = alice(&duo, &lie);
    duo.refused(&lie, &[&approval], 5602, rng)?;

    step("1.6 ETH is within the tier, but 1.5 ETH of the server's 3 ETH a day are spent; 1.4 ETH fit");
    let beyond = duo.request(2, PAYEE, 1600 * FINNEY, rng)?;
    let (approval, code) = (alice(&duo, &beyond), duo.office.people[0].code(duo.now)?);
    duo.refused(&beyond, &[&approval, &code], 5609, rng)?;
    let within = duo.request(2, PAYEE, 1400 * FINNEY, rng)?;
    let (approval, code) = (alice(&duo, &within), duo.office.people[0].code(duo.now)?);
    duo.signed(&within, &[&approval, &code], rng)?;

    step("the logs; the server's in full");
    duo.logs()
}

fn step(title: &str) {
    println!("\n== {title}");
}

impl Duo {
    /// Key generation and pairing, and then the shares go behind the gates.
    pub(crate) fn new(rng: &mut OsRng) -> Result<Self, Error> {
        let cast = Cast::new(1..=2, rng)?;
        let shares = devices::make_key::<EcdsaSecp256k1>(&cast, Threshold::new(2, 2)?, rng)?.into_outputs();
        let mut pairings = devices::pair(&cast, cast.roster().parties(), rng)?.sets;
        let office = Office::new(&["Alice"], rng)?;
        let key = live_key(shares[0].public());
        let account = derive(shares[0].public(), &Path::new(PATH)?)?;
        let account = ethereum::address(&VerifyingKey::from(&account));
        let mut holders = Vec::new();
        for (share, (name, policy)) in shares.into_iter().zip([("device", DEVICE), ("server", SERVER)]) {
            let (me, about) = (share.id(), (&office, cast.roster()));
            let node = Node::new((name, me), about, policy, key.clone(), Evm::new([(1, 60)]), rng)?;
            holders.push((node, Gated::new(share), pairings.remove(&me).ok_or("not paired")?));
        }
        Ok(Self { office, cast, key, account, holders, now: START })
    }

    fn draft(&self, nonce: u64, to: ethereum::Address, wei: u128) -> Result<Draft, Error> {
        let fees = [1_500_000_000, 40_000_000_000];
        let payload = Transaction::payment(1, nonce, fees, &to, wei).to_bytes();
        let about = (self.cast.roster(), &self.key);
        custody::request(about, &Evm::new([(1, 60)]), (DigestRule::Keccak256, &PATH, payload), self.now)
    }

    pub(crate) fn request(
        &mut self,
        nonce: u64,
        to: ethereum::Address,
        wei: u128,
        rng: &mut OsRng,
    ) -> Result<SigningRequest, Error> {
        self.now += 60;
        Ok(self.draft(nonce, to, wei)?.finish(rng)?)
    }

    /// Both decide, each by itself; if both say yes, they sign. Else whoever said yes gives its reservation back.
    fn pay(&mut self, request: &SigningRequest, answers: &[&Answer], rng: &mut OsRng) -> Result<Paid, Error> {
        let (bytes, session, now) = (request.to_bytes(), session_id(rng), self.now);
        let (mut approved, mut denied) = (Vec::new(), Vec::new());
        for (at, (node, ..)) in self.holders.iter_mut().enumerate() {
            match node.decide(&self.office, (&bytes, answers), session, now)? {
                Ok(one) => approved.push((at, one)),
                Err(one) => denied.push(one),
            }
        }
        if !denied.is_empty() {
            for (at, approved) in approved {
                self.holders[at].0.release(approved, now)?;
            }
            return Ok(Err(denied));
        }
        let (signers, mut sessions) = (self.cast.roster().parties(), Vec::new());
        for (at, approved) in approved {
            let (_, share, pairings) = &self.holders[at];
            sessions.push(gated::ecdsa::sign(share, signers.clone(), pairings, approved, now, rng)?);
        }
        let signature = run(&mut sessions, rng)?;
        for (session, (node, ..)) in sessions.iter_mut().zip(&mut self.holders) {
            session.close(&mut node.stores(), now + 1)?;
        }
        self.now += 1;
        let transaction = Transaction::parse(request.payload())?;
        Ok(Ok(transaction.signed(&signature.to_bytes_recoverable())?))
    }

    /// Fails unless it is signed, by the account.
    pub(crate) fn signed(
        &mut self,
        request: &SigningRequest,
        answers: &[&Answer],
        rng: &mut OsRng,
    ) -> Result<(), Error> {
        self.ask(request, answers);
        let raw = self.pay(request, answers, rng)?.map_err(|_| "it was refused")?;
        if ethereum::sender(&raw)? != self.account {
            return Err("signed by somebody else".into());
        }
        println!("  signed; k256 recovers {}", ethereum::checksummed(&self.account));
        println!("  0x{}", hex(&raw));
        Ok(())
    }

    /// Fails unless somebody refuses, for the reason with this number.
    pub(crate) fn refused(
        &mut self,
        request: &SigningRequest,
        answers: &[&Answer],
        wanted: u16,
        rng: &mut OsRng,
    ) -> Result<(), Error> {
        self.ask(request, answers);
        let denied = self.pay(request, answers, rng)?.err().ok_or("it was signed")?;
        for one in denied {
            expect(&Err::<(), _>(one), wanted)?;
        }
        println!("  not signed");
        Ok(())
    }

    /// Both have used it, and both know for what.
    pub(crate) fn replayed(
        &mut self,
        request: &SigningRequest,
        approval: &Answer,
        rng: &mut OsRng,
    ) -> Result<(), Error> {
        let denied = self.pay(request, &[approval], rng)?.err().ok_or("it was signed twice")?;
        let mut outcomes = Vec::new();
        for (node, ..) in &mut self.holders {
            outcomes.push(node.entry(request)?);
        }
        let Some(Entry::Committed { outcome }) = outcomes[0] else { return Err("it was not used".into()) };
        let done = GateError::AlreadyUsed(RegistryError::Done(outcome));
        if denied.len() != 2 || denied.iter().any(|one| one.error != done) || outcomes[0] != outcomes[1] {
            return Err("the two do not refuse it for what became of it".into());
        }
        println!("  both have what became of it: {}..", hex(&outcome[..8]));
        Ok(())
    }

    /// What is asked, as the request says it.
    fn ask(&self, request: &SigningRequest, answers: &[&Answer]) {
        for fact in request.facts().iter().filter(|fact| fact.kind == FactKind::Transfer) {
            let party = String::from_utf8_lossy(&fact.party);
            println!("  asked, with {} proofs: {} wei to {party}", answers.len(), fact.amount);
        }
    }

    pub(crate) fn logs(&self) -> Result<(), Error> {
        for (node, share, _) in &self.holders {
            let key = self.cast.key(share.id()).ok_or("no identity")?;
            if node.name == "server" {
                node.show_log()?;
            }
            let checkpoint = node.checkpoint(key, self.now)?;
            if node.name == "server" {
                node.tamper(key, checkpoint)?;
            }
        }
        Ok(())
    }
}
