//! A live signing among three on secp256k1 or by two on P-256, a batch, presigning, or the use of a presignature, by the first byte; with and
//! without signed envelopes; see `steer`.
#![no_main]
mod steer;

use libfuzzer_sys::fuzz_target;
use steer::driver::{Protocol, Script, ecdsa, id};

thread_local! {
    static SCRIPTS: ecdsa::Scripts = ecdsa::Scripts::new();
}

fn steer<S: Protocol>(script: &Script<S>, data: &[u8]) {
    let judge = |evidence: &_| ecdsa::judge(script.cast.roster(), evidence);
    steer::steer(script, id(2), data, |player| player, judge);
}

fuzz_target!(|data: &[u8]| {
    let Some((pick, data)) = data.split_first() else { return };
    SCRIPTS.with(|all| match pick % 5 {
        0 => steer(&all.sign, data),
        1 => steer(&all.p256, data),
        2 => steer(&all.batch, data),
        3 => steer(&all.presign, data),
        _ => steer(&all.online, data),
    });
});
