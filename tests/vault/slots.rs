//! V7, V8 and V15, and what each type of slot does: sealing, opening, rewrapping.

use quorate::secret::Secret;
use quorate::vault::prf::SinglePrfSlot;
use quorate::vault::{
    AppSecret, Container, Kdf, Limits, Part, SlotChange, SlotKey, SlotKind, SlotSpec, Subject, VaultError,
    open, rewrap, seal,
};

use crate::driver::rng;
use crate::fixture::{
    FLOOR, INPUT, Kms, LABEL, a_key, a_prf, alone, app_secret, by_held, error, expect, held, same, sealed,
    secret,
};
use crate::other::{Other, OtherSlot, sha256};

fn subject() -> Subject {
    AppSecret::subject_of("quote MAC key")
}

fn open_by(bytes: &[u8], key: &SlotKey<'_>) -> Result<AppSecret, VaultError> {
    open(bytes, key, &expect(subject(), 0), &Limits::default())
}

fn seal_for(slots: Vec<SlotSpec<'_>>) -> Result<Vec<u8>, VaultError> {
    seal(&app_secret(), 1, slots, &mut rng(3))
}

fn change(bytes: &[u8], change: SlotChange<'_>) -> Result<Vec<u8>, VaultError> {
    rewrap(bytes, &by_held(&a_key(0x44)), change, &Limits::default(), &mut rng(4))
}

#[test]
fn v7_argon2_parameters_are_bounded_before_memory_is_taken() {
    let passphrase = secret(b"correct horse");
    let open_at = |kib, passes, lanes, max_memory_kib| {
        let slots = vec![OtherSlot::passphrase(kib, passes, lanes)];
        let bytes = Other { slots, ..Other::app_secret() }.write();
        let key = SlotKey::Passphrase { slot: 0, passphrase: &passphrase };
        error(open::<AppSecret>(&bytes, &key, &expect(subject(), 0), &Limits { max_memory_kib }))
    };
    let default = Limits::default().max_memory_kib;
    assert_eq!(default, 1 << 18);
    for (kib, passes, lanes, limit) in [
        (19_455, 2, 1, default),
        (19_456, 1, 1, default),
        (19_456, 2, 0, default),
        (19_456, 2, 9, default),
        (19_456, 17, 1, default),
        (19_456, 2, 1, 19_455),
        ((1 << 18) + 1, 2, 1, default),
        ((1 << 21) + 1, 2, 1, u32::MAX),
        (1 << 21, 3, 1, u32::MAX),
        (u32::MAX, u32::MAX, u16::MAX, u32::MAX),
    ] {
        assert_eq!(open_at(kib, passes, lanes, limit), VaultError::KdfOutOfRange, "{kib} {passes} {lanes}");
    }
    assert_eq!(open_at(19_456, 2, 1, 19_456), VaultError::WrongKey, "within all bounds: it is tried");
}

#[test]
fn v8_there_is_a_slot_for_the_key() {
    let (key, external, prf) = (a_key(0x44), a_key(0x33), a_prf(b"credential"));
    let wrapped = SlotSpec::Wrapped { label: "kms", key: &external, blob: &[] };
    let bytes = seal_for(vec![held(&key), alone(&prf), wrapped]).unwrap();
    let passphrase = secret(b"correct horse");
    for slot in [0, 1, 2, 3, usize::MAX] {
        let key = SlotKey::Passphrase { slot, passphrase: &passphrase };
        assert_eq!(error(open_by(&bytes, &key)), VaultError::NoSuchSlot, "{slot}");
    }
    for missing in [
        SlotKey::Held { label: "kms", key: &key },
        SlotKey::External { label: LABEL, key: &external },
        SlotKey::External { label: "kms ", key: &external },
        SlotKey::Prf(&a_prf(b"credentia")),
    ] {
        assert_eq!(error(open_by(&bytes, &missing)), VaultError::NoSuchSlot, "{missing:?}");
    }
    let output = secret(&(100..132).collect::<Vec<u8>>());
    let elsewhere =
        quorate::vault::prf::Prf::evaluated("example.com", b"credential", INPUT, &output).unwrap();
    assert_eq!(error(open_by(&bytes, &SlotKey::Prf(&elsewhere))), VaultError::NoSuchSlot);
    for there in [by_held(&key), SlotKey::Prf(&prf), SlotKey::External { label: "kms", key: &external }] {
        assert!(open_by(&bytes, &there).is_ok());
    }
}

#[test]
fn v15_one_to_eight_slots() {
    let keys: Vec<_> = (0..9).map(|byte| (format!("key {byte}"), a_key(byte))).collect();
    let specs = |count: usize| {
        keys[..count].iter().map(|(label, key)| SlotSpec::Held { label, key }).collect::<Vec<_>>()
    };
    assert_eq!(error(seal_for(specs(0))), VaultError::BadSlots);
    assert_eq!(error(seal_for(specs(9))), VaultError::BadSlots);
    let eight = seal_for(specs(8)).unwrap();
    for (label, key) in &keys[..8] {
        assert!(open_by(&eight, &SlotKey::Held { label, key }).is_ok(), "{label}");
    }
    // Nothing is made, and no wrapper asked, for a container that there will not be.
    let mut kms = Kms::default();
    let others = keys[..8].iter().map(|(label, key)| SlotSpec::Held { label, key });
    let nine = std::iter::once(SlotSpec::External { label: "kms", wrapper: &mut kms }).chain(others);
    assert_eq!(error(seal_for(nine.collect())), VaultError::BadSlots);
    assert!(kms.wrapped.is_empty());
    // And so it is when they are changed.
    let key = SlotKey::Held { label: &keys[0].0, key: &keys[0].1 };
    let change = |bytes: &[u8], change| rewrap(bytes, &key, change, &Limits::default(), &mut rng(4));
    assert_eq!(error(change(&eight, SlotChange::Add(specs(9).pop().unwrap()))), VaultError::BadSlots);
    let replaced = change(&eight, SlotChange::Replace { slot: 7, with: specs(9).pop().unwrap() }).unwrap();
    assert_eq!(Container::read(&replaced).unwrap().slots().len(), 8);
    let one = seal_for(specs(1)).unwrap();
    let remove = |slot| SlotChange::Remove { slot, alone: SinglePrfSlot::Refuse };
    assert_eq!(error(change(&one, remove(0))), VaultError::BadSlots);
    assert_eq!(error(change(&eight, remove(8))), VaultError::BadSlots);
    let with = || specs(9).pop().unwrap();
    assert_eq!(error(change(&eight, SlotChange::Replace { slot: 8, with: with() })), VaultError::BadSlots);
}

/// A key that names its slot would find the other.
#[test]
fn v15_no_two_slots_for_one_key() {
    let (one, two, prf) = (a_key(1), a_key(2), a_prf(b"credential"));
    let held_twice = vec![held(&one), held(&two)];
    assert_eq!(error(seal_for(held_twice)), VaultError::BadSlots);
    let wrapped = |key| SlotSpec::Wrapped { label: "kms", key, blob: &[] };
    assert_eq!(error(seal_for(vec![wrapped(&one), held(&one), wrapped(&two)])), VaultError::BadSlots);
    assert_eq!(error(seal_for(vec![alone(&prf), held(&one), alone(&prf)])), VaultError::BadSlots);
    let bytes = sealed(&app_secret(), 1);
    assert_eq!(error(change(&bytes, SlotChange::Add(held(&two)))), VaultError::BadSlots);
    assert!(change(&bytes, SlotChange::Replace { slot: 0, with: held(&two) }).is_ok());
    assert!(seal_for(vec![wrapped(&one), held(&one), alone(&prf)]).is_ok());
}

#[test]
fn v15_passphrases_labels_blobs_and_parameters_are_in_range() {
    let passphrase = |len: usize, kdf| {
        let passphrase = secret(&vec![b'x'; len]);
        error(seal_for(vec![SlotSpec::Passphrase { passphrase: &passphrase, kdf }]))
    };
    for len in [0, 7, 1025] {
        assert_eq!(passphrase(len, FLOOR), VaultError::WeakPassphrase, "{len}");
    }
    for kdf in [
        Kdf { memory_kib: 19_455, ..FLOOR },
        Kdf { passes: 1, ..FLOOR },
        Kdf { lanes: 9, ..FLOOR },
        Kdf { memory_kib: 1 << 21, passes: 3, lanes: 1 },
    ] {
        assert_eq!(passphrase(8, kdf), VaultError::KdfOutOfRange, "{kdf:?}");
    }
    let key = a_key(1);
    let long = "x".repeat(65);
    for label in ["", &long, "a\tb", "ä"] {
        assert_eq!(error(seal_for(vec![SlotSpec::Held { label, key: &key }])), VaultError::BadSlots);
        let wrapped = SlotSpec::Wrapped { label, key: &key, blob: &[] };
        assert_eq!(error(seal_for(vec![wrapped])), VaultError::BadSlots);
        let external = SlotSpec::External { label, wrapper: &mut Kms::default() };
        assert_eq!(error(seal_for(vec![external])), VaultError::BadSlots);
    }
    let blob = [0; 1025];
    let wrapped = |blob| SlotSpec::Wrapped { label: "kms", key: &key, blob };
    assert_eq!(error(seal_for(vec![wrapped(&blob)])), VaultError::BadSlots);
    assert!(seal_for(vec![wrapped(&blob[1..])]).is_ok());
    for blob_len in [1025, 65_400, 65_536, 65_537, 70_000] {
        let mut kms = Kms { blob_len, ..Kms::default() };
        let external = SlotSpec::External { label: "kms", wrapper: &mut kms };
        assert_eq!(error(seal_for(vec![external])), VaultError::BadSlots, "{blob_len}");
        let blob = vec![0; blob_len];
        let wrapped = SlotSpec::Wrapped { label: "kms", key: &key, blob: &blob };
        assert_eq!(error(seal_for(vec![wrapped])), VaultError::BadSlots, "{blob_len}");
    }
    // Also where a slot is added.
    let bytes = sealed(&app_secret(), 1);
    assert_eq!(error(change(&bytes, SlotChange::Add(wrapped(&blob)))), VaultError::BadSlots);
    let short = secret(b"1234567");
    let spec = SlotSpec::Passphrase { passphrase: &short, kdf: FLOOR };
    assert_eq!(error(change(&bytes, SlotChange::Add(spec))), VaultError::WeakPassphrase);
}

#[test]
fn a_passphrase_opens_its_slot_and_another_does_not() {
    let (passphrase, key) = (secret(b"12345678"), a_key(0x44));
    let slots = vec![SlotSpec::Passphrase { passphrase: &passphrase, kdf: FLOOR }, held(&key)];
    let bytes = seal_for(slots).unwrap();
    let open_with =
        |passphrase: &Secret<Vec<u8>>| open_by(&bytes, &SlotKey::Passphrase { slot: 0, passphrase });
    assert!(same(&open_with(&passphrase).unwrap(), &app_secret()));
    assert_eq!(error(open_with(&secret(b"12345679"))), VaultError::WrongKey);
    // What is none is not tried.
    assert_eq!(error(open_with(&secret(b"1234567"))), VaultError::WrongKey);
    assert_eq!(error(open_with(&secret(&[b'1'; 1025]))), VaultError::WrongKey);
    let kind = Container::read(&bytes).unwrap().slots()[0].kind();
    assert_eq!(kind, SlotKind::Passphrase { kdf: FLOOR });
}

/// Not even a slot that another program has made with it.
#[test]
fn what_is_no_passphrase_opens_no_slot() {
    use argon2::{Algorithm, Argon2, Params, Version};
    let argon2 =
        Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, Some(32)).unwrap());
    for (len, right) in [(7, false), (8, true), (1024, true), (1025, false)] {
        let passphrase = secret(&vec![b'x'; len]);
        let mut slot = OtherSlot::passphrase(19_456, 2, 1);
        argon2.hash_password_into(passphrase.expose(), &[1; 32], &mut slot.ikm).unwrap();
        let bytes = Other { slots: vec![slot], ..Other::app_secret() }.write();
        let result = open_by(&bytes, &SlotKey::Passphrase { slot: 0, passphrase: &passphrase }).map(drop);
        assert_eq!(result, if right { Ok(()) } else { Err(VaultError::WrongKey) }, "{len}");
    }
}

#[test]
fn a_wrapper_is_told_what_its_key_is_for() {
    let mut kms = Kms::default();
    let held_key = a_key(0x44);
    let external = SlotSpec::External { label: "kms key 1", wrapper: &mut kms };
    let bytes = seal_for(vec![held(&held_key), external]).unwrap();
    let container = Container::read(&bytes).unwrap();
    let SlotKind::External { label, blob } = container.slots()[1].kind() else { panic!("an external slot") };
    assert_eq!((label, blob), ("kms key 1", &[0][..]));
    let (_, ctx, wrapped) = kms.wrapped[0].clone();
    assert_eq!(container.wrap_context("kms key 1"), Some(ctx));
    assert_eq!((container.wrap_context("kms key 2"), container.wrap_context(LABEL)), (None, None));
    let key = container.unwrap("kms key 1", &mut kms).unwrap();
    assert_eq!(key.expose(), &wrapped);
    assert!(open_by(&bytes, &SlotKey::External { label: "kms key 1", key: &key }).is_ok());
    assert_eq!(error(container.unwrap("kms key 2", &mut kms)), VaultError::NoSuchSlot);
    // It may refuse, at any time.
    kms.refuses = true;
    let refused = VaultError::Wrap(quorate::vault::WrapError);
    assert_eq!(error(container.unwrap("kms key 1", &mut kms)), refused);
    assert_eq!(error(seal_for(vec![SlotSpec::External { label: "x", wrapper: &mut kms }])), refused);
    // A blob of another container is of another context.
    kms.refuses = false;
    let second = seal(
        &app_secret(),
        2,
        vec![SlotSpec::External { label: "kms key 1", wrapper: &mut kms }],
        &mut rng(5),
    );
    let second = second.unwrap();
    let other = Container::read(&second).unwrap().wrap_context("kms key 1").unwrap();
    assert_ne!(other, ctx);
    assert_eq!(kms_unwrap(&mut kms, &[0], &other), Err(quorate::vault::WrapError));
}

fn kms_unwrap(kms: &mut Kms, blob: &[u8], ctx: &[u8; 32]) -> Result<(), quorate::vault::WrapError> {
    quorate::vault::KeyWrap::unwrap(kms, blob, ctx).map(drop)
}

#[test]
fn the_slots_tell_what_they_need() {
    let (key, prf) = (a_key(0x44), a_prf(b"credential"));
    let bytes = seal_for(vec![held(&key), alone(&prf)]).unwrap();
    let container = Container::read(&bytes).unwrap();
    let label_hash = &sha256(LABEL.as_bytes());
    assert_eq!(container.slots()[0].kind(), SlotKind::Held { label_hash });
    let (rp_id_hash, credential_hash) = (&sha256(b"example.org"), &sha256(b"credential"));
    assert_eq!(container.slots()[1].kind(), SlotKind::Prf { rp_id_hash, credential_hash, input: &INPUT });
    assert_eq!((container.epoch(), container.counter(), container.subject()), (0, 1, subject()));
}

#[test]
fn rewrap_changes_who_opens_and_nothing_else() {
    let bytes = sealed(&app_secret(), 5);
    let (old, new) = (a_key(0x44), a_key(0x55));
    let new_slot = || SlotSpec::Held { label: "new", key: &new };
    let by_new = SlotKey::Held { label: "new", key: &new };
    let both = change(&bytes, SlotChange::Add(new_slot())).unwrap();
    let (before, after) = (Container::read(&bytes).unwrap(), Container::read(&both).unwrap());
    assert_eq!((before.object_id(), before.counter()), (after.object_id(), after.counter()));
    assert_eq!(bytes[..112], both[..112]);
    let tail = bytes.len() - 116 - 148 - 32;
    assert_eq!(bytes[bytes.len() - tail..], both[both.len() - tail..], "the body is as it was");
    assert!(open_by(&both, &by_held(&old)).is_ok() && open_by(&both, &by_new).is_ok());
    // The first goes: from now on the second alone opens. The old copy does not hear of it.
    let remove = SlotChange::Remove { slot: 0, alone: SinglePrfSlot::Refuse };
    let only = change(&both, remove).unwrap();
    assert_eq!(error(open_by(&only, &by_held(&old))), VaultError::NoSuchSlot);
    assert!(open_by(&only, &by_new).is_ok() && open_by(&bytes, &by_held(&old)).is_ok());
    let replaced = change(&bytes, SlotChange::Replace { slot: 0, with: new_slot() }).unwrap();
    assert!(open_by(&replaced, &by_new).is_ok());
    // Who cannot open cannot change.
    let wrong = rewrap(&bytes, &by_held(&new), SlotChange::Add(new_slot()), &Limits::default(), &mut rng(4));
    assert_eq!(error(wrong), VaultError::WrongKey);
    let mut bad = both.clone();
    bad[116 + 148 + 4] ^= 1;
    assert_eq!(error(change(&bad, SlotChange::Add(held(&old)))), VaultError::Corrupt(Part::Slots));
}

/// Two sealings of one thing with one key have nothing in common but what is public.
#[test]
fn every_sealing_has_its_own_keys() {
    let mut rng = rng(8);
    let key = a_key(0x44);
    let made: Vec<_> = (0..2).map(|_| seal(&app_secret(), 1, vec![held(&key)], &mut rng).unwrap()).collect();
    let differ = |range: std::ops::Range<usize>| assert_ne!(made[0][range.clone()], made[1][range]);
    differ(64..80); // object id
    differ(80..112); // commitment
    differ(120..152); // salt
    differ(184..216); // commitment of the slot
    differ(216..248); // wrapped key
    differ(300..332); // ciphertext
}
