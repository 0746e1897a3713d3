//! What is behind the gate is sealed, opened and backed up as what is behind the gate, and as nothing else.

use quorate::curve::EcdsaSecp256k1;
use quorate::ecdsa::{self, Presignature};
use quorate::error::ResumeError;
use quorate::gated::{Gated, StoredPresignature};
use quorate::key::KeyShare;
use quorate::key::epoch::Epochs;
use quorate::sim::MemoryLedger;
use quorate::vault::backup::{BackupError, Item, Known};
use quorate::vault::{Container, EpochRule, Expect, Limits, Rollback, Stored, StoredKind, VaultError, open};

use crate::backups::{make, plan, refused, restored, verify};
use crate::driver::E;
use crate::fixture::{a_key, by_held, error, opened, same, sealed, share};
use crate::kinds::presignature;

type GatedPresignature = StoredPresignature<EcdsaSecp256k1>;

fn gated_presignature(seed: u64) -> GatedPresignature {
    let stored = presignature(seed).into_form();
    let live = Presignature::<EcdsaSecp256k1>::load(&stored, &mut MemoryLedger::default()).unwrap();
    StoredPresignature::new(Gated::new(live).store()).unwrap()
}

fn kind(found: u8, wanted: StoredKind) -> VaultError {
    VaultError::WrongKind { found, wanted }
}

#[test]
fn v4_what_was_gated_opens_as_gated_alone() {
    let (plain, gated) = (share(31), Gated::new(share(31)));
    let (clear, shut) = (sealed(&plain, 1), sealed(&gated, 1));
    assert_eq!(Container::read(&shut).unwrap().kind(), StoredKind::GatedShare);
    assert_eq!((gated.subject(), Stored::epoch(&gated)), (plain.subject(), 0));
    let again: Gated<KeyShare<E>> = opened(&shut, plain.subject()).unwrap();
    assert!(same(&again, &gated));
    assert_eq!(error(opened::<KeyShare<E>>(&shut, plain.subject())), kind(11, StoredKind::KeyShare));
    assert_eq!(error(opened::<Gated<KeyShare<E>>>(&clear, plain.subject())), kind(1, StoredKind::GatedShare));

    let (plain, gated) = (Epochs::new(share(31)), Gated::new(Epochs::new(share(31))));
    let (clear, shut) = (sealed(&plain, 1), sealed(&gated, 1));
    let again: Gated<Epochs<E>> = opened(&shut, gated.subject()).unwrap();
    assert!(same(&again, &gated) && gated.subject() == plain.subject());
    assert_eq!(error(opened::<Epochs<E>>(&shut, plain.subject())), kind(12, StoredKind::Epochs));
    assert_eq!(error(opened::<Gated<Epochs<E>>>(&clear, plain.subject())), kind(9, StoredKind::GatedEpochs));

    let (plain, gated) = (presignature(15), gated_presignature(15));
    let (clear, shut) = (sealed(&plain, 1), sealed(&gated, 1));
    assert_eq!((gated.subject(), Stored::epoch(&gated)), (plain.subject(), Stored::epoch(&plain)));
    let wrong = opened::<ecdsa::StoredPresignature<EcdsaSecp256k1>>(&shut, plain.subject());
    assert_eq!(error(wrong), kind(13, StoredKind::Presignature));
    let wrong = opened::<GatedPresignature>(&clear, plain.subject());
    assert_eq!(error(wrong), kind(3, StoredKind::GatedPresignature));
    let again: GatedPresignature = opened(&shut, plain.subject()).unwrap();
    let (form, mut ledger) = (again.into_form(), MemoryLedger::default());
    assert!(Gated::<Presignature<EcdsaSecp256k1>>::load(&form, &mut ledger).is_ok());
    let twice = Gated::<Presignature<EcdsaSecp256k1>>::load(&form, &mut ledger);
    assert_eq!(twice.unwrap_err(), ResumeError::Spent);
    // A form is taken as what it is.
    assert!(GatedPresignature::new(plain.into_form()).is_none());
    assert!(ecdsa::StoredPresignature::<EcdsaSecp256k1>::new(form).is_none());
}

#[test]
fn v13_a_gated_record_of_epochs_is_not_opened_without_a_least_counter() {
    let record = Gated::new(Epochs::new(share(31)));
    let (bytes, subject) = (sealed(&record, 5), record.subject());
    let with = |rollback| {
        let expect = Expect { subject, epoch: EpochRule::Any, rollback };
        open::<Gated<Epochs<E>>>(&bytes, &by_held(&a_key(0x44)), &expect, &Limits::default())
    };
    assert_eq!(error(with(Rollback::NotChecked)), VaultError::Rollback { found: 5, least: None });
    assert!(with(Rollback::AtLeast(5)).is_ok());
    let expect = Expect { subject, epoch: EpochRule::Any, rollback: Rollback::NotChecked };
    let share = sealed(&Gated::new(share(31)), 5);
    assert!(open::<Gated<KeyShare<E>>>(&share, &by_held(&a_key(0x44)), &expect, &Limits::default()).is_ok());
}

#[test]
fn b1_b6_a_gated_share_comes_back_as_gated() {
    let share = Gated::new(share(31));
    let bytes = make(&[Item::new(&share, 7).unwrap()], None);
    assert_eq!(verify(&bytes, &Known::NOTHING).unwrap().items[0].kind, StoredKind::GatedShare);
    let mut items = restored(plan(&bytes, |_| None).unwrap());
    let item = items.pop().unwrap();
    assert!(same(&item.read::<Gated<KeyShare<E>>>().unwrap(), &share));
    let item = restored(plan(&bytes, |_| None).unwrap()).pop().unwrap();
    assert_eq!(error(item.read::<KeyShare<E>>()), kind(11, StoredKind::KeyShare));
    // A new record is made of it, behind the gate.
    let record = restored(plan(&bytes, |_| None).unwrap()).pop().unwrap().read::<Gated<KeyShare<E>>>();
    assert!(same(&record.unwrap().into_epochs(), &Gated::new(Epochs::new(crate::fixture::share(31)))));
    // B7: its epoch is known as that of a share is.
    let stale = plan(&bytes, |_| Some(1)).unwrap();
    assert!(stale.items().all(|(_, stale)| stale.is_some()));
    let record = Gated::new(Epochs::new(crate::fixture::share(31)));
    assert_eq!(refused(Item::new(&record, 1)), BackupError::NotBackupable(12));
    assert_eq!(refused(Item::new(&gated_presignature(15), 1)), BackupError::NotBackupable(13));
}
