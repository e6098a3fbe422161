//! What the API tells of each target.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use serde::Serialize;

use crate::store::exposition_text::Metadata;
use crate::store::target::Target;

/// How a target's last scrape went.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Not scraped yet.
    #[default]
    Unknown,
    /// It gave its metrics.
    Up,
    /// It did not.
    Down,
}

/// The last scrape of a target.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// How it went.
    pub health: Health,
    /// Why it failed; empty if it did not.
    pub last_error: String,
    /// When it began, in milliseconds since the Unix epoch.
    pub last_scrape_ms: Option<i64>,
    /// How long it took.
    pub took: Duration,
    /// HELP and TYPE by metric name, of the last scrape that succeeded.
    pub metadata: HashMap<String, Metadata>,
}

/// The status of one target, shared between its scraping and the API.
pub type SharedStatus = Arc<Mutex<Status>>;

/// All targets that are scraped now.
#[derive(Debug, Default)]
pub struct Targets(RwLock<BTreeMap<Target, SharedStatus>>);

impl Targets {
    /// Adds a target, not scraped yet.
    pub fn add(&self, target: &Target) -> SharedStatus {
        let status = SharedStatus::default();
        self.0.write().insert(target.clone(), Arc::clone(&status));
        status
    }

    /// Forgets a target.
    pub fn remove(&self, target: &Target) {
        self.0.write().remove(target);
    }

    /// Every target with its status as it is now.
    pub fn all(&self) -> Vec<(Target, Status)> {
        let targets = self.0.read();
        targets.iter().map(|(target, status)| (target.clone(), status.lock().clone())).collect()
    }
}
