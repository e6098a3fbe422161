//! Observations counted in buckets.

use std::sync::Arc;

use super::atomic::{AtomicFloat, AtomicU64, Ordering, Writers, add_to_count};
use super::native_histogram::{NativeHistogram, NativeOptions, NativeReading};
use super::{MetricError, MetricKind, Reading, Value};

/// The upper bounds of a histogram's buckets, rising; the last one is infinite.
#[derive(Clone, Debug)]
pub struct Buckets {
    bounds: Arc<[f64]>,
    native: Option<NativeOptions>,
}

impl Buckets {
    /// `prometheus_client`'s default, which ends at ten seconds.
    pub const DEFAULT: [f64; 15] = [
        0.005,
        0.01,
        0.025,
        0.05,
        0.075,
        0.1,
        0.25,
        0.5,
        0.75,
        1.0,
        2.5,
        5.0,
        7.5,
        10.0,
        f64::INFINITY,
    ];

    /// Bounds in rising order; the infinite one at the end is added where it is missing.
    ///
    /// As in `prometheus_client`, equal neighbours are allowed; the first of them counts.
    pub fn new(bounds: &[f64]) -> Result<Self, MetricError> {
        if !bounds.is_sorted() || bounds.iter().any(|bound| bound.is_nan()) {
            return Err(MetricError::UnsortedBuckets(bounds.to_vec()));
        }
        let mut bounds = bounds.to_vec();
        if bounds.last() != Some(&f64::INFINITY) {
            bounds.push(f64::INFINITY);
        }
        if bounds.len() < 2 {
            return Err(MetricError::TooFewBuckets(bounds));
        }
        Ok(Self { bounds: bounds.into(), native: None })
    }

    /// With native buckets beside these.
    #[must_use]
    pub fn with_native(self, native: NativeOptions) -> Self {
        Self { native: Some(native), ..self }
    }

    /// All bounds, the infinite one included.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// The index of the bucket that counts `value`: the first whose bound is not below it.
    ///
    /// Of NaN, which is in no bucket, there is none. A scan from the start, because at the usual
    /// fifteen bounds it beats a binary search (docs/performance.md).
    #[inline]
    pub fn index_of(&self, value: f64) -> Option<usize> {
        self.bounds.iter().position(|bound| value <= *bound)
    }
}

/// Counts observations in buckets.
pub struct Histogram {
    buckets: Buckets,
    counts: Box<[AtomicU64]>,
    sum: AtomicFloat,
    native: Option<Box<NativeHistogram>>,
}

/// A histogram at one moment.
#[derive(Clone, Debug)]
pub struct HistogramReading {
    /// The bounds of `cumulative_counts`.
    pub buckets: Buckets,
    /// How many observations were at most each bound.
    pub cumulative_counts: Vec<u64>,
    /// The sum of all observations.
    pub sum: f64,
    /// The native buckets, where there are any.
    pub native: Option<NativeReading>,
}

impl HistogramReading {
    /// How many observations there were.
    pub fn count(&self) -> u64 {
        self.cumulative_counts.last().copied().unwrap_or_default()
    }
}

impl Histogram {
    /// Counts one observation and returns the index of its bucket. NaN is in no bucket; like
    /// every observation it goes into the sum, which is NaN from then on.
    pub fn observe(&self, value: f64) -> Option<usize> {
        self.observe_among(Writers::Many, value)
    }

    /// As `observe`, for who knows how many write.
    #[inline]
    pub fn observe_among(&self, writers: Writers, value: f64) -> Option<usize> {
        let index = self.buckets.index_of(value);
        if let Some(count) = index.and_then(|index| self.counts.get(index)) {
            add_to_count(count, 1, writers);
        }
        self.sum.add(value, writers);
        if let Some(native) = &self.native {
            native.observe(value);
        }
        index
    }

    /// Replaces the count of one bucket, those below it not counted, for who restores a histogram.
    /// There is no such bucket: nothing happens.
    pub fn set_bucket(&self, index: usize, count: u64) {
        if let Some(bucket) = self.counts.get(index) {
            bucket.store(count, Ordering::Relaxed);
        }
    }

    /// Replaces the sum, for who restores a histogram.
    pub fn set_sum(&self, sum: f64) {
        self.sum.set(sum);
    }

    /// The counts and the sum, taken without stopping writers.
    ///
    /// The count is that of the buckets, always. An observation that is under way may be in the
    /// buckets and not yet in the sum; the next reading has both.
    pub fn snapshot(&self) -> HistogramReading {
        let mut total = 0;
        let cumulative_counts = self
            .counts
            .iter()
            .map(|count| {
                total += count.load(Ordering::Relaxed);
                total
            })
            .collect();
        let native = self.native.as_ref().map(|native| native.snapshot());
        let (buckets, sum) = (self.buckets.clone(), self.sum.get());
        HistogramReading { buckets, cumulative_counts, sum, native }
    }
}

impl Value for Histogram {
    type Options = Buckets;
    const KIND: MetricKind = MetricKind::Histogram;

    fn new(buckets: &Buckets) -> Self {
        Self {
            buckets: buckets.clone(),
            counts: buckets.bounds().iter().map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicFloat::new(0.0),
            native: buckets.native.map(|options| Box::new(NativeHistogram::new(options))),
        }
    }

    fn read(&self, _: &Buckets) -> Reading {
        Reading::Histogram(self.snapshot())
    }

    fn reset(&self) {
        for count in &self.counts {
            count.store(0, Ordering::Relaxed);
        }
        self.sum.set(0.0);
        if let Some(native) = &self.native {
            native.reset();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_on_a_bound_belongs_to_that_bucket() {
        let histogram = Histogram::new(&Buckets::new(&[1.0, 2.0]).unwrap());
        for value in [1.0, 1.5, 2.0, 9.0] {
            histogram.observe(value);
        }
        let reading = histogram.snapshot();
        assert_eq!(reading.cumulative_counts, [1, 3, 4]);
        assert_eq!(reading.count(), 4);
        assert!((reading.sum - 13.5).abs() < f64::EPSILON);
    }

    #[test]
    fn buckets_that_fall_are_refused() {
        assert!(matches!(Buckets::new(&[2.0, 1.0]), Err(MetricError::UnsortedBuckets(_))));
        assert!(matches!(Buckets::new(&[f64::NAN]), Err(MetricError::UnsortedBuckets(_))));
        assert!(matches!(Buckets::new(&[f64::INFINITY]), Err(MetricError::TooFewBuckets(_))));
    }

    #[test]
    fn counts_from_many_threads_add_up() {
        let histogram = Histogram::new(&Buckets::new(&[0.5]).unwrap());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        histogram.observe(0.25);
                    }
                });
            }
        });
        assert_eq!(histogram.snapshot().cumulative_counts, [40_000, 40_000]);
        assert!((histogram.snapshot().sum - 10_000.0).abs() < f64::EPSILON);
    }
}
