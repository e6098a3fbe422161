//! What is scraped, and under which labels its samples are kept.

use std::collections::BTreeMap;

use crate::model::Labels;

/// Where a target was found, which says what it may be sent.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Origin {
    /// In the folder of this home.
    Home,
    /// In a file or list of targets on other machines.
    Elsewhere,
}

/// One address to scrape.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Target {
    /// `host:port`.
    pub address: String,
    /// Where it was found.
    pub origin: Origin,
    scheme: String,
    path: String,
    /// What every series of this target carries; `job` and `instance` are among them.
    pub labels: Labels,
}

impl Target {
    /// A target with the labels of its file: `instance` is the address unless the file says
    /// otherwise, and so is `job` ours; names that start with `__` are for discovery only. As in
    /// Prometheus, `__scheme__` and `__metrics_path__` among them say where the metrics are.
    pub fn new(
        address: &str,
        file_labels: impl IntoIterator<Item = (String, String)>,
        origin: Origin,
    ) -> Result<Self, String> {
        let (hidden, given): (BTreeMap<_, _>, BTreeMap<_, _>) =
            file_labels.into_iter().partition(|(name, _)| name.starts_with("__"));
        let defaults = [("job", "mephisto"), ("instance", address)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Self {
            address: address.to_owned(),
            origin,
            scheme: scheme(hidden.get("__scheme__"))?,
            path: path(hidden.get("__metrics_path__"))?,
            labels: defaults.into_iter().chain(given).collect(),
        })
    }

    /// Where its metrics are.
    pub fn scrape_url(&self) -> String {
        format!("{}://{}{}", self.scheme, self.address, self.path)
    }

    /// The labels under which a scraped series is kept. The target's own win; a scraped label of
    /// the same name becomes `exported_<name>`, as in Prometheus with `honor_labels: false`.
    pub fn relabel(&self, scraped: &Labels) -> Labels {
        let mut kept = scraped.clone();
        for (name, value) in self.labels.iter() {
            let conflicting = scraped.get(name);
            if !conflicting.is_empty() {
                kept.set(&self.free_name(name, scraped), conflicting);
            }
            kept.set(name, value);
        }
        kept
    }

    fn free_name(&self, name: &str, scraped: &Labels) -> String {
        let mut free = format!("exported_{name}");
        while !scraped.get(&free).is_empty() || !self.labels.get(&free).is_empty() {
            free.insert_str(0, "exported_");
        }
        free
    }
}

fn scheme(given: Option<&String>) -> Result<String, String> {
    let scheme = given.map_or("http", String::as_str);
    if !matches!(scheme, "http" | "https") {
        return Err(format!("__scheme__ is {scheme:?}, neither http nor https"));
    }
    Ok(scheme.to_owned())
}

fn path(given: Option<&String>) -> Result<String, String> {
    let path = given.map_or("/metrics", String::as_str);
    if !path.starts_with('/') {
        return Err(format!("__metrics_path__ is {path:?}, which does not begin with a slash"));
    }
    // Prometheus would escape it; and it would be shown wherever the target is.
    if path.contains(['?', '#']) {
        return Err("__metrics_path__ is more than a path: it has a query".to_owned());
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(labels: &[(&str, &str)]) -> Target {
        let labels = labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Target::new("127.0.0.1:3031", labels, Origin::Home).unwrap()
    }

    #[test]
    fn hidden_labels_say_where_the_metrics_are() {
        assert_eq!(target(&[]).scrape_url(), "http://127.0.0.1:3031/metrics");
        let elsewhere = target(&[("__scheme__", "https"), ("__metrics_path__", "/of/it")]);
        assert_eq!(elsewhere.scrape_url(), "https://127.0.0.1:3031/of/it");
        assert_eq!(elsewhere.labels, target(&[]).labels);
    }

    #[test]
    fn job_and_instance_have_defaults_that_the_file_can_change() {
        let labels = Labels::from_iter([("instance", "127.0.0.1:3031"), ("job", "mephisto")]);
        assert_eq!(target(&[]).labels, labels);
        assert_eq!(target(&[("job", "other"), ("__meta", "x")]).labels.get("job"), "other");
        assert_eq!(target(&[("__meta", "x")]).labels, labels);
    }

    #[test]
    fn the_target_s_labels_win_over_scraped_ones() {
        let kept = target(&[]).relabel(&Labels::from_iter([("job", "mine"), ("a", "1")]));
        assert_eq!(kept.get("job"), "mephisto");
        assert_eq!(kept.get("exported_job"), "mine");
        assert_eq!(kept.get("a"), "1");
    }

    #[test]
    fn a_renamed_label_takes_no_other_label_s_place() {
        let scraped = Labels::from_iter([("job", "mine"), ("exported_job", "theirs")]);
        let kept = target(&[]).relabel(&scraped);
        assert_eq!(kept.get("exported_job"), "theirs");
        assert_eq!(kept.get("exported_exported_job"), "mine");
    }
}
