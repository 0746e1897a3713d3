//! One party of whole runs. Envelopes are verified beforehand; the signature on a certificate is made inside.

use gungraun::{library_benchmark, library_benchmark_group};
use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::dkg::{self, Dkg};
use quorate::ecdsa::{
    Batch, EcdsaScheme, Message, Online, Presign, PresignTask, Presignature, Sign, SignBatch, Task,
};
use quorate::key::{KeyShare, Path};
use quorate::pairing::{Pair, Pairing, Pairings};
use quorate::party::{PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::session::{Session, State};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;

use crate::play::{Play, id, rng, set};

const SESSION: SessionId = SessionId([7; 16]);
type K = EcdsaSecp256k1;

fn cast(n: u16) -> Cast {
    Cast::new(1..=n, &mut rng(1)).unwrap()
}

fn generation<S: Scheme>() -> Play<Dkg<S>> {
    let cast = cast(3);
    let run = dkg::Run::new(Threshold::new(2, 3).unwrap(), cast.roster().clone(), SESSION).unwrap();
    let ids = cast.ids();
    Play::new(cast, &ids, |me| {
        let run = run.clone();
        Box::new(move |rng| Dkg::start(&run, me, &mut MemoryLedger::default(), rng).unwrap())
    })
}

#[library_benchmark]
#[bench::ed25519(generation::<FrostEd25519>())]
#[bench::secp256k1(generation::<K>())]
fn key_generation<S: State>(play: Play<S>) -> (S::Output, Play<S>) {
    play.run()
}

/// Of a key dealt by one hand, always the same.
fn share<S: Scheme>(me: PartyId) -> KeyShare<S> {
    let shares = cast(3).deal(Threshold::new(2, 3).unwrap(), &mut rng(2)).unwrap();
    shares.into_iter().find(|share| share.id() == me).unwrap()
}

fn refreshed<S: Scheme>() -> Play<Refresh<S>> {
    let cast = cast(3);
    let run = refresh::Run::new(share::<S>(id(1)).public(), 1, SESSION).unwrap();
    let ids = cast.ids();
    Play::new(cast, &ids, |me| {
        let (run, share) = (run.clone(), share::<S>(me));
        Box::new(move |rng| Refresh::start(&run, &share, &mut MemoryLedger::default(), rng).unwrap())
    })
}

#[library_benchmark]
#[bench::secp256k1(refreshed::<K>())]
fn refresh_shares<S: State>(play: Play<S>) -> (S::Output, Play<S>) {
    play.run()
}

fn paired() -> Play<Pair> {
    // In a pairing the lower identity is party 1.
    let cast = cast(2);
    let mut identities = [1, 2].map(|n| cast.roster().identity(id(n)).unwrap());
    identities.sort_by_key(|identity| identity.0);
    Play::new(cast, &[id(1), id(2)], |me| {
        let (own, peer) = if me == id(1) { (0, 1) } else { (1, 0) };
        let (own, peer) = (identities[own], identities[peer]);
        Box::new(move |rng| Pair::start(own, peer, SESSION, &mut MemoryLedger::default(), rng).unwrap())
    })
}

#[library_benchmark]
#[bench::both_directions(paired())]
fn pairing(play: Play<Pair>) -> (Pairing, Play<Pair>) {
    play.run()
}

/// What a signer has: its share, and its pairings, dealt by one hand.
type Device<S> = (KeyShare<S>, Pairings);

/// Parties 1 and 3 of a 2-of-3 key.
fn signers<S: EcdsaScheme, P: State + 'static>(
    start: impl Fn(&Device<S>, &mut ChaCha20Rng) -> Session<P> + Clone + 'static,
) -> Play<P> {
    Play::new(cast(3), &[id(1), id(3)], |me| {
        let start = start.clone();
        let mut sets = cast(3).deal_pairings(&set(&[1, 3]), &mut rng(3)).unwrap();
        let device = (share::<S>(me), sets.remove(&me).unwrap());
        Box::new(move |rng| start(&device, rng))
    })
}

fn path() -> Path {
    Path::new([44, 7]).unwrap()
}

fn signing<S: EcdsaScheme>() -> Play<Sign<S>> {
    let key = share::<S>(id(1)).public().clone();
    let task = Task::new(&key, set(&[1, 3]), path(), Message::sha256(b"one"), SESSION).unwrap();
    signers(move |(share, pairings), rng| Sign::start(share, task.clone(), pairings, rng).unwrap())
}

fn batch(count: u32) -> Play<SignBatch<K>> {
    let key = share::<K>(id(1)).public().clone();
    let items = (0..count).map(|n| (path(), Message::sha256(&n.to_be_bytes())));
    let batch = Batch::new(&key, set(&[1, 3]), items, SESSION).unwrap();
    signers(move |(share, pairings), rng| SignBatch::start(share, batch.clone(), pairings, rng).unwrap())
}

fn presigning() -> Play<Presign<K>> {
    let key = share::<K>(id(1)).public().clone();
    let task = PresignTask::new(&key, set(&[1, 3]), &path(), 1, SESSION).unwrap();
    signers(move |(share, pairings), rng| Presign::start(share, task.clone(), pairings, rng).unwrap())
}

/// From a presignature to the signature. The presignature comes from its stored form.
fn online() -> Play<Online<K>> {
    let stored = [1, 3].map(|n| {
        let play = presigning_of(id(n));
        let (mut made, _) = play.run();
        (id(n), made.remove(0).store())
    });
    Play::new(cast(3), &[id(1), id(3)], |me| {
        let mut sets = cast(3).deal_pairings(&set(&[1, 3]), &mut rng(3)).unwrap();
        let (share, pairings) = (share::<K>(me), sets.remove(&me).unwrap());
        let form = &stored.iter().find(|(id, _)| *id == me).unwrap().1;
        let ready = Presignature::load(form, &mut MemoryLedger::default()).unwrap();
        Box::new(move |_| Online::start(ready, &share, &pairings, Message::sha256(b"one"), SESSION).unwrap())
    })
}

/// The same run at one of the two.
fn presigning_of(me: PartyId) -> Play<Presign<K>> {
    let key = share::<K>(id(1)).public().clone();
    let task = PresignTask::new(&key, set(&[1, 3]), &path(), 1, SESSION).unwrap();
    let other = if me == id(1) { id(3) } else { id(1) };
    Play::new(cast(3), &[me, other], |me| {
        let task = task.clone();
        let mut sets = cast(3).deal_pairings(&set(&[1, 3]), &mut rng(3)).unwrap();
        let (share, pairings) = (share::<K>(me), sets.remove(&me).unwrap());
        Box::new(move |rng| Presign::start(&share, task, &pairings, rng).unwrap())
    })
}

#[library_benchmark]
#[bench::secp256k1(signing::<K>())]
#[bench::p256(signing::<EcdsaP256>())]
fn ecdsa_sign<P: State>(play: Play<P>) -> (P::Output, Play<P>) {
    play.run()
}

#[library_benchmark]
#[bench::of_8(batch(8))]
fn ecdsa_batch(play: Play<SignBatch<K>>) -> (<SignBatch<K> as State>::Output, Play<SignBatch<K>>) {
    play.run()
}

// The start of a signing: in the main Bob's half of the transfer extension.
#[library_benchmark]
#[bench::bob(signing::<K>())]
fn ecdsa_extension(mut play: Play<Sign<K>>) -> Play<Sign<K>> {
    play.begin();
    play
}

// The end of round 1: Alice's half of the extension, and of the multiplication.
#[library_benchmark]
#[bench::alice(signing::<K>().after(0))]
fn ecdsa_multiplication(mut play: Play<Sign<K>>) -> Play<Sign<K>> {
    assert!(play.round().is_none());
    play
}

// The end of round 2: Bob's half of the multiplication, and its checks.
#[library_benchmark]
#[bench::bob(signing::<K>().after(1))]
fn ecdsa_products(mut play: Play<Sign<K>>) -> Play<Sign<K>> {
    assert!(play.round().is_none());
    play
}

#[library_benchmark]
#[bench::secp256k1(presigning())]
fn ecdsa_presign(play: Play<Presign<K>>) -> (<Presign<K> as State>::Output, Play<Presign<K>>) {
    play.run()
}

#[library_benchmark]
#[bench::secp256k1(online())]
fn ecdsa_online(play: Play<Online<K>>) -> (<Online<K> as State>::Output, Play<Online<K>>) {
    play.run()
}

library_benchmark_group!(
    name = sessions_group,
    benchmarks = [
        key_generation,
        refresh_shares,
        pairing,
        ecdsa_sign,
        ecdsa_batch,
        ecdsa_extension,
        ecdsa_multiplication,
        ecdsa_products,
        ecdsa_presign,
        ecdsa_online
    ]
);
