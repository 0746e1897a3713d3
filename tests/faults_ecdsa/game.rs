//! A key, its holders and their pairings; every way to sign; who bans whom.

use std::collections::BTreeMap;

use quorate::curve::Scheme;
use quorate::ecdsa::{
    Batch, EcdsaScheme, Message, Online, Presign, PresignTask, Presignature, Sign, SignBatch, Signature, Task,
};
use quorate::error::SetupError;
use quorate::key::{KeyShare, Path, derive};
use quorate::pairing::{Opening, Pairing, Pairings};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::secret::Secret;
use quorate::session::{Session, State};
use quorate::sim::Cast;
use quorate::wire::SessionId;
use rand_chacha::ChaCha20Rng;

use super::hash::sha256;
use super::table::{Table, fair, id, rng};

/// Everybody's pairings.
pub(crate) type Pairs = BTreeMap<PartyId, Pairings>;

/// A ban: by whom, of whom, for which check.
pub(crate) type Ban = (u16, u16, &'static str);

pub(crate) struct Game<S: Scheme> {
    pub(crate) cast: Cast,
    pub(crate) shares: Vec<KeyShare<S>>,
    pub(crate) signers: Parties,
}

/// Paths of the items of a batch.
const PATHS: [&str; 2] = ["m/1/2", "m"];

pub(crate) fn path(text: &str) -> Path {
    text.parse().unwrap()
}

pub(crate) fn message(item: usize) -> Message {
    Message::sha256(&[item as u8])
}

impl<S: EcdsaScheme> Game<S> {
    /// The same cast for every key of `n`.
    pub(crate) fn new(t: u16, n: u16, signers: &[u16], key: u64) -> Self {
        let cast = Cast::new(1..=n, &mut rng(u64::from(n))).unwrap();
        let shares = cast.deal::<S>(Threshold::new(t, n).unwrap(), &mut rng(1000 + key)).unwrap();
        Self { cast, shares, signers: Parties::from_numbers(signers.iter().copied()).unwrap() }
    }

    pub(crate) fn share(&self, number: u16) -> &KeyShare<S> {
        &self.shares[usize::from(number) - 1]
    }

    pub(crate) fn numbers(&self) -> Vec<u16> {
        self.signers.iter().map(PartyId::get).collect()
    }

    pub(crate) fn others(&self, of: &[u16]) -> Vec<u16> {
        self.numbers().into_iter().filter(|number| !of.contains(number)).collect()
    }

    pub(crate) fn deal(&self, seed: u64) -> Pairs {
        self.cast.deal_pairings(self.cast.roster().parties(), &mut rng(seed)).unwrap()
    }

    pub(crate) fn pairing<'a>(&self, pairs: &'a Pairs, of: u16, with: u16) -> &'a Pairing {
        pairs[&id(of)].get(&self.cast.roster().identity(id(with)).unwrap()).unwrap()
    }

    /// Every ban there is, each by a failure in this session.
    pub(crate) fn bans(&self, pairs: &Pairs, session: u8) -> Vec<Ban> {
        let mut bans = Vec::new();
        for of in self.cast.ids() {
            for with in self.cast.ids().into_iter().filter(|with| *with != of) {
                let pairing = self.pairing(pairs, of.get(), with.get());
                if let Some(ban) = pairing.ban() {
                    assert_eq!(ban.session, SessionId([session; 16]));
                    assert!(pairing.must_save());
                    bans.push((of.get(), with.get(), ban.check));
                }
            }
        }
        bans
    }

    pub(crate) fn task(&self, session: u8) -> Task<S> {
        let key = self.shares[0].public();
        Task::new(key, self.signers.clone(), path(PATHS[0]), message(0), SessionId([session; 16])).unwrap()
    }

    /// Seats for all signers, with randomness by party, session and `seed`.
    pub(crate) fn seats<P: State>(
        &self,
        session: u8,
        seed: u64,
        start: impl Fn(u16, &mut ChaCha20Rng) -> Result<Session<P>, SetupError>,
    ) -> Table<P> {
        Table::new(self.numbers().into_iter().map(|number| {
            let mut rng = rng(seed << 24 | u64::from(session) << 16 | u64::from(number));
            (start(number, &mut rng).unwrap(), rng)
        }))
    }

    pub(crate) fn verifies(&self, item: usize, signature: &Signature<S>) -> bool {
        let key = derive(self.shares[0].public(), &path(PATHS[item])).unwrap();
        signature.verify(key.point(), message(item))
    }

    /// One presignature each, for `message(0)`.
    pub(crate) fn presign(&self, pairs: &Pairs, session: u8) -> BTreeMap<u16, Presignature<S>> {
        let mut table = Presign::table(self, pairs, session, 1);
        table.play(&mut fair);
        table.outputs().into_iter().map(|(number, mut list)| (number, list.remove(0))).collect()
    }

    pub(crate) fn online(
        &self,
        presignatures: BTreeMap<u16, Presignature<S>>,
        pairs: &Pairs,
        session: u8,
    ) -> Table<Online<S>> {
        Table::new(presignatures.into_iter().map(|(number, presignature)| {
            let session = SessionId([session; 16]);
            let started =
                Online::start(presignature, self.share(number), &pairs[&id(number)], message(0), session);
            (started.unwrap(), rng(number.into()))
        }))
    }
}

/// Of a run that makes no signature.
pub(crate) const NONE: u8 = 99;

/// A way to sign, or to make what signs later.
pub(crate) trait Flow<S: EcdsaScheme>: State {
    /// Signatures of one run.
    const ITEMS: usize = 1;
    /// The round whose messages are fragments of signatures, or [`NONE`].
    const FRAGMENTS: u8;
    /// What signs, seat by seat.
    fn table(game: &Game<S>, pairs: &Pairs, session: u8, seed: u64) -> Table<Self>;
    fn good(game: &Game<S>, output: &Self::Output) -> bool;
}

impl<S: EcdsaScheme> Flow<S> for Sign<S> {
    const FRAGMENTS: u8 = 3;
    fn table(game: &Game<S>, pairs: &Pairs, session: u8, seed: u64) -> Table<Self> {
        game.seats(session, seed, |me, rng| {
            Self::start(game.share(me), game.task(session), &pairs[&id(me)], rng)
        })
    }
    fn good(game: &Game<S>, signature: &Signature<S>) -> bool {
        game.verifies(0, signature)
    }
}

impl<S: EcdsaScheme> Flow<S> for SignBatch<S> {
    const ITEMS: usize = PATHS.len();
    const FRAGMENTS: u8 = 3;
    fn table(game: &Game<S>, pairs: &Pairs, session: u8, seed: u64) -> Table<Self> {
        game.seats(session, seed, |me, rng| {
            let orders = PATHS.iter().enumerate().map(|(item, text)| (path(text), message(item)));
            let (key, signers) = (game.shares[0].public(), game.signers.clone());
            let batch = Batch::new(key, signers, orders, SessionId([session; 16]))?;
            Self::start(game.share(me), batch, &pairs[&id(me)], rng)
        })
    }
    fn good(game: &Game<S>, signatures: &Vec<Signature<S>>) -> bool {
        signatures.len() == Self::ITEMS
            && signatures.iter().enumerate().all(|(item, signature)| game.verifies(item, signature))
    }
}

impl<S: EcdsaScheme> Flow<S> for Presign<S> {
    const FRAGMENTS: u8 = NONE;
    fn table(game: &Game<S>, pairs: &Pairs, session: u8, seed: u64) -> Table<Self> {
        game.seats(session, seed, |me, rng| {
            let (key, signers) = (game.shares[0].public(), game.signers.clone());
            let task = PresignTask::new(key, signers, &path(PATHS[0]), 1, SessionId([session; 16]))?;
            Self::start(game.share(me), task, &pairs[&id(me)], rng)
        })
    }
    fn good(game: &Game<S>, output: &Vec<Presignature<S>>) -> bool {
        output.len() == 1 && *output[0].signers() == game.signers
    }
}

impl<S: EcdsaScheme> Flow<S> for Online<S> {
    const FRAGMENTS: u8 = 1;
    fn table(game: &Game<S>, pairs: &Pairs, session: u8, _: u64) -> Table<Self> {
        game.online(game.presign(pairs, session), pairs, session)
    }
    fn good(game: &Game<S>, signature: &Signature<S>) -> bool {
        game.verifies(0, signature)
    }
}

/// The pairing again, from a stored form that is changed first and sealed anew: what a device does that lies about its storage.
pub(crate) fn altered(pairing: &Pairing, change: impl FnOnce(&mut [u8])) -> Pairing {
    let mut form = pairing.store().expose().clone();
    let len = form.len() - 32;
    change(&mut form[..len]);
    let digest = sha256(&form[..len]);
    form[len..].copy_from_slice(&digest);
    let opening = Opening::load(Secret::new(form)).unwrap();
    let form = opening.to_store();
    opening.stored(&form).unwrap()
}
