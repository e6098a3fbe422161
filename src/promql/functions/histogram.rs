//! `histogram_quantile` over classic buckets, as `promql/quantile.go` in Prometheus 3.

use super::Arguments;
use crate::model::METRIC_NAME;
use crate::promql::error::QueryError;
use crate::promql::track::{Track, group_by};

/// The label that holds a bucket's upper bound.
const UPPER_BOUND: &str = "le";

/// Counts that differ by less than this share of their sum differ by rounding only.
const ROUNDING_TOLERANCE: f64 = 1e-12;

/// How many observations were up to a bound.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    upper_bound: f64,
    count: f64,
}

/// The quantile `q` of one histogram: `cumulative_counts` are those up to each of `upper_bounds`,
/// which rise and end with the infinite one.
pub fn bucket_quantile(q: f64, upper_bounds: &[f64], cumulative_counts: &[f64]) -> f64 {
    let bucket =
        |(upper_bound, count): (&f64, &f64)| Bucket { upper_bound: *upper_bound, count: *count };
    let mut buckets: Vec<Bucket> = upper_bounds.iter().zip(cumulative_counts).map(bucket).collect();
    quantile(q, &mut buckets)
}

/// `histogram_quantile(q, buckets)`: one quantile for each label set but for `le`.
pub fn histogram_quantile(arguments: &Arguments) -> Result<Vec<Track>, QueryError> {
    let q = arguments.scalar(0)?;
    let tracks = arguments.vector(1)?;
    let groups = group_by(&tracks, |labels| labels.without(&[METRIC_NAME, UPPER_BOUND]));
    let mut buckets = Vec::new();
    let mut quantiles = Vec::with_capacity(groups.len());
    for (labels, tracks) in groups {
        let by_bound = sorted_by_bound(&tracks);
        let values = q.iter().enumerate().map(|(step, q)| {
            collect_buckets(&by_bound, step, &mut buckets);
            (!buckets.is_empty()).then(|| quantile(*q, &mut buckets))
        });
        quantiles.push(Track { values: values.collect(), labels });
    }
    quantiles.retain(Track::has_values);
    Ok(quantiles)
}

/// The tracks by their bounds; one whose `le` is no number is not a bucket.
fn sorted_by_bound<'a>(tracks: &[&'a Track]) -> Vec<(f64, &'a Track)> {
    let bound = |track: &&'a Track| Some((track.labels.get(UPPER_BOUND).parse().ok()?, *track));
    let mut sorted: Vec<(f64, &Track)> = tracks.iter().filter_map(bound).collect();
    sorted.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    sorted
}

/// The buckets at a step; those with the same bound, such as `1` and `1.0`, are added.
#[expect(clippy::float_cmp, reason = "bounds are parsed, not computed")]
fn collect_buckets(by_bound: &[(f64, &Track)], step: usize, buckets: &mut Vec<Bucket>) {
    buckets.clear();
    for (upper_bound, track) in by_bound {
        let Some(count) = track.values[step] else { continue };
        match buckets.last_mut() {
            Some(last) if last.upper_bound == *upper_bound => last.count += count,
            _ => buckets.push(Bucket { upper_bound: *upper_bound, count }),
        }
    }
}

/// The quantile by linear interpolation in its bucket, of which the lowest begins at 0.
fn quantile(q: f64, buckets: &mut [Bucket]) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&q) {
        return f64::INFINITY.copysign(q);
    }
    make_monotonic(buckets);
    let [.., highest_finite, highest] = &*buckets else { return f64::NAN };
    if highest.upper_bound != f64::INFINITY || highest.count == 0.0 {
        return f64::NAN;
    }
    let rank = q * highest.count;
    let finite = &buckets[..buckets.len() - 1];
    match finite.iter().position(|bucket| bucket.count >= rank) {
        None => highest_finite.upper_bound,
        Some(0) if buckets[0].upper_bound <= 0.0 => buckets[0].upper_bound,
        Some(0) => interpolate(Bucket { upper_bound: 0.0, count: 0.0 }, buckets[0], rank),
        Some(index) => interpolate(buckets[index - 1], buckets[index], rank),
    }
}

fn interpolate(below: Bucket, bucket: Bucket, rank: f64) -> f64 {
    let share = (rank - below.count) / (bucket.count - below.count);
    below.upper_bound + (bucket.upper_bound - below.upper_bound) * share
}

/// Counts of buckets never fall towards higher bounds, but rates of them may, by rounding or
/// because a scrape was torn: such a bucket takes the count of the one below.
fn make_monotonic(buckets: &mut [Bucket]) {
    let Some(mut previous) = buckets.first().map(|bucket| bucket.count) else { return };
    for bucket in buckets {
        if bucket.count < previous || differs_by_rounding(previous, bucket.count) {
            bucket.count = previous;
        } else {
            previous = bucket.count;
        }
    }
}

fn differs_by_rounding(one: f64, other: f64) -> bool {
    let sum = one.abs() + other.abs();
    one != 0.0 && other != 0.0 && (one - other).abs() < ROUNDING_TOLERANCE * sum
}
