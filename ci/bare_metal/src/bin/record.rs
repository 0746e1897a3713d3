//! record FOLDER: plays every scene with all its parties, and writes the first one's script.

use std::path::Path;

use quorate::curve::{EcdsaSecp256k1, FrostEd25519};
use quorate::identity::IdentityKey;
use quorate::key::{KeyShare, derive};
use quorate::pairing::Pairings;
use quorate::party::{PartyId, Threshold};
use quorate::secret::Secret;
use quorate::sim::Cast;
use quorate_bare_metal::party::Party;
use quorate_bare_metal::scene::{Ecdsa, Frost, Keygen, MESSAGE, Pairs, Scene, path, signers};
use quorate_bare_metal::script::{Said, write};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

type Strings = Vec<Vec<u8>>;

fn main() {
    let folder = std::env::args().nth(1).expect("usage: record FOLDER");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).expect("a folder");
    let save = |name: &str, script: Vec<u8>| std::fs::write(folder.join(name), script).expect("a file");
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let cast = Cast::new(1..=3, &mut rng).expect("a cast");
    let threshold = Threshold::new(2, 3).expect("two of three");

    let shares = cast.deal::<FrostEd25519>(threshold, &mut rng).expect("shares");
    let key: [u8; 32] = shares[0].public().public_key().try_into().expect("32 bytes");
    let stored: Vec<Strings> =
        shares.iter().take(2).map(|share| vec![share.to_bytes().expose().clone()]).collect();
    let (script, signature) = play::<Frost>(&stored);
    let signature = ed25519_dalek::Signature::from_slice(&signature).expect("64 bytes");
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).expect("a key");
    key.verify_strict(MESSAGE, &signature).expect("the signature holds");
    save("frost.bin", script);

    let shares = cast.deal::<EcdsaSecp256k1>(threshold, &mut rng).expect("shares");
    let pairings = cast.pair(&signers(), &mut rng).expect("pairings");
    let pair = |share: &KeyShare<EcdsaSecp256k1>| {
        vec![share.to_bytes().expose().clone(), closed(&pairings[&share.id()])]
    };
    let stored: Vec<Strings> = shares.iter().take(2).map(pair).collect();
    let (script, signature) = play::<Ecdsa>(&stored);
    let derived = derive(shares[0].public(), &path()).expect("a key");
    let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(&derived.public_key()).expect("a key");
    let signature = k256::ecdsa::Signature::from_slice(&signature[..64]).expect("64 bytes");
    k256::ecdsa::signature::Verifier::verify(&key, MESSAGE, &signature).expect("the signature holds");
    save("ecdsa.bin", script);

    let seeds: Vec<[u8; 32]> = (1..=3).map(|n| [100 + n; 32]).collect();
    let identities: Strings =
        seeds.iter().map(|seed| IdentityKey::from_seed(Secret::new(*seed)).public().0.to_vec()).collect();
    let [a, b, _] = identities.as_slice() else { panic!("three") };
    // The lower identity is party 1.
    let [a, b] = if a < b { [a, b] } else { [b, a] };
    let (script, _) = play::<Pairs>(&[vec![a.clone(), b.clone()], vec![b.clone(), a.clone()]]);
    save("pairing.bin", script);

    let stored: Vec<Strings> =
        seeds.iter().map(|seed| [vec![seed.to_vec()], identities.clone()].concat()).collect();
    let (script, _) = play::<Keygen>(&stored);
    save("keygen.bin", script);
}

/// A pairing as it lies in a device's flash, closed.
fn closed(pairings: &Pairings) -> Vec<u8> {
    let pairing = pairings.iter().next().expect("one pairing");
    pairing.store().expose().clone()
}

/// All parties in lock step; gives the first one's script and its result.
fn play<S: Scene>(stored: &[Strings]) -> (Vec<u8>, Vec<u8>) {
    let start = |(stored, number): (&Strings, u16)| {
        let stored: Vec<&[u8]> = stored.iter().map(Vec::as_slice).collect();
        S::start(PartyId::new(number).expect("not zero"), S::load(&stored))
    };
    let mut parties: Vec<Party<S::Protocol>> = stored.iter().zip(1..).map(start).collect();
    let (mut said, mut lists) = (Said::default(), vec![stored[0].clone()]);
    for _ in S::TURNS.iter().skip(1) {
        let mut mail = Vec::new();
        for party in &mut parties {
            let me = party.me();
            party.post(&mut |to, message| mail.push((me, to, message.to_vec())));
        }
        let first = parties[0].me();
        mail.iter().filter(|(from, ..)| *from == first).for_each(|(.., message)| said.add(message));
        let mut results = Vec::new();
        for party in &mut parties {
            let me = party.me();
            let mine = mail.iter().filter(|(from, to, _)| *from != me && to.is_none_or(|to| to == me));
            let mine: Strings = mine.map(|(.., message)| message.clone()).collect();
            if me == first {
                lists.push(mine.clone());
            }
            mine.into_iter().for_each(|message| party.receive(message));
            results.push(party.advance());
        }
        if let Some(output) = results.swap_remove(0) {
            let result = S::result(&output);
            said.add(&result);
            return (write(&said.finish(), &lists), result);
        }
    }
    panic!("no result");
}
