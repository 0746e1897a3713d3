//! Random runs of the caps against the definition: the sum over all entries of a list.

use quorate::approval::cap::{CapError, CapUse, Caps, MemoryCaps};
use quorate::sim::contract::START;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

#[derive(Default)]
struct Plain {
    now: u64,
    held: Vec<([u8; 32], Vec<CapUse>, u64, bool)>,
}

impl Plain {
    fn spent(&self, cap: &str, window: u64, but: &[u8; 32]) -> u128 {
        let recent = |time: u64| i128::from(time) > i128::from(self.now) - i128::from(window);
        let uses = self.held.iter().filter(|h| h.0 != *but && recent(h.2)).flat_map(|h| &h.1);
        uses.filter(|u| u.cap == cap).map(number).sum()
    }
}

fn number(item: &CapUse) -> u128 {
    u128::from_be_bytes(item.amount.0[16..].try_into().unwrap())
}

impl Caps for Plain {
    fn reserve(&mut self, rh: &[u8; 32], uses: &[CapUse], now: u64) -> Result<(), CapError> {
        self.now = self.now.max(now);
        // What has left the longest window is forgotten.
        let now = self.now;
        self.held.retain(|h| h.2 + 60 > now);
        let old = self.held.iter().position(|h| h.0 == *rh);
        for item in uses {
            let limit = u128::from_be_bytes(item.limit.0[16..].try_into().unwrap());
            if self.spent(&item.cap, item.window_s, rh) + number(item) > limit {
                return Err(CapError::Exceeded(item.cap.clone()));
            }
        }
        let committed = old.is_some_and(|at| self.held.remove(at).3);
        self.held.push((*rh, uses.to_vec(), self.now, committed));
        Ok(())
    }

    fn commit(&mut self, rh: &[u8; 32]) -> Result<(), CapError> {
        let held = self.held.iter_mut().find(|h| h.0 == *rh).ok_or(CapError::NotReserved)?;
        held.3 = true;
        Ok(())
    }

    fn release(&mut self, rh: &[u8; 32]) -> Result<(), CapError> {
        let at = self.held.iter().position(|h| h.0 == *rh).ok_or(CapError::NotReserved)?;
        if self.held[at].3 {
            return Err(CapError::Committed);
        }
        self.held.remove(at);
        Ok(())
    }
}

/// Of each request the uses are always the same, and every request has a use of the longest window, so that model and store forget it at
/// the same time.
#[test]
fn a_hundred_thousand_random_steps_are_those_of_the_definition() {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..100 {
        let (mut caps, mut plain, mut now) = (MemoryCaps::new(10_000), Plain::default(), START);
        for _ in 0..1000 {
            let n = rng.next_u32();
            let which = n as u8 % 64;
            let rh = [which; 32];
            now += u64::from(n >> 8) % 4;
            let back = u64::from(n >> 20) % 3;
            let item = |cap: &str, window_s, amount: u8| CapUse {
                cap: cap.into(),
                scope: vec![],
                amount: u128::from(amount).into(),
                window_s,
                limit: 700.into(),
            };
            let mut uses = vec![item("long", 60, which)];
            if which.is_multiple_of(2) {
                uses.push(item("short", 20, 2 * which));
            }
            let here = plain.held.iter().any(|h| h.0 == rh);
            let result = match n >> 28 {
                0..=9 => {
                    let result = plain.reserve(&rh, &uses, now - back);
                    assert_eq!(caps.reserve(&rh, &uses, now - back), result);
                    result
                }
                10..=12 if here => {
                    let result = plain.commit(&rh);
                    assert_eq!(caps.commit(&rh), result);
                    Ok(())
                }
                13..=15 if here => {
                    let result = plain.release(&rh);
                    assert_eq!(caps.release(&rh), result);
                    Ok(())
                }
                _ => Ok(()),
            };
            if result.is_ok() {
                accepted += 1
            } else {
                refused += 1
            }
            for (cap, window) in [("long", 60), ("short", 20)] {
                let spent = caps.spent(cap, &[], window, plain.now);
                assert_eq!(spent, plain.spent(cap, window, &[0xff; 32]).into());
                assert!(spent <= 700.into());
            }
        }
    }
    assert!(accepted > 10_000 && refused > 1000, "{accepted} accepted, {refused} refused");
}
