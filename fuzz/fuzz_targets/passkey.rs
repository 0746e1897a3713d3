//! What browsers hand over; see `passkeys`.
#![no_main]
mod passkeys;

use libfuzzer_sys::fuzz_target;

thread_local! {
    static TABLE: passkeys::Table = passkeys::Table::new();
}

fuzz_target!(|data: &[u8]| TABLE.with(|table| table.check(data)));
