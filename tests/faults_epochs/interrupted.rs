//! Runs that stop anywhere: they go on from a snapshot with the same bytes, or the parties begin again from the epoch that they still have.

use std::collections::BTreeMap;

use quorate::curve::FrostEd25519;
use quorate::dkg::{Ceremony, Occasion};
use quorate::error::{ResumeError, SetupError};
use quorate::import::{self, Import};
use quorate::key::{KeyShare, PendingSeat, PublicKey};
use quorate::party::PartyId;
use quorate::refresh::{self, Refresh};
use quorate::reshare::{self, Reshare};
use quorate::secret::Secret;
use quorate::session::{AlreadySpent, Receipt, Session, Snapshot, SpendOnce, Status};
use quorate::sim::{Cast, MemoryLedger};
use quorate::wire::SessionId;

use crate::driver::{Mail, Outcome, Player, Script};
use crate::facts::Kept;
use crate::flow;
use crate::game::rng;
use crate::puppet::{base, id, scalar_bytes};
use crate::stage::{self, set, threshold};

type E = FrostEd25519;

/// What a run is made of, so that it can be made again.
struct Plot<O: Occasion> {
    script: Script<Ceremony<O>>,
    run: O,
}

fn cast() -> (Cast, Vec<KeyShare<E>>) {
    let cast = Cast::new([1, 2, 3, 4, 9], &mut rng(95)).unwrap();
    let shares = cast.only(&set(&[1, 2, 3])).unwrap().deal::<E>(threshold(2, 3), &mut rng(96)).unwrap();
    (cast, shares)
}

fn seed(me: PartyId) -> u64 {
    97 << 16 | u64::from(me.get())
}

fn share_of(shares: &[KeyShare<E>], me: PartyId) -> Option<KeyShare<E>> {
    let share = shares.iter().find(|share| share.id() == me)?;
    KeyShare::from_bytes(share.to_bytes().expose())
}

fn start_refresh(
    run: &refresh::Run<E>,
    me: PartyId,
    ledger: &mut MemoryLedger,
) -> Result<Session<Refresh<E>>, SetupError> {
    Refresh::start(run, &share_of(&cast().1, me).unwrap(), ledger, &mut rng(seed(me)))
}

fn start_reshare(
    run: &reshare::Run<E>,
    me: PartyId,
    ledger: &mut MemoryLedger,
) -> Result<Session<Reshare<E>>, SetupError> {
    if run.dealers().contains(me) {
        Reshare::deal(run, &share_of(&cast().1, me).unwrap(), ledger, &mut rng(seed(me)))
    } else {
        Reshare::receive(run, me, ledger, &mut rng(seed(me)))
    }
}

fn start_import(
    run: &import::Run<E>,
    me: PartyId,
    ledger: &mut MemoryLedger,
) -> Result<Session<Import<E>>, SetupError> {
    let secret = || Secret::new(scalar_bytes::<E>(&stage::secret::<E>()).try_into().unwrap());
    if run.dealers().contains(me) {
        Import::deal(run, me, &secret(), None, ledger, &mut rng(seed(me)))
    } else {
        Import::receive(run, me, ledger, &mut rng(seed(me)))
    }
}

fn refresh_run(epoch: u32, session: u8) -> refresh::Run<E> {
    refresh::Run::new(cast().1[0].public(), epoch, SessionId([session; 16])).unwrap()
}

/// 1 only deals, 2 does both, 3 and 4 only receive.
fn reshare_run(epoch: u32, session: u8) -> reshare::Run<E> {
    let (cast, shares) = cast();
    let roster = cast.only(&set(&[2, 3, 4])).unwrap().roster().clone();
    let session = SessionId([session; 16]);
    reshare::Run::new(shares[0].public(), set(&[1, 2]), roster, epoch, session).unwrap()
}

fn import_run(session: u8) -> import::Run<E> {
    let (cast, _) = cast();
    let roster = cast.only(&set(&[1, 2, 3])).unwrap().roster().clone();
    let dealer = (id(9), cast.roster().identity(id(9)).unwrap());
    let (key, session) = (base::<E>(&stage::secret::<E>()), SessionId([session; 16]));
    import::Run::whole(threshold(2, 3), roster, &key, dealer, session).unwrap()
}

/// Starts one party of a run.
type Start<O> = fn(&O, PartyId, &mut MemoryLedger) -> Result<Session<Ceremony<O>>, SetupError>;

fn plot<O: Occasion<Scheme = E, Output: Outcome> + std::fmt::Debug + 'static>(
    run: O,
    start: Start<O>,
) -> Plot<O>
where
    Ceremony<O>: std::fmt::Debug,
{
    let ids = run.deal().origin().cast().parties().clone();
    let (cast, again) = (cast().0.only(&ids).unwrap(), run.clone());
    let begin = move |me| start(&again, me, &mut MemoryLedger::default()).unwrap();
    let parties: Vec<_> = ids.iter().collect();
    Plot { script: Script::new(cast, &parties, begin), run }
}

/// What happens to a party, in order: a message, a step, a share kept.
enum Event<'a> {
    Mail(&'a Mail),
    Step,
    Keep,
}

/// The events of a life, by living it.
fn life<'a, O>(plot: &Plot<O>, me: PartyId, inbound: &'a [Mail]) -> Vec<Event<'a>>
where
    O: Occasion<Scheme = E, Output: Outcome> + std::fmt::Debug,
{
    let (mut player, mut events) = (plot.script.play(me), Vec::new());
    let go = |player: &mut Player<_>, events: &mut Vec<_>| loop {
        match player.step() {
            Some(Status::Advanced { .. } | Status::Done(())) => events.push(Event::Step),
            Some(Status::Keep) => {
                events.extend([Event::Step, Event::Keep]);
                player.keep(&plot.script.cast);
            }
            _ => return,
        }
    };
    // A dealer among dealers that are no others has nothing to wait for.
    go(&mut player, &mut events);
    for mail in inbound {
        assert_eq!(player.receive(mail), Ok(Receipt::Stored));
        events.push(Event::Mail(mail));
        go(&mut player, &mut events);
    }
    assert!(player.session.is_over());
    events
}

fn goes_on<O>(plot: &Plot<O>)
where
    O: Occasion<Scheme = E, Output: Outcome> + std::fmt::Debug,
{
    for me in plot.script.cast.ids() {
        let (config, inbound) = ((plot.run.clone(), me), plot.script.inbound(me));
        let events = life(plot, me, &inbound);
        // At one point, and (the last one) at every point.
        for pause in 0..=events.len() {
            let (mut player, mut ledger) = (plot.script.play(me), MemoryLedger::default());
            for (k, event) in events.iter().enumerate() {
                if pause == k || pause == events.len() {
                    let outbox = player.outbox();
                    let snapshot = player.session.suspend().unwrap();
                    let copy = Snapshot::from_bytes(Secret::new(snapshot.expose().to_vec()));
                    player = Player::of(Session::resume(&config, snapshot, &mut ledger).unwrap());
                    assert!(player.outbox() == outbox);
                    let again = Session::<Ceremony<O>>::resume(&config, copy, &mut ledger);
                    assert_eq!(again.err(), Some(ResumeError::Spent));
                }
                match event {
                    Event::Mail(mail) => assert_eq!(player.receive(mail), Ok(Receipt::Stored)),
                    Event::Step => assert!(player.step().is_some()),
                    Event::Keep => player.keep(&plot.script.cast),
                }
            }
            assert!(player.outbox() == plot.script.outbound(me));
            assert!(player.result.unwrap().unwrap() == plot.script.result(me));
        }
    }
}

#[test]
fn runs_suspended_anywhere_go_on_with_the_same_bytes() {
    goes_on(&plot(refresh_run(1, 1), start_refresh));
    goes_on(&plot(reshare_run(1, 1), start_reshare));
    goes_on(&plot(import_run(1), start_import));
}

/// A witness that must not be asked.
struct Nobody;

impl SpendOnce for Nobody {
    fn spend(&mut self, _: &[u8; 32], _: u32) -> Result<(), AlreadySpent> {
        panic!("the witness was asked about a snapshot that is refused anyway")
    }
}

/// Snapshots of a run at every point of every party's life, under every other configuration.
fn foreign<O>(plot: &Plot<O>, others: &[O])
where
    O: Occasion<Scheme = E, Output: Outcome> + std::fmt::Debug,
{
    let ids = plot.script.cast.ids();
    for me in ids.iter().copied() {
        let inbound = plot.script.inbound(me);
        let events = life(plot, me, &inbound);
        let (mut player, mut ledger) = (plot.script.play(me), MemoryLedger::default());
        for event in &events {
            let bytes = player.session.suspend().unwrap().expose().to_vec();
            let resume = |config: &(O, PartyId), witness: &mut dyn SpendOnce| {
                let snapshot = Snapshot::from_bytes(Secret::new(bytes.clone()));
                Session::<Ceremony<O>>::resume(config, snapshot, witness)
            };
            let other_party = ids.iter().copied().chain([id(77)]).filter(|other| *other != me);
            let configs = other_party.map(|other| (plot.run.clone(), other));
            for config in configs.chain(others.iter().map(|other| (other.clone(), me))) {
                assert_eq!(resume(&config, &mut Nobody).err(), Some(ResumeError::Foreign));
            }
            player = Player::of(resume(&(plot.run.clone(), me), &mut ledger).unwrap());
            match event {
                Event::Mail(mail) => assert_eq!(player.receive(mail), Ok(Receipt::Stored)),
                Event::Step => assert!(player.step().is_some()),
                Event::Keep => player.keep(&plot.script.cast),
            }
        }
    }
}

#[test]
fn snapshots_under_other_terms_are_foreign_and_stay_unspent() {
    foreign(&plot(refresh_run(1, 1), start_refresh), &[refresh_run(2, 1), refresh_run(1, 2)]);
    let (cast, shares) = cast();
    let key = shares[0].public();
    let roster = |ids: &[u16]| cast.only(&set(ids)).unwrap().roster().clone();
    let run = |dealers: &[u16], members: &[u16], t| {
        let threshold = threshold(t, members.len() as u16);
        let session = SessionId([1; 16]);
        reshare::Run::with_threshold(key, set(dealers), threshold, roster(members), 1, session).unwrap()
    };
    let others = [
        reshare_run(2, 1),
        reshare_run(1, 2),
        run(&[1, 3], &[2, 3, 4], 2),
        run(&[1, 2], &[2, 3, 4], 3),
        run(&[1, 2], &[1, 2, 3, 4], 2),
    ];
    foreign(&plot(reshare_run(1, 1), start_reshare), &others);
    foreign(&plot(import_run(1), start_import), &[import_run(2)]);
}

/// The first messages of a run are delivered, and then it stops; what was pending is kept. A run under the same session id is refused; one
/// under a new one ends with the key.
fn begins_again<O>(run: &dyn Fn(u32, u8) -> O, start: Start<O>, key: &PublicKey<E>, keeps: bool)
where
    O: Occasion<Scheme = E, Output: Outcome, Pending: Kept> + std::fmt::Debug + 'static,
{
    let first = plot(run(1, 1), start);
    let count = first.script.mail.len();
    for delivered in 0..=count {
        let mut pending = BTreeMap::new();
        let mut ledgers: BTreeMap<_, _> = BTreeMap::new();
        for me in first.script.cast.ids() {
            let mut ledger = MemoryLedger::default();
            let mut player = Player::of(start(&first.run, me, &mut ledger).unwrap());
            player.advance(&first.script.cast);
            for mail in first.script.mail[..delivered].iter().filter(|mail| mail.is_for(me)) {
                assert_eq!(player.receive(mail), Ok(Receipt::Stored));
                while let Some(Status::Advanced { .. }) = player.step() {}
                if let Some(kept) = player.session.pending() {
                    pending.insert(me, kept.stored());
                    player.keep(&first.script.cast);
                }
                player.advance(&first.script.cast);
            }
            drop(player);
            let again = start(&first.run, me, &mut ledger);
            assert_eq!(again.err(), Some(SetupError::SessionSpent(me)));
            ledgers.insert(me, ledger);
        }
        // Under a new id, everybody; with the same ledgers.
        let second = run(2, 2);
        let sessions: Vec<_> =
            ledgers.iter_mut().map(|(me, ledger)| start(&second, *me, ledger).unwrap()).collect();
        let reports = first.script.cast.run(sessions, &mut rng(98));
        for report in reports {
            let bytes = report.output().bytes();
            let public = KeyShare::<E>::from_bytes(&bytes).map(|share| share.public().clone());
            let public = public.or_else(|| PublicKey::from_bytes(&bytes)).unwrap();
            assert_eq!(public.public_key(), key.public_key());
            assert_eq!(public.key_id() == key.key_id(), keeps);
            assert_eq!(public.epoch(), if keeps { 2 } else { 0 });
        }
        // What was pending from the first run is still good, should its certificate turn up.
        if delivered == count {
            assert_eq!(pending.len(), first.script.cast.ids().len());
        }
        for (me, stored) in pending {
            let bytes = first.script.result(me);
            let public = KeyShare::<E>::from_bytes(bytes).map(|share| share.public().clone());
            let public = public.or_else(|| PublicKey::from_bytes(bytes)).unwrap();
            let pending = PendingSeat::<E>::from_bytes(&stored).unwrap();
            assert_eq!(pending.complete(public.certificate().clone()).unwrap().public(), &public);
        }
    }
}

#[test]
fn runs_interrupted_at_every_message_begin_again_under_a_new_session_id() {
    let (_, shares) = cast();
    let key = shares[0].public();
    begins_again(&refresh_run, start_refresh, key, true);
    begins_again(&reshare_run, start_reshare, key, true);
    let whole = plot(import_run(1), start_import);
    let imported = KeyShare::<E>::from_bytes(whole.script.result(id(1))).unwrap();
    begins_again(&|_, session| import_run(session), start_import, imported.public(), false);
}

/// The old epoch signs while a new one is pending, and after the run was given up.
#[test]
fn old_epoch_signs_while_a_new_one_is_pending() {
    let (cast, shares) = cast();
    let first = plot(refresh_run(1, 1), start_refresh);
    let mut player = first.script.play(id(1));
    for mail in first.script.inbound(id(1)).iter().filter(|mail| mail.header().round < 3) {
        assert_eq!(player.receive(mail), Ok(Receipt::Stored));
    }
    player.advance(&first.script.cast);
    assert!(player.kept && player.result.is_none());
    flow::sign_frost(&cast, &shares, &[1, 2], &mut rng(99));
}
