//! Counters, gauges and histograms with labels, and the registry that holds them.
//!
//! No Python and no HTTP: this is the part that an Operator's threads touch. A value is an atomic;
//! a child is found through a table that is read without a lock; only a child's creation and
//! removal take one.

mod error;
mod family;
mod name;
mod registry;
mod value;

pub use error::MetricError;
pub use family::{Child, Collect, Description, Family, Reading, Visitor};
pub use name::{MetricKind, NameParts, check_label_names, check_metric_name};
pub use registry::Registry;
pub use value::{Buckets, Counter, Gauge, Histogram, HistogramReading, Value};
