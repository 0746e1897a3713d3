//! Welch's t over two classes, whole and cropped.

pub struct Result {
    /// Of all measurements, in nanoseconds.
    pub mean: f64,
    /// Of all measurements.
    pub t: f64,
    /// The greatest of all crops.
    pub most: f64,
}

/// Count, mean and sum of squared differences, as they come (Welford).
#[derive(Default)]
struct Moments {
    n: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, x: f64) {
        self.n += 1.0;
        let off = x - self.mean;
        self.mean += off / self.n;
        self.squares += off * (x - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.n - 1.0)
    }
}

/// Of the samples below a limit; `None` where a class has too few to say anything.
fn t(samples: &[(bool, f64)], below: f64) -> Option<f64> {
    let mut classes = [Moments::default(), Moments::default()];
    for (fixed, time) in samples.iter().filter(|(_, time)| *time < below) {
        classes[usize::from(*fixed)].add(*time);
    }
    let [random, fixed] = classes;
    if random.n < 200.0 || fixed.n < 200.0 {
        return None;
    }
    let error = (random.variance() / random.n + fixed.variance() / fixed.n).sqrt();
    Some(if error > 0.0 { (fixed.mean - random.mean) / error } else { 0.0 })
}

pub fn compare(samples: Vec<(bool, f64)>) -> Result {
    let mut times: Vec<f64> = samples.iter().map(|(_, time)| *time).collect();
    times.sort_by(f64::total_cmp);
    let whole = t(&samples, f64::INFINITY).unwrap_or(0.0);
    // The percentiles of the paper's program: the finer, the nearer to the slowest.
    let crop = |i: i32| {
        let share = 1.0 - 0.5f64.powf(10.0 * f64::from(i + 1) / 100.0);
        let at = (share * times.len() as f64) as usize;
        t(&samples, times[at.min(times.len() - 1)])
    };
    let most = (0..100).filter_map(crop).chain([whole]).map(f64::abs).fold(0.0, f64::max);
    Result { mean: times.iter().sum::<f64>() / times.len() as f64, t: whole, most }
}
