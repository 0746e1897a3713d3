//! Pairings, and ECDSA with them.

use std::collections::BTreeMap;

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{
    Batch, EcdsaScheme, Message, Online, Presign, PresignTask, Presignature, Sign, SignBatch, Task,
};
use quorate::key::{KeyShare, Path};
use quorate::pairing::{self, Opening, Pair, Pairing, Pairings};
use quorate::party::PartyId;
use quorate::secret::Secret;
use quorate::session::{Session, Snapshot, State};
use quorate::sim::{Cast, MemoryLedger};

use super::keys::{cast, made, secret};
use super::{id, session, set};
use crate::drive::{Hand, Private, Spoilt, run, run_with};
use crate::table::Table;
use crate::tainted::Tainted;

/// What is secret of a stored pairing: all but names before, and a digest behind.
fn secrets(pairing: &Pairing) -> Vec<u8> {
    let form = pairing.store();
    form.expose()[6 + 3 * 32..form.expose().len() - 32].to_vec()
}

/// 1 and 3 at the start of their pairing.
fn pairing(cast: &Cast, rng: &mut Tainted) -> Vec<Session<Pair>> {
    let identities = [1, 3].map(|n| cast.roster().identity(id(n)).unwrap());
    let mut start = |me: usize| {
        let (own, peer) = (identities[me], identities[1 - me]);
        Pair::start(own, peer, session(3), &mut MemoryLedger::default(), rng).unwrap()
    };
    vec![start(0), start(1)]
}

/// 1 and 3, paired.
fn paired(cast: &Cast, rng: &mut Tainted) -> Vec<Pairing> {
    let sessions = pairing(cast, rng);
    run(cast, sessions, Private::Shown, rng)
}

/// The pairing, stored and opened: a second one, since what is open is not copied.
fn reopened(pairing: &Pairing) -> Pairing {
    let opening = Opening::load(pairing.store()).unwrap();
    let form = opening.to_store();
    opening.stored(&form).unwrap()
}

/// Taken down to bytes after every round, and brought back.
struct Again<'a>(&'a Cast);

impl Hand<Pair> for Again<'_> {
    fn between(&mut self, session: Session<Pair>) -> Session<Pair> {
        // The lower identity is party 1 of a pairing.
        let mut identities = [1, 3].map(|n| self.0.roster().identity(id(n)).unwrap());
        identities.sort_by_key(|identity| identity.0);
        if session.terms().me != id(1) {
            identities.reverse();
        }
        let [me, peer] = identities;
        let config = pairing::Run::new(me, peer, session.terms().session).unwrap();
        let bytes = Secret::new(session.suspend().unwrap().expose().to_vec());
        Session::resume(&config, Snapshot::from_bytes(bytes), &mut MemoryLedger::default()).unwrap()
    }
}

struct Wallet<S: EcdsaScheme> {
    cast: Cast,
    shares: Vec<KeyShare<S>>,
    sets: BTreeMap<PartyId, Pairings>,
    rng: Tainted,
}

impl<S: EcdsaScheme> Wallet<S> {
    fn new() -> Self {
        let (cast, mut rng) = (cast(&[1, 2, 3]), Tainted::new(4));
        let mut shares = made::<S>(&cast, &mut rng);
        shares.remove(1);
        let mut sets = BTreeMap::new();
        for pairing in paired(&cast, &mut rng) {
            let who = shares
                .iter()
                .map(KeyShare::id)
                .find(|id| cast.roster().identity(*id) == Some(pairing.me()))
                .unwrap();
            drop(sets.entry(who).or_insert_with(Pairings::new).insert(pairing));
        }
        Self { cast, shares, sets, rng }
    }

    fn reopened(&self) -> BTreeMap<PartyId, Pairings> {
        let each = |(id, pairings): (&PartyId, &Pairings)| {
            let mut set = Pairings::new();
            pairings.iter().for_each(|pairing| drop(set.insert(reopened(pairing))));
            (*id, set)
        };
        self.sets.iter().map(each).collect()
    }

    fn run<P: State>(
        &mut self,
        start: impl Fn(&KeyShare<S>, &Pairings, &mut Tainted) -> Session<P>,
    ) -> Vec<P::Output> {
        let each = |share: &KeyShare<S>| start(share, &self.sets[&share.id()], &mut self.rng);
        let sessions = self.shares.iter().map(each).collect();
        run(&self.cast, sessions, Private::Shown, &mut self.rng)
    }
}

/// The checks that see whether secrets fit together: 3's message to 1, its round, and a byte of it.
const CHECKS: [(&str, u8, usize); 3] = [("S1.2", 1, 4416), ("S2.4", 2, 228), ("S2.5", 2, 131)];

fn sign<S: EcdsaScheme>(table: &mut Table) {
    let rows = [
        "signing in three rounds",
        "a batch of two",
        "presignatures, stored and read, online",
        "S1.2 fails in signing",
        "S2.4 fails in signing",
        "S2.5 fails in signing",
    ];
    let rows = rows.map(|row| format!("{row}, {}", S::NAME));
    if !rows.iter().any(|row| table.wants(row)) {
        return;
    }
    let mut wallet = Wallet::<S>::new();
    let (key, path) = (wallet.shares[0].public().clone(), Path::new([44, 7]).unwrap());
    table.clean(&rows[0], || {
        let task = Task::new(&key, set(&[1, 3]), path.clone(), Message::sha256(b"one"), session(4)).unwrap();
        wallet.run(|share, pairings, rng| Sign::start(share, task.clone(), pairings, rng).unwrap());
        secret(&wallet.shares[0])
    });
    table.clean(&rows[1], || {
        let items = [1u8, 2].map(|n| (path.clone(), Message::sha256(&[n])));
        let batch = Batch::new(&key, set(&[1, 3]), items, session(5)).unwrap();
        wallet.run(|share, pairings, rng| SignBatch::start(share, batch.clone(), pairings, rng).unwrap());
        secret(&wallet.shares[0])
    });
    table.clean(&rows[2], || {
        let task = PresignTask::new(&key, set(&[1, 3]), &path, 1, session(6)).unwrap();
        let made =
            wallet.run(|share, pairings, rng| Presign::start(share, task.clone(), pairings, rng).unwrap());
        let stored: Vec<_> = made.into_iter().flatten().map(Presignature::store).collect();
        let mut ready =
            stored.iter().map(|form| Presignature::<S>::load(form, &mut MemoryLedger::default()).unwrap());
        let sessions = wallet.shares.iter().map(|share| {
            let pairings = &wallet.sets[&share.id()];
            Online::start(ready.next().unwrap(), share, pairings, Message::sha256(b"one"), session(7))
                .unwrap()
        });
        let sessions = sessions.collect();
        run(&wallet.cast, sessions, Private::Shown, &mut wallet.rng);
        secret(&wallet.shares[0])
    });
    for ((check, round, at), row) in CHECKS.into_iter().zip(&rows[3..]) {
        table.clean(row, || {
            let task =
                Task::new(&key, set(&[1, 3]), path.clone(), Message::sha256(b"two"), session(8)).unwrap();
            let sets = wallet.reopened();
            let start = |share: &KeyShare<S>| {
                Sign::start(share, task.clone(), &sets[&share.id()], &mut wallet.rng).unwrap()
            };
            let sessions = wallet.shares.iter().map(start).collect();
            let mut hand = Spoilt { from: id(3), to: id(1), round, at };
            let ends = run_with(&wallet.cast, sessions, Private::Shown, &mut hand, &mut wallet.rng);
            assert!(ends.iter().any(|end| end.as_ref().is_err_and(|abort| abort.check == check)));
            assert!(sets[&id(1)].iter().any(|pairing| pairing.ban().is_some()));
            secret(&wallet.shares[0])
        });
    }
}

pub fn all(table: &mut Table) {
    table.clean("pairing: base transfers, trees, proof", || {
        let (cast, mut rng) = (cast(&[1, 3]), Tainted::new(5));
        paired(&cast, &mut rng).iter().flat_map(secrets).collect()
    });
    table.clean("pairing stored and opened", || {
        let (cast, mut rng) = (cast(&[1, 3]), Tainted::new(5));
        secrets(&reopened(&paired(&cast, &mut rng)[0]))
    });
    table.clean("pairing, suspended after every round", || {
        let (cast, mut rng) = (cast(&[1, 3]), Tainted::new(5));
        let sessions = pairing(&cast, &mut rng);
        let ends = run_with(&cast, sessions, Private::Shown, &mut Again(&cast), &mut rng);
        assert_eq!(ends.len(), 2);
        ends.into_iter().flat_map(|pairing| secrets(&pairing.unwrap())).collect()
    });
    table.clean("P3.1 fails in a pairing", || {
        let (cast, mut rng) = (cast(&[1, 3]), Tainted::new(5));
        let sessions = pairing(&cast, &mut rng);
        let mut hand = Spoilt { from: id(2), to: id(1), round: 3, at: 32 };
        let ends = run_with(&cast, sessions, Private::Shown, &mut hand, &mut rng);
        assert!(ends.iter().any(|end| end.as_ref().is_err_and(|abort| abort.check == "P3.1")));
        Vec::new()
    });
    sign::<EcdsaSecp256k1>(table);
    sign::<EcdsaP256>(table);
}
