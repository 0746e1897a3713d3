//! A key of 3 of 5, and the dealings from it: refreshed among all, reshared by 1, 3 and 4 to 3, 6 and 7, its secret imported by
//! 9 and its shares by 2, 8 and 9 to 1, 2 and 3. So there are parties that only deal, that only receive, and that do both.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use quorate::curve::read_scalar;
use quorate::error::Rejected;
use quorate::import::{self, Import};
use quorate::key::{KeyShare, PublicKey};
use quorate::party::{Parties, PartyId, Threshold};
use quorate::refresh::{self, Refresh};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::session::Session;
use quorate::sharing::{Commitment, coefficient};
use quorate::sim::MemoryLedger;
use quorate::wire::SessionId;

use crate::facts::{Affair, Facts};
use crate::foe::{Foe, Scalar};
use crate::game::{Game, identity, rng, roster, start_seed};
use crate::hash::h;
use crate::puppet::{Puppet, at, id, scalar_bytes};

pub(crate) type Make<S, O> = fn(&[u16]) -> Game<S, O>;

pub(crate) const REFRESHED: u32 = 7;
pub(crate) const RESHARED: u32 = 5;
/// Who deals in the reshare.
pub(crate) const OLD: [u16; 3] = [1, 3, 4];
/// Who has a share after it.
pub(crate) const NEW: [u16; 3] = [3, 6, 7];

pub(crate) fn ids(numbers: &[u16]) -> Vec<PartyId> {
    numbers.iter().map(|n| id(*n)).collect()
}

pub(crate) fn set(numbers: &[u16]) -> Parties {
    Parties::from_numbers(numbers.iter().copied()).unwrap()
}

pub(crate) fn threshold(t: u16, n: u16) -> Threshold {
    Threshold::new(t, n).unwrap()
}

/// The secret in a stored share.
pub(crate) fn secret_of<S: Foe>(share: &KeyShare<S>) -> Scalar<S> {
    read_scalar::<S::Curve>(&share.to_bytes().expose()[5..37]).unwrap()
}

/// A key of 3 of `1..=5` as it was before.
pub(crate) struct Past<S: Foe>(pub(crate) BTreeMap<u16, KeyShare<S>>);

type Made = BTreeMap<(&'static str, u8), &'static (dyn Any + Send + Sync)>;
static MADE: Mutex<Made> = Mutex::new(BTreeMap::new());

impl<S: Foe> Past<S> {
    pub(crate) fn new() -> &'static Self {
        Self::with(1)
    }

    /// Another key for another session; made once.
    pub(crate) fn with(session: u8) -> &'static Self {
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        let past = made.entry((S::NAME, session)).or_insert_with(|| {
            let mut game = Game::<S>::with(3, 5, &[], session);
            game.play_fair();
            let ended = game.seats.into_iter();
            let shares = ended.map(|(me, seat)| (me.get(), seat.outcome.unwrap().unwrap())).collect();
            Box::leak(Box::new(Self(shares)))
        });
        past.downcast_ref().unwrap()
    }

    pub(crate) fn share(&self, number: u16) -> &KeyShare<S> {
        &self.0[&number]
    }

    pub(crate) fn key(&self) -> &PublicKey<S> {
        self.share(1).public()
    }

    pub(crate) fn secret(&self, number: u16) -> Scalar<S> {
        secret_of(self.share(number))
    }
}

/// Everything about the next epoch of a key.
fn next<S: Foe>(key: &PublicKey<S>, [protocol, session]: [u8; 2], t: u16, epoch: u32) -> Facts<S> {
    let mut before = Vec::new();
    key.commitment().write(&mut before);
    let base = h("epoch-id", &[key.key_id(), &key.epoch().to_be_bytes(), key.cert()]);
    Facts {
        protocol,
        session: SessionId([session; 16]),
        t,
        members: Vec::new(),
        dealers: Vec::new(),
        epoch,
        base,
        source: Vec::new(),
        before,
        chain: Some(*key.chain_code()),
        zero: false,
        parts: false,
        scheme: std::marker::PhantomData,
    }
}

pub(crate) fn refresh_run<S: Foe>(key: &PublicKey<S>, epoch: u32, session: u8) -> refresh::Run<S> {
    refresh::Run::new(key, epoch, SessionId([session; 16])).unwrap()
}

pub(crate) fn begin_refresh<S: Foe>(
    run: &refresh::Run<S>,
    past: &Past<S>,
    me: PartyId,
) -> Session<Refresh<S>> {
    let (share, seed) = (past.share(me.get()), start_seed(me, 33));
    Refresh::start(run, share, &mut MemoryLedger::default(), &mut rng(seed)).unwrap()
}

/// A refresh among all.
pub(crate) fn refresh<S: Foe>(villains: &[u16]) -> Game<S, refresh::Run<S>> {
    let past = Past::<S>::new();
    let run = refresh_run(past.key(), REFRESHED, 33);
    let all = ids(&[1, 2, 3, 4, 5]);
    let facts =
        Facts { members: all.clone(), dealers: all, zero: true, ..next(past.key(), [3, 33], 3, REFRESHED) };
    let mut start = |me: PartyId| begin_refresh(&run, past, me);
    let mut puppet = |me| Puppet::of(&facts, me, &mut rng(start_seed(me, 33)));
    let mut game = Game::between(run.clone(), facts.clone(), villains, &mut start, &mut puppet);
    game.others = Box::new(move || {
        vec![
            ("another epoch", refresh_run(past.key(), REFRESHED + 1, 33)),
            ("another session", refresh_run(past.key(), REFRESHED, 34)),
            ("another key", refresh_run(Past::<S>::with(2).key(), REFRESHED, 33)),
        ]
    });
    named(game, "refresh")
}

pub(crate) fn reshare_run<S: Foe>(
    key: &PublicKey<S>,
    (dealers, members): (&[u16], &[u16]),
    t: u16,
    epoch: u32,
    session: u8,
) -> reshare::Run<S> {
    let (roster, n) = (roster(ids(members)), members.len() as u16);
    let session = SessionId([session; 16]);
    reshare::Run::with_threshold(key, set(dealers), threshold(t, n), roster, epoch, session).unwrap()
}

pub(crate) fn begin_reshare<S: Foe>(
    run: &reshare::Run<S>,
    past: &Past<S>,
    me: PartyId,
) -> Session<Reshare<S>> {
    let (ledger, rng) = (&mut MemoryLedger::default(), &mut rng(start_seed(me, 44)));
    if run.dealers().contains(me) {
        Reshare::deal(run, past.share(me.get()), ledger, rng).unwrap()
    } else {
        Reshare::receive(run, me, ledger, rng).unwrap()
    }
}

/// A reshare by some to others, with another threshold.
pub(crate) fn reshare<S: Foe>(villains: &[u16]) -> Game<S, reshare::Run<S>> {
    let past = Past::<S>::new();
    let (t, who) = (2, (&OLD[..], &NEW[..]));
    let run = reshare_run(past.key(), who, t, RESHARED, 44);
    let (dealers, members) = (ids(&OLD), ids(&NEW));
    let facts = Facts { members, dealers, ..next(past.key(), [4, 44], t, RESHARED) };
    let mut start = |me: PartyId| begin_reshare(&run, past, me);
    let mut puppet = |me: PartyId| {
        let mut puppet = Puppet::of(&facts, me, &mut rng(start_seed(me, 44)));
        if OLD.contains(&me.get()) {
            let constant = coefficient::<S::Curve>(&set(&OLD), me).unwrap() * past.secret(me.get());
            constant_is(&mut puppet, constant);
        }
        puppet
    };
    let mut game = Game::between(run.clone(), facts.clone(), villains, &mut start, &mut puppet);
    game.others = Box::new(move || {
        vec![
            ("another epoch", reshare_run(past.key(), who, t, RESHARED + 1, 44)),
            ("another session", reshare_run(past.key(), who, t, RESHARED, 45)),
            ("another threshold", reshare_run(past.key(), who, 3, RESHARED, 44)),
            ("another dealer", reshare_run(past.key(), (&[1, 2, 4], &NEW), t, RESHARED, 44)),
            ("another member", reshare_run(past.key(), (&OLD, &[3, 6, 8]), t, RESHARED, 44)),
            ("another key", reshare_run(Past::<S>::with(2).key(), who, t, RESHARED, 44)),
        ]
    });
    named(game, "reshare")
}

fn constant_is<S: Foe>(puppet: &mut Puppet<S>, constant: Scalar<S>) {
    let by = constant - puppet.f[0];
    puppet.add_constant(by);
}

fn named<S: Foe, O: Affair<S>>(mut game: Game<S, O>, name: &str) -> Game<S, O> {
    game.label = format!("{} {name}", S::NAME);
    game
}

/// The secret that is imported.
pub(crate) fn secret<S: Foe>() -> Scalar<S> {
    Scalar::<S>::from(0x5ec2_e701)
}

pub(crate) const CHAIN: [u8; 32] = [0xcc; 32];

fn first<S: Foe>(session: u8, before: Vec<u8>, dealers: &[u16]) -> Facts<S> {
    let keys = dealers.iter().flat_map(|n| identity(id(*n)).verifying_key().to_bytes()).collect();
    Facts {
        protocol: 10,
        session: SessionId([session; 16]),
        t: 2,
        members: ids(&[1, 2, 3]),
        dealers: ids(dealers),
        epoch: 0,
        base: [0; 32],
        source: vec![before.clone(), keys],
        before,
        chain: None,
        zero: false,
        parts: true,
        scheme: std::marker::PhantomData,
    }
}

pub(crate) fn import_run<S: Foe>(
    public_key: &[u8],
    dealer: u16,
    members: &[u16],
    session: u8,
) -> import::Run<S> {
    let threshold = threshold(2, members.len() as u16);
    let (who, session) = (roster([id(dealer)]).iter().next().unwrap(), SessionId([session; 16]));
    import::Run::whole(threshold, roster(ids(members)), public_key, who, session).unwrap()
}

fn as_secret<S: Foe>(k: &Scalar<S>) -> Secret<[u8; 32]> {
    Secret::new(scalar_bytes::<S>(k).try_into().unwrap())
}

/// With what a dealer deals.
pub(crate) fn begin_import<S: Foe>(
    run: &import::Run<S>,
    me: PartyId,
    secret: &Scalar<S>,
) -> Session<Import<S>> {
    let (ledger, rng) = (&mut MemoryLedger::default(), &mut rng(start_seed(me, run.session().0[0])));
    if run.dealers().contains(me) {
        let chain = (run.dealers().len() == 1).then(|| Secret::new(CHAIN));
        Import::deal(run, me, &as_secret::<S>(secret), chain, ledger, rng).unwrap()
    } else {
        Import::receive(run, me, ledger, rng).unwrap()
    }
}

/// One party has another run in mind: everybody else refuses what it says, it refuses what everybody else says, and nothing comes of it.
pub(crate) fn odd_one_out<S: Foe, O: Affair<S>>(game: &mut Game<S, O>, odd: u16) {
    let odd = id(odd);
    for (me, seat) in &game.seats {
        assert!(seat.pending.is_none() && seat.outcome.is_none(), "{}: {me}", game.label);
        let from = |rejected: &Rejected| match rejected {
            Rejected::SetupMismatch(who) => *who,
            other => panic!("{}: {me}: {other}", game.label),
        };
        let mut refused: Vec<_> = seat.rejected.iter().map(from).collect();
        refused.sort_unstable();
        refused.dedup();
        let wanted: Vec<_> = game.ids.iter().copied().filter(|who| (*who == odd) != (*me == odd)).collect();
        assert_eq!(refused, wanted, "{}: {me}", game.label);
    }
}

/// The secret of a whole key, from an outsider.
pub(crate) fn import<S: Foe>(villains: &[u16]) -> Game<S, import::Run<S>> {
    let (secret, dealer) = (secret::<S>(), 9);
    let public_key = crate::puppet::base::<S>(&secret);
    let run = import_run(&public_key, dealer, &[1, 2, 3], 55);
    let facts = first(55, public_key.clone(), &[dealer]);
    let mut start = |me: PartyId| begin_import(&run, me, &secret);
    let mut puppet = |me: PartyId| {
        let mut puppet = Puppet::of(&facts, me, &mut rng(start_seed(me, 55)));
        if me == id(dealer) {
            constant_is(&mut puppet, secret);
            puppet.cc = CHAIN;
        }
        puppet
    };
    let mut game = Game::between(run.clone(), facts.clone(), villains, &mut start, &mut puppet);
    let another = crate::puppet::base::<S>(&Scalar::<S>::from(5));
    game.others = Box::new(move || {
        vec![
            ("another key", import_run(&another, dealer, &[1, 2, 3], 55)),
            ("another dealer", import_run(&public_key, 8, &[1, 2, 3], 55)),
            ("another member", import_run(&public_key, dealer, &[1, 2, 4], 55)),
            ("another session", import_run(&public_key, dealer, &[1, 2, 3], 56)),
        ]
    });
    named(game, "import")
}

/// A polynomial that shares lie on, of 3 of any.
pub(crate) fn polynomial<S: Foe>() -> Vec<Scalar<S>> {
    vec![secret::<S>(), Scalar::<S>::from(77), Scalar::<S>::from(0xabcdef)]
}

pub(crate) fn commitment<S: Foe>(f: &[Scalar<S>]) -> Commitment<S::Curve> {
    let points: Vec<u8> = f.iter().flat_map(crate::puppet::base::<S>).collect();
    Commitment::read(&points).unwrap()
}

pub(crate) fn import_shares_run<S: Foe>(
    commitment: &Commitment<S::Curve>,
    chain: Option<[u8; 32]>,
    (dealers, members): (&[u16], &[u16]),
    session: u8,
) -> import::Run<S> {
    let (threshold, session) = (threshold(2, members.len() as u16), SessionId([session; 16]));
    let (from, to) = (roster(ids(dealers)), roster(ids(members)));
    import::Run::shares(threshold, to, commitment, chain, &from, session).unwrap()
}

/// The shares of a key, from those who have them.
pub(crate) fn import_shares<S: Foe>(villains: &[u16]) -> Game<S, import::Run<S>> {
    import_shares_with(None, villains)
}

/// With a chain code that the key has.
pub(crate) fn import_shares_with<S: Foe>(
    chain: Option<[u8; 32]>,
    villains: &[u16],
) -> Game<S, import::Run<S>> {
    const DEALERS: &[u16] = &[2, 8, 9];
    let f = polynomial::<S>();
    let (commitment, who) = (commitment::<S>(&f), (DEALERS, &[1, 2, 3][..]));
    let run = import_shares_run(&commitment, chain, who, 66);
    let mut points = Vec::new();
    commitment.write(&mut points);
    let mut facts = Facts { chain, ..first(66, points, DEALERS) };
    facts.source.push(chain.map_or(Vec::new(), |chain| chain.to_vec()));
    let mut start = |me: PartyId| begin_import(&run, me, &at::<S>(&f, me));
    let mut puppet = |me: PartyId| {
        let mut puppet = Puppet::of(&facts, me, &mut rng(start_seed(me, 66)));
        if let Some(lambda) = coefficient::<S::Curve>(&set(DEALERS), me) {
            constant_is(&mut puppet, lambda * at::<S>(&f, me));
        }
        puppet
    };
    let mut game = Game::between(run.clone(), facts.clone(), villains, &mut start, &mut puppet);
    let another = crate::stage::commitment::<S>(&[f[0], f[1], f[0]]);
    game.others = Box::new(move || {
        vec![
            ("another polynomial", import_shares_run(&another, chain, who, 66)),
            ("another chain code", import_shares_run(&commitment, Some([1; 32]), who, 66)),
            ("another dealer", import_shares_run(&commitment, chain, (&[2, 7, 9], &[1, 2, 3]), 66)),
            ("another session", import_shares_run(&commitment, chain, who, 67)),
        ]
    });
    named(game, "import of shares")
}
