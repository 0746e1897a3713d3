//! F1 to F4, and PRF slots.

use quorate::curve::{P256, Ristretto255};
use quorate::vault::prf::{Label, Prf, PrfError, SinglePrfSlot, derive, ed25519_seed, scalar};
use quorate::vault::{
    AppSecret, Container, Limits, SlotChange, SlotKey, SlotSpec, Stored, VaultError, open, rewrap, seal,
};

use crate::driver::rng;
use crate::fixture::{INPUT, a_key, a_prf, alone, app_secret, by_held, error, expect, held, secret};

fn evaluated(output: &[u8]) -> Result<Prf, PrfError> {
    Prf::evaluated("example.org", b"credential", INPUT, &secret(output))
}

fn good() -> Vec<u8> {
    (100..132).collect()
}

fn not_alone(prf: &Prf) -> SlotSpec<'_> {
    SlotSpec::Prf { prf, alone: SinglePrfSlot::Refuse }
}

fn open_by(bytes: &[u8], key: &SlotKey<'_>) -> Result<AppSecret, VaultError> {
    open(bytes, key, &expect(app_secret().subject(), 0), &Limits::default())
}

#[test]
fn f1_an_output_has_32_bytes_not_all_the_same() {
    for bad in
        [&[][..], &[1; 31], &[1; 32], &[0; 32], &[255; 32], &good()[..31], &[&good()[..], &[1]].concat()]
    {
        assert_eq!(evaluated(bad).unwrap_err(), PrfError::BadOutput, "{bad:?}");
        let bad = secret(bad);
        let twice = Prf::enrolled("example.org", b"credential", INPUT, [&bad, &bad]);
        assert_eq!(twice.unwrap_err(), PrfError::BadOutput);
        let second = Prf::enrolled("example.org", b"credential", INPUT, [&secret(&good()), &bad]);
        assert_eq!(second.unwrap_err(), PrfError::BadOutput);
    }
    assert!(evaluated(&good()).is_ok());
}

#[test]
fn f2_a_new_slot_wants_two_evaluations_that_agree() {
    let (one, mut other) = (good(), good());
    other[31] ^= 1;
    let enrol =
        |a: &[u8], b: &[u8]| Prf::enrolled("example.org", b"credential", INPUT, [&secret(a), &secret(b)]);
    assert_eq!(enrol(&one, &other).unwrap_err(), PrfError::Unstable);
    let (stable, mut once, key) = (enrol(&one, &one).unwrap(), evaluated(&one).unwrap(), a_key(0x44));
    let seal_with = |prf: &Prf| seal(&app_secret(), 1, vec![held(&key), not_alone(prf)], &mut rng(1));
    assert_eq!(error(seal_with(&once)), VaultError::Prf(PrfError::Unstable));
    let bytes = seal_with(&stable).unwrap();
    let add = |prf: &Prf| {
        let base = seal(&app_secret(), 1, vec![held(&key)], &mut rng(1)).unwrap();
        rewrap(&base, &by_held(&key), SlotChange::Add(not_alone(prf)), &Limits::default(), &mut rng(1))
    };
    assert_eq!(error(add(&once)), VaultError::Prf(PrfError::Unstable));
    assert!(add(&stable).is_ok());
    // It opens, and having opened something it was seen twice.
    assert!(open_by(&bytes, &SlotKey::Prf(&once)).is_ok());
    let mut wrong = evaluated(&other).unwrap();
    assert_eq!(error(wrong.confirm(&bytes)), VaultError::WrongKey);
    assert_eq!(
        error(once.confirm(&seal(&app_secret(), 1, vec![held(&key)], &mut rng(1)).unwrap())),
        VaultError::NoSuchSlot
    );
    assert_eq!(error(once.confirm(&bytes[1..])), VaultError::NotAContainer);
    assert_eq!(error(seal_with(&once)), VaultError::Prf(PrfError::Unstable));
    once.confirm(&bytes).unwrap();
    assert!(seal_with(&once).is_ok());
    assert_eq!(error(seal_with(&wrong)), VaultError::Prf(PrfError::Unstable));
}

#[test]
fn f3_one_credential_is_not_the_only_way_in() {
    let (prf, second, key) = (a_prf(b"credential"), a_prf(b"another"), a_key(0x44));
    let seal_for = |slots| seal(&app_secret(), 1, slots, &mut rng(1));
    let refused = VaultError::Prf(PrfError::NoSecondSlot);
    assert_eq!(error(seal_for(vec![not_alone(&prf)])), refused);
    assert!(seal_for(vec![alone(&prf)]).is_ok());
    let both = seal_for(vec![not_alone(&prf), not_alone(&second)]).unwrap();
    let mixed = seal_for(vec![not_alone(&prf), held(&key)]).unwrap();
    // One credential at two RPs is one credential.
    let output = secret(&good());
    let elsewhere = Prf::enrolled("example.com", b"credential", INPUT, [&output, &output]).unwrap();
    assert_eq!(error(seal_for(vec![not_alone(&prf), not_alone(&elsewhere)])), refused);
    // And so it is when the second goes.
    let remove = |bytes: &[u8], alone| {
        let change = SlotChange::Remove { slot: 1, alone };
        rewrap(bytes, &SlotKey::Prf(&prf), change, &Limits::default(), &mut rng(2))
    };
    for bytes in [&both, &mixed] {
        assert_eq!(error(remove(bytes, SinglePrfSlot::Refuse)), refused);
        let left = remove(bytes, SinglePrfSlot::Accept).unwrap();
        assert_eq!(Container::read(&left).unwrap().slots().len(), 1);
        assert!(open_by(&left, &SlotKey::Prf(&prf)).is_ok());
    }
    let replace = |with| {
        let change = SlotChange::Replace { slot: 0, with };
        let base = seal_for(vec![held(&key)]).unwrap();
        rewrap(&base, &by_held(&key), change, &Limits::default(), &mut rng(3))
    };
    assert_eq!(error(replace(not_alone(&prf))), refused);
    assert!(replace(alone(&prf)).is_ok());
}

#[test]
fn f4_labels_are_printable_and_versions_start_at_1() {
    let prf = evaluated(&good()).unwrap();
    let right = Label { app: "a", purpose: "b", chain: "c", account: 0, version: 1 };
    let long = "x".repeat(65);
    for bad in ["", &long, "ä", "a\n", "\0"] {
        for label in
            [Label { app: bad, ..right }, Label { purpose: bad, ..right }, Label { chain: bad, ..right }]
        {
            assert_eq!(derive(prf.secret(), "example.org", &label, 0).unwrap_err(), PrfError::BadLabel);
            let on_curve = scalar::<P256>(prf.secret(), "example.org", &label);
            assert_eq!(on_curve.unwrap_err(), PrfError::BadLabel);
            assert_eq!(ed25519_seed(prf.secret(), "example.org", &label).unwrap_err(), PrfError::BadLabel);
        }
    }
    let zero = Label { version: 0, ..right };
    assert_eq!(derive(prf.secret(), "example.org", &zero, 0).unwrap_err(), PrfError::BadLabel);
    for good in ["x", &long[..64], "a b~"] {
        let label = Label { app: good, purpose: good, chain: good, ..right };
        assert!(derive(prf.secret(), "example.org", &label, 0).is_ok());
        assert!(scalar::<Ristretto255>(prf.secret(), "example.org", &label).is_ok());
    }
}
