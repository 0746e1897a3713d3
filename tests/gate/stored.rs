//! Stored forms of what is gated: they stay so, and no ungated reader takes them.

use quorate::approval::policy::Policy;
use quorate::curve::{EcdsaSecp256k1, FrostEd25519};
use quorate::ecdsa::Presignature;
use quorate::error::ResumeError;
use quorate::gated::Gated;
use quorate::gated::ecdsa::presign;
use quorate::key::epoch::{EpochError, Epochs, Met};
use quorate::key::{KeyShare, Path};
use quorate::secret::Secret;
use quorate::sim::MemoryLedger;
use rand_core::Rng;

use super::frost::group;
use super::world::{approvers, id, rng, run, session, set};

/// As the policy of these tests, but raw hashes by two signers.
pub(super) fn policy_for_two() -> Policy {
    let hash: String = approvers().hash().iter().map(|byte| format!("{byte:02x}")).collect();
    let tier = r#""tiers": [{ "approvers": 2, "factors": ["key"] }]"#;
    let source = format!(
        r#"{{ "version": 1, "revision": 2, "approvers": "{hash}", "rule": [
            {{ "id": "coins", "effect": "allow", "action": "sign",
               "facts": [{{ "fact": "transfer", "asset": "coin", "to": "0x01" }}],
               "tiers": [{{ "up_to": "200", "approvers": 2, "factors": ["key"] }}] }},
            {{ "id": "raw", "effect": "allow", "action": "sign_raw", "facts": [{{ "fact": "opaque" }}], {tier} }},
            {{ "id": "refresh", "effect": "allow", "action": "refresh", {tier} }}
        ] }}"#
    );
    Policy::compile(&serde_json::from_str(&source).unwrap()).unwrap()
}

#[test]
fn a_gated_share_is_read_as_a_gated_share_and_as_nothing_else() {
    let mut g = group::<FrostEd25519>(400);
    let mut share = g.shares.remove(0);
    let bytes = share.to_bytes();
    assert!(bytes.expose().starts_with(b"QGAT\x01\x01"));
    let again = Gated::<KeyShare<FrostEd25519>>::from_bytes(bytes.expose()).unwrap();
    assert_eq!((again.id(), again.public()), (share.id(), share.public()));
    assert!(KeyShare::<FrostEd25519>::from_bytes(bytes.expose()).is_none());
    assert!(Gated::<Epochs<FrostEd25519>>::from_bytes(bytes.expose()).is_none());
    let read = || Gated::<KeyShare<FrostEd25519>>::from_bytes(bytes.expose()).unwrap();
    let (mut refusing, mut within) = (read(), read().into_inner());
    refusing.refuse_pairings([[7; 32]]);
    within.refuse_pairings([[7; 32]]);
    assert_eq!(refusing.into_inner().to_bytes().expose(), within.to_bytes().expose());
    assert!(!share.is_burned() && !share.must_refresh());
    share.burn();
    assert!(share.is_burned());
    let bare = share.into_inner();
    assert!(Gated::<KeyShare<FrostEd25519>>::from_bytes(bare.to_bytes().expose()).is_none());
    let epochs = again.into_epochs();
    let bytes = epochs.to_bytes();
    assert!(Epochs::<FrostEd25519>::from_bytes(bytes.expose()).is_none());
    let read = Gated::<Epochs<FrostEd25519>>::from_bytes(bytes.expose()).unwrap();
    assert_eq!((read.me(), read.public()), (id(1), epochs.public()));
    let bare = Epochs::new(bare);
    assert!(Gated::<Epochs<FrostEd25519>>::from_bytes(bare.to_bytes().expose()).is_none());
}

/// What the gated record passes on to the record within.
#[test]
fn a_gated_record_says_and_does_what_the_record_would() {
    let mut g = group::<FrostEd25519>(401);
    let key = g.shares[1].public().clone();
    let mut record = g.shares.remove(0).into_epochs();
    assert_eq!(record.key_id(), key.key_id());
    assert_eq!(record.certificate(), Some(key.certificate()));
    assert!(matches!(record.meet(key.certificate()), Ok(Met::Same)));
    assert!(record.owed().is_empty());
    assert_eq!(record.highest_signed(), Some(0));
    record.admits(1).unwrap();
    let far = 1_000_000;
    assert_eq!(record.raise_highest(far), Err(EpochError::FarAhead { epoch: far, highest: 0 }));
    record.confirm(far);
    record.admits(far).unwrap();
    record.raise_highest(far).unwrap();
    assert_eq!(record.highest_signed(), Some(far));
    assert_eq!(record.admits(far), Err(EpochError::Signed { epoch: far, highest: far }));
    record.refuse_pairings([[7; 32]]).unwrap();
    record.burn();
    assert_eq!(record.admits(far + 1), Err(EpochError::Burned(id(1))));
    let (record, error) = record.abandon().unwrap_err();
    assert_eq!((error, record.key_id()), (EpochError::Promised(0), key.key_id()));
    // Of one that has entered no epoch there is nothing to keep.
    let mut record = Gated::<Epochs<FrostEd25519>>::joining(&key, id(9));
    assert_eq!(record.refuse_pairings([]), Err(EpochError::NoShare(id(9))));
    assert!(record.certificate().is_none());
    assert_eq!(record.highest_signed(), Some(0));
    assert_eq!(record.abandon().map(|names| names.len()).map_err(|(_, error)| error), Ok(0));
}

#[test]
fn a_gated_presignature_comes_back_gated_once() {
    let g = group::<EcdsaSecp256k1>(410);
    let pairings = g.cast.deal_pairings(&set(&[1, 2]), &mut rng(411)).unwrap();
    let open = |who: u16| {
        let what = (&Path::default(), 2);
        let share = &g.shares[usize::from(who) - 1];
        let opened =
            presign(share, set(&[1, 2]), &pairings[&id(who)], what, session(1), &mut rng(who.into()));
        (id(who), opened.unwrap())
    };
    let mut made = run(&g.cast, &mut [1, 2].into_iter().map(open).collect()).remove(0);
    let bytes = made.remove(0).store();
    let mut ledger = MemoryLedger::default();
    let read = Presignature::<EcdsaSecp256k1>::load(&bytes, &mut ledger);
    assert_eq!(read.unwrap_err(), ResumeError::Malformed, "not ungated");
    Gated::<Presignature<EcdsaSecp256k1>>::load(&bytes, &mut ledger).unwrap();
    let twice = Gated::<Presignature<EcdsaSecp256k1>>::load(&bytes, &mut ledger);
    assert_eq!(twice.unwrap_err(), ResumeError::Spent);
    let bare = made.remove(0).into_inner().store();
    let gated = Gated::<Presignature<EcdsaSecp256k1>>::load(&bare, &mut ledger);
    assert_eq!(gated.unwrap_err(), ResumeError::Malformed);
}

/// What is accepted has one encoding, and nothing panics.
#[test]
fn mutations_of_a_gated_share_are_refused() {
    let mut rng = rng(7);
    let bytes = group::<FrostEd25519>(420).shares[0].to_bytes().expose().clone();
    for _ in 0..20_000 {
        let mut bytes = bytes.clone();
        let at = rng.next_u32() as usize % bytes.len();
        match rng.next_u32() % 3 {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << (rng.next_u32() % 8),
            _ => bytes.insert(at, rng.next_u32() as u8),
        }
        let bytes = Secret::new(bytes);
        if let Some(share) = Gated::<KeyShare<FrostEd25519>>::from_bytes(bytes.expose()) {
            assert_eq!(share.to_bytes().expose(), bytes.expose());
        }
    }
}
