//! Backups with whatever stands in them, in a chain.

use quorate::curve::{EcdsaSecp256k1, Scheme as _};
use quorate::gated::Gated;
use quorate::key::KeyShare;
use quorate::secret::Secret;
use quorate::vault::backup::{self, BackupError, Item, Known, Link};
use quorate::vault::{AppSecret, Limits, SlotKey, SlotSpec, Stored};

use super::other::{Other, OtherSlot};
use super::{Fate, Thing};
use crate::driver::{E, dkg, id, rng};
use crate::input::Input;

const KEY: u8 = 0x55;
const CHAIN: [u8; 32] = [0xcc; 32];

/// Of a backup: magic, version, time, hash of the one before, items.
fn body(previous: [u8; 32], items: &[Vec<u8>]) -> Vec<u8> {
    let count = (items.len() as u16).to_be_bytes();
    [&b"QRTB\x01"[..], &1_800_000_000u64.to_be_bytes(), &previous, &count, &items.concat()].concat()
}

fn item(what: &impl Stored, kind: u8) -> Vec<u8> {
    let (subject, content) = (what.subject(), what.write().expose().clone());
    let holder = subject.holder.map_or(0, |id| id.get()).to_be_bytes();
    let length = (content.len() as u32).to_be_bytes();
    let epoch = what.epoch().to_be_bytes();
    [&[kind, subject.scheme], &holder[..], &subject.key_id, &epoch, &[0; 8], &length, &content].concat()
}

fn write(sequence: u64, plain: &[u8]) -> Vec<u8> {
    let other = Other {
        kind: 5,
        name: CHAIN,
        epoch: sequence,
        counter: sequence,
        plain: plain.to_vec(),
        slots: vec![OtherSlot::held("backup", KEY)],
        ..Other::app_secret()
    };
    other.write()
}

fn check(form: &[u8], sequence: u64) -> Fate {
    let key = Secret::new([KEY; 32]);
    let (slot, limits) = (SlotKey::Held { label: "backup", key: &key }, Limits::default());
    let bytes = write(sequence, form);
    let verified = backup::verify(&bytes, &slot, &Known::NOTHING, &limits);
    let planned = backup::plan(&bytes, &slot, &Known::NOTHING, &limits, &|_| None);
    let verified = match verified {
        Ok(verified) => verified,
        Err(error) => {
            assert_eq!(planned.err(), Some(error));
            return Fate::Refused;
        }
    };
    assert_eq!((verified.link.chain, verified.link.sequence), (CHAIN, sequence));
    assert!(verified.items.iter().all(|entry| entry.kind.is_backupable()), "it cannot come back");
    // Older than known, and of another chain.
    let least = Known { least: Some(sequence + 1), ..Known::NOTHING };
    let older = BackupError::Rollback { found: sequence, least: sequence + 1 };
    assert_eq!(backup::verify(&bytes, &slot, &least, &limits), Err(older));
    let stranger = Known::after(Link { chain: [0; 32], ..verified.link });
    assert!(backup::verify(&bytes, &slot, &stranger, &limits).is_err());
    // Of a key that is in a later epoch nothing is released.
    let stale = backup::plan(&bytes, &slot, &Known::NOTHING, &limits, &|_| Some(u32::MAX)).expect("a backup");
    for (restored, entry) in stale.restore().into_iter().zip(&verified.items) {
        let is_key = entry.subject.scheme != 0 || entry.kind.number() == 8;
        assert!(restored.is_err() || !is_key || entry.epoch == u32::MAX, "a stale share");
    }
    // What was restored makes the next one, of the same things.
    let items: Result<Vec<Item>, _> = planned.expect("a plan").restore().into_iter().collect();
    let items = items.expect("nothing is stale");
    let slots = vec![SlotSpec::Held { label: "backup", key: &key }];
    let next = backup::create(&items, verified.made_at, Some(&verified.link), slots, &mut rng(1));
    let next = next.expect("a backup");
    let known = Known::after(verified.link);
    let again = backup::verify(&next, &slot, &known, &limits).expect("the next in the chain");
    assert_eq!(again.items, verified.items);
    for item in items {
        match item.entry().kind.number() {
            1 if item.entry().subject.scheme == E::ID => drop(item.read::<KeyShare<E>>().expect("a share")),
            6 => drop(item.read::<AppSecret>().expect("a secret")),
            _ => {}
        }
    }
    Fate::Opened
}

pub(super) fn all() -> Vec<Thing> {
    let share = KeyShare::<E>::from_bytes(dkg::<E>(2, &[1, 2], 1).0.result(id(1))).expect("a share");
    let other = dkg::<EcdsaSecp256k1>(2, &[1, 2], 1).0;
    let other = KeyShare::<EcdsaSecp256k1>::from_bytes(other.result(id(2))).expect("a share");
    let secret = AppSecret::new("x", Secret::new(vec![1; 32])).expect("a label");
    let inner = [share.write().expose().clone(), other.write().expose().clone()];
    let mut items = vec![(item(&share, 1), 1, share.subject().key_id)];
    items.push((item(&other, 1), 1, other.subject().key_id));
    items.push((item(&secret, 6), 6, secret.subject().key_id));
    items.push((item(&Gated::new(other), 11), 11, [0; 32]));
    items.sort_by_key(|(_, kind, name)| (*kind, *name));
    let items: Vec<_> = items.into_iter().map(|(item, ..)| item).collect();
    let forms = vec![body([0; 32], &items), body([0; 32], &items[..1]), body([0; 32], &items[2..3])];
    let thing = Thing::new("backup", forms, false, |form, input: &mut Input<'_>| {
        // Number 0 has nothing before it; a later one may have, or have lost it.
        let sequence = u64::from(input.byte());
        check(&form, sequence)
    });
    vec![thing.around(&inner)]
}
