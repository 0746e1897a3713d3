//! What a ban stops: this session, those beside it, those after it, other keys, the other curve, presignatures; and what lifts it.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{EcdsaScheme, Online, Presign, Sign};
use quorate::error::{Fault, SetupError};
use quorate::key::KeyShare;
use quorate::pairing::{Opening, Pairing};
use quorate::secret::Secret;
use quorate::session::State;
use quorate::sim::Letter;
use quorate::wire::SessionId;

use crate::game::{Flow, Game, Pairs};
use crate::table::{End, Table, fair, id, rng};

/// How to get caught: the check, the round, a byte of the message, the fault.
type Way = (&'static str, u8, usize, Fault);

const WAYS: [Way; 3] = [
    ("S1.2", 1, 4416, Fault::OtExtension),
    ("S2.4", 2, 228, Fault::Vole),
    ("S2.5", 2, 131, Fault::Consistency),
];

/// Party 3 is caught by party 1.
fn caught<S: EcdsaScheme>(game: &Game<S>, pairs: &Pairs, session: u8, (check, round, at, fault): Way) {
    let mut table = Sign::table(game, pairs, session, 5);
    table.play(&mut |_, letter| {
        if (letter.header.from, letter.to, letter.header.round) == (id(3), id(1), round) {
            letter.body[at] ^= 1;
        }
        true
    });
    assert_eq!(table.end(1, &|_| false), End::Cheater(round, check, vec![(3, fault)]));
}

fn start<S: EcdsaScheme>(game: &Game<S>, pairs: &Pairs, me: u16) -> Result<(), SetupError> {
    let task = game.task(200);
    Sign::start(game.share(me), task, &pairs[&id(me)], &mut rng(1)).map(drop)
}

every_scheme! {
    s1_1_a_ban_stops_the_sessions_beside_it
    s1_1_comes_before_everything_else_in_a_round
    s0_3_a_ban_refuses_everything_of_the_pair
    s1_1_a_ban_outlives_the_process
    s0_5_a_renewed_pairing_refuses_older_presignatures
    s1_1_only_a_new_pairing_lifts_a_ban
}

/// Stops at the next round of `me` with the conviction of party 3, and says nothing more.
fn stops<P: State>(mut table: Table<P>, round: u8, me: u16, label: &str) {
    table.play(&mut fair);
    let end = table.end(me, &|_| panic!("{label}: a result after the ban"));
    assert_eq!(end, End::Cheater(round, "S1.1", vec![(3, Fault::AlreadyBanned)]), "{label}");
}

/// A session of the same key, of another key and of the other curve, each at every point; the others of the three do not suffer.
fn s1_1_a_ban_stops_the_sessions_beside_it<S: EcdsaScheme>() {
    fn beside<S: EcdsaScheme, T: EcdsaScheme, F: Flow<T>>(key: u64, last: u8) {
        for (way, points) in WAYS.into_iter().flat_map(|way| (0..last).map(move |points| (way, points))) {
            let game = Game::<S>::new(2, 3, &[1, 3], 1);
            let other = Game::<T>::new(2, 3, &[1, 3], key);
            let bystander = Game::<T>::new(2, 3, &[1, 2], key);
            let pairs = game.deal(20);
            let (mut table, mut unharmed) =
                (F::table(&other, &pairs, 2, 1), F::table(&bystander, &pairs, 3, 1));
            for _ in 0..points {
                assert!(table.post(&mut fair) && table.work());
                assert!(unharmed.post(&mut fair) && unharmed.work());
            }
            caught(&game, &pairs, 1, way);
            stops(table, points + 1, 1, &format!("{} beside {}, {}, {points}", T::NAME, S::NAME, way.0));
            unharmed.play(&mut fair);
            for me in [1, 2] {
                assert_eq!(unharmed.end(me, &|output| F::good(&bystander, output)), End::Done);
            }
            assert_eq!(game.bans(&pairs, 1), [(1, 3, way.0)]);
        }
    }
    beside::<S, S, Sign<S>>(1, 2);
    beside::<S, S, Presign<S>>(2, 2);
    beside::<S, EcdsaSecp256k1, Sign<_>>(3, 2);
    beside::<S, EcdsaP256, Presign<_>>(4, 2);
}

/// Messages after a ban are not looked at, whatever is wrong with them.
fn s1_1_comes_before_everything_else_in_a_round<S: EcdsaScheme>() {
    // Round; V1, an encoding, the opening, the multiplication; the extension.
    for (round, at) in [(2, 227), (2, 65), (2, 33), (2, 228), (1, 4416), (1, 0)] {
        let game = Game::<S>::new(2, 3, &[1, 3], 1);
        let pairs = game.deal(27);
        let mut table = Sign::table(&game, &pairs, 2, 1);
        let mut lie = |_: &[Letter], letter: &mut Letter| {
            if (letter.header.from, letter.header.round) == (id(3), round) {
                letter.body[at] ^= 0xff;
            }
            true
        };
        for _ in 1..round {
            table.post(&mut lie);
            table.work();
        }
        table.post(&mut lie);
        caught(&game, &pairs, 1, WAYS[0]);
        assert!(table.advance(1));
        let end = End::Cheater(round, "S1.1", vec![(3, Fault::AlreadyBanned)]);
        assert_eq!(table.end(1, &|_| false), end, "{round}, {at}");
        assert_eq!(game.bans(&pairs, 1), [(1, 3, "S1.2")]);
    }
}

/// In the same process: this key, another key of the pair, the other curve, and presignatures made before.
fn s0_3_a_ban_refuses_everything_of_the_pair<S: EcdsaScheme>() {
    for way in WAYS {
        let game = Game::<S>::new(2, 3, &[1, 3], 1);
        let pairs = game.deal(21);
        let mut presignatures = game.presign(&pairs, 2);
        let pairing = game.pairing(&pairs, 1, 3);
        pairing.saved(&pairing.store());
        assert!(!pairing.must_save());
        caught(&game, &pairs, 1, way);
        assert!(pairing.must_save(), "a ban is to be stored at once");
        assert_eq!(game.bans(&pairs, 1), [(1, 3, way.0)]);
        let banned = Err(SetupError::Banned(id(3)));
        assert_eq!(start(&game, &pairs, 1), banned);
        assert_eq!(start(&Game::<S>::new(2, 3, &[1, 3], 2), &pairs, 1), banned);
        assert_eq!(start(&Game::<EcdsaSecp256k1>::new(3, 3, &[1, 2, 3], 3), &pairs, 1), banned);
        assert_eq!(start(&Game::<EcdsaP256>::new(2, 3, &[1, 3], 4), &pairs, 1), banned);
        let online = |number: u16, presignature| {
            let (share, message) = (game.share(number), crate::game::message(0));
            let session = SessionId([9; 16]);
            Online::start(presignature, share, &pairs[&id(number)], message, session).map(drop)
        };
        assert_eq!(online(1, presignatures.remove(&1).unwrap()), banned);
        // Others go on, with either of the two.
        assert_eq!(online(3, presignatures.remove(&3).unwrap()), Ok(()), "it banned nobody");
        assert_eq!(start(&Game::<S>::new(2, 3, &[1, 2], 1), &pairs, 1), Ok(()));
        assert_eq!(start(&Game::<S>::new(2, 3, &[2, 3], 1), &pairs, 2), Ok(()));
    }
}

fn reopened(form: &Secret<Vec<u8>>) -> Pairing {
    let opening = Opening::load(Secret::new(form.expose().clone())).unwrap();
    let form = opening.to_store();
    opening.stored(&form).unwrap()
}

/// Stored and brought back, on both ways; also a stored share.
fn s1_1_a_ban_outlives_the_process<S: EcdsaScheme>() {
    for way in WAYS {
        let game = Game::<S>::new(2, 3, &[1, 3], 1);
        let mut pairs = game.deal(22);
        caught(&game, &pairs, 1, way);
        let form = game.pairing(&pairs, 1, 3).store();
        let mine = pairs.get_mut(&id(1)).unwrap();
        let peer = game.cast.roster().identity(id(3)).unwrap();
        let closed = mine.remove(&peer).unwrap().close().unwrap();
        let share = KeyShare::<S>::from_bytes(game.share(1).to_bytes().expose()).unwrap();
        for form in [&form, &closed] {
            for _ in 0..10 {
                let back = reopened(form);
                assert_eq!(back.ban().unwrap().check, way.0);
                assert_eq!(back.ban().unwrap().session, SessionId([1; 16]));
                assert!(!back.must_save());
                let mine = pairs.get_mut(&id(1)).unwrap();
                drop(mine.remove(&peer));
                assert!(mine.insert(back).is_none());
                let started = Sign::start(&share, game.task(2), &pairs[&id(1)], &mut rng(1)).map(drop);
                assert_eq!(started, Err(SetupError::Banned(id(3))));
            }
        }
    }
}

/// Puts a new pairing between the two in place of the old, at both or at one.
fn renew<S: EcdsaScheme>(game: &Game<S>, pairs: &mut Pairs, at: &[(u16, u16)], seed: u64) {
    let mut new = game.deal(seed);
    for (of, with) in at {
        let peer = game.cast.roster().identity(id(*with)).unwrap();
        let pairing = new.get_mut(&id(*of)).unwrap().remove(&peer).unwrap();
        drop(pairs.get_mut(&id(*of)).unwrap().insert(pairing));
    }
}

fn s0_5_a_renewed_pairing_refuses_older_presignatures<S: EcdsaScheme>() {
    let game = Game::<S>::new(3, 5, &[1, 3, 4], 1);
    let mut pairs = game.deal(23);
    let presignatures = game.presign(&pairs, 1);
    renew(&game, &mut pairs, &[(1, 4), (4, 1)], 24);
    for (number, presignature) in presignatures {
        let message = crate::game::message(0);
        let session = SessionId([9; 16]);
        let share = game.share(number);
        let found = Online::start(presignature, share, &pairs[&id(number)], message, session).map(drop);
        let renewed = |with| Err(SetupError::PairingRenewed(id(with)));
        let wanted = match number {
            1 => renewed(4),
            4 => renewed(1),
            _ => Ok(()),
        };
        assert_eq!(found, wanted, "{number}");
    }
    // Presignatures made since are as good as any.
    let mut table = Online::table(&game, &pairs, 3, 1);
    table.play(&mut fair);
    assert!(game.numbers().iter().all(|me| table.end(*me, &|s| game.verifies(0, s)) == End::Done));
}

fn s1_1_only_a_new_pairing_lifts_a_ban<S: EcdsaScheme>() {
    let game = Game::<S>::new(2, 3, &[1, 3], 1);
    let mut pairs = game.deal(25);
    caught(&game, &pairs, 1, WAYS[0]);
    // A good run of the peer with another changes nothing.
    let mut others = Sign::table(&Game::<S>::new(2, 3, &[2, 3], 1), &pairs, 2, 1);
    others.play(&mut fair);
    assert_eq!(start(&game, &pairs, 1), Err(SetupError::Banned(id(3))));
    // A new pairing at one of them: they disagree, and nobody is banned. At both: they sign.
    renew(&game, &mut pairs, &[(1, 3)], 26);
    let mut table = Sign::table(&game, &pairs, 4, 1);
    table.play(&mut fair);
    assert!(
        table
            .rejected
            .iter()
            .all(|(to, why)| { *why == quorate::error::Rejected::SetupMismatch(id(4 - to)) })
    );
    assert_eq!((table.end(1, &|_| false), table.rejected.len()), (End::Waits(vec![3]), 2));
    assert_eq!(game.bans(&pairs, 4), []);
    renew(&game, &mut pairs, &[(3, 1)], 26);
    let mut table = Sign::table(&game, &pairs, 5, 1);
    table.play(&mut fair);
    assert!([1, 3].iter().all(|me| table.end(*me, &|s| game.verifies(0, s)) == End::Done));
    assert_eq!(game.bans(&pairs, 5), []);
    assert!(game.pairing(&pairs, 1, 3).must_save());
}
