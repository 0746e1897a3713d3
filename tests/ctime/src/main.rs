//! Constant time, checked by machine: `bash ci/ctime.sh`.
//!
//! Whole runs of every protocol, and every other operation that touches secrets, under valgrind's memcheck. All that is random, and all secrets
//! that come from outside, are undefined to it ([`tainted`]); a branch or an address that depends on one is an error, and counted for the operation
//! ([`table`]). What the library computes from secrets and is public says so there (`secret::published`), and messages become public on their way
//! to others ([`drive`]).
//!
//! The last rows are leaks that were planted: an error must be found in each. Secrets at the end of an operation must still be undefined: so we
//! know that the checker did not lose them on the way.
//!
//! What it does not see: which instructions take how long (it assumes that multiplication does not depend on its operands), what the compiler
//! of somebody else makes of the same source, and code for processors that valgrind does not play: SHA-NI and AVX-512 are not there, so portable
//! code runs in their place, while AVX2, AES-NI and PCLMULQDQ are. `src/bin/dudect` measures those.

#[cfg(not(quorate_ctime))]
compile_error!("build it with RUSTFLAGS='--cfg quorate_ctime', as ci/ctime.sh does");

mod drive;
mod op;
mod table;
mod tainted;
mod valgrind;

use std::process::ExitCode;

use table::Table;

fn main() -> ExitCode {
    if !valgrind::runs() {
        eprintln!("this runs under valgrind: bash ci/ctime.sh");
        return ExitCode::from(2);
    }
    quorate::secret::tell(table::told);
    let mut table = Table::new(std::env::args().nth(1));
    op::all(&mut table);
    match table.verdict() {
        Ok(rows) => {
            println!("{rows} operations, each as expected");
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            println!("NOT CONSTANT TIME, or not checked:\n{wrong}");
            ExitCode::FAILURE
        }
    }
}
