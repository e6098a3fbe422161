//! The formats that there are, and their content types.

use super::escaping::Escaping;

/// The MIME type of the text format.
pub(super) const TEXT: &str = "text/plain";
/// The MIME type of OpenMetrics.
pub(super) const OPENMETRICS: &str = "application/openmetrics-text";
/// The MIME type of the protobuf format.
pub(super) const PROTOBUF: &str = "application/vnd.google.protobuf";
/// What stands behind it, without which it could be any message.
const PROTOBUF_MESSAGE: &str = "proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// What an exposition looks like.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Syntax {
    /// The text format 0.0.4, whose names have the old alphabet.
    Text,
    /// The text format 1.0.0: the same, with the escaping scheme said.
    TextWithEscaping,
    /// OpenMetrics.
    OpenMetrics {
        /// The version that was asked for, which the answer repeats.
        version: String,
    },
    /// Messages `io.prometheus.client.MetricFamily`, each behind its length.
    Protobuf,
}

/// A syntax with a scheme for names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Format {
    /// The syntax.
    pub syntax: Syntax,
    /// The scheme, if one was agreed upon; underscores otherwise.
    pub escaping: Option<Escaping>,
}

impl Format {
    /// The text format 0.0.4, which everybody reads.
    pub const TEXT: Self = Self { syntax: Syntax::Text, escaping: None };

    /// The format of a content type such as `text/plain; version=1.0.0; escaping=dots`; the text
    /// format 0.0.4 for one that nobody knows.
    pub fn from_content_type(content_type: &str) -> Self {
        let media = MediaRange::parse(content_type);
        let escaping = media.parameter("escaping").map(Escaping::from_word);
        let version = media.parameter("version").unwrap_or_default();
        let syntax = match media.mime {
            OPENMETRICS if version.is_empty() => Syntax::OpenMetrics { version: "1.0.0".into() },
            OPENMETRICS => Syntax::OpenMetrics { version: version.into() },
            PROTOBUF => Syntax::Protobuf,
            TEXT if version == "1.0.0" => Syntax::TextWithEscaping,
            _ => Syntax::Text,
        };
        Self { syntax, escaping }
    }

    /// The header's value.
    pub fn content_type(&self) -> String {
        let stem = match &self.syntax {
            Syntax::Text => format!("{TEXT}; version=0.0.4; charset=utf-8"),
            Syntax::TextWithEscaping => format!("{TEXT}; version=1.0.0; charset=utf-8"),
            Syntax::OpenMetrics { version } => {
                format!("{OPENMETRICS}; version={version}; charset=utf-8")
            }
            Syntax::Protobuf => format!("{PROTOBUF}; {PROTOBUF_MESSAGE}"),
        };
        match self.escaping {
            Some(escaping) => format!("{stem}; escaping={}", escaping.as_str()),
            None => stem,
        }
    }

    /// The scheme for names.
    pub fn escaping(&self) -> Escaping {
        self.escaping.unwrap_or_default()
    }
}

/// One offer of an Accept header, or a content type: a MIME type and its parameters.
pub(super) struct MediaRange<'a> {
    /// The MIME type.
    pub mime: &'a str,
    parameters: &'a str,
}

impl<'a> MediaRange<'a> {
    pub fn parse(text: &'a str) -> Self {
        let (mime, parameters) = text.split_once(';').unwrap_or((text, ""));
        Self { mime: mime.trim(), parameters }
    }

    /// The first parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        let pairs = self.parameters.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// How much it is wanted, from 0 to 1; 1 where nothing (legible) is said.
    pub fn quality(&self) -> f64 {
        self.parameter("q").and_then(|quality| quality.parse().ok()).unwrap_or(1.0)
    }
}

/// Whether a version is at least that number, by its parts from left to right.
///
/// A version with fewer parts is an earlier one, as `prometheus_client` compares them: `1` is not
/// yet `1.0.0`.
pub(super) fn is_at_least(version: &str, wanted: [u64; 3]) -> bool {
    let parts = version.split('.').map(|part| part.trim().parse().ok());
    let wanted = wanted.map(Some);
    parts.partial_cmp(wanted.iter().copied()).is_some_and(std::cmp::Ordering::is_ge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_says_the_format_that_it_was_made_from() {
        for content_type in [
            "text/plain; version=0.0.4; charset=utf-8",
            "text/plain; version=1.0.0; charset=utf-8; escaping=underscores",
            "text/plain; version=1.0.0; charset=utf-8",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            "application/openmetrics-text; version=2.0.0; charset=utf-8; escaping=allow-utf-8",
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
        ] {
            assert_eq!(Format::from_content_type(content_type).content_type(), content_type);
        }
        assert_eq!(Format::from_content_type("*/*"), Format::TEXT);
    }

    #[test]
    fn versions_are_compared_by_their_parts() {
        for version in ["1.0.0", "1.0.1", "2.0.0", "1.0.0.0", "10.0.0", "2"] {
            assert!(is_at_least(version, [1, 0, 0]), "{version}");
        }
        for version in ["", "0.0.4", "1", "1.0", "one", "0.9.9"] {
            assert!(!is_at_least(version, [1, 0, 0]), "{version}");
        }
    }
}
