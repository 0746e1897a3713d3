//! Mistakes are errors before any message is made, and name the value; mistakes about what others do are refused by the driver.

use quorate::curve::{EcdsaSecp256k1, FrostEd25519};
use quorate::error::SetupError;
use quorate::identity::{PublicIdentity, Roster};
use quorate::import::{self, Import};
use quorate::key::{KeyShare, PublicKey};
use quorate::party::{MAX_PARTIES, PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::sharing::Commitment;
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;

use crate::flow;
use crate::foe::Foe;
use crate::game::{Game, rng, roster};
use crate::puppet::{base, id};
use crate::stage::{
    self, NEW, OLD, Past, RESHARED, begin_refresh, begin_reshare, ids, odd_one_out, refresh_run, reshare_run,
    set, threshold,
};

every_scheme! {
    e0_1_member_that_starts_from_elsewhere_is_a_setup_mismatch
    r0_1_refresh_that_starts_from_elsewhere_is_a_setup_mismatch
    e0_1_certificate_with_one_wrong_signature_is_no_public_key
}

type E = FrostEd25519;
const SESSION: SessionId = SessionId([3; 16]);

fn key() -> PublicKey<E> {
    Past::<E>::new().key().clone()
}

/// Members with the identities that they have.
fn members(numbers: &[u16]) -> Roster {
    roster(ids(numbers))
}

fn who(number: u16) -> PublicIdentity {
    members(&[number]).identity(id(number)).unwrap()
}

/// Members, some under the identity of another.
fn moved(pairs: &[(u16, u16)]) -> Roster {
    Roster::new(pairs.iter().map(|(n, of)| (id(*n), who(*of)))).unwrap()
}

#[test]
fn r0_1_refresh_with_another_threshold_or_roster_is_refused() {
    let key = key();
    let propose = |t, n, roster: &Roster, epoch| {
        refresh::Run::as_proposed(&key, Threshold::new(t, n).unwrap(), roster, epoch, SESSION).err()
    };
    let same = key.roster().clone();
    assert_eq!(propose(3, 5, &same, 1), None);
    for t in [2, 4, 5] {
        assert_eq!(propose(t, 5, &same, 1), Some(SetupError::ThresholdChange { from: 3, to: t }));
    }
    assert_eq!(propose(3, 4, &same, 1), Some(SetupError::RosterChange));
    let others = [
        members(&[1, 2, 3, 4]),
        members(&[1, 2, 3, 4, 6]),
        members(&[1, 2, 3, 4, 5, 6]),
        moved(&[(1, 2), (2, 1), (3, 3), (4, 4), (5, 5)]),
        moved(&[(1, 1), (2, 2), (3, 3), (4, 4), (5, 9)]),
    ];
    for other in others {
        let n = other.len() as u16;
        assert_eq!(propose(3, n, &other, 1), Some(SetupError::RosterChange));
    }
    assert_eq!(propose(3, 5, &same, 0), Some(SetupError::EpochOrder { epoch: 0, base: 0 }));
    assert!(refresh::Run::new(&key, u32::MAX, SESSION).is_ok());
    assert_eq!(refresh::Run::new(&key, 0, SESSION).err(), Some(SetupError::EpochOrder { epoch: 0, base: 0 }));
}

/// A key of 2 of 3 in two epochs, and what deals from them.
struct Epochs {
    cast: Cast,
    zero: Vec<KeyShare<E>>,
    seven: Vec<KeyShare<E>>,
    /// Of another key.
    other: Vec<KeyShare<E>>,
}

fn epochs() -> Epochs {
    let mut rng = rng(71);
    let cast = Cast::new(1..=3, &mut rng).unwrap();
    let mut deal = || cast.deal::<E>(threshold(2, 3), &mut rng).unwrap();
    let (zero, other) = (deal(), deal());
    let seven = flow::refresh(&cast, &zero, 7, &mut rng);
    Epochs { cast, zero, seven, other }
}

#[test]
fn epochs_go_up() {
    let epochs = epochs();
    let key = epochs.seven[0].public();
    for epoch in [0, 6, 7] {
        let order = Some(SetupError::EpochOrder { epoch, base: 7 });
        assert_eq!(refresh::Run::new(key, epoch, SESSION).err(), order);
        let run = reshare::Run::new(key, set(&[1, 2]), key.roster().clone(), epoch, SESSION);
        assert_eq!(run.err(), order);
    }
    assert!(refresh::Run::new(key, 8, SESSION).is_ok());
}

#[test]
fn r0_1_shares_of_another_key_or_epoch_do_not_refresh() {
    let Epochs { zero, mut seven, other, .. } = epochs();
    let run = refresh::Run::new(seven[0].public(), 8, SESSION).unwrap();
    let mut ledger = MemoryLedger::default();
    let mut start = |share: &KeyShare<E>| Refresh::start(&run, share, &mut ledger, &mut rng(1)).map(drop);
    assert_eq!(start(&other[0]), Err(SetupError::WrongKey(id(1))));
    assert_eq!(start(&zero[1]), Err(SetupError::WrongEpoch { who: id(2), share: 0, key: 7 }));
    seven[2].burn();
    assert_eq!(start(&seven[2]), Err(SetupError::Burned(id(3))));
    assert_eq!(start(&seven[0]), Ok(()));
    assert_eq!(start(&seven[0]), Err(SetupError::SessionSpent(id(1))));
    assert_eq!(start(&seven[1]), Ok(()));
}

#[test]
fn e0_1_reshares_that_cannot_be() {
    let (key, to) = (key(), members(&NEW));
    let run = |dealers: &[u16], t, n, roster: &Roster, epoch| {
        let threshold = Threshold::new(t, n).unwrap();
        reshare::Run::with_threshold(&key, set(dealers), threshold, roster.clone(), epoch, SESSION).err()
    };
    assert_eq!(run(&OLD, 2, 3, &to, 1), None);
    // exactly t deal
    for dealers in [&[][..], &[1, 3], &[1, 2, 3, 4], &[1, 2, 3, 4, 5]] {
        let count = dealers.len();
        assert_eq!(run(dealers, 2, 3, &to, 1), Some(SetupError::DealerCount { dealers: count, t: 3 }));
    }
    // of the members
    assert_eq!(run(&[1, 3, 6], 2, 3, &to, 1), Some(SetupError::NotInRoster(id(6))));
    assert_eq!(run(&[1, 3, 99], 2, 3, &to, 1), Some(SetupError::NotInRoster(id(99))));
    // an id keeps its identity, be its old owner a dealer (3) or not (2, 5)
    for taken in [2, 3, 5] {
        let roster = moved(&[(taken, 8), (6, 6), (7, 7)]);
        assert_eq!(run(&OLD, 2, 3, &roster, 1), Some(SetupError::IdTaken(id(taken))));
    }
    // a dealer is not somebody else afterwards
    let roster = moved(&[(3, 3), (6, 1), (7, 7)]);
    assert_eq!(run(&OLD, 2, 3, &roster, 1), Some(SetupError::DuplicateIdentity(id(1), id(6))));
    // sizes
    assert_eq!(run(&OLD, 2, 4, &to, 1), Some(SetupError::RosterSize { roster: 3, n: 4 }));
    assert_eq!(run(&OLD, 2, 2, &to, 1), Some(SetupError::RosterSize { roster: 3, n: 2 }));
    let new = |roster| reshare::Run::new(&key, set(&OLD), roster, 1, SESSION).err();
    assert_eq!(new(members(&[6, 7])), Some(SetupError::Threshold { t: 3, n: 2 }));
    assert_eq!(new(members(&[])), Some(SetupError::Threshold { t: 3, n: 0 }));
    assert_eq!(new(to.clone()), None);
    assert_eq!(run(&OLD, 2, 3, &to, 0), Some(SetupError::EpochOrder { epoch: 0, base: 0 }));
    // an id may be anybody's that was nobody's, and a member that does not deal may come back under another
    assert_eq!(run(&OLD, 2, 3, &moved(&[(3, 3), (6, 2), (7, 7)]), 1), None);
}

/// A dealer that has left is known by the certificate that it signed; who left before that is not.
#[test]
fn e0_1_the_id_of_a_dealer_that_left_stays_its_own() {
    let Epochs { cast, zero, .. } = epochs();
    let mut rng = rng(3);
    let one = flow::reshare(&cast, &zero, (&[1, 2], &[2, 3], 2), 1, &mut rng);
    let again = |key: &PublicKey<E>, dealers: &[u16], who: PublicIdentity| {
        let members = [(id(1), who), (id(2), key.roster().identity(id(2)).unwrap())];
        reshare::Run::new(key, set(dealers), Roster::new(members).unwrap(), 9, SESSION).err()
    };
    let own = zero[0].public().roster().identity(id(1)).unwrap();
    assert_eq!(again(one[0].public(), &[2, 3], own), None);
    assert_eq!(again(one[0].public(), &[2, 3], who(9)), Some(SetupError::IdTaken(id(1))));
    // one epoch later, nothing that this device holds says whose the id was
    let two = flow::refresh(&cast.only(&set(&[2, 3])).unwrap(), &one, 2, &mut rng);
    assert_eq!(again(two[0].public(), &[2, 3], who(9)), None);
}

#[test]
fn e0_1_more_than_the_library_allows_do_not_take_part_together() {
    let many = (1000..1000 + MAX_PARTIES as u16).map(|n| {
        let seed = Secret::new([n.to_be_bytes(); 16].as_flattened().try_into().unwrap());
        (id(n), quorate::identity::IdentityKey::from_seed(seed).public())
    });
    let (roster, n) = (Roster::new(many).unwrap(), MAX_PARTIES as u16);
    let run = reshare::Run::with_threshold(&key(), set(&OLD), threshold(2, n), roster.clone(), 1, SESSION);
    assert_eq!(run.err(), Some(SetupError::TooManyParties { limit: MAX_PARTIES }));
    let dealer = (id(9), who(9));
    let point = base::<E>(&stage::secret::<E>());
    let run = import::Run::<E>::whole(threshold(2, n), roster, &point, dealer, SESSION);
    assert_eq!(run.err(), Some(SetupError::TooManyParties { limit: MAX_PARTIES }));
}

#[test]
fn e0_1_who_deals_and_who_receives() {
    let Epochs { cast, zero, mut seven, other } = epochs();
    let roster = cast.only(&set(&[2, 3])).unwrap().roster().clone();
    let run = reshare::Run::new(seven[0].public(), set(&[1, 2]), roster, 8, SESSION).unwrap();
    let mut ledger = MemoryLedger::default();
    let mut deal = |share: &KeyShare<E>| Reshare::deal(&run, share, &mut ledger, &mut rng(1)).map(drop);
    assert_eq!(deal(&other[0]), Err(SetupError::WrongKey(id(1))));
    assert_eq!(deal(&zero[0]), Err(SetupError::WrongEpoch { who: id(1), share: 0, key: 7 }));
    assert_eq!(deal(&seven[2]), Err(SetupError::SelfMissing(id(3))));
    seven[1].burn();
    assert_eq!(deal(&seven[1]), Err(SetupError::Burned(id(2))));
    assert_eq!(deal(&seven[0]), Ok(()));
    assert_eq!(deal(&seven[0]), Err(SetupError::SessionSpent(id(1))));
    let mut receive = |me| Reshare::receive(&run, me, &mut ledger, &mut rng(1)).map(drop);
    for dealer in [1, 2].map(id) {
        assert_eq!(receive(dealer), Err(SetupError::ShareMissing(dealer)));
    }
    for stranger in [id(4), PartyId::COORDINATOR] {
        assert_eq!(receive(stranger), Err(SetupError::SelfMissing(stranger)));
    }
    assert_eq!(receive(id(3)), Ok(()));
    assert_eq!(receive(id(3)), Err(SetupError::SessionSpent(id(3))));
}

#[test]
fn imports_that_cannot_be() {
    let (to, point) = (members(&[1, 2, 3]), base::<E>(&stage::secret::<E>()));
    let whole = |t, n, key: &[u8], dealer: (u16, PublicIdentity)| {
        let dealer = (id(dealer.0), dealer.1);
        import::Run::<E>::whole(Threshold::new(t, n).unwrap(), to.clone(), key, dealer, SESSION).err()
    };
    assert_eq!(whole(2, 3, &point, (9, who(9))), None);
    assert_eq!(whole(2, 3, &point, (2, who(2))), None);
    let mut bad: Vec<_> = E::no_points(&point).into_iter().map(|(_, bytes)| bytes).collect();
    bad.extend([Vec::new(), vec![0; 33], point[..31].to_vec()]);
    for key in bad {
        assert_eq!(whole(2, 3, &key, (9, who(9))), Some(SetupError::Malformed("public key")));
    }
    assert_eq!(whole(2, 4, &point, (9, who(9))), Some(SetupError::RosterSize { roster: 3, n: 4 }));
    assert_eq!(whole(2, 3, &point, (2, who(9))), Some(SetupError::IdTaken(id(2))));
    assert_eq!(whole(2, 3, &point, (9, who(2))), Some(SetupError::DuplicateIdentity(id(2), id(9))));
    let torsion = PublicIdentity([0; 32]);
    assert_eq!(whole(2, 3, &point, (9, torsion)), Some(SetupError::BadIdentity(id(9))));

    let commitment: Commitment<_> = stage::commitment::<E>(&stage::polynomial::<E>());
    let shares = |n, dealers: &Roster| {
        import::Run::<E>::shares(threshold(2, n), to.clone(), &commitment, None, dealers, SESSION).err()
    };
    assert_eq!(shares(3, &members(&[2, 8, 9])), None);
    for dealers in [&[][..], &[2, 8], &[2, 7, 8, 9]] {
        let count = dealers.len();
        assert_eq!(shares(3, &members(dealers)), Some(SetupError::DealerCount { dealers: count, t: 3 }));
    }
    assert_eq!(shares(4, &members(&[2, 8, 9])), Some(SetupError::RosterSize { roster: 3, n: 4 }));
    assert_eq!(shares(3, &moved(&[(2, 7), (8, 8), (9, 9)])), Some(SetupError::IdTaken(id(2))));
    let twice = moved(&[(7, 7), (8, 3), (9, 9)]);
    assert_eq!(shares(3, &twice), Some(SetupError::DuplicateIdentity(id(3), id(8))));
}

#[test]
fn who_imports_and_who_receives() {
    let run = stage::import::<E>(&[]).run;
    let secret = |bytes| Secret::new(bytes);
    let good: [u8; 32] = crate::puppet::scalar_bytes::<E>(&stage::secret::<E>()).try_into().unwrap();
    let mut ledger = MemoryLedger::default();
    let mut deal =
        |me, bytes| Import::deal(&run, me, &secret(bytes), None, &mut ledger, &mut rng(1)).map(drop);
    for me in [1, 2, 8].map(id) {
        assert_eq!(deal(me, good), Err(SetupError::SelfMissing(me)));
    }
    let order: [u8; 32] = E::scalar_bytes(crate::foe::unhex(E::ORDER)).try_into().unwrap();
    for no_scalar in [[0xff; 32], order] {
        assert_eq!(deal(id(9), no_scalar), Err(SetupError::Malformed("secret")));
    }
    assert_eq!(deal(id(9), good), Ok(()));
    let mut receive = |me| Import::receive(&run, me, &mut ledger, &mut rng(1)).map(drop);
    assert_eq!(receive(id(9)), Err(SetupError::ShareMissing(id(9))));
    for stranger in [id(8), PartyId::COORDINATOR] {
        assert_eq!(receive(stranger), Err(SetupError::SelfMissing(stranger)));
    }
    assert_eq!(receive(id(1)), Ok(()));
    assert_eq!(receive(id(1)), Err(SetupError::SessionSpent(id(1))));
}

/// The same key of 3 of 5 after two other refreshes to one number: the same but for the certificate.
fn forks<S: Foe>() -> [Past<S>; 2] {
    [33, 34].map(|session| {
        let past = Past::<S>::new();
        let run = refresh_run(past.key(), 2, session);
        let mut game = stage::refresh::<S>(&[]);
        let facts = crate::facts::Facts { epoch: 2, session: run.session(), ..game.facts.clone() };
        let mut start = |me| begin_refresh(&run, past, me);
        game = Game::between(run.clone(), facts, &[], &mut start, &mut |_| unreachable!());
        game.play_fair();
        let shares = game.seats.into_iter().map(|(me, seat)| (me.get(), seat.outcome.unwrap().unwrap()));
        Past(shares.collect())
    })
}

/// Another key, another epoch, another certificate of the epoch, at a dealer or at a receiver; and other terms.
fn e0_1_member_that_starts_from_elsewhere_is_a_setup_mismatch<S: Foe>() {
    let [here, fork] = forks::<S>();
    assert_eq!(here.key().epoch(), fork.key().epoch());
    let (zero, other) = (Past::<S>::new(), Past::<S>::with(2));
    let who = (&OLD[..], &NEW[..]);
    let right = reshare_run(here.key(), who, 2, RESHARED, 44);
    let strangers = [
        (&here, reshare_run(here.key(), who, 2, RESHARED + 1, 44)),
        (&here, reshare_run(here.key(), who, 3, RESHARED, 44)),
        (&fork, reshare_run(fork.key(), who, 2, RESHARED, 44)),
        (zero, reshare_run(zero.key(), who, 2, RESHARED, 44)),
        (other, reshare_run(other.key(), who, 2, RESHARED, 44)),
    ];
    let facts = stage::reshare::<S>(&[]).facts;
    for (k, (past, wrong)) in strangers.iter().enumerate() {
        // Dealer alone, both, receiver alone.
        for odd in [1, 3, 6] {
            let mut start = |me: PartyId| {
                let of = if me == id(odd) { (wrong, *past) } else { (&right, &here) };
                begin_reshare(of.0, of.1, me)
            };
            let mut game =
                Game::between(right.clone(), facts.clone(), &[], &mut start, &mut |_| unreachable!());
            game.label = format!("{} stranger {k} at {odd}", S::NAME);
            game.play_fair();
            odd_one_out(&mut game, odd);
        }
    }
}

fn r0_1_refresh_that_starts_from_elsewhere_is_a_setup_mismatch<S: Foe>() {
    let [here, fork] = forks::<S>();
    let zero = Past::<S>::new();
    let right = refresh_run(here.key(), 9, 33);
    let facts = crate::facts::Facts { epoch: 9, ..stage::refresh::<S>(&[]).facts };
    let strangers = [
        (&here, refresh_run(here.key(), 10, 33)),
        (&fork, refresh_run(fork.key(), 9, 33)),
        (zero, refresh_run(zero.key(), 9, 33)),
    ];
    for (past, wrong) in &strangers {
        for odd in [1, 5] {
            let mut start = |me: PartyId| {
                let of = if me == id(odd) { (wrong, *past) } else { (&right, &here) };
                begin_refresh(of.0, of.1, me)
            };
            let mut game =
                Game::between(right.clone(), facts.clone(), &[], &mut start, &mut |_| unreachable!());
            game.play_fair();
            odd_one_out(&mut game, odd);
        }
    }
}

fn e0_1_certificate_with_one_wrong_signature_is_no_public_key<S: Foe>() {
    let mut game = stage::reshare::<S>(&[]);
    game.play_fair();
    let Some(Ok(seat)) = &game.seat(6).outcome else { panic!("no key") };
    // Of a leaving dealer, a staying one, and a new member.
    for (bytes, signers) in [(Past::<S>::new().key().to_bytes(), 5), (seat.public().to_bytes(), 5)] {
        let start = bytes.len() - 64 * signers;
        assert!(PublicKey::<S>::from_bytes(&bytes).is_some());
        for place in 0..signers {
            let at = start + 64 * place;
            let mut changed = vec![bytes.clone(); 4];
            changed[0][at] ^= 1;
            changed[1][at + 63] ^= 1;
            changed[2][at..at + 64].fill(0);
            let other = start + 64 * ((place + 1) % signers);
            changed[3].copy_within(other..other + 64, at);
            for bytes in changed {
                assert!(PublicKey::<S>::from_bytes(&bytes).is_none(), "{} {place}", S::NAME);
            }
            let mut short = bytes.clone();
            short.drain(at..at + 64);
            assert!(PublicKey::<S>::from_bytes(&short).is_none(), "{} {place}", S::NAME);
        }
    }
}

#[test]
fn a_public_key_of_one_scheme_starts_no_run_of_another() {
    assert!(PublicKey::<EcdsaSecp256k1>::from_bytes(&key().to_bytes()).is_none());
}
