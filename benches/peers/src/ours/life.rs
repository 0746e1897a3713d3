//! What becomes of a key: refresh and reshare, and several keys at once; envelopes signed and verified as they must be.

use quorate::curve::{EcdsaSecp256k1, FrostEd25519, Scheme};
use quorate::key::KeyShare;
use quorate::keyset::{self, AnyScheme, KeySet};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::reshare::{self, Reshare};
use quorate::session::Session;
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;

use super::{Envelopes, Protocol, WHO, play, rng};
use crate::row::Row;

/// A key that is refreshed over and over.
struct Refreshed<S: Scheme>(Vec<KeyShare<S>>);

impl<S: Scheme> Protocol for Refreshed<S> {
    type State = Refresh<S>;

    fn parties(&self) -> Vec<PartyId> {
        self.0.iter().map(KeyShare::id).collect()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<Refresh<S>> {
        let share = self.0.iter().find(|share| share.id() == me).unwrap();
        let run = refresh::Run::new(share.public(), 1, id).unwrap();
        Refresh::start(&run, share, &mut MemoryLedger::default(), &mut rng()).unwrap()
    }
}

fn refresh<S: Scheme + 'static>(what: String, t: u16, n: u16, envelopes: Envelopes) -> Row {
    Row::new(what, WHO, move || {
        let cast = Cast::new(1..=n, &mut rng()).unwrap();
        let key = Refreshed(cast.deal::<S>(Threshold::new(t, n).unwrap(), &mut rng()).unwrap());
        move || play(&cast, &key, envelopes).0
    })
}

/// Without and with the signed envelopes that it needs.
fn refreshes<S: Scheme + 'static>(name: &str, t: u16, n: u16) -> [Row; 2] {
    let what = format!("{name}, refresh {t}-of-{n}");
    let signed = format!("{what}, with signed envelopes");
    [refresh::<S>(what, t, n, Envelopes::Apart), refresh::<S>(signed, t, n, Envelopes::Counted)]
}

pub fn refresh_ecdsa(t: u16, n: u16) -> [Row; 2] {
    refreshes::<EcdsaSecp256k1>("secp256k1", t, n)
}

pub fn refresh_frost(t: u16, n: u16) -> [Row; 2] {
    refreshes::<FrostEd25519>("FROST", t, n)
}

/// Parties 1 to t of n deal to 1 to n'.
struct Reshared<S: Scheme> {
    shares: Vec<KeyShare<S>>,
    cast: Cast,
    threshold: Threshold,
}

impl<S: Scheme> Protocol for Reshared<S> {
    type State = Reshare<S>;

    fn parties(&self) -> Vec<PartyId> {
        self.cast.ids()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<Reshare<S>> {
        let (key, spent) = (self.shares[0].public(), &mut MemoryLedger::default());
        let dealers = Parties::new(self.shares.iter().map(KeyShare::id)).unwrap();
        let roster = self.cast.roster().clone();
        let run = reshare::Run::with_threshold(key, dealers, self.threshold, roster, 1, id).unwrap();
        match self.shares.iter().find(|share| share.id() == me) {
            Some(share) => Reshare::deal(&run, share, spent, &mut rng()).unwrap(),
            None => Reshare::receive(&run, me, spent, &mut rng()).unwrap(),
        }
    }
}

pub fn reshare((t, n): (u16, u16), (more_t, more_n): (u16, u16)) -> Row {
    let what = format!("secp256k1, reshare {t}-of-{n} to {more_t}-of-{more_n}, with signed envelopes");
    Row::new(what, WHO, move || {
        let cast = Cast::new(1..=more_n, &mut rng()).unwrap();
        let old = cast.only(&Parties::from_numbers(1..=n).unwrap()).unwrap();
        let mut shares = old.deal::<EcdsaSecp256k1>(Threshold::new(t, n).unwrap(), &mut rng()).unwrap();
        shares.truncate(t.into());
        let run = Reshared { shares, threshold: Threshold::new(more_t, more_n).unwrap(), cast };
        move || play(&run.cast, &run, Envelopes::Counted).0
    })
}

/// Keys of these schemes, made together.
struct Set {
    cast: Cast,
    threshold: Threshold,
    schemes: &'static [AnyScheme],
}

impl Protocol for Set {
    type State = KeySet;

    fn parties(&self) -> Vec<PartyId> {
        self.cast.ids()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<KeySet> {
        let roster = self.cast.roster().clone();
        let run = keyset::Run::new(self.threshold, roster, id, self.schemes.iter().copied()).unwrap();
        KeySet::start(&run, me, &mut MemoryLedger::default(), &mut rng()).unwrap()
    }
}

pub fn key_set(what: &str, schemes: &'static [AnyScheme], t: u16, n: u16) -> Row {
    Row::new(format!("{what} {t}-of-{n}, with signed envelopes"), WHO, move || {
        let cast = Cast::new(1..=n, &mut rng()).unwrap();
        let set = Set { threshold: Threshold::new(t, n).unwrap(), schemes, cast };
        move || play(&set.cast, &set, Envelopes::Counted).0
    })
}

/// Four keys together, and each alone.
pub fn key_sets(t: u16, n: u16) -> [Row; 5] {
    const FOUR: &[AnyScheme] =
        &[AnyScheme::EcdsaSecp256k1, AnyScheme::FrostEd25519, AnyScheme::FrostTaproot, AnyScheme::EcdsaP256];
    let alone = "key generation,";
    [
        key_set("one set of secp256k1, Ed25519, Taproot and P-256", FOUR, t, n),
        key_set(&format!("secp256k1, {alone}"), &FOUR[..1], t, n),
        key_set(&format!("Ed25519, {alone}"), &FOUR[1..2], t, n),
        key_set(&format!("Taproot, {alone}"), &FOUR[2..3], t, n),
        key_set(&format!("P-256, {alone}"), &FOUR[3..], t, n),
    ]
}
