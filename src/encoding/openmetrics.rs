//! OpenMetrics 1.0 and what `prometheus_client` has of 2.0
//! (<https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>).

use std::fmt::Write;

use super::error::EncodeError;
use super::escaping::{Escaping, write_escaped};
use super::family::{
    BucketSpans, Exemplar, FamilyKind, Labels, MetricFamily, NativeHistogram, Number, Sample,
    Timestamp,
};
use super::number::{write_number, write_plain};
use super::sample_name::SampleName;
use super::text::write_series;

/// The line that says that nothing is missing.
pub const END: &str = "# EOF\n";

/// Appends a family of any collector. Native histograms are left out unless they are asked for, as
/// version 1 does not have them.
pub fn write_family(
    family: &MetricFamily,
    escaping: Escaping,
    with_native_histograms: bool,
    output: &mut String,
) -> Result<(), EncodeError> {
    let MetricFamily { name, kind, documentation, unit, samples } = family;
    write_header(name, kind.as_str(), documentation, unit, escaping, output);
    for sample in samples {
        let mut exemplars = String::new();
        for exemplar in all_exemplars(sample, with_native_histograms) {
            check_exemplar(family, sample)?;
            write_exemplar(&exemplar.labels, exemplar.value, &mut exemplars);
            write_timestamp(exemplar.timestamp, &mut exemplars);
        }
        if with_native_histograms || sample.native_histogram.is_none() {
            write_sample(sample, escaping, &exemplars, output);
        }
    }
    Ok(())
}

/// Appends the lines above a family's samples.
pub(super) fn write_header(
    name: &str,
    kind: &str,
    documentation: &str,
    unit: &str,
    escaping: Escaping,
    output: &mut String,
) {
    let name = escaping.metric_name(name);
    for part in ["# HELP ", &name, " "] {
        output.push_str(part);
    }
    write_escaped(output, documentation);
    for part in ["\n# TYPE ", &name, " ", kind, "\n"] {
        output.push_str(part);
    }
    if !unit.is_empty() {
        for part in ["# UNIT ", &name, " ", unit, "\n"] {
            output.push_str(part);
        }
    }
}

fn all_exemplars(sample: &Sample, with_native: bool) -> impl Iterator<Item = &Exemplar> {
    let native = sample.native_histogram.as_ref().filter(|_| with_native);
    sample.exemplar.iter().chain(native.into_iter().flat_map(|native| &native.exemplars))
}

fn check_exemplar(family: &MetricFamily, sample: &Sample) -> Result<(), EncodeError> {
    let may_have = match family.kind {
        FamilyKind::Counter => sample.name.ends_with("_total"),
        FamilyKind::GaugeHistogram => sample.name.ends_with("_bucket"),
        FamilyKind::Histogram => sample.name.ends_with("_bucket") || sample.name == family.name,
        _ => false,
    };
    let (family, sample) = (&family.name, &sample.name);
    may_have.then_some(()).ok_or_else(|| EncodeError::MisplacedExemplar {
        family: family.clone(),
        sample: sample.clone(),
    })
}

/// Appends an exemplar without its time, behind the mark that stands before it.
pub(super) fn write_exemplar(labels: &Labels, value: f64, output: &mut String) {
    output.push_str(" # {");
    let mut labels: Vec<_> = labels.iter().collect();
    labels.sort_unstable();
    for (index, (name, value)) in labels.into_iter().enumerate() {
        output.push_str(if index == 0 { "" } else { "," });
        output.push_str(name);
        output.push_str("=\"");
        write_escaped(output, value);
        output.push('"');
    }
    output.push_str("} ");
    write_number(output, value);
}

fn write_sample(sample: &Sample, escaping: Escaping, exemplars: &str, output: &mut String) {
    let name = SampleName::in_openmetrics(&sample.name, escaping);
    write_series(&name, sample, escaping, output);
    output.push(' ');
    match (&sample.native_histogram, sample.value) {
        (Some(histogram), _) => write_native_histogram(histogram, output),
        (None, Some(value)) => write_number(output, value),
        (None, None) => {}
    }
    write_timestamp(sample.timestamp, output);
    output.push_str(exemplars);
    output.push('\n');
}

fn write_timestamp(timestamp: Option<Timestamp>, output: &mut String) {
    match timestamp {
        None => {}
        Some(Timestamp::Seconds(seconds)) => {
            output.push(' ');
            write_plain(output, seconds);
        }
        Some(Timestamp::Exact { seconds, nanoseconds }) => {
            let _ = write!(output, " {seconds}.{nanoseconds:09}");
        }
    }
}

fn write_native_histogram(histogram: &NativeHistogram, output: &mut String) {
    let fields = [
        ("{count:", histogram.count),
        (",sum:", histogram.sum),
        (",schema:", Number::Integer(histogram.schema)),
        (",zero_threshold:", histogram.zero_threshold),
        (",zero_count:", histogram.zero_count),
    ];
    for (label, value) in fields {
        output.push_str(label);
        write_plain(output, value);
    }
    write_buckets("negative", histogram.negative.as_ref(), output);
    write_buckets("positive", histogram.positive.as_ref(), output);
    output.push('}');
}

fn write_buckets(sign: &str, buckets: Option<&BucketSpans>, output: &mut String) {
    let Some(BucketSpans { spans, deltas }) = buckets else { return };
    let _ = write!(output, ",{sign}_spans:[");
    for (index, (offset, length)) in spans.iter().enumerate() {
        output.push_str(if index == 0 { "" } else { "," });
        let _ = write!(output, "{offset}:{length}");
    }
    let _ = write!(output, "],{sign}_deltas:[");
    for (index, delta) in deltas.iter().enumerate() {
        output.push_str(if index == 0 { "" } else { "," });
        write_plain(output, *delta);
    }
    output.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::test_families::{family, sample};

    fn text(family: &MetricFamily, with_native_histograms: bool) -> String {
        let mut output = String::new();
        write_family(family, Escaping::Underscores, with_native_histograms, &mut output).unwrap();
        output
    }

    fn exemplar() -> Exemplar {
        let labels = vec![("trace".to_owned(), "a\"b".to_owned())];
        let timestamp = Some(Timestamp::Seconds(Number::Integer(12)));
        Exemplar { labels, value: 0.5, timestamp }
    }

    #[test]
    fn exemplars_and_timestamps_stand_behind_the_value() {
        let mut total = sample("c_total", &[("a", "b")], 1e6);
        total.exemplar = Some(exemplar());
        total.timestamp = Some(Timestamp::Exact { seconds: 3, nanoseconds: 40 });
        let mut counter = family("c", FamilyKind::Counter, vec![total]);
        counter.unit = "c".to_owned();
        assert_eq!(
            text(&counter, false),
            "# HELP c Help\n# TYPE c counter\n# UNIT c c\n\
             c_total{a=\"b\"} 1e+06 3.000000040 # {trace=\"a\\\"b\"} 0.5 12\n"
        );
    }

    #[test]
    fn an_exemplar_in_the_wrong_place_is_an_error_that_names_the_family() {
        let mut wrong = sample("g", &[], 1.0);
        wrong.exemplar = Some(exemplar());
        let gauge = family("g", FamilyKind::Gauge, vec![wrong]);
        let error = write_family(&gauge, Escaping::Dots, false, &mut String::new()).unwrap_err();
        let opening = "Metric g has exemplars, but is not a histogram bucket or counter";
        assert!(error.to_string().starts_with(opening), "{error}");
    }

    #[test]
    fn native_histograms_are_for_version_two() {
        let buckets = |delta| BucketSpans { spans: vec![(0, 2), (1, 1)], deltas: vec![delta; 3] };
        let mut native = sample("h", &[], 0.0);
        native.native_histogram = Some(NativeHistogram {
            count: Number::Integer(4),
            sum: Number::Float(6.0),
            schema: 3,
            zero_threshold: Number::Float(1e-128),
            zero_count: Number::Integer(0),
            positive: Some(buckets(Number::Integer(1))),
            negative: Some(buckets(Number::Float(-0.5))),
            exemplars: vec![exemplar()],
        });
        let histogram = family("h", FamilyKind::Histogram, vec![native]);
        assert_eq!(text(&histogram, false), "# HELP h Help\n# TYPE h histogram\n");
        assert!(text(&histogram, true).ends_with(
            "\nh {count:4,sum:6.0,schema:3,zero_threshold:1e-128,zero_count:0,\
             negative_spans:[0:2,1:1],negative_deltas:[-0.5,-0.5,-0.5],\
             positive_spans:[0:2,1:1],positive_deltas:[1,1,1]} # {trace=\"a\\\"b\"} 0.5 12\n"
        ));
    }
}
