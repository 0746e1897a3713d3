//! Keys from elsewhere: whole, as shares, as another library's packages, as a seed.

use std::collections::BTreeMap;

use ff::Field as _;
use frost_ed25519 as zf_frost;
use quorate::curve::{EcdsaSecp256k1, FrostEd25519, Scheme, encode_point};
use quorate::ecdsa::{Message, Sign, Task};
use quorate::error::{Rejected, SetupError};
use quorate::frost::{self, SigningNonces, SigningPackage, zf};
use quorate::import::{Import, Run, ed25519_secret};
use quorate::key::{KeyShare, Made, Path, Seat};
use quorate::party::PartyId;
use quorate::reshare::Reshare;
use quorate::secret::Secret;
use quorate::sharing::Commitment;
use quorate::sim::{Cast, MemoryLedger, Report};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

use crate::flow;
use crate::foe::{Foe, Scalar, unhex};
use crate::game::{Game, rng};
use crate::puppet::{at, base, id, scalar_bytes};
use crate::stage::{self, CHAIN, set, threshold};
use crate::verdict::Want;

every_scheme! {
    wrong_expected_key_at_one_device_is_a_setup_mismatch_and_nothing_is_stored
    i2_1_dealer_with_another_secret_sends_nothing
    l2_2_imported_key_must_be_refreshed_and_shares_need_not
    shares_come_with_a_chain_code_or_make_one
    share_of_zero_from_a_malicious_importer_does_not_deal
}

type E = FrostEd25519;

fn secret_bytes<S: Foe>(k: &Scalar<S>) -> Secret<[u8; 32]> {
    Secret::new(scalar_bytes::<S>(k).try_into().unwrap())
}

/// The session ids and identities are the same, the key is not.
fn wrong_expected_key_at_one_device_is_a_setup_mismatch_and_nothing_is_stored<S: Foe>() {
    let another = base::<S>(&Scalar::<S>::from(5));
    for odd in [1, 2, 3] {
        let model = stage::import::<S>(&[]);
        let wrong = stage::import_run::<S>(&another, 9, &[1, 2, 3], 55);
        let mut start = |me: PartyId| {
            let run = if me == id(odd) { &wrong } else { &model.run };
            stage::begin_import(run, me, &stage::secret::<S>())
        };
        let mut game =
            Game::between(model.run.clone(), model.facts.clone(), &[], &mut start, &mut |_| unreachable!());
        game.play_fair();
        stage::odd_one_out(&mut game, odd);
    }
}

fn i2_1_dealer_with_another_secret_sends_nothing<S: Foe>() {
    let one = Scalar::<S>::ONE;
    let (whole, f) = (stage::import::<S>(&[]), stage::polynomial::<S>());
    let mut ledger = MemoryLedger::default();
    let mut deal = |run: &Run<S>, me, secret: &Scalar<S>| {
        let secret = secret_bytes::<S>(secret);
        Import::deal(run, me, &secret, None, &mut ledger, &mut rng(1)).map(drop)
    };
    let secret = stage::secret::<S>();
    for wrong in [secret + one, -secret, Scalar::<S>::ZERO] {
        assert_eq!(deal(&whole.run, id(9), &wrong), Err(SetupError::WrongSecret(id(9))));
    }
    // Nothing was spent by that.
    assert_eq!(deal(&whole.run, id(9), &secret), Ok(()));
    assert_eq!(deal(&whole.run, id(9), &secret), Err(SetupError::SessionSpent(id(9))));
    let shared = stage::import_shares::<S>(&[]);
    for me in [2, 8, 9].map(id) {
        for wrong in [secret, at::<S>(&f, id(1)), at::<S>(&f, me) + one, Scalar::<S>::ZERO] {
            assert_eq!(deal(&shared.run, me, &wrong), Err(SetupError::WrongSecret(me)));
        }
        assert_eq!(deal(&shared.run, me, &at::<S>(&f, me)), Ok(()));
    }
}

/// The ends of an honest game, ascending.
fn members<S: Foe>(game: Game<S, Run<S>>) -> Vec<KeyShare<S>> {
    let ended = game.seats.into_values().map(|seat| seat.outcome.unwrap().unwrap());
    ended.filter_map(Seat::member).collect()
}

fn l2_2_imported_key_must_be_refreshed_and_shares_need_not<S: Foe>() {
    for (mut game, must) in [(stage::import::<S>(&[]), true), (stage::import_shares::<S>(&[]), false)] {
        game.play_fair();
        game.expect_all(&Want::Key);
        let members = members(game);
        assert_eq!(members.len(), 3);
        for share in members {
            assert_eq!(share.public().public_key(), base::<S>(&stage::secret::<S>()));
            assert_eq!((share.must_refresh(), share.public().was_whole()), (must, must));
            assert_eq!(share.public().origin().made(), Made::Imported);
            let read = KeyShare::<S>::from_bytes(share.to_bytes().expose()).unwrap();
            assert_eq!(read.must_refresh(), must);
        }
    }
}

fn shares_come_with_a_chain_code_or_make_one<S: Foe>() {
    let codes = [Some([0xab; 32]), Some([0; 32]), None].map(|chain| {
        let mut game = stage::import_shares_with::<S>(chain, &[]);
        game.play_fair();
        game.expect_all(&Want::Key);
        let members = members(game);
        let code = *members[0].public().chain_code();
        assert!(members.iter().all(|share| share.public().chain_code() == &code));
        assert!(chain.is_none_or(|chain| chain == code));
        code
    });
    assert!(!codes[..2].contains(&codes[2]));
    // The importer of the whole brings the key's own.
    let mut game = stage::import::<S>(&[]);
    game.play_fair();
    assert_eq!(members(game)[0].public().chain_code(), &CHAIN);
}

/// Who imports the whole chooses the polynomial, and can make somebody's share zero. It is one of a key that must be refreshed, which works;
/// dealt in a reshare, it would have no encoding.
fn share_of_zero_from_a_malicious_importer_does_not_deal<S: Foe>() {
    let mut game = stage::import::<S>(&[9]);
    let half = Scalar::<S>::from(2).invert().unwrap();
    game.puppet(9).deal(vec![stage::secret::<S>(), -stage::secret::<S>() * half]);
    game.play_fair();
    game.expect_all(&Want::Key);
    let shares: BTreeMap<u16, _> = members(game).into_iter().map(|s| (s.id().get(), s)).collect();
    assert_eq!(stage::secret_of(&shares[&2]), Scalar::<S>::ZERO);
    let run = stage::reshare_run(shares[&2].public(), (&[2, 3], &[1, 2, 3]), 2, 1, 9);
    let refused = Reshare::deal(&run, &shares[&2], &mut MemoryLedger::default(), &mut rng(1));
    assert_eq!(refused.err(), Some(SetupError::WrongSecret(id(2))));
    assert!(Reshare::deal(&run, &shares[&3], &mut MemoryLedger::default(), &mut rng(1)).is_ok());
}

/// Two devices with different chain codes in mind do not take each other for forgers.
#[test]
fn chain_codes_that_differ_are_a_setup_mismatch() {
    for dealers in [&[8, 9][..], &[2, 8, 9]] {
        let commitment = stage::commitment::<E>(&stage::polynomial::<E>()[..dealers.len()]);
        let run = |chain| stage::import_shares_run::<E>(&commitment, chain, (dealers, &[1, 2, 3]), 7);
        let codes = [None, Some([1; 32]), Some([2; 32])];
        for (k, a) in codes.iter().enumerate() {
            for b in &codes[..k] {
                assert_ne!(run(*a).terms(id(1)).binding, run(*b).terms(id(1)).binding);
            }
        }
    }
}

/// Runs an import in the simulator.
fn import<S: Scheme>(
    cast: &Cast,
    run: &Run<S>,
    secrets: &BTreeMap<u16, Secret<[u8; 32]>>,
    rng: &mut ChaCha20Rng,
) -> Vec<KeyShare<S>> {
    let mut start = |me: PartyId| {
        let ledger = &mut MemoryLedger::default();
        match secrets.get(&me.get()) {
            Some(secret) => Import::deal(run, me, secret, None, ledger, rng).unwrap(),
            None => Import::receive(run, me, ledger, rng).unwrap(),
        }
    };
    let sessions: Vec<_> = run.cast().parties().iter().map(&mut start).collect();
    let reports = cast.only(run.cast().parties()).unwrap().run(sessions, rng);
    reports.into_iter().map(Report::output).filter_map(Seat::member).collect()
}

/// RFC 8032, 7.1, test 1 and test 2: seed and public key.
const SEEDS: [[&str; 2]; 2] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ],
];

#[test]
fn ed25519_seed_is_imported_with_its_public_key_and_signs_after_a_refresh() {
    for [seed, public_key] in SEEDS {
        let mut rng = rng(32);
        let cast = Cast::new([1, 2, 3], &mut rng).unwrap();
        let seed = Secret::new(unhex(seed).try_into().unwrap());
        let secrets = BTreeMap::from([(2, ed25519_secret(&seed))]);
        // The dealer is a member.
        let dealer = (id(2), cast.roster().identity(id(2)).unwrap());
        let (roster, session) = (cast.roster().clone(), SessionId([8; 16]));
        let run = Run::<E>::whole(threshold(2, 3), roster, &unhex(public_key), dealer, session).unwrap();
        let shares = import(&cast, &run, &secrets, &mut rng);
        assert_eq!(shares[0].public().public_key(), unhex(public_key));
        // [L2.2] until then it signs nothing, in no way of signing
        let task = frost::Task::new(shares[0].public(), set(&[1, 2]), b"m", SessionId([1; 16])).unwrap();
        let refused = frost::Sign::start(&shares[0], task.clone(), &mut rng).unwrap_err();
        assert_eq!(refused, SetupError::RefreshFirst(id(1)));
        refused_by_hand(&shares, &SetupError::RefreshFirst(id(1)), &mut rng);
        let shares = flow::refresh(&cast, &shares, 1, &mut rng);
        assert!(!shares[0].must_refresh());
        assert_eq!(shares[0].public().public_key(), unhex(public_key));
        flow::sign_frost(&cast, &shares, &[1, 3], &mut rng);
        let mut shares = shares;
        shares[0].burn();
        refused_by_hand(&shares, &SetupError::Burned(id(1)), &mut rng);
    }
}

/// With nonces and package in one's own hands.
fn refused_by_hand(shares: &[KeyShare<E>], by: &SetupError, rng: &mut ChaCha20Rng) {
    let nonces: Vec<_> = shares[..2].iter().map(|share| SigningNonces::generate(share.into(), rng)).collect();
    let list = shares.iter().zip(&nonces).map(|(share, nonces)| (share.id(), nonces.commitments().clone()));
    let package = SigningPackage::<E>::new(shares[0].public().commitment(), list, b"m").unwrap();
    let [own, _] = <[_; 2]>::try_from(nonces).unwrap();
    assert_eq!(frost::sign(own, (&shares[0]).into(), &package).err().as_ref(), Some(by));
}

#[test]
fn l2_2_imported_ecdsa_key_signs_after_a_refresh_or_a_reshare() {
    type S = EcdsaSecp256k1;
    let mut rng = rng(33);
    let cast = Cast::new([1, 2, 3, 4, 9], &mut rng).unwrap();
    let secret = stage::secret::<S>();
    let public_key = base::<S>(&secret);
    let secrets = BTreeMap::from([(9, secret_bytes::<S>(&secret))]);
    let dealer = (id(9), cast.roster().identity(id(9)).unwrap());
    let roster = cast.only(&set(&[1, 2, 3])).unwrap().roster().clone();
    let session = SessionId([8; 16]);
    let run = Run::<S>::whole(threshold(2, 3), roster, &public_key, dealer, session).unwrap();
    let shares = import(&cast, &run, &secrets, &mut rng);
    let sets = cast.deal_pairings(&set(&[1, 2]), &mut rng).unwrap();
    let task =
        Task::new(shares[0].public(), set(&[1, 2]), Path::default(), Message::sha256(b"m"), session).unwrap();
    let refused = Sign::start(&shares[0], task, &sets[&id(1)], &mut rng).unwrap_err();
    assert_eq!(refused, SetupError::RefreshFirst(id(1)));
    let path = Path::new([7]).unwrap();
    let refreshed = flow::refresh(&cast, &shares, 1, &mut rng);
    flow::sign_ecdsa(&cast, &refreshed, &[1, 2], &path, &mut rng);
    let reshared = flow::reshare(&cast, &shares, (&[1, 3], &[2, 3, 4], 3), 1, &mut rng);
    flow::sign_ecdsa(&cast, &reshared, &[2, 3, 4], &path, &mut rng);
    assert_eq!(reshared[0].public().public_key(), public_key);
}

/// A key that another library dealt, by its packages, to other devices than it had before.
#[test]
fn zf_key_packages_are_imported_as_shares() {
    struct Old<'a>(&'a mut ChaCha20Rng);
    impl zf_frost::rand_core::RngCore for Old<'_> {
        fn next_u32(&mut self) -> u32 {
            self.0.next_u32()
        }
        fn next_u64(&mut self) -> u64 {
            self.0.next_u64()
        }
        fn fill_bytes(&mut self, out: &mut [u8]) {
            self.0.fill_bytes(out);
        }
        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), zf_frost::rand_core::Error> {
            self.0.fill_bytes(out);
            Ok(())
        }
    }
    impl zf_frost::rand_core::CryptoRng for Old<'_> {}

    let mut rng = rng(34);
    let list = zf_frost::keys::IdentifierList::Default;
    let (dealt, public) = zf_frost::keys::generate_with_dealer(5, 3, list, Old(&mut rng)).unwrap();
    let public = public.serialize().unwrap();
    let share = |number: u16| {
        let package = dealt[&number.try_into().unwrap()].clone();
        let package = zf_frost::keys::KeyPackage::try_from(package).unwrap().serialize().unwrap();
        zf::Share::<FrostEd25519>::decode(&package, &public).unwrap()
    };
    let dealers = [1, 4, 5];
    let secrets: BTreeMap<u16, _> = dealers.iter().map(|n| (*n, share(*n).secret_bytes())).collect();
    let key = encode_point::<<E as Scheme>::Curve>(&share(1).commitment().public_key()).unwrap();
    let cast = Cast::new([1, 4, 5, 6, 7], &mut rng).unwrap();
    let [from, to] = [&dealers[..], &[5, 6, 7]].map(|ids| cast.only(&set(ids)).unwrap().roster().clone());
    let commitment: &Commitment<_> = &share(1).commitment().clone();
    let run = Run::<E>::shares(threshold(2, 3), to, commitment, None, &from, SessionId([6; 16])).unwrap();
    let shares = import(&cast, &run, &secrets, &mut rng);
    assert_eq!(shares[0].public().public_key(), key);
    assert!(!shares[0].must_refresh());
    flow::sign_frost(&cast, &shares, &[5, 7], &mut rng);
    // Another member's share in a dealer's place.
    let wrong =
        Import::deal(&run, id(4), &share(2).secret_bytes(), None, &mut MemoryLedger::default(), &mut rng);
    assert_eq!(wrong.err(), Some(SetupError::WrongSecret(id(4))));
}

/// An envelope verified against the members alone does not count where there are dealers beside them.
#[test]
fn envelopes_are_verified_against_members_and_dealers() {
    let mut game = stage::import::<E>(&[]);
    game.speak();
    let envelope = game.envelope(1, 2, 1).envelope().clone();
    let members = crate::game::roster([1, 2, 3].map(id));
    let verified = envelope.verify(&members).unwrap();
    let seat = game.seats.get_mut(&id(1)).unwrap();
    assert_eq!(seat.session.receive_signed(&verified), Err(Rejected::Roster));
}
