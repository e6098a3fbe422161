//! What a rule file says.

use std::collections::BTreeMap;
use std::time::Duration;

use super::template::Template;

/// Rules that are evaluated one after the other, at one time.
#[derive(Clone, Debug)]
pub struct GroupDefinition {
    /// The path of the file.
    pub file: String,
    /// Its name, unique within the file.
    pub name: String,
    /// The time from one evaluation to the next.
    pub interval: Duration,
    /// How many series or alerts a rule may give; any number if it is zero.
    pub limit: usize,
    /// In the order in which they are evaluated: one may stand on what an earlier one recorded.
    pub rules: Vec<RuleDefinition>,
}

/// An expression, and what becomes of its result.
#[derive(Clone, Debug)]
pub struct RuleDefinition {
    /// Of the alert, or of the recorded metric.
    pub name: String,
    /// Whose value is a vector or a scalar.
    pub expression: String,
    /// What becomes of it.
    pub rule: Rule,
}

/// What becomes of an expression's result.
#[derive(Clone, Debug)]
pub enum Rule {
    /// It is kept under another name.
    Recording(Recording),
    /// Each of its elements is an alert.
    Alerting(Alerting),
}

/// What only recording rules have.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Set on each series; an empty value takes a label away.
    pub labels: BTreeMap<String, String>,
}

/// What only alerting rules have.
#[derive(Clone, Debug)]
pub struct Alerting {
    /// How long an element must be there before its alert fires.
    pub hold: Duration,
    /// How long an alert fires on when its element has gone.
    pub keep_firing: Duration,
    /// Set on each alert.
    pub labels: BTreeMap<String, Template>,
    /// Told with each alert.
    pub annotations: BTreeMap<String, Template>,
}
