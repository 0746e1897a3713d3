//! What somebody with the disk, or with an old copy of it, or with a key of one slot, can do to a container.

use quorate::key::{KeyShare, PendingShare};
use quorate::vault::{
    AppSecret, Container, EpochRule, Expect, Limits, Part, Rollback, SlotChange, SlotKey, SlotSpec, Stored,
    StoredKind, VaultError, open, rewrap, seal,
};

use crate::driver::{E, rng};
use crate::fixture::{
    a_key, a_prf, alone, app_secret, as_share, by_held, error, expect, held, opened, sealed, secret, share,
};
use crate::other::{Other, OtherSlot};

/// The header, the slots with their MAC, and the rest.
fn parts(bytes: &[u8]) -> [&[u8]; 3] {
    let area = usize::from(u16::from_be_bytes([bytes[114], bytes[115]]));
    let (head, rest) = bytes.split_at(112);
    let (slots, body) = rest.split_at(4 + area + 32);
    [head, slots, body]
}

#[test]
fn every_bit_of_a_container_counts() {
    let share = share(1);
    let good = sealed(&share, 1);
    assert!(as_share(&good, &share).is_ok());
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let found = error(as_share(&bad, &share));
            let right = match at {
                0..8 => found == VaultError::NotAContainer,
                8 | 10 => found == VaultError::UnsupportedVersion,
                9 => matches!(found, VaultError::WrongKind { .. }),
                11..14 | 16..48 => found == VaultError::WrongSubject,
                _ => matches!(
                    found,
                    VaultError::Malformed
                        | VaultError::NoSuchSlot
                        | VaultError::WrongKey
                        | VaultError::Corrupt(_)
                ),
            };
            assert!(right, "byte {at}, bit {bit}: {found:?}");
        }
    }
}

#[test]
fn a_container_cut_anywhere_is_none() {
    let share = share(1);
    let good = sealed(&share, 1);
    for cut in 0..good.len() {
        assert_eq!(error(as_share(&good[..cut], &share)), VaultError::Malformed, "{cut}");
    }
}

/// Two containers for one key: kinds, names, counters, headers, slots and bodies do not mix.
#[test]
fn parts_of_two_containers_do_not_mix() {
    let (one, two) = (share(1), share(2));
    let containers = [sealed(&one, 1), sealed(&one, 2), sealed(&two, 1), sealed(&app_secret(), 1)];
    for (at, a) in containers.iter().enumerate() {
        for b in containers.iter().skip(at + 1) {
            let ([ha, sa, ba], [hb, sb, bb]) = (parts(a), parts(b));
            for mixed in [[ha, sb, bb], [ha, sa, bb], [ha, sb, ba], [hb, sa, ba], [hb, sb, ba], [hb, sa, bb]]
            {
                let mixed = mixed.concat();
                for result in [
                    as_share(&mixed, &one).map(drop),
                    as_share(&mixed, &two).map(drop),
                    opened::<AppSecret>(&mixed, app_secret().subject()).map(drop),
                ] {
                    assert!(result.is_err());
                }
            }
        }
    }
    // A kind or a name alone, with everything bound to it as it was.
    let mut bytes = containers[0].clone();
    bytes[9] = StoredKind::PendingShare.number();
    let pending = opened::<PendingShare<E>>(&bytes, one.subject());
    assert_eq!(error(pending), VaultError::WrongKey);
    let mut bytes = containers[0].clone();
    bytes[16..48].copy_from_slice(&two.subject().key_id);
    assert_eq!(error(as_share(&bytes, &two)), VaultError::WrongKey);
}

#[test]
fn slots_are_not_removed_swapped_or_brought_back() {
    let (old, new, prf) = (a_key(0x44), a_key(0x55), a_prf(b"credential"));
    let share = share(1);
    let first = seal(&share, 1, vec![held(&old), alone(&prf)], &mut rng(1)).unwrap();
    let slots = Container::read(&first).unwrap().slots().len();
    assert_eq!(slots, 2);
    let (held_len, prf_len) = (148, 212);
    let rebuild = |count: u8, slots: &[&[u8]], from: &[u8]| {
        let [head, area, body] = parts(from);
        let slots = slots.concat();
        let length = (slots.len() as u16).to_be_bytes();
        [head, &[count, 0], &length, &slots, &area[area.len() - 32..], body].concat()
    };
    let [_, area, _] = parts(&first);
    let (one, two) = (&area[4..4 + held_len], &area[4 + held_len..4 + held_len + prf_len]);
    assert_eq!(rebuild(2, &[one, two], &first), first);
    let corrupt = VaultError::Corrupt(Part::Slots);
    for forged in [
        rebuild(1, &[one], &first),
        rebuild(2, &[two, one], &first),
        rebuild(3, &[one, two, one], &first),
        rebuild(3, &[one, one, two], &first),
    ] {
        assert_eq!(error(as_share(&forged, &share)), corrupt);
    }
    // The old key's slot is taken away, and brought back from the old copy.
    let change = SlotChange::Replace { slot: 0, with: SlotSpec::Held { label: "new", key: &new } };
    let second = rewrap(&first, &by_held(&old), change, &Limits::default(), &mut rng(2)).unwrap();
    assert_eq!(error(as_share(&second, &share)), VaultError::NoSuchSlot);
    let [_, area, _] = parts(&second);
    let (of_new, prf_again) = (&area[4..4 + held_len], &area[4 + held_len..4 + held_len + prf_len]);
    assert_eq!(prf_again, two);
    for forged in [
        rebuild(2, &[one, two], &second),
        rebuild(3, &[of_new, two, one], &second),
        rebuild(3, &[one, of_new, two], &second),
    ] {
        assert_eq!(error(as_share(&forged, &share)), corrupt);
    }
    // The whole old copy opens: rewrapping revokes nothing. Under a new counter it does not.
    assert!(as_share(&first, &share).is_ok());
    let third = seal(&share, 2, vec![held(&new)], &mut rng(3)).unwrap();
    let least = Container::read(&third).unwrap().counter();
    let rolled_back =
        open::<KeyShare<E>>(&first, &by_held(&old), &expect(share.subject(), least), &Limits::default());
    assert_eq!(error(rolled_back), VaultError::Rollback { found: 1, least: Some(2) });
}

/// A container that asks for all memory there is: from a writer without the passphrase, and from one with it.
#[test]
fn argon2_does_not_exhaust_memory() {
    let passphrase = secret(b"correct horse");
    let key = SlotKey::Passphrase { slot: 0, passphrase: &passphrase };
    let expect = expect(app_secret().subject(), 0);
    for (kib, passes) in [(u32::MAX, 2), (1 << 21, 16), (1 << 20, 4), ((1 << 18) + 1, 2), (19_456, u32::MAX)]
    {
        let slots = vec![OtherSlot::passphrase(kib, passes, 1)];
        let bytes = Other { slots, ..Other::app_secret() }.write();
        let result = open::<AppSecret>(&bytes, &key, &expect, &Limits::default());
        assert_eq!(error(result), VaultError::KdfOutOfRange, "{kib} {passes}");
    }
    // Nor do many slots: only the one that is named is tried.
    let slots = vec![OtherSlot::passphrase(1 << 18, 16, 1); 8];
    let bytes = Other { slots, ..Other::app_secret() }.write();
    let prf = a_prf(b"credential");
    let result = open::<AppSecret>(&bytes, &SlotKey::Prf(&prf), &expect, &Limits::default());
    assert_eq!(error(result), VaultError::NoSuchSlot);
}

#[test]
fn an_older_container_is_refused_by_its_counter() {
    let share = share(1);
    let (old, new) = (sealed(&share, 1), sealed(&share, 2));
    let open_at = |bytes: &[u8], least| {
        let expect = expect(share.subject(), least);
        open::<KeyShare<E>>(bytes, &by_held(&a_key(0x44)), &expect, &Limits::default()).map(drop)
    };
    assert_eq!(open_at(&old, 2), Err(VaultError::Rollback { found: 1, least: Some(2) }));
    assert_eq!(open_at(&new, 2), Ok(()));
    // An old body under the new counter.
    let mut forged = old.clone();
    forged[56..64].copy_from_slice(&2u64.to_be_bytes());
    assert_eq!(open_at(&forged, 2), Err(VaultError::WrongKey));
}

/// A share without its certificate is no key.
#[test]
fn a_pending_share_is_not_opened_as_a_share() {
    let pending = crate::kinds::pending_share(11);
    let bytes = sealed(&pending, 1);
    let result = opened::<KeyShare<E>>(&bytes, pending.subject());
    assert_eq!(error(result), VaultError::WrongKind { found: 7, wanted: StoredKind::KeyShare });
    // Nor by somebody who has the slot's key, and seals it as one.
    let subject = pending.subject();
    let other = Other {
        kind: 1,
        scheme: subject.scheme,
        holder: subject.holder.unwrap().get(),
        name: subject.key_id,
        plain: pending.to_bytes().expose().clone(),
        ..Other::app_secret()
    };
    let result = opened::<KeyShare<E>>(&other.write(), subject);
    assert_eq!(error(result), VaultError::Corrupt(Part::Content));
}

/// One ciphertext for two keys: whoever can make it halves the passphrases with each attempt that it provokes, unless each slot commits to
/// its key. The attempt shows as a wrong key, and tells nothing of the tag.
#[test]
fn a_slot_commits_to_its_key() {
    let good = sealed(&app_secret(), 1);
    for byte in 0..=255 {
        let expect =
            Expect { subject: app_secret().subject(), epoch: EpochRule::Any, rollback: Rollback::NotChecked };
        let result = open::<AppSecret>(&good, &by_held(&a_key(byte)), &expect, &Limits::default());
        assert_eq!(result.is_ok(), byte == 0x44);
        if let Err(found) = result {
            assert_eq!(found, VaultError::WrongKey);
        }
    }
}
