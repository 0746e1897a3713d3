//! The higher id's side of a handshake.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use x25519_dalek::{EphemeralSecret, PublicKey};

use super::error::ChannelError;
use super::layout::{FIRST_LEN, OFFER_LEN, SECOND_LEN, Step, Third};
use super::link::Between;
use super::schedule::{Agreed, Traffic, initiation, name, response, same, t1, t3};
use crate::identity::SigInput;
use crate::secret::published;

/// A handshake that the peer has begun. The keys are derived at once: the secret lives for one call.
pub(super) struct Inbound {
    pub(super) hs: [u8; 16],
    offer: [u8; OFFER_LEN],
    agreed: Agreed,
    answer: Option<Answer>,
}

struct Answer {
    second: Vec<u8>,
    t2: [u8; 32],
    mac: [u8; 32],
}

impl Inbound {
    pub(super) fn start(
        between: &Between<'_>,
        first: &[u8; FIRST_LEN],
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, ChannelError> {
        let peer = first.last_chunk::<32>().ok_or(ChannelError::Malformed)?;
        let secret = EphemeralSecret::random_from_rng(rng);
        // Made to be sent.
        let own = published(PublicKey::from(&secret).to_bytes());
        // [H6] a key that comes out as the peer's would be an rng that repeats
        if &own == peer {
            return Err(ChannelError::Reflected);
        }
        let hs = name(first);
        let mut bytes = Vec::with_capacity(OFFER_LEN);
        between.head(Step::Second).write(&mut bytes);
        bytes.extend_from_slice(&hs);
        bytes.extend_from_slice(&own);
        let mut offer = [0; OFFER_LEN];
        offer.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        let t1 = t1(first, &offer, between.keys());
        // [H8] a key of small order leaves nothing behind
        let agreed = Agreed::new(secret, peer, t1)?;
        Ok(Self { hs, offer, agreed, answer: None })
    }

    /// The second message, once it is signed.
    pub(super) fn second(&self) -> Option<&[u8]> {
        self.answer.as_ref().map(|answer| answer.second.as_slice())
    }

    pub(super) fn to_sign(&self) -> SigInput {
        response(&self.agreed.t1)
    }

    /// Takes the signature on [`Inbound::to_sign`]: the second message. It is made once.
    pub(super) fn sign(&mut self, signature: &[u8; 64]) -> &[u8] {
        let (agreed, offer) = (&self.agreed, &self.offer);
        let answer = self.answer.get_or_insert_with(|| {
            let (t2, mac) = agreed.answer(signature);
            let mut second = Vec::with_capacity(SECOND_LEN);
            second.extend_from_slice(offer);
            second.extend_from_slice(signature);
            second.extend_from_slice(&mac);
            Answer { second, t2, mac }
        });
        &answer.second
    }

    /// Takes the third message: the channel's keys.
    pub(super) fn finish(&self, between: &Between<'_>, third: &Third<'_>) -> Result<Traffic, ChannelError> {
        // [H5] nothing answers a second message that was not made
        let answer = self.answer.as_ref().ok_or(ChannelError::UnknownHandshake)?;
        let t3 = t3(&answer.t2, &answer.mac, third.claim);
        // [H10] the peer's signature, then its confirmation
        if !between.signed_by_peer(&initiation(&t3), third.signature) {
            return Err(ChannelError::BadSignature);
        }
        let (t4, mac) = self.agreed.finish(&t3, third.signature);
        if !same(&mac, third.mac) {
            return Err(ChannelError::BadConfirmation);
        }
        self.agreed.traffic(&t4, &mac)
    }
}
