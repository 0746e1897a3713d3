//! The lower id's side of a handshake.

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::CryptoRng;
use x25519_dalek::{EphemeralSecret, PublicKey};

use super::error::ChannelError;
use super::layout::{CLAIM_LEN, FIRST_LEN, Head, SECOND_LEN, Second, Step, THIRD_LEN};
use super::link::Between;
use super::schedule::{Agreed, Traffic, initiation, name, response, same, t1, t3};
use crate::identity::SigInput;
use crate::secret::published;

/// A handshake that this device has begun.
pub(super) struct Outbound {
    pub(super) hs: [u8; 16],
    first: Vec<u8>,
    own: [u8; 32],
    stage: Stage,
}

enum Stage {
    /// No second message has passed H7. The secret is spent by the one that does.
    Waiting(Box<EphemeralSecret>),
    Agreed(Box<Derived>),
    /// The peer signed a key of small order: this handshake is over, and the next message begins another.
    Failed,
}

struct Derived {
    /// The peer's ephemeral key.
    peer: [u8; 32],
    agreed: Agreed,
    accepted: Option<Accepted>,
}

/// A second message that has passed all checks, and what is claimed upon it.
struct Accepted {
    second: [u8; SECOND_LEN],
    claim: [u8; CLAIM_LEN],
    t3: [u8; 32],
}

/// The end of it, kept until the peer's first record shows that it has arrived.
pub(super) struct Answered {
    second: [u8; SECOND_LEN],
    pub(super) third: Vec<u8>,
}

impl Answered {
    /// Whether this is the message that was answered.
    pub(super) fn answers(&self, second: &[u8; SECOND_LEN]) -> bool {
        &self.second == second
    }
}

impl Outbound {
    pub(super) fn start(between: &Between<'_>, rng: &mut dyn CryptoRng) -> Self {
        let secret = Box::new(EphemeralSecret::random_from_rng(rng));
        // Made to be sent.
        let own = published(PublicKey::from(&*secret).to_bytes());
        let mut first = Vec::with_capacity(FIRST_LEN);
        between.head(Step::First).write(&mut first);
        first.extend_from_slice(&own);
        Self { hs: name(&first), first, own, stage: Stage::Waiting(secret) }
    }

    /// The first message, if a repeated one still makes sense: no second message has passed H7.
    pub(super) fn again(&self) -> Option<&[u8]> {
        matches!(self.stage, Stage::Waiting(_)).then_some(&self.first)
    }

    /// Takes the second message; gives what to sign.
    pub(super) fn answer(
        &mut self,
        between: &Between<'_>,
        message: &[u8; SECOND_LEN],
    ) -> Result<SigInput, ChannelError> {
        let second = Second::split(message).ok_or(ChannelError::Malformed)?;
        // [H5] our handshake; once a key is agreed, with that key of the peer's
        let known = match &self.stage {
            Stage::Waiting(_) => true,
            Stage::Agreed(derived) => &derived.peer == second.ephemeral,
            Stage::Failed => false,
        };
        if second.hs != &self.hs || !known {
            return Err(ChannelError::UnknownHandshake);
        }
        // [H6] no reflection
        if second.ephemeral == &self.own {
            return Err(ChannelError::Reflected);
        }
        // [H7] the signature first: a forged message must not spend the ephemeral secret
        let t1 = t1(&self.first, second.offer, between.keys());
        if !between.signed_by_peer(&response(&t1), second.signature) {
            return Err(ChannelError::BadSignature);
        }
        let derived = self.stage.agree(second.ephemeral, t1)?;
        // [H9] the peer has the same keys
        let (t2, mac) = derived.agreed.answer(second.signature);
        if !same(&mac, second.mac) {
            return Err(ChannelError::BadConfirmation);
        }
        let hs = self.hs;
        let accepted = derived.accepted.get_or_insert_with(|| {
            let claim = between.claim(&hs);
            Accepted { second: *message, claim, t3: t3(&t2, &mac, &claim) }
        });
        Ok(initiation(&accepted.t3))
    }

    /// Takes the signature on `input`: the channel's keys, and the third message.
    pub(super) fn complete(
        &self,
        input: &SigInput,
        signature: &[u8; 64],
    ) -> Result<(Traffic, Answered), ChannelError> {
        let Stage::Agreed(derived) = &self.stage else { return Err(ChannelError::UnknownHandshake) };
        let accepted = derived.accepted.as_ref().filter(|accepted| initiation(&accepted.t3) == *input);
        let Accepted { second, claim, t3 } = accepted.ok_or(ChannelError::UnknownHandshake)?;
        let (t4, mac) = derived.agreed.finish(t3, signature);
        let mut third = Vec::with_capacity(THIRD_LEN);
        third.extend_from_slice(claim);
        third.extend_from_slice(signature);
        third.extend_from_slice(&mac);
        let traffic = derived.agreed.traffic(&t4, &mac)?;
        Ok((traffic, Answered { second: *second, third }))
    }
}

impl Stage {
    /// Derives the keys, the first time by spending the secret.
    fn agree(&mut self, peer: &[u8; 32], t1: [u8; 32]) -> Result<&mut Derived, ChannelError> {
        *self = match core::mem::replace(self, Self::Failed) {
            // [H8] fails here, and with it the handshake: the peer signed that key
            Self::Waiting(secret) => {
                let agreed = Agreed::new(*secret, peer, t1)?;
                Self::Agreed(Box::new(Derived { peer: *peer, agreed, accepted: None }))
            }
            other => other,
        };
        match self {
            Self::Agreed(derived) => Ok(derived),
            _ => Err(ChannelError::UnknownHandshake),
        }
    }
}

impl Between<'_> {
    /// The third message's start.
    fn claim(&self, hs: &[u8; 16]) -> [u8; CLAIM_LEN] {
        let mut bytes = Vec::with_capacity(CLAIM_LEN);
        Head::write(&self.head(Step::Third), &mut bytes);
        bytes.extend_from_slice(hs);
        let mut claim = [0; CLAIM_LEN];
        claim.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        claim
    }
}
