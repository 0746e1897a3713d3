//! Times, compared: `cargo run --release --manifest-path tests/ctime/Cargo.toml --bin dudect [PART OF A NAME] [MEASUREMENTS]`.
//!
//! The checker beside this program follows data and cannot run code for SHA-NI and AVX-512; a clock runs what the processor runs. The method is
//! that of Reparaz, Balasch and Verbauwhede, *Dude, is my code constant time?*, 2017: an operation is timed with a fixed secret and with random ones, in
//! random order, and Welch's t says whether the two samples have different means; measurements above a percentile are left out, for a
//! hundred percentiles, since interrupts are slow and leaks are not.
//!
//! How to read it: `|t|` below 4.5 says that so many measurements show no difference, not that there is none. A leak grows with the square root of
//! the number of measurements; noise does not. So run what is above 4.5 again with ten times as many. The last rows are planted leaks, which must
//! stand far above 10. Nothing is asserted: on a busy machine everything is noise.

mod cases;
mod welch;

use std::hint::black_box;
use std::time::Instant;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// Something to be timed.
type Run = Box<dyn FnMut()>;

/// An operation, and its secrets by class.
struct Case {
    name: &'static str,
    /// Of how many measurements by default.
    count: usize,
    /// How often it runs in one, where it is short.
    times: u32,
    /// Gets ready an input of the fixed class, or else of the random one; what it gives is timed.
    ready: Box<dyn FnMut(bool, &mut ChaCha20Rng) -> Run>,
}

fn measure(case: &mut Case, count: usize) -> welch::Result {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut samples = Vec::with_capacity(count);
    // Inputs are made in blocks, so that making them does not leave its marks on every measurement.
    while samples.len() < count {
        let block = (0..256.min(count - samples.len())).map(|_| rng.next_u32() & 1 == 0).collect::<Vec<_>>();
        let mut inputs: Vec<_> = block.iter().map(|fixed| (*fixed, (case.ready)(*fixed, &mut rng))).collect();
        for (fixed, run) in &mut inputs {
            let clock = Instant::now();
            for _ in 0..case.times {
                black_box(&mut *run)();
            }
            samples.push((*fixed, clock.elapsed().as_nanos() as f64));
        }
    }
    // The first are those of cold caches.
    samples.drain(..count / 100);
    welch::compare(samples)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let only = arguments.next().unwrap_or_default();
    let count: Option<usize> = arguments.next().map(|n| n.parse().expect("a number of measurements"));
    print!("processor:");
    #[cfg(target_arch = "x86_64")]
    for (name, there) in [
        ("sha", is_x86_feature_detected!("sha")),
        ("aes", is_x86_feature_detected!("aes")),
        ("avx2", is_x86_feature_detected!("avx2")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
    ] {
        print!(" {}{name}", if there { '+' } else { '-' });
    }
    println!();
    println!("{:<52} {:>12} {:>10} {:>8} {:>8}", "operation", "measurements", "mean ns", "t", "max |t|");
    for mut case in cases::all() {
        if case.name.contains(&only) {
            let count = count.unwrap_or(case.count);
            let welch::Result { mean, t, most } = measure(&mut case, count);
            let mark = if most < 4.5 { "" } else { " !" };
            println!("{:<52} {count:>12} {mean:>10.0} {t:>8.2} {most:>8.2}{mark}", case.name);
        }
    }
}
