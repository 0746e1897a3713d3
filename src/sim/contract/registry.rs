//! The rules of registries.

use std::sync::Barrier;
use std::thread;
use std::vec::Vec;

use super::START;
use crate::approval::registry::{
    Claim, Entry, FAIL_WINDOW_S, JUMP_S, RETENTION_S, Registry, RegistryError, Space,
};

/// A rule of registries, by name.
pub type RegistryRule = (&'static str, fn(&mut dyn Registry));

rules! {
    /// The rules S1 to S7, by name.
    REGISTRY: RegistryRule;
    s1_reserved_once, s1_not_after_expiry, s1_attempts_run_out, s2_another_meaning_is_a_conflict, s3_the_outcome_is_the_answer,
    s4_only_the_owner_ends_it, s5_only_from_reserved, s5_consume_is_one_step, s5_consume_needs_what_reserve_needs,
    s6_purged_only_after_retention, s6_reserved_never_turns_free, s7_a_smaller_time_is_the_high_water,
    s7_a_jump_changes_nothing_until_confirmed, spaces_are_apart, first_seen_stays, failures_count_in_a_window,
}

const ANN: [u8; 16] = [0xa1; 16];
const BOB: [u8; 16] = [0xb0; 16];
const DONE: [u8; 32] = [0xdd; 32];

fn claim(id: u8) -> Claim {
    Claim {
        space: Space::Request,
        id: [id; 32],
        bind: [0xbd; 32],
        owner: ANN,
        expires: START + 900,
        max_attempts: 3,
    }
}

fn commit(r: &mut dyn Registry, c: &Claim) -> Result<(), RegistryError> {
    r.commit(c.space, &c.id, &c.owner, &DONE)
}

fn release(r: &mut dyn Registry, c: &Claim) -> Result<(), RegistryError> {
    r.release(c.space, &c.id, &c.owner)
}

fn s1_reserved_once(r: &mut dyn Registry) {
    let ann = claim(1);
    let bob = Claim { owner: BOB, ..ann };
    assert_eq!(r.entry(ann.space, &ann.id), Ok(None));
    assert_eq!(r.reserve(&ann, START), Ok(1));
    assert_eq!(r.reserve(&bob, START), Err(RegistryError::Taken));
    assert_eq!(r.reserve(&ann, START), Err(RegistryError::Taken), "also by the owner");
    assert_eq!(r.consume(&ann, &DONE, START), Err(RegistryError::Taken));
    assert_eq!(r.entry(ann.space, &ann.id), Ok(Some(Entry::Reserved { owner: ANN, attempts: 1 })));
    assert_eq!(r.reserve(&claim(2), START), Ok(1), "another name is free");
    assert_eq!(release(r, &ann), Ok(()));
    assert_eq!(r.entry(ann.space, &ann.id), Ok(Some(Entry::Released { attempts: 1 })));
    assert_eq!(r.reserve(&bob, START), Ok(2));
    assert_eq!(r.entry(ann.space, &ann.id), Ok(Some(Entry::Reserved { owner: BOB, attempts: 2 })));
}

fn s1_not_after_expiry(r: &mut dyn Registry) {
    let c = claim(1);
    assert_eq!(r.reserve(&c, c.expires), Err(RegistryError::Expired));
    assert_eq!(r.entry(c.space, &c.id), Ok(None));
    let c = Claim { expires: START + 2000, ..claim(2) };
    assert_eq!(r.reserve(&c, c.expires - 1), Ok(1));
    assert_eq!(release(r, &c), Ok(()));
    assert_eq!(r.reserve(&c, c.expires), Err(RegistryError::Expired), "nor after a release");
    assert_eq!(r.consume(&c, &DONE, c.expires), Err(RegistryError::Expired));
}

fn s1_attempts_run_out(r: &mut dyn Registry) {
    let c = claim(1);
    for attempt in 1..=3 {
        assert_eq!(r.reserve(&c, START), Ok(attempt));
        assert_eq!(release(r, &c), Ok(()));
    }
    assert_eq!(r.reserve(&c, START), Err(RegistryError::Exhausted));
    assert_eq!(r.consume(&c, &DONE, START), Err(RegistryError::Exhausted));
    assert_eq!(r.reserve(&Claim { max_attempts: 0, ..claim(2) }, START), Err(RegistryError::Exhausted));
}

fn s2_another_meaning_is_a_conflict(r: &mut dyn Registry) {
    let c = claim(1);
    let other = Claim { bind: [1; 32], ..c };
    assert_eq!(r.reserve(&c, START), Ok(1));
    assert_eq!(r.reserve(&other, START), Err(RegistryError::Conflict));
    assert_eq!(release(r, &c), Ok(()));
    assert_eq!(r.reserve(&other, START), Err(RegistryError::Conflict));
    assert_eq!(r.consume(&other, &DONE, START), Err(RegistryError::Conflict));
    assert_eq!(r.reserve(&c, START), Ok(2));
    assert_eq!(commit(r, &c), Ok(()));
    assert_eq!(r.reserve(&other, START), Err(RegistryError::Conflict), "and not the outcome of the first");
    assert_eq!(r.consume(&other, &DONE, START), Err(RegistryError::Conflict));
}

fn s3_the_outcome_is_the_answer(r: &mut dyn Registry) {
    let c = claim(1);
    assert_eq!(r.reserve(&c, START), Ok(1));
    assert_eq!(commit(r, &c), Ok(()));
    assert_eq!(r.entry(c.space, &c.id), Ok(Some(Entry::Committed { outcome: DONE })));
    assert_eq!(r.reserve(&c, START), Err(RegistryError::Done(DONE)));
    assert_eq!(r.consume(&c, &[7; 32], START), Err(RegistryError::Done(DONE)));
    assert_eq!(r.reserve(&Claim { owner: BOB, ..c }, START), Err(RegistryError::Done(DONE)));
    assert_eq!(r.reserve(&c, c.expires), Err(RegistryError::Done(DONE)), "also when it has expired");
}

fn s4_only_the_owner_ends_it(r: &mut dyn Registry) {
    let c = claim(1);
    let bob = Claim { owner: BOB, ..c };
    assert_eq!(r.reserve(&c, START), Ok(1));
    assert_eq!(commit(r, &bob), Err(RegistryError::NotOwner));
    assert_eq!(release(r, &bob), Err(RegistryError::NotOwner));
    assert_eq!(r.entry(c.space, &c.id), Ok(Some(Entry::Reserved { owner: ANN, attempts: 1 })));
    assert_eq!(release(r, &c), Ok(()));
    assert_eq!(r.reserve(&bob, START), Ok(2));
    assert_eq!(commit(r, &c), Err(RegistryError::NotOwner), "nor the owner of an earlier attempt");
    assert_eq!(commit(r, &bob), Ok(()));
}

fn s5_only_from_reserved(r: &mut dyn Registry) {
    let c = claim(1);
    assert_eq!(commit(r, &c), Err(RegistryError::WrongState));
    assert_eq!(release(r, &c), Err(RegistryError::WrongState));
    assert_eq!(r.entry(c.space, &c.id), Ok(None));
    assert_eq!(r.reserve(&c, START), Ok(1));
    assert_eq!(release(r, &c), Ok(()));
    assert_eq!(release(r, &c), Err(RegistryError::WrongState));
    assert_eq!(commit(r, &c), Err(RegistryError::WrongState));
    assert_eq!(r.reserve(&c, START), Ok(2));
    assert_eq!(commit(r, &c), Ok(()));
    assert_eq!(r.commit(c.space, &c.id, &c.owner, &[7; 32]), Err(RegistryError::WrongState));
    assert_eq!(release(r, &c), Err(RegistryError::WrongState));
    assert_eq!(r.entry(c.space, &c.id), Ok(Some(Entry::Committed { outcome: DONE })));
}

fn s5_consume_is_one_step(r: &mut dyn Registry) {
    let c = claim(1);
    assert_eq!(r.consume(&c, &DONE, START), Ok(()));
    assert_eq!(r.entry(c.space, &c.id), Ok(Some(Entry::Committed { outcome: DONE })));
    assert_eq!(r.consume(&c, &DONE, START), Err(RegistryError::Done(DONE)));
    let c = claim(2);
    assert_eq!(r.reserve(&c, START), Ok(1));
    assert_eq!(release(r, &c), Ok(()));
    assert_eq!(r.consume(&c, &DONE, START), Ok(()), "from released too");
}

fn s5_consume_needs_what_reserve_needs(r: &mut dyn Registry) {
    let c = claim(1);
    assert_eq!(r.consume(&c, &DONE, c.expires), Err(RegistryError::Expired));
    assert_eq!(r.consume(&Claim { max_attempts: 0, ..c }, &DONE, START), Err(RegistryError::Expired));
    let c = Claim { expires: START + 2000, max_attempts: 0, ..c };
    assert_eq!(r.consume(&c, &DONE, START), Err(RegistryError::Exhausted));
    assert_eq!(r.entry(c.space, &c.id), Ok(None));
}

/// Goes to a time in steps that are no jumps.
fn walk(r: &mut dyn Registry, to: u64) {
    let mut now = START;
    while now < to {
        now = to.min(now + JUMP_S);
        assert!(r.clock(now).is_ok_and(|high| high >= now));
    }
}

fn s6_purged_only_after_retention(r: &mut dyn Registry) {
    let c = claim(1);
    assert_eq!(r.consume(&c, &DONE, START), Ok(()));
    let last = c.expires + RETENTION_S - 1;
    walk(r, last);
    assert_eq!(r.purge(last), Ok(0));
    assert_eq!(r.entry(c.space, &c.id), Ok(Some(Entry::Committed { outcome: DONE })));
    assert_eq!(r.purge(last + 1), Ok(1));
    assert_eq!(r.entry(c.space, &c.id), Ok(None));
    assert_eq!(
        r.reserve(&c, START),
        Err(RegistryError::Expired),
        "forgotten, and too late by the high water"
    );
}

fn s6_reserved_never_turns_free(r: &mut dyn Registry) {
    let c = claim(1);
    assert_eq!(r.reserve(&c, START), Ok(1));
    walk(r, c.expires + RETENTION_S - 1);
    assert_eq!(r.reserve(&Claim { owner: BOB, ..c }, START), Err(RegistryError::Taken));
    assert_eq!(commit(r, &c), Ok(()), "the owner may come back late");
}

fn s7_a_smaller_time_is_the_high_water(r: &mut dyn Registry) {
    let c = claim(1);
    assert_eq!(r.clock(START + 1000), Ok(START + 1000));
    assert_eq!(r.clock(START), Ok(START + 1000));
    assert_eq!(r.reserve(&c, START), Err(RegistryError::Expired), "the clock went back, the time did not");
    assert_eq!(r.first_seen(c.space, &c.id, START, c.expires), Ok(START + 1000));
    assert_eq!(r.confirm_clock(START), Ok(()));
    assert_eq!(r.clock(START), Ok(START + 1000));
}

fn s7_a_jump_changes_nothing_until_confirmed(r: &mut dyn Registry) {
    let c = Claim { expires: u64::MAX, ..claim(1) };
    let far = START + JUMP_S + 1;
    let jump = RegistryError::ClockJump { high_water: START, now: far };
    assert_eq!(r.clock(far), Err(jump.clone()));
    assert_eq!(r.reserve(&c, far), Err(jump.clone()));
    assert_eq!(r.consume(&c, &DONE, far), Err(jump.clone()));
    assert_eq!(r.first_seen(c.space, &c.id, far, c.expires), Err(jump.clone()));
    assert_eq!(r.fail(Space::Totp, &c.id, far), Err(jump.clone()));
    assert_eq!(r.failures(Space::Totp, &c.id, far), Err(jump.clone()));
    assert_eq!(r.purge(far), Err(jump));
    assert_eq!(r.clock(START), Ok(START));
    assert_eq!(r.entry(c.space, &c.id), Ok(None));
    assert_eq!(r.failures(Space::Totp, &c.id, START), Ok(0));
    assert_eq!(r.clock(START + JUMP_S), Ok(START + JUMP_S), "as far as this is no jump");
    let far = START + 100 * JUMP_S;
    assert_eq!(r.confirm_clock(far), Ok(()));
    assert_eq!(r.reserve(&c, far), Ok(1));
}

fn spaces_are_apart(r: &mut dyn Registry) {
    for space in [Space::Request, Space::Quote, Space::PayNonce, Space::Totp, Space::Login] {
        assert_eq!(r.reserve(&Claim { space, bind: [space as u8; 32], ..claim(1) }, START), Ok(1));
    }
}

fn first_seen_stays(r: &mut dyn Registry) {
    let c = claim(1);
    assert_eq!(r.first_seen(c.space, &c.id, START + 5, c.expires), Ok(START + 5));
    assert_eq!(r.first_seen(c.space, &c.id, START + 500, c.expires), Ok(START + 5));
    assert_eq!(r.first_seen(Space::Login, &c.id, START + 500, c.expires), Ok(START + 500));
    assert_eq!(r.entry(c.space, &c.id), Ok(None), "it reserves nothing");
    assert_eq!(r.reserve(&c, START + 500), Ok(1));
    assert_eq!(r.first_seen(c.space, &c.id, START + 600, c.expires), Ok(START + 5));
}

fn failures_count_in_a_window(r: &mut dyn Registry) {
    let (ann, bob) = ([1; 32], [2; 32]);
    for (n, now) in (1..=5).zip(START..) {
        assert_eq!(r.failures(Space::Totp, &ann, now), Ok(n - 1));
        assert_eq!(r.fail(Space::Totp, &ann, now), Ok(n));
    }
    assert_eq!(r.failures(Space::Totp, &bob, START), Ok(0));
    assert_eq!(r.failures(Space::Login, &ann, START), Ok(0));
    assert_eq!(r.failures(Space::Totp, &ann, START + FAIL_WINDOW_S - 1), Ok(5));
    assert_eq!(r.failures(Space::Totp, &ann, START + FAIL_WINDOW_S), Ok(4));
    assert_eq!(r.fail(Space::Totp, &ann, START + FAIL_WINDOW_S + 3), Ok(2));
    assert_eq!(r.failures(Space::Totp, &ann, START + 2 * FAIL_WINDOW_S + 3), Ok(0));
}

/// So many handles, each in a thread of its own, reserve the same names at once: each name is had by one of them.
///
/// # Panics
/// If it is not.
pub fn registry_race<R: Registry + Send>(handles: Vec<R>) {
    const NAMES: u8 = 50;
    let barrier = Barrier::new(handles.len());
    let run = |(place, mut handle): (usize, R)| {
        let owner = [place as u8; 16];
        barrier.wait();
        let mut mine = Vec::new();
        for name in 0..NAMES {
            match handle.reserve(&Claim { owner, ..claim(name) }, START) {
                Ok(attempt) => mine.push((name, attempt)),
                Err(error) => {
                    assert!(matches!(error, RegistryError::Taken | RegistryError::Done(_)), "{error}")
                }
            }
        }
        for (name, _) in &mine {
            assert_eq!(handle.commit(Space::Request, &[*name; 32], &owner, &DONE), Ok(()));
        }
        mine
    };
    let mut all: Vec<(u8, u8)> = thread::scope(|scope| {
        let threads: Vec<_> = handles.into_iter().enumerate().map(|h| scope.spawn(|| run(h))).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect()
    });
    all.sort_unstable();
    assert!(all.iter().copied().eq((0..NAMES).map(|name| (name, 1))), "each name once: {all:?}");
}
