//! Threshold ECDSA: a signature in one run, in a batch, and by way of a presignature.

use std::cell::RefCell;
use std::collections::BTreeMap;

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{
    Batch, EcdsaScheme, Message, Online, Presign, PresignTask, Presignature, Sign, SignBatch, Task,
};
use quorate::key::{KeyShare, Path};
use quorate::pairing::Pairings;
use quorate::party::{Parties, PartyId, Threshold};
use quorate::session::Session;
use quorate::sim::Cast;
use quorate::wire::SessionId;

use super::{Envelopes, Protocol, WHO, play, rng};
use crate::meter::Cost;
use crate::row::Row;

/// Messages of a batch.
const BATCH: usize = 32;

/// The first t of n with one key, paired.
struct Signers<S: EcdsaScheme> {
    cast: Cast,
    shares: Vec<KeyShare<S>>,
    pairings: BTreeMap<PartyId, Pairings>,
}

impl<S: EcdsaScheme> Signers<S> {
    fn new(t: u16, n: u16) -> Self {
        let cast = Cast::new(1..=n, &mut rng()).unwrap();
        let mut shares = cast.deal::<S>(Threshold::new(t, n).unwrap(), &mut rng()).unwrap();
        shares.truncate(t.into());
        let ids = Parties::new(shares.iter().map(KeyShare::id)).unwrap();
        let pairings = cast.deal_pairings(&ids, &mut rng()).unwrap();
        Self { cast, shares, pairings }
    }

    fn ids(&self) -> Vec<PartyId> {
        self.shares.iter().map(KeyShare::id).collect()
    }

    fn at(&self, me: PartyId) -> (&KeyShare<S>, &Pairings) {
        let share = self.shares.iter().find(|share| share.id() == me).unwrap();
        (share, &self.pairings[&me])
    }

    fn all(&self) -> Parties {
        Parties::new(self.ids()).unwrap()
    }

    fn play<P: Protocol>(&self, protocol: &P) -> Cost {
        play(&self.cast, protocol, Envelopes::Apart).0
    }
}

/// One message.
struct One<'a, S: EcdsaScheme>(&'a Signers<S>);

impl<S: EcdsaScheme> Protocol for One<'_, S> {
    type State = Sign<S>;

    fn parties(&self) -> Vec<PartyId> {
        self.0.ids()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<Sign<S>> {
        let (share, pairings) = self.0.at(me);
        let message = Message::sha256(b"a message of thirty-two bytes...");
        let task = Task::new(share.public(), self.0.all(), Path::default(), message, id).unwrap();
        Sign::start(share, task, pairings, &mut rng()).unwrap()
    }
}

/// [`BATCH`] messages.
struct Many<'a, S: EcdsaScheme>(&'a Signers<S>);

impl<S: EcdsaScheme> Protocol for Many<'_, S> {
    type State = SignBatch<S>;

    fn parties(&self) -> Vec<PartyId> {
        self.0.ids()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<SignBatch<S>> {
        let (share, pairings) = self.0.at(me);
        let messages = (0..BATCH as u8).map(|i| (Path::default(), Message::sha256(&[i])));
        let batch = Batch::new(share.public(), self.0.all(), messages, id).unwrap();
        SignBatch::start(share, batch, pairings, &mut rng()).unwrap()
    }
}

/// One presignature.
struct Ahead<'a, S: EcdsaScheme>(&'a Signers<S>);

impl<S: EcdsaScheme> Protocol for Ahead<'_, S> {
    type State = Presign<S>;

    fn parties(&self) -> Vec<PartyId> {
        self.0.ids()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<Presign<S>> {
        let (share, pairings) = self.0.at(me);
        let task = PresignTask::new(share.public(), self.0.all(), &Path::default(), 1, id).unwrap();
        Presign::start(share, task, pairings, &mut rng()).unwrap()
    }
}

/// A message with a presignature, which everybody has and spends.
struct Late<'a, S: EcdsaScheme>(&'a Signers<S>, RefCell<Vec<Option<Presignature<S>>>>);

impl<'a, S: EcdsaScheme> Late<'a, S> {
    fn new(signers: &'a Signers<S>) -> Self {
        let (_, made) = play(&signers.cast, &Ahead(signers), Envelopes::Apart);
        Self(signers, RefCell::new(made.into_iter().map(|one| one.into_iter().next()).collect()))
    }
}

impl<S: EcdsaScheme> Protocol for Late<'_, S> {
    type State = Online<S>;

    fn parties(&self) -> Vec<PartyId> {
        self.0.ids()
    }

    fn start(&self, me: PartyId, id: SessionId) -> Session<Online<S>> {
        let (share, pairings) = self.0.at(me);
        let place = self.0.ids().iter().position(|other| *other == me).unwrap();
        let presignature = self.1.borrow_mut()[place].take().unwrap();
        let message = Message::sha256(b"a message of thirty-two bytes...");
        Online::start(presignature, share, pairings, message, id).unwrap()
    }
}

fn row<S: EcdsaScheme + 'static>(
    what: String,
    (t, n): (u16, u16),
    run: impl Fn(&Signers<S>) -> Cost + 'static,
) -> Row {
    Row::new(what, WHO, move || {
        let signers = Signers::<S>::new(t, n);
        move || run(&signers)
    })
}

pub fn ecdsa(t: u16, n: u16) -> Row {
    let what = format!("secp256k1, sign {t}-of-{n}");
    row::<EcdsaSecp256k1>(what, (t, n), |signers| signers.play(&One(signers)))
}

pub fn ecdsa_p256(t: u16, n: u16) -> Row {
    row::<EcdsaP256>(format!("P-256, sign {t}-of-{n}"), (t, n), |signers| signers.play(&One(signers)))
}

/// Batches and presignatures.
pub fn ecdsa_more(t: u16, n: u16) -> [Row; 3] {
    let what = format!("secp256k1, sign {t}-of-{n}, each of a batch of {BATCH}");
    let batch = row::<EcdsaSecp256k1>(what, (t, n), |signers| {
        let whole = signers.play(&Many(signers));
        Cost { cpu: whole.cpu / BATCH as u32, sent: whole.sent / BATCH }
    });
    let presign = row::<EcdsaSecp256k1>(format!("secp256k1, presign {t}-of-{n}"), (t, n), |signers| {
        signers.play(&Ahead(signers))
    });
    let what = format!("secp256k1, sign {t}-of-{n} with a presignature");
    let online = row::<EcdsaSecp256k1>(what, (t, n), |signers| signers.play(&Late::new(signers)));
    [batch, presign, online]
}
