//! The text format 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>), laid out as
//! `prometheus_client` does: labels sorted by name, `_created` as gauges of their own behind.

use std::fmt::Write;
use std::sync::Arc;

use super::write_number;
use crate::metrics::{Collect, Description, HistogramReading, MetricKind, Reading};

/// The format's own content type.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes the families one after the other.
///
/// ```
/// use std::sync::Arc;
/// use mephisto_metrics::encoding::encode;
/// use mephisto_metrics::metrics::{Family, Gauge};
///
/// let workers = Family::<Gauge>::new(
///     "active_workers".into(), "Workers now".into(), vec!["agent_type".into()], ())?;
/// workers.child(&["main"]).value.set(3.0);
/// assert_eq!(encode(&[Arc::new(workers)]), "\
/// ## HELP active_workers Workers now
/// ## TYPE active_workers gauge
/// active_workers{agent_type=\"main\"} 3.0
/// ");
/// # Ok::<(), mephisto_metrics::metrics::MetricError>(())
/// ```
pub fn encode(families: &[Arc<dyn Collect>]) -> String {
    let mut output = String::new();
    for family in families {
        FamilyWriter::new(family.description()).write(family.as_ref(), &mut output);
    }
    output
}

struct FamilyWriter<'a> {
    description: &'a Description,
    labels: LabelWriter<'a>,
    /// The `_created` lines, which come behind all others.
    created: String,
}

impl<'a> FamilyWriter<'a> {
    fn new(description: &'a Description) -> Self {
        Self { description, labels: LabelWriter::new(description), created: String::new() }
    }

    fn write(mut self, family: &dyn Collect, output: &mut String) {
        let suffix = if self.description.kind == MetricKind::Counter { "_total" } else { "" };
        self.write_header(suffix, self.description.kind.as_str(), output);
        family.visit(&mut |values, created_seconds, reading| {
            self.write_child(values, created_seconds, &reading, output);
        });
        if !self.created.is_empty() {
            self.write_header("_created", "gauge", output);
            output.push_str(&self.created);
        }
    }

    fn write_header(&self, suffix: &str, kind: &str, output: &mut String) {
        let name = &self.description.name;
        let documentation =
            self.description.documentation.replace('\\', r"\\").replace('\n', r"\n");
        let _ = writeln!(output, "# HELP {name}{suffix} {documentation}");
        let _ = writeln!(output, "# TYPE {name}{suffix} {kind}");
    }

    fn write_child(
        &mut self,
        values: &[Box<str>],
        created_seconds: f64,
        reading: &Reading,
        output: &mut String,
    ) {
        let labels = self.labels.plain(values);
        match reading {
            Reading::Counter(value) => self.write_sample(output, "_total", &labels, *value),
            Reading::Gauge(value) => self.write_sample(output, "", &labels, *value),
            Reading::Histogram(histogram) => {
                self.write_histogram(output, values, &labels, histogram);
            }
        }
        if !matches!(reading, Reading::Gauge(_)) {
            let mut created = std::mem::take(&mut self.created);
            self.write_sample(&mut created, "_created", &labels, created_seconds);
            self.created = created;
        }
    }

    fn write_histogram(
        &self,
        output: &mut String,
        values: &[Box<str>],
        labels: &str,
        histogram: &HistogramReading,
    ) {
        let (before, after) = self.labels.around_le(values);
        let infinite = (f64::INFINITY, histogram.count);
        let bounds = histogram.buckets.finite_bounds().iter().copied();
        let counts = histogram.cumulative_counts.iter().copied();
        for (bound, count) in bounds.zip(counts).chain([infinite]) {
            let mut labels = format!("{{{before}le=\"");
            write_number(&mut labels, bound);
            let _ = write!(labels, "\"{after}}}");
            self.write_sample(output, "_bucket", &labels, count as f64);
        }
        self.write_sample(output, "_count", labels, histogram.count as f64);
        // Negative observations can make a sum fall, which no counter may do.
        if histogram.buckets.finite_bounds()[0] >= 0.0 {
            self.write_sample(output, "_sum", labels, histogram.sum);
        }
    }

    fn write_sample(&self, output: &mut String, suffix: &str, labels: &str, value: f64) {
        output.push_str(&self.description.name);
        output.push_str(suffix);
        output.push_str(labels);
        output.push(' ');
        write_number(output, value);
        output.push('\n');
    }
}

/// Knows in which order a family's labels are written.
struct LabelWriter<'a> {
    /// Name and place among the values, sorted by name.
    sorted: Vec<(&'a str, usize)>,
    /// How many of them come before `le`.
    before_le: usize,
}

impl<'a> LabelWriter<'a> {
    fn new(description: &'a Description) -> Self {
        let names = description.label_names.iter().enumerate();
        let mut sorted: Vec<_> = names.map(|(index, name)| (name.as_str(), index)).collect();
        sorted.sort_unstable();
        let before_le = sorted.partition_point(|(name, _)| *name < "le");
        Self { sorted, before_le }
    }

    /// All labels in braces; nothing where there are none.
    fn plain(&self, values: &[Box<str>]) -> String {
        if self.sorted.is_empty() {
            return String::new();
        }
        format!("{{{}}}", pairs(&self.sorted, values).join(","))
    }

    /// What stands before and behind `le="..."`, commas included.
    fn around_le(&self, values: &[Box<str>]) -> (String, String) {
        let (before, after) = self.sorted.split_at(self.before_le);
        let before =
            pairs(before, values).into_iter().flat_map(|pair| [pair, ",".into()]).collect();
        let after = pairs(after, values).into_iter().flat_map(|pair| [",".into(), pair]).collect();
        (before, after)
    }
}

fn pairs(names: &[(&str, usize)], values: &[Box<str>]) -> Vec<String> {
    names.iter().map(|(name, index)| format!("{name}=\"{}\"", escape(&values[*index]))).collect()
}

fn escape(value: &str) -> String {
    value.replace('\\', r"\\").replace('\n', r"\n").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Buckets, Counter, Family, Gauge, Histogram};

    fn without_created(text: &str) -> String {
        let lines = text.lines().filter(|line| !line.contains("_created"));
        lines.flat_map(|line| [line, "\n"]).collect()
    }

    #[test]
    fn encode_counter_with_created_behind() {
        let counter = Family::<Counter>::new("jobs".into(), "Jobs".into(), vec![], ()).unwrap();
        counter.child(&[]).value.increment();
        let text = encode(&[Arc::new(counter)]);
        let start = "# HELP jobs_total Jobs\n# TYPE jobs_total counter\njobs_total 1.0\n\
                     # HELP jobs_created Jobs\n# TYPE jobs_created gauge\njobs_created ";
        assert!(text.starts_with(start), "{text}");
    }

    #[test]
    fn encode_histogram_with_le_in_its_place_among_the_labels() {
        let buckets = Buckets::new(&[0.5, 1.0]).unwrap();
        let names = vec!["method".to_owned(), "app".to_owned()];
        let histogram =
            Family::<Histogram>::new("t".into(), "Time".into(), names, buckets).unwrap();
        histogram.child(&["get", "web"]).value.observe(0.75);
        assert_eq!(
            without_created(&encode(&[Arc::new(histogram)])),
            "# HELP t Time\n# TYPE t histogram\n\
             t_bucket{app=\"web\",le=\"0.5\",method=\"get\"} 0.0\n\
             t_bucket{app=\"web\",le=\"1.0\",method=\"get\"} 1.0\n\
             t_bucket{app=\"web\",le=\"+Inf\",method=\"get\"} 1.0\n\
             t_count{app=\"web\",method=\"get\"} 1.0\n\
             t_sum{app=\"web\",method=\"get\"} 0.75\n"
        );
    }

    #[test]
    fn encode_hostile_label_values_and_help_on_one_line_each() {
        let names = vec!["worker".to_owned()];
        let gauge = Family::<Gauge>::new("g".into(), "a\\b\nc".into(), names, ()).unwrap();
        gauge.child(&["x\"} 1\n\\<img>"]);
        assert_eq!(
            encode(&[Arc::new(gauge)]),
            "# HELP g a\\\\b\\nc\n# TYPE g gauge\ng{worker=\"x\\\"} 1\\n\\\\<img>\"} 0.0\n"
        );
    }
}
