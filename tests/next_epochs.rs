//! What becomes of a key: refresh, reshare and import, and that it signs afterwards.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::identity::Roster;
use quorate::import::{self, Import};
use quorate::key::{KeyShare, Seat};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::sim::{Cast, Faults, MemoryLedger};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

fn set(ids: &[u16]) -> Parties {
    Parties::from_numbers(ids.iter().copied()).unwrap()
}

fn refresh<S: Scheme>(
    cast: &Cast,
    shares: &[KeyShare<S>],
    epoch: u32,
    rng: &mut ChaCha20Rng,
) -> Vec<KeyShare<S>> {
    let run = refresh::Run::new(shares[0].public(), epoch, SessionId([epoch as u8; 16])).unwrap();
    let ids = run.roster().parties().clone();
    let mut start = |share| Refresh::start(&run, share, &mut MemoryLedger::default(), rng).unwrap();
    let sessions: Vec<_> = shares.iter().map(&mut start).collect();
    let reports = cast.only(&ids).unwrap().run_with(sessions, Faults::storm(), &mut |_| true, rng);
    reports.into_iter().map(|report| report.output()).collect()
}

fn round<S: Scheme>() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let cast = Cast::new(1..=6, &mut rng).unwrap();
    let old = cast.only(&set(&[1, 2, 3])).unwrap();
    let shares = old.deal::<S>(Threshold::new(2, 3).unwrap(), &mut rng).unwrap();
    let next = refresh(&cast, &shares, 1, &mut rng);
    for (old, new) in shares.iter().zip(&next) {
        assert_eq!(old.public().public_key(), new.public().public_key());
        assert_eq!(old.public().chain_code(), new.public().chain_code());
        assert_eq!(old.public().key_id(), new.public().key_id());
        assert_ne!(old.public().epoch_id(), new.public().epoch_id());
        assert_eq!(new.public().epoch(), 1);
        assert_ne!(old.public().public_share(old.id()), new.public().public_share(old.id()));
        let bytes = new.to_bytes();
        let read = KeyShare::<S>::from_bytes(bytes.expose()).unwrap();
        assert_eq!(read.public(), new.public());
    }
    // 1 and 3 deal to 3, 4, 5, 6: 1 leaves, 3 stays, 2 has no part in it.
    let roster = cast.only(&set(&[3, 4, 5, 6])).unwrap().roster().clone();
    let threshold = Threshold::new(3, 4).unwrap();
    let run = reshare::Run::with_threshold(
        next[0].public(),
        set(&[1, 3]),
        threshold,
        roster,
        5,
        SessionId([9; 16]),
    )
    .unwrap();
    let ledger = || MemoryLedger::default();
    let mut sessions = vec![
        Reshare::deal(&run, &next[0], &mut ledger(), &mut rng).unwrap(),
        Reshare::deal(&run, &next[2], &mut ledger(), &mut rng).unwrap(),
    ];
    for me in [4, 5, 6] {
        sessions.push(Reshare::receive(&run, id(me), &mut ledger(), &mut rng).unwrap());
    }
    let part = cast.only(run.cast().parties()).unwrap();
    let reports = part.run_with(sessions, Faults::storm(), &mut |_| true, &mut rng);
    let mut members = Vec::new();
    for report in reports {
        match report.output() {
            Seat::Member(share) => members.push(share),
            Seat::Left(public) => assert_eq!(public.public_key(), shares[0].public().public_key()),
        }
    }
    assert_eq!(members.iter().map(|s| s.id().get()).collect::<Vec<_>>(), [3, 4, 5, 6]);
    let again = refresh(&cast, &members, 6, &mut rng);
    assert_eq!(again[0].public().key_id(), shares[0].public().key_id());
    assert_eq!(again[0].public().chain_code(), shares[0].public().chain_code());
    assert_eq!(again[0].public().public_key(), shares[0].public().public_key());
}

#[test]
fn keys_go_through_refresh_and_reshare() {
    round::<FrostEd25519>();
    round::<EcdsaSecp256k1>();
    round::<EcdsaP256>();
}

#[test]
fn a_secret_is_imported_by_an_outsider() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let cast = Cast::new([1, 2, 3, 9], &mut rng).unwrap();
    let roster = cast.only(&set(&[1, 2, 3])).unwrap().roster().clone();
    let mut secret = [0; 32];
    secret[31] = 7;
    let key = k256::SecretKey::from_slice(&secret).unwrap().public_key();
    let key = k256::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&key, true);
    let dealer = (id(9), cast.roster().identity(id(9)).unwrap());
    let threshold = Threshold::new(2, 3).unwrap();
    let run =
        import::Run::<EcdsaSecp256k1>::whole(threshold, roster, key.as_bytes(), dealer, SessionId([3; 16]))
            .unwrap();
    let ledger = || MemoryLedger::default();
    let mut sessions = vec![
        Import::deal(&run, id(9), &Secret::new(secret), Some(Secret::new([5; 32])), &mut ledger(), &mut rng)
            .unwrap(),
    ];
    for me in [1, 2, 3] {
        sessions.push(Import::receive(&run, id(me), &mut ledger(), &mut rng).unwrap());
    }
    let reports = cast.run_with(sessions, Faults::storm(), &mut |_| true, &mut rng);
    let members: Vec<_> = reports.into_iter().filter_map(|r| r.output().member()).collect();
    assert_eq!(members.len(), 3);
    assert_eq!(members[0].public().public_key(), key.as_bytes());
    assert_eq!(members[0].public().chain_code(), &[5; 32]);
    assert!(members[0].must_refresh());
    let members = refresh(&cast, &members, 1, &mut rng);
    assert!(!members[0].must_refresh());
    assert_eq!(members[0].public().public_key(), key.as_bytes());
}

/// Those that were not together before pair, whoever deals; under whatever id, since pairings are between identities.
#[test]
fn pairings_are_made_with_whom_there_were_none() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let cast = Cast::new(1..=6, &mut rng).unwrap();
    let old = cast.only(&set(&[1, 2, 3])).unwrap();
    let shares = old.deal::<EcdsaSecp256k1>(Threshold::new(2, 3).unwrap(), &mut rng).unwrap();
    let who = |number| cast.roster().identity(id(number)).unwrap();
    let pairs = |members: &[(u16, u16)], me: u16| {
        let roster = Roster::new(members.iter().map(|(number, of)| (id(*number), who(*of)))).unwrap();
        let threshold = Threshold::new(2, roster.len() as u16).unwrap();
        let (key, session) = (shares[0].public(), SessionId([4; 16]));
        let run = reshare::Run::with_threshold(key, set(&[1, 3]), threshold, roster, 1, session).unwrap();
        run.pairings_to_make(id(me))
    };
    // 2 and 3 stay, 4 and 5 are new.
    let mixed = [(2, 2), (3, 3), (4, 4), (5, 5)];
    assert_eq!(pairs(&mixed, 2), [who(4), who(5)]);
    assert_eq!(pairs(&mixed, 3), [who(4), who(5)]);
    assert_eq!(pairs(&mixed, 4), [who(2), who(3), who(5)]);
    assert_eq!(pairs(&mixed, 5), [who(2), who(3), who(4)]);
    // After a refresh all are as stolen as before.
    let run = refresh::Run::new(shares[0].public(), 1, SessionId([5; 16])).unwrap();
    assert_eq!(run.pairings_to_renew(id(1)), [who(2), who(3)]);
    assert_eq!(run.pairings_to_renew(id(3)), [who(1), who(2)]);
    // 2 has another number, and is who it was.
    let renamed = [(1, 1), (3, 3), (6, 2)];
    for (me, _) in renamed {
        assert_eq!(pairs(&renamed, me), [], "{me}");
    }
}
