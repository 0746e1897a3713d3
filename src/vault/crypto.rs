//! The three primitives, each with the one use that the vault makes of it.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use rand_core::CryptoRng;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::hash::Tag;
use crate::secret::{Secret, published, verdict};

/// A key, or what a key is made from.
pub(super) type Key = Secret<[u8; 32]>;

/// Bytes that the AEAD adds.
pub(super) const TAG_LEN: usize = 16;

pub(super) fn random_key(rng: &mut dyn CryptoRng) -> Key {
    Secret::<[u8; 32]>::build(|key| rng.fill_bytes(key))
}

pub(super) fn random<const N: usize>(rng: &mut dyn CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// What it says shows: in what is opened, or refused.
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    verdict(a.ct_eq(b))
}

/// HKDF with SHA-256 (RFC 5869) behind its extraction.
pub(super) struct Expander(Hkdf<Sha256>);

impl Expander {
    pub(super) fn new(salt: &[u8], ikm: &[u8]) -> Self {
        let (mut prk, expander) = Hkdf::extract(Some(salt), ikm);
        prk.as_mut_slice().zeroize();
        Self(expander)
    }

    /// `Expand(prk, frame(tag) || context, 32)`.
    pub(super) fn key(&self, tag: Tag, context: &[u8]) -> Key {
        self.bytes(&[&tag.framed(), context])
    }

    /// `Expand(prk, info, N)`.
    pub(super) fn bytes<const N: usize>(&self, info: &[&[u8]]) -> Secret<[u8; N]> {
        // Above that it would fail.
        const { assert!(N <= 255 * 32) };
        let mut out = Secret::new([0; N]);
        let _ = self.0.expand_multi_info(info, out.expose_mut());
        out
    }
}

/// AES-256-GCM (NIST SP 800-38D) with the nonce zero: every key encrypts once. `None` only above 64 GiB.
pub(super) fn encrypt(key: &Key, associated: &[u8], data: &mut [u8]) -> Option<[u8; TAG_LEN]> {
    let cipher = Aes256Gcm::new(key.expose().into());
    let tag = cipher.encrypt_inout_detached(&Nonce::default(), associated, data.into()).ok()?;
    Some(tag.into())
}

/// Leaves `data` as it was unless the tag is right.
pub(super) fn decrypt(key: &Key, associated: &[u8], data: &mut [u8], tag: &[u8; TAG_LEN]) -> bool {
    let cipher = Aes256Gcm::new(key.expose().into());
    let right = cipher.decrypt_inout_detached(&Nonce::default(), associated, data.into(), tag.into()).is_ok();
    // What it says shows: in what is opened, or refused.
    published(right)
}

/// HMAC with SHA-256 (RFC 2104).
pub(super) fn mac(key: &Key, parts: &[&[u8]]) -> [u8; 32] {
    // It takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose()) else { return [0; 32] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// RFC 5869, appendices A.1 to A.3, with what of each fits here.
    #[test]
    fn rfc5869() {
        let salt: Vec<u8> = (0x00..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let out = Expander::new(&salt, &[0x0b; 22]).bytes::<42>(&[&info]);
        let want = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
        assert_eq!(hex::encode(out.expose()), want);
        let out = Expander::new(&salt, &[0x0b; 22]).bytes::<42>(&[&info[..3], &info[3..]]);
        assert_eq!(hex::encode(out.expose()), want, "in parts");
        let out = Expander::new(&[], &[0x0b; 22]).bytes::<42>(&[]);
        let want = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
        assert_eq!(hex::encode(out.expose()), want);
        let (ikm, salt, info): (Vec<u8>, Vec<u8>, Vec<u8>) =
            ((0x00..=0x4f).collect(), (0x60..=0xaf).collect(), (0xb0..=0xff).collect());
        let out = Expander::new(&salt, &ikm).bytes::<64>(&[&info]);
        let want = "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c\
                    59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71";
        assert_eq!(hex::encode(out.expose()), want);
    }

    /// RFC 4231, sections 4.2 and 4.3, whose keys are padded with zeros to what the vault uses.
    #[test]
    fn rfc4231() {
        let key = |start: &[u8]| {
            let mut key = [0; 32];
            key[..start.len()].copy_from_slice(start);
            Secret::new(key)
        };
        let one = mac(&key(&[0x0b; 20]), &[b"Hi There"]);
        assert_eq!(hex::encode(one), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        let two = mac(&key(b"Jefe"), &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex::encode(two), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    /// Test case 14 of the GCM specification (McGrew and Viega): a zero key, a zero nonce, one zero block.
    #[test]
    fn gcm_with_the_zero_nonce() {
        let (key, mut data) = (Secret::new([0; 32]), [0; 16]);
        let tag = encrypt(&key, &[], &mut data).unwrap();
        assert_eq!(hex::encode(data), "cea7403d4d606b6e074ec5d3baf39d18");
        assert_eq!(hex::encode(tag), "d0d1c8a799996bf0265b98b5d48ab919");
        let mut bad = tag;
        bad[15] ^= 1;
        let before = data;
        assert!(!decrypt(&key, &[], &mut data, &bad) && !decrypt(&key, &[1], &mut data, &tag));
        assert_eq!(data, before);
        assert!(decrypt(&key, &[], &mut data, &tag) && data == [0; 16]);
    }
}
