//! The exposition formats, one a file.
//!
//! Two things are written: families of this crate's own metrics (`native`, fast), and families that
//! any other collector gives as names and values (`MetricFamily`).

mod buffer;
mod encoder;
mod error;
mod escaping;
mod family;
mod format;
mod native;
mod negotiate;
mod number;
mod openmetrics;
mod protobuf;
mod sample_name;
#[cfg(test)]
mod test_families;
mod text;

pub use buffer::Encoded;
pub use encoder::{Encoder, set_created_series};
pub use error::EncodeError;
pub use escaping::{Escaping, is_legacy_metric_name};
pub use family::{
    BucketSpans, Exemplar, FamilyKind, Labels, MetricFamily, NativeHistogram, Number, Sample,
    Timestamp,
};
pub use format::{Format, Syntax};
pub use negotiate::negotiate;
pub use number::write_number;
