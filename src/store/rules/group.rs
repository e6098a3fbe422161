//! The evaluation of a group: its rules one after the other, each on what the earlier ones kept.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::alerting::Alerts;
use super::definition::{GroupDefinition, Rule, RuleDefinition};
use super::recording::recorded;
use super::restore::restore;
use super::status::{Group, RuleStatus};
use crate::model::{Labels, STALE_MARKER, Sample};
use crate::promql::{InstantSample, Options, Value, query_instant};
use crate::store::fault::Fault;
use crate::store::scrape::Scraping;

/// No rule may take longer, as in Prometheus.
const LONGEST_EVALUATION: Duration = Duration::from_secs(120);

/// How often a group is evaluated before its alerts are compared with those before the start:
/// scrapes and recording rules must have had their turn.
const EVALUATIONS_BEFORE_RESTORING: u32 = 2;

/// A group and what its last evaluation left.
#[derive(Debug)]
pub struct Evaluator {
    group: Arc<Group>,
    scraping: Arc<Scraping>,
    rules: Vec<RuleState>,
    evaluations: u32,
}

#[derive(Debug, Default)]
struct RuleState {
    alerts: Alerts,
    kept: HashSet<Labels>,
    fault: Fault,
}

impl Evaluator {
    /// A group that was not evaluated yet.
    pub fn new(group: Arc<Group>, scraping: Arc<Scraping>) -> Self {
        let rules = group.definition.rules.iter().map(|_| RuleState::default()).collect();
        Self { group, scraping, rules, evaluations: 0 }
    }

    /// What the file says.
    pub fn definition(&self) -> &GroupDefinition {
        &self.group.definition
    }

    /// Evaluates all rules at one time; a rule that fails does not hold up the others.
    pub fn evaluate(&mut self, at_ms: i64) {
        let began = Instant::now();
        let rules: Vec<_> =
            (0..self.rules.len()).map(|index| self.evaluate_rule(index, at_ms)).collect();
        self.evaluations = self.evaluations.saturating_add(1);
        if self.evaluations == EVALUATIONS_BEFORE_RESTORING {
            self.restore(at_ms);
        }
        self.group.tell(at_ms, began.elapsed(), rules);
    }

    /// Notes evaluations that there was no time for.
    pub fn missed(&self, count: u64) {
        self.scraping.counters.rule_evaluations_missed(&self.definition().name, count);
    }

    fn evaluate_rule(&mut self, index: usize, at_ms: i64) -> RuleStatus {
        let began = Instant::now();
        let group = &self.group.definition;
        let (definition, state) = (&group.rules[index], &mut self.rules[index]);
        let keeps_alerts = self.evaluations >= EVALUATIONS_BEFORE_RESTORING;
        let done = state
            .samples(&self.scraping, group.limit, definition, at_ms, keeps_alerts)
            .and_then(|samples| state.keep(&self.scraping, samples, at_ms));
        self.scraping.counters.rule_evaluated(&group.name, done.is_ok());
        state.log(group, definition, done.as_ref().err());
        RuleStatus {
            alerts: state.alerts.iter().cloned().collect(),
            last_error: done.err(),
            took: began.elapsed(),
            last_evaluation_ms: Some(at_ms),
        }
    }

    fn restore(&mut self, at_ms: i64) {
        let storage = &*self.scraping.storage;
        for (definition, state) in self.group.definition.rules.iter().zip(&mut self.rules) {
            let Rule::Alerting(rule) = &definition.rule else { continue };
            for alert in state.alerts.iter_mut() {
                if let Err(error) = restore(storage, rule, alert, at_ms) {
                    let name = &definition.name;
                    tracing::error!("the alert {name} starts anew, its past is not read: {error}");
                }
            }
        }
    }
}

impl RuleState {
    /// Evaluates the rule's expression; what is to be kept of it.
    fn samples(
        &mut self,
        scraping: &Scraping,
        limit: usize,
        definition: &RuleDefinition,
        at_ms: i64,
        keeps_alerts: bool,
    ) -> Result<Vec<(Labels, f64)>, String> {
        let vector = vector(scraping, &definition.expression, at_ms)?;
        let (count, samples) = match &definition.rule {
            Rule::Recording(rule) => {
                let samples = recorded(&definition.name, rule, vector)?;
                (samples.len(), samples)
            }
            Rule::Alerting(rule) => {
                self.alerts.update(definition, rule, &vector, at_ms)?;
                let samples = if keeps_alerts { self.alerts.samples() } else { Vec::new() };
                (self.alerts.len(), samples)
            }
        };
        if limit > 0 && count > limit {
            self.alerts.clear();
            return Err(format!("it gives {count} series or alerts, the group's limit is {limit}"));
        }
        Ok(samples)
    }

    /// Puts samples on the disk, with stale markers for the series that the last time had more.
    fn keep(
        &mut self,
        scraping: &Scraping,
        mut samples: Vec<(Labels, f64)>,
        at_ms: i64,
    ) -> Result<(), String> {
        let kept: HashSet<_> = samples.iter().map(|(labels, _)| labels.clone()).collect();
        let ended = self.kept.difference(&kept).map(|labels| (labels.clone(), STALE_MARKER));
        samples.extend(ended);
        if !samples.is_empty() {
            let appended = scraping.storage.append(at_ms, &samples);
            scraping.counters.recorded(appended.map_err(|error| error.to_string())?.stored);
        }
        self.kept = kept;
        Ok(())
    }

    fn log(&self, group: &GroupDefinition, rule: &RuleDefinition, error: Option<&String>) {
        let (group, rule) = (&group.name, &rule.name);
        match error {
            Some(error) if self.fault.begin(error) => {
                tracing::warn!(
                    "rule {rule:?} of group {group:?} fails: {error}; it is tried again"
                );
            }
            None if self.fault.end() => {
                tracing::info!("rule {rule:?} of group {group:?} is evaluated again");
            }
            _ => {}
        }
    }
}

fn vector(scraping: &Scraping, expression: &str, at_ms: i64) -> Result<Vec<InstantSample>, String> {
    let deadline = Some(Instant::now() + LONGEST_EVALUATION);
    let options = Options { deadline, ..Options::default() };
    match query_instant(&*scraping.storage, expression, at_ms, &options) {
        Ok(Value::Vector(vector)) => Ok(vector),
        Ok(Value::Scalar(value)) => {
            let sample = Sample { timestamp_ms: at_ms, value };
            Ok(vec![InstantSample { labels: Labels::default(), sample }])
        }
        Ok(_) => Err("the result is neither a vector nor a scalar".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
