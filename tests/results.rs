//! Results on their way out of the library: serde through the crate's own bytes, and the forms in which they are shown.

use quorate::curve::{
    EcdsaP256, EcdsaSecp256k1, FrostEd25519, FrostP256, FrostSecp256k1, FrostTaproot, Scheme,
};
use quorate::ecdsa;
use quorate::error::SetupError;
use quorate::frost::{Sign, Suite, Task};
use quorate::key::{KeyShare, PublicKey};
use quorate::pairing::Pairings;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::sim::Cast;
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn parties(ids: &[u16]) -> Parties {
    Parties::new(ids.iter().map(|id| PartyId::new(*id).unwrap())).unwrap()
}

fn deal<S: Scheme>() -> (Cast, Vec<KeyShare<S>>) {
    let cast = Cast::new(1..=3, &mut rng(1)).unwrap();
    let shares = cast.deal::<S>(Threshold::new(2, 3).unwrap(), &mut rng(2)).unwrap();
    (cast, shares)
}

fn keys_through_serde<S: Scheme>() {
    let (_, shares) = deal::<S>();
    for share in &shares {
        let json = serde_json::to_value(share).unwrap();
        assert_eq!(json, serde_json::json!(share.to_bytes().expose()));
        let read: KeyShare<S> = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(read.to_bytes().expose(), share.to_bytes().expose());
        // What is not the share's own bytes is refused, and so is what is no list of bytes.
        let mut bytes = share.to_bytes().expose().clone();
        bytes.pop();
        let refused = |json| serde_json::from_value::<KeyShare<S>>(json).unwrap_err().to_string();
        assert_eq!(refused(serde_json::json!(bytes)), "not a key share");
        assert!(refused(serde_json::json!([256])).contains("256"));
        assert!(refused(serde_json::json!({})).contains("invalid type"));
    }
    let public = shares[0].public();
    let json = serde_json::to_value(public).unwrap();
    assert_eq!(json, serde_json::json!(public.to_bytes()));
    assert_eq!(&serde_json::from_value::<PublicKey<S>>(json).unwrap(), public);
    let mut longer = public.to_bytes();
    longer.push(0);
    let refused = |json| serde_json::from_value::<PublicKey<S>>(json).unwrap_err().to_string();
    assert_eq!(refused(serde_json::json!(longer)), "not a public key");
    assert!(refused(serde_json::json!("key")).contains("invalid type"));
}

#[test]
fn keys_go_through_serde_as_their_bytes() {
    keys_through_serde::<FrostEd25519>();
    keys_through_serde::<EcdsaSecp256k1>();
    keys_through_serde::<EcdsaP256>();
}

fn signature<S: Suite<Tweak: Default>>() -> S::Signature {
    let (cast, shares) = deal::<S>();
    let task = Task::<S>::new(shares[0].public(), parties(&[1, 3]), b"message", SessionId([1; 16])).unwrap();
    let sessions = [0, 2].map(|i| Sign::start(&shares[i], task.clone(), &mut rng(i as u64)).unwrap());
    cast.run(sessions, &mut rng(5)).remove(0).output()
}

#[test]
fn frost_signatures_are_shown_as_hex_and_serialized_as_bytes() {
    let one = signature::<FrostSecp256k1>();
    assert_eq!(format!("{one:?}"), hex::encode(one.as_bytes()));
    assert_eq!(serde_json::to_value(&one).unwrap(), serde_json::json!(one.as_bytes()));
    let one = signature::<FrostP256>();
    assert_eq!(format!("{one:?}"), hex::encode(one.as_bytes()));
    let one = signature::<FrostTaproot>();
    let bytes: [u8; 64] = one.into();
    assert_eq!((format!("{one:?}"), bytes), (hex::encode(bytes), one.to_bytes()));
    assert_eq!(serde_json::to_value(one).unwrap(), serde_json::json!(bytes.to_vec()));
}

#[test]
fn ecdsa_signatures_are_shown_and_serialized_with_their_recovery_id() {
    let mut bytes = [0; 65];
    (bytes[31], bytes[63], bytes[64]) = (1, 2, 1);
    let one = ecdsa::Signature::<EcdsaSecp256k1>::from_bytes_recoverable(&bytes).unwrap();
    assert_eq!(format!("{one:?}"), hex::encode(bytes));
    assert_eq!(serde_json::to_value(one).unwrap(), serde_json::json!(bytes.to_vec()));
    assert_eq!(<[u8; 64]>::from(one)[..], bytes[..64]);
}

#[test]
fn sets_of_parties_and_pairings_say_what_is_in_them() {
    let (few, all) = (parties(&[1, 3]), parties(&[1, 2, 3]));
    assert!(few.is_subset(&all) && few.is_subset(&few) && !all.is_subset(&few));
    assert_eq!(PartyId::try_from(7), PartyId::new(7));
    assert_eq!(PartyId::try_from(0), Err(SetupError::PartyId(0)));
    let (cast, _) = deal::<EcdsaSecp256k1>();
    let mut sets = cast.deal_pairings(&all, &mut rng(3)).unwrap();
    let set = sets.remove(&PartyId::new(1).unwrap()).unwrap();
    assert!((set.len(), set.is_empty()) == (2, false));
    let none = Pairings::default();
    assert!((none.len(), none.is_empty()) == (0, true));
}
