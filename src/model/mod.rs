//! The words that scraping, storage and evaluation share: labels, samples, series, matchers.

mod labels;
mod matcher;
mod sample;

pub use labels::{Labels, METRIC_NAME, is_label_name};
pub use matcher::{MatchOperator, Matcher};
pub use sample::{STALE_MARKER, Sample, Series, is_stale};
