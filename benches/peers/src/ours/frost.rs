//! FROST: Ed25519, and Taproot with the output key that it has by default.

use quorate::curve::{FrostEd25519, FrostTaproot};
use quorate::frost::{self, Suite, Task};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::Session;
use quorate::sim::Cast;
use quorate::wire::SessionId;

use super::{Envelopes, Protocol, WHO, play, rng};
use crate::row::Row;

/// Signing among the first t of n.
struct Frost<S: Suite> {
    cast: Cast,
    shares: Vec<KeyShare<S>>,
}

impl<S: Suite> Frost<S> {
    fn new(t: u16, n: u16) -> Self {
        let cast = Cast::new(1..=n, &mut rng()).unwrap();
        let mut shares = cast.deal(Threshold::new(t, n).unwrap(), &mut rng()).unwrap();
        shares.truncate(t.into());
        Self { cast, shares }
    }
}

impl<S: Suite> Protocol for Frost<S> {
    type State = frost::Sign<S>;

    fn parties(&self) -> Vec<PartyId> {
        self.shares.iter().map(KeyShare::id).collect()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<Self::State> {
        let share = self.shares.iter().find(|share| share.id() == me).unwrap();
        let signers = Parties::new(self.parties()).unwrap();
        let task = Task::new(share.public(), signers, b"a message of thirty-two bytes...", id).unwrap();
        frost::Sign::start(share, task, &mut rng()).unwrap()
    }
}

pub fn frost(t: u16, n: u16) -> Row {
    sign::<FrostEd25519>(format!("FROST, sign {t}-of-{n}"), t, n)
}

pub fn taproot(t: u16, n: u16) -> Row {
    sign::<FrostTaproot>(format!("FROST, Taproot, sign {t}-of-{n}"), t, n)
}

fn sign<S: Suite>(what: String, t: u16, n: u16) -> Row {
    Row::new(what, WHO, move || {
        let frost = Frost::<S>::new(t, n);
        move || play(&frost.cast, &frost, Envelopes::Apart).0
    })
}
