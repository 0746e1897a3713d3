//! Which records have been received: a window of 1024 counters that slides up (as RFC 4303 section 3.4.3).

use super::error::ChannelError;

/// Counters that are remembered.
pub const WINDOW: u64 = 1024;

const WORDS: usize = (WINDOW / 64) as usize;

/// Each counter of the last 1024 has a bit, at its number modulo 1024.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Window {
    /// One above the highest counter seen; 0 before the first.
    next: u64,
    seen: [u64; WORDS],
}

impl Window {
    pub(super) const fn new() -> Self {
        Self { next: 0, seen: [0; WORDS] }
    }

    /// Whether a record with this counter may still be received. Changes nothing.
    pub(super) fn check(&self, counter: u64) -> Result<(), ChannelError> {
        // [T3] counter + 1024 > highest seen
        if counter.saturating_add(WINDOW) < self.next {
            return Err(ChannelError::TooOld);
        }
        // [T4] not yet seen
        if counter < self.next && self.is_seen(counter) {
            return Err(ChannelError::Replayed);
        }
        Ok(())
    }

    /// Marks a counter that [`Window::check`] let pass.
    pub(super) fn mark(&mut self, counter: u64) {
        if counter >= self.next {
            // What slides out makes room for counters that nobody has seen.
            for unseen in (self.next..=counter).rev().take(WINDOW as usize) {
                self.set(unseen, false);
            }
            self.next = counter.saturating_add(1);
        }
        self.set(counter, true);
    }

    /// One above the highest counter seen.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    fn is_seen(&self, counter: u64) -> bool {
        let (word, bit) = place(counter);
        self.seen.get(word).is_some_and(|word| word & bit != 0)
    }

    fn set(&mut self, counter: u64, to: bool) {
        let (word, bit) = place(counter);
        if let Some(word) = self.seen.get_mut(word) {
            if to {
                *word |= bit;
            } else {
                *word &= !bit;
            }
        }
    }
}

const fn place(counter: u64) -> (usize, u64) {
    ((counter % WINDOW / 64) as usize, 1 << (counter % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    /// The rule as the specification has it, over a set of all counters.
    fn rule(seen: &BTreeSet<u64>, counter: u64) -> Result<(), ChannelError> {
        if seen.last().is_some_and(|highest| counter + WINDOW <= *highest) {
            return Err(ChannelError::TooOld);
        }
        if seen.contains(&counter) { Err(ChannelError::Replayed) } else { Ok(()) }
    }

    #[test]
    fn the_window_is_the_set_of_all_counters_cut_at_1024() {
        let (mut window, mut seen, mut state) = (Window::new(), BTreeSet::new(), 1u64);
        for step in 0..200_000u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let noise = state >> 33;
            let top = seen.last().copied().unwrap_or(0);
            let counter = match noise % 16 {
                0 => top + noise % 3000,
                1..=4 => top + 1 + noise % 4,
                _ => (top + 8).saturating_sub(noise / 16 % 1100),
            };
            let expected = rule(&seen, counter);
            assert_eq!(window.check(counter), expected, "step {step}, counter {counter}, highest {top}");
            if expected.is_ok() {
                window.mark(counter);
                seen.insert(counter);
                while seen.len() > 3000 {
                    seen.pop_first();
                }
            }
        }
        assert!(window.next() > 100_000);
    }

    #[test]
    fn the_highest_counters_of_all_do_no_harm() {
        let mut window = Window::new();
        window.mark(u64::MAX - 1);
        assert_eq!(window.check(u64::MAX - 1), Err(ChannelError::Replayed));
        assert_eq!(window.check(u64::MAX - WINDOW), Ok(()));
        assert_eq!(window.check(u64::MAX - 2 - WINDOW), Err(ChannelError::TooOld));
        window.mark(u64::MAX);
        window.mark(u64::MAX);
        assert_eq!(window.check(0), Err(ChannelError::TooOld));
    }
}
