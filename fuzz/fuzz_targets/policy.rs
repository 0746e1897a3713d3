//! What a holder reads before it signs; see `tests/policy/readers.rs`.
#![no_main]
#[path = "../../tests/policy/readers.rs"]
mod readers;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| readers::check(data));
