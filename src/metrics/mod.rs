//! Counters, gauges, histograms and summaries with labels, and the registry that holds them.
//!
//! No Python and no HTTP: this is the part that an Operator's threads touch. A value is made of
//! atomics; a lock is held for as long as a child is looked up or a few of them are read, and
//! never while the process forks (`fork`).

mod atomic;
mod child;
mod children;
mod counter;
mod error;
mod exemplar;
mod family;
pub mod fork;
mod gauge;
mod histogram;
mod kind;
mod label_values;
mod native_histogram;
mod registry;
mod summary;

pub use atomic::Writers;
pub use child::{ChildRef, Companion};
pub use counter::Counter;
pub use error::MetricError;
pub use exemplar::{BucketExemplars, Exemplar};
pub use family::{
    ChildReading, Collect, Description, Family, OVERFLOW_LABEL_VALUE, Reading, Value,
};
pub use gauge::Gauge;
pub use histogram::{Buckets, Histogram, HistogramReading};
pub use kind::MetricKind;
pub use label_values::LabelValues;
pub use native_histogram::{NativeHistogram, NativeOptions, NativeReading};
pub use registry::Registry;
pub use summary::Summary;
