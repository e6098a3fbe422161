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
