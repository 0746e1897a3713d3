//! A live key generation among three; see `steer`.
#![no_main]
mod steer;

use libfuzzer_sys::fuzz_target;
use quorate::dkg::{Dkg, Run, judge};
use quorate::session::Session;
use quorate::sim::MemoryLedger;
use steer::driver::{E, Player, Script, dkg, id};

thread_local! {
    static SCRIPT: (Script<Dkg<E>>, Run<E>) = dkg(2, &[1, 2, 3], 1);
}

fuzz_target!(|data: &[u8]| {
    SCRIPT.with(|(script, run)| {
        let me = id(2);
        let config = (run.clone(), me);
        let pause = |player: Player<Dkg<E>>| {
            let (result, kept) = (player.result, player.kept);
            let snapshot = player.session.suspend().expect("a live session");
            let session =
                Session::resume(&config, snapshot, &mut MemoryLedger::default()).expect("its own snapshot");
            Player { result, kept, ..Player::of(session) }
        };
        steer::steer(script, me, data, pause, |evidence| judge(run, evidence));
    });
});
