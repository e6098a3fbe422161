//! Reads Prometheus's text format 0.0.4.
//!
//! Our own because the crate for it, `prometheus-parse` 0.2, splits labels at commas inside of
//! values, keeps escapes as they are, and skips lines it does not understand; Prometheus refuses
//! the whole scrape then, and so does this.
//! The format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::collections::HashMap;

use serde::Serialize;

use crate::model::{Labels, METRIC_NAME};

/// What HELP and TYPE say of a metric.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Metadata {
    /// `counter`, `gauge`, `histogram`, `summary` or `unknown`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The text of its HELP line, unescaped.
    pub help: String,
    /// Always empty: this format has no units.
    pub unit: String,
}

/// Everything one target said in one scrape.
#[derive(Debug, Default)]
pub struct Exposition {
    /// In the order of the text. Times that the text gives are left out: all samples of a scrape
    /// have the scrape's time.
    pub samples: Vec<(Labels, f64)>,
    /// By metric name.
    pub metadata: HashMap<String, Metadata>,
}

/// No exposition has more samples, nor metadata of more metrics: a line may be much larger in
/// memory than in the text.
const SAMPLES_LIMIT: usize = 500_000;

/// Why a text is not taken.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParseError {
    /// A line is not of the format.
    #[error("line {line}: expected {expected} at {found:?}")]
    Line {
        /// Counted from one.
        line: usize,
        /// What should have been there.
        expected: &'static str,
        /// The beginning of what is there.
        found: String,
    },
    /// It says too much.
    #[error("more than {SAMPLES_LIMIT} samples, or metadata of more metrics")]
    TooLarge,
}

/// Reads a whole exposition.
pub fn parse(text: &str) -> Result<Exposition, ParseError> {
    let mut exposition = Exposition::default();
    for (index, line) in text.lines().enumerate() {
        let mut cursor = Cursor { rest: line.trim_matches(BLANKS) };
        let read = match cursor.rest.chars().next() {
            None => Ok(()),
            Some('#') => cursor.comment(&mut exposition.metadata),
            Some(_) => cursor.sample().map(|sample| exposition.samples.push(sample)),
        };
        read.map_err(|expected| ParseError::Line {
            line: index + 1,
            expected,
            found: cursor.rest.chars().take(40).collect(),
        })?;
        if exposition.samples.len().max(exposition.metadata.len()) > SAMPLES_LIMIT {
            return Err(ParseError::TooLarge);
        }
    }
    Ok(exposition)
}

const BLANKS: [char; 2] = [' ', '\t'];

/// What should have been there.
type Expected = &'static str;

/// The part of a line that is still to be read.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn sample(&mut self) -> Result<(Labels, f64), Expected> {
        let name = self.name(":").ok_or("a metric name")?;
        let mut pairs = vec![(METRIC_NAME.to_owned(), name.to_owned())];
        self.blanks();
        if self.take('{') {
            self.labels(&mut pairs)?;
        }
        let value = self.value()?;
        self.timestamp()?;
        Ok((pairs.into_iter().collect(), value))
    }

    fn labels(&mut self, pairs: &mut Vec<(String, String)>) -> Result<(), Expected> {
        self.blanks();
        while !self.take('}') {
            let name = self.name("").ok_or("a label name")?;
            self.blanks();
            self.expect('=', "'='")?;
            self.blanks();
            self.expect('"', "a quoted label value")?;
            pairs.push((name.to_owned(), self.quoted()?));
            self.blanks();
            if !self.take(',') && !self.rest.starts_with('}') {
                return Err("',' or '}'");
            }
            self.blanks();
        }
        Ok(())
    }

    /// A label value after its opening quote.
    fn quoted(&mut self) -> Result<String, Expected> {
        let mut value = String::new();
        loop {
            let end = self.rest.find(['"', '\\']).ok_or("a closing quote")?;
            value.push_str(&self.rest[..end]);
            self.rest = &self.rest[end..];
            if self.take('"') {
                return Ok(value);
            }
            self.take('\\');
            value.push_str(self.escaped());
        }
    }

    /// What an escape stands for, after its backslash; one that is none stands for itself.
    fn escaped(&mut self) -> &'static str {
        for (letter, meaning) in [('n', "\n"), ('\\', "\\"), ('"', "\"")] {
            if self.take(letter) {
                return meaning;
            }
        }
        "\\"
    }

    fn value(&mut self) -> Result<f64, Expected> {
        self.blanks();
        let word = self.word();
        // Rust reads `infinity`, `nan` and signs as Go does; what Go adds no exposition has.
        let value: f64 = word.parse().map_err(|_| "a value")?;
        self.rest = &self.rest[word.len()..];
        // No target can write a stale marker.
        Ok(if value.is_nan() { f64::NAN } else { value })
    }

    fn timestamp(&mut self) -> Result<(), Expected> {
        self.blanks();
        let word = self.word();
        if !word.is_empty() && word.parse::<i64>().is_err() {
            return Err("a time in milliseconds");
        }
        self.rest = &self.rest[word.len()..];
        self.blanks();
        if self.rest.is_empty() { Ok(()) } else { Err("the end of the line") }
    }

    fn comment(&mut self, metadata: &mut HashMap<String, Metadata>) -> Result<(), Expected> {
        self.take('#');
        self.blanks();
        let keyword = self.word();
        if keyword != "HELP" && keyword != "TYPE" {
            return Ok(());
        }
        self.rest = &self.rest[keyword.len()..];
        self.blanks();
        let name = self.name(":").ok_or("a metric name")?;
        self.blanks();
        let entry = metadata
            .entry(name.to_owned())
            .or_insert_with(|| Metadata { kind: "unknown".to_owned(), ..Metadata::default() });
        if keyword == "HELP" {
            entry.help = unescape_help(self.rest);
        } else {
            self.kind()?.clone_into(&mut entry.kind);
        }
        Ok(())
    }

    fn kind(&mut self) -> Result<&'a str, Expected> {
        match self.rest {
            "untyped" => Ok("unknown"),
            "counter" | "gauge" | "histogram" | "summary" | "unknown" => Ok(self.rest),
            _ => Err("counter, gauge, histogram, summary or untyped"),
        }
    }

    /// A name of ASCII letters, digits, `_` and `more`, that no digit starts.
    fn name(&mut self, more: &str) -> Option<&'a str> {
        let is_part =
            |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || more.contains(letter);
        let end = self.rest.find(|letter| !is_part(letter)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        self.rest = rest;
        Some(name)
    }

    fn word(&self) -> &'a str {
        self.rest.split(BLANKS).next().unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start_matches(BLANKS);
    }

    fn take(&mut self, letter: char) -> bool {
        let rest = self.rest.strip_prefix(letter);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, letter: char, expected: Expected) -> Result<(), Expected> {
        if self.take(letter) { Ok(()) } else { Err(expected) }
    }
}

/// In HELP only the backslash and the line break are escaped.
fn unescape_help(text: &str) -> String {
    let mut parts = text.split("\\\\").map(|part| part.replace("\\n", "\n"));
    let first = parts.next().unwrap_or_default();
    parts.fold(first, |help, part| help + "\\" + &part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(line: &str) -> (Labels, f64) {
        parse(line).unwrap().samples.remove(0)
    }

    fn fault(line: &str) -> String {
        parse(line).unwrap_err().to_string()
    }

    fn escape(value: &str) -> String {
        value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
    }

    proptest! {
        #[test]
        fn any_labels_and_value_come_back(
            pairs in prop::collection::btree_map("[a-z_][a-z0-9_]{0,5}", "(?s).{0,12}", 0..4),
            value in any::<f64>(),
            time in prop::option::of(any::<i64>()),
        ) {
            let written: Vec<_> =
                pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
            let time = time.map(|time| format!(" {time}")).unwrap_or_default();
            let line = format!("m:x{{{}}} {value:?}{time}\n", written.join(","));
            let (labels, read) = sample(&line);
            let named = [(METRIC_NAME.to_owned(), "m:x".to_owned())];
            prop_assert_eq!(labels, pairs.into_iter().chain(named).collect());
            prop_assert!(read.to_bits() == value.to_bits() || (read.is_nan() && value.is_nan()));
        }

        #[test]
        fn no_text_makes_it_panic(text in "(?s)[#a{}\", =\\\\0-9\n\tHELP TYPE é]{0,60}") {
            let _ = parse(&text);
        }
    }

    #[test]
    fn values_are_read_as_prometheus_does() {
        for (text, value) in [("+Inf", f64::INFINITY), ("-Inf", f64::NEG_INFINITY), ("1e3", 1e3)] {
            assert!((sample(&format!("a {text}")).1 - value).abs() < 1e-9 || value.is_infinite());
            assert_eq!(sample(&format!("a {text}")).1.is_sign_negative(), value.is_sign_negative());
        }
        assert_eq!(sample("a NaN").1.to_bits(), f64::NAN.to_bits());
        assert_eq!(sample("a -0").1.to_bits(), (-0.0_f64).to_bits());
    }

    #[test]
    fn blanks_and_a_last_comma_are_allowed() {
        let (labels, _) = sample("\ta { x = \"}, #\" , }  1\t1700000000000 ");
        assert_eq!(labels, Labels::from_iter([(METRIC_NAME, "a"), ("x", "}, #")]));
    }

    #[test]
    fn help_and_type_are_kept_and_comments_are_not() {
        let text =
            "# HELP a one\\\\n\\ntwo\n# TYPE a counter\n# a comment\n#\n\na 1\n# TYPE b untyped";
        let exposition = parse(text).unwrap();
        assert_eq!(exposition.metadata["a"].help, "one\\n\ntwo");
        assert_eq!(exposition.metadata["a"].kind, "counter");
        assert_eq!(exposition.metadata["b"].kind, "unknown");
        assert_eq!(exposition.samples.len(), 1);
    }

    #[test]
    fn a_bad_line_is_named_with_what_was_expected() {
        assert_eq!(fault("a 1\nb{c=\"d} 1"), "line 2: expected a closing quote at \"d} 1\"");
        assert_eq!(fault("a{b=1} 1"), "line 1: expected a quoted label value at \"1} 1\"");
        assert_eq!(fault("a one"), "line 1: expected a value at \"one\"");
        assert_eq!(fault("a 1 2 3"), "line 1: expected the end of the line at \"3\"");
        assert_eq!(fault("1a 1"), "line 1: expected a metric name at \"1a 1\"");
        assert!(fault("# TYPE a thing").contains("expected counter, gauge"));
    }

    #[test]
    fn a_text_of_too_many_samples_or_metrics_is_refused() {
        let told = "more than 500000 samples, or metadata of more metrics";
        assert_eq!(fault(&"a 1\n".repeat(500_001)), told);
        let metadata: Vec<_> = (0..=500_000).map(|n| format!("# TYPE a{n} gauge\n")).collect();
        assert_eq!(fault(&metadata.concat()), told);
    }

    #[test]
    fn a_line_of_many_labels_in_any_order_is_read() {
        let labels: Vec<_> = (0..200_000).rev().map(|n| format!("l{n}=\"x\"")).collect();
        assert_eq!(sample(&format!("a{{{}}} 1", labels.join(","))).0.iter().count(), 200_001);
    }
}
