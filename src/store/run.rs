//! The store's standing tasks: discovery, maintenance of the storage, rules, and the API.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};

use super::discovery::Discovery;
use super::fault::Fault;
use super::remote_write::Sender;
use super::scrape::{Pool, Scraping, now_ms};
use super::storage::{Retention, Storage};
use super::{StoreOptions, api, rules};
use crate::http::{Shutdown, serve};

/// How often target files are read.
const DISCOVERY_INTERVAL: Duration = Duration::from_secs(1);

/// How often compaction and retention look whether there is work.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(60);

/// Runs the store until `shutdown` is requested. Its tasks end with the runtime.
pub async fn run(
    scraping: Arc<Scraping>,
    sender: Option<Sender>,
    options: StoreOptions,
    listener: TcpListener,
    shutdown: Shutdown,
) {
    let sending = sender.map(|sender| tokio::spawn(sender.run(shutdown.clone())));
    tokio::spawn(maintain(Arc::clone(&scraping.storage), retention(&options)));
    let own = &options.targets_directory;
    let discovery = Discovery::new(own, &options.elsewhere, &scraping.fetcher);
    tokio::spawn(discover(Arc::clone(&scraping), discovery));
    let groups = rules::read(&options.rule_files, &scraping);
    rules::spawn(&groups, &scraping);
    serve(listener, None, api::router(scraping, groups), shutdown).await;
    if let Some(sending) = sending {
        // A panic in there has been printed already.
        let _ = sending.await;
    }
}

fn retention(options: &StoreOptions) -> Retention {
    Retention {
        time_ms: i64::try_from(options.retention.as_millis()).unwrap_or(i64::MAX),
        size_bytes: options.retention_bytes,
    }
}

async fn discover(scraping: Arc<Scraping>, mut discovery: Discovery) {
    let mut pool = Pool::new(scraping);
    let mut ticks = interval(DISCOVERY_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let read = tokio::task::spawn_blocking(move || {
            let found = discovery.read();
            (discovery, found)
        });
        let found;
        (discovery, found) = match read.await {
            Ok(read) => read,
            Err(error) => {
                tracing::error!("the reading of the target files broke off: {error}");
                return;
            }
        };
        pool.set(found);
    }
}

async fn maintain(storage: Arc<Storage>, retention: Retention) {
    let fault = Arc::new(Fault::default());
    let mut ticks = interval(MAINTENANCE_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (storage, fault) = (Arc::clone(&storage), Arc::clone(&fault));
        let done = tokio::task::spawn_blocking(move || maintain_once(&storage, retention, &fault));
        if let Err(error) = done.await {
            tracing::error!("the maintenance of the samples broke off: {error}");
        }
    }
}

fn maintain_once(storage: &Storage, retention: Retention, fault: &Fault) {
    if let Err(error) = storage.maintain(now_ms(), retention) {
        if fault.begin(&error.to_string()) {
            tracing::error!("old samples are neither compacted nor dropped: {error}");
        }
    } else if fault.end() {
        tracing::info!("old samples are compacted and dropped again");
    }
}
