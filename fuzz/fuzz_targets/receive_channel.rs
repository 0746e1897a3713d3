//! A member of a cluster with a live channel, a handshake that the peer could complete, and one that it has begun; see `channels`.
#![no_main]
mod channels;

use channels::Stage;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static STAGE: Stage = Stage::new();
}

fuzz_target!(|data: &[u8]| STAGE.with(|stage| stage.play(data)));
