//! Samples and the series they make.

use super::Labels;

/// The value that marks a series as ended: a NaN of bits of its own, Prometheus's `StaleNaN`
/// (`model/value/value.go` in prometheus/prometheus).
pub const STALE_MARKER: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// Whether a value is the stale marker (and not just any NaN).
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_MARKER.to_bits()
}

/// One value at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// The value; possibly the stale marker.
    pub value: f64,
}

/// A label set with its samples, oldest first, no two at the same time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What tells this series from others, the metric's name included.
    pub labels: Labels,
    /// Oldest first.
    pub samples: Vec<Sample>,
}
