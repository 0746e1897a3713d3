//! From the transcript to the keys.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use x25519_dalek::{EphemeralSecret, PublicKey};
use zeroize::Zeroize;

use super::error::ChannelError;
use super::layout::{CLAIM_LEN, OFFER_LEN};
use crate::hash::{Tag, Transcript};
use crate::identity::{PublicIdentity, SigInput};
use crate::secret::{Secret, published, verdict};

/// The name of a handshake: of its first message.
pub(super) fn name(first: &[u8]) -> [u8; 16] {
    start_of(Transcript::new(Tag::ChHs).bytes(first).finish())
}

/// The keys of one direction, and all of a channel: `k_IR 32 | iv_IR 12 | k_RI 32 | iv_RI 12`.
pub(super) const TRAFFIC_LEN: usize = 88;

/// `t1`: both ephemeral keys, both ids, the cluster and both identities.
pub(super) fn t1(
    first: &[u8],
    offer: &[u8; OFFER_LEN],
    [initiator, responder]: [&PublicIdentity; 2],
) -> [u8; 32] {
    let t = Transcript::new(Tag::ChT1).bytes(first).bytes(offer);
    t.bytes(&initiator.0).bytes(&responder.0).finish()
}

/// What the responder signs.
pub(super) fn response(t1: &[u8; 32]) -> SigInput {
    SigInput::new(Transcript::new(Tag::ChResp).bytes(t1))
}

/// What both have after the key exchange.
pub(super) struct Agreed {
    pub(super) t1: [u8; 32],
    /// Input key of everything.
    prk: Secret<[u8; 32]>,
    /// Confirmation keys: the responder's, then the initiator's.
    confirm: Secret<[[u8; 32]; 2]>,
}

impl Agreed {
    /// Spends the ephemeral secret.
    pub(super) fn new(own: EphemeralSecret, peer: &[u8; 32], t1: [u8; 32]) -> Result<Self, ChannelError> {
        let shared = own.diffie_hellman(&PublicKey::from(*peer));
        // [H8] all zero, in constant time: the peer's key was of small order
        // The peer, who chose the key, knows what comes of it.
        if !published(shared.was_contributory()) {
            return Err(ChannelError::LowOrder);
        }
        let (mut output, _) = Hkdf::<Sha256>::extract(Some(&t1), shared.as_bytes());
        let prk = Secret::<[u8; 32]>::build(|prk| prk.copy_from_slice(&output));
        output.zeroize();
        let mut confirm = Secret::<[[u8; 32]; 2]>::build(|_| {});
        expand(&prk, Tag::ChConfirm, &t1, confirm.expose_mut().as_flattened_mut())?;
        Ok(Self { t1, prk, confirm })
    }

    /// `t2` and `mac_R`.
    pub(super) fn answer(&self, signature: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
        let t2 = Transcript::new(Tag::ChT2).bytes(&self.t1).bytes(signature).finish();
        let [responder, _] = self.confirm.expose();
        (t2, mac(responder, &t2))
    }

    /// `t4` and `mac_I`.
    pub(super) fn finish(&self, t3: &[u8; 32], signature: &[u8; 64]) -> ([u8; 32], [u8; 32]) {
        let t4 = Transcript::new(Tag::ChT4).bytes(t3).bytes(signature).finish();
        let [_, initiator] = self.confirm.expose();
        (t4, mac(initiator, &t4))
    }

    /// The channel's name and keys.
    pub(super) fn traffic(&self, t4: &[u8; 32], mac: &[u8; 32]) -> Result<Traffic, ChannelError> {
        // Both confirmations have been sent, or compared with what came.
        let t5 = published(Transcript::new(Tag::ChT5).bytes(t4).bytes(mac).finish());
        let mut keys = Secret::new([0; TRAFFIC_LEN]);
        expand(&self.prk, Tag::ChTraffic, &t5, keys.expose_mut())?;
        Ok(Traffic { id: start_of(Transcript::new(Tag::ChId).bytes(&t5).finish()), keys })
    }
}

/// `HKDF-Expand(prk, LP(tag) || t)` (RFC 5869). It fails for a short `prk` or a long output, so never here; if it did, there would be no keys.
fn expand(prk: &Secret<[u8; 32]>, tag: Tag, t: &[u8; 32], out: &mut [u8]) -> Result<(), ChannelError> {
    let hkdf = Hkdf::<Sha256>::from_prk(prk.expose()).map_err(|_| ChannelError::BadConfirmation)?;
    hkdf.expand_multi_info(&[&tag.framed(), t], out).map_err(|_| ChannelError::BadConfirmation)
}

/// `t3`: what the initiator has seen before it signs.
pub(super) fn t3(t2: &[u8; 32], mac: &[u8; 32], claim: &[u8; CLAIM_LEN]) -> [u8; 32] {
    // The confirmation has been sent, or compared with what came.
    published(Transcript::new(Tag::ChT3).bytes(t2).bytes(mac).bytes(claim).finish())
}

/// What the initiator signs.
pub(super) fn initiation(t3: &[u8; 32]) -> SigInput {
    SigInput::new(Transcript::new(Tag::ChInit).bytes(t3))
}

/// The keys of both directions, before they become ciphers.
pub(super) struct Traffic {
    pub(super) id: [u8; 16],
    pub(super) keys: Secret<[u8; TRAFFIC_LEN]>,
}

/// In constant time. What it says shows: the handshake goes on, or does not.
pub(super) fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    verdict(a.ct_eq(b))
}

/// HMAC-SHA-256 pads a key to a block of 64 bytes with zeros (RFC 2104); given so, no length can be wrong.
fn mac(key: &[u8; 32], data: &[u8; 32]) -> [u8; 32] {
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mac = Hmac::<Sha256>::new(&block.into()).chain_update(data).finalize();
    block.zeroize();
    mac.into_bytes().into()
}

/// The first half.
fn start_of(hash: [u8; 32]) -> [u8; 16] {
    let mut start = [0; 16];
    start.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    start
}
