//! Stored forms: written, read, and written again.

use std::collections::BTreeMap;

use quorate::curve::{EcdsaP256, EcdsaSecp256k1, FrostTaproot, Scheme};
use quorate::dkg::Dkg;
use quorate::ecdsa::Presignature;
use quorate::frost::{self, SigningNonces, SigningPackage, zf};
use quorate::key::epoch::Epochs;
use quorate::key::{KeyShare, PendingShare};
use quorate::pairing::Opening;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::{Session, Status};
use quorate::sim::{Cast, MemoryLedger};
use quorate::vault::{AppSecret, Stored as _};

use crate::driver::{self, E, Script, id, rng};
use crate::{Found, found, kept};

type Form = Secret<Vec<u8>>;

/// `one` and `another` are the same form of two parties: what both hold is public.
fn form(label: &str, one: &Form, another: &Form, more: &[&[u8]], write: impl FnOnce()) -> Found {
    let known = [kept(another.expose())].into_iter().chain(more.iter().copied());
    found(label, &[kept(one.expose())], known, write)
}

fn shares<S: Scheme>(seed: u64) -> (Cast, Vec<KeyShare<S>>) {
    let cast = Cast::new([1, 2, 3], &mut rng(seed)).unwrap();
    let shares = cast.deal::<S>(Threshold::new(2, 3).unwrap(), &mut rng(seed + 1)).unwrap();
    (cast, shares)
}

fn share<S: Scheme>(label: &str) -> Found {
    let (_, shares) = shares::<S>(1);
    let [one, two, _] = &shares[..] else { panic!() };
    form(label, &one.to_bytes(), &two.to_bytes(), &[], || {
        drop(KeyShare::<S>::from_bytes(one.to_bytes().expose()).unwrap().to_bytes());
    })
}

/// A session that waits for its share to be kept.
fn keeping(script: &Script<Dkg<E>>, me: PartyId) -> Session<Dkg<E>> {
    let mut player = script.play(me);
    for mail in script.inbound(me) {
        let _ = player.receive(&mail);
    }
    while !matches!(player.step(), Some(Status::Keep)) {}
    player.session
}

fn pending() -> [Found; 2] {
    let (script, _) = driver::dkg::<E>(2, &[1, 2, 3], 2);
    let [one, two] = [1, 2].map(|me| keeping(&script, id(me)));
    let [one, two] = [&one, &two].map(|session| session.pending().unwrap());
    let [first, second] = [one, two].map(|pending| pending.to_bytes());
    let share = form("a share that waits", &first, &second, &[], || {
        drop(PendingShare::<E>::from_bytes(one.to_bytes().expose()).unwrap().to_bytes());
    });
    let record = |pending: &PendingShare<E>| {
        let mut epochs = Epochs::generating(pending);
        epochs.keep(pending).unwrap();
        epochs.to_bytes()
    };
    let record = form("a record of epochs", &record(one), &record(two), &[], || {
        drop(Epochs::<E>::from_bytes(record(one).expose()).unwrap().to_bytes());
    });
    [share, record]
}

fn nonces() -> Found {
    let (_, shares) = shares::<E>(3);
    let made = |at: usize, seed| SigningNonces::generate((&shares[at]).into(), &mut rng(seed));
    let [mine, other] = [made(0, 1), made(1, 2)];
    let list = [(id(1), mine.commitments().clone()), (id(2), other.commitments().clone())];
    let package = SigningPackage::new(shares[0].public().commitment(), list, b"a message").unwrap();
    let share = shares[0].to_bytes();
    let secrets = [kept(&mine.store().expose()[36..]), kept(&share.expose()[5..37])];
    found("nonces, stored and used", &secrets, [], || {
        let nonces = SigningNonces::load(made(0, 1).store(), &mut MemoryLedger::default()).unwrap();
        frost::sign(nonces, (&shares[0]).into(), &package).unwrap();
    })
}

fn pairing() -> Found {
    let (cast, _) = shares::<E>(4);
    let parties = Parties::from_numbers([1, 2]).unwrap();
    let sets = cast.deal_pairings(&parties, &mut rng(5)).unwrap();
    let pairing = sets[&id(1)].iter().next().unwrap();
    let stored = pairing.store();
    let secrets = [kept(&stored.expose()[6 + 3 * 32..stored.expose().len() - 32])];
    found("a pairing", &secrets, [], || {
        let opening = Opening::load(pairing.store()).unwrap();
        let form = opening.to_store();
        drop(opening.stored(&form).unwrap());
    })
}

fn presignature() -> Found {
    let script = driver::ecdsa::presign::<EcdsaSecp256k1>(2, &[1, 2], &[1, 2], 1, 6);
    let made: BTreeMap<_, Vec<Form>> = driver::ecdsa::presignatures(&script);
    let [one, two] = [1, 2].map(|me| &made[&id(me)][0]);
    form("a presignature", one, two, &[], || {
        let read = Presignature::<EcdsaSecp256k1>::load(one, &mut MemoryLedger::default()).unwrap();
        drop(read.store());
    })
}

fn elsewhere() -> Found {
    let (_, shares) = shares::<FrostTaproot>(7);
    let secret = kept(&shares[0].to_bytes().expose()[5..37]);
    found("a share for another library", &[secret], [], || {
        drop(zf::encode_key_package((&shares[0]).into()).unwrap());
    })
}

fn of_an_application() -> Found {
    let secret: Vec<u8> = (100..200).collect();
    let app = AppSecret::new("a secret of the application", Secret::new(secret)).unwrap();
    found("a secret of the application", &[kept(app.write().expose())], [app.label().as_bytes()], || {
        drop(AppSecret::read(app.write()).unwrap());
    })
}

pub(crate) fn all() -> Vec<Found> {
    let mut all = vec![
        share::<E>("a share, Ed25519"),
        share::<EcdsaSecp256k1>("a share, secp256k1"),
        share::<EcdsaP256>("a share, P-256"),
        nonces(),
        pairing(),
        presignature(),
        elsewhere(),
        of_an_application(),
    ];
    all.extend(pending());
    all
}
