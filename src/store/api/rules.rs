//! `/api/v1/rules` and `/api/v1/alerts`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde_json::{Map, Value, json};

use super::Api;
use super::answer::{ApiError, Data};
use super::parameters::Parameters;
use super::status::rfc3339;
use crate::store::rules::{
    Alert, AlertState, Group, Rule, RuleDefinition, RuleStatus, Template, scientific,
};

/// Every group with its rules; with `type`, only those that alert or only those that record.
pub async fn rules(
    State(api): State<Arc<Api>>,
    parameters: Parameters,
) -> Result<Data<Value>, ApiError> {
    let is_wanted: fn(&Rule) -> bool = match parameters.get("type") {
        None => |_| true,
        Some("alert") => |rule| matches!(rule, Rule::Alerting(_)),
        Some("record") => |rule| matches!(rule, Rule::Recording(_)),
        Some(other) => {
            let message = format!("not supported value \"{other}\" of the parameter \"type\"");
            return Err(ApiError::bad_data(message));
        }
    };
    let groups: Vec<_> = api.rules.iter().map(|it| group(it, is_wanted)).collect();
    Ok(Data(json!({"groups": groups})))
}

/// All alerts that are pending or firing.
pub async fn alerts(State(api): State<Arc<Api>>) -> Data<Value> {
    let statuses = api.rules.iter().flat_map(|group| group.status().rules);
    let alerts: Vec<_> = statuses.flat_map(|status| status.alerts).map(|it| alert(&it)).collect();
    Data(json!({"alerts": alerts}))
}

fn group(group: &Group, is_wanted: fn(&Rule) -> bool) -> Value {
    let (definition, status) = (&group.definition, group.status());
    let mut rules = group.rules();
    rules.retain(|(definition, _)| is_wanted(&definition.rule));
    json!({
        "name": definition.name,
        "file": definition.file,
        "rules": rules.iter().map(|(definition, status)| rule(definition, status)).collect::<Vec<_>>(),
        "interval": definition.interval.as_secs_f64(),
        "limit": definition.limit,
        "evaluationTime": status.took.as_secs_f64(),
        "lastEvaluation": rfc3339(status.last_evaluation_ms),
    })
}

fn rule(definition: &RuleDefinition, status: &RuleStatus) -> Value {
    let mut told = Map::new();
    let mut tell = |name: &str, value: Value| told.insert(name.to_owned(), value);
    tell("name", json!(definition.name));
    tell("query", json!(definition.expression));
    tell("health", json!(health(status)));
    if let Some(error) = &status.last_error {
        tell("lastError", json!(error));
    }
    tell("evaluationTime", json!(status.took.as_secs_f64()));
    tell("lastEvaluation", json!(rfc3339(status.last_evaluation_ms)));
    match &definition.rule {
        Rule::Recording(rule) => {
            tell("type", json!("recording"));
            if !rule.labels.is_empty() {
                tell("labels", json!(rule.labels));
            }
        }
        Rule::Alerting(rule) => {
            tell("type", json!("alerting"));
            tell("state", json!(state(&status.alerts)));
            tell("duration", json!(rule.hold.as_secs_f64()));
            tell("keepFiringFor", json!(rule.keep_firing.as_secs_f64()));
            tell("labels", texts(&rule.labels));
            tell("annotations", texts(&rule.annotations));
            tell("alerts", status.alerts.iter().map(alert).collect());
        }
    }
    Value::Object(told)
}

fn texts(templates: &BTreeMap<String, Template>) -> Value {
    templates.iter().map(|(name, template)| (name.clone(), json!(template.text()))).collect()
}

fn health(status: &RuleStatus) -> &'static str {
    match (&status.last_error, status.last_evaluation_ms) {
        (Some(_), _) => "err",
        (None, Some(_)) => "ok",
        (None, None) => "unknown",
    }
}

/// That of the alert that has come furthest.
fn state(alerts: &[Alert]) -> &'static str {
    alerts.iter().map(|alert| alert.state).max().map_or("inactive", AlertState::name)
}

fn alert(alert: &Alert) -> Value {
    let mut told = json!({
        "labels": alert.labels,
        "annotations": alert.annotations,
        "state": alert.state.name(),
        "activeAt": rfc3339(Some(alert.active_at_ms)),
        "value": scientific(alert.value),
    });
    if alert.keep_firing_since_ms.is_some() {
        told["keepFiringSince"] = json!(rfc3339(alert.keep_firing_since_ms));
    }
    told
}
