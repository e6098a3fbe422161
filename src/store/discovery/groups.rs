//! The format of `file_sd` and `http_sd`: `[{"targets": [...], "labels": {...}}]`.

use std::collections::BTreeMap;

use reqwest::Url;
use serde::Deserialize;

use crate::model::is_label_name;
use crate::store::target::{Origin, Target};

/// What to say of content that has another form.
pub const EXPECTED: &str = r#"[{"targets": ["host:port"], "labels": {"name": "value"}}]"#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetGroup {
    targets: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

/// The targets of a file or list, or what is wrong with it.
pub fn parse(content: &str, origin: Origin) -> Result<Vec<Target>, String> {
    let groups: Vec<TargetGroup> =
        serde_json::from_str(content).map_err(|error| error.to_string())?;
    let mut targets = Vec::new();
    for group in groups {
        if let Some(name) = group.labels.keys().find(|name| !is_label_name(name)) {
            return Err(format!("{name:?} is not a label name"));
        }
        for address in &group.targets {
            check_address(address)?;
            targets.push(Target::new(address, group.labels.clone(), origin)?);
        }
    }
    Ok(targets)
}

fn check_address(address: &str) -> Result<(), String> {
    let is_bare = !address.contains(['/', '?', '#', '@', '\\'])
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
}
