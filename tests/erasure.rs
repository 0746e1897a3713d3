//! What a device leaves of its secrets in memory that it gives back: nothing, of what is looked for here. One party of most protocols is played to
//! its result, suspended after every round where that can be done, while the allocator looks into every block that comes back: for shares,
//! pairings, nonces of FROST, what a signer draws in a round of ECDSA, and whatever is in a snapshot and in no message. A buffer that was too small,
//! and so grew, shows here; so does a value that was moved out of its box, and what is not wiped.
//!
//! Not looked for: values between (a single decrypted share of a key generation, products, pads). Not played: repair, export, channels, a coordinator, dealers of
//! an import, containers of the vault; the start of a signing is outside. Not seen: the stack, registers, and what the system does with a page.
//! One test only, since it replaces the allocator.
mod driver;
#[path = "erasure/forms.rs"]
mod forms;
#[path = "erasure/runs.rs"]
mod runs;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Bytes that are compared at once.
const WIDTH: usize = 8;
const MOST: usize = 1 << 18;

/// What is looked for, by its hash: a table with open addressing, 0 where there is nothing.
static WANTED: [AtomicU64; MOST] = [const { AtomicU64::new(0) }; MOST];
static LEFT: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

fn slots(word: u64) -> impl Iterator<Item = &'static AtomicU64> {
    let first = (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 46) as usize;
    (first..first + MOST).map(|slot| &WANTED[slot % MOST])
}

fn is_wanted(word: u64) -> bool {
    let mut found = slots(word).map(|slot| slot.load(Ordering::Relaxed)).take_while(|found| *found != 0);
    word != 0 && found.any(|found| found == word)
}

fn want(word: u64) {
    if !is_wanted(word) {
        slots(word).find(|slot| slot.load(Ordering::Relaxed) == 0).unwrap().store(word, Ordering::Relaxed);
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.windows(WIDTH).map(|window| u64::from_ne_bytes(window.try_into().unwrap()))
}

/// Where 32 bytes in a row are secret. Fewer may be what was on the stack where a value is not initialised, like the inside of an empty option.
fn secret_in(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4 * WIDTH).position(|window| window.chunks(WIDTH).flat_map(words).all(is_wanted))
}

/// Looks at every block that comes back.
struct Watching;

// SAFETY: the system's allocator; a block, which comes zeroed, is read before it is given back.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if WATCHED.get() {
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            if let Some(at) = secret_in(bytes) {
                LEFT.fetch_add(1, Ordering::Relaxed);
                if std::env::var_os("QUORATE_SHOW").is_some() {
                    WATCHED.set(false);
                    eprintln!(
                        "{} bytes, at {at}\n{}",
                        layout.size(),
                        std::backtrace::Backtrace::force_capture()
                    );
                    WATCHED.set(true);
                }
            }
        }
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static MEMORY: Watching = Watching;

/// Writes over what calls before have left on the stack: a value that is not wholly initialised, like an empty option, would take it along to the heap.
#[inline(never)]
pub(crate) fn scrub() {
    std::hint::black_box([0u8; 1 << 18]);
}

/// The number of blocks with secrets that come back meanwhile.
fn left(run: impl FnOnce()) -> usize {
    let before = LEFT.load(Ordering::Relaxed);
    scrub();
    WATCHED.set(true);
    run();
    WATCHED.set(false);
    LEFT.load(Ordering::Relaxed) - before
}

/// The test's own copy, which never comes back.
fn kept(bytes: &[u8]) -> &'static [u8] {
    Vec::leak(bytes.to_vec())
}

/// What is public: every four bytes in a row of these.
fn public<'a>(bytes: impl IntoIterator<Item = &'a [u8]>) -> HashSet<[u8; 4]> {
    bytes.into_iter().flat_map(fours).collect()
}

fn fours(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> {
    bytes.windows(4).map(|window| window.try_into().unwrap())
}

/// Looks for every stretch of these bytes of which nothing is public, and which is not simple: as it stands, and backwards, as numbers stand
/// in memory.
fn look_for(secrets: &[u8], public: &HashSet<[u8; 4]>) -> usize {
    let mut number = 0;
    for window in secrets.windows(WIDTH) {
        let simple = window.iter().collect::<HashSet<_>>().len() < WIDTH - 1;
        if simple || fours(window).any(|four| public.contains(&four)) {
            continue;
        }
        let backwards: Vec<u8> = window.iter().rev().copied().collect();
        words(window).chain(words(&backwards)).for_each(want);
        number += 1;
    }
    number
}

/// What was done, and how many blocks came back with secrets in them.
type Found = (String, usize);

/// `secrets`: all of this but what is in `public`.
fn found<'a>(
    label: &str,
    secrets: &[&[u8]],
    known: impl IntoIterator<Item = &'a [u8]>,
    run: impl FnOnce(),
) -> Found {
    let known = public(known);
    WANTED.iter().for_each(|slot| slot.store(0, Ordering::Relaxed));
    let number: usize = secrets.iter().map(|secret| look_for(secret, &known)).sum();
    assert!(number >= 20, "{label}: nothing to look for");
    (label.to_owned(), left(run))
}

#[test]
fn nothing_is_left() {
    // It does see what is left.
    let bytes: Vec<u8> = (0..100).collect();
    let backwards: Vec<u8> = bytes.iter().rev().copied().collect();
    let (secret, mut grown) = (kept(&bytes), bytes.clone());
    assert_eq!(found("a vector", &[secret], [], || drop(bytes)).1, 1);
    assert_eq!(found("a number", &[secret], [], || drop(backwards)).1, 1);
    assert_eq!(found("a vector that grows", &[secret], [], || grown.reserve_exact(1000)).1, 1);
    let all: Vec<Found> = forms::all().into_iter().chain(runs::all()).collect();
    all.iter().for_each(|(label, left)| println!("{left} {label}"));
    let wrong: Vec<&Found> = all.iter().filter(|(_, left)| *left > 0).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
