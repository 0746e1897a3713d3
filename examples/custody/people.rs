//! Those who approve: each has a phone with a passkey in it, and an authenticator app that shows one-time codes. And what every node knows of
//! them.

use quorate::approval::approver::{
    Approver, ApproverId, ApproverKind, ApproverSet, Evidence, Passkey, Proof, Status,
};
use quorate::approval::request::{Batch, Purpose, SigningRequest};
use quorate::approval::totp::{Totp, TotpError};
use quorate::approval::webauthn::{CredentialSet, Settings, WebauthnConfig, enrol};
use quorate::secret::Secret;
use rand_core::Rng;

use super::phone::{Phone, Used};
use super::{Error, OsRng, hex};

const RP_ID: &str = "custody.example";
const ORIGIN: &str = "https://custody.example";

/// Who approves.
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) id: ApproverId,
    phone: Phone,
    /// What the authenticator app and every node share.
    secret: [u8; 20],
}

/// What somebody gave, as it travels to the nodes.
pub(crate) struct Answer {
    by: ApproverId,
    batch: Option<Batch>,
    given: Given,
}

enum Given {
    Passkey(Used),
    Code([u8; 6]),
}

impl Person {
    fn new(name: &'static str, rng: &mut OsRng) -> Result<Self, Error> {
        let (mut id, mut key, mut secret) = ([0; 32], [0; 32], [0; 20]);
        [&mut id[..], &mut key, &mut secret].into_iter().for_each(|bytes| rng.fill_bytes(bytes));
        let phone = Phone::new(&key, RP_ID, ORIGIN)?;
        Ok(Self { name, id: ApproverId(id), phone, secret })
    }

    /// Looks at the request, and says yes with a finger.
    pub(crate) fn approves(&self, request: &SigningRequest) -> Answer {
        let used = self.phone.sign(&request.challenge(Purpose::Approve), true);
        Answer { by: self.id, batch: None, given: Given::Passkey(used) }
    }

    /// Looks at a list of requests, and says yes to all of them with one finger.
    pub(crate) fn approves_all(&self, batch: &Batch) -> Answer {
        let used = self.phone.sign(&batch.challenge(Purpose::Approve), true);
        Answer { by: self.id, batch: Some(batch.clone()), given: Given::Passkey(used) }
    }

    /// What the authenticator app shows now.
    pub(crate) fn code(&self, now: u64) -> Result<Answer, TotpError> {
        let code = self.totp()?.code_at(now);
        Ok(Answer { by: self.id, batch: None, given: Given::Code(code) })
    }

    /// What every node has of the app's secret.
    pub(crate) fn totp(&self) -> Result<Totp, TotpError> {
        Totp::new(Secret::new(self.secret.to_vec()), 0)
    }
}

impl Answer {
    pub(crate) fn evidence(&self) -> Evidence<'_> {
        let proof = match &self.given {
            Given::Passkey(used) => Proof::Passkey(used.assertion()),
            Given::Code(code) => Proof::Totp(*code),
        };
        Evidence { approver: self.by, purpose: Purpose::Approve, batch: self.batch.clone(), proof }
    }
}

/// What every node has the same of, from its own configuration.
pub(crate) struct Office {
    pub(crate) people: Vec<Person>,
    pub(crate) set: ApproverSet,
    pub(crate) config: WebauthnConfig,
    pub(crate) credentials: CredentialSet,
}

impl Office {
    /// Enrols these people's passkeys.
    pub(crate) fn new(names: &[&'static str], rng: &mut OsRng) -> Result<Self, Error> {
        let config = WebauthnConfig::new(Settings::new(&[RP_ID], &[ORIGIN]))?;
        let (mut people, mut approvers, mut credentials) = (Vec::new(), Vec::new(), CredentialSet::new());
        for name in names {
            let person = Person::new(name, rng)?;
            let mut challenge = [0; 32];
            rng.fill_bytes(&mut challenge);
            let registered = person.phone.register(&challenge);
            let registration = registered.registration(name.as_bytes());
            let credential = enrol(&config, &challenge, &registration, &credentials)?.into_credential();
            let (id, key) = (&credential.parts().id, credential.parts().key.to_sec1());
            approvers.push(Approver {
                id: person.id,
                kind: ApproverKind::Human,
                status: Status::Active,
                passkeys: vec![Passkey::new(id, key, RP_ID)],
                keys: Vec::new(),
            });
            credentials.insert(person.id, credential)?;
            people.push(person);
        }
        Ok(Self { people, set: ApproverSet::new(1, approvers)?, config, credentials })
    }

    /// The hash that a policy names them by.
    pub(crate) fn hash(&self) -> String {
        hex(self.set.hash())
    }
}
