//! The text formats 0.0.4 and 1.0.0
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>), as
//! `prometheus_client` lays them out: what only OpenMetrics knows comes as gauges behind the rest.

use std::fmt::Write;

use super::error::EncodeError;
use super::escaping::{Escaping, write_escaped, write_help};
use super::family::{FamilyKind, MetricFamily, Sample};
use super::number::write_number;
use super::sample_name::SampleName;

/// Samples that only OpenMetrics knows, in the order in which they come behind the others.
const SUFFIXES_BEHIND: [&str; 3] = ["_created", "_gcount", "_gsum"];

/// Appends a family of any collector.
pub fn write_family(
    family: &MetricFamily,
    escaping: Escaping,
    output: &mut String,
) -> Result<(), EncodeError> {
    let (suffix, kind) = name_and_kind(family.kind);
    write_header(
        &format!("{}{suffix}", family.name),
        kind,
        &family.documentation,
        escaping,
        output,
    );
    let mut behind = SUFFIXES_BEHIND.map(|_| String::new());
    for sample in &family.samples {
        let place = sample.name.strip_prefix(&family.name);
        let place = SUFFIXES_BEHIND.iter().position(|suffix| Some(*suffix) == place);
        write_sample(sample, escaping, place.map_or(&mut *output, |place| &mut behind[place]))?;
    }
    for (suffix, lines) in SUFFIXES_BEHIND.iter().zip(behind) {
        if !lines.is_empty() {
            let name = format!("{}{suffix}", family.name);
            write_header(&name, "gauge", &family.documentation, escaping, output);
            output.push_str(&lines);
        }
    }
    Ok(())
}

/// What the text format appends to a family's name, and its word for the type.
fn name_and_kind(kind: FamilyKind) -> (&'static str, &'static str) {
    match kind {
        FamilyKind::Counter => ("_total", "counter"),
        FamilyKind::Info => ("_info", "gauge"),
        FamilyKind::StateSet => ("", "gauge"),
        FamilyKind::GaugeHistogram => ("", "histogram"),
        FamilyKind::Unknown => ("", "untyped"),
        FamilyKind::Gauge | FamilyKind::Summary | FamilyKind::Histogram => ("", kind.as_str()),
    }
}

/// Appends the two lines above a family's samples.
pub(super) fn write_header(
    name: &str,
    kind: &str,
    documentation: &str,
    escaping: Escaping,
    output: &mut String,
) {
    let name = escaping.metric_name(name);
    for part in ["# HELP ", &name, " "] {
        output.push_str(part);
    }
    write_help(output, documentation);
    for part in ["\n# TYPE ", &name, " ", kind, "\n"] {
        output.push_str(part);
    }
}

fn write_sample(
    sample: &Sample,
    escaping: Escaping,
    output: &mut String,
) -> Result<(), EncodeError> {
    let time = sample.timestamp.map(|time| whole_milliseconds(time.as_seconds(), &sample.name));
    let time = time.transpose()?;
    let value = sample.value.ok_or_else(|| EncodeError::MissingValue(sample.name.clone()))?;
    write_series(&SampleName::in_text(&sample.name, escaping), sample, escaping, output);
    output.push(' ');
    write_number(output, value);
    if let Some(milliseconds) = time {
        output.push(' ');
        // All digits, of any number.
        let _ = write!(output, "{milliseconds:.0}");
    }
    output.push('\n');
    Ok(())
}

/// Appends a sample's name and labels.
pub(super) fn write_series(
    name: &SampleName,
    sample: &Sample,
    escaping: Escaping,
    output: &mut String,
) {
    if sample.labels.is_empty() {
        return output.push_str(&name.alone);
    }
    output.push_str(&name.before_labels);
    for (index, (label, value)) in sample.labels.iter().enumerate() {
        output.push_str(if index == 0 { "" } else { "," });
        output.push_str(&escaping.label_name(label));
        output.push_str("=\"");
        write_escaped(output, value);
        output.push('"');
    }
    output.push('}');
}

fn whole_milliseconds(seconds: f64, sample: &str) -> Result<f64, EncodeError> {
    let milliseconds = seconds * 1000.0;
    if milliseconds.is_finite() {
        // Adding zero takes the sign from a negative one.
        return Ok(milliseconds.trunc() + 0.0);
    }
    let seconds = if milliseconds.is_nan() { "NaN" } else { "infinity" };
    Err(EncodeError::EndlessTimestamp { seconds, sample: sample.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::test_families::{family, sample};

    fn text(family: &MetricFamily, escaping: Escaping) -> String {
        let mut output = String::new();
        write_family(family, escaping, &mut output).unwrap();
        output
    }

    #[test]
    fn what_only_openmetrics_knows_comes_behind_as_gauges() {
        let samples = [("_bucket", 2.0), ("_gsum", 3.0), ("_gcount", 2.0), ("_created", 9.0)];
        let samples = samples.map(|(suffix, value)| sample(&format!("h{suffix}"), &[], value));
        let family = family("h", FamilyKind::GaugeHistogram, samples.to_vec());
        assert_eq!(
            text(&family, Escaping::Underscores),
            "# HELP h Help\n# TYPE h histogram\nh_bucket 2.0\n\
             # HELP h_created Help\n# TYPE h_created gauge\nh_created 9.0\n\
             # HELP h_gcount Help\n# TYPE h_gcount gauge\nh_gcount 2.0\n\
             # HELP h_gsum Help\n# TYPE h_gsum gauge\nh_gsum 3.0\n"
        );
    }

    #[test]
    fn a_quoted_name_stands_among_its_labels() {
        let samples = vec![sample("a.b", &[("c.d", "x\"y")], 1.0), sample("a.b", &[], 2.0)];
        assert_eq!(
            text(&family("a.b", FamilyKind::Unknown, samples), Escaping::AllowUtf8),
            "# HELP \"a.b\" Help\n# TYPE \"a.b\" untyped\n\
             {\"a.b\",\"c.d\"=\"x\\\"y\"} 1.0\n{\"a.b\"} 2.0\n"
        );
    }

    #[test]
    fn a_timestamp_is_in_whole_milliseconds_and_never_endless() {
        use crate::encoding::family::{Number, Timestamp};
        let mut at = sample("g", &[], 1.0);
        at.timestamp = Some(Timestamp::Exact { seconds: 12, nanoseconds: 345_999_999 });
        let timed = family("g", FamilyKind::Gauge, vec![at.clone()]);
        assert!(text(&timed, Escaping::Underscores).ends_with("\ng 1.0 12345\n"));
        at.timestamp = Some(Timestamp::Seconds(Number::Float(f64::NAN)));
        let endless = family("g", FamilyKind::Gauge, vec![at]);
        let error = write_family(&endless, Escaping::Underscores, &mut String::new()).unwrap_err();
        assert!(error.to_string().starts_with("cannot convert float NaN to integer"));
    }
}
