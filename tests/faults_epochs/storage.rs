//! Stored forms of every origin: they come back the same, and nothing in a public key can be changed.

use quorate::curve::FrostEd25519;
use quorate::key::{Certificate, CertificateError, KeyShare, PendingSeat, PendingShare, PublicKey};

use crate::facts::{Affair, Ended, Facts};
use crate::foe::Foe;
use crate::game::{Game, identity, sign};
use crate::hash::h;
use crate::puppet::id;
use crate::stage::{self, Make};

every_dealing! {
    stored_forms_come_back_the_same
}

fn played<S: Foe, O: Affair<S>>(make: Make<S, O>) -> Game<S, O> {
    let mut game = make(&[]);
    game.play_fair();
    game
}

fn stored_forms_come_back_the_same<S: Foe, O: Affair<S>>(make: Make<S, O>) {
    let game = played(make);
    for (me, seat) in &game.seats {
        let Some(Ok(ended)) = &seat.outcome else { panic!("{}: {me}", game.label) };
        let public = PublicKey::<S>::from_bytes(&ended.public().to_bytes()).unwrap();
        assert_eq!(&public, ended.public());
        assert_eq!(public.origin(), ended.public().origin());
        assert_eq!(public.terms(*me), *seat.session.terms());
        let certificate = Certificate::from_bytes(&public.certificate().to_bytes()).unwrap();
        assert_eq!(certificate.verify(&public), Ok(()));
        if let Some(share) = ended.share() {
            let stored = share.to_bytes();
            let read = KeyShare::<S>::from_bytes(stored.expose()).unwrap();
            assert_eq!(read.to_bytes().expose(), stored.expose());
            assert_eq!((read.id(), read.public()), (*me, ended.public()));
            cuts(stored.expose(), &|bytes| KeyShare::<S>::from_bytes(bytes).is_some());
        }
        let pending = seat.pending.as_ref().unwrap();
        let read = PendingSeat::<S>::from_bytes(pending).unwrap();
        assert_eq!((read.id(), read.sharing().cert()), (*me, ended.public().cert()));
        assert_eq!(read.to_bytes().expose(), pending);
        // A share is one on its own; a leaver's form is none, nor is it one of who stays or of a stranger.
        let member = game.facts.members.contains(me);
        assert_eq!(PendingShare::<S>::from_bytes(pending).is_some(), member);
        assert_eq!(read.member().is_some(), member);
        if !member {
            for other in game.ids.iter().copied().chain([id(77)]) {
                let mut bytes = pending.clone();
                bytes[2..4].copy_from_slice(&other.to_bytes());
                let leaves = game.facts.dealers.contains(&other) && !game.facts.members.contains(&other);
                assert_eq!(PendingSeat::<S>::from_bytes(&bytes).is_some(), leaves, "{}: {other}", game.label);
            }
        }
        cuts(pending, &|bytes| PendingSeat::<S>::from_bytes(bytes).is_some());
        let seat = read.complete(certificate).unwrap();
        assert_eq!(seat.public(), ended.public());
    }
}

/// Neither shorter nor longer does it decode.
fn cuts(bytes: &[u8], decodes: &dyn Fn(&[u8]) -> bool) {
    assert!(decodes(bytes));
    assert!(!decodes(&[bytes, &[0]].concat()));
    for cut in (0..bytes.len()).step_by(7).chain([bytes.len() - 1]) {
        assert!(!decodes(&bytes[..cut]));
    }
}

type E = FrostEd25519;

/// Every byte of the key that this ended with, changed in two ways.
fn every_byte_counts<O: Affair<E>>(make: Make<E, O>) {
    let game = played(make);
    let Some(Ok(ended)) = game.seats.values().next().unwrap().outcome.as_ref() else { panic!("no key") };
    let mut bytes = ended.public().to_bytes();
    for at in 0..bytes.len() {
        for by in [1 << (at % 8), 0x80 | at as u8] {
            bytes[at] ^= by;
            assert!(PublicKey::<E>::from_bytes(&bytes).is_none(), "{} byte {at}", game.label);
            bytes[at] ^= by;
        }
    }
    assert_eq!(bytes, ended.public().to_bytes());
}

#[test]
fn every_byte_of_a_refreshed_key_is_bound() {
    every_byte_counts::<_>(stage::refresh);
}

#[test]
fn every_byte_of_a_reshared_key_is_bound() {
    every_byte_counts::<_>(stage::reshare);
}

#[test]
fn every_byte_of_an_imported_key_is_bound() {
    every_byte_counts::<_>(stage::import);
    every_byte_counts::<_>(stage::import_shares);
}

/// Where the origin stands in a public key: after version, scheme, t, n and the members.
const fn origin_at(members: usize) -> usize {
    1 + 1 + 2 + 2 + 34 * members
}

/// A single importer's chain code is in the sharing; a second one beside the source would be nobody's.
#[test]
fn source_of_a_whole_key_has_no_chain_code_beside() {
    let game = played(stage::import::<E>);
    let Some(Ok(ended)) = &game.seat(1).outcome else { panic!("no key") };
    let mut bytes = ended.public().to_bytes();
    // made 1, epoch 4, session 16, count 2, id 2, identity 32, length 2, point 32
    let at = origin_at(3) + 21 + 2 + 34 + 2 + 32;
    assert_eq!(bytes[at], 0);
    bytes.splice(at..=at, [32].into_iter().chain([7; 32]));
    assert!(PublicKey::<E>::from_bytes(&bytes).is_none());
}

/// A dealer that leaves is the one of the epoch before: who signs in its place completes nothing at who took part.
#[test]
fn nobody_signs_for_a_leaving_dealer() {
    let game = played(stage::reshare::<E>);
    let Some(Ok(ended)) = &game.seat(6).outcome else { panic!("no key") };
    let mut bytes = ended.public().certificate().to_bytes();
    let signature = sign(id(99), ended.public().to_sign().as_bytes());
    bytes[32..96].copy_from_slice(&signature);
    for me in [1, 3, 6] {
        let pending = PendingSeat::<E>::from_bytes(game.seat(me).pending.as_ref().unwrap()).unwrap();
        let (_, error) = pending.complete(Certificate::from_bytes(&bytes).unwrap()).unwrap_err();
        assert_eq!(error, CertificateError::BadSignature(id(1)));
    }
    // Nor does who has nothing but the bytes take a stranger for it: the certificate pins its identity.
    let (mut bytes, public) = (ended.public().to_bytes(), ended.public());
    let [old, new] = [1, 99].map(|number| identity(id(number)).verifying_key().to_bytes());
    let mut places = bytes.windows(32).enumerate().filter(|(_, w)| *w == old).map(|(at, _)| at);
    let (at, None) = (places.next().unwrap(), places.next()) else { panic!("it stands once") };
    bytes[at..at + 32].copy_from_slice(&new);
    let signatures = bytes.len() - 64 * public.origin().cast().len();
    bytes[signatures..signatures + 64].copy_from_slice(&signature);
    assert!(PublicKey::<E>::from_bytes(&bytes).is_none());
}

/// Certified by everybody or not: no epoch is made from itself or from a later one.
#[test]
fn epoch_that_does_not_come_after_its_base_is_no_public_key() {
    let game = played(stage::refresh::<E>);
    let Some(Ok(ended)) = &game.seat(1).outcome else { panic!("no key") };
    let good = ended.public().to_bytes();
    let (members, at) = (game.facts.members.len(), origin_at(5));
    assert_eq!(good[at + 1..at + 5], stage::REFRESHED.to_be_bytes());
    for (base, epoch) in [(0u32, 0u32), (0, 1), (3, 3), (3, 2), (3, 4)] {
        let key = ended.public();
        let mut bytes = good[..good.len() - 64 * members].to_vec();
        bytes[at + 1..at + 5].copy_from_slice(&epoch.to_be_bytes());
        bytes[at + 21..at + 25].copy_from_slice(&base.to_be_bytes());
        let before = h("epoch-id", &[key.key_id(), &base.to_be_bytes(), &bytes[at + 25..at + 57]]);
        let facts = Facts { epoch, base: before, ..game.facts.clone() };
        // key_id 32, e1 32, e2 32, chain code 32, V
        let (fields, points) = bytes[at + 57..].split_at(128);
        let (e1, e2, chain) = (&fields[32..64], &fields[64..96], &fields[96..]);
        let (sid, roster, t) = (facts.sid(&facts.binding()), facts.roster_hash(), facts.t.to_be_bytes());
        let scheme = [<E as quorate::curve::Scheme>::ID];
        let items: [&[u8]; 10] =
            [&sid, &epoch.to_be_bytes(), &before, e1, e2, &scheme, &t, &roster, points, chain];
        let input = h("sig-cert", &[&h("cert", &items)]);
        bytes.extend(facts.members.iter().flat_map(|me| sign(*me, &input)));
        assert_eq!(PublicKey::<E>::from_bytes(&bytes).is_some(), epoch > base, "{base} {epoch}");
    }
}
