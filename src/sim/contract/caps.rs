//! The rules of caps.

use std::string::String;
use std::sync::Barrier;
use std::thread;
use std::vec::Vec;

use super::START;
use crate::approval::cap::{CapError, CapUse, Caps};
use crate::approval::fact::Amount;

/// A rule of caps, by name.
pub type CapsRule = (&'static str, fn(&mut dyn Caps));

rules! {
    /// The rules of caps.
    CAPS: CapsRule;
    p9_never_above_the_limit, p9_all_or_none, p9_the_window_slides, p9_the_same_request_counts_once,
    p9_another_list_is_a_conflict, p9_a_retry_starts_the_window_anew, p9_released_is_free, p9_committed_stays,
    p9_no_release_by_time, p9_a_cap_named_twice_is_refused, p9_scopes_and_caps_are_apart, p9_sums_do_not_overflow,
    p9_a_window_that_changes, p9_the_limit_of_now_counts,
}

fn cap_use(cap: &str, amount: u128) -> CapUse {
    CapUse { cap: cap.into(), scope: [7].into(), amount: amount.into(), window_s: 100, limit: 1000.into() }
}

fn exceeded(cap: &str) -> Result<(), CapError> {
    Err(CapError::Exceeded(String::from(cap)))
}

fn p9_never_above_the_limit(c: &mut dyn Caps) {
    assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 600)], START), Ok(()));
    assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 401)], START), exceeded("a"));
    assert_eq!(c.reserve(&[3; 32], &[cap_use("a", 400)], START), Ok(()), "exactly the limit");
    assert_eq!(c.reserve(&[4; 32], &[cap_use("a", 1)], START), exceeded("a"));
    assert_eq!(c.reserve(&[5; 32], &[cap_use("a", 0)], START), Ok(()));
    assert_eq!(c.reserve(&[6; 32], &[cap_use("b", 1001)], START), exceeded("b"), "also if nothing is spent");
}

fn p9_all_or_none(c: &mut dyn Caps) {
    assert_eq!(c.reserve(&[1; 32], &[cap_use("b", 600)], START), Ok(()));
    assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 1000), cap_use("b", 500)], START), exceeded("b"));
    assert_eq!(c.commit(&[2; 32]), Err(CapError::NotReserved));
    assert_eq!(c.reserve(&[3; 32], &[cap_use("a", 1000), cap_use("b", 400)], START), Ok(()));
}

fn p9_the_window_slides(c: &mut dyn Caps) {
    assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 600)], START), Ok(()));
    assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 400)], START + 50), Ok(()));
    assert_eq!(c.reserve(&[3; 32], &[cap_use("a", 600)], START + 99), exceeded("a"));
    assert_eq!(c.reserve(&[3; 32], &[cap_use("a", 601)], START + 100), exceeded("a"));
    assert_eq!(c.reserve(&[3; 32], &[cap_use("a", 600)], START + 100), Ok(()), "the first has left");
    assert_eq!(c.reserve(&[4; 32], &[cap_use("a", 400)], START + 149), exceeded("a"));
    assert_eq!(c.reserve(&[4; 32], &[cap_use("a", 400)], START), exceeded("a"), "by a clock that goes back");
    assert_eq!(c.reserve(&[4; 32], &[cap_use("a", 400)], START + 150), Ok(()));
}

fn p9_the_same_request_counts_once(c: &mut dyn Caps) {
    for _ in 0..3 {
        assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 600), cap_use("b", 1)], START), Ok(()));
    }
    assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 401)], START), exceeded("a"));
    assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 400)], START), Ok(()));
}

fn p9_another_list_is_a_conflict(c: &mut dyn Caps) {
    let list = [cap_use("a", 600), cap_use("b", 1)];
    assert_eq!(c.reserve(&[1; 32], &list, START), Ok(()));
    assert_eq!(c.reserve(&[1; 32], &list[..1], START), Err(CapError::Conflict));
    assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 6), cap_use("b", 1)], START), Err(CapError::Conflict));
    assert_eq!(c.reserve(&[1; 32], &[], START), Err(CapError::Conflict));
    assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 400)], START), Ok(()), "nothing has changed");
    assert_eq!(c.reserve(&[3; 32], &[cap_use("a", 1)], START), exceeded("a"));
}

fn p9_a_retry_starts_the_window_anew(c: &mut dyn Caps) {
    assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 600)], START), Ok(()));
    assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 600)], START + 60), Ok(()));
    assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 600)], START + 159), exceeded("a"));
    assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 600)], START + 160), Ok(()));
}

fn p9_released_is_free(c: &mut dyn Caps) {
    assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 1000), cap_use("b", 1000)], START), Ok(()));
    assert_eq!(c.release(&[1; 32]), Ok(()));
    assert_eq!(c.release(&[1; 32]), Err(CapError::NotReserved));
    assert_eq!(c.reserve(&[2; 32], &[cap_use("b", 1000), cap_use("a", 1000)], START), Ok(()));
}

fn p9_committed_stays(c: &mut dyn Caps) {
    assert_eq!(c.commit(&[1; 32]), Err(CapError::NotReserved));
    assert_eq!(c.release(&[1; 32]), Err(CapError::NotReserved));
    assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 1000)], START), Ok(()));
    assert_eq!((c.commit(&[1; 32]), c.commit(&[1; 32])), (Ok(()), Ok(())));
    assert_eq!(c.release(&[1; 32]), Err(CapError::Committed));
    assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 1)], START + 99), exceeded("a"));
    assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 1000)], START), Ok(()));
    assert_eq!(c.release(&[1; 32]), Err(CapError::Committed), "also after it was reserved again");
}

fn p9_no_release_by_time(c: &mut dyn Caps) {
    assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 1000)], START), Ok(()));
    for now in START..START + 100 {
        assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 1)], now), exceeded("a"));
    }
    assert_eq!(c.reserve(&[2; 32], &[cap_use("a", 1)], START + 100), Ok(()));
}

fn p9_a_cap_named_twice_is_refused(c: &mut dyn Caps) {
    let twice = [cap_use("a", 1), cap_use("b", 1), cap_use("a", 2)];
    assert_eq!(c.reserve(&[1; 32], &twice, START), Err(CapError::Twice(String::from("a"))));
    assert_eq!(c.commit(&[1; 32]), Err(CapError::NotReserved));
}

fn p9_scopes_and_caps_are_apart(c: &mut dyn Caps) {
    let other = CapUse { scope: [8].into(), ..cap_use("a", 1000) };
    assert_eq!(c.reserve(&[1; 32], &[cap_use("a", 1000), other, cap_use("b", 1000)], START), Ok(()));
    assert_eq!(c.reserve(&[2; 32], &[cap_use("c", 1000)], START), Ok(()));
    assert_eq!(c.reserve(&[3; 32], &[cap_use("b", 1)], START), exceeded("b"));
}

fn p9_sums_do_not_overflow(c: &mut dyn Caps) {
    let most = CapUse { amount: Amount::MAX, limit: Amount::MAX, ..cap_use("a", 0) };
    assert_eq!(c.reserve(&[1; 32], core::slice::from_ref(&most), START), Ok(()));
    let one = CapUse { amount: 1.into(), ..most };
    assert_eq!(c.reserve(&[2; 32], &[one], START), exceeded("a"));
}

fn p9_a_window_that_changes(c: &mut dyn Caps) {
    let long = |amount| CapUse { window_s: 200, ..cap_use("a", amount) };
    let short = |amount| CapUse { window_s: 50, ..cap_use("a", amount) };
    assert_eq!(c.reserve(&[1; 32], &[long(600)], START), Ok(()));
    assert_eq!(c.reserve(&[2; 32], &[short(900)], START + 50), Ok(()), "the shorter window has passed");
    assert_eq!(c.reserve(&[3; 32], &[long(1)], START + 51), exceeded("a"));
    assert_eq!(c.reserve(&[3; 32], &[long(101)], START + 200), exceeded("a"));
    assert_eq!(c.reserve(&[3; 32], &[long(100)], START + 200), Ok(()));
}

fn p9_the_limit_of_now_counts(c: &mut dyn Caps) {
    let within = |limit: u128| CapUse { limit: limit.into(), ..cap_use("a", 600) };
    assert_eq!(c.reserve(&[1; 32], &[within(600)], START), Ok(()));
    assert_eq!(c.reserve(&[1; 32], &[within(599)], START), exceeded("a"), "a policy that allows less");
    assert_eq!(c.reserve(&[2; 32], &[within(1199)], START), exceeded("a"), "the reservation is as it was");
    assert_eq!(c.reserve(&[2; 32], &[within(1200)], START), Ok(()));
}

/// So many handles, each in a thread of its own, spend under one cap at once: together they never spend more than it allows, and what they
/// could spend is spent.
///
/// # Panics
/// If not.
pub fn caps_race<C: Caps + Send>(handles: Vec<C>) {
    let barrier = Barrier::new(handles.len());
    let run = |(place, mut handle): (usize, C)| {
        barrier.wait();
        let (mut spent, mut rh) = (0u32, [place as u8; 32]);
        for n in 0..60 {
            rh[0] = n;
            match handle.reserve(&rh, &[cap_use("race", 10)], START) {
                Ok(()) if n % 4 == 3 => assert_eq!(handle.release(&rh), Ok(())),
                Ok(()) => {
                    assert_eq!(handle.commit(&rh), Ok(()));
                    spent += 10;
                }
                Err(error) => assert_eq!(error, CapError::Exceeded(String::from("race"))),
            }
        }
        (spent, handle)
    };
    let ended: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = handles.into_iter().enumerate().map(|h| scope.spawn(|| run(h))).collect();
        threads.into_iter().filter_map(|t| t.join().ok()).collect()
    });
    let spent: u32 = ended.iter().map(|(spent, _)| spent).sum();
    assert!(spent <= 1000, "{spent} of 1000");
    for (_, mut handle) in ended.into_iter().take(1) {
        let rest = u128::from(1000 - spent);
        assert_eq!(handle.reserve(&[0xee; 32], &[cap_use("race", rest + 1)], START), exceeded("race"));
        assert_eq!(handle.reserve(&[0xee; 32], &[cap_use("race", rest)], START), Ok(()));
    }
}
