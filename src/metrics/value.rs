//! The three kinds of value, on the primitives of the `prometheus` crate.

use std::sync::Arc;

use prometheus::core::{Atomic, AtomicF64, Metric};

use super::{MetricError, MetricKind, Reading};

/// A value that a family can hold one of for each label set.
pub trait Value: Send + Sync + 'static {
    /// What a new child is made from; the buckets of a histogram.
    type Options: Clone + Send + Sync;
    /// The type in the exposition.
    const KIND: MetricKind;
    /// A value at its beginning.
    fn new(options: &Self::Options) -> Self;
    /// The value as it is now, consistent in itself.
    fn read(&self) -> Reading;
}

/// A value that only goes up.
pub struct Counter(AtomicF64);

impl Counter {
    /// Adds one.
    pub fn increment(&self) {
        self.0.inc_by(1.0);
    }

    /// Adds `amount`, which may not be negative. NaN makes the counter NaN, as a float does.
    pub fn increment_by(&self, amount: f64) -> Result<(), MetricError> {
        if amount < 0.0 {
            return Err(MetricError::NegativeIncrement(amount.to_string()));
        }
        self.0.inc_by(amount);
        Ok(())
    }

    /// The value now.
    pub fn get(&self) -> f64 {
        self.0.get()
    }

    /// Starts again at zero, for a process that begins its work anew.
    pub fn reset(&self) {
        self.0.set(0.0);
    }
}

impl Value for Counter {
    type Options = ();
    const KIND: MetricKind = MetricKind::Counter;

    fn new((): &()) -> Self {
        Self(AtomicF64::new(0.0))
    }

    fn read(&self) -> Reading {
        Reading::Counter(self.get())
    }
}

/// A value that goes up and down.
pub struct Gauge(AtomicF64);

impl Gauge {
    /// Adds `amount`.
    pub fn increment_by(&self, amount: f64) {
        self.0.inc_by(amount);
    }

    /// Takes `amount` away.
    pub fn decrement_by(&self, amount: f64) {
        self.0.dec_by(amount);
    }

    /// Replaces the value.
    pub fn set(&self, value: f64) {
        self.0.set(value);
    }

    /// The value now.
    pub fn get(&self) -> f64 {
        self.0.get()
    }
}

impl Value for Gauge {
    type Options = ();
    const KIND: MetricKind = MetricKind::Gauge;

    fn new((): &()) -> Self {
        Self(AtomicF64::new(0.0))
    }

    fn read(&self) -> Reading {
        Reading::Gauge(self.get())
    }
}

/// The upper bounds of a histogram's buckets, rising; the last one is infinite and implied.
#[derive(Clone, Debug)]
pub struct Buckets(Arc<[f64]>);

impl Buckets {
    /// `prometheus_client`'s default, which ends at ten seconds.
    pub const DEFAULT: [f64; 14] =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

    /// Bounds in rising order, with or without the infinite one at the end.
    pub fn new(bounds: &[f64]) -> Result<Self, MetricError> {
        let finite = bounds.strip_suffix(&[f64::INFINITY]).unwrap_or(bounds);
        if !finite.windows(2).all(|pair| pair[0] < pair[1]) || finite.iter().any(|b| !b.is_finite())
        {
            return Err(MetricError::UnsortedBuckets(format!("{bounds:?}")));
        }
        if finite.is_empty() {
            return Err(MetricError::TooFewBuckets(bounds.len()));
        }
        Ok(Self(finite.into()))
    }

    /// The finite bounds.
    pub fn finite_bounds(&self) -> &[f64] {
        &self.0
    }
}

/// Counts observations in buckets.
pub struct Histogram {
    histogram: prometheus::Histogram,
    buckets: Buckets,
}

/// A histogram at one moment: its sum and counts are of the same observations.
#[derive(Clone, Debug)]
pub struct HistogramReading {
    /// The bounds of `cumulative_counts`; the infinite one is implied.
    pub buckets: Buckets,
    /// How many observations were at most each bound.
    pub cumulative_counts: Vec<u64>,
    /// How many observations there were.
    pub count: u64,
    /// The sum of all observations.
    pub sum: f64,
}

impl Histogram {
    /// Counts one observation.
    pub fn observe(&self, value: f64) {
        self.histogram.observe(value);
    }

    /// The counts and the sum, taken without stopping writers.
    pub fn snapshot(&self) -> HistogramReading {
        let metric = self.histogram.metric();
        let histogram = metric.get_histogram();
        HistogramReading {
            buckets: self.buckets.clone(),
            cumulative_counts: histogram
                .get_bucket()
                .iter()
                .map(prometheus::proto::Bucket::cumulative_count)
                .collect(),
            count: histogram.get_sample_count(),
            sum: histogram.get_sample_sum(),
        }
    }
}

impl Value for Histogram {
    type Options = Buckets;
    const KIND: MetricKind = MetricKind::Histogram;

    fn new(buckets: &Buckets) -> Self {
        // Name and help belong to the family; the primitive wants some of its own.
        let options = prometheus::HistogramOpts::new("histogram", "one child")
            .buckets(buckets.finite_bounds().to_vec());
        let histogram = prometheus::Histogram::with_opts(options)
            .expect("a valid name and bounds that `Buckets::new` has checked");
        Self { histogram, buckets: buckets.clone() }
    }

    fn read(&self) -> Reading {
        Reading::Histogram(self.snapshot())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_refuses_to_go_down_and_keeps_its_value() {
        let counter = Counter::new(&());
        counter.increment();
        assert_eq!(
            counter.increment_by(-0.5),
            Err(MetricError::NegativeIncrement("-0.5".to_owned()))
        );
        assert!((counter.get() - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn an_observation_on_a_bound_belongs_to_that_bucket() {
        let histogram = Histogram::new(&Buckets::new(&[1.0, 2.0]).unwrap());
        for value in [1.0, 1.5, 2.0, 9.0] {
            histogram.observe(value);
        }
        let reading = histogram.snapshot();
        assert_eq!(reading.cumulative_counts, [1, 3]);
        assert_eq!(reading.count, 4);
        assert!((reading.sum - 13.5).abs() < f64::EPSILON);
    }

    #[test]
    fn buckets_that_do_not_rise_are_refused() {
        assert!(matches!(Buckets::new(&[2.0, 1.0]), Err(MetricError::UnsortedBuckets(_))));
        assert!(matches!(Buckets::new(&[f64::NAN]), Err(MetricError::UnsortedBuckets(_))));
        assert_eq!(Buckets::new(&[f64::INFINITY]).unwrap_err(), MetricError::TooFewBuckets(1));
    }

    #[test]
    fn counts_from_many_threads_add_up() {
        let histogram = Histogram::new(&Buckets::new(&[0.5]).unwrap());
        let counter = Counter::new(&());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        counter.increment();
                        histogram.observe(0.25);
                    }
                });
            }
        });
        assert!((counter.get() - 40_000.0).abs() < f64::EPSILON);
        assert_eq!(histogram.snapshot().cumulative_counts, [40_000]);
        assert!((histogram.snapshot().sum - 10_000.0).abs() < f64::EPSILON);
    }
}
