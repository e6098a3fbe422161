//! Rule files: Prometheus's format, read strictly.
//!
//! <https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/>

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use promql_parser::util::parse_duration;
use serde::Deserialize;

use super::definition::{Alerting, GroupDefinition, Recording, Rule, RuleDefinition};
use super::template::Template;
use crate::model::{METRIC_NAME, is_label_name};
use crate::promql::check_vector;

/// The interval of a group that names none, as in Prometheus.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    groups: Vec<GroupText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupText {
    name: String,
    interval: Option<String>,
    #[serde(default)]
    limit: usize,
    #[serde(default)]
    rules: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    record: Option<String>,
    alert: Option<String>,
    #[serde(default)]
    expr: String,
    r#for: Option<String>,
    keep_firing_for: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// Reads a rule file; the error names the file, the group and the rule.
pub fn read(path: &Path) -> Result<Vec<GroupDefinition>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
    text.and_then(|text| parse(&path.display().to_string(), &text))
        .map_err(|error| format!("the rule file {} is not used: {error}", path.display()))
}

fn parse(file: &str, text: &str) -> Result<Vec<GroupDefinition>, String> {
    let read: File = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    let mut names = BTreeSet::new();
    let groups = read.groups.into_iter().map(|group| {
        let name = group.name.clone();
        if !names.insert(name.clone()) {
            return Err(format!("the group {name:?} is there twice"));
        }
        group.checked(file).map_err(|error| format!("group {name:?}: {error}"))
    });
    groups.collect()
}

impl GroupText {
    fn checked(self, file: &str) -> Result<GroupDefinition, String> {
        let interval = match self.interval {
            Some(text) => Some(duration("interval", &text)?).filter(|it| !it.is_zero()),
            None => None,
        };
        let rules = self.rules.into_iter().enumerate().map(|(index, rule)| {
            let name = rule.name().map_or_else(|| format!("number {}", index + 1), quoted);
            rule.checked().map_err(|error| format!("rule {name}: {error}"))
        });
        Ok(GroupDefinition {
            file: file.to_owned(),
            name: self.name,
            interval: interval.unwrap_or(DEFAULT_INTERVAL),
            limit: self.limit,
            rules: rules.collect::<Result<_, _>>()?,
        })
    }
}

impl RuleText {
    fn name(&self) -> Option<&str> {
        self.alert.as_deref().or(self.record.as_deref())
    }

    fn checked(self) -> Result<RuleDefinition, String> {
        check_vector(&self.expr).map_err(|error| format!("expr: {error}"))?;
        let names = self.labels.keys().chain(self.annotations.keys());
        for name in names {
            if !is_label_name(name) || name == METRIC_NAME {
                return Err(format!("no label or annotation can be called {name:?}"));
            }
        }
        let expression = self.expr.trim().to_owned();
        let (name, rule) = match (self.record, self.alert) {
            (None, Some(name)) => {
                let rule = Alerting {
                    hold: optional_duration("for", self.r#for)?,
                    keep_firing: optional_duration("keep_firing_for", self.keep_firing_for)?,
                    labels: templates("labels", self.labels)?,
                    annotations: templates("annotations", self.annotations)?,
                };
                (name, Rule::Alerting(rule))
            }
            (Some(name), None) => {
                let is_for_alerts = self.r#for.is_some() || self.keep_firing_for.is_some();
                if is_for_alerts || !self.annotations.is_empty() {
                    let reason = "`for`, `keep_firing_for` and `annotations` are for alerts only";
                    return Err(reason.to_owned());
                }
                if !is_metric_name(&name) {
                    return Err("its name is not one that a metric can have".to_owned());
                }
                (name, Rule::Recording(Recording { labels: self.labels }))
            }
            _ => return Err("it must have either `alert` or `record`".to_owned()),
        };
        Ok(RuleDefinition { name, expression, rule })
    }
}

fn templates(
    field: &str,
    texts: BTreeMap<String, String>,
) -> Result<BTreeMap<String, Template>, String> {
    let template = |(name, text): (String, String)| match Template::parse(&text) {
        Ok(template) => Ok((name, template)),
        Err(error) => Err(format!("{field}: {name}: {error}")),
    };
    texts.into_iter().map(template).collect()
}

fn optional_duration(field: &str, text: Option<String>) -> Result<Duration, String> {
    text.map_or(Ok(Duration::ZERO), |text| duration(field, &text))
}

fn duration(field: &str, text: &str) -> Result<Duration, String> {
    if text == "0" || text == "0s" {
        return Ok(Duration::ZERO);
    }
    parse_duration(text)
        .map_err(|_| format!("{field}: {text:?} is not a duration such as `30s` or `1h30m`"))
}

fn is_metric_name(name: &str) -> bool {
    is_label_name(&name.replace(':', "_"))
}

fn quoted(name: impl Display) -> String {
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(rules: &str) -> String {
        parse("rules.yml", &format!("groups: [{{name: g, rules: [{rules}]}}]")).unwrap_err()
    }

    #[test]
    fn groups_and_rules_are_read() {
        let text = r#"
groups:
  - name: mephisto
    interval: 1m30s
    limit: 5
    rules:
      - record: operator:up:sum
        expr: |
          sum by (operator) (up)
        labels: {team: 7}
      - alert: Down
        expr: up == 0
        for: 2m
        keep_firing_for: 0s
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.operator }} is down"}
  - name: empty
"#;
        let groups = parse("rules.yml", text).unwrap();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].interval, Duration::from_secs(90));
        assert_eq!((groups[0].limit, groups[1].interval), (5, DEFAULT_INTERVAL));
        let [record, alert] = &groups[0].rules[..] else { panic!("{:?}", groups[0].rules) };
        assert_eq!(record.expression, "sum by (operator) (up)");
        let Rule::Recording(recording) = &record.rule else { panic!("{record:?}") };
        assert_eq!(recording.labels["team"], "7");
        let Rule::Alerting(alerting) = &alert.rule else { panic!("{alert:?}") };
        assert_eq!(alerting.hold, Duration::from_secs(120));
        assert_eq!(alerting.annotations["summary"].text(), "{{ $labels.operator }} is down");
    }

    #[test]
    fn a_mistake_is_told_with_its_group_and_rule() {
        for (rules, said) in [
            ("{alert: A, expr: 'sum('}", "group \"g\": rule \"A\": expr: "),
            ("{alert: A, expr: 'up[1m]'}", "rule \"A\": expr: "),
            ("{alert: A}", "rule \"A\": expr: "),
            ("{alert: A, expr: up, for: soon}", "rule \"A\": for: \"soon\" is not a duration"),
            ("{alert: A, expr: up, labels: {a-b: c}}", "rule \"A\": no label or annotation"),
            ("{alert: A, expr: up, labels: {__name__: c}}", "called \"__name__\""),
            ("{alert: A, expr: up, annotations: {s: '{{ end }}'}}", "annotations: s: `{{ end }}`"),
            ("{record: a, expr: up, for: 1m}", "rule \"a\": `for`"),
            ("{record: a-b, expr: up}", "rule \"a-b\": its name"),
            ("{record: a, alert: A, expr: up}", "either `alert` or `record`"),
            ("{expr: up}", "rule number 1: it must have"),
            ("{alert: A, expr: up, when: always}", "when"),
        ] {
            let error = error(rules);
            assert!(error.contains(said), "{rules}: {error}");
        }
        let twice = parse("rules.yml", "groups: [{name: g}, {name: g}]").unwrap_err();
        assert!(twice.contains("\"g\" is there twice"), "{twice}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = read(Path::new("/nowhere/rules.yml")).unwrap_err();
        assert!(error.contains("/nowhere/rules.yml"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_a_rule_file_or_an_error(text in any::<String>()) {
            let _ = parse("rules.yml", &text);
        }
    }
}
