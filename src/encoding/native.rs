//! This crate's own families in both text syntaxes.
//!
//! There can be a million series: all that a family's lines share is made once, and what the lines
//! of one child share once for the child. Nothing is allocated for a single line.

use std::collections::HashSet;

use super::escaping::{Escaping, write_escaped};
use super::number::{write_count, write_number, write_plain};
use super::sample_name::SampleName;
use super::{Number, buffer, openmetrics, text};
use crate::metrics::{
    ChildReading, Collect, Description, Exemplar, HistogramReading, LabelValues, MetricKind,
    Reading,
};

/// Behind the value of the last label.
const END_OF_LABELS: &str = "\"} ";

/// How the lines of a family are to look, and which of them are wanted.
pub struct Style<'a> {
    /// OpenMetrics instead of the text format.
    pub is_openmetrics: bool,
    /// The scheme for names.
    pub escaping: Escaping,
    /// Whether `_created` series are shown.
    pub has_created: bool,
    /// The samples that are wanted, by their names; all where there is no such choice.
    pub names: Option<&'a HashSet<String>>,
}

/// Appends a family, unless it has no wanted sample.
pub fn write_family(family: &dyn Collect, style: &Style<'_>, output: &mut String) {
    let start = output.len();
    let description = family.description();
    let mut writer = FamilyWriter::new(description, style);
    writer.write_header(output);
    let body = output.len();
    family.visit(&mut |child| writer.write_child(&child, output));
    if style.names.is_some() && output.len() == body && writer.behind.is_empty() {
        output.truncate(start);
    }
    if !writer.behind.is_empty() {
        let name = format!("{}_created", description.name);
        text::write_header(&name, "gauge", &description.documentation, style.escaping, output);
        output.push_str(&writer.behind);
    }
    buffer::give_back(writer.behind.into_bytes());
}

struct FamilyWriter<'a> {
    description: &'a Description,
    style: &'a Style<'a>,
    /// Of the only value of a counter or gauge.
    value: Series,
    bucket: Series,
    count: Series,
    sum: Series,
    created: Series,
    labels: Vec<Label>,
    /// How many of the labels stand before `le`.
    before_le: usize,
    /// What stands in the place of `le`, for each bucket.
    bounds: Vec<String>,
    /// The text of the child's labels, without the first brace and with the last.
    text: String,
    /// Where in it `le` has its place.
    le_place: usize,
    /// The `_created` lines of the text format, which come behind all others.
    behind: String,
}

/// The samples of one name.
struct Series {
    name: SampleName,
    is_wanted: bool,
}

impl Series {
    fn new(description: &Description, suffix: &str, style: &Style<'_>) -> Self {
        let name = format!("{}{suffix}", description.name);
        let is_wanted = style.names.is_none_or(|names| names.contains(&name));
        let name = if style.is_openmetrics {
            SampleName::in_openmetrics(&name, style.escaping)
        } else {
            SampleName::in_text(&name, style.escaping)
        };
        Self { name, is_wanted }
    }
}

struct Label {
    /// `name="`, behind the end of the label before.
    opening: String,
    /// Its value's place in the order of construction.
    place: usize,
}

impl<'a> FamilyWriter<'a> {
    fn new(description: &'a Description, style: &'a Style<'a>) -> Self {
        let series = |suffix| Series::new(description, suffix, style);
        let (labels, before_le) = sorted_labels(description, style.escaping);
        Self {
            value: series(if description.kind == MetricKind::Counter { "_total" } else { "" }),
            bucket: series("_bucket"),
            count: series("_count"),
            sum: series("_sum"),
            created: series("_created"),
            description,
            style,
            labels,
            before_le,
            bounds: Vec::new(),
            text: String::new(),
            le_place: 0,
            behind: buffer::take_text(),
        }
    }

    fn write_header(&self, output: &mut String) {
        let Description { name, documentation, unit, kind, .. } = self.description;
        let escaping = self.style.escaping;
        if self.style.is_openmetrics {
            // A choice of samples has no unit, as in prometheus_client.
            let unit = if self.style.names.is_none() { unit } else { "" };
            openmetrics::write_header(name, kind.as_str(), documentation, unit, escaping, output);
        } else if *kind == MetricKind::Counter {
            let name = format!("{name}_total");
            text::write_header(&name, kind.as_str(), documentation, escaping, output);
        } else {
            text::write_header(name, kind.as_str(), documentation, escaping, output);
        }
    }

    fn write_child(&mut self, child: &ChildReading<'_>, output: &mut String) {
        self.prepare_labels(child.label_values);
        match &child.reading {
            Reading::Counter(value) => {
                self.write_value(&self.value, *value, self.exemplar(child, 0), output);
            }
            Reading::Gauge(value) => return self.write_value(&self.value, *value, None, output),
            Reading::Histogram(histogram) => self.write_histogram(histogram, child, output),
            Reading::Summary { count, sum } => {
                self.write_value(&self.count, *count as f64, None, output);
                self.write_value(&self.sum, *sum, None, output);
            }
        }
        if self.style.has_created {
            self.write_created(child.created_seconds, output);
        }
    }

    fn write_created(&mut self, seconds: f64, output: &mut String) {
        if self.style.is_openmetrics {
            return self.write_value(&self.created, seconds, None, output);
        }
        let mut behind = std::mem::take(&mut self.behind);
        self.write_value(&self.created, seconds, None, &mut behind);
        self.behind = behind;
    }

    fn write_value(
        &self,
        series: &Series,
        value: f64,
        exemplar: Option<&Exemplar>,
        output: &mut String,
    ) {
        if !series.is_wanted {
            return;
        }
        if self.labels.is_empty() {
            output.push_str(&series.name.alone);
            output.push(' ');
        } else {
            output.push_str(&series.name.before_labels);
            output.push_str(&self.text);
        }
        write_number(output, value);
        end_line(exemplar, output);
    }

    fn write_histogram(
        &mut self,
        histogram: &HistogramReading,
        child: &ChildReading<'_>,
        output: &mut String,
    ) {
        if self.bucket.is_wanted {
            self.write_buckets(histogram, child, output);
        }
        self.write_value(&self.count, histogram.count() as f64, None, output);
        // Negative observations can make a sum fall, which no counter may do.
        if histogram.buckets.bounds()[0] >= 0.0 {
            self.write_value(&self.sum, histogram.sum, None, output);
        }
    }

    fn write_buckets(
        &mut self,
        histogram: &HistogramReading,
        child: &ChildReading<'_>,
        output: &mut String,
    ) {
        if self.bounds.is_empty() {
            self.bounds = histogram.buckets.bounds().iter().map(|bound| self.le(*bound)).collect();
        }
        let (before, after) = self.text.split_at(self.le_place);
        let before = [&self.bucket.name.before_labels, before].concat();
        for (index, count) in histogram.cumulative_counts.iter().enumerate() {
            output.push_str(&before);
            output.push_str(&self.bounds[index]);
            output.push_str(after);
            write_count(output, *count);
            end_line(self.exemplar(child, index), output);
        }
    }

    /// The exemplar of a bucket, in the one syntax that has exemplars.
    fn exemplar<'c>(&self, child: &'c ChildReading<'_>, bucket: usize) -> Option<&'c Exemplar> {
        if !self.style.is_openmetrics {
            return None;
        }
        let found = child.exemplars.iter().find(|(index, _)| *index == bucket);
        found.map(|(_, exemplar)| exemplar.as_ref())
    }

    /// Makes the text of all labels, each of which ends where the next one begins.
    fn prepare_labels(&mut self, values: LabelValues<'_>) {
        self.text.clear();
        self.le_place = 0;
        let count = self.description.label_names.len();
        let mut rest = values.iter(count);
        let mut position = 0;
        for (index, label) in self.labels.iter().enumerate() {
            // Only labels out of alphabetical order make this begin again.
            if label.place < position {
                rest = values.iter(count);
                position = 0;
            }
            let value = rest.nth(label.place - position).unwrap_or_default();
            position = label.place + 1;
            self.text.push_str(&label.opening);
            write_escaped(&mut self.text, value);
            if index + 1 == self.before_le {
                self.le_place = self.text.len();
            }
        }
        self.text.push_str(END_OF_LABELS);
    }

    /// `le` with what ends the label before it, or with what follows where it is the first.
    fn le(&self, bound: f64) -> String {
        let is_first = self.before_le == 0;
        let mut text = String::from(if is_first { "le=\"" } else { "\",le=\"" });
        write_number(&mut text, bound);
        if is_first && !self.labels.is_empty() {
            text.push_str("\",");
        }
        text
    }
}

/// The label names in the order in which they are written, and how many come before `le`.
fn sorted_labels(description: &Description, escaping: Escaping) -> (Vec<Label>, usize) {
    let names = description.label_names.iter().enumerate();
    let mut names: Vec<_> = names.filter(|(place, _)| description.shows_label(*place)).collect();
    names.sort_unstable_by_key(|(_, name)| *name);
    let before_le = names.partition_point(|(_, name)| name.as_str() < "le");
    let label = |(index, (place, name)): (usize, (usize, &String))| {
        let end_before = if index == 0 { "" } else { "\"," };
        Label { opening: format!("{end_before}{}=\"", escaping.label_name(name)), place }
    };
    (names.into_iter().enumerate().map(label).collect(), before_le)
}

#[inline]
fn end_line(exemplar: Option<&Exemplar>, output: &mut String) {
    if let Some(exemplar) = exemplar {
        let timestamp = Number::Float(exemplar.timestamp_seconds);
        openmetrics::write_exemplar(&exemplar.labels, exemplar.value, output);
        output.push(' ');
        write_plain(output, timestamp);
    }
    output.push('\n');
}
