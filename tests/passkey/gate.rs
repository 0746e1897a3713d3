//! A passkey's key behind the gate: what holders open, and what they do not.

use super::accepted::RelyingParty;
use super::driver::rng;
use super::given::{ORIGIN, RP, SAFE, payment};
use super::safe::holders::{No, Office, Quorum};
use super::safe::{Safe, SignerContract};
use p256::ecdsa::VerifyingKey;
use quorate::approval::fact::{Amount, Fact};
use quorate::approval::gate::{Approved, GateError};
use quorate::approval::passkey::owners::{OwnerSignature, owner_blob};
use quorate::approval::passkey::{Mode, PasskeyError, Payload, Record};
use quorate::approval::policy::{Decision, PolicyError};
use quorate::approval::request::{Action, DigestRule, Draft, KeyRef, RequestError, SigningRequest};
use quorate::curve::EcdsaP256;
use quorate::ecdsa::{Presign, PresignTask};
use quorate::gated::{Gated, ecdsa, passkey};
use quorate::key::epoch::Epochs;
use quorate::key::{KeyShare, Path};
use quorate::pairing::Pairings;
use quorate::party::{Parties, Threshold};
use quorate::sim::{Cast, Report};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;

const RULES: &str = r#"[
    {"id": "login", "effect": "allow", "action": "sign",
     "facts": [{"fact": "call", "chain": "webauthn", "to": "wallet.example"}],
     "tiers": [{"approvers": 1, "factors": ["passkey"]}]},
    {"id": "pay", "effect": "allow", "action": "sign",
     "facts": [{"fact": "transfer", "asset": "eip155:1/slip44:60", "to": "0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0"}],
     "tiers": [{"up_to": "1000", "approvers": 1, "factors": ["passkey"]}]},
    {"id": "pay-elsewhere", "effect": "allow", "action": "sign",
     "facts": [{"fact": "transfer", "asset": "eip155:10/slip44:60", "to": "0xb0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0"}],
     "tiers": [{"up_to": "1000", "approvers": 1, "factors": ["passkey"]}]},
    {"id": "anything", "effect": "allow", "action": "sign_raw", "facts": [{"fact": "opaque"}],
     "tiers": [{"approvers": 1, "factors": ["passkey_uv"]}]}
]"#;

const SAFE_MODE: Mode = Mode::Safe { chain_id: 1, safe: SAFE };

/// Holders of a dealt key, and who approves.
struct Stage {
    office: Office,
    quorum: Quorum,
    rng: ChaCha20Rng,
}

type Dealt = (Cast, Vec<KeyShare<EcdsaP256>>, std::collections::BTreeMap<quorate::party::PartyId, Pairings>);

fn dealt(seed: u64) -> Dealt {
    let rng = &mut rng(seed);
    let cast = Cast::new(1..=2, rng).unwrap();
    let shares = cast.deal::<EcdsaP256>(Threshold::new(2, 2).unwrap(), rng).unwrap();
    let pairings = cast.deal_pairings(&Parties::from_numbers([1, 2]).unwrap(), rng).unwrap();
    (cast, shares, pairings)
}

impl Stage {
    fn new(mode: Mode) -> Self {
        let (_, shares, pairings) = dealt(91);
        let quorum = Quorum::new(shares, pairings, (RP, ORIGIN), mode).unwrap();
        Self { office: Office::new(RULES).unwrap(), quorum, rng: rng(92) }
    }

    fn record(&self) -> Record {
        self.quorum.record().clone()
    }

    fn ask(
        &mut self,
        payload: &Payload,
        user_verified: bool,
    ) -> Result<quorate::approval::passkey::Assertion, No> {
        let request = self.quorum.request(payload, &mut self.rng).unwrap();
        let approval = self.office.approve(&request, user_verified);
        self.quorum.sign(&self.office, &request, &approval, &mut self.rng)
    }

    /// What the holders themselves refuse, after the policy said yes.
    fn refusal(&mut self, payload: &Payload) -> PasskeyError {
        match self.ask(payload, true) {
            Err(No::Refused(GateError::Passkey(error))) => error,
            other => panic!("{other:?}"),
        }
    }

    /// What the policy refuses.
    fn denial(&mut self, payload: &Payload) -> GateError {
        match self.ask(payload, true) {
            Err(No::Denied(denied)) => denied.error,
            other => panic!("{other:?}"),
        }
    }

    /// Something else that Alice approves for this key, at the first holder.
    fn approved(&mut self, change: impl FnOnce(&mut Draft)) -> Approved<SigningRequest> {
        let key = self.quorum.holders[0].key.clone();
        let mut draft = Draft {
            action: Action::SignRaw,
            rule: DigestRule::Sha256,
            cluster: [0xc1; 32],
            key: Some(KeyRef { scheme: key.scheme, id: key.id, epoch: key.epoch }),
            not_before: super::safe::holders::NOW,
            expires: super::safe::holders::NOW + 300,
            requester: None,
            path: Vec::new(),
            tweak: Vec::new(),
            payload: b"anything".to_vec(),
            facts: vec![Fact::opaque()],
        };
        change(&mut draft);
        let request = draft.finish(&mut self.rng).unwrap();
        let approval = self.office.approve(&request, true);
        let holder = &mut self.quorum.holders[0];
        holder.decide(&self.office, &request.to_bytes(), &approval, SessionId([5; 16])).unwrap()
    }
}

#[test]
fn a_login_and_a_payment_pass_the_gate() {
    let mut web = Stage::new(Mode::Web);
    let mut rp = RelyingParty::with(&web.record(), true);
    let assertion = web.ask(&Payload::web(&web.record(), &[1; 32], true), true).unwrap();
    assert_eq!(rp.login(&[1; 32], &assertion), Ok(()));
    // the quorum does not say that it saw the user where it did not
    let unverified = web.ask(&Payload::web(&web.record(), &[2; 32], false), false).unwrap();
    assert_eq!(unverified.authenticator_data()[32], 0x19);

    let mut stage = Stage::new(SAFE_MODE);
    let payload = Payload::safe(&stage.record(), payment()).unwrap();
    let signature = stage.ask(&payload, true).unwrap().contract_signature().unwrap();
    let key = VerifyingKey::from_sec1_bytes(&stage.record().key().to_sec1()).unwrap();
    let safe = Safe { owners: vec![SignerContract { address: [3; 20], key }], threshold: 1 };
    let blob = owner_blob(&[OwnerSignature::Contract { owner: [3; 20], signature }]).unwrap();
    assert_eq!(safe.check_signatures(&payload.challenge.try_into().unwrap(), &blob), Ok(()));
}

#[test]
fn holders_refuse_what_the_policy_cannot_see() {
    let mut web = Stage::new(Mode::Web);
    let login = |web: &Stage| Payload::web(&web.record(), &[1; 32], true);
    let mut payload = login(&web);
    payload.origin = "https://wallet.example".into();
    assert_eq!(web.refusal(&payload), PasskeyError::WrongOrigin);
    let mut payload = login(&web);
    payload.challenge = vec![1; 15];
    assert_eq!(web.refusal(&payload), PasskeyError::Challenge);
    let mut payload = login(&web);
    payload.flags |= 0x40;
    assert_eq!(web.refusal(&payload), PasskeyError::Flags);

    let mut stage = Stage::new(SAFE_MODE);
    let pay = |stage: &Stage| Payload::safe(&stage.record(), payment()).unwrap();
    let disguised = Payload::web(&stage.record(), &pay(&stage).challenge, true);
    assert_eq!(stage.refusal(&disguised), PasskeyError::WrongMode);
    for (what, change) in [
        ("safe", (|p| p.transaction.as_mut().unwrap().safe[0] ^= 1) as fn(&mut Payload)),
        ("chain", |p| p.transaction.as_mut().unwrap().chain_id = 10),
        ("nonce", |p| p.transaction.as_mut().unwrap().tx.nonce = Amount::from(99)),
        ("raw digest", |p| p.challenge = vec![7; 32]),
    ] {
        let mut payload = pay(&stage);
        change(&mut payload);
        assert_eq!(stage.refusal(&payload), PasskeyError::WrongSafeTx, "{what}");
        // also where the challenge goes with it
        if matches!(what, "safe" | "chain") {
            payload.challenge = payload.transaction.as_ref().unwrap().hash().to_vec();
            assert_eq!(stage.refusal(&payload), PasskeyError::WrongSafeTx, "{what}");
        }
    }
}

#[test]
fn the_policy_denies_what_it_can_see() {
    let no_rule = GateError::Denied(Decision::Deny(PolicyError::NoRule));
    let mut web = Stage::new(Mode::Web);
    let mut payload = Payload::web(&web.record(), &[1; 32], true);
    payload.rp_id = "evil.example".into();
    assert_eq!(web.denial(&payload), no_rule);
    let mut stage = Stage::new(SAFE_MODE);
    // [X5] a delegate call is opaque to every policy; so are fees that no clause allows
    let delegate = quorate::approval::passkey::safe::SafeTx { operation: 1, ..payment() };
    assert_eq!(stage.denial(&Payload::safe(&stage.record(), delegate).unwrap()), no_rule);
    let refund = quorate::approval::passkey::safe::SafeTx { gas_price: Amount::from(1), ..payment() };
    assert_eq!(stage.denial(&Payload::safe(&stage.record(), refund).unwrap()), no_rule);
    // the facts are each holder's own
    let mut request =
        stage.quorum.request(&Payload::safe(&stage.record(), payment()).unwrap(), &mut stage.rng).unwrap();
    let mut bytes = request.to_bytes();
    let amount = bytes.len() - 1;
    bytes[amount] = 4;
    request = SigningRequest::from_bytes(&bytes).unwrap();
    let approval = stage.office.approve(&request, true);
    let denied = stage.quorum.sign(&stage.office, &request, &approval, &mut stage.rng);
    let Err(No::Denied(denied)) = denied else { panic!("{denied:?}") };
    let facts = PolicyError::Request(RequestError::FactsMismatch);
    assert_eq!(denied.error, GateError::Denied(Decision::Deny(facts)));
}

#[test]
fn x6_an_approval_without_user_verification_moves_no_safe() {
    let mut stage = Stage::new(SAFE_MODE);
    let payload = Payload::safe(&stage.record(), payment()).unwrap();
    // enough for this policy, and not for a Safe
    let refused = stage.ask(&payload, false).unwrap_err();
    assert!(matches!(refused, No::Refused(GateError::Passkey(PasskeyError::NoUserEvidence))), "{refused:?}");
    let mut web = Stage::new(Mode::Web);
    let refused = web.ask(&Payload::web(&web.record(), &[1; 32], true), false).unwrap_err();
    assert!(matches!(refused, No::Refused(GateError::Passkey(PasskeyError::NoUserEvidence))), "{refused:?}");
}

fn raw<T: std::fmt::Debug>(error: &GateError, _: Option<T>) {
    assert_eq!(*error, GateError::Passkey(PasskeyError::RawRefused));
    assert_eq!(error.code(), 6107);
}

#[test]
fn x7_no_message_no_digest_no_path_and_no_presignature() {
    let mut stage = Stage::new(SAFE_MODE);
    let (_, _, pairings) = dealt(91);
    let (signers, now) = (stage.quorum.signers.clone(), super::safe::holders::NOW);
    let pairings = &pairings[&stage.quorum.holders[0].share.id()];
    let changes: [fn(&mut Draft); 5] = [
        |_| {},
        |draft| draft.rule = DigestRule::DoubleSha256,
        |draft| draft.rule = DigestRule::Keccak256,
        |draft| (draft.rule, draft.payload) = (DigestRule::Prehashed, vec![7; 32]),
        |draft| draft.path = vec![0],
    ];
    for change in changes {
        let (one, other, third) = (stage.approved(change), stage.approved(change), stage.approved(change));
        let share = &stage.quorum.holders[0].share;
        let rng = &mut rng(93);
        let refused = passkey::sign(share, signers.clone(), pairings, one, now, rng).unwrap_err();
        raw::<()>(&refused.error, None);
        // the doors for other keys
        let refused = ecdsa::sign(share, signers.clone(), pairings, other, now, rng).unwrap_err();
        raw::<()>(&refused.error, None);
        let refused = ecdsa::sign_batch(share, signers.clone(), pairings, vec![third], now, rng).unwrap_err();
        raw::<()>(&refused.error, None);
    }
    let share = &stage.quorum.holders[0].share;
    let path = Path::default();
    let refused = ecdsa::presign(share, signers, pairings, (&path, 1), SessionId([6; 16]), &mut rng(93));
    raw::<()>(&refused.unwrap_err(), None);
    // an assertion of a derived key is not even a request
    let key = stage.quorum.holders[0].key.clone();
    let payload = Payload::safe(&stage.record(), payment()).unwrap();
    let draft = Draft {
        action: Action::Sign,
        rule: DigestRule::Webauthn,
        cluster: [0xc1; 32],
        key: Some(KeyRef { scheme: key.scheme, id: key.id, epoch: key.epoch }),
        not_before: 0,
        expires: 1,
        requester: None,
        path: vec![0],
        tweak: Vec::new(),
        payload: payload.to_bytes().unwrap(),
        facts: payload.facts(),
    };
    assert_eq!(draft.with_nonce([1; 32]).unwrap_err(), RequestError::Path);
}

/// Made while the share was not yet a passkey's.
#[test]
fn x7_a_presignature_of_before_is_not_spent() {
    let (cast, shares, pairings) = dealt(91);
    let signers = Parties::from_numbers([1, 2]).unwrap();
    let rng = &mut rng(94);
    let task =
        PresignTask::new(shares[0].public(), signers, &Path::default(), 1, SessionId([4; 16])).unwrap();
    let start =
        |share: &KeyShare<_>| Presign::start(share, task.clone(), &pairings[&share.id()], rng).unwrap();
    let sessions: Vec<_> = shares.iter().map(start).collect();
    let presignature = cast.run(sessions, rng).into_iter().map(Report::output).next().unwrap().pop().unwrap();
    let mut stage = Stage::new(Mode::Web);
    let approved = stage.approved(|_| {});
    let holder = &stage.quorum.holders[0];
    let pairings = &pairings[&holder.share.id()];
    let now = super::safe::holders::NOW;
    let refused =
        ecdsa::online(&holder.share, Gated::new(presignature), pairings, approved, now).unwrap_err();
    raw(&refused.error, Some(()));
    assert!(refused.with.is_some());
}

#[test]
fn a_share_that_is_no_passkeys_makes_no_assertion() {
    let mut stage = Stage::new(Mode::Web);
    let (_, mut shares, pairings) = dealt(91);
    let request =
        stage.quorum.request(&Payload::web(&stage.record(), &[1; 32], true), &mut stage.rng).unwrap();
    let approval = stage.office.approve(&request, true);
    let holder = &mut stage.quorum.holders[0];
    let mut decide =
        |session| holder.decide(&stage.office, &request.to_bytes(), &approval, SessionId(session));
    let approved = decide([5; 16]).unwrap();
    let plain = Gated::new(shares.remove(0));
    let (signers, now) = (stage.quorum.signers.clone(), super::safe::holders::NOW);
    let pairings = &pairings[&plain.id()];
    let refused =
        passkey::sign(&plain, signers.clone(), pairings, approved, now, &mut stage.rng).unwrap_err();
    assert_eq!(refused.error, GateError::WrongContent);
    let [approved] = <[_; 1]>::try_from(refused.approved).unwrap();
    let refused = ecdsa::sign(&plain, signers, pairings, approved, now, &mut stage.rng).unwrap_err();
    assert_eq!(refused.error, GateError::WrongContent);
}

#[test]
fn a_record_is_of_its_key_and_for_good() {
    let (_, mut shares, _) = dealt(91);
    let key = Stage::new(Mode::Web).record();
    let record = |mode| Record::new(*key.key(), RP, ORIGIN, mode).unwrap();
    let foreign = super::given::web();
    let refused = Gated::new(shares.remove(0)).into_passkey(foreign.clone()).unwrap_err();
    let (error, share) = *refused;
    assert_eq!((error, share.passkey()), (PasskeyError::WrongKey, None));
    let share = share.into_passkey(record(Mode::Web)).unwrap();
    let share = share.into_passkey(record(Mode::Web)).unwrap();
    let (error, share) = *share.into_passkey(record(SAFE_MODE)).unwrap_err();
    assert_eq!((error, share.passkey()), (PasskeyError::OtherRecord, Some(&record(Mode::Web))));
    // it is stored with the share
    let form = share.to_bytes();
    let read = |bytes: &[u8]| Gated::<KeyShare<EcdsaP256>>::from_bytes(bytes);
    assert_eq!(read(form.expose()).unwrap().passkey(), Some(&record(Mode::Web)));
    assert_eq!(read(form.expose()).unwrap().to_bytes().expose(), form.expose());
    assert!(Gated::<Epochs<EcdsaP256>>::from_bytes(form.expose()).is_none());
    let bytes = record(Mode::Web).to_bytes();
    let at = form.expose().windows(bytes.len()).position(|window| window == bytes).unwrap();
    let swapped = [&form.expose()[..at], &foreign.to_bytes(), &form.expose()[at + bytes.len()..]].concat();
    assert!(read(&swapped).is_none(), "the record of another key");
    for cut in 0..form.expose().len() {
        assert!(read(&form.expose()[..cut]).is_none());
    }
    // and goes into the record of epochs, and back from its stored form
    let epochs = share.into_epochs();
    assert_eq!(epochs.passkey(), Some(&record(Mode::Web)));
    let read = Gated::<Epochs<EcdsaP256>>::from_bytes(epochs.to_bytes().expose()).unwrap();
    assert_eq!(read.passkey(), Some(&record(Mode::Web)));
    let form = epochs.to_bytes();
    let at = form.expose().windows(bytes.len()).position(|window| window == bytes).unwrap();
    let swapped = [&form.expose()[..at], &foreign.to_bytes(), &form.expose()[at + bytes.len()..]].concat();
    assert!(Gated::<Epochs<EcdsaP256>>::from_bytes(&swapped).is_none(), "the record of another key");
}

#[test]
fn g5_too_late_or_too_few_make_no_assertion() {
    let by_three = RULES.replacen(r#""id": "login","#, r#""id": "login", "min_signers": 3,"#, 1);
    let now = super::safe::holders::NOW;
    for (rules, now, error) in
        [(RULES, now + 300, GateError::Expired), (&by_three, now, GateError::WrongSetup)]
    {
        let mut stage = Stage::new(Mode::Web);
        stage.office = Office::new(rules).unwrap();
        let payload = Payload::web(&stage.record(), &[1; 32], true);
        let request = stage.quorum.request(&payload, &mut stage.rng).unwrap();
        let approval = stage.office.approve(&request, true);
        let signers = stage.quorum.signers.clone();
        let holder = &mut stage.quorum.holders[0];
        let approved =
            holder.decide(&stage.office, &request.to_bytes(), &approval, SessionId([5; 16])).unwrap();
        let pairings = &holder.pairings;
        let refused =
            passkey::sign(&holder.share, signers, pairings, approved, now, &mut stage.rng).unwrap_err();
        assert_eq!(refused.error, error);
    }
}
