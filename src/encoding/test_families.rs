//! Small families for the tests of the formats.

use super::family::{FamilyKind, MetricFamily, Sample};

/// A family of that type with the help text "Help".
pub fn family(name: &str, kind: FamilyKind, samples: Vec<Sample>) -> MetricFamily {
    let (name, documentation) = (name.to_owned(), "Help".to_owned());
    MetricFamily { name, documentation, kind, unit: String::new(), samples }
}

/// A sample without anything special.
pub fn sample(name: &str, labels: &[(&str, &str)], value: f64) -> Sample {
    Sample {
        name: name.to_owned(),
        labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        value: Some(value),
        timestamp: None,
        exemplar: None,
        native_histogram: None,
    }
}
