//! The first byte picks a decoder, the rest is its input; see `decoders`.
#![no_main]
mod decoders;

use decoders::Decoder;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static DECODERS: Vec<Decoder> = decoders::all();
}

fuzz_target!(|data: &[u8]| {
    let Some((pick, bytes)) = data.split_first() else { return };
    DECODERS.with(|all| {
        if let Some(decoder) = all.get(usize::from(*pick)) {
            let again = (decoder.decode)(bytes);
            assert!(again.is_none_or(|again| again == bytes), "{}: two encodings", decoder.name);
        }
    });
});
