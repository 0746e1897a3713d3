//! What one key's run made serves in no other's: not at another place of the set, with equal schemes, and not outside of it.

use quorate::curve::{EcdsaSecp256k1, FrostEd25519};
use quorate::error::Fault;
use quorate::key::{Certificate, CertificateError, KeyShare, PublicKey};
use quorate::wire::Kind;

use crate::driver::id;
use crate::faults::sid;
use crate::hash::h;
use crate::stage::{E, Game, K, Of, Stage, VILLAIN, is};

/// Two keys of one scheme, one after the other and apart.
fn stage() -> Stage {
    Stage::new(2, 3, &[K, K, E, K], 7)
}

/// Puts the villain's piece of key `from` into the place of key `to`, but for the view in front.
fn copied<'a>(
    stage: &'a Stage,
    of: Of,
    within: std::ops::Range<usize>,
    (from, to): (usize, usize),
    commit: Option<[u8; 32]>,
) -> Game<'a> {
    let place = stage.field(to, Of::Commit, 32..64);
    let sessions = match commit {
        Some(commit) => stage.with_commit(|body| body[place.clone()].copy_from_slice(&commit)),
        None => stage.sessions(),
    };
    let source = stage.field(from, of, within.clone());
    let target = stage.field(to, of, within).start;
    stage.play_with(sessions, &mut |_, letter| {
        if is(letter, of) {
            letter.body.copy_within(source.clone(), target);
        }
        true
    })
}

const PLACES: [(usize, usize); 3] = [(0, 1), (1, 0), (0, 3)];

#[test]
fn a_commitment_of_one_key_opens_for_no_other() {
    let stage = stage();
    let fair = stage.fair();
    for (from, to) in PLACES {
        let commit =
            fair.body(Of::Commit, VILLAIN, 1)[stage.field(from, Of::Commit, 32..64)].try_into().unwrap();
        // commitment and opening, points, chain code part, salt and proof of one key at the place of the other
        let game = copied(&stage, Of::Reveal, 32..128 + 99, (from, to), Some(commit));
        for party in [1, 2] {
            game.convicted(party, (2, "K2.2"), Fault::BadOpening, true, &format!("{from} to {to}"));
        }
    }
}

#[test]
fn a_proof_of_one_key_holds_for_no_other() {
    let stage = stage();
    let fair = stage.fair();
    for (from, to) in PLACES {
        // the same polynomial, committed to anew for the other key
        let reveal = fair.body(Of::Reveal, VILLAIN, 1)[stage.piece(from, Of::Reveal)].to_vec();
        let (points, rest) = reveal[32..].split_at(66);
        let items: [&[u8]; 5] = [&sid(&fair, to), &VILLAIN.to_be_bytes(), points, &rest[..32], &rest[32..64]];
        let game = copied(&stage, Of::Reveal, 32..128 + 99, (from, to), Some(h("dkg-commit", &items)));
        for party in [1, 2] {
            game.convicted(party, (2, "K2.4"), Fault::BadProof, true, &format!("{from} to {to}"));
        }
    }
}

#[test]
fn a_share_of_one_key_fits_no_other() {
    let stage = stage();
    for (from, to) in PLACES {
        let game = copied(&stage, Of::Share, 0..65, (from, to), None);
        for party in [1, 2] {
            game.convicted(party, (2, "K2.6"), Fault::BadShare, false, &format!("{from} to {to}"));
        }
        assert!(game.letters.iter().any(|letter| letter.header.kind == Kind::Complaint));
    }
}

#[test]
fn a_view_of_one_key_is_no_others() {
    let stage = stage();
    for (from, to) in PLACES {
        let game = copied(&stage, Of::Reveal, 0..32, (from, to), None);
        [1, 2].into_iter().for_each(|party| game.suspects(party, 2, "K2.1", "e1"));
        let game = copied(&stage, Of::Certify, 0..32, (from, to), None);
        [1, 2].into_iter().for_each(|party| game.suspects(party, 3, "K3.1", "e2"));
    }
}

#[test]
fn every_key_has_a_run_of_its_own() {
    let stage = stage();
    let fair = stage.fair();
    let mut sids: Vec<_> = (0..4).map(|index| sid(&fair, index)).collect();
    sids.push(stage.run.terms(id(1)).sid());
    sids.sort_unstable();
    sids.dedup();
    assert_eq!(sids.len(), 5);
}

/// Binding, session digests and what is signed, computed from the description.
#[test]
fn terms_and_certificate_are_those_of_the_description() {
    let stage = stage();
    let fair = stage.fair();
    let roster = stage.cast.roster().hash();
    let (session, schemes) = ([7; 16], [1, 1, 3, 1]);
    let head: [&[u8]; 5] = [&[13], &[0], &[0, 2], &[0, 3], roster];
    let binding = h("binding", &[&head[..], &[&schemes]].concat());
    assert_eq!(stage.run.terms(id(1)).binding, binding);
    assert!(
        fair.letters.iter().all(|letter| letter.header.binding == binding && letter.header.protocol == 13)
    );
    for (index, scheme) in (0u8..).zip(schemes) {
        let head: [&[u8]; 5] = [&[13], &[scheme], &[0, 2], &[0, 3], roster];
        let items: [&[u8]; 5] = [&[0; 4], &[0; 32], &[0, 1, 0, 2, 0, 3], &schemes, &[index]];
        let binding = h("binding", &[&head[..], &items].concat());
        assert_eq!(sid(&fair, index.into()), h("sid", &[&[1], &[13], &session, &binding]));
    }
    let (first, certify) = (fair.bundle(1).get::<EcdsaSecp256k1>(0).unwrap(), fair.body(Of::Certify, 1, 2));
    let certs = first.public().certificate().certs();
    let items: Vec<&[u8]> = certs.iter().map(<[u8; 32]>::as_slice).collect();
    let key = stage.cast.roster().identity(id(1)).unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key.0).unwrap();
    let signature = ed25519_dalek::Signature::from_bytes(certify[4 * 32..].try_into().unwrap());
    key.verify_strict(&h("sig-set-cert", &items), &signature).unwrap();
}

/// A set of one key is certified as a key made alone.
#[test]
fn a_set_of_one_is_signed_for_as_one_key() {
    let stage = Stage::new(2, 3, &[E], 20);
    let fair = stage.fair();
    let public = fair.bundle(1).get::<FrostEd25519>(0).unwrap().public();
    assert_eq!(public.certificate().to_bytes().len(), 32 + 3 * 64);
    let (certify, input) = (fair.body(Of::Certify, 2, 1), h("sig-cert", &[public.cert()]));
    assert_eq!(certify.len(), 96);
    let key = stage.cast.roster().identity(id(2)).unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key.0).unwrap();
    let signature = ed25519_dalek::Signature::from_bytes(certify[32..].try_into().unwrap());
    key.verify_strict(&input, &signature).unwrap();
}

/// A set is certified whole: what certifies some of its keys certifies none.
#[test]
fn t3_1_no_key_of_a_set_is_certified_alone() {
    let stage = stage();
    let fair = stage.fair();
    let share: &KeyShare<EcdsaSecp256k1> = fair.bundle(1).get(1).unwrap();
    let (public, whole) = (share.public(), share.public().certificate().to_bytes());
    let certs = public.certificate().certs().to_vec();
    assert_eq!(whole.len(), 1 + 4 * 32 + 3 * 64);
    assert_eq!((whole[0], &whole[1..129]), (4, certs.concat().as_slice()));
    let signatures = &whole[129..];
    let set = |certs: &[[u8; 32]]| [&[certs.len() as u8][..], &certs.concat(), signatures].concat();
    let single = [&certs[1][..], signatures].concat();
    let mut swapped = certs.clone();
    swapped.swap(0, 1);
    let mut other = certs.clone();
    other[3][0] ^= 1;
    let foreign = CertificateError::Foreign;
    for (name, bytes, error) in [
        ("alone", single, foreign),
        ("some of them", set(&certs[..3]), foreign),
        ("one more", set(&[&certs[..], &certs[..1]].concat()), foreign),
        ("in another order", set(&swapped), foreign),
        ("another key beside it", set(&other), CertificateError::BadSignature(id(1))),
    ] {
        let certificate = Certificate::from_bytes(&bytes).unwrap();
        assert_eq!(certificate.verify::<EcdsaSecp256k1>(public), Err(error), "{name}");
    }
    // signatures of everybody on this key alone, as if it had been made alone
    let sign = |party| stage.cast.key(party).unwrap().sign(&public.to_sign());
    let alone = stage.cast.ids().into_iter().map(sign).collect::<Vec<_>>().concat();
    let certificate = Certificate::from_bytes(&[&certs[1][..], &alone].concat()).unwrap();
    assert_eq!(certificate.verify::<EcdsaSecp256k1>(public), Err(foreign));
    // the certificate of any key is that of every key
    let again = PublicKey::new((**fair.bundle(2).get::<EcdsaSecp256k1>(0).unwrap().public()).clone(), {
        Certificate::from_bytes(&whole).unwrap()
    });
    assert!(again.is_ok());
}
