//! Configuration mistakes are errors before any message is made, and name the value. Every error has a number that stays.
#[path = "setup_errors/codes.rs"]
mod codes;
#[path = "setup_errors/ecdsa.rs"]
mod ecdsa;

use quorate::curve::{EcdsaSecp256k1, FrostEd25519};
use quorate::dkg::{Dkg, Run};
use quorate::error::SetupError;
use quorate::frost::{Coordinator, Cosigner, Sign, SigningNonces, Task};
use quorate::identity::Roster;
use quorate::key::KeyShare;
use quorate::party::{MAX_PARTIES, Parties, PartyId, Threshold};
use quorate::sim::Cast;
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const SESSION: SessionId = SessionId([5; 16]);

fn id(n: u16) -> PartyId {
    PartyId::new(n).unwrap()
}

fn cast(n: u16) -> (Cast, ChaCha20Rng) {
    let mut rng = ChaCha20Rng::seed_from_u64(n.into());
    (Cast::new(1..=n, &mut rng).unwrap(), rng)
}

#[test]
fn thresholds_that_cannot_be() {
    for (t, n) in [(0, 3), (1, 3), (4, 3), (2, 1025)] {
        assert_eq!(Threshold::new(t, n), Err(SetupError::Threshold { t, n }));
        assert!(Threshold::new(t, n).unwrap_err().to_string().contains(&format!("{t} of {n}")));
    }
}

#[test]
fn zero_and_duplicate_ids() {
    let (cast, mut rng) = cast(3);
    assert_eq!(Cast::new([1, 0], &mut rng).unwrap_err(), SetupError::PartyId(0));
    let members: Vec<_> = cast.roster().iter().collect();
    let stranger = Cast::new([9], &mut rng).unwrap().roster().identity(id(9)).unwrap();
    for twice in &members {
        for place in 0..=members.len() {
            let mut list = members.clone();
            list.insert(place, *twice);
            assert_eq!(Roster::new(list).unwrap_err(), SetupError::DuplicateParty(twice.0));
        }
    }
    // Nor is the number of a coordinator without a share anybody's.
    for place in 0..=members.len() {
        let mut list = members.clone();
        list.insert(place, (PartyId::COORDINATOR, stranger));
        assert_eq!(Roster::new(list).unwrap_err(), SetupError::PartyId(u16::MAX));
    }
    let same_key = [(id(1), members[0].1), (id(2), members[1].1), (id(3), members[0].1)];
    assert_eq!(Roster::new(same_key).unwrap_err(), SetupError::DuplicateIdentity(id(1), id(3)));
}

#[test]
fn as_many_parties_as_there_may_be_and_one_more() {
    let most = MAX_PARTIES as u16;
    let many = |count: u16| [Parties::from_numbers(1..=count), Parties::new((1..=count).map(id))];
    assert!(many(most).iter().all(|parties| parties.as_ref().is_ok_and(|p| p.len() == MAX_PARTIES)));
    for count in [most + 1, most + 2, u16::MAX - 1] {
        let refused = SetupError::TooManyParties { limit: MAX_PARTIES };
        assert_eq!(many(count), [Err(refused.clone()), Err(refused)], "{count}");
    }
    let nobody = Roster::new([]).unwrap();
    assert!(nobody.is_empty());
    let (cast, _) = cast(1);
    assert!(!cast.roster().is_empty());
}

#[test]
fn a_roster_of_another_size_and_a_missing_self() {
    let (cast, mut rng) = cast(3);
    let of = |t, n| Run::new(Threshold::new(t, n).unwrap(), cast.roster().clone(), SESSION);
    assert_eq!(of(2, 4).unwrap_err(), SetupError::RosterSize { roster: 3, n: 4 });
    assert_eq!(of(2, 2).unwrap_err(), SetupError::RosterSize { roster: 3, n: 2 });
    let run = of(2, 3).unwrap();
    for stranger in [id(4), PartyId::COORDINATOR] {
        let refused =
            Dkg::<FrostEd25519>::start(&run, stranger, &mut quorate::sim::MemoryLedger::default(), &mut rng)
                .unwrap_err();
        assert_eq!(refused, SetupError::SelfMissing(stranger));
    }
}

#[test]
fn f0_1_signers_that_cannot_sign() {
    let (cast, mut rng) = cast(3);
    let threshold = Threshold::new(2, 3).unwrap();
    let shares: Vec<KeyShare<FrostEd25519>> = cast.deal(threshold, &mut rng).unwrap();
    let foreign: Vec<KeyShare<FrostEd25519>> = cast.deal(threshold, &mut rng).unwrap();
    let key = shares[0].public();
    let task =
        |ids: &[u16]| Task::new(key, Parties::from_numbers(ids.iter().copied()).unwrap(), b"m", SESSION);
    assert_eq!(task(&[1]).unwrap_err(), SetupError::TooFewSigners { signers: 1, t: 2 });
    assert_eq!(task(&[]).unwrap_err(), SetupError::TooFewSigners { signers: 0, t: 2 });
    assert_eq!(task(&[1, 2, 9]).unwrap_err(), SetupError::NotInRoster(id(9)));

    let task = task(&[1, 2]).unwrap();
    assert_eq!(Sign::start(&shares[2], task.clone(), &mut rng).unwrap_err(), SetupError::SelfMissing(id(3)));
    assert_eq!(Sign::start(&foreign[0], task.clone(), &mut rng).unwrap_err(), SetupError::WrongNonce(id(1)));
    let nonces = |share: &KeyShare<_>, rng: &mut ChaCha20Rng| SigningNonces::generate(share.into(), rng);
    for wrong in [nonces(&shares[1], &mut rng), nonces(&foreign[0], &mut rng)] {
        let refused = Sign::start_with(&shares[0], task.clone(), wrong).unwrap_err();
        assert_eq!(refused, SetupError::WrongNonce(id(1)));
    }
    let refused = Cosigner::start(&shares[0], task.clone(), id(7), nonces(&shares[0], &mut rng)).unwrap_err();
    assert_eq!(refused, SetupError::NotInRoster(id(7)));

    let commitments = |n: u16, rng: &mut ChaCha20Rng| {
        (id(n), nonces(&shares[usize::from(n) - 1], rng).commitments().clone())
    };
    for (ids, named) in [(&[1][..], 2), (&[1, 3], 2), (&[1, 1, 2], 1), (&[1, 2, 3], 3), (&[], 1)] {
        let given: Vec<_> = ids.iter().map(|n| commitments(*n, &mut rng)).collect();
        let refused = Coordinator::start(task.clone(), PartyId::COORDINATOR, given).unwrap_err();
        assert_eq!(refused, SetupError::WrongNonce(id(named)), "{ids:?}");
    }
    let given = [commitments(1, &mut rng), commitments(2, &mut rng)];
    assert_eq!(Coordinator::start(task, id(7), given).unwrap_err(), SetupError::NotInRoster(id(7)));
}

#[test]
fn a_stored_share_of_one_scheme_is_none_of_another() {
    let (cast, mut rng) = cast(2);
    let shares: Vec<KeyShare<FrostEd25519>> = cast.deal(Threshold::new(2, 2).unwrap(), &mut rng).unwrap();
    assert!(KeyShare::<EcdsaSecp256k1>::from_bytes(shares[0].to_bytes().expose()).is_none());
}
