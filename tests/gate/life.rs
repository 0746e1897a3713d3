//! The life of a key behind the gate.

use std::collections::BTreeMap;

use quorate::approval::gate::GateError;
use quorate::approval::registry::Entry;
use quorate::approval::request::{Action, DigestRule, SigningRequest};
use quorate::curve::{FrostEd25519, Scheme};
use quorate::error::SetupError;
use quorate::gated::life::{
    Repaired, export, help, join, rebuild, refresh, refresh_payload, repair_payload, reshare, reshare_payload,
};
use quorate::gated::{Gated, key_ref};
use quorate::key::PublicKey;
use quorate::key::epoch::Epochs;
use quorate::party::Threshold;
use quorate::sim::{Cast, MemoryLedger};
use quorate::{refresh as refreshing, repair as repairing, reshare as resharing};

use super::frost::{Group, group};
use super::world::{NOW, Node, draft, drive, id, live, request, rng, run, session, set};

type E = FrostEd25519;

fn asks<S: Scheme>(key: &PublicKey<S>, action: Action, payload: Vec<u8>, nonce: u8) -> SigningRequest {
    request(draft(action, DigestRule::None, Some(key_ref(key)), payload), nonce)
}

fn records(g: &mut Group<E>) -> Vec<Gated<Epochs<E>>> {
    g.shares.drain(..).map(Gated::into_epochs).collect()
}

/// A refresh from the request to the new epoch, in which the shares sign and before which the old ones are erased.
#[test]
fn a_refresh_is_run_for_its_request_and_enters_the_epoch() {
    let mut g = group::<E>(500);
    let key = g.shares[0].public().clone();
    let mut epochs = records(&mut g);
    let run = refreshing::Run::new(&key, 1, session(1)).unwrap();
    let wanted = asks(&key, Action::Refresh, refresh_payload(&run), 1);
    assert_eq!(wanted.payload(), [0, 0, 0, 1]);
    let mut sessions = BTreeMap::new();
    for (node, record) in g.nodes.iter_mut().zip(&epochs) {
        let approved = node.approve(&wanted, session(1));
        let ledger = &mut MemoryLedger::default();
        let opened = refresh(record, &run, approved, ledger, NOW, &mut rng(record.me().get().into()));
        sessions.insert(record.me(), opened.unwrap());
    }
    let mut keep = |me: quorate::party::PartyId, session: &mut quorate::gated::GatedSession<_>| {
        let input = session.keep(&mut epochs[usize::from(me.get()) - 1]).unwrap();
        session.kept(&g.cast.key(me).unwrap().sign(&input)).unwrap();
    };
    let results = drive(&g.cast, &mut sessions, &mut keep, &mut |_, _, _| true);
    for (who, result) in results {
        let (at, public) = (usize::from(who.get()) - 1, result.unwrap());
        assert_eq!(epochs[at].highest_signed(), Some(1));
        let erased = epochs[at].enter(public.certificate()).unwrap().erased;
        assert_eq!((erased.len(), epochs[at].owed()), (1, &erased[..]));
        epochs[at].settled(&erased);
        assert_eq!((epochs[at].owed(), epochs[at].public().unwrap().epoch()), (&[][..], 1));
        sessions.get_mut(&who).unwrap().close(&mut g.nodes[at].stores(), NOW).unwrap();
        assert!(matches!(g.nodes[at].entry(&wanted), Some(Entry::Committed { .. })));
        g.nodes[at].keys = vec![live(&public)];
    }
    // The records sign, for requests of the new epoch alone.
    let old = asks(&key, Action::Refresh, vec![0, 0, 0, 2], 2);
    assert!(g.nodes[0].decide(&old, &super::world::yes(&old), session(2), NOW).is_err());
    let public = epochs[0].public().unwrap();
    let pay = request(draft(Action::Sign, DigestRule::Message, Some(key_ref(public)), vec![100]), 3);
    let mut signing = BTreeMap::new();
    for at in [0, 1] {
        let approved = g.nodes[at].approve(&pay, session(3));
        let opened =
            quorate::gated::frost::sign(&epochs[at], set(&[1, 2]), approved, NOW, &mut rng(at as u64));
        signing.insert(epochs[at].me(), opened.unwrap());
    }
    super::world::run(&g.cast, &mut signing);
}

#[test]
fn g4_g5_a_refresh_to_another_epoch_or_in_another_session_is_refused() {
    let mut g = group::<E>(510);
    let key = g.shares[0].public().clone();
    let to = |epoch, n| refreshing::Run::new(&key, epoch, session(n)).unwrap();
    let wanted = asks(&key, Action::Refresh, refresh_payload(&to(1, 1)), 1);
    let mut approved = g.nodes[0].approve(&wanted, session(1));
    for (run, error) in [(to(2, 1), GateError::WrongContent), (to(1, 2), GateError::WrongSetup)] {
        let ledger = &mut MemoryLedger::default();
        let unopened = refresh(&g.shares[0], &run, approved, ledger, NOW, &mut rng(1)).unwrap_err();
        assert_eq!(unopened.error, error);
        approved = unopened.approved.into_iter().next().unwrap();
    }
    let opened = refresh(&g.shares[0], &to(1, 1), approved, &mut MemoryLedger::default(), NOW, &mut rng(1));
    assert!(opened.unwrap().keep(&mut Gated::joining(&key, id(1))).is_err(), "nothing waits yet");
}

/// 1 and 2 deal to 2, 3 and 4.
#[test]
fn a_reshare_is_run_for_its_request_by_dealers_and_by_who_joins() {
    let cast = Cast::new(1..=4, &mut rng(520)).unwrap();
    let old = cast.only(&set(&[1, 2, 3])).unwrap();
    let shares = old.deal::<E>(Threshold::new(2, 3).unwrap(), &mut rng(521)).unwrap();
    let key = shares[0].public().clone();
    let roster = cast.only(&set(&[2, 3, 4])).unwrap().roster().clone();
    let run = resharing::Run::new(&key, set(&[1, 2]), roster.clone(), 1, session(1)).unwrap();
    let wanted = asks(&key, Action::Reshare, reshare_payload(&run), 1);
    let expected = [&[0, 0, 0, 1, 0, 2, 0, 2, 0, 1, 0, 2, 0, 3][..]].concat();
    assert_eq!((&wanted.payload()[..14], wanted.payload().len()), (&expected[..], 14 + 3 * 34));
    let mut epochs: BTreeMap<_, _> =
        shares.into_iter().map(|share| (share.id(), Gated::new(share).into_epochs())).collect();
    epochs.insert(id(4), Gated::joining(&key, id(4)));
    let mut nodes: BTreeMap<_, _> = cast.ids().into_iter().map(|who| (who, Node::of(&key))).collect();
    let mut sessions = BTreeMap::new();
    for (who, node) in &mut nodes {
        let approved = node.approve(&wanted, session(1));
        let (ledger, rng) = (&mut MemoryLedger::default(), &mut rng(who.get().into()));
        let opened = match who.get() {
            1 | 2 => reshare(&epochs[who], &run, approved, ledger, NOW, rng),
            _ => join((&key, *who), &run, approved, ledger, NOW, rng),
        };
        sessions.insert(*who, opened.unwrap());
    }
    let mut keep = |me: quorate::party::PartyId, session: &mut quorate::gated::GatedSession<_>| {
        let input = session.keep(epochs.get_mut(&me).unwrap()).unwrap();
        session.kept(&cast.key(me).unwrap().sign(&input)).unwrap();
    };
    let results = drive(&cast, &mut sessions, &mut keep, &mut |_, _, _| true);
    assert_eq!(results.len(), 4);
    for (who, result) in results {
        let public = result.unwrap();
        let _ = epochs.get_mut(&who).unwrap().enter(public.certificate()).unwrap();
        let node = nodes.get_mut(&who).unwrap();
        sessions.get_mut(&who).unwrap().close(&mut node.stores(), NOW).unwrap();
        assert!(matches!(node.entry(&wanted), Some(Entry::Committed { .. })));
        assert_eq!(public.roster(), &roster);
    }
    // Party 1 has left: its record has no share to sign with.
    let public = epochs[&id(1)].public().unwrap().clone();
    let node = nodes.get_mut(&id(1)).unwrap();
    node.keys = vec![live(&public)];
    let pay = request(draft(Action::Sign, DigestRule::Message, Some(key_ref(&public)), vec![100]), 2);
    let approved = node.approve(&pay, session(2));
    let unopened =
        quorate::gated::frost::sign(&epochs[&id(1)], set(&[2, 3]), approved, NOW, &mut rng(1)).unwrap_err();
    assert_eq!(unopened.error, GateError::Setup(SetupError::ShareMissing(id(1))));
}

#[test]
fn g4_a_reshare_to_others_is_refused() {
    let mut g = group::<E>(530);
    let key = g.shares[0].public().clone();
    let to = |ids: &[u16], dealers: &[u16]| {
        let roster = g.cast.only(&set(ids)).unwrap().roster().clone();
        resharing::Run::new(&key, set(dealers), roster, 1, session(1)).unwrap()
    };
    let meant = to(&[1, 2, 3], &[1, 2]);
    let wanted = asks(&key, Action::Reshare, reshare_payload(&meant), 1);
    let mut approved = g.nodes[0].approve(&wanted, session(1));
    let weaker = {
        let (roster, t) = (g.cast.roster().clone(), Threshold::new(3, 3).unwrap());
        resharing::Run::with_threshold(&key, set(&[1, 2]), t, roster, 1, session(1)).unwrap()
    };
    for run in [to(&[1, 2], &[1, 2]), to(&[1, 2, 3], &[1, 3]), weaker] {
        let ledger = &mut MemoryLedger::default();
        let unopened = reshare(&g.shares[0], &run, approved, ledger, NOW, &mut rng(1)).unwrap_err();
        assert_eq!(unopened.error, GateError::WrongContent);
        let again = unopened.approved.into_iter().next().unwrap();
        let unopened = join((&key, id(1)), &run, again, ledger, NOW, &mut rng(1)).unwrap_err();
        assert_eq!(unopened.error, GateError::WrongContent);
        approved = unopened.approved.into_iter().next().unwrap();
    }
    let ledger = &mut MemoryLedger::default();
    assert!(reshare(&g.shares[0], &meant, approved, ledger, NOW, &mut rng(1)).is_ok());
}

#[test]
fn a_repair_is_run_for_its_request_and_its_share_is_gated() {
    let mut g = group::<E>(540);
    let key = g.shares[0].public().clone();
    let epochs = records(&mut g);
    let repair = repairing::Run::new(&key, id(3), set(&[1, 2]), session(1)).unwrap();
    let wanted = asks(&key, Action::Repair, repair_payload(&repair), 1);
    assert_eq!(wanted.payload(), [0, 3, 0, 2, 0, 1, 0, 2]);
    let mut sessions = BTreeMap::new();
    for at in [0, 1] {
        let approved = g.nodes[at].approve(&wanted, session(1));
        sessions
            .insert(epochs[at].me(), help(&epochs[at], &repair, approved, NOW, &mut rng(at as u64)).unwrap());
    }
    let approved = g.nodes[2].approve(&wanted, session(1));
    sessions.insert(id(3), rebuild(&repair, id(3), approved, NOW).unwrap());
    let mut kept = run(&g.cast, &mut sessions);
    let Some(Repaired::Rebuilt { share, highest_signed }) = kept.pop() else { panic!("a share") };
    assert!(kept.iter().all(|kept| matches!(kept, Repaired::Helped)));
    assert_eq!((share.id(), highest_signed, share.must_refresh()), (id(3), 0, true));
    for (who, session) in &mut sessions {
        let node = &mut g.nodes[usize::from(who.get()) - 1];
        session.close(&mut node.stores(), NOW).unwrap();
        assert!(matches!(node.entry(&wanted), Some(Entry::Committed { .. })));
    }
    // [G4] of another party, and with other helpers.
    for run in [
        repairing::Run::new(&key, id(2), set(&[1, 3]), session(2)).unwrap(),
        repairing::Run::new(&key, id(3), set(&[1, 2]), session(3)).unwrap(),
    ] {
        let wanted = asks(&key, Action::Repair, repair_payload(&repair), 2);
        let approved = g.nodes[0].approve(&wanted, session(2));
        let unopened = help(&epochs[0], &run, approved, NOW, &mut rng(1)).unwrap_err();
        let expected = if run.lost() == id(2) { GateError::WrongContent } else { GateError::WrongSetup };
        assert_eq!(unopened.error, expected);
        let approved = unopened.approved.into_iter().next().unwrap();
        approved.release(&mut g.nodes[0].stores(), NOW).unwrap();
    }
}

#[test]
fn an_export_is_made_for_its_request_and_the_shares_are_burned() {
    let mut g = group::<E>(550);
    let key = g.shares[0].public().clone();
    let refresh = asks(&key, Action::Refresh, vec![0, 0, 0, 1], 1);
    let approved = g.nodes[0].approve(&refresh, session(1));
    let shares = g.shares.drain(..2).collect();
    let unopened = export(shares, approved, &mut g.nodes[0].stores(), NOW).unwrap_err();
    assert_eq!((&unopened.error, unopened.approved.len()), (&GateError::WrongAction, 1));
    let wanted = asks(&key, Action::Export, vec![], 2);
    let approved = g.nodes[0].approve(&wanted, session(2));
    let exported = export(unopened.with, approved, &mut g.nodes[0].stores(), NOW).unwrap();
    assert!(exported.shares.iter().all(quorate::key::KeyShare::is_burned));
    assert!(matches!(g.nodes[0].entry(&wanted), Some(Entry::Committed { .. })));
    // Too few shares: the request is used, the shares are as they were.
    let again = asks(&key, Action::Export, vec![], 3);
    let approved = g.nodes[1].approve(&again, session(3));
    let last = g.shares.drain(..).collect();
    let unopened = export(last, approved, &mut g.nodes[1].stores(), NOW).unwrap_err();
    assert_eq!(unopened.error, GateError::Setup(SetupError::TooFewSigners { signers: 1, t: 2 }));
    assert!(!unopened.with[0].is_burned());
    assert!(matches!(g.nodes[1].entry(&again), Some(Entry::Committed { .. })));
}

/// What is not committed and noted is not exported: the secret would be out, and nothing would say so.
#[test]
fn an_export_that_cannot_be_settled_is_none() {
    let mut g = group::<E>(555);
    let key = g.shares[0].public().clone();
    let wanted = asks(&key, Action::Export, vec![], 1);
    let approved = g.nodes[0].approve(&wanted, session(1));
    g.nodes[0].diary.fails = true;
    let unopened = export(g.shares.drain(..).collect(), approved, &mut g.nodes[0].stores(), NOW).unwrap_err();
    assert_eq!((unopened.error.code(), unopened.approved.len(), unopened.with.len()), (6011, 0, 3));
    assert!(!unopened.with.iter().any(Gated::is_burned));
    assert!(matches!(g.nodes[0].entry(&wanted), Some(Entry::Committed { .. })), "used all the same");
}

/// Refused with what it was approved for; the request is as it was.
fn refused<P: quorate::gated::Guarded>(
    opened: Result<quorate::gated::GatedSession<P>, Box<quorate::gated::Unopened>>,
    error: &GateError,
) -> quorate::approval::gate::Approved<SigningRequest> {
    let Err(unopened) = opened else { panic!("opened") };
    assert_eq!(unopened.error, *error);
    unopened.approved.into_iter().next().unwrap()
}

/// The payload does not name the key: a second one of the same members is another all the same.
#[test]
fn g3_who_joins_joins_the_key_that_was_approved() {
    let cast = Cast::new(1..=4, &mut rng(560)).unwrap();
    let old = cast.only(&set(&[1, 2, 3])).unwrap();
    let key = |seed| {
        let shares = old.deal::<E>(Threshold::new(2, 3).unwrap(), &mut rng(seed)).unwrap();
        shares[0].public().clone()
    };
    let (meant, other) = (key(561), key(562));
    let roster = cast.only(&set(&[2, 3, 4])).unwrap().roster().clone();
    let run = |key| resharing::Run::new(key, set(&[1, 2]), roster.clone(), 1, session(1)).unwrap();
    let wanted = asks(&meant, Action::Reshare, reshare_payload(&run(&meant)), 1);
    assert_eq!(wanted.payload(), reshare_payload(&run(&other)));
    let approved = Node::of(&meant).approve(&wanted, session(1));
    let ledger = &mut MemoryLedger::default();
    let opened = join((&meant, id(4)), &run(&other), approved, ledger, NOW, &mut rng(1));
    let approved = refused(opened, &GateError::WrongKey);
    let opened = join((&other, id(4)), &run(&other), approved, ledger, NOW, &mut rng(1));
    let approved = refused(opened, &GateError::WrongKey);
    assert!(join((&meant, id(4)), &run(&meant), approved, ledger, NOW, &mut rng(1)).is_ok());
}

#[test]
fn g3_g4_g5_a_share_is_rebuilt_as_approved() {
    let g = group::<E>(570);
    let key = g.shares[0].public().clone();
    let run =
        |lost, helpers: &[u16], n| repairing::Run::new(&key, id(lost), set(helpers), session(n)).unwrap();
    let meant = run(3, &[1, 2], 1);
    let mut node = Node::of(&key);
    let reshare = asks(&key, Action::Reshare, repair_payload(&meant), 1);
    let approved = node.approve(&reshare, session(1));
    let approved = refused(rebuild(&meant, id(3), approved, NOW), &GateError::WrongAction);
    approved.release(&mut node.stores(), NOW).unwrap();
    let wanted = asks(&key, Action::Repair, repair_payload(&meant), 2);
    let approved = node.approve(&wanted, session(1));
    let approved = refused(rebuild(&run(2, &[1, 3], 1), id(2), approved, NOW), &GateError::WrongContent);
    let approved = refused(rebuild(&run(3, &[1, 2], 2), id(3), approved, NOW), &GateError::WrongSetup);
    let approved = refused(rebuild(&meant, id(3), approved, NOW + 600), &GateError::Expired);
    assert!(rebuild(&meant, id(3), approved, NOW).is_ok());
}

/// A rule that wants more holders than take part: three refresh, two deal, help or put together.
#[test]
fn g5_as_many_take_part_as_the_rule_wants() {
    let mut g = group::<E>(580);
    let key = g.shares[0].public().clone();
    let mut epochs = records(&mut group::<E>(580));
    let (record, node) = (epochs.swap_remove(0), &mut g.nodes[0]);
    let refreshing = refreshing::Run::new(&key, 1, session(1)).unwrap();
    let roster = g.cast.roster().clone();
    let resharing = resharing::Run::new(&key, set(&[1, 2]), roster, 1, session(1)).unwrap();
    let repairing = repairing::Run::new(&key, id(3), set(&[1, 2]), session(1)).unwrap();
    let asked = [
        asks(&key, Action::Refresh, refresh_payload(&refreshing), 1),
        asks(&key, Action::Reshare, reshare_payload(&resharing), 2),
        asks(&key, Action::Repair, repair_payload(&repairing), 3),
        asks(&key, Action::Export, vec![], 4),
    ];
    let (ledger, too_few) = (&mut MemoryLedger::default(), &GateError::WrongSetup);
    let mut approve = |at: usize, min: u16| {
        node.policy = super::world::policy_by(min);
        node.approve(&asked[at], session(1))
    };
    let approved = approve(0, 4);
    let _ = refused(refresh(&record, &refreshing, approved, ledger, NOW, &mut rng(1)), too_few);
    let approved = approve(1, 3);
    let approved = refused(reshare(&record, &resharing, approved, ledger, NOW, &mut rng(1)), too_few);
    let _ = refused(join((&key, id(3)), &resharing, approved, ledger, NOW, &mut rng(1)), too_few);
    let approved = approve(2, 3);
    let approved = refused(help(&record, &repairing, approved, NOW, &mut rng(1)), too_few);
    let _ = refused(rebuild(&repairing, id(3), approved, NOW), too_few);
    let approved = approve(3, 3);
    let shares = g.shares.drain(..2).collect();
    let unopened = export(shares, approved, &mut g.nodes[0].stores(), NOW).unwrap_err();
    assert_eq!(unopened.error, *too_few);
}
