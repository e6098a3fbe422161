//! What can be wrong with a value.
//!
//! Each text opens with the words that `prometheus_client` 0.26 uses in the same place, because
//! people match on them; what was expected and what was received is added behind.

/// A metric was made or used wrongly.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MetricError {
    /// A counter was asked to go down.
    #[error("Counters can only be incremented by non-negative amounts. Received: {0}")]
    NegativeIncrement(f64),
    /// Buckets that would not grow.
    #[error("Native histogram bucket factor must be above 1 and finite: received {0}")]
    UselessBucketFactor(f64),
    /// The bounds of a histogram's buckets do not rise.
    #[error("Buckets not in sorted order: {0:?}")]
    UnsortedBuckets(Vec<f64>),
    /// A histogram without a finite bound.
    #[error("Must have at least two buckets: received {0:?}")]
    TooFewBuckets(Vec<f64>),
}
