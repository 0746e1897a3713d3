//! The stored form of a credential.

use quorate::approval::webauthn::{Attestation, Credential, Parts, StaleUpdate};

use crate::scene::{BE, BS, Key, RP, Scene, UP, UV, auth_data, parts};

fn record() -> Parts {
    Parts {
        id: vec![0x11; 16],
        rp_id: "example.org".into(),
        user_handle: vec![0x22; 3],
        backup_eligible: true,
        backed_up: true,
        uv_initialised: true,
        sign_count: 0x0102_0304,
        aaguid: [0x33; 16],
        attestation: Attestation::SelfSigned,
        last_challenge: [0x44; 32],
        ..parts(b"", &Key::new(1))
    }
}

fn bytes(parts: Parts) -> Vec<u8> {
    let credential = Credential::from_parts(parts).unwrap();
    let bytes = credential.to_bytes();
    assert_eq!(Credential::from_bytes(&bytes), Some(credential));
    bytes
}

#[test]
fn the_layout_is_the_documented_one() {
    let wanted = [
        "51435244",
        "01",
        "0010",
        &"11".repeat(16),
        &hex::encode(Key::new(1).public().to_sec1()),
        "0b",
        &hex::encode("example.org"),
        "03",
        "222222",
        "07",
        "01020304",
        &"33".repeat(16),
        "01",
        &"44".repeat(32),
    ];
    assert_eq!(hex::encode(bytes(record())), wanted.concat());
}

#[test]
fn every_value_has_one_form() {
    bytes(Parts { id: vec![1], user_handle: vec![], ..record() });
    bytes(Parts { id: vec![1; 1023], user_handle: vec![1; 64], ..record() });
    for (flags, eligible, backed_up, verified) in
        [(0, false, false, false), (1, true, false, false), (3, true, true, false), (4, false, false, true)]
    {
        let parts = Parts { backup_eligible: eligible, backed_up, uv_initialised: verified, ..record() };
        assert_eq!(bytes(parts)[5 + 18 + 33 + 12 + 4], flags);
    }
    for (number, attestation) in
        [(0, Attestation::None), (1, Attestation::SelfSigned), (2, Attestation::Unverified)]
    {
        let bytes = bytes(Parts { attestation, ..record() });
        assert_eq!(bytes[bytes.len() - 33], number);
    }
}

#[test]
fn no_record_has_impossible_parts() {
    for bad in [
        Parts { id: vec![], ..record() },
        Parts { id: vec![1; 1024], ..record() },
        Parts { user_handle: vec![1; 65], ..record() },
        Parts { backup_eligible: false, ..record() },
        Parts { rp_id: String::new(), ..record() },
        Parts { rp_id: "Example.org".into(), ..record() },
    ] {
        assert_eq!(Credential::from_parts(bad), None);
    }
}

#[test]
fn other_bytes_are_no_record() {
    let right = bytes(record());
    for length in 0..right.len() {
        assert_eq!(Credential::from_bytes(&right[..length]), None, "{length}");
    }
    assert_eq!(Credential::from_bytes(&[&right[..], &[0]].concat()), None);
    let with = |place: usize, byte: u8| {
        let mut bytes = right.clone();
        bytes[place] = byte;
        Credential::from_bytes(&bytes)
    };
    let (flags, attestation) = (5 + 18 + 33 + 12 + 4, right.len() - 33);
    for (place, byte) in [
        (0, b'q'),
        (4, 0),
        (4, 2),
        (23, 4),
        (23, 5),
        (57, b'E'),
        (57, 0xff),
        (57, b'.'),
        (flags, 0x0f),
        (flags, 0x80),
        (flags, 2),
        (attestation, 3),
        (attestation, 0xff),
    ] {
        assert_eq!(with(place, byte), None, "{place} {byte:02x}");
    }
    // The other point with this x is another key.
    let other = with(23, right[23] ^ 1).unwrap();
    assert_ne!(other.parts().key, Key::new(1).public());
}

/// Keys without a counter: the comparison of counters holds back no update.
#[test]
fn an_update_makes_no_record_forget_or_impossible() {
    let mut scene = Scene::new();
    scene.settings.require_uv = false;
    (scene.parts.sign_count, scene.parts.uv_initialised) = (0, false);
    let update = |scene: &mut Scene, flags| {
        scene.auth = auth_data(RP, flags, 0);
        scene.run().unwrap().update().clone()
    };
    let (verified, present) = (update(&mut scene, UP | UV), update(&mut scene, UP));
    assert!(verified.uv_initialised() && !present.uv_initialised());
    let mut set = scene.set();
    for update in [&verified, &present] {
        set.apply(update).unwrap();
        assert!(set.get(&scene.id).unwrap().credential.parts().uv_initialised);
    }
    // It stays when the user is not verified, while BS comes and goes.
    scene.parts.uv_initialised = true;
    (scene.parts.backup_eligible, scene.parts.backed_up) = (true, true);
    let no_longer = update(&mut scene, UP | BE);
    assert!(no_longer.uv_initialised() && !no_longer.backed_up());
    // A record of the same id whose key cannot be backed up.
    let backed_up = update(&mut scene, UP | BE | BS);
    (scene.parts.backup_eligible, scene.parts.backed_up) = (false, false);
    let (mut set, before) = (scene.set(), scene.set());
    assert_eq!(set.apply(&backed_up), Err(StaleUpdate));
    assert_eq!(set, before);
}
