//! Which mutant is on: the number in the environment variable MUTANT. 0 or nothing: none. With MUTANT=record, the numbers of all that are
//! come by go to the file named by MUTANT_REACHED, 4 bytes each.

extern crate std;

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::io::Write;

const UNKNOWN: u32 = u32::MAX;
const RECORD: u32 = u32::MAX - 1;
const MOST: usize = 20_000;

static CURRENT: AtomicU32 = AtomicU32::new(UNKNOWN);
static REACHED: [AtomicBool; MOST] = [const { AtomicBool::new(false) }; MOST];
static FILE: std::sync::Mutex<Option<std::fs::File>> = std::sync::Mutex::new(None);

#[inline]
pub(crate) fn on(id: u32) -> bool {
    let current = CURRENT.load(Ordering::Relaxed);
    current == id || (current >= RECORD && first(id, current))
}

#[cold]
#[inline(never)]
fn first(id: u32, current: u32) -> bool {
    if current == UNKNOWN {
        let value = std::env::var("MUTANT").unwrap_or_default();
        let value = if value == "record" { RECORD } else { value.parse().unwrap_or(0) };
        CURRENT.store(value, Ordering::Relaxed);
        return on(id);
    }
    let known = REACHED.get(id as usize).is_none_or(|seen| seen.swap(true, Ordering::Relaxed));
    if !known {
        let mut file = FILE.lock().unwrap();
        if file.is_none() {
            let path = std::env::var("MUTANT_REACHED").unwrap();
            *file = Some(std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap());
        }
        file.as_mut().unwrap().write_all(&id.to_le_bytes()).unwrap();
    }
    false
}
