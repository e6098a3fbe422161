//! What can be wrong with a metric.
//!
//! Each text opens with the words that `prometheus_client` 0.26 uses in the same place, because
//! people match on them; what was expected and what was received is added behind.

/// A metric was made or used wrongly.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MetricError {
    /// The name is empty.
    #[error("Metric name should not be empty")]
    EmptyName,
    /// The name has a character that the exposition format does not allow.
    #[error(
        "invalid metric name {0}: expected letters, digits, `_` and `:`, not starting with a digit"
    )]
    InvalidName(String),
    /// A label's name has a character that the exposition format does not allow.
    #[error(
        "Invalid label metric name: {0}: expected letters, digits and `_`, not starting with a digit"
    )]
    InvalidLabelName(String),
    /// A label's name starts with `__`, or is one that the metric's type needs for itself.
    #[error("Reserved label metric name: {0}: choose another name for this label")]
    ReservedLabelName(String),
    /// A label is named twice.
    #[error("Duplicate label name: {0}: each label can be named once")]
    DuplicateLabelName(String),
    /// A series of that name is registered already.
    #[error(
        "Duplicated timeseries in CollectorRegistry: {{{0}}}: \
         register a metric once and import it where it is used"
    )]
    Duplicate(String),
    /// `labels` was called on a metric that has none.
    #[error("No label names were set when constructing {kind}:{name}")]
    NoLabelNames {
        /// The metric's type.
        kind: &'static str,
        /// The metric's name.
        name: String,
    },
    /// `labels` was called on a child.
    #[error("{kind}:{name} already has labels set ({labels}); can not chain calls to .labels()")]
    LabelsAlreadySet {
        /// The metric's type.
        kind: &'static str,
        /// The metric's name.
        name: String,
        /// The label set as Python writes a dict.
        labels: String,
    },
    /// Keyword labels that are not the metric's.
    #[error("Incorrect label names: expected {expected}, received {received}")]
    IncorrectLabelNames {
        /// The names given at construction.
        expected: String,
        /// The names in the call.
        received: String,
    },
    /// More or fewer positional labels than the metric has.
    #[error("Incorrect label count: expected {expected}, received {received}")]
    IncorrectLabelCount {
        /// How many names were given at construction, and which.
        expected: String,
        /// How many values were in the call.
        received: usize,
    },
    /// A value was changed on a metric whose labels were not given.
    #[error("{kind} metric is missing label values: call .labels({expected}) first")]
    MissingLabelValues {
        /// The metric's type.
        kind: &'static str,
        /// The names given at construction.
        expected: String,
    },
    /// A counter was asked to go down.
    #[error("Counters can only be incremented by non-negative amounts. Received: {0}")]
    NegativeIncrement(String),
    /// The bounds of a histogram's buckets do not rise.
    #[error("Buckets not in sorted order: {0}")]
    UnsortedBuckets(String),
    /// A histogram without a bound.
    #[error("Must have at least two buckets: received {0}")]
    TooFewBuckets(usize),
}
