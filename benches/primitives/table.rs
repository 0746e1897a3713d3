//! The numbers of the run, kept beside Criterion's report so that they can be printed as one table.

use std::hint::black_box;
use std::time::Instant;

use criterion::Criterion;

/// Name and nanoseconds of everything measured, in order.
#[derive(Default)]
pub(crate) struct Table(Vec<(String, f64)>);

impl Table {
    /// Measures `f` under Criterion and keeps the fastest sample: the one that shared the processor least.
    pub(crate) fn bench<T>(&mut self, c: &mut Criterion, name: impl Into<String>, mut f: impl FnMut() -> T) {
        let name = name.into();
        let mut best = f64::INFINITY;
        c.bench_function(&name, |b| {
            b.iter_custom(|count| {
                let start = Instant::now();
                for _ in 0..count {
                    black_box(f());
                }
                let time = start.elapsed();
                best = best.min(time.as_secs_f64() * 1e9 / count as f64);
                time
            });
        });
        if best.is_finite() {
            self.0.push((name, best));
        }
    }

    /// Nanoseconds under this name, if it was measured.
    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, ns)| *ns)
    }

    pub(crate) fn print(&self) {
        println!("\n| | us |\n|--|--:|");
        for (name, ns) in &self.0 {
            println!("| {name} | {:.3} |", ns / 1e3);
        }
    }
}
