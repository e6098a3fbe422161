//! Scraping: each target on a task of its own, so that none waits for another.

mod fetch;
mod live;
mod status;
mod target;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

pub use fetch::Fetcher;
pub use status::{Status, Targets};

use super::counters::Counters;
#[cfg(test)]
use super::elsewhere::Elsewhere;
use super::fault::Fault;
use super::storage::{Appended, Storage};
use super::target::Target;
use crate::model::Labels;
use target::TargetScrape;

/// No target may take longer than this, however long the interval is.
pub const LONGEST_SCRAPE: Duration = Duration::from_secs(10);

/// What the scraping of all targets shares.
#[derive(Debug)]
pub struct Scraping {
    /// Where the samples go.
    pub storage: Arc<Storage>,
    /// How targets are asked.
    pub fetcher: Fetcher,
    /// The time from one scrape of a target to its next.
    pub interval: Duration,
    /// How the targets are.
    pub targets: Arc<Targets>,
    /// How much was scraped.
    pub counters: Counters,
    /// Why samples cannot be kept at present.
    pub outage: Fault,
    /// Since when, in milliseconds since the Unix epoch.
    pub started_ms: i64,
}

impl Scraping {
    /// Keeps samples; nothing is returned, and said once, if they cannot be kept.
    fn append(&self, timestamp_ms: i64, samples: &[(Labels, f64)]) -> Option<Appended> {
        match self.storage.append(timestamp_ms, samples) {
            Ok(appended) => {
                self.counters.kept(appended.stored);
                if self.outage.end() {
                    tracing::info!("scrapes are kept again");
                }
                Some(appended)
            }
            Err(error) => {
                self.counters.refused();
                if self.outage.begin(&error.to_string()) {
                    tracing::error!("scrapes are not kept: {error}");
                }
                None
            }
        }
    }
}

/// The targets that are scraped; each as long as its sender is here.
#[derive(Debug)]
pub struct Pool {
    scraping: Arc<Scraping>,
    running: HashMap<Target, oneshot::Sender<()>>,
}

impl Pool {
    /// A pool without targets.
    pub fn new(scraping: Arc<Scraping>) -> Self {
        Self { scraping, running: HashMap::new() }
    }

    /// Scrapes what was found from now on, and ends what was not. Runs within a Tokio runtime.
    pub fn set(&mut self, found: BTreeSet<Target>) {
        let targets = &self.scraping.targets;
        self.running.extract_if(|target, _| !found.contains(target)).for_each(|(target, _)| {
            targets.remove(&target);
        });
        for target in found {
            if !self.running.contains_key(&target) {
                let stop = self.begin(target.clone());
                self.running.insert(target, stop);
            }
        }
    }

    fn begin(&self, target: Target) -> oneshot::Sender<()> {
        let (stop, gone) = oneshot::channel();
        let status = self.scraping.targets.add(&target);
        tokio::spawn(TargetScrape::new(target, Arc::clone(&self.scraping), status).run(gone));
        stop
    }
}

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
impl Scraping {
    /// For a test that brings its own samples.
    pub fn without_targets(directory: &std::path::Path) -> Self {
        Self {
            storage: Arc::new(Storage::open(directory).unwrap()),
            fetcher: Fetcher::new(LONGEST_SCRAPE, &Elsewhere::default()).unwrap(),
            interval: LONGEST_SCRAPE,
            targets: Arc::default(),
            counters: Counters::new(0.0).unwrap(),
            outage: Fault::default(),
            started_ms: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Matcher;
    use crate::promql::SeriesSource;
    use crate::store::test_log::logged;

    /// Large enough not to fit into a page that is there already.
    fn samples() -> Vec<(Labels, f64)> {
        let labels = |n: i32| Labels::from_iter([("__name__", format!("metric_{n}"))]);
        (0..2_000).map(|n| (labels(n), f64::from(n))).collect()
    }

    #[test]
    fn a_full_disk_is_said_once_and_again_when_there_is_space() {
        let directory = tempfile::tempdir().unwrap();
        let scraping = Scraping::without_targets(directory.path());
        assert!(scraping.append(1, &samples()[..1]).is_some());
        scraping.storage.allow_no_more_pages();
        let refused = logged(|| {
            for timestamp_ms in 2..5 {
                assert!(scraping.append(timestamp_ms, &samples()).is_none());
            }
        });
        assert_eq!(refused.lines().count(), 1, "{refused}");
        assert!(refused.contains(directory.path().to_str().unwrap()), "{refused}");
        assert!(refused.contains("no space left") && refused.contains("ERROR"), "{refused}");
        let matchers = [Matcher::equal("__name__", "metric_0")];
        assert_eq!(scraping.storage.select(&matchers, 0, 10).unwrap()[0].samples.len(), 1);
        scraping.storage.allow_more_pages();
        let kept = logged(|| {
            for timestamp_ms in 5..8 {
                assert!(scraping.append(timestamp_ms, &samples()).is_some());
            }
        });
        assert_eq!(kept.lines().count(), 1, "{kept}");
        assert!(kept.contains("scrapes are kept again"), "{kept}");
        assert_eq!(scraping.storage.select(&matchers, 0, 10).unwrap()[0].samples.len(), 4);
    }
}
