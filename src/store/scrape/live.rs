//! Which series of a target are alive, and so which samples each scrape of it gives.

use std::collections::HashSet;
use std::time::Duration;

use crate::model::{Labels, METRIC_NAME, STALE_MARKER};
use crate::store::target::Target;

/// What the store itself reports of each scrape, under Prometheus's names.
const REPORTS: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// The series that a target's last kept scrape had.
#[derive(Debug)]
pub struct LiveSeries {
    target: Target,
    live: HashSet<Labels>,
}

/// The samples of one scrape, and the series that are alive once they are kept.
#[derive(Debug)]
pub struct Outcome {
    /// Each series at most once; stale markers for those that ended.
    pub samples: Vec<(Labels, f64)>,
    live: HashSet<Labels>,
}

impl LiveSeries {
    /// A target that was not scraped yet.
    pub fn new(target: Target) -> Self {
        Self { target, live: HashSet::new() }
    }

    /// A scrape that succeeded. Of a series that is there twice the first counts, as in Prometheus.
    pub fn scraped(&self, scraped: &[(Labels, f64)], took: Duration) -> Outcome {
        let mut outcome = Outcome { samples: Vec::new(), live: HashSet::new() };
        for (labels, value) in scraped {
            let labels = self.target.relabel(labels);
            if !self.is_report(&labels) && outcome.live.insert(labels.clone()) {
                outcome.samples.push((labels, *value));
            }
        }
        self.end_missing(&mut outcome);
        let added = outcome.live.difference(&self.live).count() as f64;
        let count = scraped.len() as f64;
        self.report(&mut outcome, [1.0, took.as_secs_f64(), count, count, added]);
        outcome
    }

    /// A scrape that failed: all that was alive ends.
    pub fn failed(&self, took: Duration) -> Outcome {
        let mut outcome = Outcome { samples: Vec::new(), live: HashSet::new() };
        self.end_missing(&mut outcome);
        self.report(&mut outcome, [0.0, took.as_secs_f64(), 0.0, 0.0, 0.0]);
        outcome
    }

    /// The target is gone: its reports end too.
    pub fn gone(&self) -> Outcome {
        let mut outcome = Outcome { samples: Vec::new(), live: HashSet::new() };
        self.end_missing(&mut outcome);
        self.report(&mut outcome, [STALE_MARKER; REPORTS.len()]);
        outcome
    }

    /// Notes that an outcome's samples are kept. One that could not be kept leaves alive what was:
    /// its end is then marked by the next that can.
    pub fn keep(&mut self, outcome: Outcome) {
        self.live = outcome.live;
    }

    fn end_missing(&self, outcome: &mut Outcome) {
        let missing = self.live.difference(&outcome.live);
        outcome.samples.extend(missing.map(|labels| (labels.clone(), STALE_MARKER)));
    }

    fn report(&self, outcome: &mut Outcome, values: [f64; REPORTS.len()]) {
        for (name, value) in REPORTS.into_iter().zip(values) {
            outcome.samples.push((self.report_labels(name), value));
        }
    }

    fn report_labels(&self, name: &str) -> Labels {
        let mut labels = self.target.labels.clone();
        labels.set(METRIC_NAME, name);
        labels
    }

    /// A target may have a metric `up` of its own, but not exactly ours.
    fn is_report(&self, labels: &Labels) -> bool {
        REPORTS.contains(&labels.metric_name())
            && *labels == self.report_labels(labels.metric_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::is_stale;
    use crate::store::target::Origin;

    const TOOK: Duration = Duration::from_millis(20);

    fn scraped(names: &[&str]) -> Vec<(Labels, f64)> {
        names.iter().map(|name| (Labels::from_iter([(METRIC_NAME, *name)]), 7.0)).collect()
    }

    fn live() -> LiveSeries {
        LiveSeries::new(Target::new("127.0.0.1:1", [], Origin::Home).unwrap())
    }

    fn value(outcome: &Outcome, name: &str) -> f64 {
        let found: Vec<_> =
            outcome.samples.iter().filter(|(labels, _)| labels.metric_name() == name).collect();
        assert_eq!(found.len(), 1, "{name} in {outcome:?}");
        assert_eq!(found[0].0.get("instance"), "127.0.0.1:1");
        found[0].1
    }

    fn assert_values(outcome: &Outcome, expected: &[(&str, f64)]) {
        for (name, expected) in expected {
            assert!((value(outcome, name) - expected).abs() < 1e-12, "{name} in {outcome:?}");
        }
    }

    #[test]
    fn a_scrape_is_reported_under_prometheus_s_names() {
        let mut live = live();
        live.keep(live.scraped(&scraped(&["a"]), TOOK));
        let outcome = live.scraped(&scraped(&["a", "b"]), TOOK);
        assert_values(
            &outcome,
            &[
                ("a", 7.0),
                ("b", 7.0),
                ("up", 1.0),
                ("scrape_duration_seconds", 0.02),
                ("scrape_samples_scraped", 2.0),
                ("scrape_samples_post_metric_relabeling", 2.0),
                ("scrape_series_added", 1.0),
            ],
        );
    }

    #[test]
    fn a_series_that_vanishes_is_marked_once() {
        let mut live = live();
        live.keep(live.scraped(&scraped(&["a", "b"]), TOOK));
        let outcome = live.scraped(&scraped(&["a"]), TOOK);
        assert!(is_stale(value(&outcome, "b")));
        live.keep(outcome);
        let outcome = live.scraped(&scraped(&["a"]), TOOK);
        assert!(outcome.samples.iter().all(|(labels, _)| labels.metric_name() != "b"));
    }

    #[test]
    fn a_failed_scrape_ends_all_series_and_says_that_the_target_is_down() {
        let mut live = live();
        live.keep(live.scraped(&scraped(&["a"]), TOOK));
        let outcome = live.failed(TOOK);
        assert!(is_stale(value(&outcome, "a")));
        assert_values(&outcome, &[("up", 0.0), ("scrape_samples_scraped", 0.0)]);
    }

    #[test]
    fn a_target_that_is_gone_ends_with_its_reports() {
        let mut live = live();
        live.keep(live.scraped(&scraped(&["a"]), TOOK));
        assert_eq!(live.gone().samples.len(), 6);
        assert!(live.gone().samples.iter().all(|(_, value)| is_stale(*value)));
    }

    #[test]
    fn an_end_that_was_not_kept_is_marked_by_the_next_scrape() {
        let mut live = live();
        live.keep(live.scraped(&scraped(&["a"]), TOOK));
        drop(live.failed(TOOK));
        assert!(is_stale(value(&live.scraped(&[], TOOK), "a")));
    }

    #[test]
    fn of_a_series_that_is_there_twice_the_first_counts() {
        let mut twice = scraped(&["a", "a"]);
        twice[1].1 = 8.0;
        assert_values(&live().scraped(&twice, TOOK), &[("a", 7.0), ("scrape_series_added", 1.0)]);
    }
}
