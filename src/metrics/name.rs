//! Which names a metric and its labels may have, and which series names a metric takes.
//!
//! The rules are those of the exposition format 0.0.4
//! (<https://prometheus.io/docs/concepts/data_model/>).

use super::MetricError;

/// The type of a metric family.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MetricKind {
    /// Only goes up.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets.
    Histogram,
}

impl MetricKind {
    /// The word in a `# TYPE` line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }

    /// What this type appends to a family's name to make the names of its series.
    pub fn series_suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["", "_total", "_created"],
            Self::Gauge => &[""],
            Self::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
        }
    }

    fn reserved_label(self) -> Option<&'static str> {
        (self == Self::Histogram).then_some("le")
    }
}

/// The parts of a family's name, as `prometheus_client` takes them.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameParts<'a> {
    /// Put before the subsystem.
    pub namespace: &'a str,
    /// Put before the name.
    pub subsystem: &'a str,
    /// The name itself.
    pub name: &'a str,
    /// Put behind, unless the name ends in it.
    pub unit: &'a str,
}

impl NameParts<'_> {
    /// The full name, without the `_total` of a counter, which belongs to its series.
    pub fn join(&self, kind: MetricKind) -> Result<String, MetricError> {
        if self.name.is_empty() {
            return Err(MetricError::EmptyName);
        }
        let parts = [self.namespace, self.subsystem, self.name];
        let mut full =
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
        if kind == MetricKind::Counter
            && let Some(stem) = full.strip_suffix("_total")
        {
            full = stem.to_owned();
        }
        if !self.unit.is_empty() && !full.ends_with(&format!("_{}", self.unit)) {
            full = format!("{full}_{}", self.unit);
        }
        check_metric_name(&full)?;
        Ok(full)
    }
}

/// Refuses a name that is not `[a-zA-Z_:][a-zA-Z0-9_:]*`.
pub fn check_metric_name(name: &str) -> Result<(), MetricError> {
    if is_name(name, |character| character == ':') {
        return Ok(());
    }
    Err(MetricError::InvalidName(name.to_owned()))
}

/// Refuses names that are not `[a-zA-Z_][a-zA-Z0-9_]*`, that are reserved, or that come twice.
pub fn check_label_names(kind: MetricKind, names: &[String]) -> Result<(), MetricError> {
    for (index, name) in names.iter().enumerate() {
        if !is_name(name, |_| false) {
            return Err(MetricError::InvalidLabelName(name.clone()));
        }
        if name.starts_with("__") || kind.reserved_label() == Some(name) {
            return Err(MetricError::ReservedLabelName(name.clone()));
        }
        if names[..index].contains(name) {
            return Err(MetricError::DuplicateLabelName(name.clone()));
        }
    }
    Ok(())
}

fn is_name(name: &str, also: impl Fn(char) -> bool) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || also(c);
    !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counters_total_belongs_to_its_series_not_to_its_name() {
        let parts = NameParts { name: "requests_total", ..NameParts::default() };
        assert_eq!(parts.join(MetricKind::Counter).unwrap(), "requests");
        assert_eq!(parts.join(MetricKind::Gauge).unwrap(), "requests_total");
    }

    #[test]
    fn a_unit_is_appended_once() {
        let parts = NameParts {
            namespace: "mephisto",
            subsystem: "db",
            name: "latency_seconds",
            unit: "seconds",
        };
        assert_eq!(parts.join(MetricKind::Histogram).unwrap(), "mephisto_db_latency_seconds");
    }

    #[test]
    fn names_outside_the_format_are_refused() {
        for name in ["", "1abc", "a-b", "a b", "ä", "a\n"] {
            assert!(check_metric_name(name).is_err(), "{name:?}");
        }
        assert!(check_metric_name("a:b_c1").is_ok());
    }

    #[test]
    fn a_label_that_the_type_needs_is_reserved() {
        let le = ["le".to_owned()];
        assert!(check_label_names(MetricKind::Gauge, &le).is_ok());
        assert_eq!(
            check_label_names(MetricKind::Histogram, &le),
            Err(MetricError::ReservedLabelName("le".into()))
        );
    }
}
