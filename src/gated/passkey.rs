//! A passkey's key behind the gate.
//!
//! A share becomes a passkey's by its record ([`Gated::into_passkey`]), for good: the record is stored with it and goes with it through the epochs
//! of the key. From then on it opens assertions ([`sign`]) and what belongs to the life of a key, and nothing else (X7): no message under another digest rule,
//! no derived key, no presignature. A member that joins, or gets its share back, makes its record itself, from its own configuration.

use alloc::boxed::Box;
use alloc::vec;

use rand_core::CryptoRng;

use super::open::{Unopened, check as check_request, open};
use super::session::GatedSession;
use super::{Gated, Holds};
use crate::approval::gate::{Approved, GateError};
use crate::approval::passkey::{PasskeyError, Payload, Record, Statement, UserEvidence, check};
use crate::approval::request::{Action, DigestRule, SigningRequest};
use crate::curve::EcdsaP256;
use crate::ecdsa::{Message, Sign, Task};
use crate::key::{KeyShare, Path};
use crate::pairing::Pairings;
use crate::party::Parties;

/// What did not become a passkey's, as it was, and why.
pub type NotPasskey<H> = Box<(PasskeyError, Gated<H>)>;

impl<H: Holds<EcdsaP256>> Gated<H> {
    /// Makes it a passkey's. To be done as soon as the key is there, before anything is signed with it.
    ///
    /// # Errors
    /// [`PasskeyError::WrongKey`] if the record is of another key; [`PasskeyError::OtherRecord`] if the key has another record already.
    pub fn into_passkey(mut self, record: Record) -> Result<Self, NotPasskey<H>> {
        // A record of epochs without a share says so when it is to sign.
        let fits = self.0.share().map_or(Ok(()), |share| is_of(&record, share));
        let fixed = self.1.record.as_ref().is_some_and(|old| **old != record);
        match fits {
            Ok(()) if fixed => Err(Box::new((PasskeyError::OtherRecord, self))),
            Ok(()) => {
                self.1.record = Some(Box::new(record));
                Ok(self)
            }
            Err(error) => Err(Box::new((error, self))),
        }
    }
}

impl<T> Gated<T> {
    /// The record, if it is a passkey's.
    #[must_use]
    pub fn passkey(&self) -> Option<&Record> {
        self.1.record.as_deref()
    }
}

fn is_of(record: &Record, share: &KeyShare<EcdsaP256>) -> Result<(), PasskeyError> {
    if record.key().to_sec1()[..] == share.public().public_key() {
        Ok(())
    } else {
        Err(PasskeyError::WrongKey)
    }
}

/// Opens the signing of an assertion, by exactly `t` signers, for one request: with what this holder signs, which takes the signature when it
/// is there ([`Statement::finish`]).
///
/// # Errors
/// [`Unopened`], with [`GateError::WrongContent`] if the share is no passkey's, G3 and G5, [`GateError::Passkey`] of X1 to X7, or
/// [`GateError::Setup`] as [`Task::new`] and [`Sign::start`] say.
pub fn sign<H: Holds<EcdsaP256>>(
    share: &Gated<H>,
    signers: Parties,
    pairings: &Pairings,
    approved: Approved<SigningRequest>,
    now: u64,
    rng: &mut dyn CryptoRng,
) -> Result<(GatedSession<Sign<EcdsaP256>>, Statement), Box<Unopened>> {
    let mut made = None;
    let session = open(vec![approved], |approved| {
        let [one] = approved else { return Err(GateError::WrongSetup) };
        let key = share.0.share()?;
        // [X7] no other rule, and no derived key
        if one.request().rule() != DigestRule::Webauthn || !one.request().path().is_empty() {
            return Err(PasskeyError::RawRefused.into());
        }
        check_request(one, &[Action::Sign], key.public(), now)?;
        one.check_signers(signers.len())?;
        // [G4] what is signed is made from the record and the payload, here
        let statement = statement(share.passkey().ok_or(GateError::WrongContent)?, key, one)?;
        let message = Message::sha256(&statement.preimage());
        let task = Task::new(key.public(), signers, Path::default(), message, one.session())?;
        made = Some(statement);
        Ok(Sign::start(key, task, pairings, rng)?)
    })?;
    // A session was opened after the statement was made.
    let Some(statement) = made else { return Err(Unopened::new(GateError::WrongContent, vec![], ())) };
    Ok((session, statement))
}

fn statement(
    record: &Record,
    share: &KeyShare<EcdsaP256>,
    approved: &Approved<SigningRequest>,
) -> Result<Statement, PasskeyError> {
    is_of(record, share)?;
    let request = approved.request();
    let payload = Payload::from_bytes(request.payload())?;
    // [X6] the gate counted it, over this request or a batch that lists it
    let evidence = approved.user_verified().then(|| UserEvidence::over(*request.hash()));
    check(record, &payload, request.hash(), evidence.as_ref())
}
