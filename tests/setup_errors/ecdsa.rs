//! Signings that cannot start.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{
    Batch, Digest, EcdsaScheme, MAX_BATCH, Message, Prehashed, PresignTask, Sign, SignBatch, Task,
};
use quorate::error::SetupError;
use quorate::key::{KeyShare, Path};
use quorate::pairing::Pairings;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::sim::Cast;
use rand_chacha::ChaCha20Rng;

use super::{SESSION, cast, id};

type Pairs = std::collections::BTreeMap<PartyId, Pairings>;

fn wallet<S: EcdsaScheme>(t: u16, n: u16) -> (Cast, Vec<KeyShare<S>>, Pairs, ChaCha20Rng) {
    let (cast, mut rng) = cast(n);
    let shares = cast.deal(Threshold::new(t, n).unwrap(), &mut rng).unwrap();
    let pairs = cast.deal_pairings(cast.roster().parties(), &mut rng).unwrap();
    (cast, shares, pairs, rng)
}

fn set(ids: &[u16]) -> Parties {
    Parties::from_numbers(ids.iter().copied()).unwrap()
}

#[test]
fn s0_1_exactly_t_members_sign() {
    fn check<S: EcdsaScheme>() {
        let (_, shares, pairs, mut rng) = wallet::<S>(3, 5);
        let key = shares[0].public();
        let message = || Message::sha256(b"m");
        let task = |ids: &[u16]| Task::new(key, set(ids), Path::default(), message(), SESSION);
        for (ids, signers) in
            [(&[][..], 0), (&[1], 1), (&[1, 2], 2), (&[1, 2, 3, 4], 4), (&[1, 2, 3, 4, 5], 5)]
        {
            let refused = SetupError::SignerCount { signers, t: 3 };
            assert_eq!(task(ids).unwrap_err(), refused);
            let batch = Batch::new(key, set(ids), [(Path::default(), message())], SESSION);
            assert_eq!(batch.unwrap_err(), refused);
            let presign = PresignTask::new(key, set(ids), &Path::default(), 1, SESSION);
            assert_eq!(presign.unwrap_err(), refused);
        }
        assert_eq!(task(&[1, 2, 6]).unwrap_err(), SetupError::NotInRoster(id(6)));
        let task = task(&[1, 2, 4]).unwrap();
        let refused = Sign::start(&shares[2], task, &pairs[&id(3)], &mut rng).unwrap_err();
        assert_eq!(refused, SetupError::SelfMissing(id(3)));
    }
    check::<EcdsaSecp256k1>();
    check::<EcdsaP256>();
}

#[test]
fn s0_2_the_share_is_of_the_key() {
    let (cast, shares, pairs, mut rng) = wallet::<EcdsaSecp256k1>(2, 3);
    let foreign = cast.deal::<EcdsaSecp256k1>(Threshold::new(2, 3).unwrap(), &mut rng).unwrap();
    let task = Task::new(shares[0].public(), set(&[1, 2]), Path::default(), Message::sha256(b"m"), SESSION);
    let refused = Sign::start(&foreign[0], task.unwrap(), &pairs[&id(1)], &mut rng).unwrap_err();
    assert_eq!(refused, SetupError::WrongKey(id(1)));
}

#[test]
fn s0_3_every_signer_is_paired_with() {
    let (cast, shares, pairs, mut rng) = wallet::<EcdsaP256>(3, 4);
    let signers = set(&[1, 2, 4]);
    let task =
        Task::new(shares[0].public(), signers.clone(), Path::default(), Message::sha256(b"m"), SESSION);
    let task = task.unwrap();
    let mut start = |pairings: &Pairings| Sign::start(&shares[0], task.clone(), pairings, &mut rng).err();
    assert_eq!(start(&pairs[&id(1)]), None);
    assert_eq!(start(&Pairings::new()), Some(SetupError::NoPairing(id(2))));
    // the pairings of somebody else: of 2, who is not paired with itself; of 3, who has all the peers
    assert_eq!(start(&pairs[&id(2)]), Some(SetupError::NoPairing(id(2))));
    assert_eq!(start(&pairs[&id(3)]), Some(SetupError::ForeignPairing(id(2))));
    let mut rng = super::cast(9).1;
    let mut without_4 = cast.deal_pairings(&set(&[1, 2, 3]), &mut rng).unwrap();
    assert_eq!(start(&without_4[&id(1)]), Some(SetupError::NoPairing(id(4))));
    let (_, identity) = cast.roster().iter().find(|(who, _)| *who == id(2)).unwrap();
    assert!(without_4.get_mut(&id(1)).unwrap().remove(&identity).is_some());
    assert_eq!(start(&without_4[&id(1)]), Some(SetupError::NoPairing(id(2))));
}

#[test]
fn s0_4_a_digest_of_zero_is_nobodys() {
    let (_, shares, ..) = wallet::<EcdsaSecp256k1>(2, 2);
    let key = shares[0].public();
    let zero = Prehashed::new([0; 32]);
    let refused = Task::new(key, set(&[1, 2]), Path::default(), zero, SESSION).unwrap_err();
    assert_eq!(refused, SetupError::ZeroDigest);
    for place in 0..3 {
        let item = |k: usize| {
            let digest: Digest = if k == place { zero.into() } else { Message::sha256(&[k as u8]).into() };
            (Path::default(), digest)
        };
        let refused = Batch::new(key, set(&[1, 2]), (0..3).map(item), SESSION).unwrap_err();
        assert_eq!(refused, SetupError::ZeroDigest);
    }
}

#[test]
fn batches_have_a_size() {
    let (_, shares, pairs, mut rng) = wallet::<EcdsaSecp256k1>(2, 2);
    let key = shares[0].public();
    let batch = |count: usize| {
        let items = (0..count).map(|k| (Path::default(), Message::sha256(&k.to_be_bytes())));
        Batch::new(key, set(&[1, 2]), items, SESSION)
    };
    let presign = |count| PresignTask::new(key, set(&[1, 2]), &Path::default(), count, SESSION);
    for count in [0, MAX_BATCH + 1] {
        let refused = SetupError::BatchSize { found: count, limit: MAX_BATCH };
        assert_eq!(batch(count).unwrap_err(), refused);
        assert_eq!(presign(count).unwrap_err(), refused);
    }
    // nothing is made of a number that nobody can have meant
    let refused = presign(usize::MAX).unwrap_err();
    assert_eq!(refused, SetupError::BatchSize { found: MAX_BATCH + 1, limit: MAX_BATCH });
    assert!(batch(MAX_BATCH).is_ok() && presign(MAX_BATCH).is_ok());
    let started = SignBatch::start(&shares[0], batch(2).unwrap(), &pairs[&id(1)], &mut rng);
    assert_eq!(started.unwrap().missing(), [id(2)]);
}

#[test]
fn paths_that_cannot_be() {
    assert_eq!(Path::new([0, 1 << 31]).unwrap_err(), SetupError::Underivable(1 << 31));
    assert_eq!("m/7/44'".parse::<Path>().unwrap_err(), SetupError::Underivable(44 | 1 << 31));
    assert_eq!(Path::new(vec![1; 256]).unwrap_err(), SetupError::Malformed("path"));
    assert!(Path::new(vec![1; 255]).is_ok());
}
