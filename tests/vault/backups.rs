//! B1 to B7, and what an attacker does with backups.

use quorate::curve::{EcdsaSecp256k1, FrostTaproot};
use quorate::key::KeyShare;
use quorate::key::epoch::Epochs;
use quorate::keyset::Bundle;
use quorate::pairing::StoredPairing;
use quorate::secret::Secret;
use quorate::vault::backup::{self, BackupError, Entry, Item, Known, Link, RestorePlan, Stale, Verified};
use quorate::vault::{
    AppSecret, Limits, Part, SlotChange, SlotKey, SlotSpec, Stored, StoredKind, Subject, VaultError, rewrap,
};

use crate::driver::{E, id, rng};
use crate::fixture::{a_key, app_secret, by_held, held, same, secret, share};
use crate::kinds::{bundle, nonces, pairing, pending_share, presignature, refreshed, shares, snapshot};
use crate::other::{Other, OtherSlot};

const NOW: u64 = 1_800_000_000;

pub(crate) fn make(items: &[Item], previous: Option<&Link>) -> Vec<u8> {
    backup::create(items, NOW, previous, vec![held(&a_key(0x44))], &mut rng(1)).unwrap()
}

pub(crate) fn verify(bytes: &[u8], known: &Known) -> Result<Verified, BackupError> {
    backup::verify(bytes, &by_held(&a_key(0x44)), known, &Limits::default())
}

pub(crate) fn plan(bytes: &[u8], live: impl Fn(&Subject) -> Option<u32>) -> Result<RestorePlan, BackupError> {
    backup::plan(bytes, &by_held(&a_key(0x44)), &Known::NOTHING, &Limits::default(), &live)
}

pub(crate) fn refused<T>(result: Result<T, BackupError>) -> BackupError {
    match result {
        Ok(_) => panic!("it was taken"),
        Err(error) => error,
    }
}

pub(crate) fn restored(plan: RestorePlan) -> Vec<Item> {
    plan.restore().into_iter().map(|item| item.unwrap()).collect()
}

/// An item as it stands in a backup.
fn raw(kind: u8, subject: Subject, epoch: u32, content: &[u8]) -> Vec<u8> {
    let mut out = vec![kind, subject.scheme];
    out.extend(subject.holder.map_or(0, |id| id.get()).to_be_bytes());
    out.extend(subject.key_id);
    out.extend(epoch.to_be_bytes());
    out.extend(7u64.to_be_bytes());
    out.extend((content.len() as u32).to_be_bytes());
    out.extend(content);
    out
}

fn raw_of<T: Stored>(what: &T) -> Vec<u8> {
    raw(T::KIND.number(), what.subject(), what.epoch(), what.write().expose())
}

/// A backup by the second writer, of number 0.
fn other(items: &[Vec<u8>]) -> Other {
    let mut plain = b"QRTB\x01".to_vec();
    plain.extend(NOW.to_be_bytes());
    plain.extend([0; 32]);
    plain.extend((items.len() as u16).to_be_bytes());
    plain.extend(items.concat());
    Other { kind: 5, name: [0x66; 32], epoch: 0, counter: 0, plain, ..Other::app_secret() }
}

#[test]
fn what_goes_in_comes_out() {
    let (one, two) = (shares::<EcdsaSecp256k1>(1).remove(0), shares::<FrostTaproot>(2).remove(1));
    let (set, app) = (bundle(13), app_secret());
    let items = [
        Item::new(&set, 4).unwrap(),
        Item::new(&app, 3).unwrap(),
        Item::new(&two, 2).unwrap(),
        Item::new(&one, 1).unwrap(),
    ];
    let bytes = make(&items, None);
    let verified = verify(&bytes, &Known::NOTHING).unwrap();
    assert_eq!((verified.link, verified.made_at, verified.items.len()), (Link::of(&bytes).unwrap(), NOW, 4));
    let entry = |kind, subject, counter| Entry { kind, subject, epoch: 0, counter };
    let mut of_shares =
        [entry(StoredKind::KeyShare, one.subject(), 1), entry(StoredKind::KeyShare, two.subject(), 2)];
    of_shares.sort_by_key(|entry| entry.subject.key_id);
    assert_eq!(verified.items[..2], of_shares);
    assert_eq!(verified.items[2], entry(StoredKind::AppSecret, app.subject(), 3));
    assert_eq!(verified.items[3], entry(StoredKind::Bundle, set.subject(), 4));
    let plan = plan(&bytes, |_| None).unwrap();
    assert_eq!((*plan.link(), plan.made_at()), (verified.link, NOW));
    assert!(plan.items().all(|(_, stale)| stale.is_none()));
    let mut items = restored(plan);
    assert!(same(&items.pop().unwrap().read::<Bundle>().unwrap(), &set));
    assert!(same(&items.pop().unwrap().read::<AppSecret>().unwrap(), &app));
    for item in items {
        if item.entry().subject.scheme == 1 {
            assert!(same(&item.read::<KeyShare<EcdsaSecp256k1>>().unwrap(), &one));
        } else {
            assert!(same(&item.read::<KeyShare<FrostTaproot>>().unwrap(), &two));
        }
    }
    // As itself alone.
    let item = |share| Item::new(share, 1).unwrap();
    let kind = VaultError::WrongKind { found: 1, wanted: StoredKind::AppSecret };
    assert_eq!(crate::fixture::error(item(&two).read::<AppSecret>()), kind);
    let scheme = item(&two).read::<KeyShare<quorate::curve::FrostSecp256k1>>();
    assert_eq!(crate::fixture::error(scheme), VaultError::Corrupt(Part::Content));
}

#[test]
fn b1_what_must_not_come_back_is_refused_when_a_backup_is_made() {
    let share = share(3);
    let (pending, live) = (pending_share(11), pairing(5));
    let refused = |result: Result<Item, BackupError>| refused(result);
    let stored = StoredPairing::new(live.store()).unwrap();
    assert_eq!(refused(Item::new(&stored, 1)), BackupError::NotBackupable(2));
    assert_eq!(refused(Item::new(&presignature(6), 1)), BackupError::NotBackupable(3));
    assert_eq!(refused(Item::new(&nonces(6), 1)), BackupError::NotBackupable(3));
    assert_eq!(refused(Item::new(&snapshot(7), 1)), BackupError::NotBackupable(4));
    assert_eq!(refused(Item::new(&pending, 1)), BackupError::NotBackupable(7));
    assert_eq!(refused(Item::new(&Epochs::new(share), 1)), BackupError::NotBackupable(9));
}

/// By somebody who has a slot's key, or by a program that is not this one.
#[test]
fn b1_what_must_not_come_back_is_refused_when_a_backup_is_read() {
    let live = pairing(5);
    let items = [
        raw_of(&StoredPairing::new(live.store()).unwrap()),
        raw_of(&presignature(6)),
        raw_of(&nonces(6)),
        raw_of(&snapshot(7)),
        raw_of(&pending_share(11)),
        raw_of(&Epochs::new(share(3))),
        raw(5, Subject::named([1; 32]), 0, b"a backup in a backup"),
        raw(10, Subject::named([1; 32]), 0, b"a set that waits"),
        raw(0, Subject::named([1; 32]), 0, b"no kind"),
        raw(14, Subject::named([1; 32]), 0, b"an unknown kind"),
        raw(12, Subject::named([1; 32]), 0, b"a gated record"),
        raw(13, Subject::named([1; 32]), 0, b"a gated presignature"),
    ];
    for (item, number) in items.iter().zip([2, 3, 3, 4, 7, 9, 5, 10, 0, 14, 12, 13]) {
        assert_eq!(item[0], number);
        let bytes = other(std::slice::from_ref(item)).write();
        assert_eq!(refused(verify(&bytes, &Known::NOTHING)), BackupError::NotBackupable(number));
        assert_eq!(refused(plan(&bytes, |_| None)), BackupError::NotBackupable(number));
        // Beside something good, too.
        let bytes = other(&[raw_of(&share(3)), item.clone()]).write();
        assert_eq!(refused(plan(&bytes, |_| None)), BackupError::NotBackupable(number));
    }
}

#[test]
fn b2_items_ascend_and_none_stands_twice() {
    let (one, two, app) = (share(1), share(2), app_secret());
    let mut sorted = [raw_of(&one), raw_of(&two)];
    sorted.sort_by_key(|item| item[4..36].to_vec());
    let [low, high] = sorted;
    let read = |items: &[Vec<u8>]| verify(&other(items).write(), &Known::NOTHING).map(drop);
    assert_eq!(read(&[low.clone(), high.clone(), raw_of(&app)]), Ok(()));
    let malformed = Err(BackupError::Malformed);
    assert_eq!(read(&[high.clone(), low.clone()]), malformed);
    assert_eq!(read(&[low.clone(), low.clone()]), malformed);
    assert_eq!(read(&[raw_of(&app), low.clone()]), malformed);
    assert_eq!(read(&[]), malformed);
    // At creation the order does not matter, but that there is one of each.
    let item = |share| Item::new(share, 1).unwrap();
    let (a, b) = (make(&[item(&one), item(&two)], None), make(&[item(&two), item(&one)], None));
    assert_eq!(a, b);
    let create =
        |items: &[Item]| backup::create(items, NOW, None, vec![held(&a_key(0x44))], &mut rng(1)).map(drop);
    assert_eq!(create(&[item(&one), Item::new(&one, 2).unwrap()]), malformed);
    assert_eq!(create(&[]), malformed);
    let many: Vec<_> = (0..1025).map(|n| AppSecret::new(&format!("{n}"), secret(&[1])).unwrap()).collect();
    let many: Vec<_> = many.iter().map(|secret| Item::new(secret, 1).unwrap()).collect();
    assert_eq!(create(&many), malformed);
    let bytes = make(&many[1..], None);
    assert_eq!(verify(&bytes, &Known::NOTHING).unwrap().items.len(), 1024);
}

#[test]
fn b2_the_layout_is_exact() {
    let good = other(&[raw_of(&share(1))]);
    let read = |other: &Other| verify(&other.write(), &Known::NOTHING).map(drop);
    assert_eq!(read(&good), Ok(()));
    let malformed = Err(BackupError::Malformed);
    // Its magic, its version, the hash of what is before number 0, the count, the length of the content.
    for at in [0, 3, 4, 13, 44, 45, 46, 47 + 48] {
        let mut bad = good.clone();
        bad.plain[at] ^= 1;
        assert_eq!(read(&bad), malformed, "{at}");
    }
    for cut in 0..good.plain.len() {
        let mut bad = good.clone();
        bad.plain.truncate(cut);
        assert_eq!(read(&bad), malformed, "{cut}");
    }
    let mut bad = good.clone();
    bad.plain.push(0);
    assert_eq!(read(&bad), malformed);
    // A counter that is not the number, a scheme or a holder of a backup: one form.
    for bad in [
        Other { counter: 1, ..good.clone() },
        Other { scheme: 1, ..good.clone() },
        Other { holder: 1, ..good.clone() },
    ] {
        assert_eq!(read(&bad), malformed);
    }
    let none = AppSecret::subject_of("x");
    assert_eq!(
        read(&other(&[raw(6, Subject { holder: Some(id(1)), ..none }, 0, b"\x01\x01xy")])),
        Err(BackupError::BadItem(0))
    );
}

#[test]
fn b3_the_container_is_checked_first() {
    let good = make(&[Item::new(&app_secret(), 1).unwrap()], None);
    let vault = |bytes: &[u8]| match refused(verify(bytes, &Known::NOTHING)) {
        BackupError::Vault(error) => error,
        error => panic!("{error}"),
    };
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        vault(&bad);
    }
    assert_eq!(vault(&good[..good.len() - 1]), VaultError::Malformed);
    let wrong = backup::verify(&good, &by_held(&a_key(1)), &Known::NOTHING, &Limits::default());
    assert_eq!(refused(wrong), BackupError::Vault(VaultError::WrongKey));
    let no_backup = crate::fixture::sealed(&app_secret(), 1);
    let kind = VaultError::WrongKind { found: 6, wanted: StoredKind::Backup };
    assert_eq!(vault(&no_backup), kind);
    assert_eq!(crate::fixture::error(Link::of(&no_backup)), kind);
    let known = Known { chain: Some([1; 32]), ..Known::NOTHING };
    assert_eq!(refused(verify(&good, &known)), BackupError::Vault(VaultError::WrongSubject));
    let known = Known { chain: Some(Link::of(&good).unwrap().chain), ..Known::NOTHING };
    assert!(verify(&good, &known).is_ok());
    // What is not there for a slot is not made.
    let none = backup::create(&[Item::new(&app_secret(), 1).unwrap()], NOW, None, Vec::new(), &mut rng(1));
    assert_eq!(refused(none), BackupError::Vault(VaultError::BadSlots));
}

#[test]
fn b4_each_backup_follows_the_one_before() {
    let item = || [Item::new(&app_secret(), 1).unwrap()];
    let zero = make(&item(), None);
    let link0 = Link::of(&zero).unwrap();
    let one = make(&item(), Some(&link0));
    let link1 = Link::of(&one).unwrap();
    let two = make(&item(), Some(&link1));
    assert_eq!((link0.sequence, link1.sequence, Link::of(&two).unwrap().sequence), (0, 1, 2));
    assert!(verify(&one, &Known::after(link0)).is_ok() && verify(&two, &Known::after(link1)).is_ok());
    let broken = |bytes: &[u8], previous| {
        let known = Known { previous: Some(previous), ..Known::NOTHING };
        assert_eq!(refused(verify(bytes, &known)), BackupError::BrokenChain);
        let planned =
            backup::plan(bytes, &by_held(&a_key(0x44)), &known, &Limits::default(), &|_| None).map(drop);
        assert_eq!(planned, Err(BackupError::BrokenChain));
    };
    broken(&two, link0); // a gap
    broken(&one, link1); // an old one again
    broken(&zero, link0);
    broken(&one, Link { hash: [1; 32], ..link0 }); // after another one
    broken(&one, Link { chain: [1; 32], ..link0 }); // of another chain
    broken(&one, Link { sequence: u64::MAX, ..link0 });
    let last = Link { sequence: u64::MAX, ..link0 };
    let none = backup::create(&item(), NOW, Some(&last), vec![held(&a_key(0x44))], &mut rng(1));
    assert_eq!(refused(none), BackupError::BrokenChain);
}

#[test]
fn b5_a_backup_is_no_older_than_known() {
    let item = [Item::new(&app_secret(), 1).unwrap()];
    let before = Link { chain: [1; 32], sequence: 6, hash: [2; 32] };
    let bytes = make(&item, Some(&before));
    let read = |least| verify(&bytes, &Known { least: Some(least), ..Known::NOTHING }).map(drop);
    assert_eq!((read(0), read(7)), (Ok(()), Ok(())));
    assert_eq!(read(8), Err(BackupError::Rollback { found: 7, least: 8 }));
}

#[test]
fn b6_every_item_decodes_as_what_it_says() {
    let (one, app) = (share(1), app_secret());
    let read = |bad: Vec<u8>, good: Vec<u8>| {
        let bytes = other(&[bad, good]).write();
        assert_eq!(refused(plan(&bytes, |_| None)), refused(verify(&bytes, &Known::NOTHING)));
        refused(verify(&bytes, &Known::NOTHING))
    };
    let (subject, form) = (one.subject(), one.write());
    let form = form.expose();
    for bad in [
        raw(1, subject, 1, form),
        raw(1, Subject { scheme: 4, ..subject }, 0, form),
        raw(1, Subject { scheme: 200, ..subject }, 0, form),
        raw(1, Subject { holder: Some(id(2)), ..subject }, 0, form),
        raw(1, Subject { key_id: [0; 32], ..subject }, 0, form),
        raw(1, subject, 0, &form[1..]),
        raw(1, subject, 0, pending_share(11).to_bytes().expose()),
        raw(1, subject, 0, app.write().expose()),
    ] {
        assert_eq!(read(bad, raw_of(&app)), BackupError::BadItem(0));
    }
    let set = bundle(13);
    let bad = raw(8, Subject { key_id: [9; 32], ..set.subject() }, 0, set.to_bytes().expose());
    assert_eq!(read(raw_of(&one), bad), BackupError::BadItem(1));
    assert_eq!(read(raw_of(&one), raw(6, subject, 0, app.write().expose())), BackupError::BadItem(1));
}

#[test]
fn b7_a_stale_share_is_reported_and_not_released() {
    let (old, new) = refreshed(8);
    let subject = old.subject();
    let app = app_secret();
    let of = |share| make(&[Item::new(share, 1).unwrap(), Item::new(&app, 1).unwrap()], None);
    let live = |epoch| move |key: &Subject| (*key == subject).then_some(epoch);
    for (share, epoch, fresh) in [(&old, 0, true), (&old, 1, false), (&new, 1, true), (&new, 0, true)] {
        let plan = plan(&of(share), live(epoch)).unwrap();
        let stale = Stale { key: subject, found: 0, live: 1 };
        let told: Vec<_> = plan.items().map(|(_, stale)| stale.copied()).collect();
        assert_eq!(told, [(!fresh).then_some(stale), None]);
        let [first, second] = plan.restore().try_into().unwrap();
        assert!(second.is_ok(), "the others are released");
        match first {
            Ok(item) => assert!(fresh && same(&item.read::<KeyShare<E>>().unwrap(), share)),
            Err(error) => {
                assert!(!fresh);
                assert_eq!(error, BackupError::StaleEpoch { index: 0, found: 0, live: 1 });
            }
        }
    }
    // Only by its name, and only once asked for.
    let mut plan = plan(&of(&old), live(1)).unwrap();
    assert!(!plan.accept_stale(1) && !plan.accept_stale(2) && plan.accept_stale(0) && !plan.accept_stale(0));
    let [item, _] = plan.restore().try_into().unwrap();
    assert!(same(&item.unwrap().read::<KeyShare<E>>().unwrap(), &old));
}

/// One of its keys is enough.
#[test]
fn b7_a_set_is_as_stale_as_its_stalest_share() {
    let set = bundle(13);
    let bytes = make(&[Item::new(&set, 1).unwrap()], None);
    for share in set.shares() {
        let key = Subject { scheme: share.scheme().id(), holder: Some(share.id()), key_id: *share.key_id() };
        let plan = plan(&bytes, |asked| (*asked == key).then_some(5)).unwrap();
        let [first] = plan.restore().try_into().unwrap();
        assert_eq!(refused(first), BackupError::StaleEpoch { index: 0, found: 0, live: 5 });
    }
    assert!(plan(&bytes, |_| Some(0)).unwrap().restore().remove(0).is_ok());
}

/// Two backups of one chain, for one key.
#[test]
fn headers_of_two_backups_do_not_mix() {
    let zero = make(&[Item::new(&app_secret(), 1).unwrap()], None);
    let link = Link::of(&zero).unwrap();
    let one = make(&[Item::new(&app_secret(), 2).unwrap()], Some(&link));
    assert_eq!(zero.len(), one.len());
    for (a, b) in [(&zero, &one), (&one, &zero)] {
        for cut in [56, 64, 80, 112, 116 + 148, 116 + 148 + 32, a.len() - 16] {
            let mixed = [&a[..cut], &b[cut..]].concat();
            assert!(matches!(refused(verify(&mixed, &Known::NOTHING)), BackupError::Vault(_)), "{cut}");
        }
    }
}

/// Who may open it changes; its place in the chain does not.
#[test]
fn a_rewrap_breaks_no_chain() {
    let item = [Item::new(&app_secret(), 1).unwrap()];
    let zero = make(&item, None);
    let (old, new) = (a_key(0x44), a_key(0x55));
    let change = SlotChange::Replace { slot: 0, with: SlotSpec::Held { label: "new", key: &new } };
    let again = rewrap(&zero, &by_held(&old), change, &Limits::default(), &mut rng(2)).unwrap();
    assert_ne!(again, zero);
    let link = Link::of(&again).unwrap();
    assert_eq!(link, Link::of(&zero).unwrap());
    let one = make(&item, Some(&link));
    assert!(verify(&one, &Known::after(Link::of(&zero).unwrap())).is_ok());
    let key = SlotKey::Held { label: "new", key: &new };
    assert!(backup::verify(&again, &key, &Known::NOTHING, &Limits::default()).is_ok());
}

#[test]
fn b3_a_backup_has_at_most_64_mib() {
    let create = |first: usize, keys: &[Secret<[u8; 32]>]| {
        let lens = [first, 1 << 24, 1 << 24, 1 << 24];
        let items = lens.iter().zip(["a", "b", "c", "d"]).map(|(len, label)| {
            Item::new(&AppSecret::new(label, secret(&vec![1; *len])).unwrap(), 1).unwrap()
        });
        let items: Vec<_> = items.collect();
        backup::create(&items, NOW, None, keys.iter().map(held).collect(), &mut rng(1))
    };
    let made = |first: usize| create(first, &[a_key(0x44)]);
    let room = (64 << 20) - made(1).unwrap().len();
    let longest = made(1 + room).unwrap();
    assert_eq!(longest.len(), 64 << 20);
    assert_eq!(verify(&longest, &Known::NOTHING).unwrap().items.len(), 4);
    let too_large = BackupError::Vault(VaultError::TooLarge);
    assert_eq!(refused(made(2 + room)), too_large);
    // Before anything is asked of the slots.
    assert_eq!(refused(create(1 << 25, &[])), too_large);
}

/// Slots that are not the device's: the wrong ones do not open it.
#[test]
fn a_backup_has_slots_of_its_own() {
    let bytes = other(&[raw_of(&app_secret())]);
    let mut bytes = Other { slots: vec![OtherSlot::held("paper", 1)], ..bytes };
    bytes.counter = 0;
    assert_eq!(refused(verify(&bytes.write(), &Known::NOTHING)), BackupError::Vault(VaultError::NoSuchSlot));
}
