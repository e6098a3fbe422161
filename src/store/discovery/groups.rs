//! The format of `file_sd` and `http_sd`: `[{"targets": [...], "labels": {...}}]`.

use std::collections::BTreeMap;

use reqwest::Url;
use serde::Deserialize;

use crate::model::is_label_name;
use crate::store::target::{Origin, Target};

/// What to say of content that has another form.
pub const EXPECTED: &str = r#"[{"targets": ["host:port"], "labels": {"name": "value"}}]"#;

/// No file or list has more.
const TARGETS_LIMIT: usize = 10_000;

/// The labels of a group, names and values together, which each of its targets has for itself.
const LABELS_LIMIT_BYTES: usize = 4 * 1024;

/// The longest name of a host that DNS has, and a port.
const ADDRESS_LIMIT_BYTES: usize = 253 + ":65535".len();

/// How much is told of a fault: what is wrong may be as large as the file.
const FAULT_LIMIT_CHARACTERS: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetGroup {
    targets: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// The targets of a file or list, or what is wrong with it.
pub fn parse(content: &str, origin: Origin) -> Result<Vec<Target>, String> {
    targets(content, origin).map_err(|fault| fault.chars().take(FAULT_LIMIT_CHARACTERS).collect())
}

fn targets(content: &str, origin: Origin) -> Result<Vec<Target>, String> {
    let groups: Vec<TargetGroup> =
        serde_json::from_str(content).map_err(|error| error.to_string())?;
    if groups.iter().map(|group| group.targets.len()).sum::<usize>() > TARGETS_LIMIT {
        return Err(format!("it has more than {TARGETS_LIMIT} targets"));
    }
    let mut targets = Vec::new();
    for group in groups {
        check_labels(&group.labels)?;
        for address in &group.targets {
            check_address(address)?;
            targets.push(Target::new(address, group.labels.clone(), origin)?);
        }
    }
    Ok(targets)
}

fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), String> {
    if let Some(name) = labels.keys().find(|name| !is_label_name(name)) {
        return Err(format!("{name:?} is not a label name"));
    }
    let mut bytes = 0;
    for (name, value) in labels {
        bytes += name.len() + value.len();
        if bytes > LABELS_LIMIT_BYTES {
            return Err(format!(
                "the labels of a group are larger than {LABELS_LIMIT_BYTES} bytes with {name:?}"
            ));
        }
    }
    Ok(())
}

fn check_address(address: &str) -> Result<(), String> {
    let is_bare = address.len() <= ADDRESS_LIMIT_BYTES
        && !address.contains(['/', '?', '#', '@', '\\'])
        && address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    match Url::parse(&format!("http://{address}/")) {
        Ok(_) if is_bare => Ok(()),
        _ => Err(format!("{address:?} is not host:port")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_named() {
        for (content, named) in [
            (r#"[{"targets": ["127.0.0.1:1/x"]}]"#, r#""127.0.0.1:1/x" is not host:port"#),
            (r#"[{"targets": ["127.0.0.1"]}]"#, r#""127.0.0.1" is not host:port"#),
            (r#"[{"targets": [], "labels": {"a-b": ""}}]"#, r#""a-b" is not a label name"#),
            (r#"[{"target": []}]"#, "unknown field `target`"),
            (r#"[{"targets": [], "labels": {"a": 1}}]"#, "invalid type: integer `1`"),
            (
                r#"[{"targets": ["a:1"], "labels": {"__scheme__": "ftp"}}]"#,
                r#"__scheme__ is "ftp", neither http nor https"#,
            ),
            (
                r#"[{"targets": ["a:1"], "labels": {"__metrics_path__": "m"}}]"#,
                r#"__metrics_path__ is "m", which does not begin with a slash"#,
            ),
            (
                r#"[{"targets": ["a:1"], "labels": {"__metrics_path__": "/m?token=hidden"}}]"#,
                "__metrics_path__ is more than a path: it has a query",
            ),
        ] {
            let fault = parse(content, Origin::Home).unwrap_err();
            assert!(fault.contains(named), "{content}: {fault}");
        }
    }

    #[test]
    fn only_the_beginning_of_a_fault_is_told() {
        let content = format!(r#"[{{"{}": []}}]"#, "é".repeat(1_000_000));
        let fault = parse(&content, Origin::Home).unwrap_err();
        assert!(fault.starts_with("unknown field `éé"), "{fault}");
        assert_eq!(fault.chars().count(), 200);
    }

    #[test]
    fn no_address_is_longer_than_a_host_can_be_called() {
        let list = |length| format!(r#"[{{"targets": ["{}:65535"]}}]"#, "a".repeat(length));
        assert!(parse(&list(253), Origin::Home).is_ok());
        assert!(parse(&list(254), Origin::Home).is_err());
    }

    #[test]
    fn a_list_of_too_many_targets_is_refused() {
        let list = |count| format!(r#"[{{"targets": [{}]}}]"#, vec![r#""a:1""#; count].join(","));
        assert_eq!(parse(&list(10_000), Origin::Home).unwrap().len(), 10_000);
        let fault = parse(&list(10_001), Origin::Home).unwrap_err();
        assert_eq!(fault, "it has more than 10000 targets");
    }

    #[test]
    fn labels_that_are_too_large_are_refused_by_the_name_of_one() {
        let group = |length| {
            let value = "x".repeat(length);
            format!(r#"[{{"targets": ["a:1"], "labels": {{"a": "", "b": "{value}"}}}}]"#)
        };
        assert_eq!(parse(&group(4_094), Origin::Home).unwrap().len(), 1);
        let fault = parse(&group(4_095), Origin::Home).unwrap_err();
        assert_eq!(fault, r#"the labels of a group are larger than 4096 bytes with "b""#);
    }
}
