//! FROST, every suite.

use quorate::curve::{FrostEd25519, FrostP256, FrostRistretto255, FrostSecp256k1, FrostTaproot};
use quorate::frost::{self, Sign, SigningNonces, SigningPackage, Suite, Task};
use quorate::key::{Derive, Path};
use quorate::sim::MemoryLedger;

use super::keys::{cast, made, secret};
use super::{session, set};
use crate::drive::{Private, run};
use crate::table::Table;
use crate::tainted::Tainted;

fn sign<S: Suite>(table: &mut Table, form: impl Fn(Task<S>) -> Task<S>) {
    let signing = format!("signing, 2 of 3, {}", S::NAME);
    let functions = format!("nonces stored and read, a share by the functions, {}", S::NAME);
    if !table.wants(&signing) && !table.wants(&functions) {
        return;
    }
    let (cast, mut rng) = (cast(&[1, 2, 3]), Tainted::new(3));
    let shares = made::<S>(&cast, &mut rng);
    table.clean(&signing, || {
        let task = Task::new(shares[0].public(), set(&[1, 3]), b"a message", session(2)).unwrap();
        let task = form(task);
        let start = |at: usize| Sign::start(&shares[at], task.clone(), &mut rng).unwrap();
        let sessions = [0, 2].map(start).into();
        run(&cast, sessions, Private::Shown, &mut rng);
        shares.iter().flat_map(secret).collect()
    });
    table.clean(&functions, || {
        let mut made = [0, 2].map(|at: usize| SigningNonces::generate((&shares[at]).into(), &mut rng));
        let list = [0, 2].map(|at: usize| (shares[at].id(), made[at / 2].commitments().clone()));
        let package = SigningPackage::new(shares[0].public().commitment(), list, b"a message").unwrap();
        made.reverse();
        let [_, first] = made;
        let form = first.store();
        let kept = form.expose()[36..].to_vec();
        let nonces = SigningNonces::<S>::load(form, &mut MemoryLedger::default()).unwrap();
        frost::sign(nonces, (&shares[0]).into(), &package).unwrap();
        kept
    });
}

fn child<S: Suite + Derive>(task: Task<S>) -> Task<S> {
    task.path(Path::new([44, 7]).unwrap()).unwrap()
}

pub fn all(table: &mut Table) {
    sign::<FrostEd25519>(table, child);
    sign::<FrostRistretto255>(table, |task| task);
    sign::<FrostP256>(table, |task| task);
    sign::<FrostSecp256k1>(table, |task| task);
    sign::<FrostTaproot>(table, child);
}
