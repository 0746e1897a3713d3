//! A live pairing of two devices; see `steer`.
#![no_main]
mod steer;

use libfuzzer_sys::fuzz_target;
use quorate::pairing::{Pair, Run};
use quorate::session::Session;
use quorate::sim::MemoryLedger;
use steer::driver::{Player, Script, ecdsa, id};

thread_local! {
    static SCRIPT: (Script<Pair>, Run) = {
        let script = ecdsa::pairing(1);
        let identity = |n| script.cast.key(id(n)).expect("a member").public();
        let session = script.play(id(1)).session.terms().session;
        let run = Run::new(identity(1), identity(2), session).expect("two devices");
        (script, run)
    };
}

fuzz_target!(|data: &[u8]| {
    SCRIPT.with(|(script, run)| {
        let pause = |player: Player<Pair>| {
            let (result, kept, signed) = (player.result, player.kept, player.signed);
            let snapshot = player.session.suspend().expect("a live session");
            let session =
                Session::resume(run, snapshot, &mut MemoryLedger::default()).expect("its own snapshot");
            Player { result, kept, signed, ..Player::of(session) }
        };
        let judge = |evidence: &_| ecdsa::judge(script.cast.roster(), evidence);
        steer::steer(script, id(1), data, pause, judge);
    });
});
