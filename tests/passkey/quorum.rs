//! A threshold key from its generation to what relying parties and Safes accept.

use std::collections::BTreeMap;

use super::accepted::RelyingParty;
use super::approval::{Office, request};
use super::driver::rng;
use super::given::{ORIGIN, RP, SAFE, payment};
use super::safe::{Safe, SignerContract};
use p256::ecdsa::VerifyingKey;
use quorate::approval::keyfmt::P256Key;
use quorate::approval::passkey::owners::{OwnerSignature, owner_blob};
use quorate::approval::passkey::{Assertion, Mode, Payload, Record, Statement, check};
use quorate::approval::request::SigningRequest;
use quorate::curve::EcdsaP256;
use quorate::dkg::{Dkg, Run};
use quorate::ecdsa::{Message, Sign, Signature, Task};
use quorate::error::Rejected;
use quorate::key::{KeyShare, Path};
use quorate::pairing::Pairings;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::sim::{Cast, MemoryLedger, Report};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;

/// Three holders, of whom the last two sign.
struct Quorum {
    cast: Cast,
    shares: Vec<KeyShare<EcdsaP256>>,
    signers: Parties,
    pairings: BTreeMap<PartyId, Pairings>,
    rng: ChaCha20Rng,
}

impl Quorum {
    /// Key generation and pairing by the protocols.
    fn new(seed: u64) -> Self {
        let mut rng = rng(seed);
        let cast = Cast::new(1..=3, &mut rng).unwrap();
        let run = Run::new(Threshold::new(2, 3).unwrap(), cast.roster().clone(), SessionId([1; 16])).unwrap();
        let mut start = |me| Dkg::start(&run, me, &mut MemoryLedger::default(), &mut rng).unwrap();
        let sessions: Vec<_> = cast.ids().into_iter().map(&mut start).collect();
        let shares: Vec<_> = cast.run(sessions, &mut rng).into_iter().map(Report::output).collect();
        let signers = Parties::from_numbers([2, 3]).unwrap();
        let pairings = cast.pair(&signers, &mut rng).unwrap();
        Self { cast, shares, signers, pairings, rng }
    }

    fn key(&self) -> P256Key {
        P256Key::from_sec1(&self.shares[0].public().public_key()).unwrap()
    }

    fn record(&self, mode: Mode) -> Record {
        Record::new(self.key(), RP, ORIGIN, mode).unwrap()
    }

    /// What each signer does with what it makes itself: the first gets the first statement.
    fn run(&mut self, statements: &[Statement; 2]) -> Vec<Report<Signature<EcdsaP256>>> {
        let mut sessions = Vec::new();
        for (me, statement) in self.signers.iter().zip(statements) {
            let share = self.shares.iter().find(|share| share.id() == me).unwrap();
            let message = Message::sha256(&statement.preimage());
            let task =
                Task::new(share.public(), self.signers.clone(), Path::default(), message, SessionId([7; 16]));
            sessions.push(Sign::start(share, task.unwrap(), &self.pairings[&me], &mut self.rng).unwrap());
        }
        self.cast.run(sessions, &mut self.rng)
    }

    fn sign(&mut self, record: &Record, request: &SigningRequest) -> Assertion {
        // each holder by itself, from the bytes of the request and its own record
        let office = Office::new();
        let holder = || {
            let request = SigningRequest::from_bytes(&request.to_bytes()).unwrap();
            let record = Record::from_bytes(&record.to_bytes()).unwrap();
            let payload = Payload::from_bytes(request.payload()).unwrap();
            check(&record, &payload, request.hash(), Some(&office.approves(&request))).unwrap()
        };
        let statements = [holder(), holder()];
        let mut signatures = self.run(&statements).into_iter().map(Report::output);
        let signature = signatures.next().unwrap();
        assert_eq!(signatures.next(), Some(signature));
        let [statement, _] = statements;
        statement.finish(&signature.to_bytes()).unwrap()
    }
}

#[test]
fn a_quorum_logs_in() {
    let mut quorum = Quorum::new(81);
    let record = quorum.record(Mode::Web);
    let mut rp = RelyingParty::with(&record, true);
    for nonce in [1, 2] {
        let challenge = [nonce; 32];
        let assertion = quorum.sign(&record, &request(&Payload::web(&record, &challenge, true), nonce));
        assert_eq!(rp.login(&challenge, &assertion), Ok(()));
    }
}

#[test]
fn a_quorum_owns_a_safe() {
    let mut quorum = Quorum::new(82);
    let record = quorum.record(Mode::Safe { chain_id: 1, safe: SAFE });
    let payload = Payload::safe(&record, payment()).unwrap();
    let assertion = quorum.sign(&record, &request(&payload, 1));
    let key = VerifyingKey::from_sec1_bytes(&quorum.key().to_sec1()).unwrap();
    let safe = Safe { owners: vec![SignerContract { address: [3; 20], key }], threshold: 1 };
    let signature = assertion.contract_signature().unwrap();
    let blob = owner_blob(&[OwnerSignature::Contract { owner: [3; 20], signature }]).unwrap();
    let hash: [u8; 32] = payload.challenge.try_into().unwrap();
    assert_eq!(safe.check_signatures(&hash, &blob), Ok(()));
}

/// Holders whose records differ make different client data, and learn it before anything secret has been used.
#[test]
fn holders_with_different_records_do_not_sign_together() {
    let mut quorum = Quorum::new(83);
    let elsewhere = Record::new(quorum.key(), RP, "https://wallet.example", Mode::Web).unwrap();
    let statement =
        |record: &Record| check(record, &Payload::web(record, &[5; 32], false), &[0; 32], None).unwrap();
    let reports = quorum.run(&[statement(&quorum.record(Mode::Web)), statement(&elsewhere)]);
    for report in reports {
        assert!(report.outcome.is_none());
        assert!(report.rejected.iter().all(|why| matches!(why, Rejected::SetupMismatch(_))));
        assert!(!report.rejected.is_empty());
    }
}
