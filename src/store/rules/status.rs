//! What the API tells of rules, as of their last evaluation.

use std::time::Duration;

use parking_lot::RwLock;

use super::alerting::Alert;
use super::definition::{GroupDefinition, RuleDefinition};

/// A group of rules, shared between its evaluation and the API.
#[derive(Debug)]
pub struct Group {
    /// What the file says.
    pub definition: GroupDefinition,
    status: RwLock<GroupStatus>,
}

/// How a group's last evaluation went.
#[derive(Clone, Debug)]
pub struct GroupStatus {
    /// How long it took.
    pub took: Duration,
    /// At which time it was, in milliseconds since the Unix epoch.
    pub last_evaluation_ms: Option<i64>,
    /// One for each rule of the definition.
    pub rules: Vec<RuleStatus>,
}

/// How a rule's last evaluation went.
#[derive(Clone, Debug, Default)]
pub struct RuleStatus {
    /// Pending and firing ones; none if the rule records.
    pub alerts: Vec<Alert>,
    /// Why it failed, if it did.
    pub last_error: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// At which time it was, in milliseconds since the Unix epoch.
    pub last_evaluation_ms: Option<i64>,
}

impl Group {
    /// A group that was not evaluated yet.
    pub fn new(definition: GroupDefinition) -> Self {
        let rules = definition.rules.iter().map(|_| RuleStatus::default()).collect();
        let status = GroupStatus { took: Duration::ZERO, last_evaluation_ms: None, rules };
        Self { definition, status: RwLock::new(status) }
    }

    /// Its file and its name.
    pub fn place(&self) -> (&str, &str) {
        (&self.definition.file, &self.definition.name)
    }

    /// Notes an evaluation.
    pub fn tell(&self, at_ms: i64, took: Duration, rules: Vec<RuleStatus>) {
        *self.status.write() = GroupStatus { took, last_evaluation_ms: Some(at_ms), rules };
    }

    /// How the last evaluation went.
    pub fn status(&self) -> GroupStatus {
        self.status.read().clone()
    }

    /// Each rule with how its last evaluation went.
    pub fn rules(&self) -> Vec<(&RuleDefinition, RuleStatus)> {
        self.definition.rules.iter().zip(self.status().rules).collect()
    }
}
