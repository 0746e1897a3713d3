//! What one party spends: processor time of its thread, and bytes sent.

use std::time::{Duration, Instant};

use cpu_time::ThreadTime;

/// The party whose costs count, by its number; the others run unmeasured.
pub const FIRST: u16 = 1;

/// Cost of one run at the first party.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    pub cpu: Duration,
    pub sent: usize,
}

impl Cost {
    /// Runs `f`, which is `party`'s work; it counts if that is the first one.
    pub fn work<T>(&mut self, party: u16, f: impl FnOnce() -> T) -> T {
        if party != FIRST {
            return f();
        }
        let start = ThreadTime::now();
        let value = f();
        self.cpu += start.elapsed();
        value
    }

    /// `party` hands `bytes` to the transport for each of `receivers`.
    pub fn send(&mut self, party: u16, bytes: usize, receivers: usize) {
        if party == FIRST {
            self.sent += bytes * receivers;
        }
    }
}

/// How long to repeat one row.
#[derive(Clone, Copy)]
pub struct Effort {
    pub least: usize,
    pub most: usize,
    pub time: Duration,
}

impl Effort {
    pub const FULL: Self = Self { least: 5, most: 201, time: Duration::from_secs(3) };
    pub const QUICK: Self = Self { least: 3, most: 25, time: Duration::from_millis(300) };

    /// The median time of repeated runs after one that does not count, and the bytes of the last.
    pub fn measure(self, run: &mut dyn FnMut() -> Cost) -> Cost {
        let mut cost = run();
        let mut times = Vec::new();
        let start = Instant::now();
        while times.len() < self.least || times.len() < self.most && start.elapsed() < self.time {
            cost = run();
            times.push(cost.cpu);
        }
        times.sort();
        Cost { cpu: times[times.len() / 2], ..cost }
    }
}
