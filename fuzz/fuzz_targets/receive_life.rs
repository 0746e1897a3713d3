//! A live refresh, reshare or import, by the first byte; see `steer`.
#![no_main]
mod steer;

use libfuzzer_sys::fuzz_target;
use quorate::dkg::{Ceremony, Occasion, judge};
use quorate::import::Run as Import;
use quorate::refresh::Run as Refresh;
use quorate::reshare::Run as Reshare;
use quorate::session::Session;
use quorate::sim::MemoryLedger;
use steer::driver::{E, Player, Protocol, Script, id, life};

type Scripted<O> = (Script<Ceremony<O>>, O);

thread_local! {
    static REFRESH: Scripted<Refresh<E>> = life::refresh(2, &[1, 2, 3], 1);
    static RESHARE: Scripted<Reshare<E>> = life::reshare(1);
    static IMPORT: Scripted<Import<E>> = life::import(1);
}

fn steer<O: Occasion>((script, run): &Scripted<O>, data: &[u8])
where
    Ceremony<O>: Protocol,
{
    // In a reshare it deals and receives.
    let me = id(2);
    let config = (run.clone(), me);
    let pause = |player: Player<Ceremony<O>>| {
        let (result, kept) = (player.result, player.kept);
        let snapshot = player.session.suspend().expect("a live session");
        let session =
            Session::resume(&config, snapshot, &mut MemoryLedger::default()).expect("its own snapshot");
        Player { result, kept, ..Player::of(session) }
    };
    steer::steer(script, me, data, pause, |evidence| judge(run, evidence));
}

fuzz_target!(|data: &[u8]| {
    let Some((pick, data)) = data.split_first() else { return };
    match pick % 3 {
        0 => REFRESH.with(|scripted| steer(scripted, data)),
        1 => RESHARE.with(|scripted| steer(scripted, data)),
        _ => IMPORT.with(|scripted| steer(scripted, data)),
    }
});
