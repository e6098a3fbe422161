//! One exposition, family by family.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::buffer::{self, Encoded};
use super::error::EncodeError;
use super::family::MetricFamily;
use super::format::{Format, Syntax, is_at_least};
use super::native::{self, Style};
use super::{openmetrics, protobuf, text};
use crate::metrics::Collect;

static HAS_CREATED: AtomicBool = AtomicBool::new(true);

/// Shows `_created` series of this crate's own families, or hides them, in the whole process.
pub fn set_created_series(is_shown: bool) {
    HAS_CREATED.store(is_shown, Ordering::Relaxed);
}

/// Writes families into one buffer.
///
/// ```
/// use mephisto_metrics::encoding::{Encoder, Format};
/// use mephisto_metrics::metrics::{Description, Family, Gauge, MetricKind};
///
/// let workers = Family::<Gauge>::new(
///     Description {
///         name: "active_workers".into(),
///         documentation: "Workers now".into(),
///         unit: String::new(),
///         kind: MetricKind::Gauge,
///         label_names: vec!["agent_type".into()],
///     },
///     (),
/// );
/// workers.child(&["main"]).value().set(3.0);
/// let mut encoder = Encoder::new(Format::TEXT);
/// encoder.native(workers.as_ref());
/// assert_eq!(*encoder.finish(), *b"\
/// ## HELP active_workers Workers now
/// ## TYPE active_workers gauge
/// active_workers{agent_type=\"main\"} 3.0
/// ");
/// ```
pub struct Encoder {
    format: Format,
    names: Option<HashSet<String>>,
    /// Of the text syntaxes.
    text: String,
    /// Of protobuf.
    messages: Vec<u8>,
}

impl Encoder {
    /// An exposition without families.
    pub fn new(format: Format) -> Self {
        Self { format, names: None, text: buffer::take_text(), messages: Vec::new() }
    }

    /// Shows from now on only samples of these names.
    #[must_use]
    pub fn only(mut self, names: HashSet<String>) -> Self {
        self.names = Some(names);
        self
    }

    /// Appends a family of this crate's own metrics.
    pub fn native(&mut self, family: &dyn Collect) {
        let escaping = self.format.escaping();
        let has_created = HAS_CREATED.load(Ordering::Relaxed);
        let names = self.names.as_ref();
        if self.format.syntax == Syntax::Protobuf {
            let message = protobuf::family_of(family, escaping, has_created, names);
            return protobuf::write(&message, &mut self.messages);
        }
        let is_openmetrics = matches!(self.format.syntax, Syntax::OpenMetrics { .. });
        let style = Style { is_openmetrics, escaping, has_created, names };
        native::write_family(family, &style, &mut self.text);
    }

    /// Appends a family of another collector; nothing of one that can not be written.
    pub fn foreign(&mut self, mut family: MetricFamily) -> Result<(), EncodeError> {
        if let Some(names) = &self.names {
            family.samples.retain(|sample| names.contains(&sample.name));
            family.unit.clear();
            if family.samples.is_empty() {
                return Ok(());
            }
        }
        let start = self.text.len();
        let result = self.write_foreign(&family);
        result.inspect_err(|_| self.text.truncate(start))
    }

    fn write_foreign(&mut self, family: &MetricFamily) -> Result<(), EncodeError> {
        let escaping = self.format.escaping();
        match &self.format.syntax {
            Syntax::OpenMetrics { version } => {
                let with_native = is_at_least(version, [2, 0, 0]);
                openmetrics::write_family(family, escaping, with_native, &mut self.text)
            }
            Syntax::Text | Syntax::TextWithEscaping => {
                text::write_family(family, escaping, &mut self.text)
            }
            Syntax::Protobuf => {
                for message in protobuf::families_of(family, escaping) {
                    protobuf::write(&message, &mut self.messages);
                }
                Ok(())
            }
        }
    }

    /// Says in a comment what is missing, where the syntax has comments.
    pub fn comment(&mut self, comment: &str) {
        if matches!(self.format.syntax, Syntax::Text | Syntax::TextWithEscaping) {
            // One line, whatever the text: a line break would start a sample.
            let line = comment.replace(['\n', '\r'], " ");
            self.text.push_str("# ");
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    /// The bytes to send.
    pub fn finish(mut self) -> Encoded {
        if matches!(self.format.syntax, Syntax::OpenMetrics { .. }) {
            self.text.push_str(openmetrics::END);
        }
        let is_protobuf = self.format.syntax == Syntax::Protobuf;
        Encoded::new(if is_protobuf { self.messages } else { self.text.into_bytes() })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::encoding::test_families::{family, sample};
    use crate::encoding::{Escaping, FamilyKind};
    use crate::metrics::{
        Buckets, Counter, Description, Exemplar, Family, Gauge, Histogram, MetricKind, Summary,
        Value,
    };

    const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    fn described(name: &str, kind: MetricKind, label_names: &[&str]) -> Description {
        Description {
            name: name.into(),
            documentation: "Help".into(),
            unit: String::new(),
            kind,
            label_names: label_names.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn native<V: Value<Options = ()>>(name: &str, label_names: &[&str]) -> Arc<Family<V>> {
        Family::new(described(name, V::KIND, label_names), ())
    }

    fn encoded(encoder: Encoder, family: &dyn Collect) -> String {
        let mut encoder = encoder;
        encoder.native(family);
        String::from_utf8(encoder.finish().to_vec()).unwrap()
    }

    fn in_format(content_type: &str, family: &dyn Collect) -> String {
        encoded(Encoder::new(Format::from_content_type(content_type)), family)
    }

    fn without_created(text: &str) -> String {
        let lines = text.lines().filter(|line| !line.contains("_created"));
        lines.flat_map(|line| [line, "\n"]).collect()
    }

    #[test]
    fn created_comes_behind_in_text_and_between_in_openmetrics() {
        let counter = native::<Counter>("jobs", &["worker"]);
        for worker in ["a", "b"] {
            let child = counter.child(&[worker]);
            child.reset(1_700_000_000.25);
            child.value().increment_by(2.0).unwrap();
        }
        assert_eq!(
            in_format("text/plain", counter.as_ref()),
            "# HELP jobs_total Help\n# TYPE jobs_total counter\n\
             jobs_total{worker=\"a\"} 2.0\njobs_total{worker=\"b\"} 2.0\n\
             # HELP jobs_created Help\n# TYPE jobs_created gauge\n\
             jobs_created{worker=\"a\"} 1.70000000025e+09\n\
             jobs_created{worker=\"b\"} 1.70000000025e+09\n"
        );
        assert_eq!(
            in_format(OPENMETRICS, counter.as_ref()),
            "# HELP jobs Help\n# TYPE jobs counter\n\
             jobs_total{worker=\"a\"} 2.0\njobs_created{worker=\"a\"} 1.70000000025e+09\n\
             jobs_total{worker=\"b\"} 2.0\njobs_created{worker=\"b\"} 1.70000000025e+09\n# EOF\n"
        );
    }

    #[test]
    fn le_has_its_place_among_the_labels_wherever_that_is() {
        for (names, expected) in [
            (["method", "app"], "app=\"2\",le=\"1.0\",method=\"1\""),
            (["b", "a"], "a=\"2\",b=\"1\",le=\"1.0\""),
            (["y", "z"], "le=\"1.0\",y=\"1\",z=\"2\""),
        ] {
            let description = described("t", MetricKind::Histogram, &names);
            let family = Family::<Histogram>::new(description, Buckets::new(&[0.5, 1.0]).unwrap());
            family.child(&["1", "2"]).value().observe(0.75);
            let text = in_format("text/plain", family.as_ref());
            assert!(text.contains(&format!("\nt_bucket{{{expected}}} 1.0\n")), "{text}");
        }
    }

    #[test]
    fn a_histogram_below_zero_has_no_sum() {
        let bare = |bounds| {
            let description = described("t", MetricKind::Histogram, &[]);
            let family = Family::<Histogram>::new(description, Buckets::new(bounds).unwrap());
            family.child(&[]).value().observe(0.5);
            without_created(&in_format("text/plain", family.as_ref()))
        };
        let lines = "# HELP t Help\n# TYPE t histogram\nt_bucket{le=\"-1.0\"} 0.0\n\
                     t_bucket{le=\"+Inf\"} 1.0\nt_count 1.0\n";
        assert_eq!(bare(&[-1.0]), lines);
        assert!(bare(&[0.0]).ends_with("\nt_count 1.0\nt_sum 0.5\n"));
    }

    #[test]
    fn hostile_label_values_and_help_stay_on_one_line_each() {
        let mut description = described("g", MetricKind::Gauge, &["worker"]);
        description.documentation = "a\\b\nc".into();
        let gauge = Family::<Gauge>::new(description, ());
        gauge.child(&["x\"} 1\n\\<img>"]);
        assert_eq!(
            in_format("text/plain", gauge.as_ref()),
            "# HELP g a\\\\b\\nc\n# TYPE g gauge\ng{worker=\"x\\\"} 1\\n\\\\<img>\"} 0.0\n"
        );
    }

    #[test]
    fn names_of_any_alphabet_are_quoted_where_the_scraper_can_read_them() {
        let gauge = native::<Gauge>("my.gauge", &["my.label"]);
        gauge.child(&["x"]);
        let quoted = "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8";
        assert_eq!(
            in_format(quoted, gauge.as_ref()),
            "# HELP \"my.gauge\" Help\n# TYPE \"my.gauge\" gauge\n\
             {\"my.gauge\",\"my.label\"=\"x\"} 0.0\n"
        );
        let plain = in_format("text/plain", gauge.as_ref());
        assert!(plain.ends_with("\nmy_gauge{my_label=\"x\"} 0.0\n"), "{plain}");
    }

    #[test]
    fn exemplars_and_units_are_for_openmetrics() {
        let mut description = described("jobs_seconds", MetricKind::Counter, &[]);
        description.unit = "seconds".into();
        let counter = Family::<Counter>::new(description, ());
        let labels = vec![("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())];
        let exemplar = Exemplar { labels, value: 1.0, timestamp_seconds: 12.5 };
        counter.put_exemplar(&counter.child(&[]), 0, exemplar);
        let open = without_created(&in_format(OPENMETRICS, counter.as_ref()));
        assert_eq!(
            open,
            "# HELP jobs_seconds Help\n# TYPE jobs_seconds counter\n# UNIT jobs_seconds seconds\n\
             jobs_seconds_total 0.0 # {a=\"1\",b=\"2\"} 1.0 12.5\n# EOF\n"
        );
        assert!(in_format("text/plain", counter.as_ref()).contains("\njobs_seconds_total 0.0\n"));
    }

    #[test]
    fn a_choice_of_names_shows_only_those_samples() {
        let summary = native::<Summary>("s", &[]);
        summary.child(&[]).value().observe(2.0);
        let only = |name: &str| {
            encoded(Encoder::new(Format::TEXT).only([name.to_owned()].into()), summary.as_ref())
        };
        assert_eq!(only("s_sum"), "# HELP s Help\n# TYPE s summary\ns_sum 2.0\n");
        assert!(only("s_created").contains("\n# TYPE s_created gauge\ns_created "));
        assert_eq!(only("s"), "");
        let mut encoder = Encoder::new(Format::TEXT).only(["a".to_owned()].into());
        let samples = vec![sample("a", &[], 1.0), sample("b", &[], 2.0)];
        encoder.foreign(family("f", FamilyKind::Gauge, samples)).unwrap();
        encoder.foreign(family("g", FamilyKind::Gauge, vec![sample("g", &[], 1.0)])).unwrap();
        assert_eq!(*encoder.finish(), *b"# HELP f Help\n# TYPE f gauge\na 1.0\n");
    }

    #[test]
    fn what_fails_leaves_nothing_but_a_comment_on_one_line() {
        let mut encoder = Encoder::new(Format::TEXT);
        let mut broken = sample("g", &[], 1.0);
        broken.value = None;
        assert!(encoder.foreign(family("g", FamilyKind::Gauge, vec![broken])).is_err());
        encoder.comment("two\nlines");
        assert_eq!(*encoder.finish(), *b"# two lines\n");
        let mut encoder = Encoder::new(Format {
            syntax: Syntax::OpenMetrics { version: "1.0.0".into() },
            escaping: Some(Escaping::Dots),
        });
        encoder.comment("OpenMetrics has no comments");
        assert_eq!(*encoder.finish(), *b"# EOF\n");
    }
}
