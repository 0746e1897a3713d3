//! What was found, operation by operation.

use std::cell::Cell;

use crate::valgrind::{errors, secret_bits, show};

thread_local! {
    /// Secret bits that were made public since the operation began.
    static PUBLISHED: Cell<u64> = const { Cell::new(0) };
}

/// What the library calls where a value is public.
pub fn told(place: *const u8, len: usize) {
    // SAFETY: the library lends a value for the length of the call.
    let bytes = unsafe { core::slice::from_raw_parts(place, len) };
    PUBLISHED.set(PUBLISHED.get() + u64::from(secret_bits(bytes)));
    show(place, len);
}

/// Makes bytes public, where they stand, and counts them.
pub fn publish(bytes: &[u8]) {
    let bytes = core::hint::black_box(bytes);
    told(bytes.as_ptr(), bytes.len());
}

/// What an operation must show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Nothing,
    /// So many errors that are no leaks, and why.
    Exactly(u64, &'static str),
    /// Something, and why.
    Errors(&'static str),
}

impl Expected {
    fn admits(self, found: u64) -> bool {
        match self {
            Self::Nothing => found == 0,
            Self::Exactly(count, _) => found == count,
            Self::Errors(_) => found > 0,
        }
    }

    fn words(self) -> (String, &'static str) {
        match self {
            Self::Nothing => ("none".into(), ""),
            Self::Exactly(count, why) => (count.to_string(), why),
            Self::Errors(why) => ("some".into(), why),
        }
    }
}

/// As many operations as there are, the planted leaks among them: whoever takes one away says so here.
const ROWS: usize = 71;

/// The table, printed as it grows.
pub struct Table {
    only: Option<String>,
    rows: usize,
    wrong: Vec<String>,
}

impl Table {
    pub fn new(only: Option<String>) -> Self {
        println!("published, kept: secret bits that were made public, and that are secret at the end");
        println!("{:<66} {:>6}  {:<8} {:>9} {:>6}", "operation", "errors", "expected", "published", "kept");
        Self { only, rows: 0, wrong: Vec::new() }
    }

    /// Whether the row was asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only.as_str()))
    }

    /// One operation, of which nothing is to be found. It gives bytes that are secrets at its end: they must be so still.
    pub fn clean(&mut self, name: &str, run: impl FnOnce() -> Vec<u8>) {
        self.row(name, Expected::Nothing, run);
    }

    pub fn row(&mut self, name: &str, expected: Expected, run: impl FnOnce() -> Vec<u8>) {
        if !self.wants(name) {
            return;
        }
        eprintln!("-- {name}");
        PUBLISHED.set(0);
        let before = errors();
        let secrets = run();
        let found = errors() - before;
        let (published, kept) = (PUBLISHED.get(), secret_bits(&secrets));
        let (word, why) = expected.words();
        println!(
            "{}",
            format!("{name:<66} {found:>6}  {word:<8} {published:>9} {kept:>6}  {why}").trim_end()
        );
        self.rows += 1;
        if !expected.admits(found) {
            self.wrong.push(format!("{name}: {found} errors"));
        }
        // Seven bits of eight: an encoding has bits that are always zero.
        if kept < 7 * secrets.len() as u32 {
            self.wrong.push(format!("{name}: of {} secret bits {kept} arrived", 8 * secrets.len()));
        }
        if secrets.is_empty() && published == 0 {
            self.wrong.push(format!("{name}: no secret arrived anywhere"));
        }
    }

    /// The rows, or what is wrong with them.
    pub fn verdict(self) -> Result<usize, String> {
        let least = if self.only.is_some() { 1 } else { ROWS };
        if self.rows < least {
            return Err(format!("{} operations, and not the {least} at least that there must be", self.rows));
        }
        if self.wrong.is_empty() { Ok(self.rows) } else { Err(self.wrong.join("\n")) }
    }
}
