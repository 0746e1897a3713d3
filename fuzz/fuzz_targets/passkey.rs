//! See `quorate_fuzz::passkey`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quorate_fuzz::passkey(data));
