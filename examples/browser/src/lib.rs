//! One holder of a 2-of-2 key for Ethereum, in WebAssembly. A page runs one and a worker the other; they share nothing but messages, which go
//! through the page's scripts as bytes that nobody there can read or forge.
//!
//! Each holder decides by its own policy what it signs, from the request and the assertion of the owner's passkey. What is kept here in memory, a
//! wallet keeps sealed (`quorate::vault`) in IndexedDB, and a server in its database: records of epochs before [`Holder::receive`] answers for
//! them, pairings, the registry, the caps, the log.

mod error;
#[path = "../../chains/ethereum.rs"]
#[allow(dead_code, clippy::expect_used)]
mod ethereum;
mod line;
mod office;
mod work;

use js_sys::{Array, Uint8Array};
use k256::ecdsa::VerifyingKey;
use quorate::approval::request::{Draft, Purpose, SigningRequest};
use quorate::approval::webauthn::Registration;
use quorate::key::{Path, derive};
use quorate::pairing::Pairings;
use quorate::party::PartyId;
use quorate::wire::SessionId;
use rand_core::{Rng, UnwrapErr};
use wasm_bindgen::prelude::wasm_bindgen;

use error::Result;
use ethereum::Transaction;
use line::Line;
use office::{Answer, Office, Registered};
use work::{Outcome, Record, Used, Work};

type OsRng = UnwrapErr<getrandom::SysRng>;

/// `m/44/60/0/0/0`, without the hardened steps that a shared key cannot take.
const PATH: [u32; 5] = [44, 60, 0, 0, 0];

/// A holder: the page is 1, the worker 2.
#[wasm_bindgen]
pub struct Holder {
    line: Line,
    work: Work,
    record: Option<Box<Record>>,
    pairings: Pairings,
    used: Used,
    office: Option<Office>,
    rng: OsRng,
}

#[wasm_bindgen]
impl Holder {
    /// With a new identity.
    #[wasm_bindgen(constructor)]
    pub fn new(me: u16) -> Result<Holder> {
        let mut rng = UnwrapErr(getrandom::SysRng);
        let line = Line::new(PartyId::new(me)?, &mut rng);
        let (record, pairings, used) = (None, Pairings::new(), Used::default());
        Ok(Self { line, work: Work::None, record, pairings, used, office: None, rng })
    }

    /// 32 bytes, for the other holder. The page and its worker exchange them when the page loads; a wallet and a server, when they are
    /// enrolled.
    pub fn identity(&self) -> Vec<u8> {
        self.line.identity()
    }

    /// Takes the other's identity; from now on only its messages count.
    pub fn meet(&mut self, other: &[u8]) -> Result<()> {
        self.line.meet(other)
    }

    /// Begins a handshake.
    pub fn connect(&mut self) -> Result<()> {
        self.line.connect(&mut self.rng)
    }

    /// Whether the handshake is done.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.line.is_connected()
    }

    /// What is to be sent, in order.
    pub fn outgoing(&mut self) -> Array {
        self.line.outgoing().iter().map(|bytes| Uint8Array::from(&bytes[..])).collect()
    }

    /// A text for the other holder, through the channel.
    pub fn tell(&mut self, text: &str) -> Result<()> {
        self.line.tell(text)
    }

    /// Takes what has arrived. Gives the text that the other holder told, if it is one; what is refused changes nothing.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Option<String>> {
        let text = self.line.receive(bytes, &mut self.rng)?;
        self.go_on()?;
        Ok(text)
    }

    /// 16 random bytes, to name a run.
    pub fn session_id(&mut self) -> Vec<u8> {
        let mut id = [0; 16];
        self.rng.fill_bytes(&mut id);
        id.to_vec()
    }

    /// Begins to make the key.
    pub fn make_key(&mut self, session: &[u8]) -> Result<()> {
        self.work = Work::key(&self.line, id(session)?, &mut self.used, &mut self.rng)?;
        self.go_on()
    }

    /// Begins to pair with the other holder.
    pub fn pair(&mut self, session: &[u8]) -> Result<()> {
        self.work = Work::pairing(&self.line, id(session)?, &mut self.used, &mut self.rng)?;
        self.go_on()
    }

    /// Puts the share behind the gate: enrols the owner's passkey, and compiles the policy, JSON in which `{approvers}` stands for the hash of
    /// those who approve. `now` is in seconds, here and below.
    #[allow(clippy::too_many_arguments)]
    pub fn guard(
        &mut self,
        policy: &str,
        origin: &str,
        rp_id: &str,
        challenge: &[u8],
        client_data: &[u8],
        attestation_object: &[u8],
        user_handle: &[u8],
        now: f64,
    ) -> Result<()> {
        let record = *self.record.take().ok_or("no key")?;
        let registration = Registration { client_data, attestation_object, user_handle };
        let registered = Registered { origin, rp_id, challenge, registration };
        let about = (self.line.cluster()?, self.line.me);
        self.office = Some(Office::open(about, record, policy, &registered, seconds(now), &mut self.rng)?);
        Ok(())
    }

    /// The account, as EIP-55 writes it.
    pub fn account(&self) -> Result<String> {
        let key = match (&self.office, &self.record) {
            (Some(office), _) => office.public(),
            (None, Some(record)) => record.current().ok_or("no share")?.public(),
            (None, None) => return Err("no key".into()),
        };
        let account = VerifyingKey::from(&derive(key, &Path::new(PATH)?)?);
        Ok(ethereum::checksummed(&ethereum::address(&account)))
    }

    /// A request to pay so much wei, alive for five minutes.
    pub fn request(&mut self, to: &str, wei: &str, nonce: u32, now: f64) -> Result<Vec<u8>> {
        let to = to.strip_prefix("0x").and_then(|to| hex::decode(to).ok()).ok_or("not an address")?;
        let to = to.try_into().map_err(|_| "not an address")?;
        let fees = [1_500_000_000, 40_000_000_000];
        let wei = wei.parse().map_err(|_| "not an amount")?;
        let payload = Transaction::payment(1, nonce.into(), fees, &to, wei).to_bytes();
        let draft: Draft = self.office()?.draft(payload, seconds(now))?;
        Ok(draft.finish(&mut self.rng)?.to_bytes())
    }

    /// What the owner's passkey signs to approve a request.
    pub fn challenge(&self, request: &[u8]) -> Result<Vec<u8>> {
        let request = SigningRequest::from_bytes(request)?;
        Ok(request.challenge(Purpose::Approve).to_vec())
    }

    /// What a request asks for, read from the transaction itself.
    pub fn describe(&self, request: &[u8]) -> Result<String> {
        let request = SigningRequest::from_bytes(request)?;
        Ok(Transaction::parse(request.payload())?.describe())
    }

    /// Decides by this holder's own gate, from the request and the assertions of passkeys: `[{id, clientData, authenticatorData, signature}]` in
    /// base64url, as JSON. If it says yes, it begins to sign. A no says why, with its number.
    pub fn sign(&mut self, request: &[u8], assertions: &str, session: &[u8], now: f64) -> Result<()> {
        let session = id(session)?;
        let answers = Answer::read(assertions)?;
        let Self { line, work, pairings, office, rng, .. } = self;
        let office = office.as_mut().ok_or("no gate yet")?;
        let with = (line.both()?, &*pairings);
        *work = Work::signing(office.sign(request, &answers, session, with, seconds(now), rng)?);
        self.go_on()
    }

    /// What is being done: `"key"`, `"pairing"`, `"signature"`; nothing when it is done.
    #[must_use]
    pub fn working(&self) -> Option<String> {
        self.work.name().map(Into::into)
    }

    /// The raw transaction, signed, once.
    pub fn transaction(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.office()?.signed.take())
    }

    /// Gives up what is being signed, because the other holder refused. What was reserved for it is settled.
    pub fn give_up(&mut self, now: f64) -> Result<()> {
        if let (Work::Sign(session, _), Some(office)) = (&mut self.work, &mut self.office) {
            session.give_up();
            office.close(session, seconds(now))?;
            self.work = Work::None;
        }
        Ok(())
    }

    fn office(&mut self) -> Result<&mut Office> {
        self.office.as_mut().ok_or_else(|| "no gate yet".into())
    }

    /// Gives the session what has come for it, and does what can be done.
    fn go_on(&mut self) -> Result<()> {
        match self.work.go_on(&mut self.line, &mut self.rng)? {
            None => {}
            Some(Outcome::Key(record)) => self.record = Some(record),
            Some(Outcome::Pairing(pairing)) => drop(self.pairings.insert(*pairing)),
            Some(Outcome::Signature(mut session, signature)) => {
                let (now, account) = (seconds(js_sys::Date::now() / 1000.0), self.account()?);
                let office = self.office()?;
                office.close(&mut session, now)?;
                office.settle(&signature, &account)?;
            }
        }
        Ok(())
    }
}

fn id(bytes: &[u8]) -> Result<SessionId> {
    Ok(SessionId(bytes.try_into().map_err(|_| "16 bytes name a run")?))
}

/// The clock of JavaScript counts in floating point.
fn seconds(now: f64) -> u64 {
    now as u64
}
