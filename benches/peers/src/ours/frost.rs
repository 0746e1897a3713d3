//! FROST on Ed25519.

use quorate::curve::FrostEd25519;
use quorate::frost::{self, Task};
use quorate::key::KeyShare;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::Session;
use quorate::sim::Cast;
use quorate::wire::SessionId;

use super::{Envelopes, Protocol, WHO, play, rng};
use crate::row::Row;

/// Signing among the first t of n.
struct Frost {
    cast: Cast,
    shares: Vec<KeyShare<FrostEd25519>>,
}

impl Frost {
    fn new(t: u16, n: u16) -> Self {
        let cast = Cast::new(1..=n, &mut rng()).unwrap();
        let mut shares = cast.deal(Threshold::new(t, n).unwrap(), &mut rng()).unwrap();
        shares.truncate(t.into());
        Self { cast, shares }
    }
}

impl Protocol for Frost {
    type State = frost::Sign<FrostEd25519>;

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
    Row::new(format!("FROST, sign {t}-of-{n}"), WHO, move || {
        let frost = Frost::new(t, n);
        move || play(&frost.cast, &frost, Envelopes::Apart).0
    })
}
