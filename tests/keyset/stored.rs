//! Stored forms: one encoding each, and nothing else decodes.

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519};
use quorate::key::{Certificate, KeyShare, PendingShare, PublicKey};
use quorate::keyset::{Bundle, PendingSet};
use quorate::session::{Receipt, Status};

use crate::driver::id;
use crate::hash::h;
use crate::stage::{E, K, LIST, Stage};
use crate::tools::decode;

fn bundle() -> Vec<u8> {
    let stage = Stage::usual();
    let game = stage.fair();
    game.bundle(2).to_bytes().expose().clone()
}

fn pending() -> Vec<u8> {
    let (script, _) = Stage::usual().script();
    let mut player = script.play(id(2));
    for mail in script.inbound(id(2)) {
        assert_eq!(player.receive(&mail), Ok(Receipt::Stored));
    }
    while !matches!(player.step(), Some(Status::Keep)) {}
    player.session.pending().unwrap().to_bytes().expose().clone()
}

#[test]
fn sets_have_one_encoding() {
    let read = |bytes: &[u8]| Some(Bundle::from_bytes(bytes)?.to_bytes().expose().clone());
    decode("bundle", &[bundle()], 2000, read);
    let read = |bytes: &[u8]| Some(PendingSet::from_bytes(bytes)?.to_bytes().expose().clone());
    decode("pending set", &[pending()], 2000, read);
}

#[test]
fn keys_of_a_set_have_one_encoding_each() {
    let bundle = Bundle::from_bytes(&bundle()).unwrap();
    let public = bundle.get::<FrostEd25519>(0).unwrap().public();
    decode("public key", &[public.to_bytes()], 2000, |bytes| {
        Some(PublicKey::<FrostEd25519>::from_bytes(bytes)?.to_bytes())
    });
    let certificate = public.certificate();
    decode("certificate", &[certificate.to_bytes()], 2000, |bytes| {
        Some(Certificate::from_bytes(bytes)?.to_bytes())
    });
    let share = bundle.get::<EcdsaP256>(0).unwrap().to_bytes().expose().clone();
    // a key made alone has neither its place in a set nor the digests of the others
    let more = 2 + LIST.len() + 32 * (LIST.len() - 1);
    assert_eq!(share.len(), KeyShare::<EcdsaP256>::stored_len(2, 3) + more);
    decode("key share", &[share], 1000, |bytes| {
        Some(KeyShare::<EcdsaP256>::from_bytes(bytes)?.to_bytes().expose().clone())
    });
    let first = bundle.get::<EcdsaSecp256k1>(0).unwrap().public();
    let last = bundle.get::<EcdsaSecp256k1>(1).unwrap().public();
    let places = [first, last].map(|key| key.origin().place().unwrap().index());
    assert_eq!(places, [0, 3]);
    let schemes = LIST.map(|scheme| scheme.id());
    assert_eq!(first.origin().place().unwrap().schemes(), schemes);
}

/// The pieces of a form: scheme, bytes.
fn pieces(form: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, mut pieces) = (&form[3..], Vec::new());
    while !rest.is_empty() {
        let len = 5 + u32::from_be_bytes(rest[1..5].try_into().unwrap()) as usize;
        pieces.push(rest[..len].to_vec());
        rest = &rest[len..];
    }
    pieces
}

fn form(like: &[u8], pieces: &[Vec<u8>]) -> Vec<u8> {
    [&like[..2], &[pieces.len() as u8], &pieces.concat()].concat()
}

#[test]
fn a_pending_set_is_of_one_run_whole_and_in_order() {
    let (stored, other) = (pending(), {
        let (script, _) = Stage::new(2, 3, &LIST, 19).script();
        let mut player = script.play(id(2));
        script.inbound(id(2)).iter().for_each(|mail| assert_eq!(player.receive(mail), Ok(Receipt::Stored)));
        while !matches!(player.step(), Some(Status::Keep)) {}
        player.session.pending().unwrap().to_bytes().expose().clone()
    });
    let (good, foreign) = (pieces(&stored), pieces(&other));
    let refused = |pieces: &[Vec<u8>]| PendingSet::from_bytes(&form(&stored, pieces)).is_none();
    assert!(!refused(&good));
    assert!(refused(&[]) && refused(&good[..3]) && refused(&good[1..]));
    let mut turned = good.clone();
    turned.swap(0, 3);
    assert!(refused(&turned));
    let mut mixed = good.clone();
    mixed[1].clone_from(&foreign[1]);
    assert!(refused(&mixed));
    let mut twice = good.clone();
    twice[3].clone_from(&good[0]);
    assert!(refused(&twice));
    let mut renamed = good;
    renamed[0][0] = E.id();
    assert!(refused(&renamed));
}

/// A share says which of the keys it is, and that one is of its scheme. Whoever writes another place also computes the name anew.
#[test]
fn a_key_stands_in_a_place_of_its_scheme() {
    let (stage, stored) = (Stage::usual(), pending());
    let form = pieces(&stored)[0][5..].to_vec();
    let (place, schemes) = (37 + 107 + 21, LIST.map(|scheme| scheme.id()));
    assert_eq!(form[place..place + 6], [&[0, 4][..], &schemes].concat());
    let roster = stage.cast.roster().hash();
    let at = |index: u8| {
        let mut form = form.clone();
        form[place] = index;
        let head: [&[u8]; 5] = [&[13], &[K.id()], &[0, 2], &[0, 3], roster];
        let items: [&[u8]; 5] = [&[0; 4], &[0; 32], &[0, 1, 0, 2, 0, 3], &schemes, &[index]];
        let binding = h("binding", &[&head[..], &items].concat());
        let sid = h("sid", &[&[1], &[13], &[7; 16], &binding]);
        let fields = &form[place + 6..];
        let (views, rest) = fields[32..].split_at(64);
        let (chain, points) = rest.split_at(32);
        let head: [&[u8]; 6] = [&sid, &[0; 4], &[0; 32], &views[..32], &views[32..], &[K.id()]];
        let cert = h("cert", &[&head[..], &[&[0, 2], roster, points, chain]].concat());
        form[place + 6..place + 38].copy_from_slice(&h("key-id", &[&[K.id()], &cert]));
        PendingShare::<EcdsaSecp256k1>::from_bytes(&form)
    };
    assert!(at(0).unwrap().to_bytes().expose() == &form);
    assert!(at(3).is_some(), "the other key of this scheme");
    assert!(at(1).is_none() && at(2).is_none() && at(4).is_none() && at(255).is_none());
}

#[test]
fn a_bundle_is_one_partys_and_no_key_stands_twice() {
    let stage = Stage::usual();
    let game = stage.fair();
    let stored = [1, 2].map(|party| game.bundle(party).to_bytes().expose().clone());
    let [one, two] = [pieces(&stored[0]), pieces(&stored[1])];
    let refused = |pieces: &[Vec<u8>]| Bundle::from_bytes(&form(&stored[0], pieces)).is_none();
    assert!(!refused(&one));
    assert!(refused(&[]));
    let mut mixed = one.clone();
    mixed[1].clone_from(&two[1]);
    assert!(refused(&mixed));
    let mut twice = one.clone();
    twice.push(one[0].clone());
    assert!(refused(&twice));
    let mut renamed = one.clone();
    renamed[1][0] = K.id();
    assert!(refused(&renamed));
    let many: Vec<_> = (0..17).map(|_| one[0].clone()).collect();
    assert!(refused(&many));
    assert!(Bundle::from_bytes(&[&stored[0][..], &[0]].concat()).is_none());
}

#[test]
fn debug_shows_no_secret() {
    let stage = Stage::usual();
    let game = stage.fair();
    let secret = &game.bundle(1).get::<FrostEd25519>(0).unwrap().to_bytes().expose()[5..37].to_vec();
    let shown = format!("{:?} {:?}", game.bundle(1), stage.session(1));
    assert!(!shown.contains(&hex::encode(secret)) && !shown.contains(&format!("{secret:?}")));
    assert!(shown.contains("Secret(..)") || shown.contains("Round1(..)"));
}
