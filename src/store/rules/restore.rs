//! Since when alerts were there before the store was started again.
//!
//! The steps are those of `Group.RestoreForState` in prometheus/prometheus.

use std::time::Duration;

use super::alerting::Alert;
use super::definition::Alerting;
use crate::model::{Labels, Matcher, Sample, is_stale};
use crate::promql::{SelectError, SeriesSource};

/// What lies longer back than this is forgotten (`--rules.alert.for-outage-tolerance`).
const OUTAGE_TOLERANCE_MS: i64 = 60 * 60 * 1_000;

/// An alert that was pending fires no sooner than this after the start, so that its cause has had
/// time to end (`--rules.alert.for-grace-period`). Rules that hold for less start anew.
const GRACE_PERIOD: Duration = Duration::from_secs(10 * 60);

/// Sets since when an alert is there, if it was when the store last ran.
pub fn restore(
    source: &dyn SeriesSource,
    rule: &Alerting,
    alert: &mut Alert,
    now_ms: i64,
) -> Result<(), SelectError> {
    if rule.hold < GRACE_PERIOD {
        return Ok(());
    }
    if let Some(last) = last_sample(source, &alert.for_state_labels(), now_ms)? {
        alert.active_at_ms = restored_active_at_ms(last, rule, now_ms);
    }
    Ok(())
}

/// The last sample of a series, unless the series had ended.
fn last_sample(
    source: &dyn SeriesSource,
    labels: &Labels,
    now_ms: i64,
) -> Result<Option<Sample>, SelectError> {
    let matchers: Vec<_> = labels.iter().map(|(name, value)| Matcher::equal(name, value)).collect();
    let found = source.select(&matchers, now_ms - OUTAGE_TOLERANCE_MS, now_ms)?;
    let series = found.into_iter().find(|series| series.labels == *labels);
    let last = series.and_then(|series| series.samples.last().copied());
    Ok(last.filter(|sample| !is_stale(sample.value)))
}

/// The time without the store counts as if it had not been: neither for the alert nor against it.
fn restored_active_at_ms(last: Sample, rule: &Alerting, now_ms: i64) -> i64 {
    let [hold_ms, grace_ms] = [rule.hold, GRACE_PERIOD]
        .map(|duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970, as we wrote them")]
    let active_at_ms = (last.value * 1_000.0) as i64;
    let remaining_ms = hold_ms - (last.timestamp_ms - active_at_ms);
    if remaining_ms <= 0 {
        active_at_ms
    } else if remaining_ms < grace_ms {
        now_ms + grace_ms - hold_ms
    } else {
        active_at_ms + (now_ms - last.timestamp_ms)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{STALE_MARKER, Series};
    use crate::store::rules::alerting::AlertState;

    const MINUTE_MS: i64 = 60_000;
    const NOW_MS: i64 = 1_000 * MINUTE_MS;

    struct Kept(Vec<Series>);

    impl SeriesSource for Kept {
        fn select(
            &self,
            matchers: &[Matcher],
            from_ms: i64,
            to_ms: i64,
        ) -> Result<Vec<Series>, SelectError> {
            let mut found = self.0.clone();
            found.retain(|series| matchers.iter().all(|it| it.matches(&series.labels)));
            for series in &mut found {
                series.samples.retain(|it| (from_ms..=to_ms).contains(&it.timestamp_ms));
            }
            Ok(found)
        }
    }

    fn alert() -> Alert {
        Alert {
            labels: Labels::from_iter([("alertname", "Slow"), ("operator", "a")]),
            annotations: BTreeMap::new(),
            state: AlertState::Pending,
            active_at_ms: NOW_MS,
            keep_firing_since_ms: None,
            value: 1.0,
        }
    }

    /// Since when an alert is there, in minutes before now, that the store last saw at `seen` and
    /// that was there since `active`, both in minutes before now.
    fn restored(hold_minutes: u64, seen: i64, active: i64, other_label: &str) -> i64 {
        let mut labels = alert().for_state_labels();
        labels.set("other", other_label);
        let value = ((NOW_MS - active * MINUTE_MS) / 1_000) as f64;
        let sample = Sample { timestamp_ms: NOW_MS - seen * MINUTE_MS, value };
        let mut alert = alert();
        let rule = Alerting {
            hold: Duration::from_secs(60 * hold_minutes),
            keep_firing: Duration::ZERO,
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        };
        let kept = Kept(vec![Series { labels, samples: vec![sample] }]);
        restore(&kept, &rule, &mut alert, NOW_MS).unwrap();
        (NOW_MS - alert.active_at_ms) / MINUTE_MS
    }

    #[test]
    fn the_time_without_the_store_does_not_count() {
        assert_eq!(restored(30, 5, 9, ""), 4);
    }

    #[test]
    fn an_alert_that_fired_fires_again() {
        assert_eq!(restored(30, 5, 40, ""), 40);
    }

    #[test]
    fn an_alert_that_was_about_to_fire_is_given_time_to_end() {
        assert_eq!(restored(30, 5, 34, ""), 20);
    }

    #[test]
    fn what_is_short_long_ago_or_of_another_alert_starts_anew() {
        assert_eq!(restored(9, 5, 40, ""), 0);
        assert_eq!(restored(30, 61, 80, ""), 0);
        assert_eq!(restored(30, 5, 40, "there"), 0);
    }

    #[test]
    fn an_alert_that_had_ended_starts_anew() {
        let labels = alert().for_state_labels();
        let ended = Sample { timestamp_ms: NOW_MS - MINUTE_MS, value: STALE_MARKER };
        let kept = Kept(vec![Series { labels: labels.clone(), samples: vec![ended] }]);
        assert!(last_sample(&kept, &labels, NOW_MS).unwrap().is_none());
    }
}
