//! See `quorate_fuzz::multiscalar`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quorate_fuzz::multiscalar(data));
