//! The registry and the caps in memory: the contract, threads, every interleaving, random runs against a plain model, and room.

#[path = "registry/broken.rs"]
mod broken;
#[path = "registry/interleavings.rs"]
mod interleavings;
#[path = "registry/model.rs"]
mod model;
#[path = "registry/shared.rs"]
mod shared;

use quorate::approval::cap::{CapError, CapUse, Caps, MemoryCaps};
use quorate::approval::fact::Amount;
use quorate::approval::registry::{
    Claim, Entry, FAIL_WINDOW_S, MemoryRegistry, RETENTION_S, Registry, RegistryError, Space,
};
use quorate::sim::contract::{CAPS, REGISTRY, START, caps_race, registry_race};
use shared::Shared;

pub(crate) fn claim(id: u8) -> Claim {
    let (space, owner) = (Space::Request, [1; 16]);
    Claim { space, id: [id; 32], bind: [9; 32], owner, expires: START + 900, max_attempts: 3 }
}

pub(crate) fn spend(amount: u128) -> CapUse {
    CapUse { cap: "day".into(), scope: vec![1], amount: amount.into(), window_s: 100, limit: 1000.into() }
}

#[test]
fn the_registry_in_memory_keeps_the_contract() {
    assert_eq!(REGISTRY.len(), 16);
    for (name, rule) in REGISTRY {
        println!("{name}");
        rule(&mut MemoryRegistry::new(64, START));
    }
}

#[test]
fn the_caps_in_memory_keep_the_contract() {
    assert_eq!(CAPS.len(), 14);
    for (name, rule) in CAPS {
        println!("{name}");
        rule(&mut MemoryCaps::new(64));
    }
}

#[test]
fn eight_threads_never_use_a_name_twice() {
    for _ in 0..50 {
        let registry = Shared::new(MemoryRegistry::new(1000, START));
        registry_race((0..8).map(|_| registry.clone()).collect());
    }
}

#[test]
fn eight_threads_never_spend_more_than_a_cap() {
    for _ in 0..50 {
        let caps = Shared::new(MemoryCaps::new(1000));
        caps_race((0..8).map(|_| caps.clone()).collect());
    }
}

#[test]
fn s8_a_full_registry_refuses_and_makes_room_only_by_forgetting_what_is_due() {
    let mut r = MemoryRegistry::new(3, START);
    r.reserve(&claim(1), START).unwrap();
    r.first_seen(Space::Request, &[1; 32], START, START + 900).unwrap();
    r.fail(Space::Totp, &[1; 32], START).unwrap();
    assert_eq!(r.reserve(&claim(2), START), Err(RegistryError::Full));
    assert_eq!(r.consume(&claim(2), &[0; 32], START), Err(RegistryError::Full));
    assert_eq!(r.first_seen(Space::Request, &[2; 32], START, START + 900), Err(RegistryError::Full));
    assert_eq!(r.fail(Space::Totp, &[2; 32], START), Err(RegistryError::Full));
    assert_eq!(r.entry(Space::Request, &[2; 32]), Ok(None));
    // What is there still moves.
    r.release(Space::Request, &[1; 32], &[1; 16]).unwrap();
    assert_eq!(r.reserve(&claim(1), START), Ok(2));
    assert_eq!(r.fail(Space::Totp, &[1; 32], START), Ok(2));
    // Failures are forgotten with their window, and only then.
    let later = Claim { expires: START + 5000, ..claim(2) };
    assert_eq!(r.reserve(&later, START + FAIL_WINDOW_S - 1), Err(RegistryError::Full));
    assert_eq!(r.reserve(&later, START + FAIL_WINDOW_S), Ok(1));
    assert_eq!(r.reserve(&Claim { id: [3; 32], ..later }, START + FAIL_WINDOW_S), Err(RegistryError::Full));
}

#[test]
fn s6_an_entry_that_is_reserved_again_is_kept_as_long_as_its_longest_claim() {
    let mut r = MemoryRegistry::new(10, START);
    r.reserve(&claim(1), START).unwrap();
    r.release(Space::Request, &[1; 32], &[1; 16]).unwrap();
    r.reserve(&Claim { expires: START + 100, ..claim(1) }, START).unwrap();
    for day in 0..=7 {
        r.clock(START + 899 + day * RETENTION_S / 7).unwrap();
    }
    assert_eq!(r.purge(START), Ok(0));
    assert_eq!(r.purge(START + 900 + RETENTION_S), Ok(1));
    // The other way round, what the first claim's end would have been is no end.
    let (start, later) = (START + 900 + RETENTION_S, 5000);
    let claim = |expires| Claim { expires: start + expires, ..claim(2) };
    r.reserve(&claim(900), start).unwrap();
    r.release(Space::Request, &[2; 32], &[1; 16]).unwrap();
    r.consume(&claim(later), &[7; 32], start).unwrap();
    for day in 0..=7 {
        r.clock(start + 900 + day * RETENTION_S / 7).unwrap();
    }
    assert_eq!(r.purge(start + 900 + RETENTION_S), Ok(0));
    assert_eq!(r.entry(Space::Request, &[2; 32]), Ok(Some(Entry::Committed { outcome: [7; 32] })));
    assert_eq!(r.purge(start + later + RETENTION_S), Ok(1));
}

/// Whoever guesses gains nothing by the end of the first failure's window.
#[test]
fn a_failure_is_counted_for_its_whole_window_whatever_failed_before() {
    let mut r = MemoryRegistry::new(2, START);
    r.fail(Space::Totp, &[1; 32], START).unwrap();
    r.fail(Space::Totp, &[1; 32], START + 800).unwrap();
    assert_eq!(r.purge(START + FAIL_WINDOW_S), Ok(0));
    assert_eq!(r.failures(Space::Totp, &[1; 32], START + FAIL_WINDOW_S), Ok(1));
    // An id takes the room of one, however often it fails.
    r.fail(Space::Totp, &[2; 32], START + FAIL_WINDOW_S).unwrap();
    assert_eq!(r.fail(Space::Totp, &[3; 32], START + FAIL_WINDOW_S), Err(RegistryError::Full));
    assert_eq!(r.purge(START + 800 + FAIL_WINDOW_S), Ok(1));
}

#[test]
fn failures_beyond_sixteen_are_not_stored() {
    let mut r = MemoryRegistry::new(1, START);
    for n in 1..=100 {
        assert_eq!(r.fail(Space::Totp, &[1; 32], START), Ok(n.min(16)));
    }
    assert_eq!(r.failures(Space::Totp, &[1; 32], START), Ok(16));
}

#[test]
fn full_caps_refuse_and_forget_only_what_has_left_every_window() {
    let mut c = MemoryCaps::new(2);
    let long = CapUse { cap: "week".into(), window_s: 700, ..spend(1) };
    c.reserve(&[1; 32], &[spend(1), long.clone()], START).unwrap();
    c.reserve(&[2; 32], &[spend(1)], START).unwrap();
    assert_eq!(c.reserve(&[3; 32], &[spend(1)], START + 99), Err(CapError::Full));
    assert_eq!(c.reserve(&[1; 32], &[spend(1), long], START), Ok(()));
    assert_eq!(c.reserve(&[3; 32], &[spend(1)], START + 100), Ok(()));
    assert_eq!(c.reserve(&[4; 32], &[spend(1)], START + 100), Err(CapError::Full));
    assert_eq!(c.spent("day", &[1], 100, START + 100), 2.into());
    assert_eq!(c.spent("week", &[1], 700, START + 100), 1.into());
    assert_eq!(c.spent("month", &[1], 700, START + 100), 0.into());
}

/// A window that was long once makes nothing last longer after all that was counted in it has left or was released.
#[test]
fn caps_that_count_nothing_any_more_remember_no_window() {
    let mut c = MemoryCaps::new(1);
    let week = |amount| CapUse { window_s: 700, ..spend(amount) };
    c.reserve(&[1; 32], &[week(1)], START).unwrap();
    c.release(&[1; 32]).unwrap();
    c.reserve(&[2; 32], &[spend(1)], START).unwrap();
    assert_eq!(c.reserve(&[3; 32], &[spend(1)], START + 99), Err(CapError::Full));
    c.reserve(&[3; 32], &[week(1)], START + 100).unwrap();
    c.reserve(&[4; 32], &[spend(1)], START + 800).unwrap();
    c.reserve(&[5; 32], &[spend(1)], START + 900).unwrap();
}

/// A window that grows counts again what had left it, and the sum may be more than any amount: that is exceeded, and changes nothing.
#[test]
fn caps_count_beyond_the_largest_amount() {
    let mut c = MemoryCaps::new(10);
    let mut half = [0; 32];
    half[0] = 0x80;
    let day = |amount: Amount, window_s| CapUse { amount, window_s, limit: Amount::MAX, ..spend(0) };
    let (half, one) = (Amount(half), Amount::from(1));
    let exceeded = || Err(CapError::Exceeded("day".into()));
    // Remembered for the sake of a longer window beside it.
    c.reserve(&[1; 32], &[day(half, 100), CapUse { cap: "week".into(), window_s: 700, ..spend(1) }], START)
        .unwrap();
    c.reserve(&[2; 32], &[day(half, 100)], START + 100).unwrap();
    assert_eq!(c.reserve(&[3; 32], &[day(one, 700)], START + 101), exceeded());
    assert_eq!(c.reserve(&[2; 32], &[day(half, 700)], START + 101), exceeded());
    assert_eq!(c.spent("day", &[1], 100, START + 101), half, "the second is reserved still");
    assert_eq!(c.commit(&[2; 32]), Ok(()));
    // In the window that it was, only the second counts.
    let rest = half.checked_sub(&one).unwrap();
    assert_eq!(c.reserve(&[3; 32], &[day(rest, 100)], START + 199), Ok(()));
    assert_eq!(c.reserve(&[4; 32], &[day(one, 100)], START + 199), exceeded());
    c.release(&[3; 32]).unwrap();
    assert_eq!(c.reserve(&[4; 32], &[day(one, 100)], START + 199), Ok(()));
}

#[test]
fn errors_have_stable_numbers() {
    let codes = [
        (RegistryError::Taken, 5901),
        (RegistryError::Expired, 5901),
        (RegistryError::Exhausted, 5901),
        (RegistryError::Conflict, 5902),
        (RegistryError::Done([0; 32]), 5903),
        (RegistryError::NotOwner, 5904),
        (RegistryError::WrongState, 5905),
        (RegistryError::ClockJump { high_water: 0, now: 1 }, 5907),
        (RegistryError::Unavailable, 5908),
        (RegistryError::Full, 5908),
    ];
    for (error, code) in codes {
        assert_eq!(error.code(), code, "{error}");
    }
    let caps = [
        CapError::Exceeded(String::new()),
        CapError::Twice(String::new()),
        CapError::Conflict,
        CapError::NotReserved,
        CapError::Committed,
        CapError::Unavailable,
        CapError::Full,
    ];
    assert!(caps.iter().all(|error| error.code() == 5609));
}

/// 10^5 requests in the window, and the time of one more, in every build: far from what a scan of the window would take. Of
/// a thousand the one in the middle counts, which a machine that does other things meanwhile does not touch.
#[test]
fn a_reserve_costs_the_logarithm_of_the_window() {
    let mut c = MemoryCaps::new(200_000);
    let within = |n: u32| CapUse { window_s: 1000, limit: u128::MAX.into(), ..spend(u128::from(n)) };
    let name = |n: u32| {
        let mut rh = [0; 32];
        rh[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
        rh
    };
    let time = |c: &mut MemoryCaps, from: u32, count: u32| {
        let mut times: Vec<_> = (from..from + count)
            .map(|n| {
                let start = std::time::Instant::now();
                c.reserve(&name(n), &[within(n)], START + u64::from(n / 100)).unwrap();
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    let few = time(&mut c, 0, 1000);
    time(&mut c, 1000, 99_000);
    let many = time(&mut c, 100_000, 1000);
    println!("a reserve: {few:?} with few in the window, {many:?} with 100,000");
    // The entries that leave are paid for, too: 1000 have left.
    let sum = (1100u128..101_000).sum::<u128>();
    assert_eq!(c.spent("day", &[1], 1000, START + 1010), sum.into());
    assert!(many < 20 * few + std::time::Duration::from_micros(20), "{few:?} then {many:?}");
}

/// A crash is a process that does not come back: its reservation stays, and so does what it counted.
#[test]
fn crash_between_reserve_and_commit_leaves_the_reservation_and_the_cap() {
    let (mut r, mut c) = (MemoryRegistry::new(10, START), MemoryCaps::new(10));
    r.reserve(&claim(1), START).unwrap();
    c.reserve(&[1; 32], &[spend(600)], START).unwrap();
    let again = Claim { owner: [2; 16], ..claim(1) };
    for now in [START, START + 899, START + 900, START + 80_000] {
        assert_eq!(r.reserve(&again, now), Err(RegistryError::Taken));
    }
    assert_eq!(r.release(Space::Request, &[1; 32], &[2; 16]), Err(RegistryError::NotOwner));
    assert_eq!(r.entry(Space::Request, &[1; 32]), Ok(Some(Entry::Reserved { owner: [1; 16], attempts: 1 })));
    assert!(c.reserve(&[2; 32], &[spend(401)], START + 99).is_err());
}
