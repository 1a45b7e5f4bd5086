//! Measuring for the benchmarks: medians, because machines are noisy.

use std::time::{Duration, Instant as Stopwatch};

/// The median time of one call, after a warm-up.
pub fn measured(mut call: impl FnMut()) -> Duration {
    (0..100).for_each(|_| call());
    let times = (0..1_000).map(|_| {
        let watch = Stopwatch::now();
        call();
        watch.elapsed()
    });
    median(times.collect())
}

pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

pub fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}
