//! Pairings, and ECDSA with them.

use std::collections::BTreeMap;

use quorate::curve::{EcdsaP256, EcdsaSecp256k1};
use quorate::ecdsa::{
    Batch, EcdsaScheme, Message, Online, Presign, PresignTask, Presignature, Sign, SignBatch, Task,
};
use quorate::key::{KeyShare, Path};
use quorate::pairing::{Opening, Pair, Pairing, Pairings};
use quorate::party::PartyId;
use quorate::session::{Session, State};
use quorate::sim::{Cast, MemoryLedger};

use super::keys::{cast, made, secret};
use super::{id, session, set};
use crate::drive::{Private, run};
use crate::table::Table;
use crate::tainted::Tainted;

/// What is secret of a stored pairing: all but names before, and a digest behind.
fn secrets(pairing: &Pairing) -> Vec<u8> {
    let form = pairing.store();
    form.expose()[6 + 3 * 32..form.expose().len() - 32].to_vec()
}

/// 1 and 3, paired.
fn paired(cast: &Cast, rng: &mut Tainted) -> Vec<Pairing> {
    let identities = [1, 3].map(|n| cast.roster().identity(id(n)).unwrap());
    let mut start = |me: usize| {
        let (own, peer) = (identities[me], identities[1 - me]);
        Pair::start(own, peer, session(3), &mut MemoryLedger::default(), rng).unwrap()
    };
    let sessions = vec![start(0), start(1)];
    run(cast, sessions, Private::Shown, rng)
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

    fn run<P: State>(
        &mut self,
        start: impl Fn(&KeyShare<S>, &Pairings, &mut Tainted) -> Session<P>,
    ) -> Vec<P::Output> {
        let each = |share: &KeyShare<S>| start(share, &self.sets[&share.id()], &mut self.rng);
        let sessions = self.shares.iter().map(each).collect();
        run(&self.cast, sessions, Private::Shown, &mut self.rng)
    }
}

fn sign<S: EcdsaScheme>(table: &mut Table) {
    let rows = ["signing in three rounds", "a batch of two", "presignatures, stored and read, online"];
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
}

pub fn all(table: &mut Table) {
    table.clean("pairing: base transfers, trees, proof", || {
        let (cast, mut rng) = (cast(&[1, 3]), Tainted::new(5));
        paired(&cast, &mut rng).iter().flat_map(secrets).collect()
    });
    table.clean("pairing stored and opened", || {
        let (cast, mut rng) = (cast(&[1, 3]), Tainted::new(5));
        let form = paired(&cast, &mut rng).remove(0).store();
        let opening = Opening::load(form).unwrap();
        let form = opening.to_store();
        secrets(&opening.stored(&form).unwrap())
    });
    sign::<EcdsaSecp256k1>(table);
    sign::<EcdsaP256>(table);
}
