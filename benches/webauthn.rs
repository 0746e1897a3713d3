//! One passkey's assertion, from the browser's bytes to the verdict, and one registration: `cargo bench --features approval --bench webauthn`.
//!
//! The record of the credential is in memory, among those of 1000 others.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::ecdsa::{Signature, SigningKey};
use quorate::approval::approver::ApproverId;
use quorate::approval::keyfmt::P256Key;
use quorate::approval::webauthn::{
    Assertion, Attestation, Credential, CredentialSet, Expected, Parts, Registration, Settings,
    WebauthnConfig, enrol, verify,
};
use sha2::{Digest as _, Sha256};

const OWNER: ApproverId = ApproverId([1; 32]);
const CHALLENGE: [u8; 32] = [0; 32];

fn client_data(kind: &str) -> String {
    let challenge = "A".repeat(43);
    format!(
        r#"{{"type":"{kind}","challenge":"{challenge}","origin":"https://wallet.example.org","crossOrigin":false,"other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"}}"#
    )
}

fn sign(key: &SigningKey, auth: &[u8], client: &str) -> Vec<u8> {
    let digest = Sha256::new().chain_update(auth).chain_update(Sha256::digest(client)).finalize();
    let signature: Signature = key.sign_prehash(&digest).unwrap();
    signature.to_der().as_bytes().to_vec()
}

fn public(key: &SigningKey) -> P256Key {
    P256Key::from_sec1(key.verifying_key().to_sec1_point(true).as_bytes()).unwrap()
}

fn record(n: u16) -> (SigningKey, Credential) {
    let mut secret = [7; 32];
    secret[..2].copy_from_slice(&n.to_be_bytes());
    let key = SigningKey::from_slice(&secret).unwrap();
    let parts = Parts {
        id: n.to_be_bytes().repeat(16),
        key: public(&key),
        rp_id: "example.org".into(),
        user_handle: vec![1; 32],
        backup_eligible: true,
        backed_up: true,
        uv_initialised: true,
        sign_count: 0,
        aaguid: [0; 16],
        attestation: Attestation::None,
        last_challenge: [0; 32],
    };
    (key, Credential::from_parts(parts).unwrap())
}

fn webauthn(c: &mut Criterion) {
    let config =
        WebauthnConfig::new(Settings::new(&["example.org"], &["https://wallet.example.org"])).unwrap();
    let mut set = CredentialSet::new();
    for n in 1..=1000 {
        set.insert(OWNER, record(n).1).unwrap();
    }
    let (key, credential) = record(500);
    let rp = Sha256::digest("example.org");
    let (auth, client) = ([&rp[..], &[0x1d], &[0; 4]].concat(), client_data("webauthn.get"));
    let signature = sign(&key, &auth, &client);
    let assertion = Assertion {
        credential_id: &credential.parts().id,
        client_data: client.as_bytes(),
        authenticator_data: &auth,
        signature: &signature,
        user_handle: Some(&[1; 32]),
    };
    let expected = Expected { challenge: &CHALLENGE, owner: Some(OWNER) };
    c.bench_function("webauthn: verify an assertion", |bench| {
        bench.iter(|| verify(&config, &set, expected, black_box(&assertion)).unwrap());
    });
    let stored = credential.to_bytes();
    c.bench_function("webauthn: read a stored credential", |bench| {
        bench.iter(|| Credential::from_bytes(black_box(&stored)).unwrap());
    });

    let key = SigningKey::from_slice(&[9; 32]).unwrap();
    let client = client_data("webauthn.create");
    let auth = [&rp[..], &[0x5d], &[0; 20], &[0, 32], &[0xff; 32], &public(&key).to_cose()].concat();
    let head = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58", &[auth.len() as u8][..]].concat();
    let registration = Registration {
        client_data: client.as_bytes(),
        attestation_object: &[head, auth].concat(),
        user_handle: &[1; 32],
    };
    c.bench_function("webauthn: enrol a credential", |bench| {
        bench.iter(|| enrol(&config, &CHALLENGE, black_box(&registration), &set).unwrap());
    });
}

criterion_group! { name = benches; config = Criterion::default().sample_size(50); targets = webauthn }
criterion_main!(benches);
