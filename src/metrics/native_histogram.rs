//! Native histograms: sparse exponential buckets that need no bounds chosen beforehand.
//!
//! The layout is Prometheus's
//! (<https://prometheus.io/docs/specs/native_histograms/>): bucket `i` of schema `s` holds values up
//! to 2^(i·2^-s) and above the bound of bucket `i - 1`. Too many buckets make the schema coarser by
//! one, which merges neighbours.

use std::cmp::Ordering as Order;
use std::sync::LazyLock;

use super::atomic::{AtomicU64, Ordering, RwLock};
use super::{MetricError, fork};

/// The coarsest and the finest schema: factors of 65536 and of 1.0027.
const SCHEMAS: std::ops::RangeInclusive<i32> = -4..=8;

/// How the buckets of a native histogram are laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NativeOptions {
    schema: i32,
    max_buckets: usize,
}

impl NativeOptions {
    /// Values of at most this size are zero: 2^-128, as in Prometheus's own clients.
    pub const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;

    /// Buckets that grow by at most `factor`, which is above 1, at first; and, before they grow
    /// more, at most `max_buckets` of them (0: any number).
    pub fn new(factor: f64, max_buckets: usize) -> Result<Self, MetricError> {
        if factor.is_nan() || factor <= 1.0 || factor.is_infinite() {
            return Err(MetricError::UselessBucketFactor(factor));
        }
        let finest = -factor.log2().log2();
        let (coarsest_schema, finest_schema) = SCHEMAS.into_inner();
        #[expect(clippy::cast_possible_truncation, reason = "rounded, and a small number")]
        let schema = (finest.ceil() as i32).clamp(coarsest_schema, finest_schema);
        Ok(Self { schema, max_buckets })
    }
}

/// The counts of a native histogram.
pub struct NativeHistogram {
    options: NativeOptions,
    // Who counts in a bucket that is there shares the lock; a new bucket needs it alone.
    counts: RwLock<Counts>,
}

/// A native histogram at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeReading {
    /// Buckets grow by 2^(2^-schema).
    pub schema: i32,
    /// Values of at most this size are zero.
    pub zero_threshold: f64,
    /// How many of them there were.
    pub zero_count: u64,
    /// Index and count of each bucket above zero, by rising index.
    pub positive: Vec<(i32, u64)>,
    /// Index and count of each bucket below zero, by rising size of its values.
    pub negative: Vec<(i32, u64)>,
}

impl NativeReading {
    /// How many observations there were.
    pub fn count(&self) -> u64 {
        let buckets = self.positive.iter().chain(&self.negative);
        self.zero_count + buckets.map(|(_, count)| count).sum::<u64>()
    }
}

struct Counts {
    schema: i32,
    zero: AtomicU64,
    positive: SparseBuckets,
    negative: SparseBuckets,
}

impl NativeHistogram {
    /// Without observations.
    pub fn new(options: NativeOptions) -> Self {
        Self { options, counts: RwLock::new(Counts::new(options.schema)) }
    }

    /// Counts one observation. NaN is in no bucket.
    pub fn observe(&self, value: f64) {
        if value.is_nan() {
            return;
        }
        let _pass = fork::pass();
        if self.counts.read().try_count(value) {
            return;
        }
        let mut counts = self.counts.write();
        counts.count(value);
        let limit = self.options.max_buckets;
        while limit > 0 && counts.len() > limit && counts.schema > *SCHEMAS.start() {
            counts.double_width();
        }
    }

    /// The counts now.
    pub fn snapshot(&self) -> NativeReading {
        let _pass = fork::pass();
        let counts = self.counts.read();
        NativeReading {
            schema: counts.schema,
            zero_threshold: NativeOptions::ZERO_THRESHOLD,
            zero_count: counts.zero.load(Ordering::Relaxed),
            positive: counts.positive.snapshot(),
            negative: counts.negative.snapshot(),
        }
    }

    /// Starts again without observations, with the finest buckets.
    pub fn reset(&self) {
        let _pass = fork::pass();
        *self.counts.write() = Counts::new(self.options.schema);
    }
}

impl Counts {
    fn new(schema: i32) -> Self {
        let (positive, negative) = (SparseBuckets::default(), SparseBuckets::default());
        Self { schema, zero: AtomicU64::new(0), positive, negative }
    }

    fn len(&self) -> usize {
        self.positive.0.len() + self.negative.0.len()
    }

    /// Counts in a bucket that is there; returns whether it is.
    fn try_count(&self, value: f64) -> bool {
        let bucket = if value.abs() <= NativeOptions::ZERO_THRESHOLD {
            Some(&self.zero)
        } else {
            let buckets = if value > 0.0 { &self.positive } else { &self.negative };
            buckets.get(index_of(value.abs(), self.schema))
        };
        bucket.map(|count| count.fetch_add(1, Ordering::Relaxed)).is_some()
    }

    fn count(&mut self, value: f64) {
        let index = index_of(value.abs(), self.schema);
        let buckets = if value > 0.0 { &mut self.positive } else { &mut self.negative };
        buckets.add(index, 1);
    }

    fn double_width(&mut self) {
        self.schema -= 1;
        self.positive.merge_pairs();
        self.negative.merge_pairs();
    }
}

/// Buckets that have been counted in, by rising index.
#[derive(Default)]
struct SparseBuckets(Vec<(i32, AtomicU64)>);

impl SparseBuckets {
    fn get(&self, index: i32) -> Option<&AtomicU64> {
        let place = self.0.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        Some(&self.0[place].1)
    }

    fn add(&mut self, index: i32, count: u64) {
        match self.0.binary_search_by_key(&index, |(index, _)| *index) {
            Ok(place) => {
                self.0[place].1.fetch_add(count, Ordering::Relaxed);
            }
            Err(place) => self.0.insert(place, (index, AtomicU64::new(count))),
        }
    }

    fn merge_pairs(&mut self) {
        for (index, count) in std::mem::take(&mut self.0) {
            // The bounds of even indices stay.
            self.add((index + 1).div_euclid(2), count.load(Ordering::Relaxed));
        }
    }

    fn snapshot(&self) -> Vec<(i32, u64)> {
        self.0.iter().map(|(index, count)| (*index, count.load(Ordering::Relaxed))).collect()
    }
}

/// Which bucket a positive value is in. What is infinite has the bucket above all finite values.
fn index_of(value: f64, schema: i32) -> i32 {
    if value.is_infinite() {
        return index_of(f64::MAX, schema) + 1;
    }
    let (fraction, exponent) = fraction_and_exponent(value);
    if schema <= 0 {
        // A power of two is the upper bound of its bucket.
        let index = if fraction.total_cmp(&0.5) == Order::Equal { exponent - 1 } else { exponent };
        return (index + (1 << -schema) - 1) >> -schema;
    }
    // Of the finest bounds every `width`th is one of this schema's.
    let width = 1 << (SCHEMAS.end() - schema);
    let place = BOUNDS.partition_point(|bound| *bound < fraction).div_ceil(width);
    i32::try_from(place).expect("at most 256") + ((exponent - 1) << schema)
}

/// The bounds of the finest schema between 1/2 and 1; those of a coarser one are among them.
static BOUNDS: LazyLock<Vec<f64>> =
    LazyLock::new(|| (0..256).map(|place| (f64::from(place - 256) / 256.0).exp2()).collect());

/// A positive value as a fraction of at least 1/2 and below 1, and the power of two to multiply by.
fn fraction_and_exponent(value: f64) -> (f64, i32) {
    const EXPONENT_BITS: u64 = 0x7FF << 52;
    if value < f64::MIN_POSITIVE {
        let (fraction, exponent) = fraction_and_exponent(value * 2.0_f64.powi(64));
        return (fraction, exponent - 64);
    }
    let bits = value.to_bits();
    let exponent = ((bits & EXPONENT_BITS) >> 52) as i32 - 1022;
    (f64::from_bits(bits & !EXPONENT_BITS | 1022 << 52), exponent)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn histogram(factor: f64, max_buckets: usize) -> NativeHistogram {
        NativeHistogram::new(NativeOptions::new(factor, max_buckets).unwrap())
    }

    /// Where a bucket ends, by the definition.
    fn upper_bound(index: i32, schema: i32) -> f64 {
        (f64::from(index) * 2.0_f64.powi(-schema)).exp2()
    }

    #[test]
    fn the_schema_is_the_coarsest_that_keeps_to_the_factor() {
        let table =
            [(65536.0, -4), (4.0, -1), (2.0, 0), (1.5, 1), (1.1, 3), (1.002, 8), (1.0001, 8)];
        for (factor, schema) in table {
            assert_eq!(NativeOptions::new(factor, 0).unwrap().schema, schema, "{factor}");
        }
        for factor in [1.0, 0.5, f64::NAN, f64::INFINITY] {
            assert!(NativeOptions::new(factor, 0).is_err(), "{factor}");
        }
    }

    #[test]
    fn values_of_both_signs_and_zero_have_buckets_of_their_own() {
        let histogram = histogram(2.0, 0);
        for value in [0.0, -0.0, 1e-40, 1.0, 1.5, 2.0, 2.1, -4.0, f64::NAN] {
            histogram.observe(value);
        }
        let reading = histogram.snapshot();
        assert_eq!(reading.zero_count, 3);
        assert_eq!(reading.positive, [(0, 1), (1, 2), (2, 1)]);
        assert_eq!(reading.negative, [(2, 1)]);
        assert_eq!(reading.count(), 8);
    }

    #[test]
    fn infinity_has_the_bucket_above_the_largest_number() {
        for schema in SCHEMAS {
            assert_eq!(index_of(f64::INFINITY, schema), index_of(f64::MAX, schema) + 1);
        }
    }

    #[test]
    fn too_many_buckets_make_them_wider_and_lose_nothing() {
        let histogram = histogram(1.1, 10);
        for value in 1..=1000 {
            histogram.observe(f64::from(value));
        }
        let reading = histogram.snapshot();
        assert!(reading.schema < 3);
        assert!(reading.positive.len() <= 10, "{reading:?}");
        assert_eq!(reading.count(), 1000);
        histogram.reset();
        assert_eq!(histogram.snapshot().schema, 3);
    }

    #[test]
    fn threads_that_meet_new_buckets_lose_nothing() {
        let histogram = histogram(1.1, 40);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let histogram = &histogram;
                scope.spawn(move || {
                    for step in 0..5000 {
                        histogram.observe(f64::from(step % 997 + thread) / 7.0);
                    }
                });
            }
        });
        assert_eq!(histogram.snapshot().count(), 20_000);
    }

    proptest! {
        #[test]
        fn a_value_is_within_the_bounds_of_its_bucket(
            value in prop_oneof![1e-30..1e30_f64, 0.001..1000.0_f64], schema in SCHEMAS
        ) {
            let index = index_of(value, schema);
            // The bounds are themselves rounded.
            prop_assert!(value <= upper_bound(index, schema) * (1.0 + 1e-14));
            prop_assert!(value >= upper_bound(index - 1, schema) * (1.0 - 1e-14));
        }

        #[test]
        fn wider_buckets_are_those_of_the_coarser_schema(
            values in prop::collection::vec(-1e6..1e6_f64, 1..50), schema in -3..=8
        ) {
            let mut fine = Counts::new(schema);
            let mut coarse = Counts::new(schema - 1);
            for value in values.into_iter().filter(|value| *value != 0.0) {
                fine.count(value);
                coarse.count(value);
            }
            fine.double_width();
            prop_assert_eq!(fine.positive.snapshot(), coarse.positive.snapshot());
            prop_assert_eq!(fine.negative.snapshot(), coarse.negative.snapshot());
        }
    }
}
