//! A withdrawal desk: a Solana key shared 2-of-3 by three operators' nodes, and a list of withdrawals that two of three people approve with
//! one touch of their passkeys each. Every node still decides every withdrawal by itself: by its payees, by the amount, and by what the last
//! hour has spent.
//!
//! `cargo run --release --example withdrawals`

mod chains;
mod custody;
mod devices;

use std::process::ExitCode;

use chains::solana::{self, FEE, Transfer};
use custody::people::{Answer, Office};
use custody::{Node, START, hex, number, run};
use devices::{Error, OsRng, session_id};
use quorate::approval::fact::{Amount, Fact};
use quorate::approval::gate::Approved;
use quorate::approval::request::{Batch, Content, DecodeError, Decoder, DigestRule, LiveKey, SigningRequest};
use quorate::curve::FrostEd25519;
use quorate::gated::{self, Gated, live_key};
use quorate::key::KeyShare;
use quorate::party::{Parties, Threshold};
use quorate::sim::Cast;
use rand_core::Rng;

const CHAIN: &str = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp";
const COIN: &str = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/slip44:501";

/// Two people for every withdrawal, above 25 SOL one of them with a code as well, and 100 SOL in any hour, fees included. Each node counts what
/// it takes part in: since two of three sign, 150 SOL can leave in an hour if others are asked each time.
const POLICY: &str = r#"
version = 1
revision = {revision}
approvers = "{approvers}"

[lists]
payees = [{payees}]

[[cap]]
id = "hour"
scope = "key"
asset = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/slip44:501"
window_s = 3600
limit = "100000000000"

[[rule]]
id = "out"
effect = "allow"
action = "sign"
caps = ["hour"]
min_signers = 2
facts = [
    { fact = "transfer", asset = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/slip44:501", to = "payees" },
    { fact = "fee", asset = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/slip44:501", up_to = "10000" },
]
tiers = [
    { up_to = "25000000000", approvers = 2, factors = ["passkey_uv"] },
    { up_to = "50000000000", approvers = 2, factors = ["passkey_uv"], step_up = ["totp"] },
]
"#;

const SOL: u64 = 1_000_000_000;
const PAYEES: [[u8; 32]; 3] = [[0x11; 32], [0x22; 32], [0x33; 32]];
/// To whom, and how many SOL: 110 in all.
const LIST: [(usize, u64); 5] = [(0, 20), (1, 25), (2, 5), (1, 30), (0, 30)];

/// What each node reads in a payload. It is the application's: the library has no decoder for this chain.
struct Solana;

impl Decoder for Solana {
    fn facts(&self, content: &Content<'_>) -> Result<Vec<Fact>, DecodeError> {
        let transfer = Transfer::parse(content.payload).filter(|_| content.rule == DigestRule::Message);
        let transfer = transfer.ok_or(DecodeError::NotMine)?;
        // Somebody else's money would move by somebody else's signature.
        if transfer.from[..] != content.key.public {
            return Err(DecodeError::Malformed);
        }
        let [amount, fee] = [transfer.lamports, FEE].map(|lamports| Amount::from(u128::from(lamports)));
        let to = solana::address(&transfer.to);
        Ok(vec![Fact::transfer(CHAIN, COIN, to, amount), Fact::fee(CHAIN, COIN, fee)])
    }
}

fn main() -> ExitCode {
    devices::exit("withdrawals", live())
}

pub(crate) struct Desk {
    pub(crate) office: Office,
    cast: Cast,
    key: LiveKey,
    holders: Vec<(Node, Gated<KeyShare<FrostEd25519>>)>,
    now: u64,
}

/// What the nodes say of one withdrawal: each the number of its refusal, or 0; and what those have that said yes.
pub(crate) struct Decided {
    pub(crate) said: Vec<u16>,
    approved: Vec<(usize, Approved<SigningRequest>)>,
}

pub(crate) fn live() -> Result<(), Error> {
    let rng = &mut devices::os_rng();
    let mut desk = Desk::new(rng)?;
    let mut list = Vec::new();
    for (payee, sol) in LIST {
        list.push(desk.request(payee, sol, rng)?);
    }
    let batch = Batch::new(&list)?;

    step("Alice approves the list of five, with one touch; the first node is asked");
    let alice = desk.office.people[0].approves_all(&batch);
    for (at, request) in list.iter().enumerate() {
        title(at);
        desk.decide_at(&[0], request, &[&alice], rng)?.expect(&[5608])?;
    }

    step("Bob approves it too, and all three nodes are asked, about each by itself");
    let bob = desk.office.people[1].approves_all(&batch);
    let mut decided = Vec::new();
    for (at, request) in list.iter().enumerate() {
        title(at);
        decided.push(desk.decide(request, &[&alice, &bob], rng)?);
    }
    // The third node's policy is a revision ahead, without the payee of the third withdrawal.
    for (one, wanted) in decided.iter().zip([[0, 0, 0], [0, 0, 0], [0, 0, 5606], [5608; 3], [5608; 3]]) {
        one.expect(&wanted)?;
    }

    step("Bob adds a code, for those that want one; the last is beyond what an hour may spend");
    desk.now += 30;
    let code = desk.office.people[1].code(desk.now)?;
    for (at, wanted) in [(3, [0; 3]), (4, [5609; 3])] {
        title(at);
        decided[at] = desk.decide(&list[at], &[&alice, &bob, &code], rng)?;
        decided[at].expect(&wanted)?;
    }

    step("two of those that said yes sign");
    let mut signed = Vec::new();
    for (at, (request, one)) in list.iter().zip(decided).enumerate() {
        title(at);
        signed.push(desk.sign(request, one, at, rng)?);
    }
    if signed != [true, true, true, true, false] {
        return Err(format!("other withdrawals were signed: {signed:?}").into());
    }

    step("an hour later: the list has expired, and what it approved with it");
    desk.now += 3600;
    title(4);
    desk.decide_at(&[0], &list[4], &[&alice, &bob], rng)?.expect(&[5602])?;

    step("a new request for the last withdrawal: the window has moved on");
    let (payee, sol) = LIST[4];
    let again = desk.request(payee, sol, rng)?;
    let [alice, bob] = [0, 1].map(|who| desk.office.people[who].approves(&again));
    let code = desk.office.people[1].code(desk.now)?;
    title(4);
    let one = desk.decide(&again, &[&alice, &bob, &code], rng)?;
    one.expect(&[0; 3])?;
    if !desk.sign(&again, one, 0, rng)? {
        return Err("the last withdrawal was not signed".into());
    }

    step("the logs; the third node's in full");
    desk.logs()
}

fn step(title: &str) {
    println!("\n== {title}");
}

fn title(at: usize) {
    let (payee, sol) = LIST[at];
    println!("{}. {sol} SOL to {}", at + 1, solana::address(&PAYEES[payee]));
}

impl Decided {
    /// Fails unless the nodes said exactly this.
    pub(crate) fn expect(&self, wanted: &[u16]) -> Result<(), Error> {
        if self.said == wanted {
            Ok(())
        } else {
            Err(format!("the nodes said {:?}, not {wanted:?}", self.said).into())
        }
    }
}

impl Desk {
    pub(crate) fn new(rng: &mut OsRng) -> Result<Self, Error> {
        let cast = Cast::new(1..=3, rng)?;
        let shares = devices::make_key::<FrostEd25519>(&cast, Threshold::new(2, 3)?, rng)?.into_outputs();
        let office = Office::new(&["Alice", "Bob", "Carol"], rng)?;
        let key = live_key(shares[0].public());
        let mut holders = Vec::new();
        println!("account {}, 2-of-3", bs58::encode(&key.public).into_string());
        for (share, (name, payees)) in shares.into_iter().zip([("node 1", 3), ("node 2", 3), ("node 3", 2)]) {
            let list: Vec<_> = PAYEES[..payees].iter().map(|p| format!("{:?}", solana::address(p))).collect();
            let revision = if payees == 3 { "1" } else { "2" };
            let policy = POLICY.replace("{payees}", &list.join(", ")).replace("{revision}", revision);
            let about = (&office, cast.roster());
            let node = Node::new((name, share.id()), about, &policy, key.clone(), Solana, rng)?;
            println!("{name}: policy {}.., {payees} payees", hex(&node.policy.hash()[..8]));
            holders.push((node, Gated::new(share)));
        }
        Ok(Self { office, cast, key, holders, now: START })
    }

    pub(crate) fn request(&self, payee: usize, sol: u64, rng: &mut OsRng) -> Result<SigningRequest, Error> {
        let from = self.key.public[..].try_into()?;
        // As a node of the chain said lately.
        let mut recent_blockhash = [0; 32];
        rng.fill_bytes(&mut recent_blockhash);
        let transfer = Transfer { from, to: PAYEES[payee], lamports: sol * SOL, recent_blockhash };
        let about = (self.cast.roster(), &self.key);
        let draft =
            custody::request(about, &Solana, (DigestRule::Message, &[], transfer.to_bytes()), self.now)?;
        Ok(draft.finish(rng)?)
    }

    pub(crate) fn decide(
        &mut self,
        request: &SigningRequest,
        answers: &[&Answer],
        rng: &mut OsRng,
    ) -> Result<Decided, Error> {
        self.decide_at(&[0, 1, 2], request, answers, rng)
    }

    /// These nodes decide, each by itself.
    fn decide_at(
        &mut self,
        nodes: &[usize],
        request: &SigningRequest,
        answers: &[&Answer],
        rng: &mut OsRng,
    ) -> Result<Decided, Error> {
        let (bytes, session) = (request.to_bytes(), session_id(rng));
        let mut decided = Decided { said: Vec::new(), approved: Vec::new() };
        for at in nodes {
            let node = &mut self.holders[*at].0;
            match node.decide(&self.office, (&bytes, answers), session, self.now)? {
                Ok(approved) => {
                    decided.said.push(0);
                    decided.approved.push((*at, approved));
                }
                Err(denied) => decided.said.push(number(&denied.error)),
            }
        }
        Ok(decided)
    }

    /// Two of those that approved it sign, in turn; if there are not two, nobody does. Whoever is not needed gives its reservation back.
    pub(crate) fn sign(
        &mut self,
        request: &SigningRequest,
        mut decided: Decided,
        turn: usize,
        rng: &mut OsRng,
    ) -> Result<bool, Error> {
        let yes = decided.approved.len();
        decided.approved.rotate_left(turn % yes.max(1));
        let needed = if yes < 2 { 0 } else { 2 };
        for (at, approved) in decided.approved.split_off(needed) {
            self.holders[at].0.release(approved, self.now)?;
        }
        if needed == 0 {
            println!("  not signed: {yes} of the 2 that it takes said yes");
            return Ok(false);
        }
        let signers = Parties::new(decided.approved.iter().map(|(at, _)| self.holders[*at].1.id()))?;
        let (mut places, mut sessions) = (Vec::new(), Vec::new());
        for (at, approved) in decided.approved {
            let share = &self.holders[at].1;
            sessions.push(gated::frost::sign(share, signers.clone(), approved, self.now, rng)?);
            places.push(at);
        }
        let signature = run(&mut sessions, rng)?;
        for (session, at) in sessions.iter_mut().zip(places) {
            session.close(&mut self.holders[at].0.stores(), self.now)?;
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(&self.key.public[..].try_into()?)?;
        let verified = key.verify_strict(request.payload(), &signature.into());
        verified.map_err(|_| "ed25519-dalek refuses the signature")?;
        let transfer = Transfer::parse(request.payload()).ok_or("not a transfer")?;
        let length = transfer.signed(&signature.to_bytes()).len();
        let name = bs58::encode(signature.to_bytes()).into_string();
        println!("  {signers} signed, verified by ed25519-dalek: {length} bytes, transaction {name}");
        Ok(true)
    }

    fn logs(&self) -> Result<(), Error> {
        for (node, share) in &self.holders {
            let key = self.cast.key(share.id()).ok_or("no identity")?;
            if node.name == "node 3" {
                node.show_log()?;
            }
            let checkpoint = node.checkpoint(key, self.now)?;
            if node.name == "node 3" {
                node.tamper(key, checkpoint)?;
            }
        }
        Ok(())
    }
}
