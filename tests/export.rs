//! Export: the secret is the key's, and what is left of the shares does nothing any more.

use quorate::curve::{Curve, EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme, encode_point, read_scalar};
use quorate::error::SetupError;
use quorate::import::{self, Import};
use quorate::key::{Exported, KeyShare, export};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::repair::{Repair, Run};
use quorate::secret::Secret;
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const SESSION: SessionId = SessionId([1; 16]);

fn id(number: u16) -> PartyId {
    PartyId::new(number).unwrap()
}

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn deal<S: Scheme>(t: u16, ids: &[u16], seed: u64) -> (Cast, Vec<KeyShare<S>>) {
    let cast = Cast::new(ids.iter().copied(), &mut rng(seed)).unwrap();
    let threshold = Threshold::new(t, ids.len() as u16).unwrap();
    let shares = cast.deal::<S>(threshold, &mut rng(seed + 1)).unwrap();
    (cast, shares)
}

/// A copy by way of storage: there is no other.
fn some<S: Scheme>(shares: &[KeyShare<S>], ids: &[u16]) -> Vec<KeyShare<S>> {
    let find = |number: &u16| shares.iter().find(|share| share.id() == id(*number)).unwrap();
    ids.iter().map(|number| KeyShare::from_bytes(find(number).to_bytes().expose()).unwrap()).collect()
}

fn point<S: Scheme>(secret: &[u8; 32]) -> Vec<u8> {
    let scalar = read_scalar::<S::Curve>(secret).unwrap();
    encode_point::<S::Curve>(&S::Curve::mul_base(&scalar)).unwrap()
}

fn every_quorum<S: Scheme>() {
    let (_, shares) = deal::<S>(3, &[1, 4, 9, 300, 65534], 1);
    let mut secrets = Vec::new();
    // t of them in any order, and more
    for ids in [&[1, 4, 9][..], &[65534, 300, 1], &[9, 1, 300, 4], &[1, 4, 9, 300, 65534]] {
        let Exported { secret, shares: burned } = export(some(&shares, ids)).unwrap();
        assert_eq!(point::<S>(secret.expose()), shares[0].public().public_key());
        assert_eq!(burned.iter().map(|share| share.id().get()).collect::<Vec<_>>(), ids);
        for share in &burned {
            assert!(share.is_burned());
            let read = KeyShare::<S>::from_bytes(share.to_bytes().expose()).unwrap();
            assert!(read.is_burned());
            assert_eq!(read.public(), shares[0].public());
        }
        secrets.push(*secret.expose());
        // once more, by who lost what it was written to
        let again = export(burned).unwrap();
        assert_eq!(again.secret.expose(), secret.expose());
    }
    assert!(secrets.iter().all(|secret| *secret == secrets[0]));
    assert!(shares.iter().all(|share| !share.is_burned()), "the others are to be told");
}

#[test]
fn every_quorum_puts_the_same_secret_together() {
    every_quorum::<FrostEd25519>();
    every_quorum::<EcdsaSecp256k1>();
    every_quorum::<EcdsaP256>();
}

/// The bytes are what other software calls the private key.
#[test]
fn the_secret_is_encoded_as_others_read_it() {
    let (_, shares) = deal::<EcdsaSecp256k1>(2, &[1, 2], 2);
    let public = shares[0].public().public_key();
    let secret = export(shares).unwrap().secret;
    let key = k256::SecretKey::from_slice(secret.expose()).unwrap();
    let point = k256::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&key.public_key(), true);
    assert_eq!(point.as_bytes(), public);

    let (_, shares) = deal::<EcdsaP256>(2, &[1, 2], 3);
    let public = shares[0].public().public_key();
    let secret = export(shares).unwrap().secret;
    let key = p256::SecretKey::from_slice(secret.expose()).unwrap();
    let point = p256::elliptic_curve::sec1::ToSec1Point::to_sec1_point(&key.public_key(), true);
    assert_eq!(point.as_bytes(), public);

    let (_, shares) = deal::<FrostEd25519>(2, &[1, 2], 4);
    let public = shares[0].public().public_key();
    let secret = export(shares).unwrap().secret;
    let scalar = curve25519_dalek::Scalar::from_canonical_bytes(*secret.expose()).unwrap();
    assert_eq!(curve25519_dalek::EdwardsPoint::mul_base(&scalar).compress().0.to_vec(), public);
    // a scalar, and not a seed
    let as_seed = ed25519_dalek::SigningKey::from_bytes(secret.expose()).verifying_key();
    assert_ne!(as_seed.to_bytes().to_vec(), public);
}

#[test]
fn what_cannot_be_exported_comes_back_as_it_was() {
    type S = EcdsaSecp256k1;
    let (cast, shares) = deal::<S>(3, &[1, 2, 3, 4], 5);
    let (_, foreign) = deal::<S>(3, &[1, 2, 3, 4], 6);
    let mut rng = rng(7);
    let next = refresh::Run::new(shares[0].public(), 2, SESSION).unwrap();
    let start = |share| Refresh::start(&next, share, &mut MemoryLedger::default(), &mut rng).unwrap();
    let sessions: Vec<_> = shares.iter().map(start).collect();
    let next: Vec<_> =
        cast.run(sessions, &mut ChaCha20Rng::seed_from_u64(8)).into_iter().map(|r| r.output()).collect();
    let refused = |given: Vec<KeyShare<S>>, expected: SetupError| {
        let before: Vec<_> = given.iter().map(|share| share.to_bytes().expose().clone()).collect();
        let (error, back) = export(given).unwrap_err();
        assert_eq!(error, expected);
        assert!(back.iter().map(|share| share.to_bytes().expose().clone()).eq(before));
        assert!(back.iter().all(|share| !share.is_burned()));
    };
    refused(Vec::new(), SetupError::Malformed("list of shares"));
    refused(some(&shares, &[2]), SetupError::TooFewSigners { signers: 1, t: 3 });
    refused(some(&shares, &[2, 4]), SetupError::TooFewSigners { signers: 2, t: 3 });
    refused(some(&shares, &[2, 4, 2]), SetupError::DuplicateParty(id(2)));
    refused(some(&shares, &[1, 2, 3, 1]), SetupError::DuplicateParty(id(1)));
    let with = |other: &[KeyShare<S>]| {
        let mut given = some(&shares, &[1, 2]);
        given.extend(some(other, &[3]));
        given
    };
    refused(with(&foreign), SetupError::WrongKey(id(3)));
    refused(with(&next), SetupError::WrongEpoch { who: id(3), share: 2, key: 0 });
    // any epoch does, by itself
    let old = export(some(&shares, &[1, 2, 3])).unwrap().secret;
    let new = export(some(&next, &[2, 3, 4])).unwrap().secret;
    assert_eq!(old.expose(), new.expose());
}

/// What is left of the shares neither signs (`repair::standing` has the rest) nor deals nor helps.
#[test]
fn burned_shares_are_refused() {
    type S = FrostEd25519;
    let (_, shares) = deal::<S>(2, &[1, 2, 3], 9);
    let key = shares[0].public().clone();
    let signers = || Parties::from_numbers([1, 2]).unwrap();
    let burned = export(some(&shares, &[1, 2])).unwrap().shares;
    let expected = Some(SetupError::Burned(id(1)));
    let mut rng = rng(9);
    let task = quorate::frost::Task::new(&key, signers(), b"m", SESSION).unwrap();
    assert_eq!(quorate::frost::Sign::start(&burned[0], task, &mut rng).err(), expected);
    let run = refresh::Run::new(&key, 1, SESSION).unwrap();
    let refresh = Refresh::start(&run, &burned[0], &mut MemoryLedger::default(), &mut rng);
    assert_eq!(refresh.err(), expected);
    let run = Run::new(&key, id(3), signers(), SESSION).unwrap();
    assert_eq!(Repair::help(&run, &burned[0], None, &mut rng).err(), expected);
}

/// Out and in again: the key keeps its name in public, and nothing else.
#[test]
fn an_exported_key_can_be_imported() {
    fn check<S: Scheme>() {
        let (_, shares) = deal::<S>(2, &[1, 2, 3], 10);
        let (public, chain) = (shares[0].public().public_key(), *shares[0].public().chain_code());
        let secret = export(some(&shares, &[1, 3])).unwrap().secret;
        let mut rng = rng(11);
        let cast = Cast::new([1, 2, 3], &mut rng).unwrap();
        let dealer = (id(2), cast.roster().identity(id(2)).unwrap());
        let threshold = Threshold::new(2, 3).unwrap();
        let run =
            import::Run::<S>::whole(threshold, cast.roster().clone(), &public, dealer, SESSION).unwrap();
        let ledger = || MemoryLedger::default();
        let sessions = [
            Import::receive(&run, id(1), &mut ledger(), &mut rng).unwrap(),
            Import::deal(&run, id(2), &secret, Some(Secret::new(chain)), &mut ledger(), &mut rng).unwrap(),
            Import::receive(&run, id(3), &mut ledger(), &mut rng).unwrap(),
        ];
        let seats = cast.run(sessions, &mut rng).into_iter().map(|report| report.output());
        let imported: Vec<_> = seats.filter_map(|seat| seat.member()).collect();
        assert_eq!(imported[0].public().public_key(), public);
        assert_eq!(imported[0].public().chain_code(), &chain);
        assert_ne!(imported[0].public().key_id(), shares[0].public().key_id());
        assert!(imported[0].must_refresh());
        // Before its refresh it helps nobody either: L2.2.
        let run = Run::new(imported[0].public(), id(2), Parties::from_numbers([1, 3]).unwrap(), SESSION);
        let refused = Repair::help(&run.unwrap(), &imported[0], None, &mut rng).err();
        assert_eq!(refused, Some(SetupError::RefreshFirst(id(1))));
    }
    check::<FrostEd25519>();
    check::<EcdsaSecp256k1>();
    check::<EcdsaP256>();
}
