//! Signings that cannot start.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{
    Batch, Digest, EcdsaScheme, MAX_BATCH, Message, Online, Prehashed, Presign, PresignTask, Presignature,
    Sign, SignBatch, Task,
};
use quorate::error::SetupError;
use quorate::key::{KeyShare, Path};
use quorate::pairing::Pairings;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::repair::{self, Repair};
use quorate::sim::Cast;
use quorate::wire::SessionId;
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

/// The pairing of one device with another.
fn pairing(cast: &Cast, pairs: &Pairs, of: u16, with: u16) -> [u8; 32] {
    let peer = cast.roster().identity(id(with)).unwrap();
    *pairs[&id(of)].get(&peer).unwrap().id()
}

/// One presignature of each of these, for the key itself.
fn presignatures<S: EcdsaScheme>(
    (cast, shares, pairs): (&Cast, &[KeyShare<S>], &Pairs),
    signers: &[u16],
    count: usize,
    rng: &mut ChaCha20Rng,
) -> Vec<Vec<Presignature<S>>> {
    let task = PresignTask::new(shares[0].public(), set(signers), &Path::default(), count, SESSION).unwrap();
    let start = |n: &u16| {
        let share = &shares[usize::from(*n) - 1];
        Presign::start(share, task.clone(), &pairs[&id(*n)], rng).unwrap()
    };
    let sessions: Vec<_> = signers.iter().map(start).collect();
    cast.run(sessions, rng).into_iter().map(|report| report.output()).collect()
}

/// What every way to sign says to this share, these signers and these pairings; they agree.
fn start_all<S: EcdsaScheme>(
    share: &KeyShare<S>,
    signers: &[u16],
    pairings: &Pairings,
    rng: &mut ChaCha20Rng,
) -> Option<SetupError> {
    let (key, root, message) = (share.public(), Path::default(), Message::sha256(b"m"));
    let task = Task::new(key, set(signers), root.clone(), message, SESSION).unwrap();
    let batch = Batch::new(key, set(signers), [(root.clone(), message)], SESSION).unwrap();
    let ahead = PresignTask::new(key, set(signers), &root, 1, SESSION).unwrap();
    let found = Sign::start(share, task, pairings, rng).err();
    assert_eq!(SignBatch::start(share, batch, pairings, rng).err(), found);
    assert_eq!(Presign::start(share, ahead, pairings, rng).err(), found);
    found
}

fn online<S: EcdsaScheme>(
    presignature: Presignature<S>,
    share: &KeyShare<S>,
    pairings: &Pairings,
) -> Option<SetupError> {
    Online::start(presignature, share, pairings, Message::sha256(b"m"), SESSION).err()
}

/// A share that refuses a pairing does not sign with it, with what it made ahead either. All others do, and so does what has begun.
#[test]
fn s0_3_a_refused_pairing_signs_nothing() {
    fn check<S: EcdsaScheme>() {
        let (cast, mut shares, pairs, mut rng) = wallet::<S>(2, 3);
        let other_key = cast.deal::<S>(Threshold::new(2, 3).unwrap(), &mut rng).unwrap();
        let mut made = presignatures((&cast, &shares, &pairs), &[1, 2], 2, &mut rng);
        let begun = {
            let task = Task::new(
                shares[0].public(),
                set(&[1, 2]),
                Path::default(),
                Message::sha256(b"m"),
                SessionId([6; 16]),
            );
            let task = task.unwrap();
            [0, 1]
                .map(|at| Sign::start(&shares[at], task.clone(), &pairs[&shares[at].id()], &mut rng).unwrap())
        };
        let with_2 = pairing(&cast, &pairs, 1, 2);
        assert_eq!(start_all(&shares[0], &[1, 2], &pairs[&id(1)], &mut rng), None);
        // pairings that it does not have, or has with others, are nothing to it
        shares[0].refuse_pairings([[7; 32], pairing(&cast, &pairs, 2, 3)]);
        assert_eq!(start_all(&shares[0], &[1, 2], &pairs[&id(1)], &mut rng), None);
        assert_eq!(online(made[0].pop().unwrap(), &shares[0], &pairs[&id(1)]), None);
        shares[0].refuse_pairings([with_2]);
        let outdated = Some(SetupError::PairingOutdated(id(2)));
        assert_eq!(start_all(&shares[0], &[1, 2], &pairs[&id(1)], &mut rng), outdated);
        assert_eq!(online(made[0].pop().unwrap(), &shares[0], &pairs[&id(1)]), outdated);
        let stored = KeyShare::<S>::from_bytes(shares[0].to_bytes().expose()).unwrap();
        assert_eq!(start_all(&stored, &[1, 2], &pairs[&id(1)], &mut rng), outdated);
        // the device with another peer, the peer, another key of both
        assert_eq!(start_all(&shares[0], &[1, 3], &pairs[&id(1)], &mut rng), None);
        assert_eq!(start_all(&shares[1], &[1, 2], &pairs[&id(2)], &mut rng), None);
        assert_eq!(online(made[1].pop().unwrap(), &shares[1], &pairs[&id(2)]), None);
        assert_eq!(start_all(&other_key[0], &[1, 2], &pairs[&id(1)], &mut rng), None);
        let signed: Vec<_> = cast.run(begun, &mut rng).into_iter().map(|report| report.output()).collect();
        assert_eq!(signed[0].to_bytes(), signed[1].to_bytes());
        // a new pairing is none of those
        let renewed = cast.deal_pairings(&set(&[1, 2]), &mut rng).unwrap();
        assert_eq!(start_all(&shares[0], &[1, 2], &renewed[&id(1)], &mut rng), None);
    }
    check::<EcdsaSecp256k1>();
    check::<EcdsaP256>();
}

/// What became of a share since is asked of the share.
#[test]
fn l2_2_a_presignature_signs_for_no_share_that_may_not_sign() {
    type S = EcdsaSecp256k1;
    let (cast, mut shares, pairs, mut rng) = wallet::<S>(2, 3);
    let mut made = presignatures((&cast, &shares, &pairs), &[1, 2], 3, &mut rng);
    let repaired = {
        let run = repair::Run::new(shares[0].public(), id(1), set(&[2, 3]), SESSION).unwrap();
        let help = |at: usize, rng: &mut ChaCha20Rng| Repair::help(&run, &shares[at], None, rng).unwrap();
        let sessions = [Repair::rebuild(&run, id(1)).unwrap(), help(1, &mut rng), help(2, &mut rng)];
        let reports = cast.run(sessions, &mut rng);
        reports.into_iter().find_map(|report| report.output().rebuilt()).unwrap().share
    };
    let refused = Some(SetupError::RefreshFirst(id(1)));
    assert_eq!(online(made[0].pop().unwrap(), &repaired, &pairs[&id(1)]), refused);
    assert_eq!(online(made[0].pop().unwrap(), &shares[0], &pairs[&id(1)]), None);
    shares[0].burn();
    assert_eq!(online(made[0].pop().unwrap(), &shares[0], &pairs[&id(1)]), Some(SetupError::Burned(id(1))));
    assert_eq!(start_all(&shares[0], &[1, 2], &pairs[&id(1)], &mut rng), Some(SetupError::Burned(id(1))));
    // another device's mark is its own
    assert_eq!(online(made[1].pop().unwrap(), &shares[1], &pairs[&id(2)]), None);
    // a presignature of another signer
    let other = online(made[1].pop().unwrap(), &shares[2], &pairs[&id(2)]);
    assert_eq!(other, Some(SetupError::WrongPresignature));
}
