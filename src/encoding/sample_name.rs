//! What a sample's line begins with, up to its labels.

use super::escaping::{Escaping, is_legacy_metric_name};

/// A sample's name, escaped once for all samples that bear it.
///
/// A name in quotes stands inside the braces, as if it were a label.
pub(super) struct SampleName {
    /// With the opening brace, ready for labels.
    pub before_labels: String,
    /// The same where there are no labels.
    pub alone: String,
}

impl SampleName {
    /// As the text format writes it.
    pub fn in_text(name: &str, escaping: Escaping) -> Self {
        Self::new(name, escaping, escaping.metric_name(name))
    }

    /// As OpenMetrics writes it.
    pub fn in_openmetrics(name: &str, escaping: Escaping) -> Self {
        Self::new(name, escaping, escaping.openmetrics_sample_name(name))
    }

    fn new(name: &str, escaping: Escaping, escaped: String) -> Self {
        if escaping == Escaping::AllowUtf8 && !is_legacy_metric_name(name) {
            return Self {
                before_labels: format!("{{{escaped},"),
                alone: format!("{{{escaped}}}"),
            };
        }
        Self { before_labels: format!("{escaped}{{"), alone: escaped }
    }
}
