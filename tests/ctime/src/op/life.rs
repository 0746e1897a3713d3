//! What becomes of a key: refresh, reshare, repair, import, export, stored sessions, sets of keys.

use quorate::curve::{Curve, EcdsaSecp256k1, FrostEd25519, FrostP256, Scheme};
use quorate::dkg::{self, Dkg};
use quorate::import::{self, Import, ed25519_secret};
use quorate::key::Seat;
use quorate::key::epoch::Epochs;
use quorate::keyset::{self, AnyScheme, Bundle, KeySet};
use quorate::party::Threshold;
use quorate::refresh::{self, Refresh};
use quorate::repair::{self, Outcome, Repair};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::session::{Session, Snapshot};
use quorate::sim::MemoryLedger;
use quorate::{curve, key};

use super::keys::{cast, made, secret};
use super::{id, session, set};
use crate::drive::{Hand, Private, Spoilt, run, run_with};
use crate::table::Table;
use crate::tainted::Tainted;
use crate::valgrind::hide;

fn refresh<S: Scheme>(table: &mut Table) {
    table.clean(&format!("refresh, 2 of 3, {}", S::NAME), || {
        let (cast, mut rng) = (cast(&[1, 2, 3]), Tainted::new(6));
        let shares = made::<S>(&cast, &mut rng);
        let terms = refresh::Run::new(shares[0].public(), 1, session(10)).unwrap();
        let start = |share| Refresh::start(&terms, share, &mut MemoryLedger::default(), &mut rng).unwrap();
        let sessions = shares.iter().map(start).collect();
        let seats = run(&cast, sessions, Private::Shown, &mut rng);
        seats.iter().flat_map(secret).collect()
    });
}

fn reshare<S: Scheme>(table: &mut Table) {
    table.clean(&format!("reshare, 1 and 2 deal to 2, 3, 4, {}", S::NAME), || {
        let (all, mut rng) = (cast(&[1, 2, 3, 4]), Tainted::new(7));
        let old = all.only(&set(&[1, 2, 3])).unwrap();
        let shares = made::<S>(&old, &mut rng);
        let roster = all.only(&set(&[2, 3, 4])).unwrap().roster().clone();
        let terms = reshare::Run::new(shares[0].public(), set(&[1, 2]), roster, 1, session(11)).unwrap();
        let mut start = |number: u16| {
            let witness = &mut MemoryLedger::default();
            match shares.iter().find(|share| share.id() == id(number) && number < 3) {
                Some(share) => Reshare::deal(&terms, share, witness, &mut rng).unwrap(),
                None => Reshare::receive(&terms, id(number), witness, &mut rng).unwrap(),
            }
        };
        let sessions = (1..=4).map(&mut start).collect();
        let seats = run(&all, sessions, Private::Shown, &mut rng);
        seats.into_iter().filter_map(Seat::member).flat_map(|share| secret(&share)).collect()
    });
}

fn repair<S: Scheme>(table: &mut Table) {
    table.clean(&format!("repair, 1 and 3 help 2, {}", S::NAME), || {
        let (cast, mut rng) = (cast(&[1, 2, 3]), Tainted::new(8));
        let shares = made::<S>(&cast, &mut rng);
        let terms = repair::Run::new(shares[0].public(), id(2), set(&[1, 3]), session(12)).unwrap();
        let help = |at: usize| Repair::help(&terms, &shares[at], None, &mut rng).unwrap();
        let mut sessions = Vec::from([0, 2].map(help));
        sessions.push(Repair::rebuild(&terms, id(2)).unwrap());
        // Parts of a share are as secret as the share.
        let ends = run(&cast, sessions, Private::Secret, &mut rng);
        let rebuilt = ends.into_iter().find_map(Outcome::rebuilt).unwrap();
        secret(&rebuilt.share)
    });
}

/// A secret that somebody brings: of a whole key, to three members.
fn import<S: Scheme>(table: &mut Table) {
    table.clean(&format!("import of a secret, {}", S::NAME), || {
        let (all, mut rng) = (cast(&[1, 2, 3, 9]), Tainted::new(9));
        let two = <S::Curve as Curve>::Scalar::from(2);
        let point = curve::encode_point::<S::Curve>(&S::Curve::mul_base(&two)).unwrap();
        let mut bytes = Vec::new();
        curve::write_scalar::<S::Curve>(&two, &mut bytes);
        let mut brought = Secret::new(<[u8; 32]>::try_from(bytes).unwrap());
        hide(brought.expose_mut());
        let roster = all.only(&set(&[1, 2, 3])).unwrap().roster().clone();
        let dealer = (id(9), all.roster().identity(id(9)).unwrap());
        let terms =
            import::Run::<S>::whole(Threshold::new(2, 3).unwrap(), roster, &point, dealer, session(13))
                .unwrap();
        let witness = &mut MemoryLedger::default();
        let mut sessions = vec![
            Import::deal(&terms, id(9), &brought, Some(Secret::new([4; 32])), witness, &mut rng).unwrap(),
        ];
        for number in 1..=3 {
            sessions
                .push(Import::receive(&terms, id(number), &mut MemoryLedger::default(), &mut rng).unwrap());
        }
        let seats = run(&all, sessions, Private::Shown, &mut rng);
        seats.into_iter().filter_map(Seat::member).flat_map(|share| secret(&share)).collect()
    });
}

fn export<S: Scheme>(table: &mut Table) {
    table.clean(&format!("export, {}", S::NAME), || {
        let mut shares = made::<S>(&cast(&[1, 2, 3]), &mut Tainted::new(10));
        shares.remove(1);
        let exported = key::export(shares).map_err(|(error, _)| error).unwrap();
        exported.secret.expose().to_vec()
    });
}

/// Taken down to bytes after every round, and brought back.
fn suspended(table: &mut Table) {
    table.clean("key generation, suspended after every round, FROST(P-256)", || {
        let (cast, mut rng) = (cast(&[1, 2, 3]), Tainted::new(11));
        let threshold = Threshold::new(2, 3).unwrap();
        let terms = dkg::Run::<FrostP256>::new(threshold, cast.roster().clone(), session(14)).unwrap();
        let start = |number| Dkg::start(&terms, id(number), &mut MemoryLedger::default(), &mut rng).unwrap();
        let sessions = [1, 2, 3].map(start).into();
        struct Again(dkg::Run<FrostP256>);
        impl Hand<Dkg<FrostP256>> for Again {
            fn between(&mut self, session: Session<Dkg<FrostP256>>) -> Session<Dkg<FrostP256>> {
                let config = (self.0.clone(), session.terms().me);
                let snapshot = session.suspend().unwrap();
                let bytes = Secret::new(snapshot.expose().to_vec());
                Session::resume(&config, Snapshot::from_bytes(bytes), &mut MemoryLedger::default()).unwrap()
            }
        }
        let ends = run_with(&cast, sessions, Private::Shown, &mut Again(terms), &mut rng);
        assert_eq!(ends.len(), 3);
        ends.into_iter().flat_map(|share| secret(&share.unwrap())).collect()
    });
}

/// A dealer whose share does not fit: the receiver opens what it got, and proves it.
fn complaint(table: &mut Table) {
    let cheat = Spoilt { from: id(2), to: id(1), round: 2, at: 32 };
    table.clean("a complaint about a dealer, FROST(Ed25519)", || {
        let (cast, mut rng) = (cast(&[1, 2, 3]), Tainted::new(13));
        let threshold = Threshold::new(2, 3).unwrap();
        let terms = dkg::Run::<FrostEd25519>::new(threshold, cast.roster().clone(), session(16)).unwrap();
        let start = |number| Dkg::start(&terms, id(number), &mut MemoryLedger::default(), &mut rng).unwrap();
        let sessions = [1, 2, 3].map(start).into();
        let ends = run_with(&cast, sessions, Private::Shown, &mut { cheat }, &mut rng);
        assert!(ends.len() == 3 && ends.iter().all(Result::is_err));
        Vec::new()
    });
}

fn sets(table: &mut Table) {
    table.clean("key set of three schemes, 2 of 3", || {
        let (cast, mut rng) = (cast(&[1, 2, 3]), Tainted::new(12));
        let schemes = [AnyScheme::EcdsaSecp256k1, AnyScheme::FrostEd25519, AnyScheme::EcdsaP256];
        let threshold = Threshold::new(2, 3).unwrap();
        let terms = keyset::Run::new(threshold, cast.roster().clone(), session(15), schemes).unwrap();
        let start =
            |number| KeySet::start(&terms, id(number), &mut MemoryLedger::default(), &mut rng).unwrap();
        let sessions = [1, 2, 3].map(start).into();
        let bundles = run(&cast, sessions, Private::Shown, &mut rng);
        let read = Bundle::from_bytes(bundles[0].to_bytes().expose()).unwrap();
        secret(read.get::<EcdsaSecp256k1>(0).unwrap())
    });
}

/// A device's record of a key, as it is stored.
fn record(table: &mut Table) {
    table.clean("a record of epochs stored and read", || {
        let share = made::<FrostEd25519>(&cast(&[1, 2, 3]), &mut Tainted::new(2)).remove(0);
        let record = Epochs::new(share);
        secret(Epochs::<FrostEd25519>::from_bytes(record.to_bytes().expose()).unwrap().current().unwrap())
    });
}

pub fn all(table: &mut Table) {
    refresh::<FrostEd25519>(table);
    refresh::<EcdsaSecp256k1>(table);
    reshare::<FrostEd25519>(table);
    reshare::<EcdsaSecp256k1>(table);
    repair::<FrostEd25519>(table);
    repair::<EcdsaSecp256k1>(table);
    import::<FrostEd25519>(table);
    import::<EcdsaSecp256k1>(table);
    export::<FrostEd25519>(table);
    export::<EcdsaSecp256k1>(table);
    suspended(table);
    complaint(table);
    sets(table);
    record(table);
    table.clean("Ed25519 secret from a seed", || {
        let mut seed = Secret::new([7; 32]);
        hide(seed.expose_mut());
        ed25519_secret(&seed).expose().to_vec()
    });
}
