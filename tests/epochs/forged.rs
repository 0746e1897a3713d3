//! An epoch that strangers made up: they hold no share of the key, call theirs by its name, and certify each other.

use quorate::curve::Scheme;
use quorate::key::epoch::{EpochError, Epochs};
use quorate::key::{Certificate, KeyShare, PendingShare, PublicKey, Seat};
use quorate::keyset::Bundle;
use quorate::party::Threshold;
use quorate::reshare::{self, Reshare};
use quorate::session::{Pending as _, Session};
use quorate::sim::MemoryLedger;
use sha2::Digest as _;

use crate::stage::{E, Stage, id, set};

/// Shares of a key of 4 and 5 alone, as if it were epoch 1 of `of`: all of it valid, but for what nobody outside can check.
fn forged(stage: &mut Stage<E>, of: &PublicKey<E>) -> Vec<KeyShare<E>> {
    let strangers = stage.cast.only(&set(&[4, 5])).unwrap();
    let theirs = strangers.deal::<E>(Threshold::new(2, 2).unwrap(), &mut stage.rng).unwrap();
    let pending = |share: &KeyShare<E>| {
        let form = share.to_bytes();
        // version, kind, id, standing, secret; scheme, t, n, members; made, epoch, session; key id, views, chain code, points
        let (held, rest) = form.expose().split_at(2 + 3 + 32);
        let (head, rest) = rest.split_at(5 + 2 * 34);
        let (session, rest) = (&rest[5..21], &rest[21 + 32..21 + 6 * 32]);
        let origin = [&[3, 0, 0, 0, 1], session, &[0; 4], of.cert()].concat();
        let bytes = [&[1, b'p'], &held[2..], head, &origin, of.key_id(), rest].concat();
        PendingShare::<E>::from_bytes(&bytes).unwrap()
    };
    let pending: Vec<_> = theirs.iter().map(pending).collect();
    let input = pending[0].to_sign();
    let signatures = [4, 5].map(|who| stage.cast.key(id(who)).unwrap().sign(&input));
    let bytes = [&pending[0].sharing().cert()[..], signatures.as_flattened()].concat();
    let certificate = Certificate::from_bytes(&bytes).unwrap();
    pending.into_iter().map(|share| share.complete(certificate.clone()).unwrap()).collect()
}

/// The strangers' reshare to themselves and device 1, up to where 1 is to store and sign.
fn joined(stage: &mut Stage<E>, of: &PublicKey<E>) -> (PublicKey<E>, Vec<Session<Reshare<E>>>) {
    let theirs = forged(stage, of);
    let (roster, session) = (stage.roster(&[1, 4, 5]), stage.session());
    let run = reshare::Run::new(theirs[0].public(), set(&[4, 5]), roster, 2, session).unwrap();
    let (mut spent, rng) = (MemoryLedger::default(), &mut stage.rng);
    let sessions = vec![
        Reshare::receive(&run, id(1), &mut spent, rng).unwrap(),
        Reshare::deal(&run, &theirs[0], &mut spent, rng).unwrap(),
        Reshare::deal(&run, &theirs[1], &mut spent, rng).unwrap(),
    ];
    (theirs[0].public().clone(), sessions)
}

/// A reshare of what only has the key's name does not take the place of the key: the device does not sign for it, and erases nothing.
#[test]
fn a_record_refuses_the_name_of_its_key_on_another_one() {
    let mut stage = Stage::<E>::new(2, 3, 5, 9);
    let of = stage.public(1).clone();
    let (_, sessions) = joined(&mut stage, &of);
    let part = stage.cast.only(&set(&[1, 4, 5])).unwrap();
    let mut asked = false;
    let record = stage.disks[&1].clone();
    let reports = part.run(sessions, &mut stage.rng);
    for report in reports {
        let Seat::Member(share) = report.output() else { panic!("all are members") };
        assert_eq!(share.public().key_id(), of.key_id());
        assert_ne!(share.public().public_key(), of.public_key());
        if share.id() != id(1) {
            continue;
        }
        asked = true;
        // What waited at device 1, before its signature.
        let form = share.to_bytes();
        let pending = pending_of(form.expose(), share.public());
        assert_eq!(stage.get(1).keep(&pending), Err(EpochError::WrongKey));
        assert!(stage.get(1).enter(share.public().certificate()).is_err());
        assert_eq!(*stage.of(1).to_bytes().expose(), record);
        // Nor does it take the share's place among those of a set.
        let old = stage.of(1).current().unwrap().to_bytes();
        let len = (old.expose().len() as u32).to_be_bytes();
        let bytes = [&[1, b'b', 1, E::ID], &len[..], old.expose()].concat();
        let mut bundle = Bundle::from_bytes(&bytes).unwrap();
        assert!(bundle.replace(share).is_err());
        assert_eq!(bundle.get::<E>(0).unwrap().to_bytes().expose(), old.expose());
    }
    assert!(asked);
}

/// Nor does a device join by it that has no share yet: it knows which key it joins by more than the name.
#[test]
fn a_device_that_joins_refuses_the_name_of_its_key_on_another_one() {
    let mut stage = Stage::<E>::new(2, 3, 5, 12);
    let of = stage.public(2).clone();
    let (base, sessions) = joined(&mut stage, &of);
    let part = stage.cast.only(&set(&[1, 4, 5])).unwrap();
    let reports = part.run(sessions, &mut stage.rng);
    let mut shares = reports.into_iter().map(|report| report.output().member().unwrap());
    let share = shares.find(|share| share.id() == id(1)).unwrap();
    let (theirs, pending) = (share.public(), pending_of(share.to_bytes().expose(), share.public()));
    assert_eq!((theirs.key_id(), theirs.is_of(&of)), (of.key_id(), false));
    let joining = Epochs::<E>::joining(&of, id(1));
    let stored = Epochs::<E>::from_bytes(joining.to_bytes().expose()).unwrap();
    for mut record in [joining, stored] {
        let before = record.to_bytes().expose().clone();
        assert_eq!(record.keep(&pending), Err(EpochError::WrongKey));
        assert_eq!(record.to_bytes().expose(), &before);
    }
    // Who means theirs takes it. A record of parts that do not go together, what waits and the key that is joined, is none.
    let mut means = Epochs::<E>::joining(&base, id(1));
    means.keep(&pending).unwrap();
    let good = means.to_bytes().expose().clone();
    assert!(Epochs::<E>::from_bytes(&good).is_some());
    let pin = [&theirs.public_key()[..], theirs.chain_code()].concat();
    let at = good.windows(64).position(|window| window == pin).unwrap();
    let content = [&good[..at], &of.public_key(), of.chain_code(), &good[at + 64..good.len() - 32]].concat();
    let closed = [&content[..], &sha2::Sha256::digest(&content)].concat();
    assert!(Epochs::<E>::from_bytes(&closed).is_none());
}

fn pending_of(form: &[u8], public: &PublicKey<E>) -> PendingShare<E> {
    let signatures = 64 * public.origin().cast().len();
    let sharing = &form[2 + 3 + 32..form.len() - 32 - 4 - signatures];
    PendingShare::from_bytes(&[&[1, b'p'], &form[2..2 + 3 + 32], sharing].concat()).unwrap()
}

/// A share that takes another's place in a set refuses what that one refused, and is as burned.
#[test]
fn a_replaced_share_leaves_its_restrictions_behind() {
    for burn in [false, true] {
        let mut stage = Stage::<E>::new(2, 2, 2, 10);
        let mut new = refreshed(&mut stage);
        let mut old = KeyShare::<E>::from_bytes(stage.of(1).current().unwrap().to_bytes().expose()).unwrap();
        old.refuse_pairings([[7; 32]]);
        new.refuse_pairings([[8; 32]]);
        if burn {
            old.burn();
        }
        let form = old.to_bytes();
        let len = (form.expose().len() as u32).to_be_bytes();
        let bytes = [&[1, b'b', 1, E::ID], &len[..], form.expose()].concat();
        let mut bundle = Bundle::from_bytes(&bytes).unwrap();
        bundle.replace(new).unwrap();
        let share = bundle.get::<E>(0).unwrap();
        assert_eq!((share.public().epoch(), share.is_burned()), (1, burn));
        assert_eq!(share.refused_pairings(), [[7; 32], [8; 32]]);
    }
}

/// Device 1's share of the next epoch, of which its record knows nothing.
fn refreshed(stage: &mut Stage<E>) -> KeyShare<E> {
    let sessions = stage.start(1);
    let cast = stage.cast.only(&set(&[1, 2])).unwrap();
    cast.run(sessions, &mut stage.rng)
        .into_iter()
        .map(|report| report.output())
        .find(|s| s.id() == id(1))
        .unwrap()
}

/// A list of refused pairings grows with every epoch: a hundred devices that renew all pairings each day refuse 2^16 after two years. The share is
/// not lost then.
#[test]
fn a_share_reads_back_however_many_pairings_it_refuses() {
    let stage = Stage::<E>::new(2, 2, 2, 11);
    let mut share = KeyShare::<E>::from_bytes(stage.of(1).current().unwrap().to_bytes().expose()).unwrap();
    let name = |k: u32| {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&k.to_be_bytes());
        id
    };
    for count in [0, 1, 65535, 65536, 65537] {
        share.refuse_pairings((0..count).map(name));
        let read = KeyShare::<E>::from_bytes(share.to_bytes().expose()).unwrap();
        assert_eq!(read.refused_pairings().len(), count as usize);
        assert_eq!(read.refused_pairings(), share.refused_pairings());
    }
}
