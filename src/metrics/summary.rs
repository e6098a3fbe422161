//! How many observations there were, and their sum.

use super::atomic::{AtomicFloat, AtomicU64, Ordering, Writers, add_to_count};
use super::{MetricKind, Reading, Value};

/// Counts observations and adds them up.
pub struct Summary {
    count: AtomicU64,
    sum: AtomicFloat,
}

impl Summary {
    /// Counts one observation.
    pub fn observe(&self, value: f64) {
        self.observe_among(Writers::Many, value);
    }

    /// As `observe`, for who knows how many write.
    #[inline]
    pub fn observe_among(&self, writers: Writers, value: f64) {
        add_to_count(&self.count, 1, writers);
        self.sum.add(value, writers);
    }

    /// Replaces both, for who restores a summary.
    pub fn set(&self, count: u64, sum: f64) {
        self.count.store(count, Ordering::Relaxed);
        self.sum.set(sum);
    }

    /// Count and sum now. An observation that is under way may be in one and not yet in the other.
    pub fn get(&self) -> (u64, f64) {
        (self.count.load(Ordering::Relaxed), self.sum.get())
    }
}

impl Value for Summary {
    type Options = ();
    const KIND: MetricKind = MetricKind::Summary;

    fn new((): &()) -> Self {
        Self { count: AtomicU64::new(0), sum: AtomicFloat::new(0.0) }
    }

    fn read(&self, (): &()) -> Reading {
        let (count, sum) = self.get();
        Reading::Summary { count, sum }
    }

    fn reset(&self) {
        self.set(0, 0.0);
    }
}
