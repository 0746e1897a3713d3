//! Runs that cannot start.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::error::SetupError;
use quorate::party::PartyId;
use quorate::refresh::{self, Refresh};
use quorate::repair::{Repair, Run};
use quorate::sim::MemoryLedger;
use quorate::wire::SessionId;

use crate::game::{Game, id, rng, set};

const SESSION: SessionId = SessionId([1; 16]);

fn l0_1<S: Scheme>() {
    let game = Game::<S>::new(3, &[1, 2, 3, 5, 8], 21);
    let run =
        |lost: u16, helpers: &[u16]| Run::new(game.shares[0].public(), id(lost), set(helpers), SESSION).err();
    assert_eq!(run(1, &[2, 3, 5]), None);
    // m in the roster
    for stranger in [4, 9, 65534] {
        assert_eq!(run(stranger, &[1, 2, 3]), Some(SetupError::NotInRoster(id(stranger))));
    }
    // every helper in the roster
    for stranger in [4, 9] {
        assert_eq!(run(1, &[2, 3, stranger]), Some(SetupError::NotInRoster(id(stranger))));
    }
    // exactly t
    for helpers in [&[][..], &[2], &[2, 3], &[2, 3, 5, 8]] {
        let counted = SetupError::DealerCount { dealers: helpers.len(), t: 3 };
        assert_eq!(run(1, helpers), Some(counted));
    }
    // m helps itself
    for lost in [1, 2, 3] {
        assert_eq!(run(lost, &[1, 2, 3]), Some(SetupError::DuplicateParty(id(lost))));
    }
}

#[test]
fn l0_1_who_is_no_member_is_named_and_helpers_are_counted() {
    l0_1::<FrostEd25519>();
    l0_1::<EcdsaSecp256k1>();
    l0_1::<EcdsaP256>();
}

#[test]
fn l0_1_a_share_of_another_key_or_epoch_does_not_help() {
    type S = EcdsaSecp256k1;
    let (game, foreign) = (Game::<S>::new(2, &[1, 2, 3], 22), Game::<S>::new(2, &[1, 2, 3], 23));
    let run = game.run(3, &[1, 2], 1);
    let help = |share| Repair::help(&run, share, None, &mut rng(22)).err();
    assert_eq!(help(game.share(1)), None);
    assert_eq!(help(foreign.share(1)), Some(SetupError::WrongKey(id(1))));
    let mut rng = rng(22);
    let next = refresh::Run::new(game.shares[0].public(), 4, SESSION).unwrap();
    let sessions: Vec<_> = game
        .shares
        .iter()
        .map(|share| Refresh::start(&next, share, &mut MemoryLedger::default(), &mut rng).unwrap())
        .collect();
    let next: Vec<_> = game.cast.run(sessions, &mut rng).into_iter().map(|r| r.output()).collect();
    assert_eq!(help(&next[0]), Some(SetupError::WrongEpoch { who: id(1), share: 4, key: 0 }));
    let later = Run::new(next[0].public(), id(3), set(&[1, 2]), SESSION).unwrap();
    let old = Repair::help(&later, game.share(1), None, &mut rng).err();
    assert_eq!(old, Some(SetupError::WrongEpoch { who: id(1), share: 0, key: 4 }));
    assert!(Repair::help(&later, &next[0], None, &mut rng).is_ok());
}

#[test]
fn l0_1_who_takes_no_part_is_told_so() {
    type S = FrostEd25519;
    let game = Game::<S>::new(2, &[1, 2, 3, 4], 24);
    let run = game.run(3, &[1, 2], 1);
    for outside in [3, 4] {
        let refused = Repair::help(&run, game.share(outside), None, &mut rng(24)).err();
        assert_eq!(refused, Some(SetupError::SelfMissing(id(outside))));
    }
    for other in [id(1), id(2), id(4), id(9), PartyId::COORDINATOR] {
        assert_eq!(Repair::rebuild(&run, other).err(), Some(SetupError::SelfMissing(other)));
    }
    assert!(Repair::rebuild(&run, id(3)).is_ok());
}
