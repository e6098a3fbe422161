//! The store's standing tasks: discovery, maintenance of the storage, rules, and the API.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};

use super::discovery::TargetsDirectory;
use super::fault::Fault;
use super::scrape::{Pool, Scraping, now_ms};
use super::storage::Storage;
use super::{StoreOptions, api, rules};
use crate::http::{Shutdown, serve};

/// How often the folder of target files is read.
const DISCOVERY_INTERVAL: Duration = Duration::from_secs(1);

/// How often compaction and retention look whether there is work.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(60);

/// Runs the store until `shutdown` is requested. Its tasks end with the runtime.
pub async fn run(
    scraping: Arc<Scraping>,
    options: StoreOptions,
    listener: TcpListener,
    shutdown: Shutdown,
) {
    tokio::spawn(maintain(Arc::clone(&scraping.storage), options.retention));
    tokio::spawn(discover(Arc::clone(&scraping), options.targets_directory));
    let groups = rules::read(&options.rule_files, &scraping);
    rules::spawn(&groups, &scraping);
    serve(listener, api::router(scraping, groups), shutdown).await;
}

async fn discover(scraping: Arc<Scraping>, folder: PathBuf) {
    let mut directory = TargetsDirectory::new(&folder);
    let mut pool = Pool::new(scraping);
    let mut ticks = interval(DISCOVERY_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let read = tokio::task::spawn_blocking(move || {
            let found = directory.read();
            (directory, found)
        });
        let found;
        (directory, found) = match read.await {
            Ok(read) => read,
            Err(error) => {
                tracing::error!("the reading of the targets folder broke off: {error}");
                return;
            }
        };
        pool.set(found);
    }
}

async fn maintain(storage: Arc<Storage>, retention: Duration) {
    let retention_ms = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
    let fault = Arc::new(Fault::default());
    let mut ticks = interval(MAINTENANCE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (storage, fault) = (Arc::clone(&storage), Arc::clone(&fault));
        let done =
            tokio::task::spawn_blocking(move || maintain_once(&storage, retention_ms, &fault));
        if let Err(error) = done.await {
            tracing::error!("the maintenance of the samples broke off: {error}");
        }
    }
}

fn maintain_once(storage: &Storage, retention_ms: i64, fault: &Fault) {
    if let Err(error) = storage.maintain(now_ms(), retention_ms) {
        if fault.begin(&error.to_string()) {
            tracing::error!("old samples are neither compacted nor dropped: {error}");
        }
    } else if fault.end() {
        tracing::info!("old samples are compacted and dropped again");
    }
}
