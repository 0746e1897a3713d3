//! See `quorate_fuzz::receive_frost`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quorate_fuzz::receive_frost(data));
