//! The protocol once more, straight from its specification and with none of the crate's code: so that a test can say whatever it wants, signed with
//! real keys. That honest devices understand it is a test of the crate too.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

pub(crate) fn frame(item: &[u8]) -> Vec<u8> {
    [&(item.len() as u32).to_be_bytes(), item].concat()
}

pub(crate) fn framed_tag(tag: &str) -> Vec<u8> {
    frame(format!("quorate/1/{tag}").as_bytes())
}

/// The crate's hash.
pub(crate) fn th(tag: &str, items: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(framed_tag(tag));
    items.iter().for_each(|item| hash.update(frame(item)));
    hash.finalize().into()
}

pub(crate) fn signing_key(id: u16) -> SigningKey {
    SigningKey::from_bytes(&[id as u8; 32])
}

pub(crate) fn public(id: u16) -> [u8; 32] {
    signing_key(id).verifying_key().to_bytes()
}

pub(crate) fn sign(id: u16, tag: &str, items: &[&[u8]]) -> [u8; 64] {
    signing_key(id).sign(&th(tag, items)).to_bytes()
}

fn mac(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.chain_update(data).finalize().into_bytes().into()
}

pub(crate) fn head(step: u8, from: u16, to: u16, cluster: &[u8; 32]) -> Vec<u8> {
    let mut out = vec![1, step];
    [from, to, 1].iter().for_each(|n| out.extend_from_slice(&n.to_be_bytes()));
    out.extend_from_slice(cluster);
    out
}

/// An ephemeral key pair of known secret.
#[derive(Clone, Copy)]
pub(crate) struct Ephemeral(pub(crate) [u8; 32]);

impl Ephemeral {
    pub(crate) fn public(self) -> [u8; 32] {
        x25519(self.0, X25519_BASEPOINT_BYTES)
    }
}

pub(crate) fn first(from: u16, to: u16, cluster: &[u8; 32], ephemeral: [u8; 32]) -> Vec<u8> {
    [head(1, from, to, cluster), ephemeral.to_vec()].concat()
}

pub(crate) fn name(first: &[u8]) -> [u8; 16] {
    th("ch/hs", &[first])[..16].try_into().unwrap()
}

/// A handshake as whoever has one of the ephemeral secrets sees it.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) ids: [u16; 2],
    pub(crate) cluster: [u8; 32],
    pub(crate) first: Vec<u8>,
    pub(crate) offer: Vec<u8>,
    pub(crate) t1: [u8; 32],
    pub(crate) prk: [u8; 32],
    pub(crate) confirm: [u8; 64],
}

impl Run {
    /// `first` between these ids, answered with this ephemeral key; the shared secret is whatever the caller can compute.
    pub(crate) fn new(first: &[u8], offered: [u8; 32], shared: [u8; 32]) -> Self {
        let id = |at: usize| u16::from_be_bytes([first[at], first[at + 1]]);
        let (ids, cluster) = ([id(2), id(4)], first[8..40].try_into().unwrap());
        let offer = [&head(2, ids[1], ids[0], &cluster)[..], &name(first), &offered].concat();
        let t1 = th("ch/t1", &[first, &offer, &public(ids[0]), &public(ids[1])]);
        let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(&t1), &shared);
        let mut confirm = [0; 64];
        hkdf.expand(&[framed_tag("ch/confirm"), t1.to_vec()].concat(), &mut confirm).unwrap();
        Self { ids, cluster, first: first.to_vec(), offer, t1, prk: prk.into(), confirm }
    }

    /// As the responder.
    pub(crate) fn respond(first: &[u8], own: Ephemeral) -> Self {
        let peer: [u8; 32] = first[40..72].try_into().unwrap();
        Self::new(first, own.public(), x25519(own.0, peer))
    }

    /// As the initiator, from a second message.
    pub(crate) fn initiate(first: &[u8], second: &[u8], own: Ephemeral) -> Self {
        let peer: [u8; 32] = second[56..88].try_into().unwrap();
        Self::new(first, peer, x25519(own.0, peer))
    }

    pub(crate) fn response_signature(&self) -> [u8; 64] {
        sign(self.ids[1], "ch/resp", &[&self.t1])
    }

    pub(crate) fn response_mac(&self, signature: &[u8; 64]) -> [u8; 32] {
        mac(&self.confirm[..32], &th("ch/t2", &[&self.t1, signature]))
    }

    /// A second message with this signature, and the right confirmation of it.
    pub(crate) fn second_with(&self, signature: [u8; 64]) -> Vec<u8> {
        [&self.offer[..], &signature, &self.response_mac(&signature)].concat()
    }

    pub(crate) fn second(&self) -> Vec<u8> {
        self.second_with(self.response_signature())
    }

    fn claim(&self) -> Vec<u8> {
        [head(3, self.ids[0], self.ids[1], &self.cluster), name(&self.first).to_vec()].concat()
    }

    pub(crate) fn t3(&self, second: &[u8]) -> [u8; 32] {
        let t2 = th("ch/t2", &[&self.t1, &second[88..152]]);
        th("ch/t3", &[&t2, &second[152..], &self.claim()])
    }

    /// A third message with this signature, and the right confirmation of it.
    pub(crate) fn third_with(&self, second: &[u8], signature: [u8; 64]) -> Vec<u8> {
        let t4 = th("ch/t4", &[&self.t3(second), &signature]);
        [&self.claim()[..], &signature, &mac(&self.confirm[32..], &t4)].concat()
    }

    pub(crate) fn third(&self, second: &[u8]) -> Vec<u8> {
        self.third_with(second, sign(self.ids[0], "ch/init", &[&self.t3(second)]))
    }

    /// The channel after both messages.
    pub(crate) fn traffic(&self, second: &[u8], third: &[u8]) -> Traffic {
        let t4 = th("ch/t4", &[&self.t3(second), &third[56..120]]);
        let t5 = th("ch/t5", &[&t4, &third[120..]]);
        let mut keys = [0; 88];
        let hkdf = Hkdf::<Sha256>::from_prk(&self.prk).unwrap();
        hkdf.expand(&[framed_tag("ch/traffic"), t5.to_vec()].concat(), &mut keys).unwrap();
        Traffic { ids: self.ids, id: th("ch/id", &[&t5])[..16].try_into().unwrap(), keys }
    }
}

/// The keys of a channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Traffic {
    pub(crate) ids: [u16; 2],
    pub(crate) id: [u8; 16],
    pub(crate) keys: [u8; 88],
}

impl Traffic {
    /// The record's header, written out.
    pub(crate) fn header(&self, from: u16, counter: u64, kind: u8) -> Vec<u8> {
        let to = if from == self.ids[0] { self.ids[1] } else { self.ids[0] };
        let mut out = vec![1, 0x10];
        out.extend_from_slice(&from.to_be_bytes());
        out.extend_from_slice(&to.to_be_bytes());
        out.extend_from_slice(&self.id);
        out.extend_from_slice(&counter.to_be_bytes());
        out.push(kind);
        out
    }

    fn half(&self, from: u16, counter: u64) -> (Aes256Gcm, [u8; 12]) {
        let half = if from == self.ids[0] { &self.keys[..44] } else { &self.keys[44..] };
        let mut nonce: [u8; 12] = half[32..].try_into().unwrap();
        nonce[4..].iter_mut().zip(counter.to_be_bytes()).for_each(|(n, c)| *n ^= c);
        (Aes256Gcm::new_from_slice(&half[..32]).unwrap(), nonce)
    }

    pub(crate) fn seal(&self, from: u16, counter: u64, kind: u8, plaintext: &[u8]) -> Vec<u8> {
        let header = self.header(from, counter, kind);
        let (cipher, nonce) = self.half(from, counter);
        let sealed = cipher.encrypt(&nonce.into(), Payload { msg: plaintext, aad: &header }).unwrap();
        [header, sealed].concat()
    }

    /// What a record of the peer's holds; its counter.
    pub(crate) fn open(&self, record: &[u8]) -> Option<(u64, Vec<u8>)> {
        let from = u16::from_be_bytes(record[2..4].try_into().unwrap());
        let counter = u64::from_be_bytes(record[22..30].try_into().unwrap());
        let (cipher, nonce) = self.half(from, counter);
        let payload = Payload { msg: &record[31..], aad: &record[..31] };
        Some((counter, cipher.decrypt(&nonce.into(), payload).ok()?))
    }
}
