//! Groups over samples in a storage.

use std::time::Duration;

use super::definition::GroupDefinition;
use super::*;
use crate::model::{Labels, Matcher, Sample, is_stale};
use crate::promql::SeriesSource;
use crate::store::test_log::logged;

const INTERVAL_MS: i64 = 30_000;

struct Setting {
    scraping: Arc<Scraping>,
    directory: tempfile::TempDir,
}

impl Setting {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let scraping = Arc::new(Scraping::without_targets(&directory.path().join("data")));
        Self { scraping, directory }
    }

    /// The same directory after a restart.
    fn restarted(self) -> Self {
        let Self { scraping, directory } = self;
        drop(scraping);
        let scraping = Arc::new(Scraping::without_targets(&directory.path().join("data")));
        Self { scraping, directory }
    }

    fn groups(&self, rules: &str) -> Vec<Arc<Group>> {
        let path = self.directory.path().join("rules.yml");
        std::fs::write(&path, format!("groups: [{{name: g, interval: 30s, rules: [{rules}]}}]"))
            .unwrap();
        read(&[path], &self.scraping)
    }

    fn evaluator(&self, rules: &str) -> Evaluator {
        let [group] = &self.groups(rules)[..] else { panic!("not one group") };
        Evaluator::new(Arc::clone(group), Arc::clone(&self.scraping))
    }

    fn append(&self, timestamp_ms: i64, series: &[(&str, f64)]) {
        let labels = |operator| Labels::from_iter([("__name__", "up"), ("operator", operator)]);
        let samples: Vec<_> = series.iter().map(|&(it, value)| (labels(it), value)).collect();
        self.scraping.storage.append(timestamp_ms, &samples).unwrap();
    }

    fn samples(&self, name: &str) -> Vec<(Labels, Vec<Sample>)> {
        let found = self.scraping.storage.select(&[Matcher::equal("__name__", name)], 0, i64::MAX);
        found.unwrap().into_iter().map(|series| (series.labels, series.samples)).collect()
    }

    fn own_metrics(&self) -> String {
        String::from_utf8(self.scraping.counters.encode(&self.scraping.storage).unwrap()).unwrap()
    }
}

fn first_state(evaluator: &Evaluator, group: &Group) -> Option<(AlertState, i64)> {
    assert_eq!(evaluator.definition().name, group.definition.name);
    let alerts = &group.status().rules[0].alerts;
    alerts.first().map(|alert| (alert.state, alert.active_at_ms))
}

#[test]
fn a_rule_stands_on_what_an_earlier_one_recorded_at_the_same_time() {
    let setting = Setting::new();
    setting.append(1_000, &[("a", 1.0), ("b", 1.0)]);
    let mut evaluator =
        setting.evaluator("{record: all, expr: sum(up)}, {record: twice, expr: all * 2}");
    evaluator.evaluate(INTERVAL_MS);
    let sample = Sample { timestamp_ms: INTERVAL_MS, value: 4.0 };
    let labels = Labels::from_iter([("__name__", "twice")]);
    assert_eq!(setting.samples("twice"), vec![(labels, vec![sample])]);
    assert!(setting.own_metrics().contains("mephisto_store_rule_evaluations_total"));
}

#[test]
fn a_recorded_series_ends_with_its_source() {
    let setting = Setting::new();
    let mut evaluator = setting.evaluator("{record: alive, expr: up == 1}");
    setting.append(1_000, &[("a", 1.0)]);
    evaluator.evaluate(INTERVAL_MS);
    setting.append(31_000, &[("a", 0.0)]);
    evaluator.evaluate(2 * INTERVAL_MS);
    evaluator.evaluate(3 * INTERVAL_MS);
    let [(_, samples)] = &setting.samples("alive")[..] else { panic!("not one series") };
    assert_eq!(samples.len(), 2);
    assert!(is_stale(samples[1].value));
}

#[test]
fn alerts_are_kept_from_the_third_evaluation_on_and_end_when_their_state_changes() {
    let setting = Setting::new();
    let mut evaluator = setting.evaluator("{alert: Down, expr: up == 0, for: 90s}");
    setting.append(1_000, &[("a", 0.0)]);
    for round in 1..=4 {
        evaluator.evaluate(round * INTERVAL_MS);
    }
    let series = setting.samples("ALERTS");
    let of = |state: &str| {
        let found = series.iter().find(|(labels, _)| labels.get("alertstate") == state);
        found.unwrap().1.iter().map(|it| (it.timestamp_ms, it.value)).collect::<Vec<_>>()
    };
    assert_eq!(of("firing"), [(4 * INTERVAL_MS, 1.0)]);
    let pending = of("pending");
    assert_eq!(pending[0], (3 * INTERVAL_MS, 1.0));
    assert!(pending[1].0 == 4 * INTERVAL_MS && is_stale(pending[1].1));
    let [(_, since)] = &setting.samples("ALERTS_FOR_STATE")[..] else { panic!("not one series") };
    assert_eq!(since.iter().map(|it| it.value).collect::<Vec<_>>(), [30.0, 30.0]);
}

#[test]
fn a_restart_does_not_make_an_alert_wait_anew() {
    let rules = "{alert: Down, expr: up == 0, for: 30m}";
    let setting = Setting::new();
    let mut evaluator = setting.evaluator(rules);
    for round in 1..=20 {
        setting.append(round * INTERVAL_MS - 1, &[("a", 0.0)]);
        evaluator.evaluate(round * INTERVAL_MS);
    }
    drop(evaluator);

    let setting = setting.restarted();
    let groups = setting.groups(rules);
    let mut evaluator = Evaluator::new(Arc::clone(&groups[0]), Arc::clone(&setting.scraping));
    for round in [30, 31, 32] {
        setting.append(round * INTERVAL_MS - 1, &[("a", 0.0)]);
        evaluator.evaluate(round * INTERVAL_MS);
    }
    // Restored at the second evaluation, eleven intervals after the last sample.
    let began_ms = INTERVAL_MS + 11 * INTERVAL_MS;
    assert_eq!(first_state(&evaluator, &groups[0]), Some((AlertState::Pending, began_ms)));
    for round in 33..=72 {
        setting.append(round * INTERVAL_MS - 1, &[("a", 0.0)]);
        evaluator.evaluate(round * INTERVAL_MS);
    }
    assert_eq!(first_state(&evaluator, &groups[0]), Some((AlertState::Firing, began_ms)));
}

#[test]
fn a_rule_that_fails_is_said_once_and_counted_and_holds_up_no_other() {
    let setting = Setting::new();
    setting.append(1_000, &[("a", 1.0), ("b", 1.0)]);
    let failing = "{alert: Bad, expr: 'up * on() up'}, {record: fine, expr: sum(up)}";
    let groups = setting.groups(failing);
    let mut evaluator = Evaluator::new(Arc::clone(&groups[0]), Arc::clone(&setting.scraping));
    let log = logged(|| {
        for round in 1..=3 {
            evaluator.evaluate(round * INTERVAL_MS);
        }
    });
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("rule \"Bad\" of group \"g\" fails"), "{log}");
    assert_eq!(setting.samples("fine")[0].1.len(), 3);
    assert!(groups[0].status().rules[0].last_error.is_some());
    let metrics = setting.own_metrics();
    let failures = "mephisto_store_rule_evaluation_failures_total{rule_group=\"g\"} 3";
    assert!(metrics.contains(failures), "{metrics}");
}

#[test]
fn a_group_that_gives_more_than_its_limit_fails() {
    let setting = Setting::new();
    setting.append(1_000, &[("a", 0.0), ("b", 0.0)]);
    let groups = setting.groups("{alert: Down, expr: up == 0}");
    let definition = GroupDefinition { limit: 1, ..groups[0].definition.clone() };
    let group = Arc::new(Group::new(definition));
    let mut evaluator = Evaluator::new(Arc::clone(&group), Arc::clone(&setting.scraping));
    evaluator.evaluate(INTERVAL_MS);
    let status = group.status();
    assert!(status.rules[0].last_error.as_ref().unwrap().contains("limit is 1"));
    assert!(status.rules[0].alerts.is_empty());
}

#[test]
fn a_bad_file_leaves_the_others_in_use() {
    let setting = Setting::new();
    let (bad, good) =
        (setting.directory.path().join("bad.yml"), setting.directory.path().join("good.yml"));
    std::fs::write(&bad, "groups: [{name: g, rules: [{alert: Broken, expr: 'sum('}]}]").unwrap();
    std::fs::write(&good, "groups: [{name: fine}]").unwrap();
    let mut groups = Vec::new();
    let log = logged(|| groups = read(&[bad, good], &setting.scraping));
    assert_eq!(groups.iter().map(|it| it.definition.name.as_str()).collect::<Vec<_>>(), ["fine"]);
    assert!(log.contains("bad.yml") && log.contains("rule \"Broken\""), "{log}");
    assert!(setting.own_metrics().contains("mephisto_store_rule_files_refused 1"));
}

#[test]
fn evaluations_are_due_at_multiples_of_the_interval() {
    assert_eq!(next_multiple(30_000, 59_999), 60_000);
    assert_eq!(next_multiple(30_000, 60_000), 90_000);
    // Awake a moment early, late, much too late, and with a clock that was set back.
    assert_eq!(due_after(60_000, 30_000, 59_999), 90_000);
    assert_eq!(due_after(60_000, 30_000, 60_500), 90_000);
    assert_eq!(due_after(60_000, 30_000, 155_000), 180_000);
    assert_eq!(due_after(1_000_000_000, 30_000, 60_500), 90_000);
}

#[tokio::test]
async fn groups_are_evaluated_by_themselves() {
    let setting = Setting::new();
    let path = setting.directory.path().join("rules.yml");
    let rules = "[{alert: Always, expr: vector(1)}]";
    std::fs::write(&path, format!("groups: [{{name: g, interval: 20ms, rules: {rules}}}]"))
        .unwrap();
    let groups = read(&[path], &setting.scraping);
    spawn(&groups, &setting.scraping);
    let fires = || groups[0].status().rules[0].alerts.first().map(|it| it.state);
    let waited = async {
        while fires() != Some(AlertState::Firing) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waited).await.unwrap();
}
