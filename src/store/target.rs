//! What is scraped, and under which labels its samples are kept.

use crate::model::Labels;

/// One address to scrape.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Target {
    /// `host:port`.
    pub address: String,
    /// What every series of this target carries; `job` and `instance` are among them.
    pub labels: Labels,
}

impl Target {
    /// A target with the labels of its file: `instance` is the address unless the file says
    /// otherwise, and so is `job` ours; names that start with `__` are for discovery only.
    pub fn new(address: &str, file_labels: impl IntoIterator<Item = (String, String)>) -> Self {
        let defaults = [("job", "mephisto"), ("instance", address)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let given = file_labels.into_iter().filter(|(name, _)| !name.starts_with("__"));
        Self { address: address.to_owned(), labels: defaults.into_iter().chain(given).collect() }
    }

    /// Where its metrics are.
    pub fn scrape_url(&self) -> String {
        format!("http://{}/metrics", self.address)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn target(labels: &[(&str, &str)]) -> Target {
        let labels = labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Target::new("127.0.0.1:3031", labels)
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
