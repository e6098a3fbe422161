//! Messages `io.prometheus.client.MetricFamily`, each behind its length: the one format that has
//! native histograms and is read by every Prometheus that knows them.
//!
//! When a series was created is a part of its value here, not a series of its own.

mod foreign;
mod messages;
mod native;

use prost::Message;

pub use foreign::families_of;
pub use native::family_of;

use messages::{LabelPair, MetricFamily, Timestamp};

/// Appends a family, unless it shows nothing.
pub fn write(family: &MetricFamily, output: &mut Vec<u8>) {
    if !family.metric.is_empty() {
        // A vector grows as it must.
        let _ = family.encode_length_delimited(output);
    }
}

fn label(name: String, value: &str) -> LabelPair {
    LabelPair { name: Some(name), value: Some(value.to_owned()) }
}

fn timestamp(seconds: f64) -> Timestamp {
    let whole = seconds.floor();
    #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second, and a time")]
    Timestamp { seconds: whole as i64, nanos: ((seconds - whole) * 1e9) as i32 }
}
