//! A million damaged inputs: no panic, nothing accepted that was not signed, no value with a second form.

use quorate::approval::keyfmt::{CoseAlgorithms, KeyFormat, P256Key};
use quorate::approval::webauthn::Credential;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

use crate::differential::{cbor_agrees, der_agrees, json_agrees};
use crate::level3;
use crate::scene::*;

/// One to three changes: a bit, a byte, a piece left out, doubled, moved or put in, an end cut.
pub(crate) fn mutate(bytes: &[u8], rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut below = |n: usize| rng.next_u32() as usize % n.max(1);
    for _ in 0..=below(3) {
        let (from, length) = (below(out.len()), below(8));
        let to = out.len().min(from + length);
        match below(8) {
            0..3 if !out.is_empty() => out[from] ^= 1 << below(8),
            3 if !out.is_empty() => out[from] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'\\', b'{'][below(8)],
            4 => drop(out.drain(from..to)),
            5 => {
                let piece = out[from..to].to_vec();
                let place = below(out.len() + 1);
                out.splice(place..place, piece);
            }
            6 => out.insert(from, below(256) as u8),
            _ if below(4) == 0 => out.truncate(from),
            _ => {}
        }
    }
    out
}

/// Damages the input so many times, and counts what the check says yes to.
fn times(count: usize, input: &[u8], seed: u64, mut check: impl FnMut(&[u8]) -> bool) -> usize {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    (0..count)
        .filter(|_| {
            let damaged = mutate(input, &mut rng);
            damaged != input && check(&damaged)
        })
        .count()
}

#[test]
fn damaged_assertions_are_refused() {
    let vector = level3::vector("packed-self.ES256");
    let settings = level3::lenient();
    let set = {
        let mut set = quorate::approval::webauthn::CredentialSet::new();
        set.insert(OWNER, vector.enrol(&settings).unwrap()).unwrap();
        set
    };
    let mut scene = Scene::new();
    scene.settings = settings;
    scene.challenge = vector.get("get.challenge").to_vec();
    scene.id = vector.get("credential_id").to_vec();
    scene.client = vector.get("get.clientDataJSON").to_vec();
    scene.auth = vector.get("get.authenticatorData").to_vec();
    scene.signature = Some(vector.get("get.signature").to_vec());
    scene.run_in(&set).unwrap();
    let (client, auth, signature, id) =
        (scene.client.clone(), scene.auth.clone(), scene.signature(), scene.id.clone());
    let mut accepted = times(15_000, &client, 11, |damaged| {
        scene.client = damaged.to_vec();
        scene.run_in(&set).is_ok()
    });
    scene.client = client;
    accepted += times(5_000, &auth, 12, |damaged| {
        scene.auth = damaged.to_vec();
        scene.run_in(&set).is_ok()
    });
    scene.auth = auth;
    accepted += times(10_000, &signature, 13, |damaged| {
        scene.signature = Some(damaged.to_vec());
        scene.run_in(&set).is_ok()
    });
    scene.signature = Some(signature);
    accepted += times(5_000, &id, 14, |damaged| {
        scene.id = damaged.to_vec();
        scene.run_in(&set).is_ok()
    });
    scene.id = id;
    accepted += times(5_000, HANDLE, 15, |damaged| {
        scene.handle = Some(damaged.to_vec());
        scene.run_in(&set).is_ok()
    });
    assert_eq!(accepted, 0);
    scene.handle = None;
    scene.run_in(&set).unwrap();
}

/// A self attestation signs all of the authenticator data, and the rest has one form.
#[test]
fn damaged_registrations_are_refused() {
    let mut enrolment = Enrolment::new("packed");
    let (object, client) = (enrolment.object(), enrolment.client.clone());
    let mut accepted = times(40_000, &object, 21, |damaged| {
        enrolment.object = Some(damaged.to_vec());
        enrolment.run().is_ok()
    });
    enrolment.object = Some(object);
    accepted += times(20_000, &client, 22, |damaged| {
        enrolment.client = damaged.to_vec();
        enrolment.run().is_ok()
    });
    assert_eq!(accepted, 0);
}

#[test]
fn damaged_keys_and_records_are_other_keys_and_records_or_none() {
    let key = Key::new(5).public();
    // Whether it was read, and then: not as the same key, and only in the form that is written.
    let key_of = |read: Result<P256Key, _>, bytes: &[u8], write: &dyn Fn(&P256Key) -> Vec<u8>| {
        let Ok(other) = read.map_err(|_: quorate::approval::keyfmt::KeyFormatError| ()) else { return false };
        assert_ne!(other, key);
        assert_eq!(write(&other), bytes);
        true
    };
    let mut read = 0;
    read += times(100_000, &key.to_cose(), 31, |bytes| {
        key_of(P256Key::from_cose(bytes, CoseAlgorithms::Es256), bytes, &|key| key.to_cose().to_vec())
    });
    read += times(100_000, &key.to_spki_der(), 32, |bytes| {
        key_of(P256Key::from_spki_der(bytes), bytes, &|key| key.to_spki_der().to_vec())
    });
    read += times(100_000, &key.to_sec1_uncompressed(), 33, |bytes| {
        let write = |key: &P256Key| match bytes.len() {
            33 => key.to_sec1().to_vec(),
            _ => key.to_sec1_uncompressed().to_vec(),
        };
        key_of(P256Key::from_sec1(bytes), bytes, &write)
    });
    read += times(100_000, &key.to_raw64(), 34, |bytes| {
        key_of(P256Key::from_raw64(bytes), bytes, &|key| key.to_raw64().to_vec())
    });
    // Two coordinates cannot both change and fit; a damaged x or y alone fits no point.
    assert_eq!(read, 0);
    let compressed = times(50_000, &key.to_sec1(), 35, |bytes| {
        key_of(P256Key::from_sec1(bytes), bytes, &|key| key.to_sec1().to_vec())
    });
    assert!(compressed > 5_000, "{compressed}");
    let record = Credential::from_parts(parts(b"a credential's id", &Key::new(5))).unwrap();
    let records = times(100_000, &record.to_bytes(), 36, |bytes| {
        let Some(other) = Credential::from_bytes(bytes) else { return false };
        assert_ne!(other, record);
        assert_eq!(other.to_bytes(), bytes);
        true
    });
    assert!(records > 10_000, "{records}");
    times(20_000, &key.to_cose(), 37, |bytes| KeyFormat::detect(bytes).is_ok());
}

#[test]
fn damaged_texts_mean_the_same_to_every_reader() {
    let vector = level3::vector("packed.ES256");
    let jwk = Key::new(5).public().to_jwk();
    let jwks = times(60_000, jwk.as_bytes(), 41, |text| match P256Key::from_jwk(text) {
        // A changed name of a member that nobody needs, or white space.
        Ok(key) => {
            assert_eq!(key, Key::new(5).public());
            json_agrees(text)
        }
        Err(_) => false,
    });
    assert!(jwks < 600, "{jwks}");
    let json = times(60_000, vector.get("create.clientDataJSON"), 42, json_agrees);
    let cbor = times(60_000, vector.get("create.attestationObject"), 43, cbor_agrees);
    let own = times(60_000, &Enrolment::new("packed").object(), 44, cbor_agrees);
    let der = times(130_000, vector.get("get.signature"), 45, der_agrees);
    assert!(json > 5_000 && cbor > 5_000 && own > 5_000 && der > 20_000, "{json} {cbor} {own} {der}");
}
