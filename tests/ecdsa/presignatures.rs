//! Presignatures: made, stored, brought back, spent, and never mixed.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, Scheme};
use quorate::ecdsa::{Message, Online, Presign, PresignTask, Presignature, StoredPresignature};
use quorate::error::{Rejected, ResumeError, SetupError};
use quorate::key::Path;
use quorate::party::Parties;
use quorate::secret::Secret;
use quorate::session::Receipt;
use quorate::sim::{Faults, MemoryLedger};
use quorate::vault::Stored;
use sha2::{Digest as _, Sha256};

use super::game::{Judged, Wallet, path};

/// `count` presignatures for each signer.
fn presign<S: Judged>(
    wallet: &mut Wallet<S>,
    ids: &[u16],
    path: &Path,
    count: usize,
    faults: Faults,
) -> Vec<Vec<Presignature<S>>> {
    let signers = Parties::from_numbers(ids.iter().copied()).unwrap();
    let session = wallet.session();
    let task = PresignTask::new(wallet.key(), signers.clone(), path, count, session).unwrap();
    let sessions = wallet
        .start(&signers, |share, pairings, rng| Presign::start(share, task.clone(), pairings, rng).unwrap());
    let made = wallet.run(sessions, faults);
    for list in &made {
        assert_eq!(list.len(), count);
        for (one, other) in list.iter().zip(&made[0]) {
            assert_eq!((one.id(), one.signers(), one.path()), (other.id(), &signers, path));
            let key = wallet.key();
            assert_eq!((one.key_id(), *one.epoch_id()), (key.key_id(), key.epoch_id()));
        }
    }
    made
}

/// The first of each.
fn pop<S: Judged>(made: &mut [Vec<Presignature<S>>]) -> Vec<Presignature<S>> {
    made.iter_mut().map(|list| list.remove(0)).collect()
}

#[test]
fn presignatures_sign_what_comes_later() {
    fn both<S: Judged>(sizes: &[(u16, &[u16], usize)]) {
        for (n, ids, count) in sizes {
            let mut wallet = Wallet::<S>::deal(ids.len() as u16, 1..=*n, 50);
            for faults in [Faults::default(), Faults::storm()] {
                let path = path(&mut wallet.rng);
                let mut made = presign(&mut wallet, ids, &path, *count, faults);
                for number in 0..*count {
                    let bytes = [number as u8; 40];
                    let message = match number % 4 {
                        0 => Message::sha256(&bytes),
                        1 => Message::sha256d(&bytes),
                        2 => Message::keccak256(&bytes),
                        _ => Message::digest::<sha2::Sha512>(&bytes),
                    };
                    let presignatures = pop(&mut made);
                    wallet.online(presignatures, message, faults);
                }
            }
            wallet.nobody_is_banned();
        }
    }
    both::<EcdsaSecp256k1>(&[(2, &[1, 2], 1), (3, &[1, 3], 5), (4, &[1, 2, 4], 2)]);
    both::<EcdsaP256>(&[(3, &[2, 3], 4), (3, &[1, 2, 3], 1)]);
}

#[test]
fn a_stored_presignature_comes_back_once() {
    fn both<S: Judged>() {
        let mut wallet = Wallet::<S>::deal(2, 1..=3, 51);
        let mut made = presign(&mut wallet, &[1, 2], &Path::new([3]).unwrap(), 2, Faults::default());
        let mut ledgers = [MemoryLedger::default(), MemoryLedger::default()];
        for round in 0..2u8 {
            let ids = [made[0][0].id(), made[1][0].id()].map(|id| *id);
            let stored: Vec<_> = pop(&mut made).into_iter().map(Presignature::store).collect();
            let mut back = Vec::new();
            for ((form, ledger), id) in stored.iter().zip(&mut ledgers).zip(ids) {
                let presignature = Presignature::<S>::load(form, ledger).unwrap();
                assert_eq!(*presignature.id(), id);
                // again from the same bytes, or stored once more and brought back from either
                assert_eq!(Presignature::<S>::load(form, ledger).err(), Some(ResumeError::Spent));
                let again = presignature.store();
                let presignature = Presignature::<S>::load(&again, ledger).unwrap();
                assert_eq!(Presignature::<S>::load(&again, ledger).err(), Some(ResumeError::Spent));
                assert_eq!(Presignature::<S>::load(form, ledger).err(), Some(ResumeError::Spent));
                back.push(presignature);
            }
            wallet.online(back, Message::sha256(&[round]), Faults::default());
        }
    }
    both::<EcdsaSecp256k1>();
    both::<EcdsaP256>();
}

#[test]
fn a_presignature_of_one_curve_is_none_of_another() {
    let mut wallet = Wallet::<EcdsaSecp256k1>::deal(2, 1..=2, 52);
    let mut made = presign(&mut wallet, &[1, 2], &Path::default(), 1, Faults::default());
    let stored = made[0].remove(0).store();
    let mut ledger = MemoryLedger::default();
    assert_eq!(Presignature::<EcdsaP256>::load(&stored, &mut ledger).err(), Some(ResumeError::Foreign));
    assert!(
        Presignature::<EcdsaSecp256k1>::load(&stored, &mut ledger).is_ok(),
        "and it is not spent by that"
    );
}

/// Whole, but not of this scheme or version: told apart before it is loaded.
#[test]
fn a_stored_presignature_has_the_head_of_its_scheme() {
    let mut wallet = Wallet::<EcdsaSecp256k1>::deal(2, 1..=2, 57);
    let mut made = presign(&mut wallet, &[1, 2], &Path::default(), 1, Faults::default());
    let form = made[1].remove(0).store();
    let content = &form.expose()[..form.expose().len() - 32];
    let with = |at: usize, value: u8| {
        let mut bytes = content.to_vec();
        bytes[at] = value;
        let digest = Sha256::digest(&bytes);
        Secret::new([&bytes[..], &digest].concat())
    };
    let read = |form| StoredPresignature::<EcdsaSecp256k1>::new(form);
    let subject = read(with(0, 1)).unwrap().subject();
    assert_eq!((subject.holder, &subject.key_id), (Some(wallet.shares[1].id()), wallet.key().key_id()));
    for (at, value) in [(0, 0), (0, 2), (1, 0), (1, EcdsaP256::ID), (1, 0xff)] {
        assert!(read(with(at, value)).is_none(), "{at} {value}");
    }
    assert!(StoredPresignature::<EcdsaP256>::new(with(0, 1)).is_none());
    assert!(StoredPresignature::<EcdsaP256>::new(with(1, EcdsaP256::ID)).is_some());
}

/// Presignatures of other signers, other makings or other digests: the sessions refuse each other's messages before anything is added up.
#[test]
fn presignatures_are_not_mixed() {
    let mut wallet = Wallet::<EcdsaSecp256k1>::deal(2, 1..=3, 53);
    let path = Path::new([9]).unwrap();
    let mut pairs: Vec<_> = [[1, 2], [1, 3], [1, 2]]
        .iter()
        .map(|ids| presign(&mut wallet, ids, &path, 4, Faults::default()))
        .collect();
    let session = wallet.session();
    let mut start = |pair: usize, place: usize, message: Message| {
        let presignature = pairs[pair][place].remove(0);
        let id = presignature.signers().iter().nth(place).unwrap();
        let online = Online::start(presignature, wallet.share(id), &wallet.sets[&id], message, session);
        (id, online.unwrap())
    };
    let (one, other) = (Message::sha256(b"one"), Message::sha256(b"other"));
    for (from, to) in [
        // signers 1 and 3, and 1 and 2
        (start(1, 1, one), start(0, 0, one)),
        // 1 of another set of signers
        (start(1, 0, one), start(0, 1, one)),
        // another making by the same two
        (start(2, 1, one), start(0, 0, one)),
        // another digest
        (start(0, 1, other), start(0, 0, one)),
    ] {
        let ((from, sender), (_, mut receiver)) = (from, to);
        let message = sender.outgoing(0).next().unwrap().bytes.to_vec();
        assert_eq!(receiver.receive(from, &message), Err(Rejected::SetupMismatch(from)));
        assert_eq!(receiver.missing().len(), 1);
    }
}

#[test]
fn s0_5_a_presignature_ends_with_its_key_and_its_pairings() {
    let mut wallet = Wallet::<EcdsaP256>::deal(2, 1..=2, 54);
    let mut made = presign(&mut wallet, &[1, 2], &Path::default(), 3, Faults::default());
    let mine = &mut made[0];
    let [me, peer] = [0, 1].map(|at| wallet.shares[at].id());
    let (message, session) = (Message::sha256(b"m"), wallet.session());
    let foreign = Wallet::<EcdsaP256>::deal(2, 1..=2, 55);
    let refused = Online::start(mine.remove(0), &foreign.shares[0], &wallet.sets[&me], message, session);
    assert_eq!(refused.err(), Some(SetupError::WrongPresignature));
    let renewed =
        wallet.cast.deal_pairings(&Parties::from_numbers([1, 2]).unwrap(), &mut wallet.rng).unwrap();
    let refused = Online::start(mine.remove(0), &wallet.shares[0], &renewed[&me], message, session);
    assert_eq!(refused.err(), Some(SetupError::PairingRenewed(peer)));
    let refused = Online::start(
        mine.remove(0),
        &wallet.shares[0],
        &quorate::pairing::Pairings::new(),
        message,
        session,
    );
    assert_eq!(refused.err(), Some(SetupError::NoPairing(peer)));
}

/// What is stored never holds two copies in one life: a session that is refused has spent what it was given.
#[test]
fn duplicates_and_repetitions_change_nothing() {
    let mut wallet = Wallet::<EcdsaSecp256k1>::deal(2, 1..=2, 56);
    let made = presign(&mut wallet, &[1, 2], &Path::default(), 1, Faults::default());
    let (message, session) = (Message::sha256(b"m"), wallet.session());
    let mut sessions: Vec<_> = made
        .into_iter()
        .zip(wallet.cast.ids())
        .map(|(mut list, id)| {
            Online::start(list.remove(0), wallet.share(id), &wallet.sets[&id], message, session).unwrap()
        })
        .collect();
    let sent = sessions[0].outgoing(0).next().unwrap().bytes.to_vec();
    let from = wallet.cast.ids()[0];
    assert_eq!(sessions[1].receive(from, &sent), Ok(Receipt::Stored));
    for _ in 0..3 {
        assert_eq!(sessions[1].receive(from, &sent), Ok(Receipt::Duplicate));
        assert_eq!(sessions[0].outgoing(0).next().unwrap().bytes, sent, "retransmissions are the same bytes");
    }
    let own = sessions[1].outgoing(0).next().unwrap().bytes.to_vec();
    assert!(matches!(sessions[1].receive(wallet.cast.ids()[1], &own), Err(Rejected::Unexpected(_))));
}
