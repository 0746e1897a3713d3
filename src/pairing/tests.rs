//! Bans, and what is stored of them.

extern crate std;

use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use subtle::Choice;

use super::live::{Ban, Check, Pairing, Settled};
use super::{MAX_OPENS, Opening, Pairings, STORED_LEN};
use crate::error::{Fault, ResumeError};
use crate::hash::sha256;
use crate::identity::IdentityKey;
use crate::secret::Secret;
use crate::wire::SessionId;

const SESSION: SessionId = SessionId([9; 16]);
const BAN: Ban = Ban { check: "S1.2", session: SESSION };

fn deal(seed: u64) -> (Pairing, Pairing) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let (a, b) = (IdentityKey::generate(&mut rng).public(), IdentityKey::generate(&mut rng).public());
    Pairing::deal(a, b, &mut rng)
}

fn load(bytes: &[u8]) -> Result<Opening, ResumeError> {
    Opening::load(Secret::new(bytes.to_vec()))
}

/// The same content with a digest that fits.
fn sealed(mut form: Vec<u8>) -> Vec<u8> {
    form.truncate(form.len() - 32);
    form.extend_from_slice(&sha256(&form));
    form
}

/// One check, passed or failed.
fn result(passed: bool, check: &'static str) -> [Check; 1] {
    [(Choice::from(u8::from(passed)), check, Fault::OtExtension)]
}

#[test]
fn the_first_check_that_failed_is_named() {
    let (yes, no) = (Choice::from(1), Choice::from(0));
    for (first, second, named) in [(no, no, "S2.4"), (no, yes, "S2.4"), (yes, no, "S2.5")] {
        let (pairing, _) = deal(1);
        let checks = [(first, "S2.4", Fault::Vole), (second, "S2.5", Fault::Consistency)];
        let fault = if named == "S2.4" { Fault::Vole } else { Fault::Consistency };
        assert_eq!(pairing.link().settle(&checks, SESSION), Settled::Banned(named, fault));
        assert_eq!(pairing.ban(), Some(Ban { check: named, session: SESSION }));
    }
    let (pairing, _) = deal(1);
    let checks = [(yes, "S2.4", Fault::Vole), (yes, "S2.5", Fault::Consistency)];
    assert_eq!(pairing.link().settle(&checks, SESSION), Settled::Pass);
    assert_eq!(pairing.ban(), None);
}

#[test]
fn a_failed_check_bans_in_every_session_at_once() {
    let (pairing, _) = deal(1);
    let (one, two) = (pairing.link(), pairing.link());
    assert_eq!(one.settle(&result(true, "S1.2"), SESSION), Settled::Pass);
    let reading = two.secrets().unwrap();
    assert_eq!(one.settle(&result(false, "S1.2"), SESSION), Settled::Banned("S1.2", Fault::OtExtension));
    for link in [&one, &two] {
        assert!(link.secrets().is_none());
        assert_eq!(link.ban(), Some(BAN));
        // good or bad, a later result has no effect
        assert_eq!(link.settle(&result(true, "S2.4"), SessionId([1; 16])), Settled::AlreadyBanned);
        assert_eq!(link.settle(&result(false, "S2.5"), SessionId([1; 16])), Settled::AlreadyBanned);
    }
    assert_eq!(pairing.ban(), Some(BAN));
    // the last reader had the only copy left
    assert_eq!(alloc::sync::Arc::strong_count(&reading), 1);
}

#[test]
fn no_pass_after_the_first_failure_in_any_interleaving() {
    for round in 0..200 {
        let (pairing, _) = deal(2);
        let (bans, banned) = (AtomicUsize::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for thread in 0..4u8 {
                let (link, bans, banned) = (pairing.link(), &bans, &banned);
                scope.spawn(move || {
                    for k in 0..40u8 {
                        let before = banned.load(Ordering::SeqCst);
                        let good = !(k == 10 + (round % 20) as u8 && thread % 2 == 0);
                        match link.settle(&result(good, "S1.2"), SessionId([thread; 16])) {
                            Settled::Pass => assert!(good && !before, "a pass after a failure"),
                            Settled::Banned(..) => {
                                bans.fetch_add(1, Ordering::SeqCst);
                                banned.store(true, Ordering::SeqCst);
                            }
                            Settled::AlreadyBanned => assert!(link.secrets().is_none()),
                        }
                    }
                });
            }
        });
        assert_eq!(bans.load(Ordering::SeqCst), 1, "exactly one result is the failure");
        assert!(pairing.ban().is_some());
    }
}

#[test]
fn a_ban_is_stored_without_secrets_and_stays() {
    let (pairing, _) = deal(3);
    let secret = pairing.store();
    assert_eq!(secret.expose().len(), STORED_LEN);
    for check in ["S1.2", "S2.4", "S2.5"] {
        let (pairing, _) = deal(3);
        let link = pairing.link();
        link.settle(&result(false, check), SESSION);
        let form = pairing.store();
        let ban = Ban { check, session: SESSION };
        assert_eq!(form.expose().len(), 151);
        let windows: Vec<_> = secret.expose()[102..STORED_LEN - 32].chunks(16).collect();
        assert!(form.expose().windows(16).all(|w| !windows.contains(&w)), "no secret is in the stored ban");
        // Any number of times, and however it ends.
        let mut form = form;
        for _ in 0..20 {
            let opening = load(form.expose()).unwrap();
            assert_eq!(opening.to_store().expose(), form.expose());
            let back = opened(opening);
            assert_eq!((back.ban(), back.id(), back.peer()), (Some(ban), pairing.id(), pairing.peer()));
            assert!(back.link().secrets().is_none() && !back.must_save());
            form = back.close().unwrap();
        }
    }
}

#[test]
fn what_must_be_saved_is_said() {
    let (pairing, other) = deal(4);
    assert!(pairing.must_save(), "a new pairing");
    let active = pairing.store();
    let (stranger, _) = deal(5);
    pairing.saved(&other.store());
    pairing.saved(&stranger.store());
    pairing.saved(&Secret::new(active.expose()[1..].to_vec()));
    assert!(pairing.must_save(), "that was something else");
    pairing.saved(&active);
    assert!(!pairing.must_save());

    // A ban between storing and saying so: the old form does not count for it.
    let active = pairing.store();
    pairing.link().settle(&result(false, "S2.4"), SESSION);
    assert!(pairing.must_save());
    pairing.saved(&active);
    assert!(pairing.must_save(), "what was stored does not tell of the ban");
    pairing.saved(&pairing.store());
    assert!(!pairing.must_save());
    // An older form that was written late.
    pairing.saved(&active);
    assert!(pairing.must_save(), "what is durable does not tell of the ban any more");
}

fn opened(opening: Opening) -> Pairing {
    let form = opening.to_store();
    opening.stored(&form).unwrap()
}

#[test]
fn another_copy_of_a_banned_pairing_does_not_take_its_place() {
    let (pairing, other) = deal(16);
    let form = pairing.store();
    let (id, peer) = (*pairing.id(), pairing.peer());
    let mut set = Pairings::new();
    assert!(set.insert(pairing).is_none());
    set.get(&peer).unwrap().link().settle(&result(false, "S1.2"), SESSION);
    let copy = opened(load(form.expose()).unwrap());
    let copy = set.insert(copy).unwrap();
    assert_eq!((copy.ban(), *copy.id()), (None, id));
    assert!(set.get(&peer).unwrap().ban().is_some() && set.must_save().count() == 1);
    drop(other);
}

#[test]
fn eight_unclean_openings_and_then_no_more() {
    let (pairing, _) = deal(6);
    // The life that it was made in is the first.
    let mut form = pairing.store();
    drop(pairing);
    for opens in 2..=MAX_OPENS {
        let opening = load(form.expose()).unwrap();
        form = opening.to_store();
        assert_eq!(form.expose()[3..6], [1, 1, opens]);
        let live = opened(opening);
        assert!(!live.must_save());
        assert_eq!(live.store().expose(), form.expose(), "storing again is not an opening");
    }
    assert_eq!(load(form.expose()).err(), Some(ResumeError::MustPairAnew));
    assert_eq!(load(form.expose()).err(), Some(ResumeError::MustPairAnew));
}

#[test]
fn a_clean_end_takes_back_its_own_opening_and_no_other() {
    let (pairing, _) = deal(7);
    let mut form = pairing.store();
    assert_eq!(pairing.close().unwrap().expose()[3..6], [1, 0, 0]);
    for unclean in 1..MAX_OPENS {
        for _ in 0..3 {
            form = opened(load(form.expose()).unwrap()).close().unwrap();
            assert_eq!(form.expose()[3..6], [1, 0, unclean]);
        }
        form = load(form.expose()).unwrap().to_store();
        assert_eq!(form.expose()[3..6], [1, 1, unclean + 1]);
    }
    assert_eq!(load(form.expose()).err(), Some(ResumeError::MustPairAnew));
}

#[test]
fn a_pairing_is_opened_only_with_the_form_that_counts_it() {
    let (pairing, _) = deal(17);
    let old = pairing.close().unwrap();
    let opening = load(old.expose()).unwrap();
    let opening = opening.stored(&old).unwrap_err();
    let form = opening.to_store();
    assert!(opening.stored(&form).is_ok());
}

#[test]
fn a_pairing_in_use_cannot_be_closed() {
    let (pairing, _) = deal(8);
    let link = pairing.link();
    let pairing = pairing.close().unwrap_err();
    link.settle(&result(false, "S1.2"), SESSION);
    assert_eq!(pairing.ban(), Some(BAN), "the ban of the running session is not lost");
    drop(link);
    assert_eq!(opened(load(pairing.close().unwrap().expose()).unwrap()).ban(), Some(BAN));
}

#[test]
fn a_pairing_comes_back_as_it_was() {
    let (pairing, _) = deal(9);
    let back = opened(load(pairing.store().expose()).unwrap());
    let (before, after) = (pairing.link().secrets().unwrap(), back.link().secrets().unwrap());
    assert_eq!(before.leaves.expose(), after.leaves.expose());
    assert_eq!(before.punctured.expose(), after.punctured.expose());
    assert_eq!(before.delta.expose(), after.delta.expose());
    assert_eq!(before.zero.expose(), after.zero.expose());
    assert_eq!((pairing.id(), pairing.me(), pairing.peer()), (back.id(), back.me(), back.peer()));
}

#[test]
fn stored_forms_fit_in_nine_thousand_bytes() {
    assert_eq!(STORED_LEN, 7350);
    const { assert!(STORED_LEN <= 9000) };
}

#[test]
fn a_damaged_form_is_refused() {
    let (pairing, _) = deal(10);
    let active = pairing.store().expose().clone();
    pairing.link().settle(&result(false, "S2.5"), SESSION);
    let banned = pairing.store().expose().clone();
    for form in [&active, &banned] {
        for at in (0..form.len()).step_by(if form.len() > 200 { 7 } else { 1 }) {
            let mut bad = form.clone();
            bad[at] ^= 1 << (at % 8);
            assert_eq!(load(&bad).err(), Some(ResumeError::Malformed), "byte {at}");
            assert_eq!(load(&form[..at]).err(), Some(ResumeError::Malformed), "cut at {at}");
        }
        assert_eq!(load(&[&form[..], &[0]].concat()).err(), Some(ResumeError::Malformed));
    }
    // With a digest that fits: each fixed field, each length.
    for (at, value) in [(0, 0), (0, 2), (1, 1), (2, 4), (3, 0), (3, 3), (4, 2), (5, 0), (5, 9), (5, 255)] {
        let mut bad = active.clone();
        bad[at] = value;
        assert_eq!(load(&sealed(bad)).err(), Some(ResumeError::Malformed), "byte {at} is {value}");
    }
    for (at, value) in [(3, 1), (4, 1), (5, 1), (102, 4)] {
        let mut bad = banned.clone();
        bad[at] = value;
        assert_eq!(load(&sealed(bad)).err(), Some(ResumeError::Malformed), "byte {at} is {value}");
    }
    let mut closed = active.clone();
    (closed[4], closed[5]) = (0, MAX_OPENS);
    assert_eq!(
        load(&sealed(closed)).err(),
        Some(ResumeError::Malformed),
        "more unclean ends than there can be"
    );
    for form in [active, banned] {
        assert_eq!(load(&sealed([&form[..], &[0]].concat())).err(), Some(ResumeError::Malformed));
        let short = [&form[..form.len() - 33], &[0; 32]].concat();
        assert_eq!(load(&sealed(short)).err(), Some(ResumeError::Malformed));
        let mut own_peer = form;
        own_peer.copy_within(38..70, 70);
        assert_eq!(load(&sealed(own_peer)).err(), Some(ResumeError::Malformed));
    }
}

#[test]
fn a_new_pairing_lifts_a_ban_only_by_being_inserted() {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let [a, b, c] = [0; 3].map(|_| IdentityKey::generate(&mut rng).public());
    let mut set = Pairings::new();
    assert!(set.insert(Pairing::deal(a, b, &mut rng).0).is_none());
    assert!(set.insert(Pairing::deal(a, c, &mut rng).0).is_none());
    assert_eq!((set.len(), set.must_save().count()), (2, 2));
    for pairing in set.iter() {
        pairing.saved(&pairing.store());
    }
    assert_eq!(set.must_save().count(), 0);

    let held = set.get(&b).unwrap().link();
    held.settle(&result(false, "S1.2"), SESSION);
    assert_eq!(set.must_save().map(Pairing::peer).collect::<Vec<_>>(), [b]);
    let (new, _) = Pairing::deal(a, b, &mut rng);
    assert_eq!(set.get(&b).unwrap().ban(), Some(BAN), "making one changes nothing");
    let old = set.insert(new).unwrap();
    assert_eq!((old.ban(), set.get(&b).unwrap().ban()), (Some(BAN), None));
    assert!(held.secrets().is_none(), "who held the old one still has the old one");
    assert_eq!(set.len(), 2);
    assert!(set.remove(&c).is_some() && set.get(&c).is_none());
}
