//! Other collectors' families as messages: samples of one label set, under names with suffixes,
//! become one metric.

use std::collections::HashMap;

use super::messages::{
    self, Bucket, BucketSpan, Counter, Histogram, Metric, MetricFamily, MetricType, Quantile,
    Summary, Value,
};
use super::{label, timestamp};
use crate::encoding::escaping::Escaping;
use crate::encoding::family::{self, BucketSpans, FamilyKind, Labels, NativeHistogram, Sample};

/// The family, and behind it one of unknown type for each name of samples that have no place in it.
pub fn families_of(family: &family::MetricFamily, escaping: Escaping) -> Vec<MetricFamily> {
    let mut builder = Builder { family, escaping, metrics: Metrics::default() };
    let mut strays = Vec::<(&str, Metrics)>::new();
    for sample in &family.samples {
        if builder.add(sample).is_none() {
            add_stray(sample, escaping, &mut strays);
        }
    }
    let (suffix, kind) = suffix_and_type(family.kind);
    let own = message(&format!("{}{suffix}", family.name), kind, family, escaping, builder.metrics);
    let untyped = MetricType::Untyped;
    let strays =
        strays.into_iter().map(|(name, metrics)| message(name, untyped, family, escaping, metrics));
    std::iter::once(own).chain(strays).collect()
}

fn suffix_and_type(kind: FamilyKind) -> (&'static str, MetricType) {
    match kind {
        FamilyKind::Counter => ("_total", MetricType::Counter),
        FamilyKind::Info => ("_info", MetricType::Gauge),
        FamilyKind::Gauge | FamilyKind::StateSet => ("", MetricType::Gauge),
        FamilyKind::Summary => ("", MetricType::Summary),
        FamilyKind::Histogram => ("", MetricType::Histogram),
        FamilyKind::GaugeHistogram => ("", MetricType::GaugeHistogram),
        FamilyKind::Unknown => ("", MetricType::Untyped),
    }
}

fn message(
    name: &str,
    kind: MetricType,
    family: &family::MetricFamily,
    escaping: Escaping,
    metrics: Metrics,
) -> MetricFamily {
    MetricFamily {
        name: Some(escaping.unquoted_metric_name(name)),
        help: Some(family.documentation.clone()),
        r#type: Some(kind.into()),
        metric: metrics.ordered,
        unit: Some(family.unit.clone()).filter(|unit| !unit.is_empty()),
    }
}

fn add_stray<'a>(sample: &'a Sample, escaping: Escaping, strays: &mut Vec<(&'a str, Metrics)>) {
    let place = strays.iter().position(|(name, _)| *name == sample.name).unwrap_or_else(|| {
        strays.push((&sample.name, Metrics::default()));
        strays.len() - 1
    });
    let metric = strays[place].1.of(sample, None, escaping);
    metric.untyped = Some(Value { value: sample.value });
}

/// Metrics in the order of their first samples.
#[derive(Default)]
struct Metrics {
    ordered: Vec<Metric>,
    by_labels: HashMap<Labels, usize>,
}

impl Metrics {
    /// The metric of a sample's labels but for the one that tells its samples apart.
    fn of(&mut self, sample: &Sample, without: Option<&str>, escaping: Escaping) -> &mut Metric {
        let mut labels = sample.labels.clone();
        labels.retain(|(name, _)| Some(name.as_str()) != without);
        let next = self.ordered.len();
        let place = *self.by_labels.entry(labels).or_insert_with_key(|labels| {
            let pair =
                |(name, value): &(String, String)| label(escaping.unquoted_label_name(name), value);
            let label = labels.iter().map(pair).collect();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the format wants whole milliseconds"
            )]
            let timestamp_ms = sample.timestamp.map(|time| (time.as_seconds() * 1000.0) as i64);
            self.ordered.push(Metric { label, timestamp_ms, ..Metric::default() });
            next
        });
        &mut self.ordered[place]
    }
}

struct Builder<'a> {
    family: &'a family::MetricFamily,
    escaping: Escaping,
    metrics: Metrics,
}

impl Builder<'_> {
    /// Gives a sample its place; nothing where there is none.
    fn add(&mut self, sample: &Sample) -> Option<()> {
        let suffix = sample.name.strip_prefix(&self.family.name)?;
        match (self.family.kind, suffix) {
            (FamilyKind::Counter, "_total" | "_created") => self.add_to_counter(sample, suffix),
            (FamilyKind::Info, "_info") | (FamilyKind::Gauge | FamilyKind::StateSet, "") => {
                self.metric(sample, None).gauge = Some(Value { value: sample.value });
            }
            (FamilyKind::Unknown, "") => {
                self.metric(sample, None).untyped = Some(Value { value: sample.value });
            }
            (FamilyKind::Summary, "" | "_count" | "_sum" | "_created") => {
                self.add_to_summary(sample, suffix)?;
            }
            (FamilyKind::Histogram, "" | "_bucket" | "_count" | "_sum" | "_created")
            | (FamilyKind::GaugeHistogram, "" | "_bucket" | "_gcount" | "_gsum" | "_created") => {
                self.add_to_histogram(sample, suffix)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn metric(&mut self, sample: &Sample, without: Option<&str>) -> &mut Metric {
        self.metrics.of(sample, without, self.escaping)
    }

    fn add_to_counter(&mut self, sample: &Sample, suffix: &str) {
        let counter = self.metric(sample, None).counter.get_or_insert_with(Counter::default);
        if suffix == "_created" {
            counter.created_timestamp = sample.value.map(timestamp);
        } else {
            counter.value = sample.value;
            counter.exemplar = sample.exemplar.as_ref().map(exemplar);
        }
    }

    fn add_to_summary(&mut self, sample: &Sample, suffix: &str) -> Option<()> {
        let quantile = label_value(sample, "quantile");
        if suffix.is_empty() && quantile.is_none() {
            return None;
        }
        let metric = self.metric(sample, Some("quantile").filter(|_| suffix.is_empty()));
        let summary = metric.summary.get_or_insert_with(Summary::default);
        match suffix {
            "_count" => summary.sample_count = sample.value.map(whole),
            "_sum" => summary.sample_sum = sample.value,
            "_created" => summary.created_timestamp = sample.value.map(timestamp),
            _ => summary.quantile.push(Quantile { quantile, value: sample.value }),
        }
        Some(())
    }

    fn add_to_histogram(&mut self, sample: &Sample, suffix: &str) -> Option<()> {
        let bound = label_value(sample, "le");
        let native = sample.native_histogram.as_ref();
        if suffix == "_bucket" && bound.is_none() || suffix.is_empty() && native.is_none() {
            return None;
        }
        let metric = self.metric(sample, Some("le").filter(|_| suffix == "_bucket"));
        let histogram = metric.histogram.get_or_insert_with(Histogram::default);
        match suffix {
            "_bucket" => histogram.bucket.push(Bucket {
                cumulative_count: sample.value.map(whole),
                upper_bound: bound,
                exemplar: sample.exemplar.as_ref().map(exemplar),
            }),
            "_count" | "_gcount" => histogram.sample_count = sample.value.map(whole),
            "_sum" | "_gsum" => histogram.sample_sum = sample.value,
            "_created" => histogram.created_timestamp = sample.value.map(timestamp),
            _ => add_native(native?, histogram),
        }
        Some(())
    }
}

fn add_native(native: &NativeHistogram, histogram: &mut Histogram) {
    histogram.sample_count = Some(whole(native.count.as_f64()));
    histogram.sample_sum = Some(native.sum.as_f64());
    histogram.schema = i32::try_from(native.schema).ok();
    histogram.zero_threshold = Some(native.zero_threshold.as_f64());
    histogram.zero_count = Some(whole(native.zero_count.as_f64()));
    (histogram.positive_span, histogram.positive_delta) = spans(native.positive.as_ref());
    (histogram.negative_span, histogram.negative_delta) = spans(native.negative.as_ref());
    histogram.exemplars = native.exemplars.iter().map(exemplar).collect();
}

fn spans(buckets: Option<&BucketSpans>) -> (Vec<BucketSpan>, Vec<i64>) {
    let Some(buckets) = buckets else { return Default::default() };
    let span = |(offset, length): &(i64, i64)| BucketSpan {
        offset: i32::try_from(*offset).ok(),
        length: u32::try_from(*length).ok(),
    };
    #[expect(clippy::cast_possible_truncation, reason = "counts are whole")]
    let delta = |delta: &family::Number| delta.as_f64() as i64;
    (buckets.spans.iter().map(span).collect(), buckets.deltas.iter().map(delta).collect())
}

fn label_value(sample: &Sample, name: &str) -> Option<f64> {
    let (_, value) = sample.labels.iter().find(|(label, _)| label == name)?;
    // Rust reads `+Inf` too.
    value.parse().ok()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
fn whole(value: f64) -> u64 {
    value as u64
}

fn exemplar(exemplar: &family::Exemplar) -> messages::Exemplar {
    messages::Exemplar {
        label: exemplar.labels.iter().map(|(name, value)| label(name.clone(), value)).collect(),
        value: Some(exemplar.value),
        timestamp: exemplar.timestamp.map(|time| timestamp(time.as_seconds())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::test_families::{family, sample};

    #[test]
    fn samples_of_one_label_set_become_one_histogram() {
        let samples = vec![
            sample("h_bucket", &[("a", "1"), ("le", "0.5")], 2.0),
            sample("h_bucket", &[("a", "1"), ("le", "+Inf")], 3.0),
            sample("h_count", &[("a", "1")], 3.0),
            sample("h_sum", &[("a", "1")], 4.5),
            sample("h_created", &[("a", "1")], 1.5),
            sample("h_count", &[("a", "2")], 0.0),
        ];
        let families =
            families_of(&family("h", FamilyKind::Histogram, samples), Escaping::Underscores);
        assert_eq!(families.len(), 1);
        let metrics = &families[0].metric;
        assert_eq!(metrics.len(), 2);
        let histogram = metrics[0].histogram.as_ref().unwrap();
        let bounds: Vec<f64> = histogram.bucket.iter().map(Bucket::upper_bound).collect();
        assert_eq!(bounds, [0.5, f64::INFINITY]);
        assert_eq!((histogram.sample_count(), histogram.sample_sum()), (3, 4.5));
        assert_eq!(histogram.created_timestamp.as_ref().unwrap().nanos, 500_000_000);
    }

    #[test]
    fn a_sample_that_has_no_place_in_its_family_has_a_family_of_its_own() {
        let samples = vec![sample("g", &[], 1.0), sample("other", &[], 2.0)];
        let families = families_of(&family("g", FamilyKind::Gauge, samples), Escaping::Underscores);
        let names: Vec<&str> = families.iter().map(MetricFamily::name).collect();
        assert_eq!(names, ["g", "other"]);
        assert_eq!(families[1].r#type(), MetricType::Untyped);
        assert!((families[1].metric[0].untyped.as_ref().unwrap().value() - 2.0).abs() < 1e-9);
    }

    #[test]
    fn counters_and_infos_have_the_names_of_their_samples() {
        let named = |kind, suffix: &str| {
            let samples = vec![sample(&format!("x{suffix}"), &[], 1.0)];
            let families = families_of(&family("x", kind, samples), Escaping::Underscores);
            families[0].name().to_owned()
        };
        assert_eq!(named(FamilyKind::Counter, "_total"), "x_total");
        assert_eq!(named(FamilyKind::Info, "_info"), "x_info");
    }
}
