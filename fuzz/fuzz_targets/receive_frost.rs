//! A live signing among three, with and without signed envelopes; see `steer`.
#![no_main]
mod steer;

use libfuzzer_sys::fuzz_target;
use quorate::frost::{Sign, Task, judge};
use steer::driver::{E, Script, frost, id};

thread_local! {
    static SCRIPT: (Script<Sign<E>>, Task<E>) = frost(2, &[1, 2, 3], &[1, 2, 3], b"fuzzed", 1);
}

fuzz_target!(|data: &[u8]| {
    SCRIPT.with(|(script, task)| {
        steer::steer(script, id(2), data, |player| player, |evidence| judge(task, evidence))
    });
});
