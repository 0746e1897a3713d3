//! The exact size of every message, from the outboxes of real sessions: refresh, reshare and import.

use quorate::curve::{Curve, EcdsaSecp256k1, FrostEd25519};
use quorate::import::{self, Import};
use quorate::key::{KeyShare, Seat};
use quorate::party::PartyId;
use quorate::refresh::{self, Refresh};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::session::{Session, State};
use quorate::sim::{Cast, Letter, MemoryLedger, Report};
use quorate::wire::{Kind, SessionId};

use crate::foe::{Foe, Scalar};
use crate::game::rng;
use crate::puppet::{at, id, scalar_bytes};
use crate::stage::{self, set, threshold};

const SESSION: SessionId = SessionId([12; 16]);

/// What was sent, and how it ended.
fn run<P: State>(cast: &Cast, sessions: Vec<Session<P>>) -> (Vec<Letter>, Vec<P::Output>) {
    let mut letters = Vec::new();
    let mut record = |letter: &mut Letter| {
        letters.push(letter.clone());
        true
    };
    let reports = cast.run_with(sessions, quorate::sim::Faults::default(), &mut record, &mut rng(7));
    (letters, reports.into_iter().map(Report::output).collect())
}

/// Where somebody stands.
#[derive(Clone, Copy)]
struct Sizes {
    point: usize,
    dealers: usize,
    /// In a reveal.
    points: usize,
    chain: usize,
}

impl Sizes {
    fn commit(self, deals: bool, receives: bool) -> usize {
        let keys = self.dealers - usize::from(deals);
        32 + if deals { 32 } else { 0 } + if receives { self.point * keys } else { 0 }
    }

    fn reveal(self) -> usize {
        96 + self.chain + self.point * (self.points + 1)
    }

    /// Every letter, and that there are as many as there must be.
    fn check(self, letters: &[Letter], dealers: &[PartyId], members: &[PartyId]) {
        let mut cast = [dealers, members].concat();
        cast.sort_unstable();
        cast.dedup();
        let mut counts = [0; 4];
        for letter in letters {
            let (from, len) = (letter.header.from, letter.body.len());
            let (deals, receives) = (dealers.contains(&from), members.contains(&from));
            let (place, wanted) = match (letter.header.round, letter.header.kind) {
                (1, Kind::All) => (0, self.commit(deals, receives)),
                (2, Kind::All) => (1, self.reveal()),
                (2, Kind::Direct) => (2, self.point + 32),
                (3, Kind::All) => (3, 96),
                other => panic!("{other:?}"),
            };
            assert_eq!(len, wanted, "{:?}", letter.header);
            assert!(deals || ![1, 2].contains(&place));
            counts[place] += 1;
        }
        let (n, d) = (cast.len(), dealers.len());
        let both = dealers.iter().filter(|id| members.contains(id)).count();
        assert_eq!(counts, [n * (n - 1), d * (n - 1), d * members.len() - both, n * (n - 1)]);
    }
}

fn party_ids(numbers: impl IntoIterator<Item = u16>) -> Vec<PartyId> {
    numbers.into_iter().map(id).collect()
}

fn refreshed<S: Foe>(t: u16, n: u16) {
    let cast = Cast::new(1..=n, &mut rng(6)).unwrap();
    let shares = cast.deal::<S>(threshold(t, n), &mut rng(5)).unwrap();
    let key = shares[0].public();
    let agreed = refresh::Run::new(key, 1, SESSION).unwrap();
    let start = |share| Refresh::start(&agreed, share, &mut MemoryLedger::default(), &mut rng(4)).unwrap();
    let (letters, outputs) = run(&cast, shares.iter().map(start).collect());
    let point = S::Curve::POINT_LEN;
    let (t, n) = (usize::from(t), usize::from(n));
    let sizes = Sizes { point, dealers: n, points: t - 1, chain: 0 };
    let all = cast.ids();
    sizes.check(&letters, &all, &all);
    // As the table has it.
    assert_eq!((sizes.commit(true, true), sizes.reveal()), (64 + point * (n - 1), 96 + point * t));
    // A refreshed share is stored with the base: epoch 4 and cert 32.
    let stored = outputs[0].to_bytes().expose().len();
    assert_eq!(stored, KeyShare::<S>::stored_len(t, n) + 36);
}

fn reshared<S: Foe>((t, n): (u16, u16), dealers: &[u16], (u, members): (u16, &[u16])) {
    let most = n.max(*members.last().unwrap());
    let cast = Cast::new(1..=most, &mut rng(6)).unwrap();
    let old = cast.only(&set(&(1..=n).collect::<Vec<_>>())).unwrap();
    let shares = old.deal::<S>(threshold(t, n), &mut rng(5)).unwrap();
    let roster = cast.only(&set(members)).unwrap().roster().clone();
    let threshold = threshold(u, members.len() as u16);
    let agreed =
        reshare::Run::with_threshold(shares[0].public(), set(dealers), threshold, roster, 1, SESSION)
            .unwrap();
    let start = |me: PartyId| {
        let ledger = &mut MemoryLedger::default();
        match shares.iter().find(|share| share.id() == me && agreed.dealers().contains(me)) {
            Some(share) => Reshare::deal(&agreed, share, ledger, &mut rng(me.get().into())).unwrap(),
            None => Reshare::receive(&agreed, me, ledger, &mut rng(me.get().into())).unwrap(),
        }
    };
    let sessions = agreed.cast().parties().iter().map(start).collect();
    let (letters, outputs) = run(&cast.only(agreed.cast().parties()).unwrap(), sessions);
    let point = S::Curve::POINT_LEN;
    let sizes = Sizes { point, dealers: dealers.len(), points: u.into(), chain: 0 };
    let (dealers, members) = (party_ids(dealers.iter().copied()), party_ids(members.iter().copied()));
    sizes.check(&letters, &dealers, &members);
    assert_eq!(sizes.reveal(), 96 + point * (usize::from(u) + 1));
    // .. with the base, and count 2 and 34 a dealer; and a signature of everybody.
    let outside = dealers.iter().filter(|id| !members.contains(id)).count();
    let more = 36 + 2 + 34 * dealers.len() + 64 * outside;
    let stored = outputs.into_iter().find_map(Seat::member).unwrap().to_bytes().expose().len();
    assert_eq!(stored, KeyShare::<S>::stored_len(u.into(), members.len()) + more);
}

/// Of the whole by one, or of shares of three.
fn imported<S: Foe>(dealers: &[u16], (u, members): (u16, &[u16])) {
    let cast = Cast::new(1..=9, &mut rng(6)).unwrap();
    let [from, roster] = [dealers, members].map(|ids| cast.only(&set(ids)).unwrap().roster().clone());
    let threshold = threshold(u, members.len() as u16);
    let f = &stage::polynomial::<S>()[..];
    let whole = dealers.len() == 1;
    let agreed = if whole {
        let (key, dealer) = (crate::puppet::base::<S>(&f[0]), from.iter().next().unwrap());
        import::Run::<S>::whole(threshold, roster, &key, dealer, SESSION).unwrap()
    } else {
        import::Run::<S>::shares(threshold, roster, &stage::commitment::<S>(f), None, &from, SESSION).unwrap()
    };
    let value = |me| if whole { f[0] } else { at::<S>(f, me) };
    let secret = |k: &Scalar<S>| Secret::new(scalar_bytes::<S>(k).try_into().unwrap());
    let start = |me: PartyId| {
        let (ledger, rng) = (&mut MemoryLedger::default(), &mut rng(me.get().into()));
        if agreed.dealers().contains(me) {
            Import::deal(&agreed, me, &secret(&value(me)), None, ledger, rng).unwrap()
        } else {
            Import::receive(&agreed, me, ledger, rng).unwrap()
        }
    };
    let sessions = agreed.cast().parties().iter().map(start).collect();
    let (letters, _) = run(&cast.only(agreed.cast().parties()).unwrap(), sessions);
    let point = S::Curve::POINT_LEN;
    let sizes = Sizes { point, dealers: dealers.len(), points: u.into(), chain: 32 };
    let (dealers, members) = (party_ids(dealers.iter().copied()), party_ids(members.iter().copied()));
    sizes.check(&letters, &dealers, &members);
    assert_eq!(sizes.reveal(), 128 + point * (usize::from(u) + 1));
}

#[test]
fn messages_of_refresh_reshare_and_import() {
    fn all<S: Foe>() {
        for (t, n) in [(2, 2), (2, 3), (3, 3), (3, 5), (5, 7)] {
            refreshed::<S>(t, n);
        }
        reshared::<S>((2, 3), &[1, 2], (2, &[1, 2, 3]));
        reshared::<S>((2, 3), &[1, 3], (2, &[4, 5]));
        reshared::<S>((2, 3), &[2, 3], (4, &[1, 2, 3, 4, 5, 6]));
        reshared::<S>((3, 5), &[1, 3, 5], (2, &[3, 6, 7]));
        reshared::<S>((5, 5), &[1, 2, 3, 4, 5], (3, &[1, 3, 5, 7]));
        imported::<S>(&[9], (2, &[1, 2, 3]));
        imported::<S>(&[2], (3, &[1, 2, 3, 4]));
        imported::<S>(&[2, 8, 9], (2, &[1, 2, 3]));
        imported::<S>(&[1, 2, 3], (3, &[1, 2, 3]));
    }
    all::<FrostEd25519>();
    all::<EcdsaSecp256k1>();
}
