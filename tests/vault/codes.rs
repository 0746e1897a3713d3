//! The numbers by which foreign interfaces know the errors.

use quorate::vault::prf::PrfError;

#[test]
fn numbers_of_errors_are_stable() {
    use quorate::vault::backup::BackupError as B;
    use quorate::vault::{Part, StoredKind, VaultError as V, WrapError};
    let f = [PrfError::BadOutput, PrfError::Unstable, PrfError::NoSecondSlot, PrfError::BadLabel];
    assert_eq!(f.each_ref().map(PrfError::code), [5281, 5282, 5283, 5284]);
    let v = [
        (V::Malformed, 5201),
        (V::NotAContainer, 5202),
        (V::UnsupportedVersion, 5203),
        (V::WrongKind { found: 1, wanted: StoredKind::Backup }, 5204),
        (V::WrongSubject, 5205),
        (V::KdfOutOfRange, 5207),
        (V::NoSuchSlot, 5208),
        (V::WrongKey, 5209),
        (V::Corrupt(Part::Slot), 5210),
        (V::Corrupt(Part::Header), 5211),
        (V::Corrupt(Part::Body), 5212),
        (V::Rollback { found: 0, least: None }, 5213),
        (V::Corrupt(Part::Content), 5214),
        (V::BadSlots, 5215),
        (V::TooLarge, 5221),
        (V::NoMemory { kib: 1 }, 5227),
        (V::Wrap(WrapError), 5228),
        (V::Corrupt(Part::Slots), 5231),
        (V::WrongEpoch { found: 1 }, 5233),
        (V::WeakPassphrase, 5235),
        (V::Prf(PrfError::BadLabel), 5284),
    ];
    for (error, code) in v {
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(B::Vault(error).code(), code);
    }
    let b = [
        (B::NotBackupable(2), 5251),
        (B::Malformed, 5252),
        (B::BrokenChain, 5254),
        (B::Rollback { found: 1, least: 2 }, 5255),
        (B::BadItem(3), 5256),
        (B::StaleEpoch { index: 0, found: 1, live: 2 }, 5257),
    ];
    for (error, code) in b {
        assert_eq!(error.code(), code, "{error}");
    }
}
