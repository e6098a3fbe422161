//! Recording rules: a result is kept under another name.

use std::collections::HashSet;

use super::definition::Recording;
use crate::model::{Labels, METRIC_NAME};
use crate::promql::InstantSample;

/// The samples that a rule of that name keeps of its expression's result.
pub fn recorded(
    name: &str,
    rule: &Recording,
    vector: Vec<InstantSample>,
) -> Result<Vec<(Labels, f64)>, String> {
    let mut seen = HashSet::new();
    let renamed = vector.into_iter().map(|element| {
        let mut labels = element.labels;
        for (label, value) in &rule.labels {
            labels.set(label, value);
        }
        labels.set(METRIC_NAME, name);
        (labels, element.sample.value)
    });
    let samples: Vec<_> = renamed.collect();
    if samples.iter().all(|(labels, _)| seen.insert(labels)) {
        Ok(samples)
    } else {
        Err("the result has several elements with the same labels once those of the rule are set"
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sample;

    fn setting(labels: &[(&str, &str)]) -> Recording {
        let labels = labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Recording { labels: labels.collect() }
    }

    fn element(labels: &[(&str, &str)]) -> InstantSample {
        let sample = Sample { timestamp_ms: 0, value: 3.0 };
        InstantSample { labels: labels.iter().copied().collect(), sample }
    }

    #[test]
    fn a_result_gets_the_rule_s_name_and_labels() {
        let rule = setting(&[("team", "ours"), ("pid", "1"), ("instance", "")]);
        let vector = vec![element(&[
            ("__name__", "up"),
            ("pid", "4711"),
            ("operator", "a"),
            ("instance", "x"),
        ])];
        let labels = [("__name__", "new"), ("operator", "a"), ("pid", "1"), ("team", "ours")];
        assert_eq!(recorded("new", &rule, vector).unwrap(), vec![(Labels::from_iter(labels), 3.0)]);
    }

    #[test]
    fn elements_that_become_one_series_are_refused() {
        let rule = setting(&[("operator", "all")]);
        let vector = vec![element(&[("operator", "a")]), element(&[("operator", "b")])];
        assert!(recorded("new", &rule, vector).unwrap_err().contains("same labels"));
    }
}
