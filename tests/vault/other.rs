//! A second writer of containers, which makes also those that the first would not: with what is tested changed before it is authenticated.

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn frame(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

pub(crate) fn tag(name: &str) -> Vec<u8> {
    frame(format!("quorate/1/{name}").as_bytes())
}

pub(crate) fn th(name: &str, items: &[&[u8]]) -> [u8; 32] {
    let framed: Vec<u8> = items.iter().flat_map(|item| frame(item)).collect();
    sha256(&[tag(name), framed].concat())
}

pub(crate) fn expand(salt: &[u8], ikm: &[u8], info: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::new(Some(salt), ikm).expand(info, &mut out).unwrap();
    out
}

pub(crate) fn hmac(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

pub(crate) fn aead(key: &[u8; 32], aad: &[u8], msg: &[u8]) -> Vec<u8> {
    Aes256Gcm::new(key.into()).encrypt(&Default::default(), Payload { msg, aad }).unwrap()
}

/// A slot to be written.
#[derive(Clone)]
pub(crate) struct OtherSlot {
    pub(crate) number: u8,
    pub(crate) params: Vec<u8>,
    pub(crate) unbound: Vec<u8>,
    pub(crate) ikm: [u8; 32],
    /// What it wraps in place of the data key.
    pub(crate) wraps: Option<[u8; 32]>,
}

impl OtherSlot {
    pub(crate) fn held(label: &str, key: u8) -> Self {
        let params = sha256(label.as_bytes()).to_vec();
        Self { number: 4, params, unbound: Vec::new(), ikm: [key; 32], wraps: None }
    }

    pub(crate) fn passphrase(kib: u32, passes: u32, lanes: u16) -> Self {
        let params =
            [&[0x13, 0], &lanes.to_be_bytes()[..], &kib.to_be_bytes(), &passes.to_be_bytes()].concat();
        Self { number: 1, params, unbound: Vec::new(), ikm: [1; 32], wraps: None }
    }

    pub(crate) fn external(label: &[u8], blob_len: u16) -> Self {
        let params = [&[label.len() as u8], label].concat();
        let unbound = [&blob_len.to_be_bytes()[..], &vec![7; usize::from(blob_len)]].concat();
        Self { number: 3, params, unbound, ikm: [3; 32], wraps: None }
    }

    fn bytes(&self, fixed: &[u8], at: usize, data_key: &[u8; 32]) -> Vec<u8> {
        let salt = [at as u8 + 1; 32];
        let ctx = th("vault/ctx", &[fixed, &[self.number], &salt, &self.params]);
        let kek = expand(&salt, &self.ikm, &[tag("vault/kek"), ctx.to_vec()].concat());
        let commit = expand(&salt, &self.ikm, &[tag("vault/slot-commit"), ctx.to_vec()].concat());
        let wrapped = aead(&kek, &ctx, &self.wraps.unwrap_or(*data_key));
        let rest = [&salt[..], &self.params, &self.unbound, &commit, &wrapped].concat();
        [&[self.number, 0], &(rest.len() as u16).to_be_bytes()[..], &rest].concat()
    }
}

/// A container to be written.
#[derive(Clone)]
pub(crate) struct Other {
    pub(crate) kind: u8,
    pub(crate) scheme: u8,
    pub(crate) holder: u16,
    pub(crate) name: [u8; 32],
    pub(crate) epoch: u64,
    pub(crate) counter: u64,
    pub(crate) plain: Vec<u8>,
    pub(crate) slots: Vec<OtherSlot>,
    pub(crate) dk_commit: Option<[u8; 32]>,
    /// Changes the fixed header before anything is bound to it.
    pub(crate) header: fn(&mut [u8]),
}

impl Other {
    /// A secret of the application's, for the key of 0x44 bytes.
    pub(crate) fn app_secret() -> Self {
        Self {
            kind: 6,
            scheme: 0,
            holder: 0,
            name: sha256(b"quote MAC key"),
            epoch: 0,
            counter: 7,
            plain: [&[1, 13], &b"quote MAC key"[..], &[0xa5; 32]].concat(),
            slots: vec![OtherSlot::held("daily work", 0x44)],
            dk_commit: None,
            header: |_| {},
        }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let (object, data_key) = ([0xaa; 16], [0xbb; 32]);
        let x = |name: &str| expand(&object, &data_key, &tag(name));
        let mut fixed = b"QRTVAULT".to_vec();
        fixed.extend([1, self.kind, 1, self.scheme]);
        fixed.extend(self.holder.to_be_bytes());
        fixed.extend([0, 0]);
        fixed.extend(self.name);
        fixed.extend(self.epoch.to_be_bytes());
        fixed.extend(self.counter.to_be_bytes());
        fixed.extend(object);
        fixed.extend(self.dk_commit.unwrap_or_else(|| x("vault/commit")));
        (self.header)(&mut fixed);
        let slots = self.slots.iter().enumerate();
        let area: Vec<u8> = slots.flat_map(|(at, slot)| slot.bytes(&fixed, at, &data_key)).collect();
        let mut out = fixed.clone();
        out.extend([self.slots.len() as u8, 0]);
        out.extend((area.len() as u16).to_be_bytes());
        out.extend(area);
        out.extend(hmac(&x("vault/slots"), &out));
        let length = (self.plain.len() as u32).to_be_bytes();
        out.extend(length);
        out.extend(aead(&x("vault/body"), &[&fixed[..], &length].concat(), &self.plain));
        out
    }
}
