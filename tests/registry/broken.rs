//! Stores that break one rule each: the contract finds every one of them, so it can be trusted with a database's.

use std::panic::{AssertUnwindSafe, catch_unwind};

use quorate::approval::cap::{CapError, CapUse, Caps, MemoryCaps};
use quorate::approval::registry::{Claim, Entry, MemoryRegistry, Owner, Registry, RegistryError, Space};
use quorate::sim::contract::{CAPS, REGISTRY, START};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    None,
    TakesTwice,
    ForgetsExpiry,
    UnboundedAttempts,
    IgnoresBind,
    ForgetsOutcome,
    AnybodyEnds,
    CommitsAnything,
    ConsumeOnlyReserves,
    PurgesEarly,
    NeverPurges,
    ClockGoesBack,
    JumpsSilently,
    OneSpace,
    SeesAgain,
    ReservesOnSight,
    CountsForEver,
    NeverConfirms,
}

struct Broken(MemoryRegistry, Fault);

impl Broken {
    fn is(&self, fault: Fault) -> bool {
        self.1 == fault
    }

    fn claim(&self, claim: &Claim) -> Claim {
        let mut claim = *claim;
        if self.is(Fault::ForgetsExpiry) {
            claim.expires = u64::MAX;
        }
        if self.is(Fault::UnboundedAttempts) {
            claim.max_attempts = 255;
        }
        if self.is(Fault::IgnoresBind) {
            claim.bind = [0; 32];
        }
        if self.is(Fault::OneSpace) {
            claim.space = Space::Request;
        }
        claim
    }

    /// As whoever owns it.
    fn owner(&mut self, space: Space, id: &[u8; 32], owner: &Owner) -> Owner {
        match self.0.entry(space, id) {
            Ok(Some(Entry::Reserved { owner, .. })) if self.is(Fault::AnybodyEnds) => owner,
            _ => *owner,
        }
    }
}

impl Registry for Broken {
    fn clock(&mut self, now: u64) -> Result<u64, RegistryError> {
        if self.is(Fault::JumpsSilently) {
            self.0.confirm_clock(now)?;
        }
        let high = self.0.clock(now)?;
        Ok(if self.is(Fault::ClockGoesBack) { now } else { high })
    }

    fn confirm_clock(&mut self, now: u64) -> Result<(), RegistryError> {
        if self.is(Fault::NeverConfirms) { Ok(()) } else { self.0.confirm_clock(now) }
    }

    fn reserve(&mut self, claim: &Claim, now: u64) -> Result<u8, RegistryError> {
        self.clock(now)?;
        let claim = self.claim(claim);
        match self.0.reserve(&claim, now) {
            Err(RegistryError::Taken) if self.is(Fault::TakesTwice) => Ok(1),
            Err(RegistryError::Done(_)) if self.is(Fault::ForgetsOutcome) => Err(RegistryError::Taken),
            other => other,
        }
    }

    fn commit(&mut self, s: Space, id: &[u8; 32], o: &Owner, out: &[u8; 32]) -> Result<(), RegistryError> {
        let owner = self.owner(s, id, o);
        match self.0.commit(s, id, &owner, out) {
            Err(RegistryError::WrongState) if self.is(Fault::CommitsAnything) => Ok(()),
            other => other,
        }
    }

    fn release(&mut self, space: Space, id: &[u8; 32], owner: &Owner) -> Result<(), RegistryError> {
        let owner = self.owner(space, id, owner);
        self.0.release(space, id, &owner)
    }

    fn consume(&mut self, claim: &Claim, outcome: &[u8; 32], now: u64) -> Result<(), RegistryError> {
        self.clock(now)?;
        let claim = self.claim(claim);
        if self.is(Fault::ConsumeOnlyReserves) {
            return self.0.reserve(&claim, now).map(drop);
        }
        self.0.consume(&claim, outcome, now)
    }

    fn entry(&mut self, space: Space, id: &[u8; 32]) -> Result<Option<Entry>, RegistryError> {
        self.0.entry(space, id)
    }

    fn first_seen(&mut self, s: Space, id: &[u8; 32], now: u64, end: u64) -> Result<u64, RegistryError> {
        if self.is(Fault::ReservesOnSight) {
            let claim =
                Claim { space: s, id: *id, bind: [0; 32], owner: [0; 16], expires: end, max_attempts: 1 };
            self.0.reserve(&claim, now).ok();
        }
        let seen = self.0.first_seen(s, id, now, end)?;
        Ok(if self.is(Fault::SeesAgain) { now } else { seen })
    }

    fn fail(&mut self, space: Space, id: &[u8; 32], now: u64) -> Result<u8, RegistryError> {
        let now = if self.is(Fault::CountsForEver) { START } else { now };
        self.0.fail(space, id, now)
    }

    fn failures(&mut self, space: Space, id: &[u8; 32], now: u64) -> Result<u8, RegistryError> {
        let now = if self.is(Fault::CountsForEver) { START } else { now };
        self.0.failures(space, id, now)
    }

    fn purge(&mut self, now: u64) -> Result<usize, RegistryError> {
        if self.is(Fault::NeverPurges) {
            return Ok(0);
        }
        self.0.purge(if self.is(Fault::PurgesEarly) { now + 1 } else { now })
    }
}

/// The rules that a store breaks, by name, in silence.
fn broken<T>(rules: &[(&'static str, T)], run: impl Fn(&T)) -> Vec<&'static str> {
    let fails = |rule: &T| catch_unwind(AssertUnwindSafe(|| run(rule))).is_err();
    rules.iter().filter(|(_, rule)| fails(rule)).map(|(name, _)| *name).collect()
}

#[test]
fn the_contract_finds_every_broken_registry() {
    let found = |fault| broken(REGISTRY, |rule| rule(&mut Broken(MemoryRegistry::new(64, START), fault)));
    assert_eq!(found(Fault::None), [] as [&str; 0]);
    let all = [
        (Fault::TakesTwice, "s1_reserved_once"),
        (Fault::ForgetsExpiry, "s1_not_after_expiry"),
        (Fault::UnboundedAttempts, "s1_attempts_run_out"),
        (Fault::IgnoresBind, "s2_another_meaning_is_a_conflict"),
        (Fault::ForgetsOutcome, "s3_the_outcome_is_the_answer"),
        (Fault::AnybodyEnds, "s4_only_the_owner_ends_it"),
        (Fault::CommitsAnything, "s5_only_from_reserved"),
        (Fault::ConsumeOnlyReserves, "s5_consume_is_one_step"),
        (Fault::PurgesEarly, "s6_purged_only_after_retention"),
        (Fault::NeverPurges, "s6_purged_only_after_retention"),
        (Fault::ClockGoesBack, "s7_a_smaller_time_is_the_high_water"),
        (Fault::JumpsSilently, "s7_a_jump_changes_nothing_until_confirmed"),
        (Fault::NeverConfirms, "s7_a_jump_changes_nothing_until_confirmed"),
        (Fault::OneSpace, "spaces_are_apart"),
        (Fault::SeesAgain, "first_seen_stays"),
        (Fault::ReservesOnSight, "first_seen_stays"),
        (Fault::CountsForEver, "failures_count_in_a_window"),
    ];
    for (fault, rule) in all {
        let found = found(fault);
        assert!(found.contains(&rule), "{fault:?} breaks {found:?}, not {rule}");
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum CapFault {
    None,
    NoLimit,
    OneByOne,
    NeverSlides,
    SlidesEarly,
    CountsAgain,
    AnyList,
    NeverReleases,
    ReleasesCommitted,
    OneScope,
}

struct BrokenCaps(MemoryCaps, CapFault, Vec<([u8; 32], Vec<CapUse>)>, u8);

impl Caps for BrokenCaps {
    fn reserve(&mut self, rh: &[u8; 32], uses: &[CapUse], now: u64) -> Result<(), CapError> {
        let (mut rh, mut list) = (*rh, uses.to_vec());
        let known = self.2.iter().any(|(id, _)| *id == rh);
        match self.1 {
            CapFault::NoLimit => list.iter_mut().for_each(|u| u.limit.0 = [0xff; 32]),
            CapFault::NeverSlides => list.iter_mut().for_each(|u| u.window_s = 1 << 40),
            CapFault::SlidesEarly => list.iter_mut().for_each(|u| u.window_s -= 1),
            CapFault::OneScope => list.iter_mut().for_each(|u| u.scope.clear()),
            CapFault::CountsAgain if known => {
                self.3 += 1;
                rh[31] = self.3;
            }
            CapFault::AnyList if known => return Ok(()),
            CapFault::OneByOne => {
                for item in list {
                    let mut part = rh;
                    self.3 += 1;
                    part[31] = self.3;
                    self.0.reserve(&part, &[item], now)?;
                }
                return Ok(());
            }
            _ => {}
        }
        self.0.reserve(&rh, &list, now)?;
        self.2.push((rh, list));
        Ok(())
    }

    fn commit(&mut self, rh: &[u8; 32]) -> Result<(), CapError> {
        if self.1 == CapFault::ReleasesCommitted { Ok(()) } else { self.0.commit(rh) }
    }

    fn release(&mut self, rh: &[u8; 32]) -> Result<(), CapError> {
        if self.1 == CapFault::NeverReleases { Ok(()) } else { self.0.release(rh) }
    }
}

#[test]
fn the_contract_finds_broken_caps() {
    let found = |fault| broken(CAPS, |rule| rule(&mut BrokenCaps(MemoryCaps::new(64), fault, Vec::new(), 0)));
    assert_eq!(found(CapFault::None), [] as [&str; 0]);
    let all = [
        (CapFault::NoLimit, "p9_never_above_the_limit"),
        (CapFault::OneByOne, "p9_all_or_none"),
        (CapFault::NeverSlides, "p9_the_window_slides"),
        (CapFault::SlidesEarly, "p9_no_release_by_time"),
        (CapFault::CountsAgain, "p9_the_same_request_counts_once"),
        (CapFault::AnyList, "p9_another_list_is_a_conflict"),
        (CapFault::AnyList, "p9_a_retry_starts_the_window_anew"),
        (CapFault::NeverReleases, "p9_released_is_free"),
        (CapFault::ReleasesCommitted, "p9_committed_stays"),
        (CapFault::OneScope, "p9_scopes_and_caps_are_apart"),
    ];
    for (fault, rule) in all {
        let found = found(fault);
        assert!(found.contains(&rule), "{fault:?} breaks {found:?}, not {rule}");
    }
}
