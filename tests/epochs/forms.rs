//! Stored forms that nothing writes: each field that does not fit the others is refused.

use quorate::curve::Scheme as _;
use quorate::key::{KeyShare, PendingSeat, PendingShare};
use quorate::keyset::Bundle;
use quorate::reshare::{self, Reshare};
use quorate::session::Status;
use quorate::sim::MemoryLedger;
use sha2::{Digest as _, Sha256};

use crate::stage::{E, Stage, id, set};

/// Where the sharing starts in the form of a share, and the origin in it, with `n` members.
const HELD: usize = 2 + 3 + 32;
const fn origin(n: usize) -> usize {
    HELD + 5 + 34 * n
}

fn current(stage: &Stage<E>, device: u16) -> Vec<u8> {
    stage.of(device).current().unwrap().to_bytes().expose().clone()
}

fn pending(form: &[u8]) -> Option<PendingShare<E>> {
    PendingShare::from_bytes(form)
}

/// The form of what waits, made of the form of a share of `t` of `n` from key generation.
fn waiting(stage: &Stage<E>, t: usize, n: usize) -> Vec<u8> {
    let form = current(stage, 1);
    [&[1, b'p'], &form[2..origin(n) + 21 + 4 * 32 + 32 * t]].concat()
}

#[test]
fn a_share_that_waits_has_no_marks() {
    let form = waiting(&Stage::<E>::new(2, 2, 2, 20), 2, 2);
    assert!(pending(&form).is_some());
    for standing in 1..=3 {
        let mut bad = form.clone();
        bad[4] = standing;
        assert!(pending(&bad).is_none(), "{standing}");
    }
}

#[test]
fn a_later_epoch_is_above_its_base_and_a_first_one_is_0() {
    let form = waiting(&Stage::<E>::new(2, 2, 2, 21), 2, 2);
    let (head, rest) = form.split_at(origin(2));
    let refreshed = |epoch: u32, base: u32| {
        let numbers = [epoch.to_be_bytes(), base.to_be_bytes()];
        let origin = [&[3], &numbers[0][..], &rest[5..21], &numbers[1], &[7; 32]].concat();
        pending(&[head, &origin, &rest[21..]].concat()).is_some()
    };
    assert!(refreshed(1, 0) && refreshed(9, 8) && refreshed(u32::MAX, 0));
    assert!(!refreshed(0, 0) && !refreshed(8, 8) && !refreshed(8, 9) && !refreshed(0, u32::MAX));
    // A first epoch's key id is bound to its number, so a wrong one is refused twice over; a name of its own does not help an import either.
    let mut first = form.clone();
    first[origin(2) + 4] = 1;
    assert!(pending(&first).is_none());
}

/// 1 and 2 of three deal to 3 and 4.
fn moved(stage: &mut Stage<E>) -> Vec<(u16, Vec<u8>)> {
    let base = stage.public(1).clone();
    let (roster, session) = (stage.roster(&[3, 4]), stage.session());
    let run = reshare::Run::new(&base, set(&[1, 2]), roster, 1, session).unwrap();
    let (mut spent, rng) = (MemoryLedger::default(), &mut stage.rng);
    let mut sessions = Vec::new();
    for device in [1, 2] {
        let share = stage.records[&device].current().unwrap();
        sessions.push(Reshare::deal(&run, share, &mut spent, rng).unwrap());
    }
    for device in [3, 4] {
        sessions.push(Reshare::receive(&run, id(device), &mut spent, rng).unwrap());
    }
    for _ in 0..2 {
        let mut mail = Vec::new();
        for session in &sessions {
            mail.extend(session.outgoing(0).map(|out| out.bytes.to_vec()));
        }
        crate::stage::deliver_all(&stage.cast.only(run.cast().parties()).unwrap(), &mut sessions, &mail);
        for session in &mut sessions {
            assert!(matches!(session.advance(&mut stage.rng), Ok(Status::Advanced { .. } | Status::Keep)));
        }
    }
    let form = |s: &quorate::session::Session<Reshare<E>>| {
        (s.terms().me.get(), s.pending().unwrap().to_bytes().expose().clone())
    };
    sessions.iter().map(form).collect()
}

#[test]
fn who_leaves_has_dealt_and_is_no_member() {
    let forms = moved(&mut Stage::<E>::new(2, 3, 4, 22));
    for (device, form) in &forms {
        assert_eq!(PendingSeat::<E>::from_bytes(form).unwrap().id(), id(*device));
    }
    let left = &forms[0].1;
    assert_eq!(left[1], b'l');
    let as_who = |who: u16| [&left[..2], &who.to_be_bytes(), &left[4..]].concat();
    for (who, good) in [(1, true), (2, true), (3, false), (4, false), (5, false)] {
        assert_eq!(PendingSeat::<E>::from_bytes(&as_who(who)).is_some(), good, "{who}");
    }
}

#[test]
fn dealers_are_written_in_one_order() {
    let forms = moved(&mut Stage::<E>::new(2, 3, 4, 23));
    let left = &forms[0].1;
    // version, kind, id; scheme, t, n, two members; made, epoch, session, base; count 2
    let start = 4 + 5 + 2 * 34 + 21 + 36;
    assert_eq!(left[start..start + 2], [0, 2]);
    let (one, two) = (start + 2, start + 2 + 34);
    let turned = [&left[..one], &left[two..two + 34], &left[one..two], &left[two + 34..]].concat();
    assert_eq!(turned.len(), left.len());
    assert!(PendingSeat::<E>::from_bytes(&turned).is_none());
}

#[test]
fn refused_pairings_are_written_in_one_order() {
    let stage = Stage::<E>::new(2, 2, 2, 24);
    let mut share = KeyShare::<E>::from_bytes(&current(&stage, 1)).unwrap();
    share.refuse_pairings([[8; 32], [7; 32]]);
    let form = share.to_bytes().expose().clone();
    let with = |list: [[u8; 32]; 2]| {
        let mut bytes = form[..form.len() - 32 - 64].to_vec();
        bytes.extend_from_slice(list.as_flattened());
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    };
    assert_eq!(with([[7; 32], [8; 32]]), form);
    assert!(KeyShare::<E>::from_bytes(&with([[8; 32], [7; 32]])).is_none());
    assert!(KeyShare::<E>::from_bytes(&with([[7; 32], [7; 32]])).is_none());
}

#[test]
fn a_bundle_takes_no_other_partys_share() {
    let mut stage = Stage::<E>::new(2, 2, 2, 25);
    let form = current(&stage, 1);
    let len = (form.len() as u32).to_be_bytes();
    let mut bundle = Bundle::from_bytes(&[&[1, b'b', 1, E::ID], &len[..], &form].concat()).unwrap();
    let sessions = stage.start(1);
    let reports = stage.cast.run(sessions, &mut stage.rng);
    for share in reports.into_iter().rev().map(|report| report.output()) {
        let own = share.id() == id(1);
        assert_eq!(bundle.replace(share).is_ok(), own);
        assert_eq!(bundle.get::<E>(0).unwrap().id(), id(1));
    }
}

/// The name of a key comes from its first epoch's certificate, which does not hold it: it is compared. Members are written in one order.
#[test]
fn a_first_epoch_names_its_key_and_members_ascend() {
    let form = waiting(&Stage::<E>::new(2, 2, 2, 26), 2, 2);
    for at in 0..32 {
        let mut bad = form.clone();
        bad[origin(2) + 21 + at] ^= 1;
        assert!(pending(&bad).is_none(), "{at}");
    }
    let (one, two, end) = (HELD + 5, HELD + 5 + 34, origin(2));
    let turned = [&form[..one], &form[two..end], &form[one..two], &form[end..]].concat();
    assert!(pending(&turned).is_none());
}
