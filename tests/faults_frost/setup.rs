//! What cannot start, and what is noticed before anything is signed.

use quorate::error::{Rejected, SetupError};
use quorate::frost::{
    Coordinator, Cosigner, NonceCommitments, PackageError, Sign, SigningNonces, SigningPackage, SigningShare,
    Task, sign,
};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId};
use quorate::wire::{Kind, SessionId};

use crate::game::{E, Game, Puppet, id, rng, task};

const SIGNERS: [u16; 3] = [1, 3, 4];

fn game() -> Game {
    Game::new(3, 5, &SIGNERS, 61)
}

fn nonces(share: &KeyShare<E>, seed: u64) -> SigningNonces<E> {
    SigningNonces::generate(share.into(), &mut rng(seed))
}

/// Every way to start as a signer.
fn starts(
    share: &KeyShare<E>,
    task: &Task<E>,
    nonces: impl Fn() -> SigningNonces<E>,
) -> [Result<(), SetupError>; 3] {
    [
        Sign::start_with(share, task.clone(), nonces()).map(drop),
        Cosigner::start(share, task.clone(), id(2), nonces()).map(drop),
        Cosigner::start(share, task.clone(), PartyId::COORDINATOR, nonces()).map(drop),
    ]
}

fn all_are(found: &[Result<(), SetupError>], error: &SetupError) {
    assert!(found.iter().all(|result| result.as_ref() == Err(error)), "{found:?}, not {error}");
}

#[test]
fn f0_1_too_few_signers_and_strangers() {
    let game = game();
    let make = |signers: &[u16]| {
        let signers = Parties::from_numbers(signers.iter().copied())?;
        Task::new(game.shares[0].public(), signers, b"m", SessionId([1; 16])).map(drop)
    };
    for few in [&[][..], &[1], &[1, 5]] {
        assert_eq!(make(few), Err(SetupError::TooFewSigners { signers: few.len(), t: 3 }));
    }
    assert_eq!(make(&[1, 2, 6]), Err(SetupError::NotInRoster(id(6))));
    assert_eq!(make(&[1, 2, 3, 4, 5, 65534]), Err(SetupError::NotInRoster(id(65534))));
    assert_eq!(make(&[1, 2, 2, 3]), Err(SetupError::DuplicateParty(id(2))));
    assert_eq!(make(&[0, 1, 2]), Err(SetupError::PartyId(0)));
    assert_eq!(make(&[1, 2, 65535]), Err(SetupError::PartyId(65535)));
    assert_eq!(make(&[1, 2, 3]), Ok(()));
    assert_eq!(make(&[1, 2, 3, 4, 5]), Ok(()));
    // The plain functions count as well.
    let key = game.task.key().commitment();
    let package = |signers: &[u16]| {
        let list = signers.iter().map(|n| (id(*n), nonces(game.share(*n), 1).commitments().clone()));
        SigningPackage::<E>::new(key, list, b"m").map(drop)
    };
    for list in [&[][..], &[1, 2], &[1, 2, 2], &[1, 2, 2, 3]] {
        assert_eq!(package(list), Err(PackageError::Signers));
    }
    assert_eq!(package(&[3, 1, 2]), Ok(()));
    // The coordinator's number is nobody's share, though the commitment has a value there.
    let list = [id(1), id(2), PartyId::COORDINATOR];
    let list = list.map(|who| (who, nonces(game.share(1), 1).commitments().clone()));
    assert_eq!(SigningPackage::<E>::new(key, list, b"m").map(drop), Err(PackageError::Signers));
}

#[test]
fn f0_1_self_missing() {
    let game = game();
    for me in [2, 5] {
        let share = game.share(me);
        all_are(&starts(share, &game.task, || nonces(share, 1)), &SetupError::SelfMissing(id(me)));
        let started = Sign::start(share, game.task.clone(), &mut rng(1)).map(drop);
        assert_eq!(started, Err(SetupError::SelfMissing(id(me))));
        let list = SIGNERS.map(|n| (id(n), nonces(game.share(n), 1).commitments().clone()));
        let package = SigningPackage::new(game.task.key().commitment(), list, b"m").unwrap();
        let refused = sign(nonces(share, 1), share.into(), &package);
        assert_eq!(refused, Err(SetupError::SelfMissing(id(me))));
    }
}

/// A share of another key, which is also what a share of another epoch is: same members, same threshold.
#[test]
fn f0_1_a_share_or_nonces_of_another_key_or_epoch() {
    let game = game();
    let others = game.cast.deal::<E>(game.task.key().threshold(), &mut rng(62)).unwrap();
    let (mine, other) = (game.share(3), &others[2]);
    assert_eq!(mine.id(), other.id());
    let refused = SetupError::WrongNonce(id(3));
    all_are(&starts(other, &game.task, || nonces(other, 1)), &refused);
    all_are(&starts(other, &game.task, || nonces(mine, 1)), &refused);
    all_are(&starts(mine, &game.task, || nonces(other, 1)), &refused);
    all_are(&starts(mine, &game.task, || nonces(game.share(1), 1)), &refused);
    assert_eq!(Sign::start(other, game.task.clone(), &mut rng(1)).map(drop), Err(refused.clone()));
    assert!(starts(mine, &game.task, || nonces(mine, 1)).iter().all(Result::is_ok));

    // And by the plain functions: another epoch's nonces, another signer's, others than those in the package.
    let attempt = |made: SigningNonces<E>, listed: &NonceCommitments, share: SigningShare<'_, E>| {
        let list = SIGNERS.map(|n| match n {
            3 => (id(3), listed.clone()),
            n => (id(n), nonces(game.share(n), 2).commitments().clone()),
        });
        sign(made, share, &SigningPackage::new(share.commitment(), list, b"m").unwrap()).map(drop)
    };
    for made in [nonces(other, 1), nonces(game.share(1), 1)] {
        let listed = made.commitments().clone();
        assert_eq!(attempt(made, &listed, mine.into()), Err(refused.clone()));
    }
    let listed = nonces(mine, 3).commitments().clone();
    assert_eq!(attempt(nonces(mine, 1), &listed, mine.into()), Err(refused));
    assert_eq!(attempt(nonces(mine, 3), &listed, mine.into()), Ok(()));
}

/// The own nonces, listed as they are, in a package for another key: its challenge would be answered with this key's share, and whoever chose that
/// key to be this one plus a number it knows could turn the answer into a signature of a child key.
#[test]
fn f1_2_nothing_is_signed_for_a_package_of_another_key() {
    let game = game();
    let others = game.cast.deal::<E>(game.task.key().threshold(), &mut rng(63)).unwrap();
    let attempt = |key: &KeyShare<E>| {
        let share = game.share(3);
        let list = SIGNERS.map(|n| (id(n), nonces(game.share(n), 2).commitments().clone()));
        let package = SigningPackage::new(key.public().commitment(), list, b"m").unwrap();
        sign(nonces(share, 2), share.into(), &package).map(drop)
    };
    assert_eq!(attempt(&others[2]), Err(SetupError::WrongNonce(id(3))));
    assert_eq!(attempt(game.share(1)), Ok(()));
}

#[test]
fn f0_1_a_coordinator_needs_commitments_of_exactly_the_signers() {
    let game = game();
    let start = |me, signers: &[u16]| {
        let given = signers.iter().map(|n| (id(*n), nonces(game.share(*n), 1).commitments().clone()));
        Coordinator::start(game.task.clone(), me, given).map(drop)
    };
    let wrong = |number| Err(SetupError::WrongNonce(id(number)));
    assert_eq!(start(id(2), &[1, 3]), wrong(4));
    assert_eq!(start(id(2), &[3, 4]), wrong(1));
    assert_eq!(start(id(2), &[]), wrong(1));
    assert_eq!(start(id(2), &[1, 2, 3, 4]), wrong(2));
    assert_eq!(start(id(2), &[1, 3, 4, 5]), wrong(5));
    assert_eq!(start(id(2), &[1, 3, 3, 4]), wrong(3));
    assert_eq!(start(id(2), &[1, 3, 4, 4]), wrong(4));
    assert_eq!(start(id(6), &SIGNERS), Err(SetupError::NotInRoster(id(6))));
    for me in [id(2), id(3), PartyId::COORDINATOR] {
        assert_eq!(start(me, &[4, 1, 3]), Ok(()));
    }
    let refused =
        Cosigner::start(game.share(3), game.task.clone(), id(6), nonces(game.share(3), 1)).map(drop);
    assert_eq!(refused, Err(SetupError::NotInRoster(id(6))));
}

/// Whoever has another message, set, key or epoch in mind is told apart at once, and nothing is signed for it.
#[test]
fn other_terms_are_a_mismatch_and_not_a_message() {
    let game = game();
    let others = game.cast.deal::<E>(game.task.key().threshold(), &mut rng(62)).unwrap();
    let message = game.task.message();
    let elsewhere = [
        task(&game.shares, &SIGNERS, b"another", 7),
        task(&game.shares, &[1, 3, 5], message, 7),
        task(&game.shares, &[1, 3, 4, 5], message, 7),
        task(&others, &SIGNERS, message, 7),
    ];
    let mut leaderless = Sign::start(game.share(3), game.task.clone(), &mut rng(1)).unwrap();
    let mut cosigner =
        Cosigner::start(game.share(3), game.task.clone(), id(1), nonces(game.share(3), 1)).unwrap();
    let commitments = Puppet::new(&game, 1, 1).commitments();
    for other in elsewhere {
        for signed in [false, true] {
            let there = Game { cast: cast(&game), shares: Vec::new(), task: other.clone() };
            let mismatch = Err(Rejected::SetupMismatch(id(1)));
            let all = (1, Kind::All);
            assert_eq!(there.deliver(&mut leaderless, signed, id(1), all, &commitments), mismatch);
            let list = vec![0; 64 * other.signers().len()];
            assert_eq!(there.deliver(&mut cosigner, signed, id(1), (1, Kind::Direct), &list), mismatch);
        }
    }
    let session = task(&game.shares, &SIGNERS, message, 8);
    let there = Game { cast: cast(&game), shares: Vec::new(), task: session };
    let found = there.deliver(&mut leaderless, false, id(1), (1, Kind::All), &commitments);
    assert_eq!(found, Err(Rejected::Session));
    assert_eq!(leaderless.missing(), [id(1), id(4)]);
}

/// The same members again: a cast is made of its seed.
fn cast(game: &Game) -> quorate::sim::Cast {
    let again = quorate::sim::Cast::new(game.cast.ids().iter().map(|id| id.get()), &mut rng(61)).unwrap();
    assert_eq!(again.roster().hash(), game.cast.roster().hash());
    again
}
