//! Alerting rules: which alerts are pending or firing, evaluation by evaluation.
//!
//! The steps are those of `rules/alerting.go` in prometheus/prometheus.

use std::collections::BTreeMap;

use super::definition::{Alerting, RuleDefinition};
use crate::model::{Labels, METRIC_NAME};
use crate::promql::InstantSample;

/// The label that names an alert.
pub const ALERT_NAME: &str = "alertname";

/// The series that holds when each alert began, in seconds; read again after a restart.
pub const FOR_STATE_METRIC: &str = "ALERTS_FOR_STATE";

const STATE_METRIC: &str = "ALERTS";
const STATE_LABEL: &str = "alertstate";

/// How far an alert has come.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum AlertState {
    /// Not for as long yet as the rule demands.
    Pending,
    /// For long enough.
    Firing,
}

impl AlertState {
    /// As Prometheus calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Firing => "firing",
        }
    }
}

/// One element of an alerting rule's result, from when it appeared until it is gone.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Those of the element and of the rule, and `alertname`.
    pub labels: Labels,
    /// Expanded for the last value.
    pub annotations: BTreeMap<String, String>,
    /// How far it has come.
    pub state: AlertState,
    /// Since when the element is there, in milliseconds since the Unix epoch.
    pub active_at_ms: i64,
    /// Since when it only fires on because the rule says so.
    pub keep_firing_since_ms: Option<i64>,
    /// Of the last evaluation that had the element.
    pub value: f64,
}

impl Alert {
    fn new(name: &str, rule: &Alerting, element: &InstantSample) -> Self {
        let (source, value) = (&element.labels, element.sample.value);
        let mut labels = source.without(&[METRIC_NAME]);
        for (label, template) in &rule.labels {
            labels.set(label, &template.expand(source, value));
        }
        labels.set(ALERT_NAME, name);
        let annotation = |(name, template): (&String, &super::template::Template)| {
            (name.clone(), template.expand(source, value))
        };
        Self {
            labels,
            annotations: rule.annotations.iter().map(annotation).collect(),
            state: AlertState::Pending,
            active_at_ms: element.sample.timestamp_ms,
            keep_firing_since_ms: None,
            value,
        }
    }

    /// What is kept of it: its state, and since when it is there.
    fn samples(&self) -> [(Labels, f64); 2] {
        let mut state = self.labels.clone();
        state.set(METRIC_NAME, STATE_METRIC);
        state.set(STATE_LABEL, self.state.name());
        [(state, 1.0), (self.for_state_labels(), self.active_at_ms.div_euclid(1_000) as f64)]
    }

    /// The labels of the series that holds when it began.
    pub fn for_state_labels(&self) -> Labels {
        let mut labels = self.labels.clone();
        labels.set(METRIC_NAME, FOR_STATE_METRIC);
        labels
    }

    /// Whether it stays without its element.
    fn fires_on(&mut self, rule: &Alerting, at_ms: i64) -> bool {
        if self.state == AlertState::Pending {
            return false;
        }
        let since_ms = *self.keep_firing_since_ms.get_or_insert(at_ms);
        at_ms - since_ms < milliseconds(rule.keep_firing)
    }
}

/// The alerts of one rule.
#[derive(Clone, Debug, Default)]
pub struct Alerts(BTreeMap<Labels, Alert>);

impl Alerts {
    /// Takes in the result of an evaluation. After an error all is as it was.
    pub fn update(
        &mut self,
        definition: &RuleDefinition,
        rule: &Alerting,
        vector: &[InstantSample],
        at_ms: i64,
    ) -> Result<(), String> {
        let mut found = BTreeMap::new();
        for element in vector {
            let alert = Alert::new(&definition.name, rule, element);
            if let Some(twin) = found.insert(alert.labels.clone(), alert) {
                return Err(format!(
                    "the result has several elements for the alert {}",
                    twin.labels
                ));
            }
        }
        self.0.retain(|labels, alert| found.contains_key(labels) || alert.fires_on(rule, at_ms));
        for (labels, alert) in found {
            self.meet(labels, alert);
        }
        for alert in self.0.values_mut() {
            if at_ms - alert.active_at_ms >= milliseconds(rule.hold) {
                alert.state = AlertState::Firing;
            }
        }
        Ok(())
    }

    /// All of them, in the order of their labels.
    pub fn iter(&self) -> impl Iterator<Item = &Alert> {
        self.0.values()
    }

    /// All of them, to set when they began.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Alert> {
        self.0.values_mut()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What is kept of all of them.
    pub fn samples(&self) -> Vec<(Labels, f64)> {
        self.iter().flat_map(Alert::samples).collect()
    }

    fn meet(&mut self, labels: Labels, found: Alert) {
        let Some(known) = self.0.get_mut(&labels) else {
            self.0.insert(labels, found);
            return;
        };
        known.value = found.value;
        known.annotations = found.annotations;
        known.keep_firing_since_ms = None;
    }
}

fn milliseconds(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::model::Sample;
    use crate::store::rules::definition::Rule;
    use crate::store::rules::template::Template;

    fn template(text: &str) -> Template {
        Template::parse(text).unwrap()
    }

    fn down(hold_seconds: u64, keep_firing_seconds: u64) -> (RuleDefinition, Alerting) {
        let rule = Alerting {
            hold: Duration::from_secs(hold_seconds),
            keep_firing: Duration::from_secs(keep_firing_seconds),
            labels: [("who".to_owned(), template("the {{ $labels.operator }}"))].into(),
            annotations: [("summary".to_owned(), template("{{ $value }}"))].into(),
        };
        let (name, expression) = ("Down".to_owned(), "up == 0".to_owned());
        (RuleDefinition { name, expression, rule: Rule::Alerting(rule.clone()) }, rule)
    }

    fn elements(operators: &[&str], at_ms: i64) -> Vec<InstantSample> {
        let element = |operator: &&str| InstantSample {
            labels: Labels::from_iter([("__name__", "up"), ("operator", operator)]),
            sample: Sample { timestamp_ms: at_ms, value: 0.5 },
        };
        operators.iter().map(element).collect()
    }

    /// The state of the only alert after each evaluation, 10 s apart.
    fn states(hold_seconds: u64, keep_firing_seconds: u64, there: &[bool]) -> Vec<&'static str> {
        let (definition, rule) = down(hold_seconds, keep_firing_seconds);
        let mut alerts = Alerts::default();
        let state = |(index, there): (usize, &bool)| {
            let at_ms = i64::try_from(index).unwrap() * 10_000;
            let operators: &[&str] = if *there { &["a"] } else { &[] };
            alerts.update(&definition, &rule, &elements(operators, at_ms), at_ms).unwrap();
            alerts.iter().next().map_or("inactive", |alert| alert.state.name())
        };
        there.iter().enumerate().map(state).collect()
    }

    #[test]
    fn an_alert_fires_when_it_was_there_for_long_enough() {
        assert_eq!(states(20, 0, &[true; 3]), ["pending", "pending", "firing"]);
        assert_eq!(states(0, 0, &[true, false]), ["firing", "inactive"]);
        let interrupted = [true, true, false, true, true];
        let pending = ["pending", "pending", "inactive", "pending", "pending"];
        assert_eq!(states(20, 0, &interrupted), pending);
    }

    #[test]
    fn an_alert_fires_on_for_as_long_as_its_rule_says() {
        let there = [true, false, false, true, false, false, false];
        let fires = ["firing", "firing", "firing", "firing", "firing", "firing", "inactive"];
        assert_eq!(states(0, 20, &there), fires);
        assert_eq!(states(20, 20, &[true, false]), ["pending", "inactive"]);
    }

    #[test]
    fn an_alert_has_the_labels_of_its_element_and_its_rule() {
        let (definition, rule) = down(60, 0);
        let mut alerts = Alerts::default();
        alerts.update(&definition, &rule, &elements(&["a"], 1_500), 1_500).unwrap();
        let labels = [("alertname", "Down"), ("operator", "a"), ("who", "the a")];
        let alert = alerts.iter().next().unwrap();
        assert_eq!(alert.labels, Labels::from_iter(labels));
        assert_eq!(alert.annotations["summary"], "0.5");
        let named = |name: &str, state: &str| {
            let mut labels = Labels::from_iter(labels);
            labels.set("__name__", name);
            labels.set("alertstate", state);
            labels
        };
        let kept = vec![(named("ALERTS", "pending"), 1.0), (named("ALERTS_FOR_STATE", ""), 1.0)];
        assert_eq!(alerts.samples(), kept);
    }

    #[test]
    fn two_elements_for_one_alert_are_refused_and_change_nothing() {
        let (definition, rule) = down(0, 0);
        let mut alerts = Alerts::default();
        alerts.update(&definition, &rule, &elements(&["a"], 0), 0).unwrap();
        let error = alerts.update(&definition, &rule, &elements(&["b", "b"], 1), 1).unwrap_err();
        assert!(error.contains("operator=\"b\""), "{error}");
        assert_eq!(alerts.iter().next().unwrap().labels.get("operator"), "a");
    }

    proptest! {
        /// Whatever comes and goes: an alert is there only with its element (nothing fires on
        /// here), and fires only after its element was there without a gap for the hold.
        #[test]
        fn no_alert_fires_before_its_time(there in prop::collection::vec(any::<bool>(), 1..40)) {
            let states = states(30, 0, &there);
            for index in 0..there.len() {
                let run = there[..=index].iter().rev().take_while(|it| **it).count();
                let expected = match run { 0 => "inactive", 1..=3 => "pending", _ => "firing" };
                prop_assert_eq!(states[index], expected);
            }
        }
    }
}
