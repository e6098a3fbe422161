//! Finds targets: this home's, in its folder, and those on other machines, in files and lists.

mod files;
mod groups;
mod last_read;
mod lists;

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::elsewhere::Elsewhere;
use super::scrape::Fetcher;
use super::target::Target;
use files::TargetFiles;
use last_read::LastRead;
use lists::TargetsList;

/// All that is asked for targets.
#[derive(Debug)]
pub struct Discovery {
    own: TargetFiles,
    files: Vec<LastRead>,
    lists: Vec<Arc<TargetsList>>,
}

impl Discovery {
    /// Reads nothing of this home yet, but asks for what is elsewhere from now on. Runs within a
    /// Tokio runtime.
    pub fn new(own: &Path, elsewhere: &Elsewhere, fetcher: &Fetcher) -> Self {
        let files = elsewhere.files.iter().map(|path| {
            let mut files = TargetFiles::of_elsewhere(path);
            LastRead::begin(path, move || files.read())
        });
        let lists = elsewhere.lists.iter().map(|url| {
            let list = Arc::new(TargetsList::new(url.clone()));
            tokio::spawn(Arc::clone(&list).keep_up_to_date(fetcher.clone()));
            list
        });
        Self { own: TargetFiles::of_home(own), files: files.collect(), lists: lists.collect() }
    }

    /// Reads what changed in this home, and returns all targets, each once: what is here needs no
    /// token. What is elsewhere is as it was when it last answered.
    pub fn read(&mut self) -> BTreeSet<Target> {
        let mut found = self.own.read();
        let elsewhere = self.files.iter().flat_map(LastRead::targets);
        let elsewhere = elsewhere.chain(self.lists.iter().flat_map(|list| list.targets()));
        let elsewhere: BTreeSet<_> = elsewhere.collect();
        // Of two targets with the same labels the series would be the same ones.
        let mut known: HashSet<_> = found.iter().map(|target| target.labels.clone()).collect();
        found.extend(elsewhere.into_iter().filter(|target| known.insert(target.labels.clone())));
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::store::target::Origin;

    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("a.json"), r#"[{"targets": ["one:1"]}]"#).unwrap();
        home
    }

    #[tokio::test]
    async fn a_target_that_is_here_and_elsewhere_is_here() {
        let (home, other) = (home(), tempfile::tempdir().unwrap());
        std::fs::write(other.path().join("b.json"), r#"[{"targets": ["one:1", "two:2"]}]"#)
            .unwrap();
        let elsewhere = Elsewhere { files: vec![other.path().to_owned()], ..Elsewhere::default() };
        let fetcher = Fetcher::new(Duration::from_secs(1), &elsewhere).unwrap();
        let mut discovery = Discovery::new(home.path(), &elsewhere, &fetcher);
        while discovery.files[0].targets().is_empty() {
            std::thread::yield_now();
        }
        let found = discovery.read();
        let found: Vec<_> =
            found.iter().map(|target| (target.address.as_str(), target.origin)).collect();
        assert_eq!(found, [("one:1", Origin::Home), ("two:2", Origin::Elsewhere)]);
    }

    #[test]
    fn a_disk_that_does_not_answer_holds_up_nothing_of_this_home() {
        let home = home();
        let (_never, answers) = mpsc::channel();
        let hung = LastRead::begin(home.path(), move || answers.recv().unwrap_or_default());
        let own = TargetFiles::of_home(home.path());
        let mut discovery = Discovery { own, files: vec![hung], lists: Vec::new() };
        assert_eq!(discovery.read().len(), 1);
        std::fs::remove_file(home.path().join("a.json")).unwrap();
        assert!(discovery.read().is_empty());
    }

    #[test]
    fn of_targets_elsewhere_with_the_same_labels_one_is_scraped() {
        let home = home();
        let found = ["two:2", "three:3", "four:4"].map(|address| {
            let instance = if address == "four:4" { "other" } else { "same" };
            let labels = [("instance".to_owned(), instance.to_owned())];
            Target::new(address, labels, Origin::Elsewhere).unwrap()
        });
        let (answer, answers) = mpsc::channel();
        answer.send(BTreeSet::from(found)).unwrap();
        let files = vec![LastRead::begin(home.path(), move || answers.recv().unwrap_or_default())];
        let own = TargetFiles::of_home(home.path());
        let mut discovery = Discovery { own, files, lists: Vec::new() };
        while discovery.files[0].targets().is_empty() {
            std::thread::yield_now();
        }
        let found = discovery.read();
        let found: Vec<_> = found.iter().map(|target| target.address.as_str()).collect();
        assert_eq!(found, ["four:4", "one:1", "three:3"]);
    }
}
