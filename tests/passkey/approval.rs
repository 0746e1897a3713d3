//! An approval for a request by somebody's real passkey, verified by a holder.

use super::safe::phone::Phone;
use quorate::approval::approver::ApproverId;
use quorate::approval::passkey::{Payload, UserEvidence};
use quorate::approval::request::{Action, DigestRule, Draft, KeyRef, Purpose, SigningRequest};
use quorate::approval::webauthn::{
    CredentialSet, Expected, Settings, Verified, WebauthnConfig, enrol, verify,
};

const RP: &str = "approvals.example";
const ORIGIN: &str = "https://approvals.example";
const ALICE: ApproverId = ApproverId([0xa1; 32]);

pub(crate) struct Office {
    config: WebauthnConfig,
    set: CredentialSet,
    phone: Phone,
}

impl Office {
    pub(crate) fn new() -> Self {
        let phone = Phone::new(&[0x51; 32], RP, ORIGIN).unwrap();
        let mut settings = Settings::new(&[RP], &[ORIGIN]);
        settings.require_uv = false;
        let config = WebauthnConfig::new(settings).unwrap();
        let mut set = CredentialSet::new();
        let registered = phone.register(&[1; 32]);
        let new = enrol(&config, &[1; 32], &registered.registration(b"alice"), &set).unwrap();
        set.insert(ALICE, new.into_credential()).unwrap();
        Self { config, set, phone }
    }

    /// Her passkey over this challenge.
    pub(crate) fn signed(&self, challenge: &[u8], user_verified: bool) -> Verified {
        let used = self.phone.sign(challenge, user_verified);
        verify(&self.config, &self.set, Expected { challenge, owner: Some(ALICE) }, &used.assertion())
            .unwrap()
    }

    /// What her passkey says for this purpose of this request.
    pub(crate) fn says(
        &self,
        purpose: Purpose,
        of: &SigningRequest,
        user_verified: bool,
    ) -> Option<UserEvidence> {
        UserEvidence::of(of, &self.signed(&of.challenge(purpose), user_verified))
    }

    pub(crate) fn approves(&self, request: &SigningRequest) -> UserEvidence {
        self.says(Purpose::Approve, request, true).unwrap()
    }
}

/// A request for this payload.
pub(crate) fn request(payload: &Payload, nonce: u8) -> SigningRequest {
    Draft {
        action: Action::Sign,
        rule: DigestRule::Webauthn,
        cluster: [2; 32],
        key: Some(KeyRef { scheme: 2, id: [3; 32], epoch: 0 }),
        not_before: 0,
        expires: 900,
        requester: None,
        path: Vec::new(),
        tweak: Vec::new(),
        payload: payload.to_bytes().unwrap(),
        facts: payload.facts(),
    }
    .with_nonce([nonce; 32])
    .unwrap()
}
