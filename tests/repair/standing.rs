//! [L2.2] What a rebuilt share and a burned one may still do.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::ecdsa::{self, EcdsaScheme, Message, Presign, PresignTask};
use quorate::error::SetupError;
use quorate::frost::{self, Coordinator, Cosigner, SigningNonces, SigningPackage};
use quorate::key::{KeyShare, Path, Seat};
use quorate::party::PartyId;
use quorate::refresh::{self, Refresh};
use quorate::repair::Repair;
use quorate::reshare::{self, Reshare};
use quorate::sim::{Faults, MemoryLedger};
use quorate::wire::SessionId;

use crate::game::{Game, at_the_lost, id, rng, set};

const SESSION: SessionId = SessionId([1; 16]);

/// The game with the share of 3 rebuilt, or burned.
fn spoil<S: Scheme>(game: &mut Game<S>, burned: bool) -> SetupError {
    if burned {
        game.shares[2].burn();
        assert!(game.shares[2].is_burned());
    } else {
        let run = game.run(3, &[1, 2], 9);
        let ends = game.play(&run, 31, Faults::default(), &mut |_| true);
        let rebuilt = at_the_lost(&run, ends).unwrap().unwrap().rebuilt().unwrap();
        game.shares[2] = rebuilt.share;
        assert!(game.shares[2].must_refresh());
    }
    // also after it was stored
    game.shares[2] = KeyShare::from_bytes(game.shares[2].to_bytes().expose()).unwrap();
    assert_eq!((game.shares[2].is_burned(), game.shares[2].must_refresh()), (burned, !burned));
    if burned { SetupError::Burned(id(3)) } else { SetupError::RefreshFirst(id(3)) }
}

/// Starting a refresh and a reshare with the share of 3.
fn deals<S: Scheme>(game: &Game<S>) -> [Option<SetupError>; 2] {
    let (key, mut rng) = (game.shares[0].public(), rng(32));
    let next = refresh::Run::new(key, 1, SESSION).unwrap();
    let again = reshare::Run::new(key, set(&[1, 3]), game.cast.roster().clone(), 1, SESSION).unwrap();
    let ledger = || MemoryLedger::default();
    [
        Refresh::start(&next, game.share(3), &mut ledger(), &mut rng).err(),
        Reshare::deal(&again, game.share(3), &mut ledger(), &mut rng).err(),
    ]
}

fn ecdsa<S: EcdsaScheme>() {
    for burned in [false, true] {
        let mut game = Game::<S>::new(2, &[1, 2, 3], 31);
        let refused = spoil(&mut game, burned);
        let sets = game.cast.deal_pairings(game.cast.roster().parties(), &mut rng(33)).unwrap();
        let (key, signers) = (game.shares[0].public(), set(&[1, 3]));
        let task =
            ecdsa::Task::new(key, signers.clone(), Path::default(), Message::sha256(b"m"), SESSION).unwrap();
        let ahead = PresignTask::new(key, signers, &Path::default(), 1, SESSION).unwrap();
        for (number, expected) in [(1, None), (3, Some(refused))] {
            let (share, pairings) = (game.share(number), &sets[&id(number)]);
            assert_eq!(ecdsa::Sign::start(share, task.clone(), pairings, &mut rng(34)).err(), expected);
            assert_eq!(Presign::start(share, ahead.clone(), pairings, &mut rng(34)).err(), expected);
        }
        others(&game, burned);
    }
}

/// Dealing and helping.
fn others<S: Scheme>(game: &Game<S>, burned: bool) {
    let expected = burned.then_some(SetupError::Burned(id(3)));
    assert_eq!(deals(game), [expected.clone(), expected]);
    let help = Repair::help(&game.run(2, &[1, 3], 1), game.share(3), None, &mut rng(35)).err();
    let refused = if burned { SetupError::Burned(id(3)) } else { SetupError::RefreshFirst(id(3)) };
    assert_eq!(help, Some(refused));
}

#[test]
fn l2_2_a_rebuilt_or_burned_share_signs_no_ecdsa_and_helps_nobody() {
    ecdsa::<EcdsaSecp256k1>();
    ecdsa::<EcdsaP256>();
}

#[test]
fn l2_2_a_rebuilt_or_burned_share_signs_no_frost_and_helps_nobody() {
    type S = FrostEd25519;
    for burned in [false, true] {
        let mut game = Game::<S>::new(2, &[1, 2, 3], 36);
        let refused = spoil(&mut game, burned);
        let task = frost::Task::new(game.shares[0].public(), set(&[1, 3]), b"m", SESSION).unwrap();
        let nonces = |number| SigningNonces::generate(game.share(number).into(), &mut rng(37));
        let hub = PartyId::COORDINATOR;
        let commitments = [1, 3].map(|number| (id(number), nonces(number).commitments().clone()));
        let package = SigningPackage::new(task.key().commitment(), commitments.clone(), b"m").unwrap();
        for (number, expected) in [(1, None), (3, Some(refused))] {
            let share = game.share(number);
            assert_eq!(frost::Sign::start(share, task.clone(), &mut rng(38)).err(), expected);
            assert_eq!(frost::Sign::start_with(share, task.clone(), nonces(number)).err(), expected);
            assert_eq!(Cosigner::start(share, task.clone(), hub, nonces(number)).err(), expected);
            assert_eq!(frost::sign(nonces(number), share.into(), &package).err(), expected);
            assert_eq!(frost::zf::encode_key_package(share.into()).err(), expected);
        }
        // A coordinator has no share.
        assert!(Coordinator::start(task, hub, commitments).is_ok());
        others(&game, burned);
    }
}

/// Two are lost before a refresh: it needs all members, and the rebuilt share helps nobody. A reshare to the same roster does.
#[test]
fn a_reshare_from_a_rebuilt_share_replaces_help_by_it() {
    type S = FrostEd25519;
    let mut game = Game::<S>::new(2, &[1, 2, 3], 39);
    spoil(&mut game, false);
    let key = game.shares[0].public();
    let run = reshare::Run::new(key, set(&[1, 3]), game.cast.roster().clone(), 1, SESSION).unwrap();
    let (mut rng, ledger) = (rng(39), || MemoryLedger::default());
    let sessions = [
        Reshare::deal(&run, game.share(1), &mut ledger(), &mut rng).unwrap(),
        Reshare::receive(&run, id(2), &mut ledger(), &mut rng).unwrap(),
        Reshare::deal(&run, game.share(3), &mut ledger(), &mut rng).unwrap(),
    ];
    let seats = game.cast.run(sessions, &mut rng).into_iter().map(|report| report.output());
    let shares: Vec<_> = seats.filter_map(Seat::member).collect();
    assert_eq!(shares.len(), 3);
    for share in &shares {
        assert!(!share.must_refresh());
        assert_eq!(share.public().public_key(), key.public_key());
        assert_eq!(share.public().epoch(), 1);
    }
}
