//! V1 to V6 and V9 to V14: each check of opening by its id, with the exact error. V7, V8 and V15 are in `slots`.

use quorate::vault::{
    AppSecret, Container, EpochRule, Expect, Limits, Part, Rollback, SlotChange, SlotSpec, Stored,
    StoredKind, Subject, VaultError, open, rewrap, seal,
};

use crate::driver::{id, rng};
use crate::fixture::{
    a_key, app_secret, as_share, by_held, error, expect, held, opened, same, sealed, secret, share,
};
use crate::other::{Other, OtherSlot};

/// Where the only slot of `sealed` begins, and its parts.
const SLOT: usize = 116;
const SALT: usize = SLOT + 4;
const PARAMS: usize = SALT + 32;
const COMMIT: usize = PARAMS + 32;
const WRAPPED: usize = COMMIT + 32;
const MAC: usize = WRAPPED + 48;
const LENGTH: usize = MAC + 32;
const BODY: usize = LENGTH + 4;

const MAX: usize = (16 << 20) + (16 << 10);

fn subject() -> Subject {
    AppSecret::subject_of("quote MAC key")
}

/// As a secret of the application's.
fn open_app(bytes: &[u8]) -> Result<AppSecret, VaultError> {
    opened(bytes, subject())
}

fn changed(bytes: &[u8], at: usize, to: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    assert_ne!(bytes[at], to);
    bytes[at] = to;
    bytes
}

#[test]
fn v1_the_length() {
    let good = sealed(&app_secret(), 1);
    for cut in [0, 9, 10, 112, 167] {
        assert_eq!(error(open_app(&good[..cut])), VaultError::Malformed, "{cut}");
    }
    // Too short comes before no magic.
    assert_eq!(error(open_app(&[0; 167])), VaultError::Malformed);
    assert_eq!(error(open_app(&[0; 168])), VaultError::NotAContainer);
    // The longest that there is.
    let overhead = sealed(&app_secret(), 1).len() - 32;
    let long = AppSecret::new("quote MAC key", secret(&vec![1; MAX - overhead])).unwrap();
    let longest = sealed(&long, 1);
    assert_eq!(longest.len(), MAX);
    assert!(same(&open_app(&longest).unwrap(), &long));
    let longer = AppSecret::new("quote MAC key", secret(&vec![1; MAX - overhead + 1])).unwrap();
    let too_large = seal(&longer, 1, vec![held(&a_key(0x44))], &mut rng(1));
    assert_eq!(error(too_large), VaultError::TooLarge);
    // Nor does one grow beyond it: a slot for a key that is held has 148 bytes.
    let (key, new) = (a_key(0x44), a_key(0x55));
    let grown = |len: usize| {
        let secret = AppSecret::new("quote MAC key", secret(&vec![1; len - overhead])).unwrap();
        let change = SlotChange::Add(SlotSpec::Held { label: "another", key: &new });
        rewrap(&sealed(&secret, 1), &by_held(&key), change, &Limits::default(), &mut rng(1))
    };
    let largest = grown(MAX - 148).unwrap();
    assert_eq!(largest.len(), MAX);
    assert!(open_app(&largest).is_ok());
    for len in [MAX - 147, MAX] {
        assert_eq!(error(grown(len)), VaultError::TooLarge);
    }
    let mut other = Other::app_secret();
    other.plain.resize(longest.len() - BODY - 16 + 1, 1);
    let longer = other.write();
    assert_eq!(longer.len(), MAX + 1);
    assert_eq!(error(open_app(&longer)), VaultError::Malformed);
    // Of a backup there may be more.
    other.kind = StoredKind::Backup.number();
    assert!(Container::read(&other.write()).is_ok());
    other.plain.resize((64 << 20) - BODY - 16, 1);
    let mut backup = other.write();
    assert_eq!(Container::read(&backup).unwrap().plaintext_len(), (64 << 20) - BODY - 16);
    backup.push(0);
    assert_eq!(error(Container::read(&backup)), VaultError::Malformed);
}

#[test]
fn v2_the_magic() {
    let good = sealed(&app_secret(), 1);
    for at in 0..8 {
        let bad = changed(&good, at, good[at] ^ 0x20);
        assert_eq!(error(open_app(&bad)), VaultError::NotAContainer, "{at}");
    }
}

#[test]
fn v3_version_and_suite() {
    let good = sealed(&app_secret(), 1);
    for (at, to) in [(8, 0), (8, 2), (10, 0), (10, 2)] {
        let bad = changed(&good, at, to);
        assert_eq!(error(open_app(&bad)), VaultError::UnsupportedVersion, "{at} {to}");
        // Made so, not damaged:
        let header = [|f: &mut [u8]| f[8] = 2, |f: &mut [u8]| f[10] = 2];
        for header in header {
            let other = Other { header, ..Other::app_secret() }.write();
            assert_eq!(error(open_app(&other)), VaultError::UnsupportedVersion);
        }
    }
}

#[test]
fn v4_the_kind() {
    let share = share(1);
    let wanted = StoredKind::KeyShare;
    for found in [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255] {
        let mut other = Other::app_secret();
        other.kind = found;
        let bytes = other.write();
        assert_eq!(error(as_share(&bytes, &share)), VaultError::WrongKind { found, wanted });
        assert_eq!(Container::read(&bytes).is_ok(), (1..=13).contains(&found), "{found}");
    }
    let other = Other { kind: 0, ..Other::app_secret() }.write();
    assert_eq!(error(Container::read(&other)), VaultError::Malformed);
}

#[test]
fn v5_scheme_holder_and_name() {
    let share = share(1);
    let (bytes, right) = (sealed(&share, 1), share.subject());
    let mut name = right.key_id;
    name[31] ^= 1;
    for wrong in [
        Subject { scheme: right.scheme + 1, ..right },
        Subject { holder: None, ..right },
        Subject { holder: Some(id(2)), ..right },
        Subject { key_id: name, ..right },
    ] {
        let result = opened::<quorate::key::KeyShare<crate::driver::E>>(&bytes, wrong);
        assert_eq!(error(result), VaultError::WrongSubject, "{wrong:?}");
    }
    assert!(same(&as_share(&bytes, &share).unwrap(), &share));
}

#[test]
fn v6_the_header_has_one_form() {
    let headers: [fn(&mut [u8]); 5] =
        [|f| f[14] = 1, |f| f[15] = 1, |f| f[48] = 1, |f| f[51] = 1, |f| f[48..52].fill(255)];
    for header in headers {
        let bytes = Other { header, ..Other::app_secret() }.write();
        assert_eq!(error(open_app(&bytes)), VaultError::Malformed);
    }
    // Of a backup the epoch is a number of 64 bits.
    let mut backup = Other { kind: 5, epoch: 1 << 32, ..Other::app_secret() };
    assert_eq!(Container::read(&backup.write()).unwrap().epoch(), 1 << 32);
    backup.kind = 1;
    assert_eq!(error(Container::read(&backup.write())), VaultError::Malformed);
}

#[test]
fn v6_everything_has_its_place() {
    let good = sealed(&app_secret(), 1);
    for (at, to) in [
        (112, 0),          // no slot
        (112, 2),          // one too few
        (112, 9),          // too many
        (113, 1),          // not zero
        (114, 1),          // a longer area
        (115, 147),        // a shorter one
        (115, 149),        // a longer one
        (SLOT, 0),         // no type
        (SLOT, 5),         // an unknown one
        (SLOT, 1),         // another, of another length
        (SLOT + 1, 1),     // not zero
        (SLOT + 3, 143),   // a shorter slot
        (SLOT + 3, 145),   // a longer slot
        (LENGTH, 1),       // a longer plaintext
        (LENGTH + 3, 0),   // a shorter plaintext
        (LENGTH + 3, 255), // a longer plaintext
    ] {
        assert_eq!(error(open_app(&changed(&good, at, to))), VaultError::Malformed, "{at} {to}");
    }
    let longer = [&good[..], &[0]].concat();
    assert_eq!(error(open_app(&longer)), VaultError::Malformed);
    assert_eq!(error(open_app(&good[..good.len() - 1])), VaultError::Malformed);
    // An area with something behind the slots, although it is the area's length that says so.
    let mut padded = good.clone();
    padded.insert(MAC, 0);
    padded[115] += 1;
    assert_eq!(error(open_app(&padded)), VaultError::Malformed);
    // A slot with something behind its fields.
    let mut padded = good;
    padded.insert(MAC, 0);
    padded[115] += 1;
    padded[SLOT + 3] += 1;
    assert_eq!(error(open_app(&padded)), VaultError::Malformed);
}

#[test]
fn v6_slots_have_one_form() {
    let read = |slot: OtherSlot| {
        let other = Other { slots: vec![OtherSlot::held("daily work", 0x44), slot], ..Other::app_secret() };
        open_app(&other.write())
    };
    for label in [&b"k"[..], &[b'k'; 64], b"kms key 1"] {
        assert!(
            read(OtherSlot::external(label, 0)).is_ok() && read(OtherSlot::external(label, 1024)).is_ok()
        );
        assert_eq!(error(read(OtherSlot::external(label, 1025))), VaultError::Malformed);
    }
    for label in [&b""[..], &[b'k'; 65], b"\xff", b"a\n", "ä".as_bytes()] {
        assert_eq!(error(read(OtherSlot::external(label, 4))), VaultError::Malformed, "{label:?}");
    }
    let kdf = OtherSlot::passphrase(19_456, 2, 1);
    assert!(read(kdf.clone()).is_ok(), "what is not tried is not judged");
    for (at, to) in [(0, 0x10), (0, 0x14), (1, 1)] {
        let mut slot = kdf.clone();
        slot.params[at] = to;
        assert_eq!(error(read(slot)), VaultError::Malformed);
    }
}

#[test]
fn v9_the_key() {
    let good = sealed(&app_secret(), 1);
    let open_by = |bytes: &[u8], byte| {
        open::<AppSecret>(bytes, &by_held(&a_key(byte)), &expect(subject(), 0), &Limits::default())
    };
    assert!(open_by(&good, 0x44).is_ok());
    assert_eq!(error(open_by(&good, 0x45)), VaultError::WrongKey);
    // What the slot is bound to: the counter, the object id, the commitment to the data key, the salt, and the commitment itself.
    for at in [56, 63, 64, 79, 80, 111, SALT, SALT + 31, COMMIT, COMMIT + 31] {
        let bad = changed(&good, at, good[at] ^ 1);
        assert_eq!(error(open_by(&bad, 0x44)), VaultError::WrongKey, "{at}");
    }
}

#[test]
fn v10_the_wrapped_key() {
    let good = sealed(&app_secret(), 1);
    for at in WRAPPED..MAC {
        let bad = changed(&good, at, good[at] ^ 1);
        assert_eq!(error(open_app(&bad)), VaultError::Corrupt(Part::Slot), "{at}");
    }
}

/// Somebody who has the slot's key makes a container whose data key is not the one that the header commits to.
#[test]
fn v11_the_commitment_to_the_data_key() {
    let other = Other { dk_commit: Some([1; 32]), ..Other::app_secret() };
    assert_eq!(error(open_app(&other.write())), VaultError::Corrupt(Part::Header));
    let mut other = Other::app_secret();
    other.slots[0].wraps = Some([0xbc; 32]);
    assert_eq!(error(open_app(&other.write())), VaultError::Corrupt(Part::Header));
}

#[test]
fn v11_the_mac_over_the_slots() {
    let good = sealed(&app_secret(), 1);
    for at in MAC..LENGTH {
        let bad = changed(&good, at, good[at] ^ 1);
        assert_eq!(error(open_app(&bad)), VaultError::Corrupt(Part::Slots), "{at}");
    }
    // A slot that is not tried.
    let slots = vec![OtherSlot::held("daily work", 0x44), OtherSlot::external(b"kms", 4)];
    let good = Other { slots, ..Other::app_secret() }.write();
    assert!(open_app(&good).is_ok());
    let second = MAC;
    for at in [second + 4, second + 38, second + 43, second + 100] {
        let bad = changed(&good, at, good[at] ^ 1);
        assert_eq!(error(open_app(&bad)), VaultError::Corrupt(Part::Slots), "{at}");
    }
}

#[test]
fn v12_the_body() {
    let good = sealed(&app_secret(), 1);
    for at in BODY..good.len() {
        let bad = changed(&good, at, good[at] ^ 0x80);
        assert_eq!(error(open_app(&bad)), VaultError::Corrupt(Part::Body), "{at}");
    }
}

#[test]
fn v13_the_counter() {
    let bytes = sealed(&app_secret(), 7);
    let open_at = |rollback| {
        let expect = Expect { subject: subject(), epoch: EpochRule::Any, rollback };
        open::<AppSecret>(&bytes, &by_held(&a_key(0x44)), &expect, &Limits::default())
    };
    for least in [0, 6, 7] {
        assert!(open_at(Rollback::AtLeast(least)).is_ok());
    }
    for least in [8, u64::MAX] {
        let rollback = VaultError::Rollback { found: 7, least: Some(least) };
        assert_eq!(error(open_at(Rollback::AtLeast(least))), rollback);
    }
    assert!(open_at(Rollback::NotChecked).is_ok());
    // A counter that is not authentic is not compared.
    let bad = changed(&bytes, 63, 9);
    let expect = Expect { subject: subject(), epoch: EpochRule::Any, rollback: Rollback::AtLeast(8) };
    let result = open::<AppSecret>(&bad, &by_held(&a_key(0x44)), &expect, &Limits::default());
    assert_eq!(error(result), VaultError::WrongKey);
}

#[test]
fn v13_the_epoch() {
    let share = share(1);
    let (_, next) = crate::kinds::refreshed(4);
    let open_as = |share: &quorate::key::KeyShare<crate::driver::E>, epoch| {
        let expect = Expect { subject: share.subject(), epoch, rollback: Rollback::NotChecked };
        let bytes = sealed(share, 1);
        open::<quorate::key::KeyShare<crate::driver::E>>(
            &bytes,
            &by_held(&a_key(0x44)),
            &expect,
            &Limits::default(),
        )
        .map(drop)
    };
    for (share, epoch) in [(&share, 0), (&next, 1)] {
        assert_eq!(share.epoch(), epoch);
        assert_eq!(open_as(share, EpochRule::Any), Ok(()));
        assert_eq!(open_as(share, EpochRule::Exactly(epoch)), Ok(()));
        assert_eq!(open_as(share, EpochRule::AtLeast(epoch)), Ok(()));
        let wrong = Err(VaultError::WrongEpoch { found: epoch });
        assert_eq!(open_as(share, EpochRule::Exactly(epoch + 1)), wrong);
        assert_eq!(open_as(share, EpochRule::AtLeast(epoch + 1)), wrong);
        assert_eq!(open_as(share, EpochRule::Exactly(epoch.wrapping_sub(1))), wrong);
    }
}

/// Somebody who has the slot's key seals something under another's name, or under another epoch.
#[test]
fn v14_the_content_is_what_the_header_says() {
    let corrupt = VaultError::Corrupt(Part::Content);
    let share = share(1);
    let of_share = Other {
        kind: 1,
        scheme: share.subject().scheme,
        holder: 1,
        name: share.subject().key_id,
        plain: share.to_bytes().expose().clone(),
        ..Other::app_secret()
    };
    let open_it = |other: &Other| {
        let holder = (other.holder != 0).then(|| id(other.holder));
        let subject = Subject { scheme: other.scheme, holder, key_id: other.name };
        opened::<quorate::key::KeyShare<crate::driver::E>>(&other.write(), subject)
    };
    assert!(same(&open_it(&of_share).unwrap(), &share));
    for wrong in [
        Other { scheme: 4, ..of_share.clone() },
        Other { holder: 2, ..of_share.clone() },
        Other { holder: 0, ..of_share.clone() },
        Other { name: [1; 32], ..of_share.clone() },
        Other { epoch: 1, ..of_share.clone() },
        Other { plain: Vec::new(), ..of_share.clone() },
        Other { plain: of_share.plain[1..].to_vec(), ..of_share.clone() },
        Other { plain: Other::app_secret().plain, ..of_share.clone() },
    ] {
        assert_eq!(error(open_it(&wrong)), corrupt);
    }
    // And as a secret of the application's.
    for plain in [
        &b"\x01\x0dquote MAC key"[..],
        b"\x02\x0dquote MAC key1",
        b"\x01\x0cquote MAC key1",
        b"\x01\x0equote MAC key",
        b"\x01\x00x",
        b"\x01\x01\nx",
        b"",
    ] {
        let other = Other { plain: plain.to_vec(), ..Other::app_secret() };
        assert_eq!(error(open_app(&other.write())), corrupt, "{plain:?}");
    }
}

/// Everything is wrong; the first check of the table speaks, and then the next.
#[test]
fn checks_are_made_in_order() {
    let share = share(1);
    let wrong = Subject { holder: None, ..share.subject() };
    let mut bytes = sealed(&share, 1);
    let spoil = [0, 8, 113, SALT, WRAPPED, MAC, bytes.len() - 1];
    spoil.iter().for_each(|at| bytes[*at] ^= 1);
    let mend = |bytes: &mut Vec<u8>, at: usize| bytes[at] ^= 1;
    let open_app = |bytes: &[u8]| error(opened::<AppSecret>(bytes, wrong));
    assert_eq!(open_app(&bytes[..167]), VaultError::Malformed);
    assert_eq!(open_app(&bytes), VaultError::NotAContainer);
    mend(&mut bytes, 0);
    assert_eq!(open_app(&bytes), VaultError::UnsupportedVersion);
    mend(&mut bytes, 8);
    assert_eq!(open_app(&bytes), VaultError::WrongKind { found: 1, wanted: StoredKind::AppSecret });
    let key = a_key(0x44);
    let open_with = |bytes: &[u8], label, expect: &Expect| {
        let key = quorate::vault::SlotKey::Held { label, key: &key };
        error(open::<quorate::key::KeyShare<crate::driver::E>>(bytes, &key, expect, &Limits::default()))
    };
    let at = |subject| Expect { subject, epoch: EpochRule::Exactly(9), rollback: Rollback::AtLeast(9) };
    assert_eq!(open_with(&bytes, "another", &at(wrong)), VaultError::WrongSubject);
    assert_eq!(open_with(&bytes, "another", &at(share.subject())), VaultError::Malformed);
    mend(&mut bytes, 113);
    assert_eq!(open_with(&bytes, "another", &at(share.subject())), VaultError::NoSuchSlot);
    let open_it = |bytes: &[u8], expect: &Expect| open_with(bytes, "daily work", expect);
    let right = at(share.subject());
    assert_eq!(open_it(&bytes, &right), VaultError::WrongKey);
    for (place, part) in [(SALT, Part::Slot), (WRAPPED, Part::Slots), (MAC, Part::Body)] {
        mend(&mut bytes, place);
        assert_eq!(open_it(&bytes, &right), VaultError::Corrupt(part));
    }
    let last = bytes.len() - 1;
    mend(&mut bytes, last);
    assert_eq!(open_it(&bytes, &right), VaultError::Rollback { found: 1, least: Some(9) });
    let right = Expect { rollback: Rollback::AtLeast(1), ..right };
    assert_eq!(open_it(&bytes, &right), VaultError::WrongEpoch { found: 0 });
}
