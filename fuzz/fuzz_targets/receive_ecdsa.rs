//! See `quorate_fuzz::receive_ecdsa`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quorate_fuzz::receive_ecdsa(data));
