//! Project Wycheproof's vectors, through the calls that the vault makes of the three crates.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce, Tag};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use wycheproof::{TestResult, aead, hkdf as wy_hkdf, mac};

#[test]
fn aes_256_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let groups = set.test_groups.iter().filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (256, 96, 128));
    let mut count = 0;
    for test in groups.flat_map(|group| &group.tests) {
        let cipher = Aes256Gcm::new_from_slice(&test.key).unwrap();
        let nonce = Nonce::try_from(&test.nonce[..]).unwrap();
        let tag = Tag::try_from(&test.tag[..]).unwrap();
        let mut data = test.ct.to_vec();
        let opened = cipher.decrypt_inout_detached(&nonce, &test.aad, data.as_mut_slice().into(), &tag);
        let valid = test.result == TestResult::Valid;
        assert_eq!(opened.is_ok(), valid, "{}: {}", test.tc_id, test.comment);
        // What is refused stays as it was.
        assert_eq!(data, if valid { test.pt.to_vec() } else { test.ct.to_vec() }, "{}", test.tc_id);
        if valid {
            let made = cipher.encrypt_inout_detached(&nonce, &test.aad, data.as_mut_slice().into()).unwrap();
            assert_eq!((&data[..], &made[..]), (&test.ct[..], &test.tag[..]), "{}", test.tc_id);
        }
        count += 1;
    }
    assert!(count > 60, "{count}");
}

#[test]
fn hkdf_sha256() {
    let set = wy_hkdf::TestSet::load(wy_hkdf::TestName::HkdfSha256).unwrap();
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let mut out = vec![0; test.size];
        let (_, hkdf) = Hkdf::<Sha256>::extract(Some(&test.salt), &test.ikm);
        let (front, back) = test.info.split_at(test.info.len() / 2);
        let made = hkdf.expand_multi_info(&[front, back], &mut out);
        assert_eq!(made.is_ok(), !test.result.must_fail(), "{}: {}", test.tc_id, test.comment);
        if made.is_ok() {
            assert_eq!(out, test.okm.to_vec(), "{}", test.tc_id);
        }
        count += 1;
    }
    assert!(count > 80, "{count}");
}

#[test]
fn hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut count = 0;
    for group in set.test_groups.iter().filter(|group| group.tag_size == 256) {
        for test in &group.tests {
            let mut mac = Hmac::<Sha256>::new_from_slice(&test.key).unwrap();
            mac.update(&test.msg);
            let same = mac.finalize().into_bytes()[..] == test.tag[..];
            assert_eq!(same, test.result == TestResult::Valid, "{}: {}", test.tc_id, test.comment);
            count += 1;
        }
    }
    assert!(count > 80, "{count}");
}
