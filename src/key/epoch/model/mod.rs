//! The rules, searched exhaustively: every state that three or four devices can reach by any order of steps, crashes and deliveries, with one
//! of them malicious, breadth first. In each of them the honest devices can sign.
//!
//! The search moves the real [`Book`]; around it stand a device's disk and what it has sent:
//! - *join* a run, if the book admits its number, and a dealer is in the epoch that it starts from. Once all honest devices of the run have
//!   joined, each may come to hold its verified share and *keep* it, in memory. *Store* copies memory to disk. *Send* releases the signature, if
//!   the disk has what it signs for. A *crash* copies the disk to memory, and takes back what was kept and not sent; the session may come back
//!   from a snapshot, or never does anything again.
//! - *deliver* brings one signature to one device. Twice, late, in another order or never: these are other paths of the search. The malicious
//!   device signs at any time, for one and not for another: so it equivocates between signature and complaint, and so it withholds.
//! - *enter*: all signatures are there. In the larger searches deliveries are lumped into it: part of a certificate has no effect on anything, so
//!   a device can come to hold all of it exactly when every honest device has sent its signature.
//! - *hand over*: a device that is in an epoch gives the certificate to another.
//!
//! In every state:
//! 1. if the honest devices do nothing from here on but hand over certificates, `t` of them are in one epoch, as members;
//! 2. whoever is in an epoch, every honest member of it has its share on disk, or is in a higher one;
//! 3. those of 1. admit a common further number, so that a run that stalled can be replaced.
//!
//! A run's roster has `t` honest members: whoever authorises one that has not gives the key away, whatever the rules.

extern crate std;

mod search;

use std::println;
use std::time::Instant;
use std::vec::Vec;

use super::book::Book;
use search::{Found, Search};

/// Names: 0 is the epoch at the start, `k + 1` the one of run `k`. Held: whether this device is a member.
type Rules = Book<u8, bool, bool>;

/// A run that devices may take part in; sets of devices are bit masks.
#[derive(Clone, Copy, Debug)]
struct Run {
    epoch: u32,
    base: u8,
    dealers: u8,
    members: u8,
}

const fn refresh(epoch: u32, base: u8, members: u8) -> Run {
    Run { epoch, base, dealers: members, members }
}

const fn reshare(epoch: u32, dealers: u8, members: u8) -> Run {
    Run { epoch, base: 0, dealers, members }
}

/// Rules that are wrong on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mutant {
    /// The rules.
    None,
    /// What makes a device enter is a word to it alone, which it cannot hand on.
    Ack,
    /// A device that reaches a verdict after its signature left drops what was pending.
    DropAfterVerdict,
    /// The signature leaves before the disk has the share.
    SendBeforeStore,
    /// A lower epoch is entered although a higher one is pending, which goes: the last certificate wins and not the highest.
    LastWins,
    /// Two epochs under one number are signed for.
    TwoPerNumber,
    /// A device without a share before gives up what it signed for.
    JoinerAbandons,
    /// The old share goes when the new one is signed for.
    EraseOnSigning,
    /// A dealer that leaves erases its share when it has signed.
    LeaverErasesOnSigning,
    /// Any number is admitted.
    AnyStep,
}

/// Devices, of which `start` are members of the first epoch, and the runs that there may be.
#[derive(Clone, Debug)]
struct Scene {
    n: usize,
    start: u8,
    t: usize,
    bad: Option<usize>,
    runs: Vec<Run>,
    /// Whether signatures are delivered one by one.
    explicit: bool,
}

impl Scene {
    fn of(n: usize, start: u8, t: usize, runs: &[Run]) -> Self {
        Self { n, start, t, bad: None, runs: runs.to_vec(), explicit: false }
    }

    /// Nobody malicious, then each device in turn, as far as every roster keeps `t` honest members.
    fn each_bad(&self) -> Vec<Self> {
        let mut scenes = Vec::from([self.clone()]);
        scenes.extend((0..self.n).map(|bad| Self { bad: Some(bad), ..self.clone() }));
        let honest = |scene: &Self, mask: u8| {
            (0..scene.n).filter(|p| mask >> p & 1 == 1 && Some(*p) != scene.bad).count()
        };
        let masks = |scene: &Self| {
            [scene.start].into_iter().chain(scene.runs.iter().map(|r| r.members)).collect::<Vec<_>>()
        };
        scenes.retain(|scene| masks(scene).iter().all(|mask| honest(scene, *mask) >= scene.t));
        scenes
    }

    fn explicit(self) -> Self {
        Self { explicit: true, ..self }
    }
}

/// The most states of one search; more is a mistake in the scene.
const LIMIT: usize = 4_000_000;

/// Searches, and prints how much there was.
fn all_is_well(name: &str, scene: &Scene) {
    let scenes = scene.each_bad();
    assert!(scenes.iter().any(|s| s.bad.is_some()), "{name}: nobody is ever malicious");
    for scene in scenes {
        let start = Instant::now();
        match Search::new(scene.clone(), Mutant::None).run(LIMIT) {
            Found::Nothing { states, entered } => {
                println!("{name}, malicious {:?}: {states} states, {:?}", scene.bad, start.elapsed());
                assert_eq!(entered, scene.runs.len(), "{name}: some run never ends well");
            }
            Found::Counterexample(trace) => panic!("{name}, malicious {:?}:\n{trace}", scene.bad),
        }
    }
}

/// Under wrong rules, the search finds that something does not hold.
fn is_caught(mutant: Mutant, scene: &Scene) {
    let mut caught = 0;
    for scene in scene.each_bad() {
        if let Found::Counterexample(trace) = Search::new(scene.clone(), mutant).run(LIMIT) {
            if caught == 0 {
                println!("{mutant:?}, malicious {:?}:\n{trace}", scene.bad);
            }
            caught += 1;
        }
    }
    assert!(caught > 0, "{mutant:?} is not caught");
}

/// Two of three, refreshed twice from the same epoch: the second run replaces the first, or overlaps it.
fn two_refreshes() -> Scene {
    Scene::of(3, 0b111, 2, &[refresh(1, 0, 0b111), refresh(2, 0, 0b111)])
}

/// A refresh, and a reshare to 0, 1 and 3, dealt by 0 and 2: 1 and 0 stay, 2 deals and leaves, 3 is new.
fn replaced() -> Scene {
    Scene::of(4, 0b0111, 2, &[refresh(1, 0, 0b0111), reshare(2, 0b0101, 0b1011)])
}

#[test]
fn one_refresh_with_every_delivery() {
    all_is_well("refresh of 3", &Scene::of(3, 0b111, 2, &[refresh(1, 0, 0b111)]).explicit());
    all_is_well("refresh of 4", &Scene::of(4, 0b1111, 3, &[refresh(1, 0, 0b1111)]).explicit());
}

#[test]
fn overlapping_refreshes() {
    all_is_well("two refreshes of 3", &two_refreshes());
    let bad = Scene { bad: Some(2), ..two_refreshes().explicit() };
    assert!(matches!(Search::new(bad, Mutant::None).run(LIMIT), Found::Nothing { .. }));
}

#[test]
fn two_under_one_number_and_one_after_them() {
    let runs = [refresh(1, 0, 0b111), refresh(1, 0, 0b111), refresh(2, 0, 0b111)];
    all_is_well("two under one number", &Scene::of(3, 0b111, 2, &runs));
}

#[test]
fn a_refresh_of_a_refresh() {
    let runs = [refresh(1, 0, 0b111), refresh(3, 0, 0b111), refresh(2, 1, 0b111)];
    all_is_well("from either epoch", &Scene::of(3, 0b111, 2, &runs));
}

#[test]
fn a_reshare_beside_a_refresh() {
    all_is_well("replaced", &replaced());
    let joined = [refresh(2, 0, 0b0111), reshare(1, 0b0011, 0b1111)];
    all_is_well("joined", &Scene::of(4, 0b0111, 2, &joined));
    let removed = [refresh(1, 0, 0b1111), reshare(2, 0b0011, 0b0111)];
    all_is_well("removed", &Scene::of(4, 0b1111, 2, &removed));
    let leaver = [refresh(1, 0, 0b1111), reshare(2, 0b1001, 0b0111)];
    all_is_well("a dealer removed", &Scene::of(4, 0b1111, 2, &leaver));
}

#[test]
fn refreshes_of_four() {
    let runs = [refresh(1, 0, 0b1111), refresh(2, 0, 0b1111), refresh(4, 1, 0b1111)];
    all_is_well("two refreshes of 4", &Scene::of(4, 0b1111, 3, &runs[..2]));
    let scene = Scene { bad: Some(3), ..Scene::of(4, 0b1111, 3, &runs) };
    let Found::Nothing { states, entered: 3 } = Search::new(scene, Mutant::None).run(LIMIT) else { panic!() };
    println!("three refreshes of 4, malicious Some(3): {states} states");
}

#[test]
fn a_word_in_place_of_a_certificate_is_caught() {
    is_caught(Mutant::Ack, &Scene::of(3, 0b111, 2, &[refresh(1, 0, 0b111)]).explicit());
    is_caught(Mutant::Ack, &two_refreshes());
}

#[test]
fn dropping_what_is_pending_after_a_verdict_is_caught() {
    is_caught(Mutant::DropAfterVerdict, &Scene::of(3, 0b111, 2, &[refresh(1, 0, 0b111)]));
}

#[test]
fn a_signature_before_the_disk_is_caught() {
    is_caught(Mutant::SendBeforeStore, &Scene::of(3, 0b111, 2, &[refresh(1, 0, 0b111)]));
}

#[test]
fn a_lower_epoch_over_a_higher_one_is_caught() {
    is_caught(Mutant::LastWins, &two_refreshes());
}

#[test]
fn two_signatures_under_one_number_are_caught() {
    is_caught(Mutant::TwoPerNumber, &Scene::of(3, 0b111, 2, &[refresh(1, 0, 0b111), refresh(1, 0, 0b111)]));
}

#[test]
fn a_joiner_that_gives_up_is_caught() {
    is_caught(Mutant::JoinerAbandons, &Scene::of(4, 0b0111, 2, &[reshare(1, 0b0101, 0b1101)]));
}

#[test]
fn erasing_before_the_certificate_is_caught() {
    is_caught(Mutant::EraseOnSigning, &Scene::of(3, 0b111, 2, &[refresh(1, 0, 0b111)]));
    is_caught(Mutant::LeaverErasesOnSigning, &replaced());
}

#[test]
fn a_number_burnt_by_one_step_is_caught() {
    let burnt = Scene::of(3, 0b111, 2, &[refresh(u32::MAX, 0, 0b111)]);
    is_caught(Mutant::AnyStep, &burnt);
    let bad = Scene { bad: Some(0), ..burnt };
    // By the rules that run does not begin.
    assert!(matches!(Search::new(bad, Mutant::None).run(LIMIT), Found::Nothing { states: 1, entered: 0 }));
}
