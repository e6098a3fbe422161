//! This crate's own families as messages.

use std::collections::HashSet;

use super::messages::{
    Bucket, BucketSpan, Counter, Exemplar, Histogram, Metric, MetricFamily, MetricType, Summary,
    Timestamp, Value,
};
use super::{label, timestamp};
use crate::encoding::escaping::Escaping;
use crate::metrics::{
    self, ChildReading, Collect, Description, HistogramReading, MetricKind, NativeReading, Reading,
};

/// How many empty buckets are cheaper to write than a new span.
const LARGEST_GAP: i32 = 2;

/// A family; of a choice of names any of its series chooses all of them, as they are one message.
pub fn family_of(
    family: &dyn Collect,
    escaping: Escaping,
    has_created: bool,
    names: Option<&HashSet<String>>,
) -> MetricFamily {
    let description = family.description();
    let writer = Writer { label_names: label_names(description, escaping), has_created };
    let mut metrics = Vec::new();
    if names.is_none_or(|names| is_chosen(description, names)) {
        family.visit(&mut |child| metrics.push(writer.metric(&child)));
    }
    let suffix = if description.kind == MetricKind::Counter { "_total" } else { "" };
    MetricFamily {
        name: Some(escaping.unquoted_metric_name(&format!("{}{suffix}", description.name))),
        help: Some(description.documentation.clone()),
        r#type: Some(type_of(description.kind).into()),
        metric: metrics,
        unit: Some(description.unit.clone()).filter(|unit| !unit.is_empty()),
    }
}

fn is_chosen(description: &Description, names: &HashSet<String>) -> bool {
    let suffixes = ["", "_total", "_bucket", "_count", "_sum"];
    suffixes.iter().any(|suffix| names.contains(&format!("{}{suffix}", description.name)))
}

/// The name of each label that is shown.
fn label_names(description: &Description, escaping: Escaping) -> Vec<Option<String>> {
    let names = description.label_names.iter().enumerate();
    let shown = |place| description.shows_label(place);
    names.map(|(place, name)| shown(place).then(|| escaping.unquoted_label_name(name))).collect()
}

fn type_of(kind: MetricKind) -> MetricType {
    match kind {
        MetricKind::Counter => MetricType::Counter,
        MetricKind::Gauge => MetricType::Gauge,
        MetricKind::Histogram => MetricType::Histogram,
        MetricKind::Summary => MetricType::Summary,
    }
}

struct Writer {
    label_names: Vec<Option<String>>,
    has_created: bool,
}

impl Writer {
    fn metric(&self, child: &ChildReading<'_>) -> Metric {
        let values = child.label_values.iter(self.label_names.len());
        let labels = self.label_names.iter().zip(values);
        let mut metric = Metric {
            label: labels.filter_map(|(name, value)| Some(label(name.clone()?, value))).collect(),
            ..Metric::default()
        };
        let created = self.has_created.then(|| timestamp(child.created_seconds));
        match &child.reading {
            Reading::Counter(value) => {
                let (value, exemplar) = (Some(*value), exemplar(child, 0));
                metric.counter = Some(Counter { value, exemplar, created_timestamp: created });
            }
            Reading::Gauge(value) => metric.gauge = Some(Value { value: Some(*value) }),
            Reading::Histogram(reading) => {
                metric.histogram = Some(histogram(reading, child, created));
            }
            Reading::Summary { count, sum } => {
                metric.summary = Some(Summary {
                    sample_count: Some(*count),
                    sample_sum: Some(*sum),
                    created_timestamp: created,
                    ..Summary::default()
                });
            }
        }
        metric
    }
}

fn histogram(
    reading: &HistogramReading,
    child: &ChildReading<'_>,
    created_timestamp: Option<Timestamp>,
) -> Histogram {
    let bounds = reading.buckets.bounds().iter().zip(&reading.cumulative_counts);
    let bucket = |(index, (bound, count)): (usize, (&f64, &u64))| Bucket {
        cumulative_count: Some(*count),
        upper_bound: Some(*bound),
        exemplar: exemplar(child, index),
    };
    let mut histogram = Histogram {
        sample_count: Some(reading.count()),
        sample_sum: Some(reading.sum),
        bucket: bounds.enumerate().map(bucket).collect(),
        created_timestamp,
        ..Histogram::default()
    };
    if let Some(native) = &reading.native {
        add_native(native, &mut histogram);
    }
    histogram
}

fn add_native(native: &NativeReading, histogram: &mut Histogram) {
    // A store compares it with the native buckets.
    histogram.sample_count = Some(native.count());
    histogram.schema = Some(native.schema);
    histogram.zero_threshold = Some(native.zero_threshold);
    histogram.zero_count = Some(native.zero_count);
    (histogram.positive_span, histogram.positive_delta) = spans(&native.positive);
    (histogram.negative_span, histogram.negative_delta) = spans(&native.negative);
}

/// Buckets as spans of neighbours, and each count as the difference to the one before.
fn spans(buckets: &[(i32, u64)]) -> (Vec<BucketSpan>, Vec<i64>) {
    let mut spans: Vec<(i32, u32)> = Vec::new();
    let mut deltas = Vec::new();
    let (mut next_index, mut last_count) = (0, 0);
    for (index, count) in buckets {
        let gap = index - next_index;
        if spans.is_empty() || gap > LARGEST_GAP {
            spans.push((gap, 0));
        } else {
            for _ in 0..gap {
                push(0, &mut last_count, &mut spans, &mut deltas);
            }
        }
        push(count.cast_signed(), &mut last_count, &mut spans, &mut deltas);
        next_index = index + 1;
    }
    let span = |(offset, length)| BucketSpan { offset: Some(offset), length: Some(length) };
    (spans.into_iter().map(span).collect(), deltas)
}

fn push(count: i64, last_count: &mut i64, spans: &mut [(i32, u32)], deltas: &mut Vec<i64>) {
    deltas.push(count - *last_count);
    *last_count = count;
    if let Some((_, length)) = spans.last_mut() {
        *length += 1;
    }
}

fn exemplar(child: &ChildReading<'_>, bucket: usize) -> Option<Exemplar> {
    let (_, exemplar) = child.exemplars.iter().find(|(index, _)| *index == bucket)?;
    let metrics::Exemplar { labels, value, timestamp_seconds } = exemplar.as_ref();
    Some(Exemplar {
        label: labels.iter().map(|(name, value)| label(name.clone(), value)).collect(),
        value: Some(*value),
        timestamp: Some(timestamp(*timestamp_seconds)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads spans and deltas as a store does.
    fn read_back(spans: &[BucketSpan], deltas: &[i64]) -> Vec<(i32, u64)> {
        let (mut index, mut count, mut buckets) = (0, 0, Vec::new());
        let mut deltas = deltas.iter();
        for span in spans {
            index += span.offset();
            for _ in 0..span.length() {
                count += deltas.next().unwrap();
                buckets.push((index, u64::try_from(count).unwrap()));
                index += 1;
            }
        }
        assert!(deltas.next().is_none());
        buckets
    }

    #[test]
    fn small_gaps_are_filled_and_large_ones_begin_a_span() {
        let (spans, deltas) = spans(&[(-2, 5), (1, 3), (5, 4)]);
        let pairs: Vec<_> = spans.iter().map(|span| (span.offset(), span.length())).collect();
        assert_eq!(pairs, [(-2, 4), (3, 1)]);
        assert_eq!(deltas, [5, -5, 0, 3, 1]);
    }

    proptest! {
        #[test]
        fn buckets_are_read_back_as_they_were(
            buckets in prop::collection::btree_map(-500..500, 1..1000_u64, 0..30)
        ) {
            let buckets: Vec<(i32, u64)> = buckets.into_iter().collect();
            let (spans, deltas) = spans(&buckets);
            let mut read = read_back(&spans, &deltas);
            read.retain(|(_, count)| *count > 0);
            prop_assert_eq!(read, buckets);
        }
    }
}
