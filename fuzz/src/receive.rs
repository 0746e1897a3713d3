//! The live sessions of every protocol, steered by the input; see `steer`.

use quorate::dkg::{Ceremony, Dkg, Occasion, Run, judge};
use quorate::frost::{Sign, Task};
use quorate::pairing::{self, Pair};
use quorate::session::{Session, Suspend};
use quorate::sim::MemoryLedger;
use quorate::{frost, import, refresh, reshare};

use crate::driver::{self, E, Player, Protocol, Script, ecdsa, id, life};
use crate::steer::{Ended, steer};

type Scripted<O> = (Script<Ceremony<O>>, O);

thread_local! {
    static DKG: (Script<Dkg<E>>, Run<E>) = driver::dkg(2, &[1, 2, 3], 1);
    static REFRESH: Scripted<refresh::Run<E>> = life::refresh(2, &[1, 2, 3], 1);
    static RESHARE: Scripted<reshare::Run<E>> = life::reshare(1);
    static IMPORT: Scripted<import::Run<E>> = life::import(1);
    static FROST: (Script<Sign<E>>, Task<E>) = driver::frost(2, &[1, 2, 3], &[1, 2, 3], b"fuzzed", 1);
    static ECDSA: ecdsa::Scripts = ecdsa::Scripts::new();
    static PAIRING: (Script<Pair>, pairing::Run) = {
        let script = ecdsa::pairing(1);
        let identity = |n| script.cast.key(id(n)).expect("a member").public();
        let session = script.play(id(1)).session.terms().session;
        let run = pairing::Run::new(identity(1), identity(2), session).expect("two devices");
        (script, run)
    };
}

/// Takes a player down and brings it back.
fn pause<S: Protocol + Suspend>(config: &S::Config, player: Player<S>) -> Player<S> {
    let (result, kept, signed) = (player.result, player.kept, player.signed);
    let snapshot = player.session.suspend().expect("a live session");
    let session = Session::resume(config, snapshot, &mut MemoryLedger::default()).expect("its own snapshot");
    Player { result, kept, signed, ..Player::of(session) }
}

/// In a reshare 2 deals and receives.
fn ceremony<O: Occasion + Clone>((script, run): &Scripted<O>, data: &[u8]) -> Ended
where
    Ceremony<O>: Protocol + Suspend<Config = (O, quorate::party::PartyId)>,
{
    let config = (run.clone(), id(2));
    steer(script, id(2), data, |player| pause(&config, player), |evidence| judge(run, evidence))
}

/// A live key generation among three.
pub fn receive_dkg(data: &[u8]) {
    play_dkg(data);
}

pub(crate) fn play_dkg(data: &[u8]) -> Ended {
    DKG.with(|scripted| ceremony(scripted, data))
}

/// A live refresh, reshare or import, by the first byte.
pub fn receive_life(data: &[u8]) {
    play_life(data);
}

pub(crate) fn play_life(data: &[u8]) -> Ended {
    let Some((pick, data)) = data.split_first() else { return Ended::Waiting };
    match pick % 3 {
        0 => REFRESH.with(|scripted| ceremony(scripted, data)),
        1 => RESHARE.with(|scripted| ceremony(scripted, data)),
        _ => IMPORT.with(|scripted| ceremony(scripted, data)),
    }
}

/// A live signing among three, with and without signed envelopes.
pub fn receive_frost(data: &[u8]) {
    play_frost(data);
}

pub(crate) fn play_frost(data: &[u8]) -> Ended {
    FROST.with(|(script, task)| {
        steer(script, id(2), data, |player| player, |evidence| frost::judge(task, evidence))
    })
}

/// A live pairing of two devices.
pub fn receive_pairing(data: &[u8]) {
    play_pairing(data);
}

pub(crate) fn play_pairing(data: &[u8]) -> Ended {
    PAIRING.with(|(script, run)| {
        let judge = |evidence: &_| ecdsa::judge(script.cast.roster(), evidence);
        steer(script, id(1), data, |player| pause(run, player), judge)
    })
}

/// A live signing among three on secp256k1 or by two on P-256, a batch, presigning, or the use of a presignature, by the first byte; with and
/// without signed envelopes.
pub fn receive_ecdsa(data: &[u8]) {
    play_ecdsa(data);
}

pub(crate) fn play_ecdsa(data: &[u8]) -> Ended {
    fn play<S: Protocol>(script: &Script<S>, data: &[u8]) -> Ended {
        let judge = |evidence: &_| ecdsa::judge(script.cast.roster(), evidence);
        steer(script, id(2), data, |player| player, judge)
    }
    let Some((pick, data)) = data.split_first() else { return Ended::Waiting };
    ECDSA.with(|all| match pick % 5 {
        0 => play(&all.sign, data),
        1 => play(&all.p256, data),
        2 => play(&all.batch, data),
        3 => play(&all.presign, data),
        _ => play(&all.online, data),
    })
}
