//! Key generation, and the pairing of two devices.

use std::marker::PhantomData;

use quorate::curve::{EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::dkg::{Dkg, Run};
use quorate::identity::PublicIdentity;
use quorate::pairing::Pair;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::Session;
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;

use super::{Envelopes, Protocol, WHO, play, rng};
use crate::row::Row;

/// Key generation for one scheme.
struct Generation<S> {
    cast: Cast,
    threshold: Threshold,
    scheme: PhantomData<S>,
}

impl<S: Scheme> Generation<S> {
    fn new(t: u16, n: u16) -> Self {
        let cast = Cast::new(1..=n, &mut rng()).unwrap();
        Self { cast, threshold: Threshold::new(t, n).unwrap(), scheme: PhantomData }
    }
}

impl<S: Scheme> Protocol for Generation<S> {
    type State = Dkg<S>;

    fn parties(&self) -> Vec<PartyId> {
        self.cast.ids()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<Dkg<S>> {
        let run = Run::new(self.threshold, self.cast.roster().clone(), id).unwrap();
        Dkg::start(&run, me, &mut MemoryLedger::default(), &mut rng()).unwrap()
    }
}

fn key_generation<S: Scheme + 'static>(what: String, t: u16, n: u16, envelopes: Envelopes) -> Row {
    Row::new(what, WHO, move || {
        let generation = Generation::<S>::new(t, n);
        move || play(&generation.cast, &generation, envelopes).0
    })
}

pub fn key_generation_ecdsa(t: u16, n: u16) -> Row {
    key_generation::<EcdsaSecp256k1>(format!("secp256k1, key generation {t}-of-{n}"), t, n, Envelopes::Apart)
}

pub fn key_generation_frost(t: u16, n: u16) -> [Row; 2] {
    let what = format!("FROST, key generation {t}-of-{n}");
    let signed = format!("{what}, with signed envelopes");
    [
        key_generation::<FrostEd25519>(what, t, n, Envelopes::Apart),
        key_generation::<FrostEd25519>(signed, t, n, Envelopes::Counted),
    ]
}

/// Two devices by their identities, the lower one first: it is party 1 of their pairing.
struct Devices([PublicIdentity; 2]);

impl Devices {
    fn new(a: PublicIdentity, b: PublicIdentity) -> Self {
        Self(if a.0 < b.0 { [a, b] } else { [b, a] })
    }
}

impl Protocol for Devices {
    type State = Pair;

    fn parties(&self) -> Vec<PartyId> {
        Parties::from_numbers(1..=2).unwrap().iter().collect()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<Pair> {
        let [low, high] = self.0;
        let (me, peer) = if me.get() == 1 { (low, high) } else { (high, low) };
        Pair::start(me, peer, id, &mut MemoryLedger::default(), &mut rng()).unwrap()
    }
}

pub fn pairing() -> Row {
    Row::new("pairing with one device, for all keys", WHO, || {
        let cast = Cast::new(1..=2, &mut rng()).unwrap();
        let [a, b] = [0, 1].map(|at| cast.key(cast.ids()[at]).unwrap().public());
        let devices = Devices::new(a, b);
        move || play(&cast, &devices, Envelopes::Apart).0
    })
}
