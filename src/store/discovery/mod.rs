//! Finds targets: this home's, in its folder, and those on other machines, in files and lists.

mod files;
mod groups;
mod lists;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::elsewhere::Elsewhere;
use super::scrape::Fetcher;
use super::target::Target;
use files::TargetFiles;
use lists::TargetsList;

/// All that is asked for targets.
#[derive(Debug)]
pub struct Discovery {
    own: TargetFiles,
    files: Vec<TargetFiles>,
    lists: Vec<Arc<TargetsList>>,
}

impl Discovery {
    /// Reads nothing yet, but asks for the lists from now on. Runs within a Tokio runtime.
    pub fn new(own: &Path, elsewhere: &Elsewhere, fetcher: &Fetcher) -> Self {
        let lists = elsewhere.lists.iter().map(|url| {
            let list = Arc::new(TargetsList::new(url.clone()));
            tokio::spawn(Arc::clone(&list).keep_up_to_date(fetcher.clone()));
            list
        });
        Self {
            own: TargetFiles::of_home(own),
            files: elsewhere.files.iter().map(|path| TargetFiles::of_elsewhere(path)).collect(),
            lists: lists.collect(),
        }
    }

    /// Reads what changed and returns all targets, each once: what is here needs no token.
    pub fn read(&mut self) -> BTreeSet<Target> {
        let mut found = self.own.read();
        let elsewhere = self.files.iter_mut().flat_map(TargetFiles::read);
        let elsewhere = elsewhere.chain(self.lists.iter().flat_map(|list| list.targets()));
        for target in elsewhere.collect::<BTreeSet<_>>() {
            // Its series would be the same ones.
            if !found.iter().any(|known| known.labels == target.labels) {
                found.insert(target);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::target::Origin;

    #[tokio::test]
    async fn a_target_that_is_here_and_elsewhere_is_here() {
        let home = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("a.json"), r#"[{"targets": ["one:1"]}]"#).unwrap();
        std::fs::write(other.path().join("b.json"), r#"[{"targets": ["one:1", "two:2"]}]"#)
            .unwrap();
        let elsewhere = Elsewhere { files: vec![other.path().to_owned()], ..Elsewhere::default() };
        let fetcher = Fetcher::new(Duration::from_secs(1), &elsewhere).unwrap();
        let found = Discovery::new(home.path(), &elsewhere, &fetcher).read();
        let found: Vec<_> =
            found.iter().map(|target| (target.address.as_str(), target.origin)).collect();
        assert_eq!(found, [("one:1", Origin::Home), ("two:2", Origin::Elsewhere)]);
    }
}
